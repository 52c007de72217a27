"""Exploring a test."""

import asyncio
import copy
import copyreg
import functools
import io
import os
import re
import traceback
import unittest
import warnings
from pathlib import Path
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    Explorer,
    OptionError,
    ReplayError,
    explore,
    virtual_time,
)
from asynctesting.explored_tests import Counting, Wanted, copies_of
from asynctesting.options import Exploring
from asynctesting.remembered import Remembered
from asynctesting.schedules import Before, Order, read, write

from .exploring import Patched, Yard, race, three, without_collector
from .support import Record, live


def wrapped(function):
    """A decorator whose function is not asynchronous by its looks."""

    @functools.wraps(function)
    def wrapper(*args):
        return asynctesting.run(functools.partial(function, *args))

    return wrapper


class CopyTests(unittest.TestCase):
    """An instance for each life."""

    class Cats(asynctesting.AsyncTestCase):
        def __init__(self, name):
            super().__init__(name)
            self.names = ["Garfield"]
            self.future = None

        async def test_cat(self):
            """It does nothing."""

    def test_copies(self):
        """They have what the case has, the same objects, but nothing of a loop."""
        case = self.Cats("test_cat")
        loop = asyncio.new_event_loop()
        case.future = loop.create_future()
        loop.close()
        another = copies_of(case)
        first, second = another(), another()
        for made in first, second:
            self.assertIs(self.Cats, type(made))
            self.assertEqual(vars(copy.copy(case)), vars(made))
            self.assertIs(case.names, made.names)
            self.assertFalse(hasattr(made, "future"))
        self.assertIsNot(first, second)
        first.names = []
        self.assertIs(case.names, another().names)

    def test_ways_of_their_own(self):
        """A class that says how it is copied is copied that way."""

        class Copied(self.Cats):
            def __copy__(self):
                made = type(self)(self._testMethodName)
                made.names = self.names + ["Nermal"]
                return made

        class Set(self.Cats):
            def __setstate__(self, state):
                vars(self).update(state, names="set")

        class Registered(self.Cats):
            pass

        def reduced(case):
            return Registered, (case._testMethodName,), {"names": "reduced"}

        self.assertEqual(["Garfield", "Nermal"], copies_of(Copied("test_cat"))().names)
        self.assertEqual("set", copies_of(Set("test_cat"))().names)
        with mock.patch.dict(copyreg.dispatch_table, {Registered: reduced}):
            self.assertEqual("reduced", copies_of(Registered("test_cat"))().names)


