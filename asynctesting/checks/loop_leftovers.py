"""
What a test has left on its loop: timers, readers, servers, connections, generators, jobs.

============================  ================================================================
id                            what was left when the test ended
============================  ================================================================
``leftover-timer``            a call by ``loop.call_later`` or ``loop.call_at`` that is still to come
``leftover-reader``           a descriptor that is still watched, by ``loop.add_reader`` or
                              ``loop.add_writer``
``leftover-signal-handler``   a handler by ``loop.add_signal_handler``
``leftover-server``           a server that still has its sockets
``leftover-transport``        a connection, a datagram endpoint or a pipe that is not closed
``leftover-generator``        an asynchronous generator that has yielded inside a ``with`` or ``try``
                              and stands there still
``collected-generator``       one that was dropped there: its clean-up runs later, in another task
``leftover-job``              a call by ``asyncio.to_thread`` or ``loop.run_in_executor`` that has
                              not ended
============================  ================================================================

The fault: whatever is left does its work in no test, or in the next one, or when the garbage
collector likes. The loop is closed under it, and what it would have raised is not seen.

The cure: cancel, remove or close what the test has made, in a ``finally``, a ``with`` block or a
cleanup: ``self.addCleanup(loop.call_later(1, meow).cancel)``. For a generator,
``async with contextlib.aclosing(rows()) as it:``.

The allowance: ``@allow("leftover-timer", match="meow", reason="...")``.

What is in use by all tests of a class, on a loop of theirs, is told when the class ends. Of a test
that has failed nothing is told, for it may not have come to its clean-up.

What it cannot see: what is left on other loops, on loops that are not asyncio's, as uvloop's, or
whose loop somebody else made; timers, readers and jobs by which an installed package calls
itself; connections that no line of the user's has led to; those that a server accepted, unless
the handler has ended, the peer has closed its end, and the connection is still open; pipes of
a subprocess; jobs that end within the ``close_limit``, or on an executor that is not the loop's
own within a moment; a generator that has nothing to clean up, as nothing is lost with it.

"""

from __future__ import annotations

import asyncio
import asyncio.base_subprocess
import asyncio.futures
import asyncio.selector_events
import asyncio.sslproto
import asyncio.threads
import functools
import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import AsyncGeneratorType, CodeType, FrameType
from typing import Any, ClassVar, Final

from ..findings import (
    Finding,
    Place,
    is_installed,
    is_user_file,
    place_of_code,
    place_of_frame,
)
from ..loops import insides
from .base import Check, Closing, Scene
from .bytecode import has_cleanup
from .hooks import (
    GUARD,
    LOOP_FILES,
    around,
    caller,
    is_users,
    is_written_by_user,
    led_here,
    name_of,
)
from .loop_misuse import ends_elsewhere


__all__ = ["LoopLeftovers"]

__unittest = True

#: The methods of a future by which it ends, which must be called where its loop runs.
_SETTERS: Final = frozenset({"cancel", "set_exception", "set_result"})

#: Real seconds that are granted to jobs on executors that are not the loop's own.
GRACE: Final = 0.1

#: What a job that the loop could not wait for is called by whoever shuts the loop down.
STUCK_JOB: Final = "a job in the loop's executor"

#: The same of a generator.
STUCK_GENERATOR: Final = "an asynchronous generator"

#: Where the transports are that are looked at; those of users are nobody's business.
_TRANSPORTS: Final = frozenset(
    {
        "asyncio.proactor_events",
        "asyncio.selector_events",
        "asyncio.unix_events",
        "asyncio.windows_events",
    }
)

#: The check that watches each loop.
_WATCHING: Final[dict[asyncio.AbstractEventLoop, LoopLeftovers]] = {}


def _here() -> LoopLeftovers | None:
    """The check that watches the loop which runs in this thread."""
    loop = asyncio._get_running_loop()
    return _WATCHING.get(loop) if loop is not None else None


def _place(frame: FrameType | None, function: Any) -> Place | None:
    """
    The user's line that has set *function* going, if *frame* is it, or one that led to it.

    There is none if an installed package, or asyncio, calls itself.

    """
    if frame is None:
        return None
    if is_users(frame.f_code):
        return place_of_frame(frame)
    if is_user_file(frame.f_code.co_filename) and is_written_by_user(function):
        return led_here(frame)
    return None


def _origin(frame: FrameType) -> Place | None:
    """The user's own line that led to *frame*, or to the task that it is run by."""
    place = led_here(frame)
    if place is not None and not is_installed(place.filename):
        return place
    return _task_made_at()


