"""A test, or a part of one, of the wrong shape."""

import asyncio
import contextlib
import functools
import threading
from unittest import mock

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


@fault(8, "wrong-thread", options={"close_limit": 0.1})
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


@fault(8, "wrong-thread", uvloop="its executor is not seen")
async def a_future_that_ends_in_an_executor(self):
    future = asyncio.get_running_loop().create_future()
    await asyncio.to_thread(future.set_result, 1)  # culprit
    self.assertEqual(1, await future)


@twin(8)
async def a_future_that_ends_by_a_call(self):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    await asyncio.to_thread(loop.call_soon_threadsafe, future.set_result, 1)
    self.assertEqual(1, await future)


@twin(8)
async def run_coroutine_threadsafe(self):
    loop = asyncio.get_running_loop()

    def work():
        return asyncio.run_coroutine_threadsafe(herd(), loop).result()

    self.assertEqual("Garfield goes", await asyncio.to_thread(work))


@fault(8, "stopped-loop", uvloop="it does not tell that it was stopped")
async def a_loop_that_is_stopped_at_the_end(self):
    await turns()
    asyncio.get_running_loop().stop()  # culprit


@twin(8)
async def a_loop_of_ones_own_that_is_stopped(self):
    def work():
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            loop.call_soon(loop.stop)
            loop.run_forever()

    await asyncio.to_thread(work)


@fault(8, "stopped-loop", "error")
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


# In other shapes


@fault(8, "wrong-shape", "error", alone=True)
class ASetUpThatIsAGenerator:
    def setUp(self):  # culprit
        self.fail("never reached")
        yield

    async def test_1(self):
        pass


@fault(8, "wrong-shape", "error", alone=True)
class ATearDownThatIsAGenerator:
    def tearDown(self):  # culprit
        yield

    async def test_1(self):
        pass


@fault(8, "wrong-shape", "error", alone=True)
class AnAsyncSetUpThatIsAnAsyncGenerator:
    async def asyncSetUp(self):  # culprit
        yield

    async def test_1(self):
        pass


@fault(8, "wrong-shape", "error", alone=True)
class AsyncTearDownThatIsNotAsync:
    def asyncTearDown(self):  # culprit
        pass

    async def test_1(self):
        pass


@fault(8, "wrong-shape", "error")
async def a_cleanup_that_is_a_generator(self):
    def clean_up():  # culprit
        yield

    self.addCleanup(clean_up)


@fault(8, "wrong-shape", "error")
async def a_test_that_returns_a_generator(self):
    def check():  # culprit
        self.assertEqual(1, 2)
        yield

    return check()


@fault(8, "wrong-shape", "error")
class AGeneratorOfSubtests:
    def test_1(self):  # culprit
        for cat in ("Garfield", "Nermal"):
            yield self.assertEqual, "Garfield", cat


@fault(8, "wrong-shape", "error")
class ASyncTestThatReturnsAFutureOfAThread:
    def test_1(self):  # culprit
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        return loop.create_future()


def that_forgets(function):
    """A decorator that calls the test, and forgets what that gave."""

    def wrapper(self):
        function(self)  # culprit

    return wrapper


@fault(8, "never-awaited", "wrong-shape", code=that_forgets)
class ADecoratorThatForgetsTheCoroutine:
    @that_forgets
    async def test_1(self):
        self.assertEqual(1, 2)


@fault(8, "never-awaited", "wrong-shape", "vacuous-assertion", uvloop="it makes a task, which runs")
async def run_until_complete_that_is_swallowed(self):
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop().run_until_complete(herd())  # culprit


@fault(8, "never-awaited", "wrong-shape", "vacuous-assertion")
async def a_runner_that_is_swallowed(self):
    try:
        with asyncio.Runner() as runner:
            runner.run(herd())  # culprit
    except Exception:
        pass


@fault(8, "never-awaited", "vacuous-assertion")
async def an_attribute_of_a_coroutine(self):
    with self.assertRaises(AttributeError):
        herd().cat  # culprit


@fault(8, "never-awaited", "vacuous-assertion")
async def a_comparison_of_coroutines(self):
    with self.assertRaises(TypeError):
        sorted([herd(), herd()])  # culprit


def in_another_thread(work):
    """Run *work* in a thread to its end."""
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    return thread


@fault(8, "wrong-thread")
async def call_later_in_another_thread(self):
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work():
        loop.call_later(0, done.set)  # culprit
        loop.call_soon_threadsafe(int)

    thread = in_another_thread(work)
    await done.wait()
    thread.join()


