"""How a WeChat account's templates are called in the journal, whatever their titles do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from careline.channels.wechat.templates import Listed, Templates
from careline.errors import Refused
from careline.events import TemplateReported
from careline.model import Template
from careline.rules.template import titled
from careline.templates.wechat import LANGUAGE, read


class Account:
    """An account that lists these, or refuses to."""

    def __init__(self, notices: Sequence[Listed] | None = (), subscriptions: Sequence[Listed] | None = ()) -> None:
        self._notices = notices
        self._subscriptions = subscriptions

    async def notices(self) -> list[Listed]:
        return self._told(self._notices)

    async def subscriptions(self) -> list[Listed]:
        return self._told(self._subscriptions)

    def _told(self, listed: Sequence[Listed] | None) -> list[Listed]:
        if listed is None:
            raise Refused("api unauthorized", platform_code="48001")
        return list(listed)


def notice(id: str, title: str = "发货通知") -> Listed:
    return Listed(id, title, "{{thing1.DATA}}")


def known(*reports: TemplateReported) -> list[Template]:
    return [
        Template(account="wx1", name=one.name, language=one.language, id=one.id, state=one.state, category=one.category)
        for one in reports
    ]


def reading(account: Account, before: Sequence[Template] = ()) -> list[TemplateReported]:
    return asyncio.run(read(cast(Templates, account), before))


def names(reports: list[TemplateReported]) -> dict[str, str]:
    return {one.id: one.name for one in reports if one.state == "approved"}


def test_a_template_is_called_by_its_title_and_a_second_one_by_more() -> None:
    first = reading(Account([notice("aaaaaaaa")]))
    assert names(first) == {"aaaaaaaa": "发货通知"}
    both = reading(Account([notice("bbbbbbbb"), notice("aaaaaaaa")]), known(*first))
    assert names(both) == {"aaaaaaaa": "发货通知", "bbbbbbbb": "发货通知 bbbbbb"}


def test_each_keeps_its_name_when_the_other_goes_and_the_title_becomes_free() -> None:
    both = reading(Account([notice("aaaaaaaa"), notice("bbbbbbbb")]))
    left = reading(Account([notice("bbbbbbbb")]), known(*both))
    assert names(left) == {"bbbbbbbb": "发货通知 bbbbbb"}
    assert [(one.name, one.state) for one in left if one.state == "deleted"] == [("发货通知", "deleted")]
    again = reading(Account([notice("bbbbbbbb"), notice("cccccccc")]), known(*both))
    assert names(again) == {"bbbbbbbb": "发货通知 bbbbbb", "cccccccc": "发货通知"}
    assert [one.name for one in again] == ["发货通知 bbbbbb", "发货通知"]


def test_what_may_not_be_listed_is_not_deleted_and_keeps_its_name() -> None:
    before = known(*reading(Account([notice("aaaaaaaa")])))
    told = reading(Account(None, [Listed("ssssssss", "发货通知", "{{thing1.DATA}}", "", True)]), before)
    assert names(told) == {"ssssssss": "发货通知 ssssss"}
    assert all(one.state != "deleted" for one in told)
    with pytest.raises(Refused):
        reading(Account(None, None), before)


def test_a_title_without_words_is_called_by_its_id() -> None:
    assert names(reading(Account([notice("aaaaaaaa", "")]))) == {"aaaaaaaa": "aaaaaa"}


def test_a_title_with_a_slash_is_found_with_and_without_its_language() -> None:
    rows = known(*reading(Account([notice("aaaaaaaa", "退款/退货通知")])))
    for typed in ("退款/退货通知", f"退款/退货通知/{LANGUAGE}", "aaaaaaaa"):
        assert titled(typed, rows).id == "aaaaaaaa"
