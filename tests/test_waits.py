"""Tests of asynctesting.waits."""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import itertools
import os
import socket
import sys
import tempfile
import threading
import unittest
import unittest.mock
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any

import asynctesting
from asynctesting import waits
from asynctesting.loops import outside
from asynctesting.waits import Place


def look(
    coroutine: Coroutine[Any, Any, Any], see: Callable[[asyncio.Task[Any]], Any], turns: int = 3
) -> Any:
    """Return what *see* sees in a task with *coroutine* after some turns of the loop."""

    async def main() -> Any:
        task = asyncio.create_task(coroutine, name="seen")
        for _ in range(turns):
            await asyncio.sleep(0)
        seen = see(task)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return seen

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(main())


def functions(task: asyncio.Task[Any]) -> list[str]:
    """Return the plain names of the functions in a chain."""
    return [place.function.rpartition(".")[2] for place in waits.await_chain(task)]


async def wait_for_ever() -> None:
    await asyncio.get_running_loop().create_future()


class CulpritTests(unittest.TestCase):
    """The line that is to blame."""

    def test_the_innermost_of_the_users(self) -> None:
        """It is the innermost line of the user's; what the standard library does below is no news."""

        async def inner() -> None:
            await asyncio.Event().wait()

        async def outer() -> None:
            await inner()

        place = look(outer(), waits.culprit)
        self.assertEqual("inner", place.function)
        self.assertEqual("await asyncio.Event().wait()", place.source)

    def test_a_library(self) -> None:
        """A library's line is told only if there is no other."""
        code = compile("async def wait(future):\n    await future", "/x/site-packages/lib.py", "exec")
        names: dict[str, Any] = {}
        exec(code, names)

        async def ours() -> None:
            await names["wait"](asyncio.get_running_loop().create_future())

        self.assertEqual("ours", look(ours(), waits.culprit).function)

        async def library() -> Any:
            task = asyncio.create_task(names["wait"](asyncio.get_running_loop().create_future()))
            await asyncio.sleep(0)
            return task

        def see(task: Any) -> Any:
            return waits.culprit(task.result())

        self.assertEqual("wait", look(library(), see, turns=5).function)

    def test_none(self) -> None:
        """There is none in a task of the standard library's alone."""

        async def sleep() -> Any:
            task = asyncio.create_task(asyncio.sleep(60))
            await asyncio.sleep(0)
            return task

        self.assertIsNone(look(sleep(), lambda task: waits.culprit(task.result()), turns=5))