@fault(8, "wrong-thread", options={"close_limit": 0.1})
async def a_task_that_is_cancelled_in_another_thread(self):
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(asyncio.sleep(1))  # no more in debug mode, where cancel() fails
    await asyncio.sleep(0)

    def work():
        task.cancel()  # culprit
        loop.call_soon_threadsafe(int)

    thread = in_another_thread(work)
    with self.assertRaises(asyncio.CancelledError):
        await task
    thread.join()


@fault(8, "wrong-thread", options={"close_limit": 0.1})
async def a_queue_in_another_thread(self):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    is_awaited = threading.Event()
    loop.call_soon(is_awaited.set)

    def work():
        is_awaited.wait()
        queue.put_nowait("Garfield")  # culprit
        loop.call_soon_threadsafe(int)

    thread = in_another_thread(work)
    self.assertEqual("Garfield", await queue.get())
    thread.join()


@fault(8, "wrong-thread", options={"close_limit": 0.1})
async def an_event_in_another_thread(self):
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    is_awaited = threading.Event()
    loop.call_soon(is_awaited.set)

    def work():
        is_awaited.wait()
        event.set()  # culprit
        loop.call_soon_threadsafe(int)

    thread = in_another_thread(work)
    await event.wait()
    thread.join()


@fault(8, "wrong-thread")
async def a_task_that_is_made_in_another_thread(self):
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    async def order():
        done.set()

    def work():
        self.task = loop.create_task(order())  # culprit
        loop.call_soon_threadsafe(int)

    thread = in_another_thread(work)
    await done.wait()
    await self.task
    thread.join()


@fault(8, "wrong-thread")
async def in_to_thread(self):
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work():
        loop.call_soon(done.set)  # culprit

    await asyncio.to_thread(work)
    await done.wait()


@fault(8, "stopped-loop", "error")
async def a_loop_that_is_stopped_by_a_callback(self):
    loop = asyncio.get_running_loop()
    loop.call_soon(loop.stop)  # culprit
    await asyncio.sleep(0.01)


@fault(8, "stopped-loop", "error")
async def a_loop_that_is_stopped_by_a_timer(self):
    loop = asyncio.get_running_loop()
    loop.call_later(0.001, loop.stop)  # culprit
    await asyncio.sleep(1)


@fault(8, "stopped-loop", "error", line=False)
class ALoopThatIsClosedByACleanup:
    async def test_1(self):
        self.addCleanup(asyncio.get_running_loop().close)


@twin(8)
class SetUpsThatAreAsync:
    async def setUp(self):
        self.cat = await herd()

    async def tearDown(self):
        self.cat = None

    async def test_1(self):
        self.assertEqual("Garfield goes", self.cat)


@twin(8)
async def a_helper_that_is_a_generator(self):
    def cats():
        yield "Garfield"

    self.assertEqual(["Garfield"], list(cats()))
    self.addCleanup(list, cats())


@twin(8)
async def a_patched_test(self):
    with mock.patch("os.getcwd") as getcwd:
        self.assertIsNotNone(getcwd)


def passing_on_more(function):
    """The same, for any arguments."""

    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)

    return wrapper


@twin(8)
class ATestWithDecorators:
    @mock.patch("os.getcwd")
    @passing_on_more
    async def test_1(self, getcwd):
        self.assertEqual("Garfield goes", await herd())


@twin(8)
async def threads_that_are_careful(self):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    def work():
        loop.call_soon_threadsafe(queue.put_nowait, "Garfield")
        asyncio.run_coroutine_threadsafe(queue.put("Nermal"), loop).result()

    await asyncio.to_thread(work)
    self.assertEqual(2, queue.qsize())


@twin(8)
async def a_loop_of_ones_own_in_a_thread(self):
    def work():
        loop = asyncio.new_event_loop()
        try:
            loop.call_soon(loop.stop)
            loop.run_forever()
        finally:
            loop.close()

    await asyncio.to_thread(work)


@twin(8)
class ASyncTestAmongAsyncOnes:
    def test_1(self):
        self.assertEqual(1, asyncio.run(asyncio.sleep(0, 1)))


@twin(8, uvloop="it makes a task, which runs")
async def run_that_is_expected_to_refuse(self):
    order = herd()
    try:
        with self.assertRaisesRegex(RuntimeError, "running"):
            asyncio.get_running_loop().run_until_complete(order)
    finally:
        order.close()
