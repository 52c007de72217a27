"""Tests of asynctesting.loops.outside: what may still wake a loop, and what may not."""

import asyncio
import concurrent.futures
import contextlib
import doctest
import functools
import gc
import math
import os
import queue
import signal
import socket
import sys
import threading
import time
import unittest
import weakref
from unittest import mock

from asynctesting import DeadlockError
from asynctesting.loops import insides, outside, watched
from asynctesting.loops.outside import Kind, Outside, Reason, waits_for_ever
from asynctesting.loops.watched import watch
from tests.support import HANDLERS, for_ever, main_thread_only, turns


POSIX = os.name == "posix"


class OutsideTestCase(unittest.TestCase):
    """Has a loop, what is outside of it, and a gate that holds threads until the test ends."""

    def setUp(self):
        self.gate = threading.Event()
        self.addCleanup(self.gate.set)
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        self.outside = Outside(self.loop)

    def words(self):
        """What is told, without those threads that other tests may have left."""
        return [str(reason) for reason in self.outside.reasons()]

    def kinds(self):
        return {reason.kind for reason in self.outside.reasons()}

    def run_async(self, function, *args):
        return self.loop.run_until_complete(function(*args))

    def start(self, target, *args, name="worker", wait=True):
        """Start a thread, and see it off in the end."""
        entered = threading.Event()

        def run():
            entered.set()
            target(*args)

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.gate.set)
        if wait:
            entered.wait()
        return thread

    def hold(self):
        """Be busy until the test ends, in a way that may end by itself."""
        self.gate.wait(60)

    def until(self, condition):
        """Wait for other threads."""
        for _ in range(10_000):
            if condition():
                return
            time.sleep(0.001)
        self.fail("it did not come true")


class OtherLoop:
    """A loop in a thread of its own, which is looked after, and lives beside the one of a test."""

    def __init__(self, case, work, *, is_companion=True):
        self.loop = asyncio.SelectorEventLoop()
        watch(self.loop, is_companion=is_companion)
        self.outside = outside.of_loop(self.loop)
        case.addCleanup(self.loop.close)
        self.tasks = []
        self.thread = case.start(self.run, work, name="other")

    def run(self, work):
        task = self.loop.create_task(work())
        self.tasks.append(task)
        with contextlib.suppress(DeadlockError, asyncio.CancelledError):
            self.loop.run_until_complete(task)
        task.cancel()
        self.loop.run_until_complete(asyncio.wait([task]))

    def end(self):
        self.loop.call_soon_threadsafe(self.tasks[0].cancel)
        self.thread.join()


class TogetherTests(OutsideTestCase):
    """Loops in several threads that wait for one another."""

    def beside(self, work=for_ever, **more):
        other = OtherLoop(self, work, **more)
        self.addCleanup(other.end)
        return other

    def test_idle(self):
        """A loop that idles counts as long as somebody but this one may wake it, or has."""
        with mock.patch.object(watched, "LED", math.inf), mock.patch.object(
            Outside, "is_led", return_value=True
        ):
            other = self.beside()
            self.until(other.outside._is_idle)
            self.until(lambda: not self.words())
            self.assertEqual([other.thread.ident], list(self.outside._idle_with()))
            self.assertEqual([], self.outside.bystanders())
            self.assertTrue(self.outside.is_everybody_stuck())

            job = concurrent.futures.Future()
            future = other.loop.create_future()
            other.outside.note_job(future, "job()", job)
            self.assertEqual({}, self.outside._idle_with())
            self.assertIn("thread 'other'", self.words())
            other.outside.note_promise(job)  # whoever has it, is the loop itself
            self.assertEqual([], self.words())
            future.cancel()

            other.outside.idles = False
            self.assertEqual({}, self.outside._idle_with())
            other.outside.idles = True

            with mock.patch.object(insides, "has_ready_callbacks", return_value=True):
                self.assertEqual({}, self.outside._idle_with())

    def test_a_promise_of_another_loop(self):
        """A job does not count that another loop has promised, if that idles."""
        with mock.patch.object(watched, "LED", math.inf), mock.patch.object(
            Outside, "is_led", return_value=True
        ):
            other = self.beside()
            promised = asyncio.run_coroutine_threadsafe(for_ever(), other.loop)

            async def wait():
                wrapped = asyncio.wrap_future(promised, loop=self.loop)
                self.until(other.outside._is_idle)
                self.until(lambda: not self.words())
                another = asyncio.wrap_future(concurrent.futures.Future())
                self.assertEqual(["the job by wrap_future() of an executor"], self.words())
                another.cancel()
                wrapped.cancel()
                while not promised.done():
                    await asyncio.sleep(0.001)

            self.run_async(wait)

    def test_who_is_awaited(self):
        """The thread of a loop counts for which another one waits, however old it is."""
        gate = []

        async def busy():
            gate.append(asyncio.Event())
            await asyncio.wait_for(gate[0].wait(), 60)

        other = self.beside(busy)
        self.until(lambda: gate)
        found = Outside(self.loop)
        self.assertEqual([], [str(one) for one in found.reasons() if "other" in str(one)])
        over = threading.Event()
        wait = outside.Awaited(other.loop, "the other", over.is_set)

        def ask():
            with wait:
                over.wait(60)

        thread = self.start(ask, name="asks")
        self.until(lambda: outside.wait_of(thread.ident, sys._current_frames()[thread.ident]) is wait)
        self.assertEqual(["thread 'other'"], [str(one) for one in found.reasons()])
        self.assertEqual(other.thread.ident, wait.thread)
        self.assertFalse(wait.is_told_there())
        self.assertTrue(wait.is_open)
        with mock.patch.object(outside, "of_loop", return_value=None):
            self.assertFalse(wait.is_told_there())
        with mock.patch.object(Outside, "awaited_promise", return_value=0):
            self.assertTrue(wait.is_told_there())
        self.assertTrue(other.outside.is_led())
        over.set()
        self.assertIsNone(outside.wait_of(thread.ident, None) if thread.is_alive() else None)
        thread.join()
        self.assertFalse(other.outside.is_led())

    def test_an_awaited_loop_that_is_gone(self):
        """It has no thread."""
        loop = asyncio.SelectorEventLoop()
        wait = outside.Awaited(loop, "it", lambda: True)
        self.assertIsNone(wait.thread)
        loop.close()
        del loop
        gc.collect()
        self.assertIsNone(wait.thread)
        self.assertFalse(wait.is_told_there())
        self.outside._loop = lambda: None
        self.assertIsNone(self.outside._thread)
        self.assertEqual([], self.outside._reasons({}))

    def test_who_leads(self):
        """A test tells before the loop beside it does; nobody leads a test."""
        with mock.patch.object(watched, "LED", math.inf), mock.patch.object(
            Outside, "is_led", return_value=True
        ):
            one, two = self.beside(is_companion=False), self.beside()
            self.until(one.outside._is_idle)
            self.until(two.outside._is_idle)
        self.assertFalse(self.outside.is_led())
        self.until(two.outside.is_led)
        self.assertFalse(one.outside.is_led())

    def test_others(self):
        """The loops that run are told, each with its thread, but for the one that asks."""
        gates = []

        async def busy():
            gates.append(1)
            await asyncio.sleep(60)

        other = self.beside(busy)
        self.until(lambda: gates)
        self.assertIn((other.loop, other.thread.ident), outside.others(self.loop))
        self.assertNotIn(other.loop, [loop for loop, _ in outside.others(other.loop)])


