"""Tests of asynctesting.mocks.managers."""

import asyncio
import contextlib
import copy
import doctest
import inspect
import pickle
import unittest
from unittest import mock

from asynctesting.mocks import (
    AsyncContextManager,
    AsyncMock,
    MagicMock,
    patch,
    seal,
)


class SlideContextManager(mock.MagicMock):
    """What people write by hand, as a talk of 2019 showed it."""

    async def __aenter__(self, *args, **kwargs):
        return self.__enter__(*args, **kwargs)

    async def __aexit__(self, *args, **kwargs):
        return self.__exit__(*args, **kwargs)


class Basket:
    """Something to patch: a context manager of the asynchronous kind."""

    async def __aenter__(self):
        return "cat"

    async def __aexit__(self, *exc_info):
        return None

    def open(self, lid):
        raise OSError(f"there is no {lid}")

    async def carry(self):
        raise OSError("too heavy")


class Box:
    """A context manager of the synchronous kind."""

    def __enter__(self):
        return "cat"

    def __exit__(self, *exc_info):
        return None


async def connect():
    """A coroutine function to serve as a spec."""


async def enter(manager):
    async with manager as entered:
        return entered


async def fall(manager, exception=None):
    """Raise in the body of the manager; return only if it swallows the exception."""
    async with manager:
        raise exception or ValueError("fell off the sofa")


class DocumentationTests(unittest.TestCase):
    def test_examples(self):
        """The examples in the docstrings give what they show."""
        finder = doctest.DocTestFinder(recurse=False)
        names = {"AsyncContextManager": AsyncContextManager, "AsyncMock": AsyncMock}
        for documented, least in ((AsyncContextManager, 15), (AsyncContextManager.enters, 4)):
            (example,) = finder.find(documented, "AsyncContextManager", globs=dict(names))
            report = []
            results = doctest.DocTestRunner().run(example, out=report.append)
            self.assertEqual("", "".join(report))
            self.assertGreaterEqual(results.attempted, least)


class SlideTests(unittest.IsolatedAsyncioTestCase):
    # Test the talk's class and ours in the same use.

    async def use(self, kind):
        """Configure and use a manager as the slide means it; return what is entered."""
        manager = kind()
        manager.__enter__.return_value = "cat"
        async with manager as entered:
            pass
        return manager, entered

    async def test_by_hand(self):
        """The class as written by hand does not enter what it was told to."""
        manager, entered = await self.use(SlideContextManager)

        self.assertNotEqual("cat", entered)
        manager.__enter__.assert_not_called()

    async def test_ours(self):
        """AsyncContextManager enters what it was told to."""
        manager, entered = await self.use(AsyncContextManager)

        self.assertEqual("cat", entered)
        manager.__enter__.assert_called_once_with()

    async def test_by_hand_on_ours(self):
        """The methods written by hand work on a subclass of AsyncContextManager."""

        class Repaired(AsyncContextManager):
            __aenter__ = SlideContextManager.__aenter__
            __aexit__ = SlideContextManager.__aexit__

        manager, entered = await self.use(Repaired)

        self.assertEqual("cat", entered)
        manager.__enter__.assert_called_once_with()
        manager.__exit__.assert_called_once_with(None, None, None)


