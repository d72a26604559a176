"""What else can be asked about templates: previews and bulk changes of authentication templates, Meta's library, comparing,
unpausing, moving to another account.
"""

from __future__ import annotations

import json
import re

from careline.sandbox.account import BUSINESS_ACCOUNT_ID
from careline.sandbox.graph import template_reviews, templates
from careline.sandbox.graph import template_rules as rules
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError, template_error
from careline.sandbox.graph.template_texts import VARIABLE, variables
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Template

UNPAUSE_AFTER = 5 * template_reviews.MINUTE
LIBRARY: tuple[Json, ...] = (
    {
        "id": "7001",
        "name": "parcel_on_its_way",
        "language": "en_US",
        "category": "UTILITY",
        "topic": "ORDER_MANAGEMENT",
        "usecase": "SHIPMENT_CONFIRMATION",
        "industry": ["E_COMMERCE"],
        "body": "Hello {{1}}, parcel {{2}} left our store today and is on its way to you.",
        "body_params": ["Anna", "A17"],
        "body_param_types": ["TEXT", "TEXT"],
        "buttons": [{"type": "URL", "text": "Follow it", "url": "https://www.example.com/{{1}}"}],
    },
    {
        "id": "7002",
        "name": "how_did_we_do",
        "language": "en_US",
        "category": "UTILITY",
        "topic": "CUSTOMER_FEEDBACK",
        "usecase": "FEEDBACK_SURVEY",
        "industry": ["E_COMMERCE", "FINANCIAL_SERVICES"],
        "header": "Your opinion",
        "body": "Hello {{1}}, you were with us a while ago. Were you content with how we helped?",
        "body_params": ["Anna"],
        "body_param_types": ["TEXT"],
        "buttons": [],
    },
)


def create(call: Call) -> Json:
    """POST /{waba}/message_templates, of one's own words or from the library."""
    name = call.sent.get("library_template_name")
    return templates.create(call.sandbox, call.sent if name is None else _from_library(call.sent, str(name)))


def upsert(call: Call) -> Json:
    """POST /{waba}/upsert_message_templates: one authentication template in many languages, created or changed."""
    sent = dict(call.sent)
    languages = sent.pop("languages", None)
    if rules.check_category(sent.get("category")) != "AUTHENTICATION" or not isinstance(languages, list) or not languages:
        raise GraphError(100, "(#100) Only AUTHENTICATION templates can be created in bulk, in a list of languages.")
    known = {(one.name, one.language): one for one in call.sandbox.world.whatsapp.templates.values()}
    done = []
    for language in map(rules.check_language, languages):
        template = known.get((str(sent.get("name")), language))
        if template is None:
            made = templates.create(call.sandbox, sent | {"language": language})
            done.append(made | {"language": language})
        else:
            templates.edit(call.sandbox, template, {"components": sent.get("components")})
            done.append({"id": template.id, "status": template.status, "category": template.category, "language": language})
    return {"data": done}


def previews(call: Call) -> Json:
    """GET /{waba}/message_template_previews: Meta's own words, which the sandbox knows in English only."""
    sent = call.sent
    if rules.check_category(sent.get("category")) != "AUTHENTICATION":
        raise GraphError(100, "(#100) Previews are there for AUTHENTICATION templates only.")
    body: Json = {"type": "BODY", "add_security_recommendation": _flag(sent.get("add_security_recommendation"))}
    parts = [body, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}]
    if minutes := str(sent.get("code_expiration_minutes", "")):
        parts.append({"type": "FOOTER", "code_expiration_minutes": int(minutes) if minutes.isdigit() else 0})
    kept = {one["type"]: one for one in rules.check_components(parts, "AUTHENTICATION", False)}
    shown = {"body": kept["BODY"]["text"], "buttons": [{"autofill_text": "Autofill", "text": "Copy code"}]}
    if "FOOTER" in kept:
        shown["footer"] = kept["FOOTER"]["text"]
    wanted = [one.strip(' "') for one in str(sent.get("languages", "en_US")).strip("[]").split(",")]
    return {"data": [shown | {"language": rules.check_language(language)} for language in wanted]}


def library(call: Call) -> Json:
    """GET /message_template_library: two templates in words of the sandbox's own."""
    sent = {key: str(value).upper() for key, value in call.sent.items()}
    return {
        "data": [
            item
            for item in LIBRARY
            if sent.get("search", "") in f"{item['name']} {item['body']}".upper()
            and sent.get("topic", item["topic"]) == item["topic"]
            and sent.get("usecase", item["usecase"]) == item["usecase"]
            and sent.get("language", item["language"].upper()) == item["language"].upper()
            and sent.get("industry", item["industry"][0]) in item["industry"]
        ]
    }


