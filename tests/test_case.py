"""Tests of asynctesting.case: the life of a test, as unittest and the user see it."""

import asyncio
import contextlib
import contextvars
import copy
import gc
import inspect
import os
import pickle
import signal
import sys
import threading
import time
import tracemalloc
import unittest
import warnings
import weakref
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    FindingsError,
    OptionError,
    StageError,
    explore,
    on_loops,
    virtual_time,
)
from tests.support import (
    HANDLERS,
    INTERRUPTS,
    BaseBoom,
    Boom,
    Record,
    current_loop,
    default_sigint,
    for_ever,
    frames,
    live,
    loops_made,
    main_thread_only,
    python,
    quiet,
    resist,
    settle,
    turns,
    unsettle,
)


VAR = contextvars.ContextVar("VAR", default="unset")
OURS = os.path.dirname(os.path.abspath(asynctesting.__file__)) + os.sep


setUpModule, tearDownModule = settle, unsettle


class Samples:
    """Cases for pickling, which wants them by name; here no loader finds them."""

    class Passing(AsyncTestCase):
        def __init__(self, methodName="runTest"):
            super().__init__(methodName)
            self.log = []

        async def asyncSetUp(self):
            self.log.append("asyncSetUp")

        async def test(self):
            await asyncio.sleep(0)

    class Failing(AsyncTestCase):
        async def asyncSetUp(self):
            self.addAsyncCleanup(turns)

        async def test(self):
            self.fail("on purpose")


class OneTask(unittest.TestCase):
    """From set-up to the last cleanup."""

    def test_stages(self):
        """All stages run, in unittest's order, the cleanups last and backwards."""
        log = []

        class T(AsyncTestCase):
            def setUp(self):
                log.append("setUp")
                self.addCleanup(log.append, "cleanup 1")

            async def asyncSetUp(self):
                log.append("asyncSetUp")
                self.addAsyncCleanup(self.clean_up, "cleanup 2")

            async def clean_up(self, what):
                await asyncio.sleep(0)
                log.append(what)

            async def test(self):
                await asyncio.sleep(0)
                log.append("test")
                self.addCleanup(self.clean_up, "cleanup 3")

            async def asyncTearDown(self):
                log.append("asyncTearDown")

            def tearDown(self):
                log.append("tearDown")

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(
            "setUp asyncSetUp test asyncTearDown tearDown cleanup 3,cleanup 2,cleanup 1",
            " ".join(log).replace(" cleanup", ",cleanup").replace(",", " ", 1),
        )

    def test_one_task_and_context(self):
        """Every asynchronous stage is the same task, and each stage sees the one context."""
        tasks, values = [], []

        class T(AsyncTestCase):
            def look(self):
                values.append(VAR.get())
                VAR.set(len(values))

            def setUp(self):
                self.look()
                self.addCleanup(self.look)

            async def look_in_task(self):
                tasks.append(asyncio.current_task())
                self.look()

            async def asyncSetUp(self):
                self.addAsyncCleanup(self.look_in_task)
                await self.look_in_task()

            async def test(self):
                await self.look_in_task()

            asyncTearDown = test

            def tearDown(self):
                self.look()

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["unset", 1, 2, 3, 4, 5, 6], values)
        self.assertEqual(4, len(tasks))
        self.assertEqual(1, len(set(tasks)))
        self.assertEqual("unset", VAR.get())

    def test_context_comes_from_outside(self):
        """A test begins with what is set outside of it, and leaks nothing to the next."""
        seen = []

        class T(AsyncTestCase):
            async def test_a(self):
                seen.append(VAR.get())
                VAR.set("leak")

            test_b = test_a

        token = VAR.set("outside")
        try:
            live(T)
        finally:
            VAR.reset(token)
        self.assertEqual(["outside", "outside"], seen)

    def test_sync_stages_are_outside_the_loop(self):
        """A synchronous test, set-up or cleanup may call ``asyncio.run``, in the context."""

        class T(AsyncTestCase):
            def check(self):
                asyncio.run(turns())
                self.assertEqual("set", VAR.get())

            def setUp(self):
                VAR.set("set")
                self.addCleanup(self.check)
                self.check()

            async def asyncTearDown(self):
                await turns()

            def test(self):
                self.check()

        self.assertEqual([("test", "success")], live(T).told)

    def test_loop_is_current_in_set_up(self):
        """``setUp`` finds the loop of the test as the current one, and as ``self.loop``."""

        class T(AsyncTestCase):
            def setUp(self):
                self.found = self.loop
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    self.current = asyncio.get_event_loop()

            async def test(self):
                self.assertIs(asyncio.get_running_loop(), self.found)
                self.assertIs(asyncio.get_running_loop(), self.current)
                self.assertIs(asyncio.get_running_loop(), self.loop)

        self.assertEqual("success", live(T).outcome)

    def test_self_loop(self):
        """``self.loop`` is there while a test runs; a user may put something else there."""

        class T(AsyncTestCase):
            async def test(self):
                self.loop = "mine"
                self.assertEqual("mine", self.loop)

        self.assertEqual("success", live(T).outcome)
        with self.assertRaises(AttributeError) as caught:
            T("test").loop
        self.assertEqual(
            "T.loop is there only while a test runs, from setUp to the last cleanup",
            str(caught.exception),
        )
        self.assertFalse(hasattr(T("test"), "loop"))
        self.assertIs(inspect.getattr_static(AsyncTestCase, "loop"), T.loop)

    def test_self_clock(self):
        """So is ``self.clock``: that of the loop, whatever its time is."""

        class T(AsyncTestCase):
            async def test_real(self):
                self.assertLessEqual(self.clock.time(), self.loop.time())
                self.clock = "mine"
                self.assertEqual("mine", self.clock)

            @virtual_time
            async def test_virtual(self):
                self.assertIs(self.loop.clock, self.clock)
                await asyncio.sleep(3600)
                self.assertEqual(3600.0, self.clock.time())

        self.assertEqual({"success"}, {outcome for _, outcome in live(T).told})
        with self.assertRaises(AttributeError) as caught:
            T("test_real").clock
        self.assertEqual(
            "T.clock is there only while a test runs, from setUp to the last cleanup",
            str(caught.exception),
        )
        self.assertFalse(hasattr(T("test_real"), "clock"))
        self.assertIs(inspect.getattr_static(AsyncTestCase, "clock"), T.clock)

    def test_tasks_where_a_test_wants_them(self):
        """``settle()``, ``background()`` and ``assertEventually()`` are there for each test."""

        class T(AsyncTestCase, virtual_time=True):
            async def test(self):
                task = self.background(asyncio.sleep(3600), name="nap")
                self.assertEqual("nap", task.get_name())
                await self.settle()
                self.assertTrue(await self.assertEventually(lambda: self.clock.time() >= 0))
                with self.assertRaisesRegex(AssertionError, "within 5 s .* : too bad"):
                    await self.assertEventually(task.done, within=5, msg="too bad")

        self.assertEqual("success", live(T).outcome)

    def test_virtual_time_is_refused(self):
        """Where the class is written: on loops that cannot have it, and on one that has another time."""
        with self.assertRaisesRegex(OptionError, "virtual_time has a loop of its own"):

            class Foreign(AsyncTestCase, virtual_time=True):
                loop_factory = staticmethod(lambda: None)

        with self.assertRaisesRegex(OptionError, "write virtual_time on the class, not on a test"):

            class Shared(AsyncTestCase, loop_scope="class"):
                @virtual_time
                async def test(self):
                    pass

    def test_fresh_loop_for_each_test(self):
        """Each test has a loop of its own, closed afterwards."""
        loops = []

        class T(AsyncTestCase):
            async def test_a(self):
                loops.append(asyncio.get_running_loop())

            test_b = test_a

        live(T)
        self.assertEqual(2, len(set(loops)))
        self.assertTrue(all(loop.is_closed() for loop in loops))

    def test_current_loop_is_restored(self):
        """The loop that was current before is so again: none, one, or none for a closed one."""

        class T(AsyncTestCase):
            async def test(self):
                pass

        def current():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    return asyncio.get_event_loop()
                except (RuntimeError, DeprecationWarning):
                    return None

        loop = asyncio.new_event_loop()
        with current_loop(loop):
            self.assertEqual("success", live(T).outcome)
            self.assertIs(loop, current())
            loop.close()
            self.assertEqual("success", live(T).outcome)
            self.assertIsNone(current())
        with current_loop(None):
            self.assertEqual("success", live(T).outcome)
            self.assertIsNone(current())

    def test_debug_mode_is_off_unless_asked_for(self):
        """asyncio's debug mode is off, or what asyncio was told, or what the class asks for."""
        seen = []

        class T(AsyncTestCase):
            async def test(self):
                seen.append(asyncio.get_running_loop().get_debug())

        class Debug(T, asyncio_debug=True):
            pass

        class NoDebug(T, asyncio_debug=False):
            pass

        asked = asyncio.coroutines._is_debug_mode()
        for cls in (T, Debug, NoDebug):
            self.assertEqual("success", live(cls).outcome)
        self.assertEqual([asked, True, False], seen)


