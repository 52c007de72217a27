"""
What a life has left in memory: coroutines that never began, futures whose errors nobody read.

The garbage collector keeps whatever can be part of a cycle in a list for each generation, the
youngest first, and in each of them in the order in which it was made. When a life has ended, what
those lists have after its :class:`Scene` is what it has made, and is there still.

For most tests it is enough to look at the types. If all of them are *quiet*, lists and functions
and instances of plain classes, then nothing can have been forgotten, and whatever was lost in a
cycle will be gone without a word. Else the lists are looked through for coroutines and futures;
then they are collected, so that what was lost in a cycle is found now, by the test that lost it,
and what is left grows old. So each test looks only at what it has made itself, however large the
heap is. Only if the collector was at work during the test, as far as the second generation, which
takes thousands of objects that stay, all of the heap is looked through.

It stands aside while another thread leads a life as well, for the lists do not tell whose an
object is, and while somebody debugs the collector. A thread that leads none, as a server's, may have a loop
in debug mode: what that is about to begin is left to it.

"""

from __future__ import annotations

import asyncio
import gc
import operator
import sys
import threading
import time
import weakref
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from inspect import CORO_CREATED, getcoroutinestate
from itertools import chain, compress, dropwhile, repeat
from types import CoroutineType, ModuleType
from typing import Any, Final

from ..loops import insides
from .base import Scene, current_scene, is_alone


__all__ = ["Census", "prepare", "take"]

__unittest = True

#: There are three of them, 3.4 to 3.15.
GENERATIONS: Final = 3

#: The youngest generations are those up to this one.
YOUNG: Final = 1

#: More young objects than these are not looked at twice.
MANY: Final = 150

#: Subclasses of these are not looked for: telling them costs more than all the rest.
_TYPES: Final = frozenset({CoroutineType, *insides.FUTURES})

#: Their identities: a type may have a hash that is written in Python.
_IDS: Final = frozenset(map(id, _TYPES))

#: What begins a coroutine, sooner or later.
_TASKS: Final = tuple(kind for kind in insides.FUTURES if hasattr(kind, "get_coro"))

#: How often another thread is given so many real seconds to begin what it has just made.
LOOKS: Final = 3
MOMENT: Final = 0.001

#: One that no test has replaced.
_sleep: Final = time.sleep

#: What was found before; it is not found twice.
_SEEN: Final[weakref.WeakSet[Any]] = weakref.WeakSet()

#: Of that, what the life with this number has made, and is passed over only by those within it.
_LENT: Final[dict[int, weakref.WeakSet[Any]]] = {}


class Census:
    """
    What was found.

    Args:
        coroutines: those that never began.
        futures: those that have failed, tasks among them, and nobody knows.
        is_vague: whether there may be others, and it cannot be told whose.

    """

    __slots__ = ("coroutines", "futures", "is_vague")

    def __init__(
        self,
        coroutines: list[CoroutineType[Any, Any, Any]],
        futures: list[asyncio.Future[Any]],
        *,
        is_vague: bool = False,
    ) -> None:
        self.is_vague: bool = is_vague
        self.coroutines: list[CoroutineType[Any, Any, Any]] = coroutines
        self.futures: list[asyncio.Future[Any]] = futures

    def __bool__(self) -> bool:
        return bool(self.coroutines or self.futures or self.is_vague)


#: How often the collector had been at the second generation when we last had it collect.
_collected = -1

#: Whether Python is to see whether all is to be collected, as it is after each so often that the young were.
_is_due = False
OFTEN: Final = 16

#: More young objects than these are not made to let it see; Python's own threshold is 700 to 2,000.
MOST: Final = 10_000

#: How many lists Python keeps at most to be used again, and more.
KEPT: Final = 200


def prepare() -> None:
    """Pass over what was made before a life begins, if it could be taken for its own."""
    global _is_due
    if _is_due:
        _is_due = False
        _let_collect()
    # A coroutine that has no origin was made outside of any life.
    if _collected < 0 or sys.get_coroutine_origin_tracking_depth():
        _, half_old, old = gc.get_count()
        generations = [0]
        if half_old:
            generations.append(1)
        if old != _collected:
            generations.append(2)
        found = [one for one in _candidates(generations) if one not in _SEEN]
        outer = current_scene()
        if found and outer is not None:
            _LENT.setdefault(outer.number, weakref.WeakSet()).update(found)
        _SEEN.update(found)
        _grow_old()


