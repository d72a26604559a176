"""Tags of followers. WeChat: 100 of them with names of 30 bytes, 20 on one follower; the numbers 0, 1 and 2 are its own."""

from __future__ import annotations

from typing import Any

from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.users import customer_of, openids, page

MOST = 100
LONGEST_NAME = 30  # bytes
ON_ONE = 20
TOGETHER = 50
SYSTEM = (0, 1, 2)
TOO_MANY = 100_000  # fans: such a tag cannot be deleted at once
FIRST = 100


def _create(call: Call) -> Json:
    tags = call.account.tags
    name = _name(call, None)
    if sum(id not in SYSTEM for id in tags) >= MOST:
        raise WeChatError(45056)
    id = max([FIRST - 1, *tags]) + 1
    tags[id] = name
    return {"tag": {"id": id, "name": name}}


def _list(call: Call) -> Json:
    customers = call.account.customers.values()
    counts = {id: sum(id in one.tags for one in customers) for id in call.account.tags}
    return {"tags": [{"id": id, "name": name, "count": counts[id]} for id, name in call.account.tags.items()]}


def _update(call: Call) -> Json:
    id = _own(call, _tag(call).get("id"))
    call.account.tags[id] = _name(call, id)
    return OK


def _delete(call: Call) -> Json:
    id = _own(call, _tag(call).get("id"))
    holders = [one for one in call.account.customers.values() if id in one.tags]
    if len(holders) > TOO_MANY:
        raise WeChatError(45057)
    for one in holders:
        one.tags.remove(id)
    del call.account.tags[id]
    return OK


def _give(call: Call) -> Json:
    id, people = _known(call, call.sent.get("tagid")), openids(call, TOGETHER)
    if any(id not in one.tags and len(one.tags) >= ON_ONE for one in people):
        raise WeChatError(45059)
    for one in people:
        if id not in one.tags:
            one.tags.append(id)
    return OK


def _take(call: Call) -> Json:
    id = _known(call, call.sent.get("tagid"))
    for one in openids(call, TOGETHER):
        if id in one.tags:
            one.tags.remove(id)
    return OK


def _of_one(call: Call) -> Json:
    return {"tagid_list": list(customer_of(call, call.sent.get("openid")).tags)}


def _members(call: Call) -> Json:
    id = _known(call, call.sent.get("tagid"))
    found = [one.openid for one in call.account.customers.values() if one.following and id in one.tags]
    shown, last = page(found, str(call.sent.get("next_openid") or ""))
    return {"count": len(shown)} | ({"data": {"openid": shown}} if shown else {}) | {"next_openid": last}


def _tag(call: Call) -> Json:
    tag = call.sent.get("tag")
    if not isinstance(tag, dict):
        raise WeChatError(40035)
    return tag


def _name(call: Call, own: int | None) -> str:
    """The name asked for, which no other tag has."""
    name = _tag(call).get("name")
    if not isinstance(name, str) or not name.strip():
        raise WeChatError(45157)
    if len(name.encode()) > LONGEST_NAME:
        raise WeChatError(45158)
    if any(known == name and id != own for id, known in call.account.tags.items()):
        raise WeChatError(45157)
    return name


def _known(call: Call, id: Any) -> int:
    if not isinstance(id, int) or isinstance(id, bool) or id not in call.account.tags:
        raise WeChatError(45159)
    return id


def _own(call: Call, id: Any) -> int:
    if id in SYSTEM:
        raise WeChatError(45058)
    return _known(call, id)


ROUTES: Routes = {
    ("POST", "/cgi-bin/tags/create"): _create,
    ("GET", "/cgi-bin/tags/get"): _list,
    ("POST", "/cgi-bin/tags/update"): _update,
    ("POST", "/cgi-bin/tags/delete"): _delete,
    ("POST", "/cgi-bin/tags/members/batchtagging"): _give,
    ("POST", "/cgi-bin/tags/members/batchuntagging"): _take,
    ("POST", "/cgi-bin/tags/getidlist"): _of_one,
    ("GET", "/cgi-bin/user/tag/get"): _members,
    ("POST", "/cgi-bin/user/tag/get"): _members,
}
