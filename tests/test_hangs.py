"""Tests of asynctesting.hangs."""

from __future__ import annotations

import _thread
import asyncio
import bdb
import concurrent.futures
import contextlib
import dis
import doctest
import functools
import gc
import importlib.util
import io
import math
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import unittest
import unittest.mock
import warnings
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from asynctesting import DeadlockError, hangs, waits
from asynctesting.hangs import Interrupted, TimeLimit, TimeLimitExceeded, report
from asynctesting.loops import outside, watched
from asynctesting.loops.explored import ExploredLoop
from asynctesting.loops.patience import Patience
from tests.support import HANDLERS, INTERRUPTS, main_thread_only, python


#: Real seconds: a limit for what hangs, and one that what is well never reaches.
SHORT = 0.05
LONG = 30.0

POSIX = hasattr(signal, "pthread_kill")


async def cancel_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        # On another thread than the main one, an interruption may hit the loop amid its own work, and a task be lost.
        is_main = threading.current_thread() is threading.main_thread()
        await asyncio.wait(left, timeout=None if is_main else 1.0)


class LimitedTestCase(unittest.TestCase):
    def run_limited(
        self, function: Callable[[], Any], seconds: float = SHORT, **options: Any
    ) -> TimeLimitExceeded:
        """Run a stage that hangs, and see that it is ended."""
        limit = TimeLimit(seconds, **options)
        limit.start()
        try:
            with self.assertRaises(TimeLimitExceeded) as raised:
                limit.run(function)
            self.assertTrue(limit.expired)
        finally:
            limit.stop()
        return raised.exception


def swallow_and_block() -> None:
    while True:
        try:
            time.sleep(LONG)
        except BaseException:
            pass


def swallow_and_spin() -> None:
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


class ExpireTests(LimitedTestCase):
    """A limit that somebody else ends."""

    def test_expire(self) -> None:
        """It is exceeded when it is told to be, and once."""
        limit = TimeLimit(LONG)
        limit.start()
        self.addCleanup(limit.stop)
        thread = threading.Thread(target=limit.expire)

        def stage() -> None:
            thread.start()
            while True:
                time.sleep(0.001)

        with self.assertRaises(TimeLimitExceeded):
            limit.run(stage)
        thread.join()
        limit.expire()
        self.assertTrue(limit.expired)


@unittest.skipUnless(POSIX, "needs signals")
class BlockedTests(LimitedTestCase):
    """Stages that block their thread, outside of any loop."""

    @main_thread_only(INTERRUPTS)
    def test_sleep(self) -> None:
        """A thread that sleeps is woken; the line is told."""
        error = self.run_limited(lambda: time.sleep(LONG))
        self.assertRegex(
            str(error),
            r"\Athe time limit of 0\.05 s was exceeded\n"
            r"the thread was at\n"
            r"    \S*test_hangs\.py:\d+ in \S+<lambda>: .* time\.sleep\(LONG\)\)\n"
            r"end what it waits for, or give it more time with time_limit=\.\.\.\Z",
        )

    @main_thread_only(INTERRUPTS)
    def test_queue(self) -> None:
        """A thread that waits in a function of the standard library is told with it."""
        error = self.run_limited(lambda: queue.Queue[int]().get())
        self.assertIn("queue.Queue[int]().get())\n    in threading.Condition.wait\n", str(error))

    @main_thread_only(INTERRUPTS)
    def test_lock(self) -> None:
        """A function that is not written in Python needs no frame to be ended."""
        lock = threading.Lock()
        lock.acquire()
        error = self.run_limited(lock.acquire)
        self.assertIn("the thread was in a function that is not written in Python", str(error))

    def test_spinning(self) -> None:
        """What computes for ever is ended."""

        def spin() -> None:
            while True:
                pass

        self.run_limited(spin)

    @main_thread_only(INTERRUPTS)
    def test_without_lock(self) -> None:
        """A function that keeps Python's lock, but looks for signals, is ended."""
        self.run_limited(lambda: re.match(r"(a|aa)+$", "a" * 60 + "b"))

    @main_thread_only(INTERRUPTS)
    def test_swallowing(self) -> None:
        """What swallows every exception is left through its except clause."""
        for stubborn in (swallow_and_block, swallow_and_spin):
            with self.subTest(stubborn.__name__):
                self.run_limited(stubborn)

    @main_thread_only(INTERRUPTS)
    def test_trace_function(self) -> None:
        """The trace function that was set is set again."""

        def trace(frame: object, event: str, argument: object) -> None:
            return None

        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            self.run_limited(swallow_and_block)
            self.assertIs(trace, sys.gettrace())
        finally:
            sys.settrace(previous)

    @main_thread_only(INTERRUPTS)
    def test_swallowed_once(self) -> None:
        """The verdict does not depend on the arrival of the exception."""

        def swallow() -> None:
            with contextlib.suppress(BaseException):
                time.sleep(LONG)

        self.assertIsNone(self.run_limited(swallow).__cause__)

    @main_thread_only(INTERRUPTS)
    def test_another_error(self) -> None:
        """What a stage raises when it is interrupted is the cause."""

        def fail() -> None:
            try:
                time.sleep(LONG)
            finally:
                raise ValueError("while it was tidying up")

        error = self.run_limited(fail)
        self.assertIsInstance(error.__cause__, ValueError)

    @main_thread_only(INTERRUPTS)
    def test_interruption_is_not_shown(self) -> None:
        """The interruption itself is neither cause nor context."""
        error = self.run_limited(lambda: time.sleep(LONG))
        self.assertIsNone(error.__cause__)
        self.assertTrue(error.__suppress_context__)


class LoopTests(LimitedTestCase):
    """Stages that run a loop."""

    def make_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    def run_on_loop(
        self,
        function: Callable[[], Coroutine[Any, Any, None]],
        polite: bool,
        seconds: float = SHORT,
    ) -> str:
        loop = self.make_loop()
        loop.set_debug(False)  # it makes a thousand tasks take longer than the limit
        try:
            task = loop.create_task(function(), name="test")
            ident = threading.get_ident()
            error = self.run_limited(
                functools.partial(loop.run_until_complete, task),
                seconds,
                describe=lambda: report(loop, task, ident),
                cancel=(lambda: loop.call_soon_threadsafe(task.cancel)) if polite else None,
            )
            loop.run_until_complete(cancel_all())
            if task.done() and not task.cancelled():
                task.exception()
        finally:
            loop.close()
        return str(error)

    def check(self, function: Callable[[], Coroutine[Any, Any, None]], *expected: str) -> None:
        for polite in (True, False):
            with self.subTest(polite=polite):
                text = self.run_on_loop(function, polite)
                for line in expected:
                    self.assertIn(line, text)

    @main_thread_only(INTERRUPTS)
    def test_idle(self) -> None:
        """A loop that waits for nothing is ended, and what the test waits for is told."""

        async def idle() -> None:
            await asyncio.Event().wait()

        self.check(
            idle,
            "the thread was idle, in its event loop",
            "task 'test' waits for an Event that is not set",
            "idle: await asyncio.Event().wait()",
        )

    def test_polling(self) -> None:
        """A task that never waits for anything is ended."""

        async def poll() -> None:
            while True:
                await asyncio.sleep(0)

        self.check(poll, "task 'test' is")

    @main_thread_only(INTERRUPTS)
    def test_blocked(self) -> None:
        """A task that blocks the loop is ended, and the line is told first."""

        async def block() -> None:
            time.sleep(LONG)

        self.check(block, "exceeded\nthe thread was at\n", "block: time.sleep(LONG)\ntask 'test'")

    @main_thread_only(INTERRUPTS)
    def test_callback(self) -> None:
        """A callback that blocks the loop is ended."""

        async def call() -> None:
            asyncio.get_running_loop().call_soon(lambda: time.sleep(LONG))
            await asyncio.Event().wait()

        self.check(
            call, "the thread was at\n", "<lambda>: asyncio.get", "an Event that is not set"
        )

    @main_thread_only(INTERRUPTS)
    def test_callback_without_python(self) -> None:
        """So is one that is not written in Python."""

        async def call() -> None:
            asyncio.get_running_loop().call_soon(time.sleep, LONG)
            await asyncio.Event().wait()

        self.check(call, "task 'test' waits for an Event that is not set")

    def test_stubborn(self) -> None:
        """A task that resists its cancellation does not keep the stage from ending."""

        async def resist() -> None:
            end = time.perf_counter() + 3 * SHORT
            while time.perf_counter() < end:
                with contextlib.suppress(BaseException):
                    await asyncio.sleep(SHORT * 10)

        self.check(resist)

    def test_others(self) -> None:
        """A thousand tasks are told after the guilty one, in a screenful."""

        async def wait() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(1000):
                    group.create_task(asyncio.Event().wait())
                await asyncio.Queue[int]().get()

        text = self.run_on_loop(wait, True, seconds=10 * SHORT)
        first, second = re.findall("^.*tasks? .*waits? for.*$", text, re.MULTILINE)
        self.assertEqual(
            "task 'test' waits for an item from a Queue that is empty (maxsize 0)", first
        )
        self.assertRegex(second, r"\A1000 tasks \(.*\) wait for an Event that is not set\Z")
        self.assertLess(len(text.splitlines()), 40)


