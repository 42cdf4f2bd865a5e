"""The asking side alone; with an answering side in memory in tests/properties/test_going_on.py."""

import json
from typing import Any

import pytest

from logstream.errors import BadMessage
from logstream.model.filter import make_filter
from logstream.model.source import Source
from logstream.protocol.asking_extended import (
    AskingExtended,
    ChainBroke,
    GapCame,
    LinesCame,
    PageEnded,
    PageRefused,
    StreamBegan,
    StreamRefused,
    Unwanted,
)
from logstream.protocol.messages import Connected, Error
from logstream.protocol.wishes import HistoryWanted, PageEnd

PHP = Source("srv-6", "php-error")
ERRORS = make_filter({"text": ["error"]}, {"http_status": ["200"]})


class Dialogue:
    def __init__(self, server: str | None = None) -> None:
        self.said: list[dict[str, Any]] = []
        self.asking = AskingExtended(
            send=lambda message: self.said.append(json.loads(message)), within=1000, server=server
        )

    def hear(self, cmd: str, *, body: bytes | None = None, **keys: Any) -> Any:
        head = json.dumps({"cmd": cmd, "server": "srv-6", **keys}).encode()
        return self.asking.receive(head if body is None else head + b"\n" + body)

    def lines(self, after: int, next_: int, **keys: Any) -> Any:
        keys = keys if "id" in keys else {"stream": "", **keys}
        cursors = {"after": f"A:{after}", "next": f"A:{next_}"}
        return self.hear("lines", type="php-error", n=1, gen=0, body=b"{}", **cursors, **keys)

    def begin(self, answers: int, after: str = "A:0") -> Any:
        return self.hear("success", id=answers, stream="", after=after, now=1.5)


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue()


def test_a_stream_is_asked_for_and_begins(dialogue: Dialogue) -> None:
    """S3, S5."""
    dialogue.asking.enable(PHP, ERRORS, after="A:5", within=7)
    assert dialogue.said == [
        {
            "cmd": "enable",
            "type": "php-error",
            "server": "srv-6",
            "id": 1,
            "after": "A:5",
            "within": 7,
            "show": {"text": ["error"]},
            "hide": {"http_status": ["200"]},
        }
    ]
    assert dialogue.asking.waits
    assert dialogue.begin(1, "A:5") == StreamBegan(PHP, ERRORS, "A:5", 1.5)
    assert not dialogue.asking.waits


def test_frames_of_a_stream_are_given_in_their_chain(dialogue: Dialogue) -> None:
    """S7."""
    dialogue.asking.enable(PHP)
    dialogue.begin(1)
    first = dialogue.lines(0, 10)
    assert isinstance(first, LinesCame)
    gap = dialogue.hear(
        "gap", type="php-error", stream="", after="A:10", next="A:90", reason="lost"
    )
    assert isinstance(gap, GapCame)
    assert isinstance(dialogue.lines(90, 95), LinesCame)


def test_a_broken_chain_is_asked_for_again_and_nothing_given_until_then(dialogue: Dialogue) -> None:
    """S7: a receiver that finds it broken enables again with its last ``next``."""
    dialogue.asking.enable(PHP)
    dialogue.begin(1)
    dialogue.lines(0, 10)
    assert dialogue.lines(20, 30) == ChainBroke(PHP)
    again = dialogue.said[-1]
    assert (again["after"], again["replace"], again["within"]) == ("A:10", "", 1000)
    assert dialogue.lines(30, 40) == Unwanted(PHP)
    dialogue.begin(again["id"], "A:10")
    assert isinstance(dialogue.lines(10, 20), LinesCame)


def test_only_the_last_enable_is_heeded(dialogue: Dialogue) -> None:
    dialogue.asking.enable(PHP)
    dialogue.asking.disable(PHP, "")
    dialogue.asking.enable(PHP)
    assert dialogue.begin(1) is None
    assert dialogue.lines(0, 10) == Unwanted(PHP)
    assert isinstance(dialogue.begin(3), StreamBegan)


