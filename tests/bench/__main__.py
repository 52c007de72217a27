"""
The first six rows of the figures to reach, and the last, with the machine and the versions.

    python -m tests.bench           under a minute
    python -m tests.bench --quick   under ten seconds, and less exact

Each row has a ratio: ours divided by theirs, of medians of several rounds in which all subjects
took turns. Times are seconds of the processor.

"""

import argparse
import asyncio
import importlib.metadata
import os
import platform
import sys
from statistics import median

import asynctesting
from asynctesting.checks import IDS

from . import mocks, subjects
from .measure import HEADINGS, Bound, Row, interleaved, number, per_item, seconds, table


MICRO = 1e6
MILLI = 1e3

AGAINST_STANDARD = Bound(0.2, 0.15)
AGAINST_RUN = Bound(1.4, 1.0)
MEMORY = Bound(1.1)
FLAT = Bound(0.01)
IMPORT = Bound(1.3)
IMPORT_MS = 25
VIRTUAL_TEST = Bound(1.3)
VIRTUAL = Bound(3)
SCHEDULE = Bound(1.0)
WATCHED = Bound(1.05)


def machine():
    """Say where and with what this was measured."""
    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next(line.partition(":")[2].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        pass
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    peers = []
    for name in ("asynctesting", "aiounittest", "anyio", "pytest", "pytest-asyncio"):
        try:
            peers.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if name != "asynctesting":
                peers.append(f"{name} not found")
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} x {cpu}{load}\n{', '.join(peers)}"
    )


def show(title, headings, rows):
    """Print a table under a title."""
    print(f"\n{title}\n\n{table(headings, rows)}", flush=True)


