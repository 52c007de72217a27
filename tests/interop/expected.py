"""
What each sample test comes to, written down once, and what of it a runner can tell.

A key is ``module.Class.method``, for a subtest followed by its parameters, as in
``test_sample.Outcomes.test_subtests_fail (number=1)``. A mark is a text
that the report of a failure must show; each is found in the sample once or
belongs to one test.

"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace


PENDING = "[pending-task]"
NEVER = "[never-awaited]"

#: What a runner calls an outcome that is no success.
BAD = ("failed", "errored", "xpassed")


@dataclass(frozen=True)
class Row:
    """One thing that a runner tells: a test's outcome, or that of a subtest."""

    test: str
    outcome: str
    marks: tuple[str, ...] = ()
    subtest: str = ""

    @property
    def key(self) -> str:
        """The test, and the subtest if it is one."""
        return f"{self.test} ({self.subtest})" if self.subtest else self.test


def _rows(text: str) -> Iterator[Row]:
    """Read a table; a line that begins with a bar goes on with the marks of the one above."""
    for line in re.sub(r"\n +\|", " |", text.strip()).splitlines():
        name, outcome, *marks = (part.strip() for part in line.split("|"))
        test, _, subtest = name.partition(" ")
        yield Row(test, outcome, tuple(marks), subtest)


#: The outcome "subtests" is that of a test which only its subtests speak for.
SAMPLE = tuple(_rows("""
test_sample.Outcomes.test_passes                        | passed
test_sample.Outcomes.test_passes_synchronously          | passed
test_sample.Outcomes.test_fails                         | failed
    | AssertionError: 1 != 2 : mark: fails
test_sample.Outcomes.test_fails_synchronously           | failed
    | AssertionError: 1 != 2 : mark: fails synchronously
test_sample.Outcomes.test_errors                        | errored | ValueError: mark: errors
test_sample.Outcomes.test_errors_in_a_group             | errored
    | unhandled errors in a TaskGroup (1 sub-exception) | ValueError: mark: errors in a group
test_sample.Outcomes.test_errors_with_a_cause           | errored
    | LookupError: mark: errors with a cause | ValueError: mark: the cause
test_sample.Outcomes.test_skipped_by_a_decorator        | skipped | mark: skipped by a decorator
test_sample.Outcomes.test_skipped_in_the_middle         | skipped | mark: skipped in the middle
test_sample.Outcomes.test_subtests_pass                 | passed
test_sample.Outcomes.test_subtests_fail                 | subtests
test_sample.Outcomes.test_subtests_fail number=1        | errored
    | ValueError: mark: a subtest errors
test_sample.Outcomes.test_subtests_fail number=2        | failed
    | AssertionError: mark: a subtest fails
test_sample.Expectations.test_expected_failure          | xfailed
test_sample.Expectations.test_unexpected_success        | xpassed
test_sample.Findings.test_never_awaited                 | failed  | 'linger' was never awaited
    | [never-awaited] | self.assertTrue(linger())
test_sample.Findings.test_leaked_task                   | failed
    | 'mark: a leaked task' (linger) was still pending | [pending-task]
test_sample.Findings.test_fails_and_leaks               | failed
    | AssertionError: mark: fails and leaks
    | 'mark: leaked by a failure' (linger) was still pending
test_sample.Findings.test_failing_subtest_and_leak      | subtests
test_sample.Findings.test_failing_subtest_and_leak number=1 | failed
    | AssertionError: mark: a subtest fails beside a leak
    | 'mark: leaked beside a subtest' (linger) was still pending
test_sample.Findings.test_passing_subtest_and_leak      | failed
    | 'mark: leaked after a subtest' (linger) was still pending
test_sample.Findings.test_skipped_and_leaks             | failed
    | 'mark: leaked by a skip' (linger) was still pending
    | (the test was skipped: mark: skipped and leaks)
test_sample.Findings.test_fails_in_body_and_cleanups    | failed  | AssertionError: mark: the body
    | ValueError: mark: the second cleanup | ValueError: mark: the first cleanup
test_sample.Stages.test_fails_in_set_up                 | errored | ValueError: mark: set-up
test_sample.Stages.test_fails_in_tear_down              | errored | ValueError: mark: tear-down
test_sample.Stages.test_fails_in_cleanup                | errored | ValueError: mark: a cleanup
test_sample.SkippedInSetUp.test_skipped                 | skipped | mark: skipped in set-up
test_sample.SkippedClass.test_skipped                   | skipped | mark: a skipped class
test_sample.OneTask.test_here                           | passed
test_sample.OneTask.test_there                          | passed
test_sample.ClassFixtures.test_one                      | passed
test_sample.ClassFixtures.test_two                      | passed
test_sample.ClassLoop.test_leaks                        | failed
    | "mark: leaked on a class's loop" (linger) was still pending
test_sample.ClassLoop.test_one                          | passed
test_sample.ClassLoop.test_two                          | passed
test_sample.BrokenClass.test_one                        | class
    | ValueError: mark: the class's set-up
test_sample.Loops.test_passes                           | passed
test_sample.Loops.test_passes loop='loop_that_nobody_has' | skipped
    | loop_that_nobody_has cannot be imported
test_sample.Loops.test_fails_on_one                     | subtests
test_sample.Loops.test_fails_on_one loop='OtherEventLoop' | errored
    | ValueError: mark: fails on one loop
test_sample.Loops.test_nowhere                          | skipped
    | loop_that_nobody_has cannot be imported
"""))