class DocTests(unittest.TestCase):
    def test_examples(self):
        """What the docstrings show is so."""
        failed, attempted = doctest.testmod(outside)
        self.assertEqual(0, failed)
        self.assertGreater(attempted, 0)


class NothingTests(OutsideTestCase):
    def test_a_new_loop_has_nothing_outside(self):
        """The sockets by which a loop wakes itself do not count."""
        self.assertEqual([], self.outside.reasons())
        self.assertTrue(self.outside.is_calm)

    def test_what_is_over(self):
        """A job that has ended is forgotten, and all is calm again."""
        done = self.loop.create_future()
        self.outside.note_job(done, "job()")
        self.assertFalse(self.outside.is_quiet)
        done.set_result(None)
        self.assertTrue(self.outside.is_quiet)
        self.assertTrue(self.outside.is_calm)

    def test_begin_anew(self):
        """What was there before the loop was as good as new counts as before it was made."""
        self.assertTrue(self.outside.is_as_new)
        since = self.outside.since
        self.outside.note_call(-1)
        self.assertFalse(self.outside.is_as_new)
        self.outside._callers.clear()
        self.outside.last_call = 0.0
        outside._starts[0] += 1
        self.assertFalse(self.outside.is_as_new)
        self.outside.begin_anew()
        self.assertTrue(self.outside.is_as_new)
        self.assertGreaterEqual(self.outside.since, since)

    def test_of_loop(self):
        """What is outside of a loop is found by the loop."""
        self.assertIs(self.outside, outside.of_loop(self.loop))
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        self.assertIsNone(outside.of_loop(other))

    def test_nothing_is_left_for_the_collector(self):
        """The frames of all threads would be, and with them what they have."""
        gate = threading.Event()
        thread = self.start(gate.wait)
        self.addCleanup(gate.set)
        self.outside.reasons()
        gc.collect()
        self.addCleanup(gc.enable)
        gc.disable()
        self.outside.reasons()
        self.assertEqual(0, gc.collect())
        gate.set()
        thread.join()

    def test_it_keeps_nothing(self):
        """It goes with the loop's owner, and does not keep the loop."""
        loop = asyncio.SelectorEventLoop()
        loop.close()
        found = Outside(loop)
        gone = weakref.ref(loop)
        del loop
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual([], found.reasons())
        self.assertTrue(found.is_calm)
        found.note_call(0)
        self.assertEqual(0, found.last_call)

    def test_a_closed_loop(self):
        """Nothing wakes a closed loop."""
        self.loop.close()
        self.assertEqual([], self.outside.reasons())

    def test_a_foreign_loop(self):
        """A loop without insides has what others tell."""

        class Foreign:
            pass

        self.assertEqual([], Outside(Foreign()).reasons())

    def test_hooks_cannot_be_seen(self):
        """What is hooked has its own name and documentation."""
        for function, name in (
            (threading.Thread.start, "Thread.start"),
            (concurrent.futures.ThreadPoolExecutor.submit, "ThreadPoolExecutor.submit"),
            (asyncio.BaseEventLoop.call_soon_threadsafe, "BaseEventLoop.call_soon_threadsafe"),
            (getattr(asyncio.futures, insides.CHAIN), insides.CHAIN),
        ):
            self.assertEqual(name, function.__qualname__)

    def test_what_is_not_there_is_not_hooked(self):
        """A function that has gone is left alone."""
        outside._around(Reason, "gone", lambda original: self.fail("there is none"))

    def test_other_futures_are_chained_as_before(self):
        """Futures of loops that nobody looks after, and chains inside of a loop, change nothing."""
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)

        async def chain():
            loop = asyncio.get_running_loop()
            job = concurrent.futures.Future()
            wrapped = asyncio.wrap_future(job)
            pretend = outside._on_chain(lambda source, destination: None)
            pretend(wrapped, loop.create_future())
            pretend(job, concurrent.futures.Future())
            promised = concurrent.futures.Future()
            getattr(asyncio.futures, insides.CHAIN)(wrapped, promised)
            job.set_result(7)
            return await wrapped, await asyncio.wrap_future(promised)

        self.assertEqual((7, 7), other.run_until_complete(chain()))
        self.assertEqual((7, 7), self.run_async(chain))


