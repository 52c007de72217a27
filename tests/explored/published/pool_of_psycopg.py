"""
psycopg/psycopg#1275: a pool swallows a cancellation that comes together with the connection.

"""

import asyncio

from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from asynctesting import AsyncTestCase, explore


class Connected:
    """A connection to nowhere."""

    def __init__(self):
        self.pgconn = self
        self.transaction_status = TransactionStatus.IDLE
        self._pool = None

    @classmethod
    async def connect(cls, conninfo, **words):
        await asyncio.sleep(0)
        return cls()

    async def close(self):
        self.transaction_status = TransactionStatus.UNKNOWN

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass


class PoolTests(AsyncTestCase):

    @explore
    async def test_cancelled(self):
        """Who is cancelled while he waits for a connection does not go on."""
        pool = AsyncConnectionPool(
            "", connection_class=Connected, min_size=1, max_size=1, open=False
        )
        served = []

        async def client(name):
            async with pool.connection():
                await asyncio.sleep(0)
            served.append(name)

        async with pool:
            first = asyncio.create_task(client("first"))
            second = asyncio.create_task(client("second"))
            await asyncio.sleep(0)
            if second.cancel():
                await asyncio.wait([first, second])
                self.assertTrue(second.cancelled(), served)
