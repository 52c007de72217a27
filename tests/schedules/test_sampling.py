"""Partial order sampling."""

import unittest
from random import Random

from asynctesting.schedules.base import Kind, Lane
from asynctesting.schedules.sampling import Sampling


def lanes(*kin):
    """Fresh lanes of these kins."""
    return [Lane(Kind.TASK, str(number), number, name) for number, name in enumerate(kin)]


class SamplingTests(unittest.TestCase):
    """Each step has a priority of its own."""

    def test_keeps_its_priority(self):
        """What has a low priority waits until all others, of other kins, have gone on."""
        for seed in range(20):
            strategy, all = Sampling(Random(seed)), lanes("a", "b", "c")
            taken = []
            while all:
                taken.append(all.pop(strategy.order(all)))
            priorities = [lane.priority for lane in taken]
            self.assertEqual(sorted(priorities, reverse=True), priorities)

    def test_kin_draws_anew(self):
        """The others of the same coroutine function draw again, and may overtake."""
        redrawn = 0
        for seed in range(50):
            strategy, all = Sampling(Random(seed)), lanes("a", "a", "a")
            first = all.pop(strategy.order(all))
            before = [lane.priority for lane in all]
            strategy.order(all)
            redrawn += before != [lane.priority for lane in all]
            self.assertEqual("a", first.kin)
        self.assertEqual(50, redrawn)

    def test_no_kin(self):
        """Callbacks and timers have no kin, and draw once."""
        strategy, all = Sampling(Random(3)), lanes("", "", "")
        all.pop(strategy.order(all))
        before = [lane.priority for lane in all]
        strategy.order(all)
        self.assertEqual(before, [lane.priority for lane in all])

    def test_next_step_draws_anew(self):
        """The next step of the same task is another event."""
        strategy, (one,) = Sampling(Random(3)), lanes("a")
        strategy.order([one])
        before = one.priority
        one.step += 1
        strategy.order([one])
        self.assertNotEqual(before, one.priority)

    def test_all_orders_of_three(self):
        """Whatever may come first, comes first for some seed."""
        first = {Sampling(Random(seed)).order(lanes("a", "b", "c")) for seed in range(40)}
        self.assertEqual({0, 1, 2}, first)

    def test_options(self):
        """It strikes, and is late, as it is told to."""
        strategy = Sampling(Random(1), strike_at=0, stalls=True)
        self.assertTrue(strategy.stalls)
        self.assertEqual(1, strategy.strike(lanes("a")[0], 1, False))
        self.assertEqual({0, 1}, {strategy.stall("timer", 2) for _ in range(50)})


if __name__ == "__main__":
    unittest.main()
