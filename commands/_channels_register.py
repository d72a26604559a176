"""Registering a channel, from nothing or from where it stopped, and the code that proves a number ours."""

from __future__ import annotations

from typing import Annotated

import typer

from careline.errors import Usage
from careline.model import Channel
from cli.options import ChannelArgument
from cli.runtime import runtime
from commands._channels import (
    DETAIL,
    AcceptPlain,
    ApiUrl,
    NameArgument,
    PublicUrl,
    SecretsFrom,
    address,
    check_address,
    check_pin_given,
    due_by,
    plan,
    saying,
    take_secrets,
    told,
)
from commands._channels_bring import wechat_account, wecom_company, whatsapp_number

app = typer.Typer()
register = typer.Typer(help="Set up an account; run again, it goes on where it stopped.")


@register.command("whatsapp")
def register_whatsapp(
    ctx: typer.Context,
    name: NameArgument,
    phone_number_id: Annotated[
        str, typer.Option("--phone-number-id", metavar="ID", help="The number's id, not the number.")
    ] = "",
    business_account_id: Annotated[
        str, typer.Option("--business-account-id", metavar="ID", help="The WhatsApp business account (WABA).")
    ] = "",
    number: Annotated[str, typer.Option("--number", metavar="N", help="Instead of its id; added if new.")] = "",
    verified_name: Annotated[str, typer.Option("--verified-name", metavar="T", help="The name of a new number.")] = "",
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="The Meta app, for news of templates.")] = "",
    api_url: ApiUrl = None,
    public_url: PublicUrl = None,
    secrets_from: SecretsFrom = None,
) -> None:
    """Set up a WhatsApp business number: token, number, registration, webhooks.

    Example: careline channels register whatsapp shop-it --phone-number-id 106540352242922 --business-account-id 102290129340398
    """
    from careline.channels.whatsapp.registration import phone_digits
    from careline.registering import steps

    run = runtime(ctx)
    known = run.line.store.get(Channel, steps.check_name(name))
    account = business_account_id or (known.account_id if known and known.kind == "whatsapp" else "")
    id = phone_number_id or (known.phone_number_id if known and known.kind == "whatsapp" and not number else "")
    if not account or not (id or number):
        missing = "--number, or --phone-number-id" if account else "--business-account-id"
        raise Usage(f"Which account is {name}? {missing} is missing.", run="careline channels register whatsapp --help")
    phone = phone_digits(number) if number else ""
    wanted = Channel(
        name=name,
        kind="whatsapp",
        account_id=account,
        phone_number_id=id,
        app_id=app_id or (known.app_id if known else ""),
        api_url=address(run, "whatsapp_api_url", api_url, known.api_url if known else ""),
        public_url=address(run, "public_url", public_url, known.public_url if known else ""),
    )
    if id:
        steps.check_kind(known, "whatsapp", id)
    if run.dry_run:
        add = () if id else (f"find +{phone} in the account, or add it as {verified_name or '(--verified-name)'}",)
        first = ("check the token", *add, "read the number", "store the channel")
        plan(run, wanted, *first, "register the number with its PIN, if it is not in service", "subscribe the app's webhooks")
        return
    run.expect(DETAIL)
    take_secrets(run, wanted, secrets_from)
    whatsapp_number(run, wanted, known, phone, verified_name)


@register.command("wechat")
def register_wechat(
    ctx: typer.Context,
    name: NameArgument,
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="The account's AppID: wx…")],
    accept_plain: AcceptPlain = None,
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
        api_url=address(run, "wechat_api_url", api_url, known.api_url if known else ""),
        public_url=address(run, "public_url", public_url, known.public_url if known else ""),
        accepts_plain=bool(known and known.accepts_plain) if accept_plain is None else accept_plain,
    )
    if run.dry_run:
        plan(run, wanted, "fetch an access token", "store the channel", "print what the console needs")
        return
    run.expect(DETAIL)
    take_secrets(run, wanted, secrets_from)
    wechat_account(run, wanted)


