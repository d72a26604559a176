"""What a plan makes of a file and of what the account has; what Meta rewrites is no difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from careline.clock import DAY, HOUR
from careline.model import Template
from careline.templates.likeness import likeness
from careline.templates.lock import Lock, load, save
from careline.templates.pinning import pin
from careline.templates.plan import MONTH, Listed, Step, Wanted, plan
from tests.careline.world import NOON

BODY = {"type": "BODY", "text": "Ciao {{1}}, è arrivato.", "example": {"body_text": [["Anna"]]}}


def wanted(*parts: Any, category: str = "UTILITY", **more: Any) -> Wanted:
    request = {"name": "order", "language": "it", "category": category, "parameter_format": "POSITIONAL"}
    request["components"] = list(parts) or [BODY]  # type: ignore[assignment]
    return Wanted("order.it.toml", "order", "it", category, request | more, {"1": "text"})


def listed(*parts: Any, state: str = "approved", category: str = "utility") -> Listed:
    return Listed("7", "order", "it", state, category, list(parts) or [BODY], False, None, {"1": "text"})


def step(one: Wanted, there: Listed | None, *known: Template, lock: Lock | None = None, **more: Any) -> Step:
    (found,) = plan([one], [there] if there else [], lock or Lock(), known, NOON, **more)
    return found


def remembered(**more: Any) -> Template:
    return Template(account="1", name="order", language="it", **more)


OTHER = {"type": "BODY", "text": "Ciao {{1}}, arriva domani."}

SAME: list[tuple[str, Any, Any]] = [
    ("case", {"type": "body", "text": "Ciao"}, {"type": "BODY", "text": "Ciao"}),
    (
        "examples in a list or not",
        {"type": "BODY", "text": "{{1}}", "example": {"body_text": "Anna"}},
        {"type": "BODY", "text": "{{1}}", "example": {"body_text": [["Anna"]]}},
    ),
    (
        "a handle that became an address",
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1h"]}},
        {"type": "HEADER", "format": "image", "example": {"header_handle": ["https://scontent.example/x"]}},
    ),
    (
        "the label of a coupon",
        {"type": "BUTTONS", "buttons": [{"type": "copy_code", "example": "A25"}]},
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copy offer code", "example": ["A25"]}]},
    ),
    (
        "a telephone number with blanks",
        {"type": "BUTTONS", "buttons": [{"type": "PHONE_NUMBER", "text": "x", "phone_number": "+39 02 123"}]},
        {"type": "BUTTONS", "buttons": [{"type": "PHONE_NUMBER", "text": "x", "phone_number": "3902123"}]},
    ),
    (
        "named examples in another order",
        {"type": "BODY", "example": {"body_text_named_params": [{"param_name": n, "example": n} for n in "ab"]}},
        {"type": "BODY", "example": {"body_text_named_params": [{"param_name": n, "example": n} for n in "ba"]}},
    ),
    ("what Meta adds", {"type": "BODY", "text": "x"}, {"type": "BODY", "text": "x", "add_contact": None, "new": 1}),
]


@pytest.mark.parametrize(("mine", "theirs"), [pytest.param(a, b, id=name) for name, a, b in SAME])
def test_what_meta_rewrites_is_no_difference(mine: Any, theirs: Any) -> None:
    assert likeness([mine], "UTILITY") == likeness([theirs], "UTILITY")


def test_a_code_is_compared_by_what_was_chosen_and_not_by_metas_words() -> None:
    app = {"package_name": "com.example.shop", "signature_hash": "K8a/AINcGX7"}
    mine = [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "ONE_TAP", "supported_apps": [app]}]},
    ]
    url = "https://www.whatsapp.com/otp/code/?otp_type=ONE_TAP&package_name=com.example.shop&signature_hash=K8a/AINcGX7&code=otp{{1}}"
    theirs = [
        {"type": "BODY", "text": "*{{1}}* is your code.", "add_security_recommendation": True},
        {"type": "FOOTER", "text": "Expires in 10 minutes.", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Copy", "url": url}]},
    ]
    assert likeness(mine, "AUTHENTICATION").differences(likeness(theirs, "AUTHENTICATION")) == []
    mine[1] = {"type": "FOOTER", "code_expiration_minutes": 5}
    assert likeness(mine, "AUTHENTICATION").differences(likeness(theirs, "AUTHENTICATION")) == ["footer"]


def test_words_labels_and_cards_are_differences() -> None:
    card = {"components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "a"}]}
    before = likeness([BODY, {"type": "CAROUSEL", "cards": [card, card]}], "MARKETING")
    after = likeness([OTHER, {"type": "CAROUSEL", "cards": [card]}], "MARKETING")
    assert before.differences(after) == ["body", "carousel"]


def test_nothing_to_do_where_both_say_the_same() -> None:
    assert step(wanted(), listed()).action == "none"


def test_neither_side_changed_since_they_were_pinned_whatever_meta_made_of_it() -> None:
    odd = listed({**BODY, "text": "Ciao {{1}}, è arrivato!"})
    assert step(wanted(), odd).action == "edit"
    lock = Lock(templates={"order/it": pin(wanted(), odd)})
    assert step(wanted(), odd, lock=lock).action == "none"
    assert step(wanted(OTHER), odd, lock=lock).action == "edit"
    assert step(wanted(), listed(OTHER), lock=lock).action == "edit"


def test_a_pin_of_another_template_of_that_name_counts_for_nothing() -> None:
    lock = Lock(templates={"order/it": replace(pin(wanted(), listed(OTHER)), id="another")})
    assert step(wanted(), listed(OTHER), lock=lock).action == "edit"


@pytest.mark.parametrize(
    ("state", "action"),
    [("approved", "edit"), ("rejected", "edit"), ("paused", "edit"), ("pending", "blocked"), ("disabled", "blocked")],
)
def test_only_what_is_approved_rejected_or_paused_can_be_edited(state: str, action: str) -> None:
    assert step(wanted(OTHER), listed(state=state)).action == action


@pytest.mark.parametrize(
    ("edits", "action", "free_at"),
    [
        ((), "edit", None),
        ((NOON - DAY,), "edit", None),
        ((NOON - DAY + 1,), "blocked", NOON + 1),
        (tuple(NOON - n * DAY for n in range(10, 0, -1)), "blocked", NOON - 10 * DAY + MONTH),
        (tuple(NOON - n * DAY for n in range(9, 0, -1)), "edit", None),
    ],
)
def test_an_approved_one_is_edited_once_a_day_and_ten_times_in_30_days(
    edits: tuple[int, ...], action: str, free_at: int | None
) -> None:
    found = step(wanted(OTHER), listed(), remembered(state="approved", edits=edits))
    assert (found.action, found.free_at) == (action, free_at)
    assert step(wanted(OTHER), listed(state="rejected"), remembered(state="rejected", edits=edits)).action == "edit"


def test_a_deleted_name_is_free_again_at_its_time() -> None:
    gone = remembered(state="deleted", free_at=NOON + HOUR)
    assert (step(wanted(), None, gone).action, step(wanted(), None, gone).free_at) == ("blocked", NOON + HOUR)
    assert step(wanted(), None, replace(gone, free_at=NOON)).action == "create"
    assert step(wanted(), None, replace(gone, free_at=None)).action == "create"
    assert step(wanted(), listed(state="pending_deletion"), gone).action == "blocked"


def test_what_was_submitted_a_moment_ago_and_is_not_listed_yet_is_not_submitted_again() -> None:
    fresh = remembered(state="pending", submitted_at=NOON - HOUR + 1)
    assert step(wanted(), None, fresh).action == "none"
    assert step(wanted(), None, replace(fresh, submitted_at=NOON - HOUR)).action == "create"
    assert step(wanted(), None, replace(fresh, state="deleted")).action == "create"


def test_what_had_a_verdict_or_was_submitted_in_the_future_is_missing_when_it_is_not_listed() -> None:
    fresh = remembered(state="pending", submitted_at=NOON)
    assert step(wanted(), None, fresh).action == "none"
    assert step(wanted(), None, replace(fresh, state="approved")).action == "create"
    assert step(wanted(), None, replace(fresh, submitted_at=NOON + 1)).action == "create"


def test_a_category_that_meta_chose_is_no_difference_once_it_is_pinned_and_one_it_chose_later_is() -> None:
    moved = listed(category="marketing")
    found = step(wanted(), moved)
    assert (found.action, found.changes) == ("blocked", ("category",))
    lock = Lock(templates={"order/it": pin(wanted(), moved)})
    found = step(wanted(), moved, lock=lock)
    assert (found.action, found.reason) == ("none", "filed under marketing, not utility as asked")
    lock = Lock(templates={"order/it": pin(wanted(), listed())})
    assert step(wanted(), moved, lock=lock).action == "blocked"


def test_what_is_on_the_account_only_is_left_alone_until_it_is_said() -> None:
    (found,) = plan([], [listed()], Lock(), [], NOON)
    assert (found.action, found.foreign) == ("none", True)
    (found,) = plan([], [listed()], Lock(), [], NOON, delete=True)
    assert found.action == "delete"
    (found,) = plan([], [listed(state="disabled")], Lock(), [], NOON, delete=True)
    assert found.action == "blocked"


def test_how_long_it_is_tried_is_compared_only_where_the_file_says_it() -> None:
    there = replace(listed(), ttl_s=600)
    assert step(wanted(), there).action == "none"
    assert step(wanted(message_send_ttl_seconds=600), there).action == "none"
    assert step(wanted(message_send_ttl_seconds=60), there).changes == ("ttl",)


def test_a_lock_comes_back_as_it_was_written_and_is_sorted(tmp_path: Path) -> None:
    lock = Lock(account="1", templates={name: pin(wanted(), listed()) for name in ("b/it", "a/it")})
    save(tmp_path, lock)
    assert load(tmp_path, "1").templates == lock.templates
    text = (tmp_path / "templates.lock").read_text("utf-8")
    assert list(json.loads(text)["templates"]) == ["a/it", "b/it"]
    before = (tmp_path / "templates.lock").stat().st_mtime_ns
    save(tmp_path, lock)
    assert (tmp_path / "templates.lock").stat().st_mtime_ns == before
