"""
What is measured: one trivial asynchronous test, on each class and under each plugin that is found.

All times are of the processor, not of the clock on the wall: none of the subjects waits for
anything, and what else the machine does matters less.

"""

import asyncio
import compileall
import gc
import importlib.util
import os
import subprocess
import sys
import tempfile
import textwrap
import time
import tracemalloc
import unittest
from pathlib import Path

import asynctesting
from asynctesting.checks import IDS
from asynctesting.loops import watched


ROOT = Path(__file__).resolve().parents[2]


class Result(unittest.TestResult):
    """A result that keeps nothing of a test that passed."""

    def addDuration(self, test, elapsed):
        """Forget it; the standard result keeps one entry for each test."""


class Default(asynctesting.AsyncTestCase):
    async def test_cat(self):
        pass


class Off(asynctesting.AsyncTestCase, checks="off"):
    async def test_cat(self):
        pass


class Virtual(asynctesting.AsyncTestCase, virtual_time=True):
    async def test_cat(self):
        pass


class Standard(unittest.IsolatedAsyncioTestCase):
    async def test_cat(self):
        pass


class PlainRun(unittest.TestCase):
    def test_cat(self):
        async def main():
            pass

        asyncio.run(main())


def with_only(check):
    """Give a class of ours with one check on."""
    levels = {other: "fail" if other == check else "ignore" for other in IDS}

    class Only(asynctesting.AsyncTestCase, checks=levels):
        async def test_cat(self):
            pass

    return Only


def classes():
    """Give the test classes that can be timed in this process, by name."""
    found = {
        "asynctesting": Default,
        "standard class": Standard,
        "asyncio.run": PlainRun,
        "checks off": Off,
        "virtual time": Virtual,
    }
    try:
        import aiounittest
    except ImportError:
        return found

    class Aiounittest(aiounittest.AsyncTestCase):
        async def test_cat(self):
            pass

    return {**found, "aiounittest": Aiounittest}


def time_class(cls, number):
    """Give a function that tells the seconds of one test, the mean of *number*."""

    def timed():
        cases = [cls("test_cat") for _ in range(number)]
        result = Result()
        gc.collect()
        started = time.perf_counter()
        for case in cases:
            case.run(result)
        elapsed = time.perf_counter() - started
        if result.testsRun != number or not result.wasSuccessful():
            raise RuntimeError(f"the tests of {cls.__name__} failed: {result.errors[:1]}")
        return elapsed / number

    return timed


# Exploration


async def ten_steps():
    """Two tasks that take turns with a lock and a queue, in ten steps."""
    lock, queue = asyncio.Lock(), asyncio.Queue()

    async def work():
        async with lock:
            await asyncio.sleep(0)
            queue.put_nowait(None)
        await queue.get()
        await asyncio.sleep(0)

    await asyncio.gather(work(), work())


class Explored(asynctesting.AsyncTestCase):
    """One test, in many orders."""

    #: So few that nobody goes through all orders.
    SCHEDULES = 50

    @asynctesting.explore(schedules=SCHEDULES, strategy="walk", within=None)
    async def test(self):
        await ten_steps()


#: Seconds of the processor that schedules are timed for: some kernels count them in steps of 0.004.
LONG = 0.25


def time_schedules(explore, seconds=LONG):
    """Give a function that tells the seconds of one schedule, the mean of many."""

    def timed():
        began, schedules, elapsed = time.process_time(), 0, 0.0
        while elapsed < seconds:
            schedules += explore()
            elapsed = time.process_time() - began
        return elapsed / schedules

    return timed


def explore_test():
    """Explore the test; give how many schedules that took."""
    case = Explored("test")
    result = unittest.TestResult()
    case.run(result)
    if not result.wasSuccessful():
        raise RuntimeError(f"it failed: {result.failures + result.errors}")
    return Explored.SCHEDULES


def explore_function(checks="default"):
    """Explore the function; give how many schedules that took."""
    found = asynctesting.Explorer(
        schedules=Explored.SCHEDULES, strategy="walk", within=None, checks=checks
    ).run(ten_steps)
    return found.check().schedules


class Ran(unittest.TestCase):
    """The same, in asyncio's own order."""

    def test(self):
        asyncio.run(ten_steps())


def run_tests():
    """Run the test with ``asyncio.run()``; give how often."""
    result = unittest.TestResult()
    for _ in range(4 * Explored.SCHEDULES):
        Ran("test").run(result)
    if not result.wasSuccessful():
        raise RuntimeError(f"it failed: {result.failures + result.errors}")
    return 4 * Explored.SCHEDULES


def run_often():
    """Run the function with ``asyncio.run()``; give how often."""
    for _ in range(4 * Explored.SCHEDULES):
        asyncio.run(ten_steps())
    return 4 * Explored.SCHEDULES


# Virtual time


async def heart(number):
    """Beat each second."""
    for _ in range(number):
        await asyncio.sleep(1)


async def sleepers(number):
    """Sleep, all at once, until a hundred moments."""
    await asyncio.gather(*(asyncio.sleep(1 + one % 100) for one in range(number)))


