"""
What asyncio gives to each new loop, known from the first one.

``__init__`` of an asyncio loop of selectors sets some thirty attributes, to the same constants and empty containers
for each loop, and asks the environment for debug mode. For a short life that is a good part of all its time. So what
the first loop of ours was given is kept, as a *mould*. The next ones begin as a copy of it, and what of the containers
hardly any loop needs is made when it is first asked for. Then they need not be initialised by asyncio, unless
anything is different now, or is not known: in debug mode, where asyncio logs that it makes a loop, where
somebody has put a function of his in place of one of asyncio's, for subclasses.

The private names that this stands on:

=========================================  ============  ===================================================
name                                       seen          without it
=========================================  ============  ===================================================
``BaseEventLoop._debug``                   3.11 to 3.15  each loop is initialised by asyncio
``os.environ._data``                       3.11 to 3.15  the same
=========================================  ============  ===================================================

Of what asyncio sets, nothing else is known here by name.

"""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import collections
import logging
import os
import weakref
from asyncio.log import logger
from collections.abc import Callable, Collection
from typing import Any, Final


__all__ = ["Late", "Mould", "hook", "is_late", "tell"]

__unittest = True

#: The variable of the environment that asks for asyncio's debug mode, as ``os.environ`` has it inside.
_DEBUG: Final = "PYTHONASYNCIODEBUG"
_KEY: Final[Any] = os.fsencode(_DEBUG) if os.supports_bytes_environ else _DEBUG

#: What may be the same object for all loops.
_CONSTANTS: Final = (type(None), bool, int, float, str)

#: Containers of which each loop has one of its own.
_CONTAINERS: Final = (
    list,
    dict,
    set,
    collections.deque,
    weakref.WeakSet,
    weakref.WeakValueDictionary,
)

_KINDS: Final[tuple[Any, ...]] = (
    asyncio.SelectorEventLoop,
    asyncio.selector_events.BaseSelectorEventLoop,
    asyncio.BaseEventLoop,
)


def _inits() -> tuple[Any, ...]:
    """What initialises a loop, at this moment."""
    one, two, three = _KINDS
    return one.__init__, two.__init__, three.__init__


def _is_asyncios(init: Any) -> bool:
    return str(getattr(init, "__globals__", {}).get("__name__")).startswith("asyncio.")


#: The same as asyncio has written it, with the hooks of this package; nothing if others were here first.
_known: tuple[Any, ...] = _inits() if all(map(_is_asyncios, _inits())) else ()

#: To be called with each loop that is not initialised by asyncio.
_TOLD: Final[list[Callable[[Any], None]]] = []


def hook(install: Callable[[], Any], told: Callable[[Any], None] | None = None) -> None:
    """
    Let *install* hook what initialises a loop.

    A hook is not called for those that asyncio does not initialise, but *told* is.
    """
    global _known
    was_known = _inits() == _known
    install()
    if was_known:
        _known = _inits()
    if told is not None:
        _TOLD.append(told)


def tell(loop: Any) -> None:
    """Tell of a *loop* that was made without asyncio's initialising it."""
    for told in _TOLD:
        told(loop)


class Late:
    """
    An attribute that is made when it is first asked for.

    Args:
        make: makes it.

    """

    __slots__ = ("_make", "_name")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, loop: Any, owner: type[Any] | None = None) -> Any:
        return self if loop is None else vars(loop).setdefault(self._name, self._make())


def is_late(loop: Any, name: str) -> bool:
    """Tell whether nobody has asked for this attribute of *loop* yet."""
    return type(getattr(type(loop), name, None)) is Late and name not in vars(loop)


def _is_empty(value: Any) -> bool:
    """Tell whether another one of the same type is as good."""
    kind: Any = type(value)
    if kind in _CONTAINERS:
        return not len(value)
    # It may be what watches processes.
    return bool(kind.__module__ == "asyncio.unix_events" and vars(value) == {})


class Mould:
    """
    What loops begin with.

    Args:
        state: attributes that are not asyncio's, all of them constants.

    """

    __slots__ = ("is_known", "kinds", "state")

    def __init__(self, **state: Any) -> None:
        #: All attributes.
        self.state: dict[str, Any] = state
        #: Whether those of asyncio are among them.
        self.is_known: bool = False
        #: The classes whose loops are all the same for asyncio.
        self.kinds: set[type[Any]] = set()

    def learn(self, loop: Any, owner: type[Any], own: Collection[str]) -> None:
        """
        Take what asyncio has given to *loop*, which is new.

        Args:
            loop: a loop that asyncio has initialised just now.
            owner: the class of ours that gets what is made late.
            own: the attributes that each loop gets otherwise.

        """
        if self.is_known or type(loop) not in self.kinds:
            return
        state: dict[str, Any] = {}
        late: dict[str, Late] = {}
        for name, value in vars(loop).items():
            kind: Any = type(value)
            if name in own or name in self.state:
                pass
            elif kind in _CONSTANTS:
                state[name] = value
            elif _is_empty(value):
                late[name] = Late(kind)
            else:
                return
        if state.get("_debug", True):
            return
        for name, one in late.items():
            setattr(owner, name, one)
            one.__set_name__(owner, name)
        self.state = {**self.state, **state}
        self.is_known = True

    def fits(self, loop: Any) -> bool:
        """Tell whether asyncio would give the same to *loop*, or one like it, that is made at this moment."""
        data = getattr(os.environ, "_data", None)
        return (
            self.is_known
            and type(loop) in self.kinds
            and data is not None
            and _KEY not in data
            and _inits() == _known
            and not logger.isEnabledFor(logging.DEBUG)
        )
