import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.errors import ConfigError, TicketError, TicketExpired, TicketForged
from logstream.model.limits import TICKET_AGE_MAX_S, TICKET_FUTURE_MAX_S, TICKET_SECRET_MIN_BYTES
from logstream.model.ticket import ANY_SERVER, Role, Ticket, check_secret, sign, verify

SECRET = b"0123456789abcdef-shared"
NOW_S = 1_700_000_000

field = st.text(st.characters(exclude_characters="\n"), max_size=12)
tickets = st.builds(
    Ticket,
    role=st.sampled_from(Role),
    site=field,
    env=field,
    server=field,
    subject=field,
    t=st.integers(NOW_S - TICKET_AGE_MAX_S, NOW_S + TICKET_FUTURE_MAX_S),
)


def received(ticket: Ticket) -> Ticket:
    """The ticket as it comes over the wire: its subject travels in ``d`` only."""
    return msgspec.structs.replace(ticket, subject="")


def a_ticket(**changes: object) -> Ticket:
    plain = Ticket(
        role=Role.OFFER,
        site="devcloud:mysite",
        env="prod",
        server="srv-6",
        subject="a1b2c3",
        t=NOW_S,
    )
    return msgspec.structs.replace(plain, **changes)


@given(tickets)
def test_what_was_signed_is_trusted(ticket: Ticket) -> None:
    d = sign(ticket, secret=SECRET)
    assert verify(received(ticket), d, secret=SECRET, now_s=NOW_S) == ticket


@given(tickets, tickets)
def test_any_changed_field_is_forged(signed: Ticket, claimed: Ticket) -> None:
    d = sign(signed, secret=SECRET)
    for name in ("role", "site", "env", "server", "t"):
        value = getattr(claimed, name)
        changed = msgspec.structs.replace(received(signed), **{name: value})
        if value == getattr(signed, name):
            continue
        with pytest.raises(TicketForged):
            verify(changed, d, secret=SECRET, now_s=NOW_S)


@given(tickets, field)
def test_a_changed_subject_is_forged(ticket: Ticket, subject: str) -> None:
    digest, _, signed_subject = sign(ticket, secret=SECRET).partition(".")
    if subject == signed_subject:
        return
    with pytest.raises(TicketForged):
        verify(received(ticket), f"{digest}.{subject}", secret=SECRET, now_s=NOW_S)


@given(tickets, st.text(max_size=80))
def test_an_invented_signature_is_forged(ticket: Ticket, d: str) -> None:
    with pytest.raises(TicketForged):
        verify(received(ticket), d, secret=SECRET, now_s=NOW_S)


@given(tickets, st.binary(min_size=TICKET_SECRET_MIN_BYTES, max_size=40))
def test_another_secret_signs_nothing_for_us(ticket: Ticket, secret: bytes) -> None:
    if secret == SECRET:
        return
    with pytest.raises(TicketForged):
        verify(received(ticket), sign(ticket, secret=secret), secret=SECRET, now_s=NOW_S)


def test_the_signed_string_is_the_protocols() -> None:
    signed = b"logstream-v1\noffer\ndevcloud:mysite\nprod\nsrv-6\na1b2c3\n1700000000"
    digest = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    assert sign(a_ticket(), secret=SECRET) == f"{digest}.a1b2c3"


def test_a_subject_may_hold_dots() -> None:
    ticket = a_ticket(subject="key.of.mine")
    d = sign(ticket, secret=SECRET)
    assert verify(received(ticket), d, secret=SECRET, now_s=NOW_S).subject == "key.of.mine"


def test_a_persons_ticket_does_not_offer() -> None:
    persons = a_ticket(role=Role.STREAM, server="")
    d = sign(persons, secret=SECRET)
    for server in ("", "srv-6", ANY_SERVER):
        offered = received(a_ticket(server=server))
        with pytest.raises(TicketForged):
            verify(offered, d, secret=SECRET, now_s=NOW_S)


@pytest.mark.parametrize("age_s", [-TICKET_FUTURE_MAX_S, 0, 1, TICKET_AGE_MAX_S])
def test_a_fresh_ticket_is_honoured(age_s: int) -> None:
    ticket = a_ticket(t=NOW_S - age_s)
    d = sign(ticket, secret=SECRET)
    assert verify(received(ticket), d, secret=SECRET, now_s=NOW_S) == ticket


@pytest.mark.parametrize(
    ("age_s", "why"),
    [
        (TICKET_AGE_MAX_S + 1, "too old"),
        (10 * 365 * 86_400, "too old"),
        (-TICKET_FUTURE_MAX_S - 1, "from the future"),
    ],
)
def test_a_ticket_of_another_time_has_expired(age_s: int, why: str) -> None:
    ticket = a_ticket(t=NOW_S - age_s)
    d = sign(ticket, secret=SECRET)
    with pytest.raises(TicketExpired, match=why):
        verify(received(ticket), d, secret=SECRET, now_s=NOW_S)


def test_a_forger_does_not_learn_that_a_ticket_is_old() -> None:
    with pytest.raises(TicketForged):
        verify(received(a_ticket(t=0)), "0" * 64 + ".a1b2c3", secret=SECRET, now_s=NOW_S)


@pytest.mark.parametrize("name", ["site", "env", "server", "subject"])
def test_a_line_feed_in_a_field_cannot_be_signed(name: str) -> None:
    with pytest.raises(ConfigError, match="line feed"):
        sign(a_ticket(**{name: "a\nb"}), secret=SECRET)


def test_fields_cannot_be_shifted_by_a_line_feed() -> None:
    d = sign(a_ticket(site="devcloud:mysite", env="prod"), secret=SECRET)
    shifted = received(a_ticket(site="devcloud:mysite\nprod", env="srv-6", server="a1b2c3"))
    digest = d.partition(".")[0]
    for claim in (d, digest, f"{digest}."):
        with pytest.raises(TicketForged):
            verify(shifted, claim, secret=SECRET, now_s=NOW_S)


def test_a_correctly_signed_line_feed_is_forged_all_the_same() -> None:
    signed = b"logstream-v1\noffer\ndevcloud:mysite\nprod\nsrv-6\n\n1700000000"
    digest = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    twisted = a_ticket(site="devcloud:mysite\nprod", env="srv-6", server="", subject="")
    with pytest.raises(TicketForged):
        verify(twisted, f"{digest}.", secret=SECRET, now_s=NOW_S)


@pytest.mark.parametrize("text", ["\ud800", "é", "\x00", "💣" * 50])
def test_hostile_text_in_a_claim_is_forged_and_breaks_nothing(text: str) -> None:
    d = sign(a_ticket(), secret=SECRET)
    with pytest.raises(TicketForged):
        verify(received(a_ticket(site=text)), d, secret=SECRET, now_s=NOW_S)
    with pytest.raises(TicketForged):
        verify(received(a_ticket()), text, secret=SECRET, now_s=NOW_S)
    with pytest.raises(TicketForged):
        verify(received(a_ticket()), f"{d}{text}", secret=SECRET, now_s=NOW_S)


def test_a_short_secret_is_refused_and_not_shown() -> None:
    short = b"x" * (TICKET_SECRET_MIN_BYTES - 1)
    with pytest.raises(ConfigError, match=f"{TICKET_SECRET_MIN_BYTES - 1} bytes") as caught:
        sign(a_ticket(), secret=short)
    assert short.decode() not in str(caught.value)
    check_secret(short + b"x")


def test_every_refusal_is_a_ticket_error() -> None:
    assert issubclass(TicketForged, TicketError)
    assert issubclass(TicketExpired, TicketError)
