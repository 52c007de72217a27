"""
Asynchronous generators to be given by mocks.

``mock.__aiter__.return_value = [1, 2, OSError()]`` is enough for what is iterated over with ``async
for``. For a function that gives an asynchronous generator there is :func:`generates`.

"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any


__all__ = ["generates"]


def generates(*items: Any) -> Callable[..., AsyncGenerator[Any, Any]]:
    """
    Give a side effect with which each call gives an asynchronous generator.

    Use it for what stands in the place of an asynchronous generator function. What it gives is a
    real one, so ``asend``, ``athrow`` and ``aclose`` are right.

    >>> import asyncio
    >>> from asynctesting.mocks import Mock, generates
    >>> cats = Mock(side_effect=generates("Garfield", "Nermal", OSError("the door is shut")))
    >>> async def main():
    ...     async for cat in cats("the house"):
    ...         print(cat)
    >>> asyncio.run(main())
    Traceback (most recent call last):
        ...
    OSError: the door is shut
    >>> cats.assert_called_once_with("the house")

    **Where it stops.** What is sent to the generator is not recorded, and it never suspends.

    Args:
        items: What is given, one by one; an exception, or a class of exceptions, among them is
            raised.

    .. versionadded:: 0.1

    """

    async def effect(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        for item in items:
            if isinstance(item, BaseException) or (
                isinstance(item, type) and issubclass(item, BaseException)
            ):
                raise item
            yield item

    return effect