class EnterTests(unittest.IsolatedAsyncioTestCase):
    # Test what is entered.

    async def test_enter_return_value(self):
        """The return value of __enter__ is entered by both protocols."""
        manager = AsyncContextManager()
        manager.__enter__.return_value = "cat"

        self.assertEqual("cat", await enter(manager))
        with manager as entered:
            self.assertEqual("cat", entered)

    async def test_aenter_return_value(self):
        """The return value of __aenter__ is entered by async with, and by it alone."""
        manager = AsyncContextManager()
        manager.__aenter__.return_value = "cat"

        self.assertEqual("cat", await enter(manager))
        with manager as entered:
            self.assertNotEqual("cat", entered)

    async def test_both_return_values(self):
        """The return value of __aenter__ wins, in whatever order they are set, and __enter__ is not called."""
        for names in (("__enter__", "__aenter__"), ("__aenter__", "__enter__")):
            with self.subTest(names=names):
                manager = AsyncContextManager()
                for name in names:
                    getattr(manager, name).return_value = name

                self.assertEqual("__aenter__", await enter(manager))
                manager.__enter__.assert_not_called()

    async def test_false_return_values(self):
        """None and false values are entered like any other."""
        for value in (None, False, 0, ""):
            for name in ("__enter__", "__aenter__"):
                with self.subTest(name=name, value=value):
                    manager = AsyncContextManager(**{f"{name}.return_value": value})
                    self.assertIs(value, await enter(manager))

    async def test_reading_a_return_value_decides_nothing(self):
        """To read the return value of __aenter__ does not configure it."""
        manager = AsyncContextManager()
        manager.__aenter__.return_value.status = 200
        self.assertEqual(200, manager.__enter__.return_value.status)

        manager.__enter__.return_value = "cat"

        self.assertEqual("cat", manager.__aenter__.return_value)
        self.assertEqual("cat", await enter(manager))

    async def test_side_effects_that_raise(self):
        """An error in either method is raised, and the body does not run."""
        for name in ("__enter__", "__aenter__"):
            with self.subTest(name=name):
                manager = AsyncContextManager(**{f"{name}.side_effect": OSError("no basket")})
                with self.assertRaisesRegex(OSError, "^no basket$"):
                    await enter(manager)
                manager.__aexit__.assert_not_awaited()

    async def test_side_effect_of_aenter_wins(self):
        """The side effect of __aenter__ comes before __enter__."""
        manager = AsyncContextManager()
        manager.__enter__.side_effect = OSError
        manager.__aenter__.side_effect = ["cat", mock.DEFAULT]

        self.assertEqual("cat", await enter(manager))
        manager.__enter__.assert_not_called()

    async def test_side_effect_of_aenter_gives_default(self):
        """A side effect of __aenter__ that returns DEFAULT leaves the decision to __enter__."""
        manager = AsyncContextManager(enters="cat")
        manager.__aenter__.side_effect = lambda: mock.DEFAULT

        self.assertEqual("cat", await enter(manager))

    async def test_async_side_effect(self):
        """A coroutine function as the side effect of __aenter__ is awaited."""

        async def later():
            await asyncio.sleep(0)
            return "cat"

        manager = AsyncContextManager()
        manager.__aenter__.side_effect = later

        self.assertEqual("cat", await enter(manager))

    async def test_exhausted_side_effect(self):
        """When the values of __enter__ are used up, the error names the mock."""
        manager = AsyncContextManager(name="basket")
        manager.__enter__.side_effect = ["Garfield", "Nermal"]

        self.assertEqual(["Garfield", "Nermal"], [await enter(manager), await enter(manager)])
        with self.assertRaisesRegex(
            StopAsyncIteration,
            r"^the side_effect of <MagicMock name='basket\.__enter__' id='\d+'> is exhausted$",
        ):
            await enter(manager)

    async def test_default(self):
        """What is entered by default is the same mock each time, whose methods are not coroutine functions."""
        manager = AsyncContextManager()
        response = await enter(manager)

        self.assertIs(response, await enter(manager))
        self.assertIsInstance(response, mock.MagicMock)
        self.assertNotIsInstance(response, mock.AsyncMock)
        self.assertFalse(inspect.isawaitable(response.raise_for_status()))
        with manager as entered:
            self.assertIs(response, entered)

    async def test_default_of_stock(self):
        """What a stock MagicMock enters by default is an AsyncMock: if this fails, ours has one reason less."""
        self.assertIsInstance(await enter(mock.MagicMock()), mock.AsyncMock)

    async def test_enters(self):
        """The keyword enters says what both protocols enter."""
        manager = AsyncContextManager(enters=None)

        self.assertIsNone(await enter(manager))
        with manager as entered:
            self.assertIsNone(entered)

    async def test_keywords_of_magic_mock(self):
        """The other keywords are those of MagicMock."""
        manager = AsyncContextManager(
            name="basket", side_effect=OSError, enter=1, **{"a.b.return_value": 2}
        )

        self.assertEqual(1, manager.enter)
        self.assertEqual(2, manager.a.b())
        self.assertIn("name='basket'", repr(manager))
        with self.assertRaises(OSError):
            manager()

    async def test_configure_mock(self):
        """configure_mock says what is entered."""
        for name in ("__enter__", "__aenter__"):
            with self.subTest(name=name):
                manager = AsyncContextManager()
                manager.configure_mock(**{f"{name}.return_value": "cat"})
                self.assertEqual("cat", await enter(manager))

    async def test_replaced_methods(self):
        """A mock or a function put in the place of either method is called."""

        async def later(self):
            return "cat"

        for name, method in (
            ("__enter__", MagicMock(return_value="cat")),
            ("__enter__", lambda self: "cat"),
            ("__enter__", AsyncMock(return_value="cat")),
            ("__aenter__", AsyncMock(return_value="cat")),
            ("__aenter__", later),
        ):
            with self.subTest(name=name, method=method):
                manager = AsyncContextManager()
                setattr(manager, name, method)
                self.assertEqual("cat", await enter(manager))
                self.assertEqual("cat", await enter(manager()))

    async def test_return_value_with_a_function_for_a_twin(self):
        """When __enter__ is a function, reading the return value of __aenter__ gives a child, which is entered."""
        manager = AsyncContextManager()
        manager.__enter__ = lambda self: "cat"
        manager.__aenter__.return_value.status = 200

        self.assertEqual(200, (await enter(manager)).status)

    async def test_deleted_methods(self):
        """A deleted __enter__ leaves async with alone; without __aenter__, it is refused."""
        manager = AsyncContextManager()
        del manager.__enter__
        self.assertIsInstance(await enter(manager), AsyncContextManager)
        with self.assertRaises(TypeError):
            contextlib.ExitStack().enter_context(manager)

        del manager.__aenter__
        with self.assertRaisesRegex(TypeError, "asynchronous context manager protocol"):
            await enter(manager)


