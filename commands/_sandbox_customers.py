"""What customers do in the sandbox, and what they see. Part of `careline sandbox`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from careline.errors import Failed, Misconfigured
from careline.model import Code
from careline.sandbox.control import Control
from cli.options import ChannelOption
from cli.output import Column
from cli.runtime import Runtime, runtime
from commands._sandbox import controls, sandbox_channel, would

app = typer.Typer()

LAST = 3
ACT = [Column("who", "customer"), Column("did"), Column("id"), Column("url", "pushed to"), Column("status", "answer")]
BUBBLES = [Column("at_at", "at", "when"), Column("from"), Column("kind"), Column("text"), Column("state", how="state")]

WhoArgument = Annotated[str, typer.Argument(metavar="WHO", help="A phone like +393331234567, or any name for WeChat.")]


@app.command()
def say(
    ctx: typer.Context,
    who: WhoArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What they write.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="Something else than text: image, voice, video, location…")
    ] = "text",
    bsuid: Annotated[bool, typer.Option("--bsuid", help="On WhatsApp somebody who shows a username and no phone.")] = False,
    channel: ChannelOption = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What WhatsApp shows of them; WeChat shows no name.")
    ] = "",
) -> None:
    """Let a customer write.

    Example: careline sandbox say +393331234567 "Dov'è il mio ordine?"
    """
    run = runtime(ctx)

    def write(control: Control, platform: str) -> dict[str, Any]:
        return control.say(who, text, "whatsapp" if bsuid else platform, bsuid, name, kind=kind)

    _act(run, who, channel, "write", write, hidden=bsuid)


@app.command()
def follow(
    ctx: typer.Context,
    who: WhoArgument,
    scene: Annotated[str, typer.Option("--scene", metavar="SCENE", help="They come by this code.")] = "",
    channel: ChannelOption = None,
) -> None:
    """Let a customer follow the WeChat account.

    Example: careline sandbox follow liwei --scene shop-012
    """
    run = runtime(ctx)
    _act(run, who, channel, "follow", lambda control, platform: control.follow(who, scene, platform))


@app.command()
def unfollow(ctx: typer.Context, who: WhoArgument, channel: ChannelOption = None) -> None:
    """Let a customer leave the WeChat account, which closes every window.

    Example: careline sandbox unfollow liwei
    """
    run = runtime(ctx)
    _act(run, who, channel, "unfollow", lambda control, platform: control.unfollow(who))


@app.command()
def pay(ctx: typer.Context, who: WhoArgument, channel: ChannelOption = None) -> None:
    """Let a customer pay with the WeChat account's member card.

    Example: careline sandbox pay liwei
    """
    run = runtime(ctx)
    _act(run, who, channel, "pay", lambda control, platform: control.pay(who))


@app.command()
def scan(
    ctx: typer.Context,
    who: WhoArgument,
    scene: Annotated[str, typer.Argument(metavar="SCENE", help="The scene of the code; on WhatsApp what it writes.")],
    channel: ChannelOption = None,
) -> None:
    """Let a customer scan a code.

    Example: careline sandbox scan liwei shop-012
    """
    run = runtime(ctx)
    known = _scene(run, scene)
    _act(run, who, channel, "scan", lambda control, platform: control.scan(who, known, platform))


@app.command()
def tap(
    ctx: typer.Context,
    who: WhoArgument,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key of a menu item, or the button's text.")],
    channel: ChannelOption = None,
) -> None:
    """Let a customer tap a menu item or a button.

    Example: careline sandbox tap liwei orders
    """
    run = runtime(ctx)
    _act(run, who, channel, "tap", lambda control, platform: control.tap(who, key, platform))


@app.command()
def subscribe(
    ctx: typer.Context,
    who: WhoArgument,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="The notification's title or id.")],
    answer: Annotated[str, typer.Option("--answer", metavar="accept|reject|withdraw", help="What they say to it.")] = "accept",
    channel: ChannelOption = None,
) -> None:
    """Let a WeChat customer agree to a notification, refuse it, or take back what they agreed to.

    Example: careline sandbox subscribe liwei 到货提醒
    """
    run = runtime(ctx)
    _act(run, who, channel, f"{answer} {template}", lambda control, platform: control.subscribe(who, template, answer))


@app.command()
def show(ctx: typer.Context, who: WhoArgument, channel: ChannelOption = None) -> None:
    """Show what a customer's phone shows.

    Example: careline sandbox show +393331234567
    """
    run = runtime(ctx)
    seen = controls(run).customer(who, _platform(run, channel, who))
    title = f"{seen['name']} on {seen['platform']}, {seen['who']}"
    run.show(_bubbles(seen), columns=BUBBLES, title=title, empty="Nothing yet.")


def _scene(run: Runtime, scene: str) -> str:
    """What stands in the picture: of a WhatsApp code not the scene of our ledger, but Meta's code."""
    if not run.settings.is_sandbox:
        return scene
    found = run.line.store.select(Code, "WHERE scene = ? AND text <> ''", scene)
    return next((code.ticket or code.text for code in found), scene)


