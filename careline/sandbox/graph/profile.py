"""What customers see of a number and what greets them: business profile, ice breakers and commands; settings and commerce.

Meta: about 139 characters, address 256, description 512, email 128, two websites of 256; four ice breakers of 80 characters
without emoji, thirty commands with names of 32 and descriptions of 256 characters.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any
from zlib import crc32

from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.nodes import of
from careline.sandbox.graph.shape import parameters
from careline.sandbox.phone import Json

LONGEST = {"about": 139, "address": 256, "description": 512, "email": 128}
VERTICALS = words(
    "OTHER AUTO BEAUTY APPAREL EDU ENTERTAIN EVENT_PLAN FINANCE GROCERY GOVT HOTEL HEALTH NONPROFIT PROF_SERVICES RETAIL "
    "TRAVEL RESTAURANT ALCOHOL ONLINE_GAMBLING PHYSICAL_GAMBLING OTC_DRUGS"
)
FIELDS = (*LONGEST, "websites", "vertical", "profile_picture_url", "messaging_product")
EDITS = "about address description email websites vertical profile_picture_handle"
SETTINGS = "calling user_identity_change payload_encryption storage_configuration"
PROMPTS, PROMPT, COMMANDS, COMMAND, DESCRIPTION = 4, 80, 30, 32, 256


def profile(call: Call) -> Json:
    """GET /{phone}/whatsapp_business_profile: a list of one."""
    number = of(call)
    names = [one.strip() for one in call.fields.split(",") if one.strip()] or ["messaging_product"]
    if strange := [name for name in names if name not in FIELDS and name != "id"]:
        raise GraphError(100, f"(#100) Tried accessing nonexisting field ({strange[0]}) on node type (WhatsAppBusinessProfile)")
    whole = number.profile | {"messaging_product": "whatsapp"}
    if number.picture:
        whole["profile_picture_url"] = f"https://pps.whatsapp.example/{number.id}/{crc32(number.picture.encode())}.jpg"
    return {"data": [{name: whole[name] for name in names if name in whole} | {"messaging_product": "whatsapp"}]}


def edit_profile(call: Call) -> Json:
    """POST /{phone}/whatsapp_business_profile. What is not given stays; an empty text empties, but for ``about``."""
    if call.sent.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required and must be whatsapp.")
    sent = parameters(call.sent, EDITS)
    for key, longest in LONGEST.items():
        if key in sent and (not isinstance(sent[key], str) or len(sent[key]) > longest):
            raise _bad(f"Param {key} must be a string of at most {longest} characters.")
    if sent.get("about") == "":
        raise _bad("Param about must not be empty.")
    if sent.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", sent["email"]):
        raise _bad("Param email must be an email address.")
    if "websites" in sent:
        sent["websites"] = _websites(sent["websites"])
    if sent.get("vertical") and sent["vertical"] not in VERTICALS:
        raise _bad(f"Param vertical must be one of {{{', '.join(sorted(VERTICALS))}}}.")
    handle = sent.pop("profile_picture_handle", None)
    if handle is not None and (not isinstance(handle, str) or not re.match(r"4:+|\Z", handle)):
        told = "Param profile_picture_handle must be a handle of the resumable upload API, not a media id."
        raise GraphError(100, "(#100) Invalid parameter", details=told, described=422)
    number = of(call)
    number.picture = number.picture if handle is None else handle
    number.profile |= sent
    return {"success": True}


def automation(call: Call) -> Json:
    """GET /{phone}/conversational_automation."""
    number = of(call)
    return {"conversational_automation": number.automation, "id": number.id} if number.automation else {"id": number.id}


def edit_automation(call: Call) -> Json:
    """POST /{phone}/conversational_automation: ice breakers, commands, welcome message; what is not given stays."""
    number, sent = of(call), parameters(call.sent, "prompts commands enable_welcome_message")
    if number.verification != "VERIFIED":
        raise GraphError(100, "(#100) The number must be verified first.", described=422)
    prompts, commands = _listed(sent.get("prompts", [])), _listed(sent.get("commands", []))
    if len(prompts) > PROMPTS:
        raise _bad(f"Param prompts has more than {PROMPTS} entries.")
    for prompt in prompts:
        if not isinstance(prompt, str) or not 0 < len(prompt) <= PROMPT or _has_emoji(prompt):
            raise _bad(f"A prompt must be a text of at most {PROMPT} characters without emoji.")
    if len(commands) > COMMANDS:
        raise _bad(f"Param commands has more than {COMMANDS} entries.")
    names = [_command(one) for one in commands]
    if len(set(names)) < len(names):
        raise GraphError(100, "(#100) Duplicate command name.", described=422)
    parsed = {"prompts": prompts, "commands": commands}
    number.automation |= {"id": number.id} | sent | {name: parsed[name] for name in parsed if name in sent}
    return {"success": True}


def edit_settings(call: Call) -> Json:
    """POST /{phone}/settings: kept, and read back in the one form of each."""
    sent = parameters(call.sent, SETTINGS)
    identity = sent.get("user_identity_change")
    if isinstance(identity, dict) and "enabled" in identity:
        sent["user_identity_change"] = {"enable_identity_key_check": bool(identity["enabled"])}
    of(call).settings |= sent
    return {"success": True}


def settings(call: Call) -> Json:
    """GET /{phone}/settings."""
    usual: Json = {
        "calling": {"status": "DISABLED"},
        "storage_configuration": {"status": "DEFAULT"},
        "user_identity_change": {"enable_identity_key_check": False},
    }
    return usual | of(call).settings


def commerce(call: Call) -> Json:
    """GET /{phone}/whatsapp_commerce_settings."""
    return {"data": [of(call).commerce | {"id": of(call).id}]}


def edit_commerce(call: Call) -> Json:
    """POST /{phone}/whatsapp_commerce_settings, by query or body."""
    parameters(call.sent, "is_cart_enabled is_catalog_visible")
    for key in ("is_cart_enabled", "is_catalog_visible"):
        if key in call.sent:
            if str(call.sent[key]).lower() not in ("true", "false"):
                raise _bad(f"Param {key} must be a boolean.")
            of(call).commerce[key] = str(call.sent[key]).lower() == "true"
    return {"success": True}


def _websites(given: Any) -> list[str]:
    found = _listed(given) if given else []
    if len(found) > 2 or any(not isinstance(one, str) or len(one) > 256 for one in found):
        raise _bad("Param websites must have at most 2 addresses of at most 256 characters.")
    if any(not one.startswith(("http://", "https://")) for one in found):
        raise _bad("An address in websites must begin with http:// or https://.")
    return [str(one) for one in found]


def _command(given: Any) -> str:
    name, told = (given.get("command_name"), given.get("command_description")) if isinstance(given, dict) else (None, None)
    if not isinstance(name, str) or not 0 < len(name) <= COMMAND or _has_emoji(name):
        raise _bad(f"Param command_name must be a text of at most {COMMAND} characters without emoji.")
    if not isinstance(told, str) or not 0 < len(told) <= DESCRIPTION or _has_emoji(told):
        raise _bad(f"Param command_description must be a text of at most {DESCRIPTION} characters without emoji.")
    return name


def _listed(given: Any) -> list[Any]:
    """A list, also as JSON text, as forms send it."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list):
        raise _bad("An array is wanted.")
    return given


def _has_emoji(text: str) -> bool:
    return any(unicodedata.category(one) == "So" or ord(one) >= 0x1F000 for one in text)


def _bad(details: str) -> GraphError:
    return GraphError(100, "(#100) Invalid parameter", details=details)


ROUTES: Routes = {
    ("GET", "number", "whatsapp_business_profile"): profile,
    ("POST", "number", "whatsapp_business_profile"): edit_profile,
    ("GET", "number", "conversational_automation"): automation,
    ("POST", "number", "conversational_automation"): edit_automation,
    ("GET", "number", "settings"): settings,
    ("POST", "number", "settings"): edit_settings,
    ("GET", "number", "whatsapp_commerce_settings"): commerce,
    ("POST", "number", "whatsapp_commerce_settings"): edit_commerce,
}
