"""What a test left over."""

import asyncio
import atexit
import concurrent.futures
import contextlib
import contextvars
import gc
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import warnings
from unittest import mock

from . import yard
from .sample import before, fault, later, twin


#: uvloop opens one when it runs first, which hides those that come later.
OWN_DESCRIPTOR = "a descriptor of the loop itself"

KEPT = []
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


def keep(thing):
    KEPT.append(thing)
    later(KEPT.clear)
    return thing


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


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


def own_pool():
    """Give a pool, and an event for its jobs to wait for, which is set when the test is over."""
    release = threading.Event()
    pool = keep(concurrent.futures.ThreadPoolExecutor(1))
    later(pool.shutdown)
    later(release.set)
    return pool, release


@fault(6, "leftover-job")
async def a_job_of_an_own_executor(self):
    pool, release = own_pool()
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


@fault(6, "leftover-process", uvloop="it starts them in a way of its own")
async def a_subprocess_of_asyncio(self):
    child = await asyncio.create_subprocess_exec(*SLEEP)  # culprit
    later(reap, child.pid)
    later(end, child.pid)
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


@fault(6, "open-descriptor", options={"checks": "strict"}, line=False, uvloop=OWN_DESCRIPTOR)
async def a_descriptor(self):
    number, name = tempfile.mkstemp()  # culprit
    later(os.unlink, name)
    later(os.close, number)


@twin(6, options={"checks": "strict"})
async def a_file_that_is_closed(self):
    with open(os.devnull) as one, tempfile.TemporaryFile():
        one.read()


SOCKET = socket.socket()
atexit.register(SOCKET.close)


@twin(6)
async def a_socket_of_the_module(self):
    SOCKET.setblocking(False)


# In other places, and other kinds


@fault(6, "leftover-timer", code=yard.reminds)
async def a_timer_of_another_file(self):
    yard.reminds(asyncio.get_running_loop())


@fault(6, "leftover-timer")
async def a_timer_that_goes_on_for_ever(self):
    loop = asyncio.get_running_loop()

    def tick():
        self.timer = loop.call_later(0.001, tick)  # culprit

    tick()
    await asyncio.sleep(0.005)


@fault(6, "leftover-timer")
async def a_timer_from_a_cleanup(self):
    async def clean_up():
        asyncio.get_running_loop().call_later(60, print)  # culprit

    self.addAsyncCleanup(clean_up)


@fault(6, "leftover-timer", options={"loop_scope": "class"}, of_class=True)
async def a_timer_on_the_loop_of_the_class(self):
    asyncio.get_running_loop().call_later(60, print)  # culprit


@fault(6, "leftover-server")
class AServerOfSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            self.server = await asyncio.start_server(print, "127.0.0.1", 0)  # culprit

    async def test_1(self):
        self.assertTrue(self.server.is_serving())


@fault(6, "leftover-server")
async def a_unix_server(self):
    folder = tempfile.mkdtemp()
    later(shutil.rmtree, folder)
    self.server = await asyncio.start_unix_server(print, f"{folder}/cats")  # culprit


@fault(6, "leftover-server")
async def a_server_of_a_protocol(self):
    loop = asyncio.get_running_loop()
    keep(await loop.create_server(asyncio.Protocol, "127.0.0.1", 0))  # culprit


@fault(6, "leftover-server")
async def a_server_that_is_dropped(self):
    await asyncio.start_server(print, "127.0.0.1", 0)  # culprit


@fault(6, "leftover-transport")
async def a_client_of_a_server(self):
    async def handle(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    reader, writer = await asyncio.open_connection(*address)  # culprit
    keep(writer)
    server.close()
    await turns()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await turns()


@fault(6, "leftover-transport", "unraisable-error")
async def a_stream_writer_that_is_dropped(self):
    ours, theirs = socket.socketpair()
    with theirs:
        await asyncio.open_connection(sock=ours)  # culprit
        await turns()


@fault(6, "leftover-transport")
async def a_pipe(self):
    read, write = os.pipe()
    later(os.close, write)
    file = keep(open(read, "rb"))
    await asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, file)  # culprit


@fault(6, "leftover-generator")
async def a_generator_of_the_module(self):
    async def cats():
        async with asyncio.timeout(60):
            yield "Garfield"  # culprit

    await anext(keep(cats()))


