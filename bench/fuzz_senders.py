"""Who pushes to a fuzzed webhook: the platform, with the secrets, and those who would like to be it.

Signing and sealing are written here anew, so that a mistake of careline's is not repeated by its judge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from random import Random

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.fuzz_corpus import ACCOUNT, GH, NUMBER, wechat, whatsapp
from bench.fuzz_spoil import flipped, heavy, spoiled
from careline.channels.ports import Push, Webhook
from careline.channels.wechat import policy as wechat_policy
from careline.channels.wechat.answered import noted
from careline.channels.wechat.webhook import WeChatWebhook
from careline.channels.whatsapp import policy as whatsapp_policy
from careline.channels.whatsapp.webhook import WhatsAppWebhook
from careline.model import Channel
from careline.rules.window import Policy

_WHATSAPP_SECRET, _WHATSAPP_PREVIOUS = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "f9e8d7c6b5a493827160f5e4d3c2b1a0"
_TOKEN, _APP = "fuzzToken42", "wx5f1c0d8e3b7a4926"
_KEY, _PREVIOUS_KEY, _FOREIGN_KEY = (letter * 42 + "A" for letter in "kpf")


class Case(msgspec.Struct, frozen=True):
    """A push, and what of it may be kept: nothing where nobody with the secrets made it. ``owed`` must be kept."""

    push: Push
    may: tuple[bytes, ...] = ()
    owed: bytes | None = None


class WhatsApp:
    """Meta, and those who would like to be."""

    channel = Channel(name="shop-it", kind="whatsapp", phone_number_id=NUMBER, account_id=ACCOUNT)
    policy = Policy(whatsapp_policy.GRANTS)
    secrets = {"app_secret": _WHATSAPP_SECRET, "app_secret_previous": _WHATSAPP_PREVIOUS, "verify_token": "fuzz"}  # noqa: RUF012

    def __init__(self) -> None:
        self.webhook: Webhook = WhatsAppWebhook(self.channel)
        self._corpus = whatsapp()

    def case(self, die: Random, large: bool) -> Case:
        """One request; half of them are signed by Meta."""
        body = heavy(die, self.webhook.max_body) if large else spoiled(die, die.choice(self._corpus), self._corpus)
        secret = die.choice((_WHATSAPP_SECRET, _WHATSAPP_SECRET, _WHATSAPP_PREVIOUS))
        given = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if die.random() < 0.5:
            body, given = self._forged(die, body, given)
        known = [hmac.new(s.encode(), body, hashlib.sha256).hexdigest() for s in (_WHATSAPP_SECRET, _WHATSAPP_PREVIOUS)]
        push = Push("POST" if die.random() < 0.99 else "PUT", {}, {"x-hub-signature-256": given}, body)
        signed = given in [f"sha256={digest}" for digest in known] and push.method == "POST"
        return Case(push, (body,), body if len(body) <= self.webhook.max_body else None) if signed else Case(push)

    def _forged(self, die: Random, body: bytes, given: str) -> tuple[bytes, str]:
        match die.randrange(8):
            case 0:
                return flipped(die, body), given
            case 1:
                return spoiled(die, body, self._corpus), given
            case 2:
                return body, flipped(die, given.encode()).decode("latin-1")
            case 3:
                return body, die.choice(
                    (given.upper(), given[7:], given.replace("256", "1"), given[:-1], given + "0", " " + given)
                )
            case 4:
                return body, ""
            case 5:
                return body, "sha256=" + hmac.new(die.randbytes(16), body, hashlib.sha256).hexdigest()
            case 6:
                return body, "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()
        return body, "sha256=" + hashlib.sha256(_WHATSAPP_SECRET[: die.randrange(20)].encode() + body).hexdigest()


class WeChat:
    """WeChat, and those who would like to be."""

    channel = Channel(name="shop-cn", kind="wechat", account_id=_APP, accepts_plain=True)
    policy = Policy(wechat_policy.GRANTS)
    secrets = {"token": _TOKEN, "encoding_aes_key": _KEY, "encoding_aes_key_previous": _PREVIOUS_KEY}  # noqa: RUF012

    def __init__(self) -> None:
        self.webhook: Webhook = WeChatWebhook(self.channel)
        self._corpus = wechat()

    def case(self, die: Random, large: bool) -> Case:
        """One request: encrypted for us, encrypted wrong, altered on the way, or plain, which needs no key."""
        most = self.webhook.max_body
        message = heavy(die, most) if large else spoiled(die, die.choice(self._corpus), self._corpus)
        timestamp, nonce = str(die.randrange(10**10)), str(die.randrange(1, 10**9))
        query = {"signature": _sha1(_TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        if die.random() < 0.25:
            return self._plain(die, message, query)
        key = die.choice((_KEY, _KEY, _PREVIOUS_KEY))
        message = message[: most * 7 // 10]  # base64 takes a third more
        framed = b"0123456789abcdef" + len(message).to_bytes(4, "big") + message + _APP.encode()
        sealed = base64.b64encode(_encrypted(_padded(framed), key)).decode()
        if die.random() < 0.3:
            return self._sealed_wrong(die, message, framed, query)
        query |= {"encrypt_type": "aes", "msg_signature": _sha1(_TOKEN, timestamp, nonce, sealed)}
        body = _envelope(die, sealed)
        if die.random() < 0.5:
            return Case(Push("POST", query, {}, body), (message,), message if len(body) <= most else None)
        body, query = self._altered(die, body, query)
        return Case(Push("POST", query, {}, body), (message,) if self._signed(query, sealed) else ())

    def _plain(self, die: Random, message: bytes, query: dict[str, str]) -> Case:
        """The signature of a plain push covers its query alone: any body under it is WeChat's, as far as anybody can tell."""
        if die.random() < 0.5:
            return Case(Push("POST", query, {}, message), (noted(message, "plain"),))
        name = die.choice(("signature", "timestamp", "nonce"))
        query[name] = die.choice(("", query[name][:-1], query[name] + "0", query[name].upper() + " ", "0" * 40))
        return Case(Push("POST", query, {}, message))

    def _sealed_wrong(self, die: Random, message: bytes, framed: bytes, query: dict[str, str]) -> Case:
        """Signed with our token, but not encrypted by whoever knows our key and appid."""
        key, right = _KEY, base64.b64encode(_encrypted(_padded(framed), _KEY)).decode()
        match die.randrange(5):
            case 0:
                key = _FOREIGN_KEY
            case 1:
                framed = framed[:20] + message + b"wxSOMEBODYELSE0001"
            case 2:
                framed = framed[:16] + die.choice((0, 1, len(message) + 1, 2**31, 2**32 - 1)).to_bytes(4, "big") + framed[20:]
            case 3:
                framed = framed[:-1]
            case 4:
                framed = framed[: die.randrange(20)]
        padded = _padded(framed)
        if die.random() < 0.3:
            padded = padded[:-1] + bytes([die.choice((0, 33, 255, padded[-1] + 1))])
        ciphertext = _encrypted(padded, key)
        if die.random() < 0.3:
            ciphertext = ciphertext[: die.randrange(len(ciphertext))]
        sealed = base64.b64encode(ciphertext).decode()
        if die.random() < 0.2:
            sealed = die.choice((sealed[:-1], sealed + "=", sealed + "é", "*" + sealed, sealed.replace("A", "\n")))
        query |= {"encrypt_type": "aes", "msg_signature": _sha1(_TOKEN, query["timestamp"], query["nonce"], sealed)}
        # What was spoiled may be right all the same: a message of one byte with a length of one is.
        return Case(Push("POST", query, {}, _envelope(die, sealed)), (message,) if sealed == right else ())

    def _altered(self, die: Random, body: bytes, query: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        if die.random() < 0.5:
            return die.choice((flipped, lambda die, body: spoiled(die, body, self._corpus)))(die, body), query
        name = die.choice(("signature", "timestamp", "nonce", "msg_signature"))
        other = die.choice(
            ("", query[name][:-1], query[name] + "0", query[name].upper(), flipped(die, query[name].encode()).decode("latin-1"))
        )
        return body, query | {name: other}

    def _signed(self, query: dict[str, str], sealed: str) -> bool:
        timestamp, nonce = query["timestamp"], query["nonce"]
        both = _sha1(_TOKEN, timestamp, nonce), _sha1(_TOKEN, timestamp, nonce, sealed)
        return both == (query["signature"], query["msg_signature"])


def _envelope(die: Random, sealed: str) -> bytes:
    """Safe mode as WeChat writes it, compatible mode, with other spaces, or in JSON."""
    match die.randrange(6):
        case 0:
            return f'{{"ToUserName":"{GH}","Encrypt":"{sealed.replace(chr(10), " ")}"}}'.encode()
        case 1:
            return (
                f"<xml><MsgType>text</MsgType>\n<Content><![CDATA[other]]></Content><Encrypt>{sealed}</Encrypt></xml>".encode()
            )
        case 2:
            return f"<?xml version='1.0'?>\n<xml>\n<Encrypt><![CDATA[{sealed}]]></Encrypt>\n</xml>\n".encode()
    return f"<xml><ToUserName><![CDATA[{GH}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()


def _padded(plain: bytes) -> bytes:
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def _encrypted(padded: bytes, key: str) -> bytes:
    raw = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor().update(padded)


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
