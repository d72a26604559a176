"""What WeChat's error numbers mean that concern menus."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent.errors import Meaning
from careline.errors import NotFound, Refused

_LINT = "careline menus lint FILE says which."
_PLAN = "careline menus plan FILE shows what there is."
_RULE = "Rules by place are of old: choose people by tag_id, platform or language."

MENUS: Mapping[int, Meaning] = {
    **dict.fromkeys(range(40016, 40029), Meaning(Refused, "WeChat does not take a button of the menu", _LINT, "menu_refused")),
    45064: Meaning(Refused, "The menu opens a mini program that is not linked to the account", "Link it in WeChat's console."),
    46002: Meaning(Refused, "The account has no such version of a menu", _PLAN),
    46003: Meaning(Refused, "The account has no menu that a call made", "careline menus apply FILE makes one."),
    40066: Meaning(Refused, "An address is none that WeChat takes", "It begins with https:// or http://."),
    **dict.fromkeys(range(40119, 40121), Meaning(Refused, "WeChat does not know this type of button", _LINT, "menu_refused")),
    45010: Meaning(Refused, "The menu has too many buttons", "Three, and five below each.", "menu_refused"),
    65301: Meaning(Refused, "There is no such conditional menu", _PLAN),
    65302: Meaning(NotFound, "There is no such customer to try the menu with", "It takes an OpenID or a WeChat id."),
    65303: Meaning(Refused, "There is no default menu, and conditional ones need it", "Put [[button]] into the file."),
    65304: Meaning(Refused, "The conditional menu has no rule", "careline menus lint FILE says where.", "menu_refused"),
    65305: Meaning(Refused, "The account has as many conditional menus as WeChat allows", "Take one out of the file."),
    65306: Meaning(
        Refused,
        "The account may not use conditional menus",
        "Verified accounts may. Take [[conditional]] out of the file.",
        "not_granted",
    ),
    65307: Meaning(Refused, "The conditional menu has no button", "careline menus lint FILE says where.", "menu_refused"),
    65308: Meaning(Refused, "A button of the menu does nothing", _LINT, "menu_refused"),
    65309: Meaning(Refused, "Conditional menus are switched off", "They are switched on in WeChat's console."),
    65310: Meaning(Refused, "A rule with a province needs its country", _RULE, "menu_refused"),
    65311: Meaning(Refused, "A rule with a city needs its province", _RULE, "menu_refused"),
    **{
        65312 + place: Meaning(Refused, f"WeChat knows no such {what} as the rule names", _RULE, "menu_refused")
        for place, what in enumerate(("country", "province", "city"))
    },
    65316: Meaning(Refused, "The menu leads to more than three other sites", "Lead to pages of three at most.", "menu_refused"),
    65317: Meaning(Refused, "An address of the menu is none", _LINT, "menu_refused"),
}
