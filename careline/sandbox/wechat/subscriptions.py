"""Subscription notifications: templates put together from keywords, grants of customers, and sending.

A customer grants one notification a time, on a page or in an article; what they granted they may withdraw in the account's
settings.
"""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.fields import filled
from careline.sandbox.wechat.state import SubscriptionTemplate, WeChat, WeChatCustomer
from careline.sandbox.wechat.templates import addressed, delivered, linked, told

MOST = 50
CATEGORY = {"id": 307, "name": "电商平台"}
LIBRARY: dict[str, tuple[str, int, list[tuple[str, str, str]]]] = {  # by tid: title, type, keywords (name, rule, example)
    "1856": (
        "退款进度通知",
        2,
        [
            ("订单编号", "character_string", "A20260306"),
            ("退款金额", "amount", "¥128.00"),
            ("退款状态", "phrase", "已退款"),
            ("备注", "thing", "一到三天到账"),
        ],
    ),
    "2414": (
        "到货提醒",
        2,
        [("商品名称", "thing", "羊毛围巾"), ("门店", "thing", "外滩店"), ("到货时间", "date", "2026年3月6日")],
    ),
    "5034": ("会员服务通知", 3, [("会员名", "name", "会员"), ("服务内容", "thing", "免费保养")]),
}


def _list(call: Call) -> Json:
    found = call.account.subscriptions.values()
    return OK | {
        "data": [
            {"priTmplId": one.id, "title": one.title, "content": one.content, "example": one.example, "type": one.type}
            for one in found
        ]
    }


def _add(call: Call) -> Json:
    tid, chosen = str(call.sent.get("tid", "")), call.sent.get("kidList")
    if tid not in LIBRARY:
        raise WeChatError(200011)
    title, type, keywords = LIBRARY[tid]
    kids = [int(one) for one in chosen if str(one).isdigit()] if isinstance(chosen, list) else []
    if not 2 <= len(kids) <= 5 or len(set(kids)) < len(kids) or not all(1 <= kid <= len(keywords) for kid in kids):
        raise WeChatError(200020)
    if len(call.account.subscriptions) >= MOST:
        raise WeChatError(200012)
    rows = [(kid, *keywords[kid - 1]) for kid in kids]
    content = "".join(f"{name}:{{{{{rule}{kid}.DATA}}}}\n" for kid, name, rule, _ in rows)
    example = "".join(f"{name}:{shown}\n" for _, name, _, shown in rows)
    id = chance.token_urlsafe(33)[:43]
    call.account.subscriptions[id] = SubscriptionTemplate(id, title, content, example, type)
    return OK | {"priTmplId": id}


def _delete(call: Call) -> Json:
    if call.account.subscriptions.pop(str(call.sent.get("priTmplId", "")), None) is None:
        raise WeChatError(200014)
    return OK


def _categories(call: Call) -> Json:
    return OK | {"data": [CATEGORY]}


def _titles(call: Call) -> Json:
    rows = [
        {"tid": int(tid), "title": title, "type": type, "categoryId": str(CATEGORY["id"])}
        for tid, (title, type, _) in LIBRARY.items()
    ]
    start, limit = call.query.get("start", "0"), call.query.get("limit", "30")
    if not (start + limit).isdecimal():
        raise WeChatError(40097)
    return OK | {"count": len(rows), "data": rows[int(start) : int(start) + int(limit)]}


def _keywords(call: Call) -> Json:
    found = LIBRARY.get(call.query.get("tid", ""))
    if found is None:
        raise WeChatError(200011)
    rows = [{"kid": kid, "name": one[0], "rule": one[1], "example": one[2]} for kid, one in enumerate(found[2], 1)]
    return OK | {"count": len(rows), "data": rows}


def _send(call: Call) -> Json:
    """Deliver a notification for one grant, also to somebody who does not follow."""
    sandbox, sent, account = call.sandbox, call.sent, call.account
    customer = addressed(call)
    template = account.subscriptions.get(str(sent.get("template_id", "")))
    if template is None:
        raise WeChatError(40037)
    text = filled(template.content, sent.get("data"))
    granted = customer.granted.get(template.id, 0)
    if granted < 1:
        raise WeChatError(43101)
    if template.type == 2:
        customer.granted[template.id] = granted - 1
    number = delivered(sandbox, customer, template.title, text, linked(sent, "page"))
    failed = sandbox.world.settings.wechat_template != "success"
    if failed:
        customer.messages[-1].state = "failed"
    outcome = {
        "TemplateId": template.id,
        "MsgID": str(number),
        "ErrorCode": "20002" if failed else "0",
        "ErrorStatus": sandbox.world.settings.wechat_template,
    }
    told(sandbox, customer, "subscribe_msg_sent_event", event_of("sent", [outcome]))
    return OK | {"msgid": number}


def answered(account: WeChat, customer: WeChatCustomer, template: str, answer: str) -> Json:
    """The event of a customer's answer to a popup (accept, reject), or of what they withdrew. Raises LookupError."""
    found = next((one for one in account.subscriptions.values() if template in (one.id, one.title)), None)
    if found is None:
        raise LookupError(f"The account has no subscription template {template}.")
    if answer == "accept":
        customer.granted[found.id] = customer.granted.get(found.id, 0) + 1
    elif answer == "withdraw":
        customer.granted.pop(found.id, None)
    row = {"TemplateId": found.id, "SubscribeStatusString": "accept" if answer == "accept" else "reject"}
    if answer == "withdraw":
        return event_of("change", [row])
    return event_of("popup", [row | {"PopupScene": "0"}])


def event_of(what: str, rows: list[Json]) -> Json:
    """A subscribe_msg event: rows in a wrapper, as XML has them."""
    return {"MsgType": "event", "Event": f"subscribe_msg_{what}_event", f"SubscribeMsg{what.capitalize()}Event": {"List": rows}}


ROUTES: Routes = {
    ("GET", "/wxaapi/newtmpl/gettemplate"): _list,
    ("POST", "/wxaapi/newtmpl/addtemplate"): _add,
    ("POST", "/wxaapi/newtmpl/deltemplate"): _delete,
    ("GET", "/wxaapi/newtmpl/getcategory"): _categories,
    ("GET", "/wxaapi/newtmpl/getpubtemplatetitles"): _titles,
    ("GET", "/wxaapi/newtmpl/getpubtemplatekeywords"): _keywords,
    ("POST", "/cgi-bin/message/subscribe/bizsend"): _send,
}
