"""
``never-awaited``: a coroutine was made and never awaited.

The fault: ``self.assertTrue(herd(cat))`` passes, whatever ``herd`` does, since
a coroutine is true and its body never runs.

The cure: ``self.assertTrue(await herd(cat))``.

The allowance: ``@allow("never-awaited")``. A test that asks for the warning of it has it, and no
finding: ``with self.assertWarns(RuntimeWarning):``, ``with warnings.catch_warnings(record=True):``.

One that something still refers to when the test ends, or that is in a reference cycle, is found
as well; not the former in a test that has failed, which may not have come to the ``await``.

So is a method of an asynchronous generator (``anext(rows)``, ``rows.asend(1)``, ``rows.aclose()``):
from Python 3.13 on, which warns of it, each of them, once it is dropped; before that, the first of a
generator which has not run when it is dropped, or when the test ends.

What it cannot see: coroutines of other threads; one that is kept, where tests run in several
threads at once; objects with ``__await__`` that are no coroutines; methods of generators where their
warnings are ignored, and a second one on the same line, if such a warning is shown but once. While a
test is explored, the user's line that led to it, if more than three calls of others are in between.

"""

from __future__ import annotations

import gc
import re
import sys
import threading
import unittest
import warnings
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, ClassVar, Final, TypeAlias

from ..cures import awaited, sync_function
from ..findings import GENERATED, Finding, Place, is_user_file, place_of_code, site_of_lines
from .base import Check, Closing, Scene
from .census import Census


__all__ = ["NeverAwaited", "overheard"]

__unittest = True

#: How many calls are remembered for each new coroutine. The first one is the line
#: wanted; a mock needs a few more, for its own lines come first.
DEPTH = 6

#: The same in a life in one of many orders, where it counts what each of them costs: up to here are the lines of
#: mocks, what follows is nearly always the machinery's.
EXPLORED_DEPTH = 4

#: CPython calls this function of :mod:`warnings`, by name, for each coroutine that is
#: finalised before it has started. Seen in 3.8 to 3.15. For a test that asks for its warning two
#: more names are used: ``_showwarnmsg_impl`` (3.6 to 3.15), and ``_get_context`` (from 3.14 on).
HOOK = "_warn_unawaited_coroutine"

#: What CPython calls, by name, with a warning that is to be shown. For methods of asynchronous
#: generators, of which there are no origins, nothing else tells. Seen in 3.11 to 3.15.
SHOW: Final = "_showwarnmsg"

#: The words of CPython for those, 3.13 to 3.15.
METHOD: Final = r"coroutine method '(\w+)' of '(.*)' was never awaited"

#: The coroutine that is made by a call of an AsyncMock. Seen in 3.11 to 3.15.
MOCK: Final = "_execute_mock_call"

#: The method of a mock that tells its name, with those of its parents. Seen in 3.11 to 3.15.
EXTRACT: Final = "_extract_mock_name"

#: How functions are called that are awaited by the test case.
FIXTURES: Final = ("test", "setUp", "tearDown")


#: A coroutine: its name, the user's line that led to it, where it is defined and where it was made.
_Lost: TypeAlias = tuple[str, Place | None, Place, Place | None]


