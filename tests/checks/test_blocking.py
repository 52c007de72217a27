"""Tests of asynctesting.checks.blocking: what holds the event loop."""

import asyncio
import functools
import os
import queue
import socket
import sys
import threading
import time
import types
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase, allow, blocking_limit
from asynctesting.allowances import Book
from asynctesting.checks import base, blocking
from asynctesting.checks.base import Closing, Scene
from asynctesting.checks.blocking import BlockedLoop, Sight, Step
from asynctesting.findings import Place
from tests.held import HELD, NAP, RELEASES, until_held
from tests.support import live


#: Real seconds: a limit, and what is over it, where nothing is to be told.
LIMIT = 0.06
LONG = 0.14

#: What the pure tests are about: looks that are a tenth of a second apart.
PERIOD = 0.1

HERE = Place("herd.py", 3, "feed")
THERE = Place("herd.py", 9, "stroke")

IS_LINUX = sys.platform == "linux"


def sight(cpu=0.0, *, place=HERE, **known):
    """What a look shows of a step that was seen before."""
    return Sight(cpu, **{"is_step": True, "is_same": True, "place": place, **known})


class StepTests(unittest.TestCase):
    def held(self, *looks):
        """What is held against a step, by looks of which each is a time and a sight."""
        step = Step(0.0, sight())
        for now, seen in looks:
            step.add(now, seen, PERIOD)
        return round(step.counted, 6), round(step.computed, 6)

    def test_waiting(self):
        """What stands at one instruction and does not compute, waits: all the time counts."""
        self.assertEqual((0.2, 0.0), self.held((0.1, sight()), (0.2, sight())))

    def test_waiting_for_a_busy_thread(self):
        """It does so as well if other threads compute meanwhile, but it must last."""
        step = Step(0.0, sight())
        for look in range(1, 5):
            step.add(PERIOD * look, sight(process=PERIOD * look), PERIOD)
        self.assertEqual(0.0, step.held_for(0.5))
        step.add(0.5, sight(process=0.5), PERIOD)
        self.assertEqual(0.5, step.held_for(0.5))
        step.add(0.6, sight(process=0.6, position=1), PERIOD)
        self.assertEqual(0.0, step.held_for(0.5))

    def test_computing(self):
        """What computes is held for as long as it does."""
        self.assertEqual((0.1, 0.1), self.held((0.1, sight(0.1, process=0.1, position=1))))

    def test_waiting_for_the_lock(self):
        """Time in which other threads computed may be theirs, if this one has moved."""
        self.assertEqual((0.03, 0.02), self.held((0.1, sight(0.02, process=0.09, position=1))))
        self.assertEqual((0.0, 0.0), self.held((0.1, sight(process=0.3, position=1))))

    def test_a_machine_that_stood_still(self):
        """A late look counts nothing of the time since the last one."""
        self.assertEqual((0.1, 0.0), self.held((0.1, sight(tid=-1)), (60.1, sight(tid=-1))))
        self.assertEqual((0.1, 0.0), self.held((0.1, sight()), (60.1, sight(position=1, tid=1))))

    def test_a_busy_machine(self):
        """Where the system tells of waits for a processor, it counts one period, if idle."""
        self.assertEqual((0.2, 0.0), self.held((0.1, sight(tid=1)), (60.1, sight(tid=1))))

    def test_a_lock_that_was_kept(self):
        """It counts what the thread has computed, unless that was garbage collection."""
        self.assertEqual((0.9, 0.9), self.held((1.0, sight(0.9))))
        self.assertEqual((0.0, 0.0), self.held((1.0, sight(0.9, collections=1))))

    def test_nobody_to_blame(self):
        """What is excused does not count, but what comes later does."""
        self.assertEqual(
            (0.1, 0.0),
            self.held((0.1, sight(place=None)), (0.2, sight(place=None)), (0.3, sight())),
        )

    def test_the_culprit_is_seen_most_often(self):
        """Of several lines it is the one that took most looks, or else the last of them."""
        step = Step(0.0, sight())
        step.add(0.1, sight(), PERIOD)
        self.assertEqual(HERE, step.culprit.place)
        step.add(0.2, sight(place=THERE), PERIOD)
        self.assertEqual(THERE, step.culprit.place)
        step.add(0.3, sight(), PERIOD)
        self.assertEqual(HERE, step.culprit.place)


