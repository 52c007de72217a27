"""Tests of asynctesting.driver: what the task of a test is made of."""

import asyncio
import contextlib
import contextvars
import gc
import inspect
import io
import unittest
import weakref

from asynctesting.driver import (
    CAN_TELL,
    SCOPE,
    Driver,
    DriverTask,
    Phase,
    Waiting,
    expect_cancellation,
)
from asynctesting.findings import Place
from tests.support import BaseBoom, Boom, for_ever, quiet, turns


VAR = contextvars.ContextVar("VAR", default="unset")


class DriverTestCase(unittest.TestCase):

    def setUp(self):
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        self.driver = Driver(self.loop)
        self.addCleanup(self.end)

    def end(self):
        if self.driver.task is not None and not self.loop.is_closed():
            self.run_phase(turns(), last=True)

    def begin(self, coroutine, *, context=None, last=False):
        """Hand over a phase, to be run with the next turn of the loop."""
        phase = Phase(coroutine, context, "a()", last=last)
        self.driver.carry(phase)
        if self.driver.task is None:
            self.driver.task = self.make_task()
        return phase

    def make_task(self):
        return DriverTask(self.driver, loop=self.loop)

    def run_phase(self, coroutine, **given):
        """Run a phase until it stops the loop."""
        phase = self.begin(coroutine, **given)
        self.loop.run_forever()
        self.assertTrue(phase.done)
        return phase


class Phases(DriverTestCase):

    def test_values(self):
        """Phases are carried one after another in one task, which waits in between."""

        async def phase():
            await asyncio.sleep(0)
            return asyncio.current_task()

        for _ in range(3):
            one = self.run_phase(phase())
            self.assertIs(self.driver.task, one.value)
            self.assertIsNone(one.error)
            self.assertTrue(self.driver.is_idle)

    def test_what_is_due_comes_first(self):
        """What is ready when a phase ends has its turn before the loop stops; nothing after it."""
        ran = []

        async def phase():
            self.loop.call_soon(ran.append, "at once")
            self.loop.call_soon(self.loop.call_soon, self.loop.call_soon, ran.append, "later")

        self.run_phase(phase())

        self.assertEqual(["at once"], ran)

    def test_a_late_stop(self):
        """What was to stop the loop after one phase does not stop it under the next."""

        async def interrupted():
            self.loop.call_soon(self.interrupt)

        first = self.begin(interrupted())
        with self.assertRaises(KeyboardInterrupt):
            self.loop.run_forever()
        self.assertTrue(first.done)

        second = self.begin(turns(5))
        self.loop.run_forever()

        self.assertTrue(second.done)

    def interrupt(self):
        raise KeyboardInterrupt

    def test_errors(self):
        """Whatever a phase raises is kept with it; the task goes on."""

        async def at_once(error):
            raise error

        async def later(error):
            await asyncio.sleep(0)
            raise error

        async def thrown(error):
            future = self.loop.create_future()
            self.loop.call_soon(future.cancel)
            try:
                await future
            except asyncio.CancelledError:
                raise error from None

        for kind in (Boom, BaseBoom, KeyboardInterrupt, SystemExit, GeneratorExit):
            for phase in (at_once, later, thrown):
                with self.subTest(kind=kind.__name__, phase=phase.__name__):
                    error = kind()
                    self.assertIs(error, self.run_phase(phase(error)).error)
        self.assertIsNone(self.run_phase(turns()).error)

    def test_thrown_and_caught(self):
        """What an ``await`` raises reaches the phase, which may catch it and go on, or end."""

        async def phase(ends):
            future = self.loop.create_future()
            self.loop.call_soon(future.set_exception, Boom())
            try:
                await future
            except Boom:
                if not ends:
                    await asyncio.sleep(0)
                return "caught", VAR.get()

        context = contextvars.copy_context()
        context.run(VAR.set, "other")
        for ends in (False, True):
            self.assertEqual(("caught", "unset"), self.run_phase(phase(ends)).value)
            self.assertEqual(
                ("caught", "other"), self.run_phase(phase(ends), context=context).value
            )

    def test_context(self):
        """A phase with a context has each of its steps run in it."""

        async def phase():
            seen = [VAR.get()]
            await asyncio.sleep(0)
            return [*seen, VAR.get()]

        context = contextvars.copy_context()
        context.run(VAR.set, "other")
        self.assertEqual(["other"] * 2, self.run_phase(phase(), context=context).value)
        self.assertEqual(["unset"] * 2, self.run_phase(phase()).value)

    def test_last(self):
        """With the last phase the task ends."""
        task = self.loop.create_task(self.driver)
        self.driver.task = task
        self.run_phase(turns(), last=True)
        self.loop.run_until_complete(asyncio.wait([task]))
        self.assertIsNone(task.result())
        self.assertIsNone(self.driver.task)


