"""What WeCom allows a customer service account, as data.

A customer's message opens 48 hours for five messages, and each further one begins anew. Entering opens nothing: a welcome code
is good for one greeting and counts against no window. What servicers write in WeCom is not stated to count, and is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.clock import DAY, HOUR, SECOND
from careline.rules.window import Grant

GRANTS: Mapping[str, Grant] = {"message": Grant(5, 48 * HOUR)}

PUSH_BYTES = 16 * 1024  # of one nudge: they have some five hundred bytes

KEPT = 3 * DAY  # WeCom keeps what was not pulled for so long, then it is lost
ALARM = 48 * HOUR  # without a pull: a day is left
PAGE = 1000  # messages in one page, at most
MEDIA_KEPT = 3 * DAY

WELCOME_WITHIN = 20 * SECOND

TEXT_BYTES = 2048
MENU_ITEMS = 10
HEAD_BYTES = 1024
MSGID = 32  # characters of 0-9 A-Z a-z _ -
SCENE = 32  # of the same characters
NAME = 16  # characters of an account's name
TOGETHER = 100  # customers, servicers in one call
DEPARTMENTS = 20

NEW, BOT, POOL, HUMAN, ENDED = "new", "bot", "pool", "human", "ended"
STATES = (NEW, BOT, POOL, HUMAN, ENDED)  # service_state 0 to 4
SENDABLE = (NEW, BOT)  # the API may write in these alone
NEXT: Mapping[str, tuple[str, ...]] = {  # what service_state/trans may make of a state
    NEW: (BOT, POOL, HUMAN, ENDED),
    BOT: (POOL, HUMAN, ENDED),
    POOL: (HUMAN, ENDED),
    HUMAN: (HUMAN, ENDED),
    ENDED: (),
}
