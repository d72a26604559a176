"""Which files WhatsApp takes, as what, and how large. Pure: the file was looked at before."""

from __future__ import annotations

from collections.abc import Mapping

from careline.channels.ports import Attachment
from careline.errors import Usage

KIB, MIB = 1024, 1024 * 1024
MOST = {"image": 5 * MIB, "video": 16 * MIB, "audio": 16 * MIB, "document": 100 * MIB}  # bytes
STILL_STICKER, MOVING_STICKER = 100 * KIB, 500 * KIB
INBOUND = 100 * MIB  # what customers send is never larger: Meta announces more as an error (131052)

_KINDS: Mapping[str, str] = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "image/webp": "sticker",
}


def kind_of(attachment: Attachment) -> str:
    """The type of message a file goes out as. Raises Usage for one that WhatsApp does not take, saying why."""
    media, traits = attachment.media, attachment.traits
    size, kind = media.bytes or 0, _KINDS.get(media.mime, "document")
    if size == 0:
        raise Usage(f"{media.name} is empty.", code="bad_file")
    most = MOST.get(kind) or (MOVING_STICKER if "animated" in traits else STILL_STICKER)
    if size > most:
        what = f"{'moving' if 'animated' in traits else 'still'} sticker" if kind == "sticker" else kind
        raise Usage(
            f"{media.name} has {_said(size)}; WhatsApp takes {_said(most)} for a file of this kind ({what}).",
            code="file_too_large",
            hint="Make it smaller, or send a link to it with --text.",
        )
    if media.mime == "audio/ogg" and "opus" not in traits:
        raise Usage(f"{media.name} is Ogg, but not Opus: WhatsApp plays no other.", code="bad_file", hint="Make it an mp3.")
    if "16-bit" in traits:
        raise Usage(
            f"{media.name} has 16 bits a colour; WhatsApp takes 8.", code="bad_file", hint="Save it again as 8-bit PNG or JPEG."
        )
    return kind


def check_photo(name: str, mime: str, size: int) -> None:
    """Raises Usage for a profile picture that WhatsApp would not take: it takes JPEG and PNG of at most 5 MB."""
    if mime not in ("image/jpeg", "image/png"):
        raise Usage(f"{name} is no picture that WhatsApp takes: JPEG or PNG.", code="bad_photo")
    if size > MOST["image"]:
        raise Usage(f"{name} has {_said(size)}; WhatsApp takes {_said(MOST['image'])} for a picture.", code="file_too_large")


def _said(size: int) -> str:
    return f"{size / MIB:.1f} MB" if size >= MIB else f"{-(-size // KIB)} KB"
