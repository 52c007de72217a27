"""Tests of asynctesting.checks.hooks: hooks that nobody sees."""

import functools
import inspect
import json
import os
import sys
import unittest

from asynctesting.checks.hooks import (
    LOOP_FILES,
    around,
    caller,
    code_of,
    is_users,
    is_written_by_user,
    led_here,
    name_of,
)
from asynctesting.findings import Place
from tests.support import stack


def cat():
    return caller(sys._getframe(), "cat", "tom")


class Owner:
    def purr(self, loudly, *, times=1):
        """Purr."""
        return times * loudly


class HookTests(unittest.TestCase):
    def test_a_hook_looks_like_what_it_hooks(self):
        """Name, text and signature stay."""

        class Own(Owner):
            purr = Owner.purr

        def make(original):
            def hook(*args, **kwargs):
                return 1 + original(*args, **kwargs)

            return hook

        self.assertIs(True, around(Own, "purr", make))
        self.assertEqual(7, Own().purr(2, times=3))
        self.assertEqual(inspect.signature(Owner.purr), inspect.signature(Own.purr))
        self.assertEqual(
            ("purr", "Owner.purr", "Purr."),
            (Own.purr.__name__, Own.purr.__qualname__, Own.purr.__doc__),
        )

    def test_what_is_not_there_is_left_alone(self):
        """What a class has inherited is not its own."""

        class Own(Owner):
            pass

        self.assertIs(False, around(Own, "purr", lambda original: None))
        self.assertNotIn("purr", vars(Own))

    def test_the_code_of_a_function_is_found(self):
        """It may be bound, and in partials; what only pretends has none."""
        owner = Owner()

        class Compiled:
            __code__ = Owner.purr.__code__

        for function in (
            Owner.purr,
            owner.purr,
            functools.partial(owner.purr, 1),
            functools.partial(functools.partial(owner.purr), 1),
        ):
            self.assertIs(Owner.purr.__code__, code_of(function))
            self.assertIs(True, is_written_by_user(function))
            self.assertEqual("Owner.purr", name_of(function))
        for function in (print, Compiled(), None):
            self.assertIsNone(code_of(function))
            self.assertIs(False, is_written_by_user(function))
        endless = functools.partial(functools.partial(print))
        for _ in range(20):
            endless = functools.partial(endless)
            endless.cat = 1  # or they would be made one
        self.assertIsNone(code_of(endless))

    def test_whose_code_it_is_is_told(self):
        """What stands in the standard library or is installed is not the user's own."""
        self.assertIs(True, is_users(Owner.purr.__code__))
        self.assertIs(False, is_users(json.loads.__code__))
        installed = Owner.purr.__code__.replace(co_filename="/usr/lib/x/site-packages/cat.py")
        self.assertIs(False, is_users(installed))

    def test_a_callable_without_a_name_is_called_by_its_type(self):
        """A mock may have any name."""

        class Nameless:
            def __init__(self):
                self.__qualname__ = 7

        self.assertEqual("print", name_of(print))
        self.assertEqual(Nameless.__qualname__, name_of(Nameless()))

    def test_functions_that_pass_on_are_passed_over(self):
        """The caller is the first one who is called otherwise."""

        def tom():
            return cat()

        self.assertIs(sys._getframe(), tom())
        self.assertIsNone(caller(None, "cat"))

    def test_where_a_line_led(self):
        """The user's innermost line is told, an installed package's if there is no other."""

        library = os.path.join("x", "site-packages", "cats.py")
        other = os.path.join("x", "site-packages", "dogs.py")
        (loop, *_) = LOOP_FILES
        for files, expected in (
            ([], None),
            ([os.__file__], None),
            (["cats.py", library, os.__file__], Place("cats.py", 1, "f")),
            ([library, other], Place(other, 1, "f")),
            (["cats.py", loop, other], Place(other, 1, "f")),
        ):
            self.assertEqual(expected, led_here(stack(*files)))
        self.assertIsNone(led_here(stack("cats.py", os.__file__), 1))
