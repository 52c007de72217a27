"""
AsyncTestCase: a unittest skin over a trial.

The only file that knows unittest's insides. Each private name, the versions in which it
was seen, and what it is here:

=====================================  ============  =============================================
name                                   seen          here
=====================================  ============  =============================================
``TestCase._callSetUp``                3.11 to 3.15  overridden: the stages of a test
``TestCase._callTestMethod``           3.11 to 3.15  overridden
``TestCase._callTearDown``             3.11 to 3.15  overridden
``TestCase._callCleanup``              3.11 to 3.15  overridden
``TestCase._cleanups``                 3.11 to 3.15  read after an interrupt, reset in a second life
``TestCase._testMethodName``           3.11 to 3.15  read
``case._SubTest``                      3.11 to 3.15  made, to report one of several lives
``..._callAsync``, ``_callMaybeAsync``  3.11 to 3.15  overridden; others call them
``..._setupAsyncioRunner``,            3.11 to 3.15  overridden; others call and override them
``..._tearDownAsyncioRunner``
``..._asyncioRunner``,                 3.11 to 3.15  the trial, and its context; others read and set them
``..._asyncioTestContext``
=====================================  ============  =============================================

"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import operator
import re
import sys
import unittest
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from threading import Thread
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

# By name, for somebody may put ours in its place in unittest.
from unittest import IsolatedAsyncioTestCase

from .checks import Subject
from .checks.loop_errors import ExpectedLoopError
from .checks.shapes import finding_of_generator, finding_of_result, not_async
from .checks.swallowed_assertions import FailureException
from .classes import ClassLife, class_life_of, wrap_class_fixtures
from .driver import expect_cancellation
from .errors import FindingsError, OptionError
from .exits import explain, leave
from .findings import Finding, is_user_file, place_of_code
from .ledger import LEDGER
from .loops.factories import LoopChoice, LoopFactory, declared_factory, declared_factory_of
from .options import (
    ATTRIBUTE,
    Checks,
    Exploring,
    Options,
    VirtualTime,
    check_virtual_time,
    explored_by_environment,
    from_environment,
    joined,
    picked_loops,
    written,
    written_on,
)
from .trial import Trial, coroutine_of, trial_of
from .verdict import HeldResult, joined_errors


if TYPE_CHECKING:
    from .loops.clocks import LoopClock
    from .threads import LoopRunner


__all__ = ["AsyncTestCase"]

__unittest = True

T = TypeVar("T")
A = TypeVar("A", bound=Awaitable[Any])


class _OfTheLife:
    """
    What the life that runs has, as ``self.loop``. A user may put something else there.

    Args:
        get: gives it, of a trial.

    """

    def __init__(self, get: Callable[[Trial], Any]) -> None:
        self._get = get

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, case: Any, owner: type[Any]) -> Any:
        if case is None:
            return self
        trial = case._asynctesting_trial
        if trial is None or not trial.is_open:
            raise AttributeError(
                f"{type(case).__name__}.{self._name} is there only while a test runs, "
                "from setUp to the last cleanup"
            )
        return self._get(trial)


def _expecting(context: Any, expected: Any) -> Any:
    """Let a test that asserts its own cancellation with *context* be content with that."""
    kinds = expected if isinstance(expected, tuple) else (expected,)
    if context is not None and asyncio.CancelledError in kinds:
        kind: Any = type(context)

        def __exit__(self: Any, raised: Any, error: Any, tb: Any) -> Any:
            is_met = kind.__exit__(self, raised, error, tb)
            if is_met:
                expect_cancellation()
            return is_met

        context.__class__ = type(kind.__name__, (kind,), {"__exit__": __exit__})
    return context


class AsyncTestCase(IsolatedAsyncioTestCase):
    """
    A test case whose tests are coroutine functions, and cannot lie.

    Use it in place of :class:`unittest.IsolatedAsyncioTestCase`. Each test has a loop of
    its own; set-up, test, tear-down and cleanups are one task in one context; what the
    test leaves behind fails it. ``async def`` works wherever it is written: ``asyncSetUp``,
    ``asyncTearDown``, ``asyncSetUpClass``, ``asyncTearDownClass``, cleanups, and also
    ``setUp``, ``tearDown``, ``setUpClass``, ``tearDownClass``.

    Args:
        asyncio_debug: asyncio's debug mode; off unless asyncio is told to have it on.
        checks: ``"strict"``, ``"default"``, ``"warn"``, ``"off"``, or a mapping from the ids
            of checks to ``"fail"``, ``"warn"`` or ``"ignore"``.
        close_limit: real seconds that each step of ending a test may take.
        loop_scope: ``"test"``, or ``"class"`` for one loop for all tests of the class.
        time_limit: real seconds that one life of a test may take, or ``None``.
        virtual_time: whether time is virtual; or ``virtual_time(start=..., until=...)``.

    Raises:
        OptionError: where the class is written, for an option that cannot be.

    Example::

        class HerdTests(AsyncTestCase, time_limit=10):

            async def test_forward(self):
                self.assertTrue(await herd(Cat("Garfield"), "forward"))

    """

    #: What makes the loop of each test: a class or a function without arguments.
    loop_factory: ClassVar[LoopFactory | None] = None

    if sys.version_info < (3, 12) and not TYPE_CHECKING:
        failureException = FailureException()

    _asynctesting_written: ClassVar[dict[str, Any]] = {}
    _asynctesting_resolved: ClassVar[dict[str, Options]] = {}
    _asynctesting_class_life: ClassVar[ClassLife | None] = None

    _asyncioTestContext: contextvars.Context | None = None
    _asyncioRunner: Any = None
    _asynctesting_trial: Trial | None = None
    #: What unittest keeps the cleanups in that are still to come.
    _cleanups: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]

    #: Exceptions, by id, for which those of a context manager speak.
    _asynctesting_explained: dict[int, BaseException]
    #: Cancellations of the test's stages that nothing has explained.
    _asynctesting_cancelled: tuple[BaseException, ...] = ()
    #: The exception that ended the test so far, for context managers to be left with.
    _asynctesting_ended: BaseException | None = None

    if TYPE_CHECKING:
        #: The loop of the test that runs.
        loop: asyncio.AbstractEventLoop

        #: Its clock.
        clock: LoopClock

        def __init_subclass__(
            cls,
            *,
            asyncio_debug: bool | None = ...,
            checks: Checks = ...,
            close_limit: float = ...,
            loop_scope: Literal["test", "class"] = ...,
            time_limit: float | None = ...,
            virtual_time: bool | VirtualTime | None = ...,
        ) -> None: ...

    else:
        loop = _OfTheLife(Trial.get_loop)
        clock = _OfTheLife(Trial.get_clock)

        def __init_subclass__(cls, **keywords: Any) -> None:
            super().__init_subclass__()
            where = f"class {cls.__qualname__}"
            if "loops" in keywords:
                raise OptionError(f"{where}: loops are given with the decorator @on_loops(...)")
            vars_of_class = written(keywords, where=where)
            setattr(cls, ATTRIBUTE, vars_of_class)
            cls._asynctesting_options_changed()
            wrap_class_fixtures(cls)

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        # The standard class makes a context here, so that its cases cannot be
        # pickled or copied. Ours are made when the test runs.
        vars(self).pop("_asyncioTestContext", None)
        vars(self).pop("_asyncioRunner", None)

    def __getstate__(self) -> dict[str, Any]:
        """
        What a copy of this case has, in this process or in another.

        Tasks, locks and whatever else a test keeps of a loop stay behind: the loop is not there.

        """
        return {name: value for name, value in vars(self).items() if not _is_of_a_loop(value)}

    # Options

    @classmethod
    def _asynctesting_options_changed(cls) -> None:
        """Resolve the options of this class, and refuse what does not go together."""
        options: dict[str, Any] = from_environment()
        for klass in reversed(cls.__mro__):
            options = joined(options, vars(klass).get(ATTRIBUTE) or {})
        cls._asynctesting_written = options
        cls._asynctesting_resolved = {}
        cls._asynctesting_check_class(Options(**options))
        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            if written_on(member) and not isinstance(member, type):
                if name in _EMPTY and "exploring" in written_on(member):
                    raise OptionError(
                        f"{cls.__qualname__}.{name}: @explore decorates a test or a test class; "
                        f"{name} is explored with each test of the class that is, so write it there"
                    )
                cls._asynctesting_options_of(name, member)

    @classmethod
    def _asynctesting_check_class(cls, options: Options) -> None:
        if options.virtual_time is not None:
            check_virtual_time(
                f"class {cls.__qualname__}", options, declared_factory_of(cls)
            )
        if options.loop_scope == "class" and options.virtual_time != cls._asynctesting_written.get(
            "virtual_time"
        ):
            raise OptionError(
                f'class {cls.__qualname__}: loop_scope="class" has one loop for all tests of the '
                "class, and so they have one time: write virtual_time on the class, not on a test"
            )
        if options.exploring is not None:
            cls._asynctesting_check_exploring(options)
        if not options.loops:
            return
        if options.loop_scope == "class":
            problem = 'loop_scope="class" has one loop for all tests of the class'
        elif ClassLife.has_fixtures(cls):
            problem = "asynchronous class fixtures have one loop for the whole class"
        else:
            return
        raise OptionError(
            f"class {cls.__qualname__}: @on_loops gives each test several loops, but {problem}; "
            "move them into asyncSetUp, or test each loop in a class of its own with loop_factory"
        )

    @classmethod
    def _asynctesting_check_exploring(cls, options: Options) -> None:
        """Refuse what has loops of its own where each order has one."""
        cure = "move them into asyncSetUp, or take @explore from tests that share a loop"
        if options.loops:
            problem = "@on_loops gives it loops of several makers"
            cure = "leave one of them out, or write a test for each"
        elif options.loop_scope == "class":
            problem = 'loop_scope="class" has one loop for all tests of the class'
        elif ClassLife.has_fixtures(cls):
            problem = "asynchronous class fixtures have one loop for the whole class"
        elif declared_factory_of(cls) is not None:
            problem = "the class has a loop_factory"
            cure = "leave loop_factory out, or move the test into a class without it"
        else:
            assert options.exploring is not None
            explored_by_environment(options.exploring)
            return
        raise OptionError(
            f"class {cls.__qualname__}: @explore lives a test on a loop of our own for each order, "
            f"but {problem}; {cure}"
        )

    @classmethod
    def _asynctesting_options_of(cls, name: str, method: Any) -> Options:
        resolved = Options(**joined(cls._asynctesting_written, written_on(method)))
        cls._asynctesting_check_class(resolved)
        cls._asynctesting_resolved[name] = resolved
        return resolved

    def _asynctesting_own_options(self) -> Options:
        name = self._testMethodName
        options = type(self)._asynctesting_resolved.get(name)
        if options is not None:
            return options
        return type(self)._asynctesting_options_of(name, getattr(type(self), name, None))

    # Class fixtures

    @classmethod
    async def asyncSetUpClass(cls) -> None:
        """Set up the class, after ``setUpClass``, on a loop that lasts as long as the class."""

    @classmethod
    async def asyncTearDownClass(cls) -> None:
        """Tear the class down, before ``tearDownClass``."""

    @classmethod
    def addAsyncClassCleanup(
        cls, function: Callable[..., Awaitable[Any]], /, *args: Any, **kwargs: Any
    ) -> None:
        """
        Await ``function(*args, **kwargs)`` after the class, on the class's loop.

        Like ``addClassCleanup``, it runs also when setting up the class fails.

        """
        class_life_of(cls).add_cleanup(function, args, kwargs)

    @classmethod
    async def enterAsyncClassContext(cls, cm: AbstractAsyncContextManager[T]) -> T:
        """Enter *cm*, to be left after the class; returns what it gives."""
        enter, exit = _protocol(cm)
        result: T = await enter(cm)
        cls.addAsyncClassCleanup(exit, cm, None, None, None)
        return result

    # One life

    def _setupAsyncioRunner(self) -> None:
        assert self._asyncioRunner is None, "asyncio runner is already initialized"
        self._asyncioRunner = trial_of(
            self._asynctesting_own_options(),
            loop_factory=declared_factory(self),
            parent=class_life_of(type(self)).trial_for_tests(),
            subject=functools.partial(self._asynctesting_subject, self._testMethodName),
        )

    def _asynctesting_open(self) -> Trial:
        """The trial, around whatever runner there is; subclasses may bring their own."""
        trial = self._asynctesting_trial
        if trial is None:
            runner = self._asyncioRunner
            if isinstance(runner, Trial):
                trial = runner
            else:
                assert runner is not None, "asyncio runner is not initialized"
                trial = Trial(
                    self._asynctesting_own_options(),
                    runner=runner,
                    subject=functools.partial(self._asynctesting_subject, self._testMethodName),
                )
            self._asynctesting_trial = trial
            self._asyncioTestContext = trial.context
        return trial

    def _tearDownAsyncioRunner(self) -> None:
        self._asyncioRunner.close()

    def _asynctesting_close(
        self, has_passed: bool = True
    ) -> tuple[list[Finding], list[BaseException]]:
        """Close the life, and warn of what only warns; give what fails it, and what was raised."""
        trial = self._asynctesting_trial
        raised: list[BaseException] = []
        if trial is not None:
            trial.has_passed = has_passed
            if trial is not self._asyncioRunner:
                raised += trial.finish()
        if self._asyncioRunner is not None:
            try:
                self._tearDownAsyncioRunner()
            except BaseException as error:
                raised.append(error)
        if trial is None:
            return [], raised
        # Once more, for a subclass may have its own way with the runner, or none.
        raised += trial.finish()
        return trial.failing, raised

    @classmethod
    def _asynctesting_subject(cls, name: str) -> Subject:
        method = inspect.unwrap(getattr(cls, name, None) or _nothing)
        code = getattr(method, "__code__", None)
        files = {
            getattr(sys.modules.get(klass.__module__), "__file__", None) or ""
            for klass in cls.__mro__
        }
        place = None
        if code is not None:
            place = place_of_code(code)
            files.add(code.co_filename)
        return Subject(
            f"{cls.__module__}.{cls.__qualname__}.{name}",
            place,
            frozenset(filter(is_user_file, filter(None, files))),
        )

    def _asynctesting_forget(self) -> None:
        """Drop all that one life has put on this instance, so that it can be copied."""
        own = vars(self)
        for name in _OF_ONE_LIFE:
            own.pop(name, None)

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test, once on each loop that it asks for, and report one outcome."""
        start = stop = None
        if result is None:
            result = self.defaultTestResult()
            start = getattr(result, "startTestRun", None)
            stop = getattr(result, "stopTestRun", None)
        if start is not None:
            start()
        try:
            try:
                options = self._asynctesting_own_options()
                loops = options.loops
            except OptionError as error:  # written on the method after the class was made
                result.startTest(self)
                result.addError(self, _exc_info(error))
                result.stopTest(self)
                return result
            if self._asynctesting_skipped():
                self._asynctesting_live(result, options)
            elif loops:
                self._asynctesting_live_on(loops, result)
            elif options.exploring is not None or self._asynctesting_explored is not None:
                self._asynctesting_explore(options.exploring, result)
            else:
                self._asynctesting_live(result, options)
        finally:
            if stop is not None:
                stop()
        return result

    def _asynctesting_live(self, result: Any, options: Options | None = None) -> None:
        held = HeldResult(result, self)
        explained: dict[int, BaseException] = {}
        self._asynctesting_explained = explained
        findings: list[Finding] = []
        raised: list[BaseException] = []
        merge = (options or self._asynctesting_own_options()).checks != "off"
        try:
            try:
                self._setupAsyncioRunner()
                try:
                    # The standard class's own run() would make the runner anew.
                    super(IsolatedAsyncioTestCase, self).run(held)  # type: ignore[arg-type]
                except KeyboardInterrupt:
                    self._asynctesting_end_interrupted(held)
                    raise
            finally:
                findings, raised = self._asynctesting_close(held.has_passed)
                for error in raised:
                    if isinstance(error, Exception):  # a warning that is an error, above all
                        held.addError(self, _exc_info(error))
        finally:
            self._asynctesting_forget()
            held.release(
                findings, explained, merge=merge, expecting=self._asynctesting_expecting
            )
        for error in raised:
            if not isinstance(error, Exception):
                raise error

    def _asynctesting_expecting(self) -> bool:
        method = getattr(self, self._testMethodName, None)
        return bool(
            getattr(self, "__unittest_expecting_failure__", False)
            or getattr(method, "__unittest_expecting_failure__", False)
        )

    def _asynctesting_end_interrupted(self, held: HeldResult) -> None:
        """Run tear-down and cleanups although unittest has given up on this test."""
        stages: list[Callable[[], Any]] = []
        if self._asynctesting_stage == "test":
            stages.append(self._callTearDown)
        while stages or self._cleanups:
            if stages:
                stage = stages.pop()
            else:
                function, args, kwargs = self._cleanups.pop()
                stage = functools.partial(self._callCleanup, function, *args, **kwargs)
            try:
                stage()
            except BaseException as error:
                held.addError(self, _exc_info(error))

    def debug(self) -> None:
        """Run the test without collecting errors; the first one, or what it left, is raised."""
        options = self._asynctesting_own_options()
        if self._asynctesting_skipped():
            self._asynctesting_debug()
        elif options.loops:
            from .lives import debug_on

            debug_on(self, options.loops, picked_loops())
        elif options.exploring is not None:
            from .explored_tests import debug_explored

            debug_explored(self, options.exploring)
        else:
            self._asynctesting_debug()

    def _asynctesting_debug(self) -> None:
        self._setupAsyncioRunner()
        self._asynctesting_explained = {}
        # After an error the loop stays open, as with the standard class, for whoever
        # looks at the case, and for doCleanups().
        super(IsolatedAsyncioTestCase, self).debug()
        findings, raised = self._asynctesting_close()
        self._asynctesting_forget()
        if raised:
            raise joined_errors(raised, LEDGER.report(findings) if findings else "")
        if findings:
            raise FindingsError(LEDGER.report(findings))

    def __del__(self) -> None:
        if self._asyncioRunner is not None:
            self._tearDownAsyncioRunner()

    # Stages

    #: The stage that was entered last: "" or "set-up" or "test" or "tear-down".
    _asynctesting_stage = ""

    def _callSetUp(self) -> None:
        self._asynctesting_stage = "set-up"
        trial = self._asynctesting_open()
        trial.get_loop()
        try:
            if _SET_UPS(type(self)) != _EMPTY_SET_UPS or not _STAGES.isdisjoint(vars(self)):
                self._asynctesting_sync("setUp", "set-up")
                if self._asynctesting_has_own("asyncSetUp"):
                    self._callAsync(self.asyncSetUp)
        except BaseException as error:
            self._asynctesting_note(error)
            raise
        self._asynctesting_stage = "test"

    def _callTestMethod(self, method: Any) -> None:
        # Django replaces the method by one that runs it on a loop of its own.
        awaitable = getattr(method, "__dict__", {}).get("awaitable")
        if awaitable is not None and inspect.iscoroutinefunction(awaitable):
            method = awaitable
            if inspect.ismethod(awaitable) and awaitable.__self__ is not self:
                method = awaitable.__func__.__get__(self)
        try:
            result = self._callMaybeAsync(method)
        except BaseException as error:
            self._asynctesting_note(error)
            raise
        if result is not None:
            self._asynctesting_look_at(result, method)
            warnings.warn(
                f"It is deprecated to return a value that is not None from a "
                f"test case ({method} returned {type(result).__name__!r})",
                DeprecationWarning,
                stacklevel=5,
            )

    def _asynctesting_look_at(self, result: Any, method: Any) -> None:
        """Tell of a test that has returned something for somebody to run."""
        finding = finding_of_result(result, method)
        if finding is not None:
            self._asynctesting_open().tell(finding)

    def _callTearDown(self) -> None:
        self._asynctesting_stage = "tear-down"
        try:
            if _TEAR_DOWNS(type(self)) != _EMPTY_TEAR_DOWNS or not _STAGES.isdisjoint(vars(self)):
                if self._asynctesting_has_own("asyncTearDown"):
                    self._callAsync(self.asyncTearDown)
                self._asynctesting_sync("tearDown", "tear-down")
        except BaseException as error:
            self._asynctesting_note(error)
            raise

    def _callCleanup(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        try:
            result = self._asynctesting_maybe_async(
                self._asynctesting_name_of_cleanup(function, args), function, args, kwargs
            )
            if (
                result is not None
                and (finding := finding_of_generator(result, function)) is not None
            ):
                self._asynctesting_open().tell(finding)
        except BaseException as error:
            self._asynctesting_note(error)
            raise

    def _asynctesting_note(self, error: BaseException) -> None:
        """
        Remember what ended the test, for whoever is left with it.

        It is the first exception, or a cancellation that struck in a later stage, which
        only the one who asked for it can explain.

        """
        if isinstance(error, asyncio.CancelledError):
            self._asynctesting_ended = error
            self._asynctesting_cancelled = (*self._asynctesting_cancelled, error)
        elif self._asynctesting_ended is None:
            self._asynctesting_ended = error
        if type(error) is RuntimeError:
            from .synchronous import add_cure  # hardly ever needed

            add_cure(error)

    def _asynctesting_has_own(self, name: str) -> bool:
        """Tell whether a stage is more than the standard class's empty one."""
        return name in vars(self) or getattr(type(self), name) is not _EMPTY[name]

    def _asynctesting_sync(self, name: str, stage: str) -> None:
        """Call ``setUp`` or ``tearDown``, and await what it returns if it is a coroutine."""
        if not self._asynctesting_has_own(name):
            return
        trial = self._asynctesting_open()
        function = getattr(self, name)
        result = trial.call(function)
        if result is None:
            return
        if inspect.iscoroutine(result):
            trial.run(result, name=stage)
        elif (finding := finding_of_generator(result, function)) is not None:
            trial.tell(finding)

    def _callAsync(
        self, func: Callable[..., Coroutine[Any, Any, T]], /, *args: Any, **kwargs: Any
    ) -> T:
        trial = self._asynctesting_open()
        assert inspect.iscoroutinefunction(func), not_async(func)
        return trial.run(  # type: ignore[no-any-return]
            func(*args, **kwargs), name=self._asynctesting_name_of(func)
        )

    def _callMaybeAsync(self, func: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        name = self._asynctesting_name_of(func)
        return self._asynctesting_maybe_async(name, func, args, kwargs)  # type: ignore[no-any-return]

    def _asynctesting_maybe_async(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        trial = self._asynctesting_open()
        if getattr(func, "is_hypothesis_test", False) is True:  # a mock has every attribute
            return func(*args, **kwargs)  # each example comes to execute_example()
        result = None if args or kwargs else coroutine_of(func)
        if result is None:
            result = trial.call(func, *args, **kwargs)
            if result is None or not isinstance(result, (CoroutineType, Coroutine)):
                return result
        return trial.run(result, name=name)

    def _asynctesting_name_of(self, func: Any) -> str:
        name = getattr(func, "__name__", "") or type(func).__name__
        return f"{name}()"

    def _asynctesting_name_of_cleanup(self, func: Any, args: tuple[Any, ...]) -> str:
        if getattr(func, "__func__", None) is AsyncTestCase._asynctesting_leave:
            return f"leaving {type(args[0]).__name__}"
        return f"the cleanup {self._asynctesting_name_of(func)}"

    async def enterAsyncContext(self, cm: AbstractAsyncContextManager[T]) -> T:
        """
        Enter *cm*, to be left by a cleanup; returns what it gives.

        It is left with the exception that ended the test, if there is one, as by an
        ``async with`` around the test: a task group cancels its children, a timeout raises
        its :exc:`TimeoutError`. What it swallows is reported all the same.

        """
        enter, exit = _protocol(cm)
        result: T = await enter(cm)
        self.addAsyncCleanup(self._asynctesting_leave, cm, exit)
        return result

    async def _asynctesting_leave(self, cm: Any, exit: Callable[..., Awaitable[Any]]) -> None:
        trial = self._asynctesting_open()
        ended = self._asynctesting_ended
        try:
            swallowed = await leave(cm, exit, ended, trial.host)
        except BaseException as error:
            new = explain(error, ended)
            if new is None:
                return
            for cancelled in self._asynctesting_cancelled:
                self._asynctesting_explained[id(cancelled)] = new
            self._asynctesting_cancelled = ()
            self._asynctesting_ended = error
            if new is error:
                raise
            raise new from None
        if swallowed:
            self._asynctesting_ended = None

    if TYPE_CHECKING:
        pass  # checkers read the stubs
    else:

        def assertRaises(self, expected_exception, *args, **kwargs):
            context = super().assertRaises(expected_exception, *args, **kwargs)
            return _expecting(context, expected_exception)

        def assertRaisesRegex(self, expected_exception, *args, **kwargs):
            context = super().assertRaisesRegex(expected_exception, *args, **kwargs)
            return _expecting(context, expected_exception)

    def assertLoopError(
        self,
        expected: type[BaseException] | tuple[type[BaseException], ...],
        *,
        match: str | re.Pattern[str] | None = None,
        msg: object = None,
    ) -> ExpectedLoopError:
        """
        Expect an error that nobody but the event loop sees.

        Use it as ``with self.assertLoopError(ValueError):`` around what makes a callback, a
        protocol, or a task that nobody awaits, fail; the loop must come to it inside of the block.
        Other errors remain findings.

        Args:
            expected: the type of the exception, or several.
            match: a regular expression to be searched for in its message.
            msg: what to say if it does not come.

        Returns:
            A context manager; its ``exception`` and ``context`` are those that came.

        Raises:
            AssertionError: when the block ends, if no such error has come.

        Example::

            with self.assertLoopError(ZeroDivisionError) as caught:
                self.loop.call_soon(divide, 1, 0)
                await asyncio.sleep(0)

        """
        return ExpectedLoopError(self, expected, match, msg)

    def loop_runner(
        self, loop: asyncio.AbstractEventLoop | None = None, *, name: str = "runner"
    ) -> LoopRunner:
        """
        Start a loop in a thread of its own; it is stopped by a cleanup.

        Use it for what another thread does in production: a synchronous function that calls
        into a loop, or a coroutine that must not run on the test's thread. It works in tests
        that are not ``async def``, too.

        Args:
            loop: the loop, not running; the runner closes it. Without one, a new one of the kind
                that the test has.
            name: the name of the thread.

        Returns:
            A running :class:`asynctesting.LoopRunner`.

        Example::

            def test_command(self):
                runner = self.loop_runner()
                HerdRouter(runner.loop).add_command("forward")

        """
        from .threads import LoopRunner, runner_with  # most tests need no other thread

        factory = declared_factory(self)
        explored = sys.modules.get(f"{__package__}.loops.explored")
        if explored is not None and isinstance(self._asynctesting_open().get_loop(), explored.ExploredLoop):
            factory = explored.SimulatedLoop  # the orders that are explored are those of the test's loop
        if loop is None and factory is not None:
            runner = runner_with(factory, name=name)
        else:
            runner = LoopRunner(loop, name=name)
        self.addCleanup(runner.stop)
        runner.start()
        return runner

    async def settle(self) -> None:
        """
        Return when every other task is waiting, and no callback is ready.

        See :func:`asynctesting.settle`.

        """
        from .staging import settle

        await settle()

    def background(
        self, coroutine: Coroutine[Any, Any, T], *, name: str | None = None
    ) -> asyncio.Task[T]:
        """
        Run *coroutine* in a task that is cancelled by a cleanup: it is no leftover.

        Use it for what runs for ever by design. If it fails, the test fails with that. See
        :func:`asynctesting.background`.

        Args:
            coroutine: what to run.
            name: what to call the task.

        Returns:
            The task.

        """
        from .staging import background, end_background

        task = background(coroutine, name=name)
        self.addAsyncCleanup(end_background, task, self._asynctesting_open().options.close_limit)
        return task

    async def assertEventually(
        self,
        predicate: Callable[[], T | Awaitable[T]],
        *,
        within: float = 1.0,
        every: float | None = None,
        msg: object = None,
    ) -> T:
        """
        Wait until *predicate* gives something true, and return that.

        See :func:`asynctesting.eventually`.

        Args:
            predicate: a function, or a coroutine function, without arguments.
            within: seconds of loop time for it to become true.
            every: seconds of loop time between two questions, if it is to be asked at regular times.
            msg: what to say if it does not come true.

        Raises:
            AssertionError: if it does not; with its last value, or its last exception as the
                cause.

        Example::

            await self.assertEventually(lambda: yard.cats, within=5)

        """
        from .staging import Unfulfilled, eventually

        try:
            return await eventually(predicate, within=within, every=every)
        except Unfulfilled as error:
            text = self._formatMessage(msg, str(error))  # type: ignore[arg-type]
            raise self.failureException(text) from error.__cause__

    def execute_example(self, function: Callable[[], Any]) -> Any:
        """Run one example of a Hypothesis test: a phase of the same life."""
        trial = self._asynctesting_open()
        result = trial.call(function)
        if inspect.iscoroutine(result):
            return trial.run(result, name=f"{self._testMethodName}()")
        return result

    # Several lives

    def _asynctesting_skipped(self) -> bool:
        method = getattr(self, self._testMethodName, None)
        return bool(
            getattr(type(self), "__unittest_skip__", False)
            or getattr(method, "__unittest_skip__", False)
        )

    def _asynctesting_live_on(self, loops: tuple[LoopChoice, ...], result: Any) -> None:
        from .lives import live_on  # heavy, and most tests live once

        live_on(self, loops, picked_loops(), result)

    #: How the command line explores this test, if it does.
    _asynctesting_explored: Any = None

    def _asynctesting_explore(self, exploring: Exploring | None, result: Any) -> None:
        from .explored_tests import explore_test  # heavy, and most tests live once

        explore_test(self, exploring or Exploring(), result, self._asynctesting_explored)

    def offer(self, awaitable: A, *faults: type[BaseException] | BaseException) -> A:
        """
        Let something go wrong here while the test is explored.

        See :func:`asynctesting.offer`.

        """
        from .offers import offer

        return offer(awaitable, *faults)


_OF_ONE_LIFE = frozenset(
    (
        "_asyncioRunner",
        "_asyncioTestContext",
        "_asynctesting_cancelled",
        "_asynctesting_ended",
        "_asynctesting_explained",
        "_asynctesting_stage",
        "_asynctesting_trial",
    )
)


def _nothing() -> None:
    """What stands for a test method that is not there."""


#: Stages that do nothing, and need not be run.
_EMPTY = {
    "setUp": unittest.TestCase.setUp,
    "tearDown": unittest.TestCase.tearDown,
    "asyncSetUp": IsolatedAsyncioTestCase.asyncSetUp,
    "asyncTearDown": IsolatedAsyncioTestCase.asyncTearDown,
}
_STAGES = frozenset(_EMPTY)
_SET_UPS = operator.attrgetter("setUp", "asyncSetUp")
_TEAR_DOWNS = operator.attrgetter("asyncTearDown", "tearDown")
_EMPTY_SET_UPS = _SET_UPS(IsolatedAsyncioTestCase)
_EMPTY_TEAR_DOWNS = _TEAR_DOWNS(IsolatedAsyncioTestCase)


def _is_of_a_loop(value: Any) -> bool:
    """Tell whether *value* means nothing without the loop that it was made on."""
    return isinstance(value, (asyncio.Future, asyncio.AbstractEventLoop, Thread)) or type(
        value
    ).__module__.partition(".")[0] in ("asyncio", "_asyncio", "uvloop")


def _exc_info(error: BaseException) -> Any:
    return type(error), error, error.__traceback__


def _protocol(cm: Any) -> tuple[Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]]:
    """How to enter and leave *cm*, looked up on its type as ``async with`` does."""
    cls = type(cm)
    try:
        return cls.__aenter__, cls.__aexit__
    except AttributeError:
        message = (
            f"'{cls.__module__}.{cls.__qualname__}' object does not support the "
            "asynchronous context manager protocol"
        )
        if hasattr(cls, "__enter__") and hasattr(cls, "__exit__"):
            message += (
                " but it supports the context manager protocol. "
                "Did you mean to use enterContext()?"
            )
        raise TypeError(message) from None


wrap_class_fixtures(AsyncTestCase)
