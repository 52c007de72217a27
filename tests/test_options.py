"""Tests of asynctesting.options: what may be asked for, and where."""

import asyncio
import os
import pickle
import re
import unittest
import warnings
from fractions import Fraction
from unittest import mock

import asynctesting
from asynctesting import (
    AsyncTestCase,
    AsyncTestingWarning,
    OptionError,
    SimulatedLoop,
    allow,
    asyncio_debug,
    blocking_limit,
    checks,
    close_limit,
    explore,
    on_loops,
)
from asynctesting import options as module
from asynctesting import time_limit, virtual_time
from asynctesting.allowances import Allowance
from asynctesting.loops.factories import LoopChoice
from asynctesting.options import (
    ATTRIBUTE,
    NAMES,
    UNSET,
    Exploring,
    Options,
    VirtualTime,
    check_virtual_time,
    explored_by_environment,
    from_environment,
    is_off,
    picked_loops,
    written,
)
from tests.support import Boom, for_ever, live, python, turns


IDS = ", ".join(sorted(checks.IDS))
ALL = (
    "allowances, asyncio_debug, blocking_limit, checks, close_limit, exploring, loop_scope, "
    "loops, time_limit, virtual_time"
)
SECONDS = "a positive number of real seconds"
PROFILES = "one of 'strict', 'default', 'warn', 'off', or a mapping"


