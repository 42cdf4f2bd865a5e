"""Which log type a file holds, judged by its content and its path.

The content decides where it is clear, for files are often named badly (PHP's errors in Apache's
``error.log``); the path tells apart what is written alike (Apache, Varnish, balancer) and decides
for a file that is still empty. Pure: the caller reads the sample.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from logstream.formats.web_request import WEB_REQUEST_TYPES
from logstream.model.limits import NAME_MAX_CHARS
from logstream.model.source import DISPLAY_NAMES

_WEB: Final = "apache-request"

_CONTENTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("drupal-request", re.compile(r"\[[^\[\]]{10,40}\] \S+ [A-Z]+ \S* ?http_code=")),
    (_WEB, re.compile(r'[^"]*\[[^\[\]"]{10,40}\] "[^"]*" ([1-5][0-9]{2}|-) ')),
    ("drupal-watchdog", re.compile(r"[^|]*\|[0-9]{9,11}\|(?:[^|]*\|){6}")),
    ("php-error", re.compile(r"\[[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9:.]{8,16}[^\]]{0,40}\] \S")),
    (
        "apache-error",
        re.compile(
            r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:.]{8,16} [0-9]{4}\] \["
            r"|[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8} \[[a-z]+\] [0-9]+#[0-9]+: "
        ),
    ),
    (
        "mysql-slow",
        re.compile(r"# Time: [0-9]|# User@Host: |# Query_time: [0-9]|SET timestamp=[0-9]+;$"),
    ),
)
_PATHS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("mysql-slow", re.compile(r"(mysql|mariadb)[^/]*/?[^/]*slow|slow[_-]?query")),
    ("drupal-watchdog", re.compile(r"watchdog")),
    ("drupal-request", re.compile(r"drupal.*(request|access)")),
    ("varnish-request", re.compile(r"varnish")),
    ("bal-request", re.compile(r"(^|[/._-])bal([/._-]|$)|bal-[0-9]|balancer|haproxy|load-?bal")),
    ("php-error", re.compile(r"php[^/]*err|php[0-9.]*-fpm|/php[^/]*/[^/]*err")),
    (
        "apache-error",
        re.compile(
            r"(^|[/._-])(apache|httpd|nginx)[^/]*/.*err|(^|[/._-])error[._-]?log|apache[^/]*err"
        ),
    ),
    (_WEB, re.compile(r"access|apache[^/]*req|other_vhosts")),
)
_CLEAR_SHARE: Final = 0.1
"""The rest may be the lines of stack traces and queries, which look like nothing."""
_ROTATED = re.compile(r"\.(?:[0-9]{1,10}|gz|bz2|xz|zst|old|log|txt)$|[-_.][0-9]{8}$")
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def recognise(path: str, sample: Sequence[str]) -> str:
    """Give the log type of a file.

    Args:
        path: The file's path, as long as it is known.
        sample: Some of its lines, without line ends; may be empty.

    Returns:
        One of the known log types, or a name made from the file's own.
    """
    by_path = _by_path(path)
    by_content = _by_content(sample)
    if by_content is None:
        return by_path or _name_of(path)
    return by_path if by_content == _WEB and by_path in WEB_REQUEST_TYPES else by_content


def _by_content(sample: Sequence[str]) -> str | None:
    """Give the type that more lines look like than all others together, if it is clear."""
    votes = Counter(log_type for line in sample if (log_type := _looks_like(line)) is not None)
    if not votes:
        return None
    (log_type, count), *_ = votes.most_common(1)
    written = sum(1 for line in sample if line.strip())
    return log_type if count * 2 > votes.total() and count >= written * _CLEAR_SHARE else None


def _looks_like(line: str) -> str | None:
    return next((log_type for log_type, shape in _CONTENTS if shape.match(line)), None)


def _by_path(path: str) -> str | None:
    lowered = path.lower()
    name = _name_of(lowered)
    if name in DISPLAY_NAMES or name in WEB_REQUEST_TYPES:
        return name
    return next((log_type for log_type, shape in _PATHS if shape.search(lowered)), None)


def _name_of(path: str) -> str:
    name = PurePath(path).name
    while (shorter := _ROTATED.sub("", name)) not in {name, ""}:
        name = shorter
    return _NOT_IN_NAMES.sub("-", name).strip("-.")[:NAME_MAX_CHARS] or "log"
