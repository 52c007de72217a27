"""
``pending-task`` and ``stubborn-task``: tasks that were still there at the end.

The fault: a task that nobody awaits or cancels outlives its test. The standard
class cancels it in silence, so nobody learns whether it would have failed.
A *stubborn* task does not even end when it is cancelled.

The cure: await the task, cancel it and await it, or make it in a
:class:`asyncio.TaskGroup`, which does so for you. In a stubborn task, let
:exc:`asyncio.CancelledError` pass.

The allowance: ``@allow("pending-task", match="heartbeat")``, by the name of the task or of its
coroutine.

What it cannot see: tasks of other loops, and eager tasks that ended at once.

"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from ..cures import kept
from ..findings import (
    Finding,
    Place,
    is_installed,
    is_user_file,
    place_of_code,
    place_of_frame,
    site_of_lines,
)
from .base import Check, Closing


__all__ = ["PendingTasks", "StubbornTasks", "describe", "made_at", "names", "stands_at"]

__unittest = True


def made_at(task: asyncio.Task[Any]) -> Place | None:
    """The user's line that called the coroutine of *task*, if that was recorded."""
    return site_of_lines(getattr(task.get_coro(), "cr_origin", None))


def describe(task: asyncio.Task[Any]) -> tuple[str, Place | None]:
    """Name *task*, and give the user's innermost line on which it stands, or that made it."""
    coroutine: Any = task.get_coro()
    if coroutine is None:  # it was eager, and has ended within the call that made it
        name = task.get_name()
        return f"eager task {name!r}" if name != "None" else "an eager task", None
    name = getattr(coroutine, "__qualname__", None) or type(coroutine).__qualname__
    place, first = stands_at(coroutine)
    return f"task {task.get_name()!r} ({name})", place or made_at(task) or first


def stands_at(coroutine: Any) -> tuple[Place | None, Place | None]:
    """Give the user's innermost line on which *coroutine* stands, or an installed package's; and its own."""
    place: Place | None = None
    installed: Place | None = None
    first: Place | None = None
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None)
        frame = getattr(coroutine, "cr_frame", None)
        if code is not None:
            here = place_of_frame(frame) if frame is not None else place_of_code(code)
            first = first or here
            if is_installed(here.filename):
                installed = here
            elif is_user_file(here.filename):
                place = here
        coroutine = getattr(coroutine, "cr_await", None)
    return place or installed, first


def names(task: asyncio.Task[Any]) -> tuple[str, ...]:
    """By what *task* may be allowed: its name, and its coroutine's."""
    coroutine = task.get_coro()
    return task.get_name(), getattr(coroutine, "__qualname__", "") or ""


class PendingTasks(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("pending-task",)

    def __init__(self) -> None:
        self._left: list[tuple[asyncio.Task[Any], str, Place | None, Place | None]] = []

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        self._left = [(task, *describe(task), made_at(task)) for task in left]

    def findings(self, closing: Closing) -> Iterable[Finding]:
        failed = dict(closing.failed)
        for task, name, place, made in self._left:
            if task in closing.stubborn:
                continue  # told by StubbornTasks
            error = failed.pop(task, None)
            yield Finding(
                self.ids[0],
                f"{name} was still pending when the test ended, and was cancelled",
                _cure(made or place),
                place,
                f"it then raised {error!r}" if error is not None else "",
                names(task),
                made=made if made != place else None,
            )
        for task, error in failed.items():
            name, place = describe(task)
            yield Finding(
                self.ids[0],
                f"{name}, started while the test was being ended, raised {error!r}",
                "await what is cancelled, and start nothing from its clean-up that nobody awaits",
                place,
                about=names(task),
            )


def _cure(made: Place | None) -> str:
    name, line = kept(made)
    if not name:
        return "await it, or cancel it and await it, before the test ends"
    keep = f"keep it, `{line}`,\nand " if line else ""
    return f"{keep}`await {name}` before the test ends, or `{name}.cancel()` and await it"


class StubbornTasks(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("stubborn-task",)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        for task in closing.stubborn:
            name, place = describe(task)
            yield Finding(
                self.ids[0],
                f"{name} did not end within {closing.limit:g} s of being cancelled",
                "do not swallow asyncio.CancelledError: clean up, then let it pass",
                place,
                about=names(task),
            )
