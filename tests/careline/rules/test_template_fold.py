"""What the row of a template becomes as news of it comes, also late and out of order."""

from __future__ import annotations

import json
from typing import Any

from careline.clock import DAY, HOUR, SECOND
from careline.events import Entry, TemplateReported
from careline.model import Template
from careline.rules.fold.setup import EDITS, FOLDS
from tests.careline.world import NOON


def folded(*news: tuple[int, dict[str, Any]]) -> Template:
    """The row after these, given as (when, fields)."""
    _, fold = FOLDS[TemplateReported]
    rows: list[Any] = [None]

    def get(*key: object) -> Any:
        return rows[-1]

    for at, fields in news:
        event = TemplateReported(account="1", name="order", language="it", **fields)
        rows += fold(Entry(event=event, occurred_at=at), event, get)
    row: Template = rows[-1]
    return row


SUBMITTED = (NOON, {"state": "pending", "submitted": True, "id": "7"})


def test_an_approval_that_comes_after_the_deletion_brings_nothing_back() -> None:
    gone = (NOON + HOUR, {"state": "deleted", "free_at": NOON + 30 * DAY})
    row = folded(SUBMITTED, gone, (NOON + HOUR - SECOND, {"state": "approved"}))
    assert (row.state, row.free_at) == ("deleted", NOON + 30 * DAY)
    again = folded(SUBMITTED, gone, (NOON + 31 * DAY, {"state": "pending", "submitted": True}))
    assert (again.state, again.free_at) == ("pending", None)


def test_a_webhooks_whole_second_is_not_older_than_what_we_noted_within_it() -> None:
    submitted = (NOON + 700_000, SUBMITTED[1])
    assert folded(submitted, (NOON, {"state": "approved"})).state == "approved"
    assert folded(submitted, (NOON + 5 * SECOND, {"state": "paused"}), (NOON + SECOND, {"state": "approved"})).state == "paused"


def test_late_news_of_the_state_still_tells_quality_and_category() -> None:
    row = folded(SUBMITTED, (NOON + HOUR, {"state": "paused"}), (NOON + 9, {"state": "approved", "quality": "red"}))
    assert (row.state, row.quality) == ("paused", "red")


def test_only_edits_of_an_approved_template_count_and_the_newest_ten_are_kept() -> None:
    news = [SUBMITTED, (NOON + 1, {"state": "pending", "edited": True})]
    assert folded(*news).edits == ()
    for n in range(EDITS + 2):
        at = NOON + (n + 1) * DAY
        news += [(at, {"state": "approved"}), (at + HOUR, {"state": "pending", "edited": True})]
    assert folded(*news).edits == tuple(NOON + (n + 1) * DAY + HOUR for n in range(2, EDITS + 2))


def test_an_announced_category_waits_until_it_comes() -> None:
    announced = (NOON + 1, {"category": "utility", "correct_category": "marketing", "category_at": NOON + DAY})
    row = folded(SUBMITTED, announced)
    assert (row.category, row.correct_category, row.category_at) == ("utility", "marketing", NOON + DAY)
    row = folded(SUBMITTED, announced, (NOON + DAY, {"category": "marketing", "previous_category": "utility"}))
    assert (row.category, row.previous_category, row.correct_category, row.category_at) == ("marketing", "utility", "", None)


def test_new_words_take_the_place_of_the_old_ones_and_leave_the_rest() -> None:
    before = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "a", "example": {"body_text": [["x"]]}}]
    told = [{"type": "BODY", "text": "b"}, {"type": "FOOTER", "text": "c"}]
    row = folded((NOON, SUBMITTED[1] | {"components": json.dumps(before)}), (NOON + 1, {"told": json.dumps(told)}))
    assert json.loads(row.components) == [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "b", "example": {"body_text": [["x"]]}},
        {"type": "FOOTER", "text": "c"},
    ]
