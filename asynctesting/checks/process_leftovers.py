"""
What a test has left in its process: sockets, processes, threads, loops, patches, handlers.

===================  =========================================================================
id                   what was left when the test ended
===================  =========================================================================
``leftover-socket``  a socket that is open, or that was dropped while it was open
``leftover-process`` a subprocess that still runs, or that nobody has waited for
``leftover-thread``  a thread that still runs
``leftover-loop``    an event loop that is not closed
``leftover-patch``   a ``mock.patch(...)`` that was started, and not stopped
``leftover-policy``  an event loop policy that was set, and not put back
``leftover-signal``  a handler by ``signal.signal`` that was not put back
``open-descriptor``  a file or a pipe that is open; only a suspicion, for its causes are many
===================  =========================================================================

The fault: what is left works on while other tests run, holds a port, a file or a process, or
changes what they see. So does a job that the test has given to an executor of its own
(``leftover-job``). The one that fails for it is never the one to blame.

The cure: a ``with`` block, or a cleanup where the thing is made: ``self.addCleanup(sock.close)``,
``self.addCleanup(patcher.stop)``.

The allowance: ``@allow("leftover-thread", match="heartbeat", reason="...")``, by the name of the
thread, the command of the process, the target of the patch.

Patches, handlers and policies are taken back, where the test fails for them, so that the next one
does not suffer. Of a test that has failed nothing is told but these, for it may not have come
to its clean-up.

What it cannot see: what was made outside of a test's own thread, or before it began; what an
installed package, or a module that is imported, has made for itself, which may keep it for
good; idle workers of a pool; loops that are not asyncio's, as uvloop's; processes by
``os.fork`` or ``os.posix_spawn``, and those of :mod:`multiprocessing` that end within a second; a
process that was dropped, and for which :mod:`subprocess` has waited by itself; handlers, where
tests run in several threads; open descriptors on Windows.

"""

from __future__ import annotations

import gc
import os
import re
import select
import signal
import sys
import threading
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from ..findings import Finding, Place, is_user_file, place_of_code
from ..loops import insides
from ..loops.patience import Patience
from . import census, made
from .base import Check, Closing, Scene, is_alone
from .hooks import code_of, name_of
from .made import Made


__all__ = ["ProcessLeftovers"]

__unittest = True

#: Real seconds for threads to end that are about to, on a machine that is not busy; and for jobs.
GRACE: Final = 0.1

#: Real seconds for a process of multiprocessing to end that is about to; it is waited for without our help, later.
CHILD_GRACE: Final = 1.0

#: Real seconds from one look at such a thread to the next.
SLICE: Final = 0.01

#: Threads of asyncio and of ours, by the beginnings of their names.
_OURS: Final = ("asyncio-waitpid-", "asynctesting-")

#: The signals that are looked at: those that programs handle. SIGURG and SIGVTALRM belong to the time limit.
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in (
        "SIGALRM", "SIGBREAK", "SIGCHLD", "SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"
    )
    if hasattr(signal, name)
)

#: The function behind ``signal.getsignal``, which takes most of its time to make enums. 3.5 to 3.15.
_getsignal: Any = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)


def _handlers() -> tuple[Any, ...]:
    return tuple(map(_getsignal, _SIGNALS))


def _lowest_descriptor() -> int:
    """The lowest number that a new descriptor would get; -1 if that cannot be told."""
    try:
        number = os.dup(2)
    except OSError:
        return -1
    os.close(number)
    return number


#: It asks in one call of the system for what takes two otherwise.
_POLL: Final[Any] = getattr(select, "poll", None)

#: For the number of a descriptor, what asks the system about it; one number is enough, as it is nearly always the same.
_ASKING: Final[dict[int, Any]] = {}


def _is_taken(number: int) -> bool:
    """Tell whether there is a descriptor of this *number*; asked by one thread at a time."""
    if _POLL is None:
        return _lowest_descriptor() > number
    asking = _ASKING.get(number)
    if asking is None:
        _ASKING.clear()
        _ASKING[number] = asking = _POLL()
        asking.register(number, 0)
    return bool(asking.poll(0) != [(number, select.POLLNVAL)])


