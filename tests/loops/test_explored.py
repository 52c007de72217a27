"""Orders that asyncio can produce, and no others."""

import asyncio
import asyncio.tasks
import contextlib
import contextvars
import gc
import random
import sys
import threading
import unittest
import weakref
from unittest import mock

from asynctesting import Explorer
from asynctesting.driver import Driver
from asynctesting.errors import DeadlockError, LoopTimeExceeded
from asynctesting.host import Host
from asynctesting.loops import explored, pipes
from asynctesting.loops.explored import OVERTAKEN, WINDOW, ExploredLoop
from asynctesting.loops.simulated import SimulatedLoop
from asynctesting.offers import offer
from asynctesting.schedules import (
    Before,
    Kind,
    Lane,
    Late,
    Plan,
    Recording,
    Replay,
    Strategy,
    Struck,
)
from asynctesting.schedules.twice import Twice


class Chosen(Strategy):
    """Answers as a test says: the same to all questions of a kind."""

    def __init__(self, order=0, stall=0, strike=None):
        super().__init__(strike_at=strike, stalls=True)
        self._order, self._stall = order, stall
        self.asked = []

    def order(self, lanes):
        self.asked.append([lane.name for lane in lanes])
        return min(self._order, len(lanes) - 1)

    def stall(self, lane, ends):
        self.asked.append((lane, ends))
        return min(self._stall, ends - 1)


def run(main, strategy=None, **options):
    """Run *main* once, and give the loop and what came of it."""
    loop = ExploredLoop(strategy, **options)
    try:
        return loop, loop.run_until_complete(main())
    finally:
        loop.end_exploring()
        loop.close()


def explore(main, schedules=300, *, victims=None, **options):
    """Run *main* in so many orders, and give what came of each."""
    plan = Plan(schedules, **options)
    strategy = plan.first()
    results = []
    while strategy is not None:
        loop, result = run(main, strategy, victims=victims)
        results.append(result)
        if len(results) == 1:
            plan.begin(loop.decisions, strategy.moments)
        else:
            plan.learn(strategy, loop.decisions)
        strategy = plan.next()
    return results


async def turns(count):
    """Take so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


class AsAsyncioTests(unittest.TestCase):
    """What happens if nothing is decided otherwise."""

    def program(self, seed):
        """Some tasks that do some things, as a seed says."""
        draw = random.Random(seed)
        plans = [[draw.randrange(7) for _ in range(6)] for _ in range(4)]
        naps = [draw.choice((0, 0.1, 0.2, 0.3)) for _ in range(24)]

        async def main():
            log, loop = [], asyncio.get_running_loop()
            lock, queue, event = asyncio.Lock(), asyncio.Queue(), asyncio.Event()

            async def work(name, steps):
                for number, step in enumerate(steps):
                    log.append((name, number, loop.time()))
                    if step == 0:
                        await asyncio.sleep(0)
                    elif step == 1:
                        await asyncio.sleep(naps[name * 6 + number])
                    elif step == 2:
                        async with lock:
                            await asyncio.sleep(naps[name])
                    elif step == 3:
                        loop.call_soon(log.append, f"callback {name} {number}")
                    elif step == 4:
                        loop.call_later(naps[number], log.append, f"timer {name} {number}")
                    elif step == 5:
                        queue.put_nowait(name)
                        event.set()
                    else:
                        try:
                            async with asyncio.timeout(0.15):
                                log.append(await queue.get())
                        except TimeoutError:
                            log.append("timeout")

            await asyncio.gather(*(work(name, plan) for name, plan in enumerate(plans)))
            return log

        return main

    def test_same_order(self):
        """The order is that of a loop that is not explored, for any program."""
        for seed in range(60):
            main = self.program(seed)
            loop = SimulatedLoop()
            expected = loop.run_until_complete(main())
            loop.close()
            self.assertEqual(expected, run(main)[1], seed)

    def test_replay(self):
        """What was decided decides the order, for any program."""
        for seed in range(20):
            main, plan = self.program(seed), Plan(12, seed)
            loop, _ = run(main, plan.first())
            plan.begin(loop.decisions, 0)
            while (strategy := plan.next()) is not None:
                loop, result = run(main, strategy)
                again, same = run(main, Replay(loop.decisions.made, stalls=strategy.stalls))
                self.assertEqual(result, same)
                self.assertEqual(loop.decisions.key, again.decisions.key)
                self.assertEqual(loop.decisions.widths, again.decisions.widths)

    def test_end_exploring(self):
        """When exploring ends, what is left runs in asyncio's order."""

        async def main():
            log = []
            first = asyncio.create_task(note(log, "a"))
            second = asyncio.create_task(note(log, "b"))
            await asyncio.sleep(0)
            asyncio.get_running_loop().end_exploring()
            await asyncio.gather(first, second)
            return log

        self.assertEqual(["b", "a", "b", "a"], run(main, Chosen(order=1))[1])
        loop, _ = run(main, Chosen(order=1), record=True)
        steps = [(event.lane.rpartition(".")[2], event.step) for event in loop.events]
        self.assertEqual([("main", 0), ("note#2", 0), ("main", 1)], steps)


async def note(log, what):
    """Note something, twice."""
    log.append(what)
    await asyncio.sleep(0)
    log.append(what)


