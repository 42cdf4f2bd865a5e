from doubles.connections import unframe
from logstream.node.batch import LineBatch


def test_a_batch_knows_its_lines_and_its_size() -> None:
    batch = LineBatch([b"12345", "é".encode()])
    assert len(batch) == 2
    assert batch.size_bytes == 7


def test_a_batch_is_framed_once_for_all_receivers() -> None:
    batch = LineBatch([b"a", b"b" * 200, b"c" * 70_000])
    assert batch.framed is batch.framed
    assert unframe(batch.framed) == list(batch.messages)


def test_a_stored_batch_is_held_in_one_form() -> None:
    messages = [b"a", b"b" * 200]
    batch = LineBatch(messages)
    assert batch.messages is messages
    batch.store()
    assert batch.messages is messages, "nobody has needed frames"
    frames = batch.framed
    assert batch.messages is not messages
    assert list(batch.messages) == messages
    assert batch.framed is frames
    assert len(batch) == 2


def test_a_batch_that_is_framed_before_it_is_stored_is_held_in_one_form_too() -> None:
    batch = LineBatch([b"a"])
    frames = batch.framed
    batch.store()
    assert batch.framed is frames
    assert batch.messages == [b"a"]
