"""File names that a customer chose, made safe to write."""

from __future__ import annotations

import re

from careline.media.look import suffix_of
from careline.model import Message

LONGEST = 120  # bytes of UTF-8
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


def safe_name(message: Message) -> str:
    """A name for the file of a message that is no path, hides nothing and is this message's alone: ``m12-invoice.pdf``."""
    media = message.media
    told = _UNSAFE.sub("_", (media.name if media else "").strip()).strip(" .")
    stem, dot, suffix = told.rpartition(".")
    if not dot or not suffix.isalnum() or len(suffix) > 8:
        stem, suffix = told, suffix_of(media.mime if media else "").removeprefix(".")
    stem = stem.encode("utf-8", "replace")[: LONGEST - 16].decode("utf-8", "ignore").strip(" .") or message.kind
    return f"m{message.id}-{stem}.{suffix}" if suffix else f"m{message.id}-{stem}"
