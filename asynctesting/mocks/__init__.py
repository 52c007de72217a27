"""
Mocks for asynchronous code: :mod:`unittest.mock`, with async context managers that work.

Import from here what you would import from :mod:`unittest.mock`. Every public name of the running
Python's module is here. The classes are subclasses of those over there, so patches, specs and
``isinstance`` mix freely; mocks are made, called and awaited in a fraction of the time.

Suppose this is the code under test::

    async def feed(kitchen, cat):
        async with kitchen.open_tin("tuna") as tin:
            tin.drain()
            return await cat.eat(tin)

``open_tin()`` is an ordinary call, what it returns is entered asynchronously, and the tin is an
ordinary object with an ordinary method. Each of the usual mocks gets one of the three wrong. An
``AsyncMock`` makes a coroutine of ``open_tin()``, which cannot be entered. A ``MagicMock`` can be
entered, but gives an ``AsyncMock`` for a tin, and ``tin.drain()`` is a coroutine that nobody
awaits. An ``__aexit__ = AsyncMock()`` made by hand returns something true, and every exception
raised in the block is lost, with the failing assertion among them. So:

>>> import asyncio
>>> from asynctesting.mocks import AsyncContextManager, AsyncMock, Mock
>>> async def feed(kitchen, cat):
...     async with kitchen.open_tin("tuna") as tin:
...         tin.drain()
...         return await cat.eat(tin)
>>> kitchen = Mock(open_tin=AsyncContextManager())
>>> cat = Mock(eat=AsyncMock(return_value="purr"))
>>> asyncio.run(feed(kitchen, cat))
'purr'
>>> tin = kitchen.open_tin.__aenter__.return_value
>>> tin.drain.assert_called_once_with()
>>> cat.eat.assert_awaited_once_with(tin)
>>> kitchen.open_tin.__aexit__.assert_awaited_once_with(None, None, None)

With :func:`patch`, which hands its other keywords to what makes the mock, it is one line:

>>> class Kitchen:
...     def open_tin(self, label):
...         raise OSError("no tin opener")
>>> from asynctesting.mocks import patch
>>> with patch.object(Kitchen, "open_tin", new_callable=AsyncContextManager, enters=tin) as open_tin:
...     asyncio.run(feed(Kitchen(), cat))
'purr'
>>> open_tin.assert_called_once_with("tuna")

This module stands alone: it needs nothing of the rest of the package, and no test case class in
particular.
"""

import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

# One by one, and not by `*`, so that every type checker sees what is offered on. What only a later
# Python has is added at run time, by __all__ and __getattr__.
from unittest.mock import ANY as ANY
from unittest.mock import DEFAULT as DEFAULT
from unittest.mock import FILTER_DIR as FILTER_DIR
from unittest.mock import call as call
from unittest.mock import seal as seal
from unittest.mock import sentinel as sentinel

from .insides import problem as _problem
from .insides import stock as _stock


if TYPE_CHECKING or _problem is None:
    from unittest.mock import CallableMixin as CallableMixin  # noqa: F401 - for users

    from .autospec import create_autospec as create_autospec
    from .iteration import generates as generates
    from .kinds import AsyncMock as AsyncMock
    from .kinds import AsyncMockMixin as AsyncMockMixin  # noqa: F401 - for users
    from .kinds import MagicMock as MagicMock
    from .kinds import Mock as Mock
    from .kinds import NonCallableMagicMock as NonCallableMagicMock
    from .kinds import NonCallableMock as NonCallableMock
    from .kinds import PropertyMock as PropertyMock
    from .managers import AsyncContextManager as AsyncContextManager
    from .patching import GLOBAL as GLOBAL
    from .patching import LIMITED as LIMITED
    from .patching import mock_open as mock_open
    from .patching import patch as patch
    from .streams import stream_reader as stream_reader
    from .streams import stream_writer as stream_writer
    from .streams import written as written
    from .waiting import Gate as Gate
    from .waiting import return_once as return_once
    from .waiting import takes as takes
    from .waiting import wait_until_awaited as wait_until_awaited
    from .waiting import wait_until_called as wait_until_called
    from .waiting import yields as yields
else:
    from .fallback import AsyncContextManager as AsyncContextManager

    warnings.warn(
        f"asynctesting.mocks does not know this Python's mocks: {_problem}; they are handed on as they are",
        RuntimeWarning,
        stacklevel=2,
    )


__all__ = [
    "ANY",
    "AsyncContextManager",
    "AsyncMock",
    "DEFAULT",
    "FILTER_DIR",
    "MagicMock",
    "Mock",
    "NonCallableMagicMock",
    "NonCallableMock",
    "PropertyMock",
    "call",
    "create_autospec",
    "mock_open",
    "patch",
    "seal",
    "sentinel",
]
if TYPE_CHECKING or _problem is None:
    __all__ += [
        "GLOBAL",
        "Gate",
        "LIMITED",
        "generates",
        "return_once",
        "stream_reader",
        "stream_writer",
        "takes",
        "wait_until_awaited",
        "wait_until_called",
        "written",
        "yields",
    ]

if sys.version_info >= (3, 13):  # pragma: no cover
    if TYPE_CHECKING or _problem is None:
        from .kinds import ThreadingMock as ThreadingMock

    __all__ += ["ThreadingMock"]

if not TYPE_CHECKING:  # pragma: no branch - checkers could not follow it
    __all__ += sorted(set(_stock.__all__) - set(__all__))
    __all__.sort()


class _Module(types.ModuleType):
    """Makes ``mocks.FILTER_DIR = False`` do what ``unittest.mock.FILTER_DIR = False`` does."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "FILTER_DIR":
            _stock.FILTER_DIR = value
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Module

if not TYPE_CHECKING:  # pragma: no branch - checkers would believe in every name

    def __getattr__(name: str) -> Any:
        """Names of unittest.mock that are not public by its ``__all__``, but that somebody may use."""
        try:
            return getattr(_stock, name)
        except AttributeError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
