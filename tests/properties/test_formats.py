"""No text whatever makes a format fail, and no short cut of a format changes an answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.formats import times
from logstream.formats.base import Columns, Reading
from logstream.formats.catalogue import format_for
from logstream.formats.drupal_request import DrupalRequestFormat
from logstream.formats.drupal_watchdog import DrupalWatchdogFormat
from logstream.formats.recognise import recognise
from logstream.formats.times import UNIX_TIME_END_S, YearlessStamps, clf_time, iso_time
from logstream.formats.web_request import WebRequestFormat
from logstream.model.limits import NAME_MAX_CHARS, REQUEST_ID_MAX_CHARS

NOW_S = 1404765000.0
LOGS = {
    path.stem: path.read_text(encoding="utf-8").splitlines()
    for path in (Path(__file__).parents[1] / "fixtures" / "formats").glob("*.log")
}
LINES = sorted(line for lines in LOGS.values() for line in lines)

PIECES = (
    '"', "\\", '\\"', "[", "]", " ", "\n", "|", "=", "-", "'", ".5", "é", "\0", "٣",
    " request_id=", ' request_id="', ' request_id="v-2"', ' request_id="-"', " request_id=v-3",
    ' "', '" ', " 200 ", " 404", " http_code=", " http_code=500 ", "|1404764999|", "32/Foo/2014",
    "[07/Jul/2014:20:28:53 +0000]", '[08/Jul/2014:20:28:53 +0100] "', "Europe/Berlin", "+25:00",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, lines: list[str]) -> str:
    """A real line with a few things put in, taken out or repeated."""
    text = draw(st.sampled_from(lines))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((0, 0, 0, 1, 2, 30))))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
    return text


def texts_of(log_type: str) -> st.SearchStrategy[list[str]]:
    lines = mutated(LOGS[log_type])
    return st.lists(lines | mutated(LINES) | st.text(), max_size=6)


def rows(columns: Columns) -> list[Reading]:
    unix_time, http_status, request_id = columns
    nothing = [None] * len(unix_time)
    return [
        Reading(*row)
        for row in zip(unix_time, http_status or nothing, request_id or nothing, strict=True)
    ]


@pytest.mark.parametrize("log_type", sorted(LOGS))
@given(data=st.data())
def test_any_text_is_read_without_failing(log_type: str, data: st.DataObject) -> None:
    texts = data.draw(texts_of(log_type))
    columns = format_for(log_type).columns(texts, now_s=NOW_S)
    assert len(columns.unix_time) == len(texts)
    for time, status, request_id in rows(columns):
        assert time is None or (type(time) is float and 0 <= time < UNIX_TIME_END_S)
        assert status is None or 100 <= status <= 599
        assert request_id is None or 0 < len(request_id) <= REQUEST_ID_MAX_CHARS
        if time is not None:
            assert datetime.fromtimestamp(time, UTC).year <= 9999


@pytest.mark.parametrize("log_type", sorted(LOGS))
@given(data=st.data())
def test_no_record_changes_what_its_neighbours_say(log_type: str, data: st.DataObject) -> None:
    texts = data.draw(texts_of(log_type))
    together = format_for(log_type)
    apart = [
        row for text in texts for row in rows(format_for(log_type).columns([text], now_s=NOW_S))
    ]
    assert rows(together.columns(texts, now_s=NOW_S)) == apart
    assert rows(together.columns(texts, now_s=NOW_S)) == apart, "read again, from the caches"


@given(st.data())
def test_short_cuts_for_web_requests_give_the_same_answers(data: st.DataObject) -> None:
    texts = data.draw(texts_of("apache-request"))
    format_ = WebRequestFormat()
    assert rows(format_.columns(texts, now_s=NOW_S)) == [format_.read(text) for text in texts]


@given(st.data())
def test_short_cuts_for_drupal_requests_give_the_same_answers(data: st.DataObject) -> None:
    texts = data.draw(texts_of("drupal-request"))
    format_ = DrupalRequestFormat()
    assert rows(format_.columns(texts, now_s=NOW_S)) == [format_.read(text) for text in texts]


@given(st.data())
def test_short_cuts_for_watchdog_messages_give_the_same_answers(data: st.DataObject) -> None:
    texts = data.draw(texts_of("drupal-watchdog"))
    format_ = DrupalWatchdogFormat()
    assert format_.columns(texts, now_s=NOW_S).unix_time == [
        format_.read_time(text, now_s=NOW_S) for text in texts
    ]


ESCAPED = st.text(st.characters(exclude_characters='"\\\n', exclude_categories=["Cs"])).flatmap(
    lambda text: st.sampled_from((text, f'{text}\\"', f' request_id=\\"{text}', f"{text}\\\\"))
)
"""What a visitor sent, as a web server writes it into a quoted string."""


@given(request=ESCAPED, referer=ESCAPED, agent=ESCAPED, forwarded_for=ESCAPED, last=ESCAPED)
def test_nothing_that_a_visitor_sends_changes_what_the_server_says(
    request: str, referer: str, agent: str, forwarded_for: str, last: str
) -> None:
    line = (
        f'192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "{request}" 403 12 "{referer}" "{agent}" '
        f'forwarded_for="{forwarded_for}" request_id="v-1" last="{last}"'
    )
    assert WebRequestFormat().columns([line], now_s=NOW_S) == ([1404764933.0], [403], ["v-1"])


SECONDS = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
MONTHS = list(times.MONTHS)


@given(SECONDS, st.integers(-1439, 1439))
def test_what_is_written_in_any_zone_is_read_as_the_same_second(
    moment: datetime, offset_minutes: int
) -> None:
    local = moment + timedelta(minutes=offset_minutes)
    sign, (hours, minutes) = "-" if offset_minutes < 0 else "+", divmod(abs(offset_minutes), 60)
    clock = f"{local:%H:%M:%S}"
    date = f"{local.year:04}-{local.month:02}-{local.day:02}"
    assert iso_time(f"{date}T{clock}{sign}{hours:02}:{minutes:02}") == moment.timestamp()
    date = f"{local.day:02}/{MONTHS[local.month - 1]}/{local.year:04}"
    assert clf_time(f"{date}:{clock} {sign}{hours:02}{minutes:02}") == moment.timestamp()


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
    st.integers(-86_400, 360 * 86_400),
)
def test_a_line_of_the_last_360_days_gets_its_own_year_back(now: datetime, age_s: int) -> None:
    now_s = now.replace(tzinfo=UTC).timestamp()
    time = float(int(now_s) - age_s)
    written = datetime.fromtimestamp(time, UTC)
    stamp = f"{MONTHS[written.month - 1]} {written.day:2} {written:%H:%M:%S}"
    assert YearlessStamps().read(stamp, now_s=now_s) == time


@given(st.text(), st.lists(mutated(LINES) | st.text(), max_size=6))
def test_every_file_has_a_type_that_can_be_named(path: str, sample: list[str]) -> None:
    assert 0 < len(recognise(path, sample)) <= NAME_MAX_CHARS
