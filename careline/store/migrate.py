"""Bringing a store of an older careline up to date: a backup, then numbered steps, then a fold where that has changed.

What happens to a file or database is one transaction: whenever the process is killed, it is old or new. The journal's file is
the first, so that a step that fails has changed nothing at all.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from careline.crashpoint import reached
from careline.model import ROWS
from careline.rules.fold import fold
from careline.settings import StoreAddress
from careline.store import schema
from careline.store.base import Transaction, noted
from careline.store.older import Old, Versions, opened
from careline.store.rebuild import Step, fold_all, take_over
from careline.store.steps import STEPS


class Migrated(Struct, frozen=True):
    """What was done. ``state`` is ``migrated``, ``current`` or ``planned``; ``folded`` the events that were folded again."""

    path: str
    state: str
    before: int
    version: int
    folded: int = 0
    backups: tuple[str, ...] = ()


def plan(address: StoreAddress) -> Migrated:
    """What ``migrate`` would do. Raises NotFound where there is no store, Misconfigured for one of a newer careline."""
    with opened(address) as old:
        return _migrated(old, "current" if _is_current(old.versions()) else "planned")


def migrate(address: StoreAddress, now: int, folder: Path, step: Step = lambda done: None) -> Migrated:
    """Bring the store there up to date, after a backup: of files beside them, of a database into ``folder``.

    Raises as ``plan``, Busy while somebody writes, Failed on a full disk: then nothing was changed.
    """
    with opened(address) as old:
        if _is_current(old.versions()):
            return _migrated(old, "current")
        with old.writing() as (store, inbound):
            found = old.versions()
            done = _migrated(old, "migrated", tuple(str(path) for path in old.backup(found, folder, now)))
            reached("migrate.backed_up")
            for version in range(found.store + 1, schema.VERSION + 1):
                STEPS[version].store(store, inbound)
            for version in range(found.inbound + 1, schema.VERSION + 1):
                STEPS[version].inbound(store, inbound)
            folded = 0 if old.versions().fold == schema.FOLD else _fold_again(old, store, step)
            noted(store, "fold", str(schema.FOLD))
            old.set_version()
            reached("migrate.before_commit")
    return replace(done, folded=folded)


def _is_current(found: Versions) -> bool:
    return found == Versions(schema.VERSION, schema.VERSION, schema.FOLD)


def _migrated(old: Old, state: str, backups: tuple[str, ...] = ()) -> Migrated:
    found = old.versions()
    before = min(found.store, found.inbound)
    return Migrated(path=old.where, state=state, before=before, version=schema.VERSION, backups=backups)


def _fold_again(old: Old, store: Transaction, step: Step) -> int:
    """Fold the journal into shadow tables, which take the place of the old ones with the columns and indexes of today."""
    store.script(schema.projections(old.dialect, old.shadow))
    events = fold_all(store, old.shadow, fold, step)
    for kind in ROWS:
        store.script(f"DROP TABLE IF EXISTS {old.live}{kind.table}")
    store.script(schema.projections(old.dialect, old.live))
    take_over(store, old.live, old.shadow)
    for kind in ROWS:
        store.script(f"DROP TABLE {old.shadow}{kind.table}")
    store.script(schema.indexes())
    return events
