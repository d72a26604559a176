"""The files of a chat, written into a directory."""

from __future__ import annotations

import shlex
from pathlib import Path

from msgspec.structs import replace

from careline.errors import CarelineError, CredentialsRefused, PartlyDone
from careline.files import replace_file
from careline.media.chat import keep, kept, messages_with_files
from careline.media.names import safe_name
from careline.media.shelf import chunks, make_directory
from careline.model import Conversation, Media, Message
from careline.rules.records import Record
from cli.output import Column
from cli.runtime import Runtime

FILES = [
    Column("message", how="message"),
    Column("at", "WHEN", "when", shown=False),
    Column("direction", shown=False),
    Column("kind"),
    Column("file"),
    Column("bytes", how="count"),
    Column("mime", shown=False),
    Column("sha256", shown=False),
    Column("check"),
    Column("error"),
]


def save(run: Runtime, conversation: Conversation, out: Path) -> None:
    """Fetch what is missing, write every file of the chat into ``out``, show them. Raises PartlyDone when some are not here."""
    run.expect(FILES)
    found = messages_with_files(run.line.store, conversation.id)
    if run.dry_run:
        missing = sum(not kept(run.line.shelf, m) for m in found)
        run.say(f"Would write {len(found)} files, {missing} of them fetched first.")
        return
    if found:
        make_directory(out)
    with run.line.store.lock("media", wait=run.if_busy == "wait"):  # two that fetch one file would write over each other
        fetched, errors = run.wait(_fetched(run, conversation, [m for m in found if not kept(run.line.shelf, m)]))
    rows = [_written(run, m, fetched.get(m.id) or m.media, errors.get(m.id), out) for m in found]
    run.show(rows, columns=FILES, empty="There is no file in this chat.")
    failed = [row for row in rows if row["error"] is not None]
    if failed:
        raise PartlyDone(
            f"{len(failed)} of {len(rows)} files are not here: {failed[0]['error']}",
            hint="What was fetched stays; running it again tries only the others.",
            run=f"careline chats media {conversation.id} --out {shlex.quote(str(out))}",
        )


async def _fetched(run: Runtime, conversation: Conversation, missing: list[Message]) -> tuple[dict[int, Media], dict[int, str]]:
    """What came of each message's file: the media as it is kept, or why there is none."""
    line, fetched, errors = run.line, dict[int, Media](), dict[int, str]()
    if not missing:
        return {}, {}
    channel = line.channel(conversation.channel)
    async with line.http(channel, run.timeout_us) as http:
        source = line.files(channel, http)
        for message in missing:
            try:
                fetched[message.id] = await keep(line.store, line.shelf, source, message, source.most)
            except CredentialsRefused:
                raise
            except CarelineError as error:
                errors[message.id] = error.message
    return fetched, errors


def _written(run: Runtime, message: Message, media: Media | None, error: str | None, out: Path) -> Record:
    """The row of a file, after writing it if it is here."""
    assert media is not None
    path, target = run.line.shelf.path(media.sha256), out / safe_name(replace(message, media=media))
    if path is not None:
        with path.open("rb") as file:
            replace_file(target, chunks(file))
    return {
        "message": message.id,
        "at": message.occurred_at,
        "direction": message.direction,
        "kind": message.kind,
        "file": str(target) if path else None,
        "mime": media.mime or None,
        "bytes": media.bytes,
        "sha256": media.sha256 or None,
        "check": media.check or None,
        "error": error,
    }
