"""Tests of asynctesting.checks.never_awaited: a coroutine was made and never awaited."""

import asyncio
import gc
import os
import sys
import threading
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from asynctesting import AsyncTestCase, Explorer, mocks
from asynctesting.checks import never_awaited
from asynctesting.checks.base import Closing
from asynctesting.checks.census import Census
from asynctesting.checks.never_awaited import DEPTH, EXPLORED_DEPTH, HOOK, SHOW, NeverAwaited
from asynctesting.findings import Finding, Place
from tests.support import live, python, scene


HERE = os.path.relpath(__file__)
if HERE.startswith(os.pardir):
    HERE = __file__

ROUTER = never_awaited._ROUTER


async def herd(cat=None):
    """Never run."""


def lose():
    herd()


def line(function, offset=1):
    code = function.__code__
    return Place(code.co_filename, code.co_firstlineno + offset, code.co_name)


def finding(name, line, place, more=""):
    return Finding(
        "never-awaited",
        f"coroutine '{name}' was never awaited: its body did not run",
        f"write `await` before the call that made it: `{line}`{more}",
        place,
    )


SYNC = "\nlose() is not asynchronous: make it `async def`, and await it, too"
LOST = finding("herd", "await herd()", line(lose), SYNC)


class PureTests(unittest.TestCase):
    def setUp(self):
        depth = sys.get_coroutine_origin_tracking_depth()
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, depth)
        sys.set_coroutine_origin_tracking_depth(0)

    def start(self):
        check = NeverAwaited()
        check.start(scene())
        self.addCleanup(check.stop)
        return check

    def findings(self, check):
        return list(check.findings(Closing()))

    def test_methods_of_generators(self):
        """What Python says of them is taken from a line of the user's, unless it is asked for."""
        words = "coroutine method 'asend' of 'rows' was never awaited"

        def show(message, category=RuntimeWarning, filename=__file__):
            told = warnings.WarningMessage(message, category, filename, 7)
            with mock.patch.object(ROUTER, "_show") as original:
                getattr(warnings, SHOW)(told)
            return original.call_count == 0

        self.start()  # or the hook is not there yet, if this test is the first one
        ROUTER.remove(ROUTER._watching[threading.get_ident()][-1])
        self.assertFalse(show(words))
        check = self.start()
        self.assertTrue(show(words))
        for others in (
            {"message": "meow"},
            {"message": words, "category": UserWarning},
            {"message": words, "filename": asyncio.__file__},
        ):
            with self.subTest(**others):
                self.assertFalse(show(**others))
        with self.assertWarns(RuntimeWarning):
            self.assertFalse(show(words))
            warnings.warn("meow", RuntimeWarning)
        (found,) = self.findings(check)
        self.assertEqual(
            "asend() of async generator 'rows' was never awaited: it did not run", found.fact
        )
        self.assertEqual((Place(__file__, 7), ("rows",)), (found.place, found.about))

    def test_methods_of_generators_where_warnings_are_errors(self):
        """Then it is an error that cannot be raised, and where is to be found out."""
        check = self.start()
        error = RuntimeWarning("coroutine method 'aclose' of 'rows' was never awaited")
        frame = sys._getframe()
        self.assertTrue(never_awaited.overheard(error, frame))
        self.assertFalse(never_awaited.overheard(UserWarning(str(error)), frame))
        self.assertFalse(never_awaited.overheard(error, None))
        self.assertEqual(1, len(self.findings(check)))

    def test_python_that_shows_warnings_otherwise(self):
        """Without the function by which it does, it is left alone."""
        check = NeverAwaited()
        show = getattr(warnings, SHOW)
        with mock.patch.object(ROUTER, "_show", None):
            delattr(warnings, SHOW)
            try:
                check.start(scene())
                check.stop()
                self.assertFalse(hasattr(warnings, SHOW))
            finally:
                setattr(warnings, SHOW, show)

    def test_one_that_an_installed_package_makes(self):
        """The user's line that led there is told, and where it was made; nobody can await it there."""
        names = {}
        code = "def emit(handler):\n    handler()"
        exec(compile(code, os.path.join(os.sep, "lib", "site-packages", "bus.py"), "exec"), names)
        check = self.start()

        def test():
            names["emit"](herd)

        test()
        (found,) = self.findings(check)
        self.assertEqual(line(test), found.place)
        self.assertIn("bus.py:2, in emit", found.detail)
        self.assertIn("emit() does not await what it calls", found.cure)
        sys.set_coroutine_origin_tracking_depth(1)
        names["emit"](herd)
        (_, found) = self.findings(check)
        self.assertEqual(("emit", ""), (found.place.function, found.detail))

    def test_python_calls_the_hook(self):
        """CPython calls warnings._warn_unawaited_coroutine, by this name, for each of them."""
        with mock.patch.object(warnings, HOOK) as hook:
            coroutine = herd()
            same = id(coroutine)
            hook.side_effect = lambda lost: self.assertEqual(same, id(lost))
            del coroutine
            gc.collect()

        hook.assert_called_once()

    def test_a_lost_coroutine_is_found(self):
        """It is told by name, with the line that made it, and no warning besides."""
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            check = self.start()
            lose()
            check.stop()

        self.assertEqual([LOST], self.findings(check))
        self.assertEqual([], told)

    def test_who_asks_for_the_warning_has_it(self):
        """A test that records warnings, or asserts this one, knows of it."""
        check = self.start()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            lose()
        with self.assertWarnsRegex(RuntimeWarning, "^coroutine 'herd' was never awaited"):
            lose()
        with self.assertWarns((DeprecationWarning, Warning)):
            lose()

        self.assertEqual([RuntimeWarning], [one.category for one in told])
        self.assertEqual([], self.findings(check))

    def test_who_asks_for_another_warning_does_not_know_of_it(self):
        """What assertWarns() records besides is lost, so it is found."""
        check = self.start()
        with warnings.catch_warnings(), self.assertWarns(UserWarning):
            warnings.simplefilter("always")
            lose()
            warnings.warn("meow", stacklevel=1)

        self.assertEqual([LOST], self.findings(check))

    def test_where_nothing_is_recorded(self):
        """Where these names of the warnings module are gone, the finding stands."""
        check = self.start()
        with (
            mock.patch.object(warnings, "_showwarnmsg_impl", None),
            mock.patch.object(warnings, "_get_context", None, create=True),
        ):
            lose()

        self.assertEqual([LOST], self.findings(check))

    def test_where_each_context_records(self):
        """From 3.14 on, contexts may have logs of their own."""
        check, context = self.start(), mock.Mock(log=[])
        with mock.patch.object(warnings, "_get_context", lambda: context, create=True):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                lose()

        self.assertEqual([], self.findings(check))

    def test_a_coroutine_that_nobody_of_the_users_made_stands_at_its_definition(self):
        """A coroutine from before the test remembers no maker."""
        early = herd()
        check = self.start()
        del early

        self.assertEqual([finding("herd", "await herd(...)", line(herd, 0))], self.findings(check))

    def test_a_library_that_makes_it_is_passed_over(self):
        """If asyncio or a mock calls the coroutine function, the user's call of them counts."""
        check = self.start()

        def users():
            mock.AsyncMock()()

        users()

        (found,) = self.findings(check)
        self.assertEqual(line(users), found.place)

    def test_the_cure_names_the_function_alone(self):
        """The class or function around it is of no use there."""
        check = self.start()

        async def inner():
            """Never run."""

        def users():
            inner()

        users()

        self.assertEqual(
            [finding(inner.__qualname__, "await inner()", line(users), SYNC.replace("lose", "users"))],
            self.findings(check),
        )

    def test_a_test_is_awaited_by_its_case(self):
        """It need only be asynchronous."""
        check = self.start()

        def test_herd():
            self.assertTrue(herd("Garfield"))

        test_herd()

        (found,) = self.findings(check)
        self.assertEqual(
            "write `await` before the call that made it: "
            '`self.assertTrue(await herd("Garfield"))`\n'
            "test_herd() is not asynchronous: make it `async def`",
            found.cure,
        )

    def test_a_mock_is_told_as_such(self):
        """What it is called is not known, and its coroutine's name would tell nothing."""
        check = self.start()
        mock.AsyncMock()()

        (found,) = self.findings(check)
        self.assertEqual(
            "an AsyncMock was called, and what that returned was never awaited", found.fact
        )
        self.assertEqual("mock.AsyncMock()()", found.place.source)

    def test_a_mock_is_named(self):
        """If it has a name, or a parent, the finding tells it: of unittest.mock's and of ours."""
        for module in (mock, mocks):
            with self.subTest(module=module.__name__):
                yard = module.Mock(name="yard", close=module.AsyncMock())
                for call in (module.AsyncMock(name="yard.close"), yard.close):
                    check = self.start()
                    call()
                    (found,) = self.findings(check)
                    self.assertEqual(
                        "the mock 'yard.close' was called, and what that returned was never awaited",
                        found.fact,
                    )
                    self.assertEqual("call()", found.place.source)

    def test_a_mock_that_is_half_gone(self):
        """A mock whose name cannot be told is one."""
        check = self.start()
        broken = mock.AsyncMock(name="yard")
        coroutine = broken()
        broken._mock_new_parent = 5
        del coroutine

        (found,) = self.findings(check)
        self.assertIn("an AsyncMock was called", found.fact)

    def test_another_function_of_that_name(self):
        """A coroutine function that is called like a mock's is told as one, with no name."""

        async def _execute_mock_call(self=None):
            pass

        check = self.start()
        _execute_mock_call()
        (found,) = self.findings(check)
        self.assertIn("an AsyncMock was called", found.fact)

    def test_a_coroutine_that_has_run_is_left_alone(self):
        """It need not have ended, and closing it is as good."""
        check = self.start()
        started, closed = asyncio.sleep(1), herd()
        with self.assertRaises(RuntimeError):
            started.send(None)  # there is no loop
        closed.close()
        del started, closed

        self.assertEqual([], self.findings(check))

    def test_what_comes_after_the_end_is_not_ours(self):
        """Without a check, there is the usual warning."""
        check = self.start()
        check.stop()

        with self.assertWarnsRegex(RuntimeWarning, r"^coroutine 'herd' was never awaited"):
            lose()

        self.assertEqual([], self.findings(check))

    def test_the_innermost_check_hears_of_it(self):
        """A test that runs a test does not answer for it."""
        outer, inner = self.start(), self.start()
        lose()
        inner.stop()
        self.assertEqual(([], [LOST]), (self.findings(outer), self.findings(inner)))

        lose()
        self.assertEqual(([LOST], [LOST]), (self.findings(outer), self.findings(inner)))

    def test_checks_may_end_in_any_order(self):
        """A life that is left open, after debug(), may be closed in the middle of another."""
        before = {thread: check for thread, check in ROUTER._watching.items()}
        outer, inner = self.start(), self.start()
        outer.stop()
        lose()
        inner.stop()

        self.assertEqual(([], [LOST]), (self.findings(outer), self.findings(inner)))
        self.assertEqual(before, ROUTER._watching)

    def test_stopping_twice_does_nothing(self):
        """A check that has stopped takes nothing from the one around it."""
        outer, inner = self.start(), self.start()
        inner.stop()
        inner.stop()
        lose()

        self.assertEqual([LOST], self.findings(outer))

    def in_thread(self, function):
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()

    def test_another_thread_of_the_only_test_is_its_own(self):
        """What a test does in a thread is its responsibility as well."""
        with mock.patch.object(ROUTER, "_watching", {}):
            check = self.start()
            self.in_thread(lose)
            check.stop()

        (found,) = self.findings(check)
        self.assertEqual("coroutine 'herd' was never awaited: its body did not run", found.fact)

    def test_of_several_tests_in_threads_each_has_its_own(self):
        """A coroutine belongs to the test of its thread; if there is none, it is warned of."""
        there = []

        def other():
            check = NeverAwaited()
            check.start(scene())
            lose()
            lose()
            with self.assertWarns(RuntimeWarning):
                self.in_thread(lose)
            check.stop()
            there.extend(self.findings(check))

        with mock.patch.object(ROUTER, "_watching", {}):
            check = self.start()
            lose()
            self.in_thread(other)
            check.stop()

        self.assertEqual(([LOST], 2), (self.findings(check), len(there)))

    def test_a_hook_that_was_replaced_is_kept_below_ours(self):
        """Somebody else's hook is called for what is not ours."""
        theirs = mock.Mock()
        ours = getattr(warnings, HOOK, None)
        original = ROUTER._original
        try:
            setattr(warnings, HOOK, theirs)
            check = self.start()
            lose()
            check.stop()
            theirs.assert_not_called()
            lose()
            theirs.assert_called_once()
        finally:
            setattr(warnings, HOOK, ours)
            ROUTER._original = original

        self.assertEqual([LOST], self.findings(check))

    def test_without_the_hook_nothing_is_lost_but_the_warning(self):
        """On a Python that has no such function, ours is called by nobody, and harms nobody."""
        with mock.patch.object(warnings, HOOK), mock.patch.object(ROUTER, "_original", None):
            delattr(warnings, HOOK)
            check = self.start()
            check.stop()
            coroutine = herd()
            self.assertIsNone(ROUTER._lost(coroutine))
            coroutine.close()

    def test_the_depth_of_tracking_is_restored(self):
        """How much Python remembers of each coroutine is what it was before, and never less."""
        for depth in (0, 1, DEPTH, DEPTH + 4):
            with self.subTest(depth=depth):
                sys.set_coroutine_origin_tracking_depth(depth)
                check = self.start()
                self.assertEqual(max(depth, DEPTH), sys.get_coroutine_origin_tracking_depth())
                check.stop()
                self.assertEqual(depth, sys.get_coroutine_origin_tracking_depth())

    def test_less_is_remembered_in_each_of_many_orders(self):
        """It is enough for a mock of a function that was made after it."""
        depths = set()

        async def main():
            depth = sys.get_coroutine_origin_tracking_depth()
            # Debug mode asks for more.
            depths.add(EXPLORED_DEPTH if asyncio.get_running_loop().get_debug() and depth > DEPTH else depth)
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
            if lose:
                mock.create_autospec(herd)()  # the line

        lose = False
        Explorer(schedules=2).run(main).check()
        # The second one is led in a series, which needs none, or one beside other threads.
        self.assertIn(EXPLORED_DEPTH, depths)
        self.assertLessEqual(depths, {0, 1, EXPLORED_DEPTH})
        lose = True
        found = Explorer(schedules=2).run(main)
        self.assertRegex(str(found.error), r"test_never_awaited.py:\d+, in main\n.*# the line")

    def test_told_without_an_origin(self):
        """One that was told of, and has no origin, is not told of once more when it is dropped."""
        check, coroutine = NeverAwaited(), herd()
        check.count(Census([coroutine], []))
        check.start(scene(is_series=True))
        self.addCleanup(check.stop)
        self.assertIsNone(coroutine.cr_origin)
        ROUTER._lost(coroutine)
        self.assertEqual([], check.lost)
        ROUTER._lost(coroutine)
        self.assertEqual(1, len(check.lost))
        coroutine.close()

    def test_another_threads_depth_is_left_alone(self):
        """A life may be closed in another thread than its own; its depth is not that one's."""
        check = NeverAwaited()
        self.in_thread(lambda: check.start(scene()))
        self.assertIn(check.thread, ROUTER._watching)
        sys.set_coroutine_origin_tracking_depth(DEPTH + 4)

        check.stop()

        self.assertEqual(DEPTH + 4, sys.get_coroutine_origin_tracking_depth())
        self.assertNotIn(check.thread, ROUTER._watching)