class Asynchronous(unittest.TestCase):
    """``async def`` works wherever a user would write it."""

    def test_set_up_and_tear_down(self):
        """An ``async def`` ``setUp`` or ``tearDown`` is awaited, in the one task."""
        tasks = []

        class T(AsyncTestCase):
            async def setUp(self):
                await asyncio.sleep(0)
                tasks.append(asyncio.current_task())

            test = tearDown = setUp

        self.assertEqual("success", live(T).outcome)
        self.assertEqual((3, 1), (len(tasks), len(set(tasks))))

    def test_what_is_not_marked_as_asynchronous(self):
        """A function that returns a coroutine is awaited as well, and so is a partial."""
        ran = []

        class T(AsyncTestCase):
            async def run_it(self, what):
                await asyncio.sleep(0)
                ran.append(what)

            def setUp(self):
                self.addCleanup(lambda: self.run_it("cleanup"))
                return self.run_it("setUp")

            def test(self):
                return self.run_it("test")

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual("success", live(T).outcome)
        self.assertEqual(["setUp", "test", "cleanup"], ran)

    def test_failing(self):
        """An ``async def`` ``setUp`` that fails fails the test."""

        class T(AsyncTestCase):
            async def setUp(self):
                raise Boom

            async def test(self):
                raise AssertionError("never run")

        record = live(T)
        self.assertEqual([("test", "error")], record.told)
        self.assertIn("Boom", record.text)

    def test_empty_stages_on_the_instance(self):
        """A stage that is put on the instance counts."""
        ran = []

        class T(AsyncTestCase):
            def __init__(self, name="test"):
                super().__init__(name)

                async def stage():
                    ran.append(1)

                self.asyncSetUp = self.asyncTearDown = stage
                self.setUp = self.tearDown = lambda: ran.append(2)

            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual([2, 1, 1, 2], ran)

    def test_mocks(self):
        """Mocks are called or awaited as what they stand for, also as cleanups."""
        sync, awaited = mock.Mock(return_value=None), mock.AsyncMock(return_value=None)
        client = mock.AsyncMock()

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.addCleanup(sync, 1)
                self.addAsyncCleanup(awaited, 2)
                self.addAsyncCleanup(client.close)

            async def test(self):
                pass

        record = live(T)
        self.assertEqual("success", record.outcome, record.text)
        sync.assert_called_once_with(1)
        awaited.assert_awaited_once_with(2)
        client.close.assert_awaited_once_with()

    def test_value(self):
        """A test that returns something is told so."""

        class T(AsyncTestCase):
            async def test(self):
                return 1

        with self.assertWarnsRegex(
            DeprecationWarning, r"It is deprecated to return a value that is not None .*'int'"
        ):
            live(T)

    def test_generators(self):
        """A test, a stage or a cleanup that is a generator function has not run, and so fails the test."""
        ran = []

        class Test(AsyncTestCase):
            def test(self):
                yield ran.append("test")

        class SetUp(AsyncTestCase):
            def setUp(self):
                yield ran.append("set-up")

            async def test(self):
                pass

        class Cleanup(AsyncTestCase):
            def clean_up(self):
                yield ran.append("cleanup")

            async def test(self):
                self.addCleanup(self.clean_up)

        class Healthy(AsyncTestCase):
            def setUp(self):
                return iter("ab")

            async def test(self):
                self.addCleanup(iter, "ab")

        for cls, name in ((Test, "test"), (SetUp, "setUp"), (Cleanup, "clean_up")):
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # for what the test returns
                record = live(cls)
                self.assertEqual("failure", record.outcome, record.text)
                self.assertIn(f"{name} is a generator: its body did not run", record.text)
        self.assertEqual("success", live(Healthy).outcome)
        self.assertEqual([], ran)

    def test_call_async(self):
        """``_callAsync`` and ``_callMaybeAsync`` serve those who call them between stages."""
        seen = []

        class T(AsyncTestCase):
            async def add(self, value, *, twice=False):
                return value * (2 if twice else 1)

            def plain(self, value):
                return value

            def _callTestMethod(self, method):
                seen.append(self._callAsync(self.add, "a"))
                seen.append(self._callMaybeAsync(self.add, "b", twice=True))
                seen.append(self._callMaybeAsync(self.plain, "c"))
                super()._callTestMethod(method)
                self._callAsync(self.plain, "d")

            def test(self):
                pass

        record = live(T)
        self.assertEqual(["a", "bb", "c"], seen)
        self.assertEqual("failure", record.outcome, record.text)
        self.assertIn("is not an async function", record.text)

    def test_call_async_in_a_sync_stage(self):
        """Inside of a synchronous stage they are refused, with the cure; nothing hangs."""

        class T(AsyncTestCase):
            def test(self):
                self._callAsync(turns)

        with quiet():
            record = live(T)
        self.assertEqual("error", record.outcome)
        self.assertIn("cannot run turns() inside a synchronous stage of the test", record.text)
        self.assertIn("make that stage `async def`", record.text)

    def test_django(self):
        """A test that was wrapped for another loop runs on ours, on its own instance."""
        seen = []

        def async_to_sync(awaitable):
            def wrapped(*args):
                raise AssertionError("never called")

            wrapped.awaitable = awaitable
            return wrapped

        class T(AsyncTestCase):
            async def test_bound(self):
                seen.append((self, asyncio.get_running_loop()))

            async def test_plain(self):
                await self.test_bound()

            def __init__(self, name="test_bound"):
                super().__init__(name)
                self.wrap()

            def wrap(self):
                method = getattr(self, self._testMethodName)
                setattr(self, self._testMethodName, async_to_sync(method))

        class Copied(T):
            def __init__(self, name="test_bound"):
                AsyncTestCase.__init__(self, name)
                setattr(self, name, async_to_sync(getattr(type(self)("test_plain"), name)))

            def wrap(self):
                """Done already."""

        class Plain(AsyncTestCase):
            def __init__(self, name="test"):
                super().__init__(name)

                async def function():
                    seen.append((self, asyncio.get_running_loop()))

                self.test = async_to_sync(function)

            async def test(self):
                raise AssertionError("never called")

        for cls in (T, Plain):
            case = cls()
            record = Record()
            case.run(record)
            self.assertEqual("success", record.outcome, record.text)
            self.assertIs(case, seen.pop()[0])
        case = T("test_bound")
        other = copy.copy(case)
        record = Record()
        other.run(record)
        self.assertEqual("success", record.outcome, record.text)
        self.assertIs(other, seen.pop()[0])


