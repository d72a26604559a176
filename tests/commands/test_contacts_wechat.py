"""Followers of a WeChat account: `careline contacts sync`, `set`, `block`, and `careline tags`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from careline.clock import DAY, MINUTE
from careline.model import Alias, Contact, Following, Identity, Tags
from careline.sandbox import account
from tests.commands.desk import LIWEI, Desk

SYNC = "contacts sync --channel brand-cn"
OPENID = account.openid_of(LIWEI)


@pytest.fixture
def followed(desk: Desk) -> Desk:
    """A WeChat channel that three people have followed for a year, and liwei, who wrote."""
    desk.register("brand-cn")
    desk.control.crowd(3)
    desk.liwei_writes()
    return desk


def identity(desk: Desk, who: str = LIWEI) -> Identity:
    found = desk.store.get(Identity, "brand-cn", account.openid_of(who))
    assert found is not None
    return found


def test_who_follows_is_known_after_a_sync_and_nothing_is_written_of_who_did_not_change(followed: Desk) -> None:
    first = followed.json(SYNC)
    assert (first["followers"], first["new"], first["changed"], first["left"]) == (4, 3, 1, 0)
    known = identity(followed, "crowd-0")
    assert (known.following, known.language, known.came_by) == (True, "zh_CN", "ADD_SCENE_SEARCH")
    before = followed.store.last_seq()
    again = followed.json(SYNC)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 4)
    assert {entry.event.type for entry in followed.store.entries(before)} == {"followers.read"}
    (row,) = followed.rows(Following)
    assert (row.seen, row.cursor, row.done_at is not None) == (4, "", True)


def test_a_follower_is_as_old_as_their_follow_and_whoever_wrote_comes_first(followed: Desk) -> None:
    followed.json(SYNC)
    listed = followed.json("contacts list")
    assert listed[0]["identities"][0]["id"] == OPENID
    assert {one["first_seen_at"][:4] for one in listed[1:]} == {"2025"}


def test_who_left_without_a_word_is_noted_and_has_no_window(followed: Desk) -> None:
    followed.json(SYNC)
    assert followed.json("chats list")[0]["window"]["open"]
    followed.receiver.respond = lambda got: (500, b"")  # the unfollow is lost
    followed.control.unfollow(LIWEI)
    assert identity(followed).following is True
    assert followed.json(SYNC)["left"] == 1
    assert identity(followed).following is False
    assert not followed.json("chats list")[0]["window"]["open"]
    assert followed.json(SYNC)["left"] == 0


def test_who_begins_to_follow_while_a_sync_runs_has_not_left(followed: Desk) -> None:
    from careline.followers import sync

    channel = followed.line.channel("brand-cn")
    followed.control.follow("lan")
    now = followed.store.now()
    there = {one.handle for one in followed.rows(Identity)} - {account.openid_of("lan")}
    assert sync._gone(followed.store, channel, there, now - MINUTE) == 0
    assert identity(followed, "lan").following is True


def test_the_code_a_follower_came_by_is_known_though_the_push_was_lost(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.done("qr create --channel brand-cn --scene shop-012 --expires 30d --print")
    desk.receiver.respond = lambda got: (500, b"")
    desk.control.follow("lan", "shop-012")
    desk.json(SYNC)
    assert (identity(desk, "lan").code, identity(desk, "lan").following) == ("s:shop-012", True)


def test_a_remark_names_somebody_who_has_no_name_there_and_here(followed: Desk) -> None:
    followed.json(SYNC)
    followed.done("contacts set c1 --remark 退货的李伟")
    assert (followed.rows(Contact)[0].name, identity(followed).remark) == ("退货的李伟", "退货的李伟")
    followed.done("contacts set c1 --remark 李伟")
    assert followed.json("contacts list --find 李伟")[0]["id"] == "c1"
    assert followed.rows(Contact)[0].name == "李伟"
    assert followed.json(SYNC)["changed"] == 0
    assert followed.refused(f"contacts set c1 --remark {'x' * 30}", 2)["code"] == "remark_too_long"
    assert followed.refused("contacts set c1 c2 --remark x", 2)["code"] == "bad_option"
    assert followed.refused("contacts set c1", 2)["code"] == "nothing_to_do"
    assert followed.refused("contacts set c99 --remark x", 5)["code"] == "unknown_contact"


def test_tags_are_given_in_fifties_and_shown_as_labels(followed: Desk, tmp_path: Path) -> None:
    followed.control.crowd(60)
    followed.json(SYNC)
    file = tmp_path / "tags.toml"
    file.write_text('[[tag]]\nname = "vip"\n')
    followed.done(f"tags apply {file} --channel brand-cn")
    everybody = " ".join(one["id"] for one in followed.json("contacts list"))
    followed.done(f"contacts set {everybody} --add-tag vip")
    assert followed.calls("/batchtagging") == 2
    assert all(one["labels"] == ["vip"] for one in followed.json("contacts list"))
    assert len(followed.json("contacts list --label vip")) == 61
    followed.done("contacts set c1 --remove-tag vip")
    assert "c1" not in [one["id"] for one in followed.json("contacts list --label vip")]
    assert followed("contacts list --label gold", terminal=True).stderr == "Nobody has that label.\n"
    assert followed.json("contacts show c1")["labels"] == []
    assert followed.json(SYNC)["changed"] == 0
    assert followed.refused("contacts set c1 --add-tag gold", 5)["code"] == "unknown_tag"


def test_a_blacklist_made_elsewhere_is_read_and_one_made_here_is_told(followed: Desk) -> None:
    followed.json(SYNC)
    followed.done("contacts block c1")
    assert followed.json("contacts show c1")["blocked"] is True
    assert followed.control.say(LIWEI, "hello?")["pushes"] == []
    assert followed.json(SYNC)["blocked"] == 0
    followed.done("contacts unblock c1")
    assert len(followed.control.say(LIWEI, "hello!")["pushes"]) == 1
    elsewhere(followed, "batchblacklist")
    assert followed.json(SYNC)["blocked"] == 1
    assert identity(followed).blocked is True
    elsewhere(followed, "batchunblacklist")
    assert followed.json(SYNC)["unblocked"] == 1
    assert followed.done("store rebuild --check").exit == 0


def test_many_are_blocked_in_twenties(followed: Desk) -> None:
    followed.control.crowd(30)
    followed.json(SYNC)
    everybody = " ".join(one["id"] for one in followed.json("contacts list"))
    assert all(one["blocked"] for one in followed.json(f"contacts block {everybody}"))
    assert followed.calls("/batchblacklist") == 2
    assert not any(one["blocked"] for one in followed.json(f"contacts unblock {everybody}"))
    assert followed.refused("contacts block c1 c99", 5)["code"] == "unknown_contact"


def elsewhere(desk: Desk, call: str) -> None:
    """Somebody makes this call in WeChat's console."""
    asked = desk.folder / "asked.json"
    asked.write_text(json.dumps({"openid_list": [OPENID]}))
    desk.done(f"api brand-cn POST /cgi-bin/tags/members/{call} --input {asked}")


