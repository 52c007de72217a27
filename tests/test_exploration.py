"""What comes of exploring."""

import unittest

from asynctesting import Exploration, Explorer
from asynctesting.exploration import COUNTED

from .exploring import Patched, race, three, wide


class ExplorationTests(Patched):
    """What is known in the end."""

    def test_check(self):
        """What has failed is raised on demand; what has not gives itself."""
        with self.assertRaises(AssertionError):
            Explorer().run(race).check()
        found = Explorer().run(three)
        self.assertIs(found, found.check())

    def test_evidence(self):
        """All failures are counted if that is wanted."""
        found = Explorer(schedules=100, count=True, strategy="walk").run(wide)
        self.assertEqual(100, found.schedules)
        self.assertGreater(found.failures, 5)
        self.assertRegex(
            str(found), r"\Afails \d+ of 100 schedules \(\d+ different orders, seed 0\)\Z"
        )
        self.assertRegex(
            str(Exploration(schedules=1000, orders=900, seed=7)),
            r"\Afails 0 of 1,000 schedules \(900 different orders, seed 7\)\Z",
        )
        self.assertIn("more than 10,000", str(Exploration(orders=10_000)))

    def test_words(self):
        """It is one sentence, which tells a proof from a sample."""
        for found, words in (
            (Exploration(exhausted=True, orders=1), "holds: there is one order"),
            (Exploration(exhausted=True, orders=1234), "all 1,234 orders hold"),
            (Exploration(exhausted=True, orders=COUNTED), "all more than 10,000 orders hold"),
            (
                Exploration(failed=True, failures=2, schedules=9, orders=3),
                "fails 2 of 9 schedules (3 different orders, seed 0)",
            ),
        ):
            self.assertEqual(words, str(found))


if __name__ == "__main__":
    unittest.main()
