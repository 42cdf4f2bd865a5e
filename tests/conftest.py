"""What all tests share: how hard property tests try, and what a skipped test means.

``HYPOTHESIS_PROFILE`` is ``dev`` (the default), ``ci`` or ``soak``. With
``LOGSTREAM_REQUIRE_DAEMONS=1`` (set by .ci/run, which installs every daemon) a skip for something
that could be installed is a failure.
"""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

SLOW_MACHINES = (HealthCheck.too_slow,)

settings.register_profile(
    "dev", max_examples=50, deadline=None, suppress_health_check=SLOW_MACHINES
)
settings.register_profile(
    "ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=SLOW_MACHINES
)
settings.register_profile(
    "soak", max_examples=10_000, deadline=None, suppress_health_check=SLOW_MACHINES
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

ALL_IS_INSTALLED = os.environ.get("LOGSTREAM_REQUIRE_DAEMONS") == "1"
HOW_TO_INSTALL = "apt-get install"
"""Stands in the reason of every test that is skipped for a missing program."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if ALL_IS_INSTALLED and report.skipped and HOW_TO_INSTALL in reason:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped here: {reason}"
    return report
