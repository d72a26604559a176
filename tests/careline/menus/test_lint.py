"""Menu files: what is wrong in them, on which line, by which rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.errors import NotFound, Usage
from careline.menus.lint import checked, lint
from careline.menus.lint_rules import RULES_BY_ID
from careline.toml_file import rule_of

GOOD = """[[button]]
name = "订单"
type = "click"
key = "orders"

[[button]]
name = "服务"
[[button.sub_button]]
name = "商城"
type = "view"
url = "https://shop.example/"

[[conditional]]
matchrule = { tag_id = 101, client_platform_type = "2" }
[[conditional.button]]
name = "会员"
type = "miniprogram"
url = "https://shop.example/"
appid = "wx1"
pagepath = "pages/vip"
"""
CLICK = 'name = "a"\ntype = "click"\nkey = "k"\n'
BUTTON = f"[[button]]\n{CLICK}"


def ruled(rule: str) -> str:
    """A file with one conditional menu, whose rule stands on line 7."""
    return f"{BUTTON}\n[[conditional]]\nmatchrule = {{ {rule} }}\n[[conditional.button]]\n{CLICK}"


def found(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    """The findings in a file as (line, rule)."""
    path = tmp_path / "menu.toml"
    path.write_text(text, "utf-8")
    return [(one.line, one.rule) for one in lint(path)]


def test_a_menu_that_wechat_takes_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, GOOD) == []
    menu = checked(tmp_path / "menu.toml")
    assert [one.name for one in menu.buttons] == ["订单", "服务"]
    assert menu.buttons[1].body() == {
        "name": "服务",
        "sub_button": [{"type": "view", "name": "商城", "url": "https://shop.example/"}],
    }
    assert menu.conditional[0].rule == (("tag_id", "101"), ("client_platform_type", "2"))


CASES = {
    "no toml": ("[[button]\n", (1, "M001")),
    "an unknown field of the file": (f"{BUTTON}\n[[buttons]]\n", (6, "M002")),
    "an unknown field of a button": (f'{BUTTON}url = "https://a"\n', (5, "M002")),
    "buttons that are no list": ('button = "x"\n', (1, "M003")),
    "a name that is no text": ('[[button]]\nname = 7\ntype = "click"\nkey = "k"\n', (2, "M003")),
    "no name": ('[[button]]\ntype = "click"\nkey = "k"\n', (1, "M004")),
    "no key": ('[[button]]\nname = "a"\ntype = "click"\n', (1, "M004")),
    "no type": ('[[button]]\nname = "a"\n', (1, "M004")),
    "nothing at all": ("", (1, "M005")),
    "four buttons": ("".join(BUTTON.replace('"k"', f'"{n}"') for n in range(4)), (13, "M005")),
    "six within one": ('[[button]]\nname = "a"\n' + f"[[button.sub_button]]\n{CLICK}" * 6, (23, "M005")),
    "17 bytes on the bar": (BUTTON.replace('"a"', '"12345678901234567"'), (2, "M006")),
    "a long key": (BUTTON.replace('"k"', f'"{"k" * 129}"'), (4, "M007")),
    "an address that is none": ('[[button]]\nname = "a"\ntype = "view"\nurl = "shop.example"\n', (4, "M008")),
    "a long address": (f'[[button]]\nname = "a"\ntype = "view"\nurl = "https://a/{"x" * 1020}"\n', (4, "M008")),
    "an unknown type": (BUTTON.replace('"click"', '"tap"'), (3, "M009")),
    "a type and others within": (
        f'{BUTTON}[[button.sub_button]]\nname = "b"\ntype = "click"\nkey = "b"\n',
        (4, "M010"),
    ),
    "a third level": (
        '[[button]]\nname = "a"\n[[button.sub_button]]\nname = "b"\nsub_button = [{ name = "c" }]\n',
        (5, "M010"),
    ),
    "the console's type": ('[[button]]\nname = "a"\ntype = "text"\nvalue = "hi"\n', (3, "M011")),
    "an empty rule": (ruled('tag_id = ""'), (7, "M012")),
    "a fourth kind of phone": (ruled('client_platform_type = 4'), (7, "M012")),
    "a name that is cut": (BUTTON.replace('"a"', '"五个汉字啊"'), (2, "M014")),
    "one key twice": (BUTTON + BUTTON.replace('"a"', '"b"'), (8, "M015")),
    "a rule of old": (ruled('city = "上海"'), (7, "M016")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_named_on_its_line_by_its_rule(tmp_path: Path, case: str) -> None:
    text, wanted = CASES[case]
    assert wanted in found(tmp_path, text)


def test_conditional_menus_need_a_default_one_and_the_same_rule_twice_is_never_shown(tmp_path: Path) -> None:
    one = '[[conditional]]\nmatchrule = { tag_id = "1" }\n[[conditional.button]]\nname = "a"\ntype = "click"\nkey = "k"\n'
    assert (1, "M013") in found(tmp_path, one)
    assert found(tmp_path, BUTTON + one + one) == [(11, "M017")]


def test_a_fourth_site_is_warned_of(tmp_path: Path) -> None:
    subs = "".join(
        f'[[button.sub_button]]\nname = "{n}"\ntype = "view"\nurl = "https://{n}.example/"\n' for n in ("a", "b", "c", "d")
    )
    assert found(tmp_path, f'[[button]]\nname = "x"\n{subs}') == [(18, "M018")]


def test_what_is_checked_before_a_plan_raises_the_first_error_and_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "menu.toml"
    path.write_text(BUTTON + BUTTON.replace('"a"', '"b"'), "utf-8")
    assert len(checked(path).buttons) == 2
    path.write_text(BUTTON.replace('"click"', '"tap"'), "utf-8")
    with pytest.raises(Usage, match=r"line 3: There is no type tap \(M009\)") as refused:
        checked(path)
    assert refused.value.code == "bad_menu"
    with pytest.raises(Usage) as missing:
        checked(tmp_path / "none.toml")
    assert missing.value.code == "unreadable_file"


def test_every_rule_has_a_number_that_finds_it() -> None:
    assert [rule_of(RULES_BY_ID, number.lower()).id for number in RULES_BY_ID] == list(RULES_BY_ID)
    with pytest.raises(NotFound):
        rule_of(RULES_BY_ID, "M999")


@pytest.mark.parametrize(
    "text",
    [
        'conditional = 1\n[[button]]\nname = "a"\n',
        "button = [1]\n",
        "[[conditional]]\nmatchrule = 3\n",
        '[[button]]\nname = "a"\nsub_button = "x"\n',
        '[[button]]\nname = "a"\ntype = []\n',
        "[[conditional]]\nbutton = 1\n",
    ],
)
def test_a_file_of_any_shape_gives_findings_and_no_crash(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text)
