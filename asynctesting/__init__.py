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
we are never asked.


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

There are no asynchronous fixtures for modules.

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


What fails a test
=================

What fails it with unittest: an assertion, an error. And what one of the checks finds when the
test has ended:

``never-awaited``
    A coroutine was made and never awaited: its body did not run.
``loop-error``
    An error reached the event loop and nobody else, from a callback, or from a task whose
    result nobody asked for.
``pending-task``
    A task was still running when the test ended. It was cancelled.
``stubborn-task``
    A task did not end within ``close_limit`` of being cancelled. It was left behind.
``swallowed-cancellation``
    The test's own task was cancelled, and a stage went on as if it were not. Seen on Python
    3.13 and later.
``stuck-close``
    An asynchronous generator, or a job in the loop's executor, did not end within
    ``close_limit``.

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
  cure: write `await` before the call that made it: `await herd(...)`

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

============================ ====================== ============================== ===========
class keyword                decorator              environment                    default
============================ ====================== ============================== ===========
``checks=...``                                      ``ASYNCTESTING_CHECKS``        ``default``
``close_limit=seconds``      ``@close_limit``       ``ASYNCTESTING_CLOSE_LIMIT``   5
``time_limit=seconds``       ``@time_limit``        ``ASYNCTESTING_TIME_LIMIT``    60
``asyncio_debug=True``       ``@asyncio_debug``     ``ASYNCTESTING_ASYNCIO_DEBUG`` asyncio's
``loop_scope="class"``                                                             ``test``
..                           ``@on_loops``          ``ASYNCTESTING_LOOPS``
..                                                  ``ASYNCTESTING_OFF``
============================ ====================== ============================== ===========

``checks``
    A profile, ``"default"``, ``"strict"``, ``"warn"`` (nothing but :exc:`AsyncTestingWarning`)
    or ``"off"``; or a mapping of ids to ``"fail"``, ``"warn"`` or ``"ignore"``. In the
    environment, a mapping is ``pending-task=warn,loop-error=ignore``.
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
``ASYNCTESTING_OFF=1``
    The bare standard class in place of ours: is it the library?

What makes the loop of a test is the class attribute ``loop_factory``: a class, a function or a
``staticmethod``.

>>> class NapTests(AsyncTestCase, checks={"pending-task": "ignore"}, close_limit=1):
...     async def test_nap(self):
...         asyncio.create_task(asyncio.sleep(60))
...         await asyncio.sleep(0)
>>> NapTests("test_nap").debug()

What cannot be is refused where it is written, with an :exc:`OptionError`:

>>> class TypoTests(AsyncTestCase, close_limits=1):
...     pass
Traceback (most recent call last):
    ...
asynctesting.errors.OptionError: class TypoTests: unknown option 'close_limits' ...


What we cannot see
==================

* a coroutine that is still alive when the test ends, because something refers to it, or in a
  reference cycle;
* errors in other threads and on other loops, and those of a loop whose exception handler the
  test replaces;
* sockets, files, threads, timers and subprocesses that are left behind;
* a loop that is blocked by synchronous code;
* a test with ``yield`` in it: it makes a generator, and its body never runs;
* the right subtest, where tasks that run concurrently use ``subTest``: a test has one current
  subtest.


What else there is
==================

:mod:`asynctesting.mocks` has the names of :mod:`unittest.mock`, and ``AsyncContextManager``. It
is not imported with this package.

All errors are :exc:`AsyncTestingError`: :exc:`FindingsError`, :exc:`OptionError`,
:exc:`StageError` for a stage that was stopped from outside or did not end,
:exc:`LoopUnavailable` for a loop that is not installed. They can be pickled.

"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import AsyncTestingError as AsyncTestingError
from .errors import AsyncTestingWarning as AsyncTestingWarning
from .errors import FindingsError as FindingsError
from .errors import LoopUnavailable as LoopUnavailable
from .errors import OptionError as OptionError
from .errors import StageError as StageError
from .guard import guard_plain_tests as guard_plain_tests
from .options import allow as allow
from .options import asyncio_debug as asyncio_debug
from .options import blocking_limit as blocking_limit
from .options import close_limit as close_limit
from .options import is_off as _is_off
from .options import on_loops as on_loops
from .options import time_limit as time_limit
from .standalone import run as run


if TYPE_CHECKING or not _is_off():
    from .case import AsyncTestCase as AsyncTestCase
else:
    from .bare import AsyncTestCase as AsyncTestCase


#: Names that are looked for when they are first asked for, and the modules that have them: a
#: plain test imports none of these.
_LATER: dict[str, str] = {}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(_LATER[name], __name__), name)
    globals()[name] = found
    return found


__all__ = [
    "AsyncTestCase",
    "AsyncTestingError",
    "AsyncTestingWarning",
    "FindingsError",
    "LoopUnavailable",
    "OptionError",
    "StageError",
    "allow",
    "asyncio_debug",
    "blocking_limit",
    "close_limit",
    "guard_plain_tests",
    "on_loops",
    "run",
    "time_limit",
]

__version__ = "0.1.0"
