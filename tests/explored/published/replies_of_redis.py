"""
redis/redis-py#2665: who comes after a cancelled command gets the reply to that one.

"""

import asyncio

from redis.asyncio import Connection, ConnectionPool, Redis

from asynctesting import AsyncTestCase, explore


class Server:
    """A server in memory, and a stream writer to it: it knows GET alone, and answers with the key."""

    def __init__(self, reader):
        self.reader = reader
        self.closed = False

    def writelines(self, parts):
        words = b"".join(parts).split(b"\r\n")
        key = words[4]
        asyncio.get_running_loop().call_later(1, self.answer, key)

    def answer(self, key):
        if not self.closed:
            self.reader.feed_data(b"$%d\r\n%s\r\n" % (len(key), key))

    async def drain(self):
        await asyncio.sleep(0)

    def close(self):
        self.closed = True
        self.reader.feed_eof()

    async def wait_closed(self):
        pass


class InMemory(Connection):

    async def _connect(self):
        await asyncio.sleep(0)
        self._reader = asyncio.StreamReader()
        self._writer = Server(self._reader)

    async def on_connect(self):
        self._parser.on_connect(self)


class ReplyTests(AsyncTestCase):

    @explore(cancel="client")
    async def test_own_replies(self):
        """Whatever became of the first command, the second one gets its own reply."""
        pool = ConnectionPool(connection_class=InMemory)
        redis = Redis(connection_pool=pool)

        async def client(key):
            self.assertEqual(key, await redis.get(key))

        first = asyncio.create_task(client(b"cat"))
        await asyncio.wait([first])
        await client(b"dog")
        await pool.disconnect()
        if not first.cancelled():
            first.result()
