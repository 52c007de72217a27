"""Many lives, each in another order."""

import asyncio
import doctest
import inspect
import io
import os
import random
import re
import sys
import tempfile
import time
import typing
import unittest
import warnings
from pathlib import Path
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    Exploration,
    Explorer,
    FindingsError,
    OptionError,
    ReplayError,
    exploration,
    explore,
    virtual_time,
)
from asynctesting.errors import StageError
from asynctesting.exploration import Counting
from asynctesting.options import Exploring, exploring_of
from asynctesting.schedules import Before, Order, read, write

from .support import Record, live


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(exploration))
    return tests


class Yard:
    """Where two may enter when there is room for one."""

    def __init__(self):
        self.cats = []

    async def admit(self, cat):
        if not self.cats:
            await asyncio.sleep(0)
            self.cats.append(cat)


async def race(pause=3):
    """Let a second one come when the first one has long been in, as asyncio goes."""
    yard = Yard()
    first = asyncio.create_task(yard.admit("Garfield"))
    for _ in range(pause):
        await asyncio.sleep(0)
    await asyncio.gather(first, yard.admit("Nermal"))
    assert len(yard.cats) == 1, yard.cats


async def wide():
    """Race among many others, so that there are more orders than anybody tries."""
    await asyncio.gather(race(), *(asyncio.sleep(0) for _ in range(9)))


async def three():
    """Three tasks with a lock, which is well."""
    lock, count = asyncio.Lock(), 0

    async def work():
        nonlocal count
        async with lock:
            was = count
            await asyncio.sleep(0)
            count = was + 1

    await asyncio.gather(work(), work(), work())
    assert count == 3