class ExitTests(unittest.IsolatedAsyncioTestCase):
    # Test how it is left.

    async def test_exception_info(self):
        """Both exits receive the exception, and let it pass."""
        manager = AsyncContextManager()
        exception = ValueError("fell off the sofa")
        with self.assertRaises(ValueError) as raised:
            await fall(manager, exception)

        self.assertIs(exception, raised.exception)
        manager.__aexit__.assert_awaited_once_with(ValueError, exception, mock.ANY)
        manager.__exit__.assert_called_once_with(ValueError, exception, mock.ANY)
        self.assertIsNotNone(manager.__exit__.call_args.args[2])

    async def test_no_exception(self):
        """Both exits receive None three times when nothing was raised."""
        manager = AsyncContextManager()
        await enter(manager)

        manager.__aexit__.assert_awaited_once_with(None, None, None)
        manager.__exit__.assert_called_once_with(None, None, None)

    async def test_true_return_values(self):
        """An exception is swallowed when either exit is told to return something true."""
        for name in ("__exit__", "__aexit__"):
            with self.subTest(name=name):
                manager = AsyncContextManager()
                getattr(manager, name).return_value = True
                await fall(manager)

    async def test_false_return_value_of_aexit_wins(self):
        """An exception is not swallowed by __exit__ when __aexit__ is told to return False."""
        manager = AsyncContextManager()
        manager.__aexit__.return_value = False
        manager.__exit__.return_value = True

        with self.assertRaises(ValueError):
            await fall(manager)
        with manager:
            raise ValueError("in the synchronous protocol, __exit__ swallows")

    async def test_side_effects_that_raise(self):
        """An error in either exit is raised."""
        for name in ("__exit__", "__aexit__"):
            with self.subTest(name=name):
                manager = AsyncContextManager(**{f"{name}.side_effect": OSError("stuck")})
                with self.assertRaisesRegex(OSError, "^stuck$"):
                    await enter(manager)

    async def test_side_effect_gives_default(self):
        """An exit whose side effect returns DEFAULT does not swallow."""
        for name in ("__exit__", "__aexit__"):
            with self.subTest(name=name):
                manager = AsyncContextManager(
                    **{f"{name}.side_effect": lambda *exc_info: mock.DEFAULT}
                )
                with self.assertRaises(ValueError):
                    await fall(manager)

    async def test_return_value_when_not_configured(self):
        """The return values of both exits are read as False."""
        manager = AsyncContextManager()
        self.assertIs(False, manager.__aexit__.return_value)
        self.assertIs(False, manager.__exit__.return_value)

    async def test_never_swallows(self):
        """However the mock was made, an exception passes."""

        class Derived(AsyncContextManager):
            pass

        reset = AsyncContextManager()
        await enter(reset)
        reset.reset_mock(return_value=True, side_effect=True)
        reset.__aexit__.reset_mock(return_value=True)
        by_hand = AsyncContextManager()
        by_hand.__aexit__ = AsyncMock()
        by_twin = AsyncContextManager()
        by_twin.__exit__ = MagicMock()
        attached = AsyncContextManager()
        attached.attach_mock(AsyncMock(name="leave"), "__aexit__")
        late = AsyncContextManager()
        late.mock_add_spec(Basket)
        for name, manager in {
            "a call": AsyncContextManager()(),
            "a child": AsyncContextManager().child,
            "a child's call": AsyncContextManager().child("x"),
            "what was entered": await enter(AsyncContextManager()),
            "reset": reset,
            "by hand": by_hand,
            "by twin": by_twin,
            "keyword": AsyncContextManager(__aexit__=AsyncMock()),
            "attached": attached,
            "spec": AsyncContextManager(spec=Basket),
            "spec_set": AsyncContextManager(spec_set=Basket()),
            "late spec": late,
            "subclass": Derived(),
            "copy": copy.deepcopy(AsyncContextManager()),
            "no twin": AsyncContextManager(spec=["__aenter__", "__aexit__"]),
        }.items():
            with self.subTest(name=name):
                with self.assertRaisesRegex(ValueError, "^fell off the sofa$"):
                    await fall(manager)

    async def test_stock_by_hand(self):
        """A stock mock with an __aexit__ made by hand swallows: if this fails, ours has one reason less."""
        manager = mock.MagicMock()
        manager.__aexit__ = mock.AsyncMock()

        await fall(manager)

    async def test_by_hand_and_configured(self):
        """An exit made by hand and told what to do does that."""
        for configured in (
            AsyncMock(return_value=True),
            AsyncMock(side_effect=lambda *exc_info: True),
            AsyncMock(wraps=lambda *exc_info: True),
        ):
            with self.subTest(configured=configured):
                manager = AsyncContextManager()
                manager.__aexit__ = configured
                await fall(manager)

    async def test_function_for_an_exit(self):
        """A function put in the place of an exit decides."""
        manager = AsyncContextManager()
        manager.__exit__ = lambda self, *exc_info: True

        await fall(manager)

    async def test_exit_of_another(self):
        """An exit taken from another manager keeps following its own twin."""
        other = AsyncContextManager()
        manager = AsyncContextManager()
        manager.__aexit__ = other.__aexit__
        other.__exit__.return_value = True

        await fall(manager)


