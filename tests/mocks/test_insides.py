"""Tests of asynctesting.mocks.insides: each watches one thing that unittest.mock does not promise."""

import inspect
import sys
import types
import unittest
from unittest import mock
from unittest.mock import NonCallableMock

from asynctesting.mocks import insides
from asynctesting.mocks.insides import STAGE, STATE, rebound, state_of, what_is_unknown


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

    def test_all_names(self):
        """Each name of the module, and of its classes, that we use is there."""
        for name in insides.NAMES:
            with self.subTest(name=name):
                self.assertTrue(hasattr(mock, name))
        for name in insides.METHODS:
            with self.subTest(name=name):
                self.assertTrue(hasattr(mock.AsyncMock, name))

    def test_magics(self):
        """A MagicProxy makes the mock of its method, and sets it."""
        parent = mock.MagicMock()
        made = mock.MagicProxy("__len__", parent).create_mock()
        self.assertIs(made, parent.__len__)
        self.assertLessEqual(mock._async_method_magics, mock._all_magics)
        self.assertLessEqual(mock._magics, mock._all_magics)
        self.assertIn("__aiter__", mock._magics)

    def test_children_to_come(self):
        """A _SpecState stands for a child, and keeps its spec, spec_set, parent and name."""
        state = mock._SpecState(1, 2, 3, 4, 5)
        self.assertEqual((1, 2, 3, 4), (state.spec, state.spec_set, state.parent, state.name))
        parent = mock.create_autospec(Basket, instance=True)
        self.assertIsInstance(mock.create_autospec(types).FunctionType, mock.MagicMock)
        parent._mock_children["x"] = mock._deleted
        parent.reset_mock()

    def test_signatures(self):
        """What checks a signature keeps it where we look for it."""
        made = mock.create_autospec(connect)
        self.assertEqual({"_checksig_", "mock"} & made.__globals__.keys(), {"_checksig_", "mock"})
        self.assertIs(made, made.mock._mock_delegate)
        func, signature = mock._get_signature_object(connect, False, False)
        self.assertEqual((connect, inspect.signature(connect)), (func, signature))

    def test_patchers(self):
        """A patcher has what we use of it, once it is entered."""
        patcher = mock.patch.object(Basket, "colour", 5, create=True)
        self.assertEqual(([], None), (patcher.additional_patchers, patcher.attribute_name))
        with patcher:
            self.assertEqual(
                (Basket, "colour", mock.DEFAULT, False, 5),
                (patcher.target, patcher.attribute, patcher.temp_original, patcher.is_local, patcher.new),
            )
        with mock.patch.dict({}) as _, patcher:
            self.assertTrue(hasattr(patcher, "_exit_stack"))

    def test_child_mocks(self):
        """Children are of the kinds that we make of them, too."""
        for kind in ("Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock", "PropertyMock"):
            for keywords in ({}, {"spec": Basket}, {"spec": ["child"]}, {"spec": connect}):
                for name in ("child", "__aenter__", "__len__", "__aiter__", "()"):
                    with self.subTest(kind=kind, keywords=keywords, name=name):
                        from asynctesting import mocks

                        children = [
                            getattr(module, kind)(**keywords)._get_child_mock(_new_name=name)
                            for module in (mock, mocks)
                        ]
                        self.assertEqual(*[type(child).__name__ for child in children])


class UnknownTests(unittest.TestCase):
    # Test that a module that is not as we know it is told.

    def test_known(self):
        """This Python's is known."""
        self.assertIsNone(insides.problem)
        self.assertIsNone(what_is_unknown(mock))

    def change(self, **changes):
        module = types.SimpleNamespace(**vars(mock))
        for name, value in changes.items():
            setattr(module, name, value)
        return what_is_unknown(module)

    def test_names(self):
        """A name that is gone is told."""
        module = types.SimpleNamespace(**vars(mock))
        del module._SpecState
        self.assertEqual("unittest.mock has no _SpecState", what_is_unknown(module))
        self.assertEqual(
            "unittest.mock.AsyncMock has no _execute_mock_call", self.change(AsyncMock=object)
        )

    def test_arguments(self):
        """Other arguments are told."""

        class CallableMixin:
            def __init__(self, spec=None):
                pass

        self.assertEqual(
            "unittest.mock.CallableMixin is made with other arguments: self, spec",
            self.change(CallableMixin=CallableMixin),
        )

    def test_state(self):
        """A mock with more in its state, or with other values, is told."""

        class NonCallableMock(mock.NonCallableMock):
            def __init__(
                self, spec=None, wraps=None, name=None, spec_set=None, parent=None, _spec_state=None, _new_name="",
                _new_parent=None, _spec_as_instance=False, _eat_self=None, unsafe=False, **kwargs,
            ):  # fmt: skip
                super().__init__()
                self.__dict__[changed] = 1

        for changed, told in (("new", "new"), ("_mock_called", "other values")):
            self.assertEqual(
                f"a new unittest.mock.NonCallableMock has another state: {told}",
                self.change(NonCallableMock=NonCallableMock),
            )

    def test_code(self):
        """A mock that needs more of its code than to be told something is told."""

        class AsyncMock(mock.AsyncMock):
            def __init__(self):
                super().__init__()
                self.__dict__["__code__"] = NonCallableMock(spec_set=types.CodeType).co_flags

        self.assertIn(
            "a new unittest.mock.AsyncMock cannot be made: AttributeError(", self.change(AsyncMock=AsyncMock)
        )

    def test_state_of(self):
        """It is what a new mock has, but for its code."""
        for kind in (mock.NonCallableMock, mock.MagicMock, mock.AsyncMock):
            with self.subTest(kind=kind):
                found, expected = state_of(kind), dict(vars(kind()))
                self.assertEqual("__code__" in expected, "__code__" in found)
                found.pop("__code__", None), expected.pop("__code__", None)
                self.assertEqual(expected, found)

    def test_what_is_the_same_in_each(self):
        """The state that we give is the one that is expected."""
        self.assertEqual(STATE, dict(vars(mock.NonCallableMock())))


class HelperTests(unittest.TestCase):
    def test_rebound(self):
        """A function of unittest.mock, run on our stage, makes what stands there."""
        again = rebound(mock.mock_open)
        self.assertEqual(mock.mock_open.__doc__, again.__doc__)
        self.assertIsNot(mock.MagicMock, STAGE["MagicMock"])
        self.assertIs(STAGE["MagicMock"], type(again()).__mro__[1])

    def test_mark(self):
        """A marked function counts as a coroutine function."""

        def function():
            pass

        insides.mark_as_coroutine_function(function)
        self.assertTrue(mock.iscoroutinefunction(function))


if __name__ == "__main__":
    unittest.main()
