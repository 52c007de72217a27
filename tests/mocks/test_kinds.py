"""Tests of asynctesting.mocks.kinds: what our mocks do otherwise than those of unittest.mock."""

import asyncio
import copy
import functools
import gc
import inspect
import pickle
import sys
import traceback
import types
import unittest
import warnings
import weakref
from unittest import mock

from asynctesting import mocks
from asynctesting.mocks import (
    AsyncContextManager,
    AsyncMock,
    MagicMock,
    Mock,
    NonCallableMagicMock,
    NonCallableMock,
    PropertyMock,
    call,
    create_autospec,
    kinds,
    seal,
    wait_until_called,
)


KINDS = (Mock, MagicMock, AsyncMock, NonCallableMock, NonCallableMagicMock, PropertyMock)


def run(coroutine):
    return asyncio.run(coroutine)


def outcome(awaitable):
    """Await, and give the result."""

    async def main():
        return await awaitable

    return asyncio.run(main())


class Cat:
    """A spec."""

    def meow(self, times):
        return "meow" * times

    async def feed(self, what):
        return f"purr, {what}"

    def __len__(self):
        return 1


class ClassTests(unittest.TestCase):
    # Test that each mock has a class of its own.

    def test_own_class(self):
        """What is set on the class of a mock is set on that mock alone."""
        for kind in KINDS:
            with self.subTest(kind=kind):
                one, other = kind(), kind()
                type(one).colour = PropertyMock(return_value="ginger")
                self.assertEqual("ginger", one.colour)
                self.assertNotEqual("ginger", other.colour)
                self.assertIs(kind, type(one).__mro__[1])

    def test_magic_methods_are_not_shared(self):
        """A magic method that is configured, set or deleted is so on that mock alone."""
        for kind in (MagicMock, AsyncMock, NonCallableMagicMock):
            with self.subTest(kind=kind):
                one, two, three, four = kind(), kind(), kind(), kind()
                one.__len__.return_value = 1
                two.__len__ = lambda self: 2
                del three.__len__
                self.assertEqual([1, 2, 0], [len(one), len(two), len(four)])
                with self.assertRaises(TypeError):
                    len(three)
                self.assertFalse(hasattr(three, "__len__"))
                self.assertFalse(hasattr(type(three), "__len__"))
                self.assertTrue(hasattr(type(four), "__len__"))

    def test_magic_methods_of_classes(self):
        """The class of a mock, not one that it shares with others, has the mock's methods."""
        manager = MagicMock()
        self.assertIs(type(manager).__enter__, manager.__enter__)
        with self.assertRaises(AttributeError):
            MagicMock.__enter__  # noqa: B018

    def test_class_of_a_mock_that_is_gone(self):
        """A class that outlives its mock has no methods to give."""
        own = type(MagicMock())
        gc.collect()
        with self.assertRaises(AttributeError):
            own.__enter__  # noqa: B018

    def test_spec_leaves_out_magic_methods(self):
        """A mock has the magic methods of its spec, and no others."""
        for spec in (Cat, Cat(), ["__len__"]):
            with self.subTest(spec=spec):
                cat = MagicMock(spec=spec)
                self.assertEqual(0, len(cat))
                with self.assertRaises(TypeError):
                    cat[0]  # noqa: B018
                del cat.__len__
                with self.assertRaises(TypeError):
                    len(cat)

    def test_spec_that_comes_later(self):
        """A spec that is added takes the other magic methods away, set ones too, and can be changed."""
        cat = MagicMock()
        cat.__getitem__.return_value = 1
        cat.mock_add_spec(["__len__", "__int__"])
        self.assertEqual(0, len(cat))
        with self.assertRaises(TypeError):
            cat[0]  # noqa: B018
        cat.mock_add_spec(["__len__"])
        with self.assertRaises(TypeError):
            int(cat)

    def test_methods_of_a_subclass_are_hidden(self):
        """A magic method that a subclass defines is hidden, as by unittest.mock; other methods are not."""

        def derive(kind):
            class Derived(kind):
                def __len__(self):
                    return 5

                def purr(self):
                    return "purr"

            return Derived

        for kind in (mock.MagicMock, MagicMock):
            with self.subTest(kind=kind):
                derived = derive(kind)()
                self.assertEqual((0, "purr"), (len(derived), derived.purr()))
                derived = derive(kind)(spec=["__len__", "purr"])
                self.assertEqual((0, "purr"), (len(derived), derived.purr()))

    def test_metaclass_of_a_subclass(self):
        """A subclass may have a metaclass."""

        class Meta(type):
            pass

        class Derived(MagicMock, metaclass=Meta):
            pass

        self.assertEqual(0, len(Derived()))
        derived = Derived(spec=["__len__"])
        self.assertEqual(0, len(derived))
        self.assertIsInstance(type(derived), Meta)

    def test_subclass_with_other_bases(self):
        """A subclass may have other bases, and a constructor."""

        class Base:
            def __new__(cls, *args, **kwargs):
                self = super().__new__(cls)
                self.__dict__["made"] = True
                return self

        class Derived(MagicMock, Base):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.colour = "ginger"

        derived = Derived(name="cat")
        self.assertEqual((True, "ginger"), (derived.made, derived.colour))
        self.assertIsInstance(derived.child, Derived)

    def test_subclass_that_adds_specs_itself(self):
        """A subclass that has a say in how a mock is made is asked."""

        class Derived(MagicMock):
            def _mock_add_spec(self, spec, *args, **kwargs):
                seen.append(spec)
                super()._mock_add_spec(spec, *args, **kwargs)

        class Mixin:
            def __init__(self, *args, **kwargs):
                seen.append("mixin")
                super().__init__(*args, **kwargs)

        class Mixed(Mock, Mixin, mock.Mock):
            pass

        class MixedAsync(AsyncMock, Mixin, mock.Mock):
            pass

        class MixedPlain(NonCallableMock, Mixin, mock.NonCallableMock):
            pass

        seen = []
        derived = Derived(Cat, side_effect=[1], unsafe=True, _spec_as_instance=True, _eat_self=True)
        self.assertEqual([Cat], seen)
        self.assertEqual((1, 0), (derived(), len(derived)))
        for kind in (Mixed, MixedAsync, MixedPlain):
            with self.subTest(kind=kind):
                seen.clear()
                self.assertEqual("cat", kind(name="cat")._mock_name)
                self.assertEqual(["mixin"], seen)

    def test_copies_with_a_spec(self):
        """A mock with a spec can be copied, and copied again."""

        class Cat:
            def __len__(self):
                return 9

            async def feed(self):
                pass

        for kind in (MagicMock, AsyncMock, NonCallableMagicMock, Mock):
            for make in (copy.copy, copy.deepcopy):
                with self.subTest(kind=kind, make=make):
                    cat = kind(spec=Cat)
                    cat.feed.return_value = "purr"
                    for again in (make(cat), make(make(cat))):
                        self.assertIsInstance(again, kind)
                        self.assertEqual("purr", asyncio.run(again.feed()))
                        with self.assertRaises(AttributeError):
                            again.bark
                        self.assertEqual(kind is not Mock, hasattr(again, "__len__"))
                        self.assertFalse(hasattr(again, "__enter__"))

    def test_copies(self):
        """A copy has a class of its own, and the magic methods of the original."""
        for make in (copy.copy, copy.deepcopy):
            original = MagicMock(**{"__len__.return_value": 3})
            duplicate = make(original)
            self.assertEqual(3, len(duplicate))
            self.assertIsNot(type(original), type(duplicate))
            self.assertEqual(original, make(duplicate))
            duplicate.__getitem__.return_value = 1
            self.assertEqual(1, original[0])
            stock = mock.MagicMock()
            self.assertEqual(stock, make(stock))
            del duplicate.__abs__
            with self.assertRaises(TypeError):
                abs(duplicate)
            self.assertIsInstance(abs(original), MagicMock)
            self.assertIsInstance(duplicate(), MagicMock)
            del original
            gc.collect()
            self.assertEqual(1, duplicate[0])
            self.assertEqual(0, int(make(MagicMock(**{"__int__.return_value": 0}))))

    def test_magics_of_unittest_mock(self):
        """Magic methods of a class that is ours and has those of unittest.mock are made by it."""

        class Mixed(Mock, mock.MagicMock):
            pass

        self.assertEqual(0, len(Mixed()))
        self.assertEqual(0, len(Mixed(spec=["__len__"])))

    def test_state(self):
        """A mock has the state of one of unittest.mock, but for what all share."""
        for kind in KINDS:
            with self.subTest(kind=kind):
                stock = dict(vars(getattr(mock, kind.__name__)(name="cat")))
                ours = dict(vars(kind(name="cat")))
                for names in (stock, ours):
                    names.pop("__code__", None)
                    names.pop("_spec_signature", None)
                self.assertEqual(stock, ours)

    def test_annotations(self):
        """A mock has no annotations but those of one of unittest.mock."""
        for kind in (*KINDS, AsyncContextManager):
            stock = getattr(mock, kind.__name__, mock.MagicMock)
            with self.subTest(kind=kind):
                self.assertEqual(
                    getattr(stock(), "__annotations__", None), getattr(kind(), "__annotations__", None)
                )

    def test_documentation_is_not_copied(self):
        """The class of a mock has the docstring of its kind."""
        for kind in KINDS:
            self.assertEqual(kind.__doc__, type(kind()).__doc__)
            self.assertEqual(kind.__doc__, kind().__doc__)

    def test_reference_cycles(self):
        """A mock that nobody uses any more is gone at once."""
        for kind in KINDS:
            with self.subTest(kind=kind):
                gone = weakref.ref(kind())
                self.assertIsNone(gone())

    def test_spec_of_a_mock(self):
        """A mock is refused as a spec."""
        for kind in KINDS:
            for keyword in ("spec", "spec_set"):
                with self.subTest(kind=kind, keyword=keyword):
                    with self.assertRaisesRegex(mock.InvalidSpecError, "Cannot spec a Mock object"):
                        kind(**{keyword: mock.Mock()})
        with self.assertRaises(mock.InvalidSpecError):
            Mock().mock_add_spec(mock.Mock())


