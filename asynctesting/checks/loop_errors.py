"""
``loop-error``, ``unread-error``, ``dropped-task``, ``exception-handler``: only the loop saw it.

The fault: an exception in a callback, a timer or a protocol ends up in the loop's exception
handler, which logs it (``loop-error``). So does that of a task or a future whose result nobody
asked for (``unread-error``), when it is dropped; until then, nobody knows at all. A task that only
the loop's weak reference knew is dropped in the midst of its work (``dropped-task``). A handler
that the test has put in place of the loop's, and left there, to do nothing, would keep such errors
to itself, those of the tear-down, too (``exception-handler``). The test passes.

The cure: mend the error, or await the task or future that carries it; keep tasks in a
:class:`asyncio.TaskGroup`; put the handler back with ``loop.set_exception_handler(None)``.

The allowance: ``@allow("loop-error", match="ZeroDivisionError")``, and so on. An error that must
happen is better asserted: ``with self.assertLoopError(ZeroDivisionError):``. One that is logged
inside ``with self.assertLogs("asyncio"):`` is expected, too.

What it cannot see: errors on other loops; those that a handler of the test's has seen, if it was
put back, or does something with them; futures of other types than asyncio's own that somebody
still refers to.

"""

from __future__ import annotations

import asyncio
import asyncio.log
import gc
import logging
import re
import time
import traceback
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, ClassVar, Final

from ..cures import kept
from ..findings import Finding, Place, is_user_file, place_of_code, place_of_error
from ..loops import insides
from .base import Check, Closing, Scene
from .census import Census
from .hooks import around
from .swallowed_assertions import told
from .tasks import describe, made_at, names


__all__ = ["ExpectedLoopError", "LoopErrors"]

__unittest = True


def _creation(source: Any) -> Place | None:
    """The user's innermost line in a traceback that asyncio's debug mode kept."""
    for line in reversed(source or ()):
        if is_user_file(line.filename):
            return Place(line.filename, line.lineno or 0, line.name)
    return None


def _log_handlers() -> tuple[logging.Handler, ...]:
    """The handlers of what asyncio logs."""
    return (*asyncio.log.logger.handlers, *logging.root.handlers)


def _words(context: dict[str, Any]) -> tuple[str, Place | None, str, Place | None]:
    """Put into words what the loop tells."""
    message = context.get("message") or "unhandled error in the event loop"
    error = context.get("exception")
    task = context.get("task") or context.get("future")
    kind = _kind(context)
    fact = message[:1].lower() + message[1:].rstrip("!")
    place = None
    detail = ""
    name = "a future"
    if isinstance(task, asyncio.Task):
        name, place = describe(task)
        fact = f"{name}: {fact}"
    if kind == "unread":
        fact = f"{name} failed, and nobody asked for its error"
    elif kind == "dropped":
        fact = f"{name} was dropped by the garbage collector while it was pending"
    if isinstance(error, BaseException):
        fact = f"{fact}: {error!r}"
        place = place_of_error(error) or place
        detail = _traceback(error, place)
    made = made_at(task) if isinstance(task, asyncio.Task) else None
    if made in (None, place):
        made = None
    else:
        if kind == "dropped":
            # Whoever made it has dropped it. Where it stood is known only if the collector has
            # not yet closed its coroutine.
            detail = f"it was to run {place}"
            place, made = made, None
    handle = context.get("handle")
    callback: Any = getattr(handle, "_callback", None)
    arguments = getattr(handle, "_args", None)
    if arguments:
        words = ", ".join(map(repr, arguments))
        if words not in message:  # asyncio shortens them, and leaves them out since 3.14
            detail = f"{detail.rstrip()}\nit was called with {words}".lstrip()
    if place is None and hasattr(callback, "__code__"):
        code = callback.__code__
        place = Place(code.co_filename, code.co_firstlineno, code.co_name)
    place = place or _creation(context.get("source_traceback"))
    return fact, place, detail, made


