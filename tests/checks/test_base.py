"""Tests of asynctesting.checks.base: what a check is, and what it is told."""

import asyncio
import unittest

from asynctesting.checks.base import Check, Closing


class ClosingTests(unittest.TestCase):
    def test_nothing_came_to_light(self):
        """A healthy test ends without an event."""
        closing = Closing(limit=5.0)

        self.assertFalse(closing.is_eventful)
        self.assertEqual(
            ([], [], [], [], 5.0),
            (closing.stubborn, closing.failed, closing.stuck, closing.swallowed, closing.limit),
        )

    def test_anything_is_an_event(self):
        """One task, one word is enough for the checks to be asked."""
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        future = loop.create_future()
        for told in (
            {"stubborn": [future]},
            {"failed": [(future, ValueError())]},
            {"stuck": ["a generator"]},
            {"swallowed": ["setUp()"]},
        ):
            with self.subTest(told=list(told)):
                self.assertTrue(Closing(**told).is_eventful)

    def test_each_has_lists_of_its_own(self):
        """What one test is told of does not reach the next."""
        Closing().stuck.append("a generator")

        self.assertEqual([], Closing().stuck)


class CheckTests(unittest.TestCase):
    def test_a_check_need_do_nothing(self):
        """A check overrides only what it needs; it is a fact unless it says otherwise."""

        class Idle(Check):
            id = "idle"

        check = Idle()

        self.assertFalse(check.suspicion)
        self.assertIsNone(check.start(None))
        self.assertIsNone(check.ending(None, []))
        self.assertIsNone(check.stop())
        self.assertEqual([], list(check.findings(Closing())))
