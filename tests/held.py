"""
Tests that hold their loop for as long as it takes, not for as long as would do on a calm machine.

The check ``blocked-loop`` does not count what a busy machine takes away; so there is no time that is long
enough for it. What is to be told holds the loop until it is known to, and what is waited for comes then.

"""

import contextlib
from unittest import mock

from asynctesting.checks.blocking import BlockedLoop


#: Empty until a step is known to hold its loop. A list, as to look at it is no call of a function, which the check
#: might see instead of the line.
HELD = []

#: What is to be called then, on the thread of the watchdog, so that what blocks goes on.
RELEASES = []

#: Real seconds for a nap, of which there may be many.
NAP = 0.02


@contextlib.contextmanager
def until_held():
    """Have :data:`HELD` filled, and :data:`RELEASES` called, as soon as a loop is held."""
    HELD.clear()
    judge = BlockedLoop._judge

    def judge_and_tell(self, step, tid):
        judge(self, step, tid)
        if step.held is not None:
            HELD.append(step.held)
            release()

    with mock.patch.object(BlockedLoop, "_judge", judge_and_tell):
        try:
            yield
        finally:
            release()
            HELD.clear()


def release():
    """Let go of whatever waits."""
    while RELEASES:
        RELEASES.pop()()
