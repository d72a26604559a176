"""Which files WeChat takes, as what, and how large. Pure: the file was looked at before.

WeChat publishes 10 MB for a picture, on one older page 2 MB: whichever holds, a larger one is refused with nothing sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.ports import Attachment
from careline.errors import Usage

KIB, MIB = 1024, 1024 * 1024
MOST = {"image": 10 * MIB, "audio": 2 * MIB, "video": 10 * MIB, "thumb": 64 * KIB}  # bytes
LARGEST = max(MOST.values())
LONGEST_VOICE_S = 60
INBOUND = 64 * MIB  # nothing is published of what customers may send: several times what their app lets through

SUFFIXES: Mapping[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}


def kind_of(attachment: Attachment) -> str:
    """The type of message a file goes out as. Raises Usage for one that WeChat does not take, saying why."""
    media = attachment.media
    size, kind = media.bytes or 0, media.mime.partition("/")[0]
    if size == 0:
        raise Usage(f"{media.name} is empty.", code="bad_file")
    if media.mime not in SUFFIXES:
        raise Usage(
            f"{media.name} is {media.mime}, and WeChat carries no such file to customers.",
            code="bad_file",
            hint="It takes pictures (jpg, png, gif, bmp), voice (amr, mp3) and videos (mp4). Send a link to anything else.",
        )
    if size > MOST[kind]:
        raise Usage(
            f"{media.name} has {_said(size)}; WeChat takes {_said(MOST[kind])} for a file of this kind ({kind}).",
            code="file_too_large",
            hint="Make it smaller, or send a link to it with --text.",
        )
    if kind == "audio" and attachment.seconds > LONGEST_VOICE_S:
        raise Usage(
            f"{media.name} plays {attachment.seconds:.0f} seconds; WeChat takes {LONGEST_VOICE_S}.",
            code="file_too_large",
            hint="Cut it, or send a link to it with --text.",
        )
    return kind


def _said(size: int) -> str:
    return f"{size / MIB:.1f} MB" if size >= MIB else f"{-(-size // KIB)} KB"