class GuaranteeTests(unittest.TestCase):
    """What asyncio promises, in all orders."""

    def test_call_soon(self):
        """Callbacks are called in the order in which they were registered."""

        async def main():
            registered, called = [], []

            async def work(name):
                for number in range(3):
                    registered.append((name, number))
                    asyncio.get_running_loop().call_soon(called.append, (name, number))
                    await asyncio.sleep(0)

            await asyncio.gather(*map(work, "abc"))
            await turns(2)
            return registered, called

        orders = set()
        for registered, called in explore(main):
            self.assertEqual(registered, called)
            orders.add(tuple(registered))
        self.assertGreater(len(orders), 50)

    def test_nothing_overtakes_a_callback(self):
        """What becomes ready after a callback was registered runs after it."""

        async def main():
            log, loop = [], asyncio.get_running_loop()
            future = loop.create_future()

            async def wait():
                await future
                log.append("woken")

            async def other():
                log.append("other")

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0.1)
            loop.call_soon(log.append, "callback")
            late = asyncio.create_task(other())
            future.set_result(None)
            await asyncio.gather(waiting, late)
            return tuple(log)

        self.assertEqual(
            {("callback", "other", "woken"), ("callback", "woken", "other")},
            set(explore(main, strategy="exhaustive")),
        )

    def test_nothing_overtakes_a_server_that_takes_a_connection_on(self):
        """The task is asyncio's own; its further steps are like those of any other, but it is nobody's to cancel."""

        async def accept():
            log.append("accept")
            await asyncio.sleep(0)
            log.append("accepted")

        async def other():
            log.append("other")

        async def main():
            loop = asyncio.get_running_loop()
            tasks = [loop.create_task(each()) for each in (accept, other, other)]
            await asyncio.sleep(0)
            await asyncio.gather(*tasks)

        for name, expected in (
            ("accept", ["other", "other", "accept"]),
            (explored._ACCEPT, ["accept", "other", "other"]),
        ):
            for record in False, True:
                with self.subTest(name=name, record=record):
                    log = []
                    accept.__qualname__ = name
                    loop, _ = run(main, Chosen(order=9), victims=lambda *task: True, record=record)
                    self.assertEqual(expected, [each for each in log if each != "accepted"])
        victims = []
        run(main, Chosen(), victims=lambda name, task: victims.append(name))
        self.assertNotIn("accept", "".join(victims))

    def test_a_server_is_closed_as_a_client_comes(self):
        """Nobody sees a server that takes a connection on after it has been closed."""

        async def main():
            server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
            async with server:
                _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.close()

        Explorer(schedules=60, seed=0).run(main).check()

    def test_a_step_may_come_late(self):
        """A step that was ready before a callback may come after it."""

        async def main():
            log = []
            task = asyncio.create_task(note(log, "step"))
            asyncio.get_running_loop().call_soon(log.append, "callback")
            await task
            return tuple(log)

        self.assertIn(("callback", "step", "step"), explore(main))

    def test_done_callbacks(self):
        """A future calls its callbacks in the order in which they were added."""

        async def main():
            log = []
            future = asyncio.get_running_loop().create_future()

            async def finish():
                await asyncio.sleep(0)
                future.set_result(None)

            async def add(number):
                await asyncio.sleep(0)
                future.add_done_callback(lambda _: log.append(number))
                added.append(number)

            added = []
            await asyncio.gather(*(add(number) for number in range(3)))
            await asyncio.gather(finish(), turns(2))
            await turns(1)
            return added, log

        for added, log in explore(main):
            self.assertEqual(added, log)

    def test_timers(self):
        """Timers go off in the order of their deadlines, whatever is late."""

        async def main():
            log, loop = [], asyncio.get_running_loop()

            async def work(number):
                await asyncio.sleep(0)
                for delay in (0.3, 0.1, 0.2):
                    when = loop.time() + delay * number
                    loop.call_at(when, log.append, round(when, 6))
                await asyncio.sleep(0.15)

            await asyncio.gather(*(work(number) for number in range(1, 4)))
            await asyncio.sleep(10)
            return log

        for log in explore(main):
            self.assertEqual(9, len(log))
            self.assertEqual(sorted(log), log)

    def test_timers_of_one_deadline(self):
        """Timers of one deadline may change places, as asyncio's documentation says."""

        async def main():
            log, loop = [], asyncio.get_running_loop()
            for name in "ab":
                loop.call_at(1, log.append, name)
            loop.call_at(1.5, log.append, "c")
            await asyncio.sleep(3)
            return "".join(log)

        self.assertEqual({"abc", "bac"}, set(explore(main, strategy="exhaustive")))

    def test_time_stands_still(self):
        """No time passes while something is ready."""

        async def main():
            loop = asyncio.get_running_loop()

            async def busy():
                began = loop.time()
                await turns(3)
                return loop.time() - began

            return await asyncio.gather(busy(), busy(), asyncio.sleep(0.001))

        for result in explore(main):
            self.assertEqual([0, 0, None], result)

    def test_lock(self):
        """Who waits longest for a lock has it first."""

        async def main():
            lock, asked, had = asyncio.Lock(), [], []

            async def work(name):
                await asyncio.sleep(0)
                asked.append(name)
                async with lock:
                    had.append(name)
                    await asyncio.sleep(0)

            await asyncio.gather(*map(work, "abcd"))
            return asked, had

        for asked, had in explore(main):
            self.assertEqual(asked, had)

    def test_semaphore(self):
        """Who waits longest for a semaphore has it first."""

        async def main():
            semaphore, asked, had = asyncio.Semaphore(2), [], []

            async def work(name):
                await asyncio.sleep(0)
                asked.append(name)
                async with semaphore:
                    had.append(name)
                    await asyncio.sleep(0)

            await semaphore.acquire()
            await asyncio.gather(*map(work, "abcd"))
            semaphore.release()
            return asked, had

        for asked, had in explore(main):
            self.assertEqual(asked, had)

    def test_condition(self):
        """Who waits longest for a condition is notified first."""

        async def main():
            condition, waited, had = asyncio.Condition(), [], []

            async def work(name):
                async with condition:
                    waited.append(name)
                    await condition.wait()
                    had.append(name)

            tasks = [asyncio.create_task(work(name)) for name in "abc"]
            await asyncio.sleep(1)
            for _ in tasks:
                async with condition:
                    condition.notify()
                await asyncio.sleep(1)
            await asyncio.gather(*tasks)
            return waited, had

        for waited, had in explore(main):
            self.assertEqual(waited, had)

    def test_queue(self):
        """A queue gives what was put in, once, in the same order."""

        async def main():
            queue, put, got = asyncio.Queue(maxsize=1), [], []

            async def produce(name):
                for number in range(2):
                    await queue.put((name, number))
                    put.append((name, number))

            async def consume():
                for _ in range(2):
                    got.append(await queue.get())
                    await asyncio.sleep(0)

            await asyncio.gather(produce("a"), consume(), produce("b"), consume())
            return sorted(put), got

        for put, got in explore(main):
            self.assertEqual(put, sorted(got))
            for name in "ab":
                numbers = [number for producer, number in got if producer == name]
                self.assertEqual([0, 1], numbers)

    def test_event(self):
        """Who waits for an event goes on after it was set, and nobody is forgotten."""

        async def main():
            event, seen = asyncio.Event(), []

            async def wait():
                await event.wait()
                seen.append(event.is_set())

            async def set():
                await asyncio.sleep(0)
                event.set()

            await asyncio.gather(wait(), set(), wait())
            return seen

        for seen in explore(main):
            self.assertEqual([True, True], seen)

    def test_streams(self):
        """The bytes of a stream arrive in order."""

        async def main():
            async def serve(reader, writer):
                while data := await reader.read(3):
                    writer.write(data)
                    await writer.drain()
                writer.close()
                await writer.wait_closed()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())

            async def send():
                for number in range(10):
                    writer.write(b"%d" % number)
                    await asyncio.sleep(0)
                writer.write_eof()

            _, received = await asyncio.gather(send(), reader.read())
            writer.close()
            await writer.wait_closed()
            server.close()
            await server.wait_closed()
            return received

        for received in explore(main, 20):
            self.assertEqual(b"0123456789", received)

    def test_polling(self):
        """Who polls with ``sleep(0)`` comes to an end, whatever is preferred."""

        async def main():
            done = []

            async def poll():
                while not done:
                    await asyncio.sleep(0)

            async def work():
                await turns(3)
                done.append(True)

            await asyncio.gather(poll(), work(), poll())
            return True

        for strategy in ("rotation", "pct", "walk", "sampling"):
            with self.subTest(strategy):
                self.assertEqual({True}, set(explore(main, 100, strategy=strategy)))
        self.assertTrue(run(main, Chosen(order=9))[1])

    def test_overtaken_often(self):
        """Nobody is overtaken for ever."""

        async def main():
            count = 0

            async def poll():
                nonlocal count
                while not task.done():
                    count += 1
                    await asyncio.sleep(0)

            task = asyncio.create_task(turns(0))
            polling = asyncio.create_task(poll())
            await task
            await polling
            return count

        loop, count = run(main, Chosen(order=1))
        self.assertEqual(OVERTAKEN, count)
        self.assertTrue(loop.decisions.is_cut)
        self.assertFalse(run(main)[0].decisions.is_cut)

    def test_too_many(self):
        """Of very many that are ready, those that are late by far are not looked at."""

        async def main():
            await asyncio.gather(*(turns(1) for _ in range(WINDOW + 2)))

        loop, _ = run(main, Chosen(order=WINDOW + 1))
        self.assertTrue(loop.decisions.is_cut)
        self.assertEqual(WINDOW, max(loop.decisions.widths))

    @unittest.skipIf(sys.version_info < (3, 12), "eager tasks came with Python 3.12")
    def test_eager_tasks(self):
        """The first step of an eager task is taken at once, by whom it was made."""

        async def main():
            log = []
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)

            async def make(name):
                log.append(name)
                child = asyncio.create_task(note(log, name + "'s"))
                log.append(name)
                await child

            await asyncio.gather(make("a"), make("b"))
            return tuple(log)

        orders = set(explore(main))
        for log in orders:
            self.assertEqual(("a", "a's", "a", "b", "b's", "b"), log[:6])
        self.assertEqual(2, len(orders))

    def test_threads(self):
        """What another thread asks for comes in the order in which it was asked for."""

        async def main():
            loop, log = asyncio.get_running_loop(), []

            def work():
                for number in range(20):
                    loop.call_soon_threadsafe(log.append, number)

            thread = threading.Thread(target=work)
            thread.start()
            await turns(5)
            thread.join()
            await turns(30)
            return log

        for log in explore(main, 20):
            self.assertEqual(list(range(20)), log)

    def test_two_handles_with_one_deadline(self):
        """A timer that was cancelled when it was due already does not go off."""

        async def main():
            log, loop = [], asyncio.get_running_loop()
            first = loop.call_at(1, lambda: second.cancel())
            second = loop.call_at(1, log.append, "second")
            self.assertFalse(first.cancelled())
            await asyncio.sleep(2)
            return tuple(log)

        self.assertEqual({(), ("second",)}, set(explore(main, strategy="exhaustive")))

    def test_cancelled_callbacks(self):
        """A callback that was cancelled is not called, and holds nobody up."""

        async def main():
            log, loop = [], asyncio.get_running_loop()
            tasks = [asyncio.create_task(note(log, name)) for name in "ab"]
            handle = loop.call_soon(log.append, "callback")
            tasks.append(asyncio.create_task(note(log, "c")))
            handle.cancel()
            await asyncio.gather(*tasks)
            return tuple(log)

        orders = set(explore(main))
        self.assertIn(("c", "c", "b", "b", "a", "a"), orders)
        self.assertNotIn("callback", {what for log in orders for what in log})


