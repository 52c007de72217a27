"""
``swallowed-assertion``: an assertion failed, something swallowed that, and the test passed.

The fault: an assertion in a fake, a callback or a task fails, and nobody hears of it:
``except Exception`` in the code under test, ``gather(..., return_exceptions=True)`` whose results
nobody looks at, ``suppress(Exception)``, ``except*``, or ``assertRaises(ExceptionGroup)`` that
was meant for another error.

The cure: catch only what is expected, look at the results, or note in the fake what it was given
and assert that in the test itself.

The allowance: ``@allow("swallowed-assertion", match="1 != 2", reason="...")``.

What counts are assertion methods called by the user's own code, and ``assert``,
``raise AssertionError`` and the assertions of mocks in the files of the test class. What is
caught by code that names ``AssertionError`` is meant to be, as is what fails in a test that names
it on the way there. What is tried again and holds then, in a loop or a call of the same function,
was only not so yet; one that gives up, and returns nothing, has swallowed it. An error that
the loop or a task tells of is found by another check.

What it cannot see: other threads; ``assert`` and what mocks assert on Python 3.11, as well as
whatever fails there below a loop that may try again; a ``failureException`` that is no ``AssertionError``; on 3.12
and later anything at all if both the ids 3 and 4 of :mod:`sys.monitoring` are taken; an assertion
that fails for one message and holds for the next one; what fails in an example of Hypothesis.

"""

from __future__ import annotations

import asyncio
import asyncio.events
import dis
import functools
import linecache
import os
import re
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from ..findings import Finding, Place, is_installed, is_user_file, place_of_frame
from ..loops import insides
from .base import Check, Closing, Scene, current_scene
from .bytecode import catches_all
from .hooks import is_users


if TYPE_CHECKING:
    import ast


__all__ = ["FailureException", "SwallowedAssertion", "told"]

__unittest = True

#: The ids of sys.monitoring that are meant for nobody in particular.
TOOL_IDS: Final = (4, 3)

#: Code that has one of these names expects that an assertion fails.
DELIBERATE: Final = frozenset({"AssertionError", "failureException"})

#: The name that pytest has for itself in asserts which it has rewritten. Seen in 6 to 9.
_PYTEST: Final = "@pytest_ar"
_PYTEST_TOO: Final = DELIBERATE | {_PYTEST}

#: A test that has one of these names may look at what came of its tasks.
LOOKS: Final = frozenset(
    "args assertIs assertIsInstance assertIsNot assertNotIsInstance exception exceptions "
    "isinstance issubclass print repr split str subgroup type".split()
)

#: Code that is part of the function it is written in.
_INLINE: Final = frozenset({"<dictcomp>", "<genexpr>", "<lambda>", "<listcomp>", "<setcomp>"})

#: What ``assert`` is compiled to has one of these. 3.11 to 3.13, and from 3.14 on.
_ASSERTS: Final = frozenset({"LOAD_ASSERTION_ERROR", "LOAD_COMMON_CONSTANT"})

#: What keeps the error that it has caught for the test to look at.
_ASSERT_RAISES: Final = frozenset({"assertRaises", "assertRaisesRegex"})

#: Where ``for`` and ``async for`` take the next one.
_NEXT: Final = frozenset({"FOR_ITER", "GET_ANEXT"})

#: ``unittest.mock.CallableMixin._execute_mock_call`` and its twin for coroutines, seen in
#: 3.11 to 3.15, and what does it for our mocks. They raise the side effects of mocks, which are
#: errors like any other.
_SIDE_EFFECTS: Final = "_execute_mock_call"
_OUR_SIDE_EFFECTS: Final = "_effect"

_PACKAGE: Final = __name__.partition(".")[0]
_MOCKS: Final = f"{_PACKAGE}.mocks."
_ASYNCIO: Final = os.path.dirname(os.path.abspath(asyncio.events.__file__)) + os.sep

#: A line of source that decides something.
_ASSERTS_TOO: Final = r"\b(assert\w*|fail|raise)\b"


