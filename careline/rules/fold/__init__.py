"""What follows from an event: the rows as they are after it.

``keys(entry)`` names the rows an event reads or changes, ``fold(entry, get)`` gives the changed ones. Both know nothing but the
event and those rows, and never fail: the same journal gives the same rows for ever, live or rebuilt.

What *we* did follows the order of the journal. What a customer is *owed* follows the platform's time.
"""

from __future__ import annotations

from careline.events import Entry
from careline.model import Row
from careline.rules.fold import chats, customers, followers, history, kf, outgoing, setup, subscriptions
from careline.rules.fold.parts import Folding, Get, Key

_FOLDS: dict[type, Folding] = {
    **setup.FOLDS,
    **customers.FOLDS,
    **chats.FOLDS,
    **outgoing.FOLDS,
    **kf.FOLDS,
    **subscriptions.FOLDS,
    **followers.FOLDS,
    **history.FOLDS,
}


def keys(entry: Entry) -> list[Key]:
    """The rows that ``fold`` may read or change for this entry: a few, whatever the size of the store."""
    return [key for key in _FOLDS[type(entry.event)][0](entry) if None not in key and "" not in key[1:]]


def fold(entry: Entry, get: Get) -> list[Row]:
    """The rows changed by ``entry``, of those that ``keys`` names; ``get(kind, *key)`` gives a row as it stands before."""
    return list(_FOLDS[type(entry.event)][1](entry, entry.event, get))
