"""Tests of asynctesting.checks.bytecode: what is to be cleaned up, and what is caught."""

import asyncio
import contextlib
import unittest

from asynctesting.checks.bytecode import catches_all, has_cleanup


class Manager:
    async def __aenter__(self):
        pass

    async def __aexit__(self, *exc_info):
        pass


async def nothing():
    yield 1


async def in_a_loop():
    for number in range(3):
        yield number


async def over_another():
    async for number in nothing():
        yield number


async def after_an_await():
    with contextlib.suppress(ValueError):
        pass
    numbers = [number async for number in nothing()]
    await asyncio.sleep(0)
    yield [number for number in numbers]


async def in_try_except():
    try:
        yield 1
    except (ValueError, asyncio.CancelledError) as error:
        print(error)
    except KeyError:
        raise


async def in_try_except_star():
    try:
        yield 1
    except* ValueError:
        print("cat")


async def in_the_else():
    try:
        pass
    except ValueError:
        pass
    else:
        yield 1


async def after_finally():
    try:
        pass
    finally:
        print("cat")
    yield 1


async def with_an_empty_finally():
    try:
        yield 1
    finally:
        pass


async def in_with():
    with contextlib.suppress(ValueError):
        yield 1


async def in_async_with():
    async with Manager():
        yield 1


async def in_try_finally():
    try:
        yield 1
    finally:
        print("cat")


async def in_try_finally_that_binds():
    cat = None
    try:
        yield 1
    finally:
        cat = []
        print(cat)


async def in_try_except_finally():
    try:
        yield 1
    except ValueError:
        pass
    finally:
        await asyncio.sleep(0)


async def in_an_except_of_a_finally():
    try:
        try:
            raise ValueError
        except ValueError:
            yield 1
    finally:
        print("cat")


async def in_a_loop_in_with():
    with contextlib.suppress(ValueError):
        async for number in nothing():
            yield number


async def in_try_bare_except():
    try:
        yield 1
    except:  # noqa: E722
        print("cat")
        raise


async def in_try_base_exception():
    try:
        yield 1
    except BaseException:
        print("cat")
        raise


async def in_try_generator_exit():
    try:
        yield 1
    except ValueError:
        pass
    except (KeyError, GeneratorExit):
        print("cat")


class CleanupTests(unittest.IsolatedAsyncioTestCase):
    async def told(self, function):
        generator = function()
        await anext(generator)
        try:
            return has_cleanup(generator.ag_code, generator.ag_frame.f_lasti)
        finally:
            with contextlib.redirect_stdout(None):
                await generator.aclose()

    async def test_nothing_to_clean_up(self):
        """Where an error would only pass, or is of another kind, closing runs nothing."""
        for function in (
            nothing,
            in_a_loop,
            over_another,
            after_an_await,
            in_try_except,
            in_try_except_star,
            in_the_else,
            after_finally,
            with_an_empty_finally,
        ):
            with self.subTest(function=function.__name__):
                self.assertIs(False, await self.told(function))

    async def test_something_to_clean_up(self):
        """A `with`, a `finally`, and an `except` that catches what closes a generator, run."""
        for function in (
            in_with,
            in_async_with,
            in_try_finally,
            in_try_finally_that_binds,
            in_try_except_finally,
            in_an_except_of_a_finally,
            in_a_loop_in_with,
            in_try_bare_except,
            in_try_base_exception,
            in_try_generator_exit,
        ):
            with self.subTest(function=function.__name__):
                self.assertIs(True, await self.told(function))


class CatchesTests(unittest.TestCase):
    """What catches whatever goes wrong where a function stands; see TESTED."""

    def test_what_is_caught(self):
        """Only a bare `except`, or one that names Exception or BaseException, catches all."""
        for function, expected in TESTED:
            with self.subTest(function=function.__name__):
                generator = function()
                next(generator)
                frame = generator.gi_frame
                self.assertIs(expected, catches_all(frame.f_code, frame.f_lasti))
                generator.close()


def uncaught():
    yield 1


def caught_bare():
    try:
        yield 1
    except:  # noqa: E722
        print("cat")


def caught_as_exception():
    try:
        yield 1
    except Exception:
        print("cat")


def caught_as_the_second():
    try:
        yield 1
    except ValueError:
        raise
    except (KeyError, Exception) as error:
        print(error)


def caught_as_base_exception():
    try:
        yield 1
    except BaseException as error:
        print(error)


def caught_around():
    try:
        with contextlib.suppress(ValueError):
            yield 1
    except Exception:
        print("cat")


def caught_as_another():
    try:
        yield 1
    except ValueError:
        print("cat")


def cleaned_up():
    try:
        yield 1
    finally:
        print("cat")


TESTED = (
    (uncaught, False),
    (caught_bare, True),
    (caught_as_exception, True),
    (caught_as_the_second, True),
    (caught_as_base_exception, True),
    (caught_around, True),
    (caught_as_another, False),
    (cleaned_up, False),
)
