"""The rules of menu files by number: what each asks for, why, and how to mend what breaks it.

An error is what WeChat refuses. A warning is what it takes and somebody may regret.
"""

from __future__ import annotations

from careline.menus.menu import CONSOLE, NEEDS, OLD_RULES, RULES
from careline.toml_file import Rule

_ALL = (
    Rule("M001", "The file can be read", "A menu file is TOML in UTF-8, at most 256 KiB. The parser says where it stumbled."),
    Rule(
        "M002",
        "Every field is known",
        "Buttons are [[button]], those within one [[button.sub_button]]; menus for some people are [[conditional]], with a "
        "matchrule and buttons of their own. A field that is not known would be left out in silence.",
    ),
    Rule("M003", "Every field has its type", "Buttons and conditional menus are lists of tables, everything else is text."),
    Rule(
        "M004",
        "What is needed is there",
        "A button has a name, and either a type with all that it needs or others within it. "
        + "; ".join(f"{type}: {', '.join(fields)}" for type, fields in NEEDS.items())
        + ".",
    ),
    Rule(
        "M005",
        "There is room for it",
        "A menu has one to three buttons, a button one to five within it (40016, 40023). Put some into others.",
    ),
    Rule(
        "M006",
        "The name is short enough",
        "WeChat takes 16 bytes on the bar (40018) and 60 within a button (40025). A Chinese character is three bytes.",
    ),
    Rule("M007", "The key is short enough", "A key has 1 to 128 bytes (40019, 40026). Nobody sees it: let it be a word."),
    Rule(
        "M008",
        "The address is one",
        "An address begins with https:// or http:// and has at most 1,024 bytes (40020, 40027, 65317).",
    ),
    Rule("M009", "The button's type exists", f"There are {', '.join(NEEDS)} (40017, 40024)."),
    Rule(
        "M010",
        "A button does one thing",
        "A button with others within it opens them, and can have no type or address of its own; one within another has none "
        "within it (40022).",
    ),
    Rule(
        "M011",
        "No call makes it",
        f"Buttons of the types {', '.join(CONSOLE)} are made in WeChat's console only. Take a click, and answer it when it is "
        "heard; or a media_id, an article_id.",
    ),
    Rule(
        "M012",
        "The rule says something",
        f"A conditional menu has a matchrule with at least one of {', '.join(RULES)} (65304). client_platform_type is 1 for "
        "iOS, 2 for Android, 3 for other phones.",
    ),
    Rule(
        "M013",
        "There is a default menu",
        "Those whom no rule describes see the default menu, and WeChat takes no conditional one without it (65303).",
    ),
    Rule(
        "M014",
        "The name is shown whole",
        "Phones show four Chinese characters or eight letters on the bar, eight or sixteen within a button, and cut the rest.",
        "warning",
    ),
    Rule(
        "M015",
        "A key stands for one button",
        "A tap tells the key alone: two buttons with one key cannot be told apart afterwards.",
        "warning",
    ),
    Rule(
        "M016",
        "The rule still counts",
        f"WeChat takes {', '.join(OLD_RULES)} and matches nobody by them any more. Take a tag.",
        "warning",
    ),
    Rule(
        "M017",
        "The menu can be reached",
        "The first conditional menu that fits is shown: one with the same rule further down never is.",
        "warning",
    ),
    Rule(
        "M018",
        "Few sites",
        "WeChat refuses a menu that leads to more than three sites that are not the account's own (65316).",
        "warning",
    ),
)

RULES_BY_ID = {rule.id: rule for rule in _ALL}
