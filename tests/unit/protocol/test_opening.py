import json
from typing import Any

import pytest

from logstream.errors import BadMessage
from logstream.model.ticket import Role, Ticket
from logstream.protocol.opening import Opening, read_opening

PERSON: dict[str, Any] = {
    "cmd": "stream-environment",
    "site": "devcloud:mysite",
    "env": "dev",
    "t": 1700000000,
    "d": "abc.key",
}
LOGTAILOR: dict[str, Any] = {**PERSON, "cmd": "offer", "server": "srv-6", "via": ["logstream-a"]}


def read(message: dict[str, Any]) -> Opening:
    return read_opening(json.dumps(message).encode())


def test_someone_who_watches_claims_a_ticket_to_stream() -> None:
    """S3: role ``stream``, server empty."""
    assert read(PERSON) == Opening(
        Ticket(role=Role.STREAM, site="devcloud:mysite", env="dev", server="", t=1700000000),
        "abc.key",
        None,
    )


def test_a_logtailor_claims_a_ticket_to_offer_its_server() -> None:
    """S3: role ``offer``, server's name."""
    opening = read(LOGTAILOR)
    assert opening.ticket == Ticket(
        role=Role.OFFER, site="devcloud:mysite", env="dev", server="srv-6", t=1700000000
    )
    assert opening.offer is not None
    assert opening.offer.via == ["logstream-a"]


def test_the_server_that_a_person_names_is_no_part_of_the_ticket() -> None:
    assert read({**PERSON, "server": "srv-6"}).ticket.server == ""


@pytest.mark.parametrize("t", [1700000000, "1700000000", 1700000000.0, "01700000000"])
def test_t_is_read_as_clients_send_it(t: object) -> None:
    assert read({**PERSON, "t": t}).ticket.t == 1700000000


@pytest.mark.parametrize(
    "t", ["", "now", "-5", -5, "1.7e9", 1.5, 1e300, "٣", " 17", "1_000", "9" * 20, "9" * 9999]
)
def test_t_that_is_no_whole_number_is_told(t: object) -> None:
    with pytest.raises(BadMessage, match="t must be Unix seconds") as bad:
        read({**PERSON, "t": t})
    assert bad.value.code == 400
    assert bad.value.during.startswith('{"cmd": "stream-environment"')


@pytest.mark.parametrize(
    "message",
    [
        {"cmd": "keepalive"},
        {"cmd": "list-available"},
        {"cmd": "list-enabled"},
        {"cmd": "enable", "type": "php-error", "server": "srv-6"},
        {"cmd": "disable", "type": "php-error", "server": "srv-6"},
    ],
)
def test_commands_before_the_opening_are_401(message: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="stream-environment first") as bad:
        read(message)
    assert bad.value.code == 401
    assert bad.value.during == json.dumps(message)


@pytest.mark.parametrize("missing", ["site", "env", "t", "d"])
def test_an_opening_with_a_key_missing_is_400(missing: str) -> None:
    with pytest.raises(BadMessage, match=missing) as bad:
        read({key: value for key, value in PERSON.items() if key != missing})
    assert bad.value.code == 400
