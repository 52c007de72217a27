"""
The classes: made, called and awaited in a fraction of the time, and honest about it.

Each is a subclass of the class of the same name in :mod:`unittest.mock`. A mock still has a class
of its own; but the hundred magic methods, which ``unittest.mock`` sets on each of these, stand in
one class, ``Magics``, for all of them: each is an object that makes the mock of that method when
it is first looked up. Where a spec leaves out some of them, or one was deleted, a class with the
others takes the place of ``Magics`` in the method resolution order.

"""

from __future__ import annotations

import inspect
import sys
import types
import weakref
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from .insides import MARKS, STAGE, counts_by_list, rebound, stock
from .specs import MAGICS, calls_async, generates_async, plan_of


__all__ = [
    "AsyncMock",
    "AsyncMockMixin",
    "MAGICS",
    "MagicMock",
    "Mock",
    "NonCallableMagicMock",
    "NonCallableMock",
    "PropertyMock",
    "Shelved",
    "SpecChild",
    "is_async_spec",
    "is_mock",
    "kind_of",
    "title_of",
]

DEFAULT: Final = stock.DEFAULT

_Call: Final[Any] = stock._Call
_CallList: Final[Any] = stock._CallList
_LOCK: Final[Any] = stock.NonCallableMock._lock

_new_tuple = tuple.__new__
_set = object.__setattr__
_make = object.__new__


def is_mock(thing: Any) -> bool:
    """Say whether *thing* is a mock, of ours or of :mod:`unittest.mock`, whatever class it claims."""
    return issubclass(type(thing), stock.NonCallableMock)


def title_of(mock: Any) -> str:
    """Give the name of a mock, or if it has none the name of what it stands for."""
    name: str = mock._extract_mock_name()
    spec = mock.__dict__.get("_asynctesting_spec", (None,))[0]
    if name != "mock" or not issubclass(type(spec), _NAMED):
        return name
    return getattr(spec, "__name__", name)


