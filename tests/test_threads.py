"""Tests of asynctesting.threads: a loop in a thread of its own."""

import asyncio
import contextlib
import contextvars
import copy
import doctest
import gc
import importlib
import io
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
import unittest
import warnings
import weakref
from concurrent.futures import CancelledError
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    FindingsError,
    LoopRunner,
    LoopRunnerError,
    NotInTime,
    SimulatedLoop,
    allow,
    explore,
    on_loops,
    threads,
)
from asynctesting.ledger import LEDGER
from asynctesting.loops import simulated
from tests.support import (
    HANDLERS,
    Boom,
    current_loop,
    for_ever,
    live,
    main_thread_only,
    python,
    resist,
    turns,
)


VAR = contextvars.ContextVar("VAR", default="unset")

try:
    import uvloop
except ImportError:
    uvloop = None

LOOPS = ["asyncio", asyncio.SelectorEventLoop] + (["uvloop"] if uvloop else [])


async def value(result="value"):
    await asyncio.sleep(0)
    return result


async def fail():
    await asyncio.sleep(0)
    raise Boom("on purpose")


async def nap():
    asyncio.create_task(asyncio.sleep(3600), name="nap")
    await asyncio.sleep(0)


class Alive(unittest.TestCase):
    """No test here leaves a thread, or a runner, behind."""

    def setUp(self):
        self.before = set(threading.enumerate())
        self.addCleanup(self.look)

    def look(self):
        left = [one for one in threading.enumerate() if isinstance(one, LoopRunner)]
        self.assertEqual([], [one for one in left if one not in self.before])
        self.assertEqual(set(), threads._RUNNING)


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples of the module print what is shown."""
        failed, tried = doctest.testmod(threads, optionflags=doctest.ELLIPSIS)
        self.assertEqual(0, failed)
        self.assertGreater(tried, 8)

    def test_names(self):
        """No private name of ours is one of a thread's, on any version seen."""
        ours = {name for name in vars(LoopRunner) if name.startswith("_") and name[1] != "_"}
        ours |= set(vars(LoopRunner())) - set(vars(threading.Thread()))
        theirs = set(dir(threading.Thread())) | {"_context", "_handle", "_stop", "_tstate_lock"}
        self.assertEqual(set(), ours & theirs)
        self.assertTrue(ours)


class TalkTests(Alive):
    """The code of the talk, as it stands on the slides."""

    class HerdRouter:
        def __init__(self, loop):
            self._loop = loop
            self._rlock = threading.RLock()
            self.commands = set()

        async def _add_command(self, key):
            with self._rlock:
                self.commands.add(key)
            return True

        def add_command(self, key):
            result = asyncio.run_coroutine_threadsafe(self._add_command(key), self._loop)
            result.result()

    def test_runner(self):
        """``LoopRunner(asyncio.new_event_loop())``, start, run_coroutine, stop, join."""

        class Tests(unittest.TestCase):
            def setUp(self):
                self.runner = LoopRunner(asyncio.new_event_loop())
                self.runner.start()

            def tearDown(self):
                self.runner.stop()
                self.runner.join()

            def test_forward(self):
                self.assertEqual("value", self.runner.run_coroutine(value()))

        self.assertEqual("success", live(Tests).outcome)

    def test_router(self):
        """A synchronous function that calls into the loop is tested in one line."""
        outer = self

        class Tests(AsyncTestCase):
            def test_command(self):
                router = outer.HerdRouter(self.loop_runner().loop)
                router.add_command("test")
                self.assertIn("test", router.commands)

        self.assertEqual("success", live(Tests).outcome)


