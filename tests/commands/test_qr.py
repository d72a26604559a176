"""`careline qr`: a code is asked for once and drawn as often as wanted, and every picture is read by a reader not ours."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from careline.clock import DAY, HOUR, MINUTE
from careline.model import Code
from careline.qr import raster
from careline.sandbox import account
from tests.commands.desk import ANNA, LIWEI, Desk, checked

BRAND = "qr create --channel brand-cn --scene shop-012"
SHOP = "qr create --channel shop-it --scene vetrina"


@pytest.fixture
def brand(desk: Desk) -> Desk:
    """A desk with a WeChat channel."""
    desk.register("brand-cn")
    return desk


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A desk with a WhatsApp channel."""
    desk.register("shop-it")
    return desk


def seen(path: Path) -> str:
    """What a scanner reads in a picture."""
    readers = {".svg": raster.svg, ".pdf": raster.pdf}
    image = readers[path.suffix](path.read_bytes()) if path.suffix in readers else Image.open(path)
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


# Drawing


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_every_picture_says_the_url_that_the_platform_answered(brand: Desk, tmp_path: Path, suffix: str) -> None:
    record = checked("code", brand.json(f"{BRAND} --out {tmp_path}/shop.{suffix} --caption 'Scan me' --color 075e54"))
    assert seen(tmp_path / f"shop.{suffix}") == record["url"]
    assert record["url"].startswith("http://weixin.qq.com/q/")
    assert (record["permanent"], record["numeric"], record["file"]) == (False, False, f"{tmp_path}/shop.{suffix}")


def test_on_a_terminal_it_says_what_was_drawn_and_until_when_it_works(brand: Desk, tmp_path: Path) -> None:
    shown = brand.screen(f"{BRAND} --out {tmp_path}/shop.png --size 40mm").splitlines()
    (code,) = brand.rows(Code)
    assert shown == [
        f"{tmp_path}/shop.png  472 × 472 px, 40 mm at 300 dpi, read back",
        "  scene    shop-012 (text)",
        f"  url      {code.url}",
        "  expires  Sun 5 Apr 12:00 (30 days)",
        "",
        "Temporary: after that day the picture is dead. For a wall: --permanent",
        "(100,000 of 100,000 left on brand-cn, never deletable).",
    ]


@pytest.mark.parametrize(("expires", "says"), [("1h", "1 h"), ("90m", "1 h 30 min"), ("7d", "7 days"), ("30d", "30 days")])
def test_a_code_lives_as_long_as_was_asked(brand: Desk, tmp_path: Path, expires: str, says: str) -> None:
    assert f"({says})\n" in brand.screen(f"{BRAND} --expires {expires} --out {tmp_path}/shop.png")


def test_a_caption_makes_the_picture_higher_and_is_said(brand: Desk, tmp_path: Path) -> None:
    shown = brand.screen(f"{BRAND} --out {tmp_path}/shop.png --caption 'Milano, via Torino'")
    assert "/shop.png  591 × 650 px, 50 mm at 300 dpi, read back\n" in shown


def test_the_same_scene_again_draws_the_code_it_has(brand: Desk, tmp_path: Path) -> None:
    first = brand.json(f"{BRAND} --out {tmp_path}/a.png")
    assert brand.json(f"{BRAND} --out {tmp_path}/b.svg")["url"] == first["url"]
    assert brand.calls("/qrcode/create") == 1
    assert seen(tmp_path / "b.svg") == first["url"]


def test_new_asks_for_another_code_of_the_scene(brand: Desk, tmp_path: Path) -> None:
    first = brand.json(f"{BRAND} --out {tmp_path}/a.png")
    again = brand.json(f"{BRAND} --out {tmp_path}/a.png --new")
    assert again["url"] != first["url"]
    assert seen(tmp_path / "a.png") == again["url"]


