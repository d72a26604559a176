"""Who may call Graph: a system user's token with the permission that the edge needs, or the app's own token."""

from __future__ import annotations

import re

from careline.sandbox import account
from careline.sandbox.asgi import Request
from careline.sandbox.crypto import appsecret_proof
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.nodes import app_token, works
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox

MESSAGING = frozenset({"messages", "media", "marketing_messages", "block_users"})  # the rest is management


def authorize(sandbox: Sandbox, request: Request, sent: Json, parts: list[str]) -> None:
    """Return when this call may be made. Raises GraphError."""
    held = re.sub(r"^(Bearer|OAuth)\s+", "", request.headers.get("authorization", ""), flags=re.IGNORECASE)
    token = str(sent.get("access_token") or held)  # the parameter wins over the header
    ours = app_token(sandbox)
    if not token:
        raise GraphError(104, "An access token is required to request this resource.", http=401)
    if token != ours and not works(sandbox, token):
        raise GraphError(190, "Invalid OAuth access token.", subcode=463)
    if token == ours and parts[:1] not in (["debug_token"], ["app"], [account.APP_ID]):
        raise GraphError(200, "(#200) An app access token cannot act for a business account.")
    if token != ours and parts == [account.APP_ID, "subscriptions"]:
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    proof = sent.get("appsecret_proof")
    if proof is not None and proof != appsecret_proof(sandbox.world.whatsapp.app_secret, token):
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
    if token != ours and parts != ["debug_token"]:
        _check_scope(sandbox, token, parts)


def exchanged(sandbox: Sandbox, sent: Json) -> Json:
    """GET /oauth/access_token: the app's own token for its id and secret."""
    if (str(sent.get("client_id")), sent.get("client_secret")) != (account.APP_ID, sandbox.world.whatsapp.app_secret):
        raise GraphError(1, "Error validating client secret.")
    return {"access_token": app_token(sandbox), "token_type": "bearer"}


def _check_scope(sandbox: Sandbox, token: str, parts: list[str]) -> None:
    edge = (*parts, "", "")[1]
    needed = "whatsapp_business_messaging" if edge in MESSAGING else "whatsapp_business_management"
    if needed not in sandbox.world.whatsapp.tokens[token].scopes:
        raise GraphError(200, f"(#200) This call needs the permission {needed}.", subcode=1349176)
