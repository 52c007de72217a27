"""
What the checks say of the suites of others: ``python -m tests.conformance.alarms``.

Each suite is run with the checks off, then with all of them at their defaults. Each finding was
gone through by hand, and is either a fault of that suite, written down in ``known`` with the
reason, or a bug of ours, which is mended. So a run is exact: a finding that is not known fails it,
and so does one that is known and does not come. Besides, no test without a finding
may fail that does not with the checks off.

``--under`` runs the same under warnings as errors, asyncio's debug mode, a trace function, coverage,
another loop, or on a busy machine. ``--list`` names suites and what they may be run under.

Needs the network the first time, like ``tests.conformance``. Among the suites are some of plain
``TestCase``, with our class in its place.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import fetch
from .__main__ import choose
from .conduct import Run, Under, run_suite
from .known import KNOWN, Known
from .outcomes import is_red
from .suites import PLAIN, PROJECTS, Suite, cpython, synchronous


BASE = "asynctesting:AsyncTestCase"

COVERAGE = ("coverage==7.15.2",)
MEASURED = ("-m", "coverage", "run", "--branch", "--data-file=/dev/null")

UNDER = {
    under.name: under
    for under in (
        Under(),
        Under("warnings", ("-W", "error::asynctesting.AsyncTestingWarning", "-W", "error")),
        Under("dev", ("-X", "dev")),
        Under("trace"),
        Under("coverage", MEASURED, COVERAGE, (("COVERAGE_CORE", "ctrace"),)),
        Under("monitoring", MEASURED, COVERAGE, (("COVERAGE_CORE", "sysmon"),)),
        Under("uvloop", requires=("uvloop==0.22.1",)),
        Under("busy", busy=2),
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Alarm:
    """One finding, or several that are alike, of one test."""

    test: str
    check: str
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.test}: {self.check}"


@dataclass(slots=True)
class Judgement:
    """What was found in one suite."""

    suite: str
    under: str
    tests: int = 0
    known: list[Alarm] = field(default_factory=list)
    new: list[Alarm] = field(default_factory=list)
    gone: list[Alarm] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """``passed``, ``failed``, or ``skipped`` where no test was run."""
        if self.reason or self.new or self.gone or self.changed:
            return "failed"
        return "passed" if self.tests else "skipped"

    def __str__(self) -> str:
        line = (
            f"{self.suite:45} {self.under:10} {self.tests:5} tests {len(self.known):3} known "
            f"{len(self.new):3} new {len(self.gone):3} gone {len(self.changed):3} changed "
            f"{self.seconds:4.0f} s  {self.state}"
        )
        lines = [line, *([f"    {self.reason}"] if self.reason else [])]
        for alarm in self.new:
            lines.append(f"    new: {alarm}")
            lines += [f"        {text}" for text in alarm.text.splitlines()]
        lines += [f"    known, and not found: {alarm}" for alarm in self.gone]
        lines += [f"    changed: {change}" for change in self.changed]
        return "\n".join(lines)


def alarms(run: Run) -> list[Alarm]:
    """What was found in a run, each test and check once."""
    found: dict[Alarm, Alarm] = {}
    for told in run.found:
        alarm = Alarm(told["test"], told["check"], told["text"])
        found.setdefault(alarm, alarm)
    return sorted(found)


def compare(
    off: Run, on: Run, known: Sequence[Known], under: str = "plain"
) -> tuple[list[Alarm], list[Alarm], list[Alarm], list[str]]:
    """
    Compare what was found with what is known.

    Args:
        off: a run with the checks off.
        on: a run with the checks on.
        known: what is known of the suite.
        under: what both were run under.

    Returns:
        What is known and was found; what was found and is not known; what is known and was not
        found, though its test was run; and which tests without a finding fail only now.

    """
    expected = {
        Alarm(name, one.check): one
        for one in known
        for test in one.tests
        for name in on.outcomes
        if name == test or name.endswith(f".{test}")
    }
    found = [
        alarm
        for alarm in alarms(on)
        if alarm in expected or not is_red(off.outcomes.get(alarm.test, ()))
    ]  # of a test that fails anyway it is a note
    blamed = {alarm.test for alarm in found}
    changed = [
        name
        for name in sorted(off.outcomes)
        if name.partition(" > ")[0] not in blamed
        and not is_red(off.outcomes[name])
        and (is_red(on.outcomes.get(name, ())) or name not in on.outcomes)
        and Alarm(name, "verdict") not in expected
    ]
    return (
        [alarm for alarm in found if alarm in expected],
        [alarm for alarm in found if alarm not in expected],
        sorted(
            alarm
            for alarm, one in expected.items()
            if alarm not in found and one.check != "verdict" and one.is_due(under)
        ),
        [f"{name}: {on.why.get(name, '')}" for name in changed],
    )


def judge(suite: Suite, under: Under) -> Judgement:
    """Run a suite with the checks off and on, and judge what they find."""
    began = time.monotonic()
    judgement = Judgement(suite.name, under.name)
    try:
        off, on = (run_suite(suite, BASE, checks=on, under=under) for on in ("off", "default"))
    except fetch.CannotFetch as error:
        judgement.reason = str(error)
        return judgement
    judgement.tests = len(on.outcomes)
    for run, which in ((off, "off"), (on, "on")):
        if run.died:
            judgement.reason = f"with the checks {which}, the run {run.died}"
    for name, why in on.unimportable.items():
        if suite.project is not None:
            judgement.reason = f"cannot be imported: {name}: {why}"
    if not judgement.reason:
        found = compare(off, on, KNOWN.get(suite.name, ()), under.name)
        judgement.known, judgement.new, judgement.gone, judgement.changed = found
        if judgement.changed:  # it may be one that measures time, on a machine that is busy
            again = run_suite(suite, BASE, checks="default", under=under)
            *_, still = compare(off, again, KNOWN.get(suite.name, ()), under.name)
            names = {line.partition(":")[0] for line in still}
            judgement.changed = [c for c in judgement.changed if c.partition(":")[0] in names]
    judgement.seconds = time.monotonic() - began
    return judgement


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for, print what was found; 0 if it is what is known."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.alarms",
        description="what the checks find in the suites of others",
    )
    parser.add_argument(
        "--suite", action="append", default=[], metavar="NAME", help="only these; repeatable"
    )
    parser.add_argument(
        "--under",
        action="append",
        default=[],
        metavar="NAME",
        choices=sorted(UNDER),
        help="one of %(choices)s; repeatable",
    )
    parser.add_argument("--list", action="store_true", help="name all suites and end")
    parser.add_argument("--known", action="store_true", help="show what is known, too")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="suites at a time")
    options = parser.parse_args(arguments)

    suites = [*cpython(), *synchronous(), *PROJECTS, *PLAIN]
    try:
        chosen = choose(suites, options.suite) if options.suite else suites
    except LookupError as error:
        parser.error(str(error))
    if options.list:
        print("\n".join(suite.name for suite in chosen))
        return 0
    asked = [
        (suite, UNDER[name]) for name in options.under or ["plain"] for suite in chosen
    ]
    print(f"Python {platform.python_version()}, {BASE} with its checks at their defaults\n")
    judgements = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for judgement in pool.map(lambda pair: judge(*pair), asked):
            judgements.append(judgement)
            print(judgement, flush=True)
            if options.known:
                for alarm in judgement.known:
                    print(f"    known: {alarm}")
    count = {
        state: sum(judgement.state == state for judgement in judgements)
        for state in ("passed", "failed", "skipped")
    }
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"\n{count['passed']} passed, {count['failed']} failed{skipped}")
    return bool(count["failed"])


if __name__ == "__main__":
    sys.exit(main())
