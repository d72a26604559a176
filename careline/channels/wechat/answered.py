"""How an answer is written in the format of its push, and how push and answer are kept as one payload.

A payload begins with a note where there is more to know than the push itself: what was answered, or that it came unencrypted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from careline.channels.tencent.crypto import BizMsgCrypt
from careline.channels.wechat.replies import Answer

_MARK = b"careline "  # begins no push: those begin with < or {


class Note(Struct, frozen=True, omit_defaults=True):
    """What is known of a push besides its bytes."""

    mode: str = ""  # plain, where it was not encrypted
    answer: Answer | None = None


def noted(push: bytes, mode: str = "", answer: Answer | None = None) -> bytes:
    """The payload to keep: the push as it came, behind a line with a note where there is one to make."""
    if not mode and answer is None and not push.startswith(_MARK):
        return push
    return _MARK + msgspec.json.encode(Note(mode, answer)) + b"\n" + push


def separated(kept: bytes) -> tuple[bytes, Note]:
    """The push of a payload, and its note."""
    if not kept.startswith(_MARK):
        return kept, _NOTHING
    line, _, push = kept.partition(b"\n")
    try:
        return push, _decode(line[len(_MARK) :])
    except msgspec.DecodeError:
        return push, _NOTHING


def written(fields: Mapping[str, Any], *, json: bool) -> bytes:
    """The fields as WeChat writes a message: XML with texts in CDATA, or JSON."""
    return msgspec.json.encode(fields) if json else f"<xml>{_elements(fields)}</xml>".encode()


def sealed(message: bytes, crypt: BizMsgCrypt, key: int, now_s: int, *, json: bool) -> bytes:
    """A message in an envelope of our own time and nonce, under the key that the push was under."""
    timestamp, nonce = str(now_s), str(secrets.randbelow(10**10))
    encrypted, signed = crypt.seal(message, timestamp, nonce, key)
    return written({"Encrypt": encrypted, "MsgSignature": signed, "TimeStamp": now_s, "Nonce": nonce}, json=json)


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_inner(value)}</{name}>" for name, value in fields.items())


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int):
        return str(value)
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


_NOTHING = Note()
_decode = msgspec.json.Decoder(Note).decode
