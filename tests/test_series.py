"""Lives that are looked at together, and what becomes of one that is in doubt."""

import asyncio
import contextlib
import contextvars
import copy
import gc
import inspect
import io
import os
import random
import re
import signal
import sys
import threading
import time
import unittest
import warnings
from unittest import mock

import asynctesting
from asynctesting import AsyncTestCase, AsyncTestingWarning, Explorer, FindingsError, allow
from asynctesting import engine as engines
from asynctesting import explore
from asynctesting.checks import Check, base, census, current_scene, levels
from asynctesting.checks.loop_misuse import LoopMisuse
from asynctesting.checks.never_awaited import NeverAwaited
from asynctesting.engine import Engine
from asynctesting.findings import Finding
from asynctesting.hangs import TimeLimit, TimeLimitExceeded
from asynctesting.loops.rested import Rested
from asynctesting.options import Options
from asynctesting.series import Series
from asynctesting.trial import SERIES, Trial
from tests.exploring import Patched, without_collector
from tests.faults.corpus import FAULTS, TWINS
from tests.faults.sample import Sample
from tests.support import Record, live, require_main_thread, settle, unsettle


setUpModule, tearDownModule = settle, unsettle

#: From which life on there is a fault.
AT = 5

#: Samples that take long: those that block, and some for whose work outside an explored loop waits.
BLOCKING = 7
SLOW = re.compile(r"another_file|child|daemon|eventually|job|pool|subclass_of_thread|timer_thread")


async def turns(count=4):
    """Let there be some orders."""
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(count)))


def alone(self, strategy):
    """Lead a life by itself, in place of Engine._lead()."""
    return self._run(strategy)


class Lives:
    """Counts lives, and in which series they are."""

    def __init__(self, case):
        #: The series of each life, or none.
        self.series = []
        lead = Engine._run

        def run(engine, strategy, **words):
            self.series.append(words.get("series"))
            return lead(engine, strategy, **words)

        patcher = mock.patch.object(Engine, "_run", run)
        patcher.start()
        case.addCleanup(patcher.stop)

    def __len__(self):
        return len(self.series)

    @property
    def together(self):
        """How many there are in each series, the others left out."""
        found = {}
        for one in self.series:
            if one is not None:
                found[one] = found.get(one, 0) + 1
        return list(found.values())

    @property
    def alone(self):
        """How many are in none."""
        return self.series.count(None)