class LookTests(unittest.TestCase):
    """The check, with looks that are made up."""

    def setUp(self):
        self.loop = mock.Mock()
        self.scene = Scene(self.loop, Book(), blocking_limit=4 * PERIOD)
        self.enterContext(mock.patch.dict(blocking._PAST, clear=True))
        self.enterContext(mock.patch.object(blocking, "_hangs", mock.Mock()))
        self.system = self.enterContext(
            mock.patch.object(
                blocking,
                "_SYSTEM",
                mock.Mock(**{"waited.return_value": 0.0, "is_ready.return_value": False}),
            )
        )
        self.scene.enter()
        self.addCleanup(self.scene.leave)
        self.check = BlockedLoop()
        self.check.start(self.scene)
        self.now = 1000.0

    def look(self, seen, after=PERIOD, late=0.0):
        self.now += after
        with mock.patch.object(blocking, "look_at", return_value=seen):
            self.check.look(self.now, late)

    def found(self):
        self.check.stop()
        return list(self.check.findings(Closing()))

    def test_held(self):
        """Five looks that see one step, a limit apart, make a finding."""
        self.look(sight(is_same=False))
        for _ in range(5):
            self.look(sight())
        self.look(sight(is_step=False, is_same=False, place=None))

        (finding,) = self.found()

        self.assertEqual(HERE, finding.place)
        self.assertEqual(("feed",), finding.about)
        self.assertEqual(
            "the event loop was held for at least 0.5 s, the limit is 0.4 s", finding.fact
        )
        self.assertAlmostEqual(time.monotonic(), finding.when, delta=5)

    def test_doubt(self):
        """A series of lives is in doubt as soon as one step is held against it."""
        self.assertFalse(self.check.is_in_doubt(self.scene))
        self.check._step = step = Step(0.0, sight())
        self.assertFalse(self.check.is_in_doubt(self.scene))
        step.held = blocking.Held(1.0, 0.0, sight(), False)
        self.assertTrue(self.check.is_in_doubt(self.scene))
        self.check._step, self.check._error = None, ValueError()
        self.assertTrue(self.check.is_in_doubt(self.scene))

    def test_not_quite(self):
        """Four looks do not."""
        self.look(sight(is_same=False))
        for _ in range(3):
            self.look(sight())
        self.assertEqual([], self.found())

    def test_many_short_steps(self):
        """Steps that are all different are no finding, however long they take together."""
        for _ in range(100):
            self.look(sight(is_same=False))
            self.look(sight())
        self.assertEqual([], self.found())

    def test_idle_in_between(self):
        """A loop that was idle in between was not held."""
        for _ in range(10):
            self.look(sight(is_same=False))
            for _ in range(3):
                self.look(sight())
            self.look(Sight())
        self.assertEqual([], self.found())

    def test_late(self):
        """Looks that all come late count nothing of what they did not see computing."""
        self.look(sight(is_same=False))
        for _ in range(100):
            self.look(sight(), after=2 * PERIOD)
        self.assertEqual([], self.found())

    def test_too_early(self):
        """A look before its time is none, so that others may have the watchdog woken."""
        self.look(sight(is_same=False))
        for _ in range(100):
            self.look(sight(), after=0.0)
        self.assertEqual([], self.found())

    def test_starved(self):
        """A thread that waited for a processor was not holding the loop meanwhile."""
        self.system.waited.return_value = 0.5
        self.look(sight(is_same=False))
        for _ in range(7):
            self.look(sight())
        self.assertEqual([], self.found())

    def test_ready(self):
        """Nor was one that has not computed, and waits for one now."""
        self.system.is_ready.return_value = True
        self.look(sight(is_same=False))
        for _ in range(7):
            self.look(sight())
        self.assertEqual([], self.found())

    def test_starved_but_computing(self):
        """What it has computed counts all the same."""
        self.system.waited.return_value = 60.0
        self.system.is_ready.return_value = True
        self.look(sight(is_same=False))
        for step in range(1, 6):
            self.look(sight(PERIOD * step, process=PERIOD * step, position=step))

        (finding,) = self.found()

        self.assertIn("it computes", finding.cure)

    def test_one_step_is_told_once(self):
        """It is told by the line seen most often in the end, and with all of its time."""
        self.look(sight(is_same=False))
        for _ in range(4):
            self.look(sight())
        for _ in range(5):
            self.look(sight(place=THERE))

        (finding,) = self.found()

        self.assertEqual(THERE, finding.place)
        self.assertIn("at least 0.9 s", finding.fact)

    def test_one_line_is_told_once(self):
        """Of several steps that one line has held, the longest is told."""
        for looks in (4, 6, 5):
            self.look(sight(is_same=False))
            for _ in range(looks):
                self.look(sight())

        (finding,) = self.found()

        self.assertIn("at least 0.6 s", finding.fact)

    def test_a_lock_that_was_kept(self):
        """A step that has kept the global lock all the time is seen when it gives it up."""
        self.look(Sight())
        with mock.patch.object(sys, "getswitchinterval", return_value=0.005):
            self.look(sight(2.05, is_same=False, switches=400), after=2.0 + PERIOD, late=2.0)
        (finding,) = self.found()
        self.assertIn("at least 1.9 s", finding.fact)

    def test_a_lock_that_was_not_kept(self):
        """The look may be late for other reasons."""
        for what, known in {
            "the watchdog did not ask for the lock": {"switches": 3},
            "another thread has kept it": {"cpu": 0.1},
            "it was garbage collection": {"collections": 1},
            "nobody is to blame": {"place": None},
        }.items():
            with self.subTest(what):
                blocking._PAST.clear()
                self.check._due = 0.0
                self.look(Sight())
                known = {"cpu": 2.0, "is_same": False, "switches": 400, **known}
                self.look(sight(**known), after=2.0 + PERIOD, late=2.0)
                self.assertEqual([], self.found())
        with self.subTest("it was not looked at for long"):
            self.look(Sight(), after=60.0)
            self.look(sight(60.0, is_same=False, switches=40000), after=60.0, late=2.0)
            self.assertEqual([], self.found())

    def test_not_the_innermost(self):
        """While a life is led within this one, this one is not blamed."""
        inner = Scene(mock.Mock(), Book())
        inner.enter()
        self.look(sight(is_same=False))
        for _ in range(7):
            self.look(sight())
        inner.leave()
        self.assertEqual([], self.found())

    def test_a_thread_that_has_ended(self):
        """A life whose thread is no more holds no loop."""
        self.look(sight(is_same=False))
        for _ in range(7):
            self.look(None)
        self.assertEqual([], self.found())

    def test_few_are_remembered(self):
        """What is remembered of threads does not grow for ever."""
        blocking._PAST.update((-number, (0.0, Sight())) for number in range(200))
        self.look(Sight())
        self.assertEqual([self.scene.thread], list(blocking._PAST))

    def test_nothing_of_the_user_is_kept(self):
        """Nothing that a look has shown of the user's lines outlives the life."""
        self.look(sight(position=object(), callers=(THERE,)))
        (_, kept), *_ = blocking._PAST.values()
        self.assertEqual((None, None, ()), (kept.position, kept.place, kept.callers))

    def test_a_bug(self):
        """An error in the watchdog's thread ends the watch, and is told as ours."""
        self.loop.is_running.side_effect = ZeroDivisionError
        self.look(sight())
        blocking._hangs.unwatch.assert_called_once_with(self.check)
        with self.assertRaises(ZeroDivisionError):
            self.found()

    def test_a_python_that_does_not_tell_of_threads(self):
        """It stands aside, and says so once for all lives."""
        blocking._hangs.reset_mock()
        with (
            mock.patch.object(blocking, "_has_said", False),
            mock.patch.object(blocking.insides, "can_look_at_threads", return_value=False),
        ):
            checks = [BlockedLoop(), BlockedLoop()]
            for check in checks:
                check.start(Scene(self.loop, Book(), blocking_limit=0.4))
                check.stop()
        with self.assertRaisesRegex(RuntimeError, "^it stands aside: this Python has no sys._c"):
            checks[0].findings(Closing())
        self.assertEqual([], list(checks[1].findings(Closing())))
        self.assertEqual([], blocking._hangs.mock_calls)

    def test_most(self):
        """A few culprits are enough."""
        for line in range(20):
            place = Place("herd.py", line, "feed")
            self.look(sight(place=place, is_same=False))
            for _ in range(5):
                self.look(sight(place=place))
        self.assertEqual(blocking.MOST, len(self.found()))

    def test_periods(self):
        """Looks are neither too close to each other, nor too far apart."""
        for limit, period in ((0.001, 0.01), (0.4, 0.1), (60.0, 1.0)):
            check = BlockedLoop()
            check.start(Scene(self.loop, Book(), blocking_limit=limit))
            self.assertEqual(period, check.period)

    def test_no_limit(self):
        """Without a limit nothing is watched, and nothing is told."""
        blocking._hangs.reset_mock()
        check = BlockedLoop()
        check.start(Scene(self.loop, Book()))
        check.stop()
        self.assertEqual([], list(check.findings(Closing())))
        self.assertEqual([], blocking._hangs.mock_calls)


