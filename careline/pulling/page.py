"""One page of messages becomes events, together with the cursor of the next: both are there or neither is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import Struct

from careline.channels.wecom import policy
from careline.channels.wecom.customers import Customer
from careline.channels.wecom.hear import hear_item
from careline.channels.wecom.item import inner, said
from careline.channels.wecom.pulls import Page
from careline.clock import HOUR
from careline.events import AccountNoticed, ContactNamed, Content, Entry, KfPulled
from careline.heard import Heard, HeardAct, HeardEcho, HeardMessage, Who
from careline.model import Alias, Channel, Contact, Conversation, Identity, KfAccount, Notice
from careline.rules.decide.inbound import decide, key_of
from careline.rules.times import rfc3339, say_duration
from careline.rules.window import Policy
from careline.store.base import Change, Store
from careline.store.working import Working


class Entered(Struct, frozen=True):
    """Somebody opened the chat, and ``code`` is good for one greeting until ``until_at``."""

    handle: str
    code: str
    until_at: int


class Kept(Struct, frozen=True):
    """What a page came to: items that were ``new``, items that were ``known``, who entered.

    ``lost`` says in words that something may be missing before it.
    """

    new: int = 0
    known: int = 0
    entered: tuple[Entered, ...] = ()
    lost: str = ""


def keep(
    store: Store, channel: Channel, account: str, before: str, page: Page, named: Mapping[str, Customer], rules: Policy
) -> Kept:
    """Write a page that was asked for from the cursor ``before``, with the names of its customers as far as they are known.

    Nothing when another puller was faster.
    """

    def change(change: Change) -> Kept:
        row = change.rows.get(KfAccount, channel.name, account)
        if row is not None and row.cursor != before:
            return Kept()
        news = [hear_item(item, account, change.now) for item in page.items]
        _preload(change.rows, channel.name, news)
        lost = _lost(change, channel, row, page)
        new, entered = 0, []
        for item, heard in zip(page.items, news, strict=True):
            twin = _twin(change.rows, channel, heard)
            entries = decide(heard, channel, change.rows, rules, store.store_id, change.now)
            change.record([*entries, *_flagged(change, channel, heard, twin)] if entries else ())
            new += bool(entries)
            if entries and isinstance(heard, HeardMessage | HeardEcho | HeardAct):
                change.record(_named(change, channel, heard.who, named))
                if found := _entered(item, heard):
                    entered.append(found)
        if page.items or page.cursor != before or _is_old(row, change.now):
            pulled = KfPulled(account=account, cursor=page.cursor, items=new, more=page.more)
            change.record([Entry(event=pulled, channel=channel.name, occurred_at=change.now, actor="platform")])
        return Kept(new, len(news) - new, tuple(entered), lost)

    return store.change(change)


def unnamed(store: Store, channel: Channel, account: str, page: Page) -> list[str]:
    """The external_userids on a page whom nobody has named yet."""
    items = [hear_item(item, account, 0) for item in page.items]
    people = {one.who.handle: one.who.person for one in items if isinstance(one, HeardMessage | HeardEcho | HeardAct)}
    known = store.load(Identity, ((channel.name, handle) for handle in people))
    named = {handle for (_, handle), row in known.items() if row.name}
    return list(dict.fromkeys(user for handle, user in people.items() if user and handle not in named))


def _named(change: Change, channel: Channel, who: Who, named: Mapping[str, Customer]) -> list[Entry]:
    """Their name, and their unionid as another id of theirs, where WeCom told them and the journal does not have the name."""
    identity, told = change.rows.get(Identity, channel.name, who.handle), named.get(who.person)
    if identity is None or told is None or not told.name or identity.name == told.name:
        return []
    new = told.unionid and change.rows.get(Alias, channel.name, told.unionid) is None
    content = Content(handle=who.handle, name=told.name, others=(("unionid", told.unionid),) if new else ())
    event = ContactNamed(content=content)
    return [Entry(event=event, channel=channel.name, contact=identity.contact, occurred_at=change.now, actor="platform")]


def _is_old(row: KfAccount | None, now: int) -> bool:
    """True when it is time to note that everything is fetched: once an hour, or the journal would hold little else."""
    return row is None or row.pulled_at is None or now - row.pulled_at >= HOUR


def _twin(rows: Working, channel: Channel, heard: Heard) -> bool:
    """True when another message has the same id: some pages repeat one on different messages."""
    return (
        isinstance(heard, HeardMessage | HeardEcho) and bool(heard.id) and rows.message_of(channel.name, heard.id) is not None
    )


def _flagged(change: Change, channel: Channel, heard: Heard, twin: bool) -> list[Entry]:
    if not twin or not isinstance(heard, HeardMessage | HeardEcho):
        return []
    return [
        _notice(change, channel, heard.at, "kf_same_id", "two different messages share one id of WeCom's", heard.raw, heard.key)
    ]


def _lost(change: Change, channel: Channel, row: KfAccount | None, page: Page) -> str:
    """Note that messages may be missing, when the first ones come after more than the three days that WeCom keeps them."""
    if row is None or row.pulled_at is None or not page.items or change.now - row.pulled_at <= policy.KEPT:
        return ""
    since, until = row.pulled_at, change.now - policy.KEPT
    words = (
        f"{row.name or row.id}: nothing was pulled for {say_duration(change.now - since)}, and WeCom keeps three days; "
        f"messages from {rfc3339(since)} to {rfc3339(until)} may be lost"
    )
    key = f"lost:{row.id}:{since}"
    if not change.rows.knows(channel.name, f"notice:{key}"):
        change.record([_notice(change, channel, change.now, "kf_messages_lost", words, "", key)])
    return words


def _notice(change: Change, channel: Channel, at: int, kind: str, words: str, raw: str, key: str) -> Entry:
    event = AccountNoticed(notice=change.rows.new_id(Notice), kind=kind, summary=words, content=Content(raw=raw))
    return Entry(event=event, channel=channel.name, occurred_at=at, actor="platform", key=f"notice:{key}")


def _entered(item: object, heard: HeardMessage | HeardEcho | HeardAct) -> Entered | None:
    """Whom WeCom lets us greet."""
    code = said(inner(item, "event"), "welcome_code")
    if not isinstance(heard, HeardAct) or heard.kind != "enter" or not code:
        return None
    return Entered(heard.who.handle, code, heard.at + policy.WELCOME_WITHIN)


def digest(text: str) -> str:
    """A name for a code or an id that may stand anywhere."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _preload(rows: Working, channel: str, news: list[Heard]) -> None:
    """Read together what deciding will ask for. Forgetting one costs time, nothing else."""
    rows.load_keys((channel, key) for one in news if (key := key_of(one)) is not None)
    rows.load_platform_ids((channel, one.id) for one in news if isinstance(one, HeardMessage | HeardEcho) and one.id)
    people = {(channel, one.who.handle): None for one in news if isinstance(one, HeardMessage | HeardEcho | HeardAct)}
    people |= {(channel, one.who.person): None for one in news if isinstance(one, HeardMessage | HeardEcho | HeardAct)}
    identities = rows.load(Identity, people)
    if aliases := rows.load(Alias, people):
        identities += rows.load(Identity, ((alias.channel, alias.handle) for alias in aliases))
    rows.load(Contact, ((one.contact,) for one in identities))
    rows.load(Conversation, ((one.conversation,) for one in identities if one.conversation is not None))
