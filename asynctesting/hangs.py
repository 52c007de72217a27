"""
The time limit: no stage of a test lasts for ever, whatever it does.

One thread for the whole process, the *watchdog*, sleeps while tests come and go. Arming a limit
writes into a set; the watchdog looks at it once a second, or at the next deadline. When a
deadline has passed it describes what hangs, asks the stage to end (``cancel``), and if that does
not help within a moment, interrupts it, again and again, until it has ended.

How the interruption arrives:

* On the main thread of a POSIX system, by a signal, SIGURG. It ends what blocks in the kernel
  and what never awaits. Nothing else is sent by it: by default it is ignored, so that a late one
  harms nobody, and Go interrupts its goroutines by it for the same reasons. SIGALRM and SIGINT
  with their timers and handlers stay the user's. The handler is installed once, not per test.
* The watchdog needs Python's global lock, and a C function that keeps it (a regular expression
  that runs away) starves it. Then the process's clock of user time, ``ITIMER_VIRTUAL``, takes
  its place, by SIGVTALRM, if nobody else uses it.
* On other threads and other systems, as an asynchronous exception, which arrives when the thread
  next runs Python code: what blocks in the kernel there is not woken.

What is raised is :exc:`Interrupted`, a ``KeyboardInterrupt``: every other exception raised in a
callback is fed to the loop's exception handler, and the loop goes on. User code may swallow it
all the same, so the verdict is :attr:`TimeLimit.expired`, never its arrival; and from the third
time on it is raised twice in a row, since the one place where ``while True: try: ... except:
pass`` can be left is the ``except``.

Where a stage cannot be interrupted (a C function that neither returns nor looks for signals, a
blocking call outside the main thread), the stacks of all threads are written to the real standard
error after a further while, and the process ends with the exit status 70. A C function that
keeps the global lock for ever and never looks for signals stops Python itself, this
module included: only another process can help (``timeout``, a job's limit).

Nothing happens while a debugger is at work.

"""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import faulthandler
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, ParamSpec, TypeVar

from . import waits
from .errors import AsyncTestingError


__all__ = ["Interrupted", "TimeLimit", "TimeLimitExceeded", "report", "under_debugger"]

__unittest = True

P = ParamSpec("P")
T = TypeVar("T")

#: Real seconds for a stage to end after it was asked to, before it is interrupted.
POLITE: Final = 0.1

#: Real seconds between interruptions of the same stage.
INTERVAL: Final = 0.25

#: How often, and after how many real seconds each, an interruption is put off that would hit
#: the event loop or this package between two lines of their own.
PUT_OFF: Final = 20
MOMENT: Final = 0.005

#: Real seconds that everything after the stage that expired gets together; the next such
#: time has half of it, and so on.
GRACE: Final = 5.0

#: Real seconds between two looks at the tests that run.
TICK: Final = 1.0

#: Exit status of a process that had to be ended: EX_SOFTWARE of sysexits.h.
EXIT_STATUS: Final = 70

_NEVER: Final = math.inf
_DEBUGGERS: Final = frozenset({"bdb", "ipdb", "pdb", "pdbpp", "pudb"})


class Interrupted(KeyboardInterrupt):
    """What is raised inside a stage that is over its time; it never leaves a trial."""


class TimeLimitExceeded(AsyncTestingError, TimeoutError):
    """
    A stage of a test was over its time limit, and was ended.

    The message says so, then where it was, what to do, and what every task was waiting for.

    Args:
        message: the message.

    """


