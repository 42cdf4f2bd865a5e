"""The router step by step; random programs are in tests/properties/test_router.py."""

import pytest

from doubles.router_sides import RecordedDownstream, RecordedUpstream, acknowledge, enable, write
from logstream.model.source import Environment, Source
from logstream.node.batch import StreamFrame
from logstream.node.ring import RingBudget
from logstream.node.router import Router

LINGER_S = 10.0
PHP = Source("srv-6", "php-error")
APACHE = Source("srv-6", "apache-request")
OTHER = Source("srv-7", "php-error")


class World:
    """A router with one downstream that offers two sources of srv-6, and one who watches."""

    def __init__(self) -> None:
        self.budget = RingBudget(ring_bytes=2000)
        self.router = Router(
            Environment("s", "dev"), self.budget, linger_s=LINGER_S, unix_time=lambda: 1.0
        )
        self.link = RecordedDownstream()
        self.offer(self.link)
        self.anna = self.join("anna")

    def offer(self, link: RecordedDownstream) -> None:
        self.router.server_connected("srv-6", link)
        self.router.available(PHP, "PHP error", link)
        self.router.available(APACHE, "Apache request", link)

    def join(self, name: str) -> RecordedUpstream:
        upstream = RecordedUpstream(name)
        self.router.join(upstream)
        return upstream

    def flow(self, upstream: RecordedUpstream, source: Source = PHP) -> None:
        """Enable, and let the downstream acknowledge."""
        enable(self.router, upstream, source)
        acknowledge(self.router, source, self.link)
        upstream.take()
        self.link.take()

    def write(self, *texts: object) -> None:
        write(self.router, PHP, self.link, *texts)


@pytest.fixture
def world() -> World:
    return World()


def got(upstream: RecordedUpstream, source: Source = PHP) -> list[str | int]:
    return [
        entry if isinstance(entry, int) else entry.decode().split(" ", 2)[2]
        for entry in upstream.got.get(source, [])
    ]


# --- what is there ------------------------------------------------------------------------------


def test_who_comes_is_told_what_there_is(world: World) -> None:
    assert world.anna.take() == [
        ("connected", "srv-6"),
        ("available", PHP, "PHP error"),
        ("available", APACHE, "Apache request"),
    ]


def test_servers_that_come_later_are_told_to_open_streams(world: World) -> None:
    world.anna.take()
    other = RecordedDownstream()
    world.router.server_connected("srv-7", other)
    world.router.available(OTHER, "PHP error", other)
    assert world.anna.take() == [("connected", "srv-7"), ("available", OTHER, "PHP error")]


def test_a_source_of_a_server_that_was_not_connected_connects_it(world: World) -> None:
    world.anna.take()
    world.router.available(OTHER, "PHP error", RecordedDownstream())
    assert world.anna.take() == [("connected", "srv-7"), ("available", OTHER, "PHP error")]


def test_the_sources_that_are_there_can_be_listed(world: World) -> None:
    assert world.router.sources == [PHP, APACHE]


def test_a_server_that_says_connected_again_is_told_once(world: World) -> None:
    world.anna.take()
    world.router.server_connected("srv-6", world.link)
    assert world.anna.take() == []


def test_a_router_is_idle_when_nobody_is_here_and_nothing_is_open(world: World) -> None:
    assert not world.router.idle
    world.flow(world.anna)
    world.router.leave(world.anna, now_s=0)
    world.router.downstream_left(world.link)
    assert not world.router.idle, "a stream is kept for a while"
    world.router.tick(LINGER_S)
    assert world.router.idle


# --- who enabled what ---------------------------------------------------------------------------


def test_a_source_that_nobody_watches_is_not_asked_for(world: World) -> None:
    world.write("a")
    assert world.link.take() == []
    assert world.anna.got == {}


def test_the_first_who_enables_enables_downstream_and_the_next_do_not(world: World) -> None:
    enable(world.router, world.anna, PHP)
    assert world.link.take() == [("enable", PHP)]
    enable(world.router, world.join("ben"), PHP)
    assert world.link.take() == []


def test_everyone_who_waits_is_told_when_the_source_flows(world: World) -> None:
    ben = world.join("ben")
    enable(world.router, world.anna, PHP)
    enable(world.router, ben, PHP)
    world.anna.take()
    ben.take()
    acknowledge(world.router, PHP, world.link)
    assert world.anna.take() == ben.take() == [("acknowledged", PHP)]


