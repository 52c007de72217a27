"""
One verdict per test: what stands between unittest and the runner's result.

Whether a test has kept its promises is known only after its cleanups, when its loop has
been closed; unittest has reported it by then. So :class:`HeldResult` takes what
unittest reports about one test, and tells it to the runner's result when all is known:
one failure or error or skip or success, whatever went wrong how often.

"""

from __future__ import annotations

import functools
import inspect
import traceback
import unittest
from collections.abc import Callable, Mapping, Sequence
from traceback import walk_tb
from types import TracebackType
from typing import Any, Final

from .errors import FindingsError
from .findings import Finding, Place, place_of_code, raise_at
from .ledger import LEDGER


__all__ = ["HeldResult", "joined_errors", "trim"]

__unittest = True

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

#: What unittest tells about a test while it runs.
_HELD: Final = frozenset(
    {
        "addError",
        "addExpectedFailure",
        "addFailure",
        "addSkip",
        "addUnexpectedSuccess",
    }
)

#: What is told of a test in which nothing happened.
_HEALTHY: Final = frozenset({"addDuration", "addSuccess", "stopTest"})

#: Where a loop's own frames are, between ours and a callback's.
_LOOP_MODULES: Final = frozenset(
    {"asyncio.base_events", "asyncio.events", "asyncio.runners", "asyncio.unix_events"}
)

_OUTCOMES: Final = ("addError", "addFailure")


def trim(
    error: BaseException, failure: type[BaseException] | tuple[type[BaseException], ...] = ()
) -> BaseException:
    """
    Drop the frames of runners, ours among them, and of the loop below them.

    unittest drops the first ones itself when it prints; other runners do not, and an error that
    came through the loop has them in the middle. A traceback without any of the user's is
    left as it is.

    Args:
        error: whose traceback to shorten, and of the exceptions that led to it.
        failure: what assertions raise; of these, the frames of the assertion go too.

    """
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _without_runners(one.__traceback__, isinstance(one, failure))
        todo += [one.__cause__, one.__context__]
    return error


def _without_runners(tb: TracebackType | None, is_failure: bool) -> TracebackType | None:
    kept: list[TracebackType] = []
    tail: list[TracebackType] = []
    through_us = False
    one = tb
    while one is not None:
        frame = one.tb_frame
        if "__unittest" in frame.f_globals:
            through_us = True
            tail.append(one)
        elif through_us and frame.f_globals.get("__name__") in _LOOP_MODULES:
            tail.append(one)
        else:
            through_us = False
            kept.append(one)
            tail = []
        one = one.tb_next
    if not kept:
        return tb
    if not is_failure:
        kept += tail  # where an assertion method is not the one that failed, show it
    for this, following in zip(kept, [*kept[1:], None]):
        this.tb_next = following
    return kept[0]


