"""Tests of asynctesting.mocks.patching."""

import asyncio
import contextlib
import gc
import inspect
import itertools
import sys
import types
import unittest
import weakref
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.mocks import (
    DEFAULT,
    GLOBAL,
    LIMITED,
    AsyncMock,
    MagicMock,
    NonCallableMagicMock,
    mock_open,
    patch,
    patching,
)


COLOUR = "ginger"
SIZE = "small"
CATS = {"Garfield": 1}

HERE = __name__


async def feed():
    """Something to patch."""


async def meals():
    yield 1


class House:
    door = "shut"

    class Room:
        size = 5


def seen():
    return COLOUR


def both():
    return COLOUR, SIZE


class KindTests(AsyncTestCase):
    # Test what is put in place.

    async def test_kinds(self):
        """What is made is ours, and of the colour of what it replaces."""
        for target, kind in (
            ("COLOUR", MagicMock),
            ("feed", AsyncMock),
            ("House", MagicMock),
            ("House.Room.size", MagicMock),
        ):
            with self.subTest(target=target):
                with patch(f"{HERE}.{target}") as made:
                    self.assertIs(kind, type(made).__mro__[1])
        with patch(f"{HERE}.House", spec=True) as made:
            self.assertIsInstance(made(), NonCallableMagicMock)
        with patch.object(House, "door", autospec=True) as made:
            self.assertIsInstance(made, NonCallableMagicMock)
        with patch.multiple(HERE, COLOUR=DEFAULT, SIZE=5) as made:
            self.assertIsInstance(made["COLOUR"], MagicMock)
        self.assertEqual(("ginger", "small"), both())

    async def test_asynchronous_generator_functions(self):
        """The mock of an asynchronous generator function gives an asynchronous generator."""
        with patch(f"{HERE}.meals") as made:
            made.return_value.__aiter__.return_value = [1, 2, 3, KeyError("cat")]
            generator = meals()
            self.assertEqual(1, await generator.asend(None))
            self.assertEqual(2, await generator.asend("x"))
            generator.asend.assert_awaited_with("x")
            self.assertIsNone(await generator.aclose())
            for error in (KeyError("cat"), KeyError):
                with self.assertRaises(KeyError):
                    await generator.athrow(error)
            with self.assertRaises(KeyError):
                await generator.athrow(KeyError, KeyError("cat"))
            items = []
            with self.assertRaises(KeyError):
                async for item in meals():
                    items.append(item)
            self.assertEqual([1, 2, 3], items)
            self.assertIsInstance(generator.other, MagicMock)
        with patch(f"{HERE}.meals", 5):
            self.assertEqual(5, meals)
        with patch(f"{HERE}.meals", new_callable=lambda: 6):
            self.assertEqual(6, meals)
        with patch(f"{HERE}.meals", autospec=True) as made:
            made.return_value.__aiter__.return_value = [1]
            self.assertEqual([1], [item async for item in meals()])
            self.assertIsNone(await made().aclose())
        mock.seal(generator := made())
        with self.assertRaises(AttributeError):
            generator.asend  # noqa: B018

    def test_mock_open(self):
        """mock_open makes our mocks."""
        opened = mock_open(read_data="purr")
        self.assertEqual("purr", opened("cat").read())
        self.assertIsInstance(opened, MagicMock)
        self.assertIsInstance(opened(), MagicMock)


class TargetTests(unittest.TestCase):
    # Test that targets are found as by unittest.mock.

    def test_found(self):
        """Modules, classes in them, and what has to be imported first."""
        for target in ("os.getcwd", "os.path.exists", f"{HERE}.House.Room.size", f"{HERE}.seen"):
            with self.subTest(target=target):
                ours, stock = (one._get_target(target) for one in (patching, mock))
                self.assertEqual(stock[1], ours[1])
                self.assertIs(stock[0](), ours[0]())
        sys.modules.pop("this_is_no_module", None)
        with patch("xml.sax.saxutils.escape"):
            self.assertIsInstance(sys.modules["xml.sax.saxutils"].escape, MagicMock)

    def test_attribute_of_a_package(self):
        """A name in a package may be a module that was not imported yet."""
        self.assertIs(
            sys.modules["xml.dom.domreg"]
            if "xml.dom.domreg" in sys.modules
            else mock._get_target("xml.dom.domreg.x")[0](),
            patching._get_target("xml.dom.domreg.x")[0](),
        )

    def test_not_found(self):
        """What is not there is refused as by unittest.mock."""
        for target in (f"{HERE}.Nothing.size", "no_such_module.x", "os.no_such_name", "", None, "os"):
            with self.subTest(target=target):
                raised = []
                for one in (mock.patch, patch):
                    try:
                        with one(target):
                            pass
                    except Exception as error:
                        raised.append((type(error), str(error)))
                self.assertEqual(2, len(raised))
                self.assertEqual(raised[0], raised[1])


