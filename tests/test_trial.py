"""Tests of asynctesting.trial: one life, without any unittest."""

import asyncio
import contextvars
import functools
import gc
import sys
import threading
import time
import unittest
import warnings
import weakref
from unittest import mock
from unittest.mock import AsyncMock

from asynctesting import AsyncTestingWarning, OptionError, SimulatedLoop
from asynctesting.allowances import Allowance
from asynctesting.checks import (
    LoopErrors,
    LoopLeftovers,
    LoopMisuse,
    NeverAwaited,
    PendingTasks,
    Subject,
    census,
    current_scene,
)
from asynctesting.findings import Finding
from asynctesting.hangs import TimeLimitExceeded
from asynctesting.host import Host
from asynctesting.ledger import LEDGER
from asynctesting.loops import watched
from asynctesting.loops.clocks import LoopClock
from asynctesting.loops.explored import ExploredLoop
from asynctesting.options import Exploring, Options, VirtualTime
from asynctesting.schedules import Strategy
from asynctesting.series import Series
from asynctesting.trial import ATTEMPTS, SERIES, Trial, coroutine_of, trial_of
from tests.support import (
    INTERRUPTS,
    Boom,
    current_loop,
    for_ever,
    loops_made,
    main_thread_only,
    quiet,
    resist,
    settle,
    turns,
    unsettle,
)


VAR = contextvars.ContextVar("VAR", default="unset")


setUpModule, tearDownModule = settle, unsettle


def options(**given):
    return Options(**{"close_limit": 0.05, **given})


class TrialTestCase(unittest.TestCase):

    def trial(self, *, name="test", loop_factory=None, parent=None, runner=None, **given):
        trial = Trial(
            options(**given), loop_factory=loop_factory, parent=parent, runner=runner, name=name
        )
        self.addCleanup(trial.close)
        return trial

    async def leak(self):
        self.task = asyncio.create_task(for_ever(), name="forgotten")
        await asyncio.sleep(0)


