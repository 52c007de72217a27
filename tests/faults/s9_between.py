"""What one test leaves must not reach the next."""

import asyncio
import contextvars
import importlib
import signal
import sys
import threading
import unittest
import warnings

import asynctesting
from tests.support import live

from .sample import AFTERWARDS, fault, twin


CAT = contextvars.ContextVar("CAT", default="none")


async def herd():
    pass


@twin(9)
class ContextVariables:
    async def asyncSetUp(self):
        self.assertEqual("none", CAT.get())
        CAT.set("Garfield")

    async def test_1(self):
        self.assertEqual("Garfield", CAT.get())


@twin(9)
class CurrentLoop:
    def test_0_before(self):
        self.other = asyncio.new_event_loop()
        self.addCleanup(self.other.close)
        asyncio.set_event_loop(self.other)

    async def test_1(self):
        policy_loop = asyncio.get_event_loop()
        self.assertIs(asyncio.get_running_loop(), policy_loop)


@twin(9)
class Hooks:
    def test_0_before(self):
        sys.excepthook = sys.unraisablehook = threading.excepthook = print

    async def test_1(self):
        for hook in (sys.excepthook, sys.unraisablehook, threading.excepthook):
            self.assertIsNot(print, hook)


@twin(9)
class WarningsFilters:
    def test_0_before(self):
        # Only a module of somebody else's may set filters when it is imported.
        sys.modules.pop("colorsys", None)
        importlib.import_module("colorsys")
        warnings.simplefilter("error", BytesWarning)

    async def test_1(self):
        self.assertNotIn("error", [f[0] for f in warnings.filters if f[2] is BytesWarning])


@twin(9)
class WarningsFiltersOfAPackage:
    def test_0_before(self):
        sys.modules["a_package"] = sys  # as if it had been imported
        AFTERWARDS.append(lambda: sys.modules.pop("a_package"))
        warnings.simplefilter("error", BytesWarning)

    async def test_1(self):
        self.assertIn("error", [f[0] for f in warnings.filters if f[2] is BytesWarning])


@twin(9)
async def a_test_in_a_test_in_another_thread(self):
    base = _base_of(self)

    class Inner(base):
        async def test_inner(self):
            herd()

    found = []

    def work():
        found.append(live(Inner))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.to_thread(thread.join)
    self.assertEqual(1, len(found[0].told))


@twin(9)
async def an_asynchronous_test_in_a_test(self):
    class Inner(_base_of(self)):
        async def test_inner(self):
            await asyncio.sleep(0)
            self.fail("as expected")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = live(Inner)
    self.assertEqual([("test_inner", "failure")], record.told)
    await asyncio.sleep(0)


@twin(9)
def a_test_in_a_test(self):
    base = _base_of(self)

    class Inner(base):
        async def test_inner(self):
            self.kept = asyncio.create_task(asyncio.sleep(60))
            asyncio.get_running_loop().call_later(60, print)
            herd()

        async def test_other(self):
            self.fail("as expected")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        self.assertEqual(2, len(live(Inner).told))


def _base_of(case):
    return next(c for c in type(case).__mro__ if c.__name__ in
                ("AsyncTestCase", "IsolatedAsyncioTestCase") and issubclass(c, unittest.TestCase))


@twin(9)
async def signals_are_as_before(self):
    self.assertIsNot(print, signal.getsignal(signal.SIGUSR2))


@twin(9)
class ContextVariablesOfATask:
    async def test_0_before(self):
        async def work():
            CAT.set("Nermal")

        await asyncio.create_task(work())
        CAT.set("Odie")

    async def test_1(self):
        self.assertEqual("none", CAT.get())


@twin(9)
class ContextVariablesOfSyncTests:
    def test_0_before(self):
        CAT.set("Nermal")

    def test_1(self):
        self.assertEqual("none", CAT.get())


@twin(9)
class WarningsFiltersOfATest:
    async def test_0_before(self):
        warnings.simplefilter("error")

    async def test_1(self):
        warnings.warn("a cat", UserWarning, stacklevel=1)


@twin(9)
class NoCurrentLoop:
    async def test_0_before(self):
        asyncio.set_event_loop(None)

    def test_1(self):
        self.assertEqual(1, asyncio.run(asyncio.sleep(0, 1)))


@twin(9)
class ExceptionHandlers:
    async def test_0_before(self):
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

    async def test_1(self):
        self.assertIsNone(asyncio.get_running_loop().get_exception_handler())


@twin(9)
class TaskFactories:
    async def test_0_before(self):
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **more: asyncio.Task(coro, loop=loop, **more))

    async def test_1(self):
        self.assertIsNone(asyncio.get_running_loop().get_task_factory())


@twin(9)
async def a_test_in_a_test_that_fails(self):
    class Inner(asynctesting.AsyncTestCase):
        async def test(self):
            herd()

    result = await asyncio.to_thread(live, Inner)
    self.assertEqual("failure", result.outcome)
    self.assertIn("[never-awaited]", result.text)


@twin(9)
def a_test_in_a_sync_test_that_fails(self):
    class Inner(asynctesting.AsyncTestCase):
        async def test(self):
            asyncio.create_task(asyncio.sleep(60))
            assert False

    self.assertEqual("failure", live(Inner).outcome)


@twin(9)
async def several_tests_in_threads(self):
    class Inner(asynctesting.AsyncTestCase):
        async def test(self):
            CAT.set("Garfield")
            await asyncio.sleep(0.001)

    results = await asyncio.gather(*(asyncio.to_thread(live, Inner) for _ in range(4)))
    self.assertEqual({"success"}, {result.outcome for result in results})
    self.assertEqual("none", CAT.get())


@fault(9, "unneeded-allowance", options={"checks": "strict"})
class AnAllowanceThatIsNotNeeded:
    @asynctesting.allow("pending-task", match="heartbeat")  # culprit
    async def test_1(self):
        await herd()


@twin(9, options={"checks": "strict"})
class AnAllowanceThatIsNeeded:
    @asynctesting.allow("pending-task", match="heartbeat")
    async def test_1(self):
        self.task = asyncio.create_task(asyncio.sleep(60), name="heartbeat")
        await asyncio.sleep(0)
