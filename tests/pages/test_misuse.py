"""Tests of asynctesting.pages.misuse: its examples."""

import unittest

from asynctesting.pages import misuse
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = misuse


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