def frame(filename, name="feed", module="herd", line=3):
    """A frame that is made up."""
    code = types.SimpleNamespace(
        co_filename=filename, co_name=name, co_qualname=name, co_firstlineno=1
    )
    return types.SimpleNamespace(
        f_code=code, f_lineno=line, f_globals={"__name__": module}, f_back=None, f_trace=None
    )


class BlameTests(unittest.TestCase):
    """Who is to blame, by frames that are made up."""

    STDLIB = subprocess = os.path.join(os.path.dirname(os.__file__), "subprocess.py")
    INSTALLED = os.path.join(os.sep, "lib", "site-packages", "requests", "api.py")

    def setUp(self):
        hangs = mock.Mock(**{"under_debugger.return_value": False})
        self.hangs = self.enterContext(mock.patch.object(blocking, "_hangs", hangs))

    def test_a_line(self):
        """The user's innermost line is told, its callers, and what it has called."""
        place, callers, within = blocking._blame(
            [
                frame(self.STDLIB, "wait", "subprocess"),
                frame(self.STDLIB, "run", "subprocess"),
                frame("herd.py"),
                frame(self.STDLIB, "apply", "functools"),
                frame("tests.py", "test_feed"),
            ]
        )
        self.assertEqual(Place("herd.py", 3, "feed"), place)
        self.assertEqual((Place("tests.py", 3, "test_feed"),), callers)
        self.assertEqual((("subprocess", "wait"), ("subprocess", "run")), within)

    def test_installed_packages(self):
        """The user's own line comes before one of an installed package, which is told if alone."""
        installed = frame(self.INSTALLED, "get", "requests.api")
        place, callers, within = blocking._blame([installed, frame("herd.py")])
        self.assertEqual(("herd.py", ()), (place.filename, callers))
        self.assertEqual((("requests.api", "get"),), within)
        place, callers, within = blocking._blame([installed])
        self.assertEqual((self.INSTALLED, (), ()), (place.filename, callers, within))

    def test_a_wait_for_a_loop_runner(self):
        """It is the user who blocks the loop by it; but not the end of a runner."""
        asks = frame(blocking.__file__, "LoopRunner.run_coroutine", "asynctesting.threads")
        place, _, within = blocking._blame([frame(self.STDLIB, "wait", "threading"), asks, frame("herd.py")])
        self.assertEqual("herd.py", place.filename)
        self.assertEqual(("asynctesting.threads", "LoopRunner.run_coroutine"), within[-1])
        ends = frame(blocking.__file__, "LoopRunner._await_end", "asynctesting.threads")
        self.assertEqual((None, (), ()), blocking._blame([ends, frame("herd.py")]))

    def test_nobody(self):
        """Imports, failed assertions, this package, the library alone and debugging are excused."""
        for name, stack in {
            "import": [frame("herd.py"), frame("<frozen importlib._bootstrap>"), frame("t.py")],
            "assertion": [frame(self.STDLIB, "unified_diff", "difflib"), frame("t.py")],
            "ours": [frame(blocking.__file__), frame("t.py")],
            "library": [frame(self.STDLIB)],
            "nothing": [],
        }.items():
            with self.subTest(name):
                self.assertEqual((None, (), ()), blocking._blame(stack))
        self.hangs.under_debugger.return_value = True
        self.assertEqual((None, (), ()), blocking._blame([frame("herd.py")]))


