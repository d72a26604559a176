"""Files to and from WeCom: an id works for three days, for everybody in the company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from msgspec import Meta, Struct

from careline.channels.ports import Attachment, Described, Pieces
from careline.channels.tencent.door import Door
from careline.channels.wecom import policy
from careline.clock import HOUR
from careline.errors import CarelineError, NotFound, Usage

MIB = 1024 * 1024
LARGEST = 20 * MIB
_SMALLEST = 5  # bytes that no file may have or have less than
_LIMITS = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": LARGEST}
_TYPES = {"image/jpeg": "image", "image/png": "image", "audio/amr": "voice", "video/mp4": "video"}
KINDS = {"image": "image", "voice": "audio", "video": "video", "file": "document"}


class MediaCalls:
    """The files of one company."""

    kept = policy.MEDIA_KEPT - HOUR  # so that a message does not find it gone
    most = LARGEST

    def __init__(self, door: Door) -> None:
        self._door = door

    async def upload(self, attachment: Attachment) -> str:
        """Hand a file over and give its id. Raises NotSent, Refused, CredentialsRefused: no message went out by it."""
        type = type_of(attachment)
        return (await self._door.upload(_Uploaded, "/cgi-bin/media/upload", attachment, "media", type=type)).media_id

    async def about(self, id: str) -> Described:
        """WeCom tells nothing of a file before it gives it: the id is its address."""
        return Described(url=id)

    @asynccontextmanager
    async def download(self, url: str, offset: int) -> AsyncIterator[Pieces]:
        """The bytes of the file with that id. Raises NotFound when WeCom has it no more."""
        try:
            async with self._door.file("/cgi-bin/media/get", media_id=url) as streamed:
                yield streamed
        except CarelineError as error:
            if error.platform_code != "40007":
                raise
            raise NotFound(
                "WeCom has this file no more.",
                code="media_gone",
                hint="It keeps what customers send for 3 days.",
                platform_code=error.platform_code,
            ) from None


def type_of(attachment: Attachment) -> str:
    """image, voice, video or file: what WeCom takes it as. Raises Usage for a file it does not take."""
    size = attachment.media.bytes or 0
    type = _TYPES.get(attachment.media.mime, "file")
    if size > _LIMITS[type]:
        type = "file"
    if size > LARGEST or size <= _SMALLEST:
        raise Usage(
            f"{attachment.media.name} has {size:,} bytes: WeCom takes 6 bytes to 20 MiB.",
            code="file_too_large" if size > LARGEST else "file_too_small",
            hint="Images and videos go out as files above 10 MiB, voice messages above 2.",
        )
    return type


def kind_of(attachment: Attachment) -> str:
    """The kind of message that a file goes out as. Raises Usage for one that WeCom does not take."""
    return KINDS[type_of(attachment)]


class _Uploaded(Struct):
    media_id: Annotated[str, Meta(min_length=1)]
