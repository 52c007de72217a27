"""Tests of asynctesting.cures: what to write instead, in the user's own words."""

import linecache
import textwrap
import unittest

from asynctesting.cures import awaited, kept, line_in, mended, sync_function
from asynctesting.findings import Place


def place(source, lineno=1, function="test"):
    """A place in a file that is nowhere but in the cache of lines."""
    source = textwrap.dedent(source)
    name = f"<{source!r}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    unittest.addModuleCleanup(linecache.cache.pop, name, None)
    return Place(name, lineno, function)


class AwaitedTests(unittest.TestCase):
    def test_the_line_is_mended(self):
        """The call of the name gets its await, wherever in the line it is."""
        for line, expected in [
            ("herd(cat)", "await herd(cat)"),
            ("  self.assertTrue(herd(cat))", "self.assertTrue(await herd(cat))"),
            ("self.yard.herd(cat)", "await self.yard.herd(cat)"),
            ("x = herd('Gárfield', herding=True)", "x = await herd('Gárfield', herding=True)"),
            ("'é', herd(cat)", "'é', await herd(cat)"),
            ("return herd(cat)", "return await herd(cat)"),
            ("if herd(cat):", "if await herd(cat):"),
            ("with self.subTest(), herd(cat) as x:", "with self.subTest(), await herd(cat) as x:"),
            ("herd(cat).name", "(await herd(cat)).name"),
            ("herd(cat)[0]", "(await herd(cat))[0]"),
            ("herd(cat)()", "(await herd(cat))()"),
        ]:
            with self.subTest(line):
                self.assertEqual(expected, awaited(place(line), "herd"))

    def test_what_cannot_be_told_is_not(self):
        """No call, or several, or half a statement, or no line at all: there is no cure."""
        for line in ("move(cat)", "herd(herd(cat))", "herd(cat,", "await herd(cat)", "\0herd()"):
            with self.subTest(line):
                self.assertEqual("", awaited(place(line), "herd"))
        self.assertEqual("", awaited(None, "herd"))
        self.assertEqual("", awaited(Place("/nowhere.py", 1), "herd"))


class MendedTests(unittest.TestCase):
    def test_another_function_is_called_with_the_same_arguments(self):
        """The arguments stay, and what is around the call goes."""
        for line, expected in [
            ("time.sleep(0.5)", "await asyncio.sleep(0.5)"),
            ("x = [sleep(n + 1), 2]", "await asyncio.sleep(n + 1)"),
            ("wait(0.5)", ""),
            ("sleep(1); sleep(2)", ""),
        ]:
            with self.subTest(line):
                self.assertEqual(expected, mended(place(line), "sleep", "await asyncio.sleep"))
        self.assertEqual("", mended(None, "sleep", "nap"))


class KeptTests(unittest.TestCase):
    def test_the_name_of_a_task(self):
        """A task that is kept has a name; one that is not, gets one."""
        for line, expected in [
            ("task = asyncio.create_task(nap())", ("task", "")),
            ("self.nap: Task = loop.create_task(nap())", ("self.nap", "")),
            ("nap = ensure_future(nap())", ("nap", "")),
            ("asyncio.create_task(nap())", ("task", "task = asyncio.create_task(nap())")),
            ("a, b = asyncio.create_task(nap())", ("", "")),
            ("tasks = [asyncio.create_task(nap())]", ("", "")),
            ("return asyncio.create_task(nap())", ("", "")),
            ("spawn(nap())", ("", "")),
            ("asyncio.create_task(", ("", "")),
        ]:
            with self.subTest(line):
                self.assertEqual(expected, kept(place(line)))
        self.assertEqual(("", ""), kept(None))


class LineInTests(unittest.TestCase):
    SOURCE = """\
        def setUp(self):
            nap()
        @patch("nap")
        async def test(self):
            loop.call_soon(nap)
            eat()
            eat()
        """

    def line(self, pattern, lineno=3, function="test"):
        found = line_in(place(self.SOURCE, lineno, function), pattern)
        return None if found is None else found.lineno

    def test_the_only_line(self):
        """The one line of the function that looks like that, decorators aside."""
        self.assertEqual(5, self.line(r"\bnap\b"))
        self.assertEqual(2, self.line(r"\bnap\b", 1, "setUp"))

    def test_not_the_only_line(self):
        """What is there twice, or not at all, is not told."""
        self.assertIsNone(self.line("eat"))
        self.assertIsNone(self.line("drink"))

    def test_no_such_function(self):
        """Nor is anything of a function that is not found."""
        self.assertIsNone(self.line("nap", 3, "other"))
        self.assertIsNone(line_in(None, "nap"))


class SyncFunctionTests(unittest.TestCase):
    SOURCE = """\
        async def outer():
            def inner():
                return lambda: nap()
            await nap()
        def twin(): async_twin()
        class Cat:
            async def twin(self):
                nap()
        """

    def at(self, lineno, function):
        return sync_function(place(self.SOURCE, lineno, function))

    def test_only_an_async_function_can_await(self):
        """The innermost function of the name that is around the line decides."""
        self.assertEqual("", self.at(4, "outer"))
        self.assertEqual("inner", self.at(2, "inner"))
        self.assertEqual("<lambda>", self.at(3, "<lambda>"))
        self.assertEqual("twin", self.at(5, "twin"))
        self.assertEqual("", self.at(8, "twin"))

    def test_what_cannot_be_told_is_not(self):
        """Another function, no place, and a file that cannot be read."""
        self.assertEqual("", self.at(4, "other"))
        self.assertEqual("", sync_function(None))
        self.assertEqual("", sync_function(place("def (", 1, "test")))


if __name__ == "__main__":
    unittest.main()
