"""Measures every stage beside a reference in the same run, and writes the table.

Run by ``make bench``; name stages to run only those, and write nothing. Figures drift from run to
run by half, so compare the ratios of one run.
"""

import importlib
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from measuring import Row

STAGES = ("client", "logtailor", "hub", "resume", "history", "end_to_end", "rest")
RESULTS = Path(__file__).with_name("results.md")
DOCUMENT = Path(__file__).parents[1] / "docs/explanation/performance.md"
"""It repeats the results between two marks."""
BEGIN, END = "<!-- written by `make bench` -->\n", "<!-- end of what `make bench` wrote -->\n"


def main() -> None:
    """Run the stages."""
    chosen = sys.argv[1:] or STAGES
    before = machine()
    rows: list[Row] = []
    for name in chosen:
        began = time.monotonic()
        print(f"measuring {name} …", end="", file=sys.stderr, flush=True)
        measured = importlib.import_module(f"{name}_stage").measure()
        print(f" {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        print(render(measured), flush=True)
        rows += measured
    if not sys.argv[1:]:
        record(f"{before}\n\n{render(rows)}")


def record(measurements: str) -> None:
    """Write the results, also into the document that explains them."""
    RESULTS.write_text(f"# Measurements\n\n{measurements}")
    start, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, end = rest.partition(END)
    DOCUMENT.write_text(f"{start}{BEGIN}\n{measurements}\n{END}{end}")


def render(rows: list[Row]) -> str:
    """Give the table as Markdown."""
    head = "| stage | measured | CPU a line | beside | ratio | reach |\n|---|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def machine() -> str:
    """Say where and when."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" loopback; load {os.getloadavg()[0]:.1f} before. One run of `make bench`: compare its\n"
        "ratios, not figures of different runs. Each CPU figure is of one line, unless it says"
        " otherwise."
    )


if __name__ == "__main__":
    main()
