"""Tests of asynctesting.host: one loop, one task for all phases."""

import asyncio
import concurrent.futures
import contextvars
import gc
import signal
import threading
import time
import types
import unittest
import weakref
from unittest import mock

from asynctesting import SimulatedLoop, StageError, driver
from asynctesting.driver import DriverTask
from asynctesting.findings import Place
from asynctesting.host import Host, Past, _set
from asynctesting.loops import background
from tests.support import (
    BaseBoom,
    Boom,
    default_sigint,
    for_ever,
    frames,
    python,
    quiet,
    resist,
    settle,
    turns,
    unsettle,
)


LIMIT = 0.05
VAR = contextvars.ContextVar("VAR", default="unset")


setUpModule, tearDownModule = settle, unsettle


class HostTestCase(unittest.TestCase):
    """Has a host, and ends it."""

    def setUp(self):
        self.loop = asyncio.new_event_loop()
        self.host = Host(self.loop, contextvars.copy_context(), limit=LIMIT, name="driver")
        self.addCleanup(self.end)

    def end(self):
        try:
            if not self.loop.is_closed():
                self.close()
        finally:
            self.loop.close()

    def close(self, *, baseline=frozenset(), close=True, last=True, **more):
        """End all; give what was left, and what is said of it."""
        left = []
        end = self.host.shut_down(baseline, left.extend, close=close, **more)
        result = self.host.run(end, None, "the end", last=last)
        return left, *result


class Phases(HostTestCase):

    def test_value(self):
        """A phase gives what its coroutine returns."""

        async def phase():
            await asyncio.sleep(0)
            return "cat"

        self.assertEqual("cat", self.host.run(phase()))

    def test_no_task(self):
        """Where no phase was run there is nothing to be forgotten."""
        self.host.forget_driver()
        self.assertIsNone(self.host.driver)

    def test_one_task(self):
        """All phases are one task, which bears the host's name."""

        async def phase():
            await asyncio.sleep(0)
            return asyncio.current_task()

        self.assertIsNone(self.host.driver)
        tasks = {self.host.run(phase()) for _ in range(3)}
        self.assertEqual({self.host.driver}, tasks)
        self.assertEqual("driver", self.host.driver.get_name())

    def test_one_context(self):
        """What one phase sets in the context, the next one sees, and the caller does not."""

        async def write():
            VAR.set("written")

        async def read():
            return VAR.get()

        self.host.run(write())
        self.assertEqual("written", self.host.run(read()))
        self.assertEqual("unset", VAR.get())

    def test_nothing_runs_between_phases(self):
        """Between two phases the loop stands still."""
        ran = []

        async def child():
            await asyncio.sleep(0)
            ran.append(1)

        async def phase():
            self.task = asyncio.create_task(child())

        self.host.run(phase())
        before = list(ran)
        self.assertFalse(self.loop.is_running())
        self.host.run(turns())
        self.assertEqual(([], [1]), (before, ran))

    def test_error(self):
        """What a phase raises comes out of it, its traceback beginning with the phase."""

        async def phase():
            raise Boom("phase")

        try:
            self.host.run(phase())
        except Boom as error:
            # This function, Host.run() and what it calls, the phase.
            self.assertEqual([__file__, __file__], [frames(error)[0], frames(error)[-1]])
            self.assertNotIn(driver.__file__, frames(error))
        else:
            self.fail("nothing was raised")

    def test_every_base_exception(self):
        """No exception ends the driver: the next phase runs in the same task."""

        async def fail(error):
            await asyncio.sleep(0)
            raise error

        async def phase():
            return asyncio.current_task()

        task = self.host.run(phase())
        for kind in (
            BaseBoom,
            KeyboardInterrupt,
            SystemExit,
            GeneratorExit,
            asyncio.CancelledError,
        ):
            with self.subTest(kind.__name__), quiet():
                with self.assertRaises(kind):
                    self.host.run(fail(kind()))
                self.assertIs(task, self.host.run(phase()))

    def test_error_is_dropped(self):
        """The host does not keep alive what a phase raised."""

        async def phase():
            raise Boom

        try:
            self.host.run(phase())
        except Boom as error:
            ref = weakref.ref(error)
        gc.collect()
        self.assertIsNone(ref())

    def test_task_class(self):
        """Who has put another class of tasks in place of asyncio's gets such a task."""

        class Task(asyncio.tasks._PyTask):
            pass

        with mock.patch.multiple(asyncio, Task=Task), mock.patch.object(
            asyncio.tasks, "Task", Task
        ):
            self.host.run(turns())
            self.assertIs(Task, type(self.host.driver))

    def test_task_factory(self):
        """A task factory that the loop came with makes the task; one that is set later does not."""

        class Task(asyncio.Task):
            pass

        def factory(loop, coro, **kwargs):
            return Task(coro, loop=loop, **kwargs)

        async def phase():
            return type(asyncio.current_task())

        self.loop.set_task_factory(factory)
        self.assertIs(DriverTask, self.host.run(phase()))
        self.host.run(turns(), last=True)
        self.host = Host(self.loop, contextvars.copy_context(), limit=LIMIT)
        self.assertIs(Task, self.host.run(phase()))

    @unittest.skipUnless(hasattr(asyncio, "eager_task_factory"), "new in Python 3.12")
    def test_eager_task_factory(self):
        """It makes plain tasks, and the test's own is never eager: so it is one of ours."""
        self.loop.set_task_factory(asyncio.eager_task_factory)
        self.host = Host(self.loop, contextvars.copy_context(), limit=LIMIT)

        async def child():
            return "cat"

        async def phase():
            return asyncio.create_task(child()).done(), asyncio.current_task()

        is_eager, task = self.host.run(phase())
        self.assertTrue(is_eager)
        self.assertIs(self.host.driver, task)
        self.assertIs(DriverTask, type(task))

    def test_phase_of_another_kind(self):
        """A generator-based coroutine is a phase like any other."""

        @types.coroutine
        def phase():
            yield
            return "cat"

        async def wrapped():
            return await phase()

        self.assertEqual("cat", self.host.run(wrapped()))

    def test_last(self):
        """After the last phase the driver has ended; another phase gets a new one."""

        async def phase():
            return asyncio.current_task()

        first = self.host.run(phase(), last=True)
        self.assertTrue(first.done())
        self.assertIsNot(first, self.host.run(phase()))


