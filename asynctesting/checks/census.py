"""
What a life has left in memory: coroutines that never began, futures whose errors nobody read.

The garbage collector keeps whatever can be part of a cycle in a list for each generation, the
youngest first. When a life has ended, those lists are looked through for what was made in it;
then they are collected, so that what was lost in a cycle is found now, by the test that lost it,
and what is left grows old. So each test looks only at what it has made itself, however large the
heap is. Only if the collector was at work during the test, as far as the second generation, which
takes thousands of objects that stay, all of the heap is looked through.

It stands aside while another thread leads a life as well, for the lists do not tell whose an
object is, and while somebody debugs the collector.

"""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from inspect import CORO_CREATED, getcoroutinestate
from itertools import chain, compress
from types import CoroutineType
from typing import Any, Final

from ..loops import insides
from .base import Scene, is_alone


__all__ = ["Census", "prepare", "take"]

__unittest = True

#: The youngest generations are those up to this one. There are three of them, 3.4 to 3.15.
YOUNG: Final = 1

#: Subclasses of these are not looked for: telling them costs more than all the rest.
_TYPES: Final = frozenset({CoroutineType, *insides.FUTURES})

#: Their identities: a type may have a hash that is written in Python.
_IDS: Final = frozenset(map(id, _TYPES))

#: What was found before; it is not found twice.
_SEEN: Final[weakref.WeakSet[Any]] = weakref.WeakSet()


class Census:
    """
    What was found.

    Args:
        coroutines: those that never began.
        futures: those that have failed, tasks among them, and nobody knows.

    """

    __slots__ = ("coroutines", "futures")

    def __init__(
        self,
        coroutines: list[CoroutineType[Any, Any, Any]],
        futures: list[asyncio.Future[Any]],
    ) -> None:
        self.coroutines: list[CoroutineType[Any, Any, Any]] = coroutines
        self.futures: list[asyncio.Future[Any]] = futures

    def __bool__(self) -> bool:
        return bool(self.coroutines or self.futures)


#: How often the collector had been at the second generation after the last census.
_collected = -1


def prepare() -> None:
    """Pass over what was made before a life begins, if it could be taken for its own."""
    # A coroutine that has no origin was made outside of any life.
    if _collected < 0 or sys.get_coroutine_origin_tracking_depth():
        _SEEN.update(_candidates())
        _grow_old()


def take(scene: Scene) -> Census | None:
    """Look through what *scene* has made, and drop what it has lost."""
    if gc.get_debug() or not is_alone():
        return None
    found = [weakref.ref(one) for one in _candidates()]
    _grow_old()
    if not found:
        return None
    left = [one for one in (reference() for reference in found) if one is not None]
    left = [one for one in left if one not in _SEEN]
    _SEEN.update(left)
    return Census(
        [one for one in left if type(one) is CoroutineType],
        [
            one
            for one in left
            if type(one) is not CoroutineType and one.get_loop() in scene.loops
        ],
    )


def _candidates() -> list[Any]:
    _, half_old, old = gc.get_count()
    generations = [0]
    if half_old:
        generations.append(1)
    if old != _collected:
        generations.append(2)
    return [one for one in _listed(generations) if _is_of_interest(one)]


def _listed(generations: list[int]) -> list[Any]:
    """
    The objects of these generations that are of one of the types looked for.

    While somebody refers to a tuple that another thread is about to make, ``tuple(cat for cat in
    yard)``, Python cannot finish it, and raises SystemError there (CPython issue 59313). So the
    collector's lists are made, looked through and dropped within one call, in which no other thread
    gets the global lock: nothing of it is written in Python, nor calls anything that is.

    """
    if _IDS.isdisjoint(map(id, map(type, chain.from_iterable(map(gc.get_objects, generations))))):
        return []  # which costs half as much, and is what nearly every test is told
    found: list[Any] = []
    for one in generations:
        # Listed twice, for what keeps items for a second iterator keeps them too long. The second
        # list is as the first, with what came since at its end.
        found += list(
            compress(
                chain.from_iterable(map(gc.get_objects, (one,))),
                map(
                    _IDS.__contains__,
                    map(id, map(type, chain.from_iterable(map(gc.get_objects, (one,))))),
                ),
            )
        )
    return found


def _is_of_interest(one: Any) -> bool:
    if type(one) is CoroutineType:
        return one.cr_origin is not None and getcoroutinestate(one) == CORO_CREATED
    return insides.is_unread(one)


def _grow_old() -> None:
    global _collected
    gc.collect(YOUNG)
    _collected = gc.get_count()[2]
