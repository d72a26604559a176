"""What a WeChat account answers by itself, from one file: a greeting, keywords, a default, the desk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from careline.errors import Usage
from careline.model import Channel
from cli.output import Column
from cli.runtime import Runtime
from commands._channels import saying
from commands._channels_toml import read_toml

if TYPE_CHECKING:
    from careline.channels.wechat.replies import Answer

COLUMNS = [
    Column("channel"),
    Column("follow"),
    Column("keywords", how="list"),
    Column("default"),
    Column("transfer"),
]


def profile(run: Runtime, channel: Channel, set_file: Path | None, photo: Path | None) -> None:
    """Show what the receiver answers by itself, after setting it from a file if there is one."""
    from careline.channels.wechat.replies import Replies, checked, kept, read
    from careline.registering.replies import note

    if photo is not None:
        raise Usage("The picture of a WeChat account is changed in its console.", code="not_supported")
    run.expect(COLUMNS)
    replies = read(channel.replies) or Replies()
    if set_file is not None:
        wanted = checked(read_toml(set_file), str(set_file))
        if wanted == replies:
            run.say("Nothing differs.")
        elif run.dry_run:
            run.say("Would set what is answered at once.")
        else:
            note(run.line.store, channel, kept(wanted), run.actor("profile"))
            saying(run)("replies", "set; a receiver that runs answers so in two seconds")
        replies = wanted
    keywords = [
        f"{'/'.join((*(f'={word}' for word in one.equal), *one.contain))}: {_shown(one.answer)}" for one in replies.keywords
    ]
    record: dict[str, Any] = {
        "channel": channel.name,
        "follow": _shown(replies.follow),
        "keywords": keywords,
        "default": _shown(replies.default),
        "transfer": (replies.transfer.media or "any agent") if replies.transfer else None,
    }
    run.show_one(record, columns=COLUMNS)


def _shown(answer: Answer | None) -> str | None:
    """An answer in one line."""
    if answer is None:
        return None
    return {"text": answer.text, "image": f"[image {answer.media}]", "news": f"[news] {answer.text} {answer.url}"}[answer.kind]
