"""The benchmark itself: every promise has its row, and a row says what it must. How fast anything is, no test decides."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from importlib import import_module

import pytest

from bench import payloads
from bench.__main__ import GROUPS, NAMES
from bench.load import Generator, Offer
from bench.servers import ROOT, environment, serving
from bench.table import Job, Row, as_text
from careline.channels.whatsapp.webhook import WhatsAppWebhook
from careline.heard import HeardMessage
from careline.model import Channel

PROMISED = {
    "receive, beside pywa async": "≥ 1.2 ×",
    "receive, p99 at the same load": "≤ 1 ×",
    "receive, beside pywa's default": "≥ 2.5 ×",
    "receive, beside bare uvicorn": "≥ 0.4 ×",
    "receive and apply for ten seconds, beside pywa async's most": "≥ 0.98 ×",
    "encrypted WeChat push → event, beside wechatpy": "≥ 2.5 ×",
    "applying, beside its statements alone": "≥ 0.33 ×",
    "PostgreSQL: inbox, beside psycopg": "≥ 0.8 ×",
    "PostgreSQL: applying, beside psycopg": "≥ 0.5 ×",
    "PostgreSQL: insert → line in `queue tail`, p99": "≤ 50 ms",
    "PostgreSQL: `queue tail` while nothing happens, CPU": "≤ 1 %",
    "PostgreSQL: a 200 while the write lock is held, p99": "≤ 50 ms",
    "PostgreSQL: a queue page of 100,000 open chats": "≤ 5 ms",
    "insert → line in `queue tail`, p99": "≤ 50 ms",
    "`queue tail` while nothing happens, CPU": "≤ 1 %",
    "a 200 while the write lock is held, p99": "≤ 50 ms",
    "a queue page of 100,000 open chats": "≤ 5 ms",
    "start → listening, the slowest": "≤ 1 s",
    "lint of 6,000 template files": "≤ 5 s",
    "plan of 6,000 templates": "≤ 10 s",
    "QR code drawn and read back, beside qrcode + Pillow": "≥ 3 ×",
    "QR code drawn and read back, beside segno": "≥ 3 ×",
    "QR code with logo and caption, beside qrcode + Pillow": "≥ 2 ×",
    "codes drawn by all cores, beside one": "≥ 1.3 ×",
    "qr batch of 10,000, memory of all its processes": "≤ 300 MiB",
}
AHEAD = Job(name="speed", unit="requests/s", bound=1.2)
WAIT = Job(name="wait", unit="ms", bound=50.0, at_least=False, has_peer=False)


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_every_promise_has_its_row() -> None:
    jobs = [job for group in GROUPS for job in import_module(f"bench.{group}").JOBS]
    assert {job.name: job.target for job in jobs} == PROMISED


def test_alone_it_lists_the_names() -> None:
    assert [line.split()[0] for line in bench().stdout.splitlines()] == list(NAMES)


def test_a_row_as_json_has_its_fields_and_a_quick_one_no_verdict() -> None:
    done = bench("wechat", "--quick", "-o", "json")
    (row,) = json.loads(done.stdout)
    assert done.returncode == 0
    assert set(row) == {"name", "ours", "peer", "ratio", "target", "held", "unit", "samples", "note"}
    assert (row["held"], row["unit"], row["target"]) == ("-", "pushes/s", "≥ 2.5 ×")
    assert row["ratio"] == pytest.approx(row["ours"] / row["peer"])
    assert {side: len(figures) for side, figures in row["samples"].items()} == {"ours": 5, "peer": 5}


@pytest.mark.parametrize(
    ("row", "held"),
    [
        (AHEAD.row([120, 10, 130], [100], quick=False), "yes"),
        (AHEAD.row([119], [100], quick=False), "no"),
        (WAIT.row([50], quick=False), "yes"),
        (WAIT.row([51], quick=False), "no"),
        (WAIT.row([51], quick=True), "-"),
        (AHEAD.row([900], [100], quick=False).failed("3 were not applied"), "no"),
        (WAIT.row([1], quick=True).failed("3 were not applied"), "no"),
    ],
)
def test_a_promise_is_held_by_its_median_and_never_by_a_run_that_failed(row: Row, held: str) -> None:
    assert row.held == held


def test_what_failed_is_told_below_the_table() -> None:
    assert as_text([WAIT.row([1], quick=True).failed("3 were not applied")]).endswith("wait: 3 were not applied")


def test_a_webhook_has_the_size_it_claims_and_is_heard_by_its_number() -> None:
    body = payloads.text(4711)
    assert len(body) == payloads.BODY_BYTES
    channel = Channel(name="shop", kind="whatsapp", phone_number_id=payloads.NUMBER)
    (heard,) = WhatsAppWebhook(channel).hear(body, 0)
    assert isinstance(heard, HeardMessage)
    assert (heard.key, heard.kind) == (payloads.wamid(4711), "text")


def test_a_request_is_signed_as_meta_signs() -> None:
    head, _, body = payloads.request(7, "/webhooks/shop").partition(b"\r\n\r\n")
    right = hmac.new(payloads.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert f"X-Hub-Signature-256: sha256={right}".encode() in head.split(b"\r\n")


def test_a_day_of_webhooks_is_all_heard() -> None:
    webhook = WhatsAppWebhook(Channel(name="shop", kind="whatsapp", phone_number_id=payloads.NUMBER))
    heard = [one for n in range(40) for one in webhook.hear(payloads.mixed(n, 5, 3), 0)]
    kinds = [type(one).__name__ for one in heard]
    assert (kinds.count("HeardMessage"), kinds.count("HeardStatus"), len(kinds)) == (32, 8, 40)
    assert len({one.key for one in heard}) == 40


def test_an_open_load_offers_what_it_says_and_counts_only_200() -> None:
    with Generator() as generator:
        with serving(["bench.peers", "bare"], environment()) as server:
            done = generator.send(Offer(port=server.port, path="/webhooks/shop", first=0, connections=4, seconds=0.5, rate=200))
        assert (done.answered, done.failed) == (100, 0)
        assert 0 < done.p50_ms <= done.p99_ms
        with serving(["bench.peers", "pywa-async"], environment()) as server:
            done = generator.send(Offer(port=server.port, path="/elsewhere", first=0, connections=2, seconds=0.1, rate=100))
        assert (done.answered, done.failed) == (0, 10)
