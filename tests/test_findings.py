"""Tests of asynctesting.findings: fact, culprit, cure, put into words."""

import asyncio
import contextlib
import functools
import inspect
import os
import pickle
import selectors
import sys
import tempfile
import textwrap
import threading
import traceback
import unittest
from unittest import mock

import asynctesting
from asynctesting import findings
from asynctesting.findings import (
    Finding,
    Place,
    is_installed,
    is_user_file,
    place_of_code,
    place_of_error,
    place_of_frame,
    raise_at,
    render,
    site,
    site_of_lines,
)


#: How this file is shown: relative to the current folder, if it is inside.
HERE = os.path.relpath(__file__)
if HERE.startswith(os.pardir):
    HERE = __file__


class UserFileTests(unittest.TestCase):
    def test_a_file_of_the_users_is_one(self):
        """The user's own modules are the user's, and so are other packages and the console."""
        for filename in (__file__, "<stdin>", "<string>", "", os.path.join("a", "herd.py")):
            with self.subTest(filename=filename):
                self.assertTrue(is_user_file(filename))

    def test_the_machinery_is_not(self):
        """Neither ours, asyncio's and unittest's nor what stands between them is the user's."""
        modules = (
            asynctesting,
            findings,
            asyncio.base_events,
            asyncio.events,
            unittest.case,
            unittest.mock,
            contextlib,
            functools,
            selectors,
            threading,
        )
        for module in modules:
            with self.subTest(module=module.__name__):
                self.assertFalse(is_user_file(module.__file__))
        self.assertFalse(is_user_file("<frozen importlib._bootstrap>"))

    def test_the_standard_library_is_not(self):
        """Its lines are not the user's to mend; but CPython's own tests are users of ours."""
        self.assertFalse(is_user_file(inspect.__file__))
        home = os.path.dirname(inspect.__file__)
        self.assertTrue(is_user_file(os.path.join(home, "test", "test_herd.py")))
        self.assertTrue(is_user_file(os.path.join(home, "site-packages", "herd.py")))

    def test_what_is_installed_is_known(self):
        """A library of the user's is not the user's own code."""
        for folder in ("site-packages", "dist-packages"):
            self.assertTrue(is_installed(os.path.join(os.sep, "lib", folder, "herd.py")))
        self.assertFalse(is_installed(__file__))


def chain(*filenames):
    """Make a stack of frames, the innermost first."""
    frame = None
    for number, filename in reversed(list(enumerate(filenames, 1))):
        code = mock.Mock(co_filename=filename, co_firstlineno=number, co_name="herd")
        frame = mock.Mock(f_code=code, f_lineno=number, f_back=frame)
    return frame


class SiteOfLinesTests(unittest.TestCase):
    def test_the_users_own_line(self):
        """It is the innermost one, or that of an installed package if there is no other."""
        package = (os.path.join(os.sep, "lib", "site-packages", "bus.py"), 3, "emit")
        outer = (os.path.join(os.sep, "lib", "site-packages", "bus.py"), 9, "start")
        library, own = (os.__file__, 4, "call"), ("herd.py", 5, "test")
        self.assertEqual(Place(*own), site_of_lines([library, package, own, ("t.py", 1, "f")]))
        self.assertEqual(Place(*package), site_of_lines([library, package, outer]))
        self.assertIsNone(site_of_lines([library]))
        made = ("<string>", 1, "f")
        self.assertEqual(Place(*own), site_of_lines([made, own]))
        self.assertEqual(Place(*made), site_of_lines([made]))
        self.assertIsNone(site_of_lines(None))


class SiteTests(unittest.TestCase):
    LIBRARY = os.path.join(os.sep, "lib", "site-packages", "library.py")

    def test_the_innermost_line_of_the_users_is_it(self):
        """What calls for the user, a library or asyncio, is passed over."""
        for filenames, place in [
            (["herd.py", "main.py"], Place("herd.py", 1, "herd")),
            ([asyncio.__file__, self.LIBRARY, "herd.py"], Place("herd.py", 3, "herd")),
            ([asyncio.__file__, self.LIBRARY, self.LIBRARY], Place(self.LIBRARY, 2, "herd")),
            ([asyncio.__file__], None),
            ([], None),
        ]:
            with self.subTest(filenames=filenames):
                self.assertEqual(place, site(chain(*filenames)))

    def test_it_looks_no_further_than_told(self):
        """A stack may be deep."""
        frame = chain(asyncio.__file__, asyncio.__file__, "herd.py")

        self.assertIsNone(site(frame, 2))
        self.assertIsNotNone(site(frame, 3))


