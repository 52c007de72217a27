"""
Tests that do not run on the main thread, as some runners have it.

All checks and limits are there, but what Python itself keeps for the main thread: handlers of
signals cannot be set elsewhere, so none can be left; and what blocks in the kernel cannot be
interrupted elsewhere, so a test that does so is ended when it comes back.

"""

import asyncio
import contextvars
import threading
import time
import unittest

import asynctesting
from asynctesting import AsyncTestCase, on_loops
from tests.faults.corpus import FAULTS, TWINS
from tests.support import (
    INTERRUPTS,
    for_ever,
    live,
    main_thread_only,
    python,
    settle,
    turns,
    unsettle,
)


VAR = contextvars.ContextVar("VAR", default="unset")


setUpModule, tearDownModule = settle, unsettle


def in_thread(function, *args):
    """Call *function* on a thread of its own; give what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)), name="worker")
    thread.start()
    thread.join()
    (result,) = results
    return result


#: Parts of the names of samples that are not for here: they need handlers of signals or a policy, or depend on when the
#: garbage collector runs, or have further threads and processes.
NOT_HERE = ("signal", "policy", "in_del", "process", "thread", "job", "executor", "sleep")


def of_each_check(samples):
    """One sample for each check."""
    seen = set()
    for sample in samples:
        key = sample.checks or (sample.section, len(seen))
        if key in seen or sample.blind or any(word in sample.body.__name__ for word in NOT_HERE):
            continue
        seen.add(key)
        yield sample


class CheckTests(unittest.TestCase):
    def test_faults(self):
        """Each check finds its fault, and names the line."""
        tried = 0
        for sample in of_each_check(FAULTS):
            with self.subTest(sample.name):
                tried += 1
                run = in_thread(sample.run, AsyncTestCase)
                self.assertEqual([], run.blamed, run.text)
                self.assertTrue(run.seen, run.text)
                self.assertTrue(run.named or not sample.has_line, run.text)
        self.assertGreater(tried, 15)

    def test_twins(self):
        """Their healthy twins are left alone."""
        for sample in list(of_each_check(TWINS))[::4]:
            with self.subTest(sample.name):
                run = in_thread(sample.run, AsyncTestCase)
                self.assertTrue(run.is_healthy, "\n".join([run.text, *run.warned]))


class LifeTests(unittest.TestCase):
    def test_stages(self):
        """Set-up, test and tear-down are one task in one context, on each loop."""
        tasks = []

        class Tests(AsyncTestCase):
            async def asyncSetUp(self):
                VAR.set("set up")
                tasks.append(asyncio.current_task())
                self.group = await self.enterAsyncContext(asyncio.TaskGroup())

            @on_loops("asyncio", asyncio.SelectorEventLoop)
            async def test(self):
                self.assertEqual("set up", VAR.get())
                self.assertIs(tasks[-1], asyncio.current_task())
                self.assertEqual("worker", threading.current_thread().name)
                self.group.create_task(turns())

        result = in_thread(live, Tests)
        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual(2, len(tasks))

    def test_class(self):
        """Class fixtures and a loop for the class are there."""

        class Tests(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.gate = asyncio.Event()

            async def test(self):
                self.gate.set()
                await self.gate.wait()

        result = in_thread(live, Tests)
        self.assertEqual("success", result.outcome, result.text)

    def test_several_threads(self):
        """Several threads may each run tests at the same time; faults stay where they are."""

        class Good(AsyncTestCase):
            async def test(self):
                await asyncio.sleep(0.01)

        class Bad(AsyncTestCase):
            async def test(self):
                task = asyncio.create_task(for_ever(), name="left")
                await asyncio.sleep(0.01)
                self.assertFalse(task.done())

        results = []
        classes = [Good, Bad] * 4
        workers = [
            threading.Thread(target=lambda cls=cls: results.append((cls, live(cls))))
            for cls in classes
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        told = [(cls, result.outcome) for cls, result in results]
        self.assertEqual(4, told.count((Good, "success")), told)
        self.assertEqual(4, told.count((Bad, "failure")), told)

    def test_without_a_class(self):
        """asynctesting.run() works."""

        async def main():
            await asyncio.sleep(0)
            return threading.current_thread().name

        self.assertEqual("worker", in_thread(asynctesting.run, main))

    def test_current_loop(self):
        """The thread's current loop is put back."""

        def around():
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            try:
                asynctesting.run(turns)
                return asyncio.get_event_loop() is loop
            finally:
                asyncio.set_event_loop(None)
                loop.close()

        self.assertTrue(in_thread(around))

    def test_runner(self):
        """A test there may own a loop in another thread."""

        class Tests(AsyncTestCase):
            def test(self):
                self.loop_runner().run_coroutine(turns())

        self.assertEqual("success", in_thread(live, Tests).outcome)


class LimitTests(unittest.TestCase):
    def check(self, function, *phrases):
        class Tests(AsyncTestCase, time_limit=0.3):
            async def test(self):
                await function()

        result = in_thread(live, Tests)
        self.assertEqual("error", result.outcome)
        for phrase in ("the time limit of 0.3 s was exceeded", *phrases):
            self.assertIn(phrase, result.text)

    def test_waits(self):
        """What waits for ever is ended, with the line."""

        async def wait():
            await asyncio.sleep(3600)

        self.check(wait, "await asyncio.sleep(3600)")

    def test_spins(self):
        """So is what never awaits."""

        async def spin():
            while True:
                pass

        self.check(spin)

    def test_blocks(self):
        """What blocks in the kernel fails when it comes back, and so says where."""

        async def block():
            time.sleep(1)

        self.check(block, "time.sleep(1)")


class SuiteTests(unittest.TestCase):
    def test_whole_modules(self):
        """``python -m tests.in_a_thread`` runs them so; what cannot be had there is skipped, and says why."""
        done = python(
            "import runpy, sys; sys.argv[1:] = ['-v', 'tests.test_bare', 'tests.test_hangs.BlockedTests']; "
            "runpy.run_module('tests.in_a_thread', run_name='__main__')",
            timeout=60,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(f"skipped '{INTERRUPTS}'", done.stderr)
        self.assertRegex(done.stderr, r"OK \(skipped=\d+\)\n\Z")

    def test_failure(self):
        """It ends with 1 if a test fails."""
        done = python("from tests.in_a_thread import run; print(run(['tests.no_such_module']))")
        self.assertEqual("False\n", done.stdout)

    def test_skips(self):
        """On the main thread nothing is skipped, elsewhere a test, a coroutine function or a class."""

        @main_thread_only("because")
        class Tests(AsyncTestCase):
            def test(self):
                pass

        class Others(AsyncTestCase):
            @main_thread_only("because")
            def test_plain(self):
                pass

            @main_thread_only("because")
            async def test_async(self):
                pass

        for cls, number in ((Tests, 1), (Others, 2)):
            self.assertEqual(["skip"] * number, [outcome for _, outcome in in_thread(live, cls).told])
        if threading.current_thread() is threading.main_thread():
            self.assertEqual("success", live(Tests).outcome)


if __name__ == "__main__":
    unittest.main()
