"""Settings: what each one is, where its value comes from, and the places on disk that follow from them.

A flag beats the environment, which beats the project's ``careline.toml``, which beats the user's ``config.toml`` (its table
``[profile.NAME]`` before its top), which beats the default. Every value remembers where it came from.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from careline.clock import Clock
from careline.errors import CarelineError, Misconfigured, Usage
from careline.settings_files import read_project_file, read_user_file
from careline.settings_keys import (
    KEYS,
    POSTGRES,
    PROJECT,
    STORED,
    WECHAT_WINDOWS,
    is_loopback,
    machine_zone,
    problem_of,
    zone_problem,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LINUX = sys.platform == "linux"
USER_FILE = "config.toml"
PROJECT_FILE = "careline.toml"


class Value(NamedTuple):
    """A setting's value and where it came from, in words for a person."""

    text: str
    source: str


class StoreAddress(NamedTuple):
    """Where a store is: a PostgreSQL ``url``, or a file at ``path`` with its webhooks and its named locks beside it."""

    url: str
    path: Path
    inbound: Path
    locks: Path

    @classmethod
    def of(cls, text: str) -> StoreAddress:
        """The address that ``text`` is."""
        if text.startswith(POSTGRES):
            return cls(text, Path(), Path(), Path())
        path = Path(text).expanduser()
        if path.name == "careline.db" and not path.with_suffix(".inbound.db").exists():
            return cls("", path, path.with_name("inbound.db"), path.with_name("locks"))
        return cls("", path, path.with_suffix(".inbound.db"), path.with_suffix(".locks"))


class Settings:
    """The settings of one run, frozen. Made by ``load``."""

    def __init__(self, values: Mapping[str, Value], user_file: Path) -> None:
        self._values = dict(values)
        self.user_file = user_file

    @classmethod
    def load(cls, env: Mapping[str, str], flags: Mapping[str, str], cwd: Path) -> Settings:
        """The settings that flags, environment and files give. Raises Usage for a bad flag, Misconfigured for the rest."""
        home = _home(env, cwd)
        user_file, project_file = Path(home.text) / USER_FILE, cwd / PROJECT_FILE
        top, profiles = read_user_file(user_file, STORED)
        layers = [
            {name: Value(text, f"--{name}") for name, text in flags.items()},
            _from_environment(env),
            _from_file(read_project_file(project_file, STORED, PROJECT), project_file),
        ]
        user = _from_file(top, user_file)
        profile = _first("profile", layers)
        own = _from_file(profiles.get(profile.text, {}), f"{user_file} [profile.{profile.text}]")
        layers += [own, user, _from_habits(env)]
        values = {name: _first(name, layers) for name in KEYS} | {"home": home}
        settings = cls(values, user_file)
        settings._check()
        return settings

    def value(self, name: str) -> Value:
        """The value of a setting and its source; empty text when it is not set."""
        return self._values[name]

    def _text(self, name: str) -> str:
        return self._values[name].text

    @property
    def profile(self) -> str:
        """The profile's name."""
        return self._text("profile")

    @property
    def is_sandbox(self) -> bool:
        """True for a profile named ``sandbox`` or ``sandbox-…``."""
        return self.profile == "sandbox" or self.profile.startswith("sandbox-")

    @property
    def channel(self) -> str:
        """The channel meant where none is named, or empty."""
        return self._text("channel")

    @property
    def agent(self) -> str:
        """Who answers, or empty."""
        return self._text("agent")

    @property
    def output(self) -> str:
        """The output format that was set, or empty: a table on a terminal, tsv in a pipe."""
        return self._text("output")

    @property
    def color(self) -> str:
        """``auto``, ``always`` or ``never``."""
        return self._text("color")

    @property
    def editor(self) -> str:
        """The editor's command line, or empty."""
        return self._text("editor")

    @property
    def tz(self) -> ZoneInfo:
        """The time zone that was set, else the machine's own, else UTC."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self._text("tz") or machine_zone())

    @property
    def public_url(self) -> str:
        """Where platforms reach ``careline receive``, without a slash at the end, or empty."""
        return self._text("public_url").rstrip("/")

    @property
    def inbound_keep(self) -> int:
        """How long applied webhooks are kept, in microseconds."""
        from careline.rules.times import parse_duration

        return parse_duration(self._text("inbound_keep"))

    @property
    def wechat_tokens(self) -> str:
        """The call that gives WeChat's access tokens: ``stable``, or ``classic`` where other programs use that one."""
        return self._text("wechat_tokens")

    @property
    def wechat_windows(self) -> dict[str, str]:
        """What each act of a customer allows on WeChat: ``5/48h``, ``none/48h`` without a limit, or ``off``."""
        return {act: self._text(f"wechat_window_{act}") for act, _, _ in WECHAT_WINDOWS}

    @property
    def desk(self) -> str:
        """The account of WeChat's desk as which the user answers, or empty."""
        return self._text("desk")

    @property
    def secrets_command(self) -> str:
        """The program that prints secrets, or empty."""
        return self._text("secrets_command")

    @property
    def secrets_file(self) -> Path | None:
        """The file of secrets, or None."""
        return Path(self._text("secrets_file")).expanduser() if self._text("secrets_file") else None

    @property
    def home(self) -> Path:
        """The directory everything is kept in."""
        return Path(self._text("home"))

    @property
    def profile_dir(self) -> Path:
        """What belongs to this profile."""
        return self.home / "profiles" / self.profile

    @property
    def store(self) -> StoreAddress:
        """Where the store is: the profile's own files, or what CARELINE_STORE names."""
        return (
            StoreAddress.of(self._text("store"))
            if self._text("store")
            else StoreAddress.of(str(self.profile_dir / "careline.db"))
        )

    @property
    def names_path(self) -> Path:
        """The file that TAB reads names from: kind, value and description between tabs, one a line."""
        return self.profile_dir / "names"

    def clock(self) -> Clock:
        """The clock of this run: the sandbox's, where ``CARELINE_CLOCK`` names its file.

        Raises Misconfigured when that is set and a real customer could be reached: the profile is no sandbox, or an address is
        not on this machine.
        """
        if not self._text("clock"):
            return Clock()
        undo = 'eval "$(careline sandbox env --unset)"'
        if not self.is_sandbox:
            raise Misconfigured(
                f"CARELINE_CLOCK moves the clock, and that is for a sandbox: {self.profile} is not one.",
                code="clock_outside_sandbox",
                hint="A sandbox is a profile named sandbox or sandbox-…",
                run=undo,
            )
        for name in ("whatsapp_api_url", "wechat_api_url", "public_url"):
            if self._text(name) and not is_loopback(self._text(name)):
                raise Misconfigured(
                    f"CARELINE_CLOCK moves the clock, but {name} is not on this machine: {self._text(name)}",
                    code="clock_outside_sandbox",
                    hint=f"It comes from: {self.value(name).source}",
                    run=undo,
                )
        return Clock(Path(self._text("clock")))

    def prepare(self) -> None:
        """Make the profile's directories, for the user alone. Raises Misconfigured when the disk refuses."""
        for directory in (self.home, self.home / "profiles", self.profile_dir):
            private_dir(directory)
        if not self.store.url:
            if not self.store.path.parent.is_dir():
                raise Misconfigured(
                    f"{self.store.path.parent} is not there, so no store can be made in it.",
                    code="store_not_writable",
                    hint=f"The store's address comes from: {self.value('store').source}",
                    run="careline config show --sources",
                )
            private_dir(self.store.locks, parents=False)  # a store is not made in a place that a slip of the pen named

    def _check(self) -> None:
        for name, value in self._values.items():
            problem = problem_of(name, value.text) if value.text or value.source.startswith("--") else ""
            if problem:
                kind: type[CarelineError] = Usage if value.source.startswith("--") else Misconfigured
                raise kind(f"{name} is {value.text!r}: {problem}.", code="bad_setting", hint=f"It comes from: {value.source}")


