"""What a platform told us, in words that no platform owns: what ``hear`` returns and ``decide`` reads.

Channels turn raw bytes into these and nothing else; they decide nothing. Instants are microseconds UTC at the platform's own
clock. Ids are opaque text: never parsed, never refused for their form.
"""

from __future__ import annotations

from msgspec import Struct

from careline.model import Media, Problem


class Who(Struct, gc=False, frozen=True):
    """A person as one message names them. ``handle`` is what keys the identity; ``others`` are further (kind, id) pairs.

    Without any id the handle is ``anonymous:<message id>`` and the kind ``anonymous``: nobody is invented, nothing dropped.
    """

    handle: str
    kind: str  # wa_phone, wa_bsuid, wechat_openid, anonymous
    others: tuple[tuple[str, str], ...] = ()
    name: str = ""
    username: str = ""
    phone: str = ""  # E.164 digits with +, where the platform gave one


class HeardMessage(Struct, gc=False, frozen=True, tag=True):
    """A customer's message. ``kind`` ``unsupported`` keeps everything in ``raw``.

    ``act`` names what it does to the window (``message``, ``menu_tap``; empty: nothing) and ``asks`` says whether somebody
    should answer (a reaction or a number change asks for nothing).
    """

    key: str  # what the platform repeats; empty: cannot be recognised again
    id: str
    at: int
    who: Who
    kind: str
    text: str = ""
    media: Media | None = None
    action: str = ""
    reply_to: str = ""
    act: str = "message"
    asks: bool = True
    source: str = ""  # ad, code, …: where the customer came from, if the message says so
    clock: str = "platform"  # or "received", when the platform's time could not be read
    raw: str = ""  # the item as it came, where it holds more than the fields above


class HeardEcho(Struct, gc=False, frozen=True, tag=True):
    """A message that one of us wrote to ``who`` on the phone that shares the number with us."""

    key: str
    id: str
    at: int
    who: Who
    kind: str
    text: str = ""
    media: Media | None = None
    reply_to: str = ""
    raw: str = ""


class HeardAct(Struct, gc=False, frozen=True, tag=True):
    """Something a customer did other than writing: follow, unfollow, scan, menu_tap, view, location, payment…

    ``opens`` is the kind of window it opens (empty: none).
    """

    key: str
    at: int
    who: Who
    kind: str
    opens: str = ""
    scene: str = ""  # of a code, without any prefix
    ticket: str = ""
    value: str = ""  # menu key, url, coordinates
    raw: str = ""


class HeardStatus(Struct, gc=False, frozen=True, tag=True):
    """What became of a message of ours: ``sent delivered read played failed deleted``, or a word we do not know."""

    key: str
    at: int
    id: str
    state: str
    ours: str = ""  # biz_opaque_callback_data
    error: Problem | None = None
    raw: str = ""


class HeardTemplate(Struct, gc=False, frozen=True, tag=True):
    """News of a template: any field that is empty was not told."""

    key: str
    at: int
    account: str
    id: str
    name: str
    language: str
    state: str = ""
    reason: str = ""
    category: str = ""
    quality: str = ""
    previous_category: str = ""
    correct_category: str = ""  # what it will be filed under at ``category_at``
    category_at: int | None = None
    told: str = ""  # JSON of the parts whose words were told
    raw: str = ""


class HeardNotice(Struct, gc=False, frozen=True, tag=True):
    """News about the account, or something we do not understand: kept whole, concerns no customer."""

    key: str
    at: int
    kind: str
    summary: str = ""
    raw: str = ""


Heard = HeardMessage | HeardEcho | HeardAct | HeardStatus | HeardTemplate | HeardNotice