def time_tests(quick):
    """Rows 1 and 2: one trivial test."""
    rounds, number_of_tests = (5, 40) if quick else (15, 100)
    shares = {f"only {check}": subjects.with_only(check) for check in IDS}
    found = {**subjects.classes(), **shares}
    timed = {
        name: subjects.time_class(cls, number_of_tests // 4 if name in SLOW else number_of_tests)
        for name, cls in found.items()
    }
    interleaved(timed, 1)  # warm
    taken = {name: median(values) * MICRO for name, values in interleaved(timed, rounds).items()}
    ours = taken["asynctesting"]
    rows = [
        Row("test, default checks", ours, "standard class", taken["standard class"], "us",
            AGAINST_STANDARD),
        Row("", ours, "asyncio.run in a TestCase", taken["asyncio.run"], "us", AGAINST_RUN),
    ]  # fmt: skip
    rows.append(
        Row("test, virtual time", taken["virtual time"], "real time", ours, "us", VIRTUAL_TEST)
    )
    if "aiounittest" in taken:
        rows.append(Row("", ours, "aiounittest", taken["aiounittest"], "us"))
    off = taken["checks off"]
    costs = [("all by default", ours), *((name, taken[name]) for name in shares)]
    return rows, [
        ("none", f"{number(off)} us", "", ""),
        *(
            (name, f"{number(cost)} us", f"{number(cost - off)} us", f"{cost / off - 1:.0%}")
            for name, cost in costs
        ),
    ]


#: Subjects that take several times as long.
SLOW = {"standard class", "aiounittest"}


def time_pytest(quick):
    """Row 1 again, under pytest: whole processes, of many tests and of one."""
    names = subjects.under_pytest()
    if not names:
        return []
    rounds, many = (1, 120) if quick else (3, 400)
    with subjects.folder() as folder:
        timed = {
            (name, count): subjects.time_pytest(name, count, folder)
            for name in names
            for count in (1, many)
        }
        taken = interleaved(timed, rounds)
    costs = {name: per_item(taken[name, many], taken[name, 1], many - 1) * MICRO for name in names}
    what, *others = names
    return [
        Row("test, under pytest" if index == 0 else "", costs[what], other, costs[other], "us")
        for index, other in enumerate(others)
    ]


def weigh(quick):
    """Row 3: memory."""
    few, many = (200, 2_000) if quick else (2_000, 20_000)
    ours = subjects.peak_of_suite("Default", few) / 1e3
    standard = subjects.peak_of_suite("Standard", few) / 1e3
    held_few = subjects.held_after("Default", few)
    held_many = subjects.held_after("Default", many)
    growth = (held_many - held_few) / (many - few)
    return [Row(f"suite of {few:,}, peak", ours, "standard class", standard, "kB", MEMORY)], [
        (
            *Row(f"held after {many:,}", held_many, f"after {few:,}", held_few, "blocks").cells()[
                :4
            ],
            "",
            f"{FLAT.verdict(growth)} for each test more",
        )
    ]


def time_sleep(quick):
    """Row 8: virtual time, against plain asyncio running as many ready callbacks."""
    beats, number, rounds = (8_640, 2_000, 3) if quick else (86_400, 10_000, 5)
    loop = asynctesting.SimulatedLoop
    timed = {
        "day": subjects.time_main(subjects.heart, beats, loop),
        "no day": subjects.time_main(subjects.waking, beats),
        "sleepers": subjects.time_main(subjects.sleepers, number, loop),
        "no sleepers": subjects.time_main(subjects.wakers, number),
    }
    taken = {name: median(values) * MICRO for name, values in interleaved(timed, rounds).items()}
    return [
        Row(f"{beats:,} heartbeats, each", taken["day"], "as many callbacks", taken["no day"], "us",
            VIRTUAL),
        Row(f"{number:,} sleepers, each", taken["sleepers"], "as many callbacks",
            taken["no sleepers"], "us", VIRTUAL),
    ]  # fmt: skip


def time_schedules(quick):
    """
    Row 7: exploration, one schedule of ten steps against ``asyncio.run()`` of it.

    A function is measured against a function, a test against a test, and against a function, too.

    """
    explored = {
        "function": subjects.explore_function,
        "no checks": lambda: subjects.explore_function("off"),
        "run": subjects.run_often,
        "test": subjects.explore_test,
        "run in a test": subjects.run_tests,
    }
    long = 0.1 if quick else subjects.LONG
    timed = {name: subjects.time_schedules(one, long) for name, one in explored.items()}
    interleaved(timed, 1)  # warm
    taken = interleaved(timed, 3 if quick else 9)
    cost = {name: median(values) * MICRO for name, values in taken.items()}
    return [
        Row("one schedule of ten steps", cost["function"], "asyncio.run", cost["run"], "us", SCHEDULE),
        Row("... checks off", cost["no checks"], "", cost["run"], "us"),
        Row("... of a test", cost["test"], "asyncio.run in a TestCase", cost["run in a test"], "us",
            SCHEDULE),
        Row("", cost["test"], "asyncio.run", cost["run"], "us", SCHEDULE),
    ]  # fmt: skip


def time_watch(quick):
    """What it costs a loop to be watched for deadlocks."""
    turns, rounds = (20_000, 5) if quick else (100_000, 11)
    timed = {
        "watched": subjects.time_main(subjects.ping_pong, turns, subjects.watched_loop),
        "plain": subjects.time_main(subjects.ping_pong, turns, asyncio.SelectorEventLoop),
    }
    interleaved(timed, 1)  # warm
    taken = {name: median(values) * MICRO for name, values in interleaved(timed, rounds).items()}
    return [
        Row(f"ping-pong of {turns:,} turns, watched, each", taken["watched"], "plain loop",
            taken["plain"], "us", WATCHED),
    ]  # fmt: skip


def time_import(quick):
    """Row 4: imports."""
    imports = {
        "asynctesting": subjects.time_import("unittest, asyncio, asynctesting.case, asynctesting.standalone"),
        "neither": subjects.time_import("unittest, asyncio"),
    }
    interleaved(imports, 1)  # compile
    taken = interleaved(imports, 4 if quick else 11)
    ours, theirs = (median(taken[name]) * MILLI for name in ("asynctesting", "neither"))
    more = ours - theirs
    verdict = Bound(IMPORT_MS).verdict(more)
    return [
        Row("import asynctesting", ours, "import unittest, asyncio", theirs, "ms", IMPORT).cells(),
        ("... more than that", f"{number(more)} ms", "", "", "", verdict),
    ]


def main():
    """Measure all, and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What it costs.")
    parser.add_argument("--quick", action="store_true", help="under ten seconds, less exact")
    quick = parser.parse_args().quick

    def measure():
        rows, shares = time_tests(quick)
        weights, flat = weigh(quick)
        rows += time_pytest(quick) + weights + time_sleep(quick)
        rows += time_schedules(quick) + time_watch(quick)
        cells = [row.cells() for row in rows] + flat + time_import(quick)
        show("One trivial asynchronous test, memory, and import", HEADINGS, cells)
        show("The share of each check", ("checks on", "test", "more", "of the test"), shares)
        show("Mocks", HEADINGS, [row.cells() for row in mocks.rows(quick)])

    print(machine())
    print(f"\nmeasured in {seconds(measure):.0f} s")


if __name__ == "__main__":
    sys.exit(main())
