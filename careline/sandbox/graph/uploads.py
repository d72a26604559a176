"""The resumable upload: a session, the file in as many pieces as it takes, a handle at the end.

A handle stands for a sample of a template or for a profile picture and for nothing else: Meta takes no media id there, and
no handle where a media id belongs.
"""

from __future__ import annotations

import base64
from hashlib import sha256

from careline.sandbox import chance
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import Upload

TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")
BIGGEST = 100 * 1024 * 1024
HANDLE = "4::"


def begin(call: Call) -> Json:
    """POST /{app}/uploads: a session for a file of that name, length and type."""
    mime, length = str(call.sent.get("file_type", "")), str(call.sent.get("file_length", ""))
    if mime not in TYPES:
        raise GraphError(100, f"(#100) Param file_type must be one of {{{', '.join(TYPES)}}}")
    if not length.isdigit() or not 0 < int(length) <= BIGGEST:
        raise GraphError(100, "(#100) Param file_length must be the file's length in bytes.")
    name = base64.urlsafe_b64encode(chance.token_bytes(24)).decode()
    session = f"upload:{name}"
    call.sandbox.world.whatsapp.uploads[session] = Upload(str(call.sent.get("file_name", "")), mime, int(length))
    return {"id": f"{session}?sig={_signature(session)}"}


def proceed(call: Call) -> Json:
    """POST /{session}: the bytes from ``file_offset`` on; the handle once all are there."""
    upload = _upload(call)
    offset = call.request.headers.get("file_offset", "")
    if not offset.isdigit() or int(offset) != len(upload.data):
        raise GraphError(100, f"(#100) Invalid file_offset: {len(upload.data)} bytes have arrived.")
    upload.data += call.request.body
    if len(upload.data) > upload.length:
        raise GraphError(100, f"(#100) The file is longer than the {upload.length} bytes that were announced.")
    if len(upload.data) < upload.length:
        return _so_far(call, upload)
    kind = base64.b64encode(upload.mime.encode()).decode()
    handle = f"{HANDLE}{kind}:{base64.urlsafe_b64encode(sha256(upload.data).digest()).decode()}:e:{chance.token_hex(8)}"
    call.sandbox.world.whatsapp.samples[_address(handle)] = upload
    return {"h": handle}


def _so_far(call: Call, upload: Upload) -> Json:
    """GET /{session}: how much has arrived."""
    return {"id": f"{call.node}?sig={_signature(call.node)}", "file_offset": len(upload.data)}


def shown(sandbox: Sandbox, given: list[Json]) -> list[Json]:
    """Components as Meta lists them: a sample's handle has become an address."""
    return [_shown(sandbox, one) for one in given]


def sample(sandbox: Sandbox, address: str) -> Upload | None:
    """The sample behind such an address."""
    return sandbox.world.whatsapp.samples.get(address)


def _shown(sandbox: Sandbox, component: Json) -> Json:
    if "cards" in component:
        return component | {"cards": [{"components": shown(sandbox, card["components"])} for card in component["cards"]]}
    example = component.get("example")
    handles = example.get("header_handle") if isinstance(example, dict) else None
    if not isinstance(example, dict) or not handles:
        return component
    url = f"{sandbox.url}/_sandbox/samples/{_address(str(handles[0]))}"
    return component | {"example": example | {"header_handle": [url]}}


def _upload(call: Call) -> Upload:
    upload = call.sandbox.world.whatsapp.uploads.get(call.node)
    if upload is None or call.sent.get("sig") != _signature(call.node):
        raise GraphError(100, "(#100) The upload session does not exist or has ended.", subcode=33)
    return upload


def _signature(session: str) -> str:
    return sha256(session.encode()).hexdigest()[:16]


def _address(handle: str) -> str:
    return sha256(handle.encode()).hexdigest()[:32]


ROUTES: Routes = {
    ("POST", "app", "uploads"): begin,
    ("POST", "upload", ""): proceed,
    ("GET", "upload", ""): lambda call: _so_far(call, _upload(call)),
}
