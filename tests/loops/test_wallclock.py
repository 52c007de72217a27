"""Tests of asynctesting.loops.wallclock: the clocks on the wall, in virtual time."""

import asyncio
import builtins
import copy
import datetime
import datetime as dt
import pickle
import sys
import threading
import time
import time as other_name
import types
import unittest
import warnings
from datetime import date
from datetime import datetime as moment
from time import monotonic
from time import time as now
from unittest import mock

from asynctesting import SimulatedLoop
from asynctesting.loops import wallclock
from asynctesting.loops.clock import SECOND, Clock
from asynctesting.loops.wallclock import Wall


REAL = {name: vars(time)[name] for name in wallclock._FUNCTIONS if hasattr(time, name)}
#: In a container, where nothing is replaced.
REALLY = {"time": time, "datetime": datetime.datetime, "date": datetime.date}
UTC = datetime.timezone.utc

#: A moment in 2001, as seconds since 1970.
START = 1_000_000_000.25


def with_default(clock=time.time, *, other=time.monotonic, none=None):
    """A function that has the clocks as defaults."""
    return clock(), other()


class Holder:
    """A class that has them as attributes."""

    clock = time.time
    static = staticmethod(time.monotonic)

    def method(self, clock=time.time):
        return clock()


def local_import():
    import time as inner
    from datetime import datetime as inner_datetime
    from time import time_ns as inner_ns

    return inner.time(), inner_ns(), inner_datetime.now(UTC)


class WallTestCase(unittest.TestCase):
    """Has a clock, which shows 100 seconds and a half."""

    def setUp(self):
        self.clock = Clock(100.5)
        self.addCleanup(self.assert_restored)

    def move(self, seconds):
        self.clock.move_to(self.clock.nanoseconds + int(seconds * SECOND))

    def assert_restored(self):
        self.assertEqual([], wallclock._walls)
        self.assertEqual([], wallclock._undo)
        self.assertIs(wallclock.importing, builtins.__import__)
        self.assertIs(REALLY["time"], sys.modules["time"])
        self.assertIs(REALLY["time"], time)
        self.assertIs(REALLY["time"], other_name)
        self.assertIs(REAL["time"], now)
        self.assertIs(REAL["monotonic"], monotonic)
        self.assertIs(REALLY["datetime"], moment)
        self.assertIs(REALLY["date"], date)
        self.assertIs(datetime, dt)
        self.assertIs(sys.modules["datetime"], dt)
        self.assertEqual((REAL["time"],), with_default.__defaults__)
        self.assertEqual(
            {"other": REAL["monotonic"], "none": None}, with_default.__kwdefaults__
        )
        self.assertIs(REAL["time"], vars(Holder)["clock"])
        self.assertIsInstance(vars(Holder)["static"], staticmethod)
        for name, real in REAL.items():
            self.assertIs(real, getattr(time, name))


