"""The code that is drawn has the error correction that was asked for, and nothing but white around it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
import zxingcpp
from PIL import Image

from careline.errors import Usage
from careline.qr.draw import draw
from careline.qr.look import Format, Look
from careline.qr.matrix import QUIET, Correction, modules

URL = "http://weixin.qq.com/q/02Xa1bC9D3eF4"


def drawn(text: str, correction: Correction) -> Image.Image:
    """The modules, four pixels each, with a quiet zone, drawn without any of our writers."""
    dark = modules(text, correction)
    image = Image.new("L", (len(dark) + 8, len(dark) + 8), 255)
    for top, row in enumerate(dark):
        for left, module in enumerate(row):
            image.putpixel((left + 4, top + 4), 0 if module else 255)
    return image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)


def found(image: Image.Image) -> zxingcpp.Barcode:
    (one,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)  # type: ignore[arg-type]
    return one


@pytest.mark.parametrize("correction", get_args(Correction))
@pytest.mark.parametrize("text", [URL, "7", "AB12", "x" * 400, "上海南京路", "ünïcode 🙂"])
def test_a_reader_finds_the_text_and_the_correction_that_was_asked_for(text: str, correction: Correction) -> None:
    code = found(drawn(text, correction))
    assert (code.bytes, code.ec_level) == (text.encode(), correction)


@pytest.mark.parametrize(("correction", "most"), [("L", 2953), ("M", 2331), ("Q", 1663), ("H", 1273)])
def test_the_largest_code_holds_what_the_standard_says_and_no_byte_more(correction: Correction, most: int) -> None:
    text = (URL + "?scene=shop&" * 300)[:most]
    assert len(modules(text, correction)) == 177
    with pytest.raises(Usage, match="too many for one code"):
        modules(text + "x", correction)


def test_a_logo_raises_the_correction_in_every_format(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGB", (60, 60), (200, 0, 40)).save(logo)
    levels = {}
    for look in (Look(), Look(logo=logo)):
        picture = Image.open(BytesIO(draw(URL, look, "png").data)).convert("L")
        levels[look.logo is None] = found(picture).ec_level
    assert levels == {True: "M", False: "H"}


@pytest.mark.parametrize("look", [Look(), Look(color="#075e54"), Look(size_mm=43, dpi=203), Look(caption="Milano")])
def test_four_modules_of_white_stand_on_each_side(look: Look) -> None:
    image = Image.open(BytesIO(draw(URL, look, "png").data)).convert("L")
    square = image.crop((0, 0, image.width, image.width))
    ink = square.point(lambda level: 255 if level < 255 else 0).getbbox()
    assert ink is not None
    module = (ink[2] - ink[0]) / len(modules(URL, "M"))
    assert module == int(module)
    assert min(ink[0], ink[1], image.width - ink[2], image.width - ink[3]) >= QUIET * module


def test_the_formats_are_three() -> None:
    assert get_args(Format) == ("png", "svg", "pdf")
