"""Tests of asynctesting.checks.process_leftovers: what a test has left in its process."""

import asyncio
import concurrent.futures
import gc
import multiprocessing.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import types
import unittest
import warnings
from unittest import mock

from asynctesting import AsyncTestCase
from asynctesting.checks import base, made, process_leftovers
from asynctesting.checks.process_leftovers import ProcessLeftovers
from asynctesting.loops import insides, patience
from tests.faults import s6_leftovers
from tests.faults.corpus import SAMPLES
from tests.support import HANDLERS, live, main_thread_only, settle, told, unsettle


POSIX = unittest.skipUnless(os.name == "posix", "other systems have other things to leave")


setUpModule, tearDownModule = settle, unsettle


class SampleTests(unittest.TestCase):
    def test_faults(self):
        """Each fault of these kinds fails its test, by its line."""
        for sample in SAMPLES:
            if sample.is_fault and set(sample.checks) & set(ProcessLeftovers.ids):
                with self.subTest(sample.name):
                    run = sample.run(AsyncTestCase)
                    if not sample.blind:
                        self.assertTrue(run.seen, run.text)
                        self.assertTrue(run.named or not sample.has_line, run.text)
                    self.assertEqual([], run.blamed)

    def test_twins(self):
        """The same done right is left alone."""
        for sample in SAMPLES:
            if not sample.is_fault and sample.body.__module__ == s6_leftovers.__name__:
                with self.subTest(sample.name):
                    run = sample.run(AsyncTestCase)
                    self.assertTrue(run.is_healthy, run.text)