DJANGO = tuple(
    replace(row, test=row.test.format(order=order))
    for order in ("OursFirst", "TheirsFirst")
    for row in _rows("""
test_django.{order}.test_one_task           | passed
test_django.{order}.test_with_settings      | passed
test_django.{order}.test_fails              | failed  | AssertionError: 1 != 2 : mark: django fails
test_django.{order}.test_errors             | errored | ValueError: mark: django errors
test_django.{order}.test_never_awaited      | failed  | 'work' was never awaited | [never-awaited]
test_django.{order}.test_skipped            | skipped
test_django.{order}.test_synchronous        | passed
test_django.{order}Subtests.test_subtests_fail | subtests
test_django.{order}Subtests.test_subtests_fail number=1 | failed
    | AssertionError: 0 != 1 : mark: django's subtest
""")
)

PROPERTIES = tuple(_rows("""
test_property.Properties.test_holds       | passed
test_property.Properties.test_is_shrunk   | failed  | AssertionError: 20 != 0 : mark: shrunk
    | number=10
test_property.Properties.test_forgets     | failed  | 'double' was never awaited | [never-awaited]
test_property.Properties.test_synchronous | passed
"""))

MAKERS = tuple(_rows("""
test_maker.Expanded.test_expanded_0_one   | passed
test_maker.Expanded.test_expanded_1_two   | failed  | AssertionError: 1 != 2 : mark: expanded two
test_maker.Expanded.test_with_an_option_0 | passed
test_maker.Expanded.test_with_an_option_1 | passed
test_maker.Expanded.test_on_loops_0       | subtests
test_maker.Expanded.test_on_loops_0 loop='OtherEventLoop' | failed | mark: on another loop
test_maker.OfClass_0.test_of_class        | passed
test_maker.OfClass_1.test_of_class        | failed  | AssertionError: 1 != 2 : mark: of a class
test_maker.Data.test_data_1_1             | passed
test_maker.Data.test_data_2_2             | failed  | AssertionError: 1 != 2 : mark: data
test_maker.Data.test_unpacked_1__1__1_    | passed
test_maker.Data.test_on_loops_1_1         | subtests
test_maker.Data.test_on_loops_1_1 loop='OtherEventLoop' | failed | mark: on another loop
"""))

