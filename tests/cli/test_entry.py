"""The program as a process: real streams, closed pipes, full disks, odd locales."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from careline import __version__

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "careline"]


def process(*words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *words], cwd=ROOT, env={**os.environ, **env}, capture_output=True, timeout=30, check=False)


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    program = f"{sys.executable} -m careline"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace("careline", program)],
        cwd=ROOT,
        capture_output=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_the_packages_own(flag: str) -> None:
    done = process(flag)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"careline {__version__}\n".encode(), b"")
    assert f'__version__ = "{__version__}"' in (ROOT / "careline" / "__init__.py").read_text()


@pytest.mark.parametrize(
    "words", ["help environment", "--help", "config show -o jsonl", "--version", "completion bash", "help nope"]
)
def test_a_reader_that_leaves_early_is_no_failure_and_no_noise(words: str) -> None:
    done = shell(f"(sleep 0.1; careline {words}) | true")
    assert done.returncode == (5 if "nope" in words else 0)
    assert b"Exception ignored" not in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["help output", "config show -o json"])
def test_a_full_disk_under_stdout_is_exit_1_and_said(words: str) -> None:
    done = shell(f"careline {words} > /dev/full")
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_under_stderr_keeps_the_exit_code() -> None:
    assert shell("careline help nope 2> /dev/full").returncode == 5


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_stream_that_was_closed_at_the_start_is_no_defect(closed: str) -> None:
    done = shell(f"careline help output {closed}")
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "POSIX"},
    ],
)
def test_text_is_utf_8_whatever_the_locale(env: dict[str, str]) -> None:
    done = process("help", "windows", "--help", **env)
    assert done.returncode == 0
    assert "careline help [TOPIC]" in done.stdout.decode()
    done = process("queue", "--help", **env)
    assert "VERB …" in done.stdout.decode("utf-8")
    done = process("help", "李薇", **env)
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr


def test_an_error_leaves_stdout_empty_and_a_defect_has_no_traceback() -> None:
    done = process("config", "show", CARELINE_TZ="Mars")
    assert (done.returncode, done.stdout) == (9, b"")
    assert done.stderr.decode().splitlines()[0].startswith("tz is 'Mars'")


INTERRUPTED = """
import sys, _thread

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "cli.app":
            _thread.interrupt_main()

sys.meta_path.insert(0, Finder())
sys.argv = ["careline", "help"]
from cli.entry import main

sys.exit(main())
"""


def test_ctrl_c_while_the_program_loads_is_130_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_directory_that_was_deleted_is_no_place_to_fail(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"mkdir {gone}; cd {gone}; rmdir {gone}; PYTHONPATH={ROOT} exec {sys.executable} -P -m careline config path",
        ],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("spoil", ["missing", "a directory", "bad settings", "not text"])
def test_tab_is_exit_0_without_a_word_whatever_is_wrong(isolated: Path, spoil: str) -> None:
    profile = isolated / "profiles" / "default"
    profile.mkdir(parents=True)
    if spoil == "a directory":
        (profile / "names").mkdir()
    if spoil == "bad settings":
        (isolated / "config.toml").write_text("tz = ")
    if spoil == "not text":
        (profile / "names").write_bytes(b"template\t\xff\xfe\n")
    done = process("__names", "channel", "")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
