"""Pulling from WeCom, killed anywhere: what was written is there once, as in a run that nobody disturbed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bench.servers import Server
from careline import tokens
from careline.clock import HOUR
from careline.line import Careline
from careline.model import Conversation, Identity, KfAccount, Message, Notice
from careline.sandbox import account
from careline.settings import Settings
from careline.store.base import Store
from tests.commands.desk import Desk, process

KILLED = -9
RECEIVE = ["careline", "receive", "--port", "0"]
WITHIN_S = 15.0


@pytest.fixture
def kf(desk: Desk) -> Desk:
    """The company registered, with ninety messages waiting on pages of twenty."""
    desk.done(f"channels register wecom kf --corp-id {account.WECOM_CORP_ID}")
    desk.done("channels accounts kf welcome 'Sandbox Care' 您好!")
    desk.control.settings(wecom_page=20, wecom_empty=1)
    desk.control.wecom("many", "guest", count=45)
    desk.control.wecom("enter", "liwei", scene="shop-012")
    desk.control.wecom("many", "guest", count=44)
    return desk


def written(desk: Desk) -> list[tuple[str, str]]:
    return [(one.handle, one.text) for one in desk.store.select(Message, "WHERE direction = 'in' ORDER BY id")]


def at_wecom(desk: Desk, *names: str) -> list[tuple[str, str]]:
    """What the phones say that was written, in the order of their first word: a second source for what must be here."""
    found = []
    for name in names:
        shown = desk.control.customer(name, "wecom")
        found += [
            (f"{account.WECOM_ACCOUNT}/{shown['who']}", one["text"]) for one in shown["messages"] if one["direction"] == "in"
        ]
    return sorted(found)


def undisturbed(desk: Desk) -> tuple[Any, ...]:
    """What a pull leaves that nobody kills, in a profile of its own."""
    elsewhere = {"CARELINE_PROFILE": "sandbox-other"}
    for line in (f"channels register wecom kf --corp-id {account.WECOM_CORP_ID}", "channels sync kf"):
        assert process(line, env=elsewhere).returncode == 0
    with Careline.open(Settings.load(desk.env | elsewhere, {}, desk.folder)) as line_:
        return standing(line_.store)


def standing(store: Store) -> tuple[Any, ...]:
    """Everything that a pull leaves, but for when it happened."""
    rows = [
        [
            (one.handle, one.contact, one.name, one.last_in_at, one.openings)
            for one in store.select(Identity, "ORDER BY handle")
        ],
        [(one.handle, one.messages_in, one.state) for one in store.select(Conversation, "ORDER BY handle")],
        [(one.id, one.cursor, one.pulled_at is None) for one in store.select(KfAccount, "ORDER BY id")],
    ]
    texts = [(one.handle, one.text) for one in store.select(Message, "ORDER BY id")]
    return (texts, rows)


@pytest.mark.parametrize("point", ["pull.fetched:1", "pull.fetched:4", "pull.kept:1", "pull.kept:5", "pull.greeting"])
def test_a_pull_killed_there_goes_on_and_leaves_what_an_undisturbed_one_leaves(kf: Desk, point: str) -> None:
    first = process("channels sync kf", env={"CARELINE_CRASHPOINT": point})
    assert first.returncode == KILLED
    again = process("channels sync kf")
    assert again.returncode == 0, again
    disturbed = standing(kf.store)
    assert len(disturbed[0]) == 89
    assert len(set(disturbed[0])) == 89
    greetings = [one["text"] for one in kf.control.customer("liwei", "wecom")["messages"]]
    assert greetings in ([], ["您好!"])  # never twice, and not at all if it died between the page and the greeting
    assert process("store rebuild --check").returncode == 0
    assert json.loads(process("channels sync kf -o json").stdout)[0]["new"] == 0
    assert standing(kf.store) == disturbed == undisturbed(kf)


# The receiver


@contextmanager
def receiving(desk: Desk, **env: str) -> Iterator[Server]:
    """``careline receive``, known to WeCom as the company's callback."""
    server = Server(RECEIVE, desk.env | env)
    try:
        url = f"http://127.0.0.1:{server.port}/webhooks/kf"
        desk.control.wecom("console", url=url, token=account.WECOM_TOKEN, encoding_aes_key=account.WECOM_AES_KEY)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait(15)


