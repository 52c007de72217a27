"""All runs of one suite, each in a process of its own, and what they say together."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from . import fetch
from .inside import STAGES
from .outcomes import Difference, compare, immune, stable
from .suites import Suite


__all__ = ["ROOT", "Run", "Verdict", "bounded", "conduct", "environment", "read", "run_suite"]

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).with_name("inside.py")
STOCK = "unittest:IsolatedAsyncioTestCase"


@dataclass(slots=True)
class Run:
    """What one process told."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    by_base: list[str] = field(default_factory=list)
    unimportable: dict[str, str] = field(default_factory=dict)
    stock_left: list[str] = field(default_factory=list)
    found: list[dict[str, str]] = field(default_factory=list)
    took: bool = False
    died: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Verdict:
    """What all runs of a suite say."""

    suite: str
    state: str = "passed"
    reason: str = ""
    tests: int = 0
    by_base: int = 0
    same: int = 0
    lost: list[Difference] = field(default_factory=list)
    changed: list[Difference] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    """For each stage, how many tests it made fail with the standard class."""
    sabotage_lost: dict[str, list[Difference]] = field(default_factory=dict)
    sabotage_changed: dict[str, list[Difference]] = field(default_factory=dict)
    immune: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def problems(self) -> list[str]:
        """Why the suite fails, one line each."""
        lines = [f"lost: {difference}" for difference in self.lost]
        lines += [f"changed: {difference}" for difference in self.changed]
        for stage, differences in self.sabotage_lost.items():
            lines += [f"lost when {stage} raises: {difference}" for difference in differences]
        for stage, differences in self.sabotage_changed.items():
            lines += [f"changed when {stage} raises: {difference}" for difference in differences]
        return lines


@dataclass(frozen=True, slots=True)
class Under:
    """
    What a suite is run under.

    Attributes:
        name: what it is called; ``inside`` knows some of them.
        flags: options of the interpreter.
        requires: what is installed besides what the suite requires.
        environ: further variables of the environment.
        busy: how many processes compute meanwhile, and do nothing else.

    """

    name: str = "plain"
    flags: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    environ: tuple[tuple[str, str], ...] = ()
    busy: int = 0


def run_suite(
    suite: Suite,
    base: str,
    *,
    stage: str | None = None,
    limit: float | None = None,
    checks: str = "off",
    under: Under | None = None,
) -> Run:
    """Run a suite once on a class, with a stage made to raise if one is given."""
    under = under or Under()
    began = time.monotonic()
    limit = min(limit or suite.limit, suite.limit)
    python = sys.executable
    path = [str(entry) for entry in suite.path]
    home = None
    if suite.project is not None:
        home = fetch.sources(suite.project)
        path[:0] = [str(home), *(str(home / folder) for folder in suite.within)]
    if suite.project is not None or under.requires:
        name = suite.name if suite.project is not None else "cpython"
        python = str(fetch.environment(name, suite.requires + under.requires))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="conformance-") as scratch:
        report, request, said = (Path(scratch) / name for name in ("report", "request", "said"))
        report.touch()
        asked = {
            "base": base,
            "root": str(ROOT),
            "path": path,
            "modules": suite.modules,
            "before": suite.before,
            "only_base": suite.only_base,
            "every": suite.every,
            "stage": stage,
            "under": under.name,
            "limit": limit,
            "report": str(report),
        }
        request.write_text(json.dumps(asked), encoding="utf-8")
        work = Path(scratch) / "work"
        work.mkdir()
        environ = environment(checks) | dict(under.environ)
        command = [python, *under.flags, str(INSIDE), str(request)]
        with said.open("wb") as output, busy(under.busy, limit):
            code = bounded(command, output, environ, home or work, limit + 5)
        run = read(report.read_text(encoding="utf-8"))
        run.seconds = time.monotonic() - began
        if code is not None and run.died:
            tail = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            run.died = f"{run.died} (exit code {code}): {' | '.join(tail[-6:])}"
        return run


