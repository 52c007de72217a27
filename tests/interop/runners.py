"""Each runner: how it is started, how its answer is read, and what it does in its own way."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import outputs
from .expected import (
    DJANGO,
    FUNCTIONS,
    LOOPS,
    LOOPS_MISSING,
    MAKERS,
    PROPERTIES,
    PROPERTY_FUNCTIONS,
    SAMPLE,
    Limits,
    Row,
)


__all__ = ["RUNNERS", "Run", "Runner"]

PYTHON = sys.executable


@dataclass
class Run:
    """What one run left."""

    folder: Path
    text: str
    exit: int
    python: str = PYTHON
    #: Runs one more command in the same folder, and gives what it printed.
    more: Callable[[Sequence[str]], bytes] = field(default=lambda command: b"")


@dataclass(frozen=True)
class Runner:
    """
    One way to run the sample.

    Args:
        name: what it is called in the table.
        command: how it is started, in the folder of the sample.
        read: gives the outcomes.
        needs: the distributions that must be installed.
        rows: what is expected.
        limits: what it tells in a way of its own.
        also: looks for more, and gives what is wrong.
        since: the first Python for which this is meant.
        cannot: what it cannot do with any TestCase, in words for the README.
        refuses: a Python on which it cannot be run or compared, and why.

    """

    name: str
    command: tuple[str, ...]
    read: Callable[[Run], outputs.Told]
    needs: tuple[str, ...] = ()
    rows: tuple[Row, ...] = SAMPLE
    limits: Limits = Limits()
    also: Callable[[Run], list[str]] = lambda run: []
    since: tuple[int, int] = (3, 11)
    cannot: str = ""
    refuses: tuple[str, str] = ("", "")

    def unsupported(self) -> str:
        """Why it is not meant for this Python; empty if it is."""
        if sys.version_info < self.since:
            return f"for Python {self.since[0]}.{self.since[1]} and later"
        return self.refuses[1] if platform.python_version() == self.refuses[0] else ""

    def missing(self) -> str:
        """What is not installed; empty if all is."""
        for name in self.needs:
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                return f"{name} is not installed"
        return ""

    @property
    def version(self) -> str:
        """The version of what runs."""
        return importlib.metadata.version(self.needs[0]) if self.needs else ""


def _text(read: Callable[[str], outputs.Told]) -> Callable[[Run], outputs.Told]:
    return lambda run: read(run.text)


def _record(run: Run) -> outputs.Told:
    return outputs.from_record(run.folder / "record.jsonl")


def _script(name: str) -> str:
    """A script of this Python's environment."""
    return shutil.which(name, path=str(Path(PYTHON).parent)) or name


#: The frame that is left of ours where a class fixture fails, and a runner cuts none.
_FIXTURE = r'classes\.py", line \d+, in fixture$'


# unittest and its flags


def _unittest(
    *flags: str, test: str = "test_sample", tool: tuple[str, ...] = ()
) -> tuple[str, ...]:
    return (PYTHON, *(tool or ("-m", "unittest")), *flags, test)


def _wants(*texts: str) -> Callable[[Run], list[str]]:
    def look(run: Run) -> list[str]:
        return [f"{text!r} is not shown" for text in texts if text not in run.text]

    return look


#: Python 3.12.1, and only that, does not start a test that a decorator skips.
_STARTED = "Ran 33 tests" if sys.version_info[:3] == (3, 12, 1) else "Ran 35 tests"
_UNSTARTED = (
    "Python 3.12.1 itself does not start the tests that a decorator skips, "
    "and the runner counts on it"
)


def _count(run: Run) -> list[str]:
    """The plain form prints no names: the counts must be right."""
    problems = _wants(_STARTED)(run)
    match = re.search(r"^FAILED \((.*)\)$", run.text, re.MULTILINE)
    counts = match[1] if match else ""
    expected = "failures=11, errors=9, skipped=6, expected failures=1, unexpected successes=1"
    if counts != expected:
        problems.append(f"counts are {counts}, not {expected}")
    return problems


