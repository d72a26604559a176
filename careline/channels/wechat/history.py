"""What passed the desk that is built into WeChat: its records, a day at a time.

Records have no id of their own, and of media they hold no more than what it was. What was answered through the API is in none.
"""

from __future__ import annotations

from msgspec import Struct

from careline.channels.tencent.door import Door
from careline.heard import HeardRecord

MOST = 10_000  # records a call
FIRST = 1  # the msgid to begin with
SENT, RECEIVED, RECEIVED_BY_ACCOUNT = 2002, 2003, 2001
SIDES = {SENT: "out", RECEIVED: "in", RECEIVED_BY_ACCOUNT: "in"}
MEDIA = {"[image]": "image", "[voice]": "audio", "[video]": "video", "[shortvideo]": "video"}


class Page(Struct, frozen=True):
    """Some records in the order WeChat tells them, and the msgid that goes on from there: None when that was all."""

    records: tuple[HeardRecord, ...]
    next: int | None
    others: int = 0  # lines that are no messages: who accepted, passed on, closed


class History:
    """The records of one Official Account's desk."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def page(self, since_s: int, until_s: int, msgid: int, number: int) -> Page:
        """The records from ``since_s`` up to ``until_s`` (Unix seconds, 24 hours apart at most) that follow ``msgid``."""
        body = {"starttime": since_s, "endtime": until_s, "msgid": msgid, "number": number}
        found = await self._door.post(_Found, "/customservice/msgrecord/getmsglist", body, may_change=False)
        # An older desk may note a message twice: when the account received it, and when an agent did.
        accepted = {(row.openid, row.time, row.text) for row in found.recordlist if row.opercode == RECEIVED}
        lines = [row for row in found.recordlist if row.opercode in SIDES]
        told = [
            _record(row, until_s)
            for row in lines
            if row.opercode != RECEIVED_BY_ACCOUNT or (row.openid, row.time, row.text) not in accepted
        ]
        count = len(found.recordlist) if found.number is None else found.number
        more = count >= number and found.recordlist and found.msgid is not None and found.msgid > msgid
        return Page(tuple(told), found.msgid if more else None, len(found.recordlist) - len(told))


class _Line(Struct):
    openid: str
    opercode: int
    time: int
    text: str = ""
    worker: str = ""


class _Found(Struct):
    """An answer. Older ones have neither a number nor a msgid."""

    recordlist: list[_Line] = []
    number: int | None = None
    msgid: int | None = None


def _record(row: _Line, until_s: int) -> HeardRecord:
    """The line. One from after the time that was asked for is from its end: no number may be too large to be kept."""
    kind = MEDIA.get(row.text.strip().lower(), "text")
    return HeardRecord(
        openid=row.openid.strip(),
        at_s=min(max(0, row.time), until_s),
        opercode=row.opercode,
        direction=SIDES[row.opercode],
        kind=kind,
        text=row.text if kind == "text" else "",
        worker=row.worker.strip().partition("@")[0].strip(),
        raw=row.text if kind != "text" else "",
    )
