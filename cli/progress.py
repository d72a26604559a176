"""How far long work has come: a bar on a terminal, elsewhere a line a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from cli.streams import Streams

Step = Callable[[int], None]
EVERY_S = 60.0
AFTER_S = 0.5


@contextmanager
def bar(streams: Streams, unit: str, total: int | None) -> Iterator[Step]:
    """A bar on stderr that goes away when the work is done; none at all for work that is done in a moment."""
    began, done = time.monotonic(), 0
    with ExitStack() as open_bar:
        shown: Step | None = None

        def step(count: int) -> None:
            nonlocal done, shown
            done += count
            if shown is not None:
                shown(count)
            elif time.monotonic() - began >= AFTER_S:
                shown = open_bar.enter_context(_drawn(streams, unit, total))
                shown(done)

        yield step


@contextmanager
def _drawn(streams: Streams, unit: str, total: int | None) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=streams.stderr, force_terminal=True, no_color=not streams.colored(err=True), width=streams.width)
    shown = Progress(
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with shown:
        task = shown.add_task(unit, total=total)
        yield lambda count: shown.advance(task, count)


@contextmanager
def lines(say: Callable[[str], None], unit: str, total: int | None, *, every_s: float = EVERY_S) -> Iterator[Step]:
    """A line for each minute the work lasts: ``messages 1306/2412 79.6/s``."""
    began = said = time.monotonic()
    done = 0

    def step(count: int) -> None:
        nonlocal done, said
        done += count
        now = time.monotonic()
        if now - said >= every_s:
            said = now
            say(f"{unit} {done}{'' if total is None else f'/{total}'} {done / (now - began):.1f}/s")

    yield step


@contextmanager
def silent() -> Iterator[Step]:
    """Nothing at all."""
    yield lambda count: None
