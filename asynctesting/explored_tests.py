"""
Exploring a test: many lives of its own instance, told as one test.

"""

from __future__ import annotations

import atexit
import copy
import copyreg
import functools
import inspect
import os
import sys
import time
import unittest
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final

from .engine import REPLAY, Engine, Outcome
from .errors import AsyncTestingWarning, ReplayError
from .exploration import Exploration
from .findings import Place, raise_at
from .lives import LifeResult
from .options import Exploring, explored_by_environment, written_on
from .remembered import Remembered, folder
from .schedules import read


if TYPE_CHECKING:
    from .case import AsyncTestCase


__all__ = ["Counting", "copies_of", "debug_explored", "explore_test"]

__unittest = True

#: The methods by which a class may have a way of its own to be copied.
COPYING: Final = (
    "__copy__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__getstate__",
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
)


class Wanted:
    """
    The order that the environment asks for: whether a test has taken it.

    A token knows its test, and the others leave it alone. So that one of a test that was renamed, or
    does not run, is not dropped without a word, the end of the process tells of it; but not if it is
    one process of several that share the tests.

    """

    def __init__(self) -> None:
        #: For each order whether a test has taken it.
        self._tokens: dict[str, bool] = {}
        self._process: int | None = None

    def token_for(self, number: int) -> str | None:
        """
        Give it, if it is an order of the test that has this *number*.

        Raises:
            ReplayError: for a token that cannot be read.

        """
        token = os.environ.get(REPLAY, "").strip()
        if not token:
            return None
        is_taken = read(token).test in (0, number)
        if self._process is None:
            self._process = os.getpid()
            atexit.register(self.tell)
        self._tokens[token] = is_taken or self._tokens.get(token, False)
        return token if is_taken else None

    def tell(self) -> None:
        """Print what no test has taken."""
        tokens, self._tokens = self._tokens, {}
        if os.getpid() != self._process or "PYTEST_XDIST_WORKER" in os.environ or sys.stderr is None:
            return
        for token, is_taken in tokens.items():
            if not is_taken:
                print(
                    f"asynctesting: {REPLAY} was not replayed: no explored test of this run is the one "
                    "that its order is of.\n"
                    "  cure: run that test; if it was renamed, or is in another class now, write above "
                    f'it\n        @explore(replay="{token}")',
                    file=sys.stderr,
                )


_WANTED: Final = Wanted()


@dataclass(slots=True)
class Counting:
    """How the command line explores a test: to the end, and what came of it."""

    exploring: Callable[[Exploring], Exploring]
    is_counting: bool
    found: list[Exploration] = field(default_factory=list)


def explore_test(
    case: AsyncTestCase, exploring: Exploring, result: Any, counting: Counting | None = None
) -> None:
    """Live *case* in many orders, and tell *result* of one test."""
    result.startTest(case)
    started = time.perf_counter()
    try:
        engine, found, error = _explore_case(
            case, exploring, counting, failfast=bool(getattr(result, "failfast", False))
        )
        if counting is not None:
            counting.found.append(found)
        if error is not None:
            _tell_error(case, error, result)
        else:
            _tell(case, engine, found, result)
        # Django's result has it on Python 3.11, but cannot do with it.
        if sys.version_info >= (3, 12) and hasattr(result, "addDuration"):
            result.addDuration(case, time.perf_counter() - started)
    finally:
        result.stopTest(case)


def debug_explored(case: AsyncTestCase, exploring: Exploring) -> None:
    """
    Live *case* in many orders, collecting nothing.

    Raises:
        BaseException: what the first one that fails has raised.
        unittest.SkipTest: if the first one was skipped.

    """
    engine, found, error = _explore_case(case, exploring, None, failfast=False)
    if error is not None:
        raise error
    if found.error is not None:
        raise found.error
    if engine.first is not None and engine.first.skipped is not None:
        raise unittest.SkipTest(engine.first.skipped)