class StopTests(unittest.TestCase):
    """What stops the loop."""

    def test_all_that_came_before_runs(self):
        """What became ready before the end of a stage runs, as it does in asyncio."""

        async def main():
            log = []
            asyncio.create_task(note(log, "late"))
            await asyncio.sleep(0)
            return log

        for answer in (0, 1, 9):
            loop, log = run(main, Chosen(order=answer))
            self.assertEqual("late", log[0])

    def test_the_end_of_a_stage(self):
        """The callback that ends a stage of a test is one of those."""
        loop = ExploredLoop()
        driver = Driver(loop)
        handle = asyncio.Handle(driver._stop, (), loop)
        self.assertEqual("stop", loop._ready.lane_of(handle).name)
        loop.close()

    def test_cleared(self):
        """A loop that was closed has nothing to do."""
        loop = ExploredLoop(Chosen(order=1))
        coroutines = [turns(1) for _ in range(3)]
        tasks = [loop.create_task(one) for one in coroutines]
        loop.call_soon(loop.stop)
        self.assertEqual(4, len(list(loop._ready)))
        loop.call_soon(loop.stop)
        loop._ready.popleft()
        self.assertEqual(4, len(loop._ready))
        self.assertEqual(4, len(list(loop._ready)))
        loop.close()
        self.assertEqual(0, len(loop._ready))
        self.assertFalse(loop._ready)
        for task, one in zip(tasks, coroutines):
            task._log_destroy_pending = False
            one.close()


