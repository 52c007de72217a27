"""Tests of the benchmark's own parts: arithmetic and tables. Nothing here is timed."""

import importlib.util
import time
import unittest

from tests.bench import subjects
from tests.bench.measure import Bound, Row, interleaved, number, per_item, seconds, table


class MeasureTests(unittest.TestCase):
    def test_all_take_turns(self):
        """Each subject is measured once a round, and each round begins with the next one."""
        order = []

        def subject(name):
            def measured():
                order.append(name)
                return float(len(order))

            return measured

        taken = interleaved({name: subject(name) for name in "abc"}, 4)

        self.assertEqual("abc" + "bca" + "cab" + "abc", "".join(order))
        self.assertEqual({"a": [1, 6, 8, 10], "b": [2, 4, 9, 11], "c": [3, 5, 7, 12]}, taken)

    def test_a_call_is_timed(self):
        """A duration is never negative."""
        called = []

        self.assertGreaterEqual(seconds(lambda: called.append(1)), 0)
        self.assertEqual([1], called)

    @unittest.skipUnless(importlib.util.find_spec("pytest"), "needs pytest")
    def test_a_process_tells_how_long_it_took(self):
        """Not what the clock shows, which goes on from one to the next."""
        with subjects.folder() as folder:
            timed = subjects.time_pytest("pytest, asynctesting", 1, folder)
            began = time.perf_counter()
            taken = timed()
            self.assertLess(taken, time.perf_counter() - began)

    def test_an_item_costs_the_difference(self):
        """What a run of one costs is taken off; noise does not make a cost negative."""
        self.assertEqual(0.5, per_item([6, 5, 100], [1, 0, 1], 10))
        self.assertEqual(0, per_item([1], [2], 1))


class TellTests(unittest.TestCase):
    def test_figures_have_three_digits(self):
        """More would be noise, less would hide something."""
        for value, text in [
            (0, "0.00"),
            (0.123, "0.12"),
            (9.87, "9.87"),
            (12.34, "12.3"),
            (123.4, "123"),
            (12345.6, "12,346"),
            (-12.34, "-12.3"),
        ]:
            with self.subTest(value=value):
                self.assertEqual(text, number(value))

    def test_a_bound_says_whether_it_is_reached(self):
        """There is a figure to reach, and maybe a better one."""
        bound = Bound(0.2, 0.15)

        self.assertEqual("met, goal too (at most 0.2, goal 0.15)", bound.verdict(0.15))
        self.assertEqual("met (at most 0.2; not yet the goal of 0.15)", bound.verdict(0.2))
        self.assertEqual("MISSED (at most 0.2)", bound.verdict(0.201))
        self.assertEqual("met (at most 1.1)", Bound(1.1).verdict(1.0))
        self.assertEqual("MISSED (at most 1.1)", Bound(1.1).verdict(1.2))

    def test_a_row_compares(self):
        """Ours is divided by theirs."""
        row = Row("test", 150.0, "standard class", 1000.0, "us", Bound(0.2))

        self.assertEqual(
            ("test", "150 us", "standard class", "1,000 us", "0.15", "met (at most 0.2)"),
            row.cells(),
        )
        self.assertEqual("", Row("test", 1.0, "", 2.0, "us").cells()[-1])
        self.assertEqual(float("inf"), Row("test", 1.0, "", 0.0, "us").ratio)

    def test_a_table_is_aligned(self):
        """Text begins, and figures end, in one column."""
        self.assertEqual(
            "what  cost\n" "----  ----\n" "a       -1\n" "bb      10",
            table(("what", "cost"), [("a", "-1"), ("bb", "10")]),
        )
        self.assertEqual("what\n----", table(("what",), []))
