"""A file goes to WhatsApp before its message, once for a content and a number, and what fails there has sent nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from careline.channels.ports import Attachment
from careline.channels.whatsapp.client import WhatsAppClient
from careline.channels.whatsapp.graph import Graph
from careline.clock import DAY, HOUR, MINUTE
from careline.errors import CarelineError, NotSent, OutsideWindow, Refused, Usage
from careline.heard import Who
from careline.http import Http
from careline.model import Channel, Media, Message, Template, TemplateUse, Upload
from careline.rules.decide.outgoing import Wish
from careline.sending.order import Order
from careline.sending.outbox import deliver
from careline.sending.recipient import recipient
from tests.careline.world import NOON, World, wrote

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 400
ACCEPTED = {"contacts": [{"input": "x", "wa_id": "393331234567"}], "messages": [{"id": "wamid.out"}]}


class Meta:
    """Graph: takes files and messages, or answers ``refusal`` for either."""

    def __init__(self) -> None:
        self.uploads: list[httpx.Request] = []
        self.messages: list[dict[str, Any]] = []
        self.refuse_upload: tuple[int, int] | None = None
        self.refuse_message: tuple[int, int] | None = None
        self.before_message: list[int] = []
        self.world: World | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/media"):
            self.uploads.append(request)
            return self._answer(self.refuse_upload, {"id": f"media-{len(self.uploads)}"})
        assert self.world is not None
        self.before_message.append(self.world.store.count(Message, "WHERE state = 'sending'"))
        self.messages.append(json.loads(request.content))
        return self._answer(self.refuse_message, ACCEPTED)

    def _answer(self, refusal: tuple[int, int] | None, good: dict[str, Any]) -> httpx.Response:
        if refusal is None:
            return httpx.Response(200, json=good)
        return httpx.Response(refusal[0], json={"error": {"code": refusal[1], "message": "no", "type": "OAuthException"}})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.hear("shop-it", wrote(1))
    made.now = NOON + MINUTE
    yield made
    made.store.close()


@pytest.fixture
def meta(world: World) -> Meta:
    found = Meta()
    found.world = world
    return found


@pytest.fixture
def photo(tmp_path: Path) -> Attachment:
    path = tmp_path / "parcel.jpg"
    path.write_bytes(JPEG)
    sha256 = hashlib.sha256(JPEG).hexdigest()
    return Attachment(path, Media(mime="image/jpeg", name="parcel ♥.jpg", bytes=len(JPEG), sha256=sha256, check="verified"))


def order(photo: Attachment, text: str = "Il pacco", key: str = "", **more: Any) -> Order:
    return Order(Wish("image", "auto:send", text, media=photo.media, send_key=key), attachment=photo, **more)


def sent(world: World, meta: Meta, wanted: Order, channel: str = "shop-it") -> tuple[Message, CarelineError | None]:
    async def run() -> tuple[Message, CarelineError | None]:
        found = world.store.get(Channel, channel)
        assert found is not None
        found = replace(found, api_url="http://127.0.0.1:1", phone_number_id="106")
        async with Http(transport=httpx.MockTransport(meta)).client(found.api_url) as http:
            client = WhatsAppClient(Graph(found, http, "token"))
            to = recipient("+393331234567", found, world.store)
            return await deliver(world.store, found, client, wanted, to, client.media)

    return asyncio.run(run())


def test_the_file_goes_first_and_its_id_goes_along(world: World, meta: Meta, photo: Attachment) -> None:
    message, error = sent(world, meta, order(photo))
    assert error is None
    (upload,) = meta.uploads
    assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert int(upload.headers["content-length"]) == len(upload.content)
    assert JPEG in upload.content
    assert b'name="messaging_product"\r\n\r\nwhatsapp\r\n' in upload.content
    assert meta.messages[0]["image"] == {"id": "media-1", "caption": "Il pacco"}
    assert meta.before_message == [1]
    assert (message.kind, message.text, message.state) == ("image", "Il pacco", "accepted")
    assert message.media == replace(photo.media, id="media-1")


def test_the_same_content_is_uploaded_once_for_thirty_days(world: World, meta: Meta, photo: Attachment) -> None:
    sent(world, meta, order(photo))
    sent(world, meta, order(photo, text="Ancora"))
    assert len(meta.uploads) == 1
    assert [m["image"]["id"] for m in meta.messages] == ["media-1", "media-1"]
    world.now += 30 * DAY
    world.hear("shop-it", wrote(2, at=world.now))
    sent(world, meta, order(photo, text="Dopo un mese"))
    assert meta.messages[-1]["image"]["id"] == "media-2"


@pytest.mark.parametrize(("refusal", "kind"), [((500, 2), NotSent), ((400, 100), Refused)])
def test_an_upload_that_fails_has_sent_nothing_and_leaves_the_key_free(
    refusal: tuple[int, int], kind: type[CarelineError], world: World, meta: Meta, photo: Attachment
) -> None:
    meta.refuse_upload = refusal
    with pytest.raises(kind) as failed:
        sent(world, meta, order(photo, key="k1"))
    assert "was not uploaded, and nothing was sent" in failed.value.message
    assert not meta.messages
    assert world.store.count(Message, "WHERE direction = 'out'") == 0
    meta.refuse_upload = None
    message, error = sent(world, meta, order(photo, key="k1"))
    assert (message.state, error) == ("accepted", None)


def test_nothing_is_uploaded_outside_the_window(world: World, meta: Meta, photo: Attachment) -> None:
    world.now = NOON + 25 * HOUR
    with pytest.raises(OutsideWindow):
        sent(world, meta, order(photo))
    assert not meta.uploads


def test_a_template_that_goes_instead_uploads_nothing(world: World, meta: Meta, photo: Attachment) -> None:
    world.now = NOON + 25 * HOUR
    definition = Template(
        account="1", name="t", language="it", components=json.dumps([{"type": "BODY", "text": "Scrivici, per favore."}])
    )
    instead = Wish("template", "auto:send", "Scrivici, per favore.", template=TemplateUse("t", "it"))
    message, error = sent(world, meta, order(photo, outside=instead, outside_definition=definition))
    assert (message.kind, message.media, error) == ("template", None, None)
    assert not meta.uploads


def test_a_key_used_again_uploads_nothing_and_another_file_is_another_message(
    world: World, meta: Meta, photo: Attachment, tmp_path: Path
) -> None:
    first, _ = sent(world, meta, order(photo, key="k1"))
    again, _ = sent(world, meta, order(photo, key="k1"))
    assert (again.id, len(meta.uploads), len(meta.messages)) == (first.id, 1, 1)
    other = replace(photo, media=replace(photo.media, sha256="0" * 64))
    with pytest.raises(Usage, match="stands for another message"):
        sent(world, meta, order(other, key="k1"))


def test_a_key_stands_for_the_whole_body(world: World, meta: Meta) -> None:
    def place(latitude: float) -> Order:
        body = json.dumps({"latitude": latitude, "longitude": 9.1, "name": "Shop"})
        return Order(Wish("location", "auto:send", "Shop", body=body, send_key="k2"))

    sent(world, meta, place(45.0))
    assert sent(world, meta, place(45.0))[1] is None
    assert len(meta.messages) == 1
    with pytest.raises(Usage, match="stands for another message"):
        sent(world, meta, place(46.0))


def test_after_a_refusal_the_file_is_uploaded_anew(world: World, meta: Meta, photo: Attachment) -> None:
    sent(world, meta, order(photo))
    meta.refuse_message = (400, 131009)
    _, error = sent(world, meta, order(photo, text="2"))
    assert isinstance(error, Refused)
    meta.refuse_message = None
    sent(world, meta, order(photo, text="3"))
    assert meta.messages[-1]["image"]["id"] == "media-2"
    (row,) = world.store.select(Upload)
    assert row.id == "media-2"


def test_the_trace_of_an_upload_holds_neither_the_file_nor_the_token(
    world: World, meta: Meta, photo: Attachment, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.jsonl"

    async def run() -> None:
        channel = replace(world.store.get(Channel, "shop-it"), api_url="http://127.0.0.1:1", phone_number_id="106")
        async with Http(trace=trace, transport=httpx.MockTransport(meta)).client(channel.api_url) as http:
            await WhatsAppClient(Graph(channel, http, "a-token-to-hide")).media.upload(photo)

    asyncio.run(run())
    (line,) = [json.loads(each) for each in trace.read_text().splitlines()]
    assert (line["status"], line["answer"]) == (200, {"id": "media-1"})
    assert "a-token-to-hide" not in trace.read_text()
    assert len(trace.read_text()) < 2000


@pytest.mark.parametrize(
    ("known", "typed"),
    [("551187654321", "5511987654321"), ("5215512345678", "525512345678"), ("5491123456789", "541123456789")],
)
def test_a_number_known_in_its_other_form_is_the_same_customer_and_gets_what_was_typed(
    known: str, typed: str, world: World, meta: Meta
) -> None:
    world.hear("shop-it", wrote(7, Who(known, "wa_phone"), at=world.now))
    chats = len({m.conversation for m in world.store.select(Message)})

    async def run() -> Message:
        found = world.store.get(Channel, "shop-it")
        assert found is not None
        found = replace(found, api_url="http://127.0.0.1:1", phone_number_id="106")
        async with Http(transport=httpx.MockTransport(meta)).client(found.api_url) as http:
            client = WhatsAppClient(Graph(found, http, "token"))
            to = recipient(f"+{typed}", found, world.store)
            message, _ = await deliver(world.store, found, client, Order(Wish("text", "auto:send", "Olá")), to)
            return message

    message = asyncio.run(run())
    assert meta.messages[-1]["to"] == f"+{typed}"
    assert message.handle == known
    assert len({m.conversation for m in world.store.select(Message)}) == chats
