"""The buttons of a template: what each kind must have, how many there may be, and how they may stand together.

Refusals are GraphError. Meta: ten buttons at most, labels of 25 characters, quick replies next to each other.
"""

from __future__ import annotations

import re

from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.template_texts import kind_of, only, text_of, upper, variables
from careline.sandbox.phone import Json

LABEL = 25
_MOST = {
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "OTP": 1,
    "FLOW": 1,
    "VOICE_CALL": 1,
    "CALL_PERMISSION_REQUEST": 1,
    "REQUEST_CONTACT_INFO": 1,
}
_ALONE = ("CATALOG", "MPM", "SPM", "OTP")
_KEYS = {
    "QUICK_REPLY": "text",
    "URL": "text url example app_deep_link",
    "PHONE_NUMBER": "text phone_number",
    "COPY_CODE": "text example",
    "FLOW": "text flow_id flow_name flow_json flow_action navigate_screen icon",
    "CATALOG": "text",
    "MPM": "text",
    "SPM": "text",
    "VOICE_CALL": "text ttl_minutes",
    "CALL_PERMISSION_REQUEST": "text",
    "REQUEST_CONTACT_INFO": "text",
    "APP": "text app_deep_link",
}
_OTP_KEYS = "text otp_type autofill_text supported_apps package_name signature_hash zero_tap_terms_accepted"


def check(component: Json, most: int = 10) -> Json:
    """The component with its buttons as Meta keeps them."""
    only(component, "type buttons")
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most or not all(isinstance(one, dict) for one in buttons):
        raise GraphError(100, f"(#100) Param buttons must be an array of 1 to {most} objects.")
    kept = [_button(upper(one)) for one in buttons]
    kinds = [str(one["type"]) for one in kept]
    for kind, count in _MOST.items():
        if kinds.count(kind) > count:
            raise GraphError(100, f"(#100) At most {count} buttons of type {kind} are allowed.")
    if len(kinds) > 1 and (alone := [kind for kind in kinds if kind in _ALONE]):
        raise GraphError(100, f"(#100) Invalid combination of buttons: {alone[0]} stands alone.")
    groups = re.sub(r"(.)\1+", r"\1", "".join("q" if kind == "QUICK_REPLY" else "o" for kind in kinds))
    if "qoq" in groups or "oqo" in groups:
        raise GraphError(100, "(#100) Invalid combination of buttons: quick replies must stand together.")
    return component | {"buttons": kept}


def otp(button: Json) -> Json:
    """An authentication template's only button, as Meta keeps it: an address of its own that carries the code."""
    only(button, f"type {_OTP_KEYS}")
    kind = kind_of(button, "otp_type", ("COPY_CODE", "ONE_TAP", "ZERO_TAP"))
    apps = button.get("supported_apps") or [
        {name: button[name] for name in ("package_name", "signature_hash") if name in button}
    ]
    query = [f"otp_type={kind}"]
    if kind != "COPY_CODE":
        if not isinstance(apps, list) or not 1 <= len(apps) <= 5 or not all(map(_is_app, apps)):
            raise GraphError(100, "(#100) A one-tap or zero-tap button needs 1 to 5 apps: package_name and signature_hash.")
        if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
            raise GraphError(100, "(#100) A zero-tap button needs zero_tap_terms_accepted to be true.")
        query += [f"cta_display_name={button.get('autofill_text') or 'Autofill'}"]
        query += [f"package_name={app['package_name']}&signature_hash={app['signature_hash']}" for app in apps]
    url = f"https://www.whatsapp.com/otp/code/?{'&'.join(query)}&code=otp{{{{1}}}}"
    label = str(button.get("text") or "Copy code")
    if len(label) > LABEL:
        raise GraphError(100, f"(#100) A button needs a text of 1 to {LABEL} characters without variables.")
    return {"type": "URL", "text": label, "url": url, "example": [url.replace("{{1}}", "123456")]}


def _button(button: Json) -> Json:
    kind = button["type"]
    if kind not in _KEYS:
        raise GraphError(100, f"(#100) Param type must be one of {{{', '.join(_KEYS)}}}")
    only(button, f"type {_KEYS[kind]}")
    if kind == "COPY_CODE":
        example = button.get("example")
        code = example[0] if isinstance(example, list) and example else example
        if not isinstance(code, str) or not 1 <= len(code) <= 20:
            raise GraphError(100, "(#100) A COPY_CODE button needs an example of at most 20 characters.")
        return button | {"text": "Copy offer code", "example": [code]}
    label = text_of(button) or _fixed(kind)
    if not 1 <= len(label) <= LABEL or variables(label):
        raise GraphError(100, f"(#100) A button needs a text of 1 to {LABEL} characters without variables.")
    if kind == "PHONE_NUMBER" and not re.fullmatch(r"\+?[0-9 ()-]{4,20}", str(button.get("phone_number", ""))):
        raise GraphError(100, "(#100) A PHONE_NUMBER button needs a phone_number of at most 20 characters.")
    if kind == "URL":
        _url(button)
    if kind == "FLOW":
        _flow(button)
    if kind == "VOICE_CALL" and not 1440 <= int(button.get("ttl_minutes") or 1440) <= 43_200:
        raise GraphError(100, "(#100) Param ttl_minutes must be between 1440 and 43200.")
    return button | {"text": label}


def _url(button: Json) -> None:
    url = str(button.get("url", ""))
    used = variables(url)
    if not url.startswith(("http://", "https://")) or len(url) > 2000:
        raise GraphError(100, "(#100) A URL button needs an http(s) url of at most 2000 characters.")
    if len(used) > 1 or (used and not re.search(r"\{\{\s*\w+\s*\}\}\Z", url)):
        raise GraphError(100, "(#100) The url of a button has at most one variable, at its end.")
    if used and not button.get("example"):
        raise GraphError(100, "(#100) The url of a button with a variable needs an example.")


def _flow(button: Json) -> None:
    named = [name for name in ("flow_id", "flow_name", "flow_json") if button.get(name)]
    if len(named) != 1:
        raise GraphError(100, "(#100) A FLOW button needs one of flow_id, flow_name and flow_json.")
    action = kind_of({"flow_action": "navigate"} | button, "flow_action", ("NAVIGATE", "DATA_EXCHANGE"))
    if action == "NAVIGATE" and "flow_id" in named and not button.get("navigate_screen"):
        raise GraphError(100, "(#100) A FLOW button that navigates needs a navigate_screen.")


def _is_app(app: object) -> bool:
    if not isinstance(app, dict):
        return False
    package, signature = str(app.get("package_name", "")), str(app.get("signature_hash", ""))
    return bool(re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", package)) and len(signature) == 11


def _fixed(kind: str) -> str:
    """The label that Meta writes where none is given."""
    return {
        "CATALOG": "View catalog",
        "MPM": "View items",
        "SPM": "View",
        "VOICE_CALL": "Call now",
        "CALL_PERMISSION_REQUEST": "Call permission",
        "REQUEST_CONTACT_INFO": "Share contact info",
    }.get(kind, "")
