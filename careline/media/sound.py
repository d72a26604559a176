"""How long a sound plays: AMR by counting its frames, MP3 by what its first one says. Nothing is decoded."""

from __future__ import annotations

from pathlib import Path

FRAME_S = 0.02
_AMR = b"#!AMR\n"
_AMR_FRAMES = (12, 13, 15, 17, 19, 20, 26, 31, 5)  # bytes after the first, by the kind of frame
_LARGEST_AMR = 32 * 50 * 3600  # bytes of an hour: nobody counts more
_KBITS = {  # of MP3, by version: MPEG 1, and 2 and 2.5
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES_A_SECOND = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def seconds(path: Path, mime: str) -> float:
    """How long the file plays; 0 where that cannot be told."""
    with path.open("rb") as file:
        if mime == "audio/amr":
            return _amr(file.read(_LARGEST_AMR))
        if mime != "audio/mpeg":
            return 0.0
        head = file.read(10)
        tag = 10 + _tag(head[6:10]) if head[:3] == b"ID3" else 0
        file.seek(tag)
        return _mp3(file.read(2048), path.stat().st_size - tag)


def _amr(data: bytes) -> float:
    if not data.startswith(_AMR):
        return 0.0
    place, frames = len(_AMR), 0
    while place < len(data):
        kind = data[place] >> 3 & 15
        place += 1 + (_AMR_FRAMES[kind] if kind < len(_AMR_FRAMES) else 0)
        frames += 1
    return frames * FRAME_S


def _mp3(head: bytes, size: int) -> float:
    for place in range(len(head) - 3):
        first, second, third = head[place : place + 3]
        if first != 0xFF or second & 0xE6 != 0xE2:  # a frame of layer III begins
            continue
        version, rate, pitch = second >> 3 & 3, third >> 4, third >> 2 & 3
        if version == 1 or rate in (0, 15) or pitch == 3:
            continue
        counted = max(head.find(b"Xing"), head.find(b"Info"))  # a file of varying bit rate says how many frames it has
        if counted > 0 and head[counted + 7] & 1:
            frames = int.from_bytes(head[counted + 8 : counted + 12])
            return frames * (1152 if version == 3 else 576) / _SAMPLES_A_SECOND[version][pitch]
        return (size - place) * 8 / (_KBITS[3 if version == 3 else 2][rate] * 1000)
    return 0.0


def _tag(size: bytes) -> int:
    """The length of an ID3 tag: seven bits a byte."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))
