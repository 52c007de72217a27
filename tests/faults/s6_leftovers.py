"""What a test left over."""

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from unittest import mock

from .sample import before, fault, later, twin


KEPT = []
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


def keep(thing):
    KEPT.append(thing)
    later(KEPT.clear)
    return thing


def reap(pid):
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


# On the loop


@fault(6, "leftover-timer")
async def a_timer(self):
    asyncio.get_running_loop().call_later(60, print)  # culprit


@fault(6, "leftover-timer")
class ATimerOfSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            loop = asyncio.get_running_loop()
            self.timer = loop.call_at(loop.time() + 60, print)  # culprit

    async def test_1(self):
        await turns()


@twin(6)
async def a_timer_that_is_cancelled(self):
    asyncio.get_running_loop().call_later(60, print).cancel()


@twin(6)
async def a_timer_that_is_due(self):
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.001, done.set)
    await done.wait()


@twin(6)
async def timeouts(self):
    async with asyncio.timeout(60):
        await asyncio.wait_for(asyncio.sleep(0), 60)


@fault(6, "leftover-reader")
async def a_reader(self):
    ours, theirs = socket.socketpair()
    later(ours.close)
    later(theirs.close)
    asyncio.get_running_loop().add_reader(keep(ours), print)  # culprit
    keep(theirs)


@fault(6, "leftover-reader")
async def a_writer(self):
    ours, theirs = socket.socketpair()
    later(ours.close)
    later(theirs.close)
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(b"meow" * 1000)
    asyncio.get_running_loop().add_writer(keep(ours), print)  # culprit
    keep(theirs)


@twin(6)
async def a_reader_that_is_removed(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        asyncio.get_running_loop().add_reader(ours, print)
        asyncio.get_running_loop().remove_reader(ours)


@fault(6, "leftover-signal-handler")
async def a_signal_handler_of_the_loop(self):
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, print)  # culprit


@twin(6)
async def a_signal_handler_that_is_removed(self):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, print)
    loop.remove_signal_handler(signal.SIGUSR1)


@fault(6, "leftover-server")
async def a_server(self):
    server = await asyncio.start_server(print, "127.0.0.1", 0)  # culprit
    keep(server)


@twin(6)
async def a_server_that_is_closed(self):
    async with await asyncio.start_server(print, "127.0.0.1", 0):
        await turns()


@twin(6)
async def a_server_that_is_closed_in_a_cleanup(self):
    server = await asyncio.start_server(print, "127.0.0.1", 0)
    self.addCleanup(server.close)


@fault(6, "leftover-transport")
async def a_stream_writer(self):
    ours, theirs = socket.socketpair()
    later(theirs.close)
    keep(theirs)
    reader, writer = await asyncio.open_connection(sock=ours)  # culprit
    keep(writer)


@fault(6, "leftover-transport")
async def a_datagram_transport(self):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(  # culprit
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    keep(transport)


@twin(6)
async def a_stream_writer_that_is_closed(self):
    ours, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.close()
        await writer.wait_closed()


@twin(6)
async def a_client_and_a_server(self):
    async def handle(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"meow\n")
        self.assertEqual(b"meow\n", await reader.read())
        writer.close()
        await writer.wait_closed()


@fault(6, "leftover-generator")
async def a_generator_that_is_held(self):
    async def cats():
        try:
            yield "Garfield"  # culprit
            yield "Nermal"
        finally:
            await asyncio.sleep(0)

    self.cats = cats()
    async for _ in self.cats:
        break


@fault(6, "collected-generator", options={"checks": "strict"})
async def a_generator_that_is_collected(self):
    async def cats():
        async with asyncio.timeout(60):
            yield "Garfield"  # culprit
            yield "Nermal"

    async for _ in cats():
        break
    await turns()


@twin(6)
async def a_generator_that_is_closed(self):
    async def cats():
        try:
            yield "Garfield"
            yield "Nermal"
        finally:
            await asyncio.sleep(0)

    async with contextlib.aclosing(cats()) as all_cats:
        async for _ in all_cats:
            break


@twin(6)
async def a_generator_that_is_exhausted(self):
    async def cats():
        yield "Garfield"

    self.assertEqual(["Garfield"], [cat async for cat in cats()])


@twin(6)
async def a_generator_with_nothing_to_clean_up(self):
    async def cats():
        yield "Garfield"
        yield "Nermal"

    async for _ in cats():
        break
    await turns()


@fault(6, "leftover-job", "stuck-close", options={"close_limit": 0.05})
async def an_executor_job(self):
    release = threading.Event()
    later(release.set)
    asyncio.get_running_loop().run_in_executor(None, release.wait)  # culprit
    await turns()


@fault(6, "leftover-job")
async def a_job_of_an_own_executor(self):
    release = threading.Event()
    pool = keep(concurrent.futures.ThreadPoolExecutor(1))
    later(pool.shutdown)
    later(release.set)
    asyncio.get_running_loop().run_in_executor(pool, release.wait)  # culprit
    await turns()


@twin(6)
async def a_job_that_is_awaited(self):
    self.assertEqual(2, await asyncio.get_running_loop().run_in_executor(None, max, 1, 2))
    self.assertEqual(2, await asyncio.to_thread(max, 1, 2))


POOL = concurrent.futures.ThreadPoolExecutor(1)


@twin(6)
async def a_job_of_a_pool_of_the_module(self):
    self.assertEqual(2, await asyncio.get_running_loop().run_in_executor(POOL, max, 1, 2))


# In the process


@fault(6, "leftover-signal")
async def a_signal_handler(self):
    previous = signal.getsignal(signal.SIGUSR2)
    later(signal.signal, signal.SIGUSR2, previous)
    signal.signal(signal.SIGUSR2, print)  # culprit


@twin(6)
async def a_signal_handler_that_is_put_back(self):
    previous = signal.signal(signal.SIGUSR2, print)
    self.addCleanup(signal.signal, signal.SIGUSR2, previous)


@fault(6, "leftover-socket")
async def a_socket_that_is_held(self):
    self.socket = socket.socket()  # culprit
    later(self.socket.close)


@fault(6, "leftover-socket")
async def a_socket_that_is_dropped(self):
    socket.socket()  # culprit


@fault(6, "leftover-socket")
async def a_pair_half_of_which_is_closed(self):
    ours, theirs = socket.socketpair()  # culprit
    ours.close()
    later(keep(theirs).close)


@twin(6)
async def a_socket_that_is_closed(self):
    with socket.socket() as one:
        one.setblocking(False)
    two = socket.socket()
    self.addCleanup(two.close)


@twin(6)
async def a_socket_that_is_handed_over(self):
    listening = socket.create_server(("127.0.0.1", 0))
    async with await asyncio.start_server(print, sock=listening):
        await turns()
    one = socket.socket()
    os.close(one.detach())


@fault(6, "leftover-process")
async def a_subprocess_of_asyncio(self):
    child = await asyncio.create_subprocess_exec(*SLEEP)  # culprit
    later(reap, child.pid)
    later(child.send_signal, signal.SIGKILL)
    keep(child)


@fault(6, "leftover-process")
async def a_popen(self):
    child = keep(subprocess.Popen(SLEEP))  # culprit
    later(child.wait)
    later(child.kill)


@fault(6, "leftover-process")
async def a_popen_that_nobody_waits_for(self):
    child = keep(subprocess.Popen([sys.executable, "-c", ""]))  # culprit
    later(child.wait)


@twin(6)
async def subprocesses_that_are_waited_for(self):
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('meow')", stdout=subprocess.PIPE
    )
    self.assertEqual(b"meow", (await child.communicate())[0].strip())
    child = subprocess.Popen(SLEEP)
    child.kill()
    child.wait()