class LifeTests(unittest.TestCase):
    def told(self, test, **options):
        return told(test, **{"checks": "strict", **options})

    def assertHealthy(self, test, **options):
        self.assertEqual(("success", ""), self.told(test, **options))

    def assertFault(self, fact, test, **options):
        outcome, text = self.told(test, **options)
        self.assertEqual("failure", outcome)
        self.assertIn(fact, text)
        return text

    def test_a_thread_that_is_a_library_s(self):
        """A daemon of an installed package, and what ends within a moment, is left alone."""

        async def test():
            threading.Thread(target=sum, args=([],), name="asynctesting-cat").start()
            release = threading.Event()
            self.addCleanup(release.set)
            thread = threading.Thread(target=release.wait, name="asynctesting-cat")
            thread.start()
            soon = threading.Thread(target=release.wait, args=(0.01,))
            soon.start()

        self.assertHealthy(test)

    def test_a_thread_on_a_busy_machine(self):
        """What one that is about to end has waited for a processor, it has not had."""

        async def test():
            release = threading.Event()
            threading.Thread(target=release.wait, args=(0.05,)).start()

        with mock.patch.object(process_leftovers, "GRACE", 0.01):
            with mock.patch.object(patience._SYSTEM, "waited_for", lambda tid: time.perf_counter()):
                self.assertHealthy(test)
            self.assertFault("still runs", test)

    def test_jobs(self):
        """A job of the test's own executor is told with its state, one that is about to end is not."""
        release = threading.Event()
        self.addCleanup(release.set)
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        self.addCleanup(release.set)

        async def test():
            pool.submit(release.wait)
            pool.submit(int)

        async def about_to_end():
            release.clear()
            pool.submit(release.wait)

        def wait(futures, timeout, *, wait=concurrent.futures.wait):
            release.set()
            return wait(futures)

        text = self.assertFault("the job 'Event.wait' was still running in an executor", test)
        self.assertIn("the job 'int' was still waiting to run in an executor", text)
        self.assertIn("[leftover-job]", text)
        with mock.patch.object(concurrent.futures, "wait", wait):
            self.assertHealthy(about_to_end)

    def test_jobs_that_have_ended(self):
        """They may be kept."""
        kept = []

        async def test():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                kept.append(pool.submit(int))

        self.assertHealthy(test)
        self.assertEqual(0, kept[0].result())

    def test_a_thread_of_the_user_s(self):
        """What it runs is shown, if that is the user's."""
        release = threading.Event()
        self.addCleanup(release.set)

        def wait():
            release.wait()

        async def test():
            thread = threading.Thread(target=wait, name="cat")
            self.addCleanup(thread.join)
            self.addCleanup(release.set)
            thread.start()

        text = self.assertFault("thread 'cat' still runs", test)
        self.assertIn("it runs tests/checks/test_process_leftovers.py:", text.replace(os.sep, "/"))

    def test_a_loop_that_is_gone_or_of_a_library(self):
        """There is nothing to close, or it is not for the test to close."""

        async def dropped():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loop = asyncio.new_event_loop()
                loop._ssock.close()
                loop._csock.close()
                loop._selector.close()
                loop._closed = True
                del loop
                gc.collect()

        self.assertHealthy(dropped)

    def test_a_loop_that_holds_nothing(self):
        """A stand-in for a loop, which has no descriptors, need not be closed."""

        async def test():
            self.loop = asyncio.BaseEventLoop()
            self.addCleanup(self.loop.close)

        self.assertHealthy(test)

    def test_a_patch_without_attribute(self):
        """A patch of a dictionary is named by it; one that warns only is not taken back."""

        async def test():
            self.patcher = mock.patch.dict({}, cat="Garfield")
            self.addCleanup(self.patcher.stop)
            self.patcher.start()

        self.assertFault("a patch of a dict was started, and not stopped", test)
        with self.assertWarnsRegex(Warning, "a patch of a dict was started"):
            self.assertHealthy(test, checks={"leftover-patch": "warn"})

    def test_a_policy(self):
        """It is put back where the test fails for it, and left where it only warns."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = insides.policy()
            self.addCleanup(insides.put_policy_back, before)

            class Policy(asyncio.DefaultEventLoopPolicy):
                def __init__(self):
                    super().__init__()

            async def test():
                asyncio.set_event_loop_policy(Policy())

            text = self.assertFault("replaced, and not put back: it is", test)
            self.assertIn("in __init__", text)
            self.assertIs(before, insides.policy())
        with self.assertWarnsRegex(Warning, "the event loop policy was replaced"):
            with warnings.catch_warnings(record=False):
                warnings.simplefilter("ignore", DeprecationWarning)
                self.assertHealthy(test, checks={"leftover-policy": "warn"})
        self.assertIsNot(before, insides.policy())

    def test_asyncio_s_own_policy(self):
        """It is made when somebody asks, and goes when somebody says so."""
        self.addCleanup(insides.put_policy_back, insides.policy())

        async def test():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                asyncio.get_event_loop_policy()

        insides.put_policy_back(None)
        self.assertHealthy(test)
        check = ProcessLeftovers()
        check._policy = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.get_event_loop_policy()
        check._look_at_policy(base.Scene(asyncio.SelectorEventLoop(), None))
        self.assertEqual((), check._always)

    def test_some_that_are_ignored(self):
        """Descriptors are not looked at in vain."""

        async def test():
            await asyncio.sleep(0)

        self.assertHealthy(test, checks={"open-descriptor": "ignore"})

    @POSIX
    @main_thread_only(HANDLERS)
    def test_a_handler(self):
        """It is put back where the test fails for it, and left where it only warns."""
        before = signal.getsignal(signal.SIGUSR1)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

        def handle(*args):
            """Nothing."""

        async def test():
            signal.signal(signal.SIGUSR1, handle)

        self.assertFault("the handler of SIGUSR1 was replaced, and not put back", test)
        self.assertIs(before, signal.getsignal(signal.SIGUSR1))
        with self.assertWarnsRegex(Warning, "the handler of SIGUSR1 was replaced"):
            self.assertHealthy(test, checks={"leftover-signal": "warn"})
        self.assertIs(handle, signal.getsignal(signal.SIGUSR1))

    @POSIX
    @main_thread_only(HANDLERS)
    def test_a_handler_that_was_set_unseen(self):
        """Where nobody saw who has set it, its own lines are told; of a C function there are none."""
        before = signal.getsignal(signal.SIGUSR1)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

        def handle(*args):
            """Nothing."""

        async def unseen():
            sys.modules["_signal"].signal(signal.SIGUSR1, handle)

        async def built_in():
            sys.modules["_signal"].signal(signal.SIGUSR1, print)

        async def of_a_loop():
            sys.modules["_signal"].signal(signal.SIGUSR1, asyncio.unix_events._sighandler_noop)

        self.assertIn("in handle", self.assertFault("the handler of SIGUSR1", unseen))
        self.assertFault("the handler of SIGUSR1", built_in)
        self.assertHealthy(of_a_loop)

    def test_in_another_thread(self):
        """There are no handlers to look at, and everything else works."""
        seen = []

        async def test():
            await asyncio.sleep(0)

        thread = threading.Thread(target=lambda: seen.append(self.told(test)))
        thread.start()
        thread.join()
        self.assertEqual([("success", "")], seen)

    @POSIX
    def test_a_descriptor_that_another_thread_has_for_a_moment(self):
        """It is gone when it is looked at."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        check._descriptor = os.dup(0)
        os.close(check._descriptor)
        check._look_at_descriptor(scene)
        self.assertEqual((), check._found)

    @POSIX
    def test_doubt(self):
        """A series of lives is in doubt as soon as one of them has left something."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        check, scene = ProcessLeftovers(), base.Scene(loop, None, levels={"open-descriptor": "warn"})
        scene.enter()
        self.addCleanup(scene.leave)
        check.start(scene)
        self.assertFalse(check.is_in_doubt(scene))
        number = check._descriptor
        opened = os.open(os.devnull, os.O_RDONLY)
        try:
            self.assertFalse(check.is_in_doubt(scene), "a device is told of by nobody")
            self.assertNotEqual(number, check._descriptor)
        finally:
            os.close(opened)
        scene.made.append("a cat")
        self.assertTrue(check.is_in_doubt(scene))
        scene.made.clear()
        with mock.patch.object(process_leftovers, "_handlers", return_value=()):
            self.assertEqual(check._handlers is not None, check.is_in_doubt(scene))
        self.assertFalse(check.is_in_doubt(scene))

    @POSIX
    def test_a_descriptor_that_somebody_else_tells_of(self):
        """A socket, a device, a library; what the loop watches; what multiprocessing keeps."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        check._descriptor = os.open(os.devnull, os.O_RDONLY)
        self.addCleanup(os.close, check._descriptor)
        if sys.platform == "linux":
            check._look_at_descriptor(scene)
            self.assertEqual((), check._found)
            for name in ("a.py", "a.pyc", "liba.so", "libffi.so.8.5.0"):  # the last one keeps itself open
                with mock.patch.object(process_leftovers.os, "readlink", return_value=f"/usr/lib/{name}"):
                    check._look_at_descriptor(scene)
                self.assertEqual((), check._found, name)
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        check._descriptor = read
        scene.loop.add_reader(read, print)
        check._look_at_descriptor(scene)
        self.assertEqual((), check._found)
        scene.loop.remove_reader(read)
        tracker = types.SimpleNamespace(_resource_tracker=types.SimpleNamespace(_fd=read))
        known = {
            "multiprocessing": types.SimpleNamespace(active_children=list),
            "multiprocessing.resource_tracker": tracker,
        }
        pipes = types.SimpleNamespace(_callback=multiprocessing.util.close_fds, _args=(write, read))
        registry = {1: types.SimpleNamespace(_callback=print, _args=(read,)), 2: pipes}
        with (
            mock.patch.dict(sys.modules, known),
            mock.patch.object(multiprocessing.util, "_finalizer_registry", registry),
        ):
            check._look_at_descriptor(scene)
            self.assertEqual((), check._found)
            tracker._resource_tracker._fd = None
            check._look_at_descriptor(scene)
            self.assertEqual((), check._found)
            pipes._args = ()
            check._look_at_descriptor(scene)
        self.assertEqual(["open-descriptor"], [one.check for one in check._found])
        with (
            mock.patch.dict(sys.modules),
            mock.patch.object(process_leftovers.sys, "platform", "other"),
        ):
            sys.modules.pop("multiprocessing", None)
            check._look_at_descriptor(scene)
        self.assertEqual(f"descriptor {read} is still open", check._found[-1].fact)

    @POSIX
    def test_a_descriptor_that_was_dropped_in_a_cycle(self):
        """It is closed with the cycle."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        kept = [open(os.dup(0), "rb", 0)]
        kept.append(kept)
        check._descriptor = kept[0].fileno()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            del kept
            check._look_at_descriptor(scene)
        self.assertEqual((), check._found)

    @POSIX
    def test_whether_a_number_is_taken(self):
        """By whatever it is, and with or without poll()."""
        for poll in (process_leftovers._POLL, None):
            with self.subTest(poll=poll), mock.patch.object(process_leftovers, "_POLL", poll):
                number = process_leftovers._lowest_descriptor()
                self.assertFalse(process_leftovers._is_taken(number))
                for name in (os.devnull, __file__, "/"):
                    opened = os.open(name, os.O_RDONLY)
                    self.assertEqual(number, opened)
                    self.assertTrue(process_leftovers._is_taken(number))
                    os.close(opened)
                    self.assertFalse(process_leftovers._is_taken(number))
                self.assertFalse(process_leftovers._is_taken(number + 500))  # one near may be
                self.assertFalse(process_leftovers._is_taken(number))

    def test_no_descriptors(self):
        """Where none can be made, none is looked at."""
        with mock.patch.object(process_leftovers.os, "dup", side_effect=OSError):
            self.assertEqual(-1, process_leftovers._lowest_descriptor())

    def test_on_other_systems(self):
        """Where a child cannot be asked for its state, it counts as running."""
        with mock.patch.object(process_leftovers, "os", types.SimpleNamespace()):
            self.assertEqual("runs", process_leftovers._state(1))

    def test_a_process_that_somebody_else_has_waited_for(self):
        """It is gone."""

        async def test():
            child = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
            await asyncio.to_thread(os.waitpid, child.pid, 0)
            self.addCleanup(child.wait)

        if hasattr(os, "waitid"):
            self.assertHealthy(test)

    def test_a_process_that_is_dropped(self):
        """It is told by its number alone."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)

        class Child:
            pass

        one = made.Made("process", Child(), None)
        one.pid, one.with_library = 7, False
        with mock.patch.object(process_leftovers, "_state", return_value="runs"):
            check._look_at_process(one, scene)
        self.assertEqual("a subprocess (process 7) still runs", check._found[0].fact)
        with mock.patch.object(one, "ref", lambda: types.SimpleNamespace(returncode=0)):
            check._look_at_process(one, scene)
        one.pid = mock.MagicMock()
        check._look_at_process(one, scene)
        self.assertEqual(1, len(check._found))

    def test_a_child(self):
        """One of multiprocessing is told if it does not end soon, unless a library has started it."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        child = mock.Mock(pid=7, spec=["join", "is_alive", "name", "pid"])
        child.name = "Process-1"
        one = mock.Mock(ref=lambda: child, with_library=False, place=None, when=None)
        for is_alive, error, with_library, told in (
            (False, None, False, 0),
            (True, ValueError, False, 0),
            (True, None, True, 0),
            (True, None, False, 1),
        ):
            child.is_alive.return_value, child.join.side_effect = is_alive, error
            one.with_library = with_library
            check._look_at_child(one, scene)
            self.assertEqual(told, len(check._found))
        child.join.assert_called_with(process_leftovers.CHILD_GRACE)
        self.assertEqual("the process 'Process-1' (process 7) still runs", check._found[0].fact)
        self.assertEqual(("Process-1",), check._found[0].about)

    def test_a_command_that_is_text(self):
        """It is told as it is."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        child = types.SimpleNamespace(returncode=None, args="sleep 60")
        kept = types.SimpleNamespace()
        del kept
        one = mock.Mock(ref=lambda: child, pid=7, with_library=False, is_asyncio=False)
        one.place = one.when = None
        with mock.patch.object(process_leftovers, "_state", return_value="ended"):
            check._look_at_process(one, scene)
        self.assertIn("'sleep 60' (process 7) has ended", check._found[0].fact)

    def test_kinds_that_are_nobody_s_business(self):
        """A handler is looked at elsewhere; a thread, a patch or a loop that is gone, nowhere."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        gone = [
            mock.Mock(kind=kind, ref=lambda: None, with_library=False)
            for kind in ("signal", "thread", "child", "patch", "loop")
        ]
        check._look(scene, gone)
        self.assertEqual((), check._found + check._always)

    def test_what_the_loop_watches(self):
        """A socket on the loop is told by those who look at the loop."""
        check, scene = ProcessLeftovers(), base.Scene(asyncio.new_event_loop(), None)
        self.addCleanup(scene.loop.close)
        with socket.socket() as one:
            scene.loop._add_reader(one, print)
            check._look_at_socket(
                mock.Mock(ref=lambda: one, closed=False, with_library=False, is_asyncio=False),
                scene,
            )
            scene.loop._remove_reader(one)
        self.assertEqual((), check._found)

    def test_a_test_that_has_failed(self):
        """It may not have come to its clean-up; what hurts the next one is told all the same."""

        async def test():
            self.socket = socket.socket()
            self.addCleanup(self.socket.close)
            self.patcher = mock.patch("os.getcwd")
            self.addCleanup(mock.patch.stopall)
            self.patcher.start()
            self.fail("hairball")

        class Cats(AsyncTestCase):
            async def test_cat(case):
                await test()

        notes = "\n".join(live(Cats).raised[0].__notes__)
        self.assertIn("[leftover-patch]", notes)
        self.assertNotIn("[leftover-socket]", notes)
