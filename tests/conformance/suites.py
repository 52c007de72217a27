"""Which suites there are: CPython's, found by looking at the installation; projects'; ours."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


__all__ = ["OWN", "PLAIN", "PROJECTS", "SAMPLE", "Project", "Suite", "cpython", "synchronous"]

OWN = Path(__file__).parent / "own"

AIOHTTP = (
    "aiohttp==3.14.5",
    "aiohappyeyeballs==2.7.1",
    "aiosignal==1.4.0",
    "attrs==26.1.0",
    "frozenlist==1.8.0",
    "idna==3.20",
    "multidict==7.2.1",
    "propcache==0.5.4",
    "typing_extensions==4.16.0",
    "yarl==1.25.1",
)


@dataclass(frozen=True, slots=True)
class Project:
    """A project's source distribution."""

    name: str
    version: str
    sha256: str

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Suite:
    """Some modules of tests, run together in one process.

    Attributes:
        name: how it is called on the command line and in the table.
        modules: what is imported and run, in this order.
        project: whose sources are unpacked and come first on the path; ``None`` for CPython's own
            and ours.
        requires: what its environment holds, each by its exact version.
        only_base: leave out tests that are not built on the class.
        every: put the class in place of :class:`unittest.TestCase` as well.
        within: folders of the project's sources that modules are imported from, too.
        before: ``module:function``, called before the modules are imported.
        path: further folders that modules are imported from.
        limit: seconds for one run; the process is ended after that.
    """

    name: str
    modules: tuple[str, ...]
    project: Project | None = None
    requires: tuple[str, ...] = ()
    only_base: bool = False
    every: bool = False
    within: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    path: tuple[Path, ...] = ()
    limit: float = 90.0


def cpython(stdlib: Path | None = None) -> Iterator[Suite]:
    """Every module of an installation's own tests that names the class, one suite each.

    The tests of unittest itself run whole, since they make classes inside tests; of others, those
    built on the class.
    """
    stdlib = stdlib or Path(sysconfig.get_path("stdlib"))
    for package in ("test", "unittest/test"):
        for file in sorted((stdlib / package).rglob("*.py")):
            if b"IsolatedAsyncioTestCase" in file.read_bytes():
                module = ".".join(file.relative_to(stdlib).with_suffix("").parts)
                about = "unittest" in module
                yield Suite(
                    f"cpython:{module.removeprefix('test.')}", (module,), only_base=not about
                )


#: CPython's suites of plain ``TestCase`` that are run with ours in its place when it is asked for
#: false alarms: loops, threads, sockets, processes and servers, made and put away by others.
SYNCHRONOUS = (
    "test_asyncgen",
    "test_asyncio.test_futures",
    "test_asyncio.test_runners",
    "test_asyncio.test_sock_lowlevel",
    "test_asyncio.test_streams",
    "test_asyncio.test_subprocess",
    "test_asyncio.test_tasks",
    "test_contextlib",
    "test_coroutines",
    "test_ftplib",
    "test_httpservers",
    "test_socketserver",
    "test_subprocess",
    "test_tempfile",
    "test_types",
    "test_wsgiref",
)


def synchronous(stdlib: Path | None = None) -> Iterator[Suite]:
    """CPython's suites of plain ``TestCase``, those of :data:`SYNCHRONOUS` that there are."""
    stdlib = stdlib or Path(sysconfig.get_path("stdlib"))
    for name in SYNCHRONOUS:
        if stdlib.joinpath("test", *name.split(".")).with_suffix(".py").is_file():
            yield Suite(f"plain:{name}", (f"test.{name}",), every=True, limit=180.0)


