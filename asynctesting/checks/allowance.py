"""
``unneeded-allowance``: a test is let go of a promise that it does not break.

The fault: ``@allow("pending-task")`` on a test that leaves no task. The reason for it has gone;
when the test begins to leak again, nobody learns it.

The cure: remove it; or give it ``always=False``, if it is needed in some runs only.

The allowance: ``always=False`` in the allowance itself.

What it cannot see: whether an allowance of a class is needed, since some of its tests need none;
that of a test with several lives (``@on_loops``); one whose check is off. It says nothing
of a test that has failed or was skipped.

"""

from __future__ import annotations

from typing import ClassVar

from ..allowances import UNNEEDED
from .base import Check


__all__ = ["UnneededAllowance"]

__unittest = True


class UnneededAllowance(Check):
    """See the module. The trial itself looks, since no check knows of the others' findings."""

    ids: ClassVar[tuple[str, ...]] = (UNNEEDED,)
    suspicions: ClassVar[frozenset[str]] = frozenset(ids)