def _first_failure(run: Run) -> list[str]:
    told = outputs.from_unittest(run.text)
    bad = [key for key, words in told.items() if {"failed", "errored", "xpassed"} & {*words}]
    if bad != ["setUpClass (test_sample.BrokenClass)"]:
        return [f"-f stopped after {bad}"]
    return []


def _buffered(run: Run) -> list[str]:
    count = run.text.count("Stdout:\nprinted by a test that fails")
    # unittest shows it in the report and on the real stdout.
    return [] if count == 2 else [f"what a failing test printed is shown {count} times, not twice"]


_FIRST = tuple(row for row in SAMPLE if "BrokenClass" in row.test)
_SKIPPED = tuple(row for row in SAMPLE if "Outcomes.test_skipped" in row.test)
_ONE = tuple(row for row in SAMPLE if row.test.endswith("Outcomes.test_fails"))

_from_unittest = _text(outputs.from_unittest)

_UNITTEST = [
    Runner(
        "unittest",
        _unittest(),
        _text(outputs.from_sections),
        limits=Limits(passes=False),
        also=_count,
    ),
    Runner("unittest -v", _unittest("-v"), _from_unittest),
    Runner(
        "unittest discover -v",
        (PYTHON, "-m", "unittest", "discover", "-v", "-p", "test_sample.py"),
        _from_unittest,
    ),
    Runner("unittest -f", _unittest("-v", "-f"), _from_unittest, rows=_FIRST, also=_first_failure),
    Runner("unittest -b", _unittest("-v", "-b"), _from_unittest, also=_buffered),
    Runner("unittest -c", _unittest("-v", "-c"), _from_unittest),
    Runner(
        "unittest -k",
        _unittest("-v", "-k", "Outcomes.test_skipped"),
        _from_unittest,
        rows=_SKIPPED,
    ),
    Runner(
        "unittest module.Class.method",
        _unittest("-v", test="test_sample.Outcomes.test_fails"),
        _from_unittest,
        rows=_ONE,
    ),
    Runner(
        "unittest --locals",
        _unittest("-v", "--locals"),
        _from_unittest,
        also=_wants("local = 'a local variable'", "marker = 'mark: errors'"),
    ),
    Runner(
        "unittest --durations",
        _unittest("-v", "--durations", "3"),
        _from_unittest,
        also=_wants("Slowest test durations"),
        since=(3, 12),
    ),
    Runner(
        "python -W error -X dev -m unittest",
        _unittest("-v", tool=("-W", "error", "-X", "dev", "-m", "unittest")),
        _from_unittest,
    ),
]


# A result that lacks nearly everything


def _bare_row(row: Row) -> Row:
    words = {"skipped": "passed", "xfailed": "passed", "xpassed": "failed"}
    return replace(row, outcome=words.get(row.outcome, row.outcome))


#: A test ends with its first subtest that fails; what is told of one life of several is told
#: of the test; and a test for which no loop is there is not told of, since no word is left for it.
_BARE_ROWS = tuple(
    _bare_row(row)
    for row in SAMPLE
    if row.subtest not in ("number=2", "loop='loop_that_nobody_has'")
    and not row.test.endswith("test_nowhere")
)

_BARE = [
    Runner(
        "a result with the oldest methods only",
        (PYTHON, "-W", "ignore", str(Path("plugins") / "interop_bare_result.py"), "test_sample"),
        _record,
        rows=_BARE_ROWS,
        limits=Limits(
            subtests="joined", marks=False, own_frames=f"{_FIXTURE}|in _addUnexpectedSuccess$"
        ),
    ),
]


# coverage


def _coverage(run: Run) -> list[str]:
    report = run.more(
        (run.python, "-m", "coverage", "report", "--include", "test_sample.py")
    ).decode()
    match = re.search(r"^test_sample\.py\s+\d+\s+\d+\s+(\d+)%", report, re.MULTILINE)
    # What must never run is about a tenth of the file.
    if match is None or int(match[1]) < 85:
        return [f"coverage saw too little of the tests: {match[0] if match else report}"]
    return []


# pytest

_PYTEST_LIMITS = Limits(class_errors="tests", fails_only=True, parent="passed")
_PYTEST_CANNOT = (
    "tell errors from failures; a test whose subtests failed is counted as passed beside them; "
    "fixtures as arguments and `parametrize` are not for a TestCase"
)


