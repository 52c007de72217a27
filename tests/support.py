"""What several test modules share: run a test class, and keep what its result was told."""

import asyncio
import contextlib
import functools
import gc
import inspect
import os
import signal
import subprocess
import sys
import textwrap
import threading
import types
import unittest

import asynctesting
from asynctesting.allowances import Book
from asynctesting.checks import Scene


#: Turns of the loop after which everything that was ready has run.
TURNS = 5

#: The classes that are run within a test.
_living = []

_OUTCOMES = {
    "addError": "error",
    "addExpectedFailure": "expected failure",
    "addFailure": "failure",
    "addSkip": "skip",
    "addSuccess": "success",
    "addUnexpectedSuccess": "unexpected success",
}


def who(test):
    """Name a test, a subtest, or a class fixture, in short."""
    if hasattr(test, "params"):
        return f"{test.test_case._testMethodName} {test._subDescription()}"
    method = getattr(test, "_testMethodName", None)
    return method if method is not None else str(test).partition(" ")[0]


class Record(unittest.TestResult):
    """A result that remembers what it was told, in order."""

    def __init__(self):
        super().__init__()
        #: Each call, by name.
        self.calls = []
        #: Each outcome: of what, and which.
        self.told = []
        #: Each exception, as it was told.
        self.raised = []
        self.texts = []
        self.durations = 0

    @property
    def outcome(self):
        """The one outcome of the one test."""
        ((_, outcome),) = self.told
        return outcome

    @property
    def text(self):
        """All that is printed for what failed, was skipped or was expected to fail."""
        return "\n".join(self.texts)

    def startTest(self, test):
        self.calls.append("startTest")
        super().startTest(test)

    def stopTest(self, test):
        self.calls.append("stopTest")
        super().stopTest(test)

    def addDuration(self, test, elapsed):
        self.durations += 1

    def addSubTest(self, test, subtest, error):
        self.calls.append("addSubTest")
        if error is None:
            outcome = "success"
        else:
            failure = issubclass(error[0], test.failureException)
            outcome = "failure" if failure else "error"
            self.raised.append(error[1])
            self.texts.append(self._exc_info_to_string(error, test))
        self.told.append((who(subtest), outcome))
        super().addSubTest(test, subtest, error)

    def _add(self, name, test, *args):
        self.calls.append(name)
        self.told.append((who(test), _OUTCOMES[name]))
        if args and isinstance(args[0], tuple):
            self.raised.append(args[0][1])
            self.texts.append(self._exc_info_to_string(args[0], test))
        else:
            self.texts += args
        getattr(super(), name)(test, *args)

    def addError(self, test, error):
        self._add("addError", test, error)

    def addFailure(self, test, error):
        self._add("addFailure", test, error)

    def addSkip(self, test, reason):
        self._add("addSkip", test, reason)

    def addExpectedFailure(self, test, error):
        self._add("addExpectedFailure", test, error)

    def addSuccess(self, test):
        self._add("addSuccess", test)

    def addUnexpectedSuccess(self, test):
        self._add("addUnexpectedSuccess", test)


def live(cls, result=None):
    """Run all tests of *cls*, class fixtures included, and give what the result was told."""
    if result is None:
        result = Record()
    _living.append(cls)
    try:
        unittest.defaultTestLoader.loadTestsFromTestCase(cls).run(result)
    finally:
        _living.remove(cls)
    return result


def told(test, **options):
    """Live the coroutine function *test* as the one test of a class; give its outcome, and what was told."""

    # How busy the machine is must not matter.
    class Tests(asynctesting.AsyncTestCase, **{"blocking_limit": None, **options}):
        async def test_cat(self):
            await test()

    result = live(Tests)
    return result.outcome, "\n".join(map(str, result.raised))


def scene(loop=None, **more):
    """Give a life for a check to watch; it need not have a loop."""
    return Scene(loop, Book(), **more)


