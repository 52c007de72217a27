"""From what a runner printed or recorded to outcomes: each key with a list of them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any


__all__ = [
    "Told",
    "foreign_frames",
    "from_green",
    "from_lines",
    "from_nose2",
    "from_record",
    "from_sections",
    "from_stestr",
    "from_trial",
    "from_unittest",
]

Told = dict[str, list[str]]

_WORDS = {
    "ok": "passed",
    "FAIL": "failed",
    "ERROR": "errored",
    "expected failure": "xfailed",
    "unexpected success": "xpassed",
    "UNEXPECTED SUCCESS": "xpassed",
}

_LINE = re.compile(
    r"^ *(\w+) \(([\w.]+)\)(?: (\([^\n]*\)))?(?:\n[^\n]+?)? \.\.\. "
    r"(ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b",
    re.MULTILINE,
)
#: Where a subtest has crossed a process, it has a strange message that means none.
_STRANGE = re.compile(r" \[<object object at 0x\w+>\]")

_SECTION = re.compile(
    r"={70}\n(ERROR|FAIL|UNEXPECTED SUCCESS): (?:(\w+) \(([\w.]+)\)|([\w.]+))(?: (\(.*\)))?$",
    re.MULTILINE,
)


def _key(method: str, where: str, subtest: str | None) -> str:
    key = f"{method} ({where})" if method == "setUpClass" else where
    return f"{key} {subtest}" if subtest else key


def _add(told: Told, key: str, outcome: str) -> None:
    told.setdefault(key, []).append(outcome)


def from_lines(text: str) -> Told:
    """Read the lines ``test (id) ... outcome`` that -v prints."""
    told: Told = {}
    for method, where, subtest, word in _LINE.findall(_STRANGE.sub("", text)):
        _add(told, _key(method, where, subtest), _WORDS.get(word, "skipped"))
    return told


def from_sections(text: str) -> Told:
    """Read the headings of the reports of failures."""
    told: Told = {}
    for word, method, where, plain, subtest in _SECTION.findall(_STRANGE.sub("", text)):
        _add(told, _key(method, where or plain, subtest), _WORDS[word])
    return told


def from_unittest(text: str) -> Told:
    """Failures from their sections, everything else from the lines."""
    told = from_sections(text)
    for key, outcomes in from_lines(text).items():
        for outcome in outcomes:
            if outcome not in ("failed", "errored", "xpassed"):
                _add(told, key, outcome)
    return told


def from_nose2(text: str) -> Told:
    """The same for nose2: it names neither a broken class nor a skipped subtest."""
    told = from_sections(text)
    for match in _LINE.finditer(text):
        key = match[2]
        outcome = _WORDS.get(match[4], "skipped")
        if outcome not in ("failed", "errored"):
            _add(told, key, outcome)
        if re.match(r"[^\n]*\nok$", text[match.end() :].split("\ntest_", 1)[0], re.DOTALL):
            _add(told, key, "passed")
    return told


def from_record(path: Path) -> Told:
    """Read what the plugin ``recorder`` has written."""
    told: Told = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, outcome = json.loads(line)
        if outcome == "passed" and "passed" in told.get(key, ()):
            continue
        _add(told, key, outcome)
    return told


def _from_tree(lines: list[str], pattern: re.Pattern[str], words: dict[str, str]) -> Told:
    told: Told = {}
    module = cls = key = ""
    for line in lines:
        match = pattern.match(line)
        if match:
            word, subtest = match["word"], match["subtest"]
            key = f"{module}.{cls}.{match['name']}"
            key = f"{key} {subtest}" if subtest else key
            if word:
                _add(told, key, words[word])
        elif more := re.fullmatch(r"\s+\[(.*)\]", line):
            if words[more[1]] not in told.get(key, ()):
                _add(told, key, words[more[1]])  # one more of the same test
        elif re.fullmatch(r"\w+", line):
            module = line
        elif re.fullmatch(r"  \w+", line):
            cls = line.strip()
    return told


def from_green(text: str) -> Told:
    """Read the tree that ``green -vv`` prints."""
    tree = text.split("\n\n", 1)[0].splitlines()
    words = {
        ".": "passed",
        "F": "failed",
        "E": "errored",
        "s": "skipped",
        "x": "xfailed",
        "u": "xpassed",
    }
    return _from_tree(
        tree,
        re.compile(r"(?P<word>[.FEsxu])   (?P<name>\w+)(?: (?P<subtest>\(.*?\)))?(?: --|$)"),
        words,
    )


def from_trial(text: str) -> Told:
    """Read the tree that trial prints."""
    tree = text.split("\n====", 1)[0].splitlines()
    words = {
        "OK": "passed",
        "FAIL": "failed",
        "ERROR": "errored",
        "SKIPPED": "skipped",
        "TODO": "xfailed",
        "SUCCESS!?!": "xpassed",
    }
    return _from_tree(
        tree, re.compile(r"    (?P<name>\w+) \.\.\.(?:.*\[(?P<word>.*)\])?(?P<subtest>)"), words
    )


def from_stestr(stream: bytes) -> tuple[Told, str]:
    """Read a subunit stream: the outcomes, and the text of its attachments."""
    import subunit  # type: ignore[import-untyped]
    import testtools

    told: Told = {}
    texts: list[str] = []
    words = {
        "success": "passed",
        "fail": "failed",
        "skip": "skipped",
        "xfail": "xfailed",
        "uxsuccess": "xpassed",
    }

    class Reader(testtools.StreamResult):
        def status(self, **event: Any) -> None:  # type: ignore[override]
            if event.get("file_bytes"):
                texts.append(bytes(event["file_bytes"]).decode("utf-8", "replace"))
            if event.get("test_status") in words and event.get("test_id"):
                _add(told, event["test_id"], words[event["test_status"]])

    subunit.ByteStreamToStreamResult(io.BytesIO(stream)).run(Reader())
    return told, "\n".join(texts)


# Frames


#: Frames of unittest's that stand *below* the user's line: the assertion's own. Some
#: runners show them for every TestCase.
_ASSERTIONS = r"fail|fail[A-Z]\w*|assert\w+|_baseAssert\w+|skipTest|_?deprecate"


def foreign_frames(text: str, package: Path) -> list[str]:
    """
    Frames in *text* that lead to a user's line without being the user's.

    They are ours, asyncio's ways of running a task, or unittest's of running a test, as
    tracebacks have them (``File "...", line 1, in run``) and as pytest has (``path.py:1:``).

    """
    ours = [path.relative_to(package).as_posix() for path in package.rglob("*.py")]
    modules = [
        *(f"asynctesting/{path}" for path in ours),
        "asyncio/runners.py",
        "asyncio/base_events.py",
        "asyncio/events.py",
        "unittest/async_case.py",
        "unittest/case.py",
        "asgiref/sync.py",
    ]
    anywhere = "|".join(re.escape(module).replace("/", r"[\\/]") for module in modules)
    found = []
    for line in text.splitlines():
        if re.search(rf'(?:{anywhere})(?:", line \d|:\d+:)', line):
            if not re.search(rf"unittest[\\/]case\.py\", line \d+, in (?:{_ASSERTIONS})$", line):
                found.append(line.strip())
    return found
