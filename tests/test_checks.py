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

    ids = ("suspicious",)
    suspicions = frozenset(ids)

    def findings(self, closing):
        return [Finding("suspicious", "a suspicion", "a cure")]


class TableTests(unittest.TestCase):
    def test_ids_are_kebab_case_and_differ(self):
        """A user writes them in mappings and variables."""
        names = [name for check in CHECKS for name in check.ids]
        for name in names:
            self.assertRegex(name, r"^[a-z]+(-[a-z]+)+$")
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({name: check for check in CHECKS for name in check.ids}, dict(IDS))
        for check in CHECKS:
            self.assertLessEqual(check.suspicions, set(check.ids))

    def test_each_says_what_it_is(self):
        """The file of a check tells its fault, its cure, its allowance and its limits."""
        for check in CHECKS:
            with self.subTest(check=check.__name__):
                text = importlib.import_module(check.__module__).__doc__
                parts = ("The fault: ", "The cure: ", "The allowance: ", "What it cannot see:")
                for part in (*(f"``{name}``" for name in check.ids), *parts):
                    self.assertIn(part, text)

    def test_the_table_cannot_be_changed_by_accident(self):
        """The ids are what options are held against."""
        with self.assertRaises(TypeError):
            IDS["herd"] = Check


class LevelsTests(unittest.TestCase):
    def of(self, option):
        return levels(option).by_id

    def test_facts_fail_in_every_profile_but_two(self):
        """They fail, unless all are to warn, or to be silent."""
        suspicions = frozenset().union(*(check.suspicions for check in CHECKS))
        facts = IDS.keys() - suspicions
        for profile, fact, suspicion in [
            ("strict", "fail", "fail"),
            ("default", "fail", "warn"),
            ("warn", "warn", "warn"),
        ]:
            with self.subTest(profile=profile):
                expected = {**dict.fromkeys(facts, fact), **dict.fromkeys(suspicions, suspicion)}
                self.assertEqual(expected, self.of(profile))
        self.assertEqual({}, self.of("off"))
        self.assertEqual((), levels("off").watching)

    def test_every_profile_is_there(self):
        """What the option allows, the table knows."""
        for profile in options.CHECK_PROFILES:
            self.assertIsInstance(levels(profile), Levels)

    def test_a_suspicion_warns_by_default(self):
        """A check that may be wrong fails only those who ask for it."""
        with mock.patch.object(checks, "IDS", {**IDS, "suspicious": Suspicious}):
            for fact, suspicion in [("fail", "fail"), ("fail", "warn"), ("warn", "warn")]:
                told = checks._profile(fact, suspicion).by_id
                self.assertEqual(suspicion, told["suspicious"])
                self.assertEqual(fact, told["never-awaited"])

    def test_a_mapping_changes_the_default(self):
        """What a mapping does not name stays as it is; the order of checks is the table's."""
        option = {"stuck-close": "ignore", "never-awaited": "warn", "loop-error": "fail"}
        expected = {**self.of("default"), "never-awaited": "warn"}
        del expected["stuck-close"]

        self.assertEqual(expected, self.of(option))
        self.assertEqual(
            [check for check in CHECKS if check.ids != ("stuck-close",)], list(levels(option).all)
        )
        self.assertEqual(self.of("default"), self.of({}))

    def test_a_mapping_may_begin_with_any_profile(self):
        """So a suite that only warns takes one check after the other in earnest."""
        self.assertEqual(
            {**self.of("warn"), "never-awaited": "fail"},
            self.of({"*": "warn", "never-awaited": "fail"}),
        )
        self.assertEqual({"stuck-close": "warn"}, self.of({"*": "off", "stuck-close": "warn"}))
        self.assertEqual(
            self.of("strict").keys() - {"stuck-close"},
            self.of({"*": "strict", "stuck-close": "ignore"}).keys(),
        )

    def test_the_most_telling_comes_first(self):
        """Whatever was asked first; what nobody knows comes last."""
        ids = ["unneeded-allowance", "leftover-timer", "loop-error", "wrong-shape", "herd"]
        found = [Finding(name, "a fact", "a cure") for name in ids]

        self.assertEqual(
            ["wrong-shape", "loop-error", "leftover-timer", "unneeded-allowance", "herd"],
            [finding.check for finding in sorted(found, key=checks.rank)],
        )
        self.assertEqual(set(IDS), set(checks._RANKS))

    def test_a_mapping_is_resolved_once(self):
        """Each test of a class has the same levels."""
        self.assertIs(levels({"loop-error": "warn"}), levels({"loop-error": "warn"}))

    def test_only_those_that_watch_are_made_at_the_start(self):
        """A check that does nothing at the start need not be there before the end."""
        on = levels("default")

        self.assertIn(IDS["never-awaited"], on.watching)
        self.assertIn(IDS["loop-error"], on.inspecting)
        self.assertIn(IDS["never-awaited"], on.counting)
        self.assertNotIn(IDS["pending-task"], on.watching)
        off = levels(dict.fromkeys(IDS["loop-error"].ids, "ignore"))
        self.assertNotIn(IDS["loop-error"], off.watching)


