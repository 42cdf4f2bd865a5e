"""Both sides of a router: someone who receives, and someone who has logs; each keeps a record."""

from logstream.model.source import Source
from logstream.node.batch import LineBatch


class RecordedUpstream:
    """Receives; takes ``room`` batches until it is no longer writable (None: any number)."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.room: int | None = None
        self.told: list[tuple[object, ...]] = []
        self.lines: list[bytes] = []
        """All lines, as they came."""
        self.got: dict[Source, list[bytes | int]] = {}
        """For each source its lines in order, and in their place the number of missed ones."""

    def __repr__(self) -> str:
        return self.name

    @property
    def writable(self) -> bool:
        return self.room is None or self.room > 0

    def server_connected(self, server: str) -> None:
        self.told.append(("connected", server))

    def server_left(self, server: str) -> None:
        self.told.append(("left", server))

    def available(self, source: Source, display_name: str) -> None:
        self.told.append(("available", source, display_name))

    def acknowledged(self, source: Source) -> None:
        self.told.append(("acknowledged", source))

    def deliver(self, batch: LineBatch) -> None:
        assert self.writable, "it was left alone while it had no room"
        if self.room is not None:
            self.room -= 1
        self.lines += batch.messages
        for line in batch.messages:
            server, log_type, _ = line.decode().split(" ", 2)
            self.got.setdefault(Source(server, log_type), []).append(line)

    def missed(self, source: Source, lines: int) -> None:
        assert lines > 0
        self.got.setdefault(source, []).append(lines)

    def take(self) -> list[tuple[object, ...]]:
        """Give what it was told since the last time."""
        told, self.told = self.told, []
        return told


class RecordedDownstream:
    """Has logs; ``asked`` is what it was asked, in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.enabled: set[Source] = set()
        self.paused = False

    def enable(self, source: Source) -> None:
        assert source not in self.enabled
        self.enabled.add(source)
        self.asked.append(("enable", source))

    def disable(self, source: Source) -> None:
        self.enabled.remove(source)
        self.asked.append(("disable", source))

    def pause(self) -> None:
        assert not self.paused
        self.paused = True
        self.asked.append(("pause",))

    def resume(self) -> None:
        assert self.paused
        self.paused = False
        self.asked.append(("resume",))

    def take(self) -> list[tuple[object, ...]]:
        """Give what it was asked since the last time."""
        asked, self.asked = self.asked, []
        return asked


def batch_of(source: Source, *texts: object) -> LineBatch:
    """Give a batch whose lines begin with their source, as ``RecordedUpstream`` sorts them."""
    return LineBatch([f"{source.server} {source.log_type} {text}".encode() for text in texts])
