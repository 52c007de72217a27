"""
``python -m asynctesting``: explain a check, keep the book of what was found, explore a test.

A summary, a baseline and its upkeep are made from what ``ASYNCTESTING_FINDINGS=file`` has written,
by one process or by many.

"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final


if TYPE_CHECKING:
    from .records import Baseline


__all__ = ["main"]

EPILOG: Final = """\
moving in:
  ASYNCTESTING_CHECKS=warn ASYNCTESTING_FINDINGS=found.jsonl python -m unittest
  python -m asynctesting summary found.jsonl
  python -m asynctesting baseline found.jsonl --into baseline.jsonl
  ASYNCTESTING_BASELINE=baseline.jsonl python -m unittest
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m asynctesting",
        description="Explain a check, look at what was found, or explore a test.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    explain = commands.add_parser(
        "explain", help="show the page of a check: its fault, its cure, what it cannot see"
    )
    explain.add_argument("ids", nargs="*", metavar="ID", help="ids of checks; none for a list")
    explain.add_argument(
        "--where",
        action="store_true",
        help="show where each check sees its fault: on which loops, threads and platforms",
    )

    summary = commands.add_parser("summary", help="make a table of findings, by check and culprit")
    _add_findings(summary)

    baseline = commands.add_parser(
        "baseline",
        help="make a baseline of findings, on the output; or keep one true",
        description="Make a baseline of all that was found. Without more, it is printed.",
    )
    _add_findings(baseline)
    upkeep = baseline.add_mutually_exclusive_group()
    upkeep.add_argument("--into", metavar="BASELINE", help="write it into this file")
    upkeep.add_argument(
        "--check",
        metavar="BASELINE",
        help="tell what is in this baseline, and was not found any more; 1 if there is anything",
    )
    upkeep.add_argument(
        "--shrink",
        metavar="BASELINE",
        help="take out of this baseline what was not found any more; add nothing to it",
    )

    from .evidence import add_arguments

    add_arguments(commands)
    return parser


def _add_findings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "findings", nargs="+", metavar="FILE", help="what ASYNCTESTING_FINDINGS has written"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        arguments: those after the name of the program; without them, the process's.

    Returns:
        The exit code: 0, 1 for a baseline that is not true any more, 2 for a file or an id
        that is not one.

    """
    given = _parser().parse_args(arguments)
    try:
        if given.command == "explain":
            return _explain(given.ids, given.where)
        if given.command == "explore":
            from .evidence import explore_command

            return explore_command(given)
        return _keep_book(given)
    except (OSError, ValueError) as error:
        print(f"asynctesting: {error}", file=sys.stderr)
        return 2


def _explain(ids: Sequence[str], is_where: bool) -> int:
    from .checks import IDS
    from .pages import contents, page, where_table

    for name in ids:
        if name not in IDS:
            import difflib

            close = difflib.get_close_matches(name, IDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "there are " + ", ".join(IDS)
            raise ValueError(f"there is no check {name!r}; {hint}")
    texts = [str(page(name)) for name in ids]
    if is_where:
        texts.append(where_table())
    print("\n\n".join(texts) or contents())
    return 0


def _keep_book(given: argparse.Namespace) -> int:
    from .records import Baseline, read, table

    records: list[dict[str, Any]] = []
    for name in given.findings:
        with open(name, encoding="utf-8") as file:
            records += read(file, name)
    if given.command == "summary":
        print(table(records))
        return 0
    name = given.check or given.shrink
    if name is None:
        _write(given.into, Baseline.of(records))
        return 0
    with open(name, encoding="utf-8") as file:
        baseline = Baseline.read(file, name)
    stale = baseline.without(records)
    _tell(stale, len(baseline.places), name)
    if given.check:
        return 1 if stale.places else 0
    _write(name, baseline.minus(stale))
    return 0


def _write(name: str | None, baseline: Baseline) -> None:
    """Write *baseline* into a file, or to the output."""
    if name is None:
        sys.stdout.write(str(baseline))
        return
    with open(name, "w", encoding="utf-8", newline="\n") as file:
        file.write(str(baseline))


def _tell(stale: Baseline, known: int, name: str) -> None:
    print(f"{name}: {len(stale.places)} of its {known} culprits were not found any more")
    for key in sorted(stale.places):
        where = f"{key.file}, in {key.function}" if key.file else key.function
        print(f"  {key.check}  {where}")
        if key.source:
            print(f"    {key.source}")


if __name__ == "__main__":
    sys.exit(main())
