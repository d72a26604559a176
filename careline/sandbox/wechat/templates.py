"""Template messages: the account's templates out of a small library, its industry, and sending.

The account begins with none. What became of a message is pushed as TEMPLATESENDJOBFINISH.
"""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import push
from careline.sandbox.wechat.call import OK, Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.fields import filled
from careline.sandbox.wechat.state import Notice, WeChatCustomer

MINUTE = 60_000_000
MONTH = 30 * 24 * 60 * MINUTE
MOST = 25
LIBRARY = {  # by short id: title, content, example
    "TM00015": (
        "订单支付成功通知",
        "订单编号：{{character_string1.DATA}}\n商品名称：{{thing2.DATA}}\n支付金额：{{amount3.DATA}}\n支付时间：{{time4.DATA}}\n",
        "订单编号：A20260306\n商品名称：羊毛围巾\n支付金额：¥128.00\n支付时间：2026年3月6日 16:30\n",
    ),
    "TM00303": (
        "订单发货通知",
        "订单编号：{{character_string1.DATA}}\n快递公司：{{thing2.DATA}}\n发货状态：{{phrase3.DATA}}\n",
        "订单编号：A20260306\n快递公司：顺丰速运\n发货状态：已发货\n",
    ),
    "OPENTM207422808": (
        "预约提醒",
        "{ {keyword1.DATA} }，请准时到店。\n门店电话：{ {keyword2.DATA} }\n",
        "明天下午三点，请准时到店。\n门店电话：021-62000000\n",
    ),
}
INDUSTRIES = {"1": ("IT科技", "互联网|电子商务"), "2": ("IT科技", "IT软件与服务"), "4": ("IT科技", "电子技术")}


def _list(call: Call) -> Json:
    return {
        "template_list": [
            {
                "template_id": one.id,
                "title": one.title,
                "primary_industry": one.industry[0],
                "deputy_industry": one.industry[1],
                "content": one.content,
                "example": one.example,
            }
            for one in call.account.notices.values()
        ]
    }


def _add(call: Call) -> Json:
    found = LIBRARY.get(str(call.sent.get("template_id_short", "")))
    if found is None:
        raise WeChatError(40037)
    if len(call.account.notices) >= MOST:
        raise WeChatError(45026)
    title, content, example = found
    id = chance.token_urlsafe(33)[:43]
    call.account.notices[id] = Notice(id, title, content, example, INDUSTRIES["1"])
    return OK | {"template_id": id}


def _delete(call: Call) -> Json:
    if call.account.notices.pop(str(call.sent.get("template_id", "")), None) is None:
        raise WeChatError(40037)
    return OK


def _set_industry(call: Call) -> Json:
    chosen = [str(call.sent.get(f"industry_id{number}", "")) for number in (1, 2)]
    if not set(chosen) <= INDUSTRIES.keys():
        raise WeChatError(40097)
    account = call.account
    if account.industry_at is not None and call.now - account.industry_at < MONTH:
        raise WeChatError(43100)
    account.industry, account.industry_at = chosen, call.now
    return OK


def _industry(call: Call) -> Json:
    first, second = (INDUSTRIES[id] for id in call.account.industry)
    return {
        "primary_industry": {"first_class": first[0], "second_class": first[1]},
        "secondary_industry": {"first_class": second[0], "second_class": second[1]},
    }


def _send(call: Call) -> Json:
    """Deliver a notice to a follower: no window, no quota of one."""
    sandbox, sent, account = call.sandbox, call.sent, call.account
    customer = addressed(call)
    if not customer.following:
        raise WeChatError(43004)
    template = account.notices.get(str(sent.get("template_id", "")))
    if template is None:
        raise WeChatError(40037)
    text = filled(template.content.replace("{ {", "{{").replace("} }", "}}"), sent.get("data"))
    repeated = str(sent.get("client_msg_id", ""))
    if len(repeated) > 32:
        raise WeChatError(40035)
    known = account.noticed.get((customer.openid, repeated)) if repeated else None
    if known is not None and call.now - known[1] < 10 * MINUTE:
        return OK | {"msgid": known[0]}
    number = delivered(sandbox, customer, template.title, text, linked(sent, "url"))
    if repeated:
        account.noticed[customer.openid, repeated] = number, call.now
    status = sandbox.world.settings.wechat_template
    if status != "success":
        customer.messages[-1].state = "failed"
    event = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": status}
    told(sandbox, customer, "templatesendjobfinish", event)
    return OK | {"msgid": number}


def addressed(call: Call) -> WeChatCustomer:
    """Whom a notification is for. Raises 40003."""
    openid = call.sent.get("touser")
    customer = call.account.customers.get(openid) if isinstance(openid, str) else None
    if customer is None:
        raise WeChatError(40003)
    return customer


def linked(sent: Json, address: str) -> str:
    """What a tap on the message opens: a mini program rather than an address."""
    program = sent.get("miniprogram")
    if isinstance(program, dict) and program:
        return f"{program.get('appid', '')} {program.get('pagepath', '')}".strip()
    return str(sent.get(address) or "")


def delivered(sandbox: Sandbox, customer: WeChatCustomer, title: str, text: str, link: str) -> int:
    """Put a notification on their phone, and give its number."""
    number = 10**18 + chance.randbelow(10**18)
    words = "\n".join(filter(None, (title, text, link)))
    customer.messages.append(Bubble(str(number), "out", sandbox.now(), "template", words, "delivered", template=title))
    return number


def told(sandbox: Sandbox, customer: WeChatCustomer, what: str, event: Json) -> None:
    """Push what became of a notification, after the answer."""
    console = sandbox.world.wechat.console
    if console is not None:
        sandbox.courier.spawn(push.push(sandbox, console, customer, what, event))


ROUTES: Routes = {
    ("GET", "/cgi-bin/template/get_all_private_template"): _list,
    ("POST", "/cgi-bin/template/api_add_template"): _add,
    ("POST", "/cgi-bin/template/del_private_template"): _delete,
    ("POST", "/cgi-bin/template/api_set_industry"): _set_industry,
    ("GET", "/cgi-bin/template/get_industry"): _industry,
    ("POST", "/cgi-bin/message/template/send"): _send,
}