class Contexts(HostTestCase):
    """A phase in a context that is not the driver's."""

    def setUp(self):
        super().setUp()
        self.other = contextvars.copy_context()
        self.other.run(VAR.set, "other")

    def test_every_step(self):
        """Each step of the phase runs in its context, and so does each child."""

        async def child():
            return VAR.get()

        async def phase():
            seen = [VAR.get()]
            await asyncio.sleep(0)
            seen.append(VAR.get())
            VAR.set("changed")
            seen.append(await asyncio.create_task(child()))
            return seen

        async def read():
            return VAR.get()

        self.assertEqual(["other", "other", "changed"], self.host.run(phase(), self.other))
        self.assertEqual("changed", self.other[VAR])
        self.assertEqual("unset", self.host.run(read()))
        self.assertEqual("unset", self.host.run(read(), self.host.context))

    def test_same_task(self):
        """It is the same task all the same."""

        async def phase():
            return asyncio.current_task()

        self.assertIs(self.host.run(phase()), self.host.run(phase(), self.other))

    def test_error_thrown_in(self):
        """What an ``await`` raises reaches the phase in its context, and may be caught."""

        async def phase():
            future = self.loop.create_future()
            self.loop.call_soon(future.set_exception, Boom("await"))
            try:
                await future
            except Boom as error:
                await asyncio.sleep(0)
                return str(error), VAR.get()

        self.assertEqual(("await", "other"), self.host.run(phase(), self.other))

    def test_error(self):
        """What the phase raises comes out."""

        async def phase():
            await asyncio.sleep(0)
            raise Boom

        with self.assertRaises(Boom):
            self.host.run(phase(), self.other)

    def test_thrown_away(self):
        """A phase that is thrown away with its driver is closed in its context."""
        seen = []

        async def phase():
            self.loop.stop()
            try:
                await resist_cancellation()
            finally:
                seen.append(VAR.get())

        async def resist_cancellation():
            while True:
                try:
                    await for_ever()
                except asyncio.CancelledError:
                    pass

        with self.assertRaises(StageError):
            self.host.run(phase(), self.other)
        (driver,) = self.host.abandoned
        driver.get_coro().close()
        self.assertEqual(["other"], seen)


class Ends(HostTestCase):
    """Ending the driver without a turn of the loop."""

    def check(self, dropped):
        driver = self.host.driver
        with quiet():
            self.assertIs(dropped, self.host.drop_driver())
            if dropped:
                self.loop.close()
                self.assertIsNone(self.host.driver)
                return
        self.assertIs(driver, self.host.driver)
        self.host.run(turns())
        self.assertIs(driver, self.host.driver)

    def test_idle(self):
        """A driver that waits on a loop with nothing to do is dropped in silence."""
        self.host.run(turns())
        self.check(True)

    def test_rests(self):
        """A host rests when its driver waits for nothing but a phase, and carries the next life's in its context."""
        self.assertFalse(self.host.rest())
        self.host.run(turns())
        first = self.host.driver
        self.assertTrue(self.host.rest())
        self.assertIsNone(self.host.driver)
        context = contextvars.copy_context()
        context.run(VAR.set, "inside")
        self.host.begin_anew(context)

        async def phase():
            return VAR.get()

        self.assertEqual("inside", self.host.run(phase()))
        self.assertIsNot(first, self.host.driver)
        self.check(True)

    def test_does_not_rest(self):
        """It does not with something to tell, or with somebody who waits for its driver."""
        self.host.run(turns())
        self.host.note([])
        self.assertFalse(self.host.rest())
        self.host.take_past()
        self.host.driver.add_done_callback(print)
        self.assertFalse(self.host.rest())
        self.host.driver.remove_done_callback(print)
        self.assertTrue(self.host.rest())

    def test_none(self):
        """There need not be any driver."""
        self.check(True)

    def test_ended(self):
        """A driver that has ended needs no ending."""
        self.host.run(turns(), last=True)
        self.assertTrue(self.host.drop_driver())

    def test_no_driver_but_tasks(self):
        """Without a driver, other tasks still want to be ended."""

        async def phase():
            self.task = asyncio.create_task(for_ever())
            await turns()

        self.host.run(phase(), last=True)
        self.assertFalse(self.host.drop_driver())

    def test_callbacks(self):
        """A loop with something to do is not idle."""
        self.host.run(turns())
        self.loop.call_soon(int)
        self.check(False)

    def test_cancelled(self):
        """A driver with a request on its way is not idle."""
        self.host.run(turns())
        self.host.driver.cancel()
        self.assertFalse(self.host.drop_driver())
        with self.assertRaises(asyncio.CancelledError):
            self.host.run(turns())
        self.check(True)

    def test_other_tasks(self):
        """With other tasks about, the loop is not idle."""

        async def phase():
            self.task = asyncio.create_task(for_ever())
            await turns()

        self.host.run(phase())
        self.check(False)

    def test_somebody_waits(self):
        """A driver that somebody waits for is not dropped under them."""

        async def phase():
            asyncio.current_task().add_done_callback(print)

        self.host.run(phase())
        self.check(False)
        self.host.driver.remove_done_callback(print)

    def test_leftovers(self):
        """What is left on a loop that is closed is silenced, if there is anything."""

        async def phase():
            self.task = asyncio.create_task(for_ever())
            await turns()

        for leaves in (phase, turns):
            with self.subTest(leaves.__name__), quiet():
                self.loop.close()
                self.loop = asyncio.new_event_loop()
                self.host = Host(self.loop, contextvars.copy_context(), limit=LIMIT)
                self.host.run(leaves())
                self.assertIs(leaves is turns, self.host.drop_driver())
                self.host.silence_leftovers()
                self.loop.close()
                self.host.forget_driver()
                self.task = None

    def test_drained(self):
        """What failed while it was ended is not logged if closing was broken off in between."""

        async def fail():
            try:
                await for_ever()
            finally:
                raise Boom("lost")

        async def phase():
            self.task = asyncio.create_task(fail())
            await turns()

        def ending(left):
            self.loop.call_later(0, self.loop.stop)

        with quiet():
            self.host.run(phase())
            with mock.patch("asyncio.wait", lambda *_, **__: for_ever()), self.assertRaises(StageError):
                self.host.run(self.host.shut_down(frozenset(), ending, close=True))
            self.host.run(turns())
            self.assertTrue(self.task.done())
            self.host.silence_leftovers()
            self.loop.close()
            self.task = None

    def test_forget(self):
        """The driver of a loop that somebody has closed is forgotten in silence."""
        with quiet():
            self.host.run(turns())
            self.loop.close()
            self.host.forget_driver()
            self.host.forget_driver()
            self.assertIsNone(self.host.driver)

    def test_forget_ended(self):
        """A driver that has ended is forgotten too."""
        with quiet():
            self.host.run(turns(), last=True)
            self.loop.close()
            self.host.forget_driver()
            self.assertIsNone(self.host.driver)


