"""
Explore published releases: ``python -m tests.explored.published``.

Each sample beside this file is a test as a user would write it, of a library that had a race. It is
explored, with the library in the release that has the race and in one that is mended, each in an
environment that is made once, as those of ``tests.conformance`` are. What must come of it:

* the race is found, in the 200 schedules of the decorator;
* ``ASYNCTESTING_REPLAY`` finds it again under unittest, and the failure names a line of the test;
* the mended release holds in 1,000 schedules.

Options::

    python -m tests.explored.published                 # all of them
    python -m tests.explored.published 'pool*' --seeds 5
    python -m tests.explored.published --list

"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.fetch import CannotFetch, environment


ROOT = Path(__file__).resolve().parents[3]

#: Schedules in which what is mended has to hold.
HOLDS = 1000

#: Seconds for one exploration.
LIMIT = 300


@dataclass(frozen=True)
class Sample:
    """
    One library.

    Args:
        module: the test, in this package.
        issue: where it was told.
        broken, mended: the releases, as pip calls them.
        beside: what both need, by exact version.
        exact: whether it can be replayed exactly.
        until: for what is in the standard library: the first Python that is mended.

    """

    module: str
    issue: str
    broken: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    exact: bool = True
    until: tuple[int, int] | None = None


SAMPLES = (
    Sample(
        "connector_of_aiohttp",
        "aio-libs/aiohttp#9670",
        ("aiohttp==3.10.10",),
        ("aiohttp==3.10.11",),
        (
            "aiohappyeyeballs==2.7.1",
            "aiosignal==1.4.0",
            "attrs==26.1.0",
            "frozenlist==1.8.0",
            "idna==3.20",
            "multidict==6.9.1",
            "propcache==0.5.4",
            "yarl==1.25.1",
        ),
    ),
    Sample(
        "lock_of_anyio",
        "agronholm/anyio#1145",
        ("anyio==4.13.0",),
        ("anyio==4.16.0",),
        ("idna==3.20", "typing_extensions==4.16.0"),
    ),
    Sample(
        "lock_of_aiorwlock",
        "aio-libs/aiorwlock#400",
        ("aiorwlock==1.5.0",),
        ("aiorwlock==1.5.1",),
    ),
    Sample(
        "window_of_limits",
        "alisaifee/limits#277",
        ("limits==5.2.0",),
        ("limits==5.8.0",),
        ("deprecated==3.0.1", "packaging==25.0", "typing_extensions==4.16.0", "wrapt==2.5.2"),
        exact=False,
    ),
    Sample("replies_of_redis", "redis/redis-py#2665", ("redis==4.5.3",), ("redis==4.5.5",)),
    Sample(
        "pool_of_httpcore",
        "encode/httpcore#1093",
        ("httpcore==1.0.9", "certifi==2026.10.19.post1"),
        ("httpcore2==2.16.2", "truststore==0.10.5"),
        ("anyio==4.16.0", "h11==0.16.0", "idna==3.20", "typing_extensions==4.16.0"),
    ),
    Sample(
        "pool_of_psycopg",
        "psycopg/psycopg#1275",
        ("psycopg-pool==3.3.0",),
        ("psycopg-pool==3.3.1",),
        ("psycopg==3.3.9", "psycopg-binary==3.3.9", "typing_extensions==4.16.0"),
    ),
    Sample("condition_of_asyncio", "python/cpython#112202", until=(3, 13)),
)


class Wrong(Exception):
    """Not what must come of it."""


def run(python: Path, *arguments: str, **settings: str) -> str:
    """Run a module, and give what it has printed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ASYNCTESTING_")}
    environ |= {"PYTHONPATH": str(ROOT), "ASYNCTESTING_FAILURES": "off", "PYTHONIOENCODING": "utf-8", **settings}
    done = subprocess.run(
        [str(python), "-B", "-m", *arguments],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=LIMIT,
        check=False,
    )
    return done.stdout


