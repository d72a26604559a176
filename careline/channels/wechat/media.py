"""Files to and from an Official Account that go out of date: WeChat holds them for three days, ours and customers' alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from careline.channels.ports import Attachment, Described, Pieces
from careline.channels.tencent.door import Door
from careline.channels.wechat.files import INBOUND, SUFFIXES, kind_of
from careline.clock import HOUR
from careline.errors import CarelineError, NotFound

KEPT = 71 * HOUR  # WeChat: three days; an hour before, so that a message does not find it gone
GONE = ("40007", "40118", "40121")


class MediaCalls:
    """The temporary files of one Official Account."""

    kept = KEPT
    most = INBOUND

    def __init__(self, door: Door) -> None:
        self._door = door

    async def upload(self, attachment: Attachment) -> str:
        """Hand a file over and give its id. Raises NotSent, Refused, CredentialsRefused; no message goes out by it."""
        type = "voice" if (kind := kind_of(attachment)) == "audio" else kind
        return (await self._door.upload(_Uploaded, "/cgi-bin/media/upload", unnamed(attachment), type=type)).media_id

    async def about(self, id: str) -> Described:
        """What WeChat says of a file before it gives it: nothing. Its id is its address."""
        if not id:
            raise NotFound("WeChat named no file in this message.", code="media_gone")
        return Described(url=id)

    @asynccontextmanager
    async def download(self, url: str, offset: int) -> AsyncIterator[Pieces]:
        """The bytes of the file with the id ``url``, always from the beginning. A video is had from the address WeChat names.

        Raises NotFound when WeChat has it no more, NotSent when the connection fails.
        """
        try:
            async with self._door.file("/cgi-bin/media/get", link="video_url", media_id=url) as streamed:
                yield streamed
        except CarelineError as error:
            raise gone(error) from None


def gone(error: CarelineError) -> CarelineError:
    """The error, in our words where it says that there is no such file."""
    if error.platform_code not in GONE:
        return error
    return NotFound(
        "WeChat has this file no more.",
        code="media_gone",
        hint="It keeps files for three days: careline receive fetches those of customers as they come.",
        platform_code=error.platform_code,
        trace_id=error.trace_id,
    )


def unnamed(attachment: Attachment) -> Attachment:
    """The file under a name that tells its type and nothing else: no customer sees it."""
    media = attachment.media
    return replace(attachment, media=replace(media, name=f"file{SUFFIXES.get(media.mime, '')}"))


class _Uploaded(Struct):
    media_id: Annotated[str, Meta(min_length=1)]
