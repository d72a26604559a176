"""Settings, and where each comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import NotFound, Usage
from careline.settings import private_dir
from careline.settings_files import write_user_file
from careline.settings_keys import KEYS, STORED, problem_of, shown
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()

SETTING = [
    Column("key"),
    Column("value"),
    Column("source", shown=False),
    Column("variable", shown=False),
    Column("says", shown=False),
]
SOURCED = [column._replace(shown=column.field in ("key", "value", "source")) for column in SETTING]

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A setting, as `config show` names it.")]


@app.command("show")
def show_settings(
    ctx: typer.Context,
    sources: Annotated[bool, typer.Option("--sources", help="Also where each value comes from.")] = False,
) -> None:
    """Show every setting as it holds here and now.

    Example: careline config show --sources
    """
    run = runtime(ctx)
    run.show([_record(run, name) for name in KEYS], columns=SOURCED if sources else SETTING)


@app.command("get")
def get_setting(ctx: typer.Context, key: KeyArgument) -> None:
    """Print the value of one setting.

    Example: careline config get tz
    """
    run = runtime(ctx)
    run.tell(shown(run.settings.value(_known(key)).text))


@app.command("set")
def set_setting(
    ctx: typer.Context,
    key: KeyArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it shall be.")],
) -> None:
    """Keep a setting for every profile, or for the one of --profile.

    Example: careline config set tz Europe/Rome
    """
    run = runtime(ctx)
    settings = run.settings
    if _known(key) not in STORED:
        raise Usage(f"{key} is not kept in a file.", code="not_stored", hint=f"Set {KEYS[key].variable} instead.")
    if problem := problem_of(key, value):
        raise Usage(f"{key} cannot be {value!r}: {problem}.", code="bad_setting")
    profile = settings.profile if "profile" in run.flags else None
    where = f"{settings.user_file}{f' [profile.{profile}]' if profile else ''}"
    if run.dry_run:
        run.say(f"Would set {key} in {where}")
        return
    private_dir(settings.home)
    write_user_file(settings.user_file, key, value, profile)
    run.say(f"{key} is set in {where}")
    holds = run.load_settings().value(key)
    if holds.text != value:
        run.say(f"but {holds.source} says {shown(holds.text)}, and that holds here")


@app.command("path")
def show_path(ctx: typer.Context) -> None:
    """Print where the user's settings are kept.

    Example: careline config path
    """
    run = runtime(ctx)
    run.tell(str(run.settings.user_file))


def _known(key: str) -> str:
    if key not in KEYS:
        raise NotFound(f"There is no setting {key!r}.", code="unknown_setting", run="careline config show")
    return key


def _record(run: Runtime, name: str) -> dict[str, str | None]:
    value = run.settings.value(name)
    return {
        "key": name,
        "value": shown(value.text) or None,
        "source": value.source,
        "variable": KEYS[name].variable,
        "says": KEYS[name].says,
    }
