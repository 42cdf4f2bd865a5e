import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from logstream.errors import ConfigError
from logstream.transport.tls import client_context, server_context


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
