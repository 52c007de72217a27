"""Tests of asynctesting.checks.allowance: an allowance that was not needed."""

import unittest
import warnings

from asynctesting import AsyncTestCase, allow
from asynctesting.checks import IDS
from asynctesting.checks.allowance import UnneededAllowance
from tests.support import live


class UnneededTests(unittest.TestCase):
    def test_it_is_a_check_like_the_others(self):
        """It has a level, and is only suspected: a run need not be red for it."""
        self.assertIs(UnneededAllowance, IDS["unneeded-allowance"])
        self.assertEqual({"unneeded-allowance"}, UnneededAllowance.suspicions)

    def test_its_level_can_be_chosen(self):
        """It fails the test where that is wanted, and says where it is written."""
        for option, outcome, told in [
            ("default", "success", 1),
            ("strict", "failure", 0),
            ({"unneeded-allowance": "ignore"}, "success", 0),
        ]:
            with self.subTest(option=option):

                class Tests(AsyncTestCase, checks=option):
                    @allow("pending-task")
                    async def test_cat(self):
                        pass

                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    result = live(Tests)
                self.assertEqual((outcome, told), (result.outcome, len(caught)))
                for text in [str(w.message) for w in caught] + [str(e) for e in result.raised]:
                    self.assertIn('@allow("pending-task")', text)
