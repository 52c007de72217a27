"""Faults that a test offers."""

import asyncio
import os
import types
import unittest
from unittest import mock

from asynctesting import AsyncTestCase, Explorer, OptionError, explore, offer

from .support import live


class Connection:
    """Replies after a while."""

    def __init__(self):
        self.is_reading = False

    async def read(self):
        self.is_reading = True
        try:
            await asyncio.sleep(1)
            await asyncio.sleep(0)
        finally:
            self.is_reading = False
        return "reply"


class OfferTests(unittest.TestCase):
    """What may go wrong where a test waits."""

    def setUp(self):
        settings = {name: "" for name in os.environ if name.startswith("ASYNCTESTING_")}
        settings["ASYNCTESTING_FAILURES"] = "off"
        self.enterContext(mock.patch.dict(os.environ, settings))
        self.seen = []

    async def read(self, *faults):
        """Read once, and note what came."""
        connection = Connection()
        try:
            came = await offer(connection.read(), *faults)
        except Exception as error:
            came = error
        self.seen.append(came)
        self.assertFalse(connection.is_reading)

    def kinds(self):
        return [came if isinstance(came, str) else type(came) for came in self.seen]

    def test_each_in_turn(self):
        """Each fault strikes at each await in turn, once in each schedule."""
        Explorer(schedules=9, stalls=False).run(lambda: self.read(TimeoutError, OSError(5, "x")))
        self.assertEqual(
            ["reply", TimeoutError, OSError, TimeoutError, OSError], self.kinds()[:5]
        )
        self.assertEqual((5, "x"), self.seen[2].args)

    def test_no_awaitable(self):
        """What cannot be awaited is refused at once, whether anything is explored or not."""
        for thing in 5, None, "x", print:
            with self.assertRaises(TypeError) as caught:
                offer(thing, TimeoutError)
            self.assertEqual(
                f"offer() takes a task, or what can be awaited, not {thing!r}", str(caught.exception)
            )
        with self.assertRaisesRegex(OptionError, r"not <function sleep .*>; call it: offer\(read\(\), \.\.\.\)"):
            offer(asyncio.sleep, TimeoutError)

    def test_coroutine_of_a_generator(self):
        """One that is marked with types.coroutine() is awaited as others are."""

        @types.coroutine
        def step():
            yield
            return "reply"

        async def main():
            try:
                self.seen.append(await offer(step(), TimeoutError))
            except TimeoutError:
                self.seen.append("late")

        asyncio.run(main())
        Explorer(schedules=9, stalls=False).run(main)
        self.assertEqual({"reply", "late"}, set(self.seen))
        self.assertEqual(["reply"] * 2, self.seen[:2])

    def test_not_explored(self):
        """Nothing happens in an ordinary test."""
        asyncio.run(self.read(TimeoutError))
        self.assertEqual(["reply"], self.seen)

    def test_not_caught(self):
        """A test that cannot do with it fails, and shows it."""

        async def careless():
            await offer(Connection().read(), ConnectionResetError)

        found = Explorer().run(careless)
        self.assertIsInstance(found.error, ConnectionResetError)
        self.assertIn("ConnectionResetError strikes", found.report)
        self.assertIn("offered Connection.read is struck after step 1, when waiting", found.report)

    def test_futures(self):
        """A future may be offered, too."""

        async def wait():
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(1, future.set_result, "done")
            try:
                self.seen.append(await offer(future, TimeoutError))
            except TimeoutError as error:
                self.seen.append(error)
                await future

        Explorer(schedules=5, stalls=False).run(wait)
        self.assertEqual(["done", TimeoutError], self.kinds()[:2])

    def test_a_turn_of_the_loop(self):
        """Also where a bare turn of the loop is awaited."""

        async def wait():
            try:
                self.seen.append(str(await offer(asyncio.sleep(0), TimeoutError)))
            except TimeoutError as error:
                self.seen.append(error)

        Explorer(schedules=5).run(wait)
        self.assertEqual(["None", TimeoutError], self.kinds()[:2])

    def test_errors(self):
        """An error of what is awaited comes through, and so does a cancellation."""

        async def fail():
            await asyncio.sleep(0)
            raise ZeroDivisionError

        async def main():
            try:
                await offer(fail(), TimeoutError)
            except (ZeroDivisionError, TimeoutError) as error:
                self.seen.append(error)
            connection = Connection()
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await offer(connection.read(), TimeoutError)
            self.assertFalse(connection.is_reading)

        Explorer(schedules=9).run(main).check()
        self.assertEqual([ZeroDivisionError, TimeoutError], self.kinds()[:2])

    def test_closed(self):
        """What is closed while it waits closes what it awaits."""

        async def main():
            connection = Connection()

            async def wait():
                await offer(connection.read(), TimeoutError)

            coroutine = wait()
            coroutine.send(None)
            self.assertTrue(connection.is_reading)
            coroutine.close()
            self.assertFalse(connection.is_reading)

        Explorer(schedules=1).run(main).check()

    def test_tasks(self):
        """A task is offered for cancellation, and given back."""

        async def main():
            task = asyncio.create_task(Connection().read())
            self.assertIs(task, offer(task))
            await asyncio.wait([task])
            self.seen.append("cancelled" if task.cancelled() else task.result())

        Explorer(schedules=20, stalls=False).run(main)
        self.assertEqual(["reply", *["cancelled"] * 4], self.seen[:5])
        asyncio.run(main())
        self.assertEqual("reply", self.seen[-1])

    def test_in_a_test(self):
        """A test offers with a method of its own."""
        seen = self.seen

        class Tests(AsyncTestCase):
            @explore(schedules=5)
            async def test(self):
                try:
                    seen.append(await self.offer(Connection().read(), TimeoutError))
                except TimeoutError as error:
                    seen.append(error)

        self.assertTrue(live(Tests).wasSuccessful())
        self.assertEqual(["reply", TimeoutError], self.kinds()[:2])

    def test_refused(self):
        """What makes no sense is refused."""

        async def main():
            task = asyncio.create_task(asyncio.sleep(0))
            with self.assertRaisesRegex(OptionError, "a task is offered for cancellation alone"):
                offer(task, TimeoutError)
            await task
            future = asyncio.get_running_loop().create_future()
            with self.assertRaisesRegex(OptionError, "needs the faults that may come from it"):
                offer(future)
            for fault in (int, 3):
                with self.assertRaisesRegex(OptionError, "takes exceptions as faults, not"):
                    offer(future, fault)

        asyncio.run(main())


if __name__ == "__main__":
    unittest.main()