#: How the names of descriptors begin that other checks tell of, or that nobody opens by hand.
_TOLD_ELSEWHERE: Final = ("socket:", "anon_inode:", "/dev/", "/proc/", "/sys/")
_OF_LIBRARIES: Final = r"\.pyc?$|\.so(\.[\d.]+)?$"


class ProcessLeftovers(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = (
        "leftover-socket",
        "leftover-process",
        "leftover-thread",
        "leftover-loop",
        "leftover-patch",
        "leftover-policy",
        "leftover-signal",
        "open-descriptor",
    )
    suspicions: ClassVar[frozenset[str]] = frozenset({"open-descriptor"})
    is_shared: ClassVar[bool] = True

    # What was there when the life began.
    _handlers: tuple[Any, ...] | None = None
    _policy: Any = None
    _descriptor: int = -1

    # What was found. Only the thread of the life looks.
    _found: tuple[Finding, ...] = ()
    _always: tuple[Finding, ...] = ()

    def start(self, scene: Scene) -> None:
        made.install()
        self._policy = insides.policy()
        if scene.thread == threading.main_thread().ident:
            self._handlers = _handlers()
        # The numbers are the whole process's: what other threads open is not this life's.
        if "open-descriptor" in scene.levels and os.name == "posix" and is_alone():
            self._descriptor = _lowest_descriptor()

    def is_in_doubt(self, scene: Scene) -> bool:
        if self._descriptor >= 0 and is_alone() and _is_taken(self._descriptor):
            self._look_at_descriptor(scene)  # the thread that watches has one now and then, for a moment
            self._descriptor = _lowest_descriptor()
        return bool(
            scene.made
            or self._found
            or made.has_jobs()
            or insides.policy() is not self._policy
            or (self._handlers is not None and _handlers() != self._handlers)
        )

    def inspect(self, scene: Scene) -> None:
        if scene.made:
            self._look(scene, scene.made)
            scene.made.clear()
        if made.has_jobs():
            self._look_at_jobs(scene)
        if insides.policy() is not self._policy:
            self._look_at_policy(scene)
        if self._handlers is not None and _handlers() != self._handlers and is_alone():
            self._look_at_handlers(scene)
        if self._descriptor >= 0 and is_alone() and _is_taken(self._descriptor):
            self._look_at_descriptor(scene)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        return self._always + (self._found if closing.has_passed else ())

    # What was made

    def _look(self, scene: Scene, things: list[Made]) -> None:
        patience = Patience(GRACE)
        for one in things:
            if one.kind == "thread":
                self._look_at_thread(one, patience)
            elif one.kind == "signal":
                continue
            elif one.kind == "patch":
                self._look_at_patch(one, scene)
            else:
                getattr(self, f"_look_at_{one.kind}")(one, scene)

    def _tell(
        self, check: str, fact: str, cure: str, one: Made, *about: str, detail: str = ""
    ) -> None:
        self._found += (Finding(check, fact, cure, one.place, detail, about, one.when),)

    def _look_at_socket(self, one: Made, scene: Scene) -> None:
        if one.closed or one.with_library or one.is_asyncio:
            return
        sock = one.ref()
        cure = "close it: `with` it, or self.addCleanup(sock.close)"
        number = -1 if sock is None else sock.fileno()
        if number < 0:  # closed by nobody but the garbage collector
            self._tell(
                "leftover-socket", "a socket was dropped without being closed", cure, one, "socket"
            )
            return
        if insides.is_watched(scene.loop, number):
            return  # what the loop watches is told as a reader, a server or a transport
        self._tell("leftover-socket", f"a socket is still open: {sock!r}", cure, one, repr(sock))

    def _look_at_process(self, one: Made, scene: Scene) -> None:
        if one.with_library or not isinstance(one.pid, int) or one.pid <= 0:
            return  # a test has put something else in place of the process
        child = one.ref()
        if child is not None and child.returncode is not None:
            return
        state = _state(one.pid)
        name = "a subprocess"
        about = []
        if child is not None:
            about = [" ".join(map(str, child.args)) if isinstance(child.args, (list, tuple))
                     else str(child.args)]
            name = f"the subprocess {about[0]!r}"
        if state == "runs":
            fact = f"{name} (process {one.pid}) still runs"
            cure = "terminate it, and wait for it, in the test or a cleanup"
        elif state == "ended" and not one.is_asyncio:
            fact = f"{name} (process {one.pid}) has ended, and nobody has waited for it"
            cure = "wait for it: `with` it, or call wait() or communicate()"
        else:
            return
        self._tell("leftover-process", fact, cure, one, *about)

    def _look_at_child(self, one: Made, scene: Scene) -> None:
        child = one.ref()
        if child is None or one.with_library:
            return
        try:
            child.join(CHILD_GRACE)
            if not child.is_alive():
                return
        except (AssertionError, ValueError):
            return  # it was closed, or this process is itself a child
        self._tell(
            "leftover-process",
            f"the process {child.name!r} (process {child.pid}) still runs",
            "tell it to end, or terminate() it, and join() it, in the test or a cleanup",
            one,
            child.name,
        )

    def _look_at_thread(self, one: Made, patience: Patience) -> None:
        thread = one.ref()
        if thread is None or not thread.is_alive():
            return
        if (one.with_library and thread.daemon) or thread.name.startswith(_OURS):
            return
        while not patience.is_over([thread.native_id or 0]):
            thread.join(SLICE)
            if not thread.is_alive():
                return
        target = getattr(thread, "_target", None)
        code = code_of(target) if target is not None else code_of(type(thread).run)
        detail = ""
        if code is not None and is_user_file(code.co_filename):
            detail = f"it runs {place_of_code(code)}"
        self._tell(
            "leftover-thread",
            f"thread {thread.name!r} still runs",
            "tell it to end, and join it, in the test or a cleanup",
            one,
            thread.name,
            name_of(target) if target is not None else type(thread).__qualname__,
            detail=detail,
        )

    def _look_at_jobs(self, scene: Scene) -> None:
        jobs = made.open_jobs(scene.number)
        if not jobs:
            return
        from concurrent.futures import wait

        wait([future for future, _ in jobs], timeout=GRACE)
        for future, job in jobs:
            if not future.done():
                state = "running" if future.running() else "waiting to run"
                self._found += (
                    Finding(
                        "leftover-job",
                        f"the job {job.name!r} was still {state} in an executor when the test had "
                        "ended",
                        "set whatever it waits for, and ask for its result(), or leave the executor "
                        "by `with`",
                        job.place,
                        about=(job.name,),
                        when=job.when,
                    ),
                )

    def _look_at_loop(self, one: Made, scene: Scene) -> None:
        loop = one.ref()
        if loop is None or loop is scene.loop or one.with_library or loop.is_closed():
            return
        if insides.self_pipe(loop) is None:
            return  # it holds nothing: a stand-in for a loop
        self._tell(
            "leftover-loop",
            f"an event loop is not closed: {loop!r}",
            "close it: self.addCleanup(loop.close), or use asyncio.run() or asyncio.Runner",
            one,
            type(loop).__qualname__,
        )

    def _look_at_patch(self, one: Made, scene: Scene) -> None:
        patcher = one.ref()
        if patcher is None or not made.is_patching(patcher):
            return
        target = getattr(patcher, "target", None) or getattr(patcher, "in_dict", None)
        name = getattr(target, "__name__", None) or type(target).__qualname__
        attribute = getattr(patcher, "attribute", "")
        name = f"{name}.{attribute}" if attribute else f"a {name}"
        self._always += (
            Finding(
                "leftover-patch",
                f"a patch of {name} was started, and not stopped",
                "stop it: self.addCleanup(patcher.stop), or `with` it",
                one.place,
                about=(name,),
                when=one.when,
            ),
        )
        if scene.levels.get("leftover-patch") == "fail":
            patcher.stop()

    # What was replaced

    def _look_at_policy(self, scene: Scene) -> None:
        policy, before = insides.policy(), self._policy
        if insides.is_default_policy(before) and insides.is_default_policy(policy):
            return  # asyncio makes it when somebody asks; None is how a cleanup puts it back
        name = type(policy).__qualname__
        code = code_of(type(policy).__init__)
        place = None
        if code is not None and is_user_file(code.co_filename):
            place = place_of_code(code)
        self._always += (
            Finding(
                "leftover-policy",
                f"the event loop policy was replaced, and not put back: it is {name} now",
                "put it back in a cleanup; for the loop of a test, set loop_factory instead",
                place,
                about=(name,),
            ),
        )
        if scene.levels.get("leftover-policy") == "fail":
            insides.put_policy_back(before)

    def _look_at_handlers(self, scene: Scene) -> None:
        assert self._handlers is not None
        for number, before, now in zip(_SIGNALS, self._handlers, _handlers()):
            if now == before or getattr(now, "__module__", "") in _LOOPS_OWN:
                continue
            name = signal.Signals(number).name
            handler = getattr(now, "name", None) or repr(now)  # SIG_IGN is a number with a name
            place: Place | None = made.place_of_signal(scene.number, number)
            if place is None and (code := code_of(now)) is not None:
                place = place_of_code(code)
            self._always += (
                Finding(
                    "leftover-signal",
                    f"the handler of {name} was replaced, and not put back: it is {handler} now",
                    "put it back: self.addCleanup(signal.signal, number, previous)",
                    place,
                    about=(name,),
                ),
            )
            if scene.levels.get("leftover-signal") == "fail" and before is not None:
                signal.signal(number, before)

    def _look_at_descriptor(self, scene: Scene) -> None:
        number = self._descriptor
        if insides.is_watched(scene.loop, number):
            return  # told as a reader or a transport
        name = ""
        if _is_of_multiprocessing(number):
            return  # it lasts as long as this process
        gc.collect(census.YOUNG)  # what was dropped in a cycle is closed with it
        try:
            os.fstat(number)
            if sys.platform == "linux":
                name = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            return  # another thread, the one that watches perhaps, had it for a moment only
        if name.startswith(_TOLD_ELSEWHERE) or re.search(_OF_LIBRARIES, name):
            return  # told otherwise, or a library's
        what = f": {name}" if name else ""
        self._found += (
            Finding(
                "open-descriptor",
                f"descriptor {number} is still open{what}",
                "close it: `with open(...)`, or self.addCleanup(file.close)",
                about=(name,),
            ),
        )


def _is_of_multiprocessing(number: int) -> bool:
    """Tell whether :mod:`multiprocessing` looks after a descriptor, for itself or for a process."""
    children = sys.modules.get("multiprocessing")
    if children is None:
        return False
    children.active_children()  # it lets go of those that have ended
    for name, holder, attribute in _OF_MULTIPROCESSING:
        found = getattr(sys.modules.get(f"multiprocessing.{name}"), holder, None)
        if getattr(found, attribute, None) == number:
            return True
    util = sys.modules.get("multiprocessing.util")
    close = getattr(util, "close_fds", None)
    return any(
        close is not None
        and getattr(one, "_callback", None) is close
        and number in (getattr(one, "_args", None) or ())
        for one in list(getattr(util, "_finalizer_registry", {}).values())
    )


#: What multiprocessing keeps open for good: a module, an object in it, an attribute. Seen in 3.11
#: to 3.15; without it, the first test that starts such a process may be suspected. So may one that
#: keeps a process, without ``multiprocessing.util._finalizer_registry``, which closes its pipes.
_OF_MULTIPROCESSING: Final = (
    ("resource_tracker", "_resource_tracker", "_fd"),
    ("forkserver", "_forkserver", "_forkserver_alive_fd"),
)

#: Handlers that an event loop installs for itself, and takes back when it is closed.
_LOOPS_OWN: Final = frozenset({"asyncio.unix_events", "asyncio.runners"})


def _state(pid: int) -> str:
    """Tell whether a child process ``"runs"``, has ``"ended"``, or is ``"gone"``; it stays as it is."""
    if not hasattr(os, "waitid"):
        return "runs"
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return "gone"
    return "runs" if found is None else "ended"
