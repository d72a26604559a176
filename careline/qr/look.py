"""What a drawn code looks like, and what would keep a phone from reading it.

A ``Look`` that exists is a sound one: size, resolution and colour are checked when it is made.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from careline.errors import Usage

Format = Literal["png", "svg", "pdf"]

SAFE_CONTRAST = 4.0
"""Luminance contrast with white. ISO/IEC 15415 grades a symbol contrast of 70 % as best, which is 3:1; the rest is for paper
that is not white and light that is not good."""

SIZES_MM = (5.0, 3000.0)
DPIS = (50, 2400)

Rgb = tuple[int, int, int]


class Look(Struct, frozen=True):
    """How a code is drawn. Raises Usage for a size, resolution or colour that cannot be scanned.

    ``size_mm`` is the width of the picture with its quiet zone; ``caption`` is one line below the code, ``logo`` an image in
    its middle.
    """

    size_mm: float = 50.0
    dpi: int = 300
    color: str = "#000000"
    caption: str = ""
    logo: Path | None = None

    def __post_init__(self) -> None:
        least, most = SIZES_MM
        if not least <= self.size_mm <= most:
            raise Usage(f"A code of {self.size_mm:g} mm cannot be drawn: from {least:g} to {most:g} mm.", hint="--size 50mm")
        low, high = DPIS
        if not low <= self.dpi <= high:
            raise Usage(f"{self.dpi} dpi cannot be drawn: from {low} to {high}.", hint="--dpi 300")
        _check_contrast(self.rgb)

    @property
    def rgb(self) -> Rgb:
        """The colour as three bytes."""
        return rgb(self.color)


def rgb(color: str) -> Rgb:
    """The three bytes of ``#075e54``, ``075e54`` or ``#333``. Raises Usage for anything else."""
    digits = color.removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        raise Usage(f"{color!r} is not a colour: six hexadecimal digits.", hint="--color 075e54")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def contrast(color: Rgb) -> float:
    """The luminance contrast with white, from 1 (white itself) to 21 (black), as WCAG 2 defines it."""

    def linear(byte: int) -> float:
        share = byte / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(byte) for byte in color)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _check_contrast(color: Rgb) -> None:
    ratio = contrast(color)
    if ratio >= SAFE_CONTRAST:
        return
    tones = ([byte * share // 100 for byte in color] for share in range(99, -1, -1))
    red, green, blue = next(tone for tone in tones if contrast((tone[0], tone[1], tone[2])) >= SAFE_CONTRAST)
    raise Usage(
        f"#{bytes(color).hex()} is too pale for a code: contrast with white is {ratio:.1f}:1, and {SAFE_CONTRAST:g}:1 is safe.",
        hint=f"the same tone, dark enough: --color {red:02x}{green:02x}{blue:02x}",
    )


def format_of(suffix: str) -> Format:
    """The format that a file's suffix (``.png``, ``PDF``) names. Raises Usage for one that is not drawn."""
    wanted = suffix.lower().removeprefix(".")
    for known in get_args(Format):
        if wanted == known:
            return known  # type: ignore[no-any-return]
    raise Usage(
        f"A code is drawn as png, svg or pdf, by the file's suffix, not as {suffix!r}."
        if suffix
        else "The picture's file has no suffix.",
        hint="end the file's name in .png, .svg or .pdf",
    )


def millimetres(size: str) -> float:
    """The number of ``40mm`` or ``12.5mm``. Raises Usage for any other unit, or none."""
    found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) ?mm", size.strip())
    if found is None:
        raise Usage(f"{size!r} is not a size: a number and mm.", hint="--size 40mm")
    return float(found[1])
