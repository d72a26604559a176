"""Where settings come from, and what follows from them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from careline.clock import DAY
from careline.errors import CarelineError, Exit, Misconfigured, Usage
from careline.settings import Settings, private_dir
from careline.settings_files import write_user_file
from careline.settings_keys import KEYS, is_loopback


class Places:
    """A home with a user's file, and a project beside it."""

    def __init__(self, root: Path) -> None:
        self.home, self.project = root / "home", root / "project"
        self.home.mkdir()
        self.project.mkdir()
        self.env: dict[str, str] = {"CARELINE_HOME": str(self.home)}

    def user(self, text: str) -> Path:
        path = self.home / "config.toml"
        path.write_text(text, "utf-8")
        return path

    def load(self, **flags: str) -> Settings:
        return Settings.load(self.env, flags, self.project)

    def refused(self, **flags: str) -> CarelineError:
        with pytest.raises(CarelineError) as raised:
            self.load(**flags)
        return raised.value


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_a_flag_beats_the_environment_beats_the_project_beats_the_user_beats_the_default(places: Places) -> None:
    seen = [places.load().value("output")]
    user = places.user('output = "csv"\n[profile.default]\n')
    seen.append(places.load().value("output"))
    user.write_text('output = "csv"\n[profile.default]\noutput = "ids"\n')
    seen.append(places.load().value("output"))
    project = places.project / "careline.toml"
    project.write_text('output = "tsv"\n')
    seen.append(places.load().value("output"))
    places.env["CARELINE_OUTPUT"] = "json"
    seen.append(places.load().value("output"))
    seen.append(places.load(output="jsonl").value("output"))
    assert seen == [
        ("", "default"),
        ("csv", str(user)),
        ("ids", f"{user} [profile.default]"),
        ("tsv", str(project)),
        ("json", "CARELINE_OUTPUT"),
        ("jsonl", "--output"),
    ]


def test_a_profile_has_its_own_settings_and_its_own_store(places: Places) -> None:
    places.user('agent = "luca"\n[profile.shop]\nagent = "mei"\n')
    assert places.load().agent == "luca"
    shop = places.load(profile="shop")
    assert (shop.agent, shop.is_sandbox) == ("mei", False)
    assert shop.store.path == places.home / "profiles" / "shop" / "careline.db"
    assert shop.store.inbound == places.home / "profiles" / "shop" / "inbound.db"
    assert shop.names_path == places.home / "profiles" / "shop" / "names"
    assert shop.store.locks == places.home / "profiles" / "shop" / "locks"


@pytest.mark.parametrize(
    ("profile", "is_sandbox"), [("sandbox", True), ("sandbox-it", True), ("sandboxes", False), ("shop", False)]
)
def test_a_sandbox_is_known_by_its_name(places: Places, profile: str, is_sandbox: bool) -> None:
    assert places.load(profile=profile).is_sandbox is is_sandbox


def test_a_store_elsewhere_takes_its_other_files_along(places: Places, tmp_path: Path) -> None:
    places.env["CARELINE_STORE"] = str(tmp_path / "care.db")
    settings = places.load()
    assert settings.store.path == tmp_path / "care.db"
    assert settings.store.inbound == tmp_path / "care.inbound.db"
    assert settings.store.locks == tmp_path / "care.locks"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CARELINE_PROFILE", "../shop"),
        ("CARELINE_CHANNEL", "Shop It"),
        ("CARELINE_TZ", "Mars/Olympus"),
        ("CARELINE_TZ", "../../etc/passwd"),
        ("CARELINE_OUTPUT", "xml"),
        ("CARELINE_COLOR", "red"),
        ("CARELINE_PUBLIC_URL", "care.example"),
        ("CARELINE_WECHAT_API_URL", "ftp://api.weixin.qq.com"),
    ],
)
def test_a_bad_value_in_the_environment_is_exit_9_and_names_the_variable(places: Places, variable: str, value: str) -> None:
    places.env[variable] = value
    refused = places.refused()
    assert refused.exit == Exit.CONFIGURATION
    assert value in refused.message
    assert variable in refused.hint