class Opening(TrialTestCase):

    def test_nothing_in_advance(self):
        """A trial that is not opened makes no loop, and closing it is nothing."""
        with loops_made() as made:
            trial = self.trial()
            self.assertFalse(trial.is_open)
            trial.close()
            trial.close()
        self.assertEqual([], made)

    def series(self):
        """Give a factory of loops for lives of a series, and the series."""

        class Factory:
            has_virtual_time = True

            def __call__(self, **words):
                return ExploredLoop(**words)

            def take(self, loop):
                loop.begin_anew(Strategy(), None, False)

        series = Series(options(virtual_time=VirtualTime(), exploring=Exploring()))
        self.addCleanup(series.abandon)
        factory = Factory()
        setattr(factory, SERIES, series)
        return factory, series

    def test_of_a_series(self):
        """A life of a series after which nothing is to be done is the next one, too; not if anything is."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        if loop.get_debug():
            self.skipTest("asyncio's debug mode is on")
        factory, series = self.series()
        given = series.options

        async def cat():
            before = VAR.get(), asyncio.get_running_loop().time()
            VAR.set("inside")
            await asyncio.sleep(1)
            return *before, asyncio.get_running_loop().time()

        def lead(name="", do=lambda trial: None):
            """Lead a life, and give what tells which trial and which loop it had; keep neither."""
            trial = trial_of(given, loop_factory=factory, subject=lambda: Subject(name))
            try:
                trial.open()
                self.assertEqual(name, trial._name())
                self.assertEqual(("unset", 0.0, 1.0), trial.run(cat()))
                self.assertEqual(1.0, trial.get_clock().time())
                do(trial)
                return id(trial), id(trial.host.loop)
            finally:
                trial.close()
                trial.close()
                self.assertTrue(trial.host.loop.is_closed())
                self.assertFalse(series.is_occupied)

        def tell(trial):
            trial.tell(Finding("never-awaited", "a cat", "herd it", None))

        def nest(trial):
            self.assertIsNone(series.wake(given, factory, Subject))
            other = trial_of(given, loop_factory=factory, subject=Subject, parent=trial)
            self.assertIsNot(trial, other)

        def woken():
            return series._resting is not None

        self.assertFalse(woken())
        first = lead("Garfield")
        self.assertTrue(woken())
        self.assertEqual(first, lead("Nermal"))
        self.assertEqual(first, lead(do=nest))
        lead(do=tell)
        self.assertFalse(woken())
        with mock.patch.object(LoopMisuse, "begin_anew", return_value=False):
            lead()
        self.assertFalse(woken())
        with mock.patch.object(Host, "rest", return_value=False):
            lead()
        self.assertFalse(woken())
        lead()
        self.assertTrue(woken())

    def test_in_a_series(self):
        """One of a series has its scene and its limit; one inside of another has its own."""
        factory, series = self.series()
        self.enterContext(mock.patch("asynctesting.trial._hangs", None))  # it may be the first of all
        for _ in range(2):
            trial = self.trial(loop_factory=factory, virtual_time=VirtualTime())
            trial.open()
            self.assertIs(series.limit, trial._limit)
            self.assertIn("in virtual time it was 0 s", trial.describe(threading.get_ident()))
            inner = self.trial(loop_factory=factory, virtual_time=VirtualTime())
            inner.open()
            self.assertIsNot(inner._scene, trial._scene)
            inner.close()
            trial.run(turns())
            trial.run(self.leave_a_generator())
            trial.close()
            self.assertFalse(series.is_occupied)
        self.assertEqual([], trial.failing)
        self.assertEqual([], trial.finish())
        trial = self.trial(loop_factory=factory, virtual_time=VirtualTime())
        trial.run(self.leak())
        trial.close()
        self.assertEqual([], trial.failing)
        self.assertTrue(series.is_in_doubt)
        self.assertEqual(["pending-task"], [one.check for one in series._told])

    def test_a_mock_makes_the_loop(self):
        """Whatever attributes a factory has, it knows of no series unless that is one."""

        async def main():
            turns()

        factory = mock.MagicMock(side_effect=asyncio.SelectorEventLoop)
        trial = self.trial(loop_factory=factory)
        trial.run(main())
        trial.close()
        self.assertEqual(["never-awaited"], [one.check for one in trial.failing])

    async def leave_a_generator(self):
        async def rows():
            yield 1

        self.rows = rows()
        await anext(self.rows)

    def test_opened_by_need(self):
        """It opens when a loop is first asked for, once."""
        for need in (Trial.open, Trial.get_loop, lambda trial: trial.host, self.run_in):
            with loops_made() as made:
                trial = self.trial()
                need(trial)
                trial.open()
                self.assertTrue(trial.is_open)
                self.assertEqual([trial.get_loop()], made)
                trial.close()

    @staticmethod
    def run_in(trial):
        trial.run(turns())

    def test_closed(self):
        """A life that is over cannot be opened again, and closes what it is given to run."""
        trial = self.trial()
        trial.close()
        coroutine = turns()
        with self.assertRaisesRegex(RuntimeError, "^the life of this test is over"):
            trial.run(coroutine)
        self.assertIsNone(coroutine.cr_frame)

    def test_current_loop(self):
        """Without a factory the loop is current; then the previous one is so again."""

        def current():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                return asyncio.get_event_loop()

        previous = asyncio.new_event_loop()
        self.addCleanup(previous.close)
        with current_loop(previous):
            trial = self.trial()
            self.assertIs(trial.get_loop(), current())
            trial.close()
            self.assertIs(previous, current())
            trial = self.trial(loop_factory=asyncio.SelectorEventLoop)
            trial.open()
            self.assertIs(previous, current())
            trial.close()
            self.assertIs(previous, current())

    def test_factory(self):
        """A factory makes the loop; what is no loop, or is closed, is refused by name."""
        loop = asyncio.new_event_loop()
        trial = self.trial(loop_factory=lambda: loop)
        self.assertIs(loop, trial.get_loop())
        trial.close()
        self.assertTrue(loop.is_closed())
        with self.assertRaisesRegex(RuntimeError, "must return a new event loop.* closed"):
            self.trial(loop_factory=lambda: loop).open()
        with self.assertRaisesRegex(TypeError, "must return an event loop.* returned 3"):
            self.trial(loop_factory=lambda: 3).open()

    def test_debug(self):
        """asyncio's debug mode is left alone unless asked for."""
        asked = asyncio.coroutines._is_debug_mode()
        for given, expected in ((None, asked), (True, True), (False, False)):
            trial = self.trial(asyncio_debug=given)
            self.assertEqual(expected, trial.get_loop().get_debug())


