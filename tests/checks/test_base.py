"""Tests of asynctesting.checks.base: what a check is, and what it is told."""

import asyncio
import threading
import unittest
from unittest import mock

from asynctesting.checks import base
from asynctesting.checks.base import Check, Closing, Subject, current_scene, is_alone, is_led
from tests.support import scene


class ClosingTests(unittest.TestCase):
    def test_nothing_came_to_light(self):
        """A healthy test ends without an event."""
        closing = Closing(limit=5.0)

        self.assertTrue(closing.has_passed)

        self.assertFalse(closing.is_eventful)
        self.assertEqual(
            ((), (), (), (), 5.0),
            (closing.stubborn, closing.failed, closing.stuck, closing.swallowed, closing.limit),
        )

    def test_anything_is_an_event(self):
        """One task, one word is enough for the checks to be asked."""
        loop = asyncio.SelectorEventLoop()
        self.addCleanup(loop.close)
        future = loop.create_future()
        for told in (
            {"stubborn": [future]},
            {"failed": [(future, ValueError())]},
            {"stuck": ["a generator"]},
            {"swallowed": ["setUp()"]},
        ):
            with self.subTest(told=list(told)):
                self.assertTrue(Closing(**told).is_eventful)

    def test_each_has_its_own(self):
        """What one test is told of does not reach the next."""
        closing = Closing()
        closing.stuck = [*closing.stuck, "a generator"]
        self.assertEqual(["a generator"], closing.stuck)
        self.assertEqual((), Closing().stuck)


class CheckTests(unittest.TestCase):
    def test_a_check_need_do_nothing(self):
        """A check overrides only what it needs; it is a fact unless it says otherwise."""

        class Idle(Check):
            ids = ("idle",)

        check = Idle()

        self.assertEqual(frozenset(), check.suspicions)
        self.assertIsNone(check.start(scene()))
        self.assertIsNone(check.ending(None, []))
        self.assertIsNone(check.inspect(scene()))
        self.assertIsNone(check.count(None))
        self.assertFalse(check.is_shared)
        self.assertIsNone(check.join(scene()))
        self.assertFalse(check.is_in_doubt(scene()))
        self.assertFalse(check.begin_anew(scene()))
        self.assertIsNone(check.stop())
        self.assertEqual([], list(check.findings(Closing())))


class SceneTests(unittest.TestCase):
    def test_the_innermost_life_of_a_thread_is_current(self):
        """Lives nest, and may end in any order."""
        self.assertIsNone(current_scene())
        outer, inner = scene(), scene()

        outer.enter()
        self.assertIs(outer, current_scene())
        inner.enter()
        self.assertIs(inner, current_scene())
        self.assertTrue(is_alone())
        outer.leave()
        self.assertIs(inner, current_scene())
        inner.leave()
        self.assertIsNone(current_scene())
        inner.leave()
        self.assertFalse(is_alone())

    def test_each_thread_has_its_own(self):
        """What one thread lives is not another one's."""
        here = scene()
        here.enter()
        self.addCleanup(here.leave)
        told = []

        def live():
            there = scene()
            told.append(current_scene())
            there.enter()
            told.append(current_scene() is there)
            told.append(is_alone())
            there.leave()

        thread = threading.Thread(target=live)
        thread.start()
        thread.join()

        self.assertEqual([None, True, False], told)
        self.assertIs(here, current_scene())

    def test_a_subject_need_not_be_known(self):
        """Not every life is that of a test."""
        subject = scene().subject()

        self.assertEqual(("", None, frozenset()),
                         (subject.name, subject.place, subject.files))
        self.assertTrue(scene().is_owned)
        self.assertIsInstance(subject, Subject)

    def test_whether_any_life_is_led(self):
        """It makes no difference by which thread."""
        one = scene()
        one.enter()
        self.assertTrue(is_led())
        one.leave()
        with mock.patch.dict(base._SCENES, clear=True):
            self.assertFalse(is_led())
