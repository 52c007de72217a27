"""What is found in the suites of others is compared exactly with what is known."""

import unittest

from . import alarms, suites
from .alarms import Alarm, Judgement
from .conduct import Run
from .known import KNOWN, Known


def run(outcomes, *found):
    return Run(
        outcomes={name: [end] for name, end in outcomes.items()},
        found=[{"test": test, "check": check, "text": check} for test, check in found],
        why={name: "why" for name in outcomes},
    )


class CompareTests(unittest.TestCase):
    def compare(self, outcomes, *found, known=(), under="plain"):
        off = run(dict.fromkeys(outcomes, "success"))
        return alarms.compare(off, run(outcomes, *found), known, under)

    def test_what_is_known_and_found(self):
        known = [Known("pending-task", "", ("A.test",))]
        self.assertEqual(
            ([Alarm("m.A.test", "pending-task")], [], [], []),
            self.compare({"m.A.test": "failure"}, ("m.A.test", "pending-task"), known=known),
        )

    def test_a_name_is_known_whole(self):
        known = [Known("pending-task", "", ("A.test",))]
        for name in ("m.AA.test", "m.A.test_b"):
            with self.subTest(name=name):
                _, new, gone, _ = self.compare(
                    {name: "failure"}, (name, "pending-task"), known=known
                )
                self.assertEqual(([Alarm(name, "pending-task")], []), (new, gone))

    def test_what_is_new(self):
        """Another check of the same test, or another test; each told once."""
        known = [Known("pending-task", "", ("A.test",))]
        _, new, _, _ = self.compare(
            {"A.test": "failure", "A.b": "failure"},
            ("A.test", "pending-task"),
            ("A.test", "loop-error"),
            ("A.b", "pending-task"),
            ("A.b", "pending-task"),
            known=known,
        )
        self.assertEqual([Alarm("A.b", "pending-task"), Alarm("A.test", "loop-error")], new)

    def test_what_is_gone(self):
        """It is missed only where its test was run, and where it is due."""
        known = [
            Known("pending-task", "", ("A.test", "A.other")),
            Known("loop-error", "", ("A.test",), always=False),
            Known("unread-job", "", ("A.test",), but_under=("uvloop",)),
            Known("wrong-thread", "", ("A.test",), since=(4, 0)),
        ]
        _, _, gone, _ = self.compare({"A.test": "success"}, known=known, under="uvloop")
        self.assertEqual([Alarm("A.test", "pending-task")], gone)
        _, _, gone, _ = self.compare({"A.test": "success"}, known=known)
        self.assertEqual([Alarm("A.test", "pending-task"), Alarm("A.test", "unread-job")], gone)

    def test_what_fails_without_a_finding(self):
        known = [Known("verdict", "", ("A.known",))]
        *_, changed = self.compare(
            {"A.test": "failure", "A.known": "failure", "A.found": "failure", "A.b": "success"},
            ("A.found", "pending-task"),
            known=known,
        )
        self.assertEqual(["A.test: why"], changed)

    def test_what_does_not_run_any_more(self):
        off, on = run({"A.test": "success"}), run({})
        self.assertEqual(["A.test: "], alarms.compare(off, on, ())[3])

    def test_what_failed_before(self):
        """It is not compared, and what is found of it is a note."""
        off, on = run({"A.test": "error"}), run({"A.test": "error"}, ("A.test", "loop-error"))
        self.assertEqual(([], [], [], []), alarms.compare(off, on, ()))


class JudgementTests(unittest.TestCase):
    def test_states(self):
        alarm = Alarm("A.test", "pending-task")
        self.assertEqual("skipped", Judgement("a", "plain").state)
        self.assertEqual("passed", Judgement("a", "plain", 1, known=[alarm]).state)
        for broken in ({"new": [alarm]}, {"gone": [alarm]}, {"changed": ["a"]}, {"reason": "a"}):
            with self.subTest(broken=broken):
                self.assertEqual("failed", Judgement("a", "plain", 1, **broken).state)

    def test_it_is_told_in_full(self):
        judgement = Judgement("a", "plain", 1, new=[Alarm("A.test", "pending-task", "x\ny")])
        self.assertTrue(
            str(judgement).endswith(
                "failed\n    new: A.test: pending-task\n        x\n        y"
            )
        )


class KnownTests(unittest.TestCase):
    def test_each_suite_is_there(self):
        """Of CPython's, one or the other is not, by version."""
        there = {suite.name for suite in (*suites.PROJECTS, *suites.PLAIN)}
        there |= {f"plain:{name}" for name in suites.SYNCHRONOUS}
        self.assertEqual(
            set(), {name for name in KNOWN if not name.startswith("cpython:")} - there
        )

    def test_every_pin_is_exact(self):
        for suite in suites.PLAIN:
            for pin in suite.requires:
                with self.subTest(suite=suite.name, pin=pin):
                    self.assertRegex(pin, r"\A[\w.-]+==[\w.]+\Z")
            self.assertEqual(64, len(suite.project.sha256))

    def test_each_has_a_reason(self):
        for name, faults in KNOWN.items():
            for fault in faults:
                with self.subTest(suite=name, check=fault.check):
                    self.assertTrue(fault.why and fault.tests)


class EveryTests(unittest.TestCase):
    def test_plain_suites_are_found(self):
        for suite in suites.synchronous():
            self.assertTrue(suite.every)
            self.assertIn(suite.name.removeprefix("plain:"), suites.SYNCHRONOUS)


if __name__ == "__main__":
    unittest.main()
