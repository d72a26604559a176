"""What may still be done when a free-form message may not go out."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from careline.model import Channel, Contact, Identity, Message, Subscription, Template
from careline.rules.decide.outgoing import Recipient
from careline.rules.subscriptions import SUBSCRIPTIONS, left
from careline.rules.window import Window, windows
from careline.store.base import Store

MOST = 5


class Standing(Struct, frozen=True):
    """How a customer's window stands: the last one that was open, when they last wrote, and templates that can go.

    ``more`` is how many other templates could go, each counted once, whatever languages it has.
    """

    window: Window | None
    last_in_at: int | None
    templates: tuple[Template, ...]
    more: int


def standing(store: Store, channel: Channel, recipient: Recipient) -> Standing:
    """The standing of this customer now."""
    identity = recipient.identity
    found = windows(identity) if identity is not None else ()
    stopped = identity is not None and identity.wants_marketing is False
    wanted = "AND category <> 'marketing' " if stopped else ""
    tail = f"WHERE account = ? AND state = 'approved' {wanted}"
    approved: Iterable[Template] = store.select(Template, tail, channel.account_id)
    if channel.kind == "wechat":
        approved = [one for one in approved if _may_go(store, identity, one)]
    able = _by_fitness(approved, _language(store, identity) if identity is not None else "")
    last = identity.last_in_at if identity else None
    return Standing(found[0] if found else None, last, tuple(able[:MOST]), max(0, len(able) - MOST))


def _may_go(store: Store, identity: Identity | None, template: Template) -> bool:
    """On WeChat a notice goes to whoever follows, a notification to whoever granted one."""
    if identity is None:
        return False
    if template.category not in SUBSCRIPTIONS:
        return identity.following is not False
    return left(store.get(Subscription, identity.channel, identity.handle, template.id)) > 0


def _language(store: Store, identity: Identity) -> str:
    """The customer's language, or that of the last template they got in their chat; empty when nobody knows."""
    contact = store.get(Contact, identity.contact)
    if contact is not None and contact.language:
        return contact.language
    tail = "WHERE conversation = ? AND direction = 'out' AND kind = 'template' ORDER BY id DESC LIMIT 1"
    last = next(iter(store.select(Message, tail, identity.conversation)), None)
    return last.template.language if last is not None and last.template is not None else ""


def _by_fitness(templates: Iterable[Template], language: str) -> list[Template]:
    """Each template once, in the language that suits the customer best; those in their own come first, marketing last."""
    spoken = language.replace("-", "_").lower()

    def strange(one: Template) -> int:
        has = one.language.lower()
        return 0 if has == spoken else 1 if has.partition("_")[0] == spoken.partition("_")[0] else 2

    best: dict[str, Template] = {}
    for one in sorted(templates, key=lambda one: (strange(one), one.language)):
        best.setdefault(one.name, one)
    return sorted(best.values(), key=lambda one: (strange(one), one.category == "marketing", one.name))
