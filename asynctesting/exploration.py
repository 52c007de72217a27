"""
Nothing left to luck: many lives, each in another order.

How one exploration goes:

1. orders that are to be replayed, or have failed before, are tried;
2. a :class:`~asynctesting.schedules.Plan` gives one strategy after another, each for one life on a
   loop of its own, a :class:`~asynctesting.loops.explored.ExploredLoop`;
3. the first life that fails ends this. What was decided in it is made simpler for as long as a life
   fails in the same way, which is: with an exception of the same type from the same line;
4. the simplest one is lived once more, and what happens is recorded. The failure is the user's own
   exception, with a note: the lanes, what matters of the order, and how to replay it.

:func:`explore_test` does so for a test, :class:`Explorer` for any coroutine function.

"""

from __future__ import annotations

import asyncio
import copy
import random
import re
import sys
import time
import traceback
import unittest
import warnings
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .errors import AsyncTestingWarning, FindingsError, OptionError, ReplayError, StageError
from .findings import Place, is_user_file, place_of_code
from .lanes import render_lanes
from .lives import LifeResult
from .loops import insides, realtime
from .loops.explored import ExploredLoop
from .options import UNSET, Checks, Exploring, explored_by_environment, exploring_of
from .remembered import Remembered, folder
from .schedules import (
    Budget,
    Constrained,
    Constraint,
    Order,
    Plan,
    Recording,
    Replay,
    Strategy,
    delayed,
    read,
    shifted,
    shrink,
    without,
    write,
)


if TYPE_CHECKING:
    from .case import AsyncTestCase


__all__ = ["Counting", "Exploration", "Explorer", "debug_explored", "explore_test"]

__unittest = True

#: How many lives may be spent on making an order simpler, and how many real seconds.
SHRINKING: Final = 160
SHRINKING_SECONDS: Final = 10

#: The same for what matters of it.
DISTILLING: Final = 40

#: How many different orders are counted.
COUNTED: Final = 10_000

#: How many real seconds go by before progress is shown on a terminal.
SILENCE: Final = 2.0

#: How a failure begins to tell of a later one.
AND_THEN: Final = "\nand then"

REPLAY: Final = "ASYNCTESTING_REPLAY"


