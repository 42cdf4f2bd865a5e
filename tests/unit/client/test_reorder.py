import pytest

from logstream.client.line_columns import LineColumns
from logstream.client.reorder import Reorder
from logstream.model.source import Source


def columns(server: str, *times: float | None) -> LineColumns:
    source = Source(server, "php-error")
    return LineColumns(source, text=[f"{server}{time}" for time in times], unix_time=times)


def texts(released: list[LineColumns]) -> list[str]:
    return [text for each in released for text in each.text]


def test_lines_wait_and_come_in_the_order_of_time() -> None:
    reorder = Reorder(2.0)
    reorder.add(columns("a", 2.0, 4.0), now_s=10.0)
    reorder.add(columns("b", 1.0, 3.0, 9.0), now_s=11.0)
    assert reorder.due_at_s == 12.0
    assert reorder.release(11.9) == []
    released = reorder.release(12.0)
    assert texts(released) == ["b1.0", "a2.0", "b3.0", "a4.0"]
    assert not any(each.late for each in released)
    assert not reorder.holds(Source("a", "php-error"))
    assert reorder.holds(Source("b", "php-error"))
    assert texts(reorder.release(13.0)) == ["b9.0"]
    assert len(reorder) == 0


def test_a_line_that_comes_too_late_says_so() -> None:
    reorder = Reorder(1.0)
    reorder.add(columns("a", 5.0), now_s=10.0)
    reorder.release(11.0)
    reorder.add(columns("b", 4.0, 6.0), now_s=11.0)
    released = reorder.release(12.0)
    assert [(list(each.text), each.late) for each in released] == [(["b4.0", "b6.0"], True)]


def test_a_date_in_the_future_holds_nobody_up() -> None:
    reorder = Reorder(1.0)
    reorder.add(columns("a", 5000.0), now_s=10.0)
    reorder.add(columns("b", 10.5), now_s=10.5)
    assert texts(reorder.release(11.0)) == ["a5000.0"]
    released = reorder.release(12.0)
    assert [(list(each.text), each.late) for each in released] == [(["b10.5"], False)]


def test_what_is_too_much_goes_on_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logstream.client.reorder.REORDER_LINES_MAX", 3)
    reorder = Reorder(60.0)
    reorder.add(columns("a", 1.0, 2.0), now_s=10.0)
    assert reorder.release(10.0) == []
    reorder.add(columns("a", 3.0, 4.0), now_s=10.0)
    assert texts(reorder.release(10.0)) == ["a1.0", "a2.0"]


def test_all_can_be_had_at_once() -> None:
    reorder = Reorder(60.0)
    reorder.add(columns("a", 2.0, None), now_s=10.0)
    reorder.add(columns("b", 1.0), now_s=10.0)
    reorder.add(columns("b"), now_s=10.0)
    assert texts(reorder.flush()) == ["b1.0", "a2.0", "aNone"]
    assert reorder.flush() == []
