"""Errors that nobody sees."""

import asyncio
import concurrent.futures
import contextlib
import gc
import multiprocessing
import operator
import os
import signal
import socket
import sys
import threading
import weakref

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


# In other places


def hisses(*args):
    raise ValueError("hairball")  # culprit


@fault(5, "loop-error", code=hisses)
async def in_call_soon_threadsafe(self):
    asyncio.get_running_loop().call_soon_threadsafe(hisses)
    await turns()


@fault(5, "loop-error", code=hisses)
async def in_call_at(self):
    loop = asyncio.get_running_loop()
    loop.call_at(loop.time(), hisses)
    await asyncio.sleep(0.01)


@fault(5, "loop-error", code=hisses)
async def in_a_writer(self):
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        done = asyncio.Event()

        def write():
            loop.remove_writer(ours)
            done.set()
            hisses()

        loop.add_writer(ours, write)
        await done.wait()


@fault(5, "loop-error", code=hisses)
async def in_a_signal_handler(self):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, hisses)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0.01)
    loop.remove_signal_handler(signal.SIGUSR1)


@fault(5, "loop-error", code=hisses)
async def in_connection_made(self):
    class Echo(asyncio.Protocol):
        connection_made = hisses

    ours, theirs = socket.socketpair()
    with theirs:
        transport, _ = await asyncio.get_running_loop().create_connection(Echo, sock=ours)
        transport.close()
        await turns()


@fault(5, "loop-error", code=hisses)
async def in_eof_received(self):
    class Echo(asyncio.Protocol):
        eof_received = hisses

    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(Echo, sock=ours)
    theirs.close()
    await asyncio.sleep(0.01)
    transport.close()
    await turns()


@fault(5, "loop-error", code=hisses)
async def in_datagram_received(self):
    class Echo(asyncio.DatagramProtocol):
        datagram_received = hisses

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    transport.sendto(b"meow", transport.get_extra_info("sockname"))
    await asyncio.sleep(0.01)
    transport.close()
    await turns()


@fault(5, "loop-error", code=hisses)
async def in_a_callback_of_a_future(self):
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(hisses)
    future.set_result(None)
    await future
    await turns()


@fault(5, "loop-error", code=hisses)
class InACallbackOfSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            asyncio.get_running_loop().call_soon(hisses)

    async def test_1(self):
        await turns()


@fault(5, "loop-error", code=hisses)
async def in_a_callback_at_the_very_end(self):
    await turns()
    asyncio.get_running_loop().call_soon(hisses)


@fault(5, "loop-error", code=hisses)
async def in_a_callback_of_a_cleanup(self):
    async def clean_up():
        asyncio.get_running_loop().call_soon(hisses)
        await turns()

    self.addAsyncCleanup(clean_up)


@fault(5, "loop-error", line=False)
async def told_to_the_loop(self):
    asyncio.get_running_loop().call_exception_handler({"message": "hairball"})


@fault(5, "unraisable-error", code=hisses)
async def in_a_callback_of_a_weak_reference(self):
    class Cat:
        pass

    cat = Cat()
    self.ref = weakref.ref(cat, hisses)
    del cat
    gc.collect()


@fault(5, "unraisable-error")
async def in_the_del_of_what_the_case_kept(self):
    class Cat:
        def __del__(self):
            raise ValueError("hairball")  # culprit

    self.cat = Cat()
    self.cat = None


@fault(5, "thread-error", code=hisses)
async def in_a_timer_thread(self):
    timer = threading.Timer(0.001, hisses)
    timer.start()
    await asyncio.to_thread(timer.join)


@fault(5, "thread-error")
async def in_a_subclass_of_thread(self):
    class Cat(threading.Thread):
        def run(self):
            self.purr()

        def purr(self):
            raise ValueError("hairball")  # culprit

    cat = Cat()
    cat.start()
    await asyncio.to_thread(cat.join)


@fault(5, "thread-error", "swallowed-assertion")
async def an_assertion_in_a_thread(self):
    def check():
        self.assertEqual("Garfield", "Nermal")  # culprit

    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    await asyncio.to_thread(thread.join)


@fault(5, "thread-error")
async def an_assert_in_a_thread(self):
    def check():
        assert "Garfield" == "Nermal"  # culprit

    thread = threading.Thread(target=check)
    thread.start()
    thread.join()


@fault(5, "thread-error")
async def a_loop_in_a_thread(self):
    async def main():
        raise ValueError("hairball")  # culprit

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    await asyncio.to_thread(thread.join)


@fault(5, "unread-error", "unread-job", code=hisses)
async def in_to_thread(self):
    self.task = asyncio.create_task(asyncio.to_thread(hisses))
    await asyncio.wait([self.task])


