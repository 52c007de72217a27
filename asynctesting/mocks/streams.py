"""
Mocks of asyncio's streams, in one line each.

Some methods of a stream are coroutine functions and some are not; a reader gives what was sent, and
a writer is not closed before somebody closes it. An ``AsyncMock`` gets all of this wrong, and
``create_autospec`` half of it.

"""

from __future__ import annotations

import asyncio
from typing import Any

from .autospec import create_autospec


__all__ = ["stream_reader", "stream_writer", "written"]


class _Source:
    """The real reader behind the mock of one; it is made on the loop on which it is first used."""

    def __init__(self) -> None:
        self._fed: list[tuple[str, tuple[Any, ...]]] = []
        self._reader: asyncio.StreamReader | None = None

    def feed(self, name: str, *args: Any) -> None:
        if self._reader is None:
            self._fed.append((name, args))
        else:
            getattr(self._reader, name)(*args)

    def reader(self) -> asyncio.StreamReader:
        if self._reader is None:
            self._reader = asyncio.StreamReader(loop=asyncio.get_running_loop())
            for name, args in self._fed:
                getattr(self._reader, name)(*args)
        return self._reader


def stream_reader(data: bytes | None = None) -> Any:
    """
    Give the mock of an :class:`asyncio.StreamReader` from which something can be read.

    >>> import asyncio
    >>> from asynctesting.mocks import stream_reader
    >>> async def main():
    ...     reader = stream_reader(b"Garfield\\nNermal\\n")
    ...     lines = [await reader.readline(), await reader.read()]
    ...     reader.readline.assert_awaited_once_with()
    ...     return lines
    >>> asyncio.run(main())
    [b'Garfield\\n', b'Nermal\\n']

    Its methods do what those of a real one do, are recorded, and can be told to do something else:
    ``reader.read.side_effect = ConnectionResetError``.

    Args:
        data: All that comes before the end. If it is None nothing has come yet, and
            ``feed_data()`` and ``feed_eof()`` go on.

    .. versionadded:: 0.1

    """
    reader = create_autospec(asyncio.StreamReader, instance=True)
    source = _Source()

    def reads(name: str) -> Any:
        async def effect(*args: Any, **kwargs: Any) -> Any:
            return await getattr(source.reader(), name)(*args, **kwargs)

        return effect

    def feeds(name: str) -> Any:
        return lambda *args: source.feed(name, *args)

    async def following() -> bytes:
        line = await source.reader().readline()
        if not line:
            raise StopAsyncIteration
        return line

    for name in ("read", "readexactly", "readline", "readuntil"):
        getattr(reader, name).side_effect = reads(name)
    for name in ("feed_data", "feed_eof"):
        getattr(reader, name).side_effect = feeds(name)
    reader.at_eof.side_effect = lambda: source.reader().at_eof()
    reader.__aiter__.side_effect = lambda: reader
    reader.__anext__.side_effect = following
    if data is not None:
        source.feed("feed_data", data)
        source.feed("feed_eof")
    return reader


def stream_writer() -> Any:
    """
    Give the mock of an :class:`asyncio.StreamWriter` that is open until somebody closes it.

    >>> import asyncio
    >>> from asynctesting.mocks import stream_writer, written
    >>> async def greet(writer):
    ...     writer.write(b"meow")
    ...     await writer.drain()
    ...     writer.close()
    ...     await writer.wait_closed()
    >>> writer = stream_writer()
    >>> asyncio.run(greet(writer))
    >>> written(writer)
    b'meow'
    >>> writer.is_closing()
    True
    >>> writer.drain.assert_awaited_once_with()

    .. versionadded:: 0.1

    """
    writer = create_autospec(asyncio.StreamWriter, instance=True)
    for name in ("close", "drain", "wait_closed", "write", "write_eof", "writelines"):
        getattr(writer, name).return_value = None
    writer.is_closing.side_effect = lambda: writer.close.called
    writer.can_write_eof.return_value = True
    writer.get_extra_info.side_effect = lambda name, default=None: default
    return writer


def written(writer: Any) -> bytes:
    """
    Give all that was written to the mock of a writer, in one piece.

    Args:
        writer: What :func:`stream_writer` gave, or any mock with ``write`` and ``writelines``.

    .. versionadded:: 0.1

    """
    data = b""
    for name, args, kwargs in writer.mock_calls:
        if name == "write":
            data += _only(args, kwargs)
        elif name == "writelines":
            data += b"".join(_only(args, kwargs))
    return data


def _only(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else next(iter(kwargs.values()))
