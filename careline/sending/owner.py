"""Who is sending: this process, in words that another process can check.

``host/boot/pid/started``: on the same machine since the same boot, a pid whose start differs is another process, and a pid that
is gone is dead. Of other machines nothing can be said before the lease ends.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """The name of this process as an owner."""
    return f"{socket.gethostname()}/{_boot()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(owner: str) -> bool:
    """True when the owner was a process of this machine and certainly is no more; False when nobody can say."""
    host, _, rest = owner.partition("/")
    boot, _, rest = rest.partition("/")
    pid, _, started = rest.partition("/")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    if boot != _boot():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return started != _started(int(pid))  # a zombie has no start any more: whoever should bury it has not looked yet


def _boot() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return "-"


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return "-"
    state, *rest = stat.rpartition(")")[2].split()
    return "-" if state == "Z" else rest[18]
