import inspect

import pytest

from logstream import errors
from logstream.errors import (
    ApiError,
    AuthenticationError,
    BadMessage,
    ConfigError,
    ConnectionFailed,
    LogstreamError,
    NotFound,
    StreamRefused,
    TicketError,
    TicketExpired,
    TicketForged,
    UsageError,
)

ALL = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if member.__module__ == errors.__name__
]


def test_every_error_is_a_logstream_error() -> None:
    assert all(issubclass(error, LogstreamError) for error in ALL)


def test_every_error_stands_in_the_tree_that_the_module_draws() -> None:
    assert errors.__doc__ is not None
    assert [error.__name__ for error in ALL if error.__name__ not in errors.__doc__] == []


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (UsageError, 2),
        (ConfigError, 2),
        (AuthenticationError, 4),
        (NotFound, 1),
        (ConnectionFailed, 1),
    ],
)
def test_the_exit_code_tells_scripts_what_kind_of_failure_it_was(
    error: type[LogstreamError], exit_code: int
) -> None:
    assert error("text").exit_code == exit_code


def test_an_errors_text_is_what_it_was_made_with() -> None:
    made = [
        ApiError("no answer"),
        StreamRefused("no answer", code=403),
        BadMessage("no answer"),
        TicketForged("no answer"),
    ]
    assert {str(error) for error in made} == {"no answer"}


def test_an_api_error_without_an_answer_has_status_zero() -> None:
    assert ApiError("no answer").status == 0
    assert ApiError("gone", status=410).status == 410


def test_a_refused_stream_carries_the_protocols_code() -> None:
    assert StreamRefused("no", code=404).code == 404


def test_a_bad_message_is_the_senders_mistake_unless_said_otherwise() -> None:
    assert (BadMessage("what?").code, BadMessage("what?").during) == (400, "")
    ours = BadMessage("oops", code=500, during='{"cmd":"enable"}')
    assert (ours.code, ours.during) == (500, '{"cmd":"enable"}')


def test_only_an_expired_ticket_invites_another_try() -> None:
    codes = {error: error.code for error in (TicketError, TicketForged, TicketExpired)}
    assert codes == {TicketError: 403, TicketForged: 403, TicketExpired: 401}
