"""What Meta's API takes, written down from its published description: paths, methods, fields, types, enumerations, limits.

It judges the requests of our client, and knows nothing of the client. Where the description is known to be wrong, the fact that
holds stands here, and a remark beside it says what the description has. A name that ends in * must be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from typing import Any

import httpx
from msgspec import Struct


class Text(Struct, frozen=True):
    """Text; its length, what it is like, or one of a few words (in any case, where ``cased`` is False)."""

    most: int | None = None
    least: int = 0
    like: str = ""
    among: tuple[str, ...] = ()
    cased: bool = True


class Whole(Struct, frozen=True):
    """A whole number."""

    least: int | None = None
    most: int | None = None


class Number(Struct, frozen=True):
    """A number with or without a fraction."""


class Flag(Struct, frozen=True):
    """True or false."""


class Many(Struct, frozen=True):
    """A list."""

    item: Any
    least: int = 0
    most: int | None = None


class Either(Struct, frozen=True):
    """One of several."""

    options: tuple[Any, ...]


class Obj(Struct, frozen=True):
    """An object of these fields and no others. Of the names in ``one_of`` exactly one must be there."""

    fields: Mapping[str, Any]
    one_of: tuple[str, ...] = ()


class Open(Struct, frozen=True):
    """An object of any fields: what Meta leaves to whoever writes a flow, or to one country's payments."""


class Endpoint(Struct, frozen=True):
    """One call: the kind of its node, its edge (empty: the node itself), its query, its JSON or form."""

    method: str
    node: str
    edge: str
    query: Mapping[str, Any] = {}
    body: Any = None
    form: Any = None
    raw: bool = False


def words(text: str, cased: bool = True) -> Text:
    """One of these words."""
    return Text(among=tuple(text.split()), cased=cased)


# Messages

ID = Text(most=200, least=1)
LINK = Text(like=r"https?://\S+")
WHATSAPP = words("whatsapp")


def file(optional: Mapping[str, Any]) -> Obj:
    """A file by id or by link. The description has these two only; Meta's pages add captions, file names, voice."""
    return Obj({"id": ID, "link": LINK, **optional}, one_of=("id", "link"))


CAPTION = Text(most=1024)
BARE = file({})
LABEL = Text(most=20, least=1)
PRODUCT = Obj({"product_retailer_id*": Text(least=1)})
KIND_OF_CONTACT = Text()  # the description knows HOME and WORK; Meta's pages have free text
CONTACT = Obj(
    {
        # the description demands no name; Meta's pages demand formatted_name
        "name*": Obj(
            {"formatted_name*": Text(least=1)}
            | dict.fromkeys(("first_name", "last_name", "middle_name", "prefix", "suffix"), Text())
        ),
        "phones": Many(Obj({"phone*": Text(), "type": KIND_OF_CONTACT, "wa_id": Text()})),
        "emails": Many(Obj({"email*": Text(like=r"\S+@\S+"), "type": KIND_OF_CONTACT})),
        "addresses": Many(
            Obj(
                {"type": KIND_OF_CONTACT} | dict.fromkeys(("street", "city", "state", "zip", "country", "country_code"), Text())
            )
        ),
        "urls": Many(Obj({"url*": Text(), "type": KIND_OF_CONTACT})),
        "org": Obj(dict.fromkeys(("company", "department", "title"), Text())),
        "birthday": Text(like=r"\d{4}-\d\d-\d\d"),
    }
)
# text or number, and both needed; in the description they are text and optional
LOCATION = Obj(
    {
        "latitude*": Either((Text(least=1), Number())),
        "longitude*": Either((Text(least=1), Number())),
        "name": Text(),
        "address": Text(),
    }
)

NAMED_FILE = file({"filename": Text()})
HEADER_TEXT = Obj({"type*": words("text"), "text*": Text(most=60, least=1), "sub_text": Text(most=60)})
HEADER_FILE = Either(
    (
        Obj({"type*": words("image"), "image*": BARE}),
        Obj({"type*": words("video"), "video*": BARE}),
        Obj({"type*": words("document"), "document*": NAMED_FILE}),
    )
)
HEADER = Either((HEADER_TEXT, *HEADER_FILE.options))
FOOTER = Obj({"text*": Text(most=60, least=1)})
REPLY = Obj({"type*": words("reply"), "reply*": Obj({"id*": Text(most=256, least=1), "title*": LABEL})})
ROW = Obj({"id*": Text(most=200, least=1), "title*": Text(most=24, least=1), "description": Text(most=72)})
TITLE = Text(most=24)


