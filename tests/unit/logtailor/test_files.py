"""Real files in a temporary directory, and someone who watches them."""

from pathlib import Path

from doubles.watched_files import APACHE, PHP, PLAIN, REQUEST, World
from logstream.model.filter import make_filter
from logstream.node.base import EnableWanted


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()}


async def test_what_is_configured_is_offered(world: World) -> None:
    assert [*world.anna.offered] == [PLAIN, APACHE, PHP]
    assert world.anna.offered[PHP] == "PHP error"


async def test_a_source_that_nobody_enabled_is_not_opened_or_watched(world: World) -> None:
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()
    await world.enable(EnableWanted(PLAIN))
    assert str(world.plain) in open_files()
    world.disable(PLAIN)
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()


async def test_s10_an_expression_that_re2_does_not_know_is_refused(world: World) -> None:
    world.files.enable(
        world.anna, EnableWanted(PLAIN, filter=make_filter({"text": ["(?=x)"]}, None))
    )
    ((code, description),) = world.anna.refusals
    assert code == 400
    assert "(?=x)" in description


async def test_a_cursor_that_is_garbage_is_refused_and_harms_nobody(world: World) -> None:
    world.files.enable(world.anna, EnableWanted(PLAIN, after="garbage"))
    assert [code for code, _ in world.anna.refusals] == [400]
    await world.enable(EnableWanted(PLAIN))


async def test_only_what_is_enabled_is_read(world: World) -> None:
    world.append(world.apache, "")
    await world.enable(EnableWanted(PLAIN))
    world.append(world.apache, REQUEST + "\n")
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.frames))
    await world.turn()
    assert world.anna.texts == ["a"]


async def test_who_leaves_is_followed_for_no_more(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    await world.enable(EnableWanted(APACHE))
    world.look()
    world.files.leave(world.anna, now_s=0)
    await world.turn()
    assert str(world.plain) not in open_files()
    assert world.watcher._handles == set()
    world.files.drained(world.anna)


async def test_enabling_a_stream_again_restarts_nothing(world: World) -> None:
    await world.enable(EnableWanted(PLAIN))
    world.append(world.plain, "a\n")
    await world.anna.until(lambda: bool(world.anna.texts))
    assert await world.enable(EnableWanted(PLAIN)) == world.anna.frames[-1].next
    world.append(world.plain, "b\n")
    await world.anna.until(lambda: len(world.anna.texts) > 1)
    assert world.anna.texts == ["a", "b"]
