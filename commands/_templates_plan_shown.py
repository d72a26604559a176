"""How a plan looks: a row a step for scripts, signs and differences for a person. Part of `careline templates`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from careline.rules.times import say_when
from careline.templates.plan import Step
from cli.cells import fit, pad
from cli.output import Column
from cli.runtime import Runtime

if TYPE_CHECKING:
    from careline.templates.apply import Outcome

COLUMNS = [
    Column("action"),
    Column("name"),
    Column("language"),
    Column("category"),
    Column("state", how="state"),
    Column("changes", how="list"),
    Column("reason"),
    Column("free_at", "FREE", "when"),
    Column("file", shown=False),
    Column("details", how="list", shown=False),
    Column("error", shown=False),
]
_SIGNS = {"create": ("+", "good"), "edit": ("~", "warn"), "delete": ("-", "bad"), "blocked": ("x", "bad"), "none": ("?", "dim")}


def show(run: Runtime, steps: list[Step], title: str, folder: Path, flag: str) -> None:
    """On a screen ``title``, what differs and the command that applies it, with ``flag``; elsewhere a row a step."""
    if not run.on_screen:
        run.show([row(step) for step in steps], columns=COLUMNS)
        return
    run.tell(title)
    shown = [step for step in steps if step.action != "none" or step.foreign or step.reason]
    if shown:
        run.tell("")
    wide = min(40, max((len(f"{step.name}/{step.language}") for step in shown), default=0))
    for step in shown:
        sign, tone = _SIGNS[step.action]
        word = "foreign" if step.foreign and step.action == "none" else "same" if step.action == "none" else step.action
        name = pad(fit(f"{step.name}/{step.language}", wide), wide)
        run.tell(f" {run.paint(f'{sign} {word:8}', tone)} {name}  {_said(run, step)}")
        for line in step.details:
            run.tell(f"      {run.paint(line, {'-': 'bad', '+': 'good'}.get(line[0], 'warn'))}")
    run.tell("")
    run.tell(_summary(steps))
    if any(step.action in ("create", "edit", "delete") for step in steps):
        deleting = " --delete" if any(step.action == "delete" for step in steps) else ""
        run.tell(f"careline templates apply {shlex.quote(str(folder))}{deleting}{flag}")


def row(step: Step, outcomes: Sequence[Outcome] = ()) -> dict[str, object]:
    """The step for every output, with what became of it."""
    outcome = next((one for one in outcomes if one.step is step), None)
    report, error = (outcome.report, outcome.error) if outcome else (None, None)
    return {
        "action": step.action,
        "name": step.name,
        "language": step.language,
        "category": step.category,
        "state": report.state if report else step.state,
        "changes": list(step.changes),
        "reason": step.reason,
        "free_at": step.free_at,
        "file": step.file,
        "details": list(step.details),
        "error": error.message if error else None,
    }


def reason(run: Runtime, step: Step) -> str:
    """Why it is so, and when it can be changed again."""
    free = f", free again {say_when(step.free_at, run.tz, run.now())}" if step.free_at else ""
    return f"{step.reason or ''}{free}"


def _said(run: Runtime, step: Step) -> str:
    if step.action == "create":
        return step.category
    if step.foreign and step.action == "none":
        return "on the platform, in no file (--delete)"
    changed = f"{', '.join(step.changes)} changed" if step.changes else ""
    return " · ".join(part for part in (changed, reason(run, step)) if part)


def _summary(steps: list[Step]) -> str:
    count = {name: sum(step.action == name for step in steps) for name in ("create", "edit", "delete", "blocked")}
    said = [f"{n} {'' if name == 'blocked' else 'to '}{name}" for name, n in count.items() if n]
    foreign = sum(step.foreign and step.action == "none" for step in steps)
    same = sum(step.action == "none" and not step.foreign for step in steps)
    said += [f"{foreign} foreign"] if foreign else []
    return ", ".join([*said, f"{same} the same"])