class Refusals(HostTestCase):

    def check(self, message, coroutine, name="the test"):
        with self.assertRaises(RuntimeError) as caught:
            self.host.run(coroutine, None, name)
        self.assertEqual(message, str(caught.exception))
        # Closed, so that nobody complains that it was never awaited.
        self.assertIsNone(coroutine.cr_frame)

    def test_inside_a_phase(self):
        """No phase can be run from inside another one; the message says what to write."""

        async def phase():
            self.check(
                "cannot run b() from inside a(): await its coroutine instead", turns(), "b()"
            )

        self.host.run(phase(), None, "a()")

    def test_inside_another_loop(self):
        """No phase can be run inside a running loop; the message says what to do."""

        async def main():
            self.check(
                "cannot run b() while another event loop runs in this thread: "
                "run it in a thread of its own",
                turns(),
                "b()",
            )

        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        loop.run_until_complete(main())

    def test_closed_loop(self):
        """No phase can be run on a loop that the test has closed, and nothing is logged."""
        with quiet():
            self.host.run(turns())
            self.loop.close()
            self.check(
                "cannot run b(): event loop is closed, the test has closed it", turns(), "b()"
            )
            self.host.forget_driver()


class Cancellation(HostTestCase):

    async def count(self):
        await asyncio.sleep(0)
        return asyncio.current_task().cancelling()

    def test_cancelled_phase(self):
        """A cancelled phase raises CancelledError; the next begins with no request."""

        async def phase():
            asyncio.current_task().cancel("msg")
            await asyncio.sleep(0)

        with self.assertRaises(asyncio.CancelledError):
            self.host.run(phase())
        self.assertEqual(0, self.host.run(self.count()))
        self.assertIsNone(self.host.take_past())

    def test_swallowed(self):
        """A request that a phase has swallowed is taken back and remembered, once."""

        async def phase():
            asyncio.current_task().cancel()
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                return "went on"

        self.assertEqual("went on", self.host.run(phase(), None, "a()"))
        self.assertEqual(0, self.host.run(self.count()))
        self.assertEqual(["a()"], self.host.take_past().swallowed)
        self.assertIsNone(self.host.take_past())

    def test_past_of_others(self):
        """What is to be told of others can be put aside and put back."""
        for past in (Past(["a()"], ["a()"], ["a()"]), None, Past(["b()"], ["b()"], ["b()"])):
            self.host.put_past_back(past)
        for found in ("cat", "dog"):
            self.host.note([found])
        both = ["b()", "a()"]
        self.assertEqual(Past(both, both, [*both, "cat", "dog"]), self.host.take_past())
        self.assertIsNone(self.host.take_past())

    def test_taken_back_by_the_phase(self):
        """A request that the phase takes back itself is nobody's business."""

        async def phase():
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()

        self.host.run(phase())
        self.assertIsNone(self.host.take_past())

    def test_swallowed_then_failed(self):
        """A phase that was cancelled and then fails has swallowed nothing."""

        async def phase():
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                raise Boom from None

        with self.assertRaises(Boom):
            self.host.run(phase())
        self.assertEqual(0, self.host.run(self.count()))
        self.assertIsNone(self.host.take_past())

    def test_undelivered(self):
        """A request with no ``await`` left to be delivered at makes the phase cancelled."""

        async def phase():
            asyncio.current_task().cancel()
            return "value"

        with self.assertRaises(asyncio.CancelledError):
            self.host.run(phase())
        self.assertEqual(0, self.host.run(self.count()))

    def test_undelivered_then_failed(self):
        """A phase that fails with a request undelivered fails with its own error."""

        async def phase():
            asyncio.current_task().cancel()
            raise Boom

        with self.assertRaises(Boom):
            self.host.run(phase())
        self.assertEqual(0, self.host.run(self.count()))

    def test_between_phases(self):
        """A request between two phases is delivered at the first ``await`` of the next."""
        seen = []

        async def phase():
            seen.append("entered")
            await asyncio.sleep(0)
            seen.append("passed")

        self.host.run(turns())
        self.host.driver.cancel("between")
        with self.assertRaisesRegex(asyncio.CancelledError, "between"):
            self.host.run(phase())
        self.assertEqual(["entered"], seen)
        self.assertEqual(0, self.host.run(self.count()))

    def test_between_phases_and_no_await(self):
        """A request between two phases cancels also a phase without any ``await``."""

        async def phase():
            return "value"

        self.host.run(turns())
        self.host.driver.cancel()
        with self.assertRaises(asyncio.CancelledError):
            self.host.run(phase())

    def test_two_between_phases(self):
        """Two requests between two phases are delivered as one, as to any task."""

        async def phase():
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                return asyncio.current_task().cancelling()

        self.host.run(turns())
        self.host.driver.cancel()
        self.host.driver.cancel()
        self.assertEqual(2, self.host.run(phase()))
        self.assertEqual(0, self.host.run(self.count()))

    def test_between_phases_and_taken_back(self):
        """A request between two phases that is taken back in time is not delivered."""
        self.host.run(turns())
        self.host.driver.cancel()
        self.host.driver.uncancel()
        self.assertEqual(0, self.host.run(self.count()))


