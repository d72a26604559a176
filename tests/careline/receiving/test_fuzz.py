"""Twenty thousand spoiled webhooks; ``python -m bench fuzz`` makes a million of them."""

from __future__ import annotations

from random import Random

import pytest

from bench.fuzz import fuzz
from bench.fuzz_senders import WeChat, WhatsApp


def test_spoiled_webhooks_throw_nothing_and_are_believed_only_from_whoever_has_the_secrets() -> None:
    wrong: list[str] = []
    found = fuzz(20_000, seed=3, report=wrong.append)
    assert wrong == []
    assert (found.payloads, found.uncaught, found.forgeries, found.lost) == (20_000, 0, 0, 0)
    assert found.kept > 5_000
    assert found.heard > 5_000
    assert found.memory_growth_mib <= 64
    assert found.longest_answer_ms <= 50


@pytest.mark.parametrize("sender", [WhatsApp, WeChat])
def test_the_judge_notices_a_webhook_that_believes_everybody(
    sender: type[WhatsApp | WeChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("careline.channels.whatsapp.webhook._same", "careline.channels.tencent.crypto.is_signed"):
        monkeypatch.setattr(module, lambda *_: True)
    monkeypatch.setattr("careline.channels.wechat.webhook.is_signed", lambda *_: True)
    platform, die = sender(), Random(3)
    cases = [platform.case(die, large=False) for _ in range(200)]
    believed = [platform.webhook.answer(case.push, platform.secrets, 0).keep for case in cases]
    assert any(kept is not None and kept not in case.may for kept, case in zip(believed, cases, strict=True))


def test_a_seed_makes_the_same_payloads_again() -> None:
    one, two = (fuzz(500, seed=4, report=lambda _: None) for _ in range(2))
    assert (one.kept, one.heard, one.unreadable) == (two.kept, two.heard, two.unreadable)
