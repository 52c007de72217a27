"""Tests of asynctesting.verdict: one outcome per test, told when all is known."""

import functools
import sys
import traceback
import unittest
from unittest import mock

from asynctesting import FindingsError
from asynctesting.findings import Finding, Place
from asynctesting.verdict import HeldResult, joined_errors, trim
from tests.support import Boom, Record


FINDING = Finding("loop-error", "a fact", "a cure", Place("herd.py", 7, "herd"))
MORE = "more: python -m asynctesting explain"
REPORT = f"{FINDING}\n  {MORE} loop-error"


class Herd(unittest.TestCase):
    """A test to be told of."""

    def test_forward(self):
        """Stand for any test."""


def raised(error, *, function=None):
    """Give what unittest tells of *error*: raised and caught."""
    try:
        if function is None:
            raise error
        function()
    except BaseException:
        return sys.exc_info()


def machinery(error):
    """Give a function that raises *error*, and counts as machinery."""
    variables = {"__unittest": True, "error": error}
    exec("def function(then=None):\n    if then: then()\n    raise error", variables)
    return variables["function"]


def names(error):
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


class JoinedTests(unittest.TestCase):
    def test_the_first_tells_of_the_others(self):
        """None is lost, and neither are the findings."""
        first, second = Boom("first"), ValueError("second")

        self.assertIs(first, joined_errors([first, second], REPORT))
        self.assertEqual(["\nand then:\n\nValueError: second", f"\n{REPORT}"], first.__notes__)

    def test_an_interrupt_comes_first(self):
        """Whoever asked for it wants it to arrive."""
        error, interrupt = Boom("first"), KeyboardInterrupt()

        self.assertIs(interrupt, joined_errors([error, interrupt]))
        self.assertIn("Boom: first", interrupt.__notes__[0])

    def test_one_alone_is_itself(self):
        """There is nothing to add."""
        error = Boom("alone")

        self.assertIs(error, joined_errors([error]))
        self.assertFalse(hasattr(error, "__notes__"))


class PassedTests(unittest.TestCase):
    def test_what_is_held_tells_whether_the_test_has_passed(self):
        """Nothing but successes, of subtests too, is a pass."""
        test = Herd("test_forward")
        for calls, passed in [
            ([], True),
            ([("addSuccess", ())], True),
            ([("addSubTest", (test, None)), ("addSuccess", ())], True),
            ([("addSubTest", (test, raised(Boom())))], False),
            ([("addSkip", ("asleep",))], False),
            ([("addFailure", (raised(Boom()),))], False),
        ]:
            with self.subTest(calls=calls):
                held = HeldResult(Record(), test)
                for name, args in calls:
                    getattr(held, name)(test, *args)
                self.assertEqual(passed, held.has_passed)


