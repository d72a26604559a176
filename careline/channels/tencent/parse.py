"""The bytes of a push as a small tree, be they XML or JSON, within bounds.

WeChat sends XML, and JSON to accounts that asked for it. Values are text in both: an id of 64 bits is never a number to us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.parsers import expat

import msgspec
from msgspec import Struct

from careline.channels.lenient import TooDeep, decode
from careline.channels.tencent.flat import read_flat

MAX_DEPTH = 16  # the deepest push known has six levels
MAX_PARTS = 2_000  # the longest known, a mass message's result, has a few hundred

_LEFT_OVER = re.compile(r"<?!\[CDATA\[(.*?)\]\]>?", re.DOTALL)
_BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """Neither XML nor JSON of a push. What is signed is kept all the same."""


class Hostile(ValueError):
    """A DOCTYPE, or more levels or parts than any push has: made to cost, not to be read."""


class Node(Struct):
    """An element: the text in it, or else the elements in it.

    ``texts`` are those that hold text alone, by name; ``parts`` those that hold others, and texts whose name came before.
    """

    text: str = ""
    texts: dict[str, str] = {}
    parts: dict[str, list[Node]] = {}

    def all(self, name: str) -> Sequence[Node]:
        """Every element of that name that holds others."""
        return self.parts.get(name, ())

    def one(self, name: str) -> Node:
        """The first of them; an empty one when there is none."""
        return next(iter(self.all(name)), _NOTHING)

    def said(self, *names: str) -> str:
        """The first text under ``names`` that is not empty, without stray spaces or a CDATA mark left in it as text."""
        for name in names:
            text = self.texts.get(name, "").strip()
            if "![CDATA[" in text and (left_over := _LEFT_OVER.fullmatch(text)):
                text = left_over[1].strip()
            if text:
                return text
        return ""

    def add(self, name: str, inner: Node) -> None:
        """Put an element in. A name without any text or part is a text too: an empty one."""
        if inner.parts or inner.texts or name in self.texts:
            self.parts.setdefault(name, []).append(inner)
        else:
            self.texts[name] = inner.text


_NOTHING = Node()


def parse(body: bytes) -> Node:
    """The tree of a push. Raises Unreadable or Hostile, both within a time that ``body``'s length bounds."""
    texts = read_flat(body)
    if texts and len(texts) < MAX_PARTS:
        return Node("", texts)
    body = body.removeprefix(_BOM).lstrip()
    return _json(body) if is_json(body) else _xml(body)


def is_json(body: bytes) -> bool:
    """True for a push in JSON, whether it can be read or not."""
    return body.removeprefix(_BOM).lstrip().startswith((b"{", b"["))


def _xml(body: bytes) -> Node:
    """Reads XML with expat, which does not recurse, and stops at the first thing that no push has.

    Without a DOCTYPE there are no entities beyond the five of XML itself, and nothing is ever fetched.
    """
    level = [Node()]  # the elements that have not ended; _NOTHING for one without elements in it
    said: list[str] = []  # since the last tag
    left = MAX_PARTS

    def start(name: str, attributes: object) -> None:
        nonlocal left
        left -= 1
        if left < 0 or len(level) > MAX_DEPTH:
            raise Hostile(f"more than {MAX_DEPTH} levels or {MAX_PARTS} elements")
        if level[-1] is _NOTHING:
            level[-1] = Node()
        level.append(_NOTHING)
        said.clear()

    def end(name: str) -> None:
        inner, outer = level.pop(), level[-1]
        if inner is _NOTHING and name not in outer.texts:
            outer.texts[name] = "".join(said)
        else:
            outer.add(name, Node("".join(said)) if inner is _NOTHING else inner)
        said.clear()

    reader = expat.ParserCreate("utf-8")  # whatever the declaration says: WeChat sends nothing else
    reader.buffer_text = True
    reader.StartDoctypeDeclHandler = _doctype
    reader.StartElementHandler = start
    reader.CharacterDataHandler = said.append
    reader.EndElementHandler = end
    try:
        reader.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(f"not XML: {error}") from None
    around = level[0]
    return next((root for roots in around.parts.values() for root in roots), _NOTHING)


def _doctype(*_: object) -> None:
    raise Hostile("a DOCTYPE")


def _json(body: bytes) -> Node:
    try:
        value = decode(body)
    except TooDeep as error:
        raise Hostile(str(error)) from None
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("JSON, but no object")
    return _Json().node(value, 0)


class _Json:
    """Turns decoded JSON into the tree that the same push in XML would give: a list is an element repeated."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def node(self, value: Any, depth: int) -> Node:
        self._left -= 1
        if depth >= MAX_DEPTH or self._left < 0:
            raise Hostile(f"more than {MAX_DEPTH} levels or {MAX_PARTS} values")
        match value:
            case dict():
                return self._around(value, depth)
            case list():
                return self._around({"": value}, depth)
            case str():
                return Node(value)
            case None:
                return Node()
        return Node(msgspec.json.encode(value).decode())

    def _around(self, values: dict[str, Any], depth: int) -> Node:
        node = Node()
        for name, value in values.items():
            for inner in value if isinstance(value, list) else [value]:
                node.add(name, self.node(inner, depth + 1))
        return node