def environ(**variables):
    """Set the environment's variables of ours, and no others."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(module.PREFIX)}
    return mock.patch.dict(
        os.environ, {**kept, **{module.PREFIX + k: v for k, v in variables.items()}}, clear=True
    )


class OptionsTestCase(unittest.TestCase):
    def setUp(self):
        self.enterContext(environ())

    def assert_refused(self, message):
        """Expect an OptionError with exactly this message."""
        return _Refused(self, message)


class _Refused:
    def __init__(self, test, message):
        self.test, self.message = test, message
        self.raises = test.assertRaises(OptionError)

    def __enter__(self):
        self.raises.__enter__()

    def __exit__(self, *exc_info):
        done = self.raises.__exit__(*exc_info)
        self.test.assertEqual(self.message, str(self.raises.exception))
        self.test.assertTrue(
            self.raises.exception.__suppress_context__ or not exc_info[1].__context__
        )
        return done


class RecordTests(OptionsTestCase):
    def test_the_defaults(self):
        """A test that asks for nothing gets this."""
        self.assertEqual(
            Options(
                allowances=(),
                asyncio_debug=None,
                blocking_limit=0.5,
                checks="default",
                close_limit=5.0,
                exploring=None,
                loop_scope="test",
                loops=(),
                time_limit=60.0,
                virtual_time=None,
            ),
            Options(),
        )
        self.assertEqual(ALL, ", ".join(NAMES))

    def test_it_is_frozen(self):
        """What a test asked for cannot change while it runs."""
        with self.assertRaises(AttributeError):
            Options().time_limit = 1

    def test_it_can_be_pickled(self):
        """Runners send tests between processes."""
        options = Options(checks={"loop-error": "warn"}, time_limit=None)

        self.assertEqual(options, pickle.loads(pickle.dumps(options)))

    def test_what_was_not_given_says_so(self):
        """The default of a keyword in a signature can be read."""
        self.assertEqual("<not given>", repr(UNSET))


class WrittenTests(OptionsTestCase):
    def test_what_is_right_is_kept(self):
        """Values of the right type pass; numbers become floats, mappings dicts of their own."""
        checks = {"never-awaited": "ignore", "loop-error": "warn", "pending-task": "fail"}
        loops = (LoopChoice("asyncio", "asyncio"),)
        for name, value, kept in [
            ("asyncio_debug", True, True),
            ("asyncio_debug", False, False),
            ("asyncio_debug", None, None),
            ("checks", "strict", "strict"),
            ("checks", "default", "default"),
            ("checks", "warn", "warn"),
            ("checks", "off", "off"),
            ("checks", {}, {}),
            ("checks", checks, checks),
            ("close_limit", 1, 1.0),
            ("close_limit", 0.5, 0.5),
            ("loop_scope", "test", "test"),
            ("loop_scope", "class", "class"),
            ("loops", loops, loops),
            ("time_limit", 3, 3.0),
            ("time_limit", 0.25, 0.25),
            ("time_limit", None, None),
            ("time_limit", float("inf"), None),
        ]:
            with self.subTest(name=name, value=value):
                result = written({name: value}, where="here")
                self.assertEqual({name: kept}, result)
                self.assertIs(type(kept), type(result[name]))
        self.assertIsNot(checks, written({"checks": checks}, where="here")["checks"])

    def test_what_was_not_given_is_left_out(self):
        """An option that is not given leaves what is written farther away."""
        self.assertEqual(
            {"time_limit": None}, written({"checks": UNSET, "time_limit": None}, where="here")
        )

    def test_wrong_values_are_refused(self):
        """Each message names the place, the option, what is allowed and what was given."""
        limit = f"{SECONDS}, or None for no limit"
        numbers = [True, False, 0, 0.0, -1, -0.5, float("nan"), float("-inf"), "5", [], b"1"]
        numbers += [Fraction(1, 2), 1j, 10**400]
        wrong = [("asyncio_debug", v, "True, False or None") for v in (1, 0, "yes", "", [])]
        wrong += [("close_limit", v, SECONDS) for v in [*numbers, None, float("inf")]]
        wrong += [("time_limit", v, limit) for v in numbers]
        wrong += [
            ("loop_scope", v, "'test' or 'class'")
            for v in ("module", "Class", "", None, 1, ["test"], ("class",))
        ]
        wrong += [("checks", v, PROFILES) for v in ("none", "", "Off", "pending-task")]
        wrong += [
            ("checks", v, "a profile or a mapping of check ids to levels")
            for v in (None, False, 0, ["pending-task"], {"pending-task"})
        ]
        wrong += [
            ("allowances", v, "given with the decorator allow")
            for v in (None, "pending-task", ["pending-task"], ("pending-task",))
        ]
        wrong += [
            ("loops", v, "given with the decorator on_loops")
            for v in (None, "asyncio", ("asyncio",), [], asyncio.SelectorEventLoop)
        ]
        for name, value, allowed in wrong:
            with self.subTest(name=name, value=value):
                message = f"here: {name} must be {allowed}, not {value!r}"
                with self.assert_refused(message):
                    written({name: value}, where="here")

    def test_a_profile_for_all_others(self):
        """A mapping may say from where it starts; in the environment the profile comes first."""
        self.assertEqual(
            {"checks": {"*": "warn", "loop-error": "fail"}},
            written({"checks": {"*": "warn", "loop-error": "fail"}}, where="here"),
        )
        for text, expected in [
            ("warn,loop-error=fail", {"*": "warn", "loop-error": "fail"}),
            ("strict, loop-error=ignore", {"*": "strict", "loop-error": "ignore"}),
            ("loop-error=ignore", {"loop-error": "ignore"}),
            ("*=off,loop-error=warn", {"*": "off", "loop-error": "warn"}),
        ]:
            with (
                self.subTest(text),
                mock.patch.dict(os.environ, {"ASYNCTESTING_CHECKS": text}),
            ):
                self.assertEqual(expected, from_environment()["checks"])
        with self.assert_refused(
            "here: checks['*'], for all others, must be one of strict, default, warn, off, not 'fail'"
        ):
            written({"checks": {"*": "fail"}}, where="here")

    def test_what_decorators_write_is_right(self):
        """It is as valid as what is given by name."""
        allowances = (Allowance(("pending-task",)),)

        self.assertEqual(
            {"allowances": allowances}, written({"allowances": allowances}, where="here")
        )

    def test_unknown_checks_are_refused(self):
        """A check that is not there is named, with the one that was probably meant."""
        for check, hint in [
            ("pending-tasks", " (did you mean 'pending-task'?)"),
            ("loop_error", " (did you mean 'loop-error'?)"),
            ("xyz", ""),
            (1, ""),
        ]:
            with self.subTest(check=check):
                message = f"here: checks has no check {check!r}{hint}; there are {IDS}"
                with self.assert_refused(message):
                    written({"checks": {"loop-error": "warn", check: "fail"}}, where="here")

    def test_unknown_levels_are_refused(self):
        """A level that is not there is refused for its check."""
        for level in ("off", "error", "", None, True, 1):
            with self.subTest(level=level):
                message = (
                    "here: checks['loop-error'] must be one of fail, warn, ignore, "
                    f"not {level!r}"
                )
                with self.assert_refused(message):
                    written({"checks": {"loop-error": level}}, where="here")

    def test_unknown_names_are_refused(self):
        """A name that is not there is refused, with the one that was probably meant."""
        for name, hint in [
            ("time_limits", " (did you mean 'time_limit'?)"),
            ("timeout", ""),
            ("check", " (did you mean 'checks'?)"),
        ]:
            with self.subTest(name=name):
                message = f"here: unknown option {name!r}{hint}; the options are {ALL}"
                with self.assert_refused(message):
                    written({name: 1}, where="here")

    def test_a_loop_factory_is_no_option(self):
        """What the standard class has as an attribute stays one."""
        with self.assert_refused(
            "here: loop_factory is an attribute, as in the standard class: "
            "write `loop_factory = ...` in the body of the class"
        ):
            written({"loop_factory": asyncio.SelectorEventLoop}, where="here")


class KeywordTests(OptionsTestCase):
    def test_class_keywords_are_refused_where_they_are_written(self):
        """A wrong keyword fails the class statement, which is named."""
        for keywords, message in [
            ({"time_limit": "5"}, f"time_limit must be {SECONDS}, or None for no limit, not '5'"),
            (
                {"timelimit": 5},
                f"unknown option 'timelimit' (did you mean 'time_limit'?); the options are {ALL}",
            ),
            ({"loops": ["asyncio"]}, "loops are given with the decorator @on_loops(...)"),
        ]:
            with self.subTest(keywords=keywords):
                where = f"class {type(self).__qualname__}.{self._testMethodName}.<locals>.Tests"
                with self.assert_refused(f"{where}: {message}"):

                    class Tests(AsyncTestCase, **keywords):
                        pass

    def test_the_nearest_wins(self):
        """Method before class before base classes in their order before the environment."""
        with environ(TIME_LIMIT="1", CLOSE_LIMIT="1", ASYNCIO_DEBUG="1", CHECKS="warn"):

            class Base(AsyncTestCase, time_limit=2, close_limit=2, asyncio_debug=False):
                async def test_inherited(self):
                    pass

                @time_limit(4)
                async def test_decorated(self):
                    pass

            class Mixin(AsyncTestCase, close_limit=7):
                pass

            class Tests(Base, Mixin, time_limit=3):
                @close_limit(5)
                async def test_own(self):
                    pass

        def of(cls, name):
            options = cls(name)._asynctesting_own_options()
            return options.time_limit, options.close_limit, options.asyncio_debug, options.checks

        self.assertEqual((2.0, 2.0, False, "warn"), of(Base, "test_inherited"))
        self.assertEqual((4.0, 2.0, False, "warn"), of(Base, "test_decorated"))
        self.assertEqual((3.0, 2.0, False, "warn"), of(Tests, "test_inherited"))
        self.assertEqual((4.0, 2.0, False, "warn"), of(Tests, "test_decorated"))
        self.assertEqual((3.0, 5.0, False, "warn"), of(Tests, "test_own"))

    def test_a_plain_mixin_carries_decorated_tests(self):
        """A test may come from a class that is no test case; its options come with it."""

        class Mixin:
            @time_limit(4)
            async def test_mixed(self):
                pass

        class Tests(Mixin, AsyncTestCase):
            pass

        self.assertEqual(4.0, Tests("test_mixed")._asynctesting_own_options().time_limit)


class DecoratorTests(OptionsTestCase):
    def test_they_write_on_tests_and_classes(self):
        """Each decorator leaves its option on what it decorates, and gives it back."""
        choice = LoopChoice("asyncio", "asyncio")
        for decorator, name, value in [
            (asyncio_debug(), "asyncio_debug", True),
            (asyncio_debug(False), "asyncio_debug", False),
            (close_limit(3), "close_limit", 3.0),
            (on_loops("asyncio"), "loops", (choice,)),
            (explore(), "exploring", Exploring()),
            (explore, "exploring", Exploring()),
            (explore(schedules=3, cancel="x"), "exploring", Exploring(3, cancel="x")),
            (time_limit(2), "time_limit", 2.0),
            (time_limit(None), "time_limit", None),
        ]:
            with self.subTest(name=name, value=value):

                async def test(self):
                    pass

                class Tests(AsyncTestCase):
                    pass

                self.assertIs(test, decorator(test))
                self.assertIs(Tests, decorator(Tests))
                self.assertEqual({name: value}, getattr(test, ATTRIBUTE))
                self.assertEqual({name: value}, vars(Tests)[ATTRIBUTE])
                self.assertEqual(value, getattr(Options(**Tests._asynctesting_written), name))

    def test_they_can_be_stacked(self):
        """Several decorators add up; of the same one the outer wins."""

        @time_limit(1)
        @close_limit(2)
        @time_limit(3)
        async def test(self):
            pass

        @time_limit(1)
        @close_limit(2)
        class Tests(AsyncTestCase, checks="warn", time_limit=5):
            pass

        self.assertEqual({"time_limit": 1.0, "close_limit": 2.0}, getattr(test, ATTRIBUTE))
        self.assertEqual(
            {"checks": "warn", "time_limit": 1.0, "close_limit": 2.0}, vars(Tests)[ATTRIBUTE]
        )

    def test_a_subclass_that_is_decorated_leaves_its_base_alone(self):
        """A decorator on a class writes on that class only."""

        class Base(AsyncTestCase, time_limit=5):
            async def test(self):
                pass

        @time_limit(1)
        class Tests(Base):
            pass

        self.assertEqual(5.0, Base("test")._asynctesting_own_options().time_limit)
        self.assertEqual(1.0, Tests("test")._asynctesting_own_options().time_limit)

    def test_wrong_values_are_refused_at_the_decorator(self):
        """The message names the decorator."""
        for make, message in [
            (lambda: asyncio_debug(1), "asyncio_debug must be True, False or None, not 1"),
            (lambda: close_limit(None), f"close_limit must be {SECONDS}, not None"),
            (
                lambda: time_limit(True),
                f"time_limit must be {SECONDS}, or None for no limit, not True",
            ),
        ]:
            with self.subTest(message=message):
                with self.assert_refused(f"@{message.partition(' ')[0]}: {message}"):
                    make()

    def test_bare_decorators_are_refused(self):
        """A decorator without parentheses takes the test for its value, and says so."""

        async def test(self):
            pass

        class Tests(AsyncTestCase):
            pass

        for decorator, cure in [
            (asyncio_debug, "@asyncio_debug()"),
            (close_limit, "@close_limit(5)"),
            (time_limit, "@time_limit(5)"),
        ]:
            for item in (test, Tests):
                with self.subTest(decorator=decorator.__name__, item=item):
                    with self.assert_refused(f"@{decorator.__name__} needs parentheses: {cure}"):
                        decorator(item)

    def test_what_is_no_test_is_refused(self):
        """Only functions and methods, plain or wrapped, and classes can be decorated."""
        for item in (1, "test", None, object()):
            with self.subTest(item=item):
                with self.assert_refused(
                    f"@time_limit decorates a test or a test class, not {item!r}"
                ):
                    time_limit(1)(item)

    def test_a_class_that_is_not_ours_is_refused(self):
        """On a class of another kind the option would do nothing."""
        for base in (object, unittest.TestCase, unittest.IsolatedAsyncioTestCase):
            with self.subTest(base=base):

                class Tests(base):
                    pass

                with self.assert_refused(
                    "@time_limit needs a test class built on AsyncTestCase; "
                    f"{Tests.__qualname__} is not"
                ):
                    time_limit(1)(Tests)
                self.assertFalse(hasattr(Tests, ATTRIBUTE))

    def test_a_class_that_a_decorator_breaks_says_why(self):
        """Options that do not go together are refused by the decorator too."""
        where = f"class {type(self).__qualname__}.{self._testMethodName}.<locals>.Tests"
        with self.assert_refused(
            f"{where}: @on_loops gives each test several loops, but "
            'loop_scope="class" has one loop for all tests of the class; move them into '
            "asyncSetUp, or test each loop in a class of its own with loop_factory"
        ):

            @on_loops("asyncio")
            class Tests(AsyncTestCase, loop_scope="class"):
                pass


class OnLoopsTests(OptionsTestCase):
    def test_loops_are_named_in_three_ways(self):
        """A class, a function and a package's name each are a choice."""

        def factory():
            return asyncio.new_event_loop()

        @on_loops(asyncio.SelectorEventLoop, factory, "uvloop")
        async def test(self):
            pass

        self.assertEqual(
            (
                LoopChoice("SelectorEventLoop", asyncio.SelectorEventLoop),
                LoopChoice("factory", factory),
                LoopChoice("uvloop", "uvloop"),
            ),
            getattr(test, ATTRIBUTE)["loops"],
        )

    def test_without_a_loop_it_is_refused(self):
        """No loop at all, or the decorator without its parentheses, is the same mistake."""
        message = (
            "@on_loops needs at least one loop: @on_loops(asyncio.SelectorEventLoop, 'uvloop')"
        )

        class Tests(AsyncTestCase):
            pass

        async def test(self):
            pass

        def sync_test(self):
            pass

        class StandardTests(unittest.TestCase):
            pass

        for loops in ((), (test,), (sync_test,), (Tests,), (StandardTests,)):
            with self.subTest(loops=loops):
                with self.assert_refused(message):
                    on_loops(*loops)

    def test_a_single_factory_is_no_mistake(self):
        """A class or a function without arguments may stand alone."""
        for factory in (asyncio.SelectorEventLoop, asyncio.new_event_loop, lambda: None):
            with self.subTest(factory=factory):
                self.assertTrue(callable(on_loops(factory)))

    def test_what_names_no_loop_is_refused(self):
        """Neither a value nor a name that cannot be a package's names a loop."""
        for loop, message in [
            (1, "a loop is named by a factory, a class or a package's name, not by 1"),
            (None, "a loop is named by a factory, a class or a package's name, not by None"),
            ("no loop", "'no loop' is not the name of a package"),
            ("", "'' is not the name of a package"),
        ]:
            with self.subTest(loop=loop):
                with self.assert_refused(f"@on_loops: {message}"):
                    on_loops("asyncio", loop)


