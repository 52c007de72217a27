"""
What both type checkers must refuse: exactly the lines that are marked.

See check.py. A statement that is refused stands on one line, since checkers do not agree on which
of several lines a mistake is.

"""

import asyncio

from asynctesting import (
    AsyncTestCase,
    asyncio_debug,
    close_limit,
    on_loops,
    run,
    time_limit,
    virtual_time,
)


async def main() -> int:
    return 1


def sync_main() -> int:
    return 1


# Keywords


class UnknownName(AsyncTestCase, time_limits=5):  # error
    pass


class TextLimit(AsyncTestCase, time_limit="5"):  # error
    pass


class NoCloseLimit(AsyncTestCase, close_limit=None):  # error
    pass


class TextFlag(AsyncTestCase, asyncio_debug="yes"):  # error
    pass


class UnknownScope(AsyncTestCase, loop_scope="module"):  # error
    pass


class UnknownProfile(AsyncTestCase, checks="none"):  # error
    pass


class UnknownLevel(AsyncTestCase, checks={"pending-task": "never"}):  # error
    pass


class LoopsAsKeyword(AsyncTestCase, loops=["uvloop"]):  # error
    pass


class FactoryAsKeyword(AsyncTestCase, loop_factory=asyncio.SelectorEventLoop):  # error
    pass


# Decorators


asyncio_debug("yes")  # error
asyncio_debug(1)  # error
close_limit()  # error
close_limit(None)  # error
close_limit("1")  # error
time_limit()  # error
time_limit("1")  # error
time_limit(seconds=1, limit=2)  # error
on_loops(1)  # error
on_loops(None)  # error
on_loops(["asyncio", "uvloop"])  # error
time_limit(1)(1)  # error


# Loops


class NoFactory(AsyncTestCase):
    loop_factory = 1  # error


class FactoryOfNoLoop(AsyncTestCase):
    loop_factory = dict  # error


# Stages


class Stages(AsyncTestCase):
    async def asyncSetUp(self) -> None:
        self.addAsyncCleanup(sync_main)  # error
        await self.enterAsyncContext(open("cats"))  # error

    @classmethod
    async def asyncSetUpClass(cls) -> None:
        cls.addAsyncClassCleanup(sync_main)  # error
        await cls.enterAsyncClassContext(1)  # error

    async def test_loop(self) -> None:
        self.loop.herd()  # error


# Without a class


run(main())  # error
run(sync_main)  # error
run(1)  # error
run(main, loop_scope="class")  # error
run(main, checks="none")  # error
run(main, time_limit="5")  # error
run(main, close_limit=None)  # error
run(main, loop_factory="uvloop")  # error
number: str = run(main)  # error


# Virtual time


virtual_time(start="5")  # error
virtual_time(5)  # error


class WrongTime(AsyncTestCase, virtual_time=5):  # error
    async def test(self) -> None:
        await self.assertEventually(5)  # error
        self.clock.wait()  # error
