"""A text as the light and dark modules of a QR code."""

from __future__ import annotations

from typing import Any, Literal

from careline.errors import Failed, Usage

Correction = Literal["L", "M", "Q", "H"]
Modules = list[bytearray]

QUIET = 4
"""Modules of white that ISO/IEC 18004 wants on each side of a code."""

_DARK = bytes([1]) + bytes(255)  # zxing-cpp draws a dark module as 0


def modules(text: str, correction: Correction) -> Modules:
    """The square of modules, 1 where dark, without quiet zone. Raises Usage when the text is empty or too long for one code.

    ``correction`` says how much of the code may be lost: L 7 %, M 15 %, Q 25 %, H 30 %. The code has that and no other.
    """
    import zxingcpp

    if not text:
        raise Usage("There is nothing to draw: the text of the code is empty.")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise Usage("The text of the code holds something that is not a character.") from error
    content = text if text.isascii() else data  # of other texts zxing-cpp would choose an encoding that phones guess wrong
    try:
        code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
    except ValueError as error:  # the library: more codewords than the largest code has
        raise Usage(
            f"{len(data):,} bytes are too many for one code.",
            hint="a shorter --text, or no --logo (which needs more error correction)",
        ) from error
    if code.ec_level != correction:  # a logo would then hide more than the code can lose
        raise Failed(f"The code came out with error correction {code.ec_level}, not {correction}.", code="qr_unreadable")
    drawn: Any = code.to_image(scale=1, add_quiet_zones=False)
    side, pixels = drawn.shape[0], bytes(drawn).translate(_DARK)
    return [bytearray(pixels[at : at + side]) for at in range(0, side * side, side)]