class Cancellation(DriverTestCase):

    def test_taken_back(self):
        """What is left of the requests to cancel a phase is taken back."""

        async def phase(swallows):
            asyncio.current_task().cancel()
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if not swallows:
                    raise

        one = self.run_phase(phase(False))
        self.assertIsInstance(one.error, asyncio.CancelledError)
        self.assertFalse(one.swallowed)
        self.assertEqual(0, self.driver.task.cancelling())
        one = self.run_phase(phase(True))
        self.assertIsNone(one.error)
        self.assertTrue(one.swallowed)
        self.assertEqual(0, self.driver.task.cancelling())

    def test_task_of_a_factory(self):
        """A request that was swallowed can be told in any task from Python 3.13 on."""

        async def phase():
            asyncio.current_task().cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)

        self.driver.task = self.loop.create_task(self.driver)
        self.assertIs(CAN_TELL, self.run_phase(phase()).swallowed)
        self.assertEqual(0, self.driver.task.cancelling())

    def test_asserted(self):
        """A test that asserts its own cancellation has not swallowed it."""

        async def phase():
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
            expect_cancellation()

        expect_cancellation()  # which does nothing outside of a test
        self.assertFalse(self.run_phase(phase()).swallowed)
        self.assertEqual(0, self.driver.task.cancelling())

    def test_left_by_a_group(self):
        """A task group that an exit leaves does not take its request back."""

        async def fail():
            raise Boom

        async def leave():
            try:
                await asyncio.sleep(10)
            finally:
                raise SystemExit

        async def phase():
            with self.assertRaises(SystemExit):
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
                    await leave()

        self.assertFalse(self.run_phase(phase()).swallowed)
        self.assertEqual(0, self.driver.task.cancelling())

    def test_by_the_loop(self):
        """A request that the loop itself passes on has the line at which the phase waits."""

        async def phase():
            self.loop.call_soon(asyncio.current_task().cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

        one = self.run_phase(phase())
        self.assertTrue(one.swallowed)
        line = phase.__code__.co_firstlineno + 3
        self.assertEqual(Waiting(__file__, line, "phase"), one.cancelled_at)

    def test_by_the_loop_between_phases(self):
        """One that comes between two phases has none."""

        self.run_phase(turns())
        self.loop.call_soon(self.driver.task.cancel)
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        self.assertEqual((None,), self.driver.task.requests)
        self.driver.task.uncancel()

    def test_skipped(self):
        """A phase that skips the test when it is cancelled has swallowed that, but not one that takes it back."""

        async def phase(takes_back):
            asyncio.current_task().cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if takes_back:
                    asyncio.current_task().uncancel()
                raise unittest.SkipTest from None

        for takes_back in (False, True):
            one = self.run_phase(phase(takes_back))
            self.assertIsInstance(one.error, unittest.SkipTest)
            self.assertIs(not takes_back, one.swallowed)

    def test_who_has_cancelled(self):
        """A phase that ends by its cancellation tells in a note by which line; where it waited, its traceback tells."""

        async def phase(by_the_loop):
            if by_the_loop:
                self.loop.call_soon(asyncio.current_task().cancel)
            else:
                asyncio.current_task().cancel()
            await asyncio.sleep(3600)

        place = Place(__file__, phase.__code__.co_firstlineno + 4, "phase")
        note = f"the test's own task was cancelled at {place}"
        self.assertEqual([note], self.run_phase(phase(False)).error.__notes__)
        self.assertFalse(hasattr(self.run_phase(phase(True)).error, "__notes__"))

    def test_each_takes_back_its_own(self):
        """A request of a scope stays, whoever else takes one back; so does nothing."""
        self.run_phase(turns())
        task = self.driver.task
        task.requests = (None, SCOPE)
        for _ in range(2):
            task.uncancel()
            self.assertEqual((SCOPE,), task.requests)
        task.requests = ()

    def test_in_vain(self):
        """A task that has ended cannot be cancelled, and notes nothing."""
        self.run_phase(turns())
        task = self.driver.task
        self.run_phase(turns(), last=True)
        self.loop.run_until_complete(asyncio.wait([task]))
        self.assertFalse(task.cancel())
        self.assertEqual((), task.requests)

    def test_undelivered(self):
        """A request with no ``await`` left is the error of the phase, if it has none."""

        async def phase(error=None):
            asyncio.current_task().cancel()
            if error is not None:
                raise error

        self.assertIsInstance(self.run_phase(phase()).error, asyncio.CancelledError)
        error = Boom()
        self.assertIs(error, self.run_phase(phase(error)).error)
        self.assertEqual(0, self.driver.task.cancelling())

    def test_kept(self):
        """A request between phases is kept for the next one's first ``await``."""

        async def phase():
            self.entered = True
            await asyncio.sleep(0)

        self.run_phase(turns())
        self.driver.task.cancel("between")
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()  # it is delivered while there is no phase
        self.assertTrue(self.driver.is_idle)
        error = self.run_phase(phase()).error
        self.assertTrue(self.entered)
        self.assertEqual("between", str(error))
        self.assertIsNone(self.run_phase(turns()).error)

    def test_kept_and_taken_back(self):
        """One that is taken back in time is forgotten."""
        self.run_phase(turns())
        self.driver.task.cancel()
        self.driver.task.uncancel()
        self.assertIsNone(self.run_phase(turns()).error)


class Ends(DriverTestCase):

    def test_left_behind(self):
        """A driver that was left behind ends with its phase, and stops nothing."""
        until = self.loop.create_future()
        self.begin(asyncio.wait([until]))
        task = self.driver.task
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        self.driver.left_behind = True
        until.set_result(None)
        self.loop.run_until_complete(asyncio.wait([task]))
        self.assertTrue(task.done())
        self.driver = Driver(self.loop)

    def test_retired(self):
        """A driver that waits for a phase can be retired without a step, in silence."""
        for closed in (False, True):
            with self.subTest(closed=closed), quiet():
                self.loop = asyncio.new_event_loop()
                self.addCleanup(self.loop.close)
                self.driver = Driver(self.loop)
                self.run_phase(turns())
                self.driver.task._log_destroy_pending = False
                if closed:
                    self.loop.close()
                self.driver.retire()
                self.loop.close()

    def test_nothing_is_left_of_one_that_retired(self):
        """Its task goes with whoever has it, and needs no collector."""
        self.run_phase(turns())
        self.driver.task._log_destroy_pending = False
        task = weakref.ref(self.driver.task)
        gc.disable()
        self.addCleanup(gc.enable)
        self.driver.retire()
        self.loop.close()
        self.assertIsNone(task())

    def test_retired_before_anything(self):
        """So can one that has never had a task."""
        self.driver.retire()
        self.assertIsNone(self.driver.task)

    def test_closed(self):
        """Closing it closes the phase, in the context of the phase."""
        seen = []

        async def phase():
            try:
                await for_ever()
            finally:
                seen.append(VAR.get())

        context = contextvars.copy_context()
        context.run(VAR.set, "other")
        for given in (None, context):
            driver = self.driver = Driver(self.loop)
            one = self.begin(phase(), context=given)
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
            driver.close()
            driver.close()
            self.assertFalse(one.done)
            driver.task._log_destroy_pending = False
            driver.task = None
        self.assertEqual(["unset", "other"], seen)


class Appearance(DriverTestCase):
    """Whoever looks at the task sees the user's coroutine."""

    def test_waiting_phase(self):
        """While a phase waits, the task shows where it stands, and what it awaits."""
        coroutine = turns(1000)
        one = self.begin(coroutine)
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        driver = self.driver
        self.assertFalse(driver.cr_running)
        self.assertIs(coroutine.cr_frame, driver.cr_frame)
        self.assertIs(coroutine.cr_await, driver.cr_await)
        self.assertIs(coroutine.cr_code, driver.cr_code)
        self.assertIs(coroutine.cr_origin, driver.cr_origin)
        self.assertEqual(("turns", "turns"), (driver.__name__, driver.__qualname__))
        self.assertIn("turns()", repr(driver.task))
        self.assertIs(coroutine.cr_frame, driver.task.get_stack()[0])
        text = io.StringIO()
        driver.task.print_stack(file=text)
        self.assertIn("await asyncio.sleep(0)", text.getvalue())
        self.assertTrue(inspect.isawaitable(driver))
        driver.task.cancel()
        self.loop.run_forever()
        self.assertTrue(one.done)

    def test_running_phase(self):
        """While a phase runs, its own coroutine is what the task awaits."""

        async def phase():
            return self.driver.cr_running, self.driver.cr_frame, self.driver.cr_await

        coroutine = phase()
        self.assertEqual((True, None, coroutine), self.run_phase(coroutine).value)

    def test_no_phase(self):
        """Between the phases there is nothing to see."""
        self.run_phase(turns())
        driver = self.driver
        self.assertFalse(driver.cr_running)
        for name in ("cr_frame", "cr_await", "cr_code", "cr_origin"):
            self.assertIsNone(getattr(driver, name))
        self.assertEqual("Driver", driver.__name__)
        with self.assertRaisesRegex(AttributeError, "'Driver' object has no attribute 'cat'"):
            driver.cat

    def test_awaited(self):
        """It cannot be awaited: it is for a task."""
        with self.assertRaisesRegex(TypeError, "cannot be awaited as a coroutine"):
            self.driver.__await__()


if __name__ == "__main__":
    unittest.main()
