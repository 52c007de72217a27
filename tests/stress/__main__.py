"""
Hang in every way, over and over, beside processes that take all the processors.

    python -m tests.stress [seconds] [processes]

It ends with status 1 if anything hung that was to be ended, or if a healthy test failed. A line is
written for each of these, and one with figures in the end. The way to tell that the run itself hangs is to
call it with a limit, as ``tests/stress/test_stress.py`` does.

"""

import collections
import os
import random
import subprocess
import sys
import time

from tests.stress import ways
from tests.support import live


#: Real seconds beyond its limit that a test which hangs may take on a loaded machine, at most.
PATIENCE = 60


def wrong_with(name, kinds, result, elapsed):
    """Say what is wrong with the outcome of a way to hang, or of a healthy one, which has no kinds."""
    if result.shouldStop:
        return "the run was stopped"
    if not kinds:
        return "" if not result.raised else f"a false alarm: {result.text}"
    if not result.raised:
        return "it was not told"
    others = [type(error) for error in result.raised if not isinstance(error, kinds)]
    if others:
        return f"it was told as {others}:\n{result.text}"
    if elapsed > PATIENCE:
        return f"it took {elapsed:.1f} s"
    if "Class" not in name and result.told[-1] != ("test_b_next", "success"):
        if name not in ("asyncSetUp", "asyncTearDown", "tearDown"):
            return f"the next test did not succeed: {result.text}"
    return ""


def run(seconds, seed=None, only=None):
    """Live each way at least once, and on until *seconds* have passed; give what was wrong, and figures."""
    chance = random.Random(seed)
    everything = {name: (make, ()) for name, make in ways.HEALTHY.items()} | ways.HANGING
    if only:
        everything = {name: everything[name] for name in only}
    slowest = collections.Counter()
    wrong = []
    lives = 0
    end = time.monotonic() + seconds
    while True:
        names = list(everything)
        chance.shuffle(names)
        for name in names:
            if lives >= len(names) and time.monotonic() >= end:
                return wrong, lives, slowest
            make, kinds = everything[name]
            begin = time.monotonic()
            result = live(make())
            elapsed = time.monotonic() - begin
            slowest[name] = max(slowest[name], elapsed)
            lives += 1
            trouble = wrong_with(name, kinds, result, elapsed)
            if trouble:
                wrong.append(f"{name}: {trouble}")
                print(wrong[-1], flush=True)


def main():
    """Do it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 2 * (os.cpu_count() or 1)
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        wrong, lives, slowest = run(seconds)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    name, longest = slowest.most_common(1)[0]
    print(f"{lives} lives, {len(wrong)} wrong; the longest took {longest:.1f} s: {name}")
    sys.stdout.flush()
    os._exit(bool(wrong))  # what has been left behind must not keep the process


if __name__ == "__main__":
    main()
