"""Tests of asynctesting.checks.cancellation: the test's own task was cancelled, and went on."""

import asyncio
import contextlib
import os
import sys
import unittest

from asynctesting import AsyncTestCase
from asynctesting.checks.base import Closing
from asynctesting.checks.cancellation import SwallowedCancellation
from asynctesting.driver import Stage, Waiting
from asynctesting.findings import Finding, Place
from tests.support import live


CURE = (
    "let asyncio.CancelledError pass, or call asyncio.current_task().uncancel() "
    "where it is caught on purpose"
)


class PureTests(unittest.TestCase):
    def findings(self, *stages):
        return list(SwallowedCancellation().findings(Closing(swallowed=list(stages))))

    def test_each_stage_is_told(self):
        """There is one finding for each stage that swallowed its cancellation."""
        self.assertEqual(
            [
                Finding(
                    "swallowed-cancellation",
                    f"the test's own task was cancelled in {stage}, "
                    "which went on as if it were not",
                    CURE,
                )
                for stage in ("setUp()", "test_cat()")
            ],
            self.findings("setUp()", "test_cat()"),
        )
        self.assertEqual([], self.findings())

    def test_the_line_that_cancelled_is_told(self):
        """A stage knows who has cancelled it, where the task does."""
        stage = Stage("test_cat()")
        stage.cancelled_at = Place(__file__, 1)
        (finding,) = self.findings(stage)
        self.assertEqual(stage.cancelled_at, finding.place)
        self.assertEqual("", finding.detail)
        stage.cancelled_at = Waiting(__file__, 1)
        (finding,) = self.findings(stage)
        self.assertEqual(stage.cancelled_at, finding.place)
        self.assertEqual("it waited there when the event loop called cancel()", finding.detail)


class LifeTests(unittest.TestCase):
    def told(self, test):
        """Give the outcome of *test* as the one test of a class."""

        class Tests(AsyncTestCase, checks="strict"):
            async def test_cat(case):
                self.case = case
                await test()

        result = live(Tests)
        return result.outcome, "\n".join(str(error) for error in result.raised)

    def test_a_swallowed_cancellation_fails_the_test(self):
        """What came after the await was skipped in silence: the test may have tested nothing."""

        line = sys._getframe().f_lineno

        async def test():
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
                raise AssertionError("not reached")

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertEqual(
            "the test's own task was cancelled in test_cat(), which went on as if it were not "
            "[swallowed-cancellation]\n"
            f"  tests/checks/test_cancellation.py:{line + 4}, in test\n"
            f"    asyncio.current_task().cancel()\n  cure: {CURE}\n"
            "  more: python -m asynctesting explain swallowed-cancellation",
            text.replace(os.sep, "/"),
        )

    def test_healthy_twins_are_left_alone(self):
        """A cancellation that is taken back, or that belongs to a scope, is in order."""

        async def taken_back():
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
            asyncio.current_task().uncancel()

        async def of_a_timeout():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await asyncio.sleep(10)

        async def of_a_group():
            async def fail():
                raise ValueError("a child")

            with contextlib.suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
                    await asyncio.sleep(10)

        async def of_another_task():
            task = asyncio.create_task(asyncio.sleep(10))
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        async def asserted():
            with self.case.assertRaises(asyncio.CancelledError):
                async with asyncio.timeout(10):
                    asyncio.current_task().cancel()
                    await asyncio.sleep(10)

        async def of_a_group_left_by_an_exit():
            async def fail():
                raise ValueError("a child")

            async def leave():
                try:
                    await asyncio.sleep(10)
                finally:
                    raise SystemExit

            with self.assertRaises(SystemExit):
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
                    await leave()

        for test in (
            taken_back,
            of_a_timeout,
            of_a_group,
            of_another_task,
            asserted,
            of_a_group_left_by_an_exit,
        ):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))
