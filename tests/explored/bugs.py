"""
Miniatures of concurrency bugs in published code, each with its cure.

Each is told in our own words, after an issue of asyncio or of a library of it. A miniature is a function
``scenario(mended)`` that gives a coroutine function; what the bug breaks is asserted in it. With
``mended`` false the bug is in it, with true its cure is.

"""

from __future__ import annotations

import asyncio
import collections
import contextlib


#: All of them: the name, what it is after, how it is explored, and the scenario.
BUGS = {}


def bug(source, **options):
    """Add a miniature."""

    def decorate(function):
        BUGS[function.__name__] = (source, options, function)
        return function

    return decorate


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


# Check, then act


@bug("aio-libs/aiohttp: a connector beyond its limit, since the limit is checked before the await")
def pool_beyond_its_limit(mended):
    async def main():
        limit, open_now, most = 2, 0, 0
        free = asyncio.Semaphore(limit)

        async def connect():
            nonlocal open_now, most
            async with free if mended else contextlib.AsyncExitStack():
                if mended or open_now < limit:
                    await asyncio.sleep(0)
                    open_now += 1
                    most = max(most, open_now)
                    await asyncio.sleep(0)
                    open_now -= 1

        first = [asyncio.create_task(connect()) for _ in range(2)]
        await turns(4)
        await asyncio.gather(*first, connect())
        assert most <= limit, most

    return main


@bug("many caches: two misses for one key load it twice (a stampede)")
def cache_stampede(mended):
    async def main():
        cache, loads = {}, []
        locks = collections.defaultdict(asyncio.Lock)

        async def load(key):
            loads.append(key)
            await asyncio.sleep(0)
            return key.upper()

        async def get(key):
            if mended:
                async with locks[key]:
                    if key not in cache:
                        cache[key] = await load(key)
            elif key not in cache:
                cache[key] = await load(key)
            return cache[key]

        first = asyncio.create_task(get("a"))
        await turns(3)
        assert await get("a") == await first == "A"
        assert loads == ["a"], loads

    return main


@bug("encode/httpx and others: lazy set-up, done twice by two first users")
def lazy_set_up_twice(mended):
    async def main():
        made = []

        class Client:
            session = None
            lock = asyncio.Lock()

            async def make(self):
                await asyncio.sleep(0)
                made.append(object())
                return made[-1]

            async def get(self):
                if mended:
                    async with self.lock:
                        if self.session is None:
                            self.session = await self.make()
                elif self.session is None:
                    self.session = await self.make()
                return self.session

        client = Client()
        first = asyncio.create_task(client.get())
        await turns(3)
        assert await client.get() is await first
        assert len(made) == 1

    return main


@bug("aiolimiter: a bucket is asked, and drained after an await")
def rate_limiter_lets_too_many_in(mended):
    async def main():
        loop = asyncio.get_running_loop()
        seen = []

        class Limiter:
            def __init__(self, rate):
                self.left, self.rate = rate, rate
                self.lock = asyncio.Lock()

            async def acquire(self):
                if mended:
                    async with self.lock:
                        await self.drain()
                else:
                    await self.drain()

            async def drain(self):
                while self.left < 1:
                    await asyncio.sleep(1)
                    self.left = self.rate
                await asyncio.sleep(0)
                self.left -= 1
                seen.append(loop.time())

        limiter = Limiter(1)
        first = asyncio.create_task(limiter.acquire())
        await turns(3)
        await asyncio.gather(first, limiter.acquire())
        assert seen[1] - seen[0] >= 1, seen

    return main


@bug("asyncio-throttle: a counter that is read, awaited over and written back")
def lost_update(mended):
    async def main():
        count, lock = 0, asyncio.Lock()

        async def add():
            nonlocal count
            async with lock if mended else contextlib.AsyncExitStack():
                was = count
                await asyncio.sleep(0)
                count = was + 1

        first = asyncio.create_task(add())
        await turns(3)
        await asyncio.gather(first, add())
        assert count == 2

    return main