class StallTests(unittest.TestCase):
    """A loop that is late."""

    @staticmethod
    async def naps():
        loop, log = asyncio.get_running_loop(), []

        async def nap(seconds):
            await asyncio.sleep(seconds)
            log.append((seconds, loop.time()))

        await asyncio.gather(nap(3), nap(1), nap(2), nap(1.5), nap(1.25), nap(1.75))
        return log

    def test_in_time(self):
        """If nothing is late, each timer goes off when it is due."""
        _, log = run(self.naps, Chosen())
        self.assertEqual([(nap, nap) for nap in (1, 1.25, 1.5, 1.75, 2, 3)], log)

    def test_late(self):
        """Timers that were apart come due together, in order, at the time of the last one."""
        _, log = run(self.naps, Chosen(stall=1))
        self.assertEqual([1.25, 1.25, 1.75, 1.75, 3, 3], [time for _, time in log])
        self.assertEqual([1, 1.25, 1.5, 1.75, 2, 3], [nap for nap, _ in log])

    def test_not_too_late(self):
        """A timer is late by at most half of its delay, for three deadlines more."""
        strategy = Chosen()
        run(self.naps, strategy)
        name = "timer _set_result_unless_cancelled at"
        self.assertEqual(
            [(f"{name} {when}", more) for when, more in ((1, 3), (1.25, 3), (1.5, 3), (1.75, 2), (2, 2))],
            [asked for asked in strategy.asked if isinstance(asked, tuple)],
        )

        async def many():
            await asyncio.gather(*(asyncio.sleep(1 + number / 10) for number in range(5)))

        strategy = Chosen()
        run(many, strategy)
        self.assertIn((f"{name} 1", 4), strategy.asked)

    def test_twenty_milliseconds(self):
        """They are no great delay, even after a short time."""

        async def main():
            await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.02), asyncio.sleep(0.022))
            return asyncio.get_running_loop().time()

        strategy = Chosen(stall=1)
        self.assertEqual(0.022, run(main, strategy)[1])
        self.assertIn(("timer _set_result_unless_cancelled at 0.001", 2), strategy.asked)

    def test_many_short_timers(self):
        """What else happens meanwhile does not change how late a timer may be."""

        async def main():
            loop, log = asyncio.get_running_loop(), []

            async def beat():
                for _ in range(400):
                    await asyncio.sleep(0.003)

            beating = asyncio.create_task(beat())
            loop.call_later(1, lambda: log.append(loop.time()))
            loop.call_later(1.0001, log.append, "next")
            await beating
            return log

        for stall in (0, 3):
            with self.subTest(stall):
                (time, after) = run(main, Chosen(stall=stall))[1]
                self.assertEqual("next", after)
                self.assertLess(time, 1.01)
        self.assertGreater(run(main, Chosen(stall=3))[1][0], 1)

    def test_exact_times(self):
        """What leaves a margin of its double has exact times, in all orders."""

        async def main():
            loop = asyncio.get_running_loop()
            try:
                async with asyncio.timeout(4):
                    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(8))
            except TimeoutError:
                return loop.time()

        self.assertEqual({4}, set(explore(main)))

    def test_far(self):
        """A deadline that is far away is not reached by being late."""

        async def main():
            async with asyncio.timeout(5):
                for _ in range(3):
                    await asyncio.sleep(0.01)
            return True

        self.assertEqual({True}, set(explore(main)))

    def test_cancelled(self):
        """Timers that were cancelled are no deadlines."""

        async def main():
            loop = asyncio.get_running_loop()
            for when in (1.1, 1.2, 1.3, 1.35, 1.4, 1.42):
                loop.call_at(when, print).cancel()
            loop.call_at(1, int)
            loop.call_at(1, int)
            loop.call_at(1.45, int)
            await asyncio.sleep(4)
            return loop.time()

        strategy = Chosen(stall=3)
        self.assertEqual(4, run(main, strategy)[1])
        self.assertIn(("timer int at 1", 2), strategy.asked)

    def test_many_timers(self):
        """Of many timers only the first few are looked at."""

        async def main():
            loop = asyncio.get_running_loop()
            for number in range(3000):
                loop.call_at(1 + number % 7 * 1e-3 * (number > 20), int)
            await asyncio.sleep(1.5)
            return loop.time()

        self.assertEqual(1.5, run(main, Chosen())[1])

    def test_each_in_its_turn(self):
        """A short timer is not made late by the long delay of one before it, nor of one with the same deadline."""

        async def main(delay):
            loop = asyncio.get_running_loop()
            came = {}

            def note(name):
                came[name] = loop.time()

            loop.call_later(100, note, "long")
            loop.call_later(120, note, "far")
            await asyncio.sleep(99)
            began = loop.time()
            loop.call_later(delay, note, "short")
            await asyncio.sleep(60)
            return came["short"] - began

        for delay in 1, 2, 3:
            for stall in 0, 1, 2, 3:
                with self.subTest(delay=delay, stall=stall):
                    took = run(lambda: main(delay), Chosen(stall=stall))[1]
                    self.assertLessEqual(took, 1.5 * delay)

    def test_no_stalls(self):
        """A strategy without stalls is not asked."""
        strategy = Chosen(stall=1)
        strategy.stalls = False
        _, log = run(self.naps, strategy)
        self.assertEqual([(nap, nap) for nap in (1, 1.25, 1.5, 1.75, 2, 3)], log)