class Failures(unittest.TestCase):
    """What is raised where, and what runs all the same."""

    STAGES = ("setUp", "asyncSetUp", "test", "asyncTearDown", "tearDown", "sync", "async")

    def run_with(self, stage, error):
        """Raise *error* in one stage; give what ran, and what was told."""
        log = []

        def at(name):
            log.append(name)
            if name == stage:
                raise error

        class T(AsyncTestCase):
            def setUp(self):
                self.addCleanup(at, "last")
                self.addCleanup(at, "sync")
                self.addAsyncCleanup(self.at, "async")
                at("setUp")

            async def at(self, name):
                await asyncio.sleep(0)
                at(name)
                await asyncio.sleep(0)

            async def asyncSetUp(self):
                await self.at("asyncSetUp")

            async def test(self):
                await self.at("test")

            async def asyncTearDown(self):
                await self.at("asyncTearDown")

            def tearDown(self):
                at("tearDown")

        record = Record()
        raised = None
        with quiet():
            try:
                live(T, record)
            except BaseException as caught:
                raised = caught
        return log, record, raised

    RUN = {
        "setUp": "setUp async sync last",
        "asyncSetUp": "setUp asyncSetUp async sync last",
        "test": "setUp asyncSetUp test asyncTearDown tearDown async sync last",
        "asyncTearDown": "setUp asyncSetUp test asyncTearDown async sync last",
        "tearDown": "setUp asyncSetUp test asyncTearDown tearDown async sync last",
        "sync": "setUp asyncSetUp test asyncTearDown tearDown async sync last",
        "async": "setUp asyncSetUp test asyncTearDown tearDown async sync last",
    }

    def test_healthy_twin(self):
        """Where nothing is raised all stages run."""
        log, record, raised = self.run_with(None, None)
        self.assertEqual(self.RUN["test"], " ".join(log))
        self.assertEqual(("success", None), (record.outcome, raised))

    def test_each_error_in_each_stage(self):
        """Whatever is raised wherever is told once; later stages run as unittest has them."""
        kinds = {
            Boom: "error",
            BaseBoom: "error",
            asyncio.CancelledError: "error",
            GeneratorExit: "error",
            SystemExit: "error",
            AssertionError: "failure",
        }
        for stage in self.STAGES:
            for kind, outcome in kinds.items():
                with self.subTest(stage=stage, kind=kind.__name__):
                    error = kind("on purpose")
                    log, record, raised = self.run_with(stage, error)
                    self.assertEqual(self.RUN[stage], " ".join(log))
                    self.assertEqual([("test", outcome)], record.told)
                    self.assertIs(error, record.raised[0])
                    self.assertIsNone(raised)

    def test_keyboard_interrupt_in_each_stage(self):
        """After KeyboardInterrupt tear-down and cleanups run, then it is raised on."""
        for stage in self.STAGES:
            with self.subTest(stage=stage):
                log, record, raised = self.run_with(stage, KeyboardInterrupt("on purpose"))
                self.assertEqual(self.RUN[stage], " ".join(log))
                self.assertIsInstance(raised, KeyboardInterrupt)
                self.assertEqual(["startTest", "stopTest"], record.calls)

    def test_warnings_as_errors_hide_no_finding(self):
        """What is raised while the life is closed is told with all that is known by then."""

        class T(AsyncTestCase, checks={"pending-task": "warn"}):
            async def test(self):
                self.kept = asyncio.create_task(for_ever())
                for_ever()

        with warnings.catch_warnings():
            warnings.simplefilter("error", AsyncTestingWarning)
            record = live(T)

        self.assertEqual([("test", "error")], record.told)
        self.assertIn("[pending-task]", record.text)
        self.assertIn("[never-awaited]", record.text)

    @main_thread_only(INTERRUPTS)
    def test_what_blocks_the_end_hides_no_finding(self):
        """It is told by the limit that was exceeded, and the rest is ended and told as well."""

        async def block():
            try:
                await for_ever()
            finally:
                time.sleep(30)

        class T(AsyncTestCase, close_limit=0.05, time_limit=5):
            async def test(self):
                self.kept = [asyncio.create_task(block()), asyncio.create_task(for_ever())]
                await turns()
                self.fail("mine")

        with quiet():
            record = live(T)

        self.assertEqual([("test", "failure")], record.told)
        self.assertTrue(str(record.raised[0]).startswith("mine"))
        self.assertIn("6 times its close_limit of 0.05 s something still blocked", record.text)
        self.assertEqual(2, record.text.count("[pending-task]"), record.text)
        self.assertNotIn("time limit of", record.text)

    def test_an_interrupt_while_closing_is_raised_on(self):
        """What is known by then is told first."""

        class T(AsyncTestCase):
            def _tearDownAsyncioRunner(self):
                super()._tearDownAsyncioRunner()
                raise KeyboardInterrupt

            async def test(self):
                for_ever()

        record = Record()
        with self.assertRaises(KeyboardInterrupt):
            live(T, record)
        self.assertEqual([("test", "failure")], record.told)
        self.assertIn("[never-awaited]", record.text)

    def test_a_runner_that_is_not_torn_down(self):
        """A subclass may forget the runner: the life is closed all the same."""
        loops = []

        class T(AsyncTestCase):
            def _tearDownAsyncioRunner(self):
                pass

            async def test(self):
                loops.append(self.loop)
                for_ever()

        record = live(T)

        self.assertEqual([("test", "failure")], record.told)
        self.assertTrue(loops[0].is_closed())

    def test_keyboard_interrupt_and_errors(self):
        """What fails after a KeyboardInterrupt is told once, and hides nothing."""

        class T(AsyncTestCase):
            async def test(self):
                self.addCleanup(self.fail, "cleanup")
                raise KeyboardInterrupt

            async def asyncTearDown(self):
                raise Boom("tear-down")

        record = Record()
        with self.assertRaises(KeyboardInterrupt):
            live(T, record)
        self.assertEqual([("test", "error")], record.told)
        self.assertIn("Boom: tear-down", record.text)
        self.assertIn("AssertionError: cleanup", record.text)

    def test_keyboard_interrupt_in_a_sync_test(self):
        """The same in a synchronous test."""
        log = []

        class T(AsyncTestCase):
            def test(self):
                raise KeyboardInterrupt

            def tearDown(self):
                log.append("tearDown")

        with self.assertRaises(KeyboardInterrupt):
            live(T)
        self.assertEqual(["tearDown"], log)

    def test_errors_from_elsewhere(self):
        """SystemExit and KeyboardInterrupt of a task or callback end the stage, not the run."""
        log = []

        def make(kind, how):
            class T(AsyncTestCase):
                async def test(self):
                    async def child():
                        raise kind("elsewhere")

                    if how == "task":
                        self.child = asyncio.create_task(child())
                    else:
                        asyncio.get_running_loop().call_soon(self.callback)
                    try:
                        await for_ever()
                    finally:
                        log.append("ended")

                def callback(self):
                    raise kind("elsewhere")

                async def asyncTearDown(self):
                    log.append("tear-down")
                    if how == "task":
                        with contextlib.suppress(kind):
                            await self.child

            return T

        for kind in (SystemExit, KeyboardInterrupt):
            for how in ("task", "callback"):
                with self.subTest(kind=kind.__name__, how=how):
                    log.clear()
                    record = Record()
                    if kind is SystemExit:
                        live(make(kind, how), record)
                        self.assertEqual("error", record.outcome)
                        self.assertIn("SystemExit: elsewhere", record.text)
                    else:
                        with self.assertRaisesRegex(kind, "elsewhere"):
                            live(make(kind, how), record)
                    self.assertEqual(["ended", "tear-down"], log)

    def test_stop(self):
        """A test that stops the loop in a stage has that stage named; the others run."""
        log = []

        for stage in ("asyncSetUp", "test", "asyncTearDown", "clean_up"):

            class T(AsyncTestCase):
                async def stop(self, name, stage=stage):
                    log.append(name)
                    if name == stage:
                        asyncio.get_running_loop().stop()
                        await asyncio.sleep(0)
                        await asyncio.sleep(0)

                async def asyncSetUp(self):
                    self.addAsyncCleanup(self.clean_up)
                    await self.stop("asyncSetUp")

                async def test(self):
                    await self.stop("test")

                async def asyncTearDown(self):
                    await self.stop("asyncTearDown")

                async def clean_up(self):
                    await self.stop("clean_up")

            with self.subTest(stage):
                log.clear()
                record = live(T)
                self.assertEqual("error", record.outcome)
                self.assertIsInstance(record.raised[0], StageError)
                self.assertRegex(
                    str(record.raised[0]),
                    f"^event loop stopped before (the cleanup )?{stage}\\(\\) completed: "
                    f"something called loop.stop\\(\\); see .*test_case.py:\\d+, in {stage}: `.*`$",
                )
                self.assertEqual("clean_up", log[-1])

    def test_close(self):
        """A loop that the test has closed fails the stages to come, by name, in silence."""
        ran = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.addCleanup(ran.append, "sync cleanup")
                self.addAsyncCleanup(turns)

            def test(self):
                self.loop.close()

            async def asyncTearDown(self):
                raise AssertionError("never run")

        class InSetUp(AsyncTestCase):
            def setUp(self):
                self.loop.close()

            async def test(self):
                raise AssertionError("never run")

        class NothingToCome(AsyncTestCase):
            async def asyncSetUp(self):
                pass

            def tearDown(self):
                self.loop.close()

            async def test(self):
                pass

        with quiet():
            record = live(T)
            self.assertEqual(["error"], [outcome for _, outcome in record.told])
            self.assertIn(
                "cannot run asyncTearDown(): event loop is closed, the test has closed it",
                record.text,
            )
            self.assertEqual(["sync cleanup"], ran)
            record = live(InSetUp)
            self.assertEqual("error", record.outcome)
            self.assertIn("cannot run test(): event loop is closed", record.text)
            record = live(NothingToCome)
            self.assertEqual("failure", record.outcome)
            self.assertIn("the test has closed its event loop [stopped-loop]", record.text)

    def test_close_while_running(self):
        """A loop cannot be closed while it runs, and goes on."""

        class T(AsyncTestCase):
            async def test(self):
                with self.assertRaises(RuntimeError):
                    asyncio.get_running_loop().close()
                await turns()

        self.assertEqual("success", live(T).outcome)

    def test_resisting_stage(self):
        """A stage that resists its cancellation is bounded, named, and left behind."""
        for stage in ("asyncSetUp", "test", "asyncTearDown"):
            log = []

            class T(AsyncTestCase, close_limit=0.05):
                async def asyncSetUp(self):
                    self.addAsyncCleanup(self.at, "cleanup")
                    await self.at("asyncSetUp")

                async def at(self, name, stage=stage, log=log):
                    log.append(name)
                    if name == stage:
                        asyncio.get_running_loop().stop()
                        await resist(asyncio.Event())

                async def test(self):
                    await self.at("test")

                async def asyncTearDown(self):
                    await self.at("asyncTearDown")

            with self.subTest(stage), quiet():
                start = time.monotonic()
                record = live(T)
                self.assertLess(time.monotonic() - start, 2)
                self.assertEqual("error", record.outcome)
                self.assertIn(
                    f"{stage}() did not end within 0.05 s of being cancelled; it stands at ",
                    record.text,
                )
                self.assertEqual("cleanup", log[-1])

    def test_inside_a_running_loop(self):
        """A test that is run inside of a coroutine has a loop of its own, and so has its class."""

        class T(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                await asyncio.sleep(0)
                cls.herd = ["Garfield"]

            async def asyncSetUp(self):
                await asyncio.sleep(0)

            async def test_async(self):
                await asyncio.sleep(0)
                self.fail("as it should")

            def test_sync(self):
                self.assertEqual(self.herd, asyncio.run(asyncio.sleep(0, self.herd)))

            async def test_task(self):
                self.assertNotIn(outer, asyncio.all_tasks())
                await asyncio.create_task(asyncio.sleep(0))

        async def main():
            nonlocal outer
            outer, loop = asyncio.current_task(), asyncio.get_running_loop()
            record = live(T)
            self.assertIs(outer, asyncio.current_task())
            self.assertIs(loop, asyncio.get_running_loop())
            async with asyncio.timeout(60):
                await asyncio.sleep(0)
            return record

        outer = None
        record = asyncio.run(main())
        self.assertEqual(
            [("test_async", "failure"), ("test_sync", "success"), ("test_task", "success")],
            record.told,
        )
        self.assertIn("as it should", record.text)


class Cancellation(unittest.TestCase):
    """Of the test's own task."""

    def test_baseline(self):
        """A stage that was cancelled leaves nothing for the next one."""
        counts = []

        class T(AsyncTestCase):
            async def test(self):
                asyncio.current_task().cancel()
                asyncio.current_task().cancel()
                await asyncio.sleep(0)

            async def asyncTearDown(self):
                counts.append(asyncio.current_task().cancelling())
                self.addAsyncCleanup(self.count)
                await asyncio.sleep(0)

            async def count(self):
                counts.append(asyncio.current_task().cancelling())
                await asyncio.sleep(0)

        record = live(T)
        self.assertEqual("error", record.outcome)
        self.assertIsInstance(record.raised[0], asyncio.CancelledError)
        self.assertEqual([0, 0], counts)

    def test_swallowed(self):
        """A swallowed request is a finding; one that is taken back is not."""

        class T(AsyncTestCase):
            async def test(self):
                asyncio.current_task().cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)

        class Healthy(T):
            async def test(self):
                await super().test()
                asyncio.current_task().uncancel()

        self.assertEqual("success", live(Healthy).outcome)
        record = live(T)
        self.assertEqual("failure", record.outcome)
        self.assertIn("the test's own task was cancelled in test()", record.text)
        self.assertIn("[swallowed-cancellation]", record.text)

    def test_asserted(self):
        """A test that asserts its own cancellation passes; one that fails otherwise says with what."""

        class T(AsyncTestCase):
            async def test_cancelled(self):
                asyncio.current_task().cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await asyncio.sleep(0)

            async def test_fails(self):
                with self.assertRaises(asyncio.CancelledError):
                    raise Boom("instead")

        record = live(T)
        self.assertEqual([("test_cancelled", "success"), ("test_fails", "error")], record.told)
        self.assertIn("Boom: instead", record.text)

    def test_between_stages(self):
        """A request between two stages is delivered at the next one's first ``await``."""
        log = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.task = asyncio.current_task()

            def test(self):
                self.task.cancel("between")

            async def asyncTearDown(self):
                log.append("entered")
                await asyncio.sleep(0)
                log.append("passed")

            def tearDown(self):
                raise AssertionError("skipped, as asyncTearDown has failed")

        record = live(T)
        self.assertEqual("error", record.outcome)
        self.assertEqual("between", str(record.raised[0]))
        self.assertEqual(["entered"], log)

    def test_undelivered(self):
        """A stage that ends with a request undelivered is a cancelled stage."""

        class T(AsyncTestCase):
            async def test(self):
                asyncio.current_task().cancel()

        record = live(T)
        self.assertEqual("error", record.outcome)
        self.assertIsInstance(record.raised[0], asyncio.CancelledError)


