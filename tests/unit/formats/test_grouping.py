"""Records of several lines, as real programs write them. Rule: S11."""
# ruff: noqa: E501 - programs write long lines

import pytest

from logstream.formats.catalogue import format_for
from logstream.formats.configured import grouping_by

PHP = """\
[07-Jul-2014 20:28:53 UTC] PHP Warning:  Undefined variable $x in /var/www/html/index.php on line 3
[07-Jul-2014 20:28:54 UTC] PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] No such
host in /var/www/html/db.php:12
Stack trace:
#0 /var/www/html/db.php(12): PDO->__construct('mysql:host=db', 'drupal', Object(SensitiveParameterValue))
#1 /var/www/html/index.php(3): connect()
#2 {main}

Next RuntimeException: no database in /var/www/html/db.php:15
Stack trace:
#0 /var/www/html/index.php(3): connect()
#1 {main}
  thrown in /var/www/html/db.php on line 15
[07-Jul-2014 20:28:55 Europe/Berlin] Array
(
    [0] => a
    [1] => Array
        (
            [b] => 1
        )

)

[07-Jul-2014 20:28:56] WARNING: [pool www] child 12 said into stderr: "NOTICE: PHP message: x"
PHP Warning:  written without a date by the command line in /srv/x.php on line 1
Jul  7 20:28:57 srv-6 php[12]: PHP Notice:  through syslog
2014-07-07T20:28:58.123+02:00 PHP Notice:  through a wrapper
"""

APACHE = """\
[Mon Jul 07 20:28:53.123456 2014] [mpm_event:notice] [pid 1:tid 140] AH00489: Apache/2.4.62 (Debian) configured
[Mon Jul 07 20:28:53.123457 2014] [core:notice] [pid 1:tid 140] AH00094: Command line: 'apache2 -D FOREGROUND'
AH00558: apache2: Could not reliably determine the server's fully qualified domain name
[Mon Jul  7 20:28:54 2014] [error] [client 192.0.2.7] PHP Fatal error:  Uncaught Exception: x in /a.php:1
Stack trace:
#0 {main}
  thrown in /a.php on line 1
2014/07/07 20:28:55 [error] 12#12: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Exception: x
Stack trace:
#0 {main}
  thrown in /a.php on line 1" while reading response header from upstream, client: 192.0.2.7
sh: 1: sendmail: not found
[2014-07-07 20:28:56.123456] [core:error] x
"""

WATCHDOG = """\
Jul  7 20:28:53 srv-6 mysite: http://example.com|1404764933|php|192.0.2.7|http://example.com/|-|0||PDOException: x
in line 12
of index.php (line 3).
Jul  7 20:28:54 srv-6 mysite: http://example.com|1404764934|cron|127.0.0.1|http://example.com/||0||Cron run completed.
<134>1 2014-07-07T22:28:55.123456+02:00 srv-6 mysite 26549 - - http://example.com|1404764935|user|::1|x|-|0||x
<134>Jul  7 20:28:56 srv-6 mysite: http://example.com|1404764936|user|::1|x|-|0||x
2014-07-07T20:28:57.500000+00:00 srv-6 mysite: http://example.com|1404764937|user|::1|x|-|0||x
http://example.com|1404764938|user|::1|x|-|0||without a prefix
"""

MYSQL_8 = """\
/usr/sbin/mysqld, Version: 8.0.40 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
# Time: 2014-07-07T20:28:53.123456Z
# User@Host: drupal[drupal] @ srv-6 [192.0.2.7]  Id:    12
# Query_time: 2.000215  Lock_time: 0.000120 Rows_sent: 1  Rows_examined: 100000
use drupal;
SET timestamp=1404764931;
SELECT *
FROM node
-- # Time: in a comment
WHERE nid = 1;
# Time: 2014-07-07T20:28:54.123456Z
# User@Host: root[root] @ localhost []  Id:    13
# Query_time: 3.100215  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
SET timestamp=1404764934;
# administrator command: Quit;
"""

MARIADB = """\
/usr/sbin/mariadbd, Version: 10.11.6-MariaDB-0+deb12u1-log (Debian 12). started with:
Tcp port: 0  Unix socket: /run/mysqld/mysqld.sock
Time\t\t    Id Command\tArgument
# Time: 140707 20:28:53
# User@Host: drupal[drupal] @ localhost []
# Thread_id: 31  Schema: drupal  QC_hit: No
# Query_time: 2.000215  Lock_time: 0.000120  Rows_sent: 1  Rows_examined: 100000
# Rows_affected: 0  Bytes_sent: 64
use drupal;
SET timestamp=1404764933;
SELECT SLEEP(2);
# User@Host: drupal[drupal] @ localhost []
# Thread_id: 32  Schema: drupal  QC_hit: No
# Query_time: 2.100215  Lock_time: 0.000120  Rows_sent: 1  Rows_examined: 100000
# Rows_affected: 0  Bytes_sent: 64
#
# explain: id\tselect_type\ttable
#
SET timestamp=1404764933;
SELECT SLEEP(2.1);
# Time: 140707  8:28:54
# User@Host: drupal[drupal] @ localhost []
# Query_time: 2.2
SET timestamp=1404764934;
SELECT 1;
# Query_time: 2.3  Lock_time: 0.000120  Rows_sent: 1  Rows_examined: 1
SET timestamp=1404764935;
SELECT 'in the short format';
"""

