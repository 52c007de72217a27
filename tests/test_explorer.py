"""Exploring a coroutine function."""

import asyncio
import doctest
import functools
import gc
import inspect
import typing
import unittest
import warnings
from unittest import mock

from asynctesting import (
    AsyncTestingWarning,
    Explorer,
    OptionError,
    allow,
    explore,
    explorer,
    standalone,
)
from asynctesting.checks import census
from asynctesting.options import Exploring, exploring_of

from .exploring import Patched, race, three


def load_tests(loader, tests, pattern):
    """Run what its docstrings show."""
    tests.addTests(doctest.DocTestSuite(explorer))
    return tests


class ExplorerTests(Patched):
    """Exploring a coroutine function."""

    def test_it_is_told_what_the_decorator_is_told(self):
        """Their arguments are the same, with the same defaults: those of the record that keeps them."""
        _, *options = inspect.signature(explore).parameters.values()
        _, overloaded = typing.get_overloads(explore)
        own = [*inspect.signature(Explorer).parameters.values()][: len(options)]
        self.assertEqual(options, own)
        self.assertEqual(options, [*inspect.signature(overloaded).parameters.values()])
        self.assertEqual(
            Exploring(), exploring_of(**{option.name: option.default for option in options})
        )

    def test_skipped(self):
        """What skips itself is run once."""

        async def skipped():
            raise unittest.SkipTest("not today")

        found = Explorer().run(skipped)
        self.assertEqual((False, 1), (found.failed, found.schedules))

    def test_refused(self):
        """What cannot be is refused where it is written."""
        for options, message in (
            ({"schedules": 0}, "schedules must be a positive whole number"),
            ({"strategy": "wlak"}, "no strategy 'wlak' .did you mean 'walk'"),
            ({"replay": "nonsense"}, "is not a replay token"),
        ):
            with self.subTest(options), self.assertRaisesRegex(OptionError, message):
                Explorer(**options)
        for function in lambda: None, lambda: 5, functools.partial(dict):
            with self.assertRaises(TypeError) as caught:
                Explorer().run(function)
            self.assertEqual(
                f"Explorer.run() needs a coroutine function, but {function!r} has returned {function()!r}",
                str(caught.exception),
            )
        self.assertTrue(Explorer().run(lambda: race()).failed)
        with self.assertRaisesRegex(TypeError, "needs a coroutine function, not 3"):
            Explorer().run(3)
        with self.assertRaises(OptionError):
            Explorer(checks="nonsense").run(race)

    def test_nothing_is_kept(self):
        """No order leaves anything that has to be looked for in memory: not even what woke it."""

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))

        Explorer(schedules=4).run(many).check()
        self.addCleanup(gc.enable)
        gc.disable()
        with mock.patch.object(census, "_candidates", return_value=[]) as looked:
            self.assertEqual(20, Explorer(schedules=20).run(many).check().schedules)
        looked.assert_not_called()

    def test_nothing_piles_up(self):
        """What each life loses when it is over is collected, though the young have been so often."""

        async def nap(seconds):
            await asyncio.sleep(seconds)

        async def main():
            await asyncio.gather(*(nap(number) for number in range(5)))

        counts = []
        for _ in range(3):
            Explorer(schedules=400, cancel=True).run(main)
            counts.append(len(gc.get_objects()))
        self.assertLess(counts[-1] - counts[0], 30_000)

    def test_cancelled(self):
        """A function that cancels itself fails with that."""

        async def cancelled():
            raise asyncio.CancelledError

        self.assertIsInstance(Explorer().run(cancelled).error, asyncio.CancelledError)

    def test_what_ends_all(self):
        """What is no failure of an order is raised at once: an interrupt, and what cannot be."""
        for kind in (KeyboardInterrupt, SystemExit, OptionError):
            lives = []

            async def ends():
                lives.append(1)
                raise kind("that is all")

            with self.subTest(kind), self.assertRaisesRegex(kind, "that is all"):
                Explorer().run(ends)
            self.assertEqual([1], lives)

    def test_options_are_resolved_once(self):
        """They are the same in all orders, and so are the settings of the run."""
        with mock.patch.object(standalone, "from_environment", return_value={}) as read:
            self.assertEqual(5, Explorer(schedules=5, time_limit=9).run(three).check().schedules)
        read.assert_called_once_with()

    def test_never_made_a_loop(self):
        """A function that fails before it is a coroutine fails in its first order."""

        def wrong():
            raise ValueError("at once")

        self.assertIsInstance(Explorer().run(wrong).error, ValueError)

    def test_allowances(self):
        """One that is not needed in some order may be in another."""

        async def main():
            with allow("pending-task"):
                await three()

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Explorer(schedules=3).run(main).check()

    def test_warned(self):
        """What is no failure is told as a warning: not enough time, and what is not deterministic."""

        async def many():
            await asyncio.gather(*(asyncio.sleep(0) for _ in range(9)))

        with self.assertWarnsRegex(AsyncTestingWarning, r"many: explored 1 of 29 schedules within"):
            Explorer(schedules=29, within=1e-6).run(many)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Explorer(schedules=29).run(three)


if __name__ == "__main__":
    unittest.main()
