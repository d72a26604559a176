"""Files: uploaded, described, downloaded, deleted.

Meta: an id of ours works for 30 days, one from a webhook for 7; an address works for five minutes and wants the token. What is
gone answers like what never was.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from careline.sandbox import account, forms
from careline.sandbox.asgi import Answer, Request
from careline.sandbox.forms import SentFile
from careline.sandbox.graph import numbers
from careline.sandbox.graph.call import Call, Routes
from careline.sandbox.graph.errors import GraphError
from careline.sandbox.graph.fields import words
from careline.sandbox.phone import Json
from careline.sandbox.running import Sandbox
from careline.sandbox.world import MediaFile, digits

DAY = 24 * 3600 * 1_000_000
MINUTE = 60 * 1_000_000
MIB = 1024 * 1024
PATH = "whatsapp_business"
MOST = {"image": 5 * MIB, "video": 16 * MIB, "audio": 16 * MIB}
STICKER, DOCUMENT = 500 * 1024, 100 * MIB
TYPES = words(
    "audio/aac audio/mp4 audio/mpeg audio/amr audio/ogg audio/opus image/jpeg image/png image/webp video/mp4 video/3gpp "
    "application/pdf application/msword application/vnd.ms-excel application/vnd.ms-powerpoint text/plain application/zip "
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document text/csv application/octet-stream "
    "application/vnd.openxmlformats-officedocument.presentationml.presentation application/json "
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)
_SHORT = {"ogg": "audio/ogg", "webp": "image/webp"}  # as some clients name them


def form(body: bytes, content_type: str) -> Json:
    """The fields of a multipart form, files as SentFile. Raises GraphError for what is none."""
    try:
        return forms.form(body, content_type)
    except ValueError as error:
        raise GraphError(100, "(#100) Invalid parameter", details=str(error)) from None


def keep(sandbox: Sandbox, data: bytes, mime: str, name: str, days: int) -> MediaFile:
    """Put a file into the world; its id works for so many days."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = MediaFile(digits(16), mime, name, data, sha256, sandbox.now() + days * DAY)
    sandbox.world.whatsapp.media[file.id] = file
    return file


def address(sandbox: Sandbox, file: MediaFile) -> str:
    """Where a file can be had for five minutes."""
    until = (sandbox.now() + 5 * MINUTE) // 1_000_000
    return f"{sandbox.url}/{PATH}/attachments/?mid={file.id}&ext={until}&hash={_seal(file.id, str(until))}"


def download(sandbox: Sandbox, request: Request) -> Answer:
    """GET of such an address, whole or from where it broke off."""
    id, until = request.query.get("mid", ""), request.query.get("ext", "")
    file = sandbox.world.whatsapp.media.get(id)
    fresh = until.isascii() and until.isdigit() and sandbox.now() < int(until) * 1_000_000
    sealed = hmac.compare_digest(request.query.get("hash", "").encode(), _seal(id, until).encode())
    if request.method != "GET" or file is None or not fresh or not sealed:
        return Answer(404, b"", {"content-type": "text/html"})
    headers = {"content-type": file.mime, "accept-ranges": "bytes"}
    if file.name:
        headers["content-disposition"] = f"attachment;filename={file.name.encode('ascii', 'replace').decode()}"
    asked = re.fullmatch(r"bytes=([0-9]{1,12})-", request.headers.get("range", ""))
    if asked is None:
        return Answer(200, file.data, headers)
    start, size = int(asked[1]), len(file.data)
    if start >= size:
        return Answer(416, b"", headers | {"content-range": f"bytes */{size}"})
    return Answer(206, file.data[start:], headers | {"content-range": f"bytes {start}-{size - 1}/{size}"})


def _upload(call: Call) -> Json:
    """POST /{phone}/media."""
    numbers.sender(call.sandbox, call.node)
    sent = call.sent
    if sent.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required.")
    file = sent.get("file")
    if not isinstance(file, SentFile):
        raise GraphError(100, "(#100) The parameter file is required.")
    given = str(sent.get("type") or file.mime).lower().partition(";")[0].strip()
    mime = _SHORT.get(given, given)
    if mime not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise GraphError(
            100, f"(#100) Param file must be a file with one of the following types: {known}. Received file of type '{mime}'."
        )
    most = STICKER if mime == "image/webp" else MOST.get(mime.partition("/")[0], DOCUMENT)
    if not 0 < len(file) <= most:
        raise GraphError(100, "(#100) Invalid parameter", details=f"File size must be between 1 and {most} bytes.")
    return {"id": keep(call.sandbox, bytes(file), mime, file.name, 30).id}


def _about(call: Call) -> Json:
    """GET /{media-id}."""
    file = _held(call)
    return {
        "messaging_product": "whatsapp",
        "url": address(call.sandbox, file),
        "mime_type": file.mime,
        "sha256": file.sha256,
        "file_size": len(file.data),
        "id": file.id,
    }


def _delete(call: Call) -> Json:
    """DELETE /{media-id}."""
    del call.sandbox.world.whatsapp.media[_held(call).id]
    return {"success": True}


def _held(call: Call) -> MediaFile:
    file = call.sandbox.world.whatsapp.media[call.node]
    number: Any = call.sent.get("phone_number_id")
    if file.until <= call.sandbox.now() or (number is not None and str(number) not in call.sandbox.world.whatsapp.numbers):
        raise GraphError(
            100,
            f"Unsupported {call.request.method.lower()} request. Object with ID '{call.node}' does not exist, cannot be loaded "
            "due to missing permissions, or does not support this operation.",
            subcode=33,
            kind="GraphMethodException",
        )
    return file


def _seal(id: str, until: str) -> str:
    return hmac.new(account.APP_SECRET.encode(), f"{id}/{until}".encode(), "sha256").hexdigest()[:24]


ROUTES: Routes = {
    ("POST", "number", "media"): _upload,
    ("GET", "media", ""): _about,
    ("DELETE", "media", ""): _delete,
}
