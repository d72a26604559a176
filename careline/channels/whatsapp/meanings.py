"""What each of Meta's codes means, and what to do about it: one table for answers, failed statuses and ``careline explain``.

Codes and where they come from are Meta's error pages of November 2025 and September 2026, and what real answers hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from careline.errors import CarelineError, CredentialsRefused, NotFound, NotSent, OutsideWindow, Refused

REGISTER = "careline channels register whatsapp {name}{ids}"
TEMPLATES = "careline templates list --channel {name}"
CHECK = "careline channels check {name}"


class Meaning(Struct, frozen=True):
    """The error a code becomes, what happened, what to do, the command that does it, and how long to wait.

    ``unsure``: with a server error nobody knows whether the call took effect.
    """

    kind: type[CarelineError]
    says: str
    do: str = ""
    run: str = ""
    after_s: int | None = None
    unsure: bool = False

    @property
    def hint(self) -> str:
        """Both sentences in one line."""
        return f"{self.says} {self.do}".rstrip()


def _no(says: str, do: str = "", run: str = "", after_s: int | None = None) -> Meaning:
    return Meaning(Refused, says, do, run, after_s)


def _later(says: str, do: str = "Run it again.", after_s: int | None = None) -> Meaning:
    return Meaning(NotSent, says, do, after_s=after_s)


_DAY = 24 * 3600
_SOON = "It took nothing; run it again in a little while."
_PIN_LOST = "Put the right one into {pin}, or set another in Meta's WhatsApp Manager, Two-step verification."
_PIN = "After several wrong ones Meta makes you wait; the answer says how long."
_LOOK = "Look at the request with --dry-run."
_EDIT = "Edit it, or use another."
_FIT = "Compare what you gave with the template's parameters."
_FILE = "Check that the address is public, and the file's type and size."
_MARKETING = "Only a template of the category MARKETING goes this way."

TOKEN = Meaning(
    CredentialsRefused,
    "The access token does not work, has expired or was taken back.",
    "Make a token for a system user in Meta's business settings and put it into {variable}.",
    REGISTER,
)
PERMISSION = Meaning(
    CredentialsRefused,
    "The token may not do this.",
    "It needs whatsapp_business_messaging and whatsapp_business_management, for this account.",
    REGISTER,
)
GONE = Meaning(
    NotFound,
    "There is no such thing: the id is wrong, it was deleted, or the token may not see it.",
    "Compare it with Meta's business settings.",
)
CALLS = _later("Too many calls to Meta's API within the hour.", "Run it again when the hour is over.")
BUSY = _later("WhatsApp has a hitch of its own.", _SOON)
_UPGRADE = _later("The number is being upgraded, which takes about a minute.", after_s=60)
_UNREGISTERED = _no("The number is not registered for the Cloud API.", "Register it.", REGISTER)
_MEDIA = _no("WhatsApp could not fetch the file.", _FILE)

IN_ANSWERS: Mapping[int, Meaning] = {
    # The token and what it may do
    0: TOKEN,
    3: PERMISSION,
    10: PERMISSION,
    104: TOKEN,
    190: TOKEN,
    200: PERMISSION,
    131005: PERMISSION,
    # The platform itself, and how often it may be asked
    1: Meaning(Refused, "Meta names no reason: the request is wrong, or the server was.", _LOOK, unsure=True),
    2: BUSY,
    4: CALLS,
    17: CALLS,
    613: CALLS,
    80007: CALLS,
    80008: CALLS,
    131057: _UPGRADE,
    133004: BUSY,
    # What was asked for
    15: PERMISSION,
    33: Meaning(NotFound, "The phone number was deleted from the business account."),
    100: _no("A parameter is missing, unknown, misspelled or too long.", _LOOK),
    803: GONE,
    2200: _no(
        "Meta called the webhook address and did not get its challenge back.",
        "It must be reachable and running.",
        "careline receive",
    ),
    2500: _no("Meta's API has no such path.", "Compare it with Meta's reference."),
    131008: _no("A required value is missing.", _LOOK),
    131021: _no("The customer's number is your own."),
    131030: _no("A test number writes to at most five people.", "Add this one in Meta's app dashboard."),
    131055: _no("This way of sending takes no such message.", _MARKETING),
    131062: _no("This cannot be sent to a user id.", "It needs the customer's phone number."),
    134100: _no("This way of sending takes no such message.", _MARKETING),
    135000: _no("WhatsApp did not take the message and does not say why.", _LOOK),
    # The account
    368: _no(
        "Meta has blocked the account for a while for breaking its policies.", "The reason stands in the business settings."
    ),
    131037: _no("A number that Meta lent needs an approved display name before it may write.", run=CHECK),
    131045: _UNREGISTERED,
    131063: _no("Marketing templates are switched off for this account on the Cloud API."),
    131064: _no(
        "Meta lowered the limit because templates were filed under the wrong category.", "It rises when the measure ends."
    ),
    134011: _no("The terms of WhatsApp's payments are not accepted.", "Accept them in Meta's business settings."),
    147001: _no("The username is taken or not allowed.", "Choose another."),
    # Templates
    132000: _no("The template has another number of parameters.", _FIT, TEMPLATES),
    132001: _no("There is no approved template of that name in that language.", run=TEMPLATES),
    132005: _no("With these values the text gets too long.", "Shorten them."),
    132007: _no("A value holds what templates may not: line breaks, tabs, or more than four spaces in a row."),
    132008: _no("A value does not fit the template.", _FIT, TEMPLATES),
    132012: _no("A parameter has another type than the template's: text for a picture, say.", _FIT, TEMPLATES),
    132016: _no("The template is disabled for good.", "Use another.", TEMPLATES),
    132068: _no("The template's flow is blocked.", "Look at it in Meta's WhatsApp manager."),
    132069: _later("The template's flow is throttled to ten messages an hour.", after_s=3600),
    134101: _later("The template is still on its way to the marketing service.", after_s=600),
    134102: _no("The marketing service cannot use this template.", run=TEMPLATES),
    # Numbers: registering, codes, PINs
    133000: _no("An earlier deregistration was not finished.", "Deregister the number once more."),
    133005: _no("The two-step PIN is wrong.", f"{_PIN_LOST} {_PIN}", REGISTER),
    133006: _no("The number must be confirmed by a code first."),
    133008: _no("Too many wrong two-step PINs.", _PIN),
    133009: _no("Two-step PINs came too fast.", _PIN),
    133010: _UNREGISTERED,
    133015: _later("The number was deleted a moment ago.", "Run it again when five minutes have passed.", 300),
    133016: _no(
        "The number was registered or deregistered ten times in three days, which is the most.",
        "Run it again when three days have passed.",
        after_s=3 * _DAY,
    ),
    136024: _no("Meta does not send a code now.", "The answer says why, and how long to wait."),
    136025: _no("The code is wrong or too old.", "Ask for another one."),
    # The block list
    139100: _no(
        "Some of these customers could not be blocked or unblocked.",
        "Blocking is possible within 24 hours of their last message.",
    ),
    139101: _no("The block list is full: 64,000 customers.", "Unblock some."),
    139102: _later("The block list is being changed by somebody else.", _SOON),
    139103: BUSY,
    # Analytics
    200005: _no("Meta has no figures of templates for this account."),
    200006: _no("Figures of templates cannot be switched off again."),
    200007: _no(
        "Figures of templates are not switched on.",
        "Once they are, nobody can undo it.",
        "careline channels analytics {name} templates --switch-on --yes",
    ),
    # The WhatsApp Business app on the same number
    2593107: _no("The app's contacts and history were asked for too often."),
    2593108: _no("The app's contacts and history can be had on the first day only."),
}

IN_STATUSES: Mapping[int, Meaning] = {
    1026: _no("The customer's app cannot show this message."),
    130472: _no(
        "Meta keeps this customer out of marketing templates as part of an experiment.", "Trying again changes nothing."
    ),
    131014: _MEDIA,
    131026: _no("WhatsApp cannot reach this person: not on WhatsApp, too old an app, or terms not accepted."),
    131035: _no(
        "Meta could not deliver webhooks for so long that some are lost.",
        "See that somebody listens at the address.",
        "careline receive",
    ),
    131036: _no(
        "One of the customer's devices missed it, and a number without storage cannot repeat it.",
        "Send it as a new message.",
    ),
    131042: _no("Something is wrong with the account's payment method.", "Look at Meta's billing settings."),
    131047: Meaning(
        OutsideWindow,
        "WhatsApp says that the customer's last message is more than 24 hours old.",
        "Only a template gets through.",
        TEMPLATES,
    ),
    131049: _no("Meta holds marketing back from this customer for now.", "Not before tomorrow.", after_s=_DAY),
    131050: _no("The customer does not want marketing from you.", "Respect it."),
    131052: _no("WhatsApp could not fetch what the customer sent; more than 100 MB, perhaps.", "Ask them to send it again."),
    137000: _no("The customer has a new phone or app.", "Make sure that it is still them."),
    2593109: _no("The shop's app does not share its history."),
}

IN_BOTH: Mapping[int, Meaning] = {
    130403: _no("You have blocked this customer.", "Unblock them first."),
    130429: _later("The number sends faster than it may.", "Slow down and run it again."),
    130497: _no("The account may not write to customers in this country."),
    131000: BUSY,
    131009: _no(
        "A value is not allowed; for a reaction, the message is gone or more than 30 days old.",
        _LOOK,
    ),
    131016: BUSY,
    131020: _no("The group has nobody else in it."),
    131031: _no("The account is locked, or the two-step PIN is wrong.", "Meta's business settings say which."),
    131041: _no("WhatsApp does not know this group."),
    131048: _no(
        "Too many customers blocked or reported this number.", "Stop sending to many; its quality has to recover.", CHECK
    ),
    131051: _no("WhatsApp does not support this kind of message."),
    131053: _MEDIA,
    131056: _later(
        "Too many messages to this one customer: one in six seconds is the pace.",
        "Write to others meanwhile. After each further refusal wait four times as long.",
        4,
    ),
    132015: _no("The template is paused, because customers reported or ignored it.", _EDIT, TEMPLATES),
}

IN_HEALTH: Mapping[int, Meaning] = {
    138024: _no("Calls to this number by SIP are not set up.", "Messages are not concerned."),
    138025: _no("Calls to this number by SIP do not work.", "Messages are not concerned."),
    141002: _no("The template is not approved.", run=TEMPLATES),
}

CODES: Mapping[int, Meaning] = {**IN_ANSWERS, **IN_STATUSES, **IN_BOTH, **IN_HEALTH}

SUBCODES: Mapping[int, Meaning] = {  # decide where the code is as vague as 100
    33: GONE,
    460: TOKEN,  # the password was changed
    463: TOKEN,  # expired
    467: TOKEN,  # taken back
    1349174: PERMISSION,
    1349175: PERMISSION,  # the app is not linked to the account
    1349176: PERMISSION,  # a scope is missing
    2207051: _no("The number is not registered, so it cannot be deregistered."),
    2388019: _no("The account has as many templates as it may.", "Delete some.", TEMPLATES),
    2388023: _no(
        "This name is being deleted in this language, and is blocked for about 30 days.", "Take another name.", TEMPLATES
    ),
    2388024: _no("This template exists already in this language.", run=TEMPLATES),
    2388039: _no("The template cannot be changed in the state it is in, such as under review.", run=TEMPLATES),
    2388040: _no(
        "A part of the template is too long: 60 characters in header and footer, 1024 in the body, 25 on a button.",
        "Shorten it.",
    ),
    2388047: _no("The header is not as WhatsApp wants it: one line, at most one variable, no emoji, an example."),
    2388072: _no("The body is not as WhatsApp wants it: variables from {{{{1}}}} without a gap, an example for each."),
    2388073: _no("The footer is not as WhatsApp wants it: at most 60 characters, no variable."),
    2388091: _no("Meta does not send a code to this number now.", "The answer says why, and how long to wait."),
    2388093: _no("The code is wrong or too old.", "Ask for another one."),
    2388293: _no("Too many variables for so few words.", "Write more text, or use fewer."),
    2388299: _no("The body may neither begin nor end with a variable, whatever punctuation follows.", "Put a word there."),
    2446079: CALLS,
    2494055: _later("The number sends faster than it may.", "Slow down and run it again."),
    2494100: _UPGRADE,
    2593002: Meaning(NotFound, "There is no template of that name.", run=TEMPLATES),
}


def of(code: int | None, subcode: int | None) -> Meaning | None:
    """What a code means; where the code says too little, what its subcode means. None for one that is not in the table."""
    vague = code in (None, 1, 100)
    if subcode is not None and subcode in SUBCODES and (vague or code not in CODES):
        return SUBCODES[subcode]
    if code is None:
        return None
    if code not in CODES and 200 <= code <= 299:
        return PERMISSION
    return CODES.get(code) or SUBCODES.get(code)


def places(code: int) -> str:
    """Where a code comes: in the ``answer`` to a call, in a failed ``status``, in ``both``, or in a report of ``health``."""
    if code in IN_STATUSES:
        return "status"
    if code in IN_BOTH:
        return "both"
    return "health" if code in IN_HEALTH else "answer"