def _pytest(*options: str, test: str = "test_sample.py") -> tuple[str, ...]:
    return (
        PYTHON,
        "-m",
        "pytest",
        "-p",
        "interop_recorder",
        "-p",
        "no:cacheprovider",
        "--color=no",
        *options,
        test,
    )


_ALONE = ("-p", "no:asyncio", "-p", "no:xdist")

_PYTEST = [
    Runner(
        "pytest",
        _pytest(*_ALONE),
        _record,
        needs=("pytest",),
        limits=_PYTEST_LIMITS,
        cannot=_PYTEST_CANNOT,
    ),
    Runner(
        "pytest --tb=native",
        _pytest(*_ALONE, "--tb=native"),
        _record,
        needs=("pytest",),
        limits=replace(_PYTEST_LIMITS, own_frames=_FIXTURE),
    ),
    Runner(
        "pytest -W error, no unraisable hooks",
        _pytest(
            *_ALONE, "-W", "error", "-p", "no:unraisableexception", "-p", "no:threadexception"
        ),
        _record,
        needs=("pytest",),
        limits=_PYTEST_LIMITS,
    ),
    Runner(
        "pytest -W error",
        _pytest(*_ALONE, "-W", "error"),
        _record,
        needs=("pytest",),
        limits=_PYTEST_LIMITS,
    ),
    Runner(
        "pytest-xdist -n 2",
        _pytest("-n", "2", "-p", "no:asyncio"),
        _record,
        needs=("pytest-xdist", "pytest"),
        limits=_PYTEST_LIMITS,
        cannot="as pytest",
    ),
    Runner(
        "pytest-asyncio, auto mode",
        _pytest("-o", "asyncio_mode=auto", "-p", "no:xdist"),
        _record,
        needs=("pytest-asyncio", "pytest"),
        limits=_PYTEST_LIMITS,
        cannot="as pytest",
    ),
    Runner(
        "pytest, functions with run()",
        _pytest(*_ALONE, test="test_function.py"),
        _record,
        needs=("pytest",),
        rows=FUNCTIONS,
        limits=_PYTEST_LIMITS,
    ),
]


# Runners of other projects


def _stestr(run: Run) -> outputs.Told:
    stream = run.more((_script("stestr"), "last", "--subunit"))
    told, text = outputs.from_stestr(stream)
    run.text += "\n" + text
    return told


def _crashed(run: Run) -> list[str]:
    return ["stestr takes a test for crashed"] if "likely segfaulted" in run.text else []


def _django(*options: str) -> tuple[str, ...]:
    return (
        PYTHON,
        "-m",
        "django",
        "test",
        "--settings=sample_settings",
        "-v",
        "2",
        *options,
        "test_django",
        "test_sample",
    )


#: Classes that trial can run: it calls no class fixtures, and breaks down over an
#: expected failure of any TestCase that is not its own.
_TRIAL_CLASSES = (
    "Findings",
    "Loops",
    "OneTask",
    "Outcomes",
    "SkippedClass",
    "SkippedInSetUp",
    "Stages",
)
#: Its results know no subtests, so a test ends with the first that fails.
_TRIAL_ROWS = tuple(
    row for row in SAMPLE if row.test.split(".")[1] in _TRIAL_CLASSES and row.subtest != "number=2"
)

