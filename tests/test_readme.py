"""
README.rst: every code block in it is run, and what it claims is so.

The blocks are run in the order in which they are read, in one empty folder. A block of Python
begins with a comment that names its file, and is written there; a block of the console has
commands after ``$``, each followed by its output. The output must be the one that is printed,
to the letter, but for what :func:`normal` takes away.

"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import AsyncMock

import asynctesting
from asynctesting.checks import IDS
from asynctesting.options import Options
from tests.support import settle, unsettle


ROOT = pathlib.Path(__file__).resolve().parent.parent
README = (ROOT / "README.rst").read_text(encoding="utf-8")

#: Commands that are not run here, and what runs them instead.
COVERED_ELSEWHERE = {
    "make example": "tests/test_examples.py runs `python -m examples`, which is this target",
    "make test": "this is the run that this test is part of; .ci/run begins with it",
    "pip install .": "tests/test_packaging.py installs the package",
}


#: What Python 3.11 does not tell, as the README says, and what there is in place of it.
SWALLOWED = """\
  it was swallowed at test_common.py:23, in serve
    except Exception:
  cure: let it through: catch only what you expect there, or note in the fake what it
        was given and assert that in the test itself
"""
SWALLOWED_ON_3_11 = """\
  cure: let it through: catch only what you expect, look at the results of
        gather(..., return_exceptions=True) and wait(), or assert in the test itself
"""


setUpModule, tearDownModule = settle, unsettle


@dataclasses.dataclass(frozen=True)
class Block:
    """A code block, and the number of the line on which it begins."""

    line: int
    language: str
    text: str


def blocks() -> Iterator[Block]:
    """Give the code blocks of the README in order."""
    lines = README.splitlines()
    for number, line in enumerate(lines):
        begin = re.fullmatch(r"( *)\.\. code-block:: (\w+)", line)
        if begin is None:
            continue
        indent = len(begin[1])
        body = []
        for inner in lines[number + 1 :]:
            if inner.strip() and len(inner) - len(inner.lstrip()) <= indent:
                break
            body.append(inner)
        yield Block(number + 1, begin[2], textwrap.dedent("\n".join(body)).strip() + "\n")


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Give each command of a console block, with the output that is shown below it."""
    for part in re.split(r"(?m)^\$ ", block.text)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.strip("\n")


def normal(output: str) -> str:
    """
    Take away what differs from one run to the next.

    That is the time that unittest says the tests took, the folder that the reader has put
    the files in, which a traceback has in full, for how long a loop was held, how many tasks
    there have been, how an order is packed, which depends on the version of zlib, and marks
    below the lines of a traceback.

    """
    output = re.sub(r"at least \d\.\d+ s", "at least 0.97 s", output)
    output = re.sub(r"'Task-\d+'", "'Task-4'", output)
    output = re.sub(r"(?m)^ +[~^]+\n", "", output)  # from Python 3.13 on
    output = re.sub(r"\b1\.[\w-]{20,}\.[0-9a-f]{6}\b", "1.eNqLNjK0.db337a", output)
    output = re.sub(r"(?m)^(Ran \d+ tests?) in \d+\.\d+s$", r"\1", output.strip("\n"))
    return re.sub(r'(?m)^( *File ").*[/\\](\w+\.py", line \d+)', r"\1\2", output)


