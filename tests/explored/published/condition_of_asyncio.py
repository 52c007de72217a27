"""
python/cpython#112202: a notification is lost with the waiter that is cancelled when it has it.

"""

import asyncio

from asynctesting import AsyncTestCase, explore


class ConditionTests(AsyncTestCase):

    @explore(cancel="consumer")
    async def test_nothing_is_left(self):
        """Two wait for what is made, and some may be cancelled: the others take all of it."""
        condition = asyncio.Condition()
        made, taken = [], []

        async def consumer():
            async with condition:
                while not made:
                    await condition.wait()
                taken.append(made.pop())

        consumers = [asyncio.create_task(consumer()) for _ in range(2)]
        await asyncio.sleep(1)
        async with condition:
            made.append("cat")
            condition.notify()
        await asyncio.sleep(1)
        self.assertEqual(["cat"], taken)
        for one in consumers:
            one.cancel()
        await asyncio.wait(consumers)
