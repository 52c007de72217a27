"""Tests of asynctesting.guard: async tests on a plain TestCase."""

import unittest
import warnings
from unittest import mock

import asynctesting
from asynctesting import guard
from tests.support import live, python


class GuardTests(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(unittest.TestCase, guard.HOOK, PLAIN))
        asynctesting.guard_plain_tests()

    def test_a_coroutine_function(self):
        """It fails, by its line; the standard class lets it pass."""

        class Cats(unittest.TestCase):
            async def test_cat(self):
                self.fail("never reached")

        record = live(Cats)
        self.assertEqual("failure", record.outcome)
        self.assertIn("test_cat is a coroutine function, and nobody awaits it", record.text)
        self.assertIn("test_guard.py", record.text)

    def test_generators(self):
        """So does one with a yield."""

        class Cats(unittest.TestCase):
            def test_cat(self):
                yield

            async def test_dog(self):
                yield

        self.assertEqual([("test_cat", "failure"), ("test_dog", "failure")], live(Cats).told)

    def test_healthy_ones(self):
        """Plain tests pass, fail and return what they like."""

        class Cats(unittest.TestCase):
            def test_cat(self):
                """Nothing."""

            def test_dog(self):
                self.fail("woof")

            def test_egg(self):
                return "egg"

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            record = live(Cats)
        self.assertEqual(
            [("test_cat", "success"), ("test_dog", "failure"), ("test_egg", "success")],
            record.told,
        )

    def test_cases_with_a_way_of_their_own(self):
        """Those of asyncio and ours are left alone."""
        for base in (unittest.IsolatedAsyncioTestCase, asynctesting.AsyncTestCase):

            class Cats(base):
                async def test_cat(self):
                    self.cat = True

            self.assertEqual("success", live(Cats).outcome)

    def test_a_method_looks_like_itself(self):
        """What unittest and others ask of it, they are told."""

        class Cats(unittest.TestCase):
            def test_cat(self):
                """Nothing."""

        method = guard._Guarded(Cats("test_cat").test_cat)
        self.assertEqual("test_cat", method.__name__)
        self.assertIn("test_cat", repr(method))

    def test_twice(self):
        """Calling it twice does nothing."""
        hook = vars(unittest.TestCase)[guard.HOOK]
        asynctesting.guard_plain_tests()
        self.assertIs(hook, vars(unittest.TestCase)[guard.HOOK])

    def test_without_the_private_name(self):
        """A Python that calls tests another way is told of."""
        with mock.patch.object(guard, "HOOK", "_callATest"):
            with self.assertWarnsRegex(asynctesting.AsyncTestingWarning, "does nothing"):
                asynctesting.guard_plain_tests()

    def test_the_private_name(self):
        """It is there on each Python that we know."""
        self.assertIn(guard.HOOK, vars(unittest.TestCase))

    def test_a_baseline(self):
        """What is known warns, and the test passes, as any other finding."""

        class Cats(unittest.TestCase):
            async def test_cat(self):
                """Nothing."""

        with (
            mock.patch.object(guard.LEDGER, "knows", return_value=True) as knows,
            mock.patch.object(guard.LEDGER, "note") as note,
            mock.patch.dict(guard.LEDGER.warned, clear=True),
            self.assertWarnsRegex(asynctesting.AsyncTestingWarning, "nobody awaits it") as caught,
        ):
            self.assertEqual("success", live(Cats).outcome)
        self.assertEqual(__file__, caught.filename)
        self.assertEqual(Cats("test_cat").id(), knows.call_args.args[1])
        (_, ((_, level),)), _ = note.call_args
        self.assertEqual("known", level)

    def test_a_whole_run(self):
        """One line in a package is enough."""
        done = python(
            """
            import unittest
            import asynctesting

            asynctesting.guard_plain_tests()

            class Cats(unittest.TestCase):
                async def test_cat(self):
                    self.fail("never reached")

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual(1, done.returncode)
        self.assertIn("[wrong-shape]", done.stderr)


PLAIN = vars(unittest.TestCase)[guard.HOOK]
