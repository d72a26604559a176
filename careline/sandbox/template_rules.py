"""What Meta takes as a template, and what it says of one that it does not take.

Everything here looks at one submission and nothing else. Refusals are GraphError with Meta's subcode.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from careline.sandbox.graph_errors import GraphError, NotEmulated, template_error
from careline.sandbox.graph_fields import words
from careline.sandbox.world import Json

CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
LANGUAGES = words(
    "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en en_GB "
    "en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH "
    "fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa "
    "pl pt_BR pt_PT pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY "
    "sw sv ta te th tr uk ur uz vi zu"
)
HEADER_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
HEADER, BODY, FOOTER = 2388047, 2388072, 2388073
_LIMITS = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "OTP": 1}
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def variables(text: str) -> list[str]:
    """The variables of a text in the order they stand: positions or names."""
    return _VARIABLE.findall(text)


def check_name(name: Any) -> str:
    """The name, if Meta takes it: lower-case letters, digits, underscores, at most 512."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]{1,512}", name):
        raise GraphError(100, "(#100) Param name must have only lowercase letters, digits and underscores, at most 512.")
    return name


def check_language(language: Any) -> str:
    """The language code, if it is one of Meta's 111."""
    if not isinstance(language, str) or language not in LANGUAGES:
        raise GraphError(100, f"(#100) Param language must be one of {{{', '.join(sorted(LANGUAGES))}}}")
    return language


def check_category(category: Any) -> str:
    """The category in capitals. Case does not matter."""
    if not isinstance(category, str) or category.upper() not in CATEGORIES:
        raise GraphError(100, f"(#100) Param category must be one of {{{', '.join(CATEGORIES)}}}")
    return category.upper()


def check_components(components: Any, category: str, named: bool) -> list[Json]:
    """The components as Meta keeps them: enumerations in capitals, the texts of authentication templates filled in."""
    if not isinstance(components, list) or not components or not all(isinstance(one, dict) for one in components):
        raise GraphError(100, "(#100) Param components must be a non-empty array of objects.")
    kept = [_upper(one) for one in components]
    kinds = [one["type"] for one in kept]
    for kind in kinds:
        if kind not in ("HEADER", "BODY", "FOOTER", "BUTTONS"):
            raise NotEmulated(f"template components of type {kind}")
        if kinds.count(kind) > 1:
            raise GraphError(100, f"(#100) Only one component of type {kind} is allowed.")
    if "BODY" not in kinds:
        raise template_error(BODY, "A template needs a body.")
    if category == "AUTHENTICATION":
        return [_authentication(one) for one in kept]
    for one in kept:
        _CHECKS[one["type"]](one, named)
    return kept


def verdict(name: str, components: list[Json], named: bool) -> tuple[str, str]:
    """How the review ends: (status, rejected_reason).

    Meta refuses in the review what it takes at submission: variables side by side, names for variables without saying that
    they are named. The sandbox rejects besides whatever has ``reject_me`` in its name or text.
    """
    texts = [str(one.get("text", "")) for one in components]
    used = [one for text in texts for one in variables(text)]
    told = "reject_me" in name or any("reject_me" in text for text in texts)
    side_by_side = any(re.search(r"\}\}\s*\{\{", text) for text in texts)
    unannounced = not named and any(not one.isdigit() for one in used)
    return ("REJECTED", "INVALID_FORMAT") if told or side_by_side or unannounced else ("APPROVED", "NONE")


def _header(header: Json, named: bool) -> None:
    form = str(header.get("format", "TEXT")).upper()
    header["format"] = form
    if form == "LOCATION":
        return
    if form in HEADER_MEDIA:
        handles = _example(header).get("header_handle")
        if not isinstance(handles, list) or not handles or not str(handles[0]).startswith("4::"):
            raise template_error(HEADER, "A media header needs the handle of an uploaded sample in example.header_handle.")
        return
    if form != "TEXT":
        raise NotEmulated(f"headers of format {form}")
    text = _text(header, HEADER, 60)
    used = _used(text, HEADER, named)
    bare = _VARIABLE.sub("", text)
    if len(used) > 1:
        raise template_error(HEADER, "A header has at most one variable.")
    if "\n" in bare or "*" in bare or any(unicodedata.category(letter) == "So" for letter in bare):
        raise template_error(HEADER, "A header has no line breaks, no markdown and no emoji.")
    _examples(header, used, "header_text", HEADER, named)


def _body(body: Json, named: bool) -> None:
    text = _text(body, BODY, 1024)
    used = _used(text, BODY, named)
    edges = re.sub(r"^[^\w{]+|[^\w}]+$", "", text)
    if edges.startswith("{{") or edges.endswith("}}"):
        raise template_error(2388299)
    length = len(re.findall(r"\w+", _VARIABLE.sub(" ", text)))
    if used and length < 2 * len(used) + 1:  # Meta publishes no formula; this is the one that tools go by
        raise template_error(2388293)
    _examples(body, used, "body_text", BODY, named)


def _footer(footer: Json, named: bool) -> None:
    if variables(_text(footer, FOOTER, 60)):
        raise template_error(FOOTER, "A footer has no variables.")


