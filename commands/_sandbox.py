"""What the commands of the sandbox share."""

from __future__ import annotations

from careline.errors import Misconfigured
from careline.model import Channel
from careline.sandbox.control import Control, find
from cli.runtime import Runtime

ENV = 'eval "$(careline sandbox env)"'


def would(run: Runtime, what: str) -> bool:
    """True with --dry-run, which says what would be done."""
    if run.dry_run:
        run.say(f"would {what}")
    return run.dry_run


def controls(run: Runtime) -> Control:
    """What moves the sandbox that runs. Raises when none does."""
    return Control(find(run.settings.home)["url"])


def sandbox_channel(run: Runtime, name: str, *kinds: str) -> Channel:
    """The channel of that name. Raises Misconfigured in a profile that is not the sandbox's."""
    if not run.settings.is_sandbox:
        raise Misconfigured(f"The profile {run.settings.profile} is not the sandbox's.", code="not_sandbox", run=ENV)
    return run.line.channel(name, *kinds)