class RecordingTests(unittest.IsolatedAsyncioTestCase):
    # Test what can be asserted afterwards.

    async def test_both_methods(self):
        """Calls are recorded on both methods and on the mock, in their order."""
        manager = AsyncContextManager()
        await enter(manager)

        manager.__aenter__.assert_awaited_once_with()
        manager.__enter__.assert_called_once_with()
        self.assertEqual(
            [
                mock.call.__aenter__(),
                mock.call.__enter__(),
                mock.call.__aexit__(None, None, None),
                mock.call.__exit__(None, None, None),
            ],
            manager.mock_calls,
        )

    async def test_not_entered(self):
        """Nothing is recorded before."""
        manager = AsyncContextManager()

        manager.__aenter__.assert_not_awaited()
        manager.__enter__.assert_not_called()
        with self.assertRaisesRegex(
            AssertionError, "^Expected __aenter__ to have been awaited once. Awaited 0 times.$"
        ):
            manager.__aenter__.assert_awaited_once()

    async def test_synchronous_protocol(self):
        """In a plain with, the asynchronous methods are not called."""
        manager = AsyncContextManager()
        with manager:
            pass

        self.assertEqual(
            [mock.call.__enter__(), mock.call.__exit__(None, None, None)], manager.mock_calls
        )
        manager.__aenter__.assert_not_called()

    async def test_exit_stacks(self):
        """Exit stacks, which call the methods through the class, leave the same records."""
        for manager in (AsyncContextManager(enters="cat"), AsyncContextManager(enters="cat")("x")):
            async with contextlib.AsyncExitStack() as stack:
                self.assertEqual("cat", await stack.enter_async_context(manager))
                self.assertEqual("cat", stack.enter_context(manager))
            manager.__aenter__.assert_awaited_once_with()
            manager.__aexit__.assert_awaited_once_with(None, None, None)
            self.assertEqual([mock.call(), mock.call()], manager.__enter__.call_args_list)

    async def test_what_is_entered(self):
        """Calls on what is entered are recorded on the manager."""
        manager = AsyncContextManager()
        (await enter(manager)).purr("loudly")

        self.assertIn(mock.call.__enter__().purr("loudly"), manager.mock_calls)

    async def test_attach_mock(self):
        """Calls are recorded on a stock mock to which the manager is attached."""
        parent = mock.Mock()
        manager = AsyncContextManager()
        parent.attach_mock(manager, "basket")
        await enter(parent.basket)

        self.assertEqual(mock.call.basket.__aenter__(), parent.mock_calls[0])

    async def test_attached_method(self):
        """A method that is attached elsewhere still does what its twin does."""
        manager = AsyncContextManager()
        parent = mock.Mock()
        parent.attach_mock(manager.__aenter__, "entering")
        manager.__enter__.return_value = "cat"

        self.assertEqual("cat", await enter(manager))
        self.assertEqual([mock.call.entering()], parent.mock_calls)

    async def test_reset_mock(self):
        """reset_mock forgets the calls and keeps the configuration."""
        manager = AsyncContextManager(enters="cat")
        await enter(manager)
        manager.reset_mock()

        self.assertEqual([], manager.mock_calls)
        manager.__aenter__.assert_not_awaited()
        manager.__enter__.assert_not_called()
        self.assertEqual("cat", await enter(manager))
        manager.__aenter__.assert_awaited_once_with()

    async def test_reset_return_value(self):
        """After reset_mock(return_value=True), __aenter__ does again what __enter__ does."""
        manager = AsyncContextManager()
        manager.__aenter__.return_value = "cat"
        manager.reset_mock(return_value=True)

        self.assertIs(manager.__enter__.return_value, await enter(manager))

    async def test_reset_side_effect(self):
        """After reset_mock(side_effect=True), it can be entered again."""
        manager = AsyncContextManager(
            **{"__aenter__.side_effect": OSError, "__enter__.side_effect": OSError}
        )
        manager.reset_mock(side_effect=True)

        await enter(manager)

    async def test_repr(self):
        """The methods are shown as the mocks they are."""
        manager = AsyncContextManager(name="basket")

        self.assertRegex(repr(manager), r"^<AsyncContextManager name='basket' id='\d+'>$")
        self.assertRegex(
            repr(manager.__enter__), r"^<MagicMock name='basket\.__enter__' id='\d+'>$"
        )
        self.assertRegex(
            repr(manager.__aenter__), r"^<AsyncMock name='basket\.__aenter__' id='\d+'>$"
        )
        self.assertRegex(
            repr(await enter(manager)),
            r"^<AsyncContextManager name='basket\.__enter__\(\)' id='\d+'>$",
        )


