"""Code as a user writes it: checked by mypy --strict and pyright with no ignore, and never run."""

import asyncio
from collections.abc import Iterator
from unittest import TestCase, mock

from asynctesting import mocks
from asynctesting.mocks import (
    ANY,
    DEFAULT,
    GLOBAL,
    LIMITED,
    AsyncContextManager,
    AsyncMock,
    Gate,
    MagicMock,
    Mock,
    NonCallableMagicMock,
    NonCallableMock,
    PropertyMock,
    call,
    create_autospec,
    generates,
    mock_open,
    patch,
    return_once,
    seal,
    sentinel,
    stream_reader,
    stream_writer,
    takes,
    wait_until_awaited,
    wait_until_called,
    written,
    yields,
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

    @patch("builtins.print", 5, scope=LIMITED)
    @patch.dict("os.environ", {"CATS": "2"}, scope=LIMITED)
    @patch.multiple(Session, get=DEFAULT, scope=GLOBAL)
    async def test_scopes(self, get: MagicMock) -> int:
        get.assert_not_called()
        return 1

    @patch("builtins.print", 5)
    def generate(self) -> Iterator[int]:
        yield 1

    def test_what_is_given(self) -> None:
        number: Iterator[int] = self.generate()
        with patch("builtins.print", 5) as five, patch.object(Session, "get", "x") as text:
            number_again: int = five
            word: str = text
        with patch("builtins.print") as made:
            made.assert_not_called()
        started: AsyncContextManager = patch("builtins.print", new_callable=AsyncContextManager).start()
        self.assertEqual(3, len([number, number_again, word]))
        started.assert_not_called()
        patch.stopall()
        patch.TEST_PREFIX = "test"

    async def test_entered(self) -> None:
        async with patch("builtins.print", 5) as five, patch.dict({}, a=1):
            number: int = five
        self.assertEqual(5, number)

    async def test_time_and_order(self) -> None:
        gate = Gate()
        feed = AsyncMock(side_effect=gate)
        feeding = asyncio.create_task(feed("tuna"))
        await gate.wait_entered(times=1)
        gate.release("purr")
        gate.fail(OSError)
        gate.open()
        counts: list[int] = [gate.entered, gate.released, gate.cancelled, gate.waiting]
        await feeding
        self.assertEqual(call("tuna"), await wait_until_awaited(feed, call("tuna"), timeout=1))
        self.assertEqual(call("tuna"), await wait_until_called(feed, times=len(counts)))
        Mock(side_effect=return_once(1, then=OSError))
        AsyncMock(side_effect=takes(0.5, OSError()))
        AsyncMock(side_effect=yields(times=2))
        async for item in generates(1, OSError)("x"):
            self.assertEqual(1, item)
        reader, writer = stream_reader(b"meow"), stream_writer()
        writer.write(await reader.read())
        data: bytes = written(writer)
        self.assertEqual(b"meow", data)
        self.assertEqual([], Mock().mock_awaits)

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