def _traceback(error: BaseException, place: Place | None) -> str:
    """The traceback of *error*, unless it has no more than the line at *place*."""
    tb = error.__traceback__
    if (
        tb is not None
        and tb.tb_next is None
        and place is not None
        and (place.filename, place.lineno) == (tb.tb_frame.f_code.co_filename, tb.tb_lineno)
        and error.__cause__ is error.__context__ is None
        and not isinstance(error, BaseExceptionGroup)
        and not getattr(error, "__notes__", None)
    ):
        return ""
    return "".join(traceback.format_exception(error))


def _cure(context: dict[str, Any], kind: str) -> str:
    """What to do about it, with the user's own name for the task, if there is one."""
    if kind == "error":
        error = context.get("exception")
        name = type(error).__name__ if isinstance(error, BaseException) else "..."
        return _KINDS[kind][1].replace("...", name)
    future = context.get("task") or context.get("future")
    made = made_at(future) if isinstance(future, asyncio.Task) else None
    name, line = kept(made)
    if not name:
        return _KINDS[kind][1]
    keep = f"keep it, `{line}`,\nand " if line else ""
    why = {
        "unread": "then the test sees the error",
        "dropped": "an event loop does not keep its tasks",
    }
    return f"{keep}`await {name}` before the test ends: {why[kind]}"


#: The methods of a loop that are replaced on the loop itself.
_DEFAULT: Final = "default_exception_handler"
_CALL: Final = "call_exception_handler"

#: What may come to the loop: the id of its finding, and the cure.
_KINDS: Final = {
    "error": (
        "loop-error",
        "mend the error; around one that must happen, write `with self.assertLoopError(...):`",
    ),
    "unread": (
        "unread-error",
        "await it, or ask for its result() or exception(), before the test ends",
    ),
    "dropped": (
        "dropped-task",
        "keep a reference to it, and await it: an event loop keeps none; "
        "asyncio.TaskGroup does both",
    ),
}


def _kind(context: dict[str, Any]) -> str:
    """Tell what has come to the loop, by the words that asyncio has for it, 3.11 to 3.15."""
    message = str(context.get("message") or "")
    if "never retrieved" in message:
        return "unread"
    if "was destroyed but it is pending" in message:
        return "dropped"
    return "error"


def _names(context: dict[str, Any]) -> tuple[str, ...]:
    """What it may be allowed by."""
    task = context.get("task") or context.get("future")
    error = context.get("exception")
    found = names(task) if isinstance(task, asyncio.Task) else ()
    return found if error is None else (*found, type(error).__qualname__)


def _words_safely(context: dict[str, Any]) -> tuple[str, Place | None, str, Place | None]:
    try:
        return _words(context)
    except Exception as problem:  # asyncio would log it, and the test would pass
        return f"an error that cannot be shown ({type(problem).__name__})", None, "", None


def _does_nothing(handler: Any) -> bool:
    """Tell whether *handler* is a function that drops what it is told."""
    import dis  # hardly ever needed

    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    return code is not None and not any(
        step.opname.startswith(("CALL", "RAISE", "STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF", "STORE_SUB"))
        for step in dis.get_instructions(code)
        # This one ends generators, and only them.
        if step.opname != "CALL_INTRINSIC_1"
    )


def _put_back(own: dict[str, Any], name: str, ours: Any, before: Any) -> None:
    if own.get(name) == ours:
        if before is None:
            del own[name]
        else:
            own[name] = before


def _on_accept(original: Any) -> Callable[..., Any]:
    def _accept_connection2(self: Any, protocol_factory: Any, *args: Any, **kwargs: Any) -> Any:
        def factory() -> Any:
            try:
                return protocol_factory()
            except Exception as error:
                _tell_of_accept(self, error)
                raise

        return original(self, factory, *args, **kwargs)

    return _accept_connection2


def _tell_of_accept(loop: Any, error: Exception) -> None:
    """Tell of an error in a protocol's factory what asyncio tells in debug mode only."""
    # Nothing here may outlast the call: the error's traceback has the connection, which is closed with it.
    if hasattr(loop, "end_exploring"):
        loop.rouse()
    check = getattr(vars(loop).get(_DEFAULT), "__self__", None)
    if isinstance(check, LoopErrors) and not loop.get_debug():
        message = "error while a server made a protocol for a connection"
        context = {"message": message, "exception": error}
        # Handlers of the user's are told what asyncio tells, and no more.
        handler = loop.get_exception_handler()
        if isinstance(getattr(handler, "__self__", None), ExpectedLoopError):
            loop.call_exception_handler(context)
        else:
            check._handle(context)