@pytest.mark.parametrize("profile", ["", "Shop", "a" * 33, "shop/it"])
def test_a_bad_flag_is_exit_2(places: Places, profile: str) -> None:
    assert isinstance(places.refused(profile=profile), Usage)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('tz = "Europe/Rome"\nagnet = "mei"\n', 2, "agnet"),
        ("agent = 7\n", 1, "between quotes"),
        ('\n\n[profile.shop]\nagnet = "mei"\n', 4, "agnet"),
        ('tz = "UTC"\nprofile = "shop"\n', 2, "[profile.NAME]"),
        ('home = "/elsewhere"\n', 1, "home"),
    ],
)
def test_a_mistake_in_the_users_file_is_told_with_its_line(places: Places, text: str, line: int, says: str) -> None:
    path = places.user(text)
    refused = places.refused()
    assert isinstance(refused, Misconfigured)
    assert refused.message.startswith(f"{path}, line {line}:")
    assert says in refused.message


def test_a_near_miss_in_a_file_is_told_what_was_meant(places: Places) -> None:
    places.user('agnet = "mei"\n')
    assert places.refused().hint == "Did you mean agent?"


@pytest.mark.parametrize("content", [b'tz = "UTC', b"\xff\xfe", b"a = " + b"[" * 100_000])
def test_a_file_that_is_no_toml_is_exit_9(places: Places, content: bytes) -> None:
    (places.home / "config.toml").write_bytes(content)
    refused = places.refused()
    assert isinstance(refused, Misconfigured)
    assert "config.toml" in refused.message


@pytest.mark.parametrize(
    "key",
    ["store", "secrets_command", "secrets_file", "public_url", "whatsapp_api_url", "wechat_api_url", "wecom_api_url", "editor"],
)
def test_a_project_may_name_no_command_store_or_address(places: Places, key: str) -> None:
    (places.project / "careline.toml").write_text(f'tz = "UTC"\n{key} = "https://evil.example"\n')
    refused = places.refused()
    assert isinstance(refused, Misconfigured)
    assert "careline.toml, line 2" in refused.message
    assert refused.run == f"careline config set {key} VALUE"


def test_no_setting_that_could_lead_elsewhere_is_open_to_a_project() -> None:
    assert {key.name for key in KEYS.values() if key.project} == {"profile", "channel", "agent", "tz", "output", "color"}


def test_the_clock_is_moved_only_in_a_sandbox_that_can_reach_nobody(places: Places, tmp_path: Path) -> None:
    offset = tmp_path / "clock"
    offset.write_text(str(DAY))
    local = "http://127.0.0.1:8123"
    places.env |= {"CARELINE_CLOCK": str(offset), "CARELINE_WHATSAPP_API_URL": local, "CARELINE_WECHAT_API_URL": local}
    assert places.load(profile="sandbox").clock().offset_file == offset
    with pytest.raises(Misconfigured) as not_a_sandbox:
        places.load(profile="shop").clock()
    assert "shop" in not_a_sandbox.value.message
    for name in ("CARELINE_WHATSAPP_API_URL", "CARELINE_WECHAT_API_URL", "CARELINE_PUBLIC_URL"):
        before = dict(places.env)
        places.env[name] = "https://127.0.0.1.evil.example"
        with pytest.raises(Misconfigured) as not_here:
            places.load(profile="sandbox").clock()
        assert name in not_here.value.hint
        places.env = before
    del places.env["CARELINE_WECHAT_API_URL"]
    with pytest.raises(Misconfigured):
        places.load(profile="sandbox").clock()


def test_without_a_clock_file_the_clock_is_the_machines(places: Places) -> None:
    assert places.load(profile="sandbox").clock().offset_file is None


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8123", True),
        ("http://localhost", True),
        ("http://[::1]:80/x", True),
        ("http://127.8.8.8", True),
        ("https://graph.facebook.com", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://[broken", False),
    ],
)
def test_an_address_is_on_this_machine_or_not(url: str, here: bool) -> None:
    assert is_loopback(url) is here


@pytest.mark.parametrize(
    ("env", "color"),
    [
        ({}, "auto"),
        ({"NO_COLOR": "1"}, "never"),
        ({"CLICOLOR_FORCE": "1"}, "always"),
        ({"CLICOLOR_FORCE": "0"}, "auto"),
        ({"TERM": "dumb"}, "never"),
        ({"NO_COLOR": "1", "CARELINE_COLOR": "always"}, "always"),
    ],
)
def test_colour_heeds_the_habits_of_other_programs_below_our_own_settings(
    places: Places, env: dict[str, str], color: str
) -> None:
    places.env |= env
    assert places.load().color == color