def _task_made_at() -> Place | None:
    """The user's own line that made the task which runs now."""
    task = asyncio.current_task()
    origin = getattr(task.get_coro(), "cr_origin", None) if task is not None else None
    # One that a package has made is the package's, whoever has led there.
    maker = next((Place(*line) for line in origin or () if is_user_file(line[0])), None)
    return maker if maker is not None and not is_installed(maker.filename) else None


# The hooks. Each of them calls what it has taken the place of, and remembers who called.


def _on_call_at(original: Any) -> Callable[..., Any]:
    def call_at(
        self: Any, when: Any, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        timer: asyncio.TimerHandle = original(self, when, callback, *args, context=context)
        insides.pass_over(timer)
        check = _WATCHING.get(self)
        if check is not None:
            place = _place(caller(sys._getframe(1), "call_at", "call_later", GUARD), callback)
            if place is not None:
                check.timers[id(timer)] = timer.when(), place, time.monotonic()
                check.is_eventful = True
        return timer

    return call_at


def _on_add(is_writer: bool, name: str) -> Callable[[Any], Callable[..., Any]]:
    def wrap(original: Any) -> Callable[..., Any]:
        def add(self: Any, fd: Any, callback: Any, *args: Any) -> Any:
            result = original(self, fd, callback, *args)
            check = _WATCHING.get(self)
            if check is not None:
                place = _place(caller(sys._getframe(1), name), callback)
                if place is not None:
                    number = fd if isinstance(fd, int) else fd.fileno()
                    made = id(callback), place, time.monotonic()
                    check.watched[number, is_writer] = made
                    check.is_eventful = True
            return result

        return add

    return wrap


def _on_add_signal_handler(original: Any) -> Callable[..., Any]:
    def add_signal_handler(self: Any, sig: Any, callback: Any, *args: Any) -> Any:
        result = original(self, sig, callback, *args)
        check = _WATCHING.get(self)
        if check is not None:
            place = _place(caller(sys._getframe(1), "add_signal_handler"), callback)
            if place is not None:
                check.signals[sig] = id(callback), place, time.monotonic()
                check.is_eventful = True
        return result

    return add_signal_handler


def _on_transport(original: Any) -> Callable[..., Any]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if type(self).__module__ in _TRANSPORTS:
            check = _here()
            if check is not None:
                check.add_made(check.transports, self, sys._getframe(1))

    return __init__


def _on_del(original: Any) -> Callable[..., Any]:
    def __del__(self: Any) -> None:
        transport = getattr(self, "transport", self)  # a StreamWriter has one
        if _WATCHING and not transport.is_closing():
            for check in list(_WATCHING.values()):
                check.note_dropped(transport)
        original(self)

    return __del__


def _on_server(original: Any) -> Callable[..., Any]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        check = _here()
        if check is not None:
            check.add_made(check.servers, self, sys._getframe(1))

    return __init__


def _on_wrap_future(original: Any) -> Callable[..., Any]:
    def wrap_future(future: Any, *, loop: Any = None) -> Any:
        wrapped = original(future, loop=loop)
        frame = sys._getframe(1)
        # run_in_executor calls it with what the executor has made of the job.
        if frame.f_code.co_name == "run_in_executor" and loop is not None:
            check = _WATCHING.get(loop)
            if check is not None and wrapped is not future:
                check.add_job(future, frame)
        return wrapped

    return wrap_future


def _on_finalizer(original: Any) -> Callable[..., Any]:
    def _asyncgen_finalizer_hook(self: Any, agen: Any) -> None:
        check = _WATCHING.get(self)
        if check is not None and not check.is_over:
            check.collect(agen)
        original(self, agen)

    return _asyncgen_finalizer_hook


def _on_first(original: Any) -> Callable[..., Any]:
    def _asyncgen_firstiter_hook(self: Any, agen: Any) -> None:
        check = _WATCHING.get(self)
        if check is not None and not check.is_over:
            check.add_generator(agen, sys._getframe(1))
        original(self, agen)

    return _asyncgen_firstiter_hook


#: Whether Python itself does not warn of a method of a generator that nobody awaits.
SILENT: Final = sys.version_info < (3, 13)


def _install() -> None:
    loop = asyncio.BaseEventLoop
    if SILENT:
        around(loop, insides.FIRST, _on_first)
    around(loop, "call_at", _on_call_at)
    around(loop, insides.FINALIZER, _on_finalizer)
    selector_loop = asyncio.selector_events.BaseSelectorEventLoop
    around(selector_loop, "add_reader", _on_add(False, "add_reader"))
    around(selector_loop, "add_writer", _on_add(True, "add_writer"))
    # On Windows this is the abstract one, which nobody calls.
    unix_loop = asyncio.SelectorEventLoop
    around(unix_loop, "add_signal_handler", _on_add_signal_handler)
    around(asyncio.BaseTransport, "__init__", _on_transport)
    around(asyncio.Server, "__init__", _on_server)
    around(asyncio.StreamWriter, "__del__", _on_del)  # from 3.12 on
    transport = getattr(asyncio.selector_events, insides.TRANSPORT, None)
    if transport is not None:
        around(transport, "__del__", _on_del)
    around(asyncio.futures, "wrap_future", _on_wrap_future)


_installed = False

#: A suspended generator: its name, where it stands and where it is defined.
_Generator = tuple[str, Place, Place, float]


def _suspended(generator: AsyncGeneratorType[Any, Any]) -> _Generator | None:
    """Describe *generator*, if it is the user's and has something to clean up."""
    frame = generator.ag_frame
    if (
        type(generator) is not AsyncGeneratorType
        or frame is None
        or generator.ag_running
        or frame.f_lasti < 0
        or not is_users(frame.f_code)
        or not has_cleanup(frame.f_code, frame.f_lasti)
    ):
        return None
    return (
        generator.__qualname__,
        place_of_frame(frame),
        place_of_code(frame.f_code),
        time.monotonic(),
    )


def _has_begun(generator: AsyncGeneratorType[Any, Any]) -> bool:
    """Tell whether *generator* has run, or is over; on Python 3.11 and 3.12."""
    import dis  # hardly ever needed

    frame = generator.ag_frame
    if frame is None or generator.ag_running:
        return True
    return frame.f_code.co_code[frame.f_lasti] != dis.opmap["RETURN_GENERATOR"]


#: The protocols of the pipes of a subprocess.
_OF_SUBPROCESSES: Final = frozenset(
    {
        asyncio.base_subprocess.ReadSubprocessPipeProto,
        asyncio.base_subprocess.WriteSubprocessPipeProto,
    }
)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _address(name: Any) -> str:
    """Write the address of a socket as one does."""
    if isinstance(name, tuple) and len(name) >= 2:
        host = f"[{name[0]}]" if ":" in str(name[0]) else name[0]
        return f"{host}:{name[1]}"
    if isinstance(name, bytes):
        name = name.decode(errors="backslashreplace")
    return str(name) if name else "an unknown address"


def _connection(transport: Any) -> tuple[str, str]:
    """What *transport* is, and to what."""
    pipe = transport.get_extra_info("pipe")
    if pipe is not None:
        return "the pipe", str(getattr(pipe, "name", pipe.fileno()))
    peer = transport.get_extra_info("peername")
    if hasattr(transport, "sendto"):
        return "the datagram endpoint", _address(peer or transport.get_extra_info("sockname"))
    return "the connection to", _address(peer)


def _is_closed(transport: Any) -> bool:
    """Tell whether *transport* is closed, or being closed."""
    if transport.is_closing():
        return True
    file = transport.get_extra_info("socket") or transport.get_extra_info("pipe")
    if file is None or getattr(file, "closed", False) or file.fileno() == -1:
        return True
    protocol = transport.get_protocol()
    if isinstance(protocol, asyncio.sslproto.SSLProtocol):
        # It says goodbye before it closes what is below.
        inner: Any = insides.application(protocol)
        return inner is None or inner.is_closing()
    return False


def _forgetful(protocol: Any) -> CodeType | None:
    """The handler of a connection, if it has ended, and nobody is there any more."""
    task = insides.handler_task(protocol)
    reader = insides.reader_of(protocol)
    if task is None or not task.done() or reader is None or not reader.at_eof():
        return None
    return getattr(task.get_coro(), "cr_code", None)


class LoopLeftovers(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = (
        "leftover-timer",
        "leftover-reader",
        "leftover-signal-handler",
        "leftover-server",
        "leftover-transport",
        "leftover-generator",
        "collected-generator",
        "leftover-job",
    )
    # It is common, and does no harm where the clean-up minds neither its task nor the time.

    #: Whether anything was made that may be left.
    is_eventful: bool = False

    #: Whether the test has ended.
    is_over: bool = False

    _loop: asyncio.AbstractEventLoop | None = None

    # What has been made: by whom, and when. Most tests make nothing of each kind.

    @functools.cached_property
    def _found(self) -> list[Finding]:
        self.is_eventful = True
        return []

    @functools.cached_property
    def _left(self) -> list[Finding]:
        """Of generators."""
        self.is_eventful = True
        return []

    @functools.cached_property
    def generators(self) -> dict[int, Place]:
        """Asynchronous generators, by id, and where a first method of theirs was called."""
        return {}

    @functools.cached_property
    def timers(self) -> dict[int, tuple[float, Place, float]]:
        """Timers, by id, with the time that they are for."""
        return {}

    @functools.cached_property
    def watched(self) -> dict[tuple[int, bool], tuple[int, Place, float]]:
        """Descriptors, and whether they are for writing, with the id of the callback."""
        return {}

    @functools.cached_property
    def signals(self) -> dict[int, tuple[int, Place, float]]:
        """Signals, with the id of the callback."""
        return {}

    @functools.cached_property
    def servers(self) -> weakref.WeakKeyDictionary[Any, tuple[Place | None, float]]:
        """Servers."""
        return weakref.WeakKeyDictionary()

    @functools.cached_property
    def transports(self) -> weakref.WeakKeyDictionary[Any, tuple[Place | None, float]]:
        """Transports."""
        return weakref.WeakKeyDictionary()

    @functools.cached_property
    def _transports_by_id(self) -> dict[int, tuple[Place | None, float]]:
        """The same, for those that are being finalised."""
        return {}

    @functools.cached_property
    def jobs(self) -> weakref.WeakKeyDictionary[Any, tuple[str, Place, bool, float]]:
        """Futures of jobs, with their names, and whether the executor is the loop's own."""
        return weakref.WeakKeyDictionary()

    # Watching

    def start(self, scene: Scene) -> None:
        global _installed
        if not _installed:
            _installed = True
            _install()
        if scene.is_owned:
            # On a class's loop the check of the class goes on watching.
            self._loop = scene.loop
            _WATCHING[scene.loop] = self

    def stop(self) -> None:
        if self._loop is not None:
            _WATCHING.pop(self._loop, None)

    def add_made(
        self,
        kept: weakref.WeakKeyDictionary[Any, tuple[Place | None, float]],
        made: Any,
        frame: FrameType,
    ) -> None:
        """Take note of what *frame* has *made*, unless it is of a kind that cannot be kept."""
        try:
            kept[made] = record = _origin(frame), time.monotonic()
        except TypeError:
            return
        self.is_eventful = True
        if kept is vars(self).get("transports"):
            self._transports_by_id[id(made)] = record

    def note_dropped(self, transport: Any) -> None:
        """Take note that nobody refers to *transport* any more, though it is open."""
        place, when = self._transports_by_id.pop(id(transport), (None, 0.0))
        if place is None or insides.server_of(transport) is not None:
            return
        name = type(transport.get_protocol()).__qualname__
        what, address = _connection(transport)
        self._found.append(
            Finding(
                "leftover-transport",
                f"{what} {address} ({name}) was dropped without being closed",
                "call `writer.close()` and `await writer.wait_closed()`, or `close()` of the "
                "transport",
                place,
                about=(name, address),
                when=when,
            )
        )

    def add_job(self, future: Any, frame: FrameType) -> None:
        """Take note of the job of *future*, which *frame*, of ``run_in_executor``, has made."""
        function = insides.job_of(frame)
        made_by = frame.f_back
        if made_by is not None and made_by.f_code is asyncio.to_thread.__code__:
            made_by = made_by.f_back
            while made_by is not None and not is_user_file(made_by.f_code.co_filename):
                # asyncio.wait_for() awaits it in the same task, from Python 3.12 on.
                made_by = None if made_by.f_code.co_filename in LOOP_FILES else made_by.f_back
            if isinstance(function, functools.partial) and function.args:
                function = function.args[0]  # the rest is the context that it runs in
            if made_by is None:
                place = _task_made_at()  # it is a task by itself
            else:
                place = _place(made_by, function)
        else:
            place = _place(made_by, function)
        if place is None or self._loop is None:
            return
        executor = frame.f_locals.get("executor")
        name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
        if name in _SETTERS and isinstance(owner, asyncio.Future):
            # Others may call it here and now, as those of tests do.
            is_elsewhere = getattr(type(executor), "submit", None) is ThreadPoolExecutor.submit
            if is_elsewhere and owner.get_loop() is self._loop:
                ends_elsewhere(self._loop, place, name)
        is_own = insides.default_executor(self._loop) is executor
        self.jobs[future] = name_of(function), place, is_own, time.monotonic()
        self.is_eventful = True

    def add_generator(self, generator: Any, frame: FrameType) -> None:
        """Take note that *frame* has called a first method of *generator*, which it may not await."""
        place = led_here(frame)
        self.generators.pop(id(generator), None)  # of one that was there before
        if place is not None and not is_installed(place.filename):
            self.generators[id(generator)] = place

    def _look_at_beginning(self, generator: Any) -> None:
        """Tell of *generator*, if it has never run although a method of it was called."""
        place = self.generators.pop(id(generator), None)
        if place is None or _has_begun(generator):
            return
        name = generator.__qualname__
        self._found.append(
            Finding(
                "never-awaited",
                f"a method of async generator {name!r} was never awaited: its body did not run",
                "write `await` before the call: `await anext(...)`",
                place,
                f"defined at {place_of_code(generator.ag_code)}",
                about=(name,),
            )
        )

    # The end

    def ending(self, loop: asyncio.AbstractEventLoop, left: list[asyncio.Task[Any]]) -> None:
        self.is_over = True

    def collect(self, generator: Any) -> None:
        """Take note of *generator*, which nobody refers to any more."""
        if SILENT:
            self._look_at_beginning(generator)
        found = _suspended(generator)
        if found is None:
            return
        name, stands, defined, when = found
        self._found.append(
            Finding(
                "collected-generator",
                f"async generator '{name}' was dropped where it has something to clean up: "
                "that runs later, in another task",
                f"close it where it is used: `async with contextlib.aclosing({_short(name)}(...)) "
                "as ...:`",
                stands,
                f"defined at {defined}",
                about=(name,),
                when=when,
            )
        )

    def suspended(self, generators: list[AsyncGeneratorType[Any, Any]]) -> None:
        self.is_over = True
        for generator in generators:
            if SILENT:
                self._look_at_beginning(generator)
            found = _suspended(generator)
            if found is None:
                continue
            name, stands, defined, _ = found
            self._left.append(
                Finding(
                    "leftover-generator",
                    f"async generator '{name}' was left where it has something to clean up, and "
                    "was closed when the test had ended",
                    "`await` its `aclose()` before the test ends, or iterate over it inside "
                    "`async with contextlib.aclosing(...)`",
                    stands,
                    f"defined at {defined}",
                    about=(name,),
                )
            )

    def inspect(self, scene: Scene) -> None:
        self.is_over = True
        if not self.is_eventful:
            return
        loop = scene.loop
        if loop.is_closed() or loop.is_running():
            return
        kept = vars(self)
        for kind, look in (
            ("timers", self._look_at_timers),
            ("watched", self._look_at_watched),
            ("signals", self._look_at_signals),
            ("servers", self._look_at_servers),
            ("transports", self._look_at_transports),
            ("jobs", self._look_at_jobs),
        ):
            if kept.get(kind):
                look(loop)

    def begin_anew(self, scene: Scene) -> bool:
        if self.is_eventful:
            kept = vars(self)
            found = list(kept.get("_found", ()))
            self.inspect(scene)
            if kept.get("_found") or kept.get("_left"):
                self._found[:] = found  # it is looked at once more
                self.is_over = False
                return False
            kept.clear()
            self._loop = scene.loop
        return True

    def _look_at_timers(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for timer in insides.timers(loop):
            due, place, when = self.timers.get(id(timer), (None, None, 0.0))
            if due != timer.when():
                continue
            name = name_of(insides.callback_of(timer))
            self._found.append(
                Finding(
                    "leftover-timer",
                    f"the timer that calls {name!r} was still to come when the test ended, "
                    f"in {max(0.0, timer.when() - now):.3g} s",
                    "keep what call_later() gives, and `cancel()` it, or wait until it was called",
                    place,
                    about=(name,),
                    when=when,
                )
            )

    def _look_at_watched(self, loop: asyncio.AbstractEventLoop) -> None:
        for number, is_writer, handle in insides.watched(loop):
            callback = insides.callback_of(handle)
            made, place, when = self.watched.get((number, is_writer), (None, None, 0.0))
            if made != id(callback):
                continue
            name = name_of(callback)
            what = "writer" if is_writer else "reader"
            self._found.append(
                Finding(
                    "leftover-reader",
                    f"the {what} {name!r} of file descriptor {number} was still on the loop when "
                    "the test ended",
                    f"call `loop.remove_{what}(...)` before the descriptor is closed",
                    place,
                    about=(name,),
                    when=when,
                )
            )

    def _look_at_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        for number, handle in insides.signal_handlers(loop).items():
            callback = insides.callback_of(handle)
            made, place, when = self.signals.get(number, (None, None, 0.0))
            if made != id(callback):
                continue
            name = name_of(callback)
            try:
                sig = signal.Signals(number).name
            except ValueError:
                sig = f"signal {number}"
            self._found.append(
                Finding(
                    "leftover-signal-handler",
                    f"the handler {name!r} of {sig} was still on the loop when the test ended",
                    f"call `loop.remove_signal_handler(signal.{sig})`",
                    place,
                    about=(name, sig),
                    when=when,
                )
            )

    def _look_at_servers(self, loop: asyncio.AbstractEventLoop) -> None:
        for server, (place, when) in list(self.servers.items()):
            names = [_address(one.getsockname()) for one in server.sockets if one.fileno() != -1]
            if not names:
                continue
            self._found.append(
                Finding(
                    "leftover-server",
                    f"the server at {', '.join(names)} was not closed when the test ended",
                    "write `async with server:`, or call `server.close()` and "
                    "`await server.wait_closed()`",
                    place,
                    about=tuple(names),
                    when=when,
                )
            )

    def _look_at_transports(self, loop: asyncio.AbstractEventLoop) -> None:
        for transport, (place, when) in list(self.transports.items()):
            if _is_closed(transport):
                continue
            protocol: Any = transport.get_protocol()
            server = insides.server_of(transport)
            kind = type(protocol)
            if server is insides.NOBODY or kind in _OF_SUBPROCESSES:
                continue
            if server is not None:
                code = _forgetful(protocol)
                if code is None or not is_users(code):
                    continue
                name = code.co_qualname
                address = _address(transport.get_extra_info("peername"))
                fact = f"the connection from {address} was not closed by its handler {name!r}"
                place = place_of_code(code)
                cure = "call `writer.close()` in a `finally` of the handler"
            else:
                if place is None:
                    continue
                name = kind.__qualname__
                if isinstance(protocol, asyncio.sslproto.SSLProtocol):
                    inner: Any = insides.application(protocol)
                    kind = type(inner.get_protocol())
                    name = kind.__qualname__
                what, address = _connection(transport)
                fact = f"{what} {address} ({name}) was not closed when the test ended"
                cure = "call `close()` of the transport"
                if issubclass(kind, asyncio.StreamReaderProtocol):
                    cure = "call `writer.close()` and `await writer.wait_closed()`"
            self._found.append(
                Finding("leftover-transport", fact, cure, place, about=(name, address), when=when)
            )

    def _look_at_jobs(self, loop: asyncio.AbstractEventLoop) -> None:
        jobs = [(job, *made) for job, made in self.jobs.items() if not job.done()]
        others = [job for job, _, _, is_own, _ in jobs if not is_own]
        if others:
            from concurrent.futures import wait

            wait(others, timeout=GRACE)
        for job, name, place, is_own, when in jobs:
            if job.done():
                continue
            state = "running" if job.running() else "waiting to run"
            self._stuck_jobs += is_own
            self._found.append(
                Finding(
                    "leftover-job",
                    f"the job {name!r} was still {state} in an executor when the test had ended",
                    "set whatever it waits for, and `await` it: a thread cannot be cancelled",
                    place,
                    about=(name,),
                    when=when,
                )
            )

    #: How many of the jobs are on the loop's own executor.
    _stuck_jobs: int = 0

    def findings(self, closing: Closing) -> Iterable[Finding]:
        if not self.is_eventful or not closing.has_passed:
            return ()
        if len(self._left) == 1 and STUCK_GENERATOR in closing.stuck:
            # It is told here, by name.
            closing.stuck = [one for one in closing.stuck if one != STUCK_GENERATOR]
            detail = f"its clean-up did not end within {closing.limit:g} s"
            self._found.append(self._left.pop().replaced(detail=detail))
        if self._stuck_jobs and STUCK_JOB in closing.stuck:
            closing.stuck = [one for one in closing.stuck if one != STUCK_JOB]  # likewise
        return self._found + self._left