class LifeTests(unittest.TestCase):
    def told(self, test):
        class Tests(AsyncTestCase, checks="strict"):
            async def test_cat(self):
                await test(self)

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = live(Tests)
        self.assertEqual([], told)
        return result.outcome, "\n".join(str(error) for error in result.raised)

    def test_a_forgotten_await_fails_the_test(self):
        """A coroutine is true, so that the assertion passes."""

        async def test(case):
            case.assertTrue(herd("Garfield"))

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertEqual(
            "coroutine 'herd' was never awaited: its body did not run [never-awaited]\n"
            f"  {HERE}:{line(test).lineno}, in test\n"
            '    case.assertTrue(herd("Garfield"))\n'
            "  cure: write `await` before the call that made it: "
            '`case.assertTrue(await herd("Garfield"))`\n'
            "  more: python -m asynctesting explain never-awaited",
            text,
        )

    def test_a_forgotten_mock_fails_the_test(self):
        """A mock of a coroutine function makes coroutines too."""

        async def test(case):
            mock.AsyncMock(return_value=True)()

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertIn(f"\n  {HERE}:{line(test).lineno}, in test\n", text)

    def test_one_that_is_kept_fails_the_test(self):
        """Nobody will await it any more, whether or not somebody still refers to it."""
        kept = []

        async def of_the_module(case):
            kept.append(herd())

        async def of_the_case(case):
            case.kept = herd()

        async def cycle(case):
            own = [herd()]
            own.append(own)

        for test in (of_the_module, of_the_case, cycle):
            with self.subTest(test=test.__name__):
                outcome, text = self.told(test)
                self.assertEqual("failure", outcome)
                self.assertIn("coroutine 'herd' was never awaited", text)
                self.assertIn(f"{HERE}:{line(test).lineno}, in ", text)
        kept.clear()
        gc.collect()

    def test_one_that_is_kept_is_told_once(self):
        """The test during which it is dropped has nothing to do with it."""
        kept = []

        class Tests(AsyncTestCase):
            async def test_1_guilty(self):
                kept.append(herd())

            async def test_2_after(self):
                pass

            async def test_3_drops_it(self):
                kept.clear()

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = live(Tests)

        self.assertEqual(
            [("test_1_guilty", "failure"), ("test_2_after", "success"),
             ("test_3_drops_it", "success")],
            result.told,
        )
        self.assertEqual([], told)

    def test_one_that_a_failed_test_keeps_is_not_told(self):
        """It may have failed before it came to the await."""
        kept = []

        async def test(case):
            kept.append(herd())
            case.fail("hiss")

        self.assertEqual(("failure", "hiss"), self.told(test))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            kept.clear()
        self.assertEqual([], [str(warning.message) for warning in told])

    def test_one_of_the_test_around_is_not_the_inner_ones(self):
        """Whoever made it may still await it."""

        class Inner(AsyncTestCase):
            async def test_cat(self):
                pass

        async def test(case):
            later = herd()
            with ThreadPoolExecutor(1) as pool:
                result = pool.submit(live, Inner).result()
            case.assertEqual("success", result.outcome)
            await later

        def around(case):
            later = herd()
            inner = live(Inner)
            case.assertEqual("success", inner.outcome)
            asynctesting_run(later)

        def asynctesting_run(coroutine):
            try:
                coroutine.send(None)
            except StopIteration:
                pass

        self.assertEqual(("success", ""), self.told(test))

        class Outer(AsyncTestCase):
            def test_cat(self):
                around(self)

        result = live(Outer)
        self.assertEqual("success", result.outcome, result.raised)

    def test_one_of_a_class_belongs_to_no_test(self):
        """A coroutine of a class's set-up may be awaited by any of its tests."""

        class Tests(AsyncTestCase, loop_scope="class"):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.later = herd()

            async def test_1_before(self):
                pass

            async def test_2_awaits(self):
                await self.later

        self.assertEqual(
            [("test_1_before", "success"), ("test_2_awaits", "success")], live(Tests).told
        )

    def test_healthy_twins_are_left_alone(self):
        """What is awaited, by whomever, or closed is in order."""

        async def awaited(case):
            case.assertIsNone(await herd())

        async def gathered(case):
            await asyncio.gather(herd(), herd())

        async def in_a_task(case):
            await asyncio.create_task(herd())

        async def closed(case):
            herd().close()

        async def refused(case):
            coroutine = herd()
            with case.assertRaises(TypeError):
                await asyncio.wait_for(coroutine, object())
            coroutine.close()

        for test in (awaited, gathered, in_a_task, closed, refused):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_the_neighbour_is_not_blamed(self):
        """The guilty test fails, and no other."""

        class Tests(AsyncTestCase):
            async def test_1_before(self):
                pass

            async def test_2_guilty(self):
                lose()

            async def test_3_after(self):
                pass

        self.assertEqual(
            [
                ("test_1_before", "success"),
                ("test_2_guilty", "failure"),
                ("test_3_after", "success"),
            ],
            live(Tests).told,
        )

    def test_warnings_that_are_errors_change_nothing(self):
        """The finding does not depend on how Python treats its own warning."""
        done = python(
            """
            import unittest
            from asynctesting import AsyncTestCase

            async def herd():
                pass

            class Tests(AsyncTestCase):
                async def test_cat(self):
                    herd()

            unittest.main()
            """,
            args=["-W", "error"],
        )

        self.assertEqual(1, done.returncode)
        self.assertEqual(1, done.stderr.count("coroutine 'herd' was never awaited"), done.stderr)
        self.assertNotIn("RuntimeWarning", done.stderr)
