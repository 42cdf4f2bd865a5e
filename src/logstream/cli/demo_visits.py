"""What the servers of the demo's sample application write when somebody visits it.

One visit passes the balancer, Varnish, Apache and Drupal, and each writes what it saw, in the field
layout of its log type and with the same request id. Pure: randomness and time are given. Times are
Unix seconds and written in UTC; addresses are those set aside for documentation (RFC 5737, 3849).
"""

import uuid
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple

from logstream.formats.times import MONTHS

ENVIRONMENTS: Final = ("prod", "dev")
BALANCER: Final = "bal-4"
WEB_SERVERS: Final = ("srv-6", "srv-7")
DATABASE_SERVER: Final = "srv-6"
_WEB_TYPES: Final = (
    "apache-request", "apache-error", "php-error", "drupal-request", "drupal-watchdog",
)  # fmt: skip
SOURCES: Final = (
    *((BALANCER, log_type) for log_type in ("bal-request", "varnish-request")),
    *((server, log_type) for server in WEB_SERVERS for log_type in _WEB_TYPES),
    (DATABASE_SERVER, "mysql-slow"),
)
"""Which servers write what, in each environment."""

_MONTHS: Final = tuple(MONTHS)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PROD_SHARE: Final = 0.85
_CACHED_SHARE: Final = 0.3
_AWAY_SHARE: Final = 0.008
_NOTICE_SHARE: Final = 0.04
_SLOW_S: Final = 1.5


class Record(NamedTuple):
    """One record, and who writes it."""

    env: str
    server: str
    log_type: str
    text: str


class Page(NamedTuple):
    """Something that people ask for: what happens then is its ``kind``."""

    weight: int
    kind: str
    status: int
    path: str
    query: str = ""
    method: str = "GET"


class Visit(NamedTuple):
    """One request on its way through the servers."""

    page: Page
    env: str
    server: str
    now_s: float
    duration_s: float
    ip: str
    agent: str
    referer: str
    request_id: str
    size_bytes: int
    pid: int
    uid: int

    @property
    def host(self) -> str:
        """The site's public name in this environment."""
        return "www.example.com" if self.env == "prod" else "dev.example.com"

    @property
    def url(self) -> str:
        """What the visitor asked for, from the path on."""
        return f"{self.page.path}?{self.page.query}" if self.page.query else self.page.path


PAGES: Final = (
    Page(22, "page", 200, "/"),
    Page(14, "page", 200, "/node/{n}"),
    Page(9, "page", 200, "/articles/spring-release-notes"),
    Page(6, "page", 200, "/articles", "page={n}"),
    Page(5, "page", 200, "/user/{n}"),
    Page(14, "asset", 200, "/sites/default/files/css/css_{n}.css"),
    Page(9, "asset", 304, "/themes/site/logo.png"),
    Page(6, "asset", 200, "/core/misc/drupal.js", "v=10.2.{n}"),
    Page(4, "search", 200, "/search/node", "keys=logs+live"),
    Page(4, "redirect", 301, "/blog"),
    Page(3, "login", 302, "/user/login", "", "POST"),
    Page(3, "save", 302, "/node/{n}/edit", "", "POST"),
    Page(3, "missing", 404, "/old/press-{n}.html"),
    Page(2, "probe", 404, "/wp-login.php"),
    Page(2, "denied", 403, "/admin/config"),
    Page(1, "forbidden", 403, "/.git/config"),
    Page(2, "broken", 500, "/checkout/{n}", "", "POST"),
    Page(1, "cron", 204, "/cron/kY3x"),
)
_WEIGHTS: Final = tuple(page.weight for page in PAGES)
_AGENTS: Final = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Safari/605.1.15"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
    ),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    r"Mozilla/5.0 (compatible; \"SiteCheck\"/2.1)",
    "curl/8.8.0",
)
_AGENT_WEIGHTS: Final = (32, 18, 16, 22, 8, 1, 3)
_REFERERS: Final = ("-", "-", "https://www.example.com/", "https://www.google.com/")
_ROOT: Final = "/var/www/html/demo/docroot"
_NOTICES: Final = (
    (
        f'PHP Warning:  Undefined array key "field_teaser" in {_ROOT}/modules/custom/teaser/src/'
        "TeaserBuilder.php on line 88"
    ),
    (
        f"PHP Deprecated:  strlen(): Passing null to parameter #1 ($string) of type string is "
        f"deprecated in {_ROOT}/core/lib/Drupal/Component/Utility/Unicode.php on line 354"
    ),
)
_FATAL: Final = "\n".join(
    (
        (
            "PHP Fatal error:  Uncaught TypeError: Cart::total(): Return value must be of type "
            f"float, null returned in {_ROOT}/modules/custom/cart/src/Cart.php:142"
        ),
        "Stack trace:",
        f"#0 {_ROOT}/modules/custom/cart/src/Form/CheckoutForm.php(61): Cart->total()",
        (
            f"#1 {_ROOT}/core/lib/Drupal/Core/Form/FormBuilder.php(536): "
            "Drupal\\cart\\Form\\CheckoutForm->buildForm(Array)"
        ),
        f"#2 {_ROOT}/index.php(19): Drupal\\Core\\DrupalKernel->handle(Object(Request))",
        "#3 {main}",
        f"  thrown in {_ROOT}/modules/custom/cart/src/Cart.php on line 142",
    )
)