class ExploreTests(OptionsTestCase):
    TOKEN = "1.eNqLNjIyMbS0NNYx1Ik21DGM1YlWKlcCkkCOAVAMSMbGxgIAow8I1A.8e0af6"

    def test_what_can_be_chosen(self):
        """All that can be chosen is kept, a seed of none as 0, a replay alone as one of several."""

        @explore(
            schedules=9,
            seed=3,
            cancel=True,
            strategy="pct",
            stalls=False,
            replay=self.TOKEN,
            within=None,
        )
        async def test(self):
            pass

        self.assertEqual(
            {"exploring": Exploring(9, 3, True, "pct", False, (self.TOKEN,), None)},
            getattr(test, ATTRIBUTE),
        )
        given = {"exploring": Exploring(3)}
        self.assertEqual(given, written(given, where="here"))
        self.assertEqual(
            (self.TOKEN, self.TOKEN),
            getattr(explore(replay=[self.TOKEN] * 2)(lambda self: None), ATTRIBUTE)[
                "exploring"
            ].replay,
        )

    def test_refused(self):
        """What cannot be is refused where it is written."""
        count = "a positive whole number of schedules"
        seed = "a whole number that is not negative, or 'random'"
        for words, message in (
            ({"schedules": 0}, f"@explore: schedules must be {count}, not 0"),
            ({"schedules": True}, f"@explore: schedules must be {count}, not True"),
            ({"schedules": "9"}, f"@explore: schedules must be {count}, not '9'"),
            ({"seed": -1}, f"@explore: seed must be {seed}, not -1"),
            ({"seed": True}, f"@explore: seed must be {seed}, not True"),
            ({"cancel": 3}, "@explore: cancel must be True, False or a regular expression, not 3"),
            ({"stalls": 1}, "@explore: stalls must be True or False, not 1"),
            (
                {"within": -1},
                "@explore: within must be a positive number of real seconds, or None for no "
                "limit, not -1",
            ),
            (
                {"replay": 3.5, "strategy": "dfs"},
                "@explore: there is no strategy 'dfs'; there are exhaustive, pct, rotation, "
                "sampling, twice, walk",
            ),
            (
                {"replay": [3]},
                "@explore: replay must be what a failure has shown, a string, not 3",
            ),
            (
                {"replay": 5},
                "@explore: replay must be what a failure has shown, a string, or several of them, not 5",
            ),
            (
                {"replay": b"x"},
                "@explore: replay must be what a failure has shown, a string, or several of them, not b'x'",
            ),
            (
                {"replay": "x"},
                "@explore: 'x' is not a replay token: copy it whole from the failure",
            ),
        ):
            with self.subTest(words), self.assert_refused(message):
                explore(**words)
        with self.assertRaisesRegex(OptionError, r"cancel must be a regular expression, not '\('"):
            explore(cancel="(")
        with self.assert_refused(
            "@explore takes its options by name, not 200: @explore(schedules=200)"
        ):
            explore(200)
        with self.assertRaisesRegex(OptionError, "given with the decorator explore, not 3"):

            class Tests(AsyncTestCase, exploring=3):
                pass

    def test_environment(self):
        """Schedules and seed are overridden for a whole run."""
        exploring = Exploring(5, 6)
        with environ():
            self.assertEqual(exploring, explored_by_environment(exploring))
        with environ(SCHEDULES="7", SEED="8"):
            self.assertEqual(Exploring(7, 8), explored_by_environment(exploring))
        with environ(SEED="random"):
            seeds = {explored_by_environment(exploring).seed for _ in range(3)}
        self.assertGreater(len(seeds), 1)
        for name, message in (("SCHEDULES", "positive whole"), ("SEED", "not negative")):
            for text in ("many", "-1", "1.5"):
                with environ(**{name: text}), self.assertRaisesRegex(OptionError, message) as e:
                    explored_by_environment(exploring)
                self.assertIn(f"environment variable ASYNCTESTING_{name}", str(e.exception))