class RunnerTests(unittest.TestCase):
    def test_a_wait(self):
        """A test that waits for a loop runner on its own loop's thread holds that loop."""

        class Tests(AsyncTestCase, checks="strict", blocking_limit=0.1):
            async def test(self):
                self.loop_runner().run_coroutine(asyncio.sleep(1))

        for _ in range(3):  # a machine that is busy may hide it
            result = live(Tests)
            if "[blocked-loop]" in result.text:
                break
        self.assertIn("[blocked-loop]", result.text)
        self.assertIn("self.loop_runner().run_coroutine(asyncio.sleep(1))", result.text)
        self.assertIn("cure: move it into a thread: `await asyncio.to_thread(...)`", result.text)


class CalledTests(unittest.TestCase):
    """What the loop has called without a line of the user's."""

    JOIN = threading.Thread().join

    def blame(self, callback, stack=()):
        step = frame("events.py", "_run")
        step.f_code = blocking.insides.HANDLE_RUN
        step.f_locals = {"self": mock.Mock(_callback=callback)}
        place, callers, within = blocking._blame_callback(list(stack), step)
        self.assertEqual(((), ()), (callers, within))
        return None if place is None else (place.filename, place.function)

    def test_written_in_c(self):
        """A function has a module, a method has a type."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for callback, name in {
                time.sleep: "time.sleep",
                functools.partial(functools.partial(time.sleep), 1): "time.sleep",
                ours.recv: "socket.recv",
            }.items():
                with self.subTest(name):
                    self.assertEqual((blocking.CALLED, name), self.blame(callback))

    def test_of_the_standard_library(self):
        """A function of it is told, if it is the one that was called."""
        called = mock.Mock(f_code=self.JOIN.__code__, f_globals={"__name__": "threading"})
        self.assertEqual(
            (blocking.CALLED, "threading.Thread.join"), self.blame(self.JOIN, [called])
        )
        self.assertIsNone(self.blame(time.sleep, [called]))

    def test_of_asyncio(self):
        """What asyncio calls itself is nobody's fault, nor is a task that is written in C."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        called = mock.Mock(f_code=type(loop).stop.__code__)
        self.assertIsNone(self.blame(loop.stop, [called]))
        self.assertIsNone(self.blame(loop.create_future().cancel))
        self.assertIsNone(self.blame(mock.Mock()))


