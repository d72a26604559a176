"""Moving a store into another one, of the same kind or the other, while it works until the last moment.

The journal is copied as it stands and folded on the way. Then the old store is sealed, so that nobody writes to it or sends
from it any more; what came meanwhile follows, both are compared, and the new one opens. A webhook that comes in between is
refused, and the platform sends it again: what was acknowledged is in the old one, and at the end in the new one.
"""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct

from careline.crashpoint import reached
from careline.errors import CarelineError, Misconfigured, Usage
from careline.model import ROWS
from careline.store import schema
from careline.store.base import Store
from careline.store.filling import (
    BATCH,
    BODIES,
    PAGE,
    Digest,
    batches,
    begin,
    differs,
    finish,
    pages,
    pour,
    refuse_full,
)
from careline.store.rebuild import Step

ALONG = ("store_id", "held")


class Copied(Struct, frozen=True):
    """What was moved, and the journal's hash. ``state`` is ``moved``, or ``planned``."""

    source: str
    target: str
    state: str
    events: int
    rows: int
    inbound: int
    hash: str = ""


def plan(source: Store, target: Store | None, where: str) -> Copied:
    """What ``copy`` would move; no target is one that is to be made there. Raises what it raises before it begins."""
    if target is not None and not _is_moved(source, target):
        _check(source, target)
    return _copied(source, where if target is None else target.where, "planned")


def copy(source: Store, target: Store, step: Step = lambda done: None) -> Copied:
    """Move everything but access tokens from ``source`` into the empty ``target``, or go on with what was cut off.

    Raises Busy while another copy fills it, Misconfigured when one of them cannot take part, Failed when the two differ at the
    end: then, as after any other error, the source works on.
    """
    with target.lock("filling", wait=False):
        if _is_moved(source, target):
            finish(target)
            return _copied(target, target.where, "moved", source.where)
        _check(source, target)
        begin(target, source.where, {name: value for name, value in source.meta().items() if name in ALONG})
        theirs, ours = Digest(), Digest()
        _journal(source, target, theirs, ours, step)
        _webhooks(source, target, step)
        try:
            source.seal(target.where)
            reached("copy.sealed")
            _journal(source, target, theirs, ours, step)
            _webhooks(source, target, step)
            new = [r.id for r in source.inbound.walk(state="new")]
            target.settle(new, [(r.id, r.error) for r in source.inbound.walk(state="dead")], source.inbound.last())
            _compare(source, target, theirs, ours)
        except BaseException:
            with suppress(CarelineError):
                source.seal("")
            raise
        finish(target)  # from here on the source stays sealed, whatever happens
        return _copied(target, target.where, "moved", source.where, str(ours))


def _is_moved(source: Store, target: Store) -> bool:
    """True when an earlier run has moved one into the other."""
    theirs, ours = source.meta(), target.meta()
    return theirs.get("sealed") == target.where and theirs["store_id"] == ours["store_id"] and "filling" not in ours


def _check(source: Store, target: Store) -> None:
    theirs, ours = source.meta(), target.meta()
    if source.where == target.where:
        raise Usage(f"{source.where} is both FROM and TO.", code="same_store")
    if "filling" in theirs:
        raise schema.incomplete(theirs["filling"])
    if theirs.get("sealed", target.where) != target.where:
        raise schema.sealed(theirs["sealed"])
    if not source.last_seq() and not source.inbound.last():
        raise Misconfigured(f"There is nothing in {source.where}.", code="store_empty", hint="FROM comes first, then TO.")
    if ours.get("filling") != source.where or ours["store_id"] != theirs["store_id"]:
        refuse_full(target)


def _journal(source: Store, target: Store, theirs: Digest, ours: Digest, step: Step) -> None:
    """Bring over what the target's journal lacks, and read both."""
    pour(target, pages(source.query, target.last_seq(), size=BATCH), step)
    upto = target.last_seq()
    theirs.follow(source.query, upto)
    ours.follow(target.query, upto)


def _webhooks(source: Store, target: Store, step: Step) -> None:
    """Bring over the webhooks that the target lacks, and take away those that the source has no more."""
    last = max(source.inbound.last(), target.inbound.last())
    for after in range(0, last, PAGE):
        there = set(source.inbound.numbers(after, after + PAGE))
        here = set(target.inbound.numbers(after, after + PAGE))
        for some in batches(sorted(there - here), BODIES):
            target.inbound.load(source.inbound.several(some))
            step(len(some))
        if here - there:
            target.inbound.load((), sorted(here - there))


def _compare(source: Store, target: Store, theirs: Digest, ours: Digest) -> None:
    """Raises Failed when the two are not the same."""
    wrong = [] if str(theirs) == str(ours) and source.last_seq() == target.last_seq() else ["the journals differ"]
    counted = [(kind.table, source.count(kind), target.count(kind)) for kind in ROWS]
    before, after = source.inbound.counts(), target.inbound.counts()
    counted += [(f"{state} webhooks", before[state], after[state]) for state in before]
    wrong += [f"{what}: {there} there, {here} here" for what, there, here in counted if there != here]
    if wrong:
        raise differs(wrong, target.where)


def _copied(store: Store, target: str, state: str, source: str = "", hash: str = "") -> Copied:
    info = store.info()
    return Copied(
        source=source or store.where,
        target=target,
        state=state,
        events=info.events,
        rows=sum(info.rows.values()),
        inbound=sum(info.inbound.values()),
        hash=hash,
    )