class Running(TrialTestCase):

    def test_phases(self):
        """Phases are one task with the trial's name, in one context with what is called."""
        trial = self.trial(name="main")

        async def phase():
            return asyncio.current_task(), VAR.get()

        trial.call(VAR.set, "set")
        task, value = trial.run(phase())
        self.assertEqual(("main", "set"), (task.get_name(), value))
        self.assertEqual((task, "set"), trial.run(phase()))
        self.assertEqual("unset", VAR.get())

    def test_what_it_makes_is_young(self):
        """Also where something else tracks the origins of coroutines: so little is looked through."""
        depth = sys.get_coroutine_origin_tracking_depth()
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, depth)
        sys.set_coroutine_origin_tracking_depth(1)
        trial = self.trial()
        trial.open()
        self.assertEqual([0], census._generations(trial._scene))
        trial.close()

    def test_whose_line_it_is(self):
        """What waits for ever is told at the line of the task that carries the phases."""
        trial = self.trial()
        self.assertIsNone(trial.guilty())
        trial.run(turns())
        self.assertIs(trial.host.driver, trial.guilty())
        trial.close()

    def test_without_a_time_limit(self):
        """A life without a time limit is the same one."""
        trial = self.trial(time_limit=None)
        trial.call(VAR.set, "set")
        trial.run(turns())
        trial.run(self.leak())
        trial.close()
        self.assertEqual(["pending-task"], [finding.check for finding in trial.failing])

    def test_another_context(self):
        """A phase may be run in another context."""
        trial = self.trial()
        other = contextvars.copy_context()
        other.run(VAR.set, "other")

        async def phase():
            return VAR.get()

        self.assertEqual("other", trial.run(phase(), context=other))

    def test_awaitables(self):
        """What is awaitable and no coroutine may be run too."""
        trial = self.trial()
        future = trial.get_loop().create_future()
        future.set_result("value")
        self.assertEqual("value", trial.run(future))

    def test_a_call_inside_a_call(self):
        """A synchronous phase inside of one is part of it, in the same context."""
        var = contextvars.ContextVar("var", default=0)
        trial = self.trial()
        trial.call(trial.call, var.set, 1)
        self.assertEqual(1, trial.call(trial.call, var.get))
        self.assertEqual(0, var.get())

    def test_inside_a_call(self):
        """A phase inside a synchronous one is refused, with the cure."""
        trial = self.trial()
        with self.assertRaisesRegex(RuntimeError, r"^cannot run a\(\) inside a synchronous"):
            trial.call(lambda: trial.run(turns(), name="a()"))
        trial.run(turns())

    def test_abandon(self):
        """The task that carries the phases can be left behind."""
        trial = self.trial()
        trial.run(turns())
        driver = trial.host.driver
        trial.host.abandon()
        trial.run(turns())
        self.assertIsNot(driver, trial.host.driver)
        with quiet():
            trial.close()
            del driver


class Garbage(TrialTestCase):
    def test_none(self):
        """A life that has ended is gone at once, with its loop: no collector has to look for it."""

        def live():
            trial = self.trial()
            trial.run(turns())
            trial.close()
            self._cleanups.clear()
            return weakref.ref(trial), weakref.ref(trial.get_loop())

        live()  # what is imported then stays
        gc.collect()
        gc.disable()
        try:
            self.assertEqual([None, None], [ref() for ref in live()])
        finally:
            gc.enable()


class Nesting(TrialTestCase):
    """In a thread in which a loop runs already."""

    def test_each_entrance(self):
        """Phases of both kinds and the end run as if there were no other loop."""
        seen = []

        def phase():
            seen.append(asyncio._get_running_loop())

        async def main():
            trial = self.trial()
            trial.call(phase)
            trial.run(self.leak())
            trial.close()
            self.assertIs(asyncio.get_running_loop(), asyncio.current_task().get_loop())
            return trial

        trial = asyncio.run(main())
        self.assertEqual([None], seen)
        self.assertEqual(["pending-task"], [finding.check for finding in trial.failing])

    def test_its_own(self):
        """A loop is not put aside for itself."""
        trial = self.trial()
        seen = []

        def callback():
            seen.append(trial.call(asyncio.get_running_loop))

        async def phase():
            trial.get_loop().call_soon(callback, context=contextvars.Context())
            await turns()

        trial.run(phase())
        self.assertEqual([trial.get_loop()], seen)


