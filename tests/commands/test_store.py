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
