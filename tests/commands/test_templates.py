"""`careline templates`: submitted from a file, waited for, listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from careline.clock import MINUTE
from careline.model import Template
from tests.commands.desk import Desk, checked, toml


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A desk with a WhatsApp channel."""
    desk.register("shop-it")
    return desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "order_update.it.toml"
    path.write_text(toml(), "utf-8")
    return path


# Submitting


def test_submitting_says_what_the_platform_made_of_it(shop: Desk, file: Path) -> None:
    result = shop.done(f"templates submit {file}", terminal=True)
    assert (result.stdout, result.stderr) == ("", "order_update/it submitted: pending, utility\n")


def test_what_was_submitted_is_a_whole_record(shop: Desk, file: Path) -> None:
    (record,) = shop.json(f"templates submit {file}")
    checked("template", record)
    assert (record["channel"], record["state"], record["category"]) == ("shop-it", "pending", "utility")
    assert record["parameters"] == [{"slot": "1", "name": "1", "type": "text", "example": "Anna"}]
    assert record["submitted_at"] is not None


def test_a_category_that_the_platform_changed_is_said(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    shop.control.review("order_update", "approve", category="marketing")
    result = shop.done("templates wait order_update")
    assert result.stderr == "order_update/it approved, marketing instead of utility\n"
    assert shop.json("templates list")[0]["category"] == "marketing"


def test_a_dry_run_shows_the_whole_definition_and_submits_nothing(shop: Desk, file: Path) -> None:
    result = shop.done(f"templates submit {file} -n -o json")
    assert result.stderr == "Would submit order_update/it (utility):\n"
    assert json.loads(result.stdout)["components"] == [
        {"type": "BODY", "text": "Ciao {{1}}, il tuo ordine è arrivato.", "example": {"body_text": [["Anna"]]}}
    ]
    assert shop.calls("/message_templates") == 0
    assert shop.rows(Template) == []


def test_submitting_the_same_again_is_exit_6_with_the_platforms_words(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    error = shop.refused(f"templates submit {file}", 6)
    assert error["message"] == f"{file}: Invalid parameter: There is a template of this name in this language."
    assert "careline templates list --channel shop-it" in error["hint"]


def test_header_footer_named_variables_and_buttons_reach_the_platform(shop: Desk, tmp_path: Path) -> None:
    more = """
header = "Ordine {{number}}"
footer = "Negozio Rossi"
examples = { name = "Anna", day = "lunedì" }
header_examples = { number = "1042" }
[[buttons]]
type = "quick_reply"
text = "Grazie"
[[buttons]]
type = "url"
text = "Segui"
url = "https://shop.example/o/{{1}}"
example = "https://shop.example/o/1042"
"""
    (tmp_path / "t.toml").write_text(
        toml(body="Ciao {{name}}, il tuo ordine è pronto e arriva {{day}} nel nostro negozio.", more=more), "utf-8"
    )
    shop.done(f"templates submit {tmp_path}/t.toml")
    (record,) = shop.json("templates list")
    assert {p["slot"]: p["example"] for p in record["parameters"]} == {
        "header.number": "1042",
        "name": "Anna",
        "day": "lunedì",
        "button1": "https://shop.example/o/1042",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "name is missing or empty"),
        ("name = ", "Invalid value (at end of document)"),
        (toml(name="Order"), "name may hold a-z, 0-9 and _ only"),
        (toml(language="italian"), "'italian' is no language code such as it, en_US or zh_CN"),
        (toml(category="news"), "category is one of utility, marketing, authentication"),
        (toml(body=""), "body is missing or empty"),
        (toml(body="x" * 1025, more=""), "body has 1025 characters, 1024 are allowed"),
        (toml(body="Ciao {{1}} e {{name}} ok"), "variables are either all numbers or all names"),
        (toml(body="Ciao {{2}} ok"), "the variables of body must be {{1}}, {{2}}… without a gap"),
        (toml(body="Ciao {{Name}} ok"), "the variable {{Name}} is neither a number nor a name of a-z, 0-9 and _"),
        (toml(more=""), "examples must be a list with 1 example"),
        (toml(more="examples = []"), "examples must be a list with 1 example"),
        (toml(more="examples = ['a']\nheader = 3"), "header is missing or empty"),
        (toml(more="examples = ['a']\nheader = 'a {{1}}'"), "header_examples must be a list with 1 example"),
        (toml(more="examples = ['a']\nfooter = '{{1}}'"), "footer may hold no variable"),
        (
            toml(more="examples = ['a']\nfooter = 12345678901234567890123456789012345678901234567890123456789012345"),
            "footer is",
        ),
        (toml(more="examples = ['a']\nbuttons = 3"), "buttons is written as [[buttons]], one table each"),
        (toml(more="examples = ['a']\nbuttons = ['x']"), "buttons is written as [[buttons]], one table each"),
        (toml(more="examples = ['a']\n[[buttons]]\ntype = 'url'\ntext = 'x'"), "url of the url button is missing or empty"),
        (toml(more="examples = ['a']\nsurprise = 1"), "it has no field 'surprise'"),
        (f"name = {'[' * 50_000}", "it is nested too deeply"),
        (b"\xff\xfe", "it is not UTF-8 text"),
    ],
)
def test_a_bad_file_is_exit_2_with_its_name_and_the_reason(shop: Desk, file: Path, content: str | bytes, why: str) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    error = shop.refused(f"templates submit {file}", 2)
    assert error["message"].startswith(f"{file}: {why}")
    assert error["code"] == "bad_template"
    assert shop.calls("/message_templates") == 0


