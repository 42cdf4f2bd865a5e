"""S11 over processes: whatever is killed or cut, every line comes once or is declared lost."""

from pathlib import Path

import pytest

from doubles.kill.run import KillRun, Plan

#: One run's writing time; the longer runs are `make soak`'s.
BUDGET_S = 20.0


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("hubs", "truncate"), [(2, False), (1, True)], ids=["two-hubs", "truncation"]
)
def test_every_line_comes_once_or_lies_in_a_declared_gap(
    tmp_path: Path, hubs: int, truncate: bool
) -> None:
    plan = Plan(seed=7, seconds=BUDGET_S, hubs=hubs, truncate=truncate)
    run = KillRun(tmp_path, plan)
    assert run.run() == []
    assert len(run.shown.lines) > 1000
    assert run.harm
