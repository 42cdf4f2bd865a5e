"""A stream's receivers that bring cursors, through the router; with gaps, pages and lost links."""

from typing import Any

import pytest

from doubles.router_sides import RecordedDownstream, RecordedUpstream, frame_of, write
from logstream.model.filter import NO_FILTER, Filter, make_filter
from logstream.model.limits import HISTORY_LIMIT_MAX
from logstream.model.source import Environment, Source
from logstream.node.base import EnableWanted, PageEnd
from logstream.node.batch import GapFrame, LinesFrame
from logstream.node.ring import RingBudget
from logstream.node.router import Router

PHP = Source("srv-6", "php-error")
ERRORS = make_filter({"text": ["error"]}, None)
RING_BYTES = 3000


class World:
    """A router with one link, and anna, who has enabled from A:1000 on."""

    def __init__(self) -> None:
        budget = RingBudget(ring_bytes=RING_BYTES)
        self.router = Router(
            Environment("s", "dev"), budget, linger_s=10.0, unix_time=lambda: 100.0
        )
        self.link = RecordedDownstream()
        self.offer(self.link)
        self.anna = self.come()
        self.enable(self.anna)
        self.begin("A:1000")

    def offer(self, link: RecordedDownstream) -> None:
        self.router.available(PHP, "PHP error", link)

    def come(self) -> RecordedUpstream:
        upstream = RecordedUpstream(extended=True)
        self.router.join(upstream)
        upstream.take()
        return upstream

    def enable(self, upstream: RecordedUpstream, **keys: Any) -> None:
        self.router.enable(upstream, EnableWanted(PHP, **keys))

    def begin(self, after: str, of: Filter = NO_FILTER) -> None:
        self.router.began(PHP, of.stream, self.link, after=after, now_s=160.0)

    def refuse(self, code: int, description: str, stream: str) -> None:
        if stream == "":
            self.link.enabled.discard(PHP)
        self.router.stream_refused(PHP, stream, self.link, code, description)

    def write(self, *texts: object) -> None:
        write(self.router, PHP, self.link, *texts)

    def page(self, *frames: LinesFrame | GapFrame, last: str, more: bool = False) -> None:
        """Answer the page that was asked for last."""
        wish, sink = self.link.pages[-1]
        for frame in frames:
            sink.page_frame(frame)
        sink.page_ended(PageEnd(wish.after or "", last, more, 10, None))


@pytest.fixture
def world() -> World:
    return World()


def texts(upstream: RecordedUpstream) -> list[str]:
    return [line.decode().split(" ", 2)[2] for line in upstream.lines]


def chain(upstream: RecordedUpstream) -> list[tuple[str, str]]:
    """Give the cursors of the frames; each must begin where the one before ended."""
    cursors = [(frame.after, frame.next) for frame in upstream.frames]
    ends = [upstream.began[0], *(next_ for _, next_ in cursors)]
    assert [after for after, _ in cursors] == ends[:-1]
    return cursors


# --- within the ring ----------------------------------------------------------------------------


def test_who_brings_no_cursor_begins_at_the_rings_head(world: World) -> None:
    """S5."""
    world.write("a")
    ben = world.come()
    world.enable(ben)
    world.write("b")
    assert ben.began == ["A:1010"]
    assert texts(ben) == ["b"]


def test_who_brings_a_cursor_goes_on_there_in_the_ring(world: World) -> None:
    world.write("a")
    world.write("b", "c", "d")
    ben = world.come()
    world.enable(ben, after="A:1020")
    assert ben.began == ["A:1020"]
    assert texts(ben) == ["c", "d"]
    world.write("e")
    assert texts(ben) == ["c", "d", "e"]
    chain(ben)
    assert world.link.pages == []


def test_who_is_ahead_waits_for_the_next_frame() -> None:
    """Walked through: the second hub lags."""
    world = World()
    ben = world.come()
    world.enable(ben, after="A:1020")
    assert ben.began == ["A:1020"]
    assert ben.frames == []
    world.write("a", "b", "c", "d")
    assert texts(ben) == ["c", "d"]
    assert chain(ben)[0] == ("A:1020", "A:1040")


