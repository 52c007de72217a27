"""The docstring of the package is the contract: its examples run, and it leaves nothing out."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
import unittest
from unittest import mock

import asynctesting
from asynctesting.checks import IDS
from asynctesting.options import NAMES


GUIDE = asynctesting.__doc__ or ""


class GuideTests(unittest.TestCase):
    """What ``help(asynctesting)`` says."""

    def test_examples(self) -> None:
        """Each example prints what is shown; "..." stands for paths and what is long."""
        parser = doctest.DocTestParser()
        test = parser.get_doctest(GUIDE, {}, "asynctesting", asynctesting.__file__, 0)
        self.assertGreater(len(test.examples), 10)
        printed: list[str] = []
        self.enterContext(mock.patch.dict(os.environ, ASYNCTESTING_FAILURES="off"))
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=printed.append)
        self.assertEqual(0, runner.failures, "".join(printed))

    def test_names(self) -> None:
        """It names each check, each option and each public name."""
        decorators = {"allowances": "allow", "exploring": "explore", "loops": "on_loops"}
        options = {decorators.get(name, name) for name in NAMES}
        for name in (*IDS, *options, *asynctesting.__all__):
            with self.subTest(name):
                self.assertTrue(name in GUIDE, name)

    def test_help(self) -> None:
        """``help()`` shows it."""
        done = subprocess.run(
            [sys.executable, "-m", "pydoc", "asynctesting"],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
        for line in GUIDE.splitlines()[2:]:
            self.assertIn(line, done.stdout)

    def test_width(self) -> None:
        """Its lines fit on a page."""
        self.assertEqual([], [line for line in GUIDE.splitlines() if len(line) > 120])


if __name__ == "__main__":
    unittest.main()