class StrikeTests(unittest.TestCase):
    """Cancellations at each await."""

    async def main(self):
        log = []

        async def work():
            try:
                log.append("begun")
                await asyncio.sleep(1)
                log.append("slept")
                await asyncio.sleep(0)
                log.append("done")
            except asyncio.CancelledError:
                log.append("cancelled")
                await asyncio.sleep(0)
                log.append("cleaned up")
                raise

        await asyncio.wait([asyncio.create_task(work())])
        return tuple(log)

    @staticmethod
    def is_work(name, task):
        return name == "work"

    def strikes(self):
        results = []
        for at in range(20):
            strategy = Strategy(strike_at=at)
            loop, log = run(self.main, strategy, victims=self.is_work)
            results.append(log)
            if not loop.struck:
                return results, strategy.moments
        raise AssertionError("there is no end of moments")

    def test_each_moment(self):
        """A victim is struck at each of its awaits: at once, when time has gone on, when woken up."""
        results, moments = self.strikes()
        cancelled = ("cancelled", "cleaned up")
        self.assertEqual(
            [
                ("begun", *cancelled),
                ("begun", *cancelled),
                ("begun", *cancelled),
                ("begun", "slept", *cancelled),
                ("begun", "slept", *cancelled),
                ("begun", "slept", "done"),
            ],
            results,
        )
        self.assertEqual(5, moments)

    def test_only_once(self):
        """A task that is being cancelled is not struck again, and nobody else is."""

        async def main():
            tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(3)]
            await asyncio.wait(tasks)
            return sum(task.cancelled() for task in tasks)

        strategy = Replay({number: 1 for number in range(50)}, stalls=False)
        loop, cancelled = run(main, strategy, victims=lambda name, task: "main" not in name)
        self.assertEqual(1, cancelled)
        self.assertEqual(1, len(loop.struck))

    def test_cancelled_by_the_test(self):
        """A task that the test itself has cancelled is left alone."""

        async def main():
            task = asyncio.create_task(self.stubborn())
            await asyncio.sleep(0)
            task.cancel()
            return await task

        loop, result = run(main, victims=lambda name, task: "stubborn" in name)
        self.assertEqual((True, 2), (result, len(loop.decisions.widths)))

    def test_later(self):
        """Who waits long is struck at two more instants, before what is due goes off, not at all of them."""
        seen = []

        async def main():
            task = asyncio.create_task(asyncio.sleep(5.5))
            task.add_done_callback(lambda task: seen.append(asyncio.get_running_loop().time()))
            log = []
            for _ in range(6):
                await asyncio.sleep(1)
                log.append(task.cancelling())
            return log

        for at in range(4):
            _, log = run(main, Strategy(strike_at=at), victims=lambda name, task: name == "sleep")
            first = at if at < 3 else 6
            self.assertEqual([0 < number >= first for number in range(1, 7)], list(map(bool, log)))
        self.assertEqual([0, 1, 2, 5.5], seen)
        self.assertEqual(4, self.moments(main, victims=lambda name, task: name == "sleep"))

    def test_twice(self):
        """Who was struck is struck again when it has gone on, and handles that; never a third time."""
        for then, end in enumerate((["cancelled"], ["cancelled"], ["cancelled", "cleaned up"])):
            strategy = Twice(Strategy(strike_at=0), then)
            loop, log = run(self.main, strategy, victims=self.is_work, record=True)
            self.assertEqual(("begun", *end), log)
            strikes = [event.detail for event in loop.events if event.what == "strike"]
            self.assertEqual("is cancelled while it waits", strikes[0])
            again = ["is cancelled again while it waits", "is cancelled again when it is about to go on"]
            self.assertEqual(again[then : then + 1], strikes[1:])

    def test_not_twice(self):
        """Nobody is struck again who has not gone on since, or was cancelled by another one, too."""

        async def main():
            async def work():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(1)
                asyncio.current_task().cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(1)
                return asyncio.current_task().cancelling()

            return await asyncio.gather(work(), asyncio.sleep(2))

        loop, (count, _) = run(
            main, Twice(Strategy(strike_at=0), 0), victims=lambda name, task: "work" in name
        )
        self.assertEqual(2, count)
        self.assertEqual(1, sum(loop.decisions.made.values()))

    @staticmethod
    async def stubborn():
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await turns(2)
        return True

    def test_offered(self):
        """A task may be offered when it has begun."""

        async def main():
            task = asyncio.create_task(asyncio.sleep(1))
            asyncio.get_running_loop().offer(task)
            await asyncio.wait([task])
            return task.cancelled()

        loop, cancelled = run(main, Strategy(strike_at=0))
        self.assertTrue(cancelled)
        self.assertEqual(["sleep"], list(loop.struck))
        self.assertEqual(3, self.moments(main))

    @staticmethod
    def moments(main, **options):
        strategy = Strategy()
        run(main, strategy, **options)
        return strategy.moments

    def test_faults(self):
        """An await that is offered asks which of its faults strikes, until one has struck."""
        loop = ExploredLoop(Strategy(strike_at=4), record=True)
        lane = loop.offered_lane("read")
        faults = (TimeoutError, ConnectionResetError("gone"))
        struck = [loop.fault(lane, faults) for _ in range(4)]
        self.assertEqual([None, None, TimeoutError, None], struck)
        self.assertEqual(["TimeoutError strikes"], [event.detail for event in loop.events])
        other = ExploredLoop(Strategy(strike_at=1), record=True)
        self.assertIs(faults[1], other.fault(lane, faults))
        self.assertEqual("ConnectionResetError strikes", other.events[0].detail)
        unseen = ExploredLoop(Strategy(strike_at=0))
        self.assertIs(TimeoutError, unseen.fault(lane, faults))
        self.assertEqual([], unseen.events)
        for one in (loop, other, unseen):
            one.close()

    def test_roused(self):
        """Who is to know of the first error stands in from then on, also for the handler by default."""
        for name in ("call_exception_handler", "default_exception_handler"):
            with self.subTest(name):
                loop, told = ExploredLoop(), []

                def rouse(one):
                    vars(one)[name] = told.append

                loop.on_error = rouse
                getattr(type(loop), name)(loop, {"message": "purr"})
                self.assertEqual([{"message": "purr"}], told)
                self.assertFalse(loop.rouse())
                del vars(loop)[name]
                with self.assertLogs("asyncio"):
                    getattr(loop, name)({"message": "purr"})
                loop.close()

    def test_woken_by(self):
        """It is known what woke the test's own task, which is a lane of its own, since something was struck."""
        seen = []

        async def phase():
            seen.append(asyncio.create_task(asyncio.sleep(1)))
            with contextlib.suppress(asyncio.CancelledError):
                await seen[-1]

        for at in (None, 0):
            with self.subTest(at):
                seen.clear()
                strategy = Strategy(strike_at=at)
                loop = ExploredLoop(strategy, record=True, victims=lambda name, task: True)
                host = Host(loop, contextvars.copy_context(), limit=1)
                self.assertEqual((), loop.woken_by)
                host.run(phase())
                self.assertEqual(() if at is None else (seen[0],), loop.woken_by)
                loop.forget()
                self.assertEqual((), loop.woken_by)
                self.assertEqual("test", loop.events[0].lane)
                host.forget_driver()
                loop.close()


