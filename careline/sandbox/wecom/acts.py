"""What customers of WeCom do: they enter, write, tap and recall; and what whoever plays WeCom lets happen."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

import msgspec

from careline.sandbox import account as ids
from careline.sandbox import chance
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.wecom import log, media, push, serving
from careline.sandbox.wecom.met import account_of, talk_of, told
from careline.sandbox.wecom.sessions import LASTING, SECOND, code, stands
from careline.sandbox.wecom.state import ENDED, HUMAN, NEW, POOL, Account, Console, Entry, Talk

WELCOME_LIFE = 20 * SECOND
FILES = {"image": "image/jpeg", "voice": "audio/amr", "video": "video/mp4", "file": "application/octet-stream"}


async def act(sandbox: Sandbox, method: str, what: str, asked: Json) -> Json:
    """One deed of a customer or a servicer, by its name; with GET what a customer's phone shows."""
    if method == "GET":
        return phone(sandbox, asked | {"who": what.removeprefix("customers/")})
    deed = _DEEDS.get(what)
    if deed is None:
        raise Impossible(f"On WeCom nobody can {what}: there are {', '.join(_DEEDS)}.", kind="usage")
    return await deed(sandbox, asked)


def phone(sandbox: Sandbox, asked: Json) -> Json:
    """What the customer's phone shows of their chat with an account."""
    account = account_of(sandbox, asked)
    talk = account.talks.get(ids.external_userid_of(str(asked.get("who", ""))))
    if talk is None:
        raise Impossible(
            f"Nobody on WeCom is {asked.get('who')} yet.", f"careline sandbox say {asked.get('who')} Hi", "not_found"
        )
    stands(sandbox, talk)
    ends_at = talk.wrote_at + LASTING if talk.wrote_at is not None else None
    return {
        "platform": "wecom",
        "who": talk.user,
        "name": talk.name,
        "account": account.id,
        "state": ("new", "bot", "pool", "human", "ended")[talk.state],
        "servicer": talk.servicer,
        "window": {"left": talk.left, "ends_at": ends_at},
        "messages": msgspec.to_builtins(talk.messages),
    }


async def paste(sandbox: Sandbox, asked: Json) -> Json:
    """Save the callback on the app's page, which checks it."""
    console = Console(*(str(asked.get(name, "")) for name in ("url", "token", "encoding_aes_key")))
    try:
        await push.paste(sandbox, console)
    except push.NotVerified as no:
        raise Impossible(f"WeCom does not take it: {no}", "careline receive") from None
    return {"url": console.url, "mode": "safe"}


# Customers


async def _enter(sandbox: Sandbox, asked: Json) -> Json:
    """They open the chat, perhaps by a link; who was not here for 48 hours brings a code for one greeting."""
    account = account_of(sandbox, asked)
    talk, scene = talk_of(sandbox, account, asked), _scene(account, str(asked.get("scene") or ""))
    fields: Json = {"external_userid": talk.user, "scene": scene}
    if asked.get("scene_param"):
        fields["scene_param"] = str(asked["scene_param"])
    talk.entered = {name: fields[name] for name in ("scene", "scene_param") if fields.get(name)}
    if talk.wrote_at is None or sandbox.now() >= talk.wrote_at + LASTING:
        fields["welcome_code"] = code(sandbox, account, talk, WELCOME_LIFE, "text", "msgmenu")
    item = log.event(sandbox, account, "enter_session", **fields)
    return await told(sandbox, account, "entered", talk.user, item)


def _scene(account: Account, scene: str) -> str:
    """The scene that a link or its secret part means; any other is taken as it stands."""
    sealed = scene.rpartition("enc_scene=")[2].partition("&")[0]
    return account.scenes.get(sealed, scene)


async def _say(sandbox: Sandbox, asked: Json) -> Json:
    """They write, or send a file or anything else of a ``kind`` with its ``body``."""
    account = account_of(sandbox, asked)
    talk, kind = talk_of(sandbox, account, asked), str(asked.get("kind") or "text")
    text = str(asked.get("text") or "")
    if kind == "text" and not text:
        raise Impossible("What do they say? The text is empty.", kind="usage")
    return await _written(sandbox, account, talk, kind, _body(sandbox, kind, text, asked), text or f"[{kind}]")


def _body(sandbox: Sandbox, kind: str, text: str, asked: Json) -> Json:
    given = asked.get("body")
    if isinstance(given, dict) and given:
        return given
    if kind in FILES:
        data = base64.b64decode(str(asked.get("content") or "")) or b"sandbox " + kind.encode()
        mime = str(asked.get("mime") or FILES[kind])
        return {"media_id": media.keep(sandbox, str(asked.get("filename") or kind), mime, data)}
    if kind == "location":
        return {"latitude": 39.9, "longitude": 116.4, "name": text or "天安门", "address": "北京"}
    return {"content": text}