class CallTests(unittest.TestCase):
    # Test how calls are recorded.

    def test_parents(self):
        """A call is recorded in all parents as unittest.mock does it."""
        recorded = []
        for kind in (mock.MagicMock, MagicMock):
            top = kind(name="top")
            top.a.b(1)
            top.a().b[2].c(3, d=4)
            top().e()
            attached = kind()
            top.attach_mock(attached, "attached")
            attached.x(5)
            top(6)
            recorded.append(
                [
                    (list(m.mock_calls), list(m.method_calls), m.call_args_list, m.call_count)
                    for m in (top, top.a, top.a.b, top.a(), top(), attached)
                ]
            )
        self.assertEqual(recorded[0], recorded[1])

    def test_parents_of_the_other_kind(self):
        """Mocks of unittest.mock may be parents of ours, and children."""
        for parent, child in ((mock.Mock(), Mock()), (Mock(), mock.Mock())):
            parent.child = child
            parent.child(1)
            child.grandchild(2)
            self.assertEqual([call.child(1), call.child.grandchild(2)], parent.mock_calls)

    def test_call_objects(self):
        """What is recorded is what unittest.mock records."""
        ours, stock = Mock(), mock.Mock()
        for one in (ours, stock):
            one(1, a=2)
        self.assertEqual(stock.call_args, ours.call_args)
        for one, other in zip(
            (stock.call_args, stock.mock_calls[0]), (ours.call_args, ours.mock_calls[0]), strict=True
        ):
            self.assertEqual(repr(one), repr(other))
            for name in ("_mock_name", "_mock_parent", "_mock_from_kall"):
                self.assertEqual(getattr(one, name), getattr(other, name))
            for again in (copy.copy(other), pickle.loads(pickle.dumps(other))):
                self.assertIs(type(one), type(again))
                self.assertEqual((one, len(one)), (again, len(again)))
        self.assertEqual(((1,), {"a": 2}), (ours.call_args.args, ours.call_args.kwargs))

    def test_results(self):
        """Side effects, return values and wrapped functions come in this order."""
        cat = Mock(side_effect=[1, mock.DEFAULT, mock.DEFAULT], wraps=lambda: 3)
        self.assertEqual(1, cat())
        self.assertEqual(3, cat())
        cat.return_value = 2
        self.assertEqual(2, cat())
        cat.side_effect = None
        self.assertEqual(2, cat())
        cat.side_effect = KeyError
        with self.assertRaises(KeyError):
            cat()
        self.assertIs(Mock(return_value=None)(), None)


