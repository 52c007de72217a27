"""
The story under ``examples/``: each step by itself, and all of them together.

What each test of a step does is written down here once more, on purpose: ``examples/__main__.py``
says what is told to the reader, this file what must be so.

"""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest


ROOT = pathlib.Path(__file__).resolve().parent.parent

try:
    import uvloop
except ImportError:
    uvloop = None


def place(step: str, function: str, occurrence: int = 1) -> str:
    """How a report names the assertion in a *function* of that name, the so many-th."""
    source = (ROOT / "examples" / f"{step}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    starts = [n for n, line in enumerate(lines) if f"def {function}(" in line]
    line = next(n for n in range(starts[occurrence - 1], len(lines)) if ".assert" in lines[n])
    return f"examples/{step}.py:{line + 1}, in {function}"


#: For each step: each test with its outcome, and lines that are part of what it has to say.
STEPS = {
    "step_1_forgotten_await": {
        "StandardTests.test_forward": ("passes", []),
        "HerdTests.test_forward": (
            "fails",
            [
                "coroutine 'herd' was never awaited: its body did not run [never-awaited]",
                place("step_1_forgotten_await", "test_forward", 2),
                'self.assertTrue(herd(Cat("Garfield"), "forward"))',
                "cure: write `await` before the call that made it: "
                '`self.assertTrue(await herd(Cat("Garfield"), "forward"))`',
            ],
        ),
        "HerdTests.test_forward_without_async": (
            "fails",
            [
                "coroutine 'herd' was never awaited: its body did not run [never-awaited]",
                place("step_1_forgotten_await", "test_forward_without_async"),
            ],
        ),
    },
    "step_2_first_true_test": {
        "HerdTests.test_displeased": ("passes", []),
        "HerdTests.test_forward": ("passes", []),
        "HerdTests.test_pet": ("passes", []),
    },
    "step_3_nothing_left_behind": {
        "HerdTests.test_callback": (
            "fails",
            [
                "exception in callback Tiger.pet(): ValueError('Hobbes scratches') [loop-error]",
                'raise ValueError(f"{self.name} scratches")',
            ],
        ),
        "HerdTests.test_unfinished": (
            "fails",
            [
                "task 'herding' (herd) was still pending when the test ended, "
                "and was cancelled [pending-task]",
                "await asyncio.sleep(random.uniform(0, self.dawdles))",
                'cure: keep it, `task = asyncio.create_task(herd(Cat("Garfield", dawdles=60), "forward"), ',
                "and `await task` before the test ends, or `task.cancel()` and await it",
            ],
        ),
        "HerdTests.test_unread": (
            "fails",
            [
                "task 'herding' (herd) failed, and nobody asked for its error: "
                "ValueError('Hobbes scratches') [unread-error]",
            ],
        ),
    },
    "step_4_patch_a_coroutine": {
        "HerdTests.test_any_cat": ("passes", []),
        "HerdTests.test_direction": ("passes", []),
        "HerdTests.test_refusal": ("passes", []),
    },
    "step_5_context_managers": {
        "DoorTests.test_patched": ("passes", []),
        "DoorTests.test_returned": ("passes", []),
        "DoorTests.test_scratches": ("passes", []),
        "DoorTests.test_wipes_paws": ("passes", []),
    },
    "step_6_set_up": {
        "ShepherdTests.test_herds": ("passes", []),
        "ShepherdTests.test_one_task": ("passes", []),
        "ShepherdTests.test_scratched": (
            "errors",
            [
                "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
                "| ValueError: Hobbes scratches",
            ],
        ),
    },
    "step_7_class_fixtures": {
        "SharedShepherdTests.test_backward": ("passes", []),
        "SharedShepherdTests.test_forward": ("passes", []),
        "SharedShepherdTests.test_loop": ("passes", []),
    },
    "step_8_on_each_loop": {
        "RemoteCatTests.test_stroke": ("passes", []),
        "RemoteCatTests.test_stroke (loop='asyncio')": ("passes", []),
        "RemoteCatTests.test_stroke (loop='uvloop')": (
            ("passes", []) if uvloop else ("skipped", ["uvloop cannot be imported"])
        ),
    },
    "step_9_without_a_class": {
        "test_forward": ("passes", []),
        "test_unfinished": (
            "fails",
            [
                "task 'herding' (herd) was still pending when the test ended, "
                "and was cancelled [pending-task]",
            ],
        ),
    },
    "step_10_another_thread": {
        "TalkTests.test_forward": ("passes", []),
        "ThreadTests.test_forward": ("passes", []),
        "ThreadTests.test_from_a_coroutine": ("passes", []),
        "ThreadTests.test_unfinished": (
            "fails",
            [
                "task 'herding' (herd) was still pending when the test ended, "
                "and was cancelled (in loop runner 'runner') [pending-task]",
            ],
        ),
        "ThreadTests.test_which_thread": ("passes", []),
    },
    "step_11_the_router": {
        "RouterTests.test_command": ("passes", []),
        "RouterTests.test_own_thread": (
            "errors",
            [
                "DeadlockError: deadlock: the event loop's own thread waits, by result(), "
                "for what that event loop is to do",
                'HerdRouter(self.loop).add_command("forward")',
                "result.result()",
            ],
        ),
    },
    "step_12_functional_tests": {
        "ProgramTests.test_answers": ("passes", []),
        "ProgramTests.test_purrs": (
            "fails",
            [
                r"AssertionError: b'purr\n' != b",
                "-m http.server 0 --bind 127.0.0.1: it printed",
                "code 400",
            ],
        ),
        "ServerTests.test_stroke": ("passes", []),
        "ServerTests.test_synchronous_client": ("passes", []),
    },
    "step_13_time": {
        "TimeTests.test_dawdles": ("passes", []),
        "TimeTests.test_patience": ("passes", []),
        "TimeTests.test_race": ("passes", []),
    },
}


def run_python(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder, as a reader would, without settings of our own run."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ASYNCTESTING_") and name not in ("PYTHONASYNCIODEBUG", "PYTHONDEVMODE")
    }
    environment |= {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **settings}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


#: Runs commands, which are modules with arguments, each in a process that is made by a fork: they share the time
#: that it takes to import what all of them need, and end as any other process does.
FORKS = """
import json, os, runpy, sys
import asynctesting, unittest
from asynctesting import AsyncTestCase
for command, output in json.loads(sys.argv[1]):
    if os.fork() == 0:
        file = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.argv = command
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
        sys.exit()
    os.wait()
"""


def run_modules(*commands: list[str]) -> list[str]:
    """Run ``python -m`` with each of the arguments; give what each of them prints."""
    if not hasattr(os, "fork"):
        return [run_python("-m", *command).stdout for command in commands]
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, str(number)) for number in range(len(commands))]
        asked = [(command, str(file)) for command, file in zip(commands, files, strict=True)]
        done = run_python("-c", FORKS, json.dumps(asked))
        if done.stdout or done.returncode:
            raise AssertionError(done.stdout)
        return [file.read_text(encoding="utf-8") for file in files]


