"""
A test cannot lie: the checks, their table and their levels.

A check watches one life of a test. It starts with the loop, may look once more
before anything that was left over is cancelled, and once more when all has been shut down, and
answers with findings. It never raises in a user's code and never waits.

To add a check, write its file, put its class into :data:`CHECKS`, and its rank in a report into
``_TELLING``.

"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..findings import Finding
from .allowance import UnneededAllowance
from .base import Check, Closing, Scene, Subject, current_scene
from .blocking import BlockedLoop
from .cancellation import SwallowedCancellation
from .closing import StuckClose
from .loop_errors import LoopErrors
from .loop_leftovers import LoopLeftovers
from .loop_misuse import LoopMisuse
from .never_awaited import NeverAwaited
from .process_leftovers import ProcessLeftovers
from .shapes import WrongShape
from .swallowed_assertions import SwallowedAssertion
from .tasks import PendingTasks, StubbornTasks
from .unseen_errors import UnseenErrors


__all__ = [
    "CHECKS",
    "Check",
    "Closing",
    "IDS",
    "Levels",
    "Scene",
    "Subject",
    "current_scene",
    "levels",
    "rank",
]

__unittest = True

CHECKS: Final[tuple[type[Check], ...]] = (
    NeverAwaited,
    LoopErrors,
    WrongShape,
    UnseenErrors,
    LoopMisuse,
    PendingTasks,
    StubbornTasks,
    SwallowedAssertion,
    LoopLeftovers,
    ProcessLeftovers,
    SwallowedCancellation,
    StuckClose,
    BlockedLoop,
    UnneededAllowance,
)

IDS: Final[Mapping[str, type[Check]]] = MappingProxyType(
    {name: check for check in CHECKS for name in check.ids}
)


#: The most telling first, whatever the order in which they are asked: what did not run at all,
#: what failed and was not seen, what was left over, and what is only a suspicion.
_TELLING: Final = (
    WrongShape,
    NeverAwaited,
    SwallowedAssertion,
    LoopErrors,
    UnseenErrors,
    LoopMisuse,
    SwallowedCancellation,
    PendingTasks,
    StubbornTasks,
    LoopLeftovers,
    ProcessLeftovers,
    StuckClose,
    BlockedLoop,
    UnneededAllowance,
)

_RANKS: Final = {
    name: rank
    for rank, name in enumerate(name for check in _TELLING for name in check.ids)
}


def rank(finding: Finding) -> int:
    """The place of *finding* in a report: the lower, the more telling."""
    return _RANKS.get(finding.check, len(_RANKS))


class Levels:
    """
    The checks that are on.

    Args:
        by_id: the level of each id: ``"fail"``, ``"warn"`` or ``"ignore"``.

    Attributes:
        by_id: the level of each id that is on, ``"fail"`` or ``"warn"``.
        all: the checks that have one of them, in the order of a report.
        watching: those of them that watch from the start.
        inspecting: those of them that look at what is left.
        counting: those of them that look at what is left in memory.
        shared: those of them of which one watches over all lives of a series.
        own: those that watch over one of these lives.
        asked: those that are asked of the end of one of these lives, if there is something to be told.

    """

    __slots__ = ("all", "asked", "by_id", "counting", "inspecting", "own", "shared", "watching")

    def __init__(self, by_id: Mapping[str, str]) -> None:
        self.by_id: dict[str, str] = {
            name: level for name, level in by_id.items() if level != "ignore"
        }
        self.all: tuple[type[Check], ...] = tuple(
            kind for kind in CHECKS if self.by_id.keys() & set(kind.ids)
        )
        self.inspecting: tuple[type[Check], ...] = tuple(
            k for k in self.all if k.inspect is not Check.inspect
        )
        self.counting: tuple[type[Check], ...] = tuple(
            k for k in self.all if k.count is not Check.count
        )
        self.watching: tuple[type[Check], ...] = tuple(
            k for k in self.all if k.start is not Check.start or k in self.inspecting
        )
        self.shared: tuple[type[Check], ...] = tuple(k for k in self.watching if k.is_shared)
        self.own: tuple[type[Check], ...] = tuple(k for k in self.watching if not k.is_shared)
        self.asked: tuple[type[Check], ...] = tuple(k for k in self.all if not k.is_shared)


def _profile(fact: str, suspicion: str) -> Levels:
    return Levels(
        {name: suspicion if name in kind.suspicions else fact for name, kind in IDS.items()}
    )


_PROFILES: Final = {
    "strict": _profile("fail", "fail"),
    "default": _profile("fail", "warn"),
    "warn": _profile("warn", "warn"),
    "off": Levels({}),
}


def levels(checks: str | Mapping[str, str]) -> Levels:
    """The checks that are on under the option *checks*."""
    if isinstance(checks, str):
        return _PROFILES[checks]
    return _changed(tuple(checks.items()))


@functools.lru_cache(maxsize=64)
def _changed(levels: tuple[tuple[str, str], ...]) -> Levels:
    given = dict(levels)
    others = given.pop("*", "default")
    return Levels({**_PROFILES[others].by_id, **given})
