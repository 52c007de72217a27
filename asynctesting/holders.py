"""
Who holds a lock, a semaphore, a condition: read from what tasks are suspended in.

asyncio's primitives do not note it. But a coroutine that stands inside of ``async with lock:`` has the lock's
``__aexit__`` on its stack, and the garbage collector shows what is there. One that has called
``await lock.acquire()`` has nothing of it left; there its code tells, as far as it says plainly which lock
it is: by a variable, or an attribute of one.

Nothing here calls code of the user's, or changes anything.

Private names used, seen on 3.11 to 3.15: ``Condition._lock``. Without it, who is inside of a condition does not
count as a holder of its lock.

"""

from __future__ import annotations

import asyncio
import collections
import dis
import gc
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType, FrameType
from typing import Any, Final


__all__ = ["Chain", "Holders"]

__unittest = True

#: The coroutines that a task is suspended in, from the outermost inwards, and where each stands.
Chain = Sequence[tuple[Any, FrameType]]

#: How many tasks are looked at; who has more has other worries.
MOST: Final = 5000

#: Where a task stands that has asked for a primitive, and has not got it.
_ASKING: Final = frozenset({"Lock.acquire", "Semaphore.acquire"})

#: Instructions by which a variable is read, but for their variants.
_LOADS: Final = ("LOAD_FAST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_CLASSDEREF")


class Holders:
    """
    Who among some tasks holds what.

    Args:
        tasks: the tasks, none of which runs at this moment, or it is not seen.
        chain: gives the chain of one.

    Example:

        >>> async def main():
        ...     lock = asyncio.Lock()
        ...     async def hold():
        ...         async with lock:
        ...             await asyncio.sleep(1)
        ...     coroutine = hold()
        ...     task = asyncio.create_task(coroutine, name="holder")
        ...     await asyncio.sleep(0)
        ...     holders = Holders([task], lambda task: [(coroutine, coroutine.cr_frame)])
        ...     names = [holder.get_name() for holder, _ in holders.of(lock)]
        ...     task.cancel()
        ...     return names
        >>> asyncio.run(main())
        ['holder']

    """

    def __init__(
        self, tasks: Iterable[asyncio.Task[Any]], chain: Callable[[asyncio.Task[Any]], Chain]
    ) -> None:
        self._tasks = list(tasks)[:MOST]
        self._chain = chain
        self._found: dict[int, list[tuple[asyncio.Task[Any], bool]]] | None = None

    def of(self, primitive: object) -> list[tuple[asyncio.Task[Any], bool]]:
        """
        Tell who holds *primitive*, and whether that is certain.

        Args:
            primitive: a lock, a semaphore or a condition of asyncio's, or what is like them.

        """
        if self._found is None:
            self._found = {}
            for task in self._tasks:
                for number, is_certain in _held_by(self._chain(task)).items():
                    self._found.setdefault(number, []).append((task, is_certain))
        return self._found.get(id(primitive), [])


def _held_by(chain: Chain) -> dict[int, bool]:
    """What the task of *chain* holds, by id, and for each whether that is certain."""
    entered: collections.Counter[int] = collections.Counter()
    acquired: collections.Counter[int] = collections.Counter()
    for coroutine, frame in chain:
        for one in _entered(gc.get_referents(coroutine)):
            entered[id(_bare(one))] += 1
        for one, change in _acquired(frame):
            acquired[id(_bare(one))] += change
    given: set[int] = set()
    for _, frame in chain:
        code = frame.f_code
        if code.co_filename not in _FILES:
            continue
        # It asks for it, or has given it back while it waits to be notified.
        if code.co_qualname in _ASKING or code.co_qualname == "Condition.wait":
            given.add(id(_bare(frame.f_locals.get("self"))))
    for number in given:
        (entered if entered[number] else acquired)[number] -= 1
    held = {number: False for number, count in acquired.items() if count > 0}
    held.update((number, True) for number, count in entered.items() if count > 0)
    return held


_FILES: Final = frozenset((asyncio.Lock.acquire.__code__.co_filename,))


def _bare(primitive: Any) -> Any:
    """The lock of a condition, for they are one; anything else itself."""
    if type(primitive) is asyncio.Condition:
        return getattr(primitive, "_lock", primitive)
    return primitive


def _entered(referents: list[Any]) -> Iterator[Any]:
    """The context managers that a coroutine stands inside of, of all that it refers to."""
    for index, one in enumerate(referents):
        if type(one) is types.MethodType and _is_exit(one.__func__):
            yield one.__self__
        elif _is_exit(one):
            # From 3.14 on, it is followed by what it is a method of.
            for owner in referents[index + 1 : index + 2]:
                if any(vars(kind).get("__aexit__") is one for kind in type(owner).__mro__):
                    yield owner


def _is_exit(function: Any) -> bool:
    return type(function) is types.FunctionType and function.__name__ == "__aexit__"


def _acquired(frame: FrameType) -> Iterator[tuple[Any, int]]:
    """What a function has acquired up to where it stands, and what it has released again."""
    code = frame.f_code
    if "acquire" not in code.co_names or code.co_filename in _FILES:
        return
    for path, name in _calls(code, frame.f_lasti):
        if name in ("acquire", "release"):
            found = _resolve(frame, path)
            if found is not None:
                yield found, 1 if name == "acquire" else -1


def _calls(code: CodeType, end: int) -> Iterator[tuple[list[str], str]]:
    """Which methods are taken of which variable's attributes, before the instruction at *end*."""
    path: list[str] = []
    for instruction in dis.get_instructions(code):
        if instruction.offset >= end:
            return
        name = instruction.opname
        if name.startswith(_LOADS):
            argument = instruction.argval
            # Two variables may be read at once: the last one is on top.
            path = [argument[-1] if type(argument) is tuple else str(argument)]
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            if path:
                yield path, str(instruction.argval)
                path = [*path, str(instruction.argval)]
        elif name not in ("CACHE", "PUSH_NULL"):
            path = []


def _resolve(frame: FrameType, path: list[str]) -> Any:
    """What *path*, a variable and its attributes, is now; nothing that would have to be called is."""
    variables = frame.f_locals
    found = variables.get(path[0], frame.f_globals.get(path[0]))
    for name in path[1:]:
        own = getattr(found, "__dict__", None) if _is_plain(found) else None
        found = own.get(name) if type(own) is dict else None
    return found


def _is_plain(thing: Any) -> bool:
    """Tell whether to ask *thing* for an attribute calls nobody."""
    kind: Any = type(thing)
    return (
        kind.__getattribute__ is object.__getattribute__
        and not any("__getattr__" in vars(one) for one in kind.__mro__)
    )