JAVA = """\
2014-07-07 20:28:53,123 INFO  [main] com.example.App - started
2014-07-07 20:28:54,123 ERROR [worker-1] com.example.App - failed
java.lang.IllegalStateException: cannot pay
\tat com.example.Pay.pay(Pay.java:12) ~[app.jar:1.0]
\tat java.base/java.lang.Thread.run(Thread.java:1583)
\tSuppressed: java.io.IOException: close
\t\tat com.example.Pay.close(Pay.java:20)
Caused by: java.sql.SQLException: no connection
\tat com.example.Db.open(Db.java:30)
\t... 12 more
Caused by: java.net.ConnectException
\t... 14 common frames omitted
2014-07-07 20:28:55,123 INFO  [main] com.example.App - goes on
Exception in thread "main" java.lang.NullPointerException
\tat com.example.App.main(App.java:3)
java.lang.RuntimeException: printed by itself
\tat com.example.App.main(App.java:4)
INFO: as java.util.logging ends
"""

PYTHON = """\
2014-07-07 20:28:53,123 ERROR django.request: Internal Server Error: /
Traceback (most recent call last):
  File "/srv/app/db.py", line 12, in connect
    return psycopg.connect(url)
           ^^^^^^^^^^^^^^^^^^^^
psycopg.OperationalError: connection refused

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/views.py", line 3, in index
    db.connect()
django.db.utils.OperationalError: connection refused
2014-07-07 20:28:54,123 INFO django.server: "GET / HTTP/1.1" 500 145
WARNING:root:a warning
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
KeyError: 'x'
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
KeyboardInterrupt
  + Exception Group Traceback (most recent call last):
  |   File "<stdin>", line 1, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +------------------------------------
Error: says a line that is no exception
"""

JSON = """\
{"level": "info", "msg": "on one line"}
{"level": "info", "msg": "on one line"}
{
  "level": "error",
  "stack": [
    "a"
  ]
}
{
  "level": "error"
}
[
  1,
  2
]
[
{
  "a": 1
},
{
  "b": 1
}
]
[2014-07-07] no JSON
{"level": "info"}
"""

NODE = """\
Server listens on 8080
Error: listen EADDRINUSE
    at Server.setupListenHandle [as _listen2] (node:net:1817:16)
    at listenInCluster (node:net:1865:12) {
  code: 'EADDRINUSE',
  errno: -98
}
TypeError: x is not a function
    at /srv/app/index.js:3:1
TypeError: y is not a function
    at /srv/app/index.js:4:1
Server stops
"""


def beginnings(log_type: str, text: str) -> list[str]:
    lines = text.splitlines()
    grouping = format_for(log_type).grouping
    assert grouping is not None
    return [line for line, start in zip(lines, grouping.starts(lines), strict=True) if start]


@pytest.mark.parametrize(
    ("log_type", "text", "lengths"),
    [
        pytest.param("php-error", PHP, [1, 12, 10, 1, 1, 1, 1], id="php-8"),
        pytest.param("apache-error", APACHE, [1, 1, 1, 4, 5, 1], id="apache-2.4-and-nginx"),
        pytest.param("drupal-watchdog", WATCHDOG, [3, 1, 1, 1, 1, 1], id="watchdog"),
        pytest.param("mysql-slow", MYSQL_8, [3, 9, 5], id="mysql-8"),
        pytest.param("mysql-slow", MARIADB, [3, 8, 9, 5, 3], id="mariadb"),
        pytest.param("myapp", JAVA, [1, 11, 1, 2, 2, 1], id="java"),
        pytest.param("myapp", PYTHON, [13, 1, 4, 9, 1], id="python"),
        pytest.param("myapp", JSON, [1, 1, 6, 3, 4, 8, 1, 1], id="json"),
        pytest.param("myapp", NODE, [1, 6, 2, 2, 1], id="node"),
    ],
)
def test_lines_are_put_together_as_they_were_written(
    log_type: str, text: str, lengths: list[int]
) -> None:
    lines = text.splitlines()
    begun = []
    at = 0
    for length in lengths:
        begun.append(lines[at])
        at += length
    assert at == len(lines)
    assert beginnings(log_type, text) == begun


@pytest.mark.parametrize(
    "log_type", ["apache-request", "varnish-request", "bal-request", "bal-access", "drupal-request"]
)
def test_a_request_is_one_line_whatever_it_looks_like(log_type: str) -> None:
    assert format_for(log_type).grouping is None


@pytest.mark.parametrize("log_type", ["php-error", "apache-error", "mysql-slow", "myapp"])
def test_no_lines_have_no_starts(log_type: str) -> None:
    assert beginnings(log_type, "") == []


def test_what_looks_like_nothing_is_a_record_for_each_line() -> None:
    lines = (
        "INFO a\nDEBUG b\nx c\nSee d\nThen e\nCaused f\nErrors: none\n(g)\n<h>\n[i]\nü".splitlines()
    )
    assert beginnings("myapp", "\n".join(lines)) == lines


def test_an_operators_expression_says_where_records_begin() -> None:
    grouping = grouping_by(r"^\d+ |^=== ")
    assert grouping is not None
    lines = ["1 a", "b 1 ", "", "=== c", "2 d", "3 e", "é", "4 f"]
    assert grouping.starts(lines) == [True, False, False, True, True, True, False, True]


@pytest.mark.parametrize("start", ["^", ""])
def test_each_line_can_be_made_a_record(start: str) -> None:
    assert grouping_by(start) is None


def test_what_beginnings_mean_is_remembered_within_bounds() -> None:
    grouping = format_for("php-error").grouping
    assert grouping is not None
    lines = [f"{number} x" for number in range(1000)]
    assert grouping.starts([*lines, "[07-Jul-2014 20:28:53] x"]) == [*[False] * 1000, True]
