"""
Step 4: patch a coroutine, so that no cat is needed.

``patch`` sees that ``Cat.move`` is a coroutine function, and puts an ``AsyncMock`` there. Where it
cannot see it, ``new_callable=AsyncMock`` says so. These are :mod:`unittest.mock`'s own.

"""

import unittest

from asynctesting import AsyncTestCase
from asynctesting.mocks import AsyncMock, Mock, patch
from examples.herd import Cat, herd


class HerdTests(AsyncTestCase):
    @patch("examples.herd.Cat.move")
    async def test_direction(self, move):
        """The cat is asked to move in the direction that was ordered."""
        move.return_value = True
        self.assertTrue(await herd(Cat("Garfield"), "forward"))
        move.assert_awaited_once_with("forward")

    @patch("examples.herd.Cat.move", new_callable=AsyncMock, side_effect=OSError("asleep"))
    async def test_refusal(self, move):
        """What the cat raises is passed on."""
        with self.assertRaisesRegex(OSError, "asleep"):
            await herd(Cat("Garfield"), "forward")

    async def test_any_cat(self):
        """A cat is whatever can be petted and can move."""
        cat = Mock(move=AsyncMock(return_value=True))
        self.assertTrue(await herd(cat, "forward"))
        cat.pet.assert_called_once_with()


if __name__ == "__main__":
    unittest.main()
