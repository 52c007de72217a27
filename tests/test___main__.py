"""Tests of asynctesting.__main__: the command line."""

import contextlib
import io
import json
import os
import pathlib
import runpy
import sys
import tempfile
import unittest
from unittest import mock

from asynctesting.__main__ import main
from asynctesting.checks import IDS
from tests.support import python
from tests.test_records import rec


class CommandTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def write(self, name, *records):
        path = os.path.join(self.folder, name)
        text = "".join(f"{json.dumps(one)}\n" for one in records)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def run_main(self, *arguments):
        with (
            contextlib.redirect_stdout(io.StringIO()) as printed,
            contextlib.redirect_stderr(io.StringIO()) as told,
        ):
            try:
                code = main(arguments)
            except SystemExit as exit:  # argparse does so
                code = exit.code
        return code, printed.getvalue(), told.getvalue()

    def test_help(self):
        """It tells the commands, and how a suite moves in."""
        code, printed, _ = self.run_main("--help")

        self.assertEqual(0, code)
        for word in ("explain", "summary", "baseline", "moving in:", "ASYNCTESTING_FINDINGS"):
            self.assertIn(word, printed)

    def test_no_command(self):
        """There is nothing to do."""
        self.assertEqual(2, self.run_main()[0])

    def test_it_is_a_program(self):
        """``python -m asynctesting`` needs neither a loop nor unittest's runner."""
        with (
            mock.patch.dict(sys.modules),
            mock.patch.object(sys, "argv", ["asynctesting", "explain"]),
            contextlib.redirect_stdout(io.StringIO()) as printed,
            self.assertRaises(SystemExit) as caught,
        ):
            del sys.modules["asynctesting.__main__"]
            runpy.run_module("asynctesting.__main__", run_name="__main__")
        self.assertEqual(0, caught.exception.code)
        self.assertIn("pending-task", printed.getvalue())

    def test_a_test_does_not_need_it(self):
        """Nor what it is made of."""
        done = python(
            """
            import sys
            import asynctesting

            async def main():
                pass

            asynctesting.run(main)
            print(sorted(n for n in set(sys.modules) if n in (
                "asynctesting.__main__", "asynctesting.records", "json")))
            """
        )
        self.assertEqual("[]\n", done.stdout)

    def test_explain(self):
        """Each check has a page."""
        for name in IDS:
            with self.subTest(name):
                code, printed, _ = self.run_main("explain", name)
                self.assertEqual(0, code)
                self.assertTrue(printed.startswith(f"{name}\n===="), printed)
        code, printed, _ = self.run_main("explain", "pending-task", "stuck-close", "--where")
        for part in ("pending-task\n=====", "\n\nstuck-close\n=====", "another thread"):
            self.assertIn(part, printed)

    def test_explain_none(self):
        """Without an id, they are listed."""
        code, printed, _ = self.run_main("explain")

        self.assertEqual(0, code)
        for name in IDS:
            self.assertIn(name, printed)

    def test_explain_what_is_not_there(self):
        """The one that was meant is told, or all of them."""
        code, printed, told = self.run_main("explain", "pending-taks")
        self.assertEqual((2, ""), (code, printed))
        self.assertEqual(
            "asynctesting: there is no check 'pending-taks'; did you mean 'pending-task'?\n", told
        )
        self.assertIn("there are never-awaited, ", self.run_main("explain", "x")[2])

    def test_explore(self):
        """It is somebody else's work; the code that it gives is the program's."""
        with mock.patch("asynctesting.evidence.explore_command", return_value=3) as explore:
            self.assertEqual(3, self.run_main("explore", "tests:main", "--seed", "5")[0])

        (given,) = explore.call_args.args
        self.assertEqual(("tests:main", 5), (given.target, given.seed))

    def test_summary(self):
        """Of one file, or of several."""
        files = self.write("a", rec()), self.write("b", rec(test="T.test_b"))

        code, printed, _ = self.run_main("summary", *files)

        self.assertEqual(0, code)
        self.assertIn("asynctesting: 2 findings by 1 culprit in 2 tests\n", printed)

    def test_what_cannot_be_read(self):
        """It is told by name, and no traceback is shown."""
        for name, problem in [
            (os.path.join(self.folder, "nowhere"), "No such file"),
            (self.write("broken", {}), "'test' must be a str"),
        ]:
            with self.subTest(name):
                code, printed, told = self.run_main("summary", name)
                self.assertEqual((2, ""), (code, printed))
                self.assertIn(problem, told)
                self.assertTrue(told.startswith("asynctesting: "), told)

    def test_baseline(self):
        """It is printed, to be put where it belongs."""
        code, printed, _ = self.run_main("baseline", self.write("a", rec(), rec()))

        self.assertEqual(0, code)
        (line,) = printed.splitlines()
        self.assertEqual(1, json.loads(line)["places"])

        into = os.path.join(self.folder, "known")
        self.assertEqual((0, ""), self.run_main("baseline", self.write("a", rec()), "--into", into)[:2])
        self.assertEqual(printed, pathlib.Path(into).read_text(encoding="utf-8"))

    def test_a_baseline_is_checked_and_shrunk(self):
        """What is mended is told; nothing new comes in."""
        known = self.write("known")
        lost = rec(file="", line=0, source="")
        code, printed, _ = self.run_main("baseline", self.write("a", rec(), rec("a"), lost))
        pathlib.Path(known).write_text(printed, encoding="utf-8")
        found = self.write("b", rec("a"), rec("b"))
        told = (
            f"{known}: 2 of its 3 culprits were not found any more\n"
            "  pending-task  T.test_a\n"
            "  pending-task  herd.py, in move\n"
            "    nap()\n"
        )

        self.assertEqual((1, told), self.run_main("baseline", found, "--check", known)[:2])
        self.assertEqual((0, told), self.run_main("baseline", found, "--shrink", known)[:2])
        (line,) = pathlib.Path(known).read_text(encoding="utf-8").splitlines()
        self.assertEqual("a", json.loads(line)["check"])
        self.assertEqual(
            (0, f"{known}: 0 of its 1 culprits were not found any more\n"),
            self.run_main("baseline", found, "--check", known)[:2],
        )


if __name__ == "__main__":
    unittest.main()