class WorkTests(Alive):
    def setUp(self):
        super().setUp()
        self.runner = LoopRunner()
        self.runner.start()
        self.addCleanup(self.runner.stop)

    def test_value(self):
        """What the coroutine returns comes back; it has run in the other thread."""

        async def where():
            return threading.current_thread(), asyncio.get_running_loop()

        self.assertEqual("value", self.runner.run_coroutine(value()))
        thread, loop = self.runner.run_coroutine(where())
        self.assertIs(self.runner, thread)
        self.assertIs(self.runner.loop, loop)
        self.assertEqual("runner", thread.name)
        self.assertTrue(thread.daemon)

    def test_awaitable(self):
        """Whatever can be awaited will do."""

        class Awaitable:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return "awaited"

        self.assertEqual("awaited", self.runner.run_coroutine(Awaitable()))

    def test_error(self):
        """What the coroutine raises comes back, with the lines that raised it."""
        names = []
        try:
            self.runner.run_coroutine(fail())
        except Boom as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        self.assertEqual("fail", names[-1])
        self.assertEqual("test_error", names[0])

    def test_error_is_free(self):
        """An exception that came back is kept by nobody."""
        with self.assertRaises(Boom) as caught:
            self.runner.run_coroutine(fail())
        kept = weakref.ref(caught.exception)
        del caught
        gc.collect()
        self.assertIsNone(kept())

    def test_own_timeout(self):
        """A TimeoutError of the coroutine's own is passed on as it is."""

        async def late():
            raise TimeoutError("mine")

        with self.assertRaisesRegex(TimeoutError, "^mine$"):
            self.runner.run_coroutine(late(), timeout=60)

    def test_cancelled(self):
        """A coroutine that is cancelled on its loop raises what a future would."""

        async def cancel():
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

        with self.assertRaisesRegex(CancelledError, "was cancelled, in loop runner 'runner'"):
            self.runner.run_coroutine(cancel())

    def test_own_cancelled_error(self):
        """A CancelledError that the coroutine raises by itself is passed on as it is."""

        async def give_up():
            raise CancelledError("mine")

        with self.assertRaisesRegex(CancelledError, "^mine$"):
            self.runner.run_coroutine(give_up())

    def test_call(self):
        """A function is called on the loop's thread; what it raises comes back."""
        self.assertIs(self.runner, self.runner.call(threading.current_thread))
        self.assertEqual(6, self.runner.call(int, "110", base=2))

        def boom():
            raise Boom

        with self.assertRaises(Boom):
            self.runner.call(boom)

        def leave():
            raise SystemExit(3)

        with self.assertRaises(SystemExit):
            self.runner.call(leave)
        self.assertEqual("value", self.runner.run_coroutine(value()))

    def test_call_inside(self):
        """On the loop's own thread, a function is simply called."""

        async def inside():
            return self.runner.call(threading.current_thread)

        self.assertIs(self.runner, self.runner.run_coroutine(inside()))

    def test_contexts(self):
        """Each call runs in a copy of its caller's context."""

        async def change():
            before = VAR.get()
            VAR.set("changed")
            await asyncio.sleep(0)
            return before, VAR.get()

        context = contextvars.copy_context()
        context.run(VAR.set, "mine")
        self.assertEqual(
            ("mine", "changed"), context.run(self.runner.run_coroutine, change())
        )
        self.assertEqual("mine", context.run(VAR.get))
        self.assertEqual("mine", context.run(self.runner.call, VAR.get))
        self.assertEqual(("unset", "changed"), self.runner.run_coroutine(change()))

    def test_several_threads(self):
        """Any thread may call, at the same time as others."""
        results = []
        callers = [
            threading.Thread(target=lambda n=n: results.append(self.runner.run_coroutine(value(n))))
            for n in range(8)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertEqual(list(range(8)), sorted(results))

    def test_timeout(self):
        """A coroutine that takes too long is cancelled, and told with its line."""
        ended = threading.Event()

        async def slow():
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()

        with self.assertRaises(NotInTime) as caught:
            self.runner.run_coroutine(slow(), timeout=0.05)
        text = str(caught.exception)
        self.assertRegex(text, r"^the coroutine '.*slow' did not end within 0.05 s in loop runner")
        self.assertIn("await asyncio.sleep(3600)", text)
        self.assertTrue(ended.wait(20))
        self.assertEqual("value", self.runner.run_coroutine(value()))

    def test_timeout_while_blocked(self):
        """One that cannot even begin, for the thread is blocked, tells by what; it is closed."""
        blocked = threading.Event()
        self.addCleanup(blocked.set)  # the last cleanup would be too late
        begun = threading.Event()

        def block():
            begun.set()
            blocked.wait()

        self.runner.loop.call_soon_threadsafe(block)
        begun.wait()
        with self.assertRaises(NotInTime) as caught:
            self.runner.run_coroutine(value(), timeout=0.05)
        self.assertIn("blocked.wait()", str(caught.exception))
        blocked.set()
        self.assertEqual("value", self.runner.run_coroutine(value()))

    def test_limit_without_owner(self):
        """Without an owner, and without a timeout, the time limit of a test counts."""
        with mock.patch.dict("os.environ", ASYNCTESTING_TIME_LIMIT="0.05"):
            with LoopRunner(name="short") as runner:
                with self.assertRaisesRegex(NotInTime, "within 0.05 s in loop runner 'short'"):
                    runner.run_coroutine(asyncio.sleep(3600))  # what nothing wakes is told sooner

    def test_on_own_thread(self):
        """To wait for oneself is refused at once, with the line, and the cure."""

        async def inner():
            self.fail("never to run")

        async def outer():
            self.runner.run_coroutine(inner())

        with self.assertRaises(LoopRunnerError) as caught:
            self.runner.run_coroutine(outer())
        text = str(caught.exception)
        self.assertIn("on the thread of loop runner 'runner' itself", text)
        self.assertIn("self.runner.run_coroutine(inner())", text)
        self.assertIn("cure: make the caller `async def`", text)

    def test_wrong_arguments(self):
        """What is no coroutine, or no time, is refused; nothing is left unawaited."""
        with self.assertRaisesRegex(TypeError, r"not <function value .*write .*\(value\(\.\.\.\)\)"):
            self.runner.run_coroutine(value)
        with self.assertRaisesRegex(TypeError, r"needs a coroutine, not 3$"):
            self.runner.run_coroutine(3)
        for timeout in (-1, "5"):
            with self.assertRaisesRegex(TypeError, "timeout must be a number of real seconds"):
                self.runner.run_coroutine(value(), timeout=timeout)
        with self.assertRaisesRegex(TypeError, r"value\(\) makes a coroutine: write run_cor"):
            self.runner.call(value)

    def test_shown(self):
        """It says what it is, and what it does."""
        self.assertEqual("<LoopRunner 'runner', running>", repr(self.runner))
        self.assertEqual("loop runner 'runner'", str(self.runner))
        self.assertIn("in loop runner 'runner':\n  the thread was idle", self.runner.describe())


class LifeTests(Alive):
    """Each misuse has one answer."""

    def test_loops(self):
        """Any loop will do, given or made; it is closed in the end."""
        for kind in LOOPS:
            if not isinstance(kind, str):
                factory = kind
            elif kind == "uvloop":
                factory = uvloop.new_event_loop
            else:
                factory = asyncio.new_event_loop
            for runner in (LoopRunner(factory()), threads.runner_with(factory)):
                with self.subTest(loop=kind), runner:
                    self.assertEqual("value", runner.run_coroutine(value()))
                    self.assertTrue(runner.loop.is_running())
                self.assertTrue(runner.loop.is_closed())
                self.assertFalse(runner.is_alive())

    def test_current_loop(self):
        """The loop is its thread's current one meanwhile, and nobody else's."""
        with current_loop(None):
            for runner in (LoopRunner(), LoopRunner(asyncio.new_event_loop())):
                with runner:
                    self.assertIs(runner.loop, runner.call(asyncio.get_event_loop))

    def test_not_a_loop(self):
        """What is no loop is refused; for a class, it says what to write."""
        with self.assertRaisesRegex(TypeError, "needs an event loop, not 3$"):
            LoopRunner(3)
        with self.assertRaisesRegex(TypeError, r"write LoopRunner\(\w*SelectorEventLoop\(\)\)"):
            LoopRunner(asyncio.SelectorEventLoop)

    def test_bad_loops(self):
        """A loop that is closed, or runs already, is refused."""
        loop = asyncio.new_event_loop()
        loop.close()
        with self.assertRaisesRegex(LoopRunnerError, "its event loop is closed"):
            LoopRunner(loop).start()
        with LoopRunner() as first:
            second = LoopRunner(first.loop)
            with self.assertRaisesRegex(LoopRunnerError, "runs already, in another thread"):
                second.start()
            second.stop()
            self.assertEqual("value", first.run_coroutine(value()))

    def test_failing_factory(self):
        """What making the loop raises, start() raises, and no thread is left."""
        runner = threads.runner_with(mock.Mock(side_effect=Boom))
        with self.assertRaises(Boom):
            runner.start()
        runner.stop()
        runner.join()

    def test_no_thread(self):
        """If the system has no thread to give, start() says so, and may be tried again."""
        runner = LoopRunner()
        with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("no more")):
            with self.assertRaisesRegex(RuntimeError, "no more"):
                runner.start()
        with runner:
            self.assertEqual("value", runner.run_coroutine(value()))

    def test_before_start(self):
        """Before it is started it does nothing, and says how to start it."""
        runner = LoopRunner()
        with self.assertRaisesRegex(LoopRunnerError, "has no event loop yet"):
            runner.loop
        with self.assertRaisesRegex(LoopRunnerError, r"is not started: call start\(\), or write"):
            runner.run_coroutine(value())
        with self.assertRaisesRegex(LoopRunnerError, "is not started"):
            runner.call(int)
        runner.join()
        self.assertEqual("<LoopRunner 'runner', not started>", repr(runner))

    def test_stop_before_start(self):
        """Stopped before it was started, it closes a loop that was given, and stays stopped."""
        loop = asyncio.new_event_loop()
        runner = LoopRunner(loop)
        runner.stop()
        self.assertTrue(loop.is_closed())
        runner.join()
        with self.assertRaisesRegex(LoopRunnerError, r"\(it is stopped\): make a new one"):
            runner.start()
        LoopRunner().stop()

    def test_start_twice(self):
        """It is started once."""
        with LoopRunner() as runner:
            with self.assertRaisesRegex(LoopRunnerError, r"twice \(it is running\): make a new"):
                runner.start()

    def test_after_stop(self):
        """Once stopped, it stays so: it refuses work, and stopping again does nothing."""
        runner = LoopRunner()
        runner.start()
        runner.stop()
        runner.stop()
        runner.join()
        with self.assertRaisesRegex(LoopRunnerError, "^loop runner 'runner' has been stopped$"):
            runner.run_coroutine(value())
        with self.assertRaises(LoopRunnerError):
            runner.call(int)
        with self.assertRaises(LoopRunnerError):
            runner.start()
        self.assertEqual("<LoopRunner 'runner', stopped>", repr(runner))
        self.assertIn("in loop runner 'runner':", runner.describe())

    def test_stop_inside(self):
        """From inside it is only asked to stop; whoever stops it outside, waits."""
        runner = LoopRunner()
        runner.start()

        async def stop():
            runner.stop()
            return "asked"

        self.assertEqual("asked", runner.run_coroutine(stop()))
        runner.stop()
        self.assertFalse(runner.is_alive())
        self.assertTrue(runner.loop.is_closed())

    def test_stopped_under_a_caller(self):
        """A caller who waits learns that the runner was stopped."""
        for function, text in (
            (for_ever, "^loop runner 'runner' was stopped before the coroutine"),
            (resist_once, "^cleaned up badly$"),
        ):
            with self.subTest(function):
                runner = LoopRunner()
                runner.start()
                raised = []
                begun = threading.Event()

                async def begin(function=function, begun=begun):
                    begun.set()
                    await function()

                def call(runner=runner, raised=raised, begin=begin):
                    try:
                        runner.run_coroutine(begin())
                    except BaseException as error:
                        raised.append(str(error))

                caller = threading.Thread(target=call)
                caller.start()
                begun.wait()
                with self.assertRaisesRegex(FindingsError, "still pending"):
                    runner.stop()
                caller.join()
                self.assertRegex(*raised, text)

    def test_stopped_under_a_stubborn_one(self):
        """A caller whose coroutine resists learns it, too, and so does one that never began."""
        with mock.patch.dict("os.environ", ASYNCTESTING_CLOSE_LIMIT="0.05"):
            runner = LoopRunner()
            runner.start()
        begun = threading.Event()
        raised = []

        async def stubborn():
            begun.set()
            await resist(asyncio.Event())

        def call():
            try:
                runner.run_coroutine(stubborn())
            except LoopRunnerError as error:
                raised.append(str(error))

        caller = threading.Thread(target=call)
        caller.start()
        begun.wait()
        never = threads._Call("the coroutine 'never'", value())
        runner._calls.add(never)
        with self.assertRaisesRegex(FindingsError, "stubborn-task"):
            runner.stop()
        caller.join()
        self.assertRegex(raised[0], "stubborn' had ended$")
        self.assertIsNone(never.coroutine.cr_frame)
        with self.assertRaisesRegex(LoopRunnerError, "before the coroutine 'never' had ended"):
            never.outcome()
        runner._cancel(never)  # which is too late, and no harm

    def test_loop_stop(self):
        """``loop.stop()`` by whoever wrote his own stop() is a stop."""
        runner = LoopRunner()
        runner.start()
        runner.loop.call_soon_threadsafe(runner.loop.stop)
        runner.join()
        self.assertTrue(runner.loop.is_closed())
        self.assertFalse(runner.is_alive())
        runner.stop()

    def test_loop_close_inside(self):
        """Closing the loop from inside is refused by asyncio, and changes nothing."""
        with LoopRunner() as runner:
            with self.assertRaisesRegex(RuntimeError, "Cannot close a running event loop"):
                runner.call(runner.loop.close)
            self.assertEqual("value", runner.run_coroutine(value()))

    def test_join(self):
        """join() waits for the end; with a timeout as any thread, without one not for ever."""
        with mock.patch.dict("os.environ", ASYNCTESTING_TIME_LIMIT="0.05"):
            runner = LoopRunner()
            runner.start()
        runner.join(0.01)
        self.assertTrue(runner.is_alive())
        with self.assertRaisesRegex(NotInTime, r"0.05 s: call stop\(\) before join\(\)"):
            runner.join()

        async def join():
            runner.join()

        with self.assertRaisesRegex(LoopRunnerError, "cannot wait for itself"):
            runner.run_coroutine(join(), timeout=60)
        runner.stop()

    def test_cancel_all(self):
        """Code that cancels all tasks of its loop does not harm the runner."""

        async def cancel_all():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            return others

        with LoopRunner() as runner:
            self.assertEqual(set(), runner.run_coroutine(cancel_all()))
            self.assertEqual("value", runner.run_coroutine(value()))

    def test_exit(self):
        """SystemExit and its like come back to the caller, and end the runner."""

        async def leave():
            raise SystemExit(3)

        runner = LoopRunner()
        runner.start()
        with self.assertRaises(SystemExit):
            runner.run_coroutine(leave())
        runner.join()
        with self.assertRaisesRegex(LoopRunnerError, r"stopped: SystemExit\(3\) came through"):
            runner.run_coroutine(value())
        runner.stop()

    def test_exit_in_callback(self):
        """Where nobody waits for it, it is told."""

        def leave():
            raise SystemExit(3)

        runner = LoopRunner()
        runner.start()
        runner.loop.call_soon_threadsafe(leave)
        with self.assertRaises(FindingsError) as caught:
            runner.join()
        self.assertIn("was ended by SystemExit(3)", str(caught.exception))
        self.assertIn("raise SystemExit(3)", str(caught.exception))
        runner.stop()

    def test_failing_close(self):
        """An error of the loop's own close() is raised."""
        loop = asyncio.SelectorEventLoop()
        close = loop.close

        def failing():
            close()
            raise Boom("closing")

        loop.close = failing
        runner = LoopRunner(loop)
        runner.start()
        with self.assertRaisesRegex(Boom, "closing"):
            runner.stop()


