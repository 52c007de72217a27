"""
encode/httpcore#1093: a request that is cancelled when it has been given a connection keeps the place in the pool.

It has no connection yet, and none takes it away. Mended in pydantic/httpx2#983, where the package lives on under
another name.
"""

import asyncio


try:
    import httpcore2 as httpcore
except ImportError:
    import httpcore

from asynctesting import AsyncTestCase, explore


class Stream(httpcore.AsyncNetworkStream):
    """A connection in memory that answers each request after a second."""

    def __init__(self):
        self.asked = 0

    async def write(self, buffer, timeout=None):
        await asyncio.sleep(0)
        self.asked += buffer.count(b"\r\n\r\n")

    async def read(self, max_bytes, timeout=None):
        await asyncio.sleep(1)
        if not self.asked:
            return b""
        self.asked -= 1
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmeow"

    async def aclose(self):
        pass

    def get_extra_info(self, info):
        return False if info == "is_readable" else None


class Network(httpcore.AsyncNetworkBackend):

    async def connect_tcp(self, *args, **words):
        await asyncio.sleep(0)
        return Stream()


class PoolTests(AsyncTestCase):

    @explore(cancel="client")
    async def test_all_are_served(self):
        """Three share one connection, and some may be cancelled: it can be had afterwards."""
        async with httpcore.AsyncConnectionPool(
            max_connections=1, network_backend=Network()
        ) as pool:

            async def client():
                await pool.request("GET", "http://cats.example", extensions={"timeout": {"pool": 9}})

            clients = [asyncio.create_task(client()) for _ in range(3)]
            await asyncio.wait(clients)
            await client()
            for one in clients:
                if not one.cancelled():
                    one.result()
