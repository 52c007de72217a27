"""
What the bytecode of a function tells: what it does with an error where it stands.

See "Exception table" in the developers' guide to CPython for its layout, which is the same in 3.11
to 3.15: for each range of instructions the place that an error in it goes to.

"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Final


__all__ = ["catches_all", "has_cleanup"]

__unittest = True

#: What loads the type that an ``except`` clause names; nothing else begins in this way.
_LOADS: Final = ("LOAD_", "BUILD_TUPLE", "COPY_FREE_VARS", "EXTENDED_ARG", "NOP", "PUSH_NULL")

#: An ``except`` clause with one of these runs when a generator is closed.
_CLOSING: Final = frozenset({"BaseException", "GeneratorExit"})

#: One with one of these catches whatever a program may go on after.
_ALL: Final = frozenset({"BaseException", "Exception"})


def has_cleanup(code: CodeType, offset: int) -> bool:
    """
    Tell whether *code*, suspended at *offset*, has something to run when it is closed there.

    That is a ``with`` block, a ``finally``, or an ``except`` that catches
    :exc:`GeneratorExit`; false if unknown.

    """
    handlers = _handlers(code, offset)
    return bool(handlers) and _cleans_up(code, handlers)


def catches_all(code: CodeType, offset: int) -> bool:
    """
    Tell whether *code* catches at *offset* whatever goes wrong there.

    That is ``except:``, ``except Exception:`` or ``except BaseException:``; false if unknown.

    """
    import dis  # when it is needed at all

    handlers = _handlers(code, offset)
    if not handlers:
        return False
    steps = list(dis.get_instructions(code))
    index = {step.offset: number for number, step in enumerate(steps)}

    def catches(offset: int) -> bool:
        number = index[offset]
        if steps[number].opname != "PUSH_EXC_INFO":
            return False
        if steps[number + 1].opname == "POP_TOP":
            return True
        while True:
            number += 1
            loaded = set()
            while steps[number].opname.startswith(_LOADS):
                loaded.add(steps[number].argval)
                number += 1
            if steps[number].opname != "CHECK_EXC_MATCH":
                return False
            if not _ALL.isdisjoint(loaded):
                return True
            number = index[steps[number + 1].argval] - 1  # where the next clause begins

    return any(map(catches, handlers))


def _handlers(code: CodeType, offset: int) -> list[int]:
    """Where an error goes that is raised at *offset*, and one that is raised there, and so on."""
    table = list(_entries(code.co_exceptiontable))
    handlers: list[int] = []
    while True:
        handler = next((entry[2] for entry in table if entry[0] <= offset < entry[1]), None)
        if handler is None or handler in handlers:
            return handlers
        handlers.append(handler)
        offset = handler


def _entries(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each range begins and ends, and its handler, in bytes."""
    numbers = _numbers(table)
    for start in numbers:
        length, handler, _ = next(numbers), next(numbers), next(numbers)
        yield 2 * start, 2 * (start + length), 2 * handler


def _numbers(table: bytes) -> Iterator[int]:
    number = 0
    for byte in table:
        number = number << 6 | byte & 63
        if not byte & 64:
            yield number
            number = 0


def _cleans_up(code: CodeType, handlers: list[int]) -> bool:
    import dis  # when it is needed at all

    steps = list(dis.get_instructions(code))
    index = {step.offset: number for number, step in enumerate(steps)}

    def runs(offset: int) -> bool:
        """Tell whether the handler at *offset* does anything when a generator is closed."""
        number = index[offset]
        if steps[number].opname != "PUSH_EXC_INFO":
            return False  # what the compiler needs for itself
        while True:
            number += 1
            loaded = set()
            while steps[number].opname.startswith(_LOADS):
                loaded.add(steps[number].argval)
                number += 1
            name = steps[number].opname
            if name != "CHECK_EXC_MATCH":
                # A `finally`, a `with` or a bare `except`; but not the end of the clauses, and
                # not `except*`, which copies what it splits.
                if name == "BUILD_LIST":
                    name = steps[number + 1].opname
                return bool(loaded) or name not in ("COPY", "RERAISE")
            if not _CLOSING.isdisjoint(loaded):
                return True
            number = index[steps[number + 1].argval] - 1  # where the next clause begins

    return any(map(runs, handlers))