class CureTests(unittest.TestCase):
    def cure(self, source="", within=(), has_computed=False):
        place = mock.Mock(source=source, filename="nowhere.py")
        return blocking._cure(Sight(place=place, within=within), has_computed)

    def test_by_what_was_called(self):
        """The module that the user's line has called itself decides."""
        within = (("threading", "Condition.wait"), ("concurrent.futures._base", "Future.result"))
        self.assertEqual("await it: `await asyncio.wrap_future(future)`", self.cure("", within))
        self.assertIn(
            "create_subprocess", self.cure("", (("selectors", "x"), ("subprocess", "run")))
        )

    def test_by_the_line(self):
        """What is written in C has no frame, but a name."""
        for line, cure in {
            "time.sleep(1)": "write `await asyncio.sleep(1)`",
            "os.system('true')": "create_subprocess_exec",
            "cursor.execute(sql)": "asynchronous driver",
            "sock.recv(10)": "streams",
            "with self.lock:": "asyncio has",
            "socket.getaddrinfo(host, 1)": "loop.getaddrinfo",
            "nonsense()": "its asynchronous counterpart",
        }.items():
            with self.subTest(line):
                self.assertIn(cure, self.cure(line))

    def test_nothing_is_known(self):
        """What is not known has the usual cure; what has no line has its name."""
        place = Place(blocking.CALLED, 0, "time.sleep")
        self.assertIn("run_in_executor(None, time.sleep", blocking._cure(Sight(place=place), True))
        self.assertIn("asynchronous counterpart", self.cure("sleep(1)", (("herd", "sleep"),)))
        self.assertIn("asynchronous counterpart", blocking._cure(Sight(), False))