class UseTests(unittest.IsolatedAsyncioTestCase):
    # Test the places where it is put.

    async def test_called(self):
        """async with mock and async with mock(...) enter the same, recorded in the same place."""
        manager = AsyncContextManager()
        manager.__aenter__.return_value = "cat"

        self.assertEqual("cat", await enter(manager))
        self.assertEqual("cat", await enter(manager("lid", wide=True)))
        manager.assert_called_once_with("lid", wide=True)
        self.assertEqual(2, manager.__aenter__.await_count)
        self.assertEqual(2, manager.return_value.__aenter__.await_count)

    async def test_configured_through_the_call(self):
        """What is configured on the return value counts for the mock too."""
        manager = AsyncContextManager()
        manager.return_value.__aenter__.return_value = "cat"

        self.assertEqual(["cat", "cat"], [await enter(manager), await enter(manager())])

    async def test_method_set_on_the_call(self):
        """A mock put in the place of a method of the return value counts for calls only."""
        manager = AsyncContextManager(enters="cat")
        manager.return_value.__aenter__ = AsyncMock(return_value="dog")

        self.assertEqual(["cat", "dog"], [await enter(manager), await enter(manager())])

    async def test_call_of_a_mock_that_cannot_be_entered(self):
        """What a call returns can be entered when the mock itself cannot."""
        manager = AsyncContextManager(spec=Basket.open, enters="cat")

        with self.assertRaises(TypeError):
            await enter(manager)
        self.assertEqual("cat", await enter(manager("lid")))

    async def test_calls_are_calls(self):
        """What a call returns is another mock, with calls and children of its own."""
        manager = AsyncContextManager()
        manager("lid").open("wide")

        self.assertIsNot(manager, manager.return_value)
        self.assertEqual([mock.call("lid"), mock.call().open("wide")], manager.mock_calls)

    async def test_new_callable(self):
        """It can be the new_callable of patch, stock and ours, as context manager and as decorator."""
        for patcher in (mock.patch, patch):
            with patcher.object(Basket, "open", new_callable=AsyncContextManager) as opened:
                opened.__aenter__.return_value = "cat"
                self.assertEqual("cat", await enter(Basket().open("lid")))
                opened.assert_called_once_with("lid")

            @patcher(f"{__name__}.Basket.open", new_callable=AsyncContextManager, enters="cat")
            async def decorated(opened):
                self.assertIsInstance(opened, AsyncContextManager)
                return await enter(Basket().open("lid"))

            self.assertEqual("cat", await decorated())

    async def test_new_callable_with_a_class_for_a_spec(self):
        """With spec=True on a class, what a call returns obeys the spec and enters the same."""
        for enters in ({}, {"enters": "cat"}):
            with self.subTest(enters=enters):
                with patch(
                    f"{__name__}.Basket", new_callable=AsyncContextManager, spec=True, **enters
                ) as patched:
                    if not enters:
                        patched.__aenter__.return_value = "cat"
                    basket = Basket()
                    self.assertEqual(["cat", "cat"], [await enter(patched), await enter(basket)])
                    self.assertEqual(2, patched.__aenter__.await_count)
                    self.assertIs(patched.__aenter__, basket.__aenter__)
                    for absent in ("close", "__enter__"):
                        self.assertFalse(hasattr(basket, absent))

    async def test_non_callable_return_value(self):
        """A stock mock given as return value keeps the methods that were configured."""
        manager = AsyncContextManager(enters="cat")
        manager.inner = mock.NonCallableMagicMock(__aenter__=AsyncMock(return_value="dog"))
        manager.return_value = manager.inner

        self.assertEqual(["cat", "dog"], [await enter(manager), await enter(manager())])

        manager.return_value = mock.NonCallableMagicMock()
        with manager() as entered:
            self.assertNotEqual("cat", entered)

    async def test_return_value(self):
        """It can be the return value of stock mocks and of autospecced ones."""
        session = mock.Mock()
        basket = mock.create_autospec(Basket, instance=True)
        for method in (session.open, basket.open):
            method.return_value = AsyncContextManager(enters="cat")
            self.assertEqual("cat", await enter(method("lid")))
            method.assert_called_once_with("lid")

    async def test_return_value_of_ours(self):
        """A manager given as the return value of another keeps its own configuration."""
        manager = AsyncContextManager(enters="cat", return_value=AsyncContextManager(enters="dog"))

        self.assertEqual(["cat", "dog"], [await enter(manager), await enter(manager())])

    async def test_attribute_of_async_mock(self):
        """It can be an attribute of an AsyncMock, where a call must not give a coroutine."""
        session = mock.AsyncMock(get=AsyncContextManager(enters="cat"))

        self.assertEqual("cat", await enter(session.get("/")))

    async def test_nested(self):
        """Children, their calls, and what is entered can be entered, at any depth."""
        manager = AsyncContextManager()
        async with manager as a, a.b() as c, c.d.e("x") as f, f as g:
            self.assertFalse(inspect.isawaitable(f.h()))
            self.assertFalse(inspect.isawaitable(g.h()))

        entered = manager.__aenter__.return_value.b.__aenter__.return_value
        entered.d.e.__aenter__.assert_awaited_once_with()
        entered.d.e.assert_called_once_with("x")

    async def test_magic_methods(self):
        """The other magic methods are those of a MagicMock."""
        manager = AsyncContextManager(enters={})
        manager.__len__.return_value = 3

        self.assertEqual(3, len(manager))
        self.assertEqual([], list(manager))
        self.assertEqual([], [item async for item in manager])
        self.assertIsInstance(manager["key"], mock.MagicMock)

    async def test_concurrency(self):
        """Several tasks can be inside at once, and each can be given its own."""
        manager = AsyncContextManager()
        manager.__aenter__.side_effect = ["Garfield", "Nermal", "Odie"]
        inside = []

        async def visit():
            async with manager as animal:
                inside.append(animal)
                while len(inside) < 3:
                    await asyncio.sleep(0)

        await asyncio.gather(visit(), visit(), visit())

        self.assertEqual(["Garfield", "Nermal", "Odie"], inside)
        self.assertEqual(3, manager.__aexit__.await_count)


