"""A file is replaced whole or not at all, whatever stands in the way."""

from __future__ import annotations

import gc
import gzip
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from careline.errors import Failed, Usage
from careline.files import replace_file, replacing

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def elsewhere(code: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Runs code in a process of its own, which may limit itself or die."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


def test_the_chunks_become_the_file_and_are_counted(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    assert replace_file(target, (b"%d\n" % row for row in range(100_000))) == 588_890
    assert target.read_bytes().splitlines()[-1] == b"99999"
    assert names(tmp_path) == ["rows.csv"]


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    with replacing(target) as file:
        file.write(b"n" * 1_000_000)
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"n" * 1_000_000


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")

    def rows() -> Iterator[bytes]:
        yield b"n" * 1_000_000
        raise LookupError("the store went away")

    with pytest.raises(LookupError, match="the store went away"):
        replace_file(target, rows())
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["rows.csv"]


def test_what_a_failed_block_had_buffered_is_written_nowhere_later(tmp_path: Path) -> None:
    def rows() -> Iterator[bytes]:
        yield b"buffered"
        raise LookupError

    with pytest.raises(LookupError) as failed:
        replace_file(tmp_path / "rows.csv", rows())
    with (tmp_path / "next.csv").open("wb", buffering=0):  # it may well get the same descriptor
        del failed
        gc.collect()
    assert (tmp_path / "next.csv").read_bytes() == b""


def test_ctrl_c_in_the_middle_leaves_no_new_file(tmp_path: Path) -> None:
    def rows() -> Iterator[bytes]:
        yield b"some"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "rows.csv", rows())
    assert names(tmp_path) == []


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, seen = tmp_path / "rows.csv", []
    sync, replace = os.fsync, os.replace

    def watched_sync(number: int) -> None:
        seen.append("directory" if stat.S_ISDIR(os.fstat(number).st_mode) else os.fstat(number).st_size)
        sync(number)

    def watched_replace(old: Path, new: Path) -> None:
        seen.append("name")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(os, "replace", watched_replace)
    replace_file(target, [b"seven", b" by"])
    assert seen == [8, "name", "directory"]


def test_an_error_of_the_block_is_not_taken_for_one_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), replacing(tmp_path / "rows.csv"):
        raise ConnectionResetError("the database hung up")
    assert names(tmp_path) == []


def test_a_writer_that_closes_what_it_wraps_still_makes_a_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "rows.gz"
    with replacing(target) as file, gzip.GzipFile(fileobj=file, mode="wb") as packed:
        packed.write(b"rows" * 1000)
    assert gzip.decompress(target.read_bytes()) == b"rows" * 1000
    with replacing(target) as file:
        file.write(b"closed early")
        file.close()
    assert target.read_bytes() == b"closed early"


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    ran = elsewhere(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from careline.errors import Failed\n"
        "from careline.files import replace_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try:\n"
        "    replace_file(Path(sys.argv[1]), (b'x' * 1000 for _ in range(1000)))\n"
        "except Failed as error:\n"
        "    print(error.code, error.message, error.hint, sep='|')\n",
        target,
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith(f"not_written|{target} was not written: file too large.|files there may not grow so large")
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["rows.csv"]


def test_a_small_file_on_a_full_disk_fails_when_its_buffer_is_written(tmp_path: Path) -> None:
    ran = elsewhere(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from careline.errors import Failed\n"
        "from careline.files import replace_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try:\n"
        "    replace_file(Path(sys.argv[1]), [b'more than ten'])\n"
        "except Failed as error:\n"
        "    print(error.code)\n",
        tmp_path / "rows.csv",
    )
    assert (ran.stdout, ran.stderr) == ("not_written\n", "")
    assert names(tmp_path) == []


def test_a_read_only_directory_is_told_before_anything_is_made(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    tmp_path.chmod(0o755)
    ran = elsewhere(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from careline.errors import Failed\n"
        "from careline.files import replace_file\n"
        "os.chdir(sys.argv[1])\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"  # root may write everywhere
        "try:\n"
        "    replace_file(Path('rows.csv'), [b'x'])\n"
        "except Failed as error:\n"
        "    print(error.message, error.hint, sep='|')\n",
        closed,
    )
    assert ran.stderr == ""
    assert ran.stdout.startswith("rows.csv was not written: permission denied.|write elsewhere")
    assert names(closed) == []


def test_killed_in_the_middle_the_old_file_is_intact(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_bytes(b"old")
    ran = elsewhere(
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from careline.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as file:\n"
        "    file.write(b'n' * 1_000_000)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
        target,
    )
    assert ran.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"


def test_a_directory_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="is a directory"):
        replace_file(tmp_path, [b"x"])
    assert names(tmp_path) == []


def test_a_missing_directory_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="there is no directory") as refused:
        replace_file(tmp_path / "of today" / "rows.csv", [b"x"])
    assert refused.value.run == f"mkdir -p '{tmp_path}/of today'"


def test_a_file_in_place_of_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Usage, match="file is not a directory"):
        replace_file(tmp_path / "file" / "rows.csv", [b"x"])


def test_a_device_or_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Usage, match="not a file that can be replaced"):
        replace_file(tmp_path / "pipe", [b"x"])
    assert (tmp_path / "pipe").is_fifo()


def test_a_name_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="name too long") as failed:
        replace_file(tmp_path / ("n" * 300), [b"x"])
    assert failed.value.hint == "a shorter name"


def test_a_new_file_obeys_the_umask_and_an_old_one_keeps_its_permissions(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        replace_file(tmp_path / "new", [b"x"])
    finally:
        os.umask(umask)
    private = tmp_path / "private"
    private.touch(0o600)
    replace_file(private, [b"x"])
    assert oct((tmp_path / "new").stat().st_mode & 0o777) == "0o640"
    assert oct(private.stat().st_mode & 0o777) == "0o600"


def test_through_a_link_the_file_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "rows.csv"
    target.write_bytes(b"old")
    link = tmp_path / "latest.csv"
    link.symlink_to(target)
    replace_file(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
