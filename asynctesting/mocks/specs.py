"""
What a spec says: its names, which of them are asynchronous, and its signatures.

``unittest.mock`` looks through a spec each time that a mock is made of it, which for a class of
twenty methods takes milliseconds. Here each class, function and module is looked through once, and
again when it has changed: what was found is kept with the very objects that stood in the class and
its bases, and is valid as long as they still stand there.

"""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .insides import stock


__all__ = ["MAGICS", "Plan", "calls_async", "generates_async", "plan_of", "static"]

MAGICS: Final[frozenset[str]] = frozenset(stock._magics | stock._async_method_magics)

#: A function that mentions one of these runs the coroutine that it makes: it is synchronous,
#: although what it wraps is not.
RUNNERS: Final = frozenset(
    "async_to_sync asyncio_run get_event_loop run run_coroutine run_coroutine_threadsafe run_sync "
    "run_until_complete runner sync syncify".split()
)


def calls_async(thing: Any) -> bool:
    """
    Say whether a call of *thing* gives a coroutine.

    Sees through ``partial``, ``partialmethod``, bound, static and class methods and decorators
    that use :func:`functools.wraps`, and sees an ``async def __call__``. No code of *thing* is
    run.

    """
    seen = set()
    while True:
        kind = type(thing)
        if issubclass(kind, stock.NonCallableMock):
            return issubclass(kind, stock.AsyncMockMixin)
        if issubclass(kind, type) or id(thing) in seen:
            return False
        seen.add(id(thing))
        if kind is types.FunctionType:
            if thing.__code__.co_flags & inspect.CO_COROUTINE:
                return True
            if not thing.__dict__:
                return False  # it is not marked, and wraps nothing
            if stock.iscoroutinefunction(thing) or inspect.iscoroutinefunction(thing):
                return True
            inside = _inside(thing)
            if inside is None:
                return False
            thing = inside
        elif issubclass(kind, (types.MethodType, staticmethod, classmethod)):
            thing = thing.__func__
        elif issubclass(kind, (functools.partial, functools.partialmethod)):
            thing = thing.func
        elif _is_marked(thing):
            return True
        else:
            call = static(kind, "__call__")
            if type(call) is types.FunctionType and calls_async(call):
                return True
            inside = _own(thing).get("__wrapped__")
            if inside is None or type(call) is types.FunctionType:
                return False
            thing = inside  # functools.lru_cache and its like, which are written in C


def generates_async(thing: Any) -> bool:
    """Say whether a call of *thing* gives an asynchronous generator."""
    while issubclass(type(thing), (functools.partial, types.MethodType)):
        thing = thing.func if issubclass(type(thing), functools.partial) else thing.__func__
    return type(thing) is types.FunctionType and bool(thing.__code__.co_flags & inspect.CO_ASYNC_GENERATOR)


def _inside(function: types.FunctionType) -> Any:
    """Give the function that a plain one hands its calls to, or None."""
    names = function.__dict__
    for name in ("_partialmethod", "__partialmethod__"):
        if type(names.get(name)) is functools.partialmethod:
            return names[name]
    inside = names.get("__wrapped__")
    if inside is None or inspect.isgeneratorfunction(function):
        return None
    code = function.__code__
    if RUNNERS.isdisjoint(code.co_names) and RUNNERS.isdisjoint(code.co_freevars):
        return inside
    return None


def _is_marked(thing: Any) -> bool:
    """Say whether *thing*, which is no function, was marked as a coroutine function."""
    names = _own(thing)
    if "_is_coroutine" in names or "_is_coroutine_mark" in names or "_is_coroutine_marker" in names:
        return stock.iscoroutinefunction(thing) or inspect.iscoroutinefunction(thing)
    return False


