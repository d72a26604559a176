"""What an installation puts into an environment: our three packages and nothing that could overwrite somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


def test_a_wheel_holds_our_packages_and_completions_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    version = wheel.name.split("-")[1]
    assert {name.split("/")[0] for name in names} == {
        "careline",
        "cli",
        "commands",
        f"careline-{version}.dist-info",
        f"careline-{version}.data",
    }
    assert f"careline-{version}.data/data/share/bash-completion/completions/careline" in names
    assert "careline/py.typed" in names
    assert sum(name.startswith("careline/templates/starter/") and name.endswith(".toml") for name in names) == 25


def replaced(root: Path, folder: Path) -> int:
    """Write a file with the careline in ``root``, past a crash point; how that process ended."""
    code = "from pathlib import Path; from careline.files import replace_file; replace_file(Path('file'), [b'whole'])"
    env = {**os.environ, "CARELINE_CRASHPOINT": "file.written", "PYTHONPATH": str(root)}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, timeout=30).returncode


def test_what_is_installed_has_no_crash_points_and_ignores_the_variable(wheel: Path, tmp_path: Path) -> None:
    installed, folder = tmp_path / "installed", tmp_path / "folder"
    zipfile.ZipFile(wheel).extractall(installed)
    folder.mkdir()
    assert replaced(ROOT, folder) == -9
    assert not (folder / "file").exists()
    assert replaced(installed, folder) == 0
    assert (folder / "file").read_bytes() == b"whole"
    assert (installed / "careline" / "crashpoint.py").exists()
    assert not (installed / "careline" / "armed.py").exists()
