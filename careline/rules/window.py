"""When a customer may be written to freely, and how many times.

A customer's act opens a window. Windows overlap but never add up: a message of ours counts against all that are open when it
goes out. What is kept are facts (the latest act of each kind, our newest messages), so that news arriving late or out of order
gives the same answer. Instants and lengths are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from careline.clock import DAY, SECOND
from careline.errors import Usage
from careline.model import Identity, Opening, Spent
from careline.rules.times import parse_duration

KEPT_SPENT = 40  # twice the largest quota a platform has ever granted (20), so that dropping the oldest changes no count
MARGIN = 120 * SECOND  # the platform's clock decides, not ours


class Grant(Struct, frozen=True):
    """What one kind of act opens: ``messages`` (None: any number) for ``lasting``."""

    messages: int | None
    lasting: int


def grant(text: str) -> Grant | None:
    """What ``5/48h`` grants: so many messages (``none``: without a limit) for so long; None for ``off``.

    Raises Usage for what is none of these, and for more messages than are remembered.
    """
    if text == "off":
        return None
    messages, _, lasting = text.partition("/")
    if messages != "none" and not (messages.isascii() and messages.isdigit() and 1 <= int(messages[:6]) <= KEPT_SPENT):
        raise Usage(
            f"{text!r} grants nothing.",
            hint=f"MESSAGES/LENGTH, as 5/48h: 1 to {KEPT_SPENT} messages, none for any number; or off",
        )
    return Grant(None if messages == "none" else int(messages), parse_duration(lasting))


class Policy(Struct, frozen=True):
    """What a platform allows on a channel, and how long a resolved chat goes on with the next message."""

    grants: Mapping[str, Grant]
    reopen_within: int = DAY


class Window(Struct, frozen=True):
    """One window as it stands: ``left`` messages (None: any number) before ``ends_at``, of which ``used`` are gone."""

    opened_by: str
    opened_at: int
    ends_at: int
    quota: int | None
    used: int

    @property
    def left(self) -> int | None:
        """Messages left; None when there is no limit."""
        return None if self.quota is None else max(0, self.quota - self.used)

    def is_open(self, now: int) -> bool:
        """True before the end, with a message left. The end itself is closed."""
        return now < self.ends_at and self.left != 0

    def is_safe(self, now: int) -> bool:
        """True when it will still be open on arrival: until two minutes before the end, or a twelfth of a short window."""
        margin = min(MARGIN, (self.ends_at - self.opened_at) // 12)
        return self.is_open(now + margin)


def with_opening(openings: tuple[Opening, ...], new: Opening) -> tuple[Opening, ...]:
    """The latest opening of each kind, sorted by kind. The order in which they are added does not matter."""
    if len(openings) == 1 and openings[0].kind == new.kind:  # nearly always
        known = openings[0]
        return (new,) if (known.at, known.ends_at) < (new.at, new.ends_at) else openings
    latest = {opening.kind: opening for opening in openings}
    before = latest.get(new.kind)
    if before is None or (before.at, before.ends_at) < (new.at, new.ends_at):
        latest[new.kind] = new
    return tuple(latest[kind] for kind in sorted(latest))


def with_spent(spent: tuple[Spent, ...], new: Spent) -> tuple[Spent, ...]:
    """Our newest messages, oldest first, with ``new`` among them."""
    return tuple(sorted({*spent, new}, key=lambda s: (s.at, s.message))[-KEPT_SPENT:])


def without_spent(spent: tuple[Spent, ...], message: int) -> tuple[Spent, ...]:
    """The same without a message that provably never went out."""
    return tuple(s for s in spent if s.message != message)


def windows(identity: Identity) -> tuple[Window, ...]:
    """Every window this person's last acts opened, open or not, the latest end first. An unfollow voids those before it."""
    found = [
        Window(o.kind, o.at, o.ends_at, o.quota, sum(1 for s in identity.spent if s.at >= o.at))
        for o in identity.openings
        if identity.shut_at is None or o.at > identity.shut_at
    ]
    return tuple(sorted(found, key=lambda w: (-w.ends_at, w.opened_by)))


def best(found: tuple[Window, ...], now: int) -> Window | None:
    """The open window to use: the one with most messages left, then the latest end. None when all are closed."""
    return max(
        (w for w in found if w.is_open(now)),
        key=lambda w: (w.left is None, w.left or 0, w.ends_at),
        default=None,
    )


def usable(found: tuple[Window, ...], now: int) -> Window | None:
    """Like ``best``, among those that will still be open when a message sent now arrives."""
    return best(tuple(w for w in found if w.is_safe(now)), now)
