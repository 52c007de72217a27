"""
Runs tests on a thread of their own, as some runners do: ``python -m tests.in_a_thread [MODULE...]``.

What is said after it goes to unittest; without anything, it is the whole suite. The main thread only waits. A
test that cannot be had elsewhere says so, and is skipped: see :func:`tests.support.main_thread_only`.

"""

import os
import sys
import threading
import unittest


def run(arguments):
    """Run the tests, and tell whether all went well."""
    well = []

    def tests():
        program = unittest.main(module=None, argv=["tests.in_a_thread", *arguments], exit=False)
        well.append(program.result.wasSuccessful())

    thread = threading.Thread(target=tests, name="tests")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:  # nobody else hears of it
        os._exit(130)
    return well == [True]


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1:] or ["discover", "-s", "tests", "-t", "."]) else 1)
