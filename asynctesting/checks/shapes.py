"""
``wrong-shape``: a test that is not one, since what it returns is never run.

The fault: a ``yield`` makes a test a generator, and its body never runs. So it is with a test that
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
from typing import Any

from ..findings import Finding, Place, place_of_code
from .base import Check


__all__ = ["WrongShape", "finding_of_result", "not_async"]

__unittest = True


class WrongShape(Check):
    """See the module. The test case itself looks, since it is what calls the test."""

    ids = ("wrong-shape",)


def _place(function: Any) -> Place | None:
    function = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(function, "__code__", None)
    return place_of_code(code) if code is not None else None


def finding_of_result(result: Any, method: Any) -> Finding | None:
    """Give a finding about the *method* of a test, if *result*, which it returned, is to be run."""
    name = getattr(method, "__name__", "the test")
    cure = "make it `async def` and `await` what it makes"
    if inspect.isasyncgen(result) or inspect.isgenerator(result):
        fact = f"{name} is a generator: its body did not run"
        cure = "take the `yield` out of it; what is to be undone goes into a cleanup"
    elif inspect.iscoroutine(result):
        result.close()
        fact = f"{name} is a coroutine function, and nobody awaits it: its body did not run"
        cure = "build its class on asynctesting.AsyncTestCase"
    elif inspect.isawaitable(result):
        fact = f"{name} returned a {type(result).__qualname__}, which nobody awaits"
    else:
        return None
    return Finding("wrong-shape", fact, cure, _place(method), about=(name,))


def not_async(function: Any) -> str:
    """Say that *function* stands where a coroutine function must."""
    name = getattr(function, "__name__", repr(function))
    place = _place(function)
    where = f"\n  {place.where}\n    {place.source}" if place is not None else ""
    plain = {"asyncSetUp": "setUp", "asyncTearDown": "tearDown"}.get(name)
    cure = "write `async def`" + (f", or call it {plain}" if plain else "")
    return f"{function!r} is not an async function{where}\n  cure: {cure}"
