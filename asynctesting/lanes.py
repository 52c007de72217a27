"""
Swim lanes: who ran when, side by side.

Pure: from what happened in a run to a text of some twenty lines. A column is a task, a line is one
step of one of them, and says where the task waits afterwards. A line where something went otherwise
than asyncio would have gone has a mark; the last one of these decides.

"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .findings import Place


__all__ = ["Event", "render_lanes"]

__unittest = True

#: Rows of a whole picture, its heading left aside.
ROWS: Final = 18

#: Columns of a whole picture.
WIDTH: Final = 100

#: Columns of the mark and the time.
HEAD: Final = 13

#: Columns of a lane, at least.
NARROWEST: Final = 18


@dataclass(slots=True)
class Event:
    """
    Something that happened in a run.

    Args:
        time: seconds of loop time.
        what: ``"step"``, ``"strike"`` or ``"stall"``.
        lane: the name of the lane that it happened to.
        step: which of its steps, counted from 0.
        ahead: the lanes that it has overtaken.
        detail: in words, what happened, or how a task ended.
        is_task: whether it is the lane of a task.
        place: where a task waits after its step, if it does.

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
        return bool(self.ahead) or self.what != "step"


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
    column = (width - HEAD) // max(1, len(lanes)) - 3
    lines = [_line("", "loop time", lanes, column, style)]
    lines.append(style.line * min(width, len(lines[0].rstrip()) + 2))
    last = None
    for item in _chosen(shown, rows - bool(others)):
        if isinstance(item, int):
            lines.append(f"  {style.more} {item} more step{'s' if item > 1 else ''}")
            continue
        time = f"{item.time:.6g}"
        stamp = "" if time == last else time
        last = time
        mark = style.mark if item.is_marked else ""
        if item.lane in lanes:
            cells = ["" if lane != item.lane else _words(item) for lane in lanes]
            lines.append(_line(mark, stamp, cells, column, style))
        else:
            head = _line(mark, stamp, [], column, style)
            lines.append(_fit(f"{head}{item.lane}: {_words(item)}", width, style).rstrip())
    if others:
        lines.append(_fit(f"  not shown: {', '.join(others)}", width, style).rstrip())
    return "\n".join(lines)


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


def _chosen(events: Sequence[Event], rows: int) -> list[Event | int]:
    """The most telling events, and between them how many were left out."""
    marked = [number for number, event in enumerate(events) if event.is_marked]
    last = len(events) - 1

    def distance(number: int) -> int:
        """How far from what tells: the end, the marks, a little behind them."""
        return min(
            [3 * (last - number), 8 + number]
            + [2 * (at - number) if number <= at else number - at for at in marked]
        )

    kept: set[int] = set()
    for number in sorted(range(len(events)), key=distance):
        if len(_with_gaps(events, kept | {number})) > rows:
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


def _words(event: Event) -> str:
    if event.what == "stall":
        return f"the loop is {event.detail}"
    if event.what == "strike":
        return event.detail
    place = event.place
    if place is not None:
        words = f"{place.lineno}: {place.source.removeprefix('await ') or place.function}"
    else:
        words = event.detail or "runs"
    if event.ahead:
        names = ", ".join(event.ahead[:2])
        more = f" and {len(event.ahead) - 2} more" if len(event.ahead) > 2 else ""
        words = f"[before {names}{more}] {words}"
    return words


def _line(mark: str, time: str, cells: Sequence[str], column: int, style: _Style) -> str:
    head = f"{mark:<1} {time:>11}"
    body = "".join(f" {style.rule} {_fit(cell, column, style)}" for cell in cells)
    return f"{head}{body}".rstrip() if cells else f"{head} {style.rule} "


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
