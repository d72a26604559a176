"""What Meta's people and machines do with a template, for a person at the sandbox: judge, rate, file it elsewhere."""

from __future__ import annotations

from careline.sandbox.graph import template_pacing, template_reviews
from careline.sandbox.graph import template_rules as rules
from careline.sandbox.graph import templates as graph_templates
from careline.sandbox.graph.messages import told
from careline.sandbox.phone import Json
from careline.sandbox.refusals import Impossible
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Held, Template

VERDICTS = {"approve": "APPROVED", "reject": "REJECTED", "pause": "PAUSED", "disable": "DISABLED"}
PAUSED = 132015
SCORES = ("GREEN", "YELLOW", "RED", "UNKNOWN")


def review(sandbox: Sandbox, asked: Json) -> Json:
    """Decide on a template now: ``verdict``, and with it a ``reason`` or another ``category``."""
    status = VERDICTS.get(str(asked.get("verdict")))
    if status is None:
        raise Impossible(f"The verdict must be one of {', '.join(VERDICTS)}.", kind="usage")
    found = _meant(sandbox, asked)
    for template in found:
        if asked.get("category"):
            template.previous_category, template.category = template.category, str(asked["category"]).upper()
        reason = str(asked.get("reason") or "INVALID_FORMAT").upper() if status == "REJECTED" else "NONE"
        graph_templates.decide(sandbox, template, status, reason)
    return _shown(found)


def rate(sandbox: Sandbox, asked: Json) -> Json:
    """Give a template another quality: a good one frees what pacing held, red pauses it, the third time for good."""
    score = str(asked.get("score", "")).upper()
    if score not in SCORES:
        raise Impossible(f"The quality must be one of {', '.join(SCORES).lower()}.", kind="usage")
    found = _meant(sandbox, asked)
    for template in found:
        template_reviews.rate(sandbox, template, score)
        if score in ("GREEN", "YELLOW"):
            for held in template_pacing.let_go(sandbox, f"{template.name}/{template.language}"):
                sandbox.courier.spawn(_delivered(sandbox, held))
    return _shown(found)


def categorise(sandbox: Sandbox, asked: Json) -> Json:
    """File a template under another category: in 24 hours where it is ``announced``, else now."""
    category = str(asked.get("category", "")).upper()
    if category not in rules.CATEGORIES:
        raise Impossible(f"The category must be one of {', '.join(rules.CATEGORIES).lower()}.", kind="usage")
    found = _meant(sandbox, asked)
    for template in found:
        if asked.get("announced"):
            template_reviews.announce_category(sandbox, template, category)
        else:
            template_reviews.recategorise(sandbox, template, category)
    return _shown(found)


def reword(sandbox: Sandbox, asked: Json) -> Json:
    """Give the body of a template other words."""
    found = _meant(sandbox, asked)
    for template in found:
        template_reviews.reword(sandbox, template, str(asked.get("text", "")))
    return _shown(found)


def slow_down(sandbox: Sandbox, asked: Json) -> Json:
    """Pause a template because its first messages were not liked. What was held of it fails."""
    found = _meant(sandbox, asked)
    for template in found:
        template_reviews.slow_down(sandbox, template)
        for held in template_pacing.let_go(sandbox, f"{template.name}/{template.language}"):
            sandbox.courier.spawn(told(sandbox, held.customer, held.bubble, "failed", PAUSED, held.number))
    return _shown(found)


ACTS = {"review": review, "quality": rate, "category": categorise, "wording": reword, "pacing": slow_down}


async def _delivered(sandbox: Sandbox, held: Held) -> None:
    for state in ("sent", "delivered"):
        await told(sandbox, held.customer, held.bubble, state, number=held.number)


def _meant(sandbox: Sandbox, asked: Json) -> list[Template]:
    name, language = asked.get("name"), asked.get("language")
    found = [
        one
        for one in sandbox.world.whatsapp.templates.values()
        if one.name == name and (not language or one.language == language)
    ]
    if not found:
        raise Impossible(f"There is no template {name}.", kind="not_found")
    return found


def _shown(templates: list[Template]) -> Json:
    fields = "name,language,status,category,rejected_reason,quality_score"
    return {"templates": [graph_templates.row(one, fields) for one in templates]}
