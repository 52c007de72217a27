"""Runs one suite once, in a process of its own, on the interpreter that starts it.

Started by path with one argument, the file of a request (``conduct.run_suite`` writes it); writes
one JSON object a line to the request's ``report``, each flushed, so that a crash or a hang still
tells what came before it. Imports nothing of the harness: the interpreter may be a project's, with
its own ``tests`` package.
"""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import importlib
import inspect
import json
import os
import sys
import threading
import traceback
import unittest
import unittest.async_case
from pathlib import Path


# unittest leaves frames of such modules out of tracebacks, which some suites compare
__unittest = True

STAGES = ("setUp", "asyncSetUp", "test", "asyncTearDown", "tearDown", "cleanup")
STOCK = unittest.async_case.IsolatedAsyncioTestCase


class Sabotage(Exception):
    """Raised in a stage other than the test itself."""


class SabotageFailure(AssertionError):
    """Raised at the end of a test, which makes it a failure, not an error."""


class Report:
    """Lines of JSON, each on disk before the next test begins."""

    def __init__(self, path):
        self.stream = Path(path).open("a", encoding="utf-8")

    def write(self, **fields):
        self.stream.write(json.dumps(fields) + "\n")
        self.stream.flush()


class RecordingResult(unittest.TestResult):
    """Tells every entry of every test to the report."""

    def __init__(self, report):
        super().__init__()
        self.report = report
        self.current = ""
        self.told = 0

    def tell(self, kind, test, err=None):
        self.told += 1
        why = (
            ""
            if err is None
            else " ".join("".join(traceback.format_exception_only(err[0], err[1])).split())[:200]
        )
        self.report.write(test=test.id(), kind=kind, why=why)

    def startTest(self, test):
        self.current = test.id()
        self.told = 0
        self.report.write(started=self.current)
        super().startTest(test)

    def stopTest(self, test):
        if not self.told:
            self.tell("nothing", test)
        self.report.write(stopped=self.current)
        self.current = ""
        super().stopTest(test)

    def addSuccess(self, test):
        self.tell("success", test)

    def addError(self, test, err):
        self.tell("error", test, err)

    def addFailure(self, test, err):
        self.tell("failure", test, err)

    def addSkip(self, test, reason):
        self.tell("skip", test if not hasattr(test, "test_case") else test.test_case)

    def addExpectedFailure(self, test, err):
        self.tell("expectedFailure", test)

    def addUnexpectedSuccess(self, test):
        self.tell("unexpectedSuccess", test)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.tell(
                "failure" if issubclass(err[0], test.failureException) else "error", test, err
            )


def raises_after(original, cls, error):
    """``original``, a turn of the loop if it is asynchronous, ``error``: seen only at its end."""
    function = original.__func__ if isinstance(original, (staticmethod, classmethod)) else original

    def bound(self):
        return original.__get__(self, type(self)) if hasattr(original, "__get__") else original

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def stage(self, *args, **kwargs):
            await bound(self)(*args, **kwargs)
            if type(self) is cls:
                await asyncio.sleep(0)
                raise error

    else:

        @functools.wraps(function)
        def stage(self, *args, **kwargs):
            result = bound(self)(*args, **kwargs)
            if type(self) is not cls:
                return result
            if inspect.iscoroutine(result):
                result.close()
            raise error

    return stage


def raises_instead(original, cls, error):
    """``error`` in place of ``original``.

    A set-up that went through would leave things that no tear-down takes away.
    """
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def stage(self):
            if type(self) is not cls:
                return await original(self)
            await asyncio.sleep(0)
            raise error

    else:

        @functools.wraps(original)
        def stage(self):
            if type(self) is not cls:
                return original(self)
            raise error

    return stage


def leaves_cleanup(original, cls, error):
    """``original``, after an asynchronous cleanup was added that raises ``error``."""

    async def cleanup():
        await asyncio.sleep(0)
        raise error

    @functools.wraps(original)
    def stage(self):
        if type(self) is cls:
            self.addAsyncCleanup(cleanup)
        return original(self)

    return stage


def sabotage(stage, cls, method):
    """Make ``stage`` raise for tests of exactly this class, the same way whatever its base is."""
    name = {"test": method, "cleanup": "setUp"}.get(stage, stage)
    original = inspect.getattr_static(cls, name, None)
    if original is None:
        return
    if stage == "test":
        setattr(cls, name, raises_after(original, cls, SabotageFailure(f"sabotage of {stage}")))
    else:
        way = {
            "cleanup": leaves_cleanup,
            "setUp": raises_instead,
            "asyncSetUp": raises_instead,
        }.get(stage, raises_after)
        setattr(cls, name, way(original, cls, Sabotage(f"sabotage of {stage}")))


