"""
The clocks on the wall, in virtual time.

Inside of ``with clock.wall():`` these follow the clock of the loop, wherever they are used in the
user's own modules, in the modules of packages that are named, and in those imported meanwhile:

* ``time.time``, ``time.time_ns``, ``time.clock_gettime`` and ``clock_gettime_ns`` of CLOCK_REALTIME, and
  what ``localtime``, ``gmtime``, ``strftime``, ``ctime`` and ``asctime`` take for now: *start*, and
  the time that has passed since then;
* ``time.monotonic``, ``time.perf_counter``, and the same with ``_ns``: the time of the loop;
* ``datetime.now``, ``datetime.utcnow``, ``datetime.today`` and ``date.today``.

It is all the same how they were imported: ``import time``, ``import time as t``, ``from time import
time``, ``from datetime import datetime``; as names of a module, attributes of its classes, or
defaults of its functions.

The standard library goes on in real time, since its locks, queues and threads wait by these clocks; nothing
in it is replaced. ``time.sleep`` still sleeps, and blocks the loop.

It stops being true for a class that is derived from ``datetime`` or ``date`` elsewhere, for what is kept in
containers, for ``time`` inside of packages that are installed, unless they are named, and for what is
written in C.

In place of the functions and classes stand others, which know the real ones, and are those again when
the block is left. So one that was copied meanwhile, to wherever, does no harm later.

"""

from __future__ import annotations

import builtins
import datetime as real_datetime
import sys
import time as real_time
from collections.abc import Callable, Iterator
from importlib import import_module
from types import FunctionType, ModuleType, TracebackType
from typing import Any, Final

from ..findings import is_installed, is_user_file
from .clock import SECOND, Clock, nanoseconds


__all__ = ["Wall"]

__unittest = True


