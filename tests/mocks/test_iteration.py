"""Tests of asynctesting.mocks.iteration."""

import doctest
import inspect
import unittest

from asynctesting import AsyncTestCase
from asynctesting.mocks import Mock, generates, iteration


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples in the docstrings give what they show."""
        self.assertEqual(0, doctest.testmod(iteration).failed)


class GeneratesTests(AsyncTestCase):
    async def test_each_call(self):
        """Each call gives a generator of its own."""
        cats = Mock(side_effect=generates("Garfield", "Nermal"))
        for _ in range(2):
            self.assertEqual(["Garfield", "Nermal"], [cat async for cat in cats()])
        self.assertEqual(2, cats.call_count)

    async def test_errors(self):
        """An exception, or a class of exceptions, is raised in its place."""
        for error in (KeyError("cat"), KeyError):
            seen = []
            with self.assertRaises(KeyError):
                async for cat in generates("Garfield", error, "Nermal")():
                    seen.append(cat)
            self.assertEqual(["Garfield"], seen)

    async def test_generator(self):
        """It is a real generator: it can be sent to, closed and thrown into."""
        generator = Mock(side_effect=generates(1, 2, 3))()
        self.assertTrue(inspect.isasyncgen(generator))
        self.assertEqual((1, 2), (await generator.asend(None), await generator.asend("x")))
        await generator.aclose()
        self.assertEqual([], [item async for item in generator])
        generator = generates(1)()
        await generator.asend(None)
        with self.assertRaises(KeyError):
            await generator.athrow(KeyError("cat"))


if __name__ == "__main__":
    unittest.main()
