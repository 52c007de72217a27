"""The judge: does it see a difference where there is one, and none where there is none?"""

import importlib.util
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from . import __main__ as command
from . import conduct, inside, suites
from .outcomes import Difference, compare, immune, is_red, stable, verdict


class OutcomeTests(unittest.TestCase):
    def test_the_worst_entry_is_the_verdict(self):
        self.assertEqual("error", verdict(["failure", "error", "success"]))
        self.assertEqual("missing", verdict([]))

    def test_red_is_what_fails_a_run(self):
        self.assertTrue(is_red(["skip", "failure"]))
        self.assertTrue(is_red(["unexpectedSuccess"]))
        self.assertFalse(is_red(["success", "skip", "expectedFailure"]))

    def test_a_test_is_stable_if_all_runs_agree_whatever_the_order_of_entries(self):
        runs = [
            {"a": ["error", "failure"], "b": ["success"]},
            {"a": ["failure", "error"], "b": ["failure"], "c": ["success"]},
        ]
        self.assertEqual(({"a": ("error", "failure")}, ["b", "c"]), stable(runs))

    def test_equal_runs_are_the_same(self):
        self.assertEqual(
            (2, [], []),
            compare(
                {"a": ["success"], "b": ["skip"]}, {"b": ["skip"], "a": ["success"]}, exact=True
            ),
        )

    def test_a_test_that_no_longer_runs_is_lost(self):
        lost = [Difference("a", "success", "missing")]
        for exact in (True, False):
            with self.subTest(exact=exact):
                self.assertEqual((0, lost, []), compare({"a": ["success"]}, {}, exact=exact))

    def test_a_failure_that_is_none_any_more_is_lost(self):
        self.assertEqual(
            (0, [Difference("a", "failure", "success")], []),
            compare({"a": ["failure"]}, {"a": ["success"]}, exact=False),
        )

    def test_a_new_failure_is_a_change(self):
        self.assertEqual(
            (0, [], [Difference("a", "success", "error")]),
            compare({"a": ["success"]}, {"a": ["error"]}, exact=False),
        )

    def test_one_entry_for_two_is_a_change_only_if_compared_exactly(self):
        stock, ours = {"a": ["failure", "error"]}, {"a": ["failure"]}
        self.assertEqual((1, [], []), compare(stock, ours, exact=False))
        self.assertEqual(
            (0, [], [Difference("a", "error+failure", "failure")]),
            compare(stock, ours, exact=True),
        )

    def test_unstable_tests_are_not_compared(self):
        self.assertEqual(
            (0, [], []), compare({"a": ["failure"]}, {"a": ["success"]}, exact=True, ignore=["a"])
        )

    def test_a_sabotaged_test_that_passes_proves_nothing(self):
        self.assertEqual(
            ["a"], immune({"a": ["success"], "b": ["error"], "c": ["skip"]}, ["a", "b", "c", "d"])
        )


class ReportTests(unittest.TestCase):
    def test_a_report_that_breaks_off_names_the_test(self):
        self.assertEqual("ended before any test", conduct.read("").died)
        self.assertEqual("ended in a", conduct.read('{"started": "a"}').died)
        self.assertEqual("ended after a", conduct.read('{"started": "a"}\n{"stopped": "a"}').died)
        self.assertEqual("", conduct.read('{"done": true}').died)


class SuiteTests(unittest.TestCase):
    def test_cpython_suites_are_found_by_what_they_name(self):
        with TemporaryDirectory() as folder:
            stdlib = Path(folder)
            (stdlib / "test" / "test_unittest").mkdir(parents=True)
            (stdlib / "test" / "test_one.py").write_text("unittest.IsolatedAsyncioTestCase")
            (stdlib / "test" / "test_other.py").write_text("unittest.TestCase")
            (stdlib / "test" / "test_unittest" / "test_async_case.py").write_text(
                "IsolatedAsyncioTestCase"
            )
            found = {
                suite.name: (suite.modules, suite.only_base) for suite in suites.cpython(stdlib)
            }
        self.assertEqual(
            {
                "cpython:test_one": (("test.test_one",), True),
                "cpython:test_unittest.test_async_case": (
                    ("test.test_unittest.test_async_case",),
                    False,
                ),
            },
            found,
        )

    def test_an_installation_without_tests_has_no_suites(self):
        with TemporaryDirectory() as folder:
            self.assertEqual([], list(suites.cpython(Path(folder))))

    def test_every_pin_is_exact(self):
        for suite in suites.PROJECTS:
            for pin in suite.requires:
                with self.subTest(suite=suite.name, pin=pin):
                    self.assertRegex(pin, r"\A[\w.-]+==[\w.]+\Z")
            self.assertEqual(64, len(suite.project.sha256))

    def test_suites_are_chosen_by_name_group_or_pattern(self):
        known = [suites.Suite("one:a", ()), suites.Suite("one:b", ()), suites.Suite("two", ())]
        names = {
            wanted: [suite.name for suite in command.choose(known, [wanted])]
            for wanted in ("two", "one", "*a")
        }
        self.assertEqual({"two": ["two"], "one": ["one:a", "one:b"], "*a": ["one:a"]}, names)
        with self.assertRaisesRegex(
            LookupError, r"\Ano suite is called 'three'; --list shows all\Z"
        ):
            command.choose(known, ["three"])


