"""WeChat's errors: always HTTP 200, the number decides, and the text ends in a ``rid``."""

from __future__ import annotations

from careline.sandbox import chance
from careline.sandbox.asgi import Answer, plain_json

TEXTS: dict[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40032: "invalid openid list size",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40021: "invalid menu version",
    40022: "invalid sub menu level",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40028: "invalid menu api user",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40053: "invalid action info",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
    40243: "appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43100: "change template too frequently",
    43101: "user refuse to accept the msg",
    43019: "user is in the blacklist",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45007: "playtime out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, retry next minute",
    45026: "template num exceed limit",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45056: "tag count limit exceed",
    45057: "the tag has too many fans",
    45058: "can't modify sys tag",
    45059: "tag count of user out of limit",
    45072: "invalid command",
    45080: "no message was exchanged lately",
    45081: "already typing",
    45098: "msgmenu list size is out of limit",
    45157: "invalid tag name",
    45158: "invalid tag name size",
    45159: "invalid tag id",
    45166: "content refused by the security check",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user block receive message",
    48004: "api forbidden for irregularities",
    48006: "forbid to clear quota because of reaching the limit",
    49003: "not match openid with appid",
    50002: "user limited",
    50005: "user is unsubscribed",
    61457: "invalid file type",
    65400: "new custom service is not enabled",
    65401: "invalid custom service account",
    65402: "kf account has not bound a wechat id",
    65403: "invalid nickname",
    65404: "invalid kf account",
    65405: "kf account count exceed limit",
    65406: "kf account exists",
    65407: "the wechat id is your servicer already",
    65409: "invalid wechat id",
    65411: "an invitation has been sent and not expired",
    65412: "kf account has bound a wechat id",
    65413: "no session of this user",
    65414: "user is being served by another servicer",
    65415: "servicer is not online",
    65416: "invalid query parameter",
    65417: "query period exceeds 24 hours",
    65301: "no such conditional menu",
    65302: "no such user",
    65303: "there is no self menu, please create self menu first",
    65304: "match rule empty",
    65305: "conditional menu count out of limit",
    65307: "conditional menu empty",
    65308: "button without response",
    65314: "invalid city",
    65317: "invalid url",
    76001: "rid not found",
    76002: "rid overdue",
    76021: "cgi_path not found, please check",
    200011: "the template has been banned or does not exist",
    200012: "private template count out of limit",
    200014: "invalid private template id",
    200020: "invalid keyword list",
    9410010: "long_data is too long",
    9410011: "expire_seconds is too large",
    9410012: "short_key does not exist or has expired",
    89503: "this ip calls for the admin's approval",
    89506: "the admin refused this ip, try again after 24 hours",
    89507: "the admin refused this ip, try again after 1 hour",
}

TOKEN_CODES = frozenset({40002, 40013, 40125, 40164, 40243, 41002, 41004, 89503, 89506, 89507})
"""Codes of the token calls: an injected one of these waits for such a call."""

MESSAGE_CODES = frozenset(
    {
        *(40003, 40007, 40008, 40033, 40037, 43004, 43019, 43101, 44003, 44004, 45002, 45008, 45015, 45047, 45098, 45166),
        *(47003, 48002, 50005),
    }
)
"""Codes of custom/send."""


class WeChatError(Exception):
    """What WeChat says instead of an answer."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text or TEXTS[code])
        self.code = code
        self.text = text or TEXTS[code]
        self.rid = ""  # of the answer, once there is one

    def answer(self) -> Answer:
        """The error as WeChat writes it."""
        self.rid = "-".join(chance.token_hex(4) for _ in range(3))
        return plain_json({"errcode": self.code, "errmsg": f"{self.text} rid: {self.rid}"}, code=self.code)