@bug("tornado's and others' caches: a value is removed while it is being refreshed")
def refresh_brings_back_what_was_removed(mended):
    async def main():
        cache, version = {"a": 1}, collections.Counter()

        async def refresh():
            before = version["a"]
            value = cache.get("a", 0)
            await asyncio.sleep(0)
            if not mended or version["a"] == before == 0:
                cache["a"] = value + 1

        async def remove():
            await turns(4)
            cache.pop("a", None)
            version["a"] += 1

        await asyncio.gather(refresh(), remove())
        assert "a" not in cache

    return main


@bug("several servers: a connection is added to the set while shutdown walks over it")
def connection_that_shutdown_misses(mended):
    async def main():
        alive, stopping = set(), False

        async def accept(name):
            await turns(1)
            if mended and stopping:
                return
            alive.add(name)

        async def shut_down():
            nonlocal stopping
            stopping = True
            for name in list(alive):
                await turns(1)
                alive.discard(name)

        await asyncio.gather(accept("a"), accept("b"))
        late = asyncio.create_task(accept("c"))
        await turns(3)
        await shut_down()
        await late
        assert not alive, alive

    return main


# Wake-ups


@bug("bpo-45997 (asyncio.Semaphore): a waiter that is woken up finds the place taken")
def semaphore_of_3_10(mended):
    async def main():
        order = []

        class Semaphore:
            def __init__(self):
                self.value, self.waiters = 1, collections.deque()
                self.promised = 0

            async def acquire(self):
                if mended:
                    if self.value - self.promised > 0 and not self.waiters:
                        self.value -= 1
                        return
                elif self.value > 0:
                    self.value -= 1
                    return
                future = asyncio.get_running_loop().create_future()
                self.waiters.append(future)
                await future
                self.promised -= 1
                if not mended:
                    assert self.value > 0, "woken up for nothing"
                self.value -= 1

            def release(self):
                self.value += 1
                while self.waiters:
                    future = self.waiters.popleft()
                    if not future.done():
                        self.promised += 1
                        future.set_result(None)
                        return

        semaphore = Semaphore()

        async def work(name):
            await semaphore.acquire()
            order.append(name)
            await asyncio.sleep(0)
            semaphore.release()

        first = asyncio.create_task(work("a"))
        await turns(1)
        second = asyncio.create_task(work("b"))
        await turns(4)
        await asyncio.gather(first, second, work("c"))
        assert len(order) == 3

    return main


@bug("python/cpython#90155: a semaphore's wake-up is lost when the waiter is cancelled", cancel="b")
def wake_up_lost_by_cancellation(mended):
    async def main():
        waiters, free = collections.deque(), 1
        got = []

        async def acquire(name):
            nonlocal free
            if free and not waiters:
                free -= 1
            else:
                future = asyncio.get_running_loop().create_future()
                waiters.append(future)
                try:
                    await future
                except asyncio.CancelledError:
                    if mended:
                        if future.done() and not future.cancelled():
                            release()
                        elif future in waiters:
                            waiters.remove(future)
                    raise
            got.append(name)

        def release():
            nonlocal free
            while waiters:
                future = waiters.popleft()
                if not future.done():
                    future.set_result(None)
                    return
            free += 1

        async def work(name):
            await acquire(name)
            release()

        await acquire("main")
        tasks = [asyncio.create_task(work(name), name=name) for name in "bc"]
        await turns(2)
        release()
        done, pending = await asyncio.wait(tasks, timeout=5)
        for task in pending:
            task.cancel()
        await asyncio.wait(tasks)
        assert "c" in got, "nobody woke the last one up"

    return main


@bug("gh-112202 (asyncio.Condition): who is notified and cancelled keeps the notification", cancel="b")
def notification_lost(mended):
    async def main():
        waiters, log = collections.deque(), []

        async def wait(name):
            future = asyncio.get_running_loop().create_future()
            waiters.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if mended and future.done() and not future.cancelled():
                    notify()
                raise
            finally:
                if future in waiters:
                    waiters.remove(future)
            log.append(name)

        def notify():
            while waiters:
                future = waiters.popleft()
                if not future.done():
                    future.set_result(None)
                    return

        tasks = [asyncio.create_task(wait(name), name=name) for name in "bc"]
        await asyncio.sleep(1)
        notify()
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert log, "the notification reached nobody"

    return main