def run_command(command: str, folder: str) -> str:
    """Run ``[NAME=value ...] python ...`` in *folder*, as a reader would; give what it prints."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ASYNCTESTING_")
        and name not in ("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONWARNINGS")
    }
    # The reader has installed the package, and has the module's folder on the path.
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    words = shlex.split(command)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    assert words[0] == "python", f"{command!r} is neither run here nor covered elsewhere"
    return subprocess.run(
        [sys.executable, *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout


def table(title: str) -> list[list[str]]:
    """Give the cells of the first list-table in the section *title*, without its head."""
    section = README.split(f"\n{title}\n", 1)[1]
    text = section.split(".. list-table::", 1)[1]
    text = re.split(r"\n(?=\S)", text, maxsplit=1)[0]
    rows = re.split(r"\n    \* -(?: |(?=\n))", text)[2:]
    return [[" ".join(cell.split()) for cell in re.split(r"\n      - ", row)] for row in rows]


class BlockTests(unittest.TestCase):
    """The code blocks."""

    def test_all_run(self) -> None:
        """Each block is run, in the order of reading, and prints what is shown."""
        not_run: dict[str, int] = {}
        with tempfile.TemporaryDirectory() as folder:
            for block in blocks():
                where = f"README.rst, line {block.line}"
                if block.language == "python":
                    named = re.match(r"# (\w+\.py)\n", block.text)
                    assert named, f"{where}: the first line does not name the file"
                    self.assertNotIn(named[1], not_run, f"{where}: the one before was not run")
                    not_run[named[1]] = block.line
                    pathlib.Path(folder, named[1]).write_text(block.text, encoding="utf-8")
                    continue
                self.assertEqual("console", block.language, where)
                self.assertTrue(block.text.startswith("$ "), where)
                for command, shown in commands(block):
                    with self.subTest(command, line=block.line):
                        if command in COVERED_ELSEWHERE:
                            self.assertEqual("", shown, "this output is not checked")
                            continue
                        printed = run_command(command, folder)
                        if sys.version_info < (3, 12):
                            self.assertNotIn(SWALLOWED, printed)
                            shown = shown.replace(SWALLOWED, SWALLOWED_ON_3_11)
                        self.assertEqual(normal(shown), normal(printed))
                        for word in shlex.split(command):
                            not_run.pop(word.removesuffix(".py") + ".py", None)
        self.assertEqual({}, not_run, "blocks that no command runs, and their lines")

    def test_no_other_code(self) -> None:
        """There is no code but in these blocks, so none goes unseen."""
        known = r"code-block:: (python|console)|list-table::"
        for begin in re.findall(r"(?m)^ *\.\. (.*)$", README):
            self.assertRegex(begin, rf"^({known})$")
        self.assertEqual([], re.findall(r"(?m)^(?! *\.\. ).*::$", README))
        self.assertEqual([], re.findall(r"(?m)^.*>>>.*$", README))

    def test_first(self) -> None:
        """The first block has the two commands of a newcomer."""
        first = next(blocks())
        self.assertEqual("$ make example\n$ make test\n", first.text)

    def test_makefile(self) -> None:
        """The first command does what its test runs, and the second runs the tests."""
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        self.assertRegex(makefile, r"(?m)^example:.*\n\t\S+ -m examples$")
        self.assertRegex(makefile, r"(?m)^test:.*\n\t\S+ -m unittest discover -s tests -t \.$")

    def test_ten_lines(self) -> None:
        """The first test that is shown has ten lines, besides the name of its file."""
        shown = [block for block in blocks() if block.language == "python"][0]
        self.assertLessEqual(len(shown.text.splitlines()) - 1, 10)

    def test_renders_anywhere(self) -> None:
        """Links are absolute, for the page is shown in several places."""
        links = re.findall(r"<([^>]+)>`_", README)
        self.assertTrue(all(link.startswith("https://") for link in links), links)

    def test_version(self) -> None:
        """The newest changes are those of this version."""
        changes = README.split("\nChanges\n", 1)[1]
        newest = re.search(r"(?m)^(\d+\.\d+\.\d+)\n~+$", changes)
        assert newest is not None
        self.assertEqual(asynctesting.__version__, newest[1])


async def herd() -> bool:
    return True


def fail() -> None:
    raise ValueError("scratch")


async def fail_soon() -> None:
    fail()


class Faults:
    """One fault or more for each check; named after it."""

    async def test_never_awaited(self: Any) -> None:
        self.assertTrue(herd())

    async def test_never_awaited_mock(self: Any) -> None:
        AsyncMock()()

    async def test_loop_error_in_callback(self: Any) -> None:
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(0)

    async def test_unread_error(self: Any) -> None:
        asyncio.create_task(fail_soon())
        await asyncio.sleep(0.01)

    async def test_pending_task(self: Any) -> None:
        asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)

    async def test_stubborn_task(self: Any) -> None:
        async def resist() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0.3)

        asyncio.create_task(resist())
        await asyncio.sleep(0)

    async def test_swallowed_cancellation(self: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return

    async def test_stuck_close(self: Any) -> None:
        async def rows() -> AsyncIterator[int]:
            try:
                yield 1
            finally:
                await asyncio.sleep(0.3)

        self.rows = [rows(), rows()]
        for one in self.rows:
            await anext(one)


class Unseen:
    """What the README says that we do not see."""

    async def test_blocked(self: Any) -> None:
        time.sleep(0.2)

    def test_other_loop(self: Any) -> None:
        async def main() -> None:
            asyncio.get_running_loop().call_soon(fail)
            await asyncio.sleep(0)

        asyncio.run(main())

    @lambda test: lambda self: None
    def test_never_called(self: Any) -> None:
        self.fail("not reached")


def outcomes(base: type[unittest.TestCase], *mixins: type, **options: Any) -> dict[str, str]:
    """Run the tests of *mixins* on *base*; give each one's failure, or nothing."""
    cls = type(base)("Tests", (*mixins, base), {}, **options)
    found = {}
    for test in unittest.defaultTestLoader.loadTestsFromTestCase(cls):
        result = unittest.TestResult()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The standard class logs what ours reports.
            logging.disable(logging.ERROR)
            try:
                test.run(result)
                gc.collect()
            finally:
                logging.disable(logging.NOTSET)
        found[test.id().rpartition(".")[2]] = "".join(
            text for _, text in result.failures + result.errors
        )
    return found


