"""What an installation puts into an environment: our three packages and nothing that could overwrite somebody else's."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_holds_our_packages_and_completions_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
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
