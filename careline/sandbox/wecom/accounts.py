"""Customer service accounts and their links: kf/account/… and kf/add_contact_way."""

from __future__ import annotations

import re

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.wecom.call import OK, Call, Routes
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.state import Account

LINK = "https://work.weixin.qq.com/kf/"
_SCENE = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)


def _name(call: Call) -> str:
    name = call.text("name")
    if not 1 <= len(name) <= 16:
        raise WeComError(40058, "name exceed max length" if name else "name is empty")
    return name


def _picture(call: Call) -> None:
    if call.text("media_id") not in call.company.media:
        raise WeComError(40007)


def _add(call: Call) -> Json:
    _picture(call)
    made = Account(f"wk{chance.token_urlsafe(23)[:30]}", _name(call))
    call.company.accounts[made.id] = made
    return OK | {"open_kfid": made.id}


def _del(call: Call) -> Json:
    account = call.account()
    del call.company.accounts[account.id]
    call.company.removed.append(account.id)
    return OK


def _update(call: Call) -> Json:
    account = call.account()
    if "media_id" in call.sent:
        _picture(call)
    if "name" in call.sent:
        account.name = _name(call)
    return OK


def _list(call: Call) -> Json:
    offset, limit = call.sent.get("offset", 0), call.sent.get("limit", 100)
    if not isinstance(offset, int) or not isinstance(limit, int) or offset < 0 or not 1 <= limit <= 100:
        raise WeComError(40058)
    rows = list(call.company.accounts.values())[offset : offset + limit]
    shown = [
        {
            "open_kfid": one.id,
            "name": one.name,
            "avatar": "https://wwcdn.weixin.qq.com/node/wework/images/kf_head_image_url.png",
            "manage_privilege": one.managed,
        }
        for one in rows
    ]
    return OK | {"account_list": shown}


def _all(call: Call) -> Json:
    """As older programs ask: every account, and nothing of what the API may speak for."""
    rows = [{"open_kfid": one.id, "name": one.name, "avatar": ""} for one in call.company.accounts.values()]
    return OK | {"account_list": rows}


def _link(call: Call) -> Json:
    """Without a scene the account's own address; with one the address says it in a way nobody else can read."""
    account, scene = call.account(), call.text("scene")
    address = f"{LINK}kfc{account.id[2:14].lower()}"
    if not scene:
        return OK | {"url": address}
    if not _SCENE.fullmatch(scene):
        raise WeComError(40058, "scene exceed max length" if len(scene) > 32 else "invalid scene")
    sealed = next((code for code, known in account.scenes.items() if known == scene), "")
    if not sealed:
        sealed = f"ENC{chance.token_hex(12)}"
        account.scenes[sealed] = scene
    return OK | {"url": f"{address}?enc_scene={sealed}"}


ROUTES: Routes = {
    ("POST", "/cgi-bin/kf/account/add"): _add,
    ("POST", "/cgi-bin/kf/account/del"): _del,
    ("POST", "/cgi-bin/kf/account/update"): _update,
    ("POST", "/cgi-bin/kf/account/list"): _list,
    ("GET", "/cgi-bin/kf/account/list"): _all,
    ("POST", "/cgi-bin/kf/add_contact_way"): _link,
}