@fault(6, "leftover-thread")
async def a_thread(self):
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    later(thread.join)
    later(release.set)
    thread.start()  # culprit


@fault(6, "leftover-thread")
async def a_daemon_thread(self):
    release = threading.Event()
    thread = threading.Thread(target=release.wait, daemon=True)
    later(thread.join)
    later(release.set)
    thread.start()  # culprit


@twin(6)
async def a_thread_that_is_joined(self):
    thread = threading.Thread(target=sum, args=([],))
    thread.start()
    thread.join()


@twin(6)
async def a_thread_that_is_about_to_end(self):
    threading.Thread(target=sum, args=([],)).start()


@twin(6)
async def a_pool_that_is_idle(self):
    self.assertEqual(2, POOL.submit(max, 1, 2).result())


@fault(6, "leftover-loop")
async def an_event_loop(self):
    loop = keep(asyncio.new_event_loop())  # culprit
    later(loop.close)


@twin(6)
async def an_event_loop_that_is_closed(self):
    loop = asyncio.new_event_loop()
    self.addCleanup(loop.close)


@fault(6, "leftover-patch")
async def a_patch(self):
    patcher = mock.patch("os.getcwd")
    later(mock.patch.stopall)
    patcher.start()  # culprit


@fault(6, "leftover-patch")
async def a_patch_of_an_object(self):
    later(mock.patch.stopall)
    mock.patch.object(tempfile, "gettempdir").start()  # culprit


@twin(6)
async def a_patch_that_is_stopped(self):
    patcher = mock.patch("os.getcwd")
    patcher.start()
    self.addCleanup(patcher.stop)
    with mock.patch("os.getcwd"):
        pass


@twin(6)
class PatchesOfTheClass:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.patcher = mock.patch("os.getcwd")
        cls.patcher.start()
        cls.addClassCleanup(cls.patcher.stop)

    async def test_1(self):
        self.assertIsInstance(os.getcwd, mock.Mock)


@fault(6, "leftover-policy", blind="" if before(3, 16) else "there are no policies", line=False)
async def an_event_loop_policy(self):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        later(asyncio.set_event_loop_policy, asyncio.get_event_loop_policy())

        class Policy(asyncio.DefaultEventLoopPolicy):
            pass

        asyncio.set_event_loop_policy(Policy())  # culprit


@twin(6)
async def an_event_loop_policy_that_is_put_back(self):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        previous = asyncio.get_event_loop_policy()
        asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
        asyncio.set_event_loop_policy(previous)


@fault(6, "open-descriptor", options={"checks": "strict"}, line=False)
async def a_descriptor(self):
    number, name = tempfile.mkstemp()  # culprit
    later(os.unlink, name)
    later(os.close, number)


@twin(6, options={"checks": "strict"})
async def a_file_that_is_closed(self):
    with open(os.devnull) as one, tempfile.TemporaryFile():
        one.read()


SOCKET = socket.socket()


@twin(6)
async def a_socket_of_the_module(self):
    SOCKET.setblocking(False)
    later(SOCKET.close)