FUNCTIONS = tuple(_rows("""
test_function.test_passes_or_fails[1]     | passed
test_function.test_passes_or_fails[2]     | failed  | AssertionError: mark: a function fails
test_function.test_errors                 | errored | ValueError: mark: a function errors
test_function.test_skips                  | skipped
test_function.test_never_awaited          | failed  | 'work' was never awaited | [never-awaited]
test_function.test_fails_and_leaks        | errored | ValueError: mark: a function fails and leaks
    | 'mark: leaked by a function' (sleep) was still pending
test_function.test_raises                 | passed
"""))

PROPERTY_FUNCTIONS = tuple(_rows("""
test_property.test_run_holds              | passed
test_property.test_run_is_shrunk          | failed  | AssertionError: mark: run is shrunk
    | number=10
"""))

LOOPS = tuple(_rows("""
test_loop.OnLoops.test_passes             | passed
test_loop.OnLoops.test_fails_on_uvloop    | subtests
test_loop.OnLoops.test_fails_on_uvloop loop='uvloop' | failed | mark: on uvloop
test_loop.OnLoops.test_leaks_on_uvloop    | subtests
test_loop.OnLoops.test_leaks_on_uvloop loop='uvloop' | failed
    | 'mark: leaked on uvloop' (sleep) was still pending
"""))

LOOPS_MISSING = tuple(_rows("""
test_loop.OnLoops.test_passes             | passed
test_loop.OnLoops.test_passes loop='uvloop' | skipped | uvloop cannot be imported
test_loop.OnLoops.test_fails_on_uvloop    | passed
test_loop.OnLoops.test_fails_on_uvloop loop='uvloop' | skipped | uvloop cannot be imported
test_loop.OnLoops.test_leaks_on_uvloop    | skipped | uvloop cannot be imported
"""))


@dataclass(frozen=True)
class Limits:
    """
    What a runner does in a way of its own, with every TestCase, not only with ours.

    Args:
        class_errors: how it tells that a class's set-up failed: ``"class"`` under the name
            ``setUpClass (...)``, ``"tests"`` for each test of the class, ``"nameless"`` without
            the class, ``"lost"`` not at all.
        fails_only: it tells errors and failures alike.
        marks: whether it shows the notes, causes and members of an exception.
        own_frames: a pattern of frames of ours that no way leads around there.
        parent: what it says of a test whose subtests failed; ``""`` for nothing.
        passes: whether it names the tests that pass or are skipped, too.
        subtests: ``"told"`` apart; or ``"joined"``, as outcomes of their test; ``"failed"``
            or ``"skipped"`` if only such ones are told apart.

    """

    class_errors: str = "class"
    fails_only: bool = False
    marks: bool = True
    own_frames: str = ""
    parent: str = ""
    passes: bool = True
    subtests: str = "told"


def adapt(rows: Iterable[Row], limits: Limits) -> dict[str, list[str]]:
    """What a runner of these *limits* tells of *rows*: each key with its outcomes, sorted."""
    told: dict[str, list[str]] = {}
    for row in rows:
        key, outcome = row.key, row.outcome
        if outcome == "subtests":
            outcome = limits.parent
        elif outcome == "class":
            outcome = "errored"
            if limits.class_errors == "class":
                key = f"setUpClass ({row.test.rpartition('.')[0]})"
            elif limits.class_errors == "nameless":
                key = "_ErrorHolder"
            elif limits.class_errors == "lost":
                continue
        elif row.subtest and limits.subtests not in (
            "told",
            "failed" if outcome in BAD else outcome,
        ):
            key = row.test
        if outcome == "errored" and limits.fails_only:
            outcome = "failed"
        if outcome and (limits.passes or outcome in BAD) and outcome not in told.get(key, ()):
            told.setdefault(key, []).append(outcome)
    return {key: sorted(outcomes) for key, outcomes in told.items()}
