"""Which template is there in which language: the matrix of `careline templates list --coverage`."""

from __future__ import annotations

from careline.model import Template
from cli.cells import fit, pad
from cli.output import Column
from cli.runtime import Runtime

SIGNS = {
    "approved": ("✓", "good"),
    "pending": ("…", "warn"),
    "in_appeal": ("…", "warn"),
    "rejected": ("✗", "bad"),
    "paused": ("‖", "warn"),
    "disabled": ("✗", "bad"),
}
OTHER, NONE = ("?", "warn"), ("·", "dim")


def show_coverage(run: Runtime, templates: list[Template]) -> None:
    """On a screen a line a name and a sign a language; elsewhere a row a name, with its state in each language."""
    languages = sorted({one.language for one in templates})
    states: dict[str, dict[str, str]] = {}
    for one in templates:
        states.setdefault(one.name, {})[one.language] = one.state
    if not run.on_screen:
        columns = [Column("name"), *(Column(language) for language in languages)]
        run.show([{"name": name, **dict.fromkeys(languages), **has} for name, has in states.items()], columns=columns)
        return
    wide = min(40, max(map(len, states), default=0))
    run.tell(" ".join([" " * wide, *languages]).rstrip())
    for name, has in states.items():
        signs = []
        for language in languages:
            sign, tone = SIGNS.get(has[language], OTHER) if language in has else NONE
            signs.append(run.paint(pad(sign, len(language)), tone))
        run.tell(" ".join([pad(fit(name, wide), wide), *signs]).rstrip())
    full = sum(len(has) == len(languages) and set(has.values()) == {"approved"} for has in states.values())
    run.tell(f"\n{len(states)} names, {len(languages)} languages, {full} approved in all of them")
    run.tell("✓ approved  … in review  ✗ rejected or disabled  ‖ paused  · not there")
