"""Tests of asynctesting.checks.swallowed_assertions: an assertion failed, and nobody heard."""

import asyncio
import contextlib
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
from asynctesting.checks import swallowed_assertions as module
from asynctesting.checks.swallowed_assertions import (
    _MONITOR,
    DELIBERATE,
    FailureException,
    SwallowedAssertion,
    told,
)
from asynctesting.mocks import kinds
from tests.support import live, python


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


class FaultTests(SwallowTestCase):
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

    def test_the_loops_of_python_3_11_are_passed_over(self):
        """Nothing would tell there whether it was tried again."""

        async def test(case):
            for number in range(2):
                with contextlib.suppress(Exception):
                    case.assertEqual(number, 0)

        if MONITORED:
            self.assertSwallowed(test, "AssertionError: 1 != 0", function="test")
        else:
            self.assertHealthy(test)

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
        import dis

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
