from doubles.connections import unframe, unframe_all
from doubles.router_sides import frame_of
from logstream.model.limits import SOURCES_PER_LINK_MAX
from logstream.model.source import Source
from logstream.node.batch import LinesFrame
from logstream.node.forms import Form, Forms

PHP = Source("srv-6", "php-error")


def long_frame(*, compressed: bool) -> LinesFrame:
    plain = frame_of(PHP, *("x" * 100 for _ in range(100)))
    body = plain.small_body() if compressed else plain.body
    return LinesFrame(PHP, "", body, after=plain.after, next=plain.next, gen=0, n=100)


def test_what_comes_in_the_form_that_is_needed_is_passed_on_and_not_kept() -> None:
    """S2: a hub passes bodies on unread."""
    forms = Forms(lambda: 1.0)
    small, plain, packed = (
        frame_of(PHP, "a"),
        long_frame(compressed=False),
        long_frame(compressed=True),
    )
    assert forms.framed(small, Form.ZSTD) is small.framed_as_it_came
    assert forms.framed(small, Form.PLAIN) is small.framed_as_it_came
    assert forms.framed(plain, Form.PLAIN) is plain.framed_as_it_came
    assert forms.framed(packed, Form.ZSTD) is packed.framed_as_it_came
    assert forms.kept_bytes == 0


def test_another_form_is_made_once_for_all() -> None:
    forms = Forms(lambda: 1.0)
    plain, packed = long_frame(compressed=False), long_frame(compressed=True)
    made = forms.framed(packed, Form.PLAIN)
    assert forms.framed(packed, Form.PLAIN) is made
    assert made == plain.framed_as_it_came
    ((_, binary),) = unframe_all(forms.framed(plain, Form.ZSTD))
    assert binary
    lines = forms.framed(packed, Form.BASE)
    assert len(unframe(lines)) == 100
    assert forms.framed(packed, Form.BASE) is lines


def test_progress_has_no_base_form() -> None:
    nothing = LinesFrame(PHP, "", None, after="A:0", next="A:9", gen=None)
    assert Forms(lambda: 1.0).framed(nothing, Form.BASE) == b""


def test_what_was_used_last_is_kept_longest() -> None:
    first, second = long_frame(compressed=True), long_frame(compressed=True)
    forms = Forms(lambda: 1.0, capacity_bytes=2 * len(first.framed(first.plain_body())))
    made = forms.framed(first, Form.PLAIN)
    forms.framed(second, Form.PLAIN)
    forms.framed(first, Form.PLAIN)
    forms.framed(long_frame(compressed=True), Form.PLAIN)
    assert forms.framed(first, Form.PLAIN) is made
    assert len(forms._kept) == 2
    assert forms.kept_bytes == sum(map(len, forms._kept.values()))


def test_sources_that_come_and_go_fill_no_memory() -> None:
    forms = Forms(lambda: 1.0)
    for number in range(SOURCES_PER_LINK_MAX + 5):
        forms.framed(frame_of(Source("srv-6", str(number)), "a"), Form.BASE)
    assert len(forms._encoders) <= SOURCES_PER_LINK_MAX
