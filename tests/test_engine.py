"""Many lives, each in another order."""

import asyncio
import gc
import itertools
import os
import random
import subprocess
import sys
import time
import unittest
import warnings
from pathlib import Path
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    Explorer,
    FindingsError,
    ReplayError,
    engine,
    explore,
)
from asynctesting.checks.base import is_led
from asynctesting.engine import Engine, Life, Outcome
from asynctesting.errors import StageError
from asynctesting.loops.explored import ExploredLoop
from asynctesting.options import Exploring, Options
from asynctesting.remembered import Remembered
from asynctesting.schedules import Before, Order, Strategy, write
from asynctesting.series import Series

from .exploring import Patched, Yard, race, three, turns, wide, without_collector
from .support import live


#: Prints what is decided in each schedule of a test that is not small.
SCHEDULES = """
import asyncio
from asynctesting import Explorer, engine
from tests.exploring import wide

def run(self, strategy, run=engine.Engine._run, **words):
    life = run(self, strategy, **words)
    print(life.loop.decisions.made, life.loop.decisions.widths)
    return life

async def many():
    await asyncio.gather(*(asyncio.sleep(0.1 * nap) for nap in range(4)), wide(), wide())

async def all_is_well():
    await asyncio.wait([asyncio.ensure_future(many())])

engine.Engine._run = run
engine.Engine._look_for_luck = lambda self, base, again: None
Explorer(schedules=12, seed=3, cancel=True, checks="off").run(all_is_well)
"""


