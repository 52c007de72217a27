"""What two failures have in common that are the same, and which are none."""

import asyncio
import unittest
import weakref
from unittest import mock

from asynctesting import AsyncTestingWarning, FindingsError
from asynctesting.signatures import is_excused, is_left_behind, is_quick, signature_of


def raised(error):
    """The same, raised from here."""
    try:
        raise error
    except BaseException as caught:
        return caught


def raised_elsewhere(error):
    """The same, from another line."""
    try:
        raise error
    except BaseException as caught:
        return caught


class SignatureTests(unittest.TestCase):
    """When two failures are the same."""

    def test_type_and_line(self):
        """They have one type, and come from one line of the user's."""
        one = signature_of(raised(ValueError(1)))
        self.assertEqual(one, signature_of(raised(ValueError(2))))
        self.assertNotEqual(one, signature_of(raised(KeyError(1))))
        self.assertNotEqual(one, signature_of(raised_elsewhere(ValueError(1))))

    def test_line_of_the_users(self):
        """What a library has raised counts for the line that has called it."""

        def call(text):
            try:
                asyncio.run(text)
            except (TypeError, ValueError) as error:  # the former since Python 3.14
                return error

        filename, line = signature_of(call("no coroutine"))[1]
        self.assertEqual((__file__, call.__code__.co_firstlineno + 2), (filename, line))

    def test_groups(self):
        """Groups have the same members, in whatever order and number."""
        one, other = raised(ValueError(1)), raised(KeyError(1))
        self.assertEqual(
            signature_of(ExceptionGroup("", [one, other, one])),
            signature_of(ExceptionGroup("", [other, one])),
        )
        self.assertNotEqual(
            signature_of(ExceptionGroup("", [one])), signature_of(ExceptionGroup("", [other]))
        )

    def test_findings(self):
        """Findings are the same by their kinds."""
        one = FindingsError("task 'a' was pending [pending-task]\nmore [unread-error]")
        other = FindingsError("task 'b' failed [unread-error]\ntask 'c' was pending [pending-task]")
        self.assertEqual(("findings", "pending-task", "unread-error"), signature_of(one))
        self.assertEqual(signature_of(one), signature_of(other))

    def test_quick(self):
        """What has used up its time is not lived again."""
        self.assertTrue(is_quick(ValueError()))
        self.assertFalse(is_quick(type("TimeLimitExceeded", (Exception,), {})()))

    def test_left_behind(self):
        """What a life has left is told by our own errors."""
        self.assertTrue(is_left_behind(FindingsError()))
        self.assertTrue(is_left_behind(AsyncTestingWarning()))
        self.assertFalse(is_left_behind(AssertionError()))


class Gathered(asyncio.Future):
    """A future with children, as those of ``gather()`` are."""


class ExcuseTests(unittest.IsolatedAsyncioTestCase):
    """Who fails because it awaits what was cancelled."""

    async def asyncSetUp(self):
        self.struck = asyncio.create_task(asyncio.sleep(0))
        self.other = asyncio.create_task(asyncio.sleep(0))
        await asyncio.wait([self.struck, self.other])

    def excused(self, woke, error=None):
        loop = mock.Mock(
            struck={"a": weakref.ref(self.struck), "offered": None},
            woken_by=() if woke is None else (woke,),
        )
        return is_excused(error or asyncio.CancelledError(), loop)

    async def test_excused(self):
        """It was woken by the victim, or by what waits for the victim."""
        self.assertTrue(self.excused(self.struck))
        self.assertTrue(self.excused(asyncio.get_running_loop().create_future()))
        gathered = Gathered()
        gathered.cancel()
        gathered._children = [self.other]
        self.assertFalse(self.excused(gathered))
        gathered._children = [self.struck]
        self.assertTrue(self.excused(gathered))

    async def test_not_excused(self):
        """It fails with something else, or later, or was woken by another one, or by nobody."""
        later = asyncio.CancelledError()
        later.add_note("\nand then it failed again")
        self.assertFalse(self.excused(self.struck, later))
        self.assertFalse(self.excused(self.struck, ValueError()))
        self.assertFalse(self.excused(self.other))
        self.assertFalse(self.excused(None))
        loop = mock.Mock(struck={"offered": None}, woken_by=(self.struck,))
        self.assertFalse(is_excused(asyncio.CancelledError(), loop))


if __name__ == "__main__":
    unittest.main()
