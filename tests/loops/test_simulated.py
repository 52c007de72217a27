"""Tests of asynctesting.loops.simulated: time that jumps, and what it must not jump past."""

import asyncio
import contextvars
import doctest
import functools
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import Future, ThreadPoolExecutor
from unittest import mock

import asynctesting
import tests.support
from asynctesting import DeadlockError, LoopTimeExceeded
from asynctesting.loops import background, simulated
from asynctesting.loops.clock import SECOND
from asynctesting.loops.livelock import Treadmill
from asynctesting.loops.simulated import SimulatedLoop
from tests.support import HANDLERS, main_thread_only


#: Real seconds for which somebody outside is at work: longer than a healthy jump, shorter than the
#: patience of the clock.
WORK = 0.05

#: Seconds of loop time that are over at once if time jumps, and never if it waits for the work.
SOON = 0.001

#: Real seconds that are not reached but by waiting in real time.
LONG = 30


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(simulated))
    return tests


def live(main, *, debug=None, **options):
    """Run *main* to its end on a simulated loop."""
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(**options), debug=debug) as runner:
        return runner.run(main)


def on_simulated_loop(test):
    """Let a test be a coroutine function that runs on a simulated loop."""

    @functools.wraps(test)
    def run(self):
        live(test(self))

    return run


class PatientTestCase(unittest.TestCase):
    """The clock is held for as long as it takes, on a machine that has other things to do."""

    def setUp(self):
        patience = mock.patch.multiple(simulated, PATIENCE=LONG * SECOND, THREAD=LONG)
        patience.start()
        self.addCleanup(patience.stop)


def now():
    """Loop time."""
    return asyncio.get_running_loop().time()


class ClockTests(unittest.TestCase):
    """Integer nanoseconds inside, float seconds outside."""

    @on_simulated_loop
    async def test_ten_tenths_are_one(self):
        """Ten sleeps of 0.1 make exactly 1.0."""
        for _ in range(10):
            await asyncio.sleep(0.1)
        self.assertEqual(1.0, now())

    @on_simulated_loop
    async def test_a_thousand_nanoseconds(self):
        """A thousand sleeps of a nanosecond make a microsecond, none too early."""
        for number in range(1000):
            self.assertEqual(number / 1e9, now())
            await asyncio.sleep(1e-9)
        self.assertEqual(1e-6, now())

    @on_simulated_loop
    async def test_a_third(self):
        """What has no end in binary is rounded, and does not pile up."""
        for _ in range(3000):
            await asyncio.sleep(1 / 3)
        self.assertAlmostEqual(1000, now(), delta=3000 * 0.5e-9)

    @on_simulated_loop
    async def test_a_billion_seconds(self):
        """They take no time, and are exact."""
        started = time.monotonic()
        await asyncio.sleep(1e9)
        self.assertEqual(1e9, now())
        await asyncio.sleep(1)
        self.assertEqual(1e9 + 1, now())
        self.assertLess(time.monotonic() - started, LONG)

    @on_simulated_loop
    async def test_beyond_all_measure(self):
        """So do the largest numbers."""
        for seconds in (1e15, 1e18, 1e300):
            await asyncio.sleep(seconds)
            self.assertGreaterEqual(now(), seconds)
        await asyncio.sleep(1e308)
        await asyncio.sleep(1)

    @on_simulated_loop
    async def test_more_than_a_day(self):
        """asyncio waits for a day at most; time does not stop there."""
        for days in (1, 2, 10, 1000):
            before = now()
            await asyncio.sleep(days * 86400)
            self.assertEqual(before + days * 86400, now())

    @on_simulated_loop
    async def test_nothing_and_less(self):
        """To sleep for zero or less takes no time."""
        for seconds in (0, 0.0, -1, -1e9, -math.inf):
            await asyncio.sleep(seconds)
            self.assertEqual(0.0, now())

    @on_simulated_loop
    async def test_it_stands_still_while_anything_is_ready(self):
        """However long the callbacks take, in real time."""
        for _ in range(5):
            time.sleep(0.002)
            await asyncio.sleep(0)
        self.assertEqual(0.0, now())

    def test_a_late_start(self):
        """A clock may start late, and still is exact and spins nowhere."""

        async def main():
            begun = now()
            for _ in range(100):
                await asyncio.sleep(0.25)
            async with asyncio.timeout(1):
                await asyncio.sleep(0.5)
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(2)
            return now() - begun

        for start in (1e6, 1e7, 2**24, 1e9, 1.7e9, 1e12, 1e15, -5, -1e9):
            with self.subTest(start=start):
                self.assertEqual(26.5, live(main(), start=start))

    def test_tiny_steps_at_a_late_time(self):
        """Steps that are smaller than what floats can tell apart do not spin."""

        async def main():
            for _ in range(1000):
                await asyncio.sleep(1e-9)
                await asyncio.sleep(1e-7)

        live(main(), start=1e9)

    @on_simulated_loop
    async def test_the_resolution(self):
        """It is a nanosecond, or two steps of floats."""
        loop = asyncio.get_running_loop()
        self.assertEqual(1e-9, loop._clock_resolution)
        await asyncio.sleep(1e9)
        self.assertEqual(2 * math.ulp(1e9), loop._clock_resolution)

    def test_what_is_no_time(self):
        """It is refused where it is written."""
        for options in ({"start": "5"}, {"start": math.inf}, {"until": math.nan}):
            with self.subTest(options=options), self.assertRaises(ValueError) as caught:
                SimulatedLoop(**options)
            ((name, value),) = options.items()
            self.assertEqual(
                f"{name} must be a number of seconds of loop time, not {value!r}",
                str(caught.exception),
            )

    def test_several_runs_have_one_clock(self):
        """Where one run ends the next one goes on."""
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            for number in range(1, 4):
                runner.run(asyncio.sleep(5))
                self.assertEqual(5.0 * number, runner.get_loop().time())
                self.assertEqual(5.0 * number, runner.get_loop().clock.time())


