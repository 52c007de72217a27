"""Tests of asynctesting.classes: asynchronous class fixtures, and a loop for a class."""

import asyncio
import contextlib
import contextvars
import os
import signal
import unittest
import warnings

import asynctesting
from asynctesting import AsyncTestCase, AsyncTestingWarning, StageError
from asynctesting.classes import ClassLife, class_life_of
from tests.support import (
    HANDLERS,
    Boom,
    Record,
    default_sigint,
    for_ever,
    frames,
    live,
    loops_made,
    main_thread_only,
    quiet,
    turns,
)


VAR = contextvars.ContextVar("VAR", default="unset")
OURS = os.path.dirname(os.path.abspath(asynctesting.__file__)) + os.sep


class FixturesTestCase(unittest.TestCase):
    """Has a class with asynchronous fixtures, and a log of what it does."""

    PASSED = [("test_a", "success"), ("test_b", "success")]

    def setUp(self):
        self.log = []

    def base(self, **keywords):
        log = self.log

        class T(AsyncTestCase, **keywords):
            @classmethod
            async def asyncSetUpClass(cls):
                await asyncio.sleep(0)
                log.append("asyncSetUpClass")

            @classmethod
            async def asyncTearDownClass(cls):
                await asyncio.sleep(0)
                log.append("asyncTearDownClass")

            async def test_a(self):
                log.append("a")

            async def test_b(self):
                log.append("b")

        return T


