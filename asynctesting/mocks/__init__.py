"""
Mocks for asynchronous code: :mod:`unittest.mock`'s own, faster and honest.

Import from here what you would import from :mod:`unittest.mock`. Every public name of the running
Python's module is here. The classes are subclasses of those over there, so patches, specs and
``isinstance`` mix freely, and CPython's own tests of mocks pass with these in their place. A mock
is made, called and awaited in a fraction of the time; ``create_autospec`` makes a child when it is
first looked up, and costs so little that there is no reason left to do without a spec.

>>> import asyncio
>>> from asynctesting.mocks import *


The right mock in one line
==========================

A mock must know which methods are to be awaited. All children of an ``AsyncMock`` are, so
``response.raise_for_status()`` on one makes a coroutine that nobody awaits. With a spec each method
is what the real one is:

>>> class Response:
...     def raise_for_status(self): ...
...     async def json(self): ...
>>> response = create_autospec(Response, instance=True, **{"json.return_value": {"cats": 2}})
>>> async def count(response):
...     response.raise_for_status()
...     return (await response.json())["cats"]
>>> asyncio.run(count(response))
2

A spec sees decorated and partial methods, an ``async def __call__``, attributes that are only
annotated, dataclasses and protocols. ``wraps=`` sees what is asynchronous, too. What is entered
with ``async with`` is an :class:`AsyncContextManager`, at any depth, and ``enters`` is what it
enters:

>>> session = AsyncContextManager()
>>> session.enters.get.enters = response
>>> async def main(session):
...     async with session as opened, opened.get("/cats") as answer:
...         return await count(answer)
>>> asyncio.run(main(session))
2

No mock here swallows an exception because nobody told its ``__aexit__`` what to return. asyncio's
streams are :func:`stream_reader` and :func:`stream_writer`:

>>> async def shout(reader, writer):
...     async for line in reader:
...         writer.write(line.upper())
...         await writer.drain()
>>> writer = stream_writer()
>>> asyncio.run(shout(stream_reader(b"meow\\npurr\\n"), writer))
>>> written(writer)
b'MEOW\\nPURR\\n'

For the rest of what asynctest had: a file is :func:`mock_open`; for a socket take one end of
:func:`socket.socketpair`, or ``create_autospec(socket.socket, instance=True)``; the selector of a
loop is best left alone, with a simulated loop where time matters.


Items, one by one
=================

A list is what ``async for`` goes over, and an exception among its items is raised. So is one among
the side effects of ``__anext__``, which drive the loop if nothing else was configured:

>>> async def take(items):
...     try:
...         async for item in items:
...             print(item)
...     except OSError as error:
...         print("failed:", error)
>>> cats = MagicMock()
>>> cats.__aiter__.return_value = ["Garfield", OSError("the door is shut")]
>>> asyncio.run(take(cats))
Garfield
failed: the door is shut

What stands for an asynchronous generator function, patched, autospecced, or with :func:`generates`,
gives something with ``asend``, ``athrow`` and ``aclose``:

>>> cats = Mock(side_effect=generates("Garfield", "Nermal"))
>>> asyncio.run(take(cats("the yard")))
Garfield
Nermal


Time and order
==============

An ``AsyncMock`` never suspends. A :class:`Gate` holds a call until the test releases it,
:func:`takes` makes it last (of loop time: nothing on a simulated loop), and :func:`yields` lets
others run. :func:`wait_until_called` and :func:`wait_until_awaited` let the test wait for the code:

>>> async def main():
...     feed = AsyncMock(side_effect=(gate := Gate()))
...     feeding = asyncio.create_task(feed("tuna"))
...     print(await wait_until_awaited(feed), gate)
...     gate.release("purr")
...     return await feeding
>>> asyncio.run(main())
call('tuna') <Gate 1 waiting, 1 entered, 0 released, 0 cancelled>
'purr'

``mock_awaits`` is to awaits what ``mock_calls`` is to calls: one order over a mock and all its
children. :func:`return_once` gives one value, and then another for ever.


``patch``
=========

It decorates whatever can be called: also generator functions of both kinds, which are patched
while their body runs. It can be entered with ``async with``. And with ``scope=LIMITED`` the others
see the original whenever the coroutine, or the generator, waits:

>>> class Yard:
...     gate = "shut"
>>> @patch.object(Yard, "gate", "open", scope=LIMITED)
... async def look():
...     await asyncio.sleep(0)
...     return Yard.gate
>>> async def main():
...     looking = asyncio.create_task(look())
...     await asyncio.sleep(0)
...     return Yard.gate, await looking
>>> asyncio.run(main())
('shut', 'open')


What is told
============

* A coroutine of a mock that nobody awaited is told with the name of the mock and the line of its
  call, in the words of the standard warning.
* A misspelt assertion is refused, for awaits too: ``awaited_once_with``, ``has_awaits``.
* A failed assertion on awaits lists the awaits.
* A ``side_effect`` that is used up names the mock. It may be any callable that gives a coroutine
  (a future is handed back as it is), or an asynchronous iterator. One exception that is raised
  again and again does not grow a traceback.
* The call of an autospecced coroutine function is recorded when it is made. A call with the wrong
  arguments is refused at once, but for functions (not methods) on Python 3.13 and later, where
  CPython's tests demand that it is refused when it is awaited.

>>> AsyncMock(name="feed").awaited_once_with("tuna")
Traceback (most recent call last):
    ...
AttributeError: 'awaited_once_with' is not a valid assertion. ...


Where it stops
==============

* Children of an ``AsyncMock`` without a spec are asynchronous, as :mod:`unittest.mock` documents.
* A spec is that of the mock, and not of what its call returns: instances of a patched class are
  what the real ones are with ``patch(..., autospec=True)`` or ``spec=True``, and
  ``create_autospec(Cat)()`` is a cat where ``MagicMock(spec=Cat)()`` is not.
* Patches of the same attribute may end in any order, as those of coroutines that run at the same
  time do, and the original is put back; but not if one of :mod:`unittest.mock` is between them,
  and not with ``patch.dict``.
* On Python 3.11 ``inspect.iscoroutinefunction`` does not know an autospecced coroutine function;
  ``asyncio.iscoroutinefunction`` does.
* A decorator that wraps a coroutine function and runs it (``asyncio.run`` in its body) is taken for
  the synchronous function that it makes; one that hides how it runs it is not.
* On a Python whose mocks are not as we know them, the classes of :mod:`unittest.mock` are handed on
  as they are, with a warning that says why.

This package stands alone: it needs nothing of the rest, and no test case class in particular.

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

if sys.version_info >= (3, 13):
    if TYPE_CHECKING or _problem is None:
        from .kinds import ThreadingMock as ThreadingMock

    __all__ += ["ThreadingMock"]

if TYPE_CHECKING:
    pass  # checkers could not follow it
else:
    __all__ += sorted(set(_stock.__all__) - set(__all__))
    __all__.sort()


class _Module(types.ModuleType):
    """Makes ``mocks.FILTER_DIR = False`` do what ``unittest.mock.FILTER_DIR = False`` does."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "FILTER_DIR":
            _stock.FILTER_DIR = value
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Module

if TYPE_CHECKING:
    pass  # checkers would believe in every name
else:

    def __getattr__(name: str) -> Any:
        """Names of unittest.mock that are not public by its ``__all__``, but that somebody may use."""
        try:
            return getattr(_stock, name)
        except AttributeError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