class _Record:
    """An assertion that has failed, without anything that would keep the user's objects alive."""

    __slots__ = (
        "again",
        "body",
        "caught",
        "header",
        "is_expected",
        "is_looked_at",
        "is_told",
        "key",
        "kind",
        "lines",
        "message",
        "offset",
        "others",
        "place",
        "redeemed",
        "task",
        "when",
    )

    def __init__(self, error: BaseException, frame: FrameType) -> None:
        self.kind: str = type(error).__name__
        try:
            self.message: str = str(error)
        except Exception:
            self.message = "<its message cannot be shown>"
        self.place: Place = place_of_frame(frame)
        self.when: float = time.monotonic()
        self.key: int = id(error)
        #: The instruction on which the function that it went through last has stopped.
        self.offset: int = -1
        #: The code that handles it now, and where it begins to.
        self.caught: tuple[CodeType, int] | None = None
        self.is_expected: bool = False
        #: If the loop in which it was caught has gone round since: the lines on which it failed
        #: there, and that of the ``for``, or 0.
        self.lines: tuple[int, int] | None = None
        self.header: int = 0
        #: The lines of the body of that loop, if its source can be read.
        self.body: range | None = None
        #: The functions that it went through, by the id of their code, that try once more.
        self.again: set[int] = set()
        self.redeemed: bool = False
        self.is_told: bool = False
        self.is_looked_at: bool = False
        self.task: Callable[[], asyncio.Task[Any] | None] = _nobody
        #: The tasks that were there already besides its own. What they come to later is no
        #: second attempt, but their own first one.
        self.others: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()

    @property
    def is_anothers(self) -> bool:
        """Whether another task runs than the one that failed, or one that it has made since."""
        return bool(self.others) and _current_task() in self.others

    def is_caught_in(self, code: CodeType) -> bool:
        """Tell whether *code* was the one that caught it."""
        return self.caught is not None and self.caught[0] is code


def _nobody() -> None:
    """Stand for a task that is not there."""