class WantedTests(unittest.TestCase):
    """An order that the environment asks for, and no test has taken."""

    def setUp(self):
        self.register = self.enterContext(mock.patch("atexit.register"))
        self.stderr = self.enterContext(mock.patch("sys.stderr", io.StringIO()))
        clean = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
        self.enterContext(mock.patch.dict(os.environ, clean, clear=True))
        self.wanted = Wanted()
        self.token = write(Order({0: 1}, test=5))

    def ask(self, *numbers):
        with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY=f" {self.token} "):
            return [self.wanted.token_for(number) for number in numbers]

    def test_not_taken(self):
        """The end of the process tells it, once, and what to do."""
        self.assertEqual([None, None], self.ask(3, 4))
        self.register.assert_called_once_with(self.wanted.tell)
        self.assertEqual("", self.stderr.getvalue())
        self.wanted.tell()
        text = self.stderr.getvalue()
        self.assertRegex(text, r"\Aasynctesting: ASYNCTESTING_REPLAY was not replayed: no explored test")
        self.assertIn(f'@explore(replay="{self.token}")\n', text)
        self.wanted.tell()
        self.assertEqual(text, self.stderr.getvalue())

    def test_taken(self):
        """Nothing is told of one that was taken, by whichever test of several."""
        self.assertEqual([None, self.token, None], self.ask(3, 5, 4))
        self.wanted.tell()
        self.assertEqual("", self.stderr.getvalue())

    def test_nothing_wanted(self):
        """Where none is asked for, nothing is to be told."""
        with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY=""):
            self.assertIsNone(self.wanted.token_for(5))
        self.register.assert_not_called()

    def test_unreadable(self):
        """What is no order is an error of each test, so nothing is to be told in the end."""
        self.token = "nonsense"
        with self.assertRaises(ReplayError):
            self.ask(5)
        self.register.assert_not_called()

    def test_not_alone(self):
        """One process of several does not know what the others have run."""
        for name, change in (
            ("worker", mock.patch.dict(os.environ, PYTEST_XDIST_WORKER="gw0")),
            ("fork", mock.patch("os.getpid", return_value=-1)),
            ("no stream", mock.patch("sys.stderr", None)),
        ):
            with self.subTest(name):
                self.ask(3)
                with change:
                    self.wanted.tell()
                self.assertEqual("", self.stderr.getvalue())


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
        with mock.patch.object(Yard, "admit", self.well):
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
        Remembered(name, Path(self.home)).add("2.abc.000000")
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
        without_collector(self)
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
        (lost,) = [error for error in result.raised if isinstance(error, ReplayError)]
        self.assertEqual(["test_race"], [one.name for one in traceback.extract_tb(lost.__traceback__)])

    def test_replay_from_another_folder(self):
        """Where the module is found does not matter: it is another name of the same test."""
        lives = []

        class Tests(AsyncTestCase):
            @explore
            async def test_race(self):
                lives.append("race")
                await race()

        token = re.search("REPLAY=(.*)", live(Tests).text)[1]
        for path in self.orders():
            path.unlink()
        for module in "__main__", "test_explored_tests":
            lives.clear()
            Tests.__module__ = module
            with mock.patch.dict(os.environ, ASYNCTESTING_REPLAY=token):
                text = live(Tests).text
            self.assertEqual(["race"], lives)
            self.assertIn("it fails in the order to be replayed", text)

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

    def test_time_is_up(self):
        """It is told when there was not enough time for all schedules."""

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        class Tests(AsyncTestCase):
            @explore(schedules=29, within=1e-6)
            async def test(self):
                await many()

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertEqual("success", live(Tests).outcome)
        (text,) = [str(one.message) for one in caught if one.category is AsyncTestingWarning]
        self.assertRegex(text, r"explored 1 of 29 schedules within 1e-06 s; give it more time")

    def told(self, kind):
        """What is warned of when the tests of a class, which succeed, are run."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertEqual({"success"}, {outcome for _, outcome in live(kind).told})
        return [str(one.message) for one in caught if one.category is AsyncTestingWarning]

    def test_not_asynchronous(self):
        """A test that never runs the loop has nothing to be explored, which is told."""

        class Tests(AsyncTestCase):
            @explore
            def test(self):
                """It does nothing."""

        (text,) = self.told(Tests)
        self.assertRegex(text, r"Tests\.test: @explore has no effect: the test is not `async def`, and")
        with self.assertWarnsRegex(AsyncTestingWarning, "has no effect"):
            Tests("test").debug()

    def test_blamed(self):
        """What none of a series of lives has shown by itself fails the test all the same."""
        without_collector(self)
        lives, kept = [], []

        async def nap():
            await asyncio.sleep(0)

        class Herd(AsyncTestCase):
            @explore(schedules=20)
            async def test(self):
                lives.append(1)
                await asyncio.gather(*(nap() for _ in range(9)))
                if len(lives) == 4:
                    kept.append(nap())

        self.addCleanup(lambda: [one.close() for one in kept])
        record = live(Herd)
        self.assertEqual([("test", "failure")], record.told)
        self.assertIn("[never-awaited]", record.texts[0])

    def test_not_asynchronous_with_orders(self):
        """Nothing is told where there is something to explore, or the test did not ask for it itself."""

        class Fixtures(AsyncTestCase):
            async def asyncSetUp(self):
                await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

            @explore(schedules=3)
            def test(self):
                """It does nothing."""

        @explore
        class Whole(AsyncTestCase):
            def test(self):
                """It does nothing."""

            async def test_asynchronous(self):
                """Neither does it."""

        class Loops(AsyncTestCase):
            @explore(schedules=3)
            def test(self):
                async def main():
                    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

                self.loop.run_until_complete(main())

        class Wrapped(AsyncTestCase):
            @explore
            @wrapped
            async def test(self):
                """It does nothing."""

        for kind in Fixtures, Whole, Loops, Wrapped:
            with self.subTest(kind.__name__):
                self.assertEqual([], self.told(kind))

    def test_nobody_to_cancel(self):
        """It is told of a test whose pattern is found in no name, but not if it is that of a class."""

        async def body(case):
            await asyncio.gather(asyncio.create_task(asyncio.sleep(1), name="worker"))

        class Typo(AsyncTestCase):
            @explore(cancel="wroker", schedules=9)
            async def test(self):
                await body(self)

        class Right(AsyncTestCase):
            @explore(cancel="worker", schedules=9)
            async def test(self):
                await body(self)

        @explore(cancel="wroker", schedules=9)
        class Whole(AsyncTestCase):
            async def test(self):
                await body(self)

        (text,) = self.told(Typo)
        self.assertIn(
            "test: nothing was cancelled: cancel='wroker' is found in the name of no task; there is 'worker'",
            text,
        )
        for kind in Right, Whole:
            with self.subTest(kind.__name__):
                self.assertEqual([], self.told(kind))

    def test_warnings_are_errors(self):
        """There, what is warned of is an error of the test, or a note to its failure."""

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        class Tests(AsyncTestCase):
            @explore(schedules=29, within=1e-6, replay=write(Order({}, (Before("a", 0, "b", 0),))))
            async def test_lost(self):
                await many()

            @explore(schedules=29, within=1e-6)
            async def test_time(self):
                await many()

        with warnings.catch_warnings():
            warnings.simplefilter("error", AsyncTestingWarning)
            result = live(Tests)
        self.assertEqual([("test_lost", "error"), ("test_time", "error")], result.told)
        self.assertEqual([ReplayError, AsyncTestingWarning], list(map(type, result.raised)))
        for error in result.raised:
            self.assertIn("explored 1 of 29 schedules", "".join(traceback.format_exception(error)))

    def test_warning_of_what_has_no_code(self):
        """Of a test that is no function, too, something can be told."""

        class Test:
            def __get__(self, case, owner=None):
                return self if case is None else functools.partial(self, case)

            async def __call__(self, case):
                await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        class Tests(AsyncTestCase):
            test = explore(schedules=29, within=1e-6)(Test())

        with self.assertWarnsRegex(AsyncTestingWarning, "explored 1 of 29"):
            self.assertEqual("success", live(Tests).outcome)


if __name__ == "__main__":
    unittest.main()