def take(scene: Scene) -> Census | None:
    """Look through what *scene* has made, and drop what it has lost."""
    lent: Collection[Any] = _LENT.pop(scene.number, ())
    if gc.get_debug() or not is_alone():
        return None
    made = _made_since(Scene)
    if made is not None and (not made or _are_quiet(made)):
        if gc.get_count()[0] > MANY:
            _grow_old()  # or there would be more to look at in each life
        return None
    generations = _generations(scene)
    if not scene.is_series:
        found = [weakref.ref(one) for one in _candidates(generations)]
    elif len(generations) < GENERATIONS:
        is_lost = _is_of_interest if sys.get_coroutine_origin_tracking_depth() else _is_lost
        found = [weakref.ref(one) for one in _listed(generations, scene) if is_lost(one)]
    else:
        _grow_old()
        return Census([], [], is_vague=True)
    _grow_old()
    left = [one for one in (reference() for reference in found) if one is not None]
    left = [one for one in left if one in lent or one not in _SEEN]
    _SEEN.update(left)
    if not left:
        return None
    coroutines = [one for one in left if type(one) is CoroutineType]
    futures = [
        one for one in left if type(one) is not CoroutineType and _is_of(one.get_loop(), scene)
    ]
    has_others = threading.active_count() > 1
    if coroutines and has_others:
        coroutines = [one for one in coroutines if not _is_begun_elsewhere(one)]
    # One without an origin may be another thread's; or be older, for the collector changes the order.
    if (has_others or len(generations) > 1) and any(one.cr_origin is None for one in coroutines):
        return Census([], futures, is_vague=True)
    return Census(coroutines, futures) if coroutines or futures else None


def _is_begun_elsewhere(coroutine: CoroutineType[Any, Any, Any]) -> bool:
    """Tell whether another thread is about to begin *coroutine*: a task has it whose loop runs, or it has begun."""
    for _ in range(LOOKS):
        if getcoroutinestate(coroutine) != CORO_CREATED or any(
            issubclass(type(one), _TASKS) and one.get_loop().is_running()
            for one in gc.get_referrers(coroutine)
        ):
            return True
        _sleep(MOMENT)
    return False


def _is_of(loop: Any, scene: Scene) -> bool:
    """Tell whether *loop* is of the life that is led in *scene*, or was of one of them."""
    return loop in scene.loops or (scene.is_series and hasattr(loop, "end_exploring"))


def _grow_old() -> None:
    global _collected, _is_due
    gc.collect(YOUNG)
    _collected = gc.get_count()[2]
    _is_due = not _collected % OFTEN


def _let_collect() -> None:
    """
    Let Python see whether it is time to collect all generations.

    It does so when many objects were made since the last time, which where we collect the young is hardly ever. So
    what has grown old during a life, and was lost after it, would stay. Who has Python collect only when there are
    far more young objects than it does by default is content with that.

    """
    most, _, _ = gc.get_threshold()
    if gc.isenabled() and most <= MOST:
        # More than that, as those that Python has kept for the next ones do not count.
        made: list[list[Any]] = [[] for _ in range(most + KEPT)]
        made.clear()


# What is quiet

_types_of: Final = partial(map, type)


def _made_since(mark: type[Any]) -> set[type[Any]] | None:
    """
    The types of the young objects that were made after the first object of the type *mark*.

    Only those that are not known to be quiet. None, if there is no such object among the young,
    since the collector was at work.

    """
    # The objects are let go within one call, see _listed().
    (kinds,) = map(list, map(_types_of, map(gc.get_objects, (0,))))
    try:
        return set(kinds[kinds.index(mark) + 1 :]) - _QUIET
    except Exception:  # a type has a hash of its own, or there is no mark
        return None


def _are_quiet(kinds: Iterable[type[Any]]) -> bool:
    """Tell whether instances of all of these are lost without a word, and remember it."""
    for kind in kinds:
        if not _is_quiet(kind):
            return False
        if kind is not Scene and _is_kept(kind):
            _QUIET.add(kind)
    return True