def counts(outcomes: dict[str, tuple[str, list[str]]]) -> str:
    """The last line of unittest for *outcomes*."""
    found = [outcome for outcome, _ in outcomes.values()]
    parts = [
        f"{word}={found.count(outcome)}"
        for word, outcome in (("failures", "fails"), ("errors", "errors"), ("skipped", "skipped"))
        if outcome in found
    ]
    verdict = "FAILED" if {"fails", "errors"} & set(found) else "OK"
    return f"{verdict} ({', '.join(parts)})" if parts else verdict


class StoryTests(unittest.TestCase):
    """The tests of the steps do what is told, exactly."""

    story = importlib.import_module("examples.__main__")

    def test_each_test(self) -> None:
        """Each test of each step has the outcome, and says the words, that are written here."""
        for step, expected in STEPS.items():
            with self.subTest(step):
                seen, described, _ = self.story.run_step(step)
                self.assertEqual(
                    {test: outcome for test, (outcome, _) in expected.items()},
                    {test: outcome for test, (outcome, _) in seen.items()},
                )
                for test, (_, phrases) in expected.items():
                    for phrase in phrases:
                        self.assertIn(phrase, seen[test][1].replace(os.sep, "/"))
                self.assertTrue(all(described.values()), "a test without a docstring")

    def test_meant_to_fail(self) -> None:
        """A test that fails says in its docstring, or the one before it, that it is meant to."""
        for step, expected in STEPS.items():
            _, described, _ = self.story.run_step(step)
            failing = [test for test, (out, _) in expected.items() if out in ("fails", "errors")]
            words = " ".join(described[test] for test in failing)
            with self.subTest(step):
                self.assertEqual(bool(failing), "meant to fail" in words)

    def test_same_story(self) -> None:
        """What is told to the reader is what is tested here, step by step."""
        told = {step: outcomes for step, _, outcomes in self.story.STORY}
        tested = {
            step: {test: outcome for test, (outcome, _) in tests.items()}
            for step, tests in STEPS.items()
        }
        self.assertEqual(tested, told)

    def test_all_told(self) -> None:
        """No step is left out."""
        files = [path.stem for path in (ROOT / "examples").glob("step_*.py")]
        files.sort(key=lambda name: int(name.split("_")[1]))
        self.assertEqual(files, [step for step, _, _ in self.story.STORY])

    def test_standard_class_warns(self) -> None:
        """The first step's standard test only warns: one RuntimeWarning."""
        _, _, caught = self.story.run_step("step_1_forgotten_await")
        self.assertEqual([RuntimeWarning], [type(warning) for warning in caught])

    def test_not_as_told(self) -> None:
        """A test that does not do what is told is named."""
        told = {"HerdTests.test_pet": "fails", "HerdTests.test_gone": "passes"}
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            stdout, sys.stdout = sys.stdout, nowhere
            try:
                wrong = self.story.tell_step("step_2_first_true_test", told)
            finally:
                sys.stdout = stdout
        step = "step_2_first_true_test: HerdTests"
        self.assertEqual(
            [
                f"{step}.test_pet passes, but fails was told",
                f"{step}.test_gone did not run, but passes was told",
                f"{step}.test_displeased passes, but nothing was told",
                f"{step}.test_forward passes, but nothing was told",
            ],
            wrong,
        )