@bug("an event that is set and cleared at once: a waiter that comes late sleeps for ever")
def event_set_and_cleared(mended):
    async def main():
        event = asyncio.Event()

        async def consume():
            await asyncio.sleep(0)
            async with asyncio.timeout(9):
                await event.wait()

        async def produce():
            await turns(3)
            event.set()
            if not mended:
                event.clear()

        await asyncio.gather(consume(), produce())

    return main


@bug("a flag is polled, then waited for; it changes between the two")
def flag_then_wait(mended):
    async def main():
        ready, waiter = False, None

        async def wait():
            nonlocal waiter
            if not ready:
                await asyncio.sleep(0)
                if mended and ready:
                    return
                waiter = asyncio.get_running_loop().create_future()
                async with asyncio.timeout(5):
                    await waiter

        async def signal():
            nonlocal ready
            await turns(4)
            ready = True
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

        await asyncio.gather(wait(), signal())

    return main


# Cancellation


@bug("python/cpython#86296 (asyncio.wait_for): the result is lost when cancelled in time", cancel="reader")
def queue_item_lost(mended):
    async def main():
        queue, got = asyncio.Queue(), []

        async def read():
            if mended:
                got.append(await queue.get())
            else:
                getter = asyncio.ensure_future(queue.get())
                try:
                    got.append(await asyncio.shield(getter))
                finally:
                    getter.cancel()
                    await asyncio.wait([getter])

        reader = asyncio.create_task(read(), name="reader")
        await turns(2)
        queue.put_nowait("item")
        await asyncio.wait([reader])
        await turns(2)
        assert got or queue.qsize(), "the item is gone"

    return main


@bug("redis/redis-py#2624: a connection goes back to the pool with a reply still to come", cancel="client")
def connection_given_back_in_mid_reply(mended):
    async def main():
        class Connection:
            def __init__(self):
                self.replies = collections.deque()
                self.is_broken = False

            async def send(self, command):
                await asyncio.sleep(0)
                self.replies.append(f"reply to {command}")

            async def read(self):
                await asyncio.sleep(0)
                return self.replies.popleft()

        pool = [Connection()]

        async def execute(command):
            connection = pool.pop()
            try:
                await connection.send(command)
                return await connection.read()
            except asyncio.CancelledError:
                connection.is_broken = True
                raise
            finally:
                if mended and connection.is_broken:
                    connection = Connection()
                pool.append(connection)

        first = asyncio.create_task(execute("a"), name="client")
        await asyncio.wait([first])
        assert await execute("b") == "reply to b"

    return main


@bug("encode/httpcore#642: a request that is cancelled leaves its place in the pool taken", cancel="client")
def place_in_the_pool_lost(mended):
    async def main():
        places = 1
        waiting = asyncio.Condition()

        async def request():
            nonlocal places
            async with waiting:
                while not places:
                    await waiting.wait()
                places -= 1
            if mended:
                try:
                    await asyncio.sleep(0)
                finally:
                    places += 1
            else:
                await asyncio.sleep(0)
                places += 1

        await asyncio.wait([asyncio.create_task(request(), name="client")])
        assert places == 1

    return main


@bug("a lock is taken by acquire(), and not released if the next await is cancelled", cancel="worker")
def lock_never_released(mended):
    async def main():
        lock = asyncio.Lock()

        async def work():
            await lock.acquire()
            if mended:
                try:
                    await asyncio.sleep(0)
                finally:
                    lock.release()
            else:
                await asyncio.sleep(0)
                lock.release()

        await asyncio.wait([asyncio.create_task(work(), name="worker")])
        assert not lock.locked()

    return main


