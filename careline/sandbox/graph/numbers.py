"""A number's way into the Cloud API: added, confirmed by a code, registered with its PIN; its name, and its end there.

Meta: a code has six digits and comes by SMS or voice; ten registrations and ten deregistrations in 72 hours; the PIN is the one
the number has, or becomes the number's where it has none.
"""

from __future__ import annotations

import re

from careline.sandbox import account
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.nodes import REFUSED, of
from careline.sandbox.graph.shape import parameters
from careline.sandbox.graph.webhooks import push_account, set_number_callback
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Number, digits

MINUTE = 60 * 1_000_000
DAY = 24 * 60 * MINUTE
CALLS, WITHIN = 10, 3 * DAY
GUESSES = 5
MOST_NUMBERS = 20
SHORTEST_NAME, LONGEST_NAME = 2, 75
REGIONS = words("AU ID IN JP SG KR DE CH GB BR BH ZA AE CA")
IGNORED = "username connection_status webhook_url search_visibility whatsapp_business_api_data"


def add(call: Call) -> Json:
    """POST /{waba}/phone_numbers. Both ``cc`` and ``country_code`` are taken, and a number with or without its country's."""
    numbers = call.sandbox.world.whatsapp.numbers
    parameters(call.sent, "cc country_code phone_number verified_name migrate_phone_number preverified_id")
    cc = re.sub(r"\D", "", str(call.sent.get("cc") or call.sent.get("country_code") or ""))
    given = re.sub(r"\D", "", str(call.sent.get("phone_number", "")))
    name = call.sent.get("verified_name")
    for key, value in (("cc", cc), ("phone_number", given), ("verified_name", name)):
        if not value or not isinstance(value, str):
            raise GraphError(100, f"(#100) The parameter {key} is required.")
    if not SHORTEST_NAME <= len(str(name)) <= LONGEST_NAME:
        raise GraphError(100, f"(#100) Param verified_name must have {SHORTEST_NAME} to {LONGEST_NAME} characters.")
    phone = given if given.startswith(cc) and len(given) > 10 else cc + given
    if not 7 <= len(phone) <= 15:
        raise GraphError(100, "(#100) Param phone_number is not a phone number.", described=422)
    if any(one.phone == phone and one.status != "DELETED" for one in numbers.values()):
        text = "This number is in a WhatsApp business account already."
        raise GraphError(100, "(#100) Invalid parameter", user=("Number already added", text), described=409)
    if len(numbers) >= MOST_NUMBERS:
        raise GraphError(100, f"(#100) The business has {MOST_NUMBERS} numbers, and may not add more.")
    id = digits(15)
    numbers[id] = Number(id, cc, phone, f"+{cc} {phone.removeprefix(cc)}", str(name))
    return {"id": id}


def request_code(call: Call) -> Json:
    """POST /{phone}/request_code: a code reaches the number's phone."""
    number, now = of(call), call.sandbox.now()
    parameters(call.sent, "code_method language")
    if str(call.sent.get("code_method", "")).upper() not in ("SMS", "VOICE"):
        raise GraphError(100, "(#100) Param code_method must be one of {SMS, VOICE}")
    if not re.fullmatch(r"[a-z]{2,3}([_-][A-Za-z]{2})?", str(call.sent.get("language", ""))):
        raise GraphError(100, "(#100) Param language must be a language, such as en_US.")
    if number.verification == "VERIFIED":
        raise _unsent("The number is confirmed already.")
    if not _spend(number, "request_code", now):
        raise _unsent("Too many codes were asked for. Try again later.")
    number.code, number.code_until = digits(6), now + 10 * MINUTE
    return {"success": True}


def verify_code(call: Call) -> Json:
    """POST /{phone}/verify_code."""
    number = of(call)
    parameters(call.sent, "code")
    given = re.sub(r"[ -]", "", str(call.sent.get("code", "")))
    if not number.code or given != number.code or call.sandbox.now() > number.code_until:
        text = "The code is not right, or too old. Ask for a new one."
        raise GraphError(136025, subcode=2388093, user=("Code not verified", text), described=422)
    number.code, number.verification = "", "VERIFIED"
    return {"success": True, "id": number.id}


def register(call: Call) -> Json:
    """POST /{phone}/register. Again is no error, and takes an approved name into use."""
    number, now = of(call), call.sandbox.now()
    parameters(call.sent, "pin data_localization_region tier backup meta_store_retention_minutes")
    if call.sent.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required and must be whatsapp.")
    if call.sent.get("data_localization_region", "CH") not in REGIONS:
        raise GraphError(100, f"(#100) Param data_localization_region must be one of {{{', '.join(sorted(REGIONS))}}}")
    pin = _six_digits(call)
    if not _spend(number, "register", now):
        raise _refusal(133016, "A number can be registered 10 times in 72 hours.")
    if number.status == "BANNED":
        raise GraphError(131031, details=REFUSED["BANNED"][1], described=422)
    if number.status == "DELETED":
        raise GraphError(133015, details="Wait 5 minutes before registering it again.", described=422)
    if number.verification != "VERIFIED":
        raise GraphError(133006, details="Confirm the number with a code first.", described=422)
    if number.pin and pin != number.pin:
        raise _wrong_pin(number, now)
    number.wrong.pop("pin", None)
    number.pin, number.status, number.quality = pin, "CONNECTED", _first_quality(number)
    if number.new_name_status == "APPROVED":
        number.verified_name, number.name_status = number.new_name, "APPROVED"
        number.new_name = number.new_name_status = ""
    return {"success": True}


