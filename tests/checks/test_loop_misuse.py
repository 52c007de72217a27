"""Tests of asynctesting.checks.loop_misuse: other threads, and loops that were closed."""

import asyncio
import gc
import sys
import threading
import unittest
from unittest import mock

from asynctesting import AsyncTestCase, allow
from asynctesting.allowances import Book
from asynctesting.checks import loop_misuse
from asynctesting.checks.base import Closing, Scene
from asynctesting.checks.loop_misuse import LoopMisuse
from asynctesting.findings import Place
from tests.support import Boom, live, settle, unsettle


setUpModule, tearDownModule = settle, unsettle


def in_thread(function, *args, name="worker"):
    """Call *function* in another thread, and wait for it."""
    thread = threading.Thread(target=function, args=args, name=name)
    thread.start()
    thread.join()


def meow():
    """Call the loop from another thread."""
    loop = asyncio.get_running_loop()
    in_thread(lambda: loop.call_soon(int))


def lives(test, result=None, **options):
    class Tests(AsyncTestCase, **{"checks": "strict", "asyncio_debug": False, **options}):
        async def test_cat(self):
            await test(self)

    return live(Tests)


def texts(result):
    return "\n".join(map(str, result.raised))


class ThreadTests(unittest.TestCase):
    def told(self, test, **options):
        result = lives(test, **options)
        return result.outcome, texts(result)

    def test_each_way_into_the_loop_is_seen(self):
        """Whatever is called from another thread, it is the user's line that is told."""

        def call_soon(test):
            self.loop.call_soon(int)

        def call_later(test):
            self.loop.call_later(0, int)

        def set_result(test):
            self.future.set_result(1)

        def cancel(test):
            self.task.cancel()

        def put(test):
            self.queue.put_nowait(1)

        for use in (call_soon, call_later, set_result, cancel, put):

            async def test(case):
                self.loop = asyncio.get_running_loop()
                self.future = self.loop.create_future()
                self.queue = asyncio.Queue()
                waiters = [
                    asyncio.create_task(wait)
                    for wait in (asyncio.wait_for(self.future, 5), self.queue.get())
                ]
                self.task = asyncio.create_task(asyncio.sleep(5))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                in_thread(use, case)
                await asyncio.sleep(0.001)
                for task in (self.task, *waiters):
                    task.cancel()
                await asyncio.wait([self.task, *waiters])

            with self.subTest(use=use.__name__):
                outcome, text = self.told(test)

                self.assertEqual("failure", outcome)
                self.assertTrue(
                    text.startswith(
                        "the event loop was used from thread 'worker', but runs in another one "
                        "[wrong-thread]\n"
                    ),
                    text,
                )
                self.assertIn(f":{use.__code__.co_firstlineno + 1}, in {use.__name__}\n", text)
                self.assertNotIn("call_soon", vars(self.loop))
                self.assertNotIn("call_at", vars(self.loop))

    def test_each_line_is_told_once(self):
        """A thread that goes on and on is one fault."""

        async def test(case):
            loop = asyncio.get_running_loop()

            def mew():
                for _ in range(50):
                    loop.call_soon(int)

            in_thread(mew)

        outcome, text = self.told(test)

        self.assertEqual(1, text.count("[wrong-thread]"))

    def test_a_failed_test_tells_it_too(self):
        """It may be why it has failed."""

        async def test(case):
            meow()
            raise Boom("cat")

        self.assertIn("[wrong-thread]", lives(test).text)

    def test_a_thread_that_was_there_before_is_seen(self):
        """It is looked for when the life begins."""
        begin, end = threading.Event(), threading.Event()

        def meow():
            begin.wait(5)
            self.loop.call_soon(int)
            end.set()

        thread = threading.Thread(target=meow)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(begin.set)

        async def test(case):
            self.loop = asyncio.get_running_loop()
            begin.set()
            end.wait(5)

        self.assertIn("[wrong-thread]", texts(lives(test)))

    def test_the_innermost_test_is_told_on_the_loop_of_a_class(self):
        """A loop that lasts is guarded as long as it does."""
        told = []

        class Tests(AsyncTestCase, loop_scope="class"):
            async def test_a(self):
                meow()

            async def test_b(self):
                told.append("call_soon" in vars(asyncio.get_running_loop()))
                await asyncio.to_thread(int)

        self.assertEqual([("test_a", "failure"), ("test_b", "success")], live(Tests).told)
        self.assertEqual([True], told)

    def test_healthy_twins_are_left_alone(self):
        """What is made for other threads may be used by them; and so may other loops."""

        async def threadsafe(case):
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            in_thread(loop.call_soon_threadsafe, future.set_result, 1)
            await future

        async def run_threadsafe(case):
            loop = asyncio.get_running_loop()

            def work():
                return asyncio.run_coroutine_threadsafe(asyncio.sleep(0, 7), loop).result()

            case.assertEqual(7, await asyncio.to_thread(work))

        async def another_loop(case):
            await asyncio.to_thread(asyncio.run, asyncio.sleep(0))

        async def own_thread(case):
            in_thread(int)
            asyncio.get_running_loop().call_soon(int)
            asyncio.get_running_loop().call_later(0, int)
            await asyncio.sleep(0.001)

        async def finalised(case):
            loop = asyncio.get_running_loop()

            class Cat:
                def __del__(self):
                    loop.call_soon(int)

            def work():
                Cat()

            in_thread(work)

        for test in (threadsafe, run_threadsafe, another_loop, own_thread, finalised):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_a_loop_that_does_not_run_may_be_used(self):
        """Between two stages nobody else uses it."""

        class Tests(AsyncTestCase, checks="strict"):
            def test_cat(self):
                loop = asyncio.get_event_loop()
                in_thread(lambda: loop.call_soon(int))

        self.assertEqual([("test_cat", "success")], live(Tests).told)

    def test_it_can_be_ignored(self):
        """As each check can."""

        async def test(case):
            meow()

        self.assertEqual(("success", ""), self.told(test, checks={"wrong-thread": "ignore"}))

    def test_a_loop_whose_attributes_are_fixed_is_left_alone(self):
        """Then nothing is seen."""

        class Fixed:
            __slots__ = ("__weakref__",)

            def call_soon(self):
                pass

            def is_closed(self):
                return False

        loop = Fixed()
        check = LoopMisuse()
        scene = Scene(loop, Book())
        check.start(scene)
        check.guard()
        check.guard()
        check.inspect(scene)
        check.stop()

        self.assertEqual([], list(check.findings(Closing())))
        self.assertNotIn(loop, loop_misuse._WATCHING)

    def test_a_loop_that_nobody_watches_any_more_may_be_used(self):
        """Whoever has kept a method from before is no fault of a test."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        loop.set_debug(False)  # there asyncio refuses
        check = LoopMisuse()
        check.start(Scene(loop, Book()))
        check.guard()
        kept = loop.call_soon
        check.stop()

        async def use():
            in_thread(kept, called.set)
            await called.wait()

        called = asyncio.Event()
        loop.run_until_complete(use())

        self.assertIsNot(kept, loop.call_soon)
        self.assertEqual([], list(check.findings(Closing())))

    def test_a_finaliser_is_looked_for_nearby(self):
        """What lies far below one, or below none, is told."""

        def below(depth):
            return below(depth - 1) if depth else loop_misuse._is_finalising(sys._getframe())

        class Cat:
            def __del__(self):
                told.extend((below(0), below(loop_misuse.DEPTH)))

        told = []
        Cat()
        gc.collect()

        self.assertEqual([True, False], told)
        self.assertIs(False, below(loop_misuse.DEPTH))
        self.assertIs(False, loop_misuse._is_finalising(None))

    def test_somebody_elses_patch_over_ours_stays(self):
        """What is not ours is not taken back."""

        async def test(case):
            in_thread(int)
            self.loop = asyncio.get_running_loop()
            self.loop.call_soon = self.mine = mock.Mock(wraps=self.loop.call_soon)

        self.assertEqual(("success", ""), self.told(test))
        self.assertIs(self.mine, vars(self.loop)["call_soon"])

    def test_the_history_of_a_timer_does_not_show_it(self):
        """In debug mode the last line in it is that which made the timer."""

        async def test(case):
            in_thread(int)
            loop = asyncio.get_running_loop()
            for handle in (loop.call_later(5, int), loop.call_at(5, int), loop.call_soon(int)):
                case.assertEqual(__file__, handle._source_traceback[-1].filename)
                handle.cancel()

        self.assertEqual(("success", ""), self.told(test, asyncio_debug=True))

    def test_a_check_that_never_began_can_be_stopped(self):
        """It has nothing to say either."""
        check = LoopMisuse()
        check.stop()
        self.assertEqual([], list(check.findings(Closing())))


class AnewTests(unittest.TestCase):
    """One that watches the next life on the same loop."""

    def test_begin_anew(self):
        """It does so unless it has something to tell."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        scene = Scene(loop, Book())
        check = LoopMisuse()
        check.start(scene)
        self.addCleanup(check.stop)
        self.assertTrue(check.begin_anew(scene))
        check.add_end(Place(__file__, 1), "set_result")
        self.assertFalse(check.begin_anew(scene))
        other = LoopMisuse()
        other.start(scene)
        self.addCleanup(other.stop)
        self.assertFalse(other.begin_anew(scene))  # it is within another one
        other._outer = None
        other.add_close(sys._getframe())
        self.assertFalse(other.begin_anew(scene))


