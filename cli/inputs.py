"""What a person hands over as a file or on stdin."""

from __future__ import annotations

from pathlib import Path

from careline.errors import Usage
from cli.runtime import Runtime

MOST = 16 * 1024 * 1024


def text_of(run: Runtime, source: str) -> str:
    """The text of a file, or of stdin for ``-``. Raises Usage when it cannot be read, is no UTF-8 or more than 16 MiB."""
    if source == "-":
        return run.read_stdin()
    try:
        with Path(source).open("rb") as file:
            read = file.read(MOST + 1)
    except OSError as error:
        raise Usage(f"{source} cannot be read: {error.strerror}.", code="unreadable_file") from None
    if len(read) > MOST:
        raise Usage(f"{source} holds more than 16 MiB.", code="input_too_large")
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Usage(f"{source} is not UTF-8 text.", code="not_text") from None
