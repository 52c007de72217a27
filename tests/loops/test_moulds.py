"""Tests of asynctesting.loops.moulds: what asyncio gives to each new loop, known from the first one."""

import asyncio
import collections
import logging
import os
import types
import unittest
import weakref
from unittest import mock

from asynctesting import SimulatedLoop
from asynctesting.loops import insides, moulds, simulated
from asynctesting.loops.explored import ExploredLoop


def plain(loop, name):
    """What can be compared of an attribute of *loop*."""
    value = getattr(loop, name)
    return value if type(value) in moulds._CONSTANTS else (type(value), bool(value))


class LoopTestCase(unittest.TestCase):
    def setUp(self):
        loop = SimulatedLoop()
        loop.close()
        if loop.get_debug():
            self.skipTest("asyncio's debug mode is on")
        self.assertTrue(simulated.MOULD.is_known, "there is no mould on this Python")

    def make(self, kind=SimulatedLoop):
        loop = kind()
        self.addCleanup(loop.close)
        return loop

    def is_initialised(self, kind=SimulatedLoop):
        """Tell whether asyncio initialises a loop that is made now."""
        return "_transports" in vars(self.make(kind))


class MouldTests(LoopTestCase):
    def test_private_names(self):
        """They are there on each Python that we know."""
        self.assertIs(False, self.make()._debug)
        with mock.patch.dict(os.environ, {moulds._DEBUG: "1"}):
            self.assertIn(moulds._KEY, os.environ._data)
        self.assertNotIn(moulds._KEY, os.environ._data)

    def test_all_is_as_asyncio_does_it(self):
        """A loop of which asyncio knows nothing has the same attributes as one that it has initialised."""
        for kind in (SimulatedLoop, ExploredLoop):
            with self.subTest(kind=kind.__name__):
                ours = self.make(kind)
                with mock.patch.object(moulds.Mould, "fits", return_value=False):
                    true = self.make(kind)
                late = {name for name in vars(true) if moulds.is_late(ours, name)}
                self.assertLessEqual({"_asyncgens", "_transports"}, late)
                self.assertEqual(vars(true).keys(), vars(ours).keys() | late)
                for name in vars(true):
                    self.assertEqual(plain(true, name), plain(ours, name), name)
                for name, value in vars(true).items():
                    if type(value) in moulds._CONTAINERS:
                        self.assertIsNot(value, getattr(self.make(kind), name), name)

    def test_they_share_nothing(self):
        """What one loop is given later, no other one has."""
        one, other = self.make(), self.make()
        one.set_debug(True)
        one._asyncgens.add(self)
        self.assertFalse(other.get_debug() or self.make().get_debug() or len(other._asyncgens))
        self.assertIs(one._asyncgens, one._asyncgens)

    def test_generators_are_shut_down(self):
        """What is made late is there for asyncio, too."""

        async def numbers():
            try:
                yield 1
            finally:
                ended.append(True)

        async def main():
            self.assertEqual(1, await anext(generator))

        ended, generator = [], numbers()
        loop = self.make()
        self.assertFalse(insides.has_asyncgens(loop))
        loop.run_until_complete(main())
        self.assertTrue(insides.has_asyncgens(loop))
        loop.run_until_complete(loop.shutdown_asyncgens())
        self.assertEqual([True], ended)

    # When asyncio does it

    def test_usually_not(self):
        """asyncio is asked for the first loop only."""
        self.assertFalse(self.is_initialised())
        self.assertFalse(self.is_initialised(ExploredLoop))

    def test_a_subclass(self):
        """It may have methods that asyncio calls."""
        calls = []

        class Loop(SimulatedLoop):
            def set_debug(self, enabled):
                calls.append(enabled)
                super().set_debug(enabled)

        self.assertTrue(self.is_initialised(Loop))
        self.assertEqual([False], calls)

    def test_debug_mode(self):
        """A loop that is made while it is asked for has it."""
        with mock.patch.dict(os.environ, {moulds._DEBUG: "1"}):
            self.assertTrue(self.make().get_debug())
        self.assertFalse(self.make().get_debug())

    def test_another_environment(self):
        """Where it cannot be told, asyncio is to know."""
        with mock.patch.object(os, "environ", {moulds._DEBUG: "1"}):
            self.assertTrue(self.make().get_debug())

    def test_what_is_logged(self):
        """asyncio says that it makes a loop."""
        with self.assertLogs("asyncio", logging.DEBUG) as logs:
            self.make()
        self.assertIn("Using selector", logs.output[0])

    def test_somebody_else_s_hook(self):
        """It is called for each loop."""
        for kind in (asyncio.BaseEventLoop, moulds._KINDS[1]):
            init = kind.__init__
            seen = []

            def hooked(loop, *args, _init=init, _seen=seen):
                _init(loop, *args)
                _seen.append(loop)

            with mock.patch.object(kind, "__init__", hooked):
                loop = self.make()
            self.assertEqual([loop], seen)
        self.assertFalse(self.is_initialised())

    def test_hooks_of_ours(self):
        """They are told of each loop, if nobody else was there before."""
        told = []
        init = asyncio.BaseEventLoop.__init__

        def hooked(loop):
            init(loop)

        def install():
            asyncio.BaseEventLoop.__init__ = hooked

        with (
            mock.patch.object(moulds, "_known", moulds._inits()),
            mock.patch.object(moulds, "_TOLD", []),
            mock.patch.object(asyncio.BaseEventLoop, "__init__", init),
        ):
            moulds.hook(install, told.append)
            loop = self.make()
            self.assertEqual([loop], told)
            self.assertIn("_debug", vars(loop))
            self.assertFalse(self.is_initialised())
            asyncio.BaseEventLoop.__init__ = lambda loop: init(loop)
            moulds.hook(lambda: None)
            self.assertTrue(self.is_initialised())

    def test_who_was_there_first(self):
        """What is not asyncio's own is told from what is."""
        self.assertTrue(moulds._is_asyncios(moulds._KINDS[0].__init__))
        self.assertFalse(moulds._is_asyncios(hooked_by_somebody))
        self.assertFalse(moulds._is_asyncios(mock.Mock()))


