"""What may still be done when a free-form message may not go out."""

from __future__ import annotations

from msgspec import Struct

from careline.model import Channel, Template
from careline.rules.decide.outgoing import Recipient
from careline.rules.window import Window, windows
from careline.store.base import Store


class Standing(Struct, frozen=True):
    """How a customer's window stands: the last one that was open, when they last wrote, and the templates that can go."""

    window: Window | None
    last_in_at: int | None
    templates: tuple[Template, ...]


def standing(store: Store, channel: Channel, recipient: Recipient) -> Standing:
    """The standing of this customer now."""
    identity = recipient.identity
    found = windows(identity) if identity is not None else ()
    stopped = identity is not None and identity.wants_marketing is False
    wanted = "AND category <> 'marketing' " if stopped else ""
    tail = f"WHERE account = ? AND state = 'approved' {wanted}ORDER BY category = 'marketing', name, language LIMIT 5"
    templates = tuple(store.select(Template, tail, channel.account_id)) if channel.kind == "whatsapp" else ()
    return Standing(found[0] if found else None, identity.last_in_at if identity else None, templates)