class KindTests(unittest.IsolatedAsyncioTestCase):
    # Test what kind of mock it is: isinstance, spec, seal, subclasses, copies.

    async def test_isinstance(self):
        """It is a MagicMock and a context manager of both kinds, and not an AsyncMock."""
        manager = AsyncContextManager()

        self.assertIsInstance(manager, mock.MagicMock)
        self.assertNotIsInstance(manager, mock.AsyncMock)
        self.assertIsInstance(manager, contextlib.AbstractAsyncContextManager)
        self.assertIsInstance(manager, contextlib.AbstractContextManager)
        self.assertIsInstance(manager.__enter__, mock.MagicMock)
        self.assertIsInstance(manager.__aenter__, mock.AsyncMock)
        self.assertTrue(inspect.iscoroutinefunction(manager.__aenter__))

    async def test_spec(self):
        """A spec is obeyed: async methods are async, sync ones are not, and others are refused."""
        basket = AsyncContextManager(spec=Basket)
        basket.carry.return_value = "cat"

        self.assertIsInstance(basket, Basket)
        self.assertEqual("cat", await basket.carry())
        self.assertFalse(inspect.isawaitable(basket.open("lid")))
        with self.assertRaises(AttributeError):
            basket.close  # noqa: B018

    async def test_spec_of_an_asynchronous_context_manager(self):
        """With the spec of an asynchronous context manager, only async with is supported."""
        manager = AsyncContextManager(spec=Basket, enters="cat")

        self.assertEqual("cat", await enter(manager))
        self.assertFalse(hasattr(manager, "__enter__"))
        self.assertNotIsInstance(manager, contextlib.AbstractContextManager)
        with self.assertRaises(TypeError):
            contextlib.ExitStack().enter_context(manager)

    async def test_spec_without_a_value(self):
        """With such a spec, what is entered by default is no AsyncMock either."""
        manager = AsyncContextManager(spec=Basket)

        self.assertNotIsInstance(await enter(manager), mock.AsyncMock)
        self.assertIs(await enter(manager), manager.__aenter__.return_value)

    async def test_spec_of_a_synchronous_context_manager(self):
        """With the spec of a synchronous context manager, async with is refused."""
        manager = AsyncContextManager(spec=Box, enters="cat")

        with manager as entered:
            self.assertEqual("cat", entered)
        with self.assertRaises(TypeError):
            await enter(manager)

    async def test_late_spec(self):
        """A spec that is added later is obeyed, and can be changed."""
        manager = AsyncContextManager()
        manager.mock_add_spec(Box)
        self.assertFalse(hasattr(manager, "__aenter__"))

        manager.mock_add_spec(Basket)
        self.assertNotIsInstance(await enter(manager), mock.AsyncMock)
        self.assertFalse(hasattr(manager, "__enter__"))

        manager.mock_add_spec(["__enter__", "__exit__", "__aenter__", "__aexit__"])
        manager.__exit__.return_value = True
        await fall(manager)

    async def test_spec_of_a_coroutine_function(self):
        """With the spec of a coroutine function, what an awaited call gives is entered."""
        connecting = AsyncContextManager(spec=connect)
        connection = await enter(await connecting())
        self.assertNotIsInstance(connection, mock.AsyncMock)

        connecting = AsyncContextManager(spec=connect, enters="cat")
        self.assertEqual("cat", await enter(await connecting()))

    async def test_seal(self):
        """A sealed manager makes nothing up, and still enters what it was told to."""
        told = AsyncContextManager(enters="cat")
        seal(told)
        self.assertEqual("cat", await enter(told))

        for touched in (False, True):
            with self.subTest(touched=touched):
                untold = AsyncContextManager()
                if touched:
                    untold.__enter__, untold.__aenter__  # noqa: B018
                seal(untold)
                with self.assertRaisesRegex(AttributeError, "__enter__"):
                    await enter(untold)

    async def test_sealed_coroutine_function(self):
        """A sealed manager with the spec of a coroutine function makes up no result."""
        connecting = AsyncContextManager(spec=connect)
        seal(connecting)
        with self.assertRaises(AttributeError):
            await connecting()

    async def test_subclass(self):
        """A subclass has children, and enters mocks, of its own kind."""

        class Derived(AsyncContextManager):
            pass

        manager = Derived(enters="cat")
        self.assertEqual("cat", await enter(manager))
        for child in (manager.child, manager(), await enter(manager.child)):
            self.assertIsInstance(child, Derived)

    async def test_subclass_with_methods(self):
        """A method that a subclass or a mixin defines is the one that runs."""

        class Mixin:
            async def __aexit__(self, *exc_info):
                return True

        class Derived(Mixin, AsyncContextManager):
            def __enter__(self):
                return "cat"

        manager = Derived()
        self.assertEqual("cat", await enter(manager))
        with manager as entered:
            self.assertEqual("cat", entered)
        await fall(manager)
        await fall(manager("x").child)

    async def test_subclass_with_an_asynchronous_enter(self):
        """An async def __enter__ in a subclass is awaited, not lost."""

        class Derived(AsyncContextManager):
            async def __enter__(self):
                return "cat"

        self.assertEqual("cat", await enter(Derived()))

    async def test_enters_as_an_attribute(self):
        """What is entered can be read and set, at any depth, and by a keyword for a child."""
        session = AsyncContextManager(**{"get.enters": "cat"})
        self.assertEqual("cat", await enter(session.get))
        self.assertEqual("cat", await enter(session.get("/cats")))
        session.enters.get.enters = "dog"
        self.assertEqual("dog", await enter((await enter(session)).get("/dogs")))
        self.assertEqual("dog", session.enters.get.enters)
        obeys = AsyncContextManager(spec_set=Basket)
        obeys.enters = 5
        self.assertEqual(5, await enter(obeys))

    async def test_enters_in_subclasses(self):
        """The keyword enters configures the method that a subclass leaves, or is refused."""

        class Half(AsyncContextManager):
            def __enter__(self):
                return "dog"

        class Whole(Half):
            async def __aenter__(self):
                return "dog"

        self.assertEqual("cat", await enter(Half(enters="cat")))
        with self.assertRaises(TypeError) as raised:
            Whole(enters="cat")
        self.assertEqual(
            "enters= would have no effect, because Whole defines __enter__ and __aenter__; return the value from there",
            str(raised.exception),
        )

    async def test_subclass_with_its_own_children(self):
        """A subclass that makes its children itself makes what is entered."""

        class Derived(AsyncContextManager):
            def _get_child_mock(self, /, **keywords):
                return mock.Mock(**keywords)

        entered = await enter(Derived())
        self.assertNotIsInstance(entered, mock.MagicMock)
        self.assertIsInstance(entered, mock.Mock)

    async def test_deepcopy(self):
        """A copy enters what the original was told to, and records as a copy of a MagicMock does."""
        manager = AsyncContextManager(enters="cat")
        duplicate = copy.deepcopy(manager)

        self.assertIsInstance(duplicate, AsyncContextManager)
        self.assertEqual("cat", await enter(duplicate))
        self.assertEqual("cat", await duplicate.__aenter__())

    async def test_children_of_a_copy(self):
        """The children of a copy have methods of their own."""
        manager = AsyncContextManager(enters="cat")
        await enter(manager)

        self.assertNotEqual("cat", await enter(copy.deepcopy(manager).child))

    async def test_pickle(self):
        """It is refused by pickle as a MagicMock is."""
        for kind in (mock.MagicMock, AsyncContextManager):
            with self.subTest(kind=kind):
                with self.assertRaises(pickle.PicklingError):
                    pickle.dumps(kind())


if __name__ == "__main__":
    unittest.main()
