"""What would make the account's menus those of a file.

Creating the default menu replaces it whole. Of conditional menus WeChat shows the newest that fits, so what stands below in the
file has to be older: those that agree from the bottom up stay, and whatever is above one that changes is made anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from careline.menus.menu import Button, Buttons, Conditional, Menu


class Step(Struct, frozen=True):
    """One call, or none: ``action`` is create, replace, delete or none. ``rule`` is empty for the default menu."""

    action: str
    rule: str
    buttons: Buttons
    changes: tuple[str, ...] = ()
    menu: Conditional | None = None


def plan(wanted: Menu, found: Menu) -> list[Step]:
    """The steps in the order they are carried out: the default menu, what goes, what comes from the bottom up."""
    return [_default(wanted, found), *_conditional(wanted.conditional, found.conditional)]


def differs(steps: Sequence[Step]) -> bool:
    """True when account and file are not the same."""
    return any(step.action != "none" for step in steps)


def changes(before: Buttons, after: Buttons) -> list[str]:
    """What becomes of the buttons, in words, in the order of the new menu."""
    old, new = _flat(before), _flat(after)
    told = []
    for place, button in new.items():
        if place not in old:
            told.append(f"+ {place}")
        elif old[place].does != button.does:
            told.append(f"~ {place}: {old[place].does or 'opens others'} → {button.does or 'opens others'}")
    told += [f"- {place}" for place in old if place not in new]
    return told or (["the order"] if before != after else [])


def _default(wanted: Menu, found: Menu) -> Step:
    if not found.buttons:
        return Step("create", "", wanted.buttons, tuple(changes((), wanted.buttons)))
    if wanted.buttons == found.buttons and not found.console:
        return Step("none", "", wanted.buttons)
    told = changes(found.buttons, wanted.buttons)
    return Step("replace", "", wanted.buttons, tuple(told or ["made in the console until now"]))


def _conditional(wanted: tuple[Conditional, ...], found: tuple[Conditional, ...]) -> list[Step]:
    left = list(wanted)
    kept: list[Step] = []
    gone: list[Step] = []
    for one in reversed(found):
        if left and left[-1].same(one):
            kept.insert(0, Step("none", one.says, left.pop().buttons, menu=one))
        else:
            gone.append(Step("delete", one.says, one.buttons, menu=one))
    made = [Step("create", one.says, one.buttons, tuple(changes((), one.buttons)), one) for one in reversed(left)]
    return [*gone, *made, *kept]


def _flat(buttons: Buttons) -> dict[str, Button]:
    """Every button by its place: ``服务 / 人工客服``."""
    found: dict[str, Button] = {}
    for one in buttons:
        found[one.name] = one
        found |= {f"{one.name} / {sub.name}": sub for sub in one.inside}
    return found