class LivesTests(Patched):
    """What is led together, and what is not."""

    def setUp(self):
        super().setUp()
        without_collector(self)
        self.lives = Lives(self)

    def test_together(self):
        """All but the first; and one more, which looks for luck."""

        async def many():
            await turns(9)

        with mock.patch.object(census, "take", wraps=census.take) as taken:
            found = Explorer(schedules=40).run(many).check()
        self.assertEqual((40, 1), (found.schedules, self.lives.alone))
        self.assertEqual([39 + 1], self.lives.together)
        self.assertEqual(1 + 1, taken.call_count)
        self.assertEqual({}, base._SCENES)

    def test_luck(self):
        """What only the life does that looks for luck is no fault of a schedule, nor told; but what it leaves is."""
        kept = []
        self.addCleanup(lambda: [one.close() for one in kept])

        async def fails():
            await turns(9)
            if len(self.lives) == 11:
                raise ValueError("a cat")

        async def leaves():
            await turns(9)
            if len(self.lives) == 11:
                asyncio.get_running_loop().call_soon(int, "a cat")
                await turns()

        async def keeps():
            await turns(9)
            if len(self.lives) == 11:
                kept.append(turns())

        for main in (fails, leaves):
            with self.subTest(main=main.__name__):
                self.lives.series.clear()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # it is not deterministic
                    found = Explorer(schedules=10).run(main).check()
                self.assertEqual((10, [9 + 1]), (found.schedules, self.lives.together))
        self.lives.series.clear()
        found = Explorer(schedules=10).run(keeps)
        self.assertIn("one of the schedules 2 to 10 of 10", found.report)

    def test_many(self):
        """A series has only so many lives, and lasts only so long."""

        async def many():
            await turns(9)

        with mock.patch.object(engines, "TOGETHER", 16):
            Explorer(schedules=40).run(many).check()
        self.assertEqual([16, 16, 7 + 1], self.lives.together)
        self.lives.series.clear()
        with mock.patch.object(engines, "TOGETHER_FOR", 0):
            Explorer(schedules=4).run(many).check()
        self.assertEqual([1, 1, 1], self.lives.together)

    def test_outside(self):
        """What has to do with the world outside cannot be led once more, and is looked at at once."""

        async def real():
            await asyncio.to_thread(int)
            await turns()

        Explorer(schedules=6).run(real).check()
        self.assertEqual([], self.lives.together)

    def test_outside_later(self):
        """From then on, each life is led by itself."""

        async def real():
            await turns(9)
            if len(self.lives) >= 4:
                await asyncio.to_thread(int)

        Explorer(schedules=8).run(real).check()
        self.assertEqual([3], self.lives.together)

    def test_engine_alone(self):
        """Who lives lives by himself tells of no options, and has no series."""

        def lived(factory):
            asynctesting.run(turns, loop_factory=factory)
            return engines.Outcome()

        Engine(asynctesting.options.Exploring(schedules=4), lived, name="cats").explore()
        self.assertEqual([], self.lives.together)

    def test_no_checks(self):
        """Where nothing is looked at there is nothing to doubt."""

        async def lost():
            await turns()
            turns()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Explorer(schedules=10, checks="off").run(lost).check()
        self.assertEqual([9 + 1], self.lives.together)

    def test_failure(self):
        """A failure is told after its life, by itself; it needs no other one once more."""

        async def fails():
            await turns(9)
            if len(self.lives) >= AT:
                raise ValueError("a cat")

        found = Explorer(schedules=40).run(fails)
        self.assertIsInstance(found.error, ValueError)
        self.assertEqual(AT, found.schedules)
        self.assertEqual([AT - 1], self.lives.together)

    def test_count(self):
        """Whoever counts failures has series go on, and counts each."""

        async def fails():
            await turns(9)
            if len(self.lives) % 10 == 6:
                raise ValueError("a cat")

        found = Explorer(schedules=30, count=True).run(fails)
        self.assertGreater(found.failures, 1)
        self.assertGreater(len(self.lives.together), 2)

    def test_count_what_is_left(self):
        """Each life that has left something counts, also in front of one that fails."""
        kept = []
        self.addCleanup(lambda: [one.close() for one in kept])

        async def keeps():
            await turns(9)
            if len(self.lives) >= 2 and asyncio.get_running_loop().decisions.made:
                kept.append(turns())

        found = Explorer(schedules=10, count=True).run(keeps)
        self.assertIsInstance(found.error, FindingsError)
        with mock.patch.object(Engine, "_lead", alone):
            self.assertEqual(found.failures, Explorer(schedules=10, count=True).run(keeps).failures)

    def test_before_a_failure(self):
        """What an earlier life has left is told, not the failure of a later one."""
        kept = []
        self.addCleanup(lambda: [one.close() for one in kept])

        async def keeps():
            await turns(9)
            made = asyncio.get_running_loop().decisions.made
            if made:
                kept.append(turns())
            if len(kept) == 3:
                raise ValueError("a cat")

        found = Explorer(schedules=40).run(keeps)
        self.assertIsInstance(found.error, FindingsError)
        self.assertIn("[never-awaited]", str(found.error))

    def test_counted_before_a_failure(self):
        """Both count."""
        kept = []
        self.addCleanup(lambda: [one.close() for one in kept])

        async def keeps():
            await turns(9)
            if asyncio.get_running_loop().decisions.made:
                kept.append(turns())
                if len(kept) == 2:
                    raise ValueError("a cat")

        found = Explorer(schedules=4, count=True).run(keeps)
        self.assertIsInstance(found.error, FindingsError)
        self.assertGreaterEqual(found.failures, 2)

    def test_nested(self):
        """A life that is led inside of one of them is looked at by itself."""

        async def outer():
            await turns()
            factory = self.factory

            def inner():
                with contextlib.suppress(FindingsError):
                    asynctesting.run(lost, loop_factory=factory)
                    self.fail("nobody has seen it")

            inner()

        async def lost():
            turns()

        made = engines.Factory.__init__

        def init(factory, *args):
            made(factory, *args)
            self.factory = factory

        with mock.patch.object(engines.Factory, "__init__", init):
            Explorer(schedules=6).run(outer).check()

    def test_interrupted(self):
        """Whatever breaks it off, nothing of it is left."""
        hooks = sys.unraisablehook, threading.excepthook
        depth = sys.get_coroutine_origin_tracking_depth()

        async def interrupted():
            await turns(9)
            if len(self.lives) == AT:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            Explorer(schedules=10).run(interrupted)
        self.assertEqual(hooks, (sys.unraisablehook, threading.excepthook))
        self.assertEqual({}, base._SCENES)
        self.assertEqual(depth, sys.get_coroutine_origin_tracking_depth())

    def test_between(self):
        """What one life changes for all, another one does not find."""
        hook = sys.excepthook

        async def changes():
            await turns()
            self.assertIs(hook, sys.excepthook)
            warnings.warn("cats", UserWarning, stacklevel=1)
            warnings.simplefilter("error")
            sys.excepthook = print

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Explorer(schedules=10).run(changes).check()
        self.assertEqual([1], self.lives.together)

    def test_logs(self):
        """A test that asks for what asyncio logs of an error has it."""

        class Herd(AsyncTestCase):
            @explore(schedules=10)
            async def test(self):
                await turns()
                with self.assertLogs("asyncio"):
                    asyncio.get_running_loop().call_soon(int, "cat")
                    await turns()

            @explore(schedules=10)
            async def test_expected(self):
                await turns()
                with self.assertLoopError(ValueError):
                    asyncio.get_running_loop().call_soon(int, "cat")
                    await turns()

            @explore(schedules=10)
            async def test_default(self):
                await turns()
                with self.assertLogs("asyncio"):
                    asyncio.get_running_loop().default_exception_handler({"message": "a cat"})

        self.assertTrue(live(Herd).wasSuccessful())

    def test_expected_failure(self):
        """What a test leaves that fails as expected is no fault."""

        class Herd(AsyncTestCase):
            @explore(schedules=20)
            @unittest.expectedFailure
            async def test(inner):
                await turns(9)
                if len(self.lives) >= AT:
                    lost = turns()
                    self.addCleanup(lost.close)
                    inner.fail("as expected")

        record = Record()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            unittest.defaultTestLoader.loadTestsFromTestCase(Herd).run(record)
        self.assertEqual([("test", "expected failure")], record.told)

    def test_excused(self):
        """Nor is what one leaves whose task was cancelled."""

        async def keeps():
            task = asyncio.create_task(turns(), name="worker")
            lost = turns()
            await task
            await lost

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Explorer(schedules=20, cancel="worker").run(keeps).check()