class EngineTests(Patched):
    """Many lives, each in another order."""

    def test_fails(self):
        """An order that fails is found, and its exception comes with a note."""
        found = Explorer().run(race)
        self.assertTrue(found.failed)
        self.assertIsInstance(found.error, AssertionError)
        self.assertEqual("['Garfield', 'Nermal']", str(sorted(eval(str(found.error)))))
        self.assertEqual(["\n" + found.report], found.error.__notes__)
        self.assertLess(found.schedules, 30)
        self.assertEqual(1, found.failures)
        self.assertFalse(found.exhausted)

    def test_report(self):
        """The note tells the order, what matters of it, and how to replay it."""
        report = Explorer().run(race).report
        for text in (
            r"\Ait fails in an order that asyncio may take \(schedule \d+ of 200, seed 0\)\n\n",
            r"loop time │ test .*│ Yard.admit .*│ Yard.admit#2\n",
            r"\n▶ .* │ \d+: asyncio.sleep\(0\) +│ overtaken",
            r"\n\nwhat matters of it:\n  test takes step 4 before Yard.admit begins\n",
            r"\nto replay it:\n  ASYNCTESTING_REPLAY=(1\.[\w-]+\.[0-9a-f]{6})\n",
            r'to keep it: @explore\(replay="1\.[\w-]+\.[0-9a-f]{6}"\)\Z',
        ):
            self.assertRegex(report, text)

    def test_all_orders(self):
        """A small test is gone through, which is a proof."""

        async def two():
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

        found = Explorer().run(two)
        self.assertTrue(found.exhausted)
        self.assertEqual(f"all {found.orders} orders hold", str(found))
        self.assertLess(found.schedules, 60)

    def test_one_order(self):
        """Where nothing can be decided one life is enough."""

        async def alone():
            await asyncio.sleep(1)

        found = Explorer().run(alone)
        self.assertEqual((1, 1, True), (found.schedules, found.orders, found.exhausted))
        self.assertEqual("holds: there is one order", str(found))

    def test_not_all(self):
        """It is no proof if somebody was overtaken so often that it had to end."""

        async def poll():
            done = []

            async def work():
                done.append(True)

            task = asyncio.create_task(work())
            while not done:
                await asyncio.sleep(0)
            await task

        found = Explorer(schedules=400, strategy="exhaustive", stalls=False).run(poll)
        self.assertFalse(found.failed)
        self.assertFalse(found.exhausted)

    def test_seed(self):
        """The same seed gives the same schedules, another one others."""
        counts = [
            Explorer(schedules=40, seed=seed, count=True, strategy="walk").run(wide).failures
            for seed in (1, 1, 2, 3, 4)
        ]
        self.assertEqual(counts[0], counts[1])
        self.assertGreater(len(set(counts)), 1)

    def test_same_schedules_in_another_process(self):
        """With the same seed another process runs the same schedules, whatever it hashes by."""
        told = set()
        for number in range(2):
            environ = os.environ | {"PYTHONHASHSEED": str(number), "PYTHONPATH": os.getcwd()}
            done = subprocess.run(
                [sys.executable, "-c", SCHEDULES],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
            )
            told.add(done.stdout)
        self.assertEqual(1, len(told))
        self.assertEqual(12 + 1, told.pop().count("{"))

    def test_replay(self):
        """A failing order is found again at once."""
        token = Explorer().run(race).replay
        found = Explorer(schedules=1, replay=token).run(race)
        self.assertTrue(found.failed)
        self.assertEqual(1, found.schedules)
        self.assertIn("it fails in the order to be replayed", found.report)

    def test_replay_after_an_edit(self):
        """It is found again when an await was added, and when a task was."""
        token = Explorer().run(race).replay

        async def longer():
            await asyncio.sleep(0)
            await race()

        async def with_another():
            other = asyncio.create_task(asyncio.sleep(0))
            await race()
            await other

        for edited in (longer, with_another):
            with self.subTest(edited.__name__):
                self.assertTrue(Explorer(schedules=1, replay=token).run(edited).failed)

    def test_replay_is_no_more(self):
        """It is said when the order is not there any more, unless another one fails."""
        token = write(Order({}, (Before("nobody", 1, "test", 0),)))
        with self.assertRaises(ReplayError) as caught:
            Explorer(replay=token).run(three)
        self.assertEqual(
            "the order to be replayed is not there any more: that nobody takes step 2 before test "
            "begins did not come true, and it did not fail; if what failed was mended, leave the "
            "replay out, else explore anew",
            str(caught.exception),
        )
        self.assertTrue(Explorer(replay=token).run(race).failed)

    def test_mended(self):
        """A replay that does not fail any more is a regression test."""

        async def mended():
            yard, lock = Yard(), asyncio.Lock()

            async def admit(cat):
                async with lock:
                    await yard.admit(cat)

            await asyncio.gather(admit("Garfield"), admit("Nermal"))
            assert len(yard.cats) == 1

        async def broken():
            yard = Yard()

            async def admit(cat):
                await yard.admit(cat)

            await asyncio.gather(admit("Garfield"), admit("Nermal"), asyncio.sleep(0))
            assert len(yard.cats) == 1 or yard.cats[0] == "Garfield"

        token = Explorer().run(broken).replay
        self.assertFalse(Explorer(replay=token, schedules=20).run(mended).failed)

    def test_asyncios_own_order(self):
        """A failure of asyncio's own order needs no replay."""

        async def wrong():
            await asyncio.sleep(0)
            assert False

        found = Explorer().run(wrong)
        self.assertEqual((True, 1, None), (found.failed, found.schedules, found.replay))
        self.assertEqual("(asyncio's own order, the first schedule of 200)", found.report)

    def test_findings(self):
        """What the checks find fails an order as well, and is shrunk as that."""

        async def forgetful():
            done = []

            async def work():
                for _ in range(4):
                    await asyncio.sleep(0)
                done.append(True)

            task = asyncio.create_task(work())
            for _ in range(6):
                await asyncio.sleep(0)
            return task

        found = Explorer().run(forgetful)
        self.assertIsInstance(found.error, FindingsError)
        self.assertIn("[pending-task]", str(found.error))
        self.assertIn("what matters of it:", found.report)

    def test_groups(self):
        """The exceptions of a group are what two failures have in common."""

        async def group():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(race())

        found = Explorer().run(group)
        self.assertIsInstance(found.error, ExceptionGroup)
        self.assertIn("what matters of it:", found.report)

    def test_deadlock(self):
        """An order in which nobody can go on fails, at once."""

        async def deadlock():
            one, other = asyncio.Lock(), asyncio.Lock()

            async def work(first, second):
                async with first:
                    await asyncio.sleep(0)
                    async with second:
                        pass

            first = asyncio.create_task(work(one, other))
            for _ in range(4):
                await asyncio.sleep(0)
            await asyncio.gather(first, work(other, one))

        found = Explorer().run(deadlock)
        self.assertIn("Deadlock", type(found.error).__name__)
        self.assertRegex(
            found.report,
            r"\n              │ test fails here, since it waits for ever, at \d+: "
            r"asyncio.gather\(first, .*\n\nwhat matters",
        )
        self.assertNotIn("comes to an end", found.report)

    def test_skipped_later(self):
        """Only the first life may skip."""
        lives = []

        async def skipped():
            lives.append(1)
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
            if len(lives) > 1:
                raise unittest.SkipTest("not today")

        found = Explorer().run(skipped)
        self.assertIsInstance(found.error, StageError)
        self.assertRegex(
            str(found.error), "skipped in schedule 2 only, not in the first one: not today"
        )

    def test_skipped_in_one_order(self):
        """An order in which it is skipped is made simpler and shown as others are."""

        async def skipped():
            came = []

            async def come(name):
                came.append(name)
                await asyncio.sleep(0)

            await asyncio.gather(come(1), come(2), come(3))
            if came.index(2) < came.index(1):
                raise unittest.SkipTest("another order")

        found = Explorer().run(skipped)
        self.assertIsInstance(found.error, StageError)
        self.assertNotIn("not deterministic", found.report)
        self.assertRegex(found.report, "what matters of it:\n  come#2 begins before come begins")

    def test_nobody_to_cancel(self):
        """A pattern that is in no name is told, with the names that there are."""

        async def tasks(*names):
            await asyncio.gather(*(asyncio.create_task(asyncio.sleep(0), name=name) for name in names))

        async def generate():
            yield 1

        async def internal():
            async for one in generate():
                break

        for names, there in (
            ((), "there is none but the test's own"),
            (("a",), "there is 'a'"),
            (("a", "b"), "there are 'a' and 'b'"),
            ("abc", "there are 'a', 'b' and 'c'"),
            ("abcdefgh", "there are 'a', 'b', 'c', 'd', 'e' and others"),
        ):
            with self.subTest(names), warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = Explorer(cancel="wroker", schedules=2).run(lambda: tasks(*names))
                self.assertFalse(found.failed)
                (text,) = [str(one.message) for one in caught]
                self.assertTrue(text.endswith(
                    f"nothing was cancelled: cancel='wroker' is found in the name of no task; {there}"
                ), text)
        with self.assertWarnsRegex(AsyncTestingWarning, "there is none but the test's own"):
            Explorer(cancel="wroker|aclose", schedules=2, checks="off").run(internal)

    def test_somebody_to_cancel(self):
        """Nothing is told where there was one, or any would do, or it has failed or was skipped."""

        async def later():
            await asyncio.sleep(0)
            await asyncio.gather(
                asyncio.create_task(asyncio.sleep(0), name="other"),
                asyncio.create_task(asyncio.sleep(0), name="worker"),
            )

        async def nothing():
            await asyncio.sleep(0)

        async def skipped():
            raise unittest.SkipTest("not today")

        async def failing():
            raise ValueError

        for cancel, main in (
            ("worker", later), (True, nothing), ("wroker", skipped), ("wroker", failing), (False, nothing)
        ):
            with self.subTest(main.__name__), warnings.catch_warnings():
                warnings.simplefilter("error")
                Explorer(cancel=cancel, schedules=9).run(main)

    def test_time_limit(self):
        """A life that used up its time is not lived again and again."""

        async def slow():
            done = []

            async def work():
                done.append(True)

            task = asyncio.create_task(work())
            await asyncio.sleep(0)
            while not done:
                time.sleep(0.001)
            await task

        began = time.monotonic()
        found = Explorer(time_limit=0.2, strategy="exhaustive").run(slow)
        self.assertTrue(found.failed)
        self.assertLess(time.monotonic() - began, 30)

    def test_not_enough_time(self):
        """Where real time is up before all schedules are tried, it is told how far it came."""
        for within, told in ((1e-9, 1), (60, 0), (None, 0)):
            with self.subTest(within=within), warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = Explorer(schedules=3, within=within, strategy="walk").run(three)
            texts = [str(one.message) for one in caught if one.category is AsyncTestingWarning]
            self.assertEqual((told, False), (len(texts), found.failed))
            self.assertEqual(1 if told else 3, found.schedules)
            for text in texts:
                self.assertRegex(text, "three: explored 1 of 3 schedules within 1e-09 s; give it more")