def said(most: int = 1024) -> Obj:
    """The text of an interactive message."""
    return Obj({"text*": Text(most=most, least=1)})


def interactive(kind: str, action: Any, *, header: Any = None, body: Any = None, needs: str = "") -> Obj:
    """One type of interactive message."""
    fields: dict[str, Any] = {"type*": words(kind), "action*": action, "footer": FOOTER}
    fields["body*" if "body" in needs else "body"] = body or said()
    if header is not None:
        fields["header*" if "header" in needs else "header"] = header
    return Obj(fields)


CTA_URL = Obj({"name*": words("cta_url"), "parameters*": Obj({"display_text*": LABEL, "url*": LINK})})
QUICK_REPLY = Obj({"type*": words("quick_reply"), "quick_reply*": Obj({"id*": Text(most=256), "title*": LABEL})})
CARD = Obj(
    {
        "card_index*": Whole(0, 9),
        "type*": words("cta_url"),
        "header*": Either(HEADER_FILE.options[:2]),
        "body": said(160),
        "action*": Either((CTA_URL, Obj({"buttons*": Many(QUICK_REPLY, 1, 3)}))),
    }
)
FLOW = Obj(
    {
        "name*": words("flow"),
        "parameters*": Obj(
            {
                "flow_message_version*": words("3"),
                "flow_id": ID,
                "flow_name": Text(),
                "flow_cta*": Text(most=30, least=1),
                "flow_token": Text(),
                "mode": words("draft published"),
                "flow_action": words("navigate data_exchange"),
                "flow_action_payload": Open(),
            },
            one_of=("flow_id", "flow_name"),
        ),
    }
)
INTERACTIVE = Either(
    (
        interactive("button", Obj({"buttons*": Many(REPLY, 1, 3)}), header=HEADER, needs="body"),
        # 4,096 characters in the text of a list; the description has 1,024 for all
        interactive(
            "list",
            Obj({"button*": LABEL, "sections*": Many(Obj({"title": TITLE, "rows*": Many(ROW, 1, 10)}), 1, 10)}),
            header=HEADER_TEXT,
            body=said(4096),
            needs="body",
        ),
        interactive("product", Obj({"catalog_id*": ID, "product_retailer_id*": ID})),
        interactive(
            "product_list",
            Obj({"catalog_id*": ID, "sections*": Many(Obj({"title": TITLE, "product_items*": Many(PRODUCT, 1, 30)}), 1, 10)}),
            header=HEADER_TEXT,
            needs="header body",
        ),
        interactive(
            "catalog_message",
            Obj({"name*": words("catalog_message"), "parameters": Obj({"thumbnail_product_retailer_id": ID})}),
            needs="body",
        ),
        interactive("flow", FLOW, header=HEADER, needs="body"),
        # the description lacks these; Meta's pages have them
        interactive("cta_url", CTA_URL, header=HEADER, needs="body"),
        interactive("location_request_message", Obj({"name*": words("send_location")}), needs="body"),
        interactive("carousel", Obj({"cards*": Many(CARD, 2, 10)}), needs="body"),
        *(
            Obj({"type*": words(kind), "action*": Open(), "body": said(), "header": HEADER, "footer": FOOTER})
            for kind in ("address_message", "call_permission_request", "voice_call", "order_details", "order_status")
        ),
        Obj({"type*": words("request_contact_info"), "action": Open(), "body*": said()}),
    )
)

