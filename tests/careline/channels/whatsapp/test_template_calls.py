"""Templates and their samples: what is asked of Graph when a list is long, and when an upload breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.template_calls import TemplateCalls
from careline.channels.whatsapp.uploads import Uploads
from careline.errors import NotSent, Refused, Unknown, Usage
from careline.http import Http
from tests.careline.channels.whatsapp.payloads import CHANNEL

T = TypeVar("T")
Answering = Callable[[httpx.Request], httpx.Response]
DATA = bytes(range(250)) * 4


def run(answering: Answering, ask: Callable[[Graph], Awaitable[T]]) -> T:
    async def running() -> T:
        async with Http(transport=httpx.MockTransport(answering)).client(CHANNEL.api_url) as http:
            return await ask(Graph(CHANNEL, http, "EAAG-token"))

    return asyncio.run(running())


class Account:
    """An account with so many templates, every tenth of a category that is not used any more. Pages are as long as asked."""

    def __init__(self, count: int) -> None:
        kinds = ("UTILITY", "MARKETING", "AUTHENTICATION")
        self.all = {
            str(n): {"id": str(n), "name": f"t{n}", "category": "TRANSACTIONAL" if n % 10 == 0 else kinds[n % 3]}
            for n in range(1, count + 1)
        }
        self.asked: list[httpx.URL] = []
        self.missing: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        params, last = request.url.params, request.url.path.rpartition("/")[2]
        if last in self.missing:
            return httpx.Response(400, json={"error": {"code": 100, "error_subcode": 33, "message": "gone"}})
        if last in self.all:
            return httpx.Response(200, json=self.all[last])
        rows = [row for row in self.all.values() if params.get("category", row["category"]) == row["category"]]
        first, limit = int(params.get("after", 0)), int(params["limit"])
        paging: dict[str, Any] = {"cursors": {"after": str(first + limit)}}
        if first + limit < len(rows):
            paging["next"] = "https://graph.example/next"
        return httpx.Response(200, json={"data": rows[first : first + limit], "paging": paging})


def test_a_short_list_is_one_call() -> None:
    account = Account(100)
    assert len(run(account, lambda graph: TemplateCalls(graph).everything())) == 100
    assert len(account.asked) == 1


def test_a_long_list_is_whole_and_each_template_comes_once_whatever_its_category() -> None:
    account = Account(1200)
    seen: list[int] = []
    found = run(account, lambda graph: TemplateCalls(graph).everything(seen.append))
    assert sorted(one["id"] for one in found) == sorted(account.all)
    assert seen[-1] == 1200
    assert seen == sorted(seen)
    lists = [url for url in account.asked if url.path.endswith("/message_templates")]
    assert len(lists) == 2 + 3 * 2 + 2  # two pages to see that it is long, three categories, the ids


def test_one_that_is_deleted_while_a_long_list_is_read_is_left_out() -> None:
    account = Account(300)
    account.missing = {"10"}
    found = run(account, lambda graph: TemplateCalls(graph).everything())
    assert len(found) == 299


def test_an_error_in_the_middle_of_a_long_list_is_that_error() -> None:
    account = Account(300)

    def answering(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("category") == "MARKETING":
            return httpx.Response(400, json={"error": {"code": 80007, "message": "too many calls"}})
        return account(request)

    with pytest.raises(NotSent, match="too many calls"):
        run(answering, lambda graph: TemplateCalls(graph).everything())


def test_an_edit_that_is_not_confirmed_may_have_taken_effect() -> None:
    with pytest.raises(Unknown):
        run(lambda request: httpx.Response(200, json={}), lambda graph: TemplateCalls(graph).edit("7", {"category": "UTILITY"}))


@pytest.mark.parametrize(("all_languages", "params"), [(False, {"name": "x", "hsm_id": "7"}), (True, {"name": "x"})])
def test_one_language_is_deleted_by_both_its_names(all_languages: bool, params: dict[str, str]) -> None:
    asked: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"success": True})

    async def ask(graph: Graph) -> None:
        calls = TemplateCalls(graph)
        await (calls.delete_all("x") if all_languages else calls.delete("x", "7"))

    run(answering, ask)
    assert (asked[0].method, dict(asked[0].url.params)) == ("DELETE", params)


def test_why_one_stays_paused_is_said() -> None:
    answer = {"success": False, "reason": "Not paused by pacing."}
    with pytest.raises(Refused, match=r"Not paused by pacing\."):
        run(lambda request: httpx.Response(200, json=answer), lambda graph: TemplateCalls(graph).unpause("7"))


# Samples


class Storage:
    """Takes so many bytes of each piece before the connection breaks; None: all of it."""

    def __init__(self, *takes: int | None) -> None:
        self.takes = list(takes)
        self.held = b""
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        session = {"id": "upload:MTph?sig=ARb7", "file_offset": len(self.held)}
        if request.url.path.endswith("/uploads") or request.method == "GET":
            return httpx.Response(200, json=session)
        assert request.headers["file_offset"] == str(len(self.held))
        assert request.headers["authorization"] == "OAuth EAAG-token"
        assert request.url.params["sig"] == "ARb7"
        take = self.takes.pop(0)
        self.held += request.content if take is None else request.content[:take]
        if take is not None:
            raise httpx.ReadError("the line went dead")
        return httpx.Response(200, json={"h": "4::aW1h:one\n4::aW1h:two"})


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "shop.png"
    path.write_bytes(DATA)
    return path


def test_a_sample_is_announced_and_sent_and_its_first_handle_counts(picture: Path) -> None:
    storage = Storage(None)
    assert run(storage, lambda graph: Uploads(graph).send(picture)) == "4::aW1h:one"
    assert dict(storage.asked[0].url.params) == {"file_name": "shop.png", "file_length": "1000", "file_type": "image/png"}
    assert storage.held == DATA


def test_an_upload_that_breaks_twice_goes_on_where_it_broke(picture: Path) -> None:
    storage = Storage(300, 0, None)
    assert run(storage, lambda graph: Uploads(graph).send(picture)).startswith("4::")
    assert storage.held == DATA


def test_an_upload_that_keeps_breaking_is_not_sent(picture: Path) -> None:
    with pytest.raises(NotSent, match=r"shop\.png could not be uploaded"):
        run(Storage(*[1] * 5), lambda graph: Uploads(graph).send(picture))


def test_a_refusal_is_not_tried_again(picture: Path) -> None:
    asked = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(400, json={"error": {"code": 100, "message": "no such type"}})

    with pytest.raises(Refused):
        run(answering, lambda graph: Uploads(graph).send(picture))
    assert len(asked) == 1


@pytest.mark.parametrize("id", ["", "upload:../../me", "7", "upload:a?sig=b&access_token=c"])
def test_a_session_that_leads_elsewhere_is_none(picture: Path, id: str) -> None:
    with pytest.raises(NotSent, match="began no upload"):
        run(lambda request: httpx.Response(200, json={"id": id}), lambda graph: Uploads(graph).send(picture))


@pytest.mark.parametrize("name", ["a.gif", "nowhere.png", "empty.png"])
def test_what_is_no_sample_is_told_before_anything_is_asked(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(Usage):
        run(lambda request: httpx.Response(500), lambda graph: Uploads(graph).send(tmp_path / name))