class SwallowedAssertion(Check):
    """See the module."""

    ids: ClassVar[tuple[str, ...]] = ("swallowed-assertion",)
    is_shared: ClassVar[bool] = True

    #: Set for a life in which an assertion has failed.
    _records: dict[tuple[str, int], _Record] | None = None
    _flying: dict[int, _Record]
    _watched: dict[int, CodeType]
    _files: frozenset[str]
    _baseline: frozenset[asyncio.Task[Any]] = frozenset()
    _scene: Scene
    _problem = ""

    def start(self, scene: Scene) -> None:
        self._scene = scene
        if not scene.is_owned:
            self._baseline = frozenset(asyncio.all_tasks(scene.loop))
        if not _MONITOR.is_asked:
            _MONITOR.begin()
        _WATCHING[scene] = self

    def stop(self) -> None:
        _WATCHING.pop(self._scene, None)
        if self._records is not None:
            _MONITOR.relax(self)
        self._baseline = frozenset()

    def is_in_doubt(self, scene: Scene) -> bool:
        if self._records is not None and not any(map(_is_swallowed, self._records.values())):
            _MONITOR.relax(self)
            self._records = None
        return self._records is not None or bool(self._problem)

    # What fails

    def failed(self, frame: FrameType, error: BaseException) -> None:
        """Note an assertion that fails in *frame*, if it is one of the test's."""
        if self._records is None:
            self._records, self._flying, self._watched = {}, {}, {}
            self._files = self._scene.subject().files
        user = self._origin(frame)
        if user is None or self._is_somebody_elses(user):
            return
        record = _Record(error, user)
        if not self._look_around(record, user):
            return
        place = (record.place.filename, record.place.lineno)
        old = self._records.get(place)
        if old is not None and self._flying.get(old.key) is old:
            del self._flying[old.key]
        self._records[place] = self._flying[record.key] = record

    def _origin(self, frame: FrameType) -> FrameType | None:
        """The frame of the user's whose assertion fails in *frame*."""
        files = self._files
        code = frame.f_code
        if not _is_assertion(frame):
            if code.co_filename in files and _is_raise(code, frame.f_lasti):
                return frame
            return None
        is_mock = _is_of_mocks(frame.f_globals)
        if is_mock and code.co_name in (_SIDE_EFFECTS, _OUR_SIDE_EFFECTS):
            return None
        user: FrameType | None = frame
        while user is not None and _is_assertion(user):
            user = user.f_back
        if user is None:
            return None
        filename = user.f_code.co_filename
        if filename in files:
            return user
        if is_mock or is_installed(filename) or not is_user_file(filename):
            return None
        return user

    def _is_somebody_elses(self, frame: FrameType) -> bool:
        """Tell whether the failure belongs to a test inside of the test, or to another one."""
        if self._baseline and _current_task() in self._baseline:
            return True
        inside = False
        one: FrameType | None = frame
        while one is not None:
            module = one.f_globals.get("__name__") or ""
            root, _, rest = str(module).partition(".")
            name = one.f_code.co_name
            if root in ("_pytest", "doctest", "hypothesis"):
                return not inside or root == "hypothesis"
            if root == _PACKAGE:
                if rest == "case":
                    return name == "execute_example"
                inside = inside or rest == "trial"
            elif module == "unittest.case" and name in ("debug", "run"):
                return not inside
            one = one.f_back
        return False

    def _look_around(self, record: _Record, frame: FrameType) -> bool:
        """Look at who could expect it; tell whether nobody does."""
        files = self._files
        for one in (*_frames(frame.f_back), *_waiting(self._scene.loop)):
            code = one.f_code
            if _expects(code, one.f_globals):
                return False
            if code.co_filename in files and not LOOKS.isdisjoint(_names(code)):
                record.is_looked_at = True
        task = _current_task()
        if task is not None:
            record.task = weakref.ref(task)
            record.others = weakref.WeakSet(asyncio.all_tasks(self._scene.loop) - {task})
        handler = self._scene.loop.get_exception_handler()
        if handler is not None and not isinstance(getattr(handler, "__self__", None), Check):
            record.is_looked_at = True  # the user has a handler, which may be told
        return True

    # Where it goes

    def passes(self, record: _Record, code: CodeType, offset: int) -> None:
        """Note that the failure has reached *code*."""
        record.caught = record.lines = None
        record.redeemed = False
        record.header = 0
        record.offset = offset
        if is_users(code):
            _MONITOR.watch(self, code, record)

    def of(self, error: BaseException) -> _Record | None:
        """What is known of *error*."""
        return self._flying.get(id(error)) if self._records is not None else None

    def forget(self, error: BaseException) -> None:
        """
        Forget an error that was where *error* is, which is raised for the first time.

        Errors cannot be referred to weakly, so they are known by their addresses, and one of those
        is soon used again. To be raised is the first thing that anybody does with an error.

        """
        if self._records is not None:
            self._flying.pop(id(error), None)

    def is_told(self, error: AssertionError) -> None:
        """Note that somebody else reports *error*."""
        record = self.of(error)
        if record is not None:
            record.is_told = True
        elif _MONITOR.tool is None and self._records is not None:
            for one in self._records.values():  # which know no error, only its words
                one.is_told = one.is_told or one.message == str(error)

    # What is said

    def findings(self, closing: Closing) -> Iterable[Finding]:
        if self._problem:
            raise RuntimeError(self._problem)
        if self._records is None or not closing.has_passed:
            return ()
        return [
            self._finding(record) for record in self._records.values() if _is_swallowed(record)
        ]

    def _finding(self, record: _Record) -> Finding:
        first, _, rest = record.message.strip().partition("\n")
        words = f"{record.kind}: {first}" if first else record.kind
        lines = rest.strip("\n").splitlines()
        cure = "let it through: catch only what you expect, look at the results of\n"
        cure += "gather(..., return_exceptions=True) and wait(), or assert in the test itself"
        if record.caught is not None and not _is_in_asyncio(record.caught[0]):
            where = Place(
                record.caught[0].co_filename, _line_at(*record.caught), record.caught[0].co_name
            )
            lines.append(f"it was swallowed at {where}")
            cure = (
                "let it through: catch only what you expect there, or note in the fake what it\n"
            )
            cure += "was given and assert that in the test itself"
        return Finding(
            self.ids[0],
            f"an assertion failed, and was swallowed: {words}",
            cure,
            record.place,
            "\n".join(lines),
            about=(record.place.function, record.kind),
            when=record.when,
        )