class ClosedTests(unittest.TestCase):
    def test_a_loop_that_the_test_closes_is_told(self):
        """The line that has closed it is the culprit."""

        class Tests(AsyncTestCase):
            def test_cat(self):
                asyncio.get_event_loop().close()

        result = live(Tests)

        self.assertEqual("failure", result.outcome)
        self.assertIn("the test has closed its event loop [stopped-loop]\n", texts(result))
        self.assertIn("asyncio.get_event_loop().close()\n", texts(result))

    def test_a_cleanup_that_closes_it_is_told(self):
        """A cleanup is a part of the test."""

        class Tests(AsyncTestCase):
            async def test_cat(self):
                self.addCleanup(asyncio.get_running_loop().close)

        self.assertEqual("failure", live(Tests).outcome)

    def test_what_has_failed_is_not_told_twice(self):
        """A stage that finds the loop closed says so."""

        class Tests(AsyncTestCase):
            def test_cat(self):
                asyncio.get_event_loop().close()

            async def asyncTearDown(self):
                pass

        self.assertNotIn("[stopped-loop]", texts(live(Tests)))

    def test_who_closes_the_loop_of_a_class_is_told(self):
        """Neither the class nor the tests to come are the culprits."""

        class Tests(AsyncTestCase, loop_scope="class"):
            def test_a(self):
                asyncio.get_event_loop().close()

            def test_b(self):
                pass

        result = live(Tests)

        self.assertEqual(1, texts(result).count("[stopped-loop]"))
        self.assertEqual(("test_a", "failure"), result.told[0])

    def test_healthy_twins_are_left_alone(self):
        """Other loops may be closed, and a running one refuses."""

        class Tests(AsyncTestCase, checks="strict"):
            def test_another(self):
                asyncio.run(asyncio.sleep(0))

            async def test_refused(self):
                with self.assertRaises(RuntimeError):
                    asyncio.get_running_loop().close()

        self.assertEqual(["success"] * 2, [outcome for _, outcome in live(Tests).told])

    def test_a_nested_test_closes_its_own(self):
        """A test inside of a test is another test."""

        class Inner(AsyncTestCase):
            def test_cat(self):
                asyncio.get_event_loop().close()

        class Outer(AsyncTestCase):
            def test_cat(self):
                self.inner = live(Inner).outcome
                inner.append(self.inner)

        inner = []
        self.assertEqual("success", live(Outer).outcome)
        self.assertEqual(["failure"], inner)


