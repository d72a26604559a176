"""Random histories: customers who write and act, statuses that come late or twice, replies that go every way they can."""

from __future__ import annotations

from hypothesis import strategies as st

from careline.clock import HOUR, MINUTE, SECOND
from careline.errors import NotSent, OutsideWindow, Unknown
from careline.events import ChannelRegistered, CodeCreated, ConversationResolved, Entry
from careline.heard import Heard, HeardAct, HeardMessage, HeardNotice, HeardReply, HeardStatus, HeardTemplate, Who
from careline.model import Channel, Conversation, Message, Problem
from careline.rules.decide import inbound, outgoing
from careline.rules.decide.people import find_identity
from careline.rules.window import Grant, Policy
from careline.store.base import Change

NOON = 1_772_798_400 * SECOND
POLICY = Policy(
    {
        "message": Grant(5, 48 * HOUR),
        "menu_tap": Grant(3, MINUTE),
        "follow": Grant(3, MINUTE),
        "scan": Grant(3, MINUTE),
    }
)
CHANNEL = "brand-cn"

people = st.integers(0, 3).map(
    lambda n: Who(
        handle=f"o{n}",
        kind="wechat_openid",
        others=(("wechat_unionid", f"u{n % 2}{n}"),) if n > 1 else (),
        name=f"Person {n}" if n else "",
    )
)
instants = st.integers(0, 3 * 24 * 60).map(lambda m: NOON + m * MINUTE)
numbers = st.integers(0, 12)

messages = st.builds(
    lambda n, at, who, asks: HeardMessage(key=f"k{n}", id=f"p{n}", at=at, who=who, kind="text", text=f"hello {n}", asks=asks),
    numbers,
    instants,
    people,
    st.booleans(),
)
acts = st.builds(
    lambda n, at, who, kind: HeardAct(
        key=f"k{n}",
        at=at,
        who=who,
        kind=kind,
        opens=kind if kind in POLICY.grants else "",
        scene="shop" if kind == "scan" else "",
        answers=((f"T{n % 2}", ("accept", "reject", "withdraw")[n % 3]),) if kind == "subscription" else (),
    ),
    numbers,
    instants,
    people,
    st.sampled_from(["follow", "unfollow", "scan", "menu_tap", "view", "subscription"]),
)
statuses = st.builds(
    lambda n, m, at, state: HeardStatus(
        key=f"out{m}{state}{n}", id=f"out{m}", at=at, state=state, error=Problem("x", "y", 6) if state == "failed" else None
    ),
    st.integers(0, 1),
    st.integers(1, 20),
    instants,
    st.sampled_from(["sent", "delivered", "read", "failed", "played", "in_orbit"]),
)
templates = st.builds(
    lambda n, state: HeardTemplate(
        key=f"t{n}{state}", at=NOON + n, account="a", id="1", name=f"t{n}", language="it", state=state
    ),
    st.integers(0, 2),
    st.sampled_from(["approved", "rejected", ""]),
)
replies = st.builds(
    lambda n, at, who, kind: HeardReply(key=f"k{n}", at=at, who=who, kind=kind, text="at once"),
    numbers,
    instants,
    people,
    st.sampled_from(["text", "transfer"]),
)
notices = st.builds(
    lambda n, due, alert: HeardNotice(key=f"n{n}", at=NOON + n, kind="quality", verify_by_at=due, alert=alert, raw="{}"),
    numbers,
    st.none() | instants,
    st.sampled_from(["", "", "warning", "error"]),
)
news = st.one_of(messages, messages, acts, statuses, templates, notices, replies)
deeds = st.builds(
    lambda chat, what, human: ("reply", chat, what, human),
    st.integers(1, 6),
    st.sampled_from(["accepted", "failed", "unknown", "crashed"]),
    st.booleans(),
)
ends = st.builds(lambda chat: ("resolve", chat), st.integers(1, 6))
histories = st.lists(st.one_of(news, news, news, deeds, ends), max_size=60)


def begin(change: Change) -> None:
    """A channel and a code, before anything else."""
    about = {"channel": CHANNEL, "occurred_at": NOON, "actor": "auto:test"}
    change.record(
        [
            Entry(event=ChannelRegistered(name=CHANNEL, kind="wechat", account_id="wx1"), **about),
            Entry(event=CodeCreated(scene_key="s:shop", scene="shop", url="http://q/1"), **about),
        ]
    )


def live(change: Change, step: Heard | tuple[object, ...]) -> None:
    """One step of a history."""
    if not isinstance(step, tuple):
        channel = change.rows.get(Channel, CHANNEL)
        assert channel is not None
        change.record(inbound.decide(step, channel, change.rows, POLICY, "store", change.now))
        return
    chat = change.rows.get(Conversation, step[1])  # type: ignore[arg-type]
    if chat is None:
        return
    about = {"channel": chat.channel, "conversation": chat.id, "contact": chat.contact, "occurred_at": change.now}
    if step[0] == "resolve":
        change.record([Entry(event=ConversationResolved(), actor="human:mei", **about)])  # type: ignore[arg-type]
        return
    _reply(change, chat, str(step[2]), bool(step[3]))


def _reply(change: Change, chat: Conversation, what: str, human: bool) -> None:

    identity = find_identity(change.rows, chat.channel, chat.handle)
    channel = change.rows.get(Channel, chat.channel)
    assert identity is not None
    assert channel is not None
    recipient = outgoing.Recipient(identity.handle, identity.kind, identity)
    wish = outgoing.Wish(kind="text", text="answer", actor="human:mei" if human else "auto:send")
    try:
        committed = outgoing.decide(wish, recipient, channel, change.rows, lambda m: "{}", "host/boot/1", change.now)
    except OutsideWindow:
        return
    change.record(committed.entries)
    message = change.rows.get(Message, committed.message)
    assert message is not None
    now = change.now + SECOND
    if what == "accepted":
        change.record([outgoing.accepted(message, f"out{message.id}", now)])
    elif what == "failed":
        change.record([outgoing.failed(message, NotSent("no network"), now)])
    elif what == "unknown":
        change.record([outgoing.unknown(message, Unknown("no answer"), now)])