NAMED = {"parameter_name": Text(least=1)}
PARAMETERS = Either(
    (
        Obj({"type*": words("text"), "text*": Text(least=1), **NAMED}),
        Obj(
            {
                "type*": words("currency"),
                "currency*": Obj({"fallback_value*": Text(), "code*": Text(like="[A-Z]{3}"), "amount_1000*": Whole()}),
                **NAMED,
            }
        ),
        Obj({"type*": words("date_time"), "date_time*": Obj({"fallback_value*": Text()}), **NAMED}),
        Obj({"type*": words("image"), "image*": BARE}),
        Obj({"type*": words("video"), "video*": BARE}),
        Obj({"type*": words("document"), "document*": NAMED_FILE}),
        # the description ends here; Meta's pages and samples have the rest
        Obj({"type*": words("gif"), "gif*": BARE}),
        Obj({"type*": words("location"), "location*": LOCATION}),
        Obj({"type*": words("product"), "product*": Obj({"catalog_id*": ID, "product_retailer_id*": ID})}),
        Obj({"type*": words("payload"), "payload*": Text()}),
        Obj({"type*": words("coupon_code"), "coupon_code*": Text(most=20, like="[A-Za-z0-9]+")}),
        Obj({"type*": words("action"), "action*": Open()}),
        Obj({"type*": words("limited_time_offer"), "limited_time_offer*": Obj({"expiration_time_ms*": Whole(0)})}),
    )
)
# index is text 2–6 or 11–14 in the description, and its own samples have 0
INDEX = Either((Text(like="[0-9]"), Whole(0, 9)))
BUTTON_KINDS = words("quick_reply url copy_code flow catalog mpm spm voice_call", cased=False)
PARTS = (
    Obj({"type*": words("header body", cased=False), "parameters*": Many(PARAMETERS, 1)}),
    Obj(
        {
            "type*": words("button", cased=False),
            "sub_type*": BUTTON_KINDS,
            "index*": INDEX,
            "parameters*": Many(PARAMETERS, 1),
        }
    ),
    Obj({"type*": words("limited_time_offer", cased=False), "parameters*": Many(PARAMETERS, 1, 1)}),
)
CARDS = Obj(
    {
        "type*": words("carousel", cased=False),
        "cards*": Many(Obj({"card_index*": Whole(0, 9), "components*": Many(Either(PARTS))}), 2, 10),
    }
)
TEMPLATE = Obj(
    {
        "name*": Text(most=512, like="[a-z0-9_]+"),
        # the description demands policy, which Meta's pages leave out
        "language*": Obj({"code*": Text(like="[a-z]{2,3}(_[A-Z]{2,3})?"), "policy": words("deterministic")}),
        "components": Many(Either((*PARTS, CARDS))),
    }
)
BODIES: Mapping[str, Any] = {
    "text": Obj({"body*": Text(most=4096, least=1), "preview_url": Flag()}),
    "image": file({"caption": CAPTION}),
    "video": file({"caption": CAPTION}),
    "audio": file({"voice": Flag()}),
    "document": file({"caption": CAPTION, "filename": Text()}),
    "sticker": BARE,
    "location": LOCATION,
    "contacts": Many(CONTACT, 1, 257),  # 5 in the description
    "reaction": Obj({"message_id*": ID, "emoji": Text()}),
    "interactive": INTERACTIVE,
    "template": TEMPLATE,
}


def message(kind: str) -> Obj:
    """A message of one type. ``recipient`` (a user id, since 2026) is not in the description, which demands ``to``."""
    return Obj(
        {
            "messaging_product*": WHATSAPP,
            "recipient_type": words("individual group"),  # needed in the description, absent from Meta's own samples
            "to": Text(like=r"\+?[0-9]{7,15}"),
            "recipient": Text(like=r"[A-Z]{2}\.[A-Za-z0-9.]{1,132}"),
            "type*": words(kind),
            f"{kind}*": BODIES[kind],
            "context": Obj({"message_id*": ID}),
            "biz_opaque_callback_data": Text(most=512),
            "recipient_identity_key_hash": Text(),
        },
        one_of=("to", "recipient"),
    )


READ = Obj(
    {
        "messaging_product*": WHATSAPP,
        "status*": words("read"),
        "message_id*": ID,
        "typing_indicator": Obj({"type*": words("text")}),
    }
)

# Templates. The description has one sample's shape for components; the fields are those of Meta's pages.


