"""Tests of asynctesting.mocks.autospec."""

import asyncio
import dataclasses
import functools
import inspect
import sys
import types
import unittest
from typing import ClassVar, Protocol
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.mocks import (
    MagicMock,
    Mock,
    NonCallableMagicMock,
    autospec,
    call,
    create_autospec,
    patch,
    seal,
)


async def feed(what, *, much=False):
    """A coroutine function."""


def meow(times):
    """A function."""


class Bowl:
    async def fill(self, what):
        pass


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Cat:
    lives = 9
    bowl: Bowl
    name: str
    owner: "Owner"
    friend: "Nobody"  # noqa: F821 - cannot be worked out
    count: ClassVar[int]
    other: "ClassVar[int]"
    anything: object

    def __init__(self, colour):
        pass

    async def feed(self, what):
        pass

    def meow(self, times):
        pass

    @classmethod
    async def born(cls, where):
        pass

    @staticmethod
    def purr(loud):
        pass

    @property
    def tail(self):
        return "long"

    eat = functools.partialmethod(feed, "tuna")
    stroke = decorated(feed)


class Owner:
    async def call(self):
        pass


class Feeder:
    async def __call__(self, what):
        pass


class Feeds(Protocol):
    bowl: Bowl

    async def feed(self, what: str) -> None: ...


@dataclasses.dataclass
class Kennel:
    bowl: Bowl
    size: int = 5
    dogs: list = dataclasses.field(default_factory=list)
    seed: dataclasses.InitVar[int] = 0
    total: ClassVar[int]


def shape(made):
    """Say what can be said of a mock without touching what is not there yet."""
    return {
        "kind": type(made).__name__,
        "names": sorted(made._mock_children),
        "methods": sorted(made._mock_methods),
        "class": made._spec_class,
    }


