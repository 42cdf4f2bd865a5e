"""What the store promises, whichever database it is in: the same claims for each of them."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from doubles.postgresql import running_postgresql
from logstream.errors import NotFound, UsageError
from logstream.store import secret_hash
from logstream.store.entities import Environment, KeyKind
from logstream.store.store import Store

OpenStore = Callable[[], Store]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_hash, "_N", 2)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with running_postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same database each time it is called; a new one for each test."""
    opened: list[Store] = []
    if request.param == "sqlite":
        database = str(tmp_path / "logstream.db")
    else:
        database = new_database(request.getfixturevalue("postgresql"))

    def open_one() -> Store:
        store = Store.open(database)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


numbers = itertools.count()


def new_database(url: str) -> str:
    psycopg = pytest.importorskip("psycopg")
    name = f"test_{next(numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def dev(store: Store) -> Environment:
    application = store.create_application("Sample", "devcloud:sample")
    return store.create_environment(application, "dev")


# --- opening --------------------------------------------------------------------------------------


def test_what_is_stored_is_there_after_reopening(open_store: OpenStore) -> None:
    made = open_store().create_application("Sample", "devcloud:sample")
    assert open_store().list_applications() == [made]


def test_many_may_open_a_new_database_at_once(open_store: OpenStore) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            open_store().ping()
        except BaseException as exc:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(exc)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# --- applications ---------------------------------------------------------------------------------


def test_an_application_is_found_by_uuid_site_and_name(store: Store) -> None:
    made = store.create_application("Sample app", "devcloud:sample")
    assert [store.find_application(found) for found in (made.uuid, made.site, made.name)] == [
        made
    ] * 3


def test_an_application_may_be_given_its_uuid(store: Store) -> None:
    uuid = "8b83a104-2f09-4a5e-9210-d663bd873d93"
    assert store.create_application("Sample", "a:b", uuid=uuid.upper()).uuid == uuid


@pytest.mark.parametrize(
    ("name", "site", "uuid"),
    [
        ("Sample", "devcloud:other", None),
        ("Other", "devcloud:sample", None),
        ("Other", "devcloud:other", "8b83a104-2f09-4a5e-9210-d663bd873d93"),
    ],
)
def test_no_two_applications_share_a_name_a_site_or_a_uuid(
    store: Store, name: str, site: str, uuid: str | None
) -> None:
    store.create_application(
        "Sample", "devcloud:sample", uuid="8b83a104-2f09-4a5e-9210-d663bd873d93"
    )
    with pytest.raises(UsageError, match="exists"):
        store.create_application(name, site, uuid=uuid)
    assert len(store.list_applications()) == 1


def test_ensuring_an_application_creates_it_once_and_renames_it(store: Store) -> None:
    first = store.ensure_application("Sample", "devcloud:sample")
    assert store.ensure_application("Sample", "devcloud:sample") == first
    assert store.ensure_application("Renamed", "devcloud:sample").uuid == first.uuid
    assert [found.name for found in store.list_applications()] == ["Renamed"]


def test_ensuring_does_not_take_another_applications_name(store: Store) -> None:
    store.ensure_application("Sample", "devcloud:sample")
    store.ensure_application("Other", "devcloud:other")
    with pytest.raises(UsageError, match="another application"):
        store.ensure_application("Sample", "devcloud:other")


def test_a_number_is_never_given_twice(store: Store) -> None:
    first = store.create_application("Sample", "devcloud:sample")
    store.delete_application(first.uuid)
    assert store.create_application("Sample", "devcloud:sample").number > first.number


@pytest.mark.parametrize("reference", ["", "nothing", "a\0b", "\udcff", "'; drop table keys; --"])
def test_what_is_not_there_is_not_found(store: Store, reference: str) -> None:
    with pytest.raises(NotFound):
        store.find_application(reference)
    with pytest.raises(NotFound):
        store.delete_application(reference)
    with pytest.raises(NotFound):
        store.revoke_key(reference)
    assert store.find_key(reference) is None
    assert store.authenticate(reference, reference) is None


# --- environments ---------------------------------------------------------------------------------


def test_an_environments_id_names_its_number_and_its_application(
    store: Store, dev: Environment
) -> None:
    assert dev.id == f"{dev.number}-{dev.application.uuid}"
    assert dev.label == "Dev"
    assert store.find_environment(dev.application, "dev") == dev
    assert store.ensure_environment(dev.application, "dev") == dev


def test_an_environments_name_is_unique_in_its_application_only(
    store: Store, dev: Environment
) -> None:
    with pytest.raises(UsageError, match="already"):
        store.create_environment(dev.application, "dev")
    other = store.create_application("Other", "devcloud:other")
    store.create_environment(other, "dev")
    assert [found.name for found in store.list_environments(other)] == ["dev"]
    assert len(store.list_environments()) == 2


