"""How the two platforms sign and encrypt, written for the sandbox alone: the receiver has its own copy to be judged by."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from careline.sandbox import chance

BLOCK = 32  # WeChat pads to 32 bytes although AES works on 16


def hub_signature(secret: str, body: bytes) -> str:
    """Meta's ``X-Hub-Signature-256`` over the raw bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def appsecret_proof(secret: str, token: str) -> str:
    """Graph's ``appsecret_proof``: the access token keyed by the app secret, in lower-case hex."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def wechat_signature(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the parts, sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypt(encoding_aes_key: str, app_id: str, message: bytes) -> str:
    """A message as WeChat's safe mode carries it: 16 random bytes, length, message, appid; AES-256-CBC; base64."""
    plain = chance.token_bytes(16) + len(message).to_bytes(4, "big") + message + app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(encoding_aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def decrypt(encoding_aes_key: str, app_id: str, encrypted: str) -> bytes:
    """The message inside. Raises ValueError for whatever is not ours."""
    decryptor = _cipher(encoding_aes_key).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= BLOCK:
        raise ValueError("bad padding")
    content = plain[16:-pad]
    length = int.from_bytes(content[:4], "big")
    if content[4 + length :] != app_id.encode():
        raise ValueError("another account's message")
    return content[4 : 4 + length]


def _cipher(encoding_aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(encoding_aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