class Closing(TrialTestCase):

    def test_healthy(self):
        """A life that leaves nothing has no findings."""
        trial = self.trial()
        trial.run(turns())
        trial.close()
        self.assertEqual(([], []), (trial.failing, trial.warning))
        self.assertTrue(trial.get_loop().is_closed())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trial.warn()

    def test_failing_and_warning(self):
        """Findings fail or warn, as the checks are set."""
        for checks, failing, warning in (
            ("default", 1, 0),
            ("strict", 1, 0),
            ("warn", 0, 1),
            ("off", 0, 0),
            ({"pending-task": "warn"}, 0, 1),
            ({"pending-task": "ignore"}, 0, 0),
        ):
            with self.subTest(checks=checks):
                trial = self.trial(checks=checks)
                trial.run(self.leak())
                trial.close()
                self.assertEqual(
                    (failing, warning), (len(trial.failing), len(trial.warning))
                )
                self.assertTrue(self.task.cancelled())

    def test_report(self):
        """What fails a life is told in words, the most telling first."""
        trial = self.trial()

        async def test():
            await self.leak()
            for_ever()

        trial.run(test())
        trial.close()

        text = trial.report("this run")
        self.assertTrue(text.startswith("2 faults in this run:\n\n  1. coroutine 'for_ever'"), text)
        self.assertIn("  2. task 'forgotten'", text)

    def test_known(self):
        """What a baseline has only warns, and is written down as known."""
        trial = self.trial()
        trial.run(self.leak())
        with (
            mock.patch.object(LEDGER, "knows", return_value=True),
            mock.patch.object(LEDGER, "note") as note,
        ):
            trial.close()

        (finding,) = trial.warning
        self.assertEqual([], trial.failing)
        note.assert_called_once_with("", [(finding, "known")], once=False)

    def test_what_was_raised_is_written_down(self):
        """It was a finding, too; and it is of whoever it was raised in, once."""
        trial = self.trial()
        finding = Finding("pending-task", "a cat sleeps", "wake it")
        trial.host.note([finding])
        with mock.patch.object(LEDGER, "note") as note:
            trial.close()
        self.assertEqual([(finding, "fail")], note.call_args.args[1])
        self.assertEqual([], trial.failing)

    def test_a_ledger_that_crashes(self):
        """It is our fault, and the verdict stands; so it does if the test has no name."""
        for method in ("knows", "note"):
            with self.subTest(method):
                trial = Trial(options(), subject=mock.Mock(side_effect=ZeroDivisionError))
                self.addCleanup(trial.close)
                trial.run(self.leak())
                with mock.patch.object(LEDGER, method, side_effect=ZeroDivisionError):
                    trial.close()

                self.assertEqual(["pending-task"], [one.check for one in trial.failing])
                with self.assertWarnsRegex(AsyncTestingWarning, "^bug in asynctesting: the ledger"):
                    trial.warn()

    def test_told_before(self):
        """A finding of whoever leads the life comes to the others."""
        trial = self.trial()
        trial.open()
        finding = Finding("wrong-shape", "a fact", "a cure")
        trial.tell(finding)
        trial.close()

        self.assertEqual([finding], trial.failing)

    def test_warn(self):
        """What only warns is warned of at the culprit's line; errors come with all of them."""
        trial = self.trial(checks="warn")
        trial.run(self.leak())
        trial.run(self.lose())
        trial.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trial.warn()
        self.assertEqual([AsyncTestingWarning] * 2, [one.category for one in caught])
        self.assertIn(__file__, [one.filename for one in caught])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaises(AsyncTestingWarning) as raised:
                trial.warn()
        text = str(raised.exception) + "".join(raised.exception.__notes__)
        self.assertIn("never awaited", text)
        self.assertIn("forgotten", text)

    async def lose(self):
        turns()

    def test_eventful_close(self):
        """What comes to light while closing is asked of all checks."""
        trial = self.trial(close_limit=0.3)  # it must not take six times as long, on a busy machine
        trial.run(self.start(resist(asyncio.Event())))
        with quiet():
            trial.close()
            (finding,) = trial.failing
            self.assertEqual("stubborn-task", finding.check)
            del self.task

    async def start(self, coroutine):
        self.task = asyncio.create_task(coroutine)
        await asyncio.sleep(0)

    def test_closed_by_the_test(self):
        """A loop that is closed already is let be; one finding says so."""
        with quiet():
            trial = self.trial()
            trial.run(turns())
            trial.get_loop().close()
            trial.close()
            self.assertEqual(["stopped-loop"], [finding.check for finding in trial.failing])

    def test_closed_while_running(self):
        """A loop that runs cannot be closed; nothing raises."""
        # In debug mode the loop puts back what the trial has set, when that is closed already.
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, sys.get_coroutine_origin_tracking_depth())
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        trial = self.trial(loop_factory=lambda: loop)
        trial.open()

        async def main():
            trial.close()

        loop.run_until_complete(main())
        self.assertFalse(loop.is_closed())

    def test_stopped_while_closing(self):
        """A leftover that stops the loop does not keep it from being closed."""
        trial = self.trial()

        async def stops():
            try:
                await for_ever()
            finally:
                asyncio.get_running_loop().stop()
                await asyncio.sleep(0)

        trial.run(self.start(stops()))
        trial.close()
        self.assertTrue(trial.get_loop().is_closed())
        self.assertTrue(self.task.done())

    def test_cancelled_while_closing(self):
        """Nor does one that cancels the task that closes it."""
        trial = self.trial()

        async def cancels(driver):
            try:
                await for_ever()
            finally:
                driver.cancel()

        async def phase():
            await self.start(cancels(asyncio.current_task()))

        trial.run(phase())
        trial.close()
        self.assertTrue(trial.get_loop().is_closed())
        self.assertTrue(self.task.done())

    def test_stopped_for_ever(self):
        """What stops the loop again and again is reported, and the loop closed."""
        trial = self.trial()

        def stop():
            loop.stop()
            loop.call_soon(stop)

        loop = trial.get_loop()
        trial.run(turns())
        loop.call_soon(stop)
        self.task = loop.create_task(for_ever())
        with quiet():
            trial.close()
            self.assertTrue(loop.is_closed())
            texts = "\n".join(map(str, trial.failing))
            self.assertIn("what kept stopping the event loop did not end", texts)
            self.task._log_destroy_pending = False
            del self.task

    @main_thread_only(INTERRUPTS)
    def test_blocked_while_closing(self):
        """Something blocks the thread: it is interrupted, the rest is ended, and all is told."""

        async def block():
            try:
                await for_ever()
            finally:
                time.sleep(30)

        async def leak():
            self.kept = [asyncio.create_task(block()), asyncio.create_task(for_ever())]
            await turns()

        trial = self.trial(time_limit=5)
        trial.run(leak())
        with quiet():
            (raised,) = trial.finish()

        self.assertIsInstance(raised, TimeLimitExceeded)
        self.assertIn("6 times its close_limit of 0.05 s", str(raised))
        self.assertEqual(
            ["pending-task", "pending-task"], [finding.check for finding in trial.failing]
        )
        self.assertTrue(trial.host.loop.is_closed())

    @main_thread_only(INTERRUPTS)
    def test_blocked_again_and_again(self):
        """Closing is given up after some attempts, told once, and the loop closed."""

        async def block():
            try:
                await for_ever()
            finally:
                time.sleep(30)

        async def leak():
            self.kept = [asyncio.create_task(block()) for _ in range(ATTEMPTS + 1)]
            await turns()

        trial = self.trial(time_limit=5)
        trial.run(leak())
        with quiet():
            (raised,) = trial.finish()
            self.assertIsInstance(raised, TimeLimitExceeded)
            self.assertNotIn("kept stopping", trial.report())
            self.assertTrue(trial.host.loop.is_closed())
            self.assertIsNone(current_scene())
            self.kept.clear()

    def test_not_opened_to_the_end(self):
        """A life whose opening failed closes the loop that it has made."""
        trial = self.trial()
        with mock.patch.object(watched, "watch", side_effect=Boom), self.assertRaises(Boom):
            trial.open()
        self.assertTrue(trial.is_open)
        self.assertEqual([], trial.finish())
        self.assertTrue(trial.host.loop.is_closed())
        self.assertEqual([], trial.failing)

    def test_suspended_generator(self):
        """The checks are told of generators that are left, before they are closed."""
        log = []

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                log.append("closed")

        async def leak():
            self.generator = numbers()
            await anext(self.generator)

        trial = self.trial()
        trial.run(leak())
        with mock.patch.object(
            LoopLeftovers, "suspended", lambda check, left: log.append(left == [self.generator])
        ):
            trial.close()
        self.assertEqual([True, "closed"], log)

    def test_exploring_ends(self):
        """A loop that explores ends that before what is left is ended."""
        log = []

        class Loop(SimulatedLoop):
            def end_exploring(self):
                log.append("end")

        async def ends():
            try:
                await for_ever()
            finally:
                log.append("cancelled")

        trial = self.trial(loop_factory=Loop)
        trial.run(self.start(ends()))
        trial.close()
        self.assertEqual(["end", "cancelled"], log)

    def test_a_timeout_that_is_not_ours(self):
        """What else is raised while closing comes through."""
        for given in ({"time_limit": None}, {"time_limit": 5}):
            trial = self.trial(**given)
            trial.run(self.leak())
            with mock.patch.object(Host, "shut_down", AsyncMock(side_effect=TimeoutError("x"))):
                (raised,) = trial.finish()
            self.assertEqual("x", str(raised))
            self.assertTrue(trial.host.loop.is_closed())

    def test_finish(self):
        """Closing and warning, whatever either raises."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trial = self.trial(checks="warn")
            trial.run(self.leak())
            (raised,) = trial.finish()
        self.assertIsInstance(raised, AsyncTestingWarning)
        self.assertEqual([], self.trial().finish())

    def test_allowances(self):
        """What is allowed is no finding; what was not needed is one, if the test has passed."""
        needed = Allowance(("pending-task",))
        idle = Allowance(("loop-error",))
        for has_passed, warning in ((True, ["unneeded-allowance"]), (False, [])):
            trial = self.trial(allowances=(needed, idle))
            trial.run(self.leak())
            trial.has_passed = has_passed
            trial.close()
            self.assertEqual(([], warning), (trial.failing, [w.check for w in trial.warning]))

    def test_what_is_left_in_memory(self):
        """It is looked for when the loop is closed, by checks that want to know."""
        kept = []

        async def keep():
            kept.append(for_ever())

        trial = self.trial()
        trial.run(keep())
        trial.close()
        self.assertEqual(["never-awaited"], [finding.check for finding in trial.failing])
        with mock.patch.object(census, "take", return_value=None) as take:
            trial = self.trial(checks="off")
            trial.run(turns())
            trial.close()
        take.assert_not_called()
        kept.clear()


class Crashing(TrialTestCase):
    """A check that crashes is our fault: the verdict stands."""

    def check(self, trial):
        """Exactly one warning tells of the crash, with its traceback."""
        trial.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trial.warn()
        (text,) = [str(one.message) for one in caught]
        self.assertIn("bug in asynctesting: the check ", text)
        self.assertIn("Boom: crash", text)

    def test_start(self):
        """In its start."""
        with mock.patch.object(LoopErrors, "start", side_effect=Boom("crash")):
            trial = self.trial()
            trial.run(turns())
        self.check(trial)
        self.assertEqual([], trial.failing)

    def test_made(self):
        """While it is made; and one that has begun, and then crashes, is stopped, however that ends."""
        with mock.patch.object(LoopErrors, "__init__", side_effect=Boom("crash")):
            trial = self.trial()
            trial.run(turns())
        self.check(trial)
        for problem in (None, Boom("too")):
            with (
                mock.patch.object(LoopErrors, "start", side_effect=Boom("crash")),
                mock.patch.object(LoopErrors, "stop", side_effect=problem) as stop,
            ):
                trial = self.trial()
                trial.run(turns())
            stop.assert_called_once_with()
            self.check(trial)
            self.assertEqual([], trial.failing)

    def test_start_and_eventful_close(self):
        """A check that did not start is not asked again; it is told of once."""
        with mock.patch.object(NeverAwaited, "start", side_effect=Boom("crash")):
            trial = self.trial()
            trial.run(self.leak())
        self.check(trial)
        self.assertEqual(["pending-task"], [finding.check for finding in trial.failing])

    def test_ending(self):
        """When it looks at the tasks that are left."""
        trial = self.trial()
        trial.run(self.leak())
        with mock.patch.object(PendingTasks, "ending", side_effect=Boom("crash")):
            self.check(trial)

    def test_stop(self):
        """In its stop; the others are stopped all the same."""
        trial = self.trial()
        trial.run(turns())
        stopped = []
        original = NeverAwaited.stop
        with mock.patch.object(LoopErrors, "stop", side_effect=Boom("crash")):
            with mock.patch.object(
                NeverAwaited, "stop", lambda check: (stopped.append(1), original(check))
            ):
                self.check(trial)
        self.assertEqual([1], stopped)

    def test_inspect(self):
        """When it looks at what is left; it is not asked again."""
        trial = self.trial()
        trial.run(turns())
        with mock.patch.object(LoopErrors, "inspect", side_effect=Boom("crash")):
            self.check(trial)

    def test_census(self):
        """What all of them stand on; each that does is told of."""
        trial = self.trial(checks=dict.fromkeys(NeverAwaited.ids, "ignore"))
        trial.run(turns())
        with mock.patch.object(census, "take", side_effect=Boom("crash")):
            self.check(trial)

    def test_findings(self):
        """In its answer; those of the others count."""
        trial = self.trial()
        trial.run(self.leak())
        with mock.patch.object(NeverAwaited, "findings", side_effect=Boom("crash")):
            self.check(trial)
        self.assertEqual(["pending-task"], [finding.check for finding in trial.failing])


class Companions(TrialTestCase):
    """What lives with a life, in a thread of its own."""

    class Companion:
        def __init__(self, trial, calls, name):
            self.trial, self.calls, self.name = trial, calls, name

        def end(self):
            self.calls.append((self.name, self.trial.get_loop().is_closed()))

        def describe(self):
            return f"in {self.name}: nothing"

    def test_end(self):
        """They are ended before the life is, the last one first, but for those that are gone."""
        trial, calls = self.trial(), []
        companions = [self.Companion(trial, calls, name) for name in "abc"]
        for companion in companions:
            trial.adopt(companion)
        trial.dismiss(companions[1])
        trial.dismiss(companions[1])
        trial.open()
        trial.close()
        self.assertEqual([("c", False), ("a", False)], calls)

    def test_describe(self):
        """They are told of where the life hangs."""
        trial = self.trial(time_limit=0.1)
        trial.open()
        trial.adopt(self.Companion(trial, [], "a"))
        with self.assertRaises(TimeLimitExceeded) as caught:
            trial.run(asyncio.sleep(3600))
        self.assertIn("\nin a: nothing\n", str(caught.exception))

    def test_abandon(self):
        """Whatever became of closing, the thread and the loop are let go of."""
        trial = self.trial()
        trial.abandon()
        trial.open()
        loop = trial.get_loop()
        self.assertIsNotNone(current_scene())
        trial.abandon()
        self.assertIsNone(current_scene())
        self.assertTrue(loop.is_closed())
        trial.close()

    def test_failing_close(self):
        """A loop that fails to close keeps no thread."""
        trial = self.trial()
        trial.open()
        loop = trial.get_loop()
        with mock.patch.object(loop, "close", side_effect=Boom), self.assertRaises(Boom):
            trial.close()
        loop.close()
        self.assertIsNone(current_scene())

    def test_hooks(self):
        """A life beside the test's puts back what is still its own, and nothing else."""
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        hook = sys.unraisablehook = mock.Mock()
        other = mock.Mock()
        for replaced in (False, True):
            trial = Trial(options(), is_companion=True)
            trial.open()
            self.assertIsNot(hook, sys.unraisablehook)
            if replaced:
                sys.unraisablehook = other
            before = list(warnings.filters)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                filters = list(warnings.filters)
                trial.close()
                self.assertEqual(filters, warnings.filters)
            self.assertEqual(before, warnings.filters)
            self.assertIs(other if replaced else hook, sys.unraisablehook)

        outer = self.trial()
        outer.open()
        ours = sys.unraisablehook
        inner = Trial(options(), is_companion=True)
        thread = threading.Thread(target=lambda: (inner.open(), inner.close()))
        thread.start()
        thread.join()
        self.assertIs(ours, sys.unraisablehook)


