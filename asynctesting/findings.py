"""
Fact, culprit, cure: what a check has to say, and how it is put into words.

Pure: nothing here knows a loop, a test or a check.

"""

from __future__ import annotations

import functools
import linecache
import os.path
import sys
import textwrap
from collections.abc import Callable, Iterable
from types import CodeType, FrameType, FunctionType
from typing import Any, Final, TypeVar

from .values import Value


__all__ = [
    "Finding",
    "Place",
    "is_installed",
    "is_user_file",
    "place_of_code",
    "place_of_error",
    "place_of_frame",
    "raise_at",
    "render",
    "site",
    "site_of_lines",
]

__unittest = True

E = TypeVar("E", bound=BaseException)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep

#: Where the standard library is. The folders in it that are not of it are told apart below.
_STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep

#: Where :mod:`unittest` and :mod:`asyncio` are, if not there.
_STDLIB_TOO = tuple(
    os.path.dirname(os.path.abspath(module.__file__)) + os.sep
    for module in map(sys.modules.get, ("asyncio", "unittest"))
    if module is not None and module.__file__
)

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

#: Where functions stand that are made at run time; and all of a program that is ``python -c``.
GENERATED: Final = "<string>"


@functools.lru_cache(maxsize=4096)
def is_user_file(filename: str) -> bool:
    """Tell whether *filename* is the user's, not ours or the standard library's."""
    if filename.startswith((_PACKAGE, *_STDLIB_TOO, "<frozen ")):
        return False
    if filename.startswith(_STDLIB):
        # CPython's own tests are users of ours, too.
        return is_installed(filename) or filename.startswith(f"{_STDLIB}test{os.sep}")
    return True


def is_installed(filename: str) -> bool:
    """Tell whether *filename* belongs to a package that is installed."""
    return any(folder in filename for folder in _INSTALLED)


def site(frame: FrameType | None, most: int = 60) -> Place | None:
    """
    Give the line of the user's by which *frame* was reached.

    It is the innermost line outside of the standard library and of installed packages, or the
    innermost one in an installed package if there is no other.

    Args:
        frame: where to begin.
        most: how many frames to look at.

    """
    installed = None
    while frame is not None and most > 0:
        filename = frame.f_code.co_filename
        if is_user_file(filename):
            if not is_installed(filename):
                return place_of_frame(frame)
            if installed is None:
                installed = place_of_frame(frame)
        frame, most = frame.f_back, most - 1
    return installed


def site_of_lines(lines: Iterable[tuple[str, int, str]] | None) -> Place | None:
    """
    The same of *lines* that were recorded, as those that have made a coroutine, innermost first.

    One that was made at run time, as of a function that stands for a mock, is told if there is no other.

    """
    installed = None
    for filename, lineno, function in lines or ():
        if is_user_file(filename):
            if not is_installed(filename) and filename != GENERATED:
                return Place(filename, lineno, function)
            if installed is None:
                installed = Place(filename, lineno, function)
    return installed


class Place(Value):
    """A line of code: where a culprit was made, or where it waits."""

    __slots__ = ("filename", "lineno", "function")

    def __init__(self, filename: str, lineno: int, function: str = "") -> None:
        self.filename: str = filename
        self.lineno: int = lineno
        self.function: str = function

    @property
    def source(self) -> str:
        """The line itself, stripped; empty if its file cannot be read."""
        return linecache.getline(self.filename, self.lineno).strip()

    @property
    def path(self) -> str:
        """The file, relative to the current folder if inside it."""
        try:
            relative = os.path.relpath(self.filename)
        except (OSError, ValueError):  # the current folder is gone, or on another drive
            return self.filename
        return self.filename if relative.startswith(os.pardir) else relative

    @property
    def where(self) -> str:
        """``path:line, in function``."""
        return f"{self.path}:{self.lineno}" + (f", in {self.function}" if self.function else "")

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


def place_of_error(error: BaseException) -> Place | None:
    """The user's innermost line that *error* came through."""
    place = None
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        if is_user_file(code.co_filename):
            place = Place(code.co_filename, tb.tb_lineno, code.co_name)
        tb = tb.tb_next
    return place


class Finding(Value):
    """
    What one check saw.

    Args:
        check: id of the check, kebab-case.
        fact: what is so, lower case, one line.
        cure: what to write instead, one or two lines.
        place: the culprit, if it can be told: where it stands, or was made.
        detail: more to read, any number of lines.
        about: names by which it may be allowed: of a task, a coroutine, a thread, a type.
        when: when it happened, or its culprit was made, as ``time.monotonic()`` has it; if known.
        made: where the culprit was made, if that is another line than *place*.

    """

    __slots__ = ("check", "fact", "cure", "place", "detail", "about", "when", "made")

    def __init__(
        self,
        check: str,
        fact: str,
        cure: str,
        place: Place | None = None,
        detail: str = "",
        about: tuple[str, ...] = (),
        when: float | None = None,
        made: Place | None = None,
    ) -> None:
        self.check: str = check
        self.fact: str = fact
        self.cure: str = cure
        self.place: Place | None = place
        self.detail: str = detail
        self.about: tuple[str, ...] = about
        self.when: float | None = when
        self.made: Place | None = made

    def _key(self) -> tuple[Any, ...]:
        return self.check, self.fact, self.cure, self.place, self.detail, self.made

    @property
    def origin(self) -> Place | None:
        """The line to be mended, if it can be told."""
        return self.made or self.place

    @property
    def culprit(self) -> object:
        """What is the same for two findings of one fault: the check and the line."""
        return self.check, self.origin or self.fact

    @property
    def in_short(self) -> str:
        """The fact and where, in one line."""
        place = self.origin
        where = f" at {place.path}:{place.lineno}" if place is not None else ""
        return f"{self.fact} [{self.check}]{where}"

    def __str__(self) -> str:
        lines = [f"{self.fact} [{self.check}]"]
        if self.place is not None:
            lines.append(textwrap.indent(str(self.place), "  "))
        if self.detail:
            lines.append(textwrap.indent(self.detail.rstrip(), "  "))
        if self.made is not None:
            lines.append(textwrap.indent(f"it was made at {self.made}", "  "))
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


def render(
    findings: Iterable[Finding],
    *,
    subject: str = "this test",
    first: Callable[[Finding], str] = lambda finding: "",
) -> str:
    """
    Put *findings* into one text, numbered if there are several.

    A culprit that has been told already is told in one line.

    Args:
        findings: in the order in which they are told.
        subject: what has these faults.
        first: gives the name of the test that has told of a culprit, if it is another one.

    """
    texts: list[str] = []
    pages: dict[str, None] = {}
    here: dict[object, int] = {}
    for number, finding in enumerate(findings, 1):
        if finding.culprit in here:
            texts.append(f"{finding.in_short}, as in {here[finding.culprit]}.")
        elif name := first(finding):
            texts.append(f"{finding.in_short}, as in {name}, told there in full")
        else:
            texts.append(str(finding))
            here[finding.culprit] = number
            pages[finding.check] = None
    more = f"more: python -m asynctesting explain {' '.join(pages)}" if pages else ""
    if len(texts) == 1:
        return texts[0] + (f"\n  {more}" if more else "")
    lines = [f"{len(texts)} faults in {subject}:"]
    for number, text in enumerate(texts, 1):
        lines.append(f"{number:>3}. {textwrap.indent(text, ' ' * 5).lstrip()}")
    if more:
        lines.append(more)
    return "\n\n".join(lines)