def hooked_by_somebody(loop):
    """It stands for an __init__."""


hooked_by_somebody.__module__ = "asyncio.base_events"


class LearningTests(unittest.TestCase):
    """What a mould takes from a loop."""

    def learn(self, **attributes):
        class Owner:
            pass

        mould = moulds.Mould(_own=1)
        mould.kinds.add(types.SimpleNamespace)
        mould.learn(types.SimpleNamespace(**attributes), Owner, ["clock"])
        self.assertEqual(mould.is_known, "_debug" in mould.state)
        return mould, Owner

    def test_whom_it_knows(self):
        """It takes nothing from loops of other classes, nor twice."""
        mould = moulds.Mould()
        mould.learn(types.SimpleNamespace(_debug=False), None, [])
        self.assertFalse(mould.is_known)
        mould.kinds.add(types.SimpleNamespace)
        mould.learn(types.SimpleNamespace(_debug=False), None, [])
        mould.learn(types.SimpleNamespace(_debug=False, _other=1), None, [])
        self.assertEqual({"_debug": False}, mould.state)

    def test_constants_and_containers(self):
        """Constants are copied, empty containers are made when they are asked for."""
        mould, owner = self.learn(
            clock=object(),
            _own=2,
            _debug=False,
            _name="x",
            _tasks=weakref.WeakSet(),
            _queue=collections.deque(),
        )
        self.assertTrue(mould.is_known)
        self.assertEqual({"_own": 1, "_debug": False, "_name": "x"}, mould.state)
        one = owner()
        self.assertTrue(moulds.is_late(one, "_queue"))
        self.assertEqual((collections.deque(), weakref.WeakSet), (one._queue, type(one._tasks)))
        self.assertIs(one._queue, one._queue)
        self.assertIsNot(one._queue, owner()._queue)
        self.assertFalse(moulds.is_late(one, "_queue") or moulds.is_late(one, "_name"))

    def test_what_it_does_not_know(self):
        """Then it does not know anything."""
        for value in ([1], object, types.SimpleNamespace(), ("a",)):
            self.assertFalse(self.learn(_debug=False, _other=value)[0].is_known, value)

    def test_debug_mode(self):
        """In debug mode, or if that is not told, nothing is known."""
        self.assertFalse(self.learn(_debug=True)[0].is_known)
        self.assertFalse(self.learn(_other=1)[0].is_known)

    def test_nobody_s_watcher_of_processes(self):
        """An object of asyncio's without any state is made anew."""
        kind = type("Watcher", (), {"__module__": "asyncio.unix_events"})
        watcher = kind()
        mould, owner = self.learn(_debug=False, _watcher=watcher)
        self.assertTrue(mould.is_known)
        one = owner()
        self.assertIs(kind, type(one._watcher))
        self.assertIsNot(watcher, one._watcher)
        watcher.number = 1
        self.assertFalse(self.learn(_debug=False, _watcher=watcher)[0].is_known)


if __name__ == "__main__":
    unittest.main()
