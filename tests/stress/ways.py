"""
The ways to hang, and what only looks like hanging.

Each way is a function that gives a test class. Those in ``HANGING`` must end, as errors of the kind that
stands with them, and let the next test run; those in ``HEALTHY`` must pass.

"""

import asyncio
import concurrent.futures
import contextlib
import functools
import importlib.util
import os
import queue
import signal
import socket
import sys
import threading
import time

from asynctesting import AsyncTestCase, DeadlockError
from asynctesting.hangs import TimeLimitExceeded


#: Real seconds that a test gets which hangs, and how long what hangs would.
LIMIT = 0.3
LONG = 600

#: Real seconds after which healthy ones are woken: longer than it takes to tell a deadlock.
LATE = 0.7

POSIX = os.name == "posix"


class Dead(AsyncTestCase, time_limit=LONG, close_limit=LIMIT, checks="off"):
    """What hangs, and is told long before its limit."""


class Hanging(AsyncTestCase, time_limit=LIMIT, close_limit=LIMIT, checks="off"):
    """What hangs, and is told by its limit."""


class Healthy(AsyncTestCase, time_limit=LONG, checks="off"):
    """What does not."""


def made_of(base, function, **members):
    """Give a class with one test, and one after it that is well."""

    async def test_b_next(self):
        await asyncio.sleep(0)

    return type("Tests", (base,), {"test_a": function, "test_b_next": test_b_next, **members})


HANGING = {}
HEALTHY = {}


def hanging(*kinds, **members):
    """Have a function as a test that hangs, and is told by an error of one of these kinds."""

    def add(function):
        HANGING[function.__name__] = way(function, kinds, **members)
        return function

    return add


def way(function, kinds, **members):
    """Give what makes the class of a test that hangs, and the kinds of error."""
    base = Hanging if TimeLimitExceeded in kinds else Dead
    return functools.partial(made_of, base, function, **members), kinds


def healthy(function):
    """Have a function as a test that is well."""
    HEALTHY[function.__name__] = functools.partial(made_of, Healthy, function)
    return function


async def for_ever(*args):
    """Wait for what never comes."""
    await asyncio.Event().wait()


# What hangs


@hanging(DeadlockError)
async def an_event(self):
    await for_ever()


@hanging(DeadlockError)
async def a_circle(self):
    one, two = asyncio.Lock(), asyncio.Lock()

    async def take(first, second):
        async with first:
            await asyncio.sleep(0)
            async with second:
                pass

    await asyncio.gather(take(one, two), take(two, one))


@hanging(DeadlockError)
async def what_lets_nothing_through(self):
    with contextlib.suppress(BaseException):
        await for_ever()


@hanging(DeadlockError)
async def what_resists(self):
    end = time.perf_counter() + 3 * LIMIT
    while time.perf_counter() < end:
        with contextlib.suppress(BaseException):
            await for_ever()


@hanging(DeadlockError)
async def after_a_thread(self):
    threading.Thread(target=time.sleep, args=(0.05,)).start()
    await for_ever()


@hanging(DeadlockError)
async def its_own_result(self):
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop).result()


@hanging(DeadlockError)
async def a_job_that_waits_for_the_loop(self):
    def ask():
        future = asyncio.run_coroutine_threadsafe(for_ever(), loop)
        with contextlib.suppress(concurrent.futures.CancelledError):
            future.result()

    loop = asyncio.get_running_loop()
    try:
        await asyncio.to_thread(ask)
    finally:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


@hanging(TimeLimitExceeded)
async def a_sleep(self):
    time.sleep(LONG)


@hanging(TimeLimitExceeded)
def a_synchronous_sleep(self):
    time.sleep(LONG)


@hanging(DeadlockError, TimeLimitExceeded)
async def a_queue(self):
    queue.Queue().get()


@hanging(TimeLimitExceeded)
async def a_callback(self):
    asyncio.get_running_loop().call_soon(time.sleep, LONG)
    await for_ever()


@hanging(TimeLimitExceeded)
async def a_turn_after_the_other(self):
    while True:
        await asyncio.sleep(0)


@hanging(TimeLimitExceeded)
async def no_turn_at_all(self):
    while True:
        pass


@hanging(TimeLimitExceeded)
async def what_swallows_everything(self):
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


@hanging(TimeLimitExceeded)
async def a_long_timer(self):
    await asyncio.sleep(LONG)


@hanging(TimeLimitExceeded)
async def a_server_that_nobody_calls(self):
    server = await asyncio.start_server(for_ever, "127.0.0.1", 0)
    async with server:
        await for_ever()


