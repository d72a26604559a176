"""What a plan makes of a file and of what the account has, in the shapes in which WeChat tells it."""

from __future__ import annotations

import itertools
import tomllib
from typing import Any

from careline.menus.menu import Button, Conditional, Menu, of_account, of_console, of_file
from careline.menus.plan import Step, differs, plan
from careline.menus.write import written

ORDERS = Button("订单", "click", (("key", "orders"),))
SHOP = Button("商城", "view", (("url", "https://shop.example/"),))
DESK = Button("服务", inside=(SHOP, Button("人工", "click", (("key", "agent"),))))


def rule(tag: str, *buttons: Button, id: str = "") -> Conditional:
    return Conditional((("tag_id", tag),), buttons or (ORDERS,), id)


def told(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.action, step.rule) for step in steps]


def test_an_account_without_a_menu_gets_one() -> None:
    (step,) = plan(Menu((ORDERS, DESK)), Menu())
    assert (step.action, step.changes) == ("create", ("+ 订单", "+ 服务", "+ 服务 / 商城", "+ 服务 / 人工"))


def test_what_is_the_same_changes_nothing() -> None:
    menu = Menu((ORDERS, DESK), (rule("1"), rule("2")))
    steps = plan(menu, Menu((ORDERS, DESK), (rule("1", id="9"), rule("2", id="8"))))
    assert told(steps) == [("none", ""), ("none", "tag_id=1"), ("none", "tag_id=2")]
    assert not differs(steps)


def test_changes_are_told_by_button() -> None:
    other = Button("商城", "view", (("url", "https://new.example/"),))
    (step,) = plan(Menu((other, DESK)), Menu((ORDERS, SHOP, DESK)))
    assert step.action == "replace"
    assert step.changes == ("~ 商城: view https://shop.example/ → view https://new.example/", "- 订单")
    (order,) = plan(Menu((SHOP, ORDERS)), Menu((ORDERS, SHOP)))
    assert order.changes == ("the order",)


def test_a_menu_of_the_console_is_replaced_even_when_it_looks_the_same() -> None:
    (step,) = plan(Menu((ORDERS,)), Menu((ORDERS,), console=True))
    assert (step.action, step.changes) == ("replace", ("made in the console until now",))


def test_a_new_menu_in_the_middle_makes_those_above_it_anew() -> None:
    wanted = Menu((ORDERS,), (rule("1"), rule("2"), rule("3")))
    steps = plan(wanted, Menu((ORDERS,), (rule("1", id="9"), rule("3", id="8"))))
    assert told(steps) == [
        ("none", ""),
        ("delete", "tag_id=1"),
        ("create", "tag_id=2"),
        ("create", "tag_id=1"),
        ("none", "tag_id=3"),
    ]


def carried_out(steps: list[Step], found: Menu) -> Menu:
    """What WeChat would have after the steps: a new conditional menu goes before all others."""
    buttons, conditional = found.buttons, list(found.conditional)
    for step in steps:
        if step.menu is None:
            buttons = step.buttons if step.action != "none" else buttons
        elif step.action == "delete":
            conditional.remove(step.menu)
        elif step.action == "create":
            conditional.insert(0, step.menu)
    return Menu(buttons, tuple(conditional))


def test_whatever_both_have_the_plan_ends_at_the_file_and_a_second_one_is_empty_from_every_step_on() -> None:
    tags = ("1", "2", "3")
    orders = [order for length in range(4) for order in itertools.permutations(tags, length)]
    for wanted_tags, found_tags in itertools.product(orders, orders):
        wanted = Menu((ORDERS,), tuple(rule(tag) for tag in wanted_tags))
        found = Menu((SHOP,), tuple(rule(tag) for tag in found_tags))
        steps = plan(wanted, found)
        assert carried_out(steps, found) == wanted
        for stopped in range(len(steps)):
            half = carried_out(steps[:stopped], found)
            assert carried_out(plan(wanted, half), half) == wanted


GET: dict[str, Any] = {
    "menu": {
        "button": [
            {"type": "click", "name": "订单", "key": "orders", "sub_button": []},
            {
                "name": "服务",
                "sub_button": [{"type": "view", "name": "商城", "url": "https://shop.example/", "sub_button": []}],
            },
        ],
        "menuid": 208396938,
    },
    "conditionalmenu": [
        {"button": [{"type": "view", "name": "x", "sub_button": []}], "matchrule": {"group_id": 2, "sex": 1}, "menuid": 7},
        {
            "button": [{"type": "click", "name": "y", "key": "k", "sub_button": []}],
            "matchrule": {"tag_id": "2", "client_platform_type": 2, "city": ""},
            "menuid": 208396993,
        },
    ],
}


def test_what_menu_get_answers_is_read_with_the_newest_conditional_menu_first() -> None:
    menu = of_account(GET)
    assert menu.buttons == (ORDERS, Button("服务", inside=(SHOP,)))
    newest, oldest = menu.conditional
    assert (newest.id, newest.rule) == ("208396993", (("tag_id", "2"), ("client_platform_type", "2")))
    assert (oldest.id, oldest.buttons) == ("7", (Button("x", "view"),))
    assert oldest.rule == (("tag_id", "2"),)  # told under its older name, beside a rule that no longer counts
    assert of_account({"menu": {"button": []}}) == of_account({}) == Menu()


def test_the_consoles_shapes_are_read() -> None:
    rows = [
        {"name": "你好", "type": "text", "value": "欢迎"},
        {"name": "更多", "sub_button": {"list": [{"type": "news", "name": "新闻", "news_info": {"list": []}}]}},
    ]
    menu = of_console({"is_menu_open": 1, "selfmenu_info": {"button": rows}})
    assert menu.console
    assert menu.buttons == (Button("你好", "text", (("value", "欢迎"),)), Button("更多", inside=(Button("新闻", "news"),)))
    assert of_console({"is_menu_open": 0, "selfmenu_info": {"button": rows}}).buttons == ()


def test_what_is_written_into_a_file_is_read_from_it_again() -> None:
    odd = Button('"引号" \\ #\tx', "click", (("key", "a\x7f\n😀"),))
    menu = Menu((ORDERS, DESK, odd), (rule("1", DESK), rule("2")))
    text = written(menu, "menu.toml")
    assert of_file(tomllib.loads(text)) == menu
    assert "\\u" not in text.replace("\\u007f", "")
