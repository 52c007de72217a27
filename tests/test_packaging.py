"""
What is published, and what installing it brings.

What setup.cfg says is always looked at. Building and installing needs setuptools of a version that
knows today's metadata: where this Python has none, those tests are skipped, unless
``ASYNCTESTING_REQUIRE_BUILD=1``, as in CI, says that it must have one. Then the package is also
installed as a user does it, with an index to ask.

"""

import configparser
import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from importlib import metadata
from pathlib import Path

import asynctesting


ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("ASYNCTESTING_REQUIRE_BUILD", "") not in ("", "0")
SETUPTOOLS = 77  # the first to know license_expression in setup.cfg

TOP_LEVEL = ["LICENSE", "Makefile", "README.rst", "setup.cfg", "setup.py"]
FOLDERS = ["asynctesting", "examples", "tests"]


def sources(*folders):
    """The files of these folders, as paths from the root of the repository."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


def why_not_build():
    """Why nothing can be built here, or an empty string."""
    try:
        found = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        return f"building needs setuptools >= {SETUPTOOLS}, this Python has none"
    if int(found.partition(".")[0]) < SETUPTOOLS:
        return f"building needs setuptools >= {SETUPTOOLS}, this Python has {found}"
    return ""


class SettingsTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.settings = configparser.ConfigParser(interpolation=None)
        cls.settings.read(ROOT / "setup.cfg", encoding="utf-8")

    def test_top_level(self):
        """All configuration is in setup.cfg: there is no second place to look."""
        for name in ("pyproject.toml", "MANIFEST.in", "tox.ini", ".coveragerc", "mypy.ini"):
            self.assertFalse((ROOT / name).exists(), name)
        for name in TOP_LEVEL + FOLDERS:
            self.assertTrue((ROOT / name).exists(), name)

    def test_no_requirements(self):
        options = self.settings["options"]
        self.assertNotIn("install_requires", options)
        self.assertNotIn("options.extras_require", self.settings)
        self.assertEqual(">=3.11", options["python_requires"])

    def test_version_is_read_not_repeated(self):
        """One literal in the package, which setuptools reads without importing it."""
        self.assertEqual("attr: asynctesting.__version__", self.settings["metadata"]["version"])
        self.assertRegex(asynctesting.__version__, r"\A\d+\.\d+\.\d+\Z")
        literal = f'__version__ = "{asynctesting.__version__}"\n'
        self.assertIn(literal, (ROOT / "asynctesting" / "__init__.py").read_text("utf-8"))

    def test_classifiers_name_the_versions_that_are_tested(self):
        named = [
            line.rpartition(" :: ")[2]
            for line in self.settings["metadata"]["classifiers"].split("\n")
            if line.startswith("Programming Language :: Python :: 3.")
        ]
        short = ",".join(version.removeprefix("3.") for version in named)
        self.assertIn(f"py3{{{short}}}", self.settings["tox:tox"]["envlist"].split())

    def test_license(self):
        self.assertEqual("MIT", self.settings["metadata"]["license_expression"])
        text = (ROOT / "LICENSE").read_text("utf-8")
        self.assertTrue(text.startswith("MIT License\n"))
        self.assertIn("2026 the asynctesting authors", text)


@unittest.skipIf(why_not_build() and not REQUIRED, why_not_build())
class DistributionTests(unittest.TestCase):
    """Built once, from a copy, in a temporary folder."""

    @classmethod
    def setUpClass(cls):
        if why_not_build():
            raise AssertionError(why_not_build())
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.copy = cls.folder / "copy"
        cls.copy.mkdir()
        for name in TOP_LEVEL:
            shutil.copy(ROOT / name, cls.copy)
        for name in FOLDERS:
            shutil.copytree(
                ROOT / name, cls.copy / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        cls.wheel = cls.build("build_wheel")
        cls.sdist = cls.build("build_sdist")

    @classmethod
    def build(cls, kind):
        """Have setuptools build as any installer would; return the path of what was built."""
        out = cls.folder / kind
        program = f"from setuptools import build_meta; build_meta.{kind}({str(out)!r})"
        out.mkdir()
        cls.run_command(sys.executable, "-c", program, cwd=cls.copy)
        (built,) = out.iterdir()
        return built

    @classmethod
    def run_command(cls, *command, cwd):
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{command} failed:\n{done.stdout}")
        return done.stdout

    def test_wheel_holds_the_package_only(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            names = [name for name in wheel.namelist() if ".dist-info/" not in name]
        self.assertEqual(sources("asynctesting"), sorted(names))
        self.assertIn("asynctesting/py.typed", names)

    def test_wheel_is_for_any_machine(self):
        version = asynctesting.__version__
        self.assertEqual(f"asynctesting-{version}-py3-none-any.whl", self.wheel.name)

    def test_sdist_holds_all_that_is_needed_to_test_it(self):
        with tarfile.open(self.sdist) as sdist:
            top = f"asynctesting-{asynctesting.__version__}/"
            names = [member.name.removeprefix(top) for member in sdist if member.isfile()]
        made = [name for name in names if name == "PKG-INFO" or ".egg-info/" in name]
        self.assertEqual(
            sorted(TOP_LEVEL + sources(*FOLDERS)), sorted(set(names).difference(made))
        )

    def test_metadata(self):
        with zipfile.ZipFile(self.wheel) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            found = email.message_from_bytes(wheel.read(name))
        self.assertEqual("asynctesting", found["Name"])
        self.assertEqual(asynctesting.__version__, found["Version"])
        self.assertEqual("MIT", found["License-Expression"])
        self.assertEqual(">=3.11", found["Requires-Python"])
        self.assertIsNone(found["Requires-Dist"])
        self.assertEqual("text/x-rst", found["Description-Content-Type"])
        readme = (ROOT / "README.rst").read_text("utf-8")
        self.assertIn(readme.splitlines()[0], found.get_payload(decode=True).decode())

    def test_install(self):
        """``pip install .`` in a new environment brings one package and nothing else."""
        environment = self.folder / "environment"
        self.run_command(sys.executable, "-m", "venv", environment, cwd=self.folder)
        scripts = "Scripts" if os.name == "nt" else "bin"
        python = environment / scripts / "python"
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        listing = (*pip, "list", "--format", "json")
        before = json.loads(self.run_command(*listing, cwd=self.folder))
        what = [self.copy] if REQUIRED else ["--no-index", self.wheel]
        self.run_command(*pip, "install", *what, cwd=self.folder)
        after = json.loads(self.run_command(*listing, cwd=self.folder))
        new = [package for package in after if package not in before]
        self.assertEqual(
            [("asynctesting", asynctesting.__version__)],
            [(package["name"], package["version"]) for package in new],
        )
        test = self.folder / "elsewhere" / "test_it.py"
        test.parent.mkdir()
        test.write_text(
            "import asyncio\n"
            "from asynctesting import AsyncTestCase\n"
            "class Test(AsyncTestCase):\n"
            "    async def test(self):\n"
            "        await asyncio.sleep(0)\n",
            encoding="utf-8",
        )
        said = self.run_command(python, "-m", "unittest", cwd=test.parent)
        self.assertRegex(said, r"Ran 1 test in .*\n\nOK\n")


if __name__ == "__main__":
    unittest.main()
