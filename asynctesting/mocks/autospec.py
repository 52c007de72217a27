"""
``create_autospec``, whose children are made when they are first looked up.

The mock that comes of it is the one that :func:`unittest.mock.create_autospec` would make. What
that one makes at once for every method of a class, and again for those of its instances, is here
one small object each, until somebody asks for it.

"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, get_origin

from .insides import STAGE, mark_as_coroutine_function, rebound, stock
from .kinds import (
    AsyncMock,
    MagicMock,
    NonCallableMagicMock,
    SpecChild,
    is_mock,
)
from .specs import calls_async, plan_of, static


__all__ = ["create_autospec"]

_FUNCTIONS: Final[Any] = stock.FunctionTypes


# Signatures are checked when a mock is called, and worked out when the first call comes.


class _Signature:
    """The ``__signature__`` of one mock."""

    def __init__(self, work_out: Callable[[], Any]) -> None:
        self.work_out = work_out

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        found = self.work_out()
        return found and found[1]


def _check_signature(spec: Any, mock: Any, skipfirst: bool, instance: bool = False) -> None:
    """Have the calls of *mock* checked against the signature of *spec*, once there are any."""
    own = type(mock)
    known: list[Any] = []

    def work_out() -> Any:
        if not known:
            known.append(stock._get_signature_object(spec, instance, skipfirst))
        return known[0]

    def check(self: Any, /, *args: Any, **kwargs: Any) -> None:
        found = work_out()
        if found is not None:
            try:
                found[1].bind(*args, **kwargs)
            except TypeError as error:
                raise error.with_traceback(None) from None

    own._mock_check_sig = check
    own._asynctesting_is_short = False
    own.__signature__ = _Signature(work_out)


# Functions


def _set_async_signature(mock: Any, original: Any, *args: Any, **kwargs: Any) -> Any:
    """
    Give the function that stands for a coroutine function.

    It is no coroutine function, so that a call is recorded when it is made, and not when it is
    awaited; but it is marked as one, where that can be done (3.12). From 3.13 on CPython's tests
    demand that a call with the wrong arguments raises when it is awaited; before, and for methods
    always, it does at once.

    """
    function = stock._set_signature(mock, original)
    if not is_mock(function):
        stock._setup_async_mock(function)
        names = function.__globals__
        check, called = names["_checksig_"], names["mock"]

        def checked(*args: Any, **kwargs: Any) -> Any:
            try:
                check(*args, **kwargs)
            except TypeError as error:
                return _raise_later(error)
            return called(*args, **kwargs)

        names["_checksig_"] = lambda *args, **kwargs: None
        names["mock"] = checked
    return function


async def _raise_later(error: TypeError) -> None:
    raise error.with_traceback(None) from None


# Classes, instances, modules


def _make_function(parent: Any, child: SpecChild) -> Any:
    """Make the mock of a method."""
    original = child.spec
    keywords = {"spec_set" if child.spec_set else "spec": original}
    kind = AsyncMock if child.is_async else MagicMock
    name = child.name
    made = kind(
        parent=parent, name=name, _new_name=name, _new_parent=parent,
        _eat_self=child.skips_first, **keywords,
    )  # fmt: skip
    _check_signature(original, made, child.skips_first)
    if sys.version_info >= (3, 12):
        # There it has a return value from the start, also if it is sealed.
        made.__dict__["_asynctesting_returns"] = kind
    return made


def _make_annotated(parent: Any, child: SpecChild) -> Any:
    """Make the mock of an attribute of which only an annotation is known."""
    kind = child.spec
    name = child.name
    if isinstance(kind, type) and kind not in _PLAIN:
        return create_autospec(kind, child.spec_set, True, parent, name)
    return parent._get_child_mock(parent=parent, name=name, _new_name=name, _new_parent=parent)


#: Annotations that say little of what can be done with the value.
_PLAIN: Final = frozenset((type(None), object, type))


def _annotations(kind: type) -> dict[str, Any]:
    """Give the annotations of a class and its bases; what cannot be worked out is left as text."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        own = _own_annotations(base)
        if "__dataclass_fields__" in vars(base):
            own = {field.name: own.get(field.name, object) for field in dataclasses.fields(base)}
        found |= {name: kind for name, kind in own.items() if not _is_of_class(kind)}
    return found


