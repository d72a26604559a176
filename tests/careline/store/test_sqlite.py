"""The embedded store: one writer, readers that never wait, and a disk or a lock in the way."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from careline.clock import SECOND
from careline.errors import Busy, CarelineError, Exit, Misconfigured
from careline.events import AccountNoticed, Content, Entry
from careline.model import ROWS, Notice
from careline.store.base import Change
from careline.store.columns import columns_of
from careline.store.sqlite import SqliteStore
from careline.store.working import Working

NOON = 1_772_798_400 * SECOND


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "careline.db", folder / "inbound.db", folder / "locks", lambda: NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = opened(tmp_path)
    yield made
    made.close()


def note(change: Change, words: str = "x", key: str | None = None) -> int:
    number = change.rows.new_id(Notice)
    event = AccountNoticed(notice=number, kind="test", content=Content(raw=words))
    change.record([Entry(event=event, channel="shop-it", occurred_at=NOON, key=key)])
    return number


def test_a_store_of_a_newer_careline_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    store._writer.pragma("user_version", 99)
    with pytest.raises(Misconfigured, match="newer careline"):
        opened(tmp_path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "careline.db").write_bytes(b"not a database, but somebody's notes" * 50)
    with pytest.raises(Misconfigured, match="not a sound"):
        opened(tmp_path)
    assert (tmp_path / "careline.db").read_bytes().startswith(b"not a database")


def test_files_are_the_owners_alone(store: SqliteStore) -> None:
    store.change(note)
    store.inbound.put([("shop-it", NOON, b"{}")])
    for path in (store.path, store.inbound.path, Path(f"{store.path}-wal")):
        assert path.stat().st_mode & 0o077 == 0


def test_a_disk_that_is_full_is_said_and_the_store_goes_on_when_there_is_room(store: SqliteStore) -> None:
    store.change(note)
    pages = store._writer.pragma("page_count")
    store._writer.pragma("max_page_count", pages + 2)
    with pytest.raises(CarelineError) as refusal:
        store.change(lambda change: [note(change, "x" * 4000) for _ in range(200)])
    assert refusal.value.code == "disk_full"
    kept = store.last_seq()
    store._writer.pragma("max_page_count", 1 << 30)
    store.change(note)
    assert store.last_seq() == kept + 1 == store.count(Notice)


def test_a_limit_on_the_size_of_files_is_an_answer_and_no_traceback(tmp_path: Path) -> None:
    """The same from the outside: the kernel refuses the write, as it does on a full disk."""
    code = "import sys; from cli.entry import main; sys.argv = ['careline', 'store', 'info']; sys.exit(main())"
    limit = 64 * 1024

    def small_files() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    env = {k: v for k, v in os.environ.items() if not k.startswith("CARELINE_")} | {"CARELINE_HOME": str(tmp_path)}
    argv = [sys.executable, "-c", code]
    ran = subprocess.run(argv, env=env, capture_output=True, text=True, preexec_fn=small_files, timeout=30)
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)
    assert "disk" in ran.stderr


def test_a_folder_that_cannot_be_written_is_exit_9(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("a file where the folder should be")
    with pytest.raises(Misconfigured) as refusal:
        opened(tmp_path / "profile")
    assert refusal.value.exit is Exit.CONFIGURATION


def test_a_named_lock_is_held_by_one_and_freed_when_its_holder_is_killed(store: SqliteStore, tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from careline.store.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), 'token:shop', wait=False):\n print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "locks")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy), store.lock("token:shop", wait=False):
            pass
        holder.kill()
        holder.wait()
    with store.lock("token:shop", wait=False):
        pass


def test_sqlite_is_one_without_the_wal_reset_race(store: SqliteStore) -> None:
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)
    assert store._writer.pragma("journal_mode") == "wal"
    assert store._writer.pragma("synchronous") == 2


def test_what_is_read_together_is_searched_and_never_scanned(store: SqliteStore) -> None:
    """A partial index is of no use to a question that does not repeat its condition: then each batch would read the journal."""
    asked: list[str] = []

    def query(sql: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        asked.extend(str(found[3]) for found in store.query(f"EXPLAIN QUERY PLAN {sql}", values))
        return []

    rows = Working(query)
    rows.load_keys([("shop-it", f"k{n}") for n in range(50)])
    rows.load_platform_ids([("shop-it", f"p{n}") for n in range(50)])
    for kind in ROWS:
        key = tuple("x" if columns_of(kind).table.types[name] is str else 1 for name in kind.key)
        rows.load(kind, [key])
    assert len(asked) > 10
    assert [plan for plan in asked if plan.startswith("SCAN") and "VALUES CLAUSE" not in plan and "CONSTANT" not in plan] == []
