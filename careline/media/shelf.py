"""The files of a profile, each once, under the SHA-256 of its content. Readable by their owner only."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from careline.errors import Failed, Usage
from careline.files import sync
from careline.media.look import unreadable

CHUNK = 256 * 1024
_SHA256 = re.compile("[0-9a-f]{64}")


class Shelf:
    """One folder of files. What is on it is never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path | None:
        """The file with that content; None when it is not here."""
        if not _SHA256.fullmatch(sha256):
            return None
        found = self._place(sha256)
        return found if found.is_file() else None

    def size(self, sha256: str) -> int:
        """How many bytes a file that is here has."""
        return size_of(self._place(sha256))

    def take_in(self, path: Path) -> tuple[str, int]:
        """Keep a copy of a file: its SHA-256 in hex, and its size. Raises Usage when it cannot be read, Failed for the disk."""
        partial = self.partial(f"{os.getpid()}-{os.urandom(8).hex()}")
        try:
            try:
                source = path.open("rb")
            except OSError as error:
                raise unreadable(path, error) from None
            with source, opened(partial, 0) as target:
                size = 0
                for chunk in chunks(source):
                    size += write(target, chunk)
            return self.finish(partial), size
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise

    def lacks(self, other: Shelf) -> list[Path]:
        """The files of another shelf that are not on this one, by their place there."""
        if self._folder == other._folder:
            return []
        found = other._folder.glob("[0-9a-f][0-9a-f]/*")
        return sorted(path for path in found if _SHA256.fullmatch(path.name) and self.path(path.name) is None)

    def partial(self, name: str) -> Path:
        """Where a file called ``name`` gathers until it is whole: what is there already was fetched before."""
        folder = self._folder / "partial"
        try:
            folder.mkdir(0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise refused(folder, error) from None
        return folder / hashlib.sha256(name.encode()).hexdigest()

    def finish(self, partial: Path) -> str:
        """Put a whole file into its place and give its SHA-256. One that is here already stays."""
        sha256 = digest(partial)
        place = self._place(sha256)
        try:
            place.parent.mkdir(0o700, parents=True, exist_ok=True)
            sync(partial)
            os.replace(partial, place)
            sync(place.parent)
        except OSError as error:
            raise refused(place, error) from None
        return sha256

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def make_directory(path: Path) -> None:
    """Make the directory that files are to be written into. Raises Usage for what cannot be one."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Usage(f"{path} cannot be made a directory: {(error.strerror or str(error)).lower()}.", code="bad_file") from None


def drop(path: Path) -> None:
    """Take away what was gathered of a file."""
    path.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """How many bytes a file has; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def opened(path: Path, size: int) -> FileIO:
    """A writer at the end of a file of which the first ``size`` bytes are kept; a new one is readable by its owner only."""
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
        file.truncate(size)
        file.seek(size)
    except OSError as error:
        raise refused(path, error) from None
    return file


def write(file: FileIO, chunk: bytes) -> int:
    """Write all of it and give the count of bytes. Raises Failed for what the disk refuses."""
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise refused(Path(str(file.name)), error) from None
    return len(chunk)


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in chunks(file):
            found.update(chunk)
    return found.hexdigest()


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in pieces."""
    while chunk := file.read(CHUNK):
        yield chunk


def refused(path: Path, error: OSError) -> Failed:
    """What the disk refuses, in words."""
    return Failed(f"{path} could not be kept: {(error.strerror or str(error)).lower()}.", code="not_written")