class SeriesTests(Patched):
    """Lives that are looked at together; see test_series."""

    def setUp(self):
        super().setUp()
        without_collector(self)
        self.kept, self.lives = [], []
        self.addCleanup(lambda: [one.close() for one in self.kept])

    async def keep(self, at):
        """Leave a coroutine in these lives."""
        self.lives.append(1)
        await turns(1)
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))
        if at(len(self.lives)):
            self.kept.append(three())

    def test_broken_off_at_its_end(self):
        """When something breaks the end of a series off, nothing is left of it."""
        with (
            mock.patch.object(Series, "_inspect", side_effect=SystemExit),
            mock.patch.object(Series, "abandon", autospec=True, side_effect=Series.abandon) as abandoned,
            self.assertRaises(SystemExit),
        ):
            Explorer(schedules=5).run(three)
        abandoned.assert_called_once()
        self.assertFalse(is_led())

    def test_luck_that_fails(self):
        """It is none of the schedules."""
        lives = []

        async def fails():
            lives.append(1)
            await three()
            if len(lives) == 5:
                raise ValueError("a cat")

        self.assertEqual(4, Explorer(schedules=4).run(fails).check().schedules)

    def test_broken_off_before_luck(self):
        """That the last schedule was broken off is not forgotten for the life that looks for luck."""
        series = Series(Options())
        engine = Engine(Exploring(), lambda factory: Outcome(), name="x")
        engine._sow(0)
        for was in (False, True):
            series.is_broken_off = was
            engine._repeat_in_series(series)
            self.assertIs(was, series.is_broken_off)

    def test_found_late_in_time(self):
        """What is found when time is over is told as of its life, and nobody is told of the time."""
        clock = mock.Mock(nanoseconds=itertools.count(0, 10**8).__next__)
        with (
            mock.patch("asynctesting.engine.realtime", clock),
            mock.patch("asynctesting.engine.TOGETHER_FOR", 10**12),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            found = Explorer(schedules=90, within=2).run(lambda: self.keep(lambda number: number > 4))
        self.assertTrue(found.failed)
        self.assertGreater(len(self.lives), 5)

    def test_luck_alone(self):
        """Where there is no series any more, what looks for luck is led by itself."""
        with mock.patch("asynctesting.engine.TOGETHER", 1):
            self.assertEqual(4, Explorer(schedules=4).run(three).check().schedules)

    def test_progress(self):
        """Whoever looks is told after each life."""
        with mock.patch("asynctesting.engine.Progress") as progress:
            Explorer(schedules=5).run(three)
            progress.return_value.is_live = False
            Explorer(schedules=5).run(three)
        self.assertEqual([mock.call(number, 0) for number in range(1, 6)], progress().show.mock_calls)

    def test_led_once_more(self):
        """What is found in a series is told of its life."""
        found = Explorer(schedules=20).run(lambda: self.keep(lambda number: number > 4))
        self.assertIn("[never-awaited]", str(found.error))

    def test_counted(self):
        """Each of them counts."""
        found = Explorer(schedules=20, count=True).run(lambda: self.keep(lambda number: number > 4))
        self.assertIn("[never-awaited]", str(found.error))
        self.assertGreater(found.failures, 10)
        self.assertEqual(20, found.schedules)

    def test_in_the_last_one(self):
        """What is found in a series that is not full is told when there are no more orders."""
        found = Explorer(schedules=20).run(lambda: self.keep(lambda number: number > 18))
        self.assertIn("[never-awaited]", str(found.error))

    def test_counted_once(self):
        """What is found when the last series is over counts as well."""
        failing = [9]

        async def fails():
            await self.keep(lambda number: number == 12)
            if len(self.lives) in failing:
                raise ValueError("a cat")

        found = Explorer(schedules=13, count=True).run(fails)
        self.assertIsInstance(found.error, ValueError)
        self.assertGreaterEqual(found.failures, 2)

    def test_not_again(self):
        """Where it is not found again, all of them have failed."""
        found = Explorer(schedules=20).run(lambda: self.keep(lambda number: number == 4))
        self.assertIn("[never-awaited]", str(found.error))
        self.assertIn("one of the schedules 2 to 20 of 20", found.report)

    def test_warned(self):
        """What only warns, warns of its life, and not once more of all of them."""
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            Explorer(schedules=20, checks={"never-awaited": "warn"}).run(
                lambda: self.keep(lambda number: number > 4)
            ).check()
        self.assertEqual(1, len({str(one.message) for one in told}), told)

    def test_warned_of_something_else(self):
        """What fails and does not come again, fails, though each life warns of something else."""

        async def main():
            asyncio.get_running_loop().call_later(9, int)
            await self.keep(lambda number: number == 4)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = Explorer(schedules=20, checks={"leftover-timer": "warn"}).run(main)
        self.assertIn("[never-awaited]", str(found.error))

    def test_doubts_without_a_fault(self):
        """A doubt about what is in order is no fault."""
        hook = sys.excepthook
        self.addCleanup(setattr, sys, "excepthook", hook)

        async def changes():
            await self.keep(lambda number: False)
            sys.excepthook = print

        Explorer(schedules=20).run(changes).check()

    def test_broken_off(self):
        """A series that is broken off is no more."""

        async def ends():
            await self.keep(lambda number: False)
            if len(self.lives) == 4:
                raise SystemExit

        with self.assertRaises(SystemExit):
            Explorer(schedules=20).run(ends)
        self.assertFalse(is_led())

    def test_before_a_failure(self):
        """The first fault is told, though a later life has failed."""

        async def fails():
            await self.keep(lambda number: number in (4, 6, 7, 8, 9, 10))
            if len(self.lives) == 5:
                raise ValueError("a cat")

        found = Explorer(schedules=20).run(fails)
        self.assertIn("[never-awaited]", str(found.error))


class MemoryTests(Patched):
    """Orders that have failed before, or are the only ones to be tried."""

    def explored(self, main, *, is_expected=False, **words):
        """What comes of exploring *main* under one name; how many lives that took."""
        lives = []

        def live(factory):
            lives.append(factory)
            try:
                asynctesting.run(main, loop_factory=factory)
            except AssertionError as error:
                return Outcome(is_expected=True) if is_expected else Outcome(error)
            return Outcome()

        words = {"remembered": Remembered("cats", Path(self.home)), **words}
        self.engine = Engine(Exploring(schedules=20), live, name="cats", **words)
        return self.engine.explore(), len(lives)

    def test_remembered(self):
        """An order that has failed is tried first, and forgotten when it does not fail any more."""
        found, _ = self.explored(race)
        self.assertIn("run this test again: it tries this order first", found.report)
        again, lives = self.explored(race)
        self.assertIn("it fails in the order that failed the last time", again.report)
        self.assertEqual((found.replay, 1), (again.replay, lives))
        self.assertEqual(1, len(self.orders()))
        mended, lives = self.explored(three)
        self.assertFalse(mended.failed)
        self.assertGreater(lives, 20)
        self.assertEqual([], self.orders())

    def test_remembered_in_vain(self):
        """An order that nobody can read any more is forgotten, and no failure."""
        Remembered("cats", Path(self.home)).add("2.abc.000000")
        found, lives = self.explored(three)
        self.assertEqual((False, 20), (found.failed, found.schedules))
        self.assertEqual([], self.orders())

    def test_counted(self):
        """Who counts failures goes on after an order that is remembered, and keeps it."""
        first, _ = self.explored(race)
        found, _ = self.explored(race, is_counting=True)
        self.assertEqual(20, found.schedules)
        self.assertGreater(found.failures, 1)
        self.assertIn(first.replay, Remembered("cats", Path(self.home)).tokens())

    def test_one_order_alone(self):
        """An engine that is to replay tries that order, and no others."""
        token = self.explored(race)[0].replay
        found, lives = self.explored(race, replay=token)
        self.assertIn("it fails in the order to be replayed", found.report)
        self.assertEqual(1, lives)
        found, lives = self.explored(three, replay=write(Order({0: 1})))
        self.assertEqual((False, 0), (found.failed, found.schedules))
        self.assertLess(lives, 20)

    def test_expected(self):
        """A failure that is expected ends it, and is what came of it."""
        found, lives = self.explored(race, is_expected=True)
        self.assertFalse(found.failed)
        self.assertLess(lives, 20)
        self.assertTrue(self.engine.last.is_expected)
        self.assertFalse(self.engine.first.is_expected)
        self.assertEqual([], self.orders())


class LuckTests(Patched):
    """Luck that comes in otherwise."""

    def test_outside(self):
        """Work outside is done, and told, and nothing is remembered."""

        async def outside():
            await asyncio.to_thread(int)
            await race()

        found = Explorer().run(outside)
        self.assertTrue(found.failed)
        self.assertIn("an executor", found.outside)
        self.assertIn("not exactly replayable: it has used an executor", found.report)

    def test_shared(self):
        """What fails in asyncio's own order, which has passed, is no matter of the order, but of what is shared."""
        lives = []

        async def spoiled():
            lives.append(1)
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0), asyncio.sleep(0))
            assert len(lives) < 3

        found = Explorer().run(spoiled)
        self.assertEqual((True, 3, None), (found.failed, found.schedules, found.replay))
        self.assertEqual(
            "it fails whatever the order, in asyncio's own as well, which has passed before (schedule 3 of "
            "200, seed 0)\nso something is shared between its lives, as a global, a cache or a class "
            "attribute: make it anew in set-up",
            found.report,
        )
        self.assertEqual([], self.orders())

        async def fickle():
            lives.append(1)
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0), asyncio.sleep(0))
            assert len(lives) not in (2, 3, 4)

        lives.clear()
        found = Explorer().run(fickle)
        self.assertEqual((True, 2, None), (found.failed, found.schedules, found.replay))
        self.assertIn("it fails now and then, in asyncio's own order as well", found.report)

    def test_now_and_then(self):
        """A failure that does not come again is told as it came."""
        lives = []

        async def fickle():
            lives.append(1)
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0), asyncio.sleep(0))
            assert len(lives) != 5

        found = Explorer().run(fickle)
        self.assertTrue(found.failed)
        self.assertIn("the test is not deterministic", found.report)

    def told(self, fickle, **options):
        """What is warned of."""

        class Tests(AsyncTestCase):
            @explore(**{"schedules": 29, **options})
            async def test(self):
                await fickle()

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = live(Tests)
        self.assertEqual("success", result.outcome)
        return [str(one.message) for one in caught if one.category is AsyncTestingWarning]

    def test_not_deterministic(self):
        """A test that does something else in the same order is told so, with what came first."""
        lives = iter(range(1000))

        async def other_names():
            number = next(lives)
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))
            task = asyncio.create_task(asyncio.sleep(0), name=f"n{number}")
            await asyncio.gather(task, *(asyncio.sleep(0) for _ in range(1 + number % 2)))

        (text,) = self.told(other_names)
        self.assertRegex(
            text,
            r"not deterministic: run twice in the same order, it did not do the same: its step "
            r"\d+ was that of n\d+, and the next time that of n\d+; an order",
        )

    def test_random(self):
        """What is random is the same in each life, another seed gives something else, and all ends as it was."""
        seen = set()

        async def main():
            seen.add(random.random())
            await asyncio.gather(turns(2), turns(2))

        random.seed(5)
        expected = random.random()
        random.seed(5)
        Explorer(schedules=20).run(main)
        self.assertEqual(expected, random.random())
        self.assertEqual(1, len(seen))
        Explorer(schedules=20, seed=1).run(main)
        self.assertEqual(2, len(seen))

    def test_random_is_replayed(self):
        """An order is replayed with the numbers with which it has failed, whatever the seed is by then."""

        async def main():
            number, taken = random.random(), []

            async def take():
                if not taken:
                    await asyncio.sleep(0)
                    taken.append(1)

            first = asyncio.create_task(take())
            await turns(3)
            await asyncio.gather(first, take())
            assert len(taken) == 1, number

        found = Explorer(seed=7).run(main)
        again = Explorer(seed=8, replay=found.replay).run(main)
        self.assertIn("it fails in the order to be replayed", again.report)
        self.assertEqual(str(random.Random(7).random()), str(again.error))
        self.assertEqual(str(found.error), str(again.error))
        # One that does not fail any more leaves no trace in those that follow.
        order = write(Order({}, (), 0, True, False, 99))
        self.assertEqual(str(found.error), str(Explorer(seed=7, replay=order).run(main).error))

    def test_other_places(self):
        """What differs may be the place, or the number of steps."""
        lives = iter(range(1000))

        async def places():
            number = next(lives)
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))
            if number % 2:
                await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
            else:
                await asyncio.sleep(0)

        (text,) = self.told(places)
        self.assertRegex(text, r"in its step \d+ test came to .*test_engine.py:\d+, in places")

        async def numbers():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))
            for _ in range(2 + next(lives) % 2):
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))

        (text,) = self.told(numbers)
        self.assertIn("did not do the same", text)


