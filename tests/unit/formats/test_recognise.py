"""Log types judged by content and path."""

from pathlib import Path

import pytest

from logstream.formats.recognise import recognise
from logstream.model.limits import NAME_MAX_CHARS

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"


def sample(log_type: str) -> list[str]:
    return (FIXTURES / f"{log_type}.log").read_text().splitlines()


@pytest.mark.parametrize(
    ("path", "log_type"),
    [
        ("/var/log/apache2/access.log", "apache-request"),
        ("/var/log/apache2/other_vhosts_access.log", "apache-request"),
        ("/var/log/httpd/access_log", "apache-request"),
        ("/var/log/nginx/access.log", "apache-request"),
        ("/var/log/apache2/error.log", "apache-error"),
        ("/var/log/httpd/error_log", "apache-error"),
        ("/var/log/nginx/error.log", "apache-error"),
        ("php-error.log", "php-error"),
        ("/var/log/php_errors.log", "php-error"),
        ("/var/log/php8.2-fpm.log", "php-error"),
        ("drupal-watchdog.log", "drupal-watchdog"),
        ("drupal-requests.log", "drupal-request"),
        ("varnishncsa.log", "varnish-request"),
        ("/var/log/varnish/access.log", "varnish-request"),
        ("bal-4.log", "bal-request"),
        ("/var/log/nginx/balancer.access.log", "bal-request"),
        ("/var/log/haproxy.log", "bal-request"),
        ("mysql-slow.log", "mysql-slow"),
        ("/var/log/mysql/slow.log", "mysql-slow"),
        ("/logs/prod/bal-4/apache-request.log", "apache-request"),
        ("/logs/bal-access.log.1", "bal-access"),
    ],
)
def test_an_empty_file_is_recognised_by_its_path(path: str, log_type: str) -> None:
    assert recognise(path, []) == log_type


@pytest.mark.parametrize(
    "log_type",
    [
        "apache-request",
        "apache-error",
        "php-error",
        "drupal-request",
        "drupal-watchdog",
        "mysql-slow",
    ],
)
def test_clear_content_wins_over_the_path(log_type: str) -> None:
    for path in ("x.log", "/var/log/apache2/error.log", "php-error.log", "mysql-slow.log"):
        assert recognise(path, sample(log_type)) == log_type


@pytest.mark.parametrize("log_type", ["apache-request", "varnish-request", "bal-request"])
def test_the_path_tells_web_requests_apart(log_type: str) -> None:
    assert recognise(f"/logs/{log_type}.log", sample("apache-request")) == log_type


@pytest.mark.parametrize(
    ("path", "log_type"),
    [
        ("/opt/myapp/myapp.log", "myapp"),
        ("myapp.log.1", "myapp"),
        ("myapp.log-20140707.gz", "myapp"),
        ("my app (2).txt", "my-app-2"),
        ("myapp", "myapp"),
        (".log", "log"),
        ("", "log"),
        ("x" * 300, "x" * NAME_MAX_CHARS),
    ],
)
def test_what_nothing_tells_is_named_after_its_file(path: str, log_type: str) -> None:
    assert recognise(path, ["hello", "world"]) == log_type


def test_content_that_is_not_clear_leaves_it_to_the_path() -> None:
    mixed = [sample("php-error")[0], sample("apache-error")[0]]
    assert recognise("myapp.log", mixed) == "myapp"
    assert recognise("myapp.log", [sample("php-error")[0], *["hello"] * 30]) == "myapp"


def test_stack_traces_and_queries_do_not_blur_the_content() -> None:
    trace = ["#1 /var/www/html/index.php(12): f()"] * 6
    assert recognise("myapp.log", [sample("php-error")[0], *trace]) == "php-error"
