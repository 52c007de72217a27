"""Swim lanes: who ran when, side by side."""

import linecache
import os
import textwrap
import unittest

from asynctesting.findings import Place
from asynctesting.lanes import Event, render_lanes, short


def step(time, lane, number, words="", **more):
    """A step, after which a task waits."""
    return Event(time, "step", lane, number, detail=words or f"step {number}", **more)


def stall(time, lane):
    """A delay."""
    return Event(time, "stall", lane, detail="0.5 s late", is_task=False)


RACE = [
    step(0, "test", 0),
    step(0, "admit", 0),
    step(0, "admit#2", 0),
    Event(0.5, "step", "timer", is_task=False),
    step(0.5, "admit#2", 1, ahead=("admit",)),
    step(0.5, "admit", 1, "ends"),
]


class PictureTests(unittest.TestCase):
    """What is drawn."""

    maxDiff = None

    def assertDrawn(self, expected, events, **options):
        """The picture of *events* is this one."""
        expected = textwrap.dedent(expected).strip("\n")
        self.assertEqual(expected, textwrap.dedent(render_lanes(events, **options)))

    def test_race(self):
        """A task is a column, a step is a line, and what asyncio would not have done is marked."""
        self.assertDrawn(
            """
                loop time │ test                │ admit               │ admit#2
            ─────────────────────────────────────────────────────────────────────
                        0 │ step 0              │                     │
                          │                     │ step 0              │
                          │                     │                     │ step 0
            ▶         0.5 │                     │ overtaken           │ step 1
                          │                     │ ends                │
            """,
            RACE,
            width=79,
        )

    def test_ascii(self):
        """It can be drawn with nothing but ASCII characters."""
        self.assertDrawn(
            """
                loop time | test                | admit               | admit#2
            ---------------------------------------------------------------------
                        0 | step 0              |                     |
                          |                     | step 0              |
                          |                     |                     | step 0
            >         0.5 |                     | overtaken           | step 1
                          |                     | ends                |
            """,
            RACE,
            width=79,
            ascii=True,
        )

    def test_only_ascii(self):
        """Other characters become escapes then, also those of names."""
        events = [step(0, "日本", 0, "日本")]
        for marked in (False, True):
            events[0].ahead = ("é",) if marked else ()
            text = render_lanes(events, ascii=True)
            self.assertTrue(text.isascii(), text)

    def test_nothing(self):
        """Where nothing happened there is nothing to draw."""
        self.assertEqual("", render_lanes([]))
        self.assertEqual("", render_lanes([Event(0, "step", "timer", is_task=False)]))

    def test_place(self):
        """Where a task waits is told by its line, without the word that it waits."""
        event = step(0, "a", 0, place=Place(__file__, 1))
        text = render_lanes([event])
        self.assertIn('1: """Swim lanes: who ran when, side by side."""', text)
        self.assertNotIn("without a file", text)
        event.place = Place("no such file", 7, "move")
        self.assertIn("│ 7: move", render_lanes([event]))
        for source, shown in (("await nap(1)", "nap(1)"), ("await cat", "await cat")):
            event.place = Place(f"<{source}>", 1, "move")
            linecache.cache[event.place.filename] = len(source), None, [source], source
            self.addCleanup(linecache.cache.pop, event.place.filename)
            self.assertIn(f"│ 1: {shown}", render_lanes([event]))

    def test_files(self):
        """Lines of several files have their names, but those of the file that has most of them."""
        events = [
            step(0, "test", 0, place=Place("a/test_b.py", 7, "move")),
            step(0, "a", 0, place=Place("a/b.py", 8, "cry")),
            step(0, "a", 1, place=Place("a/test_b.py", 9, "come")),
            step(0, "test", 1, "comes to an end"),
        ]
        self.assertDrawn(
            """
                loop time │ test                                     │ a
            ──────────────────────────────────────────────────────────────
                        0 │ 7: move                                  │
                          │                                          │ b.py:8: cry
                          │                                          │ 9: come
                          │ comes to an end                          │
              lines without a file: test_b.py
            """,
            events,
        )
        self.assertEqual(6, len(render_lanes(events, rows=4).split("\n")))

    def test_files_of_one_name(self):
        """Files of one name are told apart by their folders."""
        events = [
            step(0, "a", number, place=Place(os.path.join("c", folder, "__init__.py"), 8, "cry"))
            for number, folder in enumerate("aab")
        ]
        text = render_lanes(events).replace(os.sep, "/")
        self.assertIn("│ 8: cry\n", text)
        self.assertIn("│ b/__init__.py:8: cry\n", text)
        self.assertIn("  lines without a file: a/__init__.py", text)
        self.assertEqual("__init__.py:8", short(events[0].place))

    def test_goes_on(self):
        """A step of which nothing is known is a step all the same."""
        self.assertIn("│ goes on", render_lanes([Event(0, "step", "a")]))

    def test_callback(self):
        """A plain callback, and a delay of the loop, take a line of their own."""
        events = [
            *RACE[:3],
            Event(0.5, "step", "callback f", ahead=("a", "b", "c", "d"), is_task=False),
            stall(1, "timer g"),
            Event(1, "stall", "b's sleep", detail="1 s late", place=Place("", 7, "f"), is_task=False),
        ]
        text = render_lanes(events)
        self.assertIn("▶         0.5 │ callback f goes before a, b and 2 more\n", text)
        self.assertIn("▶           1 │ the loop is 0.5 s late for timer g\n", text)
        self.assertIn("▶             │ the loop is 1 s late for b's sleep, at 7: f", text)

    def test_only_a_delay(self):
        """A picture without any task has no columns."""
        self.assertIn("the loop is 0.5 s late for timer g", render_lanes([stall(1, "timer g")]))

    def test_overtaken(self):
        """Who was overtaken and has no column is told below."""
        events = [*RACE[:3], step(0, "test", 1, ahead=("admit", "timer g"))]
        self.assertDrawn(
            """
                loop time │ test                       │ admit                      │ admit#2
            ───────────────────────────────────────────────────────────────────────────────────
                        0 │ step 0                     │                            │
                          │                            │ step 0                     │
                          │                            │                            │ step 0
            ▶             │ step 1                     │ overtaken                  │
                          │ (before timer g)
            """,
            events,
        )

    def test_strike(self):
        """A cancellation stands in the lane of its task, and to the right of it, with its line."""
        strike = Event(0, "strike", "a", 1, detail="cancelled while it waits")
        events = [step(0, "a", 0), strike, step(0, "b", 0), step(0, "c", 0), step(0, "d", 0)]
        self.assertIn("▶             │ cancelled while it waits\n", render_lanes(events))
        strike.place = Place("", 7, "f" * 80)
        self.assertRegex(
            render_lanes(events), r"\n▶             │ cancelled while it waits at 7: f+…\n"
        )

    def test_strike_without_room(self):
        """Where there is no room for it, or no lane, it takes a whole line."""
        strike = Event(0, "strike", "b", 1, detail="is cancelled", place=Place("", 7, "move"))
        events = [step(0, "a", 0), step(0, "b", 0), strike]
        text = "▶             │                                          │ is cancelled at 7: move"
        self.assertIn(text, render_lanes(events))
        strike.place = Place("", 7, "move" * 9)
        self.assertRegex(render_lanes(events), r"\n▶             │ b is cancelled at 7: (move){9}\Z")
        strike.is_task, strike.lane = False, "offered c"
        self.assertRegex(render_lanes(events), r"│ offered c: is cancelled at 7: (move){9}\Z")

    def test_end(self):
        """Who waits in vain is told below all."""
        end = Event(1, "end", "a", 1, detail="waits for ever", place=Place("", 7, "move"))
        self.assertRegex(
            render_lanes([step(0, "a", 0), end]), r"\n            1 │ a waits for ever at 7: move\Z"
        )
        events = [step(0, "a", number, ahead=("b",)) for number in range(50)]
        self.assertIn("a waits for ever", render_lanes([step(0, "b", 0), *events, end]))


