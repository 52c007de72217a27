"""Tests of asynctesting.checks.tasks: tasks that were still there at the end."""

import asyncio
import contextlib
import os
import sys
import unittest
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks.base import Closing
from asynctesting.checks.tasks import PendingTasks, StubbornTasks, describe, made_at
from asynctesting.findings import Finding, Place
from tests.support import Boom, for_ever, live, resist, told


LIMIT = 0.05
AWAIT = "await it, or cancel it and await it, before the test ends"
PENDING = "was still pending when the test ended, and was cancelled"
LET_PASS = "do not swallow asyncio.CancelledError: clean up, then let it pass"
START_NOTHING = "await what is cancelled, and start nothing from its clean-up that nobody awaits"
HERE = os.path.relpath(__file__)
if HERE.startswith(os.pardir):
    HERE = __file__


async def inner():
    await asyncio.sleep(10)


async def outer():
    await inner()


def line(function, offset=1):
    """The place of a line in *function*, counted from its first."""
    code = function.__code__
    return Place(code.co_filename, code.co_firstlineno + offset, code.co_name)


@contextlib.contextmanager
def origins():
    """Have coroutines remember who made them."""
    depth = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(6)
    try:
        yield
    finally:
        sys.set_coroutine_origin_tracking_depth(depth)


class TaskTestCase(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        depth = sys.get_coroutine_origin_tracking_depth()
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, depth)
        sys.set_coroutine_origin_tracking_depth(0)

    def task(self, coroutine, name="cat"):
        """Have a task that is ended after the test."""
        task = self.loop.create_task(coroutine, name=name)
        self.addCleanup(self.end, task)
        return task

    def end(self, task):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Boom):
            self.loop.run_until_complete(task)

    def run_once(self):
        self.loop.run_until_complete(asyncio.sleep(0))


class DescribeTests(TaskTestCase):
    def test_a_task_stands_on_the_users_innermost_line(self):
        """Of the coroutines that wait for each other, the last one that is the user's counts."""
        task = self.task(outer())
        self.run_once()

        self.assertEqual(("task 'cat' (outer)", line(inner)), describe(task))

    def test_a_task_that_has_not_begun_stands_on_its_first_line(self):
        """It will begin there."""
        self.assertEqual(("task 'cat' (outer)", line(outer, 0)), describe(self.task(outer())))

    def test_a_task_that_has_ended_stands_where_it_is_defined(self):
        """There is no frame any more."""

        async def ends():
            pass

        task = self.task(ends())
        self.run_once()

        name = f"task 'cat' ({ends.__qualname__})"
        self.assertEqual((name, line(ends, 0)), describe(task))

    def test_a_task_of_library_code_stands_where_it_was_made(self):
        """If no line of the user's waits, the one that called the coroutine is the culprit."""
        with origins():
            task = self.task(asyncio.sleep(10))
            made = sys._getframe()  # noqa: E702
        self.run_once()

        name, place = describe(task)

        self.assertEqual("task 'cat' (sleep)", name)
        self.assertEqual((__file__, made.f_code.co_name), (place.filename, place.function))
        self.assertEqual(place, made_at(task))

    def test_without_any_line_of_the_users_it_stands_in_the_library(self):
        """Better a line that is not the user's than none."""
        task = self.task(asyncio.sleep(10))
        self.run_once()

        name, place = describe(task)

        self.assertEqual("task 'cat' (sleep)", name)
        self.assertEqual(("tasks.py", "sleep"), (os.path.basename(place.filename), place.function))
        self.assertIsNone(made_at(task))

    def test_what_is_no_plain_coroutine_is_named_by_its_kind(self):
        """A compiled coroutine may have neither a name nor a frame."""

        class Compiled:
            cr_await = None

        task = mock.Mock()
        task.get_name.return_value = "cat"
        task.get_coro.return_value = Compiled()

        self.assertEqual((f"task 'cat' ({Compiled.__qualname__})", None), describe(task))

    def test_the_users_own_line_comes_first(self):
        """Where a package waits for another, the user's own line is told; else the package's."""
        code = "async def wait(one):\n    await one\n"
        names = {}
        exec(compile(code, os.path.join(os.sep, "lib", "site-packages", "bus.py"), "exec"), names)
        with origins():
            theirs = self.task(names["wait"](outer()))
            package = self.task(names["wait"](self.loop.create_future()))
        self.loop.run_until_complete(asyncio.sleep(0))

        self.assertEqual(line(inner), describe(theirs)[1])
        self.assertTrue(describe(package)[1].filename.endswith("bus.py"))

    def test_a_task_may_have_no_coroutine(self):
        """An eager task that has ended has none, and on Python 3.13 no name."""
        task = mock.Mock()
        task.get_name.return_value = "cat"
        task.get_coro.return_value = None

        self.assertEqual(("eager task 'cat'", None), describe(task))
        task.get_name.return_value = "None"
        self.assertEqual(("an eager task", None), describe(task))

    def test_a_maker_that_is_not_the_users_is_passed_over(self):
        """The first line of the user's made it, whatever the user called."""
        task = mock.Mock()
        task.get_coro.return_value.cr_origin = (
            (asyncio.tasks.__file__, 1, "gather"),
            ("herd.py", 7, "herd"),
            ("main.py", 8, "main"),
        )
        self.assertEqual(Place("herd.py", 7, "herd"), made_at(task))

        task.get_coro.return_value.cr_origin = ((asyncio.tasks.__file__, 1, "gather"),)
        self.assertIsNone(made_at(task))