def deregister(call: Call) -> Json:
    """POST /{phone}/deregister: the number stays in the account and sends nothing any more."""
    number = of(call)
    if number.status != "CONNECTED":
        text = "The number is not registered."
        raise GraphError(100, "(#100) Invalid parameter", http=400, subcode=2207051, user=("Not registered", text))
    if not _spend(number, "deregister", call.sandbox.now()):
        raise _refusal(133016, "A number can be deregistered 10 times in 72 hours.")
    number.status = "DISCONNECTED"
    return {"success": True}


async def edit(call: Call) -> Json:
    """POST /{phone}: its two-step PIN, its display name, its own callback; what else Meta takes there changes nothing here."""
    number = of(call)
    parameters(call.sent, f"pin new_display_name webhook_configuration {IGNORED}")
    if "webhook_configuration" in call.sent:
        await set_number_callback(call.sandbox, number, call.sent["webhook_configuration"])
    if "pin" in call.sent:
        number.pin = _six_digits(call)
        news = {"display_phone_number": number.phone, "event": "PIN_CHANGED", "requester": account.SYSTEM_USER_ID}
        call.sandbox.courier.spawn(push_account(call.sandbox, "security", news))
    if "new_display_name" in call.sent:
        name = str(call.sent["new_display_name"]).strip()
        if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
            told = f"must have {SHORTEST_NAME} to {LONGEST_NAME} characters."
            raise GraphError(100, f"(#100) Param new_display_name {told}")
        number.new_name, number.new_name_status = name, "PENDING_REVIEW"
    return {"success": True}


def decide_name(sandbox: Sandbox, number: Number, decision: str) -> None:
    """The review of a display name ends: APPROVED or REJECTED. Without a new one it is about the first."""
    asked = number.new_name or number.verified_name
    state = "DECLINED" if decision == "REJECTED" else decision
    if number.new_name:
        number.new_name_status = state
    else:
        number.name_status = state
    why = "The name does not show how it belongs to the business." if decision == "REJECTED" else None
    news: Json = {"display_phone_number": number.phone, "decision": decision, "requested_verified_name": asked}
    sandbox.courier.spawn(push_account(sandbox, "phone_number_name_update", news | {"rejection_reason": why}))


def sender(sandbox: Sandbox, node: str) -> Number:
    """The number, if it may send now. Raises GraphError: 133010 for one that is not registered, 131031 for a banned one."""
    number = sandbox.world.whatsapp.numbers[node]
    if number.status in REFUSED:
        raise _refusal(REFUSED[number.status][0], REFUSED[number.status][1], 403)
    if number.status != "CONNECTED":
        raise _refusal(133010, "The number is not registered on the Cloud API: register it first.")
    return number


def _first_quality(number: Number) -> str:
    return number.quality if number.quality != "UNKNOWN" else "GREEN"


def _six_digits(call: Call) -> str:
    pin = call.sent.get("pin")
    if not isinstance(pin, str) or not re.fullmatch(r"[0-9]{6}", pin, re.ASCII):
        raise GraphError(100, "(#100) Param pin must be a string of 6 digits.")
    return pin


def _wrong_pin(number: Number, now: int) -> GraphError:
    guesses = number.wrong.setdefault("pin", [])
    guesses[:] = [at for at in guesses if at > now - DAY]
    guesses.append(now)
    if len(guesses) > GUESSES:
        return _refusal(133008, "Too many guesses. Try again in 24 hours.")
    if len([at for at in guesses if at > now - 2_000_000]) > 3:
        return _refusal(133009, "The guesses come too fast. Try again in 30 seconds.")
    return _refusal(133005, "The PIN is not the number's two-step verification PIN.")


def _spend(number: Number, what: str, now: int) -> bool:
    """Count a call; False when there were ten within 72 hours."""
    made = number.made.setdefault(what, [])
    made[:] = [at for at in made if at > now - WITHIN]
    if len(made) >= CALLS:
        return False
    made.append(now)
    return True


def _refusal(code: int, details: str, http: int = 400) -> GraphError:
    return GraphError(code, details=details, http=http)


def _unsent(why: str) -> GraphError:
    return GraphError(136024, subcode=2388091, user=("Code not sent", why), described=422)


ROUTES: Routes = {
    ("POST", "account", "phone_numbers"): add,
    ("POST", "number", "request_code"): request_code,
    ("POST", "number", "verify_code"): verify_code,
    ("POST", "number", "register"): register,
    ("POST", "number", "deregister"): deregister,
    ("POST", "number", ""): edit,
}
