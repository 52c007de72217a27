"""
What a class has besides its tests: asynchronous fixtures, and a loop for as long as it lasts.

unittest knows nothing of them. It calls ``setUpClass`` and ``tearDownClass``, so these two are
wrapped in each test class, whoever wrote them and whether or not they call ``super()``:
``asyncSetUpClass`` runs after the outermost ``setUpClass``, ``asyncTearDownClass``
before the outermost ``tearDownClass``. The loop is closed by the first class cleanup, which
is the last to run, since ``tearDownClass`` is skipped when ``setUpClass`` fails.

"""

from __future__ import annotations

import asyncio
import functools
import inspect
import unittest
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .checks import Subject
from .errors import FindingsError, StageError
from .findings import raise_at
from .loops.factories import declared_factory_of
from .options import Options
from .trial import Trial
from .verdict import joined_errors, trim


if TYPE_CHECKING:
    from .case import AsyncTestCase


__all__ = ["ClassLife", "class_life_of", "wrap_class_fixtures"]

__unittest = True

_MARK = "_asynctesting_wraps"
_FIXTURES = ("setUpClass", "tearDownClass")


class ClassLife:
    """The loop of one test class."""

    def __init__(self, cls: type[AsyncTestCase]) -> None:
        self.cls = cls
        self.options: Options = Options(**cls._asynctesting_written)
        self._trial: Trial | None = None
        self._running: str | None = None
        self._is_set_up = False

    @staticmethod
    def has_fixtures(tested: type[unittest.TestCase]) -> bool:
        """Tell whether the class *tested* has asynchronous fixtures."""
        for klass in tested.__mro__:
            own = vars(klass)
            if "_asynctesting_class_life" in own and "asyncSetUpClass" in own and (
                klass.__module__ == f"{__package__}.case"
            ):
                return False  # our own empty ones: nobody below has any
            if "asyncSetUpClass" in own or "asyncTearDownClass" in own:
                return True
            if any(inspect.iscoroutinefunction(_function(own.get(name))) for name in _FIXTURES):
                return True
        return False

    def trial_for_tests(self) -> Trial | None:
        """The trial on whose loop the tests of the class live, if it has one for them."""
        return self._trial if self.options.loop_scope == "class" else None

    # Fixtures

    def run_fixture(self, name: str, fixture: Callable[[], Any]) -> Any:
        """Run ``setUpClass`` or ``tearDownClass``, and its asynchronous half."""
        if self._running is not None:
            return self._call_nested(name, fixture)
        self._running = name
        if self._trial is not None:
            self._trial.resume_limit()
        try:
            if name == "setUpClass":
                self._set_up(fixture)
            else:
                self._tear_down(fixture)
        finally:
            self._running = None
            if self._trial is not None:
                self._trial.pause_limit()

    def _call_nested(self, name: str, fixture: Callable[[], Any]) -> Any:
        """A call of ``super()`` in a fixture: the outermost one does the asynchronous half."""
        result = fixture()
        if inspect.iscoroutine(result) and asyncio._get_running_loop() is None:
            return self._open().run(result, name=name)
        return result

    def _call(self, name: str, fixture: Callable[[], Any]) -> None:
        result = fixture() if self._trial is None else self._trial.call(fixture)
        if inspect.iscoroutine(result):
            self._open().run(result, name=name)

    def _set_up(self, fixture: Callable[[], Any]) -> None:
        self._is_set_up = False
        if self.options.loop_scope == "class" or self.has_fixtures(self.cls):
            self._open()
        self._call("setUpClass", fixture)
        if self._trial is not None:
            self._trial.run(self.cls.asyncSetUpClass(), name="asyncSetUpClass")
        self._is_set_up = True

    def _tear_down(self, fixture: Callable[[], Any]) -> None:
        try:
            if self._trial is not None and self._is_set_up:
                self._trial.run(self.cls.asyncTearDownClass(), name="asyncTearDownClass")
        finally:
            self._call("tearDownClass", fixture)

    def add_cleanup(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Await *function* among the class's cleanups."""
        self._open()
        self.cls.addClassCleanup(self._clean_up, function, args, kwargs)

    def _clean_up(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        trial = self._open()
        trial.resume_limit()
        try:
            result = trial.call(function, *args, **kwargs)
            if inspect.isawaitable(result):
                trial.run(result, name="a class cleanup")  # type: ignore[arg-type]
        finally:
            trial.pause_limit()

    # The loop

    def _subject(self) -> Subject:
        return Subject(f"{self.cls.__module__}.{self.cls.__qualname__}")

    def _open(self) -> Trial:
        if self._trial is None:
            trial = Trial(
                self.options,
                loop_factory=declared_factory_of(self.cls),
                subject=self._subject,
            )
            trial.open()
            self._trial = trial
            self.cls.addClassCleanup(self._close)
        return self._trial

    def _close(self) -> None:
        trial, self._trial = self._trial, None
        self._is_set_up = False
        if trial is None:
            return
        trial.resume_limit()
        raised = trial.finish()
        subject = "the fixtures of this class"
        if raised:
            raise joined_errors(raised, trial.report(subject) if trial.failing else "")
        if trial.failing:
            raise raise_at(FindingsError(trial.report(subject)), trial.failing[0].place)


def class_life_of(cls: type[AsyncTestCase]) -> ClassLife:
    """The one of *cls* itself, not of a class it is built on."""
    life: ClassLife | None = vars(cls).get("_asynctesting_class_life")
    if life is None:
        life = cls._asynctesting_class_life = ClassLife(cls)
    return life


def _function(declared: Any) -> Any:
    """The function inside a ``classmethod`` or ``staticmethod``, even inside our wrapper."""
    function = getattr(declared, "__func__", declared)
    return getattr(function, "__wrapped__", function)


def wrap_class_fixtures(cls: type[AsyncTestCase]) -> None:
    """Wrap ``setUpClass`` and ``tearDownClass`` of *cls*, unless what it inherits is wrapped."""
    for name in _FIXTURES:
        declared = vars(cls).get(name)
        if declared is None and hasattr(getattr(cls, name).__func__, _MARK):
            continue
        setattr(cls, name, _wrapped(cls, name, declared))


def _wrapped(owner: type[Any], name: str, declared: Any) -> Any:
    def fixture(cls: type[AsyncTestCase]) -> Any:
        if declared is None:
            call = getattr(super(owner, cls), name)
        elif hasattr(declared, "__get__"):
            call = declared.__get__(None, cls)
        else:
            call = declared
        try:
            return class_life_of(cls).run_fixture(name, call)
        except asyncio.CancelledError as error:
            # unittest would end the whole run
            raise StageError(f"{name} of {cls.__qualname__} was cancelled") from trim(error)
        except BaseException as error:
            raise trim(error)

    if declared is not None:
        functools.update_wrapper(fixture, _function(declared))
    else:
        fixture.__name__, fixture.__qualname__ = name, f"{owner.__qualname__}.{name}"
        fixture.__module__ = owner.__module__
    setattr(fixture, _MARK, True)
    return classmethod(fixture)
