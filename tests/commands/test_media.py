"""Files, reactions, read marks and messages in WhatsApp's own JSON, from the command line to the customer's phone and back."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from careline.clock import DAY, HOUR
from careline.model import Message, Upload
from careline.sandbox import account
from tests.commands.desk import ANNA, Desk

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 30
BUTTONS = {
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "Quale taglia?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "m", "title": "Media"}}]},
    },
}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """The desk with one WhatsApp number and Anna waiting in chat 1."""
    desk.register("shop-it")
    desk.anna_writes()
    return desk


@pytest.fixture
def photo(shop: Desk) -> Path:
    path = shop.folder / "parcel.jpg"
    path.write_bytes(JPEG)
    return path


def graph(desk: Desk, path: str, headers: dict[str, str] | None = None, data: bytes | None = None, **sent: Any) -> Any:
    """What Graph answers to a POST."""
    headers = {"authorization": f"Bearer {account.ACCESS_TOKEN}"} | (headers or {})
    url = f"{desk.sandbox.url}/v23.0/{path}"
    with httpx.Client(trust_env=False, headers=headers) as http:
        return (http.post(url, content=data) if data is not None else http.post(url, json=sent)).raise_for_status().json()


def uploaded_sample(desk: Desk) -> str:
    """The handle of a picture that shows the reviewers what a header will look like."""
    size = len(JPEG)
    session = graph(desk, f"{account.APP_ID}/uploads?file_name=a.jpg&file_length={size}&file_type=image/jpeg")["id"]
    return str(graph(desk, session, {"file_offset": "0"}, JPEG)["h"])


def on_phone(desk: Desk) -> dict[str, object]:
    return dict(desk.control.customer(ANNA)["messages"][-1])


def test_a_file_with_a_caption_reaches_the_phone(shop: Desk, photo: Path) -> None:
    record = shop.json(f"send --channel shop-it --to {ANNA} --media {photo} --text 'Il pacco'")
    assert (record["kind"], record["text"], record["state"]) == ("image", "Il pacco", "accepted")
    media = record["media"]
    assert (media["name"], media["mime"], media["bytes"], len(media["sha256"])) == ("parcel.jpg", "image/jpeg", len(JPEG), 64)
    assert (on_phone(shop)["kind"], on_phone(shop)["text"]) == ("image", "Il pacco")


def test_running_it_again_uploads_nothing_again(shop: Desk, photo: Path) -> None:
    for _ in range(2):
        shop.done(f"send --channel shop-it --to {ANNA} --media {photo} --key k1")
    shop.done(f"send --channel shop-it --to {ANNA} --media {photo}")
    assert (shop.calls("/media"), shop.calls("/messages"), len(shop.rows(Upload))) == (1, 2, 1)


def test_a_dry_run_shows_the_request_and_keeps_nothing(shop: Desk, photo: Path) -> None:
    shown = json.loads(shop.done(f"send --channel shop-it --to {ANNA} --media {photo} -n").stdout)
    assert "uploaded first" in shown["body"]["image"]["id"]
    assert shop.calls("/media") == 0
    assert not list((Path(shop.env["CARELINE_HOME"]) / "profiles").rglob("media/*"))


def test_outside_the_window_nothing_is_uploaded(shop: Desk, photo: Path) -> None:
    shop.pass_by(25 * HOUR)
    assert shop.refused(f"send --channel shop-it --to {ANNA} --media {photo}", 7)["code"] == "window_closed"
    assert shop.calls("/media") == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("--media none.jpg", "There is no file none.jpg"),
        ("--media . --text x", "There is no file ."),
        ("--media {photo} --json -", "One message at a time"),
        ("--text a --json -", "One message at a time"),
        ("--json none.json", "none.json cannot be read"),
        ("", "What to send?"),
    ],
)
def test_what_cannot_be_one_message_is_a_usage_error(line: str, why: str, shop: Desk, photo: Path) -> None:
    error = shop.refused(f"send --channel shop-it --to {ANNA} {line.format(photo=photo)}", 2)
    assert why in error["message"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(shop: Desk) -> None:
    path = shop.folder / "film.mp4"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypmp42")
        file.truncate(17 * 1024 * 1024)
    error = shop.refused(f"send --channel shop-it --to {ANNA} --media {path}", 2)
    assert "17.0 MB; WhatsApp takes 16.0 MB" in error["message"]


def test_a_file_goes_on_top_of_a_template(shop: Desk, photo: Path) -> None:
    handle = uploaded_sample(shop)
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    body = {"type": "BODY", "text": "Ciao {{1}}, ecco il tuo pacco.", "example": {"body_text": [["Anna"]]}}
    wanted = {"name": "parcel", "language": "it", "category": "UTILITY", "components": [header, body]}
    graph(shop, f"{account.BUSINESS_ACCOUNT_ID}/message_templates", **wanted)
    shop.control.review("parcel", "approve")
    record = shop.json(f"send --channel shop-it --to {ANNA} --template parcel --param 1=Anna --media {photo}")
    assert (record["kind"], record["text"], record["media"]["name"]) == (
        "template",
        "Ciao Anna, ecco il tuo pacco.",
        "parcel.jpg",
    )
    assert on_phone(shop)["template"] == "parcel/it"
    assert shop.calls("/media") == 1


def test_buttons_go_out_as_json_and_are_tapped(shop: Desk) -> None:
    path = shop.folder / "size.json"
    path.write_text(json.dumps(BUTTONS))
    record = shop.json(f"send --channel shop-it --to {ANNA} --json {path}")
    assert (record["kind"], record["text"]) == ("interactive", "Quale taglia? [Media]")
    shop.control.tap(ANNA, "Media")
    answer = list(shop.store.select(Message, "ORDER BY id"))[-1]
    assert (answer.kind, answer.text, answer.action, answer.reply_to) == ("button", "Media", "m", record["platform_id"])
    shown = shop.screen("chats show 1")
    assert f"Media  (re {record['id']} 'Quale taglia? [Media]')" in shown


def test_json_comes_from_stdin_too_and_is_checked(shop: Desk) -> None:
    place = {"location": {"latitude": 45.46, "longitude": 9.19, "name": "Shop"}}
    assert shop.json(f"send --channel shop-it --to {ANNA} --json -", input=json.dumps(place))["text"] == "Shop"
    place["location"]["latitude"] = 99
    error = shop.refused(f"send --channel shop-it --to {ANNA} --json -", 2, input=json.dumps(place))
    assert "location.latitude is 99" in error["message"]


def test_an_answer_may_carry_a_file_and_quote_a_message(shop: Desk, photo: Path) -> None:
    theirs = next(iter(shop.store.select(Message)))
    record = shop.json(f"reply 1 'Eccolo' --media {photo} --to m{theirs.id}", env={"CARELINE_AGENT": "mei"})
    assert (record["kind"], record["reply_to"]) == ("image", theirs.platform_id)
    assert on_phone(shop)["reply_to"] == theirs.platform_id
    assert shop.json("chats show 1")["waiting_since_at"] is None


def test_a_reaction_is_no_answer_and_shows_what_it_is_to(shop: Desk) -> None:
    theirs = next(iter(shop.store.select(Message)))
    me = {"CARELINE_AGENT": "mei"}
    shop.done("reply 1 --react 👍", env=me)
    assert (on_phone(shop)["kind"], on_phone(shop)["text"]) == ("reaction", "👍")
    assert shop.json("chats show 1")["waiting_since_at"] is not None
    assert f'👍 to m{theirs.id} "Dov\'è il mio ordine?"' in shop.screen("chats show 1")
    shop.done(f"reply 1 --react '' --to m{theirs.id}", env=me)
    assert on_phone(shop)["text"] == ""
    assert f"took back the reaction to m{theirs.id}" in shop.screen("chats show 1")
    assert shop.refused("reply 1 'Ciao' --react 👍", 2, env=me)["code"] == "bad_reaction"
    assert shop.refused("reply 1 --react 👍 --to m99", 5, env=me)["code"] == "unknown_message"


def test_a_customers_reaction_and_taking_back_show(shop: Desk) -> None:
    shop.done("reply 1 'Domani' ", env={"CARELINE_AGENT": "mei"})
    shop.control.say(ANNA, "❤", kind="reaction")
    shop.control.say(ANNA, "", kind="revoke")
    shown = shop.screen("chats show 1")
    assert "❤ to m2 'Domani'" in shown
    assert "took back m" in shown


def test_reading_is_shown_to_the_customer_and_noted(shop: Desk) -> None:
    assert shop.control.customer(ANNA)["messages"][0]["state"] == "received"
    shop.done("chats read 1 --typing", env={"CARELINE_AGENT": "mei"})
    assert shop.control.customer(ANNA)["messages"][0]["state"] == "read"
    assert "read, typing" in shop.screen("chats show 1")
    (message,) = shop.json("chats show 1")["messages"]
    assert message["read_at"] is not None


def test_the_files_of_a_chat_are_fetched_once_and_written(shop: Desk, photo: Path) -> None:
    shop.control.say(ANNA, "Così", kind="image", content=JPEG, mime="image/jpeg")
    shop.control.say(ANNA, "", kind="document", content=b"%PDF-1.4 ...", filename="../fattura.pdf")
    shop.done(f"send --channel shop-it --to {ANNA} --media {photo} --text Eccola")
    shown = shop.screen("chats show 1")
    assert "[document ../fattura.pdf]\n" in shown
    assert f"[image {photo.name}] Eccola" in shown
    out = shop.folder / "files"
    rows = shop.json(f"chats media 1 --out {out}")
    assert [row["kind"] for row in rows] == ["image", "document", "image"]
    assert [row["check"] for row in rows] == ["verified", "verified", "verified"]
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted(Path(row["file"]).name for row in rows)
    assert names[1].endswith("_fattura.pdf")
    assert (out / names[0]).read_bytes() == JPEG
    calls = shop.calls("/attachments/")
    assert calls == 2
    shop.pass_by(8 * DAY)
    assert shop.json(f"chats media 1 --out {out}") == rows
    assert shop.calls("/attachments/") == calls
    shown = shop.json("chats show 1")["messages"][1]["media"]
    assert (shown["bytes"], len(shown["sha256"])) == (len(JPEG), 64)
    shop.done("chats read 1")
    shop.done("store rebuild --check")


def test_a_file_that_the_platform_has_no_more_is_told_and_the_others_come(shop: Desk) -> None:
    shop.control.say(ANNA, "", kind="image", content=JPEG, mime="image/jpeg")
    shop.pass_by(8 * DAY)
    shop.control.say(ANNA, "", kind="image", content=JPEG, mime="image/jpeg")
    result = shop(f"chats media 1 --out {shop.folder / 'files'} -o json")
    assert result.exit == 3
    rows = json.loads(result.stdout)
    assert ["no more" in (row["error"] or "") for row in rows] == [True, False]
    assert "1 of 2 files are not here" in result.stderr


# Files and stores that move


@pytest.fixture
def full(shop: Desk, photo: Path) -> Desk:
    """A chat with a file of Anna's and one of ours, both on the shelf."""
    shop.control.say(ANNA, "Così", kind="image", content=PNG, mime="image/png")
    shop.done(f"send --channel shop-it --to {ANNA} --media {photo}")
    shop.done(f"chats media 1 --out {shop.folder / 'before'}")
    return shop


