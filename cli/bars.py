"""Rows as bars, for a terminal: a label, a bar as long as its share of the largest, the number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.cells import cells, fit, pad

EIGHTHS = " ▏▎▍▌▋▊▉"
LONGEST_LABEL = 24


def bars(rows: Sequence[tuple[str, float, str]], width: int) -> Iterator[str]:
    """A line for each (label, value, what is written behind the bar), none wider than ``width`` cells."""
    labels = min(LONGEST_LABEL, max((cells(label) for label, _, _ in rows), default=0))
    behind = max((cells(text) for _, _, text in rows), default=0)
    room = max(1, width - labels - behind - 4)
    largest = max((value for _, value, _ in rows), default=0) or 1
    for label, value, text in rows:
        yield f"{pad(fit(label, labels), labels)}  {pad(bar(value / largest, room), room)}  {pad(text, behind, right=True)}"


def bar(share: float, room: int) -> str:
    """A bar of ``share`` (0 to 1) of ``room`` cells, to an eighth of a cell; something is never nothing."""
    eighths = min(room * 8, max(round(share * room * 8), 1 if share > 0 else 0))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")
