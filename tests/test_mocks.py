"""Tests of asynctesting.mocks: what it offers, in place of unittest.mock."""

import ast
import doctest
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from asynctesting import mocks
from asynctesting.mocks import Mock, patch


#: What is offered, and is not in unittest.mock.
OURS = {
    "AsyncContextManager", "GLOBAL", "Gate", "LIMITED", "generates", "return_once", "stream_reader", "stream_writer",
    "takes", "wait_until_awaited", "wait_until_called", "written", "yields",
}  # fmt: skip


class ExportsTests(unittest.TestCase):
    # Test that the module can stand in the place of unittest.mock.

    def test_public_names(self):
        """Each public name of unittest.mock is offered; a class is a subclass of the one there."""
        for name in mock.__all__:
            with self.subTest(name=name):
                self.assertIn(name, mocks.__all__)
                theirs, ours = getattr(mock, name), getattr(mocks, name)
                if isinstance(theirs, type):
                    self.assertTrue(issubclass(ours, theirs))
                    self.assertEqual(theirs.__doc__, ours.__doc__)
                elif name in ("create_autospec", "mock_open", "patch"):
                    self.assertEqual(theirs.__doc__, ours.__doc__)
                else:
                    self.assertIs(theirs, ours)

    def test_classes_among_each_other(self):
        """Our classes are subclasses of each other where those of unittest.mock are."""
        names = [name for name in mock.__all__ if isinstance(getattr(mock, name), type)]
        for one in names:
            for other in names:
                with self.subTest(one=one, other=other):
                    self.assertEqual(
                        issubclass(getattr(mock, one), getattr(mock, other)),
                        issubclass(getattr(mocks, one), getattr(mocks, other)),
                    )

    def test_all(self):
        """__all__ has the names of unittest.mock and ours, each once."""
        self.assertEqual(sorted({*mock.__all__, *OURS}), mocks.__all__)

    def test_names_out_of_all(self):
        """Names that unittest.mock has and does not list are offered too."""
        for name in (
            "CallableMixin",
            "InvalidSpecError",
            "MagicProxy",
            "FunctionTypes",
            "_Call",
        ):
            with self.subTest(name=name):
                self.assertIs(getattr(mock, name), getattr(mocks, name))

    def test_unknown_name(self):
        """A name that unittest.mock does not have is refused with the name of this module."""
        with self.assertRaises(AttributeError) as raised:
            mocks.AsyncMoc  # noqa: B018

        self.assertEqual(
            "module 'asynctesting.mocks' has no attribute 'AsyncMoc'", str(raised.exception)
        )

    def test_star_import(self):
        """A star import gives every name."""
        namespace = {}
        exec("from asynctesting.mocks import *", namespace)

        self.assertLessEqual({*mock.__all__, *OURS}, namespace.keys())

    def test_filter_dir(self):
        """FILTER_DIR, when set here, has its effect on dir()."""
        child = Mock()
        self.assertNotIn("_mock_name", dir(child))

        with patch.object(mocks, "FILTER_DIR", False):
            self.assertFalse(mock.FILTER_DIR)
            self.assertIn("_mock_name", dir(child))

        self.assertTrue(mock.FILTER_DIR)
        self.assertTrue(mocks.FILTER_DIR)

    def test_other_names_are_set_here_only(self):
        """A name other than FILTER_DIR, when set here, is not set in unittest.mock."""
        with patch.object(mocks, "sentinel", 1):
            self.assertNotEqual(1, mock.sentinel)

    def test_knows_nothing_of_the_rest(self):
        """The package imports nothing from the one that it is in."""
        folder = Path(mocks.__file__).parent
        for file in sorted(folder.glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                with self.subTest(file=file.name):
                    if isinstance(node, ast.ImportFrom):
                        self.assertLessEqual(node.level, 1)
                    if isinstance(node, ast.Import):
                        for alias in node.names:
                            self.assertFalse(alias.name.startswith("asynctesting"))

    def test_names_of_a_python_to_come(self):
        """A public name that only a later Python has is offered there."""
        code = "from unittest import mock; mock.__all__ += ('FutureMock',); mock.FutureMock = 1; "
        code += "from asynctesting.mocks import *; print(FutureMock)"
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )

        self.assertEqual("1\n", run.stdout)


class FallbackTests(unittest.TestCase):
    # Test what is offered where unittest.mock is not as we know it.

    def run_with(self, change):
        code = f"""if True:
            import warnings
            from unittest import mock
            {change}
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                from asynctesting import mocks
                from asynctesting.mocks import *
            print(*[str(one.message) for one in caught])
            print(all(getattr(mocks, name) is getattr(mock, name) for name in mock.__all__))
            import asyncio
            async def enter(manager):
                async with manager as entered:
                    return entered
            print(asyncio.run(enter(AsyncContextManager(enters=1))))
            """
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        self.assertEqual("", run.stderr)
        return run.stdout.splitlines()

    def test_known(self):
        """On a Python that is known there is nothing to be said."""
        said, is_stock, entered = self.run_with("")
        self.assertEqual(("", "False", "1"), (said, is_stock, entered))

    def test_unknown(self):
        """Where a name is gone, or a mock has another state, the classes are those of unittest.mock."""
        for change, problem in (
            ("del mock._SpecState", "unittest.mock has no _SpecState"),
            ("del mock.NonCallableMock._format_mock_failure_message",
             "unittest.mock.AsyncMock has no _format_mock_failure_message"),
            ("init = mock.AsyncMockMixin.__init__; mock.AsyncMockMixin.__init__ = lambda self, /, *a, **k: "
             "(init(self, *a, **k), self.__dict__.update(new=1))[0]",
             "a new unittest.mock.AsyncMock has another state: new"),
            ("init = mock.CallableMixin.__init__; "
             "mock.CallableMixin.__init__ = lambda self, /, *a, **k: init(self, *a, **k)",
             "unittest.mock.CallableMixin is made with other arguments: self, a, k"),
        ):
            with self.subTest(problem=problem):
                said, is_stock, entered = self.run_with(change)
                self.assertEqual(
                    f"asynctesting.mocks does not know this Python's mocks: {problem}; "
                    "they are handed on as they are",
                    said,
                )
                self.assertEqual("True", is_stock)


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples in the guide give what they show."""
        (example,) = doctest.DocTestFinder(recurse=False).find(mocks, "mocks", globs=dict(vars(mocks)))
        report = []
        results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
        self.assertEqual("", "".join(report))
        self.assertGreaterEqual(results.attempted, 10)


if __name__ == "__main__":
    unittest.main()