class LookAtTests(unittest.TestCase):
    """Looks at this very thread."""

    def setUp(self):
        blocking._import_hangs()

    def look(self):
        # The look itself is on the stack here, as it is not on the watchdog's thread.
        with mock.patch.object(blocking, "_PACKAGE", "elsewhere"):
            return blocking.look_at(threading.get_ident(), True)

    def test_steps(self):
        """A step is seen as the same one for as long as it lasts, and no longer."""

        async def two_steps():
            seen = [self.look(), self.look()]
            await asyncio.sleep(0)
            return [*seen, self.look(), self.look()]

        async def main():
            loop = asyncio.get_running_loop()
            called = loop.create_future()
            loop.call_soon(lambda: called.set_result([self.look(), self.look()]))
            return await asyncio.create_task(two_steps()), await called

        seen, called = asyncio.run(main())

        self.assertEqual([False, True, False, True], [each.is_same for each in seen])
        self.assertEqual([False, True], [each.is_same for each in called])
        self.assertTrue(all(each.is_step for each in seen + called))

    def test_outside_of_a_step(self):
        """Where no loop runs, or no callback, there is no step."""
        self.assertFalse(self.look().is_step)
        self.assertFalse(blocking.look_at(threading.get_ident(), False).is_step)

    def test_no_such_thread(self):
        """A thread that is no more shows nothing."""
        self.assertIsNone(blocking.look_at(-1, True))
        with mock.patch.object(blocking.insides, "current_frames", return_value=None):
            self.assertIsNone(blocking.look_at(threading.get_ident(), True))

    @unittest.skipUnless(IS_LINUX, "needs Linux")
    def test_figures(self):
        """Linux tells the thread's number and its time."""
        seen = self.look()
        self.assertEqual(threading.get_native_id(), seen.tid)
        self.assertAlmostEqual(time.thread_time(), seen.cpu, delta=1.0)

    def test_elsewhere(self):
        """Where there are no clocks of threads, or a thread may end meanwhile, nothing is known."""
        with mock.patch.object(blocking, "_thread_clock", None):
            self.assertEqual((0, 0.0), blocking._computed(threading.get_ident()))
        with mock.patch.object(sys, "_is_gil_enabled", lambda: False, create=True):
            self.assertFalse(blocking._may_end(threading.main_thread().ident))
            self.assertTrue(blocking._may_end(-1))
            self.assertEqual((0, 0.0), blocking._computed(-1))
        with mock.patch.object(sys, "_is_gil_enabled", lambda: True, create=True):
            self.assertFalse(blocking._may_end(-1))

    def test_no_figures_of_use(self):
        """A system without figures for one thread does without."""
        with (
            mock.patch.dict(sys.modules, resource=None),
            mock.patch.object(blocking, "_usage", None),
        ):
            blocking._import_hangs()
            self.assertEqual(0, self.look().switches)


