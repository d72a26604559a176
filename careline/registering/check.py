"""The health ladder of a channel: from the token to the last webhook, each rung a finding that says what to do.

Each finding is a pure function of what was seen; asking is the caller's. The worst finding decides the exit code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from careline.channels.whatsapp.health import LIMITS, MESSAGES_A_SECOND, State
from careline.channels.whatsapp.policy import SCOPES
from careline.clock import DAY, SECOND
from careline.errors import CarelineError, Exit
from careline.events import ChannelChecked, Entry
from careline.model import Channel, Finding, Message
from careline.registering.whatsapp import missing
from careline.rules.records import callback_url
from careline.rules.times import rfc3339, say_duration
from careline.secrets import variable
from careline.store.base import Change, Store

if TYPE_CHECKING:
    from careline.channels.whatsapp.setup import Number, Subscription, Token

SOON = 7 * DAY
SKEW, WRONG_CLOCK = 30 * SECOND, 5 * 60 * SECOND
SILENCE = 3 * DAY
NEAR = 0.8  # of the messaging limit
TOGETHER = 500
CREDENTIAL_CODES = (
    "token_invalid",
    "permission_missing",
    "secret_missing",
    "token_expired",
    "bad_secret",
    "address_not_allowed",
)
TOLD_WHOLE = ("secret_missing", "address_not_allowed")  # what helps stands in the hint


def exit_of(findings: Iterable[Finding]) -> Exit:
    """The exit code of a check: 0, 11 for warnings, 4 where a secret is the error, else 1."""
    found = list(findings)
    errors = [one for one in found if one.level == "error"]
    if any(one.code in CREDENTIAL_CODES for one in errors):
        return Exit.CREDENTIALS
    if errors:
        return Exit.FAILED
    return Exit.ATTENTION if any(one.level == "warning" for one in found) else Exit.DONE


def keep(store: Store, channel: Channel, findings: Iterable[Finding], actor: str) -> Channel:
    """Note that the channel was checked, and what was not well."""
    bad = tuple(one for one in findings if one.level != "ok")

    def decide(change: Change) -> Channel:
        event = ChannelChecked(name=channel.name, findings=bad)
        change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])
        after = change.rows.get(Channel, channel.name)
        assert after is not None
        return after

    return store.change(decide)


def reached(store: Store, channel: Channel, now: int) -> int:
    """How many customers got a template of ours within 24 hours: nearly those that Meta counts, which were outside a window.

    Read from the newest message back, so that it costs what a day holds and not what the store does.
    """
    since, below, people = now - DAY, 2**62, set[int]()
    while page := list(store.select(Message, "WHERE id < ? ORDER BY id DESC LIMIT ?", below, TOGETHER)):
        for one in page:
            ours = one.channel == channel.name and one.kind == "template" and one.direction == "out"
            if ours and (one.accepted_at or 0) > since:
                people.add(one.contact)
        below = page[-1].id
        if page[-1].recorded_at < since:
            break
    return len(people)


def refused(check: str, error: CarelineError) -> Finding:
    """What could not be asked, as a finding."""
    unnamed = check == "token" and error.exit == Exit.CREDENTIALS and error.code == "credentials"
    code = "token_invalid" if unnamed else error.code
    whole = f"{error.message.rstrip('.')}. {error.hint}" if code in TOLD_WHOLE else error.message
    told = " ".join(whole.split())
    return Finding(check, "error", code, told, error.run, error.platform_code)


def token(channel: Channel, found: Token, now: int) -> Finding:
    """The token's end and its permissions."""
    again = f"careline channels rotate {channel.name} --secrets-from -"
    if lacking := missing(found):
        told = f"lacks {' and '.join(lacking)}"
        return Finding(
            "token", "error", "permission_missing", told, again, observed=" ".join(found.scopes), expected=" ".join(SCOPES)
        )
    count = f"{len(SCOPES)} of {len(SCOPES)} permissions" if found.scopes else "permissions not told"
    if found.expires_at is None:
        return Finding("token", "ok", "token_valid", f"valid, never expires, {count}")
    left = found.expires_at - now
    at = rfc3339(found.expires_at)
    if left <= 0:
        return Finding("token", "error", "token_expired", f"expired at {at}", again, observed=at)
    if left < SOON:
        return Finding("token", "warning", "token_ends_soon", f"expires in {say_duration(left)}, {count}", again, observed=at)
    return Finding("token", "ok", "token_valid", f"valid until {at}, {count}", observed=at)


