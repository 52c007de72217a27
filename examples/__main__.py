"""
Runs all steps, and tells what happened: ``python -m examples``.

The exit status is 0 if each test did what it is told to do in :data:`STORY`, the failing ones
included, and 1 otherwise. Nothing is kept quiet: failures and warnings are shown.

"""

import importlib
import os
import sys
import textwrap
import unittest
import warnings


PASSES, FAILS, ERRORS, SKIPPED = "passes", "fails", "errors", "skipped"


def outcome_on(package):
    """A test on the loop of a *package* passes, or is skipped where that is not installed."""
    try:
        importlib.import_module(package)
    except ImportError:
        return SKIPPED
    return PASSES


#: What happens: for each step, its module, its title, and the outcome of each test.
STORY = [
    (
        "step_1_forgotten_await",
        "A forgotten await",
        {
            "StandardTests.test_forward": PASSES,
            "HerdTests.test_forward": FAILS,
            "HerdTests.test_forward_without_async": FAILS,
        },
    ),
    (
        "step_2_first_true_test",
        "The first true test",
        {
            "HerdTests.test_displeased": PASSES,
            "HerdTests.test_forward": PASSES,
            "HerdTests.test_pet": PASSES,
        },
    ),
    (
        "step_3_nothing_left_behind",
        "Nothing left behind",
        {
            "HerdTests.test_callback": FAILS,
            "HerdTests.test_unfinished": FAILS,
            "HerdTests.test_unread": FAILS,
        },
    ),
    (
        "step_4_patch_a_coroutine",
        "Patch a coroutine",
        {
            "HerdTests.test_any_cat": PASSES,
            "HerdTests.test_direction": PASSES,
            "HerdTests.test_refusal": PASSES,
        },
    ),
    (
        "step_5_context_managers",
        "Mock a context manager",
        {
            "DoorTests.test_patched": PASSES,
            "DoorTests.test_returned": PASSES,
            "DoorTests.test_scratches": PASSES,
            "DoorTests.test_wipes_paws": PASSES,
        },
    ),
    (
        "step_6_set_up",
        "Set-up, test and tear-down are one task",
        {
            "ShepherdTests.test_herds": PASSES,
            "ShepherdTests.test_one_task": PASSES,
            "ShepherdTests.test_scratched": ERRORS,
        },
    ),
    (
        "step_7_class_fixtures",
        "Set up once for the class",
        {
            "SharedShepherdTests.test_backward": PASSES,
            "SharedShepherdTests.test_forward": PASSES,
            "SharedShepherdTests.test_loop": PASSES,
        },
    ),
    (
        "step_8_on_each_loop",
        "On each loop",
        {
            "RemoteCatTests.test_stroke (loop='asyncio')": PASSES,
            "RemoteCatTests.test_stroke (loop='uvloop')": outcome_on("uvloop"),
            "RemoteCatTests.test_stroke": PASSES,
        },
    ),
    (
        "step_9_without_a_class",
        "Without a class",
        {
            "test_forward": PASSES,
            "test_unfinished": FAILS,
        },
    ),
    (
        "step_10_another_thread",
        "Another thread",
        {
            "TalkTests.test_forward": PASSES,
            "ThreadTests.test_forward": PASSES,
            "ThreadTests.test_from_a_coroutine": PASSES,
            "ThreadTests.test_unfinished": FAILS,
            "ThreadTests.test_which_thread": PASSES,
        },
    ),
    (
        "step_11_the_router",
        "Synchronous code that calls into a loop",
        {
            "RouterTests.test_command": PASSES,
            "RouterTests.test_own_thread": ERRORS,
        },
    ),
    (
        "step_12_functional_tests",
        "Functional tests",
        {
            "ProgramTests.test_answers": PASSES,
            "ProgramTests.test_purrs": FAILS,
            "ServerTests.test_stroke": PASSES,
            "ServerTests.test_synchronous_client": PASSES,
        },
    ),
    (
        "step_13_time",
        "Time that nobody waits for",
        {
            "TimeTests.test_dawdles": PASSES,
            "TimeTests.test_patience": PASSES,
            "TimeTests.test_race": PASSES,
        },
    ),
]


class Outcomes(unittest.TestResult):
    """
    Collects what each test did.

    Args:
        prefix: what to leave out at the beginning of a test's id.

    """

    def __init__(self, prefix=""):
        super().__init__()
        self.prefix = prefix
        #: For each test, in order: its outcome, and what there is to read about it.
        self.seen = {}

    def _see(self, test, outcome, text=""):
        self.seen[test.id().removeprefix(self.prefix)] = outcome, text

    def addSuccess(self, test):
        super().addSuccess(test)
        self._see(test, PASSES)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._see(test, FAILS, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self._see(test, ERRORS, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._see(test, SKIPPED, reason)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is None:
            self._see(subtest, PASSES)
        elif issubclass(error[0], test.failureException):
            self._see(subtest, FAILS, self.failures[-1][1])
        else:
            self._see(subtest, ERRORS, self.errors[-1][1])

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self._see(test, "fails as expected", self.expectedFailures[-1][1])

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._see(test, "passes unexpectedly")


def run_step(module):
    """
    Run one step.

    Args:
        module: its module, a name in this package.

    Returns:
        For each test its outcome and the text of its failure; the documentation of each
        test; and the warnings that came meanwhile.

    """
    name = f"{__package__}.{module}"
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    described = {}
    todo = [suite]
    while todo:
        for item in todo.pop():
            if isinstance(item, unittest.TestSuite):
                todo.append(item)
            else:
                described[item.id().removeprefix(f"{name}.")] = item.shortDescription() or ""
    result = Outcomes(f"{name}.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        suite.run(result)
    return result.seen, described, [warning.message for warning in caught]


def tell_step(module, told):
    """Run one step and print what happened; returns what did not behave as *told*."""
    seen, described, caught = run_step(module)
    wrong = []
    for test in dict.fromkeys([*told, *seen]):
        outcome, text = seen.get(test, ("did not run", ""))
        what = described.get(test, "")
        print(f"   {outcome:<8} {test}" + (f": {what}" if what else ""))
        print(textwrap.indent(text.strip("\n"), " " * 12), end="\n" if text else "")
        if outcome != told.get(test):
            wrong.append(f"{module}: {test} {outcome}, but {told.get(test, 'nothing')} was told")
    for message in caught:
        text = str(message).partition("\n")[0]
        print(f"   warned   {type(message).__name__}: {text}")
    return wrong


def main():
    """Tell the story; returns the exit status."""
    for variable in [name for name in os.environ if name.startswith("ASYNCTESTING_")]:
        # It would be another story.
        print(f"{variable} is set, and put aside.")
        del os.environ[variable]
    wrong = []
    tests = 0
    for number, (module, title, told) in enumerate(STORY, 1):
        print(f"{number}. {title} (examples/{module}.py)")
        wrong += tell_step(module, told)
        tests += len(told)
        print()
    for line in wrong:
        print(f"NOT AS TOLD: {line}")
    if not wrong:
        print(f"{len(STORY)} steps, {tests} outcomes, all as told: those that fail are meant to.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
