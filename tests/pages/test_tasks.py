"""Tests of asynctesting.pages.tasks: its examples."""

import unittest

from asynctesting.pages import tasks
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = tasks


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
