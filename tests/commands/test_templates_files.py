"""templates lint, new, preview: what is done with files alone."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from cli.cells import cells
from commands._templates_files import wrapped
from tests.commands.desk import ANNA, Desk, Program, toml

FILES = Path(__file__).parents[1] / "careline" / "templates" / "files"
PLAIN = {"NO_COLOR": "1"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "order_update.it.toml"
    path.write_text(toml(), "utf-8")
    return path


# lint


def test_files_without_fault_are_exit_0_and_say_how_many_they_were(careline: Program, file: Path) -> None:
    assert careline("templates", "lint", str(file), terminal=True, env=PLAIN) == (0, "", "1 file: 0 errors, 0 warnings\n")


def test_warnings_are_exit_0_and_errors_exit_1(careline: Program) -> None:
    result = careline("templates", "lint", f"{FILES}/good/warned_few_words.toml", terminal=True, env=PLAIN)
    assert (result.exit, result.stderr) == (0, "1 file: 0 errors, 1 warning\n")
    result = careline("templates", "lint", f"{FILES}/bad/bad_name.toml", f"{FILES}/good/plain.toml", terminal=True, env=PLAIN)
    assert (result.exit, result.stderr) == (1, "2 files: 1 error, 0 warnings\n")
    assert result.stdout == (
        f"{FILES}/bad/bad_name.toml\n"
        "     1  T006  error    name may hold a-z, 0-9 and _ only\n"
        "careline templates lint --explain T006\n"
    )


def test_a_folder_as_json_is_a_row_for_each_finding(careline: Program) -> None:
    result = careline("templates", "lint", str(FILES), "-o", "json")
    rows = json.loads(result.stdout)
    errors = {row["path"] for row in rows if row["level"] == "error"}
    assert result.exit == 1
    assert errors == {str(path) for path in (FILES / "bad").glob("*.toml")}
    assert rows[0].keys() == {"path", "line", "rule", "level", "message"}


def test_a_file_named_twice_is_looked_at_once(careline: Program, file: Path) -> None:
    assert careline("templates", "lint", str(file), str(file), str(file.parent)).stderr == "1 file: 0 errors, 0 warnings\n"


def test_without_files_it_is_exit_2_and_an_empty_folder_exit_5(careline: Program, tmp_path: Path) -> None:
    assert careline("templates", "lint").exit == 2
    assert careline("templates", "lint", str(tmp_path / "nowhere")).exit == 2
    (tmp_path / "empty").mkdir()
    result = careline("templates", "lint", str(tmp_path / "empty"))
    assert (result.exit, f"careline templates new {tmp_path}/empty" in result.stderr) == (5, True)


def test_a_rule_is_explained_to_people_and_to_programs(careline: Program) -> None:
    told = careline("templates", "lint", "--explain", "t016", terminal=True, env=PLAIN).stdout
    assert told.startswith("T016 · The body neither begins nor ends with a variable · error\nSubcode 2388299.")
    assert max(map(cells, told.splitlines())) <= 80
    rule = json.loads(careline("templates", "lint", "--explain", "T018", "-o", "json").stdout)
    assert (rule["id"], rule["level"]) == ("T018", "warning")
    assert careline("templates", "lint", "--explain", "T999").exit == 5
    assert careline("templates", "lint", "--explain", "all", "-o", "ids").stdout.split()[:3] == ["T001", "T002", "T003"]


# new


def test_the_starter_pack_is_written_once(careline: Program, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    assert careline("templates", "new", str(folder), "-n").exit == 0
    assert not folder.exists()
    rows = json.loads(careline("templates", "new", str(folder), "-o", "json").stdout)
    assert (len(rows), rows[0]) == (25, {"path": f"{folder}/case_update.en.toml", "name": "case_update", "language": "en"})
    assert careline("templates", "new", str(folder)).exit == 2
    assert careline("templates", "lint", str(folder)).exit == 0


# preview


def test_a_file_is_drawn_as_on_a_phone_whatever_the_script(careline: Program, tmp_path: Path) -> None:
    careline("templates", "new", str(tmp_path / "pack"))
    for language in ("it", "zh_CN"):
        for width in (80, 40, 24):
            path = f"{tmp_path}/pack/welcome.{language}.toml"
            shown = careline("templates", "preview", path, "--param", "name=李伟", terminal=True, env=PLAIN, width=width).stdout
            box = [line for line in shown.splitlines() if line[0] in "╭│├╰"]
            assert {cells(line) for line in box} == {min(60, width)}
            assert "李伟" in shown


def test_cards_are_drawn_one_by_one(careline: Program) -> None:
    shown = careline("templates", "preview", f"{FILES}/good/carousel.toml", terminal=True, env=PLAIN).stdout
    assert shown.count("╭") == 3
    assert "card 1\n" in shown
    assert "│ ↗ Buy" in shown


def test_a_preview_as_json_has_texts_and_buttons(careline: Program, file: Path) -> None:
    made = json.loads(careline("templates", "preview", str(file), "--param", "1=Anna", "-o", "json").stdout)
    assert made["message"] == {"header": "", "body": "Ciao Anna, il tuo ordine è arrivato.", "footer": "", "buttons": []}
    assert made["parameters"] == {"1": "Anna"}


def test_a_text_cannot_draw_outside_its_box(careline: Program, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(toml(body="Ciao \u001b[2J\u202e {{1}}, il tuo ordine."), "utf-8")
    shown = careline("templates", "preview", str(path), terminal=True, env=PLAIN).stdout
    assert "\x1b[2J" not in shown
    assert "\\u001b" in shown


def test_a_template_of_the_account_is_shown_by_its_name(open_desk: Desk, file: Path) -> None:
    open_desk.done(f"templates submit {file}")
    shown = open_desk.done("templates preview order_update --param 1=Bruno -o json --channel shop-it")
    assert json.loads(shown.stdout)["message"]["body"] == "Ciao Bruno, il tuo ordine è arrivato."
    assert open_desk.refused("templates preview order_update/en", 5)["code"] == "unknown_template"
    assert open_desk.refused("templates preview order_update --param 2=x", 2)["message"] == (
        "order_update/it has no parameter '2'."
    )


@pytest.mark.parametrize("width", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("text", ["", "a", "one two  three", "x" * 50, "您好李伟 hello", "a " * 30, " leading"])
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= max(width, 2) for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


# What is filled in goes out

SENT = {
    "named": (
        "name=Bruno header.order=9 day=oggi",
        "Ordine 9\nCiao Bruno, il tuo ordine arriva oggi nel nostro negozio di Milano.",
    ),
    "location_header": ("header.location=45.46,9.19,Negozio,Via+Roma", "[location]\nSeu pedido espera"),
    "quick_replies": ("button1=other-day", "Shall we deliver"),
    "flow": ('button0=t1 button0.data={"day":1}', "Please tell us"),
    "several_products": ("header.1=Bruno button0=1 button0.sections=Bags:1,2;Shoes:3", "New for Bruno\nThese bags"),
    "product_carousel": (
        "card0.header.product=5,1 card1.header.product=5,2 card2.header.product=5,3",
        "[product]\n[product]\n[product]",
    ),
    "code_zero_tap": ("1=123456", "*123456* is your verification code."),
    "coupon": ("button0=TENOFF", "Ten per cent off"),
}


@pytest.mark.parametrize("name", SENT)
def test_every_kind_of_template_is_sent_and_read_by_the_customer(open_desk: Desk, name: str) -> None:
    values, read = SENT[name]
    open_desk.done(f"templates submit {FILES}/good/{name}.toml --channel shop-it")
    open_desk.control.review(name, "approve")
    given = [word for value in values.split(" ") for word in ("--param", value)]
    open_desk.done(shlex.join(["send", "--channel", "shop-it", "--to", ANNA, "--template", name, *given]))
    assert read in open_desk.phone()[-1]


def test_what_is_missing_is_named_and_nothing_leaves(open_desk: Desk) -> None:
    open_desk.done(f"templates submit {FILES}/good/several_products.toml --channel shop-it")
    open_desk.control.review("several_products", "approve")
    command = f"send --channel shop-it --to {ANNA} --template several_products --param header.1=Bruno --param button0=1"
    error = open_desk.refused(command, 2)
    assert error["message"] == "Parameter 'button0.sections' of several_products/en is missing."
    assert error["hint"] == "It takes --param header.1=… --param button0=… --param button0.sections=…"
    assert open_desk.calls("/messages") == 0
