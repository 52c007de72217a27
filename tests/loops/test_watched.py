"""Tests of asynctesting.loops.watched: a loop that nothing will wake says so, and no other one does."""

import asyncio
import concurrent.futures
import contextlib
import functools
import gc
import math
import os
import pickle
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
import unittest
import weakref
from unittest import mock

import asynctesting
from asynctesting import AsyncTestCase, DeadlockError, SimulatedLoop, hangs
from asynctesting.loops import insides, outside, patience, pipes, realtime, watched
from tests.support import HANDLERS, live, main_thread_only, python, quiet, settle, unsettle


POSIX = os.name == "posix"

#: Real seconds within which nothing hangs, and in which nothing that is well ends.
LONG = 60

FACT = "deadlock: nothing can wake the event loop"


setUpModule, tearDownModule = settle, unsettle


async def for_ever():
    await asyncio.Event().wait()


class WatchedTestCase(unittest.TestCase):
    """Has a loop that is watched."""

    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(lambda: self.loop.close())
        self.assertTrue(watched.watch(self.loop))

    def run_dead(self, function, *args):
        """Run what nothing will ever wake."""
        coroutine = function(*args)
        task = self.loop.create_task(coroutine, name="test")
        began = time.perf_counter()
        with self.assertRaises(DeadlockError) as raised:
            self.loop.run_until_complete(task)
        self.assertLess(time.perf_counter() - began, LONG / 2)
        self.end()
        return str(raised.exception)

    def run_well(self, function, *args):
        return self.loop.run_until_complete(function(*args))

    def end(self):
        """The loop is run again, to end what is left."""

        async def cancel():
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self.loop.run_until_complete(cancel())


