"""kill -9 at each named place, the first, second and third time somebody comes by."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring
import pytest

from bench.crash import Findings, Pushing, children, examine, settle
from bench.house import House
from bench.servers import ROOT, Server
from careline.armed import POINTS
from careline.clock import HOUR
from careline.model import Conversation
from careline.sandbox import account
from tests.careline.world import ANNA as WRITER
from tests.careline.world import wrote
from tests.commands.desk import ANNA, LIWEI, Desk, Shop, process
from tests.keyrings import Filed

KILLED = -9
RECEIVE = ["careline", "receive", "--port", "0"]
PEOPLE = {"shop-it": ANNA, "brand-cn": LIWEI}
HANDLES = {"shop-it": ANNA, "brand-cn": account.openid_of(LIWEI)}


def test_every_point_is_somewhere_and_no_other_is() -> None:
    named = set()
    for path in (ROOT / "careline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="reached"), args=[ast.Constant(value=str(name))]):
                    named.add(name)
    assert named == set(POINTS)


# Receiving


@contextmanager
def dying_at(point: str, house: House, pushing: Pushing) -> Iterator[Server]:
    """A receiver that will be killed there, with pushes coming."""
    server = Server(RECEIVE, house.env | {"CARELINE_CRASHPOINT": point})
    pushing.port = server.port
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("receive.")])
def test_a_receiver_killed_there_loses_nothing_that_was_answered_200(house: House, point: str) -> None:
    with Pushing(1) as pushing:
        for n in (1, 2, 3):
            with dying_at(f"{point}:{n}", house, pushing) as server:
                assert server.process.wait(15) == KILLED
        check(house, pushing)


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("apply.")])
def test_an_applying_process_killed_there_is_started_again_and_applies_everything_once(house: House, point: str) -> None:
    with Pushing(1) as pushing:
        for n in (1, 2, 3):
            with dying_at(f"{point}:{n}", house, pushing) as server:
                ends = time.monotonic() + 15
                while not any(f"ended ({KILLED})" in line for line in list(server.said)):
                    assert time.monotonic() < ends, server.said
                    time.sleep(0.01)
                before = len(pushing.acknowledged)
                time.sleep(0.05)
                assert server.process.poll() is None
                assert len(pushing.acknowledged) > before  # answering goes on
        check(house, pushing)


def check(house: House, pushing: Pushing) -> None:
    """Start again without a crash point, let everything be applied, and look."""
    server = Server(RECEIVE, house.env)
    pushing.port = server.port
    before = len(pushing.acknowledged)
    while len(pushing.acknowledged) < before + 20:
        time.sleep(0.01)
    pushing.__exit__()
    settle(house)
    theirs = children(server.process.pid)
    server.stop()
    found = Findings()
    examine(house, pushing.acknowledged, found)
    assert len(theirs) == 1
    assert found.clean, found


# Sending


@pytest.fixture(params=["sqlite", "postgres"])
def busy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk on each kind of store, to which a customer of each platform has written."""
    if request.param == "postgres":
        monkeypatch.setenv("CARELINE_STORE", request.getfixturevalue("postgres"))
    desk: Desk = request.getfixturevalue("desk")
    desk.register()
    desk.anna_writes()
    desk.liwei_writes()
    return desk