async def _tap(sandbox: Sandbox, asked: Json) -> Json:
    """They tap an item of the last menu: a text of theirs that names it."""
    account = account_of(sandbox, asked)
    talk, key = talk_of(sandbox, account, asked), str(asked.get("key", ""))
    for bubble in reversed(talk.messages):
        for button in bubble.buttons:
            if key in (button.payload, button.text):
                body = {"content": button.text, "menu_id": button.payload}
                return await _written(sandbox, account, talk, "text", body, button.text)
    raise Impossible(f"{talk.name} has no item {key} to tap.", kind="not_found")


async def _written(sandbox: Sandbox, account: Account, talk: Talk, kind: str, body: Json, text: str) -> Json:
    """Their message: it opens the window, and a session that had ended is new again."""
    if talk.state == ENDED:
        talk.state = NEW
        _route(sandbox, account, talk)
    talk.left, talk.wrote_at, talk.touched_at = 5, sandbox.now(), sandbox.now()
    item = log.message(sandbox, account, talk, 3, kind, body)
    talk.messages.append(Bubble(str(item["msgid"]), "in", sandbox.now(), kind, text, "received"))
    return await told(sandbox, account, "wrote", talk.user, item)


def _route(sandbox: Sandbox, account: Account, talk: Talk) -> None:
    """Where new sessions go by the account's rules: to the API, the pool, or a servicer who receives. Nobody is told."""
    rule = sandbox.world.settings.wecom_route
    receiving = [id for id, on in account.servicers.items() if on]
    if rule == "pool" or (rule == "human" and not receiving):
        talk.state = POOL
    elif rule == "human":
        talk.state, talk.servicer = HUMAN, receiving[0]


async def _recall(sandbox: Sandbox, asked: Json) -> Json:
    """They take back what they wrote last."""
    account = account_of(sandbox, asked)
    talk = talk_of(sandbox, account, asked)
    last = next((one for one in reversed(talk.messages) if one.direction == "in"), None)
    if last is None:
        raise Impossible(f"{talk.name} wrote nothing.", kind="not_found")
    item = log.event(sandbox, account, "user_recall_msg", external_userid=talk.user, recall_msgid=last.id)
    return await told(sandbox, account, "recalled", talk.user, item)


# Whoever plays WeCom


async def _fail(sandbox: Sandbox, asked: Json) -> Json:
    """The next message is taken and not delivered, for this ``fail_type``."""
    sandbox.world.wecom.failing.append(int(asked.get("fail_type", 0)))
    return {"did": "will fail", "who": "", "id": "", "pushes": [], "fault_shown": False}


async def _manage(sandbox: Sandbox, asked: Json) -> Json:
    """Somebody hands an account to the API in WeCom's console, or (``on`` false) takes it back; the callback is told."""
    account, on = account_of(sandbox, asked), asked.get("on", True) is not False
    account.managed = on
    fields = f"<Event><![CDATA[kf_account_auth_change]]></Event><Auth{'Add' if on else 'Del'}OpenKfId><![CDATA[{account.id}]]>"
    fields += f"</Auth{'Add' if on else 'Del'}OpenKfId>"
    pushes = [await push.push(sandbox, "account", fields, "sys")] if sandbox.world.wecom.console else []
    shown = [msgspec.to_builtins(one) for one in pushes]
    return {"did": "managed", "who": "", "id": account.id, "pushes": shown, "fault_shown": False}


async def _retire(sandbox: Sandbox, asked: Json) -> Json:
    """The access token ends before its time."""
    sandbox.world.wecom.access.clear()
    return {"did": "retired", "who": "", "id": "", "pushes": [], "fault_shown": False}


async def _raw(sandbox: Sandbox, asked: Json) -> Json:
    """Any items at the end of the log, as they stand."""
    account, items = account_of(sandbox, asked), asked.get("items")
    if not isinstance(items, list):
        raise Impossible("items must be a list.", kind="usage")
    for item in items:
        account.seq += 1
        account.log.append(Entry(account.seq, sandbox.now(), item))
    return await told(sandbox, account, "noted", "", {"msgid": ""})


async def _many(sandbox: Sandbox, asked: Json) -> Json:
    """So many texts of as many people, quickly, and one nudge for all."""
    account, count = account_of(sandbox, asked), int(asked.get("count", 0))
    item: Json = {"msgid": ""}
    for n in range(count):
        talk = talk_of(sandbox, account, {"who": f"{asked.get('who') or 'guest'}-{n}"})
        talk.state = NEW if talk.state == ENDED else talk.state
        talk.left, talk.wrote_at, talk.touched_at = 5, sandbox.now(), sandbox.now()
        item = log.message(sandbox, account, talk, 3, "text", {"content": f"{n} {chance.token_hex(4)}"})
    return await told(sandbox, account, f"wrote {count}", "", item)


_DEEDS: dict[str, Callable[[Sandbox, Json], Awaitable[Json]]] = {
    "say": _say,
    "enter": _enter,
    "scan": _enter,
    "tap": _tap,
    "recall": _recall,
    "servicer": serving.servicer,
    "fail": _fail,
    "retire": _retire,
    "manage": _manage,
    "raw": _raw,
    "many": _many,
    "console": paste,
}