class HeldResult:
    """
    Holds the outcome of one test until it is released.

    Everything else is the runner's own result: what it has, we have.

    Args:
        result: the runner's result.
        test: the test whose outcome is held.

    """

    def __init__(self, result: Any, test: unittest.TestCase) -> None:
        own = self.__dict__
        own["_result"] = result
        own["_test"] = test
        own["_calls"] = []
        own["_is_eventful"] = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._result, name)
        if name in _HELD:
            return functools.partial(self._hold, name)
        return found

    def _hold(self, name: str, *args: Any) -> None:
        self._calls.append((name, args))
        self.__dict__["_is_eventful"] = True

    @property
    def has_passed(self) -> bool:
        """Whether nothing has failed or skipped the test so far."""
        return not self._is_eventful or all(
            name in _HEALTHY or (name == "addSubTest" and args[2] is None)
            for name, args in self._calls
        )

    # Every result has these, and every test takes them.

    def startTest(self, test: unittest.TestCase) -> None:
        """Tell it."""
        self._result.startTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        """Hold it."""
        self._calls.append(("addSuccess", (test,)))

    def stopTest(self, test: unittest.TestCase) -> None:
        """Hold it."""
        self._calls.append(("stopTest", (test,)))

    # Nearly every result has these, and unittest asks for them in every test. One that does not raises AttributeError.

    @property
    def addSubTest(self) -> Callable[..., None]:
        """Hold it."""
        self._result.addSubTest
        return self._hold_subtest

    @property
    def addDuration(self) -> Callable[..., None]:
        """Hold it."""
        self._result.addDuration
        return self._hold_duration

    def _hold_subtest(self, *args: Any) -> None:
        self._hold("addSubTest", *args)

    def _hold_duration(self, *args: Any) -> None:
        self._calls.append(("addDuration", args))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._result, name, value)

    def release(
        self,
        findings: Sequence[Finding],
        explained: Mapping[int, BaseException],
        *,
        merge: bool,
        expecting: Callable[[], bool] = bool,
    ) -> None:
        """
        Tell the runner.

        Args:
            findings: what fails the test besides what unittest saw.
            explained: ids of exceptions, and for each the one that speaks for it.
            expecting: tells whether the test is expected to fail.
            merge: whether several errors of the test become one; else they are told
                one by one, as unittest does.

        """
        calls = self._calls
        self.__dict__["_calls"] = []
        if merge and (findings or self._is_eventful):
            calls = self._merged(calls, findings, explained, expecting)
        for name, args in calls:
            getattr(self._result, name)(*args)

    def _place_of_test(self) -> Place | None:
        method = getattr(type(self._test), self._test._testMethodName, None)
        code = getattr(inspect.unwrap(method), "__code__", None) if method else None
        return place_of_code(code) if code is not None else None

    def _merged(
        self,
        calls: Sequence[tuple[str, tuple[Any, ...]]],
        findings: Sequence[Finding],
        explained: Mapping[int, BaseException],
        expecting: Callable[[], bool],
    ) -> list[tuple[str, tuple[Any, ...]]]:
        test = self._test
        subtests = [call for call in calls if _is_of_subtest(call, test)]
        own = [
            call
            for call in calls
            if not _is_of_subtest(call, test)
            and not (call[0] in _OUTCOMES and id(call[1][1][1]) in explained)
        ]
        errors = [call for call in own if call[0] in _OUTCOMES]
        skips = [call for call in own if call[0] == "addSkip"]
        rest = [call for call in own if call[0] not in (*_OUTCOMES, "addSkip")]
        if len(errors) == 1 and not skips and expecting():
            error = errors[0][1][1][1]
            if any(error is speaker for speaker in explained.values()) and len(errors) == len(
                [call for call in calls if call[0] in _OUTCOMES]
            ):
                # The body failed as expected, and the error that was expected of it
                # came from the context manager around it.
                rest.append(("addExpectedFailure", (test, _exc_info(trim(error)))))
                errors = []
        failed_subtests = [
            args[2][1] for name, args in subtests if name == "addSubTest" and args[2] is not None
        ]
        if errors:
            verdict = errors[:1]
            rest = [call for call in rest if call[0] in ("addDuration", "stopTest")]
            for call in errors[1:] + skips:
                _append(errors[0][1][1][1], call)
        else:
            verdict = skips[:1]
        if findings:
            is_hidden = any(call[0] == "addExpectedFailure" for call in rest)
            name = "" if is_hidden else self._test.id()
            report = LEDGER.report(findings, test=name)
            if errors:
                errors[0][1][1][1].add_note(f"\n{report}")
            elif failed_subtests:
                failed_subtests[0].add_note(f"\nand in the whole test:\n{report}")
            elif expected := [call for call in rest if call[0] == "addExpectedFailure"]:
                expected[0][1][1][1].add_note(f"\n{report}")
            else:
                if skips:
                    report += f"\n\n(the test was skipped: {skips[0][1][1]})"
                if any(call[0] == "addUnexpectedSuccess" for call in rest):
                    report += "\n\n(it is marked as an expected failure, but its body passed)"
                place = findings[0].place or self._place_of_test()
                error = raise_at(FindingsError(report), place)
                verdict = [("addFailure", (test, _exc_info(error)))]
                rest = [call for call in rest if call[0] in ("addDuration", "stopTest")]
        return [self._trimmed(call) for call in (*subtests, *verdict, *rest)]

    def _trimmed(self, call: tuple[str, tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
        """The *call*, its traceback one of the user's lines; at least of the test's first."""
        name, args = call
        if name in ("addError", "addFailure", "addSubTest") and args[-1] is not None:
            error = trim(args[-1][1], self._test.failureException)
            tb = error.__traceback__
            if tb is not None and "__unittest" in tb.tb_frame.f_globals:
                raise_at(error, self._place_of_test())
            args = (*args[:-1], _exc_info(error))
        return name, args


def _is_of_subtest(call: tuple[str, tuple[Any, ...]], test: unittest.TestCase) -> bool:
    """Tell whether *call* is about a subtest; a skip in one names it, not the test."""
    return call[0] == "addSubTest" or call[1][0] is not test


def _append(error: BaseException, call: tuple[str, tuple[Any, ...]]) -> None:
    """Let *error* also tell what came after it."""
    name, args = call
    if name == "addSkip":
        error.add_note(f"\n(the test was skipped: {args[1]})")
        return
    later = trim(args[1][1])
    if later is error:
        return
    tb = later.__traceback__
    if tb is not None and all("__unittest" in frame.f_globals for frame, _ in walk_tb(tb)):
        lines = traceback.format_exception_only(later)
    else:
        lines = traceback.format_exception(later, chain=later.__context__ is not error)
    error.add_note(f"\nand then, in the same test:\n\n{''.join(lines).rstrip()}")


def joined_errors(
    errors: Sequence[BaseException], report: str = ""
) -> BaseException:
    """
    Let one of *errors* tell of the others, and give it the *report* of what was found.

    It is the first one, or the first that is not for tests to handle: a Ctrl-C.

    """
    first = next((one for one in errors if not isinstance(one, Exception)), errors[0])
    for other in errors:
        if other is not first:
            lines = traceback.format_exception_only(trim(other))
            first.add_note(f"\nand then:\n\n{''.join(lines).rstrip()}")
    if report:
        first.add_note(f"\n{report}")
    return first


def _exc_info(error: BaseException) -> ExcInfo:
    return type(error), error, error.__traceback__
