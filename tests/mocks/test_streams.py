"""Tests of asynctesting.mocks.streams."""

import asyncio
import doctest
import unittest
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.mocks import Mock, stream_reader, stream_writer, streams, written


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples in the docstrings give what they show."""
        self.assertEqual(0, doctest.testmod(streams).failed)


class ReaderTests(AsyncTestCase):
    async def test_read(self):
        """All ways to read give what a real reader gives."""
        reader = stream_reader(b"1\n2;345\n6")
        self.assertFalse(reader.at_eof())
        self.assertEqual(b"1\n", await reader.readline())
        self.assertEqual(b"2;", await reader.readuntil(b";"))
        self.assertEqual(b"34", await reader.readexactly(2))
        self.assertEqual(b"5", await reader.read(1))
        with self.assertRaises(asyncio.IncompleteReadError):
            await reader.readexactly(100)
        self.assertTrue(reader.at_eof())
        reader.read.assert_awaited_once_with(1)

    async def test_iteration(self):
        """Its lines can be iterated over."""
        self.assertEqual([b"1\n", b"2"], [line async for line in stream_reader(b"1\n2")])

    async def test_fed(self):
        """With no data it waits for what is fed to it."""
        reader = stream_reader()
        reader.feed_data(b"1")
        reading = asyncio.create_task(reader.readline())
        await asyncio.sleep(0)
        self.assertFalse(reading.done())
        reader.feed_data(b"2\n")
        self.assertEqual(b"12\n", await reading)
        reader.feed_eof()
        self.assertEqual(b"", await reader.read())

    async def test_spec(self):
        """It is the mock of a reader: with no other methods, and it can be told to fail."""
        reader = stream_reader(b"")
        self.assertIsInstance(reader, asyncio.StreamReader)
        self.assertIsInstance(reader.read, mock.AsyncMock)
        with self.assertRaises(AttributeError):
            reader.write  # noqa: B018
        with self.assertRaises(TypeError):
            reader.readline(1, 2, 3)
        reader.read.side_effect = ConnectionResetError
        with self.assertRaises(ConnectionResetError):
            await reader.read()


class WriterTests(AsyncTestCase):
    async def test_written(self):
        """All that was written can be had in one piece."""
        writer = stream_writer()
        self.assertIsNone(writer.write(b"1"))
        writer.writelines([b"2", b"3"])
        writer.write(data=b"4")
        await writer.drain()
        self.assertEqual(b"1234", written(writer))
        by_hand = Mock()
        by_hand.write(b"5")
        by_hand.other()
        self.assertEqual(b"5", written(by_hand))

    async def test_closing(self):
        """It is open until it is closed, and waits for that as a real one does."""
        writer = stream_writer()
        self.assertIs(False, writer.is_closing())
        writer.close()
        self.assertIs(True, writer.is_closing())
        self.assertIsNone(await writer.wait_closed())

    async def test_extra_info(self):
        """It has no extra information, unless it is told."""
        writer = stream_writer()
        self.assertIsNone(writer.get_extra_info("peername"))
        self.assertEqual("cat", writer.get_extra_info("peername", "cat"))

    async def test_spec(self):
        """It is the mock of a writer: with no other methods, each of its colour."""
        writer = stream_writer()
        self.assertIsInstance(writer, asyncio.StreamWriter)
        self.assertIsInstance(writer.drain, mock.AsyncMock)
        self.assertNotIsInstance(writer.write, mock.AsyncMock)
        with self.assertRaises(AttributeError):
            writer.read  # noqa: B018


if __name__ == "__main__":
    unittest.main()
