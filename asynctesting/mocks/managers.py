"""
``AsyncContextManager``: what is entered with ``async with``, or with ``with``.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from .insides import stock
from .kinds import AsyncMock, AsyncMockMixin, MagicMock, Shelved, is_mock, kind_of
from .specs import MAGICS


__all__ = ["AsyncContextManager"]

DEFAULT = stock.DEFAULT


class _ContextMethod:
    """
    What the four mocks ``__enter__``, ``__exit__``, ``__aenter__`` and ``__aexit__`` have in
    common.

    The return value of a mock that nobody configured is decided each time, and not, as in
    :mod:`unittest.mock`, once when the mock is made: so that it is still right after
    ``reset_mock(return_value=True)``, and so that "configured" can be told from "not configured".

    """

    if TYPE_CHECKING:  # a mock would show them as its own
        _asynctesting_owner: Any
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
        stock.NonCallableMock.return_value.fset(self, value)

    return_value = property(_read_return_value, _write_return_value)


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
        if is_mock(twin):
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


class _ContextMethodMaker(Shelved):
    """
    Stands in the own class of a mock for one of its four methods, until the method is looked up.

    It gives the same mock for ``mock`` and for ``mock()``, and it leaves the return value
    unconfigured.

    Args:
        name: The name of the method.
        caller: The mock whose methods these are, for one that was not made by its call.

    """

    __slots__ = ("caller",)

    def __init__(self, name: str, caller: Any = None) -> None:
        super().__init__(name)
        self.caller = caller

    def create(self, mock: Any) -> Any:
        caller = self.caller
        if caller is None:
            caller = mock.__dict__.get("_asynctesting_caller")
        shared = getattr(caller, self.name, None)
        if shared is not None:
            return shared
        method = _METHODS[self.name](name=self.name, _new_name=self.name, _new_parent=mock)
        method.__dict__["_asynctesting_owner"] = mock
        method.__dict__["_asynctesting_name"] = self.name
        if mock._mock_sealed:
            stock.seal(method)
        setattr(mock, self.name, method)
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

    _asynctesting_methods = {name: _ContextMethodMaker(name) for name in _METHODS}

    def __init__(self, /, *args: Any, enters: Any = DEFAULT, **kwargs: Any) -> None:
        if kwargs.get("_new_name") == "()":
            caller = kwargs.get("_new_parent")
            if isinstance(caller, AsyncContextManager):
                self.__dict__["_asynctesting_caller"] = caller
        super().__init__(*args, **kwargs)
        if enters is not DEFAULT:
            self._asynctesting_enters().return_value = enters

    @property
    def enters(self) -> Any:
        """
        What is entered; it can be set.

        >>> session = AsyncContextManager()
        >>> session.get.enters.status = 200
        >>> session.get.__aenter__.return_value.status
        200
        >>> session.get.enters = "cat"
        >>> session.get("/cats").__enter__()
        'cat'

        """
        return self._asynctesting_enters().return_value

    def _asynctesting_enters(self) -> Any:
        """Return the mock whose return value is what is entered."""
        for entered in (self, self.return_value):
            for name in ("__enter__", "__aenter__"):
                method = getattr(entered, name, None)
                if is_mock(method):
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
            return kind_of(type(self))(**keywords)
        return super()._get_child_mock(**keywords)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "enters":
            self._asynctesting_enters().return_value = value
            return
        if (
            name == "return_value"
            and issubclass(type(value), stock.NonCallableMagicMock)
            and value._mock_new_parent is self
        ):
            # With the spec of a class, patch itself makes what a call returns.
            own: Any = type(value)
            supported = getattr(own, "_asynctesting_magics", MAGICS.intersection(vars(own)))
            for method in (_METHODS.keys() & supported) - value._mock_children.keys():
                setattr(own, method, _ContextMethodMaker(method, self))
        super().__setattr__(name, value)
