"""What was left to luck."""

import asyncio
import copy
import unittest

from asynctesting import luck
from asynctesting.findings import Place
from asynctesting.loops.explored import ExploredLoop


class DifferenceTests(unittest.TestCase):
    """Where two runs have parted."""

    def test_differences(self):
        """Each difference has words; where none is found there are none."""
        difference = luck.difference
        loop = ExploredLoop(record=True)
        loop.run_until_complete(asyncio.sleep(0))
        events = loop.events
        loop.close()
        self.assertEqual("", difference(events, events))
        self.assertEqual(
            f": it took {len(events)} steps, and the next time 1", difference(events, events[:1])
        )
        one, other = (copy.copy(events[0]) for _ in "ab")
        one.place, other.place = None, Place("a file", 3)
        self.assertIn(
            "came to its end, and the next time to a file:3", difference([one], [other])
        )

        other.lane = "another"
        self.assertIn("its step 1 was that of", luck.difference([one], [other]))


if __name__ == "__main__":
    unittest.main()
