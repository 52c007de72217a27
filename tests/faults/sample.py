"""
What a fault is, what its twin is, and what must come of them.

A sample is a test, or a class with one test and what belongs to it. It is run between two healthy
neighbours. A fault must fail its test, by one of the checks that are named, with one of its
lines that are marked ``# culprit``; a twin must pass without a warning; neighbours must pass.

"""

from __future__ import annotations

import contextlib
import gc
import inspect
import io
import linecache
import os
import sys
import unittest
import warnings
from collections.abc import Callable
from typing import Any

import asynctesting
from tests.support import HANDLERS, Record, require_main_thread


#: All samples, in the order in which they are written.
SAMPLES: list[Sample] = []

#: What is to be undone when the sample that runs has ended.
AFTERWARDS: list[Callable[[], object]] = []

NEIGHBOURS = ("test_0_before", "test_2_after")


class Sample:
    """One fault or twin."""

    def __init__(self, body: Any, section: int, checks: tuple[str, ...], more: Any) -> None:
        self.body = body
        self.section = section
        self.checks = checks
        self.is_fault = bool(checks)
        self.options: dict[str, Any] = more.get("options", {})
        #: Why it cannot be seen here, if so.
        self.blind: str = more.get("blind", "")
        #: Whether the class is broken as a whole, so that it has no healthy tests.
        self.is_alone = more.get("alone", False)
        #: Whether there is no line of the user's that could be named.
        self.has_line = more.get("line", True)
        #: The code that has the culprit's line, where it is not the sample's own.
        self.code: Any = inspect.unwrap(more.get("code", body))
        #: Whether it is the class that fails, not its test.
        self.is_of_class = more.get("of_class", False)
        #: Makes a context manager that is entered while it runs.
        self.around: Any = more.get("around", contextlib.nullcontext)
        #: Why it cannot be seen on uvloop, if so.
        self.blind_on_uvloop: str = more.get("uvloop", "")

    @property
    def name(self) -> str:
        return f"{self.section}. {self.body.__name__}"

    def lines(self) -> list[str]:
        """The places of the culprits, as a report has them."""
        source, first = inspect.getsourcelines(self.code)
        path = inspect.getsourcefile(self.code) or ""
        file = os.path.basename(path)
        numbers = [n for n, line in enumerate(source, first) if "# culprit" in line]
        if not numbers:  # it is in the code that the sample tests
            numbers = [n for n, line in enumerate(linecache.getlines(path), 1)
                       if "# culprit" in line]
        return [f"{file}:{number}" for number in numbers]

    def case(
        self, base: type[unittest.TestCase], loop_factory: Any = None
    ) -> type[unittest.TestCase]:
        """The class with the sample and its neighbours."""

        async def healthy(self: Any) -> None:
            self.assertTrue(True)

        names: dict[str, Any] = {
            name: healthy
            for name in NEIGHBOURS
            if not self.is_alone and not hasattr(self.body, name)
        }
        bases: tuple[type, ...] = (base,)
        if isinstance(self.body, type):
            bases = (self.body, base)
        else:
            names["test_1"] = self.body
        names["__module__"] = self.body.__module__
        if loop_factory is not None:
            names["loop_factory"] = staticmethod(loop_factory)
        options = self.options if base is asynctesting.AsyncTestCase else {}
        return type(base)("Herd", bases, names, **options)

    def run(self, base: type[unittest.TestCase], loop_factory: Any = None) -> Run:
        """Run it, and undo what it has left behind."""
        if "signal" in self.body.__name__:
            require_main_thread(HANDLERS)
        gc.collect()
        record = Record()
        try:
            with (
                self.around(),
                warnings.catch_warnings(record=True) as told,
                contextlib.redirect_stderr(io.StringIO()),
            ):
                warnings.simplefilter("always")
                suite = unittest.defaultTestLoader.loadTestsFromTestCase(
                    self.case(base, loop_factory)
                )
                suite.run(record)
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of policies, 3.14
                while AFTERWARDS:
                    AFTERWARDS.pop()()
            with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
                warnings.simplefilter("ignore")
                gc.collect()
        ours = [str(w.message) for w in told if w.category is asynctesting.AsyncTestingWarning]
        return Run(self, record, ours)


class Run:
    """What came of a sample."""

    def __init__(self, sample: Sample, record: Record, warned: list[str]) -> None:
        self.sample = sample
        self.outcomes: dict[str, str] = {}
        for name, outcome in record.told:
            name = name.partition(" ")[0]
            if self.outcomes.get(name, "success") == "success":
                self.outcomes[name] = outcome
        self.text = "\n".join(
            record.texts + ["\n".join(getattr(e, "__notes__", ())) for e in record.raised]
        )
        self.warned = warned

    @property
    def failed(self) -> bool:
        names = ("setUpClass", "tearDownClass") if self.sample.is_of_class else ("test_1",)
        return any(self.outcomes.get(name) in ("failure", "error") for name in names)

    @property
    def seen(self) -> bool:
        """Whether the fault fails its test, by the check that is for it."""
        return self.failed and any(
            check == "error" or f"[{check}]" in self.text for check in self.sample.checks
        )

    @property
    def named(self) -> bool:
        """Whether the culprit's line is told."""
        lines = self.sample.lines()
        return any(line in self.text.replace('.py", line ', ".py:") for line in lines)

    @property
    def blamed(self) -> list[str]:
        """Neighbours that did not pass."""
        others = (*NEIGHBOURS, "setUpClass", "tearDownClass")
        if self.sample.is_of_class:
            others = (*NEIGHBOURS, "test_1")
        return [name for name in others if self.outcomes.get(name, "success") != "success"]

    @property
    def is_healthy(self) -> bool:
        return self.outcomes.get("test_1") == "success" and not self.warned and not self.blamed


def fault(section: int, *checks: str, **more: Any) -> Callable[[Any], Any]:
    """Note a fault, and the ids of the checks that may find it."""
    return lambda body: _note(body, section, checks, more)


def twin(section: int, **more: Any) -> Callable[[Any], Any]:
    """Note a twin, which is healthy."""
    return lambda body: _note(body, section, (), more)


def _note(body: Any, section: int, checks: tuple[str, ...], more: Any) -> Any:
    SAMPLES.append(Sample(body, section, checks, more))
    return body


def later(function: Callable[..., object], *args: Any) -> None:
    """Call *function* when the sample that runs has ended."""
    AFTERWARDS.append(lambda: function(*args))


def before(*version: int) -> bool:
    """Tell whether this Python is older."""
    return sys.version_info < version
