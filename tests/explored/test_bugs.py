"""
What exploring finds, and what it must not find.

Each of the miniatures in ``bugs.py`` is found, and its cure holds. To measure it in full, with the
number of schedules to each bug and what becomes of replays after an edit::

    python -m tests.explored.test_bugs 1000

"""

import asyncio
import statistics
import sys
import unittest

from asynctesting import Explorer, ReplayError

from .bugs import BUGS


#: Schedules for a bug to be found in.
FOUND = 1000

#: Schedules for a cure to hold in, unless they are gone through before; 1,000 when measured.
HOLDS = 120


def find(name, mended=False, **options):
    """Explore a miniature."""
    _, own, scenario = BUGS[name]
    return Explorer(**{"schedules": FOUND, **own, **options}).run(scenario(mended))


def with_an_await(main):
    """The same, with one more await in the test."""

    async def edited():
        await asyncio.sleep(0)
        await main()

    return edited


def with_a_task(main, nap=None):
    """The same, with a task that has nothing to do with it."""

    async def unrelated():
        if nap is not None:
            await asyncio.sleep(nap)
        for _ in range(4):
            await asyncio.sleep(0)

    async def edited():
        task = asyncio.create_task(unrelated())
        try:
            await main()
        finally:
            await task

    return edited


EDITS = {
    "unchanged": lambda main: main,
    "an await": with_an_await,
    "a task": with_a_task,
    "a task after a timer": lambda main: with_a_task(main, nap=0.05),
}


def is_found_again(name, token, edit):
    """Whether a replay finds the bug in a test that was edited meanwhile."""
    _, own, scenario = BUGS[name]
    explorer = Explorer(schedules=1, replay=token, **own)
    try:
        return explorer.run(edit(scenario(False))).failed
    except ReplayError:
        return False


class BugTests(unittest.TestCase):
    """The miniatures."""

    def test_enough(self):
        """There are at least thirty of them, each after something that has been published."""
        self.assertGreaterEqual(len(BUGS), 39)
        self.assertEqual(len(BUGS), len({source for source, _, _ in BUGS.values()}))

    def test_not_found_without(self):
        """None of them is seen in asyncio's own order, the only one of an ordinary run."""
        for name in BUGS:
            with self.subTest(name):
                self.assertFalse(find(name, schedules=1).failed)

    def test_found(self):
        """Each is found, at once told in words, and found again after an edit."""
        for name in BUGS:
            with self.subTest(name):
                found = find(name)
                self.assertTrue(found.failed)
                self.assertIn("what matters of it:", found.report)
                for edit in EDITS.values():
                    self.assertTrue(is_found_again(name, found.replay, edit))

    def test_mended(self):
        """No cure is blamed."""
        for name in BUGS:
            with self.subTest(name):
                found = find(name, mended=True, schedules=HOLDS)
                self.assertFalse(found.failed, found.error)


def measure(schedules):
    """Print it all."""
    counts = []
    kept = dict.fromkeys(EDITS, 0)
    for name in BUGS:
        mine = [find(name, seed=seed) for seed in range(5)]
        counts += [one.schedules for one in mine]
        for edit in EDITS:
            kept[edit] += is_found_again(name, mine[0].replay, EDITS[edit])
        mended = find(name, mended=True, schedules=schedules, within=None)
        print(f"{name:42} {[one.schedules for one in mine]!s:24} mended: {mended}", flush=True)
    print(f"{len(BUGS)} bugs, schedules to a bug: median {statistics.median(counts)}, "
          f"at most {max(counts)}")
    print("replays that find it again:", ", ".join(f"{kept[edit]} ({edit})" for edit in kept))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].isdecimal():
        measure(int(sys.argv[1]))
    else:
        unittest.main()
