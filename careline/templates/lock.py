"""``templates.lock``: which account a folder of templates belongs to, and what each file came to there.

It lies beside the files and goes with them into version control: sorted, readable, without anything secret.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from msgspec import Struct, field

from careline.errors import Misconfigured
from careline.files import replace_file

NAME = "templates.lock"
VERSION = 1
MOST = 64 * 1024 * 1024


class Pin(Struct, frozen=True, kw_only=True):
    """One template as it was when it was last applied or pulled.

    ``hash`` is the file's, ``account_hash`` what the platform made of it, ``asked`` the category of the file and ``category``
    the platform's. ``parameters`` are the slots that a send must fill, with what goes into each. ``samples`` are the hashes of
    the media files; the platform shows none of them.
    """

    id: str
    hash: str
    account_hash: str = ""
    asked: str = ""
    category: str = ""
    parameters: dict[str, str] = {}
    samples: dict[str, str] = {}


class Lock(Struct, kw_only=True):
    """The pins of a folder, by NAME/LANGUAGE."""

    account: str = ""
    templates: dict[str, Pin] = field(default_factory=dict)
    version: int = VERSION


def load(folder: Path, account: str) -> Lock:
    """The lock of a folder, an empty one where there is none.

    Raises Misconfigured when it belongs to another account, or cannot be read.
    """
    path = folder / NAME
    try:
        if path.stat().st_size > MOST:
            raise _damaged(path, "it is too large to be one")
        lock = msgspec.json.decode(path.read_bytes(), type=Lock)
    except FileNotFoundError:
        return Lock(account=account)
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise _damaged(path, "it is not what careline writes") from None
    if lock.version > VERSION:
        raise Misconfigured(f"{path} was written by a newer careline.", code="lock_newer", hint="Use that one here too.")
    if lock.account != account:
        raise Misconfigured(
            f"{path} belongs to the account {lock.account}, and this is {account}.",
            code="other_account",
            hint="Name the channel of that account with --channel, or give each account a folder of its own.",
        )
    return lock


def save(folder: Path, lock: Lock) -> None:
    """Write the lock, whole or not at all, if it says anything else than before. Raises Usage, or Failed."""
    told = msgspec.to_builtins(lock)
    content = (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    path = folder / NAME
    if not path.exists() or path.read_bytes() != content:
        replace_file(path, [content])


def _damaged(path: Path, why: str) -> Misconfigured:
    return Misconfigured(
        f"{path} cannot be used: {why}.",
        code="bad_lock",
        hint="Take it from version control, or remove it: the next plan compares the files themselves.",
    )
