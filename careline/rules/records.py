"""Rows as the records that people and scripts see: the same fields in every output and every export.

A record is a dict. Instants stay whole microseconds under names ending in ``_at``, numbers of chats, contacts and messages stay
integers; ``wire`` makes them what a file or a pipe shows. An unknown value is None, never missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from careline.clock import SECOND
from careline.model import Channel, Code, Contact, Conversation, Finding, Identity, Message, Template
from careline.rules.times import rfc3339
from careline.rules.window import Window, best, windows

Record = dict[str, Any]


def seconds(length: int | None) -> int | None:
    """Whole seconds of a length in microseconds."""
    return None if length is None else length // SECOND


def wire(record: Record) -> Record:
    """The record with times as RFC 3339 and numbers of chats, contacts and messages as text."""
    return {name: _wired(name, value) for name, value in record.items()}


_PREFIX = {"contact": "c", "message": "m"}
_NUMBERS = ("id", "conversation", "contact", "message", "previous")


def _wired(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return wire(value)
    if isinstance(value, list):
        return [wire(v) if isinstance(v, dict) else v for v in value]
    if isinstance(value, int) and not isinstance(value, bool):
        if name.endswith("_at"):
            return rfc3339(value)
        if name in _NUMBERS:
            return f"{_PREFIX.get(name, '')}{value}"
    return value


def window_record(window: Window | None, now: int) -> Record:
    """How a window stands at ``now``; all None but ``open`` when there is none."""
    if window is None:
        none = dict.fromkeys(("kind", "opened_at", "ends_at", "left_s", "quota", "used", "left"))
        return {"open": False, **none}
    return {
        "open": window.is_open(now),
        "kind": "service" if window.opened_by == "message" else window.opened_by,
        "opened_at": window.opened_at,
        "ends_at": window.ends_at,
        "left_s": seconds(max(0, window.ends_at - now)),
        "quota": window.quota,
        "used": window.used,
        "left": window.left,
    }


def standing(identity: Identity | None, now: int) -> Window | None:
    """The window worth showing: the one to use, else the last that was open."""
    if identity is None:
        return None
    found = windows(identity)
    return best(found, now) or (found[0] if found else None)


def preview(message: Message | None) -> str:
    """A message in one line: its text, or what it is in brackets."""
    if message is None:
        return ""
    text = " ".join(message.text.split())
    if message.template is not None:
        return f"[{message.template.name}/{message.template.language}] {text}".rstrip()
    if message.kind in ("text", "button", "interactive", "link"):
        return text
    kind = f"[{message.kind}]"
    return f"{kind} {text}".rstrip()


def channel_record(channel: Channel) -> Record:
    """The channel as ``channels list`` shows it."""
    return {
        "name": channel.name,
        "kind": channel.kind,
        "state": channel.state,
        "address": channel.address or None,
        "account_id": channel.account_id or None,
        "api_url": channel.api_url,
        "callback_url": callback_url(channel) or None,
        "last_inbound_at": channel.last_inbound_at,
        "checked_at": channel.checked_at,
        "health": health(channel),
        "findings": [finding_record(channel.name, one) for one in channel.findings],
        "details": {
            "phone_number_id": channel.phone_number_id or None,
            "app_id": channel.app_id or None,
            "title": channel.title or None,
            "steps": list(channel.steps),
            "accepts_plain": channel.accepts_plain,
            "verify_by_at": channel.verify_by_at,
        },
        "created_at": channel.created_at,
    }


def health(channel: Channel) -> str:
    """The worst level of the last check: ok, warning or error; unknown where there was none."""
    if channel.checked_at is None and not channel.findings:
        return "unknown"
    levels = {one.level for one in channel.findings}
    return "error" if "error" in levels else "warning" if "warning" in levels else "ok"


def finding_record(channel: str, finding: Finding) -> Record:
    """One finding as ``channels check`` shows it; None for what it does not say."""
    return {
        "channel": channel,
        "check": finding.check,
        "level": finding.level,
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy or None,
        "platform_code": finding.platform_code or None,
        "observed": finding.observed or None,
        "expected": finding.expected or None,
    }


def callback_url(channel: Channel) -> str:
    """Where the platform must deliver: PUBLIC-URL/webhooks/NAME; empty without a public URL."""
    return f"{channel.public_url.rstrip('/')}/webhooks/{channel.name}" if channel.public_url else ""


def contact_record(contact: Contact, identities: Iterable[Identity]) -> Record:
    """The person as ``contacts list`` shows them. ``blocked`` on any channel is blocked."""
    held = list(identities)
    return {
        "id": contact.id,
        "name": contact.name or None,
        "language": contact.language or None,
        "channels": sorted({one.channel for one in held}),
        "identities": [
            {"channel": one.channel, "kind": one.kind, "id": one.handle, "verified": True, "blocked": one.blocked}
            for one in held
        ],
        "labels": [],
        "attributes": {},
        "consent": [],
        "blocked": any(one.blocked for one in held),
        "first_seen_at": contact.first_seen_at,
        "last_seen_at": contact.last_seen_at,
        "erased_at": None,
    }


def template_record(template: Template, channel: str | None) -> Record:
    """The template as ``templates list`` shows it."""
    return {
        "name": template.name,
        "language": template.language,
        "channel": channel,
        "account_id": template.account,
        "id": template.id or None,
        "state": template.state,
        "category": template.category or None,
        "reason": template.reason or None,
        "quality": template.quality or None,
        "hash": None,
        "file": None,
        "parameters": [],
        "submitted_at": template.submitted_at,
        "decided_at": template.decided_at,
        "updated_at": template.updated_at,
    }


def code_record(code: Code) -> Record:
    """The code as the ledger shows it."""
    return {
        "scene": code.scene,
        "channel": code.channel,
        "numeric": code.numeric,
        "permanent": code.permanent,
        "ticket": code.ticket or None,
        "url": code.url,
        "file": code.file or None,
        "campaign": code.campaign or None,
        "caption": code.caption or None,
        "expires_at": code.expires_at,
        "created_at": code.created_at,
        "scans": code.scans,
        "follows": code.follows,
        "chats": code.chats,
    }


def conversation_record(conversation: Conversation, contact: Contact | None, identity: Identity | None, now: int) -> Record:
    """The chat as ``chats list`` and ``export conversations`` show it."""
    c = conversation
    return {
        "id": c.id,
        "channel": c.channel,
        "contact": c.contact,
        "contact_name": (contact.name if contact else "") or None,
        "identity": c.handle or None,
        "state": c.state,
        "priority": c.priority,
        "labels": [],
        "team": None,
        "agent": c.agent or None,
        "tier": None,
        "source": c.source or None,
        "scene": c.scene or None,
        "category": c.category or None,
        "summary": c.summary or None,
        "waiting_since_at": c.waiting_since_at,
        "created_at": c.created_at,
        "first_response_at": c.first_response_at,
        "resolved_at": c.resolved_at,
        "closed_at": None,
        "snoozed_until_at": None,
        "reopened": c.reopened,
        "messages_in": c.messages_in,
        "messages_out": c.messages_out,
        "previous": c.previous,
        "window": window_record(standing(identity, now), now),
        "sla": [],
        "csat": None,
    }


def message_record(message: Message) -> Record:
    """The message as ``send``, ``chats show`` and ``export messages`` show it."""
    m = message
    media = m.media
    window = {"ends_at": m.window_ends_at, "left": m.window_left} if m.window_ends_at is not None else None
    return {
        "id": m.id,
        "conversation": m.conversation,
        "channel": m.channel,
        "contact": m.contact,
        "direction": m.direction,
        "kind": m.kind,
        "text": m.text or None,
        "media": {"name": media.name or None, "mime": media.mime or None, "bytes": media.bytes, "sha256": media.sha256 or None}
        if media
        else None,
        "template": {"name": m.template.name, "language": m.template.language} if m.template else None,
        "actor": m.actor,
        "key": m.send_key or None,
        "reply_to": m.reply_to or None,
        "platform_id": m.platform_id or None,
        "state": m.state,
        "error": {
            "code": m.error.code,
            "message": m.error.message,
            "exit": m.error.exit,
            "platform_code": m.error.platform_code or None,
            "trace_id": m.error.trace_id or None,
        }
        if m.error
        else None,
        "window": window,
        "occurred_at": m.occurred_at,
        "recorded_at": m.recorded_at,
        "accepted_at": m.accepted_at,
        "delivered_at": m.delivered_at,
        "read_at": m.read_at,
    }


def queue_record(
    rank: int, conversation: Conversation, contact: Contact | None, identity: Identity | None, last: Message | None, now: int
) -> Record:
    """Who waits, as ``queue list`` and ``queue tail`` show it."""
    c = conversation
    since = c.waiting_since_at
    return {
        "rank": rank,
        "conversation": c.id,
        "channel": c.channel,
        "contact": c.contact,
        "contact_name": (contact.name if contact else "") or None,
        "language": (contact.language if contact else "") or None,
        "preview": preview(last),
        "state": c.state,
        "priority": c.priority,
        "labels": [],
        "team": None,
        "agent": c.agent or None,
        "tier": None,
        "waiting_since_at": since,
        "waiting_s": seconds(now - since) if since is not None else None,
        "enqueued_at": c.enqueued_at,
        "due_at": None,
        "due_reason": None,
        "sla": {},
        "window": window_record(standing(identity, now), now),
    }
