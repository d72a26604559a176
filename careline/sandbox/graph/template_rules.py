"""What Meta takes as a template, and what it says of one that it does not take.

Everything here looks at one submission and nothing else. Refusals are GraphError with Meta's subcode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from careline.sandbox.graph import template_buttons
from careline.sandbox.graph.errors import GraphError, template_error
from careline.sandbox.graph.fields import words
from careline.sandbox.graph.template_texts import checked, example_of, examples, kind_of, only, text_of, upper, used, variables
from careline.sandbox.phone import Json

__all__ = ["HEADER_MEDIA", "check_category", "check_components", "check_language", "check_name", "variables", "verdict"]

CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
LANGUAGES = words(
    "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE en en_GB "
    "en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi fr fr_BE fr_CA fr_CH "
    "fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv lt mk ms ml mr nb ps_AF fa "
    "pl pt_BR pt_PT pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC es_HN es_MX es_PA es_PE es_ES es_UY "
    "sw sv ta te th tr uk ur uz vi zu"
)
HEADER_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
SAMPLED = (*HEADER_MEDIA, "GIF")
HEADER, BODY, FOOTER = 2388047, 2388072, 2388073
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"  # Thai, Lao, Khmer, kana, Han: each character counts
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_OFFER = ("IMAGE", "VIDEO")


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
    given = [upper(one) for one in components]
    kinds = [one["type"] for one in given]
    for kind in kinds:
        if kind not in _CHECKS:
            raise GraphError(100, f"(#100) Param type must be one of {{{', '.join(_CHECKS)}}}")
        if kinds.count(kind) > 1:
            raise GraphError(100, f"(#100) Only one component of type {kind} is allowed.")
    if "BODY" not in kinds:
        raise template_error(BODY, "A template needs a body.")
    if category == "AUTHENTICATION":
        return [_authentication(one) for one in given]
    kept = [_CHECKS[one["type"]](one, named) for one in given]
    _together({one["type"]: one for one in kept}, category)
    return kept


def verdict(name: str, components: list[Json], named: bool) -> tuple[str, str]:
    """How the review ends: (status, rejected_reason).

    Meta refuses in the review what it takes at submission: variables side by side, names for variables without saying that
    they are named. The sandbox rejects besides whatever has ``reject_me`` in its name or text.
    """
    texts = [text_of(one) for one in _all(components)]
    found = [one for text in texts for one in variables(text)]
    told = "reject_me" in name or any("reject_me" in text for text in texts)
    side_by_side = any(re.search(r"\}\}\s*\{\{", text) for text in texts)
    unannounced = not named and any(not one.isdigit() for one in found)
    return ("REJECTED", "INVALID_FORMAT") if told or side_by_side or unannounced else ("APPROVED", "NONE")


def _all(components: list[Json]) -> list[Json]:
    """The components, and those of the cards among them."""
    cards = [card for one in components for card in one.get("cards", [])]
    return [*components, *(inner for card in cards for inner in card["components"])]


def _header(header: Json, named: bool) -> Json:
    only(header, "type format text example")
    form = kind_of({"format": "TEXT"} | header, "format", ("TEXT", *SAMPLED, "LOCATION", "PRODUCT"))
    kept = header | {"format": form}
    if form in SAMPLED:
        handles = example_of(header).get("header_handle")
        if not isinstance(handles, list) or not handles or not str(handles[0]).startswith("4::"):
            raise template_error(HEADER, "A media header needs the handle of an uploaded sample in example.header_handle.")
    if form != "TEXT":
        return kept
    text = checked(header, HEADER, 60)
    found = used(text, HEADER, named)
    bare = re.sub(r"\{\{[^{}]*\}\}", "", text)
    if len(found) > 1:
        raise template_error(HEADER, "A header has at most one variable.")
    if "\n" in bare or "*" in bare or any(unicodedata.category(letter) == "So" for letter in bare):
        raise template_error(HEADER, "A header has no line breaks, no markdown and no emoji.")
    examples(header, found, "header_text", HEADER, named)
    return kept


def _body(body: Json, named: bool, longest: int = 1024) -> Json:
    only(body, "type text example")
    text = checked(body, BODY, longest)
    found = used(text, BODY, named)
    edges = re.sub(r"^[^\w{]+|[^\w}]+$", "", text)
    if edges.startswith("{{") or edges.endswith("}}"):
        raise template_error(2388299)
    length = len(_WORD.findall(re.sub(r"\{\{[^{}]*\}\}", " ", text)))
    if found and length < 2 * len(found) + 1:  # Meta publishes no formula; this is the one that tools go by
        raise template_error(2388293)
    examples(body, found, "body_text", BODY, named)
    return body


def _footer(footer: Json, named: bool) -> Json:
    only(footer, "type text")
    if variables(checked(footer, FOOTER, 60)):
        raise template_error(FOOTER, "A footer has no variables.")
    return footer


def _offer(component: Json, named: bool) -> Json:
    only(component, "type limited_time_offer")
    offer = component.get("limited_time_offer")
    text = offer.get("text") if isinstance(offer, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= 16:
        raise GraphError(100, "(#100) A limited-time offer needs a text of at most 16 characters.")
    return component


def _carousel(component: Json, named: bool) -> Json:
    """Two to ten cards of one and the same structure: a header, perhaps a body, at most two buttons."""
    only(component, "type cards")
    cards = component.get("cards")
    if not isinstance(cards, list) or not 2 <= len(cards) <= 10:
        raise GraphError(100, "(#100) A carousel has 2 to 10 cards.")
    kept = [_card(card, named) for card in cards]
    if len({_structure(card) for card in kept}) > 1:
        raise GraphError(100, "(#100) All cards of a carousel have the same components and buttons.")
    return component | {"cards": kept}


def _card(card: Any, named: bool) -> Json:
    parts = card.get("components") if isinstance(card, dict) else None
    if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
        raise GraphError(100, "(#100) A card has components.")
    kept = []
    for part in map(upper, parts):
        if part["type"] == "HEADER":
            kept.append(_header(part, named))
            if kept[-1]["format"] not in ("IMAGE", "VIDEO", "PRODUCT"):
                raise template_error(HEADER, "A card's header is an image, a video or a product.")
        elif part["type"] == "BODY":
            kept.append(_body(part, named, 160))
        elif part["type"] == "BUTTONS":
            kept.append(template_buttons.check(part, 2))
        else:
            raise GraphError(100, "(#100) A card has a header, a body and buttons.")
    if [one["type"] for one in kept][:1] != ["HEADER"]:
        raise template_error(HEADER, "A card begins with its header.")
    return {"components": kept}


def _structure(card: Json) -> tuple[str, ...]:
    parts = card["components"]
    return (
        *(f"{one['type']} {one.get('format', '')}" for one in parts),
        *(button["type"] for one in parts for button in one.get("buttons", [])),
    )


def _together(parts: dict[str, Json], category: str) -> None:
    """Which components go with which."""
    offer = parts.get("LIMITED_TIME_OFFER")
    if (offer or "CAROUSEL" in parts) and category != "MARKETING" and not _products(parts):
        raise GraphError(100, "(#100) Limited-time offers and carousels are for MARKETING.")
    if parts.get("HEADER", {}).get("format") == "GIF" and category != "MARKETING":
        raise template_error(HEADER, "A GIF is for MARKETING.")
    if not offer:
        return
    if "FOOTER" in parts:
        raise template_error(FOOTER, "A limited-time offer has no footer.")
    if parts.get("HEADER", {}).get("format", "IMAGE") not in _OFFER:
        raise template_error(HEADER, "The header of a limited-time offer is an image or a video.")
    if len(parts["BODY"]["text"]) > 600:
        raise template_error(2388040, f"The text has {len(parts['BODY']['text'])} characters, 600 are allowed.")
    kinds = [button["type"] for button in parts.get("BUTTONS", {}).get("buttons", [])]
    expires = offer["limited_time_offer"].get("has_expiration") is True
    if not kinds or kinds[-1] != "URL" or (expires and kinds != ["COPY_CODE", "URL"]):
        raise GraphError(100, "(#100) A limited-time offer ends with a URL button; one that expires has COPY_CODE before it.")


def _products(parts: dict[str, Json]) -> bool:
    cards = parts.get("CAROUSEL", {}).get("cards", [])
    return bool(cards) and cards[0]["components"][0]["format"] == "PRODUCT"


def _authentication(component: Json) -> Json:
    """An authentication template has no words of its own: Meta writes them."""
    kind = component["type"]
    if kind == "BODY":
        only(component, "type add_security_recommendation text example")
        advice = " For your security, do not share this code." if component.get("add_security_recommendation") else ""
        text = "*{{1}}* is your verification code." + advice
        return component | {"text": text, "example": {"body_text": [["123456"]]}}
    if kind == "FOOTER":
        only(component, "type code_expiration_minutes text")
        minutes = component.get("code_expiration_minutes")
        if minutes is None:
            return component
        if not isinstance(minutes, int) or not 1 <= minutes <= 90:
            raise template_error(FOOTER, "code_expiration_minutes must be between 1 and 90.")
        return component | {"text": f"This code expires in {minutes} minutes."}
    buttons = component.get("buttons")
    if kind != "BUTTONS" or not isinstance(buttons, list) or len(buttons) != 1 or not isinstance(buttons[0], dict):
        raise GraphError(100, "(#100) An authentication template has a body, perhaps a footer, and one OTP button.")
    button = upper(buttons[0])
    if button["type"] != "OTP":
        raise GraphError(100, "(#100) The button of an authentication template is of type OTP.")
    return component | {"buttons": [template_buttons.otp(button)]}


_CHECKS: dict[str, Callable[[Json, bool], Json]] = {
    "HEADER": _header,
    "BODY": _body,
    "FOOTER": _footer,
    "BUTTONS": lambda component, named: template_buttons.check(component),
    "LIMITED_TIME_OFFER": _offer,
    "CAROUSEL": _carousel,
    "CALL_PERMISSION_REQUEST": lambda component, named: component,
}
