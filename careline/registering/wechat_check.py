"""The findings of WeChat's health ladder: each a pure function of what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from careline.channels.wechat import policy
from careline.channels.wechat.answered import separated
from careline.channels.wechat.standing import Probe, Quota
from careline.model import Channel, Code, Finding
from careline.rules.times import rfc3339
from careline.store.base import Store

NEAR = 0.8  # of a quota, or of the codes that an account may ever have
LATEST = 200  # payloads that are looked at for how pushes come


def permissions(may: Mapping[str, bool | None]) -> Iterator[Finding]:
    """What kind of account it seems to be, and each function that it lacks."""
    lacking = [function for function, granted in may.items() if granted is False]
    kind = _kind(may)
    told = f"by what it may do {kind}: {', '.join(f for f, granted in may.items() if granted) or 'nothing that was asked'}"
    yield Finding("account", "ok", "account", told, observed=kind)
    for function in lacking:
        words = f"{function}: not granted to this account"
        yield Finding("permission", "ok", "not_granted", words, platform_code="48001", observed=function)


def _kind(may: Mapping[str, bool | None]) -> str:
    if may.get("followers") is None:
        return "an account of a kind that WeChat does not tell"
    if not may["followers"]:
        return "an unverified account"
    return "a verified subscription account" if may.get("template messages") is False else "a verified service account"


def quotas(found: Mapping[str, Quota | None]) -> Iterator[Finding]:
    """Each quota of which most is used; of those that are well the one with the largest share used."""
    well: list[tuple[float, str]] = []
    for path, quota in found.items():
        if quota is None or quota.daily_limit < 1:  # a call that the account does not have
            continue
        name = path.removeprefix("/cgi-bin/")
        words = f"{name}: {quota.used:,} of {quota.daily_limit:,} a day"
        if quota.used < NEAR * quota.daily_limit:
            well.append((quota.used / quota.daily_limit, words))
            continue
        level, code = ("error", "quota_used_up") if quota.used >= quota.daily_limit else ("warning", "quota_near")
        told = f"{words}; it starts anew at 00:00 in Beijing (16:00 UTC)"
        yield Finding("quota", level, code, told, observed=str(quota.used), expected=str(quota.daily_limit))
    if well:
        yield Finding("quota", "ok", "quota", f"{len(well)} are well, most used is {max(well, key=lambda one: one[0])[1]}")


def probe(found: Probe) -> Finding:
    """What WeChat finds of the address in its console."""
    told = f"WeChat finds {', '.join(found.addresses) or 'no address'}, {found.lost or '?'} of packets lost"
    lost = found.lost.strip().rstrip("%")
    bad = not found.addresses or (lost.replace(".", "", 1).isdigit() and float(lost) >= 50)
    return Finding("probe", "warning" if bad else "ok", "probe_lost" if bad else "probe", told, observed=found.lost)


def codes(channel: Channel, store: Store) -> Finding:
    """How many of the permanent codes that an account can ever have are in the ledger: none is ever given back."""
    made, most = store.count(Code, "WHERE channel = ? AND permanent = 1", channel.name), policy.PERMANENT_SCENES
    told = f"{made:,} of {most:,} permanent codes are made here, and none can be deleted"
    near = made >= NEAR * most
    return Finding("codes", "warning" if near else "ok", "codes_near" if near else "codes", told, observed=str(made))


def mode(channel: Channel, store: Store) -> Finding:
    """How pushes come, by the newest that is kept, and whether those that anybody could forge are heard."""
    newest = next((one for one in store.inbound.latest(LATEST) if one.channel == channel.name), None)
    seen = "none has come lately" if newest is None else separated(newest.body)[1].mode or "encrypted"
    told = f"pushes: {seen}" if newest is None else f"the last push was {seen}"
    if not channel.accepts_plain:
        return Finding("mode", "ok", "encrypted_only", f"{told}; only encrypted ones are heard", observed=seen)
    remedy = f"careline channels update {channel.name} --encrypted-only"
    return Finding(
        "mode",
        "warning",
        "plain_accepted",
        f"{told}; unencrypted ones are heard, and whoever sees one address can forge them",
        remedy,
        observed=seen,
        expected="encrypted",
    )


def key(channel: Channel, now: int) -> Iterator[Finding]:
    """That a key is being changed: pushes under the one before are heard for as long as they may be on their way."""
    until = channel.previous_until_at
    if until is not None and now < until:
        told = f"pushes under the EncodingAESKey of before are heard until {rfc3339(until)}"
        yield Finding("key", "ok", "key_changing", told, observed=rfc3339(until))


def autoreplies(*, on: bool) -> Finding:
    """Whether WeChat's console would answer by itself."""
    told = (
        "the console's own replies are on, and stop while an address is set" if on else "the console has no replies of its own"
    )
    return Finding("autoreplies", "ok", "autoreplies", told, observed="on" if on else "off")
