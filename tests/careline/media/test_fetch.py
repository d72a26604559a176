"""A customer's file comes whole, from where it broke off, checked, and never larger than it may be."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import stat
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from careline.channels.whatsapp.graph import Graph
from careline.channels.whatsapp.media import MediaCalls
from careline.errors import CarelineError, Failed, NotFound, NotSent, Refused
from careline.http import Http
from careline.media.fetch import fetch, known_sha256
from careline.media.shelf import Shelf
from careline.model import Channel, Media

DATA = bytes(range(256)) * 1000
SHA = hashlib.sha256(DATA).hexdigest()
MIB = 1024 * 1024
URL = "http://127.0.0.1:1/whatsapp_business/attachments/?mid=7"
Handler = Callable[[httpx.Request], httpx.Response]


class Broken(httpx.AsyncByteStream):
    """Bytes that end with a broken connection."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data
        raise httpx.ReadError("gone")


class Sent(httpx.AsyncByteStream):
    """Bytes as they come from a network: not all at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._data), 65536):
            yield self._data[start : start + 65536]


class Server:
    """Graph and the place of the files: each answer to a download comes from ``answers``, the last one again and again."""

    def __init__(self, *answers: Handler, **told: Any) -> None:
        self.answers = list(answers)
        self.told = {"url": URL, "mime_type": "image/png", "sha256": SHA, "file_size": str(len(DATA))} | told
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if "attachments" not in request.url.path:
            return httpx.Response(200, json=self.told)
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)

    @property
    def downloads(self) -> list[httpx.Request]:
        return [one for one in self.seen if "attachments" in one.url.path]


def whole(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=Sent(DATA))


def part(request: httpx.Request) -> httpx.Response:
    start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
    told = {"content-range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"}
    return httpx.Response(206, stream=Sent(DATA[start:]), headers=told)


def broken(count: int) -> Handler:
    return lambda request: httpx.Response(200, stream=Broken(DATA[:count]))


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no")


def status(code: int) -> Handler:
    return lambda request: httpx.Response(code)


@asynccontextmanager
async def calls(handler: Handler | None, api_url: str = "http://127.0.0.1:1") -> AsyncIterator[MediaCalls]:
    channel = Channel(name="shop-it", kind="whatsapp", phone_number_id="106", api_url=api_url)
    transport = None if handler is None else httpx.MockTransport(handler)
    async with Http(transport=transport).client(api_url) as http:
        yield MediaCalls(Graph(channel, http, "token"))


def fetched(server: Handler, folder: Path, media: Media | None = None, most: int = MIB) -> Media:
    async def run() -> Media:
        async with calls(server) as source:
            return await fetch(source, Shelf(folder), media or Media(id="7"), "shop-it/7", most)

    return asyncio.run(run())


def test_a_file_is_kept_once_under_its_hash_for_its_owner_only(tmp_path: Path) -> None:
    server = Server(whole)
    got = fetched(server, tmp_path)
    assert (got.sha256, got.bytes, got.check, got.mime) == (SHA, len(DATA), "verified", "image/png")
    kept = Shelf(tmp_path).path(SHA)
    assert kept is not None
    assert kept.read_bytes() == DATA
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    fetched(Server(whole), tmp_path, Media(id="8"))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [kept]
    (download,) = server.downloads
    assert download.headers["authorization"] == "Bearer token"
    assert download.headers["user-agent"].startswith("careline/")


def test_a_broken_connection_goes_on_where_it_broke(tmp_path: Path) -> None:
    server = Server(broken(100_000), part)
    assert fetched(server, tmp_path).check == "verified"
    assert [one.headers.get("range") for one in server.downloads] == [None, "bytes=100000-"]


def test_the_next_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    with pytest.raises(NotSent):
        fetched(Server(broken(100_000), unreachable), tmp_path)
    server = Server(part)
    assert fetched(server, tmp_path).sha256 == SHA
    assert server.downloads[0].headers["range"] == "bytes=100000-"


def test_a_server_that_knows_no_parts_begins_again(tmp_path: Path) -> None:
    assert fetched(Server(broken(100_000), whole), tmp_path).sha256 == SHA


def test_a_part_that_is_not_the_one_asked_for_is_thrown_away(tmp_path: Path) -> None:
    def elsewhere(request: httpx.Request) -> httpx.Response:
        return httpx.Response(206, stream=Sent(DATA[5:]), headers={"content-range": f"bytes 5-{len(DATA) - 1}/{len(DATA)}"})

    server = Server(broken(100_000), elsewhere, whole)
    assert fetched(server, tmp_path).sha256 == SHA
    assert "range" not in server.downloads[-1].headers


@pytest.mark.parametrize("code", [403, 404])
def test_an_address_that_has_run_out_is_asked_for_again(code: int, tmp_path: Path) -> None:
    server = Server(status(code), whole)
    assert fetched(server, tmp_path).sha256 == SHA
    assert len(server.seen) == 4


def test_it_is_asked_for_again_only_once(tmp_path: Path) -> None:
    server = Server(status(404))
    with pytest.raises(Failed, match="answers 404"):
        fetched(server, tmp_path)
    assert len(server.downloads) == 2


def test_a_server_in_trouble_is_worth_another_run(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="answers 503"):
        fetched(Server(status(503)), tmp_path)


@pytest.mark.parametrize(
    ("told", "theirs", "check"),
    [
        ({}, "", "verified"),
        ({"sha256": SHA.upper()}, "", "verified"),
        ({"sha256": ""}, base64.b64encode(bytes.fromhex(SHA)).decode(), "verified"),
        ({"sha256": "SHA256_HASH"}, "also none", "unverifiable"),
    ],
)
def test_a_hash_counts_however_it_is_written(told: dict[str, str], theirs: str, check: str, tmp_path: Path) -> None:
    assert fetched(Server(whole, **told), tmp_path, Media(id="7", sha256=theirs)).check == check


def test_a_damaged_file_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="is damaged"):
        fetched(Server(lambda request: httpx.Response(200, stream=Sent(DATA[::-1]))), tmp_path)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_file_that_ends_early_is_not_taken_for_whole(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="Only 10 of 256000 bytes came"):
        fetched(Server(lambda request: httpx.Response(200, stream=Sent(DATA[:10]))), tmp_path)


def test_a_file_that_is_said_to_be_too_large_is_not_asked_for(tmp_path: Path) -> None:
    server = Server(whole, file_size=2 * MIB)
    with pytest.raises(Refused, match="no more than 1048576"):
        fetched(server, tmp_path)
    assert not server.downloads


def test_what_comes_packed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="comes packed"):
        fetched(Server(lambda request: httpx.Response(200, stream=Broken(b""), headers={"content-encoding": "br"})), tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://user@lookaside.fbsbx.com/x",
        "http://127.0.0.1:2/x",
        "",
    ],
)
def test_the_token_goes_to_nobody_else(url: str, tmp_path: Path) -> None:
    server = Server(whole, url=url)
    with pytest.raises(Failed) as refused:
        fetched(server, tmp_path)
    assert refused.value.code == "foreign_address"
    assert len(server.seen) == 1


def test_the_token_goes_to_metas_hosts(tmp_path: Path) -> None:
    url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=7"
    assert fetched(Server(whole, url=url), tmp_path).sha256 == SHA


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    error = {"message": "Object with ID '7' does not exist", "code": 100, "error_subcode": 33, "type": "GraphMethodException"}
    with pytest.raises(NotFound, match="has this file no more"):
        fetched(lambda request: httpx.Response(400, json={"error": error}), tmp_path)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "zz" * 32, SHA[:-2], "=" * 44])
def test_what_is_no_sha256_is_none(text: str) -> None:
    assert known_sha256(text) == ""


def test_a_lie_of_a_gigabyte_costs_neither_memory_nor_disk(tmp_path: Path) -> None:
    """The server says 1,000 bytes, then sends a gigabyte; so does one that says nothing at all."""
    piece = bytes(MIB)
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "attachments" not in head:
            body = told.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
            try:
                for _ in range(1024):
                    writer.write(piece)
                    await writer.drain()
                    sent += MIB
            except ConnectionError:
                pass
        writer.close()

    async def run(size: str) -> CarelineError:
        nonlocal told
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        told = f'{{"url": "{address}/attachments", "mime_type": "image/png", "sha256": ""{size}}}'
        async with server, calls(None, address) as source:
            with pytest.raises(Failed) as refused:
                await fetch(source, Shelf(tmp_path), Media(id="7"), "shop-it/7", 8 * MIB)
        return refused.value

    told = ""
    tracemalloc.start()
    try:
        for size, limit in ((', "file_size": 1000', "1000"), ("", str(8 * MIB))):
            assert limit in asyncio.run(run(size)).message
        assert tracemalloc.get_traced_memory()[1] < 40 * MIB
    finally:
        tracemalloc.stop()
    assert sent < 64 * MIB
    assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) == 0
