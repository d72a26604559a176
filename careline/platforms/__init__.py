"""What a channel can do, a class for each kind of channel: made from the profile that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from careline.model import Channel
    from careline.platforms.base import Platform, Profile


def platform(channel: Channel, profile: Profile) -> Platform:
    """The platform of a channel: the one place that asks of which kind it is."""
    match channel.kind:
        case "wechat":
            from careline.platforms.wechat import WeChat

            return WeChat(channel, profile)
        case "wecom":
            from careline.platforms.wecom import WeCom

            return WeCom(channel, profile)
        case _:
            from careline.platforms.whatsapp import WhatsApp

            return WhatsApp(channel, profile)
