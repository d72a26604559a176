"""What the platform knows of our templates, kept in the journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol

from careline.clock import DAY, HOUR, SECOND
from careline.events import Entry, TemplateReported
from careline.model import Channel, Template
from careline.store.base import Store

POLL_S = 1.0
POLL_MOST_S = 15.0
FIELDS = ("state", "category", "reason", "quality", "components", "id", "correct_category")
BLOCKED = 30 * DAY  # Meta: the name of an approved template that was deleted
UNSURE = HOUR  # what was submitted so recently may not be listed yet


class Templates(Protocol):
    """The part of a platform's client that knows templates."""

    async def create(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Submit a template; the answer has ``id``, ``status`` and usually ``category``."""

    def list(self, name: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """The account's templates, of that name or all."""

    async def everything(self, seen: Callable[[int], None]) -> Sequence[dict[str, Any]]:
        """All of them, as fast as may be; ``seen`` hears how many there are so far."""


async def submit(client: Templates, definition: dict[str, Any]) -> TemplateReported:
    """Submit one template. What the platform answers is what counts: it may change the category."""
    answer = await client.create(definition)
    return TemplateReported(
        account="",
        name=definition["name"],
        language=definition["language"],
        id=str(answer.get("id", "")),
        state=str(answer.get("status", "PENDING")).lower(),
        category=str(answer.get("category") or definition["category"]).lower(),
        components=json.dumps(definition["components"], ensure_ascii=False),
        named=definition.get("parameter_format") == "NAMED",
        submitted=True,
    )


async def read(client: Templates, name: str | None = None) -> list[TemplateReported]:
    """All templates of the account, or those of one name, as they stand on the platform."""
    if name is None:
        return [reported(raw) for raw in await client.everything(lambda count: None)]
    return [reported(raw) async for raw in client.list(name)]


async def wait(
    client: Templates,
    wanted: set[tuple[str, str]],
    *,
    submitted: set[tuple[str, str]],
    timeout_us: int,
    seen: Callable[[TemplateReported], None],
) -> dict[tuple[str, str], str]:
    """Ask until none of the (name, language) templates is pending, or the time is over; the last state of each.

    An empty language means every language of that name. One that was ``submitted`` may take a while to be listed. ``seen``
    hears each report.
    """
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + timeout_us / SECOND, POLL_S
    while True:
        states: dict[tuple[str, str], str] = {}
        for name in sorted({name for name, _ in wanted}):
            for report in await read(client, name):
                if (report.name, report.language) in wanted or (report.name, "") in wanted:
                    states[report.name, report.language] = report.state
                    seen(report)
        settled = wanted & submitted <= states.keys() and "pending" not in states.values()
        if settled or loop.time() + pause > end:
            return states
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, POLL_MOST_S)


def keep(store: Store, channel: Channel, reports: list[TemplateReported], actor: str, *, whole: bool = False) -> list[Template]:
    """Note in the journal what differs from what is known; the templates as they are then.

    ``whole``: these are all that the account has, so what is known besides was deleted.
    """
    from msgspec.structs import replace

    def decide(change: Any) -> list[Template]:
        kept = []
        for report in reports:
            told = replace(report, account=channel.account_id)
            known = change.rows.get(Template, told.account, told.name, told.language)
            if known is not None and known.state == told.state and known.reason.startswith(told.reason):
                told = replace(told, reason=known.reason)  # a webhook says more of it than the list does
            if known is None or told.submitted or told.edited or _differs(known, told):
                change.record([Entry(event=told, channel=channel.name, occurred_at=change.now, actor=actor)])
            kept.append(change.rows.get(Template, told.account, told.name, told.language))
        if missing:
            there = {(one.name, one.language) for one in reports}
            gone = [change.rows.get(Template, *key) for key in missing if key[1:] not in there]
            change.record([_deleted(one, channel, change.now, actor) for one in gone if one and one.state != "deleted"])
        return kept

    missing = _absent(store, channel, reports) if whole else []
    return store.change(decide)


def deleted(name: str, language: str, state: str, now: int) -> TemplateReported:
    """That a template is gone. ``state`` is what it was: only of an approved one the name is blocked."""
    free_at = now + BLOCKED if state == "approved" else None
    return TemplateReported(account="", name=name, language=language, state="deleted", free_at=free_at)


def awaits_listing(template: Template, now: int) -> bool:
    """True for one that was submitted within the last hour and has no verdict: the account may not list it yet.

    What was decided had been listed, and what was submitted in the future by a clock that was wrong says nothing.
    """
    return template.state == "pending" and now - UNSURE < (template.submitted_at or 0) <= now


def _absent(store: Store, channel: Channel, reports: list[TemplateReported]) -> list[tuple[str, str, str]]:
    """The keys of templates that are known and were not listed."""
    there = {(one.name, one.language) for one in reports}
    known = store.select(Template, "WHERE account = ? AND state <> 'deleted'", channel.account_id)
    now = store.now()
    return [
        (one.account, one.name, one.language)
        for one in known
        if (one.name, one.language) not in there and not awaits_listing(one, now)
    ]


def _deleted(one: Template, channel: Channel, now: int, actor: str) -> Entry:
    from msgspec.structs import replace

    event = replace(deleted(one.name, one.language, one.state, now), account=one.account)
    return Entry(event=event, channel=channel.name, occurred_at=now, actor=actor)


def _differs(known: Template, told: TemplateReported) -> bool:
    return any(getattr(told, f) and getattr(told, f) != getattr(known, f) for f in FIELDS) or (
        told.named is not None and told.named != known.named
    )


def reported(raw: Mapping[str, Any]) -> TemplateReported:
    """What a template of the platform's list says, in the words of the journal."""
    quality = raw.get("quality_score")
    return TemplateReported(
        account="",
        name=str(raw.get("name", "")),
        language=str(raw.get("language", "")).replace("-", "_"),
        id=str(raw.get("id", "")),
        state=str(raw.get("status", "")).lower(),
        category=str(raw.get("category", "")).lower(),
        reason="" if str(raw.get("rejected_reason") or "NONE").upper() == "NONE" else str(raw["rejected_reason"]).lower(),
        quality=str(quality.get("score", "")).lower() if isinstance(quality, dict) else "",
        previous_category=str(raw.get("previous_category") or "").lower(),
        correct_category=str(raw.get("correct_category") or "").lower(),
        components=json.dumps(raw.get("components") or [], ensure_ascii=False),
        named=str(raw.get("parameter_format", "")).upper() == "NAMED",
    )