class Guests(TrialTestCase):
    """A life on the loop of another one."""

    def setUp(self):
        self.parent = self.trial(name="class")
        self.addCleanup(self.parent.close)

    def test_same_loop_and_task(self):
        """It has the parent's loop and task, and leaves them open."""

        async def phase():
            return asyncio.get_running_loop(), asyncio.current_task()

        before = self.parent.run(phase())
        for _ in range(2):
            guest = self.trial(parent=self.parent)
            self.assertEqual(before, guest.run(phase()))
            guest.close()
            self.assertEqual([], guest.failing)
        self.assertEqual(before, self.parent.run(phase()))

    def test_context(self):
        """It has a copy of the parent's context."""

        async def phase():
            value = VAR.get()
            VAR.set("guest")
            return value

        self.parent.call(VAR.set, "parent")
        for _ in range(2):
            guest = self.trial(parent=self.parent)
            self.assertEqual("parent", guest.run(phase()))
            self.assertEqual("guest", guest.call(VAR.get))
            guest.close()
        self.assertEqual("parent", self.parent.call(VAR.get))

    def test_leaks(self):
        """It answers for what it leaves, and not for what the parent has."""
        self.parent.run(self.leak())
        background = self.task
        guest = self.trial(parent=self.parent)
        guest.run(turns())
        guest.close()
        self.assertEqual([], guest.failing)
        guest = self.trial(parent=self.parent)
        guest.run(self.leak())
        guest.close()
        (finding,) = guest.failing
        self.assertEqual("pending-task", finding.check)
        self.assertTrue(self.task.cancelled())
        self.assertFalse(background.done())
        self.parent.close()
        self.assertTrue(background.cancelled())
        self.assertEqual(1, len(self.parent.failing))


