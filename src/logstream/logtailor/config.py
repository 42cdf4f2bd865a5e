"""The configuration of a logtailor: one TOML file, validated whole before anything starts."""

import msgspec

from logstream.model.limits import SOURCES_PER_LINK_MAX
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


class LogtailorConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of ``logstream logtailor --config FILE``.

    Attributes:
        endpoint: The Cloud API that gives this logtailor its connection details.
        credentials: A JSON file with the ``api_key`` and ``api_secret`` of a logtailor's key.
        source: What is offered.
    """

    endpoint: str
    source: list[SourceConfig]
    credentials: str | None = None

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if not 0 < len(self.source) <= SOURCES_PER_LINK_MAX:
            raise ValueError(f"give between 1 and {SOURCES_PER_LINK_MAX} [[source]] tables")


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
