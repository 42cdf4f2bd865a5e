import msgspec
import pytest

from logstream.errors import ConfigError
from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.logtailor.config import FormatConfig, LogtailorConfig, SourceConfig, by_environment
from logstream.model.limits import FORMATS_MAX, SOURCES_PER_LINK_MAX
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


START = "endpoint='e'\n" + SOURCE


def test_without_formats_there_are_the_known_ones() -> None:
    config = read(START)
    assert (config.format, config.zone) == ([], "UTC")
    assert config.formats().log_types == KNOWN_FORMATS.log_types


def test_formats_are_configured_by_type() -> None:
    config = read(
        START
        + """
        [[format]]
        type = "myapp"
        display_name = "My app"
        start = '^\\d{4}-'
        pattern = '^(?P<time>.{19}) \\[(?P<level>\\w+)] (?:rid=(?P<request_id>\\S+) )?'
        time_format = "%Y-%m-%d %H:%M:%S"
        zone = "Europe/Berlin"
        [[format]]
        type = "apache-request"
        apache_log_format = '%{msec}t %>s'
        [[format]]
        type = "bal-request"
        nginx_log_format = "combined"
        """
    )
    catalogue = config.formats()
    assert catalogue.display_name("myapp") == "My app"
    assert [catalogue.origin(each.type) for each in config.format] == [
        "configured: pattern",
        "configured: apache_log_format",
        "configured: nginx_log_format",
    ]
    grouping = catalogue.format_for("myapp").grouping
    assert grouping is not None
    assert grouping.starts(["2014-", "x"]) == [True, False]
    read_by = catalogue.format_for("myapp").columns
    assert read_by(["2014-07-07 22:28:53 [INFO] rid=v-1 x"], now_s=0.0) == (
        [1404764933.0],
        None,
        ["v-1"],
    )


def test_the_zone_of_the_servers_clock_is_said_once() -> None:
    config = read("zone='Europe/Berlin'\n" + START)
    format_ = config.formats().format_for("apache-error")
    assert format_.columns(["2014-07-07 22:28:53 x"], now_s=0.0).unix_time == [1404764933.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pattern='('", r"^\[\[format\]\] t: pattern: .*missing"),
        ("start='(?=x)'", r"start: '\(\?=x\)': invalid .*look-around"),
        (f"start='{'x' * 1025}'", "start has 1025 bytes, and at most 1024 are taken"),
        ("pattern='(?P<time>x)'\ntime_format='%H'", "has no date"),
        ("pattern='(?P<time>x)'\nnginx_log_format='$status'", "exclude each other"),
        ("nginx_log_format='$statu'", "nothing can be read"),
        ("apache_log_format='%t %y'", "%y is not known"),
        ("apache_log_format='%t'\ntime_format='unix'", "give a pattern"),
        ("", "it says nothing"),
        ("zone='Mars/Olympus'", "no time zone: 'Mars/Olympus'"),
        ("display_name=''", "not a name: ''"),
    ],
)
def test_a_mistake_in_a_format_is_named_with_its_type(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        read(f"{START}[[format]]\ntype='t'\n{text}")
    assert str(raised.value).startswith("[[format]] t: ")


def test_a_zone_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match="no time zone: 'CEST/DST'"):
        read("zone='CEST/DST'\n" + START)


def test_a_type_is_configured_once() -> None:
    table = "[[format]]\ntype='t'\nzone='UTC'\n"
    with pytest.raises(msgspec.ValidationError, match=r"two .* are for the type t"):
        read(START + table + table)


def test_there_is_a_bound_of_formats() -> None:
    formats = [FormatConfig(type=f"t{number}", zone="UTC") for number in range(FORMATS_MAX + 1)]
    LogtailorConfig(endpoint="e", source=[source()], format=formats[1:])
    with pytest.raises(ValueError, match="give at most"):
        LogtailorConfig(endpoint="e", source=[source()], format=formats)
