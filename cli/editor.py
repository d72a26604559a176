"""A text written in the person's own editor."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path

from careline.errors import Failed, Usage


def edit(editor: str, text: str) -> str:
    """What the person left in the file when their editor ended, without blank lines around it.

    Raises Usage when no editor is set or it cannot be run, Failed when it ended with an error.
    """
    try:
        words = shlex.split(editor)
    except ValueError:
        words = []
    if not words:
        raise Usage("There is no text, and no editor to write one in.", code="no_text", hint="Give the text, or set EDITOR.")
    with tempfile.TemporaryDirectory(prefix="careline-") as directory:
        file = Path(directory) / "message.txt"
        file.write_text(text, "utf-8")
        try:
            done = subprocess.run([*words, str(file)], check=False)
        except OSError as error:
            raise Usage(
                f"The editor {words[0]} cannot be run: {error.strerror}.", code="no_editor", hint="Set EDITOR."
            ) from None
        if done.returncode:
            raise Failed(f"The editor {words[0]} ended with exit code {done.returncode}; nothing was taken from it.")
        return file.read_text("utf-8", "replace").strip()
