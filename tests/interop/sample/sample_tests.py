"""
One test of each kind: what every runner is given.

This is a user's file: it imports nothing of the harness. The harness copies it into a
folder of its own as ``test_sample.py``. What each test must come to is written in
``tests/interop/expected.py``.

"""

import asyncio
import contextvars
import sys
import unittest

from asynctesting import AsyncTestCase, on_loops


async def work(marker):
    """A frame of the user's, for a traceback to show."""
    await asyncio.sleep(0)
    raise ValueError(marker)


async def linger():
    await asyncio.sleep(60)


#: Keeps leaked tasks alive; not on the instances, which some runners pickle.
LEAKED = []


class OtherEventLoop(asyncio.SelectorEventLoop):
    """A loop of the project's own."""


class Outcomes(AsyncTestCase):

    async def test_passes(self):
        """A docstring, whose first line some runners print in place of the name."""
        await asyncio.sleep(0)

    def test_passes_synchronously(self):
        self.assertEqual(2, asyncio.run(asyncio.sleep(0, 2)))

    async def test_fails(self):
        local = "a local variable"
        print("printed by a test that fails", file=sys.stdout if local else None)
        await asyncio.sleep(0)
        self.assertEqual(1, 2, "mark: fails")

    def test_fails_synchronously(self):
        self.assertEqual(1, 2, "mark: fails synchronously")

    async def test_errors(self):
        await work("mark: errors")

    async def test_errors_in_a_group(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(work("mark: errors in a group"))

    async def test_errors_with_a_cause(self):
        try:
            await work("mark: the cause")
        except ValueError as error:
            raise LookupError("mark: errors with a cause") from error

    @unittest.skip("mark: skipped by a decorator")
    async def test_skipped_by_a_decorator(self):
        self.fail("never run")

    async def test_skipped_in_the_middle(self):
        await asyncio.sleep(0)
        self.skipTest("mark: skipped in the middle")

    async def test_subtests_pass(self):
        for number in range(2):
            with self.subTest(number=number):
                await asyncio.sleep(0)

    async def test_subtests_fail(self):
        for number in range(3):
            with self.subTest(number=number):
                await asyncio.sleep(0)
                if number == 1:
                    await work("mark: a subtest errors")
                if number == 2:
                    self.fail("mark: a subtest fails")


class Expectations(AsyncTestCase):

    @unittest.expectedFailure
    async def test_expected_failure(self):
        await work("mark: expected")

    @unittest.expectedFailure
    async def test_unexpected_success(self):
        await asyncio.sleep(0)


class Findings(AsyncTestCase):

    async def test_never_awaited(self):
        self.assertTrue(linger())

    async def test_leaked_task(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: a leaked task"))
        await asyncio.sleep(0)

    async def test_fails_and_leaks(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: leaked by a failure"))
        self.fail("mark: fails and leaks")

    async def test_failing_subtest_and_leak(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: leaked beside a subtest"))
        with self.subTest(number=1):
            self.fail("mark: a subtest fails beside a leak")

    async def test_passing_subtest_and_leak(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: leaked after a subtest"))
        with self.subTest(number=1):
            await asyncio.sleep(0)

    async def test_skipped_and_leaks(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: leaked by a skip"))
        self.skipTest("mark: skipped and leaks")

    async def test_fails_in_body_and_cleanups(self):
        self.addAsyncCleanup(work, "mark: the first cleanup")
        self.addAsyncCleanup(work, "mark: the second cleanup")
        self.fail("mark: the body")


class Stages(AsyncTestCase):

    async def asyncSetUp(self):
        if "set_up" in self._testMethodName:
            await work("mark: set-up")

    async def asyncTearDown(self):
        if "tear_down" in self._testMethodName:
            await work("mark: tear-down")

    async def test_fails_in_set_up(self):
        self.fail("never run")

    async def test_fails_in_tear_down(self):
        await asyncio.sleep(0)

    async def test_fails_in_cleanup(self):
        self.addAsyncCleanup(work, "mark: a cleanup")


class SkippedInSetUp(AsyncTestCase):

    async def asyncSetUp(self):
        self.skipTest("mark: skipped in set-up")

    async def test_skipped(self):
        self.fail("never run")


@unittest.skip("mark: a skipped class")
class SkippedClass(AsyncTestCase):

    async def test_skipped(self):
        self.fail("never run")


VARIABLE = contextvars.ContextVar("VARIABLE", default="untouched")


class OneTask(AsyncTestCase):
    """Set-up, test, tear-down and cleanups are one task on one loop: ours."""

    async def asyncSetUp(self):
        self.assertEqual("untouched", VARIABLE.get())
        VARIABLE.set("set")
        self.task = asyncio.current_task()
        self.group = await self.enterAsyncContext(asyncio.TaskGroup())

    def check(self):
        self.assertIs(self.task, asyncio.current_task())
        self.assertIs(self.loop, asyncio.get_running_loop())
        self.assertEqual("set", VARIABLE.get())

    async def test_here(self):
        self.check()
        self.addAsyncCleanup(asyncio.sleep, 0)
        self.group.create_task(asyncio.sleep(0))

    async def test_there(self):
        self.check()

    async def asyncTearDown(self):
        self.check()


class ClassFixtures(AsyncTestCase):

    @classmethod
    async def asyncSetUpClass(cls):
        cls.events = ["set up"]
        cls.addAsyncClassCleanup(asyncio.sleep, 0)
        await asyncio.sleep(0)

    async def test_one(self):
        self.assertEqual("set up", self.events[0])

    async def test_two(self):
        self.assertEqual("set up", self.events[0])

    @classmethod
    async def asyncTearDownClass(cls):
        await asyncio.sleep(0)


class ClassLoop(AsyncTestCase, loop_scope="class"):

    @classmethod
    async def asyncSetUpClass(cls):
        cls.its_loop = asyncio.get_running_loop()
        cls.queue = asyncio.Queue()

    async def test_one(self):
        self.assertIs(self.its_loop, asyncio.get_running_loop())
        await self.queue.put(1)

    async def test_two(self):
        self.assertIs(self.its_loop, asyncio.get_running_loop())

    async def test_leaks(self):
        LEAKED.append(asyncio.create_task(linger(), name="mark: leaked on a class's loop"))


class BrokenClass(AsyncTestCase):

    @classmethod
    async def asyncSetUpClass(cls):
        await work("mark: the class's set-up")

    async def test_one(self):
        self.fail("never run")


class Loops(AsyncTestCase):

    @on_loops(asyncio.SelectorEventLoop, "loop_that_nobody_has")
    async def test_passes(self):
        self.assertIsInstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)

    @on_loops("asyncio", OtherEventLoop)
    async def test_fails_on_one(self):
        if isinstance(self.loop, OtherEventLoop):
            await work("mark: fails on one loop")

    @on_loops("loop_that_nobody_has")
    async def test_nowhere(self):
        self.fail("never run")


if __name__ == "__main__":
    unittest.main()
