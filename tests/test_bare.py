"""Tests of asynctesting.bare: the standard class under our name."""

import asyncio
import unittest

from asynctesting import asyncio_debug, close_limit, on_loops, time_limit
from asynctesting.bare import AsyncTestCase
from tests.support import live, python


class BareTests(unittest.TestCase):
    def test_it_is_the_standard_class_and_no_more(self):
        """No method of a test's life is ours."""
        own = {name for name, value in vars(AsyncTestCase).items() if hasattr(value, "__get__")}

        self.assertEqual((unittest.IsolatedAsyncioTestCase,), AsyncTestCase.__bases__)
        self.assertEqual({"__init_subclass__", "_asynctesting_options_changed"}, own)

    def test_options_are_taken_and_do_nothing(self):
        """A class that is written with options need not be changed to be run without us."""

        @asyncio_debug()
        @close_limit(1)
        @on_loops("uvloop", "asyncio")
        @time_limit(0.001)
        class Tests(AsyncTestCase, checks="strict", loop_scope="class", whatever=1):
            @on_loops("uvloop")
            async def test_leak(self):
                self.loop = asyncio.get_running_loop()
                self.loop.create_task(asyncio.Event().wait())
                await asyncio.sleep(0)

        result = live(Tests)

        self.assertEqual([("test_leak", "success")], result.told)

    def test_the_environment_puts_it_in_the_place_of_ours(self):
        """ASYNCTESTING_OFF=1 makes it the AsyncTestCase of the package; 0 does not."""
        code = "import asynctesting; print(asynctesting.AsyncTestCase.__module__)"

        modules = [python(code, ASYNCTESTING_OFF=off).stdout.strip() for off in ("1", "0", "")]

        self.assertEqual(
            ["asynctesting.bare", "asynctesting.case", "asynctesting.case"], modules
        )