def told(output: str) -> str:
    """The line that says what came of exploring."""
    match = re.search(r"^tests\.explored\S+: (.*)$", output, re.M)
    if match is None:
        raise Wrong(f"it was not explored:\n{output[-2000:]}")
    return match[1]


def find(sample: Sample, python: Path, seeds: int) -> str:
    """Find the race, find it again, count how often it is met."""
    module = f"tests.explored.published.{sample.module}"
    first, token = [], ""
    for seed in range(seeds):
        output = run(python, "asynctesting", "explore", module, "--seed", str(seed))
        match = re.match(r"fails 1 of (\d+) schedules", told(output))
        if match is None:
            raise Wrong(f"not found with seed {seed}: {told(output)}")
        first.append(int(match[1]))
        if not seed:
            token = re.findall(r"ASYNCTESTING_REPLAY=(\S+)", output)[-1]
    again = run(python, "unittest", module, ASYNCTESTING_REPLAY=token)
    is_found = "it fails in the order to be replayed" in again and "FAILED" in again
    is_named = re.search(rf'File ".*{sample.module}\.py", line \d+', again) is not None
    if sample.exact and not (is_found and is_named):
        raise Wrong(f"{token} does not find it again, or names no line:\n{again[-3000:]}")
    counted = told(run(python, "asynctesting", "explore", module, "--count"))
    replay = "replayed" if is_found else "not replayed"
    return f"{counted}; the first in schedule {statistics.median(first):g} (of {seeds} seeds: {first}); {replay}"


def hold(sample: Sample, python: Path) -> str:
    """Find nothing."""
    module = f"tests.explored.published.{sample.module}"
    output = run(python, "asynctesting", "explore", module, "--count", "--schedules", str(HOLDS))
    if re.match("fails 0 of|holds|all ", told(output)) is None:
        raise Wrong(f"mended, and it fails:\n{output[-3000:]}")
    return told(output)


def stages(sample: Sample, seeds: int):
    """What to run for a sample: what it is run with, and how."""
    if sample.until is not None:
        name = "asyncio of Python {}.{}.{}".format(*sys.version_info)
        python = Path(sys.executable)
        if sys.version_info < sample.until:
            yield name, lambda: find(sample, python, seeds)
        else:
            yield name, lambda: hold(sample, python)
        return
    for pins, is_mended in ((sample.broken, False), (sample.mended, True)):

        def explore(pins=pins, is_mended=is_mended):
            python = environment(sample.module, (*pins, *sample.beside))
            return hold(sample, python) if is_mended else find(sample, python, seeds)

        yield pins[0], explore


def main(arguments: list[str] | None = None) -> int:
    """Explore what was asked for; 0 if all came as it must."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.explored.published",
        description="races in published libraries, found in the releases that have them",
    )
    parser.add_argument("pattern", nargs="*", help="names of samples; all of them without")
    parser.add_argument("--seeds", type=int, default=1, help="how often each is to be found (%(default)s)")
    parser.add_argument("--list", action="store_true", help="name all samples and end")
    given = parser.parse_args(arguments)
    chosen = [
        sample
        for sample in SAMPLES
        if not given.pattern or any(fnmatch.fnmatchcase(sample.module, one) for one in given.pattern)
    ]
    if not chosen:
        parser.error("no sample is called so; --list shows all")
    wrong = skipped = 0
    for sample in chosen:
        print(f"{sample.module}: {sample.issue}", flush=True)
        if given.list:
            continue
        for name, explore in stages(sample, given.seeds):
            began = time.monotonic()
            try:
                came = explore()
            except CannotFetch as error:
                skipped += 1
                came = f"skipped: {error}"
            except (Wrong, subprocess.TimeoutExpired) as error:
                wrong += 1
                came = f"WRONG: {error}"
            print(f"    {name}: {came} ({time.monotonic() - began:.0f} s)", flush=True)
    if not given.list:
        print(f"{len(chosen)} samples, {wrong} wrong, {skipped} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