def test_a_stream_that_is_refused_is_forgotten(dialogue: Dialogue) -> None:
    dialogue.asking.enable(PHP)
    refused = dialogue.hear("error", id=1, code=400, description="no")
    assert refused == StreamRefused(PHP, make_filter(None, None), 400, "no")
    assert dialogue.asking.streams == set()
    dialogue.asking.go_back(PHP, "", "A:0")
    assert len(dialogue.said) == 1


def test_what_is_replaced_is_wanted_no_longer(dialogue: Dialogue) -> None:
    """S6."""
    dialogue.asking.enable(PHP)
    dialogue.begin(1)
    dialogue.asking.enable(PHP, ERRORS, replace="")
    assert dialogue.asking.streams == {(PHP, ERRORS.stream)}
    assert dialogue.lines(0, 10) == Unwanted(PHP)


HISTORY = HistoryWanted(PHP, ERRORS, 0, "A:0", "A:90", 1.0, 2.0, 5, False)


def test_a_page_is_asked_for_and_ends(dialogue: Dialogue) -> None:
    """S9."""
    page = dialogue.asking.history(HISTORY)
    assert dialogue.said[0]["limit"] == 5
    assert (dialogue.said[0]["since"], dialogue.said[0]["until"]) == (1.0, 2.0)
    came = dialogue.lines(0, 10, id=page)
    assert isinstance(came, LinesCame)
    assert came.header.id == page
    ended = dialogue.hear("success", id=page, first="A:0", last="A:90", more=True, reached=None)
    assert ended == PageEnded(page, PageEnd("A:0", "A:90", True, 0, None))
    assert dialogue.lines(10, 20, id=page) == Unwanted(PHP)


def test_a_page_that_is_refused_or_has_a_hole_is_over(dialogue: Dialogue) -> None:
    first, second = dialogue.asking.history(HISTORY), dialogue.asking.history(HISTORY)
    refused = dialogue.hear("error", id=first, code=409, description="no")
    assert refused == PageRefused(first, 409, "no")
    dialogue.lines(0, 10, id=second)
    hole = dialogue.lines(20, 30, id=second)
    assert isinstance(hole, PageRefused)
    assert not dialogue.asking.waits


@pytest.mark.parametrize(
    "message",
    [
        {"cmd": "lines", "type": "t", "n": 1, "after": "", "next": "", "stream": "", "gen": 0},
        {"cmd": "lines", "type": "t", "n": 0, "after": "", "next": ""},
        {"cmd": "gap", "type": "t", "after": "", "next": "", "reason": "slow"},
        {"cmd": "gap", "type": "t", "after": "", "next": "", "reason": "odd", "stream": ""},
        {"cmd": "success", "id": 1},
        {"cmd": "success", "id": 2},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said(dialogue: Dialogue, message: dict[str, Any]) -> None:
    dialogue.asking.enable(PHP)
    dialogue.asking.history(HISTORY)
    with pytest.raises(BadMessage):
        dialogue.hear(**message)


def test_nothing_that_names_another_server_is_taken() -> None:
    """S3."""
    dialogue = Dialogue(server="srv-6")
    assert dialogue.hear("connected") == Connected(server="srv-6")
    with pytest.raises(BadMessage, match="srv-7"):
        dialogue.hear("success", server="srv-7")


def test_other_reports_are_given_or_passed_over(dialogue: Dialogue) -> None:
    dialogue.asking.keepalive()
    assert dialogue.said == [{"cmd": "keepalive"}]
    assert dialogue.hear("success") is None
    assert dialogue.hear("enabled", enabled=[]) is None
    assert dialogue.hear("weather") is None
    assert isinstance(dialogue.hear("error", code=500), Error)
    assert isinstance(dialogue.hear("error", code=500, id=99), Error)
