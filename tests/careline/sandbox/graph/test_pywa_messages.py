"""pywa sends, uploads, downloads and hears every type of message against the sandbox as against Graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pywa import WhatsApp, handlers, types
from pywa.errors import WhatsAppError
from pywa.types import callback, others

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA
from tests.careline.sandbox.receiver import Receiver

JPEG = b"\xff\xd8\xff\xe0" + b"a parcel, seen from above" * 20
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(18)
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(20)
MINUTE = 60 * 1_000_000
DAY = 24 * 60 * MINUTE


@pytest.fixture
def wa(sandbox: Running, connected: Receiver) -> Iterator[WhatsApp]:
    sandbox.control.say(ANNA, "C'è qualcuno?")
    with httpx.Client(trust_env=False) as session:
        client = WhatsApp(
            phone_id=account.PHONE_NUMBER_ID,
            token=account.ACCESS_TOKEN,
            waba_id=account.BUSINESS_ACCOUNT_ID,
            app_secret=account.APP_SECRET,
            verify_token=account.VERIFY_TOKEN,
            server=None,
            session=session,
        )
        session.base_url = httpx.URL(f"{sandbox.url}/v23.0")
        yield client


def last(sandbox: Running, who: str = ANNA) -> dict[str, Any]:
    """The newest message on the customer's phone."""
    return dict(sandbox.control.customer(who, "whatsapp")["messages"][-1])


def heard(wa: WhatsApp, sandbox: Running, connected: Receiver, handler: type, act: Callable[[], Any]) -> Any:
    """What pywa's handler makes of the webhook that ``act`` causes."""
    found: list[Any] = []
    wa.add_handlers(handler(lambda _, update: found.append(update)))
    before = len(connected.posts())
    act()
    sandbox.control.settle()
    for push in connected.posts()[before:]:
        assert wa.webhook_update_handler(push.body) == ("ok", 200)
    return found[-1]


SENT: dict[str, tuple[Callable[[WhatsApp], Any], str, str]] = {
    "preview": (lambda wa: wa.send_message(ANNA, "https://shop.example", preview_url=True), "text", "https://shop.example"),
    "buttons": (
        lambda wa: wa.send_message(ANNA, "Taglia?", header="Sciarpa", footer="Shop", buttons=[callback.Button("Media", "m")]),
        "interactive",
        "Taglia?",
    ),
    "list": (
        lambda wa: wa.send_message(
            ANNA,
            "Quando?",
            buttons=callback.SectionList(
                "Giorni", [callback.Section("Marzo", [callback.SectionRow("Lunedì", "mon", "mattina")])]
            ),
        ),
        "interactive",
        "Quando?",
    ),
    "url": (
        lambda wa: wa.send_message(ANNA, "Segui il pacco", buttons=callback.URLButton("Segui", "https://shop.example/t/9")),
        "interactive",
        "Segui il pacco",
    ),
    "flow": (
        lambda wa: wa.send_message(ANNA, "Il reso", buttons=callback.FlowButton("Apri", flow_id="77", flow_token="t")),
        "interactive",
        "Il reso",
    ),
    "location": (lambda wa: wa.send_location(ANNA, 0.0, 9.19, "Negozio", "Via Roma 1"), "location", "Negozio, Via Roma 1"),
    "location request": (lambda wa: wa.request_location(ANNA, "Dove siete?"), "interactive", "Dove siete?"),
    "contact": (
        lambda wa: wa.send_contact(
            ANNA,
            others.Contact(
                name=others.Contact.Name(formatted_name="Shop Milano", first_name="Shop"),
                phones=[others.Contact.Phone(phone="+39 02 5555 0100", type="WORK")],
            ),
        ),
        "contacts",
        "Shop Milano",
    ),
    "catalog": (lambda wa: wa.send_catalog(ANNA, "Il catalogo", thumbnail_product_sku="scarf-1"), "interactive", "Il catalogo"),
    "product": (lambda wa: wa.send_product(ANNA, "195", "scarf-1", body="Questa?"), "interactive", "Questa?"),
    "products": (
        lambda wa: wa.send_products(ANNA, "195", [others.ProductsSection("Lana", ["scarf-1"])], title="Inverno", body="Ecco"),
        "interactive",
        "Ecco",
    ),
    "link": (lambda wa: wa.send_image(ANNA, "https://shop.example/a.jpg", caption="La sciarpa"), "image", "La sciarpa"),
}


