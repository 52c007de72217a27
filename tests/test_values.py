"""Tests of asynctesting.values: things that are equal if what they have is equal."""

import copy
import doctest
import pickle
import unittest

from asynctesting import values
from asynctesting.driver import Waiting
from asynctesting.findings import Finding, Place
from asynctesting.options import VirtualTime


class Cat(values.Value):
    __slots__ = ("name", "age")

    def __init__(self, name, age=1):
        self.name = name
        self.age = age


class Tiger(Cat):
    __slots__ = ("name", "age")


class ValueTests(unittest.TestCase):
    def test_equality(self):
        """Of the same class, with the same attributes."""
        self.assertEqual(Cat("Nermal"), Cat("Nermal"))
        self.assertEqual(hash(Cat("Nermal")), hash(Cat("Nermal")))
        for other in (Cat("Garfield"), Cat("Nermal", 2), Tiger("Nermal"), ("Nermal", 1), None):
            with self.subTest(other):
                self.assertNotEqual(Cat("Nermal"), other)

    def test_what_was_inherited_counts(self):
        """A subclass that has no attributes of its own has those of its base."""
        first, second = Waiting("cats.py", 1, "herd"), Waiting("cats.py", 2, "herd")
        self.assertNotEqual(first, second)
        self.assertEqual(first, Waiting("cats.py", 1, "herd"))
        self.assertNotEqual(first, Place("cats.py", 1, "herd"))
        self.assertEqual("Waiting(filename='cats.py', lineno=1, function='herd')", repr(first))
        self.assertEqual(second, first.replaced(lineno=2))

    def test_what_does_not_count(self):
        """Two findings are the same although they happened at different times."""
        first = Finding("a", "b", "c", Place("cats.py", 1), when=1.0, about=("x",))
        self.assertEqual(first, Finding("a", "b", "c", Place("cats.py", 1), when=2.0))
        self.assertNotEqual(first, Finding("a", "b", "c", Place("cats.py", 2), when=1.0, about=("x",)))

    def test_repr(self):
        """It is as one would write it."""
        for one in (Cat("Nermal", 2), Place("cats.py", 7, "herd"), VirtualTime(1.0)):
            with self.subTest(one):
                self.assertEqual(one, eval(repr(one)))

    def test_replaced(self):
        """It is another one."""
        cat = Cat("Nermal", 2)
        self.assertEqual(Cat("Nermal", 3), cat.replaced(age=3))
        self.assertEqual(2, cat.age)
        with self.assertRaises(TypeError):
            cat.replaced(tail=1)

    def test_copies(self):
        """They are equal, in each way to make them."""
        one = Finding("a", "b", "c", Place("cats.py", 1, "herd"), "d", ("e",), 2.0, Place("x.py", 3))
        for made in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            self.assertEqual(repr(one), repr(made))

    def test_examples(self):
        """The docstring is true."""
        self.assertEqual((0, 4), tuple(doctest.testmod(values)))
