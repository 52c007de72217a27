"""Tests of asynctesting.ledger: what was found in this process so far."""

import asyncio
import contextlib
import io
import json
import os
import pathlib
import pickle
import re
import sys
import tempfile
import textwrap
import unittest
import warnings
from unittest import mock

import asynctesting
from asynctesting import AsyncTestCase, AsyncTestingWarning, OptionError, ledger
from asynctesting.findings import Finding, Place
from asynctesting.ledger import INTO, LEDGER, SETTINGS, Ledger
from tests.support import Record, live, python


HERE = Place("herd.py", 7, "herd")
FINDING = Finding("pending-task", "a fact", "a cure", HERE)


class Case(unittest.TestCase):
    """One with a folder, and an environment without any of our settings."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch.dict(os.environ))
        for name in (*SETTINGS, "SUMMARY_INTO", "CHECKS", "OFF"):
            os.environ.pop(f"ASYNCTESTING_{name}", None)
        os.environ.pop("PYTEST_XDIST_WORKER", None)
        self.ledger = Ledger()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def lines(self, name):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8").splitlines()

    def set(self, **settings):
        os.environ.update({f"ASYNCTESTING_{name}": value for name, value in settings.items()})
        self.ledger.begin()


class WholeRunTests(Case):
    def found(self, source):
        """Run *source* with its findings written down, and give those."""
        path = self.path("found")
        done = python(
            f"""
            import os
            os.environ["ASYNCTESTING_FINDINGS"] = {path!r}
            """
            + source
        )
        lines = self.lines("found") if os.path.exists(path) else []
        self.assertTrue(lines, done.stderr)
        return [(one["check"], one["level"], one["test"]) for one in map(json.loads, lines)]

    def test_a_plain_class(self):
        """What the guard finds is written down, too."""
        found = self.found(
            """
            import unittest
            import asynctesting

            asynctesting.guard_plain_tests()

            class Cats(unittest.TestCase):
                async def test_cat(self):
                    self.fail("never reached")

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual([("wrong-shape", "fail", "__main__.Cats.test_cat")], found)

    def test_a_task_group(self):
        """So is what is raised at once, for a group cannot be left."""
        found = self.found(
            """
            import asyncio
            import unittest
            from asynctesting import AsyncTestCase

            class Cats(AsyncTestCase, close_limit=0.05):
                async def test_cat(self):
                    group = await self.enterAsyncContext(asyncio.TaskGroup())
                    group.create_task(asyncio.sleep(60))

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual([("pending-task", "fail", "__main__.Cats.test_cat")], found)

    def test_a_task_group_on_the_loop_of_a_class(self):
        """It is that test's only, not those' that come after it, nor the class's."""
        found = self.found(
            """
            import asyncio
            import unittest
            from asynctesting import AsyncTestCase

            class Cats(AsyncTestCase, close_limit=0.05, loop_scope="class"):
                async def test_cat(self):
                    group = await self.enterAsyncContext(asyncio.TaskGroup())
                    group.create_task(asyncio.sleep(60))

                async def test_dog(self):
                    await asyncio.sleep(0)

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual([("pending-task", "fail", "__main__.Cats.test_cat")], found)

    def test_a_test_that_is_explored(self):
        """Its many lives count as one."""
        found = self.found(
            """
            import asyncio
            import unittest
            from asynctesting import AsyncTestCase, explore

            class Cats(AsyncTestCase, checks="warn"):
                @explore(schedules=5, cancel=False)
                async def test_cat(self):
                    asyncio.sleep(0)
                    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

            unittest.main(argv=["x"])
            """
        )
        self.assertEqual(1, len(found))


class NoteTests(Case):
    def test_once(self):
        """A test that lives many times has each culprit written down once."""
        self.set(FINDINGS=self.path("found"))
        for test, once in ("a", True), ("a", True), ("b", True), ("a", False):
            self.ledger.note(test, [(FINDING, "fail")], once=once)
        tests = [json.loads(line)["test"] for line in self.lines("found")]
        self.assertEqual(["a", "b", "a"], tests)


class RepeatTests(Case):
    def test_a_culprit_is_told_in_full_once(self):
        """In the next test it is a line that names the first."""
        full = self.ledger.report([FINDING], test="T.test_a")
        short = self.ledger.report([FINDING], test="T.test_b")

        self.assertEqual(f"{FINDING}\n  more: python -m asynctesting explain pending-task", full)
        self.assertEqual("a fact [pending-task] at herd.py:7, as in T.test_a, told there in full", short)

    def test_the_same_test_tells_it_in_full_again(self):
        """It may be run again, as flaky tests and examples of Hypothesis are."""
        first = self.ledger.report([FINDING], test="T.test_a")

        self.assertEqual(first, self.ledger.report([FINDING], test="T.test_a"))

    def test_what_has_no_line_or_no_test_is_told_in_full(self):
        """It cannot be the same culprit, or the reader cannot find the other report."""
        lost = Finding("stuck-close", "a fact", "a cure")
        for finding, test in ((lost, "T.test_b"), (FINDING, "")):
            with self.subTest(finding):
                first = self.ledger.report([finding], test="T.test_a")
                self.assertEqual(first, self.ledger.report([finding], test=test))

    def test_all_may_be_asked_for_in_full(self):
        """For what shows one test at a time."""
        self.set(REPEATS="full")
        first = self.ledger.report([FINDING], test="T.test_a")

        self.assertEqual(first, self.ledger.report([FINDING], test="T.test_b"))


class SettingTests(Case):
    def test_what_cannot_be_is_refused(self):
        """By variable, with what may be there."""
        broken = self.write("broken.jsonl", "{}\n")
        nowhere = self.path("no/where")
        for name, value, problem in [
            ("REPEATS", "twice", "must be 'full' or 'short', not 'twice'"),
            ("SUMMARY", "yes", "must be 1 or 0, not 'yes'"),
            ("FINDINGS", nowhere, f": cannot write to {nowhere!r}: "),
            ("BASELINE", nowhere, f": cannot read {nowhere!r}: "),
            ("BASELINE", broken, f": {broken}, line 1: 'check' must be a str, not None"),
        ]:
            with self.subTest(name, value=value), mock.patch.dict(os.environ):
                with self.assertRaises(OptionError) as caught:
                    self.set(**{name: value})
                text = str(caught.exception)
                self.assertTrue(text.startswith(f"environment variable ASYNCTESTING_{name}"), text)
                self.assertIn(problem, text)
        with self.assertRaisesRegex(OptionError, "python -m asynctesting baseline findings.jsonl --into "):
            self.set(BASELINE=nowhere)

    def test_a_class_asks_for_them(self):
        """So a mistake is told before any test runs."""
        os.environ["ASYNCTESTING_REPEATS"] = "twice"
        with self.assertRaises(OptionError):

            class Tests(AsyncTestCase):
                pass

        async def main():
            pass

        with self.assertRaises(OptionError):
            asynctesting.run(main)

    def test_nothing_is_done_if_it_is_off(self):
        """Not even to look at them."""
        os.environ["ASYNCTESTING_OFF"] = "1"
        self.set(REPEATS="twice", FINDINGS=self.path("found"))

        self.assertFalse(os.path.exists(self.path("found")))

    def test_they_may_change(self):
        """Each class looks anew, and does nothing if they are the same."""
        self.set(FINDINGS=self.path("a"))
        with mock.patch.object(Ledger, "_ready", side_effect=AssertionError):
            self.ledger.begin()
        self.set(FINDINGS=self.path("b"))
        self.ledger.note("T.test_a", [(FINDING, "fail")])

        self.assertEqual((0, 1), (len(self.lines("a")), len(self.lines("b"))))


class FindingsTests(Case):
    def test_each_finding_is_a_line(self):
        """One after the other, after what was there."""
        path = self.write("found", "before\n")
        self.set(FINDINGS=path)

        self.ledger.note("T.test_a", [(FINDING, "fail"), (FINDING, "warn")])

        before, *lines = self.lines("found")
        self.assertEqual("before", before)
        records = list(map(json.loads, lines))
        self.assertEqual(["fail", "warn"], [one["level"] for one in records])
        self.assertEqual(["T.test_a"] * 2, [one["test"] for one in records])

    def test_any_text_can_be_written(self):
        """Also half of a character."""
        self.set(FINDINGS=self.path("found"))
        self.ledger.note("T.test_a", [(Finding("a", "é \ud800\n", "cure"), "fail")])

        (line,) = self.lines("found")
        self.assertIn("é", line)

    def test_a_disk_that_is_full_is_told_once(self):
        """The test does not fail for it."""
        self.set(FINDINGS=self.path("found"))
        with (
            mock.patch.object(ledger, "_write", side_effect=OSError(28, "no space")),
            self.assertWarnsRegex(AsyncTestingWarning, "any more: no space$"),
        ):
            self.ledger.note("T.test_a", [(FINDING, "fail"), (FINDING, "fail")])
        self.ledger.note("T.test_a", [(FINDING, "fail")])

        self.assertEqual([], self.lines("found"))


class BaselineTests(Case):
    def test_only_what_is_listed_is_known(self):
        """Without a baseline, nothing is."""
        self.assertFalse(self.ledger.knows(FINDING, "T.test_a"))
        line = {"check": "pending-task", "file": "herd.py", "function": "herd", "source": "", "places": 1}
        self.set(BASELINE=self.write("known", json.dumps(line)))

        self.assertTrue(self.ledger.knows(FINDING, "T.test_a"))
        self.assertFalse(self.ledger.knows(Finding("a", "a fact", "a cure", HERE), "T.test_a"))

    def test_it_knows_its_folder(self):
        """So tests may be run from anywhere, if it lies where the files are relative to."""
        line = {"check": "a", "file": "sub/herd.py", "function": "f", "source": "", "places": 1}
        self.set(BASELINE=self.write("known", json.dumps(line)))
        place = Place(self.path(os.path.join("sub", "herd.py")), 7, "f")

        self.assertTrue(self.ledger.knows(Finding("a", "a fact", "a cure", place), "T.test_a"))


class SummaryTests(Case):
    def setUp(self):
        super().setUp()
        self.register = self.enterContext(mock.patch("atexit.register"))

    def at_exit(self):
        (function, *args), _ = self.register.call_args
        with contextlib.redirect_stderr(io.StringIO()) as told:
            function(*args)
        return told.getvalue()

    def test_a_table_ends_the_run(self):
        """Of this process, and of those that it has started."""
        self.set(SUMMARY="1")
        self.ledger.note("T.test_a", [(FINDING, "fail")])
        other = Ledger()
        other.begin()
        other.note("T.test_b", [(FINDING, "fail")])
        path = os.environ[INTO]

        text = self.at_exit()

        self.register.assert_called_once()
        self.assertIn("\nasynctesting: 2 findings by 1 culprit in 2 tests\n", text)
        self.assertIn("    2  fail   pending-task  herd.py:7, in herd\n", text)
        self.assertNotIn(INTO, os.environ)
        self.assertFalse(os.path.exists(path))

    def test_it_tells_of_a_baseline_what_was_not_met(self):
        """That is, of what may be mended."""
        line = {"check": "a", "file": "", "function": "T.test_a", "source": "", "places": 1}
        self.set(SUMMARY="1", BASELINE=self.write("known", json.dumps(line)))

        self.assertEqual(
            "\nasynctesting: no findings\n"
            "baseline: 1 of its 1 culprits were not met in this run\n",
            self.at_exit(),
        )

    def test_a_worker_says_which_one_it_is(self):
        """Those of pytest-xdist have a table each, for nobody is above them."""
        os.environ["PYTEST_XDIST_WORKER"] = "gw1"
        self.set(SUMMARY="1")

        self.assertEqual("[gw1]\nasynctesting: no findings\n", self.at_exit())

    def test_a_fork_is_silent(self):
        """It may end as its parent does, which tells of both."""
        self.set(SUMMARY="1")
        with mock.patch("os.getpid", return_value=0):
            self.assertEqual("", self.at_exit())
        self.assertNotEqual("", self.at_exit())

    def test_what_cannot_be_read_is_told(self):
        """Python has ended, and no error would be of use."""
        self.set(SUMMARY="1")
        os.unlink(os.environ[INTO])

        self.assertTrue(self.at_exit().startswith("asynctesting: there is no table: "))


NAPS = textwrap.dedent(
    """
    import asyncio
    from asynctesting import AsyncTestCase

    def nap():
        asyncio.get_running_loop().call_later(60, print)

    class NapTests(AsyncTestCase):
        async def test_a(self):
            nap()

        async def test_b(self):
            nap()

        async def test_c(self):
            nap()
    """
)


class LifeTests(Case):
    """Whole runs, each in a process of its own."""

    def run_tests(self, *args, command="-m unittest test_nap", source=NAPS, **settings):
        self.write("test_nap.py", source)
        done = python(
            f"""
            import os, subprocess, sys
            os.chdir({self.folder!r})
            done = subprocess.run([sys.executable, *{command!r}.split(), *{args!r}],
                                  stderr=subprocess.STDOUT)
            sys.exit(done.returncode)
            """,
            timeout=60,
            **{f"ASYNCTESTING_{name}": value for name, value in settings.items()},
        )
        return done.returncode, done.stdout + done.stderr

    def baseline(self):
        found = self.path("found")
        self.run_tests(FINDINGS=found)
        code, text = self.run_tests(command=f"-m asynctesting baseline {found}")
        self.assertEqual(0, code, text)
        os.unlink(found)
        return self.write("known", text)

    def test_the_same_culprit_in_many_tests(self):
        """It is told in full once, and in a line each after that."""
        _, text = self.run_tests()

        self.assertEqual(1, text.count("  cure: "), text)
        short = (
            r"FindingsError: the timer .*\[leftover-timer\] at test_nap.py:6, "
            r"as in test_nap.NapTests.test_a, told there in full\n"
        )
        self.assertEqual(2, len(re.findall(short, text)), text)

    def test_warnings_are_told_alike(self):
        """A suite that only warns is not drowned, either."""
        _, text = self.run_tests(CHECKS="warn")

        self.assertEqual(1, text.count("  cure: "), text)
        self.assertIn("as in test_nap.NapTests.test_a, told there in full", text)

    def test_a_run_ends_in_a_table(self):
        """Whatever became of it."""
        for checks, level in (("default", "fail "), ("warn", "warn ")):
            with self.subTest(checks):
                _, text = self.run_tests(SUMMARY="1", CHECKS=checks)
                self.assertIn("\nasynctesting: 3 findings by 1 culprit in 3 tests\n", text)
                self.assertIn(f"    3  {level}  leftover-timer  test_nap.py:6, in nap\n", text)

    def test_what_is_allowed_is_not_found(self):
        """Nor what is ignored."""
        self.run_tests(FINDINGS=self.path("found"), CHECKS="leftover-timer=ignore")

        self.assertEqual([], self.lines("found"))

    def test_known_culprits_warn_and_new_ones_fail(self):
        """Also if the known one has moved."""
        known = self.baseline()
        code, text = self.run_tests(BASELINE=known)
        self.assertEqual(0, code, text)
        self.assertIn("AsyncTestingWarning: the timer", text)

        more = f"# a line\n{NAPS}\n    async def test_new(self):\n        self.loop.call_later(60, print)\n"
        code, text = self.run_tests(BASELINE=known, FINDINGS=self.path("found"), source=more)
        self.assertIn("FAILED (failures=1)", text)
        self.assertIn("FAIL: test_new", text)
        levels = [json.loads(line)["level"] for line in self.lines("found")]
        self.assertEqual(["known"] * 3 + ["fail"], levels)

    def test_a_baseline_shrinks(self):
        """What is mended is told, and taken out by a command."""
        known = self.baseline()
        found = self.path("found")
        code, text = self.run_tests(FINDINGS=found, BASELINE=known, source=NAPS.replace("_later(60, ", "_soon("))
        self.assertEqual(0, code, text)
        code, text = self.run_tests(command=f"-m asynctesting baseline {found} --check {known}")
        self.assertEqual(1, code)
        self.assertIn("1 of its 1 culprits were not found any more", text)
        self.assertNotEqual([], self.lines("known"))

        code, text = self.run_tests(command=f"-m asynctesting baseline {found} --shrink {known}")
        self.assertEqual(0, code)
        self.assertEqual([], self.lines("known"))

    def test_workers_write_to_one_file(self):
        """Forked or not, no line is lost or mixed with another, and there is one table."""
        source = NAPS + textwrap.dedent(
            """
            def work(number):
                for _ in range(20):
                    unittest.defaultTestLoader.loadTestsFromTestCase(NapTests).run(unittest.TestResult())

            if __name__ == "__main__":
                import multiprocessing, sys, unittest
                context = multiprocessing.get_context(sys.argv[1])
                workers = [context.Process(target=work, args=(n,)) for n in range(3)]
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
            """
        ).replace("def work(number):", "import unittest\ndef work(number):")
        methods = ["spawn"] if sys.platform == "win32" else ["fork", "spawn"]
        for method in methods:
            with self.subTest(method):
                found = self.path(f"found-{method}")
                code, text = self.run_tests(
                    method, command="test_nap.py", source=source, FINDINGS=found, SUMMARY="1"
                )
                self.assertEqual(0, code, text)
                self.assertEqual(1, text.count("asynctesting: 180 findings by 1 culprit in "), text)
                self.assertEqual(180, len(list(map(json.loads, self.lines(f"found-{method}")))))

    def test_a_life_without_a_class(self):
        """It has the name of its function."""
        found = self.path("found")
        _, text = self.run_tests(
            command="test_nap.py",
            source=textwrap.dedent(
                """
                import asyncio, asynctesting

                async def main():
                    asyncio.get_running_loop().call_later(60, print)

                for _ in range(2):
                    try:
                        asynctesting.run(main)
                    except AssertionError as error:
                        print(error)
                """
            ),
            FINDINGS=found,
        )
        self.assertEqual(2, text.count("  cure: "), text)
        self.assertEqual({"__main__.main"}, {json.loads(line)["test"] for line in self.lines("found")})


class InProcessTests(Case):
    """The ledger of this very process, which others of these tests have written to."""

    def setUp(self):
        self.addCleanup(LEDGER.begin)  # when the environment is as it was
        super().setUp()

    def test_findings_of_class_fixtures_are_noted(self):
        """By the name of the class."""
        os.environ["ASYNCTESTING_FINDINGS"] = self.path("found")

        class Tests(AsyncTestCase):
            @classmethod
            async def asyncSetUpClass(cls):
                cls.task = asyncio.create_task(asyncio.sleep(60))

            async def test_cat(self):
                pass

        live(Tests)
        (line,) = self.lines("found")
        self.assertTrue(json.loads(line)["test"].endswith("<locals>.Tests"), line)

    def test_a_hidden_report_is_not_counted_as_told(self):
        """Of an expected failure nobody sees anything."""
        os.environ["ASYNCTESTING_REPEATS"] = "short"

        def nap(case):
            case.loop.call_later(60, print)

        class Tests(AsyncTestCase):
            @unittest.expectedFailure
            async def test_a(self):
                nap(self)
                self.fail()

            async def test_b(self):
                nap(self)

        result = live(Tests, Record())
        self.assertIn("  cure: ", str(result.raised[-1]))

    def test_the_failure_can_be_pickled(self):
        """With all that it says."""
        os.environ["ASYNCTESTING_REPEATS"] = "short"

        class Tests(AsyncTestCase):
            async def test_a(self):
                self.loop.call_later(60, print)
                self.loop.call_later(60, print)

        (error,) = live(Tests, Record()).raised
        self.assertEqual(str(error), str(pickle.loads(pickle.dumps(error))))
        self.assertIn("2 faults", str(error))

    def test_known_findings_warn(self):
        """The test passes."""

        class Tests(AsyncTestCase):
            async def test_a(self):
                self.loop.call_later(60, print)

        with (
            mock.patch.object(Ledger, "knows", return_value=True),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            result = live(Tests, Record())
        self.assertEqual("success", result.outcome)
        self.assertEqual([AsyncTestingWarning], [one.category for one in told])


if __name__ == "__main__":
    unittest.main()
