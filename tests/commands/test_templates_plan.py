"""`careline templates plan`, `apply`, `pull`, `delete`, `show`: an account made like a folder, and a folder like an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from careline.clock import DAY, HOUR, MINUTE
from careline.events import ChannelRegistered, Entry
from careline.model import Template
from tests.careline.sandbox.calls import Graph
from tests.commands.desk import ANNA, Desk, process, toml

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
OTHER = "Ciao {{1}}, il tuo ordine è in ritardo di un giorno."


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """A desk with a WhatsApp channel."""
    desk.register("shop-it")
    return desk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two templates."""
    path = tmp_path / "templates"
    path.mkdir()
    write(path)
    write(path, "welcome", body="Ciao {{1}}, benvenuta nel nostro negozio di Torino.")
    return path


def write(folder: Path, name: str = "order_update", **fields: str) -> Path:
    path = folder / f"{name}.{fields.get('language', 'it')}.toml"
    path.write_text(toml(name=name, **fields), "utf-8")
    return path


def rows(shop: Desk, folder: Path, *more: str) -> dict[str, dict[str, Any]]:
    """The plan's rows by name/language."""
    found = shop.json(" ".join(["templates plan", str(folder), *more]))
    return {f"{row['name']}/{row['language']}": row for row in found}


def actions(shop: Desk, folder: Path, *more: str) -> dict[str, str]:
    return {name: row["action"] for name, row in rows(shop, folder, *more).items()}


def applied(shop: Desk, folder: Path) -> None:
    """Apply, and have everything approved."""
    shop.done(f"templates apply {folder}")
    shop.pass_by(MINUTE)


# Creating


def test_a_plan_of_an_empty_account_creates_everything_and_touches_nothing(shop: Desk, folder: Path) -> None:
    found = rows(shop, folder)
    assert {name: row["action"] for name, row in found.items()} == {"order_update/it": "create", "welcome/it": "create"}
    row = found["welcome/it"]
    wanted = {"action", "name", "language", "category", "state", "changes", "reason", "free_at"}
    assert wanted <= row.keys()
    assert shop.json("templates list") == []
    assert not (folder / "templates.lock").exists()


def test_applied_once_it_is_there_and_applied_twice_nothing_is_left_to_do(shop: Desk, folder: Path) -> None:
    assert shop(f"templates plan {folder} --exit-code").exit == 11
    result = shop.done(f"templates apply {folder}", terminal=True)
    assert result.stderr.splitlines() == ["order_update/it created: pending, utility", "welcome/it created: pending, utility"]
    for later in (0, MINUTE, DAY):
        shop.pass_by(later)
        assert set(actions(shop, folder).values()) == {"none"}
        assert shop(f"templates plan {folder} --exit-code").exit == 0
    before = shop.calls("/message_templates")
    created = [t.submitted_at for t in shop.rows(Template)]
    shop.done(f"templates apply {folder}")
    assert [t.submitted_at for t in shop.rows(Template)] == created
    assert shop.calls("/message_templates") == before + 1


def test_the_screen_shows_what_will_happen_and_the_command_that_does_it(shop: Desk, folder: Path) -> None:
    lines = shop.screen(f"templates plan {folder}").splitlines()
    assert lines[0].endswith("(shop-it) · 2 files · 0 on the platform")
    assert lines[2:4] == [" + create   order_update/it  utility", " + create   welcome/it       utility"]
    assert lines[-2:] == ["2 to create, 0 the same", f"careline templates apply {folder}"]


def test_with_several_channels_the_commands_that_are_named_say_which(shop: Desk, folder: Path) -> None:
    assert shop.screen(f"templates plan {folder}").splitlines()[-1] == f"careline templates apply {folder}"
    other = ChannelRegistered(name="shop-de", kind="whatsapp", account_id="201", phone_number_id="200")
    shop.store.change(lambda change: change.record([Entry(event=other, channel="shop-de", occurred_at=change.now)]))
    shown = shop.screen(f"templates plan {folder} --channel shop-it").splitlines()[-1]
    assert shown == f"careline templates apply {folder} --channel shop-it"
    error = shop.refused("templates delete nowhere/it --channel shop-it --yes", 5)
    assert "careline templates list --channel shop-it" in error["hint"]
    error = shop.refused(f"send --channel shop-it --to {ANNA} --template nowhere", 5)
    assert "careline templates list --channel shop-it" in error["hint"]


