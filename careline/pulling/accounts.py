"""The customer service accounts as the journal knows them, and how long ago each was pulled."""

from __future__ import annotations

from collections.abc import Iterable

from careline.channels.wecom import policy
from careline.channels.wecom.account import Account
from careline.clock import SECOND
from careline.errors import NotFound, Usage
from careline.events import AccountNoticed, Entry, KfReported
from careline.model import Channel, Finding, KfAccount, Notice
from careline.rules.times import rfc3339, say_duration
from careline.store.base import Change, Store


def known(store: Store, channel: Channel) -> list[KfAccount]:
    """The accounts that are there, by name."""
    return list(store.select(KfAccount, "WHERE channel = ? AND state = 'active' ORDER BY name, id", channel.name))


def one(store: Store, channel: Channel, name: str | None) -> KfAccount:
    """The account of that id or name, or the only one. Raises NotFound, or Usage when there are several."""
    found = known(store, channel)
    chosen = [row for row in found if name in (row.id, row.name)] if name else found
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"{row.name} ({row.id})" for row in found)
    if not chosen:
        raise NotFound(
            f"{channel.name} has no customer service account {name!r}." if name else f"{channel.name} has no account yet.",
            code="unknown_account",
            hint=f"There are: {names}." if names else "",
            run=f"careline channels accounts {channel.name}",
        )
    if name:
        raise Usage(f"{len(chosen)} accounts are called {name}: name one by its id.", code="account_missing", hint=names)
    raise Usage("Which customer service account? --account says it.", code="account_missing", hint=f"There are: {names}.")


def note(store: Store, channel: Channel, found: Iterable[Account], actor: str) -> None:
    """Note the accounts that WeCom lists: what changed alone. One that it lists no more is removed."""

    def change(change: Change) -> None:
        listed = list(found)
        for one in listed:
            row = change.rows.get(KfAccount, channel.name, one.id)
            managed = one.managed if one.managed is not None else row.managed if row is not None else None
            if row is None or (row.name, row.managed, row.state) != (one.name, managed, "active"):
                report(change, channel, KfReported(account=one.id, name=one.name, managed=managed, state="active"), actor)
        here = {one.id for one in listed}
        for row in known(store, channel):
            if row.id not in here:
                report(change, channel, KfReported(account=row.id, state="removed"), actor)

    store.change(change)


def report(change: Change, channel: Channel, event: KfReported, actor: str) -> None:
    """Record one piece of news of an account."""
    change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor=actor)])


def horizon(rows: Iterable[KfAccount], channel: Channel, now: int) -> list[Finding]:
    """How long ago each account was pulled, against the three days that WeCom keeps messages."""
    found = []
    remedy = f"careline channels sync {channel.name}"
    for row in rows:
        name = row.name or row.id
        if row.managed is False:
            told = f"{name}: the API may not speak for it; switch it to API management in WeCom's console"
            found.append(Finding("account", "warning", "not_managed", told))
        if row.pulled_at is None:
            found.append(Finding("pull", "warning", "never_pulled", f"{name}: nothing was pulled yet", remedy))
            continue
        age = max(SECOND, now - row.pulled_at)
        told = f"{name}: pulled {say_duration(age)} ago"
        at = rfc3339(row.pulled_at)
        if age > policy.KEPT:
            found.append(
                Finding("pull", "error", "pull_lost", f"{told}; WeCom keeps three days: messages are lost", remedy, observed=at)
            )
        elif age > policy.ALARM:
            left = say_duration(policy.KEPT - age)
            found.append(
                Finding("pull", "error", "pull_late", f"{told}; in {left} WeCom begins to forget", remedy, observed=at)
            )
        else:
            found.append(Finding("pull", "ok", "pulled", told, observed=at))
    return found


def alarm(store: Store, channel: Channel) -> list[str]:
    """What to cry out: accounts that nobody pulled for 48 hours. Each outage is noted once in the journal."""
    late = [row for row in known(store, channel) if row.pulled_at is not None and store.now() - row.pulled_at > policy.ALARM]
    words = [finding.message for finding in horizon(late, channel, store.now()) if finding.check == "pull"]

    def change(change: Change) -> None:
        for row, told in zip(late, words, strict=True):
            key = f"notice:late:{row.id}:{row.pulled_at}"
            if not change.rows.knows(channel.name, key):
                event = AccountNoticed(notice=change.rows.new_id(Notice), kind="kf_pull_late", summary=told)
                entry = Entry(event=event, channel=channel.name, occurred_at=change.now, actor="auto:pull", key=key)
                change.record([entry])

    if late:
        store.change(change)
    return words
