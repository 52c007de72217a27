"""
``wrong-shape``: a test that is not one, since what it returns is never run.

The fault: a ``yield`` makes a test a generator, and its body never runs; so it is with ``setUp``,
``tearDown`` and cleanups, in which fixtures of another tool are written that way. And with a test that
returns a future, or another awaitable that is no coroutine: unittest drops it. The test passes,
with a DeprecationWarning as the only sign.

The cure: take the ``yield`` out (what is to be undone goes into a cleanup, or an ``async with``);
make the test ``async def``, and ``await`` what it makes.

The allowance: ``@allow("wrong-shape")``.

What it cannot see: ``async def`` on a plain :class:`unittest.TestCase`, for which there is
:func:`asynctesting.guard_plain_tests`; a decorator that never calls the test; a test whose
name does not begin with ``test``.

"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from ..findings import Finding, Place, is_user_file, place_of_code
from .base import Check


__all__ = ["WrongShape", "finding_of_generator", "finding_of_result", "not_async"]

__unittest = True


class WrongShape(Check):
    """See the module. The test case itself looks, since it is what calls the test."""

    ids: ClassVar[tuple[str, ...]] = ("wrong-shape",)


def _code(function: Any) -> Any:
    return getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)


def _place(function: Any) -> Place | None:
    code = _code(function)
    return place_of_code(code) if code is not None else None


def finding_of_result(result: Any, method: Any) -> Finding | None:
    """Give a finding about the *method* of a test, if *result*, which it returned, is to be run."""
    name = getattr(method, "__name__", "the test")
    place = _place(method)
    cure = "make it `async def` and `await` what it makes"
    if inspect.isasyncgen(result) or inspect.isgenerator(result):
        fact = f"{name} is a generator: its body did not run"
        cure = "take the `yield` out of it; what is to be undone goes into a cleanup"
        code = getattr(result, "gi_code", None) or getattr(result, "ag_code", None)
        if code is not None and code is not _code(method):
            fact = f"{name} returned generator '{result.__qualname__}': its body did not run"
            place = place_of_code(code)
    elif inspect.iscoroutine(result) and result.cr_code is not _code(method):
        result.close()
        fact = f"{name} returned coroutine '{result.__qualname__}', which nobody awaits"
        cure = "write `await` before the call that made it"
        place = _made_here(result) or place
    elif inspect.iscoroutine(result):
        result.close()
        fact = f"{name} is a coroutine function, and nobody awaits it: its body did not run"
        cure = "build its class on asynctesting.AsyncTestCase"
    elif inspect.isawaitable(result):
        fact = f"{name} returned a {type(result).__qualname__}, which nobody awaits"
    else:
        return None
    return Finding("wrong-shape", fact, cure, place, about=(name,))


def finding_of_generator(result: Any, function: Any) -> Finding | None:
    """Give a finding about a stage, if it is a generator function, and *result* what it gave."""
    code = getattr(result, "gi_code", None) or getattr(result, "ag_code", None)
    return finding_of_result(result, function) if code and code is _code(function) else None


def _made_here(coroutine: Any) -> Place | None:
    """The user's line that made *coroutine*, if that was recorded."""
    for line in coroutine.cr_origin or ():
        if is_user_file(line[0]):
            return Place(*line)
    return None


def not_async(function: Any) -> str:
    """Say that *function* stands where a coroutine function must."""
    name = getattr(function, "__name__", repr(function))
    place = _place(function)
    where = f"\n  {place.where}\n    {place.source}" if place is not None else ""
    plain = {"asyncSetUp": "setUp", "asyncTearDown": "tearDown"}.get(name)
    cure = "write `async def`" + (f", or call it {plain}" if plain else "")
    return f"{function!r} is not an async function{where}\n  cure: {cure}"
