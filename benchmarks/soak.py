"""Runs kill tests until the time is over, each with a seed of its own: ``make soak``."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from doubles.kill.run import KillRun, Plan


def main() -> int:
    """Run; give 1 where the promise was broken, and say with which seed."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--run-s", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="repeat one run with this seed")
    arguments = parser.parse_args()
    ends_at = time.monotonic() + 60 * arguments.minutes
    while True:
        seed = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
        broken = one_run(seed, arguments.run_s)
        if broken:
            return 1
        if arguments.seed is not None or time.monotonic() > ends_at:
            return 0


def one_run(seed: int, run_s: float) -> bool:
    """Run once; say whether the promise was broken."""
    draw = random.Random(seed)
    plan = Plan(
        seed=seed,
        seconds=run_s,
        hubs=draw.choice((1, 2)),
        servers=draw.choice((1, 2, 3)),
        truncate=draw.random() < 1 / 3,
        lines_per_s=draw.choice((200, 1000, 3000)),
        harm_every_s=draw.choice((0.5, 1.5, 4.0)),
        rotate_every_s=draw.choice((0.7, 2.0, 6.0)),
    )
    directory = Path(tempfile.mkdtemp(prefix="logstream-soak-"))
    run = KillRun(directory, plan)
    found = run.run()
    print(f"{plan}\n  {len(run.shown.lines)} lines, {len(run.shown.gaps)} gaps, harm: {run.harm}")
    for fault in found:
        print(f"  BROKEN: {fault}")
    if found:
        print(f"  kept in {directory}; repeat with --seed {seed}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
