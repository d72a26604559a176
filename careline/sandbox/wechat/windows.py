"""How many messages WeChat lets through to a customer, and until when.

WeChat, since 2023-06-12: a message allows 5 within 48 hours; following, scanning a code and tapping the menu allow 3 within a
minute. How these add up is documented for mini programs only: the counts do not add up, the larger one and the later end win.
"""

from __future__ import annotations

from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Grant

MINUTE = 60 * 1_000_000
OPENS: dict[str, tuple[int, int]] = {
    "message": (5, 48 * 60 * MINUTE),
    "menu_tap": (3, MINUTE),
    "follow": (3, MINUTE),
    "scan": (3, MINUTE),
}


def opened(grants: list[Grant], act: str, now: int, merge: str) -> list[Grant]:
    """The grants after ``act``. ``max`` makes one of them all, ``each`` replaces the last of its kind."""
    count, lasting = OPENS[act]
    running = [one for one in grants if now < one.ends_at]
    if merge == "each":
        return [*(one for one in running if one.kind != act), Grant(act, count, now + lasting)]
    left = max([count, *(one.left for one in running)])
    return [Grant(act, left, max([now + lasting, *(one.ends_at for one in running)]))]


def spend(grants: list[Grant], now: int) -> None:
    """Take one message from every grant that runs. Raises WeChatError: 45015 none runs, 45047 none has any left."""
    running = [one for one in grants if now < one.ends_at]
    if not running:
        raise WeChatError(45015)
    if not any(one.left for one in running):
        raise WeChatError(45047)
    for one in running:
        one.left = max(0, one.left - 1)


def left(grants: list[Grant], now: int) -> int:
    """How many messages may go out now."""
    return max((one.left for one in grants if now < one.ends_at), default=0)
