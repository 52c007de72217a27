"""What a check is, what it is told when a life begins, and what at its end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import get_ident
from types import AsyncGeneratorType, MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..allowances import Book
from ..findings import Finding, Place


if TYPE_CHECKING:
    from .census import Census


__all__ = ["Check", "Closing", "Scene", "Subject", "current_scene", "innermost", "is_alone"]

__unittest = True


class Subject:
    """
    What is being tested.

    Args:
        name: how the runner calls it; nothing if that is not known.
        place: where it is written.
        files: the user's files in which the test, or its class, is written.

    """

    __slots__ = ("files", "name", "place")

    def __init__(
        self,
        name: str = "",
        place: Place | None = None,
        files: frozenset[str] = frozenset(),
    ) -> None:
        self.name: str = name
        self.place: Place | None = place
        self.files: frozenset[str] = files


class Scene:
    """
    One life of a test, as its checks see it from beginning to end.

    Args:
        loop: its loop, open.
        book: what is allowed in it.
        is_owned: whether the loop is of this life alone; else it is a class's, or somebody
            else's, and had things on it before.
        subject: tells what is being tested; to be asked only when there is something to tell.
        blocking_limit: real seconds for which the loop may be held; none for no limit.
        levels: the level of each id that is on.
        life: what leads it, for whoever wants to live with it.
        is_companion: whether its thread is not the test's, so that what the process has in common is
            none of its business.
        is_series: whether several lives have it, one after another; see :mod:`asynctesting.series`.

    """

    __slots__ = (
        "blocking_limit",
        "book",
        "is_companion",
        "is_owned",
        "is_series",
        "levels",
        "life",
        "loop",
        "loops",
        "made",
        "number",
        "subject",
        "thread",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        book: Book,
        *,
        is_owned: bool = True,
        subject: Callable[[], Subject] = Subject,
        blocking_limit: float | None = None,
        levels: Mapping[str, str] = MappingProxyType({}),
        life: Any = None,
        is_companion: bool = False,
        is_series: bool = False,
    ) -> None:
        self.is_series: bool = is_series
        self.blocking_limit: float | None = blocking_limit
        self.levels: Mapping[str, str] = levels
        self.life: Any = life
        self.is_companion: bool = is_companion
        #: What was made in it on its thread; see :mod:`asynctesting.checks.made`.
        self.made: list[Any] = []
        #: No other life has it.
        self.number: int = next(_NUMBERS)
        self.loop: asyncio.AbstractEventLoop = loop
        #: Its own, and those of its companions, which run in other threads.
        self.loops: set[asyncio.AbstractEventLoop] = {loop}
        self.book: Book = book
        self.is_owned: bool = is_owned
        self.subject: Callable[[], Subject] = subject
        #: The thread on which it lives.
        self.thread: int = get_ident()

    def enter(self) -> None:
        """Be the current scene of this thread."""
        _SCENES.setdefault(self.thread, []).append(self)

    def leave(self) -> None:
        """Be it no longer."""
        scenes = _SCENES.get(self.thread)
        if scenes is not None and self in scenes:
            if len(scenes) == 1:
                del _SCENES[self.thread]
            else:
                scenes.remove(self)


_NUMBERS: Final = itertools.count(1)

#: For each thread the lives that it leads, the innermost last.
_SCENES: Final[dict[int, list[Scene]]] = {}


def is_led() -> bool:
    """Tell whether any thread leads a life."""
    return bool(_SCENES)


def is_alone() -> bool:
    """Tell whether no other thread leads a life at this moment."""
    return len(_SCENES) == 1


def current_scene() -> Scene | None:
    """The innermost life of the calling thread, for hooks that are installed once and for all."""
    return innermost(get_ident())


def innermost(thread: int) -> Scene | None:
    """The innermost life of a thread."""
    scenes = _SCENES.get(thread)
    return scenes[-1] if scenes else None


class Closing:
    """
    What came to light while a life was closed.

    Args:
        stubborn: tasks that did not end when they were cancelled.
        failed: tasks that raised when they were cancelled, and what.
        stuck: what did not shut down within the limit, in words.
        swallowed: stages that ended normally although they had been cancelled.
        stopped: stages that ended although the loop had been stopped under them.
        limit: real seconds that were granted to each step.
        has_passed: whether nothing has failed the test, or skipped it, before the checks are asked.

    """

    __slots__ = ("failed", "has_passed", "limit", "stopped", "stubborn", "stuck", "swallowed")

    def __init__(
        self,
        stubborn: Sequence[asyncio.Task[Any]] = (),
        failed: Sequence[tuple[asyncio.Task[Any], BaseException]] = (),
        stuck: Sequence[str] = (),
        swallowed: Sequence[str] = (),
        stopped: Sequence[str] = (),
        limit: float = 0.0,
        has_passed: bool = True,
    ) -> None:
        self.stubborn: Sequence[asyncio.Task[Any]] = stubborn
        self.failed: Sequence[tuple[asyncio.Task[Any], BaseException]] = failed
        self.stuck: Sequence[str] = stuck
        self.swallowed: Sequence[str] = swallowed
        self.stopped: Sequence[str] = stopped
        self.limit: float = limit
        self.has_passed: bool = has_passed

    @property
    def is_eventful(self) -> bool:
        """Whether anything came to light."""
        return bool(self.stubborn or self.failed or self.stuck or self.swallowed)


class Check:
    """
    Some kinds of faults, watched for during one life of a test.

    One that overrides :meth:`start` or :meth:`inspect` is made when the life opens; another one
    only if there is something to be told of its end.

    A *fact* (a coroutine was never awaited) fails the test by default; a
    *suspicion* (a descriptor is open, perhaps for good reason) warns.

    """

    #: The ids of its findings, the main one first.
    ids: ClassVar[tuple[str, ...]]

    #: Those that are suspicions.
    suspicions: ClassVar[frozenset[str]] = frozenset()

    #: Whether one of it watches over all lives of a series, see :mod:`asynctesting.series`.
    is_shared: ClassVar[bool] = False

    #: Whether each doubt of a shared one shows by what is set on the loop of the life.
    is_about_loop: ClassVar[bool] = False

    def start(self, scene: Scene) -> None:
        """Begin to watch; the loop is open and, unless it is a class's, has run nothing yet."""

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        """Look at the tasks that were *left*, before they are cancelled."""

    def suspended(self, generators: list[AsyncGeneratorType[Any, Any]]) -> None:
        """
        Look at asynchronous generators that are left, before they are closed.

        Called only if there are any, after the tasks, and only for a check that inspects.

        """

    def inspect(self, scene: Scene) -> None:
        """
        Look at what is left when everything has been shut down, before the loop is closed.

        The loop does not run, or it does since the test is still inside of it; the test may have
        closed it. Called in every life, so what it does when all is well must cost next to
        nothing.

        """

    def join(self, scene: Scene) -> None:
        """Watch the loop of the next life of a series, which is that of *scene* now."""

    def is_in_doubt(self, scene: Scene) -> bool:
        """
        Tell whether the life of a series that has just ended may have done anything wrong.

        Asked of a shared one, after each life, so it must cost next to nothing. It may be in doubt without
        need: then the life is led once more, by itself.

        """
        return False

    def begin_anew(self, scene: Scene) -> bool:
        """
        Watch the next life of a series, on the same loop, as a new one would; tell if that can be.

        Asked of one that is not shared, in place of :meth:`inspect` and :meth:`stop`, when there is nothing to shut
        down. If it cannot, for it has seen what is to be told, these come now.

        """
        return False

    def count(self, found: Census) -> None:
        """Look at what the life has left in memory; called only if there is something."""

    def stop(self) -> None:
        """Take back whatever :meth:`start` installed. Called once, whatever happened."""

    def findings(self, closing: Closing) -> Iterable[Finding]:
        """Say what was seen. Called once, after :meth:`stop`."""
        return ()