class EnvironmentTests(OptionsTestCase):
    def test_nothing_set_nothing_written(self):
        """An empty variable is none."""
        with environ(TIME_LIMIT="", CHECKS=" "):
            self.assertEqual({}, from_environment())

    def test_values_are_read(self):
        """Each variable has a form that a shell can write."""
        for name, text, value in [
            ("ASYNCIO_DEBUG", "1", True),
            ("ASYNCIO_DEBUG", "True", True),
            ("ASYNCIO_DEBUG", "yes", True),
            ("ASYNCIO_DEBUG", "0", False),
            ("ASYNCIO_DEBUG", "false", False),
            ("ASYNCIO_DEBUG", "NO", False),
            ("CHECKS", "strict", "strict"),
            ("CHECKS", " off ", "off"),
            ("CHECKS", "loop-error=warn", {"loop-error": "warn"}),
            (
                "CHECKS",
                "loop-error = warn , pending-task=ignore",
                {"loop-error": "warn", "pending-task": "ignore"},
            ),
            ("CLOSE_LIMIT", "0.5", 0.5),
            ("TIME_LIMIT", "10", 10.0),
            ("TIME_LIMIT", "none", None),
            ("TIME_LIMIT", "Off", None),
            ("TIME_LIMIT", "0", None),
            ("TIME_LIMIT", "inf", None),
        ]:
            with self.subTest(name=name, text=text), environ(**{name: text}):
                self.assertEqual({name.lower(): value}, from_environment())

    def test_wrong_values_are_refused(self):
        """The message names the variable and what it says."""
        limit = f"{SECONDS}, or None for no limit"
        for name, text, message in [
            ("ASYNCIO_DEBUG", "on", "asyncio_debug must be True, False or None, not 'on'"),
            ("CHECKS", "none", f"checks must be {PROFILES}, not 'none'"),
            (
                "CHECKS",
                "loop-error",
                f"checks must be {PROFILES}, not 'loop-error'",
            ),
            (
                "CHECKS",
                "loop-error=off",
                "checks['loop-error'] must be one of fail, warn, ignore, not 'off'",
            ),
            (
                "CHECKS",
                "loop-error=warn,",
                f"checks has no check ''; there are {IDS}",
            ),
            ("CLOSE_LIMIT", "0", f"close_limit must be {SECONDS}, not 0.0"),
            ("CLOSE_LIMIT", "none", f"close_limit must be {SECONDS}, not 'none'"),
            ("CLOSE_LIMIT", "inf", f"close_limit must be {SECONDS}, not inf"),
            ("TIME_LIMIT", "5s", f"time_limit must be {limit}, not '5s'"),
            ("TIME_LIMIT", "-1", f"time_limit must be {limit}, not -1.0"),
            ("TIME_LIMIT", "nan", f"time_limit must be {limit}, not nan"),
        ]:
            with self.subTest(name=name, text=text), environ(**{name: text}):
                with self.assert_refused(f"environment variable ASYNCTESTING_{name}: {message}"):
                    from_environment()

    def test_a_wrong_value_fails_the_run(self):
        """A misspelt variable is not passed over: the first test class refuses it."""
        done = python(
            """
            import asynctesting

            class Tests(asynctesting.AsyncTestCase):
                pass
            """,
            ASYNCTESTING_TIME_LIMIT="5s",
        )

        self.assertEqual(1, done.returncode)
        self.assertTrue(
            done.stderr.endswith(
                "asynctesting.errors.OptionError: environment variable ASYNCTESTING_TIME_LIMIT: "
                f"time_limit must be {SECONDS}, or None for no limit, not '5s'\n"
            ),
            done.stderr,
        )

    def test_off_is_anything_but_nothing_and_zero(self):
        """ASYNCTESTING_OFF asks for the standard class, unless it is empty or 0."""
        self.assertFalse(is_off())
        for text, off in [("", False), ("0", False), ("1", True), ("yes", True)]:
            with self.subTest(text=text), environ(OFF=text):
                self.assertIs(off, is_off())

    def test_loops_are_picked_by_label(self):
        """ASYNCTESTING_LOOPS is a list of labels; nothing in it picks all of them."""
        self.assertIsNone(picked_loops())
        for text, labels in [
            ("", None),
            (" , ", None),
            ("uvloop", {"uvloop"}),
            ("uvloop, asyncio ,", {"uvloop", "asyncio"}),
        ]:
            with self.subTest(text=text), environ(LOOPS=text):
                self.assertEqual(labels, picked_loops())


