"""
Tests of asynctesting.

Many of them run a test with the same fault as another one has, and read the report in full.

"""

import os


os.environ.setdefault("ASYNCTESTING_REPEATS", "full")
