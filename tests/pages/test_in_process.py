"""Tests of asynctesting.pages.in_process: its examples."""

import unittest

from asynctesting.pages import in_process
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = in_process


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
