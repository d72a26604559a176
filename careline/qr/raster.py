"""Our own SVG and PDF files as pixels again, from nothing but their bytes.

Understood is exactly what ``page`` writes and nothing more: filled rectangles, embedded pictures, and in a PDF the table of
objects with its offsets and lengths. A file that says anything else is a ValueError. What this cannot show is how somebody
else's program draws the same file: clipping, colour profiles and printers are beyond it.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

ACROSS = 1600
"""Pixels across the drawing: more than eight a module for the largest code there is."""

POINTS_PER_INCH, SHEET_DPI, MOST_ACROSS = 72, 200, 2600
"""A page of several codes is as fine as a middling scanner sees it, and no larger than that of an A3."""

NUMBER = r"(-?\d+(?:\.\d+)?)"
BAR = re.compile(rf"M{NUMBER} {NUMBER}h{NUMBER}v{NUMBER}h-{NUMBER}z")
PREFIX = "data:image/png;base64,"


class _Canvas:
    """White paper ``width`` by ``height`` in units of the file, y downward."""

    def __init__(self, width: float, height: float, across: int = 0) -> None:
        from PIL import Image

        across = max(ACROSS, min(across, MOST_ACROSS))
        self.scale = across / width
        self.image = Image.new("RGB", (across, round(height * self.scale)), "white")

    def fill(self, left: float, top: float, width: float, height: float, color: str) -> None:
        self.image.paste(color, self._box(left, top, width, height))

    def place(self, picture: Image, left: float, top: float, width: float, height: float) -> None:
        box = self._box(left, top, width, height)
        self.image.paste(picture.convert("RGB").resize((box[2] - box[0], box[3] - box[1])), box)

    def _box(self, left: float, top: float, width: float, height: float) -> tuple[int, int, int, int]:
        across = sorted(round(edge * self.scale) for edge in (left, left + width))
        down = sorted(round(edge * self.scale) for edge in (top, top + height))
        return across[0], down[0], across[1], down[1]


def svg(data: bytes) -> Image:
    """The pixels of an SVG written by ``page.svg``. Raises ValueError (or SyntaxError) for any other file."""
    from defusedxml.ElementTree import fromstring
    from PIL import Image

    root = fromstring(data)
    left, top, width, height = (float(value) for value in root.attrib["viewBox"].split())
    if (left, top) != (0, 0):
        raise ValueError("the view does not begin in its corner")
    canvas = _Canvas(width, height)
    for element in root:
        name = element.tag.rpartition("}")[2]
        if name == "rect":
            canvas.fill(0, 0, float(element.attrib["width"]), float(element.attrib["height"]), element.attrib["fill"])
        elif name == "path":
            for bar in _bars(element.attrib["d"]):
                canvas.fill(*bar, element.attrib["fill"])
        elif name == "image":
            link = element.attrib["{http://www.w3.org/1999/xlink}href"]
            if not link.startswith(PREFIX):
                raise ValueError("a picture that is not in the file")
            picture = Image.open(BytesIO(b64decode(link.removeprefix(PREFIX), validate=True)))
            canvas.place(picture, *(float(element.attrib[name]) for name in ("x", "y", "width", "height")))
        else:
            raise ValueError(f"an element {name}")
    return canvas.image


def _bars(path: str) -> list[tuple[float, float, float, float]]:
    bars, at = [], 0
    while at < len(path):
        bar = BAR.match(path, at)
        if bar is None or bar[3] != bar[5]:
            raise ValueError(f"a path that is not of rectangles, at {at}")
        bars.append((float(bar[1]), float(bar[2]), float(bar[3]), float(bar[4])))
        at = bar.end()
    return bars


def pdf(data: bytes) -> Image:
    """The pixels of a PDF written by ``page.pdf``. Raises ValueError for any other file, and for a wrong offset or length."""
    objects = _objects(data)
    page = next((head for head, _ in objects.values() if "/Type /Page " in head), "")
    box = re.search(rf"/MediaBox \[0 0 {NUMBER} {NUMBER}\]", page)
    contents = re.search(r"/Contents (\d+) 0 R", page)
    if box is None or contents is None:
        raise ValueError("no page")
    pictures = {name: _picture(*objects[int(number)]) for name, number in re.findall(r"/((?:Logo|Caption)\d*) (\d+) 0 R", page)}
    return _painted(objects[int(contents[1])][1].decode(), pictures, float(box[1]), float(box[2]))


def _painted(content: str, pictures: dict[str, Image], width: float, height: float) -> Image:
    """The page after its operators, one a line, have run. A PDF counts y upward, the canvas downward."""
    canvas = _Canvas(width, height, round(width / POINTS_PER_INCH * SHEET_DPI))
    color, bars = "#000000", []
    matrix, kept = (1.0, 1.0, 0.0, 0.0), []  # scales and shifts: nothing here is turned
    for line in content.splitlines():
        *operands, operator = line.split()
        if operator == "q":
            kept.append((matrix, color))
        elif operator == "Q":
            matrix, color = kept.pop()
        elif operator == "cm":
            wide, turned, sheared, high, right, up = map(float, operands)
            if turned or sheared:
                raise ValueError("a page that is turned")
            matrix = (matrix[0] * wide, matrix[1] * high, matrix[0] * right + matrix[2], matrix[1] * up + matrix[3])
        elif operator == "rg":
            color = "#" + bytes(round(float(share) * 255) for share in operands).hex()
        elif operator == "re":
            left, low, across, tall = map(float, operands)
            top = height - (matrix[1] * low + matrix[3])
            bars.append((matrix[0] * left + matrix[2], top, matrix[0] * across, -matrix[1] * tall))
        elif operator == "f":
            for bar in bars:
                canvas.fill(*bar, color)
            bars = []
        elif operator == "Do":
            if matrix[1] <= 0:
                raise ValueError("a picture on its head")
            canvas.place(pictures[operands[0].removeprefix("/")], matrix[2], height - matrix[3], matrix[0], -matrix[1])
        elif operator not in ("BDC", "EMC"):
            raise ValueError(f"an operator {operator}")
    return canvas.image


def _picture(head: str, raw: bytes) -> Image:
    from PIL import Image

    size = re.search(r"/Width (\d+) /Height (\d+) /ColorSpace /DeviceRGB /BitsPerComponent 8 ", head)
    if size is None:
        raise ValueError("a picture in another form")
    return Image.frombytes("RGB", (int(size[1]), int(size[2])), raw)


def _objects(data: bytes) -> dict[int, tuple[str, bytes]]:
    """Each object's dictionary and unpacked stream, found as a viewer finds it: by the offsets at the file's end."""
    end = re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", data)
    if not data.startswith(b"%PDF-") or end is None:
        raise ValueError("no PDF")
    table = re.compile(rb"xref\n0 (\d+)\n0000000000 65535 f \n((?:\d{10} 00000 n \n)*)trailer\n").match(data, int(end[1]))
    if table is None or len(table[2]) != 20 * (int(table[1]) - 1):
        raise ValueError("no table of objects where the file says")
    return {number: _object(data, number, int(entry[:10])) for number, entry in enumerate(table[2].splitlines(), 1)}


def _object(data: bytes, number: int, offset: int) -> tuple[str, bytes]:
    found = re.compile(rb"%d 0 obj\n(<<.*>>)\n(endobj|stream\n)" % number).match(data, offset)
    if found is None:
        raise ValueError(f"no object {number} where the table says")
    head, at = found[1].decode(), found.end()
    if found[2] == b"endobj":
        return head, b""
    length = re.search(r"/Filter /FlateDecode /Length (\d+)", head)
    if length is None or not data.startswith(b"\nendstream\nendobj\n", at + int(length[1])):
        raise ValueError(f"the stream of object {number} does not end where it says")
    try:
        return head, zlib.decompress(data[at : at + int(length[1])])
    except zlib.error as error:
        raise ValueError(f"the stream of object {number} is damaged") from error