@fault(6, "leftover-generator", code=yard.opened)
async def a_context_manager_that_is_not_exited(self):
    self.manager = yard.opened(yard.Yard())
    await self.manager.__aenter__()


@fault(6, "collected-generator", options={"checks": "strict"})
async def a_generator_that_is_left_by_a_return(self):
    async def cats():
        try:
            yield "Garfield"  # culprit
            yield "Nermal"
        finally:
            await asyncio.sleep(0)

    async def first():
        async for cat in cats():
            return cat

    self.assertEqual("Garfield", await first())
    await turns()


@fault(6, "collected-generator", "loop-error", "unread-error")
async def a_generator_that_is_collected_in_another_context(self):
    async def cats():
        token = CAT.set("Garfield")
        try:
            yield "Garfield"
            yield "Nermal"
        finally:
            CAT.reset(token)  # culprit

    async for _ in cats():
        break
    gc.collect()
    await turns()


CAT = contextvars.ContextVar("CAT")


@fault(6, "leftover-job", "stuck-close", options={"close_limit": 0.05})
async def a_job_of_to_thread(self):
    release = threading.Event()
    later(release.set)
    self.task = asyncio.create_task(asyncio.to_thread(release.wait))  # culprit
    await turns()
    self.task.cancel()


@fault(6, "leftover-signal")
async def a_signal_handler_of_a_helper(self):
    def install():
        later(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        signal.signal(signal.SIGTERM, lambda *args: None)  # culprit

    install()


@fault(6, "leftover-signal")
def a_signal_handler_of_a_sync_test(self):
    later(signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1))
    signal.signal(signal.SIGUSR1, print)  # culprit


@fault(6, "leftover-signal-handler")
async def a_signal_handler_of_the_loop_for_termination(self):
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, loop.stop)  # culprit


@fault(6, "leftover-socket", code=yard.listens)
async def sockets_of_another_file(self):
    self.ends = yard.listens()
    for end in self.ends:
        later(end.close)


@fault(6, "leftover-socket")
async def a_listening_socket(self):
    self.listening = socket.create_server(("127.0.0.1", 0))  # culprit
    later(self.listening.close)


@fault(6, "leftover-socket")
async def a_socket_in_a_cycle(self):
    kept = [socket.socket()]  # culprit
    kept.append(kept)


@fault(6, "leftover-socket")
class ASocketOfSetUp:
    def setUp(self):
        if self._testMethodName == "test_1":
            self.socket = socket.socket()  # culprit
            later(self.socket.close)

    async def test_1(self):
        await turns()


@fault(6, "leftover-socket")
async def an_accepted_socket(self):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()):
            self.accepted, _ = listening.accept()  # culprit
            later(self.accepted.close)


@fault(6, "leftover-process", uvloop="it starts them in a way of its own")
async def a_shell(self):
    child = await asyncio.create_subprocess_shell("sleep 60")  # culprit
    later(reap, child.pid)
    later(end, child.pid)
    keep(child)


@fault(6, "leftover-process")
async def a_subprocess_that_is_killed_and_not_waited_for(self):
    child = subprocess.Popen(SLEEP)  # culprit
    child.kill()
    later(child.wait)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)


@fault(6, "leftover-process")
class AProcessOfSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            self.child = subprocess.Popen(SLEEP)  # culprit
            later(self.child.wait)
            later(self.child.kill)

    async def test_1(self):
        await turns()


@fault(6, "leftover-thread", code=yard.watches)
async def a_thread_of_another_file(self):
    release = threading.Event()
    thread = yard.watches(release)
    later(thread.join)
    later(release.set)


@fault(6, "leftover-thread")
async def a_timer_thread(self):
    timer = threading.Timer(60, print)
    later(timer.cancel)
    timer.start()  # culprit


@fault(6, "leftover-thread")
async def a_subclass_of_thread(self):
    release = threading.Event()

    class Cat(threading.Thread):
        def run(self):
            release.wait()

    cat = Cat(name="cat")
    later(cat.join)
    later(release.set)
    cat.start()  # culprit


