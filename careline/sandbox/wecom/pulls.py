"""kf/sync_msg: an account's log, page by page, from a cursor of its own.

A page may be empty although there is more, and shorter than was asked for: ``wecom_empty`` and ``wecom_page`` make it so.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from careline.sandbox.phone import Json
from careline.sandbox.wecom.call import OK, Call, Routes
from careline.sandbox.wecom.errors import WeComError
from careline.sandbox.wecom.log import kept

MOST = 1000
_CURSOR = re.compile(r"kf:([0-9]{1,12}):([0-9]{1,6})")


def _sync(call: Call) -> Json:
    account, settings = call.account(), call.sandbox.world.settings
    limit = _number(call, "limit", MOST)
    if not 1 <= limit <= MOST or _number(call, "voice_format", 0) not in (0, 1):
        raise WeComError(40058)
    token = call.text("token")
    if token:
        known = call.company.nudges.get(token)
        if known is None or known.account != account.id or call.now >= known.ends_at:
            raise WeComError(95007)
    seq, empty = _place(call.text("cursor"))
    waiting = [one for one in kept(call.sandbox, account) if one.seq > seq]
    if waiting and empty < settings.wecom_empty:
        return OK | {"next_cursor": _cursor(seq, empty + 1), "has_more": 1, "msg_list": []}
    page = waiting[: min(limit, settings.wecom_page or limit)]
    after = page[-1].seq if page else seq
    return OK | {
        "next_cursor": _cursor(after, 0),
        "has_more": int(len(page) < len(waiting)),
        "msg_list": [one.item for one in page],
    }


def _number(call: Call, name: str, default: int) -> int:
    value: Any = call.sent.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WeComError(40058, f"{name} should be uint32")
    return value


def _cursor(seq: int, empty: int) -> str:
    return base64.urlsafe_b64encode(f"kf:{seq}:{empty}".encode()).decode()


def _place(cursor: str) -> tuple[int, int]:
    """The place a cursor names; the beginning without one. Raises WeComError for one that nobody gave out."""
    if not cursor:
        return 0, 0
    try:
        found = _CURSOR.fullmatch(base64.urlsafe_b64decode(cursor).decode())
    except ValueError:
        found = None
    if found is None:
        raise WeComError(40058, "invalid cursor")
    return int(found[1]), int(found[2])


ROUTES: Routes = {("POST", "/cgi-bin/kf/sync_msg"): _sync}
