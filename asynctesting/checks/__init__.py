"""
A test cannot lie: the checks, their table and their levels.

A check watches one life of a test. It starts with the loop, may look once more
before anything that was left over is cancelled, and answers, when all is closed,
with findings. It never raises in a user's code and never waits.

To add a check, write its file, and put its class into :data:`CHECKS`; the order
there is the order in a report, the most telling first.

"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .base import Check, Closing
from .cancellation import SwallowedCancellation
from .closing import StuckClose
from .loop_errors import LoopErrors
from .never_awaited import NeverAwaited
from .tasks import PendingTasks, StubbornTasks


__all__ = ["CHECKS", "Check", "Closing", "IDS", "Levels", "levels"]

__unittest = True

CHECKS: Final[tuple[type[Check], ...]] = (
    NeverAwaited,
    LoopErrors,
    PendingTasks,
    StubbornTasks,
    SwallowedCancellation,
    StuckClose,
)

IDS: Final[Mapping[str, type[Check]]] = MappingProxyType({check.id: check for check in CHECKS})


class Levels:
    """
    The checks that are on.

    Attributes:
        all: each with its level, ``"fail"`` or ``"warn"``, in the order of a report.
        watching: those that watch from the start.

    """

    __slots__ = ("all", "watching")

    def __init__(self, levels: Mapping[type[Check], str]) -> None:
        self.all: dict[type[Check], str] = {
            kind: levels[kind] for kind in CHECKS if levels.get(kind, "ignore") != "ignore"
        }
        self.watching: tuple[type[Check], ...] = tuple(kind for kind in self.all if kind.start is not Check.start)


def _profile(fact: str, suspicion: str) -> Levels:
    return Levels({check: suspicion if check.suspicion else fact for check in CHECKS})


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
    return Levels({**_PROFILES["default"].all, **{IDS[check]: level for check, level in levels}})
