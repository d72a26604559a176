"""Where everything stands on a drawn code, in modules, whatever it is drawn as.

The unit is one module: the code with its quiet zone is ``side`` by ``side``, the caption's strip stands below it.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from careline.errors import Usage
from careline.qr.bitmap import SHADES
from careline.qr.caption import strip
from careline.qr.look import Look, Rgb
from careline.qr.matrix import QUIET, Modules, modules

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_MODULE_MM = 0.25
"""Below this a phone's camera, held close, no longer tells one module from the next."""

LOGO_SHARE = 0.2
LOGO_PIXELS = 40_000_000
LOGO_KEPT = 1024
LOST = 1.0  # of 255, on average: no eye tells such a logo from the whole one
CAPTION_PIXELS = 2400

_BAR = re.compile(b"\x01+")


class Placed(Struct, frozen=True):
    """A picture and the box it fills: from the top left corner, in modules."""

    image: Image
    left: float
    top: float
    width: float
    height: float


class Sheet(Struct, frozen=True):
    """One code laid out: ``modules`` without quiet zone, already white where the logo stands; the caption in shades of grey."""

    modules: Modules
    color: Rgb
    logo: Placed | None
    caption: Placed | None

    @property
    def side(self) -> int:
        """The modules across, quiet zone included."""
        return len(self.modules) + 2 * QUIET

    @property
    def height(self) -> float:
        """The modules down, caption included."""
        return self.side + (self.caption.height if self.caption else 0)

    @property
    def printed_caption(self) -> Placed | None:
        """The caption in the code's colour."""
        return replace(self.caption, image=inked(self.caption.image, self.color)) if self.caption else None

    def runs(self) -> list[tuple[int, int, int]]:
        """The dark modules as bars one module high: left, top, length, quiet zone counted in."""
        return [
            (bar.start() + QUIET, top, bar.end() - bar.start())
            for top, row in enumerate(self.modules, QUIET)
            for bar in _BAR.finditer(row)
        ]


def lay_out(text: str, look: Look, caption_px: int = CAPTION_PIXELS) -> Sheet:
    """The sheet for a text; error correction M, or H below a logo. Raises Usage for what cannot be drawn or would not scan."""
    dark = modules(text, "H" if look.logo else "M")
    count, side = len(dark), len(dark) + 2 * QUIET
    if look.size_mm < side * LEAST_MODULE_MM:
        raise Usage(
            f"At {look.size_mm:g} mm the modules of this code are too small to scan ({count} × {count} and the quiet zone).",
            hint=f"--size {-(-side * LEAST_MODULE_MM // 1):.0f}mm or more, or a shorter text",
        )
    logo = _place_logo(look.logo, dark) if look.logo else None
    return Sheet(dark, look.rgb, logo, caption_of(look, side, caption_px))


def caption_of(look: Look, side: int, width_px: int) -> Placed | None:
    """The caption's strip below a code of ``side`` modules, None without a caption."""
    if not look.caption.strip():
        return None
    grey = strip(look.caption, width_px)
    return Placed(grey, 0, side, side, side * grey.height / grey.width)


def logo_of(path: Path) -> Image:
    """The logo on white, not to be drawn upon. Raises Usage for a file that is missing, too large or not an image."""
    return _logo(path, _changed_at(path))


def digest_of(path: Path) -> str:
    """What tells a logo from another one in the same place; empty for a file that cannot be read."""
    return _digest(path, _changed_at(path))


@lru_cache(8)
def _digest(path: Path, changed: int) -> str:
    try:
        return blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except OSError:
        return ""


def scaled_logo(path: Path, size: tuple[int, int]) -> tuple[Image, bytes]:
    """The same in that size, in pixels. Of a logo with few colours: their numbers, and the colours, which follow the shades."""
    return _scaled_logo(path, _changed_at(path), size)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(8)  # a batch has the same one on thousands of codes
def _logo(path: Path, changed: int) -> Image:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG", "GIF", "WEBP", "BMP")) as opened:
                if opened.width * opened.height > LOGO_PIXELS:
                    raise Image.DecompressionBombError
                logo = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Usage(
            f"The logo {path} is too large: at most {LOGO_PIXELS // 1_000_000} megapixels.", hint="a smaller --logo"
        ) from error
    except UnidentifiedImageError as error:
        raise Usage(
            f"The logo {path} is not an image that can be drawn here.", hint="a PNG, JPEG, GIF, WebP or BMP as --logo"
        ) from error
    except OSError as error:
        raise Usage(
            f"The logo {path} cannot be read: {error.strerror or error}.", hint="look at the path after --logo"
        ) from error
    except (ValueError, SyntaxError) as error:  # Pillow's words for files that begin well and go on badly
        raise Usage(f"The logo {path} is damaged: {error}.", hint="another file as --logo") from error
    logo.thumbnail((LOGO_KEPT, LOGO_KEPT))
    return Image.alpha_composite(Image.new("RGBA", logo.size, "white"), logo).convert("RGB")


def _place_logo(path: Path, dark: Modules) -> Placed:
    """The logo in the middle, on a white pad of whole modules that is cleared in ``dark``."""
    logo, count = logo_of(path), len(dark)
    pad = int(count * LOGO_SHARE) | 1  # odd, as the count is, so that it stands on whole modules
    first = (count - pad) // 2
    for row in dark[first : first + pad]:
        row[first : first + pad] = bytes(pad)
    box = pad - 1
    scale = box / max(logo.size)
    width, height = logo.width * scale, logo.height * scale
    middle = QUIET + count / 2
    return Placed(logo, middle - width / 2, middle - height / 2, width, height)


@lru_cache(8)
def _scaled_logo(path: Path, changed: int, size: tuple[int, int]) -> tuple[Image, bytes]:
    from PIL import Image, ImageChops, ImageStat

    logo = _logo(path, changed).resize(size, Image.Resampling.LANCZOS)
    few = logo.quantize(256 - SHADES, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    lost = ImageStat.Stat(ImageChops.difference(logo, few.convert("RGB"))).mean
    if max(lost) > LOST:
        return logo, b""
    numbers = bytes(min(number + SHADES, 255) for number in range(256))
    palette = few.palette.palette if few.palette is not None else b""
    return Image.frombytes("L", size, few.tobytes().translate(numbers)), bytes(palette[: 3 * (256 - SHADES)])


def inked(grey: Image, color: Rgb) -> Image:
    """A grey picture with ``color`` in place of black."""
    printed = grey.copy()
    printed.putpalette([ink + (255 - ink) * level // 255 for level in range(256) for ink in color])
    return printed.convert("RGB")
