"""
Orders as short texts, to be pasted into a decorator or a setting.

A token has three parts with points between them: the version of its form, what it says, and a
checksum. What it says is both the decisions and the constraints: with the test as it was, the
decisions find the order again for sure; with the test edited, the constraints find it in most
cases. A version is read for as long as it can be, at least by the next minor version of asynctesting.

"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import ReplayError
from .constraints import Before, Constraint, Late, Struck


__all__ = ["Order", "read", "write"]

__unittest = True

VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Order:
    """
    One order of a test, to be found again.

    Args:
        made: its decisions that are not 0.
        constraints: what matters of it.
        test: what it is an order of, as a short number.
        stalls: whether the loop was asked for delays.
        twice: whether who was struck could be struck again.
        seed: what :mod:`random` was seeded with.

    """

    made: Mapping[int, int] = field(default_factory=dict)
    constraints: Sequence[Constraint] = ()
    test: int = 0
    stalls: bool = True
    twice: bool = False
    seed: int = 0


def write(order: Order) -> str:
    """Give the token of *order*."""
    names: dict[str, int] = {}

    def number(name: str) -> int:
        return names.setdefault(name, len(names))

    rows: list[list[int]] = []
    for one in order.constraints:
        if isinstance(one, Before):
            rows.append([0, number(one.lane), one.step, number(one.other), one.until])
        elif isinstance(one, Struck):
            rows.append([1, number(one.lane), one.step, one.kind, int(one.when)])
        else:
            rows.append([2, number(one.lane), one.ends])
    flat = [part for item in sorted(order.made.items()) for part in item]
    asked = int(order.stalls) + 2 * int(order.twice)
    said = [order.test, asked, flat, list(names), rows]
    if order.seed:
        said.append(order.seed)
    packed = zlib.compress(json.dumps(said, separators=(",", ":")).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{VERSION}.{text}.{_checksum(text)}"


def read(token: str) -> Order:
    """
    Give the order that *token* stands for.

    Raises:
        ReplayError: if it is none, is not whole, or is of a later version.

    """
    version, _, rest = token.strip().partition(".")
    text, _, checksum = rest.partition(".")
    if not version.isdecimal() or not checksum:
        raise ReplayError(f"{token!r} is not a replay token: copy it whole from the failure")
    if version != VERSION:
        raise ReplayError(
            f"replay token {token!r} has version {version}, but this asynctesting reads "
            f"version {VERSION}: explore anew, and take the token that is printed then"
        )
    if checksum != _checksum(text):
        raise ReplayError(
            f"replay token {token!r} is damaged: its checksum does not match, copy it whole"
        )
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return _order(json.loads(zlib.decompress(packed)))
    except (binascii.Error, zlib.error, ValueError, TypeError, IndexError, KeyError) as error:
        raise ReplayError(f"replay token {token!r} cannot be read: {error}") from None


def _order(said: Any) -> Order:
    test, asked, flat, names, rows, *more = said
    (seed,) = more or (0,)
    constraints: list[Constraint] = []
    for kind, *row in rows:
        if kind == 0:
            lane, step, other, until = row
            constraints.append(Before(names[lane], step, names[other], until))
        elif kind == 1:
            lane, step, what, when = row
            constraints.append(Struck(names[lane], step, what, when))
        else:
            lane, ends = row
            constraints.append(Late(names[lane], ends))
    made = dict(zip(flat[::2], flat[1::2], strict=True))
    twice = bool(asked & 2)
    return Order(made, tuple(constraints), test, bool(asked & 1), twice, int(seed))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()) & 0xFFFFFF:06x}"