def test_a_dry_run_of_apply_is_the_plan(shop: Desk, folder: Path) -> None:
    found = shop.json(f"templates apply {folder} -n")
    assert [row["action"] for row in found] == ["create", "create"]
    assert shop.json("templates list") == []


def test_the_lock_pins_what_the_account_made_of_each_file(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    lock = json.loads((folder / "templates.lock").read_text("utf-8"))
    pin = lock["templates"]["order_update/it"]
    assert lock["account"] == shop.rows(Template)[0].account
    assert pin["id"] == shop.rows(Template)[0].id
    assert (pin["category"], pin["asked"], pin["parameters"]) == ("utility", "utility", {"1": "text"})
    assert len(pin["hash"]) == len(pin["account_hash"]) == 32
    assert list(lock["templates"]) == sorted(lock["templates"])


def test_a_lock_of_another_account_is_refused(shop: Desk, folder: Path) -> None:
    (folder / "templates.lock").write_text('{"account": "4711", "version": 1, "templates": {}}')
    assert shop.refused(f"templates plan {folder}", 9)["code"] == "other_account"
    (folder / "templates.lock").write_text("<<<<<<< HEAD")
    assert shop.refused(f"templates plan {folder}", 9)["code"] == "bad_lock"


def test_a_category_that_the_platform_changed_is_said_and_is_no_difference_afterwards(shop: Desk, folder: Path) -> None:
    write(folder, body="Ciao {{1}}, promo_me è la parola che il sandbox prende per pubblicità.")
    shop.done(f"templates apply {folder}")
    shop.pass_by(MINUTE)
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["category"]) == ("blocked", "marketing")
    assert any("billed as marketing" in line for line in row["details"])
    write(folder, category="marketing", body="Ciao {{1}}, promo_me è la parola che il sandbox prende per pubblicità.")
    assert rows(shop, folder)["order_update/it"]["action"] == "none"


def test_two_files_for_one_template_are_refused(shop: Desk, folder: Path) -> None:
    (folder / "again.toml").write_text((folder / "welcome.it.toml").read_text("utf-8"), "utf-8")
    assert shop.refused(f"templates plan {folder}", 2)["code"] == "same_template_twice"


def test_what_lint_refuses_is_told_before_anything_is_created(shop: Desk, folder: Path) -> None:
    write(folder, body="{{1}} è arrivato")
    assert shop.refused(f"templates apply {folder}", 2)["code"] == "bad_template"
    assert shop.json("templates list") == []


def test_what_the_platform_refuses_leaves_the_others_done(shop: Desk, folder: Path) -> None:
    write(folder, body="Ciao {{1}} ok.")
    result = shop(f"templates apply {folder} -o json")
    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert (result.exit, error["code"]) == (3, "partly_done")
    assert error["hint"].startswith(f"{folder}/order_update.it.toml: order_update/it: ")
    assert error["hint"].endswith(f"careline templates plan {folder}")
    assert [t["name"] for t in shop.json("templates list")] == ["welcome"]
    assert {row["name"]: bool(row["error"]) for row in json.loads(result.stdout)} == {"order_update": True, "welcome": False}


def test_too_many_created_within_an_hour_stops_and_goes_on_later(shop: Desk, folder: Path) -> None:
    shop.control.settings(creations=1)
    result = shop(f"templates apply {folder}")
    assert (result.exit, len(shop.json("templates list"))) == (3, 1)
    shop.pass_by(HOUR)
    shop.done(f"templates apply {folder}")
    assert set(actions(shop, folder).values()) == {"none"}


def test_apply_may_wait_for_the_verdicts(shop: Desk, folder: Path) -> None:
    shop.control.settings(review_s=0)
    assert shop(f"templates apply {folder} --wait --timeout 5s").exit == 0
    path = write(folder, "reject_me")
    result = shop(f"templates apply {folder} --wait --timeout 5s")
    assert result.exit == 6
    assert f"{path}: reject_me/it is rejected: " in result.stderr


