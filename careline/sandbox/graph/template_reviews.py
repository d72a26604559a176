"""What becomes of a template after it was submitted: reviews, quality, pauses, other categories, the end of a deletion.

Meta: a template of red quality is paused for three hours, then for six, then disabled. A change of category is announced 24
hours before. What is paused by pacing stays paused until somebody unpauses it, five minutes later at the earliest.
"""

from __future__ import annotations

from careline.sandbox.graph import template_rules as rules
from careline.sandbox.graph.webhooks import push_account
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Template

MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
PAUSES = (3 * HOUR, 6 * HOUR)
_PAUSE_TITLES = ("FIRST_PAUSE", "SECOND_PAUSE")
_WHY = {
    "ABUSIVE_CONTENT": "The text threatens or insults.",
    "INCORRECT_CATEGORY": "The text belongs to another category.",
    "INVALID_FORMAT": "The text is not formed as it must be.",
    "PROMOTIONAL": "The text advertises, and the category is not for that.",
    "SCAM": "The text looks like a fraud.",
    "TAG_CONTENT_MISMATCH": "Language or category do not match the text.",
}


def review(sandbox: Sandbox) -> None:
    """Let everything happen that is due."""
    now = sandbox.now()
    for template in list(sandbox.world.whatsapp.templates.values()):
        if template.verdict_at is not None and template.verdict_at <= now:
            named = template.parameter_format == "NAMED"
            status, reason = rules.verdict(template.name, template.components, named)
            if status == "APPROVED" and template.category == "UTILITY" and _promotes(sandbox, template):
                template.previous_category, template.category = template.category, "MARKETING"
            decide(sandbox, template, status, reason)
        if template.status == "PAUSED" and template.paused_until is not None and template.paused_until <= now:
            unpause(sandbox, template)
        if template.category_due_at is not None and template.category_due_at <= now:
            recategorise(sandbox, template, template.correct_category)
        if template.gone_at is not None and template.gone_at <= now:
            del sandbox.world.whatsapp.templates[template.id]


def decide(sandbox: Sandbox, template: Template, status: str, reason: str = "NONE", other: Json | None = None) -> None:
    """Give a template its status, and let the news go out. ``other`` says of a pause what kind it is."""
    template.status, template.rejected_reason, template.verdict_at = status, reason, None
    if status == "PAUSED" and template.paused_until is None and not template.paced:
        template.pauses, template.paused_until = 1, sandbox.now() + PAUSES[0]
        other = _pause(1)
    value = _named(template) | {
        "event": status,
        "reason": reason,
        "message_template_category": template.category,
    }
    if status == "REJECTED":
        value["rejection_info"] = {
            "reason": _WHY.get(reason, _WHY["INVALID_FORMAT"]),
            "recommendation": "Change the text and submit it again.",
        }
    if other:
        value["other_info"] = other
    _tell(sandbox, "message_template_status_update", value)


def rate(sandbox: Sandbox, template: Template, score: str) -> None:
    """Give a template another quality; red pauses it, and disables it the third time."""
    before, template.quality, template.quality_at = template.quality, score, sandbox.now()
    told: Json = {"previous_quality_score": before, "new_quality_score": score}
    _tell(sandbox, "message_template_quality_update", told | _named(template))
    if score != "RED" or template.status != "APPROVED":
        return
    template.pauses += 1
    if template.pauses > len(PAUSES):
        decide(sandbox, template, "DISABLED", other={"title": "DISABLED", "description": "Disabled for low quality."})
        return
    template.paused_until = sandbox.now() + PAUSES[template.pauses - 1]
    decide(sandbox, template, "PAUSED", other=_pause(template.pauses))


def slow_down(sandbox: Sandbox, template: Template) -> None:
    """Pause a template because customers did not like the first messages of it."""
    template.paced, template.paused_at = True, sandbox.now()
    told = {"title": "RATE_LIMITING_PAUSE", "description": "Paused because customers block or report its first messages."}
    decide(sandbox, template, "PAUSED", other=told)


def unpause(sandbox: Sandbox, template: Template) -> None:
    """Let a paused template go out again."""
    template.paused_until, template.paced = None, False
    template.quality = "UNKNOWN" if template.quality == "RED" else template.quality
    decide(sandbox, template, "APPROVED", other={"title": "UNPAUSE", "description": "It can be sent again."})


def announce_category(sandbox: Sandbox, template: Template, category: str) -> None:
    """Say that a template will be filed under another category in 24 hours."""
    template.correct_category, template.category_due_at = category, sandbox.now() + DAY
    told: Json = {
        "new_category": template.category,
        "correct_category": category,
        "category_update_timestamp": template.category_due_at // 1_000_000,
    }
    _tell(sandbox, "template_category_update", _named(template) | told)


def recategorise(sandbox: Sandbox, template: Template, category: str) -> None:
    """File a template under another category now."""
    template.previous_category, template.category = template.category, category
    template.correct_category, template.category_due_at = "", None
    told: Json = {"previous_category": template.previous_category, "new_category": category}
    _tell(sandbox, "template_category_update", _named(template) | told)


def reword(sandbox: Sandbox, template: Template, text: str) -> None:
    """Give the body of a template other words, as Meta tells after an edit."""
    for component in template.components:
        if component["type"] == "BODY":
            component["text"] = text
    tell_components(sandbox, template)


def tell_components(sandbox: Sandbox, template: Template) -> None:
    """Let the news of other components go out."""
    parts = {component["type"]: component for component in template.components}
    value = _named(template) | {"message_template_element": parts["BODY"]["text"]}
    if parts.get("HEADER", {}).get("format") == "TEXT":
        value["message_template_title"] = parts["HEADER"]["text"]
    if "text" in parts.get("FOOTER", {}):
        value["message_template_footer"] = parts["FOOTER"]["text"]
    names = ("type", "text", "url", "phone_number")
    if buttons := parts.get("BUTTONS", {}).get("buttons"):
        value["message_template_buttons"] = [
            {f"message_template_button_{name}": button[name] for name in names if name in button} for button in buttons
        ]
    _tell(sandbox, "message_template_components_update", value)


def _promotes(sandbox: Sandbox, template: Template) -> bool:
    """True where the review takes a UTILITY template for MARKETING: by setting, or by the word ``promo_me``."""
    return sandbox.world.settings.recategorise or "promo_me" in template.name or "promo_me" in str(template.components)


def _pause(which: int) -> Json:
    hours = PAUSES[which - 1] // HOUR
    return {"title": _PAUSE_TITLES[which - 1], "description": f"Paused for {hours} hours because customers block it."}


def _named(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _tell(sandbox: Sandbox, field: str, value: Json) -> None:
    sandbox.courier.spawn(push_account(sandbox, field, value))
