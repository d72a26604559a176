"""`careline demo`: the whole story with real processes; what it keeps is what it says."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from tests.commands.desk import Program, checked, process


def worked() -> float:
    """The seconds of processor time that processes started here have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def typed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("$ ", "# ", "exit "))]


def test_the_whole_story_ends_well_and_keeps_what_it_says(tmp_path: Path) -> None:
    folder, before = tmp_path / "out", worked()
    done = subprocess.run(
        [sys.executable, "-m", "careline", "demo", "--dir", str(folder)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert worked() - before < 30  # of a processor: a machine busy with other things takes longer by the clock
    assert "\nEvery step did what it said, in " in done.stdout
    assert done.stdout.endswith(f"Kept in {folder}: the pictures, the exports, transcript.txt.\n")
    assert "\x1b" not in done.stdout

    transcript = (folder / "transcript.txt").read_text("utf-8")
    assert typed(transcript) == typed(done.stdout)
    for step in ("channels register whatsapp", "channels register wechat", "templates submit", "qr create", "queue list"):
        assert f"\n$ careline {step}" in transcript
    assert transcript.count("\nexit 7\n") == 2
    assert "\x1b" not in transcript

    kept = {"CARELINE_HOME": str(folder / "home"), "CARELINE_PROFILE": "sandbox"}
    for scene in ("shop-012", "vetrina"):
        code = checked("code", json.loads(process(f"qr show {scene} -o json", env=kept).stdout))
        with Image.open(folder / f"{scene}.png") as picture:
            (read,) = zxingcpp.read_barcodes(picture)
        assert read.text == code["url"]
    messages = [json.loads(line) for line in (folder / "messages.jsonl").read_text("utf-8").splitlines()]
    assert [checked("message", message)["channel"] for message in messages].count("brand-cn") == 6
    assert len((folder / "conversations.csv").read_text("utf-8").splitlines()) == 3
    assert process("store rebuild --check", env=kept).returncode == 0


@pytest.mark.parametrize("what", ["a folder that is not empty", "a file", "a place that cannot be written"])
def test_a_folder_that_cannot_be_begun_in_is_exit_1_and_left_as_it_is(careline: Program, tmp_path: Path, what: str) -> None:
    if what == "a place that cannot be written":
        folder = Path("/proc/careline")
    else:
        folder = tmp_path / "out"
        (folder if what == "a file" else folder / "note").parent.mkdir(exist_ok=True)
        (folder if what == "a file" else folder / "note").write_text("mine")
    result = careline("demo", "--dir", str(folder))
    assert (result.exit, result.stdout) == (1, "")
    assert str(folder) in result.stderr
    assert "Traceback" not in result.stderr
    if what == "a folder that is not empty":
        assert os.listdir(folder) == ["note"]


def test_a_dry_run_plays_nothing(careline: Program, tmp_path: Path) -> None:
    result = careline("demo", "--dir", str(tmp_path / "out"), "-n")
    assert (result.exit, result.stderr) == (0, f"Would play the story in {tmp_path}/out.\n")
    assert not (tmp_path / "out").exists()