class AllowTests(unittest.TestCase):
    def told(self, cls):
        """Give the outcomes of the tests of *cls*, and what was warned of."""
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result = live(cls)
        self.assertEqual([], [w for w in told if w.category is not AsyncTestingWarning])
        return dict(result.told), [str(w.message).partition("\n")[0] for w in told]

    def test_a_test_may_be_let_go(self):
        """Only of what is named, and only that test; what is not needed is warned of."""

        class Tests(AsyncTestCase):
            def leak(self, name):
                self.kept = asyncio.create_task(for_ever(), name=name)

            @allow("pending-task", match="heartbeat", reason="by design")
            async def test_allowed(self):
                self.leak("heartbeat")

            @allow("pending-task", match="heartbeat")
            async def test_another(self):
                self.leak("another")

            @allow("pending-task", match="for_ever")
            async def test_coroutine(self):
                self.leak("another")

            @allow("pending-task")
            async def test_idle(self):
                pass

            @allow("pending-task", always=False)
            async def test_idle_sometimes(self):
                pass

            @allow("loop-error", match="Boom")
            @allow("pending-task")
            async def test_two(self):
                self.leak("another")
                self.loop.call_soon(self.fail_with)
                await turns()

            def fail_with(self):
                raise Boom

            async def test_without(self):
                self.leak("heartbeat")

        outcomes, told = self.told(Tests)

        self.assertEqual(
            {
                "test_allowed": "success",
                "test_another": "failure",
                "test_coroutine": "success",
                "test_idle": "success",
                "test_idle_sometimes": "success",
                "test_two": "success",
                "test_without": "failure",
            },
            outcomes,
        )
        self.assertEqual(
            [
                "allow('pending-task') was not needed: nothing that it allows has happened "
                "[unneeded-allowance]"
            ],
            told,
        )

    def test_a_class_may_be_let_go(self):
        """Its tests, and those of classes built on it; none of them needs it."""

        @allow("pending-task", match="heartbeat")
        class Base(AsyncTestCase):
            async def test_healthy(self):
                pass

            async def test_leak(self):
                self.kept = asyncio.create_task(for_ever(), name="heartbeat")

        @allow("pending-task", match="purr")
        class Tests(Base):
            @allow("pending-task", match="hiss")
            async def test_more(self):
                self.kept = [
                    asyncio.create_task(for_ever(), name=name)
                    for name in ("heartbeat", "purr", "hiss")
                ]

        for cls in (Base, Tests):
            outcomes, told = self.told(cls)
            self.assertEqual({"success"}, set(outcomes.values()))
            self.assertEqual([], told)

    def test_a_block_may_be_let_go(self):
        """What happens outside of it is told."""

        class Tests(AsyncTestCase):
            def purr(self):
                raise Boom("purr")

            async def test_inside(self):
                with allow("loop-error"):
                    self.loop.call_soon(self.purr)
                    await turns()

            async def test_outside(self):
                with allow("loop-error"):
                    await turns()
                self.loop.call_soon(self.purr)

            def test_sync(self):
                with allow("loop-error", always=False), allow("pending-task"):
                    pass

        outcomes, told = self.told(Tests)

        self.assertEqual(
            {"test_inside": "success", "test_outside": "failure", "test_sync": "success"}, outcomes
        )
        self.assertEqual(1, len(told))
        self.assertTrue(told[0].startswith("allow('pending-task') was not needed"), told)

    def test_several_lives_need_it_once(self):
        """What is not needed on one loop may be on another."""

        class Tests(AsyncTestCase):
            @asynctesting.on_loops("asyncio")
            @allow("pending-task")
            async def test_cat(self):
                pass

        self.assertEqual(({"test_cat": "success"}, []), (
            {name.partition(" ")[0]: outcome for name, outcome in live(Tests).told},
            self.told(Tests)[1],
        ))

    def test_a_failed_or_skipped_test_needs_none(self):
        """It may not have come to what is allowed."""

        class Tests(AsyncTestCase):
            @allow("pending-task")
            async def test_fails(self):
                self.fail("hiss")

            @allow("pending-task")
            async def test_is_skipped(self):
                self.skipTest("asleep")

        self.assertEqual([], self.told(Tests)[1])

    def test_a_check_that_is_off_is_not_asked(self):
        """Whether the allowance is needed cannot be known."""

        class Tests(AsyncTestCase, checks={"pending-task": "ignore"}):
            @allow("pending-task")
            async def test_cat(self):
                pass

        self.assertEqual([], self.told(Tests)[1])

    def test_a_run_may_be_let_go(self):
        """Where there is no class, the function is decorated."""

        @allow("pending-task")
        async def main():
            main.kept = asyncio.create_task(for_ever())

        self.assertIsNone(asynctesting.run(main))

    def test_what_cannot_be_is_refused(self):
        """Where it is written."""
        for ids, keywords, message in [
            ((), {}, "needs the ids of checks"),
            ((5,), {}, "needs the ids of checks"),
            ((allow,), {}, "needs the ids of checks"),
            (("pending-tasks",), {}, "no check 'pending-tasks' (did you mean 'pending-task'?)"),
            (("pending-task",), {"match": "("}, "match must be a regular expression, not '('"),
            (("pending-task",), {"match": 5}, "match must be a regular expression, not 5"),
            (("pending-task",), {"reason": 5}, "reason must be a string"),
            (("pending-task",), {"always": 5}, "always must be True or False"),
        ]:
            with self.subTest(ids=ids, **keywords):
                with self.assertRaisesRegex(OptionError, re.escape(message)):
                    allow(*ids, **keywords)
        with self.assertRaisesRegex(OptionError, "inside of a test"):
            with allow("pending-task"):
                self.fail("never reached")
        with self.assertRaisesRegex(OptionError, "decorates a test"):
            allow("pending-task")(5)
        with self.assertRaisesRegex(OptionError, "needs a test class"):
            allow("pending-task")(int)

    def test_a_pattern_may_be_compiled(self):
        """Flags are given that way."""

        class Tests(AsyncTestCase):
            @allow("pending-task", match=re.compile("HEART", re.I))
            async def test_cat(self):
                self.kept = asyncio.create_task(for_ever(), name="heartbeat")

        self.assertEqual(({"test_cat": "success"}, []), self.told(Tests))

    def test_only_allowances_are_one(self):
        """The option is written by the decorator alone."""
        with self.assertRaisesRegex(OptionError, "given with the decorator allow"):
            written({"allowances": ("pending-task",)}, where="here")


