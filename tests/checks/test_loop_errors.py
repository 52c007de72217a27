"""Tests of asynctesting.checks.loop_errors: errors that only the loop saw."""

import asyncio
import contextlib
import functools
import gc
import os
import traceback
import unittest
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks import loop_errors
from asynctesting.checks.base import Closing
from asynctesting.checks.loop_errors import LoopErrors
from asynctesting.findings import Finding, Place
from asynctesting.loops.explored import ExploredLoop
from tests.support import Boom, live, scene, settle, told, turns, unsettle


CURE = "mend the error; around one that must happen, write `with self.assertLoopError(...):`"
UNREAD = "await it, or ask for its result() or exception(), before the test ends"
HERE = os.path.relpath(__file__)
if HERE.startswith(os.pardir):
    HERE = __file__


setUpModule, tearDownModule = settle, unsettle


def fail():
    raise Boom("in a callback")


def raised(function=fail):
    """Give the error that *function* raises, and its text."""
    try:
        function()
    except Boom as error:
        return error, "".join(traceback.format_exception(error))


def line(function, offset=0):
    code = function.__code__
    return Place(code.co_filename, code.co_firstlineno + offset, code.co_name)


class PureTests(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        self.check = LoopErrors()
        self.check.start(scene(self.loop))

    def found(self, **context):
        """Give the one finding about what the loop is told."""
        self.loop.call_exception_handler(context)
        (finding,) = self.check.findings(Closing())
        return finding

    def test_an_error_stands_at_the_users_innermost_line(self):
        """The error, its line and its whole traceback are told."""
        error, text = raised()

        self.assertEqual(
            Finding(
                "loop-error",
                "exception in callback: Boom('in a callback')",
                CURE.replace("...", "Boom"),
                line(fail, 1),
                text,
            ),
            self.found(message="Exception in callback!", exception=error),
        )

    def test_lines_of_the_library_are_passed_over(self):
        """An error that asyncio raises in the user's name stands at the user's line."""

        def users():
            asyncio.ensure_future(None)

        try:
            users()
        except TypeError as error:
            finding = self.found(message="Exception", exception=error)

        self.assertEqual(line(users, 1), finding.place)

    def test_an_error_of_a_task_names_the_task(self):
        """Whose error it was matters as much as where."""

        async def cat():
            fail()

        task = self.loop.create_task(cat(), name="tom")
        self.loop.run_until_complete(asyncio.wait([task]))
        error = task.exception()

        finding = self.found(message="Task exception was lost", exception=error, future=task)

        self.assertEqual(
            f"task 'tom' ({cat.__qualname__}): task exception was lost: Boom('in a callback')",
            finding.fact,
        )
        self.assertEqual(line(fail, 1), finding.place)

    def test_a_task_without_an_error_stands_where_it_stands(self):
        """There is no traceback then."""

        async def cat():
            """Never run."""

        coroutine = cat()
        task = self.loop.create_task(coroutine, name="tom")
        self.addCleanup(self.loop.run_until_complete, task)

        finding = self.found(message="Task was destroyed but it is pending!", task=task)

        self.assertEqual(
            f"task 'tom' ({cat.__qualname__}) was dropped by the garbage collector "
            "while it was pending",
            finding.fact,
        )
        self.assertEqual((line(cat), ""), (finding.place, finding.detail))

    def test_an_error_without_a_line_of_the_users_stands_at_the_callback(self):
        """A callback is the user's even if the error is not."""
        handle = asyncio.Handle(fail, (), self.loop)

        finding = self.found(message="Exception", exception=Boom(), handle=handle)

        self.assertEqual(line(fail), finding.place)
        self.assertEqual(f"{Boom.__module__}.{Boom.__qualname__}\n", finding.detail)

    def test_a_callback_without_code_has_no_line(self):
        """What can be called need not be a function."""
        for callback in (functools.partial(fail), print, None):
            with self.subTest(callback=callback):
                self.setUp()
                handle = callback and asyncio.Handle(callback, (), self.loop)
                finding = self.found(message="Exception", exception=Boom(), handle=handle)
                self.assertIsNone(finding.place)

    def test_debug_mode_knows_where_something_was_made(self):
        """If nothing else is known, the user's line that made the future is the culprit."""
        lines = [
            traceback.FrameSummary("main.py", 1, "main"),
            traceback.FrameSummary("herd.py", 2, "herd"),
            traceback.FrameSummary("odd.py", None, "odd"),
            traceback.FrameSummary(asyncio.futures.__file__, 3, "__init__"),
        ]
        for source, place in [
            (lines, Place("odd.py", 0, "odd")),
            (lines[:2], Place("herd.py", 2, "herd")),
            (lines[-1:], None),
            ([], None),
        ]:
            with self.subTest(source=source):
                self.setUp()
                finding = self.found(message="Exception", source_traceback=source)
                self.assertEqual(place, finding.place)

    def test_a_context_may_be_empty(self):
        """Whoever calls the handler need not say anything."""
        self.assertEqual(
            Finding("loop-error", "unhandled error in the event loop", CURE), self.found()
        )

    def test_what_cannot_be_shown_is_told_all_the_same(self):
        """An error whose repr() fails is an error, and so is a message that is no text."""

        class Shy(Exception):
            def __repr__(self):
                raise ZeroDivisionError

        for context, fact in [
            ({"exception": Shy()}, "an error that cannot be shown (ZeroDivisionError)"),
            ({"message": 5}, "an error that cannot be shown (TypeError)"),
        ]:
            with self.subTest(fact=fact):
                self.setUp()
                cure = CURE.replace("...", "Shy") if "exception" in context else CURE
                self.assertEqual(Finding("loop-error", fact, cure), self.found(**context))

    def test_cancellations_at_the_end_are_ours(self):
        """A callback that trips over a task that we have cancelled is no fault."""
        error, _ = raised()
        self.check.ending(self.loop, [])
        self.loop.call_exception_handler({"exception": asyncio.CancelledError()})
        self.assertEqual([], self.check.findings(Closing()))

        self.found(message="Exception", exception=error)

    def test_a_cancellation_before_the_end_is_not(self):
        """While the test runs, nobody but the test cancels."""
        self.assertEqual(
            "unhandled error in the event loop: CancelledError()",
            self.found(exception=asyncio.CancelledError()).fact,
        )

    def test_the_handler_that_was_there_is_put_back(self):
        """A loop that is not ours keeps its handler."""
        self.check.stop()
        self.assertIsNone(self.loop.get_exception_handler())

        theirs = mock.Mock()
        self.loop.set_exception_handler(theirs)
        check = LoopErrors()
        check.start(scene(self.loop))
        check.stop()

        self.assertIs(theirs, self.loop.get_exception_handler())

    def test_a_handler_that_the_test_has_set_stays(self):
        """What was replaced meanwhile is not ours to put back."""
        theirs = mock.Mock()
        self.loop.set_exception_handler(theirs)

        self.check.stop()

        self.assertIs(theirs, self.loop.get_exception_handler())

    def test_stopping_what_was_never_started_does_nothing(self):
        """A check may fail before it has begun, and may be stopped twice."""
        LoopErrors().stop()
        self.check.stop()
        self.check.stop()

        self.assertIsNone(self.loop.get_exception_handler())


class LifeTests(unittest.TestCase):
    def told(self, test, **options):
        with self.assertNoLogs("asyncio", "ERROR"):
            return told(test, checks="strict", **options)

    def assert_fault(self, test, start, cure=CURE.replace("...", "Boom")):
        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertTrue(text.startswith(start), text)
        self.assertIn(f"\n  cure: {cure}", text)
        return text

    def test_an_error_in_a_callback_fails_the_test(self):
        """The standard class logs it, and the test passes."""

        async def test():
            asyncio.get_running_loop().call_soon(fail)
            await turns()

        place = line(fail, 1)
        text = self.assert_fault(test, "exception in callback fail() at ")
        self.assertIn(
            f": Boom('in a callback') [loop-error]\n  {HERE}:{place.lineno}, in fail\n"
            f"    {place.source}\n  Traceback (most recent call last):\n",
            text,
        )

    def test_an_error_in_a_timer_fails_the_test(self):
        """A timer is a callback that comes later."""

        async def test():
            asyncio.get_running_loop().call_later(0, fail)
            await asyncio.sleep(0.01)

        self.assert_fault(test, "exception in callback fail()")

    def test_an_error_in_a_callback_after_the_test_fails_it(self):
        """What the test has left to be called is called before its end."""

        async def test():
            asyncio.get_running_loop().call_soon(fail)

        self.assert_fault(test, "exception in callback fail()")

    def test_an_error_whose_log_is_asserted_is_expected(self):
        """Inside assertLogs, asyncio's log is what the test is about; after it, no more."""

        watcher = unittest.TestCase()

        async def asserted():
            with watcher.assertLogs("asyncio", "ERROR") as logs:
                asyncio.get_running_loop().call_exception_handler({"message": "purr"})
            watcher.assertIn("purr", logs.output[0])

        outcome, text = self.told(asserted)
        self.assertEqual(("success", ""), (outcome, text))

        async def afterwards():
            with watcher.assertLogs("asyncio", "ERROR"):
                asyncio.get_running_loop().call_exception_handler({"message": "purr"})
            asyncio.get_running_loop().call_exception_handler({"message": "hiss"})

        outcome, text = self.told(afterwards)
        self.assertEqual("failure", outcome)
        self.assertIn("hiss [loop-error]", text)
        self.assertNotIn("purr", text)

    def test_arguments_are_told_in_full(self):
        """asyncio shortens them, and since 3.14 it leaves them out."""
        long = "meow" * 100

        async def test(argument):
            asyncio.get_running_loop().call_soon(int, argument)
            await turns()

        _, text = self.told(functools.partial(test, long))
        self.assertIn(f"\n  it was called with {long!r}\n", text)
        _, text = self.told(functools.partial(test, "meow"))
        self.assertIs("int('meow')" not in text, "it was called with 'meow'" in text)

    def test_a_traceback_of_one_line_is_not_shown_twice(self):
        """The place says it all, unless the error has more to tell: a cause, or a note."""

        async def cat():
            raise Boom("in the task itself")

        async def purr():
            try:
                raise Boom("in the task itself")
            except Boom as error:
                error.add_note("purr")
                raise

        async def test(meow):
            asyncio.create_task(meow())
            await turns()

        for meow, is_shown in (cat, False), (purr, True):
            with self.subTest(meow.__name__):
                _, text = self.told(functools.partial(test, meow))
                self.assertEqual(is_shown, "Traceback" in text, text)
                self.assertIn("keep it, `task = asyncio.create_task(meow())`", text)

    def test_an_error_of_a_task_that_nobody_asked_fails_the_test(self):
        """A task that failed and is forgotten is told when it is gone."""

        async def cat():
            fail()

        async def test():
            task = asyncio.create_task(cat(), name="tom")
            await turns()
            del task
            gc.collect()

        self.assert_fault(
            test,
            f"task 'tom' ({cat.__qualname__}) failed, and nobody asked for its error: "
            "Boom('in a callback') [unread-error]\n",
            "`await task` before the test ends: then the test sees the error",
        )

    def test_an_error_of_a_future_that_nobody_asked_fails_the_test(self):
        """A future can carry an error too."""

        async def test():
            asyncio.get_running_loop().create_future().set_exception(Boom("lost"))

        self.assert_fault(
            test, "a future failed, and nobody asked for its error: Boom('lost') [unread-error]\n", UNREAD
        )

    def test_an_error_that_nobody_has_asked_for_yet_fails_the_test(self):
        """Somebody still refers to the task or the future: asyncio would say nothing."""
        kept = []

        async def cat():
            fail()

        async def task():
            kept.append(asyncio.create_task(cat(), name="tom"))
            await turns()

        async def future():
            kept.append(asyncio.get_running_loop().create_future())
            kept[-1].set_exception(Boom("lost"))

        async def cycle():
            own = [asyncio.create_task(cat(), name="tom")]
            own.append(own)
            await turns()

        for test, start in (
            (task, "task 'tom' ("),
            (future, "a future failed, and nobody asked for its error: Boom('lost') [unread-error]"),
            (cycle, "task 'tom' ("),
        ):
            with self.subTest(test=test.__name__):
                self.assert_fault(test, start, UNREAD)

    def test_a_task_that_is_dropped_fails_the_test(self):
        """A loop refers to its tasks weakly, and what they wait for may be gone."""

        async def test():
            async def cat():
                await asyncio.get_running_loop().create_future()

            asyncio.create_task(cat(), name="tom")
            await turns()
            gc.collect()

        outcome, text = self.told(test)

        self.assertEqual("failure", outcome)
        self.assertIn("task 'tom'", text)
        self.assertIn("[dropped-task]", text)

    def test_factories_of_protocols(self):
        """What asyncio tells in debug mode only, is told always, and once."""

        async def connect():
            async with await self.server(fail) as server:
                _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                await asyncio.sleep(0.01)
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        for debug in (False, True):
            with self.subTest(debug=debug):
                outcome, text = self.told(connect, asyncio_debug=debug)
                self.assertEqual("failure", outcome)
                self.assertEqual(1, text.count("[loop-error]"), text)

        async def main():
            asyncio.get_running_loop().set_debug(False)
            await connect()

        asyncio.run(main())  # outside of any test, it is as ever

    async def server(self, factory):
        return await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)

    def test_a_handler_that_drops_errors_must_not_stay(self):
        """Whatever it has dropped, the test would not know."""

        async def left():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: None)
            loop.call_soon(fail)
            await turns()

        async def put_back():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: None)
            loop.call_soon(fail)
            await turns()
            loop.set_exception_handler(None)

        async def unused():
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)

        async def passed_on():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: loop.default_exception_handler(context))
            loop.call_soon(fail)
            await turns()

        async def raising():
            def handler(loop, context):
                raise Boom

            asyncio.get_running_loop().set_exception_handler(handler)

        async def mocked():
            handler = mock.Mock()
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(handler)
            loop.call_soon(fail)
            await turns()
            handler.assert_called_once()

        outcome, text = self.told(left)
        self.assertEqual("failure", outcome)
        self.assertIn("left its own exception handler on the event loop: ", text)
        self.assertIn("the last error that it has seen: exception in callback fail()", text)
        self.assertIn("[exception-handler]", text)

        outcome, text = self.told(passed_on)
        self.assertEqual("failure", outcome)
        self.assertNotIn("[exception-handler]", text)
        outcome, text = self.told(unused)
        self.assertEqual("failure", outcome)
        self.assertNotIn("has seen", text)
        self.assertIn("[exception-handler]", text)
        for test in (put_back, mocked, raising):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_a_handler_on_the_loop_of_a_class_is_put_back(self):
        """The next test of the class would be without the loop's."""

        class Tests(AsyncTestCase, loop_scope="class"):
            async def test_1_guilty(self):
                self.loop.set_exception_handler(print)

            async def test_2_after(self):
                self.assertIsNone(self.loop.get_exception_handler())
                self.loop.call_soon(fail)
                await turns()

        result = live(Tests)

        self.assertEqual(
            [("test_1_guilty", "failure"), ("test_2_after", "failure")], result.told
        )
        self.assertIn("event loop: print [exception-handler]", str(result.raised[0]))
        self.assertIn("[loop-error]", str(result.raised[1]))

    def test_a_loop_without_attributes_of_its_own_is_watched(self):
        """There, the exception handler is ours as long as the test lives."""

        class Slotted(asyncio.SelectorEventLoop):
            def __setattr__(self, name, value):
                if name in ("default_exception_handler", "call_exception_handler"):
                    raise AttributeError(name)
                super().__setattr__(name, value)

        class Tests(AsyncTestCase):
            loop_factory = Slotted

            async def test_cat(self):
                self.loop.call_soon(fail)
                await turns()

        self.assertIn("[loop-error]", str(live(Tests).raised[0]))
        loop = Slotted()
        self.addCleanup(loop.close)
        check = LoopErrors()
        check.start(scene(loop))
        self.assertIsNotNone(loop.get_exception_handler())
        check.inspect(scene(loop))
        self.assertEqual([], list(check.findings(Closing())))
        check.stop()
        self.assertIsNone(loop.get_exception_handler())

    def test_what_the_test_has_put_on_the_loop_stays(self):
        """Our hooks are taken back only where they still are."""
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        check = LoopErrors()
        check.start(scene(loop))
        loop.call_exception_handler = print
        check.stop()

        self.assertIs(print, loop.call_exception_handler)
        self.assertNotIn("default_exception_handler", vars(loop))

    def test_a_handler_that_replaces_ours_stays(self):
        """A loop without attributes of its own has the test's handler in the end."""

        class Slotted(asyncio.SelectorEventLoop):
            def __setattr__(self, name, value):
                if name in ("default_exception_handler", "call_exception_handler"):
                    raise AttributeError(name)
                super().__setattr__(name, value)

        loop = Slotted()
        self.addCleanup(loop.close)
        check = LoopErrors()
        check.start(scene(loop))
        loop.set_exception_handler(print)
        check.stop()

        self.assertIs(print, loop.get_exception_handler())

    def joined(self):
        """A check of a series, the loop of a life that it has joined, and their scene."""
        check, watched = LoopErrors(), ExploredLoop()
        self.addCleanup(watched.close)
        one = scene(watched, is_series=True)
        check.start(one)
        check.join(one)
        return check, watched, one

    def test_series(self):
        """In a series of lives a loop is watched as soon as there is an error."""
        check, watched, one = self.joined()
        self.assertFalse(check.is_in_doubt(one))
        self.assertNotIn("call_exception_handler", vars(watched))
        watched.call_exception_handler({"message": "purr"})
        watched.call_exception_handler({"message": "meow"})
        self.assertTrue(check.is_in_doubt(one))
        check.stop()
        self.assertEqual(["purr", "meow"], [finding.fact for finding in check.findings(Closing())])

    def test_series_at_the_end(self):
        """A callback that trips over a task which we have cancelled is no fault; nor what comes when all is over."""
        check = LoopErrors()
        one = scene(ExploredLoop(), is_series=True)
        check.start(one)
        for is_first in (True, False):
            one.loop = watched = ExploredLoop()
            self.addCleanup(watched.close)
            check.join(one)
            if not is_first:
                watched.call_exception_handler({"message": "purr"})
            check.ending(watched, [])
            error = asyncio.CancelledError()
            watched.call_exception_handler({"message": "meow", "exception": error})
        check.join(one)
        check.stop()
        with self.assertLogs("asyncio"):
            one.loop.rouse()
            ExploredLoop.call_exception_handler(one.loop, {"message": "hiss"})
        self.assertEqual(["purr"], [finding.fact for finding in check.findings(Closing())])
        one.loop.close()

    def test_series_with_a_handler(self):
        """A handler of the test's is told, and its loop is in doubt."""
        (check, watched, one), told = self.joined(), []
        watched.set_exception_handler(lambda loop, context: told.append(context))
        self.assertTrue(check.is_in_doubt(one))
        watched.call_exception_handler({"message": "purr"})
        self.assertEqual([{"message": "purr"}], told)
        self.assertEqual([], check.findings(Closing()))

    def test_series_with_a_server(self):
        """An error of a protocol's factory is one as well."""
        check, watched, one = self.joined()
        watched.set_debug(False)  # or asyncio tells of it itself
        loop_errors._tell_of_accept(watched, Boom("a cat"))
        (finding,) = check.findings(Closing())
        self.assertIn("error while a server made a protocol", finding.fact)

    def test_a_loop_with_a_name_of_ours(self):
        """What a loop of the user's calls rouse() is nothing to us."""

        class Loop(asyncio.SelectorEventLoop):
            rouse = mock.Mock()

        loop = Loop()
        self.addCleanup(loop.close)
        loop_errors._tell_of_accept(loop, Boom("a cat"))
        loop.rouse.assert_not_called()

    def test_a_handler_without_code_has_no_line(self):
        """An error that it has seen may have none either."""
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        check = LoopErrors()
        check.start(scene(loop, is_owned=False))
        loop.set_exception_handler(functools.partial(max, key=id))
        loop.call_exception_handler({"message": "purr"})
        check.inspect(scene(loop))
        check.stop()

        (finding,) = check.findings(Closing())
        self.assertIsNone(finding.place)
        self.assertEqual("the last error that it has seen: purr", finding.detail)

    def test_an_error_of_a_protocol_fails_the_test(self):
        """What a connection calls is called by the loop."""

        class Protocol(asyncio.DatagramProtocol):
            def connection_made(self, transport):
                fail()

        async def test():
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(
                Protocol, local_addr=("127.0.0.1", 0)
            )
            await turns()
            transport.close()

        self.assert_fault(test, "exception in callback ")

    def test_healthy_twins_are_left_alone(self):
        """An error that somebody awaits, expects or handles is not the loop's."""

        async def cat():
            fail()

        async def awaited():
            with contextlib.suppress(Boom):
                await asyncio.create_task(cat())

        async def gathered():
            await asyncio.gather(cat(), cat(), return_exceptions=True)

        async def asked():
            future = asyncio.get_running_loop().create_future()
            future.set_exception(Boom())
            future.exception()

        async def handled():
            caught = []
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: caught.append(context))
            loop.call_soon(fail)
            await turns()
            self.assertEqual(1, len(caught))

        for test in (awaited, gathered, asked, handled):
            with self.subTest(test=test.__name__):
                self.assertEqual(("success", ""), self.told(test))

    def test_the_neighbour_is_not_blamed(self):
        """The guilty test fails, and no other."""

        class Tests(AsyncTestCase):
            async def test_1_before(self):
                pass

            async def test_2_guilty(self):
                asyncio.get_running_loop().call_soon(fail)

            async def test_3_after(self):
                await turns()

        self.assertEqual(
            [
                ("test_1_before", "success"),
                ("test_2_guilty", "failure"),
                ("test_3_after", "success"),
            ],
            live(Tests).told,
        )