class AwaitChainTests(unittest.TestCase):
    def chain(self, coroutine: Coroutine[Any, Any, Any]) -> list[str]:
        chain: list[str] = look(coroutine, functions)
        return chain

    def test_coroutines(self) -> None:
        """Coroutines are told from the outermost inwards."""

        async def outer() -> None:
            await wait_for_ever()

        self.assertEqual(["outer", "wait_for_ever"], self.chain(outer()))

    def test_place(self) -> None:
        """A frame is told with its file, line, source and module."""
        (place,) = look(wait_for_ever(), waits.await_chain)
        self.assertEqual("await asyncio.get_running_loop().create_future()", place.source)
        self.assertEqual(wait_for_ever.__code__.co_firstlineno + 1, place.line)
        self.assertEqual("test_waits.py", os.path.basename(place.filename))
        self.assertEqual(__name__, place.module)

    def test_iterator(self) -> None:
        """An object with __await__ that is a generator does not end the chain."""

        class Slowly:
            def __await__(self) -> Generator[Any, None, None]:
                yield from wait_for_ever().__await__()

        async def outer() -> None:
            await Slowly()

        self.assertEqual(["outer", "__await__", "wait_for_ever"], self.chain(outer()))

    def test_asynchronous_generators(self) -> None:
        """Asynchronous generators do not end the chain, whatever they wait in."""

        async def numbers() -> AsyncIterator[int]:
            await wait_for_ever()
            yield 1

        async def iterating() -> None:
            async for _ in numbers():
                pass

        async def sending() -> None:
            await numbers().asend(None)  # type: ignore[attr-defined]

        async def defaulting() -> None:
            await anext(numbers(), None)

        async def throwing() -> None:
            generator = closing()
            await anext(generator)
            await generator.athrow(ValueError)  # type: ignore[attr-defined]

        async def closing() -> AsyncIterator[int]:
            try:
                yield 1
            finally:
                await wait_for_ever()

        for outer, generator in (
            (iterating, "numbers"),
            (sending, "numbers"),
            (defaulting, "numbers"),
            (throwing, "closing"),
        ):
            with self.subTest(outer.__name__):
                self.assertEqual(
                    [outer.__name__, generator, "wait_for_ever"], self.chain(outer())
                )

    def test_wrapper_of_nothing(self) -> None:
        """A wrapper that tells nobody what is behind it ends the chain."""
        wrapper = type("coroutine_wrapper", (), {"__slots__": ()})()
        self.assertIsNone(waits._behind(wrapper))

    def test_not_begun_or_done(self) -> None:
        """A task that has not begun is at its first line, a finished one nowhere."""

        async def nothing() -> None:
            pass

        self.assertEqual(["nothing"], look(nothing(), functions, turns=0))
        self.assertEqual([], look(nothing(), functions))

    def test_running(self) -> None:
        """Of a running task there is the outermost frame."""

        async def inner() -> list[str]:
            task = asyncio.current_task()
            assert task is not None
            return functions(task)

        async def outer() -> list[str]:
            return await inner()

        self.assertEqual(["outer"], asyncio.run(outer()))

    def test_runaway(self) -> None:
        """A chain that is too long is cut."""

        async def deeper(depth: int) -> None:
            await (deeper(depth - 1) if depth else wait_for_ever())

        with unittest.mock.patch.object(waits, "DEEPEST", 10):
            self.assertEqual(["deeper"] * 10, self.chain(deeper(20)))


