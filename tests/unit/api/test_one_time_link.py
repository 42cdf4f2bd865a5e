from logstream.api.one_time_link import OneTimeLinks
from logstream.model.limits import PAGE_LINK_LIFE_S, PAGE_LINKS_MAX


def test_a_link_lets_its_first_user_in_and_nobody_after() -> None:
    links = OneTimeLinks()
    token = links.issue("jane", now_s=100)
    assert links.spend(token, now_s=101) == "jane"
    assert links.spend(token, now_s=101) is None


def test_a_link_is_good_for_a_bounded_time() -> None:
    links = OneTimeLinks()
    early, late = links.issue("jane", now_s=0), links.issue("jane", now_s=0)
    assert links.spend(early, now_s=PAGE_LINK_LIFE_S - 1) == "jane"
    assert links.spend(late, now_s=PAGE_LINK_LIFE_S) is None


def test_a_token_that_was_never_issued_lets_nobody_in() -> None:
    links = OneTimeLinks()
    token = links.issue("jane", now_s=0)
    for other in ("", "x", token[:-1], token + "x"):
        assert links.spend(other, now_s=0) is None
    assert links.spend(token, now_s=0) == "jane"


def test_only_hashes_of_tokens_are_kept() -> None:
    links = OneTimeLinks()
    token = links.issue("jane", now_s=0)
    assert token not in repr(vars(links))


def test_the_oldest_link_goes_when_there_are_too_many() -> None:
    links = OneTimeLinks()
    tokens = [links.issue("jane", now_s=0) for _ in range(PAGE_LINKS_MAX + 1)]
    assert links.spend(tokens[0], now_s=0) is None
    assert links.spend(tokens[1], now_s=0) == "jane"
