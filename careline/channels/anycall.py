"""A call of a platform's API that nobody foresaw, checked to be one that may be made beside the outbox.

What sends messages is refused, however it is written: the outbox must know of every message. So is whatever would take a token
from the command line, or the channel's token to another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from msgspec import Struct

from careline.channels.lenient import decode
from careline.errors import Usage

METHODS = ("GET", "POST", "DELETE")
_SENDING = {
    "whatsapp": re.compile(r"messages|marketing_messages|messages_encrypted|calls|batch"),
    "wechat": re.compile(r"message|\w*send\w*"),
    "wecom": re.compile(r"message|\w*send\w*"),
}
_TOKENS = {
    "whatsapp": re.compile("oauth"),
    "wechat": re.compile("token|stable_token"),
    "wecom": re.compile("gettoken"),
}
_OVERRIDES = frozenset({"method", "_method", "batch", "relative_url", "http_method"})
_FOR_GOOD = {
    "whatsapp": re.compile("deregister"),
    "wechat": re.compile("(del|clear)[a-z_]*"),
    "wecom": re.compile("(del|cancel)[a-z_]*"),
}
_SWITCHES = frozenset({"is_enabled_for_insights"})  # Meta lets nobody switch it off again
_SECRET = re.compile(r"(.*_)?(token|secret|pin|password|proof|key)", re.IGNORECASE)
_HIDDEN = "[hidden]"
_TIMES = 5  # more than anything is encoded


class AnyCall(Struct, frozen=True):
    """One call: ``path`` begins with a slash, ``params`` is its query, ``body`` its JSON."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any] | None

    @property
    def content(self) -> bytes | None:
        """The body as it is sent: UTF-8, because WeChat shows customers an escape as it stands."""
        return None if self.body is None else msgspec.json.encode(self.body)

    def is_final(self, kind: str) -> bool:
        """True for what takes something away, or cannot be undone: a person is asked before."""
        names = [_plain(part) for part in self.path.split("/")]
        given = {_plain(name) for name in (*self.params, *(self.body or {}))}
        changes = self.method != "GET" or kind in ("wechat", "wecom")
        ends = any(_FOR_GOOD[kind].fullmatch(name) for name in names) or not _SWITCHES.isdisjoint(given)
        return self.method == "DELETE" or (changes and ends)

    def shown(self) -> dict[str, Any]:
        """The call with its secrets hidden."""
        return {"method": self.method, "path": self.path, "params": _hidden(self.params), "body": _hidden(self.body)}


def any_call(kind: str, method: str, given: str, fields: Iterable[str], body: str | None, api_url: str) -> AnyCall:
    """The call that is meant. ``fields`` are KEY=VALUE: the body of a POST, else the query; with a ``body`` always the query.

    Raises Usage for what is no such call, or one that has a command of its own.
    """
    method = method.upper()
    if method not in METHODS or (kind in ("wechat", "wecom") and method == "DELETE"):
        raise Usage(f"{method} is no method of this API.", code="bad_method", hint="GET, POST, or on WhatsApp DELETE.")
    path, params = _place(given, api_url)
    sent = dict(_pair(field) for field in fields)
    read = None if body is None else _object(body)
    _check(kind, path, {**params, **sent, **(read or {})})
    if method == "POST" and body is None:
        return AnyCall(method, path, params, sent)
    if read is not None and method != "POST":
        raise Usage(f"A {method} has no body.", code="bad_method", hint="-f KEY=VALUE fills in its query.")
    return AnyCall(method, path, params | sent, read)


def _place(given: str, api_url: str) -> tuple[str, dict[str, str]]:
    """Path and query. An address is taken when it is the channel's own."""
    if not given.isascii() or not given.isprintable() or any(character in given for character in " \\#"):
        raise _no_path(given)
    try:
        parts, own = urlsplit(given), urlsplit(api_url)
    except ValueError:
        raise _no_path(given) from None
    if (parts.scheme or parts.netloc) and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise Usage(
            f"{given} is not at {own.netloc}: the channel's token goes nowhere else.",
            code="bad_path",
            hint="Give the path alone.",
        )
    segments = [part for part in parts.path.split("/") if part]
    if any(_plain(part) in (".", "..") or "/" in _plain(part) for part in segments):
        raise _no_path(given)
    return "/" + "/".join(segments), dict(parse_qsl(parts.query, keep_blank_values=True))


def _check(kind: str, path: str, sent: Mapping[str, Any]) -> None:
    names = [re.split("[;.]", _plain(part))[0] for part in path.split("/")]
    strange = sorted(name for name in sent if _plain(name) in _OVERRIDES)
    alone = kind == "whatsapp" and {"messaging_product"} < {_plain(name) for name in sent} & _MESSAGE
    if any(_SENDING[kind].fullmatch(name) for name in names) or strange or alone:
        raise Usage(
            f"{strange[0]} could make another call of this one." if strange else f"{path} sends messages.",
            code="sends_messages",
            hint="The outbox must know of every message.",
            run="careline send --help",
        )
    if any(_plain(name) in ("access_token", "appsecret_proof", "client_secret") for name in sent):
        raise Usage("The channel's own token is used; none belongs on the command line.", code="bad_field")
    if any(_TOKENS[kind].fullmatch(name) for name in names):
        raise Usage("Tokens are careline's to fetch: another one would end those in use.", code="bad_path")


_MESSAGE = frozenset({"messaging_product", "to", "recipient"})


def _plain(text: str) -> str:
    """Without the ways of writing it otherwise."""
    for _ in range(_TIMES):
        text = unquote(text)
    return text.strip().casefold()


def _pair(field: str) -> tuple[str, str]:
    name, equals, value = field.partition("=")
    if not equals or not name.strip():
        raise Usage(f"-f {field!r} is no KEY=VALUE.", code="bad_field", run="careline api --help")
    return name.strip(), value


def _object(body: str) -> dict[str, Any]:
    try:
        found = decode(body.encode())
    except ValueError as error:
        raise Usage(f"The body is not JSON: {error}.", code="bad_field") from None
    if not isinstance(found, dict):
        raise Usage("The body is JSON, but not an object.", code="bad_field")
    return found


def _no_path(given: str) -> Usage:
    return Usage(f"{given!r} is no path.", code="bad_path", hint="Such as 106540352242922/message_qrdls; what is odd as %XX.")


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _HIDDEN if _SECRET.fullmatch(str(name)) else _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    return value
