"""Files go to the platform before the message that carries them. What it holds already is not uploaded again."""

from __future__ import annotations

from msgspec.structs import replace

from careline.channels.ports import Attachment, Uploads
from careline.errors import CarelineError
from careline.events import Content, Entry, MediaUploaded
from careline.model import Channel, Media, Upload
from careline.store.base import Store


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
    _note(store, channel, media, store.now() + uploads.kept)
    return media


def forget(store: Store, channel: Channel, media: Media) -> None:
    """Upload this one again the next time: a message that carried it was refused, perhaps because it is gone."""
    known = store.get(Upload, channel.name, media.sha256, media.mime)
    if known is not None and known.until_at:
        _note(store, channel, media, 0)


def _note(store: Store, channel: Channel, media: Media, until_at: int) -> None:
    event = MediaUploaded(until_at=until_at, content=Content(media=media))
    store.change(
        lambda change: change.record([Entry(event=event, channel=channel.name, occurred_at=change.now, actor="platform")])
    )
