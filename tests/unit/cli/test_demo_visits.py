"""What the demo's servers write: read by the formats, told apart, and correlated."""

from collections import Counter
from random import Random

import pytest

from logstream.cli.demo_visits import ENVIRONMENTS, SOURCES, Record, records_of_visit
from logstream.formats.catalogue import format_for
from logstream.formats.recognise import recognise
from logstream.model.source import DISPLAY_NAMES

NOW_S = 1404764933.25
"""2014-07-07 20:28:53.25 UTC."""


@pytest.fixture(scope="module")
def visits() -> list[list[Record]]:
    random = Random(7)
    return [records_of_visit(random, NOW_S) for _ in range(3000)]


@pytest.fixture(scope="module")
def records(visits: list[list[Record]]) -> list[Record]:
    return [record for visit in visits for record in visit]


def texts(records: list[Record], log_type: str) -> list[str]:
    return [record.text for record in records if record.log_type == log_type]


def test_every_source_of_every_environment_is_written(records: list[Record]) -> None:
    written = {(record.env, record.server, record.log_type) for record in records}
    assert written == {(env, *source) for env in ENVIRONMENTS for source in SOURCES}
    assert {log_type for _, log_type in SOURCES} == set(DISPLAY_NAMES)


@pytest.mark.parametrize("log_type", DISPLAY_NAMES)
def test_every_record_has_the_time_of_its_visit(records: list[Record], log_type: str) -> None:
    times = format_for(log_type).columns(texts(records, log_type), now_s=NOW_S).unix_time
    assert {None if time is None else int(time) for time in times} == {int(NOW_S)}


@pytest.mark.parametrize(
    "log_type", ["apache-request", "varnish-request", "bal-request", "drupal-request"]
)
def test_every_request_has_a_status_and_a_request_id(records: list[Record], log_type: str) -> None:
    _, statuses, request_ids = format_for(log_type).columns(texts(records, log_type), now_s=NOW_S)
    assert statuses is not None
    assert request_ids is not None
    assert None not in statuses
    assert all(request_id is not None and request_id[:2] == "v-" for request_id in request_ids)


def test_the_records_of_a_visit_have_one_request_id_and_visits_have_different_ones(
    visits: list[list[Record]],
) -> None:
    seen = Counter[str]()
    for visit in visits:
        ids = {
            request_id
            for _, _, log_type, text in visit
            for request_id in format_for(log_type).columns([text], now_s=NOW_S).request_id or ()
            if request_id is not None
        }
        assert len(ids) == 1
        seen.update(ids)
    assert set(seen.values()) == {1}


@pytest.mark.parametrize("log_type", DISPLAY_NAMES)
def test_the_files_are_recognised(records: list[Record], log_type: str) -> None:
    lines = [line for text in texts(records, log_type)[:20] for line in text.split("\n")]
    assert recognise(f"/logs/prod/srv-6/{log_type}.log", lines) == log_type


def test_most_visits_go_well_and_some_do_not(records: list[Record]) -> None:
    lines = texts(records, "bal-request")
    counts = Counter(format_for("bal-request").columns(lines, now_s=NOW_S).http_status or ())
    assert counts[200] > len(lines) / 2
    assert {200, 301, 302, 304, 403, 404, 500, 503} <= set(counts)


def test_some_errors_of_php_bring_their_stack_trace(records: list[Record]) -> None:
    traces = ["\nStack trace:\n" in text for text in texts(records, "php-error")]
    assert set(traces) == {True, False}


def test_the_same_seed_gives_the_same_visits() -> None:
    assert records_of_visit(Random(1), NOW_S) == records_of_visit(Random(1), NOW_S)
