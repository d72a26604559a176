"""A code drawn in characters, two modules in each, for ``--print``."""

from __future__ import annotations

from careline.errors import Usage
from careline.qr.matrix import QUIET, modules

# Black on white by number, whatever a colour scheme calls black: 16 and 231 are fixed in the 256-colour palette.
INK = "\x1b[38;5;16;48;5;231m"
PLAIN = "\x1b[0m"

# By (upper, lower) half filled.
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def terminal(text: str, *, width: int | None = None, color: bool = True) -> str:
    """The code as lines of half blocks with its quiet zone, each ended; to be shown in a terminal of ``width`` columns.

    With ``color`` it is black on white on any terminal. Without, the light modules are the blocks: right on a dark terminal,
    and inverse on a light one, which a phone reads too. Raises Usage, naming the columns needed, where ``width`` is less.
    """
    dark = modules(text, "L")  # a screen is not torn or stained: the smallest code is the best one
    side = len(dark) + 2 * QUIET
    if width is not None and width < side:
        raise Usage(
            f"The terminal has {width} columns and the code needs {side}.",
            hint=f"a window of {side} columns, or look at the file of --out",
        )
    light = [False] * side
    rows = [
        *[light] * QUIET,
        *([*light[:QUIET], *row, *light[:QUIET]] for row in dark),
        *[light] * (QUIET + 1),
    ]  # a whole line at the end
    lines = (
        "".join(HALVES[upper == color, lower == color] for upper, lower in zip(*pair, strict=True)) for pair in _pairs(rows)
    )
    return "".join(f"{INK}{line}{PLAIN}\n" if color else f"{line}\n" for line in lines)


def _pairs(rows: list[list[bool]]) -> list[tuple[list[bool], list[bool]]]:
    return list(zip(rows[::2], rows[1::2], strict=True))
