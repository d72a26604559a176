"""Codes are drawn as asked, and a reader that is not ours finds the text in every format."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from careline.errors import Usage
from careline.qr import raster
from careline.qr.draw import check, draw, pdf, png, svg
from careline.qr.look import Format, Look
from careline.qr.readback import read_back
from careline.qr.sheet import lay_out

URL = "http://weixin.qq.com/q/02Xa1bC9D3eF4"
FORMATS = get_args(Format)


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    image = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10, 10, 290, 190), fill=(200, 0, 40, 255))
    image.save(tmp_path / "brand.png")
    return tmp_path / "brand.png"


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("length", [1, 36, 140, 600, 2331])
def test_texts_of_every_length_are_read_back(suffix: str, length: int) -> None:
    text = (URL + "?scene=shop-012&" * 150)[:length]
    read_back(draw(text, Look(), suffix).data, suffix, text)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("length", [1, 36, 140, 1200])
def test_with_logo_colour_and_caption_it_is_still_read_back(suffix: str, length: int, logo: Path) -> None:
    text = (URL + "?scene=shop-012&" * 80)[:length]
    look = Look(size_mm=80, color="#075e54", caption="Milano · Via Torino", logo=logo)
    read_back(draw(text, look, suffix).data, suffix, text)


@settings(max_examples=50, deadline=None)
@given(scene=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=64))
def test_any_scene_in_a_text_is_read_back_from_a_png(scene: str) -> None:
    read_back(png(scene, Look()), "png", scene)


def test_a_plain_png_is_fifty_millimetres_at_300_dpi() -> None:
    picture = draw(URL, Look(), ".PNG")
    image = opened(picture.data)
    assert image.size == (picture.width_px, picture.height_px) == (591, 591)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


@pytest.mark.parametrize(("size_mm", "dpi", "width"), [(50, 300, 591), (40, 300, 472), (25.4, 203, 203), (120, 600, 2835)])
def test_a_png_is_as_wide_as_asked_in_whole_pixels_a_module(size_mm: float, dpi: int, width: int) -> None:
    look = Look(size_mm=size_mm, dpi=dpi)
    image = opened(png(URL, look)).convert("L")
    modules = lay_out(URL, look).modules
    pixels = width // (len(modules) + 8)
    edge = (width - len(modules) * pixels) // 2
    assert image.size == (width, width)
    assert edge >= 4 * pixels
    for row, line in enumerate(modules):
        for column, dark in enumerate(line):
            box = (edge + column * pixels, edge + row * pixels, edge + (column + 1) * pixels, edge + (row + 1) * pixels)
            assert image.crop(box).getextrema() == ((0, 0) if dark else (255, 255))


def test_nothing_is_printed_in_the_quiet_zone(logo: Path) -> None:
    image = opened(png(URL, Look(logo=logo, caption="Milano"))).convert("L")
    count = len(lay_out(URL, Look(logo=logo)).modules)
    quiet = 4 * (image.width // (count + 8))
    for box in (
        (0, 0, image.width, quiet),
        (0, 0, quiet, image.width),
        (image.width - quiet, 0, image.width, image.width),
        (0, image.width - quiet, image.width, image.width),
    ):
        assert image.crop(box).getextrema() == (255, 255)


def test_the_caption_stands_below_the_code_in_its_colour() -> None:
    picture = draw(URL, Look(caption="Milano", color="#7a0019"), "png")
    assert (picture.width_px, picture.height_px) == (591, 650)
    below = opened(picture.data).convert("RGB").crop((0, 591, 591, 650))
    colors = {color for _, color in below.getcolors(100_000) or []}
    assert {(0x7A, 0, 0x19), (255, 255, 255)} <= colors
    assert opened(draw(URL, Look(), "png").data).height == 591


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_logo_is_inside_and_at_most_a_fifth_across(suffix: str, logo: Path) -> None:
    data = draw(URL, Look(logo=logo), suffix).data
    image = (opened(data) if suffix == "png" else getattr(raster, suffix)(data)).convert("RGB")
    red, green, _ = image.split()
    box = ImageChops.subtract(red, green).point([255 * (level > 100) for level in range(256)]).getbbox()
    assert box is not None
    across = box[2] - box[0]
    modules = lay_out(URL, Look(logo=logo)).modules
    assert 0.1 < across / image.width * (len(modules) + 8) / len(modules) <= 0.2


def test_the_three_formats_are_the_same_picture(tmp_path: Path) -> None:
    arrow = Image.new("RGB", (200, 100), "white")
    ImageDraw.Draw(arrow).polygon([(0, 0), (200, 20), (40, 100)], fill="#c00028")
    arrow.save(tmp_path / "arrow.png")
    look = Look(size_mm=50.8, dpi=450, color="#075e54", caption="Milano", logo=tmp_path / "arrow.png")  # 20 pixels a module
    drawn = [opened(png(URL, look)), raster.svg(svg(URL, look)), raster.pdf(pdf(URL, look))]
    pixels, vector, page = (image.convert("RGB").resize((300, 330), Image.Resampling.BOX) for image in drawn)
    for other in (vector, page):
        assert max(ImageStat.Stat(ImageChops.difference(pixels, other)).mean) < 8
        for part in ((120, 120, 180, 180), (0, 300, 300, 330)):  # the logo and the caption, each for itself
            assert max(ImageStat.Stat(ImageChops.difference(pixels.crop(part), other.crop(part))).mean) < 8


def test_a_photograph_as_a_logo_keeps_every_colour(tmp_path: Path) -> None:
    photo = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn) for turn in (0, 90, 180)])
    photo.save(tmp_path / "photo.png")
    look = Look(size_mm=80, color="#075e54", logo=tmp_path / "photo.png")
    picture = opened(png(URL, look))
    placed = lay_out(URL, look).logo
    assert placed is not None
    side = round(placed.width * (picture.width // lay_out(URL, look).side))
    kept = {colour for _, colour in picture.getcolors(10**6) or []}
    assert kept >= {colour for _, colour in photo.resize((side, side), Image.Resampling.LANCZOS).getcolors(10**6) or []}


def test_a_logo_of_few_colours_takes_a_third_of_the_pixels_bytes_and_looks_the_same(logo: Path) -> None:
    look = Look(size_mm=80, color="#075e54", logo=logo, caption="Milano")
    picture = opened(png(URL, look))
    assert picture.mode == "P"
    middle = picture.convert("RGB").getpixel((picture.width // 2, picture.width // 2))
    assert middle == (200, 0, 40)
    assert (7, 94, 84) in [colour for _, colour in picture.convert("RGB").getcolors(10**6) or []]


def test_a_logo_raises_the_error_correction(logo: Path) -> None:
    assert len(lay_out(URL, Look(logo=logo)).modules) > len(lay_out(URL, Look()).modules)


def test_an_svg_is_sized_in_millimetres_and_a_pdf_in_points() -> None:
    look = Look(size_mm=25.4, caption="Milano")
    assert b'width="25.4mm" height="27.94mm"' in svg(URL, look)
    assert b"/MediaBox [0 0 72 79.2]" in pdf(URL, look)
    assert b'width="25.4mm" height="25.4mm"' in svg(URL, Look(size_mm=25.4))


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_code_is_the_same_file(suffix: str, logo: Path) -> None:
    look = Look(logo=logo, caption="Milano")
    assert draw(URL, look, suffix) == draw(URL, look, suffix)


def test_words_in_a_caption_cannot_break_out_of_the_file() -> None:
    look = Look(caption='"><script> & (x) > BDC')
    read_back(svg(URL, look), "svg", URL)
    read_back(pdf(URL, look), "pdf", URL)
    assert b"<script>" not in svg(URL, look)
    assert fromstring(svg(URL, look))[2].attrib["aria-label"] == look.caption


@pytest.mark.parametrize("suffix", FORMATS)
def test_modules_too_small_for_a_camera_are_refused_with_the_size_that_works(suffix: str) -> None:
    with pytest.raises(Usage, match="too small to scan") as refused:
        draw("x" * 500, Look(size_mm=20, dpi=600), suffix)
    size = re.search(r"--size (\d+)mm", refused.value.hint)
    assert size is not None
    read_back(draw("x" * 500, Look(size_mm=float(size[1]), dpi=600), suffix).data, suffix, "x" * 500)


def test_pixels_too_few_for_the_modules_are_refused_with_the_dpi_that_works() -> None:
    with pytest.raises(Usage, match="less than two pixels") as refused:
        png("x" * 500, Look(size_mm=50, dpi=72))
    dpi = re.search(r"--dpi (\d+)", refused.value.hint)
    assert dpi is not None
    read_back(png("x" * 500, Look(size_mm=50, dpi=int(dpi[1]))), "png", "x" * 500)
    svg("x" * 500, Look(size_mm=50, dpi=72))


def test_a_poster_is_refused_as_png_and_drawn_as_pdf() -> None:
    with pytest.raises(Usage, match="too many for a png") as refused:
        png(URL, Look(size_mm=1000, dpi=300))
    dpi = re.search(r"--dpi (\d+)", refused.value.hint)
    assert dpi is not None
    check(Look(size_mm=1000, dpi=int(dpi[1])), "png")
    read_back(pdf(URL, Look(size_mm=1000)), "pdf", URL)


def test_texts_that_no_code_holds_are_refused() -> None:
    for text, words in (("", "empty"), ("x" * 2332, "too many"), ("\udc80", "not a character")):
        with pytest.raises(Usage, match=words):
            png(text, Look())


def test_a_logo_that_is_no_image_is_refused_before_anything_is_asked(tmp_path: Path, logo: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(logo.read_bytes()[:200])
    notes = tmp_path / "notes.txt"
    notes.write_text("no image")
    huge = tmp_path / "huge.png"
    Image.new("1", (8000, 6000)).save(huge)
    vast = tmp_path / "vast.png"
    Image.new("1", (20000, 10000)).save(vast)
    for path, words in (
        (tmp_path / "missing.png", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (notes, "not an image"),
        (torn, "cannot be read|damaged"),
        (huge, "too large"),
        (vast, "too large"),
    ):
        with pytest.raises(Usage, match=words):
            check(Look(logo=path), "svg")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_logos_of_every_kind_of_image_are_drawn(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("logo.jpg" if mode == "CMYK" else "logo.png")
    Image.new(mode, (64, 64)).save(path)
    read_back(png(URL, Look(logo=path)), "png", URL)


def test_check_says_before_there_is_a_text_what_drawing_would_say() -> None:
    check(Look(caption="Milano"), "png")
    for look, suffix in ((Look(), "jpg"), (Look(caption="a\nb"), "svg"), (Look(size_mm=3000), "png")):
        with pytest.raises(Usage):
            check(look, suffix)
