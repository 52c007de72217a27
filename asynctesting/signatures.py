"""
What two failures have in common that are the same, and which failures are none.

While an order is made simpler, it has to fail in the same way: with an exception of the same type
from the same line of the user's. And a test that fails only because it awaits the task that was
cancelled has not failed.

"""

from __future__ import annotations

import asyncio
import re
import traceback
from typing import Any, Final

from .errors import AsyncTestingWarning, FindingsError
from .findings import is_user_file
from .loops.explored import ExploredLoop


__all__ = ["is_excused", "is_left_behind", "is_quick", "signature_of"]

__unittest = True

#: How a failure begins to tell of a later one.
AND_THEN: Final = "\nand then"


def is_excused(error: BaseException, loop: ExploredLoop) -> bool:
    """Tell whether a test has failed only because it awaited the task that was cancelled."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    if any(note.startswith(AND_THEN) for note in getattr(error, "__notes__", ())):
        return False  # a later stage has failed as well
    struck = [task() for task in loop.struck.values() if task is not None]
    woke = loop.woken_by[0] if loop.woken_by else None
    if not struck or not asyncio.isfuture(woke):
        return False
    if isinstance(woke, asyncio.Task) or woke.cancelled():
        children = getattr(woke, "_children", None) or ()
        return any(woke is one or one in children for one in struck)
    return True  # asyncio.wait(), and wait_for() on Python 3.11


def is_left_behind(error: BaseException) -> bool:
    """Tell whether it is what a life has left behind that fails it, not what it has done."""
    return isinstance(error, (FindingsError, AsyncTestingWarning))


def is_quick(error: BaseException | None) -> bool:
    """Tell whether a life may be repeated, not one that has used up its time limit."""
    return type(error).__name__ != "TimeLimitExceeded"


def signature_of(error: BaseException) -> Any:
    """What two failures have in common that are the same."""
    if isinstance(error, BaseExceptionGroup):
        return type(error).__name__, *sorted({repr(signature_of(one)) for one in error.exceptions})
    if isinstance(error, FindingsError):
        return "findings", *sorted(set(re.findall(r"\[([a-z]+(?:-[a-z]+)*)\]$", str(error), re.M)))
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        filename = frame.f_code.co_filename
        if is_user_file(filename):
            place = filename, line
    return type(error).__qualname__, place