@dataclass(frozen=True, slots=True)
class Exploration:
    """
    What came of exploring.

    Attributes:
        failed: whether an order has failed.
        error: the exception of the first one that has, with a note that shows the order.
        schedules: how many orders were tried.
        failures: how many of them have failed; at most one, unless all were counted.
        replay: what finds the failing order again; none if it is asyncio's own.
        orders: how many of those that were tried differ, as far as they were counted.
        exhausted: whether there are no others.
        seed: what was random depended on it.
        report: the note alone.
        outside: what was used that makes a run impossible to repeat exactly.

    """

    failed: bool = False
    error: BaseException | None = None
    schedules: int = 0
    failures: int = 0
    replay: str | None = None
    orders: int = 0
    exhausted: bool = False
    seed: int = 0
    report: str = ""
    outside: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What is known now, in one sentence."""
        if self.failed:
            found = f"fails {self.failures:,} of {self.schedules:,} schedules"
        elif self.exhausted and self.orders == 1:
            return "holds: there is one order"
        elif self.exhausted:
            return f"all {self.orders:,} orders hold"
        else:
            found = f"fails 0 of {self.schedules:,} schedules"
        more = "more than " if self.orders >= COUNTED else ""
        return f"{found} ({more}{self.orders:,} different orders, seed {self.seed})"

    def check(self) -> Exploration:
        """
        Give this if nothing has failed.

        Raises:
            BaseException: what has failed.

        """
        if self.error is not None:
            raise self.error
        return self


class _Factory:
    """Makes the loop of one life."""

    has_virtual_time = True

    def __init__(self, strategy: Strategy, victims: Any, record: bool) -> None:
        self._words: dict[str, Any] = {"victims": victims, "record": record}
        self._strategy = strategy
        self.loop: ExploredLoop | None = None

    def __call__(self, **time: Any) -> ExploredLoop:
        self.loop = ExploredLoop(self._strategy, **self._words, **time)
        return self.loop


@dataclass(slots=True)
class _Outcome:
    """
    What came of one life.

    Args:
        error: what has failed it.
        skipped: the reason, if it was skipped.
        told: all that it told, for a test.
        is_expected: whether it failed as expected.

    """

    error: BaseException | None = None
    skipped: str | None = None
    told: Any = None
    is_expected: bool = False


@dataclass(slots=True)
class _Life:
    """One life in one order."""

    outcome: _Outcome
    strategy: Strategy
    loop: ExploredLoop
    signature: Any = None

    @property
    def error(self) -> BaseException | None:
        return self.outcome.error


Live = Callable[[Any], _Outcome]


class _Engine:
    """
    Explores one thing.

    Args:
        exploring: how.
        live: lives it once, on a loop from the factory that it is given.
        name: what it is called.
        orders: those that were tried before.
        is_counting: whether to go on after a failure.
        replay: an order to try, and no others.

    """

    def __init__(
        self,
        exploring: Exploring,
        live: Live,
        *,
        name: str,
        remembered: Remembered | None = None,
        is_counting: bool = False,
        replay: str | None = None,
    ) -> None:
        self.exploring = exploring
        self.name = name
        self._live = live
        self._remembered = remembered or Remembered(name, None)
        self._is_counting = is_counting
        self._replay = replay
        self._number = zlib.crc32(name.encode("utf-8", "backslashreplace")) & 0xFFFFFF
        self._victims = _victims(exploring.cancel)
        self._outside: dict[str, None] = {}
        self._keys: set[int] = set()
        #: What the numbers of :mod:`random` come from, in each life the same.
        self._seed = exploring.seed
        self._lives = 0
        self._failures = 0
        self._was_in_time = True
        #: The first life, and the one that is to be told.
        self.first: _Outcome | None = None
        self.last: _Outcome | None = None

    # One life

    def _run(self, strategy: Strategy, *, record: bool = False) -> _Life:
        factory = _Factory(strategy, self._victims, record)
        random.seed(self._seed)
        outcome = self._live(factory)
        loop = factory.loop or ExploredLoop(strategy)
        if factory.loop is None:
            loop.close()
        life = _Life(outcome, strategy, loop)
        error = outcome.error
        if error is not None:
            if _is_excused(error, loop):
                outcome.error = None
            else:
                life.signature = _signature(error)
        loop.forget()
        self._outside.update(loop.outside)
        return life

    # All lives

    def explore(self) -> Exploration:
        """Try the orders, until one fails or there are enough."""
        state = random.getstate()
        try:
            return self._explore()
        finally:
            random.setstate(state)

    def _explore(self) -> Exploration:
        if self._replay is not None:
            return self._replayed(self._replay, "the order to be replayed")
        lost: ReplayError | None = None
        for token in self.exploring.replay:
            try:
                found = self._replayed(token, "the order to be replayed")
            except ReplayError as error:
                lost = error
                continue
            if found.failed:
                return found
        for token in self._remembered.tokens():
            try:
                found = self._replayed(token, "the order that failed the last time")
            except ReplayError:
                found = Exploration()
            if found.failed and not self._is_counting:
                return found
            if not found.failed:
                self._remembered.forget(token)
        found = self._explored()
        if lost is not None and not found.failed:
            raise lost
        return found

    def _explored(self) -> Exploration:
        exploring = self.exploring
        self._seed = exploring.seed
        plan = Plan(
            exploring.schedules,
            exploring.seed,
            strategy=exploring.strategy,
            stalls=exploring.stalls,
        )
        began = realtime.nanoseconds()
        progress = _Progress(self.name, exploring.schedules)
        failing: _Life | None = None
        number = 0
        strategy: Strategy | None = plan.first()
        base: list[int] = []
        while strategy is not None:
            life = self._run(strategy)
            self._lives += 1
            outcome = life.outcome
            if len(self._keys) < COUNTED:
                self._keys.add(hash(life.loop.decisions.key))
            if self._lives == 1:
                self.first = self.last = outcome
                base = life.loop.decisions.widths
                plan.begin(life.loop.decisions, strategy.moments)
                if outcome.skipped is not None:
                    break
            else:
                plan.learn(strategy, life.loop.decisions)
                if outcome.skipped is not None and outcome.error is None:
                    outcome.error = StageError(
                        f"skipped in schedule {self._lives} only, not in the first one: "
                        f"{outcome.skipped}; decide whether to skip before anything is awaited"
                    )
                    life.signature = _signature(outcome.error)
            if outcome.is_expected:
                self.last = outcome
                break
            if life.error is not None:
                self._failures += 1
                if failing is None:
                    failing, number = life, self._lives
                if not self._is_counting:
                    break
            del life, outcome
            progress.show(self._lives, self._failures)
            if exploring.within is not None and realtime.nanoseconds() - began > exploring.within * 1e9:
                self._was_in_time = self._lives >= exploring.schedules
                break
            strategy = plan.next()
        progress.end()
        if failing is not None:
            return self._failed(failing, number, plan)
        if self._was_in_time and self._lives > 2 and not self._outside:
            self._look_for_luck(base)
        return self._result(exhausted=plan.is_complete and not plan.is_cut)

    def _result(self, **words: Any) -> Exploration:
        given: dict[str, Any] = {
            "schedules": self._lives,
            "failures": self._failures,
            "orders": len(self._keys),
            "seed": self.exploring.seed,
            "outside": tuple(self._outside),
        }
        return Exploration(**{**given, **words})

    def _look_for_luck(self, base: Sequence[int]) -> None:
        """Tell of a test that does not do the same when it is run in the same order."""
        life = self._run(Strategy(stalls=self.exploring.stalls))
        if life.loop.decisions.widths == base:
            return
        events = [
            self._run(Strategy(stalls=self.exploring.stalls), record=True).loop.events
            for _ in range(2)
        ]
        self.warn(
            "not deterministic: run twice in the same order, it did not do the same"
            f"{_difference(*events)}; an order that fails may not fail again, so sort what comes "
            "from sets, and seed what is random"
        )

    #: What is to be warned of, in the end.
    warnings: list[str]

    def warn(self, text: str) -> None:
        """Tell of something that is no failure."""
        self.__dict__.setdefault("warnings", []).append(text)

    # A failure

    def _failed(self, life: _Life, number: int, plan: Plan) -> Exploration:
        """Make the order simpler, show it, and remember it."""
        made = life.loop.decisions.made
        if not made:
            where = "asyncio's own order, the first schedule"
            return self._told(life, None, f"({where} of {self.exploring.schedules})", ())
        kept, constraints, order = self._simpler(life)
        token = write(order)
        if not self._outside:
            self._remembered.add(token)
        of = f"schedule {number} of {self.exploring.schedules}, seed {self.exploring.seed}"
        text = f"it fails in an order that asyncio may take ({of})"
        return self._told(kept, token, text, constraints)

    def _simpler(self, life: _Life) -> tuple[_Life, Sequence[Constraint], Order]:
        signature, stalls, twice = life.signature, life.strategy.stalls, life.strategy.twice
        made: Mapping[int, int] = life.loop.decisions.made
        limit = realtime.nanoseconds() + SHRINKING_SECONDS * 10**9
        if not _is_quick(life.error):
            return life, (), Order(made, (), self._number, stalls, twice, self._seed)

        def again(strategy: Strategy, budget: Budget, *, record: bool = False) -> _Life | None:
            if realtime.nanoseconds() > limit:
                budget.left = 0
            found = self._run(strategy, record=record)
            return found if found.signature == signature else None

        budget = Budget(SHRINKING)

        def run(candidate: Any) -> Any:
            found = again(Replay(candidate, stalls=stalls, twice=twice), budget)
            return None if found is None else found.loop.decisions.made

        made = shrink(made, run, budget)
        recording = Recording(Replay(made, stalls=stalls, twice=twice))
        kept = again(recording, budget, record=True)
        if kept is None:
            # It fails now and then only, whatever the order.
            return life, (), Order(made, (), self._number, stalls, twice, self._seed)
        constraints: Sequence[Constraint] = list(dict.fromkeys(recording.constraints))
        budget = Budget(DISTILLING)

        def fails(items: Sequence[Constraint]) -> bool:
            return again(Constrained(items), budget) is not None

        if fails(constraints):
            constraints = without(constraints, fails, budget)
            same = again(Constrained(constraints), budget, record=True)
            if same is not None:
                kept, made, stalls = same, same.loop.decisions.made, True
        return kept, constraints, Order(made, tuple(constraints), self._number, stalls, twice, self._seed)

    def _told(
        self, life: _Life, token: str | None, text: str, constraints: Sequence[Constraint]
    ) -> Exploration:
        """Put the note on the failure."""
        error = life.error
        assert error is not None
        lines = [text]
        lanes = render_lanes(life.loop.events, ascii=_is_ascii())
        if lanes:
            lines += ["", lanes, ""]
        if constraints:
            lines.append("what matters of it:")
            lines += [f"  {one}" for one in constraints[:6]]
            if len(constraints) > 6:
                lines.append(f"  and {len(constraints) - 6} more")
        if token is not None and not lanes and _is_quick(error):
            lines.append(
                "it did not fail again when the same was decided: the test is not deterministic"
            )
        if self._outside:
            names = " and ".join(self._outside)
            lines.append(f"not exactly replayable: it has used {names}, which are real")
        if token is not None:
            if self._remembered.tokens()[:1] == [token]:
                lines.append("run this test again: it tries this order first; or anywhere")
            else:
                lines.append("to replay it:")
            lines.append(f"  {REPLAY}={token}")
            lines.append(f'to keep it: @explore(replay="{token}")')
        report = "\n".join(lines)
        error.add_note(f"\n{report}")
        self.last = life.outcome
        return self._result(
            failed=True,
            error=error,
            replay=token,
            report=report,
            failures=max(1, self._failures),
            schedules=max(1, self._lives),
        )

    # Replays

    def _replayed(self, token: str, what: str) -> Exploration:
        """
        Try an order, and the nearest ones.

        Raises:
            ReplayError: if it is not there any more.

        """
        order = read(token)
        unmet: list[Constraint] = []
        self._seed = order.seed
        for number, strategy in enumerate(_attempts(order)):
            life = self._run(strategy, record=True)
            if self.first is None:
                self.first = self.last = life.outcome
            if life.error is not None:
                self._outside = dict(life.loop.outside)
                return self._told(life, token, f"it fails in {what}", order.constraints)
            if number == 0 and isinstance(strategy, Constrained):
                unmet = strategy.finish()
            if life.outcome.skipped is not None:
                break
        if unmet and what == "the order to be replayed":
            raise ReplayError(
                f"the order to be replayed is not there any more: that {unmet[0]} did not come "
                "true, and it did not fail; if what failed was mended, leave the replay out, else "
                "explore anew"
            )
        return self._result()


def _attempts(order: Order) -> Iterable[Strategy]:
    """What may find an order again, in a test that was edited meanwhile."""
    if order.constraints:
        yield Constrained(order.constraints)
    yield Replay(order.made, stalls=order.stalls, twice=order.twice)
    moved = delayed(order.constraints)
    if moved != list(order.constraints):
        yield Constrained(moved)
    names: dict[str, None] = {"test": None}
    for one in order.constraints:
        names[one.lane] = None
        names[getattr(one, "other", one.lane)] = None
    for by in (1, -1, 2):
        for name in list(names)[:4]:
            moved = shifted(order.constraints, name, by)
            if moved != list(order.constraints):
                yield Constrained(moved)


def _victims(cancel: bool | str) -> Callable[[str, Any], bool] | None:
    if not cancel:
        return None
    pattern = re.compile("" if cancel is True else cancel)
    return lambda name, task: pattern.search(name) is not None and not _is_internal(task)


def _is_internal(task: asyncio.Task[Any]) -> bool:
    """Tell whether asyncio, or we, have made *task* for themselves: nobody else can cancel it."""
    coroutine: Any = task.get_coro()
    code = getattr(coroutine, "cr_code", None)
    if code is None:
        return insides.closes_generator(task)
    return code.co_name.startswith("_") and not is_user_file(code.co_filename)


def _is_excused(error: BaseException, loop: ExploredLoop) -> bool:
    """Tell whether a test has failed only because it awaited the task that was cancelled."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    if any(note.startswith(AND_THEN) for note in getattr(error, "__notes__", ())):
        return False  # a later stage has failed as well
    struck = [task() for task in loop.struck.values() if task is not None]
    woke = loop.woken_by[0] if loop.woken_by else None
    if not struck or not asyncio.isfuture(woke):
        return False
    if isinstance(woke, asyncio.Task) or woke.cancelled():
        children = getattr(woke, "_children", None) or ()
        return any(woke is one or one in children for one in struck)
    return True  # asyncio.wait(), and wait_for() on Python 3.11


