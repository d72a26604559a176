"""Plays a scenario: the steps one after the other, on a clock that stands still between them, with chance from a seed.

Whatever happens outside of the steps is waited for, so the same text gives the same log, byte for byte. The platforms forget
everything first but where they push to; without such an address they push to a listener of the sandbox's own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

import msgspec

from careline.sandbox import account, acts, chance, faults, settings
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.graph import operator_acts, template_acts
from careline.sandbox.graph import templates as graph_templates
from careline.sandbox.phone import Bubble, Json
from careline.sandbox.push import LISTENER, Delivery
from careline.sandbox.refusals import Impossible
from careline.sandbox.respond import respond
from careline.sandbox.running import Sandbox
from careline.sandbox.scenario import Person, Scenario, Step, length, setting
from careline.sandbox.settings import Settings
from careline.sandbox.wechat import tokens
from careline.sandbox.wechat.state import Console
from careline.sandbox.world import Callback

SETTLED_S = 20.0
QUICK = {"sent_s": 0.0, "delivered_s": 0.0, "retry_s": 0.0, "retry_cap_s": 0.0}  # the scenario's clock is not the machine's
_VERDICTS = {"approves": "approve", "rejects": "reject", "pauses": "pause", "disables": "disable"}


class Unmet(Exception):
    """What should hold does not."""


async def play(sandbox: Sandbox, scenario: Scenario) -> Json:
    """The log of it, a line each, and where it stopped: ``unmet`` has the line and why. None: everything held."""
    before, ahead = sandbox.world.settings, sandbox.clock.ahead()
    lent = await _set_up(sandbox, scenario)
    player = Player(sandbox, scenario)
    unmet: Json | None = None
    try:
        for step in scenario.steps:
            try:
                await player.take(step)
            except (Unmet, Impossible, ValueError) as why:
                unmet = {"line": step.line, "step": step.text, "why": str(why)}
                break
    finally:
        sandbox.clock.go_on()
        sandbox.clock.advance(ahead - sandbox.clock.ahead())  # else whoever looks next is in the scenario's year
        sandbox.chance = SystemRandom()
        for name in Settings.__struct_fields__:
            setattr(sandbox.world.settings, name, getattr(before, name))
        for take_back in lent:
            take_back()
    return {"log": player.log, "steps": len(scenario.steps), "unmet": unmet}


async def _set_up(sandbox: Sandbox, scenario: Scenario) -> list[Callable[[], None]]:
    """A fresh world at the scenario's hour; what has to be undone at the end."""
    await sandbox.start_over()
    sandbox.clock.hold(scenario.start)
    sandbox.chance = chance.seeded(scenario.seed)
    chance.SOURCE.set(sandbox.chance)
    for name, value in QUICK.items():
        setattr(sandbox.world.settings, name, value)
    whatsapp, wechat = sandbox.world.whatsapp, sandbox.world.wechat
    lent: list[Callable[[], None]] = []
    if not whatsapp.subscribed or whatsapp.callback is None:
        whatsapp.subscribed, whatsapp.app_callback = True, Callback(LISTENER, account.VERIFY_TOKEN)
        whatsapp.app_fields = ["messages", "message_template_status_update"]

        def no_more() -> None:
            whatsapp.subscribed, whatsapp.app_callback, whatsapp.app_fields = False, None, []

        lent.append(no_more)
    if wechat.console is None:
        wechat.console = Console(LISTENER, account.WECHAT_TOKEN, account.WECHAT_AES_KEY, "safe")
        lent.append(lambda: setattr(wechat, "console", None))
    return lent


