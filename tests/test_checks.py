"""Tests of asynctesting.checks: the table of checks, their levels, and a check that crashes."""

import asyncio
import importlib
import re
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase, AsyncTestingWarning, checks, options
from asynctesting.checks import CHECKS, IDS, Check, Levels, levels
from asynctesting.findings import Finding
from tests.support import live


class Suspicious(Check):
    """A check that only suspects."""

    id = "suspicious"
    suspicion = True

    def findings(self, closing):
        return [Finding(self.id, "a suspicion", "a cure")]


class TableTests(unittest.TestCase):
    def test_ids_are_kebab_case_and_differ(self):
        """A user writes them in mappings and variables."""
        for check in CHECKS:
            self.assertRegex(check.id, r"^[a-z]+(-[a-z]+)*$")
        self.assertEqual({check.id: check for check in CHECKS}, dict(IDS))
        self.assertEqual(len(CHECKS), len(IDS))

    def test_each_says_what_it_is(self):
        """The file of a check tells its fault, its cure, its allowance and its limits."""
        for check in CHECKS:
            with self.subTest(check=check.id):
                text = importlib.import_module(check.__module__).__doc__
                for part in (f"``{check.id}``", "The fault: ", "The cure: ", "The allowance: ",
                             "What it cannot see: "):
                    self.assertIn(part, text)

    def test_the_table_cannot_be_changed_by_accident(self):
        """The ids are what options are held against."""
        with self.assertRaises(TypeError):
            IDS["herd"] = Check

    def test_the_most_telling_comes_first(self):
        """The order of the table is the order in a report."""
        self.assertEqual(
            [
                "never-awaited",
                "loop-error",
                "pending-task",
                "stubborn-task",
                "swallowed-cancellation",
                "stuck-close",
            ],
            [check.id for check in CHECKS],
        )


class LevelsTests(unittest.TestCase):
    def of(self, option):
        return {check.id: level for check, level in levels(option).all.items()}

    def test_facts_fail_in_every_profile_but_two(self):
        """All checks so far are facts: they fail, unless all are to warn, or to be silent."""
        for profile, level in [("strict", "fail"), ("default", "fail"), ("warn", "warn")]:
            with self.subTest(profile=profile):
                self.assertEqual({check.id: level for check in CHECKS}, self.of(profile))
        self.assertEqual({}, self.of("off"))
        self.assertEqual((), levels("off").watching)

    def test_every_profile_is_there(self):
        """What the option allows, the table knows."""
        for profile in options.CHECK_PROFILES:
            self.assertIsInstance(levels(profile), Levels)

    def test_a_suspicion_warns_by_default(self):
        """A check that may be wrong fails only those who ask for it."""
        with mock.patch.object(checks, "CHECKS", (*CHECKS, Suspicious)):
            told = {
                (fact, suspicion): checks._profile(fact, suspicion).all
                for fact, suspicion in [("fail", "fail"), ("fail", "warn"), ("warn", "warn")]
            }

        for (fact, suspicion), of in told.items():
            self.assertEqual(suspicion, of.pop(Suspicious))
            self.assertEqual({fact}, set(of.values()))

    def test_a_mapping_changes_the_default(self):
        """What a mapping does not name stays as it is; the order is the table's."""
        told = self.of({"stuck-close": "ignore", "never-awaited": "warn", "loop-error": "fail"})

        self.assertEqual(
            {
                "never-awaited": "warn",
                "loop-error": "fail",
                "pending-task": "fail",
                "stubborn-task": "fail",
                "swallowed-cancellation": "fail",
            },
            told,
        )
        self.assertEqual([check.id for check in CHECKS][:-1], list(told))
        self.assertEqual(self.of("default"), self.of({}))

    def test_a_mapping_is_resolved_once(self):
        """Each test of a class has the same levels."""
        self.assertIs(levels({"loop-error": "warn"}), levels({"loop-error": "warn"}))

    def test_only_those_that_watch_are_made_at_the_start(self):
        """A check that does nothing at the start need not be there before the end."""
        self.assertEqual(
            ["never-awaited", "loop-error"], [check.id for check in levels("default").watching]
        )
        self.assertEqual(
            ["loop-error"],
            [check.id for check in levels({"never-awaited": "ignore"}).watching],
        )


class LifeTests(unittest.TestCase):
    def live(self, test, option="default", more=()):
        """Give the outcome of *test* and the warnings of ours."""
        with mock.patch.object(checks, "CHECKS", (*more, *CHECKS)):
            profiles = {name: checks._profile(*pair) for name, pair in {
                "strict": ("fail", "fail"), "default": ("fail", "warn"), "warn": ("warn", "warn"),
            }.items()}
            profiles["off"] = Levels({})
            with (
                mock.patch.object(checks, "_PROFILES", profiles),
                mock.patch.object(checks, "IDS", {c.id: c for c in checks.CHECKS}),
            ):

                class Tests(AsyncTestCase, checks=option):
                    async def test_cat(self):
                        await test()

                with warnings.catch_warnings(record=True) as told:
                    warnings.simplefilter("always")
                    result = live(Tests)
        ours = [str(w.message) for w in told if issubclass(w.category, AsyncTestingWarning)]
        self.assertEqual(len(told), len(ours), [str(w.message) for w in told])
        return result, ours

    async def leak(self):
        self.kept = asyncio.create_task(asyncio.sleep(10))

    async def healthy(self):
        pass

    def test_levels_decide_what_a_finding_does(self):
        """A fault fails the test, or warns, or is passed over."""
        for option, outcome, warned in [
            ("strict", "failure", False),
            ("default", "failure", False),
            ("warn", "success", True),
            ("off", "success", False),
            ({"pending-task": "fail"}, "failure", False),
            ({"pending-task": "warn"}, "success", True),
            ({"pending-task": "ignore"}, "success", False),
        ]:
            with self.subTest(option=option):
                result, told = self.live(self.leak, option)
                self.assertEqual((outcome, warned), (result.outcome, bool(told)))
                self.assertEqual(warned, any("[pending-task]" in text for text in told))

    def test_a_check_that_crashes_is_our_bug(self):
        """Wherever a check crashes, the verdict stands, and the bug is warned of by name."""
        for method in ("__init__", "start", "ending", "stop", "findings"):
            for test, outcome in ((self.leak, "failure"), (self.healthy, "success")):
                with self.subTest(method=method, test=test.__name__):

                    def crash(check, *args):
                        raise ZeroDivisionError("a bug")

                    members = {"id": "broken", "start": lambda check, loop: None, method: crash}
                    broken = type("Broken", (Check,), members)
                    result, told = self.live(test, more=(broken,))
                    self.assertEqual(outcome, result.outcome)
                    self.assertNotIn("broken", result.text)
                    if method == "ending" and outcome == "success":
                        self.assertEqual([], told)  # it is not asked: there was nothing left
                        continue
                    (text,) = told
                    self.assertTrue(
                        text.startswith("bug in asynctesting: the check 'broken' crashed\nTrace"),
                        text,
                    )
                    self.assertTrue(re.search(r"\nZeroDivisionError: a bug\n$", text), text)
