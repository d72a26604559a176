"""News of templates, numbers and the account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.careline.channels.whatsapp.payloads import (
    ACCOUNT,
    RECEIVED_AT,
    SENT,
    SENT_AT,
    change,
    entry,
    heard,
    heard_notice,
    heard_template,
)

ORDER: dict[str, Any] = {
    "message_template_id": 594425479261596,
    "message_template_name": "order_update",
    "message_template_language": "it",
}

STATUS = "message_template_status_update"
QUALITY = "message_template_quality_update"
CATEGORY = "template_category_update"
COMPONENTS = "message_template_components_update"

NEWS: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
    ("approved", STATUS, {"event": "APPROVED", "reason": "NONE"}, {"state": "approved", "reason": ""}),
    ("a reason that is null", STATUS, {"event": "PENDING", "reason": None}, {"state": "pending", "reason": ""}),
    (
        "rejected, and why",
        STATUS,
        {"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "Two variables touch."}},
        {"state": "rejected", "reason": "invalid_format: Two variables touch."},
    ),
    (
        "paused, and why",
        STATUS,
        {"event": "PAUSED", "reason": None, "other_info": {"title": "FIRST_PAUSE", "description": "Paused for 3 hours."}},
        {"state": "paused", "reason": "Paused for 3 hours."},
    ),
    ("with its category", STATUS, {"event": "APPROVED", "message_template_category": "UTILITY"}, {"category": "utility"}),
    ("a warning is no state", STATUS, {"event": "FLAGGED", "disable_info": {"disable_date": "May 3"}}, {"state": ""}),
    ("back in use", STATUS, {"event": "REINSTATED"}, {"state": "approved"}),
    ("a state of next year", STATUS, {"event": "NAPPING"}, {"state": "napping"}),
    (
        "quality",
        QUALITY,
        {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"},
        {"quality": "yellow", "state": ""},
    ),
    ("quality under a wrong name", STATUS, {"new_quality_score": "RED"}, {"quality": "red", "state": ""}),
    (
        "category",
        CATEGORY,
        {"previous_category": "UTILITY", "new_category": "MARKETING"},
        {"category": "marketing", "previous_category": "utility", "state": ""},
    ),
    ("the category and nothing else", CATEGORY, {"new_category": "MARKETING"}, {"category": "marketing"}),
    (
        "the category it will get",
        CATEGORY,
        {"new_category": "UTILITY", "correct_category": "MARKETING"},
        {"category": "utility", "correct_category": "marketing"},
    ),
    ("new wording", COMPONENTS, {"message_template_element": "Ciao"}, {"state": "", "category": ""}),
]


@pytest.mark.parametrize(("field", "more", "said"), [pytest.param(f, m, s, id=name) for name, f, m, s in NEWS])
def test_news_of_a_template(field: str, more: dict[str, Any], said: dict[str, str]) -> None:
    heard = heard_template(field, ORDER | more, time=SENT)
    assert {name: getattr(heard, name) for name in said} == said
    assert (heard.account, heard.id, heard.name, heard.language) == (ACCOUNT, "594425479261596", "order_update", "it")
    assert heard.at == SENT_AT
    assert json.loads(heard.raw) == ORDER | more


def test_when_another_category_comes_is_an_instant() -> None:
    told = {"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": SENT}
    assert heard_template(CATEGORY, ORDER | told, time=SENT).category_at == SENT_AT


def test_new_words_are_parts_of_a_definition_and_only_the_body_is_certain() -> None:
    only = heard_template(COMPONENTS, ORDER | {"message_template_element": "Ciao {{1}}!"})
    assert json.loads(only.told) == [{"type": "BODY", "text": "Ciao {{1}}!"}]
    button = {
        "message_template_button_type": "URL",
        "message_template_button_text": "Segui",
        "message_template_button_url": "https://shop.example",
    }
    all_of_it = {
        "message_template_title": "Ordine",
        "message_template_element": "Ciao",
        "message_template_footer": "Negozio",
        "message_template_buttons": [button],
    }
    assert [part["type"] for part in json.loads(heard_template(COMPONENTS, ORDER | all_of_it).told)] == [
        "HEADER",
        "BODY",
        "FOOTER",
        "BUTTONS",
    ]
    (buttons,) = [part for part in json.loads(heard_template(COMPONENTS, ORDER | all_of_it).told) if "buttons" in part]
    assert buttons["buttons"] == [{"type": "URL", "text": "Segui", "url": "https://shop.example"}]


def test_two_scores_within_a_second_are_two_pieces_of_news() -> None:
    first, second = (heard_template(QUALITY, ORDER | {"new_quality_score": score}, time=SENT) for score in ("YELLOW", "RED"))
    assert first.key != second.key


def test_a_language_is_written_as_everywhere_else() -> None:
    assert heard_template(STATUS, ORDER | {"event": "APPROVED", "message_template_language": "en-US"}).language == "en_US"


def test_a_field_that_is_missing_is_known_by_its_keys() -> None:
    (said,) = heard({"entry": [entry({"value": ORDER | {"event": "APPROVED"}})]})
    assert getattr(said, "state", None) == "approved"


def test_the_same_news_of_another_day_is_news() -> None:
    first = heard_template(STATUS, ORDER | {"event": "PAUSED"}, time=SENT)
    again = heard_template(STATUS, ORDER | {"event": "PAUSED"}, time=SENT)
    later = heard_template(STATUS, ORDER | {"event": "PAUSED"}, time=SENT + 86_400)
    assert first.key == again.key != later.key


def test_news_of_no_template_is_a_notice() -> None:
    assert heard_notice(change(STATUS, {"event": "APPROVED"})).kind == STATUS


NOTICES: list[tuple[str, dict[str, Any], str]] = [
    ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, "disabled_update, reinstate"),
    (
        "account_update",
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}, 7]},
        "account_restriction, restricted_utility_templates",
    ),
    ("account_update", {"event": "VERIFIED_ACCOUNT", "phone_number": "39021234567"}, "verified_account"),
    ("account_review_update", {"decision": "APPROVED"}, "approved"),
    (
        "account_alerts",
        {
            "entity_type": "BUSINESS",
            "alert_info": {"alert_severity": "WARNING", "alert_type": "OBO_DEFERRED", "alert_status": "ACTIVE"},
        },
        "business, obo_deferred, warning, active",
    ),
    ("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_2K"}, "throughput_upgrade, tier_2k"),
    (
        "phone_number_name_update",
        {"decision": "APPROVED", "requested_verified_name": "Negozio", "rejection_reason": None},
        "approved",
    ),
    ("business_capability_update", {"max_phone_numbers_per_waba": 2000}, ""),
    ("security", {"event": "PIN_CHANGED", "requester": "100"}, "pin_changed"),
    ("flows", {"event": "a sentence, not a word"}, ""),
]


@pytest.mark.parametrize(("field", "value", "summary"), NOTICES)
def test_news_of_the_account_is_a_notice_summed_up_in_metas_words(field: str, value: dict[str, Any], summary: str) -> None:
    said = heard_notice({"entry": [entry({"field": field, "value": value}, time=SENT)]})
    assert (said.kind, said.summary, said.at) == (field, summary, SENT_AT)
    assert json.loads(said.raw) == value


def test_a_notice_without_a_time_happened_when_it_came() -> None:
    assert heard_notice(change("security", {"event": "PIN_CHANGED"})).at == RECEIVED_AT