#: The checks of all lives.
_WATCHING: Final[dict[Scene | None, SwallowedAssertion]] = {}


def told(error: object) -> None:
    """Note that somebody else reports *error*: it is not swallowed."""
    if isinstance(error, AssertionError):
        for check in list(_WATCHING.values()):
            check.is_told(error)


def _is_swallowed(record: _Record) -> bool:
    if record.redeemed or record.is_told:
        return False
    if record.caught is not None:
        code, _ = record.caught
        if record.is_expected:
            return False
        if _is_in_asyncio(code):
            if code.co_name == "_run":
                return False  # a callback: the loop tells of it
        elif not is_installed(code.co_filename):
            return not _looks_at_caught(code)
    task = record.task()
    return not (record.is_looked_at or (task is not None and insides.is_unread(task)))


# What code is


def _is_in_asyncio(code: CodeType) -> bool:
    return code.co_filename.startswith(_ASYNCIO)


def _is_assertion(frame: FrameType) -> bool:
    """Tell whether *frame* is one of unittest's, or ours, or a mock's."""
    names = frame.f_globals
    return "__unittest" in names or _is_of_mocks(names)


def _is_of_mocks(names: dict[str, Any]) -> bool:
    """Tell whether these are the globals of unittest.mock, or of our mocks."""
    module = names.get("__name__")
    return module == "unittest.mock" or str(module).startswith(_MOCKS)


def _is_raise(code: CodeType, offset: int) -> bool:
    """Tell whether the instruction at *offset* is an ``assert``, or may be one spelled out."""
    if dis.opname[code.co_code[offset]] != "RAISE_VARARGS":
        return False
    if "AssertionError" in code.co_names:
        return True
    return any(dis.opname[operation] in _ASSERTS for operation in code.co_code[::2])


def _names(code: CodeType) -> set[str]:
    """The names of globals and attributes in *code*."""
    names = set(code.co_names)
    for part in code.co_consts:
        if isinstance(part, CodeType) and part.co_name in _INLINE:
            names |= _names(part)
    return names


def _expects(code: CodeType, variables: dict[str, Any]) -> bool:
    """Tell whether *code*, with these global *variables*, names what assertions raise."""
    for name in code.co_names:
        value = variables.get(name)
        kinds: tuple[Any, ...] = value if type(value) is tuple else (value,)
        for kind in kinds:
            # A proxy may do anything when it is asked for its class.
            if issubclass(type(kind), type) and issubclass(kind, AssertionError):
                return True
    if not _PYTEST_TOO.isdisjoint(code.co_names):
        names = [one.argval for one in dis.get_instructions(code) if one.argval in _PYTEST_TOO]
        # pytest rewrites each assert to `raise AssertionError(@pytest_ar...)`.
        for name, following in zip(names, [*names[1:], None]):
            if name in DELIBERATE and following != _PYTEST:
                return True
    return any(
        _expects(part, variables)
        for part in code.co_consts
        if isinstance(part, CodeType) and part.co_name in _INLINE
    )


def _looks_at_caught(code: CodeType) -> bool:
    """Tell of ``with self.assertRaises(Exception) as caught``, and a look at the exception."""
    names = _names(code)
    return "exception" in names and not _ASSERT_RAISES.isdisjoint(names)


def _line_at(code: CodeType, offset: int) -> int:
    """The first line that begins at *offset* or after it."""
    for begin, end, line in code.co_lines():
        if end > offset and line:
            return line
    return code.co_firstlineno


