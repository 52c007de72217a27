"""
Tests of asynctesting.loops.insides: each private name of asyncio, and life without it.

For each name in the table there is a test that fails when the name disappears from asyncio, and
one of what happens then.

"""

import asyncio
import asyncio.events
import contextlib
import contextvars
import gc
import inspect
import os
import re
import socket
import sys
import threading
import unittest
import warnings
import weakref
from collections.abc import Coroutine
from unittest import mock

from asynctesting.loops import insides, moulds
from tests.support import current_loop, for_ever, main_thread_only


class Foreign:
    """A loop, a task, a policy or a group that has nothing private."""


class LoopTestCase(unittest.TestCase):
    """Has a loop of its own, which is nobody's current one."""

    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)


class TableTests(unittest.TestCase):
    def test_the_table_names_what_the_code_uses(self):
        """Each private name in the code stands in the table, and the other way round."""
        with open(insides.__file__, encoding="utf-8") as file:
            _, table, code = file.read().split('"""', 2)
        rows = "".join(line for line in table.splitlines() if line.startswith("``"))
        named = set(re.findall(r"(?<=[.])_[a-z]\w+", rows))
        used = set(re.findall(r'(?:(?<=[.])|(?<="))_[a-z]\w+', code))

        self.assertEqual(named, used)


class AsideTests(LoopTestCase):
    def test_a_loop_that_runs_is_put_aside(self):
        """asyncio has _set_running_loop, _enter_task and _leave_task."""

        async def main():
            task = asyncio.current_task()
            aside = insides.step_aside(self.loop)
            try:
                with self.assertRaises(RuntimeError):
                    asyncio.get_running_loop()
                self.assertEqual(3, asyncio.run(asyncio.sleep(0, 3)))
            finally:
                insides.step_back(aside)
            self.assertIs(self.loop, asyncio.get_running_loop())
            self.assertIs(task, asyncio.current_task())
            await asyncio.sleep(0)

        self.loop.run_until_complete(main())

    def test_in_a_callback(self):
        """There need not be a task."""
        results = []

        def callback():
            aside = insides.step_aside(self.loop)
            results.append(asyncio.run(asyncio.sleep(0, 3)))
            insides.step_back(aside)
            results.append(asyncio.get_running_loop())

        self.loop.call_soon(callback)
        self.loop.run_until_complete(asyncio.sleep(0))
        self.assertEqual([3, self.loop], results)

    def test_without_the_names(self):
        """Nothing is put aside, nor changed."""

        async def main():
            with mock.patch("asyncio.tasks._leave_task", side_effect=AttributeError):
                self.assertIsNone(insides.step_aside(self.loop))
            self.assertIs(self.loop, asyncio.get_running_loop())

        self.loop.run_until_complete(main())


