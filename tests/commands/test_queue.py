"""`careline queue`: who waits, how long, and what is left of their window; live as it moves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.heard import Who
from careline.rules.decide import outgoing
from cli.cells import cells
from tests.careline.world import ANNA, LIWEI, NOON, wrote
from tests.commands.desk import AT, Shop, checked, process

WANG = Who("oWang", "wechat_openid", name="王小明")


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Three who wait: Wang since two days (his window is closed), Li Wei, and Anna, who wrote last."""
    shop.hear("brand-cn", wrote(1, WANG, AT - 50 * HOUR))
    shop.hear("brand-cn", wrote(2, LIWEI, AT - 38 * MINUTE))
    shop.hear("shop-it", wrote(3, ANNA, AT - 2 * MINUTE))
    return shop


def test_on_a_terminal_the_longest_wait_is_first_and_the_window_is_said(busy: Shop) -> None:
    busy.at(AT + 10 * SECOND)
    result = busy("queue list --color never", terminal=True)
    assert result.stdout.splitlines() == [
        "sandbox · 3 waiting, 1 window closed                         Fri 6 Mar 12:00 UTC",
        "",
        "CHAT  CHANNEL   CUSTOMER   WAITS   WINDOW  LEFT  AGENT  LAST",
        "1     brand-cn  王小明    2d 02h   closed        -      text 1",
        "2     brand-cn  c2           38m  47h 21m   5/5  -      text 2",
        "3     shop-it   Anna          2m  23h 57m        -      text 3",
    ]
    assert result.stderr == "\nanswer the next one: careline reply 1\n"


def test_times_are_those_of_the_zone_asked_for(busy: Shop) -> None:
    assert busy.screen("queue list --tz Europe/Rome").splitlines()[0].endswith("  Fri 6 Mar 13:00 Rome")


def test_an_empty_queue_says_so_and_is_done(shop: Shop) -> None:
    result = shop("queue list", terminal=True)
    assert (result.exit, result.stdout, result.stderr) == (0, "", "Nobody is waiting.\n")
    assert shop.json("queue list") == []
    assert shop.done("queue list").stdout == ""


def test_in_a_pipe_rows_are_whole_values(busy: Shop) -> None:
    busy.at(AT + 10 * SECOND)
    rows = [line.split("\t") for line in busy.done("queue list").stdout.splitlines()]
    assert [row[:3] for row in rows] == [["1", "brand-cn", "王小明"], ["2", "brand-cn", ""], ["3", "shop-it", "Anna"]]
    assert 50 * 3600 + 10 <= int(rows[0][3]) < 50 * 3600 + 60
    assert busy.done("queue list -o ids").stdout == "1\n2\n3\n"


def test_every_row_is_a_whole_record(busy: Shop) -> None:
    rows = [checked("queue row", row) for row in busy.json("queue list")]
    for row in rows:
        checked("window", row["window"])
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert [row["window"]["open"] for row in rows] == [False, True, True]
    assert [row["window"]["left"] for row in rows] == [5, 5, None]
    assert [row["preview"] for row in rows] == ["text 1", "text 2", "text 3"]
    assert [json.loads(line)["rank"] for line in busy.done("queue list -o jsonl").stdout.splitlines()] == [1, 2, 3]


def test_wide_names_and_texts_stay_in_their_columns(shop: Shop) -> None:
    long = Who("oLong", "wechat_openid", name="欧阳" * 20)
    shop.hear("brand-cn", wrote(1, WANG, AT - HOUR), wrote(2, long, AT - MINUTE))
    shop.hear("shop-it", wrote(3, ANNA, AT))
    lines = shop.screen("queue list").splitlines()[2:]
    starts = {cells(line[: line.index("text")]) for line in lines[1:]}
    assert starts == {cells(lines[0][: lines[0].index("LAST")])}
    assert all(cells(line) <= 80 for line in lines)
    assert "…" in lines[2]


def test_what_a_customer_writes_cannot_move_the_cursor(shop: Shop) -> None:
    shop.hear("shop-it", wrote(1, Who("39333", "wa_phone", name="A\x1b[2J\nB"), AT))
    for line in ("queue list", "queue tail --for 0s", "chats list", "chats show 1"):
        shown = shop(f"{line} --color never", terminal=True).stdout
        assert "\x1b" not in shown
        assert "A\\u001b[2J↵B" in shown


def test_a_long_list_is_cut_on_a_terminal_and_whole_in_a_pipe(shop: Shop) -> None:
    for number in range(31):
        shop.hear("shop-it", wrote(number, Who(f"39333{number:07}", "wa_phone"), AT - number * SECOND))
    cut = shop("queue list", terminal=True)
    assert "30 of 31, --all for the rest\n" in cut.stderr
    assert cut.stdout.count("shop-it") == 30
    assert shop.screen("queue list --all").count("shop-it") == 31
    assert shop.screen("queue list --limit 2").count("shop-it") == 2
    assert len(shop.json("queue list")) == 31
    assert len(shop.json("queue list --limit 2")) == 2


def test_filters_choose_channel_and_agent(busy: Shop) -> None:
    message = busy.send("brand-cn", LIWEI, "hello")
    busy.settle(outgoing.accepted(message, "", busy.now))
    busy.hear("brand-cn", wrote(4, LIWEI, AT))
    assert [row["conversation"] for row in busy.json("queue list --channel shop-it")] == ["3"]
    assert [row["conversation"] for row in busy.json("queue list --channel shop-it,brand-cn")] == ["1", "3", "2"]
    assert [row["conversation"] for row in busy.json("queue list --agent mei")] == ["2"]
    assert [row["conversation"] for row in busy.json("queue list --agent me", env={"CARELINE_AGENT": "mei"})] == ["2"]
    assert [row["conversation"] for row in busy.json("queue list --agent none")] == ["1", "3"]
    assert [row["conversation"] for row in busy.json("queue list --agent none,mei --channel brand-cn")] == ["1", "2"]
    assert busy.refused("queue list --channel nowhere", 5)["code"] == "unknown_channel"