@unittest.skipUnless(hasattr(signal, "SIGINT") and os.name == "posix", "os.kill ends Windows")
class Interrupts(unittest.TestCase):
    """Ctrl-C, really sent."""

    PREFACE = """
        import asyncio, os, signal, sys, time, unittest
        from asynctesting import AsyncTestCase

        def interrupt():
            os.kill(os.getpid(), signal.SIGINT)

        class T(AsyncTestCase, close_limit=0.05):
            async def asyncTearDown(self):
                print("asyncTearDown")
                self.addCleanup(print, "cleanup")

            def check(self, handler):
                print("handler", signal.getsignal(signal.SIGINT) is handler)
        """

    def run_with(self, body):
        process = python(
            self.PREFACE
            + body
            + """
        handler = signal.getsignal(signal.SIGINT)
        try:
            T("test").run(unittest.TestResult())
        except KeyboardInterrupt:
            print("KeyboardInterrupt")
        print("restored", signal.getsignal(signal.SIGINT) is handler)
        """
        )
        self.assertEqual("", process.stderr)
        return process.stdout.split()

    def test_first(self):
        """The first one cancels the test; tear-down and cleanups run; then it is raised on."""
        out = self.run_with(
            """
            async def test(self):
                asyncio.get_running_loop().call_soon(interrupt)
                try:
                    await asyncio.sleep(10)
                except asyncio.CancelledError:
                    print("cancelled")
                    raise
        """
        )
        self.assertEqual(
            "cancelled asyncTearDown cleanup KeyboardInterrupt restored True", " ".join(out)
        )

    def test_second(self):
        """The second one ends the test at once, whatever it does."""
        out = self.run_with(
            """
            async def test(self):
                interrupt()
                try:
                    await asyncio.sleep(10)
                except asyncio.CancelledError:
                    interrupt()
                    time.sleep(10)
                    print("never")
        """
        )
        self.assertEqual("asyncTearDown cleanup KeyboardInterrupt restored True", " ".join(out))

    def test_sync(self):
        """In a synchronous test there is nothing to cancel."""
        out = self.run_with(
            """
            def test(self):
                interrupt()
                time.sleep(10)
        """
        )
        self.assertEqual("asyncTearDown cleanup KeyboardInterrupt restored True", " ".join(out))

    def test_own_handler(self):
        """A handler of the user's own is called, and stays."""
        out = self.run_with(
            """
            async def test(self):
                interrupt()
                await asyncio.sleep(0)
                print("went-on")

        signal.signal(signal.SIGINT, lambda *args: print("mine"))
        """
        )
        self.assertEqual("mine went-on asyncTearDown cleanup restored True", " ".join(out))

    def test_runner(self):
        """Under ``python -m unittest`` the run ends, after tear-down and cleanups."""
        process = python(
            self.PREFACE
            + """
            async def test(self):
                interrupt()
                await asyncio.sleep(10)

        class U(unittest.TestCase):
            def test(self):
                print("never")

        unittest.main(argv=["x"])
        """
        )
        self.assertEqual("asyncTearDown\ncleanup\n", process.stdout)
        self.assertIn("KeyboardInterrupt", process.stderr)
        self.assertNotEqual(0, process.returncode)

    @main_thread_only(HANDLERS)
    def test_handler_kept_by_the_test(self):
        """A test that keeps the handler and puts it back late keeps nothing of ours alive."""
        with default_sigint():

            class T(AsyncTestCase):
                async def asyncSetUp(self):
                    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
                    self.addCleanup(signal.signal, signal.SIGINT, old)

                async def test(self):
                    pass

            live(T)
            self.assertIs(signal.default_int_handler, signal.getsignal(signal.SIGINT))


class OneVerdict(unittest.TestCase):
    """One outcome for one test, whatever failed when."""

    def test_all_at_once(self):
        """A failure, errors later, a cleanup's, and a finding are one failure that tells all."""

        class T(AsyncTestCase):
            async def test(self):
                self.addCleanup(self.clean_up)
                self.task = asyncio.create_task(for_ever(), name="forgotten")
                await asyncio.sleep(0)
                self.fail("in the test")

            async def asyncTearDown(self):
                raise Boom("in tear-down")

            async def clean_up(self):
                raise Boom("in the cleanup")

        record = live(T)
        self.assertEqual([("test", "failure")], record.told)
        self.assertEqual(["startTest", "addFailure", "stopTest"], record.calls)
        text = record.text
        positions = [
            text.index(part)
            for part in (
                "AssertionError: in the test",
                "Boom: in tear-down",
                "Boom: in the cleanup",
                "task 'forgotten' (for_ever) was still pending when the test ended",
            )
        ]
        self.assertEqual(sorted(positions), positions)
        self.assertEqual(2, text.count("and then, in the same test:"))

    def test_finding_alone(self):
        """A finding is a failure of the test that would have passed."""

        class T(AsyncTestCase):
            async def test(self):
                self.task = asyncio.create_task(for_ever())

        record = live(T)
        self.assertEqual([("test", "failure")], record.told)
        self.assertIsInstance(record.raised[0], FindingsError)
        self.assertEqual(["startTest", "addFailure", "stopTest"], record.calls)

    def test_healthy_twin(self):
        """A test that leaves nothing passes."""

        class T(AsyncTestCase):
            async def test(self):
                task = asyncio.create_task(for_ever())
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task

        record = live(T)
        self.assertEqual(["startTest", "addSuccess", "stopTest"], record.calls)
        self.assertEqual(sys.version_info >= (3, 12), bool(record.durations))

    def test_checks_off(self):
        """With the checks off the account is unittest's own, one entry for each error."""

        class T(AsyncTestCase, checks="off"):
            async def test(self):
                self.task = asyncio.create_task(for_ever())
                self.fail("in the test")

            async def asyncTearDown(self):
                raise Boom

        self.assertEqual([("test", "failure"), ("test", "error")], live(T).told)

    def test_skips(self):
        """A skip from anywhere is a skip; a finding of a skipped test fails it."""
        for leaks in (False, True):
            for stage in ("setUp", "asyncSetUp", "test", "asyncTearDown", "tearDown", "clean_up"):

                class T(AsyncTestCase):
                    def at(self, name, stage=stage):
                        if name == stage:
                            self.skipTest("because")

                    def setUp(self):
                        self.addAsyncCleanup(self.clean_up)
                        self.at("setUp")

                    async def clean_up(self, leaks=leaks):
                        if leaks:
                            self.task = asyncio.create_task(for_ever())
                        self.at("clean_up")

                    async def asyncSetUp(self):
                        self.at("asyncSetUp")

                    async def test(self):
                        self.at("test")

                    async def asyncTearDown(self):
                        self.at("asyncTearDown")

                    def tearDown(self):
                        self.at("tearDown")

                with self.subTest(stage=stage, leaks=leaks):
                    record = live(T)
                    self.assertEqual("failure" if leaks else "skip", record.outcome)
                    self.assertIn("because", record.text)

    def test_skipped_after_failing(self):
        """A test that fails and then skips has failed."""

        class T(AsyncTestCase):
            async def test(self):
                self.fail("first")

            async def asyncTearDown(self):
                self.skipTest("later")

        record = live(T)
        self.assertEqual("failure", record.outcome)
        self.assertIn("(the test was skipped: later)", record.text)

    def test_expected_failure(self):
        """A body that fails as expected satisfies the mark; its findings are mentioned."""

        class T(AsyncTestCase):
            @unittest.expectedFailure
            async def test(self):
                self.fail("expected")

        class Leaks(AsyncTestCase):
            @unittest.expectedFailure
            async def test(self):
                self.task = asyncio.create_task(for_ever(), name="forgotten")
                self.fail("expected")

        self.assertEqual("expected failure", live(T).outcome)
        record = live(Leaks)
        self.assertEqual("expected failure", record.outcome)
        self.assertIn("forgotten", record.text)

    def test_expected_failure_is_the_body_s(self):
        """A finding alone does not satisfy the mark; nor does a tear-down that fails."""

        class Unexpected(AsyncTestCase):
            @unittest.expectedFailure
            async def test(self):
                pass

        class Leaks(AsyncTestCase):
            @unittest.expectedFailure
            async def test(self):
                self.task = asyncio.create_task(for_ever())

        class TearDown(AsyncTestCase):
            @unittest.expectedFailure
            async def test(self):
                self.fail("expected")

            async def asyncTearDown(self):
                raise Boom

        self.assertEqual("unexpected success", live(Unexpected).outcome)
        record = live(Leaks)
        self.assertEqual("failure", record.outcome)
        self.assertIn("it is marked as an expected failure, but its body passed", record.text)
        self.assertEqual("error", live(TearDown).outcome)

    def test_expected_failure_on_the_class(self):
        """The mark on a class counts for its tests."""

        @unittest.expectedFailure
        class T(AsyncTestCase):
            async def test(self):
                self.fail("expected")

        self.assertEqual("expected failure", live(T).outcome)

    def test_expected_failure_that_a_manager_explains(self):
        """A group or timeout around the body may raise what is expected of it."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                group.create_task(self.child())

            async def child(self):
                raise Boom("child")

            @unittest.expectedFailure
            async def test(self):
                await for_ever()

        class CleanupToo(T):
            @unittest.expectedFailure
            async def test(self):
                self.addCleanup(self.fail, "cleanup")
                await for_ever()

        record = live(T)
        self.assertEqual("expected failure", record.outcome, record.text)
        self.assertIn("Boom: child", record.text)
        self.assertIn(live(CleanupToo).outcome, ("error", "failure"))

    def test_subtests(self):
        """Subtests are told each, the failing ones with what the whole test left behind."""

        class T(AsyncTestCase):
            async def test(self):
                for i in range(3):
                    with self.subTest(i=i):
                        await asyncio.sleep(0)
                        self.assertNotEqual(1, i)

        class Leaks(T):
            async def asyncTearDown(self):
                self.task = asyncio.create_task(for_ever(), name="forgotten")

        told = [("test (i=0)", "success"), ("test (i=1)", "failure"), ("test (i=2)", "success")]
        self.assertEqual(told, live(T).told)
        record = live(Leaks)
        self.assertEqual(told, record.told)
        self.assertIn("forgotten", record.text)

    def test_passing_subtests(self):
        """Passing subtests do not hide a finding, nor a finding them."""

        class T(AsyncTestCase):
            async def test(self):
                with self.subTest(i=0):
                    pass

        class Leaks(T):
            async def asyncTearDown(self):
                self.task = asyncio.create_task(for_ever())

        self.assertEqual([("test (i=0)", "success"), ("test", "success")], live(T).told)
        self.assertEqual([("test (i=0)", "success"), ("test", "failure")], live(Leaks).told)

    def test_skipping_subtests(self):
        """A skipped subtest is told as one."""

        class T(AsyncTestCase):
            async def test(self):
                with self.subTest(i=0):
                    self.skipTest("because")

        self.assertEqual([("test (i=0)", "skip")], live(T).told)

        class Leaks(T):
            async def asyncTearDown(self):
                self.task = asyncio.create_task(for_ever())

        self.assertEqual([("test (i=0)", "skip"), ("test", "failure")], live(Leaks).told)

    def test_plain_results(self):
        """Results that know no subtests, skips or durations are told what they know."""

        class Plain:
            failfast = shouldStop = False

            def __init__(self):
                self.calls = []

            def startTest(self, test):
                self.calls.append("startTest")

            def stopTest(self, test):
                self.calls.append("stopTest")

            def addSuccess(self, test):
                self.calls.append("addSuccess")

            def addFailure(self, test, error):
                self.calls.append("addFailure")

            addError = addFailure

        class T(AsyncTestCase):
            async def test_fails(self):
                with self.subTest(i=1):
                    self.fail()

            async def test_passes(self):
                with self.subTest(i=1):
                    pass

            async def test_skips(self):
                self.skipTest("because")

        for name, outcome in {
            "test_fails": "addFailure",
            "test_passes": "addSuccess",
            "test_skips": "addSuccess",
        }.items():
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                result = Plain()
                T(name).run(result)
                self.assertEqual(["startTest", outcome, "stopTest"], result.calls)

    def test_failfast(self):
        """A finding stops a run that stops at the first failure."""

        class T(AsyncTestCase):
            async def test_a(self):
                self.task = asyncio.create_task(for_ever())

            async def test_b(self):
                raise AssertionError("never run")

        result = unittest.TestResult()
        result.failfast = True
        unittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)
        self.assertEqual(1, result.testsRun)
        self.assertTrue(result.shouldStop)

    def test_trimmed(self):
        """A failure shows the user's lines only, also to who does not leave frames out."""

        class T(AsyncTestCase):
            async def test_async(self):
                await asyncio.sleep(0)
                raise Boom

            def test_sync(self):
                raise Boom

            async def test_group(self):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.test_async())

        class SetUp(AsyncTestCase):
            async def asyncSetUp(self):
                raise Boom

            async def test(self):
                pass

        for error in live(T).raised + live(SetUp).raised:
            files = frames(error)
            self.assertEqual(__file__, files[0])
            for name in files:
                self.assertFalse(name.startswith(OURS), files)
                self.assertNotIn(os.path.basename(name), ("runners.py", "base_events.py"))

    def test_trimmed_in_the_middle(self):
        """So does one that came through the loop from another task."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                self.task = group.create_task(self.child())
                # asyncio would log that nobody looked, in some later test.
                self.addCleanup(lambda: self.task.exception())

            async def child(self):
                raise SystemExit("child")

            async def test(self):
                await for_ever()

        class Plain(T):
            async def asyncSetUp(self):
                self.task = asyncio.create_task(self.child())
                self.addCleanup(lambda: self.task.exception())

        for cls in (T, Plain):
            with self.subTest(cls.__name__):
                record = live(cls)
                self.assertEqual([("test", "error")], record.told)
                self.assertIn('raise SystemExit("child")', record.text)
                self.assertNotIn(OURS, record.text)
                self.assertNotIn("base_events.py", record.text)

    def test_warnings_that_are_errors(self):
        """A finding that warns, where warnings are errors, is this test's error."""

        class T(AsyncTestCase, checks="warn"):
            async def test_a(self):
                self.task = asyncio.create_task(for_ever())

            async def test_b(self):
                pass

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual([("test_a", "error"), ("test_b", "success")], live(T).told)
        with self.assertWarnsRegex(AsyncTestingWarning, "still pending"):
            self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)


