"""Meta's errors as careline's own: whether anything was sent, what to change, when to try again, and which command comes next.

Only ``code``, ``error_subcode`` and Meta's English ``details`` decide: texts for users are translated into the language of the
token's owner, and HTTP statuses differ between Meta's own pages. The same codes come in answers and, for messages accepted at
first, in webhooks. The HTTP status counts for codes that Meta does not document: below 500 nothing happened, from 500 on nobody
knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from careline.channels.whatsapp import meanings
from careline.channels.whatsapp.loose import Fields, as_fields, as_id, as_int, as_list, as_text
from careline.channels.whatsapp.meanings import CALLS, REGISTER, Meaning
from careline.errors import CarelineError, Failed, Misconfigured, NotSent, Refused, Unknown
from careline.model import Channel, Problem

_OTHER = Meaning(Refused, "Meta's page on WhatsApp's error codes says what this one means.")
_UNNAMED = Meaning(
    Refused,
    "The template's variables have names, and a parameter came without one.",
    "Give each by its name: --param name=Anna.",
)
_FETCH = Meaning(NotSent, "The server that has the file was busy when WhatsApp fetched it.", "Run it again in a little while.")
_FETCHED = re.compile(r"http code (429|5\d\d)\b")


def verdict(error: Fields) -> Meaning | None:
    """What Meta's error object means; None for a code that is not in the table."""
    code, details = as_int(error.get("code")), _details(error)
    if code == 131053 and _FETCHED.search(details):
        return _FETCH
    if code == 100 and "Parameter name is missing or empty" in details:
        return _UNNAMED
    found = meanings.of(code, as_int(error.get("error_subcode")))
    if error.get("is_transient") is True and (found is None or found.unsure):
        return meanings.BUSY
    return found


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
    if found is None or (found.unsure and status >= 500):
        found = _by_status(status, bool(error), may_change)
    secrets = f"CARELINE_SECRET_{channel.name.upper().replace('-', '_')}"
    known = {
        "name": channel.name,
        "ids": _ids(channel),
        "variable": f"{secrets}_ACCESS_TOKEN",
        "pin": f"{secrets}_PIN",
    }
    text = words(error) if error else f"HTTP {status} without an error that WhatsApp would give"
    text = ": ".join([text, *_of_people(body)])
    return found.kind(
        text.replace(secret, "[hidden]"),
        hint=found.hint.format(**known),
        run=found.run.format(**known),
        platform_code=as_id(error.get("code")),
        trace_id=as_id(error.get("fbtrace_id")) or headers.get("x-fb-trace-id", ""),
        retry_after_s=(_wait_s(headers) if found.kind is NotSent else None) or found.after_s,
    )


def register_again(channel: Channel) -> str:
    """The command that registers this channel again."""
    return REGISTER.format(name=channel.name, ids=_ids(channel))


def _ids(channel: Channel) -> str:
    """The ids that registering must be given as long as the store does not hold the channel."""
    if channel.created_at:
        return ""
    number = f"--phone-number-id {channel.phone_number_id}" if channel.phone_number_id else "--number N"
    return f" {number} --business-account-id {channel.account_id}"


def _by_status(status: int, explained: bool, may_change: bool) -> Meaning:
    """What an answer means whose code is not in the table, or that is not Meta's at all."""
    if status == 429:
        return CALLS
    if explained and status < 500:
        return _OTHER
    if 300 <= status < 400:
        return Meaning(
            Misconfigured, "The address of the API redirects elsewhere.", "Give the right one with --api-url.", REGISTER
        )
    if 400 <= status < 500:
        return Meaning(
            Refused, "This does not come from WhatsApp.", "Check the address of the API and any proxy on the way.", REGISTER
        )
    if may_change:
        return Meaning(Unknown, "It may have taken effect all the same.", "If a message went out, its webhooks will tell.")
    return Meaning(NotSent if status >= 500 else Failed, "This does not come from WhatsApp.", "Run it again in a little while.")


def words(error: Fields) -> str:
    """What the platform says, on one line: its message, then the details that are not in it already."""
    said: list[str] = []
    for part in (
        as_text(error.get("message")) or as_text(error.get("title")),
        _details(error),
        as_text(error.get("error_user_msg")),
    ):
        text = "".join(c for c in " ".join(part.split()) if c.isprintable())[:500]
        if text and not any(text in other for other in said):
            said.append(text)
    return ": ".join(said) or "WhatsApp gives no reason."


def _of_people(body: Fields | None) -> list[str]:
    """Why each person could not be blocked or unblocked; those stand beside the error that says some could not."""
    people = as_list(as_fields((body or {}).get("block_users")).get("failed_users"))
    inner = [as_fields(each) for person in people for each in as_list(as_fields(person).get("errors"))]
    return [f"({as_id(each.get('code'))}) {words(each)}" for each in inner]


def _details(error: Fields) -> str:
    """Template endpoints give a text where others give an object; old webhooks have the details on the error itself."""
    data = error.get("error_data")
    return as_text(as_fields(data).get("details")) or as_text(data) or as_text(error.get("details"))


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
