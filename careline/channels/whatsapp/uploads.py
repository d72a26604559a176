"""Uploads a sample of a template, or a profile picture: Meta's resumable upload, which ends in a handle.

A handle is no media id: Meta takes either only in its own place.
"""

from __future__ import annotations

import re
from pathlib import Path

from careline.channels.whatsapp.graph import VERSION, Graph
from careline.channels.whatsapp.loose import Fields, as_id, as_int
from careline.errors import NotSent, Unknown, Usage

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
}
BIGGEST = 100 * 1024 * 1024
TRIES = 5
_SESSION = re.compile(r"(upload:[\w=+~-]+)(?:\?sig=([\w=+~-]+))?", re.ASCII)


class Uploads:
    """Files on their way to an app's storage."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def send(self, path: Path) -> str:
        """The handle of a file. A connection that breaks is taken up again where it broke, five times.

        Raises Usage for a file that cannot be read or is of no type that Meta takes, NotSent when it keeps breaking.
        """
        mime, data = _read(path)
        app = self._graph.channel.app_id or "app"
        wanted = {"file_name": path.name, "file_length": str(len(data)), "file_type": mime}
        began = await self._graph.call("POST", f"/{VERSION}/{app}/uploads", params=wanted, may_change=False)
        session, signature = _session(began)
        offset = 0
        for left in reversed(range(TRIES)):
            try:
                answer = await self._piece(session, signature, data[offset:], offset)
            except (NotSent, Unknown) as error:
                if not left or error.platform_code:
                    raise NotSent(f"{path} could not be uploaded: {error.message}", hint=error.hint) from None
                answer = await self._graph.get(f"/{VERSION}/{session}", **signature)
            if handle := as_id(answer.get("h")):
                return handle.split("\n")[0]
            offset = as_int(answer.get("file_offset")) or 0
        raise NotSent(f"{path} could not be uploaded: WhatsApp never gave its handle.")

    async def _piece(self, session: str, signature: dict[str, str], data: bytes, offset: int) -> Fields:
        headers = {
            "Authorization": f"OAuth {self._graph.token}",
            "Content-Type": "application/octet-stream",
            "file_offset": str(offset),
        }
        path = f"/{VERSION}/{session}"
        return await self._graph.call("POST", path, content=data, headers=headers, params=signature, may_change=False)


def type_of(path: Path) -> str:
    """The type of a sample by its name. Raises Usage for one that Meta does not take."""
    mime = TYPES.get(path.suffix.lower())
    if mime is None:
        raise Usage(
            f"{path} is no sample that WhatsApp takes.", code="bad_sample", hint=f"It takes {', '.join(sorted(TYPES))}."
        )
    return mime


def _read(path: Path) -> tuple[str, bytes]:
    mime = type_of(path)
    try:
        if path.stat().st_size > BIGGEST:
            raise Usage(f"{path} is larger than {BIGGEST // 1024 // 1024} MiB.", code="bad_sample")
        data = path.read_bytes()
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
    if not data:
        raise Usage(f"{path} is empty.", code="bad_sample")
    return mime, data


def _session(answer: Fields) -> tuple[str, dict[str, str]]:
    """The session's path and its signature. Raises NotSent for what is none: nothing was uploaded."""
    found = _SESSION.fullmatch(as_id(answer.get("id")))
    if found is None:
        raise NotSent("WhatsApp began no upload that could be gone on with.")
    return found[1], {"sig": found[2]} if found[2] else {}
