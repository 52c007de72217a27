"""What mocks cost, ours against those of unittest.mock: made, called, awaited, autospecced, patched."""

import gc
import time
import tracemalloc
from statistics import median
from unittest import mock

from asynctesting import mocks

from .measure import Bound, Row, interleaved


MICRO = 1e6

METHODS = 20


def target():
    """Something to patch."""


def make_class():
    """Make a class with methods that nobody has looked at yet."""
    names = {}
    for number in range(METHODS):

        async def method(self, one, other=1):
            pass

        names[f"method_{number}"] = method
    return type("Spec", (), names)


SPEC = make_class()


def create(name):
    """Make mocks of a kind."""
    return lambda module, number: repeat(getattr(module, name), number)


def repeat(function, number):
    def run():
        for _ in range(number):
            function()

    return run


def await_it(module, number):
    """Await calls of one mock, with nothing between."""
    made = module.AsyncMock(return_value=1)

    async def main():
        for _ in range(number):
            await made(1, a=2)

    def run():
        try:
            main().send(None)
        except StopIteration:
            pass

    return run


def patch_it(module, number):
    """Patch a function of a module."""

    def patched():
        with module.patch(f"{__name__}.target"):
            pass

    return repeat(patched, number)


def autospec_fresh(module, number):
    """Autospec classes of which nothing is known, made beforehand."""
    classes = [make_class() for _ in range(number)]

    def run():
        for cls in classes:
            module.create_autospec(cls)

    return run


def autospec_again(module, number):
    """Autospec the same class again."""
    module.create_autospec(SPEC)
    return repeat(lambda: module.create_autospec(SPEC), number)


def autospec_touched(module, number):
    """Autospec a class and touch every method of an instance."""

    def touch():
        made = module.create_autospec(SPEC)()
        for index in range(METHODS):
            getattr(made, f"method_{index}")

    return repeat(touch, number)


#: What is measured, how often in a round, and at which share of unittest.mock's time.
SUBJECTS = [
    ("AsyncMock()", create("AsyncMock"), 200, Bound(1 / 4)),
    ("MagicMock()", create("MagicMock"), 200, Bound(1 / 3)),
    ("await mock(1, a=2)", await_it, 400, Bound(1 / 3)),
    ('patch("module.function")', patch_it, 100, Bound(1 / 3)),
    ("create_autospec, unknown class", autospec_fresh, 4, Bound(1 / 10)),
    ("create_autospec, again", autospec_again, 4, Bound(1 / 50)),
    ("... and every method touched", autospec_touched, 4, Bound(1 / 6)),
]


def timed(subject, module, number):
    """Give a function that tells the seconds of one."""

    def measure():
        run = subject(module, number)
        gc.collect()
        began = time.process_time()
        run()
        return (time.process_time() - began) / number

    return measure


def bytes_of(make, number):
    """Give the bytes that one takes that is kept."""
    make()
    gc.collect()
    tracemalloc.start()
    kept = [make() for _ in range(number)]
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return taken / len(kept)


def rows(quick):
    """Give the rows of the table."""
    rounds = 5 if quick else 21
    found = []
    for what, subject, number, bound in SUBJECTS:
        number = number // 4 if quick else number
        taken = interleaved(
            {module.__name__: timed(subject, module, number) for module in (mocks, mock)}, rounds
        )
        ours, theirs = (median(taken[module.__name__]) * MICRO for module in (mocks, mock))
        found.append(Row(what, ours, "unittest.mock", theirs, "us", bound))
    for what, make, number in (
        ("AsyncMock(), memory", lambda module: module.AsyncMock(), 200),
        ("MagicMock(), memory", lambda module: module.MagicMock(), 200),
        ("create_autospec, memory", lambda module: module.create_autospec(SPEC), 4),
    ):
        ours, theirs = (
            bytes_of(lambda module=module: make(module), number) / 1e3 for module in (mocks, mock)
        )
        found.append(Row(what, ours, "unittest.mock", theirs, "kB", Bound(1 / 3)))
    return found
