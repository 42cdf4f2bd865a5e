"""The browser page's files: read once from the package, served with headers that trust nothing.

The page is built from ``ui/`` while the package is built, into ``api/page/``. It stands where the
API's base path without its last part ends: at ``/`` for ``/api``. Names of files below ``assets/``
hold a hash of their content, so a browser keeps them for ever.
"""

import gzip
import mimetypes
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from logstream.api.refusal import Refusal, of_status
from logstream.api.visitor import ApiRequest

FOLDER: Final = "page"
_INDEX: Final = "index.html"
_ASSETS: Final = "assets"
_NOT_BUILT: Final = "The browser page is not in this installation: build it with `make ui`."
_KEPT: Final = "public, max-age=31536000, immutable"
_ASKED_EACH_TIME: Final = "no-cache"
_ASSET_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}


class File(NamedTuple):
    """One file of the page, as it is and compressed."""

    content: bytes
    gzipped: bytes
    media_type: str


class Page:
    """The page's files.

    Args:
        hub_urls: The hubs that its script may connect to.
        folder: Where the built page is; by default, in the package.
    """

    def __init__(self, hub_urls: Sequence[str], folder: Traversable | None = None) -> None:
        self.policy = content_security_policy(hub_urls)
        folder = folder if folder is not None else files("logstream.api") / FOLDER
        self._files: Mapping[str, File] = dict(_read(folder, "")) if folder.is_dir() else {}

    def answer(self, name: str, accepted_encodings: str) -> Response[bytes]:
        """Give a file of the page.

        Args:
            name: Its path in the page's folder.
            accepted_encodings: The request's ``Accept-Encoding``.

        Raises:
            Refusal: There is none of this name.
        """
        file = self._files.get(name)
        if file is None:
            raise Refusal(404, _NOT_BUILT) if not self._files else of_status(404)
        headers = {**_ASSET_HEADERS, "Cache-Control": _ASKED_EACH_TIME}
        if name.startswith(f"{_ASSETS}/"):
            headers["Cache-Control"] = _KEPT
        if name == _INDEX:
            headers |= {
                "Content-Security-Policy": self.policy,
                "Cross-Origin-Opener-Policy": "same-origin",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
                "X-Frame-Options": "DENY",
            }
        content = file.content
        if "gzip" in accepted_encodings.lower():
            content = file.gzipped
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers, media_type=file.media_type)


def content_security_policy(hub_urls: Sequence[str]) -> str:
    """Allow the page its own files, the Cloud API beside it, and the hubs; nothing else."""
    hubs = [f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, hub_urls)]
    connect = " ".join(dict.fromkeys(["'self'", *hubs]))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src {connect}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            # No script can make HTML of text, but the framework of its own templates.
            "require-trusted-types-for 'script'",
            "trusted-types svelte-trusted-html",
        )
    )


def handlers(page: Page) -> list[HTTPRouteHandler]:
    """Give the routes of the page, below where it stands."""

    @get("/", sync_to_thread=False, include_in_schema=False)
    def show_page(request: ApiRequest) -> Response[bytes]:
        return page.answer(_INDEX, request.headers.get("accept-encoding", ""))

    @get("/favicon.svg", sync_to_thread=False, include_in_schema=False)
    def show_icon(request: ApiRequest) -> Response[bytes]:
        return page.answer("favicon.svg", request.headers.get("accept-encoding", ""))

    @get(f"/{_ASSETS}/{{name:str}}", sync_to_thread=False, include_in_schema=False)
    def show_asset(
        request: ApiRequest, name: Annotated[str, PathParameter(description="A file's name.")]
    ) -> Response[bytes]:
        return page.answer(f"{_ASSETS}/{name}", request.headers.get("accept-encoding", ""))

    return [show_page, show_icon, show_asset]


def _read(folder: Traversable, start: str) -> list[tuple[str, File]]:
    found: list[tuple[str, File]] = []
    for entry in folder.iterdir():
        name = f"{start}{entry.name}"
        if entry.is_dir():
            found += _read(entry, f"{name}/")
        else:
            content = entry.read_bytes()
            kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            # The framework adds the charset to text.
            found.append((name, File(content, gzip.compress(content, 9, mtime=0), kind)))
    return found