class TimeLimit:
    """
    A limit in real time for one life of a test.

    Use it for everything that runs code of the user's: :meth:`start` it once, call each stage
    with :meth:`run`, :meth:`stop` it. Together the stages have *seconds*; after one of them has
    expired, those that follow have a short grace.

    It is for one thread, the one that calls :meth:`start`. Limits may be nested: each ends
    what runs in it. A limit is not inherited by a process made with ``os.fork``. It does
    nothing while a debugger is at work; see :func:`under_debugger`. See the module for what
    cannot be interrupted.

    Args:
        seconds: real seconds; none, or ``math.inf``, for no limit.
        describe: returns the text that :exc:`TimeLimitExceeded` shows, see :func:`report`. It
            is called by the watchdog, on another thread, while the stage goes on.
        cancel: asks the stage to end, on the watchdog's thread, before it is interrupted: an
            event loop that is idle then comes to no harm. To be left out where there is no
            such way.
        patience: real seconds for the interruptions to end the stage before the process
            is ended instead; by default *seconds*, but at least 10.

    Example:

        >>> limit = TimeLimit(0.05)
        >>> limit.start()
        >>> try:
        ...     limit.run(time.sleep, 3600)
        ... except TimeLimitExceeded as exceeded:
        ...     print(str(exceeded).splitlines()[0])
        ... finally:
        ...     limit.stop()
        the time limit of 0.05 s was exceeded

    """

    __slots__ = (
        "_asked",
        "_cancel",
        "_deadline",
        "_describe",
        "_due",
        "_expired",
        "_fired",
        "_grace",
        "_open",
        "_patience",
        "_put_off",
        "_report",
        "_since",
        "_taps",
        "_thread",
        "_told",
        "seconds",
    )

    def __init__(
        self,
        seconds: float | None,
        describe: Callable[[], str] | None = None,
        *,
        cancel: Callable[[], object] | None = None,
        patience: float | None = None,
    ) -> None:
        #: The limit in real seconds.
        self.seconds = _NEVER if seconds is None else seconds
        self._describe = describe
        self._cancel = cancel
        self._patience = max(10.0, self.seconds) if patience is None else patience
        self._thread = 0
        self._grace = min(GRACE, self.seconds)
        self._deadline = _NEVER
        self._expired = False  # ever
        self._told = True  # whether an error has been raised for it
        self._report = ""
        self._open = False  # a stage is running: interruptions are welcome
        self._reset()

    def _reset(self) -> None:
        """Forget the interruptions of the stage that has ended."""
        self._fired = False  # the deadline of the current stage has passed
        self._since = 0.0  # when
        self._asked = False
        self._taps = 0
        self._due = 0  # how often the signal handler is to raise
        self._put_off = 0

    @property
    def expired(self) -> bool:
        """Whether the limit was ever exceeded, in whichever stage: the test has failed."""
        return self._expired

    def start(self) -> None:
        """Begin to count, and watch the calling thread. It costs about a microsecond."""
        if self.seconds != _NEVER:
            self._thread = _thread.get_ident()
            self._deadline = deadline = _watchdog.clock() + self.seconds
            _watchdog.armed.add(self)
            _watchdog.busy = True
            if deadline < _watchdog.awake_at:
                _watchdog.wake()
            if _watchdog.displaced:
                _watchdog.install()

    def stop(self) -> None:
        """Count no more. To be called on the same thread; stopping twice does nothing."""
        _watchdog.armed.discard(self)

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call *function* within the limit.

        It may be a coroutine's ``loop.run_until_complete`` as well as a plain stage. If an
        earlier stage has expired, this one has its grace.

        Args:
            function: what to call.
            args: with what.
            kwargs: with what, by name.

        Returns:
            What *function* returns.

        Raises:
            TimeLimitExceeded: if the limit was exceeded, however *function* ended; what it
                raised, unless that is the interruption itself, is the cause.

        """
        if self._fired:
            self._give_grace()
        try:
            # Nothing is interrupted before the inner try has begun or after it has ended: Python
            # looks for signals when it has called something or jumps back, and between
            # these lines it does neither. Mind this when changing them.
            try:
                self._open = True
                result = function(*args, **kwargs)
            finally:
                self._open = False
                if self._fired:
                    _watchdog.recall(self)
        except Interrupted:
            if self._told:
                raise  # it is for the test that this one runs in
            raise self.error() from None
        except BaseException as error:
            if self._told:
                raise
            if isinstance(error, asyncio.CancelledError):  # which cancel() has asked for
                raise self.error() from None
            raise self.error() from error
        if not self._told:
            raise self.error()
        return result

    def error(self) -> TimeLimitExceeded:
        """Return the error for the limit that was exceeded; :meth:`run` raises it by itself."""
        self._told = True
        return TimeLimitExceeded(
            f"the time limit of {self.seconds:g} s was exceeded\n{self._report}\n"
            "end what it waits for, or give it more time with time_limit=..."
        )

    def _give_grace(self) -> None:
        self._reset()
        self._deadline = _watchdog.clock() + self._grace
        self._grace /= 2
        _watchdog.wake()

