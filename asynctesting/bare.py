"""
``ASYNCTESTING_OFF=1``: the standard class in place of ours.

For the question "is it the library?". Options are accepted and do nothing; what only we
have, such as asynchronous class fixtures, is not there.

"""

from __future__ import annotations

import unittest
from typing import Any


__all__ = ["AsyncTestCase"]

__unittest = True


class AsyncTestCase(unittest.IsolatedAsyncioTestCase):
    """The standard class, taking our keywords."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__()

    @classmethod
    def _asynctesting_options_changed(cls) -> None:
        """Nothing: options do nothing here."""
