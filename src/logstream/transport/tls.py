"""TLS contexts of both sides, from files that a person names."""

import functools
import ssl
from pathlib import Path

from logstream.errors import ConfigError


def server_context(*, certificate: Path, key: Path) -> ssl.SSLContext:
    """Make a server's context, for TLS 1.2 and later.

    Args:
        certificate: PEM; the server's certificate and then those between it and the root.
        key: PEM; the certificate's private key, without a passphrase.

    Raises:
        ConfigError: A file cannot be read, is not PEM, or the two do not belong together.
    """
    for path, what in ((certificate, "TLS certificate"), (key, "TLS key")):
        _check_readable(path, what)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def no_passphrase() -> str:
        raise ConfigError(f"the TLS key {key} needs a passphrase: store it without one")

    try:
        context.load_cert_chain(certificate, key, password=no_passphrase)
    except ssl.SSLError as error:
        if "MISMATCH" in (error.reason or ""):
            raise ConfigError(
                f"the TLS key {key} does not belong to the certificate {certificate}"
            ) from None
        raise ConfigError(
            f"the TLS certificate {certificate} or its key {key} is not valid PEM"
        ) from None
    return context


@functools.cache
def client_context() -> ssl.SSLContext:
    """Give the context of a client, which trusts what the system trusts; made once, it is slow."""
    return ssl.create_default_context()


def own_context(certificate: Path) -> ssl.SSLContext:
    """Make the context of a client that dials its own process: it trusts this certificate alone.

    Whoever signed it, and whatever name it is for: the process dials itself by address.

    Args:
        certificate: As for ``server_context``, which has accepted it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is the root
    context.load_verify_locations(certificate)
    return context


def _check_readable(path: Path, what: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"cannot read the {what} {path}: {error.strerror}") from None
