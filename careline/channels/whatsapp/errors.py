"""What Meta's error codes mean for us: whether to try again, what to change, and which command comes next.

Only ``code`` and ``error_subcode`` decide: texts are translated into the language of the token's owner, and HTTP statuses
differ between Meta's own pages. The same codes come in answers and, for messages accepted at first, in webhooks. The HTTP
status counts for codes that Meta does not document: below 500 nothing happened, from 500 on nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_int, as_list, as_text
from careline.errors import (
    CarelineError,
    CredentialsRefused,
    Failed,
    Misconfigured,
    NotFound,
    NotSent,
    OutsideWindow,
    Refused,
    Unknown,
)
from careline.model import Channel, Problem

REGISTER = "careline channels register whatsapp {name} --phone-number-id {number} --business-account-id {account}"
TEMPLATES = "careline templates list --channel {name}"


class Verdict(Struct, frozen=True):
    """What a code means: the kind of error, what to do about it, the command that does it, and how long to wait."""

    kind: type[CarelineError]
    hint: str = ""
    run: str = ""
    after_s: int | None = None


def _again(hint: str, after_s: int | None = None) -> Verdict:
    return Verdict(NotSent, hint, after_s=after_s)


def _no(hint: str, run: str = "") -> Verdict:
    return Verdict(Refused, hint, run)


_BUSY = _again("WhatsApp has a hitch of its own. It took nothing; run it again in a little while.")
_CALLS = _again("Too many calls to Meta's API within the hour. Run it again when the hour is over.")
_PAUSED = _again("The number is being upgraded, which takes about a minute.", after_s=60)
_TOKEN = Verdict(
    CredentialsRefused,
    "Make a token for a system user in Meta's business settings and put it into {variable}.",
    REGISTER,
)
_PERMISSION = Verdict(
    CredentialsRefused,
    "The token may not do this. It needs whatsapp_business_messaging and whatsapp_business_management, for this account.",
    REGISTER,
)
_GONE = Verdict(
    NotFound, "The id is wrong, the thing was deleted, or the token may not see it. Compare it with Meta's business settings."
)
_TEMPLATE = "Compare what you gave with the template's parameters."
_PIN = "The two-step PIN is wrong. After several wrong ones Meta makes you wait; the answer says how long."
_MEDIA = "WhatsApp could not fetch the file. Check that the address is public, and the file's type and size."

_CODES: Mapping[int | None, Verdict] = {
    0: _TOKEN,
    2: _BUSY,
    3: _PERMISSION,
    4: _CALLS,
    10: _PERMISSION,
    17: _CALLS,
    33: Verdict(NotFound, "The phone number was deleted from the business account."),
    104: _TOKEN,
    190: _TOKEN,
    368: _no("Meta has blocked the account for a while for breaking its policies. The reason stands in the business settings."),
    613: _CALLS,
    803: _GONE,
    1026: _no("The customer's app cannot show this message."),
    2200: _no(
        "Meta called the webhook address and did not get its challenge back. It must be reachable and running.",
        "careline receive",
    ),
    80007: _CALLS,
    80008: _CALLS,
    130403: _no("You have blocked this customer. Unblock them first."),
    130429: _again("The number sends faster than it may. Slow down and run it again."),
    130472: _no("Meta keeps this customer out of marketing templates as part of an experiment. Trying again changes nothing."),
    130497: _no("The account may not write to customers in this country."),
    131000: _BUSY,
    131005: _PERMISSION,
    131008: _no("A required value is missing. Look at the request with --dry-run."),
    131009: _no("A value is not allowed. Look at the request with --dry-run."),
    131014: _no(_MEDIA),
    131016: _BUSY,
    131021: _no("The customer's number is your own."),
    131026: _no("WhatsApp cannot reach this person: not on WhatsApp, too old an app, or terms not accepted."),
    131030: _no("A test number writes to at most five people, named in Meta's app dashboard. Add this one there."),
    131031: _no("The account is locked, or the two-step PIN is wrong. Meta's business settings say which."),
    131036: _no(
        "One of the customer's devices missed it, and a number without storage cannot repeat it. Send it as a new message."
    ),
    131037: _no("A number that Meta lent needs an approved display name before it may write."),
    131042: _no("Something is wrong with the account's payment method. Look at Meta's billing settings."),
    131045: _no("The number is not registered for the Cloud API yet. Register it in Meta's WhatsApp manager."),
    131047: Verdict(
        OutsideWindow,
        "WhatsApp says that the customer's last message is more than 24 hours old. Only a template gets through.",
        TEMPLATES,
    ),
    131048: _no("Too many customers blocked or reported this number. Stop sending to many; its quality has to recover."),
    131049: _no("Meta holds marketing back from this customer for now. Not before tomorrow."),
    131050: _no("The customer does not want marketing from you. Respect it."),
    131051: _no("WhatsApp does not support this kind of message."),
    131053: _no(_MEDIA),
    131056: _again("Too many messages to this one customer: one in six seconds is the pace.", after_s=6),
    131057: _PAUSED,
    131062: _no("This cannot be sent to a user id. It needs the customer's phone number."),
    131063: _no("Marketing templates are switched off for this account on the Cloud API."),
    131064: _no("Meta lowered the limit because templates were filed under the wrong category."),
    132000: _no(_TEMPLATE, TEMPLATES),
    132001: _no("There is no approved template of that name in that language.", TEMPLATES),
    132005: _no("With these values the text gets too long. Shorten them."),
    132007: _no("A value holds what templates may not: line breaks, tabs, or more than four spaces in a row."),
    132008: _no(_TEMPLATE, TEMPLATES),
    132012: _no(_TEMPLATE, TEMPLATES),
    132015: _no("The template is paused, because customers reported or ignored it. Edit it, or use another.", TEMPLATES),
    132016: _no("The template is disabled for good. Use another.", TEMPLATES),
    133004: _BUSY,
    133005: _no(_PIN),
    133006: _no("The number must be confirmed by a code first, in Meta's WhatsApp manager."),
    133008: _no(_PIN),
    133009: _no(_PIN),
    133010: _no("The number is not registered for the Cloud API yet. Register it in Meta's WhatsApp manager."),
    137000: _no("The customer has a new phone or app. Make sure that it is still them."),
    139102: _BUSY,
    139103: _BUSY,
}

_SUBCODES: Mapping[int | None, Verdict] = {  # where ``code`` is 100 or as vague
    33: _GONE,
    2388019: _no("The account has as many templates as it may. Delete some.", TEMPLATES),
    2388023: _no("This name is being deleted in this language, and is blocked for about 30 days. Take another name."),
    2388024: _no("This template exists already in this language.", TEMPLATES),
    2388039: _no("The template cannot be changed while it is being reviewed.", TEMPLATES),
    2388040: _no("A part of the template is too long: 60 characters in header and footer, 1024 in the body, 25 on a button."),
    2388047: _no("The header is not as WhatsApp wants it: one line, at most one variable, no emoji, an example."),
    2388072: _no("The body is not as WhatsApp wants it: variables from {{{{1}}}} without a gap, an example for each."),
    2388073: _no("The footer is not as WhatsApp wants it: at most 60 characters, no variable."),
    2388293: _no("Too many variables for so few words. Write more text, or use fewer."),
    2388299: _no("The body may neither begin nor end with a variable, whatever punctuation follows. Put a word there."),
    2494100: _PAUSED,
}

_OTHER = _no("Meta's page on WhatsApp's error codes says what this one means.")


def verdict(error: Fields) -> Verdict | None:
    """What Meta's error object means; None for a code that is not in the table."""
    code, subcode = as_int(error.get("code")), as_int(error.get("error_subcode"))
    if code in _CODES:
        return _CODES[code]
    if code is not None and 200 <= code <= 299:
        return _PERMISSION
    if subcode in _SUBCODES:
        return _SUBCODES[subcode]
    return _BUSY if error.get("is_transient") is True else None