async def resist_once():
    try:
        await for_ever()
    except asyncio.CancelledError:
        raise ValueError("cleaned up badly") from None


interrupting = unittest.skipUnless(
    threads._can_interrupt(), "Python 3.11 does not interrupt threads while it is traced"
)


class WithoutOwnerTests(Alive):
    """Without an owner, what the checks find is raised by whoever ends the runner."""

    def test_findings(self):
        """By stop(), once."""
        runner = LoopRunner()
        runner.start()
        runner.run_coroutine(nap())
        with self.assertRaises(FindingsError) as caught:
            runner.stop()
        text = str(caught.exception)
        self.assertIn("task 'nap' (sleep) was still pending", text)
        self.assertIn("(in loop runner 'runner') [pending-task]", text)
        runner.stop()
        runner.join()

    def test_with(self):
        """By the end of the block; if that has failed, it is a note to the failure."""
        with self.assertRaises(FindingsError):
            with LoopRunner() as runner:
                runner.run_coroutine(nap())
        with self.assertRaises(Boom) as caught:
            with LoopRunner() as runner:
                runner.run_coroutine(nap())
                raise Boom
        self.assertIn("pending-task", "".join(caught.exception.__notes__))

    def test_several(self):
        """Several of them are numbered."""

        async def twice():
            await nap()
            turns()

        with self.assertRaisesRegex(FindingsError, "^2 faults in loop runner 'runner':"):
            with LoopRunner() as runner:
                runner.run_coroutine(twice())

    def test_callback(self):
        """An exception in a callback."""
        with self.assertRaisesRegex(FindingsError, r"Boom\(\).*\(in loop runner 'cat'\) \[loop-err"):
            with LoopRunner(name="cat") as runner:
                runner.loop.call_soon_threadsafe(boom)

    def test_wrong_thread(self):
        """Its loop used from the test's thread, the unsafe way."""
        with self.assertRaisesRegex(FindingsError, "wrong-thread"):
            with LoopRunner() as runner, contextlib.suppress(RuntimeError):  # of debug mode
                runner.loop.call_soon(int)

    def test_environment(self):
        """Options come from the environment."""
        with mock.patch.dict("os.environ", ASYNCTESTING_CHECKS="off"):
            with LoopRunner() as runner:
                runner.run_coroutine(nap())

    def test_warnings(self):
        """What only warns, warns where it is stopped."""
        with mock.patch.dict("os.environ", ASYNCTESTING_CHECKS="warn"):
            runner = LoopRunner()
            runner.start()
        runner.run_coroutine(nap())
        with self.assertWarnsRegex(AsyncTestingWarning, "pending-task"):
            runner.stop()
        with mock.patch.dict("os.environ", ASYNCTESTING_CHECKS="warn"):
            runner = LoopRunner()
            runner.start()
        runner.run_coroutine(nap())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaisesRegex(AsyncTestingWarning, "pending-task"):
                runner.stop()

    @interrupting
    def test_blocked(self):
        """A thread that never awaits is interrupted, and told, with its line."""
        for factory in (asyncio.new_event_loop, *([uvloop.new_event_loop] if uvloop else [])):
            with self.subTest(factory):
                begun = threading.Event()

                async def spin(begun=begun):
                    begun.set()
                    while True:
                        pass

                with mock.patch.dict("os.environ", ASYNCTESTING_CLOSE_LIMIT="0.2"):
                    runner = threads.runner_with(factory)
                    runner.start()
                asyncio.run_coroutine_threadsafe(spin(), runner.loop)
                begun.wait()
                with self.assertRaises(FindingsError) as caught:
                    runner.stop()
                text = str(caught.exception)
                self.assertIn("was blocked, and had to be interrupted before its loop could", text)
                self.assertRegex(text, "while True:|pass")
                runner._over.wait(20)
                runner.join()
                threads._RUNNING.discard(runner)

    @interrupting
    def test_blocked_caller(self):
        """Who waits for a coroutine that blocks learns that the runner was stopped."""
        begun = threading.Event()
        raised = []

        async def spin():
            begun.set()
            while True:
                pass

        with mock.patch.dict("os.environ", ASYNCTESTING_CLOSE_LIMIT="0.2"):
            runner = LoopRunner()
            runner.start()

        def call():
            try:
                runner.run_coroutine(spin())
            except BaseException as error:
                raised.append(error)

        caller = threading.Thread(target=call)
        caller.start()
        begun.wait()
        with self.assertRaises(FindingsError):
            runner.stop()
        caller.join()
        self.assertIs(LoopRunnerError, type(raised[0]))
        runner._over.wait(20)
        runner.join()

    @interrupting
    def test_blocked_close(self):
        """So is a thread that blocks while its loop is closed."""
        begun = threading.Event()

        async def spin():
            begun.set()
            try:
                await for_ever()
            finally:
                while True:
                    pass

        with mock.patch.dict("os.environ", ASYNCTESTING_CLOSE_LIMIT="0.05"):
            runner = LoopRunner()
            runner.start()
        asyncio.run_coroutine_threadsafe(spin(), runner.loop)
        begun.wait()
        with self.assertRaises(FindingsError) as caught:
            runner.stop()
        self.assertIn("had to be interrupted before its loop could be closed", str(caught.exception))
        runner._over.wait(20)
        runner.join()

    @mock.patch.object(threads, "GRACE", 0.1)
    def test_left_behind(self):
        """What cannot be interrupted is left behind, and told, with its line."""
        gate = threading.Lock()
        gate.acquire()
        begun = threading.Event()

        def block():
            begun.set()
            gate.acquire()

        with mock.patch.dict("os.environ", ASYNCTESTING_CLOSE_LIMIT="0.05"):
            runner = LoopRunner()
            runner.start()
        runner.loop.call_soon_threadsafe(block)
        begun.wait()
        with self.assertRaises(FindingsError) as caught:
            runner.stop()
        text = str(caught.exception)
        self.assertIn("could not be stopped, and was left behind", text)
        self.assertIn("gate.acquire()", text)
        gate.release()
        runner._over.wait(20)
        if threads._can_interrupt():
            with self.assertRaisesRegex(FindingsError, "had to be interrupted"):
                runner.join()
        runner.join()

    def test_traced(self):
        """On Python 3.11 no thread is interrupted while there is tracing, nor elsewhere."""
        trace = sys.gettrace()
        self.addCleanup(sys.settrace, trace)
        sys.settrace(lambda *event: None)
        self.assertIs(sys.version_info >= (3, 12), threads._can_interrupt())
        sys.settrace(None)
        self.assertTrue(threads._can_interrupt())

    def test_forgotten(self):
        """One that nobody stops is ended when Python exits, with a ResourceWarning."""
        done = python(
            """
            import asynctesting
            runner = asynctesting.LoopRunner(name="forgotten")
            runner.start()
            async def nap():
                import asyncio
                asyncio.create_task(asyncio.sleep(60), name="nap")
            runner.run_coroutine(nap())
            """,
            args=("-W", "always"),
        )
        self.assertEqual(0, done.returncode)
        self.assertIn("ResourceWarning: loop runner 'forgotten' was never stopped", done.stderr)
        self.assertIn("asynctesting: loop runner 'forgotten': task 'nap' (sleep)", done.stderr)

    def test_at_exit(self):
        """What stops all of them is quiet if there are none."""
        runner = LoopRunner()
        runner.start()
        with self.assertWarnsRegex(ResourceWarning, "was never stopped"):
            threads._stop_all()
        runner = LoopRunner()
        runner.start()
        runner.run_coroutine(nap())
        with mock.patch("sys.stderr", io.StringIO()) as told, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            threads._stop_all()
        self.assertIn("pending-task", told.getvalue())
        threads._stop_all()