class CancellationTests(Patched):
    """Cancellation everywhere."""

    def explored(self, body, **options):
        """What comes of a test with this body."""

        class Tests(AsyncTestCase):
            @explore(**{"cancel": True, **options})
            async def test(self):
                await body(self)

        return live(Tests)

    async def lossy(self):
        """A consumer that loses what it has taken when it is cancelled."""
        queue, got = asyncio.Queue(), []

        async def consume():
            item = await queue.get()
            await asyncio.sleep(0)
            got.append(item)

        consumer = asyncio.create_task(consume())
        await asyncio.sleep(0)
        queue.put_nowait(1)
        await asyncio.wait([consumer])
        assert len(got) + queue.qsize() == 1

    def test_found(self):
        """What a cancellation breaks is found, and told."""
        result = self.explored(lambda case: self.lossy())
        self.assertEqual("failure", result.outcome)
        self.assertIn("is cancelled while it waits", result.text)
        self.assertIn("consume is struck after step 2, when waiting", result.text)

    def test_twice(self):
        """Who asks for it has a task cancelled again while it cleans up, and that is replayed."""
        for is_shielded in (False, True):

            async def main(is_shielded=is_shielded):
                opened, closed = [], []

                async def close():
                    await asyncio.sleep(1)
                    closed.append(1)

                async def worker():
                    opened.append(1)
                    try:
                        await asyncio.sleep(1)
                        closed.append(1)
                    except asyncio.CancelledError:
                        closing = asyncio.ensure_future(close())
                        await (asyncio.shield(closing) if is_shielded else closing)
                        raise

                await asyncio.wait([asyncio.create_task(worker(), name="worker")])
                await asyncio.sleep(2)
                assert len(opened) == len(closed)

            self.assertFalse(Explorer(cancel="worker").run(main).failed)
            found = Explorer(cancel="worker", strategy="twice").run(main)
            self.assertIs(not is_shielded, found.failed)
            if found.failed:
                self.assertIn("is cancelled again", found.report)
                self.assertEqual(2, found.report.count("worker is struck after step"))
                again = Explorer(cancel="worker", replay=found.replay).run(main)
                self.assertIn("it fails in the order to be replayed", again.report)

    def test_later(self):
        """A strike at a later instant of a wait is found again when other timers have come in between."""

        async def main(naps=()):
            others = [asyncio.create_task(asyncio.sleep(nap)) for nap in naps]
            worker = asyncio.create_task(asyncio.sleep(2), name="worker")
            await asyncio.sleep(1)
            assert worker.done() or not worker.cancelling()
            await asyncio.wait([worker, *others])

        found = Explorer(cancel="worker").run(main)
        self.assertIn(
            "worker is struck after step 1, when waiting and time has gone on, at test_engine.py:",
            found.report,
        )

        async def edited():
            await main([0.5])

        again = Explorer(cancel="worker", replay=found.replay).run(edited)
        self.assertTrue(again.failed)

    def test_by_name(self):
        """Only those are cancelled whose names match."""
        found = "failure"
        for pattern, outcome in (("cons", found), (r"^consume$", found), ("other", "success")):
            with self.subTest(pattern), warnings.catch_warnings():
                if outcome == "success":
                    warnings.filterwarnings("ignore", ".*nothing was cancelled", AsyncTestingWarning)
                result = self.explored(lambda case: self.lossy(), cancel=pattern)
                self.assertEqual(outcome, result.outcome)
        self.assertEqual("success", self.explored(lambda case: self.lossy(), cancel=False).outcome)

    def test_tasks_of_asyncio(self):
        """What asyncio has made for itself is not cancelled, for nobody else can do that."""

        async def main(case):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-S", "-c", "print(1)", stdout=asyncio.subprocess.PIPE
            )
            self.assertEqual(b"1", (await process.stdout.read()).strip())
            await process.wait()

        self.assertEqual("success", self.explored(main, schedules=3).outcome)

        async def generate():
            yield 1

        closing = generate().aclose()
        for coroutine, is_internal in ((closing, True), (mock.Mock(spec=[]), False)):
            task = mock.Mock(get_coro=lambda: coroutine)
            self.assertEqual(is_internal, engine._is_internal(task))
        closing.close()

    def test_who_awaits_it(self):
        """A test that fails because it awaits what was cancelled has not failed."""

        async def nap():
            await asyncio.sleep(1)

        async def one(case):
            await asyncio.create_task(nap())

        async def gathered(case):
            await asyncio.gather(nap(), nap())

        async def in_time(case):
            await asyncio.wait_for(asyncio.create_task(nap()), 3)

        async def waited(case):
            task = asyncio.create_task(nap())
            await asyncio.wait([task])
            task.result()

        async def group(case):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(nap())
                tasks.create_task(nap())

        for body in (one, gathered, in_time, waited, group):
            with self.subTest(body.__name__):
                self.assertEqual("success", self.explored(body).outcome)

    def test_who_awaits_another(self):
        """A cancellation that reaches somebody else is a failure."""

        async def shared(case):
            future = case.loop.create_future()
            case.loop.call_later(1, lambda: future.done() or future.set_result(1))

            async def wait():
                return await future

            tasks = [asyncio.create_task(wait()) for _ in "ab"]
            await asyncio.wait(tasks[:1])
            await tasks[1]

        result = self.explored(shared)
        self.assertEqual("error", result.outcome)
        self.assertIn("CancelledError", result.text)

    def test_its_own(self):
        """A test that cancels itself fails with that."""

        async def cancels(case):
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

        self.assertEqual("error", self.explored(cancels).outcome)

    def test_a_later_failure(self):
        """What fails after that is a failure."""

        class Tests(AsyncTestCase):
            @explore(cancel=True)
            async def test(self):
                self.done = False
                await asyncio.create_task(self.work())

            async def work(self):
                await asyncio.sleep(1)
                self.done = True

            async def asyncTearDown(self):
                self.assertTrue(self.done)

        self.assertEqual("error", live(Tests).outcome)


