"""What the engine refuses before anything is opened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from careline.errors import Misconfigured, NotFound, Usage
from careline.events import ChannelRegistered, Entry
from careline.line import Careline
from careline.model import Channel
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
