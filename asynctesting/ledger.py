"""
What has been found in this process so far, so that nobody is drowned in it.

The same culprit (the same check and line) is told in full once, and in one line in each test after
that. Settings of the environment ask for more:

``ASYNCTESTING_REPEATS=full``
    Each test tells all in full, for machines that show one test at a time.
``ASYNCTESTING_FINDINGS=file``
    Each finding is appended to this file, as a line of JSON. Any number of processes may.
``ASYNCTESTING_SUMMARY=1``
    When the process ends, there is a table on ``sys.stderr``, also of what its own processes
    have found.
``ASYNCTESTING_BASELINE=file``
    The culprits that are listed in this file warn, where they would fail.

They are looked at when a class, or a life without one, is made. Nothing is opened or written as
long as there is neither a finding nor a setting.

"""

from __future__ import annotations

import atexit
import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from .errors import AsyncTestingWarning, OptionError
from .findings import Finding, render


if TYPE_CHECKING:
    from .records import Baseline


__all__ = ["LEDGER", "Ledger", "SETTINGS"]

__unittest = True

PREFIX: Final = "ASYNCTESTING_"

#: The settings, without their prefix.
SETTINGS: Final = ("BASELINE", "FINDINGS", "REPEATS", "SUMMARY")

#: Where a process that is to tell of the findings of others wants them.
INTO: Final = f"{PREFIX}SUMMARY_INTO"

# Those that no test has replaced.
_open, _write, _close = os.open, os.write, os.close