def test_where_too_much_lies_between_it_begins_at_the_end(world: World) -> None:
    """S5: within."""
    world.write(*range(10))
    ben, carl = world.come(), world.come()
    world.enable(ben, after="A:1000", within=99)
    world.enable(carl, after="A:1000", within=100)
    assert ben.began == ["A:1100"]
    assert carl.began == ["A:1000"]


# --- by pages -----------------------------------------------------------------------------------


def test_who_is_further_back_is_sent_pages_and_then_goes_on_live(world: World) -> None:
    """S5: the next page when the socket has drained; no receiver sees a seam."""
    ben = world.come()
    world.enable(ben, after="A:0")
    ((wish, _),) = world.link.pages
    assert (wish.after, wish.before, wish.back) == ("A:0", "A:1000", False)
    assert (wish.limit, wish.filter) == (HISTORY_LIMIT_MAX, NO_FILTER)
    assert ben.began == [], "it may be no cursor of this source"
    ben.room = 1
    world.write("live")
    world.page(frame_of(PHP, "a"), frame_of(PHP, "b", begin=10), last="A:20", more=True)
    assert ben.began == ["A:0"]
    assert texts(ben) == ["a"]
    assert len(world.link.pages) == 1
    ben.room = None
    world.router.drained(ben)
    assert world.link.pages[-1][0].after == "A:20"
    world.page(frame_of(PHP, "c", begin=20), last="A:1010")
    assert texts(ben) == ["a", "b", "c"]
    world.write("live too")
    assert texts(ben) == ["a", "b", "c", "live too"]
    assert chain(ben)[-1] == ("A:1010", "A:1020")


def test_what_came_meanwhile_is_read_from_the_ring(world: World) -> None:
    ben = world.come()
    world.enable(ben, after="A:0")
    world.write("live")
    world.page(frame_of(PHP, "a", begin=990), last="A:1000")
    assert texts(ben) == ["a", "live"]
    chain(ben)


def test_what_is_lost_on_the_way_is_told(world: World) -> None:
    """S7: a cursor into what is gone is answered so, not by ``error``."""
    ben = world.come()
    world.enable(ben, after="A:0")
    lost = GapFrame(PHP, "", after="A:0", next="A:1000", reason="lost", why="removed")
    world.page(lost, last="A:1000")
    assert ben.began == ["A:0"]
    (told,) = ben.frames
    assert isinstance(told, GapFrame)
    assert told.why == "removed"


def test_no_cursor_of_this_source_is_refused(world: World) -> None:
    """S7: garbage, or another source's cursor: 400."""
    ben = world.come()
    world.enable(ben, after="Z:5")
    world.link.pages[-1][1].page_refused(400, "another source's cursor")
    assert ben.take() == [("refused", PHP, 400)]
    world.write("a")
    assert ben.frames == []


def test_who_is_ahead_as_only_the_files_can_tell_waits_and_repeats(world: World) -> None:
    """S5: on 409 it waits for the ring's next entry and repeats."""
    ben = world.come()
    world.enable(ben, after="A:1000,B:20")
    world.link.pages[-1][1].page_refused(409, "the range ends before it begins")
    assert ben.began == ["A:1000,B:20"]
    body = frame_of(PHP, "x", "y", "z").body
    frame = LinesFrame(PHP, "", body, after="A:1000", next="A:1000,B:30", gen=1, n=3)
    world.router.frame(frame, world.link)
    assert texts(ben) == ["z"]
    assert len(world.link.pages) == 1


def test_a_page_that_fails_on_the_way_leaves_a_gap_open(world: World) -> None:
    ben = world.come()
    world.enable(ben, after="A:0")
    world.page(frame_of(PHP, "a"), last="A:10", more=True)
    world.link.pages[-1][1].page_refused(500, "a mistake")
    assert chain(ben) == [("A:0", "A:10"), ("A:10", "A:1000")]
    world.write("live")
    assert texts(ben) == ["a", "live"]


def test_pages_that_stand_still_are_not_asked_for_for_ever(world: World) -> None:
    ben = world.come()
    world.enable(ben, after="A:0")
    world.page(last="A:0", more=True)
    assert chain(ben) == [("A:0", "A:1000")]
    assert len(world.link.pages) == 1