def test_the_zone_is_ours_then_the_shells_then_the_machines(places: Places) -> None:
    assert str(places.load().tz)
    places.env["TZ"] = ":Asia/Shanghai"
    assert str(places.load().tz) == "Asia/Shanghai"
    places.env["TZ"] = "CET-1CEST"
    assert str(places.load().tz)
    places.env["CARELINE_TZ"] = "Europe/Rome"
    assert str(places.load().tz) == "Europe/Rome"


def test_addresses_lose_the_slash_at_their_end(places: Places) -> None:
    places.env["CARELINE_PUBLIC_URL"] = "https://care.example/"
    assert places.load().public_url == "https://care.example"


def test_the_default_home_is_where_the_platform_keeps_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    for base in ("", str(tmp_path / "data"), "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", base)
        settings = Settings.load({"XDG_DATA_HOME": base}, {}, tmp_path)
        if base != "relative":
            assert str(settings.home) == platformdirs.user_data_dir("careline", appauthor=False)
        assert settings.home.is_absolute()


def test_directories_are_for_the_user_alone_and_a_disk_that_refuses_is_exit_9(places: Places) -> None:
    settings = places.load(profile="shop")
    settings.prepare()
    assert stat.S_IMODE(settings.profile_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.store.locks.stat().st_mode) == 0o700
    (places.home / "file").write_text("")
    with pytest.raises(Misconfigured) as refused:
        private_dir(places.home / "file" / "inside")
    assert "CARELINE_HOME" in refused.value.hint


def test_a_store_is_not_made_in_a_directory_that_is_not_there(places: Places, tmp_path: Path) -> None:
    places.env["CARELINE_STORE"] = str(tmp_path / "mistyped" / "care.db")
    with pytest.raises(Misconfigured):
        places.load().prepare()
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize(
    ("before", "profile", "after"),
    [
        ("", None, 'tz = "Europe/Rome"\n'),
        ('# mine\ntz = "UTC" # old\nagent = "mei"\n', None, '# mine\ntz = "Europe/Rome"\nagent = "mei"\n'),
        (
            'agent = "mei"\n\n[profile.shop]\ntz = "UTC"\n',
            None,
            'agent = "mei"\ntz = "Europe/Rome"\n\n[profile.shop]\ntz = "UTC"\n',
        ),
        ('[profile.shop]\ntz = "UTC"\n', None, 'tz = "Europe/Rome"\n\n[profile.shop]\ntz = "UTC"\n'),
        ('tz = "UTC"\n', "shop", 'tz = "UTC"\n\n[profile.shop]\ntz = "Europe/Rome"\n'),
        (
            '[profile.shop]\nagent = "mei"\n\n[profile.b]\ntz = "UTC"\n',
            "shop",
            '[profile.shop]\nagent = "mei"\ntz = "Europe/Rome"\n\n[profile.b]\ntz = "UTC"\n',
        ),
        ('[profile."shop"]\ntz = "UTC"', "shop", '[profile."shop"]\ntz = "Europe/Rome"\n'),
        ("[profile.shop]", "shop", '[profile.shop]\ntz = "Europe/Rome"\n'),
    ],
)
def test_setting_a_value_leaves_every_other_line_as_it_was(
    places: Places, before: str, profile: str | None, after: str
) -> None:
    path = places.user(before)
    write_user_file(path, "tz", "Europe/Rome", profile)
    assert path.read_text("utf-8") == after
    assert places.load(**({"profile": profile} if profile else {})).value("tz").text == "Europe/Rome"


@pytest.mark.parametrize("value", ['say "hi" \\ é', "[not a table]", "# not a comment"])
def test_any_value_comes_back_as_it_was_set(places: Places, value: str) -> None:
    path = places.user("")
    write_user_file(path, "editor", value, None)
    write_user_file(path, "editor", value, None)
    assert places.load().editor == value


def test_a_file_written_in_a_way_that_cannot_be_edited_is_left_alone(places: Places) -> None:
    text = 'editor = """\ntz = "UTC"\n"""\n'
    path = places.user(text)
    with pytest.raises(Misconfigured) as refused:
        write_user_file(path, "tz", "Europe/Rome", None)
    assert "by hand" in refused.value.message
    assert path.read_text() == text