class NameTests(unittest.TestCase):
    """What lanes are called."""

    def names(self, main, **options):
        strategy = Chosen()
        run(main, strategy, **options)
        return strategy.asked

    def test_tasks(self):
        """A task has the name that it was given, or that of its coroutine function."""

        async def main():
            await asyncio.gather(
                turns(1),
                turns(1),
                asyncio.create_task(turns(1), name="mine"),
                asyncio.create_task(turns(1), name="Task-force"),
            )

        self.assertEqual(["mine", "Task-force", "turns", "turns#2"], self.names(main)[0])

    def test_local_functions(self):
        """Of a function in a function only its own name counts."""

        async def main():
            async def work():
                await asyncio.sleep(0)

            await asyncio.gather(work(), turns(1))

        self.assertEqual(["work", "turns"], self.names(main)[0])

    def test_python_tasks(self):
        """A task that is written in Python is a task as well."""

        async def main():
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(asyncio.tasks._PyTask(turns(1), loop=loop) for _ in "ab"))

        self.assertEqual(["turns", "turns#2"], self.names(main)[0])

    def test_callbacks(self):
        """What is a method of a task, but not its step, is a plain callback."""

        async def main():
            task = asyncio.create_task(asyncio.sleep(1))
            await asyncio.sleep(0)
            asyncio.create_task(turns(1))
            asyncio.get_running_loop().call_soon(task.cancel)
            await asyncio.wait([task])

        self.assertIn(["turns", "callback Task.cancel"], self.names(main))

    def test_callable_objects(self):
        """What has no name goes by its type."""

        class Callable:
            def __call__(self):
                pass

        async def main():
            asyncio.create_task(turns(1))
            asyncio.get_running_loop().call_soon(Callable())
            await asyncio.sleep(1)

        self.assertIn(["turns", "callback Callable"], self.names(main))

    def test_what_is_called_like_a_step(self):
        """A function that has the name of a step is a plain callback."""

        class Machine:
            def step(self):
                pass

        Machine.step.__name__ = "__step"
        loop = ExploredLoop()
        lane = loop._ready.lane_of(loop.call_soon(Machine().step))
        self.assertIs(Kind.CALLBACK, lane.kind)
        loop.close()

    def test_an_identity_that_comes_again(self):
        """A task is not taken for one that is gone."""
        loop = ExploredLoop()
        ready = loop._ready
        first = loop.create_task(turns(0))
        lane = ready.lane_of_task(first)
        loop.run_until_complete(first)
        ready._tasks[id(ready)] = lane
        second = loop.create_task(turns(0))
        ready._tasks[id(second)] = lane
        self.assertIsNot(lane, ready.lane_of_task(second))
        loop.run_until_complete(second)
        loop.close()