class CommandTests(unittest.TestCase):
    """The commands that a reader is given."""

    def test_whole_story(self) -> None:
        """With ``--full`` it ends well, and shows each step, each failure and each warning."""
        done = run_python("-m", "examples", "--full")
        self.assertEqual(0, done.returncode, done.stdout)
        for number, (step, tests) in enumerate(STEPS.items(), 1):
            self.assertRegex(done.stdout, rf"(?m)^{number}\. .* \(examples/{step}\.py\)$")
            for test, (outcome, phrases) in tests.items():
                self.assertRegex(done.stdout, rf"(?m)^   {outcome:<8} {re.escape(test)}(:|$)")
                for phrase in phrases:
                    self.assertIn(phrase, done.stdout.replace(os.sep, "/"))
        self.assertIn("warned   RuntimeWarning: coroutine 'herd' was never awaited", done.stdout)
        outcomes = sum(map(len, STEPS.values()))
        self.assertTrue(
            done.stdout.endswith(
                f"{len(STEPS)} steps, {outcomes} outcomes, all as told: those that fail are meant to.\n"
            ),
            done.stdout,
        )

    def test_in_short(self) -> None:
        """Without it, a few lines for each step: the idea, what came of it, and what fails in short."""
        done = run_python("-m", "examples")
        self.assertEqual(0, done.returncode, done.stdout)
        *steps, end = re.split(r"\n\n", done.stdout)
        self.assertEqual(len(STEPS), len(steps))
        for number, ((step, tests), told) in enumerate(zip(STEPS.items(), steps), 1):
            lines = told.splitlines()
            self.assertRegex(lines[0], rf"^{number}\. .* \(examples/{step}\.py\)$")
            self.assertRegex(lines[1], r"^   [A-Z].*\.$")
            found = [outcome for outcome, _ in tests.values()]
            for outcome, one, many in (
                ("passes", "passes", "pass"),
                ("fails", "fails", "fail"),
                ("errors", "errs", "err"),
                ("skipped", "skipped", "skipped"),
            ):
                count = found.count(outcome)
                self.assertEqual(count > 0, f"{count} {one if count == 1 else many}" in lines[2], told)
            failing = 0
            for test, (outcome, phrases) in tests.items():
                shown = re.search(rf"(?m)^   {outcome:<8} {re.escape(test)}(:|$)", told)
                self.assertEqual(outcome != "passes", shown is not None, told)
                if outcome in ("fails", "errors"):
                    failing += 1
                    self.assertIn(phrases[0], told.replace(os.sep, "/"))
                    self.assertRegex(told, r"(?m)^            at examples/.*\.py:\d+, in .*\n               \S")
            self.assertNotIn("Traceback", told)
            self.assertLessEqual(len(lines), 4 + 9 * failing + 2 * found.count("skipped"), told)
            cures = told.count("            cure: ")
            # One has an error of its own, and one the output of a program.
            self.assertEqual(failing - (step in ("step_6_set_up", "step_12_functional_tests")), cures, told)
        self.assertEqual(2, len(end.splitlines()))
        self.assertTrue(end.endswith("All that they say: python -m examples --full\n"))

    def test_parts(self) -> None:
        """What is not known in short is shown as a whole; other words are refused."""
        story = importlib.import_module("examples.__main__")
        self.assertEqual(["no error", "in it"], story.in_short("no error\nin it\n"))
        self.assertEqual(2, run_python("-m", "examples", "--shorter").returncode)

    def test_settings_put_aside(self) -> None:
        """Settings for a whole run do not change the story, and this is said."""
        done = run_python("-m", "examples", ASYNCTESTING_OFF="1")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertTrue(done.stdout.startswith("ASYNCTESTING_OFF is set, and put aside.\n"))

    def test_debug_mode(self) -> None:
        """The story is the same in asyncio's debug mode."""
        done = run_python("-m", "examples", PYTHONASYNCIODEBUG="1")
        self.assertEqual(0, done.returncode, done.stdout)

    def test_each_step_with_unittest(self) -> None:
        """``python -m unittest examples.step_...`` runs one step."""
        printed = run_modules(*(["unittest", f"examples.{step}"] for step in STEPS))
        for (step, expected), text in zip(STEPS.items(), printed, strict=True):
            with self.subTest(step):
                self.assertEqual(counts(expected), text.splitlines()[-1])

    def test_each_step_by_itself(self) -> None:
        """``python -m examples.step_...`` runs one step, too."""
        printed = run_modules(*([f"examples.{step}"] for step in STEPS))
        for (step, expected), text in zip(STEPS.items(), printed, strict=True):
            with self.subTest(step):
                self.assertEqual(counts(expected), text.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