class WokenTests(unittest.TestCase):
    """A loop that is woken by its own pair of sockets."""

    def test_too_late(self):
        """Whoever wakes it when it has been closed meanwhile, wakes nobody, as with asyncio."""
        loop = SimulatedLoop()
        loop._write_to_self()
        self.assertTrue(loop._selector.is_woken)
        loop.close()
        self.assertIsNone(loop._write_to_self())


class TimerTests(unittest.TestCase):
    @on_simulated_loop
    async def test_ties_are_called_in_the_order_in_which_they_were_set(self):
        """However they were set: a hundred timers of one moment."""
        order = []
        loop = asyncio.get_running_loop()
        for number in range(100):
            if number % 2:
                loop.call_at(5, order.append, number)
            else:
                loop.call_later(5, order.append, number)
        await asyncio.sleep(6)
        self.assertEqual(list(range(100)), order)

    @on_simulated_loop
    async def test_ties_are_ties_although_floats_differ(self):
        """0.1 + 0.2 is the same moment as 0.3."""
        order = []
        loop = asyncio.get_running_loop()
        loop.call_at(0.1 + 0.2, order.append, "first")
        loop.call_at(0.3, order.append, "second")
        await asyncio.sleep(1)
        self.assertEqual(["first", "second"], order)

    @on_simulated_loop
    async def test_sleepers_of_one_moment_wake_in_order(self):
        """Those that fell asleep first."""
        order = []

        async def sleeper(number):
            await asyncio.sleep(7)
            order.append(number)

        await asyncio.gather(*map(sleeper, range(50)))
        self.assertEqual(list(range(50)), order)

    @on_simulated_loop
    async def test_times_go_before_order(self):
        """The earlier one is called first, whenever it was set."""
        seen = []
        loop = asyncio.get_running_loop()
        for delay in (3, 1, 2, 1e-9, 0.5):
            loop.call_later(delay, lambda: seen.append(loop.time()))
        await asyncio.sleep(4)
        self.assertEqual([1e-9, 0.5, 1.0, 2.0, 3.0], seen)

    @on_simulated_loop
    async def test_in_the_past(self):
        """What was due is called in the next turn, and time does not go back."""
        await asyncio.sleep(10)
        loop = asyncio.get_running_loop()
        seen = []
        for when in (5, -1, -math.inf):
            loop.call_at(when, lambda: seen.append(loop.time()))
        loop.call_later(-3, lambda: seen.append(loop.time()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.assertEqual([10.0] * 4, seen)

    @on_simulated_loop
    async def test_cancelled_timers_move_no_time(self):
        """Nobody waits for them, neither few nor many."""
        loop = asyncio.get_running_loop()
        for number in (1, 10, 500):
            timers = [loop.call_later(1 + extra, self.fail) for extra in range(number)]
            for timer in timers:
                timer.cancel()
            before = loop.time()
            await asyncio.sleep(0.5)
            self.assertEqual(before + 0.5, loop.time())

    def test_only_a_cancelled_timer_is_a_deadlock(self):
        """It is no timer."""

        async def main():
            asyncio.get_running_loop().call_later(1, print).cancel()
            await asyncio.Event().wait()

        with self.assertRaises(DeadlockError):
            live(main())

    @on_simulated_loop
    async def test_a_timer_tells_when(self):
        """As it was told, to the last bit."""
        loop = asyncio.get_running_loop()
        timer = loop.call_at(0.1 + 0.2, print)
        self.assertEqual(0.1 + 0.2, timer.when())
        self.assertIsInstance(timer, asyncio.TimerHandle)
        self.assertRegex(repr(timer), r"^<TimerHandle when=0\.3")
        timer.cancel()
        self.assertTrue(timer.cancelled())

    @on_simulated_loop
    async def test_a_timer_has_its_context_and_arguments(self):
        """As on any loop."""
        import contextvars

        variable = contextvars.ContextVar("variable", default=0)
        context = contextvars.copy_context()
        context.run(variable.set, 5)
        seen = []
        loop = asyncio.get_running_loop()
        loop.call_later(1, lambda *a: seen.append((variable.get(), a)), 1, 2, context=context)
        loop.call_at(1, lambda: seen.append(variable.get()))
        await asyncio.sleep(2)
        self.assertEqual([(5, (1, 2)), 0], seen)

    def test_what_is_no_time_is_refused(self):
        """As asyncio does it; also on a loop that is closed, and in debug mode on another thread."""
        loop = SimulatedLoop()
        with self.assertRaisesRegex(TypeError, "when cannot be None"):
            loop.call_at(None, print)
        with self.assertRaisesRegex(TypeError, "delay must not be None"):
            loop.call_later(None, print)
        loop.set_debug(True)
        with self.assertRaisesRegex(TypeError, "coroutines cannot be used"):
            loop.call_later(1, asyncio.sleep)
        loop.close()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            loop.call_later(1, print)

    def test_not_a_number_never_comes(self):
        """It keeps nobody else from being called."""

        async def main():
            loop = asyncio.get_running_loop()
            loop.call_at(math.nan, self.fail)
            loop.call_at(math.inf, self.fail)
            await asyncio.sleep(5)
            return loop.time()

        self.assertEqual(5.0, live(main()))

    @on_simulated_loop
    async def test_debug_mode_tells_who_has_set_a_timer(self):
        """The line of the caller is the last one of its history."""
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        for timer in (loop.call_later(1, print), loop.call_at(1, print)):
            self.assertEqual(__file__, timer._source_traceback[-1].filename)
            timer.cancel()


class WaitingTests(unittest.TestCase):
    """All that asyncio waits with."""

    @on_simulated_loop
    async def test_a_timeout(self):
        """It goes off at its time, and not before."""
        async with asyncio.timeout(4):
            await asyncio.sleep(3.999)
        self.assertEqual(3.999, now())
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(4):
                await asyncio.sleep(5)
        self.assertEqual(7.999, now())

    @on_simulated_loop
    async def test_nested_timeouts(self):
        """The one that is due first goes off, alone."""
        async with asyncio.timeout(10) as outer:
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(5) as inner:
                    async with asyncio.timeout(7):
                        await asyncio.sleep(100)
            self.assertTrue(inner.expired())
            self.assertEqual(5.0, now())
        self.assertFalse(outer.expired())

    @on_simulated_loop
    async def test_a_timeout_of_the_same_moment(self):
        """What was set first wins: the timeout, which was."""
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(5)

    @on_simulated_loop
    async def test_timeout_at_and_reschedule(self):
        """They take loop time."""
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout_at(3) as scope:
                await asyncio.sleep(2)
                scope.reschedule(now() + 3)
                await asyncio.sleep(10)
        self.assertEqual(5.0, now())

    @on_simulated_loop
    async def test_wait_for(self):
        """It ends with what it waits for, or at its time."""
        self.assertEqual("cat", await asyncio.wait_for(asyncio.sleep(3, "cat"), 5))
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 5)
        self.assertEqual(8.0, now())

    @on_simulated_loop
    async def test_wait(self):
        """It splits what is done from what is pending."""
        tasks = [asyncio.create_task(asyncio.sleep(seconds)) for seconds in (1, 2, 3)]
        done, pending = await asyncio.wait(tasks, timeout=2.5)
        self.assertEqual((2, 1), (len(done), len(pending)))
        self.assertEqual(2.5, now())
        await asyncio.wait(tasks)
        self.assertEqual(3.0, now())

    @on_simulated_loop
    async def test_a_queue(self):
        """Get and put, within their time."""
        queue = asyncio.Queue(1)
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(queue.get(), 2)
        asyncio.get_running_loop().call_later(3, queue.put_nowait, "cat")
        self.assertEqual("cat", await asyncio.wait_for(queue.get(), 4))
        self.assertEqual(5.0, now())

    @on_simulated_loop
    async def test_a_task_group(self):
        """It lasts as long as the longest of its tasks."""
        async with asyncio.TaskGroup() as group:
            for seconds in (5, 1, 3):
                group.create_task(asyncio.sleep(seconds))
        self.assertEqual(5.0, now())

    @on_simulated_loop
    async def test_as_completed(self):
        """In the order of their times."""
        waiting = [asyncio.sleep(seconds, seconds) for seconds in (3, 1, 2)]
        self.assertEqual([1, 2, 3], [await one for one in asyncio.as_completed(waiting)])

    @unittest.skipUnless(hasattr(asyncio, "eager_task_factory"), "from 3.12 on")
    @on_simulated_loop
    async def test_eager_tasks(self):
        """They sleep like all others."""
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        tasks = [asyncio.create_task(asyncio.sleep(seconds, seconds)) for seconds in (2, 0, 1)]
        self.assertEqual([2, 0, 1], await asyncio.gather(*tasks))
        self.assertEqual(2.0, now())

    @on_simulated_loop
    async def test_tasks_and_futures_are_asyncios_own(self):
        """Those that are written in C, where there are such."""
        loop = asyncio.get_running_loop()
        self.assertIs(asyncio.Future, type(loop.create_future()))
        self.assertIs(asyncio.Task, type(asyncio.current_task()))
        self.assertIs(SimulatedLoop._run_once, asyncio.BaseEventLoop._run_once)


class ManyTests(unittest.TestCase):
    @on_simulated_loop
    async def test_ten_thousand_sleepers(self):
        """They all wake at their time."""
        seen = []

        async def sleeper(number):
            await asyncio.sleep(number % 100)
            seen.append(now() == number % 100)

        await asyncio.gather(*map(sleeper, range(10_000)))
        self.assertEqual([True] * 10_000, seen)
        self.assertEqual(99.0, now())

    @on_simulated_loop
    async def test_a_day_of_heartbeats(self):
        """Each second there is one, and the test goes on when the day is over."""
        beats = []

        async def heart():
            while True:
                await asyncio.sleep(1)
                beats.append(now())

        task = asyncio.create_task(heart())
        await asyncio.sleep(86400.5)
        task.cancel()
        self.assertEqual(list(range(1, 86401)), beats)


class OutsideTests(PatientTestCase):
    """No timeout goes off early because time jumped past work in flight, and nothing is a false deadlock."""

    @on_simulated_loop
    async def test_a_job(self):
        """Of the default executor, and of to_thread()."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SOON):
            await asyncio.to_thread(time.sleep, WORK)
            await loop.run_in_executor(None, time.sleep, WORK)
        self.assertEqual(0.0, now())

    @on_simulated_loop
    async def test_a_job_without_a_timer(self):
        """It is waited for."""
        self.assertEqual("cat", await asyncio.to_thread(lambda: time.sleep(WORK) or "cat"))

    @on_simulated_loop
    async def test_a_job_of_another_executor(self):
        """Whoever made it."""
        with ThreadPoolExecutor(1) as executor:
            async with asyncio.timeout(SOON):
                await asyncio.get_running_loop().run_in_executor(executor, time.sleep, WORK)
                await asyncio.wrap_future(executor.submit(time.sleep, WORK))
        self.assertEqual(0.0, now())

    @on_simulated_loop
    async def test_a_wrapped_future(self):
        """Somebody sets it, on a thread."""
        future = Future()
        threading.Timer(WORK, future.set_result, ["cat"]).start()
        async with asyncio.timeout(SOON):
            self.assertEqual("cat", await asyncio.wrap_future(future))

    @on_simulated_loop
    async def test_a_thread_that_calls_in(self):
        """Later, and again."""
        loop = asyncio.get_running_loop()
        seen = []
        came = asyncio.Event()

        def run():
            for number in range(3):
                time.sleep(WORK)
                loop.call_soon_threadsafe(seen.append, number)
            loop.call_soon_threadsafe(came.set)

        thread = threading.Thread(target=run)
        thread.start()
        async with asyncio.timeout(SOON):
            await came.wait()
        thread.join()
        self.assertEqual([0, 1, 2], seen)

    @on_simulated_loop
    async def test_a_thread_that_waits_for_the_loop(self):
        """A job that waits for a timer gets it: time runs with real time at last."""
        loop = asyncio.get_running_loop()

        async def nap():
            await asyncio.sleep(0.05)
            return "cat"

        def job():
            return asyncio.run_coroutine_threadsafe(nap(), loop).result(LONG)

        with mock.patch.object(simulated, "PATIENCE", SECOND // 20):
            self.assertEqual("cat", await asyncio.to_thread(job))

    @on_simulated_loop
    async def test_a_job_that_waits_for_the_loop_holds_no_time(self):
        """Nobody but a timer can end it: an hour takes no time."""
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        nap = functools.partial(asyncio.sleep, 3600, "cat")
        call = asyncio.run_coroutine_threadsafe
        self.assertEqual("cat", await asyncio.to_thread(lambda: call(nap(), loop).result()))
        event = threading.Event()
        loop.call_later(3600, event.set)
        await asyncio.to_thread(event.wait)
        self.assertEqual(7200.0, loop.time())
        self.assertLess(time.monotonic() - started, LONG)

    @on_simulated_loop
    async def test_a_long_job_has_time_run_with_it(self):
        """After half a real second a timeout goes off, at its time."""
        go_on = threading.Event()
        with mock.patch.object(simulated, "PATIENCE", SECOND // 20):
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await asyncio.to_thread(go_on.wait, LONG)
        go_on.set()
        self.assertEqual(0.05, now())

    @on_simulated_loop
    async def test_each_job_is_given_its_time(self):
        """Time stands still anew when another one begins; but not for ever."""
        loop = asyncio.get_running_loop()
        half, real = SECOND // 2, 1000 * SECOND
        with mock.patch.multiple(simulated, PATIENCE=half, IMPATIENCE=3 * SECOND):
            with mock.patch.object(simulated.realtime, "nanoseconds", lambda: real):
                loop._youngest = real
                loop._flow(math.inf)
                for begun, until, expected in (
                    (0.0, 0.4, 0.0),
                    (0.4, 0.8, 0.0),
                    (0.4, 1.0, 0.1),
                    (1.0, 1.4, 0.1),
                    (2.6, 2.8, 1.4),
                    (2.7, 2.9, 1.5),
                ):
                    loop._youngest = 1000 * SECOND + int(begun * SECOND)
                    real = 1000 * SECOND + int(until * SECOND)
                    loop._flow(math.inf)
                    self.assertAlmostEqual(expected, loop.time(), msg=(begun, until))
        loop._held_since = None

    @on_simulated_loop
    async def test_time_jumps_again_when_the_job_has_ended(self):
        """The rest of a day takes no time."""
        started = time.monotonic()
        nap = asyncio.create_task(asyncio.sleep(86400))
        await asyncio.to_thread(time.sleep, WORK)
        await nap
        self.assertEqual(86400.0, now())
        self.assertLess(time.monotonic() - started, LONG)

    @on_simulated_loop
    async def test_a_subprocess(self):
        """Its output and its end are waited for."""
        code = f"import time; time.sleep({WORK}); print('cat')"
        async with asyncio.timeout(SOON):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-S", "-c", code, stdout=subprocess.PIPE
            )
            self.assertEqual(b"cat\n", (await process.stdout.readline()).replace(b"\r", b""))
            self.assertEqual(0, await process.wait())

    @on_simulated_loop
    async def test_streams(self):
        """Of a server and a client on this loop: what is under way arrives before time moves."""

        async def serve(reader, writer):
            while line := await reader.readline():
                await asyncio.sleep(100)
                writer.write(line.upper())
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            for number in range(1, 20):
                async with asyncio.timeout(100.001):
                    writer.write(b"cat\n")
                    self.assertEqual(b"CAT\n", await reader.readline())
                self.assertEqual(100.0 * number, now())
            writer.close()
            await writer.wait_closed()

    @on_simulated_loop
    async def test_a_lot_of_data(self):
        """More than fits into the buffers on the way, with a reader that takes its time."""
        size = 4_000_000

        async def serve(reader, writer):
            await asyncio.sleep(1000)
            writer.write(str(len(await reader.readexactly(size))).encode())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            async with asyncio.timeout(1000.001):
                writer.write(bytes(size))
                await writer.drain()
                self.assertEqual(str(size).encode(), await reader.read())
            writer.close()
            await writer.wait_closed()
        self.assertEqual(1000.0, now())

    @on_simulated_loop
    async def test_a_server_that_listens_holds_no_time(self):
        """Nobody is about to come."""
        started = time.monotonic()
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        async with server:
            for _ in range(1000):
                await asyncio.sleep(86400)
        self.assertLess(time.monotonic() - started, LONG)

    @on_simulated_loop
    async def test_a_client_elsewhere(self):
        """A thread with a blocking socket calls a server on this loop."""

        def call(address):
            time.sleep(WORK)
            with socket.create_connection(address) as sock:
                time.sleep(WORK)
                sock.sendall(b"cat\n")
                return sock.recv(100)

        async def serve(reader, writer):
            async with asyncio.timeout(SOON):
                writer.write((await reader.readline()).upper())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            address = server.sockets[0].getsockname()
            async with asyncio.timeout(SOON):
                self.assertEqual(b"CAT\n", await asyncio.to_thread(call, address))

    def test_a_server_elsewhere(self):
        """It was there before, on a thread that knows nothing of the loop, and takes a while to answer."""
        listening = socket.create_server(("127.0.0.1", 0))

        def serve():
            sock, _ = listening.accept()
            with sock:
                while data := sock.recv(100):
                    time.sleep(WORK)
                    sock.sendall(data.upper())

        thread = threading.Thread(target=serve)
        thread.start()

        async def main():
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            for _ in range(3):
                await asyncio.sleep(3600)
                async with asyncio.timeout(SOON):
                    writer.write(b"cat\n")
                    self.assertEqual(b"CAT\n", await reader.readline())
            writer.close()
            await writer.wait_closed()

        with listening:
            live(main())
            thread.join()

    @unittest.skipUnless(hasattr(asyncio.SelectorEventLoop, "add_reader"), "no readers")
    @on_simulated_loop
    async def test_a_pair_of_sockets(self):
        """What is written to one end is read from the other, and time does not wait for more."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            seen = []
            came = asyncio.Event()

            def read():
                seen.append((loop.time(), ours.recv(100)))
                came.set()

            loop.add_reader(ours, read)
            loop.call_later(3600, theirs.send, b"cat")
            started = time.monotonic()
            async with asyncio.timeout(3601):
                await came.wait()
            self.assertEqual([(3600.0, b"cat")], seen)
            self.assertLess(time.monotonic() - started, LONG)

            came.clear()
            threading.Timer(WORK, theirs.send, [b"dog"]).start()
            async with asyncio.timeout(SOON):
                await came.wait()
            self.assertTrue(loop.remove_reader(ours))
        self.assertEqual(b"dog", seen[-1][1])

    @on_simulated_loop
    async def test_socket_functions(self):
        """sock_recv() and its like."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            loop.call_later(10, theirs.send, b"cat")
            self.assertEqual(b"cat", await asyncio.wait_for(loop.sock_recv(ours, 100), 11))
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(loop.sock_recv(ours, 100), 11)
        self.assertEqual(21.0, loop.time())

    @on_simulated_loop
    async def test_datagrams(self):
        """They arrive before time moves."""
        loop = asyncio.get_running_loop()
        came = loop.create_future()

        class Protocol(asyncio.DatagramProtocol):
            def datagram_received(self, data, address):
                came.set_result(data)

        ours, _ = await loop.create_datagram_endpoint(Protocol, ("127.0.0.1", 0))
        theirs, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=ours.get_extra_info("sockname")
        )
        theirs.sendto(b"cat")
        self.assertEqual(b"cat", await asyncio.wait_for(came, SOON))
        ours.close()
        theirs.close()

    @unittest.skipUnless(hasattr(signal, "SIGUSR1"), "no such signals")
    @on_simulated_loop
    @main_thread_only(HANDLERS)
    async def test_signals(self):
        """They come from this process, from a thread, and from the system's timer."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, came.set)
        loop.call_later(5, os.kill, os.getpid(), signal.SIGUSR1)
        async with asyncio.timeout(5.001):
            await came.wait()
        self.assertEqual(5.0, loop.time())

        came.clear()
        threading.Timer(WORK, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        async with asyncio.timeout(SOON):
            await came.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

        came.clear()
        loop.add_signal_handler(signal.SIGALRM, came.set)
        signal.setitimer(signal.ITIMER_REAL, WORK)
        async with asyncio.timeout(SOON):
            await came.wait()
        loop.remove_signal_handler(signal.SIGALRM)

    @unittest.skipUnless(hasattr(signal, "setitimer"), "no such timers")
    @on_simulated_loop
    @main_thread_only(HANDLERS)
    async def test_a_plain_signal_handler(self):
        """One that is not the loop's, but knows it."""
        loop = asyncio.get_running_loop()
        came = asyncio.Event()

        def handler(number, frame):
            loop.call_soon_threadsafe(came.set)

        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, WORK)
            async with asyncio.timeout(SOON):
                await came.wait()
        finally:
            signal.signal(signal.SIGALRM, before)

    @on_simulated_loop
    async def test_looking_up_a_name(self):
        """asyncio does it in its executor."""
        async with asyncio.timeout(SOON):
            await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)

    def test_closing_waits_for_jobs(self):
        """asyncio waits for its executor, for five minutes if need be: of real time."""

        async def main():
            asyncio.get_running_loop().run_in_executor(None, time.sleep, WORK)

        live(main())

    @on_simulated_loop
    async def test_an_idle_thread_holds_no_time(self):
        """Neither one of an executor, nor one that waits for work."""
        import queue

        work = queue.Queue()
        thread = threading.Thread(target=work.get)
        thread.start()
        await asyncio.to_thread(int)
        started = time.monotonic()
        for _ in range(100):
            await asyncio.sleep(86400)
        self.assertLess(time.monotonic() - started, LONG)
        work.put(None)
        thread.join()


