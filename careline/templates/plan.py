"""What has to happen so that an account has the templates of a folder, and what cannot happen and why.

Pure: files, lock, account and journal in, steps out. Meta: an approved template is edited once a day and ten times in 30 days
and keeps its category; one in review is not edited at all; a disabled one cannot be deleted; the name of an approved one that
was deleted is blocked for 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from careline.clock import DAY
from careline.model import Template
from careline.templates.account import awaits_listing
from careline.templates.likeness import Likeness, digest, likeness
from careline.templates.lock import Lock, Pin

Key = tuple[str, str]

EDITABLE = ("approved", "rejected", "paused")
GONE = ("deleted", "pending_deletion")
EDITS_A_MONTH = 10
MONTH = 30 * DAY


class Wanted(Struct, frozen=True):
    """A template as a file wants it. ``samples`` are the hashes of its media files, by their paths."""

    file: str
    name: str
    language: str
    category: str
    request: dict[str, Any]
    parameters: dict[str, str] = {}
    samples: dict[str, str] = {}

    @property
    def likeness(self) -> Likeness:
        """How it reads."""
        return likeness(self.request["components"], self.category)

    @property
    def hash(self) -> str:
        """The hash of everything in it, its samples too."""
        return digest([self.request, self.samples])


class Listed(Struct, frozen=True):
    """A template as the account has it."""

    id: str
    name: str
    language: str
    state: str
    category: str
    components: list[Any]
    named: bool
    ttl_s: int | None = None
    parameters: dict[str, str] = {}

    @property
    def likeness(self) -> Likeness:
        """How it reads."""
        return likeness(self.components, self.category)


class Step(Struct, frozen=True, kw_only=True):
    """One row of a plan. ``action`` is create, edit, delete, none or blocked.

    ``changes`` name what differs, ``details`` show it line by line (``-`` was, ``+`` will be, ``!`` what follows from it).
    """

    action: str
    name: str
    language: str
    category: str
    state: str | None = None
    changes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    reason: str | None = None
    free_at: int | None = None
    file: str | None = None
    id: str = ""
    wanted: Wanted | None = None
    foreign: bool = False  # on the account and in no file


def plan(
    wanted: Sequence[Wanted],
    listed: Iterable[Listed],
    lock: Lock,
    known: Iterable[Template],
    now: int,
    *,
    delete: bool = False,
) -> list[Step]:
    """The steps by name and language. ``known`` is what the journal remembers: edits, and names that are not free yet."""
    there = {(one.name, one.language): one for one in listed if one.state not in GONE}
    leaving = {(one.name, one.language) for one in listed if one.state == "pending_deletion"}
    remembered = {(one.name, one.language): one for one in known}
    steps = []
    for one in wanted:
        key = one.name, one.language
        if key in there:
            steps.append(_kept(one, there[key], lock.templates.get("/".join(key)), remembered.get(key), now))
        else:
            steps.append(_new(one, remembered, key in leaving, now))
    ours = {(one.name, one.language) for one in wanted}
    steps += [_foreign(one, delete=delete) for key, one in there.items() if key not in ours]
    return sorted(steps, key=lambda step: (step.name, step.language))


def differs(step: Step, lock: Lock) -> bool:
    """True where files and account do not say the same: there is something to do, or a file that was pinned is gone."""
    return step.action != "none" or (step.foreign and f"{step.name}/{step.language}" in lock.templates)


def changed_fields(one: Wanted, listed: Listed) -> dict[str, Any]:
    """The body of the call that makes ``listed`` what the file says."""
    made: dict[str, Any] = {"components": one.request["components"]}
    if one.category.lower() != listed.category and listed.state != "approved":
        made["category"] = one.category
    for name in ("parameter_format", "message_send_ttl_seconds"):
        if name in one.request and (name != "parameter_format" or (one.request[name] == "NAMED") != listed.named):
            made[name] = one.request[name]
    return made


def _new(one: Wanted, remembered: Mapping[Key, Template], leaving: bool, now: int) -> Step:
    base = Step(action="create", name=one.name, language=one.language, category=one.category.lower(), file=one.file, wanted=one)
    if leaving:
        return _blocked(base, "messages of the deleted one are still under way")
    gone = remembered.get((one.name, one.language))
    if gone is not None and gone.state == "deleted" and gone.free_at is not None and gone.free_at > now:
        return _blocked(base, "deleted, and the name of an approved template is blocked for 30 days", gone.free_at)
    if gone is not None and awaits_listing(gone, now):
        return _with(base, action="none", state=gone.state, reason="submitted a moment ago and not listed yet", id=gone.id)
    return base


def _kept(one: Wanted, listed: Listed, pinned: Pin | None, known: Template | None, now: int) -> Step:
    changes, details = _differences(one, listed, pinned)
    base = Step(
        action="none",
        name=one.name,
        language=one.language,
        category=listed.category,
        state=listed.state,
        changes=changes,
        details=details,
        file=one.file,
        id=listed.id,
        wanted=one,
    )
    asked, has = one.category.lower(), listed.category
    pinned_so = pinned is not None and (pinned.asked, pinned.category) == (asked, has)
    if asked != has and pinned_so:
        base = _with(base, reason=f"filed under {has}, not {asked} as asked")
    elif asked != has and listed.state == "approved":
        base = _with(base, changes=(*changes, "category"), details=(*details, _cost(has)))
        return _blocked(base, f"it is {has}, the file says {asked}, and the category of an approved template stays")
    elif asked != has:
        told = (f"- category {has}", f"+ category {asked}", _cost(asked))
        base = _with(base, changes=(*changes, "category"), details=(*details, *told))
    if not base.changes:
        return base
    if listed.state not in EDITABLE:
        in_review = listed.state in ("pending", "in_appeal")
        return _blocked(base, "in review: it can be edited once that is over" if in_review else f"{listed.state}: never again")
    if listed.state == "approved" and known is not None:
        return _within_quota(base, known.edits, now)
    return _with(base, action="edit")


def _within_quota(base: Step, edits: Sequence[int], now: int) -> Step:
    recent = sorted(at for at in edits if at > now - MONTH)
    if recent and recent[-1] > now - DAY:
        return _blocked(base, "edited within the last day, and an approved template is edited once a day", recent[-1] + DAY)
    if len(recent) >= EDITS_A_MONTH:
        return _blocked(base, f"edited {len(recent)} times in 30 days, and ten are allowed", recent[-EDITS_A_MONTH] + MONTH)
    return _with(base, action="edit", reason=f"{len(recent) + 1} of {EDITS_A_MONTH} edits this month")


def _foreign(listed: Listed, *, delete: bool) -> Step:
    base = Step(
        action="delete" if delete else "none",
        name=listed.name,
        language=listed.language,
        category=listed.category,
        state=listed.state,
        reason="in no file",
        id=listed.id,
        foreign=True,
    )
    if not delete:
        return base
    if listed.state == "disabled":
        return _blocked(base, "a disabled template cannot be deleted")
    if listed.state == "approved":
        return _with(base, details=("! the name is blocked in this language for 30 days",))
    return base


def _differences(one: Wanted, listed: Listed, pinned: Pin | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a file and the account do not agree on: names of parts, and lines that show it.

    Where neither side has changed since the two were pinned, they agree, whatever Meta made of the definition then.
    """
    mine, theirs = one.likeness, listed.likeness
    if pinned is not None and (pinned.id, pinned.hash, pinned.account_hash) == (listed.id, one.hash, theirs.hash):
        return (), ()
    names = mine.differences(theirs)
    details = [line for name in names for line in _shown(name, theirs.text(name), mine.text(name))]
    if (one.request.get("parameter_format") == "NAMED") != listed.named and one.parameters:
        names.append("parameter_format")
    ttl = one.request.get("message_send_ttl_seconds")
    if ttl is not None and ttl != listed.ttl_s:
        names.append("ttl")
    if pinned is not None and pinned.samples != one.samples and pinned.id == listed.id:
        names.append("sample")
    if names and one.parameters != listed.parameters:
        details.append(_parameters(one.parameters, listed.parameters))
    return tuple(names), tuple(details)


def _shown(name: str, before: str, after: str) -> list[str]:
    if before == after:
        return []
    return [f"{sign} {line}" for sign, text in (("-", before), ("+", after)) for line in text.splitlines()]


def _parameters(after: Mapping[str, str], before: Mapping[str, str]) -> str:
    more = [name for name in after if after[name] != before.get(name)]
    told = f"! {len(after)} parameter{'' if len(after) == 1 else 's'} instead of {len(before)}"
    return f"{told}: scripts that send it need {' '.join(f'--param {name}=…' for name in more)}" if more else told


def _cost(category: str) -> str:
    """What a category means for the bill."""
    told = {
        "marketing": "every message is billed as marketing, also inside an open window, and none reaches numbers of the USA",
        "utility": "messages are free inside an open window and billed as utility outside",
        "authentication": "every message is billed as authentication",
    }
    return f"! {told.get(category, category)}"


def _blocked(base: Step, reason: str, free_at: int | None = None) -> Step:
    return _with(base, action="blocked", reason=reason, free_at=free_at)


def _with(step: Step, **changes: Any) -> Step:
    return replace(step, **changes)