class SideEffectTests(unittest.TestCase):
    # Test what side effects may be, and what becomes of them.

    def test_exhausted(self):
        """When the values are used up, the error names the mock."""
        cat = Mock(name="cat", side_effect=[1])
        cat()
        with self.assertRaisesRegex(
            StopIteration, r"^the side_effect of <Mock name='cat' id='\d+'> is exhausted$"
        ):
            cat()
        cat = AsyncMock(name="cat", side_effect=[1])
        outcome(cat())
        with self.assertRaisesRegex(
            StopAsyncIteration, r"^the side_effect of <AsyncMock name='cat' id='\d+'> is exhausted$"
        ):
            outcome(cat())

    def test_exhausted_without_a_name(self):
        """It is named by the function or class that it stands for, and by nothing else."""

        class Cat:
            def __getattr__(self, name):
                return 3

            def __call__(self):
                pass

        def feed():
            pass

        for spec, told in (
            (None, r"<MagicMock id='\d+'>"),
            (feed, r"<MagicMock spec='function' id='\d+'> for feed"),
            (Cat, r"<MagicMock spec='Cat' id='\d+'>"),
            (Cat(), r"<MagicMock spec='Cat' id='\d+'>"),
        ):
            with self.subTest(spec=spec):
                cat = MagicMock(spec=spec, side_effect=[])
                with self.assertRaisesRegex(StopIteration, f"^the side_effect of {told} is exhausted$"):
                    cat()

    def test_stop_iteration_of_the_users(self):
        """A StopIteration that says something, or that ends an iteration, is left alone."""

        def items():
            return "value"
            yield

        cat = Mock(side_effect=items())
        with self.assertRaisesRegex(StopIteration, "^value$"):
            cat()
        with self.assertRaisesRegex(StopAsyncIteration, "^value$"):
            outcome(AsyncMock(side_effect=items())())
        cat = MagicMock()
        cat.__next__.side_effect = [1]
        cat.__iter__.side_effect = lambda: cat
        self.assertEqual([1], list(cat))

        def delegates():
            result.append((yield from cat))

        result = []
        self.assertEqual([], list(delegates()))
        self.assertEqual([None], result)

    def test_errors_among_the_values(self):
        """Exceptions and their classes among the values are raised."""
        for kind in (Mock, AsyncMock):
            cat = kind(side_effect=[KeyError("a"), KeyError, 1])
            give = (lambda: outcome(cat())) if kind is AsyncMock else cat
            for _ in range(2):
                with self.assertRaises(KeyError):
                    give()
            self.assertEqual(1, give())

    def test_traceback_does_not_grow(self):
        """One exception that is raised again and again has the frames of the last time only."""
        for kind in (Mock, AsyncMock):
            with self.subTest(kind=kind):
                error = KeyError("cat")
                cat = kind(side_effect=error)
                depths = set()
                for _ in range(5):
                    try:
                        outcome(cat()) if kind is AsyncMock else cat()
                    except KeyError as caught:
                        self.assertIs(error, caught)
                        depths.add(len(traceback.extract_tb(caught.__traceback__)))
                self.assertEqual(1, len(depths))

    def test_traceback_that_was_there(self):
        """An exception that was raised before keeps the traceback it had."""

        def fall():
            raise KeyError("cat")

        try:
            fall()
        except KeyError as caught:
            error = caught
        try:
            Mock(side_effect=error)()
        except KeyError as caught:
            names = [frame.name for frame in traceback.extract_tb(caught.__traceback__)]
        self.assertIn("fall", names)

    def test_whatever_gives_a_coroutine(self):
        """A side effect that gives a coroutine is awaited, whatever kind of callable it is."""

        async def feed(what="tuna"):
            return what

        class Feeder:
            async def __call__(self):
                return "tuna"

        @types.coroutine
        def old():
            return "tuna"
            yield

        for effect in (
            feed,
            lambda: feed(),
            functools.partial(feed, "tuna"),
            Feeder(),
            Feeder().__call__,
            AsyncMock(return_value="tuna"),
            mock.AsyncMock(return_value="tuna"),
            old,
        ):
            with self.subTest(effect=effect):
                self.assertEqual("tuna", outcome(AsyncMock(side_effect=effect)()))

    def test_futures_are_handed_back(self):
        """A future, or a mock, that a side effect gives is the result, and is not awaited."""

        async def main():
            future = asyncio.get_running_loop().create_future()
            self.assertIs(future, await AsyncMock(side_effect=lambda: future)())
            result = Mock()
            self.assertIs(result, await AsyncMock(side_effect=lambda: result)())

        run(main())

    @unittest.skipUnless(hasattr(inspect, "markcoroutinefunction"), "from 3.12 on")
    def test_marked_functions(self):
        """What a function gives that is marked as a coroutine function is awaited, also a future."""

        async def main():
            @inspect.markcoroutinefunction
            def effect():
                future = asyncio.get_running_loop().create_future()
                future.set_result("tuna")
                return future

            return await AsyncMock(side_effect=effect)()

        self.assertEqual("tuna", run(main()))

    def test_asynchronous_iterators(self):
        """An asynchronous generator gives one value a call; then the error names the mock."""

        async def meals():
            yield "tuna"
            await asyncio.sleep(0)
            yield KeyError("empty")
            yield mock.DEFAULT

        async def main():
            feed = AsyncMock(name="feed", side_effect=meals(), return_value="again")
            self.assertEqual("tuna", await feed())
            with self.assertRaisesRegex(KeyError, "empty"):
                await feed()
            self.assertEqual("again", await feed())
            with self.assertRaisesRegex(StopAsyncIteration, "feed"):
                await feed()

        run(main())

    def test_wrapped_coroutine_functions(self):
        """What an AsyncMock wraps is awaited if it gives a coroutine."""

        async def feed():
            return "purr"

        self.assertEqual("purr", outcome(AsyncMock(wraps=feed)()))
        self.assertEqual("purr", outcome(AsyncMock(wraps=lambda: feed())()))
        self.assertEqual("purr", outcome(AsyncMock(wraps=lambda: "purr")()))


