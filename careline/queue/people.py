"""Who has written, whatever channel they write on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from careline.model import Contact, Identity
from careline.store.base import Store

TOGETHER = 500  # read at once: a shop of years has more people than fit into memory well


def people(store: Store, find: str = "") -> Iterator[tuple[Contact, list[Identity]]]:
    """Everybody with their ids, the latest first; with ``find`` only those who have it in a name or an id, in either case."""
    contacts = store.select(Contact, "ORDER BY last_seen_at DESC, id DESC")
    wanted = find.casefold()
    while page := list(islice(contacts, TOGETHER)):
        ids: dict[int, list[Identity]] = {person.id: [] for person in page}
        marks = ", ".join("?" * len(ids))
        for identity in store.select(Identity, f"WHERE contact IN ({marks}) ORDER BY channel, handle", *ids):
            ids[identity.contact].append(identity)
        for person in page:
            if not wanted or any(wanted in text.casefold() for text in _texts(person, ids[person.id])):
                yield person, ids[person.id]


def _texts(person: Contact, identities: list[Identity]) -> list[str]:
    return [person.name, *(text for one in identities for text in (one.name, one.username, one.handle, one.phone))]
