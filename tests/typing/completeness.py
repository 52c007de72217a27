"""
Hold the installed package to complete types, as its users' checkers see them.

Run it where pyright and the package are installed: ``python tests/typing/completeness.py``.

"""

import json
import subprocess
import sys


#: What cannot be complete, and why.
EXCEPTIONS = {
    # typeshed's mocks have Any among their bases, and so no known metaclass.
    "asynctesting.mocks.AsyncContextManager",
    "asynctesting.mocks.AsyncMock",
    "asynctesting.mocks.MagicMock",
    "asynctesting.mocks.Mock",
    "asynctesting.mocks.NonCallableMagicMock",
    "asynctesting.mocks.NonCallableMock",
    "asynctesting.mocks.PropertyMock",
    "asynctesting.mocks.fallback.AsyncContextManager",
    "asynctesting.mocks.kinds.AsyncMock",
    "asynctesting.mocks.kinds.MagicMock",
    "asynctesting.mocks.kinds.Mock",
    "asynctesting.mocks.kinds.NonCallableMagicMock",
    "asynctesting.mocks.kinds.NonCallableMock",
    "asynctesting.mocks.kinds.PropertyMock",
    "asynctesting.mocks.kinds.Recorded",
    "asynctesting.mocks.kinds.SpecChild",
    "asynctesting.mocks.managers.AsyncContextManager",
}


def main():
    """Compare what pyright calls incomplete with what must be."""
    command = ["pyright", "--outputjson", "--ignoreexternal", "--verifytypes", "asynctesting"]
    done = subprocess.run(command, capture_output=True, text=True)
    symbols = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    incomplete = {
        symbol["name"]: [diagnostic["message"] for diagnostic in symbol["diagnostics"]]
        for symbol in symbols
        if symbol["isExported"] and not symbol["isTypeKnown"]
    }
    for name in sorted(incomplete.keys() - EXCEPTIONS):
        print(name, *incomplete[name], sep="\n    ")
    for name in sorted(EXCEPTIONS - incomplete.keys()):
        print(f"{name} is complete by now: it is no exception")
    wrong = incomplete.keys() ^ EXCEPTIONS
    print(f"{len(symbols)} symbols, {len(wrong)} not as they must be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
