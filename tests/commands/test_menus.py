"""`careline menus`: a menu file is checked, compared with the account, carried out and fetched."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from careline.events import CustomerActed, MenuChanged
from tests.commands.desk import Desk, process

MENU = """[[button]]
name = "我的订单"
type = "click"
key = "orders"

[[button]]
name = "服务"
[[button.sub_button]]
name = "人工客服"
type = "click"
key = "agent"
[[button.sub_button]]
name = "商城"
type = "view"
url = "https://shop.example/"
"""
VIP = """
[[conditional]]
matchrule = { tag_id = "2" }
[[conditional.button]]
name = "会员"
type = "click"
key = "vip"
"""
ENGLISH = """
[[conditional]]
matchrule = { language = "en" }
[[conditional.button]]
name = "Help"
type = "click"
key = "help"
"""


@pytest.fixture
def menu(tmp_path: Path) -> Path:
    path = tmp_path / "menu.toml"
    path.write_text(MENU, "utf-8")
    return path


@pytest.fixture
def cn(desk: Desk) -> Desk:
    desk.register("brand-cn")
    return desk


def actions(desk: Desk, menu: Path) -> list[tuple[str, str]]:
    return [(row["action"], row["menu"]) for row in desk.json(f"menus plan {menu}")]


def test_lint_names_line_and_rule_and_ends_in_1(cn: Desk, menu: Path) -> None:
    assert cn.done(f"menus lint {menu}", terminal=True).stderr == "0 errors, 0 warnings\n"
    menu.write_text(MENU.replace('"click"', '"tap"', 1), "utf-8")
    result = cn(f"menus lint {menu} -o json")
    (found,) = json.loads(result.stdout)
    assert (result.exit, found["line"], found["rule"], found["level"]) == (1, 3, "M009", "error")
    assert "There is no type tap" in cn(f"menus lint {menu}", terminal=True).stdout


def test_lint_explains_its_rules(cn: Desk) -> None:
    assert cn.json("menus lint --explain m006")["title"] == "The name is short enough"
    assert len(cn.json("menus lint --explain all")) == 18
    assert cn.refused("menus lint", 2)["code"] == "usage"
    assert cn.refused("menus lint --explain M999", 5)["code"] == "unknown_rule"


def test_a_plan_shows_the_menu_as_a_phone_does_and_touches_nothing(cn: Desk, menu: Path) -> None:
    screen = cn.screen(f"menus plan {menu}")
    assert "│ ▸ 我的订单" in screen
    assert "↗ 商城" in screen
    assert "+ 服务 / 人工客服" in screen
    assert f"careline menus apply {menu}" in screen
    assert cn(f"menus plan {menu} --exit-code").exit == 11
    assert cn.calls("/menu/create") == 0


def test_apply_then_plan_finds_nothing_to_do(cn: Desk, menu: Path) -> None:
    menu.write_text(MENU + VIP + ENGLISH, "utf-8")
    rows = cn.json(f"menus apply {menu}")
    assert [(row["action"], row["menu"], row["done"]) for row in rows] == [
        ("create", "default", True),
        ("create", "language=en", True),
        ("create", "tag_id=2", True),
    ]
    assert actions(cn, menu) == [("none", "default"), ("none", "tag_id=2"), ("none", "language=en")]
    assert cn(f"menus plan {menu} --exit-code").exit == 0
    assert "The account has what the file says." in cn.screen(f"menus apply {menu}")
    noted = [entry.event for entry in cn.store.entries() if isinstance(entry.event, MenuChanged)]
    assert [(one.action, one.rule) for one in noted] == [("create", ""), ("create", "language=en"), ("create", "tag_id=2")]


def test_what_is_replaced_or_deleted_is_asked_about(cn: Desk, menu: Path) -> None:
    menu.write_text(MENU + VIP, "utf-8")
    cn.done(f"menus apply {menu}")
    menu.write_text(MENU.replace("agent", "people"), "utf-8")
    calls = cn.calls("/menu/create") + cn.calls("/menu/delconditional")
    error = cn.refused(f"menus apply {menu}", 2)
    assert "Replace the default menu, and delete the menu for tag_id=2" in error["message"]
    dry = cn.json(f"menus apply {menu} -n")
    assert [row["action"] for row in dry] == ["replace", "delete"]
    assert dry[0]["changes"] == ["~ 服务 / 人工客服: click agent → click people"]
    assert cn.calls("/menu/create") + cn.calls("/menu/delconditional") == calls
    cn.done(f"menus apply {menu} --yes")
    assert actions(cn, menu) == [("none", "default")]


def test_a_file_that_wechat_would_refuse_reaches_nobody(cn: Desk, menu: Path) -> None:
    menu.write_text(MENU.replace("https://shop", "shop"), "utf-8")
    error = cn.refused(f"menus apply {menu}", 2)
    assert (error["code"], "line 15" in error["message"]) == ("bad_menu", True)
    assert cn.calls("/menu/get") == cn.calls("/menu/create") == 0


def test_what_wechat_refuses_is_exit_6_and_says_how_to_look(cn: Desk, menu: Path) -> None:
    menu.write_text('[[button]]\nname = "图"\ntype = "media_id"\nmedia_id = "gone"\n', "utf-8")
    assert cn.refused(f"menus apply {menu}", 6)["platform_code"] == "40007"
    cn.control.fault(40018, on="any")
    menu.write_text(MENU, "utf-8")
    error = cn.refused(f"menus plan {menu}", 6)
    assert (error["code"], error["platform_code"]) == ("menu_refused", "40018")


def test_pull_writes_what_the_account_has_and_a_plan_of_it_is_empty(cn: Desk, menu: Path, tmp_path: Path) -> None:
    menu.write_text(MENU + VIP + ENGLISH, "utf-8")
    cn.done(f"menus apply {menu}")
    target = tmp_path / "pulled.toml"
    assert cn.json(f"menus pull {target}") == {"file": str(target), "buttons": 2, "conditional": 2, "done": "written"}
    assert cn(f"menus plan {target} --exit-code").exit == 0
    assert cn.json(f"menus pull {target}")["done"] == "unchanged"
    target.write_text("# mine\n", "utf-8")
    assert "Replace" in cn.refused(f"menus pull {target}", 2)["message"]
    cn.done(f"menus pull {target} --yes")
    assert "[[conditional]]" in target.read_text("utf-8")


def test_a_menu_made_in_the_console_is_pulled_and_replaced_after_a_question(cn: Desk, menu: Path, tmp_path: Path) -> None:
    target = tmp_path / "pulled.toml"
    assert cn.refused(f"menus pull {target}", 5)["code"] == "no_menu"
    cn.control.console_menu([{"name": "你好", "type": "text", "value": "欢迎"}])
    assert "made in WeChat's console" in cn.done(f"menus pull {target}", terminal=True).stderr
    assert 'value = "欢迎"' in target.read_text("utf-8")
    assert cn(f"menus lint {target}").exit == 1
    assert "Replace the default menu" in cn.refused(f"menus apply {menu}", 2)["message"]
    cn.done(f"menus apply {menu} --yes")
    assert actions(cn, menu) == [("none", "default")]


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_run_that_is_killed_between_two_calls_is_finished_by_the_next(cn: Desk, menu: Path, calls: int) -> None:
    menu.write_text(MENU + VIP, "utf-8")
    cn.done(f"menus apply {menu}")
    menu.write_text(MENU.replace("agent", "people") + ENGLISH + VIP.replace('"2"', '"3"'), "utf-8")
    killed = process(f"menus apply {menu} --yes", env={"CARELINE_CRASHPOINT": f"menus.answered:{calls}"})
    assert killed.returncode == -9
    again: subprocess.CompletedProcess[bytes] = process(f"menus apply {menu} --yes")
    assert again.returncode == 0, again.stderr
    assert actions(cn, menu) == [("none", "default"), ("none", "language=en"), ("none", "tag_id=3")]
    shown = cn.json("api brand-cn GET cgi-bin/menu/get")
    assert len(shown["conditionalmenu"]) == 2


def test_a_lost_answer_is_found_by_the_next_run(cn: Desk, menu: Path) -> None:
    menu.write_text(MENU + VIP, "utf-8")
    cn.done(f"menus plan {menu}")
    cn.done(f"menus apply {menu}")
    menu.write_text(MENU + ENGLISH + VIP, "utf-8")
    cn.control.fault("reset", on="any", next=99)
    assert cn(f"menus apply {menu}").exit in (8, 12)
    cn.control.clear_faults()
    cn.done(f"menus apply {menu} --yes")
    assert actions(cn, menu) == [("none", "default"), ("none", "language=en"), ("none", "tag_id=2")]


def test_menus_are_wechats(desk: Desk, menu: Path) -> None:
    desk.register("shop-it")
    assert desk.refused(f"menus plan {menu}", 5)["code"] == "no_channel"


def test_a_tap_on_the_menu_is_heard_by_its_key(cn: Desk, menu: Path) -> None:
    cn.done(f"menus apply {menu}")
    cn.control.tap("liwei", "人工客服")
    acts = [entry.event for entry in cn.store.entries() if isinstance(entry.event, CustomerActed)]
    assert [(act.kind, act.content.text, act.button) for act in acts] == [("menu_tap", "agent", "人工客服")]
    cn.control.tap("liwei", "商城")
    cn.control.say("liwei", "在吗")
    told = cn.screen("chats show 1")
    assert "tapped 人工客服" in told
    assert "opened 商城" in told


def test_the_names_of_a_menu_that_was_made_elsewhere_are_known_once_it_was_read(cn: Desk, tmp_path: Path) -> None:
    cn.control.console_menu([{"name": "问好", "type": "click", "key": "hi"}])
    before = cn.store.last_seq()
    cn.done(f"menus pull {tmp_path}/a.toml -n")
    assert cn.store.last_seq() == before
    cn.done(f"menus pull {tmp_path}/a.toml")
    cn.done(f"menus pull {tmp_path}/b.toml")
    assert cn.store.last_seq() == before + 1
    cn.control.tap("liwei", "hi")
    acts = [entry.event for entry in cn.store.entries() if isinstance(entry.event, CustomerActed)]
    assert [act.button for act in acts] == ["问好"]
