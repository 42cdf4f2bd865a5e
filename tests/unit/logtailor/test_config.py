import msgspec
import pytest

from logstream.errors import ConfigError
from logstream.logtailor.config import LogtailorConfig, SourceConfig, by_environment
from logstream.model.limits import SOURCES_PER_LINK_MAX
from logstream.model.source import Environment, Source

SOURCE = "[[source]]\nsite='devcloud:mysite'\nenvironment='dev'\ntype='php-error'\npaths=['/a']\n"


def read(text: str) -> LogtailorConfig:
    return msgspec.toml.decode(text, type=LogtailorConfig)


def source(**changes: object) -> SourceConfig:
    values: dict[str, object] = {
        "site": "s",
        "environment": "dev",
        "type": "php-error",
        "paths": ["/var/log/php.log"],
        **changes,
    }
    return SourceConfig(**values)  # type: ignore[arg-type]


def test_an_endpoint_and_a_source_are_enough() -> None:
    config = read("endpoint='https://api'\n" + SOURCE)
    assert config.credentials is None
    assert config.source == [
        SourceConfig(site="devcloud:mysite", environment="dev", type="php-error", paths=["/a"])
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOURCE, "missing required field `endpoint`"),
        ("endpoint='e'", "missing required field `source`"),
        ("endpoint='e'\nsource=[]", "give between 1 and"),
        ("endpoint='e'\nfiles=[]\n" + SOURCE, "unknown field `files`"),
        ("endpoint='e'\n" + SOURCE.replace("['/a']", "[]"), "the source php-error has no paths"),
        ("endpoint='e'\n" + SOURCE.replace("'dev'", "''"), "not a name: ''"),
        ("endpoint='e'\n" + SOURCE.replace("'php-error'", '"a\\u0007"'), "not a name"),
        ("endpoint='e'\n" + SOURCE.replace("paths", "path"), "`path"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        read(text)


@pytest.mark.parametrize("path", ["", "/var/log/%Q.log", "/var/log/[z-a].log"])
def test_a_path_pattern_that_makes_no_sense_is_named_before_anything_starts(path: str) -> None:
    with pytest.raises(ConfigError, match=r"no path|has"):
        source(paths=["/var/log/good.log", path])


def test_there_is_a_bound_of_sources() -> None:
    most = [source()] * SOURCES_PER_LINK_MAX
    LogtailorConfig(endpoint="e", source=most)
    with pytest.raises(ValueError, match="give between"):
        LogtailorConfig(endpoint="e", source=[*most, source()])


def test_sources_are_sorted_by_what_travels_on_one_link() -> None:
    sources = [
        source(),
        source(type="apache-error", paths=["/b"]),
        source(environment="prod", paths=["/c"]),
    ]
    assert by_environment(sources, server="srv-6") == {
        Environment("s", "dev"): {
            Source("srv-6", "php-error"): ("/var/log/php.log",),
            Source("srv-6", "apache-error"): ("/b",),
        },
        Environment("s", "prod"): {Source("srv-6", "php-error"): ("/c",)},
    }


def test_the_same_source_twice_joins_its_paths() -> None:
    sources = [source(paths=["/a", "/b"]), source(paths=["/c"])]
    (files,) = by_environment(sources, server="srv-6").values()
    assert files == {Source("srv-6", "php-error"): ("/a", "/b", "/c")}
