"""A strike whose victim goes on late."""

import unittest

from asynctesting.schedules.base import WAITING, WOKEN, Kind, Lane
from asynctesting.schedules.held import Held


A, B, C = (Lane(Kind.TASK, name) for name in "abc")


class HeldTests(unittest.TestCase):
    """Asyncio's order, but for the victim."""

    def test_asyncios_order_before(self):
        """Until it strikes, all goes on as it would."""
        held = Held(1)
        self.assertEqual(0, held.strike(A, 1, WAITING))
        self.assertEqual(0, held.order([A, B, C]))

    def test_victim_comes_last(self):
        """Then everybody else comes before the victim, in asyncio's order."""
        held = Held(1)
        self.assertEqual([0, 1, 0], [held.strike(lane, 1, WOKEN) for lane in (A, B, C)])
        self.assertEqual(1, held.order([B, A, C]))
        self.assertEqual(0, held.order([A, B, C]))
        self.assertEqual(0, held.order([C, B]))


if __name__ == "__main__":
    unittest.main()
