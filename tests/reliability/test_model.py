"""Any history of deliveries, repetitions, restarts and kills, beside a dictionary that cannot forget."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from careline.channels.whatsapp.policy import GRANTS
from careline.channels.whatsapp.webhook import WhatsAppWebhook
from careline.errors import CarelineError
from careline.model import Conversation, Message
from careline.receiving.apply import Applier
from careline.rules.decide import outgoing
from careline.rules.decide.outgoing import ours
from careline.rules.fold.outgoing import RANK
from careline.rules.window import Policy
from careline.store.base import Change, Store
from careline.store.rebuild import rebuild
from tests.careline.receiving.test_process import body
from tests.careline.world import ANNA, NOON, World, wrote
from tests.stores import Opener

CHANNEL = "shop-it"
CUSTOMERS = 3
SENT = 2
messages = st.integers(0, 9)
sent = st.integers(0, SENT - 1)
states = st.sampled_from(["sent", "delivered", "read", "failed"])


class Killed(BaseException):
    """The process is no more."""


class Dying:
    """A store whose next change is cut off just before its commit."""

    def __init__(self, store: Store) -> None:
        self.inbound = store.inbound
        self.get, self.store_id = store.get, store.store_id
        self._store = store

    def change(self, decide: Callable[[Change], Any]) -> None:
        def dies(change: Change) -> None:
            decide(change)
            raise Killed

        self._store.change(dies)


class Histories(RuleBasedStateMachine):
    """What a shop lives through. ``promised`` is what was answered 200, ``told`` the best status ever delivered."""

    opener: Opener

    @initialize()
    def begin(self) -> None:
        self.store = self.opener.fresh()
        self.world = World(None, self.store)  # type: ignore[arg-type]
        self.world.hear(CHANNEL, wrote(1000, ANNA))
        self.sent = [self.world.send(CHANNEL, ANNA, f"answer {n}").id for n in range(SENT)]
        self.promised: dict[str, bytes] = {}
        self.told: dict[int, set[str]] = {n: set() for n in self.sent}
        self.accepted: set[int] = set()
        self.ranks = dict.fromkeys(self.sent, 0)

    # What the platform does

    @rule(numbers=st.lists(messages, min_size=1, max_size=4))
    def deliver(self, numbers: list[int]) -> None:
        """New ones, repeated ones, in any order, several in one commit."""
        bodies = {f"wamid.{n}": body(n, f"ciao {n}", who=f"39333{n % CUSTOMERS:07}") for n in numbers}
        self.store.inbound.put([(CHANNEL, NOON, b) for b in bodies.values()])
        self.promised |= bodies

    @rule(number=sent, state=states, names_ours=st.booleans())
    def tell(self, number: int, state: str, names_ours: bool) -> None:
        message = self.sent[number]
        status: dict[str, Any] = {"id": f"wamid.out{number}", "status": state, "timestamp": "1772798500"}
        if names_ours:
            status["biz_opaque_callback_data"] = ours(message, self.store.store_id)
        if state == "failed":
            status["errors"] = [{"code": 131026, "title": "undeliverable"}]
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "106"}, "statuses": [status]}
        change = {"field": "messages", "value": value}
        told = {"object": "whatsapp_business_account", "entry": [{"id": "102", "changes": [change]}]}
        self.store.inbound.put([(CHANNEL, NOON, json.dumps(told).encode())])
        self.told[message].add(state)

    @precondition(lambda self: len(self.accepted) < SENT)
    @rule()
    def accept(self) -> None:
        """The answer to what was sent comes, perhaps after the first status."""
        number = len(self.accepted)
        message = self.world.message(self.sent[number])
        self.world.record(outgoing.accepted(message, f"wamid.out{number}", NOON))
        self.accepted.add(message.id)

    # What we do

    @rule()
    def apply_some(self) -> None:
        self.applier(self.store).apply_some()

    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        kept = list(self.store.inbound.walk(state="applied"))
        if kept:
            problem, done = self.applier(self.store).apply_one(data.draw(st.sampled_from(kept)))
            assert (problem, done.events) == ("", 0)

    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        kept = list(self.store.inbound.walk())
        if kept:
            one = data.draw(st.sampled_from(kept))
            assert self.store.inbound.drop([one.id]) == (one.state != "new")

    # What happens to us

    @rule()
    def restart(self) -> None:
        self.opener.close()
        self.reopen()

    @rule(number=messages)
    def kill_while_receiving(self, number: int) -> None:
        """Cut off in the middle of a batch: nobody was answered, nothing is there."""
        before = self.store.inbound.counts()
        with pytest.raises((TypeError, CarelineError)):
            self.store.inbound.put([(CHANNEL, NOON, body(number)), (CHANNEL, NOON, object())])  # type: ignore[list-item]
        assert self.store.inbound.counts() == before
        self.reopen()

    @rule()
    def kill_while_applying(self) -> None:
        before = self.store.last_seq()
        if self.store.inbound.take(1):
            with pytest.raises(Killed):
                self.applier(Dying(self.store)).apply_some()  # type: ignore[arg-type]
        self.reopen()
        assert self.store.last_seq() == before

    def applier(self, store: Store) -> Applier:
        def hear(channel: Any, kept: bytes, received_at: int) -> list[Any]:
            return WhatsAppWebhook(channel).hear(kept, received_at)

        return Applier(store, hear, lambda channel: Policy(GRANTS), lambda received, why: None)

    def reopen(self) -> None:
        self.store = self.world.store = self.opener()

    # What always holds

    @invariant()
    def nothing_promised_is_lost_or_doubled(self) -> None:
        kept = [m.platform_id for m in self.store.select(Message, "WHERE direction = 'in' AND platform_id <> 'wamid.1000'")]
        assert len(kept) == len(set(kept))
        waiting = {r.body for r in self.store.inbound.walk(state="new")}
        assert set(kept) <= self.promised.keys()
        assert all(name in kept or payload in waiting for name, payload in self.promised.items())
        assert self.store.inbound.counts()["dead"] == 0

    @invariant()
    def no_status_goes_backwards(self) -> None:
        ranks = {n: RANK[self.world.message(n).state] for n in self.sent}
        assert all(ranks[n] >= self.ranks[n] for n in self.sent)
        self.ranks = ranks

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        rounds = sum(1 for _ in range(100) if self.applier(self.store).apply_some())
        assert rounds < 100
        self.nothing_promised_is_lost_or_doubled()
        assert self.store.count(Message, "WHERE direction = 'in'") == len(self.promised) + 1
        assert self.store.count(Conversation) <= CUSTOMERS + 1
        for message in self.sent:
            if message in self.accepted:
                best = max((RANK[state] for state in self.told[message]), default=0)
                assert RANK[self.world.message(message).state] == max(RANK["accepted"], best)
        assert rebuild(self.store, check=True).differing == {}
        self.opener.close()


@pytest.mark.parametrize("examples", [12])
def test_any_history_ends_as_a_dictionary_says(opener: Opener, examples: int) -> None:
    class Over(Histories):
        pass

    Over.opener = opener
    limits = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    run_state_machine_as_test(Over, settings=limits)
