"""Tests of asynctesting.loops: a folder, and nothing more."""

import unittest

from asynctesting import loops


class PackageTests(unittest.TestCase):
    def test_it_re_exports_nothing(self):
        """Its modules are imported by name, so that each is loaded only when it is needed."""
        self.assertEqual([], loops.__all__)