def private_dir(directory: Path, *, parents: bool = True) -> None:
    """Make a directory that only the user may look into, if it is not there. Raises Misconfigured when the disk refuses."""
    try:
        directory.mkdir(mode=0o700, parents=parents, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"{directory} cannot be made: {error.strerror}.",
            code="home_unusable",
            hint="careline keeps its store there; CARELINE_HOME names another place.",
        ) from None


def _first(name: str, layers: list[dict[str, Value]]) -> Value:
    return next((layer[name] for layer in layers if name in layer), Value(KEYS[name].default, "default"))


def _home(env: Mapping[str, str], cwd: Path) -> Value:
    if chosen := env.get("CARELINE_HOME"):
        return Value(str(cwd / Path(chosen).expanduser()), "CARELINE_HOME")
    if LINUX:  # what platformdirs says too, without the time its import takes at every TAB
        base = env.get("XDG_DATA_HOME", "")
        return Value(str(Path(base if base.startswith("/") else "~/.local/share").expanduser() / "careline"), "default")
    import platformdirs

    return Value(platformdirs.user_data_dir("careline", appauthor=False), "default")


def _from_environment(env: Mapping[str, str]) -> dict[str, Value]:
    return {key.name: Value(env[key.variable], key.variable) for key in KEYS.values() if env.get(key.variable)}


def _from_file(texts: Mapping[str, str], source: Path | str) -> dict[str, Value]:
    return {name: Value(text, str(source)) for name, text in texts.items()}


def _from_habits(env: Mapping[str, str]) -> dict[str, Value]:
    """What other programs' variables say: time zone, editor, and colour (no-color.org, bixense.com/clicolors)."""
    habits: dict[str, Value] = {}
    if zone := env.get("TZ", "").removeprefix(":"):
        habits |= {} if zone_problem(zone) else {"tz": Value(zone, "TZ")}
    for variable in ("VISUAL", "EDITOR"):
        if env.get(variable):
            habits.setdefault("editor", Value(env[variable], variable))
    if env.get("NO_COLOR"):
        habits["color"] = Value("never", "NO_COLOR")
    elif env.get("CLICOLOR_FORCE", "0") != "0":
        habits["color"] = Value("always", "CLICOLOR_FORCE")
    elif env.get("TERM") == "dumb":
        habits["color"] = Value("never", "TERM=dumb")
    return habits
