"""A text as the light and dark modules of a QR code."""

from __future__ import annotations

from typing import Literal

from careline.errors import Usage

Correction = Literal["L", "M", "Q", "H"]
Modules = list[list[bool]]

QUIET = 4
"""Modules of white that ISO/IEC 18004 wants on each side of a code."""


def modules(text: str, correction: Correction) -> Modules:
    """The square of modules, True where dark, without quiet zone. Raises Usage when the text is empty or too long for one code.

    ``correction`` says how much of the code may be lost: L 7 %, M 15 %, Q 25 %, H 30 %.
    """
    from qrcode import QRCode, constants

    if not text:
        raise Usage("There is nothing to draw: the text of the code is empty.")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise Usage("The text of the code holds something that is not a character.") from error
    code = QRCode(error_correction=getattr(constants, f"ERROR_CORRECT_{correction}"), border=0)
    code.add_data(data)
    try:
        code.make(fit=True)
    except ValueError as error:  # the library looks for a version 41
        raise Usage(
            f"{len(data):,} bytes are too many for one code.",
            hint="a shorter --text, or no --logo (which needs more error correction)",
        ) from error
    return [[bool(dark) for dark in row] for row in code.get_matrix()]