class CurrentLoopTests(LoopTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(asyncio.set_event_loop, None)

    def without(self, *names):
        """Have a policy whose private names are hidden."""
        local = mock.Mock(spec=[name for name in ("_loop", "_set_called") if name not in names])
        policy = Foreign() if "_local" in names else mock.Mock(_local=local)
        return mock.patch.object(asyncio.events, "_event_loop_policy", policy)

    def test_the_policy_is_where_it_is_looked_for(self):
        """asyncio.events._event_loop_policy is the installed policy, or None before there is one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            policy = asyncio.get_event_loop_policy()

        self.assertIs(policy, asyncio.events._event_loop_policy)

    def test_the_policy_that_asyncio_makes(self):
        """It is known as such, and so is that there is none yet; no other one is."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            policy = asyncio.get_event_loop_policy()
        self.assertTrue(insides.is_default_policy(policy))
        self.assertTrue(insides.is_default_policy(None))

        class Own(type(policy)):
            pass

        self.assertFalse(insides.is_default_policy(Own()))

    def test_the_context_of_a_task(self):
        """It is known on each version, for a task of asyncio's own."""
        context = contextvars.copy_context()
        task = self.loop.create_task(asyncio.sleep(0), context=context)
        self.loop.run_until_complete(task)
        self.assertIs(context, insides.context_of(task))
        self.assertIsNone(insides.context_of(Foreign()))

    def test_other_interpreters(self):
        """No frames are made while there are any, since CPython crashes."""
        me = threading.get_ident()
        for name in ("_interpreters", "_xxsubinterpreters"):
            for number in (1, 2):
                with self.subTest(name=name, number=number):
                    there = mock.Mock(**{"list_all.return_value": [None] * number})
                    alone = mock.Mock(**{"list_all.return_value": [None]})
                    modules = dict.fromkeys(("_interpreters", "_xxsubinterpreters"), alone)
                    with mock.patch.dict(sys.modules, modules | {name: there}):
                        frames = insides.current_frames()
                    self.assertEqual(number == 1, frames is not None)
                    if frames is not None:
                        self.assertIn(me, frames)

    def test_a_python_that_does_not_tell_of_other_threads(self):
        """sys._current_frames() is all that does."""
        with mock.patch.object(sys, "_current_frames"):
            self.assertTrue(insides.can_look_at_threads())
            del sys._current_frames
            self.assertFalse(insides.can_look_at_threads())
            self.assertIsNone(insides.current_frames())

    def test_the_policy_keeps_the_loop_where_it_is_looked_for(self):
        """..._local._loop is this thread's current loop."""
        with current_loop(self.loop):
            self.assertIs(self.loop, asyncio.events._event_loop_policy._local._loop)

    @unittest.skipIf(sys.version_info >= (3, 14), "gone in 3.14")
    def test_the_policy_knows_whether_it_was_told(self):
        """..._local._set_called keeps get_event_loop() from making a loop."""
        with current_loop(self.loop):
            self.assertIs(True, asyncio.events._event_loop_policy._local._set_called)

    def test_the_current_loop_is_restored(self):
        """What was current before a test is so after it."""
        with current_loop(self.loop):
            state = insides.current_loop_state()
            asyncio.set_event_loop(None)

            insides.restore_current_loop(state)

            self.assertIs(self.loop, insides.current_loop_state()[0])

    def test_a_closed_loop_is_not_restored(self):
        """A loop that was closed meanwhile is of no use to anybody."""
        with current_loop(self.loop):
            state = insides.current_loop_state()
            self.loop.close()

            insides.restore_current_loop(state)

            self.assertIsNone(insides.current_loop_state()[0])

    def test_no_loop_is_restored_to_none(self):
        """Where there was no current loop, there is none after a test."""
        asyncio.set_event_loop(None)
        state = insides.current_loop_state()
        asyncio.set_event_loop(self.loop)

        insides.restore_current_loop(state)

        self.assertIsNone(insides.current_loop_state()[0])

    @unittest.skipIf(sys.version_info >= (3, 14), "get_event_loop() makes none any more")
    @main_thread_only("asyncio makes a loop by itself on the main thread only")
    def test_get_event_loop_makes_one_as_before(self):
        """If nobody has ever set a loop, get_event_loop() still makes one after a test."""
        local = asyncio.events._event_loop_policy._local
        local._loop, local._set_called = None, False
        state = insides.current_loop_state()
        asyncio.set_event_loop(self.loop)

        insides.restore_current_loop(state)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = asyncio.get_event_loop_policy().get_event_loop()
        self.addCleanup(made.close)
        self.assertIsNot(self.loop, made)

    def test_no_policy_is_made(self):
        """Before there is a policy there is no current loop, and asking makes neither."""
        with mock.patch.object(asyncio.events, "_event_loop_policy", None):
            self.assertEqual((None, False), insides.current_loop_state())
            self.assertIsNone(asyncio.events._event_loop_policy)

    def test_without_the_names_the_state_is_unknown(self):
        """If one of the names is gone, nothing is remembered."""
        for names in (("_local",), ("_loop",)):
            with self.subTest(names=names), self.without(*names):
                self.assertIs(insides.UNKNOWN, insides.current_loop_state())
        with mock.patch.object(asyncio.events, "_event_loop_policy", None):
            del asyncio.events._event_loop_policy
            self.assertIs(insides.UNKNOWN, insides.current_loop_state())
            asyncio.events._event_loop_policy = None  # to be restored by the patch

    def test_of_an_unknown_state_no_loop_remains(self):
        """Then there is no current loop after a test, as with the standard class."""
        with current_loop(self.loop):
            insides.restore_current_loop(insides.UNKNOWN)

            self.assertIsNone(insides.current_loop_state()[0])

    def test_without_set_called_only_the_loop_is_restored(self):
        """Without _set_called, as from 3.14 on, there is nothing more to restore."""
        with self.without("_set_called"):
            asyncio.events._event_loop_policy._local._loop = self.loop
            self.assertEqual((self.loop, False), insides.current_loop_state())
            with mock.patch.object(asyncio, "set_event_loop") as set_event_loop:
                insides.restore_current_loop((self.loop, True))

            set_event_loop.assert_called_once_with(self.loop)
            self.assertFalse(hasattr(asyncio.events._event_loop_policy._local, "_set_called"))

    def test_with_set_called_it_is_restored_too(self):
        """With _set_called, as up to 3.13, it becomes what it was."""
        with self.without():
            asyncio.events._event_loop_policy._local._loop = self.loop
            asyncio.events._event_loop_policy._local._set_called = True
            self.assertEqual((self.loop, True), insides.current_loop_state())
            with mock.patch.object(asyncio, "set_event_loop"):
                insides.restore_current_loop((self.loop, False))

            self.assertIs(False, asyncio.events._event_loop_policy._local._set_called)


class QuietTests(LoopTestCase):
    def start_generator(self):
        """Have an asynchronous generator that is not finished."""

        async def numbers():
            while True:
                yield 1

        async def start():
            return await anext(generator)

        generator = numbers()
        self.loop.run_until_complete(start())
        self.addCleanup(lambda: self.loop.run_until_complete(self.loop.shutdown_asyncgens()))
        return generator

    def start_executor(self):
        self.loop.run_until_complete(self.loop.run_in_executor(None, int))
        self.addCleanup(
            lambda: self.loop.run_until_complete(self.loop.shutdown_default_executor())
        )

    def test_stopping(self):
        """A loop tells that it was told to stop; a foreign one does not."""
        self.assertFalse(insides.is_stopping(self.loop))
        self.loop.stop()
        self.assertTrue(insides.is_stopping(self.loop))
        self.assertFalse(insides.is_stopping(mock.Mock(spec=[])))

    def test_a_new_loop_is_quiet(self):
        """A loop that has done nothing has nothing to shut down."""
        self.assertTrue(insides.is_quiet(self.loop))
        self.assertFalse(insides.has_asyncgens(self.loop))
        self.assertFalse(insides.has_ready_callbacks(self.loop))
        self.assertIsNone(insides.default_executor(self.loop))

    def test_what_was_never_asked_for(self):
        """A loop that makes its set of generators late has none until then."""

        class Loop:
            _asyncgens = moulds.Late(set)

        loop = Loop()
        self.assertFalse(insides.has_asyncgens(loop))
        loop._asyncgens.add(self)
        self.assertTrue(insides.has_asyncgens(loop))

    def test_asynchronous_generators_are_seen(self):
        """BaseEventLoop._asyncgens holds those that are not finished."""
        generator = self.start_generator()

        self.assertIn(generator, self.loop._asyncgens)
        self.assertTrue(insides.has_asyncgens(self.loop))
        self.assertFalse(insides.is_quiet(self.loop))

    def test_the_executor_is_seen(self):
        """BaseEventLoop._default_executor is made when it is first used."""
        self.start_executor()

        executor = insides.default_executor(self.loop)
        self.assertIs(self.loop._default_executor, executor)
        self.assertEqual(0, executor.submit(int).result())
        self.assertFalse(insides.is_quiet(self.loop))

    def test_callbacks_that_are_due_are_seen(self):
        """BaseEventLoop._ready holds what runs in the next turn."""
        self.loop.call_soon(int)

        self.assertEqual(1, len(self.loop._ready))
        self.assertTrue(insides.has_ready_callbacks(self.loop))
        self.assertFalse(insides.is_quiet(self.loop))

    def test_of_a_foreign_loop_the_worst_is_assumed(self):
        """A loop without the names may have anything, and is shut down with all it takes."""
        foreign = Foreign()

        self.assertTrue(insides.has_asyncgens(foreign))
        self.assertTrue(insides.has_ready_callbacks(foreign))
        self.assertIs(True, insides.default_executor(foreign))
        self.assertFalse(insides.is_quiet(foreign))


class TaskTests(LoopTestCase):
    def task(self, coroutine):
        task = self.loop.create_task(coroutine, name="cat")
        self.addCleanup(self.end, task)
        return task

    def end(self, task):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            self.loop.run_until_complete(task)

    def test_all_tasks_are_counted_where_they_are_looked_for(self):
        """Up to 3.13, asyncio.tasks has one weak set of all tasks, or one of these and of eager ones."""
        if sys.version_info >= (3, 14):
            self.assertIsNone(insides._SCHEDULED)
        elif sys.version_info >= (3, 12):
            self.assertIs(asyncio.tasks._scheduled_tasks.data, insides._SCHEDULED)
            self.assertIs(asyncio.tasks._eager_tasks, insides._EAGER)
        else:
            self.assertIs(asyncio.tasks._all_tasks.data, insides._SCHEDULED)

    def test_a_task_knows_whether_it_is_alone(self):
        """It is, as long as its loop has no other that has not ended."""
        for scheduled, eager in [
            (insides._SCHEDULED, insides._EAGER),  # as it is here
            (None, ()),  # without the names
        ]:
            with (
                self.subTest(scheduled=scheduled, eager=eager),
                mock.patch.object(insides, "_SCHEDULED", scheduled),
                mock.patch.object(insides, "_EAGER", eager),
            ):
                self.assertTrue(insides.is_alone(None, self.loop))
                task = self.task(for_ever())
                self.assertTrue(insides.is_alone(task, self.loop))
                self.assertFalse(insides.is_alone(None, self.loop))
                other = self.task(for_ever())
                self.assertFalse(insides.is_alone(task, self.loop))
                self.end(other)
                self.assertTrue(insides.is_alone(task, self.loop))
                self.end(task)
                self.assertTrue(insides.is_alone(None, self.loop))

    def test_the_only_task_anywhere_is_alone(self):
        """Where there is but one, nobody has to look whose it is."""
        task = self.task(for_ever())
        for scheduled, eager, own, others in [
            ({weakref.ref(task)}, set(), True, False),
            (set(), {task}, True, False),
            (set(), set(), False, True),
        ]:
            with (
                self.subTest(scheduled=scheduled, eager=eager),
                mock.patch.object(insides, "_SCHEDULED", scheduled),
                mock.patch.object(insides, "_EAGER", eager),
            ):
                self.assertIs(own, insides.is_alone(task, self.loop))
                self.assertIs(others, insides.is_alone(None, self.loop))

    def test_tasks_that_the_collector_drops_meanwhile(self):
        """While the set is iterated over, it may become smaller, which Python refuses; so it is not."""

        class Shrinking(set):
            def __iter__(self):
                raise RuntimeError("Set changed size during iteration")

        task, other = self.task(for_ever()), self.task(for_ever())
        with mock.patch.object(insides, "_SCHEDULED", Shrinking(map(weakref.ref, (task, other)))):
            self.assertFalse(insides.is_alone(task, self.loop))

    def test_an_eager_task_is_company(self):
        """What has begun before it was scheduled is looked for, too."""
        task, other = self.task(for_ever()), self.task(for_ever())
        with (
            mock.patch.object(insides, "_SCHEDULED", {weakref.ref(task)}),
            mock.patch.object(insides, "_EAGER", {other}),
        ):
            self.assertFalse(insides.is_alone(task, self.loop))
            self.end(other)
            self.assertTrue(insides.is_alone(task, self.loop))

    def test_a_task_that_was_dropped_is_no_company(self):
        """A reference may stay for a moment longer than its task."""
        task = self.task(for_ever())
        gone = mock.Mock(spec=(), return_value=None)
        with mock.patch.object(insides, "_SCHEDULED", {weakref.ref(task), gone}):
            self.assertTrue(insides.is_alone(task, self.loop))
        gone.assert_called_once_with()

    def test_of_tasks_that_are_not_asyncios_it_knows(self):
        """One without get_loop() is looked for asyncio's way."""
        task = self.task(for_ever())
        foreign = mock.Mock(spec=("done",), done=lambda: False)
        with mock.patch.object(insides, "_SCHEDULED", {weakref.ref(task), weakref.ref(foreign)}):
            self.assertTrue(insides.is_alone(task, self.loop))
            other = self.task(for_ever())
            self.assertFalse(insides.is_alone(task, self.loop))
        self.end(other)

    def test_a_task_of_another_loop_is_no_company(self):
        """Other threads have loops and tasks of their own."""
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        company = other.create_task(for_ever())
        task = self.task(for_ever())

        self.assertTrue(insides.is_alone(task, self.loop))

        company.cancel()
        other.run_until_complete(asyncio.wait([company]))

    def test_a_registry_may_be_missing_or_of_another_kind(self):
        """What holds the tasks is found by the first name that is there, or not at all."""
        with mock.patch("asynctesting.loops.insides.asyncio.tasks") as tasks:
            tasks._one, tasks._two = None, {1}
            self.assertIs(tasks._two, insides._registry("_one", "_two"))
            tasks._two = mock.Mock(data={2})
            self.assertEqual({2}, insides._registry("_one", "_two"))
            self.assertIsNone(insides._registry("_one"))

    def test_who_waits_for_a_task_is_seen(self):
        """Future._callbacks holds what is called at the end of a task."""
        task = self.task(for_ever())
        self.assertFalse(insides.has_callbacks(task))
        self.assertIn(task._callbacks, (None, []))

        task.add_done_callback(id)

        self.assertEqual(1, len(task._callbacks))
        self.assertTrue(insides.has_callbacks(task))

    def test_of_a_foreign_task_somebody_is_assumed_to_wait(self):
        """A task without the name may not be dropped."""
        self.assertTrue(insides.has_callbacks(Foreign()))

    def test_a_silenced_task_is_not_complained_about(self):
        """Task._log_destroy_pending off, asyncio says nothing of a task that was never finished."""
        messages = []
        for silenced in (False, True):
            loop = asyncio.SelectorEventLoop()
            loop.set_exception_handler(lambda loop, context: messages.append(context["message"]))
            coroutine = for_ever()
            task = loop.create_task(coroutine)
            self.assertIs(True, task._log_destroy_pending)
            if silenced:
                insides.silence(task)
            loop.close()
            coroutine.close()
            del coroutine, task
            gc.collect()

        self.assertEqual(["Task was destroyed but it is pending!"], messages)

    def test_a_foreign_task_cannot_be_silenced(self):
        """A task without the name is left as it is."""
        task = mock.Mock()
        type(task)._log_destroy_pending = mock.PropertyMock(side_effect=AttributeError)

        insides.silence(task)


class FutureTests(LoopTestCase):
    def test_all_types_are_there(self):
        """asyncio has each of the two in C and in Python, and one more for what it gathers."""
        self.assertEqual(
            {
                asyncio.Future,
                asyncio.Task,
                asyncio.futures._PyFuture,
                asyncio.tasks._PyTask,
                asyncio.tasks._GatheringFuture,
            },
            insides.FUTURES,
        )

    def test_an_error_that_nobody_has_read_is_known(self):
        """Asking for it is what counts."""
        for kind in (asyncio.Future, asyncio.futures._PyFuture):
            with self.subTest(kind=kind):
                future = kind(loop=self.loop)
                self.assertFalse(insides.is_unread(future))
                future.set_exception(ValueError())
                self.assertTrue(insides.is_unread(future))
                future.exception()
                self.assertFalse(insides.is_unread(future))

    def test_of_a_foreign_future_nothing_is_known(self):
        """It is taken to be read."""
        self.assertFalse(insides.is_unread(object()))


class CloserTests(LoopTestCase):
    def test_a_task_that_closes_a_generator_is_known(self):
        """asyncio makes it of what aclose() gives; a task of the user's is another matter."""

        async def numbers():
            yield 1

        async def main():
            async for _ in numbers():
                break
            await asyncio.sleep(0)  # asyncio hears of it in a callback
            (closer,) = asyncio.all_tasks() - {asyncio.current_task()}
            self.assertEqual("async_generator_athrow", type(closer.get_coro()).__name__)
            self.assertTrue(insides.closes_generator(closer))
            self.assertFalse(insides.closes_generator(asyncio.current_task()))
            await closer

        self.loop.run_until_complete(main())


class ChildrenTests(LoopTestCase):
    def test_the_children_of_a_group_are_seen(self):
        """TaskGroup._tasks holds them; those that have ended are left out, the rest sorted."""
        names = []

        async def main():
            other = asyncio.create_task(for_ever(), name="other")
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0), name="kitten")
                cats = [group.create_task(for_ever(), name=name) for name in ("tom", "cat")]
                self.assertTrue(set(cats) <= group._tasks)
                names.append([task.get_name() for task in insides.children_of(group, self.loop)])
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                names.append([task.get_name() for task in insides.children_of(group, self.loop)])
                for cat in cats:
                    cat.cancel()
            other.cancel()

        self.loop.run_until_complete(main())

        self.assertEqual([["cat", "kitten", "tom"], ["cat", "tom"]], names)

    def test_of_a_foreign_group_every_other_task_is_named(self):
        """Without the name, a child may be any task but the one that asks."""
        names = []

        async def main():
            task = asyncio.create_task(for_ever(), name="other")
            names.extend(task.get_name() for task in insides.children_of(Foreign(), self.loop))
            task.cancel()

        self.loop.run_until_complete(main())

        self.assertEqual(["other"], names)


