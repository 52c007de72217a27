"""Tests of asynctesting.checks.unseen_errors: errors that ended where nobody looks."""

import asyncio
import concurrent.futures
import contextlib
import gc
import io
import sys
import threading
import types
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks import base, made, unseen_errors
from asynctesting.checks.unseen_errors import UnseenErrors
from tests.faults import s5_errors, s9_between
from tests.faults.corpus import SAMPLES
from tests.support import Boom, quiet, settle, told, unsettle


setUpModule, tearDownModule = settle, unsettle


def fail(*args):
    raise ValueError("hairball")


class Unshowable(Exception):
    def __repr__(self):
        raise TypeError("cat")


class SampleTests(unittest.TestCase):
    def test_faults(self):
        """Each fault of these kinds fails its test, by its line."""
        for sample in SAMPLES:
            if sample.is_fault and set(sample.checks) & set(UnseenErrors.ids):
                with self.subTest(sample.name):
                    run = sample.run(AsyncTestCase)
                    self.assertTrue(run.seen, run.text)
                    self.assertTrue(run.named or not sample.has_line, run.text)
                    self.assertEqual([], run.blamed)

    def test_twins(self):
        """The same done right is left alone, and so is the next test."""
        modules = {s5_errors.__name__, s9_between.__name__}
        for sample in SAMPLES:
            if not sample.is_fault and sample.body.__module__ in modules:
                with self.subTest(sample.name):
                    run = sample.run(AsyncTestCase)
                    self.assertTrue(run.is_healthy, run.text)


