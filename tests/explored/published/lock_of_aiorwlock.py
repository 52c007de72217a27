"""
aio-libs/aiorwlock#400: a waiter that is cancelled takes back what he has not got, and the lock is out of order.

"""

import asyncio

import aiorwlock

from asynctesting import AsyncTestCase, explore


class LockTests(AsyncTestCase):

    @explore(cancel="reader|writer")
    async def test_all_get_it(self):
        """Readers and writers share a lock, and some may be cancelled: all others get it."""
        lock = aiorwlock.RWLock()

        async def reader():
            async with lock.reader:
                await asyncio.sleep(0)

        async def writer():
            async with lock.writer:
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(each()) for each in (reader, writer, reader, writer)]
        await asyncio.wait(tasks, timeout=10)
        self.assertEqual([], [one for one in tasks if not one.done()])
