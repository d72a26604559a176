"""Setting and unsetting variables in the words of a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

WORDS = {
    "bash": ("export {}={}", "unset {}"),
    "fish": ("set -gx {} {}", "set -e {}"),
    "powershell": ("$env:{} = {}", "Remove-Item Env:{}"),
}


def setting(variables: Mapping[str, str], shell: str) -> Iterator[str]:
    """A line for each variable. ``shell`` is one of ``WORDS``."""
    for name, value in variables.items():
        quoted = "'" + value.replace("'", "''") + "'" if shell == "powershell" else shlex.quote(value)
        yield WORDS[shell][0].format(name, quoted) + "\n"


def unsetting(names: Iterable[str], shell: str) -> Iterator[str]:
    """A line for each name that takes it back."""
    for name in names:
        yield WORDS[shell][1].format(name) + "\n"
