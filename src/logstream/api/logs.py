"""``/environments/{id}/logs``: the log types that can be streamed."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from logstream.api.environments import EnvironmentId
from logstream.api.hal import Links
from logstream.api.listing import Pagination, Wanted, page
from logstream.api.refusal import CONTENT_TYPE, Refusal
from logstream.api.visitor import Visitor
from logstream.model.source import DISPLAY_NAMES


class Log(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """One log type."""

    name: str
    type: str
    label: str
    flags: dict[str, bool]
    links: Links


class LogItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a list of log types."""

    items: list[Log]


class LogList(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"links": "_links", "embedded": "_embedded"},
):
    """Log types."""

    total: int
    pagination: Pagination
    links: Links
    embedded: LogItems


@get(
    "/environments/{environment_id:str}/logs",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="List log types",
)
def list_logs(
    visitor: NamedDependency[Visitor],
    wanted: NamedDependency[Wanted],
    environment_id: EnvironmentId,
) -> LogList:
    """List the log types that Logstream knows without configuration.

    Which of them a server has, and which types an operator added, only the stream can tell.
    """
    parent = f"/environments/{visitor.environment(environment_id).id}"
    links = {"logstream": visitor.address.link(f"{parent}/logstream")}
    items = [
        Log(name=log_type, type=log_type, label=label, flags={"available": True}, links=links)
        for log_type, label in DISPLAY_NAMES.items()
    ]
    shown = page(items, wanted, address=visitor.address, path=f"{parent}/logs", parent=parent)
    return LogList(
        total=shown.pagination.total,
        pagination=shown.pagination,
        links=shown.links,
        embedded=LogItems(items=shown.items),
    )


@get(
    "/environments/{environment_id:str}/logs/{log_type:str}",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="Download a log file (there is none here)",
)
def download_log(
    visitor: NamedDependency[Visitor],
    environment_id: EnvironmentId,
    log_type: Annotated[str, PathParameter(description="A log type.")],  # noqa: ARG001 - the answer is the same for all
) -> None:
    """Say that log files stay on their servers."""
    visitor.environment(environment_id)
    raise Refusal(
        404,
        "Log files stay on their servers and cannot be downloaded here: stream them.",
        code="not_available",
    )
