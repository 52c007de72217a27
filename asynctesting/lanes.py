"""
Swim lanes: who ran when, side by side.

Pure: from what happened in a run to a text of some twenty lines. A column is a task, a line is one
step of one of them, and says where the task waits afterwards. A line where something went otherwise
than asyncio would have gone has a mark, and says in the other columns who was overtaken; the last one
of these decides. What is too long for a column, or happened to nobody who has one, takes a whole line.

"""

from __future__ import annotations

import os.path
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .findings import Place


__all__ = ["Event", "render_lanes", "short"]

__unittest = True

#: Rows of a whole picture, its heading left aside.
ROWS: Final = 18

#: Columns of a whole picture.
WIDTH: Final = 100

#: Columns of the mark and the time.
HEAD: Final = 13

#: Columns of a lane, at least.
NARROWEST: Final = 18

#: Columns in which a strike can be read, with the line at which it strikes.
READABLE: Final = 60


@dataclass(slots=True)
class Event:
    """
    Something that happened in a run.

    Args:
        time: seconds of loop time.
        what: ``"step"``, ``"strike"``, ``"stall"``, or ``"end"`` if nothing happened any more.
        lane: the name of the lane that it happened to.
        step: which of its steps, counted from 0.
        ahead: the lanes that it has overtaken.
        detail: in words, what happened, or how a task ended.
        is_task: whether it is the lane of a task.
        place: where a task waits after its step, if it does, or was struck.

    """

    time: float
    what: str
    lane: str
    step: int = 0
    ahead: tuple[str, ...] = ()
    detail: str = ""
    is_task: bool = True
    place: Place | None = None

    @property
    def is_marked(self) -> bool:
        """Whether asyncio would have done something else."""
        return bool(self.ahead) or self.what in ("strike", "stall")


@dataclass(frozen=True, slots=True)
class _Style:
    mark: str
    rule: str
    line: str
    more: str
    cut: str


_PRETTY: Final = _Style("\u25b6", "\u2502", "\u2500", "\u22ee", "\u2026")
_ASCII: Final = _Style(">", "|", "-", ":", "~")


