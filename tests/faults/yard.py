"""Code that the samples test, as users have it: in a file of its own."""

import asyncio
import contextlib
import socket
import threading
import time

from tests.held import HELD, NAP


class Yard:
    """A place for cats."""

    def __init__(self):
        self.cats = []
        self.tasks = set()

    async def open(self):
        await asyncio.sleep(0)
        return True

    async def feed(self, cat):
        await asyncio.sleep(0)
        self.cats.append(cat)


async def forgets_to_open(yard):
    yard.open()  # culprit
    return yard.cats


async def feeds_in_the_background(yard):
    yard.task = asyncio.create_task(hungry(yard))


async def hungry(yard):
    await asyncio.get_running_loop().create_future()  # culprit


async def feeds_a_dog(yard):
    yard.task = asyncio.create_task(bites(yard))
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def bites(yard):
    raise ValueError("woof")  # culprit


async def naps():
    while not HELD:  # culprit
        time.sleep(NAP)  # culprit


def listens():
    ours, theirs = socket.socketpair()  # culprit
    return ours, theirs


def watches(release):
    thread = threading.Thread(target=release.wait)
    thread.start()  # culprit
    return thread


def reminds(loop):
    loop.call_later(60, print)  # culprit


async def careful(callback, *args):
    """Call somebody else's code, and go on whatever it does."""
    try:
        callback(*args)
    except Exception:
        return False
    return True


async def retries(callback, times=3):
    """Try several times, as clients do."""
    for _ in range(times):
        try:
            return await callback()
        except Exception:
            await asyncio.sleep(0)
    return None


async def until(check, turns=1000):
    """Wait until *check* holds: an "eventually" helper."""
    for _ in range(turns):
        try:
            return check()
        except AssertionError:
            await asyncio.sleep(0)
    return check()


@contextlib.asynccontextmanager
async def opened(yard):
    await yard.open()
    try:
        yield yard  # culprit
    finally:
        await asyncio.sleep(0)
        yard.cats.clear()


def insists(cat):
    """Hold something to be true, which is no test's assertion."""
    assert cat is not None


async def insists_on(check, turns=3):
    """Another "eventually", which catches whatever comes, and gives up."""
    for _ in range(turns):
        try:
            return check()
        except Exception:
            await asyncio.sleep(0)
    raise TimeoutError("it never held")