def problem(error: Fields) -> Problem:
    """Why a message that was accepted did not arrive, from the error object of a webhook."""
    kind = (verdict(error) or _OTHER).kind
    return Problem(code=kind.code, message=words(error), exit=int(kind.exit), platform_code=as_id(error.get("code")))


def failure(
    status: int, body: Fields | None, headers: Mapping[str, str], channel: Channel, *, may_change: bool, secret: str
) -> CarelineError:
    """The error for an answer that is not the one asked for. ``body`` is its JSON object, ``secret`` never shows up in it.

    Where nothing proves that nothing happened, a call that ``may_change`` something is Unknown.
    """
    error = as_fields((body or {}).get("error"))
    found = verdict(error)
    if found is None:
        found = _by_status(status, bool(error), may_change)
    known = {
        "name": channel.name,
        "number": channel.phone_number_id,
        "account": channel.account_id,
        "variable": f"CARELINE_SECRET_{channel.name.upper().replace('-', '_')}_ACCESS_TOKEN",
    }
    text = words(error) if error else f"HTTP {status} without an error that WhatsApp would give"
    return found.kind(
        text.replace(secret, "[hidden]"),
        hint=found.hint.format(**known),
        run=found.run.format(**known),
        platform_code=as_id(error.get("code")),
        trace_id=as_id(error.get("fbtrace_id")) or headers.get("x-fb-trace-id", ""),
        retry_after_s=_wait_s(headers) or found.after_s if found.kind is NotSent else None,
    )


def _by_status(status: int, explained: bool, may_change: bool) -> Verdict:
    """What an answer means whose code is not in the table, or that is not Meta's at all."""
    if status == 429:
        return _CALLS
    if explained and status < 500:
        return _OTHER
    if 300 <= status < 400:
        return Verdict(
            Misconfigured, "The address of the API redirects elsewhere. Give the right one with --api-url.", REGISTER
        )
    if 400 <= status < 500:
        return _no("This does not come from WhatsApp. Check the address of the API and any proxy on the way.", REGISTER)
    if may_change:
        return Verdict(Unknown, "It may have taken effect all the same. If a message went out, its webhooks will tell.")
    return Verdict(NotSent if status >= 500 else Failed, "This does not come from WhatsApp. Run it again in a little while.")


def words(error: Fields) -> str:
    """What the platform says, on one line: its message, then the details that are not in it already."""
    data = as_fields(error.get("error_data"))
    said: list[str] = []
    for part in (
        as_text(error.get("message")) or as_text(error.get("title")),
        as_text(data.get("details")) or as_text(error.get("error_data")) or as_text(error.get("details")),
        as_text(error.get("error_user_msg")),
    ):
        text = "".join(c for c in " ".join(part.split()) if c.isprintable())[:500]
        if text and not any(text in other for other in said):
            said.append(text)
    return ": ".join(said) or "WhatsApp gives no reason."


def _wait_s(headers: Mapping[str, str]) -> int | None:
    """How long to wait: ``Retry-After`` in seconds, or the minutes in Meta's report of the account's use."""
    after = as_int(headers.get("retry-after"))
    if after is not None:
        return max(0, after)
    try:
        use = as_fields(json.loads(headers.get("x-business-use-case-usage", "")))
    except (ValueError, RecursionError):
        return None
    minutes = [
        as_int(as_fields(each).get("estimated_time_to_regain_access")) or 0
        for account in use.values()
        for each in as_list(account)
    ]
    return max(minutes, default=0) * 60 or None
