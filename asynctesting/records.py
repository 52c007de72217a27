"""
Findings as data: one line of JSON each, a table of them, and a baseline of those that are known.

Pure, but for the reading of files that a command is given. A *record* is a mapping::

    {"test": "tests.test_herd.HerdTests.test_forward", "check": "never-awaited", "level": "fail",
     "fact": "coroutine 'herd' was never awaited: its body did not run",
     "file": "tests/test_herd.py", "line": 10, "function": "test_forward",
     "source": "self.assertTrue(herd(\\"Garfield\\"))", "cure": "write `await` ...", "detail": ""}

Its level is ``"fail"``, ``"warn"``, or ``"known"``, if a baseline has it. Its file is relative to
the folder in which the tests were run, with ``/`` on every platform.

A *baseline* has a line of JSON for each culprit: its check, file, function and source, and in how
many places of that function the source stands. It has no numbers of lines, so that a culprit that
is moved is still known.

"""

from __future__ import annotations

import json
import os.path
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from .findings import Finding


__all__ = ["Baseline", "Key", "key_of", "read", "record", "table"]

__unittest = True

#: What a record has, and of which type.
FIELDS: Final[Mapping[str, type]] = {
    "test": str,
    "check": str,
    "level": str,
    "fact": str,
    "file": str,
    "line": int,
    "function": str,
    "source": str,
    "cure": str,
    "detail": str,
}


class Key(NamedTuple):
    """What a culprit is known by."""

    check: str
    file: str
    #: The function of the line; of a finding without a line, the test.
    function: str
    source: str


def _relative(filename: str, root: str) -> str:
    """The *filename* as it is called on each machine, as far as that can be."""
    for folder in ("site-packages", "dist-packages"):
        _, found, rest = filename.rpartition(f"{os.sep}{folder}{os.sep}")
        if found:
            return f"{folder}/{rest}".replace(os.sep, "/")
    if filename.startswith(root + os.sep):
        filename = filename[len(root) + 1 :]
    return filename.replace(os.sep, "/")


def record(finding: Finding, *, test: str, level: str, root: str) -> dict[str, Any]:
    """
    Make a record of *finding*.

    Args:
        finding: what was found.
        test: where: the id of the test.
        level: what came of it.
        root: the folder to which files are relative.

    """
    place = finding.origin
    detail = finding.detail
    if finding.made is not None:
        detail = f"it stood at {finding.place}\n{detail}".rstrip()
    return {
        "test": test,
        "check": finding.check,
        "level": level,
        "fact": finding.fact,
        "file": _relative(place.filename, root) if place is not None else "",
        "line": place.lineno if place is not None else 0,
        "function": place.function if place is not None else "",
        "source": place.source if place is not None else "",
        "cure": finding.cure,
        "detail": detail,
    }


def key_of(one: Mapping[str, Any]) -> Key:
    """What the culprit of a record is known by."""
    if not one["file"]:
        return Key(one["check"], "", one["test"], "")
    return Key(one["check"], one["file"], one["function"], one["source"])


def _objects(lines: Iterable[str], name: str, fields: Mapping[str, type]) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{name}, line {number}: this is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise ValueError(f"{name}, line {number}: this is no JSON object")
        for field, kind in fields.items():
            if type(found.get(field)) is not kind:
                raise ValueError(
                    f"{name}, line {number}: {field!r} must be a {kind.__name__}, "
                    f"not {found.get(field)!r}"
                )
        yield found


def read(lines: Iterable[str], name: str) -> list[dict[str, Any]]:
    """
    Read records.

    Args:
        lines: of a file that ``ASYNCTESTING_FINDINGS`` has written.
        name: of that file.

    Raises:
        ValueError: for a line that is no record, with its number.

    """
    return list(_objects(lines, name, FIELDS))


def table(records: Iterable[Mapping[str, Any]]) -> str:
    """
    Put *records* into a table: for each check its culprits, those of most tests first.

    The number is that of the tests. A culprit that failed some tests is told as failing.

    """
    culprits: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
    tests = set()
    number = 0
    for one in records:
        number += 1
        tests.add(one["test"])
        culprit = one["check"], one["file"] or one["test"], one["line"]
        culprits.setdefault(culprit, []).append(one)
    if not number:
        return "asynctesting: no findings"
    met = {culprit: len({one["test"] for one in some}) for culprit, some in culprits.items()}
    of_check: Counter[str] = Counter()
    for (check, _, _), count in met.items():
        of_check[check] += count
    width = max(len("check"), *map(len, of_check))
    lines = [
        f"asynctesting: {_count(number, 'finding')} by {_count(len(culprits), 'culprit')} "
        f"in {_count(len(tests), 'test')}",
        "",
        f"tests  level  {'check':{width}}  culprit",
    ]
    levels = ("fail", "warn", "known")
    for culprit in sorted(culprits, key=lambda one: (-of_check[one[0]], one[0], -met[one], one)):
        check, where, line = culprit
        some = culprits[culprit]
        level = min((one["level"] for one in some), key=levels.index)
        first = some[0]
        place = f"{where}:{line}, in {first['function']}" if line else f"{where}: {first['fact']}"
        lines.append(f"{met[culprit]:5}  {level:5}  {check:{width}}  {place}")
        if first["source"]:
            lines.append(f"{'':{16 + width}}{first['source']}")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Baseline:
    """
    The culprits that are known.

    Args:
        places: for each of them, in how many places it is.

    """

    def __init__(self, places: Mapping[Key, int]) -> None:
        self.places: dict[Key, int] = dict(places)
        self._met: dict[Key, set[int]] = {}

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> Baseline:
        """The baseline that knows all *records*."""
        lines: dict[Key, set[int]] = {}
        for one in records:
            lines.setdefault(key_of(one), set()).add(one["line"])
        return cls({key: len(numbers) for key, numbers in lines.items()})

    @classmethod
    def read(cls, lines: Iterable[str], name: str) -> Baseline:
        """
        Read a baseline.

        Raises:
            ValueError: for a line that does not belong into one, with its number.

        """
        fields = {**dict.fromkeys(Key._fields, str), "places": int}
        found: Counter[Key] = Counter()
        for one in _objects(lines, name, fields):
            found[Key(*(one[field] for field in Key._fields))] += one["places"]
        return cls(found)

    def __str__(self) -> str:
        lines = (
            json.dumps({**key._asdict(), "places": places}, ensure_ascii=False)
            for key, places in sorted(self.places.items())
        )
        return "".join(f"{line}\n" for line in lines)

    def knows(self, one: Mapping[str, Any]) -> bool:
        """Tell whether the culprit of a record is known; also how many places of it."""
        key = key_of(one)
        met = self._met.setdefault(key, set())
        if one["line"] not in met:
            if len(met) >= self.places.get(key, 0):
                return False
            met.add(one["line"])
        return True

    def without(self, records: Iterable[Mapping[str, Any]]) -> Baseline:
        """What is in this baseline and, by *records*, not there any more."""
        there = Baseline.of(records).places
        left = {key: places - there.get(key, 0) for key, places in self.places.items()}
        return Baseline({key: places for key, places in left.items() if places > 0})

    def minus(self, stale: Baseline) -> Baseline:
        """This baseline without what is *stale*."""
        left = {key: places - stale.places.get(key, 0) for key, places in self.places.items()}
        return Baseline({key: places for key, places in left.items() if places > 0})
