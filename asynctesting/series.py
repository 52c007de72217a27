"""
Lives one after another that are looked at together.

To look through memory, and to ask the process what it was like before and is now, takes as long as a short life
does. In a series of lives of the same test that is done once for all of them:

* the checks that are :attr:`~asynctesting.checks.Check.is_shared` begin with the first life, and go on until the
  last one is over. After each they are asked whether they are in *doubt*, which costs next to nothing;
* memory is looked through when the last one is over;
* an error that comes to light on the loop of a life that is over, as that of a future which nobody has read,
  raises a doubt as well;
* all other checks, those of what is left on the loop and of its tasks, watch each life as they always do; what
  they find is a doubt, too.

To make a loop, and all that a life has besides, takes as long again. So a life after which there is nothing to be shut
down does not close its loop: it *rests*, and is the next life as well, if by then nobody knows that loop (see
:mod:`asynctesting.loops.rested`). What is told of a life, and what a life can see, is the same.

So a series cannot tell which life it was, nor show it as well. It needs not: whoever leads it (see
:mod:`asynctesting.engine`) leads each life in doubt once more, by itself, in the same order. If none of them
shows it then, for the test is not deterministic, all of them together have failed.

What it cannot see: what one life has left in memory, and a later one of the same series has used up, as a
coroutine that is kept in a global variable, and awaited there. A life that is led by itself would be told of
it; the first one always is. And what one life keeps in memory, and does not when it is led once more, if another
one of its series was excused, or has skipped a part; and if that is a coroutine, also if there are threads that were
not there when the series began, or the collector was at work meanwhile.

"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Container
from typing import Any

from .checks import Check, Closing, Scene, Subject, levels
from .checks.census import Census
from .errors import AsyncTestingWarning, FindingsError
from .findings import Finding, raise_at
from .hangs import TimeLimit
from .ledger import LEDGER
from .loops.rested import CAN_TELL, Rested, count
from .loops.simulated import MOULD
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
        is_mixed: whether one of them has not passed, and all the same has not failed, so that what is left
            may be in order.
        is_broken_off: whether this is true of the last one, and what it has done is in order, too.
        is_occupied: whether one of them is being led.
        limit: the time limit of each of them, if there is one.

    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.is_in_doubt: bool = False
        self.is_mixed: bool = False
        self.is_broken_off: bool = False
        self.is_occupied: bool = False
        self.limit: TimeLimit | None = None
        #: The one that is being led.
        self._life: Trial | None = None
        #: What is found is written down only if it is not found once more.
        self.is_noted = False
        #: What has each life join.
        self._joining: list[Callable[[Scene], None]] = []
        #: What is asked after each, and if it is known that nothing is different on its loop.
        self._asking: list[Callable[[Scene], bool]] = []
        self._asking_of_others: list[Callable[[Scene], bool]] = []
        #: What stands for a loop while no life is led.
        self._nobodys: Any = None
        #: What the loop of the life was like that is led, or rests, when it was new.
        self._rested: Rested | None = None
        #: The life that rests, to be the next one, too; and what is referred to as often as it is, if nobody else does.
        self._resting: Trial | None = None
        self._probe: object = object()

    def admit(
        self, life: Trial, loop: asyncio.AbstractEventLoop, subject: Callable[[], Subject]
    ) -> Scene:
        """Let a *life* begin, on its *loop*; give the scene, which is that of all of them."""
        scene = self._scene
        if scene is None:
            self._subject = subject
            self._levels = on = levels(self.options.checks)
            # Never open, so that it lasts as long as the series; that of a life must not.
            kind: Any = type(loop)
            self._nobodys = kind.__new__(kind) if MOULD.fits(loop) else loop
            self._scene = scene = self._set_scene(self._nobodys, is_series=True)
            self._begin(on.shared)
            self._asking = [check.is_in_doubt for check in self._checks.values()]
            self._asking_of_others = [
                check.is_in_doubt for check in self._checks.values() if not check.is_about_loop
            ]
            self._joining = [
                check.join
                for kind, check in self._checks.items()
                if kind.join is not Check.join
            ]
        else:
            scene.subject = self._subject = subject
            scene.enter()
        scene.loop, scene.loops = loop, {loop}
        self.is_occupied = True
        scene.life = self._life = life
        scene.book = life._book
        for join in self._joining:
            join(scene)
        self._renew_limit(loop)
        return scene

    def _renew_limit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to count the time limit, for the life that runs on *loop*."""
        if self.limit is not None and self.limit.expired:
            self._drop_limit()
        if self.limit is not None:
            self.limit.renew(loop)
        elif self.options.time_limit is not None:
            self.limit = self._limit_of(self.options.time_limit, loop)

    # The loop of one life after the other

    def know(self, life: Trial) -> None:
        """A *life* has begun, whose loop nobody knows yet."""
        self._rested = Rested(life.host) if CAN_TELL else None

    def let_rest(self, life: Trial) -> bool:
        """Let *life*, which ends now, be the next one, too; tell whether it can. If so, it is looked at here."""
        scene, rested = self._scene, self._rested
        if scene is None or rested is None or life is not self._life or len(scene.loops) > 1:
            return False
        if not life.rest(rested):
            return False
        if self.limit is not None:
            self.limit.rest()
        life.host.let_go_of_sigint()
        if self._is_any_check_in_doubt(scene, self._asking_of_others):
            self.is_in_doubt = True
        scene.leave()
        self._resting = life
        scene.life = self._life = None
        self.is_occupied = False
        life.forget_context()
        return True

    def wake(
        self, options: Options, loop_factory: Any, subject: Callable[[], Subject]
    ) -> Trial | None:
        """
        Give the trial of the next life, if it can be that of the last one.

        Args:
            options: those of the next life.
            loop_factory: what would make its loop, and takes one that is as good as new by a method ``take()``.
            subject: tells what is being tested in it.

        """
        life, scene, rested = self._resting, self._scene, self._rested
        if life is None or scene is None or rested is None:
            return None
        host, probe = life.host, self._probe
        loop = host.loop
        known, ours = count(life), count(probe)
        if (
            self.is_occupied
            or options is not life.options
            or known != ours
            or count(host) != ours + 1  # the life has it, and so has what it rests with
            or not MOULD.fits(loop)
        ):
            self._give_up()
            return None
        del loop
        if not rested.get_up():
            self._give_up()
            return None
        loop = host.loop
        loop_factory.take(loop)
        life.begin_anew(loop_factory, subject)
        scene.subject = self._subject = subject
        scene.life = self._life = life
        scene.enter()
        self.is_occupied = True
        self._renew_limit(loop)
        life._limit = self.limit
        rested.begin_anew()
        self._resting = None
        return life

    def _give_up(self) -> None:
        """Have the loop closed of the life that rests, if one does."""
        resting, rested = self._resting, self._rested
        if resting is not None and rested is not None:
            rested.open()
            resting.abandon()
            self._resting = None

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

    def doubt(self, scene: Scene, *, has_passed: bool = True) -> None:
        """A life has ended: ask whether it may have done anything wrong, and forget it."""
        if not has_passed:
            self.is_mixed = True
        if len(scene.loops) > 1:
            self.is_in_doubt = True  # only by itself is it asked what companions have left
        if self._is_any_check_in_doubt(scene, self._asking):
            self.is_in_doubt = True
        self._book.take_over(scene.book)
        scene.loop, scene.loops, scene.life, scene.book = self._nobodys, {self._nobodys}, None, self._book
        # Or what the life has had would last until the next one begins.
        self._life = self._rested = None
        if self.limit is not None:
            self.limit.leave(self._nobodys)
        self.is_occupied = False

    def _is_any_check_in_doubt(self, scene: Scene, asking: list[Callable[[Scene], bool]]) -> bool:
        try:
            for is_in_doubt in asking:
                if is_in_doubt(scene):
                    return True
        except Exception:  # which is told when the life is led by itself
            return True
        return False

    def adopt_finding(self, finding: Finding) -> None:
        """Take a finding of a life that is not allowed there."""
        self.is_in_doubt = True
        self.tell(finding)

    def _file(self, finding: Finding) -> None:
        # Whether it is allowed is known when the life is led by itself.
        if finding.check in self._levels.by_id:
            self.is_in_doubt = True
        super()._file(finding)

    def _ending(self, left: list[asyncio.Task[Any]]) -> None:
        """Tell of the tasks that the life has *left* which is led."""
        life = self._life
        if life is not None:
            for check in self._checks.values():
                check.ending(life.host.loop, left)

    def end(self) -> None:
        """Look at all of them together, when the last one is over."""
        scene = self._scene
        if scene is None or self._closed:
            return
        if self._resting is not None:
            scene.loop, scene.loops = self._nobodys, {self._nobodys}
            self._give_up()
        self._closed = True
        self._drop_limit()
        scene.enter()
        self._inspect()
        self._ask(Closing(has_passed=not self.is_mixed))
        self._scene = None
        self.is_in_doubt = self.is_in_doubt or bool(self._bugs)

    def abandon(self) -> None:
        """Let go of what it watches, when something has broken off its lives."""
        scene = self._scene
        self._resting = self._resting or self._life  # which has not come to its end
        self._give_up()
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
        if found is None:
            return None
        self.is_in_doubt = True
        return None if self.is_mixed else found  # it may be what nobody minds

    def verdict(self, shown: Container[str] = ()) -> BaseException | None:
        """
        What fails it, if anything does; and warn of what only warns.

        To be asked only when no life has failed, led by itself.

        Args:
            shown: ids of the checks that have found something in one of these lives, if only to warn.

        """
        error: BaseException | None = None
        self._found[:] = [one for one in self._found if one[0].check not in shown]
        self.failing[:] = [one for one in self.failing if one.check not in shown]
        self.warning[:] = [one for one in self.warning if one.check not in shown]
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
