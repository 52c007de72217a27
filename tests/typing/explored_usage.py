"""Exploration as a user writes it: checked by mypy --strict and pyright with no ignore, and never run."""

import asyncio
from typing import assert_type

from asynctesting import AsyncTestCase, Exploration, Explorer, ReplayError, explore, offer


async def read() -> str:
    await asyncio.sleep(1)
    return "reply"


@explore
class Bare(AsyncTestCase):
    @explore
    async def test_bare(self) -> None:
        task = self.offer(asyncio.create_task(read()))
        assert_type(task, "asyncio.Task[str]")
        assert_type(await task, str)
        assert_type(await self.offer(read(), TimeoutError, ConnectionResetError("gone")), str)


@explore(schedules=500, seed=3, cancel="worker", strategy="pct", stalls=False, within=None)
class Options(AsyncTestCase, time_limit=5):
    @explore(cancel=True, replay="1.abc.def")
    async def test_options(self) -> None:
        self.assertEqual(0, self.clock.time())

    @explore(replay=["1.abc.def", "1.ghi.jkl"])
    def test_sync(self) -> None:
        pass


async def main() -> int:
    assert_type(await offer(read(), OSError), str)
    return 1


def explored() -> None:
    found = Explorer(schedules=100, cancel=True, count=True, checks="warn", time_limit=1).run(main)
    assert_type(found, Exploration)
    assert_type(found.check(), Exploration)
    assert_type(found.failed, bool)
    assert_type(found.error, BaseException | None)
    assert_type(found.schedules, int)
    assert_type(found.orders, int)
    assert_type(found.exhausted, bool)
    assert_type(found.replay, str | None)
    error: ValueError = ReplayError("no more")
    print(found, error)
