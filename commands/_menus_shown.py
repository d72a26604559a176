"""How a menu looks: three columns above a bar, as on a phone, and what would change of it."""

from __future__ import annotations

from careline.menus.menu import Button, Buttons
from careline.menus.plan import Step
from cli.cells import clean, fit, pad
from cli.output import Column
from cli.runtime import Runtime

COLUMNS = [
    Column("action", how="state"),
    Column("menu"),
    Column("buttons", how="count"),
    Column("changes", how="list"),
    Column("done", how="flag", shown=False),
]
MARKS = {"view": "↗", "miniprogram": "↗", "location_select": "⌖", "scancode_push": "▦", "scancode_waitmsg": "▦"}
TONES = {"+": "good", "-": "bad", "~": "warn"}
WIDEST = 20  # cells of a column


def rows(steps: list[Step], done: list[Step]) -> list[dict[str, object]]:
    """The steps as records."""
    return [
        {
            "action": step.action,
            "menu": step.rule or "default",
            "buttons": len(step.buttons),
            "changes": list(step.changes),
            "done": step in done,
        }
        for step in steps
    ]


def show(run: Runtime, steps: list[Step], title: str, again: str) -> None:
    """Draw each menu as it would be, and say what changes of it."""
    run.tell(run.paint(title, "bold"))
    for step in steps:
        run.tell("")
        name = f"for {step.rule}" if step.rule else "default menu"
        word = {"none": "stays as it is"}.get(step.action, step.action)
        run.tell(f"{name}: {run.paint(word, 'dim' if step.action == 'none' else 'bold')}")
        if step.action != "delete":
            draw(run, step.buttons)
        for change in step.changes:
            tone = TONES.get(change[0], "")
            run.tell(f"  {run.paint(clean(change), tone) if tone else change}")
    run.tell("")
    if any(step.action != "none" for step in steps):
        run.tell(run.paint(again, "dim"))
    else:
        run.tell("The account has what the file says.")


def draw(run: Runtime, buttons: Buttons) -> None:
    """The menu as a phone shows it with everything open."""
    width = max(8, min(WIDEST, (run.width - 2) // max(1, len(buttons)) - 3))
    high = max((len(one.inside) for one in buttons), default=0)
    bar = ["─" * (width + 2)] * len(buttons)
    for line in range(high):
        cells = [_inside(one, line - (high - len(one.inside)), width) for one in buttons]
        run.tell(f"  {' '.join(cells)}".rstrip())
    run.tell(f"  ┌{'┬'.join(bar)}┐")
    run.tell(f"  │{'│'.join(f' {pad(fit(_label(one), width), width)} ' for one in buttons)}│")
    run.tell(f"  └{'┴'.join(bar)}┘")


def _inside(one: Button, line: int, width: int) -> str:
    text = _label(one.inside[line]) if line >= 0 else ""
    return f"  {pad(fit(text, width), width)} "


def _label(one: Button) -> str:
    mark = "≡" if one.inside else MARKS.get(one.type, "▸")
    return f"{mark} {clean(one.name)}"
