"""
Nothing left to luck: many lives, each in another order.

How one exploration goes:

1. orders that are to be replayed, or have failed before, are tried;
2. a :class:`~asynctesting.schedules.Plan` gives one strategy after another, each for one life on a
   loop of its own, a :class:`~asynctesting.loops.explored.ExploredLoop`. The first one is looked at by
   itself, and so are all that have to do with the world outside. The others are led in a
   :class:`~asynctesting.series.Series`, which looks at the process for all of them; when it has a doubt,
   each of them is led once more, by itself, and from then on no other one is led in a series. The last one there
   is asyncio's own order once more, which tells whether the test does the same again;
3. the first life that fails ends this. What was decided in it is made simpler for as long as a life
   fails in the same way, which is: with an exception of the same type from the same line;
4. the simplest one is lived once more, and what happens is recorded. The failure is the user's own
   exception, with a note: the lanes, what matters of the order, and how to replay it.

:func:`~asynctesting.explored_tests.explore_test` does so for a test,
:class:`~asynctesting.explorer.Explorer` for any coroutine function.

"""

from __future__ import annotations

import asyncio
import math
import random
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .errors import ReplayError, StageError
from .exploration import COUNTED, Exploration
from .findings import is_user_file
from .lanes import render_lanes
from .ledger import LEDGER
from .loops import insides, realtime
from .loops.explored import ExploredLoop
from .luck import difference
from .options import Exploring, Options
from .progress import Progress
from .remembered import Remembered
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
from .series import Series
from .signatures import is_excused, is_left_behind, is_quick, signature_of


__all__ = ["Engine", "Life", "Outcome", "REPLAY"]

__unittest = True

#: How many lives may be spent on making an order simpler, and how many real seconds.
SHRINKING: Final = 160
SHRINKING_SECONDS: Final = 10

#: The same for what matters of it.
DISTILLING: Final = 40

#: How many tasks are named that are not to be cancelled, if none is.
NAMED: Final = 5

#: The setting that has an order replayed, and no other.
REPLAY: Final = "ASYNCTESTING_REPLAY"


#: How often asyncio's own order has to fail for it to be told that it always does.
SURE: Final = 3

#: How many lives are looked at together at most, and for how many real nanoseconds they may be led, since each of them
#: is led once more if there is a doubt.
TOGETHER: Final = 256
TOGETHER_FOR: Final = 10**9


class Factory:
    """Makes the loop of one life."""

    has_virtual_time = True

    def __init__(
        self, strategy: Strategy, victims: Any, record: bool, series: Series | None
    ) -> None:
        self._victims = victims
        self._is_recorded = record
        self._strategy = strategy
        #: What the life has in common with others; its trial looks for it here.
        self.asynctesting_series: Series | None = series
        self.loop: ExploredLoop | None = None

    def __call__(self, **time: Any) -> ExploredLoop:
        self.loop = ExploredLoop(
            self._strategy, victims=self._victims, record=self._is_recorded, **time
        )
        return self.loop

    def take(self, loop: ExploredLoop) -> None:
        """Have *loop* for this life, which is as good as new."""
        self.loop = loop
        loop.begin_anew(self._strategy, self._victims, self._is_recorded)


@dataclass(slots=True)
class Outcome:
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
class Life:
    """
    One life in one order.

    Args:
        outcome: what came of it.
        strategy: what decided.
        loop: its loop, closed.
        signature: what failures have in common that are the same, if it failed.
        stands_for: the numbers of the first and the last life of a series, of which one has failed, and
            nobody knows which.

    """

    outcome: Outcome
    strategy: Strategy
    loop: ExploredLoop
    signature: Any = None
    stands_for: tuple[int, int] | None = None

    @property
    def error(self) -> BaseException | None:
        return self.outcome.error


Live = Callable[[Any], Outcome]