@bug("a lock is released in `finally`, also by who was cancelled before he had it", cancel="worker")
def lock_released_by_a_stranger(mended):
    async def main():
        lock = asyncio.Lock()

        async def work():
            if mended:
                await lock.acquire()
            try:
                if not mended:
                    await lock.acquire()
                await asyncio.sleep(0.1)
            finally:
                if lock.locked():
                    lock.release()

        async def hold():
            async with lock:
                await asyncio.sleep(1)
                assert lock.locked(), "released by somebody else"

        holder = asyncio.create_task(hold(), name="holder")
        await turns(1)
        await asyncio.wait([asyncio.create_task(work(), name="worker"), holder])
        holder.result()

    return main


@bug("a shared task is awaited without shield(): one caller's cancellation cancels it", cancel="^get$")
def shared_task_cancelled(mended):
    async def main():
        async def load():
            await asyncio.sleep(1)
            return "value"

        loading = asyncio.create_task(load(), name="loading")

        async def get():
            if mended:
                return await asyncio.shield(loading)
            return await loading

        first = asyncio.create_task(get(), name="get")
        second = asyncio.create_task(get(), name="another")
        await asyncio.wait([first, second])
        assert not second.cancelled() and second.result() == "value"

    return main


@bug("`except Exception` was `except BaseException`: a worker swallows its cancellation", cancel="worker")
def cancellation_swallowed(mended):
    async def main():
        handled = []

        async def work():
            for number in range(2):
                try:
                    await asyncio.sleep(0.1)
                except (OSError,) if mended else BaseException:
                    pass
                handled.append(number)

        task = asyncio.create_task(work(), name="worker")
        await asyncio.wait([task])
        assert task.cancelled() or handled == [0, 1] and not task.cancelling()

    return main


@bug("clean-up awaits before it is done, and is cut off by a second cancellation", cancel="worker")
def clean_up_cut_off(mended):
    async def main():
        opened, closed = [], []

        async def close():
            await asyncio.sleep(0)
            closed.append(1)

        async def work():
            opened.append(1)
            try:
                await asyncio.sleep(0)
            finally:
                if mended:
                    await asyncio.shield(asyncio.ensure_future(close()))
                elif not asyncio.current_task().cancelling():
                    await close()

        await asyncio.wait([asyncio.create_task(work(), name="worker")])
        await asyncio.sleep(1)
        assert len(opened) == len(closed)

    return main


@bug("gh-94398 (TaskGroup) in short: a child that is added when the group is closing is forgotten", cancel="starter")
def child_added_while_closing(mended):
    async def main():
        running, children = [], set()

        async def child(name):
            running.append(name)
            try:
                await asyncio.sleep(1)
            finally:
                running.remove(name)

        async def start():
            try:
                children.add(asyncio.create_task(child("a"), name="a"))
                await asyncio.sleep(0.5)
                children.add(asyncio.create_task(child("b"), name="b"))
                await asyncio.sleep(3)
            finally:
                left = set(children) if mended else [one for one in children if one.get_name() == "a"]
                for one in left:
                    one.cancel()
                if left:
                    await asyncio.wait(left)

        await asyncio.wait([asyncio.create_task(start(), name="starter")])
        left = list(running)
        for one in children:
            one.cancel()
        await asyncio.wait(children)
        assert not left, left

    return main


@bug("bookkeeping after an await is not done by who is cancelled", cancel="worker")
def count_never_taken_back(mended):
    async def main():
        active = 0

        async def work():
            nonlocal active
            active += 1
            if mended:
                try:
                    await asyncio.sleep(1)
                finally:
                    active -= 1
            else:
                await asyncio.sleep(1)
                active -= 1

        await asyncio.wait([asyncio.create_task(work(), name="worker") for _ in range(2)])
        assert active == 0

    return main


