from pathlib import Path

from logstream.tail.identity import FileKey


def test_a_file_keeps_its_key_under_another_name(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    key = FileKey.of(old.stat())
    old.rename(new)
    old.write_bytes(b"")
    assert FileKey.of(new.stat()) == key
    assert FileKey.of(old.stat()) != key
