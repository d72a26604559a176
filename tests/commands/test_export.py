"""`careline export`: whole rows in a file that is replaced whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from careline.clock import DAY, HOUR
from careline.errors import Refused
from careline.heard import Who
from careline.rules.decide import outgoing
from tests.careline.world import ANNA, wrote
from tests.commands.desk import AT, RECORDS, Shop, checked, process

WANG = Who("oWang", "wechat_openid", name="王小明")


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Two chats with five messages: one of two days ago, one with a comma, quotes and a line end in it."""
    shop.hear("brand-cn", wrote(1, WANG, AT - 2 * DAY))
    shop.hear("shop-it", wrote(2, ANNA, AT - HOUR))
    shop.settle(outgoing.accepted(shop.send("shop-it", ANNA, 'Ciao, "Anna"\ncome stai?'), "wamid.3", shop.now))
    refusal = Refused("no", platform_code="131021")
    shop.settle(outgoing.failed(shop.send("shop-it", ANNA, "Ciao"), refusal, shop.now))
    shop.hear("shop-it", wrote(5, ANNA, AT))
    return shop


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_messages_as_jsonl_are_whole_records_in_their_order(busy: Shop, tmp_path: Path) -> None:
    target = tmp_path / "messages.jsonl"
    busy.done(f"export messages --to {target}")
    records = [checked("message", record) for record in lines(target)]
    assert [record["id"] for record in records] == ["1", "2", "3", "4", "5"]
    assert records[2]["text"] == 'Ciao, "Anna"\ncome stai?'
    assert records[3]["error"]["platform_code"] == "131021"


def test_conversations_as_jsonl_are_whole_records(busy: Shop, tmp_path: Path) -> None:
    busy.done(f"export conversations --to {tmp_path}/chats.jsonl")
    records = [checked("conversation", record) for record in lines(tmp_path / "chats.jsonl")]
    assert [(r["id"], r["contact"], r["contact_name"]) for r in records] == [("1", "c1", "王小明"), ("2", "c2", "Anna")]


@pytest.mark.parametrize(("kind", "record"), [("messages", "message"), ("conversations", "conversation")])
def test_csv_holds_the_same_rows_with_a_column_for_every_field(busy: Shop, tmp_path: Path, kind: str, record: str) -> None:
    busy.done(f"export {kind} --to {tmp_path}/rows.csv")
    busy.done(f"export {kind} --to {tmp_path}/rows.jsonl")
    data = (tmp_path / "rows.csv").read_bytes()
    rows = list(csv.DictReader(data.decode("utf-8").splitlines(keepends=True)))
    assert data.count(b"\r\n") == len(rows) + 1
    assert {column.partition(".")[0] for column in rows[0]} >= set(RECORDS[record].split()) - {"sla"}
    whole = lines(tmp_path / "rows.jsonl")
    assert [row["id"] for row in rows] == [one["id"] for one in whole]
    for row, one in zip(rows, whole, strict=True):
        for name, value in one.items():
            if isinstance(value, str):
                assert row[name] == value


def test_stdout_carries_the_rows_and_stderr_the_summary(busy: Shop) -> None:
    result = busy.done("export messages --to -")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["1", "2", "3", "4", "5"]
    assert result.stderr == f"messages  5 rows, {len(result.stdout.encode()):,} bytes  →  stdout\n"
    assert busy.done("export messages --to - --format csv").stdout.startswith("id,conversation,channel,contact,direction,kind,")
    machine = busy.done("export messages --to - -o json")
    assert checked("export summary", json.loads(machine.stderr))["rows"] == 5
    assert len(machine.stdout.splitlines()) == 5


def test_the_summary_is_a_whole_record(busy: Shop, tmp_path: Path) -> None:
    target = tmp_path / "messages.csv"
    summary = checked("export summary", busy.json(f"export messages --to {target}"))
    assert (summary["rows"], summary["bytes"], summary["format"]) == (5, target.stat().st_size, "csv")
    said = busy.done(f"export messages --to {target}")
    assert (said.stdout, said.stderr) == ("", f"messages  5 rows, {target.stat().st_size:,} bytes  →  {target}\n")
    assert busy.done(f"export messages --to {target} -q").stderr == ""