class HandleTests(LoopTestCase):
    def test_a_callback_is_one_call_of_this_code(self):
        """Handle._run is what a loop calls for each callback, and for each step of a task."""
        callers = []

        def note():
            frame = sys._getframe()
            while frame is not None and frame.f_code is not insides.HANDLE_RUN:
                frame = frame.f_back
            callers.append(frame)

        async def task():
            note()

        self.loop.call_soon(note)
        self.loop.call_later(0, note)
        self.loop.run_until_complete(asyncio.wait_for(task(), 60))

        self.assertEqual(3, len(callers))
        self.assertNotIn(None, callers)
        callers.clear()


class LeftoverTests(LoopTestCase):
    def test_timers_and_what_is_watched_are_seen(self):
        """Loops have _scheduled, _selector and _signal_handlers, handles have _callback."""
        self.assertEqual([], insides.timers(self.loop))
        timer = self.loop.call_later(5, print)
        self.loop.call_later(5, print).cancel()
        self.assertEqual([timer], insides.timers(self.loop))
        self.assertIs(print, insides.callback_of(timer))
        watched = list(insides.watched(self.loop))
        self.assertEqual([False] * len(watched), [is_writer for _, is_writer, _ in watched])
        self.assertTrue(watched)  # the loop wakes itself by it
        self.assertEqual({}, insides.signal_handlers(self.loop))

    def test_what_connections_are_made_of_is_there(self):
        """Transports have _server, protocols have _app_transport, _task and _stream_reader."""

        async def main():
            protocols = []

            async def handler(reader, writer):
                protocols.append(writer.transport.get_protocol())
                self.assertIsInstance(insides.handler_task(protocols[0]), asyncio.Task)
                self.assertIs(reader, insides.reader_of(protocols[0]))
                self.assertIsNotNone(insides.server_of(writer.transport))
                writer.close()

            server = await asyncio.start_server(handler, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await reader.read()
            self.assertIsNone(insides.server_of(writer.transport))
            writer.close()
            server.close()
            self.assertEqual(1, len(protocols))

        self.loop.run_until_complete(main())
        names = asyncio.sslproto.SSLProtocol.__init__.__code__.co_names
        self.assertIn("_app_transport", names)
        self.assertTrue(hasattr(asyncio.BaseEventLoop, insides.FINALIZER))
        self.assertIn("func", asyncio.BaseEventLoop.run_in_executor.__code__.co_varnames)

    def test_of_foreign_ones_nothing_is_seen(self):
        """A loop, a handle, a transport or a protocol without the names has nothing."""
        foreign = Foreign()
        self.assertEqual([], insides.asyncgens(foreign))
        self.assertEqual([], insides.timers(foreign))
        self.assertEqual([], list(insides.watched(foreign)))
        self.assertEqual({}, insides.signal_handlers(foreign))
        self.assertIsNone(insides.callback_of(foreign))
        self.assertIs(insides.NOBODY, insides.server_of(foreign))
        self.assertIsNone(insides.application(foreign))
        self.assertIsNone(insides.handler_task(foreign))
        self.assertIsNone(insides.reader_of(foreign))
        insides.pass_over(foreign)


class OutsideTests(LoopTestCase):
    def test_the_thread_of_a_loop_is_known(self):
        """BaseEventLoop._thread_id is the thread while it runs."""

        async def ask():
            return insides.thread_of(self.loop)

        self.assertEqual(threading.get_ident(), self.loop.run_until_complete(ask()))
        self.assertIsNone(insides.thread_of(self.loop))
        self.assertIsNone(insides.thread_of(Foreign()))

    def test_its_own_sockets_are_known(self):
        """BaseSelectorEventLoop._ssock is what it watches for itself."""
        (only,) = insides.watched(self.loop)
        self.assertEqual(only[0], insides.self_pipe(self.loop))
        self.assertEqual(0, insides.count_watched(self.loop))
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.loop.add_reader(ours, int)
            self.assertEqual(1, insides.count_watched(self.loop))
            self.loop.remove_reader(ours)
        self.loop.close()
        for loop in (self.loop, Foreign()):
            self.assertIsNone(insides.self_pipe(loop))
            self.assertEqual(0, insides.count_watched(loop))

    def test_futures_are_chained_where_it_is_looked_for(self):
        """asyncio.futures._chain_future is what wrap_future() and run_coroutine_threadsafe() use."""
        wrap_future = inspect.unwrap(asyncio.futures.wrap_future)
        self.assertIn(insides.CHAIN, wrap_future.__code__.co_names)
        chained = asyncio.run_coroutine_threadsafe.__code__.co_consts
        self.assertTrue(
            any(insides.CHAIN in getattr(code, "co_names", ()) for code in chained)
        )

    @unittest.skipUnless(os.name == "posix", "others have no such watchers")
    def test_watchers_of_children_are_what_they_were(self):
        """Their methods are _do_wait and _do_waitpid; what they are called with is Handle._args."""
        unix_events = sys.modules["asyncio.unix_events"]
        for name, method in (("Pidfd", "_do_wait"), ("Threaded", "_do_waitpid")):
            watcher = getattr(unix_events, f"{name}ChildWatcher", None) or getattr(
                unix_events, f"_{name}ChildWatcher"
            )
            self.assertTrue(hasattr(watcher, method))
        self.assertLessEqual(
            {"expected_pid", "loop"}, set(watcher._do_waitpid.__code__.co_varnames)
        )

        class Watcher:
            def _do_wait(self, number):
                pass

        for argument, found in ((7, 7), (None, None)):
            handle = asyncio.Handle(Watcher()._do_wait, (argument,), self.loop)
            self.assertEqual(found, insides.child_of(handle))
            del handle._callback
            self.assertIsNone(insides.child_of(handle))
        handle = Foreign()
        handle._callback = Watcher()._do_wait
        self.assertIsNone(insides.child_of(handle))

    def test_whose_end_a_thread_waits_for(self):
        """The number and the loop are local variables of it, as far as they are there."""

        def _do_waitpid(loop, expected_pid):
            def inner():
                return insides.awaited_child(sys._getframe())

            return inner()

        self.assertEqual((7, self.loop), _do_waitpid(self.loop, 7))
        self.assertIsNone(_do_waitpid(self.loop, None))
        self.assertIsNone(insides.awaited_child(None))
        self.assertIsNone(insides.awaited_child(sys._getframe()))

    def test_what_a_call_from_a_thread_promises(self):
        """run_coroutine_threadsafe() calls the loop with a callback that knows the future."""
        calls = []
        with mock.patch.object(self.loop, "call_soon_threadsafe", calls.append):
            sleep = asyncio.sleep(0)
            future = asyncio.run_coroutine_threadsafe(sleep, self.loop)
        sleep.close()
        self.assertIs(future, insides.promised_by(calls[0]))

        def callback():
            return future

        self.assertIs(future, insides.promised_by(callback))
        for other in (int, callback.__call__, lambda: future, lambda: None):
            self.assertIsNone(insides.promised_by(other))
        future = None
        self.assertIsNone(insides.promised_by(callback))

    def test_timers_that_never_come(self):
        """A timer at infinity is none, as one that is cancelled."""
        self.assertEqual(float("inf"), insides.next_timer(self.loop))
        self.loop.call_later(float("inf"), int)
        self.loop.call_later(5, int).cancel()
        self.assertEqual(float("inf"), insides.next_timer(self.loop))
        when = self.loop.call_later(500, int).when()
        self.assertEqual(when, insides.next_timer(self.loop))

    def test_turns(self):
        """A turn of a loop is BaseEventLoop._run_once."""
        self.assertIs(asyncio.BaseEventLoop._run_once, insides.turn_of(type(self.loop)))
        self.assertIsNone(insides.turn_of(Foreign))
        self.assertIs(self.loop._selector, insides.selector_of(self.loop))
        self.assertIsNone(insides.selector_of(Foreign()))

    def test_what_is_behind_a_shield(self):
        """The future that shield() gives knows the one behind it by its callback."""

        async def shield():
            inner = asyncio.ensure_future(for_ever())
            outer = asyncio.shield(inner)
            plain = self.loop.create_future()
            plain.add_done_callback(int)
            found = [insides.shielded_by(one) for one in (outer, plain, Foreign())]
            inner.cancel()
            await asyncio.gather(inner, outer, return_exceptions=True)
            self.assertEqual([inner, None, None], found)

        self.loop.run_until_complete(shield())


class SimulationTests(LoopTestCase):
    """What a loop of virtual time has to know of tasks and timers."""

    def test_the_main_task(self):
        """It is what run_until_complete() was given, known by the callback that it leaves there."""

        async def main():
            other = asyncio.ensure_future(for_ever())
            other.add_done_callback(int)
            found = insides.main_task(self.loop)
            other.cancel()
            return found is asyncio.current_task()

        self.assertIsNone(insides.main_task(self.loop))
        self.assertTrue(self.loop.run_until_complete(main()))

    def test_the_main_task_among_others(self):
        """Whichever tasks are looked at before it, without a callback or with one of theirs, are passed over."""

        async def main():
            idle, heard = asyncio.ensure_future(for_ever()), asyncio.ensure_future(for_ever())
            heard.add_done_callback(int)
            me = asyncio.current_task()
            with mock.patch.object(asyncio, "all_tasks", return_value=[idle, heard, me]):
                found = insides.main_task(self.loop)
            idle.cancel()
            heard.cancel()
            return found is me

        self.assertTrue(self.loop.run_until_complete(main()))

    def test_the_task_of_a_test(self):
        """It is known by what it carries."""

        class Carrier(Coroutine):
            carries_a_test = True

            def send(self, value):
                raise StopIteration

            def throw(self, *error):
                raise StopIteration

            def close(self):
                pass

            def __await__(self):
                return iter(())

        task = self.loop.create_task(Carrier())
        self.assertIs(task, insides.main_task(self.loop))
        self.loop.run_until_complete(task)

    def test_what_a_task_waits_for(self):
        """Future._fut_waiter of the task that waits, and of whoever does not, nothing."""

        async def main():
            event = asyncio.Event()
            task = asyncio.ensure_future(event.wait())
            self.assertIsNone(insides.waiter_of(task))
            await asyncio.sleep(0)
            self.assertIsInstance(insides.waiter_of(task), asyncio.Future)
            event.set()
            await task

        self.loop.run_until_complete(main())
        self.assertIsNone(insides.waiter_of(Foreign()))

    def test_whose_timer_it_is(self):
        """The sleeper's, the one's that has a timeout, or nobody's."""

        async def timeout():
            async with asyncio.timeout(300):
                await for_ever()

        async def main():
            tasks = [asyncio.ensure_future(asyncio.sleep(100)), asyncio.ensure_future(timeout())]
            await asyncio.sleep(0)
            timers = sorted(insides.timers(self.loop), key=asyncio.TimerHandle.when)
            found = [insides.task_of_timer(timer, self.loop) for timer in timers]
            found.append(insides.task_of_timer(self.loop.call_later(500, int, 5), self.loop))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self.assertEqual([*tasks, None], found)

        self.loop.run_until_complete(main())

    def test_what_is_ready(self):
        """It can be counted, unless the loop is a foreign one."""
        self.assertEqual(0, insides.count_ready(self.loop))
        self.loop.call_soon(int)
        self.assertEqual(1, insides.count_ready(self.loop))
        self.assertIsNone(insides.count_ready(Foreign()))

    def test_timers_that_are_due(self):
        """Those that are not cancelled."""
        self.assertFalse(insides.has_due_timer(self.loop))
        timer = self.loop.call_later(0, int)
        self.assertTrue(insides.has_due_timer(self.loop))
        timer.cancel()
        self.assertFalse(insides.has_due_timer(self.loop))
        self.loop.call_later(500, int)
        self.assertFalse(insides.has_due_timer(Foreign()))


class RestTests(LoopTestCase):
    """What the checks ask."""

    def test_history(self):
        """In debug mode a handle has _source_traceback, of which the last call can be taken."""
        self.loop.set_debug(True)
        handle = self.loop.call_soon(int)
        before = len(handle._source_traceback)
        insides.pass_over(handle)
        self.assertEqual(before - 1, len(handle._source_traceback))

    @unittest.skipUnless(os.name == "posix", "others have no pipes of this kind")
    def test_pipes_have_no_server(self):
        """A pipe is accepted by nobody."""

        async def connect():
            reading, writing = os.pipe()
            with os.fdopen(reading) as pipe:
                transport, _ = await self.loop.connect_read_pipe(asyncio.Protocol, pipe)
                found = insides.server_of(transport)
                transport.close()
                os.close(writing)
                await asyncio.sleep(0.01)
                return found

        self.assertIsNone(self.loop.run_until_complete(connect()))

    def test_jobs(self):
        """run_in_executor() has what it calls in a local variable."""

        def run_in_executor(func):
            return insides.job_of(sys._getframe())

        self.assertIs(int, run_in_executor(int))

    def test_policies(self):
        """A policy is put back as it was."""
        policy = insides.policy()
        other = object()
        try:
            insides.put_policy_back(other)
            self.assertIs(other, insides.policy())
        finally:
            insides.put_policy_back(policy)
        with mock.patch.object(asyncio.events, "_event_loop_policy", policy):
            del asyncio.events._event_loop_policy
            insides.put_policy_back(other)
            self.assertIsNone(insides.policy())
            asyncio.events._event_loop_policy = policy  # to be restored by the patch

    def test_kept_for_ever(self):
        """It has one more reference, which nobody gives back; elsewhere than in CPython nothing happens."""
        one = object()
        before = sys.getrefcount(one)
        insides.keep_for_ever(one)
        self.assertEqual(before + 1, sys.getrefcount(one))
        with mock.patch.dict(sys.modules, ctypes=None):
            insides.keep_for_ever(one)
        with mock.patch.dict(sys.modules, ctypes=object()):
            insides.keep_for_ever(one)
        self.assertEqual(before + 1, sys.getrefcount(one))

    def test_what_is_watched(self):
        """A loop that runs knows its descriptors; a closed one, and a foreign one, know none."""
        number = insides.self_pipe(self.loop)
        self.assertTrue(insides.is_watched(self.loop, number))
        self.assertFalse(insides.is_watched(Foreign(), number))
        self.loop.close()
        self.assertFalse(insides.is_watched(self.loop, number))

    def test_errors_that_are_read(self):
        """A future does not tell of an error that was noted as read; other things are left alone."""
        future = self.loop.create_future()
        future.set_exception(ValueError())
        self.assertTrue(insides.is_unread(future))
        insides.note_as_read(future)
        self.assertFalse(insides.is_unread(future))

        class Stiff(asyncio.Future):
            @property
            def _log_traceback(self):
                return True

        insides.note_as_read(Stiff(loop=self.loop))
        insides.note_as_read(Foreign())
