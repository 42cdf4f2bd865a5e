import json

from logstream.api.refusal import Refusal, not_found, of_status, unauthorized


def test_a_refusal_is_a_code_and_a_message() -> None:
    refusal = Refusal(400, "limit must be a whole number.")
    assert json.loads(refusal.body()) == {
        "error": "bad_request",
        "message": "limit must be a whole number.",
    }


def test_a_refusal_may_have_a_more_exact_code() -> None:
    assert Refusal(400, "x", code="unsupported_grant_type").shape().error == (
        "unsupported_grant_type"
    )


def test_what_does_not_exist_and_what_may_not_be_seen_is_said_alike() -> None:
    assert not_found("environment").message == (
        "The environment you are trying to access does not exist,"
        " or you do not have permission to access it."
    )


def test_a_missing_token_is_told_how_to_come() -> None:
    assert unauthorized("x").headers == {"WWW-Authenticate": "Bearer"}


def test_every_status_has_words() -> None:
    for status in (400, 404, 405, 413, 418, 500):
        refusal = of_status(status, headers={"Allow": "GET"})
        assert refusal.status == status
        assert refusal.code.isascii()
        assert refusal.message.endswith(".")
        assert refusal.headers == {"Allow": "GET"}