class FinalWaitTests(unittest.TestCase):
    def check(self, words: str, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.assertEqual(words, look(coroutine, waits.final_wait))

    def check_on_loop(self, words: str, make: Callable[[], Awaitable[Any]]) -> None:
        """What waits is made inside of the loop."""

        async def waiting() -> None:
            await make()

        self.check(words, waiting())

    def test_timer(self) -> None:
        """A sleep is told with its time, and when it is due."""
        self.assertRegex(
            look(asyncio.sleep(3600), waits.final_wait),
            r"\Asleep\(3600\), due in 3\.6e\+03 s of loop time\Z",
        )

    def test_lock(self) -> None:
        async def waiting() -> None:
            async with lock, lock:
                pass

        lock = asyncio.Lock()
        self.check("a Lock that is held", waiting())

    def test_condition(self) -> None:
        async def waiting() -> None:
            async with condition:
                await condition.wait()

        condition = asyncio.Condition()
        self.check("a Condition to be notified, as 1 in all do", waiting())

    def test_semaphore(self) -> None:
        self.check("a Semaphore with value 0", asyncio.Semaphore(0).acquire())

    def test_barrier(self) -> None:
        self.check("a Barrier that 1 of 3 have reached", asyncio.Barrier(3).wait())

    def test_queue(self) -> None:
        empty = asyncio.Queue[int](maxsize=1)
        self.check("an item from a Queue that is empty (maxsize 1)", empty.get())
        full = asyncio.Queue[int](maxsize=1)
        full.put_nowait(1)
        self.check("room in a Queue that is full (maxsize 1)", full.put(2))
        undone = asyncio.Queue[int]()
        undone.put_nowait(1)
        self.check("a Queue to be done with, 1 items unfinished", undone.join())

    def test_group(self) -> None:
        """A task group is told with the tasks that are left."""

        async def waiting(count: int) -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(count):
                    group.create_task(wait_for_ever(), name=f"{number}")

        self.check("a TaskGroup with 1 task left ('0')", waiting(1))
        self.check("a TaskGroup with 4 tasks left ('0', '1', '2', ...)", waiting(4))

    def test_several(self) -> None:
        async def done() -> None:
            pass

        async def waiting() -> None:
            tasks = [asyncio.create_task(one, name="left") for one in (done(), wait_for_ever())]
            await asyncio.wait(tasks)

        self.check("1 of the 2 awaitables of a wait() ('left')", waiting())
        self.check_on_loop(
            "1 of the 2 awaitables of a gather() ('left')",
            lambda: asyncio.gather(done(), asyncio.create_task(wait_for_ever(), name="left")),
        )

    def test_thread(self) -> None:
        """A thread is told with its function, named by its class if it has no name."""

        class Callable:
            def __call__(self) -> None:
                event.wait()

        event = threading.Event()

        async def waiting() -> tuple[str, str]:
            tasks = [asyncio.create_task(asyncio.to_thread(f)) for f in (event.wait, Callable())]
            await asyncio.sleep(0)
            first, second = map(waits.final_wait, tasks)
            event.set()
            await asyncio.gather(*tasks)
            return first, second

        self.assertEqual(
            (
                "a thread to return from Event.wait()",
                "a thread to return from Callable()",
            ),
            asyncio.run(waiting()),
        )

    def test_socket(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            self.check_on_loop(
                f"a socket (descriptor {ours.fileno()})",
                lambda: asyncio.get_running_loop().sock_recv(ours, 1),
            )

    def test_stream(self) -> None:
        async def waiting() -> None:
            await asyncio.StreamReader().read(1)

        self.check("data from a stream", waiting())

    def test_task(self) -> None:
        async def waiting() -> None:
            await asyncio.create_task(wait_for_ever(), name="Nermal")

        self.check("task 'Nermal'", waiting())

    def test_future(self) -> None:
        self.check("a Future without a result", wait_for_ever())

    def test_nothing(self) -> None:
        """What is ready to run, or done, waits for nothing."""

        async def polling() -> None:
            while True:
                await asyncio.sleep(0)

        self.check("", polling())
        self.check("", asyncio.sleep(0))

    def test_woken(self) -> None:
        """What has been woken and has not run yet waits for nothing any more."""

        async def main() -> str:
            event = asyncio.Event()
            task = asyncio.create_task(event.wait())
            await asyncio.sleep(0)
            event.set()
            return waits.final_wait(task)

        self.assertEqual("", asyncio.run(main()))

    def test_changed_name(self) -> None:
        """Where a private name is gone, the future tells what it can."""
        words = {("asyncio.locks", "Event.wait"): lambda variables: variables["gone"]}
        with unittest.mock.patch.object(waits, "_WORDS", words):
            self.check("a Future without a result", asyncio.Event().wait())


class PlaceTests(unittest.TestCase):
    def place(self, **changes: Any) -> Place:
        given: dict[str, Any] = {
            "function": "herd",
            "filename": "cats.py",
            "line": 7,
            "source": "await gate",
            "module": "cats",
        }
        return Place(**given | changes)

    def test_text(self) -> None:
        """The text is file, line, function and source, if there is any."""
        self.assertEqual("cats.py:7 in herd: await gate", str(self.place()))
        self.assertEqual("cats.py:7 in herd", str(self.place(source="")))

    def test_users(self) -> None:
        """Machinery is not the user's: ours, asyncio's, what is frozen; all else is."""
        self.assertTrue(waits.is_users(self.place()))
        self.assertTrue(waits.is_users(self.place(module="asyncio_extras.locks")))
        self.assertFalse(waits.is_users(self.place(module="asyncio.locks")))
        self.assertFalse(waits.is_users(self.place(module="asynctesting.host")))
        self.assertFalse(waits.is_users(self.place(filename="<frozen importlib>")))

    def test_ours(self) -> None:
        """Frames of this package are ours; those of its tests are not."""
        ours: Any = waits._walk(None)
        self.assertTrue(waits.is_ours(ours.gi_frame))
        self.assertFalse(waits.is_ours(sys._getframe()))

    def test_users_first(self) -> None:
        """Machinery is left out, unless there is nothing else."""
        users, machinery = self.place(), self.place(module="asyncio.locks")
        self.assertEqual([users], waits.users_first([machinery, users]))
        self.assertEqual([machinery], waits.users_first(iter([machinery])))

    def test_filename(self) -> None:
        """A file below the current directory is told by its path from there."""
        frame = sys._getframe()
        here = os.path.dirname(os.path.abspath(__file__))
        with unittest.mock.patch("os.getcwd", return_value=here):
            self.assertEqual("test_waits.py", os.path.normpath(waits._place(frame).filename))
        with unittest.mock.patch("os.getcwd", side_effect=FileNotFoundError):
            self.assertEqual(frame.f_code.co_filename, waits._place(frame).filename)
        with unittest.mock.patch("os.getcwd", return_value=tempfile.gettempdir()):
            self.assertIn("test_waits.py", waits._place(frame).filename)


class PeerTests(unittest.TestCase):
    """What is outside of the loop, or behind something."""

    def check(self, words: str, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.assertEqual(words, look(coroutine, waits.final_wait))

    def test_shield(self) -> None:
        """What is behind a shield is told."""

        async def waiting() -> None:
            await asyncio.shield(asyncio.create_task(wait_for_ever(), name="inner"))

        self.check("a shield() around task 'inner'", waiting())

    def test_job(self) -> None:
        """A job of an executor is told, if somebody looks after the loop."""
        gate = threading.Event()
        self.addCleanup(gate.set)

        async def waiting() -> None:
            loop = asyncio.get_running_loop()
            found.append(outside.Outside(loop))
            await loop.run_in_executor(None, gate.wait, 60)

        found: list[outside.Outside] = []

        def see(task: asyncio.Task[Any]) -> str:
            words = waits.final_wait(task)
            gate.set()
            return words

        self.assertEqual("the job wait() of an executor", look(waiting(), see))

    def test_endless(self) -> None:
        """A sleep that never ends is told so."""
        self.check("sleep(inf), which never ends", asyncio.sleep(float("inf")))

    def test_subprocess(self) -> None:
        """A subprocess is told by its number."""
        transport = unittest.mock.Mock(_pid=7)
        words = waits._subprocess({"self": transport}, waits._Wait(unittest.mock.Mock(), None))
        self.assertEqual("subprocess 7 to end", words)

    def test_stream_without_a_peer(self) -> None:
        """Sockets may have no names."""

        async def main() -> str:
            ours, theirs = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=ours)
            task = asyncio.create_task(reader.read())
            await asyncio.sleep(0)
            words = waits.final_wait(task)
            theirs.close()
            await task
            writer.close()
            await writer.wait_closed()
            return words

        with contextlib.closing(asyncio.new_event_loop()) as loop:
            words = loop.run_until_complete(main())
        if hasattr(socket, "AF_UNIX"):
            self.assertEqual("data from a stream", words)

    def test_stream_with_a_peer(self) -> None:
        """The other end of a connection is told."""

        async def main() -> list[str]:
            made: asyncio.Queue[Any] = asyncio.Queue()
            server = await asyncio.start_server(
                lambda reader, writer: made.put_nowait(writer), "127.0.0.1", 0
            )
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            accepted = await made.get()
            task = asyncio.create_task(reader.read())
            await asyncio.sleep(0)
            words = [waits.final_wait(task)]
            accepted.close()
            await task
            sock = writer.get_extra_info("socket")
            variables = {"sock": socket.socket(fileno=os.dup(sock.fileno()))}
            wait = waits._Wait(task, None)
            words.append(waits._socket(variables, wait))
            variables["sock"].close()
            words.append(waits._socket(variables, wait))
            words.append(waits._socket({"sock": sock}, wait))
            for one in (writer, accepted):
                one.close()
                await one.wait_closed()
            server.close()
            await asyncio.sleep(0)
            self.assertEqual(f"data from a stream with peer ('127.0.0.1', {port})", words[0])
            self.assertRegex(words[1], rf"a socket \(descriptor \d+\) with peer \(.*, {port}\)")
            self.assertEqual("a socket (descriptor -1)", words[2])
            return words

        with contextlib.closing(asyncio.new_event_loop()) as loop:
            loop.run_until_complete(main())


class HolderTests(unittest.TestCase):
    """Who holds what a task waits for, and who waits for whom."""

    def render(self, *functions: Callable[[], Coroutine[Any, Any, Any]], **options: Any) -> list[str]:
        """Return the report on tasks that are named for their functions; the first is guilty."""

        async def main() -> str:
            tasks = [asyncio.create_task(one(), name=one.__name__) for one in functions]
            for _ in range(5):
                await asyncio.sleep(0)
            text = waits.render_tasks(tasks, tasks[0], **options)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return text

        with contextlib.closing(asyncio.new_event_loop()) as loop:
            return loop.run_until_complete(main()).splitlines()

    def test_held(self) -> None:
        """The holder of a lock is named, and told next, whoever else there is."""
        lock, gate = asyncio.Lock(), asyncio.Semaphore(2)

        async def guilty() -> None:
            async with lock:
                pass

        async def first() -> None:
            async with gate:
                await wait_for_ever()

        async def holder() -> None:
            async with lock:
                async with gate:
                    await wait_for_ever()

        async def plain() -> None:
            await gate.acquire()
            await wait_for_ever()

        async def waiting() -> None:
            await asyncio.sleep(0)
            async with gate:
                pass

        async def start() -> None:
            await asyncio.sleep(0)
            await guilty()

        lines = self.render(start, first, holder)
        self.assertEqual("task 'start' waits for a Lock that is held by task 'holder'", lines[0])
        self.assertIn("async with lock", lines[2])
        self.assertRegex(lines[3], r"\Atask 'holder' waits for a Future")
        gate = asyncio.Semaphore(2)
        self.assertEqual(
            "task 'waiting' waits for a Semaphore with value 0, held by tasks 'first', 'holder'",
            self.render(waiting, first, holder)[0],
        )
        gate = asyncio.Semaphore(1)
        self.assertEqual(
            "task 'waiting' waits for a Semaphore with value 0, held as it seems by task 'plain'",
            self.render(waiting, plain)[0],
        )

    def test_held_by_the_test(self) -> None:
        """The task that carries a test holds what the test holds."""
        texts = []

        async def main() -> None:
            lock = asyncio.Lock()
            task = asyncio.create_task(lock.acquire(), name="waiting")
            await task
            task = asyncio.create_task(lock.acquire(), name="waiting")
            lock.release()
            async with lock:
                task.cancel()
                other = asyncio.create_task(lock.acquire(), name="other")
                loop = asyncio.get_running_loop()
                loop.call_later(0.001, lambda: texts.append(waits.render_tasks([me, other], other)))
                me = asyncio.current_task()
                assert me is not None
                await asyncio.sleep(0.01)
                other.cancel()
            await asyncio.gather(task, other, return_exceptions=True)

        asynctesting.run(main)
        self.assertRegex(texts[0], r"\Atask 'other' waits for a Lock that is held by task 'Task-\d+'\n")

    def test_held_by_nobody(self) -> None:
        """A lock whose holder has ended is held by none of these tasks."""
        lock = asyncio.Lock()

        async def forgetful() -> None:
            await lock.acquire()

        async def guilty() -> None:
            await asyncio.sleep(0)
            await lock.acquire()

        lines = self.render(guilty, forgetful)
        self.assertEqual(
            "task 'guilty' waits for a Lock that is held by none of these tasks", lines[0]
        )

    def test_circle(self) -> None:
        """Those that wait for each other are told first of all."""
        one, two = asyncio.Lock(), asyncio.Lock()

        async def a() -> None:
            async with one:
                await asyncio.sleep(0)
                async with two:
                    pass

        async def b() -> None:
            async with two:
                await asyncio.sleep(0)
                async with one:
                    pass

        self.assertEqual(
            [
                "they wait for each other:",
                "    task 'a' for a Lock that is held by task 'b'",
                "    task 'b' for a Lock that is held by task 'a'",
                "task 'a' waits for a Lock that is held by task 'b'",
            ],
            self.render(a, b)[:4],
        )

    def test_a_circle_elsewhere(self) -> None:
        """It need not go through the guilty task, nor through locks."""
        made: dict[str, asyncio.Task[Any]] = {}

        async def guilty() -> None:
            await wait_for_ever()

        async def other() -> None:
            await wait_for_ever()

        async def a() -> None:
            made["a"] = asyncio.current_task()  # type: ignore[assignment]
            await asyncio.sleep(0)
            await asyncio.gather(asyncio.shield(made["b"]), made["b"])

        async def b() -> None:
            made["b"] = asyncio.current_task()  # type: ignore[assignment]
            await asyncio.sleep(0)
            await asyncio.wait([made["a"]])

        lines = self.render(guilty, other, a, b)
        self.assertEqual(
            [
                "they wait for each other:",
                "    task 'a' for 2 of the 2 awaitables of a gather() ('b')",
                "    task 'b' for 1 of the 1 awaitables of a wait() ('a')",
                "task 'guilty' waits for a Future without a result",
            ],
            lines[:4],
        )
        heads = [line.split()[1] for line in lines[3:] if not line.startswith(" ")]
        self.assertEqual(["'guilty'", "'a'", "'b'", "'other'"], heads)

    def test_itself(self) -> None:
        """A task may wait for itself."""
        lock = asyncio.Lock()

        async def twice() -> None:
            async with lock:
                async with lock:
                    pass

        self.assertEqual(
            [
                "task 'twice' waits for itself: for a Lock that is held by itself",
                "task 'twice' waits for a Lock that is held by itself",
            ],
            self.render(twice)[:2],
        )

    def test_a_large_circle(self) -> None:
        """Of a circle of many its ends are told."""

        class Task:
            def __init__(self, number: int) -> None:
                self.number = number

            def get_name(self) -> str:
                return str(self.number)

        circle = []
        for number in range(9):
            wait = waits._Wait(Task(number), None)  # type: ignore[arg-type]
            wait.words = "the next"
            circle.append(wait)
        self.assertEqual(
            [
                "they wait for each other:",
                *(f"    task '{number}' for the next" for number in range(3)),
                "    ... 4 more ...",
                *(f"    task '{number}' for the next" for number in (7, 8)),
            ],
            waits._tell_circle(circle),
        )

    def test_a_circle_that_is_found_late(self) -> None:
        """What has been looked at once is not looked at again."""
        tasks = {name: object() for name in "abcd"}
        found = {task: waits._Wait(task, None) for task in tasks.values()}  # type: ignore[arg-type]
        a, b, c, d = (found[task] for task in tasks.values())
        a.tasks = [b.task, d.task, object()]  # type: ignore[list-item]
        b.tasks = [c.task]
        d.tasks = [b.task, c.task]
        self.assertEqual([], waits._find_circle(a, found))  # type: ignore[arg-type]
        c.tasks = [d.task]
        self.assertEqual([b, c, d], waits._find_circle(a, found))  # type: ignore[arg-type]

    @unittest.skipUnless(hasattr(asyncio, "capture_call_graph"), "new in 3.14")
    def test_the_interpreter_says_so(self) -> None:
        """The chain of a task, and who awaits it, are what asyncio itself tells."""

        async def inner() -> None:
            await wait_for_ever()

        async def outer() -> None:
            await inner()

        async def waiter(task: asyncio.Task[Any]) -> None:
            await task

        async def main() -> None:
            task = asyncio.create_task(outer(), name="task")
            other = asyncio.create_task(waiter(task), name="other")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            graph = asyncio.capture_call_graph(task)  # type: ignore[attr-defined]
            theirs = [entry.frame.f_code.co_qualname for entry in graph.call_stack]
            ours = [place.function for place in waits.await_chain(task)]
            self.assertEqual(theirs[::-1], ours)
            (awaited_by,) = graph.awaited_by
            self.assertIs(other, awaited_by.future)
            self.assertEqual([task], waits._wait_of(other, None).tasks)
            task.cancel()
            await asyncio.gather(task, other, return_exceptions=True)

        asyncio.run(main())


class ThreadStackTests(unittest.TestCase):
    def test_this_thread(self) -> None:
        """The stack of a thread goes from the outermost frame inwards, and is cut if need be."""
        stack = waits.thread_stack(threading.get_ident())
        names = [place.function for place in stack]
        self.assertEqual("ThreadStackTests.test_this_thread", names[-2])
        self.assertEqual("thread_stack", names[-1])
        with unittest.mock.patch.object(waits, "DEEPEST", 2):
            self.assertEqual(names[-2:], [p.function for p in self.shallow()])

    def shallow(self) -> list[Place]:
        stack = waits.thread_stack(threading.get_ident())
        self.assertEqual(["ThreadStackTests.shallow", "thread_stack"], [p.function for p in stack])
        return [Place("ThreadStackTests.test_this_thread", "", 0, "", ""), stack[-1]]

    def test_no_thread(self) -> None:
        """A thread that is gone has no stack."""
        self.assertEqual([], waits.thread_stack(-1))


class RenderTests(unittest.TestCase):
    def render(self, *coroutines: Coroutine[Any, Any, Any], **options: Any) -> list[str]:
        async def main() -> list[str]:
            tasks = [
                asyncio.create_task(coroutine, name=f"cat-{number}")
                for number, coroutine in enumerate(coroutines)
            ]
            await asyncio.sleep(0)
            guilty = options.pop("guilty", None)
            text = waits.render_tasks(
                set(tasks), None if guilty is None else tasks[guilty], **options
            )
            for task in tasks:
                task.cancel()
            return text.splitlines()

        return asyncio.run(main())

    def test_chain(self) -> None:
        """A task is told with what it waits for, and with the user's lines."""

        async def feeding() -> None:
            await bowl.get()

        bowl: asyncio.Queue[str] = asyncio.Queue()
        headline, line = self.render(feeding())
        self.assertEqual(
            "task 'cat-0' waits for an item from a Queue that is empty (maxsize 0)", headline
        )
        self.assertRegex(line, r"\A    \S*test_waits.py:\d+ in \S*feeding: await bowl.get\(\)\Z")

    def test_order(self) -> None:
        """The guilty comes first, the others as they were made."""
        lines = self.render(*(asyncio.Semaphore(0).acquire() for _ in range(11)), guilty=10)
        self.assertEqual("task 'cat-10' waits for a Semaphore with value 0", lines[0])
        self.assertRegex(lines[2], r"\A10 tasks \('cat-0', 'cat-1', 'cat-2', ...\) wait for a Sem")

    def test_states(self) -> None:
        """What does not wait is running, or ready to run, or done and not told."""

        async def running() -> str:
            task = asyncio.current_task()
            assert task is not None
            return waits.render_tasks([task])

        async def main() -> tuple[str, str, str]:
            task = asyncio.create_task(running(), name="cat")
            alike = [asyncio.create_task(asyncio.sleep(0), name=name) for name in "ab"]
            one, two = waits.render_tasks([task]), waits.render_tasks(alike)
            told = await task
            self.assertEqual("", waits.render_tasks([task]))
            return one, two, told

        ready, several, told = asyncio.run(main())
        self.assertIn("task 'cat' is ready to run", ready)
        self.assertIn("2 tasks ('a', 'b') are ready to run", several)
        self.assertIn("task 'cat' is running", told)

    def test_thousand(self) -> None:
        """A thousand tasks that are alike are one."""
        lines = self.render(*(wait_for_ever() for _ in range(1000)))
        self.assertEqual(2, len(lines))
        self.assertEqual(
            "1000 tasks ('cat-0', 'cat-1', 'cat-2', ...) wait for a Future without a result",
            lines[0],
        )

    def test_screenful(self) -> None:
        """What does not fit is counted."""

        def herd() -> Iterator[Coroutine[Any, Any, Any]]:
            for size in range(1, 51):
                yield asyncio.Queue[int](size).get()

        lines = self.render(*herd())
        self.assertLessEqual(len(lines), 30)
        self.assertEqual("and 36 more tasks", lines[-1])
        lines = self.render(*itertools.islice(herd(), 2), lines=3)
        self.assertEqual("and 1 more task", lines[-1])

    def test_long_chain(self) -> None:
        """A long chain is told by its ends."""

        async def deeper(depth: int) -> None:
            await (deeper(depth - 1) if depth else wait_for_ever())

        lines = self.render(deeper(20))
        self.assertEqual(7, len(lines))
        self.assertEqual("    ... 17 more ...", lines[3])
        self.assertIn("in wait_for_ever", lines[-1])


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: object) -> Any:
    tests.addTests(doctest.DocTestSuite(waits))
    return tests


if __name__ == "__main__":
    unittest.main()