class ExecutorTests(unittest.TestCase):
    """A future that ends in an executor, where no line of the user's runs."""

    def told(self, test):
        result = lives(test)
        return result.outcome, texts(result)

    def test_told_once(self):
        """The line that has it done is told, whether or not somebody waits for the future."""

        async def waited_for(case):
            future = case.loop.create_future()
            waiting = asyncio.ensure_future(asyncio.wait([future]))
            await asyncio.sleep(0)
            await asyncio.to_thread(future.set_result, 1)
            await asyncio.wait([waiting], timeout=1)

        async def not_waited_for(case):
            future = case.loop.create_future()
            await asyncio.to_thread(future.set_result, 1)
            await case.loop.run_in_executor(None, future.cancel)

        outcome, text = self.told(waited_for)
        self.assertEqual(("failure", 1), (outcome, text.count("[wrong-thread]")), text)
        self.assertIn("\n    await asyncio.to_thread(future.set_result, 1)\n", text)
        outcome, text = self.told(not_waited_for)
        self.assertEqual(("failure", 2), (outcome, text.count("[wrong-thread]")), text)
        self.assertIn("cancel() of a future of the event loop was called in another thread", text)

    def test_not_too_many(self):
        """No more are told than are of use; on a loop that nobody watches, none."""
        check = LoopMisuse()
        loop = mock.Mock()
        loop_misuse.ends_elsewhere(loop, Place("herd.py", 1), "cancel")
        with mock.patch.dict(loop_misuse._WATCHING, {loop: check}):
            for line in range(2 * loop_misuse.MOST):
                loop_misuse.ends_elsewhere(loop, Place("herd.py", line), "cancel")
        self.assertEqual(loop_misuse.MOST, len(list(check.findings(Closing()))))


class StoppedTests(unittest.TestCase):
    """A loop that is stopped by the last line of a test."""

    def test_told(self):
        """It is told, with the line; tear-down runs all the same."""
        after = []

        class Tests(AsyncTestCase):
            async def test_cat(self):
                self.loop.stop()

            async def asyncTearDown(self):
                after.append(1)

        result = live(Tests)
        self.assertEqual("failure", result.outcome)
        self.assertEqual([1], after)
        text = texts(result)
        self.assertIn("the event loop was stopped in test_cat() [stopped-loop]", text)
        self.assertIn("\n    self.loop.stop()\n", text)

    def test_names(self):
        """It can be allowed."""

        @allow("stopped-loop", match="test_cat")
        async def test_cat(self):
            self.loop.stop()

        tests = type("Tests", (AsyncTestCase,), {"test_cat": test_cat})
        self.assertEqual("success", live(tests).outcome)
