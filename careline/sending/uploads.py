"""Files go to the platform before the message that carries them. What it holds already is not uploaded again."""

from __future__ import annotations

from msgspec.structs import replace

from careline.channels.ports import Attachment, Uploads
from careline.clock import SECOND
from careline.errors import CarelineError, NotSent
from careline.events import Content, Entry, MediaUploaded
from careline.model import Channel, Media, Upload
from careline.store.base import Store

FOR_EVER = 253_402_300_799 * SECOND  # the end of the year 9999
GONE = "upload_gone"  # what a client says when the platform does not know the file of a message


async def uploaded(store: Store, channel: Channel, uploads: Uploads, attachment: Attachment) -> Media:
    """The file with the id the platform knows it by: uploaded now, or earlier to the same number with the same content.

    Raises what ``uploads`` raises: then no message went out.
    """
    media = attachment.media
    known = store.get(Upload, channel.name, media.sha256, media.mime)
    if known is not None and known.until_at > store.now():
        return replace(media, id=known.id)
    try:
        media = replace(media, id=await uploads.upload(attachment))
    except CarelineError as error:
        error.message = f"{media.name} was not uploaded, and nothing was sent: {error.message}"
        raise
    note(store, channel, media, store.now() + uploads.kept)
    return media


def forget(store: Store, channel: Channel, media: Media) -> None:
    """Upload this one again the next time: a message that carried it was refused, perhaps because it is gone."""
    known = store.get(Upload, channel.name, media.sha256, media.mime)
    if known is not None and known.until_at:
        note(store, channel, media, 0)


def uploaded_again(error: CarelineError) -> CarelineError:
    """The refusal of a message; one whose file the platform had no more goes out when it is sent again as it stands."""
    if error.code != GONE:
        return error
    hint = "It is uploaded anew the next time."
    return NotSent(error.message, code=GONE, hint=hint, platform_code=error.platform_code, trace_id=error.trace_id)


def dropped(store: Store, channel: Channel, media_id: str) -> None:
    """Upload a file again the next time, if it is the one that the platform called ``media_id``."""
    for known in list(store.select(Upload, "WHERE channel = ? AND id = ?", channel.name, media_id)):
        if known.until_at:
            note(store, channel, Media(id=known.id, mime=known.mime, sha256=known.sha256), 0)


def note(store: Store, channel: Channel, media: Media, until_at: int) -> None:
    """Write down that the platform has a file under its id until then."""
    event = MediaUploaded(until_at=until_at, content=Content(media=media))
    store.change(
        lambda change: change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor="platform")])
    )
