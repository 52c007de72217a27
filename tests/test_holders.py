"""Tests of asynctesting.holders: who holds what, whichever way it was taken."""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import sys
import types
import unittest
from collections.abc import Callable, Coroutine
from typing import Any

from asynctesting import holders
from asynctesting.holders import Holders


LOCK = asyncio.Lock()


def chain(task: asyncio.Task[Any]) -> list[tuple[Any, Any]]:
    """The coroutines of a task."""
    found = []
    awaited: Any = task.get_coro()
    while isinstance(awaited, types.CoroutineType) and awaited.cr_frame is not None:
        found.append((awaited, awaited.cr_frame))
        awaited = awaited.cr_await
    return found


class Yard:
    """Has a lock."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.gate = asyncio.Semaphore(2)


class Sly:
    """Gives a lock by running code."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self.__dict__["hidden"] = lock

    def __getattr__(self, name: str) -> Any:
        if name != "lock":
            raise AttributeError(name)
        return self.__dict__["hidden"]


class HoldersTests(unittest.TestCase):
    def look(
        self,
        primitive: object,
        *functions: Callable[[], Coroutine[Any, Any, Any]],
        turns: int = 3,
    ) -> dict[str, bool]:
        """Tell which functions, by name, hold *primitive*, and for each whether it is certain."""

        async def main() -> dict[str, bool]:
            tasks = [asyncio.create_task(one(), name=one.__name__) for one in functions]
            for _ in range(turns):
                await asyncio.sleep(0)
            found = Holders(tasks, chain)
            seen = {task.get_name(): certain for task, certain in found.of(primitive)}
            self.assertEqual([], found.of(object()))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return seen

        with contextlib.closing(asyncio.new_event_loop()) as loop:
            return loop.run_until_complete(main())

    def test_examples(self) -> None:
        """What the docstrings show is so."""
        failed, attempted = doctest.testmod(holders)
        self.assertEqual(0, failed)
        self.assertGreater(attempted, 0)

    def test_with(self) -> None:
        """A task holds what it stands inside of, and none for which it waits."""
        def make(number: int) -> dict[str, bool]:
            lock, gate, other = asyncio.Lock(), asyncio.Semaphore(2), asyncio.Lock()

            async def inside() -> None:
                async with lock, gate:
                    await asyncio.Event().wait()

            async def outside() -> None:
                async with gate:
                    async with other:
                        pass
                    async with lock:
                        raise AssertionError

            return self.look((lock, gate, other)[number], inside, outside)

        self.assertEqual({"inside": True}, make(0))
        self.assertEqual({"inside": True, "outside": True}, make(1))
        self.assertEqual({}, make(2))

    def test_itself(self) -> None:
        """A task may wait for what it holds itself."""
        lock = asyncio.Lock()

        async def twice() -> None:
            async with lock:
                async with lock:
                    raise AssertionError

        async def again() -> None:
            await lock.acquire()
            await lock.acquire()

        self.assertEqual({"twice": True}, self.look(lock, twice))
        lock = asyncio.Lock()
        self.assertEqual({"again": False}, self.look(lock, again))

    def test_deep(self) -> None:
        """It may be held by a function further out."""
        lock = asyncio.Lock()

        async def inner() -> None:
            await asyncio.Event().wait()

        async def outer() -> None:
            async with lock:
                await inner()

        self.assertEqual({"outer": True}, self.look(lock, outer))

    def test_condition(self) -> None:
        """A condition is its lock; who waits to be notified has given it back."""
        condition = asyncio.Condition()

        async def inside() -> None:
            async with condition:
                await asyncio.Event().wait()

        async def waiting() -> None:
            async with condition:
                await condition.wait()

        self.assertEqual({"inside": True}, self.look(condition._lock, waiting, inside))
        condition = asyncio.Condition()
        self.assertEqual({"inside": True}, self.look(condition._lock, inside, waiting))

    def test_acquire(self) -> None:
        """What was acquired without `with` is found where the code says plainly what it is."""
        lock, yard = asyncio.Lock(), Yard()

        async def closure() -> None:
            await lock.acquire()
            await asyncio.Event().wait()

        async def local() -> None:
            mine = locks[0]
            await mine.acquire()
            mine.release()
            await mine.acquire()
            await asyncio.Event().wait()

        async def released() -> None:
            await lock.acquire()
            lock.release()
            await asyncio.Event().wait()

        async def attribute() -> None:
            await yard.lock.acquire()
            await yard.gate.acquire()
            await asyncio.Event().wait()

        async def later() -> None:
            await asyncio.Event().wait()
            await lock.acquire()

        async def done() -> None:
            frame = sys._getframe()
            await lock.acquire()
            lock.release()
            self.assertEqual(2, len(list(holders._acquired(frame))))

        self.assertEqual({"closure": False}, self.look(lock, closure, later))
        lock = asyncio.Lock()
        self.assertEqual({}, self.look(lock, released, later, done, turns=8))
        self.assertEqual([], list(holders._calls((lambda: None).__code__, 10**6)))
        self.assertEqual({"attribute": False}, self.look(yard.lock, attribute))
        yard = Yard()
        self.assertEqual({}, self.look(lock, attribute))
        yard = Yard()
        self.assertEqual({"attribute": False}, self.look(yard.gate, attribute))
        locks = [asyncio.Lock()]
        self.assertEqual({"local": False}, self.look(locks[0], local))

    def test_global(self) -> None:
        """Also where it is a global variable."""

        async def acquire() -> None:
            await LOCK.acquire()
            try:
                await asyncio.Event().wait()
            finally:
                LOCK.release()

        self.assertEqual({"acquire": False}, self.look(LOCK, acquire))

    def test_what_would_have_to_be_called(self) -> None:
        """Nothing is called to find out; what cannot be told is not."""
        lock = asyncio.Lock()
        sly = Sly(lock)

        def give() -> asyncio.Lock:
            return lock

        async def called() -> None:
            await give().acquire()
            await asyncio.Event().wait()

        async def hidden() -> None:
            await sly.lock.acquire()
            await asyncio.Event().wait()

        self.assertEqual({}, self.look(lock, called))
        lock = sly.__dict__["hidden"] = asyncio.Lock()
        self.assertEqual({}, self.look(lock, hidden))

    def test_other_managers(self) -> None:
        """Whatever is entered is held, if its exit is a method written in Python."""

        class Room:
            async def __aenter__(self) -> None:
                pass

            async def __aexit__(self, *exc_info: object) -> None:
                pass

        class Suite(Room):
            pass

        rooms = [Room(), Suite()]

        async def inside() -> None:
            async with rooms[0], rooms[1]:
                await asyncio.Event().wait()

        for room in rooms:
            self.assertEqual({"inside": True}, self.look(room, inside))

    def test_referents(self) -> None:
        """An exit, bound or followed by its owner, is one that a coroutine stands inside of."""
        exit = asyncio.Lock.__aexit__
        lock, other = asyncio.Lock(), object()
        for referents, found in (
            ([exit, lock], [lock]),
            ([lock.__aexit__], [lock]),
            ([exit, other], []),
            ([exit], []),
            ([lock.acquire, lock], []),
        ):
            self.assertEqual(found, list(holders._entered(referents)))

    def test_many(self) -> None:
        """There is an end to it."""
        found = Holders([None] * (holders.MOST + 1), lambda task: [])  # type: ignore[list-item]
        self.assertEqual([], found.of(LOCK))
        self.assertEqual(holders.MOST, len(found._tasks))