def test_an_expired_code_is_asked_for_anew(brand: Desk, tmp_path: Path) -> None:
    first = brand.json(f"{BRAND} --expires 1h --out {tmp_path}/a.png")
    brand.pass_by(2 * HOUR)
    assert brand.json(f"{BRAND} --expires 1h --out {tmp_path}/a.png")["url"] != first["url"]


def test_a_permanent_code_never_expires(brand: Desk, tmp_path: Path) -> None:
    assert "\n  expires  never\n" in brand.screen(f"{BRAND} --permanent --out {tmp_path}/wall.png")
    record = brand.json("qr show shop-012")
    assert (record["permanent"], record["expires_at"]) == (True, None)


def test_a_picture_for_a_wall_is_never_drawn_of_a_temporary_code(brand: Desk, tmp_path: Path) -> None:
    first = brand.json(f"{BRAND} --out {tmp_path}/a.png")
    error = brand.refused(f"{BRAND} --permanent --out {tmp_path}/wall.png", 2)
    assert (error["code"], "which is temporary" in error["message"]) == ("scene_has_code", True)
    record = brand.json(f"{BRAND} --permanent --new --out {tmp_path}/wall.png")
    assert (record["permanent"], record["url"] == first["url"]) == (True, False)


def test_a_numeric_scene_is_another_than_the_same_digits_as_text(brand: Desk, tmp_path: Path) -> None:
    number = brand.json(f"qr create --channel brand-cn --scene 7 --numeric --out {tmp_path}/n.png")
    text = brand.json(f"qr create --channel brand-cn --scene 7 --out {tmp_path}/t.png")
    assert (number["numeric"], text["numeric"], number["url"] == text["url"]) == (True, False, False)
    assert brand.refused("qr show 7", 2)["message"] == "Several codes have that scene: brand-cn/n:7, brand-cn/s:7."
    assert [brand.json(f"qr show {name}")["url"] for name in ("n:7", "brand-cn/s:7")] == [number["url"], text["url"]]


def test_whatsapps_code_opens_the_chat_with_the_text_written(shop: Desk, tmp_path: Path) -> None:
    shown = shop.screen(f"{SHOP} --text 'Ciao! Scrivo dalla vetrina.' --out {tmp_path}/v.png")
    assert "expires" not in shown
    record = checked("code", shop.json("qr show vetrina"))
    assert seen(tmp_path / "v.png") == record["url"] == f"https://wa.me/message/{record['ticket']}"


def test_a_text_too_long_for_a_code_goes_into_a_link_and_asks_nobody(shop: Desk, tmp_path: Path) -> None:
    record = shop.json(f"{SHOP} --text {'x' * 141} --out {tmp_path}/v.png")
    assert record["url"] == f"https://wa.me/{account.PHONE}?text={'x' * 141}"
    assert seen(tmp_path / "v.png") == record["url"]
    assert shop.calls("/message_qrdls") == 0


def test_a_scene_that_has_a_code_with_another_text_is_exit_2(shop: Desk, tmp_path: Path) -> None:
    shop.done(f"{SHOP} --text Ciao --out {tmp_path}/v.png")
    error = shop.refused(f"{SHOP} --text Salve --out {tmp_path}/v.png", 2)
    assert (error["code"], "with another text: 'Ciao'" in error["message"]) == ("scene_has_code", True)


def test_the_file_name_may_hold_the_channel(shop: Desk, tmp_path: Path) -> None:
    shop.done(f"{SHOP} --text Ciao --out {shlex.quote(f'{tmp_path}/{{channel}}-{{date}}.png')}")
    assert (tmp_path / "shop-it-2026-03-06.png").exists()


# In the terminal


def test_print_draws_the_code_in_the_terminal(brand: Desk) -> None:
    shown = brand.done(f"{BRAND} --print", terminal=True).stdout
    assert shown.count("▀") > 50
    assert "  expires  Sun 5 Apr 12:00 (30 days)\n" in shown
    piped = brand.done(f"{BRAND} --print").stdout
    rows = [line for line in piped.splitlines() if line]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "shop-012" not in piped