def watch(base, result, report, stage):
    """See every run of a test of ``base``, and sabotage it first if a stage is given.

    Tests that a test makes and runs for itself are seen too, under both names.
    """
    original = base.run
    done = set()

    @functools.wraps(original)
    def run(self, into=None):
        cls, method = type(self), self._testMethodName
        key = (cls, method if stage == "test" else None)
        if stage and key not in done:
            done.add(key)
            sabotage(stage, cls, method)
        if into is result:
            report.write(ran=self.id())
            return original(self, into)
        before = entries(into)
        returned = original(self, into)
        after = entries(into if into is not None else returned)
        name = f"{result.current} > {cls.__qualname__.rpartition('<locals>.')[2]}.{method}"
        report.write(ran=name)
        for kind, count in after.items():
            for _ in range(count - before.get(kind, 0)):
                report.write(test=name, kind=kind, why="")
        if after == before:
            report.write(
                test=name,
                kind="success" if into is not None or returned is not None else "nothing",
                why="",
            )
        return returned

    base.run = run


def entries(result):
    """How many entries of each kind a result has got so far."""
    kinds = {
        "errors": "error",
        "failures": "failure",
        "skipped": "skip",
        "expectedFailures": "expectedFailure",
        "unexpectedSuccesses": "unexpectedSuccess",
    }
    return {kind: len(getattr(result, name, ())) for name, kind in kinds.items()}


def tell_findings(base, result, report):
    """Tell what the checks have found in each life of a test, and bugs of ours."""
    trials = sys.modules.get(f"{base.__module__.partition('.')[0]}.trial")
    if trials is None:
        return  # the standard class
    kind = trials.Trial
    original = kind.warn

    @functools.wraps(original)
    def warn(self):
        found = [(one, "fail") for one in self.failing] + [(one, "warn") for one in self.warning]
        for finding, level in found:
            report.write(
                found=finding.check,
                check=finding.check,
                level=level,
                of=self._subject().name,
                test=result.current,
                fact=finding.fact,
                text=str(finding),
                where="" if finding.place is None else finding.place.where,
            )
        for bug in self._bugs:
            report.write(
                found="bug", check="bug", level="fail", of="", test=result.current, fact=bug, text=bug, where=""
            )
        return original(self)

    kind.warn = warn


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def go_under(name, base):
    """Have a suite run under something that is at work in this process."""
    if name == "trace":

        def trace(frame, event, argument):
            return trace

        threading.settrace(trace)
        sys.settrace(trace)
    elif name == "uvloop":
        base.loop_factory = staticmethod(importlib.import_module("uvloop").new_event_loop)


def resolve(base, root):
    """The class on trial, imported from ``root``, which is then gone from the path again."""
    module, _, name = base.partition(":")
    sys.path.insert(0, root)
    try:
        return getattr(importlib.import_module(module), name)
    finally:
        sys.path.remove(root)
        for loaded in [m for m in sys.modules if m == "tests" or m.startswith("tests.")]:
            del sys.modules[loaded]


def main():
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    faulthandler.enable()
    faulthandler.dump_traceback_later(request["limit"], exit=True)
    report = Report(request["report"])
    sys.path.pop(0)
    sys.path[:0] = request["path"]
    sys.argv[1:] = []

    base = resolve(request["base"], request["root"])
    unittest.IsolatedAsyncioTestCase = base
    unittest.async_case.IsolatedAsyncioTestCase = base
    if request["every"]:
        unittest.TestCase = base

    tests = []
    for setup in request["before"]:
        module, _, name = setup.partition(":")
        getattr(importlib.import_module(module), name)()
    for name in request["modules"]:
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # a suite may say "skip me" on import, or worse
            report.write(unimportable=name, why=f"{type(error).__name__}: {error}"[:300])
            continue
        tests.extend(flat(unittest.defaultTestLoader.loadTestsFromModule(module)))
    if request["only_base"]:
        tests = [test for test in tests if isinstance(test, base)]
    report.write(
        stock_left=sorted(
            {test.id() for test in tests if isinstance(test, STOCK) and not isinstance(test, base)}
        ),
        took=unittest.IsolatedAsyncioTestCase
        is base
        is unittest.async_case.IsolatedAsyncioTestCase,
    )
    result = RecordingResult(report)
    go_under(request["under"], base)
    watch(base, result, report, request["stage"])
    tell_findings(base, result, report)
    unittest.TestSuite(tests).run(result)
    report.write(done=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # sabotaged tests leave threads behind; what they were meant to show is on disk


if __name__ == "__main__":
    main()