class EdgeTests(Patched):
    """What rarely happens."""

    def test_no_loop(self):
        """A life that fails before it has a loop fails in asyncio's order."""
        error = ValueError("at once")
        engine = Engine(
            Exploring(), lambda factory: Outcome(error), name="x"
        )
        self.assertIs(error, engine.explore().error)

    def test_so_many_orders(self):
        """Orders are counted as far as memory may be used for it."""
        with mock.patch.object(engine, "COUNTED", 5):
            found = Explorer(schedules=50).run(three)
        self.assertEqual(5, found.orders)

    def test_no_time_to_shrink(self):
        """When making it simpler takes too long, the order is told as it is."""
        with mock.patch.object(engine, "SHRINKING_SECONDS", 0):
            found = Explorer(strategy="walk").run(wide)
        self.assertTrue(found.failed)
        self.assertTrue(Explorer(replay=found.replay, schedules=1).run(wide).failed)

    def test_mended_meanwhile(self):
        """If it does not fail any more after all, what has failed is told."""
        mended = []

        async def fickle():
            if not mended:
                await race()

        def mend(items, fails, budget):
            mended.append(True)
            return items

        with mock.patch.object(engine, "without", mend):
            found = Explorer().run(fickle)
        self.assertIn("what matters of it", found.report)

    def test_not_to_be_had_by_constraints(self):
        """If keeping to the constraints does not make it fail, the decisions are told."""
        with mock.patch.object(engine, "Constrained", lambda items: Strategy()):
            found = Explorer().run(race)
        self.assertIn("what matters of it", found.report)
        self.assertTrue(Explorer(replay=found.replay, schedules=1).run(race).failed)

    def test_replay_of_what_is_skipped(self):
        """What skips itself is not lived again for a replay."""
        lives = []

        async def skipped():
            lives.append(1)
            raise unittest.SkipTest("not today")

        found = Explorer(replay=write(Order({0: 1})), schedules=1).run(skipped)
        self.assertFalse(found.failed)
        self.assertEqual(2, len(lives))


