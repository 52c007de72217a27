"""
Moving here: what is called what, and what changes.

For people who come from asynctest, aiounittest, pytest-asyncio, or the standard
``IsolatedAsyncioTestCase``. On the left of each line their name, on the right ours. What begins
with ``self.`` is a method of :class:`asynctesting.AsyncTestCase`, an ``@`` is a decorator for a
test or a class, ``name="..."`` a keyword of the class, and what has a dash in it is a check.

In an afternoon:

1. Put ``from asynctesting import AsyncTestCase`` in place of the import, and let the classes be built
   on it. Tests go on to pass, or to fail; nothing else is needed to run them.
2. Run the suite with ``ASYNCTESTING_CHECKS=warn``. What the checks find is only warned of.
3. Mend that, or let go of it: ``@allow("pending-task", match="...", reason="...")``.
4. Run it without the setting, and go through what is below for what is still of the old library.

A test of asynctest::

    class HerdTests(asynctest.ClockedTestCase):
        async def setUp(self):
            self.cat = asynctest.CoroutineMock(return_value=True)
        @asynctest.fail_on(active_handles=True)
        async def test_late(self):
            task = self.loop.create_task(asyncio.wait_for(herd(self.cat), 5))
            await self.advance(4)
            self.assertTrue(await task)

and what becomes of it. Time moves by itself, so nobody must advance it, and the check is on:

>>> import asyncio
>>> from asynctesting import AsyncTestCase, virtual_time
>>> from asynctesting.mocks import AsyncMock

>>> async def herd(cat):
...     await asyncio.sleep(4)
...     return await cat("forward")

>>> @virtual_time
... class HerdTests(AsyncTestCase):
...     async def setUp(self):
...         self.cat = AsyncMock(return_value=True)
...     async def test_late(self):
...         self.assertTrue(await asyncio.wait_for(herd(self.cat), 5))
...         self.assertEqual(4, self.clock.time())
>>> HerdTests("test_late").debug()


From asynctest
==============

``asynctest.TestCase``  ->  ``asynctesting.AsyncTestCase``
    ``async def`` set-up, tests and cleanups stay as they are; they are one task now.
``self.loop``  ->  ``self.loop``
    Nothing.
``use_default_loop = True``  ->  ``loop_scope="class"``
    A keyword of the class: its tests share one loop; else each has its own.
``forbid_get_event_loop = True``  ->  ``loop_factory``
    With ``loop_factory = asyncio.SelectorEventLoop`` in the class no loop is current; then
    ``asyncio.get_event_loop()`` raises from 3.14 on, and warns before.
``ClockedTestCase``  ->  ``@virtual_time``
    On a class or a test; time moves by itself, so a plain ``await asyncio.sleep(5)`` in the
    test ends at once.
``await self.advance(5)``  ->  ``await self.clock.advance(5)``
    Or just ``await asyncio.sleep(5)``.
``exhaust_callbacks(loop)``  ->  ``await self.settle()``
    Returns when every other task waits; elsewhere ``asynctesting.settle``.
``FunctionTestCase``  ->  ``asynctesting.run``
    A call in an ordinary function, not a class.
``@fail_on(unused_loop=True)``  ->  nothing
    A test that is not ``async def`` needs no loop; one that was never awaited fails.
``@fail_on(active_handles=True)``  ->  ``leftover-timer``
    A check, on by default, also for timers of one's own; on asyncio's loops.
``@fail_on(active_selector_callbacks=True)``  ->  ``leftover-reader``
    A check, on by default.
``@strict``  ->  ``checks="strict"``
    A keyword of the class; the default is nearly as strict.
``@lenient``  ->  ``checks="warn"``
    Or ``@allow("leftover-timer", reason=...)`` for one kind, or one test.
``@ignore_loop``  ->  ``checks="off"``
    The same.
``assertAsyncRaises(E, aw)``  ->  ``self.assertRaises``
    ``with self.assertRaises(E): await aw``; likewise for ``...RaisesRegex``.
``assertAsyncWarns(W, aw)``  ->  ``self.assertWarns``
    ``with self.assertWarns(W): await aw``; likewise for ``...WarnsRegex``.
``CoroutineMock``  ->  ``asynctesting.mocks.AsyncMock``
    The same.
``mock.awaited.wait()``  ->  ``asynctesting.mocks.wait_until_awaited``
    ``await wait_until_awaited(mock)``; for ``wait_next()``, with ``times=mock.await_count + 1``.
``asynctest.Mock``, ``patch``, ``create_autospec``  ->  ``asynctesting.mocks``
    The same names; what is a coroutine function is told from the target.
``patch(..., scope=LIMITED)``  ->  ``asynctesting.mocks.patch``
    ``scope=LIMITED`` and ``GLOBAL`` are there.
``return_once(value, then=x)``  ->  ``asynctesting.mocks.return_once``
    The same, as ``side_effect``; for two calls and no more, ``side_effect=[value, x]``.
``FileMock``  ->  ``asynctesting.mocks.mock_open``
    Or a real one of ``tempfile``; for a descriptor on the loop, one end of ``os.pipe()``.
``SocketMock``, ``TestSelector``, ``set_read_ready``  ->  ``asynctesting.functional.serve``
    A real server and a real connection, on any loop; for a bare descriptor,
    ``socket.socketpair()``.
``_init_loop()`` overridden, event loop policies  ->  ``loop_factory``
    An attribute of the class, and ``@on_loops`` for several.
``setUpClass`` with a loop  ->  ``asyncSetUpClass``
    With ``addAsyncClassCleanup`` and ``enterAsyncClassContext``.


From aiounittest
================

``aiounittest.AsyncTestCase``  ->  ``asynctesting.AsyncTestCase``
    ``setUp`` may be ``async def``, and there is ``asyncSetUp``.
``get_event_loop()`` overridden  ->  ``loop_factory``
    An attribute of the class; ``loop_scope="class"`` for one loop for all its tests.
``@async_test``  ->  nothing
    ``async def`` is enough; in a plain function, ``asynctesting.run``.
``futurized(value)``  ->  ``asynctesting.mocks.AsyncMock``
    ``AsyncMock(return_value=value)``, or ``side_effect=error``.
``AsyncMockIterator``  ->  ``asynctesting.mocks.MagicMock``
    ``mock.__aiter__.return_value = [1, 2]``.
``run_sync``  ->  ``asynctesting.run``
    The same.


From pytest-asyncio
===================

``@pytest.mark.asyncio``, ``asyncio_mode``  ->  nothing
    Pytest runs the class as it is, with no plugin; a plain function calls
    ``asynctesting.run``.
``@pytest_asyncio.fixture``  ->  ``asyncSetUp``
    Or ``await self.enterAsyncContext(cm)``, for a fixture that yields; it is in the same task
    as the test.
a fixture with ``scope="class"``, ``loop_scope="class"``  ->  ``asyncSetUpClass``
    With ``loop_scope="class"`` as a keyword of the class.
a fixture of a module or a session  ->  ``asynctesting.LoopRunner``
    ``unittest.enterModuleContext(LoopRunner())`` in ``setUpModule``: a loop in another
    thread; or a base class.
``event_loop``  ->  ``self.loop``
    The same.
``event_loop_policy``, loop factories  ->  ``loop_factory``
    ``@on_loops("asyncio", "uvloop")`` for a test on each of several loops.
``unused_tcp_port``  ->  ``asynctesting.functional.free_port``
    Better, ``serve(...)`` and its ``port``.
``asyncio_debug = true``  ->  ``@asyncio_debug()``
    Or ``ASYNCTESTING_ASYNCIO_DEBUG=1`` for a run.
``@pytest.mark.timeout(5)``  ->  ``@time_limit(5)``
    60 seconds by default, for that test alone, with where each task stood.
``caplog``  ->  ``self.assertLogs``
    The same.
``pytest.raises``  ->  ``self.assertRaises``
    ``pytest.raises`` works as well.
``-W error`` for forgotten coroutines  ->  ``never-awaited``
    A check, on by default.

Fixtures of pytest's do not reach into classes of ``unittest``, these or any. Where they are worth
more than the checks, stay, and take ``asynctesting.run`` where a function wants the checks.


From the standard class
=======================

``IsolatedAsyncioTestCase``  ->  ``asynctesting.AsyncTestCase``
    A subclass of it: what it has is there.
a task for each stage  ->  one task
    A ``TaskGroup`` or a timeout that is entered in ``asyncSetUp`` spans the test.
``enterAsyncContext``  ->  ``self.enterAsyncContext``
    The manager is left with the exception that ended the test, not with ``None``.
asyncio's debug mode, always  ->  ``@asyncio_debug()``
    Off by default, which is ten times as fast; no check needs it.
``loop_factory``, from 3.13 on  ->  ``loop_factory``
    On each version; a function, too, need not be a ``staticmethod``.
an ``async def setUpClass``, which is lost  ->  ``asyncSetUpClass``
    ``async def setUpClass`` is awaited as well.
what is left behind, in silence  ->  ``asynctesting.allow``
    Fails the test; ``allow`` lets go of what is meant to be.
``asyncio.timeout`` around each test  ->  ``@time_limit(5)``
    60 seconds by default.

"""

from __future__ import annotations


__all__: list[str] = []