@fault(6, "leftover-thread")
async def a_loop_in_a_thread(self):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    later(loop.close)
    later(thread.join)
    later(loop.call_soon_threadsafe, loop.stop)
    thread.start()  # culprit


@fault(6, "leftover-loop")
async def a_selector_loop(self):
    loop = keep(asyncio.SelectorEventLoop())  # culprit
    later(loop.close)


@fault(6, "leftover-loop")
def a_runner_in_a_sync_test(self):
    runner = keep(asyncio.Runner())
    later(runner.close)
    runner.run(turns())  # culprit


@fault(6, "leftover-loop")
def a_loop_that_a_sync_test_has_run(self):
    loop = keep(asyncio.new_event_loop())  # culprit
    later(loop.close)
    loop.run_until_complete(turns())


@fault(6, "leftover-patch")
async def a_patch_of_a_dict(self):
    later(mock.patch.stopall)
    mock.patch.dict(os.environ, {"CAT": "Garfield"}).start()  # culprit


@fault(6, "leftover-patch")
async def a_patch_of_several(self):
    later(mock.patch.stopall)
    mock.patch.multiple(os, getcwd=print, getpid=print).start()  # culprit


@fault(6, "leftover-patch")
class APatchOfSetUp:
    def setUp(self):
        if self._testMethodName == "test_1":
            later(mock.patch.stopall)
            self.patcher = mock.patch("os.getcwd")
            self.patcher.start()  # culprit

    async def test_1(self):
        await turns()


@fault(6, "leftover-policy", blind="" if before(3, 16) else "there are no policies", line=False)
def an_event_loop_policy_of_a_sync_test(self):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        later(asyncio.set_event_loop_policy, asyncio.get_event_loop_policy())

        class Policy(asyncio.DefaultEventLoopPolicy):
            pass

        asyncio.set_event_loop_policy(Policy())  # culprit


@fault(6, "open-descriptor", options={"checks": "strict"}, line=False, uvloop=OWN_DESCRIPTOR)
async def a_file(self):
    self.file = open(__file__.removesuffix(".py") + ".py", "rb", 0)
    self.copy = os.dup(self.file.fileno())
    later(os.close, self.copy)
    self.file.close()
    self.other = tempfile.NamedTemporaryFile()
    later(self.other.close)


@twin(6)
async def a_ticker_that_is_cancelled(self):
    loop = asyncio.get_running_loop()

    def tick():
        self.timer = loop.call_later(0.001, tick)

    tick()
    await asyncio.sleep(0.005)
    self.timer.cancel()


@twin(6)
class AServerOfTheClass:
    @classmethod
    async def asyncSetUpClass(cls):
        cls.server = await cls.enterAsyncClassContext(
            await asyncio.start_server(print, "127.0.0.1", 0)
        )

    async def test_1(self):
        await turns()


@twin(6)
async def a_context_manager_that_is_exited(self):
    place = await self.enterAsyncContext(yard.opened(yard.Yard()))
    await place.feed("Garfield")


@twin(6)
async def a_generator_whose_aclose_is_a_cleanup(self):
    async def cats():
        try:
            yield "Garfield"
        finally:
            await asyncio.sleep(0)

    generator = cats()
    self.addAsyncCleanup(generator.aclose)
    self.assertEqual("Garfield", await anext(generator))


@twin(6)
async def a_context_variable_of_a_generator(self):
    async def cats():
        token = CAT.set("Garfield")
        try:
            yield "Garfield"
        finally:
            CAT.reset(token)

    async with contextlib.aclosing(cats()) as all_cats:
        async for _ in all_cats:
            break


@twin(6)
class AThreadOfTheClass:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.release = threading.Event()
        cls.thread = threading.Thread(target=cls.release.wait)
        cls.thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.release.set()
        cls.thread.join()
        super().tearDownClass()

    async def test_1(self):
        await turns()


@twin(6)
async def a_timer_thread_that_is_cancelled(self):
    timer = threading.Timer(60, print)
    timer.start()
    self.addCleanup(timer.join)
    self.addCleanup(timer.cancel)


@twin(6)
async def a_loop_in_a_thread_that_is_joined(self):
    await asyncio.to_thread(asyncio.run, turns())


@twin(6)
async def a_pool_of_the_test(self):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        self.assertEqual([1, 2], list(pool.map(int, "12")))


