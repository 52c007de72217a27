"""Tests of asynctesting.checks.census: what a life has left in memory."""

import asyncio
import collections
import gc
import os
import selectors
import socket
import sys
import threading
import unittest
import weakref
from unittest import mock

from asynctesting.checks import census
from asynctesting.loops.explored import ExploredLoop
from tests.support import Boom, scene


async def herd():
    """A coroutine to be forgotten."""


class CensusTests(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.SelectorEventLoop()
        self.addCleanup(self.loop.close)
        depth = sys.get_coroutine_origin_tracking_depth()
        self.addCleanup(sys.set_coroutine_origin_tracking_depth, depth)
        sys.set_coroutine_origin_tracking_depth(1)
        self.enter()
        census.prepare()

    def enter(self):
        self.scene = scene(self.loop)
        self.scene.enter()
        self.addCleanup(self.scene.leave)

    def coroutine(self):
        coroutine = herd()
        self.addCleanup(coroutine.close)
        return coroutine

    def failed(self, loop=None):
        future = (loop or self.loop).create_future()
        future.set_exception(Boom())
        self.addCleanup(future.exception)
        return future

    def test_what_is_left_is_found_once(self):
        """A coroutine that never began, and an error that nobody read; the next finds neither."""
        coroutine, future = self.coroutine(), self.failed()

        found = census.take(self.scene)

        self.assertEqual(([coroutine], [future]), (found.coroutines, found.futures))
        self.assertTrue(found)
        self.assertIsNone(census.take(self.scene))

    def test_futures_in_python_are_futures(self):
        """asyncio has two of each kind."""
        future = asyncio.futures._PyFuture(loop=self.loop)
        future.set_exception(Boom())
        self.addCleanup(future.exception)

        self.assertEqual([future], census.take(self.scene).futures)

    def test_what_is_in_order_is_not_found(self):
        """What is done, closed, read, or has not failed, is nobody's concern."""
        done, read, closed = (self.loop.create_future() for _ in range(3))
        pending = self.loop.create_future()
        done.set_result(1)
        closed.cancel()
        read.set_exception(Boom())
        read.exception()
        ended = herd()
        ended.close()

        self.assertIsNone(census.take(self.scene))
        self.assertFalse(pending.done())

    def test_what_is_lost_is_dropped(self):
        """A cycle ends with the life that made it."""
        told = []

        class Cat:
            def __del__(self):
                told.append("gone")

        cat = Cat()
        cat.self = cat
        del cat

        self.assertIsNone(census.take(self.scene))
        self.assertEqual(["gone"], told)

    def test_nothing_is_collected_where_all_is_quiet(self):
        """Lists and plain objects are lost without a word, and so may wait."""
        self.enter()

        class Cat:
            pass

        cat = Cat()
        cat.self = [cat]
        kept = [None] * 3 + [{}, len, lambda: cat]
        with mock.patch.object(census.gc, "collect") as collect:
            self.assertIsNone(census.take(self.scene))
        collect.assert_not_called()
        self.assertIn(list, census._QUIET)
        self.assertNotIn(Cat, census._QUIET)
        self.assertNotIn(type(self.scene), census._QUIET)
        self.assertEqual(6, len(kept))

    def test_all_is_looked_through_where_something_is_loud(self):
        """One object that does something at its end is enough."""
        self.enter()
        coroutine = self.coroutine()
        self.assertEqual([coroutine], census.take(self.scene).coroutines)
        self.enter()
        self.assertIsNone(census.take(self.scene))

    def test_young_objects_that_are_too_many_grow_old(self):
        """Else each life would have to look through them."""
        self.enter()
        kept = [[] for _ in range(census.MANY + 10)]
        with mock.patch.object(census.gc, "collect") as collect:
            self.assertIsNone(census.take(self.scene))
        collect.assert_called_once_with(census.YOUNG)
        self.assertEqual(census.MANY + 10, len(kept))

    def test_all_is_collected_now_and_then(self):
        """Python does not come to that by itself where we collect the young; it is let, and decides."""
        begun = []

        def note(phase, info):
            begun.append(phase)

        gc.callbacks.append(note)
        self.addCleanup(gc.callbacks.remove, note)
        for _ in range(census.OFTEN):
            census._grow_old()
            if census._is_due:
                break
        self.assertTrue(census._is_due)
        with mock.patch.object(census, "_let_collect") as let:
            census.prepare()
            census.prepare()
        let.assert_called_once_with()
        self.addCleanup(gc.enable)
        for switch, expected in (gc.disable, []), (gc.enable, ["start"]):
            switch()
            begun.clear()
            census._let_collect()
            self.assertEqual(expected, begun[:1])
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(census.MOST + 1)
        with mock.patch.object(census, "KEPT", None):  # nothing is made
            census._let_collect()

    def test_what_is_quiet(self):
        """What does nothing when it is lost, and what does something, whoever wrote it."""

        class Kitten(list):
            pass

        class Cat(Kitten):
            __slots__ = ()

            def __del__(self):
                pass

        class Tiger(Cat):
            pass

        async def agen():
            yield

        for kind in (list, type(len), type(herd), Kitten, AssertionError, weakref.ref, type):
            self.assertTrue(census._is_quiet(kind), kind)
        finalize = getattr(weakref.finalize, "_Info")
        loud = [Cat, Tiger, finalize, socket.socket, open(os.devnull), self.loop, agen(), asyncio.Task]
        loud[4].close()
        for kind in loud:
            kind = kind if isinstance(kind, type) else type(kind)
            self.assertFalse(census._is_quiet(kind), kind)

    def test_a_type_with_a_hash_of_its_own(self):
        """It is not asked for it where it would do harm, and the life is looked through."""
        self.enter()

        class Meta(type):
            __hash__ = None

        class Cat(metaclass=Meta):
            pass

        cat = Cat()
        coroutine = self.coroutine()
        self.assertEqual([coroutine], census.take(self.scene).coroutines)
        self.assertIsNotNone(cat)

    def test_what_is_kept(self):
        """Types that are there for good, and no others, are remembered."""
        other = type("CensusTests", (), {"__module__": __name__})
        for kind in (int, type(herd), CensusTests, collections.deque, selectors.SelectorKey):
            self.assertTrue(census._is_kept(kind), kind)
        lost = type("Cat", (), {"__module__": "there.is.none", "__qualname__": "Yard.Cat"})
        for kind in (other, lost):
            self.assertFalse(census._is_kept(kind), kind)

    def test_a_type_that_answers_for_itself(self):
        """None of it is asked anything: that would be the user's code."""

        class Meta(type):
            def __getattribute__(cls, name):
                raise Boom

        class Cat(metaclass=Meta):
            """Kept nowhere."""

        class Dog:
            __module__ = []

        self.assertTrue(census._are_quiet([Cat, Dog]))
        self.assertTrue(census._QUIET.isdisjoint([Cat, Dog]))
        with mock.patch.dict(sys.modules, {"cats": mock.Mock()}):
            self.assertFalse(census._is_kept(type("Cat", (), {"__module__": "cats"})))

    def test_a_coroutine_of_no_life_is_nobodys(self):
        """One that was made where no origins are tracked is of no test."""
        sys.set_coroutine_origin_tracking_depth(0)
        coroutine = self.coroutine()

        self.assertIsNone(census.take(self.scene))
        self.assertIsNone(coroutine.cr_origin)

    def test_what_is_of_another_loop_is_not_ours(self):
        """Whoever runs that loop may still ask."""
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        self.failed(other)

        self.assertFalse(census.take(self.scene))

    def test_what_was_there_before_is_passed_over(self):
        """A life after something else that tracks origins."""
        self.scene.leave()
        coroutine = self.coroutine()
        census.prepare()
        self.enter()

        self.assertIsNone(census.take(self.scene))
        self.assertIsNotNone(coroutine.cr_origin)

    def test_a_life_within_another_one(self):
        """What was there before is the outer one's, and was not told by an inner one."""
        outer, seen = self.scene, self.coroutine()
        self.assertEqual([seen], census.take(outer).coroutines)
        coroutine = self.coroutine()
        for _ in range(2):
            census.prepare()
            inner = scene(self.loop)
            inner.enter()
            self.assertIsNone(census.take(inner))
            inner.leave()
            del inner

        self.assertEqual([coroutine], census.take(outer).coroutines)
        self.assertIsNone(census.take(outer))
        self.assertEqual({}, census._LENT)

    def test_what_has_grown_old_meanwhile_is_passed_over(self):
        """Where the collector was at the second generation since we had it collect."""
        for generation in 0, 1:
            gc.collect(generation)
            with mock.patch.object(census, "_listed", return_value=[]) as listed:
                census.prepare()
            self.assertIn(generation + 1, listed.call_args.args[0])

    def test_what_is_old_is_not_looked_through_again(self):
        """Also where origins are tracked all the time, the heap may be as large as it likes."""
        with mock.patch.object(census, "_listed", return_value=[]) as listed:
            census.prepare()
            self.enter()
            self.coroutine()
            census.take(self.scene)
        self.assertEqual([mock.call([0]), mock.call([0])], listed.call_args_list)

    def test_series(self):
        """In a series of lives what was made after its scene counts, with or without an origin."""
        sys.set_coroutine_origin_tracking_depth(0)
        before = self.coroutine()
        self.scene = scene(self.loop, is_series=True)
        self.scene.enter()
        self.addCleanup(self.scene.leave)
        self.enterContext(mock.patch.object(threading, "active_count", return_value=1))
        explored = ExploredLoop()
        self.addCleanup(explored.close)
        made, begun = self.coroutine(), self.coroutine()
        begun.close()
        failed, other = self.failed(explored), asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        self.failed(other)
        for is_half_old in (False, True):
            with self.subTest(is_half_old):
                census._SEEN.clear()
                if is_half_old:
                    gc.collect(0)
                found = census.take(self.scene)
                # The collector does not keep the order.
                self.assertEqual(([] if is_half_old else [made], [failed]), (found.coroutines, found.futures))
                self.assertEqual(is_half_old, found.is_vague)
                self.scene = scene(self.loop, is_series=True)
                made, failed = self.coroutine(), self.failed(explored)
        self.assertIsNotNone(before)

    def test_what_another_thread_is_about_to_begin(self):
        """It is a task's there, or has begun soon; and has an origin in asyncio's debug mode."""
        made, ended = threading.Event(), threading.Event()

        async def main():
            task = asyncio.create_task(herd())
            made.set()
            ended.wait(10)
            await task

        thread = threading.Thread(target=asyncio.run, args=(main(),), kwargs={"debug": True})
        thread.start()
        try:
            made.wait(10)
            self.assertIsNone(census.take(self.scene))
            coroutine, other = self.coroutine(), self.coroutine()
            idle = asyncio.new_event_loop()
            self.addCleanup(idle.close)
            task = idle.create_task(other)  # which will never begin
            task._log_destroy_pending = False
            self.assertEqual([coroutine, other], census.take(self.scene).coroutines)
        finally:
            ended.set()
            thread.join()

    def test_what_another_thread_has_begun(self):
        """It need not be a task's before it does."""
        begun = self.coroutine()

        def begin(seconds):
            with self.assertRaises(StopIteration):
                begun.send(None)

        with mock.patch.object(threading, "active_count", return_value=2):
            with mock.patch.object(census, "_sleep", begin):
                self.assertIsNone(census.take(self.scene))

    def test_series_beside_other_threads(self):
        """Who has made a coroutine is told by its origin alone: another thread may be about to begin it."""
        sys.set_coroutine_origin_tracking_depth(0)
        self.scene = scene(self.loop, is_series=True)
        self.scene.enter()
        self.addCleanup(self.scene.leave)
        coroutine, failed = self.coroutine(), self.failed()
        with mock.patch.object(threading, "active_count", return_value=2):
            found = census.take(self.scene)
        self.assertEqual(([], [failed], True), (found.coroutines, found.futures, found.is_vague))

        sys.set_coroutine_origin_tracking_depth(1)
        self.scene = scene(self.loop, is_series=True)
        self.coroutine().close()
        other = self.coroutine()
        with mock.patch.object(threading, "active_count", return_value=2):
            found = census.take(self.scene)
        self.assertEqual(([other], [], False), (found.coroutines, found.futures, found.is_vague))
        self.assertIsNone(coroutine.cr_origin)

    def test_series_in_the_dark(self):
        """Where the collector was at work, it cannot be told whose a coroutine is."""
        self.coroutine()
        self.scene = scene(self.loop, is_series=True)
        gc.collect(1)
        found = census.take(self.scene)
        self.assertTrue(found.is_vague)
        self.assertTrue(found)
        self.assertEqual(([], []), (found.coroutines, found.futures))

    def test_what_other_threads_make_meanwhile_is_not_touched(self):
        """A tuple that is about to be made must have no second reference, or Python gives up."""
        made, problems = [], []

        def make():
            try:
                while not made:
                    tuple(number for number in range(100))
            except SystemError as error:
                problems.append(error)

        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=make) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(300):
            census._listed([0, 1])
        made.append(True)
        for thread in threads:
            thread.join()
        self.assertEqual([], problems)

    def test_nothing_is_passed_over_where_nothing_was_made(self):
        """A life that begins where no origins are tracked need not look."""
        sys.set_coroutine_origin_tracking_depth(0)
        with mock.patch.object(census, "_candidates") as candidates:
            census.prepare()
        candidates.assert_not_called()

    def test_all_is_looked_through_if_the_collector_was_there(self):
        """What has grown old during the test is found as well."""
        coroutine = self.coroutine()
        gc.collect()

        self.assertEqual([coroutine], census.take(self.scene).coroutines)

    def test_what_has_grown_half_old_is_found(self):
        """A small collection moves it one list further."""
        coroutine = self.coroutine()
        gc.collect(0)

        self.assertEqual([coroutine], census.take(self.scene).coroutines)

    def test_it_stands_aside(self):
        """Where it cannot tell whose an object is, or the collector is being debugged."""
        self.coroutine()
        other = threading.Thread(target=self.enter)
        with mock.patch("gc.get_debug", return_value=gc.DEBUG_STATS):
            self.assertIsNone(census.take(self.scene))
        other.start()
        other.join()
        self.assertIsNone(census.take(self.scene))
