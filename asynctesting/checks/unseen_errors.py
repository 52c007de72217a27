"""
``thread-error``, ``unraisable-error`` and ``unread-job``: errors that ended where nobody looks.

The fault: an exception ends a thread (``thread-error``), or is raised where Python cannot pass it
on, in ``__del__`` or a callback of a weak reference (``unraisable-error``), or it waits in a
:class:`concurrent.futures.Future` whose result nobody asks for (``unread-job``). The first two are
printed, the last one is not even that. The test passes.

The cure: mend the error; catch it in the thread, and hand it to the test; ask each job for its
``result()`` or ``exception()``.

The allowance: ``@allow("thread-error", match="Thread-1")``, by the name of the thread or the type
of the error. A test that puts its own function in place of ``threading.excepthook`` or
``sys.unraisablehook`` is taken to look at what that is told.

``sys.excepthook``, ``sys.unraisablehook``, ``threading.excepthook`` and the filters of
:mod:`warnings` are put back when the test has ended, so that the next one does not meet them; the
filters only if no module was imported meanwhile, for those may be the module's.

What it cannot see: errors in threads that were started outside of a test, or that end after it;
what is dropped by a full run of the garbage collector, which may be anybody's, or only by the next
one, or where another thread runs; jobs that were submitted by an installed package, or in another thread; warnings that
are errors, in a ``__del__``.

"""

from __future__ import annotations

import gc
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from ..findings import Finding, Place, place_of_error
from . import made
from .base import Check, Closing, Scene, current_scene, is_alone
from .never_awaited import overheard


__all__ = ["UnseenErrors"]

__unittest = True

#: The check of each life, by the number of the life.
_WATCHING: Final[dict[int, UnseenErrors]] = {}

#: The filters of warnings and how many modules there are.
_Filters = tuple[list[Any], int]


class _Hook:
    """What stands in the place of a hook of the interpreter, while any life is led."""

    def __init__(self, handle: Callable[[Any], bool]) -> None:
        self._handle = handle
        #: What was there before.
        self._previous: Any = None
        self.ours = self._call

    def over(self, previous: Any) -> Any:
        """Ours, to be put in the place of *previous*."""
        if previous is not self.ours:
            self._previous = previous
        return self.ours

    def _call(self, told: Any, /) -> None:
        try:
            if self._handle(told):
                return
        except Exception:
            pass  # it is told the old way
        if self._previous is not None:
            self._previous(told)


def _of_thread(told: Any) -> bool:
    """Hand an error that has ended a thread to the life in which the thread was started."""
    check = _WATCHING.get(made.number_of(told.thread))
    if check is None or told.exc_type is SystemExit or told.exc_value is None:
        return False
    name = told.thread.name
    check.note("thread-error", f"thread {name!r} ended with an error", told.exc_value, name)
    return True


def _unraisable(told: Any) -> bool:
    """Hand an error that could not be raised to the life of the thread."""
    scene = current_scene()
    check = _WATCHING.get(scene.number) if scene is not None else None
    if check is None or told.exc_value is None:
        return False
    if issubclass(told.exc_type, Warning):
        return overheard(told.exc_value, sys._getframe(2))
    if not is_alone() or _is_collecting_all():
        return False  # another thread, or a full run of the collector: it may be anybody's
    what = getattr(told.object, "__qualname__", None) or type(told.object).__qualname__
    check.note("unraisable-error", f"Python ignored an error in {what}", told.exc_value, what)
    return True


def _is_collecting_all() -> bool:
    """Tell whether the collector is at this moment going through all generations."""
    _, half_old, old = gc.get_count()
    if half_old or old:
        return False
    # It is, or nothing has been collected since. While it is at work it does not begin again.
    gc.collect(0)
    return not gc.get_count()[1]


_THREADS: Final = _Hook(_of_thread)
_UNRAISABLE: Final = _Hook(_unraisable)


def _may_have_filtered(names: list[str]) -> bool:
    """Tell whether one of the modules *names* may have set filters for good as it was imported."""
    mine = {"asynctesting", *sys.stdlib_module_names}
    return any(name.partition(".")[0] not in mine for name in names)


class UnseenErrors(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("thread-error", "unraisable-error", "unread-job")
    is_shared: ClassVar[bool] = True

    # What was there before.
    _hooks: tuple[Any, Any, Any]
    _filters: _Filters

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._scene: Scene | None = None

    def start(self, scene: Scene) -> None:
        made.install()
        threads: Any = threading.excepthook
        unraisable: Any = sys.unraisablehook
        self._hooks = sys.excepthook, threads, unraisable
        self._filters = list(warnings.filters), len(sys.modules)
        self._scene = scene
        threading.excepthook = _THREADS.over(threads)
        sys.unraisablehook = _UNRAISABLE.over(unraisable)
        _WATCHING[scene.number] = self

    def is_in_doubt(self, scene: Scene) -> bool:
        current: Any = warnings.filters
        return (
            bool(self._found)
            or made.has_failed_jobs()
            or sys.unraisablehook is not _UNRAISABLE.ours
            or threading.excepthook is not _THREADS.ours
            or sys.excepthook is not self._hooks[0]
            or current != self._filters[0]
        )

    def stop(self) -> None:
        scene, self._scene = self._scene, None
        if scene is None:
            return
        if made.has_failed_jobs():
            for future, place, when in made.take_jobs(scene.number):
                self._note_job(future, place, when)
        _WATCHING.pop(scene.number, None)
        if not _WATCHING:
            made.forget_jobs()
        if scene.is_companion:
            if is_alone():
                _, threads, unraisable = self._hooks
                if threading.excepthook is _THREADS.ours:  # else it is somebody's in another thread
                    threading.excepthook = threads
                if sys.unraisablehook is _UNRAISABLE.ours:
                    sys.unraisablehook = unraisable
        elif is_alone():
            # Whatever the test has put there since.
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
            filters, modules = self._filters
            current: Any = warnings.filters  # a list, whatever it is declared as
            if current != filters and not _may_have_filtered(list(sys.modules)[modules:]):
                warnings.resetwarnings()  # which also forgets what was decided by them
                current[:] = filters

    def note(
        self,
        check: str,
        fact: str,
        error: BaseException,
        *about: str,
        place: Place | None = None,
        when: float | None = None,
    ) -> None:
        """Note one error."""
        cures = {
            "thread-error": "mend the error, or catch it in the thread and hand it to the test",
            "unraisable-error": "mend the error: a __del__ or a callback must not raise",
            "unread-job": "ask the job for its result() or exception(), or await it",
        }
        try:
            shown, detail = repr(error), "".join(traceback.format_exception(error))
        except Exception as problem:
            shown, detail = f"an error that cannot be shown ({type(problem).__name__})", ""
        inner = place_of_error(error)
        if place is not None and inner is not None:
            detail = f"{detail.rstrip()}\nit was submitted at {place}"
        self._found.append(
            Finding(
                check,
                f"{fact}: {shown}",
                cures[check],
                inner or place,
                detail,
                (*about, type(error).__qualname__),
                when,
            )
        )

    def _note_job(self, future: Any, place: Place | None, when: float) -> None:
        error = future._exception
        if error is not None:
            fact = "a job failed, and nobody asked for its error"
            self.note("unread-job", fact, error, place=place, when=when)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        return self._found