class SeveralLives(unittest.TestCase):
    """See also the tests of asynctesting.lives."""

    def test_on_loops(self):
        """A test that asks for loops lives on each of them, and is one test."""

        class T(AsyncTestCase):
            @on_loops("asyncio", asyncio.SelectorEventLoop)
            async def test(self):
                pass

        record = live(T)
        self.assertEqual(1, record.testsRun)
        self.assertEqual(["success"] * 3, [outcome for _, outcome in record.told])


class NothingInAdvance(unittest.TestCase):
    """Nothing is made in ``__init__``; nothing is kept."""

    def test_init(self):
        """A new case holds no loop, no context, no runner."""
        with loops_made() as made:
            case = Samples.Passing("test")
        self.assertEqual([], made)
        self.assertIsNone(case._asyncioTestContext)
        self.assertIsNone(case._asyncioRunner)

    def test_copy_of_what_belongs_to_a_loop(self):
        """What a test keeps of its loop stays behind when the case is pickled or copied."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.group = await self.enterAsyncContext(asyncio.TaskGroup())
                self.task, self.own_loop = asyncio.current_task(), self.loop
                self.lock, self.cat = asyncio.Lock(), "Garfield"

            async def test(self):
                self.future = self.loop.create_future()

        case = T("test")
        case.run(unittest.TestResult())
        self.assertEqual("Garfield", case.cat)
        for again in (copy.copy(case), copy.deepcopy(case)):
            self.assertEqual("Garfield", again.cat)
            self.assertEqual(
                set(), {"group", "task", "own_loop", "lock", "future"} & vars(again).keys()
            )
            record = Record()
            again.run(record)
            self.assertEqual("success", record.outcome)

    def test_pickle_and_copy(self):
        """Cases can be pickled and copied, before and after a run, and then run again."""
        for cls, outcome in {Samples.Passing: "success", Samples.Failing: "failure"}.items():
            for again in (copy.copy, copy.deepcopy, lambda case: pickle.loads(pickle.dumps(case))):
                with self.subTest(cls=cls.__name__):
                    case = again(cls("test"))
                    before = set(vars(case))
                    for _ in range(2):
                        record = Record()
                        case.run(record)
                        self.assertEqual(outcome, record.outcome)
                        self.assertEqual(before, set(vars(case)))
                        case = again(case)

    def test_skipped(self):
        """For a skipped test no loop is made, and nothing of it runs."""

        class T(AsyncTestCase):
            def setUp(self):
                raise AssertionError("never run")

            @unittest.skip("because")
            async def test(self):
                pass

            @on_loops("asyncio")
            @unittest.skip("because")
            async def test_on_loops(self):
                pass

        @unittest.skip("because")
        class Class(T):
            async def test(self):
                pass

            test_on_loops = test

        for cls in (T, Class):
            with loops_made() as made:
                record = live(cls)
            self.assertEqual([("test", "skip"), ("test_on_loops", "skip")], record.told)
            self.assertEqual([], made)

    def test_healthy_twin(self):
        """For a test that runs one loop is made."""
        with loops_made() as made:
            live(Samples.Passing)
        self.assertEqual(1, len(made))

    def test_garbage(self):
        """A case that has run is garbage as soon as nobody wants it."""
        case = Samples.Passing("test")
        case.run(Record())
        ref = weakref.ref(case)
        del case
        self.assertIsNone(ref())

    def test_memory(self):
        """Memory is flat in the number of tests."""

        class T(AsyncTestCase):
            async def test(self):
                await asyncio.sleep(0)

        class Forgetful(unittest.TestResult):
            def addDuration(self, test, elapsed):
                """The standard one keeps them all."""

        def grow(number):
            result = Forgetful()
            for _ in range(number):
                T("test").run(result)
            self.assertTrue(result.wasSuccessful())
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            grow(100)
            held = [grow(1000) for _ in range(3)]
        finally:
            tracemalloc.stop()
        # A thousand tests more: less than 30 bytes for each; but for what is made once, some time.
        self.assertLess(min(held[1] - held[0], held[2] - held[1]), 30_000)


class LoopFactories(unittest.TestCase):
    """``loop_factory`` is an attribute, on every version."""

    def test_kinds(self):
        """A class, function, staticmethod, lambda, method, classmethod or callable object."""
        made, seen = [], []

        class Loop(asyncio.SelectorEventLoop):
            def __init__(self):
                super().__init__()
                made.append(self)

        def make():
            return Loop()

        class Maker:
            def __call__(self):
                return Loop()

        class Base(AsyncTestCase):
            async def test(self):
                seen.append(asyncio.get_running_loop())

        class AsClass(Base):
            loop_factory = Loop

        class AsFunction(Base):
            loop_factory = make

        class AsStatic(Base):
            loop_factory = staticmethod(make)

        class AsLambda(Base):
            loop_factory = lambda: Loop()  # noqa: E731

        class AsMethod(Base):
            def loop_factory(self):
                assert isinstance(self, AsyncTestCase)
                return Loop()

        class AsClassMethod(Base):
            @classmethod
            def loop_factory(cls):
                return Loop()

        class AsObject(Base):
            loop_factory = Maker()

        class OnInstance(Base):
            def __init__(self, name="test"):
                super().__init__(name)
                self.loop_factory = make

        class Inherited(AsFunction):
            pass

        for cls in (
            AsClass, AsFunction, AsStatic, AsLambda, AsMethod, AsClassMethod, AsObject,
            OnInstance, Inherited,
        ):
            with self.subTest(cls.__name__):
                record = live(cls)
                self.assertEqual("success", record.outcome, record.text)
                (loop,) = made
                self.assertIs(loop, seen.pop())
                self.assertTrue(loop.is_closed())
                made.clear()

        class Reset(AsClass):
            loop_factory = None

        self.assertEqual("success", live(Reset).outcome)
        self.assertEqual([], made)

    def test_rubbish(self):
        """A factory that raises or returns no new loop is the error of the test, by name."""
        closed = asyncio.new_event_loop()
        closed.close()

        def fails():
            raise Boom("no loop today")

        def nothing():
            return None

        def stale():
            return closed

        for factory, message in {
            fails: "Boom: no loop today",
            nothing: "loop_factory must return an event loop, but",
            stale: "returned one that is closed",
        }.items():
            with self.subTest(factory.__name__), quiet():

                class T(AsyncTestCase):
                    loop_factory = factory

                    async def test(self):
                        raise AssertionError("never run")

                    def tearDown(self):
                        raise AssertionError("never run")

                record = live(T)
                self.assertEqual([("test", "error")], record.told)
                self.assertIn(message, record.text)

    def test_no_policy(self):
        """With a factory no policy is ever touched; without, the installed one is honoured."""
        process = python(
            """
            import asyncio, unittest, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            from asynctesting import AsyncTestCase

            class Base(AsyncTestCase):
                async def test(self):
                    await asyncio.sleep(0)

            class Factory(Base):
                loop_factory = asyncio.SelectorEventLoop

            result = unittest.TestResult()
            Factory("test").run(result)
            print(result.wasSuccessful(), asyncio.events._event_loop_policy)

            class Policy(asyncio.DefaultEventLoopPolicy):
                def new_event_loop(self):
                    print("policy")
                    return super().new_event_loop()

            asyncio.set_event_loop_policy(Policy())
            Factory("test").run(result)
            Base("test").run(result)
            print(result.wasSuccessful())
            """
        )
        self.assertEqual(("True None\npolicy\nTrue\n", ""), (process.stdout, process.stderr))


class Hooks(unittest.TestCase):
    """What others override and call keeps working."""

    def test_shared_loop(self):
        """A base class may bring a runner and a loop of its own, and keep them open."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        loops, tasks = [], []

        class T(AsyncTestCase):
            def _setupAsyncioRunner(self):
                self._asyncioRunner = asyncio.Runner(loop_factory=lambda: loop)

            def _tearDownAsyncioRunner(self):
                pass

            async def asyncSetUp(self):
                tasks.append(asyncio.current_task())

            async def test_a(self):
                loops.append(asyncio.get_running_loop())
                tasks.append(asyncio.current_task())

            test_b = test_a

        with quiet():
            self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)
        self.assertEqual([loop, loop], loops)
        self.assertEqual(2, len(set(tasks)))
        self.assertFalse(loop.is_closed())
        self.assertEqual(set(), asyncio.all_tasks(loop))

    def test_own_runner(self):
        """A runner of the user's own is closed by the standard hook; leaks are found."""
        runners = []

        class T(AsyncTestCase):
            def _setupAsyncioRunner(self):
                self._asyncioRunner = asyncio.Runner()
                runners.append(self._asyncioRunner)

            async def test_leaks(self):
                self.task = asyncio.create_task(for_ever())

            async def test_passes(self):
                pass

        record = live(T)
        self.assertEqual([("test_leaks", "failure"), ("test_passes", "success")], record.told)
        for runner in runners:
            with self.assertRaisesRegex(RuntimeError, "closed"):
                runner.get_loop()

    def test_set_up_twice(self):
        """A runner that is there already is refused, as the standard class does."""

        class T(AsyncTestCase):
            def test(self):
                with self.assertRaisesRegex(AssertionError, "already initialized"):
                    self._setupAsyncioRunner()

        self.assertEqual("success", live(T).outcome)

    def test_no_runner(self):
        """Without a runner no coroutine can be called."""
        case = Samples.Passing("test")
        with self.assertRaisesRegex(AssertionError, "runner is not initialized"):
            case._callAsync(case.test)

    def test_failing_set_up_of_the_runner(self):
        """An error in the hook is raised on, and leaves nothing behind."""

        class T(AsyncTestCase):
            def _setupAsyncioRunner(self):
                raise Boom

            async def test(self):
                pass

        case = T("test")
        with self.assertRaises(Boom):
            case.run(Record())
        self.assertEqual(set(vars(T("test"))), set(vars(case)))

    def test_around(self):
        """Overridden hooks may call ``super()``."""
        log = []

        class T(AsyncTestCase):
            def _setupAsyncioRunner(self):
                super()._setupAsyncioRunner()
                log.append(self._asyncioRunner.get_loop())

            def _tearDownAsyncioRunner(self):
                super()._tearDownAsyncioRunner()
                log.append(self._asyncioRunner)

            def _callTestMethod(self, method):
                log.append(self._asyncioTestContext is not None)
                super()._callTestMethod(method)

            async def test(self):
                log.append(asyncio.get_running_loop())

        self.assertEqual("success", live(T).outcome)
        self.assertIs(log[0], log[2])
        self.assertIs(True, log[1])

    def test_run_is_overridden(self):
        """A mixin after the class still gets its ``run``."""
        log = []

        class Mixin(unittest.TestCase):
            def run(self, result=None):
                log.append("mixin")
                return super().run(result)

        class T(AsyncTestCase, Mixin):
            async def test(self):
                log.append("test")

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["mixin", "test"], log)

    def test_run_without_a_result(self):
        """``run()`` without a result makes one, and starts and stops the run."""
        log = []

        class Result(unittest.TestResult):
            def startTestRun(self):
                log.append("start")

            def stopTestRun(self):
                log.append("stop")

        class Bare:
            failfast = shouldStop = False

            def __getattr__(self, name):
                if name in ("startTestRun", "stopTestRun", "addSubTest"):
                    raise AttributeError(name)
                return lambda *args: log.append(name)

        class T(AsyncTestCase):
            made = Result

            def defaultTestResult(self):
                return self.made()

            async def test(self):
                log.append("test")

        self.assertIsInstance(T("test").run(), Result)
        self.assertEqual(["start", "test", "stop"], log)
        self.assertIsInstance(T("test")(Result()), Result)
        T.made = Bare
        T("test").run()

    def test_examples(self):
        """Each example of a Hypothesis test is a phase of the one life."""
        tasks = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                await self.example()

            async def example(self):
                tasks.append(asyncio.current_task())
                return "value"

            def test(self):
                self.assertEqual("value", self.execute_example(self.example))
                self.assertEqual("plain", self.execute_example(lambda: "plain"))

            test.is_hypothesis_test = True

        record = live(T)
        self.assertEqual("success", record.outcome, record.text)
        self.assertEqual((2, 1), (len(tasks), len(set(tasks))))

    def test_threads(self):
        """Several threads may run cases at the same time; findings go to the right ones."""

        class T(AsyncTestCase):
            async def test_leaks(self):
                for _ in range(20):
                    await asyncio.sleep(0)
                self.task = asyncio.create_task(for_ever())

            async def test_loses(self):
                for _ in range(20):
                    await asyncio.sleep(0)
                turns()

            async def test_passes(self):
                for _ in range(20):
                    await asyncio.sleep(0)

        records = [Record() for _ in range(8)]
        threads = [threading.Thread(target=live, args=(T, record)) for record in records]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for record in records:
            self.assertEqual(
                [("test_leaks", "failure"), ("test_loses", "failure"), ("test_passes", "success")],
                record.told,
                record.text,
            )