def _is_quick(error: BaseException | None) -> bool:
    """Tell whether a life may be repeated, not one that has used up its time limit."""
    return type(error).__name__ != "TimeLimitExceeded"


def _signature(error: BaseException) -> Any:
    """What two failures have in common that are the same."""
    if isinstance(error, BaseExceptionGroup):
        return type(error).__name__, *sorted({repr(_signature(one)) for one in error.exceptions})
    if isinstance(error, FindingsError):
        return "findings", *sorted(set(re.findall(r"\[([a-z]+(?:-[a-z]+)*)\]$", str(error), re.M)))
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        filename = frame.f_code.co_filename
        if is_user_file(filename):
            place = filename, line
    return type(error).__qualname__, place


def _difference(one: Sequence[Any], other: Sequence[Any]) -> str:
    for number, (first, second) in enumerate(zip(one, other)):
        if (first.lane, first.step, first.place) != (second.lane, second.step, second.place):
            return (
                f": its step {number + 1} was that of {first.lane}, and the next time that of "
                f"{second.lane}"
                if first.lane != second.lane
                else f": in its step {number + 1} {first.lane} came to {_where(first)}, and the "
                f"next time to {_where(second)}"
            )
    if len(one) != len(other):
        return f": it took {len(one)} steps, and the next time {len(other)}"
    return ""