# Trouble


@pytest.mark.parametrize("point", ["templates.answered:1", "templates.noted:1", "templates.answered:2", "templates.noted:2"])
def test_killed_between_two_creates_a_second_apply_makes_no_duplicate(shop: Desk, folder: Path, point: str) -> None:
    assert process(f"templates apply {folder}", env={"CARELINE_CRASHPOINT": point}).returncode == -9
    made = len(shop.json("templates list"))
    assert made == int(point[-1])
    assert process(f"templates apply {folder}").returncode == 0
    found = shop.json("templates list")
    assert [t["name"] for t in found] == ["order_update", "welcome"]
    assert sum(call["method"] == "POST" for call in _template_calls(shop)) == 2
    assert set(actions(shop, folder).values()) == {"none"}


def test_an_answer_that_got_lost_is_looked_for_and_not_asked_again(shop: Desk, folder: Path) -> None:
    path = folder / "order_update.it.toml"
    shop.control.fault("reset", on="templates")
    assert shop.done(f"templates submit {path}", terminal=True).stderr == "order_update/it submitted: pending, utility\n"
    assert sum(call["method"] == "POST" for call in _template_calls(shop)) == 1
    assert actions(shop, folder)["order_update/it"] == "none"


def test_a_request_that_never_arrived_leaves_it_open_and_is_no_success(shop: Desk, folder: Path) -> None:
    shop.control.fault("502", on="templates")
    assert shop(f"templates submit {folder}/order_update.it.toml").exit == 12
    assert shop.json("templates list") == []


def _template_calls(shop: Desk) -> list[dict[str, Any]]:
    return [call for call in shop.control.log()["calls"] if call["path"].endswith("/message_templates")]


# Editing


def test_changed_words_are_an_edit_with_what_follows_from_it(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    write(folder, body="Ciao {{1}}, il tuo ordine {{2}} è arrivato in negozio oggi.", more='examples = ["Anna", "A17"]')
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["changes"], row["reason"]) == ("edit", ["body"], "1 of 10 edits this month")
    assert row["details"] == [
        "- Ciao {{1}}, il tuo ordine è arrivato.",
        "+ Ciao {{1}}, il tuo ordine {{2}} è arrivato in negozio oggi.",
        "! 2 parameters instead of 1: scripts that send it need --param 2=…",
    ]
    assert shop.done(f"templates apply {folder}", terminal=True).stderr == "order_update/it edited: pending\n"
    assert set(actions(shop, folder).values()) == {"none"}


def test_an_approved_template_is_edited_once_a_day_and_the_plan_says_when_it_is_free(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    write(folder, body=OTHER)
    shop.done(f"templates apply {folder}")
    shop.pass_by(HOUR)
    write(folder, body="Ciao {{1}}, il tuo ordine è in ritardo di due giorni.")
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], "once a day" in row["reason"]) == ("blocked", True)
    assert row["free_at"] is not None
    assert shop(f"templates apply {folder}").exit == 11
    shop.pass_by(DAY)
    assert rows(shop, folder)["order_update/it"]["reason"] == "2 of 10 edits this month"


def test_the_eleventh_edit_of_a_month_waits_until_the_first_is_thirty_days_old(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    for day in range(10):
        write(folder, body=f"Ciao {{{{1}}}}, il tuo ordine arriva tra {day + 2} giorni.")
        shop.done(f"templates apply {folder}")
        shop.pass_by(DAY + MINUTE)
    write(folder, body=OTHER)
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["reason"]) == ("blocked", "edited 10 times in 30 days, and ten are allowed")
    shop.pass_by(20 * DAY)
    assert rows(shop, folder)["order_update/it"]["action"] == "edit"
    shop.done(f"templates apply {folder}")


def test_one_in_review_is_not_edited(shop: Desk, folder: Path) -> None:
    shop.done(f"templates apply {folder}")
    write(folder, body=OTHER)
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["reason"]) == ("blocked", "in review: it can be edited once that is over")


