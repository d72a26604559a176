"""WeCom customer service: its accounts, and who speaks to a customer there."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.clock import SECOND
from careline.events import Entry, KfGreeted, KfPulled, KfReported, KfSession
from careline.model import Identity, KfAccount, Row
from careline.rules.fold.parts import Folding, Get, Key, identity_key

# What WeCom tells of a session, and who speaks from then on.
TOLD = {"desk_opened": "human", "desk_moved": "human", "desk_reopened": "human", "desk_closed": "ended"}


def told_session(identity: Identity, kind: str, servicer: str, at: int) -> Identity:
    """The identity after an event of its session; the same for any other event, and for one older than what is known."""
    if kind not in TOLD or identity.kind != "wecom_external":
        return identity
    return with_session(identity, TOLD[kind], servicer, at)


def wrote(identity: Identity, at: int) -> Identity:
    """The identity after its customer wrote: a session that had ended is new again."""
    return with_session(identity, "new", "", at) if identity.session == "ended" else identity


def with_session(identity: Identity, state: str, servicer: str, at: int) -> Identity:
    """The identity with its session as it was at ``at``, unless something later is known: WeCom's times are whole seconds."""
    if (identity.session_at or 0) >= at + SECOND:
        return identity
    return replace(identity, session=state, servicer=servicer if state == "human" else "", session_at=at)


def _reported(e: Entry, event: KfReported, get: Get) -> Iterator[Row]:
    before = get(KfAccount, e.channel, event.account)
    known = before or KfAccount(channel=e.channel, id=event.account, created_at=e.occurred_at)
    told = {name: value for name in ("name", "managed", "welcome", "state") if (value := getattr(event, name)) is not None}
    yield replace(known, **told)


def _pulled(e: Entry, event: KfPulled, get: Get) -> Iterator[Row]:
    before = get(KfAccount, e.channel, event.account)
    known = before or KfAccount(channel=e.channel, id=event.account, created_at=e.occurred_at)
    yield replace(known, cursor=event.cursor, pulled_at=known.pulled_at if event.more else e.occurred_at)


def _session(e: Entry, event: KfSession, get: Get) -> Iterator[Row]:
    identity = get(Identity, e.channel, event.content.handle)
    if identity is not None:
        yield with_session(identity, event.state, event.servicer, e.occurred_at)


def _account_key(e: Entry) -> Key:
    return (KfAccount, e.channel, getattr(e.event, "account", ""))


FOLDS: dict[type, Folding] = {
    KfReported: (lambda e: [_account_key(e)], _reported),
    KfPulled: (lambda e: [_account_key(e)], _pulled),
    KfSession: (lambda e: [identity_key(e)], _session),
    KfGreeted: (lambda e: [], lambda e, event, get: iter(())),
}