def written(desk: Desk, out: str, **options: Any) -> list[bytes]:
    """What the files of the chat are, after writing them into a directory."""
    rows = desk.json(f"chats media 1 --out {desk.folder / out}", **options)
    return [Path(row["file"]).read_bytes() for row in rows]


def test_files_stay_where_they_are_when_the_store_moves_into_a_database(full: Desk, postgres: str) -> None:
    calls = full.calls("/attachments/")
    assert full.json(f"store copy {full.env['CARELINE_HOME']}/profiles/sandbox/careline.db {postgres}")["files"] == 0
    there = {"CARELINE_STORE": postgres}
    assert written(full, "after", env=there) == [PNG, JPEG]
    assert [m["media"]["bytes"] for m in full.json("chats show 1", env=there)["messages"] if m["media"]] == [
        len(PNG),
        len(JPEG),
    ]
    assert full.calls("/attachments/") == calls


def test_files_follow_into_another_home_and_a_second_time_there_is_nothing_to_do(full: Desk, tmp_path: Path) -> None:
    old, new = Path(full.env["CARELINE_HOME"]) / "profiles" / "sandbox", tmp_path / "other" / "profiles" / "sandbox"
    new.mkdir(parents=True)
    line = f"store copy {old}/careline.db {new}/careline.db"
    assert full.json(f"{line} -n")["files"] == 2
    assert not (new / "media").exists()
    assert full.json(line)["files"] == 2
    assert full.json(line)["files"] == 0
    kept = [path for path in (new / "media").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600, 0o600]
    calls = full.calls("/attachments/")
    assert written(full, "after", env={"CARELINE_HOME": str(tmp_path / "other")}) == [PNG, JPEG]
    assert full.calls("/attachments/") == calls