_installed = False


class LoopErrors(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("loop-error", "unread-error", "dropped-task", "exception-handler")
    is_shared: ClassVar[bool] = True
    is_about_loop: ClassVar[bool] = True

    _is_owned: bool = True
    #: Whether there was an error on the loop of a life of its series; and who watches that of the last one.
    _is_roused: bool = False
    _roused: LoopErrors | None = None
    #: The last error that went to a handler of the test's, and to which.
    _diverted: tuple[Any, dict[str, Any]] | None = None
    _ending: bool = False
    #: Whoever listens to the log already, from outside of the test.
    _outer: tuple[logging.Handler, ...] = ()

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._loop: Any = None
        #: The exception handler that was there before.
        self._previous: Any = None
        #: What was in place of our hooks, if they are there.
        self._before: tuple[Any, Any] | None = None

    def start(self, scene: Scene) -> None:
        global _installed
        if not _installed:
            _installed = True
            around(BaseSelectorEventLoop, insides.ACCEPT, _on_accept)
        self._loop = loop = scene.loop
        self._is_owned = scene.is_owned
        self._outer = _log_handlers()
        if not scene.is_series:
            self._watch(loop)

    def join(self, scene: Scene) -> None:
        self._ending, self._roused = False, None
        scene.loop.on_error = self.rouse  # type: ignore[attr-defined]

    def rouse(self, loop: Any) -> None:
        """There is an error, the first one, on the *loop* of a life of the series: watch it, as in any life."""
        if self._loop is None:
            return  # the series is over
        self._is_roused = True
        self._roused = one = LoopErrors()
        one._found, one._outer, one._loop = self._found, self._outer, loop
        one._ending = self._ending
        one._stand_in(loop)

    def _watch(self, loop: Any) -> None:
        self._previous = loop.get_exception_handler()
        if self._previous is None:
            try:
                self._stand_in(loop)
            except (AttributeError, TypeError):  # a loop that has no attributes of its own
                self._before = None
            else:
                return
        loop.set_exception_handler(self._handle_of)

    def _stand_in(self, loop: Any) -> None:
        """Stand in for methods of *loop*; so one without a handler stays one, for whoever asks."""
        own = vars(loop)
        self._before = own.get(_DEFAULT), own.get(_CALL)
        loop.default_exception_handler = self._handle
        loop.call_exception_handler = self._call

    def inspect(self, scene: Scene) -> None:
        loop = self._loop
        handler = loop.get_exception_handler()
        if handler is self._previous or handler == self._handle_of:
            return
        seen = None
        if self._diverted is not None and self._diverted[0] == handler:
            seen = self._diverted[1]
        if self._is_owned and not _does_nothing(handler):
            return  # it goes with the loop, and the test may have asked it
        name = getattr(handler, "__qualname__", None) or type(handler).__qualname__
        code = getattr(getattr(handler, "__func__", handler), "__code__", None)
        detail = ""
        if seen is not None:
            fact, place, _, _ = _words_safely(seen)
            detail = f"the last error that it has seen: {fact}"
            if place is not None:
                detail += f"\n{place}"
        self._found.append(
            Finding(
                "exception-handler",
                f"the test left its own exception handler on the event loop: {name}",
                "put it back with loop.set_exception_handler(None); to expect an error, write "
                "`with self.assertLoopError(...):`",
                place_of_code(code) if code is not None else None,
                detail,
                about=(name,),
            )
        )
        if not self._is_owned:
            loop.set_exception_handler(self._previous)

    def is_in_doubt(self, scene: Scene) -> bool:
        return self._is_roused or scene.loop.get_exception_handler() is not None

    def stop(self) -> None:
        loop, self._loop = self._loop, None
        self._roused = None
        if loop is None:
            return
        if self._before is not None:
            default, call = self._before
            own = vars(loop)
            _put_back(own, _DEFAULT, self._handle, default)
            _put_back(own, _CALL, self._call, call)
        elif loop.get_exception_handler() == self._handle_of:
            loop.set_exception_handler(self._previous)

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        self._ending = True
        if self._roused is not None:
            self._roused._ending = True

    def count(self, found: Census) -> None:
        for future in found.futures:
            kind = "task" if isinstance(future, asyncio.Task) else "future"
            # Now it has been read, and will not be logged.
            self._note(
                {
                    "message": f"{kind} exception was never retrieved",
                    "exception": future.exception(),
                    "future": future,
                    "source_traceback": getattr(future, "_source_traceback", None),
                }
            )

    def _call(self, context: dict[str, Any]) -> None:
        """Stand in for the loop's ``call_exception_handler``."""
        loop = self._loop
        handler = loop.get_exception_handler()
        if handler is not None:
            self._diverted = handler, context
        type(loop).call_exception_handler(loop, context)
        if handler is not None:
            insides.note_as_read(context.get("future"))  # whoever was told of it may keep it

    def _handle_of(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Stand in for the loop's exception handler, where there is no other way."""
        self._handle(context)

    def _handle(self, context: dict[str, Any]) -> None:
        """Stand in for the loop's ``default_exception_handler``."""
        if self._diverted is not None and self._diverted[1] is context:
            self._diverted = None  # it was passed on
        if self._ending and isinstance(context.get("exception"), asyncio.CancelledError):
            return  # a callback that trips over a task which we have cancelled
        if self._is_asserted():
            type(self._loop).default_exception_handler(self._loop, context)  # it logs
            return
        self._note(context)

    def _note(self, context: dict[str, Any]) -> None:
        told(context.get("exception"))
        fact, place, detail, made = _words_safely(context)
        kind = _kind(context)
        check, cure = _KINDS[kind][0], _cure(context, kind)
        self._found.append(
            Finding(check, fact, cure, place, detail, _names(context), time.monotonic(), made)
        )

    def _is_asserted(self) -> bool:
        """Tell whether the test is inside an ``assertLogs`` that watches what asyncio logs."""
        # unittest._log._CapturingHandler, 3.11 to 3.15; without it, such a test needs the allowance.
        return any(
            type(handler).__name__ == "_CapturingHandler" and handler not in self._outer
            for handler in _log_handlers()
        )

    def findings(self, closing: Closing) -> Iterable[Finding]:
        return self._found


class ExpectedLoopError:
    """
    What :meth:`asynctesting.AsyncTestCase.assertLoopError` returns.

    Attributes:
        exception: the exception that came, the last one if there were several.
        context: what the loop told of it.

    """

    def __init__(
        self,
        case: Any,
        expected: type[BaseException] | tuple[type[BaseException], ...],
        match: str | re.Pattern[str] | None,
        message: object,
    ) -> None:
        kinds = expected if isinstance(expected, tuple) else (expected,)
        if not kinds or not all(
            isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds
        ):
            raise TypeError(
                "assertLoopError() arg 1 must be an exception type or a tuple of exception types"
            )
        self.exception: BaseException | None = None
        self.context: dict[str, Any] | None = None
        self._case: Any = case
        self._expected = kinds
        self._match = None if match is None else re.compile(match)
        self._message = message
        self._loop: Any = None
        self._before: Any = None

    def __enter__(self) -> ExpectedLoopError:
        self._loop = loop = self._case.loop
        self._before = loop.get_exception_handler()
        loop.set_exception_handler(self._handle)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.exception is None and error is None:
            gc.collect()  # what nobody has read may be in a cycle
        loop: Any = self._loop
        self._loop = None
        if loop.get_exception_handler() == self._handle:
            loop.set_exception_handler(self._before)
        self._before = None
        case: Any = self._case
        self._case = None
        if self.exception is None and error is None:
            names = " or ".join(kind.__name__ for kind in self._expected)
            wanted = names if self._match is None else f"{names} like {self._match.pattern!r}"
            raise case.failureException(
                case._formatMessage(self._message, f"{wanted} did not come to the event loop")
            )

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, self._expected) and (
            self._match is None or self._match.search(str(error))
        ):
            self.exception, self.context = error, context
        elif self._before is not None:
            self._before(loop, context)
        else:
            loop.default_exception_handler(context)
