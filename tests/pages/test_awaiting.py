"""Tests of asynctesting.pages.awaiting: its examples."""

import unittest

from asynctesting.pages import awaiting
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = awaiting


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