def records_of_visit(random: Random, now_s: float) -> list[Record]:
    """Let somebody visit the site at ``now_s``.

    Returns:
        What the servers write, in the order in which they do: the balancer is done last.
    """
    visit = _visit(random, now_s)
    kind = visit.page.kind
    if random.random() < _AWAY_SHARE:
        return _at_the_edge(visit, status=503, upstream_status="503")
    if kind == "asset" or (kind == "page" and random.random() < _CACHED_SHARE):
        return _at_the_edge(visit, status=visit.page.status, upstream_status="-")
    status = visit.page.status
    behind = [*_errors(random, visit), *_messages(visit)]
    if kind not in {"probe", "forbidden"}:  # Apache answers these itself
        behind.append(_record(visit, "drupal-request", _drupal_request(visit)))
    web = _web_request(visit, visit.url, status, str(status), f"{visit.duration_s * 1e6:.0f}")
    behind.append(_record(visit, "apache-request", web))
    return [*behind, *_at_the_edge(visit, status=status, upstream_status=str(status))]


def _visit(random: Random, now_s: float) -> Visit:
    (page,) = random.choices(PAGES, _WEIGHTS)
    page = page._replace(
        path=page.path.format(n=random.randint(1, 400)),
        query=page.query.format(n=random.randint(1, 9)),
    )
    slow = page.kind == "search" and random.random() < 0.5  # noqa: PLR2004  every other search
    network = random.choice(("192.0.2", "198.51.100", "203.0.113"))
    return Visit(
        page=page,
        env="prod" if random.random() < _PROD_SHARE else "dev",
        server=random.choice(WEB_SERVERS),
        now_s=now_s,
        duration_s=random.uniform(_SLOW_S, 4) if slow else random.lognormvariate(-2.5, 0.6),
        ip=f"{network}.{random.randint(1, 254)}" if random.random() < 0.9 else "2001:db8::7",  # noqa: PLR2004
        agent=random.choices(_AGENTS, _AGENT_WEIGHTS)[0],
        referer=random.choice(_REFERERS),
        request_id=f"v-{uuid.UUID(int=random.getrandbits(128), version=4)}",
        size_bytes=0 if page.status in {204, 304} else int(random.lognormvariate(8.8, 0.9)),
        pid=random.randint(2000, 2063),
        uid=random.randint(1, 40) if page.kind in {"login", "save"} else 0,
    )


def _record(visit: Visit, log_type: str, text: str) -> Record:
    return Record(visit.env, visit.server, log_type, text)


def _at_the_edge(visit: Visit, *, status: int, upstream_status: str) -> list[Record]:
    """What Varnish and the balancer write; ``upstream_status`` is ``-`` for what Varnish had."""
    duration = f"{visit.duration_s if upstream_status != '-' else 0.0004:.3f}"
    seen_by_varnish = _web_request(
        visit, f"http://{visit.host}{visit.url}", status, upstream_status, duration
    )
    seen_by_balancer = _web_request(visit, visit.url, status, str(status), duration)
    return [
        Record(visit.env, BALANCER, "varnish-request", seen_by_varnish),
        Record(visit.env, BALANCER, "bal-request", seen_by_balancer),
    ]


def _web_request(visit: Visit, url: str, status: int, upstream: str, request_time: str) -> str:
    site = "demo" if visit.env == "prod" else "demodev"
    return (
        f'{visit.ip} - - [{_clf(visit)}] "{visit.page.method} {url} HTTP/1.1" {status} '
        f'{visit.size_bytes or "-"} "{visit.referer}" "{visit.agent}" vhost={visit.host} '
        f"host={visit.host} hosting_site={site} pid={visit.pid} request_time={request_time} "
        f'forwarded_for="{visit.ip}" request_id="{visit.request_id}" upstream_status="{upstream}"'
    )