class LookingTests(unittest.TestCase):
    """What happens while the loop looks for whatever may still come from outside."""

    def test_what_becomes_ready_meanwhile_is_run(self):
        """As by a destructor: without a descriptor that tells, it is neither a deadlock nor a wait."""

        async def main():
            loop, event = asyncio.get_running_loop(), asyncio.Event()
            look = loop._look_outside

            def destroy():
                loop.call_soon(event.set)
                return look()

            with mock.patch.object(loop, "_look_outside", destroy):
                await event.wait()
            return now()

        self.assertEqual(0.0, live(main()))


class PollingTests(PatientTestCase):
    """Whoever asks again and again is charged for it, so that it ends."""

    @on_simulated_loop
    async def test_for_a_moment(self):
        """Who looks at the clock is late by a five hundredth at most."""
        for seconds in (SOON, 1, 3600, 1e9):
            deadline = now() + seconds
            while now() < deadline:
                await asyncio.sleep(0)
            self.assertLessEqual(now() - deadline, seconds / 400)

    @on_simulated_loop
    async def test_by_the_clock(self):
        """The same for who looks at the clock itself."""
        clock = asyncio.get_running_loop().clock
        while clock.time() < 10:
            await asyncio.sleep(0)
        self.assertLess(clock.time(), 10.2)

    @on_simulated_loop
    async def test_for_a_timer(self):
        """Who waits for what a timer does gets it, and the timer its moment."""
        loop = asyncio.get_running_loop()
        seen = []
        loop.call_later(SOON, lambda: seen.append(loop.time()))
        while not seen:
            await asyncio.sleep(0)
        self.assertEqual([SOON], seen)

    @on_simulated_loop
    async def test_with_callbacks(self):
        """It need not be a task."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def poll():
            if loop.time() < 5:
                loop.call_soon(poll)
            else:
                done.set()

        poll()
        await done.wait()
        self.assertLess(loop.time(), 5.1)

    @on_simulated_loop
    async def test_for_work_outside(self):
        """No timeout goes off meanwhile, within the patience of the clock."""
        enough = []
        job = asyncio.get_running_loop().run_in_executor(None, self.work, enough)
        await self.poll(job.done, enough)

    @staticmethod
    def work(enough):
        """Work in a thread: one that only waits for others would not hold time."""
        while not enough:
            time.sleep(0.001)

    async def poll(self, is_over, enough):
        """Ask whether it is over, for more turns than are free; then let it be."""
        turns = 0
        try:
            async with asyncio.timeout(SOON):
                while not is_over():
                    turns += 1
                    if turns == 10 * simulated.BUSY:
                        enough.append(True)
                    await asyncio.sleep(0)
        finally:
            enough.append(True)
        self.assertGreaterEqual(turns, 10 * simulated.BUSY)
        self.assertEqual(0.0, now())

    @on_simulated_loop
    async def test_for_a_thread(self):
        """Whoever it is that ends."""
        enough = []
        thread = threading.Thread(target=self.work, args=[enough])
        thread.start()
        await self.poll(lambda: not thread.is_alive(), enough)

    @on_simulated_loop
    async def test_honest_work_is_not_charged(self):
        """Two tasks that wake each other take no time, however often."""
        ping, pong = asyncio.Queue(), asyncio.Queue()

        async def answer():
            while (number := await ping.get()) is not None:
                pong.put_nowait(number)

        task = asyncio.create_task(answer())
        for number in range(30_000):
            ping.put_nowait(number)
            await pong.get()
        ping.put_nowait(None)
        await task
        self.assertEqual(0.0, now())

    @on_simulated_loop
    async def test_a_few_thousand_turns_cost_nothing(self):
        """And a hundred thousand next to nothing."""
        for _ in range(2000):
            await asyncio.sleep(0)
        self.assertEqual(0.0, now())
        for _ in range(50_000):
            await asyncio.sleep(0)
        self.assertLess(now(), 0.1)

    @on_simulated_loop
    async def test_whatever_it_does_meanwhile(self):
        """Also one that does more than to ask comes to its end."""
        loop = asyncio.get_running_loop()
        with mock.patch.object(simulated, "ENDLESS", 10_000):
            while loop.time() < 1:
                with self.assertRaises(TimeoutError):
                    async with asyncio.timeout(0):
                        await asyncio.Event().wait()
        self.assertLess(loop.time(), 2)

    @on_simulated_loop
    async def test_the_loop_tells_time_as_before_when_it_is_over(self):
        """Nothing of it is left."""
        loop = asyncio.get_running_loop()
        while loop.time() < 1:
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        self.assertNotIn("time", vars(loop))
        self.assertIsNone(loop._polling)

    def test_in_debug_mode(self):
        """asyncio itself looks at the clock more often there."""

        async def main():
            for _ in range(5000):
                await asyncio.sleep(0)
            return now()

        self.assertLess(live(main(), debug=True), 0.01)

    def test_until(self):
        """Time ends for them, too."""

        async def main():
            while now() < 100:
                await asyncio.sleep(0)

        with self.assertRaisesRegex(LoopTimeExceeded, "until=50"):
            live(main(), until=50)

    @on_simulated_loop
    async def test_held(self):
        """Time that is held costs nobody anything."""
        with asyncio.get_running_loop().clock.hold():
            for _ in range(10_000):
                await asyncio.sleep(0)
        self.assertEqual(0.0, now())


class DeadlockTests(unittest.TestCase):
    """Nothing is ready, no timer is set, nobody outside: that is told at once."""

    def test_for_ever(self):
        """Whatever is waited for."""

        async def lock():
            lock = asyncio.Lock()
            async with lock:
                async with lock:
                    pass

        async def each_other():
            async def wait_for(events, mine, other):
                await events[other].wait()
                events[mine].set()

            events = [asyncio.Event(), asyncio.Event()]
            await asyncio.gather(wait_for(events, 0, 1), wait_for(events, 1, 0))

        for make in (
            lambda: asyncio.sleep(math.inf),
            lambda: asyncio.Event().wait(),
            lambda: asyncio.Queue().get(),
            lock,
            each_other,
        ):
            started = time.monotonic()
            with self.subTest(make=make), self.assertRaises(DeadlockError) as caught:
                live(make())
            self.assertRegex(str(caught.exception), "^deadlock: nothing can wake the event loop\n")
            self.assertIn("waits for", str(caught.exception))
            self.assertLess(time.monotonic() - started, LONG)

    def test_after_some_time(self):
        """It is told when the last timer has gone off."""

        async def main():
            await asyncio.sleep(3600)
            await asyncio.Event().wait()

        loop = SimulatedLoop()
        with self.assertRaises(DeadlockError):
            loop.run_until_complete(main())
        self.assertEqual(3600.0, loop.time())
        (task,) = asyncio.all_tasks(loop)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    def test_with_an_idle_worker(self):
        """A thread of an executor that has nothing to do wakes nobody."""

        async def main():
            await asyncio.to_thread(int)
            await asyncio.Event().wait()

        with self.assertRaises(DeadlockError):
            live(main())

    def test_held_time(self):
        """Who holds time and waits for it is told where."""

        async def main():
            with asyncio.get_running_loop().clock.hold():
                await asyncio.sleep(1)

        with self.assertRaisesRegex(DeadlockError, r"time is held, at .*test_simulated.py:\d+"):
            live(main())

    def test_threads_that_were_there_before_get_a_moment(self):
        """They may know the loop in a way that is not seen."""
        go, end = threading.Event(), threading.Event()

        def run():
            while not end.is_set():
                go.wait(0.01)

        thread = threading.Thread(target=run)
        thread.start()

        async def main():
            await asyncio.Event().wait()

        try:
            with mock.patch.object(
                simulated.Outside, "bystanders", autospec=True, return_value=[mock.Mock(thread=0)]
            ) as bystanders:
                with self.assertRaises(DeadlockError):
                    live(main())
            self.assertGreater(bystanders.call_count, 1)
        finally:
            end.set()
            thread.join()

    def test_one_that_is_led(self):
        """The loop beside a test lets that one tell first, but not for ever."""

        async def main():
            await asyncio.Event().wait()

        with mock.patch.object(simulated.Outside, "is_led", return_value=True) as is_led:
            with self.assertRaises(DeadlockError):
                live(main())
        self.assertEqual(simulated.LED, is_led.call_count)

    @main_thread_only(HANDLERS)
    def test_a_handler_of_signals_may_be_called(self):
        """From another process, at any time: it is waited for, without a timer."""

        async def main():
            loop = asyncio.get_running_loop()
            came = asyncio.Event()
            loop.add_signal_handler(signal.SIGUSR1, came.set)
            process = subprocess.Popen(
                [
                    sys.executable, "-S", "-c",
                    f"import os, time; time.sleep({WORK}); os.kill({os.getpid()}, {signal.SIGUSR1})",
                ]
            )  # fmt: skip
            await came.wait()
            process.wait()

        live(main())


class EndTests(unittest.TestCase):
    """What runs for ever is stopped."""

    def test_until(self):
        """Time ends, and whose time it was is told, with the line."""

        async def heart():
            while True:
                await asyncio.sleep(1)

        async def main():
            asyncio.create_task(heart(), name="heart")
            await asyncio.Event().wait()

        with self.assertRaises(LoopTimeExceeded) as caught:
            live(main(), until=100)
        lines = str(caught.exception).splitlines()
        self.assertEqual(
            "virtual time has come to its end, until=100: "
            "what comes next is due at 101 s of loop time",
            lines[0],
        )
        self.assertEqual("task 'heart' waits for sleep(1), due in 1 s of loop time", lines[1])
        self.assertRegex(lines[2], r"test_simulated\.py:\d+ in .*heart: await asyncio\.sleep\(1\)")
        self.assertRegex(lines[3], "waits for an Event")

    def test_until_now(self):
        """What is due at the end itself still happens."""
        live(asyncio.sleep(100), until=100)
        with self.assertRaisesRegex(LoopTimeExceeded, "due at 1000000101 s"):
            live(asyncio.sleep(101), start=1e9, until=1e9 + 100)

    def test_whoever_it_is(self):
        """Also a timeout, and a plain callback."""

        async def timeout():
            async with asyncio.timeout(200):
                await asyncio.Event().wait()

        async def callback():
            asyncio.get_running_loop().call_later(200, print)
            await asyncio.Event().wait()

        for main in (timeout, callback):
            with self.subTest(main=main), self.assertRaisesRegex(LoopTimeExceeded, "due at 200 s"):
                live(main(), until=100)

    def test_cleaning_up_is_possible(self):
        """After it was told, time goes on for as long as before, for what has to be closed."""
        cleaned = []

        async def main():
            try:
                await asyncio.sleep(1000)
            finally:
                await asyncio.sleep(50)
                cleaned.append(now())

        with self.assertRaises(LoopTimeExceeded):
            live(main(), until=100)
        self.assertEqual([50.0], cleaned)

    def test_without_the_test(self):
        """A heartbeat goes on, and what the loop runs for does not."""

        async def heart():
            while True:
                await asyncio.sleep(1)

        async def main():
            asyncio.create_task(heart(), name="heart")
            await asyncio.Event().wait()

        with mock.patch.object(Treadmill, "LOOK", 100), mock.patch.object(Treadmill, "MOST", 300):
            with self.assertRaises(LoopTimeExceeded) as caught:
                live(main())
        text = str(caught.exception)
        self.assertRegex(text, r"^virtual time moves on and on, to \d+ s by now, and task 'Task-")
        self.assertIn("task 'heart' waits for sleep(1)", text)
        self.assertIn("waits for an Event", text)
        self.assertIn("until=", text)

    def test_callbacks_without_the_test(self):
        """The same without a task."""

        async def main():
            loop = asyncio.get_running_loop()

            def beat():
                loop.call_later(1, beat)

            beat()
            await asyncio.Event().wait()

        with mock.patch.object(Treadmill, "LOOK", 100), mock.patch.object(Treadmill, "MOST", 300):
            with self.assertRaisesRegex(LoopTimeExceeded, "callbacks that set timers"):
                live(main())

    def test_in_the_background(self):
        """What is meant to run for ever is no reason to wait for long."""

        async def heart():
            while True:
                await asyncio.sleep(1)

        async def main():
            background.mark(asyncio.create_task(heart(), name="heart"))
            await asyncio.Event().wait()

        with mock.patch.object(Treadmill, "LOOK", 100):
            with self.assertRaisesRegex(LoopTimeExceeded, "task 'heart'"):
                live(main())

    def test_with_the_test(self):
        """What gets somewhere may go on: the test itself, or to a moment that is to come."""

        async def heart():
            while True:
                await asyncio.sleep(1)

        async def itself():
            for _ in range(2000):
                await asyncio.sleep(1)

        async def sleeping():
            task = asyncio.create_task(heart())
            await asyncio.sleep(2000)
            task.cancel()

        with mock.patch.object(Treadmill, "LOOK", 100), mock.patch.object(Treadmill, "MOST", 300):
            for main in (itself, sleeping):
                with self.subTest(main=main):
                    live(main())

    def test_a_loop_that_runs_for_nobody(self):
        """Whoever has called run_forever() wants just that."""
        loop = SimulatedLoop()

        def beat(number):
            if number:
                loop.call_later(1, beat, number - 1)
            else:
                loop.stop()

        beat(1000)
        with mock.patch.object(Treadmill, "LOOK", 100), mock.patch.object(Treadmill, "MOST", 300):
            loop.run_forever()
        loop.close()
        self.assertEqual(1000.0, loop.time())


class SeamTests(unittest.TestCase):
    """What the rest of the package asks."""

    @on_simulated_loop
    async def test_the_next_change(self):
        """The next timer; or soon, where somebody outside may change something."""
        loop = asyncio.get_running_loop()
        loop.call_later(5, print).cancel()
        loop.call_later(7, int)
        await asyncio.sleep(6)
        self.assertEqual(7.0, loop._asynctesting_next_change())
        thread = threading.Thread(target=time.sleep, args=[WORK])
        thread.start()
        self.assertEqual(6.01, loop._asynctesting_next_change())
        thread.join()

    def test_a_test_is_called_the_test(self):
        """Its task has a name that nobody knows."""

        class Tests(asynctesting.AsyncTestCase, virtual_time=True):
            async def heart(self):
                while True:
                    await asyncio.sleep(1)

            async def test(self):
                self.background(self.heart())
                await asyncio.Event().wait()

        with mock.patch.object(Treadmill, "LOOK", 100):
            self.assertIn("and the test gets nowhere", tests.support.live(Tests).text)


class DebugTests(unittest.TestCase):
    def test_slow_callbacks_are_told_in_real_time(self):
        """asyncio's warning of them is there in debug mode."""

        async def main():
            asyncio.get_running_loop().slow_callback_duration = 0.01
            asyncio.get_running_loop().call_soon(time.sleep, 0.02)
            await asyncio.sleep(1)

        with self.assertLogs("asyncio", logging.WARNING) as caught:
            live(main(), debug=True)
        self.assertRegex(
            "\n".join(caught.output), r"Executing <Handle .*sleep.* took \d\.\d\d\d seconds"
        )

    def test_quick_ones_are_not(self):
        """Loop time that passes meanwhile is nobody's fault."""

        async def main():
            await asyncio.sleep(3600)

        with self.assertNoLogs("asyncio", logging.WARNING):
            live(main(), debug=True)


