"""A customer's file comes from the platform onto the shelf: in pieces, from where it broke off, and checked at the end.

No more is read than the platform said the file has, nor than it can have at all, whatever the server sends, and in memory there
is one piece at a time. An address works for a few minutes: one that is refused is asked for again, once.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from careline.channels.ports import Described, Downloads
from careline.errors import Failed, NotSent, Refused
from careline.media.shelf import Shelf, digest, drop, opened, size_of, write
from careline.model import Media

TRIES = 4  # connections that may break, as long as each brings something
_EXPIRED = (401, 403, 404, 410)


async def fetch(source: Downloads, shelf: Shelf, media: Media, name: str, most: int) -> Media:
    """The media as it is kept then: with its SHA-256, size and ``check``. ``name`` is its own among what is being fetched.

    Raises NotFound when the platform has it no more, NotSent when the connection breaks (what came is kept, and the next
    try goes on from there), Failed for bytes that are not those promised, or more than ``most``.
    """
    described = await source.about(media.id)
    size = described.bytes if described.bytes is not None else media.bytes
    if size is not None and size > most:
        raise Refused(f"The file has {size} bytes; no more than {most} are fetched.", code="file_too_large")
    partial = shelf.partial(name)
    await _whole(source, described, media.id, partial, size, most)
    sha256, check = _checked(shelf, partial, [described.sha256, media.sha256])
    return Media(
        id=media.id, mime=media.mime or described.mime, name=media.name, bytes=shelf.size(sha256), sha256=sha256, check=check
    )


def known_sha256(text: str) -> str:
    """A SHA-256 in hex, however the platform writes it (base64 or hex); empty for what is none."""
    text = text.strip()
    if len(text) == 64:
        try:
            return bytes.fromhex(text).hex()
        except ValueError:
            return ""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == 32 else ""


async def _whole(source: Downloads, described: Described, id: str, partial: Path, size: int | None, most: int) -> None:
    """Gather the bytes until they are all there."""
    limit, renewed, broken = most if size is None else size, False, 0
    while True:
        before = size_of(partial)
        try:
            status = await _some(source, described.url, partial, before, limit, complete=before == size)
        except NotSent:
            broken += 1
            if broken >= TRIES or size_of(partial) <= before:
                raise
            continue
        if status in (200, 206):
            break
        if status == 416:  # what we have is not part of what there is now
            drop(partial)
        elif status in _EXPIRED and not renewed:
            renewed, described = True, await source.about(id)
        elif status >= 500:
            raise NotSent(f"The file's address answers {status}.", hint="Run it again in a little while.")
        else:
            raise Failed(f"The file's address answers {status}.", code="media_refused")
        broken += 1
        if broken >= TRIES:
            raise Failed(f"The file's address goes on answering {status}.", code="media_refused")
    found = size_of(partial)
    if size is not None and found < size:
        raise NotSent(f"Only {found} of {size} bytes came.", hint="Run it again: it goes on from there.")


async def _some(source: Downloads, url: str, partial: Path, before: int, limit: int, *, complete: bool) -> int:
    """Append what one request brings, and give its status. Nothing is asked for when it is ``complete``."""
    if complete:
        return 200
    async with source.download(url, before) as answer:
        if answer.status not in (200, 206):
            return answer.status
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise Failed("The file comes packed, which nobody asked for.", code="media_refused")
        start = before if answer.status == 206 and _begins_at(answer.headers.get("content-range", "")) == before else 0
        if answer.status == 206 and start != before:
            return 416
        with opened(partial, start) as file:
            size = start
            async for chunk in answer.chunks():
                size += len(chunk)
                if size > limit:
                    file.truncate(0)
                    raise Failed(
                        f"The server sends more than the {limit} bytes that the file may have.",
                        code="media_lies",
                        hint="Nothing of it was kept.",
                    )
                write(file, chunk)
        return answer.status


def _begins_at(content_range: str) -> int:
    """Where a part begins: ``bytes 100-199/200`` at 100. -1 for what does not say."""
    first = content_range.removeprefix("bytes ").partition("-")[0].strip()
    return int(first) if first.isascii() and first.isdigit() else -1


def _checked(shelf: Shelf, partial: Path, told: list[str]) -> tuple[str, str]:
    """Put the whole file on the shelf if it is what the platform promised; its SHA-256, and how sure that is."""
    promised = next((known for text in told if (known := known_sha256(text))), "")
    if promised and digest(partial) != promised:
        drop(partial)
        raise Failed(
            "The file is damaged: its SHA-256 is not the one the platform tells.",
            code="media_damaged",
            hint="Nothing of it was kept. Run it again.",
        )
    return shelf.finish(partial), "verified" if promised else "unverifiable"
