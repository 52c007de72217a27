"""Base classes that lie, each in its own way: the judge must see through them."""

import unittest


Stock = unittest.IsolatedAsyncioTestCase


class NeverAwaits(Stock):
    """Makes the test's coroutine and drops it: most suites pass."""

    def _callTestMethod(self, method):
        result = method()
        if hasattr(result, "close"):
            result.close()


class ForgetsTearDown(Stock):
    """Leaves out the tear-down."""

    def _callTearDown(self):
        pass


class SwallowsCleanups(Stock):
    """Runs cleanups, and keeps to itself what they raise."""

    def _callCleanup(self, function, *args, **kwargs):
        try:
            super()._callCleanup(function, *args, **kwargs)
        except Exception:
            pass


class SkipsEverything(Stock):
    """Skips whatever it is given."""

    def _callSetUp(self):
        self.skipTest("too tired")
