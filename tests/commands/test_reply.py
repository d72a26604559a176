"""`careline reply`: a person answers; whose chat it is, where the text comes from, and what the window allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from careline.clock import HOUR
from careline.model import Message
from tests.commands.desk import ANNA, AT, Desk, checked

MEI, LUCA = {"CARELINE_AGENT": "mei"}, {"CARELINE_AGENT": "luca"}


@pytest.fixture
def anna(desk: Desk) -> Desk:
    """A desk to which Anna has written on WhatsApp."""
    desk.register("shop-it")
    desk.anna_writes()
    return desk


def test_an_answer_takes_a_free_chat_ends_the_wait_and_counts_as_the_first_response(anna: Desk) -> None:
    shown = anna.screen("reply 1 'Arriva domani!'", env=MEI)
    assert shown == "m2 accepted · chat 1 · shop-it · window open for 23 h 59 min\n"
    (chat,) = anna.json("chats list")
    assert (chat["agent"], chat["state"], chat["waiting_since_at"]) == ("mei", "open", None)
    assert chat["first_response_at"] is not None
    assert anna.json("queue list") == []
    assert anna.phone() == ["Arriva domani!"]


def test_in_a_pipe_the_message_is_a_whole_record_with_its_author(anna: Desk) -> None:
    record = checked("message", anna.json("reply 1 Ciao", env=MEI))
    assert (record["actor"], record["conversation"], record["text"]) == ("human:mei", "1", "Ciao")


def test_without_an_agent_nobody_answers(anna: Desk) -> None:
    error = anna.refused("reply 1 Ciao", 2)
    assert (error["code"], error["hint"]) == ("no_agent", "export CARELINE_AGENT=mei")
    assert anna.sent() == []


def test_a_chat_that_somebody_else_holds_is_exit_1_unless_anyway(anna: Desk) -> None:
    anna.done("reply 1 Ciao", env=MEI)
    error = anna.refused("reply 1 Salve", 1, env=LUCA)
    assert (error["code"], error["message"]) == ("held_by_other", "Chat 1 is held by mei.")
    assert "careline chats show 1" in error["hint"]
    assert anna.phone() == ["Ciao"]
    anna.done("reply 1 Salve --anyway", env=LUCA)
    assert anna.phone() == ["Ciao", "Salve"]
    assert anna.json("chats show 1")["agent"] == "mei"


@pytest.mark.parametrize(("chat", "exit", "code"), [("99", 5, "unknown_chat"), ("c1", 2, "bad_chat"), ("one", 2, "bad_chat")])
def test_a_chat_that_does_not_exist(anna: Desk, chat: str, exit: int, code: str) -> None:
    assert anna.refused(f"reply {chat} Ciao", exit, env=MEI)["code"] == code


def test_a_chat_that_went_on_as_another_is_refused(anna: Desk) -> None:
    anna.done("chats resolve 1")
    anna.pass_by(25 * HOUR)
    anna.anna_writes("Sono ancora io")
    error = anna.refused("reply 1 Ciao", 1, env=MEI)
    assert (error["code"], error["message"]) == ("chat_went_on", "Chat 1 went on as chat 2.")
    anna.done("reply 2 Ciao", env=MEI)


# The text


def test_the_text_may_come_from_stdin(anna: Desk) -> None:
    assert anna.json("reply 1 -", env=MEI, input="Cara Anna,\narriva domani.\n\n")["text"] == "Cara Anna,\narriva domani."


def test_a_text_that_begins_with_a_dash_goes_after_two(anna: Desk) -> None:
    assert anna("reply 1 '-20% oggi'", env=MEI).exit == 2
    anna.done("reply 1 -- '-20% oggi'", env=MEI)
    assert anna.phone() == ["-20% oggi"]


def test_without_a_text_and_without_a_terminal_it_is_exit_2(anna: Desk) -> None:
    assert anna.refused("reply 1", 2, env=MEI)["code"] == "no_text"


def test_without_a_text_an_editor_opens_on_a_terminal(anna: Desk, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Scritto con calma.\\n" > "$1"\n')
    editor.chmod(0o700)
    anna.done("reply 1", terminal=True, env={**MEI, "EDITOR": str(editor)})
    assert anna.phone() == ["Scritto con calma."]


def test_outside_the_window_no_editor_opens_for_a_text_that_cannot_go(anna: Desk, tmp_path: Path) -> None:
    editor, ran = tmp_path / "editor", tmp_path / "ran"
    editor.write_text(f"#!/bin/sh\ntouch {ran}\n")
    editor.chmod(0o700)
    anna.pass_by(25 * HOUR)
    assert anna("reply 1", terminal=True, env={**MEI, "EDITOR": str(editor)}).exit == 7
    assert not ran.exists()


@pytest.mark.parametrize("text", ["''", "'   '", "x" * 5000])
def test_a_text_that_whatsapp_would_refuse_is_exit_2(anna: Desk, text: str) -> None:
    assert anna(f"reply 1 {text}", env=MEI).exit == 2
    assert anna.sent() == []
    assert anna.json("chats show 1")["agent"] is None


# The window


def test_outside_the_window_it_is_exit_7_and_names_the_reply_that_works(anna: Desk) -> None:
    anna.approve()
    anna.at(AT + 25 * HOUR)
    result = anna("reply 1 Ciao", terminal=True, env={**MEI, "NO_COLOR": "1"})
    assert (result.exit, result.stdout) == (7, "")
    assert result.stderr.splitlines() == [
        "Not sent: the customer service window of Customer 4567 (c1) is closed.",
        "  last customer message  Fri 6 Mar 12:00 UTC   25 h ago",
        "  window closed          Sat 7 Mar 12:00 UTC   1 h ago",
        "",
        "What is possible now:",
        "  template  order_update/it (utility, 1 parameter)",
        '            careline reply 1 "…" \\',
        "              --outside template:order_update/it --param 1=…",
        "  wait      when the customer writes again, the same command works",
    ]
    assert anna.json("chats show 1")["agent"] is None


def test_outside_the_window_the_template_goes_instead_and_is_a_persons_answer(anna: Desk) -> None:
    anna.approve()
    anna.pass_by(25 * HOUR)
    record = anna.json("reply 1 Ciao --outside template:order_update --param 1=Anna", env=MEI)
    assert (record["kind"], record["actor"]) == ("template", "human:mei")
    assert anna.json("queue list") == []
    assert anna.phone() == ["Ciao Anna, il tuo ordine è arrivato."]


def test_parameters_without_a_template_are_exit_2(anna: Desk) -> None:
    assert anna.refused("reply 1 Ciao --param 1=Anna", 2, env=MEI)["code"] == "bad_param"


# Resolving, and trying


def test_resolve_resolves_once_the_answer_is_out(anna: Desk) -> None:
    assert anna.done("reply 1 Ciao --resolve", env=MEI).stderr == "chat 1 resolved\n"
    assert anna.json("chats show 1")["state"] == "resolved"


def test_an_answer_that_did_not_go_out_resolves_nothing_and_the_customer_waits_on(anna: Desk) -> None:
    anna.control.fault("130429")
    assert anna("reply 1 Ciao --resolve", env=MEI).exit == 8
    chat = anna.json("chats show 1")
    assert (chat["state"] == "resolved", chat["waiting_since_at"] is None) == (False, False)


def test_a_dry_run_takes_nothing_and_sends_nothing(anna: Desk) -> None:
    before = anna.store.last_seq()
    assert '"to": "+393331234567"' in anna.done("reply 1 Ciao --resolve -n", env=MEI).stdout
    assert (anna.store.last_seq(), anna.phone()) == (before, [])


def test_answering_a_resolved_chat_reopens_it(anna: Desk) -> None:
    anna.done("chats resolve 1")
    anna.done("reply 1 'Un’ultima cosa'", env=MEI)
    assert anna.json("chats show 1")["state"] == "open"


def test_on_wechat_each_answer_uses_the_quota(desk: Desk) -> None:
    desk.register("brand-cn")
    desk.liwei_writes()
    for left in (4, 3):
        assert desk.screen("reply 1 您好", env=MEI).endswith(f" · window open for 47 h 59 min, {left} of 5 left\n")
    assert [m.state for m in desk.rows(Message)] == ["received", "accepted", "accepted"]
    assert ANNA not in str(desk.rows(Message))
