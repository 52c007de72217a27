"""
Fact, culprit, cure: what a check has to say, and how it is put into words.

Pure: nothing here knows a loop, a test or a check.

"""

from __future__ import annotations

import linecache
import os.path
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import TypeVar


__all__ = [
    "Finding",
    "Place",
    "is_user_file",
    "place_of_code",
    "place_of_frame",
    "raise_at",
    "render",
]

__unittest = True

E = TypeVar("E", bound=BaseException)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep

#: Folders of modules whose lines tell a user nothing about their own mistake.
_STDLIB = tuple(
    os.path.dirname(os.path.abspath(module.__file__)) + os.sep
    for module in map(sys.modules.get, ("asyncio", "unittest"))
    if module is not None and module.__file__
) or (os.path.dirname(os.path.abspath(os.__file__)) + os.sep,)

_STDLIB_FILES = frozenset(
    os.path.join(os.path.dirname(os.path.abspath(os.__file__)), name)
    for name in ("contextlib.py", "functools.py", "selectors.py", "threading.py", "runpy.py")
)


def is_user_file(filename: str) -> bool:
    """Tell whether *filename* is the user's, not ours, asyncio's or unittest's."""
    return not (
        filename.startswith(_PACKAGE)
        or filename.startswith(_STDLIB)
        or filename in _STDLIB_FILES
        or filename.startswith("<frozen ")
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code: where a culprit was made, or where it waits."""

    filename: str
    lineno: int
    function: str = ""

    @property
    def source(self) -> str:
        """The line itself, stripped; empty if its file cannot be read."""
        return linecache.getline(self.filename, self.lineno).strip()

    @property
    def where(self) -> str:
        """``path:line, in function``, the path relative to the current folder if inside it."""
        path = self.filename
        try:
            relative = os.path.relpath(path)
        except (OSError, ValueError):  # the current folder is gone, or on another drive
            relative = path
        if not relative.startswith(os.pardir):
            path = relative
        return f"{path}:{self.lineno}" + (f", in {self.function}" if self.function else "")

    def __str__(self) -> str:
        source = self.source
        return f"{self.where}\n  {source}" if source else self.where


def place_of_code(code: CodeType) -> Place:
    """Where *code* is defined."""
    return Place(code.co_filename, code.co_firstlineno, code.co_name)


def place_of_frame(frame: FrameType) -> Place:
    """Where *frame* stands."""
    code = frame.f_code
    return Place(code.co_filename, frame.f_lineno or code.co_firstlineno, code.co_name)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What one check saw.

    Args:
        check: id of the check, kebab-case.
        fact: what is so, lower case, one line.
        cure: what to write instead, one or two lines.
        place: the culprit, if it can be told.
        detail: more to read, any number of lines.

    """

    check: str
    fact: str
    cure: str
    place: Place | None = None
    detail: str = ""

    def __str__(self) -> str:
        lines = [f"{self.fact} [{self.check}]"]
        if self.place is not None:
            lines.append(textwrap.indent(str(self.place), "  "))
        if self.detail:
            lines.append(textwrap.indent(self.detail.rstrip(), "  "))
        lines.append(f"  cure: {textwrap.indent(self.cure, ' ' * 8).strip()}")
        return "\n".join(lines)


def _raise() -> None:
    raise error  # type: ignore[name-defined]  # noqa: F821


def _one_line(code: CodeType) -> bytes:
    """
    A table that puts all of *code* on its first line, at no column.

    See "Location information" in the developers' guide to CPython: each entry is a byte
    with the kind (13: a line without columns) and the number of code units less one,
    then how far the line is from the last one.

    """
    table = bytearray()
    units = len(code.co_code) // 2
    while units > 0:
        length = min(units, 8)
        table += bytes((0x80 | 13 << 3 | length - 1, 0))
        units -= length
    return bytes(table)


def raise_at(error: E, place: Place | None) -> E:
    """
    Give *error* a traceback that has one frame, which stands at *place*.

    Some runners cannot do without a traceback, and all of them show its last line: let it be
    the culprit's, not ours.

    """
    code = _raise.__code__
    name = None
    if place is not None:
        name = place.filename
        code = code.replace(
            co_filename=place.filename,
            co_firstlineno=max(1, place.lineno),
            co_linetable=_one_line(code),
            co_name=place.function or "<test>",
            co_qualname=place.function or "<test>",
        )
    context, error.__traceback__ = error.__context__, None
    try:
        FunctionType(code, {"error": error, "__name__": name or __name__})()
    except BaseException:
        tb = error.__traceback__
        error.__traceback__ = tb.tb_next if tb is not None else None
        error.__context__ = context  # not what is being handled now
    return error


def render(findings: Sequence[Finding] | Iterable[Finding], *, subject: str = "this test") -> str:
    """Put *findings* into one text, numbered if there are several."""
    findings = list(findings)
    if len(findings) == 1:
        return str(findings[0])
    lines = [f"{len(findings)} faults in {subject}:"]
    for number, finding in enumerate(findings, 1):
        text = textwrap.indent(str(finding), "     ").lstrip()
        lines.append(f"{number:>3}. {text}")
    return "\n\n".join(lines)
