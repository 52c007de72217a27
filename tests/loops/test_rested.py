"""Tests of asynctesting.loops.rested: a loop that nobody knows any more."""

import asyncio
import contextlib
import contextvars
import itertools
import sys
import unittest
import weakref

from asynctesting.host import Host
from asynctesting.loops.explored import ExploredLoop
from asynctesting.loops.rested import Rested
from asynctesting.schedules import Strategy


#: What keeps something after its life.
KEPT = []

#: Keys are known weakly.
WEAKLY = weakref.WeakKeyDictionary()


def loop():
    return asyncio.get_running_loop()


async def contended(lock):
    """Take a lock that another one has, so that it is bound to the loop."""

    async def take():
        async with lock:
            await asyncio.sleep(0)

    await asyncio.gather(take(), take())


# What a life may do, so that nobody knows its loop later


async def turns():
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))


async def sleeps():
    await asyncio.gather(asyncio.sleep(3), asyncio.sleep(1e6))


async def times_out():
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            await asyncio.sleep(7)


async def in_time():
    async with asyncio.timeout(5):
        await asyncio.sleep(0)


async def waits():
    await asyncio.wait_for(asyncio.sleep(1), 5)


async def locks():
    await contended(asyncio.Lock())


async def groups():
    async with asyncio.TaskGroup() as group:
        group.create_task(turns())


async def generates():
    async def cats():
        for cat in ("Garfield", "Nermal"):
            await asyncio.sleep(0)
            yield cat

    async for _ in cats():
        pass


async def looks():
    KEPT.append(loop().time())
    KEPT.append(loop().clock.time())


async def advances():
    with loop().clock.hold():
        await loop().clock.advance(2)


async def cancels():
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def keeps_what_is_bound_to_nobody():
    KEPT.append(asyncio.Lock())
    KEPT.append(asyncio.Queue())


# What a life may do, so that somebody knows it, or can tell


async def keeps_it():
    KEPT.append(loop())


async def keeps_a_method():
    KEPT.append(loop().call_soon)


async def keeps_a_reference():
    KEPT.append(weakref.ref(loop()))


async def keeps_a_reference_with_a_callback():
    KEPT.append(weakref.ref(loop(), print))


async def keeps_a_key():
    WEAKLY[loop()] = "a cat"


async def keeps_a_finalizer():
    KEPT.append(weakref.finalize(loop(), int))


async def keeps_a_proxy():
    KEPT.append(weakref.proxy(loop()))


async def keeps_its_clock():
    KEPT.append(loop().clock)


async def keeps_a_task():
    KEPT.append(asyncio.current_task())


async def keeps_a_task_that_has_ended():
    KEPT.append(asyncio.create_task(asyncio.sleep(0)))
    await KEPT[-1]


async def keeps_a_future():
    KEPT.append(loop().create_future())


async def keeps_a_handle():
    KEPT.append(loop().call_soon(int))
    await asyncio.sleep(0)


async def keeps_a_timer():
    KEPT.append(loop().call_later(5, int))
    KEPT[-1].cancel()


async def keeps_a_lock():
    KEPT.append(asyncio.Lock())
    await contended(KEPT[-1])


async def keeps_a_barrier():
    KEPT.append(asyncio.Barrier(2))
    await asyncio.gather(KEPT[-1].wait(), KEPT[-1].wait())


async def keeps_a_timeout():
    async with asyncio.timeout(5) as timeout:
        KEPT.append(timeout)


async def keeps_a_group():
    async with asyncio.TaskGroup() as group:
        KEPT.append(group)


async def keeps_a_frame():
    here = loop()
    KEPT.append(sys._getframe())
    KEPT.append(here.time)


async def keeps_an_error():
    here = loop()
    try:
        raise ValueError(here)
    except ValueError as error:
        KEPT.append(error)


async def is_in_a_cycle():
    cycle = [loop()]
    cycle.append(cycle)


async def sets_an_attribute():
    loop().cat = "Garfield"


async def sets_another_method():
    loop().time = lambda: 7.0


async def sets_a_limit():
    loop().slow_callback_duration = 5


async def sets_a_factory():
    loop().set_task_factory(lambda *args, **words: asyncio.Task(args[1], loop=args[0], **words))


async def sets_a_handler():
    loop().set_exception_handler(print)


async def sets_debug():
    loop().set_debug(True)
    await asyncio.sleep(0)
    loop().slow_callback_duration = 9


async def sets_what_cannot_be_compared():
    class Cat:
        def __eq__(self, other):
            raise ZeroDivisionError

    loop().slow_callback_duration = Cat()


async def sets_a_class():
    loop().__class__ = type("Loop", (ExploredLoop,), {})


async def sets_an_attribute_of_the_clock():
    loop().clock.cat = "Garfield"


async def holds_the_clock():
    hold = loop().clock.hold()
    hold.__enter__()
    KEPT.append(hold)


async def leaves_a_timer():
    loop().call_later(5, int)


async def leaves_a_task():
    KEPT.append(None)
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    TASKS.append(task.cancel)


async def leaves_a_callback():
    loop().call_soon(loop().call_soon, int)


async def leaves_a_generator():
    async def cats():
        try:
            yield "Garfield"
        finally:
            await asyncio.sleep(0)

    KEPT.append(cats())
    await anext(KEPT[-1])


async def adds_a_callback():
    asyncio.current_task().add_done_callback(print)


async def uses_an_executor():
    await loop().run_in_executor(None, int)


