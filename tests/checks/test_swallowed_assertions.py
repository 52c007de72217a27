"""Tests of asynctesting.checks.swallowed_assertions: an assertion failed, and nobody heard."""

import asyncio
import contextlib
import dis
import gc
import inspect
import os
import sys
import textwrap
import threading
import types
import unittest
import weakref
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks import Closing, Subject
from asynctesting.checks import swallowed_assertions as module
from asynctesting.checks.swallowed_assertions import (
    _MONITOR,
    DELIBERATE,
    FailureException,
    SwallowedAssertion,
    told,
)
from asynctesting.mocks import kinds
from tests.support import live, python, scene


HERE = os.path.relpath(__file__)
if HERE.startswith(os.pardir):
    HERE = __file__

MONITORED = sys.version_info >= (3, 12)

needs_monitoring = unittest.skipUnless(MONITORED, "there is no sys.monitoring")

FACT = "an assertion failed, and was swallowed"

LONG = "\n".join(map(str, range(99)))

#: Errors after which the code under test tries again.
RETRYABLE = (ValueError, AssertionError)

ONLY = {"swallowed-assertion": "fail", "loop-error": "fail"}


def swallow(function, *args):
    """Stand for the code under test."""
    try:
        function(*args)
    except Exception:
        pass


async def swallow_async(awaitable):
    """Stand for the code under test."""
    try:
        return await awaitable
    except Exception:
        pass


def retry(function):
    """Stand for the code under test: try three times, and assert that it held."""
    for _ in "cat":
        try:
            return function()
        except Exception:
            last = function
    last = None
    assert last


def poll(function):
    """Stand for the code under test: try until it holds."""
    while True:
        try:
            return function()
        except Exception:
            pass


def check_that(value):
    """Stand for a fake that asserts."""
    assert value


def refuse():
    """Stand for a fake that must not be called."""
    raise AssertionError("no")


def break_down():
    """Stand for a fake that raises any other error."""
    raise ValueError("cat")


def go_on(value):
    """Stand for a function that does nothing special."""
    return value


def expect(function):
    """Stand for code that expects an assertion to fail."""
    try:
        function()
    except AssertionError:
        pass


def find(code, name, which=-1):
    """Give the offset of one of the instructions of this *name*, and where it jumps to, if it does."""
    found = [(one.offset, one.argval) for one in dis.get_instructions(code) if one.opname == name]
    return found[which]


def line_of(function, after):
    """Give the line that stands so many lines *after* the ``def``."""
    return function.__code__.co_firstlineno + after


def stand_in(code, back=None, *, name=__name__, offset=0, **names):
    """Stand for a frame of *code*, in a module of this *name*, that *back* has called."""
    return types.SimpleNamespace(
        f_code=code,
        f_back=back,
        f_globals={"__name__": name, **names},
        f_lasti=offset,
        f_lineno=code.co_firstlineno,
        f_locals={},
    )


def called(code, name):
    """Give *code* another name."""
    return code.replace(co_name=name)


class SwallowTestCase(unittest.TestCase):
    def live(self, test, *, result=None, **options):
        """Run *test* as a test, and give its outcome and what was told."""
        if inspect.iscoroutinefunction(test):

            class Tests(AsyncTestCase, **{"checks": ONLY, **options}):
                async def test_cat(self):
                    await test(self)

        else:

            class Tests(AsyncTestCase, **{"checks": ONLY, **options}):
                def test_cat(self):
                    test(self)

        result = live(Tests, result)
        return result.outcome, "\n".join(str(error) for error in result.raised)

    def assertSwallowed(self, test, message, *, function=None, **options):
        outcome, text = self.live(test, **options)
        self.assertEqual("failure", outcome, text)
        self.assertIn(f"{FACT}: {message} [swallowed-assertion]\n", text)
        self.assertEqual(1, text.count("[swallowed-assertion]"), text)
        if function is not None:
            self.assertIn(f"\n  {HERE}:", text)
            self.assertIn(f", in {function}\n", text)
        return text

    def assertHealthy(self, *tests, **options):
        for test in tests:
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.live(test, **options))


#: By its name, a function that has one of these expects that an assertion fails.
EXPECTED = (AssertionError,)


def successor(address):
    """Give an error that is where another one was."""
    others = []
    for _ in range(10_000):
        others.append(AssertionError("expected"))
        if id(others[-1]) == address:
            return others.pop()
    return None


def pass_over(error):
    with contextlib.suppress(*EXPECTED):
        raise error


