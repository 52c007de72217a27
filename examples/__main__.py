"""
Runs all steps, and tells what happened: ``python -m examples``.

For each step it tells the idea, how many tests had which outcome, and of each one that fails what was wrong, where,
and the cure. ``python -m examples --full`` tells of every test, and shows each failure as a whole.

The exit status is 0 if each test did what it is told to do in :data:`STORY`, the failing ones
included, and 1 otherwise. What is not as told is shown as a whole, too.

"""

import importlib
import os
import re
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


#: How an error is told: with bars before it, if it is one of a group.
ERROR = re.compile(r"^[ |]*((?:\w+\.)*\w*(?:Error|Exception|ExceptionGroup): .*)")

#: A line of a traceback.
FRAME = re.compile(r'^[ |]*File "(.*)", line (\d+), in (.*)')


def in_short(text):
    """
    Say in a few lines what a test that failed has to say.

    Args:
        text: its traceback, with the error and whatever was found.

    Returns:
        What was wrong, at which line, and what to do.

    """
    lines = text.rstrip("\n").splitlines()
    errors = [index for index, line in enumerate(lines) if ERROR.match(line)]
    if not errors:
        return lines
    if "|" not in lines[errors[0]]:
        del errors[1:]  # the others are details of the first
    facts = [ERROR.match(lines[index])[1] for index in errors]
    place = cure = []
    for index, line in enumerate(lines[: errors[-1]]):
        frame = FRAME.match(line)
        if frame:
            file = os.path.relpath(frame[1]).replace(os.sep, "/")
            place = [f"at {file}:{frame[2]}, in {frame[3]}", f"   {lines[index + 1].strip(' |')}"]
    rest = lines[errors[-1] + 1 :]
    for index, line in enumerate(rest):
        if line.startswith("  cure: "):
            more = next((n for n, one in enumerate(rest[index + 1 :]) if not one.startswith("  " * 4)), 0)
            cure = [line.strip() for line in rest[index : index + 1 + more]]
    if not cure and "DeadlockError" in facts[-1]:
        cure = [f"cure: {rest[-1]}"]
    elif not cure:  # what was printed, for one
        cure = [line for line in rest if line.strip(" |+-")]
    return [fact.removeprefix("asynctesting.errors.").removeprefix("FindingsError: ") for fact in facts] + place + cure


def counted(outcomes):
    """Say how many of *outcomes* there were of each."""
    words = {PASSES: ("passes", "pass"), FAILS: ("fails", "fail"), ERRORS: ("errs", "err")}
    parts = []
    for outcome in dict.fromkeys(outcomes):
        number = outcomes.count(outcome)
        one, many = words.get(outcome, (outcome, outcome))
        parts.append(f"{number} {one if number == 1 else many}")
    return ", ".join(parts)


def tell_step(module, told, full=False):
    """Run one step and print what happened; returns what did not behave as *told*."""
    idea = importlib.import_module(f"{__package__}.{module}").__doc__.strip().partition("\n")[0]
    idea = idea.partition(": ")[2]
    print(textwrap.indent(idea[:1].upper() + idea[1:], "   "))
    seen, described, caught = run_step(module)
    if not full:
        print(f"   {counted([outcome for outcome, _ in seen.values()])}")
    wrong = []
    for test in dict.fromkeys([*told, *seen]):
        outcome, text = seen.get(test, ("did not run", ""))
        is_told = outcome == told.get(test)
        if full or outcome != PASSES or not is_told:
            what = described.get(test, "")
            print(f"   {outcome:<8} {test}" + (f": {what}" if what else ""))
            shown = text.strip("\n") if full or not is_told else "\n".join(in_short(text))
            print(textwrap.indent(shown, " " * 12), end="\n" if shown else "")
        if not is_told:
            wrong.append(f"{module}: {test} {outcome}, but {told.get(test, 'nothing')} was told")
    for message in caught:
        text = str(message).partition("\n")[0]
        print(f"   warned   {type(message).__name__}: {text}")
    return wrong


def main(arguments):
    """Tell the story; returns the exit status."""
    full = "--full" in arguments
    if set(arguments) - {"--full"}:
        print("usage: python -m examples [--full]")
        return 2
    for variable in [name for name in os.environ if name.startswith("ASYNCTESTING_")]:
        # It would be another story.
        print(f"{variable} is set, and put aside.")
        del os.environ[variable]
    wrong = []
    tests = 0
    for number, (module, title, told) in enumerate(STORY, 1):
        print(f"{number}. {title} (examples/{module}.py)")
        wrong += tell_step(module, told, full)
        tests += len(told)
        print()
    for line in wrong:
        print(f"NOT AS TOLD: {line}")
    if not wrong:
        print(f"{len(STORY)} steps, {tests} outcomes, all as told: those that fail are meant to.")
        if not full:
            print("All that they say: python -m examples --full")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