async def turns(count):
    """Take so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


class Patched(unittest.TestCase):
    """Failing orders are kept in a folder of this test."""

    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory())
        settings = {name: "" for name in os.environ if name.startswith("ASYNCTESTING_")}
        settings["ASYNCTESTING_FAILURES"] = self.home
        self.enterContext(mock.patch.dict(os.environ, settings))

    def orders(self):
        """What is in the folder."""
        return list(Path(self.home).glob("*.orders"))


class ExplorerTests(Patched):
    """Exploring a coroutine function."""

    def test_it_is_told_what_the_decorator_is_told(self):
        """Their arguments are the same, with the same defaults: those of the record that keeps them."""
        _, *options = inspect.signature(explore).parameters.values()
        _, overloaded = typing.get_overloads(explore)
        own = [*inspect.signature(Explorer).parameters.values()][: len(options)]
        self.assertEqual(options, own)
        self.assertEqual(options, [*inspect.signature(overloaded).parameters.values()])
        self.assertEqual(
            Exploring(), exploring_of(**{option.name: option.default for option in options})
        )

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
            r"\n▶ .* \[before Yard.admit\]",
            r"\n\nwhat matters of it:\n  test takes step 4 before Yard.admit begins\n",
            r"\nto replay it:\n  ASYNCTESTING_REPLAY=(1\.[\w-]+\.[0-9a-f]{6})\n",
            r'to keep it: @explore\(replay="1\.[\w-]+\.[0-9a-f]{6}"\)\Z',
        ):
            self.assertRegex(report, text)

    def test_check(self):
        """What has failed is raised on demand; what has not gives itself."""
        with self.assertRaises(AssertionError):
            Explorer().run(race).check()
        found = Explorer().run(three)
        self.assertIs(found, found.check())

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

    def test_evidence(self):
        """All failures are counted if that is wanted."""
        found = Explorer(schedules=100, count=True, strategy="walk").run(wide)
        self.assertEqual(100, found.schedules)
        self.assertGreater(found.failures, 5)
        self.assertRegex(
            str(found), r"\Afails \d+ of 100 schedules \(\d+ different orders, seed 0\)\Z"
        )
        self.assertRegex(
            str(Exploration(schedules=1000, orders=900, seed=7)),
            r"\Afails 0 of 1,000 schedules \(900 different orders, seed 7\)\Z",
        )
        self.assertIn("more than 10,000", str(Exploration(orders=10_000)))

    def test_seed(self):
        """The same seed gives the same schedules, another one others."""
        counts = [
            Explorer(schedules=40, seed=seed, count=True, strategy="walk").run(wide).failures
            for seed in (1, 1, 2, 3, 4)
        ]
        self.assertEqual(counts[0], counts[1])
        self.assertGreater(len(set(counts)), 1)

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

    def test_skipped(self):
        """What skips itself is run once."""

        async def skipped():
            raise unittest.SkipTest("not today")

        found = Explorer().run(skipped)
        self.assertEqual((False, 1), (found.failed, found.schedules))

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

    def test_refused(self):
        """What cannot be is refused where it is written."""
        for options, message in (
            ({"schedules": 0}, "schedules must be a positive whole number"),
            ({"strategy": "wlak"}, "no strategy 'wlak' .did you mean 'walk'"),
            ({"replay": "nonsense"}, "is not a replay token"),
        ):
            with self.subTest(options), self.assertRaisesRegex(OptionError, message):
                Explorer(**options)
        with self.assertRaisesRegex(TypeError, "needs a coroutine function, not 3"):
            Explorer().run(3)
        with self.assertRaises(OptionError):
            Explorer(checks="nonsense").run(race)

    def test_cancelled(self):
        """A function that cancels itself fails with that."""

        async def cancelled():
            raise asyncio.CancelledError

        self.assertIsInstance(Explorer().run(cancelled).error, asyncio.CancelledError)

    def test_never_made_a_loop(self):
        """A function that fails before it is a coroutine fails in its first order."""

        def wrong():
            raise ValueError("at once")

        self.assertIsInstance(Explorer().run(wrong).error, ValueError)

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
        self.assertRegex(text, r"in its step \d+ test came to .*test_exploration.py:\d+, in places")

        async def numbers():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))
            for _ in range(2 + next(lives) % 2):
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))

        (text,) = self.told(numbers)
        self.assertIn("did not do the same", text)

    def test_differences(self):
        """Each difference has words; where none is found there are none."""
        difference = exploration._difference
        loop = exploration.ExploredLoop(record=True)
        loop.run_until_complete(asyncio.sleep(0))
        events = loop.events
        loop.close()
        self.assertEqual("", difference(events, events))
        self.assertEqual(
            f": it took {len(events)} steps, and the next time 1", difference(events, events[:1])
        )
        one, other = (exploration.copy.copy(events[0]) for _ in "ab")
        one.place, other.place = None, asynctesting.findings.Place("a file", 3)
        self.assertIn(
            "came to its end, and the next time to a file:3", difference([one], [other])
        )

    def test_time_is_up(self):
        """It is told when there was not enough time for all schedules."""

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        (text,) = self.told(many, within=1e-6)
        self.assertRegex(text, r"explored 1 of 29 schedules within 1e-06 s; give it more time")


class TestTests(Patched):
    """Exploring a test."""

    def test_fails(self):
        """One test is reported, with the exception of its own line, and how to replay it."""

        class Tests(AsyncTestCase):
            @explore
            async def test_race(self):
                await race()

        result = live(Tests)
        self.assertEqual([("test_race", "failure")], result.told)
        self.assertEqual(["startTest", "addFailure", "stopTest"], result.calls)
        self.assertRegex(result.text, r'(?s)Traceback.*assert len.*AssertionError: .*\n\nit fails')
        self.assertRegex(result.text, "run this test again: it tries this order first; or anywhere")
        self.assertEqual(1, len(self.orders()))

    def test_remembered(self):
        """The next run tries that order first, and forgets it when it does not fail any more."""
        lives = []

        class Tests(AsyncTestCase):
            pause = 3

            @explore
            async def test_race(self):
                lives.append(1)
                await race(self.pause)

        live(Tests)
        lives.clear()
        result = live(Tests)
        self.assertEqual("failure", result.outcome)
        self.assertIn("it fails in the order that failed the last time", result.text)
        self.assertEqual(1, len(lives))
        with mock.patch(f"{__name__}.Yard.admit", self.well):
            self.assertEqual("success", live(Tests).outcome)
        self.assertEqual([], self.orders())

    @staticmethod
    async def well(cat):
        pass

    def setUp(self):
        super().setUp()

        async def well(yard, cat):
            if not yard.cats:
                yard.cats.append(cat)

        self.well = well

    def test_not_read(self):
        """An order that cannot be read any more is forgotten."""

        class Tests(AsyncTestCase):
            @explore
            async def test_three(self):
                await three()

        name = Tests("test_three").id()
        exploration.Remembered(name, Path(self.home)).add("2.abc.000000")
        self.assertEqual("success", live(Tests).outcome)
        self.assertEqual([], self.orders())

    def test_passes(self):
        """A test that holds is one success, whatever there was of lives."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_three(self):
                lives.append(self)
                await three()
                self.assertGreaterEqual(self.loop.time(), 0)

        result = live(Tests)
        self.assertEqual([("test_three", "success")], result.told)
        self.assertGreater(len(lives), 5)
        self.assertEqual(len(lives), len(set(map(id, lives))))

    def test_whole_lives(self):
        """Each order has set-up, test, tear-down and cleanups of its own."""
        stages = []

        class Tests(AsyncTestCase):
            async def asyncSetUp(self):
                self.assertFalse(hasattr(self, "was_here"))
                self.was_here = True
                stages.append("set-up")
                self.addAsyncCleanup(asyncio.sleep, 0)
                self.addCleanup(stages.append, "cleanup")

            @explore(schedules=5)
            async def test_three(self):
                stages.append("test")
                await three()

            async def asyncTearDown(self):
                stages.append("tear-down")

        self.assertEqual("success", live(Tests).outcome)
        self.assertEqual(["set-up", "test", "tear-down", "cleanup"], stages[:4])
        self.assertEqual(0, len(stages) % 4)
        self.assertGreaterEqual(len(stages), 20)

    def test_virtual_time(self):
        """Virtual time may begin, and end, when it is told to."""

        class Tests(AsyncTestCase):
            @explore
            @virtual_time(start=100, until=200)
            async def test_time(self):
                await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
                self.assertEqual(102, self.clock.time())
                await asyncio.sleep(1000)

        result = live(Tests)
        self.assertEqual("error", result.outcome)
        self.assertIn("LoopTimeExceeded", result.text)

    def test_class(self):
        """Each test of a class is explored, and a test's own decorator is nearer."""

        @explore(schedules=7, strategy="walk")
        class Tests(AsyncTestCase):
            lives = {}

            def count(self):
                name = self._testMethodName
                self.lives[name] = self.lives.get(name, 0) + 1

            async def test_one(self):
                self.count()
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

            @explore(schedules=3, strategy="walk")
            async def test_two(self):
                self.count()
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

            def test_sync(self):
                self.count()

        self.assertTrue(live(Tests).wasSuccessful())
        # One more life looks whether the test is deterministic.
        self.assertEqual({"test_one": 8, "test_two": 4, "test_sync": 1}, Tests.lives)

    def test_error(self):
        """An error is an error."""

        class Tests(AsyncTestCase):
            @explore
            async def test_error(self):
                try:
                    await race()
                except AssertionError:
                    raise ValueError("not an assertion") from None

        self.assertEqual("error", live(Tests).outcome)

    def test_subtests(self):
        """Subtests are the user's own, and told once."""

        class Tests(AsyncTestCase):
            @explore(schedules=20)
            async def test_sub(self):
                for number in range(2):
                    with self.subTest(number=number):
                        await three()

        result = live(Tests)
        self.assertEqual(
            [
                ("test_sub (number=0)", "success"),
                ("test_sub (number=1)", "success"),
                ("test_sub", "success"),
            ],
            result.told,
        )

    def test_failing_subtest(self):
        """A subtest that fails in some order is told as that."""

        class Tests(AsyncTestCase):
            @explore
            async def test_sub(self):
                with self.subTest("well"):
                    await three()
                with self.subTest("race"):
                    await race()

        result = live(Tests)
        self.assertIn(("test_sub [race]", "failure"), result.told)
        self.assertEqual(1, len([what for _, what in result.told if what == "failure"]))
        self.assertIn("it fails in an order", result.text)

    def test_result_without_subtests(self):
        """A result that knows no subtests is told of a failure."""

        class Plain:
            shouldStop = False

            def __init__(self):
                self.told = []

            def startTest(self, test):
                self.told.append("start")

            def stopTest(self, test):
                self.told.append("stop")

            def addFailure(self, test, error):
                self.told.append("failure")

            def addError(self, test, error):
                self.told.append("error")

            def addSuccess(self, test):
                self.told.append("success")

        class Tests(AsyncTestCase):
            @explore
            async def test_sub(self):
                with self.subTest("race"):
                    await race()
                with self.subTest("well"):
                    pass

            @explore
            async def test_skipped(self):
                self.skipTest("not today")

        result = Plain()
        Tests("test_sub").run(result)
        self.assertEqual(["start", "failure", "stop"], result.told)
        result = Plain()
        Tests("test_skipped").run(result)
        self.assertEqual(["start", "stop"], result.told)

    def test_skip(self):
        """A test that skips itself is lived once, and one that is skipped, not at all."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_itself(self):
                lives.append(1)
                self.skipTest("not today")

            @explore
            @unittest.skip("never")
            async def test_never(self):
                lives.append(1)

            @explore
            async def test_sub(self):
                with self.subTest("one"):
                    self.skipTest("not this one")

        result = live(Tests)
        self.assertEqual(
            [("test_itself", "skip"), ("test_never", "skip"), ("test_sub [one]", "skip")],
            [told for told in result.told if told[1] == "skip"],
        )
        self.assertEqual(1, len(lives))

    def test_skip_later(self):
        """Only the first order may skip."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_skip(self):
                lives.append(1)
                await three()
                if len(lives) > 1:
                    self.skipTest("not today")

        result = live(Tests)
        self.assertEqual("error", result.outcome)
        self.assertIn("skipped in schedule 2 only", result.text)

    def test_expected_failure(self):
        """A failure is expected of some order, not of each."""

        class Tests(AsyncTestCase):
            @unittest.expectedFailure
            @explore
            async def test_race(self):
                await race()

            @unittest.expectedFailure
            @explore
            async def test_three(self):
                await three()

        self.assertEqual(
            [("test_race", "expected failure"), ("test_three", "unexpected success")],
            live(Tests).told,
        )
        self.assertEqual([], self.orders())

    def test_debug(self):
        """Without a result the failure is raised, or nothing."""

        class Tests(AsyncTestCase):
            @explore
            async def test_race(self):
                await race()

            @explore
            async def test_three(self):
                await three()

            @explore
            async def test_skip(self):
                self.skipTest("not today")

        with self.assertRaises(AssertionError) as caught:
            Tests("test_race").debug()
        self.assertIn("it fails in an order", caught.exception.__notes__[0])
        Tests("test_three").debug()
        with self.assertRaisesRegex(unittest.SkipTest, "not today"):
            Tests("test_skip").debug()
        with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY="nonsense"):
            with self.assertRaises(ReplayError):
                Tests("test_three").debug()

    def test_interrupted(self):
        """Ctrl-C ends all lives."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_interrupted(self):
                lives.append(1)
                raise KeyboardInterrupt

        result = Record()
        with self.assertRaises(KeyboardInterrupt):
            live(Tests, result)
        self.assertEqual(1, len(lives))
        self.assertEqual("stopTest", result.calls[-1])

    def test_environment(self):
        """Schedules and seed can be overridden for a run."""
        lives = []

        class Tests(AsyncTestCase):
            @explore(schedules=3, strategy="walk")
            async def test_many(self):
                lives.append(1)
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        with mock.patch.dict(os.environ, ASYNCTESTING_SCHEDULES="12", ASYNCTESTING_SEED="random"):
            self.assertEqual("success", live(Tests).outcome)
        self.assertEqual(13, len(lives))

    def test_environment_of_the_replay(self):
        """An order is replayed alone, in the test that it is of."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_race(self):
                lives.append("race")
                await race()

            @explore(schedules=20)
            async def test_three(self):
                lives.append("three")
                await three()

        text = live(Tests).text
        token = re.search("REPLAY=(.*)", text)[1]
        for path in self.orders():
            path.unlink()
        lives.clear()
        with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY=token):
            result = live(Tests)
        self.assertEqual(1, lives.count("race"))
        self.assertGreater(lives.count("three"), 5)
        self.assertIn("it fails in the order to be replayed", result.text)
        other = write(Order({}, (Before("nobody", 1, "test", 0),), read(token).test))
        with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY=other):
            result = live(Tests)
        self.assertIn(("test_race", "error"), result.told)
        self.assertIn("ReplayError: the order to be replayed is not there any more", result.text)

    def test_kept(self):
        """A replay that is kept is tried before all else."""
        token = Explorer().run(race).replay
        lives = []

        class Tests(AsyncTestCase):
            @explore(replay=token)
            async def test_race(self):
                lives.append(1)
                await race()

        self.assertEqual("failure", live(Tests).outcome)
        self.assertEqual(1, len(lives))

    def test_refused(self):
        """What has a loop of its own is refused where it is written, with what to do."""

        def shared():
            @explore
            class Tests(AsyncTestCase, loop_scope="class"):
                pass

        def fixtures():
            class Tests(AsyncTestCase):
                @classmethod
                async def asyncSetUpClass(cls):
                    pass

                @explore
                async def test(self):
                    pass

        def loops():
            class Tests(AsyncTestCase):
                @explore
                @asynctesting.on_loops("asyncio")
                async def test(self):
                    pass

        def factory():
            @explore
            class Tests(AsyncTestCase):
                loop_factory = asyncio.SelectorEventLoop

        for make, message in (
            (shared, 'loop_scope="class" has one loop .*; move them into asyncSetUp'),
            (fixtures, "asynchronous class fixtures have one loop"),
            (loops, "@on_loops gives it loops of several makers; leave one of them out"),
            (factory, "has a loop_factory; leave loop_factory out"),
        ):
            with self.subTest(make.__name__), self.assertRaisesRegex(OptionError, message):
                make()

    def test_counting(self):
        """The command line goes on after a failure, and has what came of it."""

        class Tests(AsyncTestCase):
            async def test_race(self):
                await race()

        case = Tests("test_race")
        counting = Counting(lambda given: Exploring(schedules=50, strategy="walk"), True)
        case._asynctesting_explored = counting
        for _ in range(2):
            case.run(Record())
        first, second = counting.found
        self.assertEqual(50, first.schedules)
        self.assertGreater(first.failures, 1)
        self.assertEqual(first.failures, second.failures)


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
        self.assertIn("worker is struck after step 1, when waiting and time has gone on\n", found.report)

        async def edited():
            await main([0.5])

        again = Explorer(cancel="worker", replay=found.replay).run(edited)
        self.assertTrue(again.failed)

    def test_by_name(self):
        """Only those are cancelled whose names match."""
        found = "failure"
        for pattern, outcome in (("cons", found), (r"^consume$", found), ("other", "success")):
            result = self.explored(lambda case: self.lossy(), cancel=pattern)
            self.assertEqual(outcome, result.outcome, pattern)
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
            self.assertEqual(is_internal, exploration._is_internal(task))
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
        engine = exploration._Engine(
            Exploring(), lambda factory: exploration._Outcome(error), name="x"
        )
        self.assertIs(error, engine.explore().error)

    def test_so_many_orders(self):
        """Orders are counted as far as memory may be used for it."""
        with mock.patch.object(exploration, "COUNTED", 5):
            found = Explorer(schedules=50).run(three)
        self.assertEqual(5, found.orders)

    def test_no_time_to_shrink(self):
        """When making it simpler takes too long, the order is told as it is."""
        with mock.patch.object(exploration, "SHRINKING_SECONDS", 0):
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

        with mock.patch.object(exploration, "without", mend):
            found = Explorer().run(fickle)
        self.assertIn("what matters of it", found.report)

    def test_not_to_be_had_by_constraints(self):
        """If keeping to the constraints does not make it fail, the decisions are told."""
        with mock.patch.object(exploration, "Constrained", lambda items: exploration.Strategy()):
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
        engine = exploration._Engine(Exploring(), lambda factory: None, name="x")
        loop = exploration.ExploredLoop()
        loop.close()
        life = exploration._Life(
            exploration._Outcome(ValueError()), exploration.Strategy(), loop
        )
        constraints = [Before("a", number, "b", 1) for number in range(9)]
        report = engine._told(life, "1.a.b", "it fails", constraints).report
        self.assertIn("\n  a takes step 6 before b takes step 2\n  and 3 more\n", report)

    def test_progress(self):
        """Who waits at a terminal sees how far it came, and nothing in the end."""

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        for silence, shown in ((0.0, True), (1000.0, False)):
            terminal = Terminal()
            with mock.patch.object(sys, "stderr", terminal):
                with mock.patch.object(exploration, "SILENCE", silence):
                    Explorer(schedules=30).run(many)
            self.assertEqual(shown, "many: 1 of 30 schedules" in terminal.getvalue())
            self.assertTrue(terminal.getvalue().endswith("\r\x1b[K" if shown else ""))
        terminal = Terminal()
        with mock.patch.object(sys, "stderr", terminal):
            progress = exploration._Progress("x", 10)
            progress._next = 0
            progress.show(3, 2)
        self.assertIn("x: 3 of 10 schedules, 2 failed", terminal.getvalue())

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
                sum(type(one) is exploration.ExploredLoop for one in exploration_objects())
            )

        Explorer(schedules=60, strategy="walk").run(count)
        self.assertLess(max(alive) - min(alive), 20)


def exploration_objects():
    """All that the garbage collector knows."""
    import gc

    return gc.get_objects()


if __name__ == "__main__":
    unittest.main()
