"""
unittest for asyncio: a test that passes has kept its promises.

This page is the contract. It says what a test is, what fails it, what can be chosen, and what
we cannot see.

>>> import asyncio
>>> import unittest
>>> import asynctesting
>>> from asynctesting import AsyncTestCase, on_loops

>>> async def herd(cat, direction):
...     return f"{cat} goes {direction}"

>>> class HerdTests(AsyncTestCase):
...     async def test_forward(self):
...         self.assertEqual("Garfield goes forward", await herd("Garfield", "forward"))

Whatever runs unittest's tests runs this one: ``python -m unittest``, pytest, and others. As
always, ``debug()`` runs it without them, and raises what is wrong, here nothing:

>>> HerdTests("test_forward").debug()

An ``async def`` on a plain ``unittest.TestCase`` is not ours: it passes without being run, and
we are never asked. One line in ``tests/__init__.py`` makes such tests fail:
:func:`guard_plain_tests`.


What a test is
==============

A test has an event loop of its own, made when it begins and closed when it ends; a skipped test
has none. Without a ``loop_factory`` asyncio makes the loop, and it is the thread's current one
during the test. ``self.loop`` is this loop.

These stages follow each other, as in unittest. Tear-down follows if set-up succeeded, the
cleanups and the end follow whatever happened:

1. ``setUp``, then ``asyncSetUp``;
2. the test;
3. ``asyncTearDown``, then ``tearDown``;
4. the cleanups, the last one added first, whether added by ``addCleanup``, ``addAsyncCleanup``,
   ``enterContext`` or ``enterAsyncContext``;
5. the end: tasks that are left are cancelled and awaited, asynchronous generators and the
   loop's executor are shut down, the loop is closed, and the previous current loop is restored.

**One task** carries the asynchronous stages, in **one context**. So what is entered in set-up
spans the test, and context variables set in one stage are seen in the next, and in no other
test:

>>> class GroupTests(AsyncTestCase):
...     async def asyncSetUp(self):
...         self.group = await self.enterAsyncContext(asyncio.TaskGroup())
...         self.calls = asyncio.Queue()
...     async def test_call(self):
...         self.group.create_task(self.calls.put("Garfield"))
...         self.assertEqual("Garfield", await self.calls.get())
>>> GroupTests("test_call").debug()

What ``enterAsyncContext`` entered is left with the exception that ended the test, as by an
``async with`` around it. So a failing task of the group fails the test, once, and a timeout
raises its ``TimeoutError``.

Synchronous stages, and tests that are not ``async def``, run outside the loop but in the same
context; they may call ``asyncio.run()``. ``async def`` is awaited wherever it is written, also
in ``setUp``, ``tearDown``, ``setUpClass``, ``tearDownClass``, and for a function given to
``addCleanup``.

**A class** may have ``asyncSetUpClass`` and ``asyncTearDownClass``, and may call
``addAsyncClassCleanup`` and ``enterAsyncClassContext``. They share a loop that lasts as long as
the class. With ``loop_scope="class"`` the tests live on that loop, too, each in a copy of the
class's context, and each is still checked for itself:

>>> class SharedTests(AsyncTestCase, loop_scope="class"):
...     @classmethod
...     async def asyncSetUpClass(cls):
...         cls.gate = asyncio.Event()
...     async def test_gate(self):
...         self.assertFalse(self.gate.is_set())
>>> unittest.defaultTestLoader.loadTestsFromTestCase(SharedTests).run(unittest.TestResult())
<unittest.result.TestResult run=1 errors=0 failures=0>

There are no asynchronous fixtures for modules; ``unittest.enterModuleContext(LoopRunner())`` in
``setUpModule`` gives a module a loop in a thread of its own.

**Several lives.** ``@on_loops`` gives a test, or each test of a class, one life on each of
several loops, each from set-up to the last cleanup, on an instance of its own. They are
reported as subtests of the one test. A loop that is not installed is a skipped subtest with its
reason, never a pass.

>>> class LoopTests(AsyncTestCase):
...     @on_loops("asyncio", asyncio.SelectorEventLoop)
...     async def test_on_each(self):
...         self.assertIs(asyncio.get_running_loop(), self.loop)
>>> LoopTests("test_on_each").debug()

**Without a class**, :func:`run` gives one coroutine function the same life and the same
verdict:

>>> async def main():
...     return await herd("Garfield", "forward")
>>> asynctesting.run(main)
'Garfield goes forward'


What hangs
==========

No test hangs. What nothing will ever wake is told within a fraction of a second, what takes too long by
its ``time_limit``. That test fails, at the line at which it waits; tear-down, cleanups and the next tests
follow.

A *deadlock* is a loop in which nothing is ready and no timer is set, while nothing outside can wake it:
no job of an executor, no subprocess, no descriptor that the loop watches, no signal that it handles, and
no thread that was started since the test began, or that has ever called in. It is a
:exc:`DeadlockError`, which says what each task waits for, who holds it, and who waits for whom:

>>> async def main():
...     bowl, mat = asyncio.Lock(), asyncio.Lock()
...     async def take(first, second):
...         async with first:
...             await asyncio.sleep(0)
...             async with second:
...                 pass
...     async with asyncio.TaskGroup() as group:
...         group.create_task(take(bowl, mat), name="Garfield")
...         group.create_task(take(mat, bowl), name="Nermal")
>>> try:
...     asynctesting.run(main)
... except asynctesting.DeadlockError as error:
...     print(error)
deadlock: nothing can wake the event loop
they wait for each other:
    task 'Garfield' for a Lock that is held by task 'Nermal'
    task 'Nermal' for a Lock that is held by task 'Garfield'
task ... waits for a TaskGroup with 2 tasks left ('Garfield', 'Nermal')
...

So is a loop whose own thread waits for it, as ``asyncio.run_coroutine_threadsafe(...).result()`` does
when it is called there.

The same is seen in virtual time. On loops that are not asyncio's selector loops, as uvloop's and
Windows' own, only the time limit helps. It also helps where a thread is alive that might wake the loop,
and never does. See :mod:`asynctesting.hangs` for what cannot be ended, and
:mod:`asynctesting.loops.outside` for what counts as outside, and what cannot be told.


What time is
============

A test's time is that of its loop, ``self.clock.time()``, in seconds. By default it is real. With
``@virtual_time``, or ``virtual_time=True`` for a class, it is virtual: it stands still while anything is
ready, and when everything waits, it jumps to the next timer. So sleeping costs nothing, and is exact:

>>> class SlowTests(AsyncTestCase, virtual_time=True):
...     async def test_a_slow_cat(self):
...         with self.assertRaises(TimeoutError):
...             async with asyncio.timeout(4):
...                 await asyncio.sleep(3600)
...         self.assertEqual(4, self.clock.time())
>>> SlowTests("test_a_slow_cat").debug()

It does not jump past work outside of the loop, jobs in executors, subprocesses, threads, sockets: that
is waited for, in real time. Time stands still for half a real second, then it runs with real time until
the work is done. ``with self.clock.hold():`` lets it stand still for longer, ``await
self.clock.advance(seconds)`` moves it step by step. In ``with self.clock.wall():`` the functions of
:mod:`time` and :mod:`datetime` follow it, wherever the user's own modules call them. It ends with
``virtual_time(until=seconds)``: a :exc:`LoopTimeExceeded`. What needs virtual time and has none is a
:exc:`RealTimeError`.

Idle is a loop in which every task waits, and no callback is ready. ``await self.settle()`` returns when
it is. If there is no timer either, and nobody outside who could wake it, nothing will ever happen again:
that is a :exc:`DeadlockError`, at once.

``self.background(coroutine)`` starts what runs for ever by design, and is cancelled at the end.
``await self.assertEventually(predicate, within=seconds)`` asks until the answer is yes. A
:class:`Sequencer` forces an order between tasks. Without a class there are :func:`settle`,
:func:`background` and :func:`eventually`.

>>> class HeartTests(AsyncTestCase, virtual_time=True):
...     async def test_an_hour(self):
...         beats = []
...         async def heart():
...             while True:
...                 await asyncio.sleep(1)
...                 beats.append(self.clock.time())
...         self.background(heart())
...         await self.assertEventually(lambda: len(beats) == 3600, within=3601)
...         self.assertEqual(3600, self.clock.time())
>>> HeartTests("test_an_hour").debug()

The loop is a :class:`SimulatedLoop`, and whatever takes a factory of loops takes that one:

>>> async def nap():
...     await asyncio.sleep(3600)
...     return asyncio.get_running_loop().time()
>>> with asyncio.Runner(loop_factory=asynctesting.SimulatedLoop) as runner:
...     runner.run(nap())
3600.0

Loops of other packages have timers of their own: virtual time is refused there, and with ``@on_loops``.
See :mod:`asynctesting.loops.simulated` for all of it.


Nothing left to luck
====================

An ordinary run takes one order of a test's tasks, always nearly the same. With ``@explore`` a test is
lived once in each of many orders, in virtual time, and only in such as asyncio can take: a task's step
may come late, but plain callbacks keep their order, nothing that became ready after one overtakes
it, and timers go off in theirs. The first order is asyncio's own; a small test is gone through.

>>> from asynctesting import explore
>>> class Yard:
...     def __init__(self):
...         self.cats = []
...     async def admit(self, cat):
...         if not self.cats:
...             await asyncio.sleep(0)
...             self.cats.append(cat)
>>> class YardTests(AsyncTestCase):
...     @explore(schedules=100)
...     async def test_room_for_one(self):
...         yard = Yard()
...         await asyncio.gather(yard.admit("Garfield"), yard.admit("Nermal"))
...         self.assertEqual(1, len(yard.cats))
>>> YardTests("test_room_for_one").debug()
Traceback (most recent call last):
    ...
AssertionError: 1 != 2
...

The order that fails is made as simple as possible and shown: who ran when, what of it matters, and how
to replay it. Running the test again tries it first; ``ASYNCTESTING_REPLAY`` replays it anywhere, wherever
the test's module is found, and ``@explore(replay="...")`` keeps it. It is found again after most edits; if it
is not there any more, that is a :exc:`ReplayError`. If no test has taken the one of ``ASYNCTESTING_REPLAY``, since
its class or its method has another name now, the end of the process tells.

``cancel=True``, or a regular expression for names of tasks, cancels one task in each schedule, at each of
its awaits in turn. :func:`offer` does so for one task, and lets a fault come from one ``await``:

>>> from asynctesting import offer
>>> class ReplyTests(AsyncTestCase):
...     @explore
...     async def test_no_reply(self):
...         replies = asyncio.Queue()
...         replies.put_nowait("hello")
...         async def ask():
...             await asyncio.sleep(1)
...             return replies.get_nowait()
...         try:
...             reply = await self.offer(ask(), TimeoutError)
...         except TimeoutError:
...             self.assertEqual(1, replies.qsize())
...         else:
...             self.assertEqual("hello", reply)
>>> ReplyTests("test_no_reply").debug()

For everything that is not a test there is :class:`Explorer`; what it found is an
:class:`Exploration`:

>>> async def alone():
...     await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
>>> print(asynctesting.Explorer().run(alone))
all ... orders hold

What is random otherwise, threads, sockets, the order of sets, stays so; it is told when a run cannot be
repeated exactly. ``@explore`` does not go together with what shares a loop, or brings one. See
:func:`explore`, and :mod:`asynctesting.loops.explored` for the orders.


What fails a test
=================

What fails it with unittest: an assertion, an error. And what one of the checks finds when the
test has ended. A *fact* fails the test; a *suspicion*, marked with a ``?``, only warns, unless
``checks`` says otherwise.

**Nobody awaited it**

``never-awaited``
    A coroutine was made and never awaited: its body did not run.
``wrong-shape``
    The test is a generator, or returned an awaitable: its body did not run.

**Tasks**

``pending-task``
    A task was still running when the test ended. It was cancelled.
``stubborn-task``
    A task did not end within ``close_limit`` of being cancelled. It was left behind.
``dropped-task``
    A task that nothing referred to was dropped by the garbage collector before it ended.
``swallowed-cancellation``
    The test's own task was cancelled, and a stage went on as if it were not.

**Errors that nobody saw**

``unread-error``
    A task or a future failed, and nobody asked for its error.
``loop-error``
    An error reached the event loop and nobody else: from a callback, a timer, a protocol.
``exception-handler``
    The test left an exception handler of its own on the loop, which hides such errors.
``thread-error``
    A thread ended with an exception.
``unraisable-error``
    An exception was raised where Python cannot pass it on, as in ``__del__``.
``unread-job``
    A job in an executor failed, and nobody asked for its error.
``swallowed-assertion``
    An assertion failed, something swallowed that, and the test passed.

**Left on the loop**

``leftover-timer``
    A call that is still to come, by ``loop.call_later``.
``leftover-reader``
    A descriptor that is still watched, by ``loop.add_reader`` or ``loop.add_writer``.
``leftover-signal-handler``
    A handler by ``loop.add_signal_handler``.
``leftover-server``
    A server that was not closed.
``leftover-transport``
    A connection, a stream, an endpoint or a pipe that was not closed.
``leftover-generator``
    An asynchronous generator that stands inside a ``with`` or ``try``.
``collected-generator``
    One that was dropped there: its clean-up ran later, in another task.
``leftover-job``
    A job in an executor that had not ended.
``stuck-close``
    An asynchronous generator or a job did not end within ``close_limit``.

**Left in the process**

``leftover-socket``
    A socket that is open, or was dropped while it was open.
``leftover-process``
    A subprocess that runs, or that nobody has waited for.
``leftover-thread``
    A thread that runs.
``leftover-loop``
    An event loop that was not closed.
``leftover-patch``
    A ``patch`` that was started and not stopped. It was stopped.
``leftover-policy``
    An event loop policy that was not put back. It was.
``leftover-signal``
    A handler by ``signal.signal`` that was not put back. It was.
``open-descriptor`` ?
    A file or a pipe that is open.

**The loop was misused**

``blocked-loop``
    One callback, or one step of a task, held the loop for longer than ``blocking_limit``.
``wrong-thread``
    The loop, or a future, was used from a thread in which the loop does not run.
``stopped-loop``
    The test closed its own loop, or stopped it.

**Of ourselves**

``unneeded-allowance`` ?
    An ``allow`` of a single test was not needed.

Each finding is a fact, its place, and a cure:

>>> async def main():
...     herd("Garfield", "forward")
>>> try:
...     asynctesting.run(main)
... except AssertionError as error:
...     print(error)
coroutine 'herd' was never awaited: its body did not run [never-awaited]
  ..., in main
    herd("Garfield", "forward")
  cure: write `await` before the call that made it: `await herd("Garfield", "forward")`
  more: python -m asynctesting explain never-awaited

Several findings of a test are one report, the most telling first. **The same culprit**, that is, the
same check and line, is told in full once; in each test after that, in one line.

There is **one verdict** for a test, after its last cleanup. If it passed or was skipped,
findings make it a failure, :exc:`FindingsError`, an ``AssertionError``. If it failed, they are
a note to its failure, and so are errors of later stages. A test marked with ``expectedFailure``
fails as expected only if its body failed.

After ``KeyboardInterrupt`` or ``SystemExit`` tear-down and cleanups run, too; then it is raised
on.


What can be chosen
==================

An option is a keyword of a class, a decorator for a test or a class, or a setting in the
environment, for a whole run. The nearest wins: the method's, the class's, its bases', the
environment's, the default.

============================ ====================== =============================== ===========
class keyword                decorator              environment                     default
============================ ====================== =============================== ===========
``checks=...``                                      ``ASYNCTESTING_CHECKS``         ``default``
..                           ``@allow``                                             nothing
``blocking_limit=seconds``   ``@blocking_limit``    ``ASYNCTESTING_BLOCKING_LIMIT`` 0.5
``close_limit=seconds``      ``@close_limit``       ``ASYNCTESTING_CLOSE_LIMIT``    5
``time_limit=seconds``       ``@time_limit``        ``ASYNCTESTING_TIME_LIMIT``     60
``asyncio_debug=True``       ``@asyncio_debug``     ``ASYNCTESTING_ASYNCIO_DEBUG``  asyncio's
``loop_scope="class"``                                                              ``test``
..                           ``@on_loops``          ``ASYNCTESTING_LOOPS``
..                           ``@explore``           ``ASYNCTESTING_SCHEDULES``      200
..                                                  ``ASYNCTESTING_SEED``           0
..                                                  ``ASYNCTESTING_REPLAY``         none
..                                                  ``ASYNCTESTING_FAILURES``       a folder
..                                                  ``ASYNCTESTING_FINDINGS``       none
..                                                  ``ASYNCTESTING_SUMMARY``        0
..                                                  ``ASYNCTESTING_BASELINE``       none
..                                                  ``ASYNCTESTING_REPEATS``        ``short``
..                                                  ``ASYNCTESTING_OFF``
============================ ====================== =============================== ===========

``checks``
    A profile, ``"default"``, ``"strict"``, ``"warn"`` (nothing but :exc:`AsyncTestingWarning`)
    or ``"off"``; or a mapping of ids to ``"fail"``, ``"warn"`` or ``"ignore"``. In the
    environment, a mapping is ``pending-task=warn,loop-error=ignore``. It changes the default, or
    the profile that it has for ``"*"``, all others; in the environment, ``warn,loop-error=fail``.
``allow``
    Lets one test, a class, or a ``with`` block go of a promise; see below.
``blocking_limit``
    Real seconds for which one callback, or one step of a task, may hold the loop, or ``None``.
    Time that a busy machine takes away does not count.
``close_limit``
    Real seconds for each step of ending a test. A healthy test never gets near it.
``time_limit``
    Real seconds for one life of a test, or ``None``. It ends any stage that lasts longer, and
    fails that test alone. See :mod:`asynctesting.hangs` for how, and for what cannot be ended.
``asyncio_debug``
    asyncio's debug mode. It is off unless ``PYTHONASYNCIODEBUG`` or ``-X dev`` asks for it; no
    check needs it.
``ASYNCTESTING_LOOPS``
    Picks some of the loops of ``@on_loops``, by name, with commas between them.
``explore``
    Lives a test in many orders; see above. ``ASYNCTESTING_SCHEDULES`` and ``ASYNCTESTING_SEED`` (a
    number, or ``random``) override what it says, ``ASYNCTESTING_REPLAY`` replays one order.
``ASYNCTESTING_FAILURES=folder``
    Where orders that failed are remembered; ``.asynctesting`` unless given, ``off`` for nowhere.
``ASYNCTESTING_FINDINGS=file``
    Each finding is appended to the file, as a line of JSON, by any number of processes.
``ASYNCTESTING_SUMMARY=1``
    The run ends in a table: for each check and culprit the number of tests.
``ASYNCTESTING_BASELINE=file``
    Culprits that are listed there warn, where they would fail. ``python -m asynctesting baseline``
    makes such a file, and takes out of it what was mended.
``ASYNCTESTING_REPEATS=full``
    The same culprit is told in full by each test, not only by the first.
``ASYNCTESTING_OFF=1``
    The bare standard class in place of ours: is it the library?

What makes the loop of a test is the class attribute ``loop_factory``: a class, a function or a
``staticmethod``.

**Letting go.** :class:`allow` is for what is meant to be, by the ids of checks. ``match`` makes it
narrow: it is searched for in the name of the task, coroutine, thread or type, and in the fact.

>>> from asynctesting import allow
>>> class NapTests(AsyncTestCase, close_limit=1):
...     @allow("pending-task", match="nap", reason="outlives the test by design")
...     async def test_nap(self):
...         asyncio.create_task(asyncio.sleep(60), name="nap")
...         await asyncio.sleep(0)
>>> NapTests("test_nap").debug()

An allowance of a single test that was not needed is told by a warning, unless it has
``always=False``. An error that must happen on the loop is asserted with ``assertLoopError``, in the
manner of ``assertRaises``:

>>> class LoudTests(AsyncTestCase):
...     async def test_loud(self):
...         with self.assertLoopError(ZeroDivisionError):
...             self.loop.call_soon(lambda: 1 / 0)
...             await asyncio.sleep(0)
>>> LoudTests("test_loud").debug()

What cannot be is refused where it is written, with an :exc:`OptionError`:

>>> class TypoTests(AsyncTestCase, close_limits=1):
...     pass
Traceback (most recent call last):
    ...
asynctesting.errors.OptionError: class TypoTests: unknown option 'close_limits' ...


What we cannot see
==================

* a test that we do not run: ``async def`` on a plain ``unittest.TestCase``, unless it is guarded; a
  test that a decorator never calls;
* what happens on other loops, and in threads, but for the errors that end them, and for what a
  :class:`LoopRunner` runs;
* on a loop that is not asyncio's own, as uvloop's: what is left on it, and callbacks that block;
* what an installed package has made for itself;
* what a test has left behind that failed anyway: it may not have come to its clean-up;
* a bare ``assert`` that is swallowed, on Python 3.11;
* a loop that is blocked for less than ``blocking_limit`` and a quarter; synchronous stages, which
  block nothing;
* the right subtest, where tasks that run concurrently use ``subTest``: a test has one current
  subtest.

Each check has a page, with an example that fails, the same done right, what can be allowed, and what
it cannot see: ``python -m asynctesting explain pending-task``. With ``--where`` there is a table of all
checks: on which loops, threads and platforms they see what they look for.


Other threads
=============

**A loop in a thread of its own.** Where the code under test works on the loop of another thread,
:class:`LoopRunner` is that thread. ``self.loop_runner()`` gives one to a test, which need not be
``async def``, and stops it. Its loop is of the test's kind, ends as the test's does, and is under
the same checks: a fault in the thread fails the test that owns it.

>>> class Router:
...     def __init__(self, loop):
...         self.loop, self.commands = loop, []
...     async def add(self, command):
...         self.commands.append(command)
...     def add_command(self, command):
...         asyncio.run_coroutine_threadsafe(self.add(command), self.loop).result()

>>> class RouterTests(AsyncTestCase):
...     def test_command(self):
...         router = Router(self.loop_runner().loop)
...         router.add_command("forward")
...         self.assertEqual(["forward"], router.commands)
...     def test_coroutine(self):
...         runner = self.loop_runner()
...         self.assertEqual("Tom goes out", runner.run_coroutine(herd("Tom", "out")))
>>> RouterTests("test_command").debug(); RouterTests("test_coroutine").debug()

Anywhere else it is a context manager, for a class with ``cls.enterClassContext(LoopRunner())``.
What it cannot do is a :exc:`LoopRunnerError`: work before it was started or after it was stopped,
and ``run_coroutine()`` on the loop's own thread, which would wait for itself for ever. With
``timeout=`` a coroutine that takes too long is cancelled, and told with its line,
:exc:`NotInTime`. See :mod:`asynctesting.threads`.

**Tests on another thread.** Some runners run tests in threads, also several at a time. All of this
holds there, but for what Python keeps for the main thread: handlers of signals are not looked at,
and what blocks outside of Python, as ``time.sleep``, is not interrupted. It fails when it comes back;
if it never does, the process is ended, and says why.


Functional tests
================

:mod:`asynctesting.functional` has real servers, connections and subprocesses, as asynchronous
context managers: for a test, for its set-up, and for a class with ``loop_scope="class"``. No port
is chosen by hand, and nothing is left of them. What a handler raises fails the test.

>>> from asynctesting.functional import serve

>>> async def purr(reader, writer):
...     await reader.readline()
...     writer.write(b"purr")
...     writer.close()

>>> class PurrTests(AsyncTestCase):
...     async def asyncSetUp(self):
...         self.server = await self.enterAsyncContext(serve(purr))
...     async def test_purr(self):
...         async with self.server.connect() as (reader, writer):
...             writer.write(b"stroke" + bytes([10]))
...             self.assertEqual(b"purr", await reader.read())
>>> PurrTests("test_purr").debug()

``serve_protocol`` serves a protocol, ``serve_app`` an application on uvicorn's or aiohttp's server.
``Subprocess`` runs a program from when it is ready to when it has ended; what it printed is shown
where a test fails, and in the errors: :exc:`NotInTime`, :exc:`SubprocessFailed`. For synchronous
tests, ``self.loop_runner().hold(serve(purr))`` is an ordinary context manager.


What else there is
==================

:mod:`asynctesting.migrating` says what is called what, for those who come from asynctest,
aiounittest, pytest-asyncio or the standard class; :mod:`asynctesting.synchronous`, what code may do
under test that runs a loop of its own, as ``asyncio.run()`` does.

:mod:`asynctesting.mocks` goes in the place of :mod:`unittest.mock`: faster, honest, and with what
people build by hand (``AsyncContextManager``, ``Gate``, ``wait_until_awaited`` and others). It
is not imported with this package.

All errors are :exc:`AsyncTestingError`: :exc:`FindingsError`, :exc:`OptionError`,
:exc:`StageError` for a stage that was stopped from outside or did not end,
:exc:`LoopUnavailable` for a loop that is not installed, :exc:`DeadlockError` for a loop that
nothing will ever wake, :exc:`LoopTimeExceeded` for virtual time that has come to its end,
:exc:`ReplayError` for an order that cannot be replayed. They can be pickled.

"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


#: The names, and the modules that have them. They are looked for when they are first asked for: a
#: plain test imports no exploration, and whoever only wants the mocks imports nothing but them.
_HOMES: dict[str, str] = {
    "AsyncTestCase": "case",
    "AsyncTestingError": "errors",
    "AsyncTestingWarning": "errors",
    "DeadlockError": "errors",
    "Exploration": "exploration",
    "Explorer": "explorer",
    "FindingsError": "errors",
    "LoopRunner": "threads",
    "LoopRunnerError": "errors",
    "LoopTimeExceeded": "errors",
    "LoopUnavailable": "errors",
    "NotInTime": "errors",
    "OptionError": "errors",
    "RealTimeError": "errors",
    "ReplayError": "errors",
    "Sequencer": "staging",
    "SimulatedLoop": "loops.simulated",
    "StageError": "errors",
    "SubprocessFailed": "errors",
    "allow": "options",
    "asyncio_debug": "options",
    "background": "staging",
    "blocking_limit": "options",
    "close_limit": "options",
    "eventually": "staging",
    "explore": "options",
    "guard_plain_tests": "guard",
    "offer": "offers",
    "on_loops": "options",
    "run": "standalone",
    "settle": "staging",
    "time_limit": "options",
    "virtual_time": "options",
}

if TYPE_CHECKING:
    from .case import AsyncTestCase as AsyncTestCase
    from .errors import AsyncTestingError as AsyncTestingError
    from .errors import AsyncTestingWarning as AsyncTestingWarning
    from .errors import DeadlockError as DeadlockError
    from .errors import FindingsError as FindingsError
    from .errors import LoopRunnerError as LoopRunnerError
    from .errors import LoopTimeExceeded as LoopTimeExceeded
    from .errors import LoopUnavailable as LoopUnavailable
    from .errors import NotInTime as NotInTime
    from .errors import OptionError as OptionError
    from .errors import RealTimeError as RealTimeError
    from .errors import ReplayError as ReplayError
    from .errors import StageError as StageError
    from .errors import SubprocessFailed as SubprocessFailed
    from .exploration import Exploration as Exploration
    from .explorer import Explorer as Explorer
    from .guard import guard_plain_tests as guard_plain_tests
    from .loops.simulated import SimulatedLoop as SimulatedLoop
    from .offers import offer as offer
    from .options import allow as allow
    from .options import asyncio_debug as asyncio_debug
    from .options import blocking_limit as blocking_limit
    from .options import close_limit as close_limit
    from .options import explore as explore
    from .options import on_loops as on_loops
    from .options import time_limit as time_limit
    from .options import virtual_time as virtual_time
    from .staging import Sequencer as Sequencer
    from .staging import background as background
    from .staging import eventually as eventually
    from .staging import settle as settle
    from .standalone import run as run
    from .threads import LoopRunner as LoopRunner


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    if name == "AsyncTestCase" and import_module(".options", __name__).is_off():
        home = "bare"
    found = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "AsyncTestCase",
    "AsyncTestingError",
    "AsyncTestingWarning",
    "DeadlockError",
    "Exploration",
    "Explorer",
    "FindingsError",
    "LoopRunner",
    "LoopRunnerError",
    "LoopTimeExceeded",
    "LoopUnavailable",
    "NotInTime",
    "OptionError",
    "RealTimeError",
    "ReplayError",
    "Sequencer",
    "SimulatedLoop",
    "StageError",
    "SubprocessFailed",
    "allow",
    "asyncio_debug",
    "background",
    "blocking_limit",
    "close_limit",
    "eventually",
    "explore",
    "guard_plain_tests",
    "offer",
    "on_loops",
    "run",
    "settle",
    "time_limit",
    "virtual_time",
]

__version__ = "0.1.0"