class DecoratorTests(AsyncTestCase):
    # Test what can be decorated, and how long the patch holds.

    async def test_functions(self):
        """Functions of every colour are patched while their body runs, and stay what they are."""

        @patch(f"{HERE}.COLOUR", "black")
        def function():
            return seen()

        @patch(f"{HERE}.COLOUR", "black")
        async def coroutine_function():
            await asyncio.sleep(0)
            return seen()

        @patch(f"{HERE}.COLOUR", "black")
        def generator_function():
            sent = yield seen()
            yield sent, seen()
            return seen()

        @patch(f"{HERE}.COLOUR", "black")
        async def async_generator_function():
            sent = yield seen()
            await asyncio.sleep(0)
            yield sent, seen()

        self.assertEqual("black", function())
        self.assertTrue(inspect.iscoroutinefunction(coroutine_function))
        self.assertEqual("black", await coroutine_function())

        self.assertTrue(inspect.isgeneratorfunction(generator_function))
        generator = generator_function()
        self.assertEqual("ginger", seen())
        self.assertEqual(["black", (1, "black")], [next(generator), generator.send(1)])
        with self.assertRaises(StopIteration) as stopped:
            next(generator)
        self.assertEqual("black", stopped.exception.value)
        self.assertEqual("ginger", seen())

        self.assertTrue(inspect.isasyncgenfunction(async_generator_function))
        generator = async_generator_function()
        self.assertEqual("ginger", seen())
        self.assertEqual("black", await generator.asend(None))
        self.assertEqual((2, "black"), await generator.asend(2))
        self.assertEqual([], [item async for item in generator])
        self.assertEqual("ginger", seen())

    async def test_arguments(self):
        """Mocks are passed in from the lowest decorator up, in functions of every colour."""

        def decorate(function):
            function = patch(f"{HERE}.COLOUR", name="first")(function)
            function = mock.patch(f"{HERE}.SIZE", name="second")(function)
            function = patch.multiple(House, door=DEFAULT)(function)
            return patch.dict(CATS, Nermal=2)(function)

        @decorate
        def function(*args, **kwargs):
            return args, kwargs, dict(CATS)

        @decorate
        async def coroutine_function(*args, **kwargs):
            return args, kwargs, dict(CATS)

        @decorate
        def generator_function(*args, **kwargs):
            yield args, kwargs, dict(CATS)

        @decorate
        async def async_generator_function(*args, **kwargs):
            yield args, kwargs, dict(CATS)

        found = [function(1, a=2), await coroutine_function(1, a=2)]
        found += [item for item in generator_function(1, a=2)]
        found += [item async for item in async_generator_function(1, a=2)]
        self.assertEqual(4, len(found))
        for args, kwargs, cats in found:
            self.assertEqual((1, "first", "second"), (args[0], *[one._extract_mock_name() for one in args[1:]]))
            self.assertEqual({"a", "door"}, kwargs.keys())
            self.assertEqual({"Garfield": 1, "Nermal": 2}, cats)
        self.assertEqual({"Garfield": 1}, CATS)

    async def test_on_top_of_unittest_mock(self):
        """Our patch may stand above and below unittest.mock's."""

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        @mock.patch(f"{HERE}.SIZE", "big")
        async def above():
            found = both()
            await asyncio.sleep(0)
            return found, both()

        @mock.patch(f"{HERE}.SIZE", "big")
        @patch(f"{HERE}.COLOUR", "black")
        async def below():
            return both()

        self.assertEqual((("black", "big"),) * 2, await above())
        self.assertEqual(("black", "big"), await below())
        self.assertEqual(("ginger", "small"), both())

    async def test_classes(self):
        """Classes are decorated by the names of their methods, whoever's prefix was set."""
        for which in (patch, mock.patch):
            with mock.patch.object(which, "TEST_PREFIX", "see"):

                @patch.dict(CATS, Nermal=2)
                @patch(f"{HERE}.COLOUR", "black")
                class Sees:
                    def see(self):
                        return seen(), len(CATS)

                    async def see_later(self):
                        return seen(), len(CATS)

                    def test(self):
                        return seen(), len(CATS)

            self.assertEqual(("black", 2), Sees().see())
            self.assertEqual(("black", 2), await Sees().see_later())
            self.assertEqual(("ginger", 1), Sees().test())

    async def test_errors(self):
        """An error in the body, or in a patch, leaves nothing patched."""

        @patch(f"{HERE}.SIZE", "big")
        @patch(f"{HERE}.COLOUR", "black")
        async def fails():
            raise KeyError(seen())

        @patch(f"{HERE}.nothing", "big")
        @patch(f"{HERE}.COLOUR", "black")
        async def cannot_be_patched():
            raise KeyError(seen())

        with self.assertRaisesRegex(KeyError, "black"):
            await fails()
        with self.assertRaises(AttributeError):
            await cannot_be_patched()
        self.assertEqual(("ginger", "small"), both())

    async def test_closed_generators(self):
        """A generator that is closed, or thrown into, leaves nothing patched, and sees the patch to its end."""
        found = []

        @patch(f"{HERE}.COLOUR", "black")
        def generator_function():
            try:
                yield
            finally:
                found.append(seen())

        @patch(f"{HERE}.COLOUR", "black")
        async def async_generator_function():
            try:
                yield 1
            except KeyError:
                found.append(seen())
                yield 2
            finally:
                await asyncio.sleep(0)
                found.append(seen())

        generator = generator_function()
        next(generator)
        generator.close()
        generator = async_generator_function()
        await generator.asend(None)
        await generator.aclose()
        generator = async_generator_function()
        await generator.asend(None)
        self.assertEqual(2, await generator.athrow(KeyError("cat")))
        self.assertEqual([], [item async for item in generator])
        self.assertEqual((["black"] * 4, "ginger"), (found, seen()))


