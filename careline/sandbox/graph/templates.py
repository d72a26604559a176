"""Message templates: submitted, listed, edited, deleted.

Meta: a name in a language exists once; a deleted name is blocked for 30 days; an approved template is edited at most once a
day and ten times in 30 days; 100 are created an hour; an account has 250, a verified one 6,000.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from typing import Any
from urllib.parse import urlencode

from careline.sandbox.graph import template_rules as rules
from careline.sandbox.graph import uploads
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError, template_error
from careline.sandbox.graph.fields import pick, words
from careline.sandbox.graph.template_reviews import HOUR, decide, review, tell_components
from careline.sandbox.graph.template_texts import text_of
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Template, digits

__all__ = ["ROUTES", "create", "decide", "edit", "review", "row"]

DAY = 24 * HOUR
MOST, MOST_VERIFIED = 250, 6000
DEFAULTS = "name,parameter_format,components,language,status,category,id"
FIELDS = words(
    "id name status category language components quality_score rejected_reason parameter_format previous_category "
    "correct_category sub_category message_send_ttl_seconds library_template_name last_updated_time "
    "cta_url_link_tracking_opted_out degrees_of_freedom_spec health_status"
)
NODE = "WhatsAppMessageTemplate"
TTL = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
_SHOWN_AGAIN = ("sub_category", "cta_url_link_tracking_opted_out", "degrees_of_freedom_spec", "library_template_name")
_SENT = words("name language category parameter_format components message_send_ttl_seconds allow_category_change access_token")


def create(sandbox: Sandbox, sent: Json) -> Json:
    """POST /{waba}/message_templates."""
    strange = sorted(sent.keys() - _SENT - set(_SHOWN_AGAIN))
    if strange:
        raise GraphError(100, "(#100) Invalid parameter", details=f'Unexpected key "{strange[0]}".')
    whatsapp = sandbox.world.whatsapp
    name, language = rules.check_name(sent.get("name")), rules.check_language(sent.get("language"))
    category = rules.check_category(sent.get("category"))
    form = _form(sent)
    components = rules.check_components(_parsed(sent.get("components")), category, form == "NAMED")
    if any(one.name == name and one.language == language for one in whatsapp.templates.values()):
        raise template_error(2388024)
    if any(whatsapp.blocked_names.get(blocked, 0) > sandbox.now() for blocked in (name, f"{name}/{language}")):
        raise template_error(2388023)
    if len(whatsapp.templates) >= most(sandbox):
        raise template_error(2388019)
    _count(sandbox)
    template = Template(digits(15), name, language, category, uploads.shown(sandbox, components), sandbox.now(), form)
    template.ttl_s = _ttl(sent, category)
    template.more = {key: sent[key] for key in _SHOWN_AGAIN if key in sent}
    whatsapp.templates[template.id] = template
    _submit(sandbox, template)
    return {"id": template.id, "status": template.status, "category": template.category}


def edit(sandbox: Sandbox, template: Template, sent: Json) -> Json:
    """POST /{template}: other components or category, and a new review."""
    now = sandbox.now()
    if template.status not in ("APPROVED", "REJECTED", "PAUSED"):
        raise template_error(2388039)
    if template.status == "APPROVED":
        if "category" in sent and str(sent["category"]).upper() != template.category:
            raise template_error(2388039, "The category of an approved template cannot be changed.")
        recent = [at for at in template.edits if at > now - 30 * DAY]
        if len(recent) >= 10 or any(at > now - DAY for at in recent):
            raise template_error(2388039, "An approved template is edited at most once a day and ten times in 30 days.")
    category = rules.check_category(sent.get("category", template.category))
    form = _form(sent) if "parameter_format" in sent else template.parameter_format
    ttl = _ttl(sent, category) if "message_send_ttl_seconds" in sent else template.ttl_s
    if "components" in sent:
        components = rules.check_components(_parsed(sent["components"]), category, form == "NAMED")
        template.components = uploads.shown(sandbox, components)
        tell_components(sandbox, template)
    template.category, template.parameter_format, template.ttl_s = category, form, ttl
    if template.status == "APPROVED":
        template.edits.append(now)
    template.changed_at = now
    _submit(sandbox, template)
    return {"success": True, "id": template.id, "name": template.name, "category": template.category}


def delete(sandbox: Sandbox, sent: Json) -> Json:
    """DELETE /{waba}/message_templates: a name with all its languages, or with ``hsm_id`` one of them.

    One of which messages are still under way waits for them, 30 days at most.
    """
    whatsapp = sandbox.world.whatsapp
    name = rules.check_name(sent.get("name"))
    wanted = sent.get("hsm_id")
    found = [one for one in whatsapp.templates.values() if one.name == name and wanted in (None, one.id)]
    if not found:
        told = ("Message template not found", f"There is no template {name}.")
        raise GraphError(100, "Invalid parameter", subcode=2593002, user=told)
    if any(one.status == "DISABLED" for one in found):
        raise template_error(2388039, "A disabled template cannot be deleted.")
    for template in found:
        if template.status == "APPROVED":
            blocked = name if wanted is None else f"{name}/{template.language}"
            whatsapp.blocked_names[blocked] = sandbox.now() + 30 * DAY
        if _under_way(sandbox, template):
            template.gone_at = sandbox.now() + 30 * DAY
            decide(sandbox, template, "PENDING_DELETION")
        else:
            del whatsapp.templates[template.id]
    return {"success": True}


def most(sandbox: Sandbox) -> int:
    """How many templates the account may have."""
    return MOST_VERIFIED if sandbox.world.settings.verified else MOST


def listed(sandbox: Sandbox, query: Json, url: str) -> Json:
    """GET /{waba}/message_templates with its filters, fields, cursors and summary."""
    everything = sorted(sandbox.world.whatsapp.templates.values(), key=lambda one: (-one.created_at, one.id))
    rows = [one for one in everything if _matches(one, query)]
    limit = _limit(query)
    start = 0
    if "after" in query:
        start = _position(rows, str(query["after"])) + 1
    elif "before" in query:
        start = max(0, _position(rows, str(query["before"])) - limit)
    page = rows[start : start + limit]
    answer: Json = {"data": [row(one, str(query.get("fields") or DEFAULTS)) for one in page]}
    if page:
        cursors = {"before": _cursor(page[0]), "after": _cursor(page[-1])}
        answer["paging"] = {"cursors": cursors}
        if start + limit < len(rows):
            answer["paging"]["next"] = f"{url}&after={cursors['after']}"
        if start:
            answer["paging"]["previous"] = f"{url}&before={cursors['before']}"
    if "summary" in query:
        answer["summary"] = {
            "total_count": len(rows),
            "message_template_count": len(everything),
            "message_template_limit": most(sandbox),
            "are_translations_complete": True,
        }
    return answer


def row(template: Template, fields: str) -> Json:
    """A template with the fields asked for. Those it has no value for are left out, as Graph does."""
    rated_at = template.quality_at or template.created_at
    whole: Json = template.more | {
        "id": template.id,
        "name": template.name,
        "status": template.status,
        "category": template.category,
        "language": template.language,
        "components": template.components,
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": template.quality, "date": rated_at // 1_000_000},
        "last_updated_time": (template.changed_at or template.created_at) // 1_000_000,
        "previous_category": template.previous_category or None,
        "correct_category": template.correct_category or None,
        "message_send_ttl_seconds": template.ttl_s,
    }
    return pick(whole, fields, FIELDS, NODE)


def _submit(sandbox: Sandbox, template: Template) -> None:
    template.status, template.rejected_reason = "PENDING", "NONE"
    template.verdict_at = sandbox.now() + round(sandbox.world.settings.review_s * 1_000_000)


def _matches(template: Template, query: Json) -> bool:
    exact = {"status": template.status, "category": template.category, "language": template.language}
    exact["quality_score"] = template.quality
    if any(name in query and not _one_of(value, str(query[name])) for name, value in exact.items()):
        return False
    if str(query.get("name", "")) not in template.name:
        return False
    if "content" not in query and "name_or_content" not in query:
        return True
    texts = " ".join(map(text_of, template.components))
    either = str(query.get("name_or_content", ""))
    return str(query.get("content", "")) in texts and (either in template.name or either in texts)


def _one_of(value: str, wanted: str) -> bool:
    """``wanted`` is one value, several with commas, or a JSON array; empty asks for nothing."""
    listed = [one.strip(' "').upper() for one in wanted.strip("[]").split(",")]
    return listed == [""] or value.upper() in listed


def _limit(query: Json) -> int:
    try:
        return min(1000, max(1, int(query.get("limit", 25))))
    except (TypeError, ValueError):
        raise GraphError(100, "(#100) Param limit must be a positive integer") from None


def _cursor(template: Template) -> str:
    return base64.urlsafe_b64encode(template.id.encode()).decode().rstrip("=")


def _position(rows: list[Template], cursor: str) -> int:
    for position, one in enumerate(rows):
        if _cursor(one) == cursor:
            return position
    raise GraphError(100, "(#100) Invalid cursor")


def _ttl(sent: Json, category: str) -> int | None:
    """How long Meta tries to deliver, in seconds; -1 is 30 days, but not for marketing."""
    ttl = sent.get("message_send_ttl_seconds")
    if ttl is None:
        return None
    least, longest = TTL[category]
    seconds = int(ttl) if isinstance(ttl, int | str) and str(ttl).lstrip("-").isdigit() else 0
    if not (least <= seconds <= longest or (seconds == -1 and category != "MARKETING")):
        raise GraphError(100, f"(#100) Param message_send_ttl_seconds must be between {least} and {longest} for {category}.")
    return seconds


def _form(sent: Json) -> str:
    form = str(sent.get("parameter_format") or "POSITIONAL").upper()
    if form not in ("NAMED", "POSITIONAL"):
        raise GraphError(100, "(#100) Param parameter_format must be one of {NAMED, POSITIONAL}")
    return form


def _count(sandbox: Sandbox) -> None:
    """Refuse to create more within an hour than Meta allows."""
    created = sandbox.world.whatsapp.created_at
    del created[: bisect_right(created, sandbox.now() - HOUR)]
    if len(created) >= sandbox.world.settings.creations:
        text = "(#80008) There have been too many calls to this WhatsApp Business account. Wait a bit and try again."
        raise GraphError(80008, text, transient=True)
    created.append(sandbox.now())


def _under_way(sandbox: Sandbox, template: Template) -> bool:
    """True while a message made of it has not reached its customer."""
    shown = f"{template.name}/{template.language}"
    return any(
        bubble.template == shown and bubble.state in ("accepted", "sent")
        for customer in sandbox.world.whatsapp.customers.values()
        for bubble in customer.messages
    )


def _parsed(components: Any) -> Any:
    """Components sent as a form field are JSON text."""
    if not isinstance(components, str):
        return components
    try:
        return json.loads(components)
    except ValueError:
        raise GraphError(100, "(#100) Param components must be a JSON array.") from None


def _show(call: Call) -> Json:
    review(call.sandbox)
    return row(call.sandbox.world.whatsapp.templates[call.node], call.fields or DEFAULTS)


def _list(call: Call) -> Json:
    review(call.sandbox)
    kept = {key: value for key, value in call.request.query.items() if key not in ("after", "before", "access_token")}
    return listed(call.sandbox, call.sent, f"{call.sandbox.url}{call.request.path}?{urlencode(kept)}")


ROUTES: Routes = {
    ("GET", "template", ""): _show,
    ("POST", "template", ""): lambda call: edit(call.sandbox, call.sandbox.world.whatsapp.templates[call.node], call.sent),
    ("GET", "account", "message_templates"): _list,
    ("DELETE", "account", "message_templates"): lambda call: delete(call.sandbox, call.sent),
}
