"""A look that exists is one that can be scanned."""

from __future__ import annotations

import pytest

from careline.errors import Usage
from careline.qr.look import SAFE_CONTRAST, Look, contrast, format_of, millimetres, rgb


def test_contrast_is_21_for_black_1_for_white_and_as_wcag_computes_in_between() -> None:
    assert contrast((0, 0, 0)) == pytest.approx(21)
    assert contrast((255, 255, 255)) == pytest.approx(1)
    assert contrast((118, 118, 118)) == pytest.approx(4.54, abs=0.01)  # the palest grey that WCAG lets pass at 4.5


@pytest.mark.parametrize("color", ["#25d366", "ffff00", "#fff", "#07C160"])
def test_a_pale_colour_is_refused_with_its_ratio_and_a_darker_tone_that_works(color: str) -> None:
    with pytest.raises(Usage, match=r"contrast with white is \d+\.\d:1, and 4:1 is safe") as refused:
        Look(color=color)
    offered = refused.value.hint.split()[-1]
    assert contrast(rgb(offered)) >= SAFE_CONTRAST
    assert Look(color=offered).rgb == rgb(offered)


@pytest.mark.parametrize("color", ["black", "#12345", "#1234567", "", "#ggg", "٣٣٣"])
def test_a_colour_is_hexadecimal_digits(color: str) -> None:
    with pytest.raises(Usage, match="not a colour"):
        Look(color=color)


def test_three_digits_are_six() -> None:
    assert rgb("#123") == rgb("112233") == (0x11, 0x22, 0x33)


@pytest.mark.parametrize("size", [0, -1, 4.9, 3001, float("nan"), float("inf")])
def test_a_size_out_of_reason_is_refused(size: float) -> None:
    with pytest.raises(Usage, match="cannot be drawn: from 5 to 3000 mm"):
        Look(size_mm=size)


@pytest.mark.parametrize("dpi", [0, 49, 2401])
def test_a_resolution_out_of_reason_is_refused(dpi: int) -> None:
    with pytest.raises(Usage, match="from 50 to 2400"):
        Look(dpi=dpi)


def test_sizes_are_written_in_mm() -> None:
    assert millimetres("40mm") == 40
    assert millimetres(" 12.5 mm ") == 12.5
    for wrong in ("40", "4cm", "mm", "-4mm", "1e3mm", "nanmm", "٤٠mm"):
        with pytest.raises(Usage, match="a number and mm"):
            millimetres(wrong)


def test_the_suffix_names_the_format_in_any_case() -> None:
    assert [format_of(suffix) for suffix in (".png", "SVG", ".Pdf")] == ["png", "svg", "pdf"]
    for wrong in ("", ".jpg", ".png.exe", "."):
        with pytest.raises(Usage):
            format_of(wrong)