class AssertTests(unittest.TestCase):
    def told(self, body):
        class Tests(AsyncTestCase):
            async def test_cat(self):
                await body(self)

        with self.assertNoLogs("asyncio", "ERROR"):
            result = live(Tests)
        return result.outcome, "\n".join(str(error) for error in result.raised)

    def test_an_error_may_be_expected(self):
        """It is given to the test, and is no finding."""

        async def cat():
            fail()

        async def callback(case):
            with case.assertLoopError(Boom) as caught:
                case.loop.call_soon(fail)
                await turns()
            case.assertEqual("in a callback", str(caught.exception))
            case.assertIs(caught.exception, caught.context["exception"])
            case.assertIsNone(case.loop.get_exception_handler())

        async def unread(case):
            with case.assertLoopError((Boom, ValueError), match="call.ack"):
                own = [asyncio.create_task(cat())]
                own.append(own)
                await turns()
                del own

        async def factory(case):
            # asyncio itself does not tell of this one, but in debug mode.
            async with await case.loop.create_server(fail, "127.0.0.1", 0) as server:
                with case.assertLoopError(Boom) as caught:
                    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                    writer.close()
                    while caught.exception is None:
                        await asyncio.sleep(0)
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        for body in (callback, unread, factory):
            with self.subTest(body=body.__name__):
                self.assertEqual(("success", ""), self.told(body))

    def test_a_connection_without_protocol(self):
        """Whoever has connected is let go at once, as without us."""

        async def body(case):
            case.loop.set_debug(False)  # there, asyncio itself keeps it
            async with await case.loop.create_server(fail, "127.0.0.1", 0) as server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                with contextlib.suppress(ConnectionError):
                    self.assertEqual(b"", await asyncio.wait_for(reader.read(), 10))
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        outcome, text = self.told(body)
        self.assertIn("Boom", text)
        self.assertNotIn("TimeoutError", text)

    def test_one_that_does_not_come_fails_the_test(self):
        """As with assertRaises, what is expected must happen; other errors remain findings."""

        async def none(case):
            with case.assertLoopError(Boom):
                pass

        async def other(case):
            with case.assertLoopError((ValueError, KeyError), match="x", msg="the cat sleeps"):
                case.loop.call_soon(fail)
                await turns()

        async def nested(case):
            with case.assertLoopError(Boom):
                with case.assertLoopError(ValueError):
                    case.loop.call_soon(fail)
                    await turns()

        self.assertEqual(("failure", "Boom did not come to the event loop"), self.told(none))
        outcome, text = self.told(other)
        self.assertEqual("failure", outcome)
        self.assertTrue(
            text.startswith(
                "ValueError or KeyError like 'x' did not come to the event loop : the cat sleeps"
            ),
            text,
        )
        self.assertEqual(
            ("failure", "ValueError did not come to the event loop"), self.told(nested)
        )

    def test_an_error_of_the_block_is_the_tests(self):
        """It comes first, whatever the loop has seen."""

        async def body(case):
            with case.assertLoopError(ValueError):
                raise Boom("in the block")

        self.assertEqual(("error", "in the block"), self.told(body))

    def test_a_handler_that_replaces_it_stays(self):
        """What the test does inside of the block is not undone."""

        async def body(case):
            with case.assertRaises(AssertionError):
                with case.assertLoopError(Boom):
                    case.loop.set_exception_handler(print)
            case.assertIs(print, case.loop.get_exception_handler())

        self.assertEqual(("success", ""), self.told(body))

    def test_only_types_of_exceptions_can_be_expected(self):
        """As with assertRaises, anything else is refused at once."""
        case = unittest.TestCase()
        for expected in (5, (), (Boom, 5), Boom()):
            with self.subTest(expected=expected), self.assertRaisesRegex(TypeError, "arg 1 must"):
                AsyncTestCase.assertLoopError(case, expected)
