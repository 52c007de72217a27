"""Tests of asynctesting.mocks.specs."""

import abc
import asyncio
import enum
import functools
import gc
import inspect
import unittest
import warnings
import weakref
from unittest import mock

from asynctesting.mocks import specs
from asynctesting.mocks.specs import calls_async, generates_async, plan_of, static


async def feed(what=None):
    return what


def meow():
    return "meow"


async def meals():
    yield "tuna"


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def run_in_a_loop(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return asyncio.run(function(*args, **kwargs))

    return wrapper


def synchronised(run):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return run(function(*args, **kwargs))

        return wrapper

    return decorate


class Feeder:
    async def __call__(self):
        pass

    async def method(self):
        pass

    @staticmethod
    async def static():
        pass

    @classmethod
    async def of_class(cls):
        pass

    def sync(self):
        pass

    partial = functools.partialmethod(method)
    sync_partial = functools.partialmethod(sync)
    decorated = decorated(method)
    cached = functools.lru_cache(method)
    run = run_in_a_loop(method)

    @property
    def prop(self):
        raise AssertionError("a property was run")


class Caller:
    def __call__(self):
        pass


class Wrapper:
    """As some libraries make synchronous callables of asynchronous ones."""

    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self):
        return asyncio.run(self.__wrapped__())


class ColourTests(unittest.TestCase):
    def test_asynchronous(self):
        """What gives a coroutine is seen, however it is wrapped."""
        feeder = Feeder()
        for thing in (
            feed,
            feeder,
            feeder.method,
            Feeder.method,
            Feeder.static,
            Feeder.of_class,
            Feeder.__dict__["static"],
            Feeder.__dict__["of_class"],
            Feeder.__dict__["partial"],
            Feeder.partial,
            feeder.partial,
            Feeder.decorated,
            feeder.decorated,
            Feeder.cached,
            functools.partial(feed, 1),
            functools.partial(feeder, 1),
            functools.partial(functools.partial(feed), 1),
            mock.AsyncMock(),
            mock.AsyncMock(spec=meow),
            mock.create_autospec(feed),
        ):
            with self.subTest(thing=thing):
                self.assertTrue(calls_async(thing))

    def test_synchronous(self):
        """What gives no coroutine is not taken for one that does."""
        for thing in (
            meow,
            meals,
            decorated(meow),
            decorated(meals),
            Feeder,
            Feeder().sync,
            Feeder.sync_partial,
            Feeder.prop,
            Feeder.run,
            run_in_a_loop(feed),
            synchronised(asyncio.run)(feed),
            Wrapper(feed),
            Caller(),
            functools.partial(meow),
            functools.lru_cache(meow),
            mock.Mock(),
            mock.AsyncMock,
            None,
            1,
            object(),
        ):
            with self.subTest(thing=thing):
                self.assertFalse(calls_async(thing))

    def test_generator_that_wraps(self):
        """A generator function is one, whatever it wraps."""

        @functools.wraps(feed)
        def generate():
            yield

        self.assertFalse(calls_async(generate))

    def test_circle(self):
        """Things that wrap each other are not followed for ever."""
        one, two = decorated(meow), decorated(meow)
        one.__wrapped__, two.__wrapped__ = two, one
        self.assertFalse(calls_async(one))

    @unittest.skipUnless(hasattr(inspect, "markcoroutinefunction"), "from 3.12 on")
    def test_marked(self):
        """What is marked as a coroutine function is one."""

        def function():
            pass

        caller = Caller()
        for thing in (function, caller):
            self.assertFalse(calls_async(thing))
            inspect.markcoroutinefunction(thing)
            self.assertTrue(calls_async(thing))

    def test_generators(self):
        """Asynchronous generator functions are seen through partials and methods."""

        class Cats:
            async def meals(self):
                yield

        for thing in (meals, functools.partial(meals), Cats().meals, Cats.meals):
            self.assertTrue(generates_async(thing))
        for thing in (feed, meow, Cats, mock.MagicMock(spec=Cats().meals), functools.partial(feed)):
            self.assertFalse(generates_async(thing))


