"""Both sides of the dialogue, joined with a lag: whatever happens, each enable keeps its promises.

A program is a list of actions: what the asking side says, what becomes of the servers, lines that
are written, and messages that arrive. The node behind the answering side is a small model: it
acknowledges a wanted source while its server is there, and sends a line of what it acknowledged.
"""

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doubles.joined import JoinedDialogue
from logstream.model.source import Source
from logstream.protocol.asking import EnabledListed, Refused, SourceOffered, Succeeded
from logstream.protocol.wishes import DisableWanted, EnableWanted, Request

SERVERS = ("srv-1", "srv-2")
SOURCES = tuple(Source(server, log_type) for server in SERVERS for log_type in ("a", "b"))
ALL = None


class Play:
    """Carries out one program, and checks what can be checked at each step."""

    def __init__(self) -> None:
        self.wanted: dict[Source, EnableWanted] = {}
        self.acknowledged: set[Source] = set()
        self.there: set[str] = set()
        self.written = 0
        self.dialogue = JoinedDialogue(name="logstream-hub", wanted=self.request)
        self.said: list[tuple[str, Source | None]] = []
        for server in SERVERS:
            self.server_comes(server)
        self.carry_up(ALL)

    # --- the node behind the answering side -----------------------------------------------------

    def request(self, request: Request) -> None:
        match request:
            case EnableWanted(source=source) as wish:
                self.wanted[source] = wish
                self.acknowledge(source)
            case DisableWanted(source=source):
                del self.wanted[source]
                self.acknowledged.discard(source)

    def acknowledge(self, source: Source) -> None:
        if source.server in self.there and source in self.wanted:
            self.acknowledged.add(source)
            self.dialogue.answering.enabled(self.wanted[source], after="", now_s=0.0)

    def server_comes(self, server: str) -> None:
        self.there.add(server)
        self.dialogue.answering.server_connected(server)
        for source in SOURCES:
            if source.server == server:
                self.dialogue.answering.available(source, source.log_type)
                self.acknowledge(source)

    def server_goes(self, server: str) -> None:
        self.there.discard(server)
        self.acknowledged = {source for source in self.acknowledged if source.server != server}
        self.dialogue.answering.server_left(server)

    def write(self, source: Source) -> None:
        if source in self.acknowledged:
            self.written += 1
            line = {"cmd": "line", "log_type": source.log_type, "server": source.server}
            self.dialogue.up.append(json.dumps({**line, "text": str(self.written)}).encode())

    # --- the asking side --------------------------------------------------------------------------

    def enable(self, source: Source) -> None:
        self.said.append(("enable", source))
        self.dialogue.asking.enable(source)

    def disable(self, source: Source) -> None:
        self.said.append(("disable", source))
        self.dialogue.asking.disable(source)

    def ask(self, cmd: str) -> None:
        self.said.append((cmd, None))
        if cmd == "keepalive":
            self.dialogue.asking.keepalive()
        else:
            self.dialogue.asking.list_enabled()

    # --- the wire ---------------------------------------------------------------------------------

    def carry_down(self, messages: int | None) -> None:
        self.dialogue.carry_down(messages)

    def carry_up(self, messages: int | None) -> None:
        self.dialogue.carry_up(messages)

    def settle(self) -> None:
        while self.dialogue.down or self.dialogue.up:
            self.carry_down(ALL)
            self.carry_up(ALL)

    def last_said(self, source: Source) -> str | None:
        return next((cmd for cmd, of in reversed(self.said) if of == source), None)


SOURCE = st.sampled_from(SOURCES)
SERVER = st.sampled_from(SERVERS)
MESSAGES = st.integers(1, 4)
ACTIONS = st.one_of(
    st.tuples(st.just("enable"), SOURCE),
    st.tuples(st.just("disable"), SOURCE),
    st.tuples(st.just("write"), SOURCE),
    st.tuples(st.just("server_comes"), SERVER),
    st.tuples(st.just("server_goes"), SERVER),
    st.tuples(st.just("ask"), st.sampled_from(("keepalive", "list-enabled"))),
    st.tuples(st.just("carry_down"), MESSAGES),
    st.tuples(st.just("carry_up"), MESSAGES),
)
PROGRAMS = st.lists(ACTIONS, max_size=60)


def played(program: list[tuple[str, Any]]) -> Play:
    play = Play()
    for action, argument in program:
        getattr(play, action)(argument)
    return play


@given(PROGRAMS)
def test_a_success_precedes_the_first_line_of_every_enable(
    program: list[tuple[str, Any]],
) -> None:
    """As any client sees it on the wire, which need not know what is on its way."""
    play = played(program)
    play.settle()
    flowing: set[tuple[str, str]] = set()
    for message in map(json.loads, play.dialogue.carried_up):
        match message:
            case {"cmd": "success", "msg": {"cmd": "enable", "server": server, "type": log_type}}:
                flowing.add((server, log_type))
            case {"cmd": "success", "msg": {"cmd": "disable", "server": server, "type": log_type}}:
                flowing.discard((server, log_type))
            case {"cmd": "line", "server": server, "log_type": log_type}:
                assert (server, log_type) in flowing


@given(PROGRAMS)
def test_what_is_enabled_last_flows_when_all_servers_are_there(
    program: list[tuple[str, Any]],
) -> None:
    play = played(program)
    play.settle()
    for server in SERVERS:
        play.server_comes(server)
    play.settle()
    enabled = {source for source in SOURCES if play.last_said(source) == "enable"}
    assert play.dialogue.asking.flowing == enabled == play.acknowledged


@given(PROGRAMS)
def test_an_offered_source_is_never_an_error(program: list[tuple[str, Any]]) -> None:
    play = played(program)
    play.settle()
    assert not [event for event in play.dialogue.heard if isinstance(event, Refused)]


@given(PROGRAMS)
def test_a_source_is_offered_once(program: list[tuple[str, Any]]) -> None:
    play = played(program)
    play.settle()
    offers = Counter(event for event in play.dialogue.heard if isinstance(event, SourceOffered))
    assert set(offers.values()) == {1}
    assert len(offers) == len(SOURCES)


@given(PROGRAMS)
def test_every_other_command_is_answered_once_and_in_order(
    program: list[tuple[str, Any]],
) -> None:
    play = played(program)
    play.settle()
    answered = [
        event.cmd if isinstance(event, Succeeded) else "list-enabled"
        for event in play.dialogue.heard
        if isinstance(event, Succeeded)
        or (isinstance(event, EnabledListed) and event.server == "logstream-hub")
    ]
    assert answered == [cmd for cmd, _ in play.said if cmd != "enable"]


@given(PROGRAMS)
def test_no_line_counts_as_asked_for_between_a_disable_and_the_next_enables_success(
    program: list[tuple[str, Any]],
) -> None:
    """``flowing`` tells a hub which lines were on their way when it disabled a source."""
    play = Play()
    now_enabled: set[Source] = set()
    for action, argument in program:
        getattr(play, action)(argument)
        if action == "enable":
            now_enabled.add(argument)
        elif action == "disable":
            now_enabled.discard(argument)
        assert play.dialogue.asking.flowing <= now_enabled