class PlaceTests(unittest.TestCase):
    def test_it_shows_path_line_function_and_source(self):
        """A place reads like a traceback's line, its source below it, stripped."""
        place = Place(__file__, 1, "herd")

        self.assertTrue(place.source.startswith('"""Tests of asynctesting.findings: '))
        self.assertEqual(f"{HERE}:1, in herd", place.where)
        self.assertEqual(f"{place.where}\n  {place.source}", str(place))

    def test_without_a_function_only_the_line_is_told(self):
        """A place need not be in a function."""
        self.assertEqual(f"{HERE}:2", str(Place(__file__, 2)))

    def test_a_file_that_cannot_be_read_has_no_source(self):
        """A place in code that was never a file is named, and no more."""
        place = Place("<string>", 3, "herd")

        self.assertEqual("", place.source)
        self.assertEqual("<string>:3, in herd", str(place))

    def test_a_path_outside_of_the_current_folder_stays_whole(self):
        """A path with dots in front of it would be of no use."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(os.path.realpath(folder), "herd.py")
            self.assertEqual(f"{path}:4", Place(path, 4).where)

    def test_a_path_on_another_drive_stays_whole(self):
        """Where no relative path can be told, the path is shown as it is."""
        for problem in (ValueError("another drive"), FileNotFoundError("no current folder")):
            with self.subTest(problem=problem):
                with mock.patch("os.path.relpath", side_effect=problem):
                    self.assertEqual(f"{__file__}:5", Place(__file__, 5).where)

    def test_it_is_a_value(self):
        """Places are equal if they say the same, can be put into sets, and pickled."""
        place = Place("herd.py", 6, "herd")

        self.assertEqual({place}, {Place("herd.py", 6, "herd")})
        self.assertNotEqual(place, Place("herd.py", 7, "herd"))
        self.assertEqual(place, pickle.loads(pickle.dumps(place)))

    def test_the_place_of_code_is_its_definition(self):
        """Code stands where its function begins."""
        code = site.__code__

        self.assertEqual(
            Place(findings.__file__, code.co_firstlineno, "site"), place_of_code(code)
        )

    def test_the_place_of_a_frame_is_its_current_line(self):
        """A frame stands where it is."""
        frame = sys._getframe()
        place = place_of_frame(frame); line = frame.f_lineno  # noqa: E702

        self.assertEqual(Place(__file__, line, frame.f_code.co_name), place)

    def test_a_frame_without_a_line_stands_at_its_beginning(self):
        """Some instructions have no line."""
        code = site.__code__
        frame = mock.Mock(f_code=code, f_lineno=None)

        self.assertEqual(place_of_code(code), place_of_frame(frame))

    def test_the_place_of_an_error_is_the_users_innermost_line(self):
        """An error stands at the user's last line before it was raised by somebody else's code."""

        def fall():
            textwrap.wrap("cat", width=0)

        try:
            fall()
        except ValueError as error:
            place = place_of_error(error)
        code = fall.__code__

        self.assertEqual(Place(__file__, code.co_firstlineno + 1, code.co_name), place)

    def test_an_error_that_was_not_raised_stands_nowhere(self):
        """Nor does one that none of the user's code has seen."""
        self.assertIsNone(place_of_error(ValueError()))


class FindingTests(unittest.TestCase):
    def test_a_short_one_is_two_lines(self):
        """The fact with its check, and the cure, are always there."""
        finding = Finding("pending-task", "task 'cat' was pending", "await it")

        self.assertEqual("task 'cat' was pending [pending-task]\n  cure: await it", str(finding))

    def test_a_long_one_is_indented(self):
        """Culprit and detail come between fact and cure, and stand further in."""
        finding = Finding(
            "loop-error",
            "an error",
            "mend it,\nor await it",
            Place("<string>", 1, "herd"),
            "Traceback\n  ...\n\nBoom\n",
        )

        self.assertEqual(
            "an error [loop-error]\n"
            "  <string>:1, in herd\n"
            "  Traceback\n"
            "    ...\n"
            "\n"
            "  Boom\n"
            "  cure: mend it,\n"
            "        or await it",
            str(finding),
        )

    def test_a_source_line_stands_below_its_place(self):
        """All lines of a place are indented alike."""
        finding = Finding("c", "fact", "cure", Place(__file__, 1))

        self.assertEqual(
            f"fact [c]\n  {HERE}:1\n    {Place(__file__, 1).source}\n  cure: cure", str(finding)
        )

    def test_it_is_a_value(self):
        """Findings are equal if they say the same, and can be pickled."""
        finding = Finding("c", "fact", "cure", Place("a", 1), "detail")

        self.assertEqual(finding, pickle.loads(pickle.dumps(finding)))
        self.assertEqual(1, len({finding, Finding("c", "fact", "cure", Place("a", 1), "detail")}))


