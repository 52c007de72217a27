"""
Orders that have failed, kept from one run of the tests to the next.

They are in a folder, ``.asynctesting`` in the current one unless ``ASYNCTESTING_FAILURES`` names
another; with ``ASYNCTESTING_FAILURES=off`` nothing is kept. There is one small file for a test, and
it is gone when the test has nothing to remember any more. Nothing depends on them but which order is
tried first. A folder that cannot be written is no error.

"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final


__all__ = ["Remembered", "folder"]

__unittest = True

VARIABLE: Final = "ASYNCTESTING_FAILURES"

#: How many orders of one test are kept.
MOST: Final = 4


def folder() -> Path | None:
    """Where failing orders are kept; none if they are not to be."""
    text = os.environ.get(VARIABLE, "").strip()
    if text.lower() in ("off", "0", "no", "none", "false"):
        return None
    return Path(text or ".asynctesting")


class Remembered:
    """
    The failing orders of one test.

    Args:
        name: the test, as the runner calls it.
        home: where they are kept; none for nowhere.

    """

    def __init__(self, name: str, home: Path | None) -> None:
        self._name = name
        self._home = home
        digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()
        self._path = None if home is None else home / f"{digest[:20]}.orders"

    def tokens(self) -> list[str]:
        """Give them, the last one first."""
        if self._path is None:
            return []
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return []
        lines = [line.strip() for line in text.splitlines()]
        return [line for line in lines if line and not line.startswith("#")]

    def add(self, token: str) -> None:
        """Keep one, to be tried before the others."""
        self._write([token, *(other for other in self.tokens() if other != token)][:MOST])

    def forget(self, token: str) -> None:
        """Drop one that does not fail any more."""
        tokens = self.tokens()
        if token in tokens:
            tokens.remove(token)
            self._write(tokens)

    def _write(self, tokens: Sequence[str]) -> None:
        path, home = self._path, self._home
        if path is None or home is None:
            return
        try:
            if not tokens:
                path.unlink()
                return
            if not home.is_dir():
                home.mkdir(parents=True)
                (home / ".gitignore").write_text("*\n", encoding="utf-8")
            name = self._name.encode("unicode_escape").decode()
            text = "\n".join((f"# failing orders of {name}", *tokens, ""))
            # Others may write the same file at the same time: one of them is the last, and whole.
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(text, encoding="utf-8")
            os.replace(draft, path)
        except OSError:
            pass
