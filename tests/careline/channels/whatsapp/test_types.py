"""Every type of message: the body that goes out, and the part that is named when WhatsApp would refuse it."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest

from careline.channels.ports import Outgoing
from careline.channels.whatsapp.messages import UPLOADED_FIRST, body, composed
from careline.errors import Usage
from careline.model import Media, Template, TemplateUse
from tests.careline.channels.whatsapp.payloads import ANNA

PHOTO = Media(id="1037", mime="image/jpeg", name="parcel.jpg", bytes=9, sha256="ab")


def outgoing(kind: str, **fields: Any) -> Outgoing:
    return Outgoing(to=ANNA, to_kind="wa_phone", kind=kind, **fields)


def button(id: str = "m", title: str = "Media") -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": id, "title": title}}


def row(id: str = "mon", **more: Any) -> dict[str, Any]:
    return {"id": id, "title": "Lunedì", **more}


def card(index: int, kind: str = "image") -> dict[str, Any]:
    action = {"name": "cta_url", "parameters": {"display_text": "Vedi", "url": "https://shop.example"}}
    return {"card_index": index, "type": "cta_url", "header": {"type": kind, kind: {"id": "9"}}, "action": action}


def interactive(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "body": {"text": "Quale?"}, "action": action} | more


FLOW = {"flow_message_version": "3", "flow_id": "7", "flow_cta": "Apri"}
GOOD: dict[str, tuple[str, Any, str]] = {
    "text": ("text", {"body": "https://shop.example", "preview_url": True}, "https://shop.example"),
    "image by link": ("image", {"link": "https://shop.example/a.jpg", "caption": "La sciarpa"}, "La sciarpa"),
    "voice": ("audio", {"id": "9", "voice": True}, ""),
    "document": ("document", {"id": "9", "filename": "fattura.pdf"}, "fattura.pdf"),
    "sticker": ("sticker", {"id": "9"}, ""),
    "location": ("location", {"latitude": 0.0, "longitude": "9.19"}, "0.0, 9.19"),
    "location with a name": ("location", {"latitude": 45, "longitude": 9, "name": "Shop", "address": "Roma"}, "Shop, Roma"),
    "contacts": (
        "contacts",
        [{"name": {"formatted_name": "Carla Neri", "first_name": "Carla"}, "phones": [{"phone": "+39 02 5555"}]}],
        "Carla Neri +39 02 5555",
    ),
    "reaction": ("reaction", {"message_id": "wamid.1", "emoji": "👍🏽"}, "👍🏽"),
    "reaction taken back": ("reaction", {"message_id": "wamid.1", "emoji": ""}, ""),
    "buttons": (
        "interactive",
        interactive("button", {"buttons": [button(), button("l", "Larga")]}, header={"type": "image", "image": {"id": "9"}}),
        "Quale? [Media] [Larga]",
    ),
    "list": ("interactive", interactive("list", {"button": "Giorni", "sections": [{"rows": [row()]}]}), "Quale? [Lunedì]"),
    "address": (
        "interactive",
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Segui", "url": "https://shop.example"}}),
        "Quale? [Segui]",
    ),
    "place asked for": ("interactive", interactive("location_request_message", {"name": "send_location"}), "Quale?"),
    "form": ("interactive", interactive("flow", {"name": "flow", "parameters": FLOW}), "Quale? [Apri]"),
    "product": ("interactive", {"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "2"}}, ""),
    "products": (
        "interactive",
        interactive(
            "product_list",
            {"catalog_id": "1", "sections": [{"title": "Lana", "product_items": [{"product_retailer_id": "2"}]}]},
            header={"type": "text", "text": "Inverno"},
        ),
        "Quale?",
    ),
    "catalog": ("interactive", interactive("catalog_message", {"name": "catalog_message"}), "Quale?"),
    "cards": ("interactive", interactive("carousel", {"cards": [card(0), card(1)]}), "Quale?"),
    "what we do not know in full": (
        "interactive",
        interactive("order_details", {"name": "review_and_pay", "parameters": {"reference_id": "r", "anything": [1]}}),
        "Quale?",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_message_in_metas_own_json_goes_out_as_it_is_written(name: str) -> None:
    kind, content, text = GOOD[name]
    made = composed(json.dumps({"type": kind, kind: content, "context": {"message_id": "wamid.0"}}))
    assert (made.kind, made.text, made.reply_to) == (kind, text, "wamid.0")
    sent = body(outgoing(kind, body=made.body, text=made.text))
    assert (sent["type"], sent[kind], sent["to"]) == (kind, content, "+393331234567")


@pytest.mark.parametrize("name", GOOD)
def test_a_key_that_meta_does_not_know_is_named(name: str) -> None:
    kind, content, _ = GOOD[name]
    if name == "what we do not know in full":
        return
    wrong = copy.deepcopy(content)
    (wrong[0] if isinstance(wrong, list) else wrong)["captoin"] = "x"
    with pytest.raises(Usage, match="'captoin', which WhatsApp does not know"):
        composed(json.dumps({"type": kind, kind: wrong}))


def changed(name: str, path: str, value: Any) -> tuple[str, Any]:
    """A good message with one part changed."""
    kind, content, _ = GOOD[name]
    whole = copy.deepcopy({kind: content})
    *steps, end = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = whole
    for step in steps:
        place = place[step]
    if value is None:
        del place[end]
    else:
        place[end] = value
    return kind, whole[kind]


BUTTONS, LIST, FORM = "interactive.action.buttons", "interactive.action.sections", "interactive.action.parameters"
REFUSED = [
    ("text", "text.body", "x" * 4097, "text.body has 4097 characters; WhatsApp takes 4096"),
    ("text", "text.body", "no address", "text.preview_url needs an http"),
    ("text", "text.body", " ", "text.body is empty"),
    ("image by link", "image.caption", "x" * 1025, "image.caption has 1025 characters"),
    ("image by link", "image.id", "9", "image needs either an id or a link"),
    ("image by link", "image.link", "ftp://shop.example", "image.link must be an https:// address"),
    ("voice", "audio.voice", "yes", "audio.voice must be true or false"),
    ("voice", "audio.caption", "x", "audio has 'caption'"),
    ("location", "location.latitude", 91, "location.latitude is 91; it must be a number from -90 to 90"),
    ("location", "location.longitude", "east", "location.longitude is 'east'"),
    ("location", "location.longitude", True, "location.longitude is True"),
    ("location", "location.latitude", None, "location lacks 'latitude'"),
    ("location with a name", "location.name", None, "has an address but no name"),
    ("contacts", "contacts.0.name.first_name", None, r"contacts\[0\].name needs one more part"),
    ("contacts", "contacts.0.birthday", "6 March", r"contacts\[0\].birthday must be written YYYY-MM-DD"),
    ("reaction", "reaction.emoji", "ok", "reaction.emoji must be one emoji"),
    ("buttons", "interactive.body.text", "x" * 1025, "interactive.body.text has 1025 characters"),
    ("buttons", "interactive.footer", {"text": "x" * 61}, "interactive.footer.text has 61 characters; WhatsApp takes 60"),
    ("buttons", "interactive.header", {"type": "sticker"}, "interactive.header.type is 'sticker'"),
    ("buttons", "interactive.header.image", {}, "interactive.header.image needs either an id or a link"),
    ("buttons", BUTTONS, [button(str(n), str(n)) for n in range(4)], "has 4 items; WhatsApp takes 1 to 3"),
    ("buttons", f"{BUTTONS}.0.reply.title", "x" * 21, r"buttons\[0\].reply.title has 21 characters; WhatsApp takes 20"),
    ("buttons", f"{BUTTONS}.1.reply.title", "Media", r"buttons\[1\].reply.title repeats another button's title"),
    ("buttons", f"{BUTTONS}.1.reply.id", "m", r"buttons\[1\].reply.id repeats another button's id"),
    ("buttons", f"{BUTTONS}.0.reply.id", " m", r"buttons\[0\].reply.id begins or ends with a blank"),
    ("buttons", f"{BUTTONS}.0.reply.id", "x" * 257, r"buttons\[0\].reply.id has 257 characters"),
    ("list", "interactive.action.button", "x" * 21, "action.button has 21 characters"),
    ("list", "interactive.header", {"type": "image", "image": {"id": "9"}}, "header.type is 'image'"),
    ("list", f"{LIST}.0.rows.0.title", "x" * 25, r"rows\[0\].title has 25 characters; WhatsApp takes 24"),
    ("list", f"{LIST}.0.rows.0.description", "x" * 73, r"rows\[0\].description has 73 characters; WhatsApp takes 72"),
    ("list", LIST, [{"rows": [row()]}, {"rows": [row("tue")]}], r"sections\[0\] lacks 'title'"),
    (
        "list",
        LIST,
        [{"title": str(s), "rows": [row(f"{s}{n}") for n in range(6)]} for s in range(2)],
        "has 12 rows; WhatsApp takes 10 in all",
    ),
    ("list", f"{LIST}.0.rows", [row(), row()], r"rows\[1\].id repeats another row's id"),
    ("address", f"{FORM}.url", "shop.example", "parameters.url must be an https:// address"),
    ("address", f"{FORM}.display_text", "x" * 21, "parameters.display_text has 21 characters"),
    ("place asked for", "interactive.action.name", "send_money", "it must be one of send_location"),
    ("form", f"{FORM}.flow_cta", "Apri 📦", "flow_cta may hold no emoji"),
    ("form", f"{FORM}.flow_name", "resi", "needs either flow_id or flow_name"),
    ("products", "interactive.header", None, "interactive lacks 'header'"),
    (
        "products",
        "interactive.action.sections.0.product_items",
        [{"product_retailer_id": str(n)} for n in range(31)],
        "has 31 items; WhatsApp takes 1 to 30",
    ),
    ("cards", "interactive.action.cards", [card(0)], "has 1 items; WhatsApp takes 2 to 10"),
    ("cards", "interactive.action.cards", [card(0), card(1, "video")], "must be of type image, as that of the first card"),
    ("cards", "interactive.action.cards.1.card_index", 7, "card_index must be 1"),
    ("cards", "interactive.action.cards.1.body", {"text": "x" * 161}, "body.text has 161 characters; WhatsApp takes 160"),
    ("buttons", "interactive.type", "hologram", "interactive.type is 'hologram'"),
]


@pytest.mark.parametrize(("name", "path", "value", "why"), REFUSED)
def test_what_whatsapp_would_refuse_is_refused_here_and_named(name: str, path: str, value: Any, why: str) -> None:
    kind, content = changed(name, path, value)
    with pytest.raises(Usage, match=why):
        composed(json.dumps({"type": kind, kind: content}))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value in ``value`` stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


ODD = (None, True, 0, -1.5, 10**400, "", " ", "x" * 5000, "\ud800", [], {}, [None], {"type": 1}, [[]], "https://x y", "\0")


@pytest.mark.parametrize("name", GOOD)
def test_whatever_stands_in_a_message_it_goes_out_or_is_refused_in_words(name: str) -> None:
    kind, content, _ = GOOD[name]
    for path in places(content)[1:]:
        for odd in ODD:
            whole = copy.deepcopy(content)
            place = whole
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = odd
            with suppress(Usage):
                made = composed(json.dumps({"type": kind, kind: whole}))
                assert body(outgoing(kind, body=made.body))[kind] == json.loads(made.body)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is not JSON: it is JSON, but not an object"),
        ("{}", "has no type"),
        ('{"type": "telepathy", "telepathy": {}}', "has the type 'telepathy'"),
        ('{"type": "template", "template": {}}', "has the type 'template'"),
        ('{"to": "39", "type": "text", "text": {"body": "x"}}', "has 'to', which WhatsApp does not know"),
        ('{"type": "text", "image": {"id": "9"}}', "lacks 'text'"),
        ("[" * 100_001, "more parts than any"),
    ],
)
def test_what_is_no_message_is_refused(text: str, why: str) -> None:
    with pytest.raises(Usage, match=why):
        composed(text)


def test_the_type_may_be_left_out_and_written_large() -> None:
    assert composed('{"location": {"latitude": 1, "longitude": 2}}').kind == "location"
    made = composed(json.dumps({"interactive": interactive("BUTTON", {"buttons": [button()]})}))
    assert json.loads(made.body)["type"] == "button"


def test_a_file_goes_out_by_its_id_with_caption_and_name() -> None:
    assert body(outgoing("image", media=PHOTO, text="Il pacco"))["image"] == {"id": "1037", "caption": "Il pacco"}
    assert body(outgoing("document", media=PHOTO))["document"] == {"id": "1037", "filename": "parcel.jpg"}
    assert body(outgoing("image", media=Media(name="a.jpg")))["image"] == {"id": UPLOADED_FIRST}


@pytest.mark.parametrize("kind", ["audio", "sticker"])
def test_nobody_sees_a_text_under_a_sound_or_a_sticker(kind: str) -> None:
    with pytest.raises(Usage, match="no text under a file"):
        body(outgoing(kind, media=PHOTO, text="Ciao"))


def test_a_reaction_names_its_message_and_quotes_nothing() -> None:
    sent = body(outgoing("reaction", text="👍", reply_to="wamid.7", ours="m1@k"))
    assert sent["reaction"] == {"message_id": "wamid.7", "emoji": "👍"}
    assert "context" not in sent
    with pytest.raises(Usage, match="must be one emoji"):
        body(outgoing("reaction", text="ok", reply_to="wamid.7"))


def with_header(format: str) -> Template:
    components = [{"type": "HEADER", "format": format, "text": "Ordine"}, {"type": "BODY", "text": "Ciao {{1}}!"}]
    return Template(account="1", name="parcel", language="it", components=json.dumps(components))


@pytest.mark.parametrize(("format", "named"), [("IMAGE", {}), ("DOCUMENT", {"filename": "parcel.jpg"})])
def test_a_file_goes_into_the_header_of_a_template(format: str, named: dict[str, str]) -> None:
    use = TemplateUse("parcel", "it", (("1", "Anna"),))
    sent = body(outgoing("template", template=use, definition=with_header(format), media=PHOTO))
    kind = format.lower()
    (header,) = [c for c in sent["template"]["components"] if c["type"] == "header"]
    assert header["parameters"] == [{"type": kind, kind: {"id": "1037"} | named}]


def test_a_template_without_a_place_for_a_file_says_so() -> None:
    use = TemplateUse("parcel", "it", (("1", "Anna"),))
    with pytest.raises(Usage, match="parcel/it has no place for a file"):
        body(outgoing("template", template=use, definition=with_header("TEXT"), media=PHOTO))


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Usage, match="kind 'telepathy'"):
        body(outgoing("telepathy"))