class ManyTests(OutsideTestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.dict(outside._OUTSIDES, clear=True))

    def test_forgotten(self):
        """Those whose loops are gone do not pile up."""
        for _ in range(3 * outside.MANY):
            Outside(self.loop)
            outside._OUTSIDES[len(outside._OUTSIDES)] = outside._OUTSIDES.pop(id(self.loop))  # as if of another
        self.assertLessEqual(len(outside._OUTSIDES), outside.MANY)

    def test_kept(self):
        """Those that live are known however many they are."""
        kept = []
        for number in range(outside.MANY + 10):
            kept.append(Outside(self.loop))
            outside._OUTSIDES[number] = outside._OUTSIDES.pop(id(self.loop))
        self.assertEqual(kept, [ref() for ref in outside._OUTSIDES.values()])


class JobTests(OutsideTestCase):
    async def job_of(self, awaitable):
        job = asyncio.ensure_future(awaitable)
        await asyncio.sleep(0)
        told = self.outside.reasons(), self.outside.is_calm
        self.gate.set()
        await job
        return told

    def test_to_thread(self):
        """A job in the default executor counts until the loop has its result, and is named."""
        reasons, is_calm = self.run_async(self.job_of, asyncio.to_thread(self.hold))
        self.assertEqual(["the job hold() of an executor"], list(map(str, reasons)))
        self.assertEqual([Kind.JOB], [reason.kind for reason in reasons])
        self.assertGreaterEqual(reasons[0].since, self.outside.since)
        self.assertFalse(is_calm)
        self.until(lambda: not self.outside.reasons())
        self.assertTrue(self.outside.is_calm)

    def test_name_of(self):
        """A future that a job is to give its result to is named by the job."""

        async def name():
            job = self.loop.run_in_executor(None, self.gate.wait, 60)
            names = self.outside.name_of(job), self.outside.name_of(self.loop.create_future())
            self.gate.set()
            await job
            return names

        self.assertEqual(("the job wait() of an executor", ""), self.run_async(name))

    def test_its_own_executor(self):
        """So does one in an executor of the test's own; an idle worker does not."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = functools.partial(self.loop.run_in_executor, pool, functools.partial(self.hold))

            async def wait():
                await job()

            reasons, is_calm = self.run_async(self.job_of, wait())
            self.assertEqual(["the job hold() of an executor"], list(map(str, reasons)))
            self.assertFalse(is_calm)
            self.until(lambda: not self.outside.reasons())
            self.assertTrue(self.outside.is_calm)

    def test_a_future_of_anybody(self):
        """A future that is wrapped counts, whoever sets it."""
        job = concurrent.futures.Future()
        threading.Timer(0, lambda: (self.gate.wait(), job.set_result(None))).start()

        async def wait():
            await asyncio.wrap_future(job)

        reasons, _ = self.run_async(self.job_of, wait())
        self.assertIn("the job by wrap_future() of an executor", list(map(str, reasons)))

    def test_one_that_was_given_up(self):
        """A job for which the loop does not wait any more may still call in."""

        async def give_up():
            job = asyncio.ensure_future(asyncio.to_thread(self.hold))
            await asyncio.sleep(0)
            job.cancel()
            await turns()
            return self.words(), self.outside.is_calm

        words, is_calm = self.run_async(give_up)
        self.assertEqual(["a job of an executor"], words)
        self.assertFalse(is_calm)
        self.gate.set()

    def test_submitted(self):
        """A job that was submitted past the loop counts; one that was there before does not."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            before = pool.submit(functools.partial(self.gate.wait, 60))
            found = Outside(self.loop)
            self.until(before.running)
            self.assertEqual([], found.reasons())
            self.assertTrue(found.is_calm)
            job = pool.submit(self.hold)
            self.until(job.running)
            (reason,) = found.reasons()
            self.assertEqual("a job of an executor", str(reason))
            self.assertFalse(found.is_calm)
            self.gate.set()
            job.result()
            self.until(lambda: not found.reasons())
            self.assertTrue(found.is_calm)

    def test_its_callbacks(self):
        """A worker counts while it tells that its job is done."""
        called = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(self.hold)
            job.add_done_callback(lambda job: (called.set(), time.sleep(0.01), called.wait(60)))
            job.add_done_callback(lambda job: self.until(lambda: told))
            told = []
            self.gate.set()
            called.wait()
            told += self.kinds()
            self.assertEqual([Kind.THREAD], told)

    def test_many(self):
        """Jobs that have ended are forgotten."""

        async def many():
            for _ in range(3 * outside.MANY):
                await asyncio.to_thread(int)
            for _ in range(3 * outside.MANY):
                asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop)
                await asyncio.sleep(0)
            await turns()

        self.run_async(many)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            jobs = [pool.submit(int) for _ in range(2 * outside.MANY)]
            concurrent.futures.wait(jobs)
            jobs += [pool.submit(int) for _ in range(outside.MANY)]
        self.until(lambda: all(job.done() for job in jobs))
        outside._open_jobs()
        self.assertLessEqual(len(self.outside._jobs), outside.MANY)
        self.assertLessEqual(len(self.outside._promised), outside.MANY)
        self.assertLessEqual(len(outside._JOBS), outside.MANY)

    def test_names(self):
        """A job is named by its function, however it is wrapped."""
        self.assertEqual("int", outside._name_of_function(functools.partial(int, "1")))
        self.assertEqual("Reason", outside._name_of_function(Reason(Kind.JOB, "", 0)))
        self.assertEqual("by wrap_future()", outside._name_of_job(None))

    @unittest.skipUnless(POSIX, "forks")
    def test_processes(self):
        """A job in a pool of processes counts; the pool itself does not when it is idle."""

        async def jobs():
            with concurrent.futures.ProcessPoolExecutor(1) as pool:
                job = self.loop.run_in_executor(pool, time.sleep, 0.1)
                words = self.words()
                await job
                self.until(lambda: not self.words())
                raw = pool.submit(time.sleep, 0.05)
                kinds = self.kinds()
                while not raw.done():
                    await asyncio.sleep(0.001)
                self.until(lambda: not self.words())
                return words[0], kinds

        word, kinds = self.run_async(jobs)
        self.assertEqual("the job sleep() of an executor", word)
        self.assertIn(Kind.THREAD, kinds)