def _is_of_class(annotation: Any) -> bool:
    """Say whether an annotation is a ClassVar: then an instance has it only if the class has it."""
    if isinstance(annotation, str):
        return "ClassVar" in annotation.partition("[")[0]
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _own_annotations(kind: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        try:
            found = annotationlib.get_annotations(kind, format=annotationlib.Format.FORWARDREF)
        except Exception:  # whatever the annotations are, that raise it
            return {}
    else:
        found = vars(kind).get("__annotations__", {})
        if not isinstance(found, dict):
            return {}
    names = vars(sys.modules.get(kind.__module__, types))
    return {
        name: names.get(annotation, annotation) if isinstance(annotation, str) else annotation
        for name, annotation in found.items()
    }


def _entries(plan: Any, spec: Any, is_type: bool, instance: bool) -> Iterable[tuple[Any, ...]]:
    """Give a name, its object, and for a method whether ``self`` is skipped and whether it is asynchronous."""
    notes = plan.notes
    if not notes:
        for name in plan.names:
            if not stock._is_magic(name):
                notes[name] = None
    for name, note in notes.items():
        try:
            original = getattr(spec, name)
        except AttributeError:
            continue
        if isinstance(original, _FUNCTIONS):
            if note is None:
                note = (_must_skip(spec, name, is_type), calls_async(original))
                notes[name] = note
            yield name, original, *note
        else:
            yield name, original, None, None


def _must_skip(spec: Any, name: str, is_type: bool) -> Any:
    """Say whether the first parameter of a method is ``self``."""
    if is_type and isinstance(static(spec, name), functools.partialmethod):
        return True
    return stock._must_skip(spec, name, is_type)


def _is_called_async(spec: Any, is_type: bool, instance: bool) -> bool:
    if is_type:
        return instance and calls_async(static(spec, "__call__"))
    return not isinstance(spec, types.ModuleType) and calls_async(spec)


def create_autospec(
    spec: Any,
    spec_set: Any = False,
    instance: bool = False,
    _parent: Any = None,
    _name: Any = None,
    *,
    unsafe: bool = False,
    **kwargs: Any,
) -> Any:
    if type(spec) in (list, tuple):
        spec = type(spec)
    if (
        spec is None
        or is_mock(spec)
        or isinstance(spec, _FUNCTIONS)
        or inspect.isdatadescriptor(spec)
        or "wraps" in kwargs
        or (not unsafe and not _TYPOS.isdisjoint(kwargs))
    ):
        made = _stock_autospec(
            spec, spec_set, instance, _parent, _name, unsafe=unsafe, **kwargs
        )  # fmt: skip
        if type(made) is types.FunctionType and calls_async(spec):
            mark_as_coroutine_function(made)
        return made

    is_type = isinstance(spec, type)
    plan = plan_of(spec)
    name = kwargs.pop("name", _name)
    keywords: dict[str, Any] = {"spec_set" if spec_set else "spec": spec}
    keywords["_spec_as_instance"] = instance
    keywords["_eat_self"] = is_type
    keywords.update(kwargs)

    kind: Any = MagicMock
    if _is_called_async(spec, is_type, instance):
        kind = AsyncMock
    elif not stock._callable(spec) or (
        is_type and instance and not stock._instance_callable(spec)
    ):
        kind = NonCallableMagicMock
    mock = kind(
        parent=_parent, _new_parent=_parent, _new_name="" if _parent is None else name, name=name,
        **keywords,
    )  # fmt: skip
    _check_signature(spec, mock, is_type, instance)
    if _parent is not None and not instance:
        _parent._mock_children[name] = mock
    if is_type and not instance and "return_value" not in kwargs:
        mock.return_value = create_autospec(spec, spec_set, True, mock, "()")

    children = mock._mock_children
    for entry, original, skips_first, is_async in _entries(plan, spec, is_type, instance):
        if skips_first is None:
            children[entry] = stock._SpecState(original, spec_set, mock, entry, instance)
        else:
            child = SpecChild(original, spec_set, None, entry)
            child.skips_first = skips_first
            child.is_async = is_async
            child.maker = _make_function
            children[entry] = child
    if is_type and instance:
        _add_annotated(mock, spec, spec_set)
    if kwargs:
        mock.configure_mock(**kwargs)
    return mock


def _add_annotated(mock: Any, spec: type, spec_set: Any) -> None:
    """Add the attributes that instances have by annotation only, as in protocols and dataclasses."""
    known = mock._mock_methods
    annotated = {
        name: kind
        for name, kind in _annotations(spec).items()
        if name not in known and not stock._is_magic(name)
    }
    if annotated:
        mock.__dict__["_mock_methods"] = [*known, *annotated]
        for name, kind in annotated.items():
            child = SpecChild(kind, spec_set, None, name)
            child.maker = _make_annotated
            mock._mock_children[name] = child


_TYPOS: Final = frozenset(("autospect", "auto_spec", "set_spec"))

create_autospec.__doc__ = stock.create_autospec.__doc__
create_autospec.__module__ = "asynctesting.mocks"


def _is_async_function(spec: Any) -> bool:
    return isinstance(spec, _FUNCTIONS) and calls_async(spec)


STAGE.update(
    _check_signature=_check_signature,
    _is_async_func=_is_async_function,
    _set_async_signature=_set_async_signature,
    create_autospec=create_autospec,
)
_stock_autospec = rebound(stock.create_autospec)