class LifeTests(unittest.TestCase):
    def told(self, test):
        with quiet():
            return told(test)

    def test_an_error_that_cannot_be_shown(self):
        """It is told all the same."""

        def work():
            raise Unshowable

        async def test():
            thread = threading.Thread(target=work, name="cat")
            thread.start()
            thread.join()

        outcome, text = self.told(test)
        self.assertEqual("failure", outcome)
        self.assertIn("thread 'cat' ended with an error: an error that cannot be shown", text)

    def test_a_thread_of_nobody(self):
        """One that was started before goes on as ever."""
        told = []
        release = threading.Event()

        def work():
            release.wait()
            fail()

        with mock.patch.object(threading, "excepthook", told.append):
            thread = threading.Thread(target=work)
            thread.start()

            async def test():
                release.set()
                await asyncio.to_thread(thread.join)

            self.assertEqual(("success", ""), self.told(test))
        self.assertEqual([ValueError], [one.exc_type for one in told])

    def test_a_hook_that_crashes(self):
        """The error is told the old way."""
        told = []
        hook = unseen_errors._Hook(fail)
        self.assertEqual(hook._call, hook.over(told.append))
        hook._call("meow")
        self.assertEqual(["meow"], told)
        silent = unseen_errors._Hook(lambda told: False)
        silent.over(silent.over(None))
        silent._call("meow")

    def test_unraisable_errors_that_are_nobody_s(self):
        """Outside of a life, of a warning, in a full run of the collector, with other threads."""
        kept = types.SimpleNamespace(exc_value=ValueError(), exc_type=ValueError, object=fail)
        self.assertFalse(unseen_errors._unraisable(kept))
        seen = []

        async def test():
            seen.append(unseen_errors._unraisable(mock.Mock(exc_value=None)))
            seen.append(
                unseen_errors._unraisable(mock.Mock(exc_value=UserWarning(), exc_type=UserWarning))
            )
            with mock.patch.object(unseen_errors, "_is_collecting_all", return_value=True):
                seen.append(unseen_errors._unraisable(kept))
            with mock.patch.object(unseen_errors, "is_alone", return_value=False):
                seen.append(unseen_errors._unraisable(kept))

        self.assertEqual(("success", ""), self.told(test))
        self.assertEqual([False] * 4, seen)

    def test_unraisable_errors_and_the_collector(self):
        """One that comes out of a full run may be anybody's; one that comes after it is not."""

        class Cat:
            def __del__(self):
                fail()

        def lose(collect):
            cat = Cat()
            if collect:
                cat.self = cat
                del cat
                with contextlib.redirect_stderr(io.StringIO()):
                    gc.collect()

        async def anybodys():
            lose(True)

        async def somebodys():
            gc.collect()
            lose(False)

        self.assertEqual(("success", ""), self.told(anybodys))
        outcome, text = self.told(somebodys)
        self.assertEqual("failure", outcome)
        self.assertIn("[unraisable-error]", text)

    def test_unraisable_errors_of_things_without_a_name(self):
        """Their type is told."""

        class Cat:
            def __del__(self):
                fail()

        async def test():
            if gc.get_count()[2] == 0:
                gc.collect(1)
            unseen_errors._unraisable(
                types.SimpleNamespace(exc_value=ValueError(), exc_type=ValueError, object=3)
            )

        with mock.patch.object(unseen_errors.gc, "get_count", return_value=(0, 0, 1)):
            outcome, text = self.told(test)
        self.assertIn("Python ignored an error in int", text)
        self.assertIn("[unraisable-error]", text)

    def test_a_job_whose_error_was_taken_away(self):
        """There is nothing to tell."""
        check = UnseenErrors()
        check._note_job(types.SimpleNamespace(_exception=None), None, 0.0)
        self.assertEqual([], check._found)

    def test_a_job_without_frames(self):
        """The line that submitted it is told."""
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)

        async def test():
            self.job = pool.submit(int, "cat")
            concurrent.futures.wait([self.job])

        outcome, text = self.told(test)
        self.assertEqual("failure", outcome)
        self.assertIn("[unread-job]\n", text)
        self.assertIn('self.job = pool.submit(int, "cat")', text)

    def test_lives_in_several_threads(self):
        """Nobody puts back what another one uses."""
        hooks = sys.unraisablehook, threading.excepthook, sys.excepthook
        release = threading.Barrier(2)

        async def test():
            await asyncio.to_thread(release.wait)

        results = []
        threads = [
            threading.Thread(target=lambda: results.append(self.told(test))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([("success", "")] * 2, results)
        for hook, before in zip(
            (sys.unraisablehook, threading.excepthook, sys.excepthook), hooks
        ):
            self.assertIn(hook, (before, unseen_errors._THREADS.ours, unseen_errors._UNRAISABLE.ours))

    def test_a_companion(self):
        """One that lives along with a test puts back the hooks that are still ours, alone."""
        for alone in (True, False):
            for is_taken in (True, False):
                check = UnseenErrors()
                loop = asyncio.new_event_loop()
                self.addCleanup(loop.close)
                scene = base.Scene(loop, None, is_companion=True)
                before, unraisable = threading.excepthook, sys.unraisablehook
                with (
                    mock.patch.object(unseen_errors, "is_alone", return_value=alone),
                    mock.patch.object(threading, "excepthook", before),
                    mock.patch.object(sys, "unraisablehook", unraisable),
                ):
                    check.start(scene)
                    if not is_taken:
                        threading.excepthook = sys.unraisablehook = fail
                    check.stop()
                    if alone and is_taken:
                        self.assertIs(before, threading.excepthook)
                        self.assertIs(unraisable, sys.unraisablehook)
                    elif not is_taken:
                        self.assertIs(fail, threading.excepthook)
                        self.assertIs(fail, sys.unraisablehook)

    def test_doubt(self):
        """A series of lives is in doubt after an error, and as soon as something is not as it was."""
        check = UnseenErrors()
        scene = base.Scene(None, None, is_series=True)
        scene.enter()
        self.addCleanup(scene.leave)
        check.start(scene)
        self.addCleanup(check.stop)
        self.assertFalse(check.is_in_doubt(scene))
        for owner, name in ((sys, "unraisablehook"), (threading, "excepthook"), (sys, "excepthook")):
            with self.subTest(name), mock.patch.object(owner, name, fail):
                self.assertTrue(check.is_in_doubt(scene))
        with warnings.catch_warnings():
            warnings.simplefilter("error", ImportWarning)
            self.assertTrue(check.is_in_doubt(scene))
        self.assertFalse(check.is_in_doubt(scene))
        with mock.patch.object(unseen_errors.made, "has_failed_jobs", return_value=True):
            self.assertTrue(check.is_in_doubt(scene))
        check.note("thread-error", "a cat", Boom())
        self.assertTrue(check.is_in_doubt(scene))

    def test_one_that_never_began(self):
        """It has nothing to take back."""
        check = UnseenErrors()
        check.stop()
        self.assertEqual([], check.findings(base.Closing()))

    def test_filters(self):
        """Those of a test are taken back, unless a module that it imports may have set them."""

        async def test():
            warnings.simplefilter("error", BytesWarning)

        async def imports():
            warnings.simplefilter("error", BytesWarning)
            sys.modules["cats_of_the_yard"] = types.ModuleType("cats_of_the_yard")
            self.addCleanup(sys.modules.pop, "cats_of_the_yard", None)

        async def imports_more_of_python():
            warnings.simplefilter("error", BytesWarning)
            sys.modules["xml.cats"] = types.ModuleType("xml.cats")
            self.addCleanup(sys.modules.pop, "xml.cats", None)

        for function, is_kept in ((test, False), (imports, True), (imports_more_of_python, False)):
            with self.subTest(function.__name__), warnings.catch_warnings():
                before = list(warnings.filters)
                self.told(function)
                self.assertIs(is_kept, before != warnings.filters)

    def test_jobs_are_forgotten(self):
        """What belongs to no life is dropped with the last one."""

        async def test():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                pool.submit(fail).exception()

        self.assertEqual(("success", ""), self.told(test))
        self.assertFalse(made.has_failed_jobs())