def stack(*files):
    """Give the innermost of frames that look as if they stood in *files*, the outermost first."""
    frame = None
    for file in files:
        code = types.SimpleNamespace(co_filename=file, co_name="f", co_firstlineno=1)
        frame = types.SimpleNamespace(f_code=code, f_back=frame, f_lineno=1)
    return frame


def frames(error):
    """The file names in the traceback of *error*, as they are raised, not as they are printed."""
    names = []
    tb = error.__traceback__
    while tb is not None:
        names.append(tb.tb_frame.f_code.co_filename)
        tb = tb.tb_next
    return names


async def turns(number=TURNS):
    """Let everything run that is ready."""
    for _ in range(number):
        await asyncio.sleep(0)


async def for_ever():
    """Wait for what never comes."""
    await asyncio.Event().wait()


async def resist(until):
    """Do not end when cancelled, before the event *until* is set."""
    while not until.is_set():
        with contextlib.suppress(asyncio.CancelledError):
            await until.wait()


#: What Python keeps for the main thread, in the words of a skipped test.
HANDLERS = "handlers of signals can be set on the main thread only"
INTERRUPTS = "what blocks in the kernel can be interrupted on the main thread only"


def require_main_thread(why):
    """Skip the test, if it runs on another thread, and say *why*."""
    if threading.current_thread() is not threading.main_thread():
        raise unittest.SkipTest(why)


def main_thread_only(why):
    """Skip a test, or each test of a class, that runs on another thread, and say *why*."""

    def decorate(test):
        if isinstance(test, type):
            test.setUp = decorate(test.setUp)
            return test
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def guarded(*args, **kwargs):
                require_main_thread(why)
                return await test(*args, **kwargs)

        else:

            @functools.wraps(test)
            def guarded(*args, **kwargs):
                require_main_thread(why)
                return test(*args, **kwargs)

        return guarded

    return decorate


class Boom(Exception):
    """An error of a test's own."""


class BaseBoom(BaseException):
    """An error that is not an Exception."""


@contextlib.contextmanager
def default_sigint():
    """Give SIGINT the handler that Python begins with, whatever runs these tests."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextlib.contextmanager
def loops_made():
    """Collect the loops that asyncio makes meanwhile."""
    made = []
    original = asyncio.new_event_loop

    def new_event_loop():
        loop = original()
        made.append(loop)
        return loop

    asyncio.new_event_loop = new_event_loop
    try:
        yield made
    finally:
        asyncio.new_event_loop = original


@contextlib.contextmanager
def current_loop(loop):
    """Have *loop* as the current one of this thread, and none in the end."""
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)


def settle():
    """
    Let the collector not look, again and again, through what is there already.

    For ``setUpModule``, with :func:`unsettle` for ``tearDownModule``, of a module whose tests have much
    collected: unless it runs for a test within a test, which is of the same module.

    """
    if not _living:
        gc.collect()
        gc.freeze()


def unsettle():
    """Let it look at everything."""
    if not _living:
        gc.unfreeze()


def quiet():
    """Nothing is logged by asyncio meanwhile, also not about what is garbage by then."""
    return _Quiet()


class _Quiet:
    def __enter__(self):
        gc.collect()  # what others have left behind
        self._logs = unittest.TestCase().assertNoLogs("asyncio", "WARNING")
        self._logs.__enter__()

    def __exit__(self, *exc_info):
        gc.collect()
        return self._logs.__exit__(*exc_info)


def python(code, *, timeout=20, args=(), **environ):
    """Run *code* in a Python of its own."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(asynctesting.__file__)))
    # A spoilt start-up file of the outer run must not change what the inner one does.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASYNCTESTING_", "COVERAGE_"))
    }
    return subprocess.run(
        [sys.executable, *args, "-c", textwrap.dedent(code)],
        capture_output=True,
        cwd=home,
        env={**inherited, "PYTHONPATH": home, **environ},
        text=True,
        timeout=timeout,
    )