_APPEND: Final = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Ledger:
    """What one process has found."""

    def __init__(self) -> None:
        #: For each culprit the test that has told of it in full.
        self._told: dict[Any, str] = {}
        #: For each check, in how many lives it has found anything.
        self.lives: Counter[str] = Counter()
        #: What was written down of tests that live many times.
        self._noted: set[Any] = set()
        #: What :mod:`warnings` knows of what was warned of, so that it can tell it once.
        self.warned: dict[Any, Any] = {}
        self._settings: tuple[str, ...] = ("",) * len(SETTINGS)
        self._root = ""
        self._roots: dict[str, None] = {}
        self._baseline: Baseline | None = None
        self._files: tuple[str, ...] = ()
        #: The process that prints the table.
        self._owner = 0

    # Settings

    def begin(self) -> None:
        """
        Look at the settings, unless they are the same as before.

        Raises:
            OptionError: for a setting that cannot be.

        """
        if os.environ.get(f"{PREFIX}OFF", "") not in ("", "0"):
            return
        settings = tuple(os.environ.get(PREFIX + name, "") for name in SETTINGS)
        if settings == self._settings:
            return
        baseline, findings, repeats, summary = settings
        if repeats not in ("", "full", "short"):
            raise OptionError(
                f"environment variable {PREFIX}REPEATS must be 'full' or 'short', not {repeats!r}"
            )
        if summary not in ("", "0", "1"):
            raise OptionError(
                f"environment variable {PREFIX}SUMMARY must be 1 or 0, not {summary!r}"
            )
        self._root = os.getcwd()
        self._baseline = self._read_baseline(baseline) if baseline else None
        # One that lies where its tests were run, is also good for a run from somewhere else.
        self._roots = dict.fromkeys((self._root, os.path.dirname(os.path.abspath(baseline))))
        files = [self._ready(findings)] if findings else []
        if summary == "1":
            files.append(self._into())
        self._files = tuple(files)
        self._settings = settings

    def _read_baseline(self, name: str) -> Baseline:
        from .records import Baseline

        where = f"environment variable {PREFIX}BASELINE"
        try:
            with open(name, encoding="utf-8") as file:
                return Baseline.read(file, name)
        except OSError as error:
            raise OptionError(
                f"{where}: cannot read {name!r}: {error.strerror}; to make one, write "
                f"`python -m asynctesting baseline findings.jsonl --into {name}`"
            ) from None
        except ValueError as error:
            raise OptionError(f"{where}: {error}") from None

    def _ready(self, name: str) -> str:
        """The path of a file that can be written to."""
        path = os.path.abspath(name)
        try:
            _close(_open(path, _APPEND, 0o666))
        except OSError as error:
            raise OptionError(
                f"environment variable {PREFIX}FINDINGS: cannot write to {name!r}: "
                f"{error.strerror}"
            ) from None
        return path

    def _into(self) -> str:
        """The file from which the table is made, by this process or the one it belongs to."""
        path = os.environ.get(INTO, "")
        if not path:
            import tempfile

            descriptor, path = tempfile.mkstemp(".jsonl", "asynctesting-")
            _close(descriptor)
            os.environ[INTO] = path
            self._owner = os.getpid()
            atexit.register(self.summarise, path)
        return path

    # What is found

    def knows(self, finding: Finding, test: str) -> bool:
        """Tell whether the culprit of *finding* is in the baseline."""
        baseline = self._baseline
        return baseline is not None and any(
            baseline.knows(self._record(finding, test, "known", root)) for root in self._roots
        )

    def note(
        self, test: str, found: Iterable[tuple[Finding, str]], *, once: bool = False
    ) -> None:
        """
        Write down what was *found* in one life of *test*, and its level.

        Args:
            test: its id.
            found: each finding with its level.
            once: whether the test may live many times, and the same culprit in another life is no news.

        """
        all_found = list(found)
        self.lives.update({finding.check for finding, _ in all_found})
        if not self._files:
            return
        import json

        for finding, level in all_found:
            if once:
                key = test, finding.culprit, level
                if key in self._noted:
                    continue
                self._noted.add(key)
            record = self._record(finding, test, level, self._root)
            line = json.dumps(record, ensure_ascii=False)
            for file in self._files:
                self._append(file, f"{line}\n".encode(errors="backslashreplace"))

    def _record(self, finding: Finding, test: str, level: str, root: str) -> dict[str, Any]:
        from .records import record

        return record(finding, test=test, level=level, root=root)

    def _append(self, file: str, line: bytes) -> None:
        try:
            descriptor = _open(file, _APPEND, 0o666)
            try:
                _write(descriptor, line)  # one call, so that processes do not mix their lines
            finally:
                _close(descriptor)
        except OSError as error:
            self._files = tuple(other for other in self._files if other != file)
            warnings.warn(
                f"asynctesting cannot write findings to {file!r} any more: {error.strerror}",
                AsyncTestingWarning,
            )

    # What is told

    def first(self, finding: Finding, test: str) -> str:
        """
        The test that has told of the culprit of *finding* in full, if it is another one.

        If none has, it is *test*, from now on. What has no line has no culprit that could be the
        same in another test.

        """
        if not test or finding.origin is None or os.environ.get(f"{PREFIX}REPEATS") == "full":
            return ""
        first = self._told.setdefault(finding.culprit, test)
        return first if first != test else ""

    def report(
        self, findings: Iterable[Finding], *, test: str = "", subject: str = "this test"
    ) -> str:
        """
        Put *findings* into the words by which *test* fails.

        Args:
            findings: in order.
            test: its id; without one, all is told in full.
            subject: what it is called.

        """
        return render(findings, subject=subject, first=lambda one: self.first(one, test))

    def summarise(self, path: str) -> None:
        """Print the table."""
        if os.getpid() != self._owner:
            return  # a fork, which ends as we do
        from .records import read, table

        os.environ.pop(INTO, None)
        try:
            with open(path, encoding="utf-8") as file:
                records = read(file, path)
            os.unlink(path)
            worker = os.environ.get("PYTEST_XDIST_WORKER", "")
            words = [f"[{worker}]" if worker else "", table(records)]
            if self._baseline is not None:
                stale = len(self._baseline.without(records).places)
                known = len(self._baseline.places)
                words.append(f"baseline: {stale} of its {known} culprits were not met in this run")
            print(*words, sep="\n", file=sys.stderr)
        except (OSError, ValueError) as error:
            print(f"asynctesting: there is no table: {error}", file=sys.stderr)


#: That of this process.
LEDGER: Final = Ledger()