def until(desk: Desk, count: int) -> None:
    ends = time.monotonic() + WITHIN_S
    while len(written(desk)) < count:
        assert time.monotonic() < ends, written(desk)
        time.sleep(0.02)


def test_a_receiver_pulls_at_its_start_and_at_each_nudge_and_greets(kf: Desk) -> None:
    with receiving(kf):
        until(kf, 89)
        kf.control.wecom("say", "anna", text="在吗")
        until(kf, 90)
        kf.control.wecom("enter", "carla")
        ends = time.monotonic() + WITHIN_S
        while not (shown := kf.control.customer("carla", "wecom")["messages"]):
            assert time.monotonic() < ends
            time.sleep(0.02)
    assert [one["text"] for one in shown] == ["您好!"]
    assert at_wecom(kf, "anna") == [one for one in written(kf) if one[1] == "在吗"]


def test_what_a_receiver_asks_for_is_traced_and_its_customers_are_nobody_there(kf: Desk) -> None:
    trace = kf.folder / "trace.jsonl"
    server = Server([*RECEIVE, "--trace", str(trace)], kf.env)
    try:
        until(kf, 89)
    finally:
        server.process.terminate()
        server.process.wait(15)
    text = trace.read_text("utf-8")
    assert "/cgi-bin/kf/sync_msg" in text
    assert "/cgi-bin/kf/customer/batchget" in text
    users = [one.handle.partition("/")[2] for one in kf.rows(Identity)]
    token = tokens.kept(kf.store, "kf")
    assert token is not None
    hidden = [account.WECOM_SECRET, token.token, *users]
    assert len(users) > 40
    assert [one for one in hidden if one in text] == []


def test_a_nudge_that_was_lost_loses_nothing(kf: Desk) -> None:
    with receiving(kf):
        until(kf, 89)
        kf.control.settings(wecom_nudges=False)
        kf.control.wecom("say", "anna", text="没人听见")
        kf.control.settings(wecom_nudges=True)
        kf.control.wecom("say", "bo", text="有人听见")
        until(kf, 91)


@pytest.mark.parametrize("point", ["pull.fetched:2", "pull.kept:1", "pull.kept:3", "apply.committed:1"])
def test_an_applying_process_killed_while_it_pulls_is_started_again_and_nothing_is_lost_or_doubled(
    kf: Desk, point: str
) -> None:
    kf.control.settings(wecom_page=0, wecom_empty=0)
    said = 0
    with receiving(kf, CARELINE_CRASHPOINT=point) as server:
        while said < 2 or not any(f"ended ({KILLED})" in line for line in list(server.said)):
            kf.control.wecom("say", f"anna-{said}", text=f"第{said}条")
            said += 1
            assert said < 100, server.said
            time.sleep(0.2)
        until(kf, 89 + said)
    rows = written(kf)
    assert len(rows) == len(set(rows)) == 89 + said
    assert sorted(row for row in rows if row[1].startswith("第")) == at_wecom(kf, *(f"anna-{n}" for n in range(said)))
    assert process("store rebuild --check").returncode == 0


def test_processes_that_pull_at_once_pull_each_message_once(kf: Desk) -> None:
    with ThreadPoolExecutor(4) as shells:
        done = list(shells.map(lambda n: process("channels sync kf --if-busy wait -o json"), range(4)))
    assert [one.returncode for one in done] == [0] * 4
    assert sum(json.loads(one.stdout)[0]["new"] for one in done) == 90
    rows = written(kf)
    assert len(rows) == len(set(rows)) == 89
    assert [one["text"] for one in kf.control.customer("liwei", "wecom")["messages"]] == ["您好!"]


def test_a_receiver_that_was_away_for_two_days_cries_out_and_pulls(kf: Desk) -> None:
    kf.done("channels sync kf")
    kf.pass_by(50 * HOUR)
    kf.control.wecom("say", "anna", text="还在吗")
    with receiving(kf) as server:
        until(kf, 90)
        ends = time.monotonic() + WITHIN_S
        while not any("begins to forget" in line for line in list(server.said)):
            assert time.monotonic() < ends, server.said
            time.sleep(0.02)
    assert [one.kind for one in kf.store.select(Notice)] == ["kf_pull_late"]
