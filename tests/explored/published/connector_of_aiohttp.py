"""
aio-libs/aiohttp#9670: the connector is full for ever once a waiter was cancelled that had been woken.

Whoever gives a connection back wakes one waiter. If that one is cancelled before it goes on, nobody
else is woken.
"""

import asyncio

import aiohttp
from yarl import URL

from asynctesting import AsyncTestCase, explore


class Peer:
    """What a request is sent to: a connection that is always there."""

    def is_connected(self):
        return True

    transport = None
    should_close = False
    closed = None

    def close(self):
        pass


class Connector(aiohttp.BaseConnector):
    """A connector that needs no network."""

    async def _create_connection(self, req, traces, timeout):
        await asyncio.sleep(0)
        return Peer()


class ConnectorTests(AsyncTestCase):

    @explore(cancel="client")
    async def test_all_are_served(self):
        """Three share one connection, and some may be cancelled: it can be had afterwards."""
        connector = Connector(limit=1)
        request = aiohttp.ClientRequest("GET", URL("http://cats.example"), loop=self.loop)

        async def client():
            connection = await connector.connect(request, [], aiohttp.ClientTimeout())
            try:
                await asyncio.sleep(1)
            finally:
                connection.release()

        clients = [asyncio.create_task(client(), name=f"client {n}") for n in range(3)]
        await asyncio.wait(clients, timeout=10)
        async with asyncio.timeout(10):
            await client()
        await asyncio.wait(clients)
        await connector.close()
