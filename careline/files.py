"""A file is replaced whole or not at all.

What is written goes to a hidden neighbour of the target, reaches the disk, and takes the target's place in one step. Whoever
reads meanwhile sees the old file or the new one; after a failure there is the old one and nothing beside it. Only a kill -9
leaves the neighbour, ``.careline-….tmp``, which nobody reads.
"""

from __future__ import annotations

import errno
import io
import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from careline.crashpoint import reached
from careline.errors import Failed, Usage

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def replace_file(path: Path, chunks: Iterable[bytes]) -> int:
    """Replaces ``path`` by the chunks one after the other and returns their bytes' count. Raises as ``replacing`` does."""
    written = 0
    with replacing(path) as file:
        for chunk in chunks:
            file.write(chunk)
            written += len(chunk)
    return written


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A writer whose bytes become ``path`` when the block ends well, and vanish when it does not.

    A new file is 0644 less the umask; one that was there keeps its permissions, and a link its place. Raises Usage at once for
    a target that cannot be a file, Failed for what the disk refuses; the block's own exceptions pass unchanged.
    """
    target = Path(os.path.realpath(path))
    mode = _mode_of(target, path)
    neighbour = target.parent / f".careline-{os.urandom(8).hex()}.tmp"
    with _told(path):
        number = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        raw = _Raw(number, path)
        try:
            with _told(path):
                if mode is not None:
                    os.fchmod(number, mode)
            file = io.BufferedWriter(raw, 1 << 17)
            yield file
            if not file.closed:
                file.flush()
            with _told(path):
                os.fsync(number)
        finally:
            raw.close()  # first, so that the buffer of a failed block is dropped and not written
            with _told(path):
                os.close(number)
        reached("file.written")
        with _told(path):
            os.replace(neighbour, target)
        reached("file.renamed")
    except BaseException:
        with suppress(OSError):
            neighbour.unlink()
        raise
    with _told(path):
        sync(target.parent)


class _Raw(io.FileIO):
    """The open neighbour; says what the disk refuses in careline's words, whatever wraps it."""

    def __init__(self, number: int, path: Path) -> None:
        super().__init__(number, "wb", closefd=False)
        self.path = path

    def write(self, data: ReadableBuffer, /) -> int:
        with _told(self.path):
            return super().write(data)


def _mode_of(target: Path, path: Path) -> int | None:
    """The permissions of the file that is there, None where there is none. Raises Usage for what no file can replace."""
    try:
        found = target.stat().st_mode
    except FileNotFoundError:
        _check_parent(target.parent, path)
        return None
    except NotADirectoryError as error:
        raise Usage(f"{path} cannot be written: {target.parent} is not a directory.", hint="another path") from error
    except OSError as error:
        raise _failed(path, error) from error
    if stat.S_ISDIR(found):
        raise Usage(
            f"{path} is a directory, and a file is to be written.", hint=f"name the file: {shlex.quote(str(path / 'NAME'))}"
        )
    if not stat.S_ISREG(found):
        raise Usage(f"{path} is not a file that can be replaced.", hint="the path of a plain file")
    return stat.S_IMODE(found)


def _check_parent(parent: Path, path: Path) -> None:
    if not parent.exists():
        raise Usage(f"{path} cannot be written: there is no directory {parent}.", run=f"mkdir -p {shlex.quote(str(parent))}")


def sync(path: Path) -> None:
    """Return when a file, or what a directory lists, is on disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failed(path, error) from error


HINTS = {
    errno.ENOSPC: "make room on that disk, or write elsewhere",
    errno.EDQUOT: "the quota of that disk is used up: make room, or write elsewhere",
    errno.EFBIG: "files there may not grow so large: ulimit -f, or write elsewhere",
    errno.EROFS: "that disk is mounted read-only: write elsewhere",
    errno.EACCES: "write elsewhere, or ask for the right to write in that directory",
    errno.EPERM: "write elsewhere, or ask for the right to write in that directory",
    errno.ENAMETOOLONG: "a shorter name",
}


def _failed(path: Path, error: OSError) -> Failed:
    reason = (error.strerror or str(error)).lower()
    hint = HINTS.get(error.errno or 0, "look at the disk, or write elsewhere")
    return Failed(f"{path} was not written: {reason}.", code="not_written", hint=hint)
