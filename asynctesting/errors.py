"""
What asynctesting raises and warns with.

* :exc:`AsyncTestingError`

  * :exc:`OptionError` (``TypeError``, ``ValueError``): an option that cannot be
  * :exc:`FindingsError` (``AssertionError``): a test that broke a promise
  * :exc:`StageError` (``RuntimeError``): a stage of a test that could not be ended properly
  * :exc:`LoopUnavailable` (``ImportError``): an event loop that is not installed
  * :exc:`LoopRunnerError` (``RuntimeError``): a loop runner that cannot do what it is told
  * :exc:`NotInTime` (``TimeoutError``): what a test waited for did not come
  * :exc:`SubprocessFailed` (``ChildProcessError``): a subprocess that ended before it should
  * :exc:`DeadlockError` (``RuntimeError``): an event loop that nothing will ever wake
  * :exc:`LoopTimeExceeded` (``TimeoutError``): a virtual time that came to its end
  * :exc:`RealTimeError` (``RuntimeError``): what only virtual time can do
  * :exc:`ReplayError` (``ValueError``): an order to be replayed that cannot be read, or is no more

* :exc:`AsyncTestingWarning` (``UserWarning``)

All of them can be pickled, since test runners send them between processes.

"""

from __future__ import annotations


__all__ = [
    "AsyncTestingError",
    "AsyncTestingWarning",
    "DeadlockError",
    "FindingsError",
    "LoopRunnerError",
    "LoopTimeExceeded",
    "LoopUnavailable",
    "NotInTime",
    "OptionError",
    "RealTimeError",
    "ReplayError",
    "StageError",
    "SubprocessFailed",
]


class AsyncTestingError(Exception):
    """The base of everything that asynctesting raises."""


class OptionError(AsyncTestingError, TypeError, ValueError):
    """An option has a wrong name, type or value, or does not go with another one."""


class FindingsError(AsyncTestingError, AssertionError):
    """
    The test passed, but left something broken behind.

    The message is the whole report: for each finding the fact, the culprit
    and the cure.

    """


class StageError(AsyncTestingError, RuntimeError):
    """A stage of a test was stopped from outside, or did not end when it was told to."""


class LoopUnavailable(AsyncTestingError, ImportError):
    """A named event loop is not installed, or does not work here."""


class LoopRunnerError(AsyncTestingError, RuntimeError):
    """
    A loop runner cannot do what it is told: it does not run, or would wait for itself.

    """


class NotInTime(AsyncTestingError, TimeoutError):
    """
    What a test waited for did not come in time.

    That is the result of a coroutine in another thread, a server or a subprocess that
    was to get ready, or the end of one.

    """


class DeadlockError(AsyncTestingError, RuntimeError):
    """Nothing is ready, no timer is set, and nothing outside can wake the event loop."""


class LoopTimeExceeded(AsyncTestingError, TimeoutError):
    """Virtual time came to its end, or ran on and on, and the test did not end."""


class RealTimeError(AsyncTestingError, RuntimeError):
    """What was asked for needs virtual time, and the time of the event loop is real."""


class ReplayError(AsyncTestingError, ValueError):
    """An order that is to be replayed cannot be read, or the test has no such order any more."""


class SubprocessFailed(AsyncTestingError, ChildProcessError):
    """A subprocess ended before it should, or with an error."""


class AsyncTestingWarning(UserWarning):
    """A finding of a check that is set to warn, or a bug in asynctesting itself."""