class Stopped(HostTestCase):
    """Phases that cannot go on."""

    def test_stop(self):
        """A loop that is stopped under a phase ends it, by name; the next one runs."""
        ended = []

        async def phase():
            self.loop.stop()
            try:
                await for_ever()
            finally:
                ended.append(1)

        with self.assertRaises(StageError) as caught:
            self.host.run(phase(), None, "a()")
        line = phase.__code__.co_firstlineno + 1
        self.assertEqual(
            "event loop stopped before a() completed: something called loop.stop(); "
            f"see {Place(__file__, line, 'phase').where}: `self.loop.stop()`",
            str(caught.exception),
        )
        self.assertEqual([1], ended)
        driver = self.host.driver
        self.host.run(turns())
        self.assertIs(driver, self.host.driver)

    def test_stop_and_completed(self):
        """A phase that ends in the turn in which the loop is stopped has ended; that is noted."""

        async def phase():
            self.loop.stop()
            return "value"

        self.assertEqual("value", self.host.run(phase(), None, "a()"))
        self.host.run(turns())
        (stage,) = self.host.take_past().stopped
        self.assertEqual("a()", stage)
        line = phase.__code__.co_firstlineno + 1
        self.assertEqual(Place(__file__, line, "phase"), stage.stopped_at)

    def test_given_up_and_completed(self):
        """One that is given up and ends at once, was not stopped by the test."""

        async def phase():
            self.host.stop("enough")

        self.host.run(phase())
        self.assertIsNone(self.host.take_past())

    def test_stopped_by_no_line(self):
        """Where it is not clear which line has stopped the loop, none is told."""

        async def phase():
            stop = self.loop.stop
            stop()
            await for_ever()

        with self.assertRaises(StageError) as caught:
            self.host.run(phase(), None, "a()")
        self.assertEqual(
            "event loop stopped before a() completed: something called loop.stop()",
            str(caught.exception),
        )

        @types.coroutine
        def without_code():
            yield
            self.loop.stop()

        self.host.run(without_code())
        self.assertEqual([None], [stage.stopped_at for stage in self.host.take_past().stopped])

    def test_given_up(self):
        """Whoever gives up a phase tells why."""

        async def phase():
            self.host.stop("enough")
            await for_ever()

        with self.assertRaises(StageError) as caught:
            self.host.run(phase(), None, "a()")
        self.assertEqual("event loop stopped before a() completed: enough", str(caught.exception))

    def test_resists(self):
        """A phase that resists is bounded, named with its line, and left behind."""
        until = asyncio.Event()

        async def phase():
            self.loop.stop()
            await resist(until)

        start = time.monotonic()
        with self.assertRaises(StageError) as caught:
            self.host.run(phase(), None, "a()")
        self.assertLess(time.monotonic() - start, 10 * LIMIT)
        message = str(caught.exception)
        self.assertIn(
            "`self.loop.stop()`; a() did not end within 0.05 s of being cancelled; it stands at ",
            message,
        )
        self.assertIn("await until.wait()", message)
        self.assertEqual(1, len(self.host.abandoned))
        with quiet():
            self.host.run(turns())
            self.assertNotIn(self.host.driver, self.host.abandoned)
            until.set()
            self.host.run(turns())
            self.assertTrue(self.host.abandoned.pop().done())

    def test_resists_nowhere(self):
        """Where the user has no line in it, none is named."""
        until = asyncio.Event()

        async def phase():
            self.loop.stop()
            await resist(until)

        with mock.patch("asynctesting.host.describe", return_value=("task", None)):
            with self.assertRaises(StageError) as caught:
                self.host.run(phase(), None, "a()")
        self.assertTrue(str(caught.exception).endswith("within 0.05 s of being cancelled"))
        until.set()
        self.host.run(turns())

    def test_asked_to_end(self):
        """A phase can be asked to end from any thread; where none runs, nobody is asked."""

        async def phase():
            threading.Thread(target=self.host.ask_to_end).start()
            await for_ever()

        self.host.ask_to_end()
        with self.assertRaises(asyncio.CancelledError):
            self.host.run(phase())
        self.host.ask_to_end()
        self.host.run(turns())

    def test_asked_too_late(self):
        """A request to end that comes when its phase has ended does not end the next one."""

        async def phase():
            def block():
                self.host.ask_to_end()  # as the watchdog's thread does while this blocks

            block()

        self.host.run(phase())
        self.host.run(turns())

        late = self.host.loop.call_soon
        late(self.host._cancel, object())
        self.host.run(turns())

    def test_error_through_the_loop(self):
        """An error from another task ends the phase, and then is raised on."""
        for kind in (KeyboardInterrupt, SystemExit):
            with self.subTest(kind.__name__):
                ended = []

                async def child(kind=kind):
                    raise kind("child")

                async def phase(ended=ended):
                    task = asyncio.create_task(child())
                    try:
                        await for_ever()
                    finally:
                        ended.append(1)
                        with self.assertRaises(kind):
                            task.result()

                with self.assertRaisesRegex(kind, "child"):
                    self.host.run(phase())
                self.assertEqual([1], ended)
                self.host.run(turns())

    def test_error_of_a_callback(self):
        """An error from a callback does the same, also when the phase is over by then."""

        def callback():
            raise SystemExit("callback")

        async def waits():
            self.loop.call_soon(callback)
            await for_ever()

        async def ends():
            ended = self.loop.create_future()
            self.loop.call_soon(ended.set_result, None)
            self.loop.call_soon(self.loop.call_soon, callback)
            await ended

        with self.assertRaisesRegex(SystemExit, "callback"):
            self.host.run(waits())
        with self.assertRaisesRegex(SystemExit, "callback"):
            self.host.run(ends())
        self.host.run(turns())

    def test_error_and_resists(self):
        """An error from a callback tells of the phase that resists."""
        until = asyncio.Event()

        def callback():
            raise SystemExit("callback")

        async def phase():
            self.loop.call_soon(callback)
            await resist(until)

        with self.assertRaises(SystemExit) as caught:
            self.host.run(phase(), None, "a()")
        (note,) = caught.exception.__notes__
        self.assertIn("a() did not end within 0.05 s of being cancelled; it stands at", note)
        until.set()
        self.host.run(turns())

    def test_errors_go_on(self):
        """Errors that keep coming through the loop while a phase ends do not end the host."""

        def callback():
            raise SystemExit("again")

        async def phase():
            self.loop.call_soon(callback)
            try:
                await for_ever()
            finally:
                self.loop.call_soon(callback)
                await asyncio.sleep(0)
                await asyncio.sleep(0)

        with self.assertRaisesRegex(SystemExit, "again"):
            self.host.run(phase())
        self.host.run(turns())

    def test_stops_go_on(self):
        """A loop that is stopped all the time does not keep a phase from ending."""

        async def phase():
            self.loop.stop()
            try:
                await for_ever()
            finally:
                for _ in range(3):
                    self.loop.stop()
                    await asyncio.sleep(0)

        with self.assertRaises(StageError):
            self.host.run(phase())
        self.host.run(turns())

    def test_loop_that_cannot_run(self):
        """A loop that refuses to run says so; nothing waits for its phase."""
        coroutine = for_ever()
        with mock.patch.object(self.loop, "run_forever", side_effect=RuntimeError("no")):
            with mock.patch.object(self.loop, "is_running", return_value=True):
                with self.assertRaisesRegex(RuntimeError, "^no$") as caught:
                    self.host.run(coroutine, None, "a()")
        self.assertEqual(
            ["a() did not end within 0.05 s of being cancelled"], caught.exception.__notes__
        )
        coroutine.close()

    def test_abandon_nothing(self):
        """There may be nothing to leave behind."""
        self.host.abandon()
        self.host.run(turns(), last=True)
        self.host.abandon()
        self.assertEqual([], self.host.abandoned)


