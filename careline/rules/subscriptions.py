"""How many notifications a person may still be sent by one template: what they granted, less what was used of it.

What is kept are facts with their times, so that news that comes late or out of order gives the same answer. Nothing is known
before careline listened: WeChat tells of each answer once, and has no call that lists them.
"""

from __future__ import annotations

from msgspec.structs import replace

from careline.model import Spent, Subscription

NOTICE = "notice"  # a template whose messages go to any follower
ONCE = "subscription"  # one whose go by a grant: each is good for one
LASTING = "subscription_lasting"  # one whose go by a grant that is good until it is withdrawn
SUBSCRIPTIONS = (ONCE, LASTING)
WECHATS = (NOTICE, *SUBSCRIPTIONS)  # the categories that a WeChat account's templates have here

KEPT = 40  # grants of one person for one template: a popup adds one, and a message takes one


def left(row: Subscription | None) -> int:
    """The grants that are not used up; those up to a withdrawal are void."""
    if row is None:
        return 0
    void = -1 if row.void_at is None else row.void_at
    granted = sum(1 for at in row.granted if at > void)
    return max(0, granted - sum(1 for one in row.used if one.at > void))


def granted(row: Subscription, at: int) -> Subscription:
    """With one more grant. Above forty, the oldest goes, and the oldest use with it."""
    grants, used = sorted((*row.granted, at)), row.used
    if len(grants) > KEPT:
        grants, used = grants[1:], used[1:]
    return replace(row, granted=tuple(grants), used=used)


def used(row: Subscription, at: int, message: int) -> Subscription:
    """With a message that went out, or may have."""
    spent = sorted({*row.used, Spent(at, message)}, key=lambda one: (one.at, one.message))
    return replace(row, used=tuple(spent[-KEPT:]))


def given_back(row: Subscription, message: int) -> Subscription:
    """Without a message that provably did not go out."""
    return replace(row, used=tuple(one for one in row.used if one.message != message))


def voided(row: Subscription, at: int) -> Subscription:
    """With every grant up to ``at`` void: the person withdrew it, or WeChat says that there is none."""
    return replace(row, void_at=max(row.void_at or 0, at))


def state(row: Subscription) -> str:
    """In a word: granted, used, void, rejected."""
    if left(row):
        return "granted"
    last = max(row.granted, default=-1)
    rejected, void = row.rejected_at or -1, row.void_at or -1
    if rejected > max(last, void):
        return "rejected"
    return "void" if void >= last and row.void_at is not None else "used"