class _Router:
    """
    Hands each lost coroutine to the check that watches the thread on which it was lost.

    It is put in place once, and stays: where nobody watches, it does what was there before.

    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._original: Callable[[Any], object] | None = None
        #: For each thread, the checks of the tests that run on it, the innermost last.
        self._watching: dict[int, list[NeverAwaited]] = {}
        self._depths: dict[int, int] = {}
        self._hook = self._lost
        self._show: Callable[[Any], object] | None = None
        self._show_hook = self._shown

    def add(self, check: NeverAwaited, least: int = DEPTH) -> None:
        if getattr(warnings, HOOK, None) is not self._hook:
            with self._lock:
                self._original = getattr(warnings, HOOK, None)
                setattr(warnings, HOOK, self._hook)
        if getattr(warnings, SHOW, None) is not self._show_hook:
            with self._lock:
                self._show = getattr(warnings, SHOW, None)
                if self._show is not None:
                    setattr(warnings, SHOW, self._show_hook)
        check.thread = threading.get_ident()
        checks = self._watching.setdefault(check.thread, [])
        if not checks:
            self._depths[check.thread] = sys.get_coroutine_origin_tracking_depth()
        checks.append(check)
        if sys.get_coroutine_origin_tracking_depth() < least:
            sys.set_coroutine_origin_tracking_depth(least)

    def remove(self, check: NeverAwaited) -> None:
        checks = self._watching.get(check.thread, [])
        if check in checks:
            checks.remove(check)
            if not checks:
                del self._watching[check.thread]
                depth = self._depths.pop(check.thread)
                if check.thread == threading.get_ident():
                    sys.set_coroutine_origin_tracking_depth(depth)

    def _lost(self, coroutine: Any) -> None:
        origin = coroutine.cr_origin
        if origin is not None and _TOLD.pop(id(origin), None) is not None:
            return  # by the test that kept it; this may be another one
        if origin is None and _TOLD_PLAIN.pop(id(coroutine), None) is coroutine.cr_code:
            return
        check = self._check()
        if check is not None:
            # Its finding says more than the RuntimeWarning would, so there is none.
            check.lost.append(_describe(coroutine))
        elif self._original is not None:
            self._original(coroutine)

    def _shown(self, message: Any) -> None:
        if message.category is RuntimeWarning and self.hear(
            str(message.message), message.filename, message.lineno
        ):
            return
        assert self._show is not None
        self._show(message)

    def hear(self, words: str, filename: str, lineno: int) -> bool:
        """Take what Python says of a method of a generator, if it is for a check."""
        found = re.fullmatch(METHOD, words)
        # What was dropped elsewhere was awaited by somebody who was cancelled before it began.
        check = self._check() if found and is_user_file(filename) else None
        if found is None or check is None:
            return False
        check.methods.append((found[1], found[2], Place(filename, lineno)))
        return True

    def _check(self) -> NeverAwaited | None:
        """The check for what is lost on this thread, unless the test asks for the warning of it."""
        checks = self._watching.get(threading.get_ident())
        if checks is None and len(self._watching) == 1:
            (checks,) = self._watching.values()
        if not checks:
            return None
        log = _log()
        if log is None or log is checks[-1].log or not _is_asked_for(log):
            return checks[-1]
        return None


_ROUTER = _Router()

#: The origins, by id, of coroutines that were told of while something still referred to them.
#: They are kept so that no other has their id.
_TOLD: Final[dict[int, Any]] = {}

#: The codes, by the ids of the coroutines, of those that have none, which are of a series of lives.
_TOLD_PLAIN: Final[dict[int, Any]] = {}


def _log() -> Any:
    """Where warnings are recorded at this moment, in place of being shown; nothing if nowhere."""
    context = getattr(warnings, "_get_context", None)  # where each context has its own, 3.14
    log = getattr(context(), "log", None) if context is not None else None
    if log is None:
        log = getattr(getattr(warnings, "_showwarnmsg_impl", None), "__self__", None)
    return log if isinstance(log, list) else None


def _is_asked_for(log: Any) -> bool:
    """Tell whether a RuntimeWarning is what *log* is for, not only what else comes meanwhile."""
    for one in gc.get_referrers(log):
        if isinstance(one, unittest.case._AssertWarnsContext):
            one = vars(one)
        expected = one.get("expected") if isinstance(one, dict) else None
        if expected is not None:
            return issubclass(RuntimeWarning, expected)
    return True


def _describe(coroutine: Any) -> _Lost:
    origin = coroutine.cr_origin or ()
    place = site_of_lines(origin)
    makers = [Place(*line) for line in origin if is_user_file(line[0])]
    maker = next((maker for maker in makers if maker.filename != GENERATED), place)
    name = f"{coroutine.__qualname__!s} {_name_of_mock(coroutine)}".rstrip()
    return name, place, place_of_code(coroutine.cr_code), maker


def _name_of_mock(coroutine: Any) -> str:
    """What the mock is called that made a coroutine; nothing for any other coroutine."""
    frame = coroutine.cr_frame
    if coroutine.cr_code.co_name != MOCK or frame is None:
        return ""
    name = getattr(type(frame.f_locals.get("self")), EXTRACT, None)
    try:
        return str(name(frame.f_locals["self"])) if name is not None else ""
    except Exception:  # of a mock that is half gone
        return ""


def overheard(warning: BaseException, frame: FrameType | None) -> bool:
    """Take a *warning* that could not be raised in *frame*, for warnings are errors, if it is for a check."""
    return (
        isinstance(warning, RuntimeWarning)
        and frame is not None
        and _ROUTER.hear(str(warning), frame.f_code.co_filename, frame.f_lineno)
    )


class NeverAwaited(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("never-awaited",)
    is_shared: ClassVar[bool] = True

    _kept: tuple[_Lost, ...] = ()

    def __init__(self) -> None:
        self.lost: list[_Lost] = []
        #: Methods of asynchronous generators: of which, and where they were dropped.
        self.methods: list[tuple[str, str, Place]] = []
        self.thread = 0
        #: Where the runner records warnings, if it does.
        self.log: Any = None

    def start(self, scene: Scene) -> None:
        self.log = _log()
        if scene.is_series:
            # A life in doubt is led once more. But an origin tells that it is not another thread's.
            depth = 1 if threading.active_count() > 1 else 0
        else:
            depth = EXPLORED_DEPTH if hasattr(scene.loop, "end_exploring") else DEPTH
        _ROUTER.add(self, depth)

    def is_in_doubt(self, scene: Scene) -> bool:
        return bool(self.lost or self.methods)

    def count(self, found: Census) -> None:
        for coroutine in found.coroutines:
            if coroutine.cr_origin is None:
                _TOLD_PLAIN[id(coroutine)] = coroutine.cr_code
            else:
                _TOLD[id(coroutine.cr_origin)] = coroutine.cr_origin
            self._kept += (_describe(coroutine),)

    def stop(self) -> None:
        _ROUTER.remove(self)

    def findings(self, closing: Closing) -> Iterable[Finding]:
        if not (self.lost or self._kept or self.methods):
            return ()
        return self._tell(closing)

    def _tell(self, closing: Closing) -> Iterator[Finding]:
        # A test that has failed may have kept one that it did not come to await.
        for lost in [*self.lost, *(self._kept if closing.has_passed else ())]:
            yield _finding(self.ids[0], *lost)
        for method, name, place in self.methods:
            yield Finding(
                self.ids[0],
                f"{method}() of async generator {name!r} was never awaited: it did not run",
                "write `await` before the call: `await anext(...)`, `await rows.aclose()`",
                place,
                about=(name,),
            )


def _finding(
    check: str, name: str, place: Place | None, defined: Place, maker: Place | None
) -> Finding:
    name, _, mock = name.partition(" ")
    short = name.rpartition(".")[2]
    if short == MOCK:
        what = "an AsyncMock" if mock in ("", "mock") else f"the mock '{mock}'"
        fact = f"{what} was called, and what that returned was never awaited"
        cure = "write `await` before the call; what is not to be awaited is for a Mock to stand for"
    else:
        fact = f"coroutine {name!r} was never awaited: its body did not run"
        line = awaited(place, short) or f"await {short}(...)"
        function = sync_function(place)
        cure = f"write `await` before the call that made it: `{line}`"
        if function and not function.startswith("<"):
            cure += f"\n{function}() is not asynchronous: make it `async def`"
            if not function.startswith(FIXTURES):
                cure += ", and await it, too"
    detail = ""
    if maker != place and maker is not None:
        detail = f"it was made at {maker}"
        cure = f"{maker.function}() does not await what it calls: give it a function that is not "
        cure += "asynchronous, or await what it returns"
    return Finding(check, fact, cure, place or defined, detail, about=(mock or name,))
