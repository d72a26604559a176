"""What a push says about the account and no customer: told in a sentence, kept whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from careline.channels.tencent.instants import instant
from careline.channels.tencent.parse import Node
from careline.channels.wechat.told import Told
from careline.heard import HeardNotice

_LONGEST = 200  # characters of a reason that WeChat's reviewers wrote


def notice(told: Told) -> HeardNotice:
    """The news under the event's own name in lower case. One we do not know is said to be that."""
    event = told.node.said("Event").lower()
    return HeardNotice(
        key=told.key(told.digest),
        at=told.at,
        kind=event or "event",
        summary=_SUMMARIES.get(event, _unknown)(told.node),
        verify_by_at=instant(told.node.said("ExpiredTime")) if event in _VERIFIES else None,
        alert=_ALERTS.get(event, ""),
        raw=told.whole,
    )


def _unknown(node: Node) -> str:
    return "an event that careline does not know"


def _mass_sent(node: Node) -> str:
    total, sent, failed = (node.said(name) or "?" for name in ("TotalCount", "SentCount", "ErrorCount"))
    return f"mass message {node.said('MsgID')}: {node.said('Status')}; {sent} of {total} sent, {failed} failed"


def _published(node: Node) -> str:
    result = node.one("PublishEventInfo")
    return f"publication {result.said('publish_id')} ended with status {result.said('publish_status')}"


def _verified(what: str) -> Callable[[Node], str]:
    return lambda node: f"{what} is verified until {_day(node.said('ExpiredTime'))}"


def _not_verified(what: str) -> Callable[[Node], str]:
    return lambda node: f"{what} was not verified: {node.said('FailReason')[:_LONGEST]}"


def _day(seconds: str) -> str:
    """The day in UTC, or the words themselves where they are no instant."""
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return seconds or "an unknown day"


_VERIFIES = {"qualification_verify_success", "naming_verify_success", "annual_renew", "verify_expired"}
_ALERTS = {
    "annual_renew": "warning",
    "verify_expired": "error",
    "qualification_verify_fail": "warning",
    "naming_verify_fail": "warning",
}
_SUMMARIES: dict[str, Callable[[Node], str]] = {
    "masssendjobfinish": _mass_sent,
    "freepublishjobfinish": _published,
    "qualification_verify_success": _verified("the company"),
    "qualification_verify_fail": _not_verified("the company"),
    "naming_verify_success": _verified("the name"),
    "naming_verify_fail": _not_verified("the name"),
    "annual_renew": lambda node: f"the yearly verification must be renewed before {_day(node.said('ExpiredTime'))}",
    "verify_expired": lambda node: f"the verification ended on {_day(node.said('ExpiredTime'))}: WeChat takes functions away",
}
