"""WeChat's signatures and its BizMsgCrypt envelope: opened when a push comes, sealed where it is answered with a message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

_ALPHANUMERIC = string.ascii_letters + string.digits
_WHOLE_LAST = "AEIMQUYcgkosw048"  # last characters that leave no bits over: such a key reads the same everywhere
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_BLOCK = 32  # of the padding; the cipher's own is 16
_PREFIX = 16  # random bytes before the length


class UnusableKey(ValueError):
    """An EncodingAESKey that is none."""


class Unopenable(ValueError):
    """The envelope is not one that WeChat made for this account. The text is for the log; a sender is never told why."""


def signature(*parts: str) -> str:
    """WeChat's signature over token, timestamp, nonce and, of an encrypted push, the ciphertext: SHA-1 of the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    """True when ``given`` is the signature over ``parts``. Takes as long for every wrong one that has only ASCII in it."""
    return given.isascii() and hmac.compare_digest(given, signature(*parts))


def new_token() -> str:
    """A token for the console: 32 random letters and digits, the most that WeChat takes."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(32))


def new_encoding_aes_key() -> str:
    """An EncodingAESKey for the console: 43 random letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(42)) + secrets.choice(_WHOLE_LAST)


class Opened(Struct, gc=False, frozen=True):
    """What was in an envelope, and the place of the key that it was under: an answer goes under the same."""

    message: bytes
    key: int


class BizMsgCrypt:
    """Opens what WeChat encrypted for one account, and seals what answers it.

    ``keys`` are EncodingAESKeys, the current one first: while a key is being changed, pushes under the previous one still open.
    Raises UnusableKey.
    """

    def __init__(self, token: str, keys: Iterable[str], app_id: str) -> None:
        self._token = token
        self._keys = tuple(keys)
        self._streams = [_stream(key) for key in self._keys]
        self._one_at_a_time = threading.Lock()
        self._app_id = app_id.encode()

    def open(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> bytes:
        """The message inside. Raises Unopenable when it is unsigned, altered, under another key or for another account."""
        return self.opened(encrypted, msg_signature, timestamp, nonce).message

    def opened(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> Opened:
        """The same, and which key it was under."""
        if not is_signed(msg_signature, self._token, timestamp, nonce, encrypted):
            raise Unopenable("msg_signature is missing or wrong")
        try:
            ciphertext = binascii.a2b_base64(encrypted, strict_mode=True)
        except ValueError:
            raise Unopenable("Encrypt is not base64") from None
        if not ciphertext or len(ciphertext) % 16:
            raise Unopenable("Encrypt is cut short")
        for place, stream in enumerate(self._streams):
            with self._one_at_a_time:
                plain = stream.update(ciphertext)
            start = _PREFIX + 4
            ends = start + int.from_bytes(plain[_PREFIX:start], "big")
            if self._app_id and plain[ends : _unpadded(plain)] == self._app_id:
                return Opened(plain[start:ends], place)
        raise Unopenable("Encrypt is under another EncodingAESKey, for another appid, or damaged")

    def seal(self, message: bytes, timestamp: str, nonce: str, key: int = 0) -> tuple[str, str]:
        """The ciphertext of a message, and its ``msg_signature``; ``key`` is the place of the key it goes under."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        raw = _raw(self._keys[key])
        plain = secrets.token_bytes(_PREFIX) + len(message).to_bytes(4, "big") + message + self._app_id
        count = _BLOCK - len(plain) % _BLOCK
        encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
        encrypted = base64.b64encode(encryptor.update(plain + bytes([count]) * count) + encryptor.finalize()).decode()
        return encrypted, signature(self._token, timestamp, nonce, encrypted)


def _stream(encoding_aes_key: str) -> CipherContext:
    """AES-CBC under a key, for all messages in one stream: to begin anew for each takes six times as long.

    CBC that goes on spoils the first sixteen bytes of a message and no other; those are random and mean nothing. Some keys in
    use leave non-zero bits over at the end, which mean nothing either.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = _raw(encoding_aes_key)
    return Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()


def _raw(encoding_aes_key: str) -> bytes:
    if not _KEY.fullmatch(encoding_aes_key):
        raise UnusableKey("an EncodingAESKey is 43 characters of base64, and this one is not")
    return base64.b64decode(encoding_aes_key + "=")


def _unpadded(plain: bytes) -> int:
    """Where the padding begins; at 0 when it is wrong, so that every failure ends the same way."""
    count = plain[-1]
    return len(plain) - count if 1 <= count <= _BLOCK and plain.endswith(bytes([count]) * count) else 0
