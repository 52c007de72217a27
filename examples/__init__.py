"""
Herding cats, a story about testing asynchronous code, told in a dozen steps.

It follows a talk, "Strategies For Testing Async Code" by Neil Chazin (PyCon 2019), with code
of our own. :mod:`examples.herd` is the code under test. Each step is a small module that can be
run by itself, and read in a minute:

* ``python -m unittest -v examples.step_1_forgotten_await`` runs one step;
* ``python -m examples.step_1_forgotten_await`` does so too;
* ``python -m examples`` runs them all, and tells what happened.

Some tests are there to fail, since a test that ought to fail and does is what this library is
about. Their docstrings say so.

"""
