"""Tests of asynctesting.lives: one test, lived on several loops."""

import asyncio
import os
import sys
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase, on_loops
from tests.support import Boom, Record, for_ever, live, loops_made


class Selector(asyncio.SelectorEventLoop):
    """A loop to be told from others."""


class Other(asyncio.SelectorEventLoop):
    """Another one."""


MISSING = "asynctesting_has_no_such_loop"
BOTH = ("test (loop='Selector')", "test (loop='Other')")


class Passing(unittest.TestCase):

    def test_whole_lives(self):
        """Each life is a whole one, on an instance, a loop and a context of its own."""
        lives = []

        class T(AsyncTestCase):
            async def asyncSetUp(self):
                self.log = ["asyncSetUp"]
                self.addCleanup(lives.append, self)

            @on_loops(Selector, Other)
            async def test(self):
                self.log += ["test", type(asyncio.get_running_loop())]
                self.loop_of_test = asyncio.get_running_loop()

            async def asyncTearDown(self):
                self.log.append("asyncTearDown")

        record = live(T)
        self.assertEqual(
            [["asyncSetUp", "test", kind, "asyncTearDown"] for kind in (Selector, Other)],
            [life.log for life in lives],
        )
        self.assertTrue(all(life.loop_of_test.is_closed() for life in lives))
        self.assertEqual(
            [(BOTH[0], "success"), (BOTH[1], "success"), ("test", "success")], record.told
        )
        self.assertEqual(
            ["startTest", "addSubTest", "addSubTest", "addSuccess", "stopTest"], record.calls
        )
        self.assertEqual(1, record.testsRun)
        self.assertEqual(1 if sys.version_info >= (3, 12) else 0, record.durations)

    def test_on_the_class(self):
        """On a class it counts for each test; a method's own is nearer."""

        @on_loops(Selector, Other)
        class T(AsyncTestCase):
            async def test_a(self):
                pass

            @on_loops(Selector)
            async def test_b(self):
                pass

        self.assertEqual(
            [
                ("test_a (loop='Selector')", "success"),
                ("test_a (loop='Other')", "success"),
                ("test_a", "success"),
                ("test_b (loop='Selector')", "success"),
                ("test_b", "success"),
            ],
            live(T).told,
        )

    def test_subtests(self):
        """Subtests of a life name its loop besides their own parameters."""

        class T(AsyncTestCase):
            @on_loops(Selector)
            async def test(self):
                with self.subTest("message", i=1):
                    pass

        self.assertEqual(
            [
                ("test [message] (loop='Selector', i=1)", "success"),
                ("test (loop='Selector')", "success"),
                ("test", "success"),
            ],
            live(T).told,
        )

    def test_nothing_is_kept(self):
        """The case itself has not lived, and can live again."""

        class T(AsyncTestCase):
            @on_loops(Selector)
            async def test(self):
                self.attribute = 1
                self.addCleanup(int)

        case = T("test")
        for _ in range(2):
            record = Record()
            case.run(record)
            self.assertEqual(("test", "success"), record.told[-1])
            self.assertEqual(set(vars(T("test"))), set(vars(case)))

    def test_result_without_subtests(self):
        """A result that knows no subtests, skips or durations is told the whole."""
        calls = []

        class Plain:
            failfast = shouldStop = False

            def startTest(self, test):
                calls.append("startTest")

            def stopTest(self, test):
                calls.append("stopTest")

            def addSuccess(self, test):
                calls.append("addSuccess")

            def addFailure(self, test, error):
                calls.append(("addFailure", error[1].__notes__))

            def addError(self, test, error):
                calls.append(("addError", error[1].__notes__))

        class T(AsyncTestCase):
            @on_loops(Selector, MISSING)
            async def test_passes(self):
                pass

            @on_loops(Selector)
            async def test_fails(self):
                self.fail()

            @on_loops(Selector)
            async def test_raises(self):
                raise Boom

            @on_loops(Selector)
            async def test_subtest(self):
                with self.subTest(i=1):
                    pass
                with self.subTest(i=2):
                    self.fail()

        note = ["(loop='Selector')"]
        for name, outcome in {
            "test_passes": "addSuccess",
            "test_fails": ("addFailure", note),
            "test_raises": ("addError", note),
            "test_subtest": ("addFailure", note),
        }.items():
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                calls.clear()
                T(name).run(Plain())
                self.assertEqual(["startTest", outcome, "stopTest"], calls)