class LifeTests(unittest.TestCase):
    """Tests that do hold their loop, for a moment."""

    def told(self, test, **options):
        """Live a test; give its outcome, and what was told of it."""
        options = {"blocking_limit": LIMIT, "checks": {"blocked-loop": "fail"}, **options}

        class Tests(AsyncTestCase, **options):
            test_cat = test

        with until_held(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = live(Tests)
        texts = [str(error) for error in result.raised] + [str(one.message) for one in caught]
        return result.outcome, "\n".join(texts)

    def assertHeld(self, line, test, **options):
        outcome, text = self.told(test, **options)
        self.assertEqual("failure", outcome)
        self.assertIn("[blocked-loop]", text)
        if line is not None:
            self.assertIn(f"\n    {line}\n", text)
        return text

    def test_sleep(self):
        """A test that sleeps is told with its line, its caller, and the cure."""

        def doze():
            while not HELD:
                time.sleep(NAP)

        async def test(case):
            doze()

        text = self.assertHeld("time.sleep(NAP)", test, time_limit=None)

        self.assertRegex(
            text,
            r"\Athe event loop was held for at least 0\.\d+ s, the limit is 0\.06 s "
            r"\[blocked-loop\]\n"
            r"  \S*test_blocking\.py:\d+, in doze\n"
            r"    time\.sleep\(NAP\)\n"
            r"  called by \S*test_blocking\.py:\d+, in test\n"
            r"  cure: make doze\(\) `async def` and write `await asyncio\.sleep\(NAP\)` in it,\n"
            r"        or call it in a thread: `await asyncio\.to_thread\(doze, \.\.\.\)`\n"
            r"  more: python -m asynctesting explain blocked-loop\Z",
        )

    def test_computing_in_a_task(self):
        """So is a task that computes."""

        def compute():
            while not HELD:
                time.thread_time()

        async def task():
            compute()

        async def test(case):
            await asyncio.create_task(task())

        text = self.assertHeld(None, test)
        self.assertIn("in compute", text)

    def test_waiting_in_a_callback(self):
        """So is a callback that waits for a queue, with the function it has called."""

        def wait():
            cats = queue.Queue()
            RELEASES.append(lambda: cats.put("Garfield"))
            cats.get(timeout=20)

        async def test(case):
            asyncio.get_running_loop().call_soon(wait)
            await asyncio.sleep(0.001)

        text = self.assertHeld("cats.get(timeout=20)", test)
        self.assertIn("it was in queue.Queue.get", text)

    def test_a_callback_without_a_line(self):
        """What the loop calls itself is told by the line that has handed it over."""

        async def test(case):
            cats = queue.SimpleQueue()
            RELEASES.append(lambda: cats.put("Garfield"))
            asyncio.get_running_loop().call_soon(cats.get, True, 20)
            await asyncio.sleep(0.001)

        text = self.assertHeld("asyncio.get_running_loop().call_soon(cats.get, True, 20)", test)
        self.assertIn("the loop has called SimpleQueue.get itself", text)

    def test_it_fails(self):
        """By default it is a failure."""

        async def test(case):
            while not HELD:
                time.sleep(NAP)

        outcome, text = self.told(test, checks="default")
        self.assertEqual(("failure", 1), (outcome, text.count("[blocked-loop]")))

    def test_allowed(self):
        """A block, a decorator, a level and a limit allow it."""

        async def block(case):
            with allow("blocked-loop"):
                while not HELD:
                    time.sleep(NAP)

        @allow("blocked-loop")
        async def decorated(case):
            while not HELD:
                time.sleep(NAP)

        @blocking_limit(None)
        async def unlimited(case):
            time.sleep(LONG)

        async def ignored(case):
            time.sleep(LONG)

        for test, options in (
            (block, {}),
            (decorated, {}),
            (unlimited, {}),
            (ignored, {"checks": {"blocked-loop": "ignore"}}),
        ):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test, **options))

    def test_healthy_twins(self):
        """A loop that is idle or busy with short steps, threads and sync stages are in order."""

        async def idle(case):
            await asyncio.sleep(LONG)

        async def busy(case):
            end = time.monotonic() + LONG
            while time.monotonic() < end:
                await asyncio.sleep(0)

        async def thread(case):
            await asyncio.to_thread(time.sleep, LONG)

        def sync(case):
            time.sleep(LONG)

        def own_loop(case):
            asyncio.run(asyncio.sleep(LONG))

        for test in (idle, busy, thread, sync, own_loop):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_other_threads(self):
        """A life on another thread is watched, and is told apart from those beside it."""
        told = {}

        async def held(case):
            while not HELD:
                time.sleep(NAP)

        async def healthy(case):
            await asyncio.sleep(LONG)

        def lead(test):
            class Tests(AsyncTestCase, blocking_limit=LIMIT, checks={"blocked-loop": "fail"}):
                test_cat = test

            told[test.__name__] = live(Tests).outcome

        threads = [threading.Thread(target=lead, args=(test,)) for test in (held, healthy)]
        with until_held():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual({"held": "failure", "healthy": "success"}, told)

    def test_a_loop_of_a_class(self):
        """On a loop of the class, the guilty test is told, and its neighbours are not."""

        class Tests(
            AsyncTestCase,
            blocking_limit=LIMIT,
            checks={"blocked-loop": "fail"},
            loop_scope="class",
        ):
            async def test_1(self):
                pass

            async def test_2(self):
                while not HELD:
                    time.sleep(NAP)

            async def test_3(self):
                pass

        with until_held():
            told = live(Tests).told
        self.assertEqual(
            [("test_1", "success"), ("test_2", "failure"), ("test_3", "success")], told
        )

    def test_a_test_within_a_test(self):
        """The inner one is told, and the outer one, which is in a synchronous stage, is not."""

        async def held(case):
            while not HELD:
                time.sleep(NAP)

        def test(case):
            self.assertEqual("failure", self.told(held)[0])

        self.assertEqual(("success", ""), self.told(test))

    def test_nothing_is_left(self):
        """Nothing is watched when a life has ended."""

        async def nothing(case):
            pass

        async def test(case):
            of_blocking = [one for one in watchdog.watchers if type(one).__module__ == blocking.__name__]
            self.assertEqual(1, len(of_blocking))

        self.told(nothing)
        watchdog = blocking._hangs._watchdog
        self.assertEqual("success", self.told(test)[0])
        self.assertEqual(set(), watchdog.watchers)
        self.assertFalse(base._SCENES)


if __name__ == "__main__":
    unittest.main()
