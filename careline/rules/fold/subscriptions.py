"""What people agreed to be notified of. Their grants are used by ``outgoing``."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from careline.events import Entry, MessageFailed, MessageQueued, SubscriptionAnswered
from careline.model import Row, Subscription
from careline.rules import subscriptions
from careline.rules.fold.parts import Folding, Get, Key

NONE_LEFT = "43101"  # WeChat: the person granted none, or none is left


def key(e: Entry, template: str) -> Key:
    """The row of one person and one template; of nothing where no template is named."""
    return (Subscription, e.channel, e.event.content.handle, template)


def _answered(e: Entry, event: SubscriptionAnswered, get: Get) -> Iterator[Row]:
    handle = event.content.handle
    row = get(Subscription, e.channel, handle, event.template)
    row = row or Subscription(channel=e.channel, handle=handle, template=event.template, contact=e.contact or 0)
    if event.answer == "accept":
        row = subscriptions.granted(row, e.occurred_at)
    elif event.answer == "withdraw":
        row = subscriptions.voided(row, e.occurred_at)
    elif event.answer == "reject":
        row = replace(row, rejected_at=max(row.rejected_at or 0, e.occurred_at))
    yield row


def used(e: Entry, event: MessageQueued, get: Get) -> Iterator[Row]:
    """The grant that a message of ours uses from the moment it is committed."""
    row = get(Subscription, e.channel, event.content.handle, event.grant) if event.grant else None
    if row is not None:
        yield subscriptions.used(row, e.occurred_at, event.message)


def given_back(e: Entry, event: MessageFailed, get: Get) -> Iterator[Row]:
    """The grant of a message that did not go out; none at all where WeChat says so."""
    row = get(Subscription, e.channel, event.content.handle, event.grant) if event.grant else None
    if row is not None:
        row = subscriptions.given_back(row, event.message)
        yield subscriptions.voided(row, e.occurred_at) if event.error.platform_code == NONE_LEFT else row


FOLDS: dict[type, Folding] = {
    SubscriptionAnswered: (lambda e: [key(e, getattr(e.event, "template", ""))], _answered),
}
