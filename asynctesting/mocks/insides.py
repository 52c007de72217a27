"""
What we use of unittest.mock that its documentation does not promise: all of it is here.

``tests/mocks/test_insides.py`` has a test for each, which fails when it goes. Seen in 3.11 to 3.15:

=============================================  ===================================================
name                                           what it is to us
=============================================  ===================================================
``_Call``, ``_CallList``                       how a call, and the calls, are kept
``_SpecState``                                 stands in ``_mock_children`` for a child that is
                                               made when it is first looked up
``_deleted``                                   stands there for a child that was deleted
``_magics``, ``_async_method_magics``          the magic methods that a MagicMock has
``_all_magics``                                those that can be set on a mock
``MagicProxy(name, mock).create_mock()``       makes the mock of one magic method
``_patch``, ``_patch_dict``                    what ``patch`` and ``patch.dict`` give
``_patch_object``, ``_patch_multiple``,        ``patch.object`` and its like
``_patch_stopall``
``_get_signature_object``, ``_must_skip``,     the signature of a spec, and whether its first
``_check_signature``, ``_set_signature``,      parameter is ``self``; how it is checked
``_setup_async_mock``
``_is_async_obj``, ``_is_async_func``          whether a spec is asynchronous: they are looked up
                                               when called, so that ours are asked instead
``FunctionTypes``                              what has a spec that is a function
``_extract_mock``                              the mock of an autospecced function
``_mock_methods``, ``_spec_class``, ...        the keys of a mock's ``__dict__``; see ``STATE``
``_mock_add_spec``, ``_mock_set_magics``,      the methods with which a mock is made, called and
``_get_child_mock``, ``_mock_call``,           told; we override them
``_increment_mock_call``,
``_execute_mock_call``, ``_mock_check_sig``,
``_format_mock_failure_message``
``_new_name``, ``_new_parent``, ``parent``     keywords with which a child is made
``_spec_as_instance``, ``_eat_self``           keywords with which it is given a spec
=============================================  ===================================================

A mock has a class of its own, made in ``NonCallableMock.__new__``, on which its magic methods are
set; an ``AsyncMockMixin`` is put in front where the spec is a coroutine function.

If any of this is not as we know it, ``problem`` says what, and :mod:`asynctesting.mocks` hands on
the classes of :mod:`unittest.mock` as they are.

"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final
from unittest import mock


__all__ = [
    "MARKS",
    "STAGE",
    "STATE",
    "counts_by_list",
    "mark_as_coroutine_function",
    "problem",
    "rebound",
    "state_of",
    "stock",
    "what_is_unknown",
]

#: unittest.mock, with all its names; type checkers know the public ones.
stock: Final[Any] = mock

#: Names of the module, beside the public ones, that we use.
NAMES: Final = (
    "AsyncMockMixin CallableMixin FunctionTypes InvalidSpecError MagicMixin MagicProxy _Call _CallList "
    "_SpecState _all_magics _async_method_magics _callable _check_signature _check_spec_arg_typos _deleted "
    "_extract_mock _get_signature_object _get_target _instance_callable _is_async_func _is_async_obj _magics "
    "_must_skip _patch _patch_dict _patch_multiple _patch_object _patch_stopall _set_signature "
    "_setup_async_mock iscoroutinefunction"
).split()

#: Methods of an AsyncMock, which has all of them, that we override or call.
METHODS: Final = (
    "_execute_mock_call _format_mock_failure_message _get_child_mock _increment_mock_call _mock_add_spec "
    "_mock_call _mock_check_sig _mock_set_magics _extract_mock_name _get_call_signature_from_name _call_matcher"
).split()

#: What a new mock has in its ``__dict__``, and what is the same in each.
STATE: Final[dict[str, Any]] = {
    "_mock_call_args": None,
    "_mock_call_args_list": [],
    "_mock_call_count": 0,
    "_mock_called": False,
    "_mock_children": {},
    "_mock_delegate": None,
    "_mock_methods": None,
    "_mock_mock_calls": [],
    "_mock_name": None,
    "_mock_new_name": "",
    "_mock_new_parent": None,
    "_mock_parent": None,
    "_mock_sealed": False,
    "_mock_unsafe": False,
    "_mock_wraps": None,
    "_spec_asyncs": [],
    "_spec_class": None,
    "_spec_set": None,
    "_spec_signature": None,
    "method_calls": [],
}
CALLABLE_STATE: Final[dict[str, Any]] = {
    "_mock_return_value": stock.DEFAULT,
    "_mock_side_effect": None,
}
ASYNC_STATE: Final[dict[str, Any]] = {
    "__annotations__": None,
    "__defaults__": (),
    "__kwdefaults__": {},
    "__name__": "AsyncMock",
    "_mock_await_args": None,
    "_mock_await_args_list": [],
    "_mock_await_count": 0,
}
#: Marks for which there are several ways, and a code object to look at.
ASYNC_MARKS: Final = frozenset({"_is_coroutine", "__code__"})

#: The parameters of the constructors, in order.
PARAMETERS: Final = {
    "NonCallableMock": (
        "self spec wraps name spec_set parent _spec_state _new_name _new_parent _spec_as_instance "
        "_eat_self unsafe kwargs"
    ).split(),
    "CallableMixin": (
        "self spec side_effect return_value wraps name spec_set parent _spec_state _new_name "
        "_new_parent kwargs"
    ).split(),
}


#: The names that functions of unittest.mock see when they are run under ours: what stands here in
#: place of theirs is what they make.
STAGE: Final[dict[str, Any]] = dict(vars(stock))


def rebound(function: Any, names: dict[str, Any] = STAGE) -> Callable[..., Any]:
    """Give the same function, which makes our mocks where it makes those of unittest.mock."""
    again = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    again.__kwdefaults__ = function.__kwdefaults__
    again.__doc__ = function.__doc__
    again.__qualname__ = function.__qualname__
    return again


def state_of(kind: Any) -> dict[str, Any]:
    """
    Give what a new mock of a kind has in its ``__dict__``.

    An AsyncMock makes a mock to stand for a code object, for whose spec Python 3.11 parses the text
    of a signature: a dozen milliseconds, at each import of ours. Here a plain object stands for it.

    """
    begin = kind.__init__
    if type(begin) is FunctionType and "__code__" in begin.__code__.co_consts:
        made = kind.__new__(kind)
        rebound(begin, begin.__globals__ | {"NonCallableMock": _Code})(made)
    else:
        made = kind()
    return dict(vars(made))


class _Code:
    def __init__(self, spec_set: Any) -> None:
        pass


def what_is_unknown(module: Any) -> str | None:
    """Say what of *module* is not as we know it, or None."""
    for name in NAMES:
        if not hasattr(module, name):
            return f"unittest.mock has no {name}"
    for name in METHODS:
        if not hasattr(module.AsyncMock, name):
            return f"unittest.mock.AsyncMock has no {name}"
    for name, expected in PARAMETERS.items():
        names = list(inspect.signature(getattr(module, name).__init__).parameters)
        if names != expected:
            return f"unittest.mock.{name} is made with other arguments: {', '.join(names)}"
    callable_state = STATE | CALLABLE_STATE
    for kind, state in (
        (module.NonCallableMock, STATE),
        (module.MagicMock, callable_state),
        (module.AsyncMock, callable_state | ASYNC_STATE),
    ):
        try:
            made = state_of(kind)
        except Exception as error:
            return f"a new unittest.mock.{kind.__name__} cannot be made: {error!r}"
        found = {name: value for name, value in made.items() if name not in ASYNC_MARKS}
        if found != state:
            other = ", ".join(sorted(found.keys() ^ state.keys())) or "other values"
            return f"a new unittest.mock.{kind.__name__} has another state: {other}"
    return None


def mark_as_coroutine_function(thing: Any) -> None:
    """Mark a callable that is no coroutine function, and whose calls are to be awaited."""
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(thing)
    else:
        thing._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]


#: Why mocks are those of unittest.mock, or None if they are ours.
problem: Final = what_is_unknown(stock)

#: What marks an AsyncMock as a coroutine function.
MARKS: Final[dict[str, Any]] = {
    name: value
    for name, value in (state_of(stock.AsyncMock).items() if problem is None else ())
    if name == "_is_coroutine"
}

#: Whether the count of calls is the length of their list (3.14 and later), or counts for itself.
counts_by_list: Final = sys.version_info >= (3, 14)
