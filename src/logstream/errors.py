"""Every error that Logstream raises on purpose, in one tree.

LogstreamError
├── UsageError                   what the person asked for makes no sense          exit code 2
├── ConfigError                  a configuration file or option is wrong           exit code 2
├── AuthenticationError          credentials missing, invalid or refused           exit code 4
├── NotFound                     no such application, environment or source        exit code 1
├── ApiError                     the Cloud API answered something else             exit code 1
├── ConnectionFailed             could not connect, or the connection was lost     exit code 1
├── StoreUnavailable             the database cannot be reached, or is locked      exit code 1
├── Unsupported                  the service does not offer what was asked for     exit code 1
├── StreamRefused                the hub answered our request with an ``error``    exit code 1 or 4
├── TicketError                  connection details that must not be honoured
│   ├── TicketForged             the signature does not match
│   └── TicketExpired            too old, or from the future
├── BadMessage                   a received message that breaks the protocol
├── BadCursor                    a cursor is garbage, or another source's          exit code 2
├── BadFilter                    a filter's expression or column is none           exit code 2
└── InvertedRange                a range ends before it begins                  exit code 1

An error's text is one line, fit to be shown to a person as it is: it names the input, says what is
wrong and what to do. No error's text holds a secret.
"""

from typing import ClassVar


class LogstreamError(Exception):
    """The root of the tree; its text is one line for a person."""

    exit_code: ClassVar[int] = 1


class UsageError(LogstreamError):
    """What the person asked for makes no sense as it stands."""

    exit_code = 2


class ConfigError(LogstreamError):
    """A configuration file, an option or an environment variable is wrong."""

    exit_code = 2


class AuthenticationError(LogstreamError):
    """Credentials are missing, cannot be read, or were refused."""

    exit_code = 4


class NotFound(LogstreamError):
    """There is no such application, environment, server or source."""


class ApiError(LogstreamError):
    """The Cloud API answered in a way that no other error describes.

    Attributes:
        status: The HTTP status code, or 0 where no answer came at all.
    """

    def __init__(self, text: str, *, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class ConnectionFailed(LogstreamError):
    """A stream connection could not be made, or was lost."""


class StoreUnavailable(LogstreamError):
    """The database cannot be reached, or another process keeps it locked."""


class Unsupported(LogstreamError):
    """The service does not offer what was asked for."""


class StreamRefused(LogstreamError):
    """The hub answered one of our messages with an ``error``.

    Attributes:
        code: The protocol's code: 400, 401, 403, 404 or 500.
    """

    def __init__(self, text: str, *, code: int) -> None:
        super().__init__(text)
        self.code = code


class TicketError(LogstreamError):
    """Connection details that must not be honoured.

    Attributes:
        code: The protocol code that tells the peer so.
    """

    code: ClassVar[int] = 403


class TicketForged(TicketError):
    """The signature does not match: another secret, role, site, environment, server or time."""


class TicketExpired(TicketError):
    """Signed too long ago, or in the future; fresh details help."""

    code = 401


class BadMessage(LogstreamError):
    """A received message breaks the protocol.

    Attributes:
        code: The protocol code of the ``error`` that answers it.
        during: The message as it was received, cut to ``DURING_MAX_BYTES``.
    """

    def __init__(self, description: str, *, code: int = 400, during: str = "") -> None:
        super().__init__(description)
        self.code = code
        self.during = during


class BadCursor(LogstreamError):
    """A cursor is garbage, or another source's. Protocol code 400."""

    exit_code = 2
    code: ClassVar[int] = 400


class BadFilter(LogstreamError):
    """A filter's expression or column is none, or there is too much of it. Protocol code 400."""

    exit_code = 2
    code: ClassVar[int] = 400


class InvertedRange(LogstreamError):
    """A range ends before it begins. Protocol code 409."""

    code: ClassVar[int] = 409