@unittest.skipUnless(
    threading.current_thread() is threading.main_thread(), "signals are for the main thread"
)
class Interrupts(HostTestCase):
    """Ctrl-C, as asyncio.Runner has it."""

    def setUp(self):
        super().setUp()
        with_default = default_sigint()
        with_default.__enter__()
        self.addCleanup(with_default.__exit__, None, None, None)

    def test_first(self):
        """The first one cancels the phase; when that ends so, KeyboardInterrupt is raised."""
        ended = []

        async def phase():
            signal.raise_signal(signal.SIGINT)
            try:
                await for_ever()
            except asyncio.CancelledError:
                ended.append(1)
                raise

        with self.assertRaises(KeyboardInterrupt) as caught:
            self.host.run(phase())
        self.assertIsNone(caught.exception.__cause__)
        self.assertTrue(caught.exception.__suppress_context__)
        self.assertEqual([1], ended)
        self.host.run(turns())

    def test_first_and_swallowed(self):
        """A phase that handles its cancellation in its own way may go on."""

        async def phase():
            signal.raise_signal(signal.SIGINT)
            try:
                await for_ever()
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()
                return "went on"

        self.assertEqual("went on", self.host.run(phase()))

    def test_cancelled_without_interrupt(self):
        """A phase that is cancelled by something else is cancelled."""

        async def phase():
            asyncio.current_task().cancel()
            await for_ever()

        with self.assertRaises(asyncio.CancelledError):
            self.host.run(phase())

    def test_second(self):
        """The second one in the same phase raises KeyboardInterrupt at once."""

        async def phase():
            signal.raise_signal(signal.SIGINT)
            try:
                await for_ever()
            finally:
                with self.assertRaises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)

        with self.assertRaises(KeyboardInterrupt):
            self.host.run(phase())

    def test_each_phase_has_a_first(self):
        """Each phase is cancelled first."""

        async def phase():
            signal.raise_signal(signal.SIGINT)
            await for_ever()

        for _ in range(2):
            with self.assertRaises(KeyboardInterrupt):
                self.host.run(phase())

    def test_phase_that_has_ended(self):
        """Where there is nothing to cancel any more, KeyboardInterrupt is raised at once."""

        async def phase():
            ended = self.loop.create_future()
            self.loop.call_soon(ended.set_result, None)
            self.loop.call_soon(self.loop.call_soon, signal.raise_signal, signal.SIGINT)
            await ended

        with self.assertRaises(KeyboardInterrupt):
            self.host.run(phase())

    def test_driver_that_has_ended(self):
        """The same in the last phase of all."""

        async def phase():
            ended = self.loop.create_future()
            self.loop.call_soon(ended.set_result, None)
            self.loop.call_soon(self.loop.call_soon, signal.raise_signal, signal.SIGINT)
            await ended

        with self.assertRaises(KeyboardInterrupt):
            self.host.run(phase(), last=True)

    @unittest.skipUnless(hasattr(signal, "pthread_kill"), "no signals from outside here")
    def test_wakes_the_loop(self):
        """A loop that waits for nothing in particular is woken."""

        main = threading.main_thread().ident
        timer = threading.Timer(0.02, signal.pthread_kill, [main, signal.SIGINT])

        async def phase():
            timer.start()  # not sooner, for it may take longer to get here
            await for_ever()

        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            self.host.run(phase())
        timer.join()
        self.assertLess(time.monotonic() - start, 5)

    def test_handler(self):
        """The handler is Python's own before, between and after phases, also if they fail."""

        async def phase():
            self.seen.append(signal.getsignal(signal.SIGINT))

        async def fails():
            await phase()
            raise Boom

        self.seen = []
        self.host.run(phase())
        self.assertIs(signal.default_int_handler, signal.getsignal(signal.SIGINT))
        with self.assertRaises(Boom):
            self.host.run(fails())
        self.assertIs(signal.default_int_handler, signal.getsignal(signal.SIGINT))
        self.assertNotIn(signal.default_int_handler, self.seen)

    def test_handler_of_the_user(self):
        """A handler of the user's own is left alone, whether put there before or meanwhile."""

        def mine(signum, frame):
            raise AssertionError("never called")

        async def puts():
            signal.signal(signal.SIGINT, mine)

        async def reads():
            return signal.getsignal(signal.SIGINT)

        self.host.run(puts())
        self.assertIs(mine, signal.getsignal(signal.SIGINT))
        self.assertIs(mine, self.host.run(reads()))
        self.assertIs(mine, signal.getsignal(signal.SIGINT))

    def test_handler_that_somebody_keeps(self):
        """A handler of ours that somebody has kept and put back can be let go of."""

        async def keep():
            return signal.getsignal(signal.SIGINT)

        kept = self.host.run(keep())
        signal.signal(signal.SIGINT, kept)
        thread = threading.Thread(target=self.host.let_go_of_sigint)
        thread.start()
        thread.join()
        self.assertIs(kept, signal.getsignal(signal.SIGINT))
        self.host.let_go_of_sigint()
        self.assertIs(signal.default_int_handler, signal.getsignal(signal.SIGINT))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.host.let_go_of_sigint()
        self.assertIs(signal.SIG_IGN, signal.getsignal(signal.SIGINT))

    def test_other_thread(self):
        """In another thread there is no handler to take."""
        seen = []

        async def phase():
            seen.append(signal.getsignal(signal.SIGINT))

        thread = threading.Thread(target=self.host.run, args=(phase(),))
        thread.start()
        thread.join()
        self.assertEqual([signal.default_int_handler], seen)

    def test_interpreter_without_signals(self):
        """An interpreter that allows no handler has none."""

        async def phase():
            return signal.getsignal(signal.SIGINT)

        with mock.patch("asynctesting.host.signals.signal", side_effect=ValueError):
            self.assertIs(signal.default_int_handler, self.host.run(phase()))