@pytest.mark.parametrize(
    ("point", "channel", "sent"),
    [
        ("send.sending", "shop-it", 0),
        ("send.written", "shop-it", 1),
        ("send.answered", "shop-it", 1),
        ("send.sending", "brand-cn", 0),
        ("send.written", "brand-cn", 1),
        ("send.answered", "brand-cn", 1),
    ],
)
def test_a_sender_killed_there_has_sent_once_at_most_and_the_same_key_never_sends_again(
    busy: Desk, point: str, channel: str, sent: int
) -> None:
    line = f"send --channel {channel} --to {HANDLES[channel]} --text Ciao --key k"
    assert process(line, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    for _ in range(2):
        again = process(f"{line} -o json")
        assert again.returncode == 12, again
    (message,) = busy.sent()
    assert (message.state, message.owner) == ("unknown", "")
    assert busy.phone(PEOPLE[channel]) == ["Ciao"] * sent
    assert process("store rebuild --check").returncode == 0


def test_a_sender_killed_after_its_upload_uploads_nothing_again_and_sends_once(desk: Desk, tmp_path: Path) -> None:
    photo = tmp_path / "parcel.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    desk.register("shop-it")
    desk.anna_writes()
    line = f"send --channel shop-it --to {ANNA} --media {photo} --text Ecco --key k"
    assert process(line, env={"CARELINE_CRASHPOINT": "send.uploaded"}).returncode == KILLED
    assert (desk.calls("/media"), desk.calls("/messages"), desk.sent()) == (1, 0, [])
    for _ in range(2):
        assert json.loads(process(f"{line} -o json").stdout)["state"] == "accepted"
    assert (desk.calls("/media"), desk.calls("/messages")) == (1, 1)
    assert process("store rebuild --check").returncode == 0


# Secrets that change

OLD = {
    "shop-it": {
        "access_token": account.ACCESS_TOKEN,
        "app_secret": account.APP_SECRET,
        "verify_token": account.VERIFY_TOKEN,
    },
    "brand-cn": {
        "app_secret": account.WECHAT_SECRET,
        "token": account.WECHAT_TOKEN,
        "encoding_aes_key": account.WECHAT_AES_KEY,
    },
}
GOES_ON = {"shop-it": "app_secret", "brand-cn": "encoding_aes_key"}


@pytest.fixture
def keys(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Filed]:
    """Both channels, with their secrets in a keyring that all processes share, and nowhere else."""
    desk.register()
    monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.keyrings.Filed")
    before, shared = keyring.get_keyring(), Filed()
    keyring.set_keyring(shared)
    desk.line.secrets.ask_again()
    for channel, secrets in OLD.items():
        for key, value in secrets.items():
            shared.set_password("careline/sandbox", f"{channel}.{key}", value)
            monkeypatch.setenv(f"CARELINE_SECRET_{'WHATSAPP' if channel == 'shop-it' else 'WECHAT'}_{key.upper()}", "")
    yield shared
    keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("channel", "point"),
    [
        *(("shop-it", f"rotate.{name}") for name in ("kept", "noted", "stored:1", "stored:2", "stored:3", "told", "number")),
        *(("brand-cn", f"rotate.{name}") for name in ("kept", "noted", "stored:1", "stored:2", "told")),
    ],
)
def test_a_rotation_killed_there_ends_when_run_again_and_the_old_secret_counts_for_a_day(
    desk: Desk, keys: Filed, tmp_path: Path, channel: str, point: str
) -> None:
    new = rotated(desk, channel)
    given = tmp_path / "new"
    given.write_text("".join(f"{key.upper()}={value}\n" for key, value in new.items()))
    given.chmod(0o600)
    line = f"channels rotate {channel} --secrets-from {given}"
    assert process(line, env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    again = process(line)
    assert again.returncode == 0, again
    goes_on = GOES_ON[channel]
    kept = {key: keys.get_password("careline/sandbox", f"{channel}.{key}") for key in (*new, f"{goes_on}_previous")}
    assert kept == {**new, f"{goes_on}_previous": OLD[channel][goes_on]}
    proving = desk.line.webhook_secrets(desk.line.channel(channel))
    assert (proving[goes_on], proving[f"{goes_on}_previous"]) == (new[goes_on], OLD[channel][goes_on])
    if channel == "shop-it":
        desk.anna_writes()  # signed with the new secret
        assert len(desk.rows(Conversation)) == 1
    desk.pass_by(25 * HOUR)
    assert f"{goes_on}_previous" not in desk.line.webhook_secrets(desk.line.channel(channel))
    assert process("store rebuild --check").returncode == 0


def rotated(desk: Desk, channel: str) -> dict[str, str]:
    """The secrets that the platform wants from now on, or that are ours to choose."""
    if channel == "shop-it":
        return {
            "access_token": desk.control.token(),
            "app_secret": desk.control.reset_app_secret(),
            "verify_token": "another-verify-token",
        }
    return {"token": "anothertoken", "encoding_aes_key": "b" * 42 + "A"}


# Exports


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Three messages to export."""
    shop.hear("shop-it", *(wrote(n, WRITER) for n in (1, 2, 3)))
    return shop


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("point", ["export.row:1", "export.row:2", "export.row:3", "file.written", "file.renamed"])
def test_an_export_killed_there_has_left_the_old_file_or_the_new_one(full: Shop, tmp_path: Path, point: str, form: str) -> None:
    target = tmp_path / f"out.{form}"
    target.write_text("old")
    assert process(f"export messages --to {target}", env={"CARELINE_CRASHPOINT": point}).returncode == KILLED
    left = target.read_bytes()
    assert process(f"export messages --to {target}").returncode == 0
    assert left == (target.read_bytes() if point == "file.renamed" else b"old")
    if form == "jsonl":
        assert [json.loads(line)["id"] for line in target.read_text().splitlines()] == ["1", "2", "3"]
