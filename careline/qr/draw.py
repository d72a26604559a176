"""A text as a picture of a QR code: bytes from arguments, no file touched but the logo and the fonts.

A picture is exactly as wide as was asked, quiet zone included. In a PNG each module is the same whole number of pixels, the
most that fit; what is left over (less than a pixel a module) widens the quiet zone. A caption adds a tenth of the width below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from careline.errors import Usage
from careline.qr import bitmap, page
from careline.qr.caption import fitted
from careline.qr.look import Look, format_of
from careline.qr.matrix import QUIET
from careline.qr.sheet import CAPTION_PIXELS, Sheet, inked, lay_out, logo_of, scaled_logo

if TYPE_CHECKING:
    from PIL.Image import Image

MM_PER_INCH = 25.4
MOST_PIXELS = 6000
LEAST_MODULE_PX = 2
_TO_SHADES = [round(level * (bitmap.SHADES - 1) / 255) for level in range(256)]


class Picture(Struct, frozen=True):
    """A drawn code. An svg or pdf has no pixels of its own: its size is what it would have at the look's dpi."""

    data: bytes
    width_px: int
    height_px: int


def draw(text: str, look: Look, suffix: str) -> Picture:
    """The picture of ``text`` in the format that ``suffix`` names. Raises Usage for what cannot be drawn or would not scan."""
    wanted = format_of(suffix)
    width = width_px(look)
    if wanted == "png":
        return _png(text, look)
    sheet = lay_out(text, look)
    data = page.svg(sheet, look) if wanted == "svg" else page.pdf(sheet, look)
    return Picture(data, width, round(width * sheet.height / sheet.side))


def png(text: str, look: Look) -> bytes:
    """The code as a PNG that knows its dpi."""
    return draw(text, look, "png").data


def svg(text: str, look: Look) -> bytes:
    """The code as an SVG, sized in millimetres, its modules one path."""
    return draw(text, look, "svg").data


def pdf(text: str, look: Look) -> bytes:
    """The code as a PDF page of its own size, its modules one path."""
    return draw(text, look, "pdf").data


def check(look: Look, suffix: str) -> None:
    """Raises now the Usage that drawing would raise for any text: to be asked before a platform is asked for a code."""
    if format_of(suffix) == "png":
        _check_pixels(look)
    if look.caption.strip():
        fitted(look.caption, CAPTION_PIXELS)
    if look.logo:
        logo_of(look.logo)


def width_px(look: Look) -> int:
    """The pixels across a picture of this look."""
    return round(look.size_mm / MM_PER_INCH * look.dpi)


def _check_pixels(look: Look) -> None:
    if width_px(look) > MOST_PIXELS:
        raise Usage(
            f"{width_px(look):,} pixels across are too many for a png: at most {MOST_PIXELS:,}.",
            hint=f"--dpi {int(MOST_PIXELS * MM_PER_INCH / look.size_mm)}, or svg or pdf, which have no pixels",
        )


def _png(text: str, look: Look) -> Picture:
    _check_pixels(look)
    width = width_px(look)
    sheet = lay_out(text, look, caption_px=width)
    pixels = width // sheet.side
    if pixels < LEAST_MODULE_PX:
        least = -(-sheet.side * LEAST_MODULE_PX * MM_PER_INCH // look.size_mm)
        raise Usage(
            f"At {look.dpi} dpi the modules of this code are less than two pixels.",
            hint=f"--dpi {least:.0f} or more, or svg or pdf",
        )
    edge = (width - len(sheet.modules) * pixels) // 2
    rows = bitmap.bits(sheet.modules, pixels, edge, width)
    if not (sheet.logo or sheet.caption):
        return Picture(bitmap.two_colours(rows, width, sheet.color, look.dpi), width, width)
    grey = _captioned(rows, width, sheet)
    if not (sheet.logo and look.logo):
        return Picture(bitmap.shades(grey.tobytes(), width, sheet.color, look.dpi), width, grey.height)
    size = max(1, round(sheet.logo.width * pixels)), max(1, round(sheet.logo.height * pixels))
    at = round(edge + (sheet.logo.left - QUIET) * pixels), round(edge + (sheet.logo.top - QUIET) * pixels)
    logo, colours = scaled_logo(look.logo, size)
    image = grey.point(_TO_SHADES) if colours else inked(grey, sheet.color)
    image.paste(logo, at)
    if not colours:
        return Picture(bitmap.full_colour(image.tobytes(), width, look.dpi), width, image.height)
    return Picture(bitmap.shades_and_others(image.tobytes(), width, sheet.color, colours, look.dpi), width, image.height)


def _captioned(rows: list[bytes], width: int, sheet: Sheet) -> Image:
    """The code in black, with its caption below."""
    from PIL import Image

    grey = Image.new("L", (width, width + (sheet.caption.image.height if sheet.caption else 0)), 255)
    grey.paste(0, (0, 0), Image.frombytes("1", (width, width), b"".join(rows)))
    if sheet.caption:
        grey.paste(sheet.caption.image, (0, width))
    return grey
