"""Templates to begin with: five occasions of customer care in five languages, to be adapted."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from careline.errors import Usage
from careline.files import replace_file
from careline.templates.file import lint_command


def write(folder: Path) -> list[Path]:
    """Write the starter pack into ``folder``, which is made where it is missing; the files, sorted.

    Raises Usage when one of them is there already, and then writes none.
    """
    pack = {Path(folder, one.name): one.read_bytes() for one in _pack()}
    if there := sorted(path for path in pack if path.exists()):
        raise Usage(
            f"{there[0]} is there already, so nothing was written.",
            code="file_exists",
            hint="Give another folder, or move what you have.",
            run=lint_command(folder),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Usage(f"{folder} cannot be made: {error.strerror}.", code="unwritable_file") from None
    for path, content in pack.items():
        replace_file(path, [content])
    return sorted(pack)


def names() -> list[str]:
    """The names of the pack's files, sorted."""
    return sorted(one.name for one in _pack())


def _pack() -> list[Path]:
    folder = files("careline.templates") / "starter"
    return [Path(str(one)) for one in folder.iterdir() if one.name.endswith(".toml")]
