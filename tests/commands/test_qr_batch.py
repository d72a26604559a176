"""`careline qr batch`: a table of shops becomes codes on walls, once, however often it is run and whatever stops it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from careline.clock import DAY, HOUR, SECOND
from careline.errors import NotFound
from careline.model import Code
from careline.qr import raster
from tests.commands.desk import Desk, process

KILLED = -9


@pytest.fixture
def brand(desk: Desk) -> Desk:
    """A desk with a WeChat channel."""
    desk.register("brand-cn")
    return desk


def table(folder: Path, text: str) -> Path:
    path = folder / "stores.csv"
    path.write_text(text, "utf-8")
    return path


def shops(folder: Path, count: int) -> Path:
    return table(folder, "scene\n" + "".join(f"shop-{number:03}\n" for number in range(count)))


def rows(result: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.splitlines()]


def read(path: Path) -> list[str]:
    """What a scanner reads in a picture, from the top left."""
    readers = {".svg": raster.svg, ".pdf": raster.pdf}
    image = readers[path.suffix](path.read_bytes()) if path.suffix in readers else Image.open(path)
    found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)  # type: ignore[arg-type]
    return [one.text for one in sorted(found, key=lambda one: (one.position.top_left.y // 40, one.position.top_left.x))]


# From the table to the wall


def test_each_row_becomes_a_picture_of_its_own_code(brand: Desk, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "Scene,caption,campaign,expires,file,city\n"
        "shop-001,Milano,spring,,,Milano\n"
        'shop-002,"Torino, centro",,7d,windows/turin.svg,Torino\n'
        "via/roma 3,,,,,\n",
    )
    result = brand.done(f"qr batch {path} --out {tmp_path}/out --campaign summer -o jsonl")
    found = rows(result.stdout)
    assert [(one["line"], one["scene"], one["state"], Path(one["file"]).relative_to(tmp_path / "out")) for one in found] == [
        (2, "shop-001", "drawn", Path("shop-001.png")),
        (3, "shop-002", "drawn", Path("windows/turin.svg")),
        (4, "via/roma 3", "drawn", Path("via_roma 3.png")),
    ]
    assert [read(Path(one["file"])) for one in found] == [[one["url"]] for one in found]
    codes = {code.scene: code for code in brand.rows(Code)}
    assert [codes[scene].campaign for scene in ("shop-001", "shop-002", "via/roma 3")] == ["spring", "summer", "summer"]
    assert (codes["shop-002"].expires_at or 0) - codes["shop-002"].created_at == pytest.approx(7 * DAY, abs=SECOND)
    assert "Columns that are not read: city\n" in result.stderr
    assert "3 codes: 3 drawn and read back\n" in result.stderr


def test_a_table_with_semicolons_and_a_byte_order_mark_is_read_as_a_spreadsheet_writes_it(brand: Desk, tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_bytes("\ufeffscene;caption\r\nshop-001;Milano, centro\r\n\r\n".encode())
    brand.done(f"qr batch {path} --out {tmp_path}/out")
    (code,) = brand.rows(Code)
    assert (code.scene, code.caption) == ("shop-001", "Milano, centro")


def test_what_the_ledger_has_is_not_asked_for_again_and_what_is_drawn_not_drawn_again(brand: Desk, tmp_path: Path) -> None:
    path = shops(tmp_path, 5)
    brand.done(f"qr batch {path} --out {tmp_path}/out")
    kept = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "shop-003.png").unlink()
    result = brand.done(f"qr batch {path} --out {tmp_path}/out -o jsonl")
    assert [one["state"] for one in rows(result.stdout)] == ["same", "same", "same", "drawn", "same"]
    assert brand.calls("/qrcode/create") == 5
    now = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in kept}
    changed = {file.name for file in kept if now[file] != kept[file]}
    assert changed == {"shop-003.png"}
    assert {file: data for file, (_, data) in now.items()} == {file: data for file, (_, data) in kept.items()}


def test_another_look_draws_every_picture_again_of_the_codes_there_are(brand: Desk, tmp_path: Path) -> None:
    path = shops(tmp_path, 3)
    brand.done(f"qr batch {path} --out {tmp_path}/out")
    result = brand.done(f"qr batch {path} --out {tmp_path}/out --color 075e54 -o jsonl")
    assert {one["state"] for one in rows(result.stdout)} == {"drawn"}
    assert brand.calls("/qrcode/create") == 3


def test_another_logo_in_the_same_place_is_drawn_anew(brand: Desk, tmp_path: Path) -> None:
    line = f"qr batch {shops(tmp_path, 2)} --out {tmp_path}/out --logo {tmp_path}/logo.png -o jsonl"
    states = []
    for color in ("red", "red", "blue"):
        Image.new("RGB", (40, 40), color).save(tmp_path / "logo.png")
        states += [one["state"] for one in rows(brand.done(line).stdout)]
    assert states == ["drawn", "drawn", "same", "same", "drawn", "drawn"]


def test_whatsapp_rows_carry_their_text_and_alike_ones_are_named(open_desk: Desk, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "scene,channel,text\nwall,brand-cn,\nvetrina,shop-it,Ciao da Milano\ncassa,shop-it,Ciao!\nporta,shop-it,Ciao!\n",
    )
    result = open_desk.done(f"qr batch {path} --out {tmp_path}/out")
    assert {code.scene: (code.channel, code.text) for code in open_desk.rows(Code)} == {
        "wall": ("brand-cn", ""),
        "vetrina": ("shop-it", "Ciao da Milano"),
        "cassa": ("shop-it", "Ciao!"),
        "porta": ("shop-it", "Ciao!"),
    }
    assert "2 codes of shop-it begin the same message: their chats cannot be told apart.\n" in result.stderr


def test_what_is_wechats_holds_for_wechats_rows_and_is_refused_where_there_are_none(open_desk: Desk, tmp_path: Path) -> None:
    path = table(tmp_path, "scene,channel,text\nwall,brand-cn,\nvetrina,shop-it,Ciao da Milano\n")
    open_desk.done(f"qr batch {path} --out {tmp_path}/out --permanent --yes")
    assert {code.scene: code.ticket != "" for code in open_desk.rows(Code)} == {"wall": True, "vetrina": True}
    path = table(tmp_path, "scene,channel,text\nporta,shop-it,Salve\n")
    for more in ("--permanent --yes", "--expires 7d", "--numeric"):
        assert open_desk(f"qr batch {path} --out {tmp_path}/out {more}").exit == 2
    assert len(open_desk.rows(Code)) == 2


def test_a_dry_run_says_what_it_would_ask_and_does_nothing(brand: Desk, tmp_path: Path) -> None:
    path = shops(tmp_path, 3)
    result = brand.done(f"qr batch {path} --out {tmp_path}/out -n -o jsonl")
    assert [one["state"] for one in rows(result.stdout)] == ["ask"] * 3
    assert result.stderr == "Would ask for 3 of 3 codes and write 3 files; 0 are as they should be.\n"
    assert (brand.calls("/qrcode/create"), (tmp_path / "out").exists()) == (0, False)


def test_hundreds_are_drawn_by_several_processes_and_each_says_its_own_code(brand: Desk, tmp_path: Path) -> None:
    found = rows(brand.done(f"qr batch {shops(tmp_path, 150)} --out {tmp_path}/out -o jsonl").stdout)
    assert [read(Path(one["file"])) for one in found] == [[one["url"]] for one in found]
    assert len({one["url"] for one in found}) == 150


# Sheets


def test_sheets_hold_the_codes_in_the_order_of_the_table(brand: Desk, tmp_path: Path) -> None:
    found = rows(brand.done(f"qr batch {shops(tmp_path, 14)} --out {tmp_path}/out --sheet a4 -o jsonl").stdout)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["sheet-001.pdf", "sheet-002.pdf"]
    urls = [one["url"] for one in found]
    assert read(tmp_path / "out" / "sheet-001.pdf") == urls[:12]
    assert read(tmp_path / "out" / "sheet-002.pdf") == urls[12:]
    assert b"/MediaBox [0 0 595.2756 841.8898]" in (tmp_path / "out" / "sheet-001.pdf").read_bytes()


def test_only_a_sheet_that_changes_is_drawn_again(brand: Desk, tmp_path: Path) -> None:
    brand.done(f"qr batch {shops(tmp_path, 14)} --out {tmp_path}/out --sheet a4")
    first = (tmp_path / "out" / "sheet-001.pdf").stat().st_mtime_ns
    states = [
        one["state"]
        for one in rows(brand.done(f"qr batch {shops(tmp_path, 13)} --out {tmp_path}/out --sheet a4 -o jsonl").stdout)
    ]
    assert states == ["same"] * 12 + ["drawn"]
    assert (tmp_path / "out" / "sheet-001.pdf").stat().st_mtime_ns == first
    assert len(read(tmp_path / "out" / "sheet-002.pdf")) == 1


# Permanent codes


def test_permanent_ones_ask_first_and_are_counted(brand: Desk, tmp_path: Path) -> None:
    path = shops(tmp_path, 3)
    error = brand.refused(f"qr batch {path} --out {tmp_path}/out --permanent", 2)
    assert error["code"] == "needs_yes"
    assert "3 on brand-cn (100,000 of 100,000 left on brand-cn, never deletable)" in error["message"]
    assert brand.calls("/qrcode/create") == 0
    brand.done(f"qr batch {path} --out {tmp_path}/out --permanent --yes")
    brand.done(f"qr batch {path} --out {tmp_path}/out --permanent")  # nothing is asked for, so nothing is to be confirmed
    shown = brand.screen(f"qr create --channel brand-cn --scene wall --permanent --out {tmp_path}/wall.png")
    assert "(99,996 of 100,000 left on brand-cn, never deletable)" in shown


def test_rows_that_say_when_they_expire_stay_temporary_and_that_is_said(brand: Desk, tmp_path: Path) -> None:
    path = table(tmp_path, "scene,expires\nmilano,7d\nroma,\n")
    done = brand.done(f"qr batch {path} --out {tmp_path}/out --permanent --yes -o jsonl")
    assert "1 of 2 rows say when they expire: those codes are temporary." in done.stderr
    assert [row["expires_at"] is None for row in rows(done.stdout)] == [False, True]


def test_more_than_are_left_are_refused_before_anything_is_asked(
    brand: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("careline.qr.ledger.PERMANENT_SCENES", 4)
    brand.done(f"qr batch {shops(tmp_path, 3)} --out {tmp_path}/out --permanent --yes")
    error = brand.refused(f"qr batch {shops(tmp_path, 5)} --out {tmp_path}/out --permanent --yes", 2)
    assert error["code"] == "permanent_codes_used"
    assert "brand-cn has 1 of 4 permanent codes left, and 2 are asked for." in error["message"]
    assert brand.calls("/qrcode/create") == 3
    brand.done(f"qr create --channel brand-cn --scene wall --permanent --out {tmp_path}/wall.png")
    error = brand.refused(f"qr create --channel brand-cn --scene door --permanent --out {tmp_path}/door.png", 2)
    assert error["code"] == "permanent_codes_used"
    brand.done(f"qr create --channel brand-cn --scene wall --permanent --new --out {tmp_path}/wall.png")  # it has one already


def test_few_that_are_left_are_said_before(brand: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("careline.qr.ledger.PERMANENT_SCENES", 10)
    monkeypatch.setattr("careline.qr.ledger.FEW", 8)
    result = brand.done(f"qr batch {shops(tmp_path, 2)} --out {tmp_path}/out --permanent --yes")
    assert "brand-cn will have 8 permanent codes left, and none is ever given back.\n" in result.stderr


# Rows that cannot be


def test_all_bad_rows_are_named_by_their_lines_before_anything_is_asked(brand: Desk, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "scene,caption,logo,expires,channel,text,file\n"
        "shop-001,,,,,,\n"
        ",Milano,,,,,\n"
        '"shop-002","two\nlines",,,,,\n'
        "shop-003,,nowhere.png,,,,\n"
        "shop-004,,,31d,,,\n"
        "shop-005,,,,nowhere,,\n"
        "shop-006,,,,,Ciao,\n"
        "qrscene_shop-001,,,,,,\n"
        f"{'s' * 65},,,,,,\n"
        "shop-007,,,,,,../up.png\n"
        "shop-008,,,,,,Shop-001.PNG\n"
        "shop-009,,,soon,,,\n"
        "shop-010,,,,,,shop.gif\n",
    )
    error = brand.refused(f"qr batch {path} --out {tmp_path}/out", 2)
    assert error["code"] == "bad_rows"
    lines = error["message"].splitlines()
    assert lines[0] == "12 rows cannot be drawn; nothing was asked for."
    told = [int(line.split()[1].removesuffix(":")) for line in lines[1:]]
    assert told == [3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    assert "line 7: WeChat's temporary codes live for 30 days at most." in lines
    assert "line 10: the scene shop-001 is that of line 2." in lines
    assert "line 13: the file Shop-001.PNG is that of line 2." in lines
    assert (brand.calls("/qrcode/create"), (tmp_path / "out").exists()) == (0, False)


def test_what_is_wrong_with_all_rows_alike_says_what_helps(brand: Desk, tmp_path: Path) -> None:
    path = table(tmp_path, "scene,caption\nshop-1,\ue123 1\nshop-2,\ue123 2\n")
    error = brand.refused(f"qr batch {path} --out {tmp_path}/out", 2)
    assert error["message"].startswith("2 rows cannot be drawn")
    assert error["hint"].startswith("apt install fonts-noto-core")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("caption\nMilano\n", "has no column scene in its first line"),
        ("scene,scene\na,b\n", "has two columns scene"),
        ("scene\n", "has no rows"),
        ("", "has no column scene"),
        ('scene\n"shop\n', "line 2"),
        ("scene\nshop\0\n", "is not text"),
    ],
)
def test_what_is_no_table_is_exit_2(brand: Desk, tmp_path: Path, text: str, says: str) -> None:
    assert says in brand.refused(f"qr batch {table(tmp_path, text)} --out {tmp_path}/out", 2)["message"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("--format gif", "A code is drawn as png, svg or pdf"),
        ("--sheet a4 --format png", "A sheet is a pdf."),
        ("--sheet b7", "'b7' is no paper"),
        ("--sheet a4 --size 250mm", "does not fit on a sheet of A4"),
        ("--permanent --expires 7d", "either --permanent or --expires"),
        ("--columns nope", "There is no column 'nope' here."),
    ],
)
def test_what_holds_for_all_rows_and_cannot_be_is_exit_2(brand: Desk, tmp_path: Path, more: str, says: str) -> None:
    assert says in brand.refused(f"qr batch {shops(tmp_path, 2)} --out {tmp_path}/out {more}", 2)["message"]
    assert brand.calls("/qrcode/create") == 0


def test_a_folder_that_cannot_be_made_asks_the_platform_for_nothing(brand: Desk, tmp_path: Path) -> None:
    path = shops(tmp_path, 2)
    assert brand.refused(f"qr batch {path} --out {path}/out", 1)["code"] == "not_written"
    assert brand.calls("/qrcode/create") == 0


# When the platform says no


@pytest.mark.parametrize("code", ["45009", "45011", "40001", "48001"])
def test_a_quota_stops_it_kindly_and_the_rerun_does_the_rest(brand: Desk, tmp_path: Path, code: str) -> None:
    brand.done(f"qr batch {shops(tmp_path, 4)} --out {tmp_path}/out")
    asked = brand.calls("/qrcode/create")
    brand.control.fault(code, next=40)
    result = brand(f"qr batch {shops(tmp_path, 60)} --out {tmp_path}/out -o jsonl")
    assert result.exit == 3, result
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (error["platform_code"], "run it again for the rest" in error["hint"]) == (code, True)
    states = [one["state"] for one in rows(result.stdout)]
    assert (states.count("same"), states.count("left"), "failed" in states) == (4, 56, False)
    assert brand.calls("/qrcode/create") - asked <= 34  # those that were under way, not all of them
    brand.control.clear_faults()
    brand.done(f"qr batch {shops(tmp_path, 60)} --out {tmp_path}/out")
    assert len(list((tmp_path / "out").glob("*.png"))) == 60


def test_a_refusal_of_one_row_is_its_own_and_the_others_are_drawn(brand: Desk, tmp_path: Path) -> None:
    brand.control.settings(wechat_permanent=2)
    result = brand(f"qr batch {shops(tmp_path, 3)} --out {tmp_path}/out --permanent --yes -o jsonl")
    assert result.exit == 3
    found = rows(result.stdout)
    assert sorted(one["state"] for one in found) == ["drawn", "drawn", "failed"]
    (failed,) = (one for one in found if one["state"] == "failed")
    assert "WeChat does not take this scene" in failed["message"]
    shown = brand(f"qr batch {shops(tmp_path, 3)} --out {tmp_path}/out --permanent --yes", terminal=True, env={"NO_COLOR": "1"})
    assert shown.exit == 3
    assert failed["scene"] in shown.stdout
    assert len(shown.stdout.splitlines()) == 2  # the names of the columns, and the one that needs a look


def test_two_batches_at_once_are_told_apart(brand: Desk, tmp_path: Path) -> None:
    with brand.store.lock("qr", wait=False):
        assert brand(f"qr batch {shops(tmp_path, 2)} --out {tmp_path}/out").exit == 10


# kill -9


@pytest.mark.parametrize(
    "point",
    ["qr.answered:7", "qr.noted:1", "file.written:5", "file.renamed:5", "qr.drawn:1", "qr.drawn:2", "qr.kept:1"],
)
@pytest.mark.parametrize("more", ["", "--permanent --yes"])
def test_a_batch_killed_there_ends_as_an_undisturbed_one_when_run_again(
    brand: Desk, tmp_path: Path, point: str, more: str
) -> None:
    path, out = shops(tmp_path, 40), tmp_path / "out"
    line = f"qr batch {path} --out {out} {more}"
    killed = process(line, env={"CARELINE_CRASHPOINT": point})
    assert killed.returncode == KILLED, killed
    for file in out.glob("[!.]*") if out.exists() else ():
        assert len(read(file)) == 1  # whole, or not there
    again = process(f"{line} -o jsonl")
    assert again.returncode == 0, again
    found = rows(again.stdout.decode())
    assert [(one["scene"], one["state"] in ("drawn", "same")) for one in found] == [(f"shop-{n:03}", True) for n in range(40)]
    assert [read(Path(one["file"])) for one in found] == [[one["url"]] for one in found]
    assert sorted(file.name for file in out.glob("[!.]*")) == [f"shop-{n:03}.png" for n in range(40)]
    codes = brand.rows(Code)
    assert sorted((code.scene, code.file, code.permanent) for code in codes) == [
        (f"shop-{n:03}", f"{out}/shop-{n:03}.png", bool(more)) for n in range(40)
    ]
    third = process(f"{line} -o jsonl")
    assert {one["state"] for one in rows(third.stdout.decode())} == {"same"}
    assert process("store rebuild --check").returncode == 0


def test_ctrl_c_says_that_the_rest_can_be_had_by_running_it_again(brand: Desk, tmp_path: Path) -> None:
    words = ["qr", "batch", str(shops(tmp_path, 300)), "--out", f"{tmp_path}/out"]
    batch = subprocess.Popen([sys.executable, "-m", "careline", *words, "-o", "json"], stderr=subprocess.PIPE)
    ends = time.monotonic() + 10
    while not brand.calls("/qrcode/create") and time.monotonic() < ends:
        time.sleep(0.01)
    batch.send_signal(signal.SIGINT)
    error = json.loads(batch.communicate(timeout=10)[1].splitlines()[-1])["error"]
    assert (batch.returncode, error["code"], error["hint"]) == (
        130,
        "interrupted",
        "What is done is kept: run it again for the rest.",
    )
    assert len(brand.rows(Code)) >= brand.calls("/qrcode/create") - 16  # at most those that were on their way


def test_those_who_draw_end_with_the_one_who_was_killed(brand: Desk, tmp_path: Path) -> None:
    line = f"qr batch {shops(tmp_path, 150)} --out {tmp_path}/out"
    killed = process(line, env={"CARELINE_CRASHPOINT": "qr.kept:2"})  # returns when nobody holds its stderr any more
    assert killed.returncode == KILLED
    assert process(line).returncode == 0
    assert brand.calls("/qrcode/create") == 150


def test_one_of_those_who_draw_may_be_killed_and_what_was_drawn_is_kept(brand: Desk, tmp_path: Path) -> None:
    line = f"qr batch {shops(tmp_path, 150)} --out {tmp_path}/out -o json"
    result = process(line, env={"CARELINE_CRASHPOINT": "file.written:30"})
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (result.returncode, error["code"]) == (1, "drawing_killed")
    states = [one["state"] for one in json.loads(process(line).stdout)]
    assert states.count("same") >= 16
    assert states.count("same") + states.count("drawn") == 150


# Renewing


def test_renewing_asks_for_another_code_of_the_same_look_life_and_campaign(brand: Desk, tmp_path: Path) -> None:
    create = f"qr create --channel brand-cn --scene shop-012 --out {tmp_path}/a.svg"
    first = brand.json(f"{create} --expires 7d --campaign spring --caption Milano --color 075e54 --size 60mm")
    brand.pass_by(6 * DAY)
    result = brand.done(f"qr renew shop-012 --out {tmp_path}/new -o jsonl")
    (row,) = rows(result.stdout)
    assert (row["state"], row["file"]) == ("drawn", f"{tmp_path}/new/shop-012.svg")
    assert row["url"] != first["url"]
    assert read(tmp_path / "new" / "shop-012.svg") == [row["url"]]
    picture = (tmp_path / "new" / "shop-012.svg").read_text()
    assert 'width="60mm"' in picture
    assert "#075e54" in picture
    assert 'aria-label="Milano"' in picture
    (code,) = brand.rows(Code)
    assert (code.campaign, code.caption) == ("spring", "Milano")
    assert (code.expires_at or 0) - code.created_at == pytest.approx(7 * DAY, abs=2 * SECOND)
    assert "what hangs there now ends when it would have" in result.stderr


def test_scans_of_the_old_picture_and_the_new_one_count_for_the_scene(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.done(f"qr create --channel brand-cn --scene shop-012 --expires 2h --out {tmp_path}/a.png")
    (old,) = open_desk.rows(Code)
    open_desk.control.scan("mei", old.ticket)
    open_desk.done(f"qr renew brand-cn/shop-012 --out {tmp_path}/new")
    open_desk.control.scan("lin", old.ticket)
    open_desk.control.scan("wang", "shop-012")
    (code,) = open_desk.rows(Code)
    assert (code.scans, code.follows, code.tickets) == (3, 3, (old.ticket,))
    open_desk.pass_by(HOUR + HOUR)
    with pytest.raises(NotFound, match="expired"):
        open_desk.control.scan("mei", old.ticket)


def test_those_that_end_soon_are_renewed_from_the_list(brand: Desk, tmp_path: Path) -> None:
    brand.done(f"qr batch {shops(tmp_path, 3)} --out {tmp_path}/out --expires 5d")
    ids = brand.done("qr list --expires-within 7d -o ids").stdout
    result = brand.done(f"qr renew - --out {tmp_path}/new", input=ids)
    assert "3 codes: 3 drawn and read back\n" in result.stderr
    assert brand.calls("/qrcode/create") == 6


def test_what_never_ends_is_not_renewed(open_desk: Desk, tmp_path: Path) -> None:
    open_desk.done(f"qr create --channel brand-cn --scene wall --permanent --out {tmp_path}/a.png")
    open_desk.done(f"qr create --channel shop-it --scene vetrina --text Ciao --out {tmp_path}/b.png")
    for scene in ("wall", "vetrina"):
        assert open_desk.refused(f"qr renew {scene} --out {tmp_path}/new", 2)["code"] == "never_ends"
    assert open_desk.refused(f"qr renew nowhere --out {tmp_path}/new", 5)["code"] == "unknown_scene"
