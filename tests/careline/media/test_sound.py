"""How long a sound plays, told by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.media.look import look
from careline.media.sound import seconds

FRAME = bytes.fromhex("fffb9000")  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz


def amr(*kinds: int) -> bytes:
    """Frames of these kinds, 20 ms each."""
    sizes = (12, 13, 15, 17, 19, 20, 26, 31, 5)
    return b"#!AMR\n" + b"".join(bytes([kind << 3 | 4]) + bytes(sizes[kind]) for kind in kinds)


def tagged(data: bytes, size: int) -> bytes:
    """With an ID3 tag of that size in front."""
    return b"ID3\x04\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + bytes(size) + data


@pytest.mark.parametrize(
    ("data", "mime", "expected"),
    [
        (amr(*[7] * 50), "audio/amr", 1.0),
        (amr(0, 7, 8, 7, 0), "audio/amr", 0.1),
        (amr(), "audio/amr", 0.0),
        (b"#!AMR-WB\n" + bytes(100), "audio/amr", 0.0),
        (FRAME.ljust(16_000, b"\0"), "audio/mpeg", 1.0),
        (tagged(FRAME.ljust(32_000, b"\0"), 5000), "audio/mpeg", 2.0),
        (FRAME + bytes(32) + b"Info" + bytes.fromhex("00000001 000005e4") + bytes(400), "audio/mpeg", 1508 * 1152 / 44100),
        (b"ID3", "audio/mpeg", 0.0),
        (bytes(100), "audio/mpeg", 0.0),
        (b"\xff\xfb\xff\xff" * 10, "audio/mpeg", 0.0),
        (FRAME.ljust(16_000, b"\0"), "audio/ogg", 0.0),
    ],
)
def test_a_sound_says_how_long_it_plays(tmp_path: Path, data: bytes, mime: str, expected: float) -> None:
    path = tmp_path / "sound"
    path.write_bytes(data)
    assert seconds(path, mime) == pytest.approx(expected)


def test_a_bitmap_is_known_by_its_bytes_and_a_text_that_begins_so_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(b"BM" + bytes.fromhex("46000000 00000000 36000000") + bytes(50))
    assert look(path, "a.bmp").mime == "image/bmp"
    path.write_bytes(b"BMW keys are at the desk")
    assert look(path, "a.txt").mime == "text/plain"
