"""What the commands about channels share: their columns, their secrets, and how they say what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from careline.errors import Usage
from careline.model import Channel
from careline.rules.records import channel_record
from careline.settings_keys import problem_of
from cli.inputs import text_of
from cli.output import Column
from cli.runtime import Runtime

COLUMNS = [
    Column("name"),
    Column("kind"),
    Column("state", how="state"),
    Column("address"),
    Column("account_id", "ACCOUNT", shown=False),
    Column("last_inbound_at", "LAST NEWS", "when"),
    Column("health", how="state", shown=False),
    Column("checked_at", "CHECKED", "when", shown=False),
    Column("callback_url", "CALLBACK"),
]
DETAIL = [
    *COLUMNS[:4],
    Column("account_id", "ACCOUNT"),
    Column("details.phone_number_id", "NUMBER ID"),
    Column("details.title", "TITLE"),
    Column("details.verify_by_at", "VERIFY BY", "when", shown=False),
    Column("api_url", "API"),
    Column("callback_url", "CALLBACK"),
    Column("last_inbound_at", "LAST NEWS", "when"),
    Column("health", how="state"),
    Column("checked_at", "CHECKED", "when"),
    Column("created_at", "CREATED", "when"),
]

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What you call it: shop-it")]
ApiUrl = Annotated[str | None, typer.Option("--api-url", metavar="URL", help="Where the platform's API answers.")]
PublicUrl = Annotated[str | None, typer.Option("--public-url", metavar="URL", help="Where platforms reach `careline receive`.")]
AcceptPlain = Annotated[
    bool | None,
    typer.Option(
        "--accept-plain/--encrypted-only",
        help="WeChat: also hear pushes that are not encrypted, which whoever saw one address can forge.",
        show_default=False,
    ),
]
SecretsFrom = Annotated[
    str | None, typer.Option("--secrets-from", metavar="FILE", help="KEY=value lines to put into the keyring; - is stdin.")
]


def saying(run: Runtime) -> Callable[[str, str], None]:
    """Says a step that is done."""

    def say(step: str, words: str) -> None:
        run.say(f" ok  {step:<10} {words}")

    return say


def address(run: Runtime, key: str, given: str | None, known: str) -> str:
    """The address that a flag gives, else a setting somebody made, else what an earlier run registered, else the default."""
    check_address(key, given)
    setting = run.settings.value(key)
    chosen = given or (known if setting.source == "default" and known else setting.text)
    return chosen.rstrip("/")


def check_address(key: str, given: str | None) -> None:
    """Raises Usage for a flag that the setting ``key`` could not have."""
    if given is not None and (problem := problem_of(key, given)):
        raise Usage(f"{given!r}: {problem}.", code="bad_address")


def due_by(run: Runtime, given: str) -> int | None:
    """The instant that --verify-by means, of a day its beginning; None for ``none``."""
    from careline.rules.times import parse_time

    if given == "none":
        return None
    return parse_time(given, run.now(), run.tz)


def plan(run: Runtime, wanted: Channel, *steps: str) -> None:
    """Say what registering would do, and show the channel as it would be."""
    run.say(f"Would register {wanted.name} ({wanted.kind}) at {wanted.api_url}:")
    for step in steps:
        run.say(f"  {step}")
    known = run.line.store.get(Channel, wanted.name)
    run.show_one(channel_record(wanted) | {"created_at": known and known.created_at}, columns=DETAIL)


def given_secrets(run: Runtime, kind: str, source: str | None) -> dict[str, str]:
    """The secrets of --secrets-from, by key. Raises Usage for a name that this kind of channel does not know."""
    if source is None:
        return {}
    from careline.channels.whatsapp.registration import check_pin
    from careline.rules.kinds import KINDS
    from careline.secrets import parse_secrets

    text, where = text_of(run, source), "stdin" if source == "-" else source
    found = {key.lower(): value for key, value in parse_secrets(text, where).items()}
    if unknown := [key for key in found if key not in KINDS[kind].secrets]:
        raise Usage(
            f"{where}: a {kind} channel has no secret {unknown[0]!r}.",
            code="bad_secrets",
            hint=f"There are: {', '.join(KINDS[kind].secrets)}.",
        )
    if "pin" in found:
        check_pin(found["pin"])
    return found


def check_pin_given(run: Runtime, channel: Channel) -> None:
    """Raises Usage for a secret pin that cannot be one, before a code is used up."""
    from careline.channels.whatsapp.registration import check_pin

    pin = run.line.secrets.find(channel.name, channel.kind, "pin")
    if pin is None:
        return
    try:
        check_pin(pin)
    except Usage as error:
        error.hint = f"{error.hint} This one comes from {run.line.secrets.source(channel.name, channel.kind, 'pin')}."
        raise


def take_secrets(run: Runtime, channel: Channel, source: str | None) -> None:
    """Put the secrets of --secrets-from into the keyring, none of them when one has a name that this kind does not know."""
    for key, value in given_secrets(run, channel.kind, source).items():
        run.line.secrets.put(channel.name, key, value)


def told(run: Runtime, channel: Channel) -> None:
    """The channel as it is now: a line for a person, the record for a script."""
    if run.on_screen:
        run.say(f"\n{channel.name} is {channel.state}.")
        return
    run.show_one(channel_record(channel), columns=DETAIL)
