"""Tests of asynctesting.allowances: what a test is let go of, and whether it needed that."""

import pickle
import re
import unittest

from asynctesting.allowances import Allowance, Book, Span
from asynctesting.findings import Finding


def found(check="pending-task", fact="a fact", about=(), when=None):
    return Finding(check, fact, "a cure", about=about, when=when)


class BookTests(unittest.TestCase):
    def test_it_admits_what_is_allowed(self):
        """The id must be the same; and where there is a pattern, a name or the fact must match."""
        book = Book(
            (Allowance(("pending-task", "loop-error")), Allowance(("stuck-close",), re.compile("b.t")))
        )
        for finding, admitted in [
            (found(), True),
            (found("loop-error"), True),
            (found("never-awaited"), False),
            (found("stuck-close"), False),
            (found("stuck-close", "a bat"), True),
            (found("stuck-close", about=("cat", "heartbeat")), False),
            (found("stuck-close", about=("cat", "a bit")), True),
        ]:
            with self.subTest(finding=finding):
                self.assertEqual(admitted, book.admits(finding))

    def test_a_block_admits_what_happened_in_it(self):
        """What was before or after it is not; what has no time is."""
        span = Span(Allowance(("pending-task",)))
        span.begin = 10.0
        for when, admitted in ((None, True), (9.0, False), (11.0, True), (13.0, True)):
            self.assertEqual(admitted, span.covers(found(when=when)))
        span.close()
        span.end = 12.0
        self.assertFalse(span.covers(found(when=13.0)))
        self.assertTrue(span.covers(found(when=12.0)))
        self.assertFalse(span.covers(found("loop-error")))

    def test_blocks_of_another_life(self):
        """They may be taken over; what its test allows is not."""
        book, other = Book(), Book((Allowance(("loop-error",)),))
        other.add(Span(Allowance(("never-awaited",))))
        book.take_over(other)
        self.assertTrue(book.admits(Finding("never-awaited", "a cat", "herd it", None)))
        self.assertFalse(book.admits(Finding("loop-error", "a cat", "herd it", None)))

    def test_what_was_not_needed_is_told(self):
        """Not those of a class, nor those whose check is off."""
        needed = Allowance(("pending-task",))
        idle = Allowance(("pending-task",), re.compile("x"), "a reason")
        of_class = idle.of_class()
        off = Allowance(("pending-task", "loop-error"))
        book = Book((needed, idle, of_class, off))
        book.add(Span(Allowance(("pending-task",), re.compile("y"))))
        self.assertTrue(book.admits(found()))

        self.assertEqual(
            [
                "allow('pending-task', match='x') was not needed: "
                "nothing that it allows has happened",
                "allow('pending-task', match='y') was not needed: "
                "nothing that it allows has happened",
            ],
            [one.fact for one in book.unneeded({"pending-task"})],
        )
        self.assertEqual("a reason", of_class.reason)

    def test_an_allowance_can_be_pickled(self):
        """Runners send tests between processes."""
        allowance = Allowance(("pending-task",), re.compile("HEART", re.I))

        self.assertEqual(str(allowance), str(pickle.loads(pickle.dumps(allowance))))

    def test_without_allowances_it_is_empty(self):
        """Most tests have none."""
        self.assertFalse(Book())
        self.assertTrue(Book((Allowance(("pending-task",)),)))

    def test_it_shows_what_was_written(self):
        """Its ids, and the pattern if there is one."""
        self.assertEqual("allow('pending-task')", str(Allowance(("pending-task",))))
        self.assertEqual(
            "allow('pending-task', match='cat')",
            str(Allowance(("pending-task",), re.compile("cat"))),
        )
