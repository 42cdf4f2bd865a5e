import pytest

from logstream.model.backoff import Backoff
from logstream.model.limits import RECONNECT_FIRST_MAX_S, RECONNECT_WAIT_MAX_S


def shortest(low: float, high: float) -> float:
    return low


def longest(low: float, high: float) -> float:
    return high


def test_the_first_wait_is_spread_from_nothing_so_that_many_do_not_come_at_once() -> None:
    assert Backoff(shortest).next_wait_s() == 0
    assert Backoff(longest).next_wait_s() == RECONNECT_FIRST_MAX_S


def test_waits_double_until_the_longest() -> None:
    backoff = Backoff(longest)
    waits_s = [backoff.next_wait_s() for _ in range(6)]
    assert waits_s == [3, 6, 12, 24, RECONNECT_WAIT_MAX_S, RECONNECT_WAIT_MAX_S]


def test_later_waits_are_drawn_from_the_upper_half_of_their_span() -> None:
    backoff = Backoff(shortest)
    waits_s = [backoff.next_wait_s() for _ in range(6)]
    assert waits_s == [0, 3, 6, 12, RECONNECT_WAIT_MAX_S / 2, RECONNECT_WAIT_MAX_S / 2]


def test_a_connection_that_works_begins_anew() -> None:
    backoff = Backoff(longest)
    for _ in range(5):
        backoff.next_wait_s()
    assert backoff.attempt == 5
    backoff.reset()
    assert backoff.attempt == 0
    assert backoff.next_wait_s() == RECONNECT_FIRST_MAX_S


@pytest.mark.parametrize("attempts", [100, 10_000])
def test_trying_for_days_overflows_nothing(attempts: int) -> None:
    backoff = Backoff(longest)
    waits_s = [backoff.next_wait_s() for _ in range(attempts)]
    assert waits_s[-1] == RECONNECT_WAIT_MAX_S