def number(channel: Channel, state: State) -> Iterator[Finding]:
    """State, name, quality, throughput, limit, PIN."""
    status, verification = state.number.status, state.number.verification
    seen = ", ".join(word for word in (status, verification) if word)
    if status == "connected":
        yield Finding("number", "ok", "connected", seen, observed=status)
    elif verification not in ("verified", ""):
        remedy = f"careline channels code {channel.name} --method sms"
        yield Finding("number", "error", "not_confirmed", seen, remedy, observed=status, expected="connected")
    else:
        remedy = f"careline channels register whatsapp {channel.name}"
        level = "warning" if status == "linked" else "error"
        yield Finding("number", level, "not_connected", seen, remedy, observed=status, expected="connected")
    yield from _name(channel, state.number)
    yield _quality(state.number)
    a_second = MESSAGES_A_SECOND.get(state.throughput)
    told = f"{a_second} messages a second" if a_second else f"{state.throughput or 'not told'}"
    yield Finding("throughput", "ok", "throughput", told, observed=state.throughput)
    if not state.number.has_pin:
        remedy = f"careline channels rotate {channel.name} --secrets-from -"
        yield Finding("pin", "warning", "no_pin", "two-step verification is off: give the number a PIN=…", remedy)


def limit(channel: Channel, state: State, used: int) -> Finding:
    """The messaging limit, against how many customers we wrote to first within a day."""
    most = LIMITS.get(state.limit)
    if most is None:
        told = "unlimited" if state.limit.endswith("unlimited") else state.limit or "not told"
        return Finding("limit", "ok", "limit", f"{told}, {used:,} customers used in 24 h", observed=str(used))
    words = f"{most:,} customers a day, {used:,} used"
    if used < NEAR * most:
        return Finding("limit", "ok", "limit", words, observed=str(used), expected=str(most))
    level, code = ("error", "limit_used_up") if used >= most else ("warning", "limit_near")
    remedy = f"careline channels limits {channel.name}"
    return Finding("limit", level, code, words, remedy, observed=str(used), expected=str(most))


def entities(channel: Channel, state: State) -> Iterator[Finding]:
    """Who in the business keeps the number from sending. The overall word may speak of calls, so each entity is looked at."""
    for one in state.entities:
        level = {"available": "ok", "limited": "warning", "blocked": "error"}.get(one.can_send, "warning")
        if level == "ok":
            continue
        first = one.obstacles[0] if one.obstacles else None
        told = first.message if first else "; ".join(one.notes) or "Meta does not say why"
        yield Finding(
            "health",
            level,
            f"{one.kind}_{one.can_send}",
            f"{one.kind.replace('_', ' ')} {one.id}: {one.can_send}, {told}",
            first.solution if first else f"careline channels limits {channel.name}",
            first.code if first else "",
            observed=one.can_send,
            expected="available",
        )
    if state.entities and all(one.can_send == "available" for one in state.entities):
        told = "" if state.overall == "available" else f" (Meta's summary says {state.overall}, but not of messages)"
        yield Finding("health", "ok", "can_send", f"everybody on the way may send{told}", observed=state.overall)


def subscription(channel: Channel, subscriptions: tuple[Subscription, ...], callback: str) -> Finding:
    """Whether webhooks are sent at all, and where to. ``callback`` is the number's own address at Meta."""
    again = f"careline channels register whatsapp {channel.name}"
    if not subscriptions:
        return Finding("subscription", "error", "not_subscribed", "no app gets this account's webhooks", again)
    wanted = callback_url(channel)
    to = callback or next((one.callback for one in subscriptions if one.callback), "")
    app = f"app {subscriptions[0].app_id} to {to or 'the address set in the app'}"
    if wanted and to != wanted:
        return Finding("subscription", "error", "callback_elsewhere", app, again, observed=to, expected=wanted)
    return Finding("subscription", "ok", "subscribed", app, observed=to, expected=wanted)


