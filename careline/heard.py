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
    kind: str  # wa_phone, wa_bsuid, wechat_openid, wecom_external, anonymous
    others: tuple[tuple[str, str], ...] = ()
    name: str = ""
    username: str = ""
    phone: str = ""  # E.164 digits with +, where the platform gave one
    person: str = ""  # an id that the same person has elsewhere on this channel, where they are another identity


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
    """A message that one of us wrote to ``who``, on the phone that shares the number with us, or ``by`` name in WeCom."""

    key: str
    id: str
    at: int
    who: Who
    kind: str
    text: str = ""
    media: Media | None = None
    reply_to: str = ""
    raw: str = ""
    by: str = ""  # who wrote, where the platform tells


class HeardReply(Struct, gc=False, frozen=True, tag=True):
    """What the receiver answered a push at once, to ``who``. ``transfer`` is none for them: it hands them to the desk."""

    key: str
    at: int
    who: Who
    kind: str
    text: str = ""
    media: Media | None = None


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
    answers: tuple[tuple[str, str], ...] = ()  # of a subscription: (id of the template, accept reject withdraw)


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


class HeardRecord(Struct, gc=False, frozen=True):
    """One line of the history of a desk elsewhere. It has no id: ``at_s`` are whole seconds, and two lines may be alike.

    Of media only the ``kind`` is told. ``worker`` is whom the customer wrote with, without the account's suffix.
    """

    openid: str
    at_s: int
    opercode: int
    direction: str  # in, out
    kind: str
    text: str = ""
    worker: str = ""
    raw: str = ""  # what stood in the place of media


class HeardFollower(Struct, gc=False, frozen=True):
    """What a platform knows of somebody when it is asked. One who does not follow is told as that, with nothing else."""

    openid: str
    following: bool = True
    followed_at: int | None = None
    language: str = ""
    remark: str = ""  # what we call them
    tags: tuple[int, ...] = ()
    came_by: str = ""  # ADD_SCENE_QR_CODE…
    scene: str = ""
    numeric: bool = False  # of the scene
    unionid: str = ""


class HeardNotice(Struct, gc=False, frozen=True, tag=True):
    """News about the account, or something we do not understand: kept whole, concerns no customer."""

    key: str
    at: int
    kind: str
    summary: str = ""
    raw: str = ""
    verify_by_at: int | None = None  # where it tells up to when the account counts as verified
    alert: str = ""  # warning, error: where somebody must do something


Heard = HeardMessage | HeardEcho | HeardReply | HeardAct | HeardStatus | HeardTemplate | HeardNotice
