"""Graph's errors: the envelope, and what each code says. Titles are Meta's, one line each; HTTP as its error table has it."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from careline.sandbox import chance
from careline.sandbox.asgi import Answer

HELP = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Known(NamedTuple):
    """A code of Meta's table. ``where`` it is told: in the ``answer``, by a failed ``status`` after accepting, in ``both``."""

    http: int
    title: str
    details: str
    where: str = "answer"


MESSAGES: dict[int, Known] = {
    1026: Known(400, "Receiver incapable", "The recipient's app cannot show this message.", "status"),
    130403: Known(400, "Business has blocked the user", "This business blocked the recipient.", "both"),
    130429: Known(400, "Rate limit hit", "Cloud API message throughput has been reached.", "both"),
    130472: Known(400, "User's number is part of an experiment", "The recipient is in a marketing experiment.", "status"),
    130497: Known(403, "Business account is restricted from messaging users in this country", "Country restriction.", "both"),
    131000: Known(500, "Something went wrong", "Something went wrong.", "both"),
    131008: Known(400, "Required parameter is missing", "A required parameter is missing."),
    131009: Known(400, "Parameter value is not valid", "A parameter has a value that is not valid.", "both"),
    131014: Known(400, "Media download error", "The media behind the link could not be fetched.", "status"),
    131016: Known(500, "Service unavailable", "Service temporarily unavailable.", "both"),
    131020: Known(400, "Bad group", "The group has a single member.", "both"),
    131021: Known(400, "Recipient cannot be sender", "Sender and recipient are the same number."),
    131026: Known(400, "Message undeliverable", "Message undeliverable.", "status"),
    131030: Known(400, "Recipient phone number not in allowed list", "The test number may not write to this recipient."),
    131031: Known(403, "Account has been locked", "The account was locked for a policy violation.", "both"),
    131035: Known(400, "Webhook delivery failed", "Messages could not be delivered to the webhook in time.", "status"),
    131036: Known(400, "Message not available", "The payload was not found on one of the recipient's devices.", "status"),
    131037: Known(400, "WhatsApp provided number needs display name approval", "The display name is not approved."),
    131041: Known(400, "Group unknown", "There is no such group.", "both"),
    131042: Known(400, "Business eligibility payment issue", "There was a payment problem.", "status"),
    131045: Known(500, "Incorrect certificate", "The number is not registered."),
    131047: Known(
        400, "Re-engagement message", "More than 24 hours have passed since the customer last wrote to this number.", "status"
    ),
    131048: Known(400, "Spam rate limit hit", "Too many messages of this number were blocked or reported.", "both"),
    131049: Known(400, "Meta chose not to deliver", "Not delivered, to keep the ecosystem healthy.", "status"),
    131050: Known(400, "User has stopped receipt of marketing messages", "The recipient opted out of marketing.", "status"),
    131051: Known(400, "Unsupported message type", "Message type is not supported.", "both"),
    131052: Known(400, "Media download error", "The media that the user sent could not be fetched.", "status"),
    131053: Known(400, "Media upload error", "The media could not be fetched.", "both"),
    131055: Known(400, "Method not allowed", "Only marketing templates are sent this way."),
    131056: Known(400, "Pair rate limit hit", "Too many messages from this number to this recipient in a short time.", "both"),
    131057: Known(500, "Account in maintenance mode", "The account is in maintenance."),
    131062: Known(400, "BSUID recipient not supported", "This message needs a phone number."),
    131063: Known(400, "Marketing templates disabled for Cloud API", "This account sends marketing templates another way."),
    131064: Known(400, "Messaging limit reached", "The limit was lowered because of misclassified templates."),
    132000: Known(400, "Number of parameters does not match the expected number of params", "The parameters do not fit."),
    132001: Known(404, "Template name does not exist in the translation", "The template does not exist or is not approved."),
    132005: Known(400, "Translated text too long", "The text is too long once the parameters are in."),
    132007: Known(400, "Character policy violated", "A parameter holds characters that are not allowed."),
    132008: Known(400, "Template param value invalid", "A parameter has a value that is not valid."),
    132012: Known(400, "Parameter format does not match format in the created template", "A parameter has another format."),
    132015: Known(400, "Template is paused", "The template is paused for low quality.", "both"),
    132016: Known(400, "Template is disabled", "The template is disabled for good."),
    132068: Known(400, "Flow is blocked", "The flow of this message is blocked."),
    132069: Known(400, "Flow is throttled", "The flow sent ten messages within the hour."),
    133010: Known(400, "Phone number not registered", "The number is not registered on Cloud API."),
    134011: Known(400, "Payments terms not accepted", "The terms of WhatsApp payments are not accepted."),
    134100: Known(400, "Only marketing messages supported", "Only marketing templates are sent this way."),
    134101: Known(400, "Template is still syncing", "The template is not ready yet; it may take ten minutes."),
    134102: Known(500, "Template unavailable for use", "The template cannot be used here."),
    135000: Known(400, "Generic user error", "The message could not be sent."),
    137000: Known(400, "Recipient identity key hash mismatch", "The identity hash does not match.", "status"),
    2593109: Known(400, "History sync is turned off", "The business does not share its history.", "status"),
}

