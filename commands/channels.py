"""Accounts on WhatsApp and WeChat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from careline.errors import Usage
from careline.model import Channel
from careline.rules.records import channel_record
from careline.settings_keys import problem_of
from cli.options import ChannelArgument
from cli.output import Column
from cli.runtime import Runtime, runtime

app = typer.Typer()
register = typer.Typer(help="Set up an account; run again, it goes on where it stopped.")
app.add_typer(register, name="register")

COLUMNS = [
    Column("name"),
    Column("kind"),
    Column("state", how="state"),
    Column("address"),
    Column("account_id", "ACCOUNT", shown=False),
    Column("last_inbound_at", "LAST NEWS", "when"),
    Column("callback_url", "CALLBACK"),
]
DETAIL = [
    *COLUMNS[:4],
    Column("account_id", "ACCOUNT"),
    Column("details.phone_number_id", "NUMBER ID"),
    Column("details.title", "TITLE"),
    Column("api_url", "API"),
    Column("callback_url", "CALLBACK"),
    Column("last_inbound_at", "LAST NEWS", "when"),
    Column("created_at", "CREATED", "when"),
]

SECRETS = {
    "whatsapp": ("access_token", "app_secret", "verify_token"),
    "wechat": ("app_secret", "token", "encoding_aes_key"),
}

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What you call it: shop-it")]
ApiUrl = Annotated[str | None, typer.Option("--api-url", metavar="URL", help="Where the platform's API answers.")]
PublicUrl = Annotated[str | None, typer.Option("--public-url", metavar="URL", help="Where platforms reach `careline receive`.")]
SecretsFrom = Annotated[
    str | None, typer.Option("--secrets-from", metavar="FILE", help="KEY=value lines to put into the keyring; - is stdin.")
]


@register.command("whatsapp")
def register_whatsapp(
    ctx: typer.Context,
    name: NameArgument,
    phone_number_id: Annotated[str, typer.Option("--phone-number-id", metavar="ID", help="The number's id, not the number.")],
    business_account_id: Annotated[
        str, typer.Option("--business-account-id", metavar="ID", help="The WhatsApp business account (WABA).")
    ],
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="The Meta app, for news of templates.")] = "",
    api_url: ApiUrl = None,
    public_url: PublicUrl = None,
    secrets_from: SecretsFrom = None,
) -> None:
    """Set up a WhatsApp business number: token, number, webhooks.

    Example: careline channels register whatsapp shop-it --phone-number-id 106540352242922 --business-account-id 102290129340398
    """
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import steps, whatsapp

    run = runtime(ctx)
    known = run.line.store.get(Channel, steps.check_name(name))
    steps.check_kind(known, "whatsapp", phone_number_id)
    wanted = Channel(
        name=name,
        kind="whatsapp",
        account_id=business_account_id,
        phone_number_id=phone_number_id,
        app_id=app_id or (known.app_id if known else ""),
        api_url=_address(run, "whatsapp_api_url", api_url, known.api_url if known else ""),
        public_url=_address(run, "public_url", public_url, known.public_url if known else ""),
    )
    if run.dry_run:
        _plan(run, wanted, "check the token", "read the number", "store the channel", "subscribe the app's webhooks")
        return
    run.expect(DETAIL)
    _take_secrets(run, wanted, secrets_from)
    say, actor = _steps(run), run.actor("register")

    async def look() -> whatsapp.Found:
        async with run.line.http(wanted) as http:
            return await whatsapp.look(Setup(run.line.graph(wanted, http)), say)

    channel = whatsapp.store_channel(run.line.store, wanted, run.wait(look()), say, actor)
    run.line.write_names()
    verify_token = steps.own_secret(run.line.secrets, channel, "verify_token") if channel.public_url else ""

    async def subscribe() -> None:
        async with run.line.http(channel) as http:
            setup = Setup(run.line.graph(channel, http))
            await whatsapp.subscribe(setup, channel, verify_token, say)
            if channel.app_id and channel.public_url:
                secret = run.line.secrets.get(channel.name, channel.kind, "app_secret")
                await whatsapp.subscribe_app(setup, channel, verify_token, secret, say)

    run.wait(subscribe())
    channel = steps.stepped(run.line.store, channel, "webhooks", active=True, actor=actor)
    _registered(run, channel)


@register.command("wechat")
def register_wechat(
    ctx: typer.Context,
    name: NameArgument,
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="The account's AppID: wx…")],
    api_url: ApiUrl = None,
    public_url: PublicUrl = None,
    secrets_from: SecretsFrom = None,
) -> None:
    """Set up a WeChat Official Account: token, and what to paste into its console.

    Example: careline channels register wechat brand-cn --app-id wx0123456789abcdef
    """
    from careline.registering import steps, wechat

    run = runtime(ctx)
    known = run.line.store.get(Channel, steps.check_name(name))
    steps.check_kind(known, "wechat", wechat.check_app_id(app_id))
    wanted = Channel(
        name=name,
        kind="wechat",
        account_id=app_id,
        api_url=_address(run, "wechat_api_url", api_url, known.api_url if known else ""),
        public_url=_address(run, "public_url", public_url, known.public_url if known else ""),
    )
    if run.dry_run:
        _plan(run, wanted, "fetch an access token", "store the channel", "print what the console needs")
        return
    run.expect(DETAIL)
    _take_secrets(run, wanted, secrets_from)
    say, actor = _steps(run), run.actor("register")
    secret = run.line.secrets.get(name, "wechat", "app_secret")

    async def check() -> None:
        async with run.line.http(wanted) as http:
            await wechat.check(wanted, http, secret, say)

    run.wait(check())
    channel = wechat.store_channel(run.line.store, wanted, say, actor)
    run.line.write_names()
    console = wechat.console(channel, run.line.secrets)
    channel = wechat.active(run.line.store, channel, actor)
    run.say("\nPaste into WeChat's console (Settings and development, Basic configuration, Server configuration):")
    run.say(f"  URL             {console.url or '(set --public-url and run this again)'}")
    run.say(f"  Token           {console.token}")
    run.say(f"  EncodingAESKey  {console.encoding_aes_key}")
    run.say("  Mode            safe (encrypted)")
    if run.settings.is_sandbox and console.url:
        run.say(f"In the sandbox that is: careline sandbox paste {channel.name}")
    _registered(run, channel)


@app.command("list")
def list_channels(ctx: typer.Context) -> None:
    """List the channels of this profile.

    Example: careline channels list -o json
    """
    run = runtime(ctx)
    run.show(
        [channel_record(c) for c in run.line.channels()],
        columns=COLUMNS,
        empty="No channel is registered yet: careline channels register --help",
    )


@app.command("show")
def show_channel(ctx: typer.Context, channel: ChannelArgument) -> None:
    """Show one channel, with the address its webhooks must go to.

    Example: careline channels show shop-it
    """
    run = runtime(ctx)
    run.show_one(channel_record(run.line.channel(channel)), columns=DETAIL)


def _steps(run: Runtime) -> Callable[[str, str], None]:
    def say(step: str, words: str) -> None:
        run.say(f" ok  {step:<10} {words}")

    return say


def _address(run: Runtime, key: str, given: str | None, known: str) -> str:
    """The address that a flag gives, else a setting somebody made, else what an earlier run registered, else the default."""
    if given is not None and (problem := problem_of(key, given)):
        raise Usage(f"{given!r}: {problem}.", code="bad_address")
    setting = run.settings.value(key)
    chosen = given or (known if setting.source == "default" and known else setting.text)
    return chosen.rstrip("/")


def _plan(run: Runtime, wanted: Channel, *steps: str) -> None:
    run.say(f"Would register {wanted.name} ({wanted.kind}) at {wanted.api_url}:")
    for step in steps:
        run.say(f"  {step}")
    known = run.line.store.get(Channel, wanted.name)
    run.show_one(channel_record(wanted) | {"created_at": known and known.created_at}, columns=DETAIL)


def _take_secrets(run: Runtime, channel: Channel, source: str | None) -> None:
    """Put the secrets of --secrets-from into the keyring, none of them when one has a name that this kind does not know."""
    if source is None:
        return
    from careline.secrets import parse_secrets

    if source == "-":
        text = run.read_stdin()
    else:
        try:
            with open(source, encoding="utf-8") as file:
                text = file.read(64 * 1024)
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"{source} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.") from None
    found = {key.lower(): value for key, value in parse_secrets(text, source).items()}
    if unknown := [key for key in found if key not in SECRETS[channel.kind]]:
        raise Usage(
            f"{source}: a {channel.kind} channel has no secret {unknown[0]!r}.",
            code="bad_secrets",
            hint=f"There are: {', '.join(SECRETS[channel.kind])}.",
        )
    for key, value in found.items():
        run.line.secrets.put(channel.name, key, value)


def _registered(run: Runtime, channel: Channel) -> None:
    if run.on_screen:
        run.say(f"\n{channel.name} is {channel.state}.")
        return
    run.show_one(channel_record(channel), columns=DETAIL)
