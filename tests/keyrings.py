"""A keyring that several processes share: a file. ``KEYRING_FILE`` names it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class Filed(KeyringBackend):
    """Keeps what it is given, and is chosen by nobody who does not name it."""

    priority = 0  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept under that name."""
        return self._kept().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._write(self._kept() | {f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no more."""
        self._write({name: value for name, value in self._kept().items() if name != f"{service} {username}"})

    def _kept(self) -> dict[str, str]:
        path = Path(os.environ["KEYRING_FILE"])
        kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return kept

    def _write(self, kept: dict[str, str]) -> None:
        path = Path(os.environ["KEYRING_FILE"])
        path.with_suffix(".new").write_text(json.dumps(kept), "utf-8")
        path.with_suffix(".new").replace(path)
