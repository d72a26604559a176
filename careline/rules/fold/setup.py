"""Channels, account news, menus, templates and codes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from msgspec.structs import replace

from careline.clock import SECOND
from careline.events import (
    AccountNoticed,
    ChannelChecked,
    ChannelRegistered,
    ChannelReplies,
    ChannelRotated,
    ChannelStepped,
    ChannelTurned,
    CodeCreated,
    CodeDrawn,
    Entry,
    MenuChanged,
    TemplateReported,
    VerificationDue,
)
from careline.model import Channel, Code, Finding, Menu, Notice, Row, Template
from careline.rules.fold.parts import Folding, Get

VERIFICATION = "verification"  # the check whose findings news of the account make, too
TICKETS = 8  # a code renewed each month by its last one is known for most of a year
BUTTONS = 200  # whose names are known, of all menus of a channel
EDITS = 10  # Meta: an approved template is edited ten times in 30 days at most


def _registered(e: Entry, event: ChannelRegistered, get: Get) -> Iterator[Row]:
    before = get(Channel, event.name) or Channel(name=event.name, kind=event.kind, created_at=e.occurred_at)
    yield replace(
        before,
        kind=event.kind,
        account_id=event.account_id,
        phone_number_id=event.phone_number_id,
        app_id=event.app_id,
        api_url=event.api_url,
        public_url=event.public_url,
        address=event.address or before.address,
        accepts_plain=event.accepts_plain,
        title=event.title or before.title,
        state="incomplete" if before.state == "removed" else before.state,
    )


def _stepped(e: Entry, event: ChannelStepped, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        steps = channel.steps if event.step in channel.steps else (*channel.steps, event.step)
        yield replace(channel, steps=steps, state="active" if event.active else channel.state)


def _turned(e: Entry, event: ChannelTurned, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        yield replace(channel, state=event.state)


def _rotated(e: Entry, event: ChannelRotated, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        until = event.previous_until_at or channel.previous_until_at
        yield replace(channel, secrets_at=e.occurred_at, previous_until_at=until)


def _checked(e: Entry, event: ChannelChecked, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        yield replace(channel, checked_at=e.occurred_at, findings=event.findings)


def _replies(e: Entry, event: ChannelReplies, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        yield replace(channel, replies=event.content.text)


def _verification(e: Entry, event: VerificationDue, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        yield replace(channel, verify_by_at=event.verify_by_at, findings=_but(channel, VERIFICATION))


def _noticed(e: Entry, event: AccountNoticed, get: Get) -> Iterator[Row]:
    """The news; and what it means for the account, until somebody checks it or the platform says better."""
    channel = get(Channel, e.channel)
    if channel is not None and (event.verify_by_at is not None or event.alert):
        alert = Finding(VERIFICATION, event.alert, event.kind, event.summary, f"careline channels check {channel.name}")
        yield replace(
            channel,
            verify_by_at=channel.verify_by_at if event.verify_by_at is None else event.verify_by_at,
            findings=(*_but(channel, VERIFICATION), *((alert,) if event.alert else ())),
        )
    yield Notice(
        id=event.notice,
        channel=e.channel,
        kind=event.kind,
        summary=event.summary,
        raw=event.content.raw,
        occurred_at=e.occurred_at,
    )


def _but(channel: Channel, check: str) -> tuple[Finding, ...]:
    return tuple(one for one in channel.findings if one.check != check)


def _menu_changed(e: Entry, event: MenuChanged, get: Get) -> Iterator[Row]:
    """The names of all buttons that there were: a phone shows an old menu for minutes."""
    before = get(Menu, e.channel) or Menu(channel=e.channel)
    told = dict(event.names)
    names = (*((key, name) for key, name in before.names if key not in told), *told.items())
    yield replace(before, names=names[-BUTTONS:], changed_at=e.occurred_at)


def _template_reported(e: Entry, event: TemplateReported, get: Get) -> Iterator[Row]:
    before = get(Template, event.account, event.name, event.language)
    t = before or Template(account=event.account, name=event.name, language=event.language)
    told = bool(event.state) and not _is_stale(e, event, t)
    moved = bool(event.category) and event.category == t.correct_category
    decided = told and event.state in ("approved", "rejected") and event.state != t.state
    yield replace(
        t,
        id=event.id or t.id,
        state=event.state if told else t.state,
        category=event.category or t.category,
        reason=event.reason if told else t.reason,
        quality=event.quality or t.quality,
        components=event.components or (_reworded(t.components, event.told) if event.told else t.components),
        named=t.named if event.named is None else event.named,
        submitted_at=e.occurred_at if event.submitted else t.submitted_at,
        decided_at=e.occurred_at if decided else t.decided_at,
        updated_at=max(t.updated_at or 0, e.occurred_at),
        state_at=e.occurred_at if told else t.state_at,
        edits=() if event.submitted else (*t.edits, e.occurred_at)[-EDITS:] if _counts(event, t) else t.edits,
        previous_category=event.previous_category or t.previous_category,
        correct_category="" if moved else event.correct_category or t.correct_category,
        category_at=None if moved else event.category_at or t.category_at,
        free_at=event.free_at if told else t.free_at,
    )


def _is_stale(e: Entry, event: TemplateReported, t: Template) -> bool:
    """True for news that is older than what is known: what was deleted is not approved by a webhook that comes late.

    The platform's times are whole seconds, ours are not.
    """
    if t.state_at is None or event.submitted:
        return False
    return e.occurred_at <= t.state_at if t.state == "deleted" else e.occurred_at + SECOND <= t.state_at


def _counts(event: TemplateReported, t: Template) -> bool:
    """True for an edit that Meta counts: of a template that was approved."""
    return event.edited and t.state == "approved"


def _reworded(components: str, told: str) -> str:
    """The components with the words that the platform told: a text or buttons take the place of those of the same type."""
    known = json.loads(components)
    for news in json.loads(told):
        same = [one for one in known if str(one.get("type", "")).upper() == news["type"]]
        known = [one | news if one in same else one for one in known] if same else [*known, news]
    return json.dumps(known, ensure_ascii=False)


def _code_created(e: Entry, event: CodeCreated, get: Get) -> Iterator[Row]:
    before = get(Code, e.channel, event.scene_key)
    yield Code(
        channel=e.channel,
        scene_key=event.scene_key,
        scene=event.scene,
        numeric=event.numeric,
        permanent=event.permanent,
        ticket=event.ticket,
        url=event.url,
        text=event.text,
        campaign=event.campaign,
        caption=event.caption,
        expires_at=event.expires_at,
        created_at=e.occurred_at,
        scans=before.scans if before else 0,
        follows=before.follows if before else 0,
        chats=before.chats if before else 0,
        look=before.look if before else "",
        tickets=_tickets(before, event.ticket) if before else (),
        spent=event.permanent or (before.spent if before else False),
    )


def _tickets(before: Code, ticket: str) -> tuple[str, ...]:
    known = (before.ticket, *before.tickets)
    return tuple(one for one in known if one not in ("", ticket))[:TICKETS]


def _code_drawn(e: Entry, event: CodeDrawn, get: Get) -> Iterator[Row]:
    code = get(Code, e.channel, event.scene_key)
    if code is not None:
        yield replace(code, file=event.file, look=event.look or code.look)


FOLDS: dict[type, Folding] = {
    ChannelRegistered: (lambda e: [(Channel, e.channel)], _registered),
    ChannelStepped: (lambda e: [(Channel, e.channel)], _stepped),
    ChannelTurned: (lambda e: [(Channel, e.channel)], _turned),
    ChannelRotated: (lambda e: [(Channel, e.channel)], _rotated),
    ChannelChecked: (lambda e: [(Channel, e.channel)], _checked),
    ChannelReplies: (lambda e: [(Channel, e.channel)], _replies),
    VerificationDue: (lambda e: [(Channel, e.channel)], _verification),
    AccountNoticed: (lambda e: [(Notice, getattr(e.event, "notice", None)), (Channel, e.channel)], _noticed),
    MenuChanged: (lambda e: [(Menu, e.channel)], _menu_changed),
    TemplateReported: (
        lambda e: [(Template, *(getattr(e.event, name) for name in Template.key))],
        _template_reported,
    ),
    CodeCreated: (lambda e: [(Code, e.channel, getattr(e.event, "scene_key", ""))], _code_created),
    CodeDrawn: (lambda e: [(Code, e.channel, getattr(e.event, "scene_key", ""))], _code_drawn),
}
