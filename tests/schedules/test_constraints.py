"""What matters of an order, in words that survive an edit."""

import unittest

from asynctesting.schedules.base import (
    LATER,
    WAITING,
    WOKEN,
    Kind,
    Lane,
    Replay,
    Strategy,
)
from asynctesting.schedules.constraints import (
    Before,
    Constrained,
    Late,
    Recording,
    Struck,
    delayed,
    shifted,
)


class Tasks:
    """Tasks that are always ready, stepped in the order that a strategy chooses."""

    def __init__(self, **steps):
        self.lanes = [Lane(Kind.TASK, name) for name in steps]
        self.steps = steps

    def run(self, strategy):
        """Step all to their ends, and give who was taken, in order."""
        taken = ""
        while True:
            ready = [lane for lane in self.lanes if lane.step < self.steps[lane.name]]
            if not ready:
                return taken
            answer = strategy.order(ready) if len(ready) > 1 else 0
            taken += ready[answer].name
            ready[answer].step += 1


class RecordingTests(unittest.TestCase):
    """Writing down what matters."""

    def test_order(self):
        """Who overtakes comes before all that were ahead of it."""
        recording = Recording(Replay({0: 2}))
        self.assertEqual("cab", Tasks(a=1, b=1, c=1).run(recording))
        self.assertEqual(
            [Before("c", 0, "a", 0), Before("c", 0, "b", 0)], recording.constraints
        )

    def test_stall(self):
        """A delay is known by the timer that was due."""
        recording = Recording(Replay({1: 1}))
        self.assertEqual([0, 1], [recording.stall(f"timer {n}", 2) for n in range(2)])
        self.assertEqual([Late("timer 1", 1)], recording.constraints)

    def test_strike(self):
        """A strike is known by the task, its step, and whether it was about to go on."""
        recording = Recording(Strategy(strike_at=1))
        lane = Lane(Kind.TASK, "a")
        lane.step = 3
        answers = [recording.strike(lane, 1, when) for when in (WAITING, WOKEN)]
        self.assertEqual([0, 1], answers)
        self.assertEqual([Struck("a", 3, 1, WOKEN)], recording.constraints)
        self.assertEqual(2, recording.moments)


class ConstrainedTests(unittest.TestCase):
    """Finding an order again."""

    def test_same_test(self):
        """The same test is run in the same order."""
        for seed in range(1, 40):
            made = {number: seed >> number & 1 for number in range(6)}
            recording = Recording(Replay(made))
            taken = Tasks(a=3, b=3).run(recording)
            strategy = Constrained(recording.constraints)
            self.assertEqual(taken, Tasks(a=3, b=3).run(strategy), made)
            self.assertEqual([], strategy.finish())

    def test_another_task(self):
        """A task that was added does not change the order of the others."""
        recording = Recording(Replay({0: 1, 1: 1}))
        taken = Tasks(a=2, b=2).run(recording)
        strategy = Constrained(recording.constraints)
        with_another = Tasks(x=3, a=2, b=2).run(strategy)
        self.assertEqual(taken, with_another.replace("x", ""))
        self.assertEqual([], strategy.finish())

    def test_all_have_to_wait(self):
        """If everybody waits for somebody who is not there, the first one goes on."""
        strategy = Constrained([Before("nobody", 0, "a", 0), Before("nobody", 0, "b", 0)])
        self.assertEqual("ab", Tasks(a=1, b=1).run(strategy))
        self.assertEqual(2, len(strategy.finish()))

    def test_who_had_to_wait_did_not_come(self):
        """A constraint comes true also if the one that had to wait never came that far."""
        strategy = Constrained([Before("b", 0, "a", 5)])
        self.assertEqual("ab", Tasks(a=1, b=1).run(strategy))
        self.assertEqual([], strategy.finish())

    def test_too_late(self):
        """A constraint is not met if the one that had to wait has come first."""
        strategy = Constrained([Before("b", 1, "a", 0)])
        tasks = Tasks(a=1, b=1)
        strategy.order(tasks.lanes)
        tasks.lanes[0].step = 1
        self.assertEqual([Before("b", 1, "a", 0)], strategy.finish())

    def test_stall(self):
        """It is late for the same timer, once, and by no more deadlines than there are."""
        strategy = Constrained([Late("timer", 3)])
        self.assertEqual(0, strategy.stall("another", 4))
        self.assertEqual(1, strategy.stall("timer", 2))
        self.assertEqual(0, strategy.stall("timer", 2))
        self.assertEqual([], strategy.finish())

    def test_strike(self):
        """It strikes the same task at the same place, with what there is."""
        strategy = Constrained([Struck("a", 2, 2, True)])
        lane = Lane(Kind.TASK, "a")
        lane.step = 2
        self.assertEqual(0, strategy.strike(lane, 1, False))
        self.assertEqual(1, strategy.strike(lane, 1, True))
        self.assertEqual(0, strategy.strike(lane, 1, True))
        self.assertEqual([], strategy.finish())