def test_a_terminal_too_narrow_to_print_is_exit_2_unless_a_file_was_drawn(brand: Desk, tmp_path: Path) -> None:
    result = brand(f"{BRAND} --print", terminal=True, width=20)
    assert (result.exit, "The terminal has 20 columns and the code needs 37." in result.stderr) == (2, True)
    result = brand(f"{BRAND} --print --out {tmp_path}/a.png", terminal=True, width=20)
    assert (result.exit, "Not printed: The terminal has 20 columns" in result.stderr) == (0, True)


def test_what_is_drawn_for_a_person_is_never_mixed_with_json(brand: Desk, tmp_path: Path) -> None:
    assert brand.refused(f"{BRAND} --print --out {tmp_path}/a.png", 2)["code"] == "bad_output"
    assert brand.calls("/qrcode/create") == 0


# Refused


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (BRAND, "Where to? --out FILE, or --print."),
        (f"{BRAND} --out x.jpg", "A code is drawn as png, svg or pdf"),
        (f"{BRAND} --out x.png --expires 31d", "WeChat's temporary codes live for 30 days at most."),
        (f"{BRAND} --out x.png --expires 0s", "A temporary code lives from 1 second to 30 days."),
        (f"{BRAND} --out x.png --expires 30", "30 of what?"),
        (f"{BRAND} --out x.png --expires 1h --permanent", "A code is either --permanent or --expires some day."),
        (f"{BRAND} --out x.png --text Ciao", "--text is WhatsApp's"),
        (f"{BRAND} --out x.png --numeric", "A numeric scene is a number, not 'shop-012'."),
        (
            "qr create --channel brand-cn --scene 0 --numeric --out x.png",
            "A numeric scene of a temporary code is a number from 1",
        ),
        ("qr create --channel brand-cn --scene '' --out x.png", "--scene is empty."),
        (f"qr create --channel brand-cn --scene {'s' * 65} --out x.png", "A scene is 1 to 64 printable characters"),
        (f"{BRAND} --out x.png --color ffff00", "#ffff00 is too pale for a code"),
        (f"{BRAND} --out x.png --size 40", "'40' is not a size: a number and mm."),
        (f"{BRAND} --out x.png --logo /nowhere.png", "/nowhere.png"),
        (f"{BRAND} --out x.png --columns nope", "There is no column 'nope' here."),
    ],
)
def test_what_cannot_be_drawn_is_exit_2_before_wechat_is_asked(
    brand: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in brand.refused(line, 2)["message"]
    assert brand.calls("/qrcode/create") == 0
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("more", ["--expires 3d", "--permanent", "--numeric"])
def test_whatsapps_codes_do_not_expire(shop: Desk, tmp_path: Path, more: str) -> None:
    assert shop(f"{SHOP} --text Ciao --out {tmp_path}/v.png {more}").exit == 2
    assert shop.rows(Code) == []


@pytest.mark.parametrize(("target", "exit"), [("nowhere/a.png", 2), ("taken.png", 2), ("/proc/a.png", 1)])
def test_a_target_that_cannot_be_written_asks_the_platform_for_nothing(
    brand: Desk, tmp_path: Path, target: str, exit: int
) -> None:
    (tmp_path / "taken.png").mkdir()
    assert brand(f"{BRAND} --permanent --out {tmp_path / target}").exit == exit
    assert brand.calls("/qrcode/create") == 0


def test_a_picture_that_would_not_scan_leaves_the_old_one_alone(brand: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"the old picture")
    assert brand(f"{BRAND} --out {path} --size 5mm --dpi 50").exit == 2
    assert path.read_bytes() == b"the old picture"


@pytest.mark.parametrize(("code", "exit"), [("45009", 8), ("48001", 6), ("40013", 4), ("40164", 4)])
def test_a_refusal_of_wechat_keeps_its_code_and_draws_nothing(brand: Desk, tmp_path: Path, code: str, exit: int) -> None:
    brand.control.fault(code)
    assert brand.refused(f"{BRAND} --out {tmp_path}/a.png", exit)["platform_code"] == code
    assert (brand.rows(Code), list(tmp_path.glob("*.png"))) == ([], [])


def test_a_dry_run_asks_and_draws_nothing(brand: Desk, tmp_path: Path) -> None:
    result = brand.done(f"{BRAND} --out {tmp_path}/a.png -n")
    assert result.stderr == f"Would ask the platform for a new code for the scene shop-012, and write {tmp_path}/a.png.\n"
    brand.done(f"{BRAND} --out {tmp_path}/a.png")
    (tmp_path / "a.png").unlink()
    assert "Would draw the code it has" in brand.done(f"{BRAND} --out {tmp_path}/a.png -n").stderr
    assert not (tmp_path / "a.png").exists()


# The ledger


def test_a_scan_a_follow_and_a_chat_are_counted_for_their_code(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.done(f"{BRAND} --out {tmp_path}/a.png")
    open_desk.done(f"{SHOP} --text 'Ciao! Scrivo dalla vetrina.' --out {tmp_path}/v.png")
    open_desk.control.scan(LIWEI, "shop-012")
    open_desk.liwei_writes()
    open_desk.control.scan(ANNA, "Ciao! Scrivo dalla vetrina.")
    counts = {c["scene"]: (c["scans"], c["follows"], c["chats"]) for c in open_desk.json("qr list")}
    assert counts["shop-012"] == (1, 1, 1)
    assert counts["vetrina"][2] == 1
    assert {c["scene"] for c in open_desk.json("chats list")} == {"shop-012", "vetrina"}


def test_list_shows_the_newest_first_and_filters(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.done(f"{BRAND} --expires 1h --out {tmp_path}/a.png --campaign spring")
    open_desk.pass_by(MINUTE)
    open_desk.done(f"{SHOP} --text Ciao --out {tmp_path}/v.png")
    records = [checked("code", record) for record in open_desk.json("qr list")]
    assert [record["scene"] for record in records] == ["vetrina", "shop-012"]

    def scenes(more: str) -> list[str]:
        return open_desk.done(f"qr list {more} -o ids").stdout.split()

    assert scenes("--channel shop-it") == ["vetrina"]
    assert scenes("--campaign spring") == ["shop-012"]
    assert scenes("--expires-within 2h") == ["shop-012"]
    assert scenes("--expires-within 30m") == []
    assert open_desk.screen("qr list").splitlines()[0].split() == [
        *("SCENE", "CHANNEL", "URL", "FILE", "EXPIRES", "SCANS", "FOLLOWS", "CHATS")
    ]


def test_an_empty_ledger_says_how_to_begin(shop: Desk) -> None:
    assert shop("qr list", terminal=True).stderr == "No code yet: careline qr create --help\n"


def test_show_finds_a_code_by_scene_or_by_channel_and_scene(open_desk: Desk, tmp_path: Path) -> None:
    for scene in ("shop-012", "milano/via torino"):
        open_desk.done(f"qr create --channel brand-cn --scene '{scene}' --out {tmp_path}/a.png")
        assert open_desk.json(f"qr show '{scene}'")["scene"] == scene
        assert open_desk.json(f"qr show 'brand-cn/{scene}'")["scene"] == scene
    open_desk.done(f"qr create --channel shop-it --scene shop-012 --text Ciao --out {tmp_path}/b.png")
    error = open_desk.refused("qr show shop-012", 2)
    assert error["message"] == "Several codes have that scene: brand-cn/shop-012, shop-it/shop-012."
    assert open_desk.json("qr show shop-it/shop-012")["channel"] == "shop-it"
    assert open_desk.refused("qr show nowhere", 5)["code"] == "unknown_scene"


def test_a_code_that_died_says_when(brand: Desk, tmp_path: Path) -> None:
    brand.done(f"{BRAND} --expires 1d --out {tmp_path}/a.png")
    brand.pass_by(3 * DAY)
    assert "\nexpires  48 h ago\n" in brand.screen("qr show shop-012")
