"""PNG files of few colours and many equal rows, written in a tenth of the time that a general encoder needs.

A row that says what the row above says is written as a difference of zeros, and a code consists of little else.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

SIGNATURE = b"\x89PNG\r\n\x1a\n"
METRES_PER_INCH = 0.0254
GREY, RGB, PALETTE = 0, 2, 3  # colour types of the PNG specification
SHADES = 56  # of ink beside a logo, which has the other colours of a palette to itself
_INVERTED = bytes(range(255, -1, -1))
FAST = 1  # of zlib: rows of zeros become as small at any level


def bits(cells: Sequence[bytes | bytearray], pixels: int, edge: int, width: int) -> list[bytes]:
    """Rows of one bit a pixel, ``width`` square: each cell ``pixels`` wide, 1 where it is 1, the rest of the square 0."""
    stride = -(-width // 8)
    blank = bytes(stride)
    rows = [blank] * width
    dot, none = "1" * pixels, "0" * pixels
    behind = 8 * stride - edge - len(cells) * pixels
    for number, row in enumerate(cells):
        line = int("".join([dot if cell else none for cell in row]), 2) << behind
        top = edge + number * pixels
        rows[top : top + pixels] = [line.to_bytes(stride, "big")] * pixels
    return rows


def two_colours(rows: Sequence[bytes], width: int, colour: tuple[int, int, int], dpi: int) -> bytes:
    """The PNG of rows of one bit a pixel: 1 is the colour, 0 white."""
    if colour == (0, 0, 0):
        return _file(width, len(rows), 1, GREY, dpi, b"", [row.translate(_INVERTED) for row in rows])
    palette = _chunk(b"PLTE", b"\xff\xff\xff" + bytes(colour))
    return _file(width, len(rows), 1, PALETTE, dpi, palette, rows)


def shades(grey: bytes, width: int, colour: tuple[int, int, int], dpi: int) -> bytes:
    """The PNG of pixels of one byte, 0 in the colour and 255 white."""
    return _numbered(grey, width, _ramp(colour, 256), dpi)


def shades_and_others(numbers: bytes, width: int, colour: tuple[int, int, int], others: bytes, dpi: int) -> bytes:
    """The PNG of pixels of one byte: below ``SHADES`` from the colour to white, then ``others``, of three bytes each."""
    return _numbered(numbers, width, _ramp(colour, SHADES) + others, dpi)


def full_colour(pixels: bytes, width: int, dpi: int) -> bytes:
    """The PNG of pixels of three bytes."""
    stride = 3 * width
    rows = [pixels[at : at + stride] for at in range(0, len(pixels), stride)]
    return _file(width, len(rows), 8, RGB, dpi, b"", rows)


def _numbered(numbers: bytes, width: int, palette: bytes, dpi: int) -> bytes:
    rows = [numbers[at : at + width] for at in range(0, len(numbers), width)]
    return _file(width, len(rows), 8, PALETTE, dpi, _chunk(b"PLTE", palette), rows)


@lru_cache(8)
def _ramp(colour: tuple[int, int, int], shades: int) -> bytes:
    return bytes(ink + (255 - ink) * level // (shades - 1) for level in range(shades) for ink in colour)


def _file(width: int, height: int, depth: int, colour: int, dpi: int, palette: bytes, rows: Iterable[bytes]) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    metre = round(dpi / METRES_PER_INCH)
    parts = [SIGNATURE, _chunk(b"IHDR", head), _chunk(b"pHYs", struct.pack(">IIB", metre, metre, 1)), palette]
    parts += [_chunk(b"IDAT", zlib.compress(_filtered(rows), FAST)), _chunk(b"IEND", b"")]
    return b"".join(parts)


def _filtered(rows: Iterable[bytes]) -> bytes:
    """The rows, each behind the number of its filter: 0 as it is, 2 the difference to the row above."""
    filtered: list[bytes] = []
    above, same = b"", b""
    for row in rows:
        if row == above:
            filtered.append(same)
            continue
        filtered.append(b"\0" + row)
        above, same = row, b"\2" + bytes(len(row))
    return b"".join(filtered)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
