from logstream.client.cloud_api_types import Application, ConnectionDetails, Hosting, Offer


def test_an_application_without_hosting_has_no_hosting_id() -> None:
    assert Application(uuid="u").hosting_id == ""
    assert Application(uuid="u", hosting=Hosting(id="devcloud:x")).hosting_id == "devcloud:x"


def test_signatures_are_in_no_representation() -> None:
    details = ConnectionDetails(url="ws://h", site="a:b", env="dev", t=1, hmac="SIGNATURE")
    offer = Offer(site="a:b", environment="dev", server="srv-1", t=1, hmac="SIGNATURE")
    assert "SIGNATURE" not in f"{details!r} {offer!r}"
    assert "srv-1" in repr(offer)
