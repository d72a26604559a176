"""Bringing a channel into service, as far as it goes without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.line import Careline
from careline.model import Channel
from cli.runtime import Runtime
from commands._channels import check_pin_given, saying, told

if TYPE_CHECKING:
    from careline.channels.whatsapp.setup import Number


def whatsapp_number(run: Runtime, wanted: Channel, known: Channel | None, phone: str = "", title: str = "") -> None:
    """Bring a number as far as it goes without a person; say what the person has to do."""
    from msgspec.structs import replace

    from careline.channels.whatsapp.registration import Registration
    from careline.channels.whatsapp.setup import Setup
    from careline.registering import steps, whatsapp

    line, say, actor = run.line, saying(run), run.actor("register")
    check_pin_given(run, wanted)

    async def arrive() -> tuple[Channel, bool]:
        async with line.http(wanted) as http:
            graph = line.graph(wanted, http)
            await whatsapp.look(Setup(graph), say)
            channel = wanted
            if phone:
                id = await whatsapp.find(Setup(graph), Registration(graph), phone, title, say)
                steps.check_kind(known, "whatsapp", id)
                channel = replace(wanted, phone_number_id=id)
        async with line.http(channel) as http:
            graph = line.graph(channel, http)
            number = await whatsapp.see(Setup(graph), say)
            channel = whatsapp.store_channel(line.store, channel, number, say, actor)
            graph = line.graph(channel, http)  # its refusals name the ids only as long as the store does not hold them
            if not whatsapp.is_confirmed(number):
                return channel, False
            if await whatsapp.register(Registration(graph), number, lambda: _pin(line, channel, number), say):
                channel = whatsapp.store_channel(line.store, channel, await Setup(graph).number(), say, actor)
            return channel, True

    channel, confirmed = run.wait(arrive())
    line.write_names()
    if not confirmed:
        run.say(f"Meta wants to know that {channel.address} is yours. Next: careline channels code {channel.name} --method sms")
        told(run, channel)
        return
    verify_token = steps.own_secret(line.secrets, channel, "verify_token") if channel.public_url else ""

    async def subscribe() -> None:
        async with line.http(channel) as http:
            setup = Setup(line.graph(channel, http))
            await whatsapp.subscribe(setup, channel, verify_token, say)
            if channel.app_id and channel.public_url:
                secret = line.secrets.get(channel.name, channel.kind, "app_secret")
                await whatsapp.subscribe_app(setup, channel, verify_token, secret, say)

    run.wait(subscribe())
    if channel.state != "paused":
        channel = steps.stepped(line.store, channel, "webhooks", active=True, actor=actor)
    told(run, channel)


def _pin(line: Careline, channel: Channel, number: Number) -> str:
    """The number's PIN; one made now only for a number that has none."""
    from careline.registering.steps import new_pin, own_secret

    if number.has_pin:
        return line.secrets.get(channel.name, channel.kind, "pin")
    return own_secret(line.secrets, channel, "pin", new_pin)


def wechat_account(run: Runtime, wanted: Channel) -> None:
    """Try the account's secret, store the channel, and print what its console needs."""
    from careline.registering import steps, wechat

    line, say = run.line, saying(run)
    secret = line.platform(wanted).secret()

    async def check() -> None:
        async with line.http(wanted) as http:
            await wechat.check(wanted, http, secret, say)

    run.wait(check())
    channel = steps.store_account(line.store, wanted, say, run.actor("register"))
    page = "WeChat's console (Settings and development, Basic configuration, Server configuration)"
    _pasted(run, channel, page, "  Mode            safe (encrypted)")


def wecom_company(run: Runtime, wanted: Channel) -> None:
    """Try the secret, store the channel and its accounts, and print what the app's page needs."""
    from careline.channels.wecom.account import Account
    from careline.pulling import accounts
    from careline.registering import steps, wecom

    line, say, actor = run.line, saying(run), run.actor("register")
    secret = line.platform(wanted).secret()

    async def check() -> list[Account]:
        async with line.http(wanted) as http:
            return await wecom.check(wanted, http, secret, say)

    found = run.wait(check())
    channel = steps.store_account(line.store, wanted, say, actor)
    accounts.note(line.store, channel, found, actor)
    _pasted(run, channel, "WeCom's page of the app (WeChat customer service, API, callback configuration)")


def _pasted(run: Runtime, channel: Channel, page: str, *more: str) -> None:
    """Bring a channel into service whose pushes are switched on by hand in a web ``page``, and print what is pasted there."""
    from careline.registering import wechat

    line = run.line
    line.write_names()
    console = wechat.console(channel, line.secrets)
    if channel.state != "paused":
        channel = wechat.active(line.store, channel, run.actor("register"))
    run.say(f"\nPaste into {page}:")
    run.say(f"  URL             {console.url or '(set --public-url and run this again)'}")
    run.say(f"  Token           {console.token}")
    run.say(f"  EncodingAESKey  {console.encoding_aes_key}")
    for line_of_it in more:
        run.say(line_of_it)
    if run.settings.is_sandbox and console.url:
        run.say(f"In the sandbox that is: careline sandbox paste {channel.name}")
    told(run, channel)
