"""WeChat's errors: always HTTP 200, the number decides, and the text ends in a ``rid``."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.asgi import Answer, plain_json

TEXTS: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40053: "invalid action info",
    40066: "invalid url",
    40125: "invalid appsecret",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
    40243: "appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "user is in the blacklist",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "no message was exchanged lately",
    45081: "already typing",
    45098: "menu list too long",
    45166: "content refused by the security check",
    47001: "data format error",
    48001: "api unauthorized",
    48002: "user block receive message",
    48004: "api forbidden for irregularities",
    48006: "forbid to clear quota because of reaching the limit",
    50002: "user limited",
    50005: "user is unsubscribed",
    65401: "invalid custom service account",
    76021: "cgi_path not found, please check",
    89503: "this ip calls for the admin's approval",
}

TOKEN_CODES = frozenset({40002, 40013, 40125, 40164, 40243, 41002, 41004, 89503})
"""Codes of the token calls: an injected one of these waits for such a call."""

MESSAGE_CODES = frozenset(
    {40003, 40007, 40008, 40033, 43004, 43019, 44004, 45002, 45008, 45015, 45047, 45098, 45166, 48002, 50005}
)
"""Codes of custom/send."""


class WeChatError(Exception):
    """What WeChat says instead of an answer."""

    def __init__(self, code: int) -> None:
        super().__init__(TEXTS[code])
        self.code = code

    def answer(self) -> Answer:
        """The error as WeChat writes it."""
        rid = "-".join(chance.token_hex(4) for _ in range(3))
        return plain_json({"errcode": self.code, "errmsg": f"{TEXTS[self.code]} rid: {rid}"}, code=self.code)
