"""CPython's own tests of ``unittest.mock``, run with ours: ``python -m tests.conformance.mocks``.

Each module of them is run three times: as it is, with our names put into it after it was imported,
and with ours installed in the place of ``unittest.mock`` before. Every test must end the same way.
Takes under a minute; needs nothing but the tests that a Python may be installed without.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .conduct import ROOT, Run, bounded, environment, read
from .outcomes import compare


INSIDE = Path(__file__).with_name("inside_mocks.py")
LIMIT = 90.0
WAYS = ("swap", "install")


def modules(stdlib: Path | None = None) -> Iterator[str]:
    """Every module of an installation's own tests of mocks."""
    stdlib = stdlib or Path(sysconfig.get_path("stdlib"))
    for package in ("test/test_unittest/testmock", "unittest/test/testmock"):
        for file in sorted((stdlib / package).glob("test*.py")):
            yield ".".join(file.relative_to(stdlib).with_suffix("").parts)


def run_module(module: str, way: str, *, limit: float = LIMIT) -> Run:
    """Run one module once, in a process of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="conformance-") as scratch:
        report, request, said = (Path(scratch) / name for name in ("report", "request", "said"))
        report.touch()
        asked = {
            "limit": limit,
            "modules": [module],
            "report": str(report),
            "root": str(ROOT),
            "way": way,
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        work = Path(scratch) / "work"
        work.mkdir()
        command = [sys.executable, str(INSIDE), str(request)]
        with said.open("wb") as output:
            code = bounded(command, output, environment(), work, limit + 5)
        run = read(report.read_text(encoding="utf-8"))
        if run.died:
            tail = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            run.died = f"{run.died} (exit code {code}): {' | '.join(tail[-6:])}"
        return run


def judge(stock: Run, run: Run) -> list[str]:
    """What one run has otherwise than the run with unittest.mock, one line each."""
    if stock.died:
        return [f"with unittest.mock, the run {stock.died}"]
    if run.died:
        return [f"the run {run.died}"]
    if not run.took:
        return ["substitution did not take"]
    _, lost, changed = compare(stock.outcomes, run.outcomes, exact=True)
    return [f"{difference} ({run.why.get(difference.test, '')})" for difference in (*lost, *changed)]


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for, print what came of it; 0 if every test ended the same way."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.mocks",
        description="CPython's tests of unittest.mock, with ours in its place",
    )
    parser.add_argument("--module", action="append", default=[], help="only these; repeatable")
    parser.add_argument(
        "--require-cpython",
        action="store_true",
        help="fail if this Python's installation ships no tests",
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="runs at a time (%(default)s)"
    )
    options = parser.parse_args(arguments)

    began = time.monotonic()
    found = {module.rpartition(".")[2]: module for module in modules()}
    if not found:
        print(f"Python {platform.python_version()} is installed without its own tests of mocks")
        return bool(options.require_cpython)
    unknown = set(options.module) - found.keys()
    if unknown:
        parser.error(f"there is no {' or '.join(sorted(unknown))}, only {', '.join(found)}")
    chosen = [module for name, module in found.items() if name in (options.module or found)]

    asked = [(module, way) for module in chosen for way in ("stock", *WAYS)]
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = dict(zip(asked, pool.map(lambda pair: run_module(*pair), asked), strict=True))
    failed = 0
    print(f"Python {platform.python_version()}, asynctesting.mocks for unittest.mock\n")
    for module in chosen:
        stock = runs[module, "stock"]
        for way in WAYS:
            problems = judge(stock, runs[module, way])
            failed += bool(problems)
            verdict = "failed" if problems else "passed"
            name = module.rpartition(".")[2]
            print(f"{name:<20} {way:<8} {len(runs[module, way].outcomes):>4} tests  {verdict}")
            for problem in problems:
                print(f"    {problem}")
    print(f"\n{len(chosen) * len(WAYS) - failed} passed, {failed} failed, "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
