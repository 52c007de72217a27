"""
Mocks for asynchronous code: :mod:`unittest.mock`, with async context managers that work.

Import from here what you would import from :mod:`unittest.mock`. Every public name of the running
Python's module is here and is the very same object: patches, specs and ``isinstance`` mix freely
with mocks that come from over there. One name is new, :class:`AsyncContextManager`, for the code
that says ``async with``.

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

import inspect
import sys
import types
from typing import TYPE_CHECKING, Any
from unittest import mock as _stock

# One by one, and not by `*`, so that every type checker sees what is offered on. What only a later
# Python has is added at run time, by __all__ and __getattr__.
from unittest.mock import ANY as ANY
from unittest.mock import DEFAULT as DEFAULT
from unittest.mock import FILTER_DIR as FILTER_DIR
from unittest.mock import AsyncMock as AsyncMock
from unittest.mock import AsyncMockMixin as AsyncMockMixin
from unittest.mock import CallableMixin as CallableMixin  # noqa: F401 - for users
from unittest.mock import MagicMock as MagicMock
from unittest.mock import Mock as Mock
from unittest.mock import NonCallableMagicMock as NonCallableMagicMock
from unittest.mock import NonCallableMock as NonCallableMock
from unittest.mock import PropertyMock as PropertyMock
from unittest.mock import call as call
from unittest.mock import create_autospec as create_autospec
from unittest.mock import mock_open as mock_open
from unittest.mock import patch as patch
from unittest.mock import seal as seal
from unittest.mock import sentinel as sentinel


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

if sys.version_info >= (3, 13):  # pragma: no cover
    from unittest.mock import ThreadingMock as ThreadingMock

    __all__ += ["ThreadingMock"]

if not TYPE_CHECKING:  # pragma: no branch - checkers could not follow it
    __all__ += sorted(set(_stock.__all__) - set(__all__))
    __all__.sort()

# What we use of unittest.mock that its documentation does not promise; tests/test_mocks.py has a
# test for each, which fails when it goes. Seen in 3.11 to 3.15.
#
# * `_mock_return_value`, in a mock's __dict__: DEFAULT as long as nobody set or read its return
#   value.
# * `_mock_wraps`, in a mock's __dict__: what it was told to wrap, or None.
# * `_mock_children`, in a mock's __dict__: the mocks for its attributes and magic methods that
#   were looked up or set.
# * `_mock_sealed`, in a mock's __dict__: whether it was given to `seal`.
# * `_new_name` and `_new_parent`, keywords with which a mock is made: "()" and the mock whose call
#   it is the result of. `_mock_new_parent` is where the latter is kept.
# * `_get_child_mock(**keywords)` makes children (it is documented, its keywords are not).
# * `AsyncMockMixin` is put before the class of a mock whose spec is a coroutine function.
# * Each mock has a class of its own, and `MagicMixin.__init__` leaves alone a magic method that
#   this class already has, unless the spec rules it out: then it is deleted from there.
# * `return_value` is a property of NonCallableMock.


class _ContextMethod:
    """
    What the four mocks ``__enter__``, ``__exit__``, ``__aenter__`` and ``__aexit__`` have in
    common.

    The return value of a mock that nobody configured is decided each time, and not, as in
    :mod:`unittest.mock`, once when the mock is made: so that it is still right after
    ``reset_mock(return_value=True)``, and so that "configured" can be told from "not configured".

    """

    _asynctesting_owner: NonCallableMock
    _asynctesting_name: str
    _mock_return_value: Any
    _mock_sealed: bool

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        # contextlib's exit stacks, and unittest's enterContext, call these methods through the
        # class, with the instance as first argument: it is not an argument that anybody wants to
        # see in an assertion, or in a side effect.
        if args and isinstance(args[0], AsyncContextManager):
            args = args[1:]
        return super().__call__(*args, **kwargs)  # type: ignore[misc]

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        if self._mock_sealed:
            return super()._get_child_mock(**keywords)  # type: ignore[misc] # it raises, and names this mock
        return self._asynctesting_owner._get_child_mock(**keywords)

    def _unconfigured(self) -> Any:
        if self._asynctesting_name in ("__exit__", "__aexit__"):
            return False
        child = self._get_child_mock(_new_parent=self, _new_name="()")
        self.return_value = child
        return child

    def _read_return_value(self) -> Any:
        if self._mock_return_value is DEFAULT:
            return self._unconfigured()
        return self._mock_return_value

    def _write_return_value(self, value: Any) -> None:
        NonCallableMock.return_value.fset(self, value)

    return_value: Any = property(_read_return_value, _write_return_value)


class _SyncMethod(_ContextMethod, MagicMock):
    """``__enter__`` or ``__exit__``."""


class _AsyncMethod(_ContextMethod, AsyncMock):
    """``__aenter__`` or ``__aexit__``: does what its synchronous twin does, unless it is configured itself."""

    def __init__(self, /, **keywords: Any) -> None:
        # A mock tries its side effect, then its return value, then what it wraps: the very order
        # that we need.
        super().__init__(wraps=self._follow, **keywords)

    def _twin(self) -> Any:
        return getattr(self._asynctesting_owner, _TWINS[self._asynctesting_name], None)

    async def _follow(self, /, *args: Any, **kwargs: Any) -> Any:
        twin = self._twin()
        if twin is None:
            return self._unconfigured()
        try:
            result = twin(*args, **kwargs)
        except StopIteration:
            # A coroutine cannot raise StopIteration (PEP 479); AsyncMock makes the same of its own
            # side effects.
            raise StopAsyncIteration(f"the side_effect of {twin!r} is exhausted") from None
        if inspect.iscoroutinefunction(twin):
            return await result
        return result

    def _unconfigured(self) -> Any:
        twin = self._twin()
        if isinstance(twin, NonCallableMock):
            return twin.return_value
        return super()._unconfigured()


# What a repr shows; it is true of them, and it is what the reader of a failure knows.
_SyncMethod.__name__ = "MagicMock"
_AsyncMethod.__name__ = "AsyncMock"

_TWINS = {"__aenter__": "__enter__", "__aexit__": "__exit__"}
_METHODS: dict[str, type[_SyncMethod] | type[_AsyncMethod]] = {
    "__enter__": _SyncMethod,
    "__exit__": _SyncMethod,
    "__aenter__": _AsyncMethod,
    "__aexit__": _AsyncMethod,
}


class _ContextMethodMaker:
    """
    Stands in the class of one mock for one of its four methods, until the method is first looked
    up.

    It does for them what ``unittest.mock.MagicProxy`` does for the other magic methods; it gives
    the same mock for ``mock`` and for ``mock()``, and it leaves the return value unconfigured.

    """

    def __init__(
        self, name: str, owner: NonCallableMock, caller: "AsyncContextManager | None"
    ) -> None:
        self.name = name
        self.owner = owner
        self.caller = caller

    def __get__(self, instance: object, cls: type | None = None) -> Any:
        shared = getattr(self.caller, self.name, None)
        if shared is not None:
            return shared
        method = _METHODS[self.name](name=self.name, _new_name=self.name, _new_parent=self.owner)
        method.__dict__["_asynctesting_owner"] = self.owner
        method.__dict__["_asynctesting_name"] = self.name
        if self.owner._mock_sealed:
            _stock.seal(method)
        setattr(self.owner, self.name, method)
        return method


class AsyncContextManager(MagicMock):
    """
    A :class:`~unittest.mock.MagicMock` to be entered with ``async with``, or with ``with``.

    Use it for what the code under test enters: as an attribute, as a ``return_value``, or as
    ``new_callable`` of
    :func:`patch`. These are the same thing, because ``async with mock:`` and ``async with mock(...):`` are: what a call
    returns has the ``__enter__``, ``__exit__``, ``__aenter__`` and ``__aexit__`` of the mock that
    was called. Configure either, assert on either.

    >>> import asyncio
    >>> from unittest.mock import Mock, patch
    >>> async def status_of(session, url):
    ...     async with session.get(url) as response:
    ...         response.raise_for_status()
    ...         return response.status
    >>> session = Mock()
    >>> session.get = AsyncContextManager(enters=Mock(status=200))
    >>> asyncio.run(status_of(session, "/cats"))
    200
    >>> session.get.assert_called_once_with("/cats")
    >>> session.get.__aenter__.assert_awaited_once_with()

    **What is entered.** Awaiting ``__aenter__`` calls ``__enter__`` and hands on what it returns
    or raises; awaiting ``__aexit__`` calls ``__exit__`` with the same three arguments. So
    configure ``__enter__`` and ``__exit__`` for both protocols, or ``__aenter__`` and
    ``__aexit__`` for ``async with`` alone. A configured ``__aenter__`` or ``__aexit__`` (a return
    value, a side effect, or a mock put in its place) wins, and does not call its twin.

    >>> session.get.__enter__.return_value.status = 404         # seen by both protocols
    >>> asyncio.run(status_of(session, "/cats"))
    404
    >>> session.get.__aenter__.side_effect = TimeoutError       # only by `async with`
    >>> asyncio.run(status_of(session, "/cats"))
    Traceback (most recent call last):
        ...
    TimeoutError

    If nobody says what is entered, it is a child of the same kind: its methods are not coroutine
    functions, and what they return can itself be entered, at any depth. Give it an
    :class:`AsyncMock` for each method that the code under test awaits:

    >>> session = AsyncContextManager()
    >>> response = session.__aenter__.return_value.get.__aenter__.return_value
    >>> response.json = AsyncMock(return_value={"cats": 2})
    >>> async def count(session):
    ...     async with session as opened, opened.get("/cats") as response:
    ...         response.raise_for_status()
    ...         return (await response.json())["cats"]
    >>> asyncio.run(count(session))
    2

    **What is left.** An exception raised in the block is raised on, unless ``__exit__`` or
    ``__aexit__`` was told to return something true. A mock put in the place of either that was
    told nothing, such as ``mock.__aexit__ = AsyncMock()``, is told to return ``False``.

    >>> async def fall(manager):
    ...     async with manager:
    ...         raise ValueError("fell off the sofa")
    >>> manager = AsyncContextManager()
    >>> asyncio.run(fall(manager))
    Traceback (most recent call last):
        ...
    ValueError: fell off the sofa
    >>> manager.__exit__.return_value = True
    >>> asyncio.run(fall(manager))

    **Where it stops.** It enters and leaves without suspending, and does not check that each enter
    has its exit. Both a method and its twin are in ``mock_calls``, in the order in which they were
    called. A spec is obeyed: what the real object does not support, the mock does not, and with an
    asynchronous context manager for a spec there is no ``__enter__`` to configure. A spec that is
    a coroutine function makes calls coroutines, to be written ``async with await mock():``. A
    subclass may define any of the four methods: then that method runs, is not recorded, and has no
    ``super()`` to call. Like every mock it cannot be pickled, and a copy shares its magic methods
    with the original.

    Args:
        enters: What is entered; the return value of ``__enter__``, or of ``__aenter__`` if a spec
        or a subclass leaves only that. args: As for :class:`~unittest.mock.MagicMock`. kwargs: As
        for :class:`~unittest.mock.MagicMock`; for instance ``**{"__aenter__.side_effect":
        OSError}``.

    Raises:
        TypeError: If *enters* is given for a subclass that defines both ``__enter__`` and
        ``__aenter__``.

    .. versionadded:: 0.1

    """

    def __init__(self, /, *args: Any, enters: Any = DEFAULT, **kwargs: Any) -> None:
        caller = kwargs.get("_new_parent") if kwargs.get("_new_name") == "()" else None
        self._asynctesting_place_methods(
            caller if isinstance(caller, AsyncContextManager) else None
        )
        super().__init__(*args, **kwargs)
        if enters is not DEFAULT:
            self._asynctesting_enters().return_value = enters

    def mock_add_spec(self, spec: Any, spec_set: bool = False) -> None:
        """
        Restrict the mock to the attributes of *spec*, as :meth:`unittest.mock.Mock.mock_add_spec`
        does.

        Use it when the specification is known only after the mock was made. The four methods obey
        it like the others.

        Args:
            spec: An object or a list of names.
            spec_set: If true, attributes that *spec* does not have cannot be set either.

        >>> manager = AsyncContextManager()
        >>> manager.mock_add_spec(["__enter__", "__exit__"])
        >>> hasattr(manager, "__aenter__")
        False

        """
        self._asynctesting_place_methods(None)
        super().mock_add_spec(spec, spec_set)

    def _asynctesting_place_methods(self, caller: "AsyncContextManager | None") -> None:
        """Put in the mock's own class, before MagicMock does, what it has in the place of each of the four methods."""
        cls = type(self)
        cls._asynctesting_own_class = True
        for name in _METHODS.keys() - vars(cls).keys():
            setattr(
                cls,
                name,
                self._asynctesting_defined(name) or _ContextMethodMaker(name, self, caller),
            )

    @classmethod
    def _asynctesting_defined(cls, name: str) -> Any:
        """Return the method that a subclass (not the class of one mock) defines, or None."""
        for base in cls.__mro__:
            if name in vars(base) and "_asynctesting_own_class" not in vars(base):
                return vars(base)[name]
        return None

    def _asynctesting_enters(self) -> Any:
        """Return the mock whose return value is what is entered."""
        for entered in (self, self.return_value):
            for name in ("__enter__", "__aenter__"):
                method = getattr(entered, name, None)
                if isinstance(method, NonCallableMock):
                    return method
        raise TypeError(
            f"enters= would have no effect, because {type(self).__name__} defines __enter__ and __aenter__; "
            "return the value from there"
        )

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        if (
            isinstance(self, AsyncMockMixin)
            and keywords.get("_new_name") == "()"
            and not self._mock_sealed
        ):
            # The stock class would make an AsyncMock of what an awaited call gives.
            cls = next(
                base for base in type(self).__mro__[1:] if issubclass(base, AsyncContextManager)
            )
            return cls(**keywords)
        return super()._get_child_mock(**keywords)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("__exit__", "__aexit__") and _would_swallow(value):
            value.return_value = False
        elif (
            name == "return_value"
            and isinstance(value, NonCallableMagicMock)
            and value._mock_new_parent is self
        ):
            # With the spec of a class, patch itself makes what a call returns, and of a stock
            # class.
            for method in _METHODS.keys() & vars(type(value)).keys() - value._mock_children.keys():
                setattr(type(value), method, _ContextMethodMaker(method, value, self))
        super().__setattr__(name, value)


def _would_swallow(value: Any) -> bool:
    """Whether *value* is a mock that returns a mock, which is true, because nobody told it what to return."""
    return (
        isinstance(value, NonCallableMock)
        and value._mock_return_value is DEFAULT
        and value._mock_wraps is None
    )


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