def _buttons(component: Json, named: bool) -> None:
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 10 or not all(isinstance(one, dict) for one in buttons):
        raise GraphError(100, "(#100) Param buttons must be an array of 1 to 10 objects.")
    component["buttons"] = buttons = [_upper(one) for one in buttons]
    kinds = [str(one["type"]) for one in buttons]
    for one in buttons:
        _button(one)
    for kind, most in _LIMITS.items():
        if kinds.count(kind) > most:
            raise GraphError(100, f"(#100) At most {most} buttons of type {kind} are allowed.")
    groups = "".join("q" if kind == "QUICK_REPLY" else "o" for kind in kinds)
    if "qoq" in re.sub(r"(.)\1+", r"\1", groups) or "oqo" in re.sub(r"(.)\1+", r"\1", groups):
        raise GraphError(100, "(#100) Invalid combination of buttons: quick replies must stand together.")


def _button(button: Json) -> None:
    kind = button["type"]
    if kind not in ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"):
        raise NotEmulated(f"buttons of type {kind}")
    if kind == "COPY_CODE":
        if not 1 <= len(str(button.get("example", ""))) <= 20:
            raise GraphError(100, "(#100) A COPY_CODE button needs an example of at most 20 characters.")
        return
    label = button.get("text")
    if not isinstance(label, str) or not 1 <= len(label) <= 25 or variables(label):
        raise GraphError(100, "(#100) A button needs a text of 1 to 25 characters without variables.")
    if kind == "PHONE_NUMBER" and not re.fullmatch(r"\+?[0-9 ()-]{4,20}", str(button.get("phone_number", ""))):
        raise GraphError(100, "(#100) A PHONE_NUMBER button needs a phone_number of at most 20 characters.")
    if kind == "URL":
        _url(button)


def _url(button: Json) -> None:
    url = str(button.get("url", ""))
    used = variables(url)
    if not url.startswith(("http://", "https://")) or len(url) > 2000:
        raise GraphError(100, "(#100) A URL button needs an http(s) url of at most 2000 characters.")
    if len(used) > 1 or (used and not re.search(r"\{\{\s*\w+\s*\}\}\Z", url)):
        raise GraphError(100, "(#100) The url of a button has at most one variable, at its end.")
    if used and not button.get("example"):
        raise GraphError(100, "(#100) The url of a button with a variable needs an example.")


def _authentication(component: Json) -> Json:
    """An authentication template has no words of its own: Meta writes them."""
    kind = component["type"]
    if kind == "BODY":
        advice = " For your security, do not share this code." if component.get("add_security_recommendation") else ""
        text = "*{{1}}* is your verification code." + advice
        return component | {"text": text, "example": {"body_text": [["123456"]]}}
    if kind == "FOOTER":
        minutes = component.get("code_expiration_minutes")
        if not isinstance(minutes, int) or not 1 <= minutes <= 90:
            raise template_error(FOOTER, "code_expiration_minutes must be between 1 and 90.")
        return component | {"text": f"This code expires in {minutes} minutes."}
    buttons = component.get("buttons")
    if kind == "HEADER" or not isinstance(buttons, list) or len(buttons) != 1 or str(buttons[0].get("type")).upper() != "OTP":
        raise GraphError(100, "(#100) An authentication template has a body, perhaps a footer, and one OTP button.")
    if str(buttons[0].get("otp_type", "")).upper() != "COPY_CODE":
        raise NotEmulated("one-tap and zero-tap buttons")
    label = str(buttons[0].get("text") or "Copy code")
    url = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"
    return {"type": "BUTTONS", "buttons": [{"type": "URL", "text": label, "url": url, "example": [url]}]}


def _upper(given: Json) -> Json:
    kind = given.get("type")
    if not isinstance(kind, str):
        raise GraphError(100, "(#100) Every component and button needs a type.")
    return given | {"type": kind.upper()}


def _text(component: Json, subcode: int, longest: int) -> str:
    text = component.get("text")
    if not isinstance(text, str) or not text.strip():
        raise template_error(subcode, "The text is missing.")
    if len(text) > longest:
        raise template_error(2388040, f"The text has {len(text)} characters, {longest} are allowed.")
    return text


def _used(text: str, subcode: int, named: bool) -> list[str]:
    rest = _VARIABLE.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise template_error(subcode, "The braces of a variable are not balanced.")
    used = list(dict.fromkeys(variables(text)))
    if all(one.isdigit() for one in used) and not named:
        if sorted(map(int, used)) != list(range(1, len(used) + 1)):
            raise template_error(subcode, "Variables are numbered from 1 without gaps.")
    elif not all(re.fullmatch(r"[a-z][a-z0-9_]*", one) for one in used):
        raise template_error(subcode, "A variable has a name of lower-case letters, digits and underscores, or a number.")
    return used


def _examples(component: Json, used: list[str], key: str, subcode: int, named: bool) -> None:
    if not used:
        return
    example = _example(component)
    if named:
        given = {str(row.get("param_name")) for row in example.get(f"{key}_named_params", []) if isinstance(row, dict)}
        if given != set(used):
            raise template_error(subcode, f"Every variable needs an example in {key}_named_params.")
        return
    rows = example.get(key)
    first = rows[0] if isinstance(rows, list) and rows else None
    given_row = first if isinstance(first, list) else rows
    if not isinstance(given_row, list) or (len(given_row) != len(used) and all(one.isdigit() for one in used)):
        raise template_error(subcode, f"Every variable needs an example in {key}.")


def _example(component: Json) -> Json:
    example = component.get("example")
    return example if isinstance(example, dict) else {}


_CHECKS = {"HEADER": _header, "BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}
