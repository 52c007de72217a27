"""The code under test: a cat, and what it takes to make it move."""

import asyncio
import contextlib
import random


class Cat:
    """
    A cat that moves if it is pleased, and when it likes.

    Args:
        name: what to call it.
        dawdles: seconds that it may take to set out.

    """

    def __init__(self, name, dawdles=0.01):
        self.name = name
        self.dawdles = dawdles
        self.pleased = False

    def pet(self):
        """Please the cat, for one move."""
        self.pleased = True

    async def move(self, direction):
        """Go, if it must be; returns whether the cat went."""
        if not self.pleased:
            return False
        self.pleased = False
        await asyncio.sleep(random.uniform(0, self.dawdles))
        return True


class Tiger(Cat):
    """A cat that is not for petting."""

    def pet(self):
        """Scratch."""
        raise ValueError(f"{self.name} scratches")


async def herd(cat, direction):
    """Make *cat* go in *direction*; returns whether it went."""
    cat.pet()
    return await cat.move(direction)


async def bring_home(house, cat):
    """Hold the door of *house* open for *cat*; returns whether it came in."""
    async with house.door("front") as door:
        came = await herd(cat, "in")
        if came:
            door.wipe_paws()
        return came


class Shepherd:
    """Herds cats on demand, one after another, for as long as :meth:`work` runs."""

    def __init__(self):
        self.orders = asyncio.Queue()

    async def work(self):
        """Carry out orders until told to stop."""
        while True:
            order = await self.orders.get()
            if order is None:
                return
            cat, direction, done = order
            done.set_result(await herd(cat, direction))

    async def herd(self, cat, direction):
        """Order *cat* to be herded, and wait for it; returns whether it went."""
        done = asyncio.get_running_loop().create_future()
        await self.orders.put((cat, direction, done))
        return await done

    async def stop(self):
        """End :meth:`work`, after the orders that were given before."""
        await self.orders.put(None)


@contextlib.asynccontextmanager
async def shepherd_at_work():
    """A shepherd who works inside the block."""
    shepherd = Shepherd()
    async with asyncio.TaskGroup() as group:
        group.create_task(shepherd.work(), name="shepherd")
        yield shepherd
        await shepherd.stop()


class HerdRouter:
    """
    Takes commands from any thread, and keeps them on one loop.

    Args:
        loop: the loop, which runs in another thread.

    """

    def __init__(self, loop):
        self.loop = loop
        self.commands = set()

    async def _add_command(self, key):
        self.commands.add(key)

    def add_command(self, key):
        """Add a command; it is there when this returns."""
        result = asyncio.run_coroutine_threadsafe(self._add_command(key), self.loop)
        result.result()


async def serve_purrs(reader, writer):
    """Answer each line that somebody says to the cat over the network, until no more comes."""
    async for line in reader:
        writer.write(b"purr\n" if line == b"stroke\n" else b"hiss\n")
    writer.close()
