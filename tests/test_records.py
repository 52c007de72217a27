"""Tests of asynctesting.records: findings as data, their table, and the baseline."""

import json
import os
import pathlib
import tempfile
import textwrap
import unittest

from asynctesting.findings import Finding, Place
from asynctesting.records import Baseline, Key, key_of, read, record, table


ROOT = os.path.join(os.sep, "home", "herd")


def rec(check="pending-task", test="T.test_a", file="herd.py", line=7, **more):
    """A record."""
    return {
        "test": test,
        "check": check,
        "level": "fail",
        "fact": "a fact",
        "file": file,
        "line": line,
        "function": "move",
        "source": "nap()",
        "cure": "a cure",
        "detail": "",
        **more,
    }


class RecordTests(unittest.TestCase):
    def record(self, place=None, **more):
        finding = Finding("pending-task", "a fact", "a cure", place, **more)
        return record(finding, test="T.test_a", level="warn", root=ROOT)

    def test_a_finding_is_all_there(self):
        """Its line is read, and nothing is left out."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "herd.py")
            path.write_text("def move():\n    nap()\n", encoding="utf-8")
            found = record(
                Finding("a", "a fact", "a cure", Place(str(path), 2, "move"), "more"),
                test="T.test_a",
                level="warn",
                root=folder,
            )
        self.assertEqual(
            {
                "test": "T.test_a",
                "check": "a",
                "level": "warn",
                "fact": "a fact",
                "file": "herd.py",
                "line": 2,
                "function": "move",
                "source": "nap()",
                "cure": "a cure",
                "detail": "more",
            },
            found,
        )

    def test_files_are_called_alike_everywhere(self):
        """Inside of the root, in a package that is installed, or somewhere else."""
        for parts, expected in [
            ((ROOT, "tests", "herd.py"), "tests/herd.py"),
            ((ROOT, "lib", "site-packages", "cats", "a.py"), "site-packages/cats/a.py"),
            ((os.sep, "x", "dist-packages", "a.py"), "dist-packages/a.py"),
            ((os.sep, "home", "herdsman", "a.py"), "/home/herdsman/a.py"),
        ]:
            with self.subTest(expected):
                found = self.record(Place(os.path.join(*parts), 1))
                self.assertEqual(expected, found["file"])

    def test_a_finding_without_a_line(self):
        """It is known by its test."""
        found = self.record()

        self.assertEqual(("", 0, "", ""), tuple(found[k] for k in ("file", "line", "function", "source")))
        self.assertEqual(Key("pending-task", "", "T.test_a", ""), key_of(found))

    def test_the_maker_is_the_culprit(self):
        """Where a task stood is a detail of it."""
        made = Place(os.path.join(ROOT, "herd.py"), 3, "test")
        found = self.record(Place("nap.py", 9, "nap"), made=made, detail="more")

        self.assertEqual(("herd.py", 3, "test"), (found["file"], found["line"], found["function"]))
        self.assertEqual("it stood at nap.py:9, in nap\nmore", found["detail"])
        self.assertEqual(Key("pending-task", "herd.py", "test", ""), key_of(found))


class ReadTests(unittest.TestCase):
    def test_what_was_written_is_read(self):
        """One object in each line; lines without any are passed over."""
        lines = [json.dumps(rec()), "", json.dumps(rec(line=8)), "\n"]

        self.assertEqual([rec(), rec(line=8)], read(lines, "found"))

    def test_what_is_no_record_is_refused(self):
        """By file, line and reason."""
        good = json.dumps(rec())
        for line, problem in [
            ("{", "this is no JSON: "),
            ("[]", "this is no JSON object"),
            (json.dumps(rec(line="7")), "'line' must be a int, not '7'"),
            (json.dumps({"test": "T"}), "'check' must be a str, not None"),
        ]:
            with self.subTest(line):
                with self.assertRaises(ValueError) as caught:
                    read([good, line], "found.jsonl")
                self.assertTrue(
                    str(caught.exception).startswith(f"found.jsonl, line 2: {problem}"),
                    caught.exception,
                )


class TableTests(unittest.TestCase):
    def test_no_findings(self):
        """That is said, too."""
        self.assertEqual("asynctesting: no findings", table([]))

    def test_the_worst_first(self):
        """By check, then by culprit, each with the number of its tests and its worst level."""
        records = [
            rec("leftover-timer", level="warn"),
            rec(line=7, level="known"),
            rec(line=8, test="T.test_a", level="known"),
            rec(line=8, test="T.test_b"),
            rec(line=8, test="T.test_b"),
            rec("stuck-close", file="", line=0, source="", level="warn"),
        ]

        self.assertEqual(
            textwrap.dedent(
                """\
                asynctesting: 6 findings by 4 culprits in 2 tests

                tests  level  check           culprit
                    2  fail   pending-task    herd.py:8, in move
                                              nap()
                    1  known  pending-task    herd.py:7, in move
                                              nap()
                    1  warn   leftover-timer  herd.py:7, in move
                                              nap()
                    1  warn   stuck-close     T.test_a: a fact"""
            ),
            table(records),
        )

    def test_one_of_each(self):
        """A single one is not many."""
        self.assertTrue(table([rec()]).startswith("asynctesting: 1 finding by 1 culprit in 1 test\n"))


class BaselineTests(unittest.TestCase):
    def test_it_is_written_and_read(self):
        """A line for each culprit, sorted, without any number of a line."""
        baseline = Baseline.of([rec(line=9), rec("a", line=1), rec(line=7), rec(line=7)])

        text = str(baseline)

        self.assertEqual(
            [
                '{"check": "a", "file": "herd.py", "function": "move", "source": "nap()", "places": 1}',
                '{"check": "pending-task", "file": "herd.py", "function": "move", '
                '"source": "nap()", "places": 2}',
            ],
            text.splitlines(),
        )
        self.assertEqual(baseline.places, Baseline.read(text.splitlines(), "b").places)

    def test_what_does_not_belong_into_it_is_refused(self):
        """Findings are not a baseline."""
        with self.assertRaisesRegex(ValueError, "^b, line 1: 'places' must be a int, not None$"):
            Baseline.read([json.dumps(rec())], "b")

    def test_a_culprit_that_moves_is_known(self):
        """What is above it in its file does not matter."""
        baseline = Baseline.of([rec(line=7)])

        self.assertTrue(baseline.knows(rec(line=70)))
        self.assertTrue(baseline.knows(rec(line=70, test="T.test_b")))

    def test_a_new_one_is_not_known(self):
        """Another check, file, function or line; or the same once more."""
        for new in (
            rec("a"),
            rec(file="cat.py"),
            rec(function="stay"),
            rec(source="nap(1)"),
            rec(file="", line=0),
        ):
            with self.subTest(new):
                self.assertFalse(Baseline.of([rec()]).knows(new))
        baseline = Baseline.of([rec()])
        self.assertEqual(
            [True, False, True], [baseline.knows(rec(line=line)) for line in (7, 9, 7)]
        )

    def test_what_is_mended_is_stale(self):
        """It is told, and taken out; nothing is added."""
        baseline = Baseline.of([rec(line=7), rec(line=9), rec("a"), rec("b")])
        now = [rec(line=70), rec("a", line=3), rec("c")]

        stale = baseline.without(now)

        self.assertEqual({key_of(rec()): 1, key_of(rec("b")): 1}, stale.places)
        self.assertEqual({key_of(rec()): 1, key_of(rec("a")): 1}, baseline.minus(stale).places)


if __name__ == "__main__":
    unittest.main()
