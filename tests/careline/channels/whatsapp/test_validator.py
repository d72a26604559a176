"""What our client asks, judged by a description of Meta's API that knows nothing of the client."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from careline.channels.ports import Attachment, Outgoing
from careline.channels.whatsapp.analytics import Analytics
from careline.channels.whatsapp.blocking import Blocking
from careline.channels.whatsapp.client import WhatsAppClient
from careline.channels.whatsapp.codes import Codes
from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.media import MediaCalls
from careline.channels.whatsapp.messages import body
from careline.channels.whatsapp.places import places
from careline.channels.whatsapp.profile import Profiles
from careline.channels.whatsapp.registration import Registration
from careline.channels.whatsapp.setup import Setup
from careline.channels.whatsapp.template_calls import TemplateCalls
from careline.channels.whatsapp.uploads import Uploads
from careline.http import Http
from careline.model import Media, Template, TemplateUse
from careline.templates import file as files
from tests.careline.channels.whatsapp.graph_schema import BODIES, ENDPOINTS, message, problems, wrong
from tests.careline.channels.whatsapp.payloads import ACCOUNT, ANNA, ANNA_USER, CHANNEL, NUMBER
from tests.careline.channels.whatsapp.test_types import GOOD

FILE, TEMPLATE = "1037000000000001", "594000000000001"
KINDS = {NUMBER: "number", ACCOUNT: "account", CHANNEL.app_id: "app", FILE: "file", TEMPLATE: "template"}
TEMPLATES = sorted((Path(__file__).parents[2] / "templates" / "files" / "good").glob("*.toml"))
ANSWER: dict[str, Any] = {  # has what every call wants to be told
    "success": True,
    "id": "upload:c2Vzc2lvbg==?sig=ARZ",
    "h": "4::aW1hZ2U=:ARb",
    "messages": [{"id": "wamid.1"}],
    "contacts": [{"wa_id": ANNA}],
    "deep_link_url": "https://wa.me/message/4O4YGZEG3RIVE1",
    "url": "https://graph.example/file",
    "data": [],
}


class Judge:
    """Answers every request, and keeps what is wrong about each."""

    def __init__(self, **answer: Any) -> None:
        self.answer = ANSWER | answer
        self.asked: list[httpx.Request] = []
        self.found: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        self.found += problems(request, KINDS)
        if "debug_token" in request.url.path:
            return httpx.Response(200, json={"data": {"is_valid": True}})
        return httpx.Response(200, json=self.answer)

    def run(self, ask: Callable[[Graph], Awaitable[Any]]) -> None:
        """Let the client ask."""

        async def running() -> None:
            async with Http(transport=httpx.MockTransport(self)).client(CHANNEL.api_url) as http:
                await ask(Graph(CHANNEL, http, "EAAG-token"))

        asyncio.run(running())


async def every(found: Any) -> None:
    """All items of a list."""
    async for _ in found:
        pass


ASKED: dict[str, Callable[[Graph], Awaitable[Any]]] = {
    "token": lambda graph: Setup(graph).debug_token(),
    "number": lambda graph: Setup(graph).number(),
    "numbers": lambda graph: Setup(graph).numbers(),
    "account": lambda graph: Setup(graph).business_account(),
    "subscribe": lambda graph: Setup(graph).subscribe(),
    "subscriptions": lambda graph: Setup(graph).subscriptions(),
    "callback": lambda graph: Setup(graph).set_callback("https://shop.example/webhooks/shop-it", "verify"),
    "no callback": lambda graph: Setup(graph).forget_callback(),
    "webhooks of the app": lambda graph: Setup(graph).subscribe_app(
        "https://shop.example/webhooks/shop-it", "verify", "secret"
    ),
    "proof": lambda graph: Setup(graph).prove("secret"),
    "add": lambda graph: Registration(graph).add("390212345678", "Rossi Calzature"),
    "request code": lambda graph: Registration(graph).request_code("sms", "it"),
    "verify code": lambda graph: Registration(graph).verify_code("123-456"),
    "register": lambda graph: Registration(graph).register("123456"),
    "pin": lambda graph: Registration(graph).set_pin("123456"),
    "display name": lambda graph: Registration(graph).set_display_name("Rossi Calzature"),
    "profile": lambda graph: Profiles(graph).read(),
    "profile written": lambda graph: Profiles(graph).write(
        {
            "about": "Scarpe",
            "address": "Via Roma 1",
            "description": "x" * 512,
            "email": "ciao@shop.example",
            "websites": ["https://shop.example"],
            "vertical": "retail",
            "welcome": True,
            "ice_breakers": ["Orari?", "Taglie?", "Resi?", "Negozi?"],
            "commands": [("ordine", "Dov'è il mio ordine")],
        },
        "4::aW1hZ2U=",
    ),
    "block": lambda graph: Blocking(graph).block(ANNA, "wa_phone"),
    "block a user id": lambda graph: Blocking(graph).block(ANNA_USER, "wa_bsuid"),
    "unblock": lambda graph: Blocking(graph).unblock(ANNA, "wa_phone"),
    "code": lambda graph: Codes(graph).create_qr("Ciao dalla vetrina"),
    "templates": lambda graph: TemplateCalls(graph).everything(),
    "templates of a name": lambda graph: every(TemplateCalls(graph).list("order_update", language="it")),
    "template": lambda graph: TemplateCalls(graph).one(TEMPLATE),
    "edit": lambda graph: TemplateCalls(graph).edit(TEMPLATE, {"components": [{"type": "BODY", "text": "Ciao a tutti."}]}),
    "delete": lambda graph: TemplateCalls(graph).delete("order_update", TEMPLATE),
    "delete all": lambda graph: TemplateCalls(graph).delete_all("order_update"),
    "unpause": lambda graph: TemplateCalls(graph).unpause(TEMPLATE),
    "messages a day": lambda graph: Analytics(graph, 1, 10**15).messages("day"),
    "conversations": lambda graph: Analytics(graph, 1, 10**15).conversations("day", ""),
    "pricing": lambda graph: Analytics(graph, 1, 10**15).pricing("day", ""),
    "figures of templates": lambda graph: Analytics(graph, 1, 10**15).templates([TEMPLATE] * 11),
    "figures on": lambda graph: Analytics(graph, 1, 10**15).switch_templates_on(),
    "read": lambda graph: WhatsAppClient(graph).read("wamid.1", typing=False),
    "typing": lambda graph: WhatsAppClient(graph).read("wamid.1", typing=True),
    "about a file": lambda graph: MediaCalls(graph).about(FILE),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_call_of_the_client_is_one_that_meta_takes(name: str) -> None:
    judge = Judge()
    judge.run(ASKED[name])
    assert judge.asked
    assert judge.found == []


def test_files_are_uploaded_as_meta_takes_them(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    media = Media(id="", mime="image/png", name="photo.png", bytes=48, sha256="")
    judge = Judge()
    judge.run(lambda graph: MediaCalls(graph).upload(Attachment(photo, media)))
    judge.run(lambda graph: Uploads(graph).send(photo))
    assert [request.url.path.split("/")[-1][:6] for request in judge.asked] == ["media", "upload", "upload"]
    assert judge.found == []


def sent() -> Iterator[tuple[str, Outgoing]]:
    """A message of every kind the client can build, to a phone and to a user id."""
    yield "a text", Outgoing(to=ANNA, to_kind="wa_phone", kind="text", text="Ciao", ours="m1@k", reply_to="wamid.1")
    for name, (kind, content, _) in GOOD.items():
        yield name, Outgoing(to=ANNA, to_kind="wa_phone", kind=kind, body=json.dumps(content), ours="m1@k")
        yield f"{name} to a user id", Outgoing(to=ANNA_USER, to_kind="wa_bsuid", kind=kind, body=json.dumps(content))
    for kind in ("image", "video", "audio", "document", "sticker"):
        media = Media(id="1037", mime="a/b", name="file", bytes=1, sha256="")
        yield f"{kind} by id", Outgoing(to=ANNA, to_kind="wa_phone", kind=kind, media=media)
    for path in TEMPLATES:
        template = definition(path)
        use = TemplateUse(template.name, template.language, tuple(values(template).items()))
        yield f"template {path.stem}", Outgoing(to=ANNA, to_kind="wa_phone", kind="template", template=use, definition=template)


def definition(path: Path) -> Template:
    """The template of a file, as the account would list it."""
    read = files.read(path)
    return Template(
        account=ACCOUNT, name=read.name, language=read.language, components=json.dumps(read.components), named=read.named
    )


def values(template: Template) -> dict[str, str]:
    """Something for every slot, and for all that may come besides."""
    kinds = {
        "image": "https://shop.example/a.jpg",
        "video": "https://shop.example/a.mp4",
        "gif": "https://shop.example/a.mp4",
        "document": "https://shop.example/a.pdf",
        "location": "45.4,9.1,Shop,Roma",
        "product": "123,456",
        "expiry": "2026-12-24T18:00:00Z",
    }
    given = {}
    for place in places(template):
        for slot in place.slots:
            given[slot.slot] = kinds.get(place.kind, "A12")
        for key in place.optional:
            given[key] = '{"a": 1}' if key.endswith(".data") else "A12"
        if place.kind == "mpm":
            given[f"{place.button}.sections"] = "Lana:A12,A13;Seta:A14"
    return given


SENT = dict(sent())


@pytest.mark.parametrize("name", SENT)
def test_every_message_that_can_be_built_is_one_that_meta_takes(name: str) -> None:
    outgoing = SENT[name]
    assert list(wrong(message(outgoing.kind), body(outgoing), "body")) == []


def test_a_message_is_sent_as_it_was_built() -> None:
    judge = Judge()
    for outgoing in SENT.values():
        judge.run(lambda graph, outgoing=outgoing: WhatsAppClient(graph).send(WhatsAppClient(graph).request(outgoing)))  # type: ignore[misc]
    assert len(judge.asked) == len(SENT)
    assert judge.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_good_template_is_one_that_meta_takes(path: Path) -> None:
    judge = Judge()
    judge.run(lambda graph: TemplateCalls(graph).create(files.read(path).request()))
    assert judge.found == []


def test_every_kind_of_message_and_every_call_described_is_made_by_the_client() -> None:
    assert {outgoing.kind for outgoing in SENT.values()} == set(BODIES)
    judge = Judge()
    for ask in ASKED.values():
        judge.run(ask)
    made = set()
    for request in judge.asked:
        node, *edge = [part for part in request.url.path.split("/") if part][1:]
        made.add((request.method, KINDS.get(node, node), "".join(edge)))
    elsewhere = {  # in the tests above; the upload is asked how far it came only after a broken connection
        ("POST", "number", "media"),
        ("POST", "app", "uploads"),
        ("POST", "upload", ""),
        ("GET", "upload", ""),
        ("POST", "account", "message_templates"),
    }
    described = {(one.method, one.node, one.edge) for one in ENDPOINTS}
    left_to_api = {("GET", "number", "message_qrdls"), ("GET", "number", "block_users"), ("DELETE", "file", "")}
    assert described - made - elsewhere == left_to_api
    assert made <= described


# The judge itself


def spoilt() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each message with one thing wrong about it, in as many ways as it has parts."""
    for name in (one for one in SENT if not one.endswith("user id")):
        right = body(SENT[name])
        kind = str(right["type"])
        for path in _paths(right):
            for how, value in (("is of another type", ["odd"]), ("is not there", None)):
                broken = copy.deepcopy(right)
                *above, last = path
                place: Any = broken
                for step in above:
                    place = place[step]
                if value is None:
                    del place[last]
                else:
                    place[last] = value
                yield f"{name}: {'.'.join(map(str, path))} {how}", kind, broken
        yield f"{name}: a strange field", kind, right | {"strange": 1}
        yield f"{name}: two recipients", kind, right | {"recipient": ANNA_USER}


