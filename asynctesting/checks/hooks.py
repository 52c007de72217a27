"""How a method of somebody else's is hooked so that nobody can tell."""

from __future__ import annotations

import asyncio
import functools
import os.path
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, Final

from ..findings import Place, is_installed, is_user_file, place_of_frame


__all__ = [
    "GUARD",
    "LOOP_FILES",
    "around",
    "caller",
    "code_of",
    "is_users",
    "is_written_by_user",
    "led_here",
    "name_of",
]

__unittest = True

#: The name of a function that only passes calls on.
GUARD: Final = "guarded"


def around(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> bool:
    """
    Put what *make* makes of ``owner.name`` in its place, for good.

    What is not there is left alone.

    Returns:
        Whether it was there.

    """
    original = vars(owner).get(name)
    if original is None:
        return False
    setattr(owner, name, functools.wraps(original)(make(original)))
    return True


def is_users(code: CodeType) -> bool:
    """Tell whether *code* is the user's own: not the standard library's, nor installed."""
    return is_user_file(code.co_filename) and not is_installed(code.co_filename)


def is_written_by_user(function: Any) -> bool:
    """Tell whether *function*, whatever it is wrapped in, is the user's own."""
    code = code_of(function)
    return code is not None and is_users(code)


def code_of(function: Any) -> CodeType | None:
    """The code behind *function*, if it is one of Python's, bound or partial."""
    for _ in range(8):
        kind = type(function)
        if kind is functools.partial:
            function = function.func
        elif kind is MethodType:
            function = function.__func__
        else:
            # A compiled function may pretend to have code.
            return function.__code__ if kind is FunctionType else None
    return None


def name_of(function: Any) -> str:
    """What *function* is called, whatever it is wrapped in."""
    while type(function) is functools.partial:
        function = function.func
    name = getattr(function, "__qualname__", None)
    return name if isinstance(name, str) else type(function).__qualname__


def led_here(frame: FrameType | None, most: int = 60) -> Place | None:
    """
    Give the line of the user's by which *frame* was reached, inside what the loop has called.

    It is the innermost line outside of the standard library and of installed packages, or the
    innermost one in an installed package if there is no other. Whoever runs the loop has not
    led there.

    """
    installed = None
    while frame is not None and most > 0:
        filename = frame.f_code.co_filename
        if filename in LOOP_FILES:
            break
        if is_user_file(filename):
            if not is_installed(filename):
                return place_of_frame(frame)
            installed = installed or place_of_frame(frame)
        frame, most = frame.f_back, most - 1
    return installed


#: A loop calls everything from the former, and a test is run from the latter.
LOOP_FILES: Final = frozenset(
    (
        asyncio.Handle.cancel.__code__.co_filename,
        os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "trial.py"),
    )
)


def caller(frame: FrameType | None, *names: str) -> FrameType | None:
    """The first frame from *frame* on which is not of a function called like one of *names*."""
    while frame is not None and frame.f_code.co_name in names:
        frame = frame.f_back
    return frame