class FrozenTests(PatientTestCase):
    """With the clocks of the time module replaced, all goes on."""

    def test_everything_stands_still(self):
        """As with freezegun and time-machine."""

        async def main():
            await asyncio.sleep(3600)
            async with asyncio.timeout(SOON):
                await asyncio.to_thread(threading.Event().wait, WORK)
            await asyncio.sleep(1)
            go_on = threading.Event()
            with mock.patch.object(simulated, "PATIENCE", SECOND // 20):
                with self.assertRaises(TimeoutError):
                    async with asyncio.timeout(SOON):
                        await asyncio.to_thread(go_on.wait, LONG)
            go_on.set()
            return now()

        names = [name for name in ("time", "monotonic", "perf_counter") if hasattr(time, name)]
        patches = [mock.patch.object(time, name, return_value=0.0) for name in names]
        patches += [mock.patch.object(time, f"{name}_ns", return_value=0) for name in names]
        for patch in patches:
            patch.start()
        try:
            self.assertEqual(3601 + SOON, live(main()))
        finally:
            for patch in patches:
                patch.stop()


class InsidesTests(unittest.TestCase):
    """The private names that it stands on are there."""

    def test_names(self):
        """Each of the table is found."""
        loop = SimulatedLoop()
        try:
            for name in (
                "_check_callback", "_check_closed", "_check_thread", "_clock_resolution",
                "_current_handle", "_ready", "_scheduled", "_signal_handlers", "_ssock",
                "_timer_cancelled_count", "_transports",
            ):  # fmt: skip
                with self.subTest(name=name):
                    self.assertTrue(hasattr(loop, name))
            timer = loop.call_later(1, print)
            for name in ("_args", "_callback", "_cancelled", "_scheduled", "_source_traceback"):
                self.assertTrue(hasattr(timer, name), name)
            self.assertIsNot(repr, simulated._format_handle)
        finally:
            loop.close()

    def test_handles(self):
        """Those that are made here have what asyncio gives to its own."""
        self.assertTrue(simulated._KNOWS_HANDLES)
        loop = SimulatedLoop()
        self.addCleanup(loop.close)
        loop.set_debug(False)  # else it is asyncio that makes them
        context = contextvars.copy_context()
        true = asyncio.Handle(print, (1,), loop, context)
        handles = [loop.call_soon(print, 1, context=context)]
        with mock.patch.object(simulated, "_KNOWS_HANDLES", False):
            handles.append(loop.call_soon(print, 1, context=context))
        self.assertEqual(handles, list(loop._ready))
        for handle in handles:
            self.assertIs(asyncio.Handle, type(handle))
            for name in set(asyncio.Handle.__slots__) - {"__weakref__"}:
                self.assertEqual(getattr(true, name), getattr(handle, name), name)
        self.assertIs(contextvars.Context, type(loop.call_soon(print)._context))

    @on_simulated_loop
    async def test_a_bare_yield_is_known(self):
        """The next step of a task that has only yielded can be told from others."""
        loop = asyncio.get_running_loop()
        seen = []

        async def look():
            await asyncio.sleep(0)
            seen.extend(handle._callback for handle in loop._ready)

        await asyncio.gather(look(), asyncio.sleep(0))
        self.assertTrue(any(simulated._only_asks(callback, []) for callback in seen))


if __name__ == "__main__":
    unittest.main()