class Debug(unittest.TestCase):
    """``debug()``: no result, the first error is raised."""

    def test_passes(self):
        """A passing test returns; its loop is closed, and nothing is kept."""
        case = Samples.Passing("test")
        before = set(vars(case))
        with loops_made() as made:
            case.debug()
        self.assertTrue(made[0].is_closed())
        self.assertEqual(before, set(vars(case)))

    def test_fails(self):
        """A failing test raises its error; the loop goes with the case, or with cleanups."""
        with loops_made() as made:
            case = Samples.Failing("test")
            with self.assertRaisesRegex(AssertionError, "on purpose"):
                case.debug()
            self.assertFalse(made[0].is_closed())
            self.assertTrue(case.doCleanups())
            with quiet():
                del case
                gc.collect()
        self.assertTrue(made[0].is_closed())

    def test_finding(self):
        """What a test leaves behind is raised."""

        class T(AsyncTestCase):
            async def test(self):
                self.task = asyncio.create_task(for_ever())

        with self.assertRaisesRegex(FindingsError, "still pending"):
            T("test").debug()

    def test_finding_and_warning(self):
        """What only warns does not hide the rest where warnings are errors."""

        class T(AsyncTestCase, checks={"pending-task": "warn"}):
            async def test(self):
                self.task = asyncio.create_task(for_ever())
                for_ever()

        with warnings.catch_warnings(), self.assertRaises(AsyncTestingWarning) as caught:
            warnings.simplefilter("error", AsyncTestingWarning)
            T("test").debug()
        self.assertIn("[pending-task]", str(caught.exception))
        self.assertIn("[never-awaited]", caught.exception.__notes__[0])

    def test_subject(self):
        """What is told of a test to whoever asks: its name, its place, its files."""

        class T(AsyncTestCase):
            async def test(self):
                pass

            gone = None

        subject = T._asynctesting_subject("test")
        self.assertEqual((T("test").id(), __file__), (subject.name, subject.place.filename))
        self.assertEqual({__file__}, subject.files)
        self.assertEqual({__file__}, T._asynctesting_subject("missing").files)

        T.test = mock.Mock(spec=[])
        self.assertIsNone(T._asynctesting_subject("test").place)

    def test_skipped(self):
        """A skipped test raises SkipTest, and makes no loop."""

        class T(AsyncTestCase):
            @unittest.skip("because")
            async def test(self):
                raise AssertionError("never run")

        with loops_made() as made, self.assertRaisesRegex(unittest.SkipTest, "because"):
            T("test").debug()
        self.assertEqual([], made)

    def test_on_loops(self):
        """A test of several lives lives each of them."""
        loops = []

        class T(AsyncTestCase):
            @on_loops("asyncio", asyncio.SelectorEventLoop)
            async def test(self):
                loops.append(asyncio.get_running_loop())

        T("test").debug()
        self.assertEqual(2, len(set(loops)))