class TableTests(unittest.TestCase):
    def test_the_last_line_counts_suites(self):
        verdicts = [
            conduct.Verdict("a"),
            conduct.Verdict("b", "failed"),
            conduct.Verdict("c", "skipped", "why"),
        ]
        self.assertEqual("1 passed, 1 failed, 1 skipped", command.closing(verdicts))
        self.assertEqual("1 passed, 0 failed", command.closing(verdicts[:1]))

    def test_what_is_lost_is_named(self):
        lost = Difference("a.test", "failure", "success")
        shown = command.table(
            [
                conduct.Verdict(
                    "a", "failed", "1 tests end otherwise", tests=1, sabotage_lost={"test": [lost]}
                )
            ]
        )
        line = "lost when test raises: a.test: failure with the standard class, success with ours"
        self.assertIn(f"    {line}\n", f"{shown}\n")


class SabotageTests(unittest.TestCase):
    """Each stage, by hand, on the standard class."""

    def test_each_stage_fails_the_test_whatever_it_is(self):
        for stage in inside.STAGES:
            for method in ("test_async", "test_sync"):

                class Case(unittest.IsolatedAsyncioTestCase):
                    async def test_async(self):
                        pass

                    def test_sync(self):
                        pass

                with self.subTest(stage=stage, method=method):
                    inside.sabotage(stage, Case, method)
                    result = unittest.TestResult()
                    Case(method).run(result)
                    self.assertEqual(
                        (int(stage != "test"), int(stage == "test")),
                        (len(result.errors), len(result.failures)),
                    )

    def test_a_subclass_is_left_alone(self):
        class Case(unittest.IsolatedAsyncioTestCase):
            async def test(self):
                pass

        class Other(Case):
            pass

        for stage in inside.STAGES:
            inside.sabotage(stage, Case, "test")
        result = unittest.TestResult()
        Other("test").run(result)
        self.assertTrue(result.wasSuccessful())


class JudgeTests(unittest.TestCase):
    """The whole of it, on a small suite of our own."""

    def test_the_standard_class_against_itself(self):
        stages = ("asyncSetUp", "test", "cleanup")
        found = conduct.conduct(suites.SAMPLE, conduct.STOCK, baselines=1, stages=stages)
        self.assertEqual(("passed", "", []), (found.state, found.reason, found.problems()))
        self.assertEqual((20, 19), (found.tests, found.by_base))
        self.assertEqual(dict.fromkeys(stages, 19), found.stages)

    def test_broken_classes_are_caught(self):
        caught = {
            "NeverAwaits": "test",
            "ForgetsTearDown": "tearDown",
            "SwallowsCleanups": "cleanup",
            "SkipsEverything": "asyncSetUp",
        }
        for name, stage in caught.items():
            with self.subTest(name=name):
                found = conduct.conduct(
                    suites.SAMPLE,
                    f"tests.conformance.own.broken:{name}",
                    baselines=1,
                    stages=(stage,),
                )
                self.assertEqual("failed", found.state)
                self.assertIn(
                    "sample.Everything.test_passes",
                    {difference.test for difference in found.sabotage_lost[stage]},
                )

    def test_a_class_that_never_awaits_passes_all_but_the_sabotage(self):
        suite = suites.Suite("greens", ("greens",), path=(suites.OWN,))
        found = conduct.conduct(
            suite, "tests.conformance.own.broken:NeverAwaits", baselines=1, stages=("test",)
        )
        self.assertEqual(([], []), (found.lost, found.changed))
        self.assertEqual(
            ["greens.Greens.test_also_passes", "greens.Greens.test_passes"],
            [d.test for d in found.sabotage_lost["test"]],
        )

    def test_the_child_imports_nothing_of_the_harness(self):
        spec = importlib.util.find_spec(inside.__name__)
        self.assertNotIn("from .", Path(spec.origin).read_text(encoding="utf-8"))