class DoubtTests(Patched):
    """What raises a doubt, is told when the life is led once more, or fails them all."""

    def setUp(self):
        super().setUp()
        without_collector(self)
        self.lives = Lives(self)
        self.kept = []
        self.addCleanup(self.forget)

    def forget(self):
        while self.kept:
            self.kept.pop().close()

    def once(self, **words):
        """Explore what leaves a coroutine in one life only, and never again."""

        async def keeps():
            await turns(9)
            if len(self.lives) == AT:
                self.kept.append(turns())

        return Explorer(schedules=8, **words).run(keeps)

    def test_once(self):
        """A fault that does not come again fails all of them."""
        found = self.once()
        self.assertIsInstance(found.error, FindingsError)
        self.assertIn("[never-awaited]", str(found.error))
        self.assertEqual(
            "one of the schedules 2 to 8 of 8, seed 0, has left that behind\n"
            "run once more, each by itself, none of them has: the test is not deterministic",
            found.report,
        )
        self.assertEqual((None, 1), (found.replay, found.failures))
        self.assertEqual([], self.orders())

    def test_once_in_a_test(self):
        """The same in a test."""

        class Herd(AsyncTestCase):
            @explore(schedules=8)
            async def test(inner):
                await turns(9)
                if len(self.lives) == AT:
                    self.kept.append(turns())

        record = live(Herd)
        self.assertEqual([("test", "failure")], record.told)
        self.assertIn("[never-awaited]", record.texts[0])

    def test_once_warned(self):
        """What only warns, warns."""
        with self.assertWarnsRegex(AsyncTestingWarning, r"never-awaited"):
            self.assertFalse(self.once(checks={"never-awaited": "warn"}).failed)

    def test_once_warned_of_as_error(self):
        """And fails where warnings are errors."""
        with warnings.catch_warnings():
            warnings.simplefilter("error", AsyncTestingWarning)
            found = self.once(checks={"never-awaited": "warn"})
        self.assertIsInstance(found.error, AsyncTestingWarning)

    def test_once_both(self):
        """Together with what fails, it is a note."""

        async def keeps():
            await turns(9)
            if len(self.lives) == AT:
                self.kept.append(turns())
                sys.unraisablehook(
                    mock.Mock(exc_type=ValueError, exc_value=ValueError("a cat"), exc_traceback=None)
                )

        with warnings.catch_warnings():
            warnings.simplefilter("error", AsyncTestingWarning)
            found = Explorer(schedules=8, checks={"never-awaited": "warn"}).run(keeps)
        self.assertIn("[unraisable-error]", str(found.error))
        self.assertIn("never-awaited", "".join(found.error.__notes__))

    def test_allowed(self):
        """What is allowed is no fault, neither once nor always."""

        @asynctesting.allow("never-awaited")
        async def keeps():
            await turns(9)
            if len(self.lives) >= AT:
                self.kept.append(turns())

        Explorer(schedules=8).run(keeps).check()

        async def drops():
            await turns(9)
            if len(self.lives) >= AT:
                with asynctesting.allow("never-awaited"):
                    turns()

        Explorer(schedules=8).run(drops).check()

    def test_allowed_in_one(self):
        """What one life allows by ``with`` is not allowed in the others."""

        async def drops():
            await turns(9)
            if len(self.lives) == 3:
                with asynctesting.allow("never-awaited"):
                    self.kept.append(turns())
            elif len(self.lives) >= AT:
                self.kept.append(turns())

        self.assertIn("[never-awaited]", str(Explorer(schedules=20).run(drops).error))

    def test_told_once(self):
        """What was told, or allowed, is not told once more when it is dropped by another test."""

        class Herd(AsyncTestCase):
            @explore(schedules=8)
            @asynctesting.allow("never-awaited")
            async def test_a(inner):
                await turns(9)
                self.kept.append(turns())

            async def test_b(inner):
                self.kept.clear()

        record = live(Herd)
        self.assertEqual([("test_a", "success"), ("test_b", "success")], record.told, record.texts)

    def test_cancelled_at_the_end(self):
        """What a callback of a task does not expect of its cancellation, is no fault of its own."""

        class Herd(AsyncTestCase):
            @explore(schedules=8)
            @asynctesting.allow("pending-task")
            async def test(inner):
                asyncio.create_task(asyncio.sleep(9)).add_done_callback(lambda task: task.exception())
                await turns(9)

        self.assertTrue(live(Herd).wasSuccessful())

    def test_subtest(self):
        """A life with a subtest that was skipped may not have come to its clean-up."""

        class Herd(AsyncTestCase):
            @explore(schedules=8)
            async def test(inner):
                await turns(9)
                with inner.subTest("a"):
                    self.kept.append(turns())
                    inner.skipTest("not here")

        self.assertTrue(live(Herd).wasSuccessful())

    def test_certain(self):
        """What is known of one life is told, though others have left who knows what."""

        async def fails():
            await turns(9)
            gc.collect(1)
            gc.collect(1)
            if len(self.lives) == AT:
                asyncio.get_running_loop().call_soon(int, "cat")
                await asyncio.sleep(0)

        found = Explorer(schedules=8).run(fails)
        self.assertIn("[loop-error]", str(found.error))

    def test_excused_and_done(self):
        """So it is where others were given up; but not of one that was itself."""

        async def fails():
            task = asyncio.create_task(turns(), name="worker")
            await turns()
            if len(self.lives) >= AT:
                asyncio.get_running_loop().call_soon(int, "cat")
                await asyncio.sleep(0)
            await task

        found = Explorer(schedules=20, cancel="worker").run(fails)
        self.assertIn("[loop-error]", str(found.error))

    def test_descriptor(self):
        """A descriptor that one life leaves and a later one closes is told of the former."""
        opened = []

        async def opens():
            await turns(9)
            while opened:
                os.close(opened.pop())
            if len(self.lives) == AT or len(self.lives) > 8:
                opened.append(os.open(__file__.replace("test_series.py", "data.txt"), os.O_RDONLY | os.O_CREAT))

        self.addCleanup(lambda: [os.close(one) for one in opened])
        self.addCleanup(os.unlink, __file__.replace("test_series.py", "data.txt"))
        found = Explorer(schedules=20, checks="strict").run(opens)
        self.assertIn("[open-descriptor]", str(found.error))
        self.assertEqual([AT - 1], self.lives.together)

    def test_companion(self):
        """A life that has led a loop in another thread is led by itself."""

        class Herd(AsyncTestCase):
            @explore(schedules=8)
            async def test(inner):
                await turns(9)
                if len(self.lives) >= AT:
                    await asyncio.to_thread(inner.loop_runner().run_coroutine, asyncio.sleep(0))

        self.assertTrue(live(Herd).wasSuccessful())
        self.assertEqual([AT - 1], self.lives.together)

    def test_out_of_sight(self):
        """Where the collector was at work, nobody is blamed for what was there before."""
        self.kept.append(turns())

        async def heaps():
            await turns(9)
            gc.collect(1)
            gc.collect(1)

        Explorer(schedules=20).run(heaps).check()
        self.assertEqual([19 + 1], self.lives.together)
        self.assertEqual(1 + 19, self.lives.alone)

    def test_crash(self):
        """A check that cannot say whether it is in doubt, is in doubt, and no fault of the test's."""
        with mock.patch.object(NeverAwaited, "is_in_doubt", side_effect=ZeroDivisionError):
            Explorer(schedules=6).run(turns).check()
        self.assertEqual([1], self.lives.together)

    def test_crash_later(self):
        """Nor is one that crashes when all of them are looked at."""
        with (
            mock.patch.object(NeverAwaited, "findings", side_effect=ZeroDivisionError),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            Explorer(schedules=6).run(turns).check()
        self.assertIn("bug in asynctesting", str(told[0].message))

    def test_watchdog(self):
        """A descriptor that another thread has for a moment raises no doubt."""
        opened = []

        async def opens():
            await turns(9)
            if len(self.lives) == AT:
                opened.append(os.open(os.devnull, os.O_RDONLY))

        self.addCleanup(lambda: [os.close(one) for one in opened])
        Explorer(schedules=10).run(opens).check()
        self.assertEqual([9 + 1], self.lives.together)

    def test_signal(self):
        """A handler that is put back raises none; one that is not, is told of its life."""
        require_main_thread("only there")
        before = signal.getsignal(signal.SIGUSR1)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

        async def handles():
            await turns(9)
            signal.signal(signal.SIGUSR1, print)
            if len(self.lives) < AT:
                signal.signal(signal.SIGUSR1, before)

        found = Explorer(schedules=10).run(handles)
        self.assertEqual([AT - 1], self.lives.together)
        self.assertIn("[leftover-signal]", str(found.error))

    def test_as_alone(self):
        """What is told is the same as if each life had been led by itself, also how many there were."""

        async def keeps(seen):
            order = []

            async def cat(name):
                await asyncio.sleep(0)
                order.append(name)

            await asyncio.gather(*map(cat, "abc"))
            if "".join(order) in seen:
                self.kept.append(turns())

        def explored(seen, **words):
            self.forget()
            found = Explorer(schedules=60, **words).run(lambda: keeps(seen))
            text = re.sub("0x[0-9a-f]+", "", f"{found} {found.report} {found.error}")
            return found.failed, found.schedules, found.orders, found.failures, found.replay, text

        for seen, words in (
            (("cba",), {}),
            (("cba",), {"strategy": "pct"}),
            (("cba", "bca"), {"count": True}),
            (("cab",), {"strategy": "exhaustive"}),
        ):
            with self.subTest(seen=seen, **words):
                ours = explored(seen, **words)
                with mock.patch.object(Engine, "_lead", alone):
                    self.assertEqual(explored(seen, **words), ours)
                self.assertTrue(ours[0])
        self.assertTrue(self.lives.together)


class RestTests(Patched):
    """The loop that one life has after the other, as long as nobody can tell."""

    def setUp(self):
        super().setUp()
        without_collector(self)
        loop = engines.ExploredLoop()
        loop.close()
        if loop.get_debug():
            self.skipTest("asyncio's debug mode is on")
        #: The numbers of the lives that have had the loop of the one before.
        self.woken = []
        self.lives = Lives(self)
        take = engines.Factory.take

        def wake(factory, loop):
            self.woken.append(len(self.lives))
            take(factory, loop)

        patcher = mock.patch.object(engines.Factory, "take", wake)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_rests(self):
        """The first life has one, and all others have the same."""
        Explorer(schedules=9).run(turns).check()
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_struck(self):
        """So it is where something is cancelled that may be."""

        async def waits():
            await asyncio.wait([asyncio.create_task(turns(1)) for _ in range(3)])

        Explorer(schedules=9, cancel=True).run(waits).check()
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_excused(self):
        """A life that was broken off is ended as ever."""
        Explorer(schedules=9, cancel=True).run(turns).check()
        self.assertEqual([], self.woken)

    def test_allowed(self):
        """What is allowed for the test makes no difference; what a life has allowed itself does."""

        class Herd(AsyncTestCase):
            @explore(schedules=9)
            @allow("never-awaited", reason="cats")
            async def test(self):
                await turns()

            @explore(schedules=9)
            async def test_block(self):
                await turns()
                with allow("never-awaited", reason="cats"):
                    await turns()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.assertTrue(live(Herd).wasSuccessful())
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_threads(self):
        """Where there are other threads, each loop is guarded against them."""
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)
        Explorer(schedules=9).run(turns).check()
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_of_a_test(self):
        """So it is for a test, whatever is bound to the loop in set-up; its instance is dropped before."""

        class Herd(AsyncTestCase):
            async def asyncSetUp(self):
                self.lock = asyncio.Lock()
                self.done = asyncio.get_running_loop().create_future()
                await asyncio.gather(self.take(), self.take())

            async def take(self):
                async with self.lock:
                    await asyncio.sleep(1)

            @explore(schedules=9)
            async def test(self):
                self.assertEqual(2.0, self.clock.time())
                self.loop.call_soon(self.done.set_result, "a cat")
                self.assertEqual("a cat", await self.done)
                await self.take()
                await turns()

        self.assertTrue(live(Herd).wasSuccessful())
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_known(self):
        """Once somebody knows the loop of a life, the next one has another; a lock is told of that as ever."""
        lock = asyncio.Lock()

        async def contend():
            async with lock:
                await asyncio.sleep(0)

        async def shares():
            await turns(9)
            if len(self.lives) >= AT:
                await asyncio.gather(contend(), contend())

        found = Explorer(schedules=20).run(shares)
        self.assertIn("is bound to a different event loop", str(found.error))
        self.assertEqual(AT + 1, found.schedules)
        self.assertEqual([3, 4, 5], self.woken)

    def test_uncounted(self):
        """Where Python does not count who refers to a loop, none rests."""
        with mock.patch("asynctesting.series.CAN_TELL", False):
            Explorer(schedules=9).run(turns).check()
        self.assertEqual([], self.woken)

    def test_handler(self):
        """Where a life has set a handler of errors, nobody has seen them, and it is led once more."""

        async def handles():
            await turns(9)
            if len(self.lives) == AT:
                asyncio.get_running_loop().set_exception_handler(print)

        Explorer(schedules=9).run(handles).check()
        self.assertEqual([3, 4, 5], self.woken)
        self.assertEqual([AT - 1], self.lives.together)

    def test_closed(self):
        """A life that has closed its loop itself is told of that, whoever it was."""

        class Herd(AsyncTestCase):
            @explore(schedules=9)
            async def test(inner):
                await turns(9)

            def tearDown(inner):
                if len(self.lives) >= AT:
                    inner.loop.close()

        with mock.patch.object(LoopMisuse, "add_close"):
            (failure,) = live(Herd).failures
        self.assertIn("[stopped-loop]", failure[1])
        self.assertEqual([3, 4, 5], self.woken)

    def test_dropped(self):
        """While the loop lies down it is closed, for whoever is dropped then."""
        said = []

        class Cat:
            def __init__(self):
                self.loop = asyncio.get_running_loop()

            def __del__(self):
                said.append(self.loop.is_closed())
                try:
                    self.loop.call_soon(print, "meow")
                except RuntimeError as error:
                    said.append(str(error))

        class Herd(AsyncTestCase):
            @explore(schedules=9)
            async def test(inner):
                await turns(9)
                if len(self.lives) == AT:
                    inner.cat = Cat()

        self.assertTrue(live(Herd).wasSuccessful())
        self.assertEqual([True, "Event loop is closed"], said)
        self.assertEqual([3, 4, 5, 6, 7, 8, 9, 10], self.woken)

    def test_wakes_with_options(self):
        """Other options want another loop, and so do a hook of somebody's and asyncio's debug mode."""

        async def changes():
            await turns(9)
            if len(self.lives) == AT:
                os.environ["PYTHONASYNCIODEBUG"] = "1"
            else:
                os.environ.pop("PYTHONASYNCIODEBUG", None)

        self.addCleanup(os.environ.pop, "PYTHONASYNCIODEBUG", None)
        Explorer(schedules=9).run(changes).check()
        self.assertEqual([3, 4, 5, 8, 9, 10], self.woken)

    def test_copied(self):
        """Whoever has a copy of the instance of a life knows that life; it ends with it, and no other one."""
        copies = []

        class Herd(AsyncTestCase):
            @explore(schedules=9)
            async def test(inner):
                await turns()
                copies.append(copy.copy(inner))
                if len(copies) > 1:
                    self.assertTrue(copies.pop(0).loop.is_closed())
                await turns()

        self.assertTrue(live(Herd).wasSuccessful())
        self.assertEqual([], self.woken)

    def test_kept_runner(self):
        """So does whoever has kept what runs it, or its host."""
        for name in ("_asyncioRunner", "host"):
            with self.subTest(kept=name):
                self.lives.series.clear()
                kept = []

                class Herd(AsyncTestCase):
                    @explore(schedules=9)
                    async def test(inner):
                        runner = inner._asyncioRunner
                        kept.append(runner if name == "_asyncioRunner" else runner.host)
                        await turns()

                self.assertTrue(live(Herd).wasSuccessful())
                self.assertEqual([], self.woken)

    def test_attribute(self):
        """What somebody has put on the loop goes with its life."""
        dropped = []

        class Cat:
            def __del__(self):
                dropped.append(len(case.lives))

        case = self

        async def keeps():
            await turns(9)
            asyncio.get_running_loop().cat = Cat()

        Explorer(schedules=9).run(keeps).check()
        self.assertEqual(list(range(1, 11)), dropped)
        self.assertEqual([], self.woken)

    def test_told_once(self):
        """What keeps a life from resting is told once."""

        async def leaves():
            await turns(9)
            if len(self.lives) == AT:
                loop = asyncio.get_running_loop()
                servers.append(await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, start_serving=False))

        servers = []
        found = Explorer(schedules=9).run(leaves)
        for server in servers:
            for sock in server.sockets:
                sock._sock.close()
        self.assertIn("[leftover-server]", str(found.error))
        self.assertNotIn("2 faults", str(found.error))

    def test_no_limit(self):
        """Whether there is a time limit makes no difference."""

        async def keeps():
            await turns(9)
            if len(self.lives) == AT:
                asyncio.get_running_loop().cat = "Garfield"

        Explorer(schedules=9, time_limit=None).run(keeps).check()
        self.assertEqual([3, 4, 5, 7, 8, 9, 10], self.woken)

    def test_refused(self):
        """A life of which a check has something to tell is closed as ever, whether that is allowed or not."""

        async def cats():
            try:
                yield "Garfield"
            finally:
                await asyncio.sleep(0)

        @allow("collected-generator", reason="cats")
        async def breaks():
            async for _ in cats():
                break
            await turns()

        Explorer(schedules=9).run(breaks).check()
        self.assertEqual([], self.woken)

    def test_context(self):
        """What a life has in its context goes with it, not when the next one has begun, which would be told of that."""
        number, dropped = contextvars.ContextVar("number"), []

        class Cat:
            def __del__(self):
                dropped.append((len(case.lives), current_scene(), random.random()))
                raise ValueError("a cat")

        case = self

        async def rests():
            number.set(Cat())
            await turns(9)

        async def does_not():
            await rests()
            asyncio.get_running_loop().cat = "Garfield"

        with mock.patch.object(sys, "unraisablehook", lambda unraisable: None):
            for main in (rests, does_not):
                with self.subTest(main=main.__name__):
                    dropped.clear()
                    self.lives.series.clear()
                    Explorer(schedules=9).run(main).check()
                    self.assertEqual(list(range(1, 11)), [number for number, _, _ in dropped])
                    self.assertEqual({None}, {scene for _, scene, _ in dropped})

    def test_interrupted(self):
        """Wherever it is broken off between two lives, each loop is closed."""
        loops = []
        make = engines.ExploredLoop.__init__

        def __init__(loop, *args, **words):
            loops.append(loop)
            make(loop, *args, **words)

        class Interrupt(BaseException):
            pass

        for kind, name in (
            (Rested, "is_done_with"),
            (Rested, "lie_down"),
            (Rested, "get_up"),
            (Rested, "begin_anew"),
            (Series, "_is_any_check_in_doubt"),
            (Series, "_renew_limit"),
            (Series, "_inspect"),
            (Trial, "begin_anew"),
            (Trial, "forget_context"),
        ):
            with (
                self.subTest(at=name),
                mock.patch.object(kind, name, side_effect=Interrupt),
                mock.patch.object(engines.ExploredLoop, "__init__", __init__),
            ):
                with self.assertRaises(Interrupt):
                    Explorer(schedules=9).run(turns)
            self.assertEqual([True] * len(loops), [loop._closed for loop in loops])
            self.assertEqual([None] * len(loops), [loop._selector for loop in loops])
            self.assertEqual({}, base._SCENES)
            loops.clear()

    def test_in_a_life(self):
        """A life that is led inside of another one has a loop of its own."""

        async def inner():
            await turns()

        async def outer():
            await turns(9)
            asynctesting.run(inner, loop_factory=self.factory)

        class Factory(engines.Factory):
            def __init__(factory, *args):
                super().__init__(*args)
                self.factory = factory

        with mock.patch.object(engines, "Factory", Factory):
            Explorer(schedules=9).run(outer).check()
        self.assertEqual([], self.woken)  # each life has made a loop besides its own, which is a doubt

    def test_stays_closed(self):
        """When the series ends, the loop is closed for good, and so it is when something breaks it off."""
        loops = []
        make = engines.ExploredLoop.__init__

        def __init__(loop, *args, **words):
            loops.append(loop)
            make(loop, *args, **words)

        async def exits():
            await turns(9)
            if len(self.lives) == AT:
                raise SystemExit

        with mock.patch.object(engines.ExploredLoop, "__init__", __init__):
            Explorer(schedules=9).run(turns).check()
            self.lives.series.clear()
            with self.assertRaises(SystemExit):
                Explorer(schedules=9).run(exits)
        self.assertEqual([True] * len(loops), [loop._closed for loop in loops])
        self.assertEqual([None] * len(loops), [loop._selector for loop in loops])
        self.assertEqual({}, base._SCENES)

    def seen(self, main, **words):
        """What each life of *main* has seen, and what was decided in it."""
        seen = []
        lead = Engine._run

        def run(engine, strategy, **more):
            seen.append([])
            life = lead(engine, strategy, **more)
            decisions = life.loop.decisions
            seen[-1] += [dict(decisions.made), list(decisions.widths), decisions.is_cut, life.loop.time()]
            return life

        async def told():
            await main(seen[-1].append)

        with mock.patch.object(Engine, "_run", run):
            found = Explorer(schedules=60, **words).run(told)
        return seen, found.failed, found.orders, found.replay

    def test_same(self):
        """What a life sees is the same on a loop of its own, and on one that is as good as new."""

        async def cats(see):
            loop, number = asyncio.get_running_loop(), contextvars.ContextVar("number", default=0)

            async def cat(name):
                see((name, loop.time(), number.get()))
                number.set(len(name))
                async with lock:
                    await asyncio.sleep(0.01 * len(name))
                    queue.put_nowait(name)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.035):
                        await asyncio.sleep(0.02 * len(name))
                see((name, await queue.get(), loop.time()))

            lock, queue = asyncio.Lock(), asyncio.Queue()
            see([loop.time(), number.get(), len(asyncio.all_tasks()), loop.slow_callback_duration])
            loop.call_later(0.02, see, "later")
            loop.call_soon(see, "soon")
            async with asyncio.TaskGroup() as group:
                for name in ("Tom", "Nermal", "Arlene"):
                    group.create_task(cat(name), name=name)
            number.set(9)
            await asyncio.sleep(1)

        async def fails(see):
            await cats(see)
            assert asyncio.get_running_loop().time() != 1.08

        for main in (cats, fails):
            for words in ({}, {"cancel": "Ne"}, {"strategy": "pct"}, {"strategy": "twice", "cancel": True}):
                with self.subTest(main=main.__name__, **words):
                    ours = self.seen(main, **words)
                    with mock.patch.object(Series, "let_rest", return_value=False):
                        true = self.seen(main, **words)
                    self.assertEqual(true, ours)
        self.assertGreater(len(self.woken), 200)


