"""Runs one module of CPython's own mock tests, with our mocks if asked, and reports as ``inside`` does.

Started by path with one argument, the file of a request (``mocks.run_module`` writes it). Its ``way``
is ``stock``; ``swap``, which replaces what the module has taken from ``unittest.mock`` once it is
imported; or ``install``, which puts ours in the place of ``unittest.mock`` before that.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
import types
import unittest
import unittest.mock
from pathlib import Path


STOCK = unittest.mock


def ours(root):
    """The module on trial, imported from ``root``, which is then gone from the path again."""
    sys.path.insert(0, root)
    try:
        return importlib.import_module("asynctesting.mocks")
    finally:
        sys.path.remove(root)


def install(mocks):
    """Put ours in the place of ``unittest.mock``, for whoever imports it from now on."""
    unittest.mock = sys.modules["unittest.mock"] = mocks


def swap(module, mocks):
    """Replace what a module has taken from ``unittest.mock``, the module itself among it."""
    replaced = 0
    for name, value in list(vars(module).items()):
        if value is STOCK:
            setattr(module, name, mocks)
        elif (
            name in vars(STOCK)
            and value is vars(STOCK)[name]
            and not isinstance(value, types.ModuleType)
        ):
            setattr(module, name, getattr(mocks, name))
        else:
            continue
        replaced += 1
    return replaced


def main():
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    faulthandler.enable()
    faulthandler.dump_traceback_later(request["limit"], exit=True)
    sys.path.pop(0)
    sys.argv[1:] = []
    mocks = ours(request["root"]) if request["way"] != "stock" else STOCK
    if request["way"] == "install":
        install(mocks)
    sys.path.insert(0, str(Path(__file__).parent))
    from inside import RecordingResult, Report, flat

    del sys.path[0]
    report = Report(request["report"])
    replaced = 0
    tests = []
    for name in request["modules"]:
        module = importlib.import_module(name)
        if request["way"] == "swap":
            replaced += swap(module, mocks)
        tests.extend(flat(unittest.defaultTestLoader.loadTestsFromModule(module)))
    took = {
        "stock": True,
        "swap": replaced > 0,
        "install": importlib.import_module("unittest.mock") is mocks,
    }
    report.write(took=took[request["way"]], stock_left=[])
    result = RecordingResult(report)
    unittest.TestSuite(tests).run(result)
    report.write(done=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
