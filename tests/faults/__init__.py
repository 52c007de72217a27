"""
Faults that a test can have, and their twins: the same code done right.

``python -m tests.faults`` shows which of them fail the test that has them, with our class and,
with ``--stock``, with the standard one. ``tests/test_faults.py`` holds us to it.

"""
