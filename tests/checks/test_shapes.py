"""Tests of asynctesting.checks.shapes: tests that are none, since what they return is not run."""

import asyncio
import functools
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks.shapes import (
    WrongShape,
    finding_of_generator,
    finding_of_result,
    not_async,
)
from asynctesting.findings import place_of_code
from tests.support import live


class Awaitable:
    def __await__(self):
        yield


class PureTests(unittest.TestCase):
    def test_what_need_not_be_run(self):
        """Values are no tests."""

        def test():
            """Nothing."""

        for value in (1, "cat", [], test):
            self.assertIsNone(finding_of_result(value, test))
            self.assertIsNone(finding_of_generator(value, test))

    def test_generators(self):
        """A test with a yield is one, asynchronous or not."""

        def test():
            yield

        async def test_async():
            yield

        for function in (test, test_async):
            finding = finding_of_result(function(), function)
            self.assertEqual("wrong-shape", finding.check)
            self.assertEqual(
                f"{function.__name__} is a generator: its body did not run", finding.fact
            )
            self.assertEqual(place_of_code(function.__code__), finding.place)
            self.assertEqual(finding, finding_of_generator(function(), function))

    def test_a_generator_of_another_function(self):
        """A test that returns one is told by both; to a stage it may mean anything."""

        def rows():
            yield

        def test():
            """Nothing."""

        finding = finding_of_result(rows(), test)
        self.assertIn("test returned generator", finding.fact)
        self.assertIn("rows': its body did not run", finding.fact)
        self.assertEqual(place_of_code(rows.__code__), finding.place)
        self.assertIsNone(finding_of_generator(rows(), test))

    def test_coroutines(self):
        """One is the test's own, or was made by it; either is closed."""

        async def test():
            """Nothing."""

        own = test()
        finding = finding_of_result(own, test)
        self.assertIn("test is a coroutine function, and nobody awaits it", finding.fact)
        self.assertIn("AsyncTestCase", finding.cure)
        self.assertIsNone(own.cr_frame)
        finding = finding_of_result(test(), self.test_coroutines)
        self.assertIn("test_coroutines returned coroutine", finding.fact)
        self.assertEqual(place_of_code(type(self).test_coroutines.__code__), finding.place)

    def test_other_awaitables(self):
        """A future, or whatever has __await__."""
        finding = finding_of_result(Awaitable(), functools.partial(int))
        self.assertEqual("the test returned a Awaitable, which nobody awaits", finding.fact)
        self.assertIsNone(finding.place)

    def test_a_function_that_is_not_async(self):
        """What stands where a coroutine function must is shown, and what to call it."""

        def asyncSetUp():
            """Nothing."""

        def helper():
            """Nothing."""

        text = not_async(asyncSetUp)
        self.assertIn("is not an async function\n  tests", text.replace("\\", "/"))
        self.assertIn("def asyncSetUp():", text)
        self.assertIn("cure: write `async def`, or call it setUp", text)
        self.assertNotIn("or call it", not_async(helper))
        self.assertIn("is not an async function\n  cure", not_async(functools.partial(int)))


class LifeTests(unittest.TestCase):
    def test_it_is_its_id(self):
        """The case looks, so the check itself finds nothing."""
        self.assertEqual(("wrong-shape",), WrongShape.ids)

    def test_a_coroutine_that_a_test_returns(self):
        """Its line is told, as it is recorded while a test lives."""

        class Cats(AsyncTestCase):
            async def test_cat(self):
                return asyncio.sleep(0)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            record = live(Cats)
        self.assertEqual("failure", record.outcome)
        self.assertIn("test_cat returned coroutine 'sleep', which nobody awaits", record.text)
        self.assertIn("return asyncio.sleep(0)", record.text)

    def test_a_coroutine_of_a_mock(self):
        """The mock's own lines are passed over."""

        class Cats(AsyncTestCase):
            async def test_cat(self):
                return mock.AsyncMock()()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.assertIn("return mock.AsyncMock()()", live(Cats).text)

    def test_stages(self):
        """setUp, tearDown and cleanups may be generators as little as tests."""

        class SetUp(AsyncTestCase):
            def setUp(self):
                yield

            async def test(self):
                """Nothing."""

        class TearDown(AsyncTestCase):
            def tearDown(self):
                yield

            def test(self):
                """Nothing."""

        class Cleanup(AsyncTestCase):
            async def test(self):
                self.addCleanup(self.clean_up)

            def clean_up(self):
                yield

        for cls, name in ((SetUp, "setUp"), (TearDown, "tearDown"), (Cleanup, "clean_up")):
            with self.subTest(name):
                record = live(cls)
                self.assertEqual("failure", record.outcome)
                self.assertIn(f"{name} is a generator: its body did not run", record.text)

    def test_stages_that_return_something(self):
        """What they return may be anything else."""

        class Cats(AsyncTestCase):
            def setUp(self):
                return "cat"

            async def test(self):
                self.addCleanup(str, "cat")

        self.assertEqual("success", live(Cats).outcome)