def test_a_deleted_application_takes_its_environments_along(store: Store, dev: Environment) -> None:
    key_id, _ = store.create_key(KeyKind.PERSON, [dev])
    store.delete_application(dev.application.uuid)
    assert store.list_environments() == []
    key = store.find_key(key_id)
    assert key is not None
    assert key.environments == ()
    with pytest.raises(NotFound):
        store.create_environment(dev.application, "test")
    with pytest.raises(NotFound):
        store.delete_environment(dev)


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_let_in_with_its_own_secret_only(store: Store, dev: Environment) -> None:
    key_id, secret = store.create_key(KeyKind.PERSON, [dev], label="Jane's")
    key = store.authenticate(key_id, secret)
    assert key is not None
    assert (key.id, key.kind, key.label, key.server) == (key_id, KeyKind.PERSON, "Jane's", "")
    assert key.environments == (dev.id,)
    for wrong in ("", secret[:-1], f"{secret}x", "\0", "\udcff"):
        assert store.authenticate(key_id, wrong) is None


def test_a_revoked_key_is_refused_and_still_listed(store: Store, dev: Environment) -> None:
    key_id, secret = store.create_key(KeyKind.PERSON, [dev])
    store.revoke_key(key_id)
    first = store.list_keys()
    store.revoke_key(key_id)
    assert store.authenticate(key_id, secret) is None
    assert store.find_key(key_id) is None
    assert store.list_keys() == first
    assert first[0].revoked_at_s is not None


def test_a_key_sees_what_it_was_granted_and_nothing_else(store: Store, dev: Environment) -> None:
    prod = store.create_environment(dev.application, "prod")
    other = store.create_application("Other", "devcloud:other")
    foreign = store.create_environment(other, "dev")
    key_id, _ = store.create_key(KeyKind.PERSON, [prod, prod])
    key = store.find_key(key_id)
    assert key is not None
    assert store.list_applications(key=key) == [dev.application]
    assert store.list_environments(key=key) == [prod]
    assert store.list_environments(dev.application, key=key) == [prod]
    assert store.list_environments(other, key=key) == []
    assert foreign.id not in key.environments


def test_a_key_needs_an_environment_that_exists(store: Store, dev: Environment) -> None:
    with pytest.raises(UsageError, match="at least one environment"):
        store.create_key(KeyKind.PERSON, [])
    store.delete_environment(dev)
    with pytest.raises(NotFound):
        store.create_key(KeyKind.PERSON, [dev])
    assert store.list_keys() == []


def test_no_two_keys_share_an_id(store: Store, dev: Environment) -> None:
    store.create_key(KeyKind.PERSON, [dev], key_id="jane", secret="one")
    with pytest.raises(UsageError, match="exists already"):
        store.create_key(KeyKind.PERSON, [dev], key_id="jane", secret="two")
    assert store.authenticate("jane", "one") is not None


def test_ensuring_a_key_makes_it_exactly_so(store: Store, dev: Environment) -> None:
    prod = store.create_environment(dev.application, "prod")
    for granted, secret in (([dev], "one"), ([dev, prod], "two"), ([prod], "two")):
        store.ensure_key(KeyKind.PERSON, granted, key_id="jane", secret=secret)
        key = store.authenticate("jane", secret)
        assert key is not None
        assert key.environments == tuple(environment.id for environment in granted)
    assert store.authenticate("jane", "one") is None
    assert len(store.list_keys()) == 1


def test_ensuring_does_not_bring_a_revoked_key_back(store: Store, dev: Environment) -> None:
    store.ensure_key(KeyKind.PERSON, [dev], key_id="jane", secret="one")
    store.revoke_key("jane")
    with pytest.raises(UsageError, match="revoked"):
        store.ensure_key(KeyKind.PERSON, [dev], key_id="jane", secret="one")
    assert store.authenticate("jane", "one") is None


def test_servers_are_those_of_the_logtailors_keys_that_are_not_revoked(
    store: Store, dev: Environment
) -> None:
    prod = store.create_environment(dev.application, "prod")
    store.create_key(KeyKind.PERSON, [dev])
    store.create_key(KeyKind.HUB, [dev])
    store.create_key(KeyKind.LOGTAILOR, [dev], server="srv-6")
    store.create_key(KeyKind.LOGTAILOR, [dev], server="srv-6")
    store.create_key(KeyKind.LOGTAILOR, [dev, prod], server="bal-4")
    gone, _ = store.create_key(KeyKind.LOGTAILOR, [dev], server="srv-7")
    store.revoke_key(gone)
    assert [server.name for server in store.list_servers(dev)] == ["bal-4", "srv-6"]
    assert [server.name for server in store.list_servers(prod)] == ["bal-4"]
    assert len({server.number for server in store.list_servers(dev)}) == 2


def test_a_hubs_key_is_for_every_server(store: Store, dev: Environment) -> None:
    key_id, _ = store.create_key(KeyKind.HUB, [dev])
    key = store.find_key(key_id)
    assert key is not None
    assert key.server == "*"


def test_threads_and_processes_may_write_beside_each_other(
    open_store: OpenStore, store: Store, dev: Environment
) -> None:
    stores = [store, open_store()]

    def create(writer: Store) -> None:
        for _ in range(5):
            writer.create_key(KeyKind.PERSON, [dev])

    threads = [threading.Thread(target=create, args=(writer,)) for writer in stores * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.list_keys()) == 20