class SameTests(AsyncTestCase):
    # Test that the mock is the one that unittest.mock makes.

    def test_classes(self):
        """The mock of a class, and of its instances, is that of unittest.mock."""
        for spec in (Cat, Owner, Bowl, dict, int, types.SimpleNamespace, asyncio.StreamWriter):
            for spec_set in (False, True):
                with self.subTest(spec=spec, spec_set=spec_set):
                    stock = mock.create_autospec(spec, spec_set)
                    ours = create_autospec(spec, spec_set)
                    self.assertEqual(shape(stock), shape(ours))
                    stock, ours = stock.return_value, ours.return_value
                    theirs, mine = shape(stock), shape(ours)
                    for key in ("names", "methods"):
                        self.assertLessEqual(set(theirs[key]), set(mine[key]))
                    for name in stock._mock_children:
                        one, other = (getattr(made, name) for made in (stock, ours))
                        with self.subTest(name=name):
                            if spec is not Cat or name not in ("stroke", "eat"):
                                self.assertEqual(
                                    (type(one).__name__, repr(one).partition(" id")[0]),
                                    (type(other).__name__, repr(other).partition(" id")[0]),
                                )
                                self.assertEqual(
                                    isinstance(one, mock.AsyncMock), isinstance(other, mock.AsyncMock)
                                )

    def test_signatures(self):
        """Calls are checked, of classes, instances, methods and functions, and so is what is asserted."""
        cat = create_autospec(Cat)
        for wrong in (
            lambda: cat(),
            lambda: cat("red").feed(),
            lambda: cat("red").meow(1, 2),
            lambda: cat("red").purr(),
            lambda: cat.born(),
            lambda: create_autospec(meow)(),
            lambda: create_autospec(Cat("red")).meow(),
            lambda: create_autospec(Cat, instance=True)(),
        ):
            with self.assertRaises(TypeError):
                wrong()
        cat = create_autospec(Cat)
        made = cat("red")
        made.meow(3)
        made.meow.assert_called_once_with(times=3)
        cat.assert_called_once_with(colour="red")
        made.assert_has_calls([call.meow(times=3)])
        self.assertEqual(["times"], list(inspect.signature(made.meow).parameters))
        self.assertEqual(["colour"], list(inspect.signature(cat).parameters))
        self.assertIsNone(type(create_autospec(5)).__signature__)
        self.assertIsInstance(create_autospec(min)(1, 2, 3), MagicMock)

    def test_signature_of_an_untouched_child(self):
        """An assertion on a child that nobody has touched is checked, too."""
        cat = create_autospec(Cat, instance=True)
        with self.assertRaises(AssertionError) as raised:
            cat.assert_has_calls([call.meow()])
        self.assertIsInstance(raised.exception.__cause__, TypeError)
        for odd in (call.nothing(), call.lives.real(), call.meow().x()):
            with self.assertRaises(AssertionError):
                cat.assert_has_calls([odd])

    def test_made_once(self):
        """A child is made when it is looked up, and is the same ever after."""
        cat = create_autospec(Cat, instance=True)
        self.assertIs(cat.feed, cat.feed)
        cat.feed.return_value = "purr"
        cat.reset_mock()
        self.assertEqual("purr", cat.feed.return_value)
        self.assertEqual("<MagicMock name='mock.meow' spec='function'", repr(cat.meow).partition(" id")[0])
        child = cat._mock_children["purr"]
        self.assertIs(child.make(cat), child.make(cat))

    def test_deleted_and_set(self):
        """A child that was deleted stays so, and one that was set is what it was set to."""
        cat = create_autospec(Cat, instance=True)
        del cat.feed
        with self.assertRaises(AttributeError):
            cat.feed  # noqa: B018
        cat.meow = 5
        self.assertEqual(5, cat.meow)

    def test_keywords(self):
        """Keywords configure the mock, and the misspelt are refused."""
        cat = create_autospec(Cat, name="cat", **{"feed.return_value": 5, "return_value": "kitten"})
        self.assertEqual("kitten", cat("red"))
        self.assertEqual(5, cat.feed.return_value)
        self.assertIn("name='cat'", repr(cat))
        with self.assertRaisesRegex(RuntimeError, "'set_spec' might be a typo"):
            create_autospec(Cat, set_spec=True)
        self.assertEqual(1, create_autospec(Cat, set_spec=1, unsafe=True).set_spec)
        with self.assertRaises(mock.InvalidSpecError):
            create_autospec(Mock())

    def test_others(self):
        """Lists, None, instances, modules and descriptors are specs as ever."""
        self.assertIsInstance(create_autospec([1]).append, MagicMock)
        self.assertIsInstance(create_autospec(None), NonCallableMagicMock)
        self.assertIsInstance(create_autospec(Cat.tail), MagicMock)
        self.assertIsInstance(create_autospec(5), NonCallableMagicMock)
        self.assertIsInstance(create_autospec(Bowl, instance=True), NonCallableMagicMock)
        cat = create_autospec(Cat("red"))
        self.assertIsInstance(cat.tail, str)
        module = create_autospec(sys.modules[__name__])
        self.assertIsInstance(module.Cat("red").feed, mock.AsyncMock)
        self.assertIsInstance(module.feed, types.FunctionType)

    def test_wraps(self):
        """What is wrapped is called."""
        self.assertEqual(3, create_autospec(len, wraps=len)([1, 2, 3]))

    def test_gone_attributes(self):
        """A name that cannot be looked up is left out."""

        class Odd:
            @property
            def there(self):
                raise AttributeError

        self.assertNotIn("there", create_autospec(Odd())._mock_children)

    def test_seal(self):
        """A sealed mock makes nothing up."""
        cat = create_autospec(Cat, instance=True)
        cat.feed.return_value = 5
        seal(cat)
        self.assertEqual(5, cat.feed.return_value)
        if sys.version_info >= (3, 12):
            self.assertIsInstance(cat.meow(1), MagicMock)
        else:
            with self.assertRaises(AttributeError):
                cat.meow(1)

    def test_changed_class(self):
        """A class that has changed is seen as it is now."""

        class Changing:
            def feed(self):
                pass

        self.assertNotIsInstance(create_autospec(Changing).feed, mock.AsyncMock)
        Changing.feed = feed
        Changing.more = meow
        again = create_autospec(Changing)
        self.assertIsInstance(again.feed, mock.AsyncMock)
        self.assertIn("more", again._mock_children)
        del Changing.more
        with self.assertRaises(AttributeError):
            create_autospec(Changing).more  # noqa: B018