BUTTON = Obj(
    {
        "type*": words(
            "QUICK_REPLY URL PHONE_NUMBER COPY_CODE OTP FLOW CATALOG MPM SPM VOICE_CALL APP CALL_PERMISSION_REQUEST "
            "REQUEST_CONTACT_INFO",
            cased=False,
        ),
        "text": Text(most=25),
        "url": Text(most=2000),
        "phone_number": Text(most=20),
        "example": Either((Text(), Many(Text()))),
        "otp_type": words("COPY_CODE ONE_TAP ZERO_TAP", cased=False),
        "autofill_text": Text(most=25),
        "supported_apps": Many(Obj({"package_name*": Text(), "signature_hash*": Text()})),
        "package_name": Text(),
        "signature_hash": Text(),
        "zero_tap_terms_accepted": Flag(),
        "flow_id": Either((ID, Whole())),
        "flow_name": Text(),
        "flow_json": Text(),
        "flow_action": words("navigate data_exchange", cased=False),
        "navigate_screen": Text(),
        "ttl_minutes": Whole(1),
        # on URL buttons, in samples only
        "app_deep_link": Obj(
            {"meta_app_id": Either((Whole(), Text())), "android_deep_link": Text(), "android_fallback_playstore_url": Text()}
        ),
    }
)
OFFER = Obj({"text*": Text(most=16, least=1), "has_expiration": Flag()})
COMPONENT = Obj(
    {
        "type*": words("HEADER BODY FOOTER BUTTONS LIMITED_TIME_OFFER CAROUSEL", cased=False),
        "format": words("TEXT IMAGE VIDEO DOCUMENT GIF LOCATION PRODUCT", cased=False),
        "text": Text(most=1024, least=1),
        "example": Open(),
        "buttons": Many(BUTTON, 1, 10),
        "add_security_recommendation": Flag(),
        "code_expiration_minutes": Whole(1, 90),
        "limited_time_offer": OFFER,
        "cards": Many(Obj({"components*": Many(Open(), 1)}), 2, 10),
    }
)
CATEGORY = words("AUTHENTICATION MARKETING UTILITY", cased=False)
TTL = Whole(-1, 2_592_000)
CREATE = Obj(
    {
        "name*": Text(most=512, least=1, like="[a-z0-9_]+"),
        "language*": Text(like="[a-z]{2,3}(_[A-Z]{2,3})?"),
        "category*": CATEGORY,
        "components*": Many(COMPONENT, 1),
        "parameter_format": words("NAMED POSITIONAL", cased=False),
        "message_send_ttl_seconds": TTL,
    }
)

# Numbers, profiles, webhooks, codes

PIN = Text(like="[0-9]{6}")
URI = Text(most=200, like=r"(https?://\S+)?")  # empty takes an override away
USER = Obj({"user": Text(least=1), "user_id": Text(least=1)}, one_of=("user", "user_id"))  # user_id since 2026
BLOCKS = Obj({"messaging_product*": WHATSAPP, "block_users*": Many(USER, 1)})
# the description's enumeration with what Meta's pages have
VERTICAL = words(
    "OTHER AUTO BEAUTY APPAREL EDU ENTERTAIN EVENT_PLAN FINANCE GROCERY GOVT HOTEL HEALTH NONPROFIT PROF_SERVICES RETAIL "
    "TRAVEL RESTAURANT ALCOHOL ONLINE_GAMBLING PHYSICAL_GAMBLING OTC_DRUGS"
)
PROFILE = Obj(
    {
        "messaging_product*": WHATSAPP,
        "about": Text(most=139, least=1),
        "address": Text(most=256),
        "description": Text(most=512),  # 256 in the description
        "email": Text(most=128),
        "websites": Many(Text(most=256, like=r"https?://\S+"), 0, 2),
        "vertical": VERTICAL,
        "profile_picture_handle": Text(like=r"4:.*"),
    }
)
AUTOMATION = Obj(
    {
        "enable_welcome_message": Flag(),
        "prompts": Many(Text(most=80, least=1), 0, 4),  # 3 in the description
        "commands": Many(
            Obj({"command_name*": Text(most=32, least=1, like="[A-Za-z0-9_]+"), "command_description*": Text(most=256)}), 0, 30
        ),  # a name of 30 characters in the description
    }
)
NODE = Obj(
    {
        "pin": PIN,
        "webhook_configuration": Obj({"override_callback_uri*": URI, "verify_token": Text()}),
        "new_display_name": Text(most=75, least=2),
        "messaging_product": WHATSAPP,
    }
)
NEW_NUMBER = Obj(
    {
        "cc*": Text(like="[0-9]{1,3}"),
        "phone_number*": Text(like="[0-9]{4,14}"),  # with the country's code in the description; apps of Meta's send it without
        "verified_name*": Text(most=75, least=2),
        "migrate_phone_number": Flag(),
        "preverified_id": Text(),
    }
)
REGISTER = Obj(
    {
        "messaging_product*": WHATSAPP,
        "pin*": PIN,
        "data_localization_region": words("AE AU BH BR CA CH DE GB ID IN JP KR SG ZA"),
    }
)
ASK_CODE = Obj(
    {
        "code_method*": words("SMS VOICE"),
        "language*": Text(like="[a-z]{2,3}(_[A-Za-z]{2})?"),  # always with a country in the description
    }
)
CODE = Text(like="[A-Z0-9]{14}")  # [A-Z2-7] in the description, which its own samples contradict
QR = Obj({"prefilled_message*": Text(most=140, least=1), "generate_qr_image": words("PNG SVG"), "code": CODE})
SUBSCRIBE = Obj({"override_callback_uri": URI, "verify_token": Text()})
APP_WEBHOOKS = Obj(  # not in the description: Meta's pages on webhooks
    {
        "object*": words("whatsapp_business_account"),
        "callback_url*": Text(like=r"https?://\S+"),
        "verify_token*": Text(least=1),
        "fields*": Text(like="[a-z_,]+"),
    }
)
PAGED = {"limit": Text(like="[0-9]+"), "after": Text(least=1), "before": Text(least=1), "fields": Text(least=1)}
SOME = {"fields": Text(least=1)}

