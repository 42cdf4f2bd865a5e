import json
from typing import Any

import pytest

from logstream.errors import BadMessage
from logstream.model.limits import HISTORY_LIMIT_DEFAULT_LINES, HISTORY_LIMIT_MAX
from logstream.model.source import Source
from logstream.protocol.messages import Enable, History
from logstream.protocol.wishes import EnableWanted, HistoryWanted, read_enable, read_history

SOURCE = Source("srv-6", "php-error")


def enable(**keys: Any) -> EnableWanted:
    message = json.dumps({"cmd": "enable", **keys}).encode()
    return read_enable(Enable(server="srv-6", type="php-error", **keys), message)


def history(**keys: Any) -> HistoryWanted:
    message = json.dumps({"cmd": "history", **keys}).encode()
    return read_history(History(id=1, server="srv-6", type="php-error", **keys), message)


def test_s5_an_enable_says_where_to_begin_and_under_which_filter() -> None:
    wish = enable(id=7, after="A:5", within=10, replace="", show={"text": ["x"]})
    assert (wish.source, wish.id, wish.after, wish.within) == (SOURCE, 7, "A:5", 10)
    assert wish.replace == ""
    assert wish.filter.show == (("text", ("x",)),)


@pytest.mark.parametrize(
    "keys",
    [
        {"after": "garbage"},
        {"within": -1},
        {"show": {"colour": ["x"]}},
        {"hide": {"text": ["x" * 2000]}},
    ],
    ids=["cursor", "within", "column", "expression"],
)
def test_what_makes_no_sense_is_answered_with_what_it_was(keys: dict[str, Any]) -> None:
    with pytest.raises(BadMessage) as bad:
        enable(**keys)
    assert bad.value.code == 400
    assert bad.value.during.startswith("{")


def test_s9_a_page_is_read_from_the_end_where_no_start_is_given() -> None:
    assert history().back
    assert history(before="A:5").back
    assert not history(after="A:5").back
    assert not history(since=1.0).back
    assert history(since=1.0, back=True).back


def test_s9_a_limit_is_bounded() -> None:
    assert history().limit == HISTORY_LIMIT_DEFAULT_LINES
    assert history(limit=10**9).limit == HISTORY_LIMIT_MAX
    with pytest.raises(BadMessage, match="at least 1"):
        history(limit=0)


def test_s4_a_page_between_cursors_that_are_none_is_refused() -> None:
    with pytest.raises(BadMessage, match="cursor"):
        history(before="A:")
