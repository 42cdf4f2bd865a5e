import pytest

from logstream.client.refusals import opening_failure
from logstream.errors import AuthenticationError, StreamRefused, TicketExpired


@pytest.mark.parametrize(
    ("code", "cmd", "accepted", "kind"),
    [
        (401, None, False, TicketExpired),
        (401, "stream-environment", True, TicketExpired),
        (403, None, False, AuthenticationError),
        (500, "stream-environment", True, StreamRefused),
        (401, "enable", True, type(None)),
        (404, "enable", False, type(None)),
    ],
    ids=range(6),
)
def test_only_a_refused_ticket_ends_a_session(
    code: int, cmd: str | None, *, accepted: bool, kind: type[object]
) -> None:
    assert type(opening_failure(code, "no", cmd=cmd, accepted=accepted)) is kind