ENDPOINTS = (
    *(Endpoint("POST", "number", "messages", body=message(kind)) for kind in BODIES),
    Endpoint("POST", "number", "messages", body=READ),
    Endpoint(
        "POST",
        "number",
        "media",
        form=Obj({"messaging_product*": WHATSAPP, "type": Text(like=r"\w+/\S+.*"), "file*": Text()}),  # no type there
    ),
    Endpoint("GET", "file", "", {"phone_number_id": ID}),
    Endpoint("DELETE", "file", "", {"phone_number_id": ID}),
    Endpoint("POST", "number", "message_qrdls", body=QR),
    Endpoint("GET", "number", "message_qrdls", PAGED | {"code": CODE}),
    Endpoint("POST", "number", "register", body=REGISTER),
    Endpoint("POST", "number", "request_code", body=ASK_CODE),
    Endpoint("POST", "number", "verify_code", body=Obj({"code*": PIN})),
    Endpoint("GET", "number", "", SOME | {"appsecret_proof": Text(like="[0-9a-f]{64}")}),
    Endpoint("POST", "number", "", body=NODE),
    Endpoint("GET", "number", "whatsapp_business_profile", SOME),
    Endpoint("POST", "number", "whatsapp_business_profile", body=PROFILE),
    Endpoint("POST", "number", "conversational_automation", body=AUTOMATION),
    *(Endpoint(method, "number", "block_users", body=BLOCKS) for method in ("POST", "DELETE")),
    Endpoint("GET", "number", "block_users", PAGED),
    Endpoint("GET", "account", "", SOME),
    Endpoint("POST", "account", "", body=Obj({"is_enabled_for_insights*": Flag()})),  # Meta's page on analytics
    Endpoint("GET", "account", "phone_numbers", PAGED),
    Endpoint("POST", "account", "phone_numbers", body=NEW_NUMBER),
    Endpoint("GET", "account", "subscribed_apps", PAGED),
    Endpoint("POST", "account", "subscribed_apps", body=SUBSCRIBE),
    Endpoint("GET", "account", "message_templates", PAGED | dict.fromkeys(("name", "category", "status", "language"), ID)),
    Endpoint("POST", "account", "message_templates", body=CREATE),
    Endpoint("DELETE", "account", "message_templates", {"name*": ID, "hsm_id": ID}),
    Endpoint(
        "GET",
        "account",
        "template_analytics",
        PAGED
        | {
            "start*": Text(like="[0-9]+"),
            "end*": Text(like="[0-9]+"),
            "granularity*": words("DAILY"),
            "metric_types": Text(like="[a-z_,]+"),
            "template_ids*": Text(like=r"\[[0-9]+(,[0-9]+){0,9}\]"),
        },
    ),
    Endpoint("GET", "template", "", SOME),
    Endpoint(
        "POST",
        "template",
        "",
        body=Obj({"category": CATEGORY, "components": Many(COMPONENT, 1), "message_send_ttl_seconds": TTL}),
    ),
    Endpoint("POST", "template", "unpause"),
    Endpoint("POST", "app", "subscriptions", body=APP_WEBHOOKS),
    Endpoint(
        "POST",
        "app",
        "uploads",
        {
            "file_name*": Text(least=1),
            "file_length*": Text(like="[1-9][0-9]*"),
            "file_type*": words("application/pdf image/jpeg image/jpg image/png video/mp4"),
        },
    ),
    Endpoint("POST", "upload", "", {"sig": Text()}, raw=True),
    Endpoint("GET", "upload", "", {"sig": Text()}),
    Endpoint("GET", "debug_token", "", {"input_token*": Text(least=1)}),
)


