"""What a file is: by its first bytes, and by its name where those leave it open. Nothing is decoded."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from careline.errors import Usage

HEAD = 4096  # bytes that are looked at

_BY_NAME = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".mp4": "video/mp4",
    ".3gp": "video/3gpp",
    ".mov": "video/quicktime",
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".zip": "application/zip",
}
_SUFFIX = {mime: suffix for suffix, mime in reversed(_BY_NAME.items())}
_TOLD_BY_BYTES = ("image/", "video/", "audio/", "application/pdf")  # what these are, their first bytes say
_WRAPPED = {b"PK\x03\x04": "application/zip", b"\xd0\xcf\x11\xe0": "application/x-ole-storage"}  # office files in disguise


class Look(Struct, frozen=True):
    """What a file is. ``traits``: animated (a moving sticker), opus, 16-bit."""

    mime: str
    traits: frozenset[str] = frozenset()


def look(path: Path, name: str) -> Look:
    """What the file at ``path`` is, which its owner calls ``name``. Raises Usage when it is something else than that says."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise unreadable(path, error) from None
    named, found = _BY_NAME.get(Path(name).suffix.lower(), ""), _by_bytes(head)
    if not found:
        if named.startswith(_TOLD_BY_BYTES):
            raise Usage(f"{name} is not {named} by its content.", code="bad_file", hint="Is it damaged, or misnamed?")
        return Look(named or _text_or_not(head))
    if found in _WRAPPED.values():
        return Look(named if named.startswith("application/") and named != "application/pdf" else found)
    if named and named != found and not {named, found} <= {"audio/mp4", "video/mp4"}:
        raise Usage(
            f"{name} is {found} by its content, not {named}.",
            code="bad_file",
            hint=f"Name it …{suffix_of(found)}: whoever gets it goes by the name.",
        )
    return Look(named or found, _traits(found, head))


def suffix_of(mime: str) -> str:
    """The usual end of a file name for that type, with its point; empty when there is none."""
    return _SUFFIX.get(mime.partition(";")[0].strip().lower(), "")


def unreadable(path: Path, error: OSError) -> Usage:
    """The refusal of a file that cannot be read."""
    return Usage(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.", code="bad_file")


def _by_bytes(head: bytes) -> str:
    """The type that the first bytes tell; empty where they tell none."""
    for magic, mime in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"OggS", "audio/ogg"),
        (b"#!AMR", "audio/amr"),
        (b"ID3", "audio/mpeg"),
        *_WRAPPED.items(),
    ):
        if head.startswith(magic):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "image/bmp"
    if re.match(rb"\xff[\xf0\xf1\xf8\xf9]", head):
        return "audio/aac"
    return "audio/mpeg" if re.match(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", head) else ""


def _by_brand(brand: bytes) -> str:
    if brand.startswith(b"3g"):
        return "video/3gpp"
    if brand == b"qt  ":
        return "video/quicktime"
    return "audio/mp4" if brand.startswith(b"M4A") else "video/mp4"


def _traits(mime: str, head: bytes) -> frozenset[str]:
    traits = {
        "animated": mime == "image/webp" and head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 2),
        "opus": mime == "audio/ogg" and b"OpusHead" in head,
        "16-bit": mime == "image/png" and head[24:25] == b"\x10",
    }
    return frozenset(name for name, has in traits.items() if has)


def _text_or_not(head: bytes) -> str:
    try:
        head[:-4].decode() if len(head) == HEAD else head.decode()  # a character may be cut at the end
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if b"\0" in head else "text/plain"