class BlockingLimitTests(OptionsTestCase):
    def test_it_is_an_option_like_the_others(self):
        """A number of seconds, or none."""

        @blocking_limit(0.5)
        class Tests(AsyncTestCase):
            async def test_cat(self):
                pass

            @blocking_limit(None)
            async def test_other(self):
                pass

        self.assertEqual(0.5, Tests("test_cat")._asynctesting_own_options().blocking_limit)
        self.assertIsNone(Tests("test_other")._asynctesting_own_options().blocking_limit)
        with environ(BLOCKING_LIMIT="off"):
            self.assertEqual({"blocking_limit": None}, from_environment())
        for wrong in (-1, 0, "5", True):
            with self.subTest(wrong=wrong), self.assertRaises(OptionError):
                blocking_limit(wrong)
        with self.assertRaisesRegex(OptionError, "needs parentheses"):
            blocking_limit(Tests)


class VirtualTimeTests(unittest.TestCase):
    """Written in whatever way, it is the same; and refused where it cannot be."""

    def test_as_a_decorator(self):
        """With parentheses or without, on a test or a class."""

        class Tests(AsyncTestCase):
            @virtual_time
            async def test_bare(self):
                pass

            @virtual_time()
            async def test_called(self):
                pass

            @virtual_time(True)
            async def test_true(self):
                pass

            @virtual_time(start=5, until=7)
            async def test_bounds(self):
                pass

            @virtual_time(False)
            async def test_real(self):
                pass

        @virtual_time(start=1)
        class Decorated(AsyncTestCase):
            pass

        found = Tests._asynctesting_resolved
        for name in ("test_bare", "test_called", "test_true"):
            self.assertEqual(VirtualTime(0.0, None), found[name].virtual_time)
        self.assertEqual(VirtualTime(5.0, 7.0), found["test_bounds"].virtual_time)
        self.assertIsNone(found["test_real"].virtual_time)
        self.assertEqual(
            VirtualTime(1.0), Options(**Decorated._asynctesting_written).virtual_time
        )

    def test_as_a_keyword(self):
        """True, the decorator itself, or what it gives for a start and an end."""
        for value, expected in (
            (True, VirtualTime()),
            (virtual_time, VirtualTime()),
            (virtual_time(), VirtualTime()),
            (virtual_time(start=5), VirtualTime(5.0)),
            (False, None),
            (None, None),
        ):
            with self.subTest(value=value):

                class Tests(AsyncTestCase, virtual_time=value):
                    pass

                self.assertEqual(expected, Options(**Tests._asynctesting_written).virtual_time)

    def test_what_is_no_time(self):
        """It is refused where it is written."""
        seconds = "must be a number of seconds of loop time"
        for given, message in (
            ({"start": "5"}, f"@virtual_time: start {seconds}, not '5'"),
            ({"start": True}, f"@virtual_time: start {seconds}, not True"),
            ({"until": float("inf")}, f"@virtual_time: until {seconds}, not inf"),
            (
                {"start": 5, "until": 4},
                "@virtual_time: time cannot end at 4 when it starts at 5",
            ),
        ):
            with self.subTest(given=given), self.assertRaises(OptionError) as caught:
                virtual_time(**given)
            self.assertEqual(message, str(caught.exception))
        for value in (5, "yes"):
            with self.assertRaises(OptionError) as caught:
                written({"virtual_time": value}, where="here")
            self.assertEqual(
                "here: virtual_time must be True, False or virtual_time(start=..., until=...), "
                f"not {value!r}",
                str(caught.exception),
            )
        with self.assertRaisesRegex(OptionError, "decorates a test or a test class"):
            virtual_time(5)

    def test_loops_that_cannot_have_it(self):
        """It is refused with the reason and the cure, on a test and on a class."""

        def theirs():
            """Stands for uvloop.new_event_loop."""

        with self.assertRaises(OptionError) as caught:

            class Keyword(AsyncTestCase, virtual_time=True):
                loop_factory = theirs

        self.assertRegex(
            str(caught.exception),
            r"class .*Keyword: virtual_time has a loop of its own, and loop_factory asks for that of "
            r"tests.test_options.*theirs, whose timers cannot be told what time it is; leave "
            r"loop_factory out, or write @virtual_time\(False\) on the tests that need that loop$",
        )
        with self.assertRaisesRegex(OptionError, "has a loop of its own"):

            class Method(AsyncTestCase):
                loop_factory = staticmethod(lambda: None)

                @virtual_time
                async def test(self):
                    pass

        with self.assertRaisesRegex(OptionError, "loop of its own; leave one of them out"):

            class Several(AsyncTestCase):
                @virtual_time
                @on_loops("asyncio", "uvloop")
                async def test(self):
                    pass

    def test_loops_that_can(self):
        """asyncio's own, for ours is one of them, and ours."""
        for factory in (asyncio.SelectorEventLoop, asyncio.new_event_loop, SimulatedLoop, None):
            check_virtual_time("here", Options(virtual_time=VirtualTime()), factory)
        check_virtual_time("here", Options(), "anything")

    def test_one_loop_for_a_class_has_one_time(self):
        """A test of it cannot have another one."""
        for decorator in (virtual_time, virtual_time(start=5)):
            with self.assertRaisesRegex(OptionError, "write virtual_time on the class, not on a"):

                class Tests(AsyncTestCase, loop_scope="class"):
                    @decorator
                    async def test(self):
                        pass

        class Fine(AsyncTestCase, loop_scope="class", virtual_time=True):
            @virtual_time
            async def test(self):
                pass