class TrimTests(unittest.TestCase):
    def test_frames_of_the_loop_go_with_those_around_them(self):
        """An error that came through the loop has its frames in the middle."""
        error = Boom()
        variables = {"__name__": "asyncio.base_events"}
        exec("def run_forever(callback): callback()", variables)

        def users():
            raise error

        def first():
            machinery(error)(functools.partial(variables["run_forever"], users))

        raised(error, function=first)
        trim(error)

        shown = names(error)
        self.assertIn("first", shown)
        self.assertEqual("users", shown[-1])
        self.assertNotIn("function", shown)

    def test_an_error_without_any_line_of_the_users_stands_at_the_test(self):
        """Where every frame is machinery, the test's own first line is shown."""
        error = Boom()
        information = raised(error, function=machinery(error))
        error.__traceback__ = error.__traceback__.tb_next
        information = (type(error), error, error.__traceback__)
        told = []

        class Result:
            def addError(self, test, error):
                told.append(error)

            def stopTest(self, test):
                pass

        test = Herd("test_forward")
        held = HeldResult(Result(), test)
        held.addError(test, information)
        held.release([], {}, merge=True)

        ((_, shown, tb),) = told
        self.assertIs(error, shown)
        self.assertEqual(["test_forward"], names(error))
        self.assertIs(tb, error.__traceback__)

    def test_frames_before_the_users_first_line_go(self):
        """A traceback begins with the user's code, whatever called it."""
        error = Boom()

        def users():
            raise error

        raised(error, function=lambda: machinery(error)(users))
        error.__traceback__ = error.__traceback__.tb_next.tb_next  # begin with the machinery
        self.assertEqual(["function", "users"], names(error))

        self.assertIs(error, trim(error))

        self.assertEqual(["users"], names(error))

    def test_a_traceback_of_machinery_only_stays(self):
        """Better our lines than none."""
        error = Boom()
        raised(error, function=machinery(error))
        error.__traceback__ = error.__traceback__.tb_next
        self.assertEqual(["function"], names(error))

        self.assertEqual(["function"], names(trim(error)))

    def test_no_traceback_is_no_problem(self):
        """An exception may never have been raised."""
        self.assertIsNone(trim(Boom()).__traceback__)

    def test_what_led_to_it_is_trimmed_too(self):
        """Causes and contexts are shortened alike, and a circle of them is no trap."""
        error, cause, context = Boom(1), Boom(2), Boom(3)
        for one in (error, cause, context):

            def users(one=one):
                raise one

            raised(one, function=lambda users=users: machinery(None)(users))
            one.__traceback__ = one.__traceback__.tb_next.tb_next
        error.__cause__, error.__context__ = cause, context
        cause.__context__ = error

        trim(error)

        for one in (error, cause, context):
            self.assertEqual(["users"], names(one))

    def test_the_frames_of_an_assertion_go_too(self):
        """Of a failure, the frames behind the user's last line are the assertion's own."""
        error = AssertionError()

        def users():
            machinery(error)()

        raised(error, function=users)
        self.assertEqual(["raised", "users", "function"], names(error))

        trim(error, AssertionError)

        self.assertEqual(["raised", "users"], names(error))

    def test_the_frames_of_another_error_stay(self):
        """Where an error was raised matters, also in the machinery."""
        error = Boom()

        raised(error, function=lambda: machinery(error)())

        self.assertEqual(["raised", "<lambda>", "function"], names(trim(error, AssertionError)))

    def test_a_failure_of_machinery_only_stays(self):
        """A failure without a line of the user's keeps its traceback."""
        error = AssertionError()
        raised(error, function=machinery(error))
        error.__traceback__ = error.__traceback__.tb_next

        self.assertEqual(["function"], names(trim(error, AssertionError)))


