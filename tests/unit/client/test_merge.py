import pytest

from logstream.client.line_columns import LineColumns
from logstream.client.merge import BackwardMerge, ForwardMerge, Head, falling_keys, rising_keys
from logstream.model.source import Source


def columns(server: str, *times: float | None) -> LineColumns:
    source = Source(server, "php-error")
    return LineColumns(source, text=[f"{server}{time}" for time in times], unix_time=times)


def test_rising_keys_never_fall() -> None:
    assert rising_keys([None, 2.0, 1.0, None, 3.0], 0.5) == [0.5, 2.0, 2.0, 2.0, 3.0]


def test_falling_keys_never_rise_backward() -> None:
    assert falling_keys([2.0, 1.0, None, 3.0], 9.0) == [1.0, 1.0, 3.0, 3.0]


def test_forward_gives_runs_in_the_order_of_time() -> None:
    merge = ForwardMerge()
    for each in (columns("a", 1.0, 2.0, 5.0), columns("b", 3.0, 4.0, 6.0)):
        merge.put(Head(each, rising_keys(each.unix_time)))
    runs = []
    while merge:
        _, run = merge.take_run()
        runs.append(list(run.text))
    assert runs == [["a1.0", "a2.0"], ["b3.0", "b4.0"], ["a5.0"], ["b6.0"]]


def test_forward_stops_where_it_is_told() -> None:
    merge = ForwardMerge()
    each = columns("a", 1.0, 2.0, 5.0)
    merge.put(Head(each, rising_keys(each.unix_time)))
    _, run = merge.take_run(until=2.0)
    assert list(run.text) == ["a1.0", "a2.0"]
    assert merge.earliest == 5.0


@pytest.mark.parametrize("lines", [1, 2, 3, 6])
def test_backward_gives_the_latest_lines(lines: int) -> None:
    merge = BackwardMerge()
    for each in (columns("a", 1.0, 2.0, 5.0), columns("b", 3.0, 4.0, 6.0)):
        merge.put(Head(each, falling_keys(each.unix_time)))
    taken: list[str] = []
    while merge and len(taken) < lines:
        _, run = merge.take_run(lines - len(taken))
        taken = [*run.text, *taken]
    assert taken == ["a1.0", "a2.0", "b3.0", "b4.0", "a5.0", "b6.0"][-lines:]


def test_lines_of_one_time_keep_the_order_of_their_source() -> None:
    merge = ForwardMerge()
    each = columns("a", 1.0, 0.5, 1.0)
    merge.put(Head(each, rising_keys(each.unix_time)))
    _, run = merge.take_run()
    assert list(run.text) == list(each.text)
    assert not merge


def test_where_times_are_equal_both_ways_give_the_same_order() -> None:
    every = [columns("b", 1.0, 2.0, 2.0, 3.0), columns("a", 2.0, 2.0), columns("c", 1.0, 2.0, 3.0)]
    forward, backward = ForwardMerge(), BackwardMerge()
    for each in every:
        forward.put(Head(each, rising_keys(each.unix_time)))
        backward.put(Head(each, falling_keys(each.unix_time)))
    ascending: list[str] = []
    while forward:
        ascending += forward.take_run()[1].text
    descending: list[str] = []
    while backward:
        descending = [*backward.take_run(100)[1].text, *descending]
    order = ["b1.0", "c1.0", "a2.0", "a2.0", "b2.0", "b2.0", "c2.0", "b3.0", "c3.0"]
    assert ascending == descending == order
