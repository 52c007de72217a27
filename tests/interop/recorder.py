"""
A plugin that writes down what pytest reports, for its own formats leave out subtests.

It is loaded with ``-p tests.interop.recorder``, and only listens.

"""

from __future__ import annotations

import ast
import json
import os
from typing import Any


def _key(report: Any) -> str:
    path, *names = report.nodeid.split("::")
    return ".".join([path.removesuffix(".py").replace("/", "."), *names])


def _outcome(report: Any) -> str | None:
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    if report.failed:
        return "xpassed" if "Unexpected success" in str(report.longrepr) else "failed"
    return "passed" if report.when == "call" else None


def pytest_runtest_logreport(report: Any) -> None:
    """Append one line for each outcome; with xdist, in the controlling process."""
    path = os.environ.get("INTEROP_RECORD")
    if path is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    key, outcome = _key(report), _outcome(report)
    context = getattr(report, "context", None)
    if context is not None:
        if outcome == "passed":
            return
        key += " (" + ", ".join(f"{k}={_shown(v)}" for k, v in context.kwargs.items()) + ")"
    if outcome is not None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps([key, outcome]) + "\n")


def _shown(value: Any) -> str:
    """The parameter's representation; pytest keeps that in its place, xdist once more."""
    try:
        while isinstance(value, str):
            value = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        pass
    return repr(value)
