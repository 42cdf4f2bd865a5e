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
    from logstream.client.status import (
        Connected,
        HubError,
        Reconnecting,
        ServerJoined,
        SourceFlows,
        SourceFound,
        Status,
    )
    from logstream.errors import (
        ApiError,
        AuthenticationError,
        ConfigError,
        ConnectionFailed,
        LogstreamError,
        NotFound,
        StreamRefused,
        UsageError,
    )
    from logstream.model.source import DEFAULT_TYPES, Source
    from logstream.protocol.messages import Line

__all__ = [
    "DEFAULT_TYPES",
    "Account",
    "ApiError",
    "Application",
    "ApplicationEnvironment",
    "AuthenticationError",
    "CloudAPI",
    "ConfigError",
    "Connected",
    "ConnectionDetails",
    "ConnectionFailed",
    "Credentials",
    "HubError",
    "Line",
    "LogstreamError",
    "NotFound",
    "Reconnecting",
    "ServerJoined",
    "Source",
    "SourceFlows",
    "SourceFound",
    "Status",
    "StreamRefused",
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
    "logstream.client.status": (
        "Connected",
        "HubError",
        "Reconnecting",
        "ServerJoined",
        "SourceFlows",
        "SourceFound",
        "Status",
    ),
    "logstream.errors": (
        "ApiError",
        "AuthenticationError",
        "ConfigError",
        "ConnectionFailed",
        "LogstreamError",
        "NotFound",
        "StreamRefused",
        "UsageError",
    ),
    "logstream.model.source": ("DEFAULT_TYPES", "Source"),
    "logstream.protocol.messages": ("Line",),
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
