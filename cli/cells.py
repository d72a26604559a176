"""Text on a terminal: how many cells it takes, cut and padded by cells, and nothing in it that could move the cursor."""

from __future__ import annotations

import unicodedata


def cells(text: str) -> int:
    """How many cells a text takes: two for East Asian wide characters, none for combining ones."""
    return len(text) if text.isascii() else sum(_cell(character) for character in text)


def fit(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, ending in … where something was cut."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _cell(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, width: int, *, right: bool = False) -> str:
    """``text`` with blanks after it (before it with ``right``) up to ``width`` cells."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def clean(text: str, *, keep: str = "") -> str:
    """``text`` with whatever could move a cursor, ring or turn the line round made visible, but for characters in ``keep``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in keep or not _acts(character) else _visible(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _acts(character: str) -> bool:
    """True for control characters, line and paragraph separators, and what turns the direction of writing."""
    code = ord(character)
    return code < 0x20 or 0x7F <= code < 0xA0 or 0x2028 <= code <= 0x202E or 0x2066 <= code <= 0x2069


def _visible(character: str) -> str:
    if character in "\r\n\t":
        return {"\n": "↵", "\r": "", "\t": " "}[character]
    return f"\\u{ord(character):04x}"