def boom():
    raise Boom


class OwnerTests(Alive):
    """A fault in the thread fails the test that owns the runner, and no other."""

    def fail_with(self, cls, *phrases):
        result = live(cls)
        self.assertEqual("failure", result.outcome, result.text)
        for phrase in phrases:
            self.assertIn(phrase, result.text)

    def test_faults(self):
        """Each kind of fault, in tests of either colour."""

        async def lose():
            value()

        async def unread():
            asyncio.create_task(fail(), name="unread")
            await turns()

        async def keep():
            kept.append(asyncio.ensure_future(fail()))
            await turns()

        async def timer():
            asyncio.get_running_loop().call_later(3600, boom)

        kept = []
        for function, phrase in (
            (nap, "task 'nap' (sleep) was still pending"),
            (lose, "coroutine 'value' was never awaited"),
            (unread, "nobody asked for its error: Boom('on purpose')"),
            (keep, "nobody asked for its error: Boom('on purpose')"),
            (timer, "[leftover-timer]"),
        ):
            with self.subTest(function.__name__):

                class Tests(AsyncTestCase):
                    def test_sync(self, function=function):
                        self.loop_runner().run_coroutine(function())

                self.fail_with(Tests, phrase)

                class Tests(AsyncTestCase):
                    async def test_async(self, function=function):
                        await asyncio.to_thread(self.loop_runner().run_coroutine, function())

                self.fail_with(Tests, phrase)

    def test_healthy(self):
        """What is in order passes, on each loop."""

        class Tests(AsyncTestCase):
            @on_loops(*LOOPS)
            def test_sync(self):
                runner = self.loop_runner()
                assert type(runner.loop) is type(self.loop), (runner.loop, self.loop)
                self.assertEqual("value", runner.run_coroutine(value()))

            @on_loops(*LOOPS)
            async def test_async(self):
                runner = self.loop_runner()
                loop = runner.loop
                self.assertIsNot(loop, self.loop)
                waiting = asyncio.to_thread(runner.run_coroutine, value())
                self.assertEqual("value", await waiting)
                future = asyncio.run_coroutine_threadsafe(value(), loop)
                self.assertEqual("value", await asyncio.wrap_future(future))

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)

    def test_virtual_time(self):
        """In virtual time its loop has a virtual time of its own, but a loop that is given has its."""

        async def nap():
            await asyncio.sleep(3600)
            return asyncio.get_running_loop().time()

        class Tests(AsyncTestCase, virtual_time=True):
            def test_sync(self):
                runner = self.loop_runner()
                self.assertIsInstance(runner.loop, SimulatedLoop)
                self.assertEqual(3600, runner.run_coroutine(nap()))
                self.assertEqual(7200, runner.run_coroutine(nap()))

            async def test_async(self):
                await asyncio.sleep(60)
                self.assertEqual(3600, self.loop_runner().run_coroutine(nap()))
                self.assertEqual(60, self.clock.time())

            def test_given(self):
                loop = asyncio.new_event_loop()
                self.assertIs(loop, self.loop_runner(loop).loop)
                self.assertEqual("value", self.loop_runner(SimulatedLoop()).run_coroutine(value()))

            def test_fault(self):
                self.loop_runner().run_coroutine(self.leave())

            async def leave(self):
                asyncio.create_task(for_ever(), name="left")
                await turns()

        # The thread that waits for the coroutine might call once more, and holds time meanwhile.
        with mock.patch.object(simulated, "THREAD", 0.1):
            result = live(Tests)
        told = dict(result.told)
        self.assertEqual("failure", told.pop("test_fault"), result.text)
        self.assertEqual({"success"}, set(told.values()), result.text)

    def test_explored(self):
        """Where orders are explored, the runner's loop has no part in them."""
        kinds = []

        class Tests(AsyncTestCase):
            @explore(schedules=5)
            async def test(self):
                runner = self.loop_runner()
                kinds.append((type(self.loop), type(runner.loop)))
                self.assertEqual("value", runner.run_coroutine(value()))
                await asyncio.gather(value(), value())

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)
        ((tests, runners),) = set(kinds)
        self.assertIs(SimulatedLoop, runners)
        self.assertIsNot(tests, runners)

    def test_given_loop(self):
        """A loop may be given, whatever the test's own is."""

        class Tests(AsyncTestCase):
            loop_factory = asyncio.SelectorEventLoop

            def test(self):
                loop = asyncio.new_event_loop()
                self.assertIs(loop, self.loop_runner(loop, name="cat").loop)

        self.assertEqual("success", live(Tests).outcome)

    def test_forgotten(self):
        """A test that forgets stop() fails with the line that started it; it is stopped."""
        made = []

        class Tests(AsyncTestCase):
            def test(self):
                runner = LoopRunner()
                made.append(runner)
                runner.start()  # forgotten

        self.fail_with(
            Tests, "loop runner 'runner' was not stopped [leftover-thread]", "runner.start()  # for"
        )
        self.assertFalse(made[0].is_alive())
        self.assertTrue(made[0].loop.is_closed())

    def test_forgotten_and_broken(self):
        """One whose end fails as well tells that, too."""

        class Tests(AsyncTestCase):
            def test(self):
                loop = asyncio.SelectorEventLoop()
                close = loop.close
                loop.close = lambda: (close(), boom())
                LoopRunner(loop).start()

        self.fail_with(Tests, "was not stopped", "could not be closed: Boom()")

    def test_asked_inside(self):
        """One that was asked to stop from inside was not forgotten."""

        class Tests(AsyncTestCase):
            def test(self):
                runner = LoopRunner()
                runner.start()
                runner.loop.call_soon_threadsafe(runner.stop)
                while not runner._asked:
                    time.sleep(0.001)

        self.assertEqual("success", live(Tests).outcome)

    def test_made_before(self):
        """Who starts it owns it, or else who made it."""

        class Tests(AsyncTestCase):
            def test(self):
                runner = LoopRunner()
                thread = threading.Thread(target=runner.start)
                thread.start()
                thread.join()
                runner.run_coroutine(nap())
                runner.stop()

        self.fail_with(Tests, "'nap'")

    def test_allowed(self):
        """The test's allowances hold in the thread, by the runner's name, too."""

        class Tests(AsyncTestCase):
            @allow("pending-task", match="^cat$", reason="by the runner's name")
            def test_runner(self):
                self.loop_runner(name="cat").run_coroutine(nap())

            @allow("pending-task", match="^nap$", reason="by the task's name")
            def test_task(self):
                self.loop_runner().run_coroutine(nap())

            def test_block(self):
                async def inside():
                    with allow("pending-task", reason="inside of the thread"):
                        await nap()

                self.loop_runner().run_coroutine(inside())

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)

    def test_levels(self):
        """The test's levels hold for it, whatever they are."""

        class Off(AsyncTestCase, checks="off"):
            def test(self):
                self.loop_runner().run_coroutine(nap())

        class Warn(AsyncTestCase, checks={"pending-task": "warn"}):
            def test(self):
                self.loop_runner().run_coroutine(nap())

        self.assertEqual("success", live(Off).outcome)
        with self.assertWarnsRegex(AsyncTestingWarning, "'nap'.*loop runner"):
            self.assertEqual("success", live(Warn).outcome)

    def noted(self, call):
        """What is written down while *call* runs: for each finding its test, its level and itself."""
        with mock.patch.object(LEDGER, "note") as note:
            call()
        return [(one.args[0], level, found) for one in note.call_args_list for found, level in one.args[1]]

    def test_noted_once(self):
        """What is found is written down by the owner, once, by the name of the test, if nothing allows it."""

        class Tests(AsyncTestCase):
            def test_nap(self):
                self.loop_runner(name="here").run_coroutine(nap())

            @allow("pending-task", reason="it is to be")
            def test_allowed(self):
                self.loop_runner().run_coroutine(nap())

        ((test, level, finding),) = self.noted(lambda: live(Tests))
        self.assertEqual(f"{__name__}.{Tests.__qualname__}.test_nap", test)
        self.assertEqual(("fail", "pending-task"), (level, finding.check))
        self.assertIn("(in loop runner 'here')", finding.fact)

    def test_noted_without_owner(self):
        """It is written down by the name of the runner; what is told of it, is, too."""

        def leave():
            raise SystemExit(3)

        def body():
            with self.assertRaises(FindingsError), LoopRunner(name="nobody's") as runner:
                runner.run_coroutine(nap())
                runner.loop.call_soon_threadsafe(leave)
                runner._down.wait(5)

        found = [(test, level, finding.check) for test, level, finding in self.noted(body)]
        name = 'loop runner "nobody\'s"'
        self.assertEqual([(name, "fail", "pending-task"), (name, "fail", "thread-error")], found)

    def test_failed_test(self):
        """Of a test that fails, what its runner left is a note."""

        class Tests(AsyncTestCase):
            def test(self):
                self.loop_runner().run_coroutine(nap())
                self.fail("mine")

        self.fail_with(Tests, "mine", "'nap'")

    def test_stubborn(self):
        """A task that resists is told, and does not hold up the test."""

        class Tests(AsyncTestCase, close_limit=0.1):
            def test(self):
                async def begin():
                    asyncio.create_task(resist(asyncio.Event()), name="stubborn")
                    await asyncio.sleep(0)

                self.loop_runner().run_coroutine(begin())

        self.fail_with(Tests, "'stubborn'", "did not end within 0.1 s")

    @mock.patch.object(threads, "GRACE", 0.1)
    def test_left_behind(self):
        """A thread that cannot be stopped fails the test, and does not hold it up."""
        gate = threading.Lock()
        gate.acquire()
        runners = []

        class Tests(AsyncTestCase, close_limit=0.05):
            def test(self):
                runner = self.loop_runner()
                runners.append(runner)
                begun = threading.Event()
                runner.loop.call_soon_threadsafe(lambda: (begun.set(), gate.acquire()))
                begun.wait()

        self.fail_with(Tests, "could not be stopped, and was left behind")
        gate.release()
        runners[0]._over.wait(20)
        runners[0].join()

    def test_deadlock(self):
        """Code that waits on the loop's own thread for that loop is told at once, with its line."""

        class Router:
            def __init__(self, loop):
                self.loop = loop

            def add_command(self):
                asyncio.run_coroutine_threadsafe(value(), self.loop).result()

        class Tests(AsyncTestCase, time_limit=30):
            def test_coroutine(self):
                runner = self.loop_runner()
                router = Router(runner.loop)

                async def herd():
                    router.add_command()

                runner.run_coroutine(herd())

            def test_call(self):
                runner = self.loop_runner()
                runner.call(Router(runner.loop).add_command)

            async def test_test(self):
                Router(self.loop).add_command()

        result = live(Tests)
        for text in result.texts:
            self.assertIn("deadlock: the event loop's own thread waits, by result(),", text)
            self.assertIn("asyncio.run_coroutine_threadsafe(value(), self.loop).result()", text)
        self.assertEqual(3, len(result.texts))
        self.assertNotIn("time limit", result.text)

    def test_each_other(self):
        """Runners that would wait for each other are told so, in a circle of any length."""

        class Tests(AsyncTestCase, time_limit=30):
            def test(self):
                runners = [self.loop_runner(name=name) for name in "abc"]

                async def pass_on(left):
                    if left:
                        return left[0].run_coroutine(pass_on(left[1:]))
                    return "value"

                first = runners[0]
                self.assertEqual("value", first.run_coroutine(pass_on(runners[1:])))
                for last in (first.run_coroutine, lambda coroutine: first.call(int)):

                    async def close(last=last):
                        last(value())

                    runners[1:] = runners[1:3]
                    with self.assertRaises(LoopRunnerError) as caught:
                        first.run_coroutine(self.through(runners[1:], close))
                    text = str(caught.exception)
                    self.assertIn("'c' would wait for loop runner 'a', which waits for it", text)
                    self.assertIn("last(value())", text)

            async def through(self, left, close):
                if left:
                    return left[0].run_coroutine(self.through(left[1:], close))
                return await close()

        result = live(Tests)
        self.assertEqual("failure", result.outcome)  # for a coroutine is lost
        self.assertIn("coroutine 'value' was never awaited", result.text)
        self.assertEqual(1, result.text.count("[never-awaited]"), result.text)

    def test_time_limit(self):
        """A coroutine that never ends is ended by the time limit, with where it waits."""
        for kind in ("sync", "async"):
            with self.subTest(kind):

                class Tests(AsyncTestCase, time_limit=0.5):
                    def test_sync(self):
                        self.loop_runner().run_coroutine(asyncio.sleep(3600))

                    async def test_async(self):
                        self.loop_runner().run_coroutine(asyncio.sleep(3600))

                result = unittest.TestResult()
                Tests(f"test_{kind}").run(result)
                ((_, text),) = result.errors
                self.assertIn("the time limit of 0.5 s was exceeded", text)
                self.assertIn("run_coroutine(asyncio.sleep(3600))", text)
                self.assertIn("in loop runner 'runner':", text)
                self.assertIn("waits for sleep(3600), due in", text)

    def test_time_limit_in_a_thread(self):
        """Also if the test does not run on the main thread."""

        class Tests(AsyncTestCase, time_limit=0.5):
            def test(self):
                self.loop_runner().run_coroutine(asyncio.sleep(3600))

        result = unittest.TestResult()
        thread = threading.Thread(target=Tests("test").run, args=(result,))
        thread.start()
        thread.join()
        self.assertIn("the time limit of 0.5 s was exceeded", result.errors[0][1])

    def test_class(self):
        """A class can own one, with its own checks, for all its tests."""
        runners = set()

        class Tests(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                cls.runner = cls.enterClassContext(LoopRunner())

            def test_1(self):
                runners.add(self.runner)
                self.assertEqual("value", self.runner.run_coroutine(value()))

            async def test_2(self):
                runners.add(self.runner)
                self.assertEqual(2, await asyncio.to_thread(self.runner.run_coroutine, value(2)))

        result = live(Tests)
        self.assertTrue(result.wasSuccessful(), result.text)
        (runner,) = runners
        self.assertTrue(runner.loop.is_closed())

    def test_class_fails(self):
        """What the class's runner left fails the class."""

        class Sync(AsyncTestCase):
            @classmethod
            def setUpClass(cls):
                cls.enterClassContext(LoopRunner()).run_coroutine(nap())

            def test(self):
                pass

        class Async(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.enterClassContext(LoopRunner()).run_coroutine(nap())

            def test(self):
                pass

        for cls in (Sync, Async):
            with self.subTest(cls.__name__):
                result = live(cls)
                told = dict(result.told)
                self.assertEqual("success", told["test"])
                self.assertIn("task 'nap' (sleep) was still pending", result.text)
                self.assertEqual(2, len(told))

    def test_run(self):
        """asynctesting.run() may own one."""

        async def main():
            with LoopRunner() as runner:
                await asyncio.to_thread(runner.run_coroutine, nap())

        with self.assertRaisesRegex(FindingsError, "'nap'.*in loop runner"):
            asynctesting.run(main)

    def test_copies(self):
        """A case that keeps a runner can be copied and pickled, without it."""
        case = CopiedTests("test")
        case.run(unittest.TestResult())
        self.assertIsInstance(case.runner, LoopRunner)
        self.assertFalse(hasattr(copy.copy(case), "runner"))
        self.assertFalse(hasattr(pickle.loads(pickle.dumps(case)), "runner"))

    def test_debug(self):
        """debug() stops it, too."""
        CopiedTests("test").debug()

    def test_sockets(self):
        """Descriptors that the test opens meanwhile are not the runner's."""

        class Tests(AsyncTestCase, checks="strict"):
            def test(self):
                runner = self.loop_runner()
                with open(__file__, encoding="utf-8") as file:
                    runner.run_coroutine(value())
                    runner.stop()
                    self.assertTrue(file.read(1))

        result = live(Tests)
        self.assertEqual("success", result.outcome, result.text)


class Router:
    """Synchronous code that calls into a loop."""

    def __init__(self, loop):
        self.loop = loop

    def add_command(self):
        return asyncio.run_coroutine_threadsafe(value(), self.loop).result()


class TogetherTests(Alive):
    """Loops of several threads, all of which wait for one another, are told at once; see their healthy twins."""

    def check(self, test, *phrases, kind="DeadlockError"):
        """Such a test is told, and not by its time limit."""
        result = live(type(AsyncTestCase)("Tests", (AsyncTestCase,), {"test": test}, time_limit=60))
        self.assertEqual("error", result.outcome, result.text)
        self.assertIn(f"{kind}: ", result.text)
        for phrase in ("deadlock: ", *phrases):
            self.assertIn(phrase, result.text)
        self.assertNotIn("time limit", result.text)
        return result.text

    def check_well(self, test, **options):
        result = live(type(AsyncTestCase)("Tests", (AsyncTestCase,), {"test": test}, **options))
        self.assertEqual("success", result.outcome, result.text)

    def test_both_idle(self):
        """The test awaits what the runner's loop does only once the test has done something."""

        async def test(self):
            gate = asyncio.Event()
            runner = self.loop_runner()
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(gate.wait(), runner.loop))

        self.check(
            test,
            "deadlock: nothing can wake the event loop",
            "await asyncio.wrap_future(",
            "in loop runner 'runner':",
            "Event that is not set",
        )

    def test_both_idle_by_a_job(self):
        """The same through a thread of the loop's executor."""

        async def test(self):
            await asyncio.to_thread(self.loop_runner().run_coroutine, for_ever())

        self.check(test, "await asyncio.to_thread(", "in loop runner 'runner':", "await asyncio.Event().wait()")

    def test_both_blocked(self):
        """The test's thread waits for the runner, whose own thread waits for the test's loop."""

        async def test(self):
            router = Router(asyncio.get_running_loop())
            self.loop_runner().call(router.add_command)

        self.check(
            test,
            "the thread of this event loop waits for loop runner 'runner', and everything waits there, too",
            "self.loop_runner().call(router.add_command)",
            "in loop runner 'runner':",
            "run_coroutine_threadsafe(value(), self.loop).result()",
        )

    def test_one_blocked(self):
        """The test's thread waits for the runner, whose loop waits for the test's."""

        async def test(self):
            loop = asyncio.get_running_loop()

            async def ask():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(value(), loop))

            self.loop_runner().run_coroutine(ask())

        self.check(test, "run_coroutine(ask())", "in loop runner 'runner':", "await asyncio.wrap_future(")

    def test_synchronous(self):
        """A synchronous test waits for a coroutine that nobody will ever wake."""

        def test(self):
            self.loop_runner().run_coroutine(for_ever())

        self.check(
            test,
            "this thread waits for loop runner 'runner', and everything waits there, too",
            "self.loop_runner().run_coroutine(for_ever())",
            "await asyncio.Event().wait()",
        )

    def test_of_a_class(self):
        """A runner that is older than the test's loop, and is not the test's, is told as well."""
        runner = LoopRunner(name="old")
        runner.start()

        async def test(self):
            await asyncio.to_thread(runner.run_coroutine, for_ever())

        self.check(test, "in loop runner 'old':", "await asyncio.Event().wait()")
        with self.assertRaisesRegex(FindingsError, "pending-task"):  # it has lost its caller
            runner.stop()

    def test_without_owner(self):
        """Without a test it is the runner that says so."""
        runner = LoopRunner()
        runner.start()
        with self.assertRaisesRegex(LoopRunnerError, "deadlock: nothing can wake the event loop"):
            runner.run_coroutine(for_ever())
        with self.assertRaisesRegex(FindingsError, "deadlock: nothing can wake the event loop"):
            runner.stop()

    def test_bystanders(self):
        """A thread that knows none of the loops gets a moment, and no more."""
        gate = threading.Event()
        thread = threading.Thread(target=gate.wait, args=(60,), daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(gate.set)
        for test in (
            self.test_both_blocked,
            self.test_both_idle,
            self.test_loop_that_does_not_run,
            self.test_synchronous,
        ):
            with self.subTest(test.__name__):
                test()

    def test_three(self):
        """Any number of loops may be in it."""

        async def test(self):
            one, two = self.loop_runner(name="one"), self.loop_runner(name="two")

            async def ask():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(for_ever(), two.loop))

            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(), one.loop))

        self.check(test, "in loop runner 'one':", "in loop runner 'two':", "await asyncio.Event().wait()")

    def test_loop_that_does_not_run(self):
        """What a synchronous test wants of its own loop, nobody will ever do."""

        def test(self):
            Router(self.loop).add_command()

        self.check(
            test,
            "this thread waits, by result(), for what an event loop is to do that does not run",
            "run_coroutine_threadsafe(value(), self.loop).result()",
        )

    def test_virtual_time(self):
        """In virtual time, too; and what a runner's loop waits for in its own time takes none of ours."""

        async def test(self):
            gate = asyncio.Event()
            runner = self.loop_runner()
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(gate.wait(), runner.loop))

        result = live(type(AsyncTestCase)("Tests", (AsyncTestCase,), {"test": test}, virtual_time=True))
        self.assertIn("deadlock: nothing can wake the event loop", result.text)

        def sleeps(self):
            self.loop_runner().run_coroutine(asyncio.sleep(3600))

        began = time.monotonic()
        self.check_well(sleeps, virtual_time=True)
        self.assertLess(time.monotonic() - began, 5)

    def test_timers(self):
        """While one of the loops has a timer, nobody is lost."""

        async def test(self):
            runner = self.loop_runner()
            self.assertEqual("slept", await asyncio.to_thread(runner.run_coroutine, asyncio.sleep(0.8, "slept")))

        def synchronous(self):
            self.loop_runner().run_coroutine(asyncio.sleep(0.8))

        async def blocked(self):
            self.loop_runner().run_coroutine(asyncio.sleep(0.8))

        async def ours(self):
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.8):
                    await asyncio.to_thread(self.loop_runner().run_coroutine, asyncio.sleep(0.9))

        for each in (test, synchronous, blocked):
            with self.subTest(each.__name__):
                self.check_well(each, blocking_limit=None)
        with self.subTest("ours"):
            result = live(type(AsyncTestCase)("Tests", (AsyncTestCase,), {"test": ours}, checks="off"))
            self.assertEqual("success", result.outcome, result.text)

    def test_own_timeout(self):
        """Who waits no longer than a timeout allows, may go on."""

        async def test(self):
            runner = self.loop_runner()
            with self.assertRaises(NotInTime):
                await asyncio.to_thread(runner.run_coroutine, for_ever(), timeout=0.8)

        self.check_well(test)

    def test_work_outside(self):
        """So may a loop that has work outside: a connection, a job, a subprocess."""

        async def job():
            await asyncio.to_thread(time.sleep, 0.8)

        async def connection():
            ours, theirs = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=ours)
            timer = threading.Timer(0.8, theirs.send, [b"x"])
            timer.start()
            self.assertEqual(b"x", await reader.readexactly(1))
            timer.join()
            writer.close()
            await writer.wait_closed()
            theirs.close()

        async def subprocess():
            child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.8)")
            await child.wait()

        for work in (job, connection, subprocess):
            for kind in ("sync", "async"):
                with self.subTest(work.__name__, kind=kind):

                    def synchronous(self, work=work):
                        self.loop_runner().run_coroutine(work())

                    async def test(self, work=work):
                        await asyncio.to_thread(self.loop_runner().run_coroutine, work())

                    self.check_well(test if kind == "async" else synchronous, checks="off")

    @unittest.skipUnless(hasattr(signal, "setitimer"), "needs signals")
    @main_thread_only(HANDLERS)
    def test_handler_of_a_signal(self):
        """A handler, which runs on the main thread, may call into the loop."""

        def ring(number, frame):
            self.runner.loop.call_soon_threadsafe(self.rung.set)

        async def begin():
            self.rung = asyncio.Event()

        def test(case):
            self.runner = case.loop_runner()
            self.runner.run_coroutine(begin())
            case.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, ring))
            case.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_REAL, 1)
            self.runner.run_coroutine(self.rung.wait())

        result = live(type("Tests", (AsyncTestCase,), {"test": test}))
        self.assertEqual("success", result.outcome, result.text)

    def test_foreign_thread(self):
        """So may everybody while a thread is at work that knows one of the loops."""

        async def wait(gates):
            gates.append((asyncio.get_running_loop(), asyncio.Event()))
            await gates[0][1].wait()

        def open_later(gates):
            time.sleep(0.8)
            loop, gate = gates[0]
            loop.call_soon_threadsafe(gate.set)

        async def test(self):
            gates = []
            thread = threading.Thread(target=open_later, args=(gates,))
            thread.start()
            await asyncio.to_thread(self.loop_runner().run_coroutine, wait(gates))
            thread.join()

        def synchronous(self):
            gates = []
            thread = threading.Thread(target=open_later, args=(gates,))
            thread.start()
            self.loop_runner().run_coroutine(wait(gates))
            thread.join()

        for each in (test, synchronous):
            with self.subTest(each.__name__):
                self.check_well(each)

    def test_both_at_work(self):
        """Two loops that ask each other in turn are well, whichever is blocked meanwhile."""

        async def test(self):
            runner = self.loop_runner()
            router = Router(asyncio.get_running_loop())

            async def ask():
                await asyncio.sleep(0.1)
                return router.add_command()

            for _ in range(3):
                future = asyncio.run_coroutine_threadsafe(ask(), runner.loop)
                self.assertEqual("value", await asyncio.wrap_future(future))

        self.check_well(test, checks="off")

    def test_loop_that_is_about_to_run(self):
        """A loop that does not run may be about to, in a thread."""

        def test(self):
            loop = asyncio.new_event_loop()

            def run():
                time.sleep(0.8)
                loop.run_until_complete(asyncio.sleep(0.1))

            thread = threading.Thread(target=run)
            thread.start()
            self.assertEqual("value", Router(loop).add_command())
            thread.join()
            loop.close()

        self.check_well(test)