def compare(call: Call) -> Json:
    """GET /{template}/compare: how often each was sent. Nobody blocks anybody here, so all are equally little blocked."""
    whatsapp = call.sandbox.world.whatsapp
    ids = [call.node, *(one.strip(' "') for one in str(call.sent.get("template_ids", "")).strip("[]").split(","))]
    if any(one not in whatsapp.templates for one in ids):
        raise GraphError(100, "(#100) Param template_ids must be ids of templates of this account.")
    if not {"start", "end"} <= call.sent.keys():
        raise GraphError(100, "(#100) The parameters start and end are required.")
    times = [{"key": one, "value": _times(call.sandbox, whatsapp.templates[one])} for one in ids]
    reasons = [{"key": one, "value": "UNKNOWN_BLOCK_REASON"} for one in ids]
    return {
        "data": [
            {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": ids},
            {"metric": "MESSAGE_SENDS", "type": "NUMBER_VALUES", "number_values": times},
            {"metric": "TOP_BLOCK_REASON", "type": "STRING_VALUES", "string_values": reasons},
        ]
    }


def unpause(call: Call) -> Json:
    """POST /{template}/unpause: only what pacing paused, five minutes later at the earliest."""
    sandbox = call.sandbox
    template = sandbox.world.whatsapp.templates[call.node]
    if template.status != "PAUSED" or not template.paced:
        return {"success": False, "reason": "The template is not paused by pacing."}
    if sandbox.now() < (template.paused_at or 0) + UNPAUSE_AFTER:
        return {"success": False, "reason": "A template can be unpaused five minutes after it was paused."}
    template_reviews.unpause(sandbox, template)
    return {"success": True}


def migrate(call: Call) -> Json:
    """POST /{waba}/migrate_message_templates: the sandbox has one account, so there is nowhere to take them from."""
    source = str(call.sent.get("source_waba_id", ""))
    if source == BUSINESS_ACCOUNT_ID:
        raise GraphError(100, "(#100) Source and destination are the same account.")
    raise GraphError(100, f"Object with ID '{source}' does not exist.", subcode=33, kind="GraphMethodException")


def _from_library(sent: Json, wanted: str) -> Json:
    """What a library template comes to with the addresses that were given for its buttons."""
    item = next((one for one in LIBRARY if one["name"] == wanted), None)
    if item is None:
        raise template_error(2388039, f"The library has no template {wanted}.")
    parts: list[Json] = [{"type": "HEADER", "format": "TEXT", "text": item["header"]}] if "header" in item else []
    parts.append({"type": "BODY", "text": item["body"], "example": {"body_text": [item["body_params"]]}})
    given = sent.get("library_template_button_inputs") or []
    given = json.loads(given) if isinstance(given, str) else given
    if len(given) != len(item["buttons"]):
        raise GraphError(100, f"(#100) The template has {len(item['buttons'])} buttons that need an input.")
    if given:
        parts.append({"type": "BUTTONS", "buttons": [_filled(*both) for both in zip(item["buttons"], given, strict=True)]})
    kept = {key: value for key, value in sent.items() if not key.startswith("library_template_b")}
    return kept | {"components": parts, "parameter_format": "POSITIONAL"}


def _filled(button: Json, given: Json) -> Json:
    address = given.get("url") if isinstance(given, dict) else None
    if not isinstance(address, dict) or not address.get("base_url"):
        raise GraphError(100, "(#100) A URL button of the library needs url.base_url.")
    made = button | {"url": address["base_url"]}
    if variables(address["base_url"]):
        suffix = str(address.get("url_suffix_example", ""))
        made["example"] = [suffix if re.match("https?://", suffix) else VARIABLE.sub(suffix, address["base_url"])]
    return made


def _times(sandbox: Sandbox, template: Template) -> int:
    shown = f"{template.name}/{template.language}"
    customers = sandbox.world.whatsapp.customers.values()
    return sum(bubble.template == shown for customer in customers for bubble in customer.messages)


def _flag(value: object) -> bool:
    return str(value).lower() in ("true", "1")


ROUTES: Routes = {
    ("POST", "account", "message_templates"): create,
    ("POST", "account", "upsert_message_templates"): upsert,
    ("GET", "account", "message_template_previews"): previews,
    ("POST", "account", "migrate_message_templates"): migrate,
    ("GET", "library", ""): library,
    ("GET", "template", "compare"): compare,
    ("POST", "template", "unpause"): unpause,
}