def test_me_without_an_agent_is_exit_2_and_not_everybody_nobody_holds(busy: Shop) -> None:
    for line in ("queue list", "queue tail --for 0s", "chats list"):
        assert busy.refused(f"{line} --agent me", 2)["code"] == "no_agent"


def test_chinese_survives_a_terminal_that_knows_ascii_only(busy: Shop) -> None:
    bare = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for form in ("tsv", "table", "json"):
        done = process(f"queue list -o {form}", env=bare)
        assert (done.returncode, done.stderr) == (0, b"")
        assert "王小明" in done.stdout.decode()


def test_a_reader_that_leaves_early_ends_it_quietly(shop: Shop) -> None:
    for number in range(400):
        shop.hear("shop-it", wrote(number, Who(f"39333{number:07}", "wa_phone"), AT))
    command = f"{sys.executable} -m careline queue list -o json; echo $? >&2"
    done = subprocess.run(["sh", "-c", f"({command}) | head -c 100"], capture_output=True, timeout=30)
    assert (len(done.stdout), done.stderr) == (100, b"0\n")


# The tail


def test_the_tail_begins_with_who_waits(busy: Shop) -> None:
    result = busy("queue tail --for 0s --color never", terminal=True)
    assert result.exit == 0
    assert [line[10:] for line in result.stdout.splitlines()] == [
        "waiting      1  brand-cn   王小明            2d 02h   closed",
        "waiting      2  brand-cn   c2                   38m  47h 21m  5/5",
        "waiting      3  shop-it    Anna                  2m  23h 57m",
    ]
    assert result.stderr == "-- 3 waiting; following, Ctrl-C ends " + "-" * 42 + "\n"


def test_the_tail_follows_what_another_thread_and_another_command_do(busy: Shop) -> None:
    def meanwhile() -> None:
        time.sleep(0.2)
        busy.hear("brand-cn", wrote(9, LIWEI, AT + SECOND))
        message = busy.send("brand-cn", LIWEI, "hello")
        busy.settle(outgoing.accepted(message, "", busy.now))
        process("chats resolve 2")

    other = threading.Thread(target=meanwhile)
    other.start()
    lines = busy.done("queue tail --for 2s --since now -o jsonl").stdout.splitlines()
    other.join()
    events = [checked("tail event", json.loads(line)) for line in lines]
    assert [(e["event"], e["row"]["conversation"], e["actor"]) for e in events] == [
        ("message", "2", "customer"),
        ("claimed", "2", "human:mei"),
        ("replied", "2", "human:mei"),
        ("resolved", "2", "auto:chats"),
    ]
    for event in events:
        checked("queue row", event["row"])
    assert [e["seq"] for e in events] == sorted(e["seq"] for e in events)
    assert [e["row"]["preview"] for e in events][:3:2] == ["text 9", "hello"]


def test_since_shows_what_happened_then_and_nobody_who_waits(busy: Shop) -> None:
    assert [json.loads(line)["event"] for line in busy.done("queue tail --for 0s -o jsonl").stdout.splitlines()] == [
        "waiting"
    ] * 3
    since = busy.done("queue tail --for 0s --since 1h -o jsonl").stdout
    assert [json.loads(line)["event"] for line in since.splitlines()] == ["message"] * 3
    assert busy.done("queue tail --for 0s --since now -o jsonl").stdout == ""


def test_the_tail_shows_only_the_chats_that_are_asked_for(busy: Shop) -> None:
    lines = busy.done("queue tail --for 0s --channel shop-it").stdout.splitlines()
    assert [line.split("\t")[1:4] for line in lines] == [["waiting", "3", "shop-it"]]


def test_silence_is_said_now_and_then(shop: Shop) -> None:
    shown = shop.screen("queue tail --for 2s --beat 1s").splitlines()
    assert {line[10:] for line in shown} == {"beat      0 waiting"}
    assert len(shown) in (1, 2)


def test_ctrl_c_is_exit_130_with_the_cursor_kept(busy: Shop) -> None:
    tail = subprocess.Popen(
        [sys.executable, "-m", "careline", "queue", "tail", "-o", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert tail.stdout is not None
    assert [json.loads(tail.stdout.readline())["event"] for _ in range(3)] == ["waiting"] * 3
    tail.send_signal(signal.SIGINT)
    out, err = tail.communicate(timeout=10)
    assert (tail.returncode, out) == (130, b"")
    error = json.loads(err)["error"]
    assert (error["code"], error["message"]) == ("interrupted", f"cursor kept at {busy.store.last_seq()}")
    assert error["hint"] == "careline queue tail --since 12:00"


def test_a_tail_that_nobody_reads_any_more_ends_quietly(busy: Shop, tmp_path: Path) -> None:
    said = tmp_path / "stderr"
    with said.open("wb") as stderr:
        tail = subprocess.Popen(
            [sys.executable, "-m", "careline", "queue", "tail", "-o", "jsonl"], stdout=subprocess.PIPE, stderr=stderr
        )
        assert tail.stdout is not None
        tail.stdout.readline()
        tail.stdout.close()
        busy.hear("shop-it", wrote(9, ANNA, AT))
        assert tail.wait(timeout=10) == 0
    assert said.read_bytes() == b""


def test_a_store_of_days_ago_reads_as_it_is_now(busy: Shop) -> None:
    busy.at(NOON + 3 * DAY + 20 * SECOND)
    assert busy.screen("queue list").splitlines()[0].startswith("sandbox · 3 waiting, 3 windows closed  ")
