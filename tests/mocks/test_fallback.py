"""Tests of asynctesting.mocks.fallback; tests/test_mocks.py has those of when it is used."""

import asyncio
import unittest
from unittest import mock

from asynctesting.mocks.fallback import AsyncContextManager


class FallbackTests(unittest.TestCase):
    def enter(self, manager):
        async def main():
            async with manager as entered:
                return entered

        return asyncio.run(main())

    def test_enters(self):
        """What it was told to is entered, of the mock and of what its call returns."""
        manager = AsyncContextManager(enters="cat")
        for one in (manager, manager("x")):
            self.assertEqual("cat", self.enter(one))
            with one as entered:
                self.assertEqual("cat", entered)
        manager.assert_called_once_with("x")

    def test_default(self):
        """By default that is a MagicMock, whose methods are no coroutine functions."""
        entered = self.enter(AsyncContextManager())
        self.assertIsInstance(entered, mock.MagicMock)
        self.assertNotIsInstance(entered.child, mock.AsyncMock)

    def test_swallows_nothing(self):
        """An exception is raised on."""

        async def main():
            async with AsyncContextManager():
                raise ValueError

        with self.assertRaises(ValueError):
            asyncio.run(main())

    def test_children(self):
        """Its children can be entered, too."""
        self.assertIsInstance(AsyncContextManager().child, AsyncContextManager)
        self.assertIsNotNone(self.enter(AsyncContextManager().child))


if __name__ == "__main__":
    unittest.main()
