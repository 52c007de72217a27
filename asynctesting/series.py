"""
Lives one after another that are looked at together.

To look through memory, and to ask the process what it was like before and is now, takes as long as a short life
does. In a series of lives of the same test that is done once for all of them:

* the checks that are :attr:`~asynctesting.checks.Check.is_shared` begin with the first life, and go on until the
  last one is over. After each they are asked whether they are in *doubt*, which costs next to nothing;
* memory is looked through when the last one is over;
* an error that comes to light on the loop of a life that is over, as that of a future which nobody has read,
  raises a doubt as well;
* all other checks, those of the loop and of its tasks, watch each life as they always do.

So a series cannot tell which life it was, nor show it as well. It needs not: whoever leads it (see
:mod:`asynctesting.engine`) leads each life in doubt once more, by itself, in the same order. If none of them
shows it then, which a test does not that is deterministic, all of them together have failed.

What it cannot see: what one life has left in memory, and a later one of the same series has used up, as a
coroutine that is kept in a global variable, and awaited there. A life that is led by itself would be told of
it; the first one always is. And a coroutine that is kept in one life only, whatever its order, where there
are other threads that were not there when its series began.

"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Container
from typing import Any

from .allowances import Book
from .checks import Check, Closing, Scene, Subject, levels
from .checks.census import Census
from .errors import AsyncTestingWarning, FindingsError
from .findings import raise_at
from .hangs import TimeLimit
from .ledger import LEDGER
from .options import Options
from .trial import Trial
from .verdict import trim


__all__ = ["Series"]

__unittest = True


class Series(Trial):
    """
    What lives that are led one after another have in common.

    It is a trial without a loop. The trials of the lives know it by an attribute of their loop factory, see
    :data:`asynctesting.trial.SERIES`.

    Args:
        options: those of each life.

    Attributes:
        is_in_doubt: whether one of the lives may have done anything wrong.
        is_mixed: whether one of them was given up on the way, so that something is left, and nobody minds.
        is_occupied: whether one of them is being led.
        limit: the time limit of each of them, if there is one.
        book: what is allowed in all of them.

    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.is_in_doubt: bool = False
        self.is_mixed: bool = False
        self.is_occupied: bool = False
        self.limit: TimeLimit | None = None
        #: The one that is being led.
        self._life: Trial | None = None
        self.book: Book = self._book
        #: What is found is written down only if it is not found once more.
        self.is_noted = False
        #: What has each life join.
        self._joining: list[Callable[[Scene], None]] = []
        #: The loop of the first life, which is known longer than anything that is looked for in memory.
        self._first: Any = None

    def admit(
        self, life: Trial, loop: asyncio.AbstractEventLoop, subject: Callable[[], Subject]
    ) -> Scene:
        """Let a *life* begin, on its *loop*; give the scene, which is that of all of them."""
        scene = self._scene
        if scene is None:
            self._subject = subject
            self._levels = on = levels(self.options.checks)
            self._first = loop
            self._scene = scene = self._set_scene(loop, is_series=True)
            self._begin(on.shared)
            self._joining = [
                check.join
                for kind, check in self._checks.items()
                if kind.join is not Check.join
            ]
        else:
            scene.loop = loop
            scene.loops = {loop}
            scene.subject = self._subject = subject
            scene.enter()
        self.is_occupied = True
        scene.life = self._life = life
        for join in self._joining:
            join(scene)
        if self.limit is not None:
            self.limit.renew(loop)
        elif self.options.time_limit is not None:
            self.limit = self._limit_of(self.options.time_limit, loop)
        return scene

    def _limit_of(self, seconds: float, loop: asyncio.AbstractEventLoop) -> TimeLimit:
        """A limit for whichever life is led."""
        thread = threading.get_ident()

        def describe() -> str:
            life = self._life
            return "" if life is None else life.describe(thread)

        def cancel() -> None:
            life = self._life
            if life is not None:
                life.host.ask_to_end()

        limit = TimeLimit(seconds, describe, cancel=cancel, loop=loop, guilty=self.guilty)
        limit.start()
        return limit

    def guilty(self) -> asyncio.Task[Any] | None:
        """The task of the life that is led."""
        life = self._life
        return None if life is None else life.guilty()

    def doubt(self, scene: Scene) -> None:
        """A life has ended: ask whether it may have done anything wrong, and forget it."""
        try:
            for check in self._checks.values():
                if check.is_in_doubt(scene):
                    self.is_in_doubt = True
                    break
        except Exception:  # which is told when the life is led by itself
            self.is_in_doubt = True
        scene.loop, scene.loops, scene.life = self._first, {self._first}, None
        self._life = None
        self.is_occupied = False

    def end(self) -> None:
        """Look at all of them together, when the last one is over."""
        scene = self._scene
        if scene is None or self._closed:
            return
        self._closed = True
        self._drop_limit()
        scene.enter()
        self._inspect()
        self._ask(Closing(has_passed=self.has_passed))
        self._scene = None
        self.is_in_doubt = self.is_in_doubt or bool(self.failing or self.warning or self._bugs)

    def abandon(self) -> None:
        """Let go of what it watches, when something has broken off its lives."""
        scene = self._scene
        if scene is not None:
            scene.leave()  # one that was broken off may be there still
            scene.enter()
        self._drop_limit()
        super().abandon()

    def _drop_limit(self) -> None:
        limit, self.limit = self.limit, None
        if limit is not None:
            limit.stop()

    def _take(self, scene: Scene) -> Census | None:
        found = super()._take(scene)
        if found is not None and found.is_vague:
            self.is_in_doubt = self.is_mixed = True
        return found

    def verdict(self, shown: Container[str] = ()) -> BaseException | None:
        """
        What fails it, if anything does; and warn of what only warns.

        To be asked only when no life has failed, led by itself.

        Args:
            shown: ids of the checks that have found something in one of these lives, if only to warn.

        """
        error: BaseException | None = None
        self._found = [one for one in self._found if one[0].check not in shown]
        self.failing = [one for one in self.failing if one.check not in shown]
        self.warning = [one for one in self.warning if one.check not in shown]
        LEDGER.note(self._name(), self._found, once=True)
        if self.failing:
            found = FindingsError(self.report("these schedules"))
            error = trim(raise_at(found, self.failing[0].place))
        try:
            self.warn()
        except AsyncTestingWarning as warning:  # where they are errors
            if error is None:
                return warning
            error.add_note(f"\n{warning}")
        return error