def _platform(run: Runtime, channel: str | None, who: str) -> str:
    """The platform of a channel named, checked to be what the platform pushes to; empty: WHO decides.

    Without a name, WHO is on WeCom in a profile that has a company there and no WeChat account.
    """
    if channel is None:
        kinds = {one.kind for one in run.line.channels()} if run.settings.is_sandbox else set()
        return "wecom" if "wecom" in kinds and "wechat" not in kinds and not who.startswith("+") else ""
    found = sandbox_channel(run, channel)
    callback = controls(run).status()[found.kind]["callback"]
    if callback and not callback.endswith(f"/webhooks/{found.name}"):
        again = (
            f"careline sandbox paste {found.name}" if found.kind != "whatsapp" else "careline channels register whatsapp --help"
        )
        raise Misconfigured(f"{found.kind} pushes to {callback}, not to {found.name}.", code="other_channel", run=again)
    return found.kind


def _act(run: Runtime, who: str, channel: str | None, deed: str, does: Any, *, hidden: bool = False) -> None:
    """Do it, and show whether the receiver took it and what the phone shows now."""
    control = controls(run)
    platform = "" if hidden and channel is None else _platform(run, channel, who)
    if would(run, f"let {who} {deed}"):
        return
    done = does(control, platform)
    if not done["pushes"]:
        kept = "WeChat's desk has it" if done.get("to") == "desk" else "they are blocked"
        kept = "WeCom keeps it to be pulled" if platform == "wecom" else kept
        run.say(f"{who} {done['did']}, and nothing was pushed: {kept}.")
        return
    push = done["pushes"][-1]
    tried = [str(one["status"] or one["error"]) for one in push["tries"]]
    answers = ", ".join(dict.fromkeys(tried)) + (f" ({len(tried)} times)" if len(tried) > 1 else "")
    if tried and not push["arrived"]:
        sees = "The customer sees a service out of order." if done["fault_shown"] else "WhatsApp tries again."
        sees = "WeCom keeps it for three days to be pulled." if platform == "wecom" else sees
        raise Failed(
            f"{who} {done['did']}, and {push['url']} did not take it: {answers}. {sees}",
            code="push_not_taken",
            run="careline receive",
        )
    record = done | {"url": push["url"], "status": tried[-1] if tried else "held back"}
    if run.output != "table":
        run.show_one(record, columns=ACT)
        return
    run.tell(f"{who} {done['did']}; {push['url']} answered {record['status']}")
    for one in _bubbles(control.customer(done["who"], "whatsapp" if hidden else platform))[-LAST:]:
        run.tell(f"  {one['from']:<8}  {one['text'] or '[' + one['kind'] + ']'}")


def _bubbles(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one | {"at_at": one["at"], "from": "shop" if one["direction"] == "out" else "customer"}
        for one in seen["messages"]
        if one["state"] not in ("accepted", "failed")
    ]
