"""The loop was held by something that blocks."""

import asyncio
import contextlib
import os
import queue
import socket
import sqlite3
import subprocess
import sys
import threading
import time

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
        end = time.monotonic() + LONG
        while time.monotonic() < end:
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
    end = time.monotonic() + LONG
    while time.monotonic() < end:
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
