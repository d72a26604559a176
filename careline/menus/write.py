"""A menu as a file that a person goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from careline.menus.menu import CONSOLE, Button, Buttons, Menu

_HEAD = """# The menu of a WeChat account. Check it: careline menus lint {file}
# One to three [[button]], each with a type, or with one to five [[button.sub_button]].
"""


def written(menu: Menu, file: str) -> str:
    """The text of a menu file, from which the same menu is read."""
    lines = [_HEAD.format(file=file), *_buttons(menu.buttons, "button")]
    for one in menu.conditional:
        lines += ["[[conditional]]  # for those whom the rule describes; the first that fits is shown"]
        lines += [f"matchrule = {{ {', '.join(f'{name} = {_text(value)}' for name, value in one.rule)} }}", ""]
        lines += _buttons(one.buttons, "conditional.button")
    return "\n".join(lines).rstrip() + "\n"


def _buttons(buttons: Buttons, table: str) -> Iterator[str]:
    for one in buttons:
        yield f"[[{table}]]"
        yield from _button(one)
        for sub in one.inside:
            yield f"[[{table}.sub_button]]"
            yield from _button(sub)


def _button(one: Button) -> Iterator[str]:
    yield f"name = {_text(one.name)}"
    if not one.inside:
        remark = "  # made in WeChat's console: no call makes it" if one.type in CONSOLE else ""
        yield f"type = {_text(one.type)}{remark}"
    yield from (f"{name} = {_text(value)}" for name, value in one.holds)
    yield ""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