def test_a_rejected_one_may_change_its_category_too(shop: Desk, folder: Path) -> None:
    shop.done(f"templates apply {folder}")
    shop.control.review("order_update", "reject", reason="incorrect_category")
    write(folder, category="marketing")
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["changes"]) == ("edit", ["category"])
    shop.done(f"templates apply {folder}")
    assert rows(shop, folder)["order_update/it"]["category"] == "marketing"


def test_the_category_of_an_approved_one_stays(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    write(folder, category="marketing")
    row = rows(shop, folder)["order_update/it"]
    assert (row["action"], row["changes"]) == ("blocked", ["category"])
    assert "the category of an approved template stays" in row["reason"]


def test_what_somebody_changed_in_the_console_is_drift(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    assert shop(f"templates plan {folder} --exit-code").exit == 0
    shop.control.reword("order_update", "Ciao {{1}}, qualcuno ha cambiato queste parole qui.")
    assert shop(f"templates plan {folder} --exit-code").exit == 11
    assert rows(shop, folder)["order_update/it"]["action"] == "edit"


def test_a_sample_goes_up_once_and_another_file_in_its_place_is_an_edit(shop: Desk, folder: Path) -> None:
    (folder / "shop.png").write_bytes(PNG)
    for name in ("first", "second"):
        write(folder, name, more='examples = ["Anna"]\n[header]\ntype = "image"\nsample = "shop.png"')
    applied(shop, folder)
    uploads = [call for call in shop.control.log()["calls"] if call["path"].endswith("/uploads")]
    assert len(uploads) == 1
    assert set(actions(shop, folder).values()) == {"none"}
    (folder / "shop.png").write_bytes(PNG + b"x")
    assert rows(shop, folder)["first/it"]["changes"] == ["sample"]
    shop.done(f"templates apply {folder}")
    assert set(actions(shop, folder).values()) == {"none"}


# Deleting


def test_nothing_is_deleted_without_delete_and_yes(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    (folder / "welcome.it.toml").unlink()
    row = rows(shop, folder)["welcome/it"]
    assert (row["action"], row["reason"]) == ("none", "in no file")
    assert shop(f"templates plan {folder} --exit-code").exit == 11
    shop.done(f"templates apply {folder}")
    assert len(shop.json("templates list")) == 2
    assert actions(shop, folder, "--delete")["welcome/it"] == "delete"
    assert shop.refused(f"templates apply {folder} --delete", 2)["code"] == "needs_yes"
    assert len(shop.json("templates list")) == 2
    shop.done(f"templates apply {folder} --delete --yes")
    assert [t["name"] for t in shop.json("templates list")] == ["order_update"]
    assert "welcome/it" not in (folder / "templates.lock").read_text("utf-8")


def test_a_deleted_name_is_blocked_and_the_plan_says_until_when(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    shop.done("templates delete welcome/it --yes")
    row = rows(shop, folder)["welcome/it"]
    assert (row["action"], row["free_at"] is None) == ("blocked", False)
    screen = shop.screen(f"templates plan {folder}")
    assert " x blocked  welcome/it  deleted, and the name of an approved template is blocked" in screen
    shop.pass_by(31 * DAY)
    assert rows(shop, folder)["welcome/it"]["action"] == "create"
    shop.done(f"templates apply {folder}")


def test_what_was_deleted_in_the_console_is_noticed(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    shop.json("templates list")
    shop.pass_by(2 * HOUR)
    with httpx.Client(trust_env=False) as http:
        path = f"{shop.rows(Template)[0].account}/message_templates"
        assert Graph(shop.sandbox, http).call("DELETE", path, name="welcome").status_code == 200
    assert rows(shop, folder)["welcome/it"]["action"] == "blocked"
    assert {t.name: t.state for t in shop.rows(Template)}["welcome"] == "deleted"


def test_a_disabled_template_cannot_be_deleted(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    shop.control.review("welcome", "disable")
    (folder / "welcome.it.toml").unlink()
    row = rows(shop, folder, "--delete")["welcome/it"]
    assert (row["action"], row["reason"]) == ("blocked", "a disabled template cannot be deleted")


def test_a_whole_name_is_deleted_only_with_all_languages(shop: Desk, folder: Path) -> None:
    write(folder, "welcome", language="en", body="Hello {{1}}, welcome to our shop in Turin.")
    applied(shop, folder)
    assert shop.refused("templates delete welcome --yes", 2)["code"] == "language_missing"
    assert shop.refused("templates delete welcome --all-languages", 2)["code"] == "needs_yes"
    shop.done("templates delete welcome/en --yes")
    assert [t["language"] for t in shop.json("templates list") if t["name"] == "welcome"] == ["it"]
    shop.done("templates delete welcome --all-languages --yes")
    assert [t["name"] for t in shop.json("templates list")] == ["order_update"]
    assert shop.refused("templates delete nowhere/it --yes", 5)["code"] == "unknown_template"


# Pulling


def test_what_was_pulled_says_what_the_account_has(shop: Desk, folder: Path, tmp_path: Path) -> None:
    (folder / "shop.png").write_bytes(PNG)
    write(folder, "with_sample", more='examples = ["Anna"]\n[header]\ntype = "image"\nsample = "shop.png"')
    applied(shop, folder)
    fresh = tmp_path / "fresh"
    found = shop.json(f"templates pull {fresh}")
    assert {row["done"] for row in found} == {"written"}
    assert sorted(path.name for path in fresh.glob("*.toml")) == [
        "order_update.it.toml",
        "welcome.it.toml",
        "with_sample.it.toml",
    ]
    assert [path.read_bytes() for path in fresh.glob("samples/*.png")] == [PNG]
    assert set(actions(shop, fresh).values()) == {"none"}
    assert shop.json(f"templates pull {fresh}") == []


def test_a_file_that_says_something_else_is_replaced_only_with_yes(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    path = write(folder, body=OTHER)
    assert shop.refused(f"templates pull {folder}", 2)["code"] == "needs_yes"
    assert "ritardo" in path.read_text("utf-8")
    (row,) = shop.json(f"templates pull {folder} --yes")
    assert (row["name"], row["done"]) == ("order_update", "replaced")
    assert "ritardo" not in path.read_text("utf-8")
    assert set(actions(shop, folder).values()) == {"none"}


# What became of it


def test_every_change_is_an_event_in_the_history(shop: Desk, folder: Path) -> None:
    applied(shop, folder)
    shop.control.settle()
    for score in ("yellow", "red"):
        shop.control.quality("order_update", score)
        shop.control.settle()
    shop.pass_by(3 * HOUR)
    shop.control.settle()
    shop.control.categorise("order_update", "marketing", announced=True)
    shop.control.settle()
    shop.pass_by(DAY)
    shop.control.settle()
    shop.control.reword("order_update", "Ciao {{1}}, parole nuove in questo messaggio.")
    shop.control.settle()
    history = shop.json("templates show order_update/it --history")
    what = [row["what"] for row in history]
    assert sorted(what[3:5]) == ["paused", "quality red"]  # the two come together, in either order
    assert what[:3] + what[5:] == [
        "submitted",
        "approved",
        "quality yellow",
        "approved",
        "will be marketing",
        "marketing instead of utility",
        "words changed",
        "quality unknown",  # which the list tells, and no webhook
    ]
    assert history[what.index("paused")]["reason"] == "Paused for 3 hours because customers block it."
    shown = shop.json("templates show order_update")
    assert (shown["state"], shown["category"]) == ("approved", "marketing")


def test_coverage_is_a_matrix_of_names_and_languages(shop: Desk, folder: Path) -> None:
    write(folder, "welcome", language="en", body="Hello {{1}}, welcome to our shop in Turin.")
    applied(shop, folder)
    shop.control.review("welcome", "reject", language="en")
    assert shop.json("templates list --coverage") == [
        {"name": "order_update", "en": None, "it": "approved"},
        {"name": "welcome", "en": "rejected", "it": "approved"},
    ]
    assert shop.screen("templates list --coverage").splitlines()[:3] == [
        "             en it",
        "order_update ·  ✓",
        "welcome      ✗  ✓",
    ]
