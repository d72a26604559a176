"""The sandbox's own API under /_sandbox: the customer's side, the clock, trouble on demand, and what happened so far."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from careline.sandbox import acts, faults, pictures, play, scenario, settings
from careline.sandbox.asgi import Answer, Request, plain_json
from careline.sandbox.graph import operator_acts, template_acts, templates, uploads
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wechat import desk, desk_acts
from careline.sandbox.wechat import news as wechat_news
from careline.sandbox.wechat import push as wechat_push
from careline.sandbox.wechat.state import Console
from careline.sandbox.wecom import acts as wecom_acts

_ACTS: dict[str, Callable[[Sandbox, Json], Awaitable[Json]]] = {
    "say": acts.say,
    "follow": acts.follow,
    "unfollow": acts.unfollow,
    "subscribe": acts.subscribe,
    "pay": acts.pay,
    "scan": acts.scan,
    "tap": acts.tap,
    "push/whatsapp": acts.raw_whatsapp,
    "push/wechat": acts.raw_wechat,
    "desk": desk_acts.act,
    "crowd": desk_acts.crowd,
    "chatter": desk_acts.chatter,
}


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What the control API answers. An error has ``kind``, ``message`` and the command to ``run``."""
    what = request.path.removeprefix("/_sandbox/")
    if what.startswith("pictures/") and request.method == "GET":
        return _picture(sandbox, what.removeprefix("pictures/"))
    if what.startswith("samples/") and request.method == "GET":
        sample = uploads.sample(sandbox, what.removeprefix("samples/"))
        return Answer(200, sample.data, {"content-type": sample.mime}) if sample else Answer(404, b"")
    try:
        asked = json.loads(request.body) if request.body else dict(request.query)
        if not isinstance(asked, dict):
            raise Impossible("The body must be a JSON object.", kind="usage")
        return plain_json(await _route(sandbox, request.method, what, asked))
    except Impossible as no:
        return plain_json({"error": {"kind": no.kind, "message": no.message, "run": no.run}}, 409)
    except (ValueError, RecursionError) as error:
        return plain_json({"error": {"kind": "usage", "message": str(error), "run": ""}}, 400)


async def _route(sandbox: Sandbox, method: str, what: str, asked: Json) -> Any:
    if asked.get("platform") == "wecom":
        return await wecom_acts.act(sandbox, method, what, asked)
    match method, what.split("/"):
        case "POST", _ if what in _ACTS:
            return await _ACTS[what](sandbox, asked)
        case "GET", ["customers", who]:
            return acts.phone(sandbox, asked | {"who": who})
        case "GET", ["status"]:
            return _status(sandbox)
        case "GET", ["log"]:
            return {
                "calls": msgspec.to_builtins(list(sandbox.calls)),
                "pushes": msgspec.to_builtins(list(sandbox.courier.deliveries)),
            }
        case "GET", ["clock"]:
            return _clock(sandbox)
        case "POST", ["clock"]:
            return _move(sandbox, asked)
        case "GET", ["faults"]:
            return {"faults": msgspec.to_builtins(sandbox.faults)}
        case "POST", ["faults"]:
            times, on, by_status = int(asked.get("next", 1)), str(asked.get("on", "")), bool(asked.get("by_status"))
            fault = faults.fault(str(asked.get("code", "")), times, on, by_status)
            sandbox.faults.append(fault)
            return msgspec.to_builtins(fault)
        case "DELETE", ["faults"]:
            sandbox.faults.clear()
            return {"faults": []}
        case "POST", ["wechat", "news"]:
            return await wechat_news.tell(sandbox, asked)
        case "POST", ["wechat", "autoreplies"]:
            sandbox.world.wechat.autoreplies = asked
            return asked
        case "POST", ["wechat", "console"]:
            return await _paste(sandbox, asked)
        case "POST", ["wechat", "menu"]:
            sandbox.world.wechat.menu, sandbox.world.wechat.console_menu = [], list(asked.get("buttons") or [])
            return {"buttons": sandbox.world.wechat.console_menu}
        case "POST", ["templates", act] if act in template_acts.ACTS:
            return template_acts.ACTS[act](sandbox, asked)
        case "GET", ["numbers"]:
            return operator_acts.numbers(sandbox)
        case "POST", ["numbers"]:
            return operator_acts.judge(sandbox, asked)
        case "POST", ["push", "account"]:
            return operator_acts.tell(sandbox, asked)
        case "POST", ["token"]:
            return operator_acts.token(sandbox, asked)
        case "POST", ["app_secret"]:
            return operator_acts.reset_app_secret(sandbox)
        case "GET", ["settings"]:
            return msgspec.to_builtins(sandbox.world.settings)
        case "POST", ["settings"]:
            settings.change(sandbox.world.settings, asked)
            return msgspec.to_builtins(sandbox.world.settings)
        case "POST", ["settle"]:
            return {"settled": await sandbox.courier.settle(float(asked.get("timeout", 5)))}
        case "POST", ["play"]:
            return await play.play(sandbox, scenario.read(str(asked.get("text", ""))))
        case "POST", ["reset"]:
            await sandbox.reset()
            return _status(sandbox)
        case "POST", ["stop"]:
            sandbox.stop()
            return {"stopping": True}
    raise Impossible(f"The sandbox has no {method} {what}.", kind="not_found")


def _status(sandbox: Sandbox) -> Json:
    whatsapp, wechat = sandbox.world.whatsapp, sandbox.world.wechat
    callback = whatsapp.callback
    return {
        "url": sandbox.url,
        "clock": _clock(sandbox),
        "whatsapp": {
            "callback": callback.url if callback and whatsapp.subscribed else "",
            "customers": len(whatsapp.customers),
            "templates": len(whatsapp.templates),
        },
        "wechat": {
            "callback": wechat.console.url if wechat.console else "",
            "mode": wechat.console.mode if wechat.console else "",
            "customers": len(wechat.customers),
            "codes": len(wechat.scenes),
        },
        "wecom": {
            "callback": sandbox.world.wecom.console.url if sandbox.world.wecom.console else "",
            "accounts": len(sandbox.world.wecom.accounts),
        },
        "faults": msgspec.to_builtins(sandbox.faults),
    }


def _clock(sandbox: Sandbox) -> Json:
    return {"now": sandbox.now(), "ahead": sandbox.clock.ahead()}


def _move(sandbox: Sandbox, asked: Json) -> Json:
    if "set" in asked:
        sandbox.clock.set(int(asked["set"]))
    else:
        sandbox.clock.advance(int(asked.get("advance", 0)))
    templates.review(sandbox)
    desk.expire(sandbox)
    return _clock(sandbox)


async def _paste(sandbox: Sandbox, asked: Json) -> Json:
    url, token, key = (str(asked.get(name, "")) for name in ("url", "token", "encoding_aes_key"))
    console = Console(url, token, key, str(asked.get("mode") or "safe"))
    try:
        await wechat_push.paste(sandbox, console)
    except wechat_push.NotVerified as no:
        raise Impossible(f"WeChat's console does not take it: {no}", "careline receive") from None
    return {"url": console.url, "mode": console.mode}


def _picture(sandbox: Sandbox, file: str) -> Answer:
    code, _, form = file.partition(".")
    link = sandbox.world.whatsapp.links.get(code)
    if link is None or form not in ("png", "svg"):
        return Answer(404, b"", {"content-type": "text/html"})
    url = f"https://wa.me/message/{link.code}"
    if form == "svg":
        return Answer(200, pictures.svg(url), {"content-type": "image/svg+xml"})
    return Answer(200, pictures.png(url), {"content-type": "image/png"})