class OfTheClass(unittest.TestCase):
    """The asynchronous names of a class; see also the tests of asynctesting.classes."""

    def test_contexts_and_cleanups(self):
        """Contexts and cleanups of the class are left after it, backwards, on its loop."""
        log = []

        @contextlib.asynccontextmanager
        async def manager():
            log.append("enter")
            try:
                yield "value"
            finally:
                await asyncio.sleep(0)
                log.append("exit")

        async def clean_up(*args, **kwargs):
            await asyncio.sleep(0)
            log.append((args, kwargs))

        class T(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                await super().asyncSetUpClass()
                cls.addAsyncClassCleanup(clean_up, 1, two=2)
                cls.value = await cls.enterAsyncClassContext(manager())

            @classmethod
            async def asyncTearDownClass(cls):
                await super().asyncTearDownClass()
                log.append("asyncTearDownClass")

            async def test(self):
                log.append(self.value)

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(
            ["enter", "value", "asyncTearDownClass", "exit", ((1,), {"two": 2})], log
        )


class Options(unittest.TestCase):
    """Refused where they are written."""

    def refused(self, message, make):
        with self.assertRaises(OptionError) as caught:
            make()
        self.assertIn(message, str(caught.exception))

    def test_loops_keyword(self):
        """Loops are no class keyword; the message says what to write."""

        def make():
            class T(AsyncTestCase, loops=["asyncio"]):
                pass

        self.refused("T: loops are given with the decorator @on_loops(...)", make)

    def test_on_loops_does_not_go_with_a_shared_loop(self):
        """Several loops and one loop for a class exclude each other, also when inherited."""

        def on_method():
            class T(AsyncTestCase, loop_scope="class"):
                @on_loops("asyncio")
                async def test(self):
                    pass

        def on_class():
            @on_loops("asyncio")
            class T(AsyncTestCase):
                @classmethod
                async def asyncSetUpClass(cls):
                    pass

        class Base(AsyncTestCase):
            @on_loops("asyncio")
            async def test(self):
                pass

        def inherited():
            class T(Base):
                @classmethod
                async def setUpClass(cls):
                    pass

        self.refused('loop_scope="class" has one loop for all tests of the class', on_method)
        self.refused("asynchronous class fixtures have one loop for the whole class", on_class)
        self.refused("asynchronous class fixtures have one loop for the whole class", inherited)

    def test_written_too_late(self):
        """An option put on a method after its class was made is the test's error."""

        async def test(self):
            pass

        class T(AsyncTestCase, loop_scope="class"):
            pass

        T.test = on_loops("asyncio")(test)
        self.assertEqual([("test", "error")], live(T).told)

    def test_mocks(self):
        """A mock, which has every attribute, asks for no options."""

        class T(AsyncTestCase):
            stub = mock.Mock()
            client = mock.MagicMock()
            call = mock.AsyncMock()

            async def test(self):
                await self.call()

        self.assertEqual([("test", "success")], live(T).told)
        with mock.patch.object(T, "test", mock.AsyncMock(return_value=None)):
            record = Record()
            T("test").run(record)
        self.assertEqual("success", record.outcome, record.text)

    def test_on_the_instance(self):
        """A test method that only the instance has has the options of its class."""

        class T(AsyncTestCase, checks="off"):
            def __init__(self, name):
                self.extra = self.body
                super().__init__(name)

            async def body(self):
                pass

        record = Record()
        T("extra").run(record)
        self.assertEqual("success", record.outcome)


class EnteredContexts(unittest.TestCase):
    """``enterAsyncContext``."""

    def test_value_and_order(self):
        """It gives what the manager gives, and leaves managers backwards, with ``None``."""
        log = []

        @contextlib.asynccontextmanager
        async def manager(name):
            log.append(f"enter {name}")
            yield name
            log.append(f"exit {name}")

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.a = await self.enterAsyncContext(manager("a"))
                self.b = await self.enterAsyncContext(manager("b"))

            async def test(self):
                log.append(f"test {self.a} {self.b}")

        self.assertEqual("success", live(T).outcome)
        self.assertEqual("enter a,enter b,test a b,exit b,exit a", ",".join(log))

    def test_not_a_manager(self):
        """What is no asynchronous context manager is refused; a plain one gets a hint."""

        class T(AsyncTestCase):
            async def test(self):
                for thing, hint in ((1, False), (contextlib.nullcontext, False)):
                    with self.assertRaisesRegex(
                        TypeError, "does not support the asynchronous context manager protocol"
                    ) as caught:
                        await self.enterAsyncContext(thing)
                    self.assertNotIn("enterContext", str(caught.exception))
                with self.assertRaisesRegex(TypeError, "Did you mean to use enterContext"):
                    await self.enterAsyncContext(contextlib.suppress())

        record = live(T)
        self.assertEqual("success", record.outcome, record.text)

    def test_exception_of_each_stage(self):
        """A manager is left with the exception that ended the test, from whatever stage."""
        for stage in ("asyncSetUp", "test", "asyncTearDown", "clean_up"):
            seen = []

            class T(AsyncTestCase):
                async def asyncSetUp(self):
                    await self.enterAsyncContext(self.manager())
                    self.addAsyncCleanup(self.clean_up)
                    self.at("asyncSetUp")

                @contextlib.asynccontextmanager
                async def manager(self, seen=seen):
                    try:
                        yield
                    except Boom as error:
                        seen.append(str(error))
                        raise

                def at(self, name, stage=stage):
                    if name == stage:
                        raise Boom(name)

                async def test(self):
                    self.at("test")

                async def asyncTearDown(self):
                    self.at("asyncTearDown")

                async def clean_up(self):
                    self.at("clean_up")

            with self.subTest(stage):
                record = live(T)
                self.assertEqual([("test", "error")], record.told)
                self.assertEqual([stage], seen)
                self.assertEqual(1, record.text.count(f"Boom: {stage}"))

    def test_first_exception(self):
        """If several stages fail, it is the first exception."""
        seen = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                await self.enterAsyncContext(self.manager())
                self.addCleanup(self.fail, "cleanup")

            @contextlib.asynccontextmanager
            async def manager(self):
                try:
                    yield
                except BaseException as error:
                    seen.append(str(error))
                    raise

            async def test(self):
                raise Boom("test")

            async def asyncTearDown(self):
                raise Boom("tear-down")

        self.assertEqual("error", live(T).outcome)
        self.assertEqual(["test"], seen)

    def test_swallowing(self):
        """What a manager swallows fails the test all the same; managers around it get ``None``."""
        seen = []

        class Manager:
            def __init__(self, swallows):
                self.swallows = swallows

            async def __aenter__(self):
                return self

            async def __aexit__(self, *exc_info):
                seen.append(exc_info[0])
                return self.swallows

        class T(AsyncTestCase):
            async def test(self):
                await self.enterAsyncContext(Manager(False))
                await self.enterAsyncContext(Manager(True))
                await self.enterAsyncContext(Manager(False))
                raise Boom

        self.assertEqual("error", live(T).outcome)
        self.assertEqual([Boom, Boom, None], seen)

    def test_another_error(self):
        """An error that a manager raises in its turn is told besides, and goes to the next."""
        seen = []

        class Manager:
            async def __aenter__(self):
                return self

            async def __aexit__(self, kind, *rest):
                seen.append(kind)
                raise RuntimeError("from the manager")

        class T(AsyncTestCase):
            async def test(self):
                await self.enterAsyncContext(Manager())
                await self.enterAsyncContext(Manager())
                self.fail("from the test")

        record = live(T)
        self.assertEqual([("test", "failure")], record.told)
        self.assertEqual([AssertionError, RuntimeError], seen)
        self.assertIn("AssertionError: from the test", record.text)
        self.assertIn("RuntimeError: from the manager", record.text)

    def test_timeout(self):
        """A timeout entered in set-up spans the test, and raises its TimeoutError, told once."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                await self.enterAsyncContext(asyncio.timeout(0.01))

            async def test(self):
                await for_ever()

        class Healthy(T):
            async def asyncSetUp(self):
                await self.enterAsyncContext(asyncio.timeout(60))

            async def test(self):
                await turns()

        self.assertEqual("success", live(Healthy).outcome)
        record = live(T)
        self.assertEqual([("test", "error")], record.told)
        self.assertIs(TimeoutError, type(record.raised[0]))
        self.assertNotIn("and then, in the same test", record.text)
        self.assertIn("await for_ever()", record.text)

    def test_timeout_in_tear_down(self):
        """A timeout that strikes in tear-down says so, also if the test has failed before."""
        for fails in (False, True):

            class T(AsyncTestCase, virtual_time=True):
                async def asyncSetUp(self):
                    await self.enterAsyncContext(asyncio.timeout(0.01))

                async def test(self, fails=fails):
                    self.assertFalse(fails)

                async def asyncTearDown(self):
                    await for_ever()

            with self.subTest(fails=fails):
                record = live(T)
                self.assertEqual([("test", "failure" if fails else "error")], record.told)
                self.assertIn("raise TimeoutError", record.text)

    def test_group(self):
        """A group entered in set-up spans the test; a child that fails ends it, told once."""
        log = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.group = await self.enterAsyncContext(asyncio.TaskGroup())
                self.other = self.group.create_task(self.waits())

            async def waits(self):
                try:
                    await for_ever()
                finally:
                    log.append("other cancelled")

            async def fails(self):
                await asyncio.sleep(0)
                raise Boom("child")

            async def test(self):
                self.group.create_task(self.fails())
                try:
                    await for_ever()
                finally:
                    log.append("test cancelled")

            async def asyncTearDown(self):
                await asyncio.sleep(0)
                log.append("tear-down")

        record = live(T)
        self.assertEqual([("test", "error")], record.told)
        self.assertIsInstance(record.raised[0], ExceptionGroup)
        self.assertEqual(1, record.text.count("Boom: child"))
        self.assertNotIn("CancelledError", record.text)
        self.assertEqual({"other cancelled", "test cancelled", "tear-down"}, set(log))

    def test_group_and_failure(self):
        """An assertion or a skip in a test with a group is what it is, not a group of it."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                group.create_task(for_ever())

            async def test_fails(self):
                await asyncio.sleep(0)
                self.fail("plainly")

            async def test_skips(self):
                self.skipTest("because")

        record = live(T)
        self.assertEqual([("test_fails", "failure"), ("test_skips", "skip")], record.told)
        self.assertIs(AssertionError, type(record.raised[0]))
        self.assertNotIn("Group", record.text)

    def test_group_and_failure_and_child(self):
        """A child that fails besides the test is told besides, in a group of its own."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                group.create_task(self.fails_when_cancelled())

            async def fails_when_cancelled(self):
                try:
                    await for_ever()
                finally:
                    raise Boom("child")

            async def test(self):
                await asyncio.sleep(0)
                self.fail("plainly")

        record = live(T)
        self.assertEqual([("test", "failure")], record.told)
        self.assertEqual(1, record.text.count("AssertionError: plainly"))
        self.assertEqual(1, record.text.count("Boom: child"))

    def test_nested(self):
        """Managers in managers behave as nested ``async with`` blocks."""

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                await self.enterAsyncContext(asyncio.timeout(60))
                await self.enterAsyncContext(asyncio.TaskGroup())
                await self.enterAsyncContext(asyncio.timeout(0.01))
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                group.create_task(for_ever())

            async def test(self):
                await for_ever()

        record = live(T)
        self.assertEqual([("test", "error")], record.told)
        self.assertEqual(1, record.text.count("raise TimeoutError"), record.text)

    def test_group_left_open(self):
        """A child that never ends is reported with its name and line, and cancelled, bounded."""
        cancelled = []

        class T(AsyncTestCase, close_limit=0.05):
            async def asyncSetUp(self):
                group = await self.enterAsyncContext(asyncio.TaskGroup())
                group.create_task(self.child(), name="heartbeat")

            async def child(self):
                try:
                    await for_ever()
                finally:
                    cancelled.append(1)

            async def test(self):
                await asyncio.sleep(0)

        start = time.monotonic()
        record = live(T)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual("failure", record.outcome)
        self.assertIn("task 'heartbeat' (", record.text)
        self.assertIn("kept a task group open for 0.05 s after the test", record.text)
        self.assertEqual([1], cancelled)

    def test_stubborn_child(self):
        """A child that resists is bounded and named, whether or not the test has failed."""
        for fails in (False, True):

            class T(AsyncTestCase, close_limit=0.05):
                async def asyncSetUp(self):
                    group = await self.enterAsyncContext(asyncio.TaskGroup())
                    group.create_task(resist(asyncio.Event()), name="stubborn")

                async def test(self, fails=fails):
                    await asyncio.sleep(0)
                    self.assertFalse(fails)

            with self.subTest(fails=fails), quiet():
                start = time.monotonic()
                record = live(T)
                self.assertLess(time.monotonic() - start, 2)
                self.assertEqual(1, len(record.told))
                self.assertIn("stubborn", record.text)
                self.assertNotIn("_asynctesting", record.text)
                self.assertNotIn("_drive", record.text)


class LoopErrors(unittest.TestCase):
    """``self.assertLoopError()``; see also tests/checks/test_loop_errors.py."""

    def test_expected(self):
        """An error that only the loop sees is no finding inside of it; one that does not come is a failure."""

        class T(AsyncTestCase):
            async def test_comes(self):
                with self.assertLoopError(ZeroDivisionError, match="by zero"):
                    self.loop.call_soon(divmod, 1, 0)
                    await asyncio.sleep(0)

            async def test_none(self):
                with self.assertLoopError(ZeroDivisionError, msg="the cat sleeps"):
                    await asyncio.sleep(0)

        record = live(T)
        self.assertEqual([("test_comes", "success"), ("test_none", "failure")], record.told)
        self.assertIn("the cat sleeps", record.text)


class Runners(unittest.TestCase):
    """``self.loop_runner()``; see also tests/test_threads.py."""

    def test_kind(self):
        """Its loop is given, or made as that of the test."""

        class Plain(asynctesting.AsyncTestCase):
            def test(self):
                runner = self.loop_runner(name="cat")
                self.assertEqual("cat", runner.name)
                self.assertEqual(1, runner.run_coroutine(asyncio.sleep(0, 1)))
                loop = asyncio.new_event_loop()
                self.assertIs(loop, self.loop_runner(loop).loop)

        class Made(asynctesting.AsyncTestCase):
            loop_factory = asyncio.SelectorEventLoop

            def test(self):
                self.assertIsInstance(self.loop_runner().loop, asyncio.SelectorEventLoop)

        class Explored(asynctesting.AsyncTestCase):
            @asynctesting.explore(schedules=2)
            async def test(self):
                self.assertIs(asynctesting.SimulatedLoop, type(self.loop_runner().loop))

        for cls in (Plain, Made, Explored):
            with self.subTest(cls.__name__):
                result = live(cls)
                self.assertTrue(result.wasSuccessful(), result.text)

    def test_stopped(self):
        """It is stopped for the test, and copies of the test have none."""

        class Tests(asynctesting.AsyncTestCase):
            def test(self):
                self.runner = self.loop_runner()

        case = Tests("test")
        case.run(Record())
        self.assertTrue(case.runner.loop.is_closed())
        self.assertFalse(hasattr(copy.copy(case), "runner"))

    def test_cure(self):
        """What Python says of a loop inside of a loop gets a cure; see asynctesting.synchronous."""

        class Tests(asynctesting.AsyncTestCase):
            async def test(self):
                asyncio.run(asyncio.sleep(0))

        self.assertIn("cure: a loop runs here already", live(Tests).text)


class Ends(unittest.TestCase):
    """Closing is complete."""

    def test_all_is_closed(self):
        """Tasks, generators and the executor have ended when the next test begins."""
        state = {}

        class T(AsyncTestCase, checks="off"):
            async def child(self):
                try:
                    await for_ever()
                finally:
                    await asyncio.sleep(0)
                    state["task"] = "ended"

            async def numbers(self):
                try:
                    yield 1
                finally:
                    await asyncio.sleep(0)
                    state["generator"] = "closed"

            async def test(self):
                loop = asyncio.get_running_loop()
                self.task = asyncio.create_task(self.child())
                self.generator = self.numbers()
                await anext(self.generator)
                state["thread"] = await loop.run_in_executor(None, threading.current_thread)
                state["loop"] = loop

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(("ended", "closed"), (state["task"], state["generator"]))
        self.assertFalse(state["thread"].is_alive())
        self.assertTrue(state["loop"].is_closed())

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "descriptors cannot be counted here")
    def test_descriptors(self):
        """No file descriptor is left open."""

        class T(AsyncTestCase):
            async def test(self):
                await asyncio.get_running_loop().run_in_executor(None, int)

        live(T)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            live(T)
        self.assertEqual(before, len(os.listdir("/proc/self/fd")))

    def test_stuck_job(self):
        """A job in the executor that does not end is bounded and named."""
        release = threading.Event()
        self.addCleanup(release.set)

        class T(AsyncTestCase, close_limit=0.05):
            async def test(self):
                asyncio.get_running_loop().run_in_executor(None, release.wait)

        start = time.monotonic()
        record = live(T)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual("failure", record.outcome)
        self.assertIn("the job 'Event.wait' was still running in an executor", record.text)
        self.assertIn("[leftover-job]", record.text)


class ExploredTests(unittest.TestCase):
    """A test that is lived in many orders; see tests/test_explored_tests.py for all of it."""

    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, ASYNCTESTING_FAILURES="off"))

    def test_run_and_debug(self):
        """Many lives are one test, and nothing is collected without a result."""
        lives = []

        class Tests(AsyncTestCase):
            @explore(schedules=9)
            async def test_many(self):
                lives.append(await self.offer(asyncio.create_task(asyncio.sleep(0, 1))))
                await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

            @explore
            @unittest.skip("never")
            async def test_never(self):
                lives.append(0)

        record = live(Tests)
        self.assertEqual([("test_many", "success"), ("test_never", "skip")], record.told)
        self.assertGreater(len(lives), 1)
        lives.clear()
        Tests("test_many").debug()
        self.assertGreater(len(lives), 1)
        with self.assertRaises(unittest.SkipTest):
            Tests("test_never").debug()
        self.assertNotIn(0, lives)

    def test_refused(self):
        """What has a loop of its own is refused where it is written."""
        words = {"loop_scope": "class"}

        def scope():
            explore(type(AsyncTestCase)("Tests", (AsyncTestCase,), {}, **words))

        def loops():
            explore(on_loops("asyncio")(type("Tests", (AsyncTestCase,), {})))

        def factory():
            explore(type("Tests", (AsyncTestCase,), {"loop_factory": asyncio.SelectorEventLoop}))

        def fixtures():
            async def fixture(cls):
                pass

            explore(type("Tests", (AsyncTestCase,), {"asyncSetUpClass": classmethod(fixture)}))

        for make in (scope, loops, factory, fixtures):
            with self.subTest(make.__name__), self.assertRaisesRegex(
                OptionError, "@explore lives a test on a loop of our own for each order, but"
            ):
                make()

    def test_fixtures(self):
        """What is done before and after a test is explored with it, and not alone."""

        async def fixture(self):
            pass

        explore(fixture)
        for name in "setUp", "asyncSetUp", "tearDown", "asyncTearDown":
            with self.subTest(name), self.assertRaisesRegex(
                OptionError, rf"Tests.{name}: @explore decorates a test or .*; {name} is explored with"
            ):
                type("Tests", (AsyncTestCase,), {name: fixture})


if __name__ == "__main__":
    unittest.main()
