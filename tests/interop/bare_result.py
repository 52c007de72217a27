"""
A runner whose result has the oldest methods only, to see what is told to such a one.

unittest tells it of a skip and of an expected failure as a success, with a warning, and of
an unexpected success as a failure; subtests it does not know.

"""

from __future__ import annotations

import json
import os
import sys
import traceback
import unittest
from typing import Any


class BareResult:
    """Start, stop, success, failure and error."""

    shouldStop = False

    def _write(self, test: Any, outcome: str) -> None:
        with open(os.environ["INTEROP_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps([test.id(), outcome]) + "\n")

    def startTest(self, test: Any) -> None:
        """Nothing."""

    stopTest = startTest

    def addSuccess(self, test: Any) -> None:
        """Write it down."""
        self._write(test, "passed")

    def addFailure(self, test: Any, error: Any) -> None:
        """Write it down, and print it."""
        self._write(test, "failed")
        traceback.print_exception(*error)

    def addError(self, test: Any, error: Any) -> None:
        """Write it down, and print it."""
        self._write(test, "errored")
        traceback.print_exception(*error)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    suite.run(BareResult())  # type: ignore[arg-type]
    sys.exit(1)
