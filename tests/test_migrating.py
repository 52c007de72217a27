"""Tests of asynctesting.migrating: each name on the right is there, and the example runs."""

import asyncio
import doctest
import importlib
import inspect
import re
import unittest

import asynctesting
from asynctesting import AsyncTestCase, migrating
from asynctesting.checks import IDS
from asynctesting.options import Options, written


PAGE = inspect.getdoc(migrating)
ROWS = re.findall(r"(?m)^(\S.*?)  ->  (.+)\n((?:    .+\n)+)", PAGE + "\n")

#: What is on the right without being a name.
WORDS = {"nothing", "one task"}


def resolve(name):
    """Look *name* up, as it is written; raise LookupError if it is nowhere."""
    name = re.sub(r"^await ", "", name)
    if option := re.fullmatch(r'(\w+)=(".*?")', name):
        written({option[1]: option[2].strip('"')}, where="the page")
        return
    name = re.sub(r"\(.*\)$", "", name)
    if name in IDS or name == "side_effect":
        return
    if name.startswith("@"):
        getattr(asynctesting, name[1:])
    elif name.startswith("self.clock."):
        getattr(importlib.import_module("asynctesting.loops.clocks").LoopClock, name[11:])
    elif name.startswith("self."):
        inspect.getattr_static(AsyncTestCase, name[5:])
    elif name.startswith("asynctesting."):
        parts = name.split(".")
        found = asynctesting
        for number, part in enumerate(parts[1:], 2):
            if not hasattr(found, part):
                importlib.import_module(".".join(parts[:number]))
            found = getattr(found, part)
    else:
        inspect.getattr_static(AsyncTestCase, name)


class PageTests(unittest.TestCase):
    def test_example(self):
        """The example runs."""
        failed, tried = doctest.testmod(migrating)
        self.assertEqual(0, failed)
        self.assertGreater(tried, 5)

    def test_rows(self):
        """Every line with an arrow is understood here, and says what changes."""
        self.assertEqual(PAGE.count("  ->  "), len(ROWS))
        self.assertGreater(len(ROWS), 45)
        for _, _, changes in ROWS:
            self.assertRegex(changes.strip(), r"\.$")

    def test_right_names(self):
        """Each name on the right exists."""
        for theirs, ours, _ in ROWS:
            with self.subTest(theirs):
                names = re.findall(r"``(.+?)``", ours)
                self.assertTrue(names or ours in WORDS, ours)
                for name in names:
                    resolve(name)

    def test_wrong_names(self):
        """A name that does not exist would be found."""
        for name in ("asynctesting.nap", "@nap", "self.nap", "nap", "self.clock.nap"):
            with self.subTest(name), self.assertRaises((AttributeError, ImportError)):
                resolve(name)
        with self.assertRaises(asynctesting.OptionError):
            resolve('checks="nap"')

    def test_asynctest(self):
        """What asynctest's users look for has an answer."""
        left = " ".join(theirs for theirs, _, _ in ROWS)
        for name in (
            "TestCase", "ClockedTestCase", "advance", "exhaust_callbacks", "CoroutineMock", "fail_on",
            "forbid_get_event_loop", "use_default_loop", "strict", "lenient", "ignore_loop",
            "assertAsyncRaises", "assertAsyncWarns", "FunctionTestCase", "awaited.wait()", "FileMock", "LIMITED",
            "return_once", "SocketMock", "set_read_ready", "active_handles", "unused_loop",
            "active_selector_callbacks", "create_autospec", "self.loop",
        ):
            with self.subTest(name):
                self.assertIn(name, left)

    def test_options(self):
        """Values that are named as defaults are so."""
        self.assertEqual(60, Options().time_limit)
        self.assertIsNone(Options().asyncio_debug)

    def test_loop_factory(self):
        """With a factory no loop is current, as is said."""

        class Tests(AsyncTestCase):
            loop_factory = asyncio.SelectorEventLoop

            def test(self):
                with self.assertRaises(RuntimeError):
                    asyncio.get_running_loop()
                self.assertIsInstance(self.loop, asyncio.SelectorEventLoop)

        Tests("test").debug()

    def test_module_context(self):
        """A module can own a runner."""
        runner = unittest.enterModuleContext(asynctesting.LoopRunner())
        self.assertEqual(1, runner.run_coroutine(asyncio.sleep(0, 1)))
        unittest.doModuleCleanups()
        self.assertFalse(runner.is_alive())


if __name__ == "__main__":
    unittest.main()
