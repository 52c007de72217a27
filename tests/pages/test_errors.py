"""Tests of asynctesting.pages.errors: its examples."""

import unittest

from asynctesting.pages import errors
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = errors


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