class DeadTests(WatchedTestCase):
    """Loops that nothing will ever wake."""

    def test_an_event(self):
        """What each task waits for is told, at the line."""
        text = self.run_dead(for_ever)
        self.assertRegex(
            text,
            rf"\A{FACT}\ntask 'test' waits for an Event that is not set\n"
            r"    \S*test_watched\.py:\d+ in for_ever: await asyncio\.Event\(\)\.wait\(\)",
        )

    def test_one_that_is_led(self):
        """The loop beside a test lets that one tell first, but not for ever."""
        led = []

        def is_led(found):
            led.append(found)
            return True

        with mock.patch.object(outside.Outside, "is_led", is_led):
            self.assertIn(FACT, self.run_dead(for_ever))
        self.assertEqual(watched.LED, len(led))

    def test_companions(self):
        """It is known of a loop that it lives beside a test, also of one that watches itself."""
        for kind in (asyncio.SelectorEventLoop, SimulatedLoop):
            loop = kind()
            self.addCleanup(loop.close)
            watched.watch(loop, is_companion=True)
            self.assertTrue(outside.of_loop(loop).is_companion)

    def test_cancelled_timers(self):
        """A heap that holds only cancelled timers holds none."""

        async def cancel():
            for delay in (5, 1, 3, 1e6):
                self.loop.call_later(delay, int).cancel()
            await for_ever()

        self.assertIn(FACT, self.run_dead(cancel))

    def test_infinite_timers(self):
        """A timer that never comes to its end is none, whoever waits for it."""

        async def sleep():
            self.loop.call_later(5, int).cancel()
            await asyncio.sleep(math.inf)

        self.assertIn("'test' waits for sleep(inf)", self.run_dead(sleep))

    def test_again(self):
        """A loop that was told of can be run again, and dead again."""
        for _ in range(3):
            self.run_dead(for_ever)
        self.assertEqual(7, self.run_well(asyncio.sleep, 0, 7))

    def test_after_what_was_outside(self):
        """When a thread or a job has ended, and nobody was woken, that is told soon."""

        async def thread():
            threading.Thread(target=int).start()
            await for_ever()

        async def job():
            await asyncio.to_thread(int)
            await for_ever()

        async def descriptor():
            ours, theirs = socket.socketpair()
            with ours, theirs:
                self.loop.add_reader(ours, lambda: self.loop.remove_reader(ours))
                theirs.send(b"1")
                await for_ever()

        for function in (thread, job, descriptor):
            with self.subTest(function.__name__):
                self.assertIn(FACT, self.run_dead(function))

    def test_threads_that_wait_as_well(self):
        """Threads that wait for the loop, or for each other, do not help it."""
        gate = threading.Event()

        async def waited_for():
            waiting = threading.Thread(target=gate.wait)
            promised = []

            def ask():
                promised.append(asyncio.run_coroutine_threadsafe(for_ever(), self.loop))
                with contextlib.suppress(concurrent.futures.CancelledError):
                    promised[0].result()

            asking = threading.Thread(target=ask)
            for thread in (waiting, asking):
                thread.start()
            self.addCleanup(waiting.join)
            self.addCleanup(asking.join)
            self.addCleanup(gate.set)
            await for_ever()

        self.assertIn(FACT, self.run_dead(waited_for))

    def test_a_bystander(self):
        """A thread that was there before, and knows nothing of the loop, gets a moment only."""
        gate = threading.Event()
        thread = threading.Thread(target=functools.partial(gate.wait, LONG))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(gate.set)
        watched.unwatch(self.loop)
        watched.watch(self.loop)
        began = time.perf_counter()
        self.assertIn(FACT, self.run_dead(for_ever))
        self.assertGreaterEqual(time.perf_counter() - began, watched.PATIENCE)

    def test_not_woken(self):
        """What another thread has scheduled without waking the loop is told for what it is."""

        async def schedule():
            event = asyncio.Event()
            thread = threading.Thread(target=lambda: self.loop.call_soon(event.set))
            thread.start()
            self.loop.call_soon(thread.join)
            await event.wait()

        self.loop.set_debug(False)  # it would refuse

        async def late():
            event = asyncio.Event()
            gate = threading.Event()

            def call():
                gate.wait(LONG)
                self.loop.call_soon(event.set)

            threading.Thread(target=call).start()
            threading.Timer(0.01, gate.set).start()
            await event.wait()

        self.assertIn(
            "deadlock: what is ready was scheduled by another thread, or by a signal handler, and "
            "the event loop was not woken: use loop.call_soon_threadsafe()\n",
            self.run_dead(late),
        )

    def test_the_traceback(self):
        """It ends at the line at which the guilty task waits."""
        watched.unwatch(self.loop)
        task = self.loop.create_task(for_ever())
        watched.watch(self.loop, lambda: task)
        try:
            self.loop.run_until_complete(task)
        except DeadlockError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
        self.assertEqual((__file__, "for_ever"), (last.filename, last.name))
        self.end()

    def test_it_can_be_pickled(self):
        """The error can be sent to another process."""
        error = DeadlockError("the message")
        copy = pickle.loads(pickle.dumps(error))
        self.assertIsInstance(copy, RuntimeError)
        self.assertEqual("the message", str(copy))


