"""
``python -m asynctesting explore``: evidence for a fault, and for its cure.

A test, whether it has ``@explore`` or not, or a coroutine function without arguments, is run in so
many orders, and the failures are counted: "fails 14 of 200 schedules", and after the cure
"fails 0 of 1,000 schedules", or "all 20 orders hold".

"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
import unittest
from collections.abc import Iterator
from typing import Any

from .case import AsyncTestCase
from .errors import AsyncTestingError
from .exploration import Exploration
from .explored_tests import Counting
from .explorer import Explorer
from .options import exploring_of


__all__ = ["add_arguments", "explore_command"]

__unittest = True


def add_arguments(commands: Any) -> None:
    """Add the command to those of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explore",
        help="run a test, or a coroutine function, in many orders, and count those that fail",
    )
    parser.add_argument(
        "target", metavar="MODULE:CLASS.TEST", help="a test, a class, or MODULE:FUNCTION"
    )
    parser.add_argument("--schedules", type=int, help="how many orders to try")
    parser.add_argument("--seed", type=int, help="what is random depends on it alone")
    parser.add_argument("--strategy", help="the name of a strategy")
    parser.add_argument(
        "--cancel",
        nargs="?",
        const=True,
        metavar="PATTERN",
        help="cancel tasks, or those whose names match",
    )
    parser.add_argument(
        "--count", action="store_true", help="go on after a failure, and count all of them"
    )


def explore_command(given: argparse.Namespace) -> int:
    """
    Run the command.

    Returns:
        The exit code: 0 if nothing failed, 1 if something did, 2 if there is nothing to explore.

    """
    words = {
        name: value
        for name in ("schedules", "seed", "strategy", "cancel")
        if (value := getattr(given, name)) is not None
    }
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        exploring = exploring_of("explore", **words)
        changed = {name: getattr(exploring, name) for name in words}
        failed = False
        for name, found in _explored(given.target, changed, given.count):
            failed = failed or found.failed
            print(f"{name}: {found}")
            if found.failed:
                print(f"\n{type(found.error).__name__}: {found.error}\n\n{found.report}\n")
    except (AsyncTestingError, ImportError, AttributeError, TypeError) as error:
        print(f"asynctesting: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def _explored(
    target: str, changed: dict[str, Any], count: bool
) -> Iterator[tuple[str, Exploration]]:
    module, _, name = target.partition(":")
    found: Any = None
    if name:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    if inspect.isfunction(found) and "." not in name:
        yield target, Explorer(**changed, count=count).run(found)
        return
    suite = unittest.defaultTestLoader.loadTestsFromName(target.replace(":", "."))
    cases: list[tuple[AsyncTestCase, Counting]] = []
    for case in _cases(suite):
        if not isinstance(case, AsyncTestCase):
            raise TypeError(
                f"{case.id()} is no test of an AsyncTestCase: only those are explored"
            )
        counting = Counting(lambda given: given.replaced(**changed), count)
        case._asynctesting_explored = counting
        cases.append((case, counting))
    if not cases:
        raise TypeError(f"there is no test {target!r}")
    result = unittest.TestResult()
    suite.run(result)
    for case, counting in cases:
        yield from ((case.id(), one) for one in counting.found)
    if not all(counting.found for _, counting in cases):
        told = [text for _, text in result.errors + result.skipped]
        raise TypeError("not explored: " + "".join(told[:1]).rstrip())


def _cases(suite: Any) -> Iterator[Any]:
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from _cases(one)
        else:
            yield one
