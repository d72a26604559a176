"""The nodes that Graph shows of our account: the app, the business account, its numbers, the token."""

from __future__ import annotations

import json

from careline.sandbox import account
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import pick, words
from careline.sandbox.graph.pages import page
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Number

NUMBER_FIELDS = words(
    "id display_phone_number verified_name code_verification_status quality_rating quality_score status name_status "
    "new_display_name new_name_status platform_type account_mode throughput is_official_business_account is_on_biz_app "
    "is_pin_enabled is_preverified_number last_onboarded_time webhook_configuration country_dial_code country_code "
    "whatsapp_business_manager_messaging_limit messaging_limit_tier conversational_automation health_status certificate "
    "new_certificate search_visibility username host_platform eligibility_for_api_business_global_search"
)
NUMBER_DEFAULTS = "verified_name,code_verification_status,display_phone_number,quality_rating,id"
ACCOUNT_FIELDS = words(
    "id name timezone_id message_template_namespace account_review_status business_verification_status country currency "
    "status ownership_type primary_business_location marketing_messages_onboarding_status health_status "
    "marketing_messages_lite_api_status is_enabled_for_insights disable_marketing_messages_on_cloud_api "
    "owner_business_info on_behalf_of_business_info subscribed_apps"
)
ACCOUNT_EDITS = words(
    "name timezone_id is_enabled_for_insights disable_marketing_messages_on_cloud_api degrees_of_freedom_spec"
)
APP_FIELDS = words("id name link category namespace")
REFUSED = {  # a number that may not send, by its status
    "BANNED": (131031, "The number was banned for a policy violation.", "Ask for a review in WhatsApp manager."),
    "RESTRICTED": (131031, "The number is restricted.", "Look into WhatsApp manager for how long."),
}
UNREGISTERED = (133010, "The number is not registered for the Cloud API.", "Register it with its PIN.")


def app(fields: str) -> Json:
    """GET /{app}."""
    whole: Json = {"id": account.APP_ID, "name": "careline sandbox", "category": "Business", "namespace": "careline"}
    whole["link"] = f"https://www.facebook.com/games/?app_id={account.APP_ID}"
    return pick(whole, fields or "category,link,name,id", APP_FIELDS, "Application")


def business_account(sandbox: Sandbox, fields: str) -> Json:
    """GET /{waba}."""
    whole: Json = {
        "id": account.BUSINESS_ACCOUNT_ID,
        "name": account.VERIFIED_NAME,
        "timezone_id": "71",
        "message_template_namespace": "sandbox_namespace",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "country": "IT",
        "currency": "EUR",
        "status": "ACTIVE",
        "ownership_type": "SELF",
        "owner_business_info": {"id": account.BUSINESS_ID, "name": account.VERIFIED_NAME},
        "is_enabled_for_insights": sandbox.world.whatsapp.insights,
        "health_status": _health(_above()),
    }
    defaults = "id,name,timezone_id,message_template_namespace"
    return pick(whole, fields or defaults, ACCOUNT_FIELDS, "WhatsAppBusinessAccount")


def edit_account(call: Call) -> Json:
    """POST /{waba}. Turning template analytics on cannot be undone; the account's other settings are taken and not used."""
    strange = sorted(call.sent.keys() - ACCOUNT_EDITS - {"access_token", "appsecret_proof"})
    if strange or not call.sent:
        raise GraphError(100, f"(#100) Param {strange[0] if strange else 'name'} is not one that can be changed.")
    if "is_enabled_for_insights" in call.sent:
        if str(call.sent["is_enabled_for_insights"]).lower() != "true":
            raise GraphError(200006, details="Template insights cannot be switched off.")
        call.sandbox.world.whatsapp.insights = True
    return {"id": account.BUSINESS_ACCOUNT_ID}


def number(sandbox: Sandbox, ours: Number, fields: str) -> Json:
    """GET /{phone}."""
    whatsapp = sandbox.world.whatsapp
    webhooks = {
        "phone_number": ours.override,
        "whatsapp_business_account": whatsapp.override,
        "application": whatsapp.app_callback,
    }
    whole: Json = {
        "id": ours.id,
        "display_phone_number": ours.display,
        "verified_name": ours.verified_name,
        "code_verification_status": ours.verification,
        "quality_rating": ours.quality,
        "quality_score": {"score": ours.quality},
        "status": ours.status,
        "name_status": ours.name_status,
        "new_display_name": ours.new_name or None,
        "new_name_status": ours.new_name_status or None,
        "platform_type": "CLOUD_API" if ours.status == "CONNECTED" else "NOT_APPLICABLE",
        "account_mode": "LIVE",
        "throughput": {"level": ours.throughput if ours.status == "CONNECTED" else "NOT_APPLICABLE"},
        "is_official_business_account": False,
        "is_pin_enabled": bool(ours.pin),
        "is_on_biz_app": False,
        "country_dial_code": ours.cc,
        "whatsapp_business_manager_messaging_limit": whatsapp.messaging_limit,
        "conversational_automation": ours.automation or None,
        "webhook_configuration": {name: one.url for name, one in webhooks.items() if one} or None,
        "health_status": _health(_entities(ours)),
    }
    return pick(whole, fields or NUMBER_DEFAULTS, NUMBER_FIELDS, "WhatsAppBusinessPhoneNumber")