def _drupal_request(visit: Visit) -> str:
    return (
        f"[{_clf(visit)}] {visit.host} {visit.page.method} {visit.page.path} "
        f"http_code={visit.page.status} query={visit.page.query} uid={visit.uid} "
        f"php_pid={visit.pid} php_time={visit.duration_s:.3f} queue_wait=0.000 "
        f'request_id="{visit.request_id}"'
    )


def _messages(visit: Visit) -> list[Record]:
    """What Drupal says about the visit, if anything."""
    page = visit.page
    type_, message = {
        "login": ("user", f"Session opened for editor{visit.uid}."),
        "save": ("content", "article: updated Spring release notes."),
        "missing": ("page not found", page.path.lstrip("/")),
        "denied": ("access denied", page.path.lstrip("/")),
        "broken": ("php", "TypeError: Cart::total(): Return value must be of type float"),
        "cron": ("cron", "Cron run completed."),
    }.get(page.kind, ("", ""))
    if not type_:
        return []
    base_url, referer = f"https://{visit.host}", visit.referer.removeprefix("-")
    now = datetime.fromtimestamp(visit.now_s, UTC)
    text = (
        f"{_MONTHS[now.month - 1]} {now.day:2} {now:%H:%M:%S} {visit.server} demo: "
        f"{base_url}|{int(visit.now_s)}|{type_}|{visit.ip}|{base_url}{visit.url}|{referer}|"
        f'{visit.uid}||{message} request_id="{visit.request_id}"'
    )
    return [_record(visit, "drupal-watchdog", text)]


def _errors(random: Random, visit: Visit) -> list[Record]:
    """What PHP, Apache and MySQL complain about, if anything."""
    kind = visit.page.kind
    if kind == "broken":
        return [_record(visit, "php-error", _php_error(visit, _FATAL))]
    if kind == "probe":
        message = "AH00128: File does not exist"
        return [_record(visit, "apache-error", _apache_error(random, visit, "core:info", message))]
    if kind == "forbidden":
        message = "AH01630: client denied by server configuration"
        error = _apache_error(random, visit, "authz_core:error", message)
        return [_record(visit, "apache-error", error)]
    if kind == "search" and visit.duration_s >= _SLOW_S:
        return [Record(visit.env, DATABASE_SERVER, "mysql-slow", _slow_query(random, visit))]
    if random.random() < _NOTICE_SHARE:
        return [_record(visit, "php-error", _php_error(visit, random.choice(_NOTICES)))]
    return []


def _apache_error(random: Random, visit: Visit, level: str, message: str) -> str:
    now = datetime.fromtimestamp(visit.now_s, UTC)
    return (
        f"[{_DAYS[now.weekday()]} {_MONTHS[now.month - 1]} {now:%d %H:%M:%S.%f %Y}] [{level}] "
        f"[pid {visit.pid}:tid {140_000 + visit.pid}] [client {visit.ip}:"
        f"{random.randint(32_768, 60_999)}] {message}: {_ROOT}{visit.page.path}"
    )


def _slow_query(random: Random, visit: Visit) -> str:
    now = datetime.fromtimestamp(visit.now_s, UTC)
    return "\n".join(
        (
            f"# Time: {now:%Y-%m-%dT%H:%M:%S.%fZ}",
            f"# User@Host: demo[demo] @ {visit.server} [10.0.0.6]  Id: {visit.pid:5}",
            (
                f"# Query_time: {visit.duration_s:.6f}  Lock_time: 0.000110 Rows_sent: 10  "
                f"Rows_examined: {random.randint(80_000, 900_000)}"
            ),
            f"SET timestamp={int(visit.now_s - visit.duration_s)};",
            (
                "SELECT i.sid, SUM(i.score * t.count) AS score FROM search_index i INNER JOIN "
                "search_total t ON i.word = t.word WHERE i.word IN ('logs', 'live') GROUP BY i.sid "
                "ORDER BY score DESC LIMIT 10;"
            ),
        )
    )


def _php_error(visit: Visit, message: str) -> str:
    now = datetime.fromtimestamp(visit.now_s, UTC)
    stamp = f"{now.day:02}-{_MONTHS[now.month - 1]}-{now:%Y %H:%M:%S} UTC"
    return f'[{stamp}] {message} request_id="{visit.request_id}"'


def _clf(visit: Visit) -> str:
    now = datetime.fromtimestamp(visit.now_s, UTC)
    return f"{now.day:02}/{_MONTHS[now.month - 1]}/{now:%Y:%H:%M:%S} +0000"
