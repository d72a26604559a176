"""Migrating: what the released version wrote is all there afterwards, and whatever is killed, a store is old or new."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest

from careline.errors import Misconfigured, NotFound
from careline.events import Entry
from careline.heard import Heard, HeardNotice
from careline.model import ROWS, Channel, Message, Notice, Row
from careline.receiving.apply import Applier
from careline.rules.fold import fold
from careline.rules.window import Policy
from careline.settings import StoreAddress
from careline.store import migrate as migrating
from careline.store import rebuild as rebuilding
from careline.store import schema, steps
from careline.store.backup import verify
from careline.store.base import Store, Transaction
from careline.store.migrate import migrate, plan
from careline.store.rebuild import rebuild
from tests.careline.store import version1
from tests.careline.store.moving import note, process
from tests.careline.world import NOON
from tests.stores import Opener

FOLD = schema.FOLD


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of version 1."""
    return version1.make(tmp_path)


def run(path: Path) -> migrating.Migrated:
    return migrate(StoreAddress.of(str(path)), NOON, path.parent)


def versions(path: Path) -> tuple[int, int]:
    found = []
    for name in (path, path.with_name("inbound.db")):
        connection = apsw.Connection(str(name))
        found.append(int(connection.pragma("user_version")))
        connection.close()
    return found[0], found[1]


def check(path: Path) -> None:
    """Everything that version 1 wrote is there, and what was new is new."""
    store = Opener.at(str(path))
    try:
        assert rebuild(store, check=True).differing == {}
        assert (store.count(Message), store.count(Notice), len(list(store.entries()))) == (4, 2, 15)
        bodies = {state: [r.body for r in store.inbound.walk(state=state)] for state in ("applied", "dead", "new")}
        assert bodies == {"applied": [b"one", b"two", b"six"], "dead": [b"four"], "new": [b"three", b"five", b"seven"]}
        assert next(store.inbound.walk(state="dead")).error == "no JSON"
        assert [m.text for m in store.select(Message, "WHERE id = 3")] == ["\\u0000 and a NUL: \ufffd"]
        store.change(note)
        assert store.token("brand-cn") == ("token-of-long-ago", NOON)
    finally:
        store.close()


def test_a_store_of_the_released_version_keeps_everything(old: Path) -> None:
    done = run(old)
    assert (done.state, done.before, done.version, versions(old)) == ("migrated", 1, 2, (2, 2))
    check(old)
    assert run(old).state == "current"


def test_before_it_is_migrated_every_other_use_names_the_command(old: Path) -> None:
    with pytest.raises(Misconfigured) as refusal:
        Opener.at(str(old))
    assert (refusal.value.code, refusal.value.run) == ("store_older", "careline store migrate")


def test_nothing_is_told_twice_afterwards(old: Path) -> None:
    run(old)
    store = Opener.at(str(old))

    def hear(channel: Channel, body: bytes, at: int) -> list[Heard]:
        return [HeardNotice(key="", at=at, kind="quality", raw=body.decode())]

    before = store.count(Notice)
    done = Applier(store, hear, lambda channel: Policy({}), lambda received, problem: None).apply_some()
    assert (done["shop-it"].payloads, done["shop-it"].known, store.count(Notice)) == (3, 1, before + 2)
    applier = Applier(store, hear, lambda channel: Policy({}), lambda received, problem: None)
    replayed = store.inbound.find(2)
    assert replayed is not None
    assert applier.apply_one(replayed)[1].events == 0
    store.close()


def test_both_files_are_backed_up_before_without_tokens_and_for_the_owner_alone(old: Path) -> None:
    done = run(old)
    names = [Path(path).name for path in done.backups]
    assert all(re.fullmatch(r"(careline|inbound)\.db\.v1-\d{8}T\d{6}\.bak", name) for name in names), names
    assert len(names) == 2
    for path in map(Path, done.backups):
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"token-of-long-ago" not in path.read_bytes()
    assert not list(old.parent.glob(".careline-*"))
    # Put back, they are the old store again.
    for path in map(Path, done.backups):
        for file in old.parent.glob(f"{path.name.partition('.v1-')[0]}*"):
            if ".bak" not in file.name:
                file.unlink()
        path.rename(old.parent / path.name.partition(".v1-")[0])
    assert versions(old) == (1, 1)
    assert run(old).state == "migrated"


@pytest.mark.parametrize("point", ["migrate.backed_up", "migrate.before_commit", "migrate.inbound"])
def test_killed_anywhere_it_is_old_or_new_and_the_same_command_finishes(old: Path, point: str) -> None:
    words = ("store", "migrate", "-o", "json")
    assert process(*words, crash=point, CARELINE_STORE=str(old)).returncode == -9
    assert versions(old) == ((2, 1) if point == "migrate.inbound" else (1, 1))
    refused = process("store", "info", CARELINE_STORE=str(old))
    assert (refused.returncode, "careline store migrate" in refused.stderr) == (9, True)
    assert process(*words, CARELINE_STORE=str(old)).returncode == 0
    check(old)


