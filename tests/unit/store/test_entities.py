from logstream.store.entities import Application, Credentials, Environment

SAMPLE = Application(number=7, uuid="u-u", name="Sample", site="devcloud:sample", created_at_s=0)


def test_a_site_ends_in_the_sites_name() -> None:
    assert SAMPLE.site_name == "sample"


def test_an_environments_id_is_its_number_and_its_applications_uuid() -> None:
    dev = Environment(number=24, name="dev", label="Dev", application=SAMPLE, created_at_s=0)
    assert dev.id == "24-u-u"


def test_credentials_do_not_show_their_secret_by_accident() -> None:
    made = Credentials("jane", "hunter2")
    assert "hunter2" not in f"{made!r} {made}"
    assert made == ("jane", "hunter2")
