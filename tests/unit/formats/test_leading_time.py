"""The time at the start of a line: what is one, and what only looks like one."""

import pytest

from logstream.formats.leading_time import LeadingTime, with_fraction
from logstream.formats.times import UNIX_TIME_END_S

THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2014-07-07T20:28:53Z x", THEN_S),
        ("2014-07-07T20:28:53.5Z", THEN_S + 0.5),
        ("2014-07-07 22:28:53,250 +0200 x", THEN_S + 0.25),
        ("2014-07-07 20:28:53 UTC [12] LOG: x", THEN_S),
        ("2014-07-07 20:28:53 12 x", THEN_S),
        ("2014-07-07 20:28:53\nmore", THEN_S),
        ("[2014-07-07T22:28:53.000000+02:00] app.INFO: x", THEN_S),
        ("<134>1 2014-07-07T20:28:53.25Z srv-6 app - - - x", THEN_S + 0.25),
        ("<13>Jul  7 20:28:53 srv-6 app: x", THEN_S),
        ("Jul  7 20:28:53.250 srv-6 app: x", THEN_S + 0.25),
        ("Jul  7 20:28:53: x", THEN_S),
        ("Jul  7 20:28:53\nmore", THEN_S),
        ("[07/Jul/2014:22:28:53 +0200] x", THEN_S),
        ("192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] x", THEN_S),
        ("a\nb [07/Jul/2014:20:28:53 +0000] x", None),
        ("2014-07-07T20:28:530 x", None),
        ("2014-07-07T20:28:53abc", None),
        ("2014-13-07T20:28:53Z x", None),
        ("Foo  7 20:28:53 srv-6 app: x", None),
        ("x 2014-07-07T20:28:53Z", None),
        ("\n2014-07-07T20:28:53Z", None),
        ("", None),
    ],
)
def test_a_leading_time_is_read(text: str, time: float | None) -> None:
    assert LeadingTime().read(text, now_s=THEN_S + 60) == time


def test_a_fraction_never_leads_past_the_last_second() -> None:
    assert with_fraction(UNIX_TIME_END_S - 1, ".999999999") is None
    assert with_fraction(THEN_S, None) == THEN_S
    assert with_fraction(None, ".5") is None
