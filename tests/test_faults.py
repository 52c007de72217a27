"""Each fault fails its test, and names the line; no neighbour and no twin is blamed."""

import unittest

import asynctesting
from tests.faults.corpus import FAULTS, TWINS


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


def _add(sample, check):
    def test(self):
        getattr(self, check)(sample)

    kind = "fault" if sample.is_fault else "twin"
    test.__doc__ = f"{kind.capitalize()} {sample.name.replace('_', ' ')}."
    name = f"test_{sample.section}_{kind}_{sample.body.__name__}"
    assert not hasattr(FaultTests, name), name
    setattr(FaultTests, name, test)


for _sample in FAULTS:
    _add(_sample, "check_fault")
for _sample in TWINS:
    _add(_sample, "check_twin")