class FollowTests(WallTestCase):
    def test_the_time_of_day(self):
        """It begins with *start*, and goes with the loop, however it was imported."""
        with Wall(self.clock, START):
            for passed in (0, 0.5, 3600):
                self.move(passed)
                expected = START + self.clock.seconds - 100.5
                with self.subTest(passed=passed):
                    self.assertEqual(expected, time.time())
                    self.assertEqual(expected, now())
                    self.assertEqual(expected, other_name.time())
                    self.assertEqual(int(expected * SECOND), time.time_ns())
                    self.assertEqual(expected, with_default()[0])
                    self.assertEqual(expected, Holder.clock())
                    self.assertEqual(expected, Holder().clock())
                    self.assertEqual(expected, Holder().method())

    def test_the_time_of_the_loop(self):
        """The clocks that only measure are the loop's."""
        with Wall(self.clock, START):
            self.move(1)
            for function in (time.monotonic, monotonic, time.perf_counter, Holder.static):
                self.assertEqual(101.5, function())
            self.assertEqual(101.5, with_default()[1])
            self.assertEqual(101_500_000_000, time.monotonic_ns())
            self.assertEqual(101_500_000_000, time.perf_counter_ns())

    def test_dates(self):
        """datetime and date, of a zone and without one."""
        with Wall(self.clock, START):
            self.move(0.000001)
            expected = REALLY["datetime"](2001, 9, 9, 1, 46, 40, 250001, tzinfo=UTC)
            self.assertEqual(expected, moment.now(UTC))
            self.assertEqual(expected, datetime.datetime.now(tz=UTC))
            self.assertEqual(expected, dt.datetime.now(UTC))
            self.assertEqual(expected, moment.now().astimezone(UTC))
            self.assertEqual(expected, moment.today().astimezone(UTC))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self.assertEqual(expected.replace(tzinfo=None), moment.utcnow())
            self.assertEqual(expected.astimezone().date(), date.today())
            self.assertEqual(expected.astimezone().date(), datetime.date.today())

    def test_broken_down_times(self):
        """What takes now by default takes that."""
        with Wall(self.clock, START):
            self.assertEqual(2001, time.localtime().tm_year)
            self.assertEqual(2001, time.gmtime().tm_year)
            self.assertEqual(2001, time.gmtime(None).tm_year)
            self.assertEqual("2001", time.strftime("%Y"))
            self.assertTrue(time.ctime().endswith(" 2001"))
            self.assertTrue(time.asctime().endswith(" 2001"))
            self.assertEqual(1970, time.gmtime(0).tm_year)
            self.assertEqual("1970", time.strftime("%Y", time.gmtime(0)))
            self.assertTrue(time.asctime(time.gmtime(0)).endswith(" 1970"))

    @unittest.skipUnless(hasattr(time, "clock_gettime"), "no such clocks")
    def test_clocks_by_number(self):
        """Those that are followed, and others that are not."""
        with Wall(self.clock, START):
            self.assertEqual(START, time.clock_gettime(time.CLOCK_REALTIME))
            self.assertEqual(100.5, time.clock_gettime(time.CLOCK_MONOTONIC))
            self.assertEqual(100_500_000_000, time.clock_gettime_ns(time.CLOCK_MONOTONIC))
            self.assertLess(time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID), 1e6)

    def test_imported_meanwhile(self):
        """Inside of a function, too."""
        with Wall(self.clock, START):
            seconds, nanoseconds, then = local_import()
        self.assertEqual((START, int(START * SECOND)), (seconds, nanoseconds))
        self.assertEqual(2001, then.year)
        self.assertLess(START, local_import()[0])

    def test_a_module_that_is_imported_meanwhile(self):
        """What it has taken by name is real again afterwards, by itself."""
        module = types.ModuleType("imported_meanwhile")
        module.__file__ = __file__
        with Wall(self.clock, START):
            exec("from time import time\nfrom datetime import datetime, date", vars(module))
            self.assertEqual(START, module.time())
            self.assertEqual(2001, module.datetime.now().year)
        self.assertLess(START, module.time())
        self.assertLess(2001, module.datetime.now().year)
        self.assertLess(2001, module.date.today().year)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.assertLess(2001, module.datetime.utcnow().year)

    def test_the_real_time_by_default(self):
        """Without a start it goes on from now."""
        before = time.time()
        with Wall(self.clock):
            first = time.time()
            self.move(3600)
            self.assertAlmostEqual(3600, time.time() - first, places=3)
        self.assertTrue(before - 1 <= first <= time.time() + 1)

    def test_starts(self):
        """Seconds, or a datetime of a zone or of here."""
        for start, expected in (
            (0, 0.0),
            (1.5, 1.5),
            (REALLY["datetime"](1970, 1, 2, tzinfo=UTC), 86400.0),
            (REALLY["datetime"](2001, 1, 1, 0, 0, 0, 5), REALLY["datetime"](2001, 1, 1).timestamp() + 5e-6),
        ):
            with self.subTest(start=start), Wall(self.clock, start):
                self.assertEqual(expected, time.time())
        for start in ("now", True, float("nan"), float("inf"), object()):
            with self.subTest(start=start), self.assertRaises(ValueError) as caught:
                Wall(self.clock, start)
            self.assertEqual(
                f"wall(): start must be seconds since 1970, or a datetime, not {start!r}",
                str(caught.exception),
            )

    def test_on_a_loop(self):
        """Sleeping moves them."""

        async def main():
            with asyncio.get_running_loop().clock.wall(start=START):
                before = time.time(), time.monotonic(), moment.now(UTC)
                await asyncio.sleep(3600)
                return (
                    time.time() - before[0],
                    time.monotonic() - before[1],
                    (moment.now(UTC) - before[2]).total_seconds(),
                )

        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            self.assertEqual((3600.0, 3600.0, 3600.0), runner.run(main()))

    def test_polling(self):
        """Whoever asks them again and again asks the loop's clock."""

        async def main():
            with asyncio.get_running_loop().clock.wall():
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    await asyncio.sleep(0)
                begun = time.time()
                while time.time() < begun + 5:
                    await asyncio.sleep(0)

        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(main())


