"""Errors that nobody sees."""

import asyncio
import concurrent.futures
import contextlib
import gc
import socket
import threading

from .sample import fault, later, twin


KEPT = []


def fail(*args):
    raise ValueError("hairball")


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


@fault(5, "loop-error")
async def in_call_soon(self):
    def boom():
        raise ValueError("hairball")  # culprit

    asyncio.get_running_loop().call_soon(boom)
    await turns()


@fault(5, "loop-error")
async def in_call_later(self):
    def boom():
        raise ValueError("hairball")  # culprit

    asyncio.get_running_loop().call_later(0.001, boom)
    await asyncio.sleep(0.01)


@fault(5, "loop-error")
async def in_a_done_callback(self):
    def boom(task):
        raise ValueError("hairball")  # culprit

    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(boom)
    await task
    await turns()


@fault(5, "loop-error")
async def in_a_reader(self):
    def boom():
        asyncio.get_running_loop().remove_reader(ours)
        raise ValueError("hairball")  # culprit

    ours, theirs = socket.socketpair()
    with ours, theirs:
        asyncio.get_running_loop().add_reader(ours, boom)
        theirs.send(b"meow")
        await asyncio.sleep(0.01)


@fault(5, "loop-error")
async def in_data_received(self):
    class Protocol(asyncio.Protocol):
        def data_received(self, data):
            raise ValueError("hairball")  # culprit

    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().create_connection(Protocol, sock=ours)
        theirs.send(b"meow")
        await asyncio.sleep(0.01)
        transport.close()
        await turns()


@fault(5, "loop-error")
async def in_connection_lost(self):
    class Protocol(asyncio.Protocol):
        def connection_lost(self, error):
            raise ValueError("hairball")  # culprit

    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().create_connection(Protocol, sock=ours)
        transport.close()
        await turns()


@fault(5, "loop-error", "unread-error")
async def in_a_stream_handler(self):
    async def handle(reader, writer):
        try:
            raise ValueError("hairball")  # culprit
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        self.assertEqual(b"", await reader.read())
        writer.close()
        await writer.wait_closed()
        await turns()


@twin(5)
async def an_error_that_is_asserted(self):
    if not hasattr(self, "assertLoopError"):
        return
    with self.assertLoopError(ValueError):
        asyncio.get_running_loop().call_soon(fail)
        await turns()


@twin(5)
async def an_error_whose_log_is_asserted(self):
    with self.assertLogs("asyncio", "ERROR"):
        asyncio.get_running_loop().call_soon(fail)
        await turns()


@fault(5, "unraisable-error")
async def in_del(self):
    class Cat:
        def __del__(self):
            raise ValueError("hairball")  # culprit

    Cat()


@fault(5, "unraisable-error")
async def in_the_del_of_a_cycle(self):
    class Cat:
        def __init__(self):
            self.me = self

        def __del__(self):
            raise ValueError("hairball")  # culprit

    Cat()


@fault(5, "thread-error")
async def in_a_thread(self):
    def boom():
        raise ValueError("hairball")  # culprit

    thread = threading.Thread(target=boom)
    thread.start()
    thread.join()


@fault(5, "thread-error")
async def in_a_thread_of_a_thread(self):
    def boom():
        raise ValueError("hairball")  # culprit

    def outer():
        inner = threading.Thread(target=boom)
        inner.start()
        inner.join()

    thread = threading.Thread(target=outer)
    thread.start()
    await asyncio.to_thread(thread.join)


@twin(5)
async def a_thread_that_handles_its_error(self):
    found = []

    def work():
        try:
            fail()
        except ValueError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    self.assertEqual(1, len(found))


@twin(5)
async def a_thread_whose_hook_is_watched(self):
    found = []
    previous, threading.excepthook = threading.excepthook, found.append
    try:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    finally:
        threading.excepthook = previous
    self.assertEqual(1, len(found))


@fault(5, "unread-error", "unread-job")
async def in_an_executor_job(self):
    def boom():
        raise ValueError("hairball")  # culprit

    asyncio.get_running_loop().run_in_executor(None, boom)
    await asyncio.sleep(0.02)


@fault(5, "unread-job")
async def in_a_submitted_job(self):
    def boom():
        raise ValueError("hairball")  # culprit

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(boom)


@fault(5, "unread-job")
async def in_a_submitted_job_that_is_waited_for(self):
    def boom():
        raise ValueError("hairball")  # culprit

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        jobs = [pool.submit(boom)]
        concurrent.futures.wait(jobs)


@twin(5)
async def a_job_that_is_awaited(self):
    with self.assertRaises(ValueError):
        await asyncio.get_running_loop().run_in_executor(None, fail)
    with self.assertRaises(ValueError):
        await asyncio.to_thread(fail)


@twin(5)
async def a_submitted_job_that_is_asked(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        job = pool.submit(fail)
        self.assertIsInstance(job.exception(), ValueError)
        with self.assertRaises(ValueError):
            await asyncio.wrap_future(pool.submit(fail))


@fault(5, "unread-error", line=False)
async def a_future_that_is_dropped(self):
    asyncio.get_running_loop().create_future().set_exception(ValueError("hairball"))  # culprit


@fault(5, "unread-error", line=False)
async def a_future_that_is_kept(self):
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("hairball"))  # culprit
    KEPT.append(future)
    later(KEPT.clear)


@twin(5)
async def a_future_that_is_asked(self):
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("hairball"))
    self.assertIsInstance(future.exception(), ValueError)


@fault(5, "exception-handler", "loop-error")
async def an_exception_handler_that_is_left(self):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # culprit
    loop.call_soon(fail)
    await turns()


@twin(5)
async def an_exception_handler_that_is_put_back(self):
    loop = asyncio.get_running_loop()
    found = []
    loop.set_exception_handler(lambda loop, context: found.append(context))
    try:
        loop.call_soon(fail)
        await turns()
    finally:
        loop.set_exception_handler(None)
    self.assertEqual(1, len(found))


@fault(5, "loop-error", "unread-error")
async def in_a_generators_end(self):
    async def cats():
        try:
            yield "Garfield"
        finally:
            raise ValueError("hairball")  # culprit

    async for _ in cats():
        break
    gc.collect()
    await turns()


@twin(5)
async def a_generators_end_that_is_awaited(self):
    async def cats():
        try:
            yield "Garfield"
        finally:
            raise ValueError("hairball")

    with self.assertRaises(ValueError):
        async with contextlib.aclosing(cats()) as all_cats:
            async for _ in all_cats:
                break