class SeriesTests(unittest.TestCase):
    """The class itself."""

    def test_nobody(self):
        """One without a life has nothing to tell, and ends once."""
        series = Series(Options())
        series.end()
        series.abandon()
        self.assertFalse(series.is_in_doubt)
        self.assertIsNone(series.verdict())

    def test_ends_once(self):
        """Ending it again does nothing."""
        series = Series(Options())

        def factory():
            return engines.ExploredLoop()

        setattr(factory, SERIES, series)
        asynctesting.run(turns, loop_factory=factory)
        self.assertFalse(series.is_in_doubt)
        series.end()
        with mock.patch.object(series, "_ask") as asked:
            series.end()
        asked.assert_not_called()

    def test_limit_that_has_expired(self):
        """The next life has another one."""
        series = Series(Options())
        self.addCleanup(series.abandon)

        def factory():
            return engines.ExploredLoop()

        setattr(factory, SERIES, series)
        asynctesting.run(turns, loop_factory=factory)
        first = series.limit
        first._expired = True
        asynctesting.run(turns, loop_factory=factory)
        self.assertIsNot(first, series.limit)
        self.assertFalse(series.limit.expired)

    def test_at_the_end_of_nothing(self):
        """Where no life is led, no task is cancelled."""
        self.assertIsNone(Series(Options())._ending([]))

    def test_off(self):
        """What is not looked for raises no doubt."""
        series = Series(Options(checks="off"))
        series._levels = levels("off")
        series._file(Finding("never-awaited", "a cat", "herd it", None))
        self.assertFalse(series.is_in_doubt)

    def test_limit(self):
        """The limit speaks for the life that is led, if there is one; without a limit there is none."""
        series = Series(Options(time_limit=None))
        self.addCleanup(series.abandon)

        def factory():
            return engines.ExploredLoop()

        setattr(factory, SERIES, series)
        limits = []

        class Limit(TimeLimit):
            def __init__(self, *args, **words):
                super().__init__(*args, **words)
                limits.append(self)

        with mock.patch("asynctesting.series.TimeLimit", Limit):
            loop = asyncio.new_event_loop()
            self.addCleanup(loop.close)
            series._limit_of(10, loop).stop()
        (limit,) = limits
        self.assertEqual("", limit._describe())
        self.assertIsNone(limit._cancel())
        self.assertIsNone(limit._guilty())

        async def asks():
            self.assertIsNone(series.limit)
            self.assertIn("in virtual time", limit._describe())
            self.assertIs(asyncio.current_task(), limit._guilty())
            limit._cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asyncio.sleep(1)
            asyncio.current_task().uncancel()

        asynctesting.run(asks, loop_factory=factory, time_limit=None)

    def test_over_time(self):
        """A life that is over its time is ended, and told as it is."""
        lives = []

        async def blocks():
            lives.append(1)
            await turns(9)
            if len(lives) == AT:
                await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.4)

        found = Explorer(schedules=20, time_limit=0.2).run(blocks)
        self.assertIsInstance(found.error, TimeLimitExceeded)
        self.assertIn("asyncio.get_running_loop()", str(found.error))

    def test_shared_checks(self):
        """Each shared check knows when to doubt."""
        from asynctesting.checks import CHECKS

        for kind in CHECKS:
            if kind.is_shared:
                self.assertIsNot(Check.is_in_doubt, kind.is_in_doubt, kind)


