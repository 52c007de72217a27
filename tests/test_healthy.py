"""
Healthy code, as it is found in the suites of others: no check has anything to say of it.

All checks are on, and suspicions fail as well. What once was blamed by mistake stays here.
"""

import asyncio
import atexit
import concurrent.futures
import contextlib
import contextvars
import functools
import logging
import logging.handlers
import multiprocessing
import os
import pathlib
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import types
import unittest
import warnings
import weakref
from unittest import mock

from asynctesting import AsyncTestCase, LoopRunner
from tests.support import HANDLERS, default_sigint, main_thread_only


POOL = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="module-pool")
REQUEST = contextvars.ContextVar("request", default=None)


def tearDownModule():
    POOL.shutdown()


class Healthy(AsyncTestCase, checks="strict", blocking_limit=None):
    """A machine that is kept busy makes nothing of this worth a suspicion."""


async def echo(reader, writer):
    try:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    finally:
        writer.close()


class Ticker:
    """A background service that is shut down gracefully."""

    def __init__(self):
        self.ticks = 0
        self._task = None
        self._stopping = asyncio.Event()

    async def start(self):
        self._task = asyncio.create_task(self._run(), name="ticker")

    async def _run(self):
        while not self._stopping.is_set():
            self.ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.001)

    async def stop(self):
        self._stopping.set()
        await self._task


class Pool:
    """Connections that are kept, and handed out again."""

    def __init__(self, address):
        self._address = address
        self._free = []
        self._limit = asyncio.Semaphore(2)

    @contextlib.asynccontextmanager
    async def connection(self):
        async with self._limit:
            pair = self._free.pop() if self._free else await asyncio.open_connection(*self._address)
            try:
                yield pair
            finally:
                self._free.append(pair)

    async def close(self):
        while self._free:
            _, writer = self._free.pop()
            writer.close()
            await writer.wait_closed()


class ServerTests(Healthy):
    """A server and its clients, made in set-up and closed in tear-down."""

    async def asyncSetUp(self):
        self.server = await asyncio.start_server(echo, "127.0.0.1", 0)
        self.address = self.server.sockets[0].getsockname()
        self.pool = Pool(self.address)
        self.ticker = Ticker()
        await self.ticker.start()

    async def asyncTearDown(self):
        await self.ticker.stop()
        await self.pool.close()
        self.server.close()
        await self.server.wait_closed()

    async def test_pool(self):
        async def ask(word):
            async with self.pool.connection() as (reader, writer):
                writer.write(word + b"\n")
                await writer.drain()
                return await reader.readline()

        self.assertEqual([b"a\n", b"b\n", b"c\n"], await asyncio.gather(*map(ask, (b"a", b"b", b"c"))))

    async def test_client_in_a_thread(self):
        def ask():
            with socket.create_connection(self.address) as client, client.makefile("rwb") as file:
                file.write(b"cat\n")
                file.flush()
                return file.readline()

        self.assertEqual(b"cat\n", await asyncio.to_thread(ask))

    async def test_client_that_hangs_up(self):
        _, writer = await asyncio.open_connection(*self.address)
        writer.transport.abort()
        await asyncio.sleep(0)


