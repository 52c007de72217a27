"""``python -m tests.faults [--stock] [name]``: which faults are seen, which twins are blamed."""

import argparse
import unittest

import asynctesting
from asynctesting.loops.factories import LoopChoice

from .corpus import FAULTS, TWINS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stock", action="store_true", help="use the standard class")
    parser.add_argument("--text", action="store_true", help="show what is reported")
    parser.add_argument("--loop", help="run on the loops of this package: uvloop")
    parser.add_argument("pattern", nargs="?", default="", help="part of a name")
    options = parser.parse_args()
    base = unittest.IsolatedAsyncioTestCase if options.stock else asynctesting.AsyncTestCase
    faults = [sample for sample in FAULTS if options.pattern in sample.name]
    twins = [sample for sample in TWINS if options.pattern in sample.name]
    factory = LoopChoice(options.loop, options.loop).factory() if options.loop else None
    seen = named = blamed = alarms = 0
    for sample in faults:
        run = sample.run(base, factory)
        caught = run.failed if options.stock else run.seen
        seen += caught
        named += caught and (run.named or not sample.has_line)
        blamed += bool(run.blamed)
        words = [
            "seen" if caught else "PASSES" if not run.failed else "OTHERWISE",
            "" if not caught or run.named or not sample.has_line else "NOT NAMED",
            f"BLAMED {run.blamed}" if run.blamed else "",
            sample.blind,
        ]
        print(f"{sample.name:55}", *filter(None, words), sep="  ")
        if options.text:
            print(run.text, *run.warned, sep="\n")
    for sample in twins:
        run = sample.run(base, factory)
        alarms += not run.is_healthy
        print(f"{sample.name:55}", "" if run.is_healthy else f"FALSE ALARM {run.outcomes}", sep="  ")
        if options.text and not run.is_healthy:
            print(run.text, *run.warned, sep="\n")
    print(f"\n{len(faults)} faults: {seen} seen, {named} named, {blamed} times a neighbour blamed")
    print(f"{len(twins)} twins: {alarms} false alarms")


main()