class ElsewhereTests(WallTestCase):
    def test_the_standard_library_has_real_time(self):
        """Its modules are left alone: locks and queues wait by these clocks."""
        import logging
        import queue
        import selectors

        with Wall(self.clock, START):
            self.assertIs(REAL["monotonic"], threading._time)
            self.assertIs(REALLY["time"], selectors.__dict__.get("time", REALLY["time"]))
            self.assertIs(REAL["monotonic"], queue.time)
            self.assertIs(REALLY["time"], logging.time)
            self.assertIs(REALLY["time"], asyncio.base_events.time)
            self.assertIs(REALLY["time"], sys.modules["time"])
            waited = threading.Event().wait(0.001)
        self.assertFalse(waited)

    def test_packages_have_real_time(self):
        """Unless they are named."""
        module = types.ModuleType("some_package.clocks")
        module.__file__ = "/usr/lib/site-packages/some_package/clocks.py"
        module.now = REAL["time"]
        with mock.patch.dict(sys.modules, {"some_package.clocks": module}):
            with Wall(self.clock, START):
                self.assertLess(START, module.now())
            for packages in (("some_package",), "some_package"):
                with Wall(self.clock, START, packages):
                    self.assertEqual(START, module.now())
            with Wall(self.clock, START, ("some",)):
                self.assertLess(START, module.now())
        self.assertIs(REAL["time"], module.now)

    def test_a_script(self):
        """The module that was started counts, also without a file."""
        module = types.ModuleType("__main__")
        module.now = REAL["time"]
        with mock.patch.dict(sys.modules, {"__main__": module}), Wall(self.clock, START):
            self.assertEqual(START, module.now())

    def test_no_modules(self):
        """What stands among the modules need not be one."""
        nothing = types.ModuleType("nothing")
        with mock.patch.dict(sys.modules, {"odd": object(), "none": None, "nothing": nothing}):
            with Wall(self.clock, START):
                self.assertEqual(START, time.time())