def render_lanes(
    events: Iterable[Event], *, ascii: bool = False, rows: int = ROWS, width: int = WIDTH
) -> str:
    """
    Draw the lanes of a run.

    Args:
        events: what happened, in order.
        ascii: whether to draw with nothing but ASCII characters; others in names and
            sources become escapes.
        rows: how many lines there may be below the heading.
        width: how many columns there may be.

    Returns:
        The text, without a line end at the end; empty if nothing happened.

    """
    shown = [event for event in events if event.is_task or event.is_marked]
    if not shown:
        return ""
    style = _ASCII if ascii else _PRETTY
    lanes, others = _lanes_of(shown, max(1, (width - HEAD) // (NARROWEST + 3)))
    shown = [one for one in shown if one.lane in lanes or one.is_marked]
    here, name = _files(shown)
    column = (width - HEAD) // max(1, len(lanes)) - 3
    lines = [_line("", "loop time", lanes, column, style)]
    lines.append(style.line * min(width, len(lines[0].rstrip()) + 2))
    last = None
    for item in _chosen(shown, lanes, rows - bool(others) - bool(here)):
        if isinstance(item, int):
            lines.append(f"  {style.more} {item} more step{'s' if item > 1 else ''}")
            continue
        time = f"{item.time:.6g}"
        stamp = "" if time == last else time
        last = time
        mark = style.mark if item.is_marked else ""
        whole = _whole(item, lanes, column, name)
        if whole is None:
            cells = ["overtaken" if lane in item.ahead else "" for lane in lanes]
            at = lanes.index(item.lane)
            cells[at] = _words(item, name)
            room = column
            if item.what == "strike":  # nobody else does anything
                room += (len(lanes) - at - 1) * (column + 3)
                cells = cells[: at + 1]
            lines.append(_line(mark, stamp, cells, column, style, room))
            mark = stamp = ""
            if hidden := [one for one in item.ahead if one not in lanes]:
                whole = f"(before {_several(hidden)})"
        if whole is not None:
            head = _line(mark, stamp, [], column, style)
            lines.append(_fit(f"{head}{whole}", width, style).rstrip())
    if here:
        lines.append(_fit(f"  lines without a file: {here}", width, style).rstrip())
    if others:
        lines.append(_fit(f"  not shown: {', '.join(others)}", width, style).rstrip())
    return "\n".join(lines)


def short(place: Place) -> str:
    """Give the file of *place* without its folder, and the line."""
    return f"{os.path.basename(place.filename)}:{place.lineno}"


def _files(events: Sequence[Event]) -> tuple[str, Callable[[Place], str]]:
    """
    Name the file that has most of the lines, if there are several, and give what names the lines.

    Two files of one name, as ``__init__.py``, are told apart by their folders.

    """
    count = Counter(one.place.filename for one in events if one.place is not None)
    names = {filename: os.path.basename(filename) for filename in count}
    often = Counter(names.values())
    for filename, name in names.items():
        if often[name] > 1:
            names[filename] = os.path.join(os.path.basename(os.path.dirname(filename)), name)
    most = max(count, key=lambda filename: count[filename], default="")

    def name_of(place: Place) -> str:
        source = place.source or place.function
        if "(" in source:  # else there would not be much left of it
            source = source.removeprefix("await ")
        line = f"{place.lineno}: {source}"
        return line if place.filename == most else f"{names[place.filename]}:{line}"

    return names[most] if len(count) > 1 else "", name_of


def _lanes_of(events: Sequence[Event], most: int) -> tuple[list[str], list[str]]:
    """The lanes to show, in the order in which they began, and the tasks that have none."""
    began: dict[str, None] = {}
    weight: dict[str, int] = {}
    for number, event in enumerate(events):
        if not event.is_task:
            continue
        began.setdefault(event.lane)
        # Who overtakes, who is overtaken, who is struck; then who ran last.
        weight[event.lane] = max(number, weight.get(event.lane, 0))
        if event.is_marked:
            for name in (event.lane, *event.ahead):
                weight[name] = weight.get(name, 0) + len(events)
    best = set(sorted(began, key=lambda name: -weight[name])[:most])
    return [name for name in began if name in best], [name for name in began if name not in best]


def _chosen(events: Sequence[Event], lanes: Sequence[str], rows: int) -> list[Event | int]:
    """The most telling events, and between them how many were left out."""
    marked = [number for number, event in enumerate(events) if event.is_marked]
    last = len(events) - 1
    tall = {
        number
        for number in marked
        if events[number].lane in lanes and not set(events[number].ahead).issubset(lanes)
    }

    def distance(number: int) -> tuple[int, int]:
        """How far from what tells: the end, the marks, the last ones first, a little behind them."""
        if events[number].what == "end":
            return -1, 0
        if events[number].is_marked:
            return 0, -number
        return (
            min(
                [3 * (last - number), 8 + number]
                + [2 * (at - number) if number <= at else number - at for at in marked]
            ),
            number,
        )

    kept: set[int] = set()
    for number in sorted(range(len(events)), key=distance):
        more = kept | {number}
        if len(_with_gaps(events, more)) + len(tall & more) > rows:
            break
        kept.add(number)
    return _with_gaps(events, kept)


def _with_gaps(events: Sequence[Event], kept: set[int]) -> list[Event | int]:
    result: list[Event | int] = []
    gap = 0
    for number, event in enumerate(events):
        if number in kept:
            if gap:
                result.append(gap)
            gap = 0
            result.append(event)
        else:
            gap += 1
    if gap:
        result.append(gap)
    return result


def _whole(event: Event, lanes: Sequence[str], column: int, name: Callable[[Place], str]) -> str | None:
    """Give the text of *event* if it takes a whole line: it has no lane, or not enough room there."""
    words = _words(event, name)
    if event.what == "stall":
        return f"the loop is {words}"
    if event.what == "end":
        return f"{event.lane} {words}"
    if event.what == "strike":
        columns = len(lanes) - lanes.index(event.lane) if event.lane in lanes else 0
        room = columns * (column + 3) - 3
        who = event.lane if event.is_task else f"{event.lane}:"
        return None if room >= min(len(words), READABLE) else f"{who} {words}"
    if event.lane in lanes:
        return None
    return f"{event.lane} goes before {_several(event.ahead)}"


def _words(event: Event, name: Callable[[Place], str]) -> str:
    line = name(event.place) if event.place is not None else ""
    if event.what == "step":
        return line or event.detail or "goes on"
    words, at = event.detail, " at "
    if event.what == "stall":
        words, at = f"{words} for {event.lane}", ", at "
    return f"{words}{at}{line}" if line else words


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{', '.join(names[:2])}{more}"


def _line(
    mark: str, time: str, cells: Sequence[str], column: int, style: _Style, room: int = 0
) -> str:
    """One line, whose last cell may have more *room*."""
    head = f"{mark:<1} {time:>11}"
    if not cells:
        return f"{head} {style.rule} "
    body = "".join(f" {style.rule} {_fit(cell, column, style)}" for cell in cells[:-1])
    return f"{head}{body} {style.rule} {_fit(cells[-1], room or column, style)}".rstrip()


def _fit(text: str, columns: int, style: _Style) -> str:
    """Cut *text*, or fill it up, to so many columns of a terminal."""
    if style is _ASCII:
        text = text.encode("ascii", "backslashreplace").decode()
    taken = 0
    for number, character in enumerate(text):
        wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken + wide > columns:
            while taken > columns - 1:
                number -= 1
                taken -= 2 if unicodedata.east_asian_width(text[number]) in "WF" else 1
            return text[:number] + style.cut + " " * (columns - 1 - taken)
        taken += wide
    return text + " " * (columns - taken)