class ShutDown(HostTestCase):

    def test_nothing_left(self):
        """Where nothing is left there is nothing to say."""
        self.assertEqual(([], [], [], []), self.close())

    def test_tasks(self):
        """Tasks are told, cancelled and awaited, in the order of their names."""
        ended = []

        async def child(name):
            try:
                await for_ever()
            finally:
                await asyncio.sleep(0)
                ended.append(name)

        async def phase():
            self.tasks = [asyncio.create_task(child(name), name=name) for name in "ba"]
            await turns()

        self.host.run(phase())
        left, stubborn, failed, stuck = self.close()
        self.assertEqual(["a", "b"], [task.get_name() for task in left])
        self.assertEqual(["a", "b"], sorted(ended))
        self.assertTrue(all(task.cancelled() for task in self.tasks))
        self.assertEqual(([], [], []), (stubborn, failed, stuck))

    def test_failing(self):
        """A task that raises when it is cancelled is told with its error."""

        async def child():
            try:
                await for_ever()
            finally:
                raise Boom

        async def phase():
            self.task = asyncio.create_task(child())
            await turns()

        self.host.run(phase())
        left, stubborn, failed, stuck = self.close()
        ((task, error),) = failed
        self.assertIs(self.task, task)
        self.assertIsInstance(error, Boom)
        self.assertEqual([], stubborn)

    def test_returning(self):
        """A task that ends in its own way when it is cancelled has ended."""

        async def child():
            try:
                await for_ever()
            except asyncio.CancelledError:
                return "value"

        async def phase():
            self.task = asyncio.create_task(child())
            await turns()

        self.host.run(phase())
        left, stubborn, failed, stuck = self.close()
        self.assertEqual(([self.task], [], []), (left, stubborn, failed))

    def test_born_late(self):
        """Tasks that are started by tasks which end are ended too."""

        async def child():
            try:
                await for_ever()
            finally:
                self.late = asyncio.create_task(for_ever())

        async def phase():
            self.task = asyncio.create_task(child())
            await turns()

        self.host.run(phase())
        left, stubborn, failed, stuck = self.close()
        self.assertEqual(([self.task], []), (left, stubborn))
        self.assertTrue(self.late.cancelled())

    def test_stubborn(self):
        """Tasks that resist are bounded and told, by name; nothing is logged of them."""
        until = asyncio.Event()

        async def phase():
            self.tasks = [asyncio.create_task(resist(until), name=name) for name in "ba"]
            await turns()

        self.host.run(phase())
        start = time.monotonic()
        left, stubborn, failed, stuck = self.close()
        self.assertLess(time.monotonic() - start, 10 * LIMIT)
        self.assertEqual(["a", "b"], [task.get_name() for task in stubborn])
        with quiet():
            self.loop.close()
            del left, stubborn, self.tasks

    def test_baseline(self):
        """Tasks of the baseline, and what was left behind already, are spared."""
        until = asyncio.Event()

        async def phase():
            self.task = asyncio.create_task(until.wait())
            await turns()

        async def resists():
            self.loop.stop()
            await resist(until)

        self.host.run(phase())
        with self.assertRaises(StageError):
            self.host.run(resists())
        left, *_ = self.close(baseline=frozenset([self.task]), close=False, last=False)
        self.assertEqual([], left)
        self.assertFalse(self.task.done())
        until.set()
        self.host.run(turns())

    def test_asyncgens(self):
        """Asynchronous generators are closed, if all is."""
        ended = []

        async def numbers():
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)
                ended.append(1)

        async def phase():
            self.generator = numbers()
            async for _ in self.generator:
                break

        self.host.run(phase())
        self.close(close=False, last=False)
        self.assertEqual([], ended)
        *_, stuck = self.close()
        self.assertEqual(([1], []), (ended, stuck))

    def test_suspended_asyncgens(self):
        """Who wants to know is told which ones are left, before they are closed, if all is."""
        log = []

        async def numbers():
            try:
                yield 1
            finally:
                log.append("closed")

        async def phase():
            self.generator = numbers()
            await anext(self.generator)

        def suspended(generators):
            log.append(generators == [self.generator])

        self.host.run(phase())
        self.close(close=False, last=False, suspended=suspended)
        self.assertEqual([], log)
        self.close(last=False, suspended=suspended)
        self.assertEqual([True, "closed"], log)
        self.close(suspended=suspended)
        self.assertEqual([True, "closed"], log)

    def test_closer_of_an_asyncgen(self):
        """The task in which asyncio closes a generator that was dropped is no leak."""
        ended = []

        async def numbers():
            try:
                yield 1
                yield 2
            finally:
                await turns()
                ended.append(1)

        async def phase():
            async for _ in numbers():
                break

        self.host.run(phase())
        left, *_ = self.close()
        self.assertEqual(([1], []), (ended, left))

    def test_stuck_asyncgen(self):
        """An asynchronous generator that does not end is bounded and told."""
        until = asyncio.Event()

        async def numbers():
            try:
                yield 1
            finally:
                await resist(until)

        async def phase():
            self.generator = numbers()
            await anext(self.generator)

        self.host.run(phase())
        *_, stuck = self.close(last=False)
        self.assertEqual(["an asynchronous generator"], stuck)
        until.set()
        self.host.run(turns())

    def test_failing_asyncgen(self):
        """An error in the loop's own way of shutting down goes to its exception handler."""
        seen = []
        self.loop.set_exception_handler(lambda loop, context: seen.append(context))

        async def shutdown_asyncgens():
            raise Boom

        self.loop.shutdown_asyncgens = shutdown_asyncgens
        self.loop._asyncgens.add(self)  # something to shut down
        self.addCleanup(self.loop._asyncgens.discard, self)
        *_, stuck = self.close()
        self.assertEqual([], stuck)
        (context,) = seen
        self.assertEqual("error while the event loop was shut down", context["message"])
        self.assertIsInstance(context["exception"], Boom)

    def test_tasks_of_others(self):
        """Tasks of others are left alone, whenever they were made."""
        task = self.loop.create_task(for_ever())
        self.addCleanup(self.loop.run_until_complete, asyncio.wait([task]))
        self.addCleanup(task.cancel)
        self.assertEqual(([], [], [], []), self.close(is_others=lambda one: one is task))
        self.assertFalse(task.done())

    def test_cancelled_asyncgen(self):
        """A shut-down that is cancelled is over."""

        async def shutdown_asyncgens():
            raise asyncio.CancelledError

        self.loop.shutdown_asyncgens = shutdown_asyncgens
        self.loop._asyncgens.add(self)
        self.addCleanup(self.loop._asyncgens.discard, self)
        self.assertEqual(([], [], [], []), self.close())

    def test_executor(self):
        """The default executor is shut down: its threads have ended."""
        threads = []

        async def phase():
            await self.loop.run_in_executor(
                None, lambda: threads.append(threading.current_thread())
            )

        self.host.run(phase())
        self.assertEqual(([], [], [], []), self.close())
        self.assertFalse(threads[0].is_alive())

    def test_stuck_executor(self):
        """A job that does not end is bounded and told."""
        release = threading.Event()

        async def phase():
            self.loop.run_in_executor(None, release.wait)

        self.host.run(phase())
        executor = self.loop._default_executor
        start = time.monotonic()
        *_, stuck = self.close()
        self.assertLess(time.monotonic() - start, 10 * LIMIT)
        self.assertEqual(["a job in the loop's executor"], stuck)
        # The loop may be closed by the time that the job ends.
        self.loop.close()
        release.set()
        executor.shutdown()
        for thread in threading.enumerate():
            if thread.name == "asynctesting-join-executor":
                thread.join()

    def test_executor_that_ends_late(self):
        """A job that ends after the limit tells nobody."""
        future = self.loop.create_future()
        _set(future)
        _set(future)
        self.assertIsNone(future.result())

    def test_executor_of_a_foreign_loop(self):
        """A loop whose executor cannot be seen knows best how to shut it down."""
        called = []

        async def shutdown_default_executor():
            called.append(1)

        self.loop.shutdown_default_executor = shutdown_default_executor
        with mock.patch("asynctesting.loops.insides.default_executor", return_value=True):
            *_, stuck = self.close()
        self.assertEqual(([1], []), (called, stuck))

    def test_stuck_executor_of_a_foreign_loop(self):
        """Cancelled, such a loop would wait for the job by blocking its thread: it is left to itself."""
        told = []

        async def shutdown_default_executor():
            try:
                await for_ever()
            except asyncio.CancelledError:
                told.append("cancelled")

        self.loop.shutdown_default_executor = shutdown_default_executor
        with mock.patch("asynctesting.loops.insides.default_executor", return_value=True), quiet():
            *_, stuck = self.close()
        self.assertEqual(["a job in the loop's executor"], stuck)
        self.assertEqual([], told)

    def test_executor_of_the_user(self):
        """The default executor may be one that the user has set."""
        executor = concurrent.futures.ThreadPoolExecutor(1)
        self.loop.set_default_executor(executor)
        self.close()
        with self.assertRaises(RuntimeError):
            executor.submit(print)

    def test_last_callbacks(self):
        """Callbacks that are due get some more turns, and no more than some."""
        seen = []

        def callback():
            seen.append(1)
            self.loop.call_soon(callback)

        async def phase():
            self.loop.call_soon(self.loop.call_soon, seen.append, "told")

        self.host.run(phase())
        self.close(last=False)
        self.assertEqual(["told"], seen)
        self.loop.call_soon(callback)
        self.close()
        self.assertLess(len(seen), 20)


