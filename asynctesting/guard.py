"""
Tests that were never ours: ``async def`` on a plain :class:`unittest.TestCase`.

One private name of unittest's is used: ``TestCase._callTestMethod``, seen in 3.8 to 3.15. Where it
is gone, nothing is guarded, and a warning says so.

"""

from __future__ import annotations

import functools
import unittest
import warnings
from typing import Any, Final

from .checks.shapes import finding_of_result
from .errors import AsyncTestingWarning, FindingsError
from .findings import raise_at
from .ledger import LEDGER


__all__ = ["guard_plain_tests"]

__unittest = True

HOOK: Final = "_callTestMethod"
_MARK: Final = "_asynctesting_guards"


def guard_plain_tests() -> None:
    """
    Let no test of a plain ``unittest.TestCase`` pass whose body did not run.

    That is ``async def test_...``, or a test with a ``yield`` in it, on a class whose base should
    have been :class:`~asynctesting.AsyncTestCase`. unittest makes a coroutine of such a test, and
    drops it: it passes. Call this once, where all tests are imported from: ``tests/__init__.py``.
    Then such a test fails, with its line.

    It changes ``unittest.TestCase`` for the whole process. Classes that run their tests in a way
    of their own are left alone: those of asyncio, Django, tornado, Twisted. Calling it twice does
    nothing.

    Raises:
        OptionError: if a setting for reports, ``ASYNCTESTING_FINDINGS`` or another one, cannot be.

    Example::

        # tests/__init__.py
        import asynctesting

        asynctesting.guard_plain_tests()

    """
    LEDGER.begin()
    original = vars(unittest.TestCase).get(HOOK)
    if original is None:
        warnings.warn(
            "asynctesting.guard_plain_tests() does nothing: this Python calls tests another way",
            AsyncTestingWarning,
            stacklevel=2,
        )
        return
    if hasattr(original, _MARK):
        return

    @functools.wraps(original)
    def call_test_method(self: Any, method: Any) -> Any:
        return original(self, _Guarded(method))

    setattr(call_test_method, _MARK, True)
    setattr(unittest.TestCase, HOOK, call_test_method)


class _Guarded:
    """A test method that looks at what it returns."""

    def __init__(self, method: Any) -> None:
        self._method = method

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)

    def __repr__(self) -> str:
        return repr(self._method)

    def __call__(self) -> Any:
        result = self._method()
        finding = finding_of_result(result, self._method) if result is not None else None
        if finding is None:
            return result
        case = getattr(self._method, "__self__", None)
        test = case.id() if isinstance(case, unittest.TestCase) else ""
        is_known = LEDGER.knows(finding, test)
        LEDGER.note(test, [(finding, "known" if is_known else "fail")])
        words = LEDGER.report([finding])
        if not is_known:
            raise raise_at(FindingsError(words), finding.place)
        place = finding.place
        file, line = (__file__, 1) if place is None else (place.filename, place.lineno)
        warnings.warn_explicit(words, AsyncTestingWarning, file, line, registry=LEDGER.warned)
        return None
