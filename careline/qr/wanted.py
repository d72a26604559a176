"""What is to be drawn of one code, and whether the ledger says that it has been."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from careline.model import Channel, Code
from careline.qr.look import Format, Look
from careline.qr.sheet import digest_of


class Wanted(Struct, kw_only=True):
    """One code to be: the ``line`` of the table that asks for it, its scene's key, its terms, and its picture.

    ``code`` is the one that it has, None while it has to be asked for. Of a code on a sheet ``path`` is the sheet, and
    ``place`` where it stands among how many.
    """

    line: int
    channel: Channel
    key: str
    look: Look
    path: Path
    written: Format
    permanent: bool = False
    lasts: int = 0
    text: str | None = None
    campaign: str = ""
    account: str = ""  # WeCom: the id of the customer service account it leads to
    sheet: str = ""
    place: str = ""
    code: Code | None = None

    @property
    def scene(self) -> str:
        """The scene as people know it."""
        return self.key[2:]

    def said_look(self) -> str:
        """The look as the ledger keeps it: the same words for the same picture of the same code."""
        return say_look(self.look, self.written, f"{self.sheet} {self.place}".strip())

    def is_drawn(self) -> bool:
        """True when the ledger knows the picture, read back, and its file is there."""
        code = self.code
        return code is not None and code.file == str(self.path) and code.look == self.said_look() and self.path.is_file()


def say_look(look: Look, written: Format, sheet: str = "") -> str:
    """A look in the ledger's words."""
    said: dict[str, Any] = {"format": written, "size_mm": look.size_mm, "dpi": look.dpi, "color": look.color}
    said |= {"caption": look.caption} if look.caption else {}
    said |= {"logo": os.path.abspath(look.logo), "logo_is": digest_of(look.logo)} if look.logo else {}
    said |= {"sheet": sheet} if sheet else {}
    return msgspec.json.encode(said, order="sorted").decode()


class _Said(Struct):
    format: Format = "png"
    size_mm: float = 50.0
    dpi: int = 300
    color: str = "#000000"
    caption: str = ""
    logo: str = ""


def look_of(code: Code) -> tuple[Look, Format]:
    """The look and the format that the code was drawn in last; the usual ones where nobody noted them."""
    said = msgspec.json.decode(code.look, type=_Said) if code.look else _Said(caption=code.caption)
    logo = Path(said.logo) if said.logo else None
    return Look(size_mm=said.size_mm, dpi=said.dpi, color=said.color, caption=said.caption, logo=logo), said.format
