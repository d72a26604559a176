"""The nodes that Graph shows of our account: the app, the business account, the number, the token."""

from __future__ import annotations

from careline.sandbox import account
from careline.sandbox.graph_call import Call, Routes
from careline.sandbox.graph_errors import GraphError
from careline.sandbox.graph_fields import pick, words
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Json

SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]
NUMBER_FIELDS = words(
    "id display_phone_number verified_name code_verification_status quality_rating quality_score status name_status "
    "new_display_name new_name_status platform_type account_mode throughput is_official_business_account is_on_biz_app "
    "is_pin_enabled is_preverified_number last_onboarded_time webhook_configuration country_dial_code "
    "whatsapp_business_manager_messaging_limit messaging_limit_tier conversational_automation health_status certificate "
    "search_visibility username host_platform"
)
NUMBER_DEFAULTS = "verified_name,code_verification_status,display_phone_number,quality_rating,id"
ACCOUNT_FIELDS = words(
    "id name timezone_id message_template_namespace account_review_status business_verification_status country currency "
    "status ownership_type primary_business_location marketing_messages_onboarding_status health_status "
    "owner_business_info on_behalf_of_business_info analytics"
)
APP_FIELDS = words("id name link category namespace")


def app(fields: str) -> Json:
    """GET /{app}."""
    whole: Json = {"id": account.APP_ID, "name": "careline sandbox", "category": "Business", "namespace": "careline"}
    whole["link"] = f"https://www.facebook.com/games/?app_id={account.APP_ID}"
    return pick(whole, fields or "category,link,name,id", APP_FIELDS, "Application")


def business_account(fields: str) -> Json:
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
        "health_status": _health("WABA", account.BUSINESS_ACCOUNT_ID),
    }
    defaults = "id,name,timezone_id,message_template_namespace"
    return pick(whole, fields or defaults, ACCOUNT_FIELDS, "WhatsAppBusinessAccount")


def number(sandbox: Sandbox, fields: str) -> Json:
    """GET /{phone}."""
    whatsapp = sandbox.world.whatsapp
    webhooks = {}
    if whatsapp.number_override:
        webhooks["phone_number"] = whatsapp.number_override.url
    if whatsapp.override:
        webhooks["whatsapp_business_account"] = whatsapp.override.url
    if whatsapp.app_callback:
        webhooks["application"] = whatsapp.app_callback.url
    whole: Json = {
        "id": account.PHONE_NUMBER_ID,
        "display_phone_number": account.DISPLAY_PHONE,
        "verified_name": account.VERIFIED_NAME,
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "quality_score": {"score": "GREEN"},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "throughput": {"level": "STANDARD"},
        "is_official_business_account": False,
        "is_pin_enabled": True,
        "is_on_biz_app": False,
        "country_dial_code": account.COUNTRY_CODE,
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "webhook_configuration": webhooks or None,
        "health_status": _health("PHONE_NUMBER", account.PHONE_NUMBER_ID),
    }
    return pick(whole, fields or NUMBER_DEFAULTS, NUMBER_FIELDS, "WhatsAppBusinessPhoneNumber")


def debug_token(sandbox: Sandbox, token: str) -> Json:
    """GET /debug_token: what a token may do. Meta: ``expires_at`` 0 is never."""
    if not token:
        raise GraphError(100, "(#100) The parameter input_token is required.")
    base: Json = {"app_id": account.APP_ID, "application": "careline sandbox"}
    if token == account.APP_TOKEN:
        return {"data": base | {"type": "APP", "is_valid": True, "scopes": []}}
    if token != account.ACCESS_TOKEN:
        error = {"code": 190, "message": "Error validating access token: the session is invalid.", "subcode": 463}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    granted: Json = {
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "issued_at": 1_760_000_000,
        "scopes": SCOPES,
        "granular_scopes": [{"scope": one, "target_ids": [account.BUSINESS_ACCOUNT_ID]} for one in SCOPES],
        "user_id": account.SYSTEM_USER_ID,
    }
    return {"data": base | granted}


def _health(kind: str, node: str) -> Json:
    entities = [{"entity_type": kind, "id": node}]
    if kind == "PHONE_NUMBER":
        entities.append({"entity_type": "WABA", "id": account.BUSINESS_ACCOUNT_ID})
    entities.append({"entity_type": "APP", "id": account.APP_ID})
    return {"can_send_message": "AVAILABLE", "entities": [one | {"can_send_message": "AVAILABLE"} for one in entities]}


def _numbers(call: Call) -> Json:
    return {"data": [number(call.sandbox, call.fields)], "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}}


ROUTES: Routes = {
    ("GET", "app", ""): lambda call: app(call.fields),
    ("GET", "account", ""): lambda call: business_account(call.fields),
    ("GET", "account", "phone_numbers"): _numbers,
    ("GET", "number", ""): lambda call: number(call.sandbox, call.fields),
}