@contextlib.contextmanager
def busy(number: int, limit: float):
    """Keep the machine busy with some processes, for so many seconds at the most."""
    code = f"import time\nend = time.monotonic() + {limit}\nwhile time.monotonic() < end: pass"
    hogs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(number)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def environment(checks: str = "off") -> dict[str, str]:
    """The environment of every run: none of our own settings but the checks, and none of Python's."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "ASYNCTESTING_", "COVERAGE_"))
    }
    return environ | {
        "ASYNCTESTING_CHECKS": checks,
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(fetch.cache() / "bytecode"),
    }


def bounded(
    command: list[str], output, environ: dict[str, str], folder: Path, limit: float
) -> int:
    """Run a command to its end or its limit, and nothing of it is left."""
    group = {"start_new_session": True} if os.name == "posix" else {}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd=folder,
        **group,
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return -1
    finally:
        with contextlib.suppress(OSError):
            if group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def read(lines: str) -> Run:
    """Understand a report, also one that breaks off."""
    run = Run(died="ended before any test")
    current = ""
    for line in lines.splitlines():
        told = json.loads(line)
        if "started" in told:
            current = told["started"]
            run.died = f"ended in {current}"
        elif "stopped" in told:
            run.died = f"ended after {current}"
        elif "found" in told:
            run.found.append(told)
        elif "kind" in told:
            run.outcomes.setdefault(told["test"], []).append(told["kind"])
            run.why.setdefault(told["test"], told["why"])
        elif "ran" in told:
            run.by_base.append(told["ran"])
        elif "unimportable" in told:
            run.unimportable[told["unimportable"]] = told["why"]
        elif "took" in told:
            run.took, run.stock_left = told["took"], told["stock_left"]
        elif "done" in told:
            run.died = ""
    return run


def conduct(
    suite: Suite, base: str, *, baselines: int = 2, stages: tuple[str, ...] = STAGES
) -> Verdict:
    """Run a suite as often as it takes, and judge."""
    began = time.monotonic()
    verdict = Verdict(suite.name)
    try:
        judge(verdict, suite, base, baselines, stages)
    except fetch.CannotFetch as error:
        verdict.state, verdict.reason = "failed", str(error)
    verdict.seconds = time.monotonic() - began
    return verdict


def judge(
    verdict: Verdict, suite: Suite, base: str, baselines: int, stages: tuple[str, ...]
) -> None:
    def fail(reason: str) -> None:
        verdict.state = "failed"
        verdict.reason = verdict.reason or reason

    stock = [run_suite(suite, STOCK) for _ in range(baselines)]
    unimportable = stock[0].unimportable
    if unimportable:
        verdict.notes += [
            f"cannot be imported: {name}: {why}" for name, why in unimportable.items()
        ]
        if len(unimportable) == len(suite.modules) or suite.project is not None:
            verdict.state, verdict.reason = (
                "failed" if suite.project else "skipped"
            ), verdict.notes[0]
            return
    for run in stock:
        if run.died:
            fail(f"with the standard class, a run {run.died}")
            return
    expected, verdict.unstable = stable([run.outcomes for run in stock])
    by_stock = len(stock[0].by_base)
    if not by_stock:
        verdict.state, verdict.reason = (
            "failed" if suite.project else "skipped"
        ), "names the class, but runs no test of it"
        return

    patience = 20 + 4 * max(run.seconds for run in stock)
    ours = run_suite(suite, base, limit=patience)
    verdict.tests = len(stock[0].outcomes)
    verdict.by_base = len(ours.by_base)
    if ours.died:
        fail(f"with our class, the run {ours.died}")
    if not ours.took or ours.stock_left:
        fail(f"substitution did not take: {ours.stock_left[:3]}")
    if verdict.by_base != by_stock and not verdict.unstable:
        fail(f"{verdict.by_base} tests were run by our class, {by_stock} by the standard one")
    if not verdict.by_base:
        fail("no test was run by our class")
    verdict.same, verdict.lost, verdict.changed = compare(
        expected, ours.outcomes, exact=True, ignore=verdict.unstable
    )
    for differences in (verdict.lost, verdict.changed):
        differences[:] = [explain(difference, ours) for difference in differences]

    died = bool(ours.died)
    for stage in stages:
        if died:
            verdict.notes.append(f"{stage} was not made to raise, since a run before had died")
            continue
        sabotaged = partial(run_suite, suite, stage=stage, limit=patience)
        with ThreadPoolExecutor(2) as pool:  # they wait more than they compute
            before, after = pool.map(sabotaged, (STOCK, base))
        for run, whose in ((before, "the standard"), (after, "our")):
            if run.died:
                died = True
                fail(f"when {stage} raises, with {whose} class the run {run.died}")
        ignore = set(verdict.unstable) - set(before.by_base)
        _, lost, changed = compare(before.outcomes, after.outcomes, exact=False, ignore=ignore)
        verdict.stages[stage] = len(set(before.by_base))
        if lost:
            verdict.sabotage_lost[stage] = lost
        if changed:
            verdict.sabotage_changed[stage] = [
                explain(difference, after) for difference in changed
            ]
        if left := immune(before.outcomes, before.by_base):
            verdict.immune[stage] = left
            verdict.notes.append(
                f"pass although {stage} raises, also with the standard class: {', '.join(left)}"
            )
    if problems := verdict.problems():
        fail(f"{len(problems)} tests end otherwise")


def explain(difference: Difference, run: Run) -> Difference:
    """The same, with what the run said of this test."""
    why = run.why.get(difference.test)
    return (
        dataclasses.replace(difference, ours=f"{difference.ours} ({why})") if why else difference
    )