def _where(event: Any) -> str:
    return event.place.where if event.place is not None else "its end"


def _is_ascii() -> bool:
    """Tell whether what prints failures can print nothing but ASCII characters."""
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        "\u2502\u25b6".encode(encoding)
    except (UnicodeError, LookupError):
        return True
    return False


class _Progress:
    """A line on a terminal, for those who wait; nothing where nobody looks."""

    def __init__(self, name: str, schedules: int) -> None:
        self._name = name
        self._schedules = schedules
        self._next = realtime.nanoseconds() + int(SILENCE * 1e9)
        self._is_shown = False
        stream = sys.stderr
        self._stream: Any = stream if stream is not None and stream.isatty() else None

    def show(self, lives: int, failures: int) -> None:
        """Tell how far it came, now and then."""
        if self._stream is None or realtime.nanoseconds() < self._next:
            return
        self._next = realtime.nanoseconds() + 200_000_000
        self._is_shown = True
        failed = f", {failures} failed" if failures else ""
        text = f"{self._name}: {lives} of {self._schedules} schedules{failed}"
        self._stream.write(f"\r\x1b[K{text[:78]}")
        self._stream.flush()

    def end(self) -> None:
        """Leave no trace."""
        if self._is_shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


# Tests


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
) -> tuple[_Engine, Exploration, BaseException | None]:
    import os

    def live(factory: Any) -> _Outcome:
        life = copy.copy(case)
        life._cleanups = []
        vars(life)["loop_factory"] = factory
        own = LifeResult(failfast)
        life._asynctesting_live(own)
        return _outcome_of(own)

    name = case.id()
    exploring = explored_by_environment(exploring)
    if counting is not None:
        exploring = counting.exploring(exploring)
    engine = _Engine(
        exploring,
        live,
        name=name,
        remembered=Remembered(name, folder()),
        is_counting=counting is not None and counting.is_counting,
    )
    found = Exploration()
    error: BaseException | None = None
    try:
        token = os.environ.get(REPLAY, "").strip()
        if token and read(token).test in (0, engine._number):
            engine._replay = token
        found = engine.explore()
    except ReplayError as lost:
        error = lost
    for text in getattr(engine, "warnings", ()):
        _warn(case, text)
    if not engine._was_in_time:
        _warn(
            case,
            f"explored {engine._lives} of {exploring.schedules} schedules within "
            f"{exploring.within:g} s; give it more time with @explore(within=...), or ask for "
            "fewer schedules",
        )
    return engine, found, error


