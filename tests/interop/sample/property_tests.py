"""Properties: one life, and each example a phase of its task."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

import asynctesting
from asynctesting import AsyncTestCase


settings.register_profile("sample", derandomize=True, database=None, deadline=None)
settings.load_profile("sample")


async def double(number):
    await asyncio.sleep(0)
    return number * 2 if number < 10 else 0


class Properties(AsyncTestCase):

    async def asyncSetUp(self):
        self.task = asyncio.current_task()
        self.examples = 0

    async def asyncTearDown(self):
        self.assertIs(self.task, asyncio.current_task())
        self.assertGreater(self.examples, 1)

    @given(st.integers(0, 9))
    async def test_holds(self, number):
        self.examples += 1
        self.assertIs(self.task, asyncio.current_task())
        self.assertIs(self.loop, asyncio.get_running_loop())
        self.assertEqual(number + number, await double(number))

    @settings(max_examples=50)
    @given(number=st.integers(0, 1000))
    async def test_is_shrunk(self, number):
        self.examples += 1
        self.assertEqual(number + number, await double(number), "mark: shrunk")

    @given(st.booleans())
    async def test_forgets(self, flag):
        self.examples += 1
        double(3)

    @given(st.integers(0, 9))
    def test_synchronous(self, number):
        self.examples += 1
        self.assertEqual(number, asyncio.run(asyncio.sleep(0, number)))


@given(st.integers(0, 9))
def test_run_holds(number):
    async def main():
        assert number + number == await double(number)

    asynctesting.run(main)


@given(st.integers(0, 1000))
def test_run_is_shrunk(number):
    async def main():
        assert number + number == await double(number), "mark: run is shrunk"

    asynctesting.run(main)
