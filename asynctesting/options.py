"""
What a test asked for: one frozen record.

Class keywords, decorators and settings of the environment all write it; the
nearest one wins: method, then class, then base classes, then the environment,
then the default.

================ ================== ============== ===================== =========
option           class keyword      decorator      environment           default
================ ================== ============== ===================== =========
``allowances``   no                 ``allow``      no                    none
``asyncio_debug`` yes               yes            ``..._ASYNCIO_DEBUG`` asyncio's
``blocking_limit`` yes              yes            ``..._BLOCKING_LIMIT`` 0.5
``checks``       yes                no             ``..._CHECKS``        ``default``
``close_limit``  yes                yes            ``..._CLOSE_LIMIT``   5
``exploring``    no                 ``explore``    (changes it)          none
``loop_scope``   yes                no             no                    ``test``
``loops``        no                 ``on_loops``   (picks only)          one
``time_limit``   yes                yes            ``..._TIME_LIMIT``    60
================ ================== ============== ===================== =========

"""

from __future__ import annotations

import asyncio
import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import FrameType, TracebackType
from typing import Any, Final, Literal, TypeVar, overload

from .allowances import Allowance, Span
from .errors import OptionError, ReplayError
from .findings import place_of_frame
from .ledger import LEDGER
from .loops.factories import LoopChoice, LoopFactory, choose, is_simulated, takes_self
from .values import Value


__all__ = [
    "ALL_OTHERS",
    "CHECK_LEVELS",
    "CHECK_PROFILES",
    "CheckLevel",
    "CheckProfile",
    "Checks",
    "Exploring",
    "Options",
    "UNSET",
    "VirtualTime",
    "allow",
    "asyncio_debug",
    "blocking_limit",
    "check_virtual_time",
    "close_limit",
    "explore",
    "explored_by_environment",
    "exploring_of",
    "from_environment",
    "is_off",
    "joined",
    "on_loops",
    "picked_loops",
    "time_limit",
    "virtual_time",
    "written",
    "written_on",
]

__unittest = True

T = TypeVar("T", bound=Callable[..., Any])

CheckLevel = Literal["fail", "warn", "ignore"]
CheckProfile = Literal["strict", "default", "warn", "off"]
Checks = CheckProfile | Mapping[str, CheckLevel | CheckProfile]

CHECK_LEVELS: Final = ("fail", "warn", "ignore")
CHECK_PROFILES: Final = ("strict", "default", "warn", "off")

#: In a mapping of checks, the profile of all that it does not name.
ALL_OTHERS: Final = "*"

PREFIX: Final = "ASYNCTESTING_"

#: Where a class, a function or a method keeps what was written on it.
ATTRIBUTE: Final = "_asynctesting_options"


class _Unset:
    """The value of an option that was not given."""

    def __repr__(self) -> str:
        return "<not given>"


UNSET: Any = _Unset()


class VirtualTime(Value):
    """
    The virtual time of a test, to be written as a decorator, or as the value of a class keyword.

    Args:
        start: seconds of loop time with which it begins.
        until: seconds of loop time with which it ends; ``None`` for never.

    """

    __slots__ = ("start", "until")

    def __init__(self, start: float = 0.0, until: float | None = None) -> None:
        self.start: float = start
        self.until: float | None = until

    def __call__(self, item: T) -> T:
        """Decorate a test or a class with it."""
        return _decorate("virtual_time", {"virtual_time": self})(item)


class Exploring(Value):
    """
    How a test is explored; see :func:`explore`.

    Args:
        schedules: how many orders are tried.
        seed: what is random depends on it alone.
        cancel: whether tasks are cancelled, or which, by a regular expression.
        strategy: a name of :data:`asynctesting.schedules.STRATEGIES`.
        stalls: whether the loop may be late.
        replay: orders to be tried first.
        within: real seconds for all schedules together; ``None`` for no limit.

    """

    __slots__ = ("schedules", "seed", "cancel", "strategy", "stalls", "replay", "within")

    def __init__(
        self,
        schedules: int = 200,
        seed: int = 0,
        cancel: bool | str = False,
        strategy: str = "rotation",
        stalls: bool = True,
        replay: tuple[str, ...] = (),
        within: float | None = 60.0,
    ) -> None:
        self.schedules: int = schedules
        self.seed: int = seed
        self.cancel: bool | str = cancel
        self.strategy: str = strategy
        self.stalls: bool = stalls
        self.replay: tuple[str, ...] = replay
        self.within: float | None = within