@bug("queue.join() waits for ever: task_done() is not called by who is cancelled", cancel="worker")
def join_waits_for_ever(mended):
    async def main():
        queue = asyncio.Queue()
        queue.put_nowait(1)

        async def work():
            await queue.get()
            if mended:
                try:
                    await asyncio.sleep(0)
                finally:
                    queue.task_done()
            else:
                await asyncio.sleep(0)
                queue.task_done()

        await asyncio.wait([asyncio.create_task(work(), name="worker")])
        async with asyncio.timeout(1):
            if queue.empty():
                await queue.join()

    return main


# Time


@bug("bpo-37658 (asyncio.wait_for): a timeout and a result at the same moment; the result is lost")
def result_and_timeout_at_once(mended):
    async def main():
        loop = asyncio.get_running_loop()
        got, sent = [], []

        async def wait_for(future, timeout):
            waiter = loop.create_future()
            handle = loop.call_later(timeout, lambda: waiter.done() or waiter.set_result(None))
            future.add_done_callback(lambda _: waiter.done() or waiter.set_result(None))
            try:
                await waiter
            finally:
                handle.cancel()
            if future.done() and (mended or loop.time() < 1):
                return future.result()
            future.cancel()
            raise TimeoutError

        future = loop.create_future()

        def send():
            if not future.done():
                future.set_result("reply")
                sent.append("reply")

        loop.call_later(0.9, send)
        try:
            got.append(await wait_for(future, 1))
        except TimeoutError:
            pass
        assert got == sent, (got, sent)

    return main


@bug("a heartbeat and its deadline: a loop that is late takes a living peer for dead")
def late_loop_kills_a_peer(mended):
    async def main():
        loop = asyncio.get_running_loop()
        beats, dead = [loop.time()], []

        async def beat():
            for _ in range(3):
                await asyncio.sleep(1)
                beats.append(loop.time())

        async def watch():
            while loop.time() < 3:
                seen = len(beats)
                await asyncio.sleep(1.5)
                if mended:
                    await turns(5)
                    if loop.time() - beats[-1] > 1.5:
                        dead.append(loop.time())
                elif len(beats) == seen:
                    dead.append(loop.time())

        await asyncio.gather(beat(), watch())
        assert not dead, dead

    return main


@bug("an expiry: an entry that was renewed at its deadline is removed all the same")
def renewed_and_removed(mended):
    async def main():
        loop = asyncio.get_running_loop()
        entries = {"a": 1.0}

        async def renew():
            await asyncio.sleep(0.9)
            if "a" in entries:
                await asyncio.sleep(0)
                entries["a"] = loop.time() + 5
                return True

        async def expire():
            await asyncio.sleep(1)
            due = [key for key, when in entries.items() if when <= loop.time()]
            await asyncio.sleep(0)
            for key in due:
                if not mended or entries[key] <= loop.time():
                    del entries[key]

        renewed, _ = await asyncio.gather(renew(), expire())
        assert not renewed or "a" in entries

    return main


# Twice, or the wrong way round


@bug("double close: two tasks close one transport, both after having seen it open")
def closed_twice(mended):
    async def main():
        closes, is_open = [], True

        async def close():
            nonlocal is_open
            if is_open:
                if mended:
                    is_open = False
                await asyncio.sleep(0)
                closes.append(1)
                is_open = False

        first = asyncio.create_task(close())
        await turns(3)
        await asyncio.gather(first, close())
        assert len(closes) == 1

    return main


@bug("two locks in two orders (a classic)")
def locks_in_two_orders(mended):
    async def main():
        one, other = asyncio.Lock(), asyncio.Lock()

        async def move(first, second):
            async with first:
                await asyncio.sleep(0)
                async with second:
                    await asyncio.sleep(0)

        task = asyncio.create_task(move(one, other))
        await turns(5)
        async with asyncio.timeout(5):
            await asyncio.gather(task, move(one, other) if mended else move(other, one))

    return main