if __name__ == "__main__":
    unittest.main()


class Circles(HostTestCase):
    """Tasks that wait for each other cannot be cancelled: asyncio would go round for ever."""

    def knot(self):
        async def wait_for(tasks, index):
            await tasks[index]

        tasks = []
        tasks += [self.loop.create_task(wait_for(tasks, index)) for index in (1, 0)]
        return tasks

    def test_they_are_left_behind(self):
        """At once, and nobody fails for it."""

        async def phase():
            self.knot()
            await turns()

        self.host.run(phase())
        self.host.limit = 60
        left, stubborn, failed, stuck = self.close()
        self.assertEqual((2, [], [], []), (len(left), stubborn, failed, stuck))
        self.host.silence_leftovers()

    def test_the_end_of_python(self):
        """The process ends, also when what was left behind would not: it is not closed even then."""
        done = python(
            """
            import asyncio, unittest
            from asynctesting import AsyncTestCase

            async def resist():
                while True:
                    try:
                        await asyncio.sleep(1)  # which raises once no loop runs
                    except BaseException:
                        pass

            class Cats(AsyncTestCase, close_limit=0.05):
                async def test_task(self):
                    self.cat = asyncio.create_task(resist())
                    await asyncio.sleep(0)

                async def test_itself(self):
                    self.loop.call_later(0.01, self.loop.stop)
                    await resist()

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("FAILED (failures=1, errors=1)", done.stderr)

    def test_the_test_is_one_of_them(self):
        """Its phase is given up."""

        async def wait_for(task):
            await task

        async def phase():
            await asyncio.create_task(wait_for(asyncio.current_task()))

        self.host.limit = 60
        self.loop.call_later(0.01, self.loop.stop)
        with self.assertRaisesRegex(StageError, "stopped before .*did not end"):
            self.host.run(phase())
        self.assertEqual(1, len(self.host.abandoned))
        self.host.silence_leftovers()


class Background(HostTestCase):
    """What is meant to run for ever is ended before anything is said of leftovers."""

    def start(self, coroutine):
        async def phase():
            background.mark(asyncio.create_task(coroutine, name="background"))
            await turns()

        self.host.run(phase())

    def test_it_is_no_leftover(self):
        """It is cancelled."""
        self.start(for_ever())
        self.assertEqual(([], [], [], []), self.close())

    def test_its_last_error(self):
        """It is told as that of any other task."""

        async def fail():
            try:
                await for_ever()
            finally:
                raise Boom

        self.start(fail())
        left, stubborn, ((_, error),), stuck = self.close()
        self.assertIsInstance(error, Boom)
        self.assertEqual(([], [], []), (left, stubborn, stuck))

    def test_one_that_resists(self):
        """It is a leftover, after all."""
        self.start(resist(asyncio.Event()))
        left, stubborn, _, _ = self.close()
        self.assertEqual(["background"], [task.get_name() for task in left])
        self.assertEqual(left, stubborn)


class VirtualTime(HostTestCase):
    """All limits are of loop time: to end a life takes no time, and does not give up too early."""

    def setUp(self):
        self.loop = SimulatedLoop()
        self.host = Host(self.loop, contextvars.copy_context(), limit=5, name="driver")
        self.addCleanup(self.end)

    def start(self, coroutine):
        async def phase():
            asyncio.create_task(coroutine, name="left")
            await turns()

        self.host.run(phase())

    def test_what_resists(self):
        """It gets its seconds, and no real time."""

        async def resist():
            while True:
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    pass

        self.start(resist())
        started = time.monotonic()
        _, stubborn, _, _ = self.close()
        self.assertEqual(["left"], [task.get_name() for task in stubborn])
        self.assertEqual(5.0, self.loop.time())
        self.assertLess(time.monotonic() - started, 4)

    def test_work_outside(self):
        """It is waited for: time must not jump past it."""

        async def clean_up():
            try:
                await for_ever()
            finally:
                await asyncio.to_thread(time.sleep, 0.05)

        self.start(clean_up())
        left, stubborn, _, stuck = self.close()
        self.assertEqual((1, [], []), (len(left), stubborn, stuck))
        self.assertEqual(0.0, self.loop.time())

    def test_a_job(self):
        """So is one that nobody waits for."""

        async def phase():
            asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)

        self.host.run(phase())
        self.assertEqual(([], [], [], []), self.close())
        self.assertEqual(0.0, self.loop.time())

    def test_a_phase_that_resists(self):
        """It is given up after its seconds."""

        async def phase():
            while True:
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    pass

        self.loop.call_later(10, self.loop.stop)
        started = time.monotonic()
        with self.assertRaises(StageError):
            self.host.run(phase())
        self.assertEqual(15.0, self.loop.time())
        self.assertLess(time.monotonic() - started, 4)
