"""A folder of 6,000 template files, the most an account takes, linted as ``careline templates lint`` does it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.table import Job, Row
from careline.templates import file, lint, starter

FILES = 6000

LINT = Job(name="lint of 6,000 template files", unit="s", bound=5.0, at_least=False, has_peer=False)
JOBS = (LINT,)


def measure(quick: bool) -> Iterator[Row]:
    """The row: from the folder's name to the last finding."""
    with TemporaryDirectory() as home:
        folder = Path(home, "templates")
        _fill(folder)
        took = []
        for _ in range(1 if quick else 5):
            began = time.perf_counter()
            files = file.folder(folder)
            findings = [one for found in lint.lint(files) for one in found]
            took.append(time.perf_counter() - began)
            if len(files) != FILES or [one.rule for one in findings] != ["T084"]:  # that many only after a verification
                raise RuntimeError(f"{len(files)} files, findings: {findings[:3]}")
        yield LINT.row(took, quick=quick, note=f"{FILES / min(took):,.0f} files a second")


def _fill(folder: Path) -> None:
    """The starter pack, over and over with other names and wordings."""
    starter.write(folder / "0000")
    pack = sorted((folder / "0000").iterdir())
    for batch in range(1, FILES // len(pack)):
        inside = folder / f"{batch:04}"
        inside.mkdir()
        for path in pack:
            text = path.read_text("utf-8").replace('name = "', f'name = "shop_{batch}_', 1)
            inside.joinpath(path.name).write_text(text.replace('body = "', f'body = "{batch}: ', 1), "utf-8")
