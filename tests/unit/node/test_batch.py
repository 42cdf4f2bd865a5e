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