class Player:
    """Takes the steps and writes the log."""

    def __init__(self, sandbox: Sandbox, scenario: Scenario) -> None:
        self.log: list[str] = []
        self._sandbox = sandbox
        self._people = scenario.people
        self._answer: Answer | None = None
        self._sent_to: Person | None = None
        self._pushes: list[Delivery] = []
        self._verbs: dict[str, Callable[[Step], Awaitable[None] | None]] = {
            "wait": self._wait,
            "fault": self._fault,
            "push": self._push,
            "set": self._set,
            "shop": self._shop,
            "meta": self._meta,
        }

    async def take(self, step: Step) -> None:
        """One step, and all that follows from it. Raises Unmet, Impossible or ValueError."""
        if step.verb.startswith("expect "):
            self._expect(step)
            self.log.append(f"{self._now()}  ok  {step.text}")
            return
        self.log.append(f"{self._now()}  {step.text}")
        seen = len(self._sandbox.courier.deliveries)
        verb = self._verbs.get(step.subject or step.verb)
        done = verb(step) if verb else self._customer(step)
        if done is not None:
            await done
        if not await self._sandbox.courier.settle(SETTLED_S):
            raise Unmet("something is still under way after twenty seconds")
        self._pushes = list(self._sandbox.courier.deliveries)[seen:]
        for one in self._pushes:
            tries = ", ".join(str(each.status or each.error) for each in one.tries)
            self.log.append(f"    push {one.what}: {tries}" + (f" {one.reply}" if one.reply else ""))

    # What people and platforms do

    async def _customer(self, step: Step) -> None:
        asked: Json = self._asked(self._people[step.subject])
        match step.verb, step.words:
            case "says", (text,):
                did = await acts.say(self._sandbox, asked | {"text": text})
            case "sends", (kind, *text):
                did = await acts.say(self._sandbox, asked | {"kind": kind, "text": "".join(text)})
            case "follows", scene:
                did = await acts.follow(self._sandbox, asked | {"scene": "".join(scene)})
            case "unfollows", _:
                did = await acts.unfollow(self._sandbox, asked)
            case "scans", (scene,):
                did = await acts.scan(self._sandbox, asked | {"scene": scene})
            case _, (key, *_):
                did = await acts.tap(self._sandbox, asked | {"key": key})
        if did["id"]:
            self.log.append(f"    id {did['id']}")

    async def _shop(self, step: Step) -> None:
        match step.verb, step.words:
            case "answers", (name, text):
                await self._send(self._people[name], {"type": "text", "text": {"body": text}}, text)
            case "sends", (name, template, *given):
                await self._send(self._people[name], {"type": "template", "template": _template(template, given)}, "")
            case "submits", (template, category, text):
                name, _, language = template.partition("/")
                body: Json = {"type": "BODY", "text": text}
                if "{{" in text:
                    body["example"] = {"body_text": [[f"value {n}" for n in range(1, text.count("{{") + 1)]]}
                wanted = {"name": name, "language": language, "category": category.upper(), "components": [body]}
                await self._call("POST", f"/{account.BUSINESS_ACCOUNT_ID}/message_templates", wanted)
            case _, (method, path, *given):
                known = {"number": account.PHONE_NUMBER_ID, "account": account.BUSINESS_ACCOUNT_ID, "app": account.APP_ID}
                for word, id in known.items():
                    path = path.replace(f"{{{word}}}", id)
                await self._call(method.upper(), "/" + path.lstrip("/"), json.loads("".join(given)) if given else None)

    async def _send(self, to: Person, message: Json, text: str) -> None:
        self._sent_to = to
        if to.platform == "wechat":
            if not text:
                raise Unmet("On WeChat a shop answers; templates are WhatsApp's.")
            sent = {"touser": account.openid_of(to.who), "msgtype": "text", "text": {"content": text}}
            await self._call("POST", "/cgi-bin/message/custom/send", sent)
            return
        customer = acts.whatsapp_customer(self._sandbox, self._asked(to))
        whom = {"to": f"+{customer.wa_id}"} if customer.wa_id else {"recipient": customer.user_id}
        sent = {"messaging_product": "whatsapp", **whom, **message}
        await self._call("POST", f"/{account.PHONE_NUMBER_ID}/messages", sent)

    async def _call(self, method: str, path: str, sent: Json | None) -> None:
        path, _, query = path.partition("?")
        params = dict(part.partition("=")[::2] for part in query.split("&") if part)
        headers = {"content-type": "application/json"}
        if path.startswith("/cgi-bin/"):
            params["access_token"] = tokens.stable(self._sandbox, False)["access_token"]
        else:
            headers["authorization"] = f"Bearer {account.ACCESS_TOKEN}"
        body = b"" if sent is None else json.dumps(sent, ensure_ascii=False).encode()
        self._answer, fault = await respond(self._sandbox, Request(method, path, params, headers, body))
        lost = fault is not None and fault.code in ("timeout", "reset")
        said = self._answer.body.decode("utf-8", "replace").replace(self._sandbox.url.replace("/", "\\/"), "sandbox:")
        self.log.append(f"    answer {'lost' if lost else f'{self._answer.status} {said}'}")

    def _meta(self, step: Step) -> None:
        if step.verb == "judges":
            operator_acts.judge(self._sandbox, dict(word.partition("=")[::2] for word in step.words))
            return
        name, _, language = step.words[0].partition("/")
        asked: Json = {"name": name, "language": language}
        more = "".join(step.words[1:])
        if step.verb in _VERDICTS:
            template_acts.review(self._sandbox, asked | {"verdict": _VERDICTS[step.verb], "reason": more})
        elif step.verb == "rates":
            template_acts.rate(self._sandbox, asked | {"score": more})
        else:
            template_acts.categorise(self._sandbox, asked | {"category": more})

    def _wait(self, step: Step) -> None:
        self._sandbox.clock.advance(length(step.words[0]))
        graph_templates.review(self._sandbox)

    def _fault(self, step: Step) -> None:
        code, *times = step.words
        self._sandbox.faults.append(faults.fault(code, int("".join(times) or 1)))

    async def _push(self, step: Step) -> None:
        field, value = step.words
        await acts.raw_whatsapp(self._sandbox, {"field": field, "value": json.loads(value)})

    def _set(self, step: Step) -> None:
        settings.change(self._sandbox.world.settings, setting(*step.words))

    # What must hold

    def _expect(self, step: Step) -> None:
        wanted = " ".join(step.words)
        found = self._found(step)
        if found != wanted:
            raise Unmet(f"expected {wanted}, found {found}")

    def _found(self, step: Step) -> str:
        match step.verb.removeprefix("expect "):
            case "answer":
                if self._answer is None:
                    raise Unmet("the shop has not called yet")
                return str(self._answer.code if step.words[0] == str(self._answer.code) else self._answer.status)
            case "message":
                if self._sent_to is None:
                    raise Unmet("the shop has not sent anything yet")
                bubbles = [one for one in self._phone(self._sent_to) if one.direction == "out"]
                last = bubbles[-1] if bubbles else Bubble("", "out", 0, "", "", "nothing")
                return f"{last.state} {last.error}" if len(step.words) == 2 else last.state
            case "sees":
                shown = [one.text for one in self._phone(self._people[step.subject]) if one.state not in ("accepted", "failed")]
                return shown[-1] if shown else "nothing"
            case "window":
                return self._window(self._people[step.subject])
            case "template":
                name, _, language = step.words[0].partition("/")
                templates = self._sandbox.world.whatsapp.templates.values()
                found = [one for one in templates if one.name == name and language in ("", one.language)]
                return f"{step.words[0]} {found[0].status.lower() if found else 'nothing'}"
            case _:
                return str(len(self._pushes))

    def _phone(self, person: Person) -> list[Bubble]:
        seen: Any = acts.phone(self._sandbox, self._asked(person))["messages"]
        return msgspec.convert(seen, list[Bubble])

    def _window(self, person: Person) -> str:
        window = acts.phone(self._sandbox, self._asked(person))["window"]
        open = window["ends_at"] is not None and self._sandbox.now() < window["ends_at"] and window["left"] != 0
        return "open" if open else "closed"

    def _asked(self, person: Person) -> Json:
        hidden = person.platform == "whatsapp" and not account.looks_like_phone(person.who)
        return {"who": person.who, "platform": person.platform, "bsuid": hidden}

    def _now(self) -> str:
        return datetime.fromtimestamp(self._sandbox.now() // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _template(name: str, given: list[str]) -> Json:
    """A template's name and language, and its body's values as ``SLOT=VALUE``."""
    plain, _, language = name.partition("/")
    template: Json = {"name": plain, "language": {"code": language}}
    values = [word.partition("=") for word in given]
    if values:
        named = {slot: {} if slot.isdigit() else {"parameter_name": slot} for slot, _, _ in values}
        parameters = [{"type": "text", "text": value} | named[slot] for slot, _, value in values]
        template["components"] = [{"type": "body", "parameters": parameters}]
    return template