@dataclass(frozen=True, slots=True)
class Options:
    """
    One test's options, complete and valid.

    Args:
        allowances: what the test and its classes are let go of.
        asyncio_debug: asyncio's debug mode; ``None`` leaves it to asyncio
            (``PYTHONASYNCIODEBUG``, ``-X dev``).
        blocking_limit: real seconds for which the loop may be held by one callback.
        checks: a profile, or a level per id of a check, and a profile for ``"*"``, all others.
        close_limit: real seconds that each step of ending a test may take.
        exploring: how the test is lived in many orders; ``None`` for one life.
        loop_scope: whether each test has a loop of its own, or its class has one.
        loops: the loops on which a test is lived, once on each; none for one life
            on the usual loop.
        time_limit: real seconds that one life of a test may take; ``None`` for no limit.
        virtual_time: the virtual time of the loop; ``None`` for real time.

    """

    allowances: tuple[Allowance, ...] = ()
    asyncio_debug: bool | None = None
    blocking_limit: float | None = 0.5
    checks: Checks = "default"
    close_limit: float = 5.0
    exploring: Exploring | None = None
    loop_scope: Literal["test", "class"] = "test"
    loops: tuple[LoopChoice, ...] = ()
    time_limit: float | None = 60.0
    virtual_time: VirtualTime | None = None


#: The names of those that are written by name; the others have decorators only.
NAMES: Final = tuple(field.name for field in fields(Options))


# What may be written


def _refuse(name: str, value: object, allowed: str) -> OptionError:
    return OptionError(f"{name} must be {allowed}, not {value!r}")


def _check_bool(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    raise _refuse(name, value, "True, False or None")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _check_seconds(name: str, value: Any) -> Any:
    if _is_number(value) and value > 0 and math.isfinite(value):
        return float(value)
    raise _refuse(name, value, "a positive number of real seconds")


def _check_limit(name: str, value: Any) -> Any:
    if value is None:
        return None
    if _is_number(value) and value > 0:
        return float(value) if math.isfinite(value) else None
    raise _refuse(name, value, "a positive number of real seconds, or None for no limit")


def _check_scope(name: str, value: Any) -> Any:
    if isinstance(value, str) and value in ("test", "class"):
        return value
    raise _refuse(name, value, "'test' or 'class'")


def _check_checks(name: str, value: Any) -> Any:
    if isinstance(value, str):
        if value in CHECK_PROFILES:
            return value
        raise _refuse(name, value, f"one of {', '.join(map(repr, CHECK_PROFILES))}, or a mapping")
    if not isinstance(value, Mapping):
        raise _refuse(name, value, "a profile or a mapping of check ids to levels")
    from .checks import IDS  # the table of checks; it needs nothing from here

    for check, level in value.items():
        if check == ALL_OTHERS:
            if level not in CHECK_PROFILES:
                allowed = f"one of {', '.join(CHECK_PROFILES)}"
                raise _refuse(f"{name}[{check!r}], for all others,", level, allowed)
            continue
        if check not in IDS:
            raise OptionError(f"{name} has no check {_unknown(check)}")
        if level not in CHECK_LEVELS:
            raise _refuse(f"{name}[{check!r}]", level, f"one of {', '.join(CHECK_LEVELS)}")
    return dict(value)


def _unknown(check: Any) -> str:
    from .checks import IDS

    return f"{check!r}{_hint(str(check), IDS)}; there are {', '.join(sorted(IDS))}"


def _check_allowances(name: str, value: Any) -> Any:
    if isinstance(value, tuple) and all(isinstance(item, Allowance) for item in value):
        return value
    raise _refuse(name, value, "given with the decorator allow")


def _check_loops(name: str, value: Any) -> Any:
    if isinstance(value, tuple) and all(isinstance(item, LoopChoice) for item in value):
        return value
    raise _refuse(name, value, "given with the decorator on_loops")


def _check_virtual_time(name: str, value: Any) -> Any:
    if value is None or isinstance(value, VirtualTime):
        return value
    if isinstance(value, bool):
        return VirtualTime() if value else None
    if value is virtual_time:
        return VirtualTime()
    raise _refuse(name, value, "True, False or virtual_time(start=..., until=...)")


def _check_exploring(name: str, value: Any) -> Any:
    if value is None or isinstance(value, Exploring):
        return value
    raise _refuse(name, value, "given with the decorator explore")


_VALIDATORS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "allowances": _check_allowances,
    "asyncio_debug": _check_bool,
    "blocking_limit": _check_limit,
    "checks": _check_checks,
    "close_limit": _check_seconds,
    "exploring": _check_exploring,
    "loop_scope": _check_scope,
    "loops": _check_loops,
    "time_limit": _check_limit,
    "virtual_time": _check_virtual_time,
}


