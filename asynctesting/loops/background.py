"""
Which tasks are meant to run for ever.

"""

from __future__ import annotations

import asyncio
from typing import Any, Final


__all__ = ["has_any", "is_background", "mark"]

__unittest = True

#: Nobody else may refer to them.
_TASKS: Final[set[asyncio.Task[Any]]] = set()


def mark(task: asyncio.Task[Any]) -> None:
    """Let *task* be one of them, until it ends."""
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)


def is_background(task: asyncio.Task[Any]) -> bool:
    """Tell whether *task* is one of them."""
    return task in _TASKS


def has_any() -> bool:
    """Tell whether there may be any, on whichever loop; it costs next to nothing."""
    return bool(_TASKS)
