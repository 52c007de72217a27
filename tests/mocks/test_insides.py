"""Tests of asynctesting.mocks.insides: each watches one thing that unittest.mock does not promise."""

import sys
import unittest
from unittest import mock


class Basket:
    """Something to patch."""


async def connect():
    """A coroutine function to serve as a spec."""


class PrivateNamesTests(unittest.TestCase):
    def test_return_value_of_a_new_mock(self):
        """_mock_return_value is DEFAULT until the return value is set or read."""
        for kind in (mock.Mock, mock.MagicMock, mock.AsyncMock):
            with self.subTest(kind=kind):
                child = kind()
                self.assertIs(mock.DEFAULT, child.__dict__["_mock_return_value"])
                child.return_value = None
                self.assertIsNone(child.__dict__["_mock_return_value"])

    def test_wraps(self):
        """_mock_wraps is what a mock wraps."""
        self.assertIsNone(mock.Mock().__dict__["_mock_wraps"])
        self.assertIs(len, mock.Mock(wraps=len).__dict__["_mock_wraps"])

    def test_children(self):
        """_mock_children has the mocks of attributes and magic methods that exist."""
        child = mock.MagicMock()
        self.assertEqual({}, child.__dict__["_mock_children"])
        self.assertEqual(
            {"a": child.a, "__enter__": child.__enter__}, child.__dict__["_mock_children"]
        )

    def test_sealed(self):
        """_mock_sealed is whether a mock is sealed."""
        child = mock.Mock()
        self.assertFalse(child.__dict__["_mock_sealed"])
        mock.seal(child)
        self.assertTrue(child.__dict__["_mock_sealed"])

    def test_get_child_mock(self):
        """_get_child_mock is called with _new_name "()" and _new_parent for what a call returns."""
        seen = []

        class Watched(mock.Mock):
            def _get_child_mock(self, /, **keywords):
                seen.append(keywords)
                return mock.Mock()

        parent = Watched()
        parent()

        self.assertEqual([{"_new_name": "()", "_new_parent": parent}], seen)

    def test_new_parent(self):
        """_mock_new_parent and _mock_new_name are set by the keywords _new_parent and _new_name."""
        parent = mock.Mock()
        child = mock.MagicMock(_new_name="()", _new_parent=parent)
        self.assertIs(parent, child._mock_new_parent)
        self.assertEqual("()", child._mock_new_name)

    def test_patch_with_a_class_for_a_spec(self):
        """patch itself makes what a call returns when the spec is a class, with the call's name and parent."""
        with mock.patch.object(sys.modules[__name__], "Basket", spec=True) as patched:
            self.assertIsInstance(patched.return_value, mock.NonCallableMagicMock)
            self.assertIs(patched, patched.return_value._mock_new_parent)

    def test_async_mock_mixin(self):
        """AsyncMockMixin is a base of a mock whose spec is a coroutine function."""
        self.assertIsInstance(mock.MagicMock(spec=connect), mock.AsyncMockMixin)
        self.assertNotIsInstance(mock.MagicMock(spec=len), mock.AsyncMockMixin)

    def test_own_class(self):
        """A mock has a class of its own, where a magic method that is there first stays."""

        class Watched(mock.MagicMock):
            def __init__(self, /, *args, **kwargs):
                type(self).__enter__ = "first"
                super().__init__(*args, **kwargs)

        self.assertEqual("first", vars(type(Watched()))["__enter__"])
        self.assertNotIn("__enter__", vars(type(Watched(spec=Basket))))
        self.assertIsNot(type(Watched()), type(Watched()))

    def test_return_value_property(self):
        """return_value is a property of NonCallableMock."""
        self.assertIsInstance(mock.NonCallableMock.return_value, property)


if __name__ == "__main__":
    unittest.main()
