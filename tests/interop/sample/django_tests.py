"""Mixed with Django's class, in both orders: each test still lives on our loop, as one task."""

import asyncio

from django.test import SimpleTestCase, override_settings

from asynctesting import AsyncTestCase


async def work(marker):
    await asyncio.sleep(0)
    raise ValueError(marker)


class Mixed:

    async def asyncSetUp(self):
        self.task = asyncio.current_task()
        self.group = await self.enterAsyncContext(asyncio.TaskGroup())

    async def test_one_task(self):
        self.assertIs(self.task, asyncio.current_task())
        self.assertIs(self.loop, asyncio.get_running_loop())
        self.group.create_task(asyncio.sleep(0))

    @override_settings(SECRET_KEY="another")
    async def test_with_settings(self):
        from django.conf import settings

        self.assertEqual("another", settings.SECRET_KEY)
        self.assertIs(self.task, asyncio.current_task())

    async def test_fails(self):
        self.assertEqual(1, 2, "mark: django fails")

    async def test_errors(self):
        await work("mark: django errors")

    async def test_never_awaited(self):
        self.assertTrue(work("never run"))

    async def test_skipped(self):
        self.skipTest("mark: django skips")

    def test_synchronous(self):
        self.assertEqual(3, asyncio.run(asyncio.sleep(0, 3)))


class OursFirst(Mixed, AsyncTestCase, SimpleTestCase):
    pass


class TheirsFirst(Mixed, SimpleTestCase, AsyncTestCase):
    pass


class Subtests:
    """Apart, for a worker of Django's pickles the case together with a failing subtest."""

    async def test_subtests_fail(self):
        for number in range(2):
            with self.subTest(number=number):
                self.assertEqual(0, number, "mark: django's subtest")


class OursFirstSubtests(Subtests, AsyncTestCase, SimpleTestCase):
    pass


class TheirsFirstSubtests(Subtests, SimpleTestCase, AsyncTestCase):
    pass
