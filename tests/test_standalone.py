"""Tests of asynctesting.standalone: a life without a class."""

import asyncio
import contextvars
import functools
import gc
import os
import sys
import time
import unittest
import warnings
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestingWarning,
    Explorer,
    FindingsError,
    LoopTimeExceeded,
    OptionError,
    on_loops,
    run,
    virtual_time,
)
from asynctesting.checks import census
from tests.support import (
    INTERRUPTS,
    BaseBoom,
    Boom,
    current_loop,
    for_ever,
    frames,
    loops_made,
    main_thread_only,
    quiet,
    settle,
    turns,
    unsettle,
)


VAR = contextvars.ContextVar("VAR", default="unset")
OURS = os.path.dirname(os.path.abspath(asynctesting.__file__)) + os.sep
KEPT = []


setUpModule, tearDownModule = settle, unsettle


async def leak():
    KEPT.append(asyncio.create_task(for_ever(), name="forgotten"))
    await asyncio.sleep(0)


class Run(unittest.TestCase):

    def test_value(self):
        """It gives what main returns, on a loop that is closed afterwards."""

        async def main():
            await asyncio.sleep(0)
            return "cat"

        with loops_made() as made:
            self.assertEqual("cat", run(main))
        (loop,) = made
        self.assertTrue(loop.is_closed())

    def test_nothing_is_kept(self):
        """The coroutine of main is let go as it ends: nothing has to be looked for in memory."""

        async def main():
            await asyncio.sleep(0)

        run(main)
        self.addCleanup(gc.enable)
        gc.disable()
        with mock.patch.object(census, "_candidates", return_value=[]) as looked:
            run(main)
        looked.assert_not_called()

    def test_awaitable(self):
        """Main may be whatever returns an awaitable."""

        async def main(value):
            return value

        class Awaitable:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return "awaited"

        self.assertEqual("partial", run(functools.partial(main, "partial")))
        self.assertEqual("awaited", run(Awaitable))

    def test_context(self):
        """Main runs in a copy of the context, one with what it calls."""

        def main():
            VAR.set("main")
            return read()

        async def read():
            return VAR.get()

        self.assertEqual("main", run(main))
        self.assertEqual("unset", VAR.get())

    def test_error(self):
        """What main raises comes out, without the frames that lead to it."""
        for kind in (Boom, BaseBoom, KeyboardInterrupt, SystemExit, asyncio.CancelledError):
            with self.subTest(kind.__name__):

                async def main(kind=kind):
                    raise kind("on purpose")

                try:
                    run(main)
                except BaseException as error:
                    self.assertIs(kind, type(error))
                    # This function, run() itself, main().
                    self.assertEqual([__file__, __file__], frames(error)[::2])
                    self.assertEqual(3, len(frames(error)))
                else:
                    self.fail("nothing was raised")

    def test_cure(self):
        """What Python says of a loop inside of a loop gets a cure."""

        async def main():
            asyncio.run(turns())

        with self.assertRaises(RuntimeError) as caught:
            run(main)
        self.assertIn("cure: a loop runs here already", "".join(caught.exception.__notes__))

    def test_finding(self):
        """What main leaves behind is raised; what it returns is lost."""
        with self.assertRaises(FindingsError) as caught:
            run(leak)
        self.assertIn("task 'forgotten' (for_ever) was still pending", str(caught.exception))

    def test_findings(self):
        """Several findings are faults in this run."""

        async def main():
            await leak()
            turns()

        with self.assertRaisesRegex(FindingsError, "^2 faults in this run:"):
            run(main)

    def test_error_and_finding(self):
        """If main raised as well, that comes, with the findings as a note."""

        async def main():
            await leak()
            raise Boom

        with self.assertRaises(Boom) as caught:
            run(main)
        self.assertIn("forgotten", "".join(caught.exception.__notes__))

    def test_swallowed_assertion(self):
        """Of the file that main() is in, as of a test's; what somebody looks at is in order."""

        async def cat(*, is_late=True):
            await asyncio.sleep(0)
            assert not is_late

        async def swallow():
            await asyncio.gather(cat(), return_exceptions=True)

        async def look():
            (error,) = await asyncio.gather(cat(), return_exceptions=True)
            self.assertIsInstance(error, AssertionError)

        class Swallow:
            async def __call__(self):
                await swallow()

        @functools.wraps(swallow)
        def wrapped():
            return swallow()

        for main in functools.partial(swallow), Swallow(), wrapped, lambda: swallow():
            with self.subTest(main):
                if hasattr(sys, "monitoring"):
                    with self.assertRaisesRegex(FindingsError, r"was swallowed[^\0]*test_standalone.py:\d+, in cat"):
                        run(main)
                    self.assertTrue(Explorer(schedules=2).run(main).failed)
        run(look)
        # Of a function that is not the user's nobody knows where the test is.
        with self.assertRaisesRegex(FindingsError, "'forgotten'"):
            run(functools.partial(asyncio.wait_for, leak(), 1))

    def test_warning(self):
        """What only warns is warned of; where warnings are errors, it is raised."""
        with self.assertWarnsRegex(AsyncTestingWarning, "forgotten"):
            run(leak, checks="warn")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaisesRegex(AsyncTestingWarning, "forgotten"):
                run(leak, checks="warn")

    def test_error_and_warning(self):
        """A warning that is an error does not hide what main raised."""

        async def main():
            await leak()
            raise Boom

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaises(Boom) as caught:
                run(main, checks="warn")
        self.assertIn("forgotten", "".join(caught.exception.__notes__))

    @main_thread_only(INTERRUPTS)
    def test_error_and_blocked_close(self):
        """What blocks the end of the run does not hide what main() raised."""

        async def block():
            try:
                await for_ever()
            finally:
                time.sleep(30)

        async def main():
            self.kept = asyncio.create_task(block())
            await turns()
            raise Boom("mine")

        with quiet(), self.assertRaises(Boom) as caught:
            run(main, close_limit=0.05, time_limit=5)
        del self.kept

        notes = "\n".join(caught.exception.__notes__)
        self.assertIn(
            "the test could not be ended: after 6 times its close_limit of 0.05 s", notes
        )
        self.assertIn("time.sleep(30)", notes)
        self.assertIn("[pending-task]", notes)
        self.assertNotIn("time limit of", notes)

    def test_checks_off(self):
        """With the checks off it only runs."""
        self.assertIsNone(run(leak, checks="off"))

    def test_loop_factory(self):
        """A loop factory makes the loop, and no loop becomes current."""
        made = []

        def factory():
            made.append(asyncio.SelectorEventLoop())
            return made[-1]

        async def main():
            return asyncio.get_running_loop()

        with current_loop(None), loops_made() as by_asyncio:
            self.assertIs(run(main, loop_factory=factory), made[0])
        self.assertEqual([], by_asyncio)
        self.assertTrue(made[0].is_closed())

    def test_failing_factory(self):
        """A loop factory that fails is an error, and main is not called."""
        called = []
        with self.assertRaises(Boom):
            run(lambda: called.append(1), loop_factory=mock.Mock(side_effect=Boom))
        self.assertEqual([], called)

    def test_mock(self):
        """A mock may stand for main, and asks for no options."""
        main = mock.AsyncMock(return_value="value")
        self.assertEqual("value", run(main))
        main.assert_awaited_once_with()

    def test_options(self):
        """Options come from the call, then from decorators on main, then from outside."""

        async def main():
            return asyncio.get_running_loop().get_debug()

        marked = asynctesting.asyncio_debug(True)(main)
        self.assertIs(True, run(marked))
        self.assertIs(False, run(marked, asyncio_debug=False))
        with mock.patch.dict(os.environ, ASYNCTESTING_CHECKS="off"):
            run(leak)
            with self.assertRaises(FindingsError):
                run(leak, checks="default")

    def test_wrong_options(self):
        """Options that cannot be are refused before anything runs."""
        called = []
        with self.assertRaisesRegex(OptionError, r"^run\(\): close_limit must be"):
            run(lambda: called.append(1), close_limit=-1)
        self.assertEqual([], called)

        @on_loops("asyncio")
        async def on_each():
            pass

        with self.assertRaises(OptionError) as caught:
            run(on_each)
        self.assertEqual(
            "run(): one life only; call it once for each loop, with loop_factory",
            str(caught.exception),
        )

    def test_not_a_function(self):
        """A coroutine in place of a function is refused, and closed; so is anything else."""
        coroutine = turns()
        with self.assertRaisesRegex(TypeError, r"not a coroutine: write run\(main\)"):
            run(coroutine)
        self.assertIsNone(coroutine.cr_frame)
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        with self.assertRaisesRegex(TypeError, "needs a function to call"):
            run(loop.create_future())
        with self.assertRaisesRegex(TypeError, "needs a coroutine function, not 3"):
            run(3)

    def test_not_a_coroutine_function(self):
        """A function that returns nothing to await is refused."""
        with self.assertRaisesRegex(TypeError, "but .*<lambda>.* is not one"):
            run(lambda: 3)

    def test_inside_a_running_loop(self):
        """While a loop runs in this thread, as in a notebook, it has one of its own."""

        async def main():
            await asyncio.sleep(0)
            return asyncio.get_running_loop()

        async def outer():
            task, loop = asyncio.current_task(), asyncio.get_running_loop()
            self.assertIsNot(loop, run(main))
            self.assertIs(loop, asyncio.get_running_loop())
            self.assertIs(task, asyncio.current_task())
            await asyncio.sleep(0)

        asyncio.run(outer())


if __name__ == "__main__":
    unittest.main()

    def test_virtual_time(self):
        """Time is virtual where that is asked for, with its start and its end."""

        async def main():
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await asyncio.sleep(3600)
            return begun, loop.time()

        self.assertEqual((0.0, 3600.0), run(main, virtual_time=True))
        self.assertEqual((5.0, 3605.0), run(main, virtual_time=virtual_time(start=5)))
        self.assertEqual((7.0, 3607.0), run(virtual_time(start=7)(main)))
        with self.assertRaises(LoopTimeExceeded):
            run(main, virtual_time=virtual_time(until=3599))
        with self.assertRaisesRegex(OptionError, "run.*virtual_time has a loop of its own, and"):
            run(main, virtual_time=True, loop_factory=lambda: None)