class FaultTests(SwallowTestCase):
    @needs_monitoring
    def test_an_error_at_the_address_of_another(self):
        """What becomes of it says nothing of the one that was there before."""
        found = []

        async def test(case):
            try:
                case.fail("cat")
            except Exception as error:
                address = id(error)
            found.append(successor(address))
            if found[0] is not None:
                pass_over(found[0])

        self.assertSwallowed(test, "AssertionError: cat", function="test")
        self.assertIsNotNone(found[0], "the address was not used again")

    def test_the_code_under_test_swallows_it(self):
        """The finding names the assertion, and the lines which swallowed it if that is known."""

        async def test(case):
            def fake(value):
                case.assertEqual(1, value)

            swallow(fake, 2)

        text = self.assertSwallowed(test, "AssertionError: 1 != 2", function="fake")

        where = f"  {HERE}:{test.__code__.co_firstlineno + 2}, in fake\n"
        self.assertIn(f"{where}    case.assertEqual(1, value)\n", text)
        if MONITORED:
            caught = f"  it was swallowed at {HERE}:{swallow.__code__.co_firstlineno + 4}, in swallow\n"
            self.assertIn(f"{caught}    except Exception:\n", text)
            self.assertIn("cure: let it through: catch only what you expect there, or note", text)

    def test_gather_whose_results_nobody_looks_at(self):
        """Each child fails in silence."""

        async def test(case):
            async def child():
                case.assertEqual(1, 2)

            await asyncio.gather(child(), return_exceptions=True)

        text = self.assertSwallowed(test, "AssertionError: 1 != 2", function="child")

        self.assertIn("look at the results of\n        gather(..., return_exceptions=True)", text)

    def test_an_error_that_was_meant_for_another(self):
        """A group, or anything that has it among its bases, matches an assertion as well."""

        async def child(case):
            case.fail("cat")

        async def group(case):
            with case.assertRaises(ExceptionGroup):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(child(case))

        async def star(case):
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(child(case))
            except* Exception:
                pass

        async def any_exception(case):
            with case.assertRaises(Exception):
                await child(case)

        async def suppressed(case):
            with contextlib.suppress(Exception):
                await child(case)

        async def awaited(case):
            await swallow_async(asyncio.create_task(child(case)))

        async def awaited_later(case):
            task = asyncio.create_task(child(case))
            await asyncio.wait([task])
            await swallow_async(task)

        for test in (group, star, any_exception, suppressed, awaited, awaited_later):
            with self.subTest(test=test.__name__):
                self.assertSwallowed(test, "AssertionError: cat", function="child")

    def test_a_synchronous_test_and_each_stage(self):
        """A test answers for the whole of its life."""

        def test(case):
            swallow(case.assertTrue, 0)

        def cleanup(case):
            case.addCleanup(swallow, lambda: case.assertTrue(0))

        self.assertSwallowed(test, "AssertionError: 0 is not true")
        self.assertSwallowed(cleanup, "AssertionError: 0 is not true")

    def test_the_side_effect_of_a_mock(self):
        """It is code of the test."""

        async def test(case):
            fake = mock.AsyncMock(side_effect=lambda: case.fail("cat"))
            await swallow_async(fake())

        self.assertSwallowed(test, "AssertionError: cat", function="<lambda>")

    def test_a_callback_in_which_it_is_swallowed(self):
        """The loop has nothing to tell of it."""

        async def test(case):
            asyncio.get_running_loop().call_soon(swallow, case.fail, "cat")
            await asyncio.sleep(0)

        self.assertSwallowed(test, "AssertionError: cat", function="swallow")

    def test_a_loop_over_many_things(self):
        """It goes through all of them, and tries none again."""

        async def test(case):
            for number in range(2):
                with contextlib.suppress(Exception):
                    case.assertEqual(number, 0)

        self.assertSwallowed(test, "AssertionError: 1 != 0", function="test")

    @needs_monitoring
    def test_a_loop_that_never_comes_back_to_it(self):
        """Waiting for the next message is no second attempt."""

        async def test(case):
            async def consume():
                while True:
                    message = await queue.get()
                    with contextlib.suppress(Exception):
                        case.assertEqual("cat", message)
                    queue.task_done()

            queue = asyncio.Queue()
            consumer = asyncio.create_task(consume())
            queue.put_nowait("dog")
            await queue.join()
            consumer.cancel()
            await asyncio.wait([consumer])

        self.assertSwallowed(test, "AssertionError: 'cat' != 'dog'", function="consume")

    @needs_monitoring
    def test_what_was_tried_again_in_vain(self):
        """The last attempt counts."""

        async def test(case):
            async def eventually():
                for _ in range(3):
                    try:
                        return case.fail("cat")
                    except Exception as error:
                        last = error
                raise last

            await swallow_async(eventually())

        self.assertSwallowed(test, "AssertionError: cat", function="eventually")

    @needs_monitoring
    def test_an_assert_statement(self):
        """It needs no method."""

        async def test(case):
            def fake(value):
                assert value == 1, "cat"

            swallow(fake, 2)

        self.assertSwallowed(test, "AssertionError: cat", function="fake")

    @needs_monitoring
    def test_an_assert_statement_without_a_message(self):
        """The line itself says what it is."""

        async def test(case):
            def fake(value):
                assert value == 1

            swallow(fake, 2)

        outcome, text = self.live(test)

        self.assertEqual("failure", outcome)
        self.assertTrue(text.startswith(f"{FACT}: AssertionError"))  # pytest has words for it
        self.assertIn("    assert value == 1\n", text)

    @needs_monitoring
    def test_an_assertion_spelled_out(self):
        """It is what a fake has that must not be called."""

        async def test(case):
            async def fake():
                raise AssertionError("must not be called")

            await asyncio.gather(fake(), return_exceptions=True)

        self.assertSwallowed(test, "AssertionError: must not be called", function="fake")

    @needs_monitoring
    def test_the_assertions_of_a_mock(self):
        """They are the test's if the test calls them."""

        async def test(case):
            with contextlib.suppress(Exception):
                mock.Mock(name="cat").assert_called_once()

        text = self.assertSwallowed(
            test,
            "AssertionError: Expected 'cat' to have been called once. Called 0 times.",
            function="test",
        )
        self.assertIn("assert_called_once()", text)

    @needs_monitoring
    def test_what_is_wrapped_in_another_error(self):
        """The test then passes for the wrong reason."""

        def wrap(function):
            try:
                function()
            except Exception as error:
                raise RuntimeError from error

        async def test(case):
            with case.assertRaises(RuntimeError):
                wrap(lambda: case.fail("cat"))

        self.assertSwallowed(test, "AssertionError: cat")

    def test_a_long_message_is_told_in_full(self):
        """The first line is the fact, and the rest follows."""

        async def test(case):
            swallow(case.fail, LONG)

        text = self.assertSwallowed(test, "AssertionError: 0")

        self.assertIn("  11\n  12\n" + "".join(f"  {n}\n" for n in range(13, 99)), text)

    def test_a_message_that_cannot_be_shown(self):
        """The failure is told all the same."""

        class Broken:
            def __str__(self):
                raise ValueError

        async def test(case):
            swallow(case.fail, Broken())

        self.assertSwallowed(test, "AssertionError: <its message cannot be shown>")

    def test_it_can_be_turned_off(self):
        """By its id, as each check."""

        async def test(case):
            swallow(case.fail)

        self.assertHealthy(test, checks={"swallowed-assertion": "ignore"})
        self.assertHealthy(test, checks="off")

    def test_the_loop_of_a_class(self):
        """A life that is a guest on a loop has its own findings."""

        class Tests(AsyncTestCase, checks=ONLY, loop_scope="class"):
            async def test_1(self):
                pass

            async def test_2(self):
                await asyncio.gather(self.child(), return_exceptions=True)

            async def test_3(self):
                pass

            async def child(self):
                self.fail("cat")

        self.assertEqual(
            [("test_1", "success"), ("test_2", "failure"), ("test_3", "success")],
            live(Tests).told,
        )

    def test_a_task_of_the_class_is_no_tests(self):
        """What it asserts belongs to none of them."""

        class Tests(AsyncTestCase, checks=ONLY, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.asked = asyncio.Event()
                cls.task = asyncio.create_task(cls.serve())

            @classmethod
            async def serve(cls):
                await cls.asked.wait()
                swallow(cls.case.assertTrue, 0)
                cls.case.done = True

            @classmethod
            async def asyncTearDownClass(cls):
                await cls.task

            async def test_cat(self):
                type(self).case = self
                self.asked.set()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                self.assertTrue(self.done)

        result = live(Tests)
        self.assertEqual([("test_cat", "success")], result.told, result.text)


class HealthyTests(SwallowTestCase):
    def test_what_is_tried_again(self):
        """What failed at first was not so yet."""

        async def in_a_loop(case):
            tries = 0
            while True:
                try:
                    tries += 1
                    case.assertEqual(3, tries)
                    break
                except Exception:
                    await asyncio.sleep(0)

        async def in_a_for_loop(case):
            for tries in range(5):
                try:
                    if tries < 3:
                        case.fail("not yet")
                    break
                except Exception:
                    await asyncio.sleep(0)

        async def as_often_as_it_says(case):
            left = [1, 2]
            for _ in range(5):
                with contextlib.suppress(Exception):
                    case.assertEqual([], left)
                del left[:1]

        async def until_it_is_done(case):
            done = False
            for tries in range(5):
                if done:
                    continue
                with contextlib.suppress(Exception):
                    case.assertLess(2, tries)
                    done = True

        async def with_a_mock(case):
            called = mock.Mock()
            for tries in range(3):
                try:
                    called.assert_called_once()
                except Exception:
                    called()

        async def with_a_condition(case):
            tries = []

            def check():
                tries.append(1)
                if len(tries) < 3:
                    case.fail("not yet")

            async def eventually(function):
                for _ in range(9):
                    if swallows(function):
                        return
                    await asyncio.sleep(0)

            await eventually(check)

        async def with_a_statement(case):
            tries = []

            def check():
                tries.append(1)
                assert (
                    len(tries)
                    == 3
                ), "not yet"  # fmt: skip

            while not swallows(check):
                await asyncio.sleep(0)

        async def in_tasks(case):
            tries = []

            async def check():
                tries.append(1)
                case.assertGreater(len(tries), 2)

            while True:
                try:
                    await asyncio.wait_for(asyncio.create_task(check()), 5)
                    break
                except Exception:
                    await asyncio.sleep(0)

        async def by_a_deeper_function(case):
            tries = []

            def not_yet():
                case.fail("not yet")

            def check():
                tries.append(1)
                if len(tries) < 3:
                    not_yet()

            while not swallows(check):
                await asyncio.sleep(0)

        async def over_an_async_iterator(case):
            async def attempts():
                for number in range(3):
                    yield number

            async for number in attempts():
                try:
                    case.assertEqual(2, number)
                except Exception:
                    continue

        async def by_recursion(case):
            async def attempt(left):
                try:
                    case.assertEqual(3, left)
                except Exception:
                    await attempt(left - 1)

            await attempt(5)

        async def for_ever(case):
            async def watch():
                while True:
                    turns.append(1)
                    try:
                        if len(turns) < 3:
                            case.fail("not yet")
                    except Exception:
                        pass
                    await asyncio.sleep(0)

            turns = []
            watcher = asyncio.create_task(watch())
            while len(turns) < 5:
                await asyncio.sleep(0)
            watcher.cancel()
            await asyncio.wait([watcher])

        def swallows(function):
            try:
                function()
            except Exception:
                return False
            return True

        self.assertHealthy(
            in_a_loop,
            in_a_for_loop,
            as_often_as_it_says,
            until_it_is_done,
            with_a_mock,
            with_a_condition,
            with_a_statement,
            in_tasks,
            by_a_deeper_function,
            over_an_async_iterator,
            for_ever,
            by_recursion,
        )

    @needs_monitoring
    def test_what_is_tried_again_without_a_loop(self):
        """A function that is called once more, and returns, has held."""

        async def test(case):
            tries = []
            done = asyncio.Event()

            def poll():
                try:
                    tries.append(1)
                    if len(tries) < 3:
                        case.fail("not yet")
                except Exception:
                    asyncio.get_running_loop().call_soon(poll)
                else:
                    done.set()

            poll()
            await done.wait()

        self.assertHealthy(test)

    def test_what_is_expected(self):
        """Whoever names the error means it."""

        def boom(case):
            case.fail("boom")

        async def child(case):
            boom(case)

        async def by_a_block(case):
            with case.assertRaises(AssertionError):
                boom(case)
            with case.assertRaisesRegex(AssertionError, "boom"):
                await child(case)
            with case.assertRaises(case.failureException):
                await asyncio.create_task(child(case))

        async def by_a_call(case):
            case.assertRaises(AssertionError, boom, case)

        async def by_except(case):
            try:
                boom(case)
            except AssertionError:
                pass
            try:
                await child(case)
            except (ValueError, case.failureException):
                pass

        async def in_the_same_function(case):
            try:
                case.fail("boom")
            except AssertionError:
                pass

        async def suppressed(case):
            with contextlib.suppress(AssertionError):
                boom(case)

        async def by_another_name(case):
            try:
                boom(case)
            except RETRYABLE:
                pass

        async def results(case):
            (result,) = await asyncio.gather(child(case), return_exceptions=True)
            case.assertIsInstance(result, AssertionError)

        async def words(case):
            (result,) = await asyncio.gather(child(case), return_exceptions=True)
            case.assertEqual("boom", str(result))

        async def some(case):
            found = await asyncio.gather(child(case), return_exceptions=True)
            case.assertEqual(1, len([one for one in found if isinstance(one, Exception)]))

        async def of_a_task(case):
            task = asyncio.create_task(child(case))
            await asyncio.wait([task])
            case.assertIsNotNone(task.exception())

        async def of_a_group(case):
            with case.assertRaises(ExceptionGroup) as caught:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(child(case))
            case.assertEqual(1, len(caught.exception.exceptions))

        async def star(case):
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(child(case))
            except* AssertionError:
                pass

        self.assertHealthy(
            by_a_block,
            by_a_call,
            by_except,
            in_the_same_function,
            suppressed,
            by_another_name,
            results,
            words,
            some,
            of_a_task,
            of_a_group,
            star,
        )

    def test_what_is_not_of_the_test(self):
        """Assertions of the code under test, and errors that are only made, are errors like any."""
        library = types.ModuleType("library")
        code = textwrap.dedent("""
            def check(value):
                assert value

            def refuse():
                raise AssertionError("no")
        """)
        exec(
            compile(code, os.path.join(os.path.dirname(HERE), "library.py"), "exec"), vars(library)
        )

        async def statement(case):
            swallow(library.check, 0)

        async def spelled_out(case):
            swallow(library.refuse)

        async def not_raised(case):
            case.kept = case.failureException("cat")

        async def given_to_a_future(case):
            future = asyncio.get_running_loop().create_future()
            future.set_exception(case.failureException("cat"))
            await swallow_async(future)

        async def made_elsewhere(case):
            def fake():
                raise error

            error = next(iter([case.failureException("cat")]))
            swallow(fake)

        async def side_effect(case):
            swallow(mock.Mock(side_effect=case.failureException("cat")))

        async def others(case):
            swallow(int, "cat")

        self.assertHealthy(
            statement,
            spelled_out,
            not_raised,
            given_to_a_future,
            made_elsewhere,
            side_effect,
            others,
        )

    @needs_monitoring
    def test_an_installed_package_that_hands_it_on(self):
        """A test that looks at what it was handed is content with it."""
        library = types.ModuleType("library")
        code = textwrap.dedent("""
            def catch(function):
                try:
                    function()
                except Exception as error:
                    return error
        """)
        exec(compile(code, "/cats/site-packages/library.py", "exec"), vars(library))

        async def looked_at(case):
            case.assertEqual("cat", str(library.catch(lambda: case.fail("cat"))))

        async def ignored(case):
            library.catch(lambda: case.fail("cat"))

        self.assertHealthy(looked_at)
        text = self.assertSwallowed(ignored, "AssertionError: cat")
        self.assertIn("  it was swallowed at /cats/site-packages/library.py:5, in catch\n", text)

    def test_what_fails_the_test_anyhow(self):
        """It is told once, by unittest."""

        async def let_through(case):
            case.fail("cat")

        async def raised_again(case):
            async def child():
                case.fail("cat")

            for result in await asyncio.gather(child(), return_exceptions=True):
                raise result

        async def of_a_subtest(case):
            with case.subTest():
                case.fail("cat")

        for test in (let_through, raised_again):
            with self.subTest(test=test.__name__):
                self.assertEqual(("failure", "cat"), self.live(test))

        class Tests(AsyncTestCase, checks=ONLY):
            async def test_cat(self):
                await of_a_subtest(self)

        result = live(Tests)
        self.assertNotIn("[swallowed-assertion]", result.text)
        self.assertIn("cat", result.text)

    def test_what_another_check_tells(self):
        """One fault is one finding."""

        async def callback(case):
            asyncio.get_running_loop().call_soon(lambda: case.fail("cat"))
            await asyncio.sleep(0)

        async def dropped(case):
            async def child():
                case.fail("cat")

            await asyncio.wait([asyncio.create_task(child())])

        for test in (callback, dropped):
            with self.subTest(test=test.__name__):
                outcome, text = self.live(test)
                self.assertEqual("failure", outcome)
                self.assertEqual(1, text.count("-error]"), text)
                self.assertNotIn("[swallowed-assertion]", text)

    def test_what_the_users_handler_is_told(self):
        """The test looks itself at what the loop has to tell."""

        async def test(case):
            loop, told = asyncio.get_running_loop(), []
            loop.set_exception_handler(lambda loop, context: told.append(context))

            async def child():
                case.fail("cat")

            task = asyncio.create_task(child())
            await asyncio.wait([task])
            del task
            gc.collect()
            case.assertEqual(1, len(told))

        self.assertHealthy(test)

    def test_a_test_inside_of_the_test(self):
        """It has its own result, whatever its class."""

        async def test(case):
            class Inner(unittest.TestCase):
                def test_plain(self):
                    self.assertEqual(1, 2)

            class InnerAsync(AsyncTestCase, checks="off"):
                def test_ours(self):
                    swallow(self.fail)

            result = unittest.TestResult()
            Inner("test_plain").run(result)
            case.assertEqual(1, len(result.failures))
            InnerAsync("test_ours").run(unittest.TestResult())

        def sync(case):
            class Inner(AsyncTestCase, checks=ONLY):
                async def test_ours(self):
                    swallow(self.fail)

            case.assertEqual(1, len(live(Inner).failures))

        self.assertHealthy(sync)
        outcome, text = self.live(test)
        self.assertNotIn("[swallowed-assertion]", text)

    def test_another_thread(self):
        """It belongs to no test."""

        async def test(case):
            thread = threading.Thread(target=swallow, args=(case.fail,))
            thread.start()
            thread.join()

        self.assertHealthy(test)

    def test_nothing_is_kept(self):
        """What a test has made is gone when it would be without us."""

        class Cat:
            pass

        async def test(case):
            cat = Cat()
            gone = weakref.ref(cat)

            def fake(cat):
                case.fail("cat")

            with contextlib.suppress(AssertionError):
                fake(cat)
            del cat
            case.assertIsNone(gone())

        async def swallowed(case):
            cat = Cat()
            gone = weakref.ref(cat)

            def fake(cat):
                case.fail("cat")

            swallow(fake, cat)
            del cat
            case.assertIsNone(gone())

        gc.disable()
        try:
            self.assertHealthy(test)
            self.assertSwallowed(swallowed, "AssertionError: cat", function="fake")
        finally:
            gc.enable()
        self.assertEqual({}, _MONITOR.waiting)
        self.assertEqual(set(), _MONITOR._alert)


class OwnTests(unittest.TestCase):
    def test_what_is_told_of_nothing(self):
        """Anything may be told of, at any time."""
        self.assertIsNone(told(None))
        self.assertIsNone(told(AssertionError("cat")))

    def test_what_is_raised_is_what_it_was(self):
        """The attribute of the case is what unittest has."""
        self.assertIs(AssertionError, AsyncTestCase.failureException)
        self.assertIs(AssertionError, AsyncTestCase("run").failureException)
        self.assertIn("failureException", DELIBERATE)

        class Tests:
            failureException = FailureException()

        self.assertIs(AssertionError, Tests().failureException)

    def test_what_expects_an_assertion(self):
        """Code that names the error, itself or in a comprehension, or has it by another name."""

        def plain():
            return AssertionError

        def inner(results):
            return any(isinstance(one, AssertionError) for one in results)

        def named():
            return RETRYABLE

        def rewritten():
            raise AssertionError(PYTEST._format_explanation("no"))  # noqa: F821

        def rewritten_and_expecting():
            try:
                raise AssertionError(PYTEST._format_explanation("no"))  # noqa: F821
            except AssertionError:
                pass

        def neither():
            assert RETRYABLE_NOT  # noqa: F821

        def by_pytest(function):
            code = function.__code__
            names = tuple("@pytest_ar" if n == "PYTEST" else n for n in code.co_names)
            return code.replace(co_names=names)

        for function in (plain, inner, named):
            self.assertTrue(module._expects(function.__code__, globals()), function.__name__)
        self.assertTrue(module._expects(by_pytest(rewritten_and_expecting), globals()))
        self.assertFalse(module._expects(by_pytest(rewritten), globals()))
        self.assertFalse(module._expects(neither.__code__, {"RETRYABLE_NOT": mock.Mock()}))

    def test_a_crash_of_the_check_is_a_bug_of_ours(self):
        """The verdict stands."""

        class Tests(AsyncTestCase, checks=ONLY):
            async def test_cat(self):
                swallow(self.fail)

        with (
            mock.patch.object(SwallowedAssertion, "failed", side_effect=ZeroDivisionError),
            self.assertWarnsRegex(UserWarning, "(?s)'swallowed-assertion' crashed.*ZeroDivision"),
        ):
            self.assertEqual("success", live(Tests).outcome)

    @needs_monitoring
    def test_the_names_of_the_standard_library(self):
        """unittest.mock raises side effects in this function, and dis knows these names."""
        self.assertTrue(hasattr(mock.CallableMixin, module._SIDE_EFFECTS))
        self.assertTrue(hasattr(kinds, module._OUR_SIDE_EFFECTS))
        self.assertTrue(hasattr(mock.AsyncMockMixin, module._SIDE_EFFECTS))
        for name in (*module._NEXT, "RAISE_VARARGS"):
            self.assertIn(name, dis.opmap)
        self.assertTrue(module._ASSERTS & set(dis.opmap))

    @unittest.skipIf(MONITORED, "these are read where there is no sys.monitoring")
    def test_the_functions_that_raise(self):
        """unittest.case raises in these functions."""
        self.assertTrue(hasattr(unittest.TestCase, "_baseAssertEqual"))
        self.assertTrue(hasattr(unittest.case._BaseTestCaseContext, "_raiseFailure"))

    @needs_monitoring
    def test_without_a_free_id(self):
        """It stands aside where others have taken both."""
        done = python("""
            import sys, unittest
            from asynctesting import AsyncTestCase
            for tool in (3, 4):
                sys.monitoring.use_tool_id(tool, "theirs")
            class Tests(AsyncTestCase, checks={"swallowed-assertion": "fail"}):
                async def test_cat(self):
                    try:
                        self.fail("cat")
                    except Exception:
                        pass
            unittest.main()
        """)
        self.assertEqual(0, done.returncode, done.stderr)

    @needs_monitoring
    def test_where_nobody_asks_nobody_listens(self):
        """The ids are free until the first life with the check on."""
        done = python("""
            import sys
            from asynctesting import AsyncTestCase
            class Tests(AsyncTestCase, checks={"swallowed-assertion": "ignore"}):
                async def test_cat(self):
                    pass
            Tests("test_cat").run()
            print([sys.monitoring.get_tool(tool) for tool in range(6)])
            class Tests(AsyncTestCase):
                async def test_cat(self):
                    pass
            Tests("test_cat").run()
            print(sys.monitoring.get_tool(4), sys.monitoring.get_tool(3))
        """)
        self.assertEqual(f"{[None] * 6}\nasynctesting None\n", done.stdout)


class PartTestCase(unittest.TestCase):
    """
    Tests of the parts by hand, with code, offsets and errors as :mod:`sys.monitoring` gives them.

    Nothing is traced while a callback of it runs, so what is to be measured is called from here.
    No assertion fails on the way: a monitor that is on would hear of it as well.

    """

    def setUp(self):
        self.monitor = module._Monitor()
        self.monitor.is_asked = True
        self.enterContext(mock.patch.object(module, "_MONITOR", self.monitor))
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        subject = Subject("test", None, frozenset({__file__}))
        self.scene = scene(self.loop, subject=lambda: subject)
        self.scene.enter()
        self.addCleanup(self.scene.leave)
        self.check = SwallowedAssertion()
        self.check.start(self.scene)
        self.addCleanup(self.check.stop)
        self.errors = []

    def error(self, message="cat"):
        """Give an error that lasts, so that no other one has its id."""
        self.errors.append(AssertionError(message))
        return self.errors[-1]

    def fail_in(self, user, error):
        """Let an assertion of unittest fail in the frame *user*."""
        code = unittest.TestCase.fail.__code__
        self.check.failed(stand_in(code, user, name="unittest.case", __unittest=True), error)

    def record(self, error=None):
        """Give the record of *error*, which has failed."""
        error = error or self.error()
        self.fail_in(stand_in(go_on.__code__), error)
        record = self.check.of(error)
        self.assertIsNotNone(record)
        return record

    def test_doubt(self):
        """A series of lives is in doubt after an assertion that was swallowed, and else forgets it."""
        self.assertFalse(self.check.is_in_doubt(self.scene))
        record = self.record()
        record.is_told = True
        self.assertFalse(self.check.is_in_doubt(self.scene))
        self.assertIsNone(self.check._records)
        self.record()
        self.assertTrue(self.check.is_in_doubt(self.scene))
        self.check._records, self.check._problem = None, "a cat"
        self.assertTrue(self.check.is_in_doubt(self.scene))

    def run_as_another(self, record, function, *args):
        """Call *function* in a task that was there before the assertion failed."""

        async def another():
            record.others.add(asyncio.current_task())
            function(*args)

        self.loop.run_until_complete(another())


class FailedTests(PartTestCase):
    def test_what_raises_in_the_files_of_the_test(self):
        """An assert fails where it stands; whatever else is raised there is an error like any."""
        for function, is_one in ((check_that, True), (refuse, True), (break_down, False)):
            with self.subTest(function=function.__name__):
                offset, _ = find(function.__code__, "RAISE_VARARGS", 0)
                error = self.error()
                self.check.failed(stand_in(function.__code__, offset=offset), error)
                self.assertEqual(is_one, self.check.of(error) is not None)
        error = self.error()
        self.check.failed(stand_in(go_on.__code__), error)
        self.assertIsNone(self.check.of(error))

    def test_what_raises_in_other_files(self):
        """A helper may call an assertion method; an assert, or one of a mock, is of no concern."""
        helper = check_that.__code__.replace(co_filename=os.path.abspath("helpers.py"))
        offset, _ = find(helper, "RAISE_VARARGS", 0)
        installed = helper.replace(co_filename="/cats/site-packages/helpers.py")

        kept, *dropped = (self.error() for _ in range(4))
        self.fail_in(stand_in(helper), kept)
        self.fail_in(stand_in(installed), dropped[0])
        self.check.failed(stand_in(helper, offset=offset), dropped[1])
        checks = mock.NonCallableMock.assert_called.__code__
        self.check.failed(stand_in(checks, stand_in(helper), name="unittest.mock"), dropped[2])

        self.assertIsNotNone(self.check.of(kept))
        self.assertEqual([None] * 3, [self.check.of(error) for error in dropped])

    def test_a_side_effect_is_no_assertion(self):
        """A mock raises what it was told to."""
        code = mock.CallableMixin._execute_mock_call.__code__
        error = self.error()

        self.check.failed(stand_in(code, stand_in(go_on.__code__), name="unittest.mock"), error)

        self.assertIsNone(self.check.of(error))

    def test_an_assertion_that_nobody_has_called(self):
        """There is no line to tell of."""
        error = self.error()

        self.fail_in(None, error)

        self.assertIsNone(self.check.of(error))

    def test_whose_a_failure_is(self):
        """It is of the innermost test; one that Hypothesis looks at is Hypothesis's."""
        code = go_on.__code__
        runs = called(code, "run")
        example = called(code, "execute_example")

        def trial(back):
            return stand_in(code, back, name="asynctesting.trial")

        for back, is_somebody_elses in (
            (None, False),
            (stand_in(code, name="_pytest.python"), True),
            (stand_in(code, name="doctest"), True),
            (trial(stand_in(code, name="_pytest.python")), False),
            (trial(stand_in(code, name="hypothesis.core")), True),
            (stand_in(code, name="asynctesting.case"), False),
            (stand_in(example, name="asynctesting.case"), True),
            (stand_in(runs, name="unittest.case"), True),
            (trial(stand_in(runs, name="unittest.case")), False),
            (stand_in(code, name="unittest.case"), False),
            (stand_in(code, name=None), False),
        ):
            with self.subTest(back=back):
                error = self.error()
                self.fail_in(stand_in(code, back), error)
                self.assertEqual(is_somebody_elses, self.check.of(error) is None)

    def test_whoever_expects_it(self):
        """A failure below code that names the error is not even noted."""
        error = self.error()

        self.fail_in(stand_in(go_on.__code__, stand_in(expect.__code__)), error)

        self.assertIsNone(self.check.of(error))

    def test_a_line_that_fails_again(self):
        """The later failure stands for both."""
        first, second = self.error("first"), self.error("second")

        self.record(first)
        record = self.record(second)

        self.assertIsNone(self.check.of(first))
        self.assertEqual([record], list(self.check._records.values()))

        del self.check._flying[record.key]
        third = self.record(self.error("third"))
        self.assertEqual([third], list(self.check._records.values()))

    def test_words_are_enough_where_errors_are_unknown(self):
        """Without a monitor, whatever has the same message has been told."""
        one = self.record()

        told(self.error("dog"))
        self.assertFalse(one.is_told)
        told(self.error())
        self.assertTrue(one.is_told)

    def test_what_is_told_of_itself(self):
        """The error is known, so its words do not matter."""
        error = self.error()
        record = self.record(error)

        with mock.patch.object(self.monitor, "tool", 4):
            told(self.error())
            self.assertFalse(record.is_told)
            told(error)
            self.assertTrue(record.is_told)

    def test_another_error_at_the_same_address(self):
        """Nothing is known of it, while the one that was there before is told all the same."""
        error = self.error()
        self.check.forget(error)  # of which nothing is known yet
        record = self.record(error)
        record.caught = asyncio.gather.__code__, 0

        self.check.forget(error)
        self.assertIsNone(self.check.of(error))
        (finding,) = self.check.findings(Closing())
        self.assertEqual(f"{FACT}: AssertionError: cat", finding.fact)

        self.assertIsNot(record, self.record(error))

    def test_what_asyncio_has_caught(self):
        """The loop tells of what a callback raises; of what a task raises, nobody might."""
        record = self.record()

        record.caught = asyncio.Handle._run.__code__, 0
        self.assertEqual([], self.check.findings(Closing()))

        record.caught = asyncio.gather.__code__, 0
        (finding,) = self.check.findings(Closing())
        self.assertEqual(f"{FACT}: AssertionError: cat", finding.fact)


class CodeTests(unittest.TestCase):
    def test_what_raises_an_assertion(self):
        """It is the instruction that raises, in code that has an assert or names the error."""

        def tell(function, name):
            code = function.__code__
            return module._is_raise(code, find(code, name, 0)[0])

        self.assertTrue(tell(check_that, "RAISE_VARARGS"))
        self.assertTrue(tell(refuse, "RAISE_VARARGS"))
        self.assertFalse(tell(break_down, "RAISE_VARARGS"))
        self.assertFalse(tell(go_on, "RESUME"))

    def test_the_line_of_an_offset(self):
        """One that is beyond the end belongs to the function as a whole."""
        code = break_down.__code__
        offset, _ = find(code, "RAISE_VARARGS")

        self.assertEqual(line_of(break_down, 2), module._line_at(code, offset))
        self.assertEqual(line_of(break_down, 0), module._line_at(code, len(code.co_code)))
        self.assertEqual((line_of(break_down, 2),) * 2, module._lines_at(code, offset))

    def test_the_body_of_a_loop(self):
        """It is that of the innermost loop, without its header; unknown if it cannot be read."""

        def body(after):
            return module._body(__file__, line_of(retry, after))

        self.assertEqual(range(line_of(retry, 3), line_of(retry, 7)), body(4))
        self.assertIsNone(body(2))
        self.assertIsNone(body(8))
        with mock.patch.object(module.linecache, "getlines", return_value=["while\n"]):
            self.assertIsNone(module._body("<a cat>", 1))

    def test_the_frames_by_which_one_was_reached(self):
        """They end where the test begins, or where there are no more."""
        outer = stand_in(go_on.__code__)
        ours = stand_in(go_on.__code__, outer, name="asynctesting.trial")
        inner = stand_in(go_on.__code__, outer)

        self.assertEqual([inner, outer], list(module._frames(inner)))
        self.assertEqual([], list(module._frames(ours)))

    def test_what_is_in_a_loop(self):
        """The lines before and after one are not."""

        def two(function):
            for _ in range(3):
                function()
            between = function
            while between:
                between = function()
            return between

        def tell(after, function=two):
            return module._is_in_loop(function.__code__, line_of(function, after))

        self.assertEqual(
            [False, True, False, True, False], [tell(after) for after in (0, 2, 3, 5, 6)]
        )
        for lines in [], ["while"]:
            with mock.patch.object(module.linecache, "getlines", return_value=lines):
                module._loops.cache_clear()
                self.assertEqual([True, False], [tell(after) for after in (2, 3)])
        module._loops.cache_clear()

        def each(functions):
            for function in functions:
                function()
            for attempt in functions:
                with attempt:
                    functions()
            for function in functions:
                with functions:
                    function()
            for function in functions:
                if function():
                    break

            def inner():
                functions()

            inner()

        self.assertEqual(
            [False, True, False, True, False],
            [tell(after, each) for after in (2, 5, 8, 10, 14)],
        )


class CallbackTests(PartTestCase):
    """What :mod:`sys.monitoring` calls."""

    def wait_for(self, function, record):
        """Let *record* wait for *function* to be run again, having been caught in it."""
        code = function.__code__
        self.monitor.waiting[id(code)] = [(self.check, record)]
        record.caught = code, 0
        record.offset, _ = find(code, "CALL", 0)
        return code

    def test_the_first_that_hears_of_an_error(self):
        """Only assertions count, and only in a life; each is noted once, where it was raised."""
        with mock.patch.object(module, "_follow") as follow:
            module._raised(go_on.__code__, 2, ValueError())
            self.scene.leave()
            module._raised(go_on.__code__, 2, self.error())
            self.assertEqual([], follow.mock_calls)

            self.scene.enter()
            error = self.error()
            module._raised(go_on.__code__, 2, error)
            here = inspect.currentframe()
            follow.assert_called_once_with(self.check, go_on.__code__, 2, error, here)

    def test_a_crash_on_the_way(self):
        """It is kept until somebody can be told of it."""
        with mock.patch.object(module, "_follow", side_effect=ZeroDivisionError):
            module._raised(go_on.__code__, 2, self.error())

        with self.assertRaisesRegex(RuntimeError, "(?s)^Traceback.*ZeroDivisionError"):
            self.check.findings(Closing())

    def test_the_way_of_an_error(self):
        """It fails where it is raised, and passes through the functions that have called that."""
        error = self.error()
        user = stand_in(go_on.__code__)
        frame = stand_in(
            unittest.TestCase.fail.__code__, user, name="unittest.case", __unittest=True
        )

        module._follow(self.check, frame.f_code, 2, error, frame)
        record = self.check.of(error)
        self.assertEqual("cat", record.message)
        self.assertEqual(2, record.offset)

        record.caught, record.lines, record.header, record.redeemed = (poll, 4), (1, 1), 1, True
        here = inspect.currentframe()
        inner = types.TracebackType(None, here, 0, 1)
        error.__traceback__ = types.TracebackType(inner, here, 0, 1)
        module._follow(self.check, user.f_code, 6, error, user)
        self.assertIs(record, self.check.of(error))
        self.assertEqual(6, record.offset)
        self.assertEqual(
            (None, None, 0, False),
            (record.caught, record.lines, record.header, record.redeemed),
        )

    def test_an_error_that_is_not_known(self):
        """One that was raised before, or is nobody's, has no way to follow."""
        error = self.error()
        here = inspect.currentframe()
        inner = types.TracebackType(None, here, 0, 1)
        error.__traceback__ = types.TracebackType(inner, here, 0, 1)

        module._follow(self.check, go_on.__code__, 2, error, stand_in(go_on.__code__))
        self.assertIsNone(self.check.of(error))

        error.__traceback__ = inner
        module._follow(self.check, go_on.__code__, 2, error, stand_in(go_on.__code__))
        self.assertIsNone(self.check.of(error))
        self.assertEqual({}, self.check._records)

    def test_where_it_is_caught_and_raised_again(self):
        """The last that has caught it counts, unless it lets it through."""
        error = self.error()
        record = self.record(error)

        module._handled(go_on.__code__, 2, error)
        self.assertEqual((go_on.__code__, 2), record.caught)
        self.assertFalse(record.is_expected)
        module._handled(expect.__code__, 4, error)
        self.assertEqual((expect.__code__, 4), record.caught)
        self.assertTrue(record.is_expected)
        module._reraised(expect.__code__, 4, error)
        self.assertIsNone(record.caught)

    def test_others_that_are_caught_and_raised_again(self):
        """Another error, or another thread's or life's, changes nothing."""
        error = self.error()
        record = self.record(error)

        for callback in (module._handled, module._reraised):
            record.caught = caught = go_on.__code__, 2
            callback(poll.__code__, 4, ValueError())
            callback(poll.__code__, 4, self.error())
            self.scene.leave()
            callback(poll.__code__, 4, error)
            self.scene.enter()
            self.assertIs(caught, record.caught)

    def test_a_loop_that_goes_round(self):
        """Once is a second attempt, twice is one that has held."""
        for function, header in ((retry, 2), (poll, None)):
            with self.subTest(function=function.__name__):
                record = self.record()
                code = self.wait_for(function, record)
                offset, target = find(code, "JUMP_BACKWARD")

                module._jumped(code, offset, target)
                self.assertEqual((line_of(function, 4),) * 2, record.lines)
                self.assertEqual(range(line_of(function, 3), line_of(function, 7)), record.body)
                self.assertEqual(header and line_of(function, header), record.header or None)
                self.assertFalse(record.redeemed)

                module._jumped(code, offset, target)
                self.assertTrue(record.redeemed)

    def test_a_jump_that_is_no_second_attempt(self):
        """It goes on, is of other code or task, or goes round something else."""
        record = self.record()
        code = self.wait_for(retry, record)
        offset, target = find(code, "JUMP_BACKWARD")

        module._jumped(code, target, offset)
        module._jumped(poll.__code__, offset, target)
        module._jumped(code, record.offset - 1, target)
        module._jumped(code, offset, record.offset + 1)
        self.run_as_another(record, module._jumped, code, offset, target)
        record.caught = poll.__code__, 0
        module._jumped(code, offset, target)

        self.assertIsNone(record.lines)

    def test_a_line_that_is_come_to(self):
        """That which failed is tried again; one after the loop decides, if it asserts."""
        for after, again, redeemed in (
            (2, False, False),
            (3, True, False),
            (4, True, True),
            (7, False, False),
            (8, False, True),
        ):
            with self.subTest(after=after):
                record = self.record()
                code = self.wait_for(retry, record)
                module._jumped(code, *find(code, "JUMP_BACKWARD"))

                module._came(code, line_of(retry, after))

                self.assertEqual({id(code)} if again else set(), record.again)
                self.assertEqual(redeemed, record.redeemed)

    def test_a_loop_whose_source_cannot_be_read(self):
        """Each line but the header may be one of its body."""
        record = self.record()
        code = self.wait_for(retry, record)
        module._jumped(code, *find(code, "JUMP_BACKWARD"))
        record.body = None

        module._came(code, line_of(retry, 8))

        self.assertEqual(({id(code)}, False), (record.again, record.redeemed))

    def test_a_line_that_tells_nothing(self):
        """The loop has not gone round, or another one has, or another task is there."""
        record = self.record()
        code = self.wait_for(retry, record)
        line = line_of(retry, 4)

        module._came(code, line)
        module._jumped(code, *find(code, "JUMP_BACKWARD"))
        module._came(poll.__code__, line)
        self.run_as_another(record, module._came, code, line)
        record.caught = poll.__code__, 0
        module._came(code, line)

        self.assertEqual((set(), False), (record.again, record.redeemed))

    def test_a_function_that_is_called_again(self):
        """It has held once it returns; another task's calls are its own affair."""
        record = self.record()
        code = self.wait_for(poll, record)

        self.run_as_another(record, module._started, code, 0)
        module._returned(code, 2, None)
        self.assertEqual((set(), False), (record.again, record.redeemed))

        module._started(code, 0)
        self.assertEqual({id(code)}, record.again)
        self.run_as_another(record, module._returned, code, 2, None)
        self.assertFalse(record.redeemed)
        module._returned(code, 2, None)
        self.assertTrue(record.redeemed)

    def test_a_function_that_gives_up(self):
        """Whoever calls it can tell, if it returns something."""
        record = self.record()
        code = self.wait_for(poll, record)

        module._returned(code, 2, False)
        self.assertFalse(record.redeemed)
        module._jumped(code, *find(code, "JUMP_BACKWARD"))
        module._returned(code, 2, None)
        self.assertFalse(record.redeemed)
        module._returned(code, 2, False)
        self.assertTrue(record.redeemed)


@needs_monitoring
class MonitorTests(PartTestCase):
    """What is asked of :mod:`sys.monitoring`."""

    def setUp(self):
        super().setUp()
        # Of the module alone: a tool that measures coverage may have asked for events, too.
        events = sys.monitoring.events
        monitoring = mock.Mock(events=events)
        system = mock.Mock(wraps=sys, version_info=sys.version_info, monitoring=monitoring)
        self.enterContext(mock.patch.object(module, "sys", system))
        self.register_callback = monitoring.register_callback
        self.set_events = monitoring.set_events
        self.set_local_events = monitoring.set_local_events
        self.use_tool_id = monitoring.use_tool_id
        self.monitor.tool = 4
        self.all = events.JUMP | events.LINE | events.PY_START | events.PY_RETURN

    def test_the_second_id(self):
        """It is taken if the first is."""
        self.use_tool_id.side_effect = [ValueError, None]
        monitor = module._Monitor()

        monitor.begin()

        self.assertEqual((True, 3), (monitor.is_asked, monitor.tool))
        self.assertEqual({3}, {call.args[0] for call in self.register_callback.mock_calls})
        self.set_events.assert_called_once_with(3, sys.monitoring.events.RAISE)

    def test_no_id(self):
        """Nothing is heard of, and nothing is asked again."""
        self.use_tool_id.side_effect = ValueError
        monitor = module._Monitor()

        monitor.begin()
        monitor.alert(self.check)
        monitor.watch(self.check, go_on.__code__, self.record())
        monitor.relax(self.check)

        self.assertEqual((True, None, {}), (monitor.is_asked, monitor.tool, monitor.waiting))
        for asked in (self.register_callback, self.set_events, self.set_local_events):
            self.assertEqual([], asked.mock_calls)

    def test_where_it_is_caught_is_heard_of_only_while_it_matters(self):
        """From the first failure of a life to the end of the last life that has one."""
        events, other = sys.monitoring.events, SwallowedAssertion()
        other._watched = {}
        self.record()

        self.monitor.alert(self.check)
        self.monitor.alert(self.check)
        self.set_events.assert_called_once_with(
            4, events.RAISE | events.RERAISE | events.EXCEPTION_HANDLED
        )
        self.monitor.alert(other)
        self.set_events.reset_mock()
        self.monitor.relax(self.check)
        self.assertEqual([], self.set_events.mock_calls)
        self.monitor.relax(other)
        self.set_events.assert_called_once_with(4, events.RAISE)

    def test_code_is_watched_while_anybody_waits_for_it(self):
        """Events are asked for once, and taken back with the last."""
        code, other = go_on.__code__, SwallowedAssertion()
        other._watched = {}
        record = self.record()

        self.check.passes(record, code, 2)
        self.check.passes(record, code, 2)
        self.monitor.watch(other, code, record)
        self.set_local_events.assert_called_once_with(4, code, self.all)
        self.assertEqual([(self.check, record)], self.monitor.waiting[id(code)])

        theirs = module._Record(self.error(), stand_in(code))
        self.monitor.watch(other, code, theirs)
        self.assertEqual(
            [(self.check, record), (other, theirs)], self.monitor.waiting[id(code)]
        )
        later = self.record()
        self.check.passes(later, code, 2)
        self.assertEqual(
            [(other, theirs), (self.check, later)], self.monitor.waiting[id(code)]
        )

        self.set_local_events.reset_mock()
        self.monitor.relax(self.check)
        self.assertEqual([(other, theirs)], self.monitor.waiting[id(code)])
        self.assertEqual([], self.set_local_events.mock_calls)
        self.monitor.relax(other)
        self.assertEqual({}, self.monitor.waiting)
        self.set_local_events.assert_called_once_with(4, code, 0)

    def test_code_that_is_not_the_users(self):
        """It is not watched, whatever passes through it."""
        record = self.record()

        self.check.passes(record, asyncio.gather.__code__, 2)

        self.assertEqual(2, record.offset)
        self.assertEqual({}, self.monitor.waiting)