class ColourTests(unittest.TestCase):
    # Test what is asynchronous, and what is not.

    def test_children_of_wrapped_objects(self):
        """The methods of what is wrapped are asynchronous if the real ones are."""
        for kind in (Mock, MagicMock, AsyncMock):
            with self.subTest(kind=kind):
                cat = kind(wraps=Cat())
                self.assertEqual("meowmeow", cat.meow(2))
                self.assertEqual("purr, tuna", outcome(cat.feed("tuna")))
                cat.feed.assert_awaited_once_with("tuna")
        self.assertEqual(5, AsyncMock(wraps=mock.Mock(colour=5)).colour._mock_wraps)
        inner = mock.Mock(**{"feed.return_value": 5})
        self.assertEqual(5, MagicMock(wraps=inner).feed())

    def test_children_of_specs(self):
        """With a spec no method changes its colour."""
        for kind in (Mock, MagicMock, AsyncMock):
            for spec in (Cat, Cat()):
                with self.subTest(kind=kind, spec=spec):
                    cat = kind(spec=spec)
                    self.assertNotIsInstance(cat.meow, mock.AsyncMock)
                    self.assertIsInstance(cat.feed, mock.AsyncMock)

    def test_children_of_non_callable_mocks(self):
        """Children of mocks that cannot be called can."""
        self.assertIsInstance(NonCallableMock().child, Mock)
        self.assertNotIsInstance(NonCallableMock().child, MagicMock)
        self.assertIsInstance(NonCallableMagicMock().child, MagicMock)
        self.assertIsInstance(PropertyMock().child, MagicMock)

    def test_children_of_asynchronous_mocks(self):
        """Without a spec, the children of an AsyncMock are asynchronous, but for synchronous magic methods."""
        cat = AsyncMock()
        self.assertIsInstance(cat.child, AsyncMock)
        self.assertIsInstance(cat.__aenter__, AsyncMock)
        for method in (cat.__enter__, cat.__len__, cat.__aiter__):
            self.assertNotIsInstance(method, mock.AsyncMock)

    def test_spec_that_is_a_coroutine_function(self):
        """A mock whose spec gives coroutines does, too."""

        class Feeder:
            async def __call__(self):
                pass

        for spec in (Cat.feed, Cat().feed, functools.partial(Cat.feed, None), Feeder()):
            with self.subTest(spec=spec):
                made = MagicMock(spec=spec)
                self.assertIsInstance(made, mock.AsyncMockMixin)
                self.assertIsNotNone(outcome(made()))
        self.assertNotIsInstance(MagicMock(spec=Feeder), mock.AsyncMockMixin)

    def test_function_like(self):
        """An AsyncMock looks like a coroutine function, and has its signature."""
        for made in (AsyncMock(), MagicMock(spec=Cat.feed)):
            self.assertTrue(inspect.iscoroutinefunction(made))
        for name in ("Mock", "MagicMock", "PropertyMock"):
            self.assertEqual(
                inspect.signature(getattr(mock, name)()), inspect.signature(getattr(mocks, name)())
            )
        self.assertEqual(
            inspect.signature(mock.AsyncMock()), inspect.signature(AsyncMock())
        )

    def test_awaitable_spec(self):
        """A spec that is awaitable makes an asynchronous mock, as in unittest.mock; one that breaks does not."""

        class Breaks:
            @property
            def __class__(self):
                raise KeyError

        async def main():
            return MagicMock(spec=asyncio.get_running_loop().create_future())

        self.assertIsInstance(run(main()), mock.AsyncMockMixin)
        with self.assertRaises(KeyError):
            MagicMock(spec=Breaks())

    def test_signature_of_a_spec(self):
        """Calls are compared by the signature of the spec."""
        meow = Mock(spec=Cat().meow)
        meow(2)
        meow.assert_called_once_with(times=2)
        self.assertIsInstance(kinds.NonCallableMock._spec_signature, object)
        self.assertIsNone(Mock(spec=["meow"])._spec_signature)


