"""The loop was held by something that blocks."""

import asyncio
import concurrent.futures
import contextlib
import hashlib
import os
import queue
import select
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

import asynctesting

from . import yard
from .sample import fault, twin


STRICT = {"options": {"checks": "strict", "blocking_limit": 0.1}}
LONG = 0.35


@fault(7, "blocked-loop", **STRICT)
async def time_sleep(self):
    time.sleep(LONG)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_helper_that_sleeps(self):
    def nap():
        time.sleep(LONG)  # culprit

    await asyncio.sleep(0)
    nap()


@fault(7, "blocked-loop", **STRICT)
async def a_socket(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(LONG)
        with self.assertRaises(TimeoutError):
            ours.recv(1)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_subprocess(self):
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({LONG})"])  # culprit


@fault(7, "blocked-loop", **STRICT)
async def sqlite(self):
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        end = time.thread_time() + LONG
        while time.thread_time() < end:  # culprit
            base.execute(  # culprit
                "with recursive n(x) as (select 1 union all select x + 1 from n limit 400000) "
                "select sum(x) from n"
            ).fetchall()


@fault(7, "blocked-loop", **STRICT)
async def a_file(self):
    ours, theirs = os.pipe()
    threading.Timer(LONG, os.close, [theirs]).start()
    with open(ours, "rb") as file:
        file.read()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def plain_cpu(self):
    end = time.thread_time() + LONG
    while time.thread_time() < end:  # culprit
        sum(range(10_000))  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_slow_callback(self):
    def slow():
        time.sleep(LONG)  # culprit

    asyncio.get_running_loop().call_soon(slow)
    await asyncio.sleep(0.01)


@fault(7, "blocked-loop", **STRICT)
async def a_queue(self):
    with self.assertRaises(queue.Empty):
        queue.Queue().get(timeout=LONG)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_thread_that_is_joined(self):
    thread = threading.Thread(target=time.sleep, args=(LONG,))
    thread.start()
    thread.join()  # culprit


@twin(7, **STRICT)
async def in_a_thread(self):
    await asyncio.to_thread(time.sleep, LONG)


@twin(7, **STRICT)
def a_sync_test_that_sleeps(self):
    time.sleep(LONG)


@twin(7, **STRICT)
class SetUpSleeps:
    def setUp(self):
        time.sleep(LONG / 3)

    async def test_1(self):
        pass


@twin(7, **STRICT)
async def many_short_callbacks(self):
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        time.sleep(0.002)
        await asyncio.sleep(0)


@twin(7, **STRICT)
async def waiting_for_a_timer(self):
    await asyncio.sleep(LONG)


@twin(7, **STRICT)
async def a_subprocess_that_is_awaited(self):
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"import time; time.sleep({LONG})"
    )
    self.assertEqual(0, await child.wait())


# In other places, and other kinds


@fault(7, "blocked-loop", code=yard.naps, **STRICT)
async def a_helper_in_another_file(self):
    await yard.naps()


@fault(7, "blocked-loop", **STRICT)
class ASetUpThatSleeps:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            time.sleep(LONG)  # culprit

    async def test_1(self):
        pass


@fault(7, "blocked-loop", **STRICT)
async def a_cleanup_that_sleeps(self):
    async def clean_up():
        time.sleep(LONG)  # culprit

    self.addAsyncCleanup(clean_up)


@fault(7, "blocked-loop", **STRICT)
async def a_task_in_the_background(self):
    async def work():
        time.sleep(LONG)  # culprit

    await asyncio.create_task(work())


@fault(7, "blocked-loop", **STRICT)
async def a_timer_that_sleeps(self):
    done = asyncio.Event()

    def slow():
        time.sleep(LONG)  # culprit
        done.set()

    asyncio.get_running_loop().call_later(0.001, slow)
    await done.wait()


@fault(7, "blocked-loop", **STRICT)
async def a_done_callback_that_sleeps(self):
    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(lambda task: time.sleep(LONG))  # culprit
    await task
    await asyncio.sleep(0)


@fault(7, "blocked-loop", **STRICT)
async def a_context_manager_that_sleeps(self):
    @contextlib.asynccontextmanager
    async def door():
        time.sleep(LONG)  # culprit
        yield

    async with door():
        pass


@fault(7, "blocked-loop", **STRICT)
async def os_system(self):
    os.system(f"sleep {LONG}")  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_process_that_is_waited_for(self):
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LONG})"])
    child.wait()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_lock(self):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=LONG)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_future_of_an_executor(self):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, LONG).result()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_server_that_does_not_answer(self):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with self.assertRaises(TimeoutError):
            urllib.request.urlopen(  # culprit
                f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=LONG
            )


@fault(7, "blocked-loop", **STRICT)
async def a_select(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        select.select([ours], [], [], LONG)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_digest(self):
    end = time.thread_time() + LONG
    while time.thread_time() < end:  # culprit
        hashlib.pbkdf2_hmac("sha256", b"meow", b"salt", 20_000)  # culprit


@twin(7, **STRICT)
async def a_digest_in_a_thread(self):
    await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"meow", b"salt", 200_000)


@twin(7, **STRICT)
async def computing_with_pauses(self):
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        sum(range(1000))
        await asyncio.sleep(0)


@twin(7, options={"checks": "strict"})
async def less_than_the_limit(self):
    time.sleep(0.05)


@twin(7, **STRICT)
async def allowed(self):
    with asynctesting.allow("blocked-loop", always=False):
        time.sleep(LONG)


@twin(7, options={"checks": "strict", "blocking_limit": None})
async def without_a_limit(self):
    time.sleep(LONG)
