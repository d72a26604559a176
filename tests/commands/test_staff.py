"""`careline channels staff` and `chats assign` on WeChat: who answers on WeChat's own desk, and whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.model import Conversation
from careline.sandbox import account
from tests.commands.desk import LIWEI, Desk

MEI = f"mei@{account.WECHAT_USERNAME}"


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """A WeChat channel with mei on its desk, online."""
    desk.register("brand-cn")
    desk.done(f"channels staff brand-cn add {MEI} --nick Mei --invite mei_shop")
    desk.control.desk("join", "mei")
    return desk


def test_adding_an_agent_twice_renames_and_an_invitation_is_made_once(desk: Desk) -> None:
    desk.register("brand-cn")
    assert desk("channels staff brand-cn", terminal=True).stderr.startswith("The desk has nobody yet: careline channels staff")
    (first,) = desk.json(f"channels staff brand-cn add {MEI} --nick Mei --invite mei_shop")
    assert (first["id"], first["state"], first["wechat_id"]) == (MEI, "waiting", "mei_shop")
    again = desk.done("channels staff brand-cn add mei --nick 'Mei Lin' --invite mei_shop -o json")
    assert f"{MEI}: was there, invited already" in again.stderr
    desk.control.desk("join", "mei")
    (joined,) = desk.json("channels staff brand-cn list")
    assert (joined["nickname"], joined["state"], joined["online"], joined["serving"]) == ("Mei Lin", "bound", True, 0)


def test_an_agent_gets_a_picture_and_goes_with_a_yes(staffed: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "mei.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0picture")
    (shown,) = staffed.json(f"channels staff brand-cn update mei --photo {picture}")
    assert shown["picture"].startswith("http")
    assert staffed.refused("channels staff brand-cn remove mei", 2)["code"] == "needs_yes"
    staffed.done("channels staff brand-cn remove mei --yes")
    assert staffed.json("channels staff brand-cn") == []


def test_what_fails_for_one_agent_stops_nobody_else(staffed: Desk) -> None:
    error = staffed.refused(f"channels staff brand-cn remove {MEI} lan --yes", 3)
    assert f"lan@{account.WECHAT_USERNAME}: There is no such agent" in error["hint"]
    assert staffed.json("channels staff brand-cn") == []
    assert staffed.refused(f"channels staff brand-cn remove {MEI} --yes", 5)["platform_code"] == "65401"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("channels staff brand-cn hire mei", "bad_choice"),
        ("channels staff brand-cn add", "missing_id"),
        ("channels staff brand-cn add a b --nick x", "bad_option"),
        ("channels staff brand-cn update mei", "nothing_to_do"),
        ("channels staff brand-cn update mei --photo nowhere.jpg", "bad_file"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(staffed: Desk, line: str, code: str) -> None:
    assert staffed.refused(line, 2)["code"] == code


def test_without_an_agent_to_look_at_a_short_name_is_not_guessed(desk: Desk) -> None:
    desk.register("brand-cn")
    error = desk.refused("channels staff brand-cn add mei", 2)
    assert error["code"] == "account_id_unknown"
    assert "\ncareline channels staff brand-cn add mei@ID --nick" in error["hint"]


def test_a_chat_given_to_the_desk_is_an_agents_until_it_is_taken_back(staffed: Desk) -> None:
    staffed.liwei_writes("我想退货")
    staffed.done(f"chats assign 1 --to {MEI}")
    staffed.control.settle()
    assert staffed.control.say(LIWEI, "还在吗")["pushes"] == []
    (served,) = staffed.json("channels staff brand-cn sessions")
    assert (served["contact"], served["servicer"], served["conversation"]) == ("c1", MEI, "1")
    staffed.done("chats assign 1 --to mei")  # once more changes nothing
    assert f"with {MEI} on the platform's own desk" in staffed.screen("chats show 1")
    taken = staffed.done("chats assign 1 --to end")
    assert "back from" in taken.stderr
    assert len(staffed.control.say(LIWEI, "谢谢")["pushes"]) == 1
    assert "nobody on WeChat's desk" in staffed.done("chats assign 1 --to end").stderr
    (chat,) = staffed.rows(Conversation)
    assert chat.messages_in == 2


def test_an_agent_who_is_away_is_given_nobody_and_the_hint_says_what_to_do(staffed: Desk) -> None:
    staffed.liwei_writes()
    staffed.control.desk("offline", "mei")
    error = staffed.refused(f"chats assign 1 --to {MEI}", 6)
    assert (error["code"], error["platform_code"]) == ("servicer_offline", "65415")
    assert "mpkf.weixin.qq.com" in error["hint"]


def test_who_waits_for_the_desk_is_listed(staffed: Desk) -> None:
    assert staffed.json("channels staff brand-cn waiting") == []


def test_an_account_without_a_desk_is_told_where_it_is_enabled(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.control.settings(wechat_desk=False)
    error = desk.refused("channels staff brand-cn", 6)
    assert (error["code"], error["platform_code"]) == ("desk_not_enabled", "65400")
    assert desk.refused("chats import --channel brand-cn", 6)["code"] == "desk_not_enabled"
