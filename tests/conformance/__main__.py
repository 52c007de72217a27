"""The command line: ``python -m tests.conformance --help``."""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import json
import platform
import sys
from concurrent.futures import ThreadPoolExecutor

from .conduct import Verdict, conduct
from .suites import PROJECTS, SAMPLE, Suite, cpython


SHOWN = 25
HEADINGS = (
    "suite",
    "tests",
    "by ours",
    "same",
    "lost",
    "changed",
    "unstable",
    "sabotaged",
    "lost",
    "changed",
    "seconds",
)


def row(verdict: Verdict) -> tuple[str, ...]:
    """One line of the table."""
    if verdict.state == "skipped" or not verdict.tests:
        return (verdict.suite, *[""] * (len(HEADINGS) - 2), f"{verdict.seconds:.0f}")
    return (
        verdict.suite,
        str(verdict.tests),
        str(verdict.by_base),
        str(verdict.same),
        str(len(verdict.lost)),
        str(len(verdict.changed)),
        str(len(verdict.unstable)),
        f"{sum(verdict.stages.values())} in {len(verdict.stages)}",
        str(sum(map(len, verdict.sabotage_lost.values()))),
        str(sum(map(len, verdict.sabotage_changed.values()))),
        f"{verdict.seconds:.0f}",
    )


def table(verdicts: list[Verdict]) -> str:
    """All suites, then whatever is to be said of each."""
    rows = [HEADINGS, *map(row, verdicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, cells in enumerate(rows):
        padded = [
            cells[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
        ]
        state = "" if number == 0 else f"  {verdicts[number - 1].state}"
        lines.append("  ".join(padded) + state)
    for verdict in verdicts:
        said = [verdict.reason] if verdict.reason else []
        problems = verdict.problems()
        said += problems[:SHOWN]
        if len(problems) > SHOWN:
            said.append(f"and {len(problems) - SHOWN} more: --json names all")
        said += [
            f"unstable with the standard class, not compared: {name}" for name in verdict.unstable
        ]
        said += [note for note in verdict.notes if note != verdict.reason]
        if said:
            lines += ["", f"{verdict.suite}: {verdict.state}", *(f"    {line}" for line in said)]
    return "\n".join(lines)


def closing(verdicts: list[Verdict]) -> str:
    """The last line, by suites."""
    count = {
        state: sum(verdict.state == state for verdict in verdicts)
        for state in ("passed", "failed", "skipped")
    }
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    return f"{count['passed']} passed, {count['failed']} failed{skipped}"


def choose(suites: list[Suite], wanted: list[str]) -> list[Suite]:
    """The suites named, by name, by group (what stands before the colon) or by pattern.

    Raises:
        LookupError: a name that no suite has.
    """
    chosen: list[Suite] = []
    for pattern in wanted:
        found = [
            s
            for s in suites
            if fnmatch.fnmatchcase(s.name, pattern) or s.name.partition(":")[0] == pattern
        ]
        if not found:
            raise LookupError(f"no suite is called {pattern!r}; --list shows all")
        chosen += [suite for suite in found if suite not in chosen]
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for, print what came of it; 0 if nothing was lost or changed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description="suites of others, with our class substituted",
    )
    parser.add_argument(
        "--suite",
        action="append",
        default=[],
        metavar="NAME",
        help="only these: a name, 'cpython', a pattern; repeatable",
    )
    parser.add_argument("--list", action="store_true", help="name all suites and end")
    parser.add_argument(
        "--base",
        default="asynctesting:AsyncTestCase",
        metavar="MODULE:CLASS",
        help="the class on trial (%(default)s)",
    )
    parser.add_argument(
        "--no-sabotage", action="store_true", help="leave out the runs in which stages raise"
    )
    parser.add_argument(
        "--require-cpython",
        action="store_true",
        help="fail if this Python's installation ships no tests",
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="suites at a time (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    options = parser.parse_args(arguments)

    own = list(cpython())
    suites = [SAMPLE, *own, *PROJECTS]
    try:
        chosen = choose(suites, options.suite) if options.suite else suites
    except LookupError as error:
        if not (options.suite == ["cpython"] and not own):
            parser.error(str(error))
        chosen = []
    if options.list:
        print("\n".join(suite.name for suite in chosen))
        return 0

    stages = {"stages": ()} if options.no_sabotage else {}
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(lambda suite: conduct(suite, options.base, **stages), chosen))
    cpython_wanted = not options.suite or any(name.startswith("cpython") for name in options.suite)
    if cpython_wanted and not any(v.tests for v in verdicts if v.suite.startswith("cpython:")):
        state = "failed" if options.require_cpython else "skipped"
        reason = (
            f"Python {platform.python_version()} is installed without its own tests of the class"
        )
        verdicts.insert(0, Verdict("cpython", state, reason))

    if options.json:
        told = {
            "python": platform.python_version(),
            "base": options.base,
            "suites": [dataclasses.asdict(v) for v in verdicts],
        }
        print(json.dumps(told, indent=1))
    else:
        print(f"Python {platform.python_version()}, {options.base} for the standard class\n")
        print(table(verdicts))
        print()
        print(closing(verdicts))
    return any(verdict.state == "failed" for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