@app.command("update")
def update(
    ctx: typer.Context,
    channel: ChannelArgument,
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="WhatsApp: the Meta app, for news of templates.")] = "",
    accept_plain: AcceptPlain = None,
    verify_by: Annotated[
        str,
        typer.Option("--verify-by", metavar="DATE", help="WeChat: the account must be verified by then; `none` forgets it."),
    ] = "",
    api_url: ApiUrl = None,
    public_url: PublicUrl = None,
    secrets_from: SecretsFrom = None,
) -> None:
    """Change where a channel is and where its webhooks go, as registering it again would.

    Example: careline channels update shop-it --public-url https://care.example
    """
    from msgspec.structs import replace

    from careline.registering import steps, verification

    run = runtime(ctx)
    known = run.line.channel(channel)
    check_address("whatsapp_api_url", api_url)
    check_address("public_url", public_url)
    if app_id and known.kind == "wecom":
        raise Usage("A WeCom channel is its company.", run="careline channels register wecom --help")
    if app_id and known.kind == "wechat":
        raise Usage(
            "A WeChat channel is its AppID: another one is another channel.", run="careline channels register wechat --help"
        )
    if known.kind != "wechat" and (accept_plain is not None or verify_by):
        raise Usage("--accept-plain and --verify-by are WeChat's.", code="not_supported")
    due = due_by(run, verify_by) if verify_by else known.verify_by_at
    wanted = replace(
        known,
        accepts_plain=known.accepts_plain if accept_plain is None else accept_plain,
        app_id=app_id or known.app_id,
        api_url=(api_url or known.api_url).rstrip("/"),
        public_url=(known.public_url if public_url is None else public_url).rstrip("/"),
    )
    ours_alone = known.kind == "wechat" and not (api_url or public_url is not None or secrets_from)
    ours_alone = ours_alone and (accept_plain is not None or bool(verify_by))  # nothing that WeChat has to be asked about
    if run.dry_run:
        asked = () if ours_alone else ("check it at the platform", "set the webhooks again")
        plan(run, wanted, "store what changed", *asked)
        return
    run.expect(DETAIL)
    take_secrets(run, wanted, secrets_from)
    if due != known.verify_by_at:
        verification.note(run.line.store, known, due, run.actor("update"))
    if ours_alone:
        told(run, steps.store_account(run.line.store, wanted, saying(run), run.actor("update")))
    elif known.kind == "wecom":
        wecom_company(run, wanted)
    elif known.kind == "wechat":
        wechat_account(run, wanted)
    else:
        whatsapp_number(run, wanted, known)


@app.command("code")
def code(
    ctx: typer.Context,
    channel: ChannelArgument,
    method: Annotated[str, typer.Option("--method", metavar="sms|voice", help="How the code comes.")] = "sms",
    language: Annotated[str, typer.Option("--language", metavar="L", help="Its language.")] = "en_US",
) -> None:
    """Have Meta send a code to a number that is not yet confirmed, by SMS or a call; none to one that is.

    Example: careline channels code shop-it --method voice --language it
    """
    from careline.channels.whatsapp.registration import Registration
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import whatsapp

    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    if run.dry_run:
        run.say(f"Would have a code sent to {found.address} by {method}.")
        return

    async def ask() -> bool:
        async with run.line.http(found) as http:
            graph = run.line.graph(found, http)
            return await whatsapp.ask_code(Setup(graph), Registration(graph), method, language)

    if not run.wait(ask()):
        run.say(f"{found.address} is confirmed already. Next: careline channels register whatsapp {found.name}")
        return
    run.say(f"A code comes to {found.address} by {method}. Next: careline channels verify {found.name} --code N")


@app.command("verify")
def verify(
    ctx: typer.Context,
    channel: ChannelArgument,
    code: Annotated[str, typer.Option("--code", metavar="N", help="The six digits that came.")],
) -> None:
    """Confirm a number with the code that came, and go on registering it.

    Example: careline channels verify shop-it --code 123456
    """
    from careline.channels.whatsapp.registration import Registration, check_code
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import whatsapp

    run = runtime(ctx)
    found = run.line.channel(channel, "whatsapp")
    check_code(code)
    check_pin_given(run, found)
    if run.dry_run:
        run.say(f"Would confirm {found.address} and register it.")
        return
    run.expect(DETAIL)

    async def confirm() -> bool:
        async with run.line.http(found) as http:
            graph = run.line.graph(found, http)
            return await whatsapp.confirm(Setup(graph), Registration(graph), code)

    tried = run.wait(confirm())
    saying(run)("confirmed", found.address if tried else f"{found.address} was confirmed already; no code was tried")
    whatsapp_number(run, found, found)