class ForeignRunners(TrialTestCase):

    def test_runner(self):
        """On a runner of somebody else's making it leaves the loop and its tasks alone."""
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            background = loop.create_task(for_ever())
            trial = self.trial(runner=runner)
            trial.run(self.leak())
            trial.close()
            self.assertEqual(1, len(trial.failing))
            self.assertTrue(self.task.cancelled())
            self.assertFalse(background.done())
            self.assertFalse(loop.is_closed())
            self.assertEqual({background}, asyncio.all_tasks(loop))


if __name__ == "__main__":
    unittest.main()


class VirtualTimes(TrialTestCase):
    """The loop and the clock of a life in virtual time."""

    def test_the_clock(self):
        """It is the loop's own, and the same each time."""
        trial = self.trial(virtual_time=VirtualTime(5.0))
        self.assertIs(trial.get_loop().clock, trial.get_clock())
        self.assertIs(trial.get_clock(), trial.get_clock())
        self.assertEqual(5.0, trial.get_clock().time())

    def test_in_real_time(self):
        """There is a clock, too."""
        trial = self.trial()
        self.assertIs(LoopClock, type(trial.get_clock()))
        self.assertIs(trial.get_clock(), trial.get_clock())

    def test_a_loop_of_a_kind(self):
        """A class of such loops that is asked for is taken, with the start and the end."""

        class Loop(SimulatedLoop):
            pass

        trial = self.trial(loop_factory=Loop, virtual_time=VirtualTime(5.0))
        self.assertIs(Loop, type(trial.get_loop()))
        self.assertEqual(5.0, trial.get_loop().time())

    def test_without_the_option(self):
        """A factory of such loops is enough."""
        trial = self.trial(loop_factory=SimulatedLoop)
        self.assertIs(trial.get_loop().clock, trial.get_clock())

    def test_a_runner_of_somebody_else(self):
        """It has to have such a loop."""
        with asyncio.Runner() as runner:
            trial = self.trial(runner=runner, virtual_time=VirtualTime())
            with self.assertRaisesRegex(OptionError, "let that runner make a SimulatedLoop"):
                trial.open()
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            trial = self.trial(runner=runner, virtual_time=VirtualTime())
            trial.open()
            trial.close()

    def test_the_time_limit(self):
        """It is real, wins over everything, and tells what time it was."""

        async def phase():
            await asyncio.sleep(3600)
            await asyncio.to_thread(threading.Event().wait, 1)

        trial = self.trial(virtual_time=VirtualTime(), time_limit=0.2, close_limit=5)
        with self.assertRaises(TimeLimitExceeded) as caught:
            trial.run(phase())
        self.assertIn("\nin virtual time it was 3600 s\n", str(caught.exception))
        self.assertEqual(["in virtual time it was 3600 s"], trial._tell_time())
        trial.close()
        self.assertEqual([], self.trial()._tell_time())