class ShownTests(Patched):
    """What is printed."""

    def test_ascii(self):
        """Where nothing else can be printed the picture is of ASCII characters."""
        for encoding, ascii in (("ascii", True), ("utf-8", False), ("nonsense", True)):
            stream = mock.Mock(encoding=encoding)
            stream.isatty.return_value = False
            with mock.patch.object(sys, "stderr", stream):
                self.assertEqual(ascii, Explorer().run(race).report.isascii(), encoding)

    def test_many_constraints(self):
        """Of many things that matter some are told, and the number of the others."""
        engine = Engine(Exploring(), lambda factory: None, name="x")
        loop = ExploredLoop()
        loop.close()
        life = Life(
            Outcome(ValueError()), Strategy(), loop
        )
        constraints = [Before("a", number, "b", 1) for number in range(9)]
        report = engine._told(life, "1.a.b", "it fails", constraints).report
        self.assertIn("\n  a takes step 6 before b takes step 2\n  and 3 more\n", report)

    def test_no_standard_error(self):
        """A program without a terminal explores as well."""
        with mock.patch.object(sys, "stderr", None):
            self.assertTrue(Explorer().run(race).failed)


class GarbageTests(Patched):
    """Many lives take no more memory than one."""

    def test_nothing_is_kept(self):
        """No task and no loop outlives its life, however many there are."""
        alive = []

        async def count():
            await three()
            alive.append(
                sum(type(one) is ExploredLoop for one in exploration_objects())
            )

        gc.collect()  # what others have left
        Explorer(schedules=60, strategy="walk").run(count)
        # Besides the first one there is what stands for one while the series lasts.
        self.assertLessEqual(alive[2] - alive[0], 1, alive)
        self.assertLessEqual(max(alive), alive[2], alive)


def exploration_objects():
    """All that the garbage collector knows."""

    return gc.get_objects()


if __name__ == "__main__":
    unittest.main()
