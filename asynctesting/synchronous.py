"""
Synchronous code that runs, or looks for, an event loop of its own: what works under test.

Command lines, ``async_to_sync``, synchronous faces of asynchronous libraries end in one of these
calls. In a test that is not ``async def``, and in ``setUp``, ``tearDown`` and ordinary cleanups, no
loop runs, so:

=======================================  ==========================================================
the code calls                           in a test that is ``def``
=======================================  ==========================================================
``asyncio.run(...)``,                    works: it makes a loop, and closes it
``asyncio.Runner()``
``loop.run_until_complete(...)``         works, on a loop of its own, which it must close:
                                         ``leftover-loop`` tells
``asyncio.get_event_loop()``             gives ``self.loop``, which it may run, but must not close:
                                         ``stopped-loop`` tells. With a ``loop_factory`` no loop is
                                         current; then it raises from Python 3.14 on
``run_coroutine_threadsafe(...)``        needs a loop that runs elsewhere: ``self.loop_runner()``
=======================================  ==========================================================

In a test that is ``async def`` a loop runs already, on this thread, and Python can run no other one
inside of it. What can be done:

* make the test ``def``: it need not be ``async def`` for the code's sake;
* call the code on another thread: ``await asyncio.to_thread(main)``, where all of the table holds;
* await the coroutine that it would run.

The error that Python raises is passed on, with these as a note.

>>> import asyncio
>>> from asynctesting import AsyncTestCase

>>> async def herd():
...     await asyncio.sleep(0)
...     return "herded"
>>> def main():
...     return asyncio.run(herd())

>>> class MainTests(AsyncTestCase):
...     def test_main(self):
...         self.assertEqual("herded", main())
...     async def test_on_another_thread(self):
...         self.assertEqual("herded", await asyncio.to_thread(main))
>>> MainTests("test_main").debug(); MainTests("test_on_another_thread").debug()

"""

from __future__ import annotations

from typing import Final


__all__ = ["add_cure"]

__unittest = True

INSIDE: Final = (
    "cure: a loop runs here already. Let the test be `def` rather than `async def`; or call it on "
    "another thread, `await asyncio.to_thread(...)`; or await the coroutine itself"
)
NO_LOOP: Final = (
    "cure: no loop is current here, for the class has a loop_factory, or this is another thread. "
    "Let the code call asyncio.run(), or asyncio.get_running_loop() inside of a coroutine"
)

#: What is part of the messages of asyncio and uvloop, 3.11 to 3.15, and what to do about it.
CURES: Final = (
    ("cannot be called from a running event loop", INSIDE),
    ("event loop is already running", INSIDE),
    ("while another loop is running", INSIDE),
    ("There is no current event loop", NO_LOOP),
)


def add_cure(error: BaseException) -> None:
    """Add to *error* what to do about it, as a note, if it is one of those that are known here."""
    if type(error) is not RuntimeError:
        return
    message = str(error)
    for words, cure in CURES:
        if words in message and cure not in getattr(error, "__notes__", ()):
            error.add_note(cure)
