"""Whether a notification may go to this person: only with a grant of theirs that is left."""

from __future__ import annotations

from careline.errors import Refused
from careline.events import Content, Entry, SubscriptionAnswered
from careline.model import Channel, Identity, Rows, Subscription, Template, TemplateUse
from careline.rules import subscriptions
from careline.rules.subscriptions import ONCE, SUBSCRIPTIONS


def grant_for(use: TemplateUse, identity: Identity | None, handle: str, channel: Channel, rows: Rows) -> str:
    """The id of the template of which a message uses a grant; empty for one that uses none.

    Raises Refused for a subscription without one: WeChat would answer 43101.
    """
    if channel.kind != "wechat":
        return ""
    template = rows.get(Template, channel.account_id, use.name, use.language)
    if template is None or template.category not in SUBSCRIPTIONS:
        return ""
    row = rows.get(Subscription, channel.name, handle, template.id)
    if not subscriptions.left(row):
        raise _none(template, identity, row)
    return template.id if template.category == ONCE else ""


def granted(identity: Identity, template: Template, actor: str, now: int) -> Entry:
    """That somebody knows of one more grant, which WeChat told nobody of us."""
    event = SubscriptionAnswered(template=template.id, answer="accept", content=Content(handle=identity.handle))
    return Entry(event=event, channel=identity.channel, contact=identity.contact, occurred_at=now, actor=actor)


def _none(template: Template, identity: Identity | None, row: Subscription | None) -> Refused:
    became = {"used": "all they gave are used", "void": "they withdrew it, or WeChat said so", "rejected": "they refused"}
    why = became.get(subscriptions.state(row), "") if row is not None else "by our ledger they never gave one"
    return Refused(
        f"Not sent: the customer has granted no {template.name} ({why}).",
        code="no_grant",
        hint="WeChat would answer 43101. They agree on a page or in an article of the account; each agreement is good for one.",
        run=f"careline contacts grants c{identity.contact}" if identity is not None else "",
    )