def test_nothing_to_export_is_done_with_an_empty_file(shop: Shop, tmp_path: Path) -> None:
    shop.done(f"export messages --to {tmp_path}/none.jsonl")
    assert (tmp_path / "none.jsonl").read_bytes() == b""
    shop.done(f"export messages --to {tmp_path}/none.csv")
    assert (tmp_path / "none.csv").read_bytes().count(b"\r\n") == 1


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        ("--since 3h", "2 3 4 5"),
        ("--since 2026-03-06T11:00:20Z", "2 3 4 5"),
        ("--until 2026-03-06T11:00:20Z", "1"),
        ("--since 2026-03-06T11:00:20Z --until 2026-03-06T11:00:21Z", "2"),
        ("--period today", "2 3 4 5"),
        ("--period yesterday", ""),
        ("--period 2026-03", "1 2 3 4 5"),
        ("--channel brand-cn", "1"),
        ("--channel brand-cn,shop-it --since today", "2 3 4 5"),
        ("--since 2026-03-06T13:00 --tz Europe/Rome", "3 4 5"),
    ],
)
def test_a_range_includes_its_begin_and_not_its_end(busy: Shop, more: str, ids: str) -> None:
    found = [json.loads(line)["id"] for line in busy.done(f"export messages --to - {more}").stdout.splitlines()]
    assert " ".join(found) == ids


def test_chats_are_chosen_by_when_they_began(busy: Shop) -> None:
    found = busy.done("export conversations --to - --period today").stdout.splitlines()
    assert [json.loads(line)["id"] for line in found] == ["2"]


@pytest.mark.parametrize(
    ("line", "exit"),
    [
        ("export messages --to {0}/x.jsonl --period today --since 1h", 2),
        ("export messages --to {0}/x.jsonl --since today --until yesterday", 2),
        ("export messages --to {0}/x.jsonl --since someday", 2),
        ("export messages --to {0}/x.xlsx", 2),
        ("export messages --to {0}/x", 2),
        ("export messages --to {0}/x.jsonl --format parquet", 2),
        ("export messages --to {0}/ --format jsonl", 2),
        ("export messages --to {0} --format jsonl", 2),
        ("export messages --to {0}/nowhere/x.jsonl", 2),
        ("export messages --to {0}/x.jsonl --columns nope", 2),
        ("export messages --to {0}/x.jsonl --channel nowhere", 5),
        ("export messages", 2),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_is_written(busy: Shop, tmp_path: Path, line: str, exit: int) -> None:
    before = sorted(tmp_path.iterdir())
    error = busy.refused(line.format(tmp_path), exit)
    assert error["message"]
    assert sorted(tmp_path.iterdir()) == before


def test_a_dry_run_writes_nothing(busy: Shop, tmp_path: Path) -> None:
    result = busy.done(f"export messages --to {tmp_path}/x.jsonl --period today -n")
    assert result.stderr == f"Would export 4 messages as jsonl to {tmp_path}/x.jsonl.\n"
    assert not (tmp_path / "x.jsonl").exists()


# When it fails


def test_the_old_file_stays_whole_when_a_row_cannot_be_read(busy: Shop, tmp_path: Path) -> None:
    target = tmp_path / "messages.jsonl"
    busy.done(f"export messages --to {target} --until today")
    before = target.read_bytes()
    busy.store._writer.execute("UPDATE message SET error = '{' WHERE id = 4")
    assert busy(f"export messages --to {target}").exit == 1
    assert target.read_bytes() == before
    assert list(tmp_path.glob(".careline-*")) == []


def test_the_old_file_stays_whole_when_the_disk_takes_no_more(busy: Shop, tmp_path: Path) -> None:
    target = tmp_path / "messages.jsonl"
    target.write_text("the old rows\n")
    for number in range(100, 400):
        busy.hear("shop-it", wrote(number, ANNA, AT))
    export = f"{sys.executable} -m careline export messages --to {target}"
    done = subprocess.run(["bash", "-c", f"ulimit -f 64; exec {export}"], capture_output=True, timeout=30)
    assert done.returncode == 1
    assert f"{target} was not written: file too large." in done.stderr.decode()
    assert target.read_text() == "the old rows\n"
    assert list(tmp_path.glob(".careline-*")) == []


def test_a_full_disk_behind_stdout_is_exit_1_and_said(busy: Shop) -> None:
    with open("/dev/full", "wb") as full:
        done = process("export messages --to -", stdout=full)
    assert (done.returncode, b"No space left on device" in done.stderr, b"Traceback" in done.stderr) == (1, True, False)


def test_a_reader_that_leaves_early_ends_it_quietly(busy: Shop) -> None:
    for number in range(100, 500):
        busy.hear("shop-it", wrote(number, ANNA, AT))
    command = f"{sys.executable} -m careline export messages --to - -q; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({command}) | head -n 1"], capture_output=True, timeout=30)
    assert json.loads(done.stdout)["id"] == "1"
    assert done.stderr == b"0\n"


def test_the_new_file_keeps_the_permissions_of_the_old(busy: Shop, tmp_path: Path) -> None:
    target = tmp_path / "messages.jsonl"
    target.touch(mode=0o600)
    busy.done(f"export messages --to {target}")
    assert (target.stat().st_mode & 0o777, os.stat(target).st_size > 100) == (0o600, True)
