"""
The steps of the talk, as its audience would write them: each mistake is caught, each cure passes.

They are files in a folder of their own, run by ``python -m unittest`` and, where it is installed, by
pytest; with the cat of the talk, who takes up to five seconds.

"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest

import asynctesting


HOME = pathlib.Path(asynctesting.__file__).resolve().parent.parent

#: The code under test, and what belongs to it.
CODE = {
    "cat.py": """
        import asyncio
        import random

        DISPLEASED, PLEASED = range(2)

        class Cat:
            def __init__(self, name):
                self.name = name
                self.mood = DISPLEASED

            async def move(self, direction):
                if self.mood == PLEASED:
                    await asyncio.sleep(random.uniform(0, 5))
                    self.mood = DISPLEASED
                    return True
                return False

            def pet(self):
                self.mood = PLEASED

        async def herd(cat, direction):
            cat.pet()
            return await cat.move(direction)

        async def herd_badly(cat, direction):
            cat.pet()
            return cat.move(direction)

        async def bring_home(house, cat):
            async with house.door() as door:
                door.wipe_paws()
                return await herd(cat, "in")
    """,
    "herd_router.py": """
        import asyncio
        import threading

        class HerdRouter:
            def __init__(self, loop):
                self._loop = loop
                self._rlock = threading.RLock()
                self.commands = set()

            async def _add_command(self, key):
                with self._rlock:
                    self.commands.add(key)
                return True

            def add_command(self, key):
                result = asyncio.run_coroutine_threadsafe(self._add_command(key), self._loop)
                result.result()
    """,
}

#: For each file of tests: its source, and for each test what becomes of it, and what it says.
SLIDES = {
    "test_naive.py": (
        """
        from asynctesting import AsyncTestCase, virtual_time
        from cat import Cat, herd

        @virtual_time
        class Tests(AsyncTestCase):
            def test_forward(self):
                garfield = Cat("Garfield")
                self.assertTrue(herd(garfield, "forward"))

            async def test_cure(self):
                garfield = Cat("Garfield")
                self.assertTrue(await herd(garfield, "forward"))
        """,
        {
            "test_forward": (False, "coroutine 'herd' was never awaited: its body did not run"),
            "test_cure": (True, ""),
        },
    ),
    "test_plain.py": (
        """
        from unittest import TestCase
        import asynctesting
        from cat import Cat, herd

        asynctesting.guard_plain_tests()

        class Tests(TestCase):
            async def test_forward(self):
                self.assertTrue(await herd(Cat("Garfield"), "forward"))
        """,
        {"test_forward": (False, "AsyncTestCase")},
    ),
    "test_run_until_complete.py": (
        """
        import asyncio
        from asynctesting import AsyncTestCase
        from cat import Cat

        class Tests(AsyncTestCase):
            def test_forward(self):
                loop = asyncio.get_event_loop()
                result = loop.run_until_complete(Cat("Garfield").move("forward"))
                loop.close()
                self.assertFalse(result)

            def test_assertion_first(self):
                loop = asyncio.new_event_loop()
                self.assertFalse(loop.run_until_complete(Cat("Garfield").move("forward")))

            def test_inside(self):
                asyncio.run(self.inside())

            async def inside(self):
                self.loop.run_until_complete(Cat("Garfield").move("forward"))

            def test_cure(self):
                self.assertFalse(asyncio.run(Cat("Garfield").move("forward")))
        """,
        {
            "test_forward": (False, "the test has closed its event loop"),
            "test_assertion_first": (False, "an event loop is not closed"),
            "test_inside": (False, "cure: a loop runs here already"),
            "test_cure": (True, ""),
        },
    ),
    "test_patch.py": (
        """
        import asyncio
        from asynctesting import AsyncTestCase
        from asynctesting.mocks import AsyncMock, patch
        from cat import Cat, herd, herd_badly

        class Tests(AsyncTestCase):
            @patch("cat.Cat.move")
            def test_forward(self, move_mock):
                garfield = Cat("Garfield")
                asyncio.get_event_loop().run_until_complete(herd(garfield, "forward"))
                move_mock.assert_called_with("forward")

            @patch("cat.Cat.move", new_callable=AsyncMock)
            async def test_new_callable(self, move_mock):
                await herd(Cat("Garfield"), "forward")
                move_mock.assert_awaited_once_with("forward")

            @patch("cat.Cat.move")
            async def test_forgotten(self, move_mock):
                await herd_badly(Cat("Garfield"), "forward")
                move_mock.assert_called_with("forward")
        """,
        {
            "test_forward": (True, ""),
            "test_new_callable": (True, ""),
            "test_forgotten": (False, "was never awaited"),
        },
    ),
    "test_context.py": (
        """
        from unittest import mock
        from asynctesting import AsyncTestCase, virtual_time
        from asynctesting.mocks import AsyncContextManager, Mock
        from cat import Cat, bring_home

        class ByHand(mock.MagicMock):
            async def __aenter__(self, *args, **kwargs):
                return self.__enter__(*args, **kwargs)

            async def __aexit__(self, *args, **kwargs):
                return self.__exit__(*args, **kwargs)

        @virtual_time
        class Tests(AsyncTestCase):
            async def test_by_hand(self):
                house = Mock(door=Mock(return_value=ByHand()))
                await bring_home(house, Cat("Garfield"))
                house.door.return_value.__enter__.return_value.wipe_paws.assert_called_once_with()

            async def test_cure(self):
                house = Mock(door=AsyncContextManager())
                self.assertTrue(await bring_home(house, Cat("Garfield")))
                house.door.__aenter__.return_value.wipe_paws.assert_called_once_with()
        """,
        {"test_by_hand": (False, "wipe_paws"), "test_cure": (True, "")},
    ),
    "test_runner.py": (
        """
        import asyncio
        from unittest import TestCase
        from asynctesting import AsyncTestCase, LoopRunner, SimulatedLoop
        from cat import Cat, herd

        class TalkTests(TestCase):
            def setUp(self):
                self.runner = LoopRunner(SimulatedLoop())
                self.runner.start()

            def tearDown(self):
                self.runner.stop()
                self.runner.join()

            def test_forward(self):
                garfield = Cat("Garfield")
                result = self.runner.run_coroutine(herd(garfield, "forward"))
                self.assertTrue(result)

            def test_left(self):
                async def send_off():
                    self.task = asyncio.create_task(asyncio.Event().wait(), name="herding")
                self.runner.run_coroutine(send_off())

        class Tests(AsyncTestCase, virtual_time=True):
            def test_forgotten(self):
                LoopRunner(asyncio.new_event_loop()).start()

            def test_cure(self):
                self.assertTrue(self.loop_runner().run_coroutine(herd(Cat("Garfield"), "forward")))
        """,
        {
            "TalkTests.test_forward": (True, ""),
            "TalkTests.test_left": (False, "task 'herding' (Event.wait) was still pending"),
            "test_forgotten": (False, "loop runner 'runner' was not stopped"),
            "test_cure": (True, ""),
        },
    ),
    "test_router.py": (
        """
        import asyncio
        from unittest import TestCase
        from asynctesting import AsyncTestCase, LoopRunner
        from herd_router import HerdRouter

        class TalkTests(TestCase):
            def setUp(self):
                self.loop = asyncio.new_event_loop()
                self.herd_router = HerdRouter(self.loop)
                self.runner = LoopRunner(self.loop)
                self.runner.start()

            def tearDown(self):
                self.runner.stop()

            def test_command(self):
                self.herd_router.add_command("test")
                assert "test" in self.herd_router.commands

        class Tests(AsyncTestCase):
            async def test_own_thread(self):
                HerdRouter(self.loop).add_command("test")

            def test_cure(self):
                herd_router = HerdRouter(self.loop_runner().loop)
                herd_router.add_command("test")
                self.assertIn("test", herd_router.commands)
        """,
        {
            "test_command": (True, ""),
            "test_own_thread": (False, "DeadlockError: deadlock: the event loop's own thread waits"),
            "test_cure": (True, ""),
        },
    ),
    "test_loops.py": (
        """
        from asynctesting import AsyncTestCase, on_loops
        from asynctesting.functional import serve

        async def purr(reader, writer):
            writer.write(b"purr")
            writer.close()

        class Tests(AsyncTestCase):
            @on_loops("asyncio", "uvloop")
            async def test_server(self):
                server = await self.enterAsyncContext(serve(purr))
                async with server.connect() as (reader, writer):
                    self.assertEqual(b"purr", await reader.read())
        """,
        {"test_server": (True, "")},
    ),
}


class TalkTests(unittest.TestCase):
    """Both runs tell the same."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        files = {**CODE, **{name: source for name, (source, _) in SLIDES.items()}}
        for name, source in files.items():
            (cls.folder / name).write_text(textwrap.dedent(source), encoding="utf-8")

    def run_in(self, *command):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ASYNCTESTING_", "PYTEST_", "COVERAGE_"))
        }
        environment |= {"PYTHONPATH": str(HOME), "NO_COLOR": "1", "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        ).stdout

    def check(self, told, text):
        """Hold *told*, a truth value for each file, class and test, to the slides."""
        for file, (_, tests) in SLIDES.items():
            for test, (passes, phrase) in tests.items():
                with self.subTest(file=file, test=test):
                    found = {
                        outcome
                        for (module, cls, name), outcome in told.items()
                        if module == file.removesuffix(".py")
                        and test in (name, f"{cls}.{name}")
                    }
                    self.assertEqual({passes}, found, text)
                    self.assertIn(phrase, text)
        self.assertEqual(sum(len(tests) for _, tests in SLIDES.values()), len(told), text)

    def test_unittest(self):
        """Under unittest."""
        text = self.run_in("-m", "unittest", "-v")
        told = {}
        for line in re.findall(r"(?m)^test_\w+ \((\w+\.\w+\.\w+)\) \.\.\. (?:.*\n)*?(?=test_|\n)", text):
            told[tuple(line.split("."))] = True
        for line in re.findall(r"(?m)^(?:FAIL|ERROR): \w+ \((\w+\.\w+\.\w+)\)", text):
            told[tuple(line.split("."))] = False
        self.check(told, text)

    @unittest.skipUnless(importlib.util.find_spec("pytest"), "pytest is not installed")
    def test_pytest(self):
        """Under pytest."""
        text = self.run_in("-m", "pytest", "-rA", "-p", "no:cacheprovider", "--tb=native")
        told = {}
        for outcome, file, cls, name in re.findall(
            r"(?m)^(PASSED|FAILED) (\w+)\.py::(\w+)::(\w+)", text
        ):
            told[file, cls, name] = outcome == "PASSED"
        self.check(told, text)


if __name__ == "__main__":
    unittest.main()
