"""
Exploring what is no test: any coroutine function, with the life of :func:`asynctesting.run`.

"""

from __future__ import annotations

import asyncio
import functools
import inspect
import unittest
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from .engine import Engine, Outcome
from .errors import AsyncTestingWarning, OptionError
from .exploration import Exploration
from .options import UNSET, Checks, explored_by_environment, exploring_of


__all__ = ["Explorer"]

__unittest = True


class Explorer:
    """
    Runs a coroutine function in many orders of its tasks.

    Use it where there is no test class; :func:`asynctesting.explore` says what is tried, and what the
    arguments are. Each run has the life and the verdict of :func:`asynctesting.run`, in virtual time.

    Args:
        schedules: how many orders are tried at most.
        seed: what is random depends on it alone.
        cancel: whether tasks are cancelled, or which.
        strategy: the name of a strategy.
        stalls: whether the loop may be late.
        replay: an order that has failed, or several, to be tried first.
        within: real seconds for all together.
        count: whether to go on after a failure, and count.
        checks, close_limit, time_limit: see :func:`asynctesting.run`.

    Raises:
        OptionError: for what cannot be.

    Example:

        >>> async def race():
        ...     taken = []
        ...     async def take():
        ...         if not taken:
        ...             await asyncio.sleep(0)
        ...             taken.append(1)
        ...     await asyncio.gather(take(), take())
        ...     assert len(taken) == 1
        >>> found = Explorer(schedules=50).run(race)
        >>> found.failed, type(found.error).__name__
        (True, 'AssertionError')

    """

    def __init__(
        self,
        *,
        schedules: int = 200,
        seed: int | None = None,
        cancel: bool | str = False,
        strategy: str = "rotation",
        stalls: bool = True,
        replay: str | Sequence[str] | None = None,
        within: float | None = 60,
        count: bool = False,
        checks: Checks = UNSET,
        close_limit: float = UNSET,
        time_limit: float | None = UNSET,
    ) -> None:
        self._exploring = exploring_of(
            "Explorer()",
            schedules=schedules,
            seed=seed,
            cancel=cancel,
            strategy=strategy,
            stalls=stalls,
            replay=replay,
            within=within,
        )
        self._is_counting = count
        self._options: dict[str, Any] = {
            "checks": checks,
            "close_limit": close_limit,
            "time_limit": time_limit,
        }

    def run(self, async_function: Callable[[], Awaitable[Any]]) -> Exploration:
        """
        Run it in one order after another, until one fails.

        Args:
            async_function: a coroutine function without arguments.

        Returns:
            What came of it. Nothing is raised that *async_function* has raised:
            :meth:`Exploration.check` does that.

        Raises:
            TypeError: for what is no such function, or returns nothing that can be awaited.
            ReplayError: for an order that is not there any more.

        """
        from . import standalone

        if not callable(async_function):
            raise TypeError(f"Explorer.run() needs a coroutine function, not {async_function!r}")

        options = replace(
            standalone.options_for(async_function, **self._options), exploring=self._exploring
        )

        main = async_function
        if not inspect.iscoroutinefunction(async_function):
            main = _checked(async_function)

        def live(factory: Any) -> Outcome:
            _, error = standalone.live(main, options, factory)
            try:
                if isinstance(error, unittest.SkipTest):
                    return Outcome(skipped=str(error))
                if error is None or (
                    isinstance(error, (Exception, asyncio.CancelledError))
                    and not isinstance(error, OptionError)
                ):
                    return Outcome(error)
                raise error
            finally:
                del error  # it refers to this frame

        name = getattr(async_function, "__qualname__", None) or type(async_function).__name__
        engine = Engine(
            explored_by_environment(self._exploring),
            live,
            name=name,
            is_counting=self._is_counting,
            options=options,
        )
        found = engine.explore()
        for text in engine.warnings:
            warnings.warn(f"{name}: {text}", AsyncTestingWarning, stacklevel=2)
        return found


def _checked(function: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """Let *function* refuse what cannot be awaited: that is not what is explored, it is a mistake."""

    def called() -> Awaitable[Any]:
        made = function()
        if not inspect.isawaitable(made):
            raise OptionError(
                f"Explorer.run() needs a coroutine function, but {function!r} has returned {made!r}"
            )
        return made

    return functools.update_wrapper(called, function, updated=())
