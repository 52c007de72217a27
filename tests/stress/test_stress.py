"""Tests of the stress harness, and a short run of it; a long one is ``python -m tests.stress 600``."""

import subprocess
import sys
import unittest
from pathlib import Path

from asynctesting import AsyncTestCase, DeadlockError
from tests.stress import __main__ as stress
from tests.stress import ways
from tests.support import live


ROOT = Path(__file__).resolve().parents[2]

#: Ways that take no time, of each sort.
QUICK = ("an_event", "a_circle", "its_own_result", "after_a_thread", "many_short_threads", "many_short_jobs")


class StressTests(unittest.TestCase):
    def test_short(self):
        """Everything that hangs is ended, everything that is well passes, and the run comes to its end."""
        code = f"from tests.stress.__main__ import run; import sys; sys.exit(bool(run(0, 1, {QUICK})[0]))"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        self.assertEqual((0, ""), (done.returncode, done.stdout), done.stderr)

    def test_it_finds_what_is_wrong(self):
        """A false alarm, a hang that was not told or that was told as another, are wrong."""

        class Dead(AsyncTestCase):
            async def test_a(self):
                await ways.for_ever()

        class Well(AsyncTestCase):
            async def test_a(self):
                pass

            async def test_b_next(self):
                pass

        dead, well = live(Dead), live(Well)
        wrong_with = stress.wrong_with
        self.assertEqual("", wrong_with("a", (), well, 0))
        self.assertIn("a false alarm", wrong_with("a", (), dead, 0))
        self.assertEqual("it was not told", wrong_with("a", (DeadlockError,), well, 0))
        self.assertIn("it was told as", wrong_with("a", (ValueError,), dead, 0))
        self.assertIn("it took", wrong_with("a", (DeadlockError,), dead, stress.PATIENCE + 1))
        self.assertIn("the next test", wrong_with("a", (DeadlockError,), dead, 0))
        self.assertEqual("", wrong_with("asyncTearDownClass", (DeadlockError,), dead, 0))
        dead.stop()
        self.assertEqual("the run was stopped", wrong_with("a", (), dead, 0))
