"""Whom something heard is about: somebody known by any of their ids, or somebody new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.events import ContactAppeared, ContactNamed, Content, Entry
from careline.model import Alias, Channel, Contact, Identity, Rows

if TYPE_CHECKING:
    from careline.heard import Who


def find_identity(rows: Rows, channel: str, *ids: str) -> Identity | None:
    """The identity that goes by one of these ids on this channel, the first id first."""
    for value in ids:
        identity = rows.get(Identity, channel, value)
        if identity is None and (alias := rows.get(Alias, channel, value)) is not None:
            identity = rows.get(Identity, channel, alias.handle)
        if identity is not None:
            return identity
    return None


def person(who: Who, at: int, channel: Channel, rows: Rows) -> tuple[Identity, list[Entry]]:
    """The identity of ``who``, and the events that make it known or better known."""
    ids = [value for _, value in who.others if value]
    identity = find_identity(rows, channel.name, who.handle, *ids)
    if identity is None:
        same = find_identity(rows, channel.name, who.person) if who.person else None
        contact = same.contact if same else rows.new_id(Contact)
        alias = (("person", who.person),) if who.person and not same else ()
        content = Content(
            handle=who.handle,
            handle_kind=who.kind,
            others=(*(o for o in who.others if o[1] and o[1] != who.handle), *alias),
            name=who.name,
            username=who.username,
            phone=who.phone,
        )
        entry = Entry(
            event=ContactAppeared(content=content), channel=channel.name, contact=contact, occurred_at=at, actor="platform"
        )
        return Identity(channel=channel.name, handle=who.handle, kind=who.kind, contact=contact), [entry]
    told = ((who.kind, who.handle), *who.others) if who.handle != identity.handle else who.others
    new = tuple([o for o in told if o[1] and o[1] != identity.handle and rows.get(Alias, channel.name, o[1]) is None])
    if (
        not new
        and who.name in ("", identity.name)
        and who.username in ("", identity.username)
        and who.phone in ("", identity.phone)
    ):
        return identity, []
    content = Content(handle=identity.handle, others=new, name=who.name, username=who.username, phone=who.phone)
    entry = Entry(
        event=ContactNamed(content=content),
        channel=channel.name,
        contact=identity.contact,
        occurred_at=at,
        actor="platform",
    )
    return identity, [entry]
