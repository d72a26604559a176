"""Sheets of codes: as many as fit, each in its size, with marks to cut by, and all of them read back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from careline.errors import Failed, Usage
from careline.qr import raster
from careline.qr.drawing import Job, draw_all, make
from careline.qr.look import Look
from careline.qr.poster import GAP, MARGIN, PAPERS, grid_of, sheet_of
from careline.qr.readback import read_back


def codes(count: int, look: Look) -> list[tuple[str, Look]]:
    return [(f"http://weixin.qq.com/q/02Xa1bC9D3e{number:04}", look) for number in range(count)]


@pytest.mark.parametrize(
    ("paper", "size", "caption", "across", "down"),
    [("a4", 50, "", 3, 4), ("a4", 50, "Milano", 3, 4), ("a4", 25, "", 6, 8), ("a4", 190, "", 1, 1), ("a3", 50, "", 4, 7)],
)
def test_as_many_as_fit_stand_on_a_sheet(paper: str, size: float, caption: str, across: int, down: int) -> None:
    grid = grid_of(paper, [Look(size_mm=size, caption=caption)])
    assert (grid.across, grid.down) == (across, down)
    wide, high = PAPERS[paper]
    assert 2 * MARGIN + grid.across * (grid.width + GAP) - GAP <= wide
    assert 2 * MARGIN + grid.down * (grid.height + GAP) - GAP <= high


@pytest.mark.parametrize("size", [18, 25, 50, 90])
def test_a_full_sheet_is_read_back_and_each_code_has_its_size(size: float) -> None:
    look = Look(size_mm=size, caption="Negozio 12", color="#075e54")
    wanted = codes(grid_of("a4", [look]).count, look)
    data = sheet_of(wanted, "a4")
    read_back(data, "pdf", *(text for text, _ in wanted))
    image = raster.pdf(data)
    found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)  # type: ignore[arg-type]
    first = min(found, key=lambda code: (code.position.top_left.y // 20, code.position.top_left.x))
    assert first.text == wanted[0][0]
    pixels_a_mm = image.width / 210
    wide = (first.position.top_right.x - first.position.top_left.x) / pixels_a_mm
    assert wide == pytest.approx(size * 29 / 37, abs=0.6)


def test_a_sheet_with_one_code_missing_another_or_one_too_many_does_not_pass() -> None:
    three = codes(3, Look())
    data = sheet_of(three, "a4")
    texts = [text for text, _ in three]
    read_back(data, "pdf", *texts)
    for wrong, says in (
        (texts[:2], "reads as"),
        ([*texts, "other"], "Of 4 codes, 1 cannot"),
        ([*texts[:2], "other"], "reads as"),
    ):
        with pytest.raises(Failed, match=says):
            read_back(data, "pdf", *wrong)


def dark(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    return min(image.crop(box).convert("L").tobytes()) < 255


def test_the_marks_stand_outside_of_every_corner() -> None:
    image = raster.pdf(sheet_of(codes(1, Look()), "a4"))
    scale = image.width / 210
    for x, outward in ((MARGIN, -2), (MARGIN + 50, 2)):
        for y, upward in ((MARGIN, -2), (MARGIN + 50, 2)):
            for left, top in ((x + outward, y), (x, y + upward)):
                at = round(left * scale), round(top * scale)
                assert dark(image, (at[0] - 2, at[1] - 2, at[0] + 3, at[1] + 3))
    corner = round(MARGIN * scale)
    assert not dark(image, (corner + 3, corner + 3, corner + 30, corner + 30))


def test_a_logo_is_in_the_file_once_however_many_codes_show_it(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGB", (60, 60), (200, 0, 40)).save(logo)
    data = sheet_of(codes(12, Look(logo=logo)), "a4")
    assert len(re.findall(rb"/Subtype /Image", data)) == 1


def test_papers_and_sizes_that_cannot_be_are_said() -> None:
    with pytest.raises(Usage, match="'b7' is no paper"):
        grid_of("b7", [Look()])
    with pytest.raises(Usage, match="does not fit on a sheet of A4") as error:
        grid_of("a4", [Look(size_mm=191)])
    assert grid_of("a4", [Look(size_mm=float(error.value.hint.split("mm")[0].removeprefix("--size ")))]).count


# By several processes


def jobs(folder: Path, count: int) -> list[Job]:
    return [Job(number, str(folder / f"{number}.png"), "png", (code,)) for number, code in enumerate(codes(count, Look()))]


@pytest.mark.parametrize("processes", [1, 2])
def test_several_processes_draw_what_one_draws(tmp_path: Path, processes: int) -> None:
    drawn = [one for part in draw_all(jobs(tmp_path, 50), processes) for one in part]
    assert sorted(one.number for one in drawn) == list(range(50))
    assert not [one for one in drawn if one.error]
    for number, (text, _) in enumerate(codes(50, Look())):
        read_back((tmp_path / f"{number}.png").read_bytes(), "png", text)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_picture_that_cannot_be_is_told_of_and_the_others_are_drawn(tmp_path: Path, processes: int) -> None:
    good = jobs(tmp_path, 40)
    bad = Job(40, str(tmp_path / "nowhere" / "x.png"), "png", good[0].codes)
    small = Job(41, str(tmp_path / "small.png"), "png", (("x" * 400, Look(size_mm=20, dpi=50)),))
    drawn = {one.number: one.error for part in draw_all([*good, bad, small], processes) for one in part}
    assert [number for number, error in drawn.items() if error] == [40, 41]
    assert isinstance(drawn[40], Usage)
    assert "there is no directory" in str(drawn[40])
    assert isinstance(drawn[41], Usage)
    assert not (tmp_path / "small.png").exists()


def test_a_file_that_was_there_stays_when_the_new_one_cannot_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"the old picture")
    job = Job(0, str(path), "png", (("x" * 2000, Look(size_mm=20)),))
    assert make(job).error is not None
    assert path.read_bytes() == b"the old picture"