# Tags as a file


def test_a_file_of_tags_is_planned_applied_and_then_the_same(desk: Desk, tmp_path: Path) -> None:
    desk.register("brand-cn")
    file = tmp_path / "tags.toml"
    file.write_text('[[tag]]\nname = "vip"\n\n[[tag]]\nname = "退货"\n')
    assert desk(f"tags plan {file} --exit-code").exit == 11
    assert [one["action"] for one in desk.json(f"tags apply {file}")] == ["create", "create"]
    assert desk(f"tags plan {file} --exit-code").exit == 0
    (row,) = desk.rows(Tags)
    assert [name for _, name in row.tags] == ["星标组", "vip", "退货"]
    file.write_text('[[tag]]\nname = "VIP"\nwas = "vip"\n')
    planned = [(one["action"], one["name"]) for one in desk.json(f"tags plan {file}")]
    assert planned == [("rename", "VIP"), ("foreign", "退货")]
    assert desk.refused(f"tags apply {file} --delete", 2)["code"] == "needs_yes"
    desk.done(f"tags apply {file} --delete --yes")
    pulled = tmp_path / "pulled.toml"
    desk.done(f"tags pull {pulled}")
    assert pulled.read_text("utf-8") == '[[tag]]\nname = "VIP"\n'
    assert desk.refused(f"tags pull {pulled}", 2)["code"] == "needs_yes"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[[tag]]\nname = ""\n', [(1, "G002")]),
        ('[[tag]]\nname = "客客客客客客客客客客客"\n', [(1, "G002")]),
        ('[[tag]]\nname = "a"\n[[tag]]\nname = "a"\n', [(3, "G003")]),
        ('[[tag]]\nname = "a"\nwas = "b"\n[[tag]]\nname = "b"\n', [(1, "G005")]),
        ('[[tag]]\nname = "a"\ncolour = "red"\n', [(1, "G001")]),
        ('tags = ["a"]\n', [(1, "G001")]),
        ("".join(f'[[tag]]\nname = "t{n}"\n' for n in range(101)), [(201, "G004")]),
    ],
)
def test_a_mistake_in_a_file_of_tags_is_told_with_its_line(
    desk: Desk, tmp_path: Path, text: str, found: list[tuple[int, str]]
) -> None:
    file = tmp_path / "tags.toml"
    file.write_text(text, "utf-8")
    shown = desk(f"tags lint {file} -o json")
    assert shown.exit == 1
    assert [(one["line"], one["rule"]) for one in json.loads(shown.stdout)] == found
    desk.register("brand-cn")
    assert desk.refused(f"tags plan {file}", 2)["code"] == "bad_tags"


def test_a_union_id_becomes_another_name_of_the_same_person(desk: Desk) -> None:
    from careline.followers import sync
    from careline.heard import HeardFollower

    desk.register("brand-cn")
    channel = desk.line.channel("brand-cn")
    told = [HeardFollower(OPENID, followed_at=desk.store.now() - DAY, unionid="uLiwei")]
    sync._note(desk.store, channel, told, 1, OPENID, desk.store.now(), sync.Synced())
    assert [(one.value, one.handle) for one in desk.rows(Alias)] == [("uLiwei", OPENID)]
