"""What the engine refuses before anything is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from careline.channels.ports import Outgoing
from careline.clock import HOUR
from careline.errors import Misconfigured, NotFound, Usage
from careline.events import ChannelRegistered, ChannelRotated, ChannelTurned, Entry, Event
from careline.line import Careline
from careline.model import Channel
from careline.rules.kinds import KINDS
from careline.settings import Settings

HERE = "http://127.0.0.1:1"


def line(folder: Path, **env: str) -> Careline:
    known = {"CARELINE_HOME": str(folder), "CARELINE_WHATSAPP_API_URL": HERE, "CARELINE_WECHAT_API_URL": HERE}
    return Careline.open(Settings.load(known | env, {}, folder))


def register(found: Careline, name: str, kind: str) -> None:
    event = ChannelRegistered(name=name, kind=kind)
    found.store.change(lambda change: change.record([Entry(event=event, channel=name, occurred_at=change.now)]))


def test_a_platform_elsewhere_is_refused_while_the_sandboxs_clock_is_on(tmp_path: Path) -> None:
    async def spoken_to(found: Careline) -> None:
        async with found.http(Channel(name="shop-it", kind="whatsapp", api_url="https://graph.example")):
            pass

    asyncio.run(spoken_to(line(tmp_path)))
    with pytest.raises(Misconfigured, match="this shell's clock is the sandbox's"):
        asyncio.run(spoken_to(line(tmp_path, CARELINE_PROFILE="sandbox", CARELINE_CLOCK=str(tmp_path / "clock"))))


def test_a_channel_may_be_left_out_where_only_one_can_do_it(tmp_path: Path) -> None:
    with line(tmp_path) as found:
        with pytest.raises(NotFound):
            found.channel()
        register(found, "shop-it", "whatsapp")
        register(found, "brand-cn", "wechat")
        assert found.channel(None, "wechat").name == "brand-cn"
        with pytest.raises(Usage) as several:
            found.channel()
        assert several.value.hint == "--channel brand-cn | shop-it"
        with pytest.raises(Usage):
            found.channel("shop-it", "wechat")


def note(found: Careline, event: Event) -> None:
    found.store.change(lambda change: change.record([Entry(event=event, channel="shop-it", occurred_at=change.now)]))


def test_doors_look_again_when_the_journal_says_that_something_changed_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARELINE_SECRET_SHOP_IT_APP_SECRET", "one")
    monkeypatch.setenv("CARELINE_SECRET_SHOP_IT_APP_SECRET_PREVIOUS", "nought")
    monkeypatch.setenv("CARELINE_SECRET_SHOP_IT_VERIFY_TOKEN", "verify-me")
    with line(tmp_path) as found:
        doors = found.doors()
        assert doors.get("shop-it") is None
        register(found, "shop-it", "whatsapp")

        def secrets() -> Mapping[str, str] | None:
            door = doors.get("shop-it")
            return None if door is None else door[1]

        assert secrets() == {"app_secret": "one", "app_secret_previous": "nought", "verify_token": "verify-me"}
        monkeypatch.setenv("CARELINE_SECRET_SHOP_IT_APP_SECRET", "two")
        assert (secrets() or {})["app_secret"] == "one"
        note(found, ChannelRotated(name="shop-it", keys=("app_secret",), previous_until_at=found.clock.now() + HOUR))
        assert secrets() == {"app_secret": "two", "app_secret_previous": "nought", "verify_token": "verify-me"}
        note(found, ChannelRotated(name="shop-it", previous_until_at=1))
        assert secrets() == {"app_secret": "two", "verify_token": "verify-me"}
        for state, open_now in (("paused", False), ("active", True), ("removed", False)):
            note(found, ChannelTurned(name="shop-it", state=state))
            assert (doors.get("shop-it") is not None) is open_now


def test_a_paused_channel_has_no_client_and_a_removed_one_is_not_there(tmp_path: Path) -> None:
    with line(tmp_path) as found:
        register(found, "shop-it", "whatsapp")
        note(found, ChannelTurned(name="shop-it", state="paused"))
        with pytest.raises(Misconfigured, match="shop-it is paused"):
            found.planner(found.channel("shop-it"))
        note(found, ChannelTurned(name="shop-it", state="removed"))
        with pytest.raises(NotFound):
            found.channel("shop-it")


def test_every_kind_of_channel_has_its_platform_and_the_secrets_that_prove_its_pushes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line(tmp_path) as found:
        for name, kind in KINDS.items():
            channel = Channel(name=name, kind=name)
            assert type(found.platform(channel)).__name__.lower() == name
            for key in (*kind.proving, kind.before):
                monkeypatch.setenv(f"CARELINE_SECRET_{name}_{key}".upper(), key)
            assert found.webhook_secrets(channel) == {key: key for key in (*kind.proving, kind.before)}
            assert set(kind.proving) >= {kind.lasting}
            message = Outgoing(to="a/b", to_kind=kind.people, kind="text", text="ciao")
            assert "ciao" in found.planner(channel).request(message).body  # without its credential and without a network


def test_a_channel_without_templates_says_so_before_anybody_is_asked(tmp_path: Path) -> None:
    with line(tmp_path) as found:
        channel = Channel(name="kf", kind="wecom", api_url=HERE)
        with pytest.raises(Usage) as refused:
            asyncio.run(found.read_templates(channel))
        assert refused.value.code == "no_templates_here"
