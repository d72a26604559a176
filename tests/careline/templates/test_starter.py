"""The starter pack: complete, without fault, and never over somebody's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.errors import Usage
from careline.templates import file, starter
from careline.templates.lint import lint

OCCASIONS = {"welcome", "ticket_confirmation", "case_update", "csat", "reopening"}
LANGUAGES = {"en", "it", "es", "pt_BR", "zh_CN"}


def test_every_occasion_is_there_in_every_language_without_a_warning(tmp_path: Path) -> None:
    written = starter.write(tmp_path / "templates")
    assert written == file.folder(tmp_path / "templates")
    pack = [file.checked(path) for path in written]
    assert {(one.name, one.language) for one in pack} == {(name, code) for name in OCCASIONS for code in LANGUAGES}
    assert all(one.path.name == f"{one.name}.{one.language}.toml" and one.named for one in pack)
    assert [found for findings in lint(written) for found in findings] == []


def test_nothing_is_written_over_or_beside_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "csat.it.toml").write_text("mine")
    with pytest.raises(Usage) as error:
        starter.write(tmp_path)
    assert error.value.code == "file_exists"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("csat.it.toml", "mine")]
