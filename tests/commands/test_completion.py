"""careline completion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Careline = Callable[..., tuple[int, str, str]]


def test_the_script_is_printed_and_no_file_is_written(careline: Careline, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    code, stdout, stderr = careline("completion", "bash")
    assert (code, stderr) == (0, "")
    assert stdout.startswith("# careline's completion for bash")
    assert stdout.endswith("|| complete -F _careline careline\n")
    assert set(tmp_path.rglob("*")) == before


def test_another_shell_is_exit_2(careline: Careline) -> None:
    code, stdout, stderr = careline("completion", "zsh")
    assert (code, stdout) == (2, "")
    assert "only for bash" in stderr
