"""Tests of asynctesting.loops.factories: from what names a loop to something that makes one."""

import asyncio
import functools
import pickle
import sys
import types
import unittest
from unittest import mock

from asynctesting import LoopUnavailable, SimulatedLoop
from asynctesting.loops.factories import (
    LoopChoice,
    choose,
    declared_factory,
    declared_factory_of,
    is_simulated,
    takes_self,
)


def module(name, **members):
    """Have a module of this name that can be imported."""
    made = types.ModuleType(name)
    vars(made).update(members)
    return mock.patch.dict(sys.modules, {name: made})


def make():
    """Stand for a factory."""


class LoopChoiceTests(unittest.TestCase):
    def test_a_factory_is_its_own(self):
        """What can be called is what makes the loop."""
        self.assertIs(make, LoopChoice("make", make).factory())

    def test_asyncio_is_the_platforms_own_loop(self):
        """ "asyncio" is the loop that asyncio.run() would take, whatever policy is installed."""
        factory = LoopChoice("asyncio", "asyncio").factory()
        loop = factory()
        self.addCleanup(loop.close)

        with asyncio.Runner() as runner:
            self.assertIs(type(runner.get_loop()), type(loop))

    def test_before_python_313_the_class_is_guessed(self):
        """Without asyncio.EventLoop it is the proactor loop, where there is one."""
        choice = LoopChoice("asyncio", "asyncio")
        selector = asyncio.SelectorEventLoop
        for offered, factory in [
            ({"SelectorEventLoop": selector}, selector),
            ({"SelectorEventLoop": selector, "ProactorEventLoop": make}, make),
            ({"ProactorEventLoop": None, "EventLoop": make}, make),
        ]:
            with self.subTest(offered=offered):
                platform = types.SimpleNamespace(**offered)
                with mock.patch("asynctesting.loops.factories.asyncio", platform):
                    self.assertIs(factory, choice.factory())

    def test_a_package_offers_a_loop_under_one_of_several_names(self):
        """new_event_loop is preferred to Loop, and Loop to EventLoop; what cannot be called is passed over."""
        choice = LoopChoice("herd", "herd")
        one, two, three = lambda: 1, lambda: 2, lambda: 3
        for members, factory in [
            ({"new_event_loop": one, "Loop": two, "EventLoop": three}, one),
            ({"Loop": two, "EventLoop": three}, two),
            ({"EventLoop": three}, three),
            ({"new_event_loop": None, "EventLoop": three}, three),
        ]:
            with self.subTest(members=members), module("herd", **members):
                self.assertIs(factory, choice.factory())

    def test_a_package_may_be_told_what_to_offer(self):
        """After a colon stands the name of the factory."""
        with module("herd", make=make, Loop=None):
            self.assertIs(make, LoopChoice("herd:make", "herd:make").factory())

    def test_a_package_that_is_not_installed_is_unavailable(self):
        """The reason says what could not be imported, and is a reason to skip."""
        with mock.patch.dict(sys.modules, {"herd": None}):
            with self.assertRaises(LoopUnavailable) as raised:
                LoopChoice("herd", "herd").factory()

        self.assertEqual(
            "herd cannot be imported: import of herd halted; None in sys.modules",
            str(raised.exception),
        )
        self.assertIsInstance(raised.exception.__cause__, ImportError)

    def test_a_package_without_a_loop_is_unavailable(self):
        """The reason says what was looked for."""
        with module("herd"):
            for named, tried in [
                ("herd", "new_event_loop, Loop, EventLoop"),
                ("herd:make", "make"),
            ]:
                with self.subTest(named=named):
                    with self.assertRaises(LoopUnavailable) as raised:
                        LoopChoice(named, named).factory()
                    self.assertEqual(
                        f"herd offers no event loop (looked for {tried})", str(raised.exception)
                    )

    def test_it_is_a_value_that_can_be_pickled(self):
        """Cases are sent between processes with what they ask for."""
        choice = LoopChoice("make", make)

        self.assertEqual(choice, pickle.loads(pickle.dumps(choice)))
        self.assertEqual(1, len({choice, LoopChoice("make", make)}))