def debug_token(sandbox: Sandbox, token: str) -> Json:
    """GET /debug_token: what a token may do. Meta: ``expires_at`` 0 is never."""
    if not token:
        raise GraphError(100, "(#100) The parameter input_token is required.")
    base: Json = {"app_id": account.APP_ID, "application": "careline sandbox"}
    if token == app_token(sandbox):
        return {"data": base | {"type": "APP", "is_valid": True, "scopes": []}}
    held = sandbox.world.whatsapp.tokens.get(token)
    if held is None or not works(sandbox, token):
        error = {"code": 190, "message": "Error validating access token: the session is invalid.", "subcode": 463}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    ends_at = 0 if held.ends_at is None else held.ends_at // 1_000_000
    granted: Json = {
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": ends_at,
        "data_access_expires_at": ends_at,
        "issued_at": 1_760_000_000,
        "scopes": held.scopes,
        "granular_scopes": [{"scope": one, "target_ids": [account.BUSINESS_ACCOUNT_ID]} for one in held.scopes],
        "user_id": account.SYSTEM_USER_ID,
    }
    return {"data": base | granted}


def works(sandbox: Sandbox, token: str) -> bool:
    """True for a system user's token that is valid now."""
    held = sandbox.world.whatsapp.tokens.get(token)
    return held is not None and held.valid and (held.ends_at is None or sandbox.now() < held.ends_at)


def app_token(sandbox: Sandbox) -> str:
    """The app's own token, made of its id and its secret."""
    return f"{account.APP_ID}|{sandbox.world.whatsapp.app_secret}"


def of(call: Call) -> Number:
    """The number that the call is about."""
    return call.sandbox.world.whatsapp.numbers[call.node]


def _entities(ours: Number) -> list[Json]:
    phone = _entity("PHONE_NUMBER", ours.id)
    if ours.status != "CONNECTED":
        code, why, remedy = REFUSED.get(ours.status, UNREGISTERED)
        error = {"error_code": code, "error_description": why, "possible_solution": remedy}
        phone |= {"can_send_message": "BLOCKED", "errors": [error]}
    elif ours.quality == "RED":
        phone |= {"can_send_message": "LIMITED", "additional_info": ["Quality is low: the messaging limit may go down."]}
    return [phone, *_above()]


def _above() -> list[Json]:
    """What every number hangs on: a message goes out only if none of these is blocked."""
    ids = (("WABA", account.BUSINESS_ACCOUNT_ID), ("BUSINESS", account.BUSINESS_ID), ("APP", account.APP_ID))
    return [_entity(kind, node) for kind, node in ids]


def _entity(kind: str, node: str) -> Json:
    return {"entity_type": kind, "id": node, "can_send_message": "AVAILABLE"}


def _health(entities: list[Json]) -> Json:
    order = ("AVAILABLE", "LIMITED", "BLOCKED")
    worst = max((order.index(one["can_send_message"]) for one in entities), default=0)
    return {"can_send_message": order[worst], "entities": entities}


def _numbers(call: Call) -> Json:
    numbers = [one for one in call.sandbox.world.whatsapp.numbers.values() if one.status != "DELETED"]
    for asked in _filters(call.sent.get("filtering")):
        if asked.get("field") != "account_mode":
            raise GraphError(100, "(#100) Param filtering[0]['field'] must be one of {account_mode}")
        numbers = [one for one in numbers if asked.get("value") == "LIVE"]
    return page(call, numbers, lambda one: one.id, lambda one: number(call.sandbox, one, call.fields))


def _filters(given: object) -> list[Json]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
        if not isinstance(given, list):
            raise GraphError(100, "(#100) Param filtering must be an array.")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


ROUTES: Routes = {
    ("GET", "app", ""): lambda call: app(call.fields),
    ("GET", "account", "phone_numbers"): _numbers,
    ("POST", "account", ""): edit_account,
    ("GET", "number", ""): lambda call: number(call.sandbox, of(call), call.fields),
}
