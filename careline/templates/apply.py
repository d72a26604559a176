"""A plan carried out: one step after the other, each noted before the next begins.

Where an answer is missing, the account is looked at before anything is said: a name in a language exists once, so a template
that is there was created, whoever asked for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from careline.crashpoint import reached
from careline.errors import CarelineError, CredentialsRefused, NotSent, Unknown
from careline.events import TemplateReported
from careline.templates import account, gather
from careline.templates.plan import Listed, Step, Wanted, changed_fields

Upload = Callable[[Path], Awaitable[str]]


class Account(account.Templates, Protocol):
    """What a platform's client can do with templates."""

    async def edit(self, id: str, changes: dict[str, Any]) -> None:
        """Replace what an account has."""

    async def delete(self, name: str, id: str) -> None:
        """Delete a name in one language."""

    async def one(self, id: str) -> dict[str, Any]:
        """A template by its id."""


class Outcome(Struct, frozen=True):
    """What became of a step: what the platform then said, or the error. Neither: it was not tried."""

    step: Step
    report: TemplateReported | None = None
    error: CarelineError | None = None


class Samples:
    """The handles of media samples: a file that several templates show is uploaded once."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._handles: dict[str, str] = {}

    async def request(self, wanted: Wanted) -> dict[str, Any]:
        """The body that creates a template, with the handles of its samples."""
        folder = Path(wanted.file).parent
        for path, hash in wanted.samples.items():
            if hash not in self._handles:
                self._handles[hash] = await self._upload(folder / path)
        components = gather.with_handles(wanted.request["components"], lambda path: self._handles[wanted.samples[path]])
        return wanted.request | {"components": components}


async def carry_out(
    steps: Sequence[Step],
    client: Account,
    upload: Upload,
    noted: Callable[[Step, TemplateReported], None],
    now: Callable[[], int],
) -> AsyncIterator[Outcome]:
    """Do what the steps say, in their order; ``noted`` keeps each before the next begins.

    After an error that the next step would meet too (no connection, too many calls, no rights) nothing more is tried.
    """
    samples = Samples(upload)
    stopped = False
    for step in steps:
        if step.action not in ("create", "edit", "delete"):
            continue
        if stopped:
            yield Outcome(step)
            continue
        try:
            report = await _done(step, client, samples, now)
        except CarelineError as error:
            stopped = isinstance(error, NotSent | CredentialsRefused)
            yield Outcome(step, error=error)
            continue
        reached("templates.answered")
        noted(step, report)
        reached("templates.noted")
        yield Outcome(step, report)


async def _done(step: Step, client: Account, samples: Samples, now: Callable[[], int]) -> TemplateReported:
    if step.action == "delete":
        await _delete(step, client)
        return account.deleted(step.name, step.language, step.state or "", now())
    if step.wanted is None:
        raise ValueError(f"the step for {step.name} has no file")
    request = await samples.request(step.wanted)
    if step.action == "create":
        return await created(client, request)
    return await _edited(step, step.wanted, client, request)


async def created(client: account.Templates, request: dict[str, Any]) -> TemplateReported:
    """Submit one template. Where the answer is missing, what the account then has; Unknown when it has nothing."""
    try:
        return await account.submit(client, request)
    except Unknown:
        for report in await account.read(client, request["name"]):
            if report.language == request["language"]:
                return replace(report, submitted=True)
        raise


async def _edited(step: Step, wanted: Wanted, client: Account, request: dict[str, Any]) -> TemplateReported:
    """What the account has after the edit. Raises Unknown when nobody knows whether it took effect."""
    before = gather.listed(await client.one(step.id))
    changes = changed_fields(replace(wanted, request=request), before)
    try:
        await client.edit(step.id, changes)
    except Unknown:
        after = gather.listed(await client.one(step.id))
        if not _took_effect(before, after, wanted):
            raise
    return replace(account.reported(await client.one(step.id)), edited=True)


def _took_effect(before: Listed, after: Listed, wanted: Wanted) -> bool:
    """True where the account reads as the file does, and did not before, or where it is being reviewed again."""
    return not wanted.likeness.differences(after.likeness) and (
        before.likeness != after.likeness or before.state != after.state
    )


async def _delete(step: Step, client: Account) -> None:
    """Delete it. Raises Unknown when nobody knows whether it took effect."""
    try:
        await client.delete(step.name, step.id)
    except Unknown:
        if any(report.id == step.id for report in await account.read(client, step.name)):
            raise
