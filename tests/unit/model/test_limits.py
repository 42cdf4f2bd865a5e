import re
from pathlib import Path

import pytest

from logstream.model import limits

NAMES = [name for name in vars(limits) if name.isupper()]
UNITS = ("_BYTES", "_S", "_MS", "_LINES", "_CHARS", "_ITEMS", "_MAX")
SOURCE = Path(limits.__file__).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_has_a_reason(name: str) -> None:
    line = next(i for i, text in enumerate(SOURCE) if re.match(rf"{name}\b", text))
    assert SOURCE[line - 1].startswith("#: ")


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_a_positive_number_with_a_unit(name: str) -> None:
    """A count ends in MAX: how many of the thing that it names."""
    assert name.endswith(UNITS)
    assert getattr(limits, name) > 0


def test_a_frame_holds_the_longest_record_even_if_json_escapes_all_of_it() -> None:
    escaped_byte = len(r"\u0000")
    assert limits.RECORD_MAX_BYTES * escaped_byte < limits.FRAME_MAX_BYTES


def test_a_stranger_may_send_less_than_a_guest_and_a_guest_less_than_a_link() -> None:
    assert (
        limits.UNAUTHENTICATED_MESSAGE_MAX_BYTES
        < limits.UPSTREAM_MESSAGE_MAX_BYTES
        < limits.FRAME_MAX_BYTES
    )


def test_a_link_is_not_silent_while_the_asking_side_keeps_it_alive() -> None:
    assert 2 * limits.KEEPALIVE_INTERVAL_S < limits.LINK_SILENCE_MAX_S


def test_pings_come_before_any_proxy_finds_a_session_idle() -> None:
    pings_before_the_strictest_proxy_cuts = 45 / limits.PING_INTERVAL_S
    assert pings_before_the_strictest_proxy_cuts > 2


def test_one_ring_fits_many_times_into_what_all_rings_may_hold() -> None:
    assert limits.RING_MAX_BYTES * 16 <= limits.RINGS_MAX_BYTES


def test_a_replaced_process_waits_longer_than_any_reconnect() -> None:
    assert limits.RECONNECT_FIRST_MAX_S < limits.RECONNECT_WAIT_MAX_S < limits.REPLACED_WAIT_S
