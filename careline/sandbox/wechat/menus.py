"""The account's menu: made, read and deleted by calls, or in WeChat's console, and tapped by customers.

Without a menu a tap is a CLICK of whatever key is named, so that a test needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import ConditionalMenu, WeChat, WeChatCustomer

KEYED = ("click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select")
NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(KEYED, ("key",)),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
OPENING = ("click", "scancode_push", "scancode_waitmsg")  # a tap on one of these opens a window
RULES = ("tag_id", "client_platform_type", "language", "group_id", "sex", "country", "province", "city")
MOST_CONDITIONAL = 20  # WeChat publishes no number


def _create(call: Call) -> Json:
    """Take the place of the default menu; conditional ones stay."""
    call.account.menu = _checked(call, call.sent.get("button"))
    call.account.console_menu = []
    call.account.menu_id = _number(call.account)
    return OK


def _get(call: Call) -> Json:
    account = call.account
    if not account.menu:
        raise WeChatError(46003)  # also for one that was made in the console
    shown: Json = {"menu": {"button": _listed(account.menu)}}
    if account.conditional:
        shown["menu"]["menuid"] = account.menu_id
        shown["conditionalmenu"] = [
            {"button": _listed(one.buttons), "matchrule": one.rule, "menuid": one.id} for one in reversed(account.conditional)
        ]
    return shown


def _delete(call: Call) -> Json:
    """The default menu, and every conditional one with it."""
    call.account.menu, call.account.console_menu, call.account.conditional = [], [], []
    return OK


def _current(call: Call) -> Json:
    account = call.account
    shown = account.console_menu or _listed(account.menu)
    if not shown:
        return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    return {"is_menu_open": 1, "selfmenu_info": {"button": [_in_console(one) for one in shown]}}


def _add_conditional(call: Call) -> Json:
    account = call.account
    rule = call.sent.get("matchrule")
    if not account.menu:
        raise WeChatError(65303)
    if not isinstance(rule, dict) or not any(rule.get(name) not in (None, "") for name in RULES):
        raise WeChatError(65304)
    if len(account.conditional) >= MOST_CONDITIONAL:
        raise WeChatError(65305)
    if not call.sent.get("button"):
        raise WeChatError(65307)
    buttons = _checked(call, call.sent["button"])
    kept = {name: str(rule[name]) for name in RULES if rule.get(name) not in (None, "")}
    one = ConditionalMenu(_number(account), buttons, kept)
    account.conditional.append(one)
    return {"menuid": str(one.id)}


def _delete_conditional(call: Call) -> Json:
    found = [one for one in call.account.conditional if str(one.id) == str(call.sent.get("menuid", ""))]
    if not found:
        raise WeChatError(65301)
    call.account.conditional.remove(found[0])
    return OK


def _try_match(call: Call) -> Json:
    customer = call.account.customers.get(str(call.sent.get("user_id", "")))
    if customer is None:
        raise WeChatError(65302)
    return {"button": _listed(shown_to(call.account, customer))}


def shown_to(account: WeChat, customer: WeChatCustomer) -> list[Json]:
    """The buttons that a customer sees: of the newest conditional menu that matches, else of the default one."""
    has = {"language": customer.language, "client_platform_type": customer.client}
    for one in reversed(account.conditional):
        tagged = "tag_id" not in one.rule or one.rule["tag_id"] in map(str, customer.tags)
        if tagged and all(one.rule.get(name, told) == told for name, told in has.items()):
            return one.buttons
    return account.menu or account.console_menu


def tapped(account: WeChat, customer: WeChatCustomer, wanted: str) -> tuple[Json, bool]:
    """The event of a tap on the button of that name, key or address, and whether it opens a window. Raises Impossible."""
    buttons = list(_leaves(shown_to(account, customer)))
    if not buttons:
        return {"MsgType": "event", "Event": "CLICK", "EventKey": wanted}, True
    for one in buttons:
        if wanted in (one.get("name"), one.get("key"), one.get("url"), one.get("pagepath")):
            kind = str(one.get("type", ""))
            if kind not in (*KEYED, "view", "miniprogram"):
                raise Impossible(f"A tap on {one['name']} shows what it holds, and nothing is pushed.", kind="usage")
            return {"MsgType": "event", **_event(one, kind, account.menu_id)}, kind in OPENING
    offered = ", ".join(str(one.get("name", "")) for one in buttons)
    raise Impossible(f"The menu has no button {wanted}. On it: {offered}.", kind="not_found")


def _event(button: Json, kind: str, menu: int) -> Json:
    if kind in ("view", "miniprogram"):
        name, key = ("VIEW", "url") if kind == "view" else ("view_miniprogram", "pagepath")
        return {"Event": name, "EventKey": button[key], "MenuId": menu}
    event: Json = {"Event": "CLICK" if kind == "click" else kind, "EventKey": button["key"]}
    if kind.startswith("scancode"):
        event["ScanCodeInfo"] = {"ScanType": "barcode", "ScanResult": "CODE_128,6901234567892"}
    elif kind.startswith("pic"):
        event["SendPicsInfo"] = {"Count": 1, "PicList": {"item": {"PicMd5Sum": chance.token_hex(16)}}}
    elif kind == "location_select":
        place = {"Location_X": "31.2397", "Location_Y": "121.4998", "Scale": "15", "Label": "上海市黄浦区", "Poiname": ""}
        event["SendLocationInfo"] = place
    return event


def _checked(call: Call, buttons: Any, *, inside: bool = False) -> list[Json]:
    """The buttons, if WeChat takes them: its codes for those within a button are others."""
    most = 5 if inside else 3
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most or not all(isinstance(one, dict) for one in buttons):
        raise WeChatError(40023 if inside else 40016)
    return [_button(call, one, inside) for one in buttons]


def _button(call: Call, button: Json, inside: bool) -> Json:
    name = str(button.get("name") or "")
    if not 1 <= len(name.encode()) <= (60 if inside else 16):
        raise WeChatError(40025 if inside else 40018)
    if button.get("sub_button"):
        if inside:
            raise WeChatError(40022)
        return {"name": name, "sub_button": _checked(call, button["sub_button"], inside=True)}
    kind = button.get("type")
    if not kind:
        raise WeChatError(65308)
    if kind not in NEEDS:
        raise WeChatError(40024 if inside else 40017)
    for field in NEEDS[kind]:
        _field(call, field, button.get(field), inside)
    return {"type": kind, "name": name, **{field: button[field] for field in NEEDS[kind]}}


def _field(call: Call, field: str, value: Any, inside: bool) -> None:
    size = len(str(value or "").encode())
    if field == "key" and not 1 <= size <= 128:
        raise WeChatError(40026 if inside else 40019)
    if field == "url" and not 1 <= size <= 1024:
        raise WeChatError(40027 if inside else 40020)
    if field == "url" and not str(value).startswith(("http://", "https://")):
        raise WeChatError(65317)
    if field == "media_id" and value not in call.account.files:
        raise WeChatError(40007)
    if not size:
        raise WeChatError(65308)


def _listed(buttons: list[Json]) -> list[Json]:
    """As menu/get shows them: each with its ``sub_button``, often an empty one."""
    return [one | {"sub_button": [sub | {"sub_button": []} for sub in one.get("sub_button", [])]} for one in buttons]


def _in_console(button: Json) -> Json:
    """As get_current_selfmenu_info shows it: what is inside stands in a ``list``, and a leaf has none."""
    if button.get("sub_button"):
        inside = [{name: value for name, value in one.items() if name != "sub_button"} for one in button["sub_button"]]
        return {"name": button["name"], "sub_button": {"list": inside}}
    return {name: value for name, value in button.items() if name != "sub_button"}


def _leaves(buttons: list[Json]) -> Iterator[Json]:
    for one in buttons:
        yield from one.get("sub_button") or [one]


def _number(account: WeChat) -> int:
    """A number for a menu, above all that there were."""
    account.menus_made += 1 + chance.randbelow(50)
    return account.menus_made


ROUTES: Routes = {
    ("POST", "/cgi-bin/menu/create"): _create,
    ("GET", "/cgi-bin/menu/get"): _get,
    ("GET", "/cgi-bin/menu/delete"): _delete,
    ("GET", "/cgi-bin/get_current_selfmenu_info"): _current,
    ("POST", "/cgi-bin/menu/addconditional"): _add_conditional,
    ("POST", "/cgi-bin/menu/delconditional"): _delete_conditional,
    ("POST", "/cgi-bin/menu/trymatch"): _try_match,
}
