"""Templates of an Official Account: what there are, what they want filled in, and the request that sends one.

Two kinds. A *notice* (模板消息) goes to any follower at any time. A *subscription* (订阅通知) goes to whoever agreed to it: one
grant is good for one. Neither needs a window or counts against one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from careline.channels.ports import Accepted, Outgoing, Request
from careline.channels.tencent.door import Done, Door, plain_json
from careline.channels.wechat import fields
from careline.errors import Refused, Usage
from careline.model import Slot, Template
from careline.rules.subscriptions import SUBSCRIPTIONS

NOTICE = "/cgi-bin/message/template/send"
SUBSCRIPTION = "/cgi-bin/message/subscribe/bizsend"
LINKS = ("link.url", "link.appid", "link.page")  # no key of a template has a dot

_FIELD = re.compile(r"\{\s*\{\s*(\w+)\.DATA\s*\}\s*\}")
_SLOT = re.compile(r"\{\{(\w+)\}\}")


class Listed(Struct, frozen=True):
    """A template as the account has it. ``lasting``: of a subscription, one grant is good for any number."""

    id: str
    title: str
    content: str
    example: str = ""
    subscription: bool = False
    lasting: bool = False


class Templates:
    """The templates of one account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def notices(self) -> list[Listed]:
        """The templates of its notices, 25 at most. WeChat may leave out those of the newer service categories."""
        found = await self._door.get(_Notices, "/cgi-bin/template/get_all_private_template")
        return [Listed(one.template_id, one.title.strip(), one.content, one.example) for one in found.template_list]

    async def subscriptions(self) -> list[Listed]:
        """The templates that people subscribe to."""
        found = await self._door.get(_Subscriptions, "/wxaapi/newtmpl/gettemplate")
        return [
            Listed(one.priTmplId, one.title.strip(), one.content, one.example, True, str(one.type) == LASTING)
            for one in found.data
        ]

    async def delete(self, template: Template) -> None:
        """Take a template from the account: its id is never used again."""
        if template.category in SUBSCRIPTIONS:
            await self._door.post(Done, "/wxaapi/newtmpl/deltemplate", {"priTmplId": template.id}, may_change=False)
        else:
            await self._door.post(
                Done, "/cgi-bin/template/del_private_template", {"template_id": template.id}, may_change=False
            )


LASTING = "3"  # WeChat's type of a subscription that holds until it is withdrawn; 2 is one grant for one message


class _Notice(Struct):
    template_id: Annotated[str, Meta(min_length=1)]
    title: str = ""
    content: str = ""
    example: str = ""


class _Notices(Struct):
    template_list: list[_Notice] = []


class _Subscription(Struct):
    priTmplId: Annotated[str, Meta(min_length=1)]
    title: str = ""
    content: str = ""
    example: str = ""
    type: int | str = 2


class _Subscriptions(Struct):
    data: list[_Subscription] = []


def components(one: Listed) -> list[dict[str, Any]]:
    """The template in the parts that every template has here: its title, its body with ``{{slots}}``, an example of each."""
    slots = dict.fromkeys(_FIELD.findall(one.content))
    examples = _examples(one.content, one.example)
    told = [{"param_name": slot, "example": examples.get(slot, "")} for slot in slots]
    body: dict[str, Any] = {"type": "BODY", "text": _FIELD.sub(r"{{\1}}", one.content).strip()}
    if slots:
        body["example"] = {"body_text_named_params": told}
    return [{"type": "HEADER", "format": "TEXT", "text": one.title}, body]


def _examples(content: str, example: str) -> dict[str, str]:
    """What the example shows for each field, where a line of it has that field alone."""
    found: dict[str, str] = {}
    for line, shown in zip(content.strip().splitlines(), example.strip().splitlines(), strict=False):
        keys = list(_FIELD.finditer(line))
        if len(keys) != 1:
            continue
        before, after = line[: keys[0].start()], line[keys[0].end() :].rstrip()
        if shown.startswith(before) and shown.rstrip().endswith(after):
            found[keys[0][1]] = shown[len(before) :].rstrip().removesuffix(after).strip()
    return found


