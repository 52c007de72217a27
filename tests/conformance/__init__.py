"""Suites that nobody here wrote, run with our class in place of the standard one.

``python -m tests.conformance`` takes CPython's own tests of ``IsolatedAsyncioTestCase``, its other
tests built on that class, and the suites of a few projects from PyPI. Each is run with the
standard class, then with ours, and every test must end the same way. Then each stage of every test
is made to raise, under both: whatever fails with the standard class must fail with ours, since a
class that never awaits a test would pass most suites.

Needs the network the first time (sdists and wheels are cached outside the checkout), so unittest's
discovery finds nothing here but ``test_substitute`` and ``test_alarms``, which check the judges.

* ``outcomes``: what is the same, changed, lost (pure)
* ``inside``: what runs in the child process: substitution, sabotage, recording
* ``suites``: which suites there are
* ``fetch``: sdists, pinned environments, their cache
* ``mocks``, ``inside_mocks``: the same for ``unittest.mock``, with CPython's own tests of it; run as
  ``python -m tests.conformance.mocks``
* ``conduct``: all runs of one suite, and the verdict
* ``alarms``, ``known``: what the checks find in them, and what of it is known to be a fault of theirs
* ``own``: suites of ours, run the same way: a small sample, broken base classes to be caught, and
  one on a project's test class
"""
