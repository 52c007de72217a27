"""A sign of life on a terminal."""

import asyncio
import io
import sys
import unittest
from unittest import mock

from asynctesting import Explorer, progress
from asynctesting.progress import Progress

from .exploring import Patched


class ProgressTests(Patched):
    """Progress, for those who wait."""

    def test_progress(self):
        """Who waits at a terminal sees how far it came, and nothing in the end."""

        class Terminal(io.StringIO):
            def isatty(self):
                return True

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        for silence, shown in ((0.0, True), (1000.0, False)):
            terminal = Terminal()
            with mock.patch.object(sys, "stderr", terminal):
                with mock.patch.object(progress, "SILENCE", silence):
                    Explorer(schedules=30).run(many)
            self.assertEqual(shown, "many: 1 of 30 schedules" in terminal.getvalue())
            self.assertTrue(terminal.getvalue().endswith("\r\x1b[K" if shown else ""))
        terminal = Terminal()
        with mock.patch.object(sys, "stderr", terminal):
            shown = Progress("x", 10)
            shown._next = 0
            shown.show(3, 2)
        self.assertIn("x: 3 of 10 schedules, 2 failed", terminal.getvalue())

    def test_nobody_looks(self):
        """There is nothing where there is no terminal, or no standard error, or none that says so."""

        class Log:
            def write(self, text):
                raise AssertionError(text)

        closed = io.StringIO()
        closed.close()
        for stream in (closed, Log(), None, io.StringIO()):
            with mock.patch.object(sys, "stderr", stream):
                shown = Progress("x", 10)
                shown._next = 0
                shown.show(3, 2)
                shown.end()
        self.assertEqual("", stream.getvalue())


if __name__ == "__main__":
    unittest.main()