class ClaimTests(unittest.TestCase):
    """What is said in prose and tables."""

    def test_checks_listed(self) -> None:
        """The table of checks has each check once, and says of each whether it only warns."""
        rows = table("Why")
        self.assertEqual(sorted(IDS), sorted(row[1].strip("`") for row in rows))
        for _, name, words in rows:
            with self.subTest(name):
                name = name.strip("`")
                self.assertEqual(name in IDS[name].suspicions, words.endswith(" Warns."))

    def test_checks_in_changes(self) -> None:
        """The changes name each check."""
        changes = README.split("\nChanges\n", 1)[1]
        for check in IDS:
            self.assertIn(f"``{check}``", changes)

    def test_standard_class_passes(self) -> None:
        """Each fault in the table lets a test pass with the standard class."""
        found = outcomes(unittest.IsolatedAsyncioTestCase, Faults)
        self.assertEqual({""}, set(found.values()), found)

    def test_ours_fails(self) -> None:
        """Each fault in the table fails the test here, by the check that has its id."""
        found = outcomes(asynctesting.AsyncTestCase, Faults, close_limit=0.1)
        seen = set()
        for check in IDS:
            for name, text in found.items():
                if not name.startswith(f"test_{check.replace('-', '_')}"):
                    continue
                seen.add(name)
                with self.subTest(name):
                    self.assertIn(f"[{check}]", text)
        self.assertEqual(set(found), seen)

    def test_unseen(self) -> None:
        """What we are said not to see, we do not see."""
        found = outcomes(asynctesting.AsyncTestCase, Unseen)
        self.assertEqual({""}, set(found.values()), found)

    def test_levels(self) -> None:
        """Profiles and levels do what is said of them."""
        mappings = [dict.fromkeys(IDS, level) for level in ("warn", "ignore")]
        for checks in ("off", "warn", *mappings):
            with self.subTest(checks):
                found = outcomes(
                    asynctesting.AsyncTestCase, Faults, close_limit=0.1, checks=checks
                )
                self.assertEqual({""}, set(found.values()), found)

    def test_run_settings(self) -> None:
        """The settings for a run that are shown do what is said of them."""
        shown = set(re.findall(r"``(ASYNCTESTING_(?:OFF|CHECKS)=[^`]+)``", README))
        self.assertEqual(
            {
                "ASYNCTESTING_OFF=1",
                "ASYNCTESTING_CHECKS=off",
                "ASYNCTESTING_CHECKS=strict,open-descriptor=warn",
                "ASYNCTESTING_CHECKS=pending-task=warn,loop-error=ignore",
            },
            shown,
        )
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "test_nap.py").write_text(
                textwrap.dedent(
                    """
                    import asyncio
                    import asynctesting

                    class NapTests(asynctesting.AsyncTestCase):
                        async def test_nap(self):
                            asyncio.create_task(asyncio.sleep(60))
                            await asyncio.sleep(0)
                    """
                ),
                encoding="utf-8",
            )
            for setting in ("", *shown):
                with self.subTest(setting):
                    printed = run_command(f"{setting} python -m unittest test_nap", folder)
                    last = printed.splitlines()[-1]
                    fails = setting == "" or "strict" in setting
                    self.assertEqual("FAILED (failures=1)" if fails else "OK", last)

    def test_plain_class(self) -> None:
        """``async def`` on a plain TestCase passes, with a warning."""

        class PlainTests(unittest.TestCase):
            async def test_nothing(self) -> None:
                self.fail("not reached")

        result = unittest.TestResult()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            PlainTests("test_nothing").run(result)
        self.assertTrue(result.wasSuccessful())
        self.assertIn(RuntimeWarning, [warning.category for warning in caught])

    def test_options_listed(self) -> None:
        """The table of options has each option with the ways to give it, and its default."""
        rows = {}
        for _, keyword, decorator, environment, default in table("Options"):
            names = re.search(r"``(\w+)=|``@(\w+)", f"{keyword} {decorator}")
            rows[(names[1] or names[2]) if names else "off"] = (
                keyword, decorator, environment, default,
            )
        fields = {field.name: field.default for field in dataclasses.fields(Options)}
        others = {"allowances": "allow", "exploring": "explore", "loops": "on_loops"}
        expected = {others.get(name, name) for name in fields} | {"off"}
        self.assertEqual(expected, set(rows))
        for name, (keyword, decorator, environment, default) in rows.items():
            with self.subTest(name):
                if keyword != "none":
                    value = keyword.strip("`").partition("=")[2]
                    type("Tests", (asynctesting.AsyncTestCase,), {}, **{name: eval(value)})
                if decorator.endswith(")``") and "..." not in decorator:
                    eval(decorator.strip("`@"), {name: getattr(asynctesting, name) for name in asynctesting.__all__})
                self.assertEqual(
                    decorator != "none", name in asynctesting.__all__, "whether it is a decorator"
                )
                if environment.endswith(f"_{name.upper()}``"):
                    self.assertTrue(environment.startswith("``ASYNCTESTING_"))
                if name in ("checks", "close_limit", "loop_scope", "time_limit"):
                    self.assertEqual(fields[name], eval(default.strip("`")))

    def test_time_limit(self) -> None:
        """``time_limit`` ends a test that takes longer, or is said not to be enforced."""

        class Slow:
            async def test_slow(self) -> None:
                await asyncio.sleep(1)

        found = outcomes(asynctesting.AsyncTestCase, Slow, time_limit=0.1)
        (row,) = (row for row in table("Options") if "time_limit" in row[1])
        self.assertEqual("not enforced yet" in row[0], found["test_slow"] == "")


if __name__ == "__main__":
    unittest.main()