def test_pywa_sends_a_carousel(wa: WhatsApp, sandbox: Running) -> None:
    photo = "https://shop.example/photo.jpg"
    cards = [
        callback.ImageCarouselCard(image=photo, body="lana", buttons=callback.URLButton("Vedi", "https://shop.example/lana")),
        callback.ImageCarouselCard(image=photo, body="seta", buttons=[callback.Button("Questa", "silk")]),
    ]
    wa.send_carousel(ANNA, body="Le sciarpe", cards=cards)
    assert [one["payload"] for one in last(sandbox)["buttons"]] == ["https://shop.example/lana", "silk"]


@pytest.mark.parametrize("what", SENT)
def test_pywa_sends(what: str, wa: WhatsApp, sandbox: Running) -> None:
    send, kind, text = SENT[what]
    sent = send(wa)
    shown = last(sandbox)
    assert (shown["id"], shown["kind"], shown["text"]) == (sent.id, kind, text)


@pytest.mark.parametrize(
    ("method", "kind", "mime", "content", "caption"),
    [
        ("send_image", "image", "image/jpeg", JPEG, {"caption": "Il pacco"}),
        ("send_video", "video", "video/mp4", b"\x00\x00\x00\x18ftypmp42", {"caption": "Il pacco"}),
        ("send_document", "document", "application/pdf", b"%PDF-1.4\n", {"caption": "Il pacco", "filename": "fattura.pdf"}),
        ("send_audio", "audio", "audio/mpeg", b"ID3\x04", {}),
        ("send_voice", "audio", "audio/ogg", OGG, {}),
        ("send_sticker", "sticker", "image/webp", WEBP, {}),
    ],
)
def test_pywa_uploads_a_file_and_sends_it(
    method: str, kind: str, mime: str, content: bytes, caption: dict[str, str], wa: WhatsApp, sandbox: Running
) -> None:
    media = wa.upload_media(content, mime_type=mime, filename="f")
    sent = getattr(wa, method)(ANNA, media, **caption)
    shown = last(sandbox)
    assert (shown["id"], shown["kind"], shown["media"], shown["text"]) == (sent.id, kind, media.id, caption.get("caption", ""))


def test_pywa_gets_its_file_back_for_five_minutes(wa: WhatsApp, sandbox: Running, tmp_path: Path) -> None:
    media = wa.upload_media(JPEG, mime_type="image/jpeg", filename="parcel.jpg")
    url = wa.get_media_url(media.id)
    assert (url.mime_type, url.file_size) == ("image/jpeg", len(JPEG))
    assert url.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert wa.download_media(url=url.url, path=tmp_path, filename="got.jpg").read_bytes() == JPEG
    sandbox.control.advance(6 * MINUTE)
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        wa.get_media_bytes(url.url)
    assert wa.get_media_bytes(wa.get_media_url(media.id).url) == JPEG


def test_an_upload_is_gone_when_deleted_and_after_thirty_days(wa: WhatsApp, sandbox: Running) -> None:
    first = wa.upload_media(JPEG, mime_type="image/jpeg", filename="a.jpg")
    assert wa.delete_media(first.id)
    with pytest.raises(WhatsAppError, match="does not exist"):
        wa.get_media_url(first.id)
    second = wa.upload_media(JPEG, mime_type="image/jpeg", filename="a.jpg")
    sandbox.control.advance(31 * DAY)
    sandbox.control.say(ANNA, "Ancora io")
    with pytest.raises(WhatsAppError) as refused:
        wa.send_image(ANNA, second)
    assert refused.value.code == 131009


def test_a_file_of_a_type_nobody_knows_is_refused_at_the_upload(wa: WhatsApp) -> None:
    with pytest.raises(WhatsAppError, match="one of the following types"):
        wa.upload_media(b"MZ", mime_type="application/x-msdownload", filename="a.exe")


def test_pywa_reacts_and_takes_it_back(wa: WhatsApp, sandbox: Running) -> None:
    theirs = last(sandbox)["id"]
    wa.send_reaction(ANNA, "👍", theirs)
    shown = last(sandbox)
    assert (shown["kind"], shown["text"], shown["reply_to"]) == ("reaction", "👍", theirs)
    wa.remove_reaction(ANNA, theirs)
    assert last(sandbox)["text"] == ""
    sandbox.control.settle()
    assert [one["state"] for one in sandbox.control.customer(ANNA)["messages"][-2:]] == ["sent", "sent"]


def test_a_reaction_to_nothing_fails_afterwards(wa: WhatsApp, sandbox: Running, connected: Receiver) -> None:
    failed = heard(wa, sandbox, connected, handlers.MessageStatusHandler, lambda: wa.send_reaction(ANNA, "👍", "wamid.never"))
    assert (failed.status, failed.error.code) == (types.MessageStatusType.FAILED, 131009)


