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


def read_back(data: bytes, suffix: str, *expected: str) -> None:
    """Promises that the picture shows a code of each ``expected`` and no other; raises Failed ``qr_unreadable`` otherwise."""
    import zxingcpp

    pixels = _pixels(data, format_of(suffix))
    closely = not _has_two_colours(pixels)
    found = zxingcpp.read_barcodes(
        pixels.convert("L"),
        formats=zxingcpp.BarcodeFormat.QRCode,  # type: ignore[arg-type]
        try_rotate=closely,
        try_downscale=closely,
        try_invert=closely,
    )
    texts = sorted(code.bytes for code in found)
    wanted = sorted(text.encode() for text in expected)
    if texts == wanted:
        return
    if len(texts) < len(wanted):
        which = "The code was drawn, but" if len(wanted) == 1 else f"Of {len(wanted)} codes, {len(wanted) - len(texts)}"
        raise _unreadable(f"{which} cannot be read back.")
    strange = next((text for text in texts if text not in wanted), texts[0]).decode(errors="replace")
    raise _unreadable(f"The code was drawn, but reads as {strange!r} and not as {expected[0]!r}.")


def _has_two_colours(pixels: Image) -> bool:
    """True where nothing but the code can be in the picture: no logo that needs a closer look, in other sizes and inverted."""
    return pixels.mode == "1" or (pixels.palette is not None and len(pixels.palette.palette) == 2 * len("RGB"))


def _pixels(data: bytes, written: Format) -> Image:
    from PIL import Image

    try:
        if written == "svg":
            return raster.svg(data)
        if written == "pdf":
            return raster.pdf(data)
        image = Image.open(BytesIO(data), formats=("PNG",))
        image.load()
        return image
    except (ValueError, KeyError, IndexError, SyntaxError, OSError) as error:
        raise _unreadable(f"The picture is not a sound {written} file: {error}.") from error


def _unreadable(message: str) -> Failed:
    return Failed(
        message,
        code="qr_unreadable",
        hint="no --logo or a plainer one, a darker --color, a larger --size or --dpi",
    )