class Failing(unittest.TestCase):

    def test_one_fails(self):
        """A life that fails is a failed subtest; the others are lived all the same."""

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                self.assertNotIsInstance(asyncio.get_running_loop(), Selector)

        record = live(T)
        self.assertEqual([(BOTH[0], "failure"), (BOTH[1], "success")], record.told)
        self.assertFalse(record.wasSuccessful())

    def test_error_and_finding(self):
        """An error is an error, and a finding fails its own life only."""

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                if isinstance(asyncio.get_running_loop(), Selector):
                    raise Boom
                self.task = asyncio.create_task(for_ever())

        record = live(T)
        self.assertEqual([(BOTH[0], "error"), (BOTH[1], "failure")], record.told)
        self.assertIn("still pending", record.text)

    def test_one_verdict_for_each_life(self):
        """A life that fails in several stages is told once."""

        class T(AsyncTestCase):
            @on_loops(Selector)
            async def test(self):
                self.fail("test")

            async def asyncTearDown(self):
                raise Boom

        record = live(T)
        self.assertEqual([(BOTH[0], "failure")], record.told)
        self.assertIn("Boom", record.text)

    def test_failing_subtest(self):
        """A failing subtest fails its life."""

        class T(AsyncTestCase):
            @on_loops(Selector)
            async def test(self):
                with self.subTest(i=1):
                    self.fail()

        self.assertEqual([("test (loop='Selector', i=1)", "failure")], live(T).told)

    def test_failfast(self):
        """After a failure that ends the run no other life begins."""
        lived = []

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                lived.append(1)
                self.fail()

        record = Record()
        record.failfast = True
        live(T, record)
        self.assertEqual([1], lived)
        self.assertTrue(record.shouldStop)

    def test_expected(self):
        """An expected failure is one that some life fails."""

        class T(AsyncTestCase):
            @unittest.expectedFailure
            @on_loops(Selector, Other)
            async def test(self):
                self.assertNotIsInstance(asyncio.get_running_loop(), Other)

        self.assertEqual(("test", "expected failure"), live(T).told[-1])
        self.assertTrue(live(T).wasSuccessful())

    def test_unexpected(self):
        """If no life fails, it is an unexpected success."""

        class T(AsyncTestCase):
            @unittest.expectedFailure
            @on_loops(Selector, Other)
            async def test(self):
                pass

        self.assertEqual(("test", "unexpected success"), live(T).told[-1])

    def test_expected_and_failing(self):
        """A life that fails elsewhere fails the test, expected failure or not."""

        class T(AsyncTestCase):
            @unittest.expectedFailure
            @on_loops(Selector, Other)
            async def test(self):
                self.fail()

            async def asyncTearDown(self):
                if isinstance(asyncio.get_running_loop(), Other):
                    raise Boom

        told = live(T).told
        self.assertIn((BOTH[1], "error"), told)
        self.assertNotIn("test", dict(told))

    def test_interrupted(self):
        """A KeyboardInterrupt ends the lives, and the test with them."""
        lived = []

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                lived.append(1)
                raise KeyboardInterrupt

        record = Record()
        with self.assertRaises(KeyboardInterrupt):
            live(T, record)
        self.assertEqual(([1], ["startTest", "stopTest"]), (lived, record.calls))


class Skipping(unittest.TestCase):

    def test_missing(self):
        """A loop that is not installed is a skipped subtest with its reason."""

        class T(AsyncTestCase):
            @on_loops(MISSING, Selector)
            async def test(self):
                pass

        record = live(T)
        self.assertEqual(
            {
                (f"test (loop='{MISSING}')", "skip"),
                (BOTH[0], "success"),
                ("test", "success"),
            },
            set(record.told),
        )
        self.assertEqual(3, len(record.told))
        self.assertIn(f"{MISSING} cannot be imported", record.text)

    def test_all_missing(self):
        """If no loop is there at all, the test is skipped, and never a pass."""

        class T(AsyncTestCase):
            @on_loops(MISSING)
            async def test(self):
                raise AssertionError("never run")

        record = live(T)
        self.assertEqual({"skip"}, {outcome for _, outcome in record.told})
        self.assertIn(f"{MISSING} cannot be imported", record.text)
        with self.assertRaisesRegex(unittest.SkipTest, f"{MISSING} cannot be imported"):
            T("test").debug()

    def test_skipped_life(self):
        """A life that skips is a skipped subtest; one that passes makes the test pass."""

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                if isinstance(asyncio.get_running_loop(), Selector):
                    self.skipTest("not here")

        class All(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                self.skipTest("nowhere")

        record = live(T)
        self.assertEqual(
            {(BOTH[0], "skip"), (BOTH[1], "success"), ("test", "success")}, set(record.told)
        )
        self.assertEqual({"skip"}, {outcome for _, outcome in live(All).told})

    def test_skipped_subtest(self):
        """A subtest that skips inside a life is named with both."""

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                if isinstance(asyncio.get_running_loop(), Selector):
                    with self.subTest(i=1):
                        self.skipTest("not this")

        self.assertIn(("test (loop='Selector', i=1)", "skip"), live(T).told)

    def test_skipped_test(self):
        """A skipped test has no life, and no loop."""

        class T(AsyncTestCase):
            @unittest.skip("because")
            @on_loops("asyncio")
            async def test(self):
                raise AssertionError("never run")

        with loops_made() as made:
            self.assertEqual([("test", "skip")], live(T).told)
        self.assertEqual([], made)

    def test_picked(self):
        """ASYNCTESTING_LOOPS picks; a test without any of the loops picked is skipped."""

        class T(AsyncTestCase):
            @on_loops(Selector, Other)
            async def test(self):
                pass

        with mock.patch.dict(os.environ, ASYNCTESTING_LOOPS="Other, uvloop"):
            self.assertEqual([(BOTH[1], "success"), ("test", "success")], live(T).told)
        with mock.patch.dict(os.environ, ASYNCTESTING_LOOPS="uvloop"):
            record = live(T)
            self.assertEqual([("test", "skip")], record.told)
            self.assertIn("ASYNCTESTING_LOOPS picks none of this test's loops", record.text)
            with self.assertRaisesRegex(unittest.SkipTest, "picks none"):
                T("test").debug()

    def test_not_several(self):
        """ASYNCTESTING_LOOPS picks nothing of a test that asks for no loops."""

        class T(AsyncTestCase):
            async def test(self):
                pass

        with mock.patch.dict(os.environ, ASYNCTESTING_LOOPS="uvloop"):
            self.assertEqual([("test", "success")], live(T).told)

    def test_debug(self):
        """``debug()`` lives each life that can be, and raises the first error."""
        lived = []

        class T(AsyncTestCase):
            @on_loops(Selector, MISSING, Other)
            async def test(self):
                lived.append(type(asyncio.get_running_loop()))

        T("test").debug()
        self.assertEqual([Selector, Other], lived)


if __name__ == "__main__":
    unittest.main()
