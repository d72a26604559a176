"""A file in a multipart form, read from its disk as it goes out: a video is never held in memory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from careline.channels.ports import Attachment

CHUNK = 64 * 1024
SLOWEST = 64 * 1024  # bytes a second: an upload may take as long as that needs


class Form:
    """The form that carries ``attachment`` under the name ``field``, behind some ``texts``."""

    def __init__(self, attachment: Attachment, field: str, texts: Mapping[str, str]) -> None:
        self._attachment = attachment
        boundary = f"careline-{os.urandom(12).hex()}"
        self._head, self._tail = _around(attachment, field, texts, boundary)
        size = len(self._head) + (attachment.media.bytes or 0) + len(self._tail)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size)}
        self.patience_s = 60 + size / SLOWEST

    async def content(self) -> AsyncIterator[bytes]:
        """The bytes of the form, from the beginning each time."""
        yield self._head
        with self._attachment.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        yield self._tail


def _around(attachment: Attachment, field: str, texts: Mapping[str, str], boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file's bytes. Its name only in ASCII, since no customer sees this one."""
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in texts.items()
    )
    name = quote(attachment.media.name[:100], safe="-_.") or "file"
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    head += f"Content-Type: {attachment.media.mime}\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()
