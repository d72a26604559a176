"""Codes on sheets of paper, to be printed at their size, cut out and hung up.

A sheet is a PDF page: codes in rows from the top left corner, each as wide as was asked, with marks to cut by outside of its
corners. Nothing is scaled: printed at 100 %, a code of 50 mm is 50 mm wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from careline.errors import Usage
from careline.qr.draw import width_px
from careline.qr.look import Look
from careline.qr.page import POINTS_PER_MM, number, paged, painted, picture, placed_image
from careline.qr.sheet import lay_out

if TYPE_CHECKING:
    from PIL.Image import Image

PAPERS = {"a4": (210.0, 297.0), "a3": (297.0, 420.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres."""

MARGIN, GAP = 10.0, 8.0  # millimetres: what printers leave white, and room for the marks of two neighbours
MARK_FROM, MARK_LONG, MARK_WIDE = 1.0, 2.5, 0.2  # millimetres
CAPTION_SHARE = 0.1


class Grid(Struct, frozen=True):
    """How many codes stand on a sheet, across and down, and the room of each in millimetres."""

    across: int
    down: int
    width: float
    height: float

    @property
    def count(self) -> int:
        """The codes on a full sheet."""
        return self.across * self.down


def grid_of(paper: str, looks: Sequence[Look]) -> Grid:
    """The grid for codes of these looks. Raises Usage for a paper nobody knows and for a code that is wider than the sheet."""
    if paper not in PAPERS:
        raise Usage(f"{paper!r} is no paper that sheets are made for.", hint=f"--sheet {' | '.join(PAPERS)}")
    wide, high = PAPERS[paper]
    width = looks[0].size_mm
    height = width * (1 + CAPTION_SHARE * any(look.caption.strip() for look in looks))
    across = int((wide - 2 * MARGIN + GAP) // (width + GAP))
    down = int((high - 2 * MARGIN + GAP) // (height + GAP))
    if not across or not down:
        raise Usage(
            f"A code of {width:g} mm does not fit on a sheet of {paper.upper()}.",
            hint=f"--size {min(wide, high) - 2 * MARGIN - GAP:.0f}mm or less, or a larger sheet",
        )
    return Grid(across, down, width, height)


def sheet_of(codes: Sequence[tuple[str, Look]], paper: str) -> bytes:
    """The sheet of these codes, at most as many as the grid has places, as a PDF."""
    grid = grid_of(paper, [look for _, look in codes])
    wide, high = PAPERS[paper]
    points = [
        f"{number(POINTS_PER_MM)} 0 0 -{number(POINTS_PER_MM)} 0 {number(high * POINTS_PER_MM)} cm"
    ]  # millimetres, downward
    images: dict[int, tuple[str, Image]] = {}
    for place, (text, look) in enumerate(codes):
        row, column = divmod(place, grid.across)
        left, top = MARGIN + column * (grid.width + GAP), MARGIN + row * (grid.height + GAP)
        points += _marks(left, top, grid)
        points += ["q", f"1 0 0 1 {number(left)} {number(top)} cm", *_code(text, look, images), "Q"]
    return paged(wide * POINTS_PER_MM, high * POINTS_PER_MM, points, [picture(*named) for named in images.values()])


def _code(text: str, look: Look, images: dict[int, tuple[str, Image]]) -> list[str]:
    """The operators of one code, in millimetres from its corner; its pictures are added to ``images``, each once."""
    sheet = lay_out(text, look, caption_px=width_px(look))
    unit = look.size_mm / sheet.side
    lines = [f"{number(unit)} 0 0 {number(unit)} 0 0 cm", *painted(sheet)]
    for kind, placed in (("Logo", sheet.logo), ("Caption", sheet.printed_caption)):
        if placed is not None:
            name, _ = images.setdefault(id(placed.image), (f"{kind}{len(images)}", placed.image))
            lines.append(placed_image(name, placed, look.caption if kind == "Caption" else ""))
    return lines


def _marks(left: float, top: float, grid: Grid) -> list[str]:
    """Two grey lines outside of each corner."""
    lines = ["0.5 0.5 0.5 rg"]
    for x, outward in ((left, -1), (left + grid.width, 1)):
        for y, upward in ((top, -1), (top + grid.height, 1)):
            away = MARK_FROM if outward > 0 else -MARK_FROM - MARK_LONG
            lines.append(f"{number(x + away)} {number(y - MARK_WIDE / 2)} {MARK_LONG} {MARK_WIDE} re")
            away = MARK_FROM if upward > 0 else -MARK_FROM - MARK_LONG
            lines.append(f"{number(x - MARK_WIDE / 2)} {number(y + away)} {MARK_WIDE} {MARK_LONG} re")
    return [*lines, "f"]
