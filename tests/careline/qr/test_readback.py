"""What read_back lets pass says the text and nothing else; a damaged file, a blank one or another code does not pass."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from careline.errors import Failed
from careline.qr.draw import draw, pdf, png, svg
from careline.qr.look import Format, Look
from careline.qr.readback import read_back

URL = "http://weixin.qq.com/q/02Xa1bC9D3eF4"
FORMATS = get_args(Format)


def refused(data: bytes, suffix: str, words: str) -> None:
    with pytest.raises(Failed, match=words) as failed:
        read_back(data, suffix, URL)
    assert failed.value.code == "qr_unreadable"
    assert "--size" in failed.value.hint


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_picture_of_another_text_is_refused(suffix: str) -> None:
    refused(draw(URL + "x", Look(), suffix).data, suffix, "reads as")


@pytest.mark.parametrize("suffix", FORMATS)
def test_bytes_that_are_no_picture_are_refused(suffix: str) -> None:
    refused(b"", suffix, "not a sound")
    refused(b"\x00" * 100, suffix, "not a sound")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_cut_short_is_refused(suffix: str) -> None:
    data = draw(URL, Look(caption="Milano"), suffix).data
    refused(data[: len(data) // 2], suffix, "not a sound")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_logo_that_is_a_code_itself_is_refused(suffix: str, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png("https://wa.me/message/4O4YGZEG3RIVE1", Look(dpi=600)))
    refused(draw(URL, Look(size_mm=100, dpi=600, logo=logo), suffix).data, suffix, "reads as")


def test_a_blank_or_half_covered_picture_is_refused() -> None:
    blank = BytesIO()
    Image.new("L", (591, 591), 255).save(blank, "PNG")
    refused(blank.getvalue(), "png", "cannot be read back")
    covered = Image.open(BytesIO(png(URL, Look()))).convert("L")
    covered.paste(255, (150, 150, 440, 440))  # as a logo of half the width would
    spoilt = BytesIO()
    covered.save(spoilt, "PNG")
    refused(spoilt.getvalue(), "png", "cannot be read back")


def test_a_wrong_bar_in_an_svg_is_seen_because_the_files_own_numbers_are_drawn() -> None:
    good = svg(URL, Look()).decode()
    read_back(good.encode(), "svg", URL)
    refused(re.sub(r"h(\d+)v1h-(\d+)z", "h1v1h-1z", good).encode(), "svg", "cannot be read back")
    refused(good.replace("v1", "v2", 1).replace("z", "", 1).encode(), "svg", "not a sound svg")
    refused(good.replace("#000000", "#fdfdfd").encode(), "svg", "cannot be read back")
    refused(good.replace("<path", "<text/><path").encode(), "svg", "not a sound svg")


def test_an_svg_that_brings_its_own_entities_is_refused() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg(URL, Look())
    refused(bomb, "svg", "not a sound svg")


def test_wrong_offsets_lengths_and_streams_in_a_pdf_are_seen() -> None:
    good = pdf(URL, Look(caption="Milano"))
    read_back(good, "pdf", URL)
    refused(good.replace(b"/Type /Catalog", b"/Type  /Catalog"), "pdf", "not a sound pdf")
    refused(re.sub(rb"/Length (\d)", rb"/Length 1\1", good, count=1), "pdf", "not a sound pdf")
    refused(good.replace(b"/MediaBox [0 0 ", b"/MediaBox [9 9 "), "pdf", "no page")
    refused(good.replace(b"0000000000 65535", b"0000000001 65535"), "pdf", "no table")
    at = good.index(b"stream\n") + 20
    refused(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :], "pdf", "pdf|read")
