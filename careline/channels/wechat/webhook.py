"""Listens to WeChat: checks a push, opens it, and says ``success`` at once.

WeChat waits five seconds, tries three times, then tells the customer that the account is out of order and forgets the push. So
whatever is signed is kept, even what nobody can read; only what was made to cost is sent away.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.ports import Push, Reply
from careline.channels.wechat.crypto import BizMsgCrypt, Unopenable, UnusableKey, is_signed
from careline.channels.wechat.hear import hear
from careline.channels.wechat.parse import Hostile, Node, Unreadable, parse
from careline.channels.wechat.policy import PUSH_BYTES
from careline.heard import Heard
from careline.model import Channel


class WeChatWebhook:
    """The webhook of one Official Account, in whichever of the console's three modes: plain, compatible or safe.

    Secrets: ``token`` and ``encoding_aes_key``, and ``encoding_aes_key_previous`` while the key is being changed.
    """

    def __init__(self, channel: Channel) -> None:
        self._app_id = channel.account_id

    def answer(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """What to answer at once, and what to keep: the message as WeChat wrote it, decrypted. Never raises.

        401 without WeChat's signature. 403 for an envelope that WeChat did not make for this account, whatever is wrong with
        it. 413 above 1 MiB. 400 for a DOCTYPE or endless nesting. 503, so that WeChat tries again, without a secret of ours.
        """
        token = secrets.get("token", "")
        if not token:
            return Reply(503, reason="the secret token is missing")
        if push.method == "GET":
            return _address_checked(push, token)
        if push.method != "POST":
            return Reply(405, reason="WeChat uses GET and POST only")
        if len(push.body) > PUSH_BYTES:
            return Reply(413, reason=f"{len(push.body)} bytes, WeChat's pushes have a few thousand")
        if not _is_signed(push, token):
            return Reply(401, reason="signature is missing or wrong")
        try:
            return Reply(200, b"success", keep=self._opened(push, secrets))
        except Hostile as error:
            return Reply(400, reason=str(error))
        except Unopenable as error:
            return Reply(403, reason=str(error))
        except UnusableKey as error:
            return Reply(503, reason=str(error))

    def hear(self, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept push says. Raises ValueError when it is no push."""
        return hear(kept, received_at)

    def _opened(self, push: Push, secrets: Mapping[str, str]) -> bytes:
        """The message: decrypted if there is anything encrypted, which compatible mode has beside the plain text."""
        encrypted = _tree(push.body).said("Encrypt")
        if not encrypted and push.query.get("encrypt_type", "raw") in ("", "raw"):
            return push.body
        if not secrets.get("encoding_aes_key"):
            raise UnusableKey("the secret encoding_aes_key is missing")
        keys = [key for name in ("encoding_aes_key", "encoding_aes_key_previous") if (key := secrets.get(name))]
        query = push.query
        message = BizMsgCrypt(secrets["token"], keys, self._app_id).open(
            encrypted, query.get("msg_signature", ""), query["timestamp"], query["nonce"]
        )
        _tree(message)  # bounds hold inside the envelope too
        return message


def _address_checked(push: Push, token: str) -> Reply:
    """The console asks once when the address is saved; it wants its ``echostr`` back, byte for byte."""
    if _is_signed(push, token) and "echostr" in push.query:
        return Reply(200, push.query["echostr"].encode("utf-8", "replace"))
    return Reply(403, reason="the check of the address is not signed with this channel's token")


def _is_signed(push: Push, token: str) -> bool:
    given, timestamp, nonce = (push.query.get(name, "") for name in ("signature", "timestamp", "nonce"))
    return is_signed(given, token, timestamp, nonce) and timestamp != "" and nonce != ""


def _tree(body: bytes) -> Node:
    """What is in a body; nothing where nobody can read it. Raises Hostile."""
    try:
        return parse(body)
    except Unreadable:
        return Node()
