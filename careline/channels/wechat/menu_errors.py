"""What WeChat's error numbers mean that concern menus."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.tencent.errors import Meaning
from careline.errors import Refused

_LINT = "careline menus lint FILE says which."

MENUS: Mapping[int, Meaning] = {
    **dict.fromkeys(range(40016, 40029), Meaning(Refused, "WeChat does not take a button of the menu", _LINT, "menu_refused")),
    45064: Meaning(Refused, "The menu opens a mini program that is not linked to the account", "Link it in WeChat's console."),
    46003: Meaning(Refused, "The account has no menu that a call made"),
    65301: Meaning(Refused, "There is no such conditional menu", "careline menus plan FILE shows what there is."),
    65303: Meaning(Refused, "There is no default menu, and conditional ones need it", "Put [[button]] into the file."),
    65304: Meaning(Refused, "The conditional menu has no rule", "careline menus lint FILE says where.", "menu_refused"),
    65305: Meaning(Refused, "The account has as many conditional menus as WeChat allows", "Take one out of the file."),
    65306: Meaning(Refused, "The account may not use conditional menus", code="not_granted"),
    65308: Meaning(Refused, "A button of the menu does nothing", _LINT, "menu_refused"),
    65309: Meaning(Refused, "Conditional menus are switched off", "They are switched on in WeChat's console."),
    65316: Meaning(Refused, "The menu leads to more than three other sites", code="menu_refused"),
    65317: Meaning(Refused, "An address of the menu is none", _LINT, "menu_refused"),
}