class NestingTests(WallTestCase):
    def test_the_innermost_counts(self):
        """And the outer one again, when it is left."""
        with Wall(self.clock, START):
            with Wall(self.clock, 0):
                self.assertEqual(0.0, time.time())
                self.assertEqual(1970, moment.now(UTC).year)
            self.assertEqual(START, time.time())

    def test_left_in_another_order(self):
        """Whoever is left last puts everything back."""
        outer, inner = Wall(self.clock, START), Wall(self.clock, 0)
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        self.assertEqual(0.0, time.time())
        inner.__exit__(None, None, None)

    def test_errors(self):
        """However the block is left."""
        with self.assertRaises(ZeroDivisionError):
            with Wall(self.clock, START):
                1 / 0

    def test_what_was_put_there_meanwhile_stays(self):
        """By the user, who knows why."""
        module = types.ModuleType("replaced")
        module.__file__ = __file__
        module.now = REAL["time"]
        with mock.patch.dict(sys.modules, {"replaced": module}):
            with Wall(self.clock, START):
                module.now = "mine"
        self.assertEqual("mine", module.now)

    def test_another_import(self):
        """Whoever replaces __import__ meanwhile keeps it."""

        def theirs(*args, **kwargs):
            return before(*args, **kwargs)

        with Wall(self.clock, START):
            before = builtins.__import__
            builtins.__import__ = theirs
            self.assertEqual(START, local_import()[0])
        self.assertIs(theirs, builtins.__import__)
        builtins.__import__ = wallclock.importing

    def test_classes_that_cannot_be_changed(self):
        """They stay as they are, and nothing fails."""

        class Meta(type):
            def __setattr__(cls, name, value):
                if name == "clock":
                    raise AttributeError(name)
                if name == "once" and vars(cls)["once"] is not REAL["time"]:
                    raise TypeError(name)
                super().__setattr__(name, value)

        module = types.ModuleType("stubborn")
        module.__file__ = __file__
        module.Stubborn = Meta(
            "Stubborn",
            (),
            {"clock": REAL["time"], "once": REAL["time"], "__module__": "stubborn"},
        )
        with mock.patch.dict(sys.modules, {"stubborn": module}):
            with Wall(self.clock, START):
                self.assertIs(REAL["time"], module.Stubborn.clock)
                self.assertEqual(START, module.Stubborn.once())
        self.assertLess(START, module.Stubborn.once())


class LikenessTests(WallTestCase):
    """What stands there is like what it stands for."""

    def test_classes(self):
        """Instances and subclasses are those of the real ones."""
        with Wall(self.clock, START):
            self.assertIsInstance(moment.now(), moment)
            self.assertIsInstance(moment.now(), date)
            self.assertIsInstance(REALLY["datetime"](2020, 1, 1), moment)
            self.assertNotIsInstance(5, moment)
            self.assertTrue(issubclass(REALLY["datetime"], moment))
            self.assertTrue(issubclass(moment, REALLY["date"]))
            self.assertEqual(REALLY["datetime"], moment)
            self.assertEqual(moment, moment)
            self.assertNotEqual(moment, date)
            self.assertEqual(hash(REALLY["datetime"]), hash(moment))
            self.assertIs(REALLY["datetime"], type(moment(2020, 1, 1)))
            self.assertIs(REALLY["date"], type(date(2020, 1, 1)))
            self.assertIs(REALLY["datetime"], type(moment.now()))
            self.assertEqual(REALLY["datetime"](2020, 1, 1), moment.fromisoformat("2020-01-01"))
            self.assertEqual(REALLY["datetime"](2020, 1, 1), moment.strptime("2020", "%Y"))
            self.assertEqual(1970, moment.fromtimestamp(0, UTC).year)
            self.assertEqual("datetime.datetime", f"{moment.__module__}.{moment.__qualname__}")

    def test_functions(self):
        """They have their names, and are pickled as the real ones."""
        with Wall(self.clock, START):
            self.assertEqual("time", now.__name__)
            self.assertEqual(REAL["time"].__doc__, now.__doc__)
            self.assertRegex(repr(now), "built-in function time.*following virtual time")
            self.assertIs(REAL["time"], pickle.loads(pickle.dumps(now)))

    def test_modules(self):
        """They have all that the real ones have, and pass on what is done to them."""
        with Wall(self.clock, START):
            self.assertIs(REALLY["time"].sleep, time.sleep)
            self.assertEqual(dir(REALLY["time"]), dir(time))
            self.assertIs(REALLY["datetime"].min, datetime.datetime.min)
            self.assertIs(dt.timedelta, sys.modules["datetime"].timedelta)
            self.assertIs(REALLY["time"], copy.copy(time))
            with self.assertRaises(AttributeError):
                time.nothing
            with mock.patch.object(time, "sleep", "patched"):
                self.assertEqual("patched", REALLY["time"].sleep)
            time.added = 5
            self.assertEqual(5, REALLY["time"].added)
            del time.added
            self.assertFalse(hasattr(REALLY["time"], "added"))


if __name__ == "__main__":
    unittest.main()
