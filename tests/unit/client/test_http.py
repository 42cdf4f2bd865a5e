import pytest

from logstream.client.http import Answer, HttpClient, host_of
from logstream.model.limits import HTTP_ATTEMPTS_MAX, HTTP_RETRY_WAIT_MAX_S

URL = "http://cloud.test/api/account"


class Scripted(HttpClient):
    """Answers from a list; the last one stays. Waits are noted."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.waits_s: list[float] = []
        super().__init__(pause=self.waits_s.append)
        self.answers = list(answers)
        self.calls = 0

    def _call_once(self, *_: object) -> Answer:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int, retry_after_s: float | None = None) -> Answer:
    return Answer(status, b"", retry_after_s)


def call(http: HttpClient) -> Answer:
    return http.call("GET", URL, headers={})


def test_an_answer_is_given_as_it_is() -> None:
    http = Scripted(answer(404))
    assert call(http).status == 404
    assert http.waits_s == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_again(status: int) -> None:
    http = Scripted(answer(status), answer(status), answer(200))
    assert call(http).status == 200
    assert len(http.waits_s) == 2


def test_a_service_that_stays_busy_is_left_after_a_bounded_number_of_tries() -> None:
    http = Scripted(answer(503))
    assert call(http).status == 503
    assert http.calls == HTTP_ATTEMPTS_MAX
    assert len(http.waits_s) == HTTP_ATTEMPTS_MAX - 1


def test_waits_grow() -> None:
    http = Scripted(answer(503))
    call(http)
    assert 0.25 <= http.waits_s[0] <= 0.75
    assert 0.5 <= http.waits_s[1] <= 1.5
    assert 1 <= http.waits_s[2] <= 3


def test_a_wait_that_the_service_asks_for_is_honoured_within_reason() -> None:
    http = Scripted(answer(429, 4), answer(429, 3600), answer(200))
    call(http)
    assert http.waits_s == [4, HTTP_RETRY_WAIT_MAX_S]


def test_an_unknown_failure_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        call(Scripted(ZeroDivisionError()))


def test_a_host_is_named_without_what_stands_before_it() -> None:
    assert host_of("https://user:secret@cloud.test:8443/api") == "cloud.test:8443"