class Wall:
    """
    A ``with`` block in which the clocks on the wall follow *clock*.

    Blocks may be nested: the innermost counts.

    Args:
        clock: the clock to follow.
        start: what they show at first: seconds since 1970, or a ``datetime``; by default the
            real time.
        packages: names of installed packages in which they follow, too.

    Raises:
        ValueError: for a *start* that is neither.

    """

    def __init__(
        self,
        clock: Clock,
        start: float | real_datetime.datetime | None = None,
        packages: tuple[str, ...] = (),
    ) -> None:
        self.clock = clock
        self.packages: tuple[str, ...] = (
            (packages,) if isinstance(packages, str) else tuple(packages)
        )
        self._start = _moment(start)
        #: By how much the time of day is ahead of the loop's time, in nanoseconds.
        self._ahead = 0

    def now(self) -> int:
        """Nanoseconds since 1970."""
        self.clock.looked = True
        return self.clock.nanoseconds + self._ahead

    def loop_time(self) -> int:
        """Nanoseconds of loop time."""
        self.clock.looked = True
        return self.clock.nanoseconds

    def __enter__(self) -> None:
        start = real_time.time_ns() if self._start is None else self._start
        self._ahead = start - self.clock.nanoseconds
        _walls.append(self)
        _put_up(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _walls.remove(self)
        if not _walls:
            _take_down()


def _moment(start: Any) -> int | None:
    """*start* in nanoseconds."""
    if start is None:
        return None
    if isinstance(start, real_datetime.datetime):
        whole = start.replace(microsecond=0).timestamp()
        return int(whole) * SECOND + start.microsecond * 1000
    if isinstance(start, bool) or not isinstance(start, (int, float)) or (
        not -1e18 < start < 1e18
    ):
        raise ValueError(
            f"wall(): start must be seconds since 1970, or a datetime, not {start!r}"
        )
    return nanoseconds(start)


#: Those that are up, the innermost last.
_walls: Final[list[Wall]] = []


class _Fake:
    """Stands for a function of the time module."""

    def __init__(self, real: Any, function: Callable[..., Any]) -> None:
        self._real = real
        self._function = function
        self.__name__ = self.__qualname__ = real.__name__
        self.__doc__ = real.__doc__
        self.__module__ = "time"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not _walls:
            return self._real(*args, **kwargs)
        return self._function(self._real, _walls[-1], *args, **kwargs)

    def __reduce__(self) -> Any:
        return _real_function, (self.__name__,)

    def __repr__(self) -> str:
        return f"<{self._real!r}, following virtual time>"


def _real_function(name: str) -> Any:
    """What a pickled fake becomes."""
    return getattr(real_time, name)


def _of_day(real: Any, wall: Wall) -> float:
    return wall.now() / SECOND


def _of_day_ns(real: Any, wall: Wall) -> int:
    return wall.now()


def _of_loop(real: Any, wall: Wall) -> float:
    return wall.loop_time() / SECOND


def _of_loop_ns(real: Any, wall: Wall) -> int:
    return wall.loop_time()


def _broken_down(real: Any, wall: Wall, seconds: float | None = None) -> Any:
    return real(wall.now() // SECOND if seconds is None else seconds)


def _formatted(real: Any, wall: Wall, form: str, *moment: Any) -> Any:
    return real(form, *(moment or (real_time.localtime(wall.now() // SECOND),)))


def _as_text(real: Any, wall: Wall, *moment: Any) -> Any:
    return real(*(moment or (real_time.localtime(wall.now() // SECOND),)))


def _of_number(real: Any, wall: Wall, number: int) -> Any:
    found = _CLOCKS_BY_NUMBER.get(number)
    if found is None:
        return real(number)
    nanos = getattr(wall, found)()
    return nanos if real.__name__.endswith("_ns") else nanos / SECOND


_CLOCKS_BY_NUMBER: Final[dict[int, str]] = {
    getattr(real_time, number): name
    for number, name in (("CLOCK_REALTIME", "now"), ("CLOCK_MONOTONIC", "loop_time"))
    if hasattr(real_time, number)
}

_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "asctime": _as_text,
    "clock_gettime": _of_number,
    "clock_gettime_ns": _of_number,
    "ctime": _broken_down,
    "gmtime": _broken_down,
    "localtime": _broken_down,
    "monotonic": _of_loop,
    "monotonic_ns": _of_loop_ns,
    "perf_counter": _of_loop,
    "perf_counter_ns": _of_loop_ns,
    "strftime": _formatted,
    "time": _of_day,
    "time_ns": _of_day_ns,
}


class _Likeness(type):
    """The type of a class that stands for the one it is derived from: it has the same instances."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__base__ or ())

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.__base__ or ())

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.__base__

    def __hash__(cls) -> int:
        return hash(cls.__base__)


class _Date(real_datetime.date, metaclass=_Likeness):
    """Stands for :class:`datetime.date`, and makes real ones."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_datetime.date(*args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        """Today, in virtual time."""
        if not _walls:
            return real_datetime.date.today()
        return real_datetime.date.fromtimestamp(_walls[-1].now() // SECOND)


class _Datetime(real_datetime.datetime, metaclass=_Likeness):
    """Stands for :class:`datetime.datetime`, and makes real ones."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_datetime.datetime(*args, **kwargs)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """Now, in virtual time."""
        if not _walls:
            return real_datetime.datetime.now(tz)
        return _datetime_of(_walls[-1].now(), tz)

    @classmethod
    def today(cls) -> Any:
        """The same, in local time."""
        return cls.now()

    @classmethod
    def utcnow(cls) -> Any:
        """The same, in UTC, and naive."""
        real = real_datetime.datetime.utcnow()  # which warns, where it is deprecated
        if not _walls:
            return real
        return _datetime_of(_walls[-1].now(), real_datetime.timezone.utc).replace(tzinfo=None)


for _class, _real in (
    (_Date, real_datetime.date),
    (_Datetime, real_datetime.datetime),
):
    _class.__name__ = _class.__qualname__ = _real.__name__
    _class.__module__ = "datetime"


def _datetime_of(moment: int, tz: Any) -> Any:
    whole, rest = divmod(moment, SECOND)
    return real_datetime.datetime.fromtimestamp(whole, tz) + real_datetime.timedelta(
        microseconds=rest // 1000
    )


class _Module(ModuleType):
    """Stands for a module, in the namespaces of others."""

    def __init__(self, real: ModuleType, fakes: dict[str, Any]) -> None:
        super().__init__(real.__name__, real.__doc__)
        vars(self).update(fakes)
        vars(self)["_real"] = real

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_real"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["_real"], name, value)  # as mock.patch does

    def __delattr__(self, name: str) -> None:
        delattr(vars(self)["_real"], name)

    def __dir__(self) -> list[str]:
        return dir(vars(self)["_real"])

    def __reduce__(self) -> Any:
        return import_module, (self.__name__,)


def _fakes() -> Iterator[tuple[Any, Any]]:
    """What is real, and what stands for it."""
    functions = {
        name: _Fake(getattr(real_time, name), function)
        for name, function in _FUNCTIONS.items()
        if hasattr(real_time, name)
    }
    for name, fake in functions.items():
        yield getattr(real_time, name), fake
    yield real_time, _Module(real_time, functions)
    classes = {"date": _Date, "datetime": _Datetime}
    yield real_datetime.date, _Date
    yield real_datetime.datetime, _Datetime
    yield real_datetime, _Module(real_datetime, classes)


#: By the id of what is real, which lasts as long as Python does.
_FAKES: Final[dict[int, tuple[Any, Any]]] = {id(real): (real, fake) for real, fake in _fakes()}

#: What to do when the last block is left, in reverse.
_undo: Final[list[Callable[[], None]]] = []

#: Modules that have been gone through.
_done: Final[set[int]] = set()


def _put_up(wall: Wall) -> None:
    if builtins.__import__ is not _import:
        _importing.append(builtins.__import__)
        builtins.__import__ = _import
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and id(module) not in _done and _is_meant(module):
            _done.add(id(module))
            _go_through(module)


def _is_meant(module: Any, walls: list[Wall] = _walls) -> bool:
    filename = vars(module).get("__file__")
    name = str(vars(module).get("__name__"))
    if filename is None and name != "__main__":
        return False
    return _is_meant_file(filename or "", name)


def _is_meant_file(filename: str, name: str) -> bool:
    root = name.partition(".")[0]
    if any(name == one or name.startswith(f"{one}.") for wall in _walls for one in wall.packages):
        return True
    return is_user_file(filename) and not is_installed(filename) and root not in _NEVER


#: Those that watch over the tests, wherever they are installed.
_NEVER: Final = frozenset("asynctesting coverage freezegun pytest time_machine".split())


def _take_down() -> None:
    if builtins.__import__ is _import:
        builtins.__import__ = _importing[-1]
    _importing.clear()
    _done.clear()
    while _undo:
        try:
            _undo.pop()()
        except Exception:  # somebody's class does not let it be set: what stands there does no harm
            continue


def _go_through(module: ModuleType) -> None:
    """Put fakes for all that is real in the namespace of *module*."""
    namespace = vars(module)
    for name, value in list(namespace.items()):
        found = _FAKES.get(id(value))
        if found is not None and found[0] is value:
            namespace[name] = found[1]
            _undo.append(_Put(namespace, name, found[1], value))
        elif isinstance(value, FunctionType):
            _go_through_defaults(value)
        elif isinstance(value, type) and value.__module__ == namespace.get("__name__"):
            _go_through_class(value)


def _go_through_class(cls: type) -> None:
    for name, value in list(vars(cls).items()):
        inner = getattr(value, "__func__", value)
        found = _FAKES.get(id(inner))
        if isinstance(inner, FunctionType):
            _go_through_defaults(inner)
        elif found is not None and found[0] is inner:
            try:
                setattr(cls, name, staticmethod(found[1]) if inner is not value else found[1])
            except (AttributeError, TypeError):
                continue
            _undo.append(_Set(cls, name, value))


def _go_through_defaults(function: FunctionType) -> None:
    defaults: tuple[Any, ...] | None = function.__defaults__
    more: dict[str, Any] = function.__kwdefaults__ or {}
    changed = tuple(map(_fake_of, defaults or ()))
    if any(new is not old for new, old in zip(changed, defaults or ())):
        function.__defaults__ = changed
        _undo.append(_Set(function, "__defaults__", defaults))
    for name, value in more.items():
        if _fake_of(value) is not value:
            more[name] = _fake_of(value)
            _undo.append(_Put(more, name, more[name], value))


def _fake_of(value: Any) -> Any:
    found = _FAKES.get(id(value))
    return value if found is None or found[0] is not value else found[1]


class _Put:
    """Puts a real thing back into a namespace, unless somebody has put another thing there."""

    def __init__(self, namespace: dict[str, Any], name: str, fake: Any, real: Any) -> None:
        self._of = namespace, name, fake, real

    def __call__(self) -> None:
        namespace, name, fake, real = self._of
        if namespace.get(name) is fake:
            namespace[name] = real


class _Set:
    """The same for an attribute."""

    def __init__(self, owner: Any, name: str, real: Any) -> None:
        self._of = owner, name, real

    def __call__(self) -> None:
        setattr(*self._of)


_importing: Final[list[Any]] = []


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Any = (),
    level: int = 0,
) -> Any:
    """Stands for ``__import__``: whoever imports one of these modules gets what stands for it."""
    found = (_importing or [importing])[-1](name, globals, locals, fromlist, level)
    if level == 0 and name in ("time", "datetime") and globals is not None and _walls:
        filename = globals.get("__file__")
        if filename is not None and _is_meant_file(filename, str(globals.get("__name__"))):
            return _fake_of(found)
    return found


importing: Final = builtins.__import__