class Fixtures(FixturesTestCase):

    def test_order(self):
        """Set up after setUpClass, torn down before tearDownClass, once for all tests."""
        log = self.log

        class T(self.base()):
            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                log.append("setUpClass")

            @classmethod
            def tearDownClass(cls):
                super().tearDownClass()
                log.append("tearDownClass")

        self.assertEqual(self.PASSED, live(T).told)
        self.assertEqual(
            "setUpClass asyncSetUpClass a b asyncTearDownClass tearDownClass", " ".join(log)
        )

    def test_without_super(self):
        """They run whether or not setUpClass and tearDownClass call ``super()``."""
        log = self.log

        class T(self.base()):
            @classmethod
            def setUpClass(cls):
                log.append("setUpClass")

            @classmethod
            def tearDownClass(cls):
                log.append("tearDownClass")

        self.assertEqual(self.PASSED, live(T).told)
        self.assertEqual(
            "setUpClass asyncSetUpClass a b asyncTearDownClass tearDownClass", " ".join(log)
        )

    def test_chain(self):
        """Along a chain of classes each runs once, the asynchronous half after the outermost."""
        log = self.log

        class A(self.base()):
            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                log.append("A")

        class B(A):
            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                log.append("B")

            @classmethod
            async def asyncSetUpClass(cls):
                await super().asyncSetUpClass()
                log.append("async B")

        class C(B):
            pass

        self.assertEqual(self.PASSED, live(C).told)
        self.assertEqual(
            "A B asyncSetUpClass,async B a b asyncTearDownClass",
            " ".join(log).replace(" async B", ",async B"),
        )

    def test_mixins(self):
        """A mixin before or after the class takes part, as Python's order has it."""
        log = self.log

        class Mixin:
            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                log.append("mixin")

        class Last(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                super().setUpClass()
                log.append("last")

        class T(Mixin, self.base(), Last):
            pass

        self.assertEqual(self.PASSED, live(T).told)
        self.assertEqual("last mixin asyncSetUpClass a b asyncTearDownClass", " ".join(log))

    def test_asynchronous_names(self):
        """An ``async def`` setUpClass or tearDownClass is awaited, also along ``super()``."""
        log = self.log

        class A(AsyncTestCase):
            @classmethod
            async def setUpClass(cls):
                await asyncio.sleep(0)
                log.append("A")

            @classmethod
            async def tearDownClass(cls):
                await asyncio.sleep(0)
                log.append("end A")

            async def test(self):
                log.append("test")

        class B(A):
            @classmethod
            async def setUpClass(cls):
                await super().setUpClass()
                log.append("B")

            @classmethod
            async def tearDownClass(cls):
                await super().tearDownClass()
                log.append("end B")

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual("success", live(A).outcome)
            self.assertEqual("A test end A", " ".join(log))
            log.clear()
            self.assertEqual("success", live(B).outcome)
        self.assertEqual("A B test end A end B", " ".join(log))

    def test_function_that_returns_a_coroutine(self):
        """A setUpClass that returns a coroutine is awaited, though nothing told of it."""
        log = self.log

        class T(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                return cls.connect()

            @classmethod
            async def connect(cls):
                log.append("connected")

            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["connected"], log)

    def test_sync_over_async(self):
        """A synchronous setUpClass cannot run its asynchronous parent; it is told what to do."""

        class A(AsyncTestCase):
            @classmethod
            async def setUpClass(cls):
                raise AssertionError("never run")

            async def test(self):
                raise AssertionError("never run")

        class B(A):
            @classmethod
            def setUpClass(cls):
                super().setUpClass()

        record = live(B)
        self.assertEqual([("setUpClass", "error")], record.told)
        self.assertIn("make that stage `async def`", record.text)

    def test_static(self):
        """A staticmethod is as good as a classmethod."""
        log = self.log

        class T(AsyncTestCase):
            @staticmethod
            def setUpClass():
                log.append("setUpClass")

            @staticmethod
            async def tearDownClass():
                log.append("tearDownClass")

            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["setUpClass", "tearDownClass"], log)

    def test_called_by_hand(self):
        """What is no descriptor is called as it is."""
        log = self.log

        class Callable:
            def __call__(self):
                log.append("called")

        class T(AsyncTestCase):
            setUpClass = Callable()

            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["called"], log)

    def test_looks_like_the_original(self):
        """The wrapped fixtures keep name, module and docstring."""

        class T(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                """Mine."""

        self.assertEqual("Mine.", T.setUpClass.__doc__)
        self.assertEqual("setUpClass", T.setUpClass.__name__)
        self.assertEqual(__name__, T.setUpClass.__module__)
        self.assertTrue(T.setUpClass.__qualname__.endswith("T.setUpClass"))
        self.assertEqual("tearDownClass", T.tearDownClass.__name__)

    def test_no_loop_without_need(self):
        """A class without asynchronous fixtures has no loop."""

        class T(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                pass

            def test(self):
                pass

        with loops_made() as made:
            self.assertEqual("success", live(T).outcome)
        self.assertEqual(1, len(made))  # the test's

    def test_has_fixtures(self):
        """It is known of a class whether it has asynchronous fixtures."""
        self.assertTrue(ClassLife.has_fixtures(self.base()))
        self.assertFalse(ClassLife.has_fixtures(AsyncTestCase))
        self.assertFalse(ClassLife.has_fixtures(unittest.TestCase))

    def test_nothing_to_close(self):
        """Closing what was never opened does nothing."""
        class_life_of(self.base())._close()

    def test_only_tear_down(self):
        """A class may have an asynchronous tear-down only."""
        log = self.log

        class T(AsyncTestCase):
            @classmethod
            async def asyncTearDownClass(cls):
                log.append("asyncTearDownClass")

            async def test(self):
                log.append("test")

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["test", "asyncTearDownClass"], log)

    def test_fixtures_in_a_mixin(self):
        """Asynchronous fixtures may come from a plain mixin."""
        log = self.log

        class Mixin:
            @classmethod
            async def asyncSetUpClass(cls):
                await super().asyncSetUpClass()
                log.append("mixin")

        class T(Mixin, AsyncTestCase):
            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["mixin"], log)

    def test_again(self):
        """A class can be run again, on a new loop."""
        loops = []

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                loops.append(asyncio.get_running_loop())

        for _ in range(2):
            self.assertEqual(self.PASSED, live(T).told)
        self.assertEqual(2, len(set(loops)))
        self.assertTrue(all(loop.is_closed() for loop in loops))

    def test_subclasses_are_apart(self):
        """A class and its subclass have a loop each."""
        loops = []

        class A(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                loops.append(asyncio.get_running_loop())

            async def test(self):
                pass

        class B(A):
            pass

        live(A)
        live(B)
        self.assertEqual(2, len(set(loops)))

    def test_loop_factory(self):
        """The class's loop is made by its factory."""
        made = []

        class Loop(asyncio.SelectorEventLoop):
            def __init__(self):
                super().__init__()
                made.append(self)

        class T(self.base()):
            loop_factory = Loop

        self.assertEqual(self.PASSED, live(T).told)
        self.assertEqual(3, len(made))
        self.assertTrue(all(loop.is_closed() for loop in made))


class Failures(FixturesTestCase):
    """What goes wrong in a fixture."""

    def test_set_up_fails(self):
        """If asyncSetUpClass fails no test runs, class cleanups do, and the loop is closed."""
        log = self.log

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.loop_of_class = asyncio.get_running_loop()
                cls.addClassCleanup(log.append, "cleanup")
                cls.addAsyncClassCleanup(cls.clean_up)
                raise Boom

            @classmethod
            async def clean_up(cls):
                await asyncio.sleep(0)
                log.append("async cleanup")

        record = live(T)
        self.assertEqual([("setUpClass", "error")], record.told)
        self.assertIn("Boom", record.text)
        self.assertEqual(["async cleanup", "cleanup"], log)
        self.assertTrue(T.loop_of_class.is_closed())

    def test_sync_set_up_fails(self):
        """If setUpClass fails the asynchronous half does not run, and the loop is closed."""

        class T(self.base()):
            @classmethod
            def setUpClass(cls):
                raise Boom

        with loops_made() as made:
            self.assertEqual([("setUpClass", "error")], live(T).told)
        self.assertEqual([], self.log)
        self.assertTrue(all(loop.is_closed() for loop in made))
        self.assertEqual(1, len(made))

    def test_skipped(self):
        """A skip in asyncSetUpClass skips the class, and the loop is closed."""

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                raise unittest.SkipTest("because")

        with loops_made() as made:
            record = live(T)
        self.assertEqual([("setUpClass", "skip")], record.told)
        self.assertEqual([], self.log)
        self.assertTrue(made[0].is_closed())

    def test_skipped_class(self):
        """A skipped class has no fixtures, and no loop."""
        T = unittest.skip("because")(self.base())
        with loops_made() as made:
            record = live(T)
        self.assertEqual([("test_a", "skip"), ("test_b", "skip")], record.told)
        self.assertEqual(([], []), (self.log, made))

    def test_a_cancelled_fixture_is_an_error(self):
        """The run goes on: unittest does not handle what is no Exception."""

        class T(self.base()):
            @classmethod
            async def asyncTearDownClass(cls):
                raise asyncio.CancelledError

        (error,) = live(T).raised
        self.assertIsInstance(error, StageError)
        self.assertEqual(f"tearDownClass of {T.__qualname__} was cancelled", str(error))

    def test_tear_down_fails(self):
        """If asyncTearDownClass fails, tearDownClass and the cleanups run all the same."""
        log = self.log

        class T(self.base()):
            @classmethod
            async def asyncTearDownClass(cls):
                cls.addClassCleanup(log.append, "cleanup")
                raise Boom

            @classmethod
            def tearDownClass(cls):
                log.append("tearDownClass")

        record = live(T)
        self.assertEqual([*self.PASSED, ("tearDownClass", "error")], record.told)
        self.assertEqual(["asyncSetUpClass", "a", "b", "tearDownClass", "cleanup"], log)

    def test_cleanup_fails(self):
        """A class cleanup that fails is told, and the others run."""
        log = self.log

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.addClassCleanup(log.append, "cleanup")
                cls.addAsyncClassCleanup(cls.fail_to_clean_up)

            @classmethod
            async def fail_to_clean_up(cls):
                raise Boom

        record = live(T)
        self.assertEqual([*self.PASSED, ("tearDownClass", "error")], record.told)
        self.assertEqual("cleanup", log[-1])

    def test_leaks(self):
        """What the fixtures leave behind is told of the class, once, and fails no test."""

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.task = asyncio.create_task(for_ever(), name="forgotten")

        class Warns(T, checks="warn"):
            pass

        class Several(T):
            @classmethod
            async def asyncTearDownClass(cls):
                turns()

        record = live(T)
        self.assertEqual([*self.PASSED, ("tearDownClass", "error")], record.told)
        self.assertIn("task 'forgotten'", record.text)
        self.assertTrue(T.task.cancelled())
        with self.assertWarnsRegex(UserWarning, "forgotten"):
            self.assertEqual(self.PASSED, live(Warns).told)
        self.assertIn("2 faults in the fixtures of this class:", live(Several).text)

        class Both(Several, checks={"pending-task": "warn"}):
            pass

        with warnings.catch_warnings():
            warnings.simplefilter("error", AsyncTestingWarning)
            text = live(Both).text
        self.assertIn("[pending-task]", text)
        self.assertIn("[never-awaited]", text)

    def test_swallowed_cancellation(self):
        """A cancellation that a fixture swallows is told of the class, and fails no test."""
        for scope in ("test", "class"):

            class T(self.base(loop_scope=scope)):
                @classmethod
                async def asyncSetUpClass(cls):
                    asyncio.current_task().cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.sleep(0)

            told = live(T).told
            self.assertEqual(self.PASSED, told[:2])
            self.assertEqual([("tearDownClass", "error")], told[2:])

    def test_interrupted(self):
        """A KeyboardInterrupt in a fixture is raised on."""

        class T(self.base()):
            @classmethod
            async def asyncSetUpClass(cls):
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            live(T)
        T.doClassCleanups()


class Cleanups(unittest.TestCase):

    def test_from_a_sync_set_up(self):
        """A synchronous setUpClass may add asynchronous cleanups; the loop is there for them."""
        log = []

        class T(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                cls.addAsyncClassCleanup(cls.clean_up)
                cls.addAsyncClassCleanup(lambda: log.append("plain"))

            @classmethod
            async def clean_up(cls):
                await asyncio.sleep(0)
                log.append(asyncio.get_running_loop())

            async def test(self):
                log.append("test")

        self.assertEqual("success", live(T).outcome)
        self.assertEqual(["test", "plain"], log[:2])
        self.assertTrue(log[2].is_closed())

    def test_from_a_test(self):
        """A test may add some too, when its class has a loop."""
        log = []

        class T(AsyncTestCase, loop_scope="class"):
            async def clean_up(self):
                log.append("cleanup")

            async def test_a(self):
                self.addAsyncClassCleanup(self.clean_up)

            async def test_b(self):
                log.append("b")

        self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)
        self.assertEqual(["b", "cleanup"], log)

    def test_closed_last(self):
        """The loop is closed by the first class cleanup, which runs last."""
        log = []

        class T(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                cls.addClassCleanup(lambda: log.append(cls.loop_of_class.is_closed()))

            @classmethod
            async def asyncSetUpClass(cls):
                cls.loop_of_class = asyncio.get_running_loop()

            async def test(self):
                pass

        self.assertEqual("success", live(T).outcome)
        self.assertEqual([False], log)
        self.assertTrue(T.loop_of_class.is_closed())


class OneLoopForAll(unittest.TestCase):
    """``loop_scope="class"``."""

    def test_same_loop_and_task(self):
        """All tests and fixtures are one task on one loop; each test has its instance."""
        seen = []

        class T(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                seen.append((asyncio.get_running_loop(), asyncio.current_task()))

            asyncTearDownClass = asyncSetUpClass

            async def test_a(self):
                seen.append((asyncio.get_running_loop(), asyncio.current_task()))
                self.assertIs(asyncio.get_running_loop(), self.loop)

            asyncSetUp = test_b = asyncTearDown = test_a

        with loops_made() as made:
            self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)
        self.assertEqual(8, len(seen))
        self.assertEqual(1, len(set(seen)))
        self.assertEqual([seen[0][0]], made)
        self.assertTrue(made[0].is_closed())

    def test_context(self):
        """Each test has its own copy of the class's context, from set-up to the last cleanup."""
        seen = []

        class T(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                VAR.set("class")

            @classmethod
            async def asyncTearDownClass(cls):
                seen.append(VAR.get())

            def setUp(self):
                seen.append(VAR.get())
                VAR.set("test")
                self.addAsyncCleanup(self.look)

            async def look(self):
                seen.append(VAR.get())

            async def test_a(self):
                await asyncio.sleep(0)
                await asyncio.create_task(self.look())

            test_b = test_a

        self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)
        self.assertEqual(["class", "test", "test"] * 2 + ["class"], seen)
        self.assertEqual("unset", VAR.get())

    def test_background(self):
        """What the class has started goes on during its tests, and is not theirs."""

        class T(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.beats = 0
                cls.task = asyncio.create_task(cls.beat())

            @classmethod
            async def beat(cls):
                while True:
                    cls.beats += 1
                    await asyncio.sleep(0)

            @classmethod
            async def asyncTearDownClass(cls):
                cls.task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await cls.task

            async def test_a(self):
                before = self.beats
                await turns()
                self.assertGreater(self.beats, before)

            test_b = test_a

        self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)

    def test_leaks(self):
        """Each test answers for its own leaks, which are gone when the next begins."""
        state = {}

        class T(AsyncTestCase, loop_scope="class"):
            async def test_a(self):
                state["task"] = asyncio.create_task(for_ever(), name="forgotten")

            async def test_b(self):
                self.assertTrue(state["task"].cancelled())
                self.assertEqual({asyncio.current_task()}, asyncio.all_tasks())

            async def test_c(self):
                asyncio.get_running_loop().call_soon(self.crash)
                await turns()

            def crash(self):
                raise Boom

            async def test_d(self):
                asyncio.current_task().cancel()
                await asyncio.sleep(0)

            async def test_e(self):
                self.assertEqual(0, asyncio.current_task().cancelling())
                await turns()

        record = live(T)
        self.assertEqual(
            [
                ("test_a", "failure"),
                ("test_b", "success"),
                ("test_c", "failure"),
                ("test_d", "error"),
                ("test_e", "success"),
            ],
            record.told,
        )
        self.assertEqual(1, record.text.count("forgotten' (for_ever) was still pending"))

    def test_a_loop_that_the_class_stops(self):
        """That is the class's fault, and no test's."""

        class T(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                asyncio.get_running_loop().stop()

            async def test_a(self):
                """Nothing."""

        record = live(T)
        self.assertEqual([("test_a", "success")], record.told[:1])
        self.assertEqual(1, record.text.count("stopped in asyncSetUpClass [stopped-loop]"))

    def test_entered_in_a_test(self):
        """What a test enters is left after it, in the same task."""
        log = []

        class T(AsyncTestCase, loop_scope="class"):
            async def asyncSetUp(self):
                self.group = await self.enterAsyncContext(asyncio.TaskGroup())
                await self.enterAsyncContext(asyncio.timeout(60))

            async def test_a(self):
                self.group.create_task(self.child())

            async def child(self):
                await asyncio.sleep(0)
                log.append("child")

            async def test_b(self):
                log.append("b")

        self.assertEqual([("test_a", "success"), ("test_b", "success")], live(T).told)
        self.assertEqual(["child", "b"], log)

    def test_closed_by_a_test(self):
        """A test that closes the loop fails, and so do those after it; nothing hangs."""

        class T(AsyncTestCase, loop_scope="class"):
            def test_a(self):
                self.loop.close()

            async def test_b(self):
                raise AssertionError("never run")

        with quiet():
            record = live(T)
        self.assertEqual(("test_a", "failure"), record.told[0])
        self.assertEqual(("test_b", "error"), record.told[1])
        self.assertEqual(1, record.text.count("[stopped-loop]"))
        self.assertIn("event loop is closed", record.text)

    def test_without_class_fixtures_run(self):
        """A test that is run alone, without its class's fixtures, has a loop of its own."""

        class T(AsyncTestCase, loop_scope="class"):
            async def test(self):
                await turns()

        record = Record()
        with loops_made() as made:
            T("test").run(record)
        self.assertEqual("success", record.outcome)
        self.assertTrue(made[0].is_closed())

    def test_trimmed(self):
        """A failure shows no frame of ours, neither around nor below the user's lines."""

        class T(AsyncTestCase, loop_scope="class"):
            async def test_cancelled(self):
                asyncio.current_task().cancel()
                await for_ever()

            async def test_future(self):
                future = self.loop.create_future()
                self.loop.call_soon(future.set_exception, Boom())
                await future

            async def test_plain(self):
                raise Boom

        record = live(T)
        self.assertEqual(["error"] * 3, [outcome for _, outcome in record.told])
        for error in record.raised:
            for name in frames(error):
                self.assertFalse(name.startswith(OURS), frames(error))

    @main_thread_only(HANDLERS)
    def test_sigint(self):
        """A class that keeps SIGINT's handler and puts it back keeps nothing of ours."""
        with default_sigint():

            class T(AsyncTestCase, loop_scope="class"):
                @classmethod
                def setUpClass(cls):
                    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
                    cls.addClassCleanup(signal.signal, signal.SIGINT, old)

                async def test(self):
                    pass

            self.assertEqual("success", live(T).outcome)
            self.assertIs(signal.default_int_handler, signal.getsignal(signal.SIGINT))


if __name__ == "__main__":
    unittest.main()