def test_no_more_than_within_is_fetched_the_rest_is_a_gap(world: World) -> None:
    """Where only the files can tell how much lies between."""
    ben = world.come()
    world.enable(ben, after="Z:5", within=100)
    world.page(frame_of(PHP, "x" * 200), last="A:10", more=True)
    assert len(world.link.pages) == 1
    assert chain(ben)[-1] == ("A:10", "A:1000")


def test_a_link_that_is_lost_meanwhile_is_asked_again_on_its_return(world: World) -> None:
    ben = world.come()
    world.enable(ben, after="A:0")
    _, page = world.link.pages[-1]
    page.page_frame(frame_of(PHP, "a"))
    world.router.downstream_left(world.link)
    page.page_refused(0, "the server went away")
    page.page_frame(frame_of(PHP, "late", begin=10))
    world.link = RecordedDownstream()
    world.offer(world.link)
    assert world.link.afters[PHP] == "A:1000"
    world.begin("A:1000")
    assert world.link.pages[-1][0].after == "A:10"
    world.page(frame_of(PHP, "b", begin=10), last="A:1000")
    assert texts(ben) == ["a", "b"]
    chain(ben)


def test_who_leaves_gets_no_more_of_a_page(world: World) -> None:
    ben = world.come()
    world.enable(ben, after="A:0")
    world.router.leave(ben, now_s=0)
    world.page(frame_of(PHP, "a"), last="A:1000")
    assert ben.frames == []
    assert ben.began == []


# --- falling off --------------------------------------------------------------------------------


def test_who_fell_off_is_told_of_one_gap_to_the_head_and_can_go_back(world: World) -> None:
    """Walked through: slow."""
    world.anna.room = 0
    for number in range(20):
        world.write(number)
    world.anna.room = None
    world.router.drained(world.anna)
    assert chain(world.anna) == [("A:1000", "A:1200")]
    world.write("live")
    world.enable(world.anna, after="A:1000", replace="")
    assert world.link.pages[-1][0].after == "A:1000"
    world.page(frame_of(PHP, *range(21), begin=1000), last="A:1210")
    assert texts(world.anna) == ["live", *map(str, range(21))]
    assert world.anna.began == ["A:1000", "A:1000"]


def test_who_goes_back_from_a_gap_in_the_ring_is_not_told_of_it_again(world: World) -> None:
    """S7: the hub below was slow, and so the gap is in the ring of this one."""
    ben = world.come()
    world.enable(ben)
    gap = GapFrame(PHP, "", after="A:1000", next="A:2000", reason="slow")
    world.router.frame(gap, world.link)
    world.enable(ben, after="A:1000", replace="")
    assert world.link.pages[-1][0].after == "A:1000"


# --- change -------------------------------------------------------------------------------------


def test_a_filter_is_changed_exactly_where_the_old_stream_ended(world: World) -> None:
    """S6. Walked through: filter changed."""
    world.write("a")
    world.enable(world.anna, filter=ERRORS, replace="")
    world.write("b")
    assert texts(world.anna) == ["a"]
    assert world.link.afters[PHP] == "A:1010"
    world.begin("A:1010", ERRORS)
    assert world.anna.began == ["A:1000", "A:1010"]
    world.router.frame(frame_of(PHP, "error", begin=1010, stream=ERRORS.stream), world.link)
    assert texts(world.anna) == ["a", "error"]


def test_what_was_replaced_goes_on_if_the_new_stream_is_refused(world: World) -> None:
    world.write("a")
    world.enable(world.anna, filter=ERRORS, replace="")
    world.write("b")
    world.refuse(400, "no expression", ERRORS.stream)
    assert ("refused", PHP, 400) in world.anna.take()
    world.write("c")
    assert texts(world.anna) == ["a", "b", "c"]
    chain(world.anna)


def test_replacing_what_is_not_there_is_enabling(world: World) -> None:
    ben = world.come()
    world.enable(ben, replace="f123")
    assert ben.began == ["A:1000"]


def test_the_same_stream_again_says_where_it_is(world: World) -> None:
    """S5."""
    world.write("a")
    world.enable(world.anna)
    assert world.anna.began == ["A:1000", "A:1010"]
    world.write("b")
    assert texts(world.anna) == ["a", "b"]