class HonestyTests(unittest.TestCase):
    # Test what does not go unnoticed.

    def test_misspelt_assertions(self):
        """A name that is nearly an assertion is refused, on all mocks and all Pythons."""
        for kind in (Mock, MagicMock, AsyncMock):
            for name in (
                "awaited_once_with",
                "awaited_once",
                "awaited",
                "awaited_with",
                "assert_awaited_oncewith",
                "any_await",
                "has_awaits",
                "not_awaited",
                "called_once",
                "called_once_with",
                "called_with",
                "has_calls",
                "not_called",
                "awaited_oncewith",
                "awaitedoncewith",
                "calledoncewith",
                "asert_awaited",
            ):
                with self.subTest(kind=kind, name=name):
                    with self.assertRaisesRegex(AttributeError, "is not a valid assertion"):
                        getattr(kind(), name)

    def test_names_that_are_meant(self):
        """Such a name is there if a spec has it, if it was set, and if the mock is unsafe."""
        self.assertIsInstance(Mock(spec=["awaited_once"]).awaited_once, mock.Mock)
        self.assertEqual(1, Mock(awaited_once=1).awaited_once)
        self.assertIsInstance(Mock(unsafe=True).awaited_once, mock.Mock)
        self.assertFalse(Mock().called)

    def test_unconfigured_exit(self):
        """A mock that leaves a context manager swallows no exception, unless it was told to."""

        def by_attribute(kind):
            manager = MagicMock()
            manager.__aexit__ = kind()
            return manager

        def by_type(kind):
            manager = MagicMock()
            type(manager).__aexit__ = kind()
            return manager

        def by_class(kind):
            class Manager:
                __aenter__ = AsyncMock()
                __aexit__ = kind()

            return Manager()

        def by_keyword(kind):
            return MagicMock(**{"__aexit__": kind()})

        async def fall(manager):
            async with manager:
                raise ValueError("fell off the sofa")

        ways = (by_attribute, by_type, by_class, by_keyword)
        for way in ways:
            with self.subTest(way=way.__name__):
                with self.assertRaises(ValueError):
                    run(fall(way(AsyncMock)))
                run(fall(way(lambda: AsyncMock(return_value=True))))
        with self.assertRaises(ValueError):
            run(fall(by_attribute(mock.AsyncMock)))
        with self.assertRaises(ValueError):
            with MagicMock(**{"__exit__": Mock()}):
                raise ValueError

    def test_calls_that_leave_nothing(self):
        """Other calls with an exception among the arguments give a mock, as always."""
        error = ValueError()
        for args in (
            (ValueError, error),
            (KeyError, error, None),
            (None, None, None),
            (1, 2, ValueError, error, None),
        ):
            with self.subTest(args=args):
                self.assertIsInstance(Mock()(*args), Mock)

    def test_failed_await_assertions_list_the_awaits(self):
        """An assertion on awaits that fails says which there were."""

        async def main():
            feed = AsyncMock(name="feed")
            await feed(1)
            await feed(2)
            lost = feed(3)
            lost.close()
            return feed

        feed = run(main())
        for name, args in (
            ("assert_awaited_once", ()),
            ("assert_awaited_once_with", (1,)),
            ("assert_any_await", (3,)),
            ("assert_not_awaited", ()),
            ("assert_has_awaits", ([call(3)],)),
            ("assert_awaited_with", (1,)),
        ):
            with self.subTest(name=name):
                with self.assertRaises(AssertionError) as raised:
                    getattr(feed, name)(*args)
                self.assertEqual(1, str(raised.exception).count("[call(1), call(2)]"))
        with self.assertRaisesRegex(AssertionError, r"Expected: feed\(1\)\n  Actual: feed\(2\)"):
            feed.assert_awaited_with(1)
        feed.assert_awaited_with(2)
        with self.assertRaises(AssertionError) as raised:
            AsyncMock().assert_awaited()
        self.assertEqual("Expected mock to have been awaited.", str(raised.exception))
        with self.assertRaises(AssertionError) as raised:
            feed.assert_called_with(1)
        self.assertIn("Actual: feed(3)", str(raised.exception))

    def lost(self, make):
        """Give the warnings that come when what is made is thrown away."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            make()
            gc.collect()
        return [str(one.message) for one in caught]

    def test_never_awaited(self):
        """The warning names the mock and the line that called it, in the words of unittest.mock."""
        cat = MagicMock(name="cat", feed=AsyncMock())
        for feed, name in ((AsyncMock(), "mock"), (cat.feed, "cat.feed")):
            with self.subTest(name=name):
                line = inspect.currentframe().f_lineno + 1
                (message,) = self.lost(lambda feed=feed: feed("tuna"))
                self.assertEqual(
                    "coroutine 'AsyncMockMixin._execute_mock_call' was never awaited: "
                    f"called at {__file__}:{line}, the mock '{name}' was never awaited",
                    message.partition("\n")[0],
                )

    def test_never_awaited_function(self):
        """The mock of a function that has no name is told by that of the function."""

        class Cat:
            async def feed(self, food):
                pass

        autospecced = create_autospec(Cat.feed), create_autospec(Cat, instance=True).feed
        for feed in (*autospecced, AsyncMock(spec=Cat.feed)):
            with self.subTest(feed=feed):
                line = inspect.currentframe().f_lineno + 1
                (message,) = self.lost(lambda feed=feed: feed(1, 2) if feed is autospecced[0] else feed(1))
                self.assertIn(f"called at {__file__}:{line}, the mock '", message)
                self.assertRegex(message, "'(mock.)?feed' was never awaited")
        with self.assertRaisesRegex(StopIteration, r"^the side_effect of <Mock spec='\w+' id='\d+'> for lost is"):
            Mock(spec=self.lost, side_effect=[])()

    def test_never_awaited_after_all(self):
        """A coroutine that was awaited, or closed, is not told of; its name is the usual one."""
        feed = AsyncMock()
        coroutine = feed()
        self.assertEqual("AsyncMockMixin._execute_mock_call", coroutine.__qualname__)
        self.assertEqual([], self.lost(coroutine.close))

    def test_never_awaited_of_a_broken_mock(self):
        """A mock whose name cannot be told is called mock."""
        feed = AsyncMock()
        (message,) = self.lost(lambda: (feed(), feed.__dict__.clear()))
        self.assertIn("the mock 'mock' was never awaited", message)

    def test_subclass_that_gives_no_coroutine(self):
        """A subclass may give something else than a coroutine."""

        class Derived(AsyncMock):
            def _execute_mock_call(self, *args, **kwargs):
                return "cat"

        self.assertEqual("cat", Derived()())

    def test_called_by_no_python_code(self):
        """A mock may be the first thing that a thread calls."""
        import _thread
        import time

        feed = AsyncMock()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _thread.start_new_thread(feed, ())
            while not feed.called:
                time.sleep(0.001)
            gc.collect()
        feed.assert_not_awaited()


class AwaitTests(unittest.TestCase):
    # Test how awaits are recorded.

    def test_awaits(self):
        """Awaits are recorded when they begin, calls when they are made."""

        async def main():
            feed = AsyncMock()
            one, two = feed(1), feed(2)
            self.assertEqual([call(1), call(2)], feed.call_args_list)
            feed.assert_not_awaited()
            await two
            self.assertEqual([call(2)], feed.await_args_list)
            await one
            self.assertEqual((2, call(1)), (feed.await_count, feed.await_args))
            feed.reset_mock()
            self.assertEqual((0, None, []), (feed.await_count, feed.await_args, feed.mock_awaits))

        run(main())

    def test_one_order(self):
        """The awaits of several mocks are in one order in their parent's mock_awaits."""

        async def main():
            herd = MagicMock()
            herd.attach_mock(AsyncMock(), "feed")
            herd.attach_mock(mock.Mock(), "stock")
            herd.stock.attach_mock(AsyncMock(), "count")
            herd.count = AsyncMock()
            feeding, counting, counted = herd.feed(1), herd.count(), herd.stock.count(2)
            await counted
            await counting
            await feeding
            self.assertEqual([call.feed(1), call.count(), call.stock.count(2)], herd.mock_calls)
            self.assertEqual([call.stock.count(2), call.count(), call.feed(1)], herd.mock_awaits)
            self.assertEqual([call(1)], herd.feed.mock_awaits)
            herd.reset_mock()
            self.assertEqual([], herd.mock_awaits)

        run(main())

    def test_order_of_own_awaits_and_those_of_children(self):
        """The awaits of a mock, and of what it returned, are in one order, too."""

        async def main():
            connect = AsyncMock()
            connection = await connect("cats")
            await connection.feed(1)
            await connect("dogs")
            self.assertEqual([call("cats"), call().feed(1), call("dogs")], connect.mock_awaits)
            self.assertEqual([], Mock().mock_awaits)

        run(main())


