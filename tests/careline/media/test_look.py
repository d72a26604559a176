"""What a file is, by its bytes and its name, and what WhatsApp takes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.channels.ports import Attachment
from careline.channels.whatsapp.files import KIB, MIB, kind_of
from careline.errors import Usage
from careline.media.look import look, suffix_of
from careline.media.names import safe_name
from careline.model import Media, Message

STILL = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(20)
MOVING = b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02" + bytes(20)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)

KNOWN = [
    ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg", "image"),
    ("a.png", PNG + b"\x08", "image/png", "image"),
    ("a.mp4", b"\0\0\0\x18ftypmp42", "video/mp4", "video"),
    ("a.3gp", b"\0\0\0\x18ftyp3gp5", "video/3gpp", "video"),
    ("a.mp3", b"ID3\x04", "audio/mpeg", "audio"),
    ("a.mp3", b"\xff\xfb\x90", "audio/mpeg", "audio"),
    ("a.aac", b"\xff\xf1\x50", "audio/aac", "audio"),
    ("a.m4a", b"\0\0\0\x18ftypM4A ", "audio/mp4", "audio"),
    ("b.m4a", b"\0\0\0\x18ftypmp42", "audio/mp4", "audio"),
    ("a.amr", b"#!AMR\n", "audio/amr", "audio"),
    ("a.ogg", b"OggS" + bytes(24) + b"OpusHead", "audio/ogg", "audio"),
    ("a.webp", STILL, "image/webp", "sticker"),
    ("a.pdf", b"%PDF-1.7", "application/pdf", "document"),
    ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document"),
    ("a.xls", b"\xd0\xcf\x11\xe0", "application/vnd.ms-excel", "document"),
    ("a.zip", b"PK\x03\x04", "application/zip", "document"),
    ("a.csv", b"a,b\n", "text/csv", "document"),
    ("a.gif", b"GIF89a", "image/gif", "document"),
    ("README", "è vero".encode(), "text/plain", "document"),
    ("blob", b"\x00\x01\x02", "application/octet-stream", "document"),
    ("photo", b"\xff\xd8\xff\xe0", "image/jpeg", "image"),
]


def attachment(path: Path, content: bytes, size: int | None = None) -> Attachment:
    path.write_bytes(content)
    seen = look(path, path.name)
    media = Media(mime=seen.mime, name=path.name, bytes=len(content) if size is None else size)
    return Attachment(path, media, seen.traits)


@pytest.mark.parametrize(("name", "content", "mime", "kind"), KNOWN)
def test_a_file_is_known_and_goes_out_as_a_kind(name: str, content: bytes, mime: str, kind: str, tmp_path: Path) -> None:
    found = attachment(tmp_path / name, content)
    assert (found.media.mime, kind_of(found)) == (mime, kind)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.jpg", b"%PDF-1.7", r"a.jpg is application/pdf by its content, not image/jpeg"),
        ("a.pdf", b"hello", "a.pdf is not application/pdf by its content"),
        ("a.png", b"", "a.png is not image/png"),
        ("a.mp3", STILL, "is image/webp by its content"),
    ],
)
def test_a_name_that_lies_is_refused(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=why):
        attachment(tmp_path / name, content)


@pytest.mark.parametrize(
    ("name", "content", "most"),
    [
        ("a.jpg", b"\xff\xd8\xff", 5 * MIB),
        ("a.mp4", b"\0\0\0\x18ftypmp42", 16 * MIB),
        ("a.mp3", b"ID3", 16 * MIB),
        ("a.pdf", b"%PDF-", 100 * MIB),
        ("a.webp", STILL, 100 * KIB),
        ("b.webp", MOVING, 500 * KIB),
    ],
)
def test_the_last_byte_that_fits_and_the_first_that_does_not(name: str, content: bytes, most: int, tmp_path: Path) -> None:
    kind_of(attachment(tmp_path / name, content, most))
    with pytest.raises(Usage, match="WhatsApp takes") as refused:
        kind_of(attachment(tmp_path / name, content, most + 1))
    assert refused.value.code == "file_too_large"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.ogg", b"OggS" + bytes(40), "not Opus"),
        ("a.png", PNG + b"\x10", "16 bits a colour"),
        ("a.txt", b"", "is empty"),
    ],
)
def test_what_whatsapp_cannot_show_is_refused(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=why):
        kind_of(attachment(tmp_path / name, content))


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="cannot be read: no such file"):
        look(tmp_path / "none.jpg", "none.jpg")


def received(name: str, mime: str = "application/pdf") -> Message:
    media = Media(name=name, mime=mime)
    return Message(
        id=12,
        conversation=1,
        channel="c",
        contact=1,
        handle="h",
        direction="in",
        kind="document",
        state="received",
        media=media,
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("fattura.pdf", "m12-fattura.pdf"),
        ("../../etc/passwd", "m12-_.._etc_passwd.pdf"),
        ("C:\\a\\b.pdf", "m12-C__a_b.pdf"),
        ("", "m12-document.pdf"),
        (".bashrc", "m12-bashrc.pdf"),
        ("a\u202efdp.exe", "m12-a_fdp.exe"),
        ("发票.pdf", "m12-发票.pdf"),
        ("x" * 300 + ".pdf", "m12-" + "x" * 104 + ".pdf"),
    ],
)
def test_a_customers_file_name_is_made_safe(name: str, safe: str) -> None:
    found = safe_name(received(name))
    assert found == safe
    assert "/" not in found
    assert len(found.encode()) <= 120


def test_a_file_without_a_name_gets_the_suffix_of_its_type() -> None:
    assert safe_name(received("", "image/jpeg")) == "m12-document.jpg"
    assert suffix_of("audio/ogg; codecs=opus") == ".ogg"
    assert suffix_of("x/y") == ""