class Engine:
    """
    Explores one thing.

    Args:
        exploring: how.
        live: lives it once, on a loop from the factory that it is given.
        name: what it is called.
        test: what its orders are of, for them to find it again; *name* if not given.
        remembered: the orders that have failed before.
        is_counting: whether to go on after a failure.
        replay: an order to try, and no others.
        is_particular: whether *exploring* is meant for this thing alone, not for others as well.
        options: those of each life, for lives that pass to be looked at together, see
            :mod:`asynctesting.series`; without them, each is looked at by itself.
        blame: makes an outcome of an error that no life has raised.

    """

    def __init__(
        self,
        exploring: Exploring,
        live: Live,
        *,
        name: str,
        test: str | None = None,
        remembered: Remembered | None = None,
        is_counting: bool = False,
        replay: str | None = None,
        is_particular: bool = True,
        options: Options | None = None,
        blame: Callable[[BaseException], Outcome] = Outcome,
    ) -> None:
        self.exploring = exploring
        self.name = name
        self._live = live
        self._remembered = remembered or Remembered(name, None)
        self._is_counting = is_counting
        self._is_particular = is_particular
        self.replay = replay
        #: None as soon as there was a reason to doubt a life: from then on, each is looked at by itself.
        self._options = options
        self._blame = blame
        #: The series that is going on, and its lives: their numbers, and how to lead them once more.
        self._series: Series | None = None
        self._led: list[tuple[int, Mapping[int, int], bool, bool]] = []
        #: When it ends at the latest, in real nanoseconds.
        self._ends = 0
        said = (name if test is None else test).encode("utf-8", "backslashreplace")
        self.number: int = zlib.crc32(said) & 0xFFFFFF
        #: What tells whom to cancel; none for nobody.
        self._victims = Victims("" if exploring.cancel is True else exploring.cancel) if exploring.cancel else None
        self._outside: dict[str, None] = {}
        self._keys: set[int] = set()
        #: Those that were new in the series that goes on, or the last one, and the numbers of the lives.
        self._new_keys: list[tuple[int, int]] = []
        self._seed = exploring.seed
        #: How :mod:`random` stands when a life begins: to set this takes half the time of seeding it.
        self._luck: Any = None
        self._lives = 0
        self._failures = 0
        #: Whether the first one was not skipped, so that the others must not be either.
        self._has_begun = False
        #: Which one was, all the same.
        self._skipped_in = 0
        #: What is to be warned of, in the end.
        self.warnings: list[str] = []
        #: The first life, and the one that is to be told.
        self.first: Outcome | None = None
        self.last: Outcome | None = None

    # One life

    def _sow(self, seed: int) -> None:
        """From now on let the numbers of :mod:`random` be those of *seed*, in each life the same."""
        self._seed = seed
        random.seed(seed)
        self._luck = random.getstate()

    def _run(
        self, strategy: Strategy, *, record: bool = False, series: Series | None = None
    ) -> Life:
        factory = Factory(strategy, self._victims, record, series)
        random.setstate(self._luck)
        outcome = self._live(factory)
        loop = factory.loop or ExploredLoop(strategy)
        if factory.loop is None:
            loop.close()
        life = Life(outcome, strategy, loop)
        error = outcome.error
        if error is None and outcome.skipped is not None and self._has_begun:
            self._skipped_in = self._skipped_in or self._lives + 1
            error = outcome.error = StageError(
                f"skipped in schedule {self._skipped_in} only, not in the first one: "
                f"{outcome.skipped}; decide whether to skip before anything is awaited"
            )
        is_broken_off = outcome.is_expected
        if error is not None:
            if is_excused(error, loop):
                outcome.error = error = None
                is_broken_off = True
            else:
                life.signature = signature_of(error)
        if series is not None:
            series.is_broken_off = is_broken_off
            series.is_mixed = series.is_mixed or is_broken_off
        del error  # it may refer to this frame
        loop.forget()
        self._outside.update(loop.outside)
        return life

    # Lives that are looked at together

    def _lead(self, strategy: Strategy) -> Life:
        """
        Lead the next life: in a series with others, as long as there was no reason to doubt any.

        The first one is looked at by itself, and so is what has to do with the world outside, where nothing
        can be led once more.

        """
        if self._options is None or not self._has_begun or self._outside:
            return self._run(strategy)
        if self._series is None:
            self._series = Series(self._options)
            self._new_keys.clear()
            self._ends = realtime.nanoseconds() + TOGETHER_FOR
        life = self._run(strategy, series=self._series)
        self._led.append(
            (self._lives + 1, life.loop.decisions.made, strategy.stalls, strategy.twice)
        )
        return life

    def _judge(self, failed: Life | None, now: int) -> list[tuple[int, Life]]:
        """
        Give the lives that have failed, each with its number, as far as is known by now.

        Args:
            failed: the last one, if it has.
            now: what the clock shows, in real nanoseconds.

        """
        series = self._series
        if series is None:
            return [] if failed is None else [(self._lives, failed)]
        if (
            failed is None
            and not series.is_in_doubt
            and not self._outside
            and len(self._led) < TOGETHER
            and now < self._ends
        ):
            return []
        return self._end_series(failed)

    def _end_series(self, failed: Life | None = None) -> list[tuple[int, Life]]:
        """
        Look at the lives of the series together; if there is any doubt, lead each once more, by itself.

        Args:
            failed: the last of them, if it has.

        Returns:
            Those that have failed, each with its number.

        """
        series, self._series = self._series, None
        if series is None:
            return []
        led, self._led = self._led, []
        try:
            series.end()
        except BaseException:
            series.abandon()
            raise
        first, number = led[0][0], led[-1][0]
        found: list[tuple[int, Life]] = []
        before = LEDGER.lives.copy()
        if series.is_in_doubt:
            self._options = None
            for one, made, stalls, twice in led if failed is None else led[:-1]:
                life = self._run(Replay(made, stalls=stalls, twice=twice))
                # What fails only now, where another one has failed before, fails by what they share.
                if life.error is not None and (failed is None or is_left_behind(life.error)):
                    found.append((one, life))
                    if not self._is_counting:
                        return found
        if failed is not None:
            if is_quick(failed.error):
                _, made, stalls, twice = led[-1]
                life = self._run(Replay(made, stalls=stalls, twice=twice))  # which tells more
                failed = life if life.signature == failed.signature else failed
            return [*found, (number, failed)]
        if not series.is_in_doubt:
            return found
        shown = LEDGER.lives - before
        error = None if found or series.is_broken_off else series.verdict(shown)
        if error is None:
            return found
        strategy = Strategy()
        loop = ExploredLoop(strategy)
        loop.close()
        outcome = self._blame(error)
        return [(number, Life(outcome, strategy, loop, signature_of(error), (first, number)))]

    # All lives

    def explore(self) -> Exploration:
        """Try the orders, until one fails or there are enough."""
        state = random.getstate()
        try:
            return self._explore()
        finally:
            random.setstate(state)

    def _explore(self) -> Exploration:
        if self.replay is not None:
            return self._replayed(self.replay, "the order to be replayed")
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
        try:
            return self._tried()
        finally:
            if self._series is not None:  # something has broken it off
                self._series.abandon()

    def _tried(self) -> Exploration:
        exploring = self.exploring
        self._sow(exploring.seed)
        plan = Plan(
            exploring.schedules,
            exploring.seed,
            strategy=exploring.strategy,
            stalls=exploring.stalls,
        )
        now = realtime.nanoseconds()
        latest = math.inf if exploring.within is None else now + exploring.within * 1e9
        progress = Progress(self.name, exploring.schedules)
        failing: Life | None = None
        number = 0
        is_in_time = True
        strategy: Strategy | None = plan.first()
        base: list[int] = []
        while strategy is not None:
            life = self._lead(strategy)
            self._lives += 1
            outcome = life.outcome
            if len(self._keys) < COUNTED:
                key = hash(life.loop.decisions.key)
                if key not in self._keys:
                    self._keys.add(key)
                    self._new_keys.append((self._lives, key))
            if self._lives == 1:
                self.first = self.last = outcome
                base = life.loop.decisions.widths
                plan.begin(life.loop.decisions, strategy.moments)
                if outcome.skipped is not None:
                    break
                self._has_begun = True
            else:
                plan.learn(strategy, life.loop.decisions)
            if outcome.is_expected:
                self.last = outcome
                break
            last = None if outcome.error is None else life
            del life, outcome
            now = realtime.nanoseconds()
            failed = self._judge(last, now)
            if failed:
                self._failures += len(failed)
                if failing is None:
                    number, failing = failed[0]
                if not self._is_counting:
                    break
            del last, failed
            if progress.is_live:
                progress.show(self._lives, self._failures)
            if now > latest:
                is_in_time = self._lives >= exploring.schedules
                break
            strategy = plan.next()
        again: list[int] | None = None
        may_be_luck = failing is None and is_in_time and self._lives > 2
        if may_be_luck and self._series is not None:
            again = self._repeat_in_series(self._series)
        failed = self._end_series()
        if failed:
            self._failures += len(failed)
            if failing is None:
                number, failing = failed[0]
        progress.end()
        if failing is not None and not self._is_counting and failing.stands_for is None:
            self._end_with(number)
            is_in_time = True  # it was the last one to be led
        if not is_in_time:
            self.warnings.append(
                f"explored {self._lives} of {exploring.schedules} schedules within "
                f"{exploring.within:g} s; give it more time with @explore(within=...), or ask for "
                "fewer schedules"
            )
        if failing is not None:
            return self._failed(failing, number, plan)
        if may_be_luck and not self._outside:
            self._look_for_luck(base, again)
        self._look_for_victims()
        return self._result(exhausted=plan.is_complete and not plan.is_cut)

    def _end_with(self, number: int) -> None:
        """Let the life of this *number* be the last one: those after it in a series had already been led."""
        self._lives = number
        self._keys.difference_update(key for one, key in self._new_keys if one > number)

    def _result(self, **words: Any) -> Exploration:
        given: dict[str, Any] = {
            "schedules": self._lives,
            "failures": self._failures,
            "orders": len(self._keys),
            "seed": self.exploring.seed,
            "outside": tuple(self._outside),
        }
        return Exploration(**{**given, **words})

    def _look_for_victims(self) -> None:
        """Tell of a pattern that is in the name of no task, which is a mistake if it is of one test."""
        victims, first, cancel = self._victims, self.first, self.exploring.cancel
        if victims is None or victims.has_met or cancel is True or not self._is_particular:
            return
        if first is None or first.skipped is not None or first.is_expected:
            return
        names = [repr(name) for name in victims.others]
        if len(names) > NAMED:
            names[NAMED:] = ["others"]
        if names:
            *most, last = names
            there = f"there are {', '.join(most)} and {last}" if most else f"there is {last}"
        else:
            there = "there is none but the test's own"
        self.warnings.append(
            f"nothing was cancelled: cancel={cancel!r} is found in the name of no task; {there}"
        )

    def _repeat_in_series(self, series: Series) -> list[int]:
        """
        Lead asyncio's own order once more, as the last life of a *series*; give what was asked in it.

        It is none of the schedules: if it has failed, or is in doubt, no other one is blamed. What is found in memory
        alone may be of it as well.

        """
        was_broken_off = series.is_broken_off
        life = self._run(Strategy(stalls=self.exploring.stalls), series=series)
        if was_broken_off or life.error is not None or series.is_in_doubt:
            series.is_broken_off = True
        return life.loop.decisions.widths

    def _look_for_luck(self, base: Sequence[int], again: Sequence[int] | None) -> None:
        """
        Tell of a test that does not do the same when it is run in the same order.

        Args:
            base: what was asked in asyncio's order.
            again: the same, when it was run once more, if it was.

        """
        if again is None:
            again = self._run(Strategy(stalls=self.exploring.stalls)).loop.decisions.widths
        if again == base:
            return
        events = [
            self._run(Strategy(stalls=self.exploring.stalls), record=True).loop.events
            for _ in range(2)
        ]
        self.warnings.append(
            "not deterministic: run twice in the same order, it did not do the same"
            f"{difference(*events)}; an order that fails may not fail again, so sort what comes "
            "from sets, and seed what is random"
        )

    # A failure

    def _failed(self, life: Life, number: int, plan: Plan) -> Exploration:
        """Make the order simpler, show it, and remember it."""
        if life.stands_for is not None:
            first, last = life.stands_for
            text = (
                f"one of the schedules {first} to {last} of {self.exploring.schedules}, seed "
                f"{self.exploring.seed}, has left that behind\n"
                "run once more, each by itself, none of them has: the test is not deterministic"
            )
            return self._told(life, None, text, ())
        made = life.loop.decisions.made
        if not made:
            where = "asyncio's own order, the first schedule"
            return self._told(life, None, f"({where} of {self.exploring.schedules})", ())
        kept, constraints, order = self._simpler(life)
        of = f"schedule {number} of {self.exploring.schedules}, seed {self.exploring.seed}"
        if not order.made and not order.constraints:
            return self._told(life, None, self._not_of_the_order(life, of), ())
        token = write(order)
        if not self._outside:
            self._remembered.add(token)
        text = f"it fails in an order that asyncio may take ({of})"
        return self._told(kept, token, text, constraints)

    def _not_of_the_order(self, life: Life, of: str) -> str:
        """What is said when asyncio's own order fails as *life* has, although the first one has passed."""
        again = [self._run(Strategy(stalls=self.exploring.stalls)).signature for _ in range(SURE)]
        if again == [life.signature] * SURE:
            return (
                f"it fails whatever the order, in asyncio's own as well, which has passed before ({of})\n"
                "so something is shared between its lives, as a global, a cache or a class attribute: "
                "make it anew in set-up"
            )
        return (
            f"it fails now and then, in asyncio's own order as well, which has passed before ({of})\n"
            "so the test is not deterministic: look for what is random, real, or shared between its lives"
        )

    def _simpler(self, life: Life) -> tuple[Life, Sequence[Constraint], Order]:
        signature, stalls, twice = life.signature, life.strategy.stalls, life.strategy.twice
        made: Mapping[int, int] = life.loop.decisions.made
        limit = realtime.nanoseconds() + SHRINKING_SECONDS * 10**9
        if not is_quick(life.error):
            return life, (), Order(made, (), self.number, stalls, twice, self._seed)

        def again(strategy: Strategy, budget: Budget, *, record: bool = False) -> Life | None:
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
            return life, (), Order(made, (), self.number, stalls, twice, self._seed)
        constraints: Sequence[Constraint] = list(dict.fromkeys(recording.constraints))
        budget = Budget(DISTILLING)

        def fails(items: Sequence[Constraint]) -> bool:
            return again(Constrained(items), budget) is not None

        if fails(constraints):
            constraints = without(constraints, fails, budget)
            same = again(Constrained(constraints), budget, record=True)
            if same is not None:
                kept, made, stalls = same, same.loop.decisions.made, True
        return kept, constraints, Order(made, tuple(constraints), self.number, stalls, twice, self._seed)

    def _told(
        self, life: Life, token: str | None, text: str, constraints: Sequence[Constraint]
    ) -> Exploration:
        """Put the note on the failure."""
        error = life.error
        assert error is not None
        lines = [text]
        lanes = render_lanes(life.loop.events, ascii=is_ascii())
        if lanes:
            lines += ["", lanes, ""]
        if constraints:
            lines.append("what matters of it:")
            lines += [f"  {life.loop.tell(one)}" for one in constraints[:6]]
            if len(constraints) > 6:
                lines.append(f"  and {len(constraints) - 6} more")
        if token is not None and not lanes and is_quick(error):
            lines.append(
                "it did not fail again when the same was decided: the test is not deterministic"
            )
        if self._outside:
            names = " and ".join(self._outside)
            verb = "which are" if len(self._outside) > 1 else "which is"
            lines.append(f"not exactly replayable: it has used {names}, {verb} real")
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
        self._sow(order.seed)
        for number, strategy in enumerate(attempts(order)):
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