def _own(thing: Any) -> Mapping[str, Any]:
    """Give the ``__dict__`` of *thing*, whatever it says of itself."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, dict) else {}


def static(kind: type, name: str) -> Any:
    """Give what stands under *name* in a class or its bases, or None."""
    for base in kind.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


class Plan:
    """
    What one spec says; of the spec itself nothing is kept alive.

    Attributes:
        names: What ``dir`` gives.
        asyncs: Those of the names whose calls give coroutines.
        magics: Those of the names that a MagicMock can have.
        notes: What autospec keeps here.

    """

    __slots__ = ("_heart", "_layers", "asyncs", "magics", "names", "notes")

    def __init__(self, spec: Any, layers: Iterable[Any]) -> None:
        self._layers = [_Layer(vars(layer)) for layer in layers]
        self._heart = _heart_of(spec)
        self.names: list[str] = dir(spec)
        self.asyncs: list[str] = [name for name in self.names if calls_async(_raw(spec, name))]
        self.magics: frozenset[str] = MAGICS.intersection(self.names)
        self.notes: dict[Any, Any] = {}

    def is_valid(self, spec: Any) -> bool:
        """Say whether the spec is as it was."""
        layers = _layers_of(spec)
        return (
            len(layers) == len(self._layers)
            and _heart_of(spec) == self._heart
            and all(then.is_still(vars(now)) for then, now in zip(self._layers, layers, strict=True))
        )


class _Layer:
    """
    The names of one class, or of one function, and which objects stood there.

    The objects may change, too: a function gets another code; and what is asynchronous for reasons
    that lie deeper, as what is decorated, is asked again.

    """

    __slots__ = ("_codes", "_deep", "_ids", "_names", "_references")

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._codes = _codes_of(found)
        self._deep = [(name, calls_async(value)) for name, value in found.items() if _is_deep(value)]
        self._names = list(found)
        self._ids = list(map(id, found.values()))
        # An id may be used again when its object is gone: then one of these is dead.
        self._references = []
        for value in found.values():
            try:
                self._references.append(weakref.ref(_weighed(value)))
            except TypeError:
                pass

    def is_still(self, now: Mapping[str, Any]) -> bool:
        """Say whether the same objects stand there now."""
        return (
            list(map(id, now.values())) == self._ids
            and list(now) == self._names
            and None not in [reference() for reference in self._references]
            and _codes_of(now) == self._codes
            and all(calls_async(now[name]) == was for name, was in self._deep)
        )


def _codes_of(found: Mapping[str, Any]) -> list[types.CodeType]:
    return [value.__code__ for value in found.values() if type(value) is types.FunctionType]


def _is_deep(value: Any) -> bool:
    """Say whether more than its own code decides whether a call of *value* gives a coroutine."""
    if type(value) is types.FunctionType:
        return bool(value.__dict__)
    kind = type(value)
    return kind in (classmethod, staticmethod, functools.partialmethod) or (
        callable(value) and kind not in _SHALLOW and not issubclass(kind, type)
    )


#: What is callable and written in C, and no coroutine function.
_SHALLOW: Final = frozenset({
    types.BuiltinFunctionType, types.ClassMethodDescriptorType, types.MethodDescriptorType,
    types.WrapperDescriptorType,
})  # fmt: skip


def _weighed(value: Any) -> Any:
    return value.__func__ if type(value) in (classmethod, staticmethod) else value


def _heart_of(spec: Any) -> tuple[int, ...]:
    """Give what makes a class or a function what it is, apart from its names."""
    if isinstance(spec, type):
        return tuple(map(id, spec.__mro__))
    if type(spec) is types.FunctionType:
        return (id(spec.__code__), id(spec.__defaults__), id(spec.__kwdefaults__))
    return ()


def _raw(spec: Any, name: str) -> Any:
    """Give what stands under *name*, and run nothing for it."""
    if not isinstance(spec, type) and name in (own := _own(spec)):
        return own[name]
    kind = spec if isinstance(spec, type) else type(spec)
    for base in kind.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return inspect.getattr_static(spec, name, None)


#: By the id of a class or a function: a reference to it, and its plan.
_PLANS: Final[dict[int, tuple[weakref.ref[Any], Plan]]] = {}


def plan_of(spec: Any) -> Plan:
    """Look through *spec*, unless that was done and it is still the same."""
    key = id(spec)
    known = _PLANS.get(key)
    if known is not None and known[0]() is spec and known[1].is_valid(spec):
        return known[1]
    layers = _layers_of(spec)
    plan = Plan(spec, layers)
    if layers:
        _PLANS[key] = (weakref.ref(spec, lambda gone: _forget(key, gone)), plan)
    return plan


def _forget(key: int, gone: weakref.ref[Any]) -> None:
    known = _PLANS.get(key)
    if known is not None and known[0] is gone:
        del _PLANS[key]


def _layers_of(spec: Any) -> list[Any]:
    """Give all that *spec* has its names from, or nothing if that cannot be known."""
    kind = type(spec)
    if kind is types.FunctionType:
        return [spec]
    if kind is type or (issubclass(kind, type) and not _answers_itself(kind)):
        return [base for base in spec.__mro__ if base is not object]
    return []


def _answers_itself(kind: type) -> bool:
    """Say whether a metaclass decides what names its classes have."""
    return any(
        not {"__dir__", "__getattr__", "__getattribute__"}.isdisjoint(vars(base))
        for base in kind.__mro__
        if base not in (type, object)
    )
