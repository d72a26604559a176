"""`careline qr stats`: what came of the codes on the walls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from careline.clock import HOUR, MINUTE
from careline.model import Code, Conversation
from careline.sandbox import account
from tests.commands.desk import ANNA, LIWEI, Desk


@pytest.fixture
def street(open_desk: Desk, tmp_path: Path) -> Desk:
    """Three codes on WeChat, one on WhatsApp; two of them of the campaign ``spring``."""
    create = "qr create --channel brand-cn"
    open_desk.done(f"{create} --scene door --campaign spring --out {tmp_path}/a.png")
    open_desk.done(f"{create} --scene window --out {tmp_path}/b.png")
    open_desk.done(f"{create} --scene 7 --numeric --out {tmp_path}/c.png")
    open_desk.done(f"qr create --channel shop-it --scene cassa --text Ciao! --campaign spring --out {tmp_path}/d.png")
    return open_desk


def counted(desk: Desk, more: str = "") -> dict[str, tuple[Any, ...]]:
    names = ("scans", "follows", "chats", "answered", "first_reply_s")
    found = desk.json(f"qr stats {more}")
    return {one.get("scene") or one["campaign"]: tuple(one[name] for name in names) for one in found}


def test_scans_follows_chats_and_first_answers_are_counted_by_scene(street: Desk) -> None:
    street.control.scan(LIWEI, "door")
    street.control.scan(LIWEI, "door")
    street.control.say(LIWEI, "在吗")
    street.control.scan("wang", "window")
    street.control.say(ANNA, "Ciao! Avete il 42?")
    street.pass_by(4 * MINUTE)
    (chat,) = [chat for chat in street.rows(Conversation) if chat.code == "s:door"]
    street.done(f"reply {chat.id} 您好", env={"CARELINE_AGENT": "mei"})
    assert counted(street) == {
        "door": (2, 1, 1, 1, pytest.approx(240, abs=5)),
        "window": (1, 1, 0, 0, None),
        "cassa": (1, 0, 1, 0, None),
        "7": (0, 0, 0, 0, None),
    }
    assert next(iter(counted(street))) == "door"


def test_campaigns_are_summed_over_channels_and_the_median_is_of_all_their_chats(street: Desk) -> None:
    street.control.scan(LIWEI, "door")
    street.control.say(LIWEI, "在吗")
    street.control.say(ANNA, "Ciao! Avete il 42?")
    first, second = sorted(street.rows(Conversation), key=lambda chat: chat.channel)
    street.pass_by(2 * MINUTE)
    street.done(f"reply {first.id} 您好", env={"CARELINE_AGENT": "mei"})
    street.pass_by(4 * MINUTE)
    street.done(f"reply {second.id} Sì!", env={"CARELINE_AGENT": "mei"})
    assert counted(street, "--by campaign") == {"spring": (2, 1, 2, 2, pytest.approx(240, abs=5)), None: (0, 0, 0, 0, None)}


def test_a_range_counts_what_happened_in_it(street: Desk) -> None:
    street.control.scan(LIWEI, "door")
    street.pass_by(2 * HOUR)
    street.control.scan("wang", "door")
    street.control.say("wang", "在吗")
    assert counted(street, "--since 1h")["door"] == (1, 1, 1, 0, None)
    assert counted(street, "--channel brand-cn")["door"] == (2, 2, 1, 0, None)
    assert "door" not in counted(street, "--channel shop-it")


def test_who_scanned_more_than_a_day_before_writing_did_not_come_by_the_code(street: Desk) -> None:
    street.control.scan(LIWEI, "door")
    street.pass_by(25 * HOUR)
    street.control.say(LIWEI, "在吗")
    assert counted(street)["door"] == (1, 1, 0, 0, None)


def test_a_terminal_shows_the_table_and_bars_as_long_as_the_scans(street: Desk) -> None:
    for who in ("a", "b", "c", "d"):
        street.control.scan(who, "door")
    street.control.scan("e", "window")
    shown = street.screen("qr stats").splitlines()
    assert shown[0].split() == ["SCENE", "CHANNEL", "SCANS", "FOLLOWS", "CHATS", "ANSWERED", "FIRST", "REPLY"]
    chart = shown[shown.index("scans by scene") + 1 :]
    lengths = [line.count("█") for line in chart]
    assert [line.split()[0] for line in chart] == ["door", "window"]
    assert lengths[0] // 4 == lengths[1]
    assert chart[0].endswith("4 → 0 chats")


def test_a_batch_and_what_came_of_it_are_the_same_on_postgresql(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    monkeypatch.setenv("CARELINE_STORE", postgres)
    desk.env["CARELINE_STORE"] = postgres
    desk.register("brand-cn")
    table = tmp_path / "stores.csv"
    table.write_text("scene,campaign\ndoor,spring\nwindow,spring\n", "utf-8")
    for state in ("drawn", "same"):
        found = desk.done(f"qr batch {table} --out {tmp_path}/out --permanent --yes -o json")
        assert found.stdout.count(f'"state": "{state}"') == 2
    desk.control.scan(LIWEI, "door")
    desk.control.say(LIWEI, "在吗")
    assert counted(desk, "--by campaign") == {"spring": (1, 1, 1, 0, None)}
    assert "(99,997 of 100,000 left" in desk.screen(
        f"qr create --channel brand-cn --scene 3 --permanent --out {tmp_path}/3.png"
    )


def test_a_wrong_group_is_exit_2_and_an_empty_ledger_says_how_to_begin(desk: Desk) -> None:
    desk.register("brand-cn")
    assert desk.refused("qr stats --by nose", 2)["code"] == "bad_choice"
    assert desk("qr stats", terminal=True).stderr == "No code yet: careline qr create --help\n"


# Which code was it?


@pytest.mark.parametrize("numeric", [True, False])
def test_a_number_and_the_same_digits_as_text_are_told_apart_by_the_ticket(street: Desk, tmp_path: Path, numeric: bool) -> None:
    street.done(f"qr create --channel brand-cn --scene 7 --out {tmp_path}/t.png")
    codes = {code.numeric: code for code in street.rows(Code) if code.scene == "7"}
    street.control.scan(LIWEI, codes[numeric].ticket)  # follows: qrscene_7
    street.control.scan(LIWEI, codes[numeric].ticket)  # SCAN of 7
    after = {code.numeric: code.scans for code in street.rows(Code) if code.scene == "7"}
    assert after == {numeric: 2, not numeric: 0}


def test_an_older_picture_of_a_number_is_not_taken_for_the_text(street: Desk, tmp_path: Path) -> None:
    street.done(f"qr create --channel brand-cn --scene 7 --out {tmp_path}/t.png")
    old = next(code.ticket for code in street.rows(Code) if code.scene_key == "n:7")
    street.done(f"qr create --channel brand-cn --scene 7 --numeric --new --out {tmp_path}/n.png")
    street.control.scan(LIWEI, old)
    assert {code.scene_key: code.scans for code in street.rows(Code) if code.scene == "7"} == {"n:7": 1, "s:7": 0}


def test_a_scene_with_wechats_own_prefix_is_the_scene_itself(street: Desk, tmp_path: Path) -> None:
    found = street.json(f"qr create --channel brand-cn --scene qrscene_qrscene_door --out {tmp_path}/again.png")
    (door,) = [code for code in street.rows(Code) if code.scene == "door"]
    assert (found["scene"], found["url"]) == ("door", door.url)
    street.control.push_wechat(
        LIWEI, {"MsgType": "event", "Event": "SCAN", "EventKey": "qrscene_door", "FromUserName": account.openid_of(LIWEI)}
    )
    (door,) = [code for code in street.rows(Code) if code.scene == "door"]
    assert door.scans == 1
