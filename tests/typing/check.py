"""
Hold the samples in this folder against mypy --strict and pyright.

    python tests/typing/check.py

The samples called ..._usage.py must be accepted by both, without a single comment that silences
them. In those called refused*.py, both must refuse exactly the lines that end in "# error".

"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = "3.11"

SILENCED = re.compile(r"#\s*(type|pyright|mypy)\s*:")

Line = tuple[str, int]


def run(*command: str) -> str:
    """Run a checker on our own interpreter's installation; it may well complain."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


def by_mypy(samples: Iterable[Path]) -> dict[Line, str]:
    """Give what mypy refuses."""
    output = run(
        "mypy", "--strict", "--no-error-summary", f"--python-version={PYTHON}",
        *map(str, samples),
    )  # fmt: skip
    found: dict[Line, str] = {}
    for line in output.splitlines():
        told = re.fullmatch(r"(.+?):(\d+)(?::\d+)?: error: (.*)", line)
        if told:
            found.setdefault((Path(told[1]).name, int(told[2])), told[3])
        elif ": note: " not in line:
            raise SystemExit(f"mypy says: {line}")
    return found


def by_pyright(samples: Iterable[Path]) -> dict[Line, str]:
    """Give what pyright refuses."""
    output = run("pyright", "--outputjson", f"--pythonversion={PYTHON}", *map(str, samples))
    try:
        told = json.loads(output)["generalDiagnostics"]
    except ValueError:
        raise SystemExit(f"pyright says: {output}") from None
    return {
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1): one["message"]
        for one in told
        if one["severity"] == "error"
    }


def marked(samples: Iterable[Path]) -> set[Line]:
    """Give the lines that are to be refused."""
    return {
        (sample.name, number)
        for sample in samples
        for number, line in enumerate(sample.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("  # error")
    }


def silenced(samples: Iterable[Path]) -> list[str]:
    """Give the lines that would silence a checker."""
    return [
        f"{sample.name}:{number}: silences a checker: {line.strip()}"
        for sample in samples
        for number, line in enumerate(sample.read_text(encoding="utf-8").splitlines(), 1)
        if SILENCED.search(line)
    ]


def main() -> int:
    """Check all samples; give the exit status."""
    samples = sorted([*HERE.glob("*_usage.py"), *HERE.glob("refused*.py")])
    wanted = marked(samples)
    problems = silenced(samples)
    for name, check in (("mypy", by_mypy), ("pyright", by_pyright)):
        found = check(samples)
        for line in sorted(found.keys() - wanted):
            problems.append(f"{line[0]}:{line[1]}: {name} refuses it: {found[line]}")
        for line in sorted(wanted - found.keys()):
            problems.append(f"{line[0]}:{line[1]}: {name} accepts it")
    print("\n".join(problems) or f"{len(samples)} samples, {len(wanted)} lines refused by both")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
