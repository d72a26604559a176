"""`careline contacts list`: who is known, a page of the store at a time."""

from __future__ import annotations

import pytest

from tests.commands.desk import Desk

PEOPLE = ("Anna Rossi", "Bruno Bianchi", "Carla Rossi", "Dario Neri", "Élodie Rossi")


@pytest.fixture
def crowd(open_desk: Desk) -> Desk:
    """A desk that five people wrote to."""
    for number, name in enumerate(PEOPLE):
        open_desk.control.say(f"+39333123456{number}", "ciao", name=name)
    open_desk.pass_by(1)
    return open_desk


def test_everybody_is_listed_once_the_latest_first_however_few_are_read_at_once(
    crowd: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = crowd.json("contacts list")
    assert [one["name"] for one in whole] == [*reversed(PEOPLE)]
    for together in (1, 2, 5):
        monkeypatch.setattr("careline.queue.people.TOGETHER", together)
        assert crowd.json("contacts list") == whole


def test_a_list_that_is_cut_says_of_how_many(crowd: Desk) -> None:
    assert crowd("contacts list --limit 2", terminal=True).stderr == "2 of 5, --all for the rest\n"
    assert crowd("contacts list --limit 2 --find ROSSI", terminal=True).stderr == "2 of 3, --all for the rest\n"


def test_people_are_found_by_name_in_any_case_and_by_number(crowd: Desk) -> None:
    assert [one["name"] for one in crowd.json("contacts list --find ÉLODIE")] == ["Élodie Rossi"]
    assert [one["name"] for one in crowd.json("contacts list --find 4563")] == ["Dario Neri"]
    nobody = crowd("contacts list --find verdi", terminal=True)
    assert (nobody.exit, nobody.stdout, nobody.stderr) == (0, "", "Nobody has that in a name or an id.\n")