class MoreTests(AsyncTestCase):
    # Test what unittest.mock does not see.

    async def test_asynchronous_call(self):
        """An instance whose __call__ is a coroutine function is called like one."""
        for feeder in (
            create_autospec(Feeder)(),
            create_autospec(Feeder, instance=True),
            create_autospec(Feeder()),
        ):
            feeder.return_value = "purr"
            self.assertEqual("purr", await feeder("tuna"))
            feeder.assert_awaited_once_with(what="tuna")
            with self.assertRaises(TypeError):
                feeder()
        self.assertNotIsInstance(create_autospec(Feeder), mock.AsyncMock)

    async def test_decorated_and_partial_methods(self):
        """Decorated and partial methods keep their colour."""
        for cat in (create_autospec(Cat, instance=True), create_autospec(Cat("red"))):
            cat.stroke.return_value = cat.eat.return_value = "purr"
            self.assertEqual(["purr", "purr"], [await cat.stroke("tuna"), await cat.eat()])

    def test_annotations(self):
        """An attribute that is only annotated is there, on instances, and obeys its annotation."""
        cat = create_autospec(Cat, instance=True)
        self.assertIsInstance(cat.bowl.fill, mock.AsyncMock)
        self.assertIsInstance(cat.bowl, Bowl)
        self.assertIsInstance(cat.owner.call, mock.AsyncMock)
        self.assertIsInstance(cat.name, str)
        self.assertIsInstance(cat.friend, MagicMock)
        self.assertIsInstance(cat.anything.at_all, MagicMock)
        with self.assertRaises(AttributeError):
            cat.bowl.empty  # noqa: B018
        for name in ("count", "other", "nothing"):
            with self.assertRaises(AttributeError):
                getattr(cat, name)
        with self.assertRaises(AttributeError):
            create_autospec(Cat).bowl  # noqa: B018
        self.assertEqual(5, create_autospec(Cat, instance=True, bowl=5).bowl)
        cat = create_autospec(Cat, spec_set=True)("red")
        cat.name = "Garfield"
        with self.assertRaises(AttributeError):
            cat.nothing = 5

    def test_protocols(self):
        """A protocol is a spec."""
        feeds = create_autospec(Feeds, instance=True)
        self.assertIsInstance(feeds.feed, mock.AsyncMock)
        self.assertIsInstance(feeds.bowl.fill, mock.AsyncMock)

    def test_dataclasses(self):
        """The fields of a dataclass are there, and nothing else of it."""
        kennel = create_autospec(Kennel, instance=True)
        self.assertIsInstance(kennel.bowl.fill, mock.AsyncMock)
        self.assertIsInstance(kennel.dogs.append, MagicMock)
        self.assertIsInstance(kennel.size, int)
        with self.assertRaises(AttributeError):
            kennel.total  # noqa: B018

    def test_broken_annotations(self):
        """Annotations that are no mapping are none."""

        class Odd:
            pass

        Odd.__annotations__ = {"there": int}
        self.assertIn("there", create_autospec(Odd, instance=True)._mock_children)
        broken = type("Odd", (), {"__annotations__": 5})
        self.assertEqual({}, autospec._own_annotations(broken))


class FunctionTests(AsyncTestCase):
    async def test_recorded_at_the_call(self):
        """The call of an autospecced coroutine function is recorded when it is made."""
        made = create_autospec(feed, return_value="purr")
        coroutine = made("tuna")
        made.assert_called_once_with(what="tuna")
        made.assert_not_awaited()
        self.assertEqual("purr", await coroutine)
        made.assert_awaited_once_with("tuna")
        self.assertEqual([call("tuna")], made.mock.mock_awaits)

    async def test_signature_of_a_coroutine_function(self):
        """A wrong call raises when CPython's tests demand it: when it is awaited."""
        made = create_autospec(feed)
        with self.assertRaises(TypeError):
            await made()
        made.assert_not_called()

    def test_colour(self):
        """It counts as a coroutine function, for inspect where it can be marked."""
        made = create_autospec(feed)
        self.assertTrue(mock.iscoroutinefunction(made))
        self.assertEqual(sys.version_info >= (3, 12), inspect.iscoroutinefunction(made))
        self.assertFalse(inspect.iscoroutinefunction(create_autospec(meow)))
        with self.assertRaises(RuntimeError):
            create_autospec(feed, instance=True)

    async def test_decorated(self):
        """A decorated coroutine function gives a coroutine."""
        self.assertIsNotNone(await create_autospec(decorated(feed))("tuna"))

    def test_no_signature(self):
        """A function whose signature cannot be told is a mock."""

        def odd():
            pass

        odd.__signature__ = 5
        with self.assertRaises(TypeError):
            create_autospec(odd)
        with patch.object(mock, "_get_signature_object", return_value=None):
            self.assertIsInstance(create_autospec(feed), mock.AsyncMock)
            self.assertIsInstance(create_autospec(Cat)(), Cat)

    async def test_patch(self):
        """patch makes the same of it."""
        with patch(f"{__name__}.feed", autospec=True) as made:
            await feed("tuna")
            made.assert_awaited_once_with("tuna")
        with patch.object(Cat, "feed", autospec=True) as made:
            cat = Cat("red")
            await cat.feed("tuna")
            made.assert_awaited_once_with(cat, "tuna")


if __name__ == "__main__":
    unittest.main()