class RecordTests(unittest.TestCase):
    """What is kept of a run."""

    def test_events(self):
        """Steps with the place where each ends, who was overtaken, and how a task ended."""

        async def main():
            tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in "ab"]
            await asyncio.sleep(0)
            tasks[1].cancel()
            await asyncio.wait(tasks)

        loop, _ = run(main, Chosen(order=1), record=True)
        steps = [event for event in loop.events if event.is_task]
        self.assertEqual(["main", "sleep#2"], [event.lane.split(".")[-1] for event in steps[:2]])
        self.assertEqual(("sleep",), steps[1].ahead)
        self.assertEqual("await asyncio.sleep(0)", steps[0].place.source)
        self.assertEqual({"is cancelled", "ends"}, {step.detail for step in steps} - {""})

    def test_not_recorded(self):
        """Nothing is kept unless it is asked for."""
        self.assertEqual([], run(StallTests.naps, Chosen(order=1, stall=1))[0].events)

    def test_stalls_and_strikes(self):
        """Delays and cancellations are told where they happen."""
        loop, _ = run(StallTests.naps, Chosen(stall=1), record=True)
        stalls = [event for event in loop.events if event.what == "stall"]
        self.assertEqual("0.25 s late", stalls[0].detail)
        self.assertRegex(stalls[0].lane, r"'s sleep due at 1\Z")
        self.assertIn("sleep(", stalls[0].place.source)
        for at, words in ((0, "while it waits"), (1, "while it waits"), (2, "when it is about to go on")):
            loop, _ = run(
                StrikeTests().main, Strategy(strike_at=at), victims=StrikeTests.is_work, record=True
            )
            strikes = [event.detail for event in loop.events if event.what == "strike"]
            self.assertEqual([f"is cancelled {words}"], strikes)

    def test_fault(self):
        """A fault that strikes in a step leaves it the line at which the step ended."""

        async def read():
            await asyncio.sleep(0)

        async def main():
            with contextlib.suppress(TimeoutError):
                await offer(read(), TimeoutError)
            await turns(1)

        loop = ExploredLoop(Strategy(strike_at=0), record=True)
        host = Host(loop, contextvars.copy_context(), limit=1)
        host.run(main())
        self.assertEqual(
            [
                ("step", "await offer(read(), TimeoutError)"),
                ("strike", "await asyncio.sleep(0)"),
                ("step", "await asyncio.sleep(0)"),
                ("step", None),
            ],
            [(event.what, event.place and event.place.source) for event in loop.events],
        )
        host.forget_driver()
        loop.close()

    def test_future_that_is_offered(self):
        """What tells of no line of its own strikes where it was offered."""

        async def main():
            with contextlib.suppress(TimeoutError):
                await offer(asyncio.sleep(0), TimeoutError)
            with contextlib.suppress(TimeoutError):
                await offer(asyncio.get_running_loop().create_future(), TimeoutError)

        for strike_at in (0, 1):
            loop = ExploredLoop(Strategy(strike_at=strike_at), record=True)
            host = Host(loop, contextvars.copy_context(), limit=1)
            with contextlib.suppress(DeadlockError):
                host.run(main())
            (strike,) = (event for event in loop.events if event.what == "strike")
            self.assertIn("await offer(", strike.place.source)
            host.forget_driver()
            loop.close()

    def test_timers(self):
        """A timer is called by the task that waits for it, and by how."""

        async def limited():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.Event().wait()

        async def several():
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=1)

        async def main():
            tasks = [
                asyncio.create_task(limited(), name="a"),
                asyncio.create_task(several(), name="b"),
                asyncio.create_task(asyncio.sleep(1), name="c"),
            ]
            asyncio.get_running_loop().call_later(1, int)
            asyncio.get_running_loop().call_at(1, asyncio.get_running_loop().create_future().cancel)
            await asyncio.wait(tasks)

        loop, _ = run(main, Chosen(order=4), record=True)
        timers = {event.lane for event in loop.events if not event.is_task}
        overtaken = {name for event in loop.events for name in event.ahead}
        names = timers | overtaken
        for name in ("a's timeout due at 1", "b's wait due at 1", "c's sleep due at 1"):
            self.assertIn(name, names)
        self.assertIn("timer int at 1", names)

    def test_timer_of_a_task_that_takes_no_step(self):
        """A task that has no lane yet has a name, and a timer of a task without a line has no place."""

        async def nap():
            await asyncio.sleep(1)

        async def main():
            loop = asyncio.get_running_loop()
            task = asyncio.create_task(nap(), name="a")
            await turns(1)
            loop._queue._tasks.clear()
            timer = loop._scheduled[0]
            loop._queue.call("x", timer)
            with mock.patch.object(explored, "_place_of", return_value=None):
                loop._queue.call("y", timer)
            await task
            return [
                loop.tell(Late("x", 1)), loop.tell(Late("y", 1)), loop.tell(Before("y", 1, "z", 2)),
                loop.tell(Before("y", 0, "z", 0)),
            ]

        _, (one, other, third, last) = run(main, record=True)
        self.assertRegex(one, r"late for a's sleep due at 1 \(test_explored.py:\d+\), until the next deadline")
        self.assertEqual("the loop is late for a's sleep due at 1, until the next deadline", other)
        self.assertEqual("a's sleep due at 1 takes step 2 before z takes step 3", third)
        self.assertEqual("a's sleep due at 1 ends before z begins", last)

    def test_asynchronous_generator(self):
        """A task that takes the next item of a generator waits at a line of the generator."""

        async def items():
            await asyncio.sleep(1)
            yield 1

        async def main():
            async with contextlib.aclosing(items()) as some:
                await asyncio.ensure_future(anext(some))

        loop, _ = run(main, record=True)
        self.assertIn(
            "await asyncio.sleep(1)", [event.place.source for event in loop.events if event.place]
        )

    def test_told(self):
        """A strike is told with its line, if it was recorded."""
        loop, _ = run(
            StrikeTests().main, Strategy(strike_at=1), victims=StrikeTests.is_work, record=True
        )
        (strike,) = (event for event in loop.events if event.what == "strike")
        self.assertRegex(
            loop.tell(Struck(strike.lane, strike.step, 1, 1)), r", at test_explored.py:\d+\Z"
        )
        self.assertTrue(loop.tell(Struck("x", 1, 1, 1)).endswith("to go on"))

    def test_deadlock(self):
        """Who waits for ever is told, and nothing of what is done to end it."""

        async def main():
            await asyncio.Event().wait()

        for record in (True, False):
            loop = ExploredLoop(record=record)
            host = Host(loop, contextvars.copy_context(), limit=1)
            with self.assertRaises(DeadlockError):
                host.run(main())
            told = [(event.what, event.lane, event.detail) for event in loop.events]
            expected = [
                ("step", "test", "comes to an end"),
                ("end", "test", "fails here, since it waits for ever,"),
            ]
            self.assertEqual(expected if record else [], told)
            if record:
                self.assertEqual("await asyncio.Event().wait()", loop.events[1].place.source)
            host.forget_driver()
            loop.close()

    def test_end_of_time(self):
        """So is who waits when time is over; nobody, if no task does."""
        loop = ExploredLoop(record=True, until=5)
        with self.assertRaises(LoopTimeExceeded):
            loop.run_until_complete(asyncio.sleep(9))
        self.assertEqual(
            ["fails here, since time is over,"],
            [event.detail for event in loop.events if event.what == "end"],
        )
        loop.close()
        loop = ExploredLoop(record=True)
        with self.assertRaises(DeadlockError):
            loop.run_forever()
        self.assertEqual([], loop.events)
        loop.close()

    def test_end_of_a_phase(self):
        """A test that was cancelled comes to an end, and does not wait where it is defined."""

        async def main():
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

        loop = ExploredLoop(record=True)
        host = Host(loop, contextvars.copy_context(), limit=1)
        with self.assertRaises(asyncio.CancelledError):
            host.run(main())
        self.assertEqual("await asyncio.sleep(0)", loop.events[0].place.source)
        for event in loop.events[1:]:
            self.assertEqual((None, "comes to an end"), (event.place, event.detail))
        host.forget_driver()
        loop.close()

    def test_constraints(self):
        """What is written down of an order is enough to find it again."""
        recording = Recording(Chosen(order=1))
        run(StallTests.naps, recording)
        self.assertTrue(recording.constraints)


class OutsideTests(unittest.TestCase):
    """Work outside of the loop."""

    def test_nothing(self):
        """A run without any can be repeated exactly."""
        self.assertEqual({}, run(StallTests.naps)[0].outside)

    def test_executor(self):
        """A job in an executor is worked off, and told."""

        async def main():
            return await asyncio.to_thread(threading.get_ident)

        loop, thread = run(main)
        self.assertNotEqual(threading.get_ident(), thread)
        self.assertIn("an executor", loop.outside)

    def test_thread(self):
        """A call from another thread comes in, and is told."""

        async def main():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            threading.Thread(
                target=loop.call_soon_threadsafe, args=(future.set_result, 1)
            ).start()
            return await future

        loop, result = run(main)
        self.assertEqual((1, ["a thread"]), (result, list(loop.outside)))

    def test_our_own_thread(self):
        """What ends a test whose time is up is called from a thread of ours, not of the test's."""

        async def phase():
            ending = threading.Thread(target=host.ask_to_end)
            ending.start()
            ending.join()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1)
            asyncio.current_task().uncancel()

        loop = ExploredLoop()
        host = Host(loop, contextvars.copy_context(), limit=1)
        host.run(phase())
        self.assertEqual({}, loop.outside)
        host.forget_driver()
        loop.close()

    def test_same_thread(self):
        """A call from its own thread, or before it runs, is none."""

        async def main():
            asyncio.get_running_loop().call_soon_threadsafe(int)
            await asyncio.sleep(0)

        loop = ExploredLoop()
        loop.call_soon_threadsafe(int)
        loop.run_until_complete(main())
        self.assertEqual({}, loop.outside)
        loop.close()

    def test_descriptors(self):
        """What is read from and written to is told."""

        async def main():
            import socket

            loop = asyncio.get_running_loop()
            one, other = socket.socketpair()
            with one, other:
                one.setblocking(False)
                other.setblocking(False)
                written = loop.create_future()
                loop.add_writer(one, written.set_result, None)
                await written
                loop.remove_writer(one)
                one.send(b"a")
                return await loop.sock_recv(other, 1)

        loop, result = run(main)
        self.assertEqual((b"a", ["a descriptor"]), (result, list(loop.outside)))


