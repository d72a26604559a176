"""Ways to spoil a payload: of bytes, of JSON, of XML. Each takes the die and gives the body back, changed or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Spoil = Callable[[Random, bytes, Sequence[bytes]], bytes]

_TOKENS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"<", b">", b"&", b"]]>", b"<![CDATA[", b"</xml>", b"<!--", b"<?a?>"),
    *(rb"\u0000", rb"\\u0000", rb"\\\u0000", rb"\ud800", rb"\udc00\ud800", rb"\u", rb"\x", b"&#0;", b"&#xD800;", b"&a;"),
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"\r\n", b"\x0b", b"\xe2\x80\xae"),
    *(b"NaN", b"-Infinity", b"1e999", b"-1", b"1e30", b"0x10", b"null", b"true", b"9" * 19, b"9" * 400, b"1.5", b"-0"),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<Encrypt>", b"</Encrypt>", b"<MsgType>", b'"Encrypt":', b"<xml>", b'"entry":'),
]
_SCALARS: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e300, -1e30, 2**63, 2**64, -(2**63) - 1, 10**40, float("nan"), float("inf")),
    *("", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud83d", "\\u0000", "\u202e", "🙂", "x" * 5000, "NaN", "text", "event"),
    *("-1790000000", "99999999999999999999", "1e30", "1790000000.5", "１７９", "1790000000000", "m" + "9" * 30 + "@5f1c0d8e"),
    *([], {}, [[]], [{}], [None], {"": ""}, {"\x00": "\x00"}, {"id": {"id": {"id": 1}}}),
]


def spoiled(die: Random, body: bytes, corpus: Sequence[bytes]) -> bytes:
    """``body`` after one to four of the ways below; a quarter of the time as it is."""
    for _ in range(die.choice((0, 1, 1, 2, 4)) if die.random() < 0.9 else 0):
        body = die.choice(_WAYS)(die, body, corpus)
    return body


def flipped(die: Random, body: bytes, _: Sequence[bytes] = ()) -> bytes:
    """One bit the other way."""
    if not body:
        return b"\x00"
    at = die.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << die.randrange(8)]) + body[at + 1 :]


def _cut(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    return body[: die.randint(0, len(body))]


def _without(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    at = die.randint(0, len(body))
    return body[:at] + body[at + die.randint(0, 40) :]


def _with_token(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    at = die.randint(0, len(body))
    return body[:at] + die.choice(_TOKENS) * die.choice((1, 1, 1, 2, 30)) + body[at:]


def _spliced(die: Random, body: bytes, corpus: Sequence[bytes]) -> bytes:
    other = die.choice(corpus)
    return body[: die.randint(0, len(body))] + other[die.randint(0, len(other)) :]


def _twice(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    start = die.randint(0, len(body))
    piece = body[start : start + die.randint(0, 200)]
    return body[:start] + piece * die.randint(2, 6) + body[start + len(piece) :]


def _deep(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """A bomb of levels in place of a value."""
    levels = die.choice((5, 15, 17, 63, 66, 500, 2000))
    opening, closing = die.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    bomb = opening * levels + b"1" + closing * die.choice((levels, 0))
    at = max(body.find(b":", die.randint(0, len(body))), 0) + 1 if opening[:1] != b"<" else body.rfind(b"</")
    return body[:at] + bomb + body[at:]


def _json_value(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Something else in one place of the JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    at = value
    while isinstance(at, dict | list) and at:
        key = die.choice(list(at)) if isinstance(at, dict) else die.randrange(len(at))
        if die.random() < 0.25 or not isinstance(at[key], dict | list) or not at[key]:
            if die.random() < 0.15:
                del at[key]
            else:
                at[key] = die.choice(_SCALARS)
            break
        at = at[key]
    return json.dumps(value, ensure_ascii=die.random() < 0.7).encode("utf-8", "surrogatepass")


def _xml_text(die: Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Another text, or an element, in one element of the XML."""
    ends = body.find(b"</", die.randint(0, len(body)))
    starts = body.rfind(b">", 0, body.rfind(b"<![CDATA[", 0, ends) if body[ends - 3 : ends] == b"]]>" else ends)
    if ends < 0 or starts < 0:
        return body
    text = die.choice(_SCALARS)
    said = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else json.dumps(text).encode()
    if die.random() < 0.5:
        said = b"<![CDATA[" + said + b"]]>"
    elif die.random() < 0.2:
        said = b"<b>" + said + b"</b>"
    return body[: starts + 1] + said + body[ends:]


_WAYS: list[Spoil] = [
    flipped,
    _cut,
    _without,
    _with_token,
    _with_token,
    _spliced,
    _twice,
    _deep,
    *[_json_value] * 3,
    *[_xml_text] * 3,
]


def heavy(die: Random, most: int) -> bytes:
    """A body as large as may be, all of one thing that costs to read."""
    begin, unit, end = die.choice(_HEAVY)
    return begin + unit * ((most - len(begin) - len(end)) // len(unit)) + end


_HEAVY = (
    *((b"<xml>", unit, b"</xml>") for unit in (b"<a/>", b"<a></a>", b"<!---->", b"<?a?>", b"x<a/>", b"<a>", b"&amp;", b"\n")),
    *((b"<xml><a>", unit, b"</a></xml>") for unit in (b"&lt;", b"&#9;", b"\r", b"<![CDATA[a]]>", b"]", b"![CDATA[", b" ")),
    *((b'{"entry":[', unit, b"1]}") for unit in (b"1,", b"{},", b"[],", b'"",', b"1e9,", b"9" * 4299 + b",")),
    *((b'{"entry":[NaN,', unit, b"1]}") for unit in (b"1,", b'"",', b"9" * 5000 + b",", b"[")),
    *((b'{"entry":"', unit, b'"}') for unit in (rb"\u0000", rb"\ud800", rb"\\", b"x", "你".encode())),
    *((b"", unit, b"") for unit in (b" ", b"\x00", b"\xff", b"[", b'{"a":')),
)