class StuckTests(OutsideTestCase):
    """Jobs and threads that wait for ever, as the loop does."""

    def is_stuck(self):
        return self.outside.reasons() == []

    def ask(self, *args):
        """In a job: wait for the loop, for ever."""
        future = asyncio.run_coroutine_threadsafe(asyncio.Event().wait(), self.loop)
        self.asked.append(future)
        with contextlib.suppress(concurrent.futures.CancelledError):
            future.result()

    def setUp(self):
        super().setUp()
        self.asked = []

    async def end(self):
        """Let everybody go."""
        while self.asked:
            self.asked.pop().cancel()
            await turns()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left, return_exceptions=True)

    def test_a_job_that_waits_for_the_loop(self):
        """A job does not count whose thread waits for ever; nor does one behind it."""

        async def jobs():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                for _ in range(2):
                    asyncio.ensure_future(asyncio.wrap_future(pool.submit(self.ask)))
                    await asyncio.sleep(0)
                try:
                    self.until(self.is_stuck)
                    self.assertTrue(self.outside.is_everybody_stuck())
                finally:
                    while len(self.asked) < 2:
                        self.asked[0].cancel()
                        await asyncio.sleep(0.001)
                    await self.end()

        self.run_async(jobs)

    def test_a_worker_of_another_pool(self):
        """One that has nothing to do in its own pool takes no job of this one."""
        with concurrent.futures.ThreadPoolExecutor(1) as other:
            other.submit(int).result()
            self.test_a_job_that_waits_for_the_loop()

    def test_one_about_to_begin(self):
        """A job counts as long as there is a worker that may take it."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(int).result()
            self.until(self.is_stuck)

            async def wrap():
                job = concurrent.futures.Future()
                wrapped = asyncio.wrap_future(job)
                self.assertFalse(self.is_stuck())  # nobody knows who has it
                with mock.patch.dict(outside._JOBS, {id(job): (weakref.ref(job), outside.clock())}):
                    self.assertFalse(self.is_stuck())
                job.set_result(None)
                await wrapped
                raw = concurrent.futures.Future()
                with mock.patch.dict(outside._JOBS, {id(raw): (weakref.ref(raw), outside.clock())}):
                    self.assertFalse(self.is_stuck())

            self.run_async(wrap)

    @main_thread_only(HANDLERS)
    def test_not_everybody(self):
        """Somebody is not stuck: a thread, a bystander, or a handler of a signal."""
        self.assertTrue(self.outside.is_everybody_stuck())
        if POSIX:
            previous = signal.signal(signal.SIGUSR1, lambda number, frame: None)
            self.assertFalse(self.outside.is_everybody_stuck())
            signal.signal(signal.SIGUSR1, previous)
        self.start(self.hold)
        self.assertFalse(self.outside.is_everybody_stuck())

    def test_without_the_loop(self):
        """Also if the loop is gone."""
        self.outside._loop = lambda: None
        self.assertTrue(self.outside.is_everybody_stuck())

    def test_a_promise_of_a_loop_that_is_to_wait(self):
        """It is seen if whoever asks is the one who keeps the loop from it."""
        asked = []

        async def sleep():
            await asyncio.sleep(0)

        def ask():
            asked.append(asyncio.run_coroutine_threadsafe(sleep(), self.loop))
            asked[0].result()

        thread = self.start(ask)
        self.until(lambda: asked and waits_for_ever(sys._current_frames()[thread.ident]))
        frame = sys._current_frames()[thread.ident]
        self.assertIs(frame, outside.wait_of(thread.ident, frame))
        another = asyncio.SelectorEventLoop()
        self.addCleanup(another.close)
        idle = Outside(another)
        with mock.patch.dict(outside._OUTSIDES, {0: weakref.ref(idle), 1: weakref.ref(self.outside)}, clear=True):
            self.assertIs(asked[0], outside.promise_awaited_at(frame, 0))  # it does not run
        with mock.patch.object(Outside, "_thread", 7):
            self.assertIsNone(outside.promise_awaited_at(frame, 0))
        self.assertIsNone(outside.promise_awaited_at(sys._getframe(), 0))
        self.run_async(asyncio.sleep, 0.01)
        thread.join()

    def test_a_promise(self):
        """It is seen that a thread waits for what the loop has promised."""

        async def wait():
            thread = threading.Thread(target=self.ask)
            thread.start()
            found = []

            def look():
                frame = sys._current_frames()[thread.ident]
                found[:] = [self.outside.awaited_promise(frame)]
                return found[0] is not None

            self.until(look)
            self.assertIs(self.asked[0], found[0])
            await self.end()
            thread.join()

        self.run_async(wait)
        self.assertIsNone(self.outside.awaited_promise(None))
        self.assertIsNone(self.outside.awaited_promise(sys._getframe()))
        other = concurrent.futures.Future()
        self.assertIsNone(
            self.outside.awaited_promise(
                mock.Mock(f_code=outside._RESULTS[0], f_locals={"self": other})
            )
        )


class ThreadTests(OutsideTestCase):
    def test_started(self):
        """A thread that was started since the loop was made counts until it ends."""
        thread = self.start(self.hold)
        (reason,) = self.outside.reasons()
        self.assertEqual("thread 'worker'", str(reason))
        self.assertIs(Kind.THREAD, reason.kind)
        self.assertGreaterEqual(reason.since, self.outside.since)
        self.assertFalse(self.outside.is_calm)
        self.gate.set()
        thread.join()
        self.assertEqual([], self.outside.reasons())
        self.assertTrue(self.outside.is_calm)
        self.assertEqual(outside._starts[0], self.outside._started)

    def test_other_interpreters(self):
        """While there are any, threads cannot be looked at, and so the loop may be woken."""
        with mock.patch.object(insides, "current_frames", return_value=None):
            (reason,) = self.outside.reasons()
        self.assertEqual(Kind.THREAD, reason.kind)
        self.assertEqual("another interpreter of the process", str(reason))

    def test_bystander(self):
        """One that was there before is a bystander, and one of ours is nobody."""
        hold = functools.partial(self.gate.wait, 60)
        for name in ("worker", "asynctesting-of-ours"):
            thread = threading.Thread(target=hold, name=name)
            thread.start()
            self.addCleanup(thread.join)
        self.addCleanup(self.gate.set)
        found = Outside(self.loop)
        self.assertEqual([], found.reasons())
        self.assertTrue(found.is_calm)
        (bystander,) = [one for one in found.bystanders() if one.words == "thread 'worker'"]
        self.assertNotIn("thread 'asynctesting-of-ours'", map(str, found.bystanders()))
        self.assertIn(bystander.thread, [thread.native_id for thread in threading.enumerate()])

    def test_bystanders_get_a_moment(self):
        """A loop is alone when there are none, or their moment is over."""
        lasting, over = mock.Mock(**{"is_over.return_value": False}), mock.Mock()
        over.is_over.side_effect = lambda threads: thread.native_id in threads
        self.assertTrue(self.outside.is_alone(lasting))
        thread = threading.Thread(target=functools.partial(self.gate.wait, 60))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.gate.set)
        found = Outside(self.loop)
        for is_alone in (found.is_alone, found.is_everybody_stuck):
            self.assertFalse(is_alone(lasting))
            self.assertTrue(is_alone(over))
        self.assertFalse(found.is_everybody_stuck())

    def test_called_in(self):
        """One that was there before counts once it has called in."""
        call = threading.Event()
        called = threading.Event()

        def work(call=call.wait, into=[None], loop=weakref.ref(self.loop)):
            call()
            loop().call_soon_threadsafe(int)
            called.set()
            self.gate.wait(60)

        thread = self.start(work)
        found = Outside(self.loop)
        self.assertEqual([], found.reasons())
        call.set()
        called.wait()
        self.run_async(asyncio.sleep, 0)
        (reason,) = found.reasons()
        self.assertEqual("thread 'worker', which has called into the loop", str(reason))
        self.assertEqual(found.last_call, reason.since)
        self.assertFalse(found.is_calm)
        self.gate.set()
        thread.join()
        self.assertEqual([], found.reasons())
        self.assertTrue(found.is_calm)
        self.assertEqual({}, found._callers)

    def test_the_loops_own_thread(self):
        """The loop's own thread is not outside, whatever it calls."""

        async def call():
            self.loop.call_soon_threadsafe(int)
            await asyncio.sleep(0)

        self.run_async(call)
        self.assertEqual(0, self.outside.last_call)
        self.assertTrue(self.outside.is_calm)

    @contextlib.contextmanager
    def knowing(self, way):
        """Have a thread that can get at *way*, and was there before."""
        release = threading.Event()
        entered = threading.Event()

        def work(way):
            entered.set()
            release.wait(60)
            return way

        thread = threading.Thread(target=work, args=(way,))
        thread.start()
        entered.wait()
        try:
            yield
        finally:
            release.set()
            thread.join()

    def test_it_knows_the_loop(self):
        """One that was there before counts if something leads from it to the loop, or to its futures."""
        ways = {
            "loop": self.loop,
            "future": self.loop.create_future(),
            "list": [{"loop": (self.loop,)}],
            "method": self.loop.call_soon_threadsafe,
            "closure": lambda: self.loop,
            "default": lambda loop=self.loop: None,
        }
        for name, way in ways.items():
            with self.subTest(name):
                with self.knowing(way):
                    found = Outside(self.loop)
                    self.assertEqual([Kind.THREAD], [reason.kind for reason in found.reasons()])

    def test_it_does_not(self):
        """It does not count for another loop, for one too far away, or for one among too much."""
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        far = self.loop
        for _ in range(2 * outside.FAR):
            far = [far]
        for way in (other.create_future(), far, [[] for _ in range(outside.MOST)] + [[[self.loop]]]):
            with self.knowing(way):
                self.assertEqual([], Outside(self.loop).reasons())

    def test_it_waits_for_ever(self):
        """A thread that waits for another one without a limit does not count."""
        items, event, free = queue.Queue(), threading.Event(), threading.Event()
        promised = concurrent.futures.Future()
        joined = self.start(event.wait, name="joined")
        for target, args in (
            (items.get, ()),
            (event.wait, ()),
            (promised.result, ()),
            (joined.join, ()),
        ):
            with self.subTest(target):
                thread = threading.Thread(target=target, args=args)
                thread.start()
                self.until(lambda: waits_for_ever(sys._current_frames()[thread.ident]))
                self.assertEqual([], self.outside.reasons())
                self.addCleanup(thread.join)
        with self.subTest("with a limit"):
            for target in (functools.partial(event.wait, 60), functools.partial(free.wait, 60)):
                thread = threading.Thread(target=target)
                thread.start()
                self.addCleanup(thread.join)
            self.until(lambda: 2 == len(self.outside.reasons()))
            free.set()
        items.put(1)
        promised.set_result(1)
        event.set()
        self.until(lambda: not self.outside.reasons())

    def test_joined_where_threads_cannot_be_looked_at(self):
        """It may be one that has ended, so nobody waits for ever."""
        joined = self.start(self.gate.wait)
        thread = self.start(joined.join)
        self.until(lambda: waits_for_ever(sys._current_frames()[thread.ident]))
        frame = sys._current_frames()[thread.ident]
        with mock.patch.object(insides, "current_frames", return_value=None):
            self.assertFalse(waits_for_ever(frame))

    def test_joined_with_a_limit(self):
        """A thread counts that waits for another one, but not for ever."""
        joined = self.start(self.gate.wait)
        self.start(joined.join, 60, name="joiner")
        self.until(lambda: ["thread 'joiner'"] == self.words())

    def test_it_has_been_notified(self):
        """One that has been told to go on does count, even if it has not run since."""
        condition = threading.Condition()
        frame = mock.Mock(f_code=outside._WAIT)
        waiter = object()
        frame.f_locals = {"self": condition, "timeout": None, "waiter": waiter}
        self.assertFalse(waits_for_ever(frame))
        condition._waiters.append(waiter)
        self.assertTrue(waits_for_ever(frame))
        frame.f_locals["timeout"] = 1
        self.assertFalse(waits_for_ever(frame))
        frame.f_locals = {}
        self.assertFalse(waits_for_ever(frame))

    def test_it_waits_for_one_that_is_gone(self):
        """One that waits for a thread that has ended is about to go on."""
        frame = mock.Mock(f_code=threading.Thread.join.__code__)
        frame.f_locals = {"self": threading.Thread(), "timeout": None}
        self.assertFalse(waits_for_ever(frame))
        frame.f_locals = {"self": threading.current_thread(), "timeout": None}
        self.assertTrue(waits_for_ever(frame))
        frame.f_locals["timeout"] = 1
        self.assertFalse(waits_for_ever(frame))
        frame.f_locals = {}
        self.assertFalse(waits_for_ever(frame))

    def test_a_worker_with_a_job(self):
        """A worker that has taken a job does count, even before it has begun."""
        frame = mock.Mock(f_code=outside._WORKER, f_locals={})
        self.assertTrue(waits_for_ever(frame))
        frame.f_locals = {"work_item": None}
        self.assertTrue(waits_for_ever(frame))
        frame.f_locals = {"work_item": object()}
        self.assertFalse(waits_for_ever(frame))

    def test_a_pool_of_processes(self):
        """The thread of one counts as long as it has jobs; any other that is about to begin counts, too."""
        pool = mock.Mock(pending_work_items={1: "job"})
        bottom = mock.Mock(f_back=None)
        bottom.f_code.co_name = "_bootstrap"
        manager = mock.Mock(f_locals={"self": pool}, f_back=bottom)
        manager.f_code.co_name = "wait_result_broken_or_wakeup"
        frame = mock.Mock(f_back=manager)
        self.assertFalse(waits_for_ever(frame))
        pool.pending_work_items.clear()
        self.assertTrue(waits_for_ever(frame))
        frame.f_back = bottom
        self.assertFalse(waits_for_ever(frame))

    def test_without_threading(self):
        """A thread that threading does not know is told by its number."""
        ended = threading.Lock()
        ended.acquire()
        entered = threading.Event()

        def run(loop):
            entered.set()
            self.gate.wait(60)
            ended.release()

        import _thread

        number = _thread.start_new_thread(run, (self.loop,))
        entered.wait()
        with mock.patch.object(threading, "_active", {}):
            self.assertEqual([f"thread {number}"], self.words())
        self.gate.set()
        ended.acquire()

    def test_one_that_cannot_be_started(self):
        """A thread that could not be started is none."""
        thread = threading.Thread()
        thread.start()
        with self.assertRaises(RuntimeError):
            thread.start()
        thread.join()
        self.assertEqual({}, outside._STARTING)
        self.assertEqual([], self.words())

    def test_one_that_is_being_started(self):
        """A thread counts before it has run anything, while the one that starts it waits for it."""
        thread = threading.Thread(name="worker")
        with mock.patch.dict(outside._STARTING, {id(thread): thread}):
            self.assertEqual(["thread 'worker'"], self.words())
            self.assertTrue(outside._is_alive(thread))
        self.assertFalse(outside._is_alive(thread))

    def test_many(self):
        """Threads that have ended are forgotten."""
        threads = [threading.Thread() for _ in range(2 * outside.MANY)]
        for thread in threads:
            thread.start()
            thread.join()
        self.assertLessEqual(len(outside._STARTED), outside.MANY)
        self.assertTrue(self.outside.is_calm)

    def test_another_of_its_id(self):
        """What was noted is not taken for what comes after it at the same address."""
        thread = threading.Thread()

        class Changing(dict):
            def items(self):
                found = list(super().items())
                self[1] = weakref.ref(thread), 2.0
                return found

        changing = Changing({1: (weakref.ref(thread), 1.0)})
        self.assertEqual([], outside._still(changing, lambda thing: False))
        self.assertEqual(2.0, changing[1][1])

    def test_promises(self):
        """A future that a thread has from the loop is known."""

        async def promise():
            future = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop)
            known = self.outside.is_promised(future)
            await turns()
            return known, self.outside.is_promised(concurrent.futures.Future())

        self.assertEqual((True, False), self.run_async(promise))


