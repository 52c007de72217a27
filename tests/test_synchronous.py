"""Tests of asynctesting.synchronous: code that runs a loop of its own."""

import asyncio
import doctest
import importlib.util
import sys
import unittest
import warnings

import asynctesting
from asynctesting import AsyncTestCase, on_loops, synchronous
from tests.support import live, turns


LOOPS = ["asyncio", "uvloop"] if importlib.util.find_spec("uvloop") else ["asyncio"]


async def herd():
    await asyncio.sleep(0)
    return "herded"


def by_run():
    return asyncio.run(herd())


def by_runner():
    with asyncio.Runner() as runner:
        return runner.run(herd())


def by_own_loop():
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(herd())
    finally:
        loop.close()


def by_current_loop():
    return asyncio.get_event_loop().run_until_complete(herd())


class WorkingTests(AsyncTestCase):
    def test_examples(self):
        """The examples of the module run."""
        self.assertEqual(0, doctest.testmod(synchronous).failed)

    def test_sync(self):
        """In a test that is not async def all of them work."""
        for function in (by_run, by_runner, by_own_loop):
            with self.subTest(function.__name__):
                self.assertEqual("herded", function())

    def test_current_loop(self):
        """The current loop is the test's, and may be run."""
        self.assertIs(self.loop, asyncio.get_event_loop())
        self.assertEqual("herded", by_current_loop())

    @on_loops(*LOOPS)
    async def test_async(self):
        """In one that is, they work on another thread."""
        for function in (by_run, by_runner, by_own_loop):
            with self.subTest(function.__name__):
                self.assertEqual("herded", await asyncio.to_thread(function))

    def test_set_up(self):
        """They work in setUp, tearDown and cleanups, too."""
        outer = self

        class Tests(AsyncTestCase):
            def setUp(self):
                outer.assertEqual("herded", by_run())
                self.addCleanup(by_run)

            async def test(self):
                await turns()

            def tearDown(self):
                by_run()

        self.assertTrue(live(Tests).wasSuccessful())


class RefusedTests(unittest.TestCase):
    def check(self, function, cure, **attributes):
        body = {"test": function, **attributes}
        result = live(type("Tests", (AsyncTestCase,), body))
        self.assertEqual("error", result.outcome, result.text)
        self.assertIsInstance(result.raised[0], RuntimeError)
        self.assertIn(cure, result.text.replace("\n", " "))

    def test_inside(self):
        """In an async def they are refused by Python, and the cure is added."""
        for function in (by_run, by_runner, by_own_loop, by_current_loop):
            with self.subTest(function.__name__):

                async def test(self, function=function):
                    function()

                self.check(test, synchronous.INSIDE)

    @unittest.skipUnless(importlib.util.find_spec("uvloop"), "uvloop is not installed")
    def test_uvloop(self):
        """On uvloop, too."""
        import uvloop

        async def test(self):
            self.loop.run_until_complete(herd())

        self.check(test, synchronous.INSIDE, loop_factory=staticmethod(uvloop.new_event_loop))

    @unittest.skipUnless(sys.version_info >= (3, 14), "makes a loop, and warns, before 3.14")
    def test_no_loop(self):
        """Without a current loop there is none to get."""

        def test(self):
            by_current_loop()

        self.check(test, synchronous.NO_LOOP, loop_factory=asyncio.SelectorEventLoop)

    def test_without_a_class(self):
        """asynctesting.run() adds it as well."""

        async def main():
            by_run()

        with warnings.catch_warnings(), self.assertRaises(RuntimeError) as caught:
            warnings.simplefilter("ignore")
            asynctesting.run(main)
        self.assertIn(synchronous.INSIDE, caught.exception.__notes__)

    def test_others(self):
        """Nothing is added to what is not known, and nothing twice."""
        for error in (ValueError("event loop is already running"), RuntimeError("nap")):
            synchronous.add_cure(error)
            self.assertFalse(hasattr(error, "__notes__"))
        error = RuntimeError("This event loop is already running")
        synchronous.add_cure(error)
        synchronous.add_cure(error)
        self.assertEqual([synchronous.INSIDE], error.__notes__)


if __name__ == "__main__":
    unittest.main()