#: What has a name, and runs no code of the user's to tell it.
_NAMED: Final = (type, types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def _told(mock: Any) -> str:
    """Give what an error says of a mock: its repr does not tell for which function it stands."""
    title, text = title_of(mock), repr(mock)
    return text if title == "mock" or title in text else f"{text} for {title}"


# What is recorded


class Recorded(_Call):  # type: ignore[misc] # its class is private
    """
    One call, as ``unittest.mock`` keeps it.

    What is the same for all calls that were made is here, and not in each of them.

    """

    __slots__ = ()

    _mock_name = None
    _mock_parent = None
    _mock_from_kall = True

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _Call, (tuple(self), "", None, len(self) == 2)


Recorded.__name__ = Recorded.__qualname__ = "_Call"


def _record(names: dict[str, Any], args: Any, kwargs: Any) -> Any:
    """Record a call in the state of the mock that was called, and in its parents."""
    call = _new_tuple(Recorded, (args, kwargs))
    names["_mock_called"] = True
    if counts_by_list:
        with _LOCK:
            names["_mock_call_args"] = call
            calls = names["_mock_call_args_list"]
            calls.append(call)
            names["_mock_call_count"] = len(calls)
    else:
        names["_mock_call_count"] += 1
        names["_mock_call_args"] = call
        names["_mock_call_args_list"].append(call)
    names["_mock_mock_calls"].append(_new_tuple(Recorded, ("", args, kwargs)))
    if names["_mock_new_parent"] is not None:
        _tell_parents(names, args, kwargs)
    return call


def _joined(parent: Any, name: str) -> str:
    """Put the name of *parent* before that of what was called on it."""
    above: str = parent._mock_new_name
    return above + name if name.startswith("()") else f"{above}.{name}"


# Magic methods


def _original(mock: Any) -> Any:
    """Give what *mock* is a copy of, if that is still there: a copy has the original's magic methods."""
    above: Any = type(mock).__bases__[-1]
    reference = vars(above).get("_asynctesting_self")
    original = reference and reference()
    return mock if original is None else _original(original)


class Shelved:
    """Stands for a magic method on a shelf; it is made for the mock on which it is looked up."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: str = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            # type(mock).__enter__, as contextlib and unittest look it up
            reference = vars(owner).get("_asynctesting_self")
            instance = reference and reference()
            if instance is None:
                raise AttributeError(self.name)
        return self.create(_original(instance))

    def create(self, mock: Any) -> Any:
        """Make the mock of the method, and set it on *mock*."""
        made = stock.MagicProxy(self.name, mock).create_mock()
        if self.name == "__aiter__":
            made.side_effect = lambda: _iterate(mock, made)
        return made


def _iterate(mock: Any, method: Any) -> Any:
    """Give what ``async for`` over *mock* takes its items from."""
    items: Any = method._mock_return_value
    if items is DEFAULT:
        driver = mock._mock_children.get("__anext__")
        if driver is not None and (
            driver.side_effect is not None or driver._mock_return_value is not DEFAULT
        ):
            return mock
        items = []
    if hasattr(type(items), "__aiter__") and not hasattr(type(items), "__iter__"):
        return items.__aiter__()
    return _Items(iter(items))


class _Items:
    """An asynchronous iterator over what an iterator gives; an exception among it is raised."""

    def __init__(self, items: Any) -> None:
        self._items = items

    def __aiter__(self) -> _Items:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            if isinstance(item, BaseException):
                raise item
            return item
        raise StopAsyncIteration


class Magics:
    """Where the magic methods of a MagicMock stand, for all mocks that have all of them."""

    __slots__ = ()

    _asynctesting_magics = MAGICS


_SHELVED: Final = {name: Shelved(name) for name in MAGICS}
for _name in MAGICS:
    setattr(Magics, _name, _SHELVED[_name])

#: By the magic methods that a spec has: a class in which only those stand.
_SHELVES: Final[dict[frozenset[str], type]] = {MAGICS: Magics}

_NONE: Final[frozenset[str]] = frozenset()
_ASYNC_MAGICS: Final[Any] = stock._async_method_magics
_SYNC_MAGICS: Final[Any] = stock._all_magics - _ASYNC_MAGICS


def _shelf(magics: frozenset[str]) -> type:
    shelf = _SHELVES.get(magics)
    if shelf is None:
        names = {name: _SHELVED[name] for name in magics}
        shelf = _SHELVES[magics] = type("Magics", (), {"__slots__": (), **names})
    return shelf


class _Shelving(type):
    """The class of the own class of a mock that does not have all magic methods."""

    def mro(cls) -> Any:
        shelf = cls.__dict__.get("_asynctesting_shelf", Magics)
        return [shelf if base is Magics else base for base in super().mro()]


class _Documented:
    """
    The ``__doc__`` of the own class of a mock.

    If it were a text, each class would hold a copy of it.

    """

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __get__(self, instance: Any, owner: Any = None) -> str | None:
        return self._text


class _Made:
    """
    What the own classes of all mocks of one kind have in common.

    Attributes:
        names: What they are made with.
        metaclass: For those that have not all magic methods.
        has_magics: Whether there are any.

    """

    def __init__(self, cls: type) -> None:
        self.cls = weakref.ref(cls)
        self.has_magics = Magics in cls.__mro__
        is_of_one_mock = "_asynctesting_self" in vars(cls)  # which is being copied
        self.names: dict[str, Any] = {
            "__doc__": _Documented(cls.__doc__),
            "__module__": cls.__module__,
            "_asynctesting_is_plain": _is_plain(cls),
            "_asynctesting_is_short": _is_short(cls),
        }
        if self.has_magics and not is_of_one_mock:
            above = cls.__mro__[: cls.__mro__.index(Magics)]
            defined = MAGICS.intersection(set().union(*map(vars, above)))
            methods: dict[str, Any] = getattr(cls, "_asynctesting_methods", {})
            # What a subclass defines for itself is hidden, as it is by the magic methods that
            # unittest.mock sets on each mock's own class.
            self.names |= {name: _SHELVED[name] for name in defined - methods.keys()}
            self.names |= {name: methods[name] for name in methods.keys() - defined}
        self.hidden = MAGICS.intersection(self.names)
        kind = type(cls)
        # What is copied has one of these already.
        made = (_Shelving, kind) if not issubclass(kind, _Shelving) else (kind,)
        self.metaclass: Any = _Shelving if kind is type else type("_Shelving", made, {})

    def names_with(self, magics: frozenset[str]) -> dict[str, Any]:
        """Give what the own class of a mock is made with that has only these magic methods."""
        names = {name: value for name, value in self.names.items() if name not in self.hidden}
        names |= {name: self.names[name] for name in self.hidden & magics}
        names["_asynctesting_shelf"] = _shelf(magics)
        names["_asynctesting_magics"] = magics
        return names


def _made(cls: type) -> _Made:
    """Find, or make, what stands in the class itself."""
    found = _Made(cls)
    cls._asynctesting_made = found  # type: ignore[attr-defined]
    return found


def _own_class(cls: Any, is_async: bool, magics: frozenset[str]) -> Any:
    """Make the own class of a mock that has only some of the magic methods."""
    made = cls.__dict__.get("_asynctesting_made") or _made(cls)
    bases = (AsyncMockMixin, cls) if is_async else (cls,)
    if not made.has_magics:
        return type(cls.__name__, bases, made.names)
    return made.metaclass(cls.__name__, bases, made.names_with(magics))


def kind_of(own: Any) -> Any:
    """Give the class of which a mock was made, from the own class of the mock."""
    while "_asynctesting_self" in vars(own):
        own = own.__bases__[-1]
    return own


def _reshelve(mock: Any, magics: frozenset[str]) -> None:
    """Leave a mock only these magic methods, by giving it another own class."""
    own: Any = type(mock)
    if own._asynctesting_magics == magics:
        return
    made = vars(kind_of(own))["_asynctesting_made"]
    kept = {name: value for name, value in vars(own).items() if not isinstance(value, Shelved)}
    again = made.metaclass(own.__name__, own.__bases__, {**kept, **made.names_with(magics)})
    _CLASS.__set__(mock, again)


#: Sets the real class of an object; mocks have another ``__class__``.
_CLASS: Final[Any] = vars(object)["__class__"]

#: Our classes, and those of unittest.mock from which they derive.
_OURS: set[type] = set()
_STOCK: set[type] = set()

#: What a class must not define for itself if its mocks are to be made the short way.
_MAKING: Final = frozenset(("_mock_add_spec", "_mock_set_magics", "__class__"))


def _is_plain(cls: type) -> bool:
    """Say whether nobody but we and unittest.mock has a say in the state of a new mock."""
    if issubclass(cls, stock.MagicMixin) and not issubclass(cls, Magics):
        return False
    is_below = False
    for base in cls.__mro__:
        if base in _OURS or base in _STOCK:
            is_below = is_below or base in _OURS
        elif not _MAKING.isdisjoint(vars(base)) and base is not object:
            return False
        elif is_below and "__init__" in vars(base) and base is not object:
            return False
    return True


#: What a class must not define for itself if its mocks are to be called the short way.
_CALLING: Final = frozenset(
    "_execute_mock_call _increment_mock_call _mock_call _mock_check_sig return_value side_effect".split()
)


def _is_short(cls: type) -> bool:
    """Say whether nobody but we and unittest.mock has a say in what a call does."""
    return all(
        base in _OURS or base in _STOCK or _CALLING.isdisjoint(vars(base)) for base in cls.__mro__
    )


# The classes


#: Nobody writes to it.
_NO_NAMES: Final[list[str]] = []


class _LazySignature:
    """Works out the signature of a spec when it is first asked for; without a spec there is none."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        names = instance.__dict__
        if "_asynctesting_spec" not in names:
            return None
        found = stock._get_signature_object(*names["_asynctesting_spec"])
        names["_spec_signature"] = found and found[1]
        return names["_spec_signature"]


class NonCallableMock(mock.NonCallableMock):
    __doc__ = stock.NonCallableMock.__doc__

    _spec_signature = _LazySignature()
    #: The magic methods that a mock has of its kind; what was set on it does not count.
    _asynctesting_magics = _NONE

    def __new__(
        cls,
        spec: Any = None,
        wraps: Any = None,
        name: Any = None,
        spec_set: Any = None,
        parent: Any = None,
        _spec_state: Any = None,
        _new_name: Any = "",
        _new_parent: Any = None,
        _spec_as_instance: bool = False,
        _eat_self: Any = None,
        unsafe: bool = False,
        **kwargs: Any,
    ) -> Any:
        try:
            made = cls.__dict__["_asynctesting_made"]
        except KeyError:
            made = _made(cls)
        if spec_set is not None:
            spec = spec_set
        if spec is None or is_mock(spec):
            own: Any = type(cls.__name__, (cls,), made.names)
        else:
            is_async = not issubclass(cls, stock.AsyncMockMixin) and is_async_spec(spec)
            own = _own_class(cls, is_async, _magics_of(spec) if made.has_magics else _NONE)
        if cls in _OURS:
            self = _make(own)
        else:
            self = super(stock.NonCallableMock, cls).__new__(own)
        own._asynctesting_self = weakref.ref(self)
        return self

    if TYPE_CHECKING:
        pass  # checkers read the stubs
    else:

        def __init__(
            self,
            spec=None,
            wraps=None,
            name=None,
            spec_set=None,
            parent=None,
            _spec_state=None,
            _new_name="",
            _new_parent=None,
            _spec_as_instance=False,
            _eat_self=None,
            unsafe=False,
            **kwargs,
        ):
            if self._asynctesting_is_plain:
                _begin(self, {}, spec, wraps, name, spec_set, parent, _new_name, _new_parent,
                       _spec_as_instance, _eat_self, unsafe, kwargs)  # fmt: skip
            else:
                super().__init__(
                    spec, wraps, name, spec_set, parent, _spec_state, _new_name, _new_parent,
                    _spec_as_instance, _eat_self, unsafe, **kwargs,
                )  # fmt: skip

    def _mock_add_spec(
        self, spec: Any, spec_set: Any, _spec_as_instance: bool = False, _eat_self: Any = False
    ) -> None:
        if is_mock(spec):
            super()._mock_add_spec(spec, spec_set, _spec_as_instance, _eat_self)  # it raises
        _set_spec(self.__dict__, spec, spec_set, _spec_as_instance, _eat_self)

    def _mock_set_magics(self) -> None:
        """Have the magic methods that the spec has; unittest.mock calls it when a spec was added."""
        if Magics not in kind_of(type(self)).__mro__:
            super()._mock_set_magics()
            return
        if "_mock_methods" not in self.__dict__:
            return  # it is called again when there are
        methods = self.__dict__["_mock_methods"]
        magics = MAGICS if methods is None else MAGICS.intersection(methods)
        _reshelve(self, magics)
        if methods is not None:
            own = vars(type(self))
            for name in MAGICS.intersection(own) - magics:
                delattr(self, name)

    def __getattr__(self, name: str) -> Any:
        names = self.__dict__
        child = names["_mock_children"].get(name) if "_mock_children" in names else None
        if type(child) is SpecChild:
            methods = names["_mock_methods"]
            if methods is not None and name in methods:
                return child.make(self)
        elif child is None and name in _MISSPELT:
            if not names.get("_mock_methods") and not names.get("_mock_unsafe"):
                raise AttributeError(
                    f"{name!r} is not a valid assertion. Use a spec for the mock if {name!r} is "
                    "meant to be an attribute."
                )
        return _stock_getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("__exit__", "__aexit__") and _would_swallow(value):
            value.return_value = False
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in MAGICS:
            own: Any = type(self)
            if name in own._asynctesting_magics:
                _reshelve(self, own._asynctesting_magics - {name})
                if name not in vars(type(self)) and name not in self.__dict__:
                    return
        super().__delattr__(name)

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        names = self.__dict__
        name = keywords.get("_new_name")
        if names["_mock_sealed"]:
            if name == "()" and "_asynctesting_returns" in names:
                return names["_asynctesting_returns"](**keywords)
            return super()._get_child_mock(**keywords)  # it raises, and names the child
        methods = names["_mock_methods"]
        own: Any = type(self)
        if name in names["_spec_asyncs"]:
            kind = AsyncMock
        elif name == "()" and "_asynctesting_generates" in names:
            kind = _GeneratorMock
        elif name in _ASYNC_MAGICS and issubclass(own, stock.MagicMock):
            kind = AsyncMock
        elif methods is None and (kind := _kind_for_wrapped(own, keywords.get("wraps"))):
            pass
        elif issubclass(own, stock.AsyncMockMixin):
            is_sync = name in _SYNC_MAGICS or (methods and name in methods)
            kind = MagicMock if is_sync else AsyncMock
        elif issubclass(own, stock.CallableMixin):
            kind = kind_of(own)
        else:
            kind = MagicMock if issubclass(own, stock.NonCallableMagicMock) else Mock
        return kind(**keywords)

    def _get_call_signature_from_name(self, name: str) -> Any:
        # The signature of a child counts, also if nobody has looked it up.
        if name:
            mock = self
            for part in name.replace("()", "").split("."):
                child = mock._mock_children.get(part)
                if type(child) is SpecChild:
                    child = child.make(mock)
                if child is None or isinstance(child, stock._SpecState):
                    break
                mock = stock._extract_mock(child)
                if not is_mock(mock):  # deleted
                    return None
        return super()._get_call_signature_from_name(name)

    def _format_mock_failure_message(self, args: Any, kwargs: Any, action: str = "call") -> str:
        message: str = super()._format_mock_failure_message(args, kwargs, action)
        if action == "await" and self.await_args is not None:
            called = self._format_mock_call_signature(*self.call_args)
            awaited = self._format_mock_call_signature(*self.await_args)
            message = message.removesuffix(called) + awaited
        return message

    @property
    def mock_awaits(self) -> Any:
        """
        The awaits of this mock and of all its children, in the one order in which they happened.

        It is to awaits what ``mock_calls`` is to calls. Mocks that were made apart are put under
        one parent with ``attach_mock``.

        >>> import asyncio
        >>> from asynctesting.mocks import AsyncMock, Mock, call
        >>> herd = Mock()
        >>> herd.attach_mock(AsyncMock(), "feed")
        >>> herd.attach_mock(AsyncMock(), "count")
        >>> async def evening():
        ...     feeding, counting = herd.feed("tuna"), herd.count()
        ...     await counting
        ...     await feeding
        >>> asyncio.run(evening())
        >>> herd.mock_calls
        [call.feed('tuna'), call.count()]
        >>> herd.mock_awaits
        [call.count(), call.feed('tuna')]

        .. versionadded:: 0.1

        """
        names = self.__dict__
        own = self.await_args_list if "_mock_await_args_list" in names else ()
        awaits = [_new_tuple(Recorded, ("", *one)) for one in own]
        # Those of children were recorded with the number of own awaits before them.
        for count, one in reversed(names.get("_asynctesting_below", ())):
            awaits.insert(count, one)
        return _CallList(awaits)

    def reset_mock(self, *args: Any, **kwargs: Any) -> None:
        names = self.__dict__
        names.pop("_asynctesting_below", None)
        before: list[Any] = [names.get(name) for name in _LISTS]
        super().reset_mock(*args, **kwargs)
        for name, calls in zip(_LISTS, before, strict=True):
            if getattr(calls, "watchers", None):  # somebody waits for a call; see waiting.py
                names[name] = calls.emptied()


#: What is watched by those who wait for a call.
_LISTS: Final = ("_mock_call_args_list", "_mock_await_args_list")


def _magics_of(spec: Any) -> frozenset[str]:
    if type(spec) in (list, tuple):
        return MAGICS.intersection(spec)
    return plan_of(spec).magics


def is_async_spec(spec: Any) -> bool:
    """Say whether a mock with this spec is called like a coroutine function."""
    if type(spec) in (list, tuple):
        return False
    return calls_async(spec) or (not is_mock(spec) and _is_awaitable(spec))


def _is_awaitable(thing: Any) -> bool:
    try:
        return inspect.isawaitable(thing)
    except Exception:
        return False


def _begin(
    self: Any,
    more: dict[str, Any],
    spec: Any,
    wraps: Any,
    name: Any,
    spec_set: Any,
    parent: Any,
    new_name: Any,
    new_parent: Any,
    as_instance: bool,
    eat_self: Any,
    unsafe: bool,
    kwargs: dict[str, Any],
) -> None:
    """Give a new mock its state."""
    state = {
        "_mock_parent": parent,
        "_mock_name": name,
        "_mock_new_name": new_name,
        "_mock_new_parent": parent if new_parent is None else new_parent,
        "_mock_sealed": False,
        "_spec_class": None,
        "_spec_set": None,
        # No "_spec_signature": with it, a MagicMock would have 22 names, and so twice the table.
        "_mock_methods": None,
        "_spec_asyncs": _NO_NAMES,
        "_mock_children": {},
        "_mock_wraps": wraps,
        "_mock_delegate": None,
        "_mock_called": False,
        "_mock_call_args": None,
        "_mock_call_count": 0,
        "_mock_call_args_list": _CallList(),
        "_mock_mock_calls": _CallList(),
        "method_calls": _CallList(),
        "_mock_unsafe": unsafe,
        **more,
    }
    if spec_set is not None:
        spec = spec_set
        spec_set = True
    if spec is not None or spec_set is not None:
        if is_mock(spec):
            raise stock.InvalidSpecError(f"Cannot spec a Mock object. [object={spec!r}]")
        if eat_self is None:
            eat_self = parent is not None
        _set_spec(state, spec, spec_set, as_instance, eat_self)
    own_names = self.__dict__
    if own_names:
        own_names.update(state)
    else:
        _set(self, "__dict__", state)
    if state["_mock_methods"] is not None and len(vars(type(self))) > _OWN_NAMES:
        self._mock_set_magics()
    if kwargs:
        self.configure_mock(**kwargs)


#: How many names the own class of a mock has at first.
_OWN_NAMES: Final = 7


def _set_spec(
    state: dict[str, Any], spec: Any, spec_set: Any, as_instance: bool, eat_self: Any
) -> None:
    """Write what a spec says into the state of a mock."""
    state["_spec_set"] = spec_set
    state["_spec_class"] = None
    state["_spec_asyncs"] = _NO_NAMES
    state.pop("_spec_signature", None)
    state.pop("_asynctesting_spec", None)
    state.pop("_asynctesting_generates", None)
    if spec is not None and type(spec) not in (list, tuple):
        plan = plan_of(spec)
        state["_spec_class"] = spec if isinstance(spec, type) else type(spec)
        state["_spec_asyncs"] = plan.asyncs
        state["_asynctesting_spec"] = (spec, as_instance, eat_self)
        if generates_async(spec):
            state["_asynctesting_generates"] = True
        spec = plan.names
    state["_mock_methods"] = spec


def _kind_for_wrapped(own: type, wrapped: Any) -> Any:
    """Give the class for a child that wraps what is, or is not, asynchronous; None for the usual one."""
    if wrapped is None or is_mock(wrapped):
        return None
    is_async = issubclass(own, stock.AsyncMockMixin)
    if calls_async(wrapped):
        return None if is_async else AsyncMock
    return MagicMock if is_async and callable(wrapped) else None


def _would_swallow(value: Any) -> bool:
    """Whether *value* is a mock that returns a mock, which is true, because nobody told it what to return."""
    return (
        is_mock(value)
        and getattr(value, "_mock_return_value", None) is DEFAULT
        and value._mock_wraps is None
        and value._mock_delegate is None
    )


class SpecChild(stock._SpecState):  # type: ignore[misc] # its class is private
    """
    Stands for the child of an autospecced mock; the child is made when it is first looked up.

    Attributes:
        maker: Makes the child, of its parent and of this.
        skips_first: Whether the first parameter is ``self``, if it is a function.
        is_async: Whether its calls give coroutines.

    """

    maker: Callable[[Any, SpecChild], Any]
    skips_first: bool
    is_async: bool

    def make(self, parent: Any) -> Any:
        """Make the child, and put it in its place."""
        with _LOCK:
            child = parent._mock_children.get(self.name)
            if child is self:
                child = self.maker(parent, self)
                parent._mock_children[self.name] = child
            return child


# Called


class Mock(NonCallableMock, mock.Mock):
    __doc__ = stock.Mock.__doc__

    if TYPE_CHECKING:
        pass  # checkers read the stubs
    else:

        def __init__(
            self,
            spec=None,
            side_effect=None,
            return_value=DEFAULT,
            wraps=None,
            name=None,
            spec_set=None,
            parent=None,
            _spec_state=None,
            _new_name="",
            _new_parent=None,
            *,
            _spec_as_instance=False,
            _eat_self=None,
            unsafe=False,
            **kwargs,
        ):
            is_async = issubclass(type(self), AsyncMock)
            if self._asynctesting_is_plain:
                more = _async_state() if is_async else {}
                more["_mock_return_value"] = return_value
                more["_mock_side_effect"] = None
                _begin(self, more, spec, wraps, name, spec_set, parent, _new_name, _new_parent,
                       _spec_as_instance, _eat_self, unsafe, kwargs)  # fmt: skip
                if side_effect is not None:
                    self.side_effect = side_effect
            else:
                if _spec_as_instance:
                    kwargs["_spec_as_instance"] = True
                if _eat_self is not None:
                    kwargs["_eat_self"] = _eat_self
                if unsafe:
                    kwargs["unsafe"] = unsafe
                super(AsyncMock if is_async else NonCallableMock, self).__init__(
                    spec, side_effect, return_value, wraps, name, spec_set, parent, _spec_state,
                    _new_name, _new_parent, **kwargs,
                )  # fmt: skip

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        names = self.__dict__
        if names["_mock_delegate"] is not None or not type(self)._asynctesting_is_short:
            return super().__call__(*args, **kwargs)
        _record(names, args, kwargs)
        if names["_mock_side_effect"] is None:
            result = names["_mock_return_value"]
            if result is not DEFAULT:
                return result
        return _execute(self, names, args, kwargs)

    def _increment_mock_call(self, /, *args: Any, **kwargs: Any) -> None:
        names = self.__dict__
        if names["_mock_delegate"] is not None:
            super()._increment_mock_call(*args, **kwargs)
        else:
            _record(names, args, kwargs)

    def _execute_mock_call(self, /, *args: Any, **kwargs: Any) -> Any:
        return _execute(self, self.__dict__, args, kwargs)


def _execute(mock: Any, names: dict[str, Any], args: Any, kwargs: Any) -> Any:
    """Do what a mock was told to do when it is called."""
    delegate = names["_mock_delegate"]
    effect = names["_mock_side_effect"] if delegate is None else mock.side_effect
    if effect is not None:
        result = _effect(mock, effect, args, kwargs)
        if result is not DEFAULT:
            return result
    result = names["_mock_return_value"]
    if result is not DEFAULT and delegate is None:
        return result
    return _default(mock, names, args, kwargs)


def _tell_parents(names: dict[str, Any], args: Any, kwargs: Any) -> None:
    """Record a call in the mocks above the one that was called."""
    name = names["_mock_new_name"]
    is_method = names["_mock_parent"] is not None
    method_name = names["_mock_name"]
    parent = names["_mock_new_parent"]
    while parent is not None:
        if is_method:
            parent.method_calls.append(_new_tuple(Recorded, (method_name, args, kwargs)))
            is_method = parent._mock_parent is not None
            if is_method:
                method_name = f"{parent._mock_name}.{method_name}"
        parent.mock_calls.append(_new_tuple(Recorded, (name, args, kwargs)))
        if parent._mock_new_name:
            name = _joined(parent, name)
        parent = parent._mock_new_parent


def _effect(mock: Any, effect: Any, args: Any, kwargs: Any) -> Any:
    """Give what the side effect of a call is."""
    if isinstance(effect, BaseException):
        raise effect.with_traceback(_first_traceback(mock, effect))
    if isinstance(effect, type) and issubclass(effect, BaseException):
        raise effect
    if stock._callable(effect):
        return effect(*args, **kwargs)
    values: Any = effect
    try:
        result = next(values)
    except StopIteration as stopped:
        if stopped.args or mock._mock_new_name == "__next__":
            raise
        raise StopIteration(f"the side_effect of {_told(mock)} is exhausted") from None
    if isinstance(result, BaseException):
        raise result.with_traceback(_first_traceback(mock, result))
    if isinstance(result, type) and issubclass(result, BaseException):
        raise result
    return result


def _first_traceback(mock: Any, error: BaseException) -> types.TracebackType | None:
    """Give the traceback that *error* had before this mock raised it: it does not grow with each call."""
    known: Any = mock.__dict__.get("_asynctesting_raised")
    if known is None or known[0] is not error:
        known = (error, error.__traceback__)
        mock.__dict__["_asynctesting_raised"] = known
    return known[1]  # type: ignore[no-any-return]


def _default(mock: Any, names: dict[str, Any], args: Any, kwargs: Any) -> Any:
    """Give what a call returns if there is no side effect, and no return value was set or read."""
    delegate = names["_mock_delegate"]
    if delegate is not None and (
        names["_mock_return_value"] is not DEFAULT or delegate.return_value is not DEFAULT
    ):
        return mock.return_value
    wraps = names["_mock_wraps"]
    if wraps is not None:
        return wraps(*args, **kwargs)
    if len(args) >= 3 and _leaves(args):
        return False
    return mock.return_value


def _leaves(args: Any) -> bool:
    """
    Say whether a call is one of an ``__exit__`` or ``__aexit__`` with an exception.

    It is known by its arguments, since a mock does not know the name under which it was put into a
    class. Nobody told it what to return: a mock, which is true, would swallow the exception.

    """
    kind, error = args[-3], args[-2]
    return isinstance(error, BaseException) and kind is type(error) and len(args) <= 4


class NonCallableMagicMock(Magics, NonCallableMock, mock.NonCallableMagicMock):
    __doc__ = stock.NonCallableMagicMock.__doc__


class MagicMock(Magics, Mock, mock.MagicMock):
    __doc__ = stock.MagicMock.__doc__


class _GeneratorMock(MagicMock):
    """What the mock of an asynchronous generator function returns: an asynchronous generator."""

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        name = keywords.get("name")
        if name in ("asend", "athrow", "aclose") and not self._mock_sealed:
            made = AsyncMock(**keywords)
            if name == "asend":
                made.side_effect = lambda value: self._asynctesting_next()
            elif name == "athrow":
                made.side_effect = _raise
            else:
                made.return_value = None
            return made
        return super()._get_child_mock(**keywords)

    def _asynctesting_next(self) -> Any:
        items = self.__dict__.get("_asynctesting_items")
        if items is None:
            items = self.__dict__["_asynctesting_items"] = self.__aiter__()
        return items.__anext__()


_GeneratorMock.__name__ = "MagicMock"


def _raise(kind: Any, value: Any = None, traceback: Any = None) -> None:
    raise kind if value is None else value


class PropertyMock(Mock, mock.PropertyMock):
    __doc__ = stock.PropertyMock.__doc__

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        return MagicMock(**keywords)


# Awaited


async def _signature_of_any(*args: Any, **kwargs: Any) -> None:
    """Lends its code to every AsyncMock, which is looked at like a function."""


_CODE: Final = _signature_of_any.__code__


class _Lost(str):
    """
    The name of a coroutine that a mock made, which says more once it is lost.

    The standard warning is made of it: ``coroutine '...' was never awaited``.

    """

    __slots__ = ("told",)

    told: tuple[Any, str, int]

    def __format__(self, how: str) -> str:
        mock, path, line = self.told
        try:
            name = title_of(mock)
        except Exception:  # of a mock that is half gone
            name = "mock"
        return f"{self!s}' was never awaited: called at {path}:{line}, the mock '{name}"


_FUNCTION_NAME: Final = "AsyncMockMixin._execute_mock_call"
_new_str = str.__new__
_frame = sys._getframe

#: Files whose frames did not call a mock, but handed the call on.
_BETWEEN: Final = frozenset(
    {__file__.replace("kinds.py", f"{name}.py") for name in ("kinds", "autospec", "managers")}
    | {stock.__file__, "<string>"}
)


class AsyncMockMixin(mock.AsyncMockMixin):
    if TYPE_CHECKING:  # a mock would show them as its own
        side_effect: Any
        _asynctesting_is_short: bool

    if TYPE_CHECKING:
        pass  # checkers read the stubs
    else:

        def __init__(self, /, *args, **kwargs):
            # Not the stock one: it makes a whole mock to stand for a code object.
            super(stock.AsyncMockMixin, self).__init__(*args, **kwargs)
            self.__dict__.update(_async_state())

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        names = self.__dict__
        if names["_mock_delegate"] is not None or not type(self)._asynctesting_is_short:
            return super().__call__(*args, **kwargs)  # type: ignore[misc] # a mixin's
        call = _record(names, args, kwargs)
        coroutine: Any = _execute_mock_call(self, names, call)
        coroutine.__qualname__ = _lost(self, 2)
        return coroutine

    def _mock_call(self, /, *args: Any, **kwargs: Any) -> Any:
        coroutine = self._execute_mock_call(*args, **kwargs)
        if type(coroutine) is types.CoroutineType:  # a subclass may give something else
            coroutine.__qualname__ = _lost(self, 3)
        return coroutine

    def _execute_mock_call(self, /, *args: Any, **kwargs: Any) -> Any:
        call = _new_tuple(Recorded, (args, kwargs))
        return _execute_mock_call(self, self.__dict__, call)


def _lost(mock: Any, depth: int) -> _Lost:
    lost = _new_str(_Lost, _FUNCTION_NAME)
    try:
        frame: Any = _frame(depth)
        while frame.f_code.co_filename in _BETWEEN:
            frame = frame.f_back
        lost.told = (mock, frame.f_code.co_filename, frame.f_lineno)
    except (AttributeError, ValueError):  # called by no Python code
        lost.told = (mock, "nowhere", 0)
    return lost


async def _execute_mock_call(self: Any, names: dict[str, Any], call: Any) -> Any:
    if names["_mock_delegate"] is None:
        names["_mock_await_count"] += 1
        names["_mock_await_args"] = call
        names["_mock_await_args_list"].append(call)
        if names["_mock_new_parent"] is not None:
            _tell_parents_of_await(names, *call)
        effect = names["_mock_side_effect"]
        if effect is None:
            result = names["_mock_return_value"]
            if result is not DEFAULT:
                return result
    else:
        self.await_count += 1
        self.await_args = call
        self.await_args_list.append(call)
        _tell_parents_of_await(names, *call)
        effect = self.side_effect

    args, kwargs = call
    if effect is not None:
        if hasattr(type(effect), "__anext__") and not stock._callable(effect):
            try:
                result = await effect.__anext__()
            except StopAsyncIteration as stopped:
                raise _exhausted(self, stopped) from None
            if isinstance(result, BaseException):
                raise result.with_traceback(_first_traceback(self, result))
        else:
            try:
                result = _effect(self, effect, args, kwargs)
            except StopIteration as stopped:
                # A coroutine cannot raise it (PEP 479).
                raise _exhausted(self, stopped) from None
            if type(result) is types.CoroutineType or _is_to_be_awaited(effect, result):
                result = await result
        if result is not DEFAULT:
            return result

    if names["_mock_return_value"] is not DEFAULT:
        return self.return_value
    result = _default(self, names, args, kwargs)
    if names["_mock_wraps"] is not None and type(result) is types.CoroutineType:
        return await result
    return result


def _is_to_be_awaited(effect: Any, result: Any) -> bool:
    """Say whether what a side effect gave is a coroutine; a future is handed back as it is."""
    if is_mock(result) or not inspect.isawaitable(result):
        return False
    return isinstance(result, Coroutine | types.GeneratorType) or calls_async(effect)


def _exhausted(mock: Any, stopped: BaseException) -> StopAsyncIteration:
    if mock._mock_new_name == "__anext__":
        return StopAsyncIteration()
    said = stopped.args[0] if stopped.args and isinstance(stopped.args[0], str) else ""
    return StopAsyncIteration(said or f"the side_effect of {_told(mock)} is exhausted")


def _tell_parents_of_await(names: dict[str, Any], args: Any, kwargs: Any) -> None:
    """Record an await in the mocks above the one that is awaited."""
    name = names["_mock_new_name"]
    parent = names["_mock_new_parent"]
    while parent is not None:
        above = parent.__dict__
        count = len(above.get("_mock_await_args_list", ()))
        below = above.setdefault("_asynctesting_below", [])
        below.append((count, _new_tuple(Recorded, (name, args, kwargs))))
        if parent._mock_new_name:
            name = _joined(parent, name)
        parent = parent._mock_new_parent


def _async_state() -> dict[str, Any]:
    return {
        **MARKS,
        "_mock_await_count": 0,
        "_mock_await_args": None,
        "_mock_await_args_list": _CallList(),
        "__code__": _CODE,
        "__name__": "AsyncMock",
        "__defaults__": (),
        "__kwdefaults__": {},
        "__annotations__": None,
    }


def _lists_awaits(name: str) -> Callable[..., None]:
    """Give an assertion of the stock class that lists the awaits when it fails."""

    def check(self: Any, /, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, *args, **kwargs)
        except AssertionError as error:
            awaits = self.await_args_list
            text = str(error)
            if awaits and repr(awaits) not in text:
                error.args = (f"{text}\nAwaits: {awaits!r}.",)
            raise

    original = getattr(stock.AsyncMockMixin, name)
    check.__name__ = name
    check.__qualname__ = f"AsyncMockMixin.{name}"
    check.__doc__ = original.__doc__
    return check


for _name in dir(stock.AsyncMockMixin):
    if _name.startswith("assert_") and "await" in _name:
        setattr(AsyncMockMixin, _name, _lists_awaits(_name))


class AsyncMock(AsyncMockMixin, Magics, Mock, mock.AsyncMock):
    __doc__ = stock.AsyncMock.__doc__

    if TYPE_CHECKING:
        pass  # checkers read the stubs
    else:
        __init__ = Mock.__init__  # it knows an AsyncMock; the mixin's comes first, and takes the long way


if sys.version_info >= (3, 13):

    class ThreadingMock(Magics, Mock, mock.ThreadingMock):
        __doc__ = stock.ThreadingMock.__doc__
        __module__ = "asynctesting.mocks"

        # What unittest.mock's mixin does has to come before what we do.

        def _get_child_mock(self, /, **keywords: Any) -> Any:
            for parent in (keywords.get("parent"), keywords.get("_new_parent")):
                if isinstance(parent, stock.ThreadingMock):
                    keywords["timeout"] = parent._mock_wait_timeout
                    break
            return super()._get_child_mock(**keywords)

        def _increment_mock_call(self, /, *args: Any, **kwargs: Any) -> None:
            super(NonCallableMock, self)._increment_mock_call(*args, **kwargs)

    __all__.insert(__all__.index("is_async_spec"), "ThreadingMock")


# Names that look like an assertion, and would be a child that is true and asserts nothing.
_ASSERTIONS: Final = {
    name.removeprefix("assert_") for name in dir(AsyncMock) if name.startswith("assert_")
}
_MISSPELT: Final = frozenset(
    (_ASSERTIONS | {name.replace("_", "") for name in _ASSERTIONS}
     | {name.replace("_with", "with") for name in _ASSERTIONS}
     | {name.replace("_once", "once") for name in _ASSERTIONS}) - {"called"}
)  # fmt: skip

_OURS |= {
    Magics, NonCallableMock, Mock, NonCallableMagicMock, MagicMock, PropertyMock, AsyncMockMixin, AsyncMock,
}  # fmt: skip
_STOCK |= {base for ours in _OURS for base in ours.__mro__ if base.__module__ == "unittest.mock"}

STAGE.update(
    AsyncMock=AsyncMock,
    MagicMock=MagicMock,
    Mock=Mock,
    NonCallableMagicMock=NonCallableMagicMock,
)
# What inspect.signature says of a mock is what it says of one of unittest.mock.
for _callable in (Mock.__call__, AsyncMockMixin.__call__):
    _callable.__annotations__ = {}
_stock_getattr = rebound(stock.NonCallableMock.__getattr__)
for _kind in _OURS - {AsyncMockMixin}:
    _kind.__module__ = "asynctesting.mocks"
