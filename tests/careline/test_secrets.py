"""Where secrets are looked for, and where they never go."""

from __future__ import annotations

import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend

from careline import secrets
from careline.errors import CredentialsRefused, Exit, Misconfigured, Usage
from careline.secrets import Secrets, parse_secrets, read_secrets
from careline.settings import Settings

VALUE = "EAAG-very-secret"


class Memory(KeyringBackend):
    """A keyring that keeps what it is given, and counts how often it was asked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Hanging(Memory):
    """A keyring whose daemon never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.released.wait(20)
        return None


class PlaintextKeyring(Memory):
    """Stands for the one of keyrings.alt that writes secrets as they are."""


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, backend = keyring.get_keyring(), Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def look(tmp_path: Path, env: dict[str, str] | None = None, *, profile: str = "shop", config: str = "") -> Secrets:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config, "utf-8")
    env = {"CARELINE_HOME": str(home), **(env or {})}
    return Secrets(Settings.load(env, {"profile": profile}, tmp_path), env)


def secret_file(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def test_the_environment_answers_first_and_the_keyring_is_not_touched(tmp_path: Path, memory: Memory) -> None:
    memory.kept["careline/shop", "shop-it.access_token"] = "from the keyring"
    found = look(tmp_path, {"CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN": VALUE})
    assert found.get("shop-it", "whatsapp", "access_token") == VALUE
    assert found.source("shop-it", "whatsapp", "access_token") == "environment CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN"
    assert memory.asked == 0


def test_a_secret_of_the_kind_is_for_the_sandbox_only_and_comes_after_the_channels_own(tmp_path: Path, memory: Memory) -> None:
    env = {"CARELINE_SECRET_WHATSAPP_APP_SECRET": "the kind's"}
    assert look(tmp_path, env, profile="sandbox").get("shop-it", "whatsapp", "app_secret") == "the kind's"
    assert look(tmp_path, env, profile="shop").find("shop-it", "whatsapp", "app_secret") is None
    env["CARELINE_SECRET_SHOP_IT_APP_SECRET"] = "its own"
    assert look(tmp_path, env, profile="sandbox").get("shop-it", "whatsapp", "app_secret") == "its own"


def test_a_program_is_asked_with_channel_and_key_and_without_a_shell(tmp_path: Path, memory: Memory) -> None:
    program = tmp_path / "vault.py"
    program.write_text("import sys; print('|'.join(sys.argv[1:]))")
    found = look(tmp_path, config=f"secrets_command = '{sys.executable} {program} \"two words\" $HOME'\n")
    assert found.get("shop-it", "whatsapp", "access_token") == "two words|$HOME|shop-it|access_token"
    assert found.source("shop-it", "whatsapp", "access_token") == "secrets_command"
    assert memory.asked == 0


def test_a_program_with_nothing_to_say_passes_the_question_on(tmp_path: Path, memory: Memory) -> None:
    memory.kept["careline/shop", "shop-it.pin"] = "123456"
    assert look(tmp_path, config="secrets_command = 'true'\n").get("shop-it", "whatsapp", "pin") == "123456"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "exit code 1"),
        ("/no/such/program", "No such file"),
        ("printf a\\\\nb", "more than one line"),
        ("'", "No closing quotation"),
    ],
)
def test_a_program_that_fails_is_exit_4_and_nothing_it_said_is_repeated(
    tmp_path: Path, memory: Memory, command: str, says: str
) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        look(tmp_path, {"CARELINE_SECRETS_COMMAND": command}).get("shop-it", "whatsapp", "access_token")
    assert says in refused.value.message
    assert refused.value.code == "secrets_command_failed"


