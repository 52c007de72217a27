"""The loop was held by something that blocks."""

import asyncio
import concurrent.futures
import contextlib
import functools
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
from tests.held import HELD, NAP, RELEASES, until_held

from . import yard
from .sample import fault, twin


STRICT = {
    "around": until_held,
    "options": {"checks": "strict", "blocking_limit": 0.1, "time_limit": 20},
}

#: For twins: more than the limit, and than what a machine that is not busy needs to tell.
LONG = 0.2

#: For faults, which end when they have been seen.
SOON = 15


def _held_lock():
    """A lock that is released once a loop is known to be held."""
    lock = threading.Lock()
    lock.acquire()
    RELEASES.append(lock.release)
    return lock


@fault(7, "blocked-loop", **STRICT)
async def time_sleep(self):
    while not HELD:  # culprit
        time.sleep(NAP)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_callback_without_a_line(self):
    asyncio.get_running_loop().call_soon(_held_lock().acquire, True, SOON)  # culprit
    await asyncio.sleep(0.01)


@fault(7, "blocked-loop", **STRICT)
async def a_timer_without_a_line(self):
    lock = _held_lock()
    nap = functools.partial(lock.acquire, True, SOON)  # culprit
    asyncio.get_running_loop().call_later(0.001, nap)
    await asyncio.sleep(0.05)


@fault(7, "blocked-loop", **STRICT)
async def a_callback_of_the_standard_library(self):
    thread = threading.Thread(target=_held_lock().acquire, args=(True, SOON))
    thread.start()
    self.addCleanup(thread.join)
    asyncio.get_running_loop().call_soon(thread.join)  # culprit
    await asyncio.sleep(0.01)


@fault(7, "blocked-loop", **STRICT)
async def a_helper_that_sleeps(self):
    def nap():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit

    await asyncio.sleep(0)
    nap()


@fault(7, "blocked-loop", **STRICT)
async def a_socket(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(SOON)
        RELEASES.append(lambda: theirs.send(b"!"))
        self.assertEqual(b"!", ours.recv(1))  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_subprocess(self):
    ours, theirs = os.pipe()
    RELEASES.append(lambda: os.close(theirs))
    with open(ours) as told:
        subprocess.run([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=told)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def sqlite(self):
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        while not HELD:  # culprit
            base.execute(  # culprit
                "with recursive n(x) as (select 1 union all select x + 1 from n limit 100000) "
                "select sum(x) from n"
            ).fetchall()


@fault(7, "blocked-loop", **STRICT)
async def a_file(self):
    ours, theirs = os.pipe()
    RELEASES.append(lambda: os.close(theirs))
    with open(ours, "rb") as file:
        file.read()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def plain_cpu(self):
    while not HELD:  # culprit
        sum(range(10_000))  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_slow_callback(self):
    def slow():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit

    asyncio.get_running_loop().call_soon(slow)
    await asyncio.sleep(0.01)


@fault(7, "blocked-loop", **STRICT)
async def a_queue(self):
    cats = queue.Queue()
    RELEASES.append(lambda: cats.put("Garfield"))
    self.assertEqual("Garfield", cats.get(timeout=SOON))  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_thread_that_is_joined(self):
    gate = threading.Event()
    RELEASES.append(gate.set)
    thread = threading.Thread(target=gate.wait, args=(SOON,))
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
            while not HELD:  # culprit
                time.sleep(NAP)  # culprit

    async def test_1(self):
        pass


@fault(7, "blocked-loop", **STRICT)
async def a_cleanup_that_sleeps(self):
    async def clean_up():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit

    self.addAsyncCleanup(clean_up)


@fault(7, "blocked-loop", **STRICT)
async def a_task_in_the_background(self):
    async def work():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit

    await asyncio.create_task(work())


@fault(7, "blocked-loop", **STRICT)
async def a_timer_that_sleeps(self):
    done = asyncio.Event()

    def slow():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit
        done.set()

    asyncio.get_running_loop().call_later(0.001, slow)
    await done.wait()


@fault(7, "blocked-loop", **STRICT)
async def a_done_callback_that_sleeps(self):
    task = asyncio.create_task(asyncio.sleep(0))

    def slow(task):
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit

    task.add_done_callback(slow)
    await task
    await asyncio.sleep(0)


@fault(7, "blocked-loop", **STRICT)
async def a_context_manager_that_sleeps(self):
    @contextlib.asynccontextmanager
    async def door():
        while not HELD:  # culprit
            time.sleep(NAP)  # culprit
        yield

    async with door():
        pass


@fault(7, "blocked-loop", **STRICT)
async def os_system(self):
    while not HELD:  # culprit
        os.system(f"sleep {NAP}")  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_process_that_is_waited_for(self):
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
    RELEASES.append(child.stdin.close)
    child.wait()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_lock(self):
    lock = threading.Lock()
    lock.acquire()
    RELEASES.append(lock.release)
    self.assertTrue(lock.acquire(timeout=SOON))  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_future_of_an_executor(self):
    gate = threading.Event()
    RELEASES.append(gate.set)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(gate.wait, SOON).result()  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_server_that_does_not_answer(self):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        RELEASES.append(listening.close)
        with self.assertRaises(OSError):
            urllib.request.urlopen(url, timeout=SOON)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_select(self):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        RELEASES.append(lambda: theirs.send(b"!"))
        select.select([ours], [], [], SOON)  # culprit


@fault(7, "blocked-loop", **STRICT)
async def a_digest(self):
    while not HELD:  # culprit
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
