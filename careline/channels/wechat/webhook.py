"""Listens to WeChat: checks a push, opens it, and says ``success`` at once, or what the channel answers by itself.

WeChat waits five seconds, tries three times, then tells the customer that the account is out of order and forgets the push. So
whatever is signed is kept, even what nobody can read; only what was made to cost is sent away.

A push may be hours old: WeChat asks for no look at its time, clocks are wrong, and one that comes again is heard once for
ever. But a push that is not encrypted has a signature over time and nonce alone, so that whoever saw one address could write
any: those are heard only where somebody said so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from careline.channels.ports import Push, Reply
from careline.channels.tencent.crypto import BizMsgCrypt, Unopenable, UnusableKey, is_signed
from careline.channels.tencent.parse import Hostile, Unreadable, is_json, parse
from careline.channels.wechat import policy, replies
from careline.channels.wechat.answered import noted, sealed, written
from careline.channels.wechat.hear import hear
from careline.clock import SECOND
from careline.heard import Heard
from careline.model import Channel

# Safe mode exactly as WeChat writes it, which is nearly every push there is. What is written otherwise, the XML reader reads.
_SAFE = re.compile(
    rb"<xml>\s*<ToUserName><!\[CDATA\[[^\]]*\]\]></ToUserName>\s*<Encrypt><!\[CDATA\[([^\]]*)\]\]></Encrypt>\s*</xml>\s*"
)
_crypt = lru_cache(maxsize=64)(BizMsgCrypt)  # to prepare a key costs more than to use it


class WeChatWebhook:
    """The webhook of one Official Account, in whichever of the console's three modes: plain, compatible or safe.

    Secrets: ``token`` and ``encoding_aes_key``, and ``encoding_aes_key_previous`` while the key is being changed.
    """

    max_body = policy.PUSH_BYTES
    answer_within_s = 0.9  # five seconds a try and three tries, of which a slow disk must not use up one

    def __init__(self, channel: Channel) -> None:
        self._name = channel.name
        self._app_id = channel.account_id
        self._accepts_plain = channel.accepts_plain
        self._replies = replies.read(channel.replies)

    def answer(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """What to answer at once, and what to keep: the message as WeChat wrote it, decrypted. Never raises.

        401 for what WeChat did not sign, or did not make for this account, whatever is wrong with it. 403 for a push that is
        not encrypted. 413 above 128 KiB. 400 for a DOCTYPE or endless nesting. 503, so that WeChat tries again, without a
        secret of ours.
        """
        token = secrets.get("token", "")
        if not token:
            return Reply(503, reason="the secret token is missing")
        if push.method == "GET":
            return _address_checked(push, token)
        if push.method != "POST":
            return Reply(405, reason="WeChat uses GET and POST only")
        if len(push.body) > self.max_body:
            return Reply(413, reason=f"{len(push.body)} bytes, WeChat's pushes have a few thousand")
        if not _is_signed(push, token):
            return Reply(401, reason="signature is missing or wrong")
        try:
            return self._heard(push, secrets, now)
        except Hostile as error:
            return Reply(400, reason=str(error))
        except Unopenable as error:
            return Reply(401, reason=str(error))
        except UnusableKey as error:
            return Reply(503, reason=str(error))

    def hear(self, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept push says. Raises ValueError when it is no push."""
        return hear(kept, received_at)

    def _heard(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """What is signed: decrypted if there is anything encrypted, which compatible mode has beside the plain text.

        A plain push is read for its bounds alone. What was encrypted has them in ``hear``: nobody else holds the key.
        """
        encrypted = _encrypted(push.body)
        if not encrypted and push.query.get("encrypt_type", "raw") in ("", "raw"):
            if not self._accepts_plain:
                how = f"careline channels update {self._name} --accept-plain"
                return Reply(403, reason=f"it is not encrypted: choose safe mode in WeChat's console, or {how}")
            body, answer = self._answered(push.body, now)
            return Reply(200, body or b"success", keep=noted(push.body, "plain", answer))
        key, previous = secrets.get("encoding_aes_key"), secrets.get("encoding_aes_key_previous")
        if not key:
            raise UnusableKey("the secret encoding_aes_key is missing")
        crypt = _crypt(secrets["token"], (key, previous) if previous else (key,), self._app_id)
        query = push.query
        found = crypt.opened(encrypted, query.get("msg_signature", ""), query["timestamp"], query["nonce"])
        if self._replies is None:
            return Reply(200, b"success", keep=noted(found.message))
        body, answer = self._answered(found.message, now)
        if body:
            body = sealed(body, crypt, found.key, now // SECOND, json=is_json(push.body))
        return Reply(200, body or b"success", keep=noted(found.message, answer=answer))

    def _answered(self, message: bytes, now: int) -> tuple[bytes, replies.Answer | None]:
        """What the channel answers by itself, as it is written in the message's own format; nothing for most pushes."""
        if self._replies is None:
            return b"", None
        try:
            node = parse(message)
        except (Unreadable, Hostile):
            return b"", None
        answer = self._replies.to(node)
        if answer is None or not node.said("FromUserName"):
            return b"", None
        return written(replies.fields(answer, node, now // SECOND), json=is_json(message)), answer


def _encrypted(body: bytes) -> str:
    """What stands in ``Encrypt``; nothing where there is none, or nobody can read it. Raises Hostile."""
    if safe := _SAFE.fullmatch(body):
        return safe[1].strip().decode("ascii", "replace")
    try:
        return parse(body).said("Encrypt")
    except Unreadable:
        return ""


def _address_checked(push: Push, token: str) -> Reply:
    """The console asks once when the address is saved; it wants its ``echostr`` back, byte for byte."""
    if _is_signed(push, token) and "echostr" in push.query:
        return Reply(200, push.query["echostr"].encode("utf-8", "replace"))
    return Reply(403, reason="the check of the address is not signed with this channel's token")


def _is_signed(push: Push, token: str) -> bool:
    timestamp, nonce = push.query.get("timestamp", ""), push.query.get("nonce", "")
    return is_signed(push.query.get("signature", ""), token, timestamp, nonce) and timestamp != "" and nonce != ""
