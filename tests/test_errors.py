"""Tests of asynctesting.errors: one tree, standard parents, all of it picklable."""

import copy
import pickle
import unittest

import asynctesting
from asynctesting import errors


class TreeTests(unittest.TestCase):
    def test_each_error_is_an_asynctesting_error_and_one_of_pythons_own(self):
        """Each error can be caught as one of ours, and as what Python would have raised."""
        parents = {
            errors.DeadlockError: (RuntimeError,),
            errors.FindingsError: (AssertionError,),
            errors.LoopRunnerError: (RuntimeError,),
            errors.LoopTimeExceeded: (TimeoutError,),
            errors.LoopUnavailable: (ImportError,),
            errors.NotInTime: (TimeoutError,),
            errors.OptionError: (TypeError, ValueError),
            errors.ReplayError: (ValueError,),
            errors.RealTimeError: (RuntimeError,),
            errors.StageError: (RuntimeError,),
            errors.SubprocessFailed: (ChildProcessError,),
        }
        for error, standard in parents.items():
            with self.subTest(error=error.__name__):
                self.assertTrue(issubclass(error, errors.AsyncTestingError))
                for parent in standard:
                    self.assertTrue(issubclass(error, parent))

    def test_the_base_is_a_plain_exception(self):
        """The base of the tree says nothing of what went wrong."""
        self.assertEqual((Exception,), errors.AsyncTestingError.__bases__)

    def test_the_warning_is_a_user_warning(self):
        """Our warning is shown by default, and is no error of ours."""
        self.assertEqual((UserWarning,), errors.AsyncTestingWarning.__bases__)

    def test_a_findings_error_is_a_failure_of_a_test(self):
        """A runner counts a test with findings as failed, not as broken."""
        self.assertTrue(issubclass(errors.FindingsError, unittest.TestCase.failureException))

    def test_all_of_them_are_public(self):
        """Each is exported by its module, and by the package."""
        here = {name for name, value in vars(errors).items() if isinstance(value, type)}

        self.assertEqual(sorted(here), errors.__all__)
        for name in errors.__all__:
            self.assertIs(getattr(errors, name), getattr(asynctesting, name))


class PickleTests(unittest.TestCase):
    def test_they_survive_the_way_between_processes(self):
        """Pickled or copied, each keeps its class, its message, its state and its notes."""
        for name in errors.__all__:
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with self.subTest(error=name, protocol=protocol):
                    error = getattr(errors, name)("2 faults\n\n  1. a fault")
                    error.add_note("and a note")
                    same = pickle.loads(pickle.dumps(error, protocol))
                    self.assert_same(error, same)
            with self.subTest(error=name, copied=True):
                self.assert_same(error, copy.deepcopy(error))

    def test_an_unavailable_loop_keeps_its_name(self):
        """What ImportError knows besides its message is kept too."""
        error = errors.LoopUnavailable("no loop", name="uvloop", path="site-packages")

        same = pickle.loads(pickle.dumps(error))

        self.assertEqual(("uvloop", "site-packages"), (same.name, same.path))

    def assert_same(self, error, same):
        self.assertIs(type(error), type(same))
        self.assertIsNot(error, same)
        self.assertEqual("2 faults\n\n  1. a fault", str(same))
        self.assertEqual(error.args, same.args)
        self.assertEqual(["and a note"], same.__notes__)
