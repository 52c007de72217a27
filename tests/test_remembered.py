"""Orders that have failed, kept from one run of the tests to the next."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from asynctesting.remembered import MOST, Remembered, folder


class FolderTests(unittest.TestCase):
    """Where they are kept."""

    def test_default(self):
        """They are in a folder of the current one."""
        with mock.patch.dict(os.environ):
            os.environ.pop("ASYNCTESTING_FAILURES", None)
            self.assertEqual(Path(".asynctesting"), folder())

    def test_moved_and_off(self):
        """A setting names another folder, or none."""
        for text, expected in (("/yard/x", Path("/yard/x")), ("off", None), ("0", None)):
            with mock.patch.dict(os.environ, ASYNCTESTING_FAILURES=text):
                self.assertEqual(expected, folder())


class RememberedTests(unittest.TestCase):
    """The orders of one test."""

    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory())) / "a" / "b"
        self.one = Remembered("tests.T.test_one", self.home)

    def test_nothing_yet(self):
        """A test that has never failed has no orders, and makes no folder."""
        self.assertEqual([], self.one.tokens())
        self.one.forget("1.a.b")
        self.assertFalse(self.home.exists())

    def test_added(self):
        """The last one is tried first, each is kept once, and not too many are."""
        for token in ("1.a.b", "1.c.d", "1.a.b"):
            self.one.add(token)
        self.assertEqual(["1.a.b", "1.c.d"], self.one.tokens())
        for number in range(10):
            self.one.add(f"1.{number}.x")
        self.assertEqual([f"1.{9 - number}.x" for number in range(MOST)], self.one.tokens())

    def test_forgotten(self):
        """With the last one its file goes."""
        self.one.add("1.a.b")
        self.one.add("1.c.d")
        self.one.forget("1.a.b")
        self.assertEqual(["1.c.d"], self.one.tokens())
        self.one.forget("1.c.d")
        self.assertEqual([".gitignore"], os.listdir(self.home))

    def test_others(self):
        """Another test has other orders."""
        self.one.add("1.a.b")
        self.assertEqual([], Remembered("tests.T.test_two", self.home).tokens())

    def test_not_for_version_control(self):
        """The folder says of itself that it is not to be committed."""
        self.one.add("1.a.b")
        self.assertEqual("*\n", (self.home / ".gitignore").read_text())

    def test_strange_names(self):
        """A name with a line end in it, as parameters may have, adds no line."""
        one = Remembered("test[a\nb \ud800]", self.home)
        one.add("1.a.b")
        self.assertEqual(["1.a.b"], one.tokens())

    def test_nowhere(self):
        """Where nothing is to be kept nothing is."""
        one = Remembered("test", None)
        one.add("1.a.b")
        one.forget("1.a.b")
        self.assertEqual([], one.tokens())

    def test_not_to_be_written(self):
        """A folder that cannot be made is no error."""
        self.home.parent.write_text("a file")
        self.one.add("1.a.b")
        self.assertEqual([], self.one.tokens())

    def test_not_to_be_read(self):
        """A file that is none of ours is no error."""
        self.one.add("1.a.b")
        (path,) = self.home.glob("*.orders")
        path.write_bytes(b"\xff\xfe\x00")
        self.assertEqual([], self.one.tokens())


if __name__ == "__main__":
    unittest.main()
