"""A process that asks WeChat something once its standard input ends: ``python -m tests.reliability.asker CHANNEL``."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from careline.line import Careline
from careline.settings import Settings
from careline.tokens import kept


async def ask(line: Careline, name: str) -> None:
    """One call, with whichever token the store keeps or WeChat gives."""
    channel = line.channel(name)
    async with line.http(channel) as http:
        await line.door(channel, http).get(dict, "/cgi-bin/getcallbackip")


def main(name: str) -> None:
    """Ask when told to, and print what token is kept then."""
    with Careline.open(Settings.load(os.environ, {}, Path.cwd())) as line:
        line.channel(name)
        print("ready", flush=True)
        sys.stdin.read()
        asyncio.run(ask(line, name))
        found = kept(line.store, name)
        print(found.fingerprint if found else "none", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
