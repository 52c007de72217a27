"""
A life without a class, for a pytest function, a script, or a property test.

"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .checks import Subject
from .checks.hooks import code_of
from .errors import FindingsError, OptionError
from .findings import is_user_file, place_of_code, raise_at
from .loops.factories import LoopFactory
from .options import (
    UNSET,
    Checks,
    Options,
    VirtualTime,
    check_virtual_time,
    from_environment,
    written,
    written_on,
)
from .trial import coroutine_of, trial_of
from .verdict import joined_errors, trim


__all__ = ["live", "options_for", "run"]

__unittest = True

T = TypeVar("T")


def run(
    main: Callable[[], Awaitable[T]],
    *,
    loop_factory: LoopFactory | None = None,
    asyncio_debug: bool | None = UNSET,
    checks: Checks = UNSET,
    close_limit: float = UNSET,
    time_limit: float | None = UNSET,
    virtual_time: bool | VirtualTime | None = UNSET,
) -> T:
    """
    Give *main* the life and the verdict of a test of :class:`~asynctesting.AsyncTestCase`.

    Use it where there is no test class. It is to ``asyncio.run()`` what
    AsyncTestCase is to the standard class. Where a loop runs in the
    same thread already, as in a notebook, that one stands still meanwhile.

    Args:
        main: a coroutine function (or whatever returns an awaitable) without arguments.
        loop_factory: what makes the loop; without it, asyncio's way.
        asyncio_debug: see :class:`~asynctesting.AsyncTestCase`, also for the others.
        checks: a profile, or a level per check.
        close_limit: real seconds that each step of closing may take.
        time_limit: real seconds for the whole.
        virtual_time: whether time is virtual; or ``virtual_time(start=..., until=...)``.

    Returns:
        What *main* returns.

    Raises:
        FindingsError: if *main* returned, but left something broken behind. If it raised, that
            exception comes, with the findings as a note.
        OptionError: for an option that cannot be.

    Example::

        def test_forward():
            async def main():
                assert await herd(Cat("Garfield"), "forward")

            asynctesting.run(main)

    """
    __tracebackhide__ = True
    if inspect.isawaitable(main):
        if inspect.iscoroutine(main):
            main.close()
        raise TypeError("run() needs a function to call, not a coroutine: write run(main)")
    if not callable(main):
        raise TypeError(f"run() needs a coroutine function, not {main!r}")
    options = options_for(
        main,
        asyncio_debug=asyncio_debug,
        checks=checks,
        close_limit=close_limit,
        time_limit=time_limit,
        virtual_time=virtual_time,
    )
    check_virtual_time("run()", options, loop_factory)
    result, error = live(main, options, loop_factory)
    try:
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]
    finally:
        del error  # it refers to this frame


def options_for(main: Any, **given: Any) -> Options:
    """
    Resolve the options of *main*: those that are *given*, what is written on it, the settings of the run.

    Raises:
        OptionError: for an option that cannot be.

    """
    nearer = {**written_on(main), **written(given, where="run()")}
    if "loops" in nearer:
        raise OptionError("run(): one life only; call it once for each loop, with loop_factory")
    return Options(**{**from_environment(), **nearer})


def live(
    main: Callable[[], Awaitable[Any]], options: Options, loop_factory: LoopFactory | None
) -> tuple[Any, BaseException | None]:
    """Give *main* one life; give what it returned, or else what :func:`run` is to raise."""
    trial = trial_of(options, loop_factory=loop_factory, subject=lambda: _subject(main))
    error: BaseException | None = None
    errors: list[BaseException] = []
    result: Any = None
    try:
        trial.open()
        result = trial.run(coroutine_of(main) or _awaitable(trial.call(main), main), name="main()")
    except BaseException as raised:
        error = raised
        trial.has_passed = False
        if type(error) is RuntimeError:
            from .synchronous import add_cure  # hardly ever needed

            add_cure(error)
    try:
        errors = [] if error is None else [error]
        errors += trial.finish()  # not the other way round: that list is its frame's, too
        if errors:
            findings = trial.report("this run") if trial.failing else ""
            return None, trim(joined_errors(errors, findings))
        if trial.failing:
            found = FindingsError(trial.report("this run"))
            return None, raise_at(found, trial.failing[0].place)
        return result, None
    finally:
        error = None
        errors = []


def _awaitable(made: Any, main: Any) -> Any:
    """Give what *main* has made, which nobody is to hold once it has ended: a census would find it."""
    if not inspect.isawaitable(made):
        raise TypeError(f"run() needs a coroutine function, but {main!r} is not one")
    return made


def _subject(main: Any) -> Subject:
    module = getattr(main, "__module__", None)
    name = getattr(main, "__qualname__", None)
    subject = Subject(f"{module}.{name}" if module and name else "")
    function = inspect.unwrap(main)
    code = code_of(function) or code_of(getattr(type(function), "__call__", None))
    if code is not None and is_user_file(code.co_filename):
        subject.place = place_of_code(code)
        subject.files = frozenset((code.co_filename,))
    return subject