class ShiftedTests(unittest.TestCase):
    """The same constraints, of a task that has got more awaits."""

    def test_shifted(self):
        """The steps of this lane are others, and no other lane's."""
        constraints = [
            Before("a", 1, "b", 2),
            Before("b", 0, "a", 1),
            Struck("a", 1, 1, False),
            Struck("b", 1, 1, False),
            Late("timer", 1),
        ]
        self.assertEqual(
            [
                Before("a", 2, "b", 2),
                Before("b", 0, "a", 2),
                Struck("a", 2, 1, False),
                Struck("b", 1, 1, False),
                Late("timer", 1),
            ],
            shifted(constraints, "a", 1),
        )

    def test_delayed(self):
        """A strike after time has gone on comes at the other such moment; nothing else changes."""
        others = [Before("a", 1, "b", 2), Struck("a", 1, 1, WAITING), Struck("a", 2, 1, WOKEN)]
        later = [Struck("b", 1, 1, LATER), Struck("b", 2, 1, LATER + 1)]
        self.assertEqual(
            [*others, Struck("b", 1, 1, LATER + 1), Struck("b", 2, 1, LATER)],
            delayed([*others, *later]),
        )

    def test_twice(self):
        """Two strikes at one task need one who may be struck twice."""
        once = [Struck("a", 1, 1, WAITING), Struck("b", 2, 1, WAITING)]
        self.assertFalse(Constrained(once).twice)
        self.assertTrue(Constrained([*once, Struck("a", 2, 1, WAITING)]).twice)

    def test_not_before_the_first(self):
        """No step comes before the first one, and nothing is struck before it."""
        constraints = [Before("a", 1, "a#2", 2), Struck("a", 1, 1, False)]
        self.assertEqual(
            [Before("a", 0, "a#2", 2), Struck("a", 1, 1, False)], shifted(constraints, "a", -2)
        )


class WordsTests(unittest.TestCase):
    """For a person to read."""

    def test_words(self):
        """Each constraint is a sentence."""
        for constraint, words in (
            (Before("a", 1, "b", 2), "a takes step 2 before b takes step 3"),
            (Before("a", 1, "b", 0), "a takes step 2 before b begins"),
            (Struck("a", 2, 1, False), "a is struck after step 2, when waiting"),
            (Struck("a", 2, 1, True), "a is struck after step 2, when about to go on"),
            (Struck("a", 2, 1, LATER), "a is struck after step 2, when waiting and time has gone on"),
            (
                Struck("a", 2, 1, LATER + 1),
                "a is struck after step 2, when waiting and time has gone on again",
            ),
            (Late("timer", 1), "the loop is late for timer, until the next deadline"),
            (Late("timer", 2), "the loop is late for timer, until the next 2 deadlines"),
        ):
            with self.subTest(words):
                self.assertEqual(words, str(constraint))


if __name__ == "__main__":
    unittest.main()
