"""Stores of both kinds, for tests that run over each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from careline.clock import SECOND
from careline.line import open_store
from careline.settings import StoreAddress
from careline.store.base import Store

NOON = 1_772_798_400 * SECOND

Now = Callable[[], int]


class Opener:
    """Opens stores of one kind: ``opener()`` another handle of the same one, ``opener.fresh()`` an empty one."""

    def __init__(self, kind: str, folder: Path, server: str) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server
        self._made = 0
        self._address = self._next()
        self._opened: list[Store] = []

    def __call__(self, now: Now = lambda: NOON) -> Store:
        store = self.at(self._address, now)
        self._opened.append(store)
        return store

    def fresh(self, now: Now = lambda: NOON) -> Store:
        self.close()
        self._address = self._next()
        return self(now)

    @property
    def address(self) -> str:
        return self._address

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    @staticmethod
    def at(address: str, now: Now = lambda: NOON) -> Store:
        return open_store(StoreAddress.of(address), now)

    def _next(self) -> str:
        self._made += 1
        if self.kind == "postgres":
            from tests.postgres import schema

            return schema(self._server)
        folder = self._folder / f"store{self._made}"
        folder.mkdir()
        return str(folder / "careline.db")