@unittest.skipUnless(importlib.util.find_spec("uvloop"), "uvloop is not installed")
class UvloopTests(LoopTests):
    def make_loop(self) -> asyncio.AbstractEventLoop:
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop


if not POSIX:
    del LoopTests.test_callback_without_python  # nothing wakes it


class OwnThreadTests(unittest.TestCase):
    """Loops whose own thread waits for them: told at once, whatever the limit."""

    def setUp(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        watched.watch(self.loop)

    def run_dead(self, function: Callable[[], Coroutine[Any, Any, None]]) -> DeadlockError:
        task = self.loop.create_task(function())
        limit = TimeLimit(LONG, loop=self.loop, guilty=lambda: task)
        limit.start()
        begin = time.perf_counter()
        try:
            limit.run(self.loop.run_until_complete, task)
        except DeadlockError as error:
            self.assertTrue(limit.expired)
            self.assertLess(time.perf_counter() - begin, LONG / 2)
            self.loop.run_until_complete(cancel_all())
            if task.done() and not task.cancelled():
                task.exception()
            return error
        finally:
            limit.stop()
        raise self.failureException("it was not told")

    def ask(self) -> None:
        """Wait for what the loop is to do."""
        work = asyncio.sleep(0)
        asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def check(self, error: DeadlockError, fact: str, line: str, cure: str) -> None:
        text = str(error)
        self.assertEqual(fact, text.splitlines()[0])
        self.assertIn(line, text)
        self.assertEqual(cure, text.splitlines()[-1])

    RESULT = (
        "deadlock: the event loop's own thread waits, by result(), for what that event loop is to do",
        "ask: asyncio.run_coroutine_threadsafe(work, self.loop).result()\n",
        "await it instead, as in `await asyncio.wrap_future(...)`, or await the coroutine itself",
    )

    def test_result(self) -> None:
        """The line that waits for a result is told, and where the traceback ends."""

        async def main() -> None:
            self.ask()

        error = self.run_dead(main)
        self.check(error, *self.RESULT)
        self.assertIsNone(error.__cause__)
        self.assertEqual("ask", traceback.extract_tb(error.__traceback__)[-1].name)

    def test_whoever_else_is_at_work(self) -> None:
        """It is told while other threads do something; nobody else can give that result."""
        gate = threading.Event()
        thread = threading.Thread(target=gate.wait, args=(LONG,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(gate.set)

        async def main() -> None:
            self.ask()

        self.check(self.run_dead(main), *self.RESULT)

    def test_what_becomes_of_it(self) -> None:
        """The verdict does not depend on what the stage does with its release."""

        async def swallow() -> None:
            with contextlib.suppress(BaseException):
                self.ask()

        async def again() -> None:
            for _ in range(2):
                with contextlib.suppress(BaseException):
                    self.ask()

        for function in (swallow, again):
            with self.subTest(function.__name__):
                self.check(self.run_dead(function), *self.RESULT)

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(INTERRUPTS)
    def test_everybody_waits(self) -> None:
        """So does a wait for a thread, a job or an event, while all others wait for ever."""

        def work() -> None:
            with contextlib.suppress(concurrent.futures.CancelledError):
                self.ask()

        async def thread() -> None:
            helper = threading.Thread(target=work)
            helper.start()
            helper.join()

        async def job() -> None:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                pool.submit(work).result()

        async def event() -> None:
            threading.Event().wait()

        for function, line in (
            (thread, "thread: helper.join()"),
            (job, "job: pool.submit(work).result()"),
            (event, "event: threading.Event().wait()"),
        ):
            with self.subTest(function.__name__):
                self.check(
                    self.run_dead(function),
                    "deadlock: the event loop's own thread waits for ever, and so do all others",
                    line,
                    "wait by `await`, which lets the event loop go on: asyncio.to_thread() for what blocks",
                )

    def test_well(self) -> None:
        """Waits that come to their end are none of this."""

        async def main() -> None:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                pool.submit(time.sleep, 4 * hangs._Lookout.period).result()
            thread = threading.Thread(target=time.sleep, args=(2 * hangs._Lookout.period,))
            thread.start()
            thread.join()
            event = threading.Event()
            event.wait(2 * hangs._Lookout.period)
            threading.Timer(2 * hangs._Lookout.period, event.set).start()
            event.wait()

        limit = TimeLimit(LONG, loop=self.loop)
        limit.start()
        self.addCleanup(limit.stop)
        limit.run(self.loop.run_until_complete, main())
        self.assertFalse(limit.expired)

    def test_outside_of_the_loop(self) -> None:
        """What waits while the loop does not run waits for somebody else."""
        limit = TimeLimit(LONG, loop=self.loop)
        limit.start()
        self.addCleanup(limit.stop)
        event = threading.Event()
        lookout = limit._lookout
        assert lookout is not None
        looked = threading.Event()

        def look() -> None:
            for _ in range(3):
                lookout.look(0.0, 0.0)
            looked.set()
            event.set()

        threading.Thread(target=look).start()
        limit.run(event.wait)
        looked.wait()
        self.assertFalse(limit.expired)

    def waiting_thread(self) -> threading.Thread:
        """A thread that waits for ever, as far as it knows."""
        event = threading.Event()
        thread = threading.Thread(target=event.wait)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(event.set)
        while not outside.waits_for_ever(sys._current_frames()[thread.ident or 0]):
            time.sleep(0.001)
        return thread

    def test_looks(self) -> None:
        """It takes two looks at the same wait; the thread is let go once the limit has fired."""
        thread = self.waiting_thread()
        limit = unittest.mock.Mock(_thread=thread.ident, _open=True, _fired=False)
        loop, found = unittest.mock.Mock(_thread_id=thread.ident), unittest.mock.Mock()
        found.is_led.return_value = False
        lookout = hangs._Lookout(limit, loop, found)
        promise = found.awaited_promise.return_value
        self.assertEqual(1.0 + lookout.period, lookout.look(1.0, 0.0))
        limit.expire.assert_not_called()
        lookout.look(2.0, 0.0)
        self.assertEqual(self.RESULT[0], limit.expire.call_args.args[0])
        promise.cancel.assert_not_called()
        limit._fired = True
        for _ in range(2):
            lookout.look(3.0, 0.0)
        promise.cancel.assert_called_once()

        limit.reset_mock()
        found.awaited_promise.return_value = None
        found.is_everybody_stuck.return_value = False
        lookout.look(4.0, 0.0)
        limit.expire.assert_not_called()
        found.is_everybody_stuck.return_value = True
        lookout.look(5.0, 0.0)
        self.assertRegex(limit.expire.call_args.args[0], "and so do all others")
        found.is_everybody_stuck.assert_called_with(None)  # a bystander may end this one
        limit._open = False
        lookout.look(6.0, 0.0)
        self.assertIsNone(lookout._seen)

    def waiting(self, **found: Any) -> tuple[Any, Any, Any]:
        """A lookout, its limit and its loop, for a thread that waits for ever and has been looked at."""
        thread = self.waiting_thread()
        limit = unittest.mock.Mock(_thread=thread.ident, _open=True, _fired=True)
        loop = unittest.mock.Mock(_thread_id=thread.ident)
        found = {"is_led.return_value": False, "awaited_promise.return_value": None, **found}
        lookout = hangs._Lookout(limit, loop, unittest.mock.Mock(**found))
        lookout.look(1.0, 0.0)
        return lookout, limit, loop

    def test_looks_at_a_loop_that_is_elsewhere(self) -> None:
        """A loop that runs in another thread is that one's."""
        lookout, limit, loop = self.waiting()
        loop._thread_id = 0
        lookout.look(2.0, 0.0)
        limit.expire.assert_not_called()

    def test_looks_at_a_loop_that_does_not_run(self) -> None:
        """What a synchronous stage waits for is told if it is to come from a loop, and nobody is left."""
        lookout, limit, loop = self.waiting()
        loop.is_running.return_value = False
        lookout.look(2.0, 0.0)
        limit.expire.assert_not_called()
        promise = unittest.mock.Mock()
        lookout._outside.awaited_promise.return_value = promise
        lookout.look(3.0, 0.0)
        self.assertRegex(limit.expire.call_args.args[0], "for what an event loop is to do that does not run")
        promise.cancel.assert_called_once_with()

    def test_looks_at_a_wait_for_another_loop(self) -> None:
        """So is a wait for a loop in another thread, unless that tells it of itself."""
        lookout, limit, loop = self.waiting()
        wait = unittest.mock.Mock(spec=outside.Awaited, is_open=True)
        wait.name = "loop runner 'a'"
        with unittest.mock.patch.dict(outside._AWAITED, {limit._thread: wait}):
            lookout.look(2.0, 0.0)
            wait.is_told_there.return_value = True
            lookout.look(3.0, 0.0)
            limit.expire.assert_not_called()
            wait.is_told_there.return_value = False
            stuck = lookout._outside.is_everybody_stuck
            stuck.return_value = False
            for _ in range(2):
                lookout.look(4.0, 0.0)
            limit.expire.assert_not_called()
            ((first,), _), ((second,), _) = stuck.call_args_list
            self.assertIsInstance(first, Patience)
            self.assertIs(first, second)  # all looks at one wait are of the same
            stuck.return_value = True
            lookout.look(4.0, 0.0)
            self.assertRegex(limit.expire.call_args.args[0], "the thread of this event loop waits for loop runner 'a'")
            loop.is_running.return_value = False
            lookout.look(5.0, 0.0)
            self.assertRegex(limit.expire.call_args.args[0], "deadlock: this thread waits for loop runner 'a'")
            wait.is_open = False
            lookout.look(6.0, 0.0)
            self.assertIsNone(lookout._seen)

    def test_looks_of_one_that_is_led(self) -> None:
        """The loop beside a test lets that one tell first, but not for ever."""
        lookout, limit, loop = self.waiting(**{"is_led.return_value": True})
        for _ in range(lookout.led):
            lookout.look(2.0, 0.0)
        limit.expire.assert_not_called()
        lookout.look(3.0, 0.0)
        limit.expire.assert_called_once()

    def test_other_loops(self) -> None:
        """The loops of other threads that wait, too, are told with it, once."""

        class Named(threading.Thread):
            def __str__(self) -> str:
                return "the other one"

        async def wait(up: threading.Event, gates: list[asyncio.Event]) -> None:
            gate = asyncio.Event()
            gates.append(gate)
            up.set()
            await gate.wait()

        for kind in (threading.Thread, Named):
            with self.subTest(kind.__name__):
                up, gates = threading.Event(), list[asyncio.Event]()
                loop = asyncio.SelectorEventLoop()
                self.addCleanup(loop.close)
                watched.watch(loop)
                thread = kind(target=loop.run_until_complete, args=(wait(up, gates),), name="other")
                thread.start()
                up.wait()
                name = "the other one" if kind is Named else "thread 'other'"
                try:
                    for _ in range(10_000):
                        told = str(hangs.deadlock(self.loop))
                        if "the thread was idle" in told:
                            break  # until then it is on its way there, and told of in other words each time
                    self.assertIn(f"in {name}:\n  the thread was idle, in its event loop\n", told)
                    self.assertIn("await gate.wait()", told)
                    self.assertEqual([], hangs._tell_others(self.loop, 0, told))
                    self.assertEqual([], hangs._tell_others(self.loop, thread.ident or 0, ""))
                    with unittest.mock.patch.object(threading, "_active", {}):
                        self.assertIn(f"in thread {thread.ident}:\n", str(hangs.deadlock(self.loop)))
                finally:
                    loop.call_soon_threadsafe(gates[0].set)
                    thread.join()

    def test_other_loops_of_a_thread_that_blocks(self) -> None:
        """Where it is the limit that tells of it, too."""
        with unittest.mock.patch.object(hangs, "_tell_others", return_value=["others"]):
            error = self.run_dead(self.blocks)
            self.assertIn("\nothers\n", str(error))
            limit = TimeLimit(LONG, describe=lambda: "this one", loop=self.loop)
            self.assertEqual("this one", limit._describe_safely())
            limit._kind = DeadlockError
            self.assertEqual("this one\nothers", limit._describe_safely())

    async def blocks(self) -> None:
        self.ask()

    def test_the_error(self) -> None:
        """It is a DeadlockError, with the fact and the cure that were told."""
        limit = TimeLimit(LONG, fact="the cat sleeps", cure="wake it")
        self.assertEqual("the cat sleeps\n\nwake it", str(limit.error()))
        limit = TimeLimit(None)
        limit._report = "the report"
        limit.expire("deadlock: so it is", "do otherwise")
        error = limit.error()
        self.assertIsInstance(error, DeadlockError)
        self.assertEqual("deadlock: so it is\nthe report\ndo otherwise", str(error))

    def test_no_limit(self) -> None:
        """Without a limit, or on a loop that is not watched, nothing is looked for."""
        self.assertIsNone(TimeLimit(None, loop=self.loop)._lookout)
        watched.unwatch(self.loop)
        gc.collect()
        self.assertIsNone(TimeLimit(LONG, loop=self.loop)._lookout)
        self.assertIsNone(TimeLimit(LONG)._lookout)


class DeadlockTests(unittest.TestCase):
    """The error for a loop that nothing will wake."""

    def setUp(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)

    def test_fact(self) -> None:
        """Its first line is the usual fact, that callbacks wait in vain, or what the loop knows."""
        self.assertEqual(
            "deadlock: nothing can wake the event loop\n"
            "let a task bring about what it waits for, or wait for it no longer than "
            "asyncio.timeout() allows",
            str(hangs.deadlock(self.loop)),
        )
        self.loop.call_soon(int)
        self.assertRegex(str(hangs.deadlock(self.loop)), r"\Adeadlock: what is ready was scheduled by")
        error = hangs.deadlock(self.loop, None, "deadlock: time is held")
        self.assertRegex(str(error), r"\Adeadlock: time is held\nlet a task")
        self.assertIsNone(error.__traceback__)

    def test_circle(self) -> None:
        """For those that wait for each other there is another cure."""
        lock = asyncio.Lock()

        async def one() -> None:
            async with lock:
                await two

        async def other() -> None:
            await lock.acquire()

        task = self.loop.create_task(one(), name="one")
        two = self.loop.create_task(other(), name="two")
        for _ in range(3):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        self.assertEqual(
            [
                "deadlock: nothing can wake the event loop",
                "they wait for each other:",
                "    task 'one' for task 'two'",
                "    task 'two' for a Lock that is held by task 'one'",
            ],
            str(hangs.deadlock(self.loop, task)).splitlines()[:4],
        )
        self.assertRegex(str(hangs.deadlock(self.loop, task)), r"\ntake what they hold in the same order")
        self.loop.run_until_complete(cancel_all())

    def test_guilty(self) -> None:
        """The guilty task is told first, and its line is the last of the traceback."""

        async def main() -> None:
            asyncio.create_task(asyncio.Event().wait(), name="other")
            await asyncio.Event().wait()

        task = self.loop.create_task(main(), name="test")
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        error = hangs.deadlock(self.loop, task)
        self.assertEqual(
            "task 'test' waits for an Event that is not set", str(error).splitlines()[1]
        )
        self.assertEqual("main", traceback.extract_tb(error.__traceback__)[-1].name)
        self.loop.run_until_complete(cancel_all())

    def test_called_by_users(self) -> None:
        """A module of ours that a test may wait in does not hide who has called it."""
        stack = [
            waits.Place("test", "test.py", 1, "", "test"),
            waits.Place("LoopRunner.run", "threads.py", 1, "", "asynctesting.threads"),
        ]
        self.assertIn("    test.py:1 in test", hangs._tell_thread(stack, False))


class LifeTests(LimitedTestCase):
    """Several stages, several limits."""

    def test_no_limit(self) -> None:
        """Without a limit nothing is watched."""
        limit = TimeLimit(None)
        limit.start()
        self.assertNotIn(limit, hangs._watchdog.armed)
        self.assertEqual(3, limit.run(max, 1, 3))
        limit.stop()
        self.assertFalse(limit.expired)

    def test_in_time(self) -> None:
        """A stage that ends in time returns what it returns, raises what it raises."""
        limit = TimeLimit(LONG)
        limit.start()
        self.addCleanup(limit.stop)
        self.assertEqual([3, 2, 1], limit.run(sorted, [1, 2, 3], reverse=True))
        with self.assertRaises(ZeroDivisionError):
            limit.run(divmod, 1, 0)
        limit.stop()
        self.assertFalse(limit.expired)
        self.assertNotIn(limit, hangs._watchdog.armed)

    def test_many_in_time(self) -> None:
        """Tests that take a part of their limit each are never interrupted."""
        for _ in range(20):
            limit = TimeLimit(10 * SHORT)
            limit.start()
            limit.run(time.sleep, SHORT)
            limit.stop()
            self.assertFalse(limit.expired)

    def test_nothing_is_left_for_the_collector(self) -> None:
        """Whoever looks at a limit that is over keeps none of the frames of all threads."""
        gate = threading.Event()
        thread = threading.Thread(target=gate.wait)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(gate.set)
        limit = TimeLimit(LONG)
        limit._thread = thread.ident or 0
        limit._deadline = -1.0
        with unittest.mock.patch.object(TimeLimit, "_act", lambda limit, now: None):
            limit.look(0.0)
            gc.collect()
            self.addCleanup(gc.enable)
            gc.disable()
            limit.look(0.0)
            self.assertEqual(0, gc.collect())

    def test_stopped(self) -> None:
        """A limit that is stopped does nothing, however long it goes on."""
        limit = TimeLimit(SHORT)
        limit.start()
        limit.stop()
        limit.run(time.sleep, 3 * SHORT)
        self.assertFalse(limit.expired)

    def test_renewed(self) -> None:
        """One that rests does not count, and begins anew, for another loop."""
        loops = [ExploredLoop(), ExploredLoop()]
        for one in loops:
            self.addCleanup(one.close)
        limit = TimeLimit(4 * SHORT, loop=loops[0])
        limit.start()
        self.addCleanup(limit.stop)
        limit.rest()
        limit.run(time.sleep, 5 * SHORT)
        with unittest.mock.patch.object(hangs._watchdog, "overdue_at", 0.0):
            with unittest.mock.patch.object(hangs._watchdog, "give_way") as gives:
                with unittest.mock.patch.object(hangs._watchdog, "displaced", True):
                    with unittest.mock.patch.object(hangs._watchdog, "install") as installs:
                        limit.renew(loops[1])
        gives.assert_called_once()
        installs.assert_called_once()
        lookout = limit._lookout
        assert lookout is not None
        self.assertIs(loops[1], lookout._loop)
        found = lookout._outside
        self.assertIs(found, outside.of_loop(loops[1]))
        lookout.turn_to(loops[0], None)
        self.assertIs(found, lookout._outside)
        limit.run(time.sleep, SHORT)
        self.assertFalse(limit.expired)

    def test_left(self) -> None:
        """Between two loops it keeps neither, but what stands for them."""
        loops = [ExploredLoop(), ExploredLoop()]
        for one in loops:
            self.addCleanup(one.close)
        limit = TimeLimit(LONG, loop=loops[0])
        limit.start()
        self.addCleanup(limit.stop)
        limit.rest()
        limit.leave(loops[1])
        lookout = limit._lookout
        assert lookout is not None
        self.assertIs(loops[1], lookout._loop)
        limit.stop()
        limit.leave(loops[0])

    def test_renewed_without_a_loop(self) -> None:
        """Nor need it have any; the watchdog is woken if it would look too late."""
        loop = ExploredLoop()
        self.addCleanup(loop.close)
        limit = TimeLimit(LONG)
        limit.start()
        self.addCleanup(limit.stop)
        for at, calls in ((math.inf, 1), (0.0, 0)):
            is_ours = False
            while not is_ours:  # its own thread writes there, too
                with unittest.mock.patch.object(hangs._watchdog, "awake_at", at):
                    with unittest.mock.patch.object(hangs._watchdog, "wake") as wakes:
                        limit.renew(loop)
                    is_ours = hangs._watchdog.awake_at == at
            self.assertEqual(calls, wakes.call_count)

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(INTERRUPTS)
    def test_stages_share_the_limit(self) -> None:
        """The limit is for all stages together."""
        limit = TimeLimit(4 * SHORT)
        limit.start()
        self.addCleanup(limit.stop)
        limit.run(time.sleep, SHORT)
        with self.assertRaises(TimeLimitExceeded):
            limit.run(time.sleep, LONG)

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(INTERRUPTS)
    def test_grace(self) -> None:
        """What follows has a grace, and half of it after the next that hangs, and so on."""
        limit = TimeLimit(2 * SHORT)
        limit.start()
        self.addCleanup(limit.stop)
        begin = time.perf_counter()
        for _ in range(5):
            with self.assertRaises(TimeLimitExceeded):
                limit.run(time.sleep, LONG)
            limit.run(time.sleep, 0)
        self.assertLess(time.perf_counter() - begin, 5 * 2 * SHORT)

    def test_between_stages(self) -> None:
        """A limit that passes between two stages is told by the next, which has its grace."""
        limit = TimeLimit(SHORT)
        limit.start()
        self.addCleanup(limit.stop)
        time.sleep(3 * SHORT)
        done: list[int] = []
        with self.assertRaises(TimeLimitExceeded):
            limit.run(done.append, 1)
        self.assertEqual([1], done)
        limit.run(done.append, 2)

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(INTERRUPTS)
    def test_nested(self) -> None:
        """A test in a test has its own limit; the outer one goes on."""
        outer = TimeLimit(LONG)
        outer.start()
        self.addCleanup(outer.stop)
        outer.run(self.run_limited, lambda: time.sleep(LONG))
        self.assertFalse(outer.expired)

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(INTERRUPTS)
    def test_nested_in_what_hangs(self) -> None:
        """What interrupts the outer test passes through the inner one."""
        inner = TimeLimit(LONG)
        inner.start()
        self.addCleanup(inner.stop)
        self.run_limited(lambda: inner.run(time.sleep, LONG))
        self.assertFalse(inner.expired)

    def test_pickle(self) -> None:
        """The error can be sent to another process, and is a TimeoutError."""
        error = TimeLimitExceeded("the message")
        copy = pickle.loads(pickle.dumps(error))
        self.assertIsInstance(copy, TimeoutError)
        self.assertEqual("the message", str(copy))


class ThreadTests(LimitedTestCase):
    """Limits outside of the main thread, and the means of other systems."""

    def in_thread(self, function: Callable[[], Any]) -> Any:
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
        thread.start()
        thread.join(LONG)
        (result,) = results
        return result

    def test_spinning(self) -> None:
        """What runs Python code is ended in any thread."""

        def nap() -> None:
            while True:
                time.sleep(SHORT / 10)

        for _ in range(3):
            self.in_thread(lambda: self.run_limited(nap))

    def test_loop(self) -> None:
        """A loop that is idle is ended in any thread, whether it resists or not."""

        async def idle() -> None:
            await asyncio.Event().wait()

        async def resist() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await asyncio.Event().wait()

        def run(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
            loop = asyncio.new_event_loop()
            task = loop.create_task(function())
            self.run_limited(
                lambda: loop.run_until_complete(task),
                cancel=lambda: loop.call_soon_threadsafe(task.cancel),
            )
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
            loop.close()

        for function in (idle, resist):
            with self.subTest(function.__name__):
                self.in_thread(lambda: run(function))

    def test_main_thread_without_signals(self) -> None:
        """The main thread is ended by the same means if there is no signal."""

        def nap() -> None:
            while True:
                time.sleep(SHORT / 10)

        with unittest.mock.patch.object(hangs._Watchdog, "_owned", return_value=[]):
            self.run_limited(nap)

    def test_nothing_left(self) -> None:
        """No exception arrives when the stage has ended, whether one has arrived before or not."""
        limit = TimeLimit(SHORT)
        limit._thread = threading.get_ident()
        thread = threading.Thread(target=hangs._watchdog.interrupt, args=(limit,))
        with unittest.mock.patch.object(hangs._watchdog, "_owned", return_value=[]):
            thread.start()
            thread.join()
            self.assertFalse(limit._sent)  # no stage is open
            limit._open = True
            thread = threading.Thread(target=hangs._watchdog.interrupt, args=(limit,))
            with unittest.mock.patch.object(hangs, "_raise_in", return_value=True) as raised:
                thread.start()
                thread.join()
            raised.assert_called_once_with(limit._thread)
            self.assertTrue(limit._sent)
        for seconds in (0.0, SHORT):
            with contextlib.suppress(Interrupted):
                limit._sent = hangs._raise_in(limit._thread)
                time.sleep(seconds)
            limit._sent = True
            limit._call_off()
            self.assertFalse(limit._sent)
            time.sleep(0)
        with unittest.mock.patch.object(hangs, "_raise_in"):
            limit._sent = True
            limit._call_off()

    @main_thread_only(INTERRUPTS)
    def test_interrupted_lock(self) -> None:
        """A signal handler does not wait for a lock that its own thread may hold."""
        limit = TimeLimit(SHORT)
        limit._thread = -1
        limit._open = True
        with hangs._watchdog._lock:
            hangs._watchdog.interrupt(limit)

    def test_thread_that_is_gone(self) -> None:
        """Nothing happens where there is no such thread."""
        self.assertTrue(hangs._raise_in(0))

    def test_without_ctypes(self) -> None:
        """Where Python has no ctypes, nothing is raised in other threads."""
        with unittest.mock.patch.dict(sys.modules, ctypes=None):
            self.assertFalse(hangs._raise_in(threading.get_ident()))


class LookTests(unittest.TestCase):
    """What the watchdog does, step by step."""

    def setUp(self) -> None:
        self.asked = 0
        self.limit = TimeLimit(10, describe=lambda: "hung", cancel=self.ask, patience=1)
        self.limit._thread = threading.main_thread().ident or 0
        self.limit._deadline = 10
        self.limit._open = True
        self.watchdog = self.enterContext(unittest.mock.patch.object(hangs, "_watchdog"))

    def ask(self) -> None:
        self.asked += 1
        raise RuntimeError("the loop is closed")

    def test_steps(self) -> None:
        """First the stage is asked to end, then it is interrupted, again and again."""
        self.assertEqual(10, self.limit.look(9.9))
        self.assertFalse(self.limit.expired)
        self.assertAlmostEqual(10.1, self.limit.look(10))
        self.assertTrue(self.limit.expired)
        self.assertEqual(1, self.asked)
        self.watchdog.interrupt.assert_not_called()
        self.assertAlmostEqual(10.35, self.limit.look(10.1))
        self.assertAlmostEqual(10.6, self.limit.look(10.35))
        self.assertEqual(2, self.watchdog.interrupt.call_count)
        self.assertEqual(1, self.limit._taps)  # the first has not arrived
        with self.assertRaises(Interrupted):
            self.limit.arrive(None)
        self.limit.look(10.6)
        self.assertEqual(2, self.limit._taps)

    def test_end_of_process(self) -> None:
        """When patience is at its end, everything is told, and the process ends."""
        self.limit.look(10)
        stream = io.StringIO()
        with (
            unittest.mock.patch("sys.__stderr__", stream),
            unittest.mock.patch("faulthandler.dump_traceback") as dump,
            unittest.mock.patch("os._exit") as leave,
        ):
            self.limit.look(11)
            leave.assert_not_called()
            self.limit.look(11.3)
        leave.assert_called_once_with(70)
        dump.assert_called_once_with(stream, all_threads=True)
        self.assertEqual(
            "\n\nasynctesting: the time limit of 10 s was exceeded, and for 1 s more the test "
            "could not be interrupted: the process ends\n\nhung\n\nall threads:\n",
            stream.getvalue(),
        )

    def test_end_of_process_is_for_stages(self) -> None:
        """It does not end for a test that is between two stages."""
        self.limit._open = False
        self.limit.look(10)
        self.assertLess(12, self.limit.look(12))

    def test_end_of_process_elsewhere(self) -> None:
        """On another thread than the main one it is said why."""
        self.limit.look(10)
        stream = io.StringIO()
        with (
            unittest.mock.patch("sys.__stderr__", stream),
            unittest.mock.patch("faulthandler.dump_traceback"),
            unittest.mock.patch("os._exit"),
            unittest.mock.patch.object(self.limit, "_thread", 1),
        ):
            self.limit._end_process()
        self.assertIn("the process ends (what blocks outside of Python, in a thread other", stream.getvalue())

    def test_debugger(self) -> None:
        """Under a debugger there is no limit any more."""
        with unittest.mock.patch.object(hangs, "under_debugger", return_value=True):
            self.assertEqual(float("inf"), self.limit.look(10))
        self.assertFalse(self.limit.expired)

    def test_thread_that_is_gone(self) -> None:
        """A thread that has ended without stopping its limit is forgotten."""
        self.limit._thread = -1
        self.assertEqual(float("inf"), self.limit.look(10))

    def test_describing_fails(self) -> None:
        """A bug in a report is no bug in the limit."""
        self.limit._describe = lambda: str(1 / 0)
        self.limit.look(10)
        self.assertIn(
            "where it was is not known, for a bug in asynctesting: ZeroDivisionError",
            str(self.limit.error()),
        )

    def test_put_off(self) -> None:
        """The machinery is not interrupted between two lines, unless it takes too long."""
        self.limit._cancel = None
        self.watchdog.clock.return_value = 10
        self.limit.look(10)
        frame = unittest.mock.Mock(f_globals={"__name__": "asyncio.base_events"})
        for _ in range(hangs.PUT_OFF):
            self.limit.arrive(frame)
            self.assertAlmostEqual(10 + hangs.MOMENT, self.limit._deadline)
        with self.assertRaises(Interrupted):
            self.limit.arrive(frame)
        self.limit.arrive(frame)  # it has been

    def test_delicate(self) -> None:
        """Nor is what holds locks while it works for the user's code."""
        users = unittest.mock.Mock(f_globals={"__name__": "cats"}, f_back=None)
        for module in ("coverage.collector", "importlib._bootstrap", "asynctesting.hangs"):
            importing = unittest.mock.Mock(f_globals={"__name__": module}, f_back=users)
            helping = unittest.mock.Mock(f_globals={"__name__": "posixpath"}, f_back=importing)
            self.assertTrue(hangs._is_inside(helping))
        self.assertFalse(hangs._is_inside(users))
        self.assertFalse(hangs._is_inside(None))

    def test_open(self) -> None:
        """Nothing is interrupted between the stages."""
        self.limit._cancel = None
        self.limit._open = False
        self.limit.look(10)
        self.limit.arrive(None)
        self.limit._open = True
        frame = unittest.mock.Mock(f_globals={"__name__": "cats"}, f_back=None)
        with self.assertRaises(Interrupted):
            self.limit.arrive(frame)

    def test_trace(self) -> None:
        """The second exception comes on the next line of the user's, in no other place."""
        users = unittest.mock.Mock(f_globals={"__name__": "cats"}, f_back=None, f_lasti=0)
        users.f_code.co_code = bytes([dis.opmap["NOP"], dis.opmap["PUSH_EXC_INFO"]])
        loops = unittest.mock.Mock(f_globals={"__name__": "asyncio.events"})
        trace = self.limit._trace
        self.assertEqual(trace, trace(users, "exception", None))
        self.assertEqual(trace, trace(loops, "line", None))
        with self.assertRaises(Interrupted):
            trace(users, "line", None)
        users.f_lasti = 1  # an except clause begins
        self.assertEqual(trace, trace(users, "line", None))
        users.f_lasti = 0
        self.limit._open = False
        self.assertEqual(trace, trace(users, "line", None))

    def test_pursuit(self) -> None:
        """The third exception is followed by another one, and the tracing is ended."""
        self.limit._cancel = None
        self.limit._taps = 2
        self.limit.look(10)
        frame = unittest.mock.Mock(f_globals={"__name__": "cats"}, f_back=None)
        with (
            unittest.mock.patch("sys.settrace") as settrace,
            unittest.mock.patch("sys.gettrace", return_value="the user's") as gettrace,
        ):
            with self.assertRaises(Interrupted):
                self.limit.arrive(frame)
            settrace.assert_called_once_with(self.limit._trace)
            self.assertEqual(self.limit._trace, frame.f_trace)
            gettrace.return_value = None
            self.limit._due = True
            with self.assertRaises(Interrupted):
                self.limit.arrive(frame)
            self.limit._call_off()
            settrace.assert_called_with("the user's")


class LookOut:
    """A watcher that remembers when it has looked."""

    def __init__(self, period: float) -> None:
        self.period = period
        self.looks: list[tuple[float, float]] = []

    def look(self, now: float, late: float) -> float:
        self.looks.append((now, late))
        return now + self.period


class WatcherTests(unittest.TestCase):
    """Those who look at threads now and then, by a clock that is made up."""

    def setUp(self) -> None:
        self.watchdog = hangs._Watchdog()
        self.now = 1000.0
        self.watchdog.clock = lambda: self.now
        self.wake = unittest.mock.Mock()
        self.watchdog.wake = self.wake  # type: ignore[method-assign]

    def let_watch(self, after: float = 0.0) -> float:
        self.now += after
        return self.watchdog.let_watch() - self.now

    def test_pace(self) -> None:
        """They look at the pace of the hastiest, as long as there are any."""
        slow, fast = LookOut(0.5), LookOut(0.25)
        self.watchdog.watch(slow)
        self.assertEqual(1, self.wake.call_count)
        self.assertEqual(0.5, self.let_watch())
        self.watchdog.watch(fast)
        self.assertEqual(2, self.wake.call_count)
        self.assertEqual(0.25, self.let_watch())
        self.watchdog.unwatch(fast)
        self.assertEqual(0.25, self.let_watch(0.25))
        self.assertEqual(0.5, self.let_watch(hangs.TICK))
        self.assertEqual(4, len(slow.looks))
        self.assertEqual(1, len(fast.looks))

    def test_come_and_go(self) -> None:
        """While watchers come and go, none needs to wake the thread but the first."""
        for _ in range(20):
            watcher = LookOut(0.25)
            self.watchdog.watch(watcher)
            self.watchdog.unwatch(watcher)
            self.assertEqual(0.25, self.let_watch(0.25))
        self.wake.assert_called_once()

    def test_rest(self) -> None:
        """When none has come for a while, it does not wake up any more."""
        watcher = LookOut(0.25)
        self.watchdog.watch(watcher)
        self.watchdog.unwatch(watcher)
        looks = 0
        while self.let_watch(0.25) == 0.25:
            looks += 1
        self.assertEqual(4, looks)
        self.assertEqual(float("inf"), self.let_watch(60.0))
        self.watchdog.watch(watcher)
        self.assertEqual(2, self.wake.call_count)

    def test_late(self) -> None:
        """They are told how late they are called, and nobody counts from when nothing was due."""
        watcher = LookOut(0.25)
        self.watchdog.watch(watcher)
        self.let_watch(0.125)
        self.let_watch(0.25)
        self.let_watch(2.25)
        self.let_watch(0.125)
        self.assertEqual([0.125, 0.0, 2.0, 0.0], [late for _, late in watcher.looks])

    def test_real(self) -> None:
        """The thread of this process calls them, again and again, until they are let go."""
        called = threading.Semaphore(0)
        watcher = LookOut(0.01)
        watcher.look = lambda now, late: called.release() or now + 0.01  # type: ignore
        hangs.watch(watcher)
        try:
            for _ in range(3):
                self.assertTrue(called.acquire(timeout=LONG))
        finally:
            hangs.unwatch(watcher)
        hangs.unwatch(watcher)
        self.assertNotIn(watcher, hangs._watchdog.watchers)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_fork(self) -> None:
        """They look on in a process that has forked, and are none in its child."""
        called = threading.Semaphore(0)
        watcher = LookOut(0.01)
        watcher.look = lambda now, late: called.release() or now + 0.01  # type: ignore
        hangs.watch(watcher)
        try:
            self.assertTrue(called.acquire(timeout=LONG))
            with warnings.catch_warnings():
                # Other tests may have left threads that idle.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                os._exit(len(hangs._watchdog.watchers))
            self.assertEqual(0, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            while called.acquire(blocking=False):
                pass
            for _ in range(3):
                self.assertTrue(called.acquire(timeout=LONG))
        finally:
            hangs.unwatch(watcher)


class WatchdogTests(unittest.TestCase):
    """The thread itself, with no limits of other tests."""

    def setUp(self) -> None:
        self.watchdog = hangs._Watchdog()
        # Its thread may live on, and would end the process for a limit that nobody stops.
        self.addCleanup(lambda: self.watchdog.armed.clear())

    def test_idle(self) -> None:
        """It looks again in a second if something has been armed, else when it is woken."""
        self.assertEqual(float("inf"), self.watchdog.tick())
        self.watchdog.busy = True
        now = self.watchdog.clock()
        self.assertAlmostEqual(now + hangs.TICK, self.watchdog.tick(), delta=0.5)
        self.assertEqual(float("inf"), self.watchdog.tick())

    def test_life(self) -> None:
        """It lives until it is told to end, and leaves the garbage collector as it is."""
        self.addCleanup(gc.enable)
        for switch in (gc.disable, gc.enable):
            switch()
            before = gc.isenabled()
            life = self.watchdog._life = object()
            done = _thread.allocate_lock()
            done.acquire()
            awake: list[bool] = []

            def tick(left: Iterator[float] = iter([0.0, float("inf")])) -> float:
                awake.append(gc.isenabled())
                until = next(left)
                if until:
                    self.watchdog._life = None
                    self.watchdog._bell.release()
                return until

            self.watchdog.tick = tick  # type: ignore[method-assign]
            self.watchdog._way.acquire(False)  # somebody gives way
            self.watchdog.live(life, done)
            self.assertFalse(self.watchdog._way.locked())
            self.assertFalse(done.locked())
            self.assertEqual([False, False], awake)
            self.assertEqual(before, gc.isenabled())

    def test_wake(self) -> None:
        """It is begun when it is first needed; ringing twice is ringing once."""
        with (
            unittest.mock.patch("_thread.start_new_thread") as start,
            unittest.mock.patch("os.register_at_fork", create=True) as register,
        ):
            self.watchdog.wake()
            self.watchdog.wake()
            start.assert_called_once()
            self.watchdog.running = False
            self.watchdog.wake()
            self.assertEqual(2, register.call_count)

    def test_overdue(self) -> None:
        """A limit that begins while the thread is late lets it look first."""
        give_way = self.watchdog.give_way = unittest.mock.Mock()  # type: ignore[method-assign]
        self.watchdog.wake = unittest.mock.Mock()  # type: ignore[method-assign]
        self.watchdog.displaced = False  # the signals are another's
        with unittest.mock.patch.object(hangs, "_watchdog", self.watchdog):
            for overdue_at, times in (float("inf"), 0), (0.0, 1):
                self.watchdog.overdue_at = overdue_at
                limit = TimeLimit(LONG)
                limit.start()
                limit.stop()
                self.assertEqual(times, give_way.call_count)

    def test_give_way(self) -> None:
        """Whoever gives way goes on when the thread has looked."""
        looks: list[float] = []

        def tick() -> float:
            looks.append(self.watchdog.overdue_at)
            return float("inf")

        self.watchdog.tick = tick  # type: ignore[method-assign]
        self.addCleanup(self.watchdog.wake)
        self.addCleanup(setattr, self.watchdog, "_life", None)
        for _ in range(3):
            looks.clear()
            with unittest.mock.patch("os.register_at_fork", create=True):
                self.watchdog.wake()
            self.assertLess(self.watchdog.overdue_at, float("inf"))
            while not looks or self.watchdog.overdue_at < float("inf"):
                self.watchdog.give_way(self.watchdog.clock())

    def test_in_vain(self) -> None:
        """If the thread does not come, nobody waits for long, nor soon again."""
        for _ in range(2):
            now = self.watchdog.clock()
            self.watchdog.give_way(now)
            self.assertEqual(now + hangs.AGAIN, self.watchdog.overdue_at)
            self.assertTrue(self.watchdog._way.locked())

    def test_no_more_threads(self) -> None:
        """While the interpreter shuts down, nothing is watched, and nothing fails."""
        with (
            unittest.mock.patch("_thread.start_new_thread", side_effect=RuntimeError),
            unittest.mock.patch("os.register_at_fork", create=True),
        ):
            self.watchdog.wake()
        self.assertFalse(self.watchdog.running)

    def test_not_on_other_threads(self) -> None:
        """Signal handlers can be installed on the main thread only, and are when it comes by."""
        self.watchdog.displaced = True
        thread = threading.Thread(target=self.watchdog.install)
        thread.start()
        thread.join()
        self.assertTrue(self.watchdog.displaced)
        self.assertEqual([], self.watchdog._owned())

    @unittest.skipUnless(POSIX, "needs signals")
    @main_thread_only(HANDLERS)
    def test_signals_of_others(self) -> None:
        """A signal that somebody has taken stays theirs, and so does their timer."""
        previous = [signal.signal(signum, signal.SIG_IGN) for signum in self.watchdog.signals]
        hangs._watchdog.tick()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        try:
            self.watchdog.install()
            self.assertFalse(self.watchdog.timed)
            self.assertEqual([], self.watchdog._owned())
            self.watchdog._set_alarm(1)
            self.assertEqual((0.0, 0.0), signal.getitimer(signal.ITIMER_VIRTUAL))
            for signum in self.watchdog.signals:
                signal.signal(signum, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_VIRTUAL, LONG)
            self.watchdog.install()
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self.assertEqual([signal.SIGURG], self.watchdog._owned())
            self.watchdog.install()
            self.assertTrue(self.watchdog.timed)
            self.watchdog.tick()
            self.assertFalse(self.watchdog.displaced)
            signal.signal(signal.SIGURG, signal.SIG_IGN)
            self.watchdog.tick()
            self.assertTrue(self.watchdog.displaced)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            for signum, handler in zip(self.watchdog.signals, previous):
                signal.signal(signum, handler)
            hangs._watchdog.tick()

    @unittest.skipUnless(POSIX, "needs signals")
    def test_alarm(self) -> None:
        """SIGVTALRM has a look taken at the limits; those of other threads are let be."""
        limit = TimeLimit(LONG)
        limit._thread = threading.get_ident()
        limit._deadline = 0.0
        other = TimeLimit(LONG)
        self.watchdog.armed |= {limit, other}
        # Or its thread would end the process after a while.
        self.addCleanup(self.watchdog.armed.clear)
        limit._open = other._open = True
        with (
            unittest.mock.patch.object(hangs, "_watchdog", self.watchdog),
            self.assertRaises(Interrupted),
        ):
            self.watchdog.on_signal(signal.SIGVTALRM, None)
        self.assertTrue(limit.expired)
        self.watchdog.on_signal(signal.SIGURG, None)
        self.assertFalse(other.expired)

    def test_no_signals(self) -> None:
        """On a system without signals between threads there is nothing to install."""
        with unittest.mock.patch.object(hangs, "signal", spec=["SIGINT"]):
            watchdog = hangs._Watchdog()
        self.assertEqual([], watchdog.signals)
        self.assertFalse(watchdog.displaced)


@unittest.skipUnless(POSIX, "needs signals")
class NeighbourTests(LimitedTestCase):
    """What others do with signals, timers, threads and processes."""

    @main_thread_only(HANDLERS)
    def test_alarm(self) -> None:
        """The user's own handler and timer survive, and do their work meanwhile."""
        rings: list[int] = []
        previous = signal.signal(signal.SIGALRM, lambda signum, frame: rings.append(signum))
        signal.setitimer(signal.ITIMER_REAL, SHORT / 2, LONG)
        try:
            self.run_limited(lambda: time.sleep(LONG))
            left, interval = signal.getitimer(signal.ITIMER_REAL)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            handler = signal.signal(signal.SIGALRM, previous)
        self.assertEqual([signal.SIGALRM], rings)
        self.assertEqual(LONG, interval)
        self.assertGreater(left, 0)
        self.assertNotEqual(previous, handler)

    @unittest.skipUnless(hasattr(signal, "SIGVTALRM"), "no such timer here")
    def test_the_end_of_the_process(self) -> None:
        """What takes long when Python ends, and has no handlers any more, is not killed by an alarm."""
        done = python(
            """
            import time
            from asynctesting.hangs import TimeLimit, _watchdog

            class Herd:
                def __del__(self, clock=time.process_time):
                    end = clock() + 0.5
                    while clock() < end:
                        pass

            herd = Herd()
            limit = TimeLimit(60)
            limit.start()
            limit.run(time.sleep, 0)
            limit.stop()
            _watchdog._set_alarm(0)
            """
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    @unittest.skipUnless(hasattr(signal, "SIGVTALRM"), "no such timer here")
    def test_the_end_of_the_process_with_a_timer_of_others(self) -> None:
        """The alarm is ignored in the end, unless it is somebody else's."""
        for owned, calls in (
            ([signal.SIGURG, signal.SIGVTALRM], [unittest.mock.call(signal.SIGVTALRM, signal.SIG_IGN)]),
            ([signal.SIGURG], []),
        ):
            with (
                self.subTest(owned=owned),
                unittest.mock.patch.object(hangs._watchdog, "_owned", return_value=owned),
                unittest.mock.patch.object(signal, "signal") as handle,
            ):
                hangs._watchdog.part()
                self.assertEqual(calls, handle.mock_calls)

    @main_thread_only(HANDLERS)
    def test_interrupt_key(self) -> None:
        """SIGINT is what it was, during a test and after it."""
        handler = signal.getsignal(signal.SIGINT)
        during: list[Any] = []

        def stage() -> None:
            during.append(signal.getsignal(signal.SIGINT))
            time.sleep(LONG)

        self.run_limited(stage)
        self.assertEqual([handler], during)
        self.assertEqual(handler, signal.getsignal(signal.SIGINT))

    def test_interrupt_key_is_no_limit(self) -> None:
        """A KeyboardInterrupt of somebody else's is let through."""
        limit = TimeLimit(LONG)
        limit.start()
        self.addCleanup(limit.stop)
        with self.assertRaises(KeyboardInterrupt) as raised:
            limit.run(signal.default_int_handler, signal.SIGINT, None)
        self.assertNotIsInstance(raised.exception, Interrupted)

    def test_late_signal(self) -> None:
        """A signal that comes when nothing hangs does nothing, with and without a limit."""
        os.kill(os.getpid(), signal.SIGURG)
        limit = TimeLimit(LONG)
        limit.start()
        self.addCleanup(limit.stop)
        limit.run(os.kill, os.getpid(), signal.SIGURG)

    @main_thread_only(HANDLERS)
    def test_signal(self) -> None:
        """The signal is sent to the main thread, by any other."""
        self.run_limited(lambda: time.sleep(LONG))  # which has the handler installed
        limit = TimeLimit(SHORT)
        limit._thread = threading.get_ident()
        with unittest.mock.patch("signal.pthread_kill") as kill:
            thread = threading.Thread(target=hangs._watchdog.interrupt, args=(limit,))
            thread.start()
            thread.join()
        kill.assert_called_once_with(limit._thread, signal.SIGURG)

    @main_thread_only(HANDLERS)
    def test_displaced(self) -> None:
        """Where a test takes our signal, other means are used, and the next test has it back."""

        def nap() -> None:
            signal.signal(signal.SIGURG, signal.SIG_DFL)
            while True:
                time.sleep(SHORT / 10)

        self.run_limited(nap)
        self.run_limited(lambda: time.sleep(LONG))

    @main_thread_only(INTERRUPTS)
    def test_threads(self) -> None:
        """The thread is not among those that people count."""
        before = threading.active_count()
        self.run_limited(lambda: time.sleep(LONG))
        self.assertEqual(before, threading.active_count())

    def run_script(
        self, script: str, *, measured: bool = True
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "always", "-c", textwrap.dedent(script)]
        paths = [path or os.curdir for path in sys.path]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        if not measured:
            for name in [name for name in environment if name.startswith("COVERAGE_")]:
                del environment[name]
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def test_fork(self) -> None:
        """There is no thread while a process forks; both processes go on as they should."""
        result = self.run_script(
            """
            import os, time
            from asynctesting.hangs import TimeLimit, TimeLimitExceeded, _watchdog

            def stage():
                for _ in range(20):
                    child = os.fork()
                    if child == 0:
                        assert not _watchdog.armed
                        hang()
                        os._exit(7)
                    assert os.waitpid(child, 0)[1] == 7 << 8
                hang()

            def hang():
                limit = TimeLimit(0.05)
                limit.start()
                try:
                    limit.run(time.sleep, 30)
                except TimeLimitExceeded:
                    limit.stop()

            limit = TimeLimit(30)
            limit.start()
            limit.run(stage)
            limit.stop()
            print("well")
            """
        )
        self.assertEqual(("", "well\n"), (result.stderr, result.stdout))

    def test_fork_in_this_process(self) -> None:
        """The thread is ended before a fork, and goes on after it if something is armed."""
        watchdog = hangs._Watchdog()
        watchdog.hooked = True
        watchdog.before_fork()
        watchdog.after_fork()
        self.assertFalse(watchdog.running)
        watchdog.wake()
        self.assertTrue(watchdog.running)
        watchdog.before_fork()
        self.assertFalse(watchdog.running)
        watchdog.armed.add(TimeLimit(LONG))
        self.addCleanup(watchdog.armed.clear)
        watchdog.after_fork()
        self.assertTrue(watchdog.running)
        with unittest.mock.patch("os.path.exists", side_effect=[True] * 200) as exists:
            watchdog.before_fork()
        self.assertEqual(200, exists.call_count)
        watchdog._knocks.append(signal.SIGURG)  # which takes the place of after_fork()
        watchdog.after_fork()
        self.assertFalse(watchdog.running)
        watchdog.on_signal(signal.SIGURG, None)
        self.assertTrue(watchdog.running)
        thread = threading.Thread(target=watchdog.before_fork)
        thread.start()
        thread.join()
        self.assertFalse(watchdog.running)
        self.assertEqual([], watchdog._knocks)

    def test_what_cannot_be_interrupted(self) -> None:
        """The process is ended, and every stack told."""
        result = self.run_script(
            """
            import threading, time
            from asynctesting.hangs import TimeLimit

            def hang_outside_of_the_main_thread():
                limit = TimeLimit(0.05, patience=0.2)
                limit.start()
                limit.run(time.sleep, 30)

            thread = threading.Thread(target=hang_outside_of_the_main_thread)
            thread.start()
            thread.join()
            """
        )
        self.assertEqual(70, result.returncode)
        self.assertIn(
            "asynctesting: the time limit of 0.05 s was exceeded, and for 0.2 s more the test "
            "could not be interrupted: the process ends "
            "(what blocks outside of Python, in a thread other than the main one, nobody can wake)\n",
            result.stderr,
        )
        self.assertIn("in hang_outside_of_the_main_thread", result.stderr)
        self.assertIn("in join", result.stderr)

    def test_garbage(self) -> None:
        """Garbage whose finalizer never ends does not end the watch."""
        result = self.run_script(
            """
            import asyncio, gc, time
            from asynctesting.hangs import TimeLimit, TimeLimitExceeded, report

            class Stubborn:
                def __init__(self):
                    self.itself = self
                def __del__(self):
                    while True:
                        time.sleep(1)

            def hang():
                gc.set_threshold(1, 1, 1)  # the next to allocate collects
                lock.acquire()

            def describe():
                return repr([[] for _ in range(1000)])[:1]

            import threading
            lock = threading.Lock()
            lock.acquire()
            limit = TimeLimit(0.05, describe)
            limit.start()
            gc.disable()
            Stubborn()
            gc.enable()
            try:
                limit.run(hang)
            except TimeLimitExceeded:
                print("well", flush=True)
            import os
            os._exit(0)
            """,
            measured=False,  # else the garbage is collected, and hangs, in coverage's own code
        )
        self.assertEqual("well\n", result.stdout)


class DebuggerTests(unittest.TestCase):
    def under_debugger(self) -> bool:
        return hangs.under_debugger(sys._getframe())

    def test_none(self) -> None:
        """A trace function is no debugger."""
        with unittest.mock.patch.dict(sys.modules):
            sys.modules.pop("pydevd", None)
            self.assertFalse(self.under_debugger())

    def test_pdb(self) -> None:
        """One that is built on bdb is, while it steps or waits for a command."""
        debugger = bdb.Bdb()
        debugger.reset()
        previous = sys.gettrace()
        try:
            found = debugger.runcall(self.under_debugger)
        finally:
            sys.settrace(previous)
        self.assertTrue(found)
        # What it leaves behind on the frames around a stage does not count.
        outer = sys._getframe()
        outer.f_trace = debugger.trace_dispatch
        try:
            self.assertFalse(TimeLimit(None).run(self.under_debugger))
        finally:
            del outer.f_trace
        frame = unittest.mock.Mock(f_trace=debugger.trace_dispatch, f_globals={"__name__": "cats"})
        self.assertTrue(hangs.under_debugger(frame))
        frame = unittest.mock.Mock(f_trace=None, f_globals={"__name__": "pdb"})
        self.assertTrue(hangs.under_debugger(frame))

    def test_pydevd(self) -> None:
        """So is that of PyCharm and VS Code."""
        with unittest.mock.patch.dict(sys.modules, pydevd=unittest.mock.Mock()):
            self.assertTrue(self.under_debugger())

    def test_monitoring(self) -> None:
        """So is whoever has registered as the debugger, from Python 3.12 on."""
        for tool in ("a debugger", None):
            monitoring = unittest.mock.Mock(DEBUGGER_ID=0)
            monitoring.get_tool.return_value = tool
            with unittest.mock.patch("sys.monitoring", monitoring, create=True):
                self.assertEqual(tool is not None, self.under_debugger())


class ReportTests(unittest.TestCase):
    def test_nothing(self) -> None:
        """Where nothing is known, nothing is said."""
        self.assertEqual("", report())

    def test_loop_alone(self) -> None:
        """Without a thread there are the tasks."""

        async def main() -> str:
            return report(asyncio.get_running_loop())

        self.assertRegex(asyncio.run(main()), r"\Atask '[^']+' is running\n    .* in .*main: ")

    def test_handler(self) -> None:
        """Our own signal handler on the stack is no news."""
        ident = threading.get_ident()
        limit = TimeLimit(LONG, describe=lambda: report(thread=ident))
        place = waits.Place("_Watchdog.on_signal", "", 0, "", hangs.__name__)
        users = waits.Place("herd", "cats.py", 7, "time.sleep(1)", "cats")
        with unittest.mock.patch.object(waits, "thread_stack", return_value=[users, place]):
            limit._expire(0)
        told = str(limit.error())
        self.assertIn("the thread was at\n    cats.py:7 in herd: time.sleep(1)\n", told)

    def test_stacks(self) -> None:
        """What is told of a thread is what lies within the stage, or within a callback."""

        def place(module: str, function: str) -> waits.Place:
            return waits.Place(function, "cats.py", 7, "", module)

        script, main = place("__main__", "main"), place("cats", "main")
        run = place("asynctesting.hangs", "TimeLimit.run")
        once = place("asyncio.base_events", "BaseEventLoop._run_once")
        handle = place("asyncio.events", "Handle._run")
        herd, get = place("cats", "herd"), place("queue", "Queue.get")
        select = place("selectors", "EpollSelector.select")
        idle = "the thread was idle, in its event loop"
        built_in = "the thread was in a function that is not written in Python"
        at = "the thread was at\n    cats.py:7 in "
        for running, stack, expected in (
            (True, [script, run, once, select], idle),
            (True, [script, run], idle),
            (False, [script, run], built_in),
            (False, [], built_in),
            (True, [script, run, main, once, handle], built_in),
            (True, [script, run, main, once, handle, herd], at + "herd"),
            (True, [script, run, once, handle, herd, get], at + "herd\n    in queue.Queue.get"),
            (False, [script, run, main, herd], at + "main\n    cats.py:7 in herd"),
        ):
            loop = unittest.mock.Mock()
            loop.is_running.return_value = running
            with (
                self.subTest(expected),
                unittest.mock.patch.object(waits, "thread_stack", return_value=stack),
                unittest.mock.patch("asyncio.all_tasks", return_value=set()),
            ):
                self.assertEqual(expected, report(loop, thread=1))

    def test_depth(self) -> None:
        """A deep stack is told by its ends."""

        def deeper(depth: int) -> str:
            return deeper(depth - 1) if depth else report(thread=threading.get_ident())

        text = TimeLimit(None).run(deeper, 20)
        self.assertIn("    ... 14 more ...\n", text)
        self.assertLess(len(text.splitlines()), 11)


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: object) -> Any:
    setup = main_thread_only(INTERRUPTS)(lambda test: None)
    tests.addTests(doctest.DocTestSuite(hangs, setUp=setup))
    return tests


if __name__ == "__main__":
    unittest.main()
