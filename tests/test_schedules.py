"""In which orders a test is run."""

import unittest

from asynctesting.schedules import STRATEGIES, Decisions, Kind, Lane, Plan


LANES = [Lane(Kind.TASK, name) for name in "abc"]


def decisions(*widths):
    """What a run of asyncio's own order was asked."""
    result = Decisions()
    for width in widths:
        result.note(0, width)
    return result


def started(plan, *widths, moments=0):
    """A plan that knows asyncio's own order."""
    plan.first()
    plan.begin(decisions(*widths), moments)
    return plan


def rest(plan):
    """All strategies that a plan still gives."""
    return list(iter(plan.next, None))


class PlanTests(unittest.TestCase):
    """Which strategies there are, in which order."""

    def test_asyncio_first(self):
        """The first schedule is asyncio's own order."""
        strategy = Plan(10).first()
        self.assertEqual(0, strategy.order(LANES))
        self.assertIsNone(strategy.strike_at)

    def test_nothing_to_decide(self):
        """A test with nothing to decide needs one schedule, and that is all there are."""
        plan = started(Plan(100))
        self.assertIsNone(plan.next())
        self.assertTrue(plan.is_complete)

    def test_number(self):
        """There are as many as were asked for."""
        plan = started(Plan(50), *[5] * 30)
        self.assertEqual(49, len(rest(plan)))
        self.assertFalse(plan.is_complete)

    def test_one(self):
        """One schedule is asyncio's own order alone."""
        self.assertEqual([], rest(started(Plan(1), 2, 2, moments=3)))

    def test_rotation(self):
        """Sampling and walks take turns, half of them with stalls."""
        drawn = rest(started(Plan(81), *[5] * 30))
        kinds = [(type(one).__name__, one.stalls) for one in drawn]
        self.assertEqual(
            {("Sampling", True), ("Sampling", False), ("Walk", True), ("Walk", False)}, set(kinds)
        )
        for kind in set(kinds):
            self.assertEqual(20, kinds.count(kind))

    def test_no_stalls(self):
        """There are none without the wish."""
        drawn = rest(started(Plan(40, stalls=False), *[5] * 30))
        self.assertFalse(any(one.stalls for one in drawn))

    def test_seed(self):
        """The same seed gives the same answers, another one others."""

        def answers(seed):
            drawn = rest(started(Plan(20, seed), *[3] * 30, moments=4))
            return [
                (one.strike_at, *(one.order(LANES) for _ in range(30))) for one in drawn
            ]

        self.assertEqual(answers(5), answers(5))
        self.assertNotEqual(answers(5), answers(6))

    def test_by_name(self):
        """One strategy can be asked for."""
        for name, kind in (("walk", "Walk"), ("sampling", "Sampling"), ("pct", "Priorities")):
            drawn = rest(started(Plan(20, strategy=name), *[5] * 30))
            self.assertEqual({kind}, {type(one).__name__ for one in drawn})
        self.assertEqual(
            {"rotation", "walk", "sampling", "pct", "exhaustive", "twice"}, STRATEGIES.keys()
        )


class SweepTests(unittest.TestCase):
    """Striking at each moment in turn."""

    def test_in_turn(self):
        """After asyncio's own order comes a strike at each moment, in order."""
        drawn = rest(started(Plan(100), 5, 5, moments=10))
        self.assertEqual(list(range(10)), [one.strike_at for one in drawn[:10]])
        self.assertEqual({"Strategy"}, {type(one).__name__ for one in drawn[:10]})

    def test_then_mixed(self):
        """Then most of those that are drawn strike somewhere, too, and some do not."""
        plan = started(Plan(100), 5, 5, moments=10)
        drawn = rest(plan)[10:]
        self.assertTrue(plan.is_swept)
        moments = {one.strike_at for one in drawn}
        self.assertEqual({None, *range(10)}, moments)

    def test_held(self):
        """Then, every third time, comes a strike at each moment whose victim goes on late."""
        drawn = rest(started(Plan(100), *[5] * 30, moments=10))[10:]
        self.assertEqual(
            list(range(10)), [one.strike_at for one in drawn if type(one).__name__ == "Held"]
        )
        self.assertEqual({"Held"}, {type(one).__name__ for one in drawn[2:30:3]})

    def test_twice(self):
        """Who asks for it has each strike followed by a second one, not always at once."""
        drawn = rest(started(Plan(100, strategy="twice"), *[5] * 30, moments=10))
        twice = [one for one in drawn if type(one).__name__ == "Twice"]
        self.assertEqual(twice[:10], drawn[:10])
        self.assertTrue(all(one.twice for one in twice))
        self.assertGreater(len(twice), 60)
        self.assertTrue(any(one.strike_at is None for one in drawn))

    def test_too_many(self):
        """Of more moments than half of the schedules, every so many is taken."""
        plan = started(Plan(21), 5, 5, moments=100)
        drawn = rest(plan)
        self.assertFalse(plan.is_swept)
        self.assertEqual(list(range(0, 100, 10)), [one.strike_at for one in drawn[:10]])


class ExhaustiveTests(unittest.TestCase):
    """All orders."""

    def run_all(self, plan, *widths):
        """Run all orders of a test that has these decisions, and give what was answered."""
        started(plan, *widths)
        seen = {(0,) * len(widths)}
        count = 1
        while (strategy := plan.next()) is not None:
            count += 1
            made = Decisions()
            for width in widths:
                made.note(strategy.order([LANES[0]] * width), width)
            seen.add(tuple(made.made.get(number, 0) for number in range(len(widths))))
            plan.learn(strategy, made)
        return seen, count

    def test_by_name(self):
        """Each order is run once, and then it is said that these were all."""
        plan = Plan(100, strategy="exhaustive")
        seen, count = self.run_all(plan, 2, 3, 2)
        self.assertEqual((12, 12), (len(seen), count))
        self.assertTrue(plan.is_complete)

    def test_cut(self):
        """If answers were kept back, in whatever run, these were not all orders."""
        for number in range(2):
            runs = [decisions(2), decisions(2)]
            runs[number].is_cut = True
            plan = Plan(100, strategy="exhaustive")
            strategy = plan.first()
            plan.begin(runs[0], 0)
            plan.learn(strategy, runs[1])
            self.assertTrue(plan.is_cut)

    def test_too_many(self):
        """With more orders than schedules it is not said."""
        plan = Plan(10, strategy="exhaustive")
        self.assertEqual(10, self.run_all(plan, 2, 3, 2)[1])
        self.assertFalse(plan.is_complete)

    def test_small(self):
        """A small test is gone through between those that are drawn, and ends early."""
        plan = Plan(200)
        seen, count = self.run_all(plan, 2, 3, 2)
        self.assertEqual(12, len(seen))
        self.assertTrue(plan.is_complete)
        self.assertLess(count, 50)

    def test_strikes(self):
        """Strikes are gone through as well, if this strategy is asked for."""
        plan = started(Plan(100, strategy="exhaustive"), 2, 2, moments=2)
        self.assertEqual("Listed", type(plan.next()).__name__)


if __name__ == "__main__":
    unittest.main()
