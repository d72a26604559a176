"""A laid-out code as a vector page: an SVG or a PDF, in lengths instead of pixels.

The modules are one path filled once, so that no viewer draws hairlines between them. Caption and logo are embedded as pictures:
a page looks the same where its font is not installed. The caption's words go along as the text of its picture.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from careline.qr.look import Look
from careline.qr.sheet import Placed, Sheet

if TYPE_CHECKING:
    from PIL.Image import Image

POINTS_PER_MM = 72 / 25.4


def svg(sheet: Sheet, look: Look) -> bytes:
    """The sheet as an SVG whose unit is one module."""
    height = look.size_mm * sheet.height / sheet.side
    bars = "".join(f"M{left} {top}h{length}v1h-{length}z" for left, top, length in sheet.runs())
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{number(look.size_mm)}mm" height="{number(height)}mm" viewBox="0 0 {sheet.side} {number(sheet.height)}">',
        f'<rect width="{sheet.side}" height="{number(sheet.height)}" fill="#ffffff"/>',
        f'<path fill="#{bytes(sheet.color).hex()}" shape-rendering="crispEdges" d="{bars}"/>',
    ]
    if sheet.logo:
        lines.append(_svg_image(sheet.logo, ""))
    if caption := sheet.printed_caption:
        lines.append(_svg_image(caption, f' role="img" aria-label="{escape(look.caption.strip())}"'))
    return "\n".join([*lines, "</svg>\n"]).encode()


def _svg_image(placed: Placed, attributes: str) -> str:
    written = BytesIO()
    placed.image.save(written, "PNG")
    box = zip(("x", "y", "width", "height"), (placed.left, placed.top, placed.width, placed.height), strict=True)
    where = " ".join(f'{name}="{number(value)}"' for name, value in box)
    data = b64encode(written.getvalue()).decode()
    # xlink:href and not href: print shops' programs still know only the older name
    return f'<image {where} preserveAspectRatio="none"{attributes} xlink:href="data:image/png;base64,{data}"/>'


def pdf(sheet: Sheet, look: Look) -> bytes:
    """The sheet as a PDF of one page: nothing in it depends on the day, so the same code is the same file."""
    unit = look.size_mm * POINTS_PER_MM / sheet.side
    width, height = unit * sheet.side, unit * sheet.height
    lines = [f"{number(unit)} 0 0 -{number(unit)} 0 {number(height)} cm", *painted(sheet)]  # modules, from the top left corner
    images = []
    if sheet.logo:
        images.append(picture("Logo", sheet.logo.image))
        lines.append(placed_image("Logo", sheet.logo))
    if caption := sheet.printed_caption:
        images.append(picture("Caption", caption.image))
        lines.append(placed_image("Caption", caption, look.caption))
    return paged(width, height, lines, images)


def painted(sheet: Sheet) -> list[str]:
    """The operators that fill the modules, where the unit is one module and y counts downward."""
    color = " ".join(number(byte / 255) for byte in sheet.color)
    return [f"{color} rg", *(f"{left} {top} {length} 1 re" for left, top, length in sheet.runs()), "f"]


def placed_image(name: str, placed: Placed, words: str = "") -> str:
    """The operators that show a picture in its box; ``words`` are what it says, for who searches or listens."""
    width, height = number(placed.width), number(placed.height)
    shown = f"q\n{width} 0 0 -{height} {number(placed.left)} {number(placed.top + placed.height)} cm\n/{name} Do\nQ"
    if not words:
        return shown
    said = "FEFF" + words.strip().encode("utf-16-be").hex()
    return f"/Span <</ActualText <{said}>>> BDC\n{shown}\nEMC"


def picture(name: str, image: Image) -> tuple[str, bytes]:
    """A picture as an object of a page, by the name it is shown by."""
    size = f"/Width {image.width} /Height {image.height}"
    return name, _stream(f"/Type /XObject /Subtype /Image {size} /ColorSpace /DeviceRGB /BitsPerComponent 8 ", image.tobytes())


def paged(width: float, height: float, lines: Sequence[str], pictures: Sequence[tuple[str, bytes]]) -> bytes:
    """A PDF of one white page, in points, with these operators and pictures."""
    box = f"0 0 {number(width)} {number(height)}"
    names = " ".join(f"/{name} {at} 0 R" for at, (name, _) in enumerate(pictures, 5))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        f"<</Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R /Resources <</XObject <<{names}>>>>>>".encode(),
        _stream("", "\n".join([f"1 1 1 rg\n{box} re\nf", *lines]).encode()),
        *(data for _, data in pictures),
    ]
    return _pdf_file(objects)


def _stream(head: str, data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return f"<<{head}/Filter /FlateDecode /Length {len(packed)}>>\nstream\n".encode() + packed + b"\nendstream"


def _pdf_file(objects: list[bytes]) -> bytes:
    """The objects, the table of where each begins, and the trailer."""
    written = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        written += b"%010d 00000 n \n" % offset
    written += b"trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(written)


def number(value: float) -> str:
    """A length as a page says it, to a ten-thousandth."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
