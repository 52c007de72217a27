"""Each fault fails its test, and names the line; no neighbour and no twin is blamed."""

import unittest

import asynctesting
from asynctesting.checks import IDS
from asynctesting.checks.loop_leftovers import LoopLeftovers
from tests.faults.corpus import FAULTS, TWINS
from tests.support import settle, unsettle


setUpModule, tearDownModule = settle, unsettle


BLOCKING = 7

#: What is left on a loop can be looked at only on asyncio's own ones.
ON_THE_LOOP = frozenset(LoopLeftovers.ids)

try:
    import uvloop
except ImportError:
    uvloop = None


class FaultTests(unittest.TestCase):
    """One test for each sample."""

    def check_fault(self, sample):
        run = sample.run(asynctesting.AsyncTestCase)
        self.assertEqual([], run.blamed, run.text)
        if sample.blind:
            self.skipTest(sample.blind)
        self.assertTrue(run.seen, run.text or "the test passes")
        if sample.has_line:
            self.assertTrue(run.named, run.text)

    def check_twin(self, sample):
        run = sample.run(asynctesting.AsyncTestCase)
        self.assertTrue(run.is_healthy, "\n".join([run.text, *run.warned]))


def _add(case, sample, check):
    def test(self):
        getattr(self, check)(sample)

    kind = "fault" if sample.is_fault else "twin"
    test.__doc__ = f"{kind.capitalize()} {sample.name.replace('_', ' ')}."
    name = f"test_{sample.section}_{kind}_{sample.body.__name__}"
    assert not hasattr(case, name), name
    setattr(case, name, test)


class CompletenessTests(unittest.TestCase):
    def test_every_id_has_its_fault(self):
        """A check that silently stopped working would be the worst fault of all."""
        alone = {sample.checks[0] for sample in FAULTS if not sample.blind}
        self.assertEqual(set(), set(IDS) - alone)


@unittest.skipUnless(uvloop, "uvloop is not installed")
class UvloopTests(unittest.TestCase):
    """The same on another loop, but for what is left on the loop itself."""

    def run_on_uvloop(self, sample):
        return sample.run(asynctesting.AsyncTestCase, uvloop.new_event_loop)

    def check_fault(self, sample):
        run = self.run_on_uvloop(sample)
        self.assertEqual([], run.blamed, run.text)
        if sample.blind_on_uvloop:
            self.skipTest(sample.blind_on_uvloop)
        if not (sample.blind or ON_THE_LOOP & set(sample.checks)):
            self.assertTrue(run.seen, run.text or "the test passes")
            if sample.has_line:
                self.assertTrue(run.named, run.text)

    def check_twin(self, sample):
        if sample.blind_on_uvloop:
            self.skipTest(sample.blind_on_uvloop)
        run = self.run_on_uvloop(sample)
        self.assertTrue(run.is_healthy, "\n".join([run.text, *run.warned]))


for _sample in FAULTS:
    _add(FaultTests, _sample, "check_fault")
    if _sample.section != BLOCKING:
        _add(UvloopTests, _sample, "check_fault")
for _sample in TWINS:
    _add(FaultTests, _sample, "check_twin")
    if _sample.section != BLOCKING:
        _add(UvloopTests, _sample, "check_twin")
