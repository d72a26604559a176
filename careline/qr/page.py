"""A laid-out code as a vector page: an SVG or a PDF, in lengths instead of pixels.

The modules are one path filled once, so that no viewer draws hairlines between them. Caption and logo are embedded as pictures:
a page looks the same where its font is not installed. The caption's words go along as the text of its picture.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from html import escape
from io import BytesIO

from careline.qr.look import Look
from careline.qr.sheet import Placed, Sheet

POINTS_PER_MM = 72 / 25.4


def svg(sheet: Sheet, look: Look) -> bytes:
    """The sheet as an SVG whose unit is one module."""
    height = look.size_mm * sheet.height / sheet.side
    bars = "".join(f"M{left} {top}h{length}v1h-{length}z" for left, top, length in sheet.runs())
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{_number(look.size_mm)}mm" height="{_number(height)}mm" viewBox="0 0 {sheet.side} {_number(sheet.height)}">',
        f'<rect width="{sheet.side}" height="{_number(sheet.height)}" fill="#ffffff"/>',
        f'<path fill="#{bytes(sheet.color).hex()}" shape-rendering="crispEdges" d="{bars}"/>',
    ]
    if sheet.logo:
        lines.append(_svg_image(sheet.logo, ""))
    if sheet.caption:
        lines.append(_svg_image(sheet.caption, f' role="img" aria-label="{escape(look.caption.strip())}"'))
    return "\n".join([*lines, "</svg>\n"]).encode()


def _svg_image(placed: Placed, attributes: str) -> str:
    written = BytesIO()
    placed.image.save(written, "PNG")
    box = zip(("x", "y", "width", "height"), (placed.left, placed.top, placed.width, placed.height), strict=True)
    where = " ".join(f'{name}="{_number(value)}"' for name, value in box)
    data = b64encode(written.getvalue()).decode()
    # xlink:href and not href: print shops' programs still know only the older name
    return f'<image {where} preserveAspectRatio="none"{attributes} xlink:href="data:image/png;base64,{data}"/>'


def pdf(sheet: Sheet, look: Look) -> bytes:
    """The sheet as a PDF of one page: nothing in it depends on the day, so the same code is the same file."""
    unit = look.size_mm * POINTS_PER_MM / sheet.side
    width, height = _number(unit * sheet.side), _number(unit * sheet.height)
    painted = [
        f"1 1 1 rg\n0 0 {width} {height} re\nf",
        f"{_number(unit)} 0 0 -{_number(unit)} 0 {height} cm",  # from here on: modules, from the top left corner
        " ".join(_number(byte / 255) for byte in sheet.color) + " rg",
        *(f"{left} {top} {length} 1 re" for left, top, length in sheet.runs()),
        "f",
    ]
    images = []
    if sheet.logo:
        images.append(("Logo", sheet.logo))
        painted.append(_pdf_image("Logo", sheet.logo))
    if sheet.caption:
        images.append(("Caption", sheet.caption))
        words = "FEFF" + look.caption.strip().encode("utf-16-be").hex()
        painted.append(f"/Span <</ActualText <{words}>>> BDC\n{_pdf_image('Caption', sheet.caption)}\nEMC")
    names = " ".join(f"/{name} {number} 0 R" for number, (name, _) in enumerate(images, 5))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R "
        f"/Resources <</XObject <<{names}>>>>>>".encode(),
        _stream("", "\n".join(painted).encode()),
        *(_stream(_image_head(placed), placed.image.tobytes()) for _, placed in images),
    ]
    return _pdf_file(objects)


def _pdf_image(name: str, placed: Placed) -> str:
    width, height = _number(placed.width), _number(placed.height)
    return f"q\n{width} 0 0 -{height} {_number(placed.left)} {_number(placed.top + placed.height)} cm\n/{name} Do\nQ"


def _image_head(placed: Placed) -> str:
    image = placed.image
    size = f"/Width {image.width} /Height {image.height}"
    return f"/Type /XObject /Subtype /Image {size} /ColorSpace /DeviceRGB /BitsPerComponent 8 "


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


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