class PendingTests(TaskTestCase):
    def findings(self, *left, **closing):
        check = PendingTasks()
        check.ending(self.loop, list(left))
        return list(check.findings(Closing(limit=LIMIT, **closing)))

    def test_nothing_left_nothing_said(self):
        """A check that was never told of the end is silent too."""
        self.assertEqual([], self.findings())
        self.assertEqual([], list(PendingTasks().findings(Closing())))

    def test_a_task_that_was_left_is_told(self):
        """It stands where it waited before it was cancelled."""
        task = self.task(outer())
        self.run_once()

        check = PendingTasks()
        check.ending(self.loop, [task])
        self.end(task)

        self.assertEqual(
            [Finding("pending-task", f"task 'cat' (outer) {PENDING}", AWAIT, line(inner))],
            list(check.findings(Closing())),
        )

    def test_its_maker_is_told_too(self):
        """Who made it is often another line than where it waits."""
        with origins():
            task = self.task(outer())
        self.run_once()

        (finding,) = self.findings(task)

        self.assertEqual(line(inner), finding.place)
        self.assertEqual((made_at(task), ""), (finding.made, finding.detail))

    def test_its_maker_is_told_once(self):
        """If the place is the maker's, that is not repeated."""
        with origins():
            task = self.task(asyncio.sleep(10))
        self.run_once()

        (finding,) = self.findings(task)

        self.assertEqual(("", made_at(task)), (finding.detail, finding.place))
        self.assertIsNone(finding.made)

    def test_what_it_raised_when_cancelled_is_told(self):
        """An error in its clean-up would be lost otherwise."""
        with origins():
            task = self.task(outer())
        self.run_once()

        (finding,) = self.findings(task, failed=[(task, Boom("clean-up"))])

        self.assertEqual(
            (made_at(task), "it then raised Boom('clean-up')"), (finding.made, finding.detail)
        )

    def test_what_began_later_is_told_if_it_failed(self):
        """A task that was started by the clean-up of another, and failed, is a fault of its own."""
        task = self.task(outer())

        self.assertEqual(
            [
                Finding(
                    "pending-task",
                    "task 'cat' (outer), started while the test was being ended, raised Boom(1)",
                    START_NOTHING,
                    line(outer, 0),
                )
            ],
            self.findings(failed=[(task, Boom(1))]),
        )

    def test_a_stubborn_task_is_told_by_another_check(self):
        """One task is one finding."""
        task = self.task(outer())

        self.assertEqual([], self.findings(task, stubborn=[task]))

    def test_one_that_had_no_time_to_begin_is_told(self):
        """The test ends before the loop comes to it."""

        class Tests(AsyncTestCase):
            async def test_cat(self):
                self.kept = asyncio.create_task(for_ever(), name="tom")

        self.assertIn(
            "task 'tom' (for_ever) was still pending when the test ended, and was cancelled "
            "[pending-task]",
            str(live(Tests).raised[0]),
        )


