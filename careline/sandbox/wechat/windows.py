"""How many messages WeChat lets through to a customer, and until when.

WeChat, since 2023-06-12: a message allows 5 within 48 hours; following, scanning a code and tapping the menu allow 3 within a
minute; paying allows any number within 48 hours. How these add up is documented for mini programs only: the counts do not add
up, the larger one and the later end win.
"""

from __future__ import annotations

from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Grant

MINUTE = 60 * 1_000_000
OPENS: dict[str, tuple[int | None, int]] = {  # messages (None: any number), and for how long
    "message": (5, 48 * 60 * MINUTE),
    "menu_tap": (3, MINUTE),
    "follow": (3, MINUTE),
    "scan": (3, MINUTE),
    "payment": (None, 48 * 60 * MINUTE),
}


def opened(grants: list[Grant], act: str, now: int, merge: str) -> list[Grant]:
    """The grants after ``act``. ``max`` makes one of them all, ``each`` replaces the last of its kind."""
    count, lasting = OPENS[act]
    running = [one for one in grants if now < one.ends_at]
    if merge == "each":
        return [*(one for one in running if one.kind != act), Grant(act, count, now + lasting)]
    left = _most([count, *(one.left for one in running)])
    return [Grant(act, left, max([now + lasting, *(one.ends_at for one in running)]))]


def spend(grants: list[Grant], now: int) -> None:
    """Take one message from every grant that runs. Raises WeChatError: 45015 none runs, 45047 none has any left."""
    running = [one for one in grants if now < one.ends_at]
    if not running:
        raise WeChatError(45015)
    if _most([one.left for one in running]) == 0:
        raise WeChatError(45047)
    for one in running:
        one.left = None if one.left is None else max(0, one.left - 1)


def left(grants: list[Grant], now: int) -> int | None:
    """How many messages may go out now; None for any number."""
    return _most([one.left for one in grants if now < one.ends_at])


def _most(counts: list[int | None]) -> int | None:
    """The largest; no limit is more than any count."""
    return None if None in counts else max((count for count in counts if count is not None), default=0)
