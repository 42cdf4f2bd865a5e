"""Tickets: signed, short-lived connection details that say who may stream, or offer, what.

The Cloud API signs, a hub verifies; they share a secret and nothing else. A ticket is the fields
below and its signature ``d`` (the Cloud API's ``hmac``), which clients pass on as it is:

    d = hex(HMAC-SHA256(secret, signed)) "." subject
    signed = "logstream-v1" LF role LF site LF env LF server LF subject LF t

Rule: S3 of the extended protocol. Pure: the caller reads the clock. Times are Unix seconds.
"""

import hashlib
import hmac
from enum import StrEnum

import msgspec

from logstream.errors import ConfigError, TicketExpired, TicketForged
from logstream.model.limits import TICKET_AGE_MAX_S, TICKET_FUTURE_MAX_S, TICKET_SECRET_MIN_BYTES

ANY_SERVER = "*"
"""The server of a hub's own ticket: it may offer every server."""


class Role(StrEnum):
    """What a ticket lets its holder do."""

    STREAM = "stream"
    OFFER = "offer"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what, where, signed when. As received nothing in it is trusted yet.

    Attributes:
        role: Stream (a person) or offer (a logtailor).
        site: ``realm:sitename``.
        env: The environment's name.
        server: Empty for ``Role.STREAM``; the server's name, or ``ANY_SERVER``, for ``Role.OFFER``.
        subject: The id of the key that it was issued to.
        t: When it was signed, Unix seconds.
    """

    role: Role
    site: str
    env: str
    server: str = ""
    subject: str = ""
    t: int = 0


def sign(ticket: Ticket, *, secret: bytes) -> str:
    """Sign ``ticket``.

    Returns:
        The signature ``d``.

    Raises:
        ConfigError: The secret is too short, or a field holds a line feed.
    """
    check_secret(secret)
    fields = (ticket.role, ticket.site, ticket.env, ticket.server, ticket.subject)
    if any("\n" in field for field in fields):
        raise ConfigError(f"a ticket's fields must not hold a line feed: {ticket!r}")
    return f"{_digest(ticket, secret)}.{ticket.subject}"


def verify(ticket: Ticket, d: str, *, secret: bytes, now_s: float) -> Ticket:
    """Check that ``d`` signs ``ticket`` and that it is fresh.

    Args:
        ticket: As received, without its subject, which ``d`` carries.
        d: The signature as received.
        secret: Shared with the Cloud API.
        now_s: Unix time; the caller reads the clock.

    Returns:
        The ticket with its subject: to be trusted.

    Raises:
        TicketForged: The signature does not match. Checked before the age, so that a forger
            learns nothing from the answer.
        TicketExpired: Signed more than ``TICKET_AGE_MAX_S`` ago, or in the future.
    """
    digest, _, subject = d.partition(".")
    claimed = msgspec.structs.replace(ticket, subject=subject)
    fields = (claimed.site, claimed.env, claimed.server, subject)
    well_formed = not any("\n" in field for field in fields)
    expected = _digest(claimed, secret)
    same = hmac.compare_digest(expected.encode(), digest.encode("utf-8", "surrogatepass"))
    if not (same and well_formed):
        raise TicketForged(
            "the signature does not match: get fresh connection details for this environment"
        )
    if claimed.t < now_s - TICKET_AGE_MAX_S:
        raise TicketExpired("the connection details are too old: get fresh ones from the Cloud API")
    if claimed.t > now_s + TICKET_FUTURE_MAX_S:
        raise TicketExpired(
            "the connection details are from the future: check the clocks of hub and Cloud API"
        )
    return claimed


def check_secret(secret: bytes) -> None:
    """Refuse a secret that is too short to protect anything.

    Raises:
        ConfigError: It has fewer than ``TICKET_SECRET_MIN_BYTES`` bytes.
    """
    if len(secret) < TICKET_SECRET_MIN_BYTES:
        raise ConfigError(
            f"the shared secret has {len(secret)} bytes: "
            f"use at least {TICKET_SECRET_MIN_BYTES} random ones"
        )


def _digest(ticket: Ticket, secret: bytes) -> str:
    signed = "\n".join(
        (
            "logstream-v1",
            ticket.role,
            ticket.site,
            ticket.env,
            ticket.server,
            ticket.subject,
            str(ticket.t),
        )
    )
    return hmac.new(secret, signed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
