"""A few tests on Tortoise ORM's own test class, which puts a runner of its own in place of the
standard one and shares a loop between tests.
"""

import asyncio

from tortoise import fields
from tortoise.contrib import test
from tortoise.models import Model


class Cat(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20)

    class Meta:
        app = "models"


def initialise():
    """Open the database on the loop that all tests share, as the project has its users do."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    test.initializer(["tortoise_hooks"], db_url="sqlite://:memory:")


class CatTests(test.TestCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.garfield = await Cat.create(name="Garfield")

    async def test_found(self):
        self.assertEqual(self.garfield, await Cat.get(name="Garfield"))

    async def test_every_test_begins_anew(self):
        await Cat.create(name="Nermal")
        self.assertEqual(2, await Cat.all().count())

    async def test_begins_anew_every_test(self):
        await Cat.create(name="Arlene")
        self.assertEqual(2, await Cat.all().count())

    async def test_fails(self):
        self.assertIsNone(await Cat.get_or_none(name="Garfield"))


class TruncatedCatTests(test.TruncationTestCase):
    async def test_empty(self):
        self.assertEqual(0, await Cat.all().count())
        await Cat.create(name="Odie")

    async def test_empty_again(self):
        self.assertEqual(0, await Cat.all().count())
        await Cat.create(name="Odie")


class IsolatedCatTests(test.IsolatedTestCase):
    tortoise_test_modules = ["tortoise_hooks"]

    async def test_own_database(self):
        await Cat.create(name="Odie")
        self.assertEqual(1, await Cat.all().count())


class LoopTests(test.SimpleTestCase):
    loops = []

    async def test_one(self):
        self.loops.append(asyncio.get_running_loop())
        self.assertEqual(1, len(set(self.loops)))

    async def test_two(self):
        self.loops.append(asyncio.get_running_loop())
        self.assertEqual(1, len(set(self.loops)))

    def test_synchronous(self):
        self.assertFalse(asyncio.get_event_loop().is_running())
