"""
Step 9: the same life and the same verdict without a class.

``asynctesting.run`` is for a pytest function, a script, a property test: it runs one coroutine
function, and fails if that leaves something behind. pytest collects these functions as they
are; ``load_tests`` shows them to unittest.

"""

import asyncio
import unittest

import asynctesting
from examples.herd import Cat, herd


def test_forward():
    """A cat that was petted moves."""

    async def main():
        assert await herd(Cat("Garfield"), "forward")

    asynctesting.run(main)


def test_unfinished():
    """A task that nobody awaited is still pending: meant to fail."""

    async def main():
        asyncio.create_task(herd(Cat("Garfield", dawdles=60), "forward"), name="herding")
        await asyncio.sleep(0)

    asynctesting.run(main)


def load_tests(loader, tests, pattern):
    """Make tests of the functions, for unittest."""
    return unittest.TestSuite(map(unittest.FunctionTestCase, [test_forward, test_unfinished]))


if __name__ == "__main__":
    unittest.main()