async def wake():
    """Be woken by a callback: two callbacks, as a sleep of any length has them."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, None)
    await future


async def waking(number):
    """Be woken as often as the heart beats."""
    for _ in range(number):
        await wake()


async def wakers(number):
    """As many as there are sleepers, each woken once."""
    await asyncio.gather(*(wake() for _ in range(number)))


async def ping_pong(number):
    """Let two tasks wake each other in turns, *number* in all."""
    ping, pong = asyncio.Event(), asyncio.Event()

    async def play(mine, other):
        for _ in range(number // 2):
            await mine.wait()
            mine.clear()
            other.set()

    ping.set()
    await asyncio.gather(play(ping, pong), play(pong, ping))


def watched_loop():
    """Make a loop that tells of deadlocks, as tests have it."""
    loop = asyncio.SelectorEventLoop()
    if not watched.watch(loop):
        raise RuntimeError(f"{loop!r} cannot be watched")
    return loop


def time_main(main, number, factory=None):
    """Give a function that tells the seconds of one wake-up of *main*, the mean of *number*."""

    def timed():
        gc.collect()
        started = time.process_time()
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(main(number))
        return (time.process_time() - started) / number

    return timed


# Plugins of pytest, as whole processes

TESTS = {
    "pytest, asynctesting": """
        import asynctesting
        class Tests(asynctesting.AsyncTestCase):
            pass
        async def body(self):
            pass
        for number in range({number}):
            setattr(Tests, f"test_{{number:05}}", body)
        """,
    "pytest, standard class": """
        import unittest
        class Tests(unittest.IsolatedAsyncioTestCase):
            pass
        async def body(self):
            pass
        for number in range({number}):
            setattr(Tests, f"test_{{number:05}}", body)
        """,
    "pytest-asyncio": """
        def make():
            async def test():
                pass
            return test
        for number in range({number}):
            globals()[f"test_{{number:05}}"] = make()
        """,
    "anyio": """
        import pytest
        pytestmark = pytest.mark.anyio
        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        def make():
            async def test():
                pass
            return test
        for number in range({number}):
            globals()[f"test_{{number:05}}"] = make()
        """,
}

PLUGINS = {
    "pytest-asyncio": ["-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto"],
    "anyio": ["-p", "anyio.pytest_plugin"],
}


def under_pytest():
    """Give the names of what pytest can run here."""
    if not importlib.util.find_spec("pytest"):
        return []
    needs = {"pytest-asyncio": "pytest_asyncio", "anyio": "anyio"}
    return [name for name in TESTS if importlib.util.find_spec(needs.get(name, "pytest"))]


def time_pytest(name, number, folder):
    """Give a function that tells the seconds of a whole run of pytest on *number* tests."""
    file = Path(folder) / f"test_{''.join(filter(str.isalnum, name))}_{number}.py"
    file.write_text(textwrap.dedent(TESTS[name]).format(number=number))
    arguments = [
        "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *PLUGINS.get(name, ()), str(file),
    ]  # fmt: skip
    command = [
        sys.executable,
        "-c",
        "import time; began = time.perf_counter(); import pytest; "
        f"pytest.main({arguments!r}); print(time.perf_counter() - began)",
    ]
    environ = {
        **os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip

    def timed():
        done = subprocess.run(
            command, capture_output=True, cwd=folder, env=environ, text=True, check=False
        )
        if f"{number} passed" not in done.stdout:
            raise RuntimeError(f"{name} failed:\n{done.stdout}{done.stderr}")
        return float(done.stdout.splitlines()[-1])

    return timed


def folder():
    """Give a folder of our own for pytest, outside of any project."""
    return tempfile.TemporaryDirectory(prefix="asynctesting-bench-")


# Memory and imports, in processes of their own


def tell(code):
    """Run *code* in a fresh Python, and give the number that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, check=True, cwd=ROOT, text=True,
    )  # fmt: skip
    return float(done.stdout)


def peak_of_suite(name, number):
    """Give the bytes that a suite of *number* tests takes at most, from loading to the end."""
    return tell(f"from tests.bench import subjects; subjects.print_peak({name!r}, {number})")


def held_after(name, number):
    """Give the blocks of memory that are held after *number* tests that nobody refers to any more."""
    return tell(f"from tests.bench import subjects; subjects.print_held({name!r}, {number})")


def print_peak(name, number):
    """In the process that is measured: see :func:`peak_of_suite`."""
    cls = globals()[name]
    warm_up(cls)
    tracemalloc.start()
    suite = unittest.TestSuite(cls("test_cat") for _ in range(number))
    suite.run(Result())
    print(tracemalloc.get_traced_memory()[1])


def print_held(name, number):
    """In the process that is measured: see :func:`held_after`."""
    cls = globals()[name]
    warm_up(cls)
    # Not bytes, for Python enlarges tables of its own once in a while, by a megabyte.
    before = sys.getallocatedblocks()
    result = Result()
    for _ in range(number):
        cls("test_cat").run(result)
    gc.collect()
    print(sys.getallocatedblocks() - before)


def warm_up(cls):
    """Run a few tests, so that what is made once has been made."""
    result = Result()
    for _ in range(10):
        cls("test_cat").run(result)
    gc.collect()


def time_import(modules):
    """
    Give a function that tells the seconds in which a fresh Python imports *modules*.

    The package is compiled first, as it is when it is installed, also where Python is told to
    write no bytecode.

    """
    compileall.compile_dir(os.path.dirname(asynctesting.__file__), quiet=1)
    code = f"""
        import time
        started = time.perf_counter()
        import {modules}
        print(time.perf_counter() - started)
        """
    return lambda: tell(code)
