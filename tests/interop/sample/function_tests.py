"""Functions of pytest's: asynctesting.run gives each the life of a test."""

import asyncio

import pytest

import asynctesting


async def work(marker):
    await asyncio.sleep(0)
    raise ValueError(marker)


@pytest.fixture
def number():
    return 1


@pytest.mark.parametrize("expected", [1, 2])
def test_passes_or_fails(number, expected):
    async def main():
        await asyncio.sleep(0)
        assert number == expected, "mark: a function fails"

    asynctesting.run(main)


def test_errors():
    async def main():
        await work("mark: a function errors")

    asynctesting.run(main)


def test_skips():
    async def main():
        await asyncio.sleep(0)
        pytest.skip("mark: a function skips")

    asynctesting.run(main)


def test_never_awaited():
    async def main():
        work("never run")

    asynctesting.run(main)


def test_fails_and_leaks():
    leaked = []

    async def main():
        leaked.append(asyncio.create_task(asyncio.sleep(60), name="mark: leaked by a function"))
        await work("mark: a function fails and leaks")

    asynctesting.run(main)


def test_raises():
    async def main():
        with pytest.raises(ValueError, match="expected"):
            await work("expected")

    asynctesting.run(main)
