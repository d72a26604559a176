"""`careline store`: what is in it, and the proof that the tables are what the journal says."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from careline.rules.decide import outgoing
from tests.careline.world import ANNA, LIWEI, wrote
from tests.commands.desk import AT, Program, Shop


@pytest.fixture
def busy(shop: Shop) -> Shop:
    shop.hear("shop-it", wrote(1, ANNA, AT))
    shop.hear("brand-cn", wrote(2, LIWEI, AT))
    shop.settle(outgoing.accepted(shop.send("shop-it", ANNA, "Ciao"), "wamid.3", shop.now))
    return shop


def test_info_says_where_the_store_is_and_counts_what_is_in_it(busy: Shop) -> None:
    found = busy.json("store info")
    assert (found["path"], found["store_id"]) == (str(busy.store.path), busy.store.store_id)
    assert (found["events"], found["last_seq"]) == (busy.store.last_seq(), busy.store.last_seq())
    assert {k: found["rows"][k] for k in ("channel", "contact", "conversation", "message")} == {
        "channel": 2,
        "contact": 2,
        "conversation": 2,
        "message": 3,
    }
    assert found["inbound"] == {"new": 0, "applied": 0, "dead": 0}
    shown = busy.screen("store info")
    assert f"path                {busy.store.path}\n" in shown
    assert "\nmessages            3\n" in shown


def test_info_names_what_could_not_be_applied(busy: Shop) -> None:
    busy.store.inbound.put([("shop-it", AT, b"rubbish")])
    busy.store.inbound.bury(1, "it is not JSON")
    result = busy.done("store info -o json")
    assert json.loads(result.stdout)["inbound"]["dead"] == 1
    assert result.stderr == "inbound 1 of shop-it could not be applied: it is not JSON\n"


def test_a_store_is_made_where_there_is_none(careline: Program, isolated: Path) -> None:
    result = careline("store", "info", "-o", "json")
    assert (result.exit, json.loads(result.stdout)["events"]) == (0, 0)
    assert (isolated / "profiles" / "default" / "careline.db").stat().st_mode & 0o777 == 0o600


def test_the_tables_of_a_sound_store_are_what_the_journal_says(busy: Shop) -> None:
    before = busy.store.last_seq()
    found = busy.json("store rebuild --check")
    assert (found["events"], found["differing"], found["rows"] > 8) == (before, 0, True)
    assert busy.store.last_seq() == before


def test_a_row_that_was_tampered_with_is_exit_1_and_named_and_a_rebuild_mends_it(busy: Shop) -> None:
    busy.store._writer.execute("UPDATE conversation SET agent = 'nobody' WHERE id = 1")
    busy.store._writer.execute("DELETE FROM message WHERE id = 2")
    result = busy("store rebuild --check -o json")
    assert (result.exit, json.loads(result.stdout)["differing"]) == (1, 2)
    *said, error = result.stderr.splitlines()
    assert said == ["conversation: 1 row differed, 1", "message: 1 row differed, 2"]
    assert json.loads(error)["error"]["code"] == "store_differs"
    assert busy.json("chats show 1")["agent"] == "nobody"
    assert busy.json("store rebuild")["differing"] == 2
    assert busy.json("chats show 1")["agent"] == "mei"
    assert busy.json("store rebuild --check")["differing"] == 0


def test_a_dry_run_only_compares(busy: Shop) -> None:
    busy.store._writer.execute("UPDATE conversation SET agent = 'nobody' WHERE id = 1")
    assert busy("store rebuild -n").exit == 1
    assert busy.json("chats show 1")["agent"] == "nobody"


def test_the_progress_goes_to_stderr_and_away(busy: Shop) -> None:
    assert busy.screen("store rebuild --check").splitlines() == [
        f"events     {busy.store.last_seq()}",
        f"rows       {busy.json('store rebuild --check')['rows']}",
        "differing  0",
    ]


# A store that cannot be used


@pytest.mark.parametrize("command", ["store info", "queue list", "chats list", "outbox list", "qr list", "channels list"])
def test_a_file_that_is_no_database_is_exit_9_everywhere(shop: Shop, tmp_path: Path, command: str) -> None:
    (tmp_path / "notes.txt").write_text("These are my notes, and they shall stay as they are.\n" * 100)
    error = shop.refused(command, 9, env={"CARELINE_STORE": f"{tmp_path}/notes.txt"})
    assert error["code"] == "store_damaged"
    assert (tmp_path / "notes.txt").read_text().startswith("These are my notes")


def test_a_store_of_a_newer_careline_is_exit_9_and_left_alone(shop: Shop, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "newer.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    error = shop.refused("store info", 9, env={"CARELINE_STORE": f"{tmp_path}/newer.db"})
    assert (error["code"], "version 999" in error["message"]) == ("store_newer", True)


def test_a_home_that_cannot_be_made_is_exit_9_and_says_what_to_set(careline: Program) -> None:
    result = careline("store", "info", env={"CARELINE_HOME": "/proc/careline"})
    assert (result.exit, "CARELINE_HOME names another place." in result.stderr) == (9, True)
    assert "Traceback" not in result.stderr


# Moving, migrating, backing up


def test_a_store_is_moved_by_one_command_and_the_old_one_names_the_new(busy: Shop, tmp_path: Path) -> None:
    old, new = busy.store.path, tmp_path / "new.db"
    events = busy.store.last_seq()
    planned = busy.json(f"store copy {old} {new} -n")
    assert (planned["state"], planned["events"], planned["target"], new.exists()) == ("planned", events, str(new), False)
    result = busy.done(f"store copy {old} {new} -o json")
    done = json.loads(result.stdout)
    assert (done["state"], done["events"], done["source"], done["target"]) == ("moved", events, str(old), str(new))
    assert "is sealed" in result.stderr
    error = busy.refused("chats resolve 1", 9)
    assert (error["code"], str(new) in error["message"]) == ("store_sealed", True)
    assert busy.json("store info")["state"] == "sealed"
    assert len(busy.json("chats list")) == 2
    there = {"CARELINE_STORE": str(new)}
    assert busy.json("store info", env=there)["state"] == "ready"
    assert busy.json("store rebuild --check", env=there)["differing"] == 0
    busy.done("chats resolve 1", env=there)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("postgresql://care:s3cret@db/shop", "password_in_argument"),
        ("postgresql://care@db/shop?password=s3cret", "password_in_argument"),
        ("postgresql://[s3cret", "bad_address"),
        ("-", "bad_address"),
        ("nowhere/at/all.db", "bad_address"),
    ],
)
def test_an_address_with_a_password_or_to_nowhere_is_exit_2(busy: Shop, address: str, code: str) -> None:
    for words in (f"{busy.store.path} {address}", f"{address} {busy.store.path}"):
        result = busy(f"store copy {words} -o json")
        assert (result.exit, json.loads(result.stderr)["error"]["code"]) == (2, code)
        assert "s3cret" not in result.stderr


def test_a_store_that_is_not_there_is_not_made_by_copying_from_it(busy: Shop, tmp_path: Path) -> None:
    error = busy.refused(f"store copy {tmp_path}/old.db {tmp_path}/new.db", 5)
    assert (error["code"], list(tmp_path.glob("*.db"))) == ("no_store", [])


def test_the_password_of_an_address_comes_from_the_setting(busy: Shop) -> None:
    """Nobody answers there: what matters is that no password is asked for and none is shown."""
    known = {"CARELINE_STORE": "postgresql://care:s3cret@127.0.0.1:1/shop"}
    result = busy(f"store copy postgresql://care@127.0.0.1:1/shop {busy.store.path} -o json", env=known)
    assert (result.exit, json.loads(result.stderr)["error"]["code"]) == (8, "store_unreachable")
    assert "s3cret" not in result.stderr


def test_a_backup_is_restored_and_sending_is_held_until_it_is_released(busy: Shop, tmp_path: Path) -> None:
    file, events = tmp_path / "shop.bak", busy.store.last_seq()
    assert busy.json(f"store backup {file} -n")["events"] == events
    assert not file.exists()
    made = busy.json(f"store backup {file}")
    assert (made["events"], made["path"], made["bytes"]) == (events, str(file), file.stat().st_size)
    assert busy.refused(f"store backup {file}", 2)["code"] == "file_exists"
    assert busy.refused(f"store restore {file}", 9)["code"] == "store_not_empty"

    there = {"CARELINE_STORE": str(tmp_path / "new.db"), "CARELINE_AGENT": "mei"}
    assert busy.json(f"store restore {file} -n", env=there)["state"] == "planned"
    result = busy.done(f"store restore {file} -o json", env=there)
    assert json.loads(result.stdout)["state"] == "held"
    assert "careline store release" in result.stderr
    assert busy.json("store info", env=there)["state"] == "held"

    send = f"send --channel shop-it --to {ANNA.phone} --text Ciao"
    for line in (f"{send} -n", "reply 1 Ciao -n"):
        error = busy.refused(line, 9, env=there)
        assert (error["code"], "careline store release" in error["hint"]) == ("store_held", True), line
    busy.done(f"export messages --to {tmp_path}/messages.jsonl", env=there)
    assert len(busy.json("queue list", env=there)) == 1
    busy.done("chats resolve 2", env=there)

    planned = busy.json("store release -n", env=there)
    assert (planned["state"], planned["held"].startswith("the backup of 2026-")) == ("held", True)
    assert busy.json("store release", env=there)["state"] == "ready"
    assert busy.json("store info", env=there)["state"] == "ready"
    assert busy.json(f"{send} -n", env=there)
    assert busy.done("store release", env=there).stderr == "Nothing is held.\n"


def test_a_damaged_backup_is_exit_1_and_none_at_all_exit_5(busy: Shop, tmp_path: Path) -> None:
    file = tmp_path / "shop.bak"
    busy.done(f"store backup {file}")
    file.write_bytes(file.read_bytes().replace(b"text 1", b"test 1"))
    there = {"CARELINE_STORE": str(tmp_path / "new.db")}
    assert busy.refused(f"store restore {file}", 1, env=there)["code"] == "backup_damaged"
    assert busy.refused(f"store restore {tmp_path}/none.bak", 5, env=there)["code"] == "no_backup"


def test_an_old_store_is_migrated_where_the_settings_name_it(busy: Shop, tmp_path: Path) -> None:
    from tests.careline.store import version1

    there = {"CARELINE_STORE": str(version1.make(tmp_path))}
    assert busy.refused("queue list", 9, env=there)["code"] == "store_older"
    planned = busy.json("store migrate -n", env=there)
    assert (planned["state"], planned["before"], planned["backups"]) == ("planned", 1, [])
    result = busy.done("store migrate -o json", env=there)
    done = json.loads(result.stdout)
    assert (done["state"], done["version"], len(done["backups"])) == ("migrated", 2, 2)
    assert result.stderr.count("Before that: ") == 2
    assert busy.json("store migrate", env=there)["state"] == "current"
    assert len(busy.json("chats list", env=there)) == 2
    assert busy.json("store rebuild --check", env=there)["differing"] == 0


def test_migrating_where_there_is_nothing_is_exit_5(careline: Program) -> None:
    result = careline("store", "migrate")
    assert (result.exit, "There is no store" in result.stderr) == (5, True)


def test_a_store_that_is_being_filled_is_never_taken_for_an_empty_one(busy: Shop) -> None:
    """Cron would publish a queue in which nobody waits."""
    busy.store.note("filling", "/old/careline.db")
    for line in ("queue list", "chats list", "export messages --to -", "outbox list", "receive --dry-run"):
        error = busy.refused(line, 9)
        assert (error["code"], "/old/careline.db" in error["message"]) == ("store_incomplete", True)
    assert busy.json("store info")["state"] == "incomplete"
    assert "being filled from /old/careline.db" in busy("store info").stderr


@pytest.mark.parametrize(
    ("address", "exit", "words"),
    [
        ("foo://x", 9, "postgresql://"),
        ("/nonexist/x.db", 9, "/nonexist is not there"),
        ("postgresql://127.0.0.1:1/care", 8, "Nothing was written"),
    ],
)
def test_an_address_that_is_wrong_is_said_where_it_is_wrong(careline: Program, address: str, exit: int, words: str) -> None:
    result = careline("store", "info", env={"CARELINE_STORE": address})
    assert (result.exit, words in result.stderr) == (exit, True), result


def test_a_database_a_role_or_a_schema_that_is_missing_is_a_setting_that_is_wrong(careline: Program, postgres: str) -> None:
    plain = postgres.partition("&options=")[0]
    for address, words in (
        (plain.replace("/postgres?", "/nodb?"), "Create it first"),
        (plain.replace("postgres:@", "nobody:@"), "Create it first"),
        (f"{plain}&options=-csearch_path%3Dbrand", "CREATE SCHEMA"),
    ):
        result = careline("queue", "list", env={"CARELINE_STORE": address})
        assert (result.exit, words in result.stderr) == (9, True), result
