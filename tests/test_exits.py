"""Tests of asynctesting.exits: leaving what a test has entered."""

import asyncio
import contextvars
import time
import unittest

from asynctesting import FindingsError, StageError
from asynctesting.exits import explain, leave
from asynctesting.host import Host
from tests.support import BaseBoom, Boom, for_ever, quiet, resist, settle, turns, unsettle


LIMIT = 0.05


setUpModule, tearDownModule = settle, unsettle


class Manager:
    """Remembers what it was left with."""

    def __init__(self, result=None, error=None):
        self.result = result
        self.error = error
        self.details = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *details):
        self.details = details
        if self.error is not None:
            raise self.error
        return self.result


class Leave(unittest.TestCase):

    def setUp(self):
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        self.host = Host(self.loop, contextvars.copy_context(), limit=LIMIT)
        self.addCleanup(self.end)

    def end(self):
        self.host.run(
            self.host.shut_down(frozenset(), lambda left: None, close=True), None, "", last=True
        )

    def leave(self, cm, ended=None):
        start = time.monotonic()
        try:
            return self.host.run(leave(cm, type(cm).__aexit__, ended, self.host), None, "leaving")
        finally:
            self.assertLess(time.monotonic() - start, 20 * LIMIT)

    def group(self, *coroutines):
        """A group that was entered in the driver, and its children."""

        async def enter():
            group = asyncio.TaskGroup()
            await group.__aenter__()
            self.children = [
                group.create_task(coroutine, name=f"child {i}")
                for i, coroutine in enumerate(coroutines)
            ]
            return group

        group = self.host.run(enter())
        self.host.run(asyncio.sleep(0))
        return group

    def test_nothing_ended_the_test(self):
        """A manager is left with None, and cannot swallow what is not there."""
        cm = Manager(result=True)
        self.assertIs(False, self.leave(cm))
        self.assertEqual((None, None, None), cm.details)

    def test_something_ended_the_test(self):
        """A manager is left with the exception, its type and its traceback."""
        try:
            raise Boom
        except Boom as error:
            ended = error
        cm = Manager()
        self.assertIs(False, self.leave(cm, ended))
        self.assertEqual((Boom, ended, ended.__traceback__), cm.details)

    def test_swallowed(self):
        """It is told whether the manager swallows the exception."""
        self.assertIs(True, self.leave(Manager(result="yes"), Boom()))

    def test_raising(self):
        """What the manager raises comes out."""
        with self.assertRaises(BaseBoom):
            self.leave(Manager(error=BaseBoom()))

    def test_group(self):
        """A group waits for its children, if they end."""
        group = self.group(turns(), turns())
        self.leave(group)
        self.assertTrue(all(child.done() and not child.cancelled() for child in self.children))

    def test_group_of_a_failed_test(self):
        """A group cancels its children, and raises a group of what ended the test."""
        group = self.group(for_ever())
        ended = Boom()
        with self.assertRaises(ExceptionGroup) as caught:
            self.leave(group, ended)
        self.assertEqual((ended,), caught.exception.exceptions)
        self.assertTrue(self.children[0].cancelled())

    def test_group_with_an_endless_child(self):
        """A child that does not end is named, with its line, and cancelled."""
        group = self.group(for_ever(), turns(1), for_ever())
        with self.assertRaises(FindingsError) as caught:
            self.leave(group)
        text = str(caught.exception)
        for part in (
            "task 'child 0' (for_ever) kept a task group open for 0.05 s after the test, "
            "and was cancelled [pending-task]",
            "task 'child 2' (for_ever)",
            "await asyncio.Event().wait()",
            "cure: end or cancel the group's tasks before the test ends",
        ):
            self.assertIn(part, text)
        self.assertNotIn("child 1", text)
        self.assertTrue(self.children[0].cancelled())

        async def count():
            return asyncio.current_task().cancelling()

        self.assertEqual(0, self.host.run(count()))

    def test_group_with_a_child_that_fails_in_the_end(self):
        """A child that fails when it is cancelled raises its group, with the names as a note."""

        async def child():
            try:
                await for_ever()
            finally:
                raise Boom

        group = self.group(child())
        with self.assertRaises(ExceptionGroup) as caught:
            self.leave(group)
        (error,) = caught.exception.exceptions
        self.assertIsInstance(error, Boom)
        self.assertIn("task 'child 0'", "".join(caught.exception.__notes__))

    def test_group_with_a_child_that_fails_in_time(self):
        """A child that fails in time raises its group, and nothing is noted."""

        async def child():
            await turns()
            raise Boom

        group = self.group(child())
        with self.assertRaises(ExceptionGroup) as caught:
            self.leave(group)
        self.assertFalse(hasattr(caught.exception, "__notes__"))

    def test_stubborn_child(self):
        """A child that resists is named; leaving is given up, failed test or not."""
        for ended in (None, Boom()):
            with self.subTest(ended=ended), quiet():
                until = asyncio.Event()
                group = self.group(resist(until))
                with self.assertRaises(StageError) as caught:
                    self.leave(group, ended)
                text = str(caught.exception)
                self.assertIn("event loop stopped before leaving completed", text)
                self.assertIn(
                    "the task group has task 'child 0' (resist), which resists its cancellation",
                    text,
                )
                until.set()
                self.host.run(turns())


class Explain(unittest.TestCase):

    def test_nothing_ended_the_test(self):
        """Every error is news where there was none."""
        error = Boom()
        self.assertIs(error, explain(error, None))
        group = ExceptionGroup("", [error])
        self.assertIs(group, explain(group, None))

    def test_same(self):
        """The same error is no news, nor is a group of it alone, however deep."""
        error = Boom()
        self.assertIsNone(explain(error, error))
        self.assertIsNone(explain(ExceptionGroup("", [error]), error))
        self.assertIsNone(explain(ExceptionGroup("", [ExceptionGroup("", [error])]), error))
        base = BaseBoom()
        self.assertIsNone(explain(BaseExceptionGroup("", [base]), base))

    def test_same_group(self):
        """A group that ended the test is no news inside another one."""
        group = ExceptionGroup("", [Boom()])
        self.assertIsNone(explain(ExceptionGroup("", [group]), group))

    def test_others_besides(self):
        """Of a group with others, the others are news."""
        ended, other = Boom("ended"), Boom("other")
        news = explain(ExceptionGroup("why", [ended, other]), ended)
        self.assertEqual((other,), news.exceptions)
        self.assertEqual("why", news.message)

    def test_another(self):
        """An error that only follows from the first one is news, and so is a group of others."""
        ended = Boom()
        for error in (TimeoutError(), ExceptionGroup("", [Boom()])):
            error.__cause__ = ended
            self.assertIs(error, explain(error, ended))


if __name__ == "__main__":
    unittest.main()