# --- lost links ---------------------------------------------------------------------------------


def test_on_its_return_a_link_is_asked_to_go_on_at_the_rings_head(world: World) -> None:
    """S12: rings and wishes stay."""
    world.write("a")
    world.router.downstream_left(world.link)
    world.link = RecordedDownstream()
    world.offer(world.link)
    assert world.link.afters[PHP] == "A:1010"
    world.begin("A:1010")
    world.write("b")
    assert texts(world.anna) == ["a", "b"]
    chain(world.anna)


def test_where_its_answer_begins_elsewhere_there_is_a_gap(world: World) -> None:
    """S7, S12."""
    world.router.downstream_left(world.link)
    world.link = RecordedDownstream()
    world.offer(world.link)
    world.begin("A:9000")
    assert chain(world.anna) == [("A:1000", "A:9000")]
    assert isinstance(world.anna.frames[0], GapFrame)


def test_the_same_place_in_other_words_is_no_gap(world: World) -> None:
    world.router.downstream_left(world.link)
    world.link = RecordedDownstream()
    world.offer(world.link)
    world.begin("A:1000~check")
    (frame,) = world.anna.frames
    assert isinstance(frame, LinesFrame)
    assert frame.n == 0


def test_a_head_that_is_refused_on_return_is_followed_by_now(world: World) -> None:
    """Another machine came under the server's name."""
    world.router.downstream_left(world.link)
    world.link = RecordedDownstream()
    world.offer(world.link)
    world.refuse(400, "another source's cursor", "")
    assert world.link.asked == [("enable", PHP)] * 2
    assert world.link.afters[PHP] is None


# --- opening ------------------------------------------------------------------------------------


def fresh() -> tuple[World, RecordedUpstream]:
    world = World()
    world.router.leave(world.anna, now_s=0)
    world.router.tick(10)
    world.link.take()
    return world, world.come()


def test_a_stream_is_opened_where_the_first_wants_it() -> None:
    """S5: a node without a ring opens one, by ``enable`` downstream with that ``after``."""
    world, ben = fresh()
    world.enable(ben, after="A:500")
    assert world.link.afters[PHP] == "A:500"
    world.begin("A:500")
    assert ben.began == ["A:500"]
    assert world.link.pages == []


def test_who_wants_all_of_it_gets_what_the_ring_does_not_begin_with() -> None:
    world, ben = fresh()
    world.enable(ben, after="A:500")
    world.begin("A:90000")
    assert world.link.pages[-1][0].after == "A:500"
    world.page(frame_of(PHP, "a", begin=500), last="A:90000")
    assert ben.began == ["A:500"]
    assert chain(ben)[-1][1] == "A:90000"


def test_who_wants_only_so_much_begins_where_the_answer_does() -> None:
    world, ben = fresh()
    world.enable(ben, after="A:500", within=1000)
    world.begin("A:90000")
    assert ben.began == ["A:90000"]


def test_a_cursor_that_cannot_open_the_stream_harms_nobody_else() -> None:
    world, ben = fresh()
    carl = world.come()
    world.enable(ben, after="Z:1")
    world.enable(carl)
    world.refuse(400, "another source's cursor", "")
    assert ben.take() == [("refused", PHP, 400)]
    assert world.link.afters[PHP] is None
    world.begin("A:9")
    assert carl.began == ["A:9"]


def test_a_stream_that_cannot_be_had_is_refused_to_all_and_forgotten() -> None:
    world, ben = fresh()
    world.enable(ben, filter=ERRORS)
    world.refuse(400, "no expression", ERRORS.stream)
    assert ben.take() == [("refused", PHP, 400)]
    assert world.router._streams == {}


def test_what_was_offered_once_is_waited_for() -> None:
    """An ``enable`` for a source once offered is never an error."""
    world, ben = fresh()
    world.enable(ben)
    world.refuse(404, "no such source", "")
    assert ben.take() == []
    world.offer(world.link)
    world.begin("A:7")
    assert ben.began == ["A:7"]


def test_the_time_at_the_file_is_told(world: World) -> None:
    """S3: ``now``."""
    assert world.router._streams[PHP, ""]._clock_ahead_s == 60.0
