"""WeChat's signatures and its BizMsgCrypt envelope, the receiving half: careline never answers with more than ``success``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable

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
    return hashlib.sha1(b"".join(sorted(_bytes(part) for part in parts)), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    """True when ``given`` is the signature over ``parts``. Takes as long for every wrong one."""
    return hmac.compare_digest(_bytes(given), signature(*parts).encode())


def new_token() -> str:
    """A token for the console: 32 random letters and digits, the most that WeChat takes."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(32))


def new_encoding_aes_key() -> str:
    """An EncodingAESKey for the console: 43 random letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(42)) + secrets.choice(_WHOLE_LAST)


class BizMsgCrypt:
    """Opens what WeChat encrypted for one account.

    ``keys`` are EncodingAESKeys, the current one first: while a key is being changed, pushes under the previous one still open.
    Raises UnusableKey.
    """

    def __init__(self, token: str, keys: Iterable[str], app_id: str) -> None:
        self._token = token
        self._keys = [_aes_key(key) for key in keys]
        self._app_id = _bytes(app_id)

    def open(self, encrypted: str, msg_signature: str, timestamp: str, nonce: str) -> bytes:
        """The message inside. Raises Unopenable when it is unsigned, altered, under another key or for another account."""
        if not is_signed(msg_signature, self._token, timestamp, nonce, encrypted):
            raise Unopenable("msg_signature is missing or wrong")
        try:
            ciphertext = base64.b64decode(_bytes(encrypted), validate=True)
        except binascii.Error:
            raise Unopenable("Encrypt is not base64") from None
        if not ciphertext or len(ciphertext) % 16:
            raise Unopenable("Encrypt is cut short")
        for key in self._keys:
            inner = _unpadded(_decrypted(ciphertext, key))
            length = int.from_bytes(inner[_PREFIX : _PREFIX + 4], "big")
            message, app_id = inner[_PREFIX + 4 :][:length], inner[_PREFIX + 4 :][length:]
            if app_id and app_id == self._app_id:
                return message
        raise Unopenable("Encrypt is under another EncodingAESKey, for another appid, or damaged")


def _aes_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes of a key. Some keys in use leave non-zero bits over at the end: they mean nothing."""
    if not _KEY.fullmatch(encoding_aes_key):
        raise UnusableKey("an EncodingAESKey is 43 characters of base64, and this one is not")
    return base64.b64decode(encoding_aes_key + "=")


def _decrypted(ciphertext: bytes, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def _unpadded(plaintext: bytes) -> bytes:
    """The plaintext without its padding; nothing at all when the padding is wrong, so that every failure ends the same way."""
    count = plaintext[-1]
    if not 1 <= count <= _BLOCK or plaintext[-count:] != bytes([count]) * count:
        return b""
    return plaintext[:-count]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
