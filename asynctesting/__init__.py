"""
asynctesting: unittest for asyncio that cannot lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import AsyncTestingError as AsyncTestingError
from .errors import AsyncTestingWarning as AsyncTestingWarning
from .errors import FindingsError as FindingsError
from .errors import LoopUnavailable as LoopUnavailable
from .errors import OptionError as OptionError
from .errors import StageError as StageError
from .options import asyncio_debug as asyncio_debug
from .options import close_limit as close_limit
from .options import is_off as _is_off
from .options import on_loops as on_loops
from .options import time_limit as time_limit
from .standalone import run as run


if TYPE_CHECKING or not _is_off():
    from .case import AsyncTestCase as AsyncTestCase
else:
    from .bare import AsyncTestCase as AsyncTestCase


__all__ = [
    "AsyncTestCase",
    "AsyncTestingError",
    "AsyncTestingWarning",
    "FindingsError",
    "LoopUnavailable",
    "OptionError",
    "StageError",
    "asyncio_debug",
    "close_limit",
    "on_loops",
    "run",
    "time_limit",
]

__version__ = "0.1.0"
