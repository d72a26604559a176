"""Files of the templates that an account has. Part of `careline templates`."""

from __future__ import annotations

from pathlib import Path

import typer

from careline.model import Channel
from careline.templates import file, gather, lock
from careline.templates.pinning import pulled as pinned
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands._templates import some
from commands._templates_plan import DirArgument, everything

app = typer.Typer()


@app.command("pull")
def pull(
    ctx: typer.Context,
    folder: DirArgument,
    channel: ChannelOption = None,
) -> None:
    """Write the account's templates into a folder, a file for each; files that say the same are left alone.

    Example: careline templates pull templates/
    """
    from careline.templates.pull import pulled

    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    before = file.folder(folder) if folder.exists() else []
    wanted = gather.wanted([file.read(path) for path in before])
    kept = lock.load(folder, found.account_id)
    raws = everything(run, found)
    todo = pulled(raws, wanted, folder)
    replaced = [one for one in todo if one.replaces]
    if replaced:
        run.confirm(f"Replace {some([one.path for one in replaced])}?")
    columns = [Column("name"), Column("language"), Column("file"), Column("done")]
    rows = [
        {
            "name": one.name,
            "language": one.language,
            "file": str(one.path),
            "done": None if run.dry_run else "replaced" if one.replaces else "written",
        }
        for one in todo
    ]
    if not run.dry_run:
        run.wait(_written(run, found, folder, [(one.path, one.raw) for one in todo]))
        now = gather.wanted([file.read(path) for path in file.folder(folder)])
        lock.save(folder, pinned(kept, now, map(gather.listed, raws)))
    run.show(rows, columns=columns, empty="The files say what the account has.")


async def _written(run: Runtime, channel: Channel, folder: Path, files: list[tuple[Path, dict[str, object]]]) -> None:
    """Write the files, with the samples that can still be fetched beside them."""
    from careline.templates.pull import with_samples

    async with run.line.http(channel) as http:
        graph = run.line.graph(channel, http)
        with run.progress("files", len(files)) as advance:
            for path, raw in files:
                file.write(path, await with_samples(raw, path, graph.streaming))
                advance(1)
