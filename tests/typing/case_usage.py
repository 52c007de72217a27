"""Code as a user writes it: checked by mypy --strict and pyright with no ignore, and never run."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, assert_type

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingError,
    AsyncTestingWarning,
    FindingsError,
    LoopUnavailable,
    OptionError,
    Sequencer,
    SimulatedLoop,
    StageError,
    asyncio_debug,
    background,
    close_limit,
    eventually,
    on_loops,
    run,
    settle,
    time_limit,
    virtual_time,
)


class Cat:
    def __init__(self, name: str) -> None:
        self.name = name

    async def __aenter__(self) -> "Cat":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        return None


@contextlib.asynccontextmanager
async def basket() -> AsyncGenerator[list[Cat], None]:
    yield [Cat("Tom")]


async def herd(cat: Cat, direction: str = "forward") -> bool:
    return bool(cat.name and direction)


# Options


class Plain(AsyncTestCase):
    pass


class Keywords(
    AsyncTestCase,
    asyncio_debug=True,
    checks="strict",
    close_limit=1,
    loop_scope="class",
    time_limit=2.5,
):
    pass


class Levels(AsyncTestCase, checks={"never-awaited": "fail", "pending-task": "ignore"}):
    pass


class Nothing(Keywords, asyncio_debug=None, time_limit=None):
    pass


@asyncio_debug()
@close_limit(3)
@time_limit(None)
@on_loops("asyncio", asyncio.SelectorEventLoop, asyncio.new_event_loop)
class Decorated(AsyncTestCase):
    @asyncio_debug(False)
    @close_limit(0.5)
    @time_limit(10)
    async def test_async(self) -> None:
        assert_type(await herd(Cat("Tom")), bool)

    @on_loops("uvloop")
    def test_sync(self) -> None:
        pass


def decorators_change_no_type() -> None:
    assert_type(Decorated(), Decorated)
    assert_type(Decorated("test_sync").test_sync(), None)


# Loops


def make_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


class LoopClass(AsyncTestCase):
    loop_factory = asyncio.SelectorEventLoop


class LoopStatic(AsyncTestCase):
    loop_factory = staticmethod(make_loop)


class LoopFunction(AsyncTestCase):
    loop_factory = make_loop


class LoopNone(AsyncTestCase):
    loop_factory = None


# Stages


class Stages(AsyncTestCase):
    cats: list[Cat]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()

    @classmethod
    async def asyncSetUpClass(cls) -> None:
        await super().asyncSetUpClass()
        cls.cats = await cls.enterAsyncClassContext(basket())
        cls.addAsyncClassCleanup(herd, Cat("Tom"), direction="home")
        assert_type(await cls.enterAsyncClassContext(Cat("Tom")), Cat)

    @classmethod
    async def asyncTearDownClass(cls) -> None:
        await super().asyncTearDownClass()

    def setUp(self) -> None:
        super().setUp()

    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        assert_type(await self.enterAsyncContext(Cat("Tom")), Cat)
        assert_type(await self.enterAsyncContext(basket()), list[Cat])
        group = await self.enterAsyncContext(asyncio.TaskGroup())
        assert_type(group, asyncio.TaskGroup)
        self.task = group.create_task(herd(Cat("Tom")))
        assert_type(await self.enterAsyncContext(asyncio.timeout(1)), asyncio.Timeout)
        self.addAsyncCleanup(herd, Cat("Tom"))
        self.addCleanup(print, "done")

    async def asyncTearDown(self) -> None:
        assert_type(await self.task, bool)

    def tearDown(self) -> None:
        super().tearDown()

    async def test_loop(self) -> None:
        assert_type(self.loop, asyncio.AbstractEventLoop)
        with self.assertRaises(FindingsError) as caught:
            raise FindingsError("a fault")
        assert_type(caught.exception, FindingsError)

    def test_sync(self) -> None:
        with self.subTest(n=1):
            self.assertTrue(self.loop.is_running() is False)


# Without a class


async def main() -> int:
    return 1


def test_run() -> None:
    assert_type(run(main), int)
    assert_type(
        asynctesting.run(
            lambda: herd(Cat("Tom")),
            loop_factory=asyncio.SelectorEventLoop,
            asyncio_debug=False,
            checks="warn",
            close_limit=1,
            time_limit=None,
        ),
        bool,
    )
    assert_type(run(time_limit(1)(main)), int)
    run(main, checks={"loop-error": "warn"})


# Errors


def errors() -> None:
    mistakes: list[type[AsyncTestingError]] = [
        FindingsError,
        LoopUnavailable,
        OptionError,
        StageError,
    ]
    warning: type[UserWarning] = AsyncTestingWarning
    parents: tuple[
        type[AssertionError],
        type[ImportError],
        type[ValueError],
        type[TypeError],
        type[RuntimeError],
    ] = (FindingsError, LoopUnavailable, OptionError, OptionError, StageError)
    everything: tuple[Any, ...] = (mistakes, warning, parents)
    print(everything, asynctesting.__version__)


# Virtual time


class Virtual(AsyncTestCase, virtual_time=True):
    @virtual_time
    async def test_bare(self) -> None:
        assert_type(self.clock.time(), float)
        await self.clock.advance(5)
        with self.clock.hold(), self.clock.wall(start=1e9, packages=("cats",)):
            await self.settle()
        task = self.background(herd(Cat("Tom")), name="herd")
        assert_type(task, asyncio.Task[bool])
        assert_type(await self.assertEventually(lambda: "cat", within=5, every=1, msg="no"), str)
        assert_type(await self.assertEventually(task.done), bool)

    @virtual_time()
    def test_called(self) -> None:
        pass

    @virtual_time(False)
    async def test_real(self) -> None:
        pass


@virtual_time(start=1e9, until=2e9)
class Bounded(AsyncTestCase, virtual_time=virtual_time(start=5)):
    pass


async def staged() -> int:
    seq = Sequencer()
    async with seq(0):
        await settle()
    assert_type(background(herd(Cat("Tom"))), asyncio.Task[bool])
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    await loop.clock.advance(1)
    return await eventually(lambda: 5)


assert_type(run(staged, virtual_time=virtual_time(until=5)), int)
with asyncio.Runner(loop_factory=SimulatedLoop) as simulated:
    assert_type(simulated.run(staged()), int)
