from logstream.cli.position import parse_position
from logstream.cli.progress import Progress
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")
WEB = Source("srv-6", "apache-request")


class Stage:
    """A stream and an output by hand."""

    def __init__(self) -> None:
        self.given = {PHP: "G:1"}
        self.queued_bytes = 0
        self.written_bytes = 0
        self.progress = Progress(
            self.given,
            given=lambda: self.given,
            queued_bytes=lambda: self.queued_bytes,
            written_bytes=lambda: self.written_bytes,
        )

    def write(self, at: str, *, size: int = 10, taken: int = 10) -> None:
        self.given[PHP] = at
        self.queued_bytes += size
        self.written_bytes += taken
        self.progress.note()

    @property
    def shown(self) -> dict[Source, str]:
        return dict(parse_position(self.progress.shown_word(), origin=""))


def test_what_standard_output_took_was_shown() -> None:
    stage = Stage()
    assert stage.shown == {PHP: "G:1"}
    stage.write("G:2")
    assert stage.shown == {PHP: "G:2"}


def test_what_it_has_not_taken_was_not() -> None:
    stage = Stage()
    stage.write("G:2", taken=9)
    stage.write("G:3", taken=0)
    assert stage.shown == {PHP: "G:1"}
    stage.written_bytes = 10
    assert stage.shown == {PHP: "G:2"}
    stage.written_bytes = 19
    assert stage.shown == {PHP: "G:2"}
    stage.written_bytes = 20
    assert stage.shown == {PHP: "G:3"}


def test_a_stretch_without_a_line_to_show_counts_when_all_before_was_shown() -> None:
    stage = Stage()
    stage.write("G:2", taken=0)
    stage.given[WEB] = "H:7"
    assert stage.shown == {PHP: "G:1"}
    stage.written_bytes = 10
    assert stage.shown == {PHP: "G:2", WEB: "H:7"}


def test_after_the_last_line_of_a_run_nothing_counts() -> None:
    stage = Stage()
    stage.given[PHP] = "G:9"
    stage.progress.end(PHP, "G:4")
    stage.write("G:12")
    assert stage.shown == {PHP: "G:4"}


def test_each_line_has_a_position_of_all_sources() -> None:
    stage = Stage()
    stage.given[WEB] = "H:7"
    words = stage.progress.words(PHP, ["G:2", "G:3"])
    assert [parse_position(word, origin="") for word in words] == [
        {PHP: "G:2", WEB: "H:7"},
        {PHP: "G:3", WEB: "H:7"},
    ]
    stage.given[PHP] = "G:4"
    assert parse_position(stage.progress.word(), origin="") == {PHP: "G:4", WEB: "H:7"}
