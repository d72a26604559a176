"""The pictures that the platforms draw of their codes."""

from __future__ import annotations

from io import BytesIO


def jpeg(text: str) -> bytes:
    """A QR code of ``text`` as WeChat shows it."""
    return _raster(text, "JPEG")


def png(text: str) -> bytes:
    """A QR code of ``text`` as PNG."""
    return _raster(text, "PNG")


def svg(text: str) -> bytes:
    """A QR code of ``text`` as SVG."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    held = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage).save(held)
    return held.getvalue()


def _raster(text: str, form: str) -> bytes:
    import qrcode

    held = BytesIO()
    qrcode.make(text).get_image().convert("RGB").save(held, form)
    return held.getvalue()