class HoldTests(AsyncTestCase):
    """An asynchronous context manager on the loop of a LoopRunner."""

    @contextlib.asynccontextmanager
    async def manager(self, calls, *, swallow=False, fail=False, enter=True):
        if not enter:
            raise Boom("entering")
        task = asyncio.current_task()
        try:
            yield threading.current_thread()
        except BaseException as error:
            calls.append(type(error))
            if not swallow:
                raise
        else:
            calls.append(None)
        finally:
            assert task is asyncio.current_task()
            if fail:
                raise Boom("leaving")

    def test_hold(self):
        """It is entered and left on the loop's thread, in one task."""
        calls = []
        runner = self.loop_runner()
        with runner.hold(self.manager(calls)) as thread:
            self.assertIs(runner, thread)
        self.assertEqual([None], calls)

    def test_errors(self):
        """It is left with the error of the block, and may swallow it; what it raises is raised."""
        runner = self.loop_runner()
        calls = []
        with self.assertRaisesRegex(KeyError, "mine"):
            with runner.hold(self.manager(calls)):
                raise KeyError("mine")
        with runner.hold(self.manager(calls, swallow=True)):
            raise KeyError("swallowed")
        self.assertEqual([KeyError, KeyError], calls)
        for error in (None, KeyError):
            with self.assertRaisesRegex(Boom, "leaving"):
                with runner.hold(self.manager(calls, fail=True)):
                    if error is not None:
                        raise error
        with self.assertRaisesRegex(Boom, "entering"):
            with runner.hold(self.manager(calls, enter=False)):
                self.fail("never to run")

    def test_exit(self):
        """It is left as if cancelled with what would end the loop."""
        runner = self.loop_runner()
        for kind in (KeyboardInterrupt, SystemExit):
            calls = []
            with self.assertRaises(kind):
                with runner.hold(self.manager(calls)):
                    raise kind
            self.assertEqual([asyncio.CancelledError], calls)
        with runner.hold(self.manager([])):
            pass

    def test_ended_before(self):
        """If its task was ended before, that is no error of the block's."""
        runner = self.loop_runner()
        calls = []

        async def cancel():
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await turns()

        with self.assertRaises(CancelledError):
            with runner.hold(self.manager(calls)):
                runner.run_coroutine(cancel())
        self.assertEqual([asyncio.CancelledError], calls)


class CopiedTests(AsyncTestCase):
    def test(self):
        self.runner = self.loop_runner()


def load_tests(loader, tests, pattern):
    """Leave out what other tests run."""
    suite = unittest.TestSuite()
    module = importlib.import_module(__name__)
    for name, cls in vars(module).items():
        if isinstance(cls, type) and issubclass(cls, unittest.TestCase) and cls.__module__ == __name__:
            if cls not in (Alive, CopiedTests):
                suite.addTest(loader.loadTestsFromTestCase(cls))
    return suite


if __name__ == "__main__":
    unittest.main()
