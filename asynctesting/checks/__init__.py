"""
A test cannot lie: the checks, their table and their levels.

A check watches one life of a test. It starts with the loop, may look once more
before anything that was left over is cancelled, and answers, when all is closed,
with findings. It never raises in a user's code and never waits.

To add a check, write its file, and put its class into :data:`CHECKS`; the order
there is the order in a report, the most telling first.

"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from .base import Check, Closing
from .cancellation import SwallowedCancellation
from .closing import StuckClose
from .loop_errors import LoopErrors
from .never_awaited import NeverAwaited
from .tasks import PendingTasks, StubbornTasks


__all__ = ["CHECKS", "Check", "Closing", "IDS", "levels"]

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


def _levels(fact: str, suspicion: str) -> dict[type[Check], str]:
    return {check: suspicion if check.suspicion else fact for check in CHECKS}


_PROFILES: Final = {
    "strict": _levels("fail", "fail"),
    "default": _levels("fail", "warn"),
    "warn": _levels("warn", "warn"),
    "off": {},
}


def levels(checks: str | Mapping[str, str]) -> dict[type[Check], str]:
    """The level, ``"fail"`` or ``"warn"``, of each check that is on under the option *checks*."""
    if isinstance(checks, str):
        return _PROFILES[checks]
    changed = {IDS[check]: level for check, level in checks.items()}
    merged = {**_PROFILES["default"], **changed}
    return {
        check: cast(str, level)
        for check in CHECKS
        if (level := merged.get(check)) not in (None, "ignore")
    }
