"""A test, or a part of one, of the wrong shape."""

import asyncio
import contextlib
import functools
import threading

from .sample import fault, twin


async def herd(cat="Garfield"):
    if cat is None:
        raise ValueError("no cat")
    return f"{cat} goes"


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


@fault(8, "wrong-shape", "error")
class AnAsyncGenerator:
    async def test_1(self):  # culprit
        self.assertEqual(1, 2)
        yield


@fault(8, "wrong-shape", "error")
class AGenerator:
    def test_1(self):  # culprit
        self.assertEqual(1, 2)
        yield


def synchronous(function):
    """A decorator that does not know of coroutines."""

    @functools.wraps(function)
    def wrapper(self):
        with contextlib.suppress(OSError):
            function(self)

    return wrapper


@fault(8, "never-awaited", "wrong-shape", line=False)
class ADecoratorThatDropsTheCoroutine:
    @synchronous
    async def test_1(self):  # culprit
        self.assertEqual(1, 2)


def passing_on(function):
    """A decorator that knows nothing, and need not."""

    @functools.wraps(function)
    def wrapper(self):
        return function(self)

    return wrapper


@twin(8)
class ADecoratorThatPassesTheCoroutineOn:
    @passing_on
    async def test_1(self):
        self.assertEqual("Garfield goes", await herd())


@fault(8, "wrong-shape", "error")
class ASyncTestThatReturnsAFuture:
    def test_1(self):  # culprit
        async def check():
            self.assertEqual(1, 2)

        return _Awaitable(check)


class _Awaitable:
    def __init__(self, function):
        self.function = function

    def __await__(self):
        return self.function().__await__()


@twin(8)
class ASyncTestThatReturnsACoroutine:
    def test_1(self):
        return herd()


@fault(8, "wrong-shape", "error", alone=True)
class AsyncSetUpThatIsNotAsync:
    def asyncSetUp(self):  # culprit
        self.cat = "Garfield"

    async def test_1(self):
        pass


@fault(8, "vacuous-assertion", "never-awaited")
async def assert_raises_with_a_coroutine_function(self):
    with self.assertRaises(AssertionError):
        self.assertRaises(ValueError, herd, None)  # culprit


@fault(8, "vacuous-assertion", "never-awaited")
async def assert_raises_with_a_coroutine(self):
    self.assertRaises(TypeError, herd(None))  # culprit


@fault(8, "vacuous-assertion", "never-awaited")
async def assert_raises_exception_with_a_coroutine(self):
    self.assertRaises(Exception, herd(None))  # culprit


@fault(8, "never-awaited", "error")
async def assert_raises_around_a_forgotten_await(self):
    with contextlib.suppress(AssertionError):
        with self.assertRaises(ValueError):
            herd(None)  # culprit


@twin(8)
async def assert_raises_around_an_await(self):
    with self.assertRaises(ValueError):
        await herd(None)
    self.assertRaises(ValueError, int, "cat")


@fault(8, "never-awaited", "wrong-shape", "vacuous-assertion")
async def asyncio_run_that_is_swallowed(self):
    with contextlib.suppress(RuntimeError):
        asyncio.run(herd())  # culprit


@fault(8, "never-awaited", "wrong-shape", "vacuous-assertion")
async def asyncio_run_that_is_expected_to_fail(self):
    with self.assertRaises(RuntimeError):
        asyncio.run(herd(None))  # culprit


@twin(8)
def asyncio_run_in_a_sync_test(self):
    self.assertEqual("Garfield goes", asyncio.run(herd()))


@fault(8, "wrong-thread")
async def call_soon_in_another_thread(self):
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work():
        loop.call_soon(done.set)  # culprit
        loop.call_soon_threadsafe(int)

    thread = threading.Thread(target=work)
    thread.start()
    await done.wait()
    thread.join()


@fault(8, "wrong-thread")
async def a_future_that_is_set_in_another_thread(self):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    is_awaited = threading.Event()
    loop.call_soon(is_awaited.set)

    def work():
        is_awaited.wait()
        future.set_result("Garfield")  # culprit
        loop.call_soon_threadsafe(int)

    thread = threading.Thread(target=work)
    thread.start()
    self.assertEqual("Garfield", await future)
    thread.join()


@twin(8)
async def call_soon_threadsafe(self):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    thread = threading.Thread(
        target=loop.call_soon_threadsafe, args=(future.set_result, "Garfield")
    )
    thread.start()
    self.assertEqual("Garfield", await future)
    thread.join()


@twin(8)
async def run_coroutine_threadsafe(self):
    loop = asyncio.get_running_loop()

    def work():
        return asyncio.run_coroutine_threadsafe(herd(), loop).result()

    self.assertEqual("Garfield goes", await asyncio.to_thread(work))


@fault(8, "stopped-loop", "error", line=False)
async def a_loop_that_is_stopped(self):
    asyncio.get_running_loop().stop()  # culprit
    await turns()


@fault(8, "stopped-loop", "error", line=False)
class ALoopThatIsClosed:
    def tearDown(self):
        if self._testMethodName == "test_1":
            self.loop_of_test.close()  # culprit

    async def test_1(self):
        self.loop_of_test = asyncio.get_running_loop()
