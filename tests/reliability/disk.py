"""A disk with a mind of its own: SQLite writes through it, and it fails, is slow, or forgets what was never synced."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import apsw

_names = count()
Rule = Callable[[str, Path], None]


class Disk(apsw.VFS):
    """SQLite's disk while ``inserted``. ``rule`` is asked before each ``write``, ``sync`` and ``truncate`` of a file.

    It keeps what was written since each file's last sync, so that ``after_a_power_cut`` can forget any of it.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.real = apsw.vfs_names()[0]
        self.synced: dict[Path, bytes] = {}
        self.unsynced: dict[Path, list[tuple[int, bytes | None]]] = defaultdict(list)  # None: cut off there
        super().__init__(f"disk{next(_names)}", self.real, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def after_a_power_cut(self, folder: Path, chance: random.Random) -> None:
        """Write the files as they may be found then: what was synced, and any part of the rest."""
        for path in self.synced.keys() | self.unsynced.keys():
            if path.name.endswith("-shm"):
                continue
            content = bytearray(self.synced.get(path, b""))
            for offset, data in self.unsynced[path]:
                if chance.random() < 0.5:
                    _apply(content, offset, data)
            (folder / path.name).write_bytes(content)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary")
        super().__init__(disk.real, name, flags)
        if self._path not in disk.synced and (size := self.xFileSize()):
            disk.synced[self._path] = self.xRead(size, 0)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.rule("write", self._path)
        super().xWrite(data, offset)
        self._disk.unsynced[self._path].append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        self._disk.rule("truncate", self._path)
        super().xTruncate(size)
        self._disk.unsynced[self._path].append((size, None))

    def xSync(self, flags: int) -> None:
        self._disk.rule("sync", self._path)
        super().xSync(flags)
        content = bytearray(self._disk.synced.get(self._path, b""))
        for offset, data in self._disk.unsynced.pop(self._path, []):
            _apply(content, offset, data)
        self._disk.synced[self._path] = bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


@contextmanager
def inserted(rule: Rule) -> Iterator[Disk]:
    """The disk that SQLite uses until the block ends. Small logs, so that they are emptied often."""
    disk = Disk(rule)
    apsw.connection_hooks.append(_small_log)
    try:
        yield disk
    finally:
        apsw.connection_hooks.remove(_small_log)
        disk.unregister()


def _small_log(connection: apsw.Connection) -> None:
    connection.execute("PRAGMA wal_autocheckpoint = 8")