class TaskTests(Healthy):
    async def test_cancelled_and_awaited(self):
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    async def test_cancelled_and_gathered(self):
        tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(3)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def test_first_of_several(self):
        tasks = [asyncio.create_task(asyncio.sleep(delay, delay)) for delay in (0, 60)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.wait(pending)
        self.assertEqual([0], [task.result() for task in done])

    async def test_errors_that_are_looked_at(self):
        async def fail():
            raise ValueError("cat")

        results = await asyncio.gather(fail(), fail(), return_exceptions=True)
        self.assertEqual(["cat", "cat"], [str(result) for result in results])
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        self.assertIsInstance(task.exception(), ValueError)

    async def test_workers_of_a_queue(self):
        jobs, found = asyncio.Queue(), []

        async def work():
            while True:
                found.append(await jobs.get())
                jobs.task_done()

        workers = [asyncio.create_task(work()) for _ in range(3)]
        for number in range(10):
            jobs.put_nowait(number)
        await jobs.join()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self.assertEqual(list(range(10)), sorted(found))

    async def test_fire_and_forget_that_has_ended(self):
        kept = set()
        task = asyncio.create_task(asyncio.sleep(0))
        kept.add(task)
        task.add_done_callback(kept.discard)
        await asyncio.sleep(0.001)
        self.assertEqual(set(), kept)

    async def test_a_shielded_one_that_is_awaited(self):
        inner = asyncio.create_task(asyncio.sleep(0.001, "cat"))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(inner), 0)
        self.assertEqual("cat", await inner)

    async def test_own_cancellation_that_is_asserted(self):
        with self.assertRaises(asyncio.CancelledError):
            async with asyncio.timeout(60):
                asyncio.current_task().cancel()
                await asyncio.sleep(60)

    async def test_closed_coroutine(self):
        coroutine = asyncio.sleep(60)
        coroutine.close()

    async def test_cache_that_keeps_a_future(self):
        @functools.lru_cache
        def answer(name):
            return asyncio.ensure_future(asyncio.sleep(0, name))

        self.assertEqual("cat", await answer("cat"))
        self.assertEqual("cat", await answer("cat"))

    async def test_future_of_a_request(self):
        waiting = {}

        def reply(number, value):
            waiting.pop(number).set_result(value)

        waiting[1] = self.loop.create_future()
        self.loop.call_soon(reply, 1, "cat")
        self.assertEqual("cat", await waiting.get(1))

    async def test_generator_that_is_closed(self):
        async def numbers():
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)

        async with contextlib.aclosing(numbers()) as generator:
            async for number in generator:
                break
        self.assertEqual(1, number)

    async def test_eventually(self):
        found = []
        self.loop.call_later(0.005, found.append, "cat")
        for _ in range(1000):
            try:
                self.assertEqual(["cat"], found)
                break
            except AssertionError:
                await asyncio.sleep(0.001)
        self.assertEqual(["cat"], found)


class ThreadTests(Healthy):
    async def test_pool_of_the_module(self):
        jobs = [self.loop.run_in_executor(POOL, pow, 2, number) for number in range(4)]
        self.assertEqual([1, 2, 4, 8], await asyncio.gather(*jobs))

    async def test_sqlite(self):
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            run = functools.partial(self.loop.run_in_executor, executor)
            database = await run(sqlite3.connect, ":memory:")
            await run(database.execute, "create table cats (name)")
            await run(database.execute, "insert into cats values ('Garfield')")
            cursor = await run(database.execute, "select name from cats")
            self.assertEqual([("Garfield",)], await run(cursor.fetchall))
            await run(database.close)

    async def test_listener_of_a_queue(self):
        records, seen = queue.SimpleQueue(), logging.handlers.BufferingHandler(10)
        handler = logging.handlers.QueueHandler(records)
        logger = logging.getLogger("tests.healthy")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        listener = logging.handlers.QueueListener(records, seen)
        listener.start()
        self.addCleanup(listener.stop)
        logger.error("cat")

    async def test_loop_in_a_thread(self):
        async def answer():
            return threading.current_thread().name

        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="nested")
        thread.start()
        try:
            future = asyncio.run_coroutine_threadsafe(answer(), loop)
            self.assertEqual("nested", await asyncio.wrap_future(future))
        finally:
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(thread.join)
            loop.close()

    async def test_run_in_a_thread(self):
        self.assertEqual("cat", await asyncio.to_thread(asyncio.run, asyncio.sleep(0, "cat")))

    def test_loop_runner(self):
        with LoopRunner() as runner:
            self.assertEqual("cat", runner.run_coroutine(asyncio.sleep(0, "cat")))

    async def test_timer_that_has_fired(self):
        fired = asyncio.Event()
        timer = threading.Timer(0.001, self.loop.call_soon_threadsafe, [fired.set])
        timer.start()
        await fired.wait()
        timer.join()


