"""Tests of asynctesting.loops.processors: what the system knows of threads."""

import sys
import threading
import unittest
from unittest import mock

from asynctesting.loops import processors
from asynctesting.loops.processors import System


IS_LINUX = sys.platform.startswith("linux")


class SystemTests(unittest.TestCase):
    """What Linux tells of threads."""

    def setUp(self):
        self.system = System()
        self.read = self.enterContext(mock.patch.object(self.system, "read"))

    def test_waiting_for_a_processor(self):
        """Time is counted from a moment ago, which is moved on now and then."""
        self.read.return_value = b"5 2000000000 7"
        self.system.begin(1, 10.0)
        self.read.return_value = b"5 2500000000 7"
        self.system.begin(1, 10.5)
        self.assertEqual(0.5, self.system.waited(1))
        self.system.begin(1, 12.0)
        self.assertEqual(0.0, self.system.waited(1))
        self.assertEqual(2.5, self.system.waited_for(1))

    def test_nothing_is_told(self):
        """Where the system does not tell, nothing is known."""
        for text in (b"", b"nonsense", b"1 x"):
            self.read.return_value = text
            self.system.begin(1, 0.0)
            self.assertEqual(0.0, self.system.waited(1))
            self.assertFalse(self.system.is_ready(1))

    def test_few_are_remembered(self):
        """What is remembered of threads does not grow for ever."""
        self.read.return_value = b""
        for tid in range(1000):
            self.system.begin(tid, 0.0)
        self.assertLessEqual(len(self.system._known), processors.MANY + 1)

    def test_state(self):
        """A thread is ready, or it waits, whatever it is called."""
        self.read.return_value = b"7 (a) R (b) R 1 2"
        self.assertTrue(self.system.is_ready(7))
        self.read.return_value = b"7 (a) R (b) S 1 2"
        self.assertFalse(self.system.is_ready(7))

    @unittest.skipUnless(IS_LINUX, "needs Linux")
    def test_real(self):
        """What is read is what Linux has, if the thread is there."""
        system = System()
        self.assertTrue(system.is_ready(threading.get_native_id()))
        self.assertEqual(b"", system.read(-1, "stat"))
        with mock.patch.object(processors, "_read", side_effect=ProcessLookupError):
            self.assertEqual(b"", system.read(threading.get_native_id(), "stat"))