def callback(channel: Channel, status: int, *, echoed: bool, error: str = "") -> Finding:
    """Our own handshake with the address that the platform calls."""
    address = callback_url(channel)
    if not address:
        remedy = f"careline channels update {channel.name} --public-url https://…"
        return Finding("callback", "warning", "no_address", "no public address is known here", remedy)
    if channel.state == "paused":
        told = f"{channel.name} is paused: it sends nothing and takes nothing in"
        return Finding("callback", "warning", "paused", told, f"careline channels resume {channel.name}", observed="paused")
    if error:
        return Finding("callback", "error", "callback_unreachable", f"{address}: {error}", "careline receive", observed=error)
    if status == 403:
        key = "verify_token" if channel.kind == "whatsapp" else "token"
        told = (
            f"{address} answers 403: the receiver there has another {key.replace('_', ' ')} than this shell; "
            f"start it with the same {variable(channel.name, key)}"
        )
        return Finding("callback", "error", "verify_token_differs", told, "careline receive", observed=str(status))
    if status != 200:
        return Finding(
            "callback", "error", "callback_refuses", f"{status} from {address}", "careline receive", observed=str(status)
        )
    if not echoed:
        told = f"{address} answers, but not with the challenge: somebody else is there"
        return Finding("callback", "error", "callback_foreign", told, "careline receive")
    return Finding("callback", "ok", "callback", f"{address} answers the handshake")


def clock(date: str, now: int) -> Finding | None:
    """How far this machine's clock is from the platform's, by the ``Date`` of its answer; None when it gives none."""
    from email.utils import parsedate_to_datetime

    try:
        theirs = int(parsedate_to_datetime(date).timestamp()) * SECOND
    except (TypeError, ValueError):
        return None
    off = abs(now - theirs - SECOND // 2)  # a Date has whole seconds
    level = "error" if off > WRONG_CLOCK else "warning" if off > SKEW else "ok"
    remedy = "" if level == "ok" else "timedatectl status"
    return Finding("clock", level, "clock", f"{off / SECOND:.1f} s from the platform's", remedy, observed=str(off // SECOND))


def last_news(channel: Channel, now: int) -> Finding:
    """When the platform last sent something."""
    at = channel.last_inbound_at
    if at is None:
        return Finding("inbound", "ok", "nothing_yet", "nothing has come in yet")
    silent = now - at
    level = "warning" if silent > SILENCE else "ok"
    remedy = "careline inbound list" if level == "warning" else ""
    told = f"{say_duration(max(silent, SECOND))} ago"
    return Finding("inbound", level, "silence" if remedy else "inbound", told, remedy, observed=rfc3339(at))


def _name(channel: Channel, number: Number) -> Iterator[Finding]:
    shown, status = number.verified_name or "no name", number.name_status
    new, its_status = number.new_name, number.new_name_status
    remedy = f"careline channels profile {channel.name} --set FILE"
    if its_status == "approved":
        told = f"{new} is approved, and counts once the number is registered again"
        yield Finding("name", "warning", "name_waits", told, f"careline channels register whatsapp {channel.name}")
    elif its_status in ("declined", "rejected"):
        yield Finding("name", "warning", "name_declined", f"{new} was declined", remedy, observed=its_status)
    elif status in ("declined", "expired"):
        yield Finding("name", "warning", f"name_{status}", f"{shown}, {status}", remedy)
    else:
        more = f"; {new} is being reviewed" if its_status == "pending_review" else ""
        yield Finding("name", "ok", "name", f"{shown}, {(status or 'not reviewed').replace('_', ' ')}{more}")


def _quality(number: Number) -> Finding:
    word = number.quality or "unknown"
    if word not in ("yellow", "red"):
        return Finding("quality", "ok", "quality", word, observed=word)
    remedy = "careline templates list --columns name,state,quality"
    return Finding(
        "quality",
        "warning",
        "quality",
        f"{word}: customers block or report the number",
        remedy,
        observed=word,
        expected="green",
    )
