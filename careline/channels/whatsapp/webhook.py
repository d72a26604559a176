"""Meta's webhook requests: who may make them, and what to answer. Reading what they say is ``hear``'s."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from careline.channels.ports import Push, Reply
from careline.channels.whatsapp import policy
from careline.channels.whatsapp.hear import hear
from careline.channels.whatsapp.tidy import one_text
from careline.heard import Heard
from careline.model import Channel

_SECRETS = ("app_secret", "app_secret_previous")  # both count while the secret is being changed


class WhatsAppWebhook:
    """Listens to Meta for one channel."""

    max_body = policy.PUSH_BYTES
    answer_within_s = 10.0  # Meta asks for a quarter of a second, and repeats what took too long for days

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def answer(self, push: Push, secrets: Mapping[str, str], now: int) -> Reply:
        """The challenge for a handshake with our verify token; 200 for any body that Meta signed, kept as it came.

        ``secrets`` holds ``verify_token``, ``app_secret`` and perhaps ``app_secret_previous``. Everything that is signed is
        kept, readable or not: Meta repeats what is not answered with 200 for days, and then drops it.
        """
        if push.method == "GET":
            return _handshake(push.query, secrets)
        if push.method != "POST":
            return Reply(405, reason=f"the method {push.method} is not used here")
        if len(push.body) > self.max_body:
            return Reply(413, reason=f"the body has {len(push.body)} bytes, more than {self.max_body}")
        known = [secrets[name] for name in _SECRETS if secrets.get(name)]
        if not known:
            return Reply(503, reason="the app secret is not set, so nothing can be verified")
        given = push.headers.get("x-hub-signature-256", "")
        if not given:
            return Reply(401, reason="the signature is missing")
        if not any([_same(given, _signature(secret, push.body)) for secret in known]):  # noqa: C419 - as long for any secret
            return Reply(401, reason="the signature is wrong: is the app secret that of this channel's app?")
        return Reply(200, keep=push.body)

    def hear(self, kept: bytes, received_at: int) -> list[Heard]:
        """What a kept body says. Raises ValueError only when it is not one JSON object of at most 64 levels."""
        text = one_text(kept, self._channel.phone_number_id)
        return [text] if text is not None else hear(kept, received_at, self._channel.phone_number_id)


def _handshake(query: Mapping[str, str], secrets: Mapping[str, str]) -> Reply:
    expected = secrets.get("verify_token", "")
    if not expected:
        return Reply(503, reason="the verify token is not set")
    if query.get("hub.mode") != "subscribe" or not _same(query.get("hub.verify_token", ""), expected):
        return Reply(403, reason="the verify token is not this channel's")
    return Reply(200, body=query.get("hub.challenge", "").encode("utf-8", "replace"))


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def _same(given: str, expected: str) -> bool:
    """Compared in a time that does not tell how much of it is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