def test_a_plan_changes_nothing(old: Path) -> None:
    before = {path.name for path in old.parent.iterdir()}
    found = plan(StoreAddress.of(str(old)))
    assert (found.state, found.before, found.version, versions(old)) == ("planned", 1, 2, (1, 1))
    assert {p.name for p in old.parent.iterdir() if ".bak" in p.name} <= before


def test_where_there_is_no_store_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(tmp_path / "careline.db")
    assert not (tmp_path / "careline.db").exists()


def test_a_store_of_a_newer_careline_is_left_alone(store: Store, opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    store.change(note)
    monkeypatch.setattr(schema, "VERSION", 1)
    with pytest.raises(Misconfigured) as refusal:
        migrate(StoreAddress.of(opener.address), NOON, Path())
    assert refusal.value.code == "store_newer"


# A version to come


class Tagged(Row, frozen=True, kw_only=True):
    """A notice with a column that today's have not."""

    table = "notice"
    key = ("id",)

    id: int
    channel: str
    kind: str
    summary: str = ""
    raw: str = ""
    occurred_at: int = 0
    tag: str = ""


def _fold(entry: Entry, get: object) -> list[Row]:
    return [
        Tagged(id=row.id, channel=row.channel, kind=row.kind, raw=row.raw, occurred_at=row.occurred_at, tag=f"of {row.channel}")
        if isinstance(row, Notice)
        else row
        for row in fold(entry, get)  # type: ignore[arg-type]
    ]


def _more(store: Transaction, inbound: Transaction) -> None:
    store.script("CREATE TABLE extra (name TEXT PRIMARY KEY)")


def _mark(store: Transaction, inbound: Transaction) -> None:
    inbound.script("ALTER TABLE inbound ADD COLUMN seen INTEGER")


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Version 3: a table more, a column of the webhooks, and a fold that fills a column more."""
    rows = tuple(Tagged if kind is Notice else kind for kind in ROWS)
    for module in (schema, rebuilding, migrating):
        monkeypatch.setattr(module, "ROWS", rows)
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "FOLD", FOLD + 1)
    monkeypatch.setattr(migrating, "fold", _fold)
    monkeypatch.setitem(steps.STEPS, 3, steps.Step(_more, _mark))  # type: ignore[arg-type]
    return monkeypatch


def test_a_changed_fold_folds_again_into_todays_columns(
    store: Store, opener: Opener, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store.change(lambda change: [note(change) for _ in range(3)])
    store.inbound.put([("shop-it", NOON, b"{}")])
    store.keep_token("brand-cn", "token-of-long-ago", NOON)
    tomorrow: pytest.MonkeyPatch = request.getfixturevalue("tomorrow")
    address = StoreAddress.of(opener.address)
    with pytest.raises(Misconfigured) as refusal:
        Opener.at(opener.address)
    assert refusal.value.code == "store_older"
    done = migrate(address, NOON, tmp_path)
    assert (done.state, done.before, done.version, done.folded) == ("migrated", 2, 3, 3)
    new = Opener.at(opener.address)
    assert [row.tag for row in new.select(Tagged, "ORDER BY id")] == ["of shop-it"] * 3
    assert [r.body for r in new.inbound.walk()] == [b"{}"]
    assert rebuild(new, check=True, folding=_fold).differing == {}
    indexes = (
        "sqlite_master WHERE name"
        if opener.kind == "sqlite"
        else "pg_indexes WHERE schemaname = current_schema() AND indexname"
    )
    assert list(new.query(f"SELECT count(*) FROM {indexes} = 'message_platform'")) == [(1,)]
    new.close()
    for path in map(Path, done.backups):
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"token-of-long-ago" not in path.read_bytes()
    if opener.kind == "postgres":
        (path,) = map(Path, done.backups)
        assert path.parent == tmp_path
        tomorrow.undo()
        assert verify(path).events == 3


def test_a_program_that_runs_on_after_a_migration_writes_nothing(
    store: Store, opener: Opener, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store.change(note)
    tomorrow: pytest.MonkeyPatch = request.getfixturevalue("tomorrow")
    migrate(StoreAddress.of(opener.address), NOON, tmp_path)
    tomorrow.undo()
    for refused in (lambda: store.change(note), lambda: store.inbound.put([("shop-it", NOON, b"{}")])):
        with pytest.raises(Misconfigured) as refusal:
            refused()
        assert refusal.value.code == "store_newer"
    assert store.count(Notice) == 1


def test_a_fold_that_fails_has_changed_nothing(
    store: Store, opener: Opener, tmp_path: Path, tomorrow: pytest.MonkeyPatch
) -> None:
    tomorrow.setattr(schema, "VERSION", 2)
    tomorrow.setattr(schema, "FOLD", FOLD)
    store.change(note)
    tomorrow.setattr(schema, "VERSION", 3)
    tomorrow.setattr(schema, "FOLD", FOLD + 1)

    def fails(entry: Entry, get: object) -> list[Row]:
        raise RuntimeError("a defect")

    tomorrow.setattr(migrating, "fold", fails)
    with pytest.raises(RuntimeError):
        migrate(StoreAddress.of(opener.address), NOON, tmp_path)
    tomorrow.undo()
    assert opener().change(note) == 2
