"""`careline windows show`: what each act opened, when it ends, what is left; and numbers that the settings change."""

from __future__ import annotations

import pytest

from careline.clock import DAY, HOUR, MINUTE, SECOND
from careline.heard import HeardAct
from careline.model import Identity
from careline.sending import outbox
from tests.careline.world import ANNA, LIWEI, wrote
from tests.commands.desk import AT, Desk, Shop, checked

FIELDS = "channel contact conversation kind open opened_by opened_at ends_at left_s quota used left"


def act(kind: str, at: int, opens: str = "") -> HeardAct:
    return HeardAct(key=f"{kind}{at}", at=at, who=LIWEI, kind=kind, opens=opens)


@pytest.fixture
def liwei(shop: Shop) -> Shop:
    """Li Wei followed, wrote, got four answers, and tapped the menu ten seconds ago."""
    shop.hear("brand-cn", act("follow", AT - HOUR, "follow"), wrote(1, LIWEI, AT - 30 * MINUTE))
    shop.now = AT - 20 * MINUTE
    for _ in range(4):
        shop.send("brand-cn", LIWEI, "您好")
    shop.hear("brand-cn", act("menu_tap", AT - 10 * SECOND, "menu_tap"))
    shop.now = AT
    return shop


def test_each_window_says_what_opened_it_when_it_ends_and_what_is_left(liwei: Shop) -> None:
    title, _, head, *lines = liwei.screen("windows show 1").splitlines()
    assert (title, head) == ("c1", "CHANNEL   OPENED BY  AT          ENDS            OPEN FOR  LEFT")
    assert lines[0] == "brand-cn  message    30 min ago  in 47 h 29 min   47h 29m   1/5"
    assert lines[1].startswith("brand-cn  menu_tap ")
    assert lines[2] == "brand-cn  follow     1 h ago     59 min ago        closed   0/3"
    assert lines[3:] == ["", "brand-cn: 3 messages now, until Fri 6 Mar 12:01"]
    rows = liwei.json("windows show 1")
    assert [(row["opened_by"], row["open"], row["left"], row["quota"], row["used"]) for row in rows] == [
        ("message", True, 1, 5, 4),
        ("menu_tap", True, 3, 3, 0),
        ("follow", False, 0, 3, 4),
    ]
    for row in rows:
        assert set(FIELDS.split()) <= checked("window", row).keys()
    assert rows[0]["kind"] == "service"
    assert (rows[0]["contact"], rows[0]["conversation"], rows[0]["channel"]) == ("c1", "1", "brand-cn")


