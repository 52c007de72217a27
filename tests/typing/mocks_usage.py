"""Code as a user writes it: checked by mypy --strict and pyright with no ignore, and never run."""

import asyncio
from unittest import TestCase, mock

from asynctesting import mocks
from asynctesting.mocks import (
    ANY,
    DEFAULT,
    AsyncContextManager,
    AsyncMock,
    MagicMock,
    Mock,
    NonCallableMagicMock,
    NonCallableMock,
    PropertyMock,
    call,
    create_autospec,
    mock_open,
    patch,
    seal,
    sentinel,
)


class Session:
    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    def get(self, url: str) -> "Session":
        return self

    async def read(self) -> bytes:
        return b""


class Silent(AsyncContextManager):
    async def __aenter__(self) -> None:
        return None


async def read(session: Session, url: str) -> bytes:
    async with session.get(url) as response:
        return await response.read()


class UsageTests(TestCase):
    @patch("builtins.print", new_callable=AsyncContextManager)
    def test_decorator(self, printed: AsyncContextManager) -> None:
        printed.__aenter__.return_value = 1
        printed.__enter__.side_effect = OSError
        printed.assert_not_called()

    @patch.object(Session, "get", new_callable=AsyncContextManager, enters=sentinel.response)
    def test_decorator_on_object(self, get: AsyncContextManager) -> None:
        get.__aenter__.assert_not_awaited()

    @patch.object(Session, "read")
    def test_async_target(self, reading: AsyncMock) -> None:
        reading.return_value = b"cats"

    def test_context_manager(self) -> None:
        with patch("builtins.print", new_callable=AsyncContextManager) as printed:
            printed.__aexit__.assert_not_awaited()
        with mock.patch("builtins.print", new_callable=AsyncContextManager):
            pass
        with patch.dict("os.environ", {"CATS": "2"}), patch.multiple(Session, get=DEFAULT):
            pass

    def test_values(self) -> None:
        session = create_autospec(Session, instance=True)
        session.get.return_value = AsyncContextManager(
            enters=Mock(read=AsyncMock(return_value=b"cats"))
        )
        self.assertEqual(b"cats", asyncio.run(read(session, "/")))
        self.assertEqual([call("/")], session.get.mock_calls)
        stock: mock.MagicMock = AsyncContextManager(name="manager", spec=Session)
        ours: MagicMock = stock
        seal(ours)
        everything: list[object] = [
            ANY,
            NonCallableMock(),
            NonCallableMagicMock(),
            PropertyMock(),
            mock_open(),
            Silent(),
        ]
        self.assertIsNot(everything, mocks.FILTER_DIR)

    async def enter(self) -> None:
        manager = AsyncContextManager(enters=1, side_effect=None)
        async with manager as entered, manager("x") as again:
            self.assertIs(entered, again)
        with manager as entered:
            self.assertEqual(1, entered)