def attempts(order: Order) -> Iterable[Strategy]:
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


class Victims:
    """
    Tells by the name of a task, and by the task, whether it may be cancelled; and keeps what it was asked.

    Args:
        pattern: a regular expression, to be found in the name.

    Attributes:
        has_met: whether there was one.
        others: names of some of those that it is not, in order.

    """

    __slots__ = ("_search", "has_met", "others")

    def __init__(self, pattern: str) -> None:
        self._search = re.compile(pattern).search
        self.has_met: bool = False
        self.others: dict[str, None] = {}

    def __call__(self, name: str, task: Any) -> bool:
        if self._search(name) is None:
            if not self.has_met and len(self.others) <= NAMED and not _is_internal(task):
                self.others[name] = None
            return False
        if _is_internal(task):
            return False
        self.has_met = True
        return True


def _is_internal(task: asyncio.Task[Any]) -> bool:
    """Tell whether asyncio, or we, have made *task* for themselves: nobody else can cancel it."""
    coroutine: Any = task.get_coro()
    code = getattr(coroutine, "cr_code", None)
    if code is None:
        return insides.closes_generator(task)
    return code.co_name.startswith("_") and not is_user_file(code.co_filename)


def is_ascii() -> bool:
    """Tell whether what prints failures can print nothing but ASCII characters."""
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        "\u2502\u25b6".encode(encoding)
    except (UnicodeError, LookupError):
        return True
    return False
