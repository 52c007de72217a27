"""Tests of asynctesting.loops.patience: a moment, on a machine however busy."""

import unittest
from unittest import mock

from asynctesting.loops import patience
from asynctesting.loops.patience import Patience


class PatienceTests(unittest.TestCase):
    def setUp(self):
        self.now = 100.0
        self.waited = {7: 20.0, 8: 30.0}
        self.enterContext(mock.patch.object(patience.realtime, "seconds", lambda: self.now))
        self.enterContext(mock.patch.object(patience._SYSTEM, "waited_for", lambda tid: self.waited[tid]))
        self.patience = Patience(0.5)

    def look(self, after, threads=(7, 8), **waited):
        self.now += after
        for name, seconds in waited.items():
            self.waited[int(name[1:])] += seconds
        return self.patience.is_over(threads)

    def test_a_moment(self):
        """It begins with the first look, and is over after so many seconds."""
        self.assertEqual([False, False, False, True], [self.look(after) for after in (9.0, 0.25, 0.24, 0.01)])

    def test_a_busy_machine(self):
        """What one of them has waited for a processor does not count, if it is the one that waited longest."""
        self.look(0.0)
        for _ in range(20):
            self.assertFalse(self.look(0.25, _7=0.1, _8=0.24))
        self.assertFalse(self.look(0.25, _7=0.1))
        self.assertFalse(self.look(0.25, _7=9.0))
        self.assertTrue(self.look(0.25))

    def test_one_that_comes_later(self):
        """What it waited before it was looked at does not matter."""
        self.look(0.0, [7])
        self.assertFalse(self.look(0.25, [7, 8]))
        self.assertTrue(self.look(0.26, [8]))

    def test_a_machine_that_stands_still(self):
        """A look that comes late counts as one."""
        self.look(0.0)
        self.assertFalse(self.look(60.0))
        self.assertTrue(self.look(60.0))

    def test_what_the_system_does_not_tell(self):
        """Of a thread without a number nothing is asked."""
        self.assertFalse(self.look(0.0, [0]))
        self.assertFalse(self.look(0.25, [0]))
        self.assertTrue(self.look(0.25, [0]))