class AnewTests(unittest.TestCase):
    """A loop that has one life after the other."""

    def test_is_quiet(self):
        """It has nothing to do, and nothing to shut down."""
        loop = ExploredLoop()
        self.addCleanup(loop.close)
        self.assertTrue(loop.is_quiet)
        handle = loop.call_soon(int)
        self.assertFalse(loop.is_quiet)
        handle.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        self.assertTrue(loop.is_quiet)

        async def cats():
            yield "Garfield"

        async def begin():
            await anext(generator)

        generator = cats()
        loop.run_until_complete(begin())
        self.assertFalse(loop.is_quiet)
        loop.run_until_complete(generator.aclose())
        generator = None
        loop.run_until_complete(loop.run_in_executor(None, int))
        self.assertFalse(loop.is_quiet)
        loop.run_until_complete(loop.shutdown_default_executor())

    def test_woken(self):
        """A call that wakes the loop when it is about to end wakes neither it nor another one in the next life."""

        async def wakes():
            asyncio.get_running_loop().call_soon_threadsafe(int)

        async def many():
            await asyncio.gather(*(turns(70) for _ in range(2)))

        thread = threading.get_ident()

        def make():
            pipes.ask(thread)
            try:
                return ExploredLoop(Strategy())
            finally:
                pipes.ask_no_more(thread)

        widths = []
        for anew in (False, True):
            for body in (many, wakes, many):
                loop = make()
                if anew:
                    loop.run_until_complete(wakes())
                    loop.begin_anew(Strategy(), None, False)
                loop.run_until_complete(body())
                if body is many:
                    widths.append(loop.decisions.widths)
                loop.close()
        self.assertEqual([widths[0]] * 4, widths)

    def test_begin_anew(self):
        """What was decided, named and struck in one life has nothing to do with the next one."""

        async def main():
            task = asyncio.create_task(asyncio.sleep(1))
            await asyncio.wait([task])
            return task.cancelled()

        loop, other = ExploredLoop(), ExploredLoop()
        self.addCleanup(loop.close)
        self.addCleanup(other.close)
        seen = []
        for victims, record in ((lambda name, task: name == "sleep", False), (None, True), (None, False)):
            strategy = Strategy(strike_at=0)
            loop.begin_anew(strategy, victims, record)
            self.assertIs(strategy, loop.strategy)
            before = loop.decisions
            self.assertEqual(([], {}, []), (before.widths, loop.struck, loop.events))
            is_struck = loop.run_until_complete(main())
            seen.append((is_struck, list(loop.struck), [event.lane for event in loop.events]))
            self.assertIs(before, loop.decisions)
        self.assertEqual((True, ["sleep"], []), seen[0])
        self.assertEqual((False, []), seen[1][:2])
        self.assertIn("sleep", seen[1][2])
        self.assertNotIn("sleep#2", seen[1][2])
        self.assertEqual((False, [], []), seen[2])


class GarbageTests(unittest.TestCase):
    """Who is held, and who is not."""

    def test_tasks_are_held_weakly(self):
        """A task that nobody refers to is collected, as with asyncio."""

        async def main():
            task = weakref.ref(asyncio.create_task(forever()))
            await turns(3)
            gc.collect()
            await asyncio.sleep(1)  # and nobody is struck who is not there any more
            return task() is None

        def ignore(loop, context):
            pass

        loop = ExploredLoop(victims=lambda name, task: True, record=False)
        loop.set_exception_handler(ignore)
        self.assertTrue(loop.run_until_complete(main()))
        loop.close()

    def test_loops_leave_no_garbage(self):
        """A loop that was run and closed is gone with its last reference."""
        gc.collect()
        gc.disable()
        try:
            loop, _ = run(StallTests.naps, Chosen(order=1, stall=1), record=True)
            gone = weakref.ref(loop)
            del loop
            self.assertIsNone(gone())
        finally:
            gc.enable()


async def forever():
    """Wait for what nobody else knows."""
    await asyncio.get_running_loop().create_future()


class InsidesTests(unittest.TestCase):
    """The private names that this stands on."""

    def test_they_are_there(self):
        """Each of them exists in this Python, and is what it is taken for."""
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        for name in ("_ready", "_run_once", "_scheduled", "_thread_id", "_add_reader", "_add_writer"):
            self.assertTrue(hasattr(loop, name), name)
        handle = loop.call_soon(int)
        for name in ("_callback", "_args", "_cancelled"):
            self.assertTrue(hasattr(handle, name), name)
        self.assertIn(asyncio.base_events._run_until_complete_cb, explored._STOPS)
        self.assertTrue(hasattr(asyncio.tasks, "_PyTask"))

    def test_steps(self):
        """Whatever a task has itself called by is known to be its step."""
        tasks = []

        async def main():
            loop = asyncio.get_running_loop()
            for task in (asyncio.Task, asyncio.tasks._PyTask):
                future = loop.create_future()
                loop.call_later(0, future.set_result, None)
                tasks.append(task(asyncio.wait([future]), loop=loop))
                await tasks[-1]

        loop = ExploredLoop()
        tasks.append(loop.create_task(main()))
        loop.run_until_complete(tasks[0])
        loop.close()
        lanes = [loop._ready.lane_of_task(task) for task in tasks]
        self.assertEqual([3, 2, 2], [lane.step for lane in lanes])
        self.assertEqual({Kind.TASK}, {lane.kind for lane in lanes})
        self.assertIsInstance(loop._ready._fence, Lane)


if __name__ == "__main__":
    unittest.main()
