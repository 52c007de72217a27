"""Tests of asynctesting.checks.made: who has made what."""

import asyncio
import concurrent.futures
import multiprocessing.process
import os
import signal
import socket
import subprocess
import sys
import threading
import types
import unittest
import weakref
from unittest import mock

from asynctesting import AsyncTestCase, SimulatedLoop
from asynctesting.checks import base, hooks, made
from asynctesting.findings import Place
from tests.faults.corpus import SAMPLES
from tests.support import HANDLERS, main_thread_only, settle, stack, unsettle


IDS = {
    "leftover-socket",
    "leftover-process",
    "leftover-thread",
    "leftover-loop",
    "leftover-patch",
    "leftover-signal",
    "unread-job",
    "thread-error",
}


setUpModule, tearDownModule = settle, unsettle


class SampleTests(unittest.TestCase):
    def test_faults(self):
        """What stands on it is seen, by its line."""
        for sample in SAMPLES:
            if sample.is_fault and set(sample.checks) & IDS:
                with self.subTest(sample.name):
                    run = sample.run(AsyncTestCase)
                    self.assertTrue(run.seen, run.text)
                    self.assertTrue(run.named or not sample.has_line, run.text)


class SceneTests(unittest.TestCase):
    """Things are made in a scene of this thread."""

    def setUp(self):
        made.install()
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        self.scene = base.Scene(loop, None)
        self.scene.enter()
        self.addCleanup(self.scene.leave)

    def kinds(self):
        return [one.kind for one in self.scene.made]

    # What is there on each Python

    def test_private_names(self):
        """Those of the table on top of the module are there on each Python that we know."""
        from unittest import mock as mocks

        self.assertIn("_real_close", vars(socket.socket))
        self.assertIn(threading.get_ident(), threading._active)
        self.assertIn("start", vars(mocks._patch))
        self.assertIn("start", vars(mocks._patch_dict))
        self.assertIsInstance(mocks._patch._active_patches, list)
        future = concurrent.futures.Future()
        self.assertIn("_exception", vars(future))
        self.assertEqual([], future._done_callbacks)

    def test_hooks_look_like_what_they_stand_for(self):
        """Nobody can tell from outside."""
        for function, name in (
            (socket.socket.__init__, "socket.__init__"),
            (socket.socket.detach, "socket.detach"),
            (threading.Thread.start, "Thread.start"),
            (signal.signal, "signal"),
            (subprocess.Popen.__init__, "Popen.__init__"),
            (multiprocessing.process.BaseProcess.start, "BaseProcess.start"),
        ):
            self.assertEqual(name, function.__qualname__)

    def test_installing_twice(self):
        """Everything is hooked once."""
        init = socket.socket.__init__
        made.install()
        self.assertIs(init, socket.socket.__init__)

    def test_what_is_imported_later(self):
        """A module that is not there yet is hooked when it is."""
        with (
            mock.patch.object(made, "_installed", {"threads"}),
            mock.patch.dict(sys.modules),
            mock.patch.object(made, "_hook_processes") as processes,
            mock.patch.object(made, "_hook_patches") as patches,
            mock.patch.object(made, "_hook_children") as children,
        ):
            names = "subprocess", "unittest.mock", "multiprocessing.process"
            modules = {name: sys.modules.pop(name) for name in names}
            made.install()
            self.assertFalse(processes.called or patches.called or children.called)
            sys.modules.update(modules)
            made.install()
            self.assertTrue(processes.called and patches.called and children.called)

    def test_without_the_private_names(self):
        """What cannot be hooked is left alone."""
        with mock.patch.object(made, "around", return_value=False) as around:
            detach = socket.socket.detach
            made._hook_sockets()
            socket.socket.detach = detach
            self.assertEqual([(socket.socket, "_real_close")], [c.args[:2] for c in around.mock_calls])
            around.reset_mock()
            empty = mock.Mock(return_value=types.SimpleNamespace())
            with mock.patch.object(made.concurrent.futures, "Future", empty):
                made._hook_jobs()
            self.assertFalse(around.called)
            with mock.patch.dict(sys.modules, {"unittest.mock": types.SimpleNamespace()}):
                made._hook_patches()
            self.assertFalse(around.called)

    # Things

    def test_a_socket(self):
        """It is noted with its line until it is closed, detached, or the life has ended."""
        one = socket.socket()
        record = self.scene.made[-1]
        self.assertEqual("socket", record.kind)
        self.assertEqual("test_a_socket", record.place.function)
        self.assertFalse(record.closed or record.is_asyncio or record.with_library)
        one.close()
        one.close()
        self.assertTrue(record.closed)
        two = socket.socket()
        number = two.detach()
        self.assertTrue(self.scene.made[-1].closed)
        self.assertEqual(-1, two.detach())
        os.close(number)

    def test_a_child(self):
        """A process of multiprocessing is noted with its line, unless it is a worker of a pool."""

        class Child(multiprocessing.process.BaseProcess):
            _Popen = mock.Mock()

        with mock.patch.object(multiprocessing.process, "_children", set()):
            Child().start()
            self.assertEqual(["child"], self.kinds())
            self.assertEqual("test_a_child", self.scene.made[0].place.function)
            self.assertFalse(self.scene.made[0].with_library)
            pool = compile("Child().start()", f"{made._OWN[2]}pool.py", "exec")
            exec(pool, {"Child": Child})
            self.scene.leave()
            Child().start()
        self.assertEqual(["child"], self.kinds())

    @main_thread_only(HANDLERS)
    def test_outside_of_a_scene(self):
        """Nothing is noted, and everything works."""
        self.scene.leave()
        with socket.socket(), mock.patch("os.getcwd"):
            pass
        patcher = mock.patch("os.getcwd")
        patcher.start()
        patcher.stop()
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        asyncio.new_event_loop().close()
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job = pool.submit(int, "cat")
        self.assertIsInstance(job.exception(), ValueError)
        subprocess.Popen([sys.executable, "-c", ""]).wait()
        self.assertEqual([], self.scene.made)
        self.assertIsNone(made._note("cat", self, None))

    def test_many(self):
        """What is closed is forgotten when there is much of it."""
        for _ in range(2 * made.MANY + 10):
            socket.socket().close()
        self.assertLess(len(self.scene.made), made.MANY + 20)

    def test_a_life_that_has_ended_meanwhile(self):
        """What is made at that moment is nobody's."""
        with mock.patch.object(made, "_note", return_value=None):
            socket.socket().close()
            subprocess.Popen([sys.executable, "-c", ""]).wait()
        self.assertEqual([], self.scene.made)

    def test_what_is_gone_is_not_kept(self):
        """A record refers weakly, but to a patch."""
        record = made.Made("thread", threading.Thread(), None)
        self.assertIsNone(record.ref())
        self.assertIsNone(record.place)
        self.assertTrue(record.with_library)
        self.assertEqual("cat", made.Made("patch", "cat", None).ref())

    def test_a_patch(self):
        """It is known whether it goes on."""
        patcher = mock.patch("os.getcwd")
        self.assertFalse(made.is_patching(patcher))
        patcher.start()
        self.assertTrue(made.is_patching(patcher))
        self.assertIn("patch", self.kinds())
        patcher.stop()
        self.assertFalse(made.is_patching(patcher))
        with mock.patch.dict(sys.modules):
            del sys.modules["unittest.mock"]
            self.assertFalse(made.is_patching(patcher))

    @main_thread_only(HANDLERS)
    def test_a_signal(self):
        """Where its handler was set last is told once."""
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
        number = self.scene.number
        place = made.place_of_signal(number, signal.SIGINT)
        self.assertEqual("test_a_signal", place.function)
        self.assertIsNone(made.place_of_signal(number, signal.SIGINT))

    @main_thread_only(HANDLERS)
    def test_a_signal_that_a_library_sets(self):
        """There is no line to be told."""
        with mock.patch.object(made, "_creation", return_value=(None, True)):
            signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
        self.assertIsNone(made.place_of_signal(self.scene.number, signal.SIGINT))

    def test_threads(self):
        """One belongs to the life in which it was started, also by one of its threads."""
        inner = threading.Thread(target=int)
        outer = threading.Thread(target=inner.start)
        outer.start()
        outer.join()
        inner.join()
        self.assertEqual(
            [self.scene.number] * 2, [made.number_of(outer), made.number_of(inner)]
        )
        self.assertEqual(["thread"], self.kinds())
        self.assertEqual(0, made.number_of(None))

    def test_threads_of_pools(self):
        """They are the pool's business."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(int).result()
        self.assertEqual([], self.kinds())

    def test_a_thread_that_nobody_s_thread_starts(self):
        """It belongs to nobody."""
        inner = threading.Thread(target=int)
        outer = threading.Thread(target=inner.start)
        with mock.patch.object(made, "_OWNERS", {}):
            outer.start()
            outer.join()
            made._OWNERS.clear()
        again = threading.Thread(target=int)
        start = threading.Thread(target=again.start)
        self.scene.leave()
        start.start()
        start.join()
        for thread in (inner, again):
            thread.join()
        self.assertEqual(0, made.number_of(again))

    # Jobs

    def jobs(self):
        return made.take_jobs(self.scene.number)

    def test_jobs(self):
        """One that failed is taken once, with its line, if nobody has looked at it."""
        release, told = threading.Event(), []

        def fail():
            release.wait()
            raise ValueError("egg")

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            job, asked = pool.submit(int, "cat"), pool.submit(int, "dog")
            pool.submit(fail).add_done_callback(told.append)  # it does not look at it
            release.set()
        asked.exception()
        self.assertTrue(made.has_failed_jobs())
        ((found, place, when),) = self.jobs()
        self.assertIs(job, found)
        self.assertEqual("test_jobs", place.function)
        self.assertEqual(1, len(told))
        self.assertEqual([], self.jobs())
        self.assertIsInstance(job.exception(), ValueError)
        self.assertIs(concurrent.futures.Future, type(job))

    def test_open_jobs(self):
        """Those that have not ended are known by name, asyncio's own and those of others aside."""
        release = threading.Event()
        self.assertEqual([], made.open_jobs(self.scene.number))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            try:
                first, second = pool.submit(release.wait), pool.submit(int, "cat")
                with mock.patch.object(made, "_is_asyncio", return_value=True):
                    pool.submit(int)
                self.assertTrue(made.has_jobs())
                found = made.open_jobs(self.scene.number)
                self.assertEqual([], made.open_jobs(self.scene.number + 1))
            finally:
                release.set()
        self.assertEqual({first, second}, {future for future, _ in found})
        self.assertEqual({"Event.wait", "int"}, {job.name for _, job in found})
        self.assertEqual({"test_open_jobs"}, {job.place.function for _, job in found})
        self.assertEqual([], made.open_jobs(self.scene.number))
        second.exception()

    def test_jobs_that_other_threads_submit_meanwhile_do_not_disturb(self):
        """They may come, or be forgotten, while those until now are gone through."""
        job, gone, later = concurrent.futures.Future(), concurrent.futures.Future(), []

        class Reference(weakref.ref):
            def __call__(self):
                later.append(concurrent.futures.Future())
                made._JOBS[later[-1]] = made._NOBODYS
                return super().__call__()

        with mock.patch.object(made, "_JOBS", weakref.WeakKeyDictionary()):
            made._JOBS.data[Reference(job)] = made.Job(self.scene.number, None, 0.0, "cat")
            made._JOBS.data[Reference(gone)] = made._NOBODYS
            del gone
            self.assertEqual([job], [one for one, _ in made.open_jobs(self.scene.number)])
        self.assertEqual(2, len(later))

    def test_pools_of_processes(self):
        """They are known by their thread, in the test that imports them, and then by their jobs."""
        code = compile("future.set_exception(ValueError('cat'))", made._PROCESSES, "exec")

        def failed():
            future = concurrent.futures.Future()
            thread = threading.Thread(target=exec, args=(code, {"future": future}))
            thread.start()
            thread.join()
            return future

        with mock.patch.object(made, "_installed", {"threads"}):
            future = failed()
            ((found, place, _),) = self.jobs()
            self.assertEqual((future, None), (found, place))
        with mock.patch.object(made, "_installed", {"threads", "pools"}):
            failed()
            self.assertEqual([], self.jobs())
        made.forget_jobs()
        pools = types.SimpleNamespace(ProcessPoolExecutor=type("Pool", (), {"submit": lambda s: s}))
        with (
            mock.patch.dict(sys.modules, {"concurrent.futures.process": pools}),
            mock.patch.object(made, "_installed", {"threads", "processes", "patches"}),
        ):
            made.install()
            made.install()
        self.assertIsInstance(pools.ProcessPoolExecutor().submit(), pools.ProcessPoolExecutor)

    def test_jobs_look_like_themselves(self):
        """What they are until somebody looks, is a Future by name."""
        future = concurrent.futures.Future()
        future.set_exception(ValueError("cat"))
        self.assertIsInstance(future, concurrent.futures.Future)
        self.assertEqual("Future", type(future).__name__)
        self.assertIn("ValueError", repr(future))
        made.forget_jobs()
        self.assertFalse(made.has_failed_jobs())

    def test_jobs_of_others(self):
        """Those of another life, and those that a library submits, stay where they are."""
        future = concurrent.futures.Future()
        future.set_exception(ValueError("cat"))
        self.assertEqual([], self.jobs())
        made.forget_jobs()
        with mock.patch.object(made, "_creation", return_value=(None, True)):
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                pool.submit(int, "cat")
        self.assertEqual([], self.jobs())
        made.forget_jobs()

    def test_other_kinds_of_futures(self):
        """Subclasses are left alone."""

        class Mine(concurrent.futures.Future):
            pass

        future = Mine()
        future.set_exception(ValueError("cat"))
        self.assertIs(Mine, type(future))
        self.assertFalse(made.has_failed_jobs())

    def test_coroutines_from_threads(self):
        """What run_coroutine_threadsafe() gives is the life's whose loop has run it."""
        loop = self.scene.loop

        async def fail():
            raise ValueError("cat")

        async def main():
            futures = []
            thread = threading.Thread(
                target=lambda: futures.append(asyncio.run_coroutine_threadsafe(fail(), loop))
            )
            thread.start()
            thread.join()
            while not futures[0].done():
                await asyncio.sleep(0)
            return futures[0]

        future = loop.run_until_complete(main())
        ((found, place, _),) = self.jobs()
        self.assertIs(future, found)
        self.assertIsNone(place)

    def test_callbacks_of_asyncio(self):
        """Only one that passes on a cancellation does not count as a reader."""
        self.assertFalse(made._is_of_asyncio(print))
        self.assertFalse(made._is_of_asyncio(lambda future: None))
        source = compile("def _call_check_cancel(): pass", made._FUTURES, "exec")
        names = {}
        exec(source, names)
        self.assertTrue(made._is_of_asyncio(names["_call_check_cancel"]))

    # Where

    def test_where_it_was_made(self):
        """The user's own line is told; a library in between is noted, and so is an import."""
        frame = sys._getframe()
        place, with_library = made._creation(frame)
        self.assertEqual(
            (Place(__file__, place.lineno, "test_where_it_was_made"), False), (place, with_library)
        )
        self.assertEqual((None, True), made._creation(None))

        library = os.path.join("x", "site-packages", "cats.py")
        for files, expected in (
            (["cats.py", library], (Place("cats.py", 1, "f"), True)),
            (["cats.py", "<frozen importlib._bootstrap>"], (Place("cats.py", 1, "f"), True)),
            (["cats.py", os.__file__], (Place("cats.py", 1, "f"), False)),
            ([library], (None, True)),
            (["cats.py", made._TRIAL], (None, True)),
        ):
            self.assertEqual(expected, made._creation(stack(*files)))

    def test_what_asyncio_makes(self):
        """It is told apart, after the lines of the module that is hooked."""

        code = types.SimpleNamespace(co_filename=asyncio.__file__, co_name="_sock_accept")
        accepts = types.SimpleNamespace(f_code=code, f_back=None)
        self.assertFalse(made._is_asyncio(accepts))
        self.assertFalse(made._is_asyncio(None))
        self.assertFalse(made._is_asyncio(stack("cats.py")))
        self.assertFalse(made._is_asyncio(stack(socket.__file__)))
        self.assertFalse(made._is_asyncio(stack("cats.py", socket.__file__)))
        self.assertTrue(made._is_asyncio(stack(asyncio.__file__, socket.__file__)))
        self.assertTrue(made._is_asyncio(stack(asyncio.__file__)))

    def test_loops(self):
        """A loop is noted once, also one of ours that asyncio does not initialise."""
        for make in (asyncio.SelectorEventLoop, SimulatedLoop, SimulatedLoop):
            self.scene.made.clear()
            loop = make()
            self.addCleanup(loop.close)
            (found,) = [one for one in self.scene.made if one.kind == "loop"]
            self.assertEqual((loop, "test_loops"), (found.ref(), found.place.function))

    def test_a_loop_that_asyncio_keeps_for_the_thread(self):
        """It is known by the function that makes it, with nothing but asyncio in between."""

        def frames(*names):
            back = None
            for file, name in names:
                code = types.SimpleNamespace(co_filename=file, co_name=name)
                back = types.SimpleNamespace(f_code=code, f_back=back)
            return back

        own = asyncio.events.__file__
        for names, expected in (
            ([], False),
            ([("cats.py", "f"), (own, "get_event_loop"), (own, "new_event_loop")], True),
            ([("cats.py", "f"), (own, "new_event_loop")], False),
            ([("cats.py", "get_event_loop")], False),
        ):
            self.assertIs(expected, made._is_implicit(frames(*names)))

    def test_the_caller(self):
        """Other checks' hooks are passed over."""

        def call():
            return made._caller()

        self.assertIs(sys._getframe(), call())
        self.assertTrue(hooks.__file__.startswith(made._HERE))
