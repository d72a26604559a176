"""Listens to WeCom: checks and opens a nudge, which says no more than that there is something to pull.

WeCom always encrypts, signs the ciphertext alone, waits five seconds and tries three times. When the address is saved it asks
once, with an echo that is encrypted too and must come back in the clear within a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from careline.channels.lenient import without_nul
from careline.channels.ports import Push, Reply
from careline.channels.tencent.crypto import BizMsgCrypt, Unopenable, UnusableKey
from careline.channels.tencent.parse import Hostile, Unreadable, parse
from careline.channels.wecom import policy
from careline.clock import SECOND
from careline.heard import Heard, HeardNotice
from careline.model import Channel

_crypt = lru_cache(maxsize=64)(BizMsgCrypt)  # to prepare a key costs more than to use it
NUDGE = "kf_msg_or_event"


class Nudge(Struct, frozen=True):
    """There is something to pull from ``account`` (empty: WeCom does not say which); ``token`` is good for ten minutes."""

    account: str
    token: str


class WeComWebhook:
    """The webhook of one company's app.

    Secrets: ``token`` and ``encoding_aes_key``, and ``encoding_aes_key_previous`` while the key is being changed.
    """

    max_body = policy.PUSH_BYTES
    answer_within_s = 0.9  # of the second that the check of the address has; a nudge has five

    def __init__(self, channel: Channel) -> None:
        self._corp_id = channel.account_id

    def answer(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """What to answer at once, and what to keep: the nudge, decrypted. Never raises.

        403 for whatever WeCom did not make for this company, all alike. 413 above 16 KiB. 503, so that WeCom tries again,
        without a secret of ours.
        """
        if push.method not in ("GET", "POST"):
            return Reply(405, reason="WeCom uses GET and POST only")
        if len(push.body) > self.max_body:
            return Reply(413, reason=f"{len(push.body)} bytes, WeCom's nudges have some hundreds")
        try:
            if push.method == "GET":
                return Reply(200, self._open(push.query.get("echostr", ""), push, secrets))
            return Reply(200, b"success", keep=self._open(parse(push.body).said("Encrypt"), push, secrets))
        except (Unopenable, Unreadable, Hostile) as error:
            return Reply(403, reason=str(error))
        except UnusableKey as error:
            return Reply(503, reason=str(error))

    def hear(self, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept push says: nothing for a nudge, which is pulled after. Raises ValueError when it is no push."""
        node = parse(kept)
        event = node.said("Event").lower()
        if event == NUDGE:
            return []
        if not event and not node.said("MsgType"):
            raise Unreadable("no Event")
        seconds = node.said("CreateTime")
        at = int(seconds) * SECOND if seconds.isascii() and seconds.isdigit() and 0 < len(seconds) < 11 else received_at
        words = "an event that careline does not know"
        if event == "kf_account_auth_change":
            words = ", ".join(filter(None, (_accounts(kept, "Add", "may be spoken for"), _accounts(kept, "Del", "no more"))))
        key = "e:" + hashlib.sha256(kept).hexdigest()[:32]
        return [HeardNotice(key, at, event or "event", words, without_nul(kept).decode("utf-8", "replace"))]

    def _open(self, encrypted: str, push: Push, secrets: Mapping[str, str]) -> bytes:
        token, key, previous = (secrets.get(name) for name in ("token", "encoding_aes_key", "encoding_aes_key_previous"))
        if not token or not key:
            raise UnusableKey("the secret token or encoding_aes_key is missing")
        crypt = _crypt(token, (key, previous) if previous else (key,), self._corp_id)
        query = push.query
        return crypt.open(encrypted, query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""))


def nudge(kept: bytes) -> Nudge | None:
    """The nudge that a kept push is; None when it is none."""
    try:
        node = parse(kept)
    except ValueError:
        return None
    return Nudge(node.said("OpenKfId"), node.said("Token")) if node.said("Event").lower() == NUDGE else None


def _accounts(kept: bytes, which: str, words: str) -> str:
    """The accounts that were added or taken away: each once, or the element repeated."""
    node, name = parse(kept), f"Auth{which}OpenKfId"
    found = [node.said(name), *(part.text.strip() for part in node.all(name))]
    return f"{', '.join(filter(None, found))} {words}" if any(found) else ""
