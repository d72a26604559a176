"""Graph's errors: the envelope, and what each code says. Titles are Meta's, one line each; HTTP as its error table has it."""

from __future__ import annotations

import json
import secrets
from typing import Any, NamedTuple

from careline.sandbox.asgi import Answer

HELP = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class Known(NamedTuple):
    """A code of Meta's table. ``later``: it never answers the call, it comes as a failed status."""

    http: int
    title: str
    details: str
    later: bool = False


MESSAGES: dict[int, Known] = {
    130403: Known(400, "Business has blocked the user", "This business blocked the recipient."),
    130429: Known(400, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: Known(400, "User's number is part of an experiment", "The recipient is in a marketing experiment.", later=True),
    130497: Known(403, "Business account is restricted from messaging users in this country", "Country restriction."),
    131000: Known(500, "Something went wrong", "Something went wrong."),
    131008: Known(400, "Required parameter is missing", "A required parameter is missing."),
    131009: Known(400, "Parameter value is not valid", "A parameter has a value that is not valid."),
    131016: Known(500, "Service unavailable", "Service temporarily unavailable."),
    131021: Known(400, "Recipient cannot be sender", "Sender and recipient are the same number."),
    131026: Known(400, "Message undeliverable", "Message undeliverable.", later=True),
    131030: Known(400, "Recipient phone number not in allowed list", "The test number may not write to this recipient."),
    131031: Known(403, "Account has been locked", "The account was locked for a policy violation."),
    131037: Known(400, "WhatsApp provided number needs display name approval", "The display name is not approved."),
    131042: Known(400, "Business eligibility payment issue", "There was a payment problem.", later=True),
    131045: Known(500, "Incorrect certificate", "The number is not registered."),
    131047: Known(
        400,
        "Re-engagement message",
        "More than 24 hours have passed since the customer last wrote to this number.",
        later=True,
    ),
    131048: Known(400, "Spam rate limit hit", "Too many messages of this number were blocked or reported."),
    131049: Known(400, "Meta chose not to deliver", "Not delivered, to keep the ecosystem healthy.", later=True),
    131050: Known(400, "User has stopped receipt of marketing messages", "The recipient opted out of marketing.", later=True),
    131051: Known(400, "Unsupported message type", "Message type is not supported."),
    131053: Known(400, "Media upload error", "The media could not be fetched.", later=True),
    131056: Known(400, "Pair rate limit hit", "Too many messages from this number to this recipient in a short time."),
    131057: Known(500, "Account in maintenance mode", "The account is in maintenance."),
    131062: Known(400, "BSUID recipient not supported", "This message needs a phone number."),
    132000: Known(400, "Number of parameters does not match the expected number of params", "The parameters do not fit."),
    132001: Known(404, "Template name does not exist in the translation", "The template does not exist or is not approved."),
    132005: Known(400, "Translated text too long", "The text is too long once the parameters are in."),
    132007: Known(400, "Character policy violated", "A parameter holds characters that are not allowed."),
    132012: Known(400, "Parameter format does not match format in the created template", "A parameter has another format."),
    132015: Known(400, "Template is paused", "The template is paused for low quality."),
    132016: Known(400, "Template is disabled", "The template is disabled for good."),
    133010: Known(400, "Phone number not registered", "The number is not registered on Cloud API."),
    135000: Known(400, "Generic user error", "The message could not be sent."),
    137000: Known(400, "Recipient identity key hash mismatch", "The identity hash does not match.", later=True),
}

ACCOUNT: dict[int, Known] = {
    0: Known(401, "AuthException", "The access token does not work."),
    1: Known(400, "API unknown", "Unknown error."),
    2: Known(503, "API service", "Service temporarily unavailable."),
    3: Known(500, "API method", "The app lacks the capability for this call."),
    4: Known(400, "Application request limit reached", "Too many calls by this app."),
    10: Known(403, "Permission denied", "The app lacks the permission for this call."),
    33: Known(400, "Parameter value is not valid", "The phone number was deleted."),
    100: Known(400, "Invalid parameter", "A parameter is not valid."),
    190: Known(401, "Access token has expired", "The access token has expired."),
    200: Known(403, "API permission", "The token may not use this account."),
    368: Known(403, "Temporarily blocked for policies violations", "The account is restricted for a policy violation."),
    80007: Known(400, "Rate limit issues", "The business account has reached its rate limit."),
    131005: Known(403, "Access denied", "The permission is missing or was removed."),
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

TRANSIENT = frozenset({2, 4, 80007})


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
    ) -> None:
        known = MESSAGES.get(code) or ACCOUNT.get(code)
        self.code = code
        self.http = http or (known.http if known else 400)
        self.message = message or f"(#{code}) {known.title if known else 'Error'}"
        self.details = details or (known.details if known and code in MESSAGES else "")
        self.subcode = subcode
        self.kind = kind
        self.user = user
        self.transient = transient if transient is not None else (True if code in TRANSIENT else None)
        super().__init__(self.message)

    def answer(self) -> Answer:
        """The error in Graph's envelope."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        if self.user:
            error["error_user_title"], error["error_user_msg"] = self.user
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(17)
        return graph_json({"error": error}, self.http, self.code)


class NotEmulated(Exception):
    """The platform has this, the sandbox has not: never a made-up success."""


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
        return GraphError(190, "Error validating access token: the session has expired.", subcode=463)
    if code in MESSAGES or code in ACCOUNT:
        return GraphError(code)
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
