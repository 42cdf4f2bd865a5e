"""Every example of docs/reference/protocol.md, played against the hub; and its numbers."""

import re
from pathlib import Path

import pytest

from doubles.protocol_stage import OFFER, SECRET, SIGNED, Stage, dial_link, open_link, open_session
from logstream.hub.service import STREAM_PATH
from logstream.model import limits
from logstream.model.source import DISPLAY_NAMES
from logstream.model.ticket import Role, Ticket, sign
from logstream.protocol import answering, messages
from logstream.protocol.closing import LIFE_OVER, REPLACED

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (REFERENCE / "protocol.md").read_text("utf-8")
EXTENDED_PAGE = (REFERENCE / "extended-protocol.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```protocol *([a-z-]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
OPENINGS = {"in-session": open_session, "on-link": dial_link, "in-link": open_link}


@pytest.mark.parametrize(("opening", "example"), EXAMPLES)
def test_an_example_is_what_the_hub_says(opening: str, example: str) -> None:
    stage = Stage()
    if opening:
        OPENINGS[opening](stage)
    stage.play(example)


def test_an_example_that_is_wrong_is_noticed() -> None:
    stage = Stage()
    open_session(stage)
    with pytest.raises(AssertionError):
        stage.play('-> {"cmd": "keepalive"}\n<- {"cmd": "success", "server": "srv-6"}')


def test_an_answer_that_is_not_shown_is_noticed() -> None:
    stage = Stage()
    open_session(stage)
    with pytest.raises(AssertionError):
        stage.play('-> {"cmd": "keepalive"}')


def test_the_signatures_are_made_as_the_page_says() -> None:
    watching = Ticket(
        role=Role.STREAM, site="example:mysite", env="prod", subject="ann", t=1795425242
    )
    offering = Ticket(
        role=Role.OFFER,
        site="example:mysite",
        env="prod",
        server="srv-6",
        subject="srv-6-key",
        t=1795425242,
    )
    assert sign(watching, secret=SECRET) == SIGNED["d"]
    assert sign(offering, secret=SECRET) == OFFER["d"]
    assert SECRET.decode() in PAGE


def test_every_message_is_described() -> None:
    kinds = [
        kind for kind in messages.Message.__subclasses__() if kind.__module__ == messages.__name__
    ]
    tags = {kind.__struct_config__.tag for kind in kinds}
    assert len(tags) > 10
    pages = PAGE + EXTENDED_PAGE
    assert {tag for tag in tags if f"| `{tag}` |" not in pages} == set()


def test_the_states_are_those_of_the_code() -> None:
    diagram = re.search(
        r"^    offered .*?active\n(?:    .*\n)*", answering.__doc__ or "", re.MULTILINE
    )
    assert diagram
    assert diagram[0] in PAGE


@pytest.mark.parametrize(("log_type", "name"), DISPLAY_NAMES.items())
def test_every_known_log_type_is_listed(log_type: str, name: str) -> None:
    assert f"| `{log_type}` | {name} |" in PAGE


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("{:,} bytes on a link", limits.FRAME_MAX_BYTES),
        ("{} KiB in a session", limits.UPSTREAM_MESSAGE_MAX_BYTES // 1024),
        ("{} KiB before the\nopening", limits.UNAUTHENTICATED_MESSAGE_MAX_BYTES // 1024),
        ("longer than {:.0f} seconds with it", limits.AUTHENTICATION_TIMEOUT_S),
        ("cut to {:,} bytes", limits.DURING_MAX_BYTES),
        ("over {:,} bytes is cut", limits.RECORD_MAX_BYTES),
        ("up to {} MiB of each source", limits.RING_MAX_BYTES // 1024**2),
        ("{} MiB are unsent", limits.UNSENT_MAX_BYTES // 1024**2),
        ("from {} seconds after", limits.TICKET_AGE_MAX_S),
        ("back to {} seconds before", limits.TICKET_FUTURE_MAX_S),
        ("lives for {} hours", limits.BASE_SESSION_LIFE_S // 3600),
        ("every {:.0f} seconds, so that no proxy", limits.PING_INTERVAL_S),
        ("acknowledges nothing for {:.0f} seconds", limits.UNACKNOWLEDGED_MAX_S),
        ("`keepalive` every {:.0f} seconds", limits.KEEPALIVE_INTERVAL_S),
        ("heard nothing for {:.0f} seconds", limits.LINK_SILENCE_MAX_S),
        ("nothing was heard for {:.0f} seconds", limits.LINK_SILENCE_MAX_S),
        ("for {:.0f} seconds after the last one left", limits.STREAM_LINGER_S),
        ("waits {:.0f} seconds before it tries", limits.REPLACED_WAIT_S),
        ("At most {} such messages wait", limits.PENDING_ENABLES_MAX),
        ("| {} | The connection has lived its life", LIFE_OVER),
        ("| {} | On a link: a newer process", REPLACED),
        ("path `{}`", STREAM_PATH),
    ],
)
def test_a_number_is_the_one_of_the_code(said: str, value: float | str) -> None:
    assert said.format(value) in PAGE
