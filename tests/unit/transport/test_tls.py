import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from logstream.errors import ConfigError
from logstream.transport.tls import client_context, own_context, server_context


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pems")
    authority = trustme.CA()
    for name in ("one", "two"):
        issued = authority.issue_cert("localhost")
        issued.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
    return folder


def test_a_certificate_and_its_key_make_a_context(pems: Path) -> None:
    context = server_context(certificate=pems / "one.crt", key=pems / "one.key")
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def refusal_of(certificate: Path, key: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        server_context(certificate=certificate, key=key)
    return str(caught.value)


def test_a_missing_file_is_named(pems: Path) -> None:
    missing = pems / "none.crt"
    assert refusal_of(missing, pems / "one.key") == (
        f"cannot read the TLS certificate {missing}: No such file or directory"
    )
    assert str(pems / "none.key") in refusal_of(pems / "one.crt", pems / "none.key")


def test_a_key_of_another_certificate_is_named(pems: Path) -> None:
    assert "does not belong to" in refusal_of(pems / "one.crt", pems / "two.key")


def test_what_is_no_pem_is_named(pems: Path, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    assert "is not valid PEM" in refusal_of(nonsense, pems / "one.key")
    assert "is not valid PEM" in refusal_of(pems / "one.crt", nonsense)


def test_a_key_with_a_passphrase_is_named(pems: Path, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key((pems / "one.key").read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert "needs a passphrase" in refusal_of(pems / "one.crt", locked)


def test_a_client_verifies_what_it_connects_to() -> None:
    context = client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert client_context() is context


def test_a_process_that_dials_itself_trusts_its_own_certificate_whatever_its_name(
    pems: Path,
) -> None:
    assert shakes_hands(pems, client=own_context(pems / "one.crt"))


def test_a_process_that_dials_itself_trusts_no_other_certificate(pems: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands(pems, client=own_context(pems / "two.crt"))


def shakes_hands(pems: Path, *, client: ssl.SSLContext) -> bool:
    """Let ``client`` and a server with certificate "one" speak in memory."""
    server = server_context(certificate=pems / "one.crt", key=pems / "one.key")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(down, up, server_hostname="127.0.0.1"),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(4):
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
    return not sides