@functools.lru_cache(maxsize=64)
def _bodies(filename: str) -> tuple[range, ...]:
    """The lines of the bodies of all loops in a file, the smallest first."""
    import ast  # when it is needed at all

    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return ()
    found = [
        range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1)
        for node in ast.walk(tree)
        if isinstance(node, (ast.AsyncFor, ast.For, ast.While))
    ]
    return tuple(sorted(found, key=len))


def _body(filename: str, line: int) -> range | None:
    """The lines of the body of the innermost loop that *line* is in; none if unknown."""
    return next((body for body in _bodies(filename) if line in body), None)


def _lines_at(code: CodeType, offset: int) -> tuple[int, int]:
    """The first and the last line of the instruction at *offset*."""
    begin, end, _, _ = list(code.co_positions())[offset // 2]
    return begin or 0, end or begin or 0


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames by which *frame* was reached, as far as our own, and itself."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(f"{_PACKAGE}.trial"):
            return
        yield frame
        frame = frame.f_back


def _waiting(loop: asyncio.AbstractEventLoop) -> Iterator[FrameType]:
    """The frames of everything that waits in the other tasks of *loop*."""
    for task in asyncio.all_tasks(loop) - {_current_task()}:
        coroutine: Any = task.get_coro()
        while coroutine is not None:
            for name in ("cr_frame", "gi_frame"):
                frame = getattr(coroutine, name, None)
                if isinstance(frame, FrameType):
                    yield frame
            coroutine = getattr(coroutine, "cr_await", None) or getattr(
                coroutine, "gi_yieldfrom", None
            )


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None  # no loop runs


# Python 3.12 and later


class _Monitor:
    """
    Hears of each exception that is raised in Python code, from the first life on.

    It hears where they are caught, and whether what has failed is tried again, only in a life in
    which an assertion has failed.

    """

    def __init__(self) -> None:
        #: Whether an id was asked for.
        self.is_asked = False
        #: The id, if there was one.
        self.tool: int | None = None
        #: For each code, by id, the records that wait for it to be run again.
        self.waiting: dict[int, list[tuple[SwallowedAssertion, _Record]]] = {}
        #: The checks of lives in which an assertion has failed.
        self._alert: set[SwallowedAssertion] = set()

    def begin(self) -> None:
        """Ask for an id, and listen."""
        self.is_asked = True
        if sys.version_info < (3, 12):
            return
        monitoring, events = sys.monitoring, sys.monitoring.events
        for tool in TOOL_IDS:
            try:
                monitoring.use_tool_id(tool, _PACKAGE)
            except ValueError:
                continue
            self.tool = tool
            for event, callback in (
                (events.RAISE, _raised),
                (events.RERAISE, _reraised),
                (events.EXCEPTION_HANDLED, _handled),
                (events.JUMP, _jumped),
                (events.LINE, _came),
                (events.PY_START, _started),
                (events.PY_RETURN, _returned),
            ):
                monitoring.register_callback(tool, event, callback)
            monitoring.set_events(tool, events.RAISE)
            return

    def alert(self, check: SwallowedAssertion) -> None:
        """Hear where what has failed is caught."""
        if sys.version_info >= (3, 12) and self.tool is not None and check not in self._alert:
            self._alert.add(check)
            events = sys.monitoring.events
            sys.monitoring.set_events(
                self.tool, events.RAISE | events.RERAISE | events.EXCEPTION_HANDLED
            )

    def watch(self, check: SwallowedAssertion, code: CodeType, record: _Record) -> None:
        """Hear whether *code* is run again."""
        if sys.version_info >= (3, 12) and self.tool is not None:
            waiting = self.waiting.setdefault(id(code), [])
            is_new = not waiting
            check._watched[id(code)] = code
            if not any(one is record for _, one in waiting):
                # One that was replaced by a later failure of the same line is of no use.
                waiting[:] = [
                    pair
                    for pair in waiting
                    if pair[1].place != record.place or pair[0] is not check
                ]
                waiting.append((check, record))
            if is_new:
                events = sys.monitoring.events
                sys.monitoring.set_local_events(
                    self.tool,
                    code,
                    events.JUMP | events.LINE | events.PY_START | events.PY_RETURN,
                )

    def relax(self, check: SwallowedAssertion) -> None:
        """Hear no more than need be, now that *check* has ended."""
        if sys.version_info < (3, 12) or self.tool is None:
            return
        for code in check._watched.values():
            waiting = [pair for pair in self.waiting.get(id(code), ()) if pair[0] is not check]
            if waiting:
                self.waiting[id(code)] = waiting
            else:
                self.waiting.pop(id(code), None)
                sys.monitoring.set_local_events(self.tool, code, 0)
        check._watched = {}
        self._alert.discard(check)
        if not self._alert:
            sys.monitoring.set_events(self.tool, sys.monitoring.events.RAISE)


_MONITOR: Final = _Monitor()


def _raised(code: CodeType, offset: int, error: BaseException) -> None:
    # No isinstance(), which may ask the error for its class.
    if issubclass(type(error), AssertionError):
        check = _WATCHING.get(current_scene())
        if check is not None:
            try:
                _follow(check, code, offset, error, sys._getframe(1))
            except Exception:
                check._problem = traceback.format_exc()


def _follow(
    check: SwallowedAssertion, code: CodeType, offset: int, error: BaseException, frame: FrameType
) -> None:
    tb = error.__traceback__
    if tb is None or tb.tb_next is None:
        check.forget(error)
        check.failed(frame, error)
    record = check.of(error)
    if record is not None:
        _MONITOR.alert(check)
        check.passes(record, code, offset)


def _record_of(error: BaseException) -> _Record | None:
    if issubclass(type(error), AssertionError):
        check = _WATCHING.get(current_scene())
        if check is not None:
            return check.of(error)
    return None


def _reraised(code: CodeType, offset: int, error: BaseException) -> None:
    record = _record_of(error)
    if record is not None:
        record.caught = None


def _handled(code: CodeType, offset: int, error: BaseException) -> None:
    record = _record_of(error)
    if record is not None:
        record.caught = code, offset
        record.is_expected = _expects(code, sys._getframe(1).f_globals)


def _jumped(code: CodeType, offset: int, target: int) -> None:
    if target < offset:
        for _, record in _MONITOR.waiting.get(id(code), ()):
            if (
                record.is_caught_in(code)
                and target <= record.offset <= offset
                and not record.is_anothers
            ):
                if record.lines is not None:
                    record.redeemed = True  # it went round once without failing
                    continue
                record.lines = _lines_at(code, record.offset)
                record.body = _body(code.co_filename, record.lines[0])
                if dis.opname[code.co_code[target]] in _NEXT:
                    record.header = _line_at(code, target)


def _came(code: CodeType, line: int) -> None:
    for _, record in _MONITOR.waiting.get(id(code), ()):
        if (
            record.lines is not None
            and record.is_caught_in(code)
            and line != record.header
            and not record.is_anothers
        ):
            if record.body is not None and line not in record.body:
                # It has given up, unless this one decides.
                if re.search(_ASSERTS_TOO, linecache.getline(code.co_filename, line)):
                    record.redeemed = True
                continue
            record.again.add(id(code))
            if record.lines[0] <= line <= record.lines[1]:
                record.redeemed = True  # as far as is known; if not, it fails anew


def _started(code: CodeType, offset: int) -> None:
    for _, record in _MONITOR.waiting.get(id(code), ()):
        if not record.is_anothers:
            record.again.add(id(code))


def _returned(code: CodeType, offset: int, value: object) -> None:
    for _, record in _MONITOR.waiting.get(id(code), ()):
        if record.is_anothers:
            continue
        # One that gives up, and says so, leaves it to others what that means.
        gave_up = record.lines is not None and record.is_caught_in(code) and value is not None
        if id(code) in record.again or gave_up:
            record.redeemed = True


# Python 3.11


class FailureException:
    """
    ``failureException`` of a case: :exc:`AssertionError`, and a note of who asks to raise it.

    It is how a failure is heard of on Python 3.11.

    """

    def __get__(self, case: object, owner: type[Any]) -> type[AssertionError]:
        if case is not None:
            frame = sys._getframe(1)
            name = frame.f_code.co_name
            if name in _FAILING or name.startswith("assert"):
                check = _WATCHING.get(current_scene())
                if check is not None and frame.f_globals.get("__name__") == "unittest.case":
                    try:
                        _note(check, frame)
                    except Exception:
                        check._problem = traceback.format_exc()
        return AssertionError


@functools.lru_cache(maxsize=64)
def _loops(filename: str) -> tuple[tuple[range, bool], ...]:
    """The lines of all loops of a file, and whether what fails in each may be tried again there."""
    import ast  # when it is needed at all

    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        (range(node.lineno, (node.end_lineno or 0) + 1), _may_try_again(node))
        for node in ast.walk(tree)
        if isinstance(node, (ast.AsyncFor, ast.For, ast.While))
    )


