from doubles.router_sides import RecordedDownstream
from logstream.model.source import Source
from logstream.node.directory import Server

PHP = Source("srv-6", "php-error")


def test_the_newest_downstream_speaks_for_a_server() -> None:
    server, older, newer = Server(), RecordedDownstream(), RecordedDownstream()
    server.offers[older] = {}
    server.offers[newer] = {PHP: "PHP error"}
    assert server.speaker is newer
    assert server.offered == {PHP: "PHP error"}
    del server.offers[newer]
    assert server.speaker is older
