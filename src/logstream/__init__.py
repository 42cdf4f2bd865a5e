"""Stream web-site logs from many servers, live: the public library.

    async for line in logstream.stream("mysite", "prod"):
        print(line.text)

Everything is imported when it is first used, so that ``import logstream`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from logstream.client.cloud_api import CloudAPI
    from logstream.client.cloud_api_types import (
        Account,
        Application,
        ApplicationEnvironment,
        ConnectionDetails,
    )
    from logstream.client.credentials import Credentials, find_credentials
    from logstream.client.iterate import stream, stream_sync
    from logstream.client.line import Line
    from logstream.client.position import Position
    from logstream.client.status import (
        Connected,
        FilterRefused,
        Gap,
        HubError,
        OnlyBase,
        PastRead,
        Reconnecting,
        ServerJoined,
        ServerLeft,
        SourceFlows,
        SourceFound,
        Status,
    )
    from logstream.errors import (
        ApiError,
        AuthenticationError,
        BadCursor,
        BadFilter,
        ConfigError,
        ConnectionFailed,
        LogstreamError,
        NotFound,
        StreamRefused,
        Unsupported,
        UsageError,
    )
    from logstream.model.source import DEFAULT_TYPES, Source

__all__ = [
    "DEFAULT_TYPES",
    "Account",
    "ApiError",
    "Application",
    "ApplicationEnvironment",
    "AuthenticationError",
    "BadCursor",
    "BadFilter",
    "CloudAPI",
    "ConfigError",
    "Connected",
    "ConnectionDetails",
    "ConnectionFailed",
    "Credentials",
    "FilterRefused",
    "Gap",
    "HubError",
    "Line",
    "LogstreamError",
    "NotFound",
    "OnlyBase",
    "PastRead",
    "Position",
    "Reconnecting",
    "ServerJoined",
    "ServerLeft",
    "Source",
    "SourceFlows",
    "SourceFound",
    "Status",
    "StreamRefused",
    "Unsupported",
    "UsageError",
    "find_credentials",
    "stream",
    "stream_sync",
]

_MODULES: Final[dict[str, tuple[str, ...]]] = {
    "logstream.client.cloud_api": ("CloudAPI",),
    "logstream.client.cloud_api_types": (
        "Account",
        "Application",
        "ApplicationEnvironment",
        "ConnectionDetails",
    ),
    "logstream.client.credentials": ("Credentials", "find_credentials"),
    "logstream.client.iterate": ("stream", "stream_sync"),
    "logstream.client.line": ("Line",),
    "logstream.client.position": ("Position",),
    "logstream.client.status": (
        "Connected",
        "FilterRefused",
        "Gap",
        "HubError",
        "OnlyBase",
        "PastRead",
        "Reconnecting",
        "ServerJoined",
        "ServerLeft",
        "SourceFlows",
        "SourceFound",
        "Status",
    ),
    "logstream.errors": (
        "ApiError",
        "AuthenticationError",
        "BadCursor",
        "BadFilter",
        "ConfigError",
        "ConnectionFailed",
        "LogstreamError",
        "NotFound",
        "StreamRefused",
        "Unsupported",
        "UsageError",
    ),
    "logstream.model.source": ("DEFAULT_TYPES", "Source"),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