@bug("replies are matched by the order of requests, which two writers mix up")
def replies_mixed_up(mended):
    async def main():
        wire, waiting = collections.deque(), collections.deque()
        lock = asyncio.Lock()

        async def request(name):
            async with lock if mended else contextlib.AsyncExitStack():
                future = asyncio.get_running_loop().create_future()
                waiting.append(future)
                await asyncio.sleep(0)
                wire.append(name)
            return await future

        async def serve():
            for _ in range(2):
                while not wire:
                    await asyncio.sleep(0.1)
                waiting.popleft().set_result(wire.popleft())

        server = asyncio.create_task(serve())
        first = asyncio.create_task(request("a"))
        await turns(3)
        replies = await asyncio.gather(first, request("b"))
        await server
        assert replies == ["a", "b"], replies

    return main


@bug("an id is taken from a counter, and the entry made after an await: the next one has it, too")
def same_id_twice(mended):
    async def main():
        entries = {}

        async def add(what):
            number = len(entries)
            if mended:
                entries[number] = None
            await asyncio.sleep(0)
            entries[number] = what

        first = asyncio.create_task(add("a"))
        await turns(3)
        await asyncio.gather(first, add("b"))
        assert set(entries.values()) == {"a", "b"}

    return main


@bug("a subscriber that comes between the snapshot and the first update misses that one")
def update_between_snapshot_and_subscription(mended):
    async def main():
        value, subscribers, seen = 1, [], []

        async def subscribe():
            if mended:
                subscribers.append(seen.append)
                seen.append(value)
                return
            snapshot = value
            await asyncio.sleep(0)
            seen.append(snapshot)
            subscribers.append(seen.append)

        async def publish():
            nonlocal value
            await turns(4)
            value = 2
            for tell in subscribers:
                tell(2)

        await asyncio.gather(subscribe(), publish())
        assert seen[-1] == 2, seen

    return main


@bug("two transfers check the same balance before either is booked")
def overdrawn(mended):
    async def main():
        balance, lock = 10, asyncio.Lock()

        async def pay(amount):
            nonlocal balance
            async with lock if mended else contextlib.AsyncExitStack():
                if balance >= amount:
                    await asyncio.sleep(0)
                    balance -= amount

        first = asyncio.create_task(pay(10))
        await turns(4)
        await asyncio.gather(first, pay(10))
        assert balance == 0

    return main


@bug("a writer without drain order: two tasks write one message in two parts each")
def messages_torn_apart(mended):
    async def main():
        sent, lock = [], asyncio.Lock()

        async def send(name):
            async with lock if mended else contextlib.AsyncExitStack():
                sent.append(f"<{name}")
                await asyncio.sleep(0)
                sent.append(f"{name}>")

        first = asyncio.create_task(send("a"))
        await turns(3)
        await asyncio.gather(first, send("b"))
        assert "".join(sent) in ("<aa><bb>", "<bb><aa>"), sent

    return main


@bug("a retry is started by the timeout although the reply is being handled")
def retried_though_answered(mended):
    async def main():
        handled, answered = [], False

        async def reply():
            nonlocal answered
            await asyncio.sleep(0.8)
            if mended:
                if answered:
                    return
                answered = True
            await asyncio.sleep(0)
            answered = True
            handled.append("reply")

        async def retry():
            nonlocal answered
            await asyncio.sleep(1)
            if not answered:
                answered = True
                handled.append("retry")

        await asyncio.gather(reply(), retry())
        assert len(handled) == 1, handled

    return main


# Of releases that are explored themselves, too: see tests/explored/published


@bug("aio-libs/aiohttp#9670: a woken waiter is cancelled, and the connector keeps all others waiting", cancel="client")
def connector_full_for_ever(mended):
    async def main():
        loop = asyncio.get_running_loop()
        waiters, open_now = collections.deque(), 0

        def wake():
            while waiters:
                waiter = waiters.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return

        async def client():
            nonlocal open_now
            if open_now or waiters:  # whoever waits comes first
                waiter = loop.create_future()
                waiters.append(waiter)
                try:
                    await waiter
                except asyncio.CancelledError:
                    if waiter in waiters:
                        waiters.remove(waiter)
                    elif mended and not waiter.cancelled():
                        wake()
                    raise
            open_now += 1
            try:
                await asyncio.sleep(1)
            finally:
                open_now -= 1
                wake()

        clients = [asyncio.create_task(client(), name=f"client {n}") for n in range(3)]
        _, waiting = await asyncio.wait(clients, timeout=10)
        assert not waiting

    return main


