"""``python -m asynctesting explore``."""

import contextlib
import io
import os
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

from asynctesting.__main__ import main


MODULE = """
    import asyncio
    import unittest
    from asynctesting import AsyncTestCase, explore

    async def well():
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

    async def race():
        cats = []
        async def admit(cat):
            if not cats:
                await asyncio.sleep(0)
                cats.append(cat)
        first = asyncio.create_task(admit("Garfield"))
        for _ in range(3):
            await asyncio.sleep(0)
        await asyncio.gather(first, admit("Nermal"))
        assert len(cats) == 1, "too many"

    class HerdTests(AsyncTestCase):
        async def test_race(self):
            await race()

        @explore(schedules=5)
        async def test_well(self):
            await well()

    class SkippedTests(AsyncTestCase):
        @unittest.skip("not today")
        async def test_skipped(self):
            pass

    class PlainTests(unittest.TestCase):
        def test_plain(self):
            pass

    class NoTests(AsyncTestCase):
        pass
"""


class CommandTests(unittest.TestCase):
    """What the command does, and prints."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        Path(folder, "herd_evidence.py").write_text(textwrap.dedent(MODULE))
        before = os.getcwd()
        os.chdir(folder)
        self.addCleanup(os.chdir, before)
        path = [one for one in sys.path if one not in ("", folder)]
        self.enterContext(mock.patch.object(sys, "path", path))
        settings = {name: "" for name in os.environ if name.startswith("ASYNCTESTING_")}
        settings["ASYNCTESTING_FAILURES"] = "off"
        self.enterContext(mock.patch.dict(os.environ, settings))
        self.addCleanup(sys.modules.pop, "herd_evidence", None)

    def command(self, *arguments):
        """The exit code, and what was printed."""
        printed, wrong = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(wrong):
            code = main(["explore", *arguments])
        return code, printed.getvalue() or wrong.getvalue()

    def test_fails(self):
        """A test that fails is told with how often, and with the order."""
        code, text = self.command(
            "herd_evidence:HerdTests.test_race", "--schedules", "60", "--count", "--seed", "3"
        )
        self.assertEqual(1, code)
        self.assertRegex(
            text,
            r"\Aherd_evidence.HerdTests.test_race: fails \d+ of \d+ schedules \(\d+ different "
            r"orders, seed 3\)\n\nAssertionError: too many\n\nit fails in an order",
        )

    def test_well(self):
        """A test that holds is told with what is known."""
        code, text = self.command("herd_evidence.HerdTests.test_well", "--strategy", "exhaustive")
        self.assertEqual(0, code)
        self.assertRegex(text, r"\Aherd_evidence.HerdTests.test_well: (all|fails 0 of) .*\n\Z")

    def test_class(self):
        """All tests of a class may be explored."""
        code, text = self.command("herd_evidence:HerdTests")
        self.assertEqual(1, code)
        self.assertIn("test_race: fails 1 of", text)
        self.assertIn("test_well:", text)

    def test_function(self):
        """So may a coroutine function."""
        self.assertEqual(1, self.command("herd_evidence:race")[0])
        code, text = self.command("herd_evidence:well", "--cancel", "--schedules", "90")
        self.assertEqual(0, code)
        self.assertRegex(text, r"\Aherd_evidence:well: (all|fails 0 of) ")

    def test_nothing_to_explore(self):
        """What cannot be explored is told."""
        for target, message in (
            ("no_such_module:Tests", "No module named 'no_such_module'"),
            ("herd_evidence:Nothing", "has no attribute 'Nothing'"),
            ("herd_evidence", "test_plain is no test of an AsyncTestCase"),
            ("herd_evidence:PlainTests", "test_plain is no test of an AsyncTestCase"),
            ("herd_evidence:NoTests", "there is no test 'herd_evidence:NoTests'"),
            ("herd_evidence:SkippedTests", "not explored: not today"),
        ):
            with self.subTest(target):
                code, text = self.command(target)
                self.assertEqual(2, code)
                self.assertRegex(text, rf"\Aasynctesting: .*{message}")
        code, text = self.command("herd_evidence:well", "--schedules", "0")
        self.assertEqual(2, code)
        self.assertIn("schedules must be a positive whole number", text)


if __name__ == "__main__":
    unittest.main()
