"""Sources and environments of projects, made once and kept outside the checkout.

Everything is pinned: the source distribution by its digest, what is installed beside it by version
and without its dependencies.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from .suites import Project


__all__ = ["CannotFetch", "cache", "environment", "sources"]

LIMIT = 300.0
PIP = "26.3"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


class CannotFetch(Exception):
    """A source or an environment cannot be had; the message says what was tried."""


def cache() -> Path:
    """Where everything fetched is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "asynctesting" / "conformance"


def run(command: list[str], doing: str) -> None:
    """Run a command; what has no wheel for a new Python is built without a compiler, if it can."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            stdin=subprocess.DEVNULL,
            check=False,
            env=os.environ | {"AIOHTTP_NO_EXTENSIONS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotFetch(f"{doing}: {type(error).__name__}") from error
    if done.returncode:
        said = [
            line for line in done.stderr.splitlines() if line.startswith("ERROR")
        ] or done.stderr.splitlines()
        raise CannotFetch(f"{doing}: exit code {done.returncode}: {' | '.join(said[-3:])}")


def pip() -> Path:
    """One pip for every Python, run from its own wheel; found by whichever pip there is.

    The one that a Python came with may be missing, or too old to run on another.
    """
    wheel = cache() / f"pip-{PIP}-py3-none-any.whl"
    if not wheel.exists():
        cache().mkdir(parents=True, exist_ok=True)
        finder = [sys.executable, "-m", "pip"]
        if subprocess.run([*finder, "--version"], capture_output=True, check=False).returncode:
            finder = [found for found in (shutil.which("pip3"), shutil.which("pip")) if found][:1]
        if not finder:
            raise CannotFetch("no pip at all, neither in this Python nor on the path")
        with tempfile.TemporaryDirectory(dir=cache()) as scratch:
            download = ["download", "--quiet", "--no-deps", "--dest", scratch, f"pip=={PIP}"]
            run([*finder, *download], f"pip download pip=={PIP}")
            checked(Path(scratch) / wheel.name, PIP_SHA256).replace(wheel)
    return wheel / "pip"


def checked(file: Path, sha256: str) -> Path:
    """The same file, if it is what it should be."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != sha256:
        raise CannotFetch(f"{file.name} has SHA-256 {digest}, {sha256} was expected")
    return file


def sources(project: Project) -> Path:
    """The folder of a project's unpacked sources."""
    base = f"{project.name}-{project.version}"
    folder = cache() / "sources" / f"{base}-{sys.implementation.cache_tag}"
    if folder.is_dir():
        return folder
    archives = cache() / "sdists"
    archives.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    archive = archives / f"{base}.tar.gz"
    with tempfile.TemporaryDirectory(dir=cache()) as scratch:
        if not archive.exists():
            download = ["download", "--quiet", "--no-binary", ":all:", "--no-deps", project.pin]
            command = [sys.executable, str(pip()), *download, "--dest", scratch]
            run(command, f"pip download {project.pin}")
            (downloaded,) = Path(scratch).glob("*.tar.gz")
            checked(downloaded, project.sha256).replace(archive)
        with tarfile.open(checked(archive, project.sha256)) as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extractall(scratch, filter="data")
            else:
                tar.extractall(scratch)
        (unpacked,) = (entry for entry in Path(scratch).iterdir() if entry.is_dir())
        settle(unpacked, folder)
    return folder


def environment(name: str, requires: tuple[str, ...]) -> Path:
    """The interpreter of an environment of this Python that holds exactly these."""
    about = "\n".join((sys.version, sys.base_prefix, PIP, *sorted(requires)))
    key = hashlib.sha256(about.encode()).hexdigest()[:12]
    folder = cache() / "environments" / f"{name}-{sys.implementation.cache_tag}-{key}"
    inside = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch) / "made"
            run([sys.executable, "-m", "venv", "--without-pip", str(made)], f"venv for {name}")
            if requires:
                install = ["install", "--quiet", "--no-deps", "--prefer-binary", *requires]
                command = [str(made / inside), str(pip()), *install]
                run(command, f"pip install {' '.join(requires)}")
            settle(made, folder)  # only its scripts know where it was made, and none is used
    return folder / inside


def settle(made: Path, place: Path) -> None:
    """Move a finished folder to its place, unless another run was faster."""
    try:
        made.replace(place)
    except OSError:
        if not place.is_dir():
            raise
