"""Tests of asynctesting.checks.closing: what did not shut down with the loop."""

import asyncio
import contextlib
import re
import threading
import unittest

from asynctesting.checks.base import Closing
from asynctesting.checks.closing import StuckClose
from asynctesting.findings import Finding
from tests.support import told


LIMIT = 0.05
CURE = "end it in the test or a cleanup, or raise close_limit if it is only slow"


class PureTests(unittest.TestCase):
    def test_each_thing_is_told(self):
        """There is one finding for each thing that is stuck, with the limit it was given."""
        closing = Closing(stuck=["a generator", "a job"], limit=2.5)

        self.assertEqual(
            [
                Finding(
                    "stuck-close",
                    f"{what} did not end within 2.5 s of the end of the test",
                    CURE,
                )
                for what in ("a generator", "a job")
            ],
            list(StuckClose().findings(closing)),
        )
        self.assertEqual([], list(StuckClose().findings(Closing())))


class LifeTests(unittest.TestCase):
    def setUp(self):
        self.over = threading.Event()
        self.addCleanup(self.over.set)

    def told(self, test):
        return told(test, checks="strict", close_limit=LIMIT)

    def test_a_job_that_goes_on_fails_the_test(self):
        """A job in the loop's executor that does not end is told once, and not waited for."""

        async def test():
            asyncio.get_running_loop().run_in_executor(None, self.over.wait)

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertEqual(
            ["leftover-job"],
            re.findall(r"\[([a-z-]+)\]", text),
            text,
        )

    def test_a_generator_that_does_not_end_fails_the_test(self):
        """An asynchronous generator whose finally waits for ever is told once, and left behind."""

        async def numbers():
            try:
                yield 1
            finally:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

        kept = []

        async def test():
            kept.append(numbers())
            await anext(kept[0])

        outcome, text = self.told(test)
        kept.clear()

        self.assertEqual("failure", outcome)
        self.assertEqual(
            ["leftover-generator"],
            re.findall(r"\[([a-z-]+)\]", text),
            text,
        )

    def test_healthy_twins_are_left_alone(self):
        """What was awaited, or ends when it is told to, is in order."""

        async def awaited_job():
            await asyncio.get_running_loop().run_in_executor(None, int)

        async def job_that_ends():
            asyncio.get_running_loop().run_in_executor(None, int)

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)

        async def generator_that_ends():
            self.assertEqual([1], [number async for number in numbers()])

        async def generator_that_was_closed():
            async with contextlib.aclosing(numbers()) as generator:
                await anext(generator)

        tests = (awaited_job, job_that_ends, generator_that_ends, generator_that_was_closed)
        for test in tests:
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))