class AsyncWithTests(AsyncTestCase):
    async def test_entered(self):
        """All patches can be entered with async with."""
        async with patch(f"{HERE}.COLOUR", "black") as new, patch.object(House, "door") as door:
            self.assertEqual(("black", "black"), (new, seen()))
            self.assertIs(House.door, door)
        async with patch.dict(CATS, Nermal=2), patch.multiple(HERE, SIZE="big"):
            self.assertEqual(({"Garfield": 1, "Nermal": 2}, "big"), (CATS, SIZE))
        self.assertEqual(("ginger", "small", {"Garfield": 1}), (*both(), CATS))


class ScopeTests(AsyncTestCase):
    # Test patches that hold while the body runs, and not while it waits.

    async def meanwhile(self, coroutine):
        """Say what others see while a coroutine waits, and what it gives."""
        task = asyncio.create_task(coroutine)
        await asyncio.sleep(0)
        seen_by_others = seen()
        return seen_by_others, await task

    async def test_coroutines(self):
        """With LIMITED others see the original while the coroutine waits; with GLOBAL they do not."""

        async def body():
            found = [seen()]
            for _ in range(2):
                await asyncio.sleep(0)
                found.append(seen())
            return found

        for scope, others in ((LIMITED, "ginger"), (GLOBAL, "black")):
            with self.subTest(scope=scope):
                decorated = patch(f"{HERE}.COLOUR", "black", scope=scope)(body)
                self.assertEqual((others, ["black"] * 3), await self.meanwhile(decorated()))
                self.assertEqual("ginger", seen())

    async def test_one_mock(self):
        """The mock is the same each time, and others may be patched at the same time."""

        @patch(f"{HERE}.COLOUR", scope=LIMITED)
        async def body(colour):
            for _ in range(3):
                self.assertIs(COLOUR, colour)
                await asyncio.sleep(0)
            return colour

        mocks = await asyncio.gather(*[body() for _ in range(3)])
        self.assertEqual(3, len(set(map(id, mocks))))
        self.assertEqual("ginger", seen())

    async def test_multiple_and_dict(self):
        """patch.multiple and patch.dict have scopes, and what the body changes is kept for it."""

        @patch.dict(CATS, {"Nermal": 2}, scope=LIMITED)
        @patch.multiple(HERE, COLOUR="black", SIZE="big", scope=LIMITED)
        async def body():
            CATS["Odie"] = 3
            del CATS["Garfield"]
            await asyncio.sleep(0)
            return both(), dict(CATS)

        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        self.assertEqual((("ginger", "small"), {"Garfield": 1}), (both(), CATS))
        CATS["Arlene"] = 4
        CATS["Odie"] = 5
        self.assertEqual((("black", "big"), {"Nermal": 2, "Odie": 3}), await task)
        self.assertEqual((("ginger", "small"), {"Garfield": 1, "Arlene": 4, "Odie": 5}), (both(), CATS))
        del CATS["Arlene"], CATS["Odie"]

    async def test_attributes_that_were_not_there(self):
        """What was created is gone while the body waits; what is inherited is not left behind."""

        class Kennel(House):
            pass

        @patch.object(Kennel, "door", "open", scope=LIMITED)
        @patch.object(Kennel, "dogs", 5, create=True, scope=LIMITED)
        async def body():
            await asyncio.sleep(0)
            return Kennel.dogs, Kennel.door

        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        self.assertEqual((False, "shut"), (hasattr(Kennel, "dogs"), Kennel.door))
        self.assertEqual((5, "open"), await task)
        self.assertEqual({"dogs", "door"} & vars(Kennel).keys(), set())

    async def test_slots(self):
        """A target without a dictionary can be patched, too."""

        class Slotted:
            __slots__ = ("colour",)

        cat = Slotted()
        cat.colour = "ginger"

        @patch.object(cat, "colour", "black", scope=LIMITED)
        async def body():
            await asyncio.sleep(0)
            return cat.colour

        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        self.assertEqual(("ginger", "black"), (cat.colour, await task))

    async def test_generators(self):
        """Generators are patched while they run, and not while they are suspended."""

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        def generator_function():
            sent = yield seen()
            try:
                yield sent, seen()
            except KeyError:
                yield seen()
            return seen()

        generator = generator_function()
        for step in (
            lambda: next(generator),
            lambda: generator.send(1),
            lambda: generator.throw(KeyError("cat")),
        ):
            self.assertIn("black", step())
            self.assertEqual("ginger", seen())
        with self.assertRaises(StopIteration):
            next(generator)
        self.assertEqual("ginger", seen())

    async def test_asynchronous_generators(self):
        """So are asynchronous ones, which are suspended in two ways."""

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        async def generate():
            for _ in range(2):
                await asyncio.sleep(0)
                yield seen()

        async def collect():
            found = []
            async for item in generate():
                found.append((item, seen()))
            return found

        others, found = await self.meanwhile(collect())
        self.assertEqual(("ginger", [("black", "ginger")] * 2), (others, found))

    async def test_cancelled(self):
        """A coroutine that is cancelled sees the patch to its end."""
        found = []

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        async def body():
            try:
                await asyncio.sleep(60)
            finally:
                found.append(seen())
                await asyncio.sleep(0)
                found.append(seen())

        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        self.assertEqual((True, ["black", "black"], "ginger"), (task.cancelled(), found, seen()))

    async def test_closed(self):
        """A coroutine that is closed sees the patch to its end, too."""
        found = []

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        async def body():
            try:
                await waits()
            finally:
                found.append(seen())

        @types.coroutine
        def waits():
            yield

        coroutine = body()
        coroutine.send(None)
        coroutine.close()
        self.assertEqual((["black"], "ginger"), (found, seen()))

    def test_refused(self):
        """A plain function never waits, and is refused."""

        def function():
            pass

        for patcher in (
            patch(f"{HERE}.COLOUR", scope=LIMITED),
            patch.dict(CATS, scope=LIMITED),
        ):
            with self.assertRaises(TypeError) as raised:
                patcher(function)
            self.assertEqual(
                "scope=LIMITED is for coroutine functions and generators, and "
                f"{function.__qualname__} is neither: leave the scope out",
                str(raised.exception),
            )
        with self.assertRaisesRegex(TypeError, "and <functools|and <built-in|and functools"):
            import functools

            patch(f"{HERE}.COLOUR", scope=LIMITED)(functools.partial(function))

    async def test_at_the_same_time(self):
        """Coroutines that patch the same at the same time leave the original, in whatever order they end."""

        @patch(f"{HERE}.COLOUR")
        async def body(name, gate, made):
            made.name = name
            await gate.wait()
            return made.name

        for order in itertools.permutations(range(3)):
            with self.subTest(order=order):
                gates = [asyncio.Event() for _ in order]
                bodies = [asyncio.create_task(body(name, gate)) for name, gate in enumerate(gates)]
                await asyncio.sleep(0)
                for number in order:
                    self.assertIsInstance(seen(), MagicMock)
                    gates[number].set()
                    self.assertEqual(number, await bodies[number])
                self.assertEqual("ginger", seen())

    async def test_the_last_one_holds(self):
        """The end of a patch changes nothing for one that came later; also where a base has the original."""

        class Cat:
            legs = 4

        class Tom(Cat):
            pass

        first, second = patch.object(Tom, "legs", 5), patch.multiple(Tom, legs=DEFAULT)
        first.start()
        made = second.start()["legs"]
        first.stop()
        self.assertIs(made, Tom.legs)
        second.stop()
        self.assertEqual(4, Tom.legs)
        self.assertNotIn("legs", vars(Tom))
        self.assertIsNone(first.stop())

    async def test_cannot_begin(self):
        """A patch of several things that cannot begin leaves all as it was, whoever else patches them."""
        for others in ((), ("black",)):
            with self.subTest(others=others), contextlib.ExitStack() as stack:
                for other in others:
                    stack.enter_context(patch.object(House, "door", other))
                before = House.door
                for _ in range(2):
                    with self.assertRaisesRegex(AttributeError, "does not have the attribute 'window'"):
                        with patch.multiple(House, door="open", window="open"):
                            self.fail("it has begun")
                    self.assertEqual(before, House.door)
            self.assertEqual("shut", House.door)
            self.assertNotIn((id(House), "door"), patching._ENTERED)

    async def test_unittest_mock_between(self):
        """With a patch of unittest.mock's between two of ours, each does as it would alone."""
        patches = [patcher(f"{HERE}.COLOUR", number) for number, patcher in enumerate((patch, mock.patch, patch))]
        for one in patches:
            one.start()
        patches[0].stop()
        self.assertEqual("ginger", seen())
        patches[2].stop()
        patches[1].stop()
        self.assertEqual(0, seen())
        self.addCleanup(setattr, sys.modules[__name__], "COLOUR", "ginger")

    async def test_limited_among_others(self):
        """What others patch while a limited one waits is theirs afterwards."""

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        async def body():
            await asyncio.sleep(0)
            return seen()

        looking = asyncio.create_task(body())
        await asyncio.sleep(0)
        with patch(f"{HERE}.COLOUR", "white"):
            self.assertEqual("black", await looking)
            self.assertEqual("white", seen())
        self.assertEqual("ginger", seen())

    async def test_others_end_while_a_limited_one_waits(self):
        """What ends meanwhile puts back the original, and it is the original afterwards."""
        gate = asyncio.Event()

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        async def body():
            await gate.wait()
            return seen()

        with patch(f"{HERE}.COLOUR", "white"):
            looking = asyncio.create_task(body())
            await asyncio.sleep(0)
            self.assertEqual("white", seen())
        self.assertEqual("ginger", seen())
        gate.set()
        self.assertEqual("black", await looking)
        self.assertEqual("ginger", seen())
        self.assertNotIn((id(sys.modules[HERE]), "COLOUR"), patching._ENTERED)

    def test_a_mock_is_gone_with_its_patch(self):
        """What is decorated keeps nothing of what it was patched with."""

        @patch(f"{HERE}.COLOUR")
        def body(made):
            return weakref.ref(made)

        made = body()
        gc.collect()
        self.assertIsNone(made())

    async def test_classes_with_scope(self):
        """The scope of a decorated class is that of its tests, and those that never wait are patched."""

        @patch.dict(CATS, Nermal=2, scope=LIMITED)
        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        class Cats:
            async def test_later(self):
                found = [(seen(), "Nermal" in CATS)]
                await asyncio.sleep(0)
                return [*found, (seen(), "Nermal" in CATS)]

            def test_now(self):
                return seen(), "Nermal" in CATS

            test_number = 1

        looking = asyncio.create_task(Cats().test_later())
        await asyncio.sleep(0)
        self.assertEqual(("ginger", False), (seen(), "Nermal" in CATS))
        self.assertEqual([("black", True)] * 2, await looking)
        self.assertEqual((("black", True), 1), (Cats().test_now(), Cats.test_number))
        self.assertEqual(("ginger", False), (seen(), "Nermal" in CATS))

    def test_other_scopes(self):
        """A scope that is not ours is the mock's."""
        with patch(f"{HERE}.COLOUR", scope="yard") as made:
            self.assertEqual("yard", made.scope)
        with patch.dict(CATS, scope="yard"):
            self.assertEqual("yard", CATS["scope"])

    async def test_test_methods(self):
        """Test methods are patched, with a class decorated, too."""

        @patch(f"{HERE}.COLOUR", "black", scope=LIMITED)
        class Tests(AsyncTestCase):
            async def test(self):
                self.assertEqual("black", seen())

        result = unittest.TestResult()
        await asyncio.to_thread(Tests("test").run, result)
        self.assertTrue(result.wasSuccessful(), result.failures + result.errors)


if __name__ == "__main__":
    unittest.main()
