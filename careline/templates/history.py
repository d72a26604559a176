"""What has become of a template, from the journal: every change of its state, category, quality and words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from careline.events import Entry, TemplateReported
from careline.model import Template
from careline.templates.likeness import likeness

FIELDS = ("state", "category", "quality", "reason", "correct_category")


def told(entries: Iterable[Entry], template: Template) -> Iterator[dict[str, Any]]:
    """A row for each change of ``template``, the oldest first. ``what`` says in a few words what it was.

    What was reported again, or in other words of the same meaning, is no change.
    """
    key = template.account, template.name, template.language
    known: dict[str, str] = {"quality": "unknown"}
    for entry in entries:
        event = entry.event
        if not isinstance(event, TemplateReported) or (event.account, event.name, event.language) != key:
            continue
        words = _words(event) or known.get("words", "")
        now = {name: getattr(event, name) or known.get(name, "") for name in FIELDS} | {"words": words}
        if event.state:
            now["reason"] = event.reason
        if event.category and event.category == known.get("correct_category"):
            now["correct_category"] = ""
        what = _what(event, known, now)
        known = now
        if what:
            yield {
                "at": entry.occurred_at,
                "actor": entry.actor,
                "what": what,
                **{name: now[name] or None for name in FIELDS},
                "category_at": event.category_at,
                "free_at": event.free_at,
            }


def _what(event: TemplateReported, known: dict[str, str], now: dict[str, str]) -> str:
    """What has changed; empty for nothing."""
    changed = {name for name in now if now[name] != known.get(name, "")}
    said = ["submitted"] if event.submitted else ["edited"] if event.edited else []
    if "state" in changed and not said:
        said.append(now["state"])
    if "category" in changed and known.get("category"):
        said.append(f"{now['category']} instead of {known['category']}")
    if "correct_category" in changed and now["correct_category"]:
        said.append(f"will be {now['correct_category']}")
    if "quality" in changed:
        said.append(f"quality {now['quality']}")
    if "words" in changed and known.get("words") and not event.edited:
        said.append("words changed")
    return ", ".join(said or (["reason"] if "reason" in changed else []))


def _words(event: TemplateReported) -> str:
    """The body's text, where the event tells it."""
    for told in (event.components, event.told):
        if told and (text := likeness(json.loads(told), event.category).text("body")):
            return text
    return ""
