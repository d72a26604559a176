"""What ``templates.lock`` says once files and account agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from careline.events import TemplateReported
from careline.templates.lock import Lock, Pin
from careline.templates.plan import Key, Listed, Step, Wanted


def pin(one: Wanted, listed: Listed) -> Pin:
    """What the lock says of a file once the account has it."""
    return Pin(
        id=listed.id,
        hash=one.hash,
        account_hash=listed.likeness.hash,
        asked=one.category.lower(),
        category=listed.category,
        parameters=one.parameters,
        samples=one.samples,
    )


def first_pin(one: Wanted, report: TemplateReported) -> Pin:
    """The same from the answer to creating or editing it, before the account is read again."""
    return Pin(
        id=report.id,
        hash=one.hash,
        asked=one.category.lower(),
        category=report.category,
        parameters=one.parameters,
        samples=one.samples,
    )


def agreed(
    lock: Lock, wanted: Iterable[Wanted], listed: Iterable[Listed], steps: Iterable[Step], done: Collection[Key]
) -> Lock:
    """The lock after a plan was carried out: the files that the account has now, and of the others what it said before."""
    there = {(one.name, one.language): one for one in listed}
    same = {(step.name, step.language) for step in steps if step.action == "none" and not step.foreign} | set(done)
    pins: dict[str, Pin] = {}
    for one in wanted:
        key, name = (one.name, one.language), f"{one.name}/{one.language}"
        if key in same and key in there:
            pins[name] = pin(one, there[key])
        elif name in lock.templates:
            pins[name] = lock.templates[name]
    return Lock(account=lock.account, templates=pins)


def pulled(lock: Lock, wanted: Iterable[Wanted], listed: Iterable[Listed]) -> Lock:
    """The lock after the account was pulled: every file that the account has, and of the others what it said before."""
    there = {(one.name, one.language): one for one in listed}
    pins = {f"{one.name}/{one.language}": pin(one, there[key]) for one in wanted if (key := (one.name, one.language)) in there}
    return Lock(account=lock.account, templates=lock.templates | pins)