def test_a_program_that_hangs_is_given_up(tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_LIMIT_S", 0.1)
    program = tmp_path / "hang.py"
    program.write_text("import time; time.sleep(20)")
    began = time.monotonic()
    with pytest.raises(CredentialsRefused, match="longer than"):
        look(tmp_path, {"CARELINE_SECRETS_COMMAND": f"{sys.executable} {program}"}).get("a", "wechat", "token")
    assert time.monotonic() - began < 5


def test_a_file_answers_by_the_names_of_the_variables(tmp_path: Path, memory: Memory) -> None:
    path = secret_file(tmp_path / "secrets", f"# shop\nexport CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN='{VALUE}'\n")
    found = look(tmp_path, config=f'secrets_file = "{path}"\n')
    assert found.get("shop-it", "whatsapp", "access_token") == VALUE
    assert found.source("shop-it", "whatsapp", "access_token") == str(path)
    assert memory.asked == 0


def test_what_systemd_hands_over_is_read_where_it_puts_it(tmp_path: Path, memory: Memory) -> None:
    secret_file(tmp_path / "careline", f"CARELINE_SECRET_SHOP_IT_APP_SECRET={VALUE}\n")
    found = look(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.get("shop-it", "whatsapp", "app_secret") == VALUE


def test_a_file_that_everybody_can_read_is_refused_with_the_remedy(tmp_path: Path, memory: Memory) -> None:
    path = secret_file(tmp_path / "secrets", f"CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN={VALUE}\n")
    path.chmod(0o644)
    with pytest.raises(Misconfigured) as refused:
        look(tmp_path, {"CARELINE_SECRETS_FILE": str(path)}).get("shop-it", "whatsapp", "access_token")
    assert refused.value.run == f"chmod 600 {path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_keyring_is_asked_last_under_the_profiles_name(tmp_path: Path, memory: Memory) -> None:
    memory.kept["careline/shop", "shop-it.access_token"] = VALUE
    found = look(tmp_path)
    assert found.get("shop-it", "whatsapp", "access_token") == VALUE
    assert found.source("shop-it", "whatsapp", "access_token") == "keyring"
    assert look(tmp_path, profile="other").find("shop-it", "whatsapp", "access_token") is None


def test_a_missing_secret_is_exit_4_naming_the_variable_and_the_keyring(tmp_path: Path, memory: Memory) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        look(tmp_path).get("shop-it", "whatsapp", "access_token")
    assert refused.value.exit == Exit.CREDENTIALS
    assert refused.value.code == "secret_missing"
    assert "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN" in refused.value.hint
    assert refused.value.run == "keyring set careline/shop shop-it.access_token"


def test_a_keyring_that_hangs_costs_its_limit_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "KEYRING_LIMIT_S", 0.2)
    before, hanging = keyring.get_keyring(), Hanging()
    keyring.set_keyring(hanging)
    try:
        found = look(tmp_path)
        began = time.monotonic()
        assert found.find("shop-it", "whatsapp", "app_secret") is None
        with pytest.raises(CredentialsRefused) as refused:
            found.get("shop-it", "whatsapp", "access_token")
        assert time.monotonic() - began < 2
        assert "did not answer" in refused.value.hint
        assert hanging.asked == 1
    finally:
        hanging.released.set()
        keyring.set_keyring(before)


def test_without_a_keyring_the_message_says_so_and_what_to_set(tmp_path: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(CredentialsRefused) as refused:
            look(tmp_path).get("shop-it", "whatsapp", "access_token")
    finally:
        keyring.set_keyring(before)
    assert "NoKeyringError" in refused.value.hint
    assert "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN" in refused.value.hint


def test_what_is_put_is_found_again(tmp_path: Path, memory: Memory) -> None:
    found = look(tmp_path)
    found.put("shop-it", "verify_token", VALUE)
    assert found.get("shop-it", "whatsapp", "verify_token") == VALUE


class EmptyChain(ChainerBackend):
    """A chain with nothing in it."""

    backends: Any = ()


EmptyChain.__name__ = "ChainerBackend"


def test_what_is_forgotten_is_gone_and_what_never_was_is_no_trouble(tmp_path: Path, memory: Memory) -> None:
    found = look(tmp_path)
    found.put("shop-it", "pin", "246810")
    found.put("shop-mi", "pin", "135790")
    assert found.forget("shop-it", ("pin", "app_secret"))
    assert memory.kept == {("careline/shop", "shop-mi.pin"): "135790"}


def test_a_keyring_that_cannot_be_asked_forgets_nothing_and_says_so(tmp_path: Path) -> None:
    assert not look(tmp_path).forget("shop-it", ("pin",))


def test_a_keyring_that_failed_is_asked_again_when_that_is_wanted(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert found.find("shop-it", "whatsapp", "pin") is None
    before, backend = keyring.get_keyring(), Memory()
    backend.kept["careline/shop", "shop-it.pin"] = "246810"
    keyring.set_keyring(backend)
    try:
        assert found.find("shop-it", "whatsapp", "pin") is None
        found.ask_again()
        assert found.find("shop-it", "whatsapp", "pin") == "246810"
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    "backend", [keyring.backends.null.Keyring, keyring.backends.fail.Keyring, EmptyChain, PlaintextKeyring]
)
def test_nothing_is_put_where_it_would_be_lost_or_lie_open(tmp_path: Path, backend: type[KeyringBackend]) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(backend())
    try:
        with pytest.raises(CredentialsRefused) as refused:
            look(tmp_path).put("shop-it", "access_token", VALUE)
    finally:
        keyring.set_keyring(before)
    assert refused.value.code == "keyring_missing"
    assert "CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN" in refused.value.hint
    assert VALUE not in refused.value.message + refused.value.hint


def test_a_keyring_that_breaks_while_keeping_says_nothing_of_the_value(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Memory, service: str, username: str, password: str) -> None:
        raise ValueError(f"cannot keep {password}")

    monkeypatch.setattr(Memory, "set_password", broken)
    with pytest.raises(CredentialsRefused) as refused:
        look(tmp_path).put("shop-it", "access_token", VALUE)
    assert VALUE not in f"{refused.value.message} {refused.value.hint} {refused.value!r}"


def test_no_value_shows_in_the_repr_of_whoever_holds_it(tmp_path: Path) -> None:
    assert VALUE not in repr(look(tmp_path, {"CARELINE_SECRET_SHOP_IT_ACCESS_TOKEN": VALUE}))


def test_lines_are_read_as_environment_files_write_them() -> None:
    text = "# a comment\n\naccess_token = abc=def\nexport app_secret=\"quoted\"\npin='123456'\r\n"
    assert parse_secrets(text, "stdin") == {"access_token": "abc=def", "app_secret": "quoted", "pin": "123456"}


@pytest.mark.parametrize("text", ["hunter2", "a b=hunter2", "=hunter2", "pin=", "pin=''", "pin=\x1b[2J", f"pin={'x' * 70_000}"])
def test_a_line_that_is_none_is_refused_by_its_number_without_its_content(text: str) -> None:
    with pytest.raises(Usage) as refused:
        parse_secrets(f"ok=1\n{text}", "stdin")
    assert "stdin, line 2" in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a=1\n" * 300_000])
def test_a_file_that_cannot_be_one_of_secrets_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secrets"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Misconfigured):
        read_secrets(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nothing-here"):
        read_secrets(tmp_path / "nothing-here")
