"""Tests of asynctesting.staging: until all wait, in the background, one after the other."""

import asyncio
import doctest
import unittest
from unittest import mock

from asynctesting import (
    AsyncTestCase,
    Sequencer,
    SimulatedLoop,
    StageError,
    background,
    eventually,
    run,
    settle,
    staging,
    virtual_time,
)
from asynctesting.loops import insides
from tests.support import live


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(staging))
    return tests


def on_each_loop(test):
    """Let a test be a coroutine function that runs in real time, in virtual time, and where nothing is known."""

    def on_each(self):
        asyncio.run(test(self))
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(test(self))
        with mock.patch.object(insides, "count_ready", return_value=None):
            asyncio.run(test(self))

    return on_each


class SettleTests(unittest.TestCase):
    @on_each_loop
    async def test_all_that_can_happen_happens(self):
        """Tasks that wake each other, until the last one waits."""
        queues = [asyncio.Queue() for _ in range(10)]
        seen = []

        async def hand_on(number):
            seen.append(await queues[number].get())
            queues[number + 1].put_nowait(number)
            await asyncio.Event().wait()

        tasks = [asyncio.create_task(hand_on(number)) for number in range(9)]
        queues[0].put_nowait("cat")
        await settle()
        self.assertEqual(["cat", *range(8)], seen)
        for task in tasks:
            task.cancel()

    @on_each_loop
    async def test_several(self):
        """Those who do so at once do not wait for each other, and nothing is kept of their loop."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(settle(), settle(), settle())
        self.assertNotIn(loop, staging._SETTLING)

        async def poll():
            while True:
                await asyncio.sleep(0)

        poller = asyncio.create_task(poll())
        found = await asyncio.gather(*(staging._settle(loop, 3) for _ in range(3)))
        self.assertEqual([False] * 3, found)
        self.assertNotIn(loop, staging._SETTLING)
        poller.cancel()

    @on_each_loop
    async def test_nothing_to_do(self):
        """It returns."""
        await settle()

    @on_each_loop
    async def test_callbacks(self):
        """They are followed, too."""
        loop = asyncio.get_running_loop()
        seen = []
        loop.call_soon(loop.call_soon, seen.append, 1)
        await settle()
        self.assertEqual([1], seen)

    @on_each_loop
    async def test_several_at_once(self):
        """They do not wait for each other."""
        await asyncio.gather(settle(), settle(), settle())

    @on_each_loop
    async def test_time_does_not_move(self):
        """Who sleeps is waiting."""
        task = asyncio.create_task(asyncio.sleep(3600))
        await settle()
        self.assertFalse(task.done())
        task.cancel()

    def test_timers_that_are_due(self):
        """They are what can happen now."""

        async def main():
            loop = asyncio.get_running_loop()
            seen = []
            loop.call_later(0, seen.append, 1)
            await settle()
            self.assertEqual([1], seen)
            loop.call_later(0, seen.append, 2).cancel()
            await settle()

        asyncio.run(main())
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(main())

    @on_each_loop
    async def test_something_never_rests(self):
        """That is told, and who it is."""

        async def restless():
            while True:
                await asyncio.sleep(0)

        task = asyncio.create_task(restless(), name="restless")
        try:
            with mock.patch.object(staging, "TURNS", 50):
                with self.assertRaises(StageError) as caught:
                    await settle()
        finally:
            task.cancel()
        self.assertEqual(
            "settle(): after 50 turns of the event loop something is still ready: restless; "
            "wait for what it does, or stop it first",
            str(caught.exception),
        )

    def test_a_callback_never_rests(self):
        """It has no name."""

        async def main():
            loop = asyncio.get_running_loop()

            def again():
                nonlocal handle
                handle = loop.call_soon(again)

            handle = loop.call_soon(again)
            with mock.patch.object(staging, "TURNS", 50):
                with self.assertRaisesRegex(StageError, "still ready: a callback; wait"):
                    await settle()
            handle.cancel()

        asyncio.run(main())


class BackgroundTests(unittest.TestCase):
    def test_it_is_no_leftover(self):
        """It runs beside the test, and is cancelled by a cleanup."""
        ended = []

        async def heart():
            try:
                while True:
                    await asyncio.sleep(1)
            finally:
                ended.append("heart")

        for options in ({}, {"virtual_time": True}):

            class Tests(AsyncTestCase, **options):
                async def asyncSetUp(self):
                    self.addCleanup(ended.append, "before")
                    task = self.background(heart(), name="heart")
                    self.assertEqual("heart", task.get_name())

                async def asyncTearDown(self):
                    ended.append("tear-down")

                async def test(self):
                    await asyncio.sleep(0)

            ended.clear()
            self.assertEqual("success", live(Tests).outcome)
            self.assertEqual(["tear-down", "heart", "before"], ended)

    def test_its_error_fails_the_test(self):
        """That very error."""

        class Tests(AsyncTestCase):
            async def fail_soon(self):
                raise ZeroDivisionError("in the background")

            async def test(self):
                self.background(self.fail_soon())
                await self.settle()

        record = live(Tests)
        self.assertEqual("error", record.outcome)
        self.assertIn("ZeroDivisionError: in the background", record.text)

    def test_it_may_end_by_itself(self):
        """Or be cancelled by the test."""

        class Tests(AsyncTestCase):
            async def test(self):
                self.background(asyncio.sleep(0))
                self.background(asyncio.sleep(60)).cancel()
                await self.settle()

        self.assertEqual("success", live(Tests).outcome)

    def test_one_that_does_not_end(self):
        """It is told as any other that resists."""

        async def resist():
            while True:
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    pass

        class Tests(AsyncTestCase, virtual_time=True):
            async def test(self):
                self.background(resist())
                await asyncio.sleep(3)

        record = live(Tests)
        self.assertEqual("failure", record.outcome)
        self.assertIn("[stubborn-task]", record.text)

    def test_without_a_class(self):
        """It is cancelled at the end."""
        ended = []

        async def heart():
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("heart")

        async def main():
            background(heart())
            await asyncio.sleep(0)
            return "done"

        for options in ({}, {"virtual_time": True}):
            self.assertEqual("done", run(main, **options))
        self.assertEqual(["heart"] * 2, ended)

    def test_its_last_error_without_a_class(self):
        """What it fails with while it is ended is not lost."""

        async def heart():
            try:
                await asyncio.sleep(3600)
            finally:
                raise ZeroDivisionError("at last")

        async def main():
            background(heart())
            await asyncio.sleep(0)

        with self.assertRaisesRegex(AssertionError, "ZeroDivisionError"):
            run(main)


class EventuallyTests(unittest.TestCase):
    def test_at_once(self):
        """What is true already takes no time, and is returned."""

        async def main():
            return await eventually(lambda: "cat", within=0)

        self.assertEqual("cat", run(main, virtual_time=True))
        self.assertEqual("cat", run(main))

    def test_in_real_time(self):
        """It is asked again and again."""

        async def main():
            cats = []
            asyncio.get_running_loop().call_later(0.02, cats.append, "Garfield")
            return await eventually(lambda: cats, within=30)

        self.assertEqual(["Garfield"], run(main))

    def test_in_virtual_time(self):
        """It is asked when anything has happened, and the clock shows when it was."""

        async def main():
            loop = asyncio.get_running_loop()
            cats = []
            for number in range(5):
                loop.call_later(number * 1000.25, cats.append, number)
            await eventually(lambda: len(cats) == 4, within=1e6)
            return loop.time()

        self.assertEqual(3000.75, run(main, virtual_time=True))

    def test_what_has_just_begun(self):
        """It is given the time to begin."""

        async def main():
            loop = asyncio.get_running_loop()
            task = asyncio.create_task(asyncio.sleep(5))
            await eventually(task.done, within=1e6)
            return loop.time()

        self.assertEqual(5.0, run(main, virtual_time=True))

    def test_work_outside(self):
        """What comes from a thread is seen soon."""
        import threading

        async def main():
            cats = []
            timer = threading.Timer(0.02, cats.append, ["Garfield"])
            timer.start()
            await eventually(lambda: cats, within=3600)
            timer.join()
            return asyncio.get_running_loop().time()

        self.assertLess(run(main, virtual_time=True), 1)

    def test_at_regular_times(self):
        """If that is asked for."""
        asked = []

        async def main():
            loop = asyncio.get_running_loop()

            def predicate():
                asked.append(loop.time())
                return loop.time() >= 3

            await eventually(predicate, within=10, every=1)

        run(main, virtual_time=True)
        self.assertEqual([0.0, 1.0, 2.0, 3.0], asked)

    def test_a_coroutine_function(self):
        """It is awaited; as long as there is time."""

        async def slow():
            await asyncio.sleep(2)
            return "cat"

        async def for_ever():
            await asyncio.Event().wait()

        async def main():
            self.assertEqual("cat", await eventually(slow, within=5))
            before = asyncio.get_running_loop().time()
            with self.assertRaisesRegex(AssertionError, "at last it raised TimeoutError") as caught:
                await eventually(for_ever, within=5)
            self.assertIsInstance(caught.exception.__cause__, TimeoutError)
            return asyncio.get_running_loop().time() - before

        self.assertAlmostEqual(5, run(main, virtual_time=True), delta=0.1)

    def test_it_does_not_come(self):
        """With the last value, or the last exception as its cause."""

        async def main():
            def empty():
                return []

            with self.assertRaises(AssertionError) as caught:
                await eventually(empty, within=5, every=1)
            self.assertRegex(
                str(caught.exception),
                r"(?s)^.*empty \(.*test_staging\.py:\d+.*\) did not become true within 5 s of loop "
                r"time: it was asked 6 times, and its last value was \[\]$",
            )
            with self.assertRaises(AssertionError) as caught:
                await eventually({}.popitem, within=5)
            self.assertIn("and at last it raised KeyError(", str(caught.exception))
            self.assertIsInstance(caught.exception.__cause__, KeyError)

        run(main, virtual_time=True)

    def test_assertions_are_answers(self):
        """They are no failures of the test as long as they come true."""

        class Tests(AsyncTestCase, virtual_time=True):
            async def test(self):
                cats = []
                self.loop.call_later(5, cats.append, "Garfield")

                def predicate():
                    self.assertEqual(["Garfield"], cats)
                    return True

                await self.assertEventually(predicate, within=6)

        self.assertEqual("success", live(Tests).outcome)

    def test_numbers(self):
        """What are no seconds is refused."""

        async def main():
            for within in (-1, float("inf"), float("nan")):
                with self.assertRaisesRegex(ValueError, "within must be a number of seconds"):
                    await eventually(list, within=within)
            for every in (0, -1, float("inf")):
                with self.assertRaisesRegex(ValueError, "every must be a number of seconds above"):
                    await eventually(list, every=every)

        run(main)

    def test_it_fails_the_test(self):
        """As an assertion of the test, with a message of one's own."""

        class Tests(AsyncTestCase, virtual_time=True):
            async def test(self):
                await self.assertEventually(lambda: 0, within=5, msg="no cats")

        record = live(Tests)
        self.assertEqual("failure", record.outcome)
        self.assertIn("its last value was 0 : no cats", record.text)

    def test_what_asks_for_ever(self):
        """Somebody who never rests does not keep it from asking."""

        async def restless():
            while True:
                await asyncio.sleep(0)

        async def main():
            background(restless())
            cats = []
            asyncio.get_running_loop().call_later(0.001, cats.append, 1)
            with mock.patch.object(staging, "ENOUGH", 10):
                await eventually(lambda: cats, within=1)

        run(main, virtual_time=True)


