"""WhatsApp's webhooks: where they go, the handshake, the envelope, the signature.

Meta: an override of the callback counts for ``messages`` only; news of templates goes to the app's own callback.
"""

from __future__ import annotations

from careline.sandbox import account
from careline.sandbox.crypto import hub_signature
from careline.sandbox.graph.call import Routes
from careline.sandbox.graph.errors import GraphError, wire
from careline.sandbox.graph.shape import parameters
from careline.sandbox.phone import Json
from careline.sandbox.push import Delivery, is_loopback
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Callback, Number, digits

LONGEST_URL = 200


async def subscribe(sandbox: Sandbox, sent: Json) -> Json:
    """POST /{waba}/subscribed_apps: with a callback of its own, or (empty) back to the app's."""
    parameters(sent, "override_callback_uri verify_token")
    whatsapp = sandbox.world.whatsapp
    url = str(sent.get("override_callback_uri", ""))
    if not url:
        whatsapp.override = None
    else:
        callback = Callback(url, str(sent.get("verify_token", "")))
        await shake_hands(sandbox, callback)
        whatsapp.override = callback
    whatsapp.subscribed = True
    return {"success": True}


def unsubscribe(sandbox: Sandbox) -> Json:
    """DELETE /{waba}/subscribed_apps: no more webhooks, and no callback of the account's own."""
    sandbox.world.whatsapp.subscribed = False
    sandbox.world.whatsapp.override = None
    return {"success": True}


async def set_number_callback(sandbox: Sandbox, number: Number, wanted: object) -> None:
    """Give a number its own callback, or (empty) none. It goes before the account's and the app's."""
    if not isinstance(wanted, dict):
        raise GraphError(100, "(#100) Param webhook_configuration must be an object.")
    url = str(wanted.get("override_callback_uri", ""))
    callback = Callback(url, str(wanted.get("verify_token", ""))) if url else None
    if callback:
        await shake_hands(sandbox, callback)
    number.override = callback


async def set_app_callback(sandbox: Sandbox, sent: Json) -> Json:
    """POST /{app}/subscriptions: the callback that an app has for all fields."""
    if sent.get("object") != "whatsapp_business_account":
        raise GraphError(100, "(#100) Param object must be one of {whatsapp_business_account}")
    callback = Callback(str(sent.get("callback_url", "")), str(sent.get("verify_token", "")))
    await shake_hands(sandbox, callback)
    fields = sent.get("fields", "")
    sandbox.world.whatsapp.app_callback = callback
    sandbox.world.whatsapp.app_fields = fields.split(",") if isinstance(fields, str) else [str(one) for one in fields]
    return {"success": True}


def subscriptions(sandbox: Sandbox) -> Json:
    """GET /{waba}/subscribed_apps."""
    whatsapp = sandbox.world.whatsapp
    if not whatsapp.subscribed:
        return {"data": []}
    row: Json = {
        "whatsapp_business_api_data": {
            "id": account.APP_ID,
            "link": f"https://www.facebook.com/games/?app_id={account.APP_ID}",
            "name": "careline sandbox",
        }
    }
    if whatsapp.override:
        row["override_callback_uri"] = whatsapp.override.url
    return {"data": [row]}


async def shake_hands(sandbox: Sandbox, callback: Callback) -> None:
    """GET the callback with a challenge, which it must echo. Raises GraphError as Graph words it."""
    if len(callback.url) > LONGEST_URL:
        raise GraphError(100, f"(#100) Param override_callback_uri must be at most {LONGEST_URL} characters long.")
    if not callback.verify_token:
        raise GraphError(100, "(#100) The parameter verify_token is required.")
    if not is_loopback(callback.url):
        raise _unverified("the sandbox calls addresses of this machine only, such as http://127.0.0.1:8080/…")
    challenge = digits(10)
    asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": callback.verify_token}
    attempt, body = await sandbox.courier.get(callback.url, asked, 10)
    if attempt.error:
        raise _unverified(f"curl_error = {attempt.error}; HTTP Status Code = 0")
    if attempt.status != 200:
        raise _unverified(f"HTTP Status Code = {attempt.status}")
    if body.decode("utf-8", "replace") != challenge:
        raise _unverified("the answer is not the challenge")


def _unverified(why: str) -> GraphError:
    return GraphError(2200, f"(#2200) Callback verification failed with the following errors: {why}", described=422)


async def push_messages(
    sandbox: Sandbox, what: str, value: Json, field: str = "messages", number: str = account.PHONE_NUMBER_ID
) -> Delivery | None:
    """Push a value to the callback of a number's messages, metadata added. None: nobody is subscribed."""
    whatsapp = sandbox.world.whatsapp
    ours = whatsapp.numbers[number]
    callback = whatsapp.callback_of(ours)
    if not whatsapp.subscribed or callback is None:
        return None
    metadata = {"display_phone_number": ours.phone, "phone_number_id": ours.id}
    return await push(sandbox, what, callback, field, {"messaging_product": "whatsapp", "metadata": metadata} | value)


async def push_account(sandbox: Sandbox, field: str, value: Json) -> Delivery | None:
    """Push news of the account to the app's callback. None: it has none, or did not ask for ``field``."""
    whatsapp = sandbox.world.whatsapp
    if not whatsapp.subscribed or whatsapp.app_callback is None or field not in whatsapp.app_fields:
        return None
    return await push(sandbox, field, whatsapp.app_callback, field, value, time=sandbox.now() // 1_000_000)


async def push(
    sandbox: Sandbox, what: str, callback: Callback, field: str, value: Json, *, time: int | None = None
) -> Delivery:
    """Envelope, sign and deliver one change."""
    entry: Json = {"id": account.BUSINESS_ACCOUNT_ID, "changes": [{"value": value, "field": field}]}
    if time is not None:
        entry["time"] = time
    body = wire({"object": "whatsapp_business_account", "entry": [entry]})
    headers = {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "x-hub-signature-256": hub_signature(sandbox.world.whatsapp.app_secret, body),
    }
    return await sandbox.courier.hub(what, callback.url, body, headers)


ROUTES: Routes = {
    ("POST", "app", "subscriptions"): lambda call: set_app_callback(call.sandbox, call.sent),
    ("GET", "account", "subscribed_apps"): lambda call: subscriptions(call.sandbox),
    ("POST", "account", "subscribed_apps"): lambda call: subscribe(call.sandbox, call.sent),
    ("DELETE", "account", "subscribed_apps"): lambda call: unsubscribe(call.sandbox),
}
