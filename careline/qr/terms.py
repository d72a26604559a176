"""What may be asked of which platform, said before it is asked."""

from __future__ import annotations

from careline.channels.wechat.scenes import check_scene
from careline.clock import DAY, SECOND
from careline.errors import Usage
from careline.model import Channel, Code

MOST_EXPIRES = 30 * DAY


def lifetime(channel: Channel, expires: int | None, *, permanent: bool, numeric: bool, text: str | None) -> int:
    """How long a temporary code lives: 30 days where nothing was said, 0 where codes always are permanent.

    Raises Usage for what the platform does not have.
    """
    if channel.kind == "whatsapp":
        if expires is not None:
            raise Usage("WhatsApp's codes do not expire.", code="no_expiry", hint="Leave --expires out.")
        if numeric or permanent:
            raise Usage("--numeric and --permanent are WeChat's.", hint="WhatsApp's codes always are permanent.")
        return 0
    if channel.kind == "wecom":
        if expires is not None or numeric or permanent or text is not None:
            raise Usage("WeCom's links carry a scene alone and never expire.", hint="Leave the other flags out.")
        return 0
    if channel.kind != "wechat":
        raise Usage(f"{channel.name} is a {channel.kind} channel, whose codes are not made here.", code="wrong_channel_kind")
    if text is not None:
        raise Usage("--text is WhatsApp's: WeChat's codes carry a scene, no text.")
    if permanent and expires is not None:
        raise Usage("A code is either --permanent or --expires some day.")
    if expires is not None and expires > MOST_EXPIRES:
        raise Usage("WeChat's temporary codes live for 30 days at most.", hint="--expires 30d, or --permanent for a wall.")
    if expires is not None and expires < SECOND:
        raise Usage("A temporary code lives from 1 second to 30 days.", hint="For longer, ask for a permanent one.")
    return MOST_EXPIRES if expires is None else expires


def check_key(channel: Channel, key: str, *, permanent: bool) -> None:
    """Raises Usage for a scene that the platform would refuse by its form."""
    if channel.kind == "wechat":
        check_scene(key[2:], key[0] == "n", permanent)
    elif channel.kind == "wecom":
        from careline.channels.wecom.account import check_scene as check_wecom

        check_wecom(key[2:])


def check_same(known: Code, *, permanent: bool, text: str | None, account: str = "") -> None:
    """Raises Usage when the code that the scene has is not the one that is asked for: of WeCom's ``account``, for one."""
    if text is not None and known.text != text:
        other = f"with another text: {known.text!r}"
    elif permanent and not known.permanent:
        other = "which is temporary"
    elif account and known.ticket != account:
        other = f"which opens the chat of another account: {known.ticket}"
    else:
        return
    raise Usage(
        f"The scene {known.scene} has a code already, {other}.",
        code="scene_has_code",
        hint="Pictures of it may hang somewhere. --new makes another code for the scene.",
    )