@fault(5, "unread-error", "unread-job", code=hisses)
async def in_an_executor_of_ones_own(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        await asyncio.wait([asyncio.get_running_loop().run_in_executor(pool, hisses)])


@fault(5, "unread-job", code=hisses)
async def in_a_job_that_a_with_block_waits_for(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        self.job = pool.submit(hisses)


@fault(5, "unread-job", code=hisses)
async def in_a_map_that_nobody_reads(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.map(hisses, [1])


@fault(5, "unread-error", "unread-job")
async def in_a_coroutine_from_a_thread(self):
    loop = asyncio.get_running_loop()

    async def work():
        raise ValueError("hairball")  # culprit

    def send():
        asyncio.run_coroutine_threadsafe(work(), loop)

    await asyncio.to_thread(send)
    await turns()


@fault(5, "exception-handler", "loop-error")
async def a_handler_that_does_nothing(self):
    def ignore(loop, context):  # culprit
        pass

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(ignore)
    loop.call_soon(fail)
    await turns()


@fault(5, "exception-handler")
class AHandlerFromSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            self.loop.set_exception_handler(lambda loop, context: None)  # culprit

    async def test_1(self):
        await turns()


@twin(5)
class AHandlerOfAFixture:
    async def asyncSetUp(self):
        self.loop.set_exception_handler(lambda loop, context: None)
        self.addCleanup(self.loop.set_exception_handler, None)

    async def test_1(self):
        await turns()


@fault(5, "exception-handler", "loop-error")
async def a_handler_that_is_a_lambda(self):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *args: None)  # culprit
    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(fail)
    await task
    await turns()


@fault(5, "loop-error", "unread-error", code=hisses)
async def in_a_server_behind_a_client(self):
    async def handle(reader, writer):
        writer.close()
        hisses()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        self.assertEqual(b"", await reader.read())
        writer.close()
        await writer.wait_closed()
        await turns()


# The import that is done by the first who asks for it.
POOL = concurrent.futures.ProcessPoolExecutor
SPAWN = multiprocessing.get_context("spawn")


@fault(5, "unread-job")
async def in_a_process_of_a_pool(self):
    with POOL(1, SPAWN) as pool:
        pool.submit(operator.truediv, 1, 0)  # culprit


@twin(5)
async def in_a_process_whose_job_is_asked(self):
    with POOL(1, SPAWN) as pool:
        with self.assertRaises(ZeroDivisionError):
            await asyncio.wrap_future(pool.submit(operator.truediv, 1, 0))


@fault(5, "loop-error", uvloop="it does not tell of it")
async def in_the_factory_of_a_protocol(self):
    def factory():
        raise ValueError("hairball")  # culprit

    async with await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        # In debug mode, the error that asyncio reports keeps the socket open.
        with contextlib.suppress(ConnectionError, TimeoutError):
            await asyncio.wait_for(reader.read(), 1)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@fault(5, "unraisable-error")
async def after_a_run_of_the_collector(self):
    class Cat:
        def __del__(self):
            raise ValueError("hairball")  # culprit

    gc.collect()
    Cat()


@twin(5)
async def a_factory_of_protocols_that_is_well(self):
    async with await asyncio.get_running_loop().create_server(
        asyncio.Protocol, "127.0.0.1", 0
    ) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.close()
        await writer.wait_closed()


@twin(5)
async def callbacks_that_are_well(self):
    seen = []
    loop = asyncio.get_running_loop()
    loop.call_soon(seen.append, 1)
    loop.call_later(0.001, seen.append, 2)
    loop.call_soon_threadsafe(seen.append, 3)
    await asyncio.sleep(0.01)
    self.assertEqual({1, 2, 3}, set(seen))


@twin(5)
async def an_error_in_a_task_that_is_asserted(self):
    with self.assertLoopError(ValueError):
        asyncio.create_task(asyncio.to_thread(fail))
        await asyncio.sleep(0.01)
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0.001)
        gc.collect()


@twin(5)
async def a_handler_that_keeps_what_it_is_told(self):
    told = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: told.append(context["exception"]))
    loop.call_soon(fail)
    await turns()
    self.assertIsInstance(told[0], ValueError)


@twin(5)
async def a_map_that_is_read(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        self.assertEqual([1, 2], list(pool.map(int, "12")))


@twin(5)
async def a_job_whose_error_is_expected(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with self.assertRaises(ValueError):
            pool.submit(fail).result()
        with self.assertRaises(ValueError):
            await asyncio.get_running_loop().run_in_executor(pool, fail)
        self.assertIsInstance(pool.submit(fail).exception(), ValueError)


@twin(5)
async def a_job_that_is_waited_for_and_asked(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done, _ = concurrent.futures.wait([pool.submit(fail)])
    with self.assertRaises(ValueError):
        done.pop().result()


@twin(5)
async def a_coroutine_from_a_thread_that_is_asked(self):
    loop = asyncio.get_running_loop()

    async def work():
        raise ValueError("hairball")

    def send():
        return asyncio.run_coroutine_threadsafe(work(), loop).result()

    with self.assertRaises(ValueError):
        await asyncio.to_thread(send)


@twin(5)
async def a_thread_that_hands_its_error_over(self):
    errors = []

    def work():
        try:
            fail()
        except ValueError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    await asyncio.to_thread(thread.join)
    self.assertEqual(1, len(errors))


@twin(5)
async def a_thread_that_exits(self):
    thread = threading.Thread(target=sys.exit, args=(1,))
    thread.start()
    await asyncio.to_thread(thread.join)


@twin(5)
async def a_del_that_is_well(self):
    class Cat:
        def __del__(self):
            KEPT.append("gone")

    later(KEPT.clear)
    Cat()
    self.assertEqual(["gone"], KEPT)