@pytest.mark.parametrize(("name", "why"), [("nowhere.toml", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_exit_2(shop: Desk, tmp_path: Path, name: str, why: str) -> None:
    assert shop.refused(f"templates submit {tmp_path / name}", 2)["message"].endswith(f"cannot be read: {why}.")


def test_one_bad_file_among_several_submits_none(shop: Desk, file: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = 3")
    assert shop(f"templates submit {file} {tmp_path}/bad.toml").exit == 2
    assert shop.calls("/message_templates") == 0


def test_one_that_the_platform_refuses_among_several_is_exit_3_and_named(shop: Desk, file: Path, tmp_path: Path) -> None:
    shop.done(f"templates submit {file}")
    other = tmp_path / "other.toml"
    other.write_text(file.read_text("utf-8").replace("order_update", "another"), "utf-8")
    result = shop(f"templates submit {file} {other} -o json")
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (result.exit, [t["name"] for t in json.loads(result.stdout)]) == (3, ["another"])
    assert (error["code"], error["message"]) == ("partly_done", "1 submitted, 1 not.")
    assert error["hint"].startswith(f"{file}: ")
    assert {t["name"] for t in json.loads(shop.done("templates list -o json").stdout)} == {"order_update", "another"}


def test_what_only_the_platform_refuses_is_exit_6_with_what_to_change(shop: Desk, file: Path) -> None:
    file.write_text(toml(body="Ciao {{1}} ok."), "utf-8")
    error = shop.refused(f"templates submit {file}", 6)
    assert error["message"].startswith(f"{file}: ")
    assert "Too many variables for so few words" in error["hint"]


def test_wechats_templates_are_not_submitted_from_files(desk: Desk, file: Path) -> None:
    desk.register("brand-cn")
    assert desk.refused(f"templates submit {file} --channel brand-cn", 2)["code"] == "wrong_channel_kind"
    assert desk.json("templates list") == []


# Waiting


def test_waiting_ends_well_when_it_is_approved(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    shop.pass_by(30 * MINUTE)
    result = shop("templates wait order_update/it", terminal=True)
    assert (result.exit, result.stdout, result.stderr) == (0, "", "order_update/it approved\n")
    (record,) = shop.json("templates wait order_update")
    assert checked("template", record)["decided_at"] is not None


def test_a_rejection_is_exit_6_with_the_reason(shop: Desk, file: Path) -> None:
    file.write_text(toml(name="reject_me"), "utf-8")
    shop.done(f"templates submit {file}")
    shop.pass_by(30 * MINUTE)
    shop.control.settle()
    result = shop("templates wait reject_me -o json")
    assert result.exit == 6
    reason = "invalid_format: The text is not formed as it must be."
    assert json.loads(result.stdout)[0]["reason"] == reason
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (error["code"], error["message"]) == ("template_not_approved", f"reject_me/it is rejected: {reason}")


def test_the_list_says_less_of_a_reason_than_the_webhook_and_does_not_replace_it(shop: Desk, file: Path) -> None:
    file.write_text(toml(name="reject_me"), "utf-8")
    shop.done(f"templates submit {file}")
    shop.pass_by(30 * MINUTE)
    shop.control.settle()
    for _ in range(2):
        (template,) = shop.json("templates list")
        assert template["reason"] == "invalid_format: The text is not formed as it must be."
    before = shop.store.last_seq()
    shop.done("templates list")
    assert shop.store.last_seq() == before


def test_a_review_that_takes_longer_is_exit_12_and_names_the_next_wait(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    result = shop("templates wait order_update --timeout 1s -o json")
    assert (result.exit, json.loads(result.stdout)[0]["state"]) == (12, "pending")
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (error["code"], error["message"]) == ("template_pending", "Still in review: order_update/it.")
    assert error["hint"].endswith("careline templates wait order_update/it --channel shop-it")


def test_submit_may_wait_too(shop: Desk, file: Path) -> None:
    assert shop(f"templates submit {file} --wait --timeout 1s").exit == 12
    assert [t["state"] for t in shop.json("templates list")] == ["pending"]


def test_the_worst_of_several_decides(shop: Desk, file: Path, tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(toml(name="reject_me"), "utf-8")
    shop.done(f"templates submit {file} {tmp_path}/b.toml")
    shop.pass_by(30 * MINUTE)
    shop.control.settle()
    result = shop("templates wait -", input="order_update/it\nreject_me\n")
    assert result.exit == 6
    assert result.stderr.splitlines() == [
        "order_update/it approved",
        "reject_me/it rejected",
        "reject_me/it is rejected: invalid_format: The text is not formed as it must be.",
        "  careline templates list --channel shop-it",
    ]


@pytest.mark.parametrize("name", ["nowhere", "nowhere/it", "order_update/en"])
def test_a_template_that_nobody_has_is_exit_5_at_once(shop: Desk, file: Path, name: str) -> None:
    shop.done(f"templates submit {file}")
    error = shop.refused(f"templates wait {name} --timeout 1h", 5)
    assert (error["code"], error["message"]) == ("unknown_template", f"The account has no template {name}.")


def test_a_verdict_on_a_file_names_the_file(shop: Desk, file: Path) -> None:
    file.write_text(toml(name="reject_me"), "utf-8")
    shop.control.settings(review_s=0)
    result = shop(f"templates submit {file} --wait --timeout 5s")
    assert result.exit == 6
    assert f"{file}: reject_me/it is rejected" in result.stderr


# What pacing paused


def test_what_pacing_paused_goes_out_again_after_five_minutes_and_nothing_else_does(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    shop.control.review("order_update", "approve")
    error = shop.refused("templates unpause order_update", 6)
    assert "not paused by pacing" in error["message"]
    shop.control.slow_down("order_update")
    assert "five minutes" in shop.refused("templates unpause order_update/it", 6)["message"]
    assert shop("templates unpause order_update --dry-run").stderr == "Would unpause order_update/it, now paused.\n"
    shop.pass_by(5 * MINUTE)
    assert shop.json("templates unpause order_update")["state"] == "approved"


# The list


def test_list_asks_the_platform_and_shows_states(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    shop.control.review("order_update", "approve")
    shop.pass_by(5 * MINUTE)
    lines = shop.screen("templates list").splitlines()
    assert lines[0].split() == ["NAME", "LANGUAGE", "STATE", "CATEGORY", "QUALITY", "REASON", "UPDATED"]
    assert lines[1].split()[:5] == ["order_update", "it", "approved", "utility", "unknown"]
    checked("template", shop.json("templates list")[0])


def test_state_chooses(shop: Desk, file: Path, tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(toml(name="second"), "utf-8")
    shop.done(f"templates submit {file} {tmp_path}/b.toml")
    shop.control.review("second", "reject")
    assert [t["name"] for t in shop.json("templates list --state rejected,paused")] == ["second"]
    assert [t["name"] for t in shop.json("templates list")] == ["order_update", "second"]
    empty = shop("templates list --state paused", terminal=True)
    assert (empty.exit, empty.stdout) == (0, "")
    assert empty.stderr == "The account has no such template: careline templates submit FILE\n"


def test_a_refused_token_is_exit_4(shop: Desk) -> None:
    error = shop.refused("templates list", 4, env={"CARELINE_SECRET_WHATSAPP_ACCESS_TOKEN": "EAAwrong"})
    assert error["platform_code"] == "190"


def test_what_was_listed_is_there_for_tab(shop: Desk, file: Path) -> None:
    shop.done(f"templates submit {file}")
    names = shop.line.settings.names_path.read_text("utf-8").splitlines()
    assert names == ["channel\tshop-it\twhatsapp +39 02 1234 5678", "template\torder_update/it\tpending"]