class IterationTests(unittest.TestCase):
    # Test asynchronous iteration over a mock.

    def collect(self, iterable):
        async def main():
            seen = []
            try:
                async for item in iterable:
                    seen.append(item)
            except Exception as error:
                seen.append(repr(error))
            return seen

        return run(main())

    def test_nothing(self):
        """A mock that was told nothing has no items."""
        self.assertEqual([], self.collect(MagicMock()))

    def test_items(self):
        """Items are given one by one, each time anew; an exception among them is raised."""
        items = MagicMock()
        items.__aiter__.return_value = [1, 2, KeyError("cat"), 3]
        for _ in range(2):
            self.assertEqual([1, 2, "KeyError('cat')"], self.collect(items))

    def test_asynchronous_items(self):
        """What is given may be an asynchronous generator."""

        async def generate():
            yield 1
            raise KeyError("cat")

        items = MagicMock()
        items.__aiter__.return_value = generate()
        self.assertEqual([1, "KeyError('cat')"], self.collect(items))

    def test_driven_by_anext(self):
        """If only __anext__ was configured, it gives the items, an error among them."""
        items = MagicMock()
        items.__anext__.side_effect = [1, KeyError("cat")]
        self.assertEqual([1, "KeyError('cat')"], self.collect(items))
        items.__anext__.side_effect = [1, 2]
        self.assertEqual([1, 2], self.collect(items))
        items = MagicMock()
        items.__anext__  # noqa: B018 - looked at, not configured
        self.assertEqual([], self.collect(items))
        items.__anext__.return_value = 1

        async def first():
            async for item in items:
                return item

        self.assertEqual(1, run(first()))

    def test_iterator_by_hand(self):
        """What __aiter__ gives is an asynchronous iterator."""
        items = MagicMock()
        items.__aiter__.return_value = [1]
        iterator = items.__aiter__()
        self.assertIs(iterator, iterator.__aiter__())
        self.assertEqual(1, outcome(iterator.__anext__()))
        with self.assertRaises(StopAsyncIteration):
            outcome(iterator.__anext__())


