"""
``AsyncContextManager`` for a Python whose mocks we do not know: built on what is documented.

It enters what it was told to, and swallows nothing. What is entered by default is a
:class:`~unittest.mock.MagicMock`.

"""

from __future__ import annotations

from typing import Any
from unittest import mock as stock


__all__ = ["AsyncContextManager"]


class AsyncContextManager(stock.MagicMock):
    """See :class:`asynctesting.mocks.managers.AsyncContextManager`."""

    def __init__(self, /, *args: Any, enters: Any = stock.DEFAULT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in kwargs or "_new_parent" in kwargs:
            return  # its methods are set up when it is entered
        if enters is stock.DEFAULT:
            enters = stock.MagicMock()
        for manager in (self, self.return_value):
            manager.__enter__.return_value = enters
            manager.__aenter__.return_value = enters

    def _get_child_mock(self, /, **keywords: Any) -> Any:
        if keywords.get("_new_name") == "()" and not isinstance(self, stock.AsyncMock):
            return stock.MagicMock(**keywords)
        return super()._get_child_mock(**keywords)