def _explore_case(
    case: AsyncTestCase, exploring: Exploring, counting: Counting | None, *, failfast: bool
) -> tuple[Engine, Exploration, BaseException | None]:
    another = copies_of(case)
    options = case._asynctesting_own_options()

    def live(factory: Any) -> Outcome:
        life = another()
        life._cleanups = []
        vars(life)["loop_factory"] = factory
        own = LifeResult(failfast)
        life._asynctesting_live(own, options)
        return _outcome_of(own)

    name = case.id()
    exploring = explored_by_environment(exploring)
    if counting is not None:
        exploring = counting.exploring(exploring)
    method = getattr(type(case), case._testMethodName, None)
    own: Exploring | None = written_on(method).get("exploring")
    engine = Engine(
        exploring,
        live,
        name=name,
        # The same test may be found from another folder, or be run as a program.
        test=name.removeprefix(f"{type(case).__module__}."),
        remembered=Remembered(name, folder()),
        is_counting=counting is not None and counting.is_counting,
        is_particular=own is not None and own.cancel == exploring.cancel,
        options=options,
        blame=functools.partial(_blamed, case),
    )
    found = Exploration()
    error: BaseException | None = None
    try:
        engine.replay = _WANTED.token_for(engine.number)
        found = engine.explore()
    except ReplayError as lost:
        error = lost
    failure = error or found.error
    if found.exhausted and found.orders == 1 and own is not None and _is_plain(method):
        engine.warnings.append(
            "@explore has no effect: the test is not `async def`, and there is only one order of it; "
            "write it as `async def`, or leave @explore out"
        )
    for text in engine.warnings:
        try:
            _warn(case, text)
        except AsyncTestingWarning as warning:  # where they are errors
            if failure is None:
                failure = error = warning
            else:
                failure.add_note(f"\n{warning}")
    return engine, found, error


def copies_of(case: AsyncTestCase) -> Callable[[], AsyncTestCase]:
    """Give what makes one copy of *case* after the other, as :func:`copy.copy` does."""
    from .case import AsyncTestCase

    kind = type(case)
    if kind in copyreg.dispatch_table or any(
        getattr(kind, name, None) is not getattr(AsyncTestCase, name, None) for name in COPYING
    ):
        return functools.partial(copy.copy, case)
    state = case.__getstate__()

    def another() -> AsyncTestCase:
        made = kind.__new__(kind)
        vars(made).update(state)
        return made

    return another


def _is_plain(method: Any) -> bool:
    """Tell whether a test is a function that is not asynchronous, as far as that can be told."""
    return (
        inspect.isfunction(method)
        and not inspect.iscoroutinefunction(inspect.unwrap(method))
        and not hasattr(method, "is_hypothesis_test")
    )


def _place_of(case: AsyncTestCase) -> Place | None:
    return case._asynctesting_subject(case._testMethodName).place


def _warn(case: AsyncTestCase, text: str) -> None:
    place = _place_of(case)
    warnings.warn_explicit(
        f"{case.id()}: {text}",
        AsyncTestingWarning,
        place.filename if place is not None else __file__,
        place.lineno if place is not None else 1,
    )


def _outcome_of(own: LifeResult) -> Outcome:
    errors = list(own.errors)
    errors += [error for _, error in own.subtests if error is not None]
    outcome = Outcome(told=own)
    if errors:
        outcome.error = errors[0][1]
    elif own.expected is not None:
        outcome.is_expected = True
    else:
        for test, reason in own.skips:
            if not hasattr(test, "params"):
                outcome.skipped = reason
    return outcome


def _blamed(case: AsyncTestCase, error: BaseException) -> Outcome:
    """The outcome of a life that has failed by *error* alone."""
    own = LifeResult(False)
    own.addError(case, (type(error), error, error.__traceback__))
    return _outcome_of(own)


def _tell_error(case: AsyncTestCase, error: BaseException, result: Any) -> None:
    if all("__unittest" in frame.f_globals for frame, _ in walk_tb(error.__traceback__)):
        raise_at(error, _place_of(case))  # it is told of the test, and has no line of its own
    info = type(error), error, error.__traceback__
    if isinstance(error, case.failureException):
        result.addFailure(case, info)
    else:
        result.addError(case, info)


def _tell(case: AsyncTestCase, engine: Engine, found: Exploration, result: Any) -> None:
    """Tell *result* what the life told that stands for all."""
    outcome = engine.last
    assert outcome is not None
    own: LifeResult = outcome.told
    has_subtests = hasattr(result, "addSubTest")
    for subtest, error in own.subtests:
        if has_subtests:
            result.addSubTest(case, subtest, error)
        elif error is not None:
            _tell_error(case, error[1], result)
    for test, reason in own.skips:
        if hasattr(test, "params") and hasattr(result, "addSkip"):
            result.addSkip(test, reason)
    if found.failed:
        if own.errors:
            _tell_error(case, own.errors[0][1], result)
        elif not any(error is not None for _, error in own.subtests):
            assert found.error is not None
            _tell_error(case, found.error, result)
    elif outcome.is_expected:
        case._addExpectedFailure(result, own.expected)  # type: ignore[attr-defined]
    elif outcome.skipped is not None:
        if hasattr(result, "addSkip"):
            result.addSkip(case, outcome.skipped)
    elif own.unexpected:
        case._addUnexpectedSuccess(result)  # type: ignore[attr-defined]
    else:
        result.addSuccess(case)
