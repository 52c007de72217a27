"""Tests of asynctesting.mocks.waiting."""

import asyncio
import doctest
import threading
import unittest
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.mocks import (
    AsyncMock,
    Gate,
    Mock,
    call,
    create_autospec,
    return_once,
    takes,
    wait_until_awaited,
    wait_until_called,
    waiting,
    yields,
)


async def feed(what):
    """A spec."""


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples in the docstrings give what they show."""
        self.assertEqual(0, doctest.testmod(waiting).failed)


class GateTests(AsyncTestCase):
    def setUp(self):
        self.gate = Gate()
        self.feed = AsyncMock(side_effect=self.gate, return_value="default")

    async def start(self, *args):
        task = asyncio.create_task(self.feed(*args))
        await asyncio.sleep(0)
        return task

    async def test_held(self):
        """A call waits until it is released, and returns what the test says."""
        task = await self.start()
        self.assertFalse(task.done())
        self.assertEqual((1, 1, 0), (self.gate.entered, self.gate.waiting, self.gate.released))
        self.gate.release("purr")
        self.assertEqual("purr", await task)
        self.assertEqual((0, 1), (self.gate.waiting, self.gate.released))

    async def test_default(self):
        """Released with nothing, the call returns what the mock returns."""
        task = await self.start()
        self.gate.release()
        self.assertEqual("default", await task)

    async def test_order(self):
        """Calls are let go in the order in which they came."""
        tasks = [await self.start(), await self.start()]
        self.gate.release(1)
        self.gate.release(2)
        self.assertEqual([1, 2], await asyncio.gather(*tasks))

    async def test_released_before(self):
        """A call that is released before it comes passes at once."""
        self.gate.release(1)
        self.assertEqual(1, await self.feed())

    async def test_fail(self):
        """A call can be let go with an error, or a class of errors."""
        for error in (KeyError("cat"), KeyError):
            task = await self.start()
            self.gate.fail(error)
            with self.assertRaises(KeyError):
                await task

    async def test_cancelled(self):
        """A call that is cancelled while it waits is counted, and does not take another's release."""
        one, two = await self.start(), await self.start()
        one.cancel()
        await asyncio.wait([one])
        self.assertEqual((1, 1), (self.gate.cancelled, self.gate.waiting))
        self.gate.release(2)
        self.assertEqual(2, await two)

    async def test_cancelled_in_the_same_moment(self):
        """A release goes to the next call if the first is cancelled, and has not noticed."""
        one, two = await self.start(), await self.start()
        one.cancel()
        self.gate.release(2)
        self.assertEqual(2, await two)
        self.assertTrue(one.cancelled())

    async def test_cancelled_once_released(self):
        """A call that is cancelled after its release, and before it goes on, counts as both."""
        one = await self.start()
        self.gate.release(1)
        one.cancel()
        await asyncio.wait([one])
        self.assertEqual((1, 1), (self.gate.released, self.gate.cancelled))

    async def test_open(self):
        """An open gate lets all calls go, now and later."""
        tasks = [await self.start(), await self.start()]
        self.gate.open()
        self.assertEqual(["default", "default"], await asyncio.gather(*tasks))
        self.assertEqual("default", await self.feed())
        self.assertEqual("<Gate open, 3 entered, 2 released, 0 cancelled>", repr(self.gate))

    async def test_wait_entered(self):
        """The test can wait until calls have come."""
        waits = asyncio.create_task(self.gate.wait_entered(2))
        tasks = [await self.start()]
        self.assertFalse(waits.done())
        tasks += [await self.start(), await self.start()]
        await waits
        await self.gate.wait_entered(2)
        self.assertEqual("<Gate 3 waiting, 3 entered, 0 released, 0 cancelled>", repr(self.gate))
        self.gate.open()
        await asyncio.gather(*tasks)

    async def test_two_at_once(self):
        """A watcher is told once, though two calls come before it goes on."""
        waits = asyncio.create_task(self.gate.wait_entered())
        await asyncio.sleep(0)
        self.gate.open()
        await self.feed()
        await self.feed()
        await waits

    async def test_stock(self):
        """The mocks of unittest.mock can be held, too."""
        task = asyncio.create_task(mock.AsyncMock(side_effect=self.gate)())
        await self.gate.wait_entered()
        self.gate.release("purr")
        self.assertEqual("purr", await task)


