"""The configuration of a logtailor: one TOML file, validated whole before anything starts."""

from datetime import tzinfo

import msgspec

from logstream.errors import ConfigError
from logstream.formats.catalogue import Catalogue
from logstream.formats.configured import (
    APACHE_LOG_FORMAT,
    NGINX_LOG_FORMAT,
    PATTERN,
    START,
    ConfiguredType,
    check_start,
    read_pattern,
)
from logstream.formats.times import zone_named
from logstream.model.limits import FORMATS_MAX, SOURCES_PER_LINK_MAX
from logstream.model.source import Environment, Source, is_name
from logstream.tail.paths import PathPattern


class SourceConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One ``[[source]]``: the files of one log type in one environment.

    Attributes:
        site: The application's hosting id, ``realm:sitename``.
        environment: The environment's name.
        type: The log type.
        paths: Paths, globs (``*``, ``?``, ``**``) or patterns of time (``%Y%m%d``).
    """

    site: str
    environment: str
    type: str
    paths: list[str]

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if not self.paths:
            raise ValueError(f"the source {self.type} has no paths")
        for name in (self.site, self.environment, self.type):
            if not is_name(name):
                raise ValueError(f"not a name: {name!r}")
        for path in self.paths:
            PathPattern(path)  # raises ConfigError


class FormatConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One ``[[format]]``: how one log type is written.

    Attributes:
        type: The log type; one that Logstream knows is overridden.
        display_name: What people see as its name; by default made from the type.
        start: A regular expression in RE2's syntax that is found in each line that begins a record;
            the lines after it go on with the record. ``^``: each line is a record.
        pattern: A regular expression in RE2's syntax, with groups named ``time``, ``status`` and
            ``request_id``, or some of them.
        time_format: How the group ``time`` is written: directives as ``%Y-%m-%d %H:%M:%S,%f``, or
            a name as ``unix_ms``; by default in any common way.
        apache_log_format: Instead of a pattern: a ``LogFormat`` as it stands in Apache's
            configuration, or the name of one that every Apache has, as ``combined``.
        nginx_log_format: Instead of a pattern: a ``log_format`` as it stands in nginx's
            configuration, or ``combined``.
        zone: The time zone of stamps that name none, as ``Europe/Berlin``; by default the
            logtailor's ``zone``.
    """

    type: str
    display_name: str | None = None
    start: str | None = None
    pattern: str | None = None
    time_format: str | None = None
    apache_log_format: str | None = None
    nginx_log_format: str | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        try:
            self.configured_type()
        except ConfigError as error:
            raise ConfigError(f"[[format]] {self.type}: {error}") from None

    def configured_type(self) -> ConfiguredType:
        """Give what this says of the type.

        Raises:
            ConfigError: It makes no sense.
        """
        for name in (self.type, self.display_name):
            if name is not None and not is_name(name):
                raise ConfigError(f"not a name: {name!r}")
        keys = {
            PATTERN: self.pattern,
            APACHE_LOG_FORMAT: self.apache_log_format,
            NGINX_LOG_FORMAT: self.nginx_log_format,
        }
        given = {key: written for key, written in keys.items() if written is not None}
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(given)} exclude each other: keep one of them")
        if self.time_format is not None and self.pattern is None:
            raise ConfigError("time_format says how a pattern's time is written: give a pattern")
        if not given and (self.display_name, self.zone, self.start) == (None, None, None):
            raise ConfigError(f"it says nothing: give one of {', '.join([START, *keys])}")
        zone = None if self.zone is None else _zone(self.zone)
        start = None if self.start is None else check_start(self.start)
        made = ConfiguredType(self.type, self.display_name, zone, start=start)
        if not given:
            return made
        ((source, written),) = given.items()
        pattern = read_pattern(source, written, time_format=self.time_format)
        return made._replace(source=source, pattern=pattern)


class LogtailorConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of ``logstream logtailor --config FILE``.

    Attributes:
        endpoint: The Cloud API that gives this logtailor its connection details.
        credentials: A JSON file with the ``api_key`` and ``api_secret`` of a logtailor's key.
        source: What is offered.
        format: How log types are written that Logstream does not know, or not so.
        zone: The time zone of stamps that name none, as ``Europe/Berlin``: that of the server's
            clock.
    """

    endpoint: str
    source: list[SourceConfig]
    credentials: str | None = None
    format: list[FormatConfig] = []
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if not 0 < len(self.source) <= SOURCES_PER_LINK_MAX:
            raise ValueError(f"give between 1 and {SOURCES_PER_LINK_MAX} [[source]] tables")
        if len(self.format) > FORMATS_MAX:
            raise ValueError(f"give at most {FORMATS_MAX} [[format]] tables")
        types = [each.type for each in self.format]
        if len(types) > len({*types}):
            twice = next(each for each in types if types.count(each) > 1)
            raise ValueError(f"two [[format]] tables are for the type {twice}: keep one of them")
        _zone(self.zone)

    def formats(self) -> Catalogue:
        """Give the log types as this file configures them."""
        configured = [each.configured_type() for each in self.format]
        return Catalogue(configured, zone=_zone(self.zone))


def _zone(name: str) -> tzinfo:
    zone = zone_named(name)
    if zone is None:
        raise ConfigError(f"no time zone: {name!r}; give one as Europe/Berlin, UTC or +02:00")
    return zone


def by_environment(
    sources: list[SourceConfig], *, server: str
) -> dict[Environment, dict[Source, tuple[str, ...]]]:
    """Sort sources by what travels on one link; the same source twice joins its paths."""
    sorted_: dict[Environment, dict[Source, tuple[str, ...]]] = {}
    for config in sources:
        environment = Environment(config.site, config.environment)
        source = Source(server, config.type)
        files = sorted_.setdefault(environment, {})
        files[source] = (*files.get(source, ()), *config.paths)
    return sorted_
