"""Tests of asynctesting.pages.on_loop: its examples."""

import unittest

from asynctesting.pages import on_loop
from tests.pages import PageTests


class ExampleTests(PageTests):
    """Its pages."""

    module = on_loop


del PageTests  # it is run as this one


if __name__ == "__main__":
    unittest.main()