class LifeTests(unittest.TestCase):
    def live(self, test, option="default", more=()):
        """Give the outcome of *test* and the warnings of ours."""
        every = (*more, *CHECKS)
        with (
            mock.patch.object(checks, "CHECKS", every),
            mock.patch.object(checks, "IDS", {name: c for c in every for name in c.ids}),
        ):
            profiles = {
                "strict": checks._profile("fail", "fail"),
                "default": checks._profile("fail", "warn"),
                "warn": checks._profile("warn", "warn"),
                "off": Levels({}),
            }
            with mock.patch.object(checks, "_PROFILES", profiles):

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
        for method in ("__init__", "start", "ending", "inspect", "stop", "findings"):
            for test, outcome in ((self.leak, "failure"), (self.healthy, "success")):
                with self.subTest(method=method, test=test.__name__):

                    def crash(check, *args):
                        raise ZeroDivisionError("a bug")

                    members = {
                        "ids": ("broken",), "start": lambda check, scene: None, method: crash
                    }
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

    async def leave_everything(self):
        """Leave something for every method of a check."""

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)

        async def fail():
            raise ValueError("hairball")

        generator = numbers()
        await anext(generator)
        # What is left in memory, and tasks that are pending.
        self.kept = [generator, asyncio.create_task(asyncio.sleep(10)), fail()]
        self.kept += [asyncio.create_task(fail())]
        await asyncio.sleep(0)

    def test_a_real_check_that_crashes_is_our_bug(self):
        """Whichever check crashes, in whichever of its methods: the others' verdict stands."""
        methods = ("start", "ending", "suspended", "inspect", "count", "stop", "findings")
        for kind in CHECKS:
            for method in methods:
                if getattr(kind, method) is getattr(Check, method):
                    continue
                with self.subTest(check=kind.__name__, method=method):
                    original = getattr(kind, method)

                    def crash(check, *args, original=original, is_stop=method == "stop"):
                        if is_stop:  # what it has put in place is not for the tests that follow
                            original(check, *args)
                        raise ZeroDivisionError("a bug")

                    with mock.patch.object(kind, method, crash):
                        result, told = self.live(self.leave_everything)
                    for one in self.kept:
                        if asyncio.iscoroutine(one):
                            one.close()
                        elif isinstance(one, asyncio.Task) and not one.cancelled():
                            one.exception()  # or asyncio logs it
                    self.kept = []
                    self.assertEqual("failure", result.outcome)
                    bugs = [text for text in told if text.startswith("bug in asynctesting")]
                    self.assertTrue(bugs, told)
                    for text in bugs:
                        self.assertIn(f"the check {kind.ids[0]!r} crashed", text)
                    self.assertNotIn("ZeroDivisionError", result.text)
                    seen = set(re.findall(r"\[([a-z-]+)\]", result.text))
                    expected = {"never-awaited", "unread-error", "pending-task"}
                    self.assertLessEqual(expected - set(kind.ids), seen)