def test_after_a_restore_elsewhere_files_are_fetched_again_while_the_platform_has_them(full: Desk, tmp_path: Path) -> None:
    full.done(f"store backup {tmp_path}/shop.bak")
    there = {"CARELINE_HOME": str(tmp_path / "other")}
    full.done(f"store restore {tmp_path}/shop.bak", env=there)
    calls = full.calls("/attachments/")
    shown = full.json("chats show 1", env=there)["messages"]
    assert [m["media"]["bytes"] for m in shown if m["media"]] == [len(PNG), len(JPEG)]
    assert written(full, "after", env=there) == [PNG, JPEG]
    assert full.calls("/attachments/") == calls + 2
    full.done("store rebuild --check", env=there)


def test_after_a_restore_elsewhere_a_file_that_is_gone_is_said_and_a_copied_folder_brings_it(
    full: Desk, tmp_path: Path
) -> None:
    full.done(f"store backup {tmp_path}/shop.bak")
    there = {"CARELINE_HOME": str(tmp_path / "other")}
    full.done(f"store restore {tmp_path}/shop.bak", env=there)
    full.pass_by(8 * DAY)
    result = full(f"chats media 1 --out {tmp_path}/after -o json", env=there)
    assert (result.exit, [row["error"] for row in json.loads(result.stdout)]) == (3, ["WhatsApp has this file no more.", None])
    folder = Path("profiles") / "sandbox" / "media"
    shutil.copytree(Path(full.env["CARELINE_HOME"]) / folder, tmp_path / "other" / folder, dirs_exist_ok=True)
    assert written(full, "after", env=there) == [PNG, JPEG]


def test_two_runs_do_not_fetch_at_once(shop: Desk, photo: Path) -> None:
    shop.control.say(ANNA, "", kind="image", content=JPEG, mime="image/jpeg")
    with shop.store.lock("media", wait=False):
        shop.refused(f"chats media 1 --out {shop.folder / 'files'}", 10)


def test_a_directory_that_cannot_be_made_is_said(shop: Desk, photo: Path) -> None:
    shop.done(f"send --channel shop-it --to {ANNA} --media {photo}")
    assert "cannot be made a directory" in shop.refused(f"chats media 1 --out {shlex.quote(str(photo))}", 2)["message"]