class RoomTests(unittest.TestCase):
    """What is left out."""

    def test_steps(self):
        """Steps far from what tells are left out, and counted."""
        events = [step(number, "a", number) for number in range(50)]
        events[25].ahead = ("b",)
        events.insert(30, stall(29, "timer g"))
        text = render_lanes(events, rows=10)
        self.assertEqual(
            [
                "  ⋮ 24 more steps",
                "           24 │ step 24",
                "▶          25 │ step 25",
                "              │ (before b)",
                "           26 │ step 26",
                "  ⋮ 3 more steps",
                "▶          29 │ the loop is 0.5 s late for timer g",
                "           30 │ step 30",
                "  ⋮ 18 more steps",
                "           49 │ step 49",
            ],
            text.split("\n")[2:],
        )

    def test_end(self):
        """Even the end is left out if there is no room."""
        events = [step(number, "a", number) for number in range(9)]
        events[2].ahead = ("b",)
        self.assertEqual("  ⋮ 6 more steps", render_lanes(events, rows=4).split("\n")[-1])
        self.assertIn("⋮ 1 more step\n", render_lanes(events[1:3] + events[2:], rows=6))

    def test_marks(self):
        """Of more marks than there is room for the last ones are shown, one of which decides."""
        events = [step(number, "a", number, ahead=("b",)) for number in range(50)]
        text = render_lanes([step(0, "b", 0), *events, step(50, "b", 1)])
        self.assertTrue("│ step 49\n" in text and "│ step 9\n" not in text, text)

    def test_never_larger(self):
        """It keeps to its rows and columns, whatever happened."""
        for tasks in (1, 2, 7):
            for length in (1, 5, 80):
                events = [
                    step(number / 7, f"a task with a name {number % tasks}", number, "日本x" * 20)
                    for number in range(length)
                ]
                for number in range(0, length, 3):
                    events[number].ahead = ("b", "c")
                lines = render_lanes(events).split("\n")
                self.assertLessEqual(len(lines), 20)
                for line in lines:
                    wide = sum(character in "日本" for character in line)
                    self.assertLessEqual(len(line) + wide, 100)

    def test_lanes(self):
        """The lanes that are shown are those of the race, then those that ran last."""
        events = [step(0, name, 0) for name in "abcdefg"]
        events[1].ahead = ("a",)
        text = render_lanes(events)
        self.assertRegex(text, r"loop time +│ a +│ b +│ f +│ g")
        self.assertTrue(text.endswith("\n  not shown: c, d, e"), text)

    def test_wide_characters(self):
        """A character that takes two columns is cut as one."""
        for length in (18, 19, 20, 21):
            text = render_lanes([step(0, "a", 0, "x" * (length % 2) + "日" * 40)], width=36)
            line = text.split("\n")[2]
            self.assertEqual("…", line[-1])
            self.assertIn(len(line) + line.count("日"), (35, 36))


if __name__ == "__main__":
    unittest.main()
