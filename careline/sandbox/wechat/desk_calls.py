"""Calls about the desk: its agents, its sessions, its records. Most paths begin with /customservice, without cgi-bin."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from careline.sandbox import account, chance
from careline.sandbox.forms import SentFile, form
from careline.sandbox.phone import Json
from careline.sandbox.wechat import desk
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Agent
from careline.sandbox.wechat.users import customer_of

SECOND = 1_000_000
DAY = 24 * 3600 * SECOND
MOST = 100
INVITED = DAY
LISTED = 100  # of those who wait, however many there are
PAGE = 10_000
PICTURE = "http://mmbiz.qpic.cn/mmbiz/{id}/0"


def _add(call: Call) -> Json:
    agents, name = call.account.desk.agents, _account(call)
    nickname = _nickname(call)
    if name in agents:
        raise WeChatError(65406)
    if len(agents) >= MOST:
        raise WeChatError(65405)
    call.account.desk.made += 1
    agents[name] = Agent(name, nickname, str(call.account.desk.made))
    return OK


def _update(call: Call) -> Json:
    agent = desk.agent_of(call.sandbox, call.sent.get("kf_account"))
    agent.nickname = _nickname(call)
    return OK


def _delete(call: Call) -> Json:
    given = call.query.get("kf_account") or call.sent.get("kf_account")
    agent = desk.agent_of(call.sandbox, given)
    for openid, session in list(call.account.desk.sessions.items()):
        if session.agent == agent.account:
            desk.end(call.sandbox, call.account.customers[openid])
    del call.account.desk.agents[agent.account]
    return OK


def _picture(call: Call) -> Json:
    agent = desk.agent_of(call.sandbox, call.query.get("kf_account"))
    try:
        sent = form(call.request.body, call.request.headers.get("content-type", "")).get("media")
    except ValueError:
        raise WeChatError(47001) from None
    if not isinstance(sent, SentFile) or not sent.startswith(b"\xff\xd8\xff"):
        raise WeChatError(61457)
    agent.picture = PICTURE.format(id=chance.token_hex(8))
    return OK


def _invite(call: Call) -> Json:
    agent = desk.agent_of(call.sandbox, call.sent.get("kf_account"))
    whom = call.sent.get("invite_wx")
    if not isinstance(whom, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{5,19}", whom):
        raise WeChatError(65409)
    if agent.wechat_id:
        raise WeChatError(65412)
    if any(one.wechat_id == whom for one in call.account.desk.agents.values()):
        raise WeChatError(65407)
    if agent.invited and not agent.rejected and call.now < agent.invited_until:
        raise WeChatError(65411)
    agent.invited, agent.invited_until, agent.rejected = whom, call.now + INVITED, False
    return OK


def _list(call: Call) -> Json:
    return {"kf_list": [_told(one, call.now) for one in call.account.desk.agents.values()]}


def _told(agent: Agent, now: int) -> Json:
    told: Json = {
        "kf_account": agent.account,
        "kf_nick": agent.nickname,
        "kf_id": agent.id,
        "kf_headimgurl": agent.picture,
    }
    if agent.wechat_id:
        return told | {"kf_wx": agent.wechat_id}
    if agent.invited:
        state = "rejected" if agent.rejected else "waiting" if now < agent.invited_until else "expired"
        ends = agent.invited_until // SECOND
        return told | {"invite_wx": agent.invited, "invite_expire_time": ends, "invite_status": state}
    return told


def _online(call: Call) -> Json:
    desk.expire(call.sandbox)
    served = [one.agent for one in call.account.desk.sessions.values()]
    found = [one for one in call.account.desk.agents.values() if one.online]
    rows = [{"kf_account": a.account, "status": 1, "kf_id": a.id, "accepted_case": served.count(a.account)} for a in found]
    return {"kf_online_list": rows}


def _begin(call: Call) -> Json:
    customer = customer_of(call, call.sent.get("openid"))
    desk.begin(call.sandbox, customer, desk.agent_of(call.sandbox, call.sent.get("kf_account")))
    return OK


def _end(call: Call) -> Json:
    desk.expire(call.sandbox)
    customer = customer_of(call, call.sent.get("openid"))
    desk.end(call.sandbox, customer, desk.agent_of(call.sandbox, call.sent.get("kf_account")))
    return OK


def _session(call: Call) -> Json:
    desk.expire(call.sandbox)
    found = call.account.desk.sessions.get(customer_of(call, call.query.get("openid", "")).openid)
    return {"createtime": found.began_at // SECOND if found else 0, "kf_account": found.agent if found else ""}


def _sessions(call: Call) -> Json:
    desk.expire(call.sandbox)
    agent = desk.agent_of(call.sandbox, call.query.get("kf_account"))
    found = [(id, one) for id, one in call.account.desk.sessions.items() if one.agent == agent.account]
    return {"sessionlist": [{"createtime": one.began_at // SECOND, "openid": id} for id, one in found]}


def _waiting(call: Call) -> Json:
    waiting = sorted(call.account.desk.waiting.items(), key=lambda one: one[1].latest_at)
    rows = [{"latest_time": one.latest_at // SECOND, "openid": id} for id, one in waiting[:LISTED]]
    return {"count": len(waiting), "waitcaselist": rows}


def _records(call: Call) -> Json:
    since, until, msgid, number = (_number(call, name) for name in ("starttime", "endtime", "msgid", "number"))
    if since >= until or msgid < 1 or not 1 <= number <= PAGE:
        raise WeChatError(65416)
    if until - since > DAY // SECOND:
        raise WeChatError(65417)
    kept = call.account.desk.records
    shown: list[Json] = []
    last = msgid
    for place, one in enumerate(kept[msgid - 1 :], msgid):
        at = one.at // SECOND
        if not since <= at < until:
            continue
        if len(shown) == number:
            break
        shown.append({"openid": one.openid, "opercode": one.opercode, "text": one.text, "time": at, "worker": one.worker})
        last = place + 1
    return {"recordlist": shown, "number": len(shown), "msgid": last}


def _number(call: Call, name: str) -> int:
    value = call.sent.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WeChatError(65416)
    return value


def _account(call: Call) -> str:
    name: Any = call.sent.get("kf_account")
    if not isinstance(name, str) or not re.fullmatch(rf"[A-Za-z0-9_]{{1,10}}@{account.WECHAT_USERNAME}", name):
        raise WeChatError(65404)
    return name


def _nickname(call: Call) -> str:
    nickname = call.sent.get("nickname")
    if not isinstance(nickname, str) or not 1 <= len(nickname) <= 16:
        raise WeChatError(65403)
    return nickname


def _enabled(answers: Callable[[Call], Json]) -> Callable[[Call], Json]:
    """The same where the account has a desk. Raises 65400 where it has none."""

    def answer(call: Call) -> Json:
        if not call.sandbox.world.settings.wechat_desk:
            raise WeChatError(65400)
        return answers(call)

    return answer


_CALLS: dict[tuple[str, str], Callable[[Call], Json]] = {
    ("POST", "/customservice/kfaccount/add"): _add,
    ("POST", "/customservice/kfaccount/update"): _update,
    ("GET", "/customservice/kfaccount/del"): _delete,
    ("POST", "/customservice/kfaccount/del"): _delete,
    ("POST", "/customservice/kfaccount/uploadheadimg"): _picture,
    ("POST", "/customservice/kfaccount/inviteworker"): _invite,
    ("GET", "/cgi-bin/customservice/getkflist"): _list,
    ("GET", "/cgi-bin/customservice/getonlinekflist"): _online,
    ("POST", "/customservice/kfsession/create"): _begin,
    ("POST", "/customservice/kfsession/close"): _end,
    ("GET", "/customservice/kfsession/getsession"): _session,
    ("GET", "/customservice/kfsession/getsessionlist"): _sessions,
    ("GET", "/customservice/kfsession/getwaitcase"): _waiting,
    ("POST", "/customservice/msgrecord/getmsglist"): _records,
}
ROUTES: Routes = {asked: _enabled(answers) for asked, answers in _CALLS.items()}
