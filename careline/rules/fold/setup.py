"""Channels, account news, templates and codes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import (
    AccountNoticed,
    ChannelRegistered,
    ChannelStepped,
    CodeCreated,
    CodeDrawn,
    Entry,
    TemplateReported,
)
from careline.model import Channel, Code, Notice, Row, Template
from careline.rules.fold.parts import Folding, Get


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
        title=event.title or before.title,
    )


def _stepped(e: Entry, event: ChannelStepped, get: Get) -> Iterator[Row]:
    channel = get(Channel, event.name)
    if channel is not None:
        steps = channel.steps if event.step in channel.steps else (*channel.steps, event.step)
        yield replace(channel, steps=steps, state="active" if event.active else channel.state)


def _noticed(e: Entry, event: AccountNoticed, get: Get) -> Iterator[Row]:
    yield Notice(
        id=event.notice,
        channel=e.channel,
        kind=event.kind,
        summary=event.summary,
        raw=event.content.raw,
        occurred_at=e.occurred_at,
    )


def _template_reported(e: Entry, event: TemplateReported, get: Get) -> Iterator[Row]:
    before = get(Template, event.account, event.name, event.language)
    t = before or Template(account=event.account, name=event.name, language=event.language)
    decided = event.state in ("approved", "rejected") and event.state != t.state
    yield replace(
        t,
        id=event.id or t.id,
        state=event.state or t.state,
        category=event.category or t.category,
        reason=event.reason if event.state else t.reason,
        quality=event.quality or t.quality,
        components=event.components or t.components,
        named=t.named if event.named is None else event.named,
        submitted_at=e.occurred_at if event.submitted else t.submitted_at,
        decided_at=e.occurred_at if decided else t.decided_at,
        updated_at=max(t.updated_at or 0, e.occurred_at),
    )


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
    )


def _code_drawn(e: Entry, event: CodeDrawn, get: Get) -> Iterator[Row]:
    code = get(Code, e.channel, event.scene_key)
    if code is not None:
        yield replace(code, file=event.file)


FOLDS: dict[type, Folding] = {
    ChannelRegistered: (lambda e: [(Channel, e.channel)], _registered),
    ChannelStepped: (lambda e: [(Channel, e.channel)], _stepped),
    AccountNoticed: (lambda e: [(Notice, getattr(e.event, "notice", None))], _noticed),
    TemplateReported: (
        lambda e: [(Template, *(getattr(e.event, name) for name in Template.key))],
        _template_reported,
    ),
    CodeCreated: (lambda e: [(Code, e.channel, getattr(e.event, "scene_key", ""))], _code_created),
    CodeDrawn: (lambda e: [(Code, e.channel, getattr(e.event, "scene_key", ""))], _code_drawn),
}