ACCOUNT: dict[int, Known] = {
    0: Known(401, "AuthException", "The access token does not work."),
    1: Known(400, "API unknown", "Unknown error."),
    2: Known(503, "API service", "Service temporarily unavailable."),
    3: Known(500, "API method", "The app lacks the capability for this call."),
    4: Known(400, "Application request limit reached", "Too many calls by this app."),
    10: Known(403, "Permission denied", "The app lacks the permission for this call."),
    15: Known(400, "This method must be called with an app access_token.", "The token is a user's."),
    17: Known(400, "User request limit reached", "Too many calls by this user."),
    33: Known(400, "Parameter value is not valid", "The phone number was deleted."),
    100: Known(400, "Invalid parameter", "A parameter is not valid."),
    104: Known(401, "An access token is required to request this resource.", "The access token is missing."),
    190: Known(401, "Access token has expired", "The access token has expired."),
    200: Known(403, "API permission", "The token may not use this account."),
    368: Known(403, "Temporarily blocked for policies violations", "The account is restricted for a policy violation."),
    613: Known(400, "Calls to this API have exceeded the rate limit.", "Too many calls."),
    803: Known(404, "Some of the aliases you requested do not exist", "There is no such object."),
    2200: Known(400, "Callback verification failed", "The address did not answer with the challenge."),
    2500: Known(400, "Unknown path components", "There is no such path."),
    80007: Known(400, "Rate limit issues", "The business account has reached its rate limit."),
    80008: Known(400, "There have been too many calls to this business account", "Too many calls."),
    131005: Known(403, "Access denied", "The permission is missing or was removed."),
    133000: Known(500, "Incomplete deregistration", "An earlier deregistration did not end."),
    133004: Known(503, "Server temporarily unavailable", "Registration is not available."),
    133005: Known(400, "Two step verification PIN mismatch", "The PIN is wrong."),
    133006: Known(400, "Phone number re-verification needed", "The number must be verified first."),
    133008: Known(400, "Too many two step verification PIN guesses", "Try again in 3600 seconds."),
    133009: Known(400, "Two step verification PIN guessed too fast", "Try again in 60 seconds."),
    133015: Known(400, "Please wait a few minutes before attempting to register this phone number", "It was just deleted."),
    133016: Known(400, "Account register deregister rate limit exceeded", "Ten calls in 72 hours."),
    136024: Known(400, "Request code error", "A code cannot be sent now."),
    136025: Known(400, "Verify code error", "The code is wrong."),
    139100: Known(400, "Failed to block/unblock some users", "Some users were not changed."),
    139101: Known(400, "Blocklist limit reached", "The list holds 64,000 users."),
    139102: Known(400, "Blocklist concurrent update", "The list is being changed."),
    139103: Known(500, "Block internal error", "The list could not be changed."),
    147001: Known(400, "Username is not available", "The username cannot be had."),
    200005: Known(400, "Template insights unavailable", "There are none for this account."),
    200006: Known(400, "Cannot disable template insights", "They stay on once they are."),
    200007: Known(400, "Template insights not enabled", "They have to be switched on."),
    2494100: Known(400, "Account is in maintenance mode", "The number is being upgraded."),
    2593107: Known(400, "Synchronization request limit exceeded", "It was asked for too often."),
    2593108: Known(400, "Synchronization outside of the window", "It is possible on the first day only."),
}

