"""What can be imported, and what an import costs."""

import importlib
import pkgutil
import subprocess
import sys
import unittest
from pathlib import Path

import asynctesting


PACKAGE = Path(asynctesting.__file__).parent


def modules():
    """The names of all modules of the package, itself included."""
    found = pkgutil.walk_packages([str(PACKAGE)], prefix="asynctesting.")
    return ["asynctesting", *(module.name for module in found)]


class ModuleTests(unittest.TestCase):
    def test_walking_finds_every_file(self):
        self.assertEqual(len(list(PACKAGE.rglob("*.py"))), len(modules()))

    def test_every_module_says_what_it_is(self):
        """Its docstring is its chapter in pydoc."""
        for name in modules():
            with self.subTest(module=name):
                self.assertTrue(importlib.import_module(name).__doc__)

    def test_every_module_says_what_it_offers(self):
        """``__all__`` is there, sorted, without duplicates, and all of it exists."""
        for name in modules():
            with self.subTest(module=name):
                module = importlib.import_module(name)
                self.assertEqual(sorted(set(module.__all__)), list(module.__all__))
                for export in module.__all__:
                    self.assertTrue(hasattr(module, export), export)

    def test_everything_public_in_the_package_is_exported(self):
        """Nothing is left lying in the package's namespace but its modules."""
        submodules = {name.split(".")[1] for name in modules() if "." in name}
        names = {name for name in vars(asynctesting) if not name.startswith("_")}
        known = {"annotations", "TYPE_CHECKING", "Any"} | submodules - set(asynctesting.__all__)
        names |= asynctesting._HOMES.keys()
        self.assertEqual(set(asynctesting.__all__), names - known)

    def test_names_have_homes(self):
        """Each is found in its module, shown by ``dir``, and what is nowhere is said to be missing."""
        for name in asynctesting._HOMES:
            with self.subTest(name=name):
                self.assertEqual(name, getattr(asynctesting, name).__name__)
        self.assertEqual(set(), asynctesting._HOMES.keys() - dir(asynctesting))
        self.assertIn("__version__", dir(asynctesting))
        with self.assertRaisesRegex(AttributeError, "'asynctesting' has no attribute 'later'"):
            asynctesting.later

    def test_star(self):
        """``from asynctesting import *`` gives what ``__all__`` says, and nothing else."""
        namespace = {}
        exec("from asynctesting import *", namespace)
        del namespace["__builtins__"]
        self.assertEqual(sorted(asynctesting.__all__), sorted(namespace))

    def test_typed(self):
        """The marker of PEP 561 stands in the package."""
        self.assertTrue((PACKAGE / "py.typed").is_file())


class ImportTests(unittest.TestCase):
    """In a process of its own, since this one has imported everything."""

    def run_python(self, *arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PACKAGE.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout.split()

    def imported(self):
        """The modules that a plain test imports and ``import asyncio, unittest`` does not."""
        return self.more("asyncio, unittest", "from asynctesting import AsyncTestCase")

    def more(self, before, statement):
        """The modules that a statement imports once *before* is imported."""
        program = (
            f"import sys, {before}\n"
            "before = set(sys.modules)\n"
            f"{statement}\n"
            "print(*sorted(set(sys.modules) - before))"
        )
        return set(self.run_python("-c", program))

    def test_a_plain_test_pays_for_no_mocks(self):
        self.assertEqual(set(), {"unittest.mock", "asynctesting.mocks"} & self.imported())

    def test_mocks_pay_for_no_tests(self):
        """Whoever puts them in place of ``unittest.mock`` imports nothing else."""
        more = self.more("unittest.mock", "import asynctesting.mocks")
        ours = {name for name in more if name.startswith("asynctesting")}
        self.assertEqual({"asynctesting"}, {name for name in ours if "mocks" not in name})
        self.assertIn("asynctesting.mocks.kinds", ours)

    def test_no_third_party(self):
        """What is imported is our own or the standard library's."""
        roots = {name.partition(".")[0] for name in self.imported()}
        self.assertEqual(set(), roots - sys.stdlib_module_names - {"asynctesting"})

    def test_no_warnings(self):
        """Not in any module, also where a warning is an error."""
        self.assertEqual(
            [], self.run_python("-W", "error", "-c", f"import {', '.join(modules())}")
        )

    def test_off(self):
        """``ASYNCTESTING_OFF=1`` exports the same names."""
        program = (
            "import os; os.environ['ASYNCTESTING_OFF'] = '1'\n"
            "import asynctesting\n"
            "print(asynctesting.AsyncTestCase.__module__, *asynctesting.__all__)"
        )
        self.assertEqual(
            ["asynctesting.bare", *asynctesting.__all__], self.run_python("-c", program)
        )


if __name__ == "__main__":
    unittest.main()