class SideEffectTests(AsyncTestCase):
    async def test_takes(self):
        """A call takes that long, of the loop's time, and returns or raises."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.assertEqual(1, await AsyncMock(side_effect=takes(0.001, 1))())
        self.assertLessEqual(0.001, loop.time() - began)
        self.assertEqual(2, await AsyncMock(side_effect=takes(0), return_value=2)())
        for error in (KeyError("cat"), KeyError):
            with self.assertRaises(KeyError):
                await AsyncMock(side_effect=takes(0, error))()

    async def test_yields(self):
        """A call lets others run that often."""
        seen = []

        async def ticks():
            for number in range(3):
                seen.append(number)
                await asyncio.sleep(0)

        ticking = asyncio.create_task(ticks())
        self.assertEqual("purr", await AsyncMock(side_effect=yields(2, "purr"))())
        self.assertEqual([0, 1], seen[:2])
        self.assertLess(len(seen), 4)
        await ticking
        self.assertEqual(3, await AsyncMock(side_effect=yields(), return_value=3)())

    async def test_return_once(self):
        """The first call returns one thing, all others another."""
        read = Mock(side_effect=return_once(1))
        self.assertEqual([1, None, None], [read(), read(), read()])
        read = AsyncMock(side_effect=return_once(KeyError("cat"), then=mock.DEFAULT), return_value=2)
        with self.assertRaises(KeyError):
            await read()
        self.assertEqual([2, 2], [await read(), await read()])


class WaitTests(AsyncTestCase):
    async def test_already(self):
        """What has happened need not be waited for."""
        cat = AsyncMock()
        await cat(1)
        await cat(2)
        self.assertEqual(call(1), await wait_until_called(cat))
        self.assertEqual(call(2), await wait_until_awaited(cat, times=2))
        self.assertEqual(call(2), await wait_until_awaited(cat, call(2)))

    async def test_to_come(self):
        """What is to come is waited for, whatever else comes before."""
        for kind in (AsyncMock, mock.AsyncMock):
            with self.subTest(kind=kind):
                cat = kind()
                waits = [
                    asyncio.create_task(wait_until_called(cat)),
                    asyncio.create_task(wait_until_awaited(cat)),
                    asyncio.create_task(wait_until_awaited(cat, call(a=3))),
                    asyncio.create_task(wait_until_awaited(cat, times=3)),
                ]
                await asyncio.sleep(0)
                coroutine = cat(1)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.assertEqual([True, False, False, False], [task.done() for task in waits])
                await coroutine
                await cat(2)
                await cat(a=3)
                await cat(4)
                self.assertEqual(
                    [call(1), call(1), call(a=3), call(a=3)], await asyncio.gather(*waits)
                )
                self.assertEqual([], cat.await_args_list.watchers)
                self.assertEqual([call(1), call(2), call(a=3), call(4)], cat.call_args_list)

    async def test_signature(self):
        """A call is compared by the signature of the spec."""
        cat = create_autospec(feed)
        waits = asyncio.create_task(wait_until_awaited(cat, call(what="tuna")))
        await asyncio.sleep(0)
        await cat("tuna")
        self.assertEqual(call("tuna"), await waits)
        self.assertEqual(call("tuna"), await wait_until_called(cat))

    async def test_reset(self):
        """A mock that is reset meanwhile is still waited for."""
        cat = AsyncMock()
        waits = [
            asyncio.create_task(wait(cat, times=2)) for wait in (wait_until_called, wait_until_awaited)
        ]
        await asyncio.sleep(0)
        await cat(1)
        cat.reset_mock()
        await cat(2)
        await cat(3)
        self.assertEqual([call(3), call(3)], await asyncio.gather(*waits))

    async def test_in_time(self):
        """What does not come in time fails, and says what came instead."""
        cat = AsyncMock(name="cat")
        await cat(1)
        with self.assertRaises(AssertionError) as raised:
            await wait_until_awaited(cat, call(2), timeout=0.001)
        self.assertEqual(
            "'cat' was not awaited with call(2) within 0.001 s; it was awaited with [call(1)]",
            str(raised.exception),
        )
        with self.assertRaises(AssertionError) as raised:
            await wait_until_called(cat, times=3, timeout=0)
        self.assertEqual(
            "'cat' was not called 3 times within 0 s; it was called with [call(1)]",
            str(raised.exception),
        )

    async def test_threads(self):
        """The call may come from another thread."""
        cat = Mock()
        waits = asyncio.create_task(wait_until_called(cat))
        await asyncio.sleep(0)
        thread = threading.Thread(target=cat, args=(1,))
        thread.start()
        self.assertEqual(call(1), await waits)
        thread.join()

    async def test_refused(self):
        """What is no mock, or does not say when it is awaited, is refused."""
        with self.assertRaisesRegex(TypeError, r"^wait_until_called\(\) needs a mock, not 1$"):
            await wait_until_called(1)
        with self.assertRaisesRegex(
            TypeError, r"^wait_until_awaited\(\) needs an asynchronous mock, not <Mock "
        ):
            await wait_until_awaited(Mock())


if __name__ == "__main__":
    unittest.main()
