"""A row for each promise about speed: what was measured, beside whom, and whether the promise was held."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

HEADERS = {"name": "job", "ours": "careline", "peer": "peer", "ratio": "ratio", "target": "target", "held": "held"}


class Row(Struct, frozen=True, kw_only=True):
    """One figure. ``held`` is yes, no, or ``-`` where a quick run is no proof; ``samples`` are what the medians are of."""

    name: str
    ours: float | None
    peer: float | None
    ratio: float | None
    target: str
    held: str
    unit: str
    samples: dict[str, list[float]]
    note: str = ""

    def failed(self, why: str) -> Row:
        """The same figure of a run that went wrong: no promise is held by it, quick or not."""
        return replace(self, held="no", note=why)


class Job(Struct, frozen=True, kw_only=True):
    """One promise: ``bound`` is what must be reached, of the ratio to the peer or, without a peer, of our own figure."""

    name: str
    unit: str
    bound: float
    at_least: bool = True
    has_peer: bool = True

    @property
    def target(self) -> str:
        """The bound in words."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {'×' if self.has_peer else self.unit}"

    def called(self, name: str) -> Job:
        """The same promise of something else."""
        return replace(self, name=name)

    def row(self, ours: Sequence[float], peer: Sequence[float] = (), *, quick: bool, note: str = "") -> Row:
        """The row of these samples. Noise is judged only when the run was not ``quick``."""
        mine = statistics.median(ours) if ours else None
        other = statistics.median(peer) if peer else None
        ratio = mine / other if mine is not None and other else None
        judged = ratio if self.has_peer else mine
        return Row(
            name=self.name,
            ours=mine,
            peer=other,
            ratio=ratio,
            target=self.target,
            held="-" if quick or judged is None else self._held(judged),
            unit=self.unit,
            samples={"ours": list(ours), "peer": list(peer)},
            note=note,
        )

    def _held(self, figure: float) -> str:
        return "yes" if (figure >= self.bound if self.at_least else figure <= self.bound) else "no"


def as_text(rows: Sequence[Row], *, markdown: bool = False) -> str:
    """The rows as a table, with what went wrong below it."""
    from tabulate import tabulate

    body = [
        [r.name, f"{_short(r.ours)} {r.unit}", _short(r.peer), _short(r.ratio) + (" ×" if r.ratio else ""), r.target, r.held]
        for r in rows
    ]
    table = tabulate(
        body,
        headers=list(HEADERS.values()),
        tablefmt="pipe" if markdown else "simple",
        colalign=("left", "right", "right", "right", "left", "left"),
        disable_numparse=True,
    )
    notes = [f"{'- ' if markdown else ''}{row.name}: {row.note}" for row in rows if row.note]
    return "\n".join([table, "", *notes] if notes else [table])


def as_records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    return [to_builtins(row) for row in rows]


def machine() -> str:
    """What these figures are taken on, in one line; a disk is as fast as its sync, a machine as free as its load."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, a synced write takes {_sync_ms():.2f} ms, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


def _sync_ms() -> float:
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def _short(figure: float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"
