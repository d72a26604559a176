"""The last look at a drawn code: a reader that is not ours must find the text in it.

A PNG is read as it stands. An SVG or PDF is first drawn again from the file's own bytes, so that a wrong number in the file is
caught here and not on a wall. What is proven is the file, not the paper: ink, glass and light are still to come.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from careline.errors import Failed
from careline.qr import raster
from careline.qr.look import Format, format_of

if TYPE_CHECKING:
    from PIL.Image import Image


def read_back(data: bytes, suffix: str, expected: str) -> None:
    """Promises that the picture is a code of ``expected`` and of nothing else; raises Failed ``qr_unreadable`` otherwise."""
    import zxingcpp

    pixels = _pixels(data, format_of(suffix))
    found = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)  # type: ignore[arg-type]
    texts = [code.bytes for code in found]
    if texts == [expected.encode()]:
        return
    if not texts:
        raise _unreadable("The code was drawn, but cannot be read back.")
    raise _unreadable(f"The code was drawn, but reads as {texts[0].decode(errors='replace')!r} and not as {expected!r}.")


def _pixels(data: bytes, written: Format) -> Image:
    from PIL import Image

    try:
        if written == "svg":
            return raster.svg(data).convert("L")
        if written == "pdf":
            return raster.pdf(data).convert("L")
        return Image.open(BytesIO(data), formats=("PNG",)).convert("L")
    except (ValueError, KeyError, IndexError, SyntaxError, OSError) as error:
        raise _unreadable(f"The picture is not a sound {written} file: {error}.") from error


def _unreadable(message: str) -> Failed:
    return Failed(
        message,
        code="qr_unreadable",
        hint="no --logo or a plainer one, a darker --color, a larger --size or --dpi",
    )
