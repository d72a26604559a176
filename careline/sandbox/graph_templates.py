"""Message templates: submitted, reviewed after a while, listed, edited, deleted.

Meta: a name in a language exists once; a deleted name is blocked for 30 days; an approved template is edited at most once a
day and ten times in 30 days.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from careline.sandbox import template_rules as rules
from careline.sandbox.graph_call import Call, Routes
from careline.sandbox.graph_errors import GraphError, template_error
from careline.sandbox.graph_fields import pick, words
from careline.sandbox.graph_webhooks import push_account, template_news
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Json, Template, digits

DAY = 24 * 3600 * 1_000_000
MOST = 250
DEFAULTS = "name,parameter_format,components,language,status,category,id"
FIELDS = words(
    "id name status category language components quality_score rejected_reason parameter_format previous_category "
    "correct_category sub_category message_send_ttl_seconds library_template_name last_updated_time "
    "cta_url_link_tracking_opted_out degrees_of_freedom_spec health_status"
)
NODE = "WhatsAppMessageTemplate"


def create(sandbox: Sandbox, sent: Json) -> Json:
    """POST /{waba}/message_templates."""
    whatsapp = sandbox.world.whatsapp
    name, language = rules.check_name(sent.get("name")), rules.check_language(sent.get("language"))
    category = rules.check_category(sent.get("category"))
    form = str(sent.get("parameter_format") or "POSITIONAL").upper()
    if form not in ("NAMED", "POSITIONAL"):
        raise GraphError(100, "(#100) Param parameter_format must be one of {NAMED, POSITIONAL}")
    components = rules.check_components(_parsed(sent.get("components")), category, form == "NAMED")
    if any(one.name == name and one.language == language for one in whatsapp.templates.values()):
        raise template_error(2388024)
    if whatsapp.blocked_names.get(name, 0) > sandbox.now():
        raise template_error(2388023)
    if len(whatsapp.templates) >= MOST:
        raise template_error(2388019)
    template = Template(digits(15), name, language, category, components, sandbox.now(), form)
    template.ttl_s = _ttl(sent)
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
    if "components" in sent:
        named = template.parameter_format == "NAMED"
        template.components = rules.check_components(_parsed(sent["components"]), category, named)
    template.category = category
    template.ttl_s = _ttl(sent) if "message_send_ttl_seconds" in sent else template.ttl_s
    template.edits.append(now)
    _submit(sandbox, template)
    return {"success": True, "id": template.id, "name": template.name, "category": template.category}


def delete(sandbox: Sandbox, sent: Json) -> Json:
    """DELETE /{waba}/message_templates: a name with all its languages, or with ``hsm_id`` one of them."""
    whatsapp = sandbox.world.whatsapp
    name = rules.check_name(sent.get("name"))
    wanted = sent.get("hsm_id")
    found = [one for one in whatsapp.templates.values() if one.name == name and wanted in (None, one.id)]
    if not found:
        told = ("Message template not found", f"There is no template {name}.")
        raise GraphError(100, "Invalid parameter", subcode=2593002, user=told)
    for template in found:
        if template.status == "DISABLED":
            raise template_error(2388039, "A disabled template cannot be deleted.")
        del whatsapp.templates[template.id]
        if template.status == "APPROVED":
            whatsapp.blocked_names[name] = sandbox.now() + 30 * DAY
    return {"success": True}


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
            "message_template_limit": MOST,
            "are_translations_complete": True,
        }
    return answer


def row(template: Template, fields: str) -> Json:
    """A template with the fields asked for. Those it has no value for are left out, as Graph does."""
    whole: Json = {
        "id": template.id,
        "name": template.name,
        "status": template.status,
        "category": template.category,
        "language": template.language,
        "components": template.components,
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": "UNKNOWN", "date": template.created_at // 1_000_000},
        "last_updated_time": (template.edits or [template.created_at])[-1] // 1_000_000,
        "previous_category": template.previous_category or None,
        "message_send_ttl_seconds": template.ttl_s,
    }
    return pick(whole, fields, FIELDS, NODE)


def review(sandbox: Sandbox) -> None:
    """Decide every review that is due."""
    for template in list(sandbox.world.whatsapp.templates.values()):
        if template.verdict_at is not None and template.verdict_at <= sandbox.now():
            named = template.parameter_format == "NAMED"
            decide(sandbox, template, *rules.verdict(template.name, template.components, named))


def decide(sandbox: Sandbox, template: Template, status: str, reason: str = "NONE") -> None:
    """Give a template its status, and let the news go out."""
    template.status, template.rejected_reason, template.verdict_at = status, reason, None
    sandbox.courier.spawn(push_account(sandbox, "message_template_status_update", template_news(template)))


def _submit(sandbox: Sandbox, template: Template) -> None:
    template.status, template.rejected_reason = "PENDING", "NONE"
    template.verdict_at = sandbox.now() + round(sandbox.world.settings.review_s * 1_000_000)


def _matches(template: Template, query: Json) -> bool:
    texts = " ".join(str(one.get("text", "")) for one in template.components)
    asked = {key: str(value) for key, value in query.items()}
    return (
        _one_of(template.status, asked.get("status", ""))
        and _one_of(template.category, asked.get("category", ""))
        and _one_of(template.language, asked.get("language", ""))
        and _one_of("UNKNOWN", asked.get("quality_score", ""))
        and asked.get("name", "") in template.name
        and asked.get("content", "") in texts
        and (asked.get("name_or_content", "") in template.name or asked.get("name_or_content", "") in texts)
    )


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


def _ttl(sent: Json) -> int | None:
    ttl = sent.get("message_send_ttl_seconds")
    return int(ttl) if isinstance(ttl, int | str) and str(ttl).lstrip("-").isdigit() else None


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
    ("POST", "account", "message_templates"): lambda call: create(call.sandbox, call.sent),
    ("DELETE", "account", "message_templates"): lambda call: delete(call.sandbox, call.sent),
}