class SyncTests(Healthy):
    """Tests that are not asynchronous may run loops of their own."""

    def test_runner(self):
        with asyncio.Runner() as runner:
            self.assertEqual("cat", runner.run(asyncio.sleep(0, "cat")))

    def test_run(self):
        self.assertEqual("cat", asyncio.run(asyncio.sleep(0, "cat")))

    def test_loop_that_is_closed(self):
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        self.assertEqual("cat", loop.run_until_complete(asyncio.sleep(0, "cat")))

    def test_stand_in_for_a_loop(self):
        """It has nothing to be closed."""

        class Loop(asyncio.base_events.BaseEventLoop):
            def __del__(self):
                self.close()

        type(self).stand_in = Loop()
        self.addClassCleanup(delattr, type(self), "stand_in")

    def test_policy_that_is_put_back(self):
        """None is how a policy is put back; so is a new one of asyncio's own."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            asyncio.get_event_loop_policy()
            asyncio.set_event_loop_policy(None)

    def test_policy_for_a_moment(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)

            class Policy(type(asyncio.get_event_loop_policy())):
                pass

            asyncio.set_event_loop_policy(Policy())
            try:
                asyncio.run(asyncio.sleep(0))
            finally:
                asyncio.set_event_loop_policy(None)

    def test_descriptor_that_was_closed_elsewhere(self):
        sock = socket.socket()
        os.close(sock.fileno())
        with self.assertRaises(OSError):
            sock.close()

    @unittest.skipUnless(os.name == "posix", "its insides are others there")
    def test_process_that_was_never_started(self):
        with mock.patch("subprocess.Popen._execute_child"):
            process = subprocess.Popen(["cat"])
            with process.stdout or contextlib.nullcontext():
                process.returncode = None

    def test_own_tear_down(self):
        """Cleanups may be done before tear-down has ended."""

        class Case(AsyncTestCase, checks="strict"):
            def tearDown(self):
                self.doCleanups()
                seen.append("tear-down")

            async def test(self):
                patcher = mock.patch("os.getcwd")
                patcher.start()
                self.addCleanup(patcher.stop)
                self.addCleanup(seen.append, "cleanup")

        seen = []
        Case("test").debug()
        self.assertEqual(["cleanup", "tear-down"], seen)

    def test_database_of_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.closing(sqlite3.connect(pathlib.Path(folder, "cats"))) as database:
                database.execute("create table cats (name)")


class FactoryTests(Healthy):
    """With a factory, the loop of the test is not the current one."""

    loop_factory = asyncio.SelectorEventLoop

    @unittest.skipUnless(sys.version_info < (3, 14), "asyncio makes none any more")
    @main_thread_only("asyncio makes a loop by itself on the main thread only")
    def test_loop_that_asyncio_makes(self):
        """It is the thread's, for good."""
        self.addClassCleanup(asyncio.set_event_loop, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            # A new policy, for one that was told of a loop makes none any more.
            loop = asyncio.DefaultEventLoopPolicy().get_event_loop()
        self.addClassCleanup(loop.close)
        self.assertEqual("cat", loop.run_until_complete(asyncio.sleep(0, "cat")))


class ProcessTests(Healthy):
    async def test_subprocess(self):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print('cat')", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        self.assertEqual((b"cat", 0), (output.strip(), process.returncode))

    async def test_subprocess_that_is_killed(self):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "import time; time.sleep(60)"
        )
        process.kill()
        await process.wait()

    async def test_run_in_a_thread(self):
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", "print('cat')"], capture_output=True, check=True
        )
        self.assertEqual(b"cat", done.stdout.strip())

    @unittest.skipUnless(hasattr(os, "fork"), "a start of Python takes long")
    async def test_process_of_multiprocessing(self):
        """What multiprocessing keeps for itself, and for a process that has ended, is no leak."""
        process = multiprocessing.get_context("spawn").Process(target=os.getcwd)
        main = types.ModuleType("__main__")  # one that need not be imported there
        with mock.patch.dict(sys.modules, {"__main__": main}):
            process.start()
        while process.is_alive():
            await asyncio.sleep(0.01)
        self.assertEqual(0, process.exitcode)

    @unittest.skipUnless(hasattr(signal, "SIGUSR1"), "there are no such signals")
    @main_thread_only(HANDLERS)
    async def test_signal(self):
        got = asyncio.Event()
        self.loop.add_signal_handler(signal.SIGUSR1, got.set)
        self.addCleanup(self.loop.remove_signal_handler, signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        await got.wait()

    @unittest.skipUnless(hasattr(signal, "SIGUSR1"), "there are no such signals")
    @main_thread_only(HANDLERS)
    def test_signal_that_is_put_back(self):
        previous = signal.signal(signal.SIGUSR1, lambda *args: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)

    @main_thread_only(HANDLERS)
    def test_runner_that_handles_sigint(self):
        with default_sigint():
            asyncio.run(asyncio.sleep(0))

    async def test_at_exit(self):
        register = weakref.finalize(self, print)
        atexit.register(register.detach)
        self.addCleanup(atexit.unregister, register.detach)
        register.detach()


class ContextTests(Healthy):
    async def asyncSetUp(self):
        self.token = REQUEST.set("set-up")
        self.group = await self.enterAsyncContext(asyncio.TaskGroup())

    async def asyncTearDown(self):
        REQUEST.reset(self.token)

    async def test_variable(self):
        async def handle(number):
            REQUEST.set(number)
            await asyncio.sleep(0)
            return REQUEST.get()

        tasks = [self.group.create_task(handle(number)) for number in range(3)]
        self.assertEqual([0, 1, 2], [await task for task in tasks])
        self.assertEqual("set-up", REQUEST.get())

    async def test_exit_that_leaves_a_group(self):
        """A task group that an exit leaves does not take its request back."""

        async def fail():
            raise ValueError("cat")

        async def leave():
            try:
                await asyncio.sleep(60)
            finally:
                raise SystemExit

        with self.assertRaises(SystemExit):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                await leave()

    async def test_patches(self):
        with mock.patch("os.getcwd", return_value="cat"), mock.patch.dict(os.environ, CAT="1"):
            self.assertEqual(("cat", "1"), (os.getcwd(), os.environ["CAT"]))

    async def test_async_mocks(self):
        client = mock.AsyncMock()
        client.get.return_value.json.return_value = {"cat": 1}
        async with client as session:
            self.assertIsNotNone(session)
        response = await client.get("/")
        self.assertEqual({"cat": 1}, await response.json())
        client.get.assert_awaited_once_with("/")


class ClassTests(Healthy, loop_scope="class"):
    """What a class keeps is no leak of its tests."""

    @classmethod
    async def asyncSetUpClass(cls):
        cls.ticker = Ticker()
        await cls.ticker.start()
        cls.server = await asyncio.start_server(echo, "127.0.0.1", 0)
        cls.slow = await asyncio.start_server(cls.answer, "127.0.0.1", 0)
        cls.handlers = []
        cls.executor = concurrent.futures.ThreadPoolExecutor(1)
        cls.connection = await asyncio.open_connection(*cls.server.sockets[0].getsockname())

    @classmethod
    async def asyncTearDownClass(cls):
        cls.connection[1].close()
        await cls.connection[1].wait_closed()
        cls.executor.shutdown()
        cls.server.close()
        cls.slow.close()
        await cls.ticker.stop()
        await asyncio.gather(*cls.handlers)

    @classmethod
    async def answer(cls, reader, writer):
        writer.close()
        cls.handlers.append(asyncio.create_task(asyncio.sleep(0.05)))

    async def test_a_server_that_is_not_done(self):
        """What it does for the client when the test has ended is the class's."""
        reader, writer = await asyncio.open_connection(*self.slow.sockets[0].getsockname())
        self.assertEqual(b"", await reader.read())
        writer.close()
        await writer.wait_closed()

    async def ask(self, word):
        reader, writer = self.connection
        writer.write(word + b"\n")
        return await reader.readline()

    async def test_one(self):
        self.assertEqual(b"one\n", await self.ask(b"one"))
        self.assertEqual(1, await self.loop.run_in_executor(self.executor, abs, -1))

    async def test_two(self):
        self.assertEqual(b"two\n", await self.ask(b"two"))
        ticks = self.ticker.ticks
        while self.ticker.ticks == ticks:
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    unittest.main()