TEMPLATES: dict[int, Known] = {
    2388019: Known(400, "Message template limit exceeded", "This business account cannot have more templates."),
    2388023: Known(400, "Message template language is being deleted", "This name is blocked while the deletion is under way."),
    2388024: Known(400, "Content in this language already exists", "There is a template of this name in this language."),
    2388039: Known(400, "Message template cannot be changed", "A template can be edited when approved, rejected or paused."),
    2388040: Known(400, "Character limit exceeded", "A text is longer than allowed."),
    2388047: Known(400, "Header format incorrect", "The header is not formed as it must be."),
    2388072: Known(400, "Body format incorrect", "The body is not formed as it must be."),
    2388073: Known(400, "Footer format incorrect", "The footer is not formed as it must be."),
    2388293: Known(400, "Parameters words ratio exceeds limit", "Too many variables for the length of the text."),
    2388299: Known(400, "Leading or trailing parameters not allowed", "A body may not begin or end with a variable."),
}

TRANSIENT = frozenset({2, 4, 17, 80007})

OPENAPI = {2: 500, 4: 429, 17: 429, 80007: 429, 104: 401, 803: 404}
"""HTTP statuses in the samples of Meta's API description, where they differ from its error page."""

SUBCODES = {4: 2446079, 17: 2446079, 80007: 2446079, 200: 1349174, 136024: 2388091, 136025: 2388093, 190: 463}
"""The subcodes that stand beside codes in real answers."""


class GraphError(Exception):
    """What Graph says instead of an answer."""

    def __init__(
        self,
        code: int,
        message: str = "",
        *,
        details: str = "",
        http: int = 0,
        subcode: int = 0,
        kind: str = "OAuthException",
        user: tuple[str, str] | None = None,
        transient: bool | None = None,
        described: int = 0,
    ) -> None:
        """``described``: the HTTP status under which Meta's API description has this case, there always as code 100."""
        known = MESSAGES.get(code) or ACCOUNT.get(code)
        self.code = code
        self.http = http or (known.http if known else 400)
        self.message = message or f"(#{code}) {known.title if known else 'Error'}"
        self.details = details or (known.details if known and code in MESSAGES else "")
        self.subcode = subcode
        self.kind = kind
        self.user = user
        self.transient = transient if transient is not None else (True if code in TRANSIENT else None)
        self.described = described
        super().__init__(self.message)

    def answer(self, openapi: bool = False) -> Answer:
        """The error in Graph's envelope; with ``openapi`` as Meta's API description has it."""
        if openapi and self.described:
            return self._described()
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        if self.user:
            error["error_user_title"], error["error_user_msg"] = self.user
        error["fbtrace_id"] = "A" + chance.token_urlsafe(17)
        missing = self.code == 100 and self.subcode == 33
        http = (404 if missing else OPENAPI.get(self.code, self.http)) if openapi else self.http
        return graph_json({"error": error}, http, self.code)

    def _described(self) -> Answer:
        why = self.details or (self.user[1] if self.user else "") or re.sub(r"\A\(#\d+\) ", "", self.message)
        error: dict[str, Any] = {"message": why, "type": "GraphMethodException", "code": 100}
        if self.user:
            error["error_user_title"], error["error_user_msg"] = self.user
        error["fbtrace_id"] = "A" + chance.token_urlsafe(17)
        return graph_json({"error": error}, self.described, 100)


def graph_json(payload: Any, status: int = 200, code: int = 0) -> Answer:
    """An answer as Graph writes JSON: ASCII only, slashes escaped."""
    return Answer(status, wire(payload), {"content-type": "application/json; charset=UTF-8"}, code)


def wire(payload: Any) -> bytes:
    """JSON bytes as Meta sends them: non-ASCII as lower-case ``\\uXXXX``, slashes escaped, no blanks."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def template_error(subcode: int, message: str = "") -> GraphError:
    """The refusal of a template: code 100, and the subcode decides."""
    known = TEMPLATES.get(subcode)
    title = known.title if known else "Invalid parameter"
    text = message or (known.details if known else "")
    return GraphError(100, "Invalid parameter", subcode=subcode, transient=False, user=(title, text))


def of_code(code: int) -> GraphError | None:
    """The error that a code stands for, as an injected fault answers it. None for a code that is not Graph's."""
    if code in TEMPLATES:
        return template_error(code)
    if code == 190:
        return GraphError(190, "Error validating access token: the session has expired.", subcode=SUBCODES[190])
    if code in MESSAGES or code in ACCOUNT:
        return GraphError(code, subcode=SUBCODES.get(code, 0))
    return None


def failure(code: int) -> dict[str, Any]:
    """A code as a failed status carries it: title and message the same, no trace."""
    known = MESSAGES[code]
    return {
        "code": code,
        "title": known.title,
        "message": known.title,
        "error_data": {"details": known.details},
        "href": HELP,
    }