class CoroutinesTests(unittest.TestCase):
    """Making the coroutine of a phase without a phase."""

    def setUp(self):
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, sys.get_coroutine_origin_tracking_depth())
        sys.set_coroutine_origin_tracking_depth(1)

    async def method(self):
        return self

    def test_of_a_function(self):
        """It is made, and where that was is not recorded."""
        for function in (turns, self.method):
            with self.subTest(function):
                made = coroutine_of(function)
                self.addCleanup(made.close)
                self.assertIs(turns.__code__ if function is turns else type(self).method.__code__, made.cr_code)
                self.assertIsNone(made.cr_origin)
                self.assertEqual(1, sys.get_coroutine_origin_tracking_depth())

    def test_of_something_else(self):
        """What may run any code is not called."""

        def plain():
            self.fail("it was called")

        async def generator():
            self.fail("it was called")
            yield

        for function in (
            plain, generator, functools.partial(turns), functools.wraps(turns)(plain), AsyncMock(), mock.Mock(),
            Trial, turns.__get__, classmethod(print).__get__(None, int),
        ):
            with self.subTest(function):
                self.assertIsNone(coroutine_of(function))

    def test_untracked(self):
        """Where no origins are tracked, there is nothing to be put back."""
        sys.set_coroutine_origin_tracking_depth(0)
        coroutine = coroutine_of(turns)
        self.assertIsNone(coroutine.cr_origin)
        coroutine.close()

    def test_arguments(self):
        """One that needs arguments raises, as it does when it is called."""

        async def needs(one):
            return one

        with self.assertRaisesRegex(TypeError, "missing 1 required positional argument: 'one'"):
            coroutine_of(needs)
        self.assertEqual(1, sys.get_coroutine_origin_tracking_depth())