def _paths(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*above, name)
            yield from _paths(inner, *above, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, *above, index)


def test_a_spoilt_message_is_refused_by_the_judge() -> None:
    refused, let_through = 0, []
    for what, kind, broken in spoilt():
        if list(wrong(message(kind), broken, "body")):
            refused += 1
        else:
            let_through.append(what)
    assert [what for what in let_through if "strange" in what or "two recipients" in what] == []
    # what lets a part be of any type: objects that Meta leaves to others
    opened = ("flow_action_payload", "action.action", "action.parameters", ".action", "example")
    assert [what for what in let_through if "another type" in what and not any(one in what for one in opened)] == []
    assert len(let_through) < refused / 3  # parts that may be missing


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text", {"body": "x" * 4097}),
        ("text", {"body": ""}),
        ("image", {"id": "1", "link": "https://shop.example"}),
        ("image", {}),
        ("audio", {"id": "1", "caption": "no"}),
        ("location", {"latitude": 1}),
        ("contacts", []),
        ("contacts", [{"phones": []}]),
        ("reaction", {"emoji": "👍"}),
        ("interactive", {"type": "button", "body": {"text": "x"}, "action": {"buttons": []}}),
        ("interactive", {"type": "cta", "body": {"text": "x"}, "action": {}}),
        ("template", {"name": "A", "language": {"code": "it"}}),
        ("template", {"name": "a", "language": {}}),
        (
            "template",
            {"name": "a", "language": {"code": "it"}, "components": [{"type": "body", "parameters": [{"type": "text"}]}]},
        ),
    ],
)
def test_what_meta_refuses_the_judge_refuses(kind: str, content: Any) -> None:
    whole = {"messaging_product": "whatsapp", "to": "+393331234567", "type": kind, kind: content}
    assert list(wrong(message(kind), whole, "body"))


@pytest.mark.parametrize(
    "request_",
    [
        httpx.Request("POST", f"https://graph.example/{NUMBER}/messages", json={}),
        httpx.Request("PUT", f"https://graph.example/v23.0/{NUMBER}/messages", json={}),
        httpx.Request("GET", f"https://graph.example/v23.0/{NUMBER}"),
        httpx.Request("GET", f"https://graph.example/v23.0/{NUMBER}?limits=1", headers={"authorization": "Bearer a"}),
        httpx.Request("POST", f"https://graph.example/v23.0/{NUMBER}/verify_code", content=b'{"code":"123456"}'),
        httpx.Request("POST", f"https://graph.example/v23.0/{NUMBER}/register", json={"pin": "12345"}),
    ],
)
def test_a_call_that_meta_has_not_or_that_is_not_signed_for_is_refused(request_: httpx.Request) -> None:
    assert problems(request_, KINDS)
