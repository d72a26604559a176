"""Pictures drawn and read back by as many processes as there are cores.

Reading and packing hold the interpreter's lock for most of their time, so threads would share one core. A process gets its work
through a pipe and ends when the pipe does: nobody is left behind by a kill -9.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from careline.errors import CarelineError, Failed, Usage
from careline.qr.look import Format, Look

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TOGETHER = 16  # pictures that are handed over at once
WORTH_IT = 64  # pictures for which one more process starts


class Job(Struct, frozen=True):
    """A file to be made: of one code, or a sheet of several. ``number`` is the caller's."""

    number: int
    path: str
    written: Format
    codes: tuple[tuple[str, Look], ...]
    sheet: str = ""


class Drawn(Struct, frozen=True):
    """A file that was made and read back, or why not."""

    number: int
    error: CarelineError | None = None


def draw_all(jobs: Sequence[Job], processes: int = 0) -> Iterator[list[Drawn]]:
    """What became of the jobs, some at a time, in no order. Each file is whole and read back, or as it was before.

    ``processes`` is how many draw; 0 means as many as are worth it. Raises Failed when one of them was killed.
    """
    parts = [jobs[at : at + TOGETHER] for at in range(0, len(jobs), TOGETHER)]
    most = processes or min(_cores(), -(-len(jobs) // WORTH_IT))
    if most <= 1:
        yield from ([make(job) for job in part] for part in parts)
        return
    yield from _shared_out(parts, most)


def make(job: Job) -> Drawn:
    """Make one file. What it cannot be is in the answer."""
    from careline.files import replace_file
    from careline.qr.draw import draw
    from careline.qr.readback import read_back

    try:
        if job.sheet:
            from careline.qr.poster import sheet_of

            data = sheet_of(job.codes, job.sheet)
        else:
            ((text, look),) = job.codes
            data = draw(text, look, job.written).data
        read_back(data, job.written, *(text for text, _ in job.codes))
        replace_file(Path(job.path), [data])
    except CarelineError as error:
        return Drawn(job.number, error)
    except MemoryError:
        return Drawn(job.number, Usage("There is not enough memory to draw it.", hint="a smaller --size or --dpi"))
    return Drawn(job.number)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _shared_out(parts: Sequence[Sequence[Job]], processes: int) -> Iterator[list[Drawn]]:
    from multiprocessing.connection import wait

    drawers = [_start() for _ in range(processes)]
    left = iter(parts)
    try:
        busy = [pipe for _, pipe in drawers if _hand(pipe, next(left, None))]
        while busy:
            for pipe in wait(busy):
                done = _answer(pipe)  # type: ignore[arg-type]
                if not _hand(pipe, next(left, None)):  # type: ignore[arg-type]
                    busy.remove(pipe)  # type: ignore[arg-type]
                yield done
    finally:
        for _, pipe in drawers:
            pipe.close()
        for process, _ in drawers:
            process.wait()


def _start() -> tuple[subprocess.Popen[bytes], Connection]:
    """A process that draws, and the pipe to it. Not multiprocessing's, which begins by running this one's script again."""
    from multiprocessing import Pipe

    here, there = Pipe()
    code = f"import sys; sys.path[:] = {sys.path!r}; from careline.qr.drawing import serve; serve({there.fileno()})"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        pass_fds=[there.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the one who hands out the work
    )
    there.close()
    return process, here


def serve(number: int) -> None:
    """Draw what comes through the pipe of that number until it is closed."""
    from multiprocessing.connection import Connection

    pipe: Connection = Connection(number)
    with suppress(EOFError, OSError):
        while True:
            pipe.send([make(job) for job in pipe.recv()])


def _hand(pipe: Connection, part: Sequence[Job] | None) -> bool:
    """Give a process its next part; False when there is none."""
    if part is None:
        return False
    with suppress(BrokenPipeError):  # its end is read as an answer
        pipe.send(list(part))
    return True


def _answer(pipe: Connection) -> list[Drawn]:
    try:
        return pipe.recv()  # type: ignore[no-any-return]
    except (EOFError, ConnectionResetError):
        raise Failed(
            "A process that draws was killed.",
            code="drawing_killed",
            hint="Is there memory enough? What was drawn is kept: run it again.",
        ) from None