class StubbornTests(TaskTestCase):
    def test_each_one_is_told(self):
        """It stands where it still waits."""
        task = self.task(outer())
        self.run_once()

        self.assertEqual(
            [
                Finding(
                    "stubborn-task",
                    "task 'cat' (outer) did not end within 0.05 s of being cancelled",
                    LET_PASS,
                    line(inner),
                )
            ],
            list(StubbornTasks().findings(Closing(stubborn=[task], limit=LIMIT))),
        )
        self.assertEqual([], list(StubbornTasks().findings(Closing())))


class LifeTests(unittest.TestCase):
    def told(self, test):
        return told(test, checks="strict", close_limit=LIMIT)

    def test_a_task_that_nobody_awaits_fails_the_test(self):
        """The standard class cancels it in silence."""

        async def test():
            self.kept = asyncio.create_task(outer(), name="cat")
            await asyncio.sleep(0)

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        made = line(test)
        self.assertEqual(
            f"task 'cat' (outer) {PENDING} [pending-task]\n"
            f"  {HERE}:{line(inner).lineno}, in inner\n"
            "    await asyncio.sleep(10)\n"
            f"  it was made at {HERE}:{made.lineno}, in test\n"
            f"    {made.source}\n"
            "  cure: `await self.kept` before the test ends, or `self.kept.cancel()` and await it\n"
            "  more: python -m asynctesting explain pending-task",
            text,
        )
        self.assertTrue(self.kept.cancelled())

    def test_a_task_that_was_never_started_fails_the_test(self):
        """A test that ends at once gives its tasks no chance."""

        async def test():
            self.kept = asyncio.create_task(outer(), name="cat")

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertTrue(text.startswith(f"task 'cat' (outer) {PENDING} [pending-task]\n"), text)

    def test_a_task_that_fails_when_cancelled_is_one_finding(self):
        """The error of its clean-up is part of it."""

        async def untidy():
            try:
                await asyncio.sleep(10)
            finally:
                raise Boom("clean-up")

        async def test():
            self.kept = asyncio.create_task(untidy())
            await asyncio.sleep(0)

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertIn("\n  it then raised Boom('clean-up')\n", text)
        self.assertEqual(1, text.count("[pending-task]"))
        self.assertNotIn("[loop-error]", text)

    def test_a_task_that_resists_fails_the_test(self):
        """It is named, and left behind."""

        async def test():
            self.kept = asyncio.create_task(resist(asyncio.Event()), name="cat")
            await asyncio.sleep(0)

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertTrue(
            text.startswith(
                "task 'cat' (resist) did not end within 0.05 s of being cancelled [stubborn-task]"
            ),
            text,
        )
        self.assertNotIn("[pending-task]", text)

    def test_healthy_twins_are_left_alone(self):
        """What is awaited, or cancelled and awaited, or in a group that is left, is in order."""

        async def awaited():
            await asyncio.create_task(asyncio.sleep(0))

        async def cancelled():
            task = asyncio.create_task(for_ever())
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        async def just_cancelled():
            asyncio.create_task(for_ever()).cancel()
            await asyncio.sleep(0)

        async def in_a_group():
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))

        async def done_and_kept():
            self.kept = asyncio.create_task(asyncio.sleep(0))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        for test in (awaited, cancelled, just_cancelled, in_a_group, done_and_kept):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_a_task_that_set_up_left_running_fails_each_test(self):
        """A test answers for the whole of its life."""

        class Tests(AsyncTestCase):
            async def asyncSetUp(self):
                self.background = asyncio.create_task(for_ever())

            async def test_one(self):
                pass

            async def test_two(self):
                self.background.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self.background

        self.assertEqual([("test_one", "failure"), ("test_two", "success")], live(Tests).told)
