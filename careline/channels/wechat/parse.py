"""The bytes of a push as a small tree, be they XML or JSON, within bounds.

WeChat sends XML, and JSON to accounts that asked for it. Values are text in both: an id of 64 bits is never a number to us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

import msgspec
from msgspec import Struct

MAX_DEPTH = 16  # the deepest push known has six levels
MAX_PARTS = 2_000  # the longest known, a mass message's result, has a few hundred

_LEFT_OVER = re.compile(r"\s*<?!\[CDATA\[(.*?)\]\]>?\s*", re.DOTALL)


class Unreadable(ValueError):
    """Neither XML nor JSON of a push. What is signed is kept all the same."""


class Hostile(ValueError):
    """A DOCTYPE, or more levels or parts than any push has: made to cost, not to be read."""


class Node(Struct, frozen=True):
    """An element: its text, or the elements in it by name, in their order."""

    text: str = ""
    parts: Mapping[str, Sequence[Node]] = {}

    def all(self, name: str) -> Sequence[Node]:
        """Every element of that name."""
        return self.parts.get(name, ())

    def one(self, name: str) -> Node:
        """The first element of that name; an empty one when there is none."""
        return next(iter(self.all(name)), _EMPTY)

    def said(self, *names: str) -> str:
        """The text of the first of ``names`` that has any, without stray spaces or a CDATA mark left in it as text."""
        return next((text for name in names if (text := _tidy(self.one(name).text))), "")


_EMPTY = Node()


def parse(body: bytes) -> Node:
    """The tree of a push. Raises Unreadable or Hostile, both within a time that ``body``'s length bounds."""
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body.startswith((b"{", b"[")):
        return _json(body)
    return _Xml().read(body)


def _tidy(text: str) -> str:
    left_over = _LEFT_OVER.fullmatch(text)
    return (left_over[1] if left_over else text).strip()


class _Xml:
    """Reads XML with expat, which does not recurse, and stops at the first thing that no push has.

    Without a DOCTYPE there are no entities beyond the five of XML itself, and nothing is ever fetched.
    """

    def __init__(self) -> None:
        self._open: list[tuple[dict[str, list[Node]], list[str]]] = [({}, [])]
        self._count = 0
        self._expat = expat.ParserCreate("utf-8")  # whatever the declaration says: WeChat sends nothing else
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.StartElementHandler = self._start
        self._expat.CharacterDataHandler = self._text
        self._expat.EndElementHandler = self._end

    def read(self, body: bytes) -> Node:
        try:
            self._expat.Parse(body, True)
        except expat.ExpatError as error:
            raise Unreadable(f"not XML: {error}") from None
        ((root,),) = self._open[0][0].values()
        return root

    def _doctype(self, *_: object) -> None:
        raise Hostile("a DOCTYPE")

    def _start(self, name: str, attributes: object) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH or self._count > MAX_PARTS:
            raise Hostile(f"more than {MAX_DEPTH} levels or {MAX_PARTS} elements")
        self._open.append(({}, []))

    def _text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def _end(self, name: str) -> None:
        parts, texts = self._open.pop()
        text = "".join(texts)
        siblings = self._open[-1][0]
        siblings.setdefault(name, []).append(Node(text.strip(), parts) if parts else Node(text))


def _json(body: bytes) -> Node:
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise Hostile("nested too deep") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("JSON, but no object")
    return _Json().node(value, 0)


class _Json:
    """Turns decoded JSON into the tree that the same push in XML would give: a list is an element repeated."""

    def __init__(self) -> None:
        self._count = 0

    def node(self, value: Any, depth: int) -> Node:
        self._count += 1
        if depth >= MAX_DEPTH or self._count > MAX_PARTS:
            raise Hostile(f"more than {MAX_DEPTH} levels or {MAX_PARTS} values")
        match value:
            case dict():
                return Node(parts={name: self._repeated(inner, depth + 1) for name, inner in value.items()})
            case str():
                return Node(value)
            case None:
                return _EMPTY
            case list():
                return Node(parts={"": self._repeated(value, depth + 1)})
        return Node(msgspec.json.encode(value).decode())

    def _repeated(self, value: Any, depth: int) -> list[Node]:
        return [self.node(inner, depth) for inner in (value if isinstance(value, list) else [value])]
