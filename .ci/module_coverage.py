"""Hold each module against its own test file: 100% of its branches, from that file alone.

    python .ci/module_coverage.py                          # measure with this Python, then report
    python .ci/module_coverage.py asynctesting/hangs.py    # this module only
    python .ci/module_coverage.py --collect --data FOLDER  # measure only; once for each Python
    python .ci/module_coverage.py --report --data FOLDER   # report on what all of them have seen
    ... --missing                                          # only where the Pythons so far leave a gap

Where the tests of a module are:

    asynctesting/case.py             tests/test_case.py
    asynctesting/checks/tasks.py     tests/checks/test_tasks.py
    asynctesting/checks/__init__.py  tests/test_checks.py

ELSEWHERE lists the modules for which this is not so. A line that only one version of Python
reaches counts as covered if it was reached there: that is why CI collects with each version in turn,
each time what is still missing, before it reports.

Needs coverage, which reads its settings from setup.cfg.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "asynctesting"

#: Seconds for the tests of one module.
LIMIT = 180

#: A file that stands beside the data of a module which is covered.
COMPLETE = "complete"

#: Modules whose tests stand in a file of another name, and why.
ELSEWHERE = {
    "asynctesting/__init__.py": ("tests/test_exports.py", "it only re-exports"),
}


class Pair:
    """A module and its test file, both as paths from the root of the repository."""

    def __init__(self, module: Path) -> None:
        self.module = module.as_posix()
        if self.module in ELSEWHERE:
            self.test, _ = ELSEWHERE[self.module]
        else:
            inside = module.relative_to(PACKAGE)
            if inside.name == "__init__.py":
                inside = inside.parent.with_suffix(".py")
            self.test = (Path("tests") / inside.parent / f"test_{inside.name}").as_posix()
        self.name = self.module.removesuffix(".py").replace("/", ".")

    @property
    def missing(self) -> bool:
        return not (ROOT / self.test).is_file()

    def coverage(self, data: Path, *arguments: str) -> tuple[bool, str]:
        """Run coverage on a file of data; return whether it went well, and what it printed."""
        # Into a file: with a pipe, a process that a test has left behind would be waited for.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "coverage", *arguments],
                    cwd=ROOT,
                    env=os.environ | {"COVERAGE_FILE": str(data)},
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    timeout=LIMIT,
                    check=False,
                )
                well, end = done.returncode == 0, ""
            except subprocess.TimeoutExpired:
                well, end = False, f"stopped after {LIMIT} seconds\n"
            printed.seek(0)
            return well, printed.read() + end

    def collect(self, folder: Path) -> str:
        """Run the tests with this Python, in place of what it saw before; return what went wrong."""
        seen = folder / self.name / str(sys.implementation.cache_tag)
        shutil.rmtree(seen, ignore_errors=True)
        (folder / self.name / COMPLETE).unlink(missing_ok=True)
        seen.mkdir(parents=True)
        test = self.test.removesuffix(".py").replace("/", ".")
        well, printed = self.coverage(seen / ".coverage", "run", "-m", "unittest", test)
        return "" if well else f"the tests failed\n{printed}"

    def report(self, folder: Path) -> str:
        """Look at what each Python has seen; return what went wrong."""
        changed = max((ROOT / path).stat().st_mtime for path in (self.module, self.test))
        seen = sorted((folder / self.name).glob("*/"))
        old = [path.name for path in seen if path.stat().st_mtime < changed]
        if old:
            return f"changed since it was measured with {', '.join(old)}: collect again"
        total = folder / self.name / ".coverage"
        well, printed = self.coverage(total, "combine", "--keep", "--quiet", *map(str, seen))
        if not well:
            return f"nothing was measured\n{printed}"
        well, printed = self.coverage(total, "report", f"--include={self.module}")
        if well:
            (folder / self.name / COMPLETE).touch()
        return "" if well else f"not covered\n{printed}"


def pairs(chosen: list[str]) -> list[Pair]:
    """The pairs of the modules that were chosen, or of all."""
    found = sorted(path.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*.py"))
    wanted = {Path(name).as_posix() for name in chosen}
    unknown = wanted - {path.as_posix() for path in found}
    if unknown:
        sys.exit(f"no such module: {', '.join(sorted(unknown))}")
    return [Pair(path) for path in found if not wanted or path.as_posix() in wanted]


def step(name: str, jobs: int, chosen: list[Pair], folder: Path) -> bool:
    """Do one step for each pair, some at a time; print what went wrong; tell whether all went well."""

    def timed(pair: Pair) -> tuple[str, float]:
        began = time.perf_counter()
        return getattr(pair, name)(folder), time.perf_counter() - began

    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        for pair, (problem, seconds) in zip(chosen, pool.map(timed, chosen), strict=True):
            verdict = "failed" if problem else "ok"
            print(f"{name}: {pair.module} by {pair.test}: {verdict} ({seconds:.1f} s)", flush=True)
            if problem:
                failed += 1
                print("    " + problem.strip().replace("\n", "\n    "), flush=True)
    print(f"{name}: {len(chosen) - failed} of {len(chosen)} modules are well", flush=True)
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="asynctesting/module.py")
    parser.add_argument("--collect", action="store_true", help="measure only")
    parser.add_argument("--report", action="store_true", help="report only")
    parser.add_argument("--missing", action="store_true", help="leave out what is covered already")
    parser.add_argument("--data", type=Path, help="where the data is kept (a temporary folder)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.collect and options.report:
        parser.error("--collect and --report exclude each other; leave out both to do both")
    if (options.collect or options.report) and options.data is None:
        parser.error("--collect and --report need --data")

    chosen = pairs(options.modules)
    missing = [pair for pair in chosen if pair.missing]
    for pair in missing:
        print(f"{pair.module} has no tests of its own: there is no {pair.test}")
    chosen = [pair for pair in chosen if not pair.missing]

    well = not missing
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.data or Path(temporary)).resolve()
        if options.missing:
            chosen = [pair for pair in chosen if not (folder / pair.name / COMPLETE).exists()]
        if not options.report:
            well &= step("collect", options.jobs, chosen, folder)
        if not options.collect:
            well &= step("report", options.jobs, chosen, folder)
        elif options.missing:
            step("report", options.jobs, chosen, folder)  # the next Python may have what is missing
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