def problems(request: httpx.Request, kinds: Mapping[str, str]) -> list[str]:
    """What Meta would refuse of a request; none for one it takes. ``kinds`` says what each id in a path is."""
    parts = [part for part in request.url.path.split("/") if part]
    if len(parts) < 2 or not re.fullmatch(r"v[0-9]+\.[0-9]", parts[0]) or len(parts) > 3:
        return [f"{request.url.path} is no path of the API"]
    node = "upload" if parts[1].startswith("upload:") else kinds.get(parts[1], parts[1])
    edge = "".join(parts[2:])
    known = [one for one in ENDPOINTS if (one.method, one.node, one.edge) == (request.method, node, edge)]
    if not known:
        return [f"{request.method} {node}/{edge} is no call of the API"]
    found = [list(_problems(one, request)) for one in known]
    return min(found, key=len)


def _problems(known: Endpoint, request: httpx.Request) -> Iterator[str]:
    if not re.match(r"(Bearer|OAuth) \S+$", request.headers.get("authorization", "")):
        yield "there is no token"
    yield from wrong(Obj(known.query), dict(request.url.params), "query")
    if known.raw:
        if not request.headers.get("file_offset", "").isdigit():
            yield "there is no file_offset"
    elif known.form is not None:
        head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        parts = message_from_bytes(head + request.content).get_payload()
        names = {str(part.get_param("name", header="content-disposition")): part for part in parts}  # type: ignore[union-attr]
        yield from wrong(known.form, {name: str(part.get_payload()) for name, part in names.items()}, "form")
    elif known.body is not None:
        if request.headers.get("content-type") != "application/json":
            yield "the body is not called JSON"
        yield from wrong(known.body, json.loads(request.content), "body")
    elif request.content:
        yield "there is a body"


def wrong(schema: Any, value: Any, where: str) -> Iterator[str]:
    """What is wrong about a value."""
    match schema:
        case Text():
            yield from _text(schema, value, where)
        case Whole():
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{where} is no whole number"
            elif (schema.least is not None and value < schema.least) or (schema.most is not None and value > schema.most):
                yield f"{where} is out of range"
        case Number():
            if not isinstance(value, int | float) or isinstance(value, bool):
                yield f"{where} is no number"
        case Flag():
            if not isinstance(value, bool):
                yield f"{where} is not true or false"
        case Open():
            if not isinstance(value, dict):
                yield f"{where} is no object"
        case Many():
            if not isinstance(value, list):
                yield f"{where} is no list"
            elif len(value) < schema.least or (schema.most is not None and len(value) > schema.most):
                yield f"{where} has {len(value)} items"
            else:
                for index, item in enumerate(value):
                    yield from wrong(schema.item, item, f"{where}[{index}]")
        case Either():
            yield from min((list(wrong(option, value, where)) for option in schema.options), key=len)
        case Obj():
            yield from _object(schema, value, where)
        case _:
            raise TypeError(schema)


def _text(schema: Text, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where} is no text"
        return
    among = schema.among if schema.cased else tuple(word.lower() for word in schema.among)
    if among and (value if schema.cased else value.lower()) not in among:
        yield f"{where} is {value!r}, which is none of {', '.join(schema.among)}"
    if schema.like and not re.fullmatch(schema.like, value, re.ASCII):
        yield f"{where} is {value!r}, which is not like {schema.like}"
    if len(value) < schema.least or (schema.most is not None and len(value) > schema.most):
        yield f"{where} has {len(value)} characters"


def _object(schema: Obj, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    known = {name.rstrip("*"): inner for name, inner in schema.fields.items()}
    for name in value:
        if name not in known:
            yield f"{where} has a strange {name!r}"
    for name in schema.fields:
        if name.endswith("*") and name[:-1] not in value:
            yield f"{where} lacks {name[:-1]!r}"
    if schema.one_of and sum(name in value for name in schema.one_of) != 1:
        yield f"{where} needs exactly one of {', '.join(schema.one_of)}"
    for name, inner in value.items():
        if name in known:
            yield from wrong(known[name], inner, f"{where}.{name}")