def test_a_contact_has_the_windows_of_all_their_channels_and_whatsapp_has_no_count(liwei: Shop) -> None:
    liwei.hear("shop-it", wrote(2, ANNA, AT - HOUR))
    (row,) = liwei.json("windows show c2")
    assert (row["channel"], row["left"], row["quota"], row["open"], row["left_s"] // 3600) == ("shop-it", None, None, True, 22)
    assert "shop-it: any number of messages now" in liwei.screen("windows show c2")


def test_an_unfollow_leaves_nothing_and_is_named(liwei: Shop) -> None:
    liwei.hear("brand-cn", act("unfollow", AT - SECOND))
    assert liwei.json("windows show c1") == []
    assert "an unfollow closed every window" in liwei.screen("windows show c1")


def test_who_never_wrote_has_none_and_who_does_not_exist_is_not_found(liwei: Shop) -> None:
    liwei.hear("brand-cn", act("unfollow", AT - SECOND))
    assert liwei.refused("windows show c9", 5)["code"] == "unknown_contact"
    assert liwei.refused("windows show 9", 5)["code"] == "unknown_chat"
    assert liwei.refused("windows show anna", 2)


# Beside the platform


@pytest.fixture
def brand(desk: Desk) -> Desk:
    """One WeChat account, to which Li Wei has just written."""
    desk.register("brand-cn")
    desk.liwei_writes()
    return desk


def test_what_perhaps_went_out_counts_as_used(brand: Desk) -> None:
    brand.control.fault("reset")
    assert brand.refused("send --channel brand-cn --to c1 --text 您好", 12)["code"] == "unknown_outcome"
    (row,) = brand.json("windows show c1")
    assert (row["left"], row["used"]) == (4, 1)
    assert brand.control.customer("liwei")["window"]["left"] == 4


def test_what_provably_did_not_go_out_counts_for_nothing(brand: Desk) -> None:
    brand.control.fault(45011)
    brand.refused("send --channel brand-cn --to c1 --text 您好", 8)
    assert brand.json("windows show c1")[0]["left"] == 5


def test_a_window_that_wechat_closes_early_is_asked_for_once_more(brand: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "AGAIN_AFTER_S", 0.0)
    brand.control.fault(45015)
    brand.done("send --channel brand-cn --to c1 --text 您好")
    brand.control.fault(45015, next=2)
    error = brand.refused("send --channel brand-cn --to c1 --text 您好", 7)
    assert (error["code"], error["platform_code"]) == ("platform_disagrees", "45015")
    assert brand.json("windows show c1")[0]["left"] == 4


def test_our_ledger_and_wechat_agree_all_day_long(brand: Desk) -> None:
    brand.control.settings(merge="each")
    for deeds in ("ss", "t", "ssss", "w", "sssss", "t", "sss"):
        for deed in deeds:
            brand.pass_by(SECOND)  # WeChat's times are whole seconds: what was sent in that of an act counts against it
            if deed == "t":
                brand.control.tap("liwei", "orders")
            elif deed == "w":
                brand.liwei_writes()
            else:
                brand("send --channel brand-cn --to c1 --text 您好")
            best = max((row["left"] for row in brand.json("windows show c1") if row["open"]), default=0)
            assert best == brand.control.customer("liwei")["window"]["left"]
    calls = brand.calls("/custom/send")
    assert brand.refused("send --channel brand-cn --to c1 --text 您好", 7)["code"] == "quota_used"
    assert brand.calls("/custom/send") == calls


def test_a_payment_opens_a_window_without_a_count(brand: Desk) -> None:
    brand.control.pay("liwei")
    for _ in range(7):
        brand.done("send --channel brand-cn --to c1 --text 您好")
    row = next(row for row in brand.json("windows show 1") if row["opened_by"] == "payment")
    assert (row["left"], row["quota"], row["used"]) == (None, None, 7)
    brand.pass_by(2 * DAY)
    assert brand.refused("send --channel brand-cn --to c1 --text 您好", 7)["code"] == "window_closed"


# What an act opens is a setting


def with_setting(desk: Desk, text: str) -> None:
    """Let the receiver be started again with that setting."""
    desk.env["CARELINE_WECHAT_WINDOW_MESSAGE"] = text
    desk.restart()


@pytest.mark.parametrize(
    ("setting", "left", "lasts"),
    [("20/48h", 20, 2 * DAY), ("2/30m", 2, 30 * MINUTE), ("none/24h", None, DAY)],
)
def test_a_setting_says_how_many_and_for_how_long(desk: Desk, setting: str, left: int | None, lasts: int) -> None:
    desk.register("brand-cn")
    with_setting(desk, setting)
    desk.liwei_writes()
    (opening,) = desk.rows(Identity)[0].openings
    assert (opening.quota, opening.ends_at - opening.at) == (left, lasts)


def test_an_act_that_is_off_opens_nothing_and_what_was_opened_before_stays(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.control.follow("liwei")
    with_setting(desk, "off")
    desk.liwei_writes()
    (opening,) = desk.rows(Identity)[0].openings
    assert opening.kind == "follow"


@pytest.mark.parametrize("text", ["5", "0/48h", "41/48h", "five/48h", "5/48", "5/", "5/48h/1m", "on"])
def test_a_setting_that_grants_nothing_is_refused_at_once(shop: Shop, text: str) -> None:
    assert shop.refused(f"config set wechat_window_message {text}", 2)["code"] == "bad_setting"
    error = shop.refused("queue list", 9, env={"CARELINE_WECHAT_WINDOW_FOLLOW": text})
    assert "MESSAGES/LENGTH" in error["message"]