class WellTests(WatchedTestCase):
    """Loops that somebody will wake, if only after a while. Each takes longer than a deadlock would."""

    def setUp(self):
        super().setUp()
        for name, seconds in (("MOMENT", 0.001), ("PAUSE", 0.002), ("PATIENCE", 0.004)):
            patcher = mock.patch.object(watched, name, seconds)
            patcher.start()
            self.addCleanup(patcher.stop)

    LATE = 0.05

    def test_timers(self):
        """A timer wakes it, however far away, and whatever else waits for ever."""

        async def sleep():
            eternal = asyncio.ensure_future(asyncio.sleep(math.inf))
            year = self.loop.call_later(366 * 24 * 3600, int)
            await asyncio.sleep(self.LATE)
            eternal.cancel()
            year.cancel()

        self.run_well(sleep)

    def test_a_year(self):
        """With nothing but a timer in a year, the loop waits."""
        state = self.loop._selector.asynctesting_watch
        timer = self.loop.call_later(366 * 24 * 3600, int)
        self.addCleanup(timer.cancel)
        selector = mock.Mock()
        state.select = mock.Mock(return_value=[])
        self.assertEqual([], state.idle(selector, watched.LONGEST))
        state.select.assert_called_once_with(selector, watched.LONGEST)

    def test_jobs(self):
        """A job in an executor wakes it."""
        nap = functools.partial(time.sleep, self.LATE)

        async def jobs():
            await asyncio.to_thread(nap)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                await self.loop.run_in_executor(pool, nap)
                await asyncio.wrap_future(pool.submit(nap))
                event = asyncio.Event()
                pool.submit(lambda: (nap(), self.loop.call_soon_threadsafe(event.set)))
                await event.wait()

        self.run_well(jobs)

    def test_jobs_that_wait_for_the_loop(self):
        """So does one that waits for the loop itself, which is about to sleep."""

        async def job():
            def ask():
                nap = asyncio.sleep(self.LATE, 7)
                return asyncio.run_coroutine_threadsafe(nap, self.loop).result()

            return await asyncio.to_thread(ask)

        self.assertEqual(7, self.run_well(job))

    def test_threads(self):
        """A thread wakes it, however long it was silent, and whoever has started it."""

        async def threads():
            event = asyncio.Event()

            def call():
                time.sleep(self.LATE)
                self.loop.call_soon_threadsafe(event.set)

            for start in (
                threading.Thread(target=call).start,
                threading.Thread(target=lambda: threading.Thread(target=call).start()).start,
                threading.Timer(self.LATE, self.loop.call_soon_threadsafe, (event.set,)).start,
            ):
                event.clear()
                start()
                await event.wait()

        self.run_well(threads)

    def test_a_thread_of_before(self):
        """A worker that was there before the loop gets its work through a queue, and wakes it."""
        import queue

        for kind in (queue.Queue, queue.SimpleQueue):
            work = kind()

            def serve(work=work):
                while (job := work.get()) is not None:
                    time.sleep(self.LATE)
                    job()

            thread = threading.Thread(target=serve)
            thread.start()
            self.addCleanup(thread.join)
            self.addCleanup(work.put, None)
            watched.unwatch(self.loop)
            watched.watch(self.loop)

            async def ask(work=work):
                for _ in range(2):
                    future = self.loop.create_future()
                    work.put(functools.partial(self.loop.call_soon_threadsafe, future.set_result, 1))
                    await future

            self.run_well(ask)

    @unittest.skipUnless(POSIX, "needs a subprocess of asyncio's")
    def test_subprocesses(self):
        """A subprocess wakes it, by its end or by its pipes."""
        code = f"import time; time.sleep({self.LATE}); print(7)"

        async def run():
            make = functools.partial(asyncio.create_subprocess_exec, sys.executable, "-c", code)
            child = await make(stdout=asyncio.subprocess.DEVNULL)
            await child.wait()
            child = await make(stdout=asyncio.subprocess.PIPE)
            return (await child.communicate())[0]

        with mock.patch("asyncio.events._event_loop_policy", asyncio.events._event_loop_policy):
            asyncio.set_event_loop(self.loop)
            self.addCleanup(asyncio.set_event_loop, None)
            self.assertEqual(b"7\n", self.run_well(run))

    def test_sockets(self):
        """A descriptor wakes it: a pair of sockets, a server that somebody calls from outside."""

        async def serve():
            ours, theirs = socket.socketpair()
            with ours, theirs:
                ours.setblocking(False)
                threading.Timer(self.LATE, theirs.send, (b"1",)).start()
                await self.loop.sock_recv(ours, 1)
            called = asyncio.Event()
            server = await asyncio.start_server(
                lambda reader, writer: (called.set(), writer.close()), "127.0.0.1", 0
            )
            address = server.sockets[0].getsockname()

            def call():
                time.sleep(self.LATE)
                socket.create_connection(address).close()

            thread = threading.Thread(target=call)
            thread.start()
            await called.wait()
            thread.join()
            server.close()
            await asyncio.sleep(0.01)

        self.run_well(serve)

    @unittest.skipUnless(hasattr(signal, "setitimer"), "needs signals")
    @main_thread_only(HANDLERS)
    def test_signals(self):
        """A signal wakes it for which the loop, or Python, has a handler."""

        async def handled_by_the_loop():
            event = asyncio.Event()
            self.loop.add_signal_handler(signal.SIGALRM, event.set)
            signal.setitimer(signal.ITIMER_REAL, self.LATE)
            await event.wait()
            self.loop.remove_signal_handler(signal.SIGALRM)

        async def handled_in_python():
            event = asyncio.Event()
            previous = signal.signal(
                signal.SIGALRM, lambda *args: self.loop.call_soon_threadsafe(event.set)
            )
            signal.setitimer(signal.ITIMER_REAL, self.LATE)
            await event.wait()
            signal.signal(signal.SIGALRM, previous)

        self.run_well(handled_by_the_loop)
        self.run_well(handled_in_python)

    def test_a_bystander_on_a_busy_machine(self):
        """It does not get a processor for long, and then wakes the loop by a way that nobody sees."""
        go, event = threading.Event(), asyncio.Event()

        def wake():
            go.wait()
            time.sleep(self.LATE)
            self.loop.call_soon_threadsafe(event.set)

        async def wait():
            go.set()
            await event.wait()

        thread = threading.Thread(target=wake)
        thread.start()
        self.addCleanup(thread.join)
        watched.unwatch(self.loop)
        watched.watch(self.loop)
        with (
            mock.patch.object(outside, "_leads_to", return_value=False),
            mock.patch.object(patience._SYSTEM, "waited_for", lambda tid: time.perf_counter()),
        ):
            self.run_well(wait)

    def test_at_the_last_moment(self):
        """Who wakes the loop and goes, between two looks, is not too late."""
        state = self.loop._selector.asynctesting_watch

        async def wait():
            event = asyncio.Event()
            state.outside = mock.Mock(
                reasons=lambda: self.loop.call_soon_threadsafe(event.set) and [],
                bystanders=lambda: [],
            )
            await event.wait()

        self.run_well(wait)