_OTHERS = [
    Runner(
        "coverage run -m unittest",
        _unittest("-v", tool=("-m", "coverage", "run", "-m", "unittest")),
        _from_unittest,
        needs=("coverage",),
        also=_coverage,
    ),
    Runner("Django's runner", _django(), _from_unittest, needs=("Django",), rows=SAMPLE + DJANGO),
    Runner(
        "Django's runner --parallel 2",
        _django("--parallel", "2"),
        _from_unittest,
        needs=("Django", "tblib"),
        refuses=("3.12.1", _UNSTARTED),
        rows=SAMPLE + DJANGO,
        limits=Limits(own_frames=_FIXTURE, subtests="failed"),
        cannot="run a test whose `self` holds a task when a subtest of it fails, for a "
        "worker pickles "
        "the case with it; name the subtest that was skipped",
    ),
    Runner(
        "unittest-parallel",
        (
            PYTHON,
            "-m",
            "unittest_parallel",
            "-v",
            "-j",
            "2",
            # Its processes write to one stream, and tear each other's lines; the module is
            # one process's, and has been pickled all the same.
            "--level",
            "module",
            "-p",
            "test_sample.py",
        ),
        _text(outputs.from_lines),
        needs=("unittest-parallel",),
        cannot="class fixtures with `--level test`",
    ),
    Runner(
        "nose2",
        (PYTHON, "-m", "nose2", "-v", "test_sample"),
        _text(outputs.from_nose2),
        needs=("nose2",),
        refuses=("3.12.1", _UNSTARTED),
        limits=Limits(class_errors="nameless", subtests="failed"),
        cannot="name the class whose set-up failed, or the subtest that was skipped",
    ),
    Runner(
        "green",
        (PYTHON, "-m", "green", "-vv", "-s", "2", "test_sample"),
        _text(outputs.from_green),
        needs=("green",),
        limits=Limits(class_errors="lost"),
        refuses=("3.12.1", "green itself refuses Python 3.12.1"),
        cannot="tell of a class whose set-up failed: its tests are left out in silence, "
        "and the run can pass",
    ),
    Runner(
        "stestr",
        (_script("stestr"), "--test-path", ".", "--top-dir", ".", "run", "test_sample"),
        _stestr,
        needs=("stestr", "python-subunit"),
        also=_crashed,
        limits=Limits(fails_only=True, parent="failed", subtests="skipped"),
        cannot="tell errors from failures; failed subtests are attachments of their test",
    ),
    Runner(
        "testtools.run",
        (PYTHON, "-m", "testtools.run", "test_sample"),
        _text(outputs.from_sections),
        needs=("testtools",),
        limits=Limits(passes=False),
        also=_wants(_STARTED),
        cannot="print the names of the tests that pass",
    ),
    Runner(
        "trial",
        (PYTHON, "-m", "twisted.trial", *(f"test_sample.{name}" for name in _TRIAL_CLASSES)),
        _text(outputs.from_trial),
        needs=("Twisted",),
        refuses=("3.12.1", _UNSTARTED),
        rows=_TRIAL_ROWS,
        limits=Limits(subtests="joined", marks=False),
        cannot="class fixtures, and so no loop for a class; expected failures of a "
        "TestCase that is not "
        "trial's; subtests are told as their test, which ends with the first that fails; "
        "notes, causes and members of an exception are not shown, so "
        "that of a test that failed *and* leaked only the failure is read",
    ),
]


# Libraries that make or drive tests

_uvloop = importlib.util.find_spec("uvloop") is not None

_LIBRARIES = [
    Runner(
        "Hypothesis, unittest",
        _unittest("-v", test="test_property.Properties"),
        _from_unittest,
        needs=("hypothesis",),
        rows=PROPERTIES,
    ),
    Runner(
        "Hypothesis, pytest",
        _pytest(*_ALONE, test="test_property.py"),
        _record,
        needs=("hypothesis", "pytest"),
        rows=PROPERTIES + PROPERTY_FUNCTIONS,
        limits=_PYTEST_LIMITS,
    ),
    Runner(
        "parameterized and ddt, unittest",
        _unittest("-v", test="test_maker"),
        _from_unittest,
        needs=("parameterized", "ddt"),
        rows=MAKERS,
    ),
    Runner(
        "parameterized and ddt, pytest",
        _pytest(*_ALONE, test="test_maker.py"),
        _record,
        needs=("parameterized", "ddt", "pytest"),
        rows=MAKERS,
        limits=_PYTEST_LIMITS,
    ),
    Runner(
        "uvloop, installed" if _uvloop else "uvloop, not installed",
        _unittest("-v", test="test_loop"),
        _from_unittest,
        rows=LOOPS if _uvloop else LOOPS_MISSING,
    ),
]

RUNNERS: list[Runner] = [*_UNITTEST, *_BARE, *_PYTEST, *_OTHERS, *_LIBRARIES]
