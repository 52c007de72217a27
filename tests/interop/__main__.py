"""
Give one sample project to every runner, and compare what each of them tells.

    python -m tests.interop                    all of them
    python -m tests.interop --runner pytest    those whose name contains "pytest"
    python -m tests.interop --install          in an environment of its own, kept in a cache
    python -m tests.interop --list             their names
    python -m tests.interop --table            what each cannot do, for the README

Each runs in a process of its own, in a fresh copy of the sample. It is *same* if it tells
the ids and outcomes of ``expected.py``, shows every text that is expected of a failure, and
no frame that leads to the user's line without being the user's. A runner that is not installed
counts as failed, unless ``--missing-ok`` is given; one that does not support this Python is
skipped, with the reason.

"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asynctesting

from .expected import BAD, adapt
from .outputs import foreign_frames
from .runners import RUNNERS, Run, Runner


HERE = Path(__file__).resolve().parent
PACKAGE = Path(asynctesting.__file__).resolve().parent

#: Real seconds for one runner.
LIMIT = 90


def lay_out(folder: Path) -> None:
    """Copy the sample, its modules named as tests."""
    for path in (HERE / "sample").glob("*.py"):
        name = path.name
        if name.endswith("_tests.py"):
            name = f"test_{name.removesuffix('_tests.py')}.py"
        shutil.copy(path, folder / name)
    plugins = folder / "plugins"
    plugins.mkdir()
    for name in ("recorder", "bare_result"):
        shutil.copy(HERE / f"{name}.py", plugins / f"interop_{name}.py")


def environment(folder: Path) -> dict[str, str]:
    """The environment of a runner: ours, without what would colour or change it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASYNCTESTING_", "PYTEST_", "PYTHON", "COVERAGE", "DJANGO_"))
    }
    path = [folder, folder / "plugins", PACKAGE.parent]
    return {
        **kept,
        "INTEROP_RECORD": str(folder / "record.jsonl"),
        "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "200",
    }


def start(runner: Runner, folder: Path) -> Run:
    """Run it, its output and its errors in one text."""
    env = environment(folder)
    done = subprocess.run(
        runner.command,
        cwd=folder,
        env=env,
        timeout=LIMIT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )

    def more(command: Sequence[str]) -> bytes:
        return subprocess.run(
            command,
            cwd=folder,
            env=env,
            timeout=LIMIT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ).stdout

    text = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    return Run(folder, text, done.returncode, more=more)


def compare(runner: Runner, run: Run) -> list[str]:
    """Everything in which *run* differs from what is expected."""
    problems: list[str] = []
    told = {key: sorted(outcomes) for key, outcomes in runner.read(run).items()}
    expected = adapt(runner.rows, runner.limits)
    for key in sorted({*told, *expected}):
        ours, theirs = expected.get(key), told.get(key)
        if ours != theirs:
            problems.append(f"{key}: expected {_words(ours)}, told {_words(theirs)}")
    flat = " ".join(run.text.split())
    for row in runner.rows:
        if row.outcome == "class" and runner.limits.class_errors == "lost":
            continue
        if row.outcome in BAD or row.outcome == "class":
            problems += [
                f"{row.key}: {mark!r} is not shown"
                for mark in (row.marks if runner.limits.marks else row.marks[:1])
                if " ".join(mark.split()) not in flat
            ]
    if any(row.outcome in BAD for row in runner.rows) and run.exit == 0:
        problems.append("exit code 0, although tests failed")
    problems += [
        f"a frame that is not the user's: {line}"
        for line in foreign_frames(run.text, PACKAGE)
        if not (runner.limits.own_frames and re.search(runner.limits.own_frames, line))
    ]
    return problems + runner.also(run)


def _words(outcomes: list[str] | None) -> str:
    return " and ".join(outcomes) if outcomes else "nothing"


def judge(runner: Runner, keep: Path | None) -> tuple[list[str], float]:
    """Run one in a folder of its own; give the differences and the real seconds it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="interop-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        lay_out(folder)
        try:
            run = start(runner, folder)
            problems = compare(runner, run)
        except subprocess.TimeoutExpired as error:
            run = Run(folder, (error.stdout or b"").decode("utf-8", "replace"), -1)
            problems = [f"did not end within {LIMIT} s"]
        except OSError as error:
            run = Run(folder, "", -1)
            problems = [f"gave no answer: {error}"]
        if keep is not None:
            slug = "".join(c if c.isalnum() else "-" for c in runner.name)
            (keep / f"{slug}.txt").write_text(run.text, encoding="utf-8")
    return problems, time.monotonic() - began


def table() -> str:
    """What each runner cannot do, as a table in Markdown."""
    lines = ["| runner | what it cannot do, with any TestCase |", "| --- | --- |"]
    lines += [f"| {runner.name} | {runner.cannot} |" for runner in RUNNERS if runner.cannot]
    return "\n".join(lines)


def in_own_environment(arguments: Sequence[str]) -> int:
    """Run once more where the requirements are installed; gives the exit code."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asynctesting"
    folder = cache / f"interop-{platform.python_version()}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = (python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt")
    subprocess.run(pip, check=True)
    return subprocess.call((python, "-m", "tests.interop", *arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, and print the table; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop")
    parser.add_argument(
        "--runner",
        metavar="NAME",
        action="append",
        default=[],
        help="only runners whose name contains this; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="print the names of the runners")
    parser.add_argument("--table", action="store_true", help="print what each runner cannot do")
    parser.add_argument(
        "--missing-ok", action="store_true", help="count a runner that is not installed as skipped"
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="run in an environment of its own, made in the user's cache",
    )
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="keep the runners' output there"
    )
    parser.add_argument(
        "--jobs", type=int, default=2, help="how many runners at a time; 2 unless given"
    )
    arguments = sys.argv[1:] if arguments is None else arguments
    given = parser.parse_args(arguments)
    if given.install:
        return in_own_environment([one for one in arguments if one != "--install"])
    chosen = [
        runner
        for runner in RUNNERS
        if not given.runner or any(part.lower() in runner.name.lower() for part in given.runner)
    ]
    if given.list or given.table:
        print(table() if given.table else "\n".join(runner.name for runner in chosen))
        return 0
    if not chosen:
        parser.error(f"no runner is called {given.runner}")
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
    print(f"Python {platform.python_version()}, {len(chosen)} runners", flush=True)
    passed = failed = skipped = 0
    width = max(len(runner.name) for runner in chosen)
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        waiting = []
        for runner in chosen:
            reason = runner.unsupported() or runner.missing()
            waiting.append(
                (runner, reason, None if reason else pool.submit(judge, runner, given.keep))
            )
        for runner, reason, future in waiting:
            if future is None:
                fine = given.missing_ok or bool(runner.unsupported())
                word = "skipped" if fine else "failed"
                print(f"{runner.name:<{width}}  {word}: {reason}", flush=True)
                skipped, failed = skipped + fine, failed + (not fine)
                continue
            problems, seconds = future.result()
            word = "different" if problems else "same"
            print(
                f"{runner.name:<{width}}  {word:<9} {seconds:5.1f} s  {runner.version}", flush=True
            )
            for problem in problems:
                print(f"    {problem}", flush=True)
            passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