class AppearanceTests(WatchedTestCase):
    """Nobody can tell."""

    def test_a_loop_is_what_it_was(self):
        """The loop and its selector are of the same kinds, look the same, and can do the same."""
        plain = asyncio.SelectorEventLoop()
        self.addCleanup(plain.close)
        self.assertIs(type(plain), type(self.loop))
        self.assertEqual(repr(plain), repr(self.loop))
        ours, theirs = self.loop._selector, plain._selector
        self.assertIsInstance(ours, type(theirs))
        self.assertEqual(type(theirs).__name__, type(ours).__name__)
        self.assertEqual(type(theirs).__module__, type(ours).__module__)
        self.loop.set_debug(True)
        self.assertTrue(self.loop.get_debug())
        self.run_well(asyncio.sleep, 0)

    def test_unwatch(self):
        """A loop that is given back is as it came."""
        watched.unwatch(self.loop)
        plain = asyncio.SelectorEventLoop()
        self.addCleanup(plain.close)
        self.assertIs(type(plain._selector), type(self.loop._selector))
        self.assertEqual(set(vars(plain._selector)), set(vars(self.loop._selector)))
        watched.unwatch(self.loop)
        plain.close()
        watched.unwatch(plain)

    def test_it_keeps_nothing(self):
        """A loop that is closed goes at once."""
        loop = asyncio.SelectorEventLoop()
        watched.watch(loop)
        loop.run_until_complete(asyncio.sleep(0))
        gone = weakref.ref(loop)
        loop.close()
        gc.disable()
        self.addCleanup(gc.enable)
        del loop
        self.assertIsNone(gone())

    def test_others_are_left_alone(self):
        """Selectors that are not the standard library's, and loops with turns of their own."""

        class Selector(selectors.SelectSelector):
            pass

        class Loop(asyncio.SelectorEventLoop):
            def _run_once(self):
                super()._run_once()

        for loop in (asyncio.SelectorEventLoop(Selector()), Loop()):
            self.addCleanup(loop.close)
            kind = type(loop._selector)
            self.assertFalse(watched.watch(loop))
            self.assertIs(kind, type(loop._selector))
        self.assertFalse(watched.watch(mock.Mock(spec=[])))

    def test_every_selector_of_the_library(self):
        """Each of the standard library's selectors can be watched, and classes of loops derived from asyncio's."""

        class Loop(asyncio.SelectorEventLoop):
            pass

        for kind in watched._SELECTS:
            for factory in (asyncio.SelectorEventLoop, Loop):
                self.loop.close()
                self.loop = factory(kind())
                self.assertTrue(watched.watch(self.loop))
                self.run_dead(for_ever)

    @unittest.skipUnless(watched.EPOLL, "only on Linux")
    def test_it_asks_for_little(self):
        """Where the system can be asked first, it is; where it is not known how, it is done without."""
        self.assertIsNotNone(self.loop._selector.asynctesting_watch.poll)
        self.run_well(asyncio.sleep, 0)
        with mock.patch.object(insides, "selector_of") as selector_of:
            selector = selectors.EpollSelector()
            self.addCleanup(selector.close)
            poll = selector._selector
            del selector._selector
            selector_of.return_value = selector
            watched.watch(self.loop)
            selector._selector = poll
            self.assertEqual([], selector.select(0))
            watched.unwatch(self.loop)
            self.assertIs(selectors.EpollSelector, type(selector))

    def test_a_loop_that_is_gone(self):
        """A selector that is used without its loop waits as ever."""
        loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
        watched.watch(loop)
        selector = loop._selector
        ours, theirs = socket.socketpair()
        with ours, theirs:
            selector.register(ours, selectors.EVENT_READ)
            theirs.send(b"1")
            loop.close()
            loop = mock.Mock()
            selector.asynctesting_watch.loop = lambda: None
            selector.asynctesting_watch.select = mock.Mock(return_value=[7])
            self.assertEqual([7], selector.select())


