"""
alisaifee/limits#277: a moving window forgets who was let in while it was swept.

"""

import asyncio

import limits

from asynctesting import AsyncTestCase, explore


class WindowTests(AsyncTestCase):

    @explore
    async def test_no_more_than_asked(self):
        """Of four that come together two are let in."""
        storage = limits.storage.storage_from_string("async+memory://")
        limiter = limits.aio.strategies.MovingWindowRateLimiter(storage)
        limit = limits.parse("2/day")
        let_in = await asyncio.gather(*(limiter.hit(limit, "cat") for _ in range(4)))
        await storage.timer
        self.assertEqual(2, sum(let_in))
