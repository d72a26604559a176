"""A code in characters is a code: drawn back to pixels as a terminal would, it reads as its text."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from careline.errors import Usage
from careline.qr.terminal import terminal

URL = "http://weixin.qq.com/q/02Xa1bC9D3eF4"
BLACK, WHITE = 0, 255
HALVES = {" ": (False, False), "▀": (True, False), "▄": (False, True), "█": (True, True)}
PALETTE = {"16": BLACK, "231": WHITE}


def photographed(drawing: str, paper: int) -> str:
    """What a reader sees on a terminal of this background, among the prompt and other empty lines."""
    ink = WHITE - paper
    rows: list[list[int]] = []
    for line in drawing.splitlines():
        front, back = ink, paper
        halves: tuple[list[int], list[int]] = ([], [])
        for escape, character in re.findall("\x1b\\[([\\d;]*)m|(.)", line):
            if escape == "0":
                front, back = ink, paper
            elif escape:
                found = re.fullmatch(r"38;5;(\d+);48;5;(\d+)", escape)
                assert found is not None
                front, back = PALETTE[found[1]], PALETTE[found[2]]
            else:
                for half, filled in zip(halves, HALVES[character], strict=True):
                    half.append(front if filled else back)
        rows += halves
    assert len({len(row) for row in rows}) == 1
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([level for row in rows for level in row])
    window = Image.new("L", (image.width * 6 + 200, image.height * 6 + 200), paper)
    window.paste(image.resize((image.width * 6, image.height * 6), Image.Resampling.NEAREST), (0, 100))
    found_codes = zxingcpp.read_barcodes(window, formats=zxingcpp.BarcodeFormat.QRCode)
    assert len(found_codes) == 1
    return found_codes[0].bytes.decode()


@pytest.mark.parametrize("paper", [BLACK, WHITE])
@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("length", [1, 36, 200, 1000])
def test_it_scans_from_a_dark_and_from_a_light_terminal(paper: int, color: bool, length: int) -> None:
    text = (URL + "?scene=shop-012&" * 80)[:length]
    assert photographed(terminal(text, color=color), paper) == text


@settings(max_examples=50, deadline=None)
@given(
    scene=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=64),
    color=st.booleans(),
    paper=st.sampled_from([BLACK, WHITE]),
)
def test_any_scene_scans(scene: str, color: bool, paper: int) -> None:
    assert photographed(terminal(scene, color=color), paper) == scene


def test_without_colour_there_is_no_escape_and_on_dark_it_is_not_inverse() -> None:
    drawing = terminal(URL, color=False)
    assert set(drawing) == {" ", "▀", "▄", "█", "\n"}
    assert drawing.startswith("█" * 10)  # the quiet zone is light: foreground on a dark terminal


def test_a_terminal_as_wide_as_the_code_is_wide_enough_and_a_narrower_one_is_told_the_width() -> None:
    needed = len(terminal(URL, color=False).splitlines()[0])
    assert terminal(URL, width=needed) == terminal(URL)
    with pytest.raises(Usage, match=f"{needed - 1} columns and the code needs {needed}"):
        terminal(URL, width=needed - 1)
