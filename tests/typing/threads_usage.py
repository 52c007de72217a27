"""How loop runners, servers and subprocesses are used: accepted as it is by type checkers."""

import asyncio
import re
from typing import assert_type

from asynctesting import AsyncTestCase, LoopRunner
from asynctesting.functional import Served, Subprocess, connect, serve, serve_protocol


async def number() -> int:
    return 1


async def purr(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


class RunnerTests(AsyncTestCase):
    runner: LoopRunner

    @classmethod
    def setUpClass(cls) -> None:
        cls.runner = cls.enterClassContext(LoopRunner(name="herding"))

    def test_work(self) -> None:
        runner = self.loop_runner()
        assert_type(runner.run_coroutine(number()), int)
        assert_type(runner.run_coroutine(number(), timeout=5), int)
        assert_type(runner.call(int, "1"), int)
        assert_type(runner.loop, asyncio.AbstractEventLoop)

    def test_life(self) -> None:
        with LoopRunner(asyncio.new_event_loop()) as runner:
            assert_type(runner, LoopRunner)
        runner.stop()
        runner.join(timeout=1)

    def test_hold(self) -> None:
        server = self.enterContext(self.runner.hold(serve(purr)))
        assert_type(server, Served)


class FunctionalTests(AsyncTestCase):
    async def asyncSetUp(self) -> None:
        self.server = await self.enterAsyncContext(serve(purr, unix=True, within=1))

    async def test_server(self) -> None:
        assert_type(self.server, Served)
        async with self.server.connect() as (reader, writer):
            assert_type(reader, asyncio.StreamReader)
            assert_type(writer, asyncio.StreamWriter)

    async def test_protocol(self) -> None:
        async with serve_protocol(asyncio.Protocol) as server:
            assert_type(server.port, int)
            async with connect((server.host, server.port)):
                pass

    async def test_subprocess(self) -> None:
        async with Subprocess("cat", "-", ready=re.compile("x"), env={"A": "b"}) as child:
            assert_type(child.output, str)
            assert_type(await child.wait(), int)
            assert_type(await child.wait_for_line("x"), re.Match[str])