PROJECTS = (
    Suite(
        "aiosqlite",
        ("aiosqlite.tests.smoke",),
        Project(
            "aiosqlite",
            "0.22.1",
            "043e0bd78d32888c0a9ca90fc788b38796843360c855a7262a532813133a0650",
        ),
        ("typing_extensions==4.16.0",),
    ),
    Suite(
        "later",  # overrides _callTestMethod and takes the loop from _asyncioRunner
        (
            "later.tests.test_coroutine",
            "later.tests.test_event",
            "later.tests.test_runner",
            "later.tests.test_task",
            "later.tests.unittest.test_case",
            "later.tests.unittest.test_mock",
        ),
        Project(
            "later", "26.8.1", "7e86d7586f098ceb38f629b97b22764bf62917c4f601dd459e71fc644c7e1c99"
        ),
        ("async-timeout==5.0.1",),
    ),
    Suite(
        "aioresponses",  # its tests are made by ddt
        ("tests.test_aioresponses", "tests.test_compat"),
        Project(
            "aioresponses",
            "0.7.9",
            "1dcfa28938fc006f046a98383a7c07ac180be7a492c1ed557f5cd7b0805357d3",
        ),
        (
            "aiohttp==3.13.2",
            *[pin for pin in AIOHTTP[1:] if not pin.startswith("multidict")],
            "multidict==6.9.1",
            "ddt==1.7.2",
            "packaging==26.3",
        ),
    ),
    Suite(
        "kubernetes-asyncio",
        (
            "kubernetes_asyncio.client.test_rest",
            "kubernetes_asyncio.config.exec_provider_test",
            "kubernetes_asyncio.config.google_auth_test",
            "kubernetes_asyncio.config.kube_config_test",
            "kubernetes_asyncio.config.openid_test",
            "kubernetes_asyncio.stream.ws_client_test",
            "kubernetes_asyncio.watch.watch_test",
        ),
        Project(
            "kubernetes_asyncio",
            "36.1.0",
            "6d979d82e5ebe490bea298e7843732a2336173236bae28e200434889443d4443",
        ),
        (
            *AIOHTTP,
            "certifi==2026.10.18",
            "python-dateutil==4.0.0",
            "PyYAML==6.0.3",
            "six==1.17.0",
            "urllib3==2.8.0",
        ),
    ),
    Suite(
        "aiohttp",  # AioHTTPTestCase, its own base class built on the standard one
        ("tests.test_loop", "tests.test_test_utils"),
        Project(
            "aiohttp", "3.14.5", "5558a7f5a05af9ecf744af91e5baefc436f93c9333e656c27ec253f9a6bbe178"
        ),
        (
            *AIOHTTP,
            "pytest==9.2.0",
            "iniconfig==2.3.1",
            "packaging==26.3",
            "pluggy==1.7.0",
            "Pygments==2.21.0",
        ),
    ),
    Suite(
        # It ships its test class, which replaces _setupAsyncioRunner and _tearDownAsyncioRunner,
        # but no tests: these are ours.
        "tortoise-orm",
        ("tortoise_hooks",),
        Project(
            "tortoise-orm",
            "0.25.1",
            "4d5bfd13d5750935ffe636a6b25597c5c8f51c47e5b72d7509d712eda1a239fe",
        ),
        (
            "tortoise-orm==0.25.1",  # it asks for its own version, which only an installation has
            "aiosqlite==0.21.0",
            "iso8601==2.1.0",
            "pypika-tortoise==0.6.5",
            "pytz==2026.6",
            "typing_extensions==4.16.0",
        ),
        before=("tortoise_hooks:initialise",),
        path=(OWN,),
    ),
)

PYTEST = (
    "pytest==9.2.0",
    "iniconfig==2.3.1",
    "packaging==26.4",
    "pluggy==1.7.0",
    "Pygments==2.21.0",
)

#: Suites of plain ``TestCase``, asynchronous by ``asyncio.run()`` or a decorator of their own.
PLAIN = (
    Suite(
        "aioice",  # UDP sockets, mDNS, ICE between two endpoints in one process
        tuple(f"tests.test_{name}" for name in ("candidate", "ice_trickle", "mdns", "stun")),
        Project(
            "aioice", "0.13.0", "02c2dee812f1a68602689a444bd5125a144b6ee43bca74229a1e0f7842d1897c"
        ),
        ("dnspython==2.9.2", "ifaddr==0.2.0"),
        every=True,
        within=("src",),
    ),
    Suite(
        "aioitertools",
        ("aioitertools.tests",),
        Project(
            "aioitertools",
            "0.13.0",
            "620bd241acc0bbb9ec819f1ab215866871b4bbd1f73836a55f799200ee86950c",
        ),
        ("typing_extensions==4.16.0",),
        every=True,
    ),
    Suite(
        "aiomultiprocess",  # processes by multiprocessing, pools of them, queues
        ("aiomultiprocess.tests",),
        Project(
            "aiomultiprocess",
            "0.9.1",
            "f0231dbe0291e15325d7896ebeae0002d95a4f2675426ca05eb35f24c60e495b",
        ),
        every=True,
    ),
    Suite(
        "tenacity",
        ("tests.test_asyncio",),
        Project(
            "tenacity", "9.2.1", "a606b5c808d0cded4a359d5b9932d867ff2a6a6b64d37350260fd01bbdf83839"
        ),
        PYTEST,
        every=True,
    ),
    Suite(
        "alchemical",  # SQLAlchemy, asynchronous, on aiosqlite
        ("tests.test_aio",),
        Project(
            "alchemical",
            "1.0.3",
            "61a9b2974c1d2502e9d2af07427a650f1b95eab255d3a8d7695bb555f61997d2",
        ),
        (
            "SQLAlchemy==2.1.9",
            "aiosqlite==0.22.1",
            "greenlet==3.5.6",
            "typing_extensions==4.16.0",
            *PYTEST,
        ),
        every=True,
        within=("src", "tests"),
    ),
    Suite(
        "greenletio",  # coroutines awaited by synchronous functions, patched sockets and threads
        tuple(
            f"tests.test_{name}"
            for name in ("core", "patcher", "select", "socket", "ssl", "threading")
        ),
        Project(
            "greenletio",
            "0.11.0",
            "5751773f859ee7c5a8745569af04b27532e2b8bdb170eb224193bebc32f38136",
        ),
        ("greenlet==3.5.6", *PYTEST),
        every=True,
        within=("src",),
    ),
)

SAMPLE = Suite("sample", ("sample",), path=(OWN,), limit=30.0)