class HeldResultTests(unittest.TestCase):
    def setUp(self):
        self.test = Herd("test_forward")
        self.result = Record()
        self.held = HeldResult(self.result, self.test)

    def release(self, *findings, explained=None, merge=True, expecting=False):
        self.held.release(findings, explained or {}, merge=merge, expecting=lambda: expecting)

    def test_it_has_what_the_result_has(self):
        """Whatever else a runner's result knows is known, and can be changed, through it."""
        self.held.startTest(self.test)
        self.held.shouldStop = True

        self.assertEqual(1, self.held.testsRun)
        self.assertTrue(self.result.shouldStop)
        self.assertEqual(["startTest"], self.result.calls)

    def test_it_lacks_what_the_result_lacks(self):
        """unittest asks a result what it supports, and must get the answer of the real one."""
        held = HeldResult(mock.Mock(spec=["addSuccess", "addError"]), self.test)

        self.assertTrue(hasattr(held, "addError"))
        for name in ("addSubTest", "addDuration", "addSkip", "addUnexpectedSuccess"):
            self.assertFalse(hasattr(held, name))

    def test_a_healthy_test_is_told_as_it_was(self):
        """Nothing is told before the release, then all of it, in order, once."""
        self.held.addDuration(self.test, 0.25)
        self.held.addSuccess(self.test)
        self.held.stopTest(self.test)
        self.assertEqual([], self.result.calls)

        self.release()
        self.release()

        self.assertEqual(["addSuccess", "stopTest"], self.result.calls)
        self.assertEqual(1, self.result.durations)

    def test_without_merging_all_is_told_one_by_one(self):
        """With the checks off, the outcome is the standard class's."""
        first, second = Boom(1), Boom(2)
        self.held.addError(self.test, raised(first))
        self.held.addError(self.test, raised(second))

        self.release(merge=False)

        self.assertEqual([("test_forward", "error")] * 2, self.result.told)
        self.assertFalse(hasattr(first, "__notes__"))

    def test_findings_fail_a_test_that_passed(self):
        """The failure is the report, and stands at the first culprit's line."""
        self.held.addSuccess(self.test)
        self.held.addDuration(self.test, 0.25)
        self.held.stopTest(self.test)

        self.release(FINDING, Finding("stuck-close", "another", "cure"))

        self.assertEqual(["addFailure", "stopTest"], self.result.calls)
        self.assertEqual(1, self.result.durations)
        (error,) = self.result.raised
        self.assertIs(FindingsError, type(error))
        self.assertEqual(
            "2 faults in this test:\n\n"
            "  1. a fact [loop-error]\n"
            "       herd.py:7, in herd\n"
            "       cure: a cure\n\n"
            "  2. another [stuck-close]\n"
            "       cure: cure\n\n"
            f"{MORE} loop-error stuck-close",
            str(error),
        )
        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual(("herd.py", 7, "herd"), (frame.filename, frame.lineno, frame.name))

    def test_a_finding_without_a_place_stands_at_the_test(self):
        """If no culprit is known, the failure points to the test itself."""
        self.held.addSuccess(self.test)

        self.release(Finding("stuck-close", "a fact", "a cure"))

        (frame,) = traceback.extract_tb(self.result.raised[0].__traceback__)
        code = Herd.test_forward.__code__
        self.assertEqual(
            (__file__, code.co_firstlineno, "test_forward"),
            (frame.filename, frame.lineno, frame.name),
        )

    def test_a_test_without_code_has_no_line(self):
        """A test may be anything that can be called; then the failure names no line of it."""
        for member in (mock.Mock(spec=[]), None):
            with self.subTest(member=member):
                cls = type("Herd", (unittest.TestCase,), {"test_odd": member})
                self.result = Record()
                test = cls()
                test._testMethodName = "test_odd"
                self.held = HeldResult(self.result, test)
                self.held.addSuccess(test)

                self.release(Finding("stuck-close", "a fact", "a cure"))

                self.assertEqual([("test_odd", "failure")], self.result.told)
                self.assertEqual(
                    f"a fact [stuck-close]\n  cure: a cure\n  {MORE} stuck-close", str(self.result.raised[0])
                )

    def test_findings_join_a_failure(self):
        """Of a test that failed, the findings are a note."""
        error = AssertionError("1 != 2")
        self.held.addFailure(self.test, raised(error))
        self.held.stopTest(self.test)

        self.release(FINDING)

        self.assertEqual([("test_forward", "failure")], self.result.told)
        self.assertEqual([f"\n{REPORT}"], error.__notes__)

    def test_later_errors_join_the_first(self):
        """A failed test whose clean-up fails too is one failure that tells of both."""
        first, second = AssertionError("1 != 2"), Boom("tear-down")
        self.held.addFailure(self.test, raised(first))
        self.held.addError(self.test, raised(second))

        self.release()

        self.assertEqual([("test_forward", "failure")], self.result.told)
        (note,) = first.__notes__
        self.assertTrue(note.startswith("\nand then, in the same test:\n\nTraceback (most recent"))
        self.assertTrue(note.endswith("\ntests.support.Boom: tear-down"))

    def test_the_first_error_is_not_told_again_as_context(self):
        """An error that arose from the first one does not repeat it."""
        first, second = Boom("first"), Boom("second")
        exc_info = raised(first)
        second.__context__ = first
        self.held.addError(self.test, exc_info)
        self.held.addError(self.test, raised(second))

        self.release()

        (note,) = first.__notes__
        self.assertNotIn("tests.support.Boom: first", note)
        self.assertIn("tests.support.Boom: second", note)

    def test_a_later_error_of_machinery_only_is_told_without_its_lines(self):
        """Lines of ours say nothing; an error that was never raised has none anyway."""
        first, second, third = Boom("first"), Boom("second"), Boom("third")
        raised(second, function=machinery(second))
        second.__traceback__ = second.__traceback__.tb_next
        self.held.addError(self.test, raised(first))
        self.held.addError(self.test, (Boom, second, second.__traceback__))
        self.held.addError(self.test, (Boom, third, None))

        self.release()

        self.assertEqual(
            [
                f"\nand then, in the same test:\n\ntests.support.Boom: {number}"
                for number in ("second", "third")
            ],
            first.__notes__,
        )

    def test_an_error_that_is_told_twice_is_told_once(self):
        """The same exception may come from two stages."""
        error = Boom()
        self.held.addError(self.test, raised(error))
        self.held.addError(self.test, raised(error))

        self.release()

        self.assertEqual([("test_forward", "error")], self.result.told)
        self.assertFalse(hasattr(error, "__notes__"))

    def test_an_error_that_another_one_explains_is_left_out(self):
        """A cancelled body and the timeout that cancelled it are one error: the timeout."""
        cancelled, timeout = Boom("cancelled"), Boom("timeout")
        self.held.addError(self.test, raised(cancelled))
        self.held.addError(self.test, raised(timeout))

        self.release(explained={id(cancelled): timeout})

        self.assertEqual([timeout], self.result.raised)
        self.assertFalse(hasattr(timeout, "__notes__"))

    def test_a_skip_is_a_skip(self):
        """A test that was skipped and left nothing behind is told as skipped, once."""
        self.held.addSkip(self.test, "no cats")
        self.held.addSkip(self.test, "no dogs")
        self.held.stopTest(self.test)

        self.release()

        self.assertEqual(["addSkip", "stopTest"], self.result.calls)
        self.assertEqual(["no cats"], self.result.texts)

    def test_a_skip_after_an_error_joins_it(self):
        """A test that failed has failed, also if its tear-down skips."""
        error = Boom()
        self.held.addError(self.test, raised(error))
        self.held.addSkip(self.test, "no cats")

        self.release()

        self.assertEqual([("test_forward", "error")], self.result.told)
        self.assertEqual(["\n(the test was skipped: no cats)"], error.__notes__)

    def test_findings_of_a_skipped_test_count(self):
        """What a test left behind before it skipped fails it."""
        self.held.addSkip(self.test, "no cats")

        self.release(FINDING)

        self.assertEqual([("test_forward", "failure")], self.result.told)
        self.assertEqual(
            f"{REPORT}\n\n(the test was skipped: no cats)", str(self.result.raised[0])
        )

    def test_findings_of_an_expected_failure_are_its_note(self):
        """A test whose body failed as expected has failed as expected."""
        error = AssertionError("1 != 2")
        self.held.addExpectedFailure(self.test, raised(error))

        self.release(FINDING)

        self.assertEqual([("test_forward", "expected failure")], self.result.told)
        self.assertEqual([f"\n{REPORT}"], error.__notes__)

    def test_findings_do_not_satisfy_an_expected_failure(self):
        """A body that should have failed and passed is not saved by what it left behind."""
        self.held.addUnexpectedSuccess(self.test)

        self.release(FINDING)

        self.assertEqual([("test_forward", "failure")], self.result.told)
        self.assertEqual(
            f"{REPORT}\n\n(it is marked as an expected failure, but its body passed)",
            str(self.result.raised[0]),
        )

    def test_an_unexpected_success_stays_one(self):
        """Without findings, it is told as it is."""
        self.held.addUnexpectedSuccess(self.test)

        self.release()

        self.assertEqual([("test_forward", "unexpected success")], self.result.told)

    def test_an_expected_error_may_come_from_around_the_body(self):
        """What a context manager made of the body's error is what was expected."""
        cancelled, timeout = Boom("cancelled"), Boom("timeout")
        self.held.addError(self.test, raised(timeout))

        self.release(FINDING, explained={id(cancelled): timeout}, expecting=True)

        self.assertEqual([("test_forward", "expected failure")], self.result.told)
        self.assertEqual([timeout], self.result.raised)
        self.assertEqual([f"\n{REPORT}"], timeout.__notes__)

    def test_another_error_was_not_expected(self):
        """An error of the clean-up is an error, whatever was expected of the body."""
        cancelled, timeout, other = Boom("cancelled"), Boom("timeout"), Boom("other")
        for told, explained, expecting in [
            ([other], {}, True),
            ([other], {id(cancelled): timeout}, True),
            ([timeout], {id(cancelled): timeout}, False),
            ([timeout, other], {id(cancelled): timeout}, True),
            ([cancelled, timeout], {id(cancelled): timeout}, True),
        ]:
            with self.subTest(told=told, explained=explained, expecting=expecting):
                self.setUp()
                for error in told:
                    self.held.addError(self.test, raised(error))

                self.release(explained=explained, expecting=expecting)

                self.assertEqual([("test_forward", "error")], self.result.told)

    def test_a_skip_is_not_an_expected_failure(self):
        """A clean-up that skips leaves the error an error."""
        cancelled, timeout = Boom("cancelled"), Boom("timeout")
        self.held.addError(self.test, raised(timeout))
        self.held.addSkip(self.test, "no cats")

        self.release(explained={id(cancelled): timeout}, expecting=True)

        self.assertEqual([("test_forward", "error")], self.result.told)

    def test_subtests_are_told_first(self):
        """Subtests keep their own outcomes; a failed one takes the findings of the test."""
        passed, failed = self.subtest(n=1), self.subtest(n=2)
        error = AssertionError("1 != 2")
        self.held.addSubTest(self.test, passed, None)
        self.held.addSubTest(self.test, failed, raised(error))
        self.held.addSkip(self.subtest(n=3), "no cats")
        self.held.stopTest(self.test)

        self.release(FINDING)

        self.assertEqual(
            [
                ("test_forward (n=1)", "success"),
                ("test_forward (n=2)", "failure"),
                ("test_forward (n=3)", "skip"),
            ],
            self.result.told,
        )
        self.assertEqual([f"\nand in the whole test:\n{REPORT}"], error.__notes__)

    def test_passed_subtests_leave_the_findings_to_the_test(self):
        """If no subtest failed, the test does."""
        self.held.addSubTest(self.test, self.subtest(n=1), None)
        self.held.addSuccess(self.test)

        self.release(FINDING)

        self.assertEqual(
            [("test_forward (n=1)", "success"), ("test_forward", "failure")], self.result.told
        )

    def subtest(self, **params):
        return unittest.case._SubTest(self.test, unittest.case._subtest_msg_sentinel, params)

    def test_what_is_told_begins_with_the_users_line(self):
        """The traceback that a runner gets is trimmed."""
        error = Boom()

        def users():
            raise error

        raised(error, function=lambda: machinery(error)(users))
        tb = error.__traceback__.tb_next.tb_next
        self.assertEqual("function", tb.tb_frame.f_code.co_name)
        error.__traceback__ = tb
        self.held.addError(self.test, (Boom, error, tb))

        self.release()

        self.assertEqual(["users"], names(self.result.raised[0]))
