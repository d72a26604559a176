"""A menu as both sides can be compared: up to three buttons, each with what a tap does, or with up to five others in it.

WeChat shows a customer the newest conditional menu whose rule describes them, else the default one. In a file the first that
fits counts. WeChat's calls, its console and a file write the same menu in three ways: ``of_account``, ``of_console`` and
``of_file`` read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

Table = Mapping[str, Any]

KEYED = ("click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select")
NEEDS: Mapping[str, tuple[str, ...]] = {  # the types of buttons, and what each holds
    **dict.fromkeys(KEYED, ("key",)),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),  # the url is for phones too old for it
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
CONSOLE = ("text", "img", "photo", "voice", "video", "news")  # types that WeChat's console makes, and no call
RULES = ("tag_id", "client_platform_type", "language")
OLD_RULES = ("group_id", "sex", "country", "province", "city")  # answered, and matched no more


class Button(Struct, frozen=True):
    """One button: ``holds`` is what its type needs, by name; one with others ``inside`` has no type."""

    name: str
    type: str = ""
    holds: tuple[tuple[str, str], ...] = ()
    inside: tuple[Button, ...] = ()

    def body(self) -> dict[str, Any]:
        """The button as WeChat's calls take it."""
        if self.inside:
            return {"name": self.name, "sub_button": [one.body() for one in self.inside]}
        return {"type": self.type, "name": self.name, **dict(self.holds)}

    @property
    def does(self) -> str:
        """What a tap does, in a line: the type and what it holds."""
        return " ".join([self.type, *(value for _, value in self.holds)]).strip()


Buttons = tuple[Button, ...]


class Conditional(Struct, frozen=True):
    """A menu for those whom ``rule`` describes. ``id`` is the account's, empty for one that it does not have yet."""

    rule: tuple[tuple[str, str], ...]
    buttons: Buttons
    id: str = ""

    def same(self, other: Conditional) -> bool:
        """True when both show the same to the same people."""
        return (self.rule, self.buttons) == (other.rule, other.buttons)

    @property
    def says(self) -> str:
        """The rule in a line."""
        return " ".join(f"{name}={value}" for name, value in self.rule)


class Menu(Struct, frozen=True):
    """A default menu and the conditional ones, the first that fits first. ``console``: it was made there, not by a call."""

    buttons: Buttons = ()
    conditional: tuple[Conditional, ...] = ()
    console: bool = False


def of_file(table: Table) -> Menu:
    """The menu that a file holds. Read only after it was checked."""
    return Menu(_buttons(table.get("button")), tuple(_conditional(one) for one in table.get("conditional", [])))


def of_account(answer: Table) -> Menu:
    """What ``menu/get`` answers. The number of a conditional menu rises with each, as far as anybody has seen."""
    made = sorted(_rows(answer.get("conditionalmenu")), key=lambda one: _number(one.get("menuid")), reverse=True)
    rules = [_table(one.get("matchrule")) for one in made]
    told = [rule if rule.get("tag_id") else {**rule, "tag_id": rule.get("group_id")} for rule in rules]  # its older name
    conditional = tuple(_conditional({**one, "matchrule": rule}) for one, rule in zip(made, told, strict=True))
    return Menu(_buttons(_table(answer.get("menu")).get("button")), conditional)


def of_console(answer: Table) -> Menu:
    """What ``get_current_selfmenu_info`` answers, which shows the default menu wherever it was made."""
    buttons = _buttons(_table(answer.get("selfmenu_info")).get("button"))
    return Menu(buttons if answer.get("is_menu_open") else (), console=True)


def _conditional(one: Table) -> Conditional:
    """The menu, with what its rule says that still counts; all that it says where nothing of it does."""
    rule = {name: _text(value) for name, value in _table(one.get("matchrule")).items()}
    counting = RULES if any(rule.get(name) for name in RULES) else OLD_RULES
    kept = tuple((name, rule[name]) for name in counting if rule.get(name))
    return Conditional(kept, _buttons(one.get("button")), _text(one.get("menuid")))


def _buttons(rows: Any) -> Buttons:
    return tuple(_button(one) for one in _rows(rows))


def _button(one: Table) -> Button:
    name, inside = _text(one.get("name")), one.get("sub_button")
    others = _buttons(inside.get("list") if isinstance(inside, dict) else inside)
    if others:
        return Button(name, inside=others)
    type = _text(one.get("type"))
    fields = NEEDS.get(type, ("value", "media_id"))
    return Button(name, type, tuple((field, _text(one[field])) for field in fields if _text(one.get(field))))


def _rows(value: Any) -> Iterable[Table]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _table(value: Any) -> Table:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Text, whatever it was: WeChat writes numbers of rules and menus either way."""
    return "" if value is None else str(value).strip()


def _number(value: Any) -> int:
    text = _text(value)
    return int(text) if text.isdecimal() and len(text) < 30 else 0