class SequencerTests(unittest.TestCase):
    @on_each_loop
    async def test_in_order(self):
        """Whoever comes first waits for his turn."""
        seq = Sequencer()
        seen = []

        async def block(position):
            async with seq(position):
                seen.append(position)
                await asyncio.sleep(0)

        await asyncio.gather(*map(block, reversed(range(6))))
        self.assertEqual(list(range(6)), seen)

    @on_each_loop
    async def test_a_position_twice(self):
        """It is refused."""
        seq = Sequencer()
        async with seq(0):
            pass
        with self.assertRaisesRegex(RuntimeError, "position 0 of the sequence has been taken"):
            async with seq(0):
                self.fail("not reached")

    @on_each_loop
    async def test_what_is_no_position(self):
        """It is refused, too."""
        for position in (-1, 1.0, True, "0"):
            with self.assertRaises(ValueError) as caught:
                Sequencer()(position)
            self.assertEqual(
                f"positions are 0, 1, 2 and so on, not {position!r}", str(caught.exception)
            )

    @on_each_loop
    async def test_cancelled_while_waiting(self):
        """The cancellation stays one, and all others that wait are told."""
        seq = Sequencer()

        async def block(position):
            async with seq(position):
                self.fail("not reached")

        first = asyncio.create_task(block(1))
        second = asyncio.create_task(block(2))
        await settle()
        first.cancel()
        await asyncio.wait([first, second])
        self.assertTrue(first.cancelled())
        message = (
            "the sequence is broken: the task at position 1 was cancelled while it waited "
            "for its turn"
        )
        self.assertEqual(message, str(second.exception()))
        with self.assertRaises(RuntimeError) as caught:
            async with seq(0):
                self.fail("not reached")
        self.assertEqual(message, str(caught.exception))
        self.assertEqual("<Sequencer broken>", repr(seq))

    @on_each_loop
    async def test_a_block_that_fails(self):
        """The next one has its turn."""
        seq = Sequencer()
        with self.assertRaises(ZeroDivisionError):
            async with seq(0):
                1 / 0
        async with seq(1):
            pass
        self.assertEqual("<Sequencer taken: [0, 1]>", repr(seq))


class CaseTests(AsyncTestCase):
    """The methods of a test case."""

    @virtual_time
    async def test_settle(self):
        """It is there."""
        task = asyncio.create_task(asyncio.sleep(0))
        await self.settle()
        self.assertTrue(task.done())
        self.assertEqual(0.0, self.clock.time())


if __name__ == "__main__":
    unittest.main()