async def purr(times=1):
    """A spec that is a function."""


async def meals(what):
    """A spec that is an asynchronous generator function."""
    yield what


class AutospecTests(unittest.TestCase):
    # Test what mocks do for autospec; see also test_autospec.py.

    def test_children(self):
        """Children are made when they are first looked up, once, also by an assertion."""
        cat = create_autospec(Cat, instance=True)
        self.assertIs(cat.meow, cat.meow)
        child = cat._mock_children["feed"]
        self.assertIs(child.make(cat), cat.feed)
        self.assertIs(child.make(cat), cat.feed)
        cat = create_autospec(Cat, instance=True)
        with self.assertRaises(AssertionError) as raised:
            cat.assert_has_calls([call.meow()])
        self.assertIsInstance(raised.exception.__cause__, TypeError)
        for odd in (call.nothing(), call.meow().x()):
            with self.assertRaises(AssertionError):
                cat.assert_has_calls([odd])
        del cat.feed
        with self.assertRaises(AssertionError):
            cat.assert_has_calls([call.feed()])
        self.assertEqual([], cat.mock_calls)

    def test_children_that_the_spec_no_longer_has(self):
        """A child that a later spec rules out is not there."""
        cat = create_autospec(Cat, instance=True)
        cat.mock_add_spec(["meow"])
        with self.assertRaises(AttributeError):
            cat.feed  # noqa: B018

    def test_sealed_children(self):
        """A child whose return value was there from the start has it when it is sealed."""
        cat = create_autospec(Cat, instance=True)
        seal(cat.meow)
        if sys.version_info >= (3, 12):
            self.assertIsInstance(cat.meow(1), MagicMock)
        with self.assertRaises(AttributeError):
            cat.meow.nothing  # noqa: B018

    def test_functions(self):
        """The calls and awaits of an autospecced function are kept by the function."""
        made = create_autospec(purr, return_value=5, side_effect=[1, mock.DEFAULT])
        self.assertEqual([1, 5], [outcome(made()), outcome(made(2))])
        self.assertEqual((2, 2, call(2)), (made.call_count, made.await_count, made.await_args))
        self.assertEqual([call(), call(2)], made.mock.mock_awaits)
        made = create_autospec(purr, wraps=lambda times: times)
        self.assertIsNotNone(outcome(made(7)))
        made = create_autospec(len, wraps=len)
        self.assertEqual(3, made([1, 2, 3]))
        made = create_autospec(decide, side_effect=[1, mock.DEFAULT], return_value=2)
        self.assertEqual([1, 2], [made(), made()])

    def test_generators(self):
        """The mock of an asynchronous generator function gives an asynchronous generator."""
        made = MagicMock(spec=meals)
        made.return_value.__aiter__.return_value = [1, 2]
        generator = made("tuna")
        self.assertEqual([1, 2], [outcome(generator.asend(None)), outcome(generator.asend(3))])
        self.assertIsNone(outcome(generator.aclose()))
        for args in ((KeyError,), (KeyError("cat"),), (KeyError, KeyError("cat"))):
            with self.assertRaises(KeyError):
                outcome(generator.athrow(*args))
        self.assertIsInstance(generator.other, MagicMock)
        seal(generator := made.return_value.other)
        made.mock_add_spec(Cat)
        self.assertNotIn("_asynctesting_generates", vars(made))

    def test_watched_calls(self):
        """Calls that somebody waits for are still watched when the mock was reset."""

        async def main():
            waits = asyncio.create_task(wait_until_called(cat))
            await asyncio.sleep(0)
            cat.reset_mock()
            cat(1)
            return await waits

        cat = Mock()
        self.assertEqual(call(1), run(main()))

    def test_private_ways_to_call(self):
        """A subclass may call a mock in the way in which unittest.mock does."""

        class Derived(MagicMock):
            def _mock_call(self, /, *args, **kwargs):
                return super()._mock_call(*args, **kwargs) + 1

        class DerivedAsync(AsyncMock):
            async def _execute_mock_call(self, /, *args, **kwargs):
                return await super()._execute_mock_call(*args, **kwargs) + 1

        self.assertEqual(2, Derived(return_value=1)())
        self.assertEqual(2, outcome(DerivedAsync(return_value=1)()))


def decide():
    """A spec that is a function."""


if sys.version_info >= (3, 13):
    from asynctesting.mocks import ThreadingMock

    class ThreadingTests(unittest.TestCase):
        def test_children(self):
            """The children of a ThreadingMock are of its kind, and have its timeout."""
            waits = ThreadingMock(timeout=0.5)
            waits.child(1)
            waits.child.wait_until_called()
            waits.child.wait_until_any_call_with(1)
            self.assertEqual(0.5, waits.child._mock_wait_timeout)
            self.assertEqual(0.5, waits.return_value._mock_wait_timeout)
            self.assertIsInstance(waits._get_child_mock(timeout=1), ThreadingMock)
            self.assertEqual(0, len(waits))


if __name__ == "__main__":
    unittest.main()
