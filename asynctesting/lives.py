"""
Several lives of one test, reported as subtests of it.

Each life has an instance of its own. Its outcome is collected by a :class:`LifeResult` and told
to the runner's result as that of a subtest (``loop='uvloop'``), so that the test keeps its id.

"""

from __future__ import annotations

import copy
import sys
import time
import unittest
import unittest.case
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .errors import LoopUnavailable
from .loops.factories import LoopChoice


if TYPE_CHECKING:
    from .case import AsyncTestCase


__all__ = ["LifeResult", "debug_on", "live_on", "lives_on"]

__unittest = True

NONE_PICKED = "ASYNCTESTING_LOOPS picks none of this test's loops"


class LifeResult:
    """Collects the outcome of one life."""

    def __init__(self, failfast: bool) -> None:
        self.failfast: bool = failfast
        self.errors: list[Any] = []
        self.subtests: list[tuple[Any, Any]] = []
        self.skips: list[tuple[Any, str]] = []
        self.expected: Any = None
        self.unexpected: bool = False

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return bool(self.errors or any(error is not None for _, error in self.subtests))

    def startTest(self, test: Any) -> None:
        """Nothing: the one test has been started."""

    def stopTest(self, test: Any) -> None:
        """Nothing: it will be stopped."""

    def addSuccess(self, test: Any) -> None:
        """Nothing: what nothing was told of has passed."""

    def addDuration(self, test: Any, elapsed: float) -> None:
        """Nothing: the one test has one duration."""

    def addError(self, test: Any, error: Any) -> None:
        """Keep an error."""
        self.errors.append(error)

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, error: Any) -> None:
        """Keep the outcome of a subtest of the user's."""
        self.subtests.append((subtest, error))

    def addSkip(self, test: Any, reason: str) -> None:
        """Keep a skip, of the life or of a subtest."""
        self.skips.append((test, reason))

    def addExpectedFailure(self, test: Any, error: Any) -> None:
        """Keep the error that was expected."""
        self.expected = error

    def addUnexpectedSuccess(self, test: Any) -> None:
        """Keep that an error was expected and did not come."""
        self.unexpected = True


def lives_on(
    case: AsyncTestCase, loops: Iterable[LoopChoice], picked: frozenset[str] | None
) -> Iterator[tuple[str, AsyncTestCase | None, str]]:
    """
    Give a life for each of the *loops*: its label, its instance, or the reason for none.
    """
    for choice in loops:
        if picked is not None and choice.label not in picked:
            continue
        try:
            factory = choice.factory()
        except LoopUnavailable as error:
            yield choice.label, None, str(error)
        else:
            life = copy.copy(case)
            life._cleanups = []
            vars(life)["loop_factory"] = factory
            yield choice.label, life, ""


def live_on(
    case: AsyncTestCase,
    loops: Iterable[LoopChoice],
    picked: frozenset[str] | None,
    result: Any,
) -> None:
    """Live *case* once on each of the *loops*, or on those of them that are *picked*."""
    result.startTest(case)
    started = time.perf_counter()
    passed = failed = lived = False
    expected: Any = None
    unexpected = False
    skips: list[tuple[Any, str]] = []
    try:
        for label, life, reason in lives_on(case, loops, picked):
            lived = True
            if life is None:
                skips.append((_subtest(case, label), reason))
                continue
            own = LifeResult(getattr(result, "failfast", False))
            life._asynctesting_live(own)
            skips += _tell(case, label, own, result)
            expected = expected or own.expected
            unexpected = unexpected or own.unexpected
            failed = failed or own.failed
            passed = passed or not (own.failed or own.skips)
            if (own.failed and own.failfast) or getattr(result, "shouldStop", False):
                break
        if not lived:
            _skip(result, case, NONE_PICKED)
        elif passed or failed or expected is not None or unexpected:
            for subtest, reason in skips:
                _skip(result, subtest, reason)
        else:  # not one life: a runner that sees only skipped subtests takes it for a pass
            reasons = [f"{subtest._subDescription()} {reason}" for subtest, reason in skips]
            _skip(result, case, "; ".join(reasons))
        # Django's result has it on Python 3.11, but cannot do with it.
        if sys.version_info >= (3, 12) and hasattr(result, "addDuration"):
            result.addDuration(case, time.perf_counter() - started)
        if failed:
            pass
        elif expected is not None:
            case._addExpectedFailure(result, expected)  # type: ignore[attr-defined]
        elif unexpected:
            case._addUnexpectedSuccess(result)  # type: ignore[attr-defined]
        elif passed:
            result.addSuccess(case)
    finally:
        result.stopTest(case)


def debug_on(
    case: AsyncTestCase, loops: Iterable[LoopChoice], picked: frozenset[str] | None
) -> None:
    """
    Live *case* once on each of the *loops*, collecting nothing.

    Raises:
        unittest.SkipTest: if none of them is there.

    """
    reasons = []
    lived = False
    for label, life, reason in lives_on(case, loops, picked):
        if life is None:
            reasons.append(f"{label}: {reason}")
        else:
            lived = True
            life._asynctesting_debug()
    if not lived:
        raise unittest.SkipTest("; ".join(reasons) or NONE_PICKED)


def _subtest(case: AsyncTestCase, label: str, inner: Any = None) -> Any:
    message = unittest.case._subtest_msg_sentinel  # type: ignore[attr-defined]
    params: dict[str, Any] = {"loop": label}
    if inner is not None:
        message = inner._message
        params.update(inner.params)
    return unittest.case._SubTest(case, message, params)  # type: ignore[attr-defined]


def _tell(
    case: AsyncTestCase, label: str, life: LifeResult, result: Any
) -> list[tuple[Any, str]]:
    """Tell *result* of one life; give what was skipped in it, to be told later."""
    supported = hasattr(result, "addSubTest")
    for inner, error in life.subtests:
        if supported:
            result.addSubTest(case, _subtest(case, label, inner), error)
        elif error is not None:
            _fail(case, label, error, result)
    for error in life.errors:
        if supported:
            result.addSubTest(case, _subtest(case, label), error)
        else:
            _fail(case, label, error, result)
    if supported and not (life.failed or life.skips):
        result.addSubTest(case, _subtest(case, label), None)
    return [
        (_subtest(case, label, test if hasattr(test, "params") else None), reason)
        for test, reason in life.skips
    ]


def _fail(case: AsyncTestCase, label: str, error: Any, result: Any) -> None:
    """Report to a result that knows no subtests."""
    error[1].add_note(f"(loop={label!r})")
    if issubclass(error[0], case.failureException):
        result.addFailure(case, error)
    else:
        result.addError(case, error)


def _skip(result: Any, test: Any, reason: str) -> None:
    if hasattr(result, "addSkip"):
        result.addSkip(test, reason)
