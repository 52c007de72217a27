"""A small suite in which every kind of ending and every stage occurs, to try the judge on."""

import asyncio
import unittest


class Everything(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.life = ["setUp"]

    async def asyncSetUp(self):
        await asyncio.sleep(0)
        self.life.append("asyncSetUp")
        self.addAsyncCleanup(asyncio.sleep, 0)

    async def asyncTearDown(self):
        await asyncio.sleep(0)
        self.life.append("asyncTearDown")

    def tearDown(self):
        self.assertEqual(["setUp", "asyncSetUp", "asyncTearDown"], self.life)

    async def test_passes(self):
        await asyncio.sleep(0)

    def test_passes_synchronously(self):
        self.assertEqual(["setUp", "asyncSetUp"], self.life)

    async def test_fails(self):
        await asyncio.sleep(0)
        self.fail("as it should")

    async def test_errs(self):
        await asyncio.sleep(0)
        raise LookupError("as it should")

    @unittest.skip("not run at all")
    async def test_skipped(self):
        self.fail("never")

    async def test_skips_itself(self):
        await asyncio.sleep(0)
        self.skipTest("half-way")

    @unittest.expectedFailure
    async def test_expected_failure(self):
        await asyncio.sleep(0)
        self.fail("as expected")

    @unittest.expectedFailure
    async def test_unexpected_success(self):
        await asyncio.sleep(0)

    async def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                await asyncio.sleep(0)
                self.assertNotEqual(1, number)


class Inherits(Everything):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.assertIs(asyncio.get_running_loop(), asyncio.get_event_loop())


class MakesItsOwn(unittest.TestCase):
    def test_inner(self):
        class Inner(unittest.IsolatedAsyncioTestCase):
            async def test_inner(self):
                await asyncio.sleep(0)
                life.append("inner")

        life = []
        self.assertTrue(Inner("test_inner").run().wasSuccessful())
        self.assertEqual(["inner"], life)