def _may_try_again(loop: ast.AsyncFor | ast.For | ast.While) -> bool:
    """
    Tell whether *loop* may be one that ends when something holds.

    One that does the same for each of many things, and makes use of them, goes through them all. What
    ends it earlier is ``break``, ``return``, ``raise``, a condition, as one with ``continue``, or what
    it iterates over, which a ``with`` then tells; and an ``async for`` may be one that waits for it.

    """
    import ast

    if not isinstance(loop, ast.For):
        return True
    targets = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    makes_use = False
    for node in (inner for statement in loop.body for inner in ast.walk(statement)):
        if isinstance(node, (ast.Break, ast.Continue, ast.Raise, ast.Return)):
            return True
        if isinstance(node, (ast.With, ast.AsyncWith)):
            used = {n.id for item in node.items for n in ast.walk(item) if isinstance(n, ast.Name)}
            if used & targets:
                return True
        makes_use = makes_use or (isinstance(node, ast.Name) and node.id in targets)
    return not makes_use


#: The functions of unittest.case that raise it, besides the assertions. Seen in 3.11.
_FAILING: Final = frozenset({"_baseAssertEqual", "_raiseFailure", "fail"})


def _note(check: SwallowedAssertion, frame: FrameType) -> None:
    if _current_task() is None and check._scene.loop.is_running():
        # A callback: the loop tells of it, unless the user's own code catches it on the way.
        callers = (f for f in _frames(frame) if is_users(f.f_code) and not _is_assertion(f))
        if not any(catches_all(one.f_code, one.f_lasti) for one in callers):
            return
    for one in (*_frames(frame), *_waiting(check._scene.loop)):
        code = one.f_code
        if _is_assertion(one):
            continue
        if is_user_file(code.co_filename) and _is_in_loop(code, one.f_lineno):
            return  # it may be tried again, and nothing would tell
        if _expects(code, one.f_globals) or _looks_at_caught(code):
            return  # it may be caught there
    message = frame.f_locals.get("msg")
    check.failed(frame, AssertionError(message if message is not None else ""))


def _is_in_loop(code: CodeType, here: int) -> bool:
    """Tell whether the line *here* is in a loop that may try again, or in one of calls."""
    if code.co_name in code.co_names + code.co_freevars:
        return True
    known = _loops(code.co_filename)
    if known:
        return any(
            may_try_again and code.co_firstlineno <= lines.start and here in lines
            for lines, may_try_again in known
        )
    for one in dis.get_instructions(code):
        if "JUMP_BACKWARD" in one.opname and one.opname != "JUMP_BACKWARD_NO_INTERRUPT":
            # By lines, for the first turn of a ``while`` may have instructions of its own.
            lines = [
                line
                for begin, end, line in code.co_lines()
                if line and begin <= one.offset and end > one.argval
            ]
            if min(lines) <= here <= max(lines):
                return True
    return False
