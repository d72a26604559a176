"""Draws a terminal's text as an SVG: ``python docs/picture.py TITLE < text > docs/terminal.svg``.

Lines that begin with ``$`` are commands, ``exit N`` lines are dimmed. Wide characters take two cells, as in a terminal.
"""

from __future__ import annotations

import sys
import unicodedata
from html import escape

CELL, LINE, PAD, TOP = 8.4, 19, 18, 44
INK, DIM, ACCENT, BAD, PAPER = "#e6e6e6", "#8b949e", "#7ee787", "#ff7b72", "#0d1117"


def cells(text: str) -> int:
    """The width of ``text`` in terminal cells."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def color(line: str) -> str:
    """The colour of a line."""
    if line.startswith("$ "):
        return ACCENT
    if line.startswith(("#", "exit ")):
        return DIM
    return BAD if line.startswith("Not sent") else INK


def picture(title: str, lines: list[str]) -> str:
    """The SVG of these lines."""
    width = round(max(map(cells, lines)) * CELL + 2 * PAD)
    height = TOP + len(lines) * LINE + PAD
    rows = []
    for number, line in enumerate(lines):
        y, x = TOP + number * LINE + 13, float(PAD)
        for word in _runs(line):
            length = f' textLength="{cells(word) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"' if word.strip() else ""
            if word.strip():
                rows.append(f'<text x="{x:.1f}" y="{y}" fill="{color(line)}"{length}>{escape(word)}</text>')
            x += cells(word) * CELL
    lights = enumerate(("#ff5f57", "#febc2e", "#28c840"))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
            '  font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="9" fill="{PAPER}"/>',
            *(f'<circle cx="{PAD + 6 + n * 18}" cy="20" r="5.5" fill="{light}"/>' for n, light in lights),
            *rows,
            "</svg>\n",
        )
    )


def _runs(line: str) -> list[str]:
    """The line in pieces between runs of blanks: each is placed by itself, so that columns stay columns in any font."""
    pieces, current, blank = [], "", False
    for at, char in enumerate(line):
        gap = line[at : at + 2] == "  " or (char == " " and blank)
        if gap != blank and current:
            pieces.append(current)
            current = ""
        current, blank = current + char, gap
    return [*pieces, current] if current else pieces


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], sys.stdin.read().rstrip("\n").splitlines()))
