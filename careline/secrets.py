"""Secrets: where they are looked for, and the one place they are kept.

The environment answers first, then a program or a file the user named, then the keyring, which gets three seconds for a whole
run. Nothing is ever written in plain text, and no value appears in an error.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careline.errors import CredentialsRefused, Misconfigured, Usage

if TYPE_CHECKING:
    from careline.settings import Settings

KEYRING_LIMIT_S = 3.0
COMMAND_LIMIT_S = 10.0
MAX_FILE = 1024 * 1024
MAX_VALUE = 64 * 1024
FORGETFUL = ("keyring.backends.null", "keyring.backends.fail")


class Secrets:
    """The secrets of one profile, looked up each time they are needed. ``env`` is the process's own where none is given."""

    def __init__(self, settings: Settings, env: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._env = os.environ if env is None else env
        self._trouble = ""  # what the keyring said when it failed; it is not asked again

    def get(self, channel: str, kind: str, key: str) -> str:
        """The secret ``key`` of a channel. Raises CredentialsRefused saying which variable is missing."""
        value = self.find(channel, kind, key)
        if value is None:
            name = variable(channel, key)
            kept = self._trouble == ""
            raise CredentialsRefused(
                f"{channel} has no {key}.",
                code="secret_missing",
                hint=f"Set {name}, or put it into the keyring." if kept else f"{self._trouble}\nSet {name}.",
                run=f"keyring set {self._service()} {channel}.{key}" if kept else f"export {name}=…",
            )
        return value

    def find(self, channel: str, kind: str, key: str) -> str | None:
        """The secret, or None where nobody has it. Raises CredentialsRefused when a program or file that was named fails."""
        return self._look_up(channel, kind, key)[1]

    def source(self, channel: str, kind: str, key: str) -> str:
        """Where the secret comes from, in words, or empty where nobody has it."""
        return self._look_up(channel, kind, key)[0]

    def put(self, channel: str, key: str, value: str) -> None:
        """Keep a secret in the keyring. Raises CredentialsRefused when there is none that keeps what it is given."""
        name = f"{channel}.{key}"
        hint = f"Set {variable(channel, key)} instead, or name a secrets_file or a secrets_command."

        def keep(keyring: Any) -> bool:
            backend = keyring.get_keyring()
            if _forgets(backend):
                return False
            backend.set_password(self._service(), name, value)
            return bool(backend.get_password(self._service(), name) == value)

        kept = self._ask_keyring(keep)
        if not kept:
            trouble = self._trouble or "There is no keyring here that keeps secrets."
            raise CredentialsRefused(f"{key} of {channel} was not stored. {trouble}", code="keyring_missing", hint=hint)

    def ask_again(self) -> None:
        """Let a keyring that failed be asked once more: a long run outlives its trouble."""
        self._trouble = ""

    def forget(self, channel: str, keys: Iterable[str]) -> bool:
        """Take secrets of a channel out of the keyring, where they are in it. False: it did not let go.

        What the environment or a file has stays.
        """
        names = [f"{channel}.{key}" for key in keys]

        def drop(keyring: Any) -> bool:
            for name in names:
                if keyring.get_password(self._service(), name) is not None:
                    keyring.delete_password(self._service(), name)
            return True

        return bool(self._ask_keyring(drop))

    def _look_up(self, channel: str, kind: str, key: str) -> tuple[str, str | None]:
        wanted = [variable(channel, key)] + ([variable(kind, key)] if self._settings.is_sandbox else [])
        for name in wanted:
            if value := self._env.get(name):
                return f"environment {name}", value
        if (command := self._settings.secrets_command) and (value := _from_command(command, channel, key)):
            return "secrets_command", value
        for path in self._files():
            if value := read_secrets(path).get(wanted[0]):
                return str(path), value
        value = self._ask_keyring(lambda keyring: keyring.get_password(self._service(), f"{channel}.{key}"))
        return ("keyring", value) if value else ("", None)

    def _files(self) -> list[Path]:
        """The file the user named, and the credential ``careline`` that systemd hands over (LoadCredential=careline:FILE)."""
        named = self._settings.secrets_file
        handed = Path(self._env.get("CREDENTIALS_DIRECTORY", "/nowhere")) / "careline"
        return ([named] if named else []) + ([handed] if handed.is_file() else [])

    def _service(self) -> str:
        return f"careline/{self._settings.profile}"

    def _ask_keyring(self, question: Callable[[Any], Any]) -> Any:
        """The keyring's answer, or None; after one failure it is not asked again."""
        if self._trouble:
            return None
        answers = _in_time(question)
        if "trouble" in answers:
            self._trouble = answers["trouble"]
        return answers.get("answer")


def variable(channel: str, key: str) -> str:
    """The environment variable of a secret: ``CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN``."""
    return f"CARELINE_SECRET_{channel}_{key}".upper().replace("-", "_")


def parse_secrets(text: str, where: str) -> dict[str, str]:
    """The ``KEY=value`` lines of a text, as an environment file has them: blank lines, ``#``, ``export`` and quotes understood.

    Raises Usage naming the line, never what is in it.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not key.isidentifier():
            raise Usage(f"{where}, line {number}: not a KEY=value line.", code="bad_secrets")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if not value or len(value) > MAX_VALUE or not value.isprintable():
            raise Usage(f"{where}, line {number}: {key} has no value that could be a secret.", code="bad_secrets")
        found[key] = value
    return found


def read_secrets(path: Path) -> dict[str, str]:
    """The ``KEY=value`` lines of a file. Raises Misconfigured when it cannot be read, or everybody on this machine could."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IROTH:
                raise Misconfigured(
                    f"{path} holds secrets, and everybody on this machine can read it.",
                    code="secrets_exposed",
                    run=f"chmod 600 {path}",
                )
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.", code="secrets_unreadable") from None
    if len(data) > MAX_FILE:
        raise Misconfigured(f"{path} is too large to be a file of secrets.", code="secrets_unreadable")
    try:
        return parse_secrets(data.decode("utf-8"), str(path))
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not UTF-8 text.", code="secrets_unreadable") from None


def _from_command(command: str, channel: str, key: str) -> str:
    """What the user's program prints for a channel and a key; empty when it has nothing to say."""
    import shlex
    import subprocess

    try:
        words = shlex.split(command)
        done = subprocess.run(
            [*words, channel, key], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=COMMAND_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        failure = f"took longer than {COMMAND_LIMIT_S:.0f} s"
    except (OSError, ValueError) as error:
        failure = f"cannot be run: {getattr(error, 'strerror', None) or error}"
    else:
        value = done.stdout[:MAX_VALUE].decode("utf-8", "replace").rstrip("\r\n")
        if done.returncode == 0 and value.isprintable():
            return value
        failure = f"failed with exit code {done.returncode}" if done.returncode else "printed more than one line"
    raise CredentialsRefused(
        f"secrets_command {failure}, asked for {key} of {channel}.",
        code="secrets_command_failed",
        hint="It is run without a shell, with the channel and the key as its last two words, and prints the secret alone.",
    )


def _in_time(question: Callable[[Any], Any]) -> dict[str, Any]:
    """``answer`` or ``trouble`` from the keyring within the limit. A keyring that hangs is left behind in its thread."""
    import threading

    answers: dict[str, Any] = {}

    def ask() -> None:
        try:
            import keyring

            answers["answer"] = question(keyring)
        except Exception as error:  # noqa: BLE001  any backend may fail in any way; only its name is safe to repeat
            answers["trouble"] = f"The keyring cannot be used ({type(error).__name__})."

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(KEYRING_LIMIT_S)
    return dict(answers) if answers else {"trouble": f"The keyring did not answer within {KEYRING_LIMIT_S:.0f} s."}


def _forgets(backend: Any) -> bool:
    """True for a backend that accepts secrets and loses them, keeps them in plain text, or has nothing behind it."""
    kind = type(backend)
    if kind.__name__ == "ChainerBackend":
        return all(_forgets(inner) for inner in backend.backends)
    return kind.__module__ in FORGETFUL or kind.__name__ == "PlaintextKeyring"