def _is_quiet(kind: type[Any]) -> bool:
    """
    Tell whether an instance of *kind* does nothing when it is lost.

    Whatever does has a ``__del__``, also if it was written in C: coroutines, generators, futures,
    files, sockets, loops. (One that is written in C may do something in its ``tp_dealloc``,
    against the advice of PEP 442, and not be seen.)

    """
    return not any("__del__" in _vars_of(base) for base in _bases_of(kind)) and not issubclass(
        kind, _LOUD
    )


def _is_kept(kind: type[Any]) -> bool:
    """Tell whether *kind* is there for good, and so may be remembered."""
    if not _flags_of(kind) & _IS_ON_HEAP:
        return True
    module = _vars_of(kind).get("__module__")
    found: Any = sys.modules.get(module) if type(module) is str else None
    for name in _name_of(kind).split("."):
        if issubclass(type(found), ModuleType):
            found = _vars_of_module(found).get(name)
        else:
            found = _vars_of(found).get(name) if issubclass(type(found), type) else None
    return found is kind


#: A flag of types, ``Py_TPFLAGS_HEAPTYPE``.
_IS_ON_HEAP: Final = 1 << 9

# By these nothing is asked of a type itself, nor of its metaclass.
_bases_of: Final = type.__dict__["__mro__"].__get__
_flags_of: Final = type.__dict__["__flags__"].__get__
_name_of: Final = type.__dict__["__qualname__"].__get__
_vars_of: Final = type.__dict__["__dict__"].__get__
_vars_of_module: Final = vars(ModuleType)["__dict__"].__get__

#: Who speaks for others: :class:`weakref.finalize` keeps one of these for what may be lost.
_LOUD: Final = getattr(weakref.finalize, "_Info", ())

#: Types that are known to be quiet.
_QUIET: Final[set[type[Any]]] = set()


# What is looked for


def _generations(scene: Scene) -> list[int]:
    """The generations in which there may be something that was made after *scene*."""
    is_it = partial(operator.is_, scene)
    for number in range(GENERATIONS - 1):
        if True in list(map(is_it, chain.from_iterable(map(gc.get_objects, (number,))))):
            return list(range(number + 1))
    return list(range(GENERATIONS))


def _candidates(generations: Sequence[int]) -> list[Any]:
    return [one for one in _listed(generations) if _is_of_interest(one)]


def _listed(generations: Sequence[int], scene: Scene | None = None) -> list[Any]:
    """
    The objects of these generations that are of one of the types looked for.

    If there is a *scene*, only those that were made after it; it has to be in the last one of the generations.

    While somebody refers to a tuple that another thread is about to make, ``tuple(cat for cat in
    yard)``, Python cannot finish it, and raises SystemError there (CPython issue 59313). So the
    collector's lists are made, looked through and dropped within one call, in which no other thread
    gets the global lock: nothing of it is written in Python, nor calls anything that is.

    """
    found: list[Any] = []
    is_other = partial(operator.is_not, scene)
    for one in generations:
        things: Any = chain.from_iterable(map(gc.get_objects, (one,)))
        again: Any = chain.from_iterable(map(gc.get_objects, (one,)))
        if scene is not None and one == generations[-1]:
            things, again = dropwhile(is_other, things), dropwhile(is_other, again)
        # Listed twice, for what keeps items for a second iterator keeps them too long. The second
        # list is as the first, with what came since at its end. It has its own iterator, too: one
        # that stopped before its end would never let it go.
        found += list(
            compress(
                chain(things, repeat(None)), map(_IDS.__contains__, map(id, map(type, again)))
            )
        )
        del things, again
    return found


def _is_lost(one: Any) -> bool:
    """Tell whether what was made in a series of lives was lost in it."""
    if type(one) is CoroutineType:
        return getcoroutinestate(one) == CORO_CREATED
    return insides.is_unread(one)


def _is_of_interest(one: Any) -> bool:
    if type(one) is CoroutineType:
        return one.cr_origin is not None and getcoroutinestate(one) == CORO_CREATED
    return insides.is_unread(one)