class Sleepy:
    """Takes long to be forgotten."""

    def __del__(self):
        time.sleep(LONG)


@hanging(TimeLimitExceeded)
async def a_finaliser(self):
    Sleepy()
    while True:
        await asyncio.sleep(0)


async def well(self):
    """Do nothing."""


for _name in ("asyncSetUp", "asyncTearDown"):
    HANGING[_name] = way(well, (DeadlockError,), **{_name: for_ever})
for _name in ("asyncSetUpClass", "asyncTearDownClass"):
    _stage = {_name: classmethod(for_ever)}
    HANGING[_name] = way(well, (DeadlockError,), **_stage)
    _stage = {_name: classmethod(lambda cls: asyncio.sleep(LONG))}
    HANGING[f"{_name}, a timer"] = way(well, (TimeLimitExceeded,), **_stage)
HANGING["tearDown"] = way(well, (TimeLimitExceeded,), tearDown=lambda self: time.sleep(LONG))

if importlib.util.find_spec("uvloop"):
    import uvloop

    _stage = {"loop_factory": staticmethod(uvloop.new_event_loop)}
    for _function in (an_event, a_sleep, a_turn_after_the_other, what_swallows_everything):
        HANGING[f"{_function.__name__}, uvloop"] = way(_function, (TimeLimitExceeded,), **_stage)


# What does not


@healthy
async def a_timer(self):
    await asyncio.sleep(LATE)


@healthy
async def a_job(self):
    await asyncio.to_thread(time.sleep, LATE)


@healthy
async def jobs_in_a_queue(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        jobs = [self.loop.run_in_executor(pool, time.sleep, 0.01) for _ in range(20)]
        await asyncio.gather(*jobs)


@healthy
async def a_wrapped_future(self):
    future = concurrent.futures.Future()
    threading.Timer(LATE, future.set_result, (None,)).start()
    await asyncio.wrap_future(future)


@healthy
async def a_thread(self):
    event = asyncio.Event()
    threading.Timer(LATE, self.loop.call_soon_threadsafe, (event.set,)).start()
    await event.wait()


@healthy
async def a_thread_of_a_thread(self):
    event = asyncio.Event()

    def start(depth=5):
        if depth:
            threading.Thread(target=start, args=(depth - 1,)).start()
        else:
            time.sleep(0.1)
            self.loop.call_soon_threadsafe(event.set)

    start()
    await event.wait()


@healthy
async def many_short_threads(self):
    for _ in range(50):
        event = asyncio.Event()
        threading.Thread(target=self.loop.call_soon_threadsafe, args=(event.set,)).start()
        await event.wait()


@healthy
async def many_short_jobs(self):
    for _ in range(50):
        await asyncio.to_thread(int)


@healthy
async def a_job_that_asks_the_loop(self):
    def ask():
        return asyncio.run_coroutine_threadsafe(asyncio.sleep(LATE, 7), self.loop).result()

    self.assertEqual(7, await asyncio.to_thread(ask))


@healthy
async def a_join_on_its_own_thread(self):
    for _ in range(5):
        thread = threading.Thread(target=time.sleep, args=(0.15,))
        thread.start()
        thread.join()


@healthy
async def a_result_on_its_own_thread(self):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            self.assertIsNone(pool.submit(time.sleep, 0.15).result())


_WORK = queue.SimpleQueue()


def _serve():
    while True:
        delay, call = _WORK.get()
        time.sleep(delay)
        call()


_server = []


@healthy
async def a_worker_that_outlives_the_tests(self):
    if not _server:
        _server.append(threading.Thread(target=_serve, daemon=True))
        _server[0].start()
    for delay in (0.0, LATE, 0.1):
        future = self.loop.create_future()
        _WORK.put((delay, functools.partial(self.loop.call_soon_threadsafe, future.set_result, 1)))
        await future


@healthy
async def a_connection(self):
    async def serve(reader, writer):
        await reader.readline()
        await asyncio.sleep(0.1)
        writer.write(b"meow\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"purr\n")
        self.assertEqual(b"meow\n", await reader.readline())
        writer.close()


@healthy
async def a_socket(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        threading.Timer(LATE, theirs.send, (b"1",)).start()
        await self.loop.sock_recv(ours, 1)


if POSIX:

    @healthy
    async def a_subprocess(self):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"import time; time.sleep({LATE})"
        )
        await child.wait()

    @healthy
    async def a_signal(self):
        event = asyncio.Event()
        self.loop.add_signal_handler(signal.SIGUSR1, event.set)
        threading.Timer(LATE, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        await event.wait()
        self.loop.remove_signal_handler(signal.SIGUSR1)
