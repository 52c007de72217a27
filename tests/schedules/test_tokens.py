"""Orders as short texts."""

import unittest

from asynctesting.errors import ReplayError
from asynctesting.schedules.constraints import Before, Late, Struck
from asynctesting.schedules.tokens import Order, _checksum, read, write


ORDER = Order(
    {3: 1, 17: 2, 400: 1},
    (
        Before("Yard.admit#2", 1, "Yard.admit", 2),
        Struck("worker", 4, 1, True),
        Late("timer f at 1.5", 2),
    ),
    test=0xBEEF,
    stalls=False,
)

#: As version 1 was written when it was new. It shall be read for ever after.
WRITTEN = (
    "1.eNpNjEEKgCAUBa8itn2IXw3tKCEuBA0kJBCh6_fdtZt58Ca6EPwBjWhBIA8DpzUoIc"
    "ozj6Jy6W1uRuKnLO8z7joYZut1iEvkKUjtkn9Rc45bMCy0gsuYDSxvKX0JoR6d.f6565b"
)


class TokenTests(unittest.TestCase):
    """Writing and reading."""

    def test_there_and_back(self):
        """What is written is read."""
        twice = Order({1: 1}, (Struck("worker", 1, 1, 3), Struck("worker", 2, 1, 0)), twice=True)
        for order in (ORDER, Order(), twice, Order({2: 1}, seed=1 << 40)):
            self.assertEqual(order, read(write(order)))

    def test_first_version(self):
        """What the first release has written is read."""
        self.assertEqual(ORDER, read(WRITTEN))

    def test_short(self):
        """It fits into a line or two, and needs no quoting."""
        token = write(ORDER)
        self.assertLess(len(token), 200)
        self.assertRegex(token, r"\A[\w.-]+\Z")

    def test_spaces_around(self):
        """A line end that was copied, too, does no harm."""
        self.assertEqual(ORDER, read(f" {write(ORDER)}\n"))

    def test_no_token(self):
        """Anything else is refused, with what to do."""
        for text in ("", "1", "1.", "1.abc", "hello", "x.abc.def"):
            with self.subTest(text), self.assertRaises(ReplayError) as caught:
                read(text)
            self.assertEqual(
                f"{text!r} is not a replay token: copy it whole from the failure",
                str(caught.exception),
            )

    def test_later_version(self):
        """A version that is not known yet is refused, with what to do."""
        token = "2" + write(ORDER)[1:]
        with self.assertRaisesRegex(ReplayError, "has version 2, but .* reads version 1"):
            read(token)

    def test_damaged(self):
        """A letter that was changed, or lost, is noticed."""
        token = write(ORDER)
        for text in (token.replace("e", "f", 1), token[:5] + token[6:], token[:-1]):
            with self.subTest(text), self.assertRaisesRegex(ReplayError, "damaged|not a replay"):
                read(text)

    def test_nonsense(self):
        """Text with a right checksum, which says nothing, is refused."""
        for text in ("abcdefgh", "eJyLjgUAARUAuQ", "eJwDAAAAAAE"):
            with self.subTest(text), self.assertRaisesRegex(ReplayError, "cannot be read"):
                read(f"1.{text}.{_checksum(text)}")


if __name__ == "__main__":
    unittest.main()