class ChooseTests(unittest.TestCase):
    def labels(self, *named):
        return [choice.label for choice in choose(named)]

    def test_each_is_labelled_by_its_name(self):
        """A class, a function and a package are called what the user calls them."""

        class Herd:
            """A loop, to be made without arguments."""

        self.assertEqual(
            ["SelectorEventLoop", "Herd", "make", "uvloop", "a.b:make"],
            self.labels(asyncio.SelectorEventLoop, Herd, make, "uvloop", "a.b:make"),
        )

    def test_asyncios_classes_have_their_public_names(self):
        """A label is the same on each platform, whatever the class is called inside."""
        with mock.patch.object(asyncio, "ProactorEventLoop", make, create=True):
            self.assertEqual(["ProactorEventLoop"], self.labels(make))

    def test_what_has_no_name_is_labelled_by_its_kind(self):
        """A partial or an instance can be called, but has no name of its own."""

        class Factory:
            def __call__(self):
                return None

        self.assertEqual(["partial", "Factory"], self.labels(functools.partial(make), Factory()))

    def test_labels_differ(self):
        """The second and third of the same name are numbered."""
        self.assertEqual(
            ["make", "make #2", "uvloop", "make #3"], self.labels(make, make, "uvloop", make)
        )

    def test_nothing_named_nothing_chosen(self):
        """It is for the decorator to refuse that."""
        self.assertEqual((), choose([]))

    def test_what_is_no_name_is_refused(self):
        """A text must be the name of something that can be imported."""
        for name in ("", "no loop", "uv-loop", ":make", "1"):
            with self.subTest(name=name):
                with self.assertRaises(ValueError) as raised:
                    choose([name])
                self.assertEqual(f"{name!r} is not the name of a package", str(raised.exception))

    def test_what_cannot_make_a_loop_is_refused(self):
        """A loop itself is not a factory, for it would serve only one life."""
        for value in (None, 1, b"uvloop", ["uvloop"]):
            with self.subTest(value=value):
                with self.assertRaises(TypeError) as raised:
                    choose([value])
                self.assertEqual(
                    "a loop is named by a factory, a class or a package's name, "
                    f"not by {value!r}",
                    str(raised.exception),
                )


class Plain:
    """Declares no factory."""


class DeclaredTests(unittest.TestCase):
    def assert_both(self, cls, factory):
        """Expect the same of the class and of an instance."""
        self.assertIs(factory, declared_factory(cls()))
        self.assertIs(factory, declared_factory_of(cls))

    def test_none_is_declared(self):
        """No attribute and None are no factory."""

        class WithNone:
            loop_factory = None

        self.assert_both(Plain, None)
        self.assert_both(WithNone, None)

    def test_a_class_a_function_and_a_staticmethod_are_what_they_are(self):
        """None of them becomes a bound method, as it would on the standard class."""

        class WithClass:
            loop_factory = asyncio.SelectorEventLoop

        class WithFunction:
            loop_factory = make

        class WithStatic:
            loop_factory = staticmethod(make)

        class WithBuiltin:
            loop_factory = dict

        self.assert_both(WithClass, asyncio.SelectorEventLoop)
        self.assert_both(WithFunction, make)
        self.assert_both(WithStatic, make)
        self.assert_both(WithBuiltin, dict)

    def test_what_can_be_called_is_what_it_is(self):
        """An object that is no function serves as it stands."""

        class Factory:
            def __call__(self):
                return None

        factory = Factory()

        class Tests:
            loop_factory = factory

        self.assert_both(Tests, factory)

    def test_a_method_is_bound(self):
        """A factory that needs the test, or the class, gets it."""

        class Tests:
            def loop_factory(self):
                return self

        class ClassTests:
            @classmethod
            def loop_factory(cls):
                return cls

        case = Tests()
        self.assertIs(case, declared_factory(case)())
        self.assertIs(ClassTests, declared_factory(ClassTests())())
        self.assertIs(ClassTests, declared_factory_of(ClassTests)())

    def test_a_property_is_asked(self):
        """A property gives the factory."""

        class Tests:
            @property
            def loop_factory(self):
                return make

        self.assertIs(make, declared_factory(Tests()))

    def test_one_of_the_metaclass_is_none(self):
        """What the class of a class has, its instances do not."""

        class Kind(type):
            loop_factory = make

        class Tests(metaclass=Kind):
            pass

        self.assert_both(Tests, None)

    def test_the_nearest_declaration_counts(self):
        """A class overrides its base, also with None; an instance overrides its class."""

        class Base:
            loop_factory = dict

        class Inherits(Base):
            pass

        class Overrides(Base):
            loop_factory = None

        self.assert_both(Inherits, dict)
        self.assert_both(Overrides, None)

        case = Overrides()
        case.loop_factory = make
        self.assertIs(make, declared_factory(case))


class TakesSelfTests(unittest.TestCase):
    def test_a_function_that_needs_an_argument_is_a_method(self):
        """What can be called without arguments is a factory."""
        self.assertTrue(takes_self(lambda self: None))
        self.assertTrue(takes_self(lambda self, /: None))
        self.assertTrue(takes_self(lambda self, debug=False: None))
        self.assertFalse(takes_self(lambda: None))
        self.assertFalse(takes_self(lambda debug=False: None))
        self.assertFalse(takes_self(lambda *args: None))
        self.assertFalse(takes_self(lambda *, debug: None))
        self.assertFalse(takes_self(lambda **kwargs: None))


class SimulatedTests(unittest.TestCase):
    def test_classes_of_loops_of_virtual_time(self):
        """They say so; what makes one, or only looks like it, does not."""
        self.assertTrue(is_simulated(SimulatedLoop))
        self.assertTrue(is_simulated(type("Loop", (SimulatedLoop,), {})))
        for other in (asyncio.SelectorEventLoop, lambda: None, mock.Mock(), None, "simulated"):
            self.assertFalse(is_simulated(other))