# Lives


def dead_class():
    """Give a class with tests that are dead, and one that is well."""

    class Dead(AsyncTestCase):
        noted = []

        async def asyncSetUp(self):
            self.addAsyncCleanup(self.note, "cleanup")

        async def asyncTearDown(self):
            await self.note("tear-down")

        async def note(self, name):
            self.noted.append((self._testMethodName, name))

        async def test_event(self):
            await for_ever()

        async def test_lets_nothing_through(self):
            with contextlib.suppress(BaseException):
                await for_ever()

        async def test_well(self):
            await asyncio.sleep(0)

    return Dead


class LifeTests(unittest.TestCase):
    def live(self, cls):
        with quiet():
            return live(cls)

    def test_the_verdict(self):
        """That test fails, whatever it does with its cancellation; tear-down, cleanups and others follow."""
        dead = dead_class()
        result = self.live(dead)
        self.assertEqual(
            [("test_event", "error"), ("test_lets_nothing_through", "error"), ("test_well", "success")],
            sorted(result.told),
        )
        for name in ("test_event", "test_lets_nothing_through", "test_well"):
            self.assertLessEqual({(name, "tear-down"), (name, "cleanup")}, set(dead.noted))
        for error in result.raised:
            self.assertIsInstance(error, DeadlockError)
            self.assertFalse(getattr(error, "__notes__", ()))
        self.assertIn(f"DeadlockError: {FACT}\n", result.text)
        self.assertRegex(result.text, r"line \d+, in for_ever\n    await asyncio\.Event")

    def test_each_stage(self):
        """Every stage may be dead; class fixtures too, on a loop of their own or of the class."""
        stages = ("asyncSetUp", "asyncTearDown", "asyncSetUpClass", "asyncTearDownClass", "cleanup")
        for stage in stages:
            for scope in ("test", "class"):
                with self.subTest(stage=stage, scope=scope):

                    class Tests(AsyncTestCase, loop_scope=scope):
                        async def test_cat(self):
                            if stage == "cleanup":
                                self.addAsyncCleanup(for_ever)

                        async def test_dog(self):
                            pass

                    async def dead(self):
                        await for_ever()

                    if stage != "cleanup":
                        setattr(Tests, stage, classmethod(dead) if "Class" in stage else dead)
                    result = self.live(Tests)
                    self.assertTrue(result.raised)
                    self.assertTrue(all(isinstance(one, DeadlockError) for one in result.raised))

    def test_twice(self):
        """A test that is dead in its tear-down as well fails once, and tells both."""

        class Tests(AsyncTestCase):
            async def test_cat(self):
                await for_ever()

            async def asyncTearDown(self):
                await for_ever()

        result = self.live(Tests)
        self.assertEqual("error", result.outcome)
        self.assertEqual(2, result.text.count(f"DeadlockError: {FACT}\n"))

    def test_one_that_resists(self):
        """A test that resists its cancellation is left behind, and that is told."""

        class Tests(AsyncTestCase, close_limit=0.05):
            async def test_cat(self):
                end = time.monotonic() + 1
                while time.monotonic() < end:
                    with contextlib.suppress(asyncio.CancelledError):
                        await for_ever()

        result = self.live(Tests)
        (error,) = result.raised
        self.assertIsInstance(error, DeadlockError)

    def test_run(self):
        """Without a class the error is raised, and nothing is left."""
        with quiet(), self.assertRaises(DeadlockError) as raised:
            asynctesting.run(for_ever)
        self.assertIn(FACT, str(raised.exception))

    def test_a_synchronous_test(self):
        """A test that runs its loop itself gets the error where it does."""

        class Tests(AsyncTestCase):
            def test_cat(self):
                with self.assertRaises(DeadlockError):
                    self.loop.run_until_complete(for_ever())

        result = live(Tests)
        self.assertIn("pending-task", result.text)

    def test_loops(self):
        """Loops of a factory are watched, too; those that cannot be have their time limit."""

        class Tests(AsyncTestCase):
            loop_factory = asyncio.SelectorEventLoop

            async def test_cat(self):
                await for_ever()

        self.assertIsInstance(self.live(Tests).raised[0], DeadlockError)

        class Loop(asyncio.SelectorEventLoop):
            def _run_once(self):
                super()._run_once()

        class Foreign(Tests, time_limit=0.1):
            loop_factory = Loop

        self.assertIsInstance(self.live(Foreign).raised[0], hangs.TimeLimitExceeded)

    def test_a_runner_of_somebody_else(self):
        """A loop that is not ours is watched while a test lives on it, and given back."""
        from asynctesting.options import Options
        from asynctesting.trial import Trial

        with asyncio.Runner() as runner:
            kind = type(runner.get_loop()._selector)
            trial = Trial(Options(), runner=runner)
            trial.open()
            with self.assertRaises(DeadlockError):
                trial.run(for_ever())
            trial.close()
            self.assertIs(kind, type(runner.get_loop()._selector))

    def test_sockets_are_kept(self):
        """The pair of sockets by which a loop wakes itself is still handed on to the next one."""
        if not pipes.CAN_KEEP:
            self.skipTest("not here")
        numbers = []

        async def note():
            loop = asyncio.get_running_loop()
            numbers.append(insides.self_pipe(loop))
            with contextlib.suppress(RuntimeError):
                await asyncio.sleep(0.001)

        for _ in range(3):
            asynctesting.run(note)
            with contextlib.suppress(DeadlockError):
                asynctesting.run(for_ever)
        self.assertEqual(1, len(set(numbers)))

    @unittest.skipUnless(hasattr(signal, "SIGINT") and POSIX, "needs signals")
    def test_ctrl_c(self):
        """Ctrl-C ends a test that waits for something outside, and is no deadlock."""
        done = python(
            """
            import asyncio, os, signal, threading, time, unittest, asynctesting

            class Tests(asynctesting.AsyncTestCase):
                async def test_cat(self):
                    interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)
                    threading.Timer(0.2, interrupt).start()
                    await asyncio.Event().wait()

            unittest.main()
            """
        )
        self.assertIn("KeyboardInterrupt", done.stderr)
        self.assertNotIn("Deadlock", done.stderr)

    def test_the_clock(self):
        """The clocks that a test replaces are not ours."""
        with mock.patch("time.perf_counter", lambda: 0.0), mock.patch("time.monotonic", time.monotonic):
            with self.assertRaises(DeadlockError):
                asynctesting.run(for_ever, time_limit=None)
        self.assertIs(outside.clock, realtime.seconds)
