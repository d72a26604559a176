"""Followers, as WeChat tells them: lists of 10,000, what is known of each, remarks, and the blacklist."""

from __future__ import annotations

from typing import Any

from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import WeChatCustomer

PAGE = 10_000
TOGETHER = 100
BLACKLISTED_TOGETHER = 20
LONGEST_REMARK = 29  # characters


def customer_of(call: Call, openid: Any) -> WeChatCustomer:
    """The customer of an OpenID. Raises 40003."""
    found = call.account.customers.get(openid) if isinstance(openid, str) else None
    if found is None:
        raise WeChatError(40003)
    return found


def openids(call: Call, most: int) -> list[WeChatCustomer]:
    """The customers that an openid_list names. Raises 40032 for too many or none, 40003 for one who is nobody here."""
    given = call.sent.get("openid_list")
    if not isinstance(given, list) or not 1 <= len(given) <= most:
        raise WeChatError(40032)
    return [customer_of(call, one) for one in given]


def page(found: list[str], after: str, size: int = PAGE) -> tuple[list[str], str]:
    """What follows ``after`` in a list, and the last of it. Raises 40003 for one who is not in the list."""
    if after and after not in found:
        raise WeChatError(40003)
    start = found.index(after) + 1 if after else 0
    shown = found[start : start + size]
    return shown, shown[-1] if shown else ""


def _info(call: Call) -> Json:
    return _told(customer_of(call, call.query.get("openid", "")))


def _infos(call: Call) -> Json:
    asked = call.sent.get("user_list")
    if not isinstance(asked, list) or not 1 <= len(asked) <= TOGETHER or not all(isinstance(one, dict) for one in asked):
        raise WeChatError(40032)
    return {"user_info_list": [_told(customer_of(call, one.get("openid"))) for one in asked]}


def _told(customer: WeChatCustomer) -> Json:
    union = {"unionid": customer.unionid} if customer.unionid else {}
    if not customer.following:
        return {"subscribe": 0, "openid": customer.openid} | union
    return {
        "subscribe": 1,
        "openid": customer.openid,
        "nickname": "",
        "sex": 0,
        "language": customer.language,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": customer.subscribed_at // 1_000_000,
        **union,
        "remark": customer.remark,
        "groupid": customer.tags[0] if customer.tags else 0,
        "tagid_list": list(customer.tags),
        "subscribe_scene": customer.subscribe_scene,
        "qr_scene": customer.qr_scene,
        "qr_scene_str": customer.qr_scene_str,
    }


def _group(call: Call) -> Json:
    """The first of their tags, as programs from before there were tags ask for it."""
    return {"groupid": _told(customer_of(call, call.sent.get("openid"))).get("groupid", 0)}


def _moved(call: Call) -> Json:
    """The OpenIDs here of people whom another account knew. Nothing was ever moved to this account: nobody has one."""
    given = call.sent.get("openid_list")
    if not isinstance(given, list) or not 1 <= len(given) <= TOGETHER:
        raise WeChatError(40032)
    if not call.sent.get("from_appid"):
        raise WeChatError(40013)
    return OK | {"result_list": [{"ori_openid": str(one), "err_msg": "ori_openid error"} for one in given]}


def _list(call: Call) -> Json:
    everybody = [one.openid for one in call.account.customers.values() if one.following]
    shown, last = page(everybody, call.query.get("next_openid", ""))
    answer: Json = {"total": len(everybody), "count": len(shown)}
    if shown:
        answer["data"] = {"openid": shown}
    return answer | {"next_openid": last}


def _remark(call: Call) -> Json:
    customer, remark = customer_of(call, call.sent.get("openid")), call.sent.get("remark")
    if not customer.following:
        raise WeChatError(43004)
    if not isinstance(remark, str) or len(remark) > LONGEST_REMARK:
        raise WeChatError(40035)
    customer.remark = remark
    return OK


def _blacklist(call: Call) -> Json:
    barred = [one.openid for one in call.account.customers.values() if one.blacklisted]
    shown, last = page(barred, str(call.sent.get("begin_openid") or ""))
    answer: Json = {"total": len(barred), "count": len(shown)}
    if shown:
        answer["data"] = {"openid": shown}
    return answer | {"next_openid": last}


def _bar(call: Call) -> Json:
    for one in openids(call, BLACKLISTED_TOGETHER):
        one.blacklisted = True
    return OK


def _unbar(call: Call) -> Json:
    for one in openids(call, BLACKLISTED_TOGETHER):
        one.blacklisted = False
    return OK


ROUTES: Routes = {
    ("GET", "/cgi-bin/user/info"): _info,
    ("POST", "/cgi-bin/user/info/batchget"): _infos,
    ("GET", "/cgi-bin/user/get"): _list,
    ("POST", "/cgi-bin/user/info/updateremark"): _remark,
    ("POST", "/cgi-bin/groups/getid"): _group,
    ("POST", "/cgi-bin/changeopenid"): _moved,
    ("POST", "/cgi-bin/tags/members/getblacklist"): _blacklist,
    ("POST", "/cgi-bin/tags/members/batchblacklist"): _bar,
    ("POST", "/cgi-bin/tags/members/batchunblacklist"): _unbar,
}