class DescriptorTests(OutsideTestCase):
    def test_a_reader(self):
        """A descriptor counts while the loop watches it, once, whichever way."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            number = ours.fileno()
            self.loop.add_reader(ours, int)
            self.loop.add_writer(ours, int)
            (reason,) = self.outside.reasons()
            self.assertEqual(f"descriptor {number}", str(reason))
            self.assertIs(Kind.DESCRIPTOR, reason.kind)
            self.assertFalse(self.outside.is_calm)
            self.loop.remove_reader(ours)
            self.loop.remove_writer(ours)
            self.assertEqual([], self.outside.reasons())
            self.assertTrue(self.outside.is_calm)

    def test_streams(self):
        """Servers and connections are named for what they are."""

        async def connect():
            accepted = asyncio.Queue()
            server = await asyncio.start_server(
                lambda reader, writer: accepted.put_nowait(writer), "127.0.0.1", 0
            )
            host, port = server.sockets[0].getsockname()
            before = self.words()
            _, writer = await asyncio.open_connection(host, port)
            other = await accepted.get()
            words = self.words()
            for one in (writer, other):
                one.close()
                await one.wait_closed()
            server.close()
            await turns()
            return before, words, port

        before, words, port = self.run_async(connect)
        self.assertRegex(before[0], r"\Aa server \(descriptor \d+\)\Z")
        self.assertEqual(1, len(before))
        self.assertIn(f"a connection with ('127.0.0.1', {port})", words)
        self.assertEqual(3, len(words))

    def test_sockets(self):
        """A socket that the loop itself reads is a descriptor."""

        async def receive():
            ours, theirs = socket.socketpair()
            with ours, theirs:
                ours.setblocking(False)
                task = asyncio.ensure_future(self.loop.sock_recv(ours, 1))
                await asyncio.sleep(0)
                words = self.words()
                theirs.send(b"1")
                await task
                self.assertEqual([f"descriptor {ours.fileno()}"], words)

        self.run_async(receive)

    @unittest.skipUnless(POSIX, "pipes are otherwise on Windows")
    def test_pipes_and_socketpairs(self):
        """So are pipes, and sockets without a name."""

        async def connect():
            reading, writing = os.pipe()
            pipe, _ = await self.loop.connect_read_pipe(asyncio.Protocol, os.fdopen(reading))
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            transport, _ = await self.loop.create_connection(asyncio.Protocol, sock=ours)
            words = self.words()
            transport.close()
            pipe.close()
            os.close(writing)
            theirs.close()
            await turns()
            return words

        pipe, pair = self.run_async(connect)
        self.assertRegex(pipe, r"\Aa pipe \(descriptor \d+\)\Z")
        self.assertRegex(pair, r"\Aa socket \(descriptor \d+\)\Z")

    @unittest.skipUnless(POSIX, "needs a subprocess of asyncio's")
    def test_subprocesses(self):
        """A subprocess counts, by its number, while the loop waits for its end."""

        async def run():
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "import sys; sys.stdin.read()", stdin=asyncio.subprocess.PIPE
            )
            self.until(lambda: f"subprocess {child.pid}" in self.words())
            self.assertFalse(self.outside.is_calm)
            child.stdin.close()
            await child.wait()
            await turns()
            self.until(lambda: not self.words())

        with contextlib.suppress(AttributeError), mock.patch.object(
            asyncio, "get_child_watcher", asyncio.get_child_watcher
        ):
            asyncio.set_event_loop(self.loop)
            self.addCleanup(asyncio.set_event_loop, None)
        self.run_async(run)

    def test_a_thread_that_waits_for_a_child(self):
        """A thread of asyncio's that waits for a child of another loop is not ours to wait for."""

        def _do_waitpid(loop, expected_pid):
            self.gate.wait(60)

        self.start(_do_waitpid, self.loop, 7)
        self.until(lambda: ["subprocess 7"] == self.words())
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        self.assertEqual([], Outside(other).reasons())


