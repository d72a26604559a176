from __future__ import annotations

from careline.channels.wechat.policy import GRANTS
from careline.clock import HOUR, MINUTE
from careline.rules.window import grant
from careline.settings_keys import WECHAT_WINDOWS


def test_the_windows_are_those_of_wechats_customer_service_page() -> None:
    assert {act: (grant.messages, grant.lasting) for act, grant in GRANTS.items()} == {
        "message": (5, 48 * HOUR),
        "menu_tap": (3, MINUTE),
        "follow": (3, MINUTE),
        "scan": (3, MINUTE),
        "payment": (None, 48 * HOUR),
    }


def test_the_settings_begin_with_the_same_numbers() -> None:
    assert {act: grant(text) for act, _, text in WECHAT_WINDOWS} == GRANTS
