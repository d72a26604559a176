"""One line of text under a code, in a font that has every character of it.

A font without a character draws an empty box and says nothing, so coverage is tested before anything is drawn.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from careline.errors import Usage

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FONTS: Sequence[Path] = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
    Path("/System/Library/Fonts"),
    Path("/Library/Fonts"),
    Path("~/Library/Fonts"),
)
"""Where fonts live on Linux, the BSDs and macOS."""

LIKED = (
    *("notosans-regular", "dejavusans", "liberationsans-regular", "arial"),
    *("notosanscjk-regular", "notosanssc", "sourcehansans", "pingfang", "hiragino sans gb"),
    *("wqy-microhei", "wqy-zenhei", "droidsansfallback"),
)
"""Beginnings of file names, in lower case: plain upright faces, Latin ones before those for Chinese, Japanese and Korean."""

# Of the picture's width: the strip, the letters, and the smallest letters that a longer line is shrunk to.
STRIP, LETTER, SMALLEST, LINE = 0.1, 0.06, 0.03, 0.92


def strip(caption: str, width: int, folders: Sequence[Path] = FONTS) -> Image:
    """A grey picture ``width`` pixels wide with the caption in black in its middle. Raises Usage as ``fitted`` does."""
    from PIL import Image, ImageDraw

    line, font = fitted(caption, width, folders)
    image = Image.new("L", (width, round(width * STRIP)), 255)
    centre = (width / 2, image.height * 0.4)  # nearer to its code than to the edge
    ImageDraw.Draw(image).text(centre, line, fill=0, font=font, anchor="mm")
    return image


def fitted(caption: str, width: int, folders: Sequence[Path] = FONTS) -> tuple[str, FreeTypeFont]:
    """The caption as it is written, and a font in the size that makes it fit into ``width`` pixels.

    Raises Usage for a caption of several lines, one that is too long, and one with characters that no font here has.
    """
    line = unicodedata.normalize("NFC", caption.strip())
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in line):
        raise Usage("A caption is one line of text, without line ends or control characters.")
    font = _font(line, folders)
    letter = width * LETTER
    needed = _sized(font, letter).getlength(line)
    if needed > width * LINE:
        letter *= width * LINE / needed
    if letter < width * SMALLEST:
        fit = int(len(line) * letter / (width * SMALLEST))
        raise Usage(
            f"The caption is too long for one line: {len(line)} characters, about {fit} fit.", hint="a shorter --caption"
        )
    return line, _sized(font, letter)


def _font(line: str, folders: Sequence[Path]) -> FreeTypeFont:
    from PIL import features

    if _is_shaped(line) and not features.check("raqm"):
        raise Usage(
            "The caption's script needs text shaping, and this Pillow has none.",
            hint="apt install libfribidi0, or a caption in another script",
        )
    lacking = list(dict.fromkeys(line))
    for font in _fonts(line, folders):
        missing = _missing(line, font)
        if not missing:
            return font
        lacking = min(lacking, missing, key=len)
    raise Usage(f"No font on this machine can draw {''.join(lacking)}, which the caption needs.", hint=_package(lacking))


def _fonts(line: str, folders: Sequence[Path]) -> Iterator[FreeTypeFont]:
    """Pillow's own font first, so that a plain caption looks the same everywhere; then the machine's, the liked ones first."""
    yield from _own()
    wanted = _han_style(line)
    for file in _files(tuple(folders)):
        yield from sorted(_faces(file), key=lambda face: not (face.getname()[0] or "").endswith(wanted))


# A batch asks for the fonts thousands of times, and nobody installs one meanwhile.


@lru_cache(1)
def _own() -> tuple[FreeTypeFont, ...]:
    from PIL import ImageFont

    own = ImageFont.load_default(40)
    return (own,) if isinstance(own, ImageFont.FreeTypeFont) else ()


@lru_cache(4)
def _files(folders: tuple[Path, ...]) -> list[Path]:
    files = [
        file
        for folder in folders
        for file in Path(os.path.expanduser(folder)).rglob("*")
        if file.suffix.lower() in (".ttf", ".ttc", ".otf")
    ]
    return sorted(files, key=_liking)


def _liking(file: Path) -> tuple[int, int, str]:
    name = file.stem.lower()
    rank = next((rank for rank, liked in enumerate(LIKED) if name.startswith(liked)), len(LIKED))
    return rank, len(name), str(file)  # the shortest name of a family is its upright, regular face


@lru_cache(64)
def _faces(file: Path) -> tuple[FreeTypeFont, ...]:
    """The faces of a file: a collection draws Han characters in one for each language."""
    from PIL import ImageFont

    faces: list[FreeTypeFont] = []
    try:
        while len(faces) < (64 if file.suffix.lower() == ".ttc" else 1):
            faces.append(ImageFont.truetype(str(file), 40, index=len(faces)))
    except OSError:  # past the last face, or no font that FreeType can scale
        pass
    return tuple(faces)


def _han_style(line: str) -> str:
    if any("\uac00" <= character <= "\ud7a3" for character in line):
        return " KR"
    return " JP" if any("\u3040" <= character <= "\u30ff" for character in line) else " SC"


def _missing(line: str, font: FreeTypeFont) -> list[str]:
    """The characters that the font does not have."""
    return [one for one in dict.fromkeys(line) if _has_ink(one) and not _draws(font, one)]


@lru_cache(16)
def _sized(font: FreeTypeFont, size: float) -> FreeTypeFont:
    return font.font_variant(size=size)


@lru_cache(4096)
def _draws(font: FreeTypeFont, character: str) -> bool:
    """False when the font draws it as it draws one that does not exist, or not at all."""
    mask = bytes(font.getmask(character))
    return any(mask) and mask != bytes(font.getmask("\U0010ffff"))


def _has_ink(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) != "Cf"


def _is_shaped(line: str) -> bool:
    """True for scripts written from the right, or with marks that move."""
    return any(unicodedata.bidirectional(c) in ("R", "AL") or unicodedata.category(c) in ("Mn", "Mc") for c in line)


def _package(characters: list[str]) -> str:
    names = [unicodedata.name(character, "") for character in characters]
    if any(
        name.startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH")) for name in names
    ):
        return "apt install fonts-noto-cjk (dnf install google-noto-sans-cjk-fonts), or a caption in Latin letters"
    if any(unicodedata.category(character) == "So" for character in characters):
        return "a --caption without pictures and emoji"
    return "apt install fonts-noto-core (dnf install google-noto-sans-fonts), or a caption in Latin letters"
