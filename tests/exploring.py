"""What is explored in tests of exploring."""

import asyncio
import gc
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock


class Yard:
    """Where two may enter when there is room for one."""

    def __init__(self):
        self.cats = []

    async def admit(self, cat):
        if not self.cats:
            await asyncio.sleep(0)
            self.cats.append(cat)


async def race(pause=3):
    """Let a second one come when the first one has long been in, as asyncio goes."""
    yard = Yard()
    first = asyncio.create_task(yard.admit("Garfield"))
    for _ in range(pause):
        await asyncio.sleep(0)
    await asyncio.gather(first, yard.admit("Nermal"))
    assert len(yard.cats) == 1, yard.cats


async def wide():
    """Race among many others, so that there are more orders than anybody tries."""
    await asyncio.gather(race(), *(asyncio.sleep(0) for _ in range(9)))


async def three():
    """Three tasks with a lock, which is well."""
    lock, count = asyncio.Lock(), 0

    async def work():
        nonlocal count
        async with lock:
            was = count
            await asyncio.sleep(0)
            count = was + 1

    await asyncio.gather(work(), work(), work())
    assert count == 3


async def turns(count):
    """Take so many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


def without_collector(case):
    """Let no collection stand in the way of a series of lives, as it does now and then in debug mode."""
    case.addCleanup(gc.enable)
    gc.disable()


class Patched(unittest.TestCase):
    """Failing orders are kept in a folder of this test."""

    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory())
        settings = {name: "" for name in os.environ if name.startswith("ASYNCTESTING_")}
        settings["ASYNCTESTING_FAILURES"] = self.home
        self.enterContext(mock.patch.dict(os.environ, settings))

    def orders(self):
        """What is in the folder."""
        return list(Path(self.home).glob("*.orders"))
