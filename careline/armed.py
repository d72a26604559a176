"""kill -9 at a named place: ``CARELINE_CRASHPOINT=receive.committed:3`` dies there the third time. In no package."""

from __future__ import annotations

import os
import signal

POINTS = (
    "receive.before_parse",
    "receive.before_insert",
    "receive.inserted",
    "receive.committed",
    "pull.fetched",
    "pull.kept",
    "pull.greeting",
    "apply.before_commit",
    "apply.committed",
    "templates.answered",
    "templates.noted",
    "menus.answered",
    "send.uploaded",
    "send.sending",
    "send.written",
    "send.answered",
    "import.asked",
    "import.committed",
    "followers.asked",
    "followers.committed",
    "qr.answered",
    "qr.noted",
    "qr.drawn",
    "qr.kept",
    "export.row",
    "file.written",
    "file.renamed",
    "copy.batch",
    "copy.sealed",
    "migrate.backed_up",
    "migrate.before_commit",
    "migrate.inbound",
    "register.added",
    "register.stored",
    "register.registered",
    "register.subscribed",
    "register.app",
    "rotate.kept",
    "rotate.noted",
    "rotate.stored",
    "rotate.told",
    "rotate.number",
)

_name, _, _times = os.environ.get("CARELINE_CRASHPOINT", "").partition(":")
_left = {_name: int(_times or 1)} if _name else {}


def reached(name: str) -> None:
    """Die here, if the environment says so and it was here often enough."""
    if name in _left:
        _left[name] -= 1
        if _left[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