# To wait for an interpreter blocks the loop, on a busy machine for longer than may be.
@twin(6, options={"blocking_limit": None})
async def processes_that_are_waited_for_in_a_cleanup(self):
    child = subprocess.Popen(SLEEP)
    self.addCleanup(child.wait)
    self.addCleanup(child.kill)
    with subprocess.Popen([sys.executable, "-c", ""]):
        pass
    other = await asyncio.create_subprocess_exec(*SLEEP)
    other.kill()
    await other.wait()


@twin(6)
async def a_patch_by_a_decorator(self):
    @mock.patch("os.getcwd", return_value="yard")
    async def inner(getcwd):
        return os.getcwd()

    self.assertEqual("yard", await inner())
    with mock.patch.dict(os.environ, {"CAT": "Garfield"}):
        await turns()


@twin(6)
def a_loop_of_a_sync_test(self):
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(turns())
    finally:
        loop.close()
    with asyncio.Runner() as runner:
        runner.run(turns())


@twin(6, options={"loop_scope": "class"})
async def a_timer_that_is_cancelled_on_the_loop_of_the_class(self):
    asyncio.get_running_loop().call_later(60, print).cancel()


@twin(6, options={"checks": "strict"})
async def descriptors_that_are_closed(self):
    with tempfile.NamedTemporaryFile() as file:
        os.close(os.dup(file.fileno()))
    ours, theirs = os.pipe()
    os.close(ours)
    os.close(theirs)


@fault(
    6,
    "stuck-close",
    options={"close_limit": 0.05},
    line=False,
    uvloop="it has a way of its own with executors",
)
async def a_job_of_the_executor_that_the_loop_was_given(self):
    pool, release = own_pool()
    asyncio.get_running_loop().set_default_executor(pool)
    pool.submit(release.wait)  # culprit
    await turns()


@fault(6, "leftover-socket", uvloop="it makes it out of sight")
async def a_socket_that_the_loop_accepts(self):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        with socket.create_connection(server.getsockname()):
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)  # culprit
            keep(accepted)
            later(accepted.close)


@twin(6)
async def a_socket_that_the_loop_accepts_and_that_is_closed(self):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        with socket.create_connection(server.getsockname()):
            accepted, _ = await asyncio.get_running_loop().sock_accept(server)
            accepted.close()


@fault(6, "leftover-job")
async def a_job_of_a_pool_of_ones_own(self):
    pool, release = own_pool()
    pool.submit(release.wait)  # culprit


@fault(6, "leftover-job")
def a_job_of_a_sync_test(self):
    pool, release = own_pool()
    for _ in range(2):
        pool.submit(release.wait)  # culprit


@fault(6, "leftover-job", options={"close_limit": 0.1}, uvloop="its own executor is not seen")
async def a_job_behind_a_timeout(self):
    release = threading.Event()
    later(release.set)
    with self.assertRaises(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(release.wait), 0.01)  # culprit


@twin(6)
async def jobs_of_a_pool_of_ones_own(self):
    pool = keep(concurrent.futures.ThreadPoolExecutor(1))
    later(pool.shutdown)
    pool.submit(time.sleep, 0.01)
    for job in concurrent.futures.as_completed([pool.submit(int), pool.submit(float)]):
        self.assertEqual(0, job.result())


@twin(6)
async def jobs_that_are_cancelled(self):
    release = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(release.wait)
        self.assertTrue(pool.submit(release.wait).cancel())
        release.set()


# Processes of multiprocessing


def start_child(delay):
    """Start one that sleeps; it need not import what runs here."""
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(delay,))
    with mock.patch.dict(sys.modules, {"__main__": types.ModuleType("__main__")}):
        child.start()  # culprit
    later(child.join)
    later(child.terminate)
    return child


@fault(6, "leftover-process", code=start_child)
async def a_child_that_runs(self):
    self.assertTrue(start_child(60).is_alive())


@twin(6)
async def a_child_that_is_joined(self):
    child = start_child(60)
    child.terminate()
    await asyncio.to_thread(child.join)


@twin(6)
async def a_child_that_is_told_to_end(self):
    """multiprocessing waits for it by itself, later."""
    start_child(60).terminate()
