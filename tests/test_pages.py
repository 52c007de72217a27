"""Tests of asynctesting.pages: each check has one, and where each check sees its fault."""

import re
import sys
import threading
import unittest

from asynctesting.checks import IDS
from asynctesting.pages import GROUPS, PLACES, Page, contents, page, where, where_table
from tests.pages import IMPOSSIBLE, run_example
from tests.support import main_thread_only, settle, unsettle


WORDS = {"fail": "seen", "warn": "suspected", "": "blind"}


setUpModule, tearDownModule = settle, unsettle


def checks():
    """The ids, in the order of the pages, of those whose example can be run."""
    names = [name.replace("_", "-") for _, module in GROUPS for name in module.__all__]
    return [name for name in names if not IMPOSSIBLE.get(name)]


class PageTests(unittest.TestCase):
    def test_each_check_has_a_page(self):
        """Once, and no page is of anything else."""
        names = [name for _, module in GROUPS for name in module.__all__]

        self.assertEqual(sorted(IDS), sorted(name.replace("_", "-") for name in names))
        for name in IDS:
            self.assertEqual(name, page(name).check)
        with self.assertRaises(KeyError):
            page("herd")

    def test_help_shows_it(self):
        """It is a docstring, of a function that does nothing."""
        for _, module in GROUPS:
            for name in module.__all__:
                self.assertIsNone(getattr(module, name)())

    def test_as_text(self):
        """Under its id, and without the marks that only a browser needs."""
        text = str(Page("a-check", "A :exc:`KeyError` in ``x``.\n\nMore.\n"))

        self.assertEqual("a-check\n=======\n\nA `KeyError` in `x`.\n\nMore.\n", text)

    def test_an_example(self):
        """It ends where the text goes on, or with the text."""
        one = Page("a", "A.\n\nThe fault::\n\n    a\n\n        b\n\nMore.\n\nThe cure::\n\n    c\n")

        self.assertEqual(("a\n\n    b\n", "c\n"), (one.fault, one.cure))

    def test_contents(self):
        """Each check with its summary, below what it is about."""
        text = contents()

        for name in IDS:
            self.assertRegex(text, rf"(?m)^  {name} +{re.escape(page(name).summary)}$")
        for title, _ in GROUPS:
            self.assertIn(f"{title}:\n", text)


class WhereTests(unittest.TestCase):
    """What is said of each check is so."""

    def check_place(self, place, run):
        number = ["asyncio", *PLACES].index(place)
        for check in checks():
            with self.subTest(check):
                said = where(check)[number]
                if said == "cannot be":
                    self.assertNotIn(f"[{check}]", run(check).text)
                    continue
                self.assertEqual(said, WORDS[run(check).has(check)])

    @main_thread_only("another test has that")
    def test_asyncio(self):
        """On asyncio's own loops nothing is unseen."""
        self.check_place("asyncio", lambda check: run_example(check, "The fault"))

    @main_thread_only("elsewhere uvloop handles no signals, and more is seen")
    def test_uvloop(self):
        """On uvloop, what is left on the loop is."""
        try:
            import uvloop
        except ImportError:
            self.skipTest("uvloop is not installed")
        self.check_place(
            "uvloop",
            lambda check: run_example(check, "The fault", loop_factory=uvloop.new_event_loop),
        )

    def test_another_thread(self):
        """A test may be run in any thread."""

        def run(check):
            outcomes = []
            thread = threading.Thread(
                target=lambda: outcomes.append(run_example(check, "The fault"))
            )
            thread.start()
            thread.join()
            return outcomes[0]

        self.check_place("another thread", run)

    @unittest.skipUnless(sys.platform == "win32", "this is not Windows")
    def test_windows(self):
        """What cannot be run there, is said to be so."""
        for check in IMPOSSIBLE:
            if IMPOSSIBLE[check] and check != "leftover-policy":
                self.assertNotIn(where(check)[-1], ("seen", "suspected"))

    def test_table(self):
        """All of it, a line for each check."""
        lines = where_table().splitlines()

        self.assertEqual(["asyncio", "uvloop", "another", "thread", "Windows"], lines[0].split())
        self.assertEqual(len(IDS) + 1, len(lines))
        self.assertIn("open-descriptor          suspected  blind      suspected       blind", lines)


if __name__ == "__main__":
    unittest.main()