@bug("agronholm/anyio#1145: a lock that nobody holds is left to a waiter who is cancelled", cancel="client")
def lock_left_to_the_cancelled(mended):
    async def main():
        loop = asyncio.get_running_loop()
        waiters, owner = collections.deque(), None

        async def acquire():
            nonlocal owner
            me = asyncio.current_task()
            if owner is None and not waiters:
                owner = me
                return
            item = me, loop.create_future()
            waiters.append(item)
            try:
                await item[1]
            finally:
                if item in waiters:
                    waiters.remove(item)
                if item[1].cancelled() or me.cancelling():
                    if owner is me:
                        release()

        def release():
            nonlocal owner
            owner = None
            for item in list(waiters):
                if not item[1].cancelled():
                    owner = item[0]
                    item[1].set_result(None)
                    return
                if mended:
                    waiters.remove(item)

        async def client():
            for _ in range(2):
                await acquire()
                try:
                    await asyncio.sleep(1)
                finally:
                    release()

        clients = [asyncio.create_task(client(), name=f"client {n}") for n in range(2)]
        _, waiting = await asyncio.wait(clients, timeout=10)
        assert not waiting

    return main


@bug("aio-libs/aiorwlock#400: who is cancelled while he waits takes back what he was not given", cancel="writer")
def given_back_twice(mended):
    async def main():
        loop = asyncio.get_running_loop()
        waiters, writers = [], 0

        def wake():
            nonlocal writers
            if writers == 0:
                for waiter in waiters:
                    if not waiter.done():
                        writers += 1
                        waiter.set_result(None)
                        return

        async def writer():
            nonlocal writers
            if writers == 0:
                writers += 1
            else:
                waiter = loop.create_future()
                waiters.append(waiter)
                try:
                    await waiter
                except asyncio.CancelledError:
                    if not mended or not waiter.cancelled():
                        writers -= 1
                    wake()
                    raise
                finally:
                    waiters.remove(waiter)
            inside.append(1)
            assert len(inside) == 1
            try:
                await asyncio.sleep(0)
            finally:
                inside.pop()
                writers -= 1
                wake()

        inside = []
        tasks = [asyncio.create_task(writer()) for _ in range(3)]
        _, waiting = await asyncio.wait(tasks, timeout=10)
        assert not waiting
        for task in tasks:
            assert task.cancelled() or task.exception() is None

    return main


@bug("alisaifee/limits#277: what was counted before the lock was taken is cut off with it")
def window_swept_too_far(mended):
    async def main():
        events, lock = [], asyncio.Lock()

        async def count():
            await asyncio.sleep(0)
            return len(events)

        async def sweep():
            if not mended:
                kept = await count()
            async with lock:
                if mended:
                    kept = await count()
                del events[kept:]

        async def hit():
            async with lock:
                await asyncio.sleep(0)
                events.append(1)

        first = asyncio.create_task(sweep())
        await turns(4)
        await asyncio.gather(first, *(hit() for _ in range(3)))
        assert len(events) == 3, len(events)

    return main


@bug("psycopg/psycopg#1275: who is cancelled when he is given a connection goes on as if he were not", cancel="client")
def cancellation_lost_with_a_connection(mended):
    async def main():
        condition = asyncio.Condition()
        free, served = [], []

        async def get():
            error = None
            async with condition:
                while not free and error is None:
                    try:
                        await condition.wait()
                    except asyncio.CancelledError as cancelled:
                        error = cancelled
            if free and (error is None or not mended):
                return free.pop()
            raise error

        async def client():
            await get()
            served.append(asyncio.current_task().cancelling())

        task = asyncio.create_task(client())
        await asyncio.sleep(1)
        async with condition:
            free.append("connection")
            condition.notify()
        await asyncio.wait([task])
        assert 1 not in served

    return main