class FaultTests(Patched):
    """Each fault of the corpus is told of a late life as if that had been led by itself."""

    def explored(self, sample):
        """The same sample as a test that is explored, and begins to do so in a late life."""
        lives = []

        @explore(schedules=AT + 6, strategy="walk", within=None)
        async def test(case):
            lives.append(case)
            await turns()
            if len(lives) >= AT:
                made = sample.body(case)
                return await made if inspect.isawaitable(made) else made

        test.__name__ = sample.body.__name__
        more = {
            "options": sample.options,
            "code": sample.code,
            "line": sample.has_line,
            "around": sample.around,
            "alone": sample.is_alone,
        }
        return Sample(test, sample.section, sample.checks, more)

    def run_explored(self, sample):
        return self.explored(sample).run(asynctesting.AsyncTestCase)

    def outcome(self, run):
        named = run.named if run.sample.has_line and run.failed else None
        return run.failed, run.seen, named, run.blamed, run.is_healthy

    def is_as_ever(self, run):
        """Tell whether it has come out as it does where it is not explored."""
        if not run.sample.is_fault:
            return run.is_healthy
        return run.seen and not run.blamed and (run.named or not run.sample.has_line)

    def check(self, samples):
        for sample in samples:
            if (
                isinstance(sample.body, type)
                or sample.options.get("loop_scope")
                or sample.section == BLOCKING
                or SLOW.search(sample.body.__name__)
            ):
                continue
            with self.subTest(sample.name), contextlib.redirect_stderr(io.StringIO()):
                run = self.run_explored(sample)
                if not self.is_as_ever(run):
                    with mock.patch.object(Engine, "_lead", alone):
                        expected = self.outcome(self.run_explored(sample))
                    self.assertEqual(expected, self.outcome(run))

    def test_faults(self):
        """Faults fail, and their lines are named."""
        self.check(FAULTS)

    def test_twins(self):
        """Twins do not, whatever they do."""
        self.check(TWINS)


if __name__ == "__main__":
    unittest.main()