def _warn(case: AsyncTestCase, text: str) -> None:
    place = _place_of(case)
    warnings.warn_explicit(
        f"{case.id()}: {text}", AsyncTestingWarning, place.filename, place.lineno
    )


def _place_of(case: AsyncTestCase) -> Place:
    import inspect

    method = inspect.unwrap(getattr(type(case), case._testMethodName))
    return place_of_code(method.__code__)


def _outcome_of(own: LifeResult) -> _Outcome:
    errors = [error for error in own.errors]
    errors += [error for _, error in own.subtests if error is not None]
    outcome = _Outcome(told=own)
    if errors:
        outcome.error = errors[0][1]
    elif own.expected is not None:
        outcome.is_expected = True
    else:
        for test, reason in own.skips:
            if not hasattr(test, "params"):
                outcome.skipped = reason
    return outcome


def _tell_error(case: AsyncTestCase, error: BaseException, result: Any) -> None:
    info = type(error), error, error.__traceback__
    if isinstance(error, case.failureException):
        result.addFailure(case, info)
    else:
        result.addError(case, info)


def _tell(case: AsyncTestCase, engine: _Engine, found: Exploration, result: Any) -> None:
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


# Everything else


class Explorer:
    """
    Runs a coroutine function in many orders of its tasks.

    Use it where there is no test class; :func:`asynctesting.explore` says what is tried, and what the
    arguments are. Each run has the life and the verdict of :func:`asynctesting.run`, in virtual time.

    Args:
        schedules: how many orders are tried at most.
        seed: what is random depends on it alone.
        cancel: whether tasks are cancelled, or which.
        strategy: the name of a strategy.
        stalls: whether the loop may be late.
        replay: an order that has failed, or several, to be tried first.
        within: real seconds for all together.
        count: whether to go on after a failure, and count.
        checks, close_limit, time_limit: see :func:`asynctesting.run`.

    Raises:
        OptionError: for what cannot be.

    Example:

        >>> async def race():
        ...     taken = []
        ...     async def take():
        ...         if not taken:
        ...             await asyncio.sleep(0)
        ...             taken.append(1)
        ...     await asyncio.gather(take(), take())
        ...     assert len(taken) == 1
        >>> found = Explorer(schedules=50).run(race)
        >>> found.failed, type(found.error).__name__
        (True, 'AssertionError')

    """

    def __init__(
        self,
        *,
        schedules: int = 200,
        seed: int | None = None,
        cancel: bool | str = False,
        strategy: str = "rotation",
        stalls: bool = True,
        replay: str | Sequence[str] | None = None,
        within: float | None = 60,
        count: bool = False,
        checks: Checks = UNSET,
        close_limit: float = UNSET,
        time_limit: float | None = UNSET,
    ) -> None:
        self._exploring = exploring_of(
            "Explorer()",
            schedules=schedules,
            seed=seed,
            cancel=cancel,
            strategy=strategy,
            stalls=stalls,
            replay=replay,
            within=within,
        )
        self._is_counting = count
        self._options: dict[str, Any] = {
            "checks": checks,
            "close_limit": close_limit,
            "time_limit": time_limit,
        }

    def run(self, async_function: Callable[[], Awaitable[Any]]) -> Exploration:
        """
        Run it in one order after another, until one fails.

        Args:
            async_function: a coroutine function without arguments.

        Returns:
            What came of it. Nothing is raised that *async_function* has raised:
            :meth:`Exploration.check` does that.

        Raises:
            TypeError: for what is no such function.
            ReplayError: for an order that is not there any more.

        """
        from .standalone import run

        if not callable(async_function):
            raise TypeError(f"Explorer.run() needs a coroutine function, not {async_function!r}")

        def live(factory: Any) -> _Outcome:
            try:
                run(async_function, loop_factory=factory, **self._options)
            except unittest.SkipTest as skip:
                return _Outcome(skipped=str(skip))
            except OptionError:
                raise
            except Exception as error:
                return _Outcome(error)
            except asyncio.CancelledError as error:
                return _Outcome(error)
            return _Outcome()

        name = getattr(async_function, "__qualname__", None) or type(async_function).__name__
        engine = _Engine(
            explored_by_environment(self._exploring),
            live,
            name=name,
            is_counting=self._is_counting,
        )
        return engine.explore()
