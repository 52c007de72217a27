"""
Tests of the pages of checks: their examples do what is said of them.

What an example needs is imported as one would expect: the modules of the standard library by their
names, ``mock`` from :mod:`unittest`, and what asynctesting has.

"""

import asyncio
import concurrent.futures
import contextlib
import gc
import io
import linecache
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import warnings
from unittest import mock

import asynctesting
from asynctesting import AsyncTestCase, AsyncTestingWarning
from asynctesting.pages import page
from tests.support import HANDLERS, Record, require_main_thread, settle, unsettle


NAMES = {
    "allow": asynctesting.allow,
    "asyncio": asyncio,
    "concurrent": concurrent,
    "contextlib": contextlib,
    "gc": gc,
    "mock": mock,
    "os": os,
    "signal": signal,
    "socket": socket,
    "subprocess": subprocess,
    "sys": sys,
    "tempfile": tempfile,
    "threading": threading,
    "time": time,
}


class Outcome:
    """What came of an example."""

    def __init__(self, record, told):
        self.record = record
        self.text = "\n".join(record.texts)
        self.warned = [str(one.message) for one in told if one.category is AsyncTestingWarning]
        self.other = [one for one in told if one.category is not AsyncTestingWarning]

    def has(self, check):
        """``"fail"`` or ``"warn"`` by that check; or nothing."""
        if f"[{check}]" in self.text:
            return "fail"
        return "warn" if any(f"[{check}]" in text for text in self.warned) else ""


def run_example(check, name, loop_factory=None, allowance=None, **options):
    """Run the example *name* of a page, as the body of a test class."""
    code = page(check).example(name)
    filename = f"<{name.lower()} of {check}>"
    source = "class HerdTests(AsyncTestCase, **options):\n" + textwrap.indent(code, "    ")
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    names = {
        **NAMES,
        "AsyncTestCase": AsyncTestCase,
        # asyncio's debug mode tells of a thread that is wrong itself.
        "options": {
            "asyncio_debug": False,
            "close_limit": 0.1,
            **OPTIONS.get(check, {}),
            **options,
        },
        "__name__": __name__,
    }
    exec(compile(source, filename, "exec"), names)
    if loop_factory is not None:
        names["HerdTests"].loop_factory = staticmethod(loop_factory)
    if allowance is not None:
        allowance(names["HerdTests"])
    record = Record()
    # Right after a full run of the collector, it is taken to be at work.
    gc.collect(1)
    with (
        warnings.catch_warnings(record=True) as told,
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)
        unittest.defaultTestLoader.loadTestsFromTestCase(names["HerdTests"]).run(record)
        gc.collect()
    linecache.cache.pop(filename, None)
    return Outcome(record, told)


#: Where an example cannot be run.
IMPOSSIBLE = {
    "leftover-policy": sys.version_info >= (3, 16),
    "leftover-reader": sys.platform == "win32",
    "leftover-signal-handler": sys.platform == "win32",
    "open-descriptor": sys.platform == "win32",
}


#: So that a machine that is busy does not take away too much of what is measured.
OPTIONS = {"blocked-loop": {"blocking_limit": 0.1}}

#: What the fault of a check brings with it, and is told besides.
BESIDES = {"stuck-close": {"leftover-generator": "ignore"}}


def require_possible(check):
    """Skip the example of a *check* that this thread cannot run."""
    if "signal" in check:
        require_main_thread(HANDLERS)


class PageTests(unittest.TestCase):
    """The pages of one module, which the subclass names."""

    module = None

    @classmethod
    def setUpClass(cls):
        settle()
        cls.addClassCleanup(unsettle)

    def test_examples(self):
        """The faulty one fails by its check, and no other; the cured one passes in silence."""
        for name in self.module.__all__ if self.module is not None else ():
            check = name.replace("_", "-")
            if IMPOSSIBLE.get(check):
                continue
            with self.subTest(check):
                require_possible(check)
                checks = {"*": "strict", **BESIDES.get(check, {})}
                outcome = run_example(check, "The fault", checks=checks)
                self.assertEqual("failure", outcome.record.outcome, outcome.text)
                self.assertEqual("fail", outcome.has(check), outcome.text)
                self.assertEqual(1, outcome.text.count("  cure: "), outcome.text)
                outcome = run_example(check, "The cure", checks="strict")
                self.assertEqual("success", outcome.record.outcome, outcome.text)
                self.assertEqual([], outcome.warned)
                self.assertEqual([], outcome.other)

    def test_allowances(self):
        """What is shown allows the fault; with another match, it allows nothing."""
        for name in self.module.__all__ if self.module is not None else ():
            check = name.replace("_", "-")
            shown = re.search(r"``@(allow\([^`]+\))``", page(check).text)
            if IMPOSSIBLE.get(check) or shown is None:
                continue
            checks = {"*": "strict", **BESIDES.get(check, {})}
            with self.subTest(check):
                require_possible(check)
                allowance = eval(shown[1], {"allow": asynctesting.allow})
                outcome = run_example(check, "The fault", allowance=allowance, checks=checks)
                self.assertEqual("success", outcome.record.outcome, outcome.text)
                self.assertEqual([], outcome.warned)
                allowance = asynctesting.allow(check, match="^nothing like this$")
                outcome = run_example(check, "The fault", allowance=allowance, checks=checks)
                self.assertEqual("fail", outcome.has(check), outcome.text)

    def test_parts(self):
        """Each page has the same parts, in the same order, and fits on a screen."""
        for name in self.module.__all__ if self.module is not None else ():
            check = name.replace("_", "-")
            with self.subTest(check):
                text = page(check).text
                parts = (
                    "\n\nThe fault::\n\n",
                    "\n\nThe cure::\n\n",
                    "\n\nThe allowance: ",
                    "\n\nWhat it cannot see: ",
                )
                places = [text.index(part) for part in parts]
                self.assertEqual(sorted(places), places)
                self.assertRegex(page(check).summary, r"^[A-Z].*\.$")
                self.assertLessEqual(len(text.splitlines()), 60)
                self.assertIn("always=False" if check == "unneeded-allowance" else f'allow("{check}"', text)