async def watches_a_descriptor():
    loop().add_reader(loop()._csock.fileno(), int)
    loop().remove_reader(loop()._csock.fileno())


async def closes_it():
    loop().call_soon(loop().stop)


TASKS = []

GOOD = (
    turns, sleeps, times_out, in_time, waits, locks, groups, generates, looks, advances, cancels,
    keeps_what_is_bound_to_nobody,
)  # fmt: skip

BAD = tuple(
    one
    for name, one in list(globals().items())
    if name.startswith(("keeps_", "is_", "sets_", "holds_", "leaves_", "adds_", "uses_", "watches_"))
    and one not in GOOD
)


class RestedTests(unittest.TestCase):
    def setUp(self):
        self.addCleanup(KEPT.clear)
        self.addCleanup(TASKS.clear)
        self.addCleanup(WEAKLY.clear)
        self.host = Host(ExploredLoop(), contextvars.copy_context(), limit=1.0)
        self.rested = Rested(self.host)
        self.addCleanup(self.close)
        if self.host.loop.get_debug():
            self.skipTest("asyncio's debug mode is on")

    def close(self):
        loop, self.host.loop._closed = self.host.loop, False
        for task in asyncio.all_tasks(loop) - {self.host.driver}:
            task.cancel()
        self.host.run(loop.shutdown_default_executor())
        self.host.run(loop.shutdown_asyncgens())
        self.host.forget_driver()
        loop.close()

    def rests(self, body):
        """Lead a life, and tell whether its loop is as good as new."""
        self.host.run(body())
        if not (self.host.loop.is_quiet and self.rested.is_done_with()):
            return False
        if not (self.rested.is_unknown() or not asyncio.all_tasks(self.host.loop) - {self.host.driver}):
            return False
        if not self.host.rest():
            return False
        self.rested.lie_down()
        self.assertTrue(self.host.loop.is_closed())
        return self.rested.get_up() and type(self.host.loop) is ExploredLoop

    def test_good(self):
        """A loop that nobody can tell of is as good as new, again and again."""
        for body, _ in itertools.product(GOOD, range(3)):
            with self.subTest(body=body.__name__):
                before = {name: str(one) for name, one in vars(self.host.loop).items()}
                self.assertTrue(self.rests(body))
                self.assertEqual(before, {name: str(one) for name, one in vars(self.host.loop).items()})
                self.assertEqual(0.0, self.host.loop.time())
                self.assertEqual([], self.host.loop._scheduled)

    def test_bad(self):
        """One that somebody knows is not, nor is one on which something is different."""
        self.assertGreater(len(BAD), 35)
        for body in BAD:
            with self.subTest(body=body.__name__):
                self.assertFalse(self.rests(body))
            self.doCleanups()
            self.setUp()

    def test_unknown(self):
        """The task of the test refers to its loop as often as is said; so nobody else is overlooked."""
        self.host.run(turns())
        self.assertTrue(self.rested.is_unknown())
        KEPT.append(self.host.loop)
        self.assertFalse(self.rested.is_unknown())

    def test_later(self):
        """What is dropped while the loop lies down, as the instance of the test, does not count."""
        self.host.run(keeps_a_future())
        self.assertFalse(self.rested.is_unknown())
        self.assertTrue(self.host.rest())
        self.rested.lie_down()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            self.host.loop.call_soon(int)
        KEPT.clear()
        self.assertTrue(self.rested.get_up())

    def test_changed_later(self):
        """What somebody does to it while it lies down makes it another one."""

        class Cat:
            def __eq__(self, other):
                raise ZeroDivisionError

        for name, value in (("cat", "Garfield"), ("slow_callback_duration", Cat())):
            with self.subTest(name=name):
                self.host.run(turns())
                self.assertTrue(self.rested.is_done_with() and self.host.rest())
                self.rested.lie_down()
                setattr(self.host.loop, name, value)
                self.assertFalse(self.rested.get_up())
                if name in self.rested._loop:
                    setattr(self.host.loop, name, self.rested._loop[name])
                else:
                    delattr(self.host.loop, name)

    def test_open(self):
        """A loop that lies down is opened to be closed for good, and one that is closed is left alone."""
        self.host.run(turns())
        self.assertTrue(self.host.rest())
        self.rested.lie_down()
        self.assertIs(self.host.loop, self.rested.open())
        self.assertFalse(self.host.loop.is_closed())
        self.host.loop._closed = True
        self.assertTrue(self.rested.open().is_closed())

    def test_rest(self):
        """A host whose task somebody waits for, or that has something to tell, does not rest."""
        self.assertFalse(self.host.rest())
        self.host.run(adds_a_callback())
        self.assertFalse(self.host.rest())

    def test_begin_anew(self):
        """What each life gets is as new as what it was given."""
        first = self.host.loop.decisions
        self.assertTrue(self.rests(turns))
        strategy = Strategy(stalls=True)
        self.host.loop.begin_anew(strategy, None, False)
        self.rested.begin_anew()
        self.assertIsNot(first, self.host.loop.decisions)
        self.assertIs(strategy, self.host.loop.strategy)
        self.assertTrue(self.rests(sleeps))
        self.assertIs(strategy, self.host.loop.strategy)

    def test_private_names(self):
        """They are there on each Python that we know."""
        for name in ("_scheduled", "_timer_cancelled_count", "_debug", "_signal_handlers", "_closed"):
            self.assertIn(name, vars(self.host.loop))
        self.assertIs(False, self.host.loop.call_later(1, int)._cancelled)


if __name__ == "__main__":
    unittest.main()