class PlanTests(unittest.TestCase):
    def test_found(self):
        """A class is looked through, and no property of it is run."""
        for spec in (Feeder, Feeder()):
            plan = plan_of(spec)
            self.assertEqual(dir(spec), plan.names)
            self.assertEqual(
                ["__call__", "cached", "decorated", "method", "of_class", "partial", "static"],
                plan.asyncs,
            )
            self.assertIn("__hash__", plan.magics)
            self.assertNotIn("__len__", plan.magics)

    def test_kept(self):
        """It is looked through once, and again when it has changed."""

        class Cat:
            pass

        class Kitten(Cat):
            pass

        seen = plan_of(Kitten)
        self.assertIs(seen, plan_of(Kitten))
        for change in (
            lambda: setattr(Kitten, "feed", feed),
            lambda: setattr(Kitten, "feed", meow),
            lambda: setattr(Kitten, "feed", staticmethod(feed)),
            lambda: delattr(Kitten, "feed"),
            lambda: setattr(Cat, "feed", feed),
            lambda: setattr(Cat, "colour", 1),
            lambda: setattr(Cat, "colour", 2),
            lambda: setattr(Kitten, "__bases__", (Caller,)),
        ):
            change()
            with self.subTest(plan=seen.asyncs):
                self.assertIsNot(seen, plan_of(Kitten))
                seen = plan_of(Kitten)
                self.assertEqual(["feed"] * calls_async(static(Kitten, "feed")), seen.asyncs)
                self.assertIs(seen, plan_of(Kitten))

    def test_replaced_again_and_again(self):
        """A method that is replaced is seen, though the new one may be where the old one was."""

        class Cat:
            pass

        for number in range(100):
            Cat.feed = eval("Feeder.method.__get__(Feeder())" if number % 2 else "lambda self: 1")
            self.assertEqual(["feed"] * (number % 2), plan_of(Cat).asyncs)

    def test_changed_within(self):
        """A plan is made again if what stands in the class became asynchronous where it stands."""

        class Purr:
            def __call__(self):
                pass

        def plain(self):
            pass

        async def waiting(self):
            pass

        def decorated():
            @functools.wraps(plain)
            def around(*args):
                return around.__wrapped__(*args)

            return around

        class Cat:
            purr = Purr()
            meow = decorated()
            eat = functools.partialmethod(decorated())
            nap = staticmethod(lambda: None)

            def feed(self):
                pass

            join = str.join

        def change(name):
            if name == "purr":
                Purr.__call__ = waiting
            elif name == "meow":
                Cat.meow.__wrapped__ = waiting
            elif name == "eat":
                vars(Cat)["eat"].func.__wrapped__ = waiting
            elif name == "nap":
                Cat.nap.__code__ = waiting.__code__
            else:
                Cat.feed.__code__ = waiting.__code__

        names = ["purr", "meow", "eat", "nap", "feed"]
        for number, name in enumerate(names):
            with self.subTest(name=name):
                plan = plan_of(Cat)
                self.assertEqual(sorted(names[:number]), plan.asyncs)
                self.assertIs(plan, plan_of(Cat))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # 3.13 does not like other kinds of code
                    change(name)
                self.assertEqual(sorted(names[: number + 1]), plan_of(Cat).asyncs)

    def test_function(self):
        """A function is looked through again if its code or its attributes have changed."""

        def cat():
            pass

        seen = plan_of(cat)
        self.assertIs(seen, plan_of(cat))
        cat.feed = feed
        self.assertEqual(["feed"], plan_of(cat).asyncs)
        seen = plan_of(cat)
        cat.__code__ = meow.__code__
        self.assertIsNot(seen, plan_of(cat))

    def test_nothing_is_kept_alive(self):
        """A class that nobody uses any more is gone, and so is what is known of it."""

        class Cat:
            async def feed(self):
                return __class__

        plan_of(Cat)
        key, gone = id(Cat), weakref.ref(Cat)
        self.assertIn(key, specs._PLANS)
        del Cat
        gc.collect()
        self.assertIsNone(gone())
        self.assertNotIn(key, specs._PLANS)

    def test_what_is_known_of_another(self):
        """What is known of a class is not forgotten because another had its id."""
        plan_of(Feeder)
        specs._forget(id(Feeder), weakref.ref(Caller))
        self.assertIn(id(Feeder), specs._PLANS)

    def test_classes_that_answer_themselves(self):
        """A class whose metaclass says what it has is looked through each time; others are not."""

        class Meta(type):
            def __dir__(cls):
                return ["feed", "there"]

            def __getattr__(cls, name):
                return feed

        class Cat(metaclass=Meta):
            async def feed(self):
                pass

        plan = plan_of(Cat)
        self.assertEqual((["feed", "there"], ["feed"]), (sorted(plan.names), plan.asyncs))
        self.assertIsNot(plan, plan_of(Cat))
        for spec, is_kept in (
            (enum.Enum, False),
            (abc.ABC, True),
            (Feeder(), False),
            (1, False),
        ):
            with self.subTest(spec=spec):
                self.assertEqual(is_kept, plan_of(spec) is plan_of(spec))

    def test_attributes_of_an_instance(self):
        """An instance may have what its class has not, and what says it has attributes is believed."""
        cat = Caller()
        cat.feed = feed
        self.assertEqual(["feed"], plan_of(cat).asyncs)

        class Odd:
            __dict__ = 5

        self.assertEqual([], plan_of(Odd()).asyncs)
        self.assertIsNone(static(Odd, "feed"))

    def test_attributes_that_tell_no_class(self):
        """An attribute is not asked what it is, as a proxy of what is not there yet."""

        class Proxy:
            def __call__(self):
                pass

            @property
            def __class__(self):
                raise RuntimeError("there is no request")

        class Cat:
            request = Proxy()

        plan = plan_of(Cat)
        self.assertEqual([], plan.asyncs)
        self.assertIs(plan, plan_of(Cat))


if __name__ == "__main__":
    unittest.main()
