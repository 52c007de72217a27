"""
agronholm/anyio#1145: a lock that nobody holds, and that cannot be had.

Waiters who are cancelled stand in the queue until they go on. Who comes when nobody else is in it
queues behind them, and nobody wakes him.
"""

import asyncio

import anyio

from asynctesting import AsyncTestCase, explore


class LockTests(AsyncTestCase):

    @explore(cancel="client")
    async def test_all_get_it(self):
        """Some share a lock, and some may be cancelled: all others get it."""
        lock = anyio.Lock()

        async def client():
            for _ in range(2):
                async with lock:
                    await asyncio.sleep(0)

        clients = [asyncio.create_task(client(), name=f"client {n}") for n in range(2)]
        await asyncio.wait(clients, timeout=10)
        self.assertEqual([], [one for one in clients if not one.done()])