@unittest.skipUnless(hasattr(signal, "SIGUSR1"), "needs signals")
@main_thread_only(HANDLERS)
class SignalTests(OutsideTestCase):
    def test_a_handler_of_the_loop(self):
        """A signal counts that the loop has a handler for."""
        self.loop.add_signal_handler(signal.SIGUSR1, int)
        self.loop.add_signal_handler(signal.SIGRTMIN + 1, int)
        self.addCleanup(self.loop.remove_signal_handler, signal.SIGRTMIN + 1)
        self.assertEqual({Kind.SIGNAL}, self.kinds())
        self.assertIn("a handler of SIGUSR1", self.words())
        self.assertIn(f"a handler of signal {signal.SIGRTMIN + 1:d}", self.words())
        self.assertEqual(2, len(self.words()))
        self.loop.remove_signal_handler(signal.SIGUSR1)
        self.loop.remove_signal_handler(signal.SIGRTMIN + 1)
        self.assertEqual([], self.words())

    def test_a_handler_in_python(self):
        """One counts that was given a handler since the loop was made, unless it is ignored."""
        previous = signal.signal(signal.SIGUSR1, lambda number, frame: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        self.assertEqual(["a handler of SIGUSR1"], self.words())
        self.assertEqual([], Outside(self.loop).reasons())
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        self.assertEqual([], self.words())

    def test_elsewhere(self):
        """So it does for a loop of another thread: a handler runs on the main one, and may call into any loop."""
        previous = signal.signal(signal.SIGUSR1, lambda number, frame: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        found = []
        thread = threading.Thread(target=lambda: found.extend(self.outside._look_at_signals(self.loop)))
        thread.start()
        thread.join()
        self.assertEqual(["a handler of SIGUSR1"], list(map(str, found)))

    def test_an_alarm(self):
        """A timer of the system counts if somebody handles its signal, other than pytest-timeout."""

        def handle(number, frame):
            pass

        previous = signal.signal(signal.SIGALRM, handle)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        found = Outside(self.loop)
        self.assertEqual([], found.reasons())
        signal.setitimer(signal.ITIMER_REAL, 600)
        self.assertEqual(["a handler of SIGALRM"], list(map(str, found.reasons())))
        handle.__module__ = "pytest_timeout"
        self.assertEqual([], found.reasons())