class RaiseAtTests(unittest.TestCase):
    def test_the_traceback_has_one_frame_at_the_culprit(self):
        """Whoever prints the traceback shows the culprit's line, and no line of ours."""
        error = AssertionError("a fault")

        self.assertIs(error, raise_at(error, Place(__file__, 1, "herd")))

        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual((__file__, 1, "herd"), (frame.filename, frame.lineno, frame.name))
        self.assertTrue(frame.line.startswith('"""Tests of asynctesting.findings: '))
        text = "".join(traceback.format_exception(error))
        self.assertEqual(
            f'Traceback (most recent call last):\n  File "{__file__}", line 1, in herd\n'
            f"    {frame.line}\nAssertionError: a fault\n",
            text,
        )

    def test_the_frame_seems_to_be_the_users(self):
        """unittest and others leave out frames of the machinery; not this one."""
        error = raise_at(AssertionError(), Place("herd.py", 7, "herd"))

        variables = error.__traceback__.tb_frame.f_globals
        self.assertNotIn("__unittest", variables)
        self.assertEqual("herd.py", variables["__name__"])

    def test_a_place_need_be_no_more_than_a_file(self):
        """Without a function it is called a test; lines begin at 1."""
        error = raise_at(AssertionError(), Place("herd.py", 0))

        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual(("herd.py", 1, "<test>"), (frame.filename, frame.lineno, frame.name))

    def test_without_a_place_it_stands_in_our_code(self):
        """There is a traceback all the same, for runners that cannot do without."""
        error = raise_at(AssertionError(), None)

        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual(findings.__file__, frame.filename)

    def test_a_line_far_down_is_found(self):
        """Line numbers of any size fit."""
        error = raise_at(AssertionError(), Place("herd.py", 123456, "herd"))

        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual(123456, frame.lineno)


class RenderTests(unittest.TestCase):
    def test_one_finding_is_the_whole_text(self):
        """A single finding is not counted."""
        finding = Finding("a", "fact", "cure")

        self.assertEqual(f"{finding}\n  more: python -m asynctesting explain a", render([finding]))

    def test_several_are_counted_and_numbered(self):
        """Each has its number, and its further lines are indented below it."""
        found = (Finding(f"check-{n}", f"fact {n}", "cure") for n in range(1, 11))

        text = render(found)

        blocks = text.split("\n\n")
        self.assertEqual("10 faults in this test:", blocks[0])
        self.assertEqual("  1. fact 1 [check-1]\n       cure: cure", blocks[1])
        self.assertEqual(" 10. fact 10 [check-10]\n       cure: cure", blocks[10])
        ids = " ".join(f"check-{n}" for n in range(1, 11))
        self.assertEqual([f"more: python -m asynctesting explain {ids}"], blocks[11:])

    def test_the_same_culprit_is_told_once(self):
        """Another one of the same line is one line, and names it by its number."""
        here, there = Place("herd.py", 7, "herd"), Place("herd.py", 8, "herd")
        found = [
            Finding("a", "fact", "cure", here),
            Finding("a", "another fact", "cure", here),
            Finding("b", "fact", "cure", here),
            Finding("a", "fact", "cure", there, made=here),
            Finding("a", "fact", "cure", there),
        ]

        self.assertEqual(
            [
                "5 faults in this test:",
                "  1. fact [a]\n       herd.py:7, in herd\n       cure: cure",
                "  2. another fact [a] at herd.py:7, as in 1.",
                "  3. fact [b]\n       herd.py:7, in herd\n       cure: cure",
                "  4. fact [a] at herd.py:7, as in 1.",
                "  5. fact [a]\n       herd.py:8, in herd\n       cure: cure",
                "more: python -m asynctesting explain a b",
            ],
            render(found).split("\n\n"),
        )

    def test_what_another_test_has_told_is_told_in_short(self):
        """There is no need for its page, either."""
        finding = Finding("a", "fact", "cure", Place("herd.py", 7, "herd"))
        first = {finding: "HerdTests.test_cat"}.__getitem__

        self.assertEqual(
            "fact [a] at herd.py:7, as in HerdTests.test_cat, told there in full",
            render([finding], first=first),
        )
        self.assertEqual(
            "2 faults in this test:\n\n"
            "  1. fact [a] at herd.py:7, as in HerdTests.test_cat, told there in full\n\n"
            "  2. fact [a] at herd.py:7, as in HerdTests.test_cat, told there in full",
            render([finding, finding], first=first),
        )

    def test_the_maker_is_told_last(self):
        """It is the line to be mended, as a rule, and the cure follows."""
        there = Place("herd.py", 8, "herd")
        finding = Finding("a", "fact", "cure", there, "detail", made=Place("herd.py", 7, "test"))

        self.assertEqual(
            "fact [a]\n  herd.py:8, in herd\n  detail\n  it was made at herd.py:7, in test\n"
            "  cure: cure",
            str(finding),
        )

    def test_the_subject_is_named(self):
        """What was at fault need not be a test."""
        finding = Finding("a", "fact", "cure")

        self.assertEqual(
            "2 faults in the fixtures of this class:\n\n"
            "  1. fact [a]\n       cure: cure\n\n"
            "  2. fact [a], as in 1.\n\n"
            "more: python -m asynctesting explain a",
            render([finding, finding], subject="the fixtures of this class"),
        )