def test_who_enables_a_source_that_flows_is_told_at_once(world: World) -> None:
    world.flow(world.anna)
    ben = world.join("ben")
    ben.take()
    enable(world.router, ben, PHP)
    assert ben.take() == [("acknowledged", PHP)]


def test_lines_go_to_all_who_enabled_the_source_and_to_nobody_else(world: World) -> None:
    ben, carl = world.join("ben"), world.join("carl")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    enable(world.router, carl, APACHE)
    world.write("a", "b")
    assert got(world.anna) == got(ben) == ["a", "b"]
    assert carl.got == {}


def test_lines_before_the_source_was_acknowledged_go_to_nobody(world: World) -> None:
    """They were on their way when someone else's enable ended."""
    enable(world.router, world.anna, PHP)
    world.write("a")
    assert world.anna.got == {}


def test_the_last_who_leaves_disables_downstream_after_a_while(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.router.tick(100)
    assert world.link.take() == []
    world.router.leave(ben, now_s=100)
    world.router.tick(100 + LINGER_S - 0.1)
    assert world.link.take() == []
    world.router.tick(100 + LINGER_S)
    assert world.link.take() == [("disable", PHP)]


def test_without_linger_the_last_who_leaves_disables_downstream_at_once() -> None:
    router = Router(Environment("s", "dev"), RingBudget(), linger_s=0.0, unix_time=lambda: 1.0)
    link, anna = RecordedDownstream(), RecordedUpstream()
    router.available(PHP, "PHP error", link)
    router.join(anna)
    enable(router, anna, PHP)
    router.disable(anna, PHP, None, now_s=0)
    assert link.take() == [("enable", PHP), ("disable", PHP)]


def test_who_returns_within_the_while_restarts_nothing(world: World) -> None:
    world.flow(world.anna)
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.write("unwatched")
    enable(world.router, world.anna, PHP)
    world.router.tick(LINGER_S)
    world.write("a")
    assert world.link.take() == []
    assert got(world.anna) == ["a"]


def test_disabling_what_was_never_enabled_does_nothing(world: World) -> None:
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.router.tick(LINGER_S)
    assert world.link.take() == []


def test_disabling_again_does_not_prolong_the_while(world: World) -> None:
    world.flow(world.anna)
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.router.disable(world.anna, PHP, None, now_s=5)
    world.router.tick(LINGER_S)
    assert world.link.take() == [("disable", PHP)]


def test_an_acknowledgement_that_nobody_waits_for_any_more_is_passed_over(world: World) -> None:
    acknowledge(world.router, PHP, world.link)
    assert ("acknowledged", PHP) not in world.anna.take()


# --- servers that come and go -------------------------------------------------------------------


def test_a_source_whose_server_is_away_is_wanted_until_it_returns(world: World) -> None:
    world.router.downstream_left(world.link)
    enable(world.router, world.anna, PHP)
    assert world.anna.take()[-1] == ("left", "srv-6")
    again = RecordedDownstream()
    world.offer(again)
    assert again.take() == [("enable", PHP)]
    acknowledge(world.router, PHP, again)
    assert world.anna.take()[-1] == ("acknowledged", PHP)


def test_the_hub_enables_again_by_itself_when_a_server_returns(world: World) -> None:
    world.flow(world.anna)
    world.router.downstream_left(world.link)
    again = RecordedDownstream()
    world.offer(again)
    assert again.take() == [("enable", PHP)]
    acknowledge(world.router, PHP, again)
    write(world.router, PHP, again, "b")
    assert got(world.anna) == ["b"]


def test_who_enables_while_a_server_returns_waits_for_its_answer(world: World) -> None:
    world.flow(world.anna)
    world.router.downstream_left(world.link)
    ben = world.join("ben")
    world.offer(RecordedDownstream())
    ben.take()
    enable(world.router, ben, PHP)
    assert ben.take() == []


def test_what_nobody_wants_any_more_is_not_asked_for_on_return(world: World) -> None:
    world.flow(world.anna)
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.router.downstream_left(world.link)
    again = RecordedDownstream()
    world.offer(again)
    world.router.tick(LINGER_S)
    assert again.take() == []


def test_a_server_that_returns_without_the_source_leaves_it_wanted(world: World) -> None:
    world.flow(world.anna)
    world.router.downstream_left(world.link)
    again = RecordedDownstream()
    world.router.server_connected("srv-6", again)
    assert again.take() == []
    world.router.available(PHP, "PHP error", again)
    assert again.take() == [("enable", PHP)]


def test_nothing_is_sent_to_a_downstream_that_has_left(world: World) -> None:
    world.flow(world.anna)
    world.router.downstream_left(world.link)
    world.router.leave(world.anna, now_s=0)
    world.router.tick(LINGER_S)
    assert world.link.take() == []


def test_the_newest_downstream_speaks_for_a_server_and_the_one_before_no_longer(
    world: World,
) -> None:
    """S3: (environment, server) has one link: the newest."""
    world.flow(world.anna)
    newer = RecordedDownstream()
    world.offer(newer)
    assert world.link.take() == [("disable", PHP)]
    assert newer.take() == [("enable", PHP)]
    acknowledge(world.router, PHP, newer)
    world.write("from the older")
    write(world.router, PHP, newer, "from the newer")
    assert got(world.anna) == ["from the newer"]


def test_the_end_of_the_older_does_not_take_the_servers_of_the_newer(world: World) -> None:
    world.flow(world.anna)
    newer = RecordedDownstream()
    world.offer(newer)
    acknowledge(world.router, PHP, newer)
    world.anna.take()
    world.router.downstream_left(world.link)
    assert world.anna.take() == []
    write(world.router, PHP, newer, "a")
    assert got(world.anna) == ["a"]


def test_an_answer_of_the_older_is_not_taken_for_the_newers(world: World) -> None:
    enable(world.router, world.anna, PHP)
    newer = RecordedDownstream()
    world.offer(newer)
    world.anna.take()
    acknowledge(world.router, PHP, world.link)
    assert world.anna.take() == []


def test_the_older_speaks_again_when_the_newer_goes(world: World) -> None:
    """A logtailor dialled two hubs, and both of them this one; then one of the two is gone."""
    world.flow(world.anna)
    newer = RecordedDownstream()
    world.offer(newer)
    world.link.take()
    world.router.downstream_left(newer)
    assert world.link.take() == [("enable", PHP)]
    acknowledge(world.router, PHP, world.link)
    world.write("a")
    assert got(world.anna) == ["a"]
    assert world.router.sources == [PHP, APACHE]


def test_what_only_the_older_offers_is_told_when_it_speaks_again(world: World) -> None:
    newer = RecordedDownstream()
    world.router.server_connected("srv-6", newer)
    world.anna.take()
    slow = Source("srv-6", "mysql-slow")
    world.router.available(slow, "MySQL slow query", world.link)
    assert world.anna.take() == []
    world.router.downstream_left(newer)
    assert ("available", slow, "MySQL slow query") in world.anna.take()


# --- slow receivers -----------------------------------------------------------------------------


def test_a_slow_receiver_delays_nobody_and_gets_its_lines_later(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    world.write("a")
    world.write("b", "c")
    assert got(ben) == ["a", "b", "c"]
    assert got(world.anna) == []
    world.anna.room = None
    world.router.drained(world.anna)
    assert got(world.anna) == ["a", "b", "c"]
    world.write("d")
    assert got(world.anna) == got(ben) == ["a", "b", "c", "d"]


def test_lines_come_in_order_to_who_drains_for_a_moment_only(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    for text in "abc":
        world.write(text)
    world.anna.room = 1
    world.router.drained(world.anna)
    world.write("d")
    assert got(world.anna) == ["a"]
    world.anna.room = None
    world.router.drained(world.anna)
    assert got(world.anna) == ["a", "b", "c", "d"]


def test_who_is_writable_again_but_still_behind_gets_no_line_before_its_time(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    world.write("a")
    world.anna.room = None  # drained follows
    world.write("b")
    assert got(world.anna) == []
    world.router.drained(world.anna)
    assert got(world.anna) == ["a", "b"]


def test_a_receiver_that_fell_off_the_ring_is_told_how_many_lines_it_missed(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    for number in range(10):
        world.write(number)
    world.anna.room = None
    world.router.drained(world.anna)
    missed, *rest = got(world.anna)
    assert isinstance(missed, int)
    assert missed > 0
    assert rest == [str(number) for number in range(missed, 10)]
    assert got(ben) == [str(number) for number in range(10)]


def test_what_is_missed_while_draining_is_told_in_its_place(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    world.write("first")
    world.anna.room = 1
    world.router.drained(world.anna)
    for number in range(10):
        world.write(number)
    world.anna.room = None
    world.router.drained(world.anna)
    first, missed, *rest = got(world.anna)
    assert first == "first"
    assert rest == [str(number) for number in range(int(missed), 10)]


def test_a_ring_keeps_what_is_recent_until_the_stream_is_freed(world: World) -> None:
    """So that someone who comes with a cursor can go on there (S5)."""
    world.flow(world.anna)
    world.write("a")
    assert world.budget.stored_bytes > 0
    world.router.leave(world.anna, now_s=0)
    world.router.tick(LINGER_S)
    assert world.budget.stored_bytes == 0


def test_who_disables_while_behind_gets_nothing_more(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = 0
    world.write("a")
    world.router.disable(world.anna, PHP, None, now_s=0)
    world.anna.room = None
    world.router.drained(world.anna)
    assert got(world.anna) == []


# --- pause --------------------------------------------------------------------------------------


def test_a_downstream_is_paused_only_when_every_receiver_is_behind(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    enable(world.router, ben, PHP)
    world.anna.room = ben.room = 2
    world.write("a")
    assert world.link.take() == []
    world.write("b")
    assert world.link.take() == [("pause",)]
    world.write("was on its way")
    assert world.link.take() == []
    ben.room = None
    world.router.drained(ben)
    assert world.link.take() == [("resume",)]
    assert got(ben) == ["a", "b", "was on its way"]


def test_a_slow_receiver_gets_the_lines_of_all_its_sources_in_the_order_in_which_they_came(
    world: World,
) -> None:
    world.flow(world.anna)
    world.flow(world.anna, APACHE)
    world.anna.room = 1
    order: list[Source] = []
    for source in (PHP, APACHE, PHP, PHP, APACHE):
        write(world.router, source, world.link, "x")
    deliver = world.anna.deliver

    def noted(frame: StreamFrame) -> None:
        order.append(frame.source)
        deliver(frame)

    world.anna.deliver = noted  # type: ignore[method-assign]
    world.anna.room = None
    world.router.drained(world.anna)
    assert order == [APACHE, PHP, PHP, APACHE]


def test_a_receiver_of_another_source_of_the_downstream_keeps_it_running(world: World) -> None:
    ben = world.join("ben")
    world.flow(world.anna)
    world.flow(ben, APACHE)
    world.anna.room = 0
    world.write("a")
    assert world.link.take() == []
    ben.room = 0
    world.write("b")
    assert world.link.take() == [("pause",)]


def test_a_receiver_of_another_downstream_does_not(world: World) -> None:
    other, ben = RecordedDownstream(), world.join("ben")
    world.router.available(OTHER, "PHP error", other)
    world.flow(world.anna)
    enable(world.router, ben, OTHER)
    world.anna.room = 0
    world.write("a")
    assert world.link.take() == [("pause",)]


@pytest.mark.parametrize("way", ["leave", "disable"])
def test_a_pause_ends_with_the_last_who_was_behind(world: World, way: str) -> None:
    world.flow(world.anna)
    world.anna.room = 0
    world.write("a")
    assert world.link.take() == [("pause",)]
    if way == "leave":
        world.router.leave(world.anna, now_s=0)
    else:
        world.router.disable(world.anna, PHP, None, now_s=0)
    assert world.link.take() == [("resume",)]


def test_a_pause_ends_when_someone_comes_who_can_receive(world: World) -> None:
    world.flow(world.anna)
    world.anna.room = 0
    world.write("a")
    enable(world.router, world.join("ben"), APACHE)
    assert world.link.take() == [("pause",), ("enable", APACHE), ("resume",)]


def test_a_pause_is_forgotten_with_its_downstream(world: World) -> None:
    world.flow(world.anna)
    world.anna.room = 0
    world.write("a")
    world.router.downstream_left(world.link)
    again = RecordedDownstream()
    world.offer(again)
    world.anna.room = None
    world.router.drained(world.anna)
    assert again.take() == [("enable", PHP)]
    assert world.link.take() == [("pause",)]


def test_the_older_of_two_downstreams_does_not_stay_paused(world: World) -> None:
    world.flow(world.anna)
    world.anna.room = 0
    world.write("a")
    newer = RecordedDownstream()
    world.offer(newer)
    world.anna.room = None
    world.router.drained(world.anna)
    assert not world.link.paused
    assert not newer.paused