def _hint(given: str, known: Iterable[str]) -> str:
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(given, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def written(given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """
    Validate the options that were *given* in one place; those left out stay out.

    Raises:
        OptionError: for a name, type or value that is not allowed. It names *where*.

    """
    result: dict[str, Any] = {}
    for name, value in given.items():
        if value is UNSET:
            continue
        validate = _VALIDATORS.get(name)
        if validate is None and name == "loop_factory":
            raise OptionError(
                f"{where}: loop_factory is an attribute, as in the standard class: "
                "write `loop_factory = ...` in the body of the class"
            )
        if validate is None:
            raise OptionError(
                f"{where}: unknown option {name!r}{_hint(name, NAMES)}; "
                f"the options are {', '.join(NAMES)}"
            )
        try:
            result[name] = validate(name, value)
        except OptionError as error:
            raise OptionError(f"{where}: {error}") from None
    return result


def check_virtual_time(where: str, options: Options, factory: LoopFactory | None) -> None:
    """
    Refuse virtual time on loops that cannot have it.

    Raises:
        OptionError: with the reason and the cure. It names *where*.

    """
    if options.virtual_time is None:
        return
    if options.loops:
        raise OptionError(
            f"{where}: @on_loops lives a test on loops of several makers, and virtual_time has a "
            "loop of its own; leave one of them out, or write @virtual_time(False) where "
            "@on_loops is"
        )
    module = str(getattr(factory, "__module__", None) or type(factory).__module__)
    if factory is None or module.partition(".")[0] == "asyncio" or is_simulated(factory):
        return
    name = getattr(factory, "__qualname__", None) or repr(factory)
    raise OptionError(
        f"{where}: virtual_time has a loop of its own, and loop_factory asks for that of "
        f"{module}.{name}, whose timers cannot be told what time it is; leave loop_factory out, or "
        "write @virtual_time(False) on the tests that need that loop"
    )


def joined(outer: Mapping[str, Any], nearer: Mapping[str, Any]) -> dict[str, Any]:
    """Join the options of two places: the nearer wins, but allowances add up."""
    result = {**outer, **nearer}
    if "allowances" in outer and "allowances" in nearer:
        result["allowances"] = outer["allowances"] + nearer["allowances"]
    return result


def written_on(item: object) -> dict[str, Any]:
    """What decorators have written on *item*; nothing on a mock, which has every attribute."""
    found = getattr(item, ATTRIBUTE, None)
    return found if type(found) is dict else {}


# The environment


def is_off() -> bool:
    """Tell whether ``ASYNCTESTING_OFF`` asks for the bare standard class."""
    return os.environ.get(PREFIX + "OFF", "") not in ("", "0")


def _read_flag(text: str) -> Any:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return known.get(text.lower(), text)


def _read_limit(text: str) -> Any:
    return None if text.lower() in ("none", "off", "0") else _read_number(text)


def _read_number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _read_checks(text: str) -> Any:
    if "=" not in text:
        return text
    first, comma, rest = text.partition(",")
    if comma and "=" not in first:  # a profile for all others
        text = f"{ALL_OTHERS}={text}"
    return {
        check.strip(): level.strip()
        for check, _, level in (pair.partition("=") for pair in text.split(","))
    }


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "asyncio_debug": _read_flag,
    "blocking_limit": _read_limit,
    "checks": _read_checks,
    "close_limit": _read_number,
    "time_limit": _read_limit,
}


def from_environment() -> dict[str, Any]:
    """
    Read the options that ``ASYNCTESTING_...`` variables set for a whole run.

    Raises:
        OptionError: for a value that is not allowed. It names the variable.

    """
    result: dict[str, Any] = {}
    for name, read in _READERS.items():
        variable = PREFIX + name.upper()
        text = os.environ.get(variable, "").strip()
        if text:
            result.update(written({name: read(text)}, where=f"environment variable {variable}"))
    LEDGER.begin()
    return result


def picked_loops() -> frozenset[str] | None:
    """Labels of the loops to which ``ASYNCTESTING_LOOPS`` (comma separated) narrows a run."""
    text = os.environ.get(PREFIX + "LOOPS", "")
    return frozenset(label.strip() for label in text.split(",") if label.strip()) or None


def explored_by_environment(exploring: Exploring) -> Exploring:
    """
    Change what ``ASYNCTESTING_SCHEDULES`` and ``ASYNCTESTING_SEED`` change for a whole run.

    Raises:
        OptionError: for a value that is not allowed. It names the variable.

    """
    schedules = os.environ.get(PREFIX + "SCHEDULES", "").strip()
    if schedules:
        where = f"environment variable {PREFIX}SCHEDULES"
        exploring = exploring.replaced(schedules=_check_count(where, _read_integer(schedules)))
    seed = os.environ.get(PREFIX + "SEED", "").strip()
    if seed:
        value = _random_seed() if seed.lower() == "random" else _read_integer(seed)
        where = f"environment variable {PREFIX}SEED"
        exploring = exploring.replaced(seed=_check_seed(where, value))
    return exploring


def _random_seed() -> int:
    return int.from_bytes(os.urandom(4), "big")


def _read_integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _check_count(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _refuse(name, value, "a positive whole number of schedules")


def _check_seed(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _refuse(name, value, "a whole number that is not negative, or 'random'")


# Decorators


def _refuse_bare(decorator: str, value: object, example: str) -> None:
    """Refuse a decorator whose parentheses were forgotten."""
    if isinstance(value, type) or inspect.isfunction(value):
        raise OptionError(f"@{decorator} needs parentheses: @{decorator}({example})")


def _decorate(decorator: str, options: dict[str, Any]) -> Callable[[T], T]:
    def decorate(item: T) -> T:
        target: Any = item
        if not isinstance(target, type) and not hasattr(target, "__get__"):
            raise OptionError(f"@{decorator} decorates a test or a test class, not {target!r}")
        changed = getattr(target, "_asynctesting_options_changed", None)
        if isinstance(target, type) and changed is None:
            raise OptionError(
                f"@{decorator} needs a test class built on AsyncTestCase; "
                f"{target.__qualname__} is not"
            )
        own = vars(target).get(ATTRIBUTE) or {}
        setattr(target, ATTRIBUTE, joined(own, options))
        if changed is not None:
            changed()
        return item

    return decorate


def asyncio_debug(enabled: bool = True) -> Callable[[T], T]:
    """
    Switch asyncio's debug mode on (or off) for a test or a class.

    It is off unless ``PYTHONASYNCIODEBUG`` or ``-X dev`` ask for it, since it
    costs many times what everything else costs, and no check needs it.

    Args:
        enabled: whether debug mode is on.

    Raises:
        OptionError: for anything but a truth value.

    """
    _refuse_bare("asyncio_debug", enabled, "")
    return _decorate(
        "asyncio_debug", written({"asyncio_debug": enabled}, where="@asyncio_debug")
    )


def blocking_limit(seconds: float | None) -> Callable[[T], T]:
    """
    Bound the time for which one callback, or one step of a task, may hold the loop.

    Whatever holds it for longer is found by the check ``blocked-loop``, with the line.

    Args:
        seconds: real seconds; 0.5 unless given. ``None`` for no limit.

    Raises:
        OptionError: for anything but a positive number or ``None``.

    """
    _refuse_bare("blocking_limit", seconds, "0.1")
    return _decorate(
        "blocking_limit", written({"blocking_limit": seconds}, where="@blocking_limit")
    )


def close_limit(seconds: float) -> Callable[[T], T]:
    """
    Bound each step of ending a test or the tests of a class.

    When a test has ended, its tasks are cancelled and waited for, its
    asynchronous generators and its executor are shut down. What does not end
    within the limit is named in the report and left behind. A healthy test never
    gets near it.

    Args:
        seconds: real seconds per step; 5 unless given.

    Raises:
        OptionError: for anything but a positive number.

    """
    _refuse_bare("close_limit", seconds, "5")
    return _decorate("close_limit", written({"close_limit": seconds}, where="@close_limit"))


def time_limit(seconds: float | None) -> Callable[[T], T]:
    """
    Bound one life of a test, or of each test of a class, from set-up to the last cleanup.

    Args:
        seconds: real seconds; 60 unless given. ``None`` for no limit.

    Raises:
        OptionError: for anything but a positive number or ``None``.

    """
    _refuse_bare("time_limit", seconds, "5")
    return _decorate("time_limit", written({"time_limit": seconds}, where="@time_limit"))


@overload
def virtual_time(item: T, /) -> T: ...


@overload
def virtual_time(enabled: bool, /) -> Callable[[T], T]: ...


@overload
def virtual_time(*, start: float = 0.0, until: float | None = None) -> VirtualTime: ...


def virtual_time(item: Any = True, /, *, start: float = 0.0, until: float | None = None) -> Any:
    """
    Let a test, or each test of a class, live in virtual time.

    Its loop is a :class:`~asynctesting.SimulatedLoop`: when everything waits, time jumps to the next
    timer, so that sleeping costs nothing and is exact. What works outside of the loop is waited for. All
    stages of a life have one clock, ``self.clock``.

    It stops being true on loops of other packages, which have timers of their own: with a
    ``loop_factory`` that makes one, and with ``@on_loops``, it is refused.

    It is also the value of the class keyword: ``virtual_time=virtual_time(start=1e9)``. Within a class that
    has it, ``@virtual_time(False)`` gives a test real time.

    Args:
        item: the test or the class; or whether time is virtual.
        start: seconds of loop time with which it begins.
        until: seconds of loop time with which it ends: if everything waits for a later moment, the
            test fails.

    Raises:
        OptionError: for what are no seconds, and an end before the beginning.

    Example::

        @virtual_time
        async def test_a_slow_cat(self):
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(4):
                    await SleepyCat(naps=5).move("forward")
            self.assertEqual(4, self.clock.time())

    """
    for name, value in (("start", start), ("until", 0.0 if until is None else until)):
        if not _is_number(value) or not math.isfinite(value):
            raise OptionError(
                f"@virtual_time: {name} must be a number of seconds of loop time, not {value!r}"
            )
    if until is not None and until < start:
        raise OptionError(
            f"@virtual_time: time cannot end at {until:g} when it starts at {start:g}"
        )
    if item is False:
        return _decorate("virtual_time", {"virtual_time": None})
    time = VirtualTime(float(start), None if until is None else float(until))
    return time if item is True else time(item)


def on_loops(*loops: LoopFactory | str) -> Callable[[T], T]:
    """
    Live a test, or each test of a class, once on each of several loops.

    Each life is a whole one, on an instance of its own: set-up, test, tear-down, cleanups and
    checks. They are reported as subtests of the one test, so ids, ``-k`` and IDEs keep working. A
    loop that is not installed is a skipped subtest with its reason, never a pass.
    ``ASYNCTESTING_LOOPS=uvloop`` picks among the loops for a run.

    It does not go together with ``loop_scope="class"`` or asynchronous class fixtures,
    which have one loop for the whole class, nor with ``virtual_time``.

    Args:
        loops: each a factory, a class, or a package's name (``"uvloop"``, or
            ``"package:factory"``; ``"asyncio"`` is the platform's own loop).

    Raises:
        OptionError: if no loop is given, or something else than a loop.

    Example::

        class HerdTests(AsyncTestCase):

            @on_loops("asyncio", "uvloop")
            async def test_on_each_loop(self):
                ...

    """
    if not loops or (len(loops) == 1 and _is_decorated_by_mistake(loops[0])):
        raise OptionError(
            "@on_loops needs at least one loop: @on_loops(asyncio.SelectorEventLoop, 'uvloop')"
        )
    try:
        choices = choose(loops)
    except (TypeError, ValueError) as error:
        raise OptionError(f"@on_loops: {error}") from None
    return _decorate("on_loops", {"loops": choices})


@overload
def explore(item: T, /) -> T: ...


@overload
def explore(
    *,
    schedules: int = 200,
    seed: int | None = None,
    cancel: bool | str = False,
    strategy: str = "rotation",
    stalls: bool = True,
    replay: str | Sequence[str] | None = None,
    within: float | None = 60,
) -> Callable[[T], T]: ...


def explore(
    item: Any = None,
    /,
    *,
    schedules: int = 200,
    seed: int | None = None,
    cancel: bool | str = False,
    strategy: str = "rotation",
    stalls: bool = True,
    replay: str | Sequence[str] | None = None,
    within: float | None = 60,
) -> Any:
    """
    Live a test, or each test of a class, once in each of many orders of its tasks.

    An ordinary run takes one order of many, always nearly the same. This tries others, and only
    such as asyncio can take: see :mod:`asynctesting.loops.explored`. It implies virtual time. The
    first order is asyncio's own. All is one test for the runner; it ends with the first order that
    fails, which is made as simple as possible, shown, and tried first in the next run.

    The functions of :mod:`random` give the same numbers in each life, and those that they would have
    given are given afterwards; another seed gives other ones. It stops being true where luck comes in
    otherwise: threads, sockets, the order of sets, ``uuid.uuid4()``, the real time. There an order is
    not repeated exactly, which is told. It does not go together with ``on_loops``,
    ``loop_factory``, ``loop_scope="class"`` and asynchronous class fixtures. It changes nothing
    within one step of a task, from one ``await`` to the next: nobody else runs there.

    A test may live more often than there are schedules: while a failure is made simple; to see whether the
    same order has it do the same; and where what several lives have left together raises a doubt, each of
    them once more, see :mod:`asynctesting.series`.

    It has an effect on tests of an :class:`~asynctesting.AsyncTestCase` alone. On a function that is no
    test, and on a test of another class, one of :class:`unittest.IsolatedAsyncioTestCase` as well, nobody
    looks at it, and nobody can tell. For a function see :class:`~asynctesting.Explorer`.

    Args:
        schedules: how many orders are tried at most; ``ASYNCTESTING_SCHEDULES`` overrides it. A test
            that has fewer ends earlier.
        seed: what is random depends on it alone; 0 unless given, so that each run tries the same
            orders. ``ASYNCTESTING_SEED`` overrides it, with a number or ``random``.
        cancel: cancel a task at each of its awaits in turn, one in each schedule: ``True`` for each
            task but the test's own, or a regular expression to be found in its name. A test that
            fails only because it awaits the one that was cancelled has not failed. A warning tells
            of an expression that was found in no name, unless it is that of a class.
        strategy: ``"rotation"`` of the best, or one of ``"sampling"``, ``"walk"``, ``"pct"``,
            ``"exhaustive"``; or ``"twice"``, which cancels a task once more while it handles the
            first cancellation. See :mod:`asynctesting.schedules`.
        stalls: whether in half of the schedules the loop may be late, so that timers that were
            apart come due together: by half of a timer's delay, or 20 milliseconds if that is more.
        replay: an order that has failed, as the failure has shown it, or several. They are tried
            first.
        within: real seconds for all schedules; a warning tells if they were not enough. ``None`` for
            no limit. Each life has its own ``time_limit`` besides.

    Raises:
        OptionError: for what cannot be.

    Example::

        @explore(schedules=500, cancel="worker")
        async def test_two_herders(self):
            yard = Yard(capacity=1)
            await asyncio.gather(yard.admit("Garfield"), yard.admit("Nermal"))
            self.assertLessEqual(len(yard.cats), 1)

    """
    if item is not None and not (isinstance(item, type) or inspect.isfunction(item)):
        raise OptionError(
            f"@explore takes its options by name, not {item!r}: @explore(schedules=200)"
        )
    exploring = exploring_of(
        schedules=schedules,
        seed=seed,
        cancel=cancel,
        strategy=strategy,
        stalls=stalls,
        replay=replay,
        within=within,
    )
    decorate = _decorate("explore", {"exploring": exploring})
    return decorate if item is None else decorate(item)


def exploring_of(where: str = "@explore", **given: Any) -> Exploring:
    """
    Validate how something is to be explored.

    Args:
        where: it is written.
        given: arguments of :func:`explore`.

    Raises:
        OptionError: for what cannot be. It names *where*.

    """
    from .schedules import STRATEGIES  # pure, and few tests are explored

    asked = Exploring(**given)  # of what it says, nothing is known to be so
    cancel, strategy, replay = asked.cancel, asked.strategy, asked.replay
    if not isinstance(cancel, (bool, str)):
        raise _refuse(f"{where}: cancel", cancel, "True, False or a regular expression")
    if isinstance(cancel, str):
        try:
            re.compile(cancel)
        except re.error as error:
            raise OptionError(
                f"{where}: cancel must be a regular expression, not {cancel!r}: {error}"
            ) from None
    if strategy not in STRATEGIES:
        raise OptionError(
            f"{where}: there is no strategy {strategy!r}{_hint(str(strategy), STRATEGIES)}; "
            f"there are {', '.join(sorted(STRATEGIES))}"
        )
    if not isinstance(asked.stalls, bool):
        raise _refuse(f"{where}: stalls", asked.stalls, "True or False")
    tokens: tuple[Any, ...]
    if isinstance(replay, str):
        tokens = (replay,)
    elif replay is None:
        tokens = ()
    elif isinstance(replay, Iterable) and not isinstance(replay, (bytes, bytearray)):
        tokens = tuple(replay)
    else:
        raise _refuse(f"{where}: replay", replay, "what a failure has shown, a string, or several of them")
    for token in tokens:
        _check_token(where, token)
    return asked.replaced(
        schedules=_check_count(f"{where}: schedules", asked.schedules),
        seed=0 if asked.seed is None else _check_seed(f"{where}: seed", asked.seed),
        replay=tokens,
        within=_check_limit(f"{where}: within", asked.within),
    )


def _check_token(where: str, token: Any) -> None:
    from .schedules import read

    if not isinstance(token, str):
        raise _refuse(f"{where}: replay", token, "what a failure has shown, a string")
    try:
        read(token)
    except ReplayError as error:
        raise OptionError(f"{where}: {error}") from None


def _is_decorated_by_mistake(item: object) -> bool:
    """Tell whether *item* is the test, or the class, of an ``@on_loops`` without parentheses."""
    if isinstance(item, type):
        return not issubclass(item, asyncio.AbstractEventLoop)
    return inspect.iscoroutinefunction(item) or (inspect.isfunction(item) and takes_self(item))


class allow:
    """
    Let a test, a class or a block of lines go of a promise.

    Use it where a finding is meant to be: as a decorator of a test, of a class, or in a test as
    ``with allow(...):``. A block allows what happens, or is made, inside of it, as far as that is
    known of a finding; else what is found in its test.

    An allowance of a single test that was not needed is told by a warning,
    ``unneeded-allowance``, so that it does not outlive its reason. One of a class is not.

    Args:
        ids: the ids of the checks.
        match: a regular expression, searched for in the name of what is found (a task, a
            coroutine, a thread, a type) and in the fact that is told of it. The narrower, the
            better.
        reason: why; for whoever reads it.
        always: whether it is needed in each run, so that it is told when it was not.

    Raises:
        OptionError: for no id or an unknown one, for a *match* that is no regular expression, and
            for a ``with`` block outside of a test.

    Example::

        @allow("pending-task", match="heartbeat", reason="outlives the test by design")
        async def test_heartbeat(self):
            ...

    """

    def __init__(
        self,
        *ids: str,
        match: str | re.Pattern[str] | None = None,
        reason: str = "",
        always: bool = True,
    ) -> None:
        from .checks import IDS  # the table of checks; it needs nothing from here

        if not ids or not all(isinstance(name, str) for name in ids):
            raise OptionError(
                'allow() needs the ids of checks: @allow("pending-task", match="heartbeat")'
            )
        for name in ids:
            if name not in IDS:
                raise OptionError(f"allow(): there is no check {_unknown(name)}")
        try:
            pattern = None if match is None else re.compile(match)
        except (TypeError, re.error) as error:
            raise OptionError(
                f"allow(): match must be a regular expression, not {match!r}: {error}"
            ) from None
        if not isinstance(reason, str):
            raise _refuse("allow(): reason", reason, "a string")
        if not isinstance(always, bool):
            raise _refuse("allow(): always", always, "True or False")
        caller: FrameType = sys._getframe(1)
        self._allowance = Allowance(ids, pattern, reason, always, place_of_frame(caller))
        self._spans: list[Span] = []

    def __call__(self, item: T) -> T:
        is_class = isinstance(item, type)
        allowance = self._allowance.of_class() if is_class else self._allowance
        return _decorate("allow", {"allowances": (allowance,)})(item)

    def __enter__(self) -> None:
        from .checks import current_scene

        scene = current_scene()
        if scene is None:
            raise OptionError(
                "with allow(...) is for a block inside of a test, on the test's own thread"
            )
        span = Span(self._allowance)
        self._spans.append(span)
        scene.book.add(span)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._spans.pop().close()
