"""WeCom's errors: always HTTP 200, the number decides, and the text ends in a hint, the caller's address and a page."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.asgi import Answer, plain_json

TEXTS: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential",
    40003: "invalid userid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40033: "invalid charset",
    40035: "invalid parameter",
    40058: "invalid Request Parameter",
    40066: "invalid url",
    40096: "invalid external userid",
    40201: "account is banned from sending",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    47001: "data format error",
    48002: "api forbidden for the app",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    95000: "invalid open_kfid",
    95001: "send msg count limit",
    95002: "send msg time limit",
    95004: "open_kfid not exist",
    95007: "invalid msg token",
    95008: "menu list too long",
    95013: "conversation end",
    95014: "not a servicer",
    95016: "invalid session state transition",
    95017: "api function switch off",
    95018: "send msg session status invalid",
}


class WeComError(Exception):
    """What WeCom says instead of an answer. ``more`` names what was wrong."""

    def __init__(self, code: int, more: str = "") -> None:
        super().__init__(TEXTS[code])
        self.code = code
        self.more = more

    def answer(self) -> Answer:
        """The error as WeCom writes it."""
        words = f"{TEXTS[self.code]}: {self.more}" if self.more else TEXTS[self.code]
        hint = f"{1_790_000_000 + chance.randbelow(10**6)}{chance.randbelow(10**9):09}"
        page = f"https://open.work.weixin.qq.com/devtool/query?e={self.code}"
        text = f"{words}, hint: [{hint}], from ip: 127.0.0.1, more info at {page}"
        return plain_json({"errcode": self.code, "errmsg": text}, code=self.code)
