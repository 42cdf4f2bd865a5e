import errno
import os

import pytest

from doubles.watched_files import PLAIN, World, texts
from logstream.logtailor import searches
from logstream.model.filter import make_filter
from logstream.node.base import HistoryWanted


async def test_s9_history_is_read_from_the_files(world: World) -> None:
    world.append(world.plain, "a\nb\n")
    end = await world.history(PLAIN, limit=2)
    assert texts(world.anna.pages) == ["a", "b"]
    assert end.more
    assert (world.anna.pages[0].after, world.anna.pages[-1].next) == (end.first, end.last)


def asked(number: int, **keys: object) -> HistoryWanted:
    wish = HistoryWanted(
        PLAIN, make_filter(None, None), number, None, None, None, None, 100, back=True
    )
    return wish._replace(**keys)  # type: ignore[arg-type] # a test says which


async def test_pages_are_answered_in_the_order_in_which_they_were_asked_for(world: World) -> None:
    for number in (1, 2, 3):
        world.files.history(world.anna, asked(number, limit=number))
    world.append(world.plain, "a\nb\n")
    await world.anna.until(lambda: len(world.anna.ends) == 3)
    assert texts(world.anna.pages) == ["b", "a", "b", "from before", "a", "b"]


async def test_while_an_upstream_takes_nothing_nothing_is_searched(world: World) -> None:
    world.anna.writable = False
    world.files.history(world.anna, asked(1))
    await world.turn()
    assert not world.anna.pages
    world.anna.writable = True
    world.files.drained(world.anna)
    await world.anna.until(lambda: bool(world.anna.ends))
    assert texts(world.anna.pages) == ["from before"]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"after": "garbage"}, 400),
        ({"filter": make_filter({"text": ["(?=x)"]}, None)}, 400),
        ({"since": 2.0, "until": 1.0}, 409),
    ],
    ids=["cursor", "expression", "inverted"],
)
async def test_a_bad_question_is_refused_and_the_next_is_answered(
    world: World, keys: dict[str, object], code: int
) -> None:
    world.files.history(world.anna, asked(1, **keys))
    world.files.history(world.anna, asked(2))
    await world.anna.until(lambda: bool(world.anna.ends))
    assert [refused for refused, _ in world.anna.refusals] == [code]


async def test_a_page_that_fails_is_told_and_the_next_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> None:
        raise RuntimeError("a mistake")

    with monkeypatch.context() as failing:
        failing.setattr(searches, "history_page", mistaken)
        world.files.history(world.anna, asked(1))
        await world.anna.until(lambda: bool(world.anna.refusals))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as failing:
        failing.setattr(searches, "history_page", refuse)
        world.files.history(world.anna, asked(2))
        await world.anna.until(lambda: len(world.anna.refusals) == 2)
    assert world.anna.refusals == [
        (500, "a mistake of ours; the log says which"),
        (500, "the files cannot be read: permission denied"),
    ]
    world.files.history(world.anna, asked(3))
    await world.anna.until(lambda: bool(world.anna.ends))


async def test_who_leaves_is_searched_for_no_more(world: World) -> None:
    world.files.history(world.anna, asked(1))
    world.files.leave(world.anna, now_s=0)
    await world.turn()
    assert not world.anna.pages
    assert not world.anna.ends