def slots(template: Template) -> tuple[Slot, ...]:
    """Every field the template wants filled, in its order. All are required."""
    body = _body(template)
    told = (body.get("example") or {}).get("body_text_named_params", [])
    examples = {one["param_name"]: one["example"] for one in told}
    keys = dict.fromkeys(_SLOT.findall(str(body.get("text", ""))))
    return tuple(Slot(key, "body", 0, key, fields.type_of(key), examples.get(key, "")) for key in keys)


def _body(template: Template) -> dict[str, Any]:
    parts: list[dict[str, Any]] = msgspec.json.decode(template.components, type=list[dict[str, Any]])
    return next((part for part in parts if part.get("type") == "BODY"), {})


def check(template: Template, given: Mapping[str, str], *, whole: bool = True) -> None:
    """Raises Usage naming the field that is missing, not there, or whose value WeChat would answer with 47003.

    Without ``whole`` fields may be missing.
    """
    wanted = [slot.slot for slot in slots(template)]
    hint = "It takes " + " ".join(f"--param {slot}=…" for slot in wanted) if wanted else "It takes no parameters."
    hint += "\nIt may take --param link.url=…, or --param link.appid=… --param link.page=… of a mini program"
    for key, value in given.items():
        if key not in wanted and key not in LINKS:
            raise Usage(f"{template.name} has no parameter {key!r}.", hint=hint)
        if wrong := _link_problem(key, value) if key in LINKS else fields.problem(key, value):
            raise Usage(f"Parameter {key!r} of {template.name} {wrong}.", code="bad_param", hint=hint)
    if ("link.appid" in given) != ("link.page" in given):
        raise Usage("A mini program is opened by both link.appid and link.page.", code="bad_param", hint=hint)
    for slot in wanted if whole else ():
        if slot not in given:
            raise Usage(f"Parameter {slot!r} of {template.name} is missing.", hint=hint)


def _link_problem(key: str, value: str) -> str:
    if not value.strip():
        return "is empty"
    if key == "link.url" and not re.match(r"https?://[^\s]+\Z", value):
        return "is no address: it begins with https://"
    return ""


def request(message: Outgoing) -> Request:
    """The request that sends a template. Raises Usage as ``check`` does, and for a template that is not known here."""
    definition, use = message.definition, message.template
    if definition is None or use is None:
        raise Usage("The template is not known here.", code="unknown_template", run="careline templates list")
    given = dict(use.parameters)
    check(definition, given)
    body: dict[str, Any] = {"touser": message.to, "template_id": definition.id}
    subscription = definition.category in SUBSCRIPTIONS
    if "link.url" in given:
        body["page" if subscription else "url"] = given["link.url"]
    if "link.appid" in given:
        body["miniprogram"] = {"appid": given["link.appid"], "pagepath": given["link.page"]}
    body["data"] = {slot.slot: {"value": given[slot.slot]} for slot in slots(definition)}
    if message.ours and not subscription:  # WeChat: the same id within ten minutes is the same message
        body["client_msg_id"] = hashlib.sha256(message.ours.encode()).hexdigest()[:32]
    return Request("POST", SUBSCRIPTION if subscription else NOTICE, plain_json(body))


async def send(door: Door, request: Request) -> Accepted:
    """Hand a template to WeChat; its number for it, where it gives one. What became of it comes as a push.

    Raises as the client's ``send`` does. 43101 is proof that our ledger of grants was wrong.
    """
    try:
        answer = await door.call(_Sent, request.method, request.path, request.body, may_change=True)
    except Refused as refusal:
        if refusal.platform_code != "43101":
            raise
        raise Refused(
            f"WeChat disagrees about the grant: {refusal.message}",
            code="no_grant",
            hint="By our ledger one was left, by WeChat none is: the ledger now says so too. The customer can agree again.",
            platform_code=refusal.platform_code,
            trace_id=refusal.trace_id,
        ) from None
    return Accepted(id="" if answer.msgid is None else str(answer.msgid))


class _Sent(Struct):
    msgid: int | str | None = None
