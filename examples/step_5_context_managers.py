"""
Step 5: mock what is entered with ``async with``.

``bring_home`` enters ``house.door("front")``, and calls an ordinary method of what it gets.
An ``AsyncContextManager`` is the mock for that: to be put in as it is, with ``patch``, or as
what a call returns.

"""

import unittest

from asynctesting import AsyncTestCase
from asynctesting.mocks import AsyncContextManager, Mock, patch
from examples.herd import Cat, Tiger, bring_home


class House:
    """A house whose door we had better not use in a test."""

    def door(self, name):
        """Never called here."""
        raise NotImplementedError


class DoorTests(AsyncTestCase):
    async def test_wipes_paws(self):
        """The door is opened, used, and closed."""
        house = Mock(door=AsyncContextManager())
        self.assertTrue(await bring_home(house, Cat("Garfield")))
        house.door.assert_called_once_with("front")
        house.door.__aenter__.return_value.wipe_paws.assert_called_once_with()
        house.door.__aexit__.assert_awaited_once_with(None, None, None)

    async def test_patched(self):
        """The same with patch, and a door of ours."""
        door = Mock()
        with patch.object(House, "door", new_callable=AsyncContextManager, enters=door):
            await bring_home(House(), Cat("Garfield"))
        door.wipe_paws.assert_called_once_with()

    async def test_returned(self):
        """The same as the return value of an ordinary mock."""
        house = Mock()
        house.door.return_value = AsyncContextManager()
        self.assertTrue(await bring_home(house, Cat("Garfield")))

    async def test_scratches(self):
        """The door is closed also when something goes wrong, and swallows nothing."""
        house = Mock(door=AsyncContextManager())
        with self.assertRaisesRegex(ValueError, "Hobbes scratches"):
            await bring_home(house, Tiger("Hobbes"))
        house.door.__aexit__.assert_awaited_once()


if __name__ == "__main__":
    unittest.main()