def test_pywa_quotes_reads_and_types(wa: WhatsApp, sandbox: Running) -> None:
    theirs = last(sandbox)["id"]
    assert wa.mark_message_as_read(theirs)
    assert last(sandbox)["state"] == "read"
    assert wa.indicate_typing(theirs)
    wa.send_message(ANNA, "Eccoci", reply_to_message_id=theirs)
    assert last(sandbox)["reply_to"] == theirs


def test_pywa_writes_to_somebody_without_a_number(wa: WhatsApp, sandbox: Running) -> None:
    sandbox.control.say("luisa", "Ciao", platform="whatsapp", bsuid=True)
    user_id = sandbox.control.customer("luisa", "whatsapp")["user_id"]
    wa.send_message(user_id, "Buongiorno")
    assert last(sandbox, "luisa")["text"] == "Buongiorno"


@pytest.mark.parametrize(
    ("kind", "text", "look"),
    [
        ("image", "Guarda", lambda m: (m.image.mime_type, m.caption)),
        ("voice", "", lambda m: (m.audio.voice,)),
        ("document", "La fattura", lambda m: (m.document.filename, m.caption)),
        ("sticker", "", lambda m: (m.sticker.animated,)),
        ("location", "Casa", lambda m: (m.location.name, m.location.latitude)),
        ("contacts", "Carla Neri", lambda m: (m.contacts[0].name.formatted_name,)),
        ("reaction", "❤", lambda m: (m.reaction.emoji,)),
        ("order", "scarf-1", lambda m: (m.order.products[0].sku, m.order.products[0].quantity)),
    ],
)
def test_pywa_understands_what_a_customer_sends(
    kind: str, text: str, look: Callable[[Any], tuple[Any, ...]], wa: WhatsApp, sandbox: Running, connected: Receiver
) -> None:
    wa.send_message(ANNA, "Eccoci")
    message = heard(wa, sandbox, connected, handlers.MessageHandler, lambda: sandbox.control.say(ANNA, text, kind=kind))
    wanted = {
        "image": ("image/png", "Guarda"),
        "voice": (True,),
        "document": ("fattura.pdf", "La fattura"),
        "sticker": (False,),
        "location": ("Casa", 45.4641),
        "contacts": ("Carla Neri",),
        "reaction": ("❤",),
        "order": ("scarf-1", 2),
    }
    assert look(message) == wanted[kind]


def test_pywa_downloads_what_a_customer_sent(wa: WhatsApp, sandbox: Running, connected: Receiver, tmp_path: Path) -> None:
    message = heard(
        wa,
        sandbox,
        connected,
        handlers.MessageHandler,
        lambda: sandbox.control.say(ANNA, kind="image", content=JPEG, mime="image/jpeg"),
    )
    assert message.image.download(path=tmp_path, filename="a.jpg").read_bytes() == JPEG


def test_pywa_hears_taps_on_buttons_and_rows(wa: WhatsApp, sandbox: Running, connected: Receiver) -> None:
    wa.send_message(ANNA, "Taglia?", buttons=[callback.Button("Media", "m"), callback.Button("Larga", "l")])
    tapped = heard(wa, sandbox, connected, handlers.CallbackButtonHandler, lambda: sandbox.control.tap(ANNA, "Larga"))
    assert (tapped.title, tapped.data) == ("Larga", "l")
    SENT["list"][0](wa)
    picked = heard(wa, sandbox, connected, handlers.CallbackSelectionHandler, lambda: sandbox.control.tap(ANNA, "mon"))
    assert (picked.title, picked.data) == ("Lunedì", "mon")


def test_a_voice_message_is_played(wa: WhatsApp, sandbox: Running, connected: Receiver) -> None:
    wa.send_voice(ANNA, wa.upload_media(OGG, mime_type="audio/ogg", filename="v.ogg"))
    sandbox.control.settle()
    status = heard(wa, sandbox, connected, handlers.MessageStatusHandler, lambda: sandbox.control.say(ANNA, "Sentito"))
    assert status.status == types.MessageStatusType.PLAYED


def test_what_is_too_long_is_refused_with_its_name(wa: WhatsApp) -> None:
    with pytest.raises(WhatsAppError) as refused:
        wa.send_message(ANNA, "Taglia?", buttons=[callback.Button("x" * 21, "m")])
    assert (refused.value.code, "max length: 20" in str(refused.value.details)) == (131009, True)
